/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: the rules S1 to S3 of source.h as properties, on made-up bars, on recorded markets and
 * on generated ones, and what a generated market must look like to be worth trading against.
 */
#include "sim_kit.h"

/* S2, bar by bar */

struct bar_check {
    const struct qt_series *series;
    size_t bar;
    int ticks;
    int64_t volume;
    bool has_high, has_low;
};

static const struct qt_series *
series_of(const struct qt_dataset *data, const char *symbol)
{
    for (size_t i = 0; i < data->n; i++)
        if (strcmp(data->series[i].ins.symbol, symbol) == 0)
            return &data->series[i];
    ck_abort_msg("no series %s", symbol);
    return NULL;
}

static void
check_tick(struct bar_check *check, const struct qt_source_tick *tick, int most)
{
    KIT_HOLDS(check->bar < check->series->n);
    const struct qt_bar *bar = &check->series->bars[check->bar];
    KIT_HOLDS(tick->t_ns >= bar->open_ns && tick->t_ns < bar->open_ns + bar->period_ns);
    KIT_HOLDS(check->ticks > 0 || tick->px.v == bar->open.v);
    KIT_HOLDS(tick->px.v <= bar->high.v && tick->px.v >= bar->low.v);
    KIT_HOLDS(tick->qty.v >= 0 && is_multiple(tick->qty.v, check->series->ins.lot.v));
    check->has_high = check->has_high || tick->px.v == bar->high.v;
    check->has_low = check->has_low || tick->px.v == bar->low.v;
    check->volume += tick->qty.v;
    check->ticks++;
    if (!tick->ends_bar)
        return;
    KIT_HOLDS(tick->px.v == bar->close.v);
    KIT_HOLDS(check->has_high && check->has_low);
    KIT_HOLDS(check->volume == bar->volume.v);
    KIT_HOLDS(check->ticks >= 4 && check->ticks <= most);
    *check = (struct bar_check){.series = check->series, .bar = check->bar + 1};
}

/* Plays all of it; returns how many ticks. */
static size_t
play_and_check(const struct qt_dataset *data, const struct qt_replay_options *options)
{
    struct kit_market market = kit_replay(data, options);
    uint32_t n = qt_universe_count(market.universe), last_id = 0;
    struct bar_check *check = calloc(n, sizeof *check);
    struct qt_source_tick tick;
    int64_t last_ns = INT64_MIN;
    size_t ticks = 0;
    double progress = 0;
    for (uint32_t i = 0; i < n; i++)
        check[i].series = series_of(data, qt_universe_at(market.universe, i)->symbol);
    for (int64_t t; (t = qt_source_peek(market.source)) != QT_TIME_NONE; ticks++) {
        KIT_HOLDS(qt_source_next(market.source, &tick) && tick.t_ns == t);
        KIT_HOLDS(t > last_ns || (t == last_ns && tick.instrument > last_id));
        last_ns = t;
        last_id = tick.instrument;
        const struct qt_bar *bar = &check[last_id].series->bars[check[last_id].bar];
        check_tick(&check[last_id], &tick, options->ticks_per_bar ? options->ticks_per_bar : 4);
        if (tick.ends_bar)
            KIT_HOLDS(qt_source_ended_bar(market.source, last_id) == bar);
        if (ticks % 97 == 0)
            check_ladder(market.source, market.universe, last_id);
        KIT_HOLDS(qt_source_progress(market.source) >= progress);
        progress = qt_source_progress(market.source);
    }
    KIT_HOLDS(!qt_source_next(market.source, &tick));
    for (uint32_t i = 0; i < n; i++)
        ck_assert_uint_eq(check[i].bar, check[i].series->n);
    free(check);
    kit_close(&market);
    return ticks;
}

static const int ticks_rows[] = {0, 4, 5, 7, 60};

START_TEST(made_up_bars_are_told_exactly)
{
    struct qt_dataset data = kit_dataset(5, 400, QT_NS_PER_MIN, (uint64_t)_i + 1);
    size_t ticks = play_and_check(
        &data, &(struct qt_replay_options){
                   .seed = 3, .ticks_per_bar = ticks_rows[_i], .start_ns = QT_TIME_NONE});
    ck_assert_uint_ge(ticks, 5 * 400 * 4);
    qt_dataset_finish(&data);
}
END_TEST

START_TEST(bar_with_lots_enough_gives_each_tick_one)
{
    struct qt_dataset data = kit_dataset(3, 500, QT_NS_PER_MIN, 9);
    const struct qt_replay_options options = {.ticks_per_bar = 12, .start_ns = QT_TIME_NONE};
    struct kit_market market = kit_replay(&data, &options);
    struct qt_source_tick tick;
    size_t bar[3] = {0}, few = 0;
    while (qt_source_next(market.source, &tick)) {
        uint32_t id = tick.instrument;
        int64_t lots = data.series[id].bars[bar[id]].volume.v / 10;
        KIT_HOLDS(lots < 4 || tick.qty.v >= 10);
        few += lots < 12;
        bar[id] += tick.ends_bar;
    }
    ck_assert_uint_gt(few, 100);
    kit_close(&market);
    qt_dataset_finish(&data);
}
END_TEST

static const struct {
    const char *folder;
    int64_t from_s, to_s;
    int ticks;
    size_t least;
} recorded[] = {
    {"klines/binance-spot-2024-spring-5m", 1709510400, 1709683200, 4, 100000},
    {"klines/binance-usdm-2023-02-full-1m", 1676332800, 1676505600, 9, 100000},
    {"klines/binance-usdm-2024q4-1h", 1733011200, 1733270400, 16, 200000},
    {"klines/bybit-linear-daily-to-2024", 1675209600, 1690848000, 12, 100000},
    {"klines/usdc-depeg-2023-03-1m", 1678406400, 1678579200, 6, 10000},
};

START_TEST(recorded_bars_are_told_exactly)
{
    char path[512];
    struct qt_dataset data;
    struct qt_error err;
    if (!qt_market_path(recorded[_i].folder, path, sizeof path))
        return;
    ck_assert_msg(qt_dataset_load(path, recorded[_i].from_s * QT_NS_PER_S,
                                  recorded[_i].to_s * QT_NS_PER_S, false, NULL, NULL, &data, &err),
                  "%s", err.text);
    size_t ticks = play_and_check(
        &data, &(struct qt_replay_options){
                   .seed = 1, .ticks_per_bar = recorded[_i].ticks, .start_ns = QT_TIME_NONE});
    ck_assert_msg(ticks > recorded[_i].least, "%s: %zu ticks", recorded[_i].folder, ticks);
    qt_dataset_finish(&data);
}
END_TEST

/* S1 */

static uint64_t
hash_of_replay(const struct qt_dataset *data, uint64_t seed)
{
    struct kit_market market = kit_replay(
        data, &(struct qt_replay_options){
                  .seed = seed, .ticks_per_bar = 20, .start_ns = KIT_START + QT_NS_PER_HOUR});
    uint64_t hash = hash_of(market.source, SIZE_MAX, true);
    kit_close(&market);
    return hash;
}

START_TEST(same_seed_gives_the_same_recorded_market_and_another_another)
{
    struct qt_dataset data = kit_dataset(4, 200, QT_NS_PER_MIN, 1);
    ck_assert_uint_eq(hash_of_replay(&data, 1), hash_of_replay(&data, 1));
    ck_assert_uint_ne(hash_of_replay(&data, 1), hash_of_replay(&data, 2));
    qt_dataset_finish(&data);
}
END_TEST

START_TEST(symbols_way_does_not_depend_on_who_else_is_there)
{
    struct qt_dataset data = kit_dataset(4, 50, QT_NS_PER_MIN, 1);
    struct qt_dataset alone = {.n = 1, .series = &data.series[2]};
    const struct qt_replay_options options = {.ticks_per_bar = 20, .start_ns = QT_TIME_NONE};
    struct kit_market all = kit_replay(&data, &options), one = kit_replay(&alone, &options);
    struct qt_source_tick a, b;
    while (qt_source_next(one.source, &b)) {
        do
            ck_assert(qt_source_next(all.source, &a));
        while (a.instrument != 2);
        ck_assert(a.t_ns == b.t_ns && a.px.v == b.px.v && a.qty.v == b.qty.v);
    }
    kit_close(&all);
    kit_close(&one);
    qt_dataset_finish(&data);
}
END_TEST

/* S3 and the start */

START_TEST(start_inside_a_bar_waits_for_the_next_whole_one)
{
    struct qt_dataset data = kit_dataset(3, 48, QT_NS_PER_HOUR, 1);
    struct history_check check = {0};
    struct qt_source_tick tick;
    struct kit_market market = kit_replay(
        &data, &(struct qt_replay_options){.start_ns = KIT_START + 10 * QT_NS_PER_HOUR + 1});
    int64_t start = KIT_START + 11 * QT_NS_PER_HOUR;
    ck_assert_int_eq(qt_source_start_ns(market.source), start);
    qt_source_history(market.source, note_bar, &check);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(check.bars[i], 11);
        ck_assert_int_eq(check.last_end[i], start);
        ck_assert_int_eq(qt_source_price(market.source, i).v, check.last_close[i].v);
        check_ladder(market.source, market.universe, i);
    }
    ck_assert(qt_source_next(market.source, &tick));
    ck_assert_int_ge(tick.t_ns, start);
    ck_assert_int_eq(tick.px.v, data.series[tick.instrument].bars[11].open.v);
    kit_close(&market);
    qt_dataset_finish(&data);
}
END_TEST

START_TEST(symbol_that_is_listed_later_has_no_price_before)
{
    struct qt_dataset data = kit_dataset(2, 48, QT_NS_PER_HOUR, 1);
    struct qt_series late = data.series[1];
    struct qt_ladder ladder;
    data.series[1].bars += 20;
    data.series[1].n -= 20;
    struct kit_market market =
        kit_replay(&data, &(struct qt_replay_options){.start_ns = KIT_START + 10 * QT_NS_PER_HOUR});
    ck_assert(!qt_px_is_none(qt_source_price(market.source, 0)));
    ck_assert(qt_px_is_none(qt_source_price(market.source, 1)));
    qt_source_ladder(market.source, 1, QT_LADDER_LEVELS, &ladder);
    ck_assert_uint_eq(ladder.n_bids + ladder.n_asks, 0);
    kit_close(&market);
    data.series[1] = late;
    qt_dataset_finish(&data);
}
END_TEST

START_TEST(start_after_the_last_bar_is_an_error_in_words)
{
    struct qt_dataset data = kit_dataset(2, 10, QT_NS_PER_HOUR, 1);
    struct qt_error err = {0};
    struct qt_universe *universe = qt_universe_create();
    const struct qt_replay_options options = {.start_ns = KIT_START + 10 * QT_NS_PER_HOUR};
    ck_assert_ptr_null(qt_source_replay(&data, &options, universe, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "no bar at or after its start"));
    qt_universe_destroy(universe);
    qt_dataset_finish(&data);
}
END_TEST

START_TEST(limited_replay_plays_the_busiest_symbols_in_the_files_order)
{
    struct qt_dataset data = kit_dataset(6, 30, QT_NS_PER_HOUR, 4);
    for (size_t b = 0; b < 30; b++) {
        data.series[1].bars[b].quote_volume.v = 1000000000000000;
        data.series[4].bars[b].quote_volume.v = 2000000000000000;
    }
    struct kit_market market =
        kit_replay(&data, &(struct qt_replay_options){.symbols = 2, .start_ns = QT_TIME_NONE});
    ck_assert_uint_eq(qt_universe_count(market.universe), 2);
    ck_assert_str_eq(qt_universe_at(market.universe, 0)->symbol, "K01USDT");
    ck_assert_str_eq(qt_universe_at(market.universe, 1)->symbol, "K04USDT");
    kit_close(&market);
    qt_dataset_finish(&data);
}
END_TEST

START_TEST(busier_symbol_has_the_tighter_and_deeper_book)
{
    struct qt_dataset data = kit_dataset(2, 60, QT_NS_PER_HOUR, 4);
    for (size_t b = 0; b < 60; b++) {
        data.series[0].bars[b].open = data.series[0].bars[b].close = (qt_px){10000};
        data.series[0].bars[b].high = data.series[0].bars[b].low = (qt_px){10000};
        data.series[1].bars[b] = data.series[0].bars[b];
        data.series[0].bars[b].quote_volume.v = 4000000LL * 100000000; /* 96 M a day */
        data.series[1].bars[b].quote_volume.v = 40000LL * 100000000;   /* 1 M a day */
    }
    struct kit_market market =
        kit_replay(&data, &(struct qt_replay_options){.start_ns = KIT_START + QT_NS_PER_DAY});
    double bps[2], depth[2];
    for (uint32_t i = 0; i < 2; i++) {
        struct qt_ladder ladder;
        qt_source_ladder(market.source, i, QT_LADDER_LEVELS, &ladder);
        bps[i] = (double)(ladder.asks[0].px.v - ladder.bids[0].px.v);
        depth[i] = (double)ladder.bids[0].qty.v;
    }
    ck_assert_double_eq(bps[0], 3); /* ticks: 1 + 20 / sqrt(96) bps */
    ck_assert_double_eq(bps[1], 21);
    ck_assert_double_gt(depth[0], 30 * depth[1]);
    kit_close(&market);
    qt_dataset_finish(&data);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("source");
    TCase *bars = tcase_create("bars"), *seeds = tcase_create("seeds");
    TCase *start = tcase_create("start");
    tcase_set_timeout(bars, 60);
    tcase_set_timeout(seeds, 60);
    tcase_set_timeout(start, 60);
    tcase_add_loop_test(bars, made_up_bars_are_told_exactly, 0, QT_COUNT_OF(ticks_rows));
    tcase_add_test(bars, bar_with_lots_enough_gives_each_tick_one);
    tcase_add_loop_test(bars, recorded_bars_are_told_exactly, 0, QT_COUNT_OF(recorded));
    tcase_add_test(seeds, same_seed_gives_the_same_recorded_market_and_another_another);
    tcase_add_test(seeds, symbols_way_does_not_depend_on_who_else_is_there);
    tcase_add_test(start, start_inside_a_bar_waits_for_the_next_whole_one);
    tcase_add_test(start, symbol_that_is_listed_later_has_no_price_before);
    tcase_add_test(start, start_after_the_last_bar_is_an_error_in_words);
    tcase_add_test(start, limited_replay_plays_the_busiest_symbols_in_the_files_order);
    tcase_add_test(start, busier_symbol_has_the_tighter_and_deeper_book);
    suite_add_tcase(suite, bars);
    suite_add_tcase(suite, seeds);
    suite_add_tcase(suite, start);
    return qt_run_suite(suite);
}

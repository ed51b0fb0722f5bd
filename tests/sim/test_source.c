/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: the rules S1 to S3 of source.h as properties, on made-up bars, on recorded markets and
 * on generated ones, and what a generated market must look like to be worth trading against.
 */
#include "sim_kit.h"

#include <math.h>

#include "qtrade/base/text.h"
#include "qtrade/base/num.h"

static bool
is_multiple(int64_t v, int64_t step)
{
    return v % step == 0;
}

/* Strictly ordered, on the tick, whole lots, not crossed, the last price at its edge. */
static void
check_ladder(const struct qt_source *source, const struct qt_universe *universe, uint32_t id)
{
    struct qt_ladder ladder, best;
    const struct qt_instrument *ins = qt_universe_at(universe, id);
    int64_t px = qt_source_price(source, id).v;
    qt_source_ladder(source, id, QT_LADDER_LEVELS, &ladder);
    qt_source_ladder(source, id, 1, &best);
    KIT_HOLDS(ladder.n_bids + ladder.n_asks > 0);
    for (size_t i = 0; i < ladder.n_bids; i++) {
        KIT_HOLDS(ladder.bids[i].px.v > 0 && is_multiple(ladder.bids[i].px.v, ins->tick.v));
        KIT_HOLDS(ladder.bids[i].qty.v > 0 && is_multiple(ladder.bids[i].qty.v, ins->lot.v));
        KIT_HOLDS(i == 0 || ladder.bids[i].px.v < ladder.bids[i - 1].px.v);
    }
    for (size_t i = 0; i < ladder.n_asks; i++) {
        KIT_HOLDS(is_multiple(ladder.asks[i].px.v, ins->tick.v));
        KIT_HOLDS(ladder.asks[i].qty.v > 0 && is_multiple(ladder.asks[i].qty.v, ins->lot.v));
        KIT_HOLDS(i == 0 || ladder.asks[i].px.v > ladder.asks[i - 1].px.v);
    }
    if (ladder.n_bids && ladder.n_asks) {
        KIT_HOLDS(ladder.bids[0].px.v < ladder.asks[0].px.v);
        KIT_HOLDS(ladder.bids[0].px.v == px || ladder.asks[0].px.v == px);
    }
    KIT_HOLDS(best.n_bids <= 1);
    if (best.n_bids)
        KIT_HOLDS(best.bids[0].px.v == ladder.bids[0].px.v &&
                  best.bids[0].qty.v == ladder.bids[0].qty.v);
}

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
hash_bar(uint64_t hash, uint32_t instrument, const struct qt_bar *bar)
{
    const int64_t words[] = {instrument,          bar->open_ns,     bar->period_ns, bar->open.v,
                             bar->high.v,         bar->low.v,       bar->close.v,   bar->volume.v,
                             bar->quote_volume.v, bar->taker_buy.v, bar->trades};
    return qt_hash(hash, words, sizeof words);
}

static void
add_bar(void *context, uint32_t instrument, const struct qt_bar *bar)
{
    uint64_t *hash = context;
    *hash = hash_bar(*hash, instrument, bar);
}

/* Of n ticks with their ladders; the history too when it is wanted. */
static uint64_t
hash_of(struct qt_source *source, size_t n, bool with_history)
{
    uint64_t hash = QT_HASH_START;
    struct qt_source_tick tick;
    struct qt_ladder ladder;
    if (with_history)
        qt_source_history(source, add_bar, &hash);
    while (n-- > 0 && qt_source_next(source, &tick)) {
        const int64_t words[] = {tick.t_ns,     tick.instrument, tick.is_sell,
                                 tick.ends_bar, tick.px.v,       tick.qty.v};
        qt_source_ladder(source, tick.instrument, QT_LADDER_LEVELS, &ladder);
        hash = qt_hash(hash, words, sizeof words);
        hash = qt_hash(hash, ladder.bids, ladder.n_bids * sizeof ladder.bids[0]);
        hash = qt_hash(hash, ladder.asks, ladder.n_asks * sizeof ladder.asks[0]);
    }
    return hash;
}

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

static uint64_t
hash_of_generated(uint64_t seed, bool with_history)
{
    struct kit_market market = kit_generate(&(struct qt_generator_options){
        .symbols = 12, .seed = seed, .start_ns = KIT_START, .history_days = 4});
    uint64_t hash = hash_of(market.source, 20000, with_history);
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

START_TEST(same_seed_gives_the_same_generated_market_and_another_another)
{
    ck_assert_uint_eq(hash_of_generated(1, true), hash_of_generated(1, true));
    ck_assert_uint_ne(hash_of_generated(1, true), hash_of_generated(2, true));
    ck_assert_uint_eq(hash_of_generated(1, false), hash_of_generated(1, false));
}
END_TEST

/* The bits of the generated market, the same on every CPU: this number came from an x86-64 with GCC
 * 12 and must come from any other little-endian machine. */
START_TEST(generated_market_has_the_same_bits_on_every_machine)
{
    ck_assert_uint_eq(hash_of_generated(42, true), UINT64_C(6477866878471173853));
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

struct history_check {
    int64_t last_end[64];
    qt_px last_close[64];
    size_t bars[64], hours[64], minutes[64];
};

static void
note_bar(void *context, uint32_t id, const struct qt_bar *bar)
{
    struct history_check *check = context;
    ck_assert_uint_lt(id, 64);
    ck_assert_msg(check->bars[id] == 0 || bar->open_ns == check->last_end[id],
                  "a hole in the history of %u", id);
    ck_assert(is_multiple(bar->open_ns, bar->period_ns));
    ck_assert(bar->low.v > 0 && bar->low.v <= bar->open.v && bar->low.v <= bar->close.v);
    ck_assert(bar->high.v >= bar->open.v && bar->high.v >= bar->close.v);
    check->last_end[id] = bar->open_ns + bar->period_ns;
    check->last_close[id] = bar->close;
    check->bars[id]++;
    check->hours[id] += bar->period_ns == QT_NS_PER_HOUR;
    check->minutes[id] += bar->period_ns == QT_NS_PER_MIN;
}

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

/* Generated markets */

START_TEST(generated_history_has_no_hole_and_ends_at_the_start)
{
    static const int days[] = {40, 3, 1};
    struct history_check check = {0};
    struct kit_market market = kit_generate(&(struct qt_generator_options){
        .symbols = 5, .seed = 3, .start_ns = KIT_START + 12345678901, .history_days = days[_i]});
    int64_t start = qt_time_floor(KIT_START + 12345678901, QT_NS_PER_MIN);
    ck_assert_int_eq(qt_source_start_ns(market.source), start);
    qt_source_history(market.source, note_bar, &check);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_int_eq(check.last_end[i], start);
        ck_assert_uint_ge(check.minutes[i], 24 * 60);
        ck_assert_uint_eq(
            check.hours[i] * 60 + check.minutes[i],
            (size_t)((start - qt_time_floor(start - days[_i] * QT_NS_PER_DAY, QT_NS_PER_HOUR)) /
                     QT_NS_PER_MIN));
        ck_assert_int_eq(qt_source_price(market.source, i).v, check.last_close[i].v);
        check_ladder(market.source, market.universe, i);
    }
    kit_close(&market);
}
END_TEST

START_TEST(generated_ticks_ascend_in_time_and_stand_on_tick_and_lot)
{
    struct kit_market market =
        kit_generate(&(struct qt_generator_options){.seed = 8, .start_ns = KIT_START});
    struct qt_source_tick tick;
    int64_t last = KIT_START;
    uint32_t last_id = 0;
    size_t sells = 0;
    ck_assert_uint_eq(qt_universe_count(market.universe), 50);
    for (int i = 0; i < 50000; i++) {
        KIT_HOLDS(qt_source_next(market.source, &tick));
        const struct qt_instrument *ins = qt_universe_at(market.universe, tick.instrument);
        KIT_HOLDS(tick.t_ns > last || (tick.t_ns == last && tick.instrument > last_id));
        KIT_HOLDS(tick.px.v > 0 && is_multiple(tick.px.v, ins->tick.v));
        KIT_HOLDS(tick.qty.v > 0 && is_multiple(tick.qty.v, ins->lot.v));
        last = tick.t_ns;
        last_id = tick.instrument;
        sells += tick.is_sell;
        if (i % 50 == 0)
            check_ladder(market.source, market.universe, tick.instrument);
    }
    ck_assert(sells > 20000 && sells < 30000);
    kit_close(&market);
}
END_TEST

START_TEST(generated_symbols_have_known_names_first_then_numbers)
{
    struct kit_market market = kit_generate(
        &(struct qt_generator_options){.symbols = 300, .seed = 8, .start_ns = KIT_START});
    ck_assert_str_eq(qt_universe_at(market.universe, 0)->symbol, "BTCUSDT");
    ck_assert_str_eq(qt_universe_at(market.universe, 1)->symbol, "ETHUSDT");
    ck_assert_uint_ne(qt_universe_find(market.universe, "SIM001USDT", 10), QT_NO_INSTRUMENT);
    ck_assert_uint_eq(qt_universe_count(market.universe), 300);
    for (uint32_t i = 0; i < 300; i++) {
        const struct qt_instrument *ins = qt_universe_at(market.universe, i);
        double tick = qt_px_to_double(ins->tick, ins->px_scale);
        double px, lot = qt_qty_to_double(ins->lot, ins->qty_scale);
        (void)qt_source_peek(market.source); /* prices stand when history is behind */
        px = qt_px_to_double(qt_source_price(market.source, i), ins->px_scale);
        ck_assert_msg(tick / px < 3e-3, "%s: a tick of %g at %g", ins->symbol, tick, px);
        ck_assert_msg(lot * px < 20, "%s: a lot of %g at %g", ins->symbol, lot, px);
    }
    kit_close(&market);
}
END_TEST

/* Hourly returns of 12 symbols over 40 days of history. */
enum { SYMBOLS = 12, HOURS = 38 * 24 };
struct returns {
    double r[SYMBOLS][HOURS], last[SYMBOLS], quote[SYMBOLS];
    size_t n[SYMBOLS];
};

static void
note_return(void *context, uint32_t id, const struct qt_bar *bar)
{
    struct returns *returns = context;
    double px = (double)bar->close.v;
    returns->quote[id] += qt_money_to_double(bar->quote_volume, QT_MONEY_SCALE);
    if (bar->period_ns != QT_NS_PER_HOUR)
        return;
    if (returns->last[id] > 0 && returns->n[id] < HOURS)
        returns->r[id][returns->n[id]++] = qt_log(px / returns->last[id]);
    returns->last[id] = px;
}

static struct returns *
generated_returns(uint64_t seed)
{
    struct returns *returns = calloc(1, sizeof *returns);
    struct kit_market market = kit_generate(
        &(struct qt_generator_options){.symbols = SYMBOLS, .seed = seed, .start_ns = KIT_START});
    qt_source_history(market.source, note_return, returns);
    kit_close(&market);
    return returns;
}

static double
kurtosis(const double *x, size_t n)
{
    double mean = qt_mean(x, n), two = 0, four = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (x[i] - mean) * (x[i] - mean);
        two += d;
        four += d * d;
    }
    return four * (double)n / (two * two);
}

/* Facts of real returns (Cont, Empirical properties of asset returns, 2001): fat tails, clusters of
 * volatility, symbols that move together, plausible size. */
START_TEST(generated_returns_have_the_facts_of_real_ones)
{
    struct returns *returns = generated_returns((uint64_t)_i + 1);
    double tails = 0, clusters = 0, together = 0, size = 0;
    for (size_t s = 0; s < SYMBOLS; s++) {
        double absolute[HOURS];
        size_t n = returns->n[s];
        ck_assert_uint_gt(n, 800);
        for (size_t i = 0; i < n; i++)
            absolute[i] = fabs(returns->r[s][i]);
        tails += kurtosis(returns->r[s], n) / SYMBOLS;
        clusters += qt_correlation(absolute, absolute + 1, n - 1) / SYMBOLS;
        size += qt_stddev_sample(returns->r[s], n) * sqrt(24) / SYMBOLS;
        together += s ? qt_correlation(returns->r[0], returns->r[s], n) / (SYMBOLS - 1) : 0;
    }
    ck_assert_msg(tails > 4, "kurtosis %g", tails);
    ck_assert_msg(clusters > 0.05, "autocorrelation of sizes %g", clusters);
    ck_assert_msg(together > 0.2 && together < 0.9, "correlation %g", together);
    ck_assert_msg(size > 0.015 && size < 0.12, "daily volatility %g", size);
    free(returns);
}
END_TEST

START_TEST(larger_half_of_a_generated_market_is_liquid_with_a_tight_spread)
{
    struct returns *returns = generated_returns(5);
    struct kit_market market = kit_generate(
        &(struct qt_generator_options){.symbols = SYMBOLS, .seed = 5, .start_ns = KIT_START});
    (void)qt_source_peek(market.source);
    for (uint32_t s = 0; s < SYMBOLS / 2; s++) {
        struct qt_ladder ladder;
        qt_source_ladder(market.source, s, 1, &ladder);
        double spread = (double)(ladder.asks[0].px.v - ladder.bids[0].px.v);
        ck_assert_double_lt(spread / (double)ladder.bids[0].px.v, 5e-4);
        ck_assert_double_gt(returns->quote[s] / 40, 50e6);
    }
    ck_assert_double_lt(returns->quote[SYMBOLS - 1] / 40, 50e6); /* and not everybody is */
    free(returns);
    kit_close(&market);
}
END_TEST

START_TEST(climate_changes_and_is_the_generators_own)
{
    struct qt_climate climate, before = {0};
    struct qt_dataset data = kit_dataset(1, 10, QT_NS_PER_HOUR, 1);
    struct kit_market recorded_market =
        kit_replay(&data, &(struct qt_replay_options){.start_ns = QT_TIME_NONE});
    struct kit_market market = kit_generate(&(struct qt_generator_options){
        .symbols = 2, .seed = 2, .start_ns = KIT_START, .history_days = 2, .trades_per_s = 0.02});
    struct qt_source_tick tick;
    unsigned seen = 0, changes = 0;
    ck_assert(!qt_source_climate(recorded_market.source, &climate));
    for (int i = 0; i < 200000; i++) {
        KIT_HOLDS(qt_source_next(market.source, &tick));
        KIT_HOLDS(qt_source_climate(market.source, &climate));
        KIT_HOLDS(climate.since_ns <= tick.t_ns && climate.market < QT_CLIMATES);
        changes += i > 0 && climate.since_ns != before.since_ns;
        before = climate;
        seen |= 1u << climate.market;
    }
    ck_assert_uint_eq(seen, (1u << QT_CLIMATES) - 1);
    ck_assert_uint_gt(changes, 20);
    kit_close(&market);
    kit_close(&recorded_market);
    qt_dataset_finish(&data);
}
END_TEST

START_TEST(more_symbols_than_there_may_be_are_refused)
{
    struct qt_error err = {0};
    struct qt_universe *universe = qt_universe_create();
    const struct qt_generator_options options = {.symbols = QT_INSTRUMENTS_MAX + 1,
                                                 .start_ns = KIT_START};
    ck_assert_ptr_null(qt_source_generate(&options, universe, &err));
    ck_assert_ptr_nonnull(strchr(err.text, '8'));
    qt_universe_destroy(universe);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("source");
    TCase *bars = tcase_create("bars"), *seeds = tcase_create("seeds");
    TCase *start = tcase_create("start"), *generated = tcase_create("generated");
    tcase_set_timeout(bars, 60);
    tcase_set_timeout(seeds, 60);
    tcase_set_timeout(start, 60);
    tcase_set_timeout(generated, 60);
    tcase_add_loop_test(bars, made_up_bars_are_told_exactly, 0, QT_COUNT_OF(ticks_rows));
    tcase_add_test(bars, bar_with_lots_enough_gives_each_tick_one);
    tcase_add_loop_test(bars, recorded_bars_are_told_exactly, 0, QT_COUNT_OF(recorded));
    tcase_add_test(seeds, same_seed_gives_the_same_recorded_market_and_another_another);
    tcase_add_test(seeds, same_seed_gives_the_same_generated_market_and_another_another);
    tcase_add_test(seeds, generated_market_has_the_same_bits_on_every_machine);
    tcase_add_test(seeds, symbols_way_does_not_depend_on_who_else_is_there);
    tcase_add_test(start, start_inside_a_bar_waits_for_the_next_whole_one);
    tcase_add_test(start, symbol_that_is_listed_later_has_no_price_before);
    tcase_add_test(start, start_after_the_last_bar_is_an_error_in_words);
    tcase_add_test(start, limited_replay_plays_the_busiest_symbols_in_the_files_order);
    tcase_add_test(start, busier_symbol_has_the_tighter_and_deeper_book);
    tcase_add_loop_test(generated, generated_history_has_no_hole_and_ends_at_the_start, 0, 3);
    tcase_add_test(generated, generated_ticks_ascend_in_time_and_stand_on_tick_and_lot);
    tcase_add_test(generated, generated_symbols_have_known_names_first_then_numbers);
    tcase_add_loop_test(generated, generated_returns_have_the_facts_of_real_ones, 0, 3);
    tcase_add_test(generated, larger_half_of_a_generated_market_is_liquid_with_a_tight_spread);
    tcase_add_test(generated, climate_changes_and_is_the_generators_own);
    tcase_add_test(generated, more_symbols_than_there_may_be_are_refused);
    suite_add_tcase(suite, bars);
    suite_add_tcase(suite, seeds);
    suite_add_tcase(suite, start);
    suite_add_tcase(suite, generated);
    return qt_run_suite(suite);
}

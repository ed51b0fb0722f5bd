/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The generated market: rules S1 and S3 of source.h, and what it must look like to be worth trading
 * against.
 */
#include "sim_kit.h"

#include <math.h>

#include "qtrade/base/num.h"

static uint64_t
hash_of_generated(uint64_t seed, bool with_history)
{
    struct kit_market market = kit_generate(&(struct qt_generator_options){
        .symbols = 12, .seed = seed, .start_ns = KIT_START, .history_days = 4});
    uint64_t hash = hash_of(market.source, 20000, with_history);
    kit_close(&market);
    return hash;
}

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
correlation(const double *x, const double *y, size_t n)
{
    double mx = qt_mean(x, n), my = qt_mean(y, n), xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        double dx = x[i] - mx, dy = y[i] - my;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    return xy / (sqrt(xx) * sqrt(yy));
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
        clusters += correlation(absolute, absolute + 1, n - 1) / SYMBOLS;
        size += qt_stddev_sample(returns->r[s], n) * sqrt(24) / SYMBOLS;
        together += s ? correlation(returns->r[0], returns->r[s], n) / (SYMBOLS - 1) : 0;
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
    Suite *suite = suite_create("generate");
    TCase *generated = tcase_create("generated");
    tcase_set_timeout(generated, 60);
    tcase_add_loop_test(generated, generated_history_has_no_hole_and_ends_at_the_start, 0, 3);
    tcase_add_test(generated, generated_ticks_ascend_in_time_and_stand_on_tick_and_lot);
    tcase_add_test(generated, generated_symbols_have_known_names_first_then_numbers);
    tcase_add_loop_test(generated, generated_returns_have_the_facts_of_real_ones, 0, 3);
    tcase_add_test(generated, larger_half_of_a_generated_market_is_liquid_with_a_tight_spread);
    tcase_add_test(generated, climate_changes_and_is_the_generators_own);
    tcase_add_test(generated, more_symbols_than_there_may_be_are_refused);
    tcase_add_test(generated, same_seed_gives_the_same_generated_market_and_another_another);
    tcase_add_test(generated, generated_market_has_the_same_bits_on_every_machine);
    suite_add_tcase(suite, generated);
    return qt_run_suite(suite);
}

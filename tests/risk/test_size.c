/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizing: what the start is, which clamp binds, and that no result breaks what it was clamped to.
 */
#include <math.h>
#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/risk/size.h"

#include "qt_check.h"

static const struct qt_instrument ins = {.symbol = "ABCUSDT",
                                         .px_scale = 2,
                                         .qty_scale = 3,
                                         .tick = {1},
                                         .lot = {10},
                                         .min_qty = {10},
                                         .min_notional = {INT64_C(5) * 100000000}};
static const struct qt_regime trending = {.is_known = true, .structure = QT_STRUCTURE_TRENDING};
static const struct qt_regime crisis = {
    .is_known = true, .structure = QT_STRUCTURE_VOLATILE, .market = QT_MARKET_CRISIS};

static qt_money
usdt(double amount)
{
    qt_money money;
    ck_assert(qt_money_of_double(amount, QT_MONEY_SCALE, &money));
    return money;
}

static double
of(qt_money money)
{
    return qt_money_to_double(money, QT_MONEY_SCALE);
}

/* Entry 100, stop 80, equity 100,000, nothing open: 0.5 % at risk is 25. */
static void
begin(struct qt_risk_config *config, struct qt_size_input *input)
{
    const struct qt_config_binding binding = {&qt_risk_section, config};
    qt_config_defaults(&binding, 1);
    config->risk_per_trade = 0.005;
    *input = (struct qt_size_input){.ins = &ins,
                                    .regime = &trending,
                                    .entry = {10000},
                                    .stop = {8000},
                                    .equity = usdt(100000),
                                    .confidence = 1};
}

START_TEST(start_loses_the_risk_of_a_trade_at_the_stop)
{
    struct qt_risk_config config;
    struct qt_size_input input;
    struct qt_size size;
    begin(&config, &input);
    ck_assert(qt_size_compute(&config, &input, &size));
    ck_assert_double_eq_tol(size.start, 25, 1e-9);
    ck_assert_int_eq(size.qty.v, 25000);
    ck_assert_int_eq(size.risk.v, usdt(500).v);
    ck_assert_int_eq(size.notional.v, usdt(2500).v);
    ck_assert_int_eq(size.binding, -1);
    input.confidence = 0.5;
    ck_assert(qt_size_compute(&config, &input, &size));
    ck_assert_int_eq(size.qty.v, 12500);
}
END_TEST

static void
binds_heat(struct qt_size_input *in)
{
    in->heat = 0.2475;
}
static void
binds_correlation(struct qt_size_input *in)
{
    in->worst_correlation = 0.525;
}
static void
binds_position(struct qt_size_input *in)
{
    in->symbol_exposure = usdt(4000);
}
static void
binds_venue(struct qt_size_input *in)
{
    in->venue_exposure = usdt(19000);
}
static void
binds_strategy(struct qt_size_input *in)
{
    in->strategy_exposure = usdt(29000);
}
static void
binds_sector(struct qt_size_input *in)
{
    in->sector_exposure = usdt(39000);
}
static void
binds_crisis(struct qt_size_input *in)
{
    in->regime = &crisis;
}

static const struct {
    void (*change)(struct qt_size_input *input);
    enum qt_clamp clamp;
    double most; /* quantity */
} bindings[] = {
    {binds_heat, QT_CLAMP_HEAT, 12.5},       {binds_correlation, QT_CLAMP_CORRELATION, 12.5},
    {binds_position, QT_CLAMP_POSITION, 10}, {binds_venue, QT_CLAMP_VENUE, 10},
    {binds_strategy, QT_CLAMP_STRATEGY, 10}, {binds_sector, QT_CLAMP_SECTOR, 10},
    {binds_crisis, QT_CLAMP_CRISIS, 7.5},
};

START_TEST(clamp_that_cuts_is_named_and_leaves_its_room)
{
    struct qt_risk_config config;
    struct qt_size_input input;
    struct qt_size size;
    begin(&config, &input);
    bindings[_i].change(&input);
    ck_assert(qt_size_compute(&config, &input, &size));
    ck_assert_int_eq(size.binding, bindings[_i].clamp);
    ck_assert(size.step[bindings[_i].clamp].is_applied);
    double qty = qt_qty_to_double(size.qty, 3);
    ck_assert_double_le(qty, bindings[_i].most);
    ck_assert_double_ge(qty, bindings[_i].most - 0.011); /* a lot and the margin */
}
END_TEST

START_TEST(no_room_is_nothing_with_a_reason)
{
    struct qt_risk_config config;
    struct qt_size_input input;
    struct qt_size size;
    begin(&config, &input);
    input.venue_exposure = usdt(20000);
    ck_assert(qt_size_compute(&config, &input, &size));
    ck_assert_int_eq(size.qty.v, 0);
    ck_assert_ptr_nonnull(strstr(size.why, "venue"));
    begin(&config, &input);
    input.equity = usdt(9); /* 0.5 % of it buys less than the venue takes */
    ck_assert(qt_size_compute(&config, &input, &size));
    ck_assert_int_eq(size.qty.v, 0);
    ck_assert_ptr_nonnull(strstr(size.why, "minimum"));
}
END_TEST

static void
no_equity(struct qt_size_input *in)
{
    in->equity = QT_MONEY_ZERO;
}
static void
no_entry(struct qt_size_input *in)
{
    in->entry = QT_PX_NONE;
}
static void
no_stop(struct qt_size_input *in)
{
    in->stop = QT_PX_NONE;
}
static void
same_stop(struct qt_size_input *in)
{
    in->stop = in->entry;
}
static void
nan_heat(struct qt_size_input *in)
{
    in->heat = (double)NAN;
}
static void
bad_confidence(struct qt_size_input *in)
{
    in->confidence = 1.5;
}
static void
nan_correlation(struct qt_size_input *in)
{
    in->worst_correlation = (double)NAN;
}
static void
negative_exposure(struct qt_size_input *in)
{
    in->venue_exposure.v = -1;
}
static void
no_instrument(struct qt_size_input *in)
{
    in->ins = NULL;
}
static void (*const rubbish[])(struct qt_size_input *) = {
    no_equity,      no_entry,        no_stop,           same_stop,    nan_heat,
    bad_confidence, nan_correlation, negative_exposure, no_instrument};

START_TEST(input_that_cannot_be_is_refused)
{
    struct qt_risk_config config;
    struct qt_size_input input;
    struct qt_size size;
    begin(&config, &input);
    rubbish[_i](&input);
    ck_assert(!qt_size_compute(&config, &input, &size));
    ck_assert_int_eq(size.qty.v, 0);
    ck_assert_str_ne(size.why, "");
}
END_TEST

START_TEST(kelly_is_his_fraction_and_never_below_nothing)
{
    ck_assert_double_eq_tol(qt_kelly(0.6, 1), 0.2, 1e-12);
    ck_assert_double_eq_tol(qt_kelly(0.5, 2), 0.25, 1e-12);
    ck_assert_double_eq(qt_kelly(0.3, 1), 0);
    ck_assert_double_eq(qt_kelly((double)NAN, 1), 0);
    ck_assert_double_eq(qt_kelly(0.5, 0), 0);
}
END_TEST

/* Whatever is open, what comes out is whole lots within every limit. */
START_TEST(nothing_random_is_sized_beyond_a_limit)
{
    struct qt_rng rng;
    struct qt_risk_config config;
    struct qt_size_input input;
    struct qt_size size;
    unsigned sized = 0;
    qt_rng_init(&rng, 11);
    for (int i = 0; i < 20000; i++) {
        begin(&config, &input);
        double equity = 1000 * (1 + 1000 * qt_rng_uniform(&rng));
        input.equity = usdt(equity);
        input.entry.v = 100 + (int64_t)qt_rng_below(&rng, 1000000);
        input.stop.v = input.entry.v * (int64_t)(900 + qt_rng_below(&rng, 99)) / 1000 + 1;
        input.heat = 0.3 * qt_rng_uniform(&rng);
        input.worst_correlation = qt_rng_uniform(&rng);
        input.confidence = qt_rng_uniform(&rng);
        input.symbol_exposure = usdt(equity * 0.06 * qt_rng_uniform(&rng));
        input.venue_exposure = input.strategy_exposure = input.sector_exposure =
            input.portfolio_exposure = usdt(equity * 0.25 * qt_rng_uniform(&rng));
        if (qt_px_cmp(input.entry, input.stop) == 0 || !qt_size_compute(&config, &input, &size) ||
            size.qty.v == 0)
            continue;
        sized++;
        double after = of(size.notional);
        ck_assert_int_eq(size.qty.v % ins.lot.v, 0);
        ck_assert_double_le(after + of(input.symbol_exposure), equity * config.max_position);
        ck_assert_double_le(after + of(input.venue_exposure), equity * config.max_venue);
        ck_assert_double_le(of(size.risk) / equity + input.heat, config.max_heat);
        ck_assert_double_le(of(size.risk), equity * config.risk_per_trade * 1.0000001);
        ck_assert_double_le(after, (double)config.max_order_notional);
    }
    ck_assert_uint_gt(sized, 1000);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("size");
    TCase *tc = tcase_create("size");
    tcase_add_test(tc, start_loses_the_risk_of_a_trade_at_the_stop);
    tcase_add_loop_test(tc, clamp_that_cuts_is_named_and_leaves_its_room, 0, QT_COUNT_OF(bindings));
    tcase_add_test(tc, no_room_is_nothing_with_a_reason);
    tcase_add_loop_test(tc, input_that_cannot_be_is_refused, 0, QT_COUNT_OF(rubbish));
    tcase_add_test(tc, kelly_is_his_fraction_and_never_below_nothing);
    tcase_add_test(tc, nothing_random_is_sized_beyond_a_limit);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

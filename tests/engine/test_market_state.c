/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What bars have left in the symbols, taken and taken back: a run that was cut in two ends as one
 * that was not, to the bit; and whatever someone writes into a state is refused, or harmless.
 */
#include "market_kit.h"

static struct kit kit;
static struct kit_tape tape;

static void
set_up(void)
{
    kit_open(&kit, KIT_SYMBOLS);
    kit_add_history(&tape, KIT_SYMBOLS);
}

static void
tear_down(void)
{
    kit_tape_free(&tape);
    kit_close(&kit);
}

/* The states after the events of [from, to), begun with market. */
static uint64_t
states_of(size_t from, size_t to, const struct qt_market_restore *market, struct kit_states *out)
{
    const struct kit_run run = {
        .events = tape.events + from, .n = to - from, .market = market, .port = kit_port(out)};
    return kit_run(&kit, &run);
}

START_TEST(a_run_cut_anywhere_and_gone_on_with_ends_the_same_to_the_bit)
{
    static struct kit_states whole, first, second;
    struct kit_restore restore;
    size_t history = tape.n;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 400);
    (void)states_of(0, tape.n, NULL, &whole);
    ck_assert(whole.symbol[0].scan.is_warm && whole.symbol[0].strategy.is_warm);
    ck_assert_uint_gt(whole.symbol[0].candles, 20);
    for (size_t cut = history + 1; cut < tape.n; cut += 137) {
        (void)states_of(0, cut, NULL, &first);
        (void)states_of(cut, tape.n, kit_restore_of(&first, &restore), &second);
        for (unsigned s = 0; s < KIT_SYMBOLS; s++)
            kit_same(&whole.symbol[s], &second.symbol[s]);
    }
}
END_TEST

START_TEST(bars_filled_after_a_cut_leave_what_an_unbroken_feed_leaves)
{
    static struct kit_states whole, broken;
    size_t history = tape.n;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 300);
    (void)states_of(0, tape.n, NULL, &whole);
    /* 100 minutes are silent: no quotes, and their bars come at once, a symbol after the other. */
    tape.n = history;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 100);
    int64_t back_ns = KIT_START_NS + 200 * QT_NS_PER_MIN + QT_NS_PER_S;
    for (uint32_t s = 0; s < KIT_SYMBOLS; s++)
        for (int m = 100; m < 200; m++)
            kit_add(&tape, kit_bar_event(s, KIT_START_NS + m * QT_NS_PER_MIN, QT_NS_PER_MIN,
                                         back_ns, false));
    kit_add_live(&tape, KIT_SYMBOLS, 200, 300);
    (void)states_of(0, tape.n, NULL, &broken);
    for (unsigned s = 0; s < KIT_SYMBOLS; s++)
        kit_same(&whole.symbol[s], &broken.symbol[s]);
}
END_TEST

START_TEST(each_symbol_goes_on_from_its_own_number)
{
    static struct kit_states whole, spread, second;
    struct kit_restore restore;
    size_t history = tape.n;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 120);
    (void)states_of(0, tape.n, NULL, &whole);
    /* symbol s is taken after its own part of the tape, the rest follows for each from there */
    for (uint32_t s = 0; s < KIT_SYMBOLS; s++) {
        static struct kit_states part;
        (void)states_of(0, history + 100 * (s + 1), NULL, &part);
        spread.symbol[s] = part.symbol[s];
        spread.has[s] = true;
    }
    struct kit_tape rest = {0};
    for (size_t i = history; i < tape.n; i++)
        if (i >= history + 100 * (tape.events[i].instrument + 1))
            kit_add(&rest, tape.events[i]);
    const struct kit_run run = {.events = rest.events,
                                .n = rest.n,
                                .market = kit_restore_of(&spread, &restore),
                                .port = kit_port(&second)};
    (void)kit_run(&kit, &run);
    for (unsigned s = 0; s < KIT_SYMBOLS; s++)
        kit_same(&whole.symbol[s], &second.symbol[s]);
    kit_tape_free(&rest);
}
END_TEST

START_TEST(taking_states_changes_no_decision)
{
    static struct kit_states states;
    kit.engine.state_min = 1;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 200);
    uint64_t with = states_of(0, tape.n, NULL, &states);
    ck_assert_uint_gt(states.rounds, 50);
    kit.engine.state_min = 0;
    ck_assert_uint_eq(with, states_of(0, tape.n, NULL, &states));
    ck_assert_uint_eq(states.rounds, 0);
}
END_TEST

static unsigned stale_symbols;

static void
count_stale(const struct qt_snapshot *last)
{
    stale_symbols = 0;
    for (uint32_t i = 0; i < last->exclusions; i++)
        if (strcmp(last->exclusion[i].reason, "stale") == 0)
            stale_symbols += last->exclusion[i].count;
}

START_TEST(symbol_that_was_taken_back_is_stale_until_its_feed_speaks)
{
    static struct kit_states first;
    struct kit_restore restore;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 30);
    (void)states_of(0, tape.n, NULL, &first);
    size_t cut = tape.n;
    for (uint32_t s = 0; s < KIT_SYMBOLS; s++)
        for (int m = 30; m < 40; m++)
            kit_add(&tape,
                    kit_bar_event(s, KIT_START_NS + m * QT_NS_PER_MIN, QT_NS_PER_MIN,
                                  KIT_START_NS + 41 * QT_NS_PER_MIN + m * QT_NS_PER_S, true));
    struct kit_run run = {.events = tape.events + cut,
                          .n = tape.n - cut,
                          .market = kit_restore_of(&first, &restore),
                          .look = count_stale};
    (void)kit_run(&kit, &run);
    ck_assert_uint_eq(stale_symbols, KIT_SYMBOLS);
    kit_add_live(&tape, KIT_SYMBOLS, 42, 44);
    struct qt_event quote = tape.events[tape.n - 2];
    quote.t_recv_ns += 3 * QT_NS_PER_S; /* a cycle before it */
    kit_add(&tape, quote);
    run.events = tape.events + cut;
    run.n = tape.n - cut;
    (void)kit_run(&kit, &run);
    ck_assert_uint_eq(stale_symbols, 0);
}
END_TEST

START_TEST(another_config_is_another_shape)
{
    uint64_t hash = qt_market_shape_hash(&kit.shape);
    ck_assert_uint_eq(hash, qt_market_shape_hash(&kit.shape));
    kit.scan.history_days = 6;
    ck_assert_uint_ne(hash, qt_market_shape_hash(&kit.shape));
    kit.scan.history_days = 5;
    kit.strategy.swing_bars++;
    ck_assert_uint_ne(hash, qt_market_shape_hash(&kit.shape));
    kit.strategy.swing_bars--;
    qt_copy(kit.scan.interval, sizeof kit.scan.interval, "1h");
    ck_assert_uint_ne(hash, qt_market_shape_hash(&kit.shape));
    qt_copy(kit.scan.interval, sizeof kit.scan.interval, "15m");
    ck_assert_uint_eq(hash, qt_market_shape_hash(&kit.shape));
}
END_TEST

/* A3: fields that someone who has the key could have written. */
#define FORGED(member, value)                                                                      \
    do {                                                                                           \
        static struct qt_market_symbol forged;                                                     \
        forged = *sound;                                                                           \
        forged.member = (value);                                                                   \
        ck_assert_msg(!qt_market_symbol_is_sound(&forged, &kit.shape, ins), "%s", #member);        \
    } while (0)

START_TEST(forged_field_out_of_its_bounds_is_refused)
{
    static struct kit_states states;
    const struct qt_instrument *ins = qt_universe_at(kit.universe, 0);
    kit_add_live(&tape, KIT_SYMBOLS, 0, 60);
    (void)states_of(0, tape.n, NULL, &states);
    const struct qt_market_symbol *sound = &states.symbol[0];
    ck_assert(qt_market_symbol_is_sound(sound, &kit.shape, ins));
    FORGED(first_base_ns, -1);
    FORGED(first_base_ns, sound->first_base_ns + 1);
    FORGED(first_base_ns, INT64_MAX / QT_NS_PER_MIN * QT_NS_PER_MIN);
    FORGED(candles, UINT32_MAX);
    FORGED(last, ((qt_px){0}));
    FORGED(bars.px_scale, 99);
    FORGED(bars.forming[QT_TF_1M].period_ns, 0);
    FORGED(bars.forming[QT_TF_1M].open_ns, 0);
    FORGED(bars.forming[QT_TF_1M].open_ns, -QT_NS_PER_MIN);
    FORGED(bars.forming[QT_TF_1M].open_ns, INT64_MAX);
    FORGED(bars.forming[QT_TF_5M].open_ns, 0);
    FORGED(bars.forming[QT_TF_1H].period_ns, 1);
    FORGED(bars.forming[QT_TF_1D].low, ((qt_px){-1}));
    FORGED(bars.content[QT_TF_1D], 8);
    FORGED(scan.period_ns, 0);
    FORGED(scan.bars, UINT64_MAX);
    FORGED(scan.bars, 0);
    FORGED(scan.last_open_ns, QT_TIME_NONE);
    FORGED(scan.last_open_ns, INT64_MAX);
    FORGED(scan.history, 0);
    FORGED(scan.history, QT_SCAN_HISTORY_MAX + 1);
    FORGED(scan.day_bars, 0);
    FORGED(scan.day_bars, QT_SCAN_DAY_BARS + 1);
    FORGED(scan.week_bars, UINT32_MAX);
    FORGED(scan.natr_count, UINT32_MAX);
    FORGED(scan.bars_in_range, UINT32_MAX);
    FORGED(scan.support, 0);
    FORGED(scan.support, __builtin_nan(""));
    FORGED(scan.resistance, __builtin_inf());
    FORGED(scan.log_close[703], 1e300);
    FORGED(scan.natr[0], __builtin_nanf(""));
    FORGED(scan.volume[3], -1);
    FORGED(scan.low[3], 0);
    FORGED(strategy.swing_bars, QT_STRATEGY_SWING_MAX + 1);
    FORGED(strategy.bars, UINT64_MAX);
    FORGED(strategy.period_ns, -1);
    FORGED(strategy.now.atr, -1);
    FORGED(strategy.now.rsi, __builtin_nan(""));
    FORGED(candle[5].open_ns, INT64_MIN);
    FORGED(candle[5].high, __builtin_inf());
    FORGED(scan.indicators[0], 255);     /* which indicator stands first */
    FORGED(strategy.indicators[8], 255); /* and ninth */
}
END_TEST

/* Bits turned at random: refused, or the engine goes on with it and nothing is touched beyond it
 * (the sanitizers look). */
START_TEST(bits_turned_at_random_are_refused_or_harmless)
{
    static struct kit_states states, after;
    static struct qt_market_symbol forged;
    struct qt_rng rng;
    unsigned refused = 0, taken = 0;
    size_t history = tape.n;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 90);
    size_t cut = history + 60 * 2 * KIT_SYMBOLS;
    (void)states_of(0, cut, NULL, &states);
    const struct qt_market_symbol *symbols[KIT_SYMBOLS] = {&forged};
    const struct qt_market_restore restore = {.number = 1, .symbol = symbols};
    qt_rng_init(&rng, 5);
    for (int i = 0; i < 4000; i++) {
        unsigned char *bytes = (unsigned char *)&forged;
        forged = states.symbol[0];
        for (uint64_t n = 1 + qt_rng_below(&rng, 3); n > 0; n--) {
            bool is_indicator = qt_rng_below(&rng, 2) == 0;
            size_t at = is_indicator ? offsetof(struct qt_market_symbol, strategy.indicators) +
                                           qt_rng_below(&rng, 1500)
                                     : qt_rng_below(&rng, sizeof forged);
            bytes[at] ^= (unsigned char)(1u << qt_rng_below(&rng, 8));
        }
        if (!qt_market_symbol_is_sound(&forged, &kit.shape, qt_universe_at(kit.universe, 0))) {
            refused++;
            continue;
        }
        if (taken++ % 10 == 0)
            (void)states_of(cut, tape.n, &restore, &after);
    }
    ck_assert_uint_gt(refused, 1000);
    ck_assert_uint_gt(taken, 200); /* the low bits of a number are as good as any */
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("market state");
    TCase *tc = tcase_create("taken and taken back");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_run_cut_anywhere_and_gone_on_with_ends_the_same_to_the_bit);
    tcase_add_test(tc, bars_filled_after_a_cut_leave_what_an_unbroken_feed_leaves);
    tcase_add_test(tc, each_symbol_goes_on_from_its_own_number);
    tcase_add_test(tc, taking_states_changes_no_decision);
    tcase_add_test(tc, symbol_that_was_taken_back_is_stale_until_its_feed_speaks);
    tcase_add_test(tc, another_config_is_another_shape);
    tcase_add_test(tc, forged_field_out_of_its_bounds_is_refused);
    tcase_add_test(tc, bits_turned_at_random_are_refused_or_harmless);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

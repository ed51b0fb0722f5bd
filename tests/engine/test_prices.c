/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a symbol's last price and the age of its feed are made of, seen from within the room: a bar
 * of a gap that was filled later is history, however it came.
 */
#include "engine_priv.h"

#include "qt_check.h"

enum { START_S = 1700000040 }; /* a full minute */

static struct qt_engine_config engine_config;
static struct qt_scan_config scan;
static struct qt_strategy_config strategy;
static struct qt_risk_config risk;
static struct qt_quality_config quality;
static struct qt_universe *universe;
static struct qt_engine *engine;

static int
no_work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    (void)self, (void)sink, (void)timeout_ms;
    return -1;
}

static bool
refuse(void *self)
{
    (void)self;
    return false;
}

static void
set_up(void)
{
    const struct qt_config_binding bindings[] = {{&qt_engine_section, &engine_config},
                                                 {&qt_scan_section, &scan},
                                                 {&qt_strategy_section, &strategy},
                                                 {&qt_risk_section, &risk},
                                                 {&qt_quality_section, &quality}};
    struct qt_instrument ins = {.symbol = "AAAUSDT",
                                .base = "AAA",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {1},
                                .lot = {1}};
    struct qt_error err = {0};
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    engine_config.workers = 1;
    universe = qt_universe_create();
    ck_assert(qt_universe_add(universe, &ins, &err));
    const struct qt_engine_options options = {.engine = &engine_config,
                                              .scan = &scan,
                                              .strategy = &strategy,
                                              .risk = &risk,
                                              .quality = &quality,
                                              .universe = universe,
                                              .feed = {.work = no_work},
                                              .venue = {.sync = refuse},
                                              .run_kind = "test",
                                              .base_period_ns = QT_NS_PER_MIN};
    engine = qt_engine_create(&options, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
}

static void
tear_down(void)
{
    qt_engine_destroy(engine);
    qt_universe_destroy(universe);
}

/* A closed minute bar that comes so many seconds after its end. */
static void
push_bar(int64_t minute, int64_t late_s, int64_t close, uint16_t flags)
{
    int64_t open_ns = START_S * QT_NS_PER_S + minute * QT_NS_PER_MIN;
    struct qt_event event = {.kind = QT_EVENT_BAR,
                             .flags = flags,
                             .t_venue_ns = open_ns + QT_NS_PER_MIN,
                             .t_recv_ns = open_ns + QT_NS_PER_MIN + late_s * QT_NS_PER_S,
                             .bar = {.open_ns = open_ns,
                                     .period_ns = QT_NS_PER_MIN,
                                     .open = {close},
                                     .high = {close},
                                     .low = {close},
                                     .close = {close}}};
    qt__sequence(engine, &event);
}

static void
push_trade(int64_t minute, int64_t second, int64_t px)
{
    int64_t t_ns = START_S * QT_NS_PER_S + minute * QT_NS_PER_MIN + second * QT_NS_PER_S;
    struct qt_event event = {.kind = QT_EVENT_TRADE,
                             .t_venue_ns = t_ns,
                             .t_recv_ns = t_ns,
                             .trade = {.px = {px}, .qty = {1}, .id = (uint64_t)t_ns}};
    qt__sequence(engine, &event);
}

START_TEST(bar_that_just_closed_is_the_price_of_now)
{
    push_bar(0, 1, 10000, 0);
    ck_assert_int_eq(engine->symbol[0].last.v, 10000);
    ck_assert_int_eq(engine->symbol[0].feed_ns, engine->now_ns);
    ck_assert_int_eq(engine->market_ns, engine->now_ns);
}
END_TEST

START_TEST(bars_of_a_filled_gap_are_no_price_of_now)
{
    push_trade(9, 30, 10500);
    int64_t heard_ns = engine->symbol[0].feed_ns;
    for (int minute = 5; minute < 9; minute++)
        push_bar(minute, (9 - minute) * 60 - 25, 9000 + minute, 0);
    ck_assert_int_gt(engine->now_ns, heard_ns);
    ck_assert_int_eq(engine->symbol[0].last.v, 10500);
    ck_assert_int_eq(engine->symbol[0].feed_ns, heard_ns);
    ck_assert_int_eq(engine->symbol[0].first_base_ns, /* they are bars all the same */
                     START_S * QT_NS_PER_S + 5 * QT_NS_PER_MIN);
}
END_TEST

START_TEST(history_is_the_last_price_only_where_none_is_known)
{
    push_bar(0, 1, 9000, QT_EVENT_HISTORY);
    ck_assert_int_eq(engine->symbol[0].last.v, 9000);
    ck_assert_int_eq(engine->symbol[0].feed_ns, QT_TIME_NONE);
    push_bar(1, 1, 9100, QT_EVENT_HISTORY);
    ck_assert_int_eq(engine->symbol[0].last.v, 9000);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("prices");
    TCase *tc = tcase_create("bars");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, bar_that_just_closed_is_the_price_of_now);
    tcase_add_test(tc, bars_of_a_filled_gap_are_no_price_of_now);
    tcase_add_test(tc, history_is_the_last_price_only_where_none_is_known);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

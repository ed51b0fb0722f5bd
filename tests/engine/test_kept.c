/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may be said of a command, and when: queued until the engine has come to it, acting until it
 * is on disk, kept from then on. A store that counts what it is given and writes when a case says
 * so; a feed whose turns are the steps of a case. And stops for which the ring has no place.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"

#include "qt_check.h"

enum { RING = 64, START_S = 1700000040 };

struct step {
    void (*play)(void);
};

static struct {
    struct qt_engine_config engine_config;
    struct qt_scan_config scan;
    struct qt_strategy_config strategy;
    struct qt_risk_config risk;
    struct qt_quality_config quality;
    struct qt_universe *universe;
    struct qt_engine *engine;
    const struct step *steps;
    unsigned n_steps, turn;
    uint64_t put, written, refuses; /* refuses: so many more tries find the ring full */
    enum qt_mode mode_put;
} bench;

static bool
put(void *self, const struct qt_record *record)
{
    (void)self;
    if (bench.refuses > 0) {
        bench.refuses--;
        return false;
    }
    bench.put++;
    if (record->kind == QT_RECORD_MODE)
        bench.mode_put = (enum qt_mode)record->mode.mode;
    return true;
}

static uint64_t
count(void *self)
{
    (void)self;
    return bench.put;
}

static bool
has(void *self, uint64_t n)
{
    (void)self;
    return bench.written >= n;
}

static bool
flush(void *self, int timeout_ms)
{
    (void)self, (void)timeout_ms;
    bench.written = bench.put;
    return true;
}

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    (void)self, (void)timeout_ms;
    struct qt_event event = {.kind = QT_EVENT_QUOTE,
                             .t_recv_ns = (START_S + bench.turn) * QT_NS_PER_S,
                             .quote = {{10000}, {10002}, {1000}, {1000}}};
    if (bench.turn == bench.n_steps)
        return -1;
    bench.steps[bench.turn++].play();
    event.t_venue_ns = event.t_recv_ns;
    sink->push(sink->self, &event);
    return 1;
}

static bool
no_request(void *self, const struct qt_order_request *request)
{
    (void)self, (void)request;
    return true;
}

static bool
no_order(void *self, uint32_t instrument, uint64_t client_id)
{
    (void)self, (void)instrument, (void)client_id;
    return true;
}

static bool
no_symbol(void *self, uint32_t instrument)
{
    (void)self, (void)instrument;
    return true;
}

static bool
no_read(void *self)
{
    (void)self;
    return true;
}

static void
set_up(void)
{
    const struct qt_config_binding bindings[] = {{&qt_engine_section, &bench.engine_config},
                                                 {&qt_scan_section, &bench.scan},
                                                 {&qt_strategy_section, &bench.strategy},
                                                 {&qt_risk_section, &bench.risk},
                                                 {&qt_quality_section, &bench.quality}};
    struct qt_instrument ins = {.symbol = "AAAUSDT",
                                .base = "AAA",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {1},
                                .lot = {10}};
    struct qt_error err = {0};
    memset(&bench, 0, sizeof bench);
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    bench.engine_config.workers = 1;
    bench.universe = qt_universe_create();
    ck_assert(qt_universe_add(bench.universe, &ins, &err));
}

static void
play(const struct step *steps, unsigned n, unsigned workers)
{
    struct qt_error err = {0};
    atomic_bool stop = false;
    bench.engine_config.workers = workers;
    const struct qt_engine_options options = {
        .engine = &bench.engine_config,
        .scan = &bench.scan,
        .strategy = &bench.strategy,
        .risk = &bench.risk,
        .quality = &bench.quality,
        .universe = bench.universe,
        .feed = {.work = work},
        .venue = {.submit = no_request,
                  .cancel = no_order,
                  .cancel_all = no_symbol,
                  .query = no_order,
                  .sync = no_read},
        .store = {.put = put, .flush = flush, .count = count, .has = has},
        .run_kind = "test",
        .base_period_ns = QT_NS_PER_MIN,
        .publishes = true};
    bench.steps = steps;
    bench.n_steps = n;
    bench.engine = qt_engine_create(&options, &err);
    ck_assert_msg(bench.engine != NULL, "%s", err.text);
    ck_assert(qt_engine_run(bench.engine, &stop, &err));
    ck_assert_uint_eq(bench.turn, n);
}

static void
tear_down(void)
{
    qt_engine_destroy(bench.engine);
    qt_universe_destroy(bench.universe);
}

static void
give(enum qt_command_kind kind)
{
    struct qt_error err = {0};
    ck_assert(qt_engine_command(bench.engine, kind, QT_SOURCE_SOCKET, "test", &err));
}

static enum qt_command_fate
fate(void)
{
    return qt_engine_command_fate(bench.engine, qt_engine_commands(bench.engine));
}

static enum qt_mode
shown(void)
{
    const struct qt_snapshot *last = qt_engine_snapshot(bench.engine);
    enum qt_mode mode = last ? (enum qt_mode)last->mode : QT_MODES;
    qt_engine_snapshot_unref(bench.engine, last);
    return mode;
}

static void
write_all(void)
{
    bench.written = bench.put;
}

static void
pass(void)
{
}

static void
is_kept(void)
{
    ck_assert_int_eq(fate(), QT_COMMAND_KEPT);
}

static void
acts(void)
{
    ck_assert_int_eq(fate(), QT_COMMAND_ACTS);
}

static void
reduces(void)
{
    write_all();
    give(QT_COMMAND_REDUCE);
    ck_assert_int_eq(fate(), QT_COMMAND_QUEUED);
}

static void
acts_and_is_not_shown(void)
{
    ck_assert_int_eq(fate(), QT_COMMAND_ACTS);
    ck_assert_int_ne(shown(), QT_MODE_REDUCED);
    ck_assert_int_eq(bench.mode_put, QT_MODE_REDUCED);
}

/* The disk has it: whoever asks is told so at once, not in the engine's next turn. */
static void
is_written(void)
{
    write_all();
    ck_assert_int_eq(fate(), QT_COMMAND_KEPT);
}

static void
is_shown(void)
{
    ck_assert_int_eq(shown(), QT_MODE_REDUCED);
}

START_TEST(a_command_is_kept_when_it_is_on_disk_and_not_before)
{
    static const struct step steps[] = {{pass},    {is_kept}, {reduces},    {acts_and_is_not_shown},
                                        {acts},    {acts},    {is_written}, {is_kept},
                                        {is_shown}};
    play(steps, QT_COUNT_OF(steps), _i == 0 ? 1 : 3);
}
END_TEST

static void
pauses_again(void)
{
    give(QT_COMMAND_PAUSE); /* changes no mode, and is in the audit */
    ck_assert_int_eq(fate(), QT_COMMAND_QUEUED);
}

START_TEST(a_command_that_changes_nothing_is_waited_for_too)
{
    static const struct step steps[] = {{reduces},      {acts}, {is_written},
                                        {pauses_again}, {acts}, {is_written}};
    play(steps, QT_COUNT_OF(steps), 1);
}
END_TEST

static void
reduces_at_a_full_store(void)
{
    write_all();
    bench.refuses = UINT64_MAX;
    give(QT_COMMAND_REDUCE);
}

static void
acts_though_all_is_written(void)
{
    write_all();
    ck_assert_int_eq(fate(), QT_COMMAND_ACTS);
    ck_assert_int_ne(bench.mode_put, QT_MODE_REDUCED);
}

static void
store_takes_again(void)
{
    bench.refuses = 0;
}

START_TEST(S4_command_whose_record_waits_for_the_store_is_not_kept)
{
    static const struct step steps[] = {{reduces_at_a_full_store},
                                        {acts_though_all_is_written},
                                        {acts_though_all_is_written},
                                        {store_takes_again}};
    play(steps, QT_COUNT_OF(steps), 1);
    ck_assert_int_eq(bench.mode_put, QT_MODE_REDUCED); /* at the end */
}
END_TEST

static void
fills_the_ring(void)
{
    for (int i = 0; i < RING; i++)
        give(QT_COMMAND_PAUSE);
    give(QT_COMMAND_LIQUIDATE);
    give(QT_COMMAND_LIQUIDATE);
    give(QT_COMMAND_REDUCE);
    ck_assert_int_eq(fate(), QT_COMMAND_QUEUED);
}

static void
is_emergency(void)
{
    ck_assert_int_eq(bench.mode_put, QT_MODE_EMERGENCY);
    ck_assert_int_eq(fate(), QT_COMMAND_ACTS);
}

START_TEST(a_stop_for_which_the_ring_has_no_place_is_taken_all_the_same)
{
    static const struct step steps[] = {{pass}, {fills_the_ring}, {is_emergency}, {is_emergency}};
    play(steps, QT_COUNT_OF(steps), 1);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("kept");
    TCase *tc = tcase_create("kept");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, a_command_is_kept_when_it_is_on_disk_and_not_before, 0, 2);
    tcase_add_test(tc, a_command_that_changes_nothing_is_waited_for_too);
    tcase_add_test(tc, S4_command_whose_record_waits_for_the_store_is_not_kept);
    tcase_add_test(tc, a_stop_for_which_the_ring_has_no_place_is_taken_all_the_same);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

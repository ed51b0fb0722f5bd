/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The board: who starts before whom, who is stuck, who keeps failing; and an engine whose thread
 * hangs, with the watchdog looking (fault P2).
 */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"

#include "qt_check.h"

/* Four looks without a heartbeat are too many; three failures in a minute. */
static const struct qt_health_config config = {.stuck_ms = 1000, .failures = 3, .failures_min = 1};
enum { LOOKS = 4 };

START_TEST(every_component_comes_after_what_it_needs)
{
    enum qt_component order[QT_COMPONENTS];
    unsigned before = 0;
    qt_component_order(order);
    for (int i = 0; i < QT_COMPONENTS; i++) {
        ck_assert_uint_eq(before >> order[i] & 1, 0);
        ck_assert_uint_eq(qt_component_needs(order[i]) & ~before, 0);
        before |= 1u << order[i];
    }
    ck_assert_uint_eq(before, (1u << QT_COMPONENTS) - 1);
    ck_assert_uint_ne(qt_component_needs(QT_COMPONENT_ENGINE) & 1u << QT_COMPONENT_STORE, 0);
    ck_assert_uint_ne(qt_component_needs(QT_COMPONENT_CONTROL) & 1u << QT_COMPONENT_ENGINE, 0);
}
END_TEST

/* What the looks told last. */
struct told {
    unsigned n;
    char name[24];
    bool is_stuck;
};

static void
hear(void *self, const struct qt_part *part, bool is_stuck, int64_t silent_ns)
{
    struct told *told = self;
    ck_assert_int_ge(silent_ns, 0);
    told->n++;
    told->is_stuck = is_stuck;
    qt_copy(told->name, sizeof told->name, qt_part_name(part));
}

static void
look(struct qt_board *board, struct told *told, int times)
{
    for (int i = 0; i < times; i++)
        qt_board_look(board, hear, told);
}

START_TEST(a_thread_that_does_not_beat_is_stuck_until_it_does)
{
    struct told told = {0};
    struct qt_part_view view;
    struct qt_board *board = qt_board_create(&config);
    struct qt_part *part = qt_board_add(board, QT_COMPONENT_STORE, "store");
    look(board, &told, 2 * LOOKS); /* it starts: not watched */
    qt_part_set(part, QT_PART_RUNNING);
    qt_part_beat(part);
    look(board, &told, LOOKS);
    ck_assert_uint_eq(told.n, 0);
    look(board, &told, 1);
    ck_assert_uint_eq(told.n, 1);
    ck_assert(told.is_stuck);
    ck_assert_str_eq(told.name, "store");
    ck_assert_int_eq(qt_part_state(part), QT_PART_FAILED);
    ck_assert(qt_board_view(board, 0, &view));
    ck_assert_int_eq(view.state, QT_PART_FAILED);
    ck_assert_uint_eq(view.failures, 1);
    ck_assert_ptr_nonnull(strstr(view.last_failure, "did not answer"));
    ck_assert_uint_eq(qt_board_changes(board), 1);
    look(board, &told, LOOKS);
    ck_assert_uint_eq(told.n, 1); /* told once */
    qt_part_beat(part);
    look(board, &told, 1);
    ck_assert_uint_eq(told.n, 2);
    ck_assert(!told.is_stuck);
    ck_assert_int_eq(qt_part_state(part), QT_PART_RUNNING);
    ck_assert(!qt_board_view(board, 1, &view));
    qt_board_destroy(board);
}
END_TEST

START_TEST(a_thread_that_rests_or_has_stopped_is_not_stuck)
{
    struct told told = {0};
    struct qt_board *board = qt_board_create(&config);
    struct qt_part *part = qt_board_add(board, QT_COMPONENT_WORKER, "worker 2");
    qt_part_set(part, QT_PART_RUNNING);
    qt_part_beat(part);
    qt_part_rest(part);
    look(board, &told, 3 * LOOKS);
    qt_part_beat(part);
    look(board, &told, LOOKS);
    qt_part_set(part, QT_PART_STOPPED);
    look(board, &told, 3 * LOOKS);
    ck_assert_uint_eq(told.n, 0);
    qt_board_destroy(board);
}
END_TEST

START_TEST(who_fails_too_often_is_failing)
{
    struct qt_board *board = qt_board_create(&config);
    struct qt_part *part = qt_board_add(board, QT_COMPONENT_CONTROL, "control");
    struct qt_part *other = qt_board_add(board, QT_COMPONENT_STORE, "store");
    struct qt_part_view view;
    for (int i = 0; i < 2; i++)
        qt_part_failed(part, "poll: %s\n", "why");
    qt_part_failed(other, "full");
    ck_assert_uint_eq(qt_board_failing(board), 0);
    qt_part_failed(part, "again");
    ck_assert_uint_eq(qt_board_failing(board), 1u << QT_COMPONENT_CONTROL);
    ck_assert(qt_board_view(board, 0, &view));
    ck_assert(view.is_failing);
    ck_assert_str_eq(view.last_failure, "again");
    ck_assert_int_ge(view.failed_ns, 0);
    ck_assert(qt_board_view(board, 1, &view));
    ck_assert(!view.is_failing);
    qt_board_destroy(board);
}
END_TEST

START_TEST(failures_of_long_ago_do_not_count)
{
    const struct qt_health_config at_once = {.stuck_ms = 1000, .failures = 3, .failures_min = 0};
    const struct timespec moment = {.tv_nsec = 1000000};
    struct told told = {0};
    struct qt_board *board = qt_board_create(&at_once); /* the while is over at once */
    struct qt_part *part = qt_board_add(board, QT_COMPONENT_CONTROL, "control");
    for (int i = 0; i < 20; i++)
        qt_part_failed(part, "x");
    nanosleep(&moment, NULL);
    look(board, &told, 1);
    ck_assert_uint_eq(qt_board_failing(board), 0);
    ck_assert(qt_part_may_restart(part));
    qt_board_destroy(board);
}
END_TEST

START_TEST(a_restart_waits_for_its_back_off)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    struct qt_board *board = qt_board_create(&config);
    struct qt_part *part = qt_board_add(board, QT_COMPONENT_CONTROL, "control");
    struct qt_part_view view;
    ck_assert(qt_part_may_restart(part));
    qt_part_failed(part, "x");
    qt_part_failed(part, "x");
    ck_assert(!qt_part_may_restart(part)); /* a second, as the first one's half is doubled */
    for (int i = 0; i < 3000 && !qt_part_may_restart(part); i++)
        nanosleep(&moment, NULL);
    ck_assert(qt_part_may_restart(part));
    qt_part_restarted(part);
    ck_assert(qt_board_view(board, 0, &view));
    ck_assert_uint_eq(view.restarts, 1);
    ck_assert_int_ge(view.failed_ns, 1000000000);
    qt_board_destroy(board);
}
END_TEST

START_TEST(a_full_board_and_none_are_said)
{
    struct told told = {0};
    struct qt_board *board = qt_board_create(&config);
    for (int i = 0; i < QT_BOARD_PARTS; i++)
        ck_assert_ptr_nonnull(qt_board_add(board, QT_COMPONENT_WORKER, "w"));
    ck_assert_ptr_null(qt_board_add(board, QT_COMPONENT_WORKER, "w"));
    look(board, &told, 1);
    qt_board_destroy(board);
    ck_assert_ptr_null(qt_board_add(NULL, QT_COMPONENT_WORKER, "w"));
    qt_part_beat(NULL);
    qt_part_rest(NULL);
    qt_part_set(NULL, QT_PART_RUNNING);
    qt_part_failed(NULL, "x");
    qt_part_restarted(NULL);
    ck_assert(qt_part_may_restart(NULL));
    ck_assert_uint_eq(qt_part_beats(NULL), 0);
    ck_assert(!qt_part_is_stuck(NULL));
    ck_assert_int_eq(qt_part_state(NULL), QT_PART_STOPPED);
    ck_assert_int_eq(qt_part_component(NULL), QT_COMPONENTS);
    ck_assert_str_eq(qt_part_name(NULL), "");
    ck_assert_uint_eq(qt_board_failing(NULL), 0);
    qt_board_destroy(NULL);
}
END_TEST

/* An engine with a feed that hangs for as long as the case likes. */
struct bench {
    struct qt_engine_config engine_config;
    struct qt_scan_config scan;
    struct qt_strategy_config strategy;
    struct qt_risk_config risk;
    struct qt_quality_config quality;
    struct qt_universe *universe;
    struct qt_board *board;
    struct qt_engine *engine;
    struct qt_clock clock;
    pthread_t thread;
    atomic_bool stop, hangs, is_hanging;
    sem_t release;
    atomic_int taken; /* records kept */
};

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct bench *bench = self;
    const struct timespec turn = {.tv_nsec = 1000000};
    (void)sink;
    (void)timeout_ms;
    if (atomic_exchange(&bench->hangs, false)) {
        atomic_store(&bench->is_hanging, true);
        sem_wait(&bench->release);
        atomic_store(&bench->is_hanging, false);
    }
    nanosleep(&turn, NULL);
    return 0;
}

static bool
nothing(void *self)
{
    (void)self;
    return true;
}

static bool
put(void *self, const struct qt_record *record)
{
    struct bench *bench = self;
    (void)record;
    atomic_fetch_add(&bench->taken, 1);
    return true;
}

static void *
run(void *argument)
{
    struct bench *bench = argument;
    struct qt_error err = {0};
    ck_assert(qt_engine_run(bench->engine, &bench->stop, &err));
    return NULL;
}

static void
bench_begin(struct bench *bench, unsigned workers)
{
    struct qt_error err = {0};
    struct qt_instrument ins = {.symbol = "BTCUSDT",
                                .base = "BTC",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 5,
                                .tick = {1},
                                .lot = {1}};
    const struct qt_config_binding bindings[] = {{&qt_engine_section, &bench->engine_config},
                                                 {&qt_scan_section, &bench->scan},
                                                 {&qt_strategy_section, &bench->strategy},
                                                 {&qt_risk_section, &bench->risk},
                                                 {&qt_quality_section, &bench->quality}};
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    bench->engine_config.workers = workers;
    bench->universe = qt_universe_create();
    ck_assert(qt_universe_add(bench->universe, &ins, &err));
    bench->board = qt_board_create(&config);
    qt_clock_init_wall(&bench->clock);
    sem_init(&bench->release, 0, 0);
    const struct qt_engine_options options = {.engine = &bench->engine_config,
                                              .scan = &bench->scan,
                                              .strategy = &bench->strategy,
                                              .risk = &bench->risk,
                                              .quality = &bench->quality,
                                              .universe = bench->universe,
                                              .clock = &bench->clock,
                                              .feed = {.self = bench, .work = work},
                                              .venue = {.name = "bench", .sync = nothing},
                                              .store = {.self = bench, .put = put},
                                              .board = bench->board,
                                              .run_kind = "demo",
                                              .base_period_ns = QT_NS_PER_MIN,
                                              .publishes = true};
    bench->engine = qt_engine_create(&options, &err);
    ck_assert_msg(bench->engine != NULL, "%s", err.text);
    ck_assert_int_eq(pthread_create(&bench->thread, NULL, run, bench), 0);
}

static void
bench_end(struct bench *bench)
{
    atomic_store(&bench->stop, true);
    pthread_join(bench->thread, NULL);
    qt_engine_destroy(bench->engine);
    qt_board_destroy(bench->board);
    qt_universe_destroy(bench->universe);
    sem_destroy(&bench->release);
}

/* Until the picture is so; fails after a minute. */
static void
until(struct bench *bench, bool (*is_so)(const struct qt_snapshot *snap))
{
    const struct timespec moment = {.tv_nsec = 10000000};
    for (int i = 0; i < 6000; i++) {
        const struct qt_snapshot *snap = qt_engine_snapshot(bench->engine);
        bool is_done = snap && is_so(snap);
        if (snap)
            qt_engine_snapshot_unref(bench->engine, snap);
        if (is_done)
            return;
        nanosleep(&moment, NULL);
    }
    ck_abort_msg("it never came");
}

static bool
has_note(const struct qt_snapshot *snap, const char *text)
{
    for (uint32_t i = 0; i < snap->notes; i++)
        if (strstr(snap->note[i].text, text))
            return true;
    return false;
}

static bool
is_normal(const struct qt_snapshot *snap)
{
    return snap->mode == QT_MODE_NORMAL && snap->parts.running >= 1;
}

static bool
is_paused_and_named(const struct qt_snapshot *snap)
{
    return snap->mode == QT_MODE_PAUSED && strstr(snap->mode_reason, "engine did not move") &&
           has_note(snap, "engine does not move");
}

static bool
moves_again(const struct qt_snapshot *snap)
{
    return has_note(snap, "engine moves again") && snap->mode == QT_MODE_PAUSED &&
           !snap->parts.state;
}

static void
hang(struct bench *bench)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    atomic_store(&bench->hangs, true);
    for (int i = 0; i < 60000 && !atomic_load(&bench->is_hanging); i++)
        nanosleep(&moment, NULL);
    ck_assert(atomic_load(&bench->is_hanging));
}

START_TEST(P2_an_engine_thread_that_hangs_is_named_and_trading_is_paused)
{
    struct bench bench = {0};
    struct qt_part_view view = {0};
    bench_begin(&bench, 1);
    until(&bench, is_normal);
    hang(&bench);
    for (int i = 0; i <= LOOKS; i++)
        qt_engine_watch(bench.engine); /* does not wait for the thread that hangs */
    bool is_named = false;
    for (unsigned i = 0; qt_board_view(bench.board, i, &view); i++)
        is_named |= strcmp(view.name, "engine") == 0 && view.state == QT_PART_FAILED;
    ck_assert(is_named);
    sem_post(&bench.release);
    until(&bench, is_paused_and_named);
    qt_engine_watch(bench.engine);
    qt_engine_watch(bench.engine);
    until(&bench, moves_again);
    bench_end(&bench);
}
END_TEST

static bool
is_paused_by_control(const struct qt_snapshot *snap)
{
    return snap->mode == QT_MODE_PAUSED && strstr(snap->mode_reason, "control socket");
}

START_TEST(a_part_that_keeps_failing_pauses_trading)
{
    struct bench bench = {0};
    bench_begin(&bench, 2);
    struct qt_part *part = qt_board_add(bench.board, QT_COMPONENT_CONTROL, "control");
    until(&bench, is_normal);
    for (int i = 0; i < config.failures; i++)
        qt_part_failed(part, "no descriptors");
    until(&bench, is_paused_by_control);
    ck_assert_int_gt(atomic_load(&bench.taken), 0); /* the mode and the audit row */
    bench_end(&bench);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("board");
    TCase *tc = tcase_create("board");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, every_component_comes_after_what_it_needs);
    tcase_add_test(tc, a_thread_that_does_not_beat_is_stuck_until_it_does);
    tcase_add_test(tc, a_thread_that_rests_or_has_stopped_is_not_stuck);
    tcase_add_test(tc, who_fails_too_often_is_failing);
    tcase_add_test(tc, failures_of_long_ago_do_not_count);
    tcase_add_test(tc, a_restart_waits_for_its_back_off);
    tcase_add_test(tc, a_full_board_and_none_are_said);
    tcase_add_test(tc, P2_an_engine_thread_that_hangs_is_named_and_trading_is_paused);
    tcase_add_test(tc, a_part_that_keeps_failing_pauses_trading);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

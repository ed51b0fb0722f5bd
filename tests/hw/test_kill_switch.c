/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The room's thread on a simulated chip (gpio_bench.c) under the unchanged libgpiod: rows H1-H6,
 * H9, H10 and H12 of the faults. What needs the whole program is in test_switch_end.py.
 */
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gpio_wire.h"
#include "qt_check.h"
#include "qtrade/base/time.h"
#include "qtrade/hw/kill_switch.h"

enum { PATIENCE_S = 60 };

/* The bench, and what the switch has said. */
static struct bench {
    pid_t server;
    int input; /* its standard input: it ends with it */
    int control;
    char socket[64];
    struct qt_switch_config config;
    struct qt_kill_switch *kill_switch;
    atomic_int trips, notes, armed, held, tamper;
    atomic_int mode; /* that lamps show: enum qt_mode; -1: unknown */
    atomic_bool is_degraded;
    int kind[64], cause[64];
    int64_t edge_ns[64], trip_ns[64];
    char reason[64][80];
    bool red_at_trip;
    atomic_bool asks_red;
} bench;

static void
nap(void)
{
    const struct timespec wait = {.tv_nsec = 5 * QT_NS_PER_MS};
    nanosleep(&wait, NULL);
}

/* One line of control on its own connection; its answer. */
static const char *
say(const char *format, ...)
{
    static _Thread_local struct gpio_packet packet;
    int fds[2];
    va_list list;
    memset(&packet, 0, sizeof packet);
    packet.op = GPIO_CONTROL;
    va_start(list, format);
    vsnprintf(packet.bytes, sizeof packet.bytes, format, list);
    va_end(list);
    int fd = gpio_bench_connect();
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(gpio_bench_ask(fd, &packet, fds), 0);
    close(fd);
    ck_assert_msg(strncmp(packet.bytes, "ok", 2) == 0, "%s", packet.bytes);
    return packet.bytes;
}

static int
level_of(int line)
{
    int level = -1;
    ck_assert_int_eq(sscanf(say("get bank %d", line), "ok level %d", &level), 1);
    return level;
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        int64_t end = qt_now_mono_ns() + PATIENCE_S * QT_NS_PER_S;                                 \
        while (!(condition) && qt_now_mono_ns() < end)                                             \
            nap();                                                                                 \
        ck_assert_msg(condition, "never came: %s", #condition);                                    \
    } while (0)

/* The port */

static void
trip(void *self, enum qt_command_kind kind, enum qt_switch_cause cause, int64_t edge_ns,
     const char *reason)
{
    (void)self;
    int n = atomic_load(&bench.trips);
    ck_assert_int_lt(n, 64);
    bench.trip_ns[n] = qt_now_mono_ns();
    bench.kind[n] = kind;
    bench.cause[n] = cause;
    bench.edge_ns[n] = edge_ns;
    snprintf(bench.reason[n], sizeof bench.reason[n], "%s", reason);
    if (atomic_load(&bench.asks_red))
        bench.red_at_trip = level_of(24);
    atomic_store(&bench.trips, n + 1);
}

static void
state(void *self, enum qt_switch_state now, enum qt_switch_cause cause)
{
    (void)self;
    (void)cause;
    atomic_fetch_add(now == QT_SWITCH_ARMED ? &bench.armed : &bench.held, 1);
}

static void
tamper(void *self, bool is_open)
{
    (void)self;
    atomic_store(&bench.tamper, is_open);
}

static void
note(void *self, const char *text)
{
    (void)self;
    if (!strstr(text, "priority"))
        atomic_fetch_add(&bench.notes, 1);
}

static struct qt_switch_lamps
lamps(void *self)
{
    (void)self;
    int mode = atomic_load(&bench.mode);
    return (struct qt_switch_lamps){.is_known = mode >= 0,
                                    .is_degraded = atomic_load(&bench.is_degraded),
                                    .mode = (enum qt_mode)QT_MAX(mode, 0)};
}

/* Fixtures */

static void
begin(void)
{
    int in[2], out[2];
    char ready[8];
    memset(&bench, 0, sizeof bench);
    snprintf(bench.socket, sizeof bench.socket, "/tmp/qtrade-gpio-%d", (int)getpid());
    unlink(bench.socket);
    setenv("QT_GPIO_BENCH", bench.socket, 1);
    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    bench.server = fork();
    if (bench.server == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        for (int i = 0; i < 2; i++) {
            close(in[i]);
            close(out[i]);
        }
        execl(getenv("QT_GPIO_SERVER"), "gpio_bench", bench.socket, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    bench.input = in[1];
    ck_assert_int_eq(read(out[0], ready, 6), 6); /* "ready\n" */
    close(out[0]);
    say("plug 0 other 8");
    say("plug 3 bank 32");
    say("set bank 17 1");
    const struct qt_config_binding binding = {&qt_switch_section, &bench.config};
    qt_config_defaults(&binding, 1);
    bench.config.enabled = true;
    snprintf(bench.config.chip, sizeof bench.config.chip, "bank");
    bench.config.release_ms = 50;
}

static void
end(void)
{
    qt_kill_switch_stop(bench.kill_switch);
    close(bench.input);
    waitpid(bench.server, NULL, 0);
    unlink(bench.socket);
}

static void
start(void)
{
    struct qt_error err = {0};
    const struct qt_switch_options options = {
        .config = &bench.config,
        .port = {.trip = trip, .state = state, .tamper = tamper, .note = note, .lamps = lamps}};
    bench.kill_switch = qt_kill_switch_start(&options, &err);
    ck_assert_msg(bench.kill_switch != NULL, "%s", err.text);
}

static struct qt_switch_view
view(void)
{
    struct qt_switch_view out;
    qt_kill_switch_view(bench.kill_switch, &out);
    return out;
}

static void
start_armed(void)
{
    start();
    ck_assert_int_eq(atomic_load(&bench.trips), 0);
    UNTIL(atomic_load(&bench.armed) > 0 && level_of(22) == 1); /* the thread is at work */
}

/* H1 */

START_TEST(h1_an_edge_trips_before_the_lamp_and_with_the_kernels_time)
{
    start_armed();
    atomic_store(&bench.asks_red, true);
    say("set bank 17 0");
    UNTIL(atomic_load(&bench.trips) == 1);
    ck_assert(!bench.red_at_trip);
    ck_assert_int_eq(bench.kind[0], QT_COMMAND_HALT);
    ck_assert_int_eq(bench.cause[0], QT_SWITCH_PRESSED);
    long long noted = 0;
    ck_assert_int_eq(
        sscanf(say("get bank 17"), "ok level 0 used 1 edges 1 lost 0 last %lld", &noted), 1);
    ck_assert_int_eq(bench.edge_ns[0], noted);
    ck_assert_int_ge(bench.trip_ns[0], noted);
    ck_assert_ptr_nonnull(strstr(bench.reason[0], "pressed "));
    UNTIL(level_of(24) == 1 && level_of(22) == 0);
}
END_TEST

static const struct {
    const char *edge, *bias, *policy;
    int closed;
    enum qt_command_kind kind;
} wiring_rows[] = {{"falling", "pull-down", "halt", 1, QT_COMMAND_HALT},
                   {"rising", "pull-up", "liquidate", 0, QT_COMMAND_LIQUIDATE}};

START_TEST(h1_the_cut_cable_trips_by_its_bias_and_does_what_the_policy_says)
{
    snprintf(bench.config.edge, sizeof bench.config.edge, "%s", wiring_rows[_i].edge);
    snprintf(bench.config.bias, sizeof bench.config.bias, "%s", wiring_rows[_i].bias);
    snprintf(bench.config.policy, sizeof bench.config.policy, "%s", wiring_rows[_i].policy);
    say("set bank 17 %d", wiring_rows[_i].closed);
    start_armed();
    say("float bank 17");
    UNTIL(atomic_load(&bench.trips) == 1);
    ck_assert_int_eq(bench.kind[0], wiring_rows[_i].kind);
}
END_TEST

/* The scheduling policy of this process's thread of that name. */
static int
policy_of(const char *name)
{
    DIR *dir = opendir("/proc/self/task");
    int policy = -1;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[64], comm[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%.20s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file && fgets(comm, sizeof comm, file) && strncmp(comm, name, strlen(name)) == 0)
            policy = sched_getscheduler((pid_t)strtol(entry->d_name, NULL, 10));
        if (file)
            fclose(file);
    }
    closedir(dir);
    return policy;
}

START_TEST(h1_the_first_picture_says_which_priority_the_thread_has)
{
    start();
    ck_assert_int_eq(view().is_realtime, policy_of("kill switch") == SCHED_FIFO);
}
END_TEST

/* H2 */

START_TEST(h2_forty_bounces_are_one_trip)
{
    start_armed();
    say("bounce bank 17 40 50");
    say("set bank 17 0");
    UNTIL(view().line.edges >= 1 && view().line.level == 0);
    say("set bank 17 1");
    UNTIL(!view().line.is_held);
    ck_assert_int_eq(atomic_load(&bench.trips), 1);
    ck_assert_uint_eq(view().line.trips, 1);
    say("set bank 17 0"); /* and the next press is another */
    UNTIL(atomic_load(&bench.trips) == 2);
}
END_TEST

START_TEST(h2_a_glitch_of_microseconds_is_not_missed)
{
    start_armed();
    say("bounce bank 17 1 5");
    UNTIL(atomic_load(&bench.trips) == 1);
    ck_assert_int_eq(bench.cause[0], QT_SWITCH_PRESSED);
}
END_TEST

/* H3, H4 */

START_TEST(h3_held_at_start_has_tripped_when_the_start_returns)
{
    say("set bank 17 0");
    start();
    ck_assert_int_eq(atomic_load(&bench.trips), 1);
    ck_assert_int_eq(bench.cause[0], QT_SWITCH_OPEN);
    ck_assert_int_eq(bench.edge_ns[0], QT_TIME_NONE);
}
END_TEST

START_TEST(h4_a_press_between_two_runs_is_found_by_the_level_after_arming)
{
    start_armed();
    qt_kill_switch_stop(bench.kill_switch);
    bench.kill_switch = NULL;
    say("set bank 17 0"); /* nobody has the line: no edge is queued */
    ck_assert_int_eq(atomic_load(&bench.trips), 0);
    start();
    ck_assert_int_eq(atomic_load(&bench.trips), 1);
}
END_TEST

START_TEST(h4_a_press_while_the_line_is_requested_trips)
{
    for (int i = 0; i < 20; i++) {
        pid_t presser = fork();
        if (presser == 0) {
            const struct timespec wait = {.tv_nsec = i * 100000};
            nanosleep(&wait, NULL);
            say("set bank 17 0");
            _exit(0);
        }
        start();
        UNTIL(atomic_load(&bench.trips) == i + 1);
        waitpid(presser, NULL, 0);
        qt_kill_switch_stop(bench.kill_switch);
        bench.kill_switch = NULL;
        say("set bank 17 1");
    }
}
END_TEST

/* H5 */

static const struct {
    const char *fault, *heal, *chip, *line, *detail;
    enum qt_switch_cause cause;
} absent_rows[] = {
    {NULL, NULL, "nowhere", "17", "no GPIO chip is called 'nowhere'", QT_SWITCH_NO_CHIP},
    {NULL, NULL, "/dev/gpiochip7", "17", "", QT_SWITCH_NO_CHIP},
    {NULL, NULL, "bank", "99", "has no line '99'", QT_SWITCH_NO_LINE},
    {NULL, NULL, "bank", "EMERGENCY", "has no line 'EMERGENCY'", QT_SWITCH_NO_LINE},
    {"busy bank 17 fan", "free bank 17", "bank", "17", "held by 'fan'", QT_SWITCH_BUSY},
    {"deny bank 13", "deny bank 0", "bank", "17", "Permission denied", QT_SWITCH_NO_PERMISSION}};

START_TEST(h5_a_line_that_cannot_be_had_has_tripped_with_its_reason)
{
    if (absent_rows[_i].fault)
        say("%s", absent_rows[_i].fault);
    snprintf(bench.config.chip, sizeof bench.config.chip, "%s", absent_rows[_i].chip);
    snprintf(bench.config.line, sizeof bench.config.line, "%s", absent_rows[_i].line);
    start();
    ck_assert_int_eq(atomic_load(&bench.trips), 1);
    ck_assert_int_eq(bench.cause[0], absent_rows[_i].cause);
    ck_assert(view().line.is_held && view().line.level == -1);
    ck_assert_ptr_nonnull(strstr(view().line.detail, absent_rows[_i].detail));
    if (!absent_rows[_i].heal)
        return;
    say("%s", absent_rows[_i].heal);
    UNTIL(!view().line.is_held);
    ck_assert_int_eq(atomic_load(&bench.trips), 1); /* healed: released, and no other trip */
}
END_TEST

START_TEST(h5_other_chips_that_cannot_be_opened_do_not_hide_it)
{
    say("deny other 13");
    start_armed();
    ck_assert(!view().line.is_held);
}
END_TEST

static const struct {
    const char *chip, *line, *name;
} named_rows[] = {{"bank", "17", "gpiochip3 line 17"},
                  {"gpiochip3", "GPIO17", "gpiochip3 line GPIO17"},
                  {"/dev/gpiochip3", "17", "gpiochip3 line 17"}};

START_TEST(the_chip_goes_by_label_name_or_path_and_the_line_by_offset_or_name)
{
    snprintf(bench.config.chip, sizeof bench.config.chip, "%s", named_rows[_i].chip);
    snprintf(bench.config.line, sizeof bench.config.line, "%s", named_rows[_i].line);
    start_armed();
    ck_assert_str_eq(view().line.name, named_rows[_i].name);
}
END_TEST

/* H6 */

static unsigned long
looks(void)
{
    unsigned long n = 0;
    ck_assert_int_eq(sscanf(say("looks"), "ok %lu", &n), 1);
    return n;
}

START_TEST(h6_unplugged_trips_and_is_found_by_its_label_under_another_number)
{
    start_armed();
    say(_i ? "unplug bank silent" : "unplug bank");
    UNTIL(atomic_load(&bench.trips) == 1);
    ck_assert_int_eq(bench.cause[0], QT_SWITCH_UNPLUGGED);
    unsigned long before = looks();
    int64_t since = qt_now_mono_ns();
    UNTIL(looks() >= before + 40); /* it goes on looking, each time at 8 numbers a few times ... */
    int64_t rounds = (qt_now_mono_ns() - since) / QT_LOOK_NS + 2;
    ck_assert_int_le((int64_t)(looks() - before), rounds * 100); /* ... and not in a busy loop */
    say("plug 6 bank 32");
    UNTIL(!view().line.is_held);
    ck_assert_str_eq(view().line.name, "gpiochip6 line 17");
    ck_assert_int_eq(atomic_load(&bench.trips), 1);
    say("set bank 17 0"); /* it works again */
    UNTIL(atomic_load(&bench.trips) == 2);
}
END_TEST

/* H9 */

START_TEST(h9_lamps_that_are_busy_or_fail_stop_nothing)
{
    say("busy bank 24 fan");
    say("fail bank 22 5");
    start();
    UNTIL(strstr(view().lamp[QT_LAMP_RED].detail, "held by 'fan'"));
    UNTIL(view().lamp[QT_LAMP_GREEN].detail[0]);
    ck_assert_int_eq(atomic_load(&bench.trips), 0);
    say("set bank 17 0");
    UNTIL(atomic_load(&bench.trips) == 1);
    say("free bank 24"); /* lamps are tried again */
    UNTIL(level_of(24) == 1);
}
END_TEST

START_TEST(h9_lamps_are_dark_when_the_lines_are_given_back)
{
    start_armed();
    ck_assert_int_eq(level_of(22), 1);
    qt_kill_switch_stop(bench.kill_switch);
    bench.kill_switch = NULL;
    UNTIL(level_of(22) == 0);
}
END_TEST

/* Lamps that are lit, as bits green 1, yellow 2, red 4. */
static unsigned
lit(void)
{
    return (unsigned)level_of(22) | (unsigned)level_of(23) << 1 | (unsigned)level_of(24) << 2;
}

static const struct {
    int mode;
    unsigned lamps;
} lamp_rows[] = {{QT_MODE_NORMAL, 1},
                 {QT_MODE_PAUSED, 2},
                 {QT_MODE_REDUCED, 2},
                 {QT_MODE_EMERGENCY, 4},
                 {-1, 7}};

START_TEST(lamps_show_the_mode_and_blink_when_a_part_does_not_work_or_nobody_knows)
{
    unsigned wanted = lamp_rows[_i].lamps, seen = 0;
    start_armed();
    atomic_store(&bench.mode, lamp_rows[_i].mode);
    UNTIL((seen = lit()) == wanted);
    if (lamp_rows[_i].mode >= 0) {
        for (int i = 0; i < 100; i++, nap()) /* half a second: it would have been dark */
            ck_assert_uint_eq(lit(), wanted);
        atomic_store(&bench.is_degraded, true);
    }
    for (int turn = 0; turn < 2; turn++) {
        UNTIL((seen |= lit(), lit() == 0));
        UNTIL(lit() == wanted);
    }
    ck_assert_uint_eq(seen & ~wanted, 0); /* and no other lamp ever */
    ck_assert_int_eq(atomic_load(&bench.trips), 0);
}
END_TEST

START_TEST(a_lamp_test_lights_each_and_goes_back)
{
    start_armed();
    qt_kill_switch_test_lamps(bench.kill_switch);
    UNTIL(level_of(23) == 1);
    UNTIL(level_of(24) == 1);
    UNTIL(!view().is_testing && level_of(22) == 1 && level_of(24) == 0);
    ck_assert_int_eq(atomic_load(&bench.trips), 0);
}
END_TEST

/* H10 */

static const struct {
    const char *policy;
    int trips, notes;
    enum qt_command_kind kind;
} tamper_rows[] = {{"audit", 0, 1, QT_COMMAND_NOTE},
                   {"pause", 1, 0, QT_COMMAND_PAUSE},
                   {"halt", 1, 0, QT_COMMAND_HALT},
                   {"liquidate", 1, 0, QT_COMMAND_LIQUIDATE}};

START_TEST(h10_the_tamper_line_has_its_own_policy_and_a_flapping_one_is_told_once)
{
    snprintf(bench.config.tamper_line, sizeof bench.config.tamper_line, "27");
    snprintf(bench.config.tamper_policy, sizeof bench.config.tamper_policy, "%s",
             tamper_rows[_i].policy);
    say("set bank 27 1");
    start_armed();
    say("bounce bank 27 20 50");
    UNTIL(view().tamper.edges >= 1);
    UNTIL(!view().tamper.is_held);
    ck_assert_int_eq(atomic_load(&bench.trips), tamper_rows[_i].trips);
    ck_assert_int_eq(atomic_load(&bench.notes), tamper_rows[_i].notes + 1); /* and "closed" */
    ck_assert(!view().line.is_held);
    say("float bank 27"); /* the cable is cut */
    UNTIL(view().tamper.is_held);
    UNTIL(atomic_load(&bench.trips) == 2 * tamper_rows[_i].trips);
    ck_assert_int_eq(atomic_load(&bench.tamper), tamper_rows[_i].trips > 0);
    if (tamper_rows[_i].trips)
        ck_assert_int_eq(bench.kind[1], tamper_rows[_i].kind);
}
END_TEST

/* H12 */

START_TEST(h12_it_is_armed_again_only_when_the_loop_was_closed_for_long_enough)
{
    bench.config.release_ms = 300;
    start_armed();
    int armed = atomic_load(&bench.armed);
    say("set bank 17 0");
    UNTIL(atomic_load(&bench.trips) == 1);
    int64_t since = qt_now_mono_ns();
    say("set bank 17 1");
    UNTIL(atomic_load(&bench.armed) == armed + 1);
    ck_assert_int_ge(qt_now_mono_ns() - since, 300 * QT_NS_PER_MS);
    UNTIL(!view().line.is_held);
}
END_TEST

START_TEST(a_config_without_a_line_is_refused)
{
    struct qt_error err = {0};
    const struct qt_switch_options options = {
        .config = &bench.config,
        .port = {.trip = trip, .state = state, .tamper = tamper, .note = note, .lamps = lamps}};
    bench.config.line[0] = '\0';
    ck_assert_ptr_null(qt_kill_switch_start(&options, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "kill_switch.line is empty"));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("kill_switch");
    TCase *tc = tcase_create("switch");
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, h1_an_edge_trips_before_the_lamp_and_with_the_kernels_time);
    tcase_add_loop_test(tc, h1_the_cut_cable_trips_by_its_bias_and_does_what_the_policy_says, 0,
                        (int)QT_COUNT_OF(wiring_rows));
    tcase_add_test(tc, h1_the_first_picture_says_which_priority_the_thread_has);
    tcase_add_test(tc, h2_forty_bounces_are_one_trip);
    tcase_add_test(tc, h2_a_glitch_of_microseconds_is_not_missed);
    tcase_add_test(tc, h3_held_at_start_has_tripped_when_the_start_returns);
    tcase_add_test(tc, h4_a_press_between_two_runs_is_found_by_the_level_after_arming);
    tcase_add_test(tc, h4_a_press_while_the_line_is_requested_trips);
    tcase_add_loop_test(tc, h5_a_line_that_cannot_be_had_has_tripped_with_its_reason, 0,
                        (int)QT_COUNT_OF(absent_rows));
    tcase_add_test(tc, h5_other_chips_that_cannot_be_opened_do_not_hide_it);
    tcase_add_loop_test(tc, h6_unplugged_trips_and_is_found_by_its_label_under_another_number, 0,
                        2);
    tcase_add_test(tc, h9_lamps_that_are_busy_or_fail_stop_nothing);
    tcase_add_test(tc, h9_lamps_are_dark_when_the_lines_are_given_back);
    tcase_add_loop_test(tc, h10_the_tamper_line_has_its_own_policy_and_a_flapping_one_is_told_once,
                        0, (int)QT_COUNT_OF(tamper_rows));
    tcase_add_test(tc, h12_it_is_armed_again_only_when_the_loop_was_closed_for_long_enough);
    tcase_add_loop_test(tc, the_chip_goes_by_label_name_or_path_and_the_line_by_offset_or_name, 0,
                        (int)QT_COUNT_OF(named_rows));
    tcase_add_loop_test(tc, lamps_show_the_mode_and_blink_when_a_part_does_not_work_or_nobody_knows,
                        0, QT_COUNT_OF(lamp_rows));
    tcase_add_test(tc, a_lamp_test_lights_each_and_goes_back);
    tcase_add_test(tc, a_config_without_a_line_is_refused);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

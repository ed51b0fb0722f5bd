/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exits of an open position: tables of ticks, and the four rules on random paths. */
#include "qtrade/strategy/exit.h"

#include "qt_check.h"
#include "strategy_help.h"

#define MINUTE QT_NS_PER_MIN

/* Long from 100 with a stop at 98 (risk 2): targets 103, 104, 106; trail 2.5. A short mirrors about
 * 100. */
static struct qt_exit_plan
plan_of(enum qt_side side)
{
    struct qt_strategy_config config = help_strategy_config();
    struct qt_instrument ins = help_instrument(0, "ABC");
    struct qt_signal signal = {
        .verdict = QT_SIGNAL_ENTER,
        .direction = side,
        .entry = help_px("100"),
        .stop = help_px(side == QT_BUY ? "98" : "102"),
        .trail = help_px("2.5"),
        .target_bps = {4000, 3000, 3000},
    };
    struct qt_exit_plan plan;
    qt_exit_begin(&plan, &config, &signal, &ins, help_px("100"), HELP_START);
    return plan;
}

static qt_px
mirrored(enum qt_side side, const char *text)
{
    qt_px px = help_px(text), twice = help_px("200"), out = px;
    if (side == QT_SELL)
        ck_assert(qt_px_sub(twice, px, &out));
    return out;
}

/* Ticks of a long, in order; a short sees them mirrored about 100. */
static const struct tick {
    int path;
    const char *px; /* NULL: no price */
    int64_t minutes;
    enum qt_exit_action action;
    int target;
    int32_t bps;
    const char *stop; /* where it stands after */
} ticks[] = {
    /* straight into the stop */
    {0, "99", 1, QT_EXIT_HOLD, -1, 0, "98"},
    {0, "98.01", 2, QT_EXIT_HOLD, -1, 0, "98"},
    {0, "98", 3, QT_EXIT_STOP, -1, 10000, "98"},
    /* through the stop in one jump */
    {1, "90", 1, QT_EXIT_STOP, -1, 10000, "98"},
    /* three targets, then the trail */
    {2, "102.99", 1, QT_EXIT_HOLD, -1, 0, "98"},
    {2, "103", 2, QT_EXIT_TARGET, 0, 4000, "100.5"},
    {2, "103", 3, QT_EXIT_HOLD, -1, 0, "100.5"},
    {2, "103.2", 4, QT_EXIT_HOLD, -1, 0, "100.5"}, /* less than a step of 2.5/8 */
    {2, "103.5", 5, QT_EXIT_TRAILED, -1, 0, "101"},
    {2, "102", 6, QT_EXIT_HOLD, -1, 0, "101"},
    {2, "104", 7, QT_EXIT_TARGET, 1, 3000, "101.5"},
    {2, "106", 8, QT_EXIT_TARGET, 2, 3000, "103.5"},
    {2, "110", 9, QT_EXIT_TRAILED, -1, 0, "107.5"},
    {2, "107.5", 10, QT_EXIT_STOP, -1, 10000, "107.5"},
    /* a jump over all targets: one a call */
    {3, "107", 1, QT_EXIT_TARGET, 0, 4000, "104.5"},
    {3, "107", 1, QT_EXIT_TARGET, 1, 3000, "104.5"},
    {3, "107", 1, QT_EXIT_TARGET, 2, 3000, "104.5"},
    {3, "107", 1, QT_EXIT_HOLD, -1, 0, "104.5"},
    /* too long without a target */
    {4, "101", 1439, QT_EXIT_HOLD, -1, 0, "98"},
    {4, "101", 1440, QT_EXIT_TIME, -1, 10000, "98"},
    {5, NULL, 1439, QT_EXIT_HOLD, -1, 0, "98"},
    {5, NULL, 1440, QT_EXIT_TIME, -1, 10000, "98"},
    /* a target reached in the last minute counts, and the clock no longer does */
    {6, "103", 1440, QT_EXIT_TARGET, 0, 4000, "100.5"},
    {6, "102", 100000, QT_EXIT_HOLD, -1, 0, "100.5"},
    /* the stop goes before the clock */
    {7, "97", 1440, QT_EXIT_STOP, -1, 10000, "98"},
};

static void
walk_ticks(enum qt_side side)
{
    struct qt_exit_plan plan = plan_of(side);
    for (size_t i = 0; i < QT_COUNT_OF(ticks); i++) {
        const struct tick *t = &ticks[i];
        if (i == 0 || ticks[i - 1].path != t->path)
            plan = plan_of(side);
        qt_px before = plan.stop, px = t->px ? mirrored(side, t->px) : QT_PX_NONE;
        struct qt_exit_step step = qt_exit_update(&plan, px, HELP_START + t->minutes * MINUTE);
        ck_assert_msg(step.action == t->action, "tick %zu: %s, expected %s", i,
                      qt_exit_action_name(step.action), qt_exit_action_name(t->action));
        ck_assert_int_eq(step.target, t->target);
        ck_assert_int_eq(step.bps, t->bps);
        ck_assert_msg(qt_px_cmp(plan.stop, mirrored(side, t->stop)) == 0, "tick %zu: stop", i);
        ck_assert_int_eq(step.stop_moved, qt_px_cmp(plan.stop, before) != 0);
    }
}

START_TEST(a_long_exits_as_planned)
{
    walk_ticks(QT_BUY);
}
END_TEST

START_TEST(a_short_is_the_mirror_of_a_long)
{
    walk_ticks(QT_SELL);
}
END_TEST

START_TEST(targets_keep_their_distance_in_the_risk_that_was_paid)
{
    struct qt_strategy_config config = help_strategy_config();
    struct qt_instrument ins = help_instrument(0, "ABC");
    struct qt_signal signal = {.direction = QT_BUY, .stop = help_px("98"), .trail = help_px("2")};
    struct qt_exit_plan plan;
    qt_exit_begin(&plan, &config, &signal, &ins, help_px("101"), HELP_START); /* risk 3 */
    ck_assert_int_eq(qt_px_cmp(plan.target[0], help_px("105.5")), 0);
    ck_assert_int_eq(qt_px_cmp(plan.target[1], help_px("107")), 0);
    ck_assert_int_eq(qt_px_cmp(plan.target[2], help_px("110")), 0);
    ck_assert_double_eq_tol(qt_exit_r_multiple(&plan, help_px("104"), ins.px_scale), 1, 1e-9);
    ck_assert_double_eq_tol(qt_exit_r_multiple(&plan, help_px("98"), ins.px_scale), -1, 1e-9);
}
END_TEST

START_TEST(a_fill_beyond_the_stop_stops_at_once)
{
    struct qt_strategy_config config = help_strategy_config();
    struct qt_instrument ins = help_instrument(0, "ABC");
    struct qt_signal signal = {.direction = QT_BUY, .stop = help_px("98"), .trail = help_px("2")};
    struct qt_exit_plan plan;
    qt_exit_begin(&plan, &config, &signal, &ins, help_px("97"), HELP_START);
    ck_assert_int_eq(qt_exit_update(&plan, help_px("97"), HELP_START).action, QT_EXIT_STOP);
    for (int k = 0; k < QT_TARGETS; k++)
        ck_assert_int_gt(qt_px_cmp(plan.target[k], plan.entry), 0);
}
END_TEST

START_TEST(the_four_rules_hold_on_random_paths)
{
    struct qt_rng rng;
    qt_rng_init(&rng, help_seed(111));
    for (int path = 0; path < 2000; path++) {
        enum qt_side side = path & 1 ? QT_SELL : QT_BUY;
        struct qt_exit_plan plan = plan_of(side);
        int hits[QT_TARGETS] = {0}, closed = 0;
        double price = 100;
        for (int i = 0; i < 500 && closed < 10000; i++) {
            price += 0.3 * qt_rng_normal(&rng);
            qt_px px, before = plan.stop;
            ck_assert(qt_px_of_double(price, 6, &px));
            struct qt_exit_step step = qt_exit_update(&plan, px, HELP_START + i * MINUTE);
            int forward =
                side == QT_BUY ? qt_px_cmp(plan.stop, before) : qt_px_cmp(before, plan.stop);
            int room = side == QT_BUY ? qt_px_cmp(px, before) : qt_px_cmp(before, px);
            ck_assert_int_ge(forward, 0);                             /* R1 */
            ck_assert_int_eq(room <= 0, step.action == QT_EXIT_STOP); /* R2 */
            ck_assert(forward == 0 || plan.hits != 0);                /* R4 */
            if (step.action == QT_EXIT_TARGET) {
                hits[step.target]++;
                closed += step.bps;
            } else if (step.action == QT_EXIT_STOP || step.action == QT_EXIT_TIME) {
                closed = 10000;
            }
        }
        for (int k = 0; k < QT_TARGETS; k++)
            ck_assert_int_le(hits[k], 1); /* R3 */
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exit");
    TCase *tc = tcase_create("exit");
    tcase_add_test(tc, a_long_exits_as_planned);
    tcase_add_test(tc, a_short_is_the_mirror_of_a_long);
    tcase_add_test(tc, targets_keep_their_distance_in_the_risk_that_was_paid);
    tcase_add_test(tc, a_fill_beyond_the_stop_stops_at_once);
    tcase_add_test(tc, the_four_rules_hold_on_random_paths);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

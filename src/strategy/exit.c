/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exits. R1: the stop never moves against the position. R2: the stop goes before any target. R3: a
 * target is reported once. R4: trailing begins with the first target.
 */
#include "qtrade/strategy/exit.h"

#include "qtrade/base/time.h"

#define STEP_SHARE 8 /* the trailing stop moves by a STEP_SHARE-th of its distance at least */

static const char *const action_names[QT_EXIT_ACTIONS] = {
    [QT_EXIT_HOLD] = "hold",       [QT_EXIT_STOP] = "stop", [QT_EXIT_TARGET] = "target",
    [QT_EXIT_TRAILED] = "trailed", [QT_EXIT_TIME] = "time",
};

const char *
qt_exit_action_name(enum qt_exit_action action)
{
    return (unsigned)action < QT_EXIT_ACTIONS ? action_names[action] : "?";
}

static bool
is_long(const struct qt_exit_plan *plan)
{
    return plan->side == QT_BUY;
}

/* Is a better than b for the position: > 0 better, 0 equal, < 0 worse. */
static int
compare(const struct qt_exit_plan *plan, qt_px a, qt_px b)
{
    return is_long(plan) ? qt_px_cmp(a, b) : qt_px_cmp(b, a);
}

/* px moved by distance in the position's favour (or against it). False: overflow. */
static bool
move(const struct qt_exit_plan *plan, qt_px px, qt_px distance, bool in_favour, qt_px *out)
{
    return is_long(plan) == in_favour ? qt_px_add(px, distance, out) : qt_px_sub(px, distance, out);
}

/* distance x factor as a multiple of the tick, at least one. */
static qt_px
scaled(qt_px distance, double factor, qt_px tick)
{
    qt_px px;
    if (!qt_px_of_double(qt_px_to_double(distance, 0) * factor, 0, &px))
        return tick;
    px = qt_px_round(px, tick);
    return qt_px_cmp(px, tick) < 0 ? tick : px;
}

/* The risk that was taken: from the entry to the stop, at least a tick. */
static qt_px
risk_of(const struct qt_exit_plan *plan)
{
    qt_px risk = plan->tick;
    bool fits = is_long(plan) ? qt_px_sub(plan->entry, plan->initial_stop, &risk)
                              : qt_px_sub(plan->initial_stop, plan->entry, &risk);
    return fits && qt_px_cmp(risk, plan->tick) > 0 ? risk : plan->tick;
}

void
qt_exit_begin(struct qt_exit_plan *plan, const struct qt_strategy_config *config,
              const struct qt_signal *signal, const struct qt_instrument *ins, qt_px entry,
              int64_t opened_ns)
{
    *plan = (struct qt_exit_plan){
        .side = (uint8_t)signal->direction,
        .tick = ins->tick,
        .entry = entry,
        .initial_stop = signal->stop,
        .stop = signal->stop,
        .trail = signal->trail,
        .step = scaled(signal->trail, 1.0 / STEP_SHARE, ins->tick),
        .best = entry,
        .opened_ns = opened_ns,
        .deadline_ns = opened_ns + config->time_stop_min * QT_NS_PER_MIN,
    };
    qt_px risk = risk_of(plan);
    for (int k = 0; k < QT_TARGETS; k++) {
        qt_px target;
        plan->target_bps[k] = signal->target_bps[k];
        plan->target[k] = signal->target[k];
        if (move(plan, entry, scaled(risk, config->target_r[k], ins->tick), true, &target))
            plan->target[k] =
                is_long(plan) ? qt_px_ceil(target, ins->tick) : qt_px_floor(target, ins->tick);
    }
}

/* The first target not reached yet; QT_TARGETS: none is left. */
static int
next_target(const struct qt_exit_plan *plan)
{
    int k = 0;
    while (k < QT_TARGETS && (plan->hits >> k & 1))
        k++;
    return k;
}

/* Follows the best price; true when the stop moved. */
static bool
trail(struct qt_exit_plan *plan)
{
    qt_px stop, least;
    if (!plan->is_trailing || !move(plan, plan->best, plan->trail, false, &stop) ||
        !move(plan, plan->stop, plan->step, true, &least))
        return false;
    stop = is_long(plan) ? qt_px_floor(stop, plan->tick) : qt_px_ceil(stop, plan->tick);
    if (compare(plan, stop, least) < 0)
        return false;
    plan->stop = stop;
    return true;
}

static struct qt_exit_step
step_of(enum qt_exit_action action, int32_t bps)
{
    return (struct qt_exit_step){.action = action, .target = -1, .bps = bps};
}

struct qt_exit_step
qt_exit_update(struct qt_exit_plan *plan, qt_px px, int64_t now_ns)
{
    bool is_late = plan->hits == 0 && now_ns >= plan->deadline_ns;
    if (qt_px_is_none(px))
        return is_late ? step_of(QT_EXIT_TIME, 10000) : step_of(QT_EXIT_HOLD, 0);
    if (compare(plan, px, plan->stop) <= 0)
        return step_of(QT_EXIT_STOP, 10000);
    if (compare(plan, px, plan->best) > 0)
        plan->best = px;
    int k = next_target(plan);
    if (k < QT_TARGETS && compare(plan, px, plan->target[k]) >= 0) {
        plan->hits |= (uint8_t)(1u << k);
        plan->is_trailing = true;
        struct qt_exit_step step = step_of(QT_EXIT_TARGET, plan->target_bps[k]);
        step.target = k;
        step.stop_moved = trail(plan);
        return step;
    }
    if (is_late)
        return step_of(QT_EXIT_TIME, 10000);
    struct qt_exit_step step = step_of(QT_EXIT_HOLD, 0);
    step.stop_moved = trail(plan);
    if (step.stop_moved)
        step.action = QT_EXIT_TRAILED;
    return step;
}

double
qt_exit_r_multiple(const struct qt_exit_plan *plan, qt_px px, int scale)
{
    double entry = qt_px_to_double(plan->entry, scale);
    double risk = entry - qt_px_to_double(plan->initial_stop, scale);
    return risk > 0 || risk < 0 ? (qt_px_to_double(px, scale) - entry) / risk : 0;
}

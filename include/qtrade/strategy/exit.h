/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exits of one open position, tick by tick: stop, three partial targets, trailing stop after
 * the first target, time stop. Integer prices; the stop only ever moves in the position's favour.
 * Pure data, no clock.
 */
#ifndef QTRADE_STRATEGY_EXIT_H
#define QTRADE_STRATEGY_EXIT_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/market/event.h"
#include "qtrade/strategy/config.h"
#include "qtrade/strategy/signal.h"

/** The plan of one position; starts with qt_exit_begin, stored and copied as it is. */
struct qt_exit_plan {
    uint8_t side; /* enum qt_side of the position: BUY is long */
    uint8_t hits; /* bit k: target k was reached */
    bool is_trailing;
    qt_px tick;
    qt_px step;                /* the trailing stop moves by at least this */
    qt_px entry, initial_stop; /* entry: average price of the opening fills */
    qt_px stop;                /* where it stands now */
    qt_px target[QT_TARGETS];
    int32_t target_bps[QT_TARGETS];
    qt_px trail;                    /* distance */
    qt_px best;                     /* best price since the opening */
    int64_t opened_ns, deadline_ns; /* deadline: time stop while no target was reached */
};

enum qt_exit_action {
    QT_EXIT_HOLD,
    QT_EXIT_STOP,    /* close all: the stop (or trailing stop) was reached */
    QT_EXIT_TARGET,  /* close target_bps of the initial quantity: target index is set */
    QT_EXIT_TRAILED, /* nothing to close; the stop moved: replace the protective order */
    QT_EXIT_TIME,    /* close all: too long without a target */
    QT_EXIT_ACTIONS
};
const char *qt_exit_action_name(enum qt_exit_action action); /* "hold", "stop" ... */

struct qt_exit_step {
    enum qt_exit_action action;
    int target;      /* index with QT_EXIT_TARGET; -1 else */
    int32_t bps;     /* of the initial quantity to close: TARGET; 10000 with STOP and TIME */
    bool stop_moved; /* the stop stands elsewhere than before (also with TARGET) */
};

/** Starts a plan from the signal that opened it and the price that was paid. Targets keep their
 * distance in risk. */
void qt_exit_begin(struct qt_exit_plan *plan, const struct qt_strategy_config *config,
                   const struct qt_signal *signal, const struct qt_instrument *ins, qt_px entry,
                   int64_t opened_ns);

/**
 * One tick: px is the price the position could be closed at (bid of a long, ask of a short). The
 * stop goes before targets; at most one target a call, call again until HOLD. QT_PX_NONE: only time
 * counts.
 */
struct qt_exit_step qt_exit_update(struct qt_exit_plan *plan, qt_px px, int64_t now_ns);

/** (px - entry) / (entry - initial stop) in the position's favour; 0 when there is no risk
 * distance. */
double qt_exit_r_multiple(const struct qt_exit_plan *plan, qt_px px, int scale);

#endif

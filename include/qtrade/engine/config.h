/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine's own section of the config: threads, the cycle's pace, time-outs.
 */
#ifndef QTRADE_ENGINE_CONFIG_H
#define QTRADE_ENGINE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/base/error.h"

struct qt_engine_config {
    int64_t workers;          /* 0: cores - 1, at least 1 */
    char cores[128];          /* that workers stay on, "0,2,4-7"; "": wherever there is time */
    int64_t cycle_ms;         /* event time between decision cycles */
    int64_t publish_ms;       /* real time between pictures for the screen */
    int64_t order_timeout_ms; /* event time until an unanswered order is asked for */
    int64_t sync_s;           /* event time between reads of the account */
    int64_t flat_gap_ms;      /* event time between the two reads that prove flat */
    int64_t equity_s;         /* event time between rows of the equity curve */
    int64_t state_min;        /* event time between kept market states; 0: none is kept */
    int64_t max_positions;
    double entry_slippage_bps; /* an entry's limit beyond the best price */
    char protective_stops[8];  /* who keeps a position's stop: "venue" (and the engine), "engine" */
    double stop_slippage_bps;  /* limit of a stop at the venue beyond its trigger; 0: at market */
    double stop_step_bps;      /* a stop at the venue follows the plan's by at least this */
    int64_t stop_pace_s;       /* event time between two such moves */
    int64_t unprotected_s;     /* event time that a position may be without its stop at the venue */
};

extern const struct qt_config_section qt_engine_section;

/** What the table cannot check: that cores is a list, of cores that this process may run on. False:
 * err says what (QT_E_CONFIG). Any thread. */
QT_CHECKED bool qt_engine_config_check(const struct qt_engine_config *config, struct qt_error *err);

/** When a part of the program counts as stuck, when as failing for good, and what of the machine is
 * too much. */
struct qt_health_config {
    int64_t stuck_ms;     /* without a heartbeat */
    int64_t failures;     /* so many of one part ... */
    int64_t failures_min; /* ... within so many minutes pause trading */
    int64_t stopped_ms;    /* real time without a turn of the engine */
    int64_t clock_jump_ms; /* step of the machine's clock */
    int64_t starts;        /* so many without an orderly end ... */
    int64_t starts_min;    /* ... within so many minutes begin PAUSED */
};

extern const struct qt_config_section qt_health_section;

#endif

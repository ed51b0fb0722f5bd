/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Breakers: daily loss, drawdown, losses in a row. A breaker that tripped stays so: daily loss
 * until the next UTC midnight, losses in a row for losses_pause_min, drawdown until the operator
 * resumes (the peak then starts anew at the equity of that moment). By event time.
 */
#ifndef QTRADE_RISK_BREAKERS_H
#define QTRADE_RISK_BREAKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/fixed.h"
#include "qtrade/risk/config.h"

enum qt_breaker_kind { QT_BREAKER_DAILY_LOSS, QT_BREAKER_DRAWDOWN, QT_BREAKER_LOSSES, QT_BREAKERS };

/** What the breakers ask of the engine: the strictest of all that are tripped. */
enum qt_breaker_request { QT_BREAKER_NONE, QT_BREAKER_PAUSE, QT_BREAKER_REDUCE };

#define QT_BREAKER_REASON 96 /* bytes of a reason */

/** Plain data; survives a restart as it is. */
struct qt_breakers {
    bool has_equity;
    int64_t day_ns;                /* UTC midnight of the present day */
    qt_money day_equity;           /* the first known of the day */
    qt_money equity, peak;         /* latest; highest since birth or the operator's resume */
    double drawdown, max_drawdown; /* ratios from the peak; the largest ever */
    int64_t losses_in_row;
    struct {
        bool is_tripped;
        int64_t since_ns, until_ns; /* until INT64_MAX: the operator */
        double value, limit;        /* when it tripped */
        uint64_t trips;
    } state[QT_BREAKERS];
};

/** Nothing known, nothing tripped. */
void qt_breakers_init(struct qt_breakers *breakers);
/** A known equity at t. An unknown one is simply not told: nothing changes. */
void qt_breakers_equity(struct qt_breakers *breakers, const struct qt_risk_config *config,
                        qt_money equity, int64_t t_ns);
/** A round trip ended with this profit after fees. */
void qt_breakers_trade(struct qt_breakers *breakers, const struct qt_risk_config *config,
                       qt_money profit, int64_t t_ns);
/** Releases what is due at t, then says what is asked; reason (QT_BREAKER_REASON bytes, NULL: none)
 * names all tripped. */
enum qt_breaker_request qt_breakers_check(struct qt_breakers *breakers, int64_t t_ns, char *reason);
/** The operator resumed: everything is released; peak and day start anew at the present equity. */
void qt_breakers_reset(struct qt_breakers *breakers);
/** Profit and loss since UTC midnight. False: equity is not known yet. */
QT_CHECKED bool qt_breakers_day_pnl(const struct qt_breakers *breakers, qt_money *out);

#endif

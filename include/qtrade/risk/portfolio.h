/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the whole book stands at, from views of positions and open orders. Pure functions; what is
 * not known makes the result not known, never smaller.
 */
#ifndef QTRADE_RISK_PORTFOLIO_H
#define QTRADE_RISK_PORTFOLIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/market/instrument.h"

/** One symbol with a position or open orders. */
struct qt_risk_view {
    const struct qt_instrument *ins;
    qt_qty qty; /* signed position */
    qt_px mark; /* QT_PX_NONE: not known */
    qt_px stop; /* protective stop; QT_PX_NONE: none, the whole value is at risk */
    qt_money open_buy,
        open_sell;      /* notional of open orders that add risk, per side (UNKNOWN ones in full) */
    qt_money open_risk; /* entry to stop of those orders */
};

struct qt_risk_totals {
    bool is_known;       /* false: a mark is missing or a sum overflowed: do not use the figures */
    qt_money live, open; /* sum of |position value|; of the larger side of open orders */
    qt_money gross;      /* live + open */
    qt_money net;        /* signed sum of position values */
    qt_money at_risk;    /* sum of qt_risk_position_risk and open_risk */
    uint32_t positions;
    double heat, leverage; /* at_risk / equity; gross / equity */
    double largest;        /* largest symbol's exposure / equity */
    double concentration;  /* Herfindahl index of live values, 1/n..1; 0: nothing live */
};

/** equity <= 0: not known. Returns out->is_known. Source: Hirschman, The Paternity of an Index,
 * 1964. */
bool qt_risk_measure(const struct qt_risk_view *views, size_t n, qt_money equity,
                     struct qt_risk_totals *out);
/** |position value| + the larger side of open orders. False: mark missing or overflow. */
QT_CHECKED bool qt_risk_symbol_exposure(const struct qt_risk_view *view, qt_money *out);
/** What the position loses from mark to stop; 0 where the stop is beyond; the whole value without a
 * stop. */
QT_CHECKED bool qt_risk_position_risk(const struct qt_risk_view *view, qt_money *out);

#endif

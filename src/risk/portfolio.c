/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sums over the book. Every sum is checked; the first thing that is not known ends them all.
 */
#include "qtrade/risk/portfolio.h"

static qt_money
magnitude(qt_money amount)
{
    return qt_money_sign(amount) < 0 ? qt_money_neg(amount) : amount;
}

/* Signed value of the position at its mark. False: no mark, or overflow. */
static bool
live_value(const struct qt_risk_view *view, qt_money *out)
{
    if (qt_qty_sign(view->qty) == 0) {
        *out = QT_MONEY_ZERO;
        return true;
    }
    return qt_px_is_positive(view->mark) &&
           qt_instrument_notional(view->ins, view->mark, view->qty, out);
}

static qt_money
larger_open_side(const struct qt_risk_view *view)
{
    return qt_money_cmp(view->open_buy, view->open_sell) > 0 ? view->open_buy : view->open_sell;
}

bool
qt_risk_symbol_exposure(const struct qt_risk_view *view, qt_money *out)
{
    qt_money live = QT_MONEY_ZERO;
    if (qt_money_sign(view->open_buy) < 0 || qt_money_sign(view->open_sell) < 0)
        return false;
    return live_value(view, &live) && qt_money_add(magnitude(live), larger_open_side(view), out);
}

bool
qt_risk_position_risk(const struct qt_risk_view *view, qt_money *out)
{
    qt_money live = QT_MONEY_ZERO, at_stop = QT_MONEY_ZERO, loss = QT_MONEY_ZERO;
    if (!live_value(view, &live))
        return false;
    if (qt_qty_sign(view->qty) == 0 || !qt_px_is_positive(view->stop)) {
        *out = magnitude(live);
        return true;
    }
    if (!qt_instrument_notional(view->ins, view->stop, view->qty, &at_stop) ||
        !qt_money_sub(live, at_stop, &loss)) /* of signed values: a fall loses long, a rise short */
        return false;
    *out = qt_money_sign(loss) > 0 ? loss : QT_MONEY_ZERO;
    return true;
}

/* Adds a view to the sums. False: not known. */
static bool
add_view(const struct qt_risk_view *view, struct qt_risk_totals *out, qt_money *largest)
{
    qt_money live = QT_MONEY_ZERO, exposure = QT_MONEY_ZERO, risk = QT_MONEY_ZERO;
    if (!live_value(view, &live) || !qt_risk_symbol_exposure(view, &exposure) ||
        !qt_risk_position_risk(view, &risk) || qt_money_sign(view->open_risk) < 0)
        return false;
    if (qt_money_cmp(exposure, *largest) > 0)
        *largest = exposure;
    out->positions += qt_qty_sign(view->qty) != 0;
    return qt_money_add(out->live, magnitude(live), &out->live) &&
           qt_money_add(out->open, larger_open_side(view), &out->open) &&
           qt_money_add(out->net, live, &out->net) &&
           qt_money_add(out->at_risk, risk, &out->at_risk) &&
           qt_money_add(out->at_risk, view->open_risk, &out->at_risk);
}

/* Sum of squared shares of the live value. */
static double
concentration_of(const struct qt_risk_view *views, size_t n, qt_money live)
{
    double total = qt_money_to_double(live, QT_MONEY_SCALE), sum = 0;
    for (size_t i = 0; i < n && total > 0; i++) {
        qt_money value = QT_MONEY_ZERO;
        if (!live_value(&views[i], &value))
            return 0;
        double share = qt_money_to_double(value, QT_MONEY_SCALE) / total;
        sum += share * share;
    }
    return sum;
}

bool
qt_risk_measure(const struct qt_risk_view *views, size_t n, qt_money equity,
                struct qt_risk_totals *out)
{
    qt_money largest = QT_MONEY_ZERO;
    struct qt_risk_totals totals = {.is_known = qt_money_sign(equity) > 0};
    for (size_t i = 0; i < n && totals.is_known; i++)
        totals.is_known = add_view(&views[i], &totals, &largest);
    totals.is_known = totals.is_known && qt_money_add(totals.live, totals.open, &totals.gross);
    if (!totals.is_known) {
        *out = (struct qt_risk_totals){0};
        return false;
    }
    double whole = qt_money_to_double(equity, QT_MONEY_SCALE);
    totals.heat = qt_money_to_double(totals.at_risk, QT_MONEY_SCALE) / whole;
    totals.leverage = qt_money_to_double(totals.gross, QT_MONEY_SCALE) / whole;
    totals.largest = qt_money_to_double(largest, QT_MONEY_SCALE) / whole;
    totals.concentration = concentration_of(views, n, totals.live);
    *out = totals;
    return true;
}

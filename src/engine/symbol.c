/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol_priv.h"

static bool
has_both_sides(const struct qt_quote *quote)
{
    return !qt_px_is_none(quote->bid) && !qt_px_is_none(quote->ask);
}

qt_px
qt__symbol_exit_px(const struct qt_symbol *symbol)
{
    bool is_long = qt_qty_cmp(symbol->position.qty, QT_QTY_ZERO) >= 0;
    qt_px px = is_long ? symbol->quote.bid : symbol->quote.ask;
    return qt_px_is_none(px) ? symbol->last : px;
}

qt_px
qt__symbol_mark_px(const struct qt_symbol *symbol)
{
    return qt__symbol_exit_px(symbol);
}

double
qt__symbol_mark(const struct qt_symbol *symbol)
{
    int scale = symbol->ins->px_scale;
    if (has_both_sides(&symbol->quote))
        return (qt_px_to_double(symbol->quote.bid, scale) +
                qt_px_to_double(symbol->quote.ask, scale)) /
               2;
    return qt_px_is_none(symbol->last) ? 0 : qt_px_to_double(symbol->last, scale);
}

double
qt__symbol_spread_bps(const struct qt_symbol *symbol)
{
    if (!has_both_sides(&symbol->quote))
        return QT_SPREAD_UNKNOWN;
    double bid = qt_px_to_double(symbol->quote.bid, symbol->ins->px_scale);
    double ask = qt_px_to_double(symbol->quote.ask, symbol->ins->px_scale);
    return ask + bid > 0 ? (ask - bid) / ((ask + bid) / 2) * 1e4 : QT_SPREAD_UNKNOWN;
}

bool
qt__symbol_can_trade(const struct qt_symbol *symbol, qt_qty qty)
{
    if (qt_qty_cmp(qty, symbol->lot) < 0 ||
        qt_qty_sign(qt_instrument_market_qty(symbol->ins, qty)) <= 0)
        return false;
    qt_money notional;
    qt_px px = qt__symbol_exit_px(symbol);
    return qt_px_is_none(px) || !qt_instrument_notional(symbol->ins, px, qty, &notional) ||
           qt_money_cmp(notional, symbol->ins->min_notional) >= 0;
}

bool
qt__symbol_is_open(const struct qt_symbol *symbol)
{
    return qt__symbol_can_trade(symbol, qt_qty_abs(symbol->position.qty));
}

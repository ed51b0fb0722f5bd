/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/map.h"
#include "qtrade/market/instrument.h"

struct qt_universe {
    uint32_t count;
    struct qt_textmap *by_symbol;
    struct qt_instrument at[QT_INSTRUMENTS_MAX]; /* pages are touched as they fill */
};

struct qt_universe *
qt_universe_create(void)
{
    struct qt_universe *universe = calloc(1, sizeof *universe);
    if (!universe)
        return NULL;
    universe->by_symbol = qt_textmap_create(QT_INSTRUMENTS_MAX);
    if (!universe->by_symbol) {
        free(universe);
        return NULL;
    }
    return universe;
}

void
qt_universe_destroy(struct qt_universe *universe)
{
    if (!universe)
        return;
    qt_textmap_destroy(universe->by_symbol);
    free(universe);
}

bool
qt_universe_add(struct qt_universe *universe, struct qt_instrument *ins, struct qt_error *err)
{
    size_t n = strnlen(ins->symbol, QT_SYMBOL_SIZE);
    uint64_t there;
    if (n == 0 || n == QT_SYMBOL_SIZE)
        return qt_fail(err, QT_E_DATA, "an instrument's symbol is empty or too long");
    if (qt_textmap_get(universe->by_symbol, ins->symbol, n, &there))
        return qt_fail(err, QT_E_DATA, "%s: stands twice among the instruments", ins->symbol);
    if (ins->px_scale < 0 || ins->px_scale > QT_SCALE_MAX || ins->qty_scale < 0 ||
        ins->qty_scale > QT_SCALE_MAX || ins->tick.v <= 0 || ins->lot.v <= 0)
        return qt_fail(err, QT_E_DATA, "%s: scale, tick or lot is out of range", ins->symbol);
    if (universe->count == QT_INSTRUMENTS_MAX)
        return qt_fail(err, QT_E_DATA, "%s: more than %d instruments", ins->symbol,
                       QT_INSTRUMENTS_MAX);
    if (!qt_textmap_put(universe->by_symbol, ins->symbol, n, universe->count))
        return qt_fail(err, QT_E_MEMORY, "%s: no room for the instrument", ins->symbol);
    ins->id = universe->count;
    universe->at[universe->count++] = *ins;
    return true;
}

uint32_t
qt_universe_count(const struct qt_universe *universe)
{
    return universe->count;
}

const struct qt_instrument *
qt_universe_at(const struct qt_universe *universe, uint32_t id)
{
    qt_assert(id < universe->count);
    return &universe->at[id];
}

uint32_t
qt_universe_find(const struct qt_universe *universe, const char *symbol, size_t length)
{
    uint64_t id;
    return qt_textmap_get(universe->by_symbol, symbol, length, &id) ? (uint32_t)id
                                                                    : QT_NO_INSTRUMENT;
}

bool
qt_instrument_notional(const struct qt_instrument *ins, qt_px px, qt_qty qty, qt_money *out)
{
    return qt_notional(px, ins->px_scale, qty, ins->qty_scale, QT_MONEY_SCALE, out);
}

static bool
is_price_kept(const struct qt_instrument *ins, qt_px px)
{
    return px.v > 0 && px.v % ins->tick.v == 0 && px.v >= ins->min_px.v &&
           (ins->max_px.v == 0 || px.v <= ins->max_px.v);
}

enum qt_filter_verdict
qt_instrument_check(const struct qt_instrument *ins, qt_px px, qt_qty qty, qt_px reference)
{
    bool is_market = qt_px_is_none(px);
    if (!is_market && !is_price_kept(ins, px))
        return QT_FILTER_PRICE;
    if (qty.v <= 0 || qty.v % ins->lot.v != 0 || qty.v < ins->min_qty.v ||
        (ins->max_qty.v != 0 && qty.v > ins->max_qty.v))
        return QT_FILTER_LOT;
    qt_px at = is_market ? reference : px;
    qt_money notional;
    if (!qt_px_is_none(at) && (!qt_instrument_notional(ins, at, qty, &notional) ||
                               notional.v < ins->min_notional.v))
        return QT_FILTER_NOTIONAL;
    return QT_FILTER_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where what is not ours lies, with several venues behind one port. The engine's account is their
 * sum, and so is what was there before it; a watchman that has to act at each venue alone needs the
 * parts.
 *
 * D1: the parts sum up to what is not ours, and none exceeds what lies there, so that what all
 * watchmen leave is what was there before. D2: a part stays as it is while that allows it: what is
 * bought or sold for us between two reads changes nobody's part. D3: where the venues' own figures
 * do not decide (a run that begins with positions), what our sells stand for is ours first.
 *
 * A sale may have taken at one venue what was foreign there and ours elsewhere (venue/router.h,
 * V4): then that part moves, and what is worth the same is left at the other venue.
 */
#include <string.h>

#include "engine_priv.h"

/* Adds to one part as much of *left as there is room for below most. */
static void
add(qt_qty *part, qt_qty most, qt_qty *left)
{
    qt_qty room = QT_QTY_ZERO;
    if (!qt_qty_sub(most, *part, &room))
        return;
    room = qt_qty_min(room, *left);
    if (qt_qty_sign(room) <= 0 || !qt_qty_add(*part, room, part))
        return;
    bool is_less = qt_qty_sub(*left, room, left);
    qt_assert(is_less); /* it was the lesser of the two */
}

/* What of a venue's holding no sell of ours stands for. */
static qt_qty
unsold(const struct qt_venue_part *venue)
{
    qt_qty rest = QT_QTY_ZERO;
    return qt_qty_sub(venue->held, venue->selling, &rest) ? rest : QT_QTY_ZERO;
}

/* Shares total out over part[0..n), which holds the parts of before. Where the symbol is not traded
 * nothing is ours. */
static void
share_out(const struct qt_venue_part *venue, size_t n, qt_qty total, qt_qty *part)
{
    qt_qty left = total, before[QT_VIEW_VENUES];
    for (size_t i = 0; i < n; i++) {
        before[i] = qt_qty_min(part[i], venue[i].held);
        part[i] = QT_QTY_ZERO;
        if (!venue[i].is_traded)
            add(&part[i], venue[i].held, &left);
    }
    for (size_t i = 0; i < n; i++)
        add(&part[i], before[i], &left);
    for (size_t i = 0; i < n; i++)
        add(&part[i], unsold(&venue[i]), &left);
    for (size_t i = 0; i < n; i++)
        add(&part[i], venue[i].held, &left);
}

static size_t
ask(const struct qt_engine *engine, const struct qt_symbol *symbol,
    struct qt_venue_part out[QT_VIEW_VENUES])
{
    const struct qt_venue_port *port = &engine->options.venue;
    return port->spread ? port->spread(port->self, symbol->ins->id, out, QT_VIEW_VENUES) : 0;
}

/* After a quiet read of the account. */
void
qt__spread_look(const struct qt_engine *engine, struct qt_symbol *symbol)
{
    struct qt_venue_part venue[QT_VIEW_VENUES];
    size_t n = ask(engine, symbol, venue);
    share_out(venue, n, symbol->foreign_qty, symbol->foreign_at);
}

void
qt__spread_ours(const struct qt_engine *engine, const struct qt_symbol *symbol, qt_qty qty,
                qt_qty out[QT_VIEW_VENUES])
{
    struct qt_venue_part venue[QT_VIEW_VENUES];
    qt_qty foreign = QT_QTY_ZERO, foreign_at[QT_VIEW_VENUES] = {QT_QTY_ZERO};
    size_t n = ask(engine, symbol, venue);
    memset(out, 0, QT_VIEW_VENUES * sizeof *out);
    for (size_t i = 0; i < n; i++)
        if (!qt_qty_add(foreign, venue[i].held, &foreign))
            return;
    if (!qt_qty_sub(foreign, qty, &foreign))
        return;
    share_out(venue, n, foreign, foreign_at);
    for (size_t i = 0; i < n; i++)
        if (!qt_qty_sub(venue[i].held, foreign_at[i], &out[i]))
            out[i] = QT_QTY_ZERO;
}

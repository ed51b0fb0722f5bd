/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all sources do alike: ticks move the symbol's price, and the ladder stands around it. A
 * trade of a buyer was at the ask, one of a seller at the bid; the other side is a spread away.
 *
 *     spread  1 + 20 / sqrt(daily quote volume in millions) bps, at least a tick
 *     depth   two hundred-thousandths of a day's volume on the first level, growing by half of it
 *             a level, each varied by 0.5 to 1.5
 */
#include <stdlib.h>

#include "qtrade/base/num.h"

#include "source_priv.h"

enum { LEVELS = 10 };

uint64_t
qt__mix(uint64_t a, uint64_t b)
{
    uint64_t z = a + UINT64_C(0x9e3779b97f4a7c15) * (b + 1);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

qt_qty
qt__max_qty(const struct qt_instrument *ins, qt_px px)
{
    qt_qty qty;
    if (!qt_qty_of_double_floor(9e6 / qt_px_to_double(px, ins->px_scale), ins->qty_scale, &qty))
        return QT_QTY_ZERO; /* no limit */
    qty = qt_qty_floor(qty, ins->lot);
    return qt_qty_cmp(qty, ins->lot) < 0 ? ins->lot : qty;
}

bool
qt__source_init(struct qt_source *source, const struct qt__source_ops *ops,
                const struct qt_universe *universe, uint32_t n, uint64_t seed)
{
    source->ops = ops;
    source->universe = universe;
    source->seed = seed;
    source->n = n;
    source->quoted = calloc(n ? n : 1, sizeof *source->quoted);
    for (uint32_t i = 0; source->quoted && i < n; i++)
        source->quoted[i] = (struct qt__quoted){.px = QT_PX_NONE, .liquidity = 1e6};
    return source->quoted != NULL;
}

void
qt_source_destroy(struct qt_source *source)
{
    if (!source)
        return;
    source->ops->destroy(source);
    free(source->quoted);
    free(source);
}

int64_t
qt_source_start_ns(const struct qt_source *source)
{
    return source->start_ns;
}

void
qt_source_history(struct qt_source *source,
                  void (*fn)(void *context, uint32_t instrument, const struct qt_bar *bar),
                  void *context)
{
    source->ops->history(source, fn, context);
}

int64_t
qt_source_peek(struct qt_source *source)
{
    return source->ops->peek(source);
}

bool
qt_source_next(struct qt_source *source, struct qt_source_tick *out)
{
    if (!source->ops->next(source, out))
        return false;
    struct qt__quoted *quoted = &source->quoted[out->instrument - source->first];
    quoted->px = out->px;
    quoted->is_sell = out->is_sell;
    quoted->ticks++;
    return true;
}

/* One level's quantity: whole lots, at least one. */
static qt_qty
level_qty(const struct qt_instrument *ins, const struct qt__quoted *quoted, uint64_t noise,
          unsigned level)
{
    double vary = 0.5 + (double)(noise >> 11) * 0x1p-53;
    double quote = quoted->liquidity * 2e-5 * (1 + 0.5 * level) * vary;
    double px = qt_px_to_double(quoted->px, ins->px_scale);
    qt_qty qty;
    if (!qt_qty_of_double_floor(quote / px, ins->qty_scale, &qty))
        return ins->lot;
    qty = qt_qty_floor(qty, ins->lot);
    return qt_qty_cmp(qty, ins->lot) < 0 ? ins->lot : qty;
}

/* The spread as a multiple of the tick, at least one. */
static qt_px
spread_of(const struct qt_instrument *ins, const struct qt__quoted *quoted)
{
    double bps = 1 + 20 / qt_sqrt(QT_MAX(quoted->liquidity, 1e4) / 1e6);
    qt_px spread;
    if (!qt_px_of_double(qt_px_to_double(quoted->px, ins->px_scale) * bps / 1e4, ins->px_scale,
                         &spread))
        return ins->tick;
    spread = qt_px_round(spread, ins->tick);
    return qt_px_cmp(spread, ins->tick) < 0 ? ins->tick : spread;
}

struct side {
    const struct qt_instrument *ins;
    const struct qt__quoted *quoted;
    uint64_t seed;
    qt_px best, step;
    bool is_bid;
    size_t levels;
};

/* Levels from the best outward; a price that is not positive ends a side. */
static size_t
fill_side(const struct side *side, struct qt_depth_level *out)
{
    qt_px px = side->best;
    size_t n = 0;
    while (n < side->levels && qt_px_is_positive(px)) {
        uint64_t noise = qt__mix(side->seed, n * 2 + side->is_bid);
        out[n] =
            (struct qt_depth_level){px, level_qty(side->ins, side->quoted, noise, (unsigned)n)};
        n++;
        if (side->is_bid ? !qt_px_sub(px, side->step, &px) : !qt_px_add(px, side->step, &px))
            break;
    }
    return n;
}

void
qt_source_ladder(const struct qt_source *source, uint32_t instrument, size_t levels,
                 struct qt_ladder *out)
{
    const struct qt__quoted *quoted = &source->quoted[instrument - source->first];
    const struct qt_instrument *ins = qt_universe_at(source->universe, instrument);
    size_t n = QT_MIN(levels, (size_t)LEVELS);
    out->n_bids = out->n_asks = 0;
    if (qt_px_is_none(quoted->px))
        return;
    qt_px spread = spread_of(ins, quoted), bid = quoted->px, ask = quoted->px;
    bool fits = quoted->is_sell ? qt_px_add(bid, spread, &ask) : qt_px_sub(ask, spread, &bid);
    if (!fits)
        return;
    uint64_t seed = qt__mix(qt__mix(source->seed, quoted->key), quoted->ticks);
    const struct side bids = {ins, quoted, seed, bid, spread, true, n};
    const struct side asks = {ins, quoted, seed, ask, spread, false, n};
    out->n_bids = fill_side(&bids, out->bids);
    out->n_asks = fill_side(&asks, out->asks);
}

qt_px
qt_source_price(const struct qt_source *source, uint32_t instrument)
{
    return source->quoted[instrument - source->first].px;
}

const struct qt_bar *
qt_source_ended_bar(const struct qt_source *source, uint32_t instrument)
{
    return source->ops->ended_bar ? source->ops->ended_bar(source, instrument) : NULL;
}

bool
qt_source_climate(const struct qt_source *source, struct qt_climate *out)
{
    return source->ops->climate && source->ops->climate(source, out);
}

double
qt_source_progress(const struct qt_source *source)
{
    return source->ops->progress ? source->ops->progress(source) : 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of algorithms, and what is the same for all: when a parent ends, how a child is sized
 * and priced.
 */
#include <math.h>
#include <string.h>

#include "algo_priv.h"
#include "qtrade/base/time.h"

#define BPS 1e4

const struct qt_algo_class *const qt_algorithms[QT_ALGORITHMS] = {
    [QT_ALGO_IMMEDIATE] = &qt_algo_immediate,
    [QT_ALGO_CHASE] = &qt_algo_chase,
    [QT_ALGO_TWAP] = &qt_algo_twap,
    [QT_ALGO_VWAP] = &qt_algo_vwap,
    [QT_ALGO_POV] = &qt_algo_pov,
    [QT_ALGO_ICEBERG] = &qt_algo_iceberg};

const char *
qt_algorithm_name(enum qt_algorithm algorithm)
{
    return (unsigned)algorithm < QT_ALGORITHMS ? qt_algorithms[algorithm]->name : "?";
}

enum qt_algorithm
qt_algorithm_find(const char *name)
{
    for (int i = 0; i < QT_ALGORITHMS; i++)
        if (strcmp(qt_algorithms[i]->name, name) == 0)
            return (enum qt_algorithm)i;
    return QT_ALGO_IMMEDIATE;
}

void
qt__algo_wait(const char *why, struct qt_algo_step *out)
{
    *out = (struct qt_algo_step){.action = QT_ALGO_WAIT, .px = QT_PX_NONE, .why = why};
}

static void
act(enum qt_algo_action action, const char *why, struct qt_algo_step *out)
{
    qt__algo_wait(why, out);
    out->action = action;
}

/* The lower of the two prices at which qty might have to be sent. */
static qt_px
low_px(const struct qt_algo_market *market)
{
    return market->bid;
}

static bool
can_send(const struct qt_algo_market *market, qt_px px, qt_qty qty)
{
    return qt_qty_sign(qty) > 0 && qt_instrument_check(market->ins, px, qty, px) == QT_FILTER_OK;
}

/* Nothing, or enough for another child with room for a lower price. */
static bool
can_remain(const struct qt_algo_market *market, qt_qty rest)
{
    const struct qt_instrument *ins = market->ins;
    qt_money notional, with_room;
    if (qt_qty_sign(rest) == 0)
        return true;
    return qt_qty_cmp(rest, ins->lot) >= 0 && qt_qty_cmp(rest, ins->min_qty) >= 0 &&
           qt_instrument_notional(ins, low_px(market), rest, &notional) &&
           qt_money_mul_div(notional, 4, 5, &with_room) &&
           qt_money_cmp(with_room, ins->min_notional) >= 0;
}

static qt_qty
share_of(qt_qty qty, int64_t part, int64_t whole)
{
    qt_money share;
    return qt_money_mul_div(qt_money_of_qty(qty), part, whole, &share) ? qt_qty_of_money(share)
                                                                       : QT_QTY_ZERO;
}

/* The least lots that the venue takes at px. */
static qt_qty
least_of(const struct qt_algo_market *market, qt_px px)
{
    const struct qt_instrument *ins = market->ins;
    qt_qty least = qt_qty_cmp(ins->min_qty, ins->lot) > 0 ? ins->min_qty : ins->lot, more;
    double needed =
        qt_money_to_double(ins->min_notional, QT_MONEY_SCALE) / qt_px_to_double(px, ins->px_scale);
    if (can_send(market, px, least) || !qt_qty_of_double_floor(needed, ins->qty_scale, &more))
        return least;
    more = qt_qty_floor(more, ins->lot);
    if (!can_send(market, px, more) && !qt_qty_add(more, ins->lot, &more))
        return least;
    return more;
}

/* Lots of a child at px, wanted or less where what is left could be sent too; 0: none yet. */
static qt_qty
piece_of(const struct qt_parent *parent, const struct qt_algo_market *market, qt_px px,
         qt_qty wanted)
{
    const struct qt_instrument *ins = market->ins;
    qt_qty rest = qt_qty_floor(qt_parent_rest(parent), ins->lot), least = least_of(market, px);
    qt_qty piece = qt_qty_min(wanted, rest), left;
    if (qt_qty_cmp(piece, least) < 0 && qt_qty_cmp(piece, rest) < 0)
        return QT_QTY_ZERO;
    if (qt_qty_sign(market->chunk) > 0 && qt_qty_cmp(piece, market->chunk) > 0)
        piece = qt_qty_cmp(market->chunk, least) > 0 ? market->chunk : least;
    if (qt_qty_sign(ins->max_qty) > 0)
        piece = qt_qty_min(piece, ins->max_qty);
    piece = qt_qty_floor(piece, ins->lot);
    if (qt_qty_sub(rest, piece, &left) && !can_remain(market, left)) {
        bool fits = qt_qty_sign(ins->max_qty) == 0 || qt_qty_cmp(rest, ins->max_qty) <= 0;
        piece = fits ? rest : qt_qty_floor(share_of(rest, 1, 2), ins->lot);
    }
    return can_send(market, px, piece) ? piece : QT_QTY_ZERO;
}

static void
send(const struct qt_parent *parent, const struct qt_algo_market *market, qt_px px, uint8_t tif,
     qt_qty wanted, struct qt_algo_step *out)
{
    qt_qty piece = piece_of(parent, market, px, wanted);
    if (qt_qty_sign(piece) <= 0) {
        qt__algo_wait("too little is due for an order", out);
        return;
    }
    *out = (struct qt_algo_step){.action = QT_ALGO_SEND,
                                 .type = QT_TYPE_LIMIT,
                                 .tif = tif,
                                 .px = px,
                                 .qty = piece,
                                 .why = tif == QT_TIF_IOC ? "takes" : "rests"};
}

/* a beyond b, seen from the side: a buyer pays more, a seller gets less. */
static bool
is_beyond(const struct qt_parent *parent, qt_px a, qt_px b)
{
    int order = qt_px_cmp(a, b);
    return parent->side == QT_BUY ? order > 0 : order < 0;
}

static qt_px
moved(const struct qt_instrument *ins, qt_px from, double bps, bool up)
{
    qt_px px;
    double at = qt_px_to_double(from, ins->px_scale) * (up ? 1 + bps / BPS : 1 - bps / BPS);
    if (!qt_px_of_double(at, ins->px_scale, &px))
        return from;
    px = up ? qt_px_floor(px, ins->tick) : qt_px_ceil(px, ins->tick);
    return (up ? qt_px_cmp(px, from) < 0 : qt_px_cmp(px, from) > 0) ? from : px;
}

void
qt__algo_take(const struct qt_execution_config *config, const struct qt_parent *parent,
              const struct qt_algo_market *market, qt_qty wanted, struct qt_algo_step *out)
{
    bool is_buy = parent->side == QT_BUY;
    qt_px best = is_buy ? market->ask : market->bid;
    if (market->child == QT_ALGO_RESTS) {
        act(QT_ALGO_CANCEL, "makes room for a child that takes", out);
        return;
    }
    if (is_beyond(parent, best, parent->limit)) {
        qt__algo_wait("slippage budget", out);
        return;
    }
    qt_px px = moved(market->ins, best, config->take_bps, is_buy);
    if (is_beyond(parent, px, parent->limit))
        px = parent->limit;
    send(parent, market, px, QT_TIF_IOC, wanted, out);
}

static bool
has_left(const struct qt_execution_config *config, const struct qt_algo_market *market, qt_px want)
{
    double at = qt_px_to_double(market->child_px, market->ins->px_scale);
    double to = qt_px_to_double(want, market->ins->px_scale);
    return qt_px_cmp(market->child_px, want) != 0 &&
           (to > at ? to - at : at - to) / at * BPS >= config->reprice_bps;
}

void
qt__algo_rest(const struct qt_execution_config *config, const struct qt_parent *parent,
              const struct qt_algo_market *market, qt_qty wanted, struct qt_algo_step *out)
{
    qt_px px = parent->side == QT_BUY ? market->bid : market->ask;
    if (is_beyond(parent, px, parent->limit))
        px = parent->limit;
    qt_qty least = least_of(market, px);
    if (market->child == QT_ALGO_NO_CHILD)
        send(parent, market, px, QT_TIF_GTC, qt_qty_cmp(wanted, least) < 0 ? least : wanted, out);
    else if (has_left(config, market, px))
        act(QT_ALGO_CANCEL, "follows the best price", out);
    else
        qt__algo_wait("rests", out);
}

int64_t
qt__algo_part(const struct qt_parent *parent, int64_t now_ns, int64_t slices)
{
    int64_t life = parent->deadline_ns - parent->decided_ns, passed = now_ns - parent->decided_ns;
    double part = (double)passed / (double)life * (double)slices;
    if (!(part > 0))
        return 1;
    return part >= (double)slices ? slices : (int64_t)part + 1;
}

qt_qty
qt__algo_due(const struct qt_parent *parent, int64_t part, int64_t whole)
{
    qt_qty due;
    if (part >= whole)
        return qt_parent_rest(parent);
    if (!qt_qty_sub(share_of(parent->qty, part, whole), parent->filled, &due) ||
        qt_qty_sign(due) < 0)
        return QT_QTY_ZERO;
    return due;
}

/* Before the algorithm is asked: whether it is over. */
static bool
is_over(const struct qt_parent *parent, const struct qt_algo_market *market, const char **why)
{
    if (qt_qty_sign(qt_parent_rest(parent)) == 0)
        *why = "filled";
    else if (parent->state == QT_PARENT_STOPPING)
        *why = parent->why;
    else if (parent->deadline_ns != QT_TIME_NONE && market->now_ns >= parent->deadline_ns)
        *why = "deadline";
    else
        return false;
    return true;
}

void
qt_algo_step(const struct qt_execution_config *config, const struct qt_parent *parent,
             const struct qt_algo_market *market, struct qt_algo_step *out)
{
    const char *why;
    bool has_quote = qt_px_is_positive(market->bid) && qt_px_is_positive(market->ask);
    if (market->child == QT_ALGO_ON_WAY) {
        qt__algo_wait("a child's answer is awaited", out);
        return;
    }
    if (is_over(parent, market, &why)) {
        act(market->child == QT_ALGO_RESTS ? QT_ALGO_CANCEL : QT_ALGO_END, why, out);
        return;
    }
    if (!has_quote || qt_px_is_none(parent->limit)) {
        qt__algo_wait("no quote", out);
        return;
    }
    qt_qty rest = qt_qty_floor(qt_parent_rest(parent), market->ins->lot);
    if (market->child == QT_ALGO_NO_CHILD && !can_send(market, low_px(market), rest)) {
        act(QT_ALGO_END, "the rest is too small", out);
        return;
    }
    qt_algorithms[parent->algorithm]->step(config, parent, market, out);
}

qt_px
qt_algo_limit(const struct qt_execution_config *config, const struct qt_instrument *ins,
              enum qt_side side, double arrival)
{
    bool is_buy = side == QT_BUY;
    double at = arrival * (is_buy ? 1 + config->budget_bps / BPS : 1 - config->budget_bps / BPS);
    qt_px px;
    if (!(arrival > 0) || !qt_px_of_double(at, ins->px_scale, &px))
        return QT_PX_NONE;
    px = is_buy ? qt_px_floor(px, ins->tick) : qt_px_ceil(px, ins->tick);
    return qt_px_is_positive(px) ? px : QT_PX_NONE;
}

qt_qty
qt_algo_chunk(const struct qt_execution_config *config, const struct qt_instrument *ins,
              double day_volume, double day_sigma)
{
    qt_qty chunk;
    if (!(config->chunk_impact_bps > 0) || !(day_volume > 0) || !(day_sigma > 0))
        return QT_QTY_ZERO;
    double root = config->chunk_impact_bps / BPS / (config->impact_coefficient * day_sigma);
    if (!qt_qty_of_double_floor(day_volume * root * root, ins->qty_scale, &chunk))
        return QT_QTY_ZERO;
    return qt_qty_cmp(chunk, ins->lot) < 0 ? ins->lot : chunk;
}

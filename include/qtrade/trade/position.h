/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A position by average cost, in integers.
 *
 * An adding fill adds its quote to the cost. A reducing fill of q out of Q takes cost x q / Q
 * (toward zero; all of it when q = Q) out of the cost; its quote against that is realised. Beyond
 * zero the fill is split at zero. A fee in the base asset is a sale of that quantity at the fill's
 * price whose proceeds are the fee: it makes the quantity smaller, and its value stands in fees
 * like a fee in quote. A negative fee is a rebate, and the same the other way round.
 *
 * P1: sum of the quote received - paid in fills = realised - cost - (value of base fees), to the
 * unit, always. P2: flat means cost 0.
 */
#ifndef QTRADE_TRADE_POSITION_H
#define QTRADE_TRADE_POSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/market/instrument.h"
#include "qtrade/trade/order.h"

struct qt_position {
    uint32_t instrument;
    int px_scale, qty_scale;
    qt_qty qty;         /* > 0 long, < 0 short, 0 flat */
    qt_money cost;      /* quote paid for qty (short: received, negative); QT_MONEY_SCALE */
    qt_money realised;  /* before fees, since birth */
    qt_money fees;      /* quote value of all fees, since birth */
    qt_money base_fees; /* the part of fees that was paid in base */
    int64_t opened_ns;  /* of the present or last position; QT_TIME_NONE: never */
    int64_t closed_ns;  /* when it was last flat; QT_TIME_NONE: never closed */
};

/** What one fill did. */
struct qt_position_change {
    qt_qty closed_qty, opened_qty;       /* >= 0; both > 0: through zero */
    qt_money closed_quote, opened_quote; /* the fill's quote, split so */
    qt_money realised;                   /* by this fill, before fees */
    qt_money fee;                        /* quote value */
    bool is_opened;                      /* was flat */
    bool is_closed;                      /* is flat, or went through zero */
};

void qt_position_init(struct qt_position *position, const struct qt_instrument *ins);
/** Takes a fill. False: a sum did not fit or the fill is of another instrument; nothing changed.
 * out may be NULL. */
QT_CHECKED bool qt_position_fill(struct qt_position *position, const struct qt_fill *fill,
                                 struct qt_position_change *out);
/** What closing all at mark would realise, before fees; 0 when flat. False: overflow or mark
 * QT_PX_NONE. */
QT_CHECKED bool qt_position_unrealised(const struct qt_position *position, qt_px mark,
                                       qt_money *out);
/** Signed value at mark. False: overflow or mark QT_PX_NONE while not flat. */
QT_CHECKED bool qt_position_value(const struct qt_position *position, qt_px mark, qt_money *out);
/** |cost| / |qty| to the nearest price unit; QT_PX_NONE when flat. */
qt_px qt_position_entry(const struct qt_position *position);
static inline bool
qt_position_is_flat(const struct qt_position *position)
{
    return qt_qty_cmp(position->qty, QT_QTY_ZERO) == 0;
}

#endif

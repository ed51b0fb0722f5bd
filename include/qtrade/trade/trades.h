/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Round trips: from flat to flat (a turn through zero ends one and begins the next; its fee stands
 * with the one that ended). Engine thread only.
 */
#ifndef QTRADE_TRADE_TRADES_H
#define QTRADE_TRADE_TRADES_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/trade/order.h"
#include "qtrade/trade/position.h"

struct qt_round_trip {
    uint32_t instrument;
    uint8_t side;        /* enum qt_side of the entry */
    uint8_t exit_reason; /* enum qt_order_purpose of the last fill */
    uint32_t fills;
    int64_t opened_ns, closed_ns;
    qt_qty qty;        /* all that was bought (sold) to enter */
    qt_px entry, exit; /* average prices */
    qt_money entry_quote, exit_quote;
    qt_money profit; /* after fees, quote */
    qt_money fees;   /* quote value */
    qt_money risk;   /* entry to stop when it was opened; 0: unknown */
    bool has_r;
    double r_multiple; /* profit / risk */
};

struct qt_trades;
/** The open round trip of each of so many instruments. NULL: no memory. */
struct qt_trades *qt_trades_create(uint32_t instruments);
void qt_trades_destroy(struct qt_trades *trades); /* NULL is fine */
static inline void
qt_trades_auto(struct qt_trades **p)
{
    qt_trades_destroy(*p);
}
/** The money at risk (entry to stop) of the open or next round trip of an instrument; > 0. */
void qt_trades_set_risk(struct qt_trades *trades, uint32_t instrument, qt_money risk);
/** Goes on with a position of an earlier run: what it is and cost now is its entry. Nothing when it
 * is flat. */
void qt_trades_resume(struct qt_trades *trades, const struct qt_position *position);
/**
 * Takes a fill, what it did, and the position after it. Returns the round trip that it ended, or
 * NULL; valid until the next call.
 */
const struct qt_round_trip *qt_trades_fill(struct qt_trades *trades, const struct qt_fill *fill,
                                           const struct qt_position_change *change,
                                           const struct qt_position *after);

#endif

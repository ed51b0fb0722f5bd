/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Round trips: one that is open per instrument, and the newest that ended. A sum that does not fit
 * stays as it was: no trip's turnover comes near 92 billion.
 */
#include <stdlib.h>

#include "qtrade/base/time.h"
#include "qtrade/trade/trades.h"

struct open_trip {
    bool is_open;
    struct qt_round_trip trip;
    qt_qty exit_qty;
    qt_money realised; /* before fees */
};

struct qt_trades {
    uint32_t instruments;
    struct open_trip *open;     /* by instrument */
    struct qt_round_trip ended; /* the last */
};

struct qt_trades *
qt_trades_create(uint32_t instruments)
{
    qt_assert(instruments >= 1);
    struct qt_trades *trades = calloc(1, sizeof *trades);
    if (!trades)
        return NULL;
    trades->instruments = instruments;
    trades->open = calloc(instruments, sizeof *trades->open);
    if (trades->open)
        return trades;
    qt_trades_destroy(trades);
    return NULL;
}

void
qt_trades_destroy(struct qt_trades *trades)
{
    if (!trades)
        return;
    free(trades->open);
    free(trades);
}

static struct open_trip *
open_of(struct qt_trades *trades, uint32_t instrument)
{
    qt_assert(instrument < trades->instruments);
    return &trades->open[instrument];
}

void
qt_trades_set_risk(struct qt_trades *trades, uint32_t instrument, qt_money risk)
{
    open_of(trades, instrument)->trip.risk = risk;
}

void
qt_trades_resume(struct qt_trades *trades, const struct qt_position *position)
{
    struct open_trip *open = open_of(trades, position->instrument);
    if (qt_position_is_flat(position))
        return;
    bool is_long = qt_qty_sign(position->qty) > 0;
    *open = (struct open_trip){.is_open = true};
    open->trip = (struct qt_round_trip){.instrument = position->instrument,
                                        .side = is_long ? QT_BUY : QT_SELL,
                                        .opened_ns = position->opened_ns,
                                        .qty = qt_qty_abs(position->qty),
                                        .entry_quote = is_long ? position->cost
                                                               : qt_money_neg(position->cost)};
}

static void
add(qt_money *sum, qt_money v)
{
    (void)!qt_money_add(*sum, v, sum);
}

static void
take_exit(struct open_trip *open, const struct qt_fill *fill,
          const struct qt_position_change *change)
{
    open->trip.fills++;
    open->trip.exit_reason = fill->purpose;
    add(&open->trip.exit_quote, change->closed_quote);
    add(&open->realised, change->realised);
    add(&open->trip.fees, change->fee);
    (void)!qt_qty_add(open->exit_qty, change->closed_qty, &open->exit_qty);
}

static void
take_entry(struct open_trip *open, const struct qt_fill *fill,
           const struct qt_position_change *change)
{
    if (!open->is_open) {
        qt_money risk = open->trip.risk;
        *open = (struct open_trip){.is_open = true};
        open->trip = (struct qt_round_trip){.instrument = fill->instrument,
                                            .side = fill->side,
                                            .opened_ns = fill->t_ns,
                                            .risk = risk};
    }
    add(&open->trip.entry_quote, change->opened_quote);
    (void)!qt_qty_add(open->trip.qty, change->opened_qty, &open->trip.qty);
}

/* Averages, profit and R of a trip that ended; keeps it. */
static const struct qt_round_trip *
finish(struct qt_trades *trades, struct open_trip *open, const struct qt_position *after)
{
    struct qt_round_trip *trip = &open->trip;
    trip->closed_ns = after->closed_ns;
    trip->profit = open->realised;
    (void)!qt_money_sub(open->realised, trip->fees, &trip->profit);
    trip->entry = trip->exit = QT_PX_NONE;
    if (!qt_px_of_quote(trip->entry_quote, QT_MONEY_SCALE, trip->qty, after->qty_scale,
                        after->px_scale, &trip->entry))
        trip->entry = QT_PX_NONE;
    if (!qt_px_of_quote(trip->exit_quote, QT_MONEY_SCALE, open->exit_qty, after->qty_scale,
                        after->px_scale, &trip->exit))
        trip->exit = QT_PX_NONE;
    trip->has_r = qt_money_sign(trip->risk) > 0;
    if (trip->has_r)
        trip->r_multiple = qt_money_to_double(trip->profit, QT_MONEY_SCALE) /
                           qt_money_to_double(trip->risk, QT_MONEY_SCALE);
    trades->ended = *trip;
    *open = (struct open_trip){0};
    return &trades->ended;
}

const struct qt_round_trip *
qt_trades_fill(struct qt_trades *trades, const struct qt_fill *fill,
               const struct qt_position_change *change, const struct qt_position *after)
{
    struct open_trip *open = open_of(trades, fill->instrument);
    const struct qt_round_trip *ended = NULL;
    bool was_open = open->is_open;
    if (was_open) {
        add(fill->side == open->trip.side ? &open->trip.entry_quote : &open->trip.exit_quote,
            fill->correction);
        take_exit(open, fill, change);
    }
    if (was_open && change->is_closed)
        ended = finish(trades, open, after);
    if (qt_qty_sign(change->opened_qty) > 0) {
        take_entry(open, fill, change);
        if (!was_open || ended)
            open->trip.fills++;
        if (!was_open) {
            add(&open->trip.fees, change->fee);
            add(&open->realised, change->realised);
        }
    }
    return ended;
}

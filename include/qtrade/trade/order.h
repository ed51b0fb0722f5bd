/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An order and its states. One table (src/trade/order.c) holds every legal (state, event) pair with
 * the next state and the reason; a pair that is not there is an incident.
 *
 * R1: only the venue's evidence ends UNKNOWN; time never makes an order REJECTED.
 * R2: the filled quantity is what the booked fills cover on the cumulative axis 0..qty: (cum - qty,
 * cum] of each fill. A report that covers nothing new changes no quantity, whatever its order or
 * number. R3: a read (STATUS) that knows of more than is booked books the difference at once, at
 * the price its money says; the fill itself, when it comes later, brings only its fee. R4: where no
 * money is said either, the order's own price is an estimate; the fills that explain all that is
 * booked bring the difference to what was really paid.
 */
#ifndef QTRADE_TRADE_ORDER_H
#define QTRADE_TRADE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/market/event.h"
#include "qtrade/trade/request.h"

enum qt_order_purpose {
    QT_PURPOSE_ENTRY,
    QT_PURPOSE_STOP,    /* the plan's stop, seen on a tick */
    QT_PURPOSE_TARGET,  /* a partial or last target */
    QT_PURPOSE_TRAIL,   /* a trailing stop */
    QT_PURPOSE_FLATTEN, /* liquidation */
    QT_PURPOSE_REDUCE,  /* by rule: time, regime, correlation, operator's REDUCED */
    QT_PURPOSE_OUTSIDE, /* not ours: sold at the venue by somebody else, and believed */
    QT_PURPOSE_VENUE_STOP, /* the protective stop that rests at the venue */
    QT_PURPOSES
};
const char *qt_order_purpose_name(enum qt_order_purpose purpose); /* "entry" ... */

/** What can happen to an order. Reports become events in src/trade/report.c. */
enum qt_order_event {
    QT_ORDER_ON_SUBMIT, /* ours: handed to the venue */
    QT_ORDER_ON_ACCEPTED,
    QT_ORDER_ON_FILL_PART,   /* covers something new, less than everything */
    QT_ORDER_ON_FILL_FULL,   /* everything is covered now */
    QT_ORDER_ON_CANCEL_SENT, /* ours */
    QT_ORDER_ON_CANCELLED,
    QT_ORDER_ON_CANCEL_REJECTED,
    QT_ORDER_ON_REJECTED,      /* the venue had not acknowledged it before */
    QT_ORDER_ON_REJECTED_LATE, /* the venue had acknowledged it: contradicts itself */
    QT_ORDER_ON_EXPIRED,
    QT_ORDER_ON_TIMEOUT,   /* no answer, 5xx, connection lost */
    QT_ORDER_ON_READ_OPEN, /* STATUS rows, by the state they name */
    QT_ORDER_ON_READ_PARTIAL,
    QT_ORDER_ON_READ_CANCELLING,
    QT_ORDER_ON_READ_FILLED,
    QT_ORDER_ON_READ_CANCELLED,
    QT_ORDER_ON_READ_REJECTED,
    QT_ORDER_ON_READ_EXPIRED,
    QT_ORDER_ON_NOT_FOUND,      /* proves nothing: too early, or it was acknowledged before */
    QT_ORDER_ON_NOT_FOUND_SURE, /* never acknowledged, and the receive window has surely passed */
    QT_ORDER_EVENTS
};
const char *qt_order_event_name(enum qt_order_event event); /* "accepted" ... */

/**
 * The next state and why, from the table. False: the pair is not in it (an incident; outputs
 * untouched). why may be NULL; it points to static text. Pure.
 */
QT_CHECKED bool qt_order_next(enum qt_order_state state, enum qt_order_event event,
                              enum qt_order_state *out, const char **why);

#define QT_COVER_ISLANDS 16
#define QT_ORDER_TRADES 16
#define QT_ORDER_REASON 64

/** Which part of 0..qty is covered: everything up to prefix, and islands above it (sorted, apart).
 */
struct qt_cover {
    qt_qty prefix;
    uint32_t islands;
    struct {
        qt_qty from, to; /* (from, to] */
    } island[QT_COVER_ISLANDS];
};

/** One order. Plain data; qt_orders owns it. */
struct qt_order {
    struct qt_order_request request;
    uint8_t state;                  /* enum qt_order_state */
    uint8_t purpose;                /* enum qt_order_purpose */
    bool is_acknowledged;           /* the venue has shown that it knows the order */
    bool is_cancel_wanted;          /* a cancel was sent */
    bool is_earlier;                /* of an earlier run, and not told yet that it stands */
    uint64_t venue_id;              /* 0: not known yet */
    uint64_t seq;                   /* of the event that decided it */
    uint64_t parent;                /* the parent order it works for (trade/parent.h); 0: none */
    qt_qty cum_qty;                 /* booked */
    qt_money cum_quote;             /* booked, quote, QT_MONEY_SCALE */
    qt_money fees, base_fees;       /* quote (QT_MONEY_SCALE); base (qty_scale) */
    int64_t created_ns, updated_ns; /* event time */
    int64_t sent_ns, cancel_ns;     /* of the submit; of the last cancel, 0: none */
    int64_t cancel_after_ns;        /* the keeper's: no cancel before that event time; 0: at once */
    uint8_t cancel_refusals;        /* the keeper's: by the venue, since something else changed */
    uint32_t answered_read;         /* the keeper's: of the account, before the last answer about it */
    int32_t code;                   /* the venue's reject code; 0: none */
    char reason[QT_ORDER_REASON];   /* why it is in its state */
    int px_scale, qty_scale;
    struct qt_cover booked, explained;  /* by quantity; by fills with their fee (R3) */
    qt_money explained_quote;           /* what those fills came to, quote, QT_MONEY_SCALE */
    bool is_estimated;                  /* cum_quote has an estimate in it (R4) */
    uint64_t trade_id[QT_ORDER_TRADES]; /* the newest ones, a ring */
    qt_qty trade_cum[QT_ORDER_TRADES];
    uint32_t trades;
    uint32_t next, previous, slot; /* qt_orders' own */
};

/** What a fill moved. qty 0: only fee and correction of a part that was booked before (R3, R4). */
struct qt_fill {
    uint64_t client_id;
    uint64_t trade_id; /* 0: from a read */
    uint64_t seq;      /* of the order's deciding event */
    int64_t t_ns;
    uint32_t instrument;
    uint8_t side, purpose, is_maker, fee_in_base;
    bool is_from_read; /* booked from a STATUS row: no fee known yet */
    bool is_estimated; /* price is the order's own: the read had no money */
    qt_px px;
    qt_qty qty;
    qt_money quote; /* px x qty, >= 0, QT_MONEY_SCALE */
    qt_money correction; /* quote: what was booked at an estimate came to so much more (R4) */
    qt_money fee;   /* quote at QT_MONEY_SCALE, or base at qty_scale; negative: a rebate */
};

/** Has the venue told every fill of what is booked, with its price and fee? */
bool qt_order_is_explained(const struct qt_order *order);

/** What may still fill: qty - cum_qty, 0 for final states. UNKNOWN counts like an open one. */
qt_qty qt_order_remaining(const struct qt_order *order);

#endif

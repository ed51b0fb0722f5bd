/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order state machine: one table of (state, event, next state, why). A pair that is not in it
 * is an incident.
 *
 * How to add a row: here, and in the independent expectation of tests/trade/test_order.c, which
 * tries every event in every state.
 */
#include "qtrade/base/attr.h"
#include "qtrade/trade/order.h"

static const struct {
    enum qt_order_state from;
    enum qt_order_event on;
    enum qt_order_state to;
    const char *why;
} moves[] = {
    /* not answered yet */
    {QT_ORDER_PENDING, QT_ORDER_ON_SUBMIT, QT_ORDER_PENDING, "sent"},
    {QT_ORDER_PENDING, QT_ORDER_ON_ACCEPTED, QT_ORDER_OPEN, "accepted"},
    {QT_ORDER_PENDING, QT_ORDER_ON_FILL_PART, QT_ORDER_PARTIAL, "filled in part before the reply"},
    {QT_ORDER_PENDING, QT_ORDER_ON_FILL_FULL, QT_ORDER_FILLED, "filled"},
    {QT_ORDER_PENDING, QT_ORDER_ON_CANCEL_SENT, QT_ORDER_CANCEL_PENDING, "cancel sent"},
    {QT_ORDER_PENDING, QT_ORDER_ON_CANCELLED, QT_ORDER_CANCELLED, "cancelled"},
    {QT_ORDER_PENDING, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_UNKNOWN,
     "cancel refused: ask the venue"},
    {QT_ORDER_PENDING, QT_ORDER_ON_REJECTED, QT_ORDER_REJECTED, "refused by the venue"},
    {QT_ORDER_PENDING, QT_ORDER_ON_REJECTED_LATE, QT_ORDER_UNKNOWN,
     "known and refused: ask the venue"},
    {QT_ORDER_PENDING, QT_ORDER_ON_EXPIRED, QT_ORDER_EXPIRED, "expired"},
    {QT_ORDER_PENDING, QT_ORDER_ON_TIMEOUT, QT_ORDER_UNKNOWN,
     "no answer in time: ask by client id"},
    {QT_ORDER_PENDING, QT_ORDER_ON_READ_OPEN, QT_ORDER_OPEN, "read: open"},
    {QT_ORDER_PENDING, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_PARTIAL, "read: filled in part"},
    {QT_ORDER_PENDING, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_CANCEL_PENDING,
     "read: being cancelled"},
    {QT_ORDER_PENDING, QT_ORDER_ON_READ_FILLED, QT_ORDER_FILLED, "read: filled"},
    {QT_ORDER_PENDING, QT_ORDER_ON_READ_CANCELLED, QT_ORDER_CANCELLED, "read: cancelled"},
    {QT_ORDER_PENDING, QT_ORDER_ON_READ_REJECTED, QT_ORDER_REJECTED, "read: refused"},
    {QT_ORDER_PENDING, QT_ORDER_ON_READ_EXPIRED, QT_ORDER_EXPIRED, "read: expired"},
    {QT_ORDER_PENDING, QT_ORDER_ON_NOT_FOUND, QT_ORDER_UNKNOWN, "not found: may be on its way"},
    {QT_ORDER_PENDING, QT_ORDER_ON_NOT_FOUND_SURE, QT_ORDER_REJECTED, "never arrived at the venue"},

    {QT_ORDER_OPEN, QT_ORDER_ON_ACCEPTED, QT_ORDER_OPEN, "accepted"},
    {QT_ORDER_OPEN, QT_ORDER_ON_FILL_PART, QT_ORDER_PARTIAL, "filled in part"},
    {QT_ORDER_OPEN, QT_ORDER_ON_FILL_FULL, QT_ORDER_FILLED, "filled"},
    {QT_ORDER_OPEN, QT_ORDER_ON_CANCEL_SENT, QT_ORDER_CANCEL_PENDING, "cancel sent"},
    {QT_ORDER_OPEN, QT_ORDER_ON_CANCELLED, QT_ORDER_CANCELLED, "cancelled"},
    {QT_ORDER_OPEN, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_UNKNOWN, "cancel refused: ask the venue"},
    {QT_ORDER_OPEN, QT_ORDER_ON_REJECTED_LATE, QT_ORDER_UNKNOWN,
     "accepted and refused: ask the venue"},
    {QT_ORDER_OPEN, QT_ORDER_ON_EXPIRED, QT_ORDER_EXPIRED, "expired"},
    {QT_ORDER_OPEN, QT_ORDER_ON_TIMEOUT, QT_ORDER_UNKNOWN, "link lost: ask the venue"},
    {QT_ORDER_OPEN, QT_ORDER_ON_READ_OPEN, QT_ORDER_OPEN, "read: open"},
    {QT_ORDER_OPEN, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_PARTIAL, "read: filled in part"},
    {QT_ORDER_OPEN, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_CANCEL_PENDING, "read: being cancelled"},
    {QT_ORDER_OPEN, QT_ORDER_ON_READ_FILLED, QT_ORDER_FILLED, "read: filled"},
    {QT_ORDER_OPEN, QT_ORDER_ON_READ_CANCELLED, QT_ORDER_CANCELLED, "read: cancelled"},
    {QT_ORDER_OPEN, QT_ORDER_ON_READ_REJECTED, QT_ORDER_REJECTED,
     "read: refused when it triggered"},
    {QT_ORDER_OPEN, QT_ORDER_ON_READ_EXPIRED, QT_ORDER_EXPIRED, "read: expired"},
    {QT_ORDER_OPEN, QT_ORDER_ON_NOT_FOUND, QT_ORDER_UNKNOWN, "accepted and not found: ask again"},

    {QT_ORDER_PARTIAL, QT_ORDER_ON_ACCEPTED, QT_ORDER_PARTIAL, "accepted, the reply came late"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_FILL_PART, QT_ORDER_PARTIAL, "filled in part"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_FILL_FULL, QT_ORDER_FILLED, "filled"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_CANCEL_SENT, QT_ORDER_CANCEL_PENDING, "cancel sent"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_CANCELLED, QT_ORDER_CANCELLED, "cancelled, filled in part"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_UNKNOWN,
     "cancel refused: ask the venue"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_REJECTED_LATE, QT_ORDER_UNKNOWN,
     "filled and refused: ask the venue"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_EXPIRED, QT_ORDER_EXPIRED, "expired, filled in part"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_TIMEOUT, QT_ORDER_UNKNOWN, "link lost: ask the venue"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_READ_OPEN, QT_ORDER_PARTIAL, "an older read"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_PARTIAL, "read: filled in part"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_CANCEL_PENDING,
     "read: being cancelled"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_READ_FILLED, QT_ORDER_FILLED, "read: filled"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_READ_CANCELLED, QT_ORDER_CANCELLED, "read: cancelled"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_READ_EXPIRED, QT_ORDER_EXPIRED, "read: expired"},
    {QT_ORDER_PARTIAL, QT_ORDER_ON_NOT_FOUND, QT_ORDER_UNKNOWN, "filled and not found: ask again"},

    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_ACCEPTED, QT_ORDER_CANCEL_PENDING,
     "accepted, the reply came late"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_FILL_PART, QT_ORDER_CANCEL_PENDING,
     "filled in part, cancel sent"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_FILL_FULL, QT_ORDER_FILLED, "filled before the cancel"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_CANCEL_SENT, QT_ORDER_CANCEL_PENDING,
     "cancel sent again"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_CANCELLED, QT_ORDER_CANCELLED, "cancelled"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_UNKNOWN,
     "cancel refused: ask the venue"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_REJECTED, QT_ORDER_REJECTED, "refused by the venue"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_REJECTED_LATE, QT_ORDER_UNKNOWN,
     "accepted and refused: ask the venue"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_EXPIRED, QT_ORDER_EXPIRED, "expired before the cancel"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_TIMEOUT, QT_ORDER_UNKNOWN,
     "no answer to the cancel: ask the venue"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_READ_OPEN, QT_ORDER_CANCEL_PENDING,
     "a read from before the cancel"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_CANCEL_PENDING,
     "a read from before the cancel"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_CANCEL_PENDING,
     "read: being cancelled"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_READ_FILLED, QT_ORDER_FILLED, "read: filled"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_READ_CANCELLED, QT_ORDER_CANCELLED, "read: cancelled"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_READ_REJECTED, QT_ORDER_REJECTED, "read: refused"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_READ_EXPIRED, QT_ORDER_EXPIRED, "read: expired"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_NOT_FOUND, QT_ORDER_UNKNOWN, "not found: ask again"},
    {QT_ORDER_CANCEL_PENDING, QT_ORDER_ON_NOT_FOUND_SURE, QT_ORDER_REJECTED,
     "never arrived at the venue"},

    /* only the venue's word leads out of UNKNOWN */
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_ACCEPTED, QT_ORDER_OPEN, "accepted after all"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_FILL_PART, QT_ORDER_PARTIAL, "filled in part after all"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_FILL_FULL, QT_ORDER_FILLED, "filled after all"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_CANCEL_SENT, QT_ORDER_UNKNOWN, "cancel sent, fate not known"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_CANCELLED, QT_ORDER_CANCELLED, "cancelled"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_UNKNOWN,
     "cancel refused: ask the venue"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_REJECTED, QT_ORDER_REJECTED, "refused by the venue"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_REJECTED_LATE, QT_ORDER_UNKNOWN,
     "accepted and refused: ask the venue"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_EXPIRED, QT_ORDER_EXPIRED, "expired"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_TIMEOUT, QT_ORDER_UNKNOWN, "no answer again: ask the venue"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_READ_OPEN, QT_ORDER_OPEN, "read: open"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_PARTIAL, "read: filled in part"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_CANCEL_PENDING,
     "read: being cancelled"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_READ_FILLED, QT_ORDER_FILLED, "read: filled"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_READ_CANCELLED, QT_ORDER_CANCELLED, "read: cancelled"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_READ_REJECTED, QT_ORDER_REJECTED, "read: refused"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_READ_EXPIRED, QT_ORDER_EXPIRED, "read: expired"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_NOT_FOUND, QT_ORDER_UNKNOWN,
     "not found, which proves nothing yet"},
    {QT_ORDER_UNKNOWN, QT_ORDER_ON_NOT_FOUND_SURE, QT_ORDER_REJECTED, "never arrived at the venue"},

    /* final: late words change nothing but what was filled */
    {QT_ORDER_FILLED, QT_ORDER_ON_ACCEPTED, QT_ORDER_FILLED, "accepted, the reply came late"},
    {QT_ORDER_FILLED, QT_ORDER_ON_FILL_FULL, QT_ORDER_FILLED, "the fee of a fill"},
    {QT_ORDER_FILLED, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_FILLED, "filled before the cancel"},
    {QT_ORDER_FILLED, QT_ORDER_ON_TIMEOUT, QT_ORDER_FILLED, "filled all the same"},
    {QT_ORDER_FILLED, QT_ORDER_ON_READ_OPEN, QT_ORDER_FILLED, "an older read"},
    {QT_ORDER_FILLED, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_FILLED, "an older read"},
    {QT_ORDER_FILLED, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_FILLED, "an older read"},
    {QT_ORDER_FILLED, QT_ORDER_ON_READ_FILLED, QT_ORDER_FILLED, "read: filled"},
    {QT_ORDER_FILLED, QT_ORDER_ON_NOT_FOUND, QT_ORDER_FILLED, "no longer listed"},

    {QT_ORDER_CANCELLED, QT_ORDER_ON_ACCEPTED, QT_ORDER_CANCELLED, "accepted, the reply came late"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_FILL_PART, QT_ORDER_CANCELLED,
     "a fill from before the cancel"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_FILL_FULL, QT_ORDER_FILLED, "the fills won the race"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_CANCELLED, QT_ORDER_CANCELLED, "cancelled"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_CANCELLED, "cancelled before"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_TIMEOUT, QT_ORDER_CANCELLED, "cancelled all the same"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_READ_OPEN, QT_ORDER_CANCELLED, "an older read"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_CANCELLED, "an older read"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_CANCELLED, "an older read"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_READ_FILLED, QT_ORDER_FILLED, "the fills won the race"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_READ_CANCELLED, QT_ORDER_CANCELLED, "read: cancelled"},
    {QT_ORDER_CANCELLED, QT_ORDER_ON_NOT_FOUND, QT_ORDER_CANCELLED, "no longer listed"},

    {QT_ORDER_REJECTED, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_REJECTED, "nothing to cancel"},
    {QT_ORDER_REJECTED, QT_ORDER_ON_REJECTED, QT_ORDER_REJECTED, "refused by the venue"},
    {QT_ORDER_REJECTED, QT_ORDER_ON_REJECTED_LATE, QT_ORDER_REJECTED, "refused by the venue"},
    {QT_ORDER_REJECTED, QT_ORDER_ON_TIMEOUT, QT_ORDER_REJECTED, "refused all the same"},
    {QT_ORDER_REJECTED, QT_ORDER_ON_READ_REJECTED, QT_ORDER_REJECTED, "read: refused"},
    {QT_ORDER_REJECTED, QT_ORDER_ON_NOT_FOUND, QT_ORDER_REJECTED, "not listed"},
    {QT_ORDER_REJECTED, QT_ORDER_ON_NOT_FOUND_SURE, QT_ORDER_REJECTED, "not listed"},

    {QT_ORDER_EXPIRED, QT_ORDER_ON_ACCEPTED, QT_ORDER_EXPIRED, "accepted, the reply came late"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_FILL_PART, QT_ORDER_EXPIRED, "a fill from before the expiry"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_FILL_FULL, QT_ORDER_FILLED, "the fills won the race"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_EXPIRED, "expired before the cancel"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_EXPIRED, QT_ORDER_EXPIRED, "expired"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_TIMEOUT, QT_ORDER_EXPIRED, "expired all the same"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_READ_OPEN, QT_ORDER_EXPIRED, "an older read"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_EXPIRED, "an older read"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_EXPIRED, "an older read"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_READ_FILLED, QT_ORDER_FILLED, "the fills won the race"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_READ_EXPIRED, QT_ORDER_EXPIRED, "read: expired"},
    {QT_ORDER_EXPIRED, QT_ORDER_ON_NOT_FOUND, QT_ORDER_EXPIRED, "no longer listed"},
};

bool
qt_order_next(enum qt_order_state state, enum qt_order_event event, enum qt_order_state *out,
              const char **why)
{
    for (size_t i = 0; i < QT_COUNT_OF(moves); i++) {
        if (moves[i].from != state || moves[i].on != event)
            continue;
        *out = moves[i].to;
        if (why)
            *why = moves[i].why;
        return true;
    }
    return false;
}

const char *
qt_order_purpose_name(enum qt_order_purpose purpose)
{
    static const char *const names[QT_PURPOSES] = {
        "entry", "stop", "target", "trail", "flatten", "reduce", "outside", "venue_stop"};
    return (unsigned)purpose < QT_PURPOSES ? names[purpose] : "?";
}

const char *
qt_order_event_name(enum qt_order_event event)
{
    static const char *const names[QT_ORDER_EVENTS] = {
        [QT_ORDER_ON_SUBMIT] = "submit",
        [QT_ORDER_ON_ACCEPTED] = "accepted",
        [QT_ORDER_ON_FILL_PART] = "partial fill",
        [QT_ORDER_ON_FILL_FULL] = "last fill",
        [QT_ORDER_ON_CANCEL_SENT] = "cancel sent",
        [QT_ORDER_ON_CANCELLED] = "cancelled",
        [QT_ORDER_ON_CANCEL_REJECTED] = "cancel rejected",
        [QT_ORDER_ON_REJECTED] = "rejected",
        [QT_ORDER_ON_REJECTED_LATE] = "rejected after it was known",
        [QT_ORDER_ON_EXPIRED] = "expired",
        [QT_ORDER_ON_TIMEOUT] = "timeout",
        [QT_ORDER_ON_READ_OPEN] = "read as open",
        [QT_ORDER_ON_READ_PARTIAL] = "read as partial",
        [QT_ORDER_ON_READ_CANCELLING] = "read as being cancelled",
        [QT_ORDER_ON_READ_FILLED] = "read as filled",
        [QT_ORDER_ON_READ_CANCELLED] = "read as cancelled",
        [QT_ORDER_ON_READ_REJECTED] = "read as rejected",
        [QT_ORDER_ON_READ_EXPIRED] = "read as expired",
        [QT_ORDER_ON_NOT_FOUND] = "not found",
        [QT_ORDER_ON_NOT_FOUND_SURE] = "not found for sure",
    };
    return (unsigned)event < QT_ORDER_EVENTS ? names[event] : "?";
}

bool
qt_order_is_explained(const struct qt_order *order)
{
    return order->explained.islands == 0 &&
           qt_qty_cmp(order->explained.prefix, order->cum_qty) == 0;
}

qt_qty
qt_order_remaining(const struct qt_order *order)
{
    qt_qty rest = QT_QTY_ZERO;
    if (qt_order_state_is_final(order->state) ||
        !qt_qty_sub(order->request.qty, order->cum_qty, &rest))
        return QT_QTY_ZERO;
    return rest;
}

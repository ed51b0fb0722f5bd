/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the owner of a symbol gives to the engine thread: orders to send, fills, and messages for
 * the bus.
 */
#ifndef QTRADE_ENGINE_OUTPUT_PRIV_H
#define QTRADE_ENGINE_OUTPUT_PRIV_H

#include "qtrade/engine/bus.h"
#include "qtrade/trade/position.h"
#include "qtrade/trade/request.h"

enum qt_output_kind {
    QT_OUT_SUBMIT,
    QT_OUT_CANCEL,
    QT_OUT_FILL,
    QT_OUT_MESSAGE,
    QT_OUT_INCIDENT /* the message's note says what is inconsistent */
};

/** A fill after its symbol has taken it. */
struct qt_filled {
    uint64_t seq;
    struct qt_fill fill;
    struct qt_position_change change;
    struct qt_position after;
    qt_money risk; /* of an entry: from entry to stop; 0 else */
};

/** An order on its way out. */
struct qt_submission {
    struct qt_order_request request;
    int64_t t_ns;
    uint8_t purpose; /* enum qt_order_purpose */
};

/** A cancel on its way out. */
struct qt_withdrawal {
    uint64_t client_id, seq; /* seq: of the event that decided it */
    int64_t t_ns;
    uint32_t instrument;
    uint8_t side; /* enum qt_side, of the order */
};

struct qt_output {
    enum qt_output_kind kind;
    union {
        struct qt_submission submission;
        struct qt_withdrawal withdrawal; /* CANCEL */
        struct qt_filled filled;         /* FILL */
        struct qt_message message;
    };
};

#endif

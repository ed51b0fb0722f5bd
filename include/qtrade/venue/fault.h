/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Faults that the simulated exchange shows on demand: what can go wrong at a venue, one row a
 * fault, and their specifications as text ("lost-ack=0.05", "cut=60s", "halt=BTCUSDT@30s:20s").
 *
 * How to add one: its kind here, its row in src/venue/exchange/fault_table.c, what it does in
 * faults.c, its entry in man/qtrade-venue.1. tests/venue/test_exchange_faults sees each at a raw
 * client, tests/end_to_end/test_faults runs the whole program under each, tests/cli/test_manual
 * holds the page against the table.
 */
#ifndef QTRADE_VENUE_FAULT_H
#define QTRADE_VENUE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/market/instrument.h"

enum qt_fault_kind {
    QT_FAULT_LATENCY,
    QT_FAULT_5XX,
    QT_FAULT_STORM,
    QT_FAULT_LOST_ACK,
    QT_FAULT_REJECT,
    QT_FAULT_REJECT_CANCEL,
    QT_FAULT_DROP,
    QT_FAULT_DROP_USER,
    QT_FAULT_DUPLICATE,
    QT_FAULT_REORDER,
    QT_FAULT_GAP,
    QT_FAULT_CUT,
    QT_FAULT_HALF_OPEN,
    QT_FAULT_HALT,
    QT_FAULT_SKEW,
    QT_FAULT_REVOKE,
    QT_FAULT_ROTATE,
    QT_FAULT_RIGHTS,
    QT_FAULT_KINDS
};

/** One row for people: name, form of its value, what it does. */
struct qt_fault_row {
    const char *name, *form, *help;
};
extern const struct qt_fault_row qt_fault_rows[QT_FAULT_KINDS];

#define QT_FAULTS_MAX 16 /* of one exchange */

/** One fault that was asked for; a kind uses the fields its form names. Times are of the wall
 * clock. */
struct qt_fault {
    enum qt_fault_kind kind;
    bool is_all;               /* CUT: every connection, not one of them */
    double share;              /* of what it may befall: 0 < share <= 1 */
    int64_t every_ns;          /* from one to the next */
    int64_t start_ns;          /* from the exchange's start to it */
    int64_t time_ns;           /* how long it lasts; SKEW: how far ahead, negative: behind */
    char what[QT_SYMBOL_SIZE]; /* HALT: a symbol, or "all" */
};

/**
 * Reads NAME=VALUE. False: unknown name or bad value, QT_E_USAGE; err names it and says what there
 * is. Any thread.
 */
QT_CHECKED bool qt_fault_parse(const char *spec, struct qt_fault *out, struct qt_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the engine tells its journal: every numbered event as it comes in, and every decision in the
 * order of the numbers that caused it. The same events give the same decisions with any number of
 * workers, so a replay that keeps both compares them one by one.
 *
 * How to add a kind of decision: a row in the enum, its payload in the union, a table of its fields
 * in src/store/journal_fields.c, and qt__decide where it falls.
 */
#ifndef QTRADE_ENGINE_JOURNAL_H
#define QTRADE_ENGINE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/engine/record.h"
#include "qtrade/market/event.h"
#include "qtrade/trade/request.h"

enum qt_decision_kind {
    QT_DECISION_MADE,   /* selected, regime, entry, exit, refused, breaker, mode */
    QT_DECISION_ORDER,  /* an order that passed the gate */
    QT_DECISION_CANCEL, /* a cancel; client_id 0: all own orders of the instrument */
    QT_DECISION_CYCLE,  /* what a cycle stood at, as hashes */
    QT_DECISION_KINDS
};

struct qt_cancel {
    uint64_t client_id;
    uint32_t instrument;
};

/** Everything a cycle computed, so that a difference is seen in the cycle it happens in. */
struct qt_cycle_digest {
    uint64_t scan;   /* every row of the ranking, the regime, the five */
    uint64_t book;   /* ledger, positions, equity, breakers, mode */
    uint64_t orders; /* orders alive, verdicts of the gate */
};

struct qt_decision {
    uint64_t seq; /* of the event or cycle that caused it */
    int64_t t_ns;
    uint32_t kind; /* enum qt_decision_kind */
    union {
        struct qt_decision_record made;
        struct qt_order_request order;
        struct qt_cancel cancel;
        struct qt_cycle_digest cycle;
    };
};

/**
 * The journal. Both calls copy, on the engine thread, and return as soon as there is room. False:
 * there is none and nothing moves: this one was not taken. The engine offers it again for some
 * seconds while no position and no order is out; else, or when that did not help, it calls lost,
 * gives the journal nothing more, and pauses.
 */
struct qt_journal_port {
    void *self;
    bool (*event)(void *self, const struct qt_event *event); /* NULL: no journal */
    bool (*decision)(void *self, const struct qt_decision *decision);
    void (*lost)(void *self); /* what follows is not in it: it ends so; NULL: nobody is told */
    bool (*is_healthy)(void *self); /* NULL: always; false: the last write failed */
    /** How much it has written, and what waits; NULL: not known. */
    void (*look)(void *self, uint64_t *out_bytes, uint64_t *out_waiting);
};

#endif

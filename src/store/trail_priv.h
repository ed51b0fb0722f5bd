/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of the engine's records is also an entry of the audit: a mode that changed, an order that
 * was sent, is being cancelled or has ended, an entry that the gate or the sizing refused.
 *
 * Refusals come with every cycle while their cause lasts. The first of a symbol and reason is an
 * entry; those that follow are counted, and the count is an entry each hour and when they have
 * ceased for one. The table is bounded: when it is full, the one that was seen least recently goes,
 * with its count.
 */
#ifndef QTRADE_STORE_TRAIL_PRIV_H
#define QTRADE_STORE_TRAIL_PRIV_H

#include "qtrade/engine/record.h"
#include "qtrade/market/instrument.h"

enum { QT__TRAIL_REASONS = 256, QT__TRAIL_ENTRIES = 4 /* of one record, at most */ };

/** Refusals of one symbol for one reason. */
struct qt__refusal {
    uint64_t reason;            /* hash of its text without figures, and of the symbol; 0: free */
    uint32_t instrument, count; /* since the last entry */
    int64_t told_ns, seen_ns;   /* event time */
    char text[48];
};

struct qt__trail {
    int64_t swept_ns;
    struct qt__refusal refusal[QT__TRAIL_REASONS];
};

/**
 * Entries of the audit that record makes, into out; how many. was is the state of an order before
 * (QT_ORDER_STATES: it is new).
 */
unsigned qt__trail_of(struct qt__trail *trail, const struct qt_record *record,
                      const struct qt_universe *universe, enum qt_order_state was,
                      struct qt_record out[QT__TRAIL_ENTRIES]);
/** The counts that are left, at the end; call until it returns 0. */
unsigned qt__trail_end(struct qt__trail *trail, const struct qt_universe *universe,
                       struct qt_record out[QT__TRAIL_ENTRIES]);

#endif

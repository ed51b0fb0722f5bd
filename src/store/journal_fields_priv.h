/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a journal's records: a table of fields a kind, from which the coder, the decoder and
 * the JSON of `replay --dump` come.
 *
 * A record is: varint length of what follows, one byte of kind, its fields in table order. Whole
 * numbers are LEB128 varints, signed ones zigzag first; times and numbers are differences to the
 * record before in the same chunk; a double is its 8 bytes, little endian; a text is its length and
 * its bytes.
 */
#ifndef QTRADE_STORE_JOURNAL_FIELDS_PRIV_H
#define QTRADE_STORE_JOURNAL_FIELDS_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/text.h"
#include "qtrade/engine/journal.h"
#include "qtrade/engine/record.h"
#include "qtrade/market/instrument.h"
#include "qtrade/store/journal.h"

/** Kinds of records: events and decisions from their bases upward. */
enum qt__entry {
    QT__ENTRY_HEAD = 1,      /* struct qt__journal_start */
    QT__ENTRY_CONFIG,        /* struct qt__journal_text: a piece of the config's JSON */
    QT__ENTRY_INSTRUMENT,    /* struct qt_instrument, by id */
    QT__ENTRY_STATE,         /* struct qt_restore without its lists */
    QT__ENTRY_ORDER,         /* struct qt_order_record: alive at the start */
    QT__ENTRY_POSITION,      /* struct qt_position_record */
    QT__ENTRY_BALANCE,       /* struct qt_balance_record */
    QT__ENTRY_BEGIN,         /* the head is complete: inputs follow */
    QT__ENTRY_END,           /* struct qt__journal_end */
    QT__ENTRY_MARKET,        /* struct qt_market_ref: the market state it begins with */
    QT__ENTRY_PLAN,          /* struct qt_entry_plan: of an entry that is alive at the start */
    QT__ENTRY_EVENT = 32,    /* + enum qt_event_kind: struct qt_event */
    QT__ENTRY_DECISION = 64, /* + enum qt_decision_kind: struct qt_decision */
    QT__ENTRIES = 96
};

struct qt__journal_start {
    char version[24], run_kind[12];
    int64_t created_ns, base_period_ns;
    bool is_recorded;
};

struct qt__journal_text {
    char bytes[1024];
};

struct qt__journal_end {
    uint8_t reason; /* enum qt_journal_ending */
    uint64_t seq;   /* of the last event */
};

/** Any record, decoded. */
union qt__journal_any {
    struct qt__journal_start head;
    struct qt__journal_text text;
    struct qt_instrument instrument;
    struct qt_order_record order;
    struct qt_position_record position;
    struct qt_balance_record balance;
    struct qt_entry_plan plan;
    struct qt__journal_end end;
    struct qt_market_ref market;
    struct qt_event event;
    struct qt_decision decision;
};

/** What a chunk's records are relative to; zero at its beginning. */
struct qt__journal_base {
    uint64_t seq;
    int64_t t_ns;
};

/** Most bytes of one record with its length. */
#define QT__ENTRY_MAX 1400

/** Appends a record of a kind to out (QT__ENTRY_MAX free); returns its bytes. thing is the kind's
 * struct. */
size_t qt__entry_put(unsigned kind, const void *thing, struct qt__journal_base *base,
                     unsigned char *out);
/**
 * Reads the record at in[0..n) into out, the kind's struct (zeroed first). Returns its bytes; 0:
 * cut, unknown kind, a value out of its range, or bytes left over. *out_kind is set when it is
 * known. state: where QT__ENTRY_STATE goes, may be NULL.
 */
size_t qt__entry_get(const unsigned char *in, size_t n, struct qt__journal_base *base,
                     unsigned *out_kind, union qt__journal_any *out, struct qt_restore *state);
/** One record as a JSON object on one line. universe gives names and scales. */
void qt__entry_json(unsigned kind, const void *thing, const struct qt_universe *universe,
                    struct qt_text *out);

#endif

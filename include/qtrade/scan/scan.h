/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scan at one instant: rows measured (in parallel, on any number of shards), then ranked once.
 *
 *     shards:  qt_scan_symbol_measure per symbol  ->  rows[i]
 *     barrier: qt_scan_rank: microcap -> regime -> score x decay -> order -> correlation -> top
 */
#ifndef QTRADE_SCAN_SCAN_H
#define QTRADE_SCAN_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "qtrade/scan/config.h"
#include "qtrade/scan/regime.h"
#include "qtrade/scan/select.h"
#include "qtrade/scan/symbol.h"

struct qt_scan_result {
    int64_t now_ns;
    uint32_t symbols, eligible;         /* rows; rows that are QT_SCAN_OK = ranked */
    uint32_t excluded[QT_SCAN_REASONS]; /* rows per reason */
    uint32_t selected_count;
    uint32_t selected[QT_SCAN_TOP_MAX]; /* row indices, best first */
    struct qt_regime regime;
    struct qt_scan_weights weights; /* what the score used */
};

/** What rows are ordered by: larger value first, then the smaller instrument id. */
struct qt_scan_key {
    double value;
    uint32_t instrument, index;
};

/** Scratch of one ranking: what the caller takes once for its universe and lends to every cycle. */
struct qt_scan_scratch {
    size_t capacity; /* rows it can hold */
    uint32_t *order; /* after qt_scan_rank: row indices best first, eligible of them */
    double *values;
    struct qt_scan_key *keys;
};
/** Orders n keys in place (heap sort: no memory, no recursion, the same order everywhere). No NaN.
 */
void qt_scan_keys_sort(struct qt_scan_key *keys, size_t n);

/** Bytes and set-up over a caller's block (aligned to 8). */
size_t qt_scan_scratch_bytes(size_t capacity);
void qt_scan_scratch_init(struct qt_scan_scratch *scratch, void *block, size_t capacity);

/**
 * Ranks n measured rows: rows[i] belongs to symbols[i]. Updates the regime with this cycle, fills
 * each row's rank part, and out. n <= scratch->capacity. reference: instrument id of the regime's
 * reference symbol, or QT_NO_INSTRUMENT. Ties go to the smaller instrument id. One thread;
 * allocates nothing.
 */
void qt_scan_rank(const struct qt_scan_config *config, struct qt_scan_row *rows,
                  const struct qt_scan_symbol *const *symbols, size_t n, uint32_t reference,
                  int64_t now_ns, struct qt_regime_state *regime, struct qt_scan_scratch *scratch,
                  struct qt_scan_result *out);

#endif

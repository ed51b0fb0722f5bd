/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ring of rows of whole numbers, kept small. Rows stand in blocks of 1 KiB, each number as its
 * difference to what it follows, zigzag, seven bits a byte, so that bars of a market take about 20
 * bytes instead of 88. P1: what comes out is what went in, for any 64 bits. P2: a block begins with
 * a row that follows nothing, so that it can be read without the one before.
 *
 *     block   | n | used | row 0: every number itself | row 1: differences | ... | free |
 */
#ifndef QTRADE_VENUE_EXCHANGE_PACKED_PRIV_H
#define QTRADE_VENUE_EXCHANGE_PACKED_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

#define QT__PACKED_COLUMNS 10

struct qt__packed_block;

/** Zeroed but for shape at birth; ends with qt__packed_finish. */
struct qt__packed {
    unsigned columns; /* numbers a row, 1..QT__PACKED_COLUMNS */
    unsigned follows; /* bit k: number k is near the row before's; else it is near 0 */
    size_t most;      /* rows kept; then the oldest goes */
    struct qt__packed_block **blocks;
    size_t n_blocks, capacity;
    size_t gone, n; /* rows of the first block that are no longer kept; rows kept */
    int64_t last[QT__PACKED_COLUMNS];
};

/** Where a reading stands; it ends when a row is added. */
struct qt__packed_cursor {
    const struct qt__packed *packed;
    size_t block, row, at; /* at: byte in the block */
    int64_t last[QT__PACKED_COLUMNS];
};

void qt__packed_finish(struct qt__packed *packed);
/** Without memory the row is not kept, nor are those before it; false then. */
bool qt__packed_add(struct qt__packed *packed, const int64_t *row);
/** The cursor before row i, 0 the oldest, i <= n. */
void qt__packed_seek(const struct qt__packed *packed, size_t i, struct qt__packed_cursor *cursor);
/** The row at the cursor, which moves on; NULL: there are no more. Until the next call. */
const int64_t *qt__packed_next(struct qt__packed_cursor *cursor);
/** The first row whose number 0 is at least value (number 0 rises from row to row); n: none. */
size_t qt__packed_find(const struct qt__packed *packed, int64_t value);

#endif

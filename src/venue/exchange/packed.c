/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packed_priv.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1024, ROW_MAX = QT__PACKED_COLUMNS * 10 };

struct qt__packed_block {
    uint16_t n, used;
    unsigned char bytes[BLOCK_BYTES - 2 * sizeof(uint16_t)];
};

/* Differences wrap, so that any two numbers have one. */
static uint64_t
zigzag(int64_t from, int64_t to)
{
    uint64_t step = (uint64_t)to - (uint64_t)from;
    return (step << 1) ^ (0 - (step >> 63));
}

static int64_t
unzigzag(int64_t from, uint64_t code)
{
    return (int64_t)((uint64_t)from + ((code >> 1) ^ (0 - (code & 1))));
}

static bool
follows(const struct qt__packed *packed, unsigned column)
{
    return packed->follows >> column & 1;
}

static void
write_row(const struct qt__packed *packed, struct qt__packed_block *block, const int64_t *row)
{
    unsigned char *p = block->bytes + block->used;
    for (unsigned k = 0; k < packed->columns; k++) {
        bool is_step = block->n > 0 && follows(packed, k);
        uint64_t code = zigzag(is_step ? packed->last[k] : 0, row[k]);
        for (; code >= 0x80; code >>= 7)
            *p++ = (unsigned char)(code | 0x80);
        *p++ = (unsigned char)code;
    }
    block->used = (uint16_t)(p - block->bytes);
    block->n++;
}

/* Reads a row of a block; last is the row before. Returns what follows it. */
static const unsigned char *
read_row(const struct qt__packed *packed, const unsigned char *p, bool is_first, int64_t *last)
{
    for (unsigned k = 0; k < packed->columns; k++) {
        uint64_t code = *p & 0x7f;
        for (unsigned shift = 7; *p++ & 0x80; shift += 7)
            code |= (uint64_t)(*p & 0x7f) << shift;
        last[k] = unzigzag(!is_first && follows(packed, k) ? last[k] : 0, code);
    }
    return p;
}

void
qt__packed_finish(struct qt__packed *packed)
{
    for (size_t i = 0; i < packed->n_blocks; i++)
        free(packed->blocks[i]);
    free(packed->blocks);
    packed->blocks = NULL;
    packed->n_blocks = packed->capacity = packed->gone = packed->n = 0;
}

/* Takes the first block out; the caller owns it. */
static struct qt__packed_block *
take_first(struct qt__packed *packed)
{
    struct qt__packed_block *first = packed->blocks[0];
    packed->n_blocks--;
    memmove(packed->blocks, packed->blocks + 1, packed->n_blocks * sizeof *packed->blocks);
    packed->gone = 0;
    return first;
}

static bool
add_block(struct qt__packed *packed, struct qt__packed_block *block)
{
    if (packed->n_blocks == packed->capacity) {
        size_t capacity = packed->capacity ? 2 * packed->capacity : 4;
        struct qt__packed_block **blocks =
            realloc(packed->blocks, capacity * sizeof *packed->blocks);
        if (!blocks)
            return false;
        packed->blocks = blocks;
        packed->capacity = capacity;
    }
    block->n = block->used = 0;
    packed->blocks[packed->n_blocks++] = block;
    return true;
}

/* The block for one more row; the oldest one again, once nothing in it is kept. */
static struct qt__packed_block *
room(struct qt__packed *packed)
{
    struct qt__packed_block *spare = NULL;
    if (packed->n_blocks > 0 && packed->gone == packed->blocks[0]->n)
        spare = take_first(packed);
    struct qt__packed_block *last =
        packed->n_blocks > 0 ? packed->blocks[packed->n_blocks - 1] : NULL;
    if (last && last->used + ROW_MAX <= (int)sizeof last->bytes) {
        free(spare);
        return last;
    }
    if (!spare)
        spare = malloc(sizeof *spare);
    if (spare && add_block(packed, spare))
        return spare;
    free(spare);
    return NULL;
}

bool
qt__packed_add(struct qt__packed *packed, const int64_t *row)
{
    if (packed->n == packed->most) {
        packed->gone++;
        packed->n--;
    }
    struct qt__packed_block *block = room(packed);
    if (!block) {
        qt__packed_finish(packed); /* a hole in the rows would be worse */
        return false;
    }
    write_row(packed, block, row);
    memcpy(packed->last, row, packed->columns * sizeof *row);
    packed->n++;
    return true;
}

/* Reads the row at the cursor, wherever that is. */
static void
step(struct qt__packed_cursor *cursor)
{
    const struct qt__packed_block *block = cursor->packed->blocks[cursor->block];
    const unsigned char *p = block->bytes + cursor->at;
    cursor->at =
        (size_t)(read_row(cursor->packed, p, cursor->row == 0, cursor->last) - block->bytes);
    if (++cursor->row == block->n) {
        cursor->block++;
        cursor->row = cursor->at = 0;
    }
}

void
qt__packed_seek(const struct qt__packed *packed, size_t i, struct qt__packed_cursor *cursor)
{
    size_t skip = packed->gone + i, block = 0;
    while (block < packed->n_blocks && skip >= packed->blocks[block]->n)
        skip -= packed->blocks[block++]->n;
    *cursor = (struct qt__packed_cursor){.packed = packed, .block = block};
    for (; skip > 0 && block < packed->n_blocks; skip--)
        step(cursor);
}

const int64_t *
qt__packed_next(struct qt__packed_cursor *cursor)
{
    if (cursor->block >= cursor->packed->n_blocks)
        return NULL;
    step(cursor);
    return cursor->last;
}

/* Number 0 of a block's first row. */
static int64_t
first_of(const struct qt__packed *packed, size_t block)
{
    int64_t row[QT__PACKED_COLUMNS] = {0};
    (void)read_row(packed, packed->blocks[block]->bytes, true, row);
    return row[0];
}

size_t
qt__packed_find(const struct qt__packed *packed, int64_t value)
{
    size_t block = packed->n_blocks, i = 0;
    while (block > 0 && first_of(packed, block - 1) >= value)
        block--;
    block -= block > 0; /* the first such row may stand inside the block before */
    for (size_t k = 0; k < block; k++)
        i += packed->blocks[k]->n;
    i -= block > 0 ? packed->gone : 0;
    struct qt__packed_cursor cursor;
    qt__packed_seek(packed, i, &cursor);
    const int64_t *row;
    while ((row = qt__packed_next(&cursor)) && row[0] < value)
        i++;
    return i;
}

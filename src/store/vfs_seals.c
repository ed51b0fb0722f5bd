/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which version of each page is the right one: leaves and roots of the database's file
 * (vfs_priv.h).
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vfs_priv.h"

enum {
    VERSION = 1,
    HEAD_BYTES = 32,
    ROOT_BLOCKS = 16,
    ROOT_BYTES = ROOT_BLOCKS * QT__PAGE_BYTES,
    ROOT_AT = 1,                           /* block of the first */
    GROUPS_AT = ROOT_AT + 2 * ROOT_BLOCKS, /* block of the first group */
    GROUP_BLOCKS = 2 + QT__LEAF_PAGES,
    COUNT_BYTES = 4,               /* before a root's cipher text: its leaves */
    FIXED_BYTES = 4 + 4 + QT__ID_BYTES /* before the leaves' tags: generation, frames, log */
};

_Static_assert(COUNT_BYTES + FIXED_BYTES + QT__LEAVES_MAX * QT__ENTRY_BYTES + QT__SEAL_BYTES <=
                   ROOT_BYTES,
               "a root fits");
_Static_assert(QT__LEAF_PAGES *QT__ENTRY_BYTES <= QT__PAGE_PLAIN, "a leaf fits");

static const unsigned char magic[8] = "QTSTORE";
static const unsigned char none[QT__ENTRY_BYTES];

struct leaf {
    unsigned char entry[QT__LEAF_PAGES][QT__ENTRY_BYTES];
    unsigned char unsynced[QT__LEAF_PAGES / 8]; /* a bit a page: written since the last sync */
    unsigned char slot; /* where the root on disk finds it, 0 or 1 */
    bool is_dirty;
    bool is_moved; /* a newer one is in the other slot; the next root means that */
    bool is_unsynced; /* that one may not be on disk yet */
};

struct qt__seals {
    struct qt__vfs *vfs;
    sqlite3_file *file;
    uint32_t generation;
    uint32_t log_frames; /* acknowledged in the log when the root was written, at least */
    unsigned char log[QT__ID_BYTES];
    uint32_t leaves;
    bool is_dirty;                     /* a leaf is */
    bool is_unsynced;                  /* something was written */
    bool is_doubtful;                  /* the newest root may be on disk or not */
    bool is_found;                     /* and is the one that was there when it was opened */
    bool is_dropped;                   /* a sync failed: what it was for may not be on disk (V6) */
    bool is_unwritten;                 /* there is no head yet */
    struct leaf *leaf[QT__LEAVES_MAX]; /* NULL: not read yet */
    unsigned char tag[QT__LEAVES_MAX][QT__ENTRY_BYTES];
    unsigned char buffer[ROOT_BYTES];
};

static int64_t
block_at(int64_t block)
{
    return block * QT__PAGE_BYTES;
}

static int64_t
leaf_at(uint32_t leaf, unsigned slot)
{
    return block_at(GROUPS_AT + (int64_t)leaf * GROUP_BLOCKS + slot);
}

int64_t
qt__page_at(uint32_t page)
{
    uint32_t leaf = (page - 1) / QT__LEAF_PAGES, i = (page - 1) % QT__LEAF_PAGES;
    return leaf_at(leaf, 2) + block_at(i);
}

uint32_t
qt__pages_of(int64_t bytes)
{
    int64_t blocks = bytes / QT__PAGE_BYTES - GROUPS_AT;
    if (blocks <= 0)
        return 0;
    int64_t rest = blocks % GROUP_BLOCKS - 2;
    return (uint32_t)(blocks / GROUP_BLOCKS * QT__LEAF_PAGES + (rest > 0 ? rest : 0));
}

/* The root of a slot into the buffer. False: it is not there, or not whole. */
static bool
read_root(struct qt__seals *seals, unsigned slot, uint32_t *out_leaves)
{
    int64_t at = block_at(ROOT_AT + slot * ROOT_BLOCKS);
    unsigned char count[COUNT_BYTES];
    if (qt__read_under(seals->file, count, sizeof count, at) != SQLITE_OK)
        return false;
    uint32_t leaves = (uint32_t)qt__get_le(count, COUNT_BYTES);
    if (leaves > QT__LEAVES_MAX)
        return false;
    size_t n = FIXED_BYTES + (size_t)leaves * QT__ENTRY_BYTES;
    const struct qt__place place = {.kind = QT__KIND_ROOT, .number = leaves};
    *out_leaves = leaves;
    return qt__read_under(seals->file, seals->buffer, n + QT__SEAL_BYTES, at + COUNT_BYTES) ==
               SQLITE_OK &&
           qt__unseal(seals->vfs->cipher, &place, seals->buffer, n, seals->buffer);
}

static void
forget_leaves(struct qt__seals *seals)
{
    for (uint32_t i = 0; i < QT__LEAVES_MAX; i++) {
        free(seals->leaf[i]);
        seals->leaf[i] = NULL;
    }
    seals->is_dirty = false;
}

int
qt__seals_reload(struct qt__seals *seals)
{
    bool found = false;
    for (unsigned slot = 0; slot < 2; slot++) {
        uint32_t leaves;
        if (!read_root(seals, slot, &leaves))
            continue;
        uint32_t generation = (uint32_t)qt__get_le(seals->buffer, 4);
        if (found && generation <= seals->generation)
            continue;
        found = true;
        seals->generation = generation;
        seals->log_frames = (uint32_t)qt__get_le(seals->buffer + 4, 4);
        memcpy(seals->log, seals->buffer + 8, QT__ID_BYTES);
        seals->leaves = leaves;
        memcpy(seals->tag, seals->buffer + FIXED_BYTES, (size_t)leaves * QT__ENTRY_BYTES);
    }
    forget_leaves(seals);
    return found ? SQLITE_OK
                 : qt__damaged(seals->vfs, "neither root of it opens: it is damaged, or the key is "
                                           "another one");
}

/* A root is on disk: it means the leaves where they were written last. */
static void
settle_leaves(struct qt__seals *seals)
{
    for (uint32_t i = 0; i < seals->leaves; i++)
        if (seals->leaf[i] && seals->leaf[i]->is_moved) {
            seals->leaf[i]->slot ^= 1;
            seals->leaf[i]->is_moved = false;
        }
}

static int
write_root(struct qt__seals *seals)
{
    size_t n = FIXED_BYTES + (size_t)seals->leaves * QT__ENTRY_BYTES;
    const struct qt__place place = {.kind = QT__KIND_ROOT, .number = seals->leaves};
    unsigned char *body = seals->buffer + COUNT_BYTES;
    uint32_t generation = seals->generation + 1;
    qt__put_le(seals->buffer, seals->leaves, COUNT_BYTES);
    qt__put_le(body, generation, 4);
    qt__put_le(body + 4, sodium_is_zero(seals->log, QT__ID_BYTES) ? 0 : seals->vfs->log_frames, 4);
    memcpy(body + 8, seals->log, QT__ID_BYTES);
    memcpy(body + FIXED_BYTES, seals->tag, (size_t)seals->leaves * QT__ENTRY_BYTES);
    qt__seal(seals->vfs->cipher, &place, body, n, body);
    int64_t at = block_at(ROOT_AT + (int64_t)(generation & 1) * ROOT_BLOCKS);
    int rc = qt__write_under(seals->file, seals->buffer, COUNT_BYTES + n + QT__SEAL_BYTES, at);
    if (rc == SQLITE_OK)
        rc = qt__sync_under(seals->file);
    seals->is_doubtful = rc != SQLITE_OK;
    seals->is_dropped |= rc != SQLITE_OK;
    if (rc != SQLITE_OK)
        return rc;
    seals->generation = generation;
    settle_leaves(seals);
    return SQLITE_OK;
}

static int
read_head(struct qt__seals *seals)
{
    unsigned char head[HEAD_BYTES];
    int rc = qt__read_under(seals->file, head, sizeof head, 0);
    if (rc == SQLITE_IOERR_SHORT_READ)
        return qt__damaged(seals->vfs, "it is cut");
    if (rc != SQLITE_OK)
        return rc;
    if (memcmp(head, magic, sizeof magic) != 0)
        return qt__damaged(seals->vfs, "its head is damaged, or it is no store");
    uint64_t version = qt__get_le(head + 8, 4);
    if (version != VERSION)
        return qt__damaged(seals->vfs, "it has format %llu, this program knows format %d",
                           (unsigned long long)version, VERSION);
    if (memcmp(head + 16, seals->vfs->cipher->store, QT__ID_BYTES) != 0)
        return qt__damaged(seals->vfs, "it is of another store than store.key");
    return qt__seals_reload(seals);
}

static int
write_head(struct qt__seals *seals)
{
    unsigned char head[HEAD_BYTES] = {0};
    memcpy(head, magic, sizeof magic);
    qt__put_le(head + 8, VERSION, 4);
    memcpy(head + 16, seals->vfs->cipher->store, QT__ID_BYTES);
    int rc = qt__write_under(seals->file, head, sizeof head, 0);
    seals->is_unwritten = rc != SQLITE_OK;
    return rc;
}

int
qt__seals_open(struct qt__vfs *vfs, sqlite3_file *file, struct qt__seals **out)
{
    sqlite3_int64 size = 0;
    struct qt__seals *seals = calloc(1, sizeof *seals);
    if (!seals)
        return SQLITE_NOMEM;
    seals->vfs = vfs;
    seals->file = file;
    int rc = file->pMethods->xFileSize(file, &size);
    seals->is_unwritten = vfs->creates && size == 0;
    if (rc == SQLITE_OK && !seals->is_unwritten)
        rc = read_head(seals);
    /* who wrote the root may not have lived to sync it */
    seals->is_doubtful = seals->is_found = !vfs->reads_only && !seals->is_unwritten;
    if (rc == SQLITE_OK)
        *out = seals;
    else
        qt__seals_close(seals);
    return rc;
}

void
qt__seals_close(struct qt__seals *seals)
{
    if (!seals)
        return;
    forget_leaves(seals);
    free(seals);
}

/* One copy of a leaf; is it the one that the root means? */
static bool
read_leaf(struct qt__seals *seals, uint32_t i, unsigned slot, struct leaf *out)
{
    const struct qt__place place = {.kind = QT__KIND_LEAF, .number = i};
    unsigned char block[QT__PAGE_BYTES];
    if (qt__read_under(seals->file, block, sizeof block, leaf_at(i, slot)) != SQLITE_OK ||
        memcmp(qt__tag_of(block, QT__PAGE_PLAIN), seals->tag[i], QT__ENTRY_BYTES) != 0 ||
        !qt__unseal(seals->vfs->cipher, &place, block, QT__PAGE_PLAIN, block))
        return false;
    memcpy(out->entry, block, sizeof out->entry);
    out->slot = (unsigned char)slot;
    return true;
}

/* A leaf in memory; one that the root does not know is empty. */
static int
load_leaf(struct qt__seals *seals, uint32_t i)
{
    if (seals->leaf[i])
        return SQLITE_OK;
    struct leaf *leaf = calloc(1, sizeof *leaf);
    if (!leaf)
        return SQLITE_NOMEM;
    if (i < seals->leaves && memcmp(seals->tag[i], none, sizeof none) != 0 &&
        !read_leaf(seals, i, 0, leaf) && !read_leaf(seals, i, 1, leaf)) {
        free(leaf);
        return qt__damaged(seals->vfs, "the seals of pages %u to %u are damaged",
                           i * QT__LEAF_PAGES + 1, (i + 1) * QT__LEAF_PAGES);
    }
    seals->leaf[i] = leaf;
    return SQLITE_OK;
}

int
qt__seals_get(struct qt__seals *seals, uint32_t page, unsigned char out[QT__ENTRY_BYTES])
{
    uint32_t i = (page - 1) / QT__LEAF_PAGES;
    memset(out, 0, QT__ENTRY_BYTES);
    if (page == 0 || i >= QT__LEAVES_MAX)
        return SQLITE_OK;
    int rc = load_leaf(seals, i);
    if (rc == SQLITE_OK)
        memcpy(out, seals->leaf[i]->entry[(page - 1) % QT__LEAF_PAGES], QT__ENTRY_BYTES);
    return rc;
}

int
qt__seals_put(struct qt__seals *seals, uint32_t page, const unsigned char tag[QT__ENTRY_BYTES])
{
    uint32_t i = (page - 1) / QT__LEAF_PAGES;
    if (page == 0 || i >= QT__LEAVES_MAX)
        return SQLITE_FULL;
    int rc = seals->is_unwritten ? write_head(seals) : SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = load_leaf(seals, i);
    if (rc != SQLITE_OK)
        return rc;
    uint32_t k = (page - 1) % QT__LEAF_PAGES;
    memcpy(seals->leaf[i]->entry[k], tag, QT__ENTRY_BYTES);
    seals->leaf[i]->unsynced[k / 8] |= (unsigned char)(1u << k % 8);
    seals->leaf[i]->is_dirty = seals->is_dirty = true;
    return SQLITE_OK;
}

int
qt__seals_cut(struct qt__seals *seals, uint32_t pages)
{
    uint32_t end = seals->leaves;
    for (uint32_t i = pages / QT__LEAF_PAGES; i < QT__LEAVES_MAX; i++) {
        if (i >= end && !seals->leaf[i])
            continue;
        int rc = load_leaf(seals, i);
        if (rc != SQLITE_OK)
            return rc;
        struct leaf *leaf = seals->leaf[i];
        for (uint32_t k = 0; k < QT__LEAF_PAGES; k++)
            if (i * QT__LEAF_PAGES + k >= pages && memcmp(leaf->entry[k], none, sizeof none) != 0) {
                memset(leaf->entry[k], 0, sizeof leaf->entry[k]);
                leaf->is_dirty = seals->is_dirty = true;
            }
    }
    return SQLITE_OK;
}

/* To the place where the root does not look yet. */
static int
write_leaf(struct qt__seals *seals, uint32_t i)
{
    struct leaf *leaf = seals->leaf[i];
    const struct qt__place place = {.kind = QT__KIND_LEAF, .number = i};
    unsigned char block[QT__PAGE_BYTES] = {0};
    memcpy(block, leaf->entry, sizeof leaf->entry);
    qt__seal(seals->vfs->cipher, &place, block, QT__PAGE_PLAIN, block);
    int rc = qt__write_under(seals->file, block, sizeof block, leaf_at(i, leaf->slot ^ 1u));
    if (rc != SQLITE_OK)
        return rc;
    leaf->is_moved = leaf->is_unsynced = true;
    leaf->is_dirty = false;
    memcpy(seals->tag[i], qt__tag_of(block, QT__PAGE_PLAIN), QT__ENTRY_BYTES);
    if (i >= seals->leaves)
        seals->leaves = i + 1;
    return SQLITE_OK;
}

void
qt__seals_touch(struct qt__seals *seals)
{
    seals->is_unsynced = true;
}

/* A page as it is now, read and written again. False: it is not what was written last. */
static bool
rewrite_page(struct qt__seals *seals, uint32_t page, const unsigned char tag[QT__ENTRY_BYTES])
{
    const struct qt__place place = {.kind = QT__KIND_PAGE, .number = page};
    unsigned char block[QT__PAGE_BYTES], plain[QT__PAGE_PLAIN];
    if (memcmp(tag, none, sizeof none) == 0)
        return true;
    bool is_there =
        qt__read_under(seals->file, block, sizeof block, qt__page_at(page)) == SQLITE_OK &&
        memcmp(qt__tag_of(block, QT__PAGE_PLAIN), tag, QT__ENTRY_BYTES) == 0 &&
        qt__unseal(seals->vfs->cipher, &place, block, QT__PAGE_PLAIN, plain);
    return (is_there || qt__renewal_find(seals->vfs, page, tag, block)) &&
           qt__write_under(seals->file, block, sizeof block, qt__page_at(page)) == SQLITE_OK;
}

/* V6: all that the failed sync was for, again. False: a page is gone, which the log still has: the
 * next checkpoint writes it. */
static bool
rewrite_dropped(struct qt__seals *seals)
{
    bool is_good = true;
    for (uint32_t i = 0; i < QT__LEAVES_MAX; i++) {
        struct leaf *leaf = seals->leaf[i];
        for (uint32_t k = 0; leaf && k < QT__LEAF_PAGES; k++)
            if (leaf->unsynced[k / 8] & 1u << k % 8)
                is_good = rewrite_page(seals, i * QT__LEAF_PAGES + k + 1, leaf->entry[k]) && is_good;
        if (leaf && leaf->is_unsynced)
            leaf->is_dirty = seals->is_dirty = true;
    }
    return is_good;
}

/* Pages and leaves are on disk when it returns SQLITE_OK. */
static int
sync_pages(struct qt__seals *seals)
{
    int rc = qt__sync_under(seals->file);
    seals->is_dropped = rc != SQLITE_OK;
    for (uint32_t i = 0; rc == SQLITE_OK && i < QT__LEAVES_MAX; i++)
        if (seals->leaf[i]) {
            seals->leaf[i]->is_unsynced = false;
            memset(seals->leaf[i]->unsynced, 0, sizeof seals->leaf[i]->unsynced);
        }
    return rc;
}

/* The root that was found: the same bytes again, so that a crash cannot harm it. Then another one
 * must take the other place, where a disk that failed may have one that nobody can read now. */
static int
renew_root(struct qt__seals *seals)
{
    size_t n = COUNT_BYTES + FIXED_BYTES + (size_t)seals->leaves * QT__ENTRY_BYTES + QT__SEAL_BYTES;
    int rc = qt__renew_under(seals->file, seals->buffer, n,
                             block_at(ROOT_AT + (int64_t)(seals->generation & 1) * ROOT_BLOCKS));
    if (rc == SQLITE_OK)
        rc = qt__sync_under(seals->file);
    seals->is_found = rc != SQLITE_OK;
    return rc;
}

/* What must be on disk before anything is written that another root may mean: the root that was
 * written last, and what a failed sync was for (V6). */
static int
settle(struct qt__seals *seals)
{
    if (seals->is_dropped && !rewrite_dropped(seals))
        return SQLITE_IOERR_FSYNC;
    int rc = seals->is_found ? renew_root(seals) : SQLITE_OK;
    return rc == SQLITE_OK && seals->is_doubtful ? write_root(seals) : rc;
}

int
qt__seals_flush(struct qt__seals *seals)
{
    bool was_dropped = seals->is_dropped;
    int rc = was_dropped || seals->is_dirty ? settle(seals) : SQLITE_OK;
    bool was_dirty = seals->is_dirty;
    for (uint32_t i = 0; was_dirty && i < QT__LEAVES_MAX; i++)
        if (seals->leaf[i] && seals->leaf[i]->is_dirty && rc == SQLITE_OK)
            rc = write_leaf(seals, i);
    if (rc == SQLITE_OK && (was_dirty || was_dropped || seals->is_unsynced))
        rc = sync_pages(seals);
    seals->is_unsynced &= rc != SQLITE_OK;
    if (rc != SQLITE_OK || !was_dirty)
        return rc;
    rc = write_root(seals);
    seals->is_dirty = rc != SQLITE_OK;
    return rc;
}

int
qt__seals_renew(struct qt__seals *seals)
{
    int rc = SQLITE_OK;
    for (uint32_t i = 0; rc == SQLITE_OK && i < seals->leaves; i++) {
        rc = load_leaf(seals, i);
        if (rc == SQLITE_OK)
            seals->leaf[i]->is_dirty = seals->is_dirty = true;
    }
    return rc == SQLITE_OK ? qt__seals_flush(seals) : rc;
}

sqlite3_file *
qt__seals_file(struct qt__seals *seals)
{
    return seals->file;
}

int
qt__seals_set_log(struct qt__seals *seals, const unsigned char id[QT__ID_BYTES])
{
    unsigned char before[QT__ID_BYTES];
    int rc = seals->is_dropped ? qt__seals_flush(seals) : settle(seals);
    if (rc != SQLITE_OK || memcmp(seals->log, id, QT__ID_BYTES) == 0)
        return rc;
    memcpy(before, seals->log, sizeof before);
    memcpy(seals->log, id, QT__ID_BYTES);
    rc = write_root(seals);
    if (rc != SQLITE_OK)
        memcpy(seals->log, before, sizeof before);
    return rc;
}

const unsigned char *
qt__seals_log(const struct qt__seals *seals)
{
    return seals->log;
}

uint32_t
qt__seals_log_frames(const struct qt__seals *seals)
{
    return seals->log_frames;
}

uint64_t
qt__seals_generation(const struct qt__seals *seals)
{
    return seals->generation;
}

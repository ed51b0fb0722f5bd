/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealing the pages of the database anew, with another key, while it is in use (vfs_priv.h).
 *
 *     store.db-rekey    0 how many (4), for each its page (4), the tag's start that its leaf had
 * (8) and its new tag (16), sealed   4096 page  8192 page ...
 *
 * A page changes in its place, where a crash may tear it, and the log does not have it. So a few of
 * them are first on disk in store.db-rekey, as they are to be; then they are written to their
 * places, then leaves and root say so. R1: a page whose leaf has the tag of before or the new one
 * is what store.db-rekey has of it, wherever that was interrupted, also for who only reads. R2:
 * store.db-rekey is written again only when the root is on disk that means what it held. R3: what
 * SQLite itself puts to such a place in between has another tag, and stands.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfs_priv.h"

enum {
    AT_ONCE = QT__RENEW_PAGES,
    LOOKED_AT = 16 * AT_ONCE, /* a step, when most of them have the new key already */
    A_WRITE = 16,             /* pages; SQLite's own VFS takes less than 128 KiB */
    COUNT_BYTES = 4,
    ROW_BYTES = 4 + QT__ENTRY_BYTES + QT__TAG_BYTES,
    HEAD_BYTES = COUNT_BYTES + AT_ONCE * ROW_BYTES + QT__SEAL_BYTES
};

_Static_assert((int)HEAD_BYTES <= (int)QT__PAGE_BYTES, "a head fits");

/* A page, and what its leaf says of it before and after. */
struct row {
    uint32_t page;
    unsigned char before[QT__ENTRY_BYTES], after[QT__TAG_BYTES];
};

struct qt__renewal {
    sqlite3_file *file; /* store.db-rekey, of the system's VFS; NULL: not open */
    char path[520];
    uint32_t next; /* the page to look at next */
    uint32_t rows;
    bool is_pending; /* these pages may not all be in their places */
    bool is_saved;   /* these pages are on disk in store.db-rekey */
    bool is_left;    /* by an earlier process, which may have begun to put them in their places */
    unsigned char head[HEAD_BYTES]; /* of store.db-rekey */
    struct row row[AT_ONCE];
    unsigned char sealed[AT_ONCE][QT__PAGE_BYTES];
};

static int64_t
sealed_at(uint32_t i)
{
    return (int64_t)(1 + i) * QT__PAGE_BYTES;
}

/* The file; NULL: there is none, or no memory. */
static sqlite3_file *
open_side(struct qt__vfs *vfs, char path[520], int flags)
{
    sqlite3_file *file = calloc(1, (size_t)vfs->under->szOsFile);
    snprintf(path, 520, "%.510s-rekey", vfs->path);
    if (file && vfs->under->xOpen(vfs->under, path, file, flags | SQLITE_OPEN_MAIN_JOURNAL, NULL) ==
                    SQLITE_OK)
        return file;
    free(file);
    return NULL;
}

static void
close_side(sqlite3_file *file)
{
    if (file && file->pMethods)
        (void)file->pMethods->xClose(file);
    free(file);
}

/* Which pages the file has; 0: none, or it never was whole. */
static uint32_t
read_rows(const struct qt__vfs *vfs, sqlite3_file *file, unsigned char head[HEAD_BYTES],
          struct row out[AT_ONCE])
{
    unsigned char plain[HEAD_BYTES];
    if (qt__read_under(file, head, HEAD_BYTES, 0) != SQLITE_OK)
        return 0;
    uint32_t n = (uint32_t)qt__get_le(head, COUNT_BYTES);
    const struct qt__place place = {.kind = QT__KIND_RENEWAL, .number = n};
    if (n < 1 || n > AT_ONCE ||
        !qt__unseal_own(vfs->cipher, &place, head + COUNT_BYTES, (size_t)n * ROW_BYTES, plain))
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        const unsigned char *from = plain + (size_t)i * ROW_BYTES;
        out[i].page = (uint32_t)qt__get_le(from, 4);
        memcpy(out[i].before, from + 4, QT__ENTRY_BYTES);
        memcpy(out[i].after, from + 4 + QT__ENTRY_BYTES, QT__TAG_BYTES);
    }
    return n;
}

/* R1: the row of a page that its leaf knows by such a tag; n: there is none. */
static uint32_t
find_row(const struct row *row, uint32_t n, uint32_t page, const unsigned char tag[QT__ENTRY_BYTES])
{
    uint32_t i = 0;
    while (i < n && (row[i].page != page || (memcmp(row[i].before, tag, QT__ENTRY_BYTES) != 0 &&
                                             memcmp(row[i].after, tag, QT__ENTRY_BYTES) != 0)))
        i++;
    return i;
}

/* A page as it is to be. False: it is not all there; its tag, which is its end, may be on disk though a power cut tore
 * what is before that. */
static bool
read_sealed(const struct qt__vfs *vfs, sqlite3_file *file, const struct row *row, uint32_t i,
            unsigned char out[QT__PAGE_BYTES])
{
    const struct qt__place place = {.kind = QT__KIND_PAGE, .number = row[i].page};
    unsigned char plain[QT__PAGE_PLAIN];
    bool is_whole = qt__read_under(file, out, QT__PAGE_BYTES, sealed_at(i)) == SQLITE_OK &&
                    memcmp(qt__tag_of(out, QT__PAGE_PLAIN), row[i].after, QT__TAG_BYTES) == 0 &&
                    qt__unseal_own(vfs->cipher, &place, out, QT__PAGE_PLAIN, plain);
    sodium_memzero(plain, sizeof plain);
    return is_whole;
}

bool
qt__renewal_find(struct qt__vfs *vfs, uint32_t page, const unsigned char tag[QT__ENTRY_BYTES],
                 unsigned char out[QT__PAGE_BYTES])
{
    struct row row[AT_ONCE];
    unsigned char head[HEAD_BYTES];
    char path[520];
    const struct qt__renewal *renewal = vfs->renewal;
    if (!vfs->cipher->has_former)
        return false;
    if (renewal) {
        uint32_t i = find_row(renewal->row, renewal->rows, page, tag);
        if (i < renewal->rows)
            memcpy(out, renewal->sealed[i], QT__PAGE_BYTES);
        return i < renewal->rows;
    }
    sqlite3_file *file = open_side(vfs, path, SQLITE_OPEN_READONLY);
    uint32_t n = file ? read_rows(vfs, file, head, row) : 0, i = find_row(row, n, page, tag);
    bool is_found = i < n && read_sealed(vfs, file, row, i, out);
    close_side(file);
    return is_found;
}

/* What an earlier process left, to be ended first. */
static void
take_left(struct qt__vfs *vfs, struct qt__renewal *renewal)
{
    uint32_t n = read_rows(vfs, renewal->file, renewal->head, renewal->row);
    for (uint32_t i = 0; i < n; i++)
        if (!read_sealed(vfs, renewal->file, renewal->row, i, renewal->sealed[i]))
            return; /* it was never whole, so no page's place was touched */
    renewal->rows = n;
    renewal->is_pending = renewal->is_left = n > 0;
}

static int
begin(struct qt__vfs *vfs)
{
    struct qt__renewal *renewal = vfs->renewal ? NULL : calloc(1, sizeof *renewal);
    if (vfs->renewal)
        return SQLITE_OK;
    if (renewal)
        renewal->file = open_side(vfs, renewal->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!renewal || !renewal->file) {
        free(renewal);
        return renewal ? SQLITE_CANTOPEN : SQLITE_NOMEM;
    }
    renewal->next = 1;
    take_left(vfs, renewal);
    vfs->renewal = renewal;
    return SQLITE_OK;
}

void
qt__renewal_end(struct qt__vfs *vfs)
{
    if (vfs->renewal)
        close_side(vfs->renewal->file);
    free(vfs->renewal);
    vfs->renewal = NULL;
}

static void
make_head(const struct qt__vfs *vfs, struct qt__renewal *renewal)
{
    unsigned char *head = renewal->head;
    const struct qt__place place = {.kind = QT__KIND_RENEWAL, .number = renewal->rows};
    qt__put_le(head, renewal->rows, COUNT_BYTES);
    for (uint32_t i = 0; i < renewal->rows; i++) {
        unsigned char *to = head + COUNT_BYTES + (size_t)i * ROW_BYTES;
        qt__put_le(to, renewal->row[i].page, 4);
        memcpy(to + 4, renewal->row[i].before, QT__ENTRY_BYTES);
        memcpy(to + 4 + QT__ENTRY_BYTES, renewal->row[i].after, QT__TAG_BYTES);
    }
    size_t n = (size_t)renewal->rows * ROW_BYTES;
    qt__seal(vfs->cipher, &place, head + COUNT_BYTES, n, head + COUNT_BYTES);
    memset(head + COUNT_BYTES + n + QT__SEAL_BYTES, 0,
           HEAD_BYTES - COUNT_BYTES - n - QT__SEAL_BYTES);
}

/* The pages to store.db-rekey, on disk. What was left there is written again to the byte as it was: it may be all that
 * there is of a page, and must be whole wherever this is interrupted. */
static int
save(struct qt__vfs *vfs)
{
    struct qt__renewal *renewal = vfs->renewal;
    if (!renewal->is_left)
        make_head(vfs, renewal);
    int rc = SQLITE_OK;
    for (uint32_t i = 0; rc == SQLITE_OK && i < renewal->rows; i += A_WRITE)
        rc = qt__write_under(renewal->file, renewal->sealed[i],
                             (size_t)QT_MIN(renewal->rows - i, (uint32_t)A_WRITE) * QT__PAGE_BYTES,
                             sealed_at(i));
    if (rc == SQLITE_OK)
        rc = qt__write_under(renewal->file, renewal->head, HEAD_BYTES, 0);
    if (rc == SQLITE_OK)
        rc = qt__sync_under(renewal->file);
    renewal->is_saved = rc == SQLITE_OK;
    return rc;
}

/* The pages to their places, on disk with leaves and root (R3). */
static int
put_in_place(struct qt__vfs *vfs)
{
    struct qt__renewal *renewal = vfs->renewal;
    int rc = renewal->is_saved ? SQLITE_OK : save(vfs);
    for (uint32_t i = 0; rc == SQLITE_OK && i < renewal->rows; i++) {
        const struct row *row = &renewal->row[i];
        unsigned char tag[QT__ENTRY_BYTES];
        rc = qt__seals_get(vfs->seals, row->page, tag);
        if (rc != SQLITE_OK || find_row(row, 1, row->page, tag) == 1)
            continue;
        rc = qt__write_under(qt__seals_file(vfs->seals), renewal->sealed[i], QT__PAGE_BYTES,
                             qt__page_at(row->page));
        if (rc == SQLITE_OK)
            rc = qt__seals_put(vfs->seals, row->page, row->after);
    }
    if (rc == SQLITE_OK)
        rc = qt__seals_flush(vfs->seals);
    renewal->is_pending = rc != SQLITE_OK;
    return rc;
}

/* A page that has the former key, sealed anew among the rows. */
static int
look_at(struct qt__vfs *vfs, uint32_t page)
{
    static const unsigned char none[QT__ENTRY_BYTES];
    struct qt__renewal *renewal = vfs->renewal;
    struct row *row = &renewal->row[renewal->rows];
    const struct qt__place place = {.kind = QT__KIND_PAGE, .number = page};
    unsigned char block[QT__PAGE_BYTES], plain[QT__PAGE_BYTES];
    int rc = qt__seals_get(vfs->seals, page, row->before);
    if (rc != SQLITE_OK || memcmp(row->before, none, sizeof none) == 0)
        return rc;
    rc = qt__read_under(qt__seals_file(vfs->seals), block, sizeof block, qt__page_at(page));
    if (rc == SQLITE_OK &&
        memcmp(qt__tag_of(block, QT__PAGE_PLAIN), row->before, QT__ENTRY_BYTES) == 0 &&
        qt__unseal_own(vfs->cipher, &place, block, QT__PAGE_PLAIN, plain))
        return SQLITE_OK;
    rc = qt__page_read(vfs, qt__seals_file(vfs->seals), page, plain);
    if (rc != SQLITE_OK)
        return rc;
    qt__seal(vfs->cipher, &place, plain, QT__PAGE_PLAIN, renewal->sealed[renewal->rows]);
    sodium_memzero(plain, sizeof plain);
    row->page = page;
    memcpy(row->after, qt__tag_of(renewal->sealed[renewal->rows], QT__PAGE_PLAIN), QT__TAG_BYTES);
    renewal->rows++;
    return SQLITE_OK;
}

/* The next pages, at most so many. */
static int
collect(struct qt__vfs *vfs, uint32_t most, uint32_t pages)
{
    struct qt__renewal *renewal = vfs->renewal;
    int rc = SQLITE_OK;
    renewal->rows = 0;
    renewal->is_saved = renewal->is_left = false;
    for (int i = 0; i < LOOKED_AT && renewal->rows < most && renewal->next <= pages; i++) {
        rc = look_at(vfs, renewal->next);
        if (rc != SQLITE_OK) {
            renewal->next -= renewal->rows > 0 ? renewal->next - renewal->row[0].page : 0;
            renewal->rows = 0;
            return rc;
        }
        renewal->next++;
    }
    renewal->is_pending = renewal->rows > 0;
    return rc;
}

int
qt__vfs_renew(struct qt__vfs *vfs, uint32_t most, struct qt__renewed *out)
{
    sqlite3_int64 size = 0;
    int rc = vfs->seals && vfs->cipher->has_former ? begin(vfs) : SQLITE_MISUSE;
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_file *file = qt__seals_file(vfs->seals);
    rc = file->pMethods->xFileSize(file, &size);
    uint32_t pages = qt__pages_of(size);
    if (rc == SQLITE_OK && !vfs->renewal->is_pending)
        rc = collect(vfs, QT_MIN(most, (uint32_t)AT_ONCE), pages);
    if (rc == SQLITE_OK && vfs->renewal->is_pending)
        rc = put_in_place(vfs);
    if (rc != SQLITE_OK)
        return rc;
    *out = (struct qt__renewed){.pages = pages, .done = QT_MIN(vfs->renewal->next - 1, pages)};
    if (out->done < pages)
        return SQLITE_OK;
    rc = qt__seals_renew(vfs->seals);
    out->is_done = rc == SQLITE_OK;
    return rc;
}

void
qt__vfs_rekey(struct qt__vfs *vfs, const unsigned char key[QT__KEY_BYTES])
{
    qt__renewal_end(vfs);
    qt__cipher_rekey(vfs->cipher, key);
}

void
qt__vfs_settle(struct qt__vfs *vfs)
{
    char path[520];
    qt__renewal_end(vfs);
    qt__cipher_drop_former(vfs->cipher);
    snprintf(path, sizeof path, "%.510s-rekey", vfs->path);
    (void)vfs->under->xDelete(vfs->under, path, 0);
}

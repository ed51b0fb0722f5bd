/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The write-ahead log (vfs_priv.h). SQLite sees 32 bytes and frames of 24 + 4096; ours are longer:
 *
 *     0 head (96)  1024 top (88)  2048 top (88)  4096 frame 0 (4192)  8288 frame 1 ...
 *
 * SQLite writes a frame's head and then its page: we keep the head until the page comes, and write
 * both at once.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vfs_priv.h"

enum {
    LOG_HEAD = 32, /* as SQLite has them */
    FRAME_HEAD = 24,
    FRAME = FRAME_HEAD + QT__PAGE_BYTES,
    HEAD_PLAIN = 8 + QT__ID_BYTES + LOG_HEAD, /* as we have them */
    RECORD_PLAIN = FRAME_HEAD + 2 * QT__TAG_BYTES,
    RECORD = RECORD_PLAIN + QT__SEAL_BYTES,
    OUR_FRAME = RECORD + QT__PAGE_BYTES,
    TOP_PLAIN = 8 + 4 + QT__TAG_BYTES + QT__ID_BYTES,
    TOP_AT = 1024,
    FRAMES_AT = 4096
};

struct top {
    uint64_t count; /* of tops written; 0: none */
    uint32_t frames;
    unsigned char last[QT__TAG_BYTES], boot[QT__ID_BYTES];
};

struct qt__wal {
    bool is_known;   /* the four below are the file's */
    bool is_checked; /* against root and top */
    uint64_t follows;
    unsigned char id[QT__ID_BYTES];
    unsigned char head[LOG_HEAD], head_tag[QT__TAG_BYTES];
    struct top top;        /* the newest */
    uint64_t top_synced;   /* count of the newest that is on disk; the next one spares its slot */
    uint32_t acknowledged; /* frames: on disk, or lost through damage only */
    uint32_t committed;    /* frames: up to the last commit that was written */
    bool is_pending;       /* a frame's head waits for its page */
    uint32_t pending;
    unsigned char pending_head[FRAME_HEAD];
    uint32_t last_frame; /* the one that last_tag is of; UINT32_MAX: none */
    unsigned char last_tag[QT__TAG_BYTES];
    unsigned char buffer[OUR_FRAME];
};

struct qt__wal *
qt__wal_create(void)
{
    struct qt__wal *wal = calloc(1, sizeof *wal);
    if (wal)
        wal->last_frame = UINT32_MAX;
    return wal;
}

void
qt__wal_destroy(struct qt__wal *wal)
{
    free(wal);
}

static int64_t
frame_at(uint32_t frame)
{
    return FRAMES_AT + (int64_t)frame * OUR_FRAME;
}

static uint32_t
big_endian(const unsigned char *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static bool
is_commit(const unsigned char head[FRAME_HEAD])
{
    return big_endian(head + 4) != 0;
}

static struct qt__place
place_of(const struct qt__wal *wal, enum qt__kind kind, uint64_t number)
{
    struct qt__place place = {.kind = kind, .number = number};
    memcpy(place.id, wal->id, sizeof place.id);
    return place;
}

/* The log's head */

static const struct qt__place head_place = {.kind = QT__KIND_LOG};

static bool
read_log_head(struct qt__file *file)
{
    struct qt__wal *wal = file->wal;
    unsigned char head[HEAD_PLAIN + QT__SEAL_BYTES];
    wal->is_known = false;
    if (qt__read_under(file->under, head, sizeof head, 0) != SQLITE_OK)
        return false;
    memcpy(wal->head_tag, qt__tag_of(head, HEAD_PLAIN), QT__TAG_BYTES);
    if (!qt__unseal(file->vfs->cipher, &head_place, head, HEAD_PLAIN, head))
        return false;
    wal->follows = qt__get_le(head, 8);
    memcpy(wal->id, head + 8, QT__ID_BYTES);
    memcpy(wal->head, head + 8 + QT__ID_BYTES, LOG_HEAD);
    wal->is_known = true;
    return true;
}

/* A tag of the head of a frame. */
static int
read_tag(struct qt__file *file, uint32_t frame, unsigned char out[QT__TAG_BYTES])
{
    struct qt__wal *wal = file->wal;
    if (frame == wal->last_frame) {
        memcpy(out, wal->last_tag, QT__TAG_BYTES);
        return SQLITE_OK;
    }
    return qt__read_under(file->under, out, QT__TAG_BYTES,
                          frame_at(frame) + RECORD - QT__TAG_BYTES);
}

static int
write_top(struct qt__file *file)
{
    struct qt__wal *wal = file->wal;
    unsigned char top[TOP_PLAIN + QT__SEAL_BYTES];
    struct top next = {.count = wal->top_synced + 1, .frames = wal->committed};
    int rc = SQLITE_OK;
    if (next.frames > 0)
        rc = read_tag(file, next.frames - 1, next.last);
    if (rc != SQLITE_OK)
        return rc;
    memcpy(next.boot, file->vfs->boot, QT__ID_BYTES);
    const struct qt__place place = place_of(wal, QT__KIND_TOP, next.count & 1);
    qt__put_le(top, next.count, 8);
    qt__put_le(top + 8, next.frames, 4);
    memcpy(top + 12, next.last, QT__TAG_BYTES);
    memcpy(top + 12 + QT__TAG_BYTES, next.boot, QT__ID_BYTES);
    qt__seal(file->vfs->cipher, &place, top, TOP_PLAIN, top);
    rc = qt__write_under(file->under, top, sizeof top, TOP_AT * (1 + (int64_t)(next.count & 1)));
    if (rc == SQLITE_OK)
        wal->top = next;
    return rc;
}

/* SQLite begins the log anew: all that was in it is in the database. */
static int
write_log_head(struct qt__file *file, const unsigned char from[LOG_HEAD])
{
    static const unsigned char none[QT__ID_BYTES];
    struct qt__wal *wal = file->wal;
    unsigned char head[HEAD_PLAIN + QT__SEAL_BYTES];
    int rc = qt__seals_set_log(file->vfs->seals, none);
    if (rc != SQLITE_OK)
        return rc;
    wal->follows = qt__seals_generation(file->vfs->seals);
    randombytes_buf(wal->id, sizeof wal->id);
    memcpy(wal->head, from, LOG_HEAD);
    qt__put_le(head, wal->follows, 8);
    memcpy(head + 8, wal->id, QT__ID_BYTES);
    memcpy(head + 8 + QT__ID_BYTES, from, LOG_HEAD);
    qt__seal(file->vfs->cipher, &head_place, head, HEAD_PLAIN, head);
    memcpy(wal->head_tag, qt__tag_of(head, HEAD_PLAIN), QT__TAG_BYTES);
    wal->is_known = wal->is_checked = true;
    wal->is_pending = false;
    wal->acknowledged = wal->committed = file->vfs->log_frames = 0;
    wal->top = (struct top){0};
    wal->top_synced = 0;
    wal->last_frame = UINT32_MAX;
    rc = qt__write_under(file->under, head, sizeof head, 0);
    return rc == SQLITE_OK ? write_top(file) : rc;
}

/* Tops: how far it was acknowledged */

static bool
read_top(struct qt__file *file, unsigned slot, struct top *out)
{
    unsigned char top[TOP_PLAIN + QT__SEAL_BYTES];
    const struct qt__place place = place_of(file->wal, QT__KIND_TOP, slot);
    if (qt__read_under(file->under, top, sizeof top, TOP_AT * (1 + slot)) != SQLITE_OK ||
        !qt__unseal(file->vfs->cipher, &place, top, TOP_PLAIN, top))
        return false;
    out->count = qt__get_le(top, 8);
    out->frames = (uint32_t)qt__get_le(top + 8, 4);
    memcpy(out->last, top + 12, QT__TAG_BYTES);
    memcpy(out->boot, top + 12 + QT__TAG_BYTES, QT__ID_BYTES);
    return true;
}

/* Frames */

static bool
open_record(struct qt__file *file, uint32_t frame, const unsigned char sealed[RECORD],
            unsigned char plain[RECORD_PLAIN])
{
    const struct qt__place place = place_of(file->wal, QT__KIND_FRAME, frame);
    return file->wal->is_known &&
           qt__unseal(file->vfs->cipher, &place, sealed, RECORD_PLAIN, plain);
}

/* The head of a frame, sealed with the tags of its page and of what stands before it, to out. */
static int
make_record(struct qt__file *file, uint32_t frame, const unsigned char head[FRAME_HEAD],
            const unsigned char page_tag[QT__TAG_BYTES], unsigned char out[RECORD])
{
    struct qt__wal *wal = file->wal;
    const struct qt__place place = place_of(wal, QT__KIND_FRAME, frame);
    int rc = SQLITE_OK;
    memcpy(out, head, FRAME_HEAD);
    memcpy(out + FRAME_HEAD, page_tag, QT__TAG_BYTES);
    if (frame > 0)
        rc = read_tag(file, frame - 1, out + FRAME_HEAD + QT__TAG_BYTES);
    else
        memcpy(out + FRAME_HEAD + QT__TAG_BYTES, wal->head_tag, QT__TAG_BYTES);
    if (rc != SQLITE_OK)
        return rc;
    qt__seal(file->vfs->cipher, &place, out, RECORD_PLAIN, out);
    return SQLITE_OK;
}

/* A frame, or only its record, to the disk; what did not get there counts for nothing. */
static int
write_record(struct qt__file *file, uint32_t frame, const unsigned char head[FRAME_HEAD],
             const unsigned char *record, size_t n)
{
    struct qt__wal *wal = file->wal;
    wal->last_frame = UINT32_MAX;
    int rc = qt__write_under(file->under, record, n, frame_at(frame));
    if (rc != SQLITE_OK)
        return rc;
    wal->last_frame = frame;
    memcpy(wal->last_tag, qt__tag_of(record, RECORD_PLAIN), QT__TAG_BYTES);
    if (is_commit(head))
        wal->committed = frame + 1;
    return SQLITE_OK;
}

/* A head that no page followed is a frame's new head: SQLite corrected its checksum. */
static int
write_pending(struct qt__file *file)
{
    struct qt__wal *wal = file->wal;
    unsigned char record[RECORD], tag[QT__TAG_BYTES];
    if (!wal->is_pending)
        return SQLITE_OK;
    wal->is_pending = false;
    int rc = qt__read_under(file->under, tag, sizeof tag,
                            frame_at(wal->pending) + OUR_FRAME - QT__TAG_BYTES);
    if (rc == SQLITE_OK)
        rc = make_record(file, wal->pending, wal->pending_head, tag, record);
    return rc == SQLITE_OK
               ? write_record(file, wal->pending, wal->pending_head, record, sizeof record)
               : rc;
}

static int
write_frame_page(struct qt__file *file, uint32_t frame, const unsigned char page[QT__PAGE_BYTES])
{
    struct qt__wal *wal = file->wal;
    unsigned char head[RECORD_PLAIN], *sealed = wal->buffer + RECORD;
    if (!sodium_is_zero(page + QT__PAGE_PLAIN, QT__SEAL_BYTES))
        return SQLITE_IOERR_WRITE; /* its checksum would not fit what is read back */
    if (wal->is_pending && wal->pending == frame) {
        memcpy(head, wal->pending_head, FRAME_HEAD);
        wal->is_pending = false;
    } else {
        unsigned char record[RECORD];
        int rc = write_pending(file);
        if (rc == SQLITE_OK)
            rc = qt__read_under(file->under, record, sizeof record, frame_at(frame));
        if (rc != SQLITE_OK)
            return rc;
        if (!open_record(file, frame, record, head))
            return qt__damaged(file->vfs, "frame %u of its log was changed", frame + 1);
    }
    const struct qt__place place = {.kind = QT__KIND_PAGE, .number = big_endian(head)};
    qt__seal(file->vfs->cipher, &place, page, QT__PAGE_PLAIN, sealed);
    int rc = make_record(file, frame, head, qt__tag_of(sealed, QT__PAGE_PLAIN), wal->buffer);
    return rc == SQLITE_OK ? write_record(file, frame, head, wal->buffer, OUR_FRAME) : rc;
}

/* A frame as SQLite knows it, from the buffer. False: it is not what was written there. */
static bool
open_frame(struct qt__file *file, uint32_t frame, unsigned char head[FRAME_HEAD],
           unsigned char page[QT__PAGE_BYTES])
{
    struct qt__wal *wal = file->wal;
    unsigned char plain[RECORD_PLAIN];
    const unsigned char *sealed = wal->buffer + RECORD;
    if (!open_record(file, frame, wal->buffer, plain) ||
        memcmp(plain + FRAME_HEAD, qt__tag_of(sealed, QT__PAGE_PLAIN), QT__TAG_BYTES) != 0)
        return false;
    const struct qt__place place = {.kind = QT__KIND_PAGE, .number = big_endian(plain)};
    if (!qt__unseal(file->vfs->cipher, &place, sealed, QT__PAGE_PLAIN, page))
        return false;
    memset(page + QT__PAGE_PLAIN, 0, QT__SEAL_BYTES);
    memcpy(head, plain, FRAME_HEAD);
    file->vfs->carried.page = big_endian(head);
    memcpy(file->vfs->carried.plain, page, QT__PAGE_PLAIN);
    memcpy(file->vfs->carried.sealed, sealed, QT__PAGE_BYTES);
    return true;
}

/**
 * Reads a frame. Recovery reads on until a frame does not fit: what is not acknowledged and does
 * not open is zeros to it. Everything else that does not open is damage.
 */
static int
read_frame(struct qt__file *file, uint32_t frame, bool recovers, unsigned char out[FRAME])
{
    struct qt__wal *wal = file->wal;
    int rc = qt__read_under(file->under, wal->buffer, OUR_FRAME, frame_at(frame));
    if (rc == SQLITE_OK && open_frame(file, frame, out, out + FRAME_HEAD))
        return SQLITE_OK;
    if (rc == SQLITE_OK && file->vfs->reads_only && read_log_head(file) &&
        open_frame(file, frame, out, out + FRAME_HEAD))
        return SQLITE_OK; /* the process that writes began the log anew */
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
        return rc;
    if (recovers && frame >= wal->acknowledged) {
        memset(out, 0, FRAME);
        return SQLITE_OK;
    }
    return qt__damaged(file->vfs, "frame %u of its log was changed, cut or is from elsewhere",
                       frame + 1);
}

/* Checking, before SQLite recovers what is in the log */

/* Whether the first frames are all there, in one chain that ends in the top's tag; SQLite will read
 * their pages, those from a frame on are read here. */
static bool
is_whole(struct qt__file *file, const struct top *top, uint32_t read_from, uint32_t *out_bad)
{
    struct qt__wal *wal = file->wal;
    unsigned char before[QT__TAG_BYTES], plain[RECORD_PLAIN], frame[FRAME];
    memcpy(before, wal->head_tag, sizeof before);
    for (uint32_t i = 0; i < top->frames; i++) {
        *out_bad = i + 1;
        if (qt__read_under(file->under, wal->buffer, OUR_FRAME, frame_at(i)) != SQLITE_OK ||
            !open_record(file, i, wal->buffer, plain) ||
            memcmp(plain + FRAME_HEAD + QT__TAG_BYTES, before, sizeof before) != 0 ||
            (i >= read_from && !open_frame(file, i, frame, frame + FRAME_HEAD)))
            return false;
        memcpy(before, qt__tag_of(wal->buffer, RECORD_PLAIN), sizeof before);
    }
    return top->frames == 0 || memcmp(before, top->last, sizeof before) == 0;
}

/* What was found may never have been on disk, though it can be read (V6): head, newest top and what
 * it has more than the older one, the same bytes again. */
static int
renew(struct qt__file *file, const struct top *newer, uint32_t frames_before)
{
    struct qt__wal *wal = file->wal;
    unsigned char *buffer = wal->buffer;
    int rc = qt__renew_under(file->under, buffer, HEAD_PLAIN + QT__SEAL_BYTES, 0);
    if (rc == SQLITE_OK)
        rc = qt__renew_under(file->under, buffer, TOP_PLAIN + QT__SEAL_BYTES,
                             TOP_AT * (1 + (int64_t)(newer->count & 1)));
    for (uint32_t i = frames_before; rc == SQLITE_OK && i < newer->frames; i++)
        rc = qt__renew_under(file->under, buffer, OUR_FRAME, frame_at(i));
    if (rc == SQLITE_OK)
        rc = qt__sync_under(file->under);
    if (rc == SQLITE_OK)
        wal->top_synced = newer->count;
    return rc;
}

/* V4: on this boot what was acknowledged is there; a power cut may have torn the last one. */
static int
check_frames(struct qt__file *file, bool is_named)
{
    struct qt__wal *wal = file->wal;
    struct top tops[2] = {{0}, {0}};
    uint32_t bad = 0, older_bad;
    for (unsigned slot = 0; slot < 2; slot++)
        if (!read_top(file, slot, &tops[slot]))
            tops[slot] = (struct top){0};
    const struct top *newer = &tops[tops[1].count > tops[0].count], *older = &tops[newer == tops];
    if (newer->count == 0)
        return is_named ? qt__damaged(file->vfs, "its log (store.db-wal) is cut or damaged")
                        : SQLITE_OK;
    bool was_off = memcmp(newer->boot, file->vfs->boot, QT__ID_BYTES) != 0;
    wal->top = *newer;
    wal->acknowledged = wal->committed = newer->frames;
    if (is_whole(file, newer, older->frames, &bad))
        return file->vfs->reads_only ? SQLITE_OK : renew(file, newer, older->frames);
    wal->acknowledged = wal->committed = older->frames;
    if (was_off && is_whole(file, older, older->frames, &older_bad)) {
        wal->top = *older;
        wal->top_synced = older->count;
        return SQLITE_OK;
    }
    return qt__damaged(file->vfs,
                       "frame %u of its log was changed, cut or is from elsewhere (%u frames were "
                       "acknowledged)",
                       bad, newer->frames);
}

/* V3: the log that the root names, or one that follows it; another one is as good as empty. */
int
qt__wal_check(struct qt__file *file)
{
    struct qt__seals *seals = file->vfs->seals;
    struct qt__wal *wal = file->wal;
    bool is_named = !sodium_is_zero(qt__seals_log(seals), QT__ID_BYTES);
    if (wal->is_checked)
        return SQLITE_OK;
    bool is_ours = read_log_head(file);
    if (is_named && (!is_ours || memcmp(wal->id, qt__seals_log(seals), QT__ID_BYTES) != 0))
        return qt__damaged(file->vfs, "its log (store.db-wal) is missing, damaged or another one");
    if (!is_named && is_ours && wal->follows != qt__seals_generation(seals))
        wal->is_known = is_ours = false;
    int rc = is_ours ? check_frames(file, is_named) : SQLITE_OK;
    if (rc == SQLITE_OK && is_named && wal->acknowledged < qt__seals_log_frames(seals))
        rc = qt__damaged(file->vfs, "its log (store.db-wal) ends at frame %u, %u were acknowledged",
                         wal->acknowledged, qt__seals_log_frames(seals));
    file->vfs->log_frames = wal->acknowledged;
    wal->is_checked = rc == SQLITE_OK;
    return rc;
}

/* What SQLite calls */

static int
wal_read(sqlite3_file *base, void *buffer, int n, sqlite3_int64 at)
{
    struct qt__file *file = (struct qt__file *)base;
    struct qt__wal *wal = file->wal;
    unsigned char frame[FRAME], *out = buffer;
    int rc = write_pending(file);
    while (rc == SQLITE_OK && n > 0) {
        int part, skip;
        if (at < LOG_HEAD) {
            skip = (int)at;
            part = QT_MIN(n, LOG_HEAD - skip);
            memset(frame, 0, LOG_HEAD);
            if (wal->is_known)
                memcpy(frame, wal->head, LOG_HEAD);
        } else {
            uint32_t number = (uint32_t)((at - LOG_HEAD) / FRAME);
            skip = (int)((at - LOG_HEAD) % FRAME);
            part = QT_MIN(n, FRAME - skip);
            rc = read_frame(file, number, skip == 0, frame);
        }
        if (rc != SQLITE_OK)
            break;
        memcpy(out, frame + skip, (size_t)part);
        out += part;
        at += part;
        n -= part;
    }
    return rc;
}

static int
wal_write(sqlite3_file *base, const void *buffer, int n, sqlite3_int64 at)
{
    struct qt__file *file = (struct qt__file *)base;
    struct qt__wal *wal = file->wal;
    if (at == 0 && n == LOG_HEAD)
        return write_log_head(file, buffer);
    if (at < LOG_HEAD || !wal->is_known)
        return SQLITE_IOERR_WRITE;
    uint32_t frame = (uint32_t)((at - LOG_HEAD) / FRAME);
    int64_t skip = (at - LOG_HEAD) % FRAME;
    if (skip == FRAME_HEAD && n == QT__PAGE_BYTES)
        return write_frame_page(file, frame, buffer);
    if (skip != 0 || n != FRAME_HEAD)
        return SQLITE_IOERR_WRITE;
    int rc = write_pending(file);
    wal->is_pending = true;
    wal->pending = frame;
    memcpy(wal->pending_head, buffer, FRAME_HEAD);
    return rc;
}

static int
wal_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    static const unsigned char none[QT__ID_BYTES];
    struct qt__file *file = (struct qt__file *)base;
    struct qt__wal *wal = file->wal;
    int rc = write_pending(file);
    int64_t frames = size > LOG_HEAD ? (size - LOG_HEAD + FRAME - 1) / FRAME : 0;
    if (rc == SQLITE_OK && size == 0) {
        rc = qt__seals_set_log(file->vfs->seals, none);
        wal->is_known = false;
        wal->is_checked = true;
    }
    return rc == SQLITE_OK ? file->under->pMethods->xTruncate(
                                 file->under, size == 0 ? 0 : frame_at((uint32_t)frames))
                           : rc;
}

static int
wal_sync(sqlite3_file *base, int flags)
{
    struct qt__file *file = (struct qt__file *)base;
    struct qt__wal *wal = file->wal;
    int rc = write_pending(file);
    bool is_settled = wal->top.count == wal->top_synced && wal->committed == wal->top.frames;
    if (rc == SQLITE_OK && wal->committed > 0 && !is_settled)
        rc = write_top(file);
    if (rc == SQLITE_OK)
        rc = file->under->pMethods->xSync(file->under, flags);
    if (rc != SQLITE_OK && wal->is_known && wal->committed != wal->acknowledged) {
        wal->committed = wal->acknowledged; /* SQLite will write other frames there */
        (void)write_top(file);
    }
    if (rc != SQLITE_OK || !wal->is_known)
        return rc;
    wal->top_synced = wal->top.count;
    wal->acknowledged = file->vfs->log_frames = wal->committed;
    return qt__seals_set_log(file->vfs->seals, wal->id);
}

static int
wal_size(sqlite3_file *base, sqlite3_int64 *out)
{
    struct qt__file *file = (struct qt__file *)base;
    sqlite3_int64 size = 0;
    int rc = write_pending(file);
    if (rc == SQLITE_OK)
        rc = qt__wal_check(file);
    if (rc == SQLITE_OK)
        rc = file->under->pMethods->xFileSize(file->under, &size);
    *out = size > FRAMES_AT   ? LOG_HEAD + (size - FRAMES_AT) / OUR_FRAME * FRAME
           : size >= LOG_HEAD ? LOG_HEAD
                              : 0;
    return rc;
}

static int
wal_close(sqlite3_file *base)
{
    int rc = write_pending((struct qt__file *)base);
    int closed = qt__file_close(base);
    return rc != SQLITE_OK ? rc : closed;
}

const sqlite3_io_methods qt__wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = qt__file_lock,
    .xUnlock = qt__file_unlock,
    .xCheckReservedLock = qt__file_is_reserved,
    .xFileControl = qt__file_control,
    .xSectorSize = qt__file_sector,
    .xDeviceCharacteristics = qt__file_traits,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a session: segment after segment, chunk after chunk. A chunk that does not open is a torn
 * tail when it is the last thing of the last segment, and damage anywhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "journal_chunk_priv.h"
#include "journal_fields_priv.h"

/* A segment is read through a window of its bytes, which holds the next two chunks whole. */
enum { TWO_CHUNKS = 2 * (QT__CHUNK_MAX + QT__CHUNK_EXTRA), WINDOW = 2 * TWO_CHUNKS };

struct qt_journal_reader {
    char folder[480];
    struct qt_journal_key key;
    struct qt_journal_head head;
    struct qt_restore *restore;
    char config[QT_JOURNAL_CONFIG_MAX];
    char **names; /* of the folder's segments */
    int name_count, name, name_end;
    uint64_t done, size;
    /* the present segment and chunk */
    struct qt__segment segment;
    int fd;                 /* -1: none */
    unsigned char *bytes;   /* WINDOW */
    size_t bytes_n, at;     /* at = bytes_n: the segment is over */
    uint64_t before, after; /* bytes of the segment before the window and behind it */
    uint64_t chunk;         /* number of the next one */
    struct qt__journal_base base;
    size_t plain_n, plain_at;
    unsigned char plain[QT__CHUNK_MAX];
    /* what was read last */
    union qt__journal_any any;
    uint64_t last_seq;
    bool is_over;
    enum qt_journal_ending ending;
};

/* The path of the reader's present segment. */
static void
path_of(const struct qt_journal_reader *reader, char out[640])
{
    snprintf(out, 640, "%s/%s", reader->folder, reader->names[reader->name]);
}

/* Moves the window on when it holds less than two chunks of what there is. */
static bool
fill(struct qt_journal_reader *reader, struct qt_error *err)
{
    size_t rest = reader->bytes_n - reader->at;
    if (reader->after == 0 || rest >= TWO_CHUNKS)
        return true;
    memmove(reader->bytes, reader->bytes + reader->at, rest);
    reader->before += reader->at;
    reader->at = 0;
    reader->bytes_n = rest;
    while (reader->after > 0 && reader->bytes_n < WINDOW) {
        size_t wanted = (size_t)QT_MIN(reader->after, (uint64_t)(WINDOW - reader->bytes_n));
        ssize_t got = read(reader->fd, reader->bytes + reader->bytes_n, wanted);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return qt_fail_errno(err, QT_E_IO, "%s: cannot read", reader->names[reader->name]);
        reader->bytes_n += (size_t)got;
        reader->after = got == 0 ? 0 : reader->after - (uint64_t)got;
    }
    return true;
}

static void
close_segment(struct qt_journal_reader *reader)
{
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
}

static bool
load_segment(struct qt_journal_reader *reader, struct qt_error *err)
{
    char path[640];
    struct stat st;
    path_of(reader, path);
    close_segment(reader);
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot open", path);
    if (fstat(reader->fd, &st) != 0)
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    if (!S_ISREG(st.st_mode))
        return qt_fail(err, QT_E_IO, "%s: not a regular file", path);
    reader->after = (uint64_t)st.st_size;
    reader->before = reader->bytes_n = reader->at = reader->chunk = 0;
    if (!fill(reader, err))
        return false;
    if (reader->bytes_n < QT__HEAD_BYTES)
        return qt_fail(err, QT_E_VERIFY, "%s: is cut within its head", path);
    reader->at = QT__HEAD_BYTES;
    return qt__segment_read(&reader->segment, &reader->key, reader->bytes, path, err);
}

/* Segments follow one another without a gap. */
static bool
next_segment(struct qt_journal_reader *reader, struct qt_error *err)
{
    uint64_t number = 0, last = reader->segment.number;
    unsigned char session[QT__SESSION_BYTES];
    memcpy(session, reader->segment.session, sizeof session);
    if (!qt__segment_is_of(reader->names[reader->name], reader->head.session, &number) ||
        number != last + 1)
        return qt_fail(err, QT_E_VERIFY, "session %s: segment %" PRIu64 " is missing",
                       reader->head.session, last + 1);
    if (!load_segment(reader, err))
        return false;
    if (reader->segment.number != number ||
        (last > 0 && memcmp(session, reader->segment.session, sizeof session) != 0))
        return qt_fail(err, QT_E_VERIFY, "%s: is not segment %" PRIu64 " of its session",
                       reader->names[reader->name], number);
    return true;
}

static bool
has_more_segments(const struct qt_journal_reader *reader)
{
    return reader->name + 1 < reader->name_end;
}

/* Whether a later chunk of this segment opens, so that what does not is damage and not the end. */
static bool
opens_later(struct qt_journal_reader *reader)
{
    size_t plain = 0, at = reader->at;
    uint32_t length = 0;
    if (reader->bytes_n - at < QT__CHUNK_EXTRA)
        return false;
    for (unsigned i = 0; i < 4; i++)
        length |= (uint32_t)reader->bytes[at + i] << (8 * i);
    if (length > QT__CHUNK_MAX || length + (size_t)QT__CHUNK_EXTRA > reader->bytes_n - at)
        return false;
    at += length + (size_t)QT__CHUNK_EXTRA;
    return qt__chunk_open(&reader->segment, reader->chunk + 1, reader->bytes + at,
                          reader->bytes_n - at, reader->plain, &plain) > 0;
}

/* The next chunk into plain. False: the end of what is there, or err. */
static bool
next_chunk(struct qt_journal_reader *reader, struct qt_error *err)
{
    if (!fill(reader, err))
        return false;
    while (reader->at == reader->bytes_n && has_more_segments(reader)) {
        reader->name++;
        if (!next_segment(reader, err))
            return false;
    }
    reader->plain_n = reader->plain_at = 0;
    reader->base = (struct qt__journal_base){0};
    if (reader->at == reader->bytes_n)
        return false;
    size_t n = qt__chunk_open(&reader->segment, reader->chunk, reader->bytes + reader->at,
                              reader->bytes_n - reader->at, reader->plain, &reader->plain_n);
    if (n > 0) {
        reader->at += n;
        reader->chunk++;
        reader->done += n;
        return true;
    }
    reader->plain_n = 0;
    if (has_more_segments(reader) || opens_later(reader))
        qt_fail(err, QT_E_VERIFY,
                "%s: chunk %" PRIu64 " at byte %" PRIu64 " is damaged (after event %" PRIu64 ")",
                reader->names[reader->name], reader->chunk, reader->before + reader->at,
                reader->last_seq);
    return false;
}

/* The next record, decoded into reader->any. False: the end of what is there, or err. */
static bool
next_entry(struct qt_journal_reader *reader, unsigned *out_kind, struct qt_error *err)
{
    if (reader->plain_at == reader->plain_n && !next_chunk(reader, err))
        return false;
    size_t n = qt__entry_get(reader->plain + reader->plain_at, reader->plain_n - reader->plain_at,
                             &reader->base, out_kind, &reader->any, reader->restore);
    if (n == 0)
        return qt_fail(err, QT_E_VERIFY,
                       "%s: chunk %" PRIu64 " holds a record that cannot be read (after event "
                       "%" PRIu64 ")",
                       reader->names[reader->name], reader->chunk - 1, reader->last_seq);
    reader->plain_at += n;
    return true;
}

/* Head */

static bool
add_config(struct qt_journal_reader *reader, struct qt_error *err)
{
    size_t used = strlen(reader->config), n = strlen(reader->any.text.bytes);
    if (used + n >= sizeof reader->config)
        return qt_fail(err, QT_E_VERIFY, "the journal's config is too long");
    memcpy(reader->config + used, reader->any.text.bytes, n + 1);
    return true;
}

static bool
take_head(struct qt_journal_reader *reader, unsigned kind, struct qt_error *err)
{
    struct qt_restore *restore = reader->restore;
    const union qt__journal_any *any = &reader->any;
    uint32_t symbols = qt_universe_count(reader->head.universe);
    switch (kind) {
    case QT__ENTRY_HEAD:
        qt_copy(reader->head.version, sizeof reader->head.version, any->head.version);
        qt_copy(reader->head.run_kind, sizeof reader->head.run_kind, any->head.run_kind);
        reader->head.created_ns = any->head.created_ns;
        reader->head.base_period_ns = any->head.base_period_ns;
        reader->head.is_recorded = any->head.is_recorded;
        return true;
    case QT__ENTRY_CONFIG:
        return add_config(reader, err);
    case QT__ENTRY_INSTRUMENT:
        return qt_universe_add(reader->head.universe, &reader->any.instrument, err);
    case QT__ENTRY_STATE:
        restore->is_found = true;
        return true;
    case QT__ENTRY_ORDER:
        if (restore->orders == QT_RESTORE_ORDERS || any->order.request.instrument >= symbols)
            break;
        restore->order[restore->orders++] = any->order;
        return true;
    case QT__ENTRY_PLAN:
        if (restore->plans == QT_RESTORE_ORDERS)
            break;
        restore->plan[restore->plans++] = any->plan;
        return true;
    case QT__ENTRY_POSITION:
        if (restore->positions == QT_RESTORE_POSITIONS || any->position.instrument >= symbols)
            break;
        restore->position[restore->positions++] = any->position;
        return true;
    case QT__ENTRY_BALANCE:
        if (restore->balances == QT_RESTORE_BALANCES)
            break;
        restore->balance[restore->balances++] = any->balance;
        return true;
    case QT__ENTRY_MARKET:
        reader->head.market = any->market;
        return true;
    }
    return qt_fail(err, QT_E_VERIFY, "%s: a record of kind %u does not belong into the head",
                   reader->names[reader->name], kind);
}

static bool
read_head(struct qt_journal_reader *reader, struct qt_error *err)
{
    unsigned kind = 0;
    while (next_entry(reader, &kind, err)) {
        if (kind == QT__ENTRY_BEGIN)
            return true;
        if (!take_head(reader, kind, err))
            return false;
    }
    return err->code != QT_E_NONE ? false
                                  : qt_fail(err, QT_E_VERIFY, "session %s is cut within its head",
                                            reader->head.session);
}

/* Records */

enum qt_journal_item
qt_journal_next(struct qt_journal_reader *reader, const struct qt_event **out_event,
                const struct qt_decision **out_decision, struct qt_error *err)
{
    unsigned kind = 0;
    if (reader->is_over)
        return QT_JOURNAL_END;
    if (!next_entry(reader, &kind, err)) {
        reader->is_over = true;
        return err->code == QT_E_NONE ? QT_JOURNAL_END : QT_JOURNAL_FAILED;
    }
    if (kind >= QT__ENTRY_DECISION) {
        *out_decision = &reader->any.decision;
        return QT_JOURNAL_DECISION;
    }
    if (kind >= QT__ENTRY_EVENT) {
        reader->last_seq = reader->any.event.seq;
        *out_event = &reader->any.event;
        return QT_JOURNAL_EVENT;
    }
    reader->is_over = true;
    if (kind == QT__ENTRY_END) {
        reader->ending = (enum qt_journal_ending)reader->any.end.reason;
        return QT_JOURNAL_END;
    }
    qt_fail(err, QT_E_VERIFY, "%s: a record of the head stands among the events",
            reader->names[reader->name]);
    return QT_JOURNAL_FAILED;
}

const struct qt_journal_head *
qt_journal_reader_head(const struct qt_journal_reader *reader)
{
    return &reader->head;
}

enum qt_journal_ending
qt_journal_reader_ending(const struct qt_journal_reader *reader)
{
    return reader->ending;
}

uint64_t
qt_journal_reader_bytes(const struct qt_journal_reader *reader)
{
    return reader->done;
}

uint64_t
qt_journal_reader_size(const struct qt_journal_reader *reader)
{
    return reader->size;
}

/* Life */

static bool
find_session(struct qt_journal_reader *reader, const char *session, struct qt_error *err)
{
    uint64_t number;
    if (!session && reader->name_count > 0) {
        const char *last = reader->names[reader->name_count - 1];
        const char *dash = strrchr(last, '-');
        qt_copy_n(reader->head.session, sizeof reader->head.session, last,
                  dash ? (size_t)(dash - last) : 0);
    } else if (session) {
        qt_copy(reader->head.session, sizeof reader->head.session, session);
    }
    reader->name = reader->name_end = 0;
    for (int i = 0; i < reader->name_count; i++) {
        struct stat st;
        char path[640];
        if (!qt__segment_is_of(reader->names[i], reader->head.session, &number))
            continue;
        if (reader->name_end == 0)
            reader->name = i;
        reader->name_end = i + 1;
        snprintf(path, sizeof path, "%s/%s", reader->folder, reader->names[i]);
        reader->size += stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
    }
    if (reader->name_end > 0)
        return true;
    return qt_fail(err, QT_E_DATA, session ? "%s: has no session %s" : "%s: holds no journal",
                   reader->folder, session);
}

struct qt_journal_reader *
qt_journal_open(const char *folder, const char *session, const struct qt_journal_key *key,
                struct qt_error *err)
{
    struct qt_journal_reader *reader = calloc(1, sizeof *reader);
    if (reader)
        reader->fd = -1;
    if (!reader || !(reader->restore = calloc(1, sizeof *reader->restore)) ||
        !(reader->bytes = malloc(WINDOW)) || !(reader->head.universe = qt_universe_create())) {
        qt_fail(err, QT_E_MEMORY, "no memory for a journal's reader");
        qt_journal_reader_close(reader);
        return NULL;
    }
    reader->key = *key;
    reader->ending = QT_JOURNAL_CUT;
    reader->head.config = reader->config;
    reader->head.restore = reader->restore;
    qt_copy(reader->folder, sizeof reader->folder, folder);
    reader->name_count = qt__segments_list(folder, &reader->names, err);
    if (reader->name_count >= 0 && find_session(reader, session, err) &&
        next_segment(reader, err) && read_head(reader, err))
        return reader;
    qt_journal_reader_close(reader);
    return NULL;
}

bool
qt_journal_reader_seek(struct qt_journal_reader *reader, uint64_t segment, struct qt_error *err)
{
    uint64_t number = 0;
    if (segment == 1 && reader->segment.number == 1)
        return true;
    for (int i = reader->name; i < reader->name_end; i++) {
        if (!qt__segment_is_of(reader->names[i], reader->head.session, &number) ||
            number != segment)
            continue;
        reader->name = i;
        reader->segment.number = segment - 1;
        reader->plain_n = reader->plain_at = 0;
        return next_segment(reader, err);
    }
    return qt_fail(err, QT_E_VERIFY, "session %s: segment %" PRIu64 " is missing",
                   reader->head.session, segment);
}

void
qt_journal_reader_close(struct qt_journal_reader *reader)
{
    if (!reader)
        return;
    qt__segments_free(reader->names, reader->name_count);
    qt_universe_destroy(reader->head.universe);
    close_segment(reader);
    free(reader->restore);
    free(reader->bytes);
    sodium_memzero(reader, sizeof *reader);
    free(reader);
}

static void
to_json(unsigned kind, const void *thing, const struct qt_universe *universe,
        char out[QT_JOURNAL_JSON_MAX])
{
    struct qt_text text;
    qt_text_init(&text, out, QT_JOURNAL_JSON_MAX);
    qt__entry_json(kind, thing, universe, &text);
}

void
qt_journal_event_json(const struct qt_event *event, const struct qt_universe *universe,
                      char out[QT_JOURNAL_JSON_MAX])
{
    to_json(QT__ENTRY_EVENT + event->kind, event, universe, out);
}

void
qt_journal_decision_json(const struct qt_decision *decision, const struct qt_universe *universe,
                         char out[QT_JOURNAL_JSON_MAX])
{
    to_json(QT__ENTRY_DECISION + decision->kind, decision, universe, out);
}

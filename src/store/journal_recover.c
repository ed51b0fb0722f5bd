/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sessions before: an end for one that was killed, and room for the next.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

#include "journal_chunk_priv.h"
#include "journal_fields_priv.h"
#include "journal_recover_priv.h"
#include "market_state_priv.h"

enum { SEGMENT_MAX = 1 << 30 };

/* One segment, looked through to the end of what is whole. */
struct look {
    char path[640];
    struct qt__segment segment;
    unsigned char *bytes;
    size_t n, at; /* at: end of the last whole chunk */
    uint64_t chunk, last_seq;
    bool has_begun, has_end;
    struct qt_restore *scratch;
    unsigned char plain[QT__CHUNK_MAX + QT__ENTRY_MAX];
};

static void
look_finish(struct look *look)
{
    if (look) {
        free(look->bytes);
        free(look->scratch);
    }
    free(look);
}

static void
look_at_records(struct look *look, size_t plain_n)
{
    struct qt__journal_base base = {0};
    union qt__journal_any any;
    unsigned kind = 0;
    for (size_t at = 0, n; at < plain_n; at += n) {
        n = qt__entry_get(look->plain + at, plain_n - at, &base, &kind, &any, look->scratch);
        if (n == 0)
            return;
        look->has_begun |= kind >= QT__ENTRY_BEGIN;
        look->has_end = kind == QT__ENTRY_END;
        if (kind >= QT__ENTRY_EVENT && kind < QT__ENTRY_DECISION)
            look->last_seq = any.event.seq;
    }
}

static bool
look_through(struct look *look, const struct qt_journal_key *key, struct qt_error *err)
{
    char *bytes = NULL;
    if (!qt_file_read(look->path, SEGMENT_MAX, &bytes, &look->n, err))
        return false;
    look->bytes = (unsigned char *)bytes;
    if (look->n < QT__HEAD_BYTES)
        return true;
    if (!qt__segment_read(&look->segment, key, look->bytes, look->path, err))
        return false;
    look->at = QT__HEAD_BYTES;
    for (size_t n, plain_n = 0;; look->at += n, look->chunk++) {
        n = qt__chunk_open(&look->segment, look->chunk, look->bytes + look->at, look->n - look->at,
                           look->plain, &plain_n);
        if (n == 0)
            return true;
        look_at_records(look, plain_n);
    }
}

/* What is left after the last whole chunk is not another whole one behind a damaged one. */
static bool
is_torn_tail(struct look *look)
{
    size_t plain_n = 0;
    uint32_t length = 0;
    if (look->n - look->at < QT__CHUNK_EXTRA)
        return true;
    for (unsigned i = 0; i < 4; i++)
        length |= (uint32_t)look->bytes[look->at + i] << (8 * i);
    size_t next = look->at + length + (size_t)QT__CHUNK_EXTRA;
    return length > QT__CHUNK_MAX || next >= look->n ||
           qt__chunk_open(&look->segment, look->chunk + 1, look->bytes + next, look->n - next,
                          look->plain, &plain_n) == 0;
}

static bool
write_end(const struct look *look, struct qt_error *err)
{
    const struct qt__journal_end end = {.reason = QT_JOURNAL_RECOVERED, .seq = look->last_seq};
    struct qt__journal_base base = {0};
    unsigned char plain[QT__ENTRY_MAX], sealed[QT__ENTRY_MAX + QT__CHUNK_EXTRA];
    size_t plain_n = qt__entry_put(QT__ENTRY_END, &end, &base, plain);
    size_t n = qt__chunk_seal(&look->segment, look->chunk, plain, plain_n, sealed);
    int file = open(look->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    bool is_good = file >= 0 && ftruncate(file, (off_t)look->at) == 0 &&
                   pwrite(file, sealed, n, (off_t)look->at) == (ssize_t)n && fsync(file) == 0;
    if (!is_good)
        qt_fail_errno(err, QT_E_IO, "%s: ending what was left", look->path);
    if (file >= 0)
        close(file);
    return is_good;
}

/* A session that was killed before its first input is not one. */
static bool
end_session(struct look *look, bool is_first, struct qt_error *err)
{
    if (look->has_end || (look->at >= QT__HEAD_BYTES && !is_torn_tail(look)))
        return true;
    if (look->at < QT__HEAD_BYTES || (is_first && !look->has_begun))
        return unlink(look->path) == 0 ||
               qt_fail_errno(err, QT_E_IO, "%s: removing what was left", look->path);
    return write_end(look, err);
}

static void
session_of(const char *name, char out[40])
{
    const char *dash = strrchr(name, '-');
    qt_copy_n(out, 40, name, dash ? (size_t)(dash - name) : 0);
}

/* Looks at one segment and ends its session. *out_gone: the segment was nothing yet and went. */
static bool
recover_segment(const char *folder, const char *name, const struct qt_journal_key *key,
                bool *out_gone, struct qt_error *err)
{
    struct look *look = calloc(1, sizeof *look);
    bool is_good = look && (look->scratch = calloc(1, sizeof *look->scratch)) != NULL;
    if (!is_good)
        qt_fail(err, QT_E_MEMORY, "no memory to look at the last session");
    if (is_good)
        snprintf(look->path, sizeof look->path, "%s/%s", folder, name);
    is_good = is_good && look_through(look, key, err) &&
              end_session(look, qt_ends_with(name, "-000001.qtj"), err);
    *out_gone = is_good && access(look->path, F_OK) != 0;
    if (*out_gone && qt_ends_with(name, "-000001.qtj")) {
        char session[40];
        session_of(name, session);
        qt__market_lent_remove(folder, session);
    }
    look_finish(look);
    return is_good;
}

bool
qt__journal_recover(const char *folder, const struct qt_journal_key *key, struct qt_error *err)
{
    char **names = NULL;
    int n = qt__segments_list(folder, &names, err);
    bool is_good = n >= 0, is_gone = true;
    for (int i = n - 1; is_good && is_gone && i >= 0; i--) /* what is gone was never the last */
        is_good = recover_segment(folder, names[i], key, &is_gone, err);
    qt__segments_free(names, n);
    return is_good;
}

static uint64_t
size_of(const char *folder, const char *name)
{
    char path[640];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* Removes a segment; all is what all segments hold. */
static bool
remove_segment(const char *folder, const char *name, uint64_t *all, struct qt_error *err)
{
    char path[640];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *all -= size_of(folder, name);
    return unlink(path) == 0 || qt_fail_errno(err, QT_E_IO, "%s: removing it", path);
}

/* The running session's own: its first segment, which says what it is, and its last one stay. */
static bool
may_go(char *const *names, int i, int n, const char *running)
{
    uint64_t number;
    return !qt__segment_is_of(names[i], running, &number) || (number > 1 && i + 1 < n);
}

bool
qt__journal_retain(const char *folder, uint64_t keep_bytes, const char *running,
                   struct qt_error *err)
{
    char **names = NULL, session[40];
    uint64_t all = 0, number;
    int n = qt__segments_list(folder, &names, err);
    for (int i = 0; i < n; i++) {
        all += size_of(folder, names[i]);
        session_of(names[i], session);
        if (i == 0 || !qt__segment_is_of(names[i - 1], session, &number))
            all += qt__market_lent_bytes(folder, session);
    }
    bool is_good = n >= 0;
    for (int i = 0; is_good && keep_bytes > 0 && i < n && all > keep_bytes;) {
        session_of(names[i], session);
        bool is_running = strcmp(session, running) == 0;
        do { /* others go as a whole, the running one by segments */
            if (may_go(names, i, n, running))
                is_good = remove_segment(folder, names[i], &all, err);
            i++;
        } while (is_good && !is_running && i < n && qt__segment_is_of(names[i], session, &number));
        if (is_good && !is_running) {
            all -= QT_MIN(all, qt__market_lent_bytes(folder, session));
            qt__market_lent_remove(folder, session);
        }
    }
    qt__segments_free(names, n);
    return is_good;
}

int
qt_journal_list(const char *folder, struct qt_journal_listing *out, unsigned max,
                struct qt_error *err)
{
    char **names = NULL, session[40];
    int n = qt__segments_list(folder, &names, err), sessions = 0;
    for (int i = 0; i < n; i++) {
        session_of(names[i], session);
        bool is_new = i == 0 || strncmp(names[i - 1], session, strlen(session)) != 0;
        sessions += is_new;
        if ((unsigned)sessions > max)
            continue;
        struct qt_journal_listing *row = &out[sessions - 1];
        if (is_new)
            *row = (struct qt_journal_listing){0};
        qt_copy(row->session, sizeof row->session, session);
        row->segments++;
        row->bytes += size_of(folder, names[i]);
    }
    qt__segments_free(names, n);
    return n < 0 ? -1 : sessions;
}

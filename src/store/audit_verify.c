/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the audit is whole: every entry follows from the one before, and every head outside is
 * met. The first entry that is not right is named, and by what it shows also what was done to it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/text.h"

#include "heads_priv.h"
#include "store_file_priv.h"

#define ROW "SELECT id, t_ns, seq, actor, action, detail, hash FROM audit "

/* A walk over the chain. */
struct walk {
    sqlite3 *db;
    sqlite3_stmt *at, *after; /* one entry by its id; all behind one */
    struct qt_audit_report *report;
    struct qt__chain chain; /* what holds so far */
    struct qt__head_list heads;
    int64_t held; /* the highest entry that a head has proven */
};

static void find(struct qt_audit_report *report, int64_t id, const char *format, ...)
    QT_PRINTF(3, 4);

static void
find(struct qt_audit_report *report, int64_t id, const char *format, ...)
{
    va_list args;
    if (id > 0 && report->first_id == 0)
        report->first_id = id;
    if (report->findings == QT_AUDIT_FINDINGS)
        return;
    va_start(args, format);
    vsnprintf(report->finding[report->findings++], QT_AUDIT_FINDING, format, args);
    va_end(args);
}

/* The entry in row, and whether its hash is one; texts are the row's until its next step. */
static bool
read_entry(sqlite3_stmt *row, struct qt__entry *out, unsigned char hash[QT__CHAIN_HASH])
{
    const char *text[3];
    bool is_plain = sqlite3_column_bytes(row, 6) == QT__CHAIN_HASH;
    for (int i = 0; i < 3; i++) {
        const unsigned char *found = sqlite3_column_text(row, 3 + i);
        text[i] = found ? (const char *)found : "";
        is_plain = is_plain && strlen(text[i]) == (size_t)sqlite3_column_bytes(row, 3 + i);
    }
    *out = (struct qt__entry){sqlite3_column_int64(row, 0),
                              sqlite3_column_int64(row, 1),
                              sqlite3_column_int64(row, 2),
                              text[0],
                              text[1],
                              text[2]};
    memset(hash, 0, QT__CHAIN_HASH);
    if (is_plain)
        memcpy(hash, sqlite3_column_blob(row, 6), QT__CHAIN_HASH);
    return is_plain;
}

/* Whether entry, with the id given, follows from before and has that hash. */
static bool
follows(const unsigned char before[QT__CHAIN_HASH], const struct qt__entry *entry, int64_t id,
        const unsigned char hash[QT__CHAIN_HASH])
{
    unsigned char made[QT__CHAIN_HASH];
    struct qt__entry named = *entry;
    named.id = id;
    qt__chain_hash(before, &named, made);
    return memcmp(made, hash, sizeof made) == 0;
}

/* The entry behind the chain's end that belongs there, but stands elsewhere; 0: none. */
static int64_t
find_moved(struct walk *walk, const unsigned char hash[QT__CHAIN_HASH])
{
    int64_t id = walk->chain.id + 1, moved = 0;
    unsigned char own[QT__CHAIN_HASH];
    struct qt__entry entry;
    sqlite3_reset(walk->after);
    sqlite3_bind_int64(walk->after, 1, id);
    while (moved == 0 && sqlite3_step(walk->after) == SQLITE_ROW) {
        (void)read_entry(walk->after, &entry, own);
        if (follows(walk->chain.hash, &entry, id, hash) ||
            follows(walk->chain.hash, &entry, id, own))
            moved = entry.id;
    }
    sqlite3_reset(walk->after);
    return moved;
}

/* Names what was done at the chain's end, where entry should follow and does not. */
static void
name_break(struct walk *walk, const struct qt__entry *entry,
           const unsigned char hash[QT__CHAIN_HASH])
{
    int64_t id = walk->chain.id + 1;
    unsigned char made[QT__CHAIN_HASH], next_hash[QT__CHAIN_HASH];
    struct qt__entry next;
    qt__chain_hash(walk->chain.hash, entry, made);
    sqlite3_reset(walk->at);
    sqlite3_bind_int64(walk->at, 1, id + 1);
    bool has_next = sqlite3_step(walk->at) == SQLITE_ROW && read_entry(walk->at, &next, next_hash);
    int64_t moved = find_moved(walk, hash);
    struct qt_audit_report *report = walk->report;
    if (moved == id + 1 && follows(walk->chain.hash, &next, id, next_hash))
        find(report, id, "entry %" PRId64 " was put in, and those behind it were renumbered", id);
    else if (moved)
        find(report, id, "entry %" PRId64 " was moved: what belongs there stands as entry %" PRId64,
             id, moved);
    else if (has_next && follows(hash, &next, id + 1, next_hash) && id > 1)
        find(report, id,
             "entry %" PRId64 " was edited (or entry %" PRId64 " was, and its hash made to fit)",
             id, id - 1);
    else if (has_next && follows(made, &next, id + 1, next_hash))
        find(report, id, "the hash of entry %" PRId64 " was edited", id);
    else if (has_next && follows(hash, &next, id + 2, next_hash))
        find(report, id, "entry %" PRId64 " was removed, and those behind it were renumbered", id);
    else
        find(report, id, "entry %" PRId64 " was edited, put in or moved", id);
    sqlite3_reset(walk->at);
}

/* A head of the entry at the chain's end, or of none that there can be. */
static void
meet_head(struct walk *walk, const struct qt__head *head)
{
    int64_t from = QT_MIN(walk->held + 1, walk->chain.id);
    if (head->id == walk->chain.id && memcmp(head->hash, walk->chain.hash, sizeof head->hash) == 0)
        walk->held = walk->chain.id;
    else if (walk->report->first_id == 0)
        find(walk->report, from,
             "entries %" PRId64 " to %" PRId64 " are others than those that head %" PRId64
             " knows: they were written anew, or the store was put back",
             from, walk->chain.id, head->number);
}

static int
by_id(const void *a, const void *b)
{
    const struct qt__head *one = a, *other = b;
    return (one->id > other->id) - (one->id < other->id);
}

/* All entries, until one does not follow. False: the database cannot be read. */
static bool
walk_entries(struct walk *walk, sqlite3_stmt *rows)
{
    struct qt_audit_report *report = walk->report;
    unsigned char hash[QT__CHAIN_HASH];
    struct qt__entry entry;
    size_t next = 0;
    int rc = SQLITE_ROW;
    qsort(walk->heads.head, walk->heads.n, sizeof *walk->heads.head, by_id);
    while (report->first_id == 0 && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
        bool is_plain = read_entry(rows, &entry, hash);
        int64_t id = walk->chain.id + 1;
        if (entry.id > id + 1)
            find(report, id, "entries %" PRId64 " to %" PRId64 " were removed", id, entry.id - 1);
        else if (entry.id > id)
            find(report, id, "entry %" PRId64 " was removed", id);
        else if (entry.id < id)
            find(report, id, "entry %" PRId64 " was put in before the first", entry.id);
        else if (!is_plain || !follows(walk->chain.hash, &entry, id, hash))
            name_break(walk, &entry, hash);
        if (report->first_id)
            break;
        walk->chain.id = id;
        memcpy(walk->chain.hash, hash, sizeof hash);
        report->entries++;
        for (; next < walk->heads.n && walk->heads.head[next].id <= id; next++)
            meet_head(walk, &walk->heads.head[next]);
    }
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* Heads behind the last entry: what they know is gone. */
static void
look_for_tail(struct walk *walk)
{
    const struct qt__head *last = walk->heads.n ? &walk->heads.head[walk->heads.n - 1] : NULL;
    if (walk->report->first_id || !last || last->id <= walk->chain.id)
        return;
    find(walk->report, walk->chain.id + 1,
         "entries %" PRId64 " to %" PRId64 " are cut off, or the store was put back: head %" PRId64
         " knows them",
         walk->chain.id + 1, last->id, last->number);
}

/* Leaves those heads that the chain has to meet: a known break ends what was before it. */
static void
keep_heads(struct qt__head_list *list, struct qt_audit_report *report)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct qt__head head = list->head[i];
        report->restored += head.kind == QT__HEAD_RESTORE;
        report->accepted += head.kind == QT__HEAD_ACCEPT;
        if (head.kind == QT__HEAD_ACCEPT)
            kept = 0;
        for (size_t j = kept; head.kind == QT__HEAD_RESTORE && j-- > 0;)
            if (list->head[j].id >= head.id)
                memmove(&list->head[j], &list->head[j + 1], (--kept - j) * sizeof head);
        list->head[kept++] = head;
    }
    list->n = kept;
}

/* Heads that this store signed; the others are findings. In the file's own order and number when it
 * is audit.heads. */
static void
check_heads(struct qt__head_list *list, const struct qt__signer *signer, const char *name,
            bool is_ours, struct qt_audit_report *report)
{
    size_t kept = 0;
    int64_t number = 0, id = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct qt__head head = list->head[i];
        if (strcmp(head.store, signer->store) != 0 || !qt__head_is_signed(&head, signer->public)) {
            find(report, 0, "head %" PRId64 " in %s was edited, or signed by another store",
                 head.number, name);
            continue;
        }
        bool goes_on = head.number == number + 1 ||
                       (head.kind != QT__HEAD_CHAIN && head.number > number);
        if (is_ours && !goes_on)
            find(report, 0, "%s is not whole: head %" PRId64 " follows on head %" PRId64, name,
                 head.number, number);
        else if (is_ours && head.kind == QT__HEAD_CHAIN && head.id <= id)
            find(report, 0,
                 "head %" PRId64 " in %s knows less than the one before: the store was "
                 "put back before it",
                 head.number, name);
        number = head.number;
        id = head.id;
        list->head[kept++] = head;
    }
    list->n = kept;
}

/* Those of both lists that the chain has to meet, in the first. A break that audit.heads knows
 * holds for those kept elsewhere too. */
static bool
join(struct qt__head_list *ours, const struct qt__head_list *others)
{
    struct qt__head *all = realloc(ours->head, (ours->n + others->n + 1) * sizeof *all);
    if (!all)
        return false;
    ours->head = all;
    for (size_t i = 0; i < others->n; i++) {
        size_t at = 0;
        while (at < ours->n && ours->head[at].number <= others->head[i].number)
            at++;
        if (at > 0 && ours->head[at - 1].number == others->head[i].number &&
            memcmp(ours->head[at - 1].hash, others->head[i].hash, QT__CHAIN_HASH) == 0)
            continue;
        memmove(&all[at + 1], &all[at], (ours->n - at) * sizeof *all);
        all[at] = others->head[i];
        ours->n++;
    }
    return true;
}

/* The end of audit.heads, against what the database knows of it; the file is looked at again, since
 * an engine may have gone on. */
static bool
check_number(sqlite3 *db, const char *path, struct qt_audit_report *report, struct qt_error *err)
{
    struct qt__head_list ends;
    int64_t known = 0;
    if (!qt__heads_known(db, &known, err) || !qt__heads_read(path, true, &ends, err))
        return false;
    int64_t number = ends.n > 0 ? ends.head[ends.n - 1].number : 0;
    if (number == 0 && known > 0)
        find(report, 0, QT_AUDIT_HEADS_NAME " is missing or empty: %" PRId64 " heads were written",
             known);
    else if (number < known)
        find(report, 0,
             QT_AUDIT_HEADS_NAME " is cut: %" PRId64 " heads were written, it ends with %" PRId64,
             known, number);
    qt__heads_free(&ends);
    return true;
}

static bool
walk_database(struct walk *walk, const char *path, struct qt_error *err)
{
    sqlite3_stmt *rows = NULL;
    bool is_read =
        sqlite3_exec(walk->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(walk->db, ROW "ORDER BY id", -1, &rows, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(walk->db, ROW "WHERE id = ?", -1, &walk->at, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(walk->db, ROW "WHERE id > ? ORDER BY id", -1, &walk->after, NULL) ==
            SQLITE_OK &&
        walk_entries(walk, rows);
    if (!is_read)
        qt__sqlite_fail(walk->db, err, "reading the audit");
    else
        look_for_tail(walk);
    is_read = is_read && check_number(walk->db, path, walk->report, err);
    sqlite3_finalize(rows);
    sqlite3_finalize(walk->at);
    sqlite3_finalize(walk->after);
    return is_read;
}

/* The heads of both files, those that count. */
static bool
read_heads(const char *path, const char *others_path, const struct qt__signer *signer,
           struct qt__head_list *out, struct qt_audit_report *report, struct qt_error *err)
{
    struct qt__head_list others = {0};
    if (!qt__heads_read(path, false, out, err) ||
        (others_path && !qt__heads_read(others_path, false, &others, err)))
        return false;
    check_heads(out, signer, QT_AUDIT_HEADS_NAME, true, report);
    report->heads = (int64_t)(out->n + others.n);
    if (out->n > 0)
        qt__head_print(&out->head[out->n - 1], report->head);
    if (others_path)
        check_heads(&others, signer, others_path, false, report);
    bool is_good = (!others_path || others.n > 0 ||
                    qt_fail(err, QT_E_DATA, "%s: %s", others_path,
                            access(others_path, F_OK) == 0 ? "there is no head in it"
                                                           : "is not there")) &&
                   (join(out, &others) || qt_fail(err, QT_E_MEMORY, "no memory for the heads"));
    keep_heads(out, report);
    qt__heads_free(&others);
    return is_good;
}

bool
qt_audit_verify(const char *folder, const struct qt_store_key *key, const char *heads,
                struct qt_audit_report *out, struct qt_error *err)
{
    struct walk walk = {.report = out};
    struct qt__store_file file = {0};
    char path[640];
    snprintf(path, sizeof path, "%.600s/" QT_AUDIT_HEADS_NAME, folder);
    *out = (struct qt_audit_report){0};
    struct qt__signer *signer = qt__signer_create(key);
    if (!signer)
        return qt_fail(err, QT_E_MEMORY, "no locked memory for the audit's key");
    sodium_bin2hex(out->public_key, sizeof out->public_key, signer->public, sizeof signer->public);
    bool is_read = read_heads(path, heads, signer, &walk.heads, out, err) &&
                   qt__store_file_read(&file, folder, key, err) &&
                   ((walk.db = file.db), walk_database(&walk, path, err));
    qt__store_file_close(&file);
    qt__heads_free(&walk.heads);
    qt__signer_destroy(signer);
    return is_read;
}

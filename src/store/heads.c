/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads of the audit: their line, their signature, their file. */
#include "heads_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "backup_priv.h"

enum { FIELDS = 8, ENDS = 1 << 16 };
static const int64_t file_max = INT64_C(1) << 30;

static const char magic[] = "qtrade-head-1";
static const char *const kinds[QT__HEAD_KINDS] = {"chain", "restore", "accept"};

/* Of the journal's key: that one stays when the store's pages get another. */
struct qt__signer *
qt__signer_create(const struct qt_store_key *key)
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    struct qt__signer *signer = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *signer);
    if (!signer)
        return NULL;
    crypto_generichash_blake2b_salt_personal(seed, sizeof seed, NULL, 0, key->keys[QT__SLOT_JOURNAL],
                                             QT__KEY_BYTES, key->id,
                                             (const unsigned char *)"qtrade audit v1 ");
    crypto_sign_seed_keypair(signer->public, signer->secret, seed);
    sodium_memzero(seed, sizeof seed);
    sodium_bin2hex(signer->store, sizeof signer->store, key->id, sizeof key->id);
    return signer;
}

void
qt__signer_destroy(struct qt__signer *signer)
{
    sodium_free(signer);
}

/* What is signed. Returns its length. */
static size_t
write_message(const struct qt__head *head, char out[QT_AUDIT_HEAD])
{
    char hash[2 * QT__CHAIN_HASH + 1];
    sodium_bin2hex(hash, sizeof hash, head->hash, sizeof head->hash);
    int n = snprintf(out, QT_AUDIT_HEAD, "%s %s %s %" PRId64 " %" PRId64 " %s %" PRId64, magic,
                     kinds[head->kind], head->store, head->number, head->id, hash, head->t_ms);
    return (size_t)n;
}

void
qt__head_write(const struct qt__signer *signer, struct qt__head *head, char out[QT_AUDIT_HEAD])
{
    size_t n = write_message(head, out);
    crypto_sign_detached(head->signature, NULL, (const unsigned char *)out, n, signer->secret);
    qt__head_print(head, out);
}

void
qt__head_print(const struct qt__head *head, char out[QT_AUDIT_HEAD])
{
    size_t n = write_message(head, out);
    out[n++] = ' ';
    sodium_bin2hex(out + n, QT_AUDIT_HEAD - n, head->signature, sizeof head->signature);
}

bool
qt__head_is_signed(const struct qt__head *head, const unsigned char *public)
{
    char message[QT_AUDIT_HEAD];
    size_t n = write_message(head, message);
    return crypto_sign_verify_detached(head->signature, (const unsigned char *)message, n,
                                       public) == 0;
}

static bool
parse_hex(const char *text, unsigned char *out, size_t n)
{
    size_t done = 0;
    const char *end = NULL;
    return strlen(text) == 2 * n && sodium_hex2bin(out, n, text, 2 * n, NULL, &done, &end) == 0 &&
           done == n;
}

bool
qt__head_parse(const char *line, size_t n, struct qt__head *out)
{
    char text[QT_AUDIT_HEAD], *field[FIELDS], *at = text;
    struct qt__head head = {0};
    unsigned fields = 0;
    if (n >= sizeof text || memchr(line, '\0', n))
        return false;
    qt_copy_n(text, sizeof text, line, n);
    for (char *word; fields < FIELDS && (word = strsep(&at, " "));)
        field[fields++] = word;
    if (fields < FIELDS || at || strcmp(field[0], magic) != 0)
        return false;
    while (head.kind < QT__HEAD_KINDS && strcmp(field[1], kinds[head.kind]) != 0)
        head.kind++;
    qt_copy(head.store, sizeof head.store, field[2]);
    if (head.kind == QT__HEAD_KINDS || !qt_int_parse(field[3], &head.number) ||
        !qt_int_parse(field[4], &head.id) || !parse_hex(field[5], head.hash, sizeof head.hash) ||
        !qt_int_parse(field[6], &head.t_ms) ||
        !parse_hex(field[7], head.signature, sizeof head.signature))
        return false;
    *out = head;
    return true;
}

/* Opens the file to read; -1 with errno ENOENT: there is none. */
static int
open_to_read(const char *path)
{
    struct stat st;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 || (fstat(file, &st) == 0 && S_ISREG(st.st_mode)))
        return file;
    close(file);
    errno = EINVAL;
    return -1;
}

static bool
add_line(struct qt__head_list *list, const char *line, size_t n)
{
    struct qt__head head, *more;
    const char *found = memmem(line, n, magic, sizeof magic - 1);
    size_t before = found ? (size_t)(found - line) : 0;
    while (n > 0 && strchr("\r \"}", line[n - 1])) /* a log's, behind it */
        n--;
    if (!found || !qt__head_parse(found, n - before, &head)) {
        list->torn += n > 0;
        return true;
    }
    if (list->n % 256 == 0) {
        more = realloc(list->head, (list->n + 256) * sizeof *more);
        if (!more)
            return false;
        list->head = more;
    }
    list->head[list->n++] = head;
    return true;
}

static bool
add_lines(struct qt__head_list *list, const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t length = end ? (size_t)(end - (text + at)) : n - at;
        if (!add_line(list, text + at, length))
            return false;
        at += length + 1;
    }
    return true;
}

bool
qt__heads_read(const char *path, bool ends_only, struct qt__head_list *out, struct qt_error *err)
{
    struct stat st;
    *out = (struct qt__head_list){0};
    int file = open_to_read(path);
    if (file < 0)
        return errno == ENOENT || qt_fail_errno(err, QT_E_IO, "%s", path);
    bool is_good = fstat(file, &st) == 0 && st.st_size < file_max;
    off_t from = is_good && ends_only && st.st_size > ENDS ? st.st_size - ENDS : 0;
    size_t n = is_good ? (size_t)(st.st_size - from) : 0;
    char *text = malloc(n + 1);
    int64_t got = -1;
    if (is_good && text && lseek(file, from, SEEK_SET) == from)
        got = qt__read_full(file, text, n);
    if (got < 0)
        qt_fail_errno(err, QT_E_IO, "%s: cannot be read", path);
    is_good = got >= 0 && (add_lines(out, text, (size_t)got) ||
                           qt_fail(err, QT_E_MEMORY, "no memory for the heads in %s", path));
    free(text);
    close(file);
    if (!is_good)
        qt__heads_free(out);
    return is_good;
}

void
qt__heads_free(struct qt__head_list *list)
{
    free(list->head);
    *list = (struct qt__head_list){0};
}

bool
qt__heads_known(sqlite3 *db, int64_t *out, struct qt_error *err)
{
    sqlite3_stmt *row = NULL;
    int rc =
        sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = 'audit_heads'", -1, &row, NULL);
    rc = rc == SQLITE_OK ? sqlite3_step(row) : rc;
    const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : "0";
    bool is_number = text && qt_int_parse(text, out);
    sqlite3_finalize(row);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return qt__sqlite_fail(db, err, "reading how many heads the audit has");
    return is_number ||
           qt_fail(err, QT_E_VERIFY, "store: the number of the audit's heads is no number");
}

bool
qt__heads_note(sqlite3 *db, int64_t number, struct qt_error *err)
{
    char sql[100];
    snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO meta VALUES ('audit_heads', '%" PRId64 "')",
             number);
    return qt__sqlite_exec(db, sql, "noting a head of the audit", err);
}

/* The hash of entry id as the table has it. */
static bool
hash_at(sqlite3 *db, int64_t id, unsigned char out[QT__CHAIN_HASH])
{
    sqlite3_stmt *row = NULL;
    bool found = sqlite3_prepare_v2(db, "SELECT hash FROM audit WHERE id = ?", -1, &row, NULL) ==
                     SQLITE_OK &&
                 sqlite3_bind_int64(row, 1, id) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW &&
                 sqlite3_column_bytes(row, 0) == QT__CHAIN_HASH;
    if (found)
        memcpy(out, sqlite3_column_blob(row, 0), QT__CHAIN_HASH);
    sqlite3_finalize(row);
    return found;
}

/* What the newest head and the end of the chain say of each other. */
static void
compare(struct qt__heads *heads, const struct qt__head *newest, sqlite3 *db,
        const struct qt__chain *chain)
{
    unsigned char hash[QT__CHAIN_HASH];
    char *out = heads->finding, when[QT_TIME_TEXT];
    size_t n = sizeof heads->finding;
    heads->number = newest ? newest->number : 0;
    heads->id = newest ? newest->id : 0;
    if (newest && strcmp(newest->store, heads->signer->store) != 0)
        snprintf(out, n, QT_AUDIT_HEADS_NAME " is of another store, %s", newest->store);
    else if (newest && !qt__head_is_signed(newest, heads->signer->public))
        snprintf(out, n, "the newest head in " QT_AUDIT_HEADS_NAME " was not signed by this store");
    else if (heads->number < heads->noted && !newest)
        snprintf(out, n, QT_AUDIT_HEADS_NAME " is missing or empty: %" PRId64 " heads were written",
                 heads->noted);
    else if (heads->number < heads->noted)
        snprintf(out, n,
                 QT_AUDIT_HEADS_NAME " is cut: %" PRId64
                                     " heads were written, it ends with %" PRId64,
                 heads->noted, heads->number);
    else if (newest && newest->id > chain->id)
        snprintf(out, n,
                 "the audit ends with entry %" PRId64 ", and a head of %s knows %" PRId64
                 ": its tail was cut off, or the whole store was put back",
                 chain->id, qt_time_format_short(newest->t_ms * QT_NS_PER_MS, when), newest->id);
    else if (newest && (!hash_at(db, newest->id, hash) || memcmp(hash, newest->hash, sizeof hash)))
        snprintf(out, n,
                 "entry %" PRId64 " of the audit is another than the one that a head of %s knows: "
                 "the store was put back or written anew",
                 newest->id, qt_time_format_short(newest->t_ms * QT_NS_PER_MS, when));
}

bool
qt__heads_open(struct qt__heads *heads, const char *folder, const struct qt_store_key *key,
               sqlite3 *db, const struct qt__chain *chain, struct qt_error *err)
{
    struct qt__head_list list;
    snprintf(heads->path, sizeof heads->path, "%.600s/" QT_AUDIT_HEADS_NAME, folder);
    heads->signer = qt__signer_create(key);
    if (!heads->signer)
        return qt_fail(err, QT_E_MEMORY, "no locked memory for the audit's key");
    if (!qt__heads_known(db, &heads->noted, err) || !qt__heads_read(heads->path, true, &list, err))
        return false;
    compare(heads, list.n > 0 ? &list.head[list.n - 1] : NULL, db, chain);
    if (list.n > 0)
        qt__head_print(&list.head[list.n - 1], heads->line);
    qt__heads_free(&list);
    return true;
}

void
qt__heads_close(struct qt__heads *heads)
{
    qt__signer_destroy(heads->signer);
    heads->signer = NULL;
}

/* One line behind the others; what a crash left of one gets its end first. */
static bool
append(int file, const char *line)
{
    char text[QT_AUDIT_HEAD + 2], last = '\n';
    struct stat st;
    if (fstat(file, &st) != 0 || !S_ISREG(st.st_mode) ||
        (st.st_size > 0 && pread(file, &last, 1, st.st_size - 1) != 1))
        return false;
    int n = snprintf(text, sizeof text, "%s%s\n", last == '\n' ? "" : "\n", line);
    if (qt__write_full(file, text, (size_t)n) && fsync(file) == 0)
        return true;
    int why = errno;
    if (ftruncate(file, st.st_size) != 0) /* else its line is torn, and the next one's end is put */
        (void)fsync(file);
    errno = why;
    return false;
}

bool
qt__heads_put(struct qt__heads *heads, enum qt__head_kind kind, const struct qt__chain *chain,
              struct qt_error *err)
{
    struct qt__head head = {.kind = kind,
                            .number = QT_MAX(heads->number, heads->noted) + 1,
                            .id = chain->id,
                            .t_ms = qt_now_utc_ns() / QT_NS_PER_MS};
    char line[QT_AUDIT_HEAD];
    bool is_first = access(heads->path, F_OK) != 0;
    qt_copy(head.store, sizeof head.store, heads->signer->store);
    memcpy(head.hash, chain->hash, sizeof head.hash);
    qt__head_write(heads->signer, &head, line);
    int file =
        open(heads->path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    bool is_put = file >= 0 && append(file, line);
    int why = errno;
    if (file >= 0)
        close(file);
    errno = why;
    if (!is_put)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot be written", heads->path);
    heads->number = head.number;
    heads->id = head.id;
    qt_copy(heads->line, sizeof heads->line, line);
    if (!is_first)
        return true;
    char folder[sizeof heads->path];
    qt_copy_n(folder, sizeof folder, heads->path, strlen(heads->path) - sizeof QT_AUDIT_HEADS_NAME);
    return qt__sync_folder(folder, err);
}

bool
qt__heads_put_once(const char *folder, const struct qt_store_key *key, enum qt__head_kind kind,
                   const struct qt__chain *chain, int64_t known, struct qt_error *err)
{
    struct qt__heads heads = {.signer = qt__signer_create(key), .noted = known};
    struct qt__head_list list = {0};
    snprintf(heads.path, sizeof heads.path, "%.600s/" QT_AUDIT_HEADS_NAME, folder);
    bool is_put =
        (heads.signer || qt_fail(err, QT_E_MEMORY, "no locked memory for the audit's key")) &&
        qt__heads_read(heads.path, true, &list, err);
    if (is_put) {
        heads.number = list.n > 0 ? list.head[list.n - 1].number : 0;
        is_put = qt__heads_put(&heads, kind, chain, err);
    }
    qt__heads_free(&list);
    qt__heads_close(&heads);
    return is_put;
}

void
qt_audit_public_key(const struct qt_store_key *key, char out[65])
{
    struct qt__signer *signer = qt__signer_create(key);
    out[0] = '\0';
    if (signer)
        sodium_bin2hex(out, 65, signer->public, sizeof signer->public);
    qt__signer_destroy(signer);
}

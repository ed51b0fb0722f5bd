/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder, a database through the encrypting VFS in it, and ways to harm its files. */
#ifndef QTRADE_TESTS_VFS_KIT_H
#define QTRADE_TESTS_VFS_KIT_H

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qt_check.h"
#include "qtrade/base/text.h"

#include "../../src/store/vfs_priv.h"
#include "folder_kit.h"

/* A process that a case started has no way to tell check: it says why and ends. */
static pid_t kit_child_of;

#define MUST(condition, ...)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            if (kit_child_of) {                                                                    \
                fprintf(stderr, "# " __VA_ARGS__);                                                 \
                fputc('\n', stderr);                                                               \
                _exit(9);                                                                          \
            }                                                                                      \
            ck_abort_msg(__VA_ARGS__);                                                             \
        }                                                                                          \
    } while (0)

/* fork; 0 in the child. */
static inline pid_t
kit_fork(void)
{
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        kit_child_of = parent;
    return child;
}

static const unsigned char kit_key[QT__KEY_BYTES] = "a key of thirty-two bytes, ours";
static const unsigned char kit_store[QT__ID_BYTES] = "store of a test";

struct db {
    struct qt__vfs *vfs;
    sqlite3 *sql;
};

enum {
    READS = SQLITE_OPEN_READONLY,
    WRITES = SQLITE_OPEN_READWRITE,
    MAKES = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
};

/* SQLite's code; the caller closes either way. */
static inline int
db_try(struct db *db, const char *folder, int flags)
{
    *db = (struct db){.vfs = qt__vfs_create(kit_key, kit_store, flags == MAKES)};
    MUST(db->vfs, "no VFS");
    return qt__vfs_connect(db->vfs, path_in(folder, "store.db"), flags, &db->sql);
}

static inline const char *
db_why(const struct db *db)
{
    return db->vfs->damage[0] ? db->vfs->damage : sqlite3_errmsg(db->sql);
}

static inline void
db_open(struct db *db, const char *folder, int flags)
{
    int rc = db_try(db, folder, flags);
    MUST(rc == SQLITE_OK, "%d: %s", rc, db_why(db));
}

static inline void
db_close(struct db *db)
{
    int rc = sqlite3_close(db->sql);
    MUST(rc == SQLITE_OK, "closing: %d", rc);
    qt__vfs_destroy(db->vfs);
}

static inline void
db_run(struct db *db, const char *sql)
{
    int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
    MUST(rc == SQLITE_OK, "%.60s: %d: %s", sql, rc, db_why(db));
}

/* One integer; *out untouched when it fails. */
static inline int
db_int(struct db *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db->sql, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        rc = SQLITE_OK;
    }
    int ended = sqlite3_finalize(statement);
    return rc != SQLITE_OK ? rc : ended;
}

static inline int64_t
db_number(struct db *db, const char *sql)
{
    int64_t v = -1;
    int rc = db_int(db, sql, &v);
    MUST(rc == SQLITE_OK, "%s: %d: %s", sql, rc, db_why(db));
    return v;
}

/* All rows of all tables as one text on the heap; NULL: it cannot be read. */
static inline char *
db_text(sqlite3 *sql, const char *query)
{
    sqlite3_stmt *statement = NULL;
    char *text = NULL;
    if (sqlite3_prepare_v2(sql, query, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        text = strdup(sqlite3_column_text(statement, 0)
                          ? (const char *)sqlite3_column_text(statement, 0)
                          : "");
    if (sqlite3_finalize(statement) == SQLITE_OK)
        return text;
    free(text);
    return NULL;
}

static inline void
db_expect_sound(struct db *db)
{
    char *text = db_text(db->sql, "PRAGMA integrity_check");
    MUST(text && strcmp(text, "ok") == 0, "%s: %s", text ? text : "-", db_why(db));
    free(text);
}

/* Files */

static inline unsigned char *
file_read(const char *path, size_t *out_n)
{
    struct stat st;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return NULL;
    ck_assert_int_eq(fstat(file, &st), 0);
    unsigned char *bytes = malloc((size_t)st.st_size + 1);
    ck_assert_int_eq(pread(file, bytes, (size_t)st.st_size, 0), st.st_size);
    close(file);
    *out_n = (size_t)st.st_size;
    return bytes;
}

static inline void
file_write(const char *path, const unsigned char *bytes, size_t n)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(pwrite(file, bytes, n, 0), (ssize_t)n);
    close(file);
}

static inline void
file_put(const char *path, int64_t at, const void *bytes, size_t n)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(pwrite(file, bytes, n, at), (ssize_t)n);
    close(file);
}

static inline void
file_copy(const char *from, const char *to)
{
    size_t n = 0;
    unsigned char *bytes = file_read(from, &n);
    ck_assert_ptr_nonnull(bytes);
    file_write(to, bytes, n);
    free(bytes);
}

/* Runs work in a process of its own that kills itself at the end; the files stay as kill -9 leaves
 * them. */
static inline void
in_a_killed_process(void (*work)(const char *folder), const char *folder)
{
    int status;
    pid_t child = kit_fork();
    if (child == 0) {
        work(folder);
        kill(getpid(), SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

#endif

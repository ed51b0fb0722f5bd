/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The encrypting VFS of SQLite: a shim over the system's VFS, through which nothing readable gets
 * to a disk and nothing that was changed there gets back.
 *
 *     store.db       head, two roots, then groups of two leaves and 504 pages; blocks of 4096 bytes
 *                    0 head | 1..16 root | 17..32 root | 33 leaf 34 leaf 35.. pages 1..504 | leaf
 * ... head         0 "QTSTORE\0"  8 version u32  12 zero  16 store id (16) page         4056 bytes
 * and their seal, which lies in the bytes that SQLite reserves leaf         for each page of its
 * group the first 8 bytes of the tag it was last written with root         generation, id of the
 * log that holds newer pages and how many frames of it are acknowledged, and a tag for each leaf
 * store.db-wal   head, two tops, then frames
 *       head         the generation it follows, its id, SQLite's own head
 *       top          how many frames are acknowledged, the last one's tag, the machine's boot
 *       frame        SQLite's head of the frame, the tags of its page and of the frame before; a
 * page store.db-shm   the system's VFS maps it: numbers of pages, and the checksum of the last
 * frame others         rollback journals and temporary files: blocks of 4096 bytes with a seal each
 *
 * V1: what a page is, is said by its leaf, and what a leaf is by the root: an older copy of a page
 * is as wrong as a flipped bit. V2: leaves and roots are written in turns to two places, pages and
 * leaves are on disk before the root that vouches for them, and SQLite reads no page from the
 * database that a crash may have torn, because the log has it. V3: the root names the log only when
 * the log is on disk, and no longer when all of it is in the database: a log that is missing, cut
 * or another one is noticed. V4: a frame that was acknowledged on this boot of the machine must be
 * there; after a power cut the last transaction may be torn, and only it. V5: one process writes
 * (the lock of the store); a reader that meets a root in motion looks again. V6: what a sync failed
 * for is not on disk because a later one succeeds (Linux forgets it): it is read back, proven and
 * written again first, and until that is done no sync succeeds. V7: while pages get another key,
 * everything is sealed with the new one and opens with either; a page that is not in its place yet is
 * in store.db-rekey (vfs_renew.c).
 */
#ifndef QTRADE_STORE_VFS_PRIV_H
#define QTRADE_STORE_VFS_PRIV_H

#include <sqlite3.h>

#include "cipher_priv.h"

enum {
    QT__PAGE_BYTES = 4096,
    QT__PAGE_PLAIN = QT__PAGE_BYTES - QT__SEAL_BYTES,
    QT__LEAF_PAGES = 504,
    QT__ENTRY_BYTES = 8,
    QT__LEAVES_MAX = 8000,
    QT__PAGES_MAX = QT__LEAVES_MAX * QT__LEAF_PAGES, /* 15 GiB */
    QT__RENEW_PAGES = 64 /* at most, in one step of sealing all pages anew */
};

struct qt__seals;
struct qt__wal;
struct qt__blocks;
struct qt__renewal;

/** One registered VFS: for one connection, and for that connection's thread at a time. */
struct qt__vfs {
    sqlite3_vfs base; /* first: what SQLite sees */
    sqlite3_vfs *under;
    struct qt__cipher *cipher;
    struct qt__seals *seals; /* of the database that is open; NULL: none */
    struct qt__renewal *renewal; /* of who seals pages anew; NULL: nobody here */
    bool creates;            /* the database is made; else it must be there, and whole */
    bool reads_only;         /* the open database is */
    char name[40];
    char path[512];                   /* of the open database */
    uint32_t log_frames;              /* acknowledged in the log */
    char damage[400];                 /* the first that was found; "": none */
    unsigned char boot[QT__ID_BYTES]; /* of the machine, since it was switched on */
    struct {           /* the page that was last read from the log, for a checkpoint */
        uint32_t page; /* 0: none */
        unsigned char plain[QT__PAGE_PLAIN], sealed[QT__PAGE_BYTES];
    } carried;
};

/** A file of ours as SQLite holds it; the system's file follows it in memory. */
struct qt__file {
    sqlite3_file base;
    struct qt__vfs *vfs;
    sqlite3_file *under;
    struct qt__wal *wal;       /* of a write-ahead log */
    struct qt__blocks *blocks; /* of a journal or temporary file */
};

/**
 * Registers a VFS for the key and id of a store; creates: it makes a database where none is. The
 * connection is opened with its name. NULL: no memory, no libsodium.
 */
struct qt__vfs *qt__vfs_create(const unsigned char key[QT__KEY_BYTES],
                               const unsigned char store[QT__ID_BYTES], bool creates);
/**
 * Opens a connection to path through it: pages as the store has them, WAL, every commit durable.
 * flags as of sqlite3_open_v2. Returns SQLite's code; the connection is the caller's either way,
 * and its message or qt__vfs_damage say why.
 */
int qt__vfs_connect(struct qt__vfs *vfs, const char *path, int flags, sqlite3 **out);
/** After the connection was closed. NULL is fine. */
void qt__vfs_destroy(struct qt__vfs *vfs);
/** What was found damaged through a connection, in words; NULL: nothing, or not such a VFS. */
const char *qt__vfs_damage(sqlite3 *db);

/* Another key for all pages of a database that is open to write: vfs_renew.c. Functions return SQLITE
 * codes; on the connection's thread, between its transactions. */

/** Seals with key from now on; what the key of before sealed opens still. */
void qt__vfs_rekey(struct qt__vfs *vfs, const unsigned char key[QT__KEY_BYTES]);
/** How far it is. */
struct qt__renewed {
    uint32_t pages, done;
    bool is_done; /* of the database, pages and their seals, nothing has the former key */
};
/**
 * Seals the next pages anew, at most so many (QT__RENEW_PAGES: no more than that); on disk when it
 * returns. After an error it may be called again. Before the first call nothing of the former key may
 * be in the log (a checkpoint that leaves it empty).
 */
int qt__vfs_renew(struct qt__vfs *vfs, uint32_t most, struct qt__renewed *out);
/** The former key opens nothing any more: it is done. */
void qt__vfs_settle(struct qt__vfs *vfs);
/** A page that is in store.db-rekey, whose leaf has the tag of before or of after, as it is to be.
 * False: it is not there. */
QT_CHECKED bool qt__renewal_find(struct qt__vfs *vfs, uint32_t page,
                                 const unsigned char tag[QT__ENTRY_BYTES],
                                 unsigned char out[QT__PAGE_BYTES]);
void qt__renewal_end(struct qt__vfs *vfs);

/** Keeps the first damage, and returns SQLite's code for it. */
int qt__damaged(struct qt__vfs *vfs, const char *format, ...) QT_PRINTF(2, 3);
static inline int
qt__read_under(sqlite3_file *file, void *out, size_t n, int64_t at)
{
    return file->pMethods->xRead(file, out, (int)n, at);
}
static inline int
qt__write_under(sqlite3_file *file, const void *from, size_t n, int64_t at)
{
    return file->pMethods->xWrite(file, from, (int)n, at);
}
/** Reads n bytes to buffer and writes them again, so that the next sync is for them too. */
int qt__renew_under(sqlite3_file *file, void *buffer, size_t n, int64_t at);
/** Durable, data only. */
int qt__sync_under(sqlite3_file *file);

/* The database: vfs_main.c; its seals: vfs_seals.c. Functions return SQLite's codes. */

extern const sqlite3_io_methods qt__main_methods;

/** The last version of a page in file, in clear, zeros where the seal was. */
int qt__page_read(struct qt__vfs *vfs, sqlite3_file *file, uint32_t page,
                  unsigned char out[QT__PAGE_BYTES]);
/** Reads head and roots of file (borrowed), or begins new ones. */
int qt__seals_open(struct qt__vfs *vfs, sqlite3_file *file, struct qt__seals **out);
void qt__seals_close(struct qt__seals *seals);
/** Where a page is in the file. */
int64_t qt__page_at(uint32_t page);
/** Pages that a file of so many bytes holds. */
uint32_t qt__pages_of(int64_t bytes);
/** The tag that a page must have; zeros: there is no such page. */
int qt__seals_get(struct qt__seals *seals, uint32_t page, unsigned char out[QT__ENTRY_BYTES]);
int qt__seals_put(struct qt__seals *seals, uint32_t page, const unsigned char tag[QT__ENTRY_BYTES]);
/** There are no pages after this one. */
int qt__seals_cut(struct qt__seals *seals, uint32_t pages);
/** The file was written to: a flush has something to sync. */
void qt__seals_touch(struct qt__seals *seals);
/** Everything in the file is on disk, and the root says so. */
int qt__seals_flush(struct qt__seals *seals);
/** All of them again, on disk: of the key that seals now. */
int qt__seals_renew(struct qt__seals *seals);
/** The database's file, of the system's VFS; borrowed. */
sqlite3_file *qt__seals_file(struct qt__seals *seals);
/** Forgets what is in memory and reads the root again: for readers. */
int qt__seals_reload(struct qt__seals *seals);
/** The root's log: 16 zeros: none. On disk when it returns. */
int qt__seals_set_log(struct qt__seals *seals, const unsigned char id[QT__ID_BYTES]);
const unsigned char *qt__seals_log(const struct qt__seals *seals);
/** Frames that were acknowledged in that log when the root that was read was written, at least. */
uint32_t qt__seals_log_frames(const struct qt__seals *seals);
uint64_t qt__seals_generation(const struct qt__seals *seals);

/* The write-ahead log: vfs_wal.c. */

extern const sqlite3_io_methods qt__wal_methods;

struct qt__wal *qt__wal_create(void);
/** Whether the log is the one that the root names and everything acknowledged is in it (V3, V4). */
int qt__wal_check(struct qt__file *file);
void qt__wal_destroy(struct qt__wal *wal);

/* Journals and temporary files: vfs_blocks.c. */

extern const sqlite3_io_methods qt__blocks_methods;

/** A temporary file has a key of its own, which dies with it; a journal that of the store. */
struct qt__blocks *qt__blocks_create(struct qt__vfs *vfs, bool is_temporary);
void qt__blocks_destroy(struct qt__blocks *blocks);

/* What all files hand through to the system's: vfs.c. */

int qt__file_close(sqlite3_file *file);
int qt__file_lock(sqlite3_file *file, int level);
int qt__file_unlock(sqlite3_file *file, int level);
int qt__file_is_reserved(sqlite3_file *file, int *out);
int qt__file_control(sqlite3_file *file, int op, void *argument);
int qt__file_sector(sqlite3_file *file);
int qt__file_traits(sqlite3_file *file);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit: what was done to this store and by it, as a chain. Each entry has the BLAKE2b-256 of
 * the entry before and of its own text, so that none can be changed, taken out, put in or moved
 * without all that follow being wrong.
 *
 *     hash(0)   32 zero bytes
 *     hash(id)  BLAKE2b-256 of hash(id - 1) and the bytes
 *               "ID T_NS SEQ A B C\n" ACTOR ACTION DETAIL
 *               with numbers in decimal, A, B and C the lengths of the three texts in bytes
 *
 * A1: entries are numbered from 1 without a gap. A2: texts are clean UTF-8: a control byte, or one
 * that is not UTF-8, has become '?' (fault A5). A3: the newest hash is signed from time to time,
 * and the signed line, a head, is kept outside of the database: in the file audit.heads, which is
 * only appended to, in the log, in the status, and where the operator's hook puts it. So a tail
 * that is cut, a chain that was computed anew, and a whole store put back are found.
 *
 *     head      "qtrade-head-1 KIND STORE NUMBER ID HASH T_MS SIGNATURE"
 *               KIND chain, restore or accept; STORE id of the store; NUMBER from 1 without a gap;
 *               ID and HASH of the entry; SIGNATURE Ed25519 of all before its space, in hex
 */
#ifndef QTRADE_STORE_AUDIT_H
#define QTRADE_STORE_AUDIT_H

#include "qtrade/base/error.h"
#include "qtrade/base/log.h"
#include "qtrade/store/store.h"

/* Bytes of the texts with their NUL, as struct qt_audit_record has them; longer ones are cut. */
#define QT_AUDIT_ACTOR 16   /* who: "operator", "socket", "store" ... */
#define QT_AUDIT_ACTION 24  /* what: "key.add", "config.seal" ... */
#define QT_AUDIT_DETAIL 128 /* of what, why; no secret */
#define QT_AUDIT_HEAD 400   /* a head's line */
#define QT_AUDIT_FINDING 240
#define QT_AUDIT_HEADS_NAME "audit.heads"

/**
 * Appends an entry of now that no event of an engine caused (its seq is 0). Before qt_store_start
 * it is on disk when this returns; after it, it is with the store's thread, which writes it behind
 * (flush of the port waits for that). Any thread. False: it cannot be written (QT_E_IO ...), or too
 * many wait for a disk that hangs (QT_E_FAILED).
 */
QT_CHECKED bool qt_audit_append(struct qt_store *store, const char *actor, const char *action,
                                const char *detail, struct qt_error *err);

/** How heads leave a store that runs. */
struct qt_audit_options {
    int64_t head_entries; /* a head at least every so many entries */
    int64_t head_seconds; /* and so many seconds, where there is a new entry */
    const char *hook;     /* run with each head as its argument; "": none; borrowed until close */
    struct qt_log *log;   /* borrowed until close; NULL: none */
};
/** Before qt_store_start, which else signs a head every 1,000 entries or 300 s, for the file alone.
 * False: the hook is no program that only its owner can change (QT_E_CONFIG). */
QT_CHECKED bool qt_audit_configure(struct qt_store *store, const struct qt_audit_options *options,
                                   struct qt_error *err);

/** What does not fit between the end of the chain and the heads outside, as qt_store_open found
 * it: a tail cut off, a store put back, heads that are gone. "": nothing. While it lasts no head is
 * signed. Any thread. */
const char *qt_audit_finding(const struct qt_store *store);
/** The operator knows of the finding and goes on: an entry with reason, and a head that says so.
 * Before qt_store_start. False: there is no finding (QT_E_FAILED), or it cannot be written. */
QT_CHECKED bool qt_audit_accept(struct qt_store *store, const char *reason, struct qt_error *err);

/** Where the audit of an open store stands. */
struct qt_audit_stats {
    int64_t entries, heads;
    char head[QT_AUDIT_HEAD]; /* the newest; "": none */
    char finding[QT_AUDIT_FINDING];
    uint64_t head_failures, hook_runs, hook_failures;
    char last_error[160]; /* of heads or hook; "": none */
};
/** Any thread. */
void qt_audit_stats(struct qt_store *store, struct qt_audit_stats *out);

/** An entry as it is kept; texts are borrowed for the call. */
struct qt_audit_row {
    int64_t id, t_ns, seq;
    const char *actor, *action, *detail;
    const unsigned char *hash; /* 32 bytes; NULL: it has none */
};
/** Which entries; 0 of a field: no such limit. */
struct qt_audit_filter {
    int64_t from_ns, to_ns; /* from <= time < to */
    int64_t last;           /* so many, the newest */
    const char *action;     /* NULL: all */
};
/**
 * Hands the entries of a folder's store to take, oldest first, until that returns false. Reads as
 * of one moment beside a process that may write. False: err; the store cannot be read.
 */
QT_CHECKED bool qt_audit_walk(const char *folder, const struct qt_store_key *key,
                              const struct qt_audit_filter *filter,
                              bool (*take)(void *self, const struct qt_audit_row *row), void *self,
                              struct qt_error *err);

enum { QT_AUDIT_FINDINGS = 8 };
/** What a verification found. */
struct qt_audit_report {
    int64_t entries, heads;     /* looked at */
    int64_t restored, accepted; /* heads of that kind: known breaks */
    int64_t first_id;           /* the first entry that is not right; 0: none */
    unsigned findings;          /* the first is of the lowest entry */
    char finding[QT_AUDIT_FINDINGS][QT_AUDIT_FINDING];
    char head[QT_AUDIT_HEAD]; /* the newest in audit.heads */
    char public_key[65];      /* Ed25519, hex */
};
/**
 * Walks the whole chain and compares it with the heads in audit.heads, and with those in the file
 * heads (NULL: none), which were kept elsewhere; lines of that file may have something before the
 * head, as those of a log. Reads as qt_audit_walk. False: err, it cannot be read; a chain that is
 * not right is in *out.
 */
QT_CHECKED bool qt_audit_verify(const char *folder, const struct qt_store_key *key,
                                const char *heads, struct qt_audit_report *out,
                                struct qt_error *err);
/** The key that proves heads of the store, in hex. */
void qt_audit_public_key(const struct qt_store_key *key, char out[65]);
/** Hands the heads in audit.heads to take, unproven and as their lines, until that returns false.
 * No file: none. */
QT_CHECKED bool qt_audit_heads(const char *folder, bool (*take)(void *self, const char *line),
                               void *self, struct qt_error *err);

#endif

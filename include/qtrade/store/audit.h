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
 * that is not UTF-8, has become '?' (fault A5).
 */
#ifndef QTRADE_STORE_AUDIT_H
#define QTRADE_STORE_AUDIT_H

#include "qtrade/base/error.h"
#include "qtrade/store/store.h"

/* Bytes of the texts with their NUL, as struct qt_audit_record has them; longer ones are cut. */
#define QT_AUDIT_ACTOR 16   /* who: "operator", "socket", "store" ... */
#define QT_AUDIT_ACTION 24  /* what: "key.add", "config.seal" ... */
#define QT_AUDIT_DETAIL 128 /* of what, why; no secret */

/**
 * Appends an entry of now that no event of an engine caused (its seq is 0). Before qt_store_start
 * it is on disk when this returns; after it, it is with the store's thread, which writes it behind
 * (flush of the port waits for that). Any thread. False: it cannot be written (QT_E_IO ...), or too
 * many wait for a disk that hangs (QT_E_FAILED).
 */
QT_CHECKED bool qt_audit_append(struct qt_store *store, const char *actor, const char *action,
                                const char *detail, struct qt_error *err);

#endif

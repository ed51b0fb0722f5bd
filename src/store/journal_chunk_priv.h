/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segments and their chunks on disk.
 *
 *     segment   head (64 bytes), then chunks to the end of the file
 *     head      0 "QTJOURNL"  8 version u32  12 zero u32  16 session id (16)  32 segment number u64
 *               40 created ns i64  48 zero u64  56 check: 8 bytes of BLAKE2b over 0..55 by the key
 *     chunk     0 n u32: bytes of plain text  4 XChaCha20-Poly1305 of them: n bytes and a tag of 16
 *
 * Whole numbers are little endian. A segment has a key of its own: BLAKE2b of its head by the
 * journal's key. A chunk's nonce is its number in the segment, 0 upward, and its length is bound to
 * it; so a chunk that was moved, cut or changed does not open. File names sort by session and
 * number: 20261121T044500123Z-3f2a91bc-000001.qtj
 *
 * A market state is one such segment with a magic of its own: market_state_priv.h.
 */
#ifndef QTRADE_STORE_JOURNAL_CHUNK_PRIV_H
#define QTRADE_STORE_JOURNAL_CHUNK_PRIV_H

#include <stddef.h>

#include "qtrade/store/journal.h"

enum {
    QT__HEAD_BYTES = 64,
    QT__SESSION_BYTES = 16,
    QT__CHUNK_PLAIN = 1 << 16,           /* a chunk is sealed at this size */
    QT__CHUNK_MAX = QT__CHUNK_PLAIN * 2, /* and is never larger than this */
    QT__CHUNK_EXTRA = 4 + 16             /* around the plain text */
};

struct qt__segment {
    bool is_state; /* a market state and not a journal: "QTMSTATE" instead of "QTJOURNL" */
    unsigned char session[QT__SESSION_BYTES];
    uint64_t number; /* 1 upward */
    int64_t created_ns;
    unsigned char key[32];
};

/** Whole numbers, little endian. */
void qt__put_le(unsigned char *to, uint64_t v, unsigned bytes);
uint64_t qt__get_le(const unsigned char *from, unsigned bytes);

/** Makes the segment's key and its head. */
void qt__segment_make(struct qt__segment *segment, const struct qt_journal_key *key,
                      unsigned char head[QT__HEAD_BYTES]);
/** Reads a head. False: QT_E_DATA: not a journal or newer than we; QT_E_LOCKED: another key. */
QT_CHECKED bool qt__segment_read(struct qt__segment *segment, const struct qt_journal_key *key,
                                 const unsigned char head[QT__HEAD_BYTES], const char *path,
                                 struct qt_error *err);
/** Seals n bytes as chunk number into out (n + QT__CHUNK_EXTRA); returns its bytes. */
size_t qt__chunk_seal(const struct qt__segment *segment, uint64_t number,
                      const unsigned char *plain, size_t n, unsigned char *out);
/**
 * Opens the chunk at in[0..n) into plain (QT__CHUNK_MAX). Returns the chunk's bytes, 0: it is cut
 * or not what was written. *out_plain: bytes of plain text.
 */
size_t qt__chunk_open(const struct qt__segment *segment, uint64_t number, const unsigned char *in,
                      size_t n, unsigned char *plain, size_t *out_plain);

#define QT__SEGMENT_NAME 64
/** The session's part of a segment's name. */
void qt__session_name(const struct qt__segment *segment, int64_t begun_ns, char out[40]);
void qt__segment_name(const char *session, uint64_t number, char out[QT__SEGMENT_NAME]);
/** The names of all segments of a folder, sorted; freed by qt__segments_free. -1: err. */
int qt__segments_list(const char *folder, char ***out, struct qt_error *err);
void qt__segments_free(char **names, int n);
/** Whether a segment's name is of that session; its number. */
bool qt__segment_is_of(const char *name, const char *session, uint64_t *out_number);

#endif

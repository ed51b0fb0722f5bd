/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a market state. A segment (journal_chunk_priv.h, "QTMSTATE") whose number is the
 * state's; its chunks are
 *
 *     head     1, then text: version (24), session of its journal (40), source (160), each filled
 *              up with zeros; u64 segment of that journal; u64 hash of the shape
 *     symbol   2, px_scale u8, qty_scale u8, 0, name (32), u32 n: the n bytes of a struct
 *              qt_market_symbol, deflated
 *     end      3, u32 symbols, u64 highest number in it, i64 engine time
 *
 * Files: state-00000012.qts; the one that a session began with is also there as SESSION.qts.
 */
#ifndef QTRADE_STORE_MARKET_STATE_PRIV_H
#define QTRADE_STORE_MARKET_STATE_PRIV_H

#include "qtrade/store/market_state.h"

#include "journal_chunk_priv.h"

enum {
    QT__MARKET_HEAD = 1,
    QT__MARKET_SYMBOL = 2,
    QT__MARKET_END = 3,
    QT__MARKET_VERSION = 24,
    QT__MARKET_SESSION = 40,
    QT__MARKET_SOURCE = 160,
    QT__MARKET_HEAD_BYTES = 1 + QT__MARKET_VERSION + QT__MARKET_SESSION + QT__MARKET_SOURCE + 16,
    QT__MARKET_SYMBOL_BYTES = 4 + QT_SYMBOL_SIZE + 4, /* before the deflated part */
    QT__MARKET_END_BYTES = 1 + 4 + 8 + 8
};

#define QT__MARKET_NAME 64 /* of a file, with its NUL */

/* market_files.c */
void qt__market_name(uint64_t number, char out[QT__MARKET_NAME]);
/** Numbers of the states of a folder, the newest first, at most max; how many. */
unsigned qt__market_numbers(const char *folder, uint64_t *out, unsigned max);
/** Removes what is older than the two newest, and what was being written. */
void qt__market_tidy(const char *folder);
/** The state with that number is what a session begins with: under its name too. */
QT_CHECKED bool qt__market_lend(const char *folder, uint64_t number, const char *session,
                                struct qt_error *err);
/** Bytes that the state of a session takes alone; 0: it has none. */
uint64_t qt__market_lent_bytes(const char *folder, const char *session);
void qt__market_lent_remove(const char *folder, const char *session);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small spot venue with Binance's interface on a thread of its own: honest in what it does
 * (signatures and time stamps are checked, balances move, every minute has one bar that never
 * changes), and told by knobs what to do wrong. For the faults that the simulated exchange never
 * shows.
 *
 * Prices: symbol s trades at 100 + s in its minute m plus (m % 50) cents; qt_double_bar says what
 * every reader must get.
 */
#ifndef QTRADE_TESTS_VENUE_DOUBLE_H
#define QTRADE_TESTS_VENUE_DOUBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/clock.h"
#include "qtrade/market/event.h"

#define QT_DOUBLE_SYMBOLS 4 /* AAAUSDT, BBBUSDT ... */
#define QT_DOUBLE_PX_SCALE 2

enum qt_double_knob {
    QT_DOUBLE_LOSE_ORDERS,   /* the next n orders are taken, their answers are not sent */
    QT_DOUBLE_ORDER_STATUS,  /* the next order is answered with this HTTP status; see also
                                ORDER_TEXT, ORDER_DONE */
    QT_DOUBLE_ORDER_TEXT,    /* which text of texts[] goes with it */
    QT_DOUBLE_ORDER_DONE,    /* 1: it was taken all the same */
    QT_DOUBLE_LOSE_CANCELS,  /* the next n cancels are done, their answers are not sent */
    QT_DOUBLE_MUTE,          /* 1: market streams stay open and say nothing */
    QT_DOUBLE_MUTE_USER,     /* 1: the user stream stays open and says nothing */
    QT_DOUBLE_CUT,           /* 1: cuts every WebSocket, then becomes 0 */
    QT_DOUBLE_REFUSE_WS,     /* 1: no WebSocket is accepted */
    QT_DOUBLE_NO_LISTEN_KEY, /* 1: listen keys are answered 410 */
    QT_DOUBLE_EXPIRE_KEY,    /* 1: listenKeyExpired is sent, then becomes 0 */
    QT_DOUBLE_SKIP_DIFFS,    /* the next n diffs of books are not sent */
    QT_DOUBLE_REPEAT_DIFFS,  /* the next n diffs are sent twice */
    QT_DOUBLE_SWAP_DIFFS,    /* the next n diffs are sent after the one that follows */
    QT_DOUBLE_OLD_BOOKS,     /* the next n REST books are a thousand updates old */
    QT_DOUBLE_LIMIT,         /* the next n requests are answered 429 with Retry-After: 1 */
    QT_DOUBLE_BAN,           /* the next n requests are answered 418 with Retry-After: 180 */
    QT_DOUBLE_FAIL_KLINES,   /* the next n klines are answered 500 */
    QT_DOUBLE_HALT,          /* 1: exchangeInfo says that AAAUSDT is halted */
    QT_DOUBLE_REFUSE_KEY,    /* 1: -2015 to everything signed */
    QT_DOUBLE_FAIL_ACCOUNT,  /* the next n account reads are answered 502 */
    QT_DOUBLE_FLOOD,         /* so many more quotes of each symbol before each trade */
    QT_DOUBLE_AHEAD_MS,      /* its clock is so much ahead of ours */
    QT_DOUBLE_HOSTILE,       /* the next n trades are sent behind a message that nobody may believe:
                                qt_double_hostile[] in turn */
    QT_DOUBLE_FAIL_BOOKS,    /* the next n REST books are answered 503 */
    QT_DOUBLE_LATE_BOOKS_MS, /* REST books are read at once and answered so much later */
    QT_DOUBLE_FILL,          /* 1: every resting order is filled, then becomes 0 */
    QT_DOUBLE_STAMP_MS,      /* trades and quotes carry this time; 0: the right one; -1: zero */
    QT_DOUBLE_ODD_BARS,      /* the next n bars open half a minute late */
    QT_DOUBLE_DELIST,        /* 1: AAAUSDT is not listed; who asks for it gets -1121 */
    QT_DOUBLE_COARSE,        /* 1: AAAUSDT's tick is 0.10 and its lot 0.010 */
    QT_DOUBLE_LIMIT_WS,      /* the next n upgrades are answered 429 with Retry-After: 180 */
    QT_DOUBLE_BAN_WS,        /* the next n upgrades are answered 418 with Retry-After: 180 */
    QT_DOUBLE_KNOBS
};

enum qt_double_count {
    QT_DOUBLE_REQUESTS,
    QT_DOUBLE_ORDERS, /* taken, each client id once */
    QT_DOUBLE_POSTS,  /* of orders */
    QT_DOUBLE_SOCKETS,
    QT_DOUBLE_UPGRADES, /* asked for */
    QT_DOUBLE_BAD_SIGNATURES,
    QT_DOUBLE_BOOKS, /* asked for over REST */
    QT_DOUBLE_COUNTS
};

/** Messages of a market stream that are broken or lie, each once; and what a reader must say of it
 * (MALFORMED or REFUSED). */
struct qt_double_hostile {
    const char *text;
    bool is_refused;
};
#define QT_DOUBLE_HOSTILES 16
extern const struct qt_double_hostile qt_double_hostile[QT_DOUBLE_HOSTILES];

struct qt_double;
/** clock: of the venue, borrowed. NULL on failure. */
struct qt_double *qt_double_start(const struct qt_clock *clock);
void qt_double_stop(struct qt_double *venue); /* NULL is fine */
/** "http://127.0.0.1:PORT", "ws://127.0.0.1:PORT", the same with /ws-api/v3. */
const char *qt_double_rest_url(const struct qt_double *venue);
const char *qt_double_ws_url(const struct qt_double *venue);
const char *qt_double_api_url(const struct qt_double *venue);
extern const char qt_double_key[], qt_double_secret[];
/** Any thread. */
void qt_double_set(struct qt_double *venue, enum qt_double_knob knob, int64_t value);
int64_t qt_double_get(const struct qt_double *venue, enum qt_double_knob knob);
uint64_t qt_double_counted(const struct qt_double *venue, enum qt_double_count count);
/** The bar of a period that opens at open_ns, as every honest answer gives it. */
struct qt_bar qt_double_bar(uint32_t symbol, int64_t open_ns, int64_t period_ns);

static inline void
qt_double_auto(struct qt_double **p)
{
    qt_double_stop(*p);
}

#endif

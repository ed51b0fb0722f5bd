/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every exchange adapter is: one const qt_venue_class. The codec is pure (bytes to events,
 * orders to bytes: no I/O, allocation or clock); the session does the I/O on the thread that works
 * it and answers as the engine's ports. Code asks caps, never for the venue's name. Testnet, live
 * and simulated differ by URL and credentials only.
 *
 * How to add a venue: a folder src/venue/NAME with its codec and session, its class, a line in
 * src/venue/classes.c.
 */
#ifndef QTRADE_VENUE_VENUE_H
#define QTRADE_VENUE_VENUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/base/text.h"
#include "qtrade/engine/ports.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/net/limiter.h"
#include "qtrade/trade/request.h"

/** What a venue can do. Bits: 1 << enum qt_order_type, 1 << enum qt_time_in_force. */
struct qt_venue_caps {
    uint32_t order_types, times_in_force;
    bool has_cancel_all;      /* every order of a symbol in one request */
    bool has_dead_man_switch; /* cancels by itself when we fall silent */
    bool has_reduce_only;     /* the venue itself keeps an order from opening a position */
    bool has_margin; /* positions on margin: a fill moves no base asset and no notional; the adapter tells
                        the account in terms of spot all the same (venue/binance.h, rule B7) */
    bool has_book_checksum;
    bool has_history; /* closed bars before the session */
};

/** What a message was. */
enum qt_message {
    QT_MESSAGE_OTHER, /* well formed, of a kind that has no use here */
    QT_MESSAGE_QUOTE,
    QT_MESSAGE_TRADE,
    QT_MESSAGE_DEPTH,
    QT_MESSAGE_KLINE,
    QT_MESSAGE_TICKER,
    QT_MESSAGE_REPORT,
    QT_MESSAGE_ACCOUNT,
    QT_MESSAGE_MARGIN_CALL,
    QT_MESSAGE_USER_END, /* the venue ended the user stream: listen key expired, stream terminated
                          */
    QT_MESSAGE_ANSWER,   /* to a request on the same socket */
    QT_MESSAGES
};

enum qt_codec_verdict {
    QT_CODEC_DECODED, /* its events were pushed */
    QT_CODEC_SKIPPED, /* good, but nothing to push: a forming bar, another symbol, QT_MESSAGE_OTHER
                       */
    QT_CODEC_MALFORMED, /* not JSON, a field missing or of another type, ids out of order: nothing
                           was pushed */
    QT_CODEC_REFUSED,   /* a value that does not fit the instrument or cannot be: nothing was pushed
                         */
    QT_CODEC_VERDICTS
};

/** What decoding needs; borrowed during the call. */
struct qt_decode {
    const struct qt_universe *universe;
    const struct qt_event_sink
        *sink;           /* gets the events: only after the whole message was found good */
    int64_t t_recv_ns;   /* UTC of our clock, copied into the events */
    uint32_t tag;        /* of our client ids */
    uint32_t instrument; /* of an answer that does not say (REST depth); QT_NO_INSTRUMENT else */
    struct qt_depth_level *scratch; /* room for the levels of one message */
    size_t scratch_levels;          /* more levels in one message: refused */
};

/** The day's figures of a ticker message. */
struct qt_day_ticker {
    qt_px open, high, low, close;
    qt_qty volume;
    qt_money quote_volume;
};

/** What decoding found besides the events. */
struct qt_decoded {
    enum qt_message kind;
    uint32_t instrument; /* QT_NO_INSTRUMENT: none, or not in the universe */
    uint32_t events;     /* pushed */
    uint32_t misfits;    /* rows of an account message whose amount or name has no room: left out */
    bool has_foreign_fee;        /* a fill's fee was in neither base nor quote: not in its report */
    const char *why;             /* MALFORMED, REFUSED: a few words; NULL else */
    uint64_t algo_id;     /* REPORT of a conditional order: our id; 0: it is of none */
    uint64_t algo_became; /* and the venue's id of the order that it became; 0: none yet */
    struct qt_day_ticker ticker; /* TICKER */
    int64_t answer_id;           /* ANSWER: the request's number, -1 when it had none */
    int32_t answer_code;         /* ANSWER: 0 good, else the venue's error code */
    int64_t subscription_id;     /* ANSWER: of a user stream; -1 none */
};

struct qt_codec {
    /** One message of a stream or of the socket's API. Survives any bytes. */
    enum qt_codec_verdict (*decode)(const struct qt_decode *in, const char *bytes, size_t length,
                                    struct qt_decoded *out);
    /** The order in the venue's words, unsigned. False: it has no words for it, or out is cut. */
    bool (*encode)(const struct qt_instrument *ins, uint32_t tag,
                   const struct qt_order_request *request, struct qt_text *out);
};

/** What an error code of a venue means for what was asked. */
enum qt_venue_verdict {
    QT_VENUE_REJECTED,  /* surely not done */
    QT_VENUE_UNKNOWN,   /* may or may not have been done: ask */
    QT_VENUE_RETRY,     /* surely not done, worth asking again later */
    QT_VENUE_BANNED,    /* surely not done; nothing more until the ban ends */
    QT_VENUE_AUTH,      /* surely not done; the key is wrong: stop, do not retry */
    QT_VENUE_CLOCK,     /* surely not done; the time stamp is off: measure the clock */
    QT_VENUE_NOT_FOUND, /* the order is not known (any more) */
    QT_VENUE_VERDICTS
};
struct qt_venue_error {
    int32_t code;
    enum qt_venue_verdict verdict;
    const char *text; /* for people */
};

#define QT_VENUE_BAD 112 /* bytes of the text about a bad message, with its NUL */

/** Counters of a session since it was opened. */
struct qt_venue_stats {
    uint64_t messages, bytes;             /* came over streams */
    uint64_t events;                      /* pushed */
    uint64_t malformed, refused, foreign; /* messages; foreign: of symbols outside the universe */
    char last_bad[QT_VENUE_BAD];          /* the last of them: kind, symbol, what is wrong; "": none */
    uint64_t misfits;                     /* account rows left out */
    uint64_t foreign_fees;   /* fills whose fee is in a third asset: not in the report */
    uint64_t foreign_orders; /* reports of orders that are not ours */
    uint64_t clamped;        /* time stamps of the venue that could not be */
    uint64_t withheld;       /* quotes and trades before a symbol's history was there */
    uint64_t late_bars;      /* bars that came twice or too late */
    uint64_t bar_gaps, bars_filled;
    uint64_t depth_gaps, depth_snapshots;
    uint64_t reconnects, stale; /* stale: of those, because nothing came */
    uint64_t requests, request_errors, unknown_fates, waits, bans;
    int64_t banned_until_ns; /* UTC; 0: not banned */
    uint64_t syncs;
    int64_t clock_offset_ns, clock_uncertainty_ns; /* venue minus ours */
    int64_t round_trip_ns;                         /* of the last signed request; -1 none yet */
    uint32_t history_left;                         /* symbols whose history is not there yet */
};

/** Told while a universe is loaded: what, done of all. */
typedef void (*qt_venue_progress_fn)(void *context, const char *what, unsigned done, unsigned of);

/** self is what the class's own open function gave. On the thread that works the session. */
struct qt_session_ops {
    struct qt_universe *(*load_universe)(void *self, int timeout_ms, qt_venue_progress_fn progress,
                                         void *context, struct qt_error *err);
    struct qt_feed_port (*feed)(void *self);
    struct qt_venue_port (*venue)(void *self);
    struct qt_venue_stats (*stats)(const void *self);
    void (*close)(void *self);
};

struct qt_venue_class {
    const char *name;
    struct qt_venue_caps caps;
    const struct qt_codec *codec;
    const struct qt_session_ops *session;
    const struct qt_limit *limits; /* defaults; the venue's own word replaces them */
    size_t n_limits;
    const struct qt_venue_error *errors; /* ascending by code */
    size_t n_errors;
    const struct qt_venue_error *shared_errors; /* of the venue's other products too, ascending; errors go first */
    size_t n_shared_errors;
};

/** All classes, sorted by name; *out_n of them. */
const struct qt_venue_class *const *qt_venue_classes(size_t *out_n);
/** NULL: no such venue. */
const struct qt_venue_class *qt_venue_find(const char *name);
/** The row of a code; NULL: not in the table (then: 4xx is REJECTED, anything else UNKNOWN). */
const struct qt_venue_error *qt_venue_error_find(const struct qt_venue_class *class, int32_t code);

#endif

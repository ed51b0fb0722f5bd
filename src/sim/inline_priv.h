/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the inline venue: inline_venue.c (orders on their way), inline_answer.c (questions
 * and reads of the account), inline_feed.c (what moves the market).
 */
#ifndef QTRADE_SIM_INLINE_PRIV_H
#define QTRADE_SIM_INLINE_PRIV_H

#include "qtrade/base/rng.h"
#include "qtrade/sim/inline_venue.h"

#define QT__INLINE_ROOM 1024 /* orders, cancels and questions on their way */
#define QT__INLINE_OWNER QT_INLINE_OWNER

enum qt__inline_kind { QT__INLINE_ORDER, QT__INLINE_CANCEL, QT__INLINE_CANCEL_ALL };

/** Something on its way to the exchange. */
struct qt__inline_letter {
    enum qt__inline_kind kind;
    int64_t due_ns, sent_ns;
    uint64_t tick;                   /* of its posting: it is not read before a later one */
    struct qt_order_request request; /* CANCEL: client_id; all: instrument */
};

struct qt__inline_question {
    uint32_t instrument;
    uint64_t client_id;
};

/** The last quote that makes a book; is_set: the exchange has it. */
struct qt__inline_standing {
    struct qt_quote quote;
    bool is_known, is_set;
};

/** A recorded bar that waits for its end. */
struct qt__inline_bar {
    int64_t end_ns;
    uint32_t instrument;
    struct qt_bar bar;
};

struct qt_inline_venue {
    struct qt_inline_options options;
    const struct qt_universe *universe;
    struct qt_exchange *exchange;
    const struct qt_event_sink *sink; /* while working */
    int64_t now_ns;
    uint64_t tick;
    bool has_begun, is_sync_wanted;
    int64_t sent_ns;   /* of the letter that is being read; 0: none is */
    bool has_executed; /* something happened to an order since balances were told */
    struct qt_rng rng;
    /* the post */
    struct qt__inline_letter letter[QT__INLINE_ROOM];
    size_t letters;
    uint32_t *waiting; /* letters a symbol */
    struct qt__inline_question question[QT__INLINE_ROOM];
    size_t questions;
    /* a backtest */
    struct qt_source *source;
    struct qt__inline_bar *bar; /* by end, then instrument */
    size_t bars;
    /* paper */
    struct qt_feed_port feed;
    struct qt_sources *sources; /* of each symbol; NULL: one stream */
    struct qt__inline_standing *standing; /* of each symbol; NULL: orders wait for a quote */
};

/* inline_venue.c */
/** True: somebody needs the symbol's ladder at this tick. */
bool qt__inline_is_needed(const struct qt_inline_venue *venue, uint32_t instrument);
/** Letters to the symbol that are due: cancels, or orders. */
void qt__inline_deliver(struct qt_inline_venue *venue, uint32_t instrument, bool orders);
/** Is the order still on its way? */
bool qt__inline_is_posted(const struct qt_inline_venue *venue, uint32_t instrument,
                          uint64_t client_id);
/** Numbers nothing, fills times, and gives the event to the engine. */
void qt__inline_push(struct qt_inline_venue *venue, struct qt_event *event);
/** The order as it stands, in a report of that type. */
struct qt_event qt__inline_report(const struct qt_exchange_order *order, enum qt_report_type type);
/** The exchange's text of a client id. Returns out. */
char *qt__inline_text_of(uint64_t client_id, char out[QT_CLIENT_ID_TEXT]);
/* inline_answer.c */
/** Answers questions and a wanted read of the account. What is asked about an order on its way
 * waits until it has arrived: nobody knows its fate before. */
void qt__inline_answer(struct qt_inline_venue *venue);
/** Puts a question; twice is once. False: no room. */
QT_CHECKED bool qt__inline_ask(struct qt_inline_venue *venue, uint32_t instrument,
                               uint64_t client_id);
/** The balances of a symbol's two assets, if anything was executed. */
void qt__inline_tell_changes(struct qt_inline_venue *venue, uint32_t instrument);
/* inline_feed.c */
int qt__inline_work_backtest(void *self, const struct qt_event_sink *sink, int timeout_ms);
int qt__inline_work_paper(void *self, const struct qt_event_sink *sink, int timeout_ms);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the inline venue: inline_venue.c (orders on their way), inline_answer.c (questions
 * and reads of the account), inline_feed.c (what moves the market), inline_spot.c and inline_perp.c
 * (the exchange that stands behind).
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

/** The exchange behind, one table each; what it does is told by events while it does it. */
struct qt__inline_core {
    bool sees_all; /* wants every price: marks stand on them */
    /* With the money that the options say. */
    bool (*open)(struct qt_inline_venue *venue, struct qt_error *err);
    void (*close)(struct qt_inline_venue *venue); /* of a half open one too */
    void (*advance)(struct qt_inline_venue *venue); /* to now_ns */
    /* Is there an order, or what the whole ladder counts for? */
    bool (*is_held)(const struct qt_inline_venue *venue, uint32_t instrument);
    void (*tick)(struct qt_inline_venue *venue, uint32_t instrument, enum qt_side aggressor,
                 qt_px px, qt_qty qty, const struct qt_ladder *ladder); /* NULL: as it was */
    void (*quote)(struct qt_inline_venue *venue, uint32_t instrument,
                  const struct qt_ladder *ladder);
    void (*set_last)(struct qt_inline_venue *venue, uint32_t instrument, qt_px px);
    /* 0, or the venue's code for the refusal. */
    int (*place)(struct qt_inline_venue *venue, const struct qt_order_request *request);
    int (*cancel)(struct qt_inline_venue *venue, const struct qt_order_request *request);
    void (*cancel_all)(struct qt_inline_venue *venue, uint32_t instrument);
    bool (*find)(const struct qt_inline_venue *venue, uint32_t instrument, uint64_t client_id,
                 struct qt_event *out);
    /* The open order of the least id from *from on; *from: beyond it. */
    bool (*next_open)(const struct qt_inline_venue *venue, uint64_t *from, struct qt_event *out);
    void (*tell_balances)(struct qt_inline_venue *venue);
    void (*tell_changes)(struct qt_inline_venue *venue, uint32_t instrument);
    bool (*is_conserved)(const struct qt_inline_venue *venue);
};
extern const struct qt__inline_core qt__inline_spot, qt__inline_perps;

struct qt_inline_venue {
    struct qt_inline_options options;
    struct qt_perp_options perp_options;
    const struct qt_universe *universe;
    const struct qt__inline_core *core;
    struct qt_exchange *exchange; /* spot */
    struct qt_perp *perp;         /* perpetuals */
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
/** The exchange's text of a client id, which it returns, and back; 0: not ours. */
char *qt__inline_text_of(uint64_t client_id, char out[QT_CLIENT_ID_TEXT]);
uint64_t qt__inline_id_of(const char *text);
/** The asset that the account counts in. */
const char *qt__inline_quote(const struct qt_inline_venue *venue);
/** The i-th row of what an earlier run left of the wallet; false: it is none. *out_fits false: it
 * does not fit. */
bool qt__inline_kept(const struct qt_inline_venue *venue, uint32_t i, qt_money *out,
                     bool *out_fits);
/* inline_answer.c */
/** Answers questions and a wanted read of the account. What is asked about an order on its way
 * waits until it has arrived: nobody knows its fate before. */
void qt__inline_answer(struct qt_inline_venue *venue);
/** Puts a question; twice is once. False: no room. */
QT_CHECKED bool qt__inline_ask(struct qt_inline_venue *venue, uint32_t instrument,
                               uint64_t client_id);
/** A balance of the account. */
void qt__inline_tell_balance(struct qt_inline_venue *venue, const char *asset, qt_money free,
                             qt_money locked, uint16_t flags);
/** The balances of a symbol's two assets, if anything was executed. */
void qt__inline_tell_changes(struct qt_inline_venue *venue, uint32_t instrument);
/* inline_feed.c */
int qt__inline_work_backtest(void *self, const struct qt_event_sink *sink, int timeout_ms);
int qt__inline_work_paper(void *self, const struct qt_event_sink *sink, int timeout_ms);

#endif

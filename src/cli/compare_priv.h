/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recorded session beside its simulation. The journal is read twice: once for what the orders met
 * at the venue and what that says of the venue (compare_read.c, compare_queue.c), once to send the
 * same orders at the same time into the simulated exchange among the same market events
 * (compare_simulate.c). Where the venue's parameters are neither given nor found, they are assumed,
 * and the result says so.
 */
#ifndef QTRADE_CLI_COMPARE_PRIV_H
#define QTRADE_CLI_COMPARE_PRIV_H

#include "qtrade/base/map.h"
#include "qtrade/quant/fit.h"
#include "qtrade/sim/impact.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/store/journal.h"
#include "qtrade/trade/orders.h"

#include "settings_priv.h"

/** What became of an order on one side. Times are of the engine's clock; 0: never. */
struct qt__fate {
    int64_t word_ns; /* the venue's first word on it: accepted, filled, refused */
    int64_t fill_ns; /* its first fill */
    int64_t end_ns;  /* its last word */
    qt_qty filled, filled_as_maker;
    qt_money quote; /* of all fills */
    double fee;     /* in the quote asset */
    uint8_t state;  /* enum qt_order_state */
    int32_t code;   /* why it was refused; 0: it was not */
};

/** Where a resting order stood, as the trades at its price tell. */
struct qt__place {
    bool is_known;    /* it came to rest at the best price, and something traded there */
    double visible;   /* what was seen at its price when it came */
    double low, high; /* so much of that had to trade before it; high INFINITY: at least low */
};

/** The market when an order was decided. */
struct qt__arrival {
    double mid;       /* of the book; 0: it had none yet */
    double displaced; /* what the law of impact gives with coefficient 1 */
    bool has_day;     /* displaced is known: so is the day before */
};

/** An order that the session decided. */
struct qt__compare_row {
    struct qt_order_request request;
    int64_t decided_ns;
    int64_t cancel_ns;    /* of a cancel without an answer yet; 0: none */
    int64_t cancelled_ns; /* the venue's first word that it is cancelled; 0: none */
    struct qt__fate recorded, simulated;
    struct qt__arrival arrival;
    struct qt__place place;
    bool is_simulated;     /* it was sent into the simulation */
    bool is_decided_again; /* the engine decides it on the simulated fills too */
};

/** Which of the two filled it. */
enum qt__compare_filled {
    QT__FILLED_BOTH,
    QT__FILLED_RECORDED,  /* the simulation missed it */
    QT__FILLED_SIMULATED, /* the session missed it */
    QT__FILLED_NEITHER,
    QT__FILLED_KINDS
};

/**
 * Requests of which a time is measured: from the decision to the venue's first word, from sending to
 * the answer, and from a word by the account's stream to the answer behind it. The last has neither
 * the way of the request in it nor what waited in this machine.
 */
enum qt__compare_time {
    QT__TIME_ORDER_WORD,
    QT__TIME_ORDER_ANSWER,
    QT__TIME_ORDER_BEHIND,
    QT__TIME_CANCEL_WORD,
    QT__TIME_CANCEL_ANSWER,
    QT__TIME_CANCEL_BEHIND,
    QT__TIME_QUERY_ANSWER,
    QT__TIMES
};

/** Observations as they come. */
struct qt__samples {
    double *of;
    size_t n, room;
};
struct qt__spans {
    struct qt_span *of;
    size_t n, room;
};
struct qt__points {
    struct qt_point *of;
    size_t n, room;
};

/** What the recorded session says of its venue. */
struct qt__compare_seen {
    struct qt__samples time_ms[QT__TIMES];
    size_t first[QT__TIMES]; /* _BEHIND: answers that came before the stream's word */
    struct qt__samples maker_bps, taker_bps;
    struct qt__spans ahead;         /* as parts of what was seen */
    size_t touched, touched_filled; /* orders at the best price where something traded */
    struct qt__points impact;       /* what the law gives with coefficient 1, what the market did */
    struct qt__samples impact_before; /* what it gave at the arrival of each of them */
    size_t impact_without_day;      /* more of them, of whose day too little is known */
    bool has_base_fees;
};

/** Fitted to it. */
struct qt__compare_found {
    struct qt_lognormal_fit time_ms[QT__TIMES];
    struct qt_estimate queue_ahead, fill_at_touch, maker_bps, taker_bps;
    struct qt_slope_fit impact;
};

enum qt__compare_origin {
    QT__ORIGIN_GIVEN,
    QT__ORIGIN_FOUND,
    QT__ORIGIN_FEW, /* the middle of too few observations for an estimate */
    QT__ORIGIN_ASSUMED,
    QT__ORIGINS
};

/** What the simulation runs on. */
struct qt__compare_parameter {
    double value;
    enum qt__compare_origin origin;
};
struct qt__compare_parameters {
    struct qt__compare_parameter order_ms, order_sigma, cancel_ms, cancel_sigma, queue_ahead,
        maker_bps, taker_bps;
};

/** What the account held when the session first read it. */
struct qt__compare_holding {
    char asset[16];
    qt_money amount; /* free and locked */
};

/** What is decided with the simulated fills and was not with the recorded ones. */
struct qt__compare_signals {
    bool is_known; /* the engine was run again */
    size_t both, recorded, simulated;
};

struct qt__compare {
    const struct qt_journal_head *head;
    struct qt_settings settings;
    struct qt__compare_row *rows; /* as they were decided */
    size_t n, room;
    struct qt_map *by_id; /* client id to row */
    size_t by_id_room;
    struct qt_orders *orders; /* of the side that is being read */
    uint64_t events;
    int64_t from_ns, to_ns;
    enum qt_journal_ending ending;
    struct qt__compare_seen seen;
    struct qt__compare_holding *holding;
    size_t n_holding, holding_room;
    bool is_account_read; /* what follows are changes */
    struct qt__compare_found found;
    struct qt__compare_parameters parameters;
    struct qt__compare_signals signals;
};

/** Totals over all orders that were simulated. */
struct qt__compare_totals {
    size_t orders, filled[QT__FILLED_KINDS], refused_recorded, refused_simulated;
    double fees_recorded, fees_simulated; /* quote asset */
    double cost; /* quote asset: what the session paid more than its simulation, fees apart, on what
                    both filled */
    struct qt_estimate price_bps; /* mean difference an order; above 0: the session paid more */
    struct qt_lognormal_fit rest_recorded_ms,
        rest_simulated_ms; /* of makers, until the first fill */
    struct qt_lognormal_fit fill_recorded_ms,
        fill_simulated_ms; /* decision to first fill of takers */
};

/* compare_rows.c */
bool qt__compare_init(struct qt__compare *compare, const struct qt_journal_head *head,
                      struct qt_error *err);
void qt__compare_finish(struct qt__compare *compare);
/** Another order. NULL: no memory, or its id was there before. */
struct qt__compare_row *qt__compare_add(struct qt__compare *compare,
                                        const struct qt_decision *decision);
/** NULL: not decided in this session. */
struct qt__compare_row *qt__compare_find(const struct qt__compare *compare, uint64_t client_id);
/** An empty book of orders, for one side. */
QT_CHECKED bool qt__compare_open_orders(struct qt__compare *compare, struct qt_error *err);
/** Takes a report into a side's book and a fate. fill (may be NULL) is filled when it brought one;
 * true then. */
bool qt__compare_take(struct qt__compare *compare, const struct qt_event *event,
                      struct qt__fate *fate, struct qt_fill *fill);
/** A fill's fee in the quote asset. */
double qt__compare_fee(const struct qt_instrument *ins, const struct qt_fill *fill);
QT_CHECKED bool qt__samples_add(struct qt__samples *samples, double x);
QT_CHECKED bool qt__spans_add(struct qt__spans *spans, struct qt_span span);
QT_CHECKED bool qt__points_add(struct qt__points *points, struct qt_point point);

/* compare_queue.c */
struct qt__queue_watch;
/** is_inside: the session's exchange was inside the program, whose trades have numbers of their
 * own. */
struct qt__queue_watch *qt__queue_watch_create(const struct qt_universe *universe, bool is_inside);
void qt__queue_watch_destroy(struct qt__queue_watch *watch); /* NULL is fine */
/** A QUOTE or TRADE. */
void qt__queue_watch_market(struct qt__queue_watch *watch, struct qt__compare *compare,
                            const struct qt_event *event);
/** The venue's first word on an order: it rests, or does not. False: no memory. */
QT_CHECKED bool qt__queue_watch_begin(struct qt__queue_watch *watch, struct qt__compare *compare,
                                      size_t row);
void qt__queue_watch_fill(struct qt__queue_watch *watch, struct qt__compare *compare,
                          const struct qt_event *event, const struct qt_fill *fill);
/** It ended otherwise. */
void qt__queue_watch_end(struct qt__queue_watch *watch, struct qt__compare *compare,
                         uint64_t client_id, uint32_t instrument);
/** The session ended. False: there was no memory for an observation. */
QT_CHECKED bool qt__queue_watch_close(struct qt__queue_watch *watch, struct qt__compare *compare);

/* compare_impact.c */
struct qt__impact_watch;
struct qt__impact_watch *qt__impact_watch_create(const struct qt_universe *universe);
void qt__impact_watch_destroy(struct qt__impact_watch *watch); /* NULL is fine */
/** A QUOTE, TRADE or BAR. False: no memory. */
QT_CHECKED bool qt__impact_watch_market(struct qt__impact_watch *watch, struct qt__compare *compare,
                                        const struct qt_event *event);
/** An order was decided: notes how its market stands. */
void qt__impact_watch_order(const struct qt__impact_watch *watch, struct qt__compare_row *row);
void qt__impact_watch_fill(struct qt__impact_watch *watch, const struct qt__compare *compare,
                           const struct qt_event *event, const struct qt_fill *fill);

/* compare_read.c */
/** Reads the session: rows, recorded fates, what is seen of the venue. */
QT_CHECKED bool qt__compare_read(struct qt__compare *compare, struct qt_journal_reader *reader,
                                 struct qt_error *err);
/* compare_fit.c */
QT_CHECKED bool qt__compare_fit(struct qt__compare *compare, uint64_t seed, struct qt_error *err);
/** What was neither given nor found is assumed. */
void qt__compare_settle(struct qt__compare *compare);
/* compare_venue.c */
/** The simulated exchange of the session's product with the parameters, moved by feed. Its account
 * is what the session first read; of spot, when has_plenty, it has plenty of every asset; of
 * perpetuals it has plenty of cash where the session read none that it could be. NULL: err. */
struct qt_inline_venue *qt__compare_venue(const struct qt__compare *compare,
                                          const struct qt_feed_port *feed, uint64_t seed,
                                          bool has_plenty, struct qt_error *err);
/* compare_simulate.c */
/** The same orders among the same market events, in the simulated exchange. */
QT_CHECKED bool qt__compare_simulate(struct qt__compare *compare, struct qt_journal_reader *reader,
                                     uint64_t seed, struct qt_error *err);
/* compare_signals.c */
struct qt__compare_signals_plan {
    struct qt_journal_reader *reader;
    const char *folder; /* of the journal, and its key */
    const struct qt_journal_key *key;
    uint64_t seed;
};
/** Runs the engine with the simulated exchange as its venue, and says of each order whether it is
 * decided again. */
QT_CHECKED bool qt__compare_run(struct qt__compare *compare,
                                const struct qt__compare_signals_plan *plan, struct qt_error *err);
/* compare_difference.c */
enum qt__compare_filled qt__compare_filled(const struct qt__compare_row *row);
/** Average price; false: nothing was filled. */
bool qt__compare_price(const struct qt__compare *compare, const struct qt__compare_row *row,
                       const struct qt__fate *fate, double *out);
/** How much more the session paid (got less) than the simulation; false: one of them filled
 * nothing. */
bool qt__compare_price_bps(const struct qt__compare *compare, const struct qt__compare_row *row,
                           double *out);
QT_CHECKED bool qt__compare_total(const struct qt__compare *compare, struct qt__compare_totals *out,
                                  struct qt_error *err);
const char *qt__compare_filled_name(enum qt__compare_filled filled);
const char *qt__compare_origin_name(enum qt__compare_origin origin);
/* compare_config.c: NULL: no memory; the caller's */
struct json_t;
/** {"simulation":{...}, ...} of what was calibrated, as the config takes it. */
struct json_t *qt__compare_config(const struct qt__compare *compare);
/** ["--latency", "order=150ms:0.2", ...]: as "qtrade venue serve" takes it. */
struct json_t *qt__compare_venue_words(const struct qt__compare *compare);
/* compare_text.c, compare_json.c */
QT_CHECKED bool qt__compare_text(const struct qt__compare *compare,
                                 const struct qt__compare_totals *totals, size_t most, FILE *out,
                                 struct qt_error *err);
QT_CHECKED bool qt__compare_json(const struct qt__compare *compare,
                                 const struct qt__compare_totals *totals, FILE *out,
                                 struct qt_error *err);

#endif

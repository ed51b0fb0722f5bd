/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session: what its files share. One thread, one loop; the event sink is there only while work
 * runs.
 *
 *     session.c    open, close, work, the ports            clock.c     the venue's time
 *     rest.c       requests: budget, bans, answers         universe.c  blocking start, later
 * changes of the rules market.c     stream connections                      history.c   bars before
 * the session and in gaps route.c      every event on its way to the engine    depth.c     watched
 * books user.c       the account's stream                    account.c   reading the account whole
 *     orders.c     place, cancel, query                  algo.c      conditional orders of a service of their own
 */
#ifndef QTRADE_VENUE_BINANCE_SESSION_PRIV_H
#define QTRADE_VENUE_BINANCE_SESSION_PRIV_H

#include "qtrade/engine/snapshot.h"
#include "qtrade/market/sources.h"
#include "qtrade/net/backoff.h"
#include "qtrade/net/breaker.h"
#include "qtrade/net/connects.h"
#include "qtrade/net/http.h"
#include "qtrade/net/limiter.h"
#include "qtrade/net/websocket.h"
#include "qtrade/venue/binance.h"
#include "qtrade/venue/config.h"

#include "codec_priv.h"

#define QT__BN_URL QT_VENUE_URL
#define QT__BN_CALLS 256          /* requests under way, all kinds */
#define QT__BN_HELD 8             /* closed bars that wait for earlier ones, a symbol */
#define QT__BN_LEVELS 20000       /* of one depth message, both sides */
#define QT__BN_STREAMS 200        /* of one connection */
#define QT__BN_WATCHES 64
#define QT__BN_CLOCK_SAMPLES 8
#define QT__BN_BASE_NS QT_NS_PER_MIN /* period of the live bars */

struct qt_binance;

/* Requests */

/* How a request ended. Valid during the callback. */
struct qt__bn_answer {
    bool is_good;                  /* HTTP 200 and complete */
    enum qt_venue_verdict verdict; /* when not good */
    int32_t code;                  /* the venue's; 0 none */
    int status;                    /* HTTP; 0 none */
    const char *text;              /* why not good, cleaned */
    const char *body;
    size_t length;
    int64_t sent_utc_ns, back_utc_ns; /* our clock */
};
struct qt__bn_call;
typedef void (*qt__bn_answer_fn)(struct qt__bn_call *call, const struct qt__bn_answer *answer);

/* A request under way, of the session's pool. */
struct qt__bn_call {
    struct qt_binance *self;
    qt__bn_answer_fn done;
    void *context;
    uint32_t instrument;
    uint64_t client_id;
    unsigned generation; /* of what asked; an answer of an older one is not wanted any more */
    bool is_used, is_order, is_keyed;
    bool may_be_algo;  /* what is not found may be a conditional order (L3 of algo.c) */
    uint8_t operation; /* enum qt_operation */
    int64_t sent_utc_ns;
    struct qt__bn_order_answer order; /* whose trades, or whose order in the book, are asked for */
};

/* How an operation is tried again, and when it is left alone (policies.c). */
struct qt__bn_policy {
    int64_t base_ns, cap_ns, stable_ns; /* of the back-off; 0: it is not tried again from here */
    struct qt_breaker_policy breaker;
};
extern const struct qt__bn_policy qt__bn_policies[QT_OPERATIONS];
struct qt__bn_operation {
    struct qt_breaker breaker;
    uint64_t calls, failed;
};

struct qt__bn_request {
    enum qt__bn_what what;
    const char *query; /* unsigned; NULL: none */
    int timeout_ms;    /* 0: default */
    qt__bn_answer_fn done;
    void *context;
    uint32_t instrument;
    uint64_t client_id;
    unsigned generation;
    const struct qt__bn_order_answer *order; /* as above; NULL: of none */
    bool may_be_algo;
};
enum qt__bn_sent { QT__BN_SENT, QT__BN_WAIT, QT__BN_BANNED, QT__BN_NOT_SENT };

/* The venue's time */
struct qt__bn_clock_sample {
    int64_t offset_ns, uncertainty_ns; /* venue minus ours */
    int64_t at_mono_ns;
};
struct qt__bn_time {
    struct qt__bn_clock_sample samples[QT__BN_CLOCK_SAMPLES];
    size_t n, next;
    int64_t offset_ns, uncertainty_ns; /* of the best */
    int64_t last_utc_ns, last_mono_ns; /* to notice steps of the wall clock */
    int64_t asked_mono_ns;
    bool is_asked;
    struct qt_timer timer;
};

/* Symbols */
enum qt__bn_phase { QT__BN_NEW, QT__BN_LIVE };
struct qt__bn_symbol {
    int64_t last_bar_ns;  /* opening of the last live-interval bar given; QT_TIME_NONE */
    int64_t filled_to_ns; /* the last gap request reached up to here */
    struct qt_event quote[QT_SOURCES_MAX]; /* withheld; kind NONE: there is none */
    struct qt_bar held[QT__BN_HELD];
    uint8_t n_held;
    uint8_t bar_source; /* who told the bar of last_bar_ns */
    uint8_t phase;      /* enum qt__bn_phase */
    uint8_t step;       /* the history that is asked for next; n_history: all are there */
    uint8_t failures;   /* in a row */
    uint8_t status;     /* enum qt_instrument_status as last told */
    bool is_filling;    /* bars wait for earlier ones */
    bool is_waited_for; /* of history_left */
    bool is_queued;
    uint32_t id;
    struct qt_binance *self;
    struct qt_timer retry;
    qt_money day_volume;
};

/* Requests for bars, in line. Every symbol stands in it once at most. */
struct qt__bn_history_line {
    uint32_t *ids; /* ring of n_symbols */
    uint32_t head, count;
    unsigned under_way;
    struct qt_timer timer;
};

/* Connections */
struct qt__bn_link {
    struct qt_binance *self;
    struct qt_ws *ws;
    struct qt_timer timer; /* the next try */
    struct qt_backoff backoff;
    const struct qt__bn_lane *lane;
    uint8_t source;           /* 0: the primary address, 1: the backup */
    uint32_t first, count;    /* symbols */
    int64_t data_ns;          /* monotonic, of the last market message (or of the opening) */
    unsigned asked, answered; /* subscriptions of this connection */
    bool is_up;               /* all of them stand */
};

enum qt__bn_watch_state { QT__BN_WATCH_SUBSCRIBE, QT__BN_WATCH_BUFFER, QT__BN_WATCH_LIVE };
struct qt__bn_watch {
    struct qt_binance *self;
    uint32_t instrument;
    uint8_t state;   /* enum qt__bn_watch_state */
    bool is_asked;   /* a snapshot is under way */
    bool is_passing; /* chunks of the current message go to the engine */
    bool is_first;   /* the next diff is the first after a snapshot */
    unsigned generation;
    uint64_t message_first, message_last; /* ids of the current message */
    uint64_t last_id;                     /* LIVE: of the last given; BUFFER: of the last kept */
    struct qt_event *kept;                /* chunks that wait for the snapshot */
    size_t n_kept;
    struct qt_timer timer;
    struct qt_backoff backoff;
};
struct qt__bn_depth {
    struct qt__bn_link link;
    struct qt__bn_watch *watches[QT__BN_WATCHES];
    size_t n;
    int64_t next_request_id;
    struct qt_bucket bucket; /* the venue takes 5 messages a second */
    struct qt_timer pump;
};

enum qt__bn_user_state {
    QT__BN_USER_OFF,     /* no key, or the key was refused */
    QT__BN_USER_WAIT,    /* until the next try */
    QT__BN_USER_KEY,     /* asked for a listen key */
    QT__BN_USER_OPENING, /* the socket, or the subscription on it */
    QT__BN_USER_UP
};
struct qt__bn_user {
    enum qt__bn_user_state state;
    bool uses_api; /* subscription by signature: listen keys are gone */
    char listen_key[128];
    struct qt_ws *ws;
    struct qt_timer retry, keep_alive;
    struct qt_backoff backoff;
    unsigned generation;
};

/* A conditional order of ours, as far as it is remembered. */
struct qt__bn_algo {
    uint64_t client_id; /* 0: none */
    uint64_t became;    /* the venue's id of the order that it is since it triggered; 0: not known */
};
#define QT__BN_ALGOS 256

struct qt__bn_account {
    bool is_reading, is_wanted_again;
    json_t *orders; /* those of the book, until the conditional ones are there */
    json_t *balances; /* root of the account's answer, until the orders are there; at the start until prepare */
    struct qt_timer retry, poll;
    struct qt_backoff backoff;
};

struct qt_binance {
    const struct qt__bn_product *product;
    char rest_url[QT__BN_URL], ws_url[QT__BN_URL], ws_api_url[QT__BN_URL];
    char backup_ws_url[QT__BN_URL];
    const char *rights_url; /* of this or of the product */
    unsigned n_sources; /* 1, or 2 with a backup address */
    unsigned source;    /* of the market message in hand */
    char quote_asset[QT_ASSET_SIZE];
    char *wanted; /* "BTCUSDT,ETHUSDT"; NULL: all */
    unsigned max_symbols;
    int64_t recv_window_ms;
    void (*banned)(void *context, int64_t until_ns);
    void *banned_context;
    struct qt_binance_history history[QT_BINANCE_HISTORIES]; /* longest period first */
    size_t n_history;
    int stale_ms, reconcile_ms, order_timeout_ms, rules_ms;
    uint32_t tag;
    bool is_simulated, is_account_only, has_key, is_key_refused, is_started;
    struct {
        struct qt_binance_rights found; /* by the last look */
        int64_t every_ms, asked_ns;
        struct qt_timer timer; /* of the next look; not running: one is on its way, or none comes */
    } rights; /* of the key */
    struct qt_venue_credentials *secrets; /* a locked page of its own */
    struct qt_signer *signer;

    struct qt_clock wall;
    const struct qt_clock *clock;
    struct qt_loop *loop;
    struct qt_http *http;
    struct qt_rng rng;
    const struct qt_event_sink *sink; /* NULL outside of work */
    int pushed;                       /* during this work */
    struct qt_event_sink route;       /* where the codec puts events: route.c */
    struct qt_depth_level *scratch;
    struct qt_venue_stats stats;

    struct qt_limiter limiter;
    int64_t upgrades_until_ns; /* of the limiter's clock: no connection before, one was answered 429 */
    struct qt_clock limiter_clock; /* of the limiter's windows: clock, the wall's if it is slower */
    struct qt__bn_operation operations[QT_OPERATIONS];
    struct qt__bn_call calls[QT__BN_CALLS];
    struct {
        struct qt_link now;
        bool is_told;
    } links[QT_LINK_KINDS];

    const struct qt_universe *universe; /* the caller's */
    struct qt__bn_symbol *symbols;
    uint32_t n_symbols;
    struct qt__bn_time time;
    struct qt__bn_link *market; /* n_market of the primary, then as many of the backup */
    unsigned n_market;          /* each for a lane of the symbols of its own */
    struct qt_connects *connects;    /* 300 per 5 minutes, host and address; the process's or */
    struct qt_connects own_connects; /* where it has none */
    struct qt_timer watchdog;
    struct qt__bn_history_line line;
    struct qt_bar *bars; /* room for one klines answer */
    struct qt__bn_depth depth;
    struct qt__bn_user user;
    struct qt__bn_account account;
    struct {
        struct qt__bn_algo rows[QT__BN_ALGOS]; /* a ring */
        size_t next;
    } algos;
    struct qt_timer rules_timer;
    uint32_t rules_next;  /* the symbol whose rules are looked at next */
    uint32_t rules_alone; /* so many symbols are asked for one by one */
};

/* session.c */
int64_t qt__bn_mono(const struct qt_binance *self);
int64_t qt__bn_utc(const struct qt_binance *self); /* our clock */
double qt__bn_speed(const struct qt_binance *self);
/* Tells the engine once per change; reason is cut and cleaned. */
void qt__bn_link_tell(struct qt_binance *self, enum qt_link_kind kind, enum qt_link_state state,
                      const char *format, ...) QT_PRINTF(4, 5);
/* To the engine as it is; outside of work it is a bug of ours. */
void qt__bn_push(struct qt_binance *self, struct qt_event *event);
/* May another connection be opened there now? */
QT_CHECKED bool qt__bn_may_connect(struct qt_binance *self, const char *url);
/* Real ns until the venue wants any; 0: it does now. */
int64_t qt__bn_connect_stopped_ns(const struct qt_binance *self);
/* One has ended, or was refused: what that says of the venue (fault O10). */
void qt__bn_note_closed(struct qt_binance *self, const struct qt_ws *ws);

/* policies.c */
void qt__bn_breakers_init(struct qt_binance *self);
/* Which operation a request belongs to. */
enum qt_operation qt__bn_operation_of(enum qt__bn_what what);
void qt__bn_backoff(struct qt_binance *self, enum qt_operation operation, struct qt_backoff *out);
/* out_wait_ns (may be NULL): where not, until it can be tried again. */
QT_CHECKED bool qt__bn_may(struct qt_binance *self, enum qt_operation operation,
                           int64_t *out_wait_ns);
/* Of what may go: good, or no answer, or one that says that the venue has a fault. */
void qt__bn_outcome(struct qt_binance *self, enum qt_operation operation, bool is_good);
void qt__bn_look(void *context, struct qt_venue_view *out);

/* rest.c */
void qt__bn_rest_init(struct qt_binance *self);
/* out_wait_ns (may be NULL): with WAIT and BANNED, until it can be tried again. done is called once
 * if SENT. */
enum qt__bn_sent qt__bn_rest_send(struct qt_binance *self, const struct qt__bn_request *request,
                                  int64_t *out_wait_ns);
/* The venue wants no request (but cancels: spares_cancels) for so long, -1: it did not say. What
 * waits in line is called off. */
void qt__bn_rest_stop(struct qt_binance *self, int status, int64_t retry_after_s,
                      bool spares_cancels);
/* Real ns until it wants any again; spares_cancels: one that is no cancel. 0: it does now. */
int64_t qt__bn_rest_stopped_ns(const struct qt_binance *self, bool spares_cancels);
/* An upgrade was answered so: as a request's 418 or 429, and no connection is begun meanwhile. */
void qt__bn_upgrades_stop(struct qt_binance *self, int status, int64_t retry_after_s);
int64_t qt__bn_upgrades_stopped_ns(const struct qt_binance *self);
int64_t qt__bn_limiter_now(const struct qt_binance *self);
void qt__bn_rest_rules(struct qt_binance *self, const struct qt__bn_rate_rules *rules);

/* clock.c */
void qt__bn_time_start(struct qt_binance *self);
void qt__bn_time_stop(struct qt_binance *self);
/* One turn: steps of the wall clock. */
void qt__bn_time_check(struct qt_binance *self);
/* Asks for the venue's time soon (not more often than every 5 s). */
void qt__bn_time_again(struct qt_binance *self);
void qt__bn_time_sample(struct qt_binance *self, int64_t venue_ms, int64_t sent_ns,
                        int64_t back_ns);
int64_t qt__bn_time_low(const struct qt_binance *self); /* the venue's time is not before */
/* nor after, when our clock says utc_ns */
int64_t qt__bn_time_high(const struct qt_binance *self, int64_t utc_ns);

/* universe.c */
#define QT__BN_NO_SUCH_PATH 404 /* HTTP */
/* A request that is waited for. */
struct qt__bn_fetch {
    bool is_done, is_good;
    struct qt__bn_answer answer; /* text and body point into the copies */
    char text[QT_NET_REASON];
    char *body; /* heap */
};
/* Asks until it is answered well, for good refused, or too late. Good: the caller frees body. */
QT_CHECKED bool qt__bn_fetch(struct qt_binance *self, enum qt__bn_what what, const char *query,
                             int64_t until_mono_ns, struct qt__bn_fetch *fetch,
                             struct qt_error *err);
bool qt__bn_symbols_create(struct qt_binance *self, const struct qt__bn_listing *listings, size_t n,
                           const struct qt_universe *universe, struct qt_error *err);
void qt__bn_rules_start(struct qt_binance *self);
void qt__bn_rules_stop(struct qt_binance *self);

/* rights.c */
/* Waits for the first look. False: the venue could not be asked, or what it said is no answer. */
QT_CHECKED bool qt__bn_rights_load(struct qt_binance *self, int64_t until_mono_ns,
                                   struct qt_error *err);
void qt__bn_rights_start(struct qt_binance *self);
/* The key may be another than it was: it is looked at soon. */
void qt__bn_rights_again(struct qt_binance *self);
void qt__bn_rights_stop(struct qt_binance *self);

/* route.c */
void qt__bn_route(void *context, struct qt_event *event);
/* Decodes one message of a stream and counts what came of it. */
enum qt_codec_verdict qt__bn_take(struct qt_binance *self, const char *data, size_t length,
                                  struct qt_decoded *out);
/* Bars that waited go on as far as they follow on each other; more are asked for where they do not.
 */
void qt__bn_bars_resume(struct qt_binance *self, struct qt__bn_symbol *symbol);

/* market.c */
bool qt__bn_market_start(struct qt_binance *self);
void qt__bn_market_stop(struct qt_binance *self);
/* Names of streams are in lower case. */
void qt__bn_add_lower(struct qt_text *out, const char *symbol);
void qt__bn_market_tell(struct qt_binance *self, const char *why);

/* history.c */
bool qt__bn_history_create(struct qt_binance *self);
void qt__bn_history_stop(struct qt_binance *self);
/* Bars are missing (or none are there yet): asks for them when it is this symbol's turn. */
void qt__bn_history_want(struct qt_binance *self, struct qt__bn_symbol *symbol);

/* depth.c */
void qt__bn_depth_watch(struct qt_binance *self, uint32_t instrument, bool on);
void qt__bn_depth_event(struct qt_binance *self, struct qt_event *event);
/* Gives up a connection that says nothing any more. */
void qt__bn_depth_check(struct qt_binance *self);
void qt__bn_depth_stop(struct qt_binance *self);

/* user.c */
void qt__bn_user_start(struct qt_binance *self);
void qt__bn_user_stop(struct qt_binance *self);

/* account.c */
bool qt__bn_account_sync(struct qt_binance *self);
void qt__bn_account_start(struct qt_binance *self);
void qt__bn_account_stop(struct qt_binance *self);

/* algo.c */
bool qt__bn_has_algos(const struct qt_binance *self);
/* NULL: it is none, or is not remembered. */
const struct qt__bn_algo *qt__bn_algo_find(const struct qt_binance *self, uint64_t client_id);
/* became 0: not known. */
void qt__bn_algo_note(struct qt_binance *self, uint64_t client_id, uint64_t became);
/* Our id of the conditional order that became that one of the venue's; 0: none that is known. */
uint64_t qt__bn_algo_of(const struct qt_binance *self, uint64_t venue_id);
void qt__bn_on_algo_placed(struct qt__bn_call *call, const struct qt__bn_answer *answer);
bool qt__bn_algo_cancel(struct qt_binance *self, uint32_t instrument, uint64_t client_id);
bool qt__bn_algo_query(struct qt_binance *self, uint32_t instrument, uint64_t client_id);
/* The list of open ones: is every row one? And each as a row of the account. */
bool qt__bn_algos_check(const struct qt_binance *self, const json_t *list);
void qt__bn_algos_push(struct qt_binance *self, const json_t *list);

/* account.c: an open order as a row of the account that is read */
void qt__bn_push_open(struct qt_binance *self, const struct qt__bn_order_answer *order);

/* orders.c: a report without numbers: what we know of the order is its id */
void qt__bn_push_bare(struct qt__bn_call *call, enum qt_report_type type, enum qt_order_state state,
                      int32_t code);
/* symbol=..&orderId=.. */
const char *qt__bn_write_order_id(const struct qt_binance *self, uint32_t instrument,
                                  uint64_t venue_id, char *out, size_t size);
/* symbol=..&origClientOrderId=.. */
const char *qt__bn_write_client_id(const struct qt_binance *self, uint32_t instrument,
                                   uint64_t client_id, char *out, size_t size);
/* orders.c: the slots of the venue's port */
bool qt__bn_submit(void *context, const struct qt_order_request *request);
bool qt__bn_cancel(void *context, uint32_t instrument, uint64_t client_id);
bool qt__bn_cancel_all(void *context, uint32_t instrument);
bool qt__bn_query(void *context, uint32_t instrument, uint64_t client_id);
void qt__bn_push_report(struct qt_binance *self, const struct qt__bn_order_answer *order,
                        const struct qt_report *report, uint16_t flags);
/* trades.c: reads the order's trades, and tells them, then its state. False: it has none, or they
 * are not asked for now: the caller tells the state. */
bool qt__bn_ask_trades(struct qt_binance *self, const struct qt__bn_order_answer *order);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the simulated exchange share. Everything in here lives on the exchange's
 * thread, but for the statistics, which have their lock.
 *
 *     desk (orders, market) --trade, book, execution--> exchange.c --> tapes, streams --> sessions
 * --> sockets sockets --> rest.c / api.c --> calls (market.c, trading.c, user.c) --> desk, tapes
 */
#ifndef QTRADE_VENUE_EXCHANGE_PRIV_H
#define QTRADE_VENUE_EXCHANGE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "qtrade/market/bars.h"
#include "qtrade/net/limiter.h"
#include "qtrade/net/loop.h"
#include "qtrade/net/server.h"
#include "qtrade/venue/exchange.h"

#include "call_priv.h"
#include "desk_priv.h"
#include "faults_priv.h"
#include "fields_priv.h"
#include "interval_priv.h"
#include "tape_priv.h"

#define QT__OUT_SIZE (16u << 20) /* the largest answer: exchangeInfo of a full universe */
#define QT__WRAP_SIZE 16384      /* the largest user event with its envelope */
#define QT__DEPTH_MAX 1000       /* levels a side that snapshots and diffs know */
#define QT__LISTEN_KEYS 16
#define QT__LISTEN_KEY_TEXT 61
#define QT__STREAM_NAME 80
#define QT__STREAMS_A_SESSION 1024
#define QT__CONFLATE_BYTES                                                                         \
    (256u << 10) /* a client with so much waiting gets conflatable news later, newest only */

enum qt__stream_kind {
    QT__STREAM_TRADE,
    QT__STREAM_AGG_TRADE,
    QT__STREAM_BOOK_TICKER,
    QT__STREAM_DEPTH,  /* diffs */
    QT__STREAM_LEVELS, /* best 5, 10, 20 */
    QT__STREAM_KLINE,
    QT__STREAM_MINI_TICKER,
    QT__STREAM_TICKER,
    QT__STREAM_WINDOW,  /* ticker of the last 1, 4, 24 hours */
    QT__STREAM_AVERAGE, /* mean price of five minutes */
    QT__STREAM_ALL_MINI_TICKER,
    QT__STREAM_ALL_TICKER,
    QT__STREAM_ALL_WINDOW,
    QT__STREAM_ALL_BOOK_TICKER,
    QT__STREAM_MARK,   /* of perpetuals; arg: every so many seconds */
    QT__STREAM_ALL_MARK,
    QT__STREAM_LIQUIDATION,
    QT__STREAM_ALL_LIQUIDATION,
    QT__STREAM_USER,   /* a listen key */
    QT__STREAM_SILENT, /* a name that nothing is ever sent on */
    QT__STREAM_KINDS
};

/** A book as it was last told. */
struct qt__told {
    uint64_t id;
    size_t n[2]; /* by enum qt_side: bids, asks */
    struct qt_depth_level levels[2][QT__DEPTH_MAX];
};

struct qt__session;
struct qt__stream;

struct qt__subscription {
    struct qt__session *session;
    struct qt__stream *stream;
    struct qt__subscription *next; /* of the session */
    bool is_behind;                /* news was held back */
    struct qt__told *told;         /* DEPTH, behind: what this client knows */
    struct qt_blob *late;          /* DEPTH: goes out after the next one (fault reorder) */
};

struct qt__stream {
    struct qt__stream *next; /* of the symbol, or of the exchange */
    enum qt__stream_kind kind;
    uint32_t symbol; /* QT_NO_INSTRUMENT: all, user, silent */
    int arg;         /* LEVELS: how many; KLINE: interval; WINDOW: hours */
    bool is_fast;    /* DEPTH, LEVELS: every 100 ms, else every second */
    char name[QT__STREAM_NAME];
    struct qt__subscription **subscriptions;
    size_t n, capacity;
    struct qt__told *told; /* DEPTH: what every subscriber knows that is not behind */
    uint64_t sent_id;      /* book id of the last BOOK_TICKER or LEVELS; KLINE: last second */
    uint64_t previous_id;  /* LEVELS: book id of the message before this one */
    bool is_dirty;         /* KLINE, tickers: a trade since the last message */
};

/** A WebSocket client. */
struct qt__session {
    struct qt__exchange *exchange;
    struct qt__session *next, *prev;
    struct qt_peer *peer;
    bool is_api, is_combined;
    struct qt__subscription *subscriptions;
    size_t n;
    bool has_user_events;    /* API: userDataStream.subscribe.signature */
    int64_t subscription_id; /* of that */
    bool is_logged_on;       /* API: requests need neither key nor signature */
    int64_t logged_on_ms, connected_ms; /* exchange time */
    int64_t until_ns;        /* monotonic: then it is closed */
    struct qt_bucket messages;
};

struct qt__symbol {
    struct qt__tape *tape;
    struct qt__stream *streams;
    bool book_changed; /* in this turn: book tickers are due */
    bool has_traded;   /* since the last second: tickers are due */
    bool has_mark;     /* a perpetual's mark, since it was told */
};

/** Whose tape closed a bar. */
struct qt__bar_context {
    struct qt__exchange *exchange;
    uint32_t symbol;
};

struct qt__listen_key {
    char text[QT__LISTEN_KEY_TEXT]; /* "": free */
    int64_t until_ns;               /* real, monotonic */
};

struct qt__exchange {
    struct qt_exchange_server_info info;
    const struct qt__route *routes;
    struct qt__keys keys;
    unsigned key_rights; /* enum qt_exchange_right */
    int64_t listen_key_ns, connection_ns; /* how long each lives, real time */
    struct qt_loop *loop;
    struct qt_server *server;
    struct qt__desk *desk; /* the spot market; of a venue of perpetuals what moves it */
    struct qt__exchange *moved; /* of the spot venue: the perpetuals that move with it; NULL: none */
    struct qt__usdm *usdm; /* what a venue of perpetuals has beside; NULL: spot */
    const struct qt_universe *universe;
    uint32_t n_symbols;
    struct qt__symbol *symbols;
    struct qt__bar_context *bar_contexts;
    struct qt__stream *streams; /* without a symbol */
    struct qt__session *sessions;
    struct qt__weights weights;
    struct qt_clock
        limit_clock; /* of the weights: the exchange's own, the wall's if it is slower */
    struct qt__listen_key listen_keys[QT__LISTEN_KEYS];
    int64_t clock_ns; /* exchange time of this turn: what signed requests are judged by */
    int64_t now_ns;   /* where the market stands; behind the clock when the machine is too slow */
    struct qt_timer tick, fast, slow;
    struct qt__faults faults;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    pthread_mutex_t lock; /* guards stats */
    struct qt_exchange_server_stats stats;
    char *out_buffer, *news_buffer, *wrap_buffer;
    struct qt_text out;  /* the answer under way */
    struct qt_text news; /* the stream message under way */
    struct qt_text wrap; /* a user event in its API envelope */
    int64_t next_subscription_id;
    uint64_t ticks, trades, messages;
    struct qt_bar *bars;              /* scratch of klines, QT__INTERVAL_ROOM */
    struct qt_match_print *prints;    /* scratch of trades */
    struct qt_depth_level *levels;    /* scratch of depth, QT__DEPTH_MAX */
    struct qt_exchange_order *orders; /* scratch of lists */
    struct qt_exchange_fill *fills;
    struct qt__held *held;
};

/** The public handle. Both on one thread; usdm.usdm is NULL when there is none. */
struct qt_exchange_server {
    struct qt__exchange exchange, usdm;
};

#define QT__LIST_MAX 1000 /* rows of allOrders, myTrades, klines, trades */
#define QT__ASSETS_MAX (QT_INSTRUMENTS_MAX + 16)

static inline int64_t
qt__exchange_ms(const struct qt__exchange *exchange)
{
    return (exchange->now_ns + exchange->faults.skew_ns) / 1000000;
}

/** What the exchange says that its clock shows; signed requests are judged by it. */
static inline int64_t
qt__exchange_clock_ms(const struct qt__exchange *exchange)
{
    return (exchange->clock_ns + exchange->faults.skew_ns) / 1000000;
}

/**
 * Time of the rate limits. Who lives faster has his budget faster too, as on a venue that is slow
 * with him; at less than full speed limits are as on the wall clock.
 */
static inline int64_t
qt__exchange_limit_ms(const struct qt__exchange *exchange)
{
    return qt_clock_utc_ns(&exchange->limit_clock) / 1000000;
}

/** The book of the exchange's market, be it spot or of perpetuals: as of desk_priv.h. */
size_t qt__exchange_levels(const struct qt__exchange *exchange, uint32_t symbol, enum qt_side side,
                           struct qt_depth_level *out, size_t n);
/** The best level of each side, by enum qt_side; QT_PX_NONE: the side is empty. */
void qt__exchange_best(const struct qt__exchange *exchange, uint32_t symbol,
                       struct qt_depth_level out[2]);
uint64_t qt__exchange_book_id(const struct qt__exchange *exchange, uint32_t symbol);
void qt__exchange_halt(struct qt__exchange *exchange, uint32_t symbol, bool is_halted);
/** What the spot venue and that of perpetuals do alike to begin, in this order. */
QT_CHECKED bool qt__exchange_take_memory(struct qt__exchange *exchange);
QT_CHECKED bool qt__exchange_make_symbols(struct qt__exchange *exchange,
                                          const struct qt_universe *universe);
QT_CHECKED bool qt__exchange_listen(struct qt__exchange *exchange, const char *address, int port,
                                    struct qt_error *err);
/** What its market tells, whichever it is; context: the exchange. */
void qt__exchange_on_trade(void *context, uint32_t symbol, const struct qt_match_print *print);
void qt__exchange_on_book(void *context, uint32_t symbol);
/** Its timers begin. */
void qt__exchange_begin(struct qt__exchange *exchange);
/** All of that ends; the loop and the desk are the spot venue's. */
void qt__exchange_end(struct qt__exchange *exchange);
/** Reads the clock and lets the market move up to it. */
void qt__exchange_turn(struct qt__exchange *exchange);
/** The symbol in any case ("btcusdt"); QT_NO_INSTRUMENT: none. */
uint32_t qt__exchange_find(const struct qt__exchange *exchange, const char *symbol, size_t length);

/* Calls: one row a method, in calls.c. */

enum qt__security { QT__PUBLIC, QT__KEYED, QT__SIGNED };

typedef bool (*qt__handler)(struct qt__exchange *exchange, struct qt__call *call);

/** One thing a client may ask. REST: method and path; WebSocket API: name. */
struct qt__route {
    const char *method, *path; /* NULL: not over REST */
    const char *name;          /* NULL: not over the WebSocket API */
    enum qt__security security;
    int weight;
    int (*weigh)(const struct qt__call *call); /* NULL: weight is fixed */
    bool is_order; /* its answer tells the orders of this window */
    qt__handler handle;
};
extern const struct qt__route qt__routes[]; /* of the spot venue; {0} ends */
/** Weight, security, handler; false: the fault stands in call. */
bool qt__route_run(struct qt__exchange *exchange, const struct qt__route *route,
                   struct qt__call *call);

bool qt__handle_ping(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_time(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_info(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_depth(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_trades(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_klines(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_past_trades(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_aggregate(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_window(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_trading_day(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_day(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_price(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_book_ticker(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_average(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_place(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_test(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_order(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_cancel(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_open_orders(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_cancel_all(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_all_orders(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_my_trades(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_account(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_commission(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_trade_fee(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_coins(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_margin_pairs(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_replace(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_order_rate(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_pair_above_below(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_pair_limit_stop(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_list(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_lists(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_open_lists(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_cancel_list(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_restrictions(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_listen_create(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_listen_keep(struct qt__exchange *exchange, struct qt__call *call);
bool qt__handle_listen_close(struct qt__exchange *exchange, struct qt__call *call);

/** The symbols from first to before end that a call is about: its "symbol", or all. False: fault. */
QT_CHECKED bool qt__symbol_range(struct qt__exchange *exchange, struct qt__call *call,
                                 uint32_t *out_first, uint32_t *out_end);
/** The symbols of a call: "symbol", "symbols" (a JSON list), or all. */
struct qt__selection {
    uint32_t *ids; /* the caller frees */
    uint32_t n;
    bool is_single; /* the answer is an object, not a list */
};
/** False: fault; what is to be freed is to be freed then too. */
QT_CHECKED bool qt__select(struct qt__exchange *exchange, struct qt__call *call,
                           struct qt__selection *out);
/** Appends a symbol's row; false: nothing is known of it. */
typedef bool (*qt__row_writer)(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol,
                               const void *context);
/** Writes one row a selected symbol. False: fault. */
QT_CHECKED bool qt__write_selected(struct qt__exchange *exchange, struct qt__call *call,
                                   qt__row_writer write, const void *context);
/** The mean price of the last five minutes' trades and when the last one was. */
qt_px qt__average(struct qt__exchange *exchange, uint32_t symbol, int64_t *out_traded_ns);

/** The value of a long parameter, decoded, on the heap; NULL: absent (or no memory). */
char *qt__call_long(const struct qt__call *call, const char *name);
/** The symbol of a call; false: fault MANDATORY or SYMBOL. */
QT_CHECKED bool qt__need_symbol(struct qt__exchange *exchange, struct qt__call *call,
                                uint32_t *out);

/** Which order a call names: by id, or by client id when id is 0. */
struct qt__order_params {
    uint32_t symbol;
    int64_t id;
    char client_id[QT__PARAM_MAX];
};
/** What orderId and origClientOrderId say; false: fault. */
QT_CHECKED bool qt__order_params(struct qt__exchange *exchange, struct qt__call *call,
                                 struct qt__order_params *out);
/** The order that the parameters ask for; false: fault. */
QT_CHECKED bool qt__ticket_params(struct qt__exchange *exchange, struct qt__call *call,
                                  struct qt_exchange_ticket *ticket);
/** Places it and writes the answer; its rate is counted by the caller. False: fault. */
QT_CHECKED bool qt__place_ticket(struct qt__exchange *exchange, struct qt__call *call,
                                 const struct qt_exchange_ticket *ticket);
/** Cancels one order and writes what became of it; cancel_id "": one is made. False: fault. */
QT_CHECKED bool qt__cancel_one(struct qt__exchange *exchange, struct qt__call *call, uint32_t symbol,
                               uint64_t id, const char *cancel_id);
/** Cancels both of a pair and writes what became of them; cancel_id "": one is made. False: fault. */
QT_CHECKED bool qt__cancel_pair(struct qt__exchange *exchange, struct qt__call *call, uint64_t id,
                                const char *cancel_id);
/** What order/test says of commission. */
void qt__write_order_rates(const struct qt__exchange *exchange, struct qt_text *out);

/** What the parameters of an order are called: each leg of a pair has its own. */
struct qt__leg_names {
    const char *px, *stop_px, *trail, *tif, *iceberg, *client_id;
};
/** Type, amount, prices and client id of an order into its ticket, whose side and symbol are known;
 * false: fault. */
QT_CHECKED bool qt__leg_params(struct qt__call *call, const struct qt_instrument *ins,
                               const char *type, const struct qt__leg_names *names,
                               struct qt_exchange_ticket *ticket);
QT_CHECKED bool qt__side_param(struct qt__call *call, struct qt_exchange_ticket *ticket);
QT_CHECKED bool qt__client_id_param(struct qt__call *call, const char *name,
                                    char out[QT_CLIENT_ID_TEXT]);

/* REST and WebSocket: the server's callbacks. */

void qt__rest_request(void *context, const struct qt_call *call, struct qt_responder *responder);
/** What an answer's headers say. */
struct qt__rest_head {
    int status;
    bool is_order;
    int64_t retry_after_s; /* of 429 and 418: as it was when the request was refused */
};
/** Sends an answer with the headers that clients watch. */
void qt__rest_answer(struct qt__exchange *exchange, struct qt_responder *responder,
                     const struct qt__rest_head *head, const char *text, size_t length);
bool qt__session_accept(void *context, struct qt_peer *peer, const struct qt_call *call);
void qt__session_message(void *context, struct qt_peer *peer, const char *data, size_t length);
void qt__session_drained(void *context, struct qt_peer *peer);
void qt__session_closed(void *context, struct qt_peer *peer, const char *reason);
/** A request of a WebSocket API client. */
void qt__api_message(struct qt__session *session, const char *data, size_t length);

/* Streams */

/** False: too many streams on this connection, or no memory. */
QT_CHECKED bool qt__subscribe(struct qt__session *session, const char *name, size_t length);
bool qt__unsubscribe(struct qt__session *session, const char *name, size_t length);
void qt__unsubscribe_all(struct qt__session *session);
/** What is due: after a trade, at the end of a turn, every 100 ms, every second. */
void qt__streams_trade(struct qt__exchange *exchange, uint32_t symbol,
                       const struct qt_match_print *print);
void qt__streams_bar(struct qt__exchange *exchange, uint32_t symbol, enum qt_timeframe tf,
                     const struct qt_bar *bar);
void qt__streams_turn(struct qt__exchange *exchange);
void qt__streams_fast(struct qt__exchange *exchange);
/**
 * Before a snapshot is served: diffs up to it. A level that comes and goes between two diffs is in
 * neither; a snapshot taken in between would leave it in the client's book for ever.
 */
void qt__streams_snapshot(struct qt__exchange *exchange, uint32_t symbol);
void qt__streams_slow(struct qt__exchange *exchange);
/** The client took everything: what was held back for it. */
void qt__streams_catch_up(struct qt__session *session);
struct qt_perp_order;
struct qt_perp_fill;
/** forceOrder, after the user event. */
void qt__streams_liquidation(struct qt__exchange *exchange, const struct qt_perp_order *order,
                             const struct qt_perp_fill *fill);
/** exchange->news holds one user event: to all user streams. */
void qt__streams_user(struct qt__exchange *exchange);
/** The listen key's stream ends. */
void qt__streams_end_user(struct qt__exchange *exchange, const char *key);
void qt__streams_free(struct qt__exchange *exchange);

/** Closes connections that are older than the venue lets them become. */
void qt__sessions_expire(struct qt__exchange *exchange);
/** Closes listen keys whose time has come. */
void qt__listen_keys_expire(struct qt__exchange *exchange);

/* Writing: JSON as Binance sends it. */

const char *qt__venue_state(const struct qt_exchange_order *order); /* "NEW" ... */
const char *qt__venue_type(enum qt_order_type type);
const char *qt__venue_tif(enum qt_time_in_force tif);
const char *qt__venue_side(enum qt_side side);
const char *qt__venue_stp(enum qt_self_trade mode);
/** What takers bought in the bar; 0 where it does not say. */
qt_qty qt__bar_taker(const struct qt_bar *bar);
/** What they paid, which a bar does not keep: their share of the volume. */
qt_money qt__bar_taker_quote(const struct qt_bar *bar);
void qt__write_kline_fields(struct qt_text *out, const struct qt_instrument *ins,
                            const struct qt_bar *bar);
/** An order as queries list it. */
void qt__write_order(struct qt_text *out, const struct qt_instrument *ins,
                     const struct qt_exchange_order *order);
/** A pair as queries list it, without its closing brace: event is what has happened to it. */
void qt__write_list(struct qt_text *out, const struct qt_exchange_list *list,
                    const struct qt_instrument *ins, const struct qt_exchange_order orders[2]);
/** listStatus of the user stream. */
void qt__write_list_event(struct qt_text *out, const struct qt_exchange_list *list,
                          const struct qt_instrument *ins,
                          const struct qt_exchange_order orders[2], int64_t now_ms);
/** The first keys of answers to placing and cancelling, up to "side"; no braces. */
void qt__write_order_result(struct qt_text *out, const struct qt_instrument *ins,
                            const struct qt_exchange_order *order, const char *cancel_id,
                            int64_t now_ms);
/** The best levels of both sides, most of each at the most (QT__DEPTH_MAX), under these keys. */
void qt__field_sides(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol,
                     const char *bids, const char *asks, size_t most);
void qt__write_balances(struct qt_text *out, const struct qt__held *held, unsigned n,
                        const char *asset, const char *free_name, const char *locked_name);
void qt__write_execution(struct qt_text *out, const struct qt_instrument *ins, int64_t now_ms,
                         enum qt_match_event event, const struct qt_exchange_order *order,
                         const struct qt_exchange_fill *fill, const char *fee_asset,
                         const char *cancel_id);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The double's own: venue_double.c lives and serves public paths, venue_double_orders.c the signed
 * ones and the user stream, venue_double_streams.c the sockets. All but the knobs and counts
 * belongs to the double's thread.
 */
#ifndef QTRADE_TESTS_VENUE_DOUBLE_PRIV_H
#define QTRADE_TESTS_VENUE_DOUBLE_PRIV_H

#include "venue_double.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/net/server.h"
#include "qtrade/net/url.h"

#define TICK_MS 10
#define ORDERS_MAX 256
#define PEERS_MAX 32
#define LOST_MAX 64
#define OUT_MAX (1 << 20)
#define LISTEN_KEY "doublelistenkey"
#define QTY_SCALE 8
#define LEVELS 10

extern const char *const qt__double_texts[]; /* bodies of failures */
extern const char *const qt__double_symbols[QT_DOUBLE_SYMBOLS];

struct order {
    char client_id[40];
    uint64_t id;
    uint32_t symbol;
    bool is_buy, is_open;
    int64_t px, qty, cum; /* scales of the instrument */
    const char *state;
};

struct peer {
    struct qt_peer *peer;
    bool is_user, is_api, is_wrapped; /* wrapped: {"subscriptionId","event"} */
    bool has_market[QT_DOUBLE_SYMBOLS], has_depth[QT_DOUBLE_SYMBOLS];
};

/* An answer that waits. */
struct late_book {
    struct late_book *next;
    struct qt_responder *responder;
    int64_t at_mono_ns;
    char *body;
};

struct qt_double {
    const struct qt_clock *clock;
    struct qt_loop *loop;
    struct qt_server *server;
    pthread_t thread;
    atomic_bool stop;
    atomic_llong knobs[QT_DOUBLE_KNOBS];
    atomic_ullong counts[QT_DOUBLE_COUNTS];
    char rest_url[64], ws_url[64], api_url[64];
    struct qt_timer tick;
    struct peer peers[PEERS_MAX];
    struct order orders[ORDERS_MAX];
    size_t n_orders;
    uint64_t next_id, next_trade, book_id[QT_DOUBLE_SYMBOLS];
    int64_t usdt, base[QT_DOUBLE_SYMBOLS]; /* 8 decimals */
    int64_t told_minute;                   /* the last whose closed bar was sent */
    struct qt_responder *lost[LOST_MAX];
    size_t n_lost;
    struct late_book *late; /* the newest first */
    size_t next_hostile;
    char *buffer;
    struct qt_text out;
};

bool qt__double_take(struct qt_double *venue, enum qt_double_knob knob);
void qt__double_count(struct qt_double *venue, enum qt_double_count which);
int64_t qt__double_now_ms(const struct qt_double *venue);
int64_t qt__double_stamp_ms(const struct qt_double *venue);
void qt__double_answer_late(struct qt_double *venue);
void qt__double_fill_resting(struct qt_double *venue);
int64_t qt__double_price_of(uint32_t symbol, int64_t minute);
int64_t qt__double_price_now(const struct qt_double *venue, uint32_t symbol);
void qt__double_add_px(struct qt_text *out, int64_t px);
void qt__double_add_qty(struct qt_text *out, int64_t qty);
void qt__double_answer(struct qt_responder *responder, int status, const char *text);
void qt__double_lose(struct qt_double *venue, struct qt_responder *responder);
void qt__double_answer_out(struct qt_double *venue, struct qt_responder *responder);
const char *qt__double_check_signed(struct qt_double *venue, const struct qt_call *call);
uint32_t qt__double_symbol_of(const char *name);
uint32_t qt__double_symbol_param(const struct qt_call *call);
void qt__double_on_info(struct qt_double *venue, const struct qt_call *call,
                        struct qt_responder *responder);
void qt__double_on_time(struct qt_double *venue, const struct qt_call *call,
                        struct qt_responder *responder);
void qt__double_on_day(struct qt_double *venue, const struct qt_call *call,
                       struct qt_responder *responder);
void qt__double_on_klines(struct qt_double *venue, const struct qt_call *call,
                          struct qt_responder *responder);
void qt__double_add_levels(struct qt_double *venue, uint32_t symbol, bool is_bid, uint64_t id);
void qt__double_on_depth(struct qt_double *venue, const struct qt_call *call,
                         struct qt_responder *responder);
void qt__double_tell_user(struct qt_double *venue, const char *event);
void qt__double_on_place(struct qt_double *venue, const struct qt_call *call,
                         struct qt_responder *responder);
void qt__double_on_cancel(struct qt_double *venue, const struct qt_call *call,
                          struct qt_responder *responder);
void qt__double_on_query(struct qt_double *venue, const struct qt_call *call,
                         struct qt_responder *responder);
void qt__double_on_open_orders(struct qt_double *venue, const struct qt_call *call,
                               struct qt_responder *responder);
void qt__double_on_cancel_all(struct qt_double *venue, const struct qt_call *call,
                              struct qt_responder *responder);
void qt__double_on_account(struct qt_double *venue, const struct qt_call *call,
                           struct qt_responder *responder);
void qt__double_on_listen(struct qt_double *venue, const struct qt_call *call,
                          struct qt_responder *responder);
void qt__double_on_request(void *context, const struct qt_call *call,
                           struct qt_responder *responder);
bool qt__double_on_accept(void *context, struct qt_peer *peer, const struct qt_call *call);
void qt__double_on_peer_closed(void *context, struct qt_peer *peer, const char *reason);
void qt__double_on_message(void *context, struct qt_peer *peer, const char *data, size_t length);
void qt__double_on_tick(void *context);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Binance's words, both ways, for the files of this folder. Pure: no I/O, no clock, no allocation
 * except inside jansson for answers to requests. Shapes as the venue's documents give them: Spot
 * API, REST and WebSocket streams (2024-2026), and the recorded messages of the test data.
 */
#ifndef QTRADE_VENUE_BINANCE_CODEC_PRIV_H
#define QTRADE_VENUE_BINANCE_CODEC_PRIV_H

#include <jansson.h>

#include "qtrade/venue/signer.h"
#include "qtrade/venue/venue.h"

#include "../json_priv.h"
#include "product_priv.h"

/* Members of an object by key. Keys of one character are their own index; the others follow. */
enum qt__bn_field {
    QT__F_STREAM = 128,
    QT__F_DATA,
    QT__F_EVENT,
    QT__F_SUBSCRIPTION,
    QT__F_LAST_UPDATE,
    QT__F_BIDS,
    QT__F_ASKS,
    QT__F_PREVIOUS, /* "pu" */
    QT__F_ALGO_CLIENT, /* "caid", "aid", "ai": our id, that of the conditional order, and the order's
                          that it became */
    QT__F_ALGO_ID,
    QT__F_ALGO_ORDER,
    QT__F_ID,
    QT__F_RESULT,
    QT__F_ERROR,
    QT__F_CODE,
    QT__F_STATUS,
    QT__FIELDS
};
struct qt__bn_fields {
    uint64_t has[(QT__FIELDS + 63) / 64];
    struct qt__slice at[QT__FIELDS]; /* only where has says so */
};
/* NULL: the member is not there. */
static inline const struct qt__slice *
qt__bn_field(const struct qt__bn_fields *fields, int field)
{
    return fields->has[field / 64] >> (field % 64) & 1 ? &fields->at[field] : NULL;
}

/* Levels of one side, read into the caller's scratch: bids from its start, asks from its middle. */
struct qt__bn_levels {
    const struct qt_instrument *ins; /* whose; NULL: none were read */
    const struct qt__slice *from;    /* the member that held them */
    size_t n;
};

/* One message while it is decoded. */
struct qt__bn_incoming {
    const struct qt_decode *in;
    struct qt_decoded *out;
    const char *end;                        /* of the message */
    struct qt__bn_fields outer, inner, part; /* inner: of "data" or "event"; part: see there */
    const struct qt__bn_fields *f;          /* the one that holds the event */
    const struct qt__bn_fields *part_of;    /* the one whose "k", "o" or "a" is in part; NULL: none */
    int part_key;                           /* which of them */
    bool has_inner;
    bool is_conditional; /* the report's order waits for its trigger: that it "expired" may be that
                            it went to the market: its fate is asked for */
    const struct qt_instrument *ins; /* NULL: not known yet */
    struct qt__bn_levels levels[2];  /* by enum qt_side */
};

typedef enum qt_codec_verdict (*qt__bn_decode_fn)(struct qt__bn_incoming *m);

enum qt_codec_verdict qt__bn_malformed(struct qt__bn_incoming *m, const char *why);
enum qt_codec_verdict qt__bn_refused(struct qt__bn_incoming *m, const char *why);
/* Zeroed event of this message: kind, instrument, t_recv, t_venue from field (ms) where it is
 * there. False: that field is no time. */
QT_CHECKED bool qt__bn_event_begin(struct qt__bn_incoming *m, enum qt_event_kind kind,
                                   int time_field, struct qt_event *out);
void qt__bn_event_push(struct qt__bn_incoming *m, struct qt_event *event);
/* Field to integer of scale. *verdict becomes MALFORMED or REFUSED on failure. */
QT_CHECKED bool qt__bn_need_decimal(struct qt__bn_incoming *m, int field, int scale, int64_t *out,
                                    enum qt_codec_verdict *verdict);
/* NULL: not in the universe, or not said. Of "s"; of a book without it, by its request or stream.
 */
const struct qt_instrument *qt__bn_instrument_of_symbol(const struct qt__bn_incoming *m,
                                                        const struct qt__bn_fields *fields);
const struct qt_instrument *qt__bn_instrument_of_book(const struct qt__bn_incoming *m);
/* The event goes on in the object that is its member key: m->f becomes that. False: it is not
 * there. */
QT_CHECKED bool qt__bn_into_part(struct qt__bn_incoming *m, int key);
/* The instrument of "s". False: *verdict says skipped (not in the universe) or malformed. */
QT_CHECKED bool qt__bn_need_instrument(struct qt__bn_incoming *m, enum qt_codec_verdict *verdict);
QT_CHECKED bool qt__bn_need_u64(struct qt__bn_incoming *m, int field, uint64_t *out,
                                enum qt_codec_verdict *verdict);

/* codec.c */
enum qt_codec_verdict qt__bn_decode(const struct qt_decode *in, const char *bytes, size_t length,
                                    struct qt_decoded *out);
/* codec_layout.c: a message in the layout in which the venue sends it, pushed as qt__bn_decode
 * would. out is at its defaults. False: it is not that; nothing was pushed, out is as it was. */
bool qt__bn_decode_layout(const struct qt_decode *in, const char *bytes, size_t length,
                          struct qt_decoded *out);
/* codec_market.c */
enum qt_codec_verdict qt__bn_decode_quote(struct qt__bn_incoming *m);
enum qt_codec_verdict qt__bn_decode_trade(struct qt__bn_incoming *m);
enum qt_codec_verdict qt__bn_decode_kline(struct qt__bn_incoming *m);
enum qt_codec_verdict qt__bn_decode_ticker(struct qt__bn_incoming *m);
/* codec_depth.c: levels of one side into scratch; depthUpdate; {lastUpdateId,bids,asks} */
QT_CHECKED bool qt__bn_read_levels(struct qt__bn_incoming *m, const struct qt_instrument *ins,
                                   const struct qt__slice *from, enum qt_side side,
                                   struct qt__json *json);
enum qt_codec_verdict qt__bn_decode_depth(struct qt__bn_incoming *m);
enum qt_codec_verdict qt__bn_decode_snapshot(struct qt__bn_incoming *m);
/* codec_user.c */
enum qt_codec_verdict qt__bn_decode_report(struct qt__bn_incoming *m);
enum qt_codec_verdict qt__bn_decode_account(struct qt__bn_incoming *m);
/* codec_algo.c */
enum qt_codec_verdict qt__bn_decode_algo_update(struct qt__bn_incoming *m);
/* codec_usdm.c */
enum qt_codec_verdict qt__bn_decode_order_update(struct qt__bn_incoming *m);
enum qt_codec_verdict qt__bn_decode_account_update(struct qt__bn_incoming *m);
/* The venue's words for states; QT_ORDER_STATES: none of them. */
enum qt_order_state qt__bn_order_state_of(const char *text, size_t length);

/* Bars */
/* Period of "1m", "1h" ...; 0: none of the fixed ones up to a day. And back; NULL: none. */
int64_t qt__bn_interval_ns(const char *text, size_t length);
const char *qt__bn_interval_name(int64_t period_ns);
/* Prices > 0, high and low around open and close, volumes that fit each other, open a multiple of
 * the period. */
bool qt__bn_bar_is_sound(const struct qt_bar *bar);
/* Rows of a klines answer, oldest first, each complete or the whole refused. Prices finer than
 * today's scale are rounded (*out_rounded bars of them). Rows beyond capacity are left out. False:
 * malformed. */
QT_CHECKED bool qt__bn_decode_klines(const struct qt_instrument *ins, int64_t period_ns,
                                     const char *body, size_t length, struct qt_bar *out,
                                     size_t capacity, size_t *out_n, unsigned *out_rounded);

/* codec_order.c: parameters as "a=1&b=2", percent-encoded where needed */
/* Does an order of that type go to the service of conditional orders? */
bool qt__bn_is_algo(const struct qt__bn_words *words, enum qt_order_type type);
bool qt__bn_encode(const struct qt__bn_words *words, const struct qt_instrument *ins, uint32_t tag,
                   const struct qt_order_request *request, struct qt_text *out);
bool qt__bn_encode_spot(const struct qt_instrument *ins, uint32_t tag,
                        const struct qt_order_request *request, struct qt_text *out);
bool qt__bn_encode_usdm(const struct qt_instrument *ins, uint32_t tag,
                        const struct qt_order_request *request, struct qt_text *out);
/* Adds recvWindow, timestamp and then the signature over everything that stands in out. */
QT_CHECKED bool qt__bn_sign_query(struct qt_signer *signer, const char *secret,
                                  int64_t recv_window_ms, int64_t timestamp_ms,
                                  struct qt_text *out);

/* errors.c */
#define QT__BN_ERRORS 50 /* that all products share */
extern const struct qt_venue_error qt__bn_errors[QT__BN_ERRORS];
/* What an HTTP status with a body means. body: {"code":..,"msg":..} or anything. *out_code 0: none
 * in it. msg (NULL: not wanted) gets the cleaned text. */
enum qt_venue_verdict qt__bn_judge(const struct qt_venue_class *class, int status, const char *body,
                                   size_t length, int32_t *out_code, char *msg, size_t msg_size);

/* codec_rest.c: answers to requests */
/* Venue's rules that the session keeps. */
struct qt__bn_rate_rules {
    size_t n;
    struct qt_limit limits[QT_LIMITER_ROWS];
};
/* What exchangeInfo says of a symbol and its 24 h quote volume. */
struct qt__bn_listing {
    struct qt_instrument ins;
    qt_money volume; /* of quote asset in 24 h; -1 unknown */
};
QT_CHECKED bool qt__bn_decode_time(const char *body, size_t length, int64_t *out_ms);
/* Spot symbols, or perpetuals, of quote asset (NULL: any) whose rules can be kept. *out (the caller frees) n rows,
 * in the venue's order; *out_skipped: symbols whose rules make no sense here. */
QT_CHECKED bool qt__bn_decode_exchange_info(const char *body, size_t length,
                                            const struct qt__bn_words *words, const char *quote,
                                            struct qt__bn_listing **out, size_t *out_n,
                                            size_t *out_skipped, struct qt__bn_rate_rules *rules,
                                            struct qt_error *err);
/* Fills in the volumes of listings (sorted by symbol) from a ticker/24hr list. */
QT_CHECKED bool qt__bn_decode_day_volumes(const char *body, size_t length,
                                          struct qt__bn_listing *listings, size_t n,
                                          struct qt_error *err);
/* What a key may do, of apiRestrictions. False: a member is missing or no true or false. */
struct qt_binance_rights;
QT_CHECKED bool qt__bn_decode_rights(const char *body, size_t length, const char *trade_right,
                                     struct qt_binance_rights *out);
QT_CHECKED bool qt__bn_decode_listen_key(const char *body, size_t length, char *out,
                                         size_t capacity);
/* An order as REST gives it. */
struct qt__bn_order_answer {
    struct qt_report status; /* type STATUS */
    uint32_t instrument;     /* QT_NO_INSTRUMENT: not in the universe */
    int64_t t_venue_ns;      /* QT_TIME_NONE: not given */
};
QT_CHECKED bool qt__bn_decode_order(const json_t *order, const struct qt_universe *universe,
                                    uint32_t tag, struct qt__bn_order_answer *out);
/* A conditional order as its service gives it, by REST. Its fills are those of the order that it
 * became. */
struct qt__bn_algo_answer {
    struct qt__bn_order_answer order; /* venue_id: its own; nothing filled; state UNKNOWN where only the
                                         order that it became says how it stands */
    uint64_t became;                  /* that order's id; 0: there is none yet, or it is not told */
    enum qt_order_state end;          /* that its service tells of it, where no such order is found in the
                                         book; UNKNOWN: none */
};
QT_CHECKED bool qt__bn_decode_algo(const json_t *row, const struct qt_universe *universe,
                                   uint32_t tag, struct qt__bn_algo_answer *out);
/* Is the answer to a cancel that it is done? As documented {"code":"200",..}, or the order itself, as
 * it was recorded. */
QT_CHECKED bool qt__bn_algo_is_cancelled(const json_t *answer);
/* How a conditional order stands by the venue's word. False: none of its words. */
QT_CHECKED bool qt__bn_algo_state_of(const char *text, size_t length, enum qt_order_state *out);
/* The fills of a FULL answer as FILL reports, at most capacity; cum_qty and cum_quote run.
 * *out_foreign_fees is added to. False: malformed. */
QT_CHECKED bool qt__bn_decode_fills(const json_t *order, const struct qt_instrument *ins,
                                    const struct qt_report *status, struct qt_report *out,
                                    size_t capacity, size_t *out_n, uint64_t *out_foreign_fees);
/* Balances of an account answer: asset, free, locked of row i. False: malformed. *out_fits: has
 * room in an event. */
QT_CHECKED bool qt__bn_decode_balance(const json_t *row, struct qt_balance *out, bool *out_fits);

/* One position of a margin account. */
struct qt__bn_position {
    const char *symbol;   /* of the answer */
    qt_money amount;      /* of base asset, scale QT_MONEY_SCALE; below 0: short */
    qt_money cost;        /* amount x entry price */
    qt_money rounding;    /* what the venue's digits of the entry price leave open of cost */
    int64_t leverage;     /* 0: not told */
    bool is_isolated, is_hedged; /* hedged: one side of two */
};
/* False: malformed. */
QT_CHECKED bool qt__bn_decode_position(const json_t *row, struct qt__bn_position *out);
/* Wallet balance of an asset of a margin account's answer. False: malformed, or not in it. */
QT_CHECKED bool qt__bn_decode_wallet(const json_t *account, const char *asset, qt_money *out);

/* The fee of a fill in a report's terms; false: in a third asset (fee 0). Base fees are rounded up
 * at the instrument's scale, never understated. */
bool qt__bn_fee_of(const struct qt_instrument *ins, const struct qt__slice *amount,
                   const struct qt__slice *asset, struct qt_report *report);

#endif

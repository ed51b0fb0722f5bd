/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What differs between Binance's products (spot, USD-M perpetuals): endpoints with their weights,
 * stream paths, words of orders, the reading of the account. Everything else of this folder is the
 * same code for all of them.
 *
 * How to add a product: a row of this struct and its class in product_NAME.c, a line in product.c
 * and one in ../classes.c; tests/venue/test_binance_usdm shows what judges it.
 */
#ifndef QTRADE_VENUE_BINANCE_PRODUCT_PRIV_H
#define QTRADE_VENUE_BINANCE_PRODUCT_PRIV_H

#include <jansson.h>

#include "qtrade/venue/venue.h"

struct qt_binance;

/* What is asked of the venue. */
enum qt__bn_what {
    QT__BN_TIME,
    QT__BN_RULES,
    QT__BN_DAY, /* volumes of 24 hours */
    QT__BN_BARS,
    QT__BN_BOOK,
    QT__BN_ACCOUNT,
    QT__BN_OPEN_ORDERS, /* of all symbols */
    QT__BN_PLACE,
    QT__BN_CANCEL,
    QT__BN_CANCEL_ALL, /* of a symbol */
    QT__BN_QUERY,
    QT__BN_TRADES, /* of one order */
    QT__BN_OPEN_ALGOS, /* conditional orders, where those are a service of their own (algo.c) */
    QT__BN_PLACE_ALGO,
    QT__BN_CANCEL_ALGO,
    QT__BN_CANCEL_ALGOS, /* of a symbol */
    QT__BN_QUERY_ALGO,
    QT__BN_LISTEN, /* a key for the user stream */
    QT__BN_KEEP,   /* it goes on */
    QT__BN_RIGHTS, /* of the key */
    QT__BN_SIDES,  /* one position a symbol, or a long and a short one? */
    QT__BN_SET_SIDES,
    QT__BN_SET_LEVERAGE,
    QT__BN_SET_MARGIN,
    QT__BN_WHATS
};
enum qt__bn_security { QT__BN_PUBLIC, QT__BN_KEYED, QT__BN_SIGNED };
enum qt__bn_use {
    QT__BN_PLAIN,
    QT__BN_ORDERS, /* counts as a new order */
    QT__BN_CANCELS /* may use the reserve, goes first */
};
struct qt__bn_endpoint {
    const char *method, *path; /* path NULL: this product has none */
    enum qt__bn_security security;
    int weight;
    enum qt__bn_use use;
};

/* Market streams of one connection: a symbol's name and each of these. */
#define QT__BN_LANES 2
#define QT__BN_STREAMS_A_SYMBOL 3 /* of all lanes together */
struct qt__bn_lane {
    const char *path;
    const char *streams[QT__BN_STREAMS_A_SYMBOL];
    unsigned n;
};

/* Words of orders. */
struct qt__bn_type_words {
    const char *name; /* NULL: the product has no such order */
    bool has_px, has_stop, has_tif;
    const char *tif; /* the one that it always has; NULL: the request's */
};
struct qt__bn_words {
    struct qt__bn_type_words types[QT_ORDER_TYPES];
    const char *response;    /* which answer is asked for */
    const char *reduce_only; /* NULL: the venue knows no such thing */
    bool has_algos; /* conditional orders are a service of their own, with words of its own */
};

struct qt__bn_product {
    const struct qt_venue_class *class;
    const char *rest_url, *ws_url;
    const char *rights_url; /* who says what the key may do; NULL: the same as for all requests */
    const char *ws_api_url; /* of a user stream by signature; NULL: there is none */
    struct qt__bn_endpoint at[QT__BN_WHATS];
    struct qt__bn_lane lanes[QT__BN_LANES];
    unsigned n_lanes;
    const char *book_path, *user_path; /* the listen key follows the second */
    const struct qt__bn_words *words;
    bool has_previous_ids;     /* diffs of books name the diff before ("pu") */
    bool asks_rules_by_symbol; /* exchangeInfo may be asked for some */
    const char *trade_right;   /* of apiRestrictions */
    /* The account's answer in the engine's terms (BALANCE events). False: it is none, nothing was
     * pushed; why is told. */
    bool (*push_account)(struct qt_binance *self, const json_t *account, const char **why);
    /* Has the answer of the account what push_account needs? */
    bool (*check_account)(const struct qt_binance *self, const json_t *account, const char **why);
    /* At the start with a key: brings the account into the state that is traded with. NULL: any
     * is. */
    bool (*prepare)(struct qt_binance *self, const json_t *account, int64_t until_mono_ns,
                    struct qt_error *err);
};

/* NULL: none of this class. */
const struct qt__bn_product *qt__bn_product_of(const struct qt_venue_class *class);
extern const struct qt__bn_product qt__bn_spot, qt__bn_usdm;
/* The classes' session, the same for all. */
extern const struct qt_session_ops qt__bn_session_ops;

/* account_usdm.c */
bool qt__bn_usdm_push(struct qt_binance *self, const json_t *account, const char **why);
bool qt__bn_usdm_check(const struct qt_binance *self, const json_t *account, const char **why);
bool qt__bn_usdm_prepare(struct qt_binance *self, const json_t *account, int64_t until_mono_ns,
                         struct qt_error *err);
/* account.c */
bool qt__bn_spot_push(struct qt_binance *self, const json_t *account, const char **why);
bool qt__bn_spot_check(const struct qt_binance *self, const json_t *account, const char **why);

#endif

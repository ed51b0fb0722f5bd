/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One request to the simulated exchange, whether it came as REST or over the WebSocket API: its
 * parameters, what was signed, and the answer or the error. Handlers see only this.
 */
#ifndef QTRADE_VENUE_EXCHANGE_CALL_PRIV_H
#define QTRADE_VENUE_EXCHANGE_CALL_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/text.h"
#include "qtrade/venue/latency.h"

/** What can be wrong; the table in errors.c has Binance's code, HTTP status and text. */
enum qt__fault {
    QT__FAULT_NONE,
    QT__FAULT_UNKNOWN,
    QT__FAULT_UNAVAILABLE, /* nothing was done */
    QT__FAULT_TIMEOUT,     /* it may have been done */
    QT__FAULT_WEIGHT,     /* %: limit */
    QT__FAULT_BANNED,     /* %: until, ms */
    QT__FAULT_ORDER_RATE, /* %: limit */
    QT__FAULT_FILTER,     /* %: name of the filter */
    QT__FAULT_QTY,        /* quantity <= 0 */
    QT__FAULT_TIMESTAMP,  /* too old */
    QT__FAULT_TIME_AHEAD, /* more than 1 s ahead */
    QT__FAULT_SIGNATURE,
    QT__FAULT_CHARACTERS, /* %: parameter, legal range */
    QT__FAULT_MANDATORY,  /* %: parameter */
    QT__FAULT_UNREQUIRED, /* %: parameter */
    QT__FAULT_PRECISION,  /* %: parameter */
    QT__FAULT_TIF,
    QT__FAULT_STP,
    QT__FAULT_ORDER_TYPE,
    QT__FAULT_SIDE,
    QT__FAULT_INTERVAL,
    QT__FAULT_SYMBOL,
    QT__FAULT_LISTEN_KEY,
    QT__FAULT_COMBINATION,
    QT__FAULT_VALUE, /* %: parameter */
    QT__FAULT_RECV_WINDOW,
    QT__FAULT_BALANCE,
    QT__FAULT_WOULD_TAKE,
    QT__FAULT_WOULD_TRIGGER,
    QT__FAULT_DUPLICATE,
    QT__FAULT_MARKET_CLOSED,
    QT__FAULT_NO_LIQUIDITY,
    QT__FAULT_CANCEL,
    QT__FAULT_RESTRICTED,    /* the order is not in the state that cancelling asks for */
    QT__FAULT_HALF_REPLACED, /* one of cancel and new order failed */
    QT__FAULT_NOT_REPLACED,  /* both did, or the new order was not tried */
    QT__FAULT_NO_ORDER,
    QT__FAULT_NO_LIST,
    QT__FAULT_RELATION,
    QT__FAULT_KEY_FORMAT,
    QT__FAULT_KEY,
    QT__FAULT_PATH,
    QT__FAULTS
};

#define QT__PARAM_MAX 128 /* bytes of a parameter's value with its NUL */

struct qt__call {
    /* in */
    const char *query, *body; /* raw name=value&...; body "" when there is none */
    const char *key;          /* X-MBX-APIKEY or apiKey; NULL: none */
    const char *signature;    /* hex; NULL: none */
    char *signed_text;        /* everything else that was sent, as it was signed */
    int64_t now_ms;           /* exchange time */
    bool is_websocket;
    bool is_trusted; /* its connection has logged on, and it brings no key of its own */
    enum qt_latency kind;
    bool times_out; /* fault 5xx: carried out, and answered as if nobody knew */
    /* out */
    struct qt_text *out; /* the answer's JSON */
    bool has_placed;     /* an order came of it */
    enum qt__fault fault;
    int code, status; /* Binance's code, HTTP status of the fault */
    int64_t retry_after_s; /* of a storm; 0: there is none */
    char message[256];
    char *detail; /* JSON that goes with the fault, on the heap; NULL: none. Who answers frees it */
};

/** Notes what is wrong; format arguments of the table's text. Returns false. */
bool qt__call_fail(struct qt__call *call, enum qt__fault fault, ...);

/** The same with a code and text of the caller's own, HTTP status 400. Returns false. */
bool qt__call_refuse(struct qt__call *call, int code, const char *text);

/** {"code":..,"msg":".."} of the fault. */
void qt__call_write_fault(const struct qt__call *call, struct qt_text *out);

/** The decoded value; false: absent or too long. */
QT_CHECKED bool qt__call_get(const struct qt__call *call, const char *name,
                             char out[QT__PARAM_MAX]);
/** The same, but absent, empty or too long is fault MANDATORY. */
QT_CHECKED bool qt__call_need(struct qt__call *call, const char *name, char out[QT__PARAM_MAX]);
/** An integer low..high; def when absent; else fault VALUE. */
QT_CHECKED bool qt__call_int(struct qt__call *call, const char *name, int64_t def, int64_t low,
                             int64_t high, int64_t *out);
bool qt__call_has(const struct qt__call *call, const char *name);
/** The same for a value of any length. */
bool qt__call_has_any(const struct qt__call *call, const char *name);
/** Which of names (NULL ends) the parameter is; def when absent; -1: fault VALUE. */
QT_CHECKED int qt__call_choice(struct qt__call *call, const char *name, const char *const *names,
                               int def);

/**
 * Splits signature and the signed rest out of query and body: the rest is query followed by body,
 * each without its signature. NULL signature: none was sent. False: no memory. The caller frees
 * signed_text and *signature.
 */
QT_CHECKED bool qt__call_split_signature(const char *query, const char *body, char **out_text,
                                         char **out_signature);

/** HMAC-SHA256 of text with secret as 64 lower-case hex digits and NUL. */
void qt__sign(const char *secret, const char *text, char out[65]);

/** Who may sign: one key with a secret, and one with a public key where there is one. */
struct qt__keys {
    const char *key, *secret;
    const char *ed25519_key;          /* "": none */
    struct evp_pkey_st *ed25519;      /* NULL: none */
};
/** Is signature the base64 text of an Ed25519 signature of text? */
bool qt__verify_ed25519(struct evp_pkey_st *key, const char *text, const char *signature);

/** Key, signature, timestamp and recvWindow of a signed request. */
QT_CHECKED bool qt__call_check_signed(struct qt__call *call, const struct qt__keys *keys);
/** The key alone (user data streams). */
QT_CHECKED bool qt__call_check_key(struct qt__call *call, const struct qt__keys *keys);

/* Weights */

/** The longer of the two windows in which orders are counted. */
struct qt__order_window {
    int64_t length_ms, limit, limit_10s;
    const char *name, *header; /* "1 DAY", "x-mbx-order-count-1d" */
};
extern const struct qt__order_window qt__spot_orders, qt__usdm_orders;

/** What was used in this minute, and the ban after too much. One address: everything is local. */
struct qt__weights {
    const struct qt__order_window *window;
    int64_t limit;
    int64_t minute, used; /* window index; weight in it */
    int64_t ten_seconds, orders_10s, long_window, orders_long;
    int64_t refused; /* refusals in this minute: more than some become a ban */
    int64_t banned_until_ms;
    int64_t ban_s; /* length of the next ban, doubles */
};
void qt__weights_init(struct qt__weights *weights, int64_t limit,
                      const struct qt__order_window *window);
/** Counts; now_ms: qt__exchange_limit_ms. False: fault WEIGHT or BANNED. */
QT_CHECKED bool qt__weights_take(struct qt__weights *weights, int64_t now_ms, int64_t weight,
                                 struct qt__call *call);
QT_CHECKED bool qt__weights_order(struct qt__weights *weights, int64_t now_ms,
                                  struct qt__call *call);
/** Is nothing wanted from this address, not even a connection? */
bool qt__weights_is_banned(const struct qt__weights *weights, int64_t now_ms);
/** Seconds for Retry-After. */
int64_t qt__weights_retry_after(const struct qt__weights *weights, int64_t now_ms);

#endif

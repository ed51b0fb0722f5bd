/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated exchange: a spot venue with Binance's REST, stream and WebSocket API on its own
 * thread and port, and on request one of USD-M perpetuals on another port, moved by the same market.
 * That market is recorded or generated (sim/source.h), its matching real
 * (sim/exchange.h). Signatures, time stamps, filters and weights are really checked. What a live
 * account would not do here either: nothing leaves this machine unless address says so.
 */
#ifndef QTRADE_VENUE_EXCHANGE_H
#define QTRADE_VENUE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/clock.h"
#include "qtrade/base/error.h"
#include "qtrade/market/instrument.h"
#include "qtrade/sim/fees.h"
#include "qtrade/sim/impact.h"
#include "qtrade/venue/fault.h"
#include "qtrade/venue/latency.h"

struct qt_exchange_server;

#define QT_EXCHANGE_FREE (-1) /* no fee */

/** What an account begins with. */
struct qt_exchange_balance {
    char asset[QT_ASSET_SIZE];
    const char *amount; /* decimal text */
};

/** What the API key may beside trading from listed addresses, or may not; bits. */
enum qt_exchange_right {
    QT_EXCHANGE_KEY_WITHDRAWS = 1,
    QT_EXCHANGE_KEY_ANYWHERE = 2, /* no list of addresses */
    QT_EXCHANGE_KEY_READS = 4     /* only: it may not trade */
};

/** Zeroed: a generated market of 50 symbols at the speed of the wall clock on a free loopback port.
 */
struct qt_exchange_server_options {
    const char *address; /* to bind; NULL: 127.0.0.1 */
    int port;            /* 0: any free one */
    const char *replay;  /* folder of recorded klines; NULL: a generated market */
    unsigned symbols;    /* at most so many of the recording (largest volume first); of a generated
                            market: 0 is 50 */
    uint64_t seed;       /* of the generated market and the ticks inside bars */
    double speed;        /* exchange seconds per real second; 0: 1 */
    int64_t start_ns; /* exchange time at the start, UTC; 0: now (generated), first bar plus history
                         (recorded) */
    const struct qt_exchange_balance *balances; /* NULL: 100000 USDT */
    size_t n_balances;
    bool has_base; /* without balances: some of the first symbol's base asset too, worth 10000 quote
                      or less, a power of ten of it */
    int maker_ppm, taker_ppm; /* fees, 1/100 bps; 0: 1000 (10 bps); QT_EXCHANGE_FREE: none */
    const struct qt_fee_schedule *fees; /* instead of those two where it has tiers; its discount
                                           counts all the same; copied; NULL: none */
    int weight_limit;         /* request weight per minute; 0: 6000 */
    unsigned key_rights;      /* enum qt_exchange_right */
    const char *public_key;   /* file of an Ed25519 public key, PEM, that may sign too; NULL: none */
    int listen_key_s;         /* a listen key lives so long without a PUT; 0: 3600 */
    int connection_s;         /* a WebSocket connection lives so long; 0: 86400 */
    const struct qt_fault *faults; /* what goes wrong, at most QT_FAULTS_MAX; copied */
    size_t n_faults;
    struct qt_latency_model latency; /* of answers */
    struct qt_impact_model impact;   /* of own trades on the market */
    unsigned queue_ppm;              /* the part of what stands at its price that a resting order
                                        comes behind; 0: all of it */
    bool has_usdm;           /* a venue of USD-M perpetuals beside, on a port of its own */
    int usdm_port;           /* 0: any free one */
    const char *usdm_wallet; /* USDT that its wallet begins with, decimal text; NULL: 100000 */
    const struct qt_fee_schedule *usdm_fees; /* its fees; as fees; NULL or no tiers: 2/5 bps */
    const char *usdm_coins; /* of the discount's coin in its wallet, decimal text; NULL: none */
};

/** Valid as long as the server. */
struct qt_exchange_server_info {
    int port;
    unsigned symbols;
    int64_t start_ns;
    char rest_url[96];        /* "http://127.0.0.1:PORT" */
    char stream_url[96];      /* "ws://127.0.0.1:PORT" */
    char api_url[96];         /* "ws://127.0.0.1:PORT/ws-api/v3" */
    char key[65], secret[65]; /* throw-away credentials of this run, 64 hex digits */
    char next_key[65], next_secret[65]; /* those that QT_FAULT_ROTATE makes good */
    char ed25519_key[65];     /* the API key of public_key; "": none */
    struct qt_clock clock;    /* the exchange's */
    /* of the perpetuals, same key; "": there are none. "ws://127.0.0.1:PORT/ws-fapi/v1" */
    char usdm_rest_url[96], usdm_stream_url[96], usdm_api_url[96];
};

/** Counters since the start, a copy as of the last turn. Any thread. */
struct qt_exchange_server_stats {
    uint64_t ticks, trades, orders, rejected, cancels, fills, requests, messages, dropped_clients;
    unsigned clients, open_orders;
    bool is_conserved; /* every asset, and the perpetuals' wallets: what is there equals what went in */
    int64_t behind_ns; /* exchange time by which the market lags its clock: a speed beyond this
                          machine */
    bool has_ended;    /* the recording is over; the market stands still */
    uint64_t faults[QT_FAULT_KINDS]; /* how often each was done on demand */
};

/** Starts the thread; returns when the port listens. NULL: err says why. */
struct qt_exchange_server *
qt_exchange_server_start(const struct qt_exchange_server_options *options, struct qt_error *err);
/** Ends thread and connections. NULL is fine. */
void qt_exchange_server_stop(struct qt_exchange_server *server);
const struct qt_exchange_server_info *
qt_exchange_server_info(const struct qt_exchange_server *server);
struct qt_exchange_server_stats qt_exchange_server_stats(struct qt_exchange_server *server);

static inline void
qt_exchange_server_auto(struct qt_exchange_server **p)
{
    qt_exchange_server_stop(*p);
}

#endif

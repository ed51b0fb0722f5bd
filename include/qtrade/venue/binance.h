/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Binance spot, and its USD-M perpetuals. One session owns a loop, its sockets and timers; everything is called on the thread
 * that works the feed (qt_binance_load_universe on the thread that opened it, before). Live,
 * testnet and the simulated exchange differ by addresses and credentials only. Servers are verified
 * always; http:// and ws:// go to loopback only.
 *
 * B1: a symbol's history (BAR, flag HISTORY, longest interval first, oldest bar first) comes before
 * its first live event. Quotes and trades before that are withheld and counted (the last quote is
 * kept and follows). B2: closed bars of the live interval (1 m) have no holes and no repeats. After
 * a cut the missing ones are asked for and come before the next live one; they closed within the
 * session, so they carry no HISTORY flag: t_venue_ns is their close, t_recv_ns is now, and who must
 * not act on late bars compares the two. B3: of depth, a watched instrument gives one SNAPSHOT and
 * then diffs without a gap; when one is missing, the diff behind the hole is given too (so that the
 * book turns STALE at once), then nothing until the next SNAPSHOT. B4: a report's fate is never
 * guessed: 5xx, time-outs and cut connections after sending are TIMEOUT; what surely was not done
 * is REJECTED. B5: SYNC comes only when both account and open orders were read whole; a read that
 * fails is tried again.
 *
 * B6: with a second address each symbol's quotes, trades and closed bars come from both, marked
 * with their source (market/event.h); each source has connections of its own, made anew one by one
 * with their own back-off. The market link is up where every symbol has one of them. B2 holds for
 * both together; a bar that both tell comes twice, once of each. Depth, the account and requests
 * stay at the primary addresses. Without one, quotes carry no id: they come in order.
 *
 * B7: perpetuals are told in terms of spot. The BALANCE of a base asset is the position's amount, the
 * BALANCE of the quote asset is the wallet less the cost of all positions (amount x entry price), as
 * if they had been bought with it. So a fill moves both as on spot, fees and profits are where they
 * would be, and the same ledger holds; prices alone move neither. Funding is an INCOME event. A
 * quote balance is known to within its rounding only, for the venue rounds entry prices. What is
 * traded: longs, one position a symbol (one-way mode), leverage 1, cross margin. The start with a
 * key sets mode, leverage and margin type where they are others, and fails with one line where they
 * cannot be set, where a position is short or where one is open in hedge mode; a later read that
 * shows such a position is no read of the account (no SYNC comes). A call for margin pauses.
 * Markets, marks and stops go by the last price; the mark price is not read.
 *
 * B8: conditional orders of perpetuals live at Binance's algo service (since December 2025 nowhere
 * else), whose order and the one that it becomes by its trigger are one order here, by our client
 * id; venue_id is the service's. What it filled is only ever taken from that other order. Facts and
 * their sources: src/venue/binance/algo.c.
 *
 * No countdown of the venue (countdownCancelAll) is armed: it cancels all open orders of a symbol, and
 * no document says that what waits at the algo service is none of them, so it may be armed only where
 * no position relies on an order at the venue. The watchman does what it would do.
 */
#ifndef QTRADE_VENUE_BINANCE_H
#define QTRADE_VENUE_BINANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/clock.h"
#include "qtrade/net/connects.h"
#include "qtrade/net/loop.h"
#include "qtrade/venue/config.h"
#include "qtrade/venue/venue.h"

#define QT_BINANCE_HISTORIES 6

/** So many closed bars of a period are read at the start; a period of the table "1m" ... "1d". */
struct qt_binance_history {
    int64_t period_ns;
    unsigned bars; /* 1..1000 */
};

/** Zeroed fields take the stated default; pointers are copied from, but clock and loop.ca_file are
 * borrowed. */
struct qt_binance_options {
    const struct qt_venue_class *venue_class; /* NULL: qt_venue_binance */
    const char *rest_url;      /* NULL or "": the class's, "https://api.binance.com" */
    const char *ws_url;        /* "wss://stream.binance.com:9443" */
    const char *backup_ws_url; /* the same streams elsewhere, "wss://data-stream.binance.vision";
                                  NULL or "": none (rule B6) */
    const char *ws_api_url;    /* "wss://ws-api.binance.com:443/ws-api/v3" */
    const char *key, *secret;  /* NULL or "": market data only */
    uint32_t tag;              /* of our client ids */
    const struct qt_clock
        *clock; /* NULL: the wall clock. A scaled one scales recv_window_ms too (60 s at most), and
                   a faster one the windows of the rate limits */
    const char *quote_asset; /* NULL: "USDT"; "": any */
    const char *symbols;     /* "BTCUSDT,ETHUSDT": only these; NULL or "": all */
    unsigned max_symbols;    /* by 24 h quote volume; 0: 200 */
    int recv_window_ms;      /* 0: 5000 */
    struct qt_binance_history history[QT_BINANCE_HISTORIES];
    size_t n_history;     /* 0: no history */
    int stale_ms;         /* real time; 0: 15000 */
    int reconcile_ms;     /* real time; 0: 60000 */
    int order_timeout_ms; /* real time until an order without an answer is TIMEOUT; 0: 5000 */
    int rules_ms; /* real time in which every symbol's rules are looked at again; 0: 600000 */
    int rights_ms; /* real time after which the venue is asked again what the key may do; 0: a day */
    struct qt_loop_options loop;
    struct qt_connects *connects; /* of the whole process, borrowed until it is closed; NULL: its own */
    int64_t banned_until_ns; /* UTC of clock; of qt_venue_stats of the last run: a ban outlives a
                                restart (fault O10) */
    /** The venue wants no request until then (UTC of clock); on the thread that works the session.
     * NULL: nobody is told. */
    void (*banned)(void *context, int64_t until_ns);
    void *banned_context;
    bool is_account_only;    /* no market data: the account and requests */
    bool is_simulated;       /* names the venue "simulated" instead of "binance"; nothing else */
    uint64_t seed;           /* of the jitter of reconnects; 0: from the clock */
};

struct qt_binance;

/** The venue lets one address begin 300 connections in 5 minutes at a host: for all sessions of a
 * thread. */
void qt_binance_connects_init(struct qt_connects *connects);

/** Options as the config's section says; the strings are borrowed from config. Key, secret, tag and
 * clock stay empty. */
struct qt_binance_options qt_binance_options_of(const struct qt_venue_config *config);

extern const struct qt_venue_class qt_venue_binance;      /* spot */
extern const struct qt_venue_class qt_venue_binance_usdm; /* USD-M perpetuals */

/** Where requests go with this config. */
const char *qt_binance_rest_url(const struct qt_venue_config *config);

/**
 * Checks addresses and makes the loop; connects nothing yet. NULL: a bad address, a plain one that
 * is not loopback, a key without its secret, a history period that the venue has not, no memory.
 * Key and secret are copied into a locked page that no core dump shows and that is wiped at the
 * end.
 */
struct qt_binance *qt_binance_open(const struct qt_binance_options *options, struct qt_error *err);
/** Ends every connection; nothing is cancelled at the venue. NULL is fine. */
void qt_binance_close(struct qt_binance *self);

/**
 * Blocking start: measures the clock, reads rules, volumes and (with a key) the account once, so
 * that a bad key or a wrong address is known before anything starts. Symbols come by falling 24 h
 * quote volume, those that do not trade left out. Tries again until timeout_ms (0: 30 s) has
 * passed. progress may be NULL. NULL: err says what failed. The universe is the caller's and must
 * outlive the session; call it once.
 */
struct qt_universe *qt_binance_load_universe(struct qt_binance *self, int timeout_ms,
                                             qt_venue_progress_fn progress, void *context,
                                             struct qt_error *err);

/** The ports; valid as long as the session. The first work starts the connections. The venue's work
 * is NULL. */
struct qt_feed_port qt_binance_feed(struct qt_binance *self);
struct qt_venue_port qt_binance_venue(struct qt_binance *self);
/**
 * Closed bars of the live interval up to the one that opened at last_bar_ns are known from before: no
 * history is asked for, only what has closed since. It comes (flag HISTORY, oldest first) before the
 * first live event of the symbol, as B1 says. After qt_binance_load_universe and before the first
 * work.
 */
void qt_binance_resume(struct qt_binance *self, uint32_t instrument, int64_t last_bar_ns);
/** What the venue says that the key may do. */
struct qt_binance_rights {
    bool is_known; /* false: no key, or the venue does not tell (a test network) */
    bool may_trade, may_withdraw, is_ip_bound;
};
/** By the last look: qt_binance_load_universe's, or one while it worked. */
struct qt_binance_rights qt_binance_key_rights(const struct qt_binance *self);
/** Why no position may be opened with such a key: "the API key may withdraw"; NULL: it may, as far as
 * is known. */
const char *qt_binance_rights_fault(const struct qt_binance_rights *rights);
/** On the thread that works it. */
struct qt_venue_stats qt_binance_stats(const struct qt_binance *self);
/** 24 h quote volume of an instrument at the start; -1 unknown. */
qt_money qt_binance_day_volume(const struct qt_binance *self, uint32_t instrument);

static inline void
qt_binance_auto(struct qt_binance **p)
{
    qt_binance_close(*p);
}

#endif

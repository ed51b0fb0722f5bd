/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine: numbers every event, hands it to the owner of its symbol, and takes a decision cycle
 * at numbered event times. The same code runs in backtest, paper and live; feed, venue, store and
 * clock are ports.
 *
 *     feed.work -> sequencer (number, time) -> owner of the symbol: quote, bars, position's exits
 *     every cycle_ms of event time: all owners meet -> measure -> rank -> signal -> size -> gate ->
 * order
 *
 * E1: decisions are a function of the numbered events, the config and what was restored; nothing
 * else. E2: no order reaches the venue except through the gate (src/engine/send.c is the only
 * caller of venue.submit). E3: a stop command shuts the gate before anything else, from whatever
 * thread it comes.
 */
#ifndef QTRADE_ENGINE_ENGINE_H
#define QTRADE_ENGINE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/clock.h"
#include "qtrade/base/log.h"
#include "qtrade/engine/board.h"
#include "qtrade/engine/config.h"
#include "qtrade/engine/journal.h"
#include "qtrade/engine/market_state.h"
#include "qtrade/engine/ports.h"
#include "qtrade/engine/record.h"
#include "qtrade/engine/snapshot.h"
#include "qtrade/market/instrument.h"
#include "qtrade/market/quality.h"
#include "qtrade/market/sources.h"
#include "qtrade/risk/config.h"
#include "qtrade/scan/config.h"
#include "qtrade/strategy/config.h"
#include "qtrade/trade/algo.h"

/** What an engine is made of. All pointers are borrowed until qt_engine_destroy. */
struct qt_engine_options {
    const struct qt_engine_config *engine;
    const struct qt_scan_config *scan;
    const struct qt_strategy_config *strategy;
    const struct qt_risk_config *risk;
    const struct qt_quality_config *quality;
    const struct qt_execution_config *execution; /* copied; NULL: the defaults */
    const struct qt_health_config *health; /* borrowed; NULL: nobody looks at the engine's own pace */
    const struct qt_sources_config *sources; /* NULL: each symbol has one stream */
    const struct qt_universe *universe;
    const struct qt_clock *clock; /* NULL: time comes from events only (backtest) */
    struct qt_feed_port feed;
    struct qt_venue_port venue;
    struct qt_store_port store;       /* put NULL: nothing is kept */
    struct qt_journal_port journal;   /* event NULL: none */
    struct qt_market_port market_port; /* slot NULL: market states are not kept */
    struct qt_log *log;               /* NULL: no log */
    struct qt_board *board;           /* where its threads show that they move; NULL: nowhere */
    const char *run_kind;             /* "demo", "paper", "live", "backtest" */
    const struct qt_restore *restore; /* NULL: a fresh start */
    const struct qt_market_restore *market; /* NULL: every symbol begins without bars */
    int64_t not_found_ns;   /* so long after an order left, "not found" proves that it never came;
                               0: two minutes, the longest receive window there is, twice */
    int64_t base_period_ns; /* of the feed's closed bars: QT_NS_PER_MIN live, the data's own in a
                               backtest */
    bool is_recorded;       /* the market is a recording: nobody waits for its quotes */
    bool is_replay; /* the feed is a journal: what the venue, the operator and our own parts said
                       is in it, and nothing else may be added */
    bool publishes; /* false: no pictures (backtest without a screen) */
};

struct qt_engine;

/** NULL on failure, err says why. Starts the worker threads; takes no event yet. */
struct qt_engine *qt_engine_create(const struct qt_engine_options *options, struct qt_error *err);
void qt_engine_destroy(struct qt_engine *engine); /* NULL is fine; not while qt_engine_run runs */

/**
 * Runs until *stop becomes true or the feed ends. On the engine thread. False: something failed
 * beyond repair; err says what. Positions and orders stay as they are: stopping the engine is not
 * liquidating.
 */
QT_CHECKED bool qt_engine_run(struct qt_engine *engine, const atomic_bool *stop,
                              struct qt_error *err);

/** Wakes a waiting engine (after *stop was set). Any thread. */
void qt_engine_wake(struct qt_engine *engine);

/**
 * One look at the heartbeats of options.board, each QT_LOOK_NS, from one thread that waits for
 * nobody else: who does not move is named in the log, and when it is the engine's thread or a
 * worker, the gate shuts and trading pauses. Needs nothing of the engine's thread.
 */
void qt_engine_watch(struct qt_engine *engine);

/** Publishes a picture now, whatever the pace; after qt_engine_run has returned. */
void qt_engine_publish(struct qt_engine *engine);

/**
 * A hash over every decision so far (selections, entries, exits, refusals, modes), the same for any
 * number of workers. After qt_engine_run has returned.
 */
uint64_t qt_engine_decision_hash(const struct qt_engine *engine);

/** What execution has cost in an instrument by an algorithm so far. After qt_engine_run has
 * returned. */
void qt_engine_cost(const struct qt_engine *engine, uint32_t instrument,
                    enum qt_algorithm algorithm, struct qt_cost_total *out);

#endif

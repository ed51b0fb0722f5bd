/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An engine on a feed that is made by a benchmark: the rows of bench_engine.c and bench_tick.c
 * stand on it.
 */
#ifndef QTRADE_CLI_BENCH_ENGINE_PRIV_H
#define QTRADE_CLI_BENCH_ENGINE_PRIV_H

#include "qtrade/base/clock.h"
#include "qtrade/base/rng.h"
#include "qtrade/engine/engine.h"

#include "settings_priv.h"

struct engine_run {
    struct qt_settings settings;
    struct qt_universe *universe;
    struct qt_engine *engine;
    struct qt_restore *restore; /* owned; NULL: a fresh start */
    struct qt_clock clock;
    struct qt_rng rng;
    atomic_bool stop;
    uint32_t symbols;
    int64_t now_ns, step_ns; /* between two events */
    uint64_t n, pushed;      /* events to push in this turn; ever pushed */
    bool is_endless;         /* turn after turn, until stop */
    atomic_ullong turns;     /* so far */
    /* gives the next event to the sink */
    void (*give)(struct engine_run *run, const struct qt_event_sink *sink);
    void *context; /* of give and of the venue's port */
};

struct engine_plan {
    uint32_t symbols;
    unsigned workers;
    bool has_history; /* all that a ranking asks for */
    bool has_clock;   /* as live: what comes goes through the intake */
    bool is_holding;  /* a long position in every symbol (1,000 at most), with a stop 0.5 % below */
    bool has_order;   /* with is_holding: an order of an earlier run rests */
    bool publishes;
    int64_t cycle_ms;           /* 0: the default */
    struct qt_venue_port venue; /* submit, cancel, cancel_all; NULL: never asked */
    struct qt_store_port store; /* put NULL: nothing is kept */
};

/** NULL: no memory. Every symbol has had a quote: its price and one tick. */
struct engine_run *qt__bench_engine_start(const struct engine_plan *plan);
void qt__bench_engine_end(void *run); /* NULL is fine */
/** One turn of n events. */
void qt__bench_push(struct engine_run *run,
                    void (*give)(struct engine_run *run, const struct qt_event_sink *sink),
                    uint64_t n);
/** Gives a quote of the next symbol. */
void qt__bench_quote(struct engine_run *run, const struct qt_event_sink *sink);
/** What a symbol's first quote was about, at scale 2. */
int64_t qt__bench_price(uint32_t symbol);

#endif

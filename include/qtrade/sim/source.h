/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What moves the simulated exchange: ticks in the order of time, a ladder around each price, and
 * bars from before the start. Generated: correlated symbols under changing regimes, from a seed.
 * Recorded: klines, with ticks synthesised inside each bar. S1: the same inputs and seed give the
 * same bytes. S2: a recorded bar's ticks begin at its open, reach its high and low, end at its
 * close, stay within them, and their quantities sum to its volume exactly. S3: the last bar of the
 * history ends at the start, at the price of the first tick's neighbour. One thread at a time.
 */
#ifndef QTRADE_SIM_SOURCE_H
#define QTRADE_SIM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/market/instrument.h"
#include "qtrade/market/reader.h"
#include "qtrade/sim/match.h"

struct qt_source;

struct qt_source_tick {
    int64_t t_ns;
    uint32_t instrument;
    bool is_sell;  /* the aggressor sold: the buyer is the maker */
    bool ends_bar; /* recorded: the last tick of its bar */
    qt_px px;
    qt_qty qty; /* 0: a recorded bar of fewer lots than corners; only the price is told */
};

/** Zeroed fields take the value behind the semicolon. */
struct qt_generator_options {
    unsigned symbols; /* 1..QT_INSTRUMENTS_MAX; 50 */
    uint64_t seed;
    int64_t start_ns;    /* UTC, rounded down to a minute; required */
    int history_days;    /* of 1 h bars before the start; 40 */
    double trades_per_s; /* mean of one symbol of middling volume; 0.5 */
};

enum qt_climate_market {
    QT_CLIMATE_BULL,
    QT_CLIMATE_BEAR,
    QT_CLIMATE_SIDEWAYS,
    QT_CLIMATE_CRISIS,
    QT_CLIMATES
};
/** The generator's true regime: what a detector may be judged by. */
struct qt_climate {
    enum qt_climate_market market;
    bool is_volatile;
    int64_t since_ns;
};

/** Zeroed fields take the value behind the semicolon. */
struct qt_replay_options {
    uint64_t seed;     /* of the ticks inside the bars */
    int ticks_per_bar; /* 4..10000, at most: a bar of fewer lots has fewer, but always 4; 4 */
    unsigned symbols;  /* at most so many, largest quote volume first; 0: all */
    /* Rounded up to a whole bar of the longest period; bars before it are history. QT_TIME_NONE:
     * the first bar is played. */
    int64_t start_ns;
};

/**
 * A generated market; its instruments (BTCUSDT, ETHUSDT, ..., SIM001USDT ...) are added to
 * universe. NULL: err.
 */
struct qt_source *qt_source_generate(const struct qt_generator_options *options,
                                     struct qt_universe *universe, struct qt_error *err);
/** A recorded market; dataset is borrowed as long as the source lives. Its instruments are added to
 * universe. NULL: err. */
struct qt_source *qt_source_replay(const struct qt_dataset *dataset,
                                   const struct qt_replay_options *options,
                                   struct qt_universe *universe, struct qt_error *err);
void qt_source_destroy(struct qt_source *source); /* NULL is fine */

int64_t qt_source_start_ns(const struct qt_source *source);
/** Bars from before the start, of each symbol oldest first: 1 h, then the last 30 hours' 1 m
 * (generated; the first call tells them, later ones nothing), or as recorded. */
void qt_source_history(struct qt_source *source,
                       void (*fn)(void *context, uint32_t instrument, const struct qt_bar *bar),
                       void *context);
/** Time of the next tick; QT_TIME_NONE: the recording has ended. */
int64_t qt_source_peek(struct qt_source *source);
/** The next tick; false: ended. Ticks of one time come in the order of their instruments. */
QT_CHECKED bool qt_source_next(struct qt_source *source, struct qt_source_tick *out);
/** The bar that the tick with ends_bar ended, as recorded; NULL: a generated market. Until the next
 * tick of its symbol. */
const struct qt_bar *qt_source_ended_bar(const struct qt_source *source, uint32_t instrument);
/** The ladder around the symbol's price of now (before the first tick: of the history), at most
 * levels (<= QT_LADDER_LEVELS) a side. */
void qt_source_ladder(const struct qt_source *source, uint32_t instrument, size_t levels,
                      struct qt_ladder *out);
/** The price of now; QT_PX_NONE: none yet (a symbol that is listed later). */
qt_px qt_source_price(const struct qt_source *source, uint32_t instrument);
/** False: a recorded market, whose regime nobody knows. */
QT_CHECKED bool qt_source_climate(const struct qt_source *source, struct qt_climate *out);
/** 0..1: the part of a recording that has been played; 0 for a generated market. */
double qt_source_progress(const struct qt_source *source);

static inline void
qt_source_auto(struct qt_source **p)
{
    qt_source_destroy(*p);
}

#endif

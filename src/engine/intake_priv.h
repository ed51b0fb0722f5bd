/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What comes from feed and venue on its way to the sequencer. As long as the engine keeps up, it
 * passes. While the engine is behind, quotes wait in one slot a symbol (and stream, where it has
 * two) and the newest one wins: what the others said is no longer true, and to decide on it would
 * only make the next one older. It happens here because here nothing has a number yet: the journal
 * keeps, and a replay sees, exactly what decisions saw.
 *
 *     feed, venue -> push -+--------------------------------> sequencer
 *                          '-- a quote, while behind -> slot --'  end of the turn, a cycle is due,
 *                                                                  or another event of its symbol
 *
 * N1: only quotes wait, and only the newest quote of a symbol replaces one that waits. Trades,
 * bars, depth, reports, balances, links, commands pass at once, always. N2: events of one symbol
 * keep their order: before another event of a symbol its waiting quote goes. N3: a cycle sees every
 * quote that came before its time. N4: a quote waits for the end of its turn at the longest, and a
 * turn reads on for HOLD_MS at most, and not while a stop waits. N5: what waits goes on by lanes: positions, the top, the rest;
 * of one lane in the order in which their slots were filled. Its receive time is that of the event
 * numbered last, if that is later.
 *
 * A stop is judged by the price at which the position could be closed now. One that was touched and
 * left again by quotes that never got their turn would have been closed at the newest price anyhow;
 * one that the newest price has reached is seen sooner than it would be behind all the others.
 */
#ifndef QTRADE_ENGINE_INTAKE_PRIV_H
#define QTRADE_ENGINE_INTAKE_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/market/event.h"

struct qt_engine;

/**
 * The engine is behind from the event on that is the QT_INTAKE_TURN-th of its turn; from the first
 * one on when the turn before took QT_INTAKE_LATE_MS from its first event to its end, or when a
 * shard has QT_SHARDS_HIGH events waiting.
 */
#define QT_INTAKE_TURN 256
#define QT_INTAKE_LATE_MS 10
#define QT_INTAKE_HOLD_MS 20
#define QT_INTAKE_FULL 32 /* a read that gives fewer events has emptied the sockets */

struct qt_intake {
    bool is_on;     /* false: all passes at once (recorded data, replay: nobody is behind there) */
    bool is_behind; /* in this turn */
    uint32_t streams;      /* of a symbol: its slots */
    uint32_t pushed;       /* events of this turn */
    int64_t first_ns;      /* monotonic: the first event of this turn */
    struct qt_event *held; /* as slots were filled; kind NONE: gone already */
    uint32_t *slot;        /* by instrument and stream: 1 + its place in held; 0: none waits */
    uint32_t count, room;  /* of held; room: two a slot */
};

/** False: no memory. Holds quotes only in a session with a clock that is no replay. */
bool qt__intake_init(struct qt_engine *engine);
void qt__intake_finish(struct qt_engine *engine);
/**
 * One turn of the feed: works it once, waiting timeout_ms at most, and while the engine is behind
 * for as long as it has more (N4). How many events came, -1 when the feed has ended.
 */
int qt__intake_turn(struct qt_engine *engine, int timeout_ms);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that own symbols. A symbol belongs to one of QT_PARTITIONS logical partitions (id
 * modulo), a partition to one shard, so what a symbol does never depends on how many threads there
 * are. Shard 0 is the engine thread itself: it runs its symbols' events to completion as they come,
 * and with one worker there is no other thread. Each further shard has a thread, one SPSC ring in
 * (events, markers) and one out (orders, records, notes).
 *
 * S1: between two markers a shard alone touches its symbols; after qt__shards_meet() returned and
 * until the next push the engine thread alone does. S2: a full ring in: the engine thread drains
 * the rings out while it waits, so neither side can wait for ever.
 */
#ifndef QTRADE_ENGINE_SHARD_PRIV_H
#define QTRADE_ENGINE_SHARD_PRIV_H

#include "qtrade/base/error.h"
#include "qtrade/market/event.h"

#include "output_priv.h"

#define QT_PARTITIONS 64
#define QT_WORKERS_MAX 64

struct qt_engine;
struct qt_shards;

/** What a shard does with its messages: called on the shard's thread (or the engine's with one
 * worker). */
struct qt_shard_work {
    struct qt_engine *engine;
    void (*event)(struct qt_engine *engine, const struct qt_event *event);
    /** The per-symbol part of a cycle for the symbols of the partitions p with p % workers ==
     * shard. */
    void (*measure)(struct qt_engine *engine, unsigned shard, unsigned workers, int64_t t_ns);
    /** Drains one output on the engine thread. */
    void (*output)(struct qt_engine *engine, const struct qt_output *output);
};

/** workers 1..QT_WORKERS_MAX; threads start at once when there is more than one. NULL: err says
 * why. */
struct qt_shards *qt__shards_create(unsigned workers, const struct qt_shard_work *work,
                                    struct qt_error *err);
void qt__shards_destroy(struct qt_shards *shards); /* stops and joins the threads */
unsigned qt__shards_workers(const struct qt_shards *shards);
/** Hands an event to the owner of its symbol. Engine thread. */
void qt__shards_push(struct qt_shards *shards, const struct qt_event *event);
/** Wakes every shard that sleeps on what was pushed: at the end of a turn. Engine thread. */
void qt__shards_kick(struct qt_shards *shards);
/** Gives an output to the engine thread: at once with one worker, else through the shard's ring.
 * Owner's thread. */
void qt__shards_emit(struct qt_shards *shards, const struct qt_output *output);
/** Waits until every shard has done all that was pushed, and drains their outputs. Engine thread.
 */
void qt__shards_meet(struct qt_shards *shards);
/** Runs the per-symbol part of a cycle on all shards in parallel and meets. Engine thread. */
void qt__shards_measure(struct qt_shards *shards, int64_t t_ns);
/** Drains what has come out so far; how much it was. Engine thread. */
unsigned qt__shards_drain(struct qt_shards *shards);

#endif

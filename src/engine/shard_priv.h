/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that own symbols. A symbol belongs to one of QT_PARTITIONS logical partitions (id
 * modulo), a partition to one shard (shares_priv.h), so what a symbol does never depends on how
 * many threads there are. Shard 0 is the engine thread itself: it runs its symbols' events to
 * completion as they come, and with one worker there is no other thread. Each further shard has a
 * thread.
 *
 * Rings, each with one producer and one consumer; none ever drops anything, and each wait at a full
 * one is counted:
 *
 *     ring              from -> to         holds   when full
 *     in: positions     engine -> shard    2048    the engine thread waits, and drains what comes
 *     in: top five      engine -> shard    2048    out meanwhile (S2); it does not look for room in
 *     in: rest          engine -> shard    8192    another lane
 *     out               shard -> engine    4096    the shard waits and wakes the engine thread: an
 *                                                  order is never dropped
 *
 * What must give way under load is a quote, and that happens before it is numbered (intake_priv.h),
 * never here: what has a number is part of what decisions depend on.
 *
 * S1: between two markers a shard alone touches its symbols; after qt__shards_meet() returned and
 * until the next push the engine thread alone does. S2: neither side of a full ring can wait for
 * ever: one that waits drains what the other waits for. S3: work is stolen in one place only: the
 * per-symbol part of a cycle, whose partitions any thread may take once all have met, because it
 * writes nothing but the row of its symbol and gives no output. S4: a shard takes what is in its
 * highest lane first; a whole partition goes by one lane, which changes only while all have met and
 * no ring holds anything, so the events of one partition never overtake each other. A marker goes
 * into every lane and counts when it has come out of each, so what waits in the lowest lane waits
 * until the next meeting at the longest.
 */
#ifndef QTRADE_ENGINE_SHARD_PRIV_H
#define QTRADE_ENGINE_SHARD_PRIV_H

#include "qtrade/base/error.h"
#include "qtrade/market/event.h"

#include "cores_priv.h"
#include "output_priv.h"
#include "shares_priv.h"

#define QT_WORKERS_MAX 64

struct qt_engine;
struct qt_shards;

/** Who is served first under load. */
enum qt_lane { QT_LANE_POSITIONS, QT_LANE_TOP, QT_LANE_REST, QT_LANES };

/** What a shard does with its messages: called on the shard's thread (or the engine's with one
 * worker). */
struct qt_shard_work {
    struct qt_engine *engine;
    void (*event)(struct qt_engine *engine, const struct qt_event *event);
    /** The per-symbol part of a cycle for the symbols first, first + step, ...: a partition, or all
     * with one worker. On whatever thread took it (S3). */
    void (*measure)(struct qt_engine *engine, unsigned first, unsigned step, int64_t t_ns);
    /** Drains one output on the engine thread. */
    void (*output)(struct qt_engine *engine, const struct qt_output *output);
};

/** workers 1..QT_WORKERS_MAX; threads start at once when there is more than one, each on its core
 * of the list. NULL: err says why. */
struct qt_shards *qt__shards_create(unsigned workers, const struct qt_cores *cores,
                                    const struct qt_shard_work *work, struct qt_error *err);
void qt__shards_destroy(struct qt_shards *shards); /* stops and joins the threads */
/** The shard that the calling thread is; 0: the engine thread. */
unsigned qt__shards_here(void);
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
/**
 * Meets, and runs the per-symbol part of a cycle: every thread that is free takes the next whole
 * partition until none is left, whoever owns it. Then the shares of the shards are looked at (W1).
 * Engine thread.
 */
void qt__shards_measure(struct qt_shards *shards, int64_t t_ns);
/** The lane of each partition from here on. Engine thread, after a meeting and before the next
 * push.
 */
void qt__shards_set_lanes(struct qt_shards *shards, const uint8_t lane[QT_PARTITIONS]);
enum qt_lane qt__shards_lane(const struct qt_shards *shards, uint32_t instrument);
/** Whether a shard has QT_SHARDS_HIGH events waiting in a lane: it is slower than what comes.
 * Engine thread. */
bool qt__shards_are_high(const struct qt_shards *shards);
#define QT_SHARDS_HIGH 1024
/** Drains what has come out so far; how much it was. Engine thread. */
unsigned qt__shards_drain(struct qt_shards *shards);
/** What the shards did so far. Engine thread, while all have met. */
void qt__shards_view(const struct qt_shards *shards, struct qt_shards_view *out);

#endif

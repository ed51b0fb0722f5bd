/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which shard owns which partition, by how many events each partition brings. A partition's state
 * goes with it untouched, and nothing else in the engine knows who owns it: so what is decided
 * never depends on this map, and the map need not be the same in two runs (it is, for the same
 * events between the same meetings).
 *
 * W1: the map changes only in qt__shares_look, while all shards have met and no ring holds
 * anything; so the events of one partition never overtake each other.
 */
#ifndef QTRADE_ENGINE_SHARES_PRIV_H
#define QTRADE_ENGINE_SHARES_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#define QT_PARTITIONS 64

struct qt_shares {
    unsigned workers;
    uint8_t owner[QT_PARTITIONS];
    uint32_t events[QT_PARTITIONS]; /* since the last look */
    uint64_t rate[QT_PARTITIONS];   /* events between two looks, decayed, times QT_SHARES_UNIT */
    unsigned rest;                  /* looks until it may change again */
    uint64_t moves;                 /* partitions that ever changed hands */
};
#define QT_SHARES_UNIT 256

/** Partition p to shard p % workers. */
void qt__shares_init(struct qt_shares *shares, unsigned workers);

/**
 * Takes the events since the last look into the rates, and evens the shards out when they have
 * become uneven: the heaviest by more than a quarter of the mean, and not within eight looks of the
 * last change. Shard 0 also numbers and hands out every event, which counts as half of it.
 *
 * How many partitions changed hands, at most 8. Engine thread, while all shards have met.
 */
unsigned qt__shares_look(struct qt_shares *shares);

#endif

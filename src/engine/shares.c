/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "qtrade/base/attr.h"

#include "shares_priv.h"

/* A rate forgets half of what it was in five looks. Fewer events than FEW a look are no load: then
 * whoever owns what is quick enough. */
enum { DECAY = 8, FEW = 256, MOVES = 8, REST = 8, UNEVEN = 4, EVEN = 10 };

void
qt__shares_init(struct qt_shares *shares, unsigned workers)
{
    *shares = (struct qt_shares){.workers = workers};
    for (unsigned p = 0; p < QT_PARTITIONS; p++)
        shares->owner[p] = (uint8_t)(p % workers);
}

/* All rates; what each shard has of them into load. */
static uint64_t
weigh(const struct qt_shares *shares, uint64_t load[QT_PARTITIONS])
{
    uint64_t all = 0;
    memset(load, 0, QT_PARTITIONS * sizeof load[0]);
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        load[shares->owner[p]] += shares->rate[p];
        all += shares->rate[p];
    }
    load[0] += all / 2;
    return all;
}

static unsigned
lightest(const struct qt_shares *shares, const uint64_t load[QT_PARTITIONS])
{
    unsigned least = 0;
    for (unsigned i = 1; i < shares->workers; i++)
        if (load[i] < load[least])
            least = i;
    return least;
}

/* Moves the one partition to the lightest shard that evens out two shards the most; false: no two
 * are further apart than apart, or nothing would help. */
static bool
move_one(struct qt_shares *shares, uint64_t load[QT_PARTITIONS], uint64_t apart)
{
    unsigned to = lightest(shares, load), best = QT_PARTITIONS;
    uint64_t most = 0;
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        uint64_t own = load[shares->owner[p]], rate = shares->rate[p];
        if (own <= load[to] + apart || rate >= own - load[to])
            continue;
        uint64_t gain = QT_MIN(rate, own - load[to] - rate);
        if (gain > most) {
            most = gain;
            best = p;
        }
    }
    if (best == QT_PARTITIONS)
        return false;
    load[shares->owner[best]] -= shares->rate[best];
    load[to] += shares->rate[best];
    shares->owner[best] = (uint8_t)to;
    return true;
}

unsigned
qt__shares_look(struct qt_shares *shares)
{
    uint64_t load[QT_PARTITIONS];
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        shares->rate[p] -= shares->rate[p] / DECAY;
        shares->rate[p] += (uint64_t)shares->events[p] * (QT_SHARES_UNIT / DECAY);
        shares->events[p] = 0;
    }
    uint64_t all = weigh(shares, load);
    if (shares->rest > 0) {
        shares->rest--;
        return 0;
    }
    if (all < FEW * (uint64_t)QT_SHARES_UNIT)
        return 0;
    uint64_t mean = (all + all / 2) / shares->workers;
    unsigned moved = 0;
    while (moved < MOVES && move_one(shares, load, mean / (moved == 0 ? UNEVEN : EVEN)))
        moved++;
    if (moved > 0)
        shares->rest = REST;
    shares->moves += moved;
    return moved;
}

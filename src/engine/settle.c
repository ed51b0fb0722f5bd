/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What owners of symbols decided and what was filled takes effect on the books in the order of
 * event numbers, whichever thread was faster. One worker: at once, which is that order. More: what
 * came out of the shards waits here until they meet, and is sorted.
 *
 * L1: of one number all come from one owner, in the order in which it made them; so a stable sort
 * by number is the order of a single worker.
 */
#include <stdlib.h>
#include <string.h>

#include "engine_priv.h"

/** Things that can wait between two meetings; more than every order of every partition at once. */
#define WAITING_MAX 8192

struct qt__settlement {
    bool is_fill;
    uint64_t seq;
    union {
        struct qt_filled filled;
        struct qt_decision decision;
    };
};

bool
qt__settle_init(struct qt_engine *engine)
{
    if (engine->workers > 1)
        engine->waiting = calloc(WAITING_MAX, sizeof *engine->waiting);
    return engine->workers == 1 || engine->waiting;
}

void
qt__settle_finish(struct qt_engine *engine)
{
    free(engine->waiting);
}

/* Sums are the same in any order; this one is by number all the same. */
static void
add_to_hash(struct qt_engine *engine, const struct qt_decision *decision)
{
    const struct qt_decision_record *made = &decision->made;
    uint64_t hash = qt_hash(QT_HASH_START, &decision->seq, sizeof decision->seq);
    hash = qt_hash(hash, &decision->t_ns, sizeof decision->t_ns);
    hash = qt_hash(hash, &made->instrument, sizeof made->instrument);
    hash = qt_hash(hash, made->kind, strlen(made->kind));
    hash = qt_hash(hash, &made->score, sizeof made->score);
    hash = qt_hash(hash, &made->value, sizeof made->value);
    hash = qt_hash(hash, made->detail, strlen(made->detail));
    engine->decision_hash += hash;
}

static void
settle(struct qt_engine *engine, const struct qt__settlement *thing)
{
    if (thing->is_fill) {
        qt__book_fill(engine, &thing->filled);
        return;
    }
    engine->counts.decisions++;
    if (thing->decision.kind == QT_DECISION_MADE)
        add_to_hash(engine, &thing->decision);
    qt__keep_decision(engine, &thing->decision);
}

static void
take(struct qt_engine *engine, const struct qt__settlement *thing)
{
    if (!engine->waiting) {
        settle(engine, thing);
        return;
    }
    qt_assert(engine->waiting_count < WAITING_MAX);
    engine->waiting[engine->waiting_count++] = *thing;
}

void
qt__settle_fill(struct qt_engine *engine, const struct qt_filled *filled)
{
    take(engine, &(struct qt__settlement){.is_fill = true, .seq = filled->seq, .filled = *filled});
}

void
qt__settle_decision(struct qt_engine *engine, const struct qt_decision *decision)
{
    take(engine, &(struct qt__settlement){.seq = decision->seq, .decision = *decision});
}

/* Insertion from the end: what waits is nearly sorted, a ring a shard. */
static void
sort(struct qt__settlement *things, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct qt__settlement thing = things[i];
        uint32_t at = i;
        for (; at > 0 && things[at - 1].seq > thing.seq; at--)
            things[at] = things[at - 1];
        things[at] = thing;
    }
}

void
qt__settle_all(struct qt_engine *engine)
{
    uint32_t n = engine->waiting_count;
    if (n == 0)
        return;
    sort(engine->waiting, n);
    for (uint32_t i = 0; i < engine->waiting_count; i++) /* a fill's incident may add another */
        settle(engine, &engine->waiting[i]);
    engine->waiting_count = 0;
}

void
qt__meet(struct qt_engine *engine)
{
    qt__shards_meet(engine->shards);
    qt__settle_all(engine);
    qt__mark(engine);
}

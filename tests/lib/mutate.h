/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mutation for the fuzz cases (fault A2): a good input with a few bytes changed, cut, doubled or
 * put in, seeded. QT_SEED repeats a run, QT_CASES sets its length.
 */
#ifndef QTRADE_TESTS_MUTATE_H
#define QTRADE_TESTS_MUTATE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/rng.h"

/** What the inputs are made of: bytes that a parser cares about, put in more often than others. */
struct qt_mutator {
    struct qt_rng rng;
    const char *spice;
    size_t spices; /* bytes of spice */
};

/** What JSON and the numbers in it are made of, and what they are not. */
#define QT_JSON_SPICE "{}[]\",:\\-+.0123456789eEtfn/u\x7f\x80\xff "

/** A number of the environment, or def. */
static inline uint64_t
qt_number_from(const char *name, uint64_t def)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : def;
}

/** spice: a string; its bytes and NUL. Seeded by QT_SEED, else by seed. */
static inline void
qt_mutator_init(struct qt_mutator *mutator, const char *spice, uint64_t seed)
{
    *mutator = (struct qt_mutator){.spice = spice, .spices = strlen(spice) + 1};
    qt_rng_init(&mutator->rng, qt_number_from("QT_SEED", seed));
}

/** Changes one thing in text of n bytes, room for capacity; the new length. */
static inline size_t
qt_mutate_once(struct qt_mutator *mutator, char *text, size_t n, size_t capacity)
{
    struct qt_rng *rng = &mutator->rng;
    size_t at = n ? qt_rng_below(rng, n) : 0;
    size_t span = n ? 1 + qt_rng_below(rng, QT_MIN(n - at, (size_t)12)) : 0;
    switch (qt_rng_below(rng, 6)) {
    case 0: /* another byte */
        if (n)
            text[at] = mutator->spice[qt_rng_below(rng, mutator->spices)];
        return n;
    case 1: /* a bit */
        if (n)
            text[at] = (char)(text[at] ^ 1 << qt_rng_below(rng, 8));
        return n;
    case 2: /* cut out */
        memmove(text + at, text + at + span, n - at - span);
        return n - span;
    case 3: /* doubled */
        if (n + span > capacity)
            return n;
        memmove(text + at + span, text + at, n - at);
        return n + span;
    case 4: /* a byte put in */
        if (n + 1 > capacity)
            return n;
        memmove(text + at + 1, text + at, n - at);
        text[at] = mutator->spice[qt_rng_below(rng, mutator->spices)];
        return n + 1;
    }
    return at; /* the end cut off */
}

/** seed_text with one to five mutations, on the heap with not a byte behind it, so that a read
 * beyond the end is found. The caller frees. */
static inline char *
qt_mutant(struct qt_mutator *mutator, const char *seed_text, size_t length, size_t *out_n)
{
    size_t capacity = length + 64, n = length;
    char *text = malloc(capacity), *exact;
    memcpy(text, seed_text, length);
    for (uint64_t k = 1 + qt_rng_below(&mutator->rng, 5); k > 0; k--)
        n = qt_mutate_once(mutator, text, n, capacity);
    exact = malloc(n ? n : 1);
    memcpy(exact, text, n);
    free(text);
    *out_n = n;
    return exact;
}

#endif

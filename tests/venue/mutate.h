/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages made wrong, seeded: for suites that say what must hold for any bytes.
 */
#ifndef QTRADE_TESTS_VENUE_MUTATE_H
#define QTRADE_TESTS_VENUE_MUTATE_H

#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/attr.h"
#include "qtrade/base/rng.h"

#define MESSAGE_MAX 2048

/* Bytes that JSON and numbers care about. */
static const char spice[] = "{}[]\",:\\-+.0123456789eEtfn/u\x00\x7f\x80\xff ";

/** One change of text[0..n); the new length. */
static inline size_t
mutate_once(struct qt_rng *rng, char *text, size_t n)
{
    size_t at = n ? qt_rng_below(rng, n) : 0;
    size_t span = n ? 1 + qt_rng_below(rng, QT_MIN(n - at, (size_t)12)) : 0;
    switch (qt_rng_below(rng, 6)) {
    case 0: /* another byte */
        if (n)
            text[at] = spice[qt_rng_below(rng, sizeof spice - 1)];
        return n;
    case 1: /* a bit */
        if (n)
            text[at] = (char)(text[at] ^ 1 << qt_rng_below(rng, 8));
        return n;
    case 2: /* cut out */
        memmove(text + at, text + at + span, n - at - span);
        return n - span;
    case 3: /* doubled */
        if (n + span >= MESSAGE_MAX)
            return n;
        memmove(text + at + span, text + at, n - at);
        return n + span;
    case 4: /* a byte put in */
        if (n + 1 >= MESSAGE_MAX)
            return n;
        memmove(text + at + 1, text + at, n - at);
        text[at] = spice[qt_rng_below(rng, sizeof spice - 1)];
        return n + 1;
    }
    return at; /* the end cut off */
}

/** QT_SEED repeats a run, QT_CASES sets its length. */
static inline uint64_t
number_from(const char *name, uint64_t def)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : def;
}

#endif

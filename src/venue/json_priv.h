/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A strict JSON reader that runs once over the bytes, keeps nothing and allocates nothing: for feed
 * messages, where a tree costs 3 to 19 us a message. The caller walks: enter, next, take a value or
 * skip it. The first fault latches is_bad; from then on every call says false, so that a walk needs
 * one test at its end.
 *
 *     struct qt__json json = qt__json_open(bytes, length);
 *     struct qt__slice key;
 *     if (qt__json_enter(&json, '{'))
 *         while (qt__json_next_key(&json, &key)) ... take or skip exactly one value ...
 *     if (!qt__json_end(&json)) malformed
 */
#ifndef QTRADE_VENUE_JSON_PRIV_H
#define QTRADE_VENUE_JSON_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "qtrade/base/attr.h"

#define QT__JSON_DEPTH 32 /* nested arrays and objects; deeper is malformed */

/* Bytes inside the message: of a string without its quotes, of anything else as it stands. */
struct qt__slice {
    const char *p;
    size_t n;
    char type; /* '"' string, '0' number, 't' true, 'f' false, 'n' null, '[' array, '{' object */
    bool has_escape; /* string: contains a backslash */
};

struct qt__json {
    const char *p, *end;
    int depth;                     /* open arrays and objects */
    bool is_first[QT__JSON_DEPTH]; /* no member read yet */
    bool is_bad;
};

struct qt__json qt__json_open(const char *bytes, size_t length);
/* What begins here, as in qt__slice.type; 0 at the end or on a fault. */
char qt__json_type(struct qt__json *json);
/* Goes into an array ('[') or object ('{'); false: it is something else (a fault). */
bool qt__json_enter(struct qt__json *json, char type);
/* The next member's key, the cursor on its value; false: the object has ended, or a fault. */
bool qt__json_next_key(struct qt__json *json, struct qt__slice *out_key);
/* The cursor on the next item; false: the array has ended, or a fault. */
bool qt__json_next_item(struct qt__json *json);
/* Takes one whole value of any kind, checked to its end. */
bool qt__json_take(struct qt__json *json, struct qt__slice *out);
/* True: one value was read, nothing but blanks follows, no fault anywhere. */
QT_CHECKED bool qt__json_end(struct qt__json *json);

static inline bool
qt__slice_is(const struct qt__slice *slice, const char *text)
{
    size_t n = strlen(text);
    return slice->n == n && memcmp(slice->p, text, n) == 0;
}
/* An integer number without fraction or exponent. */
QT_CHECKED bool qt__slice_int(const struct qt__slice *slice, int64_t *out);
/* The same, 0 or more. */
QT_CHECKED bool qt__slice_u64(const struct qt__slice *slice, uint64_t *out);
/* Exact decimal of a string or a number; false: exponent, does not fit scale, anything else. */
QT_CHECKED bool qt__slice_decimal(const struct qt__slice *slice, int scale, int64_t *out);
/* The same for history whose prices may be finer than today's: more decimals are rounded toward
 * minus infinity (direction -1), to the nearest (0) or up (1). *rounded (may be NULL) becomes true
 * then. */
QT_CHECKED bool qt__slice_decimal_rounded(const struct qt__slice *slice, int scale, int direction,
                                          int64_t *out, bool *rounded);
QT_CHECKED bool qt__slice_bool(const struct qt__slice *slice, bool *out);

#endif

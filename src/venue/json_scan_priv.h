/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of JSON that feed messages are made of, eight bytes at a time: where a string ends,
 * where a number ends, what a decimal is worth. Each function knows the common form only and says
 * NULL to anything else, which the reader of json_cursor.c then judges byte by byte. So nothing
 * here decides what is valid: R1, what these accept is what that reader accepts, with the same
 * value (tests/venue/test_binance_shapes).
 *
 * Text is p[0..end). Reads near its end go backwards from it: end - begin of the message is at
 * least 8 (R2, the callers' business).
 */
#ifndef QTRADE_VENUE_JSON_SCAN_PRIV_H
#define QTRADE_VENUE_JSON_SCAN_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/bytes.h"
#include "qtrade/base/fixed.h"

#include "json_priv.h"

/* p[0..8), zeroes behind the end. p < end, R2. */
static inline uint64_t
qt__scan_load(const char *p, const char *end)
{
    size_t left = (size_t)(end - p);
    return left >= 8 ? qt_word_load(p) : qt_word_load(end - 8) >> (8 * (8 - left));
}

/* From behind an opening quote to the closing one; NULL: an escape, a control byte, no end. */
static inline const char *
qt__scan_string(const char *p, const char *end)
{
    for (; end - p >= QT_BLOCK; p += QT_BLOCK) {
        unsigned run = qt_block_plain(p);
        if (run < QT_BLOCK)
            return p[run] == '"' ? p + run : NULL;
    }
    for (; p < end; p += 8) {
        uint64_t specials = qt_word_specials(qt__scan_load(p, end));
        if (specials == 0)
            continue;
        p += __builtin_ctzll(specials) / 8;
        return p < end && *p == '"' ? p : NULL;
    }
    return NULL;
}

/* From the first digit of a whole number without a sign to behind its last; NULL: a fraction, an
 * exponent, a leading zero, no end. */
static inline const char *
qt__scan_whole(const char *p, const char *end)
{
    if (*p < '1' || *p > '9')
        return NULL;
    for (; p < end; p += 8) {
        unsigned run = qt_digits_run(qt_digits_values(qt__scan_load(p, end)));
        if (run == 8)
            continue;
        p += run;
        return p < end && (*p == ',' || *p == '}') ? p : NULL;
    }
    return NULL;
}

/* What the decimals of a scale are read with; scale 1..8. */
struct qt__decimals {
    unsigned scale;
    int64_t unit; /* 10^scale */
};

static inline bool
qt__decimals_of(int scale, struct qt__decimals *out)
{
    static const int64_t units[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    if (scale < 1 || scale > 8)
        return false;
    *out = (struct qt__decimals){.scale = (unsigned)scale, .unit = units[scale]};
    return true;
}

/* A decimal of at most eight digits before a point and eight behind it, and the first byte behind
 * it; NULL: another form, or finer than the scale. p < end. */
static inline const char *
qt__scan_decimal(const char *p, const char *end, const struct qt__decimals *as, int64_t *out)
{
    const bool is_roomy = end - p >= 24;
    uint64_t values = qt_digits_values(is_roomy ? qt_word_load(p) : qt__scan_load(p, end));
    unsigned whole = qt_digits_run(values);
    if (whole == 0 || (!is_roomy && end - p < 10) || p[whole] != '.')
        return NULL;
    p += whole + 1;
    uint64_t decimals = qt_digits_values(is_roomy ? qt_word_load(p) : qt__scan_load(p, end));
    unsigned rest = qt_digits_run(decimals);
    if (rest < 8)
        decimals = qt_digits_keep(decimals, rest);
    if (rest == 0 || decimals >> 1 >> (8 * as->scale - 1) != 0)
        return NULL;
    uint64_t two = qt_digits_two(values << (64 - 8 * whole), decimals << (64 - 8 * as->scale));
    *out = (int64_t)(two & UINT32_MAX) * as->unit + (int64_t)(two >> 32);
    return p + rest;
}

/* A word of JSON at p < end; what stands behind it, NULL: it is another. */
QT_INLINE const char *
qt__short_word(const char *p, const char *end, const char *word, struct qt__slice *out)
{
    const size_t n = strlen(word);
    *out = (struct qt__slice){.p = p, .n = n, .type = word[0]};
    return (size_t)(end - p) > n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

/* The value of a short member at p < end; what stands behind it, NULL: it is of another form. */
QT_INLINE const char *
qt__short_value(const char *p, const char *end, struct qt__slice *out)
{
    const bool is_string = *p == '"';
    switch (*p) {
    case 't':
        return qt__short_word(p, end, "true", out);
    case 'f':
        return qt__short_word(p, end, "false", out);
    case 'n':
        return qt__short_word(p, end, "null", out);
    }
    p += is_string;
    const char *close = is_string ? qt__scan_string(p, end) : qt__scan_whole(p, end);
    if (!close)
        return NULL;
    *out = (struct qt__slice){
        .p = p, .n = (size_t)(close - p), .type = is_string ? '"' : '0', .has_escape = false};
    return close + is_string;
}

/* The next member's key, the cursor on its value, where it is as venues write it: no blanks, no
 * escapes. False: it is something else, or the object has ended; then nothing was read, and
 * qt__json_next_key says what it is. */
QT_INLINE bool
qt__json_short_key(struct qt__json *json, struct qt__slice *out)
{
    static const int shortest = 8; /* ,"K":"" and a bracket */
    const char *p = json->p, *end = json->end;
    if (json->depth == 0 || end - p < shortest)
        return false;
    bool *is_first = &json->is_first[json->depth - 1];
    if (!*is_first && *p++ != ',')
        return false;
    if (*p++ != '"')
        return false;
    const bool is_letter = p[1] == '"' && p[0] >= 'A' && p[0] != '\\';
    const char *close = is_letter ? p + 1 : qt__scan_string(p, end);
    if (!close || end - close < 3 || close[1] != ':')
        return false;
    *out = (struct qt__slice){.p = p, .n = (size_t)(close - p), .type = '"'};
    *is_first = false;
    json->p = close + 2;
    return true;
}

/* The value at the cursor, which stands behind a key, where it is a string without escapes, a
 * whole number, true, false or null without blanks. False: it is something else; nothing was read,
 * and qt__json_take says what it is. */
QT_INLINE bool
qt__json_short_value(struct qt__json *json, struct qt__slice *out)
{
    static const int shortest = 4; /* with {"": before it R2 holds */
    if (json->end - json->p < shortest)
        return false;
    const char *behind = qt__short_value(json->p, json->end, out);
    json->p = behind ? behind : json->p;
    return behind != NULL;
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Money is integers. A price, a quantity and an amount of money are different types, so that one in
 * the place of another does not compile. Scales are powers of ten and belong to the instrument
 * (price, quantity) or the asset (money). Every product goes through __int128; overflow is false.
 */
#ifndef QTRADE_BASE_FIXED_H
#define QTRADE_BASE_FIXED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"

typedef struct {
    int64_t v;
} qt_px; /* price x 10^px_scale of its instrument */
typedef struct {
    int64_t v;
} qt_qty; /* quantity x 10^qty_scale of its instrument */
typedef struct {
    int64_t v;
} qt_money; /* ledger units of one asset: amount x 10^scale of the asset */

#define QT_SCALE_MAX 12
#define QT_MONEY_SCALE 8 /* decimals of every quote asset in the ledger */

#define QT_PX_NONE ((qt_px){INT64_MIN})
#define QT_QTY_ZERO ((qt_qty){0})
#define QT_MONEY_ZERO ((qt_money){0})
#define QT_MONEY_NONE ((qt_money){INT64_MIN}) /* in pictures: not known, or withheld */
#define QT_DECIMAL_TEXT 40 /* bytes that hold any formatted decimal and its NUL */

/** 10^scale for scale 0..18. */
static inline int64_t
qt_pow10(int scale)
{
    static const int64_t table[] = {1,
                                    10,
                                    100,
                                    1000,
                                    10000,
                                    100000,
                                    1000000,
                                    10000000,
                                    100000000,
                                    1000000000,
                                    10000000000,
                                    100000000000,
                                    1000000000000,
                                    10000000000000,
                                    100000000000000,
                                    1000000000000000,
                                    10000000000000000,
                                    100000000000000000,
                                    1000000000000000000};
    qt_assert(scale >= 0 && scale <= 18);
    return table[scale];
}

/**
 * Exact decimal text to an integer of the given scale (0..18): optional sign, digits, and
 * optionally a point and digits. False (out untouched) on anything else, on digits that do not fit
 * the scale (trailing zeros do), or on overflow (INT64_MIN counts as overflow: it is QT_PX_NONE).
 * No exponent, no locale, no white space, no NUL needed: reads text[0..length).
 */
QT_CHECKED bool qt_decimal_parse(const char *text, size_t length, int scale, int64_t *out);

/** Text of v x 10^-scale with exactly scale decimals into out (QT_DECIMAL_TEXT bytes). Returns out.
 */
char *qt_decimal_format(int64_t v, int scale, char *out);

/** As qt_decimal_format without trailing zeros ("1.5", "20"). Returns out. */
char *qt_decimal_format_short(int64_t v, int scale, char *out);

QT_CHECKED bool qt_px_parse(const char *text, int scale, qt_px *out);   /* whole NUL-ended text */
QT_CHECKED bool qt_qty_parse(const char *text, int scale, qt_qty *out); /* whole NUL-ended text */
QT_CHECKED bool qt_money_parse(const char *text, int scale, qt_money *out); /* whole text */

/** For people: a price with all its decimals; money with so many (0..scale), half away from zero.
 * Returns out. */
char *qt_px_format(qt_px px, int scale, char *out);
char *qt_money_format(qt_money money, int scale, int decimals, char *out);
/** An amount of an asset as a quantity of another scale, toward zero. False: overflow. */
QT_CHECKED bool qt_qty_of_asset(qt_money amount, int money_scale, int qty_scale, qt_qty *out);

/** Comparison: -1, 0, 1. */
static inline int
qt_px_cmp(qt_px a, qt_px b)
{
    return (a.v > b.v) - (a.v < b.v);
}
static inline int
qt_qty_cmp(qt_qty a, qt_qty b)
{
    return (a.v > b.v) - (a.v < b.v);
}
static inline int
qt_money_cmp(qt_money a, qt_money b)
{
    return (a.v > b.v) - (a.v < b.v);
}
static inline bool
qt_px_is_none(qt_px px)
{
    return px.v == INT64_MIN;
}
static inline bool
qt_money_is_none(qt_money amount)
{
    return amount.v == INT64_MIN;
}

/** a + b, a - b: a price and a distance. False: overflow, or a price that is none (out untouched).
 */
QT_CHECKED static inline bool
qt_px_add(qt_px a, qt_px b, qt_px *out)
{
    int64_t v;
    if (qt_px_is_none(a) || qt_px_is_none(b) || __builtin_add_overflow(a.v, b.v, &v) ||
        v == INT64_MIN)
        return false;
    out->v = v;
    return true;
}
QT_CHECKED static inline bool
qt_px_sub(qt_px a, qt_px b, qt_px *out)
{
    int64_t v;
    if (qt_px_is_none(a) || qt_px_is_none(b) || __builtin_sub_overflow(a.v, b.v, &v) ||
        v == INT64_MIN)
        return false;
    out->v = v;
    return true;
}

/** a + b, a - b. False: overflow (out untouched; INT64_MIN counts as one). */
QT_CHECKED static inline bool
qt_qty_add(qt_qty a, qt_qty b, qt_qty *out)
{
    int64_t v;
    if (__builtin_add_overflow(a.v, b.v, &v) || v == INT64_MIN)
        return false;
    out->v = v;
    return true;
}
QT_CHECKED static inline bool
qt_qty_sub(qt_qty a, qt_qty b, qt_qty *out)
{
    int64_t v;
    if (__builtin_sub_overflow(a.v, b.v, &v) || v == INT64_MIN)
        return false;
    out->v = v;
    return true;
}
QT_CHECKED static inline bool
qt_money_add(qt_money a, qt_money b, qt_money *out)
{
    int64_t v;
    if (__builtin_add_overflow(a.v, b.v, &v) || v == INT64_MIN)
        return false;
    out->v = v;
    return true;
}
QT_CHECKED static inline bool
qt_money_sub(qt_money a, qt_money b, qt_money *out)
{
    int64_t v;
    if (__builtin_sub_overflow(a.v, b.v, &v) || v == INT64_MIN)
        return false;
    out->v = v;
    return true;
}
qt_money qt_money_neg(qt_money a); /* a is not INT64_MIN, which no function here gives */
qt_qty qt_qty_neg(qt_qty a);       /* likewise */
qt_qty qt_qty_abs(qt_qty a);       /* likewise */
qt_qty qt_qty_min(qt_qty a, qt_qty b);

/**
 * price x quantity as money of scale money_scale, rounded toward zero. px has px_scale, qty
 * qty_scale. False: overflow of int64 (out untouched).
 */
QT_CHECKED bool qt_notional(qt_px px, int px_scale, qt_qty qty, int qty_scale, int money_scale,
                            qt_money *out);

/** money x numerator / denominator through __int128, rounded toward zero. False: overflow,
 * denominator 0. */
QT_CHECKED bool qt_money_mul_div(qt_money a, int64_t numerator, int64_t denominator, qt_money *out);

/** The same, rounded away from zero (fees: never understated). */
QT_CHECKED bool qt_money_mul_div_up(qt_money a, int64_t numerator, int64_t denominator,
                                    qt_money *out);

static inline int
qt_qty_sign(qt_qty a) /* -1, 0, 1 */
{
    return (a.v > 0) - (a.v < 0);
}
static inline int
qt_money_sign(qt_money a) /* -1, 0, 1 */
{
    return (a.v > 0) - (a.v < 0);
}
static inline bool
qt_px_is_positive(qt_px px) /* false: QT_PX_NONE too */
{
    return px.v > 0;
}
/** The bare integer, for text only (qt_text_add_decimal). */
static inline int64_t
qt_qty_units(qt_qty qty)
{
    return qty.v;
}
static inline int64_t
qt_money_units(qt_money money)
{
    return money.v;
}
/** A quantity as money of the base asset, whose ledger scale is the instrument's qty_scale; and
 * back. */
static inline qt_money
qt_money_of_qty(qt_qty qty)
{
    return (qt_money){qty.v};
}
static inline qt_qty
qt_qty_of_money(qt_money money)
{
    return (qt_qty){money.v};
}
/** whole x part / of through __int128, toward zero. False: overflow, or of is 0. */
QT_CHECKED static inline bool
qt_money_share(qt_money whole, qt_qty part, qt_qty of, qt_money *out)
{
    return qt_money_mul_div(whole, part.v, of.v, out);
}
/** Whole units of an asset as money: units x 10^scale. False: overflow. */
QT_CHECKED static inline bool
qt_money_of_units(int64_t units, int scale, qt_money *out)
{
    return qt_money_mul_div((qt_money){units}, qt_pow10(scale), 1, out);
}
/** The average price quote / qty to the nearest unit, half away from zero. False: qty 0, overflow.
 */
QT_CHECKED bool qt_px_of_quote(qt_money quote, int money_scale, qt_qty qty, int qty_scale,
                               int px_scale, qt_px *out);

/**
 * Rounds to a multiple of step (> 0): toward minus infinity, plus infinity, the nearest (halves
 * up). A price that is none, or whose multiple does not fit, is QT_PX_NONE. For a quantity the
 * multiple must fit.
 */
qt_px qt_px_floor(qt_px px, qt_px step);
qt_px qt_px_ceil(qt_px px, qt_px step);
qt_px qt_px_round(qt_px px, qt_px step);
qt_qty qt_qty_floor(qt_qty qty, qt_qty step);

/** For statistics and the screen only: the value as a double. */
static inline double
qt_px_to_double(qt_px px, int scale)
{
    return (double)px.v / (double)qt_pow10(scale);
}
static inline double
qt_qty_to_double(qt_qty qty, int scale)
{
    return (double)qty.v / (double)qt_pow10(scale);
}
static inline double
qt_money_to_double(qt_money money, int scale)
{
    return (double)money.v / (double)qt_pow10(scale);
}

/** From a statistic to a price/quantity/amount: nearest integer; false on NaN, infinity or
 * overflow. */
QT_CHECKED bool qt_px_of_double(double value, int scale, qt_px *out);
QT_CHECKED bool qt_qty_of_double_floor(double value, int scale, qt_qty *out); /* toward zero */
QT_CHECKED bool qt_money_of_double(double value, int scale, qt_money *out);

#endif

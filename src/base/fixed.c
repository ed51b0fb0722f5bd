/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fixed point through __int128. R1: no function gives INT64_MIN, so that QT_PX_NONE is never a
 * result by accident and every value has its negative.
 */
#include <math.h>
#include <string.h>

#include "qtrade/base/bytes.h"
#include "qtrade/base/error.h"
#include "qtrade/base/fixed.h"

__extension__ typedef __int128 wide;

static bool
narrow(wide v, int64_t *out)
{
    if (v > INT64_MAX || v <= INT64_MIN) /* INT64_MIN is QT_PX_NONE */
        return false;
    *out = (int64_t)v;
    return true;
}

/* Adds a digit; false on overflow. */
static bool
append(int64_t *v, int digit)
{
    return !__builtin_mul_overflow(*v, 10, v) && !__builtin_add_overflow(*v, digit, v);
}

/* What venues write: no sign, at most eight digits before and behind the point. False: it may still
 * be a decimal, parse_any says. */
static bool
parse_common(const char *text, size_t length, int scale, int64_t *out)
{
    if (length == 0 || length > 17 || scale < 0 || scale > 8)
        return false;
    const bool is_short = length < 8;
    uint64_t word = is_short ? qt_word_load_short(text, length) : qt_word_load(text);
    uint64_t values = qt_digits_values(word), decimals = 0;
    unsigned whole = qt_digits_run(values);
    if (whole == 0)
        return false;
    if (whole < length) {
        size_t rest = length - whole - 1;
        if (text[whole] != '.' || rest == 0 || rest > 8)
            return false;
        word = is_short ? word >> (8 * whole + 8) : qt_word_load_in(text, length, whole + 1);
        decimals = qt_digits_keep(qt_digits_values(word), (unsigned)rest);
        if (qt_digits_run(decimals) < 8 || decimals != qt_digits_keep(decimals, (unsigned)scale))
            return false;
    }
    uint64_t two =
        qt_digits_two(qt_digits_first(values, whole), qt_digits_first(decimals, (unsigned)scale));
    *out = (int64_t)(two & UINT32_MAX) * qt_pow10(scale) + (int64_t)(two >> 32);
    return true;
}

static bool
parse_any(const char *text, size_t length, int scale, int64_t *out)
{
    bool is_negative = length > 0 && text[0] == '-', past_point = false;
    int64_t v = 0;
    int decimals = 0;
    size_t digits = 0; /* since the start or the point */
    for (size_t i = is_negative || (length > 0 && text[0] == '+'); i < length; i++) {
        char c = text[i];
        if (c == '.' && !past_point && digits > 0) {
            past_point = true;
            digits = 0;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        digits++;
        if (past_point && decimals == scale) {
            if (c != '0')
                return false; /* finer than the scale */
            continue;
        }
        if (!append(&v, c - '0'))
            return false;
        decimals += past_point;
    }
    if (digits == 0 || scale < 0 || scale > 18)
        return false;
    for (; decimals < scale; decimals++)
        if (!append(&v, 0))
            return false;
    *out = is_negative ? -v : v;
    return true;
}

bool
qt_decimal_parse(const char *text, size_t length, int scale, int64_t *out)
{
    return parse_common(text, length, scale, out) || parse_any(text, length, scale, out);
}

char *
qt_decimal_format(int64_t v, int scale, char *out)
{
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    char digits[QT_DECIMAL_TEXT], *p = digits + sizeof digits;
    int n = 0;
    *--p = '\0';
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
        if (++n == scale)
            *--p = '.';
    } while (rest > 0 || n <= scale);
    if (v < 0)
        *--p = '-';
    return memcpy(out, p, (size_t)(digits + sizeof digits - p));
}

char *
qt_decimal_format_short(int64_t v, int scale, char *out)
{
    qt_decimal_format(v, scale, out);
    size_t n = strlen(out);
    if (scale > 0) {
        while (out[n - 1] == '0')
            n--;
        if (out[n - 1] == '.')
            n--;
        out[n] = '\0';
    }
    return out;
}

bool
qt_px_parse(const char *text, int scale, qt_px *out)
{
    return qt_decimal_parse(text, strlen(text), scale, &out->v);
}

bool
qt_qty_parse(const char *text, int scale, qt_qty *out)
{
    return qt_decimal_parse(text, strlen(text), scale, &out->v);
}

bool
qt_money_parse(const char *text, int scale, qt_money *out)
{
    return qt_decimal_parse(text, strlen(text), scale, &out->v);
}

qt_money
qt_money_neg(qt_money a)
{
    qt_assert(a.v != INT64_MIN);
    return (qt_money){-a.v};
}

qt_qty
qt_qty_neg(qt_qty a)
{
    qt_assert(a.v != INT64_MIN);
    return (qt_qty){-a.v};
}

qt_qty
qt_qty_abs(qt_qty a)
{
    return a.v < 0 ? qt_qty_neg(a) : a;
}

qt_qty
qt_qty_min(qt_qty a, qt_qty b)
{
    return a.v < b.v ? a : b;
}

/* A product that does not fit before its division. */
static QT_OUTLINE bool
notional_wide(qt_px px, qt_qty qty, int shift, qt_money *out)
{
    wide product = (wide)px.v * qty.v / qt_pow10(shift > 18 ? 18 : shift);
    return narrow(shift > 18 ? product / qt_pow10(shift - 18) : product, &out->v);
}

bool
qt_notional(qt_px px, int px_scale, qt_qty qty, int qty_scale, int money_scale, qt_money *out)
{
    int shift = px_scale + qty_scale - money_scale;
    int64_t v;
    if (qt_px_is_none(px))
        return false;
    if (shift > 18 || __builtin_mul_overflow(px.v, qty.v, &v) || v == INT64_MIN)
        return shift >= 0 && notional_wide(px, qty, shift, out);
    if (shift >= 0) {
        out->v = v / qt_pow10(shift); /* 64 bits divide faster */
        return true;
    }
    if (__builtin_mul_overflow(v, qt_pow10(-shift), &v) || v == INT64_MIN)
        return false;
    out->v = v;
    return true;
}

bool
qt_money_mul_div(qt_money a, int64_t numerator, int64_t denominator, qt_money *out)
{
    int64_t small;
    if (denominator > 0 && !__builtin_mul_overflow(a.v, numerator, &small) && small != INT64_MIN) {
        out->v = small / denominator; /* 64 bits divide faster */
        return true;
    }
    wide product = (wide)a.v * numerator;
    return denominator != 0 && narrow(product / denominator, &out->v);
}

bool
qt_money_mul_div_up(qt_money a, int64_t numerator, int64_t denominator, qt_money *out)
{
    if (denominator == 0)
        return false;
    wide product = (wide)a.v * numerator, quotient = product / denominator;
    if (quotient * denominator != product)
        quotient += (product < 0) == (denominator < 0) ? 1 : -1;
    return narrow(quotient, &out->v);
}

bool
qt_px_of_quote(qt_money quote, int money_scale, qt_qty qty, int qty_scale, int px_scale, qt_px *out)
{
    int shift = px_scale + qty_scale - money_scale; /* -12..24 */
    wide over = quote.v, under = qty.v;
    if (shift > 18)
        over *= qt_pow10(shift - 18);
    if (shift > 0 && __builtin_mul_overflow(over, (wide)qt_pow10(shift > 18 ? 18 : shift), &over))
        return false;
    if (shift < 0)
        under *= qt_pow10(-shift);
    if (under == 0)
        return false;
    if (under < 0) {
        over = -over;
        under = -under;
    }
    wide whole = over / under, rest = over % under;
    wide twice = (rest < 0 ? -rest : rest) >= under - (rest < 0 ? -rest : rest);
    return narrow(whole + (over < 0 ? -twice : twice), &out->v);
}

static wide
floor_to(int64_t v, int64_t step)
{
    qt_assert(step > 0);
    int64_t rest = v % step;
    return (wide)v - rest - (rest < 0 ? step : 0);
}

static qt_px
px_of(wide v)
{
    qt_px px = QT_PX_NONE;
    (void)narrow(v, &px.v); /* none when it does not fit */
    return px;
}

qt_px
qt_px_floor(qt_px px, qt_px step)
{
    return qt_px_is_none(px) ? px : px_of(floor_to(px.v, step.v));
}

qt_px
qt_px_ceil(qt_px px, qt_px step)
{
    if (qt_px_is_none(px))
        return px;
    wide low = floor_to(px.v, step.v);
    return px_of(low == px.v ? low : low + step.v);
}

qt_px
qt_px_round(qt_px px, qt_px step)
{
    if (qt_px_is_none(px))
        return px;
    wide low = floor_to(px.v, step.v);
    return px_of(px.v - low >= step.v - (px.v - low) ? low + step.v : low);
}

qt_qty
qt_qty_floor(qt_qty qty, qt_qty step)
{
    qt_qty low;
    bool is_held = narrow(floor_to(qty.v, step.v), &low.v);
    qt_assert(is_held);
    return low;
}

/* Scaled and rounded by the given function; false outside +-2^62 or NaN. */
static bool
of_double(double value, int scale, double (*rounded)(double), int64_t *out)
{
    double v = rounded(value * (double)qt_pow10(scale));
    if (!(v > -0x1p62 && v < 0x1p62))
        return false;
    *out = (int64_t)v;
    return true;
}

bool
qt_px_of_double(double value, int scale, qt_px *out)
{
    return of_double(value, scale, round, &out->v);
}

bool
qt_qty_of_double_floor(double value, int scale, qt_qty *out)
{
    return of_double(value, scale, trunc, &out->v);
}

bool
qt_money_of_double(double value, int scale, qt_money *out)
{
    return of_double(value, scale, round, &out->v);
}

char *
qt_px_format(qt_px px, int scale, char *out)
{
    if (qt_px_is_none(px)) {
        memcpy(out, "-", 2);
        return out;
    }
    return qt_decimal_format(px.v, scale, out);
}

char *
qt_money_format(qt_money money, int scale, int decimals, char *out)
{
    int64_t step = qt_pow10(scale - decimals), half = step / 2;
    int64_t v = money.v / step, rest = money.v % step;
    if (step > 1 && (rest >= half || rest <= -half))
        v += rest > 0 ? 1 : -1;
    return qt_decimal_format(v, decimals, out);
}

bool
qt_qty_of_asset(qt_money amount, int money_scale, int qty_scale, qt_qty *out)
{
    qt_money scaled;
    if (!qt_money_mul_div(amount, qt_pow10(qty_scale), qt_pow10(money_scale), &scaled))
        return false;
    *out = (qt_qty){scaled.v};
    return true;
}

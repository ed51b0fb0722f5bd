/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers as people read them: thousands grouped, signs for gains and losses, few digits, the
 * unknown as a dash.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "tui_priv.h"

#define LARGEST 1e15 /* beyond it a number is shown as "1.2e+15" */

static char *
unknown(char *out)
{
    qt_copy(out, QT__NUMBER, QT__UNKNOWN);
    return out;
}

/* Puts commas into the whole part of plain digits. */
static void
group(const char *digits, char *out)
{
    const char *point = strchr(digits, '.');
    size_t whole = point ? (size_t)(point - digits) : strlen(digits), at = 0;
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    qt_copy(out + at, QT__NUMBER - at, digits + whole);
}

static char *
format(double v, int decimals, const char *plus, char *out)
{
    char digits[QT__NUMBER];
    if (!isfinite(v))
        return unknown(out);
    if (fabs(v) >= LARGEST) {
        snprintf(out, QT__NUMBER, "%.3g", v);
        return out;
    }
    snprintf(digits, sizeof digits, "%.*f", QT_MIN(QT_MAX(decimals, 0), 12), fabs(v));
    bool is_zero = strspn(digits, "0.") == strlen(digits);
    const char *sign = is_zero ? "" : v < 0 ? "-" : plus;
    size_t length = strlen(sign);
    memcpy(out, sign, length);
    group(digits, out + length);
    return out;
}

char *
qt__format_fixed(double v, int decimals, char *out)
{
    return format(v, decimals, "", out);
}

char *
qt__format_signed(double v, int decimals, char *out)
{
    return format(v, decimals, "+", out);
}

/* Decimals that leave about seven significant digits, at least two where the scale has them. */
static int
price_decimals(double v, int scale)
{
    int whole = 1;
    for (double size = fabs(v); size >= 10 && whole < 16; size /= 10)
        whole++;
    if (fabs(v) < 1)
        for (double size = fabs(v); size > 0 && size < 0.1 && whole > -8; size *= 10)
            whole--;
    return QT_MIN(scale, QT_MAX(2, 6 - whole));
}

char *
qt__format_price(double v, int scale, char *out)
{
    return format(v, price_decimals(v, scale), "", out);
}

char *
qt__format_px(qt_px px, int scale, char *out)
{
    return qt_px_is_none(px) ? unknown(out)
                             : qt__format_price(qt_px_to_double(px, scale), scale, out);
}

char *
qt__trim_zeros(char *number)
{
    size_t n = strlen(number);
    if (!strchr(number, '.') || strchr(number, 'e'))
        return number;
    while (n > 0 && number[n - 1] == '0')
        number[--n] = '\0';
    if (n > 0 && number[n - 1] == '.')
        number[--n] = '\0';
    return number;
}

char *
qt__format_qty(qt_qty qty, int scale, bool is_signed, char *out)
{
    double v = qt_qty_to_double(qty, scale);
    return qt__trim_zeros(format(v, price_decimals(v, scale), is_signed ? "+" : "", out));
}

char *
qt__format_money(qt_money money, bool is_signed, char *out)
{
    if (qt_money_is_none(money))
        return unknown(out);
    double v = qt_money_to_double(money, QT_MONEY_SCALE);
    return format(v, 2, is_signed ? "+" : "", out);
}

char *
qt__format_compact(double v, char *out)
{
    static const char units[] = " KMBT";
    size_t unit = 0;
    if (!isfinite(v))
        return unknown(out);
    while (fabs(v) >= 999.5 && unit < sizeof units - 2) {
        v /= 1000;
        unit++;
    }
    int decimals = unit == 0 && v == floor(v) ? 0 : fabs(v) < 9.995 ? 2 : fabs(v) < 99.95 ? 1 : 0;
    snprintf(out, QT__NUMBER, "%.*f%.1s", decimals, v, unit > 0 ? units + unit : "");
    return out;
}

char *
qt__format_age(int64_t ns, char *out)
{
    static const struct {
        int64_t ns;
        char unit;
    } units[] = {
        {QT_NS_PER_DAY, 'd'}, {QT_NS_PER_HOUR, 'h'}, {QT_NS_PER_MIN, 'm'}, {QT_NS_PER_S, 's'}};
    if (ns < 0)
        return unknown(out);
    for (size_t i = 0; i < QT_COUNT_OF(units); i++)
        if (ns >= units[i].ns || i == QT_COUNT_OF(units) - 1) {
            snprintf(out, QT__NUMBER, "%lld%c", (long long)(ns / units[i].ns), units[i].unit);
            break;
        }
    return out;
}

char *
qt__format_since(const struct qt_snapshot *snap, int64_t then_ns, char *out)
{
    bool is_known = snap->t_ns > 0 && then_ns > 0 && then_ns <= snap->t_ns;
    return qt__format_age(is_known ? snap->t_ns - then_ns : -1, out);
}

char *
qt__format_latency(int64_t ns, char *out)
{
    if (ns < 0 || ns == INT64_MAX)
        return unknown(out);
    if (ns < QT_NS_PER_MS)
        snprintf(out, QT__NUMBER, "%lldus", (long long)(ns / QT_NS_PER_US));
    else if (ns < QT_NS_PER_S)
        snprintf(out, QT__NUMBER, "%lldms", (long long)(ns / QT_NS_PER_MS));
    else if (ns < 10 * QT_NS_PER_S)
        snprintf(out, QT__NUMBER, "%.1fs", (double)ns / (double)QT_NS_PER_S);
    else
        return qt__format_age(ns, out);
    return out;
}

char *
qt__format_base(const char *symbol, const char *quote_asset, char *out)
{
    qt_copy(out, QT__NUMBER, symbol);
    size_t length = strlen(out), tail = strlen(quote_asset);
    if (tail > 0 && length > tail && qt_ends_with(out, quote_asset))
        out[length - tail] = '\0';
    return out;
}

enum qt_role
qt__sign_role(double v)
{
    return v > 0 ? QT_ROLE_GAIN : v < 0 ? QT_ROLE_LOSS : QT_ROLE_TEXT;
}

enum qt_role
qt__money_role(qt_money amount)
{
    return qt_money_is_none(amount) ? QT_ROLE_TEXT
                                    : qt__sign_role(qt_money_to_double(amount, QT_MONEY_SCALE));
}

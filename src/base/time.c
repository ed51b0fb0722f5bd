/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Times to text and back, UTC only, no locale: the calendar is gmtime_r's and timegm's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

static int64_t
read_clock(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * QT_NS_PER_S + ts.tv_nsec;
}

int64_t
qt_now_utc_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t
qt_now_mono_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t
qt_now_boot_ns(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

static struct tm
broken_down(int64_t utc_ns)
{
    int64_t s = utc_ns / QT_NS_PER_S;
    if (utc_ns % QT_NS_PER_S < 0)
        s--;
    time_t t = (time_t)s;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    return tm;
}

char *
qt_time_format(int64_t utc_ns, char *out)
{
    struct tm tm = broken_down(utc_ns);
    char head[24];
    int ms = (int)((utc_ns % QT_NS_PER_S + QT_NS_PER_S) % QT_NS_PER_S / QT_NS_PER_MS);
    strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, QT_TIME_TEXT, "%s.%03dZ", head, ms);
    return out;
}

char *
qt_time_format_short(int64_t utc_ns, char *out)
{
    struct tm tm = broken_down(utc_ns);
    strftime(out, QT_TIME_TEXT, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

char *
qt_time_format_clock(int64_t utc_ns, char *out)
{
    struct tm tm = broken_down(utc_ns);
    strftime(out, QT_TIME_TEXT, "%H:%M:%S", &tm);
    return out;
}

char *
qt_duration_format(int64_t ns, char *out)
{
    static const struct {
        int64_t unit, part;
        const char *unit_name, *part_name;
    } rows[] = {{QT_NS_PER_DAY, QT_NS_PER_HOUR, "d", "h"},
                {QT_NS_PER_HOUR, QT_NS_PER_MIN, "h", "m"},
                {QT_NS_PER_MIN, QT_NS_PER_S, "m", "s"}};
    const char *sign = ns < 0 ? "-" : "";
    ns = ns == INT64_MIN ? INT64_MAX : ns < 0 ? -ns : ns;
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++)
        if (ns >= rows[i].unit) {
            snprintf(out, QT_TIME_TEXT, "%s%" PRId64 "%s %" PRId64 "%s", sign, ns / rows[i].unit,
                     rows[i].unit_name, ns % rows[i].unit / rows[i].part, rows[i].part_name);
            return out;
        }
    if (ns >= QT_NS_PER_S)
        snprintf(out, QT_TIME_TEXT, "%s%" PRId64 ".%" PRId64 "s", sign, ns / QT_NS_PER_S,
                 ns % QT_NS_PER_S / (QT_NS_PER_S / 10));
    else
        snprintf(out, QT_TIME_TEXT, "%s%" PRId64 "ms", sign, ns / QT_NS_PER_MS);
    return out;
}

/* n digits at s as a number, -1 when they are not digits. */
static int
digits(const char *s, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

static bool
parse_date(const char *text, struct tm *tm)
{
    int year = digits(text, 4), month, day;
    if (year < 1970 || year > 2262 || text[4] != '-' || (month = digits(text + 5, 2)) < 1 ||
        month > 12 || text[7] != '-' || (day = digits(text + 8, 2)) < 1 || day > 31)
        return false;
    *tm = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    return true;
}

/* ":SS[.mmm]" */
static bool
parse_seconds(const char **rest, struct tm *tm, int *ms)
{
    const char *s = *rest;
    if (*s != ':')
        return true;
    tm->tm_sec = digits(s + 1, 2);
    if (tm->tm_sec < 0 || tm->tm_sec > 59)
        return false;
    s += 3;
    if (*s == '.') {
        *ms = digits(s + 1, 3);
        if (*ms < 0)
            return false;
        s += 4;
    }
    *rest = s;
    return true;
}

bool
qt_time_parse(const char *text, int64_t *out_utc_ns)
{
    size_t n = strlen(text);
    int64_t v;
    if (n >= 10 && n <= 15 && strspn(text, "0123456789") == n && qt_int_parse(text, &v) &&
        v <= INT64_MAX / QT_NS_PER_MS) {
        *out_utc_ns = v * QT_NS_PER_MS;
        return true;
    }
    struct tm tm;
    int ms = 0;
    if (n < 10 || !parse_date(text, &tm))
        return false;
    int day = tm.tm_mday;
    const char *s = text + 10;
    if (*s == 'T' || *s == ' ') {
        if (n < 16 || (tm.tm_hour = digits(s + 1, 2)) < 0 || tm.tm_hour > 23 || s[3] != ':' ||
            (tm.tm_min = digits(s + 4, 2)) < 0 || tm.tm_min > 59)
            return false;
        s += 6;
        if (!parse_seconds(&s, &tm, &ms))
            return false;
        s += *s == 'Z';
    }
    if (*s)
        return false;
    time_t t = timegm(&tm);
    if (tm.tm_mday != day) /* the 31st of a shorter month */
        return false;
    int64_t ns;
    if (__builtin_mul_overflow((int64_t)t, QT_NS_PER_S, &ns) || /* after April 2262 */
        __builtin_add_overflow(ns, ms * QT_NS_PER_MS, &ns))
        return false;
    *out_utc_ns = ns;
    return true;
}

bool
qt_duration_parse(const char *text, int64_t *out_ns)
{
    static const struct {
        const char *suffix;
        int64_t ns;
    } units[] = {{"ms", QT_NS_PER_MS},  {"s", QT_NS_PER_S},   {"m", QT_NS_PER_MIN},
                 {"h", QT_NS_PER_HOUR}, {"d", QT_NS_PER_DAY}, {"", QT_NS_PER_S}};
    size_t n = strspn(text, "0123456789");
    char number[20];
    int64_t v;
    if (n == 0 || n >= sizeof number)
        return false;
    qt_copy_n(number, sizeof number, text, n);
    if (!qt_int_parse(number, &v) || v <= 0)
        return false;
    for (size_t i = 0; i < QT_COUNT_OF(units); i++)
        if (strcmp(text + n, units[i].suffix) == 0)
            return v <= INT64_MAX / units[i].ns && (*out_ns = v * units[i].ns, true);
    return false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time: int64_t nanoseconds, named _ns. UTC since the Unix epoch, or monotonic where the docstring
 * says so. The core never reads a clock: time arrives in events. Floors 7 to 9
 * call qt_now_*, and the engine its monotonic one, for the pace of pictures and how long a cycle
 * took.
 */
#ifndef QTRADE_BASE_TIME_H
#define QTRADE_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

#define QT_NS_PER_US INT64_C(1000)
#define QT_NS_PER_MS INT64_C(1000000)
#define QT_NS_PER_S INT64_C(1000000000)
#define QT_NS_PER_MIN (60 * QT_NS_PER_S)
#define QT_NS_PER_HOUR (3600 * QT_NS_PER_S)
#define QT_NS_PER_DAY (86400 * QT_NS_PER_S)
#define QT_TIME_NONE INT64_MIN
#define QT_TIME_TEXT 32 /* bytes for any formatted time and its NUL */

int64_t qt_now_utc_ns(void);  /* the system's wall clock */
int64_t qt_now_mono_ns(void); /* the system's monotonic clock */
int64_t qt_now_boot_ns(void); /* the same, and it counts the time in which the machine slept */

/** "2024-03-15T08:30:00.123Z" of a UTC time, years 1970..2262; into out (QT_TIME_TEXT). Returns
 * out. */
char *qt_time_format(int64_t utc_ns, char *out);
/** "2024-03-15 08:30:00" of a UTC time. Returns out (QT_TIME_TEXT). */
char *qt_time_format_short(int64_t utc_ns, char *out);
/** "08:30:00" of a UTC time. Returns out (QT_TIME_TEXT). */
char *qt_time_format_clock(int64_t utc_ns, char *out);
/** "3d 4h", "12m 30s", "850ms", for people. Returns out (QT_TIME_TEXT). */
char *qt_duration_format(int64_t ns, char *out);

/**
 * Reads "2024-03-15", "2024-03-15T08:30[:00[.123]][Z]" (a blank for T too) or milliseconds since
 * the epoch (10 digits or more). False on anything else; out untouched.
 */
QT_CHECKED bool qt_time_parse(const char *text, int64_t *out_utc_ns);

/** "60s", "5m", "250ms", "2h", "1d" or a bare number of seconds, > 0. False on anything else. */
QT_CHECKED bool qt_duration_parse(const char *text, int64_t *out_ns);

/** Floor of t to a multiple of period (both > 0): the opening time of the bar that t falls in. */
static inline int64_t
qt_time_floor(int64_t t_ns, int64_t period_ns)
{
    return t_ns - t_ns % period_ns;
}

#endif

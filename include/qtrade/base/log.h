/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log: stable events with fields, one record a line, control bytes escaped, as text or JSON
 * lines. Rooms below engine do not log. A logger is a value handed around; NULL logs nothing.
 * Thread-safe.
 *
 *     qt_log_event(log, QT_LOG_WARN, "venue.resync", "symbol=%s gap=%ld", symbol, gap);
 *
 * The field part is "key=value key=value". A text from outside (%s) that holds a blank, a quote, a
 * "=" or nothing is put in double quotes and escaped, so that it can not become another field or
 * record; control bytes become "?". Conversions: d i u o x X c s p and the floating ones, with h l
 * ll j z t. Fields beyond 959 bytes are cut, and said so.
 */
#ifndef QTRADE_BASE_LOG_H
#define QTRADE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"

enum qt_log_level { QT_LOG_ERROR, QT_LOG_WARN, QT_LOG_INFO, QT_LOG_DEBUG, QT_LOG_LEVELS };
enum qt_log_format { QT_LOG_TEXT, QT_LOG_JSON, QT_LOG_FORMATS };

struct qt_log;

/** Opens a log: path NULL or "-" is stderr, else appended to (created 0600). NULL on failure. */
struct qt_log *qt_log_open(const char *path, enum qt_log_level level, enum qt_log_format format,
                           struct qt_error *err);
void qt_log_close(struct qt_log *log); /* NULL is fine */
/** One record: time, level, event name, fields. log NULL: nothing. */
void qt_log_event(struct qt_log *log, enum qt_log_level level, const char *event,
                  const char *fields, ...) QT_PRINTF(4, 5);
/** Records lost because a write failed (disk full): counted, never fatal. */
uint64_t qt_log_lost(const struct qt_log *log);
/** "error", "warn", "info", "debug". */
const char *qt_log_level_name(enum qt_log_level level);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/log.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

enum { RECORD = 2048, FIELDS = 1024 };

struct qt_log {
    int fd;
    bool owns_fd;
    enum qt_log_level level;
    enum qt_log_format format;
    char correlation[32];
    atomic_uint_fast64_t lost;
};

const char *
qt_log_level_name(enum qt_log_level level)
{
    static const char *const names[QT_LOG_LEVELS] = {"error", "warn", "info", "debug"};
    return (unsigned)level < QT_LOG_LEVELS ? names[level] : "?";
}

struct qt_log *
qt_log_open(const char *path, enum qt_log_level level, enum qt_log_format format,
            struct qt_error *err)
{
    struct qt_log *log = calloc(1, sizeof *log);
    if (!log) {
        qt_fail(err, QT_E_MEMORY, "no memory for the log");
        return NULL;
    }
    log->level = level;
    log->format = format;
    log->fd = STDERR_FILENO;
    if (path && strcmp(path, "-") != 0) {
        log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (log->fd < 0) {
            qt_fail_errno(err, QT_E_IO, "%s: cannot open the log", path);
            free(log);
            return NULL;
        }
        log->owns_fd = true;
    }
    return log;
}

void
qt_log_close(struct qt_log *log)
{
    if (!log)
        return;
    if (log->owns_fd)
        close(log->fd);
    free(log);
}

void
qt_log_set_correlation(struct qt_log *log, const char *id)
{
    qt_copy(log->correlation, sizeof log->correlation, id);
    qt_text_clean(log->correlation);
}

uint64_t
qt_log_lost(const struct qt_log *log)
{
    return atomic_load_explicit(&log->lost, memory_order_relaxed);
}

static void
write_text(struct qt_text *out, const struct qt_log *log, enum qt_log_level level,
           const char *event, const char *fields)
{
    char time[QT_TIME_TEXT];
    qt_text_addf(out, "%s %-5s %s", qt_time_format(qt_now_utc_ns(), time), qt_log_level_name(level),
                 event);
    if (log->correlation[0])
        qt_text_addf(out, " id=%s", log->correlation);
    if (fields[0])
        qt_text_addf(out, " %s", fields);
}

/* One "key=value" or key="value" of fields; returns where the next begins. */
static const char *
write_field(struct qt_text *out, const char *s)
{
    char key[64], value[FIELDS];
    size_t n = strcspn(s, "= ");
    qt_copy_n(key, sizeof key, s, n);
    s += n + (s[n] == '=');
    bool is_quoted = *s == '"';
    s += is_quoted;
    n = is_quoted ? strcspn(s, "\"") : strcspn(s, " ");
    qt_copy_n(value, sizeof value, s, n);
    s += n + (is_quoted && s[n] == '"');
    qt_text_add_char(out, ',');
    qt_text_add_json_string(out, key);
    qt_text_add_char(out, ':');
    qt_text_add_json_string(out, value);
    return s + strspn(s, " ");
}

static void
write_json(struct qt_text *out, const struct qt_log *log, enum qt_log_level level,
           const char *event, const char *fields)
{
    char time[QT_TIME_TEXT];
    qt_text_addf(out, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":",
                 qt_time_format(qt_now_utc_ns(), time), qt_log_level_name(level));
    qt_text_add_json_string(out, event);
    if (log->correlation[0])
        qt_text_addf(out, ",\"id\":\"%s\"", log->correlation);
    while (*fields && out->length < RECORD - 200)
        fields = write_field(out, fields);
    qt_text_add_char(out, '}');
}

void
qt_log_event(struct qt_log *log, enum qt_log_level level, const char *event, const char *fields,
             ...)
{
    if (!log || level > log->level)
        return;
    char values[FIELDS], record[RECORD];
    va_list args;
    va_start(args, fields);
    vsnprintf(values, sizeof values, fields, args);
    va_end(args);
    qt_text_clean(values);
    struct qt_text out;
    qt_text_init(&out, record, sizeof record - 1); /* room for the newline */
    if (log->format == QT_LOG_JSON)
        write_json(&out, log, level, event, values);
    else
        write_text(&out, log, level, event, values);
    record[out.length] = '\n';
    if (write(log->fd, record, out.length + 1) != (ssize_t)out.length + 1)
        atomic_fetch_add_explicit(&log->lost, 1, memory_order_relaxed);
}

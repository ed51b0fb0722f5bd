/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One record, one line, one write(2). The fields are formatted here and not by printf, because only
 * here is it still known which bytes are the program's and which came from outside: a value from
 * outside that holds a blank, a quote or a "=" is quoted and escaped, so that it never becomes a
 * second field or a second record (fault A5).
 *
 * Sizes: FIELDS bytes grow at most 3.5 times as JSON ('a ' becomes ',"a":""'), so a record always
 * fits RECORD, which is PIPE_BUF: a pipe takes it whole.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/error.h"
#include "qtrade/base/log.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

enum { RECORD = 4096, FIELDS = 960, NAME = 48 };

struct qt_log {
    int fd;
    bool owns_fd;
    enum qt_log_level level;
    enum qt_log_format format;
    atomic_uint_fast64_t lost; /* a counter: relaxed */
    atomic_bool is_torn; /* the last write was cut short: the next record begins a line; relaxed */
};

_Static_assert(RECORD <= PIPE_BUF, "a record must reach a pipe in one piece");

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

uint64_t
qt_log_lost(const struct qt_log *log)
{
    return atomic_load_explicit(&log->lost, memory_order_relaxed);
}

/* One conversion of a format: "%-8.3lf". */
struct conversion {
    char spec[32]; /* without its length modifier: "%-8.3" */
    char size;     /* 0, 'h' (h, hh), 'l', 'q' (ll, j) or 'z' (z, t) */
    char kind;     /* 'd', 's', ... */
    int precision; /* -1: none */
};

/* A number, or "*" whose number is the next argument; -1: none. */
static int
read_number(const char **p, va_list *args)
{
    if (**p == '*') {
        ++*p;
        return va_arg(*args, int);
    }
    if (**p < '0' || **p > '9')
        return -1;
    int n = 0;
    for (; **p >= '0' && **p <= '9' && n < 10000; ++*p)
        n = n * 10 + (**p - '0');
    return n;
}

/* Reads the conversion whose '%' stands before p; returns what follows it. */
static const char *
read_conversion(const char *p, va_list *args, struct conversion *out)
{
    struct qt_text spec;
    *out = (struct conversion){.precision = -1};
    qt_text_init(&spec, out->spec, sizeof out->spec);
    qt_text_add_char(&spec, '%');
    for (; *p && strchr("-+ #0", *p); p++)
        qt_text_add_char(&spec, *p);
    int width = read_number(&p, args);
    if (width >= 0)
        qt_text_addf(&spec, "%d", width);
    if (*p == '.') {
        p++;
        int precision = read_number(&p, args);
        out->precision = QT_MAX(precision, 0);
        qt_text_addf(&spec, ".%d", out->precision);
    }
    for (; *p && strchr("hljzt", *p); p++)
        out->size = *p == 'j' || (*p == 'l' && out->size == 'l') ? 'q' : *p == 't' ? 'z' : *p;
    out->kind = *p;
    return *p ? p + 1 : p;
}

static intmax_t
take_signed(char size, va_list *args)
{
    return size == 'l'   ? va_arg(*args, long)
           : size == 'q' ? va_arg(*args, long long)
           : size == 'z' ? va_arg(*args, ptrdiff_t)
                         : va_arg(*args, int);
}

static uintmax_t
take_unsigned(char size, va_list *args)
{
    return size == 'l'   ? va_arg(*args, unsigned long)
           : size == 'q' ? va_arg(*args, unsigned long long)
           : size == 'z' ? va_arg(*args, size_t)
                         : va_arg(*args, unsigned);
}

/* A value from outside: cleaned, escaped, in quotes of its own when it needs them and has none
 * around it. */
static void
add_value(struct qt_text *out, const char *s, size_t n, bool is_quoted)
{
    char value[FIELDS];
    if (!qt_copy_n(value, sizeof value, s, n))
        out->is_cut = true;
    qt_text_clean(value);
    bool needs_quotes = !is_quoted && (!value[0] || strpbrk(value, " \"=\\"));
    if (needs_quotes)
        qt_text_add_char(out, '"');
    for (const char *p = value; *p; p++) {
        if (*p == '"' || *p == '\\')
            qt_text_add_char(out, '\\');
        qt_text_add_char(out, *p);
    }
    if (needs_quotes)
        qt_text_add_char(out, '"');
}

static void
add_conversion(struct qt_text *out, struct conversion *c, bool is_quoted, va_list *args)
{
    char text[400]; /* "%f" of the largest double has 316 characters */
    size_t n = strlen(c->spec), room = sizeof c->spec - n;
    snprintf(c->spec + n, room, strchr("diouxX", c->kind) ? "j%c" : "%c", c->kind);
    switch (c->kind) {
    case 's': {
        const char *s = va_arg(*args, const char *);
        s = s ? s : "(null)";
        add_value(out, s, c->precision >= 0 ? strnlen(s, (size_t)c->precision) : strlen(s),
                  is_quoted);
        return;
    }
    case 'c':
        text[0] = (char)va_arg(*args, int);
        add_value(out, text, 1, is_quoted);
        return;
    case 'd':
    case 'i':
        snprintf(text, sizeof text, c->spec, take_signed(c->size, args));
        break;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        snprintf(text, sizeof text, c->spec, take_unsigned(c->size, args));
        break;
    case 'p':
        snprintf(text, sizeof text, c->spec, va_arg(*args, const void *));
        break;
    default: /* a letter, not an enum */
        qt_assert(c->kind && strchr("fFeEgGaA", c->kind));
        snprintf(text, sizeof text, c->spec, va_arg(*args, double));
    }
    qt_text_add(out, text);
}

/* The fields as text. */
static void
add_fields(struct qt_text *out, const char *format, va_list *args)
{
    bool is_quoted = false;
    for (const char *p = format; *p;) {
        if (*p != '%' || p[1] == '%') {
            is_quoted ^= *p == '"';
            qt_text_add_char(out, *p);
            p += *p == '%' ? 2 : 1;
            continue;
        }
        struct conversion c;
        p = read_conversion(p + 1, args, &c);
        add_conversion(out, &c, is_quoted, args);
    }
}

static void
write_text(struct qt_text *out, enum qt_log_level level, const char *event,
           const struct qt_text *fields)
{
    char time[QT_TIME_TEXT];
    qt_text_addf(out, "%s %-5s %s", qt_time_format(qt_now_utc_ns(), time), qt_log_level_name(level),
                 event);
    if (fields->length)
        qt_text_addf(out, " %s", fields->buffer);
    if (fields->is_cut)
        qt_text_add(out, " ...");
}

/* One key=value or key="value" of fields; returns where the next begins. */
static const char *
write_field(struct qt_text *out, const char *s)
{
    char key[FIELDS], value[FIELDS];
    struct qt_text text;
    size_t n = strcspn(s, "= ");
    qt_copy_n(key, sizeof key, s, n);
    s += n + (s[n] == '=');
    qt_text_init(&text, value, sizeof value);
    bool is_quoted = *s == '"';
    for (s += is_quoted; *s && *s != (is_quoted ? '"' : ' '); s++) {
        if (is_quoted && *s == '\\' && s[1])
            s++;
        qt_text_add_char(&text, *s);
    }
    s += *s == '"';
    qt_text_add_char(out, ',');
    qt_text_add_json_string(out, key);
    qt_text_add_char(out, ':');
    qt_text_add_json_string(out, value);
    return s + strspn(s, " ");
}

static void
write_json(struct qt_text *out, enum qt_log_level level, const char *event,
           const struct qt_text *fields)
{
    char time[QT_TIME_TEXT];
    qt_text_addf(out, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":",
                 qt_time_format(qt_now_utc_ns(), time), qt_log_level_name(level));
    qt_text_add_json_string(out, event);
    for (const char *s = fields->buffer; *s;)
        s = write_field(out, s);
    qt_text_add(out, fields->is_cut ? ",\"cut\":true}" : "}");
}

/* record[0] is a newline and record[1..n) the line with its own. */
static void
put(struct qt_log *log, const char *record, size_t n)
{
    bool was_torn = atomic_exchange_explicit(&log->is_torn, false, memory_order_relaxed);
    const char *from = was_torn ? record : record + 1;
    size_t size = was_torn ? n : n - 1;
    ssize_t written = write(log->fd, from, size);
    if (written == (ssize_t)size)
        return;
    atomic_fetch_add_explicit(&log->lost, 1, memory_order_relaxed);
    if (written > 0 || was_torn)
        atomic_store_explicit(&log->is_torn, true, memory_order_relaxed);
}

void
qt_log_event(struct qt_log *log, enum qt_log_level level, const char *event, const char *fields,
             ...)
{
    if (!log || level > log->level)
        return;
    char values[FIELDS], record[RECORD], name[NAME];
    struct qt_text text, out;
    va_list args;
    qt_text_init(&text, values, sizeof values);
    va_start(args, fields);
    add_fields(&text, fields, &args);
    va_end(args);
    qt_text_clean(values); /* a character cut in two at the end */
    qt_copy(name, sizeof name, event);
    qt_text_clean(name);
    qt_text_init(&out, record, sizeof record - 1); /* room for the newline */
    qt_text_add_char(&out, '\n');
    if (log->format == QT_LOG_JSON)
        write_json(&out, level, name, &text);
    else
        write_text(&out, level, name, &text);
    record[out.length] = '\n';
    put(log, record, out.length + 1);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text is made beside err and copied at the end, so that a caller may quote err->text in its
 * own format.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"

/* What format says, then ": " and after (NULL: nothing), cut at the size of an error's text. */
static void
say(struct qt_error *err, const char *after, const char *format, va_list args)
{
    char text[sizeof err->text];
    vsnprintf(text, sizeof text, format, args);
    size_t n = strlen(text);
    if (after)
        snprintf(text + n, sizeof text - n, ": %s", after);
    memcpy(err->text, text, sizeof text);
}

bool
qt_fail(struct qt_error *err, enum qt_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(err, NULL, format, args);
    va_end(args);
    err->code = code;
    return false;
}

bool
qt_fail_errno(struct qt_error *err, enum qt_code code, const char *format, ...)
{
    int saved = errno;
    char why[128];
    va_list args;
    va_start(args, format);
    say(err, strerror_r(saved, why, sizeof why), format, args);
    va_end(args);
    err->code = code;
    return false;
}

bool
qt_error_add(struct qt_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(err, err->text, format, args);
    va_end(args);
    return false;
}

int
qt_code_exit_status(enum qt_code code)
{
    static const int status[QT_E_CODES] = {
        [QT_E_FAILED] = 1, [QT_E_USAGE] = 2,    [QT_E_CONFIG] = 3,
        [QT_E_LOCKED] = 4, [QT_E_NOENGINE] = 5, [QT_E_VERIFY] = 6,
        [QT_E_DATA] = 7,   [QT_E_IO] = 1,       [QT_E_MEMORY] = 1};
    return (unsigned)code < QT_E_CODES ? status[code] : 1;
}

void
qt_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "qtrade: bug: %s:%d: %s does not hold (please report it)\n", file, line,
            condition);
    abort();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"

bool
qt_fail(struct qt_error *err, enum qt_code code, const char *format, ...)
{
    va_list args;
    err->code = code;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

bool
qt_fail_errno(struct qt_error *err, enum qt_code code, const char *format, ...)
{
    int saved = errno;
    va_list args;
    err->code = code;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(saved));
    return false;
}

bool
qt_error_add(struct qt_error *err, const char *format, ...)
{
    char before[sizeof err->text];
    va_list args;
    memcpy(before, err->text, sizeof before);
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, ": %s", before);
    return false;
}

int
qt_code_exit_status(enum qt_code code)
{
    static const int status[QT_E_CODES] = {
        [QT_E_FAILED] = 1,   [QT_E_USAGE] = 2,  [QT_E_CONFIG] = 3, [QT_E_LOCKED] = 4,
        [QT_E_NOENGINE] = 5, [QT_E_VERIFY] = 6, [QT_E_DATA] = 7,   [QT_E_IO] = 1,
        [QT_E_MEMORY] = 1};
    return (unsigned)code < QT_E_CODES ? status[code] : 1;
}

void
qt_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "qtrade: bug: %s:%d: %s does not hold (please report it)\n", file, line,
            condition);
    abort();
}

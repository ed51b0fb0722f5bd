/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors: the world failed (a file is cut, a venue is down, a config is wrong). The caller owns the
 * struct and decides who hears it; a function that fails returns false and has filled it.
 */
#ifndef QTRADE_BASE_ERROR_H
#define QTRADE_BASE_ERROR_H

#include <stdbool.h>

#include "qtrade/base/attr.h"

/** What kind of thing failed; cli turns it into the exit status (design, section 6). */
enum qt_code {
    QT_E_NONE = 0,
    QT_E_FAILED,   /* exit 1: anything without a code of its own */
    QT_E_USAGE,    /* exit 2: wrong words on the command line */
    QT_E_CONFIG,   /* exit 3: the config is wrong */
    QT_E_LOCKED,   /* exit 4: store locked, or the wrong key */
    QT_E_NOENGINE, /* exit 5: no engine is running */
    QT_E_VERIFY,   /* exit 6: a verification did not hold */
    QT_E_DATA,     /* exit 7: bad input data */
    QT_E_IO,       /* exit 1: a file, socket or terminal failed */
    QT_E_MEMORY,   /* exit 1: no memory */
    QT_E_CODES
};

struct qt_error {
    enum qt_code code;
    char text[480];
};

/** Fills err with a code and a printf-style text ("what failed: why (what to do)"). Returns false.
 */
bool qt_fail(struct qt_error *err, enum qt_code code, const char *format, ...) QT_PRINTF(3, 4);

/** Like qt_fail, with ": " and the text of errno (saved on entry) at the end. Returns false. */
bool qt_fail_errno(struct qt_error *err, enum qt_code code, const char *format, ...)
    QT_PRINTF(3, 4);

/** Going up: puts "what it was for: " before the text of err, cut at its size. Returns false. */
bool qt_error_add(struct qt_error *err, const char *format, ...) QT_PRINTF(2, 3);

/** The exit status of the command line for a code, 0..7. */
int qt_code_exit_status(enum qt_code code);

/** Stops the program with file, line and the condition: a bug of ours. Never returns. */
QT_NORETURN void qt_assert_failed(const char *condition, const char *file, int line);

/** On in release builds too: a broken invariant aborts, a restart recovers. */
#define qt_assert(condition)                                                                       \
    ((condition) ? (void)0 : qt_assert_failed(#condition, __FILE__, __LINE__))

#endif

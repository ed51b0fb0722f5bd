/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets from people and programs: typed at the terminal without being shown, or read from a file
 * descriptor. Never an argument, never the environment. */
#ifndef QTRADE_CLI_ASKING_PRIV_H
#define QTRADE_CLI_ASKING_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/store/key.h"

/** A secret on its way; sodium_mlock it before, sodium_munlock (which wipes) it after. */
struct qt__secret {
    unsigned char bytes[QT_PASSPHRASE_MAX];
    size_t n;
};

/** One line from the terminal, not shown; what names it in errors ("the passphrase"). False:
 * QT_E_LOCKED: there is no terminal; if_bad: the line is empty, too long or cut. */
QT_CHECKED bool qt__ask(const char *prompt, const char *what, enum qt_code if_bad,
                        struct qt__secret *out, struct qt_error *err);
/** All that descriptor fd gives, to its end. False: QT_E_USAGE: it is not open, a terminal or cannot
 * be read, or gives nothing, or more than fits. */
QT_CHECKED bool qt__read_secret(int fd, struct qt__secret *out, struct qt_error *err);
/** Whether memory can be locked at all, looked at once for the process. Where it cannot: false when
 * is_needed (QT_E_LOCKED), else one line on stderr. */
QT_CHECKED bool qt__lock_works(bool is_needed, struct qt_error *err);

#endif

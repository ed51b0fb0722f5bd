/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A build without the list, for another processor, or with a sanitizer, whose runtime calls what the list refuses. */
#include "qt_config.h"
#include "qtrade/base/text.h"

#include "sandbox_priv.h"

bool
qt__seccomp_is_there(char why[96])
{
    qt_copy(why, 96, QT_SECCOMP_ABSENT);
    return false;
}

bool
qt__seccomp_enter(const struct qt__sandbox_config *config, bool may_spawn, char why[96])
{
    (void)may_spawn;
    (void)config;
    qt_copy(why, 96, QT_SECCOMP_ABSENT);
    return false;
}

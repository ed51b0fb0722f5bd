/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/base/signals.h"

#include <pthread.h>
#include <stddef.h>

void
qt_signals_block(sigset_t *out_before)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t others;
    sigfillset(&others);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigdelset(&others, crashes[i]);
    pthread_sigmask(SIG_SETMASK, &others, out_before);
}

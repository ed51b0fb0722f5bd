/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals of threads that have nothing to do with them. */
#ifndef QTRADE_BASE_SIGNALS_H
#define QTRADE_BASE_SIGNALS_H

#include <signal.h>

/**
 * From now on this thread, and those that it starts, take no signal but those of a crash: where
 * they were blocked too, a crash would end the process without its handler, which gives the
 * terminal back. out_before: what was blocked until now, for pthread_sigmask.
 */
void qt_signals_block(sigset_t *out_before);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two libraries that do not say where memory was missing (fault R1), watched.
 */
#ifndef QTRADE_CLI_MEMORY_PRIV_H
#define QTRADE_CLI_MEMORY_PRIV_H

#include <stdbool.h>

/** First of all in main: libcrypto makes its tables; without memory for them the program ends here,
 * with one line and nothing opened. */
void qt__memory_begin(void);
/** Whether this thread built a JSON document since the program began from which something was left
 * out for want of memory. */
bool qt__memory_was_short(void);

#endif

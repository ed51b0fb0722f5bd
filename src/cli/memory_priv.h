/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two libraries that do not say where memory was missing (fault R1), watched. */
#ifndef QTRADE_CLI_MEMORY_PRIV_H
#define QTRADE_CLI_MEMORY_PRIV_H

/** First of all in main: jansson takes watched memory (qtrade/base/memory.h) from now on, and
 * libcrypto makes its tables; without memory for those the program ends here, with one line and
 * nothing opened. */
void qt__memory_begin(void);

#endif

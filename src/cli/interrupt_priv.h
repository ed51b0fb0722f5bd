/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person does who does not want to wait for the end. */
#ifndef QTRADE_CLI_INTERRUPT_PRIV_H
#define QTRADE_CLI_INTERRUPT_PRIV_H

#include <stdbool.h>

/** From here on the first SIGINT or SIGTERM is kept, the second one kills. For programs of one run. */
void qt__interrupt_begin(void);
/** One has come since. Any thread. */
bool qt__interrupted(void);

#endif

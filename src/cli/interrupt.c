/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "interrupt_priv.h"

static volatile sig_atomic_t interrupted;

static void
on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

void
qt__interrupt_begin(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    interrupted = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool
qt__interrupted(void)
{
    return interrupted != 0;
}

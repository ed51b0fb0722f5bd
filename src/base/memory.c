/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/base/memory.h"

#include <stdlib.h>

static _Thread_local bool was_short;

void *
qt_memory_watched(size_t n)
{
    void *memory = malloc(n);
    was_short |= memory == NULL;
    return memory;
}

bool
qt_memory_was_short(void)
{
    return was_short;
}

void
qt_memory_watch(void)
{
    was_short = false;
}

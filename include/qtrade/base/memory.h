/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for libraries that leave out what they have none for and do not say so (jansson, of a
 * document): what they take is watched, by thread.
 */
#ifndef QTRADE_BASE_MEMORY_H
#define QTRADE_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** malloc, watched; free gives it back. NULL: there is none. Any thread. */
void *qt_memory_watched(size_t n);
/** Whether this thread was given none since the last qt_memory_watch, or since it began. */
bool qt_memory_was_short(void);
/** From now on this thread's are watched anew. */
void qt_memory_watch(void);

#endif

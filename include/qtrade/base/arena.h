/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory taken at start with a stated maximum; allocation is a pointer bump, everything ends at
 * once. One thread at a time.
 */
#ifndef QTRADE_BASE_ARENA_H
#define QTRADE_BASE_ARENA_H

#include <stddef.h>

#include "qtrade/base/attr.h"

struct qt_arena;

struct qt_arena *
qt_arena_create(size_t capacity);              /* NULL: no memory; bytes are mapped when touched */
void qt_arena_destroy(struct qt_arena *arena); /* NULL is fine */
/** n zeroed bytes aligned to align (a power of two <= 64), or NULL when the capacity is used up. */
void *qt_arena_take(struct qt_arena *arena, size_t n, size_t align);
void qt_arena_clear(struct qt_arena *arena); /* everything taken is given back */

#define qt_arena_new(arena, type, count)                                                           \
    ((type *)qt_arena_take((arena), sizeof(type) * (count), _Alignof(type)))

#endif

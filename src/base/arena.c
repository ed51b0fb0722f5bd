/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One mapping, one pointer that moves up. Bytes cost memory when they are first touched; what is
 * cleared is zeroed at once, so that taken bytes are always zero.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "qtrade/base/arena.h"
#include "qtrade/base/error.h"

struct qt_arena {
    unsigned char *memory;
    size_t capacity, used;
};

struct qt_arena *
qt_arena_create(size_t capacity)
{
    struct qt_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        return NULL;
    capacity += capacity == 0;
    arena->memory = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena->memory == MAP_FAILED) {
        free(arena);
        return NULL;
    }
    arena->capacity = capacity;
    return arena;
}

void
qt_arena_destroy(struct qt_arena *arena)
{
    if (!arena)
        return;
    munmap(arena->memory, arena->capacity);
    free(arena);
}

void *
qt_arena_take(struct qt_arena *arena, size_t n, size_t align)
{
    qt_assert(align > 0 && align <= 64 && (align & (align - 1)) == 0);
    size_t at = (arena->used + align - 1) & ~(align - 1);
    if (at > arena->capacity || n > arena->capacity - at)
        return NULL;
    arena->used = at + n;
    return arena->memory + at;
}

void
qt_arena_clear(struct qt_arena *arena)
{
    memset(arena->memory, 0, arena->used); /* what is taken next must be zeroed */
    arena->used = 0;
}

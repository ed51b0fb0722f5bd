/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linear probing in a table of a power of two, at most half full; removal shifts the cluster back,
 * so there are no tombstones.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/map.h"
#include "qtrade/base/text.h"

#define EMPTY UINT64_MAX
#define KEY_BYTES 48

struct slot {
    uint64_t key, value;
};

struct qt_map {
    size_t mask, count, max;
    struct slot slot[];
};

/* 0: more than memory could hold. */
static size_t
table_size(size_t max)
{
    size_t n = 16;
    if (max > SIZE_MAX / 1024)
        return 0;
    while (n < max * 2)
        n *= 2;
    return n;
}

static size_t
home(uint64_t key, size_t mask)
{
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 33;
    return (size_t)key & mask;
}

struct qt_map *
qt_map_create(size_t max_entries)
{
    size_t n = table_size(max_entries);
    struct qt_map *map = n ? malloc(sizeof *map + n * sizeof map->slot[0]) : NULL;
    if (!map)
        return NULL;
    map->mask = n - 1;
    map->max = max_entries;
    qt_map_clear(map);
    return map;
}

void
qt_map_destroy(struct qt_map *map)
{
    free(map);
}

void
qt_map_clear(struct qt_map *map)
{
    map->count = 0;
    for (size_t i = 0; i <= map->mask; i++)
        map->slot[i].key = EMPTY;
}

static size_t
find(const struct qt_map *map, uint64_t key)
{
    size_t i = home(key, map->mask);
    while (map->slot[i].key != EMPTY && map->slot[i].key != key)
        i = (i + 1) & map->mask;
    return i;
}

bool
qt_map_put(struct qt_map *map, uint64_t key, uint64_t value)
{
    if (key == EMPTY)
        return false;
    size_t i = find(map, key);
    if (map->slot[i].key == EMPTY) {
        if (map->count == map->max)
            return false;
        map->count++;
    }
    map->slot[i] = (struct slot){key, value};
    return true;
}

bool
qt_map_get(const struct qt_map *map, uint64_t key, uint64_t *out)
{
    size_t i = find(map, key);
    if (key == EMPTY || map->slot[i].key == EMPTY)
        return false;
    *out = map->slot[i].value;
    return true;
}

bool
qt_map_remove(struct qt_map *map, uint64_t key)
{
    size_t hole = find(map, key);
    if (key == EMPTY || map->slot[hole].key == EMPTY)
        return false;
    for (size_t i = (hole + 1) & map->mask; map->slot[i].key != EMPTY; i = (i + 1) & map->mask) {
        size_t want = home(map->slot[i].key, map->mask);
        if (((i - want) & map->mask) >= ((i - hole) & map->mask)) {
            map->slot[hole] = map->slot[i];
            hole = i;
        }
    }
    map->slot[hole].key = EMPTY;
    map->count--;
    return true;
}

size_t
qt_map_count(const struct qt_map *map)
{
    return map->count;
}

struct text_slot {
    char key[KEY_BYTES]; /* key[0..length), length 0: empty */
    size_t length;
    uint64_t value;
};

struct qt_textmap {
    size_t mask, count, max;
    struct text_slot slot[];
};

struct qt_textmap *
qt_textmap_create(size_t max_entries)
{
    size_t n = table_size(max_entries);
    struct qt_textmap *map = n ? calloc(1, sizeof *map + n * sizeof map->slot[0]) : NULL;
    if (!map)
        return NULL;
    map->mask = n - 1;
    map->max = max_entries;
    return map;
}

void
qt_textmap_destroy(struct qt_textmap *map)
{
    free(map);
}

static size_t
text_home(const struct qt_textmap *map, const char *key, size_t length)
{
    return (size_t)qt_hash(QT_HASH_START, key, length) & map->mask;
}

static size_t
text_find(const struct qt_textmap *map, const char *key, size_t length)
{
    size_t i = text_home(map, key, length);
    while (map->slot[i].length != 0 &&
           (map->slot[i].length != length || memcmp(map->slot[i].key, key, length) != 0))
        i = (i + 1) & map->mask;
    return i;
}

bool
qt_textmap_put(struct qt_textmap *map, const char *key, size_t length, uint64_t value)
{
    if (length == 0 || length >= KEY_BYTES)
        return false;
    struct text_slot *slot = &map->slot[text_find(map, key, length)];
    if (slot->length == 0) {
        if (map->count == map->max)
            return false;
        map->count++;
        memcpy(slot->key, key, length);
        slot->length = length;
    }
    slot->value = value;
    return true;
}

bool
qt_textmap_get(const struct qt_textmap *map, const char *key, size_t length, uint64_t *out)
{
    if (length == 0 || length >= KEY_BYTES)
        return false;
    const struct text_slot *slot = &map->slot[text_find(map, key, length)];
    if (slot->length == 0)
        return false;
    *out = slot->value;
    return true;
}

bool
qt_textmap_remove(struct qt_textmap *map, const char *key, size_t length)
{
    if (length == 0 || length >= KEY_BYTES)
        return false;
    size_t hole = text_find(map, key, length);
    if (map->slot[hole].length == 0)
        return false;
    for (size_t i = (hole + 1) & map->mask; map->slot[i].length != 0; i = (i + 1) & map->mask) {
        size_t want = text_home(map, map->slot[i].key, map->slot[i].length);
        if (((i - want) & map->mask) >= ((i - hole) & map->mask)) {
            map->slot[hole] = map->slot[i];
            hole = i;
        }
    }
    map->slot[hole].length = 0;
    map->count--;
    return true;
}

size_t
qt_textmap_count(const struct qt_textmap *map)
{
    return map->count;
}

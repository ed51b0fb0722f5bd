/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linear probing in a table of a power of two, at most half full; removal shifts the cluster back,
 * so there are no tombstones.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/bytes.h"
#include "qtrade/base/map.h"

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

#define KEY_WORDS (KEY_BYTES / 8)

struct text_slot {
    uint64_t key[KEY_WORDS]; /* zeroes behind the text */
    size_t length;           /* 0: empty */
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

/* The words of key[0..length), length 1..KEY_BYTES - 1; returns how many. */
static size_t
text_words(const char *key, size_t length, uint64_t words[KEY_WORDS])
{
    size_t n = length / 8, rest = length % 8;
    if (n == 0) {
        words[0] = qt_word_load_short(key, length);
        return 1;
    }
    for (size_t i = 0; i < n; i++)
        words[i] = qt_word_load(key + 8 * i);
    if (rest > 0)
        words[n] = qt_word_load_in(key, length, 8 * n);
    return n + (rest > 0);
}

static size_t
words_home(const struct qt_textmap *map, const uint64_t *words, size_t n)
{
    uint64_t hash = n;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (size_t)hash & map->mask;
}

static size_t
text_home(const struct qt_textmap *map, const struct text_slot *slot)
{
    return words_home(map, slot->key, (slot->length + 7) / 8);
}

static bool
is_words(const struct text_slot *slot, const uint64_t *words, size_t n, size_t length)
{
    if (slot->length != length)
        return false;
    for (size_t i = 0; i < n; i++)
        if (slot->key[i] != words[i])
            return false;
    return true;
}

/* Where key stands or would stand; its words. */
static size_t
text_find(const struct qt_textmap *map, const char *key, size_t length, uint64_t words[KEY_WORDS])
{
    size_t n = text_words(key, length, words), i = words_home(map, words, n);
    while (map->slot[i].length != 0 && !is_words(&map->slot[i], words, n, length))
        i = (i + 1) & map->mask;
    return i;
}

bool
qt_textmap_put(struct qt_textmap *map, const char *key, size_t length, uint64_t value)
{
    if (length == 0 || length >= KEY_BYTES)
        return false;
    uint64_t words[KEY_WORDS] = {0};
    struct text_slot *slot = &map->slot[text_find(map, key, length, words)];
    if (slot->length == 0) {
        if (map->count == map->max)
            return false;
        map->count++;
        memcpy(slot->key, words, sizeof slot->key);
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
    uint64_t words[KEY_WORDS];
    const struct text_slot *slot = &map->slot[text_find(map, key, length, words)];
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
    uint64_t words[KEY_WORDS];
    size_t hole = text_find(map, key, length, words);
    if (map->slot[hole].length == 0)
        return false;
    for (size_t i = (hole + 1) & map->mask; map->slot[i].length != 0; i = (i + 1) & map->mask) {
        size_t want = text_home(map, &map->slot[i]);
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

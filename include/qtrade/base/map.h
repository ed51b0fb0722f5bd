/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open-addressing hash maps with a maximum given at birth: u64 -> u64 and short text -> u64.
 * Iteration order is never used for decisions. One thread at a time.
 */
#ifndef QTRADE_BASE_MAP_H
#define QTRADE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

struct qt_map;
struct qt_map *qt_map_create(size_t max_entries); /* NULL: no memory */
void qt_map_destroy(struct qt_map *map);          /* NULL is fine */
/** Sets key to value, replacing. False: max_entries reached (unchanged). key may be anything but
 * UINT64_MAX. */
QT_CHECKED bool qt_map_put(struct qt_map *map, uint64_t key, uint64_t value);
QT_CHECKED bool qt_map_get(const struct qt_map *map, uint64_t key, uint64_t *out);
bool qt_map_remove(struct qt_map *map, uint64_t key); /* false: was not there */
size_t qt_map_count(const struct qt_map *map);
void qt_map_clear(struct qt_map *map);

struct qt_textmap;
struct qt_textmap *
qt_textmap_create(size_t max_entries); /* keys are copied, at most 47 bytes each */
void qt_textmap_destroy(struct qt_textmap *map);
QT_CHECKED bool qt_textmap_put(struct qt_textmap *map, const char *key, size_t length,
                               uint64_t value);
QT_CHECKED bool qt_textmap_get(const struct qt_textmap *map, const char *key, size_t length,
                               uint64_t *out);
bool qt_textmap_remove(struct qt_textmap *map, const char *key, size_t length);
size_t qt_textmap_count(const struct qt_textmap *map);

#endif

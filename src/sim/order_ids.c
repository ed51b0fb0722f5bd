/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "order_ids_priv.h"

#include <stdio.h>
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/text.h"

enum { HEAD = 6, KEY_SIZE = HEAD + QT_CLIENT_ID_TEXT };

size_t
qt__ids_from(const uint64_t *ids, size_t n, uint64_t id)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
qt__ids_remove(uint64_t *ids, size_t *n, uint64_t id)
{
    size_t i = qt__ids_from(ids, *n, id);
    qt_assert(i < *n && ids[i] == id);
    --*n;
    memmove(ids + i, ids + i + 1, (*n - i) * sizeof *ids);
}

/* Six hex digits of owner and instrument, then the client id. */
static size_t
key_of(struct qt__order_name name, char out[KEY_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint32_t head = (name.owner & 0xff) << 16 | (name.instrument & 0xffff);
    for (int i = 0; i < HEAD; i++)
        out[i] = digits[head >> 4 * (HEAD - 1 - i) & 15];
    size_t n = strnlen(name.client_id, QT_CLIENT_ID_TEXT - 1);
    memcpy(out + HEAD, name.client_id, n);
    return HEAD + n;
}

void
qt__name_make(const char *wanted, uint64_t id, char out[QT_CLIENT_ID_TEXT])
{
    if (wanted[0])
        (void)qt_copy(out, QT_CLIENT_ID_TEXT, wanted);
    else
        snprintf(out, QT_CLIENT_ID_TEXT, "x-%llu", (unsigned long long)id);
}

void
qt__name_put(struct qt_textmap *names, struct qt__order_name name, uint64_t id)
{
    char key[KEY_SIZE];
    size_t n = key_of(name, key);
    bool is_kept = qt_textmap_put(names, key, n, id);
    qt_assert(is_kept);
}

void
qt__name_forget(struct qt_textmap *names, struct qt__order_name name, uint64_t id)
{
    char key[KEY_SIZE];
    uint64_t now;
    size_t n = key_of(name, key);
    if (qt_textmap_get(names, key, n, &now) && now == id)
        qt_textmap_remove(names, key, n);
}

bool
qt__name_find(const struct qt_textmap *names, struct qt__order_name name, uint64_t *out_id)
{
    char key[KEY_SIZE];
    if (!name.client_id)
        return false;
    size_t n = key_of(name, key);
    return qt_textmap_get(names, key, n, out_id);
}

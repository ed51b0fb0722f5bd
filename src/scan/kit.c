/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several indicators in one block; rows are few, so that finding one by name costs less than its
 * update. */
#include "qtrade/scan/kit.h"

#include <string.h>

#include "qtrade/base/error.h"

static const struct qt_indicator *
indicator_of(const struct qt_kit_row *row)
{
    const struct qt_indicator *ind = qt_indicator_find(row->name);
    qt_assert(ind != NULL);
    return ind;
}

size_t
qt_kit_bytes(const struct qt_kit_row *rows, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += indicator_of(&rows[i])->state_size(rows[i].params);
    return bytes;
}

void
qt_kit_init(void *block, size_t capacity, const struct qt_kit_row *rows, size_t n)
{
    qt_assert(qt_kit_bytes(rows, n) <= capacity);
    memset(block, 0, capacity);
    unsigned char *state = block;
    for (size_t i = 0; i < n; i++) {
        const struct qt_indicator *ind = indicator_of(&rows[i]);
        ind->init(state, rows[i].params);
        state += ind->state_size(rows[i].params);
    }
}

void
qt_kit_update(void *block, const struct qt_kit_row *rows, size_t n, const struct qt_ohlcv *bar)
{
    unsigned char *state = block;
    for (size_t i = 0; i < n; i++) {
        const struct qt_indicator *ind = indicator_of(&rows[i]);
        ind->update(state, bar);
        state += ind->state_size(rows[i].params);
    }
}

bool
qt_kit_values(const void *block, const struct qt_kit_row *rows, size_t n,
              double (*out)[QT_INDICATOR_OUTPUTS])
{
    const unsigned char *state = block;
    bool is_warm = true;
    for (size_t i = 0; i < n; i++) {
        const struct qt_indicator *ind = indicator_of(&rows[i]);
        if (!ind->value(state, out[i])) {
            memset(out[i], 0, sizeof out[i]);
            is_warm = false;
        }
        state += ind->state_size(rows[i].params);
    }
    return is_warm;
}

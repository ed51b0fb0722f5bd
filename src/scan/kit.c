/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several indicators in one block: HEAD bytes with the place of each in the table, so that no bar
 * looks for a name, then their states.
 */
#include "qtrade/scan/kit.h"

#include <stdint.h>
#include <string.h>

#include "qtrade/base/error.h"

enum { HEAD = QT_KIT_ROWS };

static uint8_t
index_of(const struct qt_kit_row *row)
{
    const struct qt_indicator *ind = qt_indicator_find(row->name);
    unsigned i = 0;
    qt_assert(ind != NULL);
    while (qt_indicators[i] != ind)
        i++;
    qt_assert(i <= UINT8_MAX);
    return (uint8_t)i;
}

size_t
qt_kit_bytes(const struct qt_kit_row *rows, size_t n)
{
    size_t bytes = HEAD;
    for (size_t i = 0; i < n; i++)
        bytes += qt_indicators[index_of(&rows[i])]->state_size(rows[i].params);
    return bytes;
}

void
qt_kit_init(void *block, size_t capacity, const struct qt_kit_row *rows, size_t n)
{
    qt_assert(n <= QT_KIT_ROWS && qt_kit_bytes(rows, n) <= capacity);
    memset(block, 0, capacity);
    uint8_t *index = block;
    unsigned char *state = index + HEAD;
    for (size_t i = 0; i < n; i++) {
        index[i] = index_of(&rows[i]);
        qt_indicators[index[i]]->init(state, rows[i].params);
        state += qt_indicators[index[i]]->state_size(rows[i].params);
    }
}

void
qt_kit_update(void *block, const struct qt_kit_row *rows, size_t n, const struct qt_ohlcv *bar)
{
    const uint8_t *index = block;
    unsigned char *state = (unsigned char *)block + HEAD;
    for (size_t i = 0; i < n; i++) {
        const struct qt_indicator *ind = qt_indicators[index[i]];
        ind->update(state, bar);
        state += ind->state_size(rows[i].params);
    }
}

bool
qt_kit_values(const void *block, const struct qt_kit_row *rows, size_t n,
              double (*out)[QT_INDICATOR_OUTPUTS])
{
    const uint8_t *index = block;
    const unsigned char *state = index + HEAD;
    bool is_warm = true;
    for (size_t i = 0; i < n; i++) {
        const struct qt_indicator *ind = qt_indicators[index[i]];
        if (!ind->value(state, out[i])) {
            memset(out[i], 0, sizeof out[i]);
            is_warm = false;
        }
        state += ind->state_size(rows[i].params);
    }
    return is_warm;
}

bool
qt_kit_is_sound(const void *block, const struct qt_kit_row *rows, size_t n)
{
    const uint8_t *index = block;
    const unsigned char *state = index + HEAD;
    for (size_t i = 0; i < n; i++) {
        const struct qt_indicator *ind = qt_indicators[index_of(&rows[i])];
        if (index[i] != index_of(&rows[i]) || !ind->is_sound ||
            !ind->is_sound(state, rows[i].params))
            return false;
        state += ind->state_size(rows[i].params);
    }
    return true;
}

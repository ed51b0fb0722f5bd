/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kit: several indicators with fixed parameters that are fed together, their states side by side
 * in one block of the owner's. Plain data without pointers.
 */
#ifndef QTRADE_SCAN_KIT_H
#define QTRADE_SCAN_KIT_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/indicator/indicator.h"

/** One indicator of a kit; params as its rows say, all of them. */
struct qt_kit_row {
    const char *name;
    double params[QT_INDICATOR_PARAMS];
};

#define QT_KIT_ROWS 16 /* at most */

/** Bytes of all states, and of what the kit keeps before them. */
size_t qt_kit_bytes(const struct qt_kit_row *rows, size_t n);
/** Empties the states; capacity < qt_kit_bytes is a bug. block is aligned to QT_INDICATOR_ALIGN. */
void qt_kit_init(void *block, size_t capacity, const struct qt_kit_row *rows, size_t n);
/** Feeds a closed bar to all. */
void qt_kit_update(void *block, const struct qt_kit_row *rows, size_t n,
                   const struct qt_ohlcv *bar);
/** All outputs, row by row. False while one of them warms up (out then holds what there is). */
QT_CHECKED bool qt_kit_values(const void *block, const struct qt_kit_row *rows, size_t n,
                              double (*out)[QT_INDICATOR_OUTPUTS]);

/** Whether a block that came from outside can be one of these rows: see is_sound of an indicator. */
bool qt_kit_is_sound(const void *block, const struct qt_kit_row *rows, size_t n);

#endif

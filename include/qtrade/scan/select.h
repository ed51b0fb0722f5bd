/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Last stage: best score first, skipping what moves together with an already selected one, until
 * the top is full.
 */
#ifndef QTRADE_SCAN_SELECT_H
#define QTRADE_SCAN_SELECT_H

#include <stddef.h>
#include <stdint.h>

#include "qtrade/scan/symbol.h"

#define QT_SCAN_TOP_MAX 16

/**
 * Walks order[0..ranked) (indices into rows and symbols, best first), marks fate and worst
 * correlation of every row it reaches, and writes the chosen indices to selected (QT_SCAN_TOP_MAX
 * slots). Pairs are computed only for candidates against what is selected already. Returns how many
 * were selected.
 */
uint32_t qt_select_top(const struct qt_scan_config *config, struct qt_scan_row *rows,
                       const struct qt_scan_symbol *const *symbols, const uint32_t *order,
                       uint32_t ranked, uint32_t *selected);

#endif

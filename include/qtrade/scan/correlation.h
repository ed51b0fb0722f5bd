/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Correlation of two symbols' log returns over their common bars.
 */
#ifndef QTRADE_SCAN_CORRELATION_H
#define QTRADE_SCAN_CORRELATION_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/scan/symbol.h"

/**
 * Pearson correlation of the log returns between consecutive common times, over the newest window
 * returns at most (window < QT_SCAN_CLOSES). False when there are fewer than min_returns, or a side
 * does not vary: unknown, which is not 0. out -1..1. Reads only; any shard.
 */
QT_CHECKED bool qt_scan_correlation(const struct qt_scan_symbol *a, const struct qt_scan_symbol *b,
                                    uint32_t window, uint32_t min_returns, double *out);

#endif

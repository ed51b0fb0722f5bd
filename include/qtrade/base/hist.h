/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HDR-style histogram of non-negative int64 values (nanoseconds mostly): 2^5 linear steps per power
 * of two, so a quantile is within 3.2 % of the true value. Fixed size, no allocation. One writer.
 */
#ifndef QTRADE_BASE_HIST_H
#define QTRADE_BASE_HIST_H

#include <stdint.h>

#define QT_HIST_BUCKETS 1920

struct qt_hist {
    uint64_t counts[QT_HIST_BUCKETS];
    uint64_t n;
    int64_t min, max;
};

void qt_hist_init(struct qt_hist *hist);
void qt_hist_add(struct qt_hist *hist, int64_t value); /* negative counts as 0 */
/** Value at quantile q (0..1); 0 when empty. */
int64_t qt_hist_quantile(const struct qt_hist *hist, double q);

#endif

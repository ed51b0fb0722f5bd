/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Correlation over common times: both rings are walked from the newest back, and only times that
 * both have count. */
#include "qtrade/scan/correlation.h"

#include "qtrade/base/num.h"

/* Fills the log closes at common times, newest first; how many, at most max. */
static size_t
common_closes(const struct qt_scan_symbol *a, const struct qt_scan_symbol *b, double *x, double *y,
              size_t max)
{
    uint64_t held_a = QT_MIN(a->bars, QT_SCAN_CLOSES), held_b = QT_MIN(b->bars, QT_SCAN_CLOSES);
    size_t n = 0;
    for (uint64_t i = 0, j = 0; i < held_a && j < held_b && n < max;) {
        uint64_t at_a = (a->bars - 1 - i) % QT_SCAN_CLOSES;
        uint64_t at_b = (b->bars - 1 - j) % QT_SCAN_CLOSES;
        if (a->number[at_a] == b->number[at_b]) {
            x[n] = a->log_close[at_a];
            y[n++] = b->log_close[at_b];
            i++;
            j++;
        } else if (a->number[at_a] > b->number[at_b]) {
            i++;
        } else {
            j++;
        }
    }
    return n;
}

bool
qt_scan_correlation(const struct qt_scan_symbol *a, const struct qt_scan_symbol *b, uint32_t window,
                    uint32_t min_returns, double *out)
{
    double x[QT_SCAN_CLOSES], y[QT_SCAN_CLOSES];
    qt_assert(window < QT_SCAN_CLOSES && a->period_ns == b->period_ns);
    size_t n = common_closes(a, b, x, y, window + 1);
    if (n < 3 || n - 1 < min_returns)
        return false;
    double mean_x = (x[0] - x[n - 1]) / (double)(n - 1),
           mean_y = (y[0] - y[n - 1]) / (double)(n - 1);
    double xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double dx = x[i] - x[i + 1] - mean_x, dy = y[i] - y[i + 1] - mean_y;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    /* A constant series leaves only rounding behind: logs are below 64, an ulp there is 7e-15. */
    double noise = (double)n * 1e-27;
    if (xx <= noise || yy <= noise)
        return false;
    *out = qt_clamp(xy / (qt_sqrt(xx) * qt_sqrt(yy)), -1, 1);
    return true;
}

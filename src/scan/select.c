/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The selection. R1: no two selected rows correlate at max_correlation or above. R2: a skipped row
 * names a selected one that stands above it. R3: rows after the last choice are BEHIND and were
 * compared with nobody.
 */
#include "qtrade/scan/select.h"

#include "qtrade/scan/correlation.h"

static double
size_of(double x)
{
    return x < 0 ? -x : x;
}

/* Compares one candidate with what is selected; its fate if there is room, and the worst
 * correlation. */
static enum qt_scan_fate
judge(const struct qt_scan_config *config, struct qt_scan_row *rows,
      const struct qt_scan_symbol *const *symbols, uint32_t candidate, const uint32_t *selected,
      uint32_t n)
{
    struct qt_scan_row *row = &rows[candidate];
    bool is_unknown = false;
    for (uint32_t i = 0; i < n; i++) {
        double r;
        if (!qt_scan_correlation(symbols[candidate], symbols[selected[i]],
                                 (uint32_t)config->correlation_bars,
                                 (uint32_t)config->correlation_min_bars, &r)) {
            is_unknown = true;
            row->max_correlation = 0;
            row->max_correlation_with = rows[selected[i]].instrument;
            break;
        }
        if (row->max_correlation_with == QT_NO_INSTRUMENT ||
            size_of(r) > size_of(row->max_correlation)) {
            row->max_correlation = r;
            row->max_correlation_with = rows[selected[i]].instrument;
        }
    }
    if (is_unknown)
        return QT_SCAN_CORRELATION_UNKNOWN;
    bool is_close = row->max_correlation_with != QT_NO_INSTRUMENT &&
                    size_of(row->max_correlation) >= config->max_correlation;
    return is_close ? QT_SCAN_CORRELATED : QT_SCAN_SELECTED;
}

uint32_t
qt_select_top(const struct qt_scan_config *config, struct qt_scan_row *rows,
              const struct qt_scan_symbol *const *symbols, const uint32_t *order, uint32_t ranked,
              uint32_t *selected)
{
    uint32_t n = 0, top = (uint32_t)QT_MIN(config->top, QT_SCAN_TOP_MAX);
    for (uint32_t i = 0; i < ranked; i++) {
        struct qt_scan_row *row = &rows[order[i]];
        row->max_correlation = 0;
        row->max_correlation_with = QT_NO_INSTRUMENT;
        row->fate = n < top ? judge(config, rows, symbols, order[i], selected, n) : QT_SCAN_BEHIND;
        if (row->fate == QT_SCAN_SELECTED)
            selected[n++] = order[i];
    }
    return n;
}

static const char *const fate_names[QT_SCAN_FATES] = {
    [QT_SCAN_NOT_RANKED] = "not_ranked", [QT_SCAN_SELECTED] = "selected",
    [QT_SCAN_CORRELATED] = "correlated", [QT_SCAN_CORRELATION_UNKNOWN] = "correlation_unknown",
    [QT_SCAN_BEHIND] = "behind",
};

const char *
qt_scan_fate_name(enum qt_scan_fate fate)
{
    return (unsigned)fate < QT_SCAN_FATES ? fate_names[fate] : "?";
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking things up in the picture. Its counts may come over a socket: they are clamped here.
 */
#include <math.h>
#include <string.h>

#include "tui_priv.h"

int
qt__count(uint32_t n, uint32_t room)
{
    return (int)QT_MIN(n, room);
}

const struct qt_symbol_view *
qt__find_symbol(const struct qt_snapshot *snap, uint32_t instrument)
{
    for (int i = 0; i < qt__count(snap->symbols, QT_VIEW_SYMBOLS); i++)
        if (snap->symbol[i].instrument == instrument)
            return &snap->symbol[i];
    return NULL;
}

const struct qt_position_view *
qt__find_position(const struct qt_snapshot *snap, uint32_t instrument)
{
    for (int i = 0; i < qt__count(snap->positions, QT_VIEW_ROWS); i++)
        if (snap->position[i].instrument == instrument)
            return &snap->position[i];
    return NULL;
}

const struct qt_rank_view *
qt__find_rank(const struct qt_snapshot *snap, uint32_t instrument)
{
    for (int i = 0; i < qt__count(snap->ranked, QT_VIEW_ROWS); i++)
        if (snap->rank[i].instrument == instrument)
            return &snap->rank[i];
    return NULL;
}

bool
qt__is_withheld(const struct qt_snapshot *snap)
{
    return snap->dashboard == QT_DASHBOARD_TOTALS ||
           (snap->dashboard == QT_DASHBOARD_SEALED && snap->positions > 0);
}

int
qt__closes(const struct qt_symbol_view *symbol, double *out)
{
    int n = qt__count(symbol->candles, QT_VIEW_CANDLES);
    for (int i = 0; i < n; i++)
        out[i] = symbol->candle[i].close;
    return n;
}

void
qt__add_char(char *out, uint32_t ch)
{
    size_t n = strlen(out);
    if (n + 4 >= QT__CELL)
        return;
    if (ch < 0x80) {
        out[n++] = (char)ch;
    } else {
        out[n++] = (char)(0xe0 | ch >> 12);
        out[n++] = (char)(0x80 | (ch >> 6 & 63));
        out[n++] = (char)(0x80 | (ch & 63));
    }
    out[n] = '\0';
}

void
qt__components(const struct qt_rank_view *rank, char *out)
{
    const double parts[] = {rank->volatility, rank->momentum, rank->volume, rank->trend};
    out[0] = '\0';
    for (size_t i = 0; i < QT_COUNT_OF(parts); i++) {
        double share = QT_MIN(QT_MAX(parts[i], 0.0), 100.0) / 100;
        qt__add_char(out, isfinite(parts[i]) ? qt__glyph_below(1 + (int)(share * 7 + 0.5)) : '?');
    }
}

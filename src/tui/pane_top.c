/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The five that are traded and why each stands there; below them, when there is room, who came next
 * and why not.
 */
#include <math.h>
#include <stdio.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

enum {
    RANK,
    SYMBOL,
    LAST,
    CHANGE,
    SPARK,
    SCORE,
    PARTS,
    VOLATILITY,
    MOMENTUM,
    VOLUME,
    TREND,
    DECAY,
    WORST,
    TURNOVER,
    SPREAD,
    SIGNAL,
    WHY,
    COLUMNS
};

static const struct qt__column columns[COLUMNS] = {
    [RANK] = {"#", 1, 3, 0, QT_RIGHT},          [SYMBOL] = {"symbol", 8, 14, 0, QT_LEFT},
    [LAST] = {"last", 8, 12, 80, QT_RIGHT},     [CHANGE] = {"24h", 6, 8, 75, QT_RIGHT},
    [SPARK] = {"candles", 20, 20, 12, QT_LEFT}, [SCORE] = {"score", 5, 5, 90, QT_RIGHT},
    [PARTS] = {"VMVT", 4, 4, 65, QT_LEFT},      [VOLATILITY] = {"volat", 5, 5, 8, QT_RIGHT},
    [MOMENTUM] = {"momen", 5, 5, 8, QT_RIGHT}, [VOLUME] = {"volum", 5, 5, 8, QT_RIGHT},
    [TREND] = {"trend", 5, 5, 8, QT_RIGHT},     [DECAY] = {"decay", 5, 5, 55, QT_RIGHT},
    [WORST] = {"corr", 8, 12, 60, QT_LEFT},     [TURNOVER] = {"vol 24h", 6, 7, 15, QT_RIGHT},
    [SPREAD] = {"bps", 4, 5, 14, QT_RIGHT},     [SIGNAL] = {"sig", 5, 5, 68, QT_RIGHT},
    [WHY] = {"why", 11, 60, 70, QT_LEFT, true},
};

/* The selected ones stand first, the others follow by score. */
static const struct qt_rank_view *
row_rank(const struct qt_snapshot *snap, int row, int *out_place)
{
    int n = qt__count(snap->ranked, QT_VIEW_ROWS), at = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < n; i++)
            if (snap->rank[i].is_selected == (pass == 0) && at++ == row) {
                *out_place = i + 1;
                return &snap->rank[i];
            }
    return NULL;
}

static void
write_worst(const struct qt_snapshot *snap, const struct qt_rank_view *rank, char *out)
{
    char base[QT__NUMBER];
    if (rank->max_correlation_with[0] == '\0') {
        qt_copy(out, QT__CELL, QT__UNKNOWN);
        return;
    }
    qt__format_base(rank->max_correlation_with, snap->quote_asset, base);
    if (isfinite(rank->max_correlation))
        snprintf(out, QT__CELL, "%.2f %s", rank->max_correlation, base);
    else
        snprintf(out, QT__CELL, "? %s", base);
}

static void
write_spark(const struct qt_snapshot *snap, const struct qt_rank_view *rank, char *out)
{
    double closes[QT_VIEW_CANDLES], low = INFINITY, high = -INFINITY;
    const struct qt_symbol_view *symbol = qt__find_symbol(snap, rank->instrument);
    int n = symbol ? qt__closes(symbol, closes) : 0, first = QT_MAX(n - columns[SPARK].max, 0);
    out[0] = '\0';
    for (int i = first; i < n; i++) {
        low = QT_MIN(low, closes[i]);
        high = QT_MAX(high, closes[i]);
    }
    for (int i = first; i < n; i++) {
        double share = high > low ? (closes[i] - low) / (high - low) : 0.5;
        qt__add_char(out, isfinite(share) ? qt__glyph_below(1 + (int)(share * 7 + 0.5)) : '?');
    }
}

static void
write_signal(const struct qt_rank_view *rank, char *out)
{
    if (rank->has_signal)
        qt__format_signed(rank->signal, 2, out);
    else
        qt_copy(out, QT__CELL, QT__UNKNOWN);
}

static void
write_change(const struct qt_rank_view *rank, char *out)
{
    qt__format_signed(rank->change_24h_pct, fabs(rank->change_24h_pct) < 99.95 ? 1 : 0, out);
    if (isfinite(rank->change_24h_pct))
        qt__add_char(out, '%');
}

static enum qt_role
cell_role(const struct qt_rank_view *rank, int column)
{
    switch (column) {
    case SYMBOL:
        return rank->is_selected ? QT_ROLE_STRONG : QT_ROLE_DIM;
    case CHANGE:
        return qt__sign_role(rank->change_24h_pct);
    case SIGNAL:
        return rank->has_signal ? qt__sign_role(rank->signal) : QT_ROLE_DIM;
    case SCORE:
        return rank->is_selected ? QT_ROLE_ACCENT : QT_ROLE_DIM;
    case PARTS:
    case SPARK:
        return QT_ROLE_BAR;
    case RANK:
        return QT_ROLE_DIM;
    default:
        return rank->is_selected ? QT_ROLE_TEXT : QT_ROLE_DIM;
    }
}

static void
write_cell(const struct qt_snapshot *snap, int row, int column, char *out, enum qt_role *role)
{
    int place = 0;
    const struct qt_rank_view *rank = row_rank(snap, row, &place);
    out[0] = '\0';
    if (!rank)
        return;
    *role = cell_role(rank, column);
    switch (column) {
    case RANK:
        snprintf(out, QT__CELL, "%d", place);
        break;
    case SYMBOL:
        qt_copy(out, QT__CELL, rank->symbol);
        break;
    case LAST:
        qt__format_px(rank->last, rank->px_scale, out);
        break;
    case CHANGE:
        write_change(rank, out);
        break;
    case SPARK:
        write_spark(snap, rank, out);
        break;
    case SCORE:
        qt__format_fixed(rank->score, 1, out);
        break;
    case PARTS:
        qt__components(rank, out);
        break;
    case VOLATILITY:
        qt__format_fixed(rank->volatility, 0, out);
        break;
    case MOMENTUM:
        qt__format_fixed(rank->momentum, 0, out);
        break;
    case VOLUME:
        qt__format_fixed(rank->volume, 0, out);
        break;
    case TREND:
        qt__format_fixed(rank->trend, 0, out);
        break;
    case DECAY:
        qt__format_fixed(rank->decay, 2, out);
        break;
    case WORST:
        write_worst(snap, rank, out);
        break;
    case TURNOVER:
        qt__format_compact(rank->quote_volume_24h, out);
        break;
    case SPREAD:
        qt__format_fixed(rank->spread_bps, 1, out);
        break;
    case SIGNAL:
        write_signal(rank, out);
        break;
    case WHY:
        qt_copy(out, QT__CELL, rank->why);
        break;
    default:
        break;
    }
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    int rows = qt__count(snap->ranked, QT_VIEW_ROWS);
    if (rows == 0) {
        qt__empty(canvas, snap->instruments == 0
                              ? "no symbols yet"
                              : "no symbol is ranked yet: history is being read");
        return;
    }
    qt__table_draw(canvas, state, columns, COLUMNS, snap, rows, write_cell);
}

static enum qt_handled
key(void *state, const struct qt_snapshot *snap, int pressed)
{
    return qt__list_key(state, qt__count(snap->ranked, QT_VIEW_ROWS), pressed);
}

static void
note(const struct qt_snapshot *snap, char *out, size_t capacity)
{
    struct qt_text text;
    qt_text_init(&text, out, capacity);
    if (snap->instruments == 0)
        return;
    qt_text_addf(&text, "%u of %u eligible", snap->eligible, snap->instruments);
    for (int i = 0; i < QT_MIN(qt__count(snap->exclusions, QT_VIEW_EXCLUSIONS), 3); i++)
        qt_text_addf(&text, "%s %s %u", i == 0 ? ", not:" : ",", snap->exclusion[i].reason,
                     snap->exclusion[i].count);
}

static uint32_t
instrument(const void *state, const struct qt_snapshot *snap)
{
    int place = 0, rows = qt__count(snap->ranked, QT_VIEW_ROWS);
    const struct qt_rank_view *rank = row_rank(snap, qt__list_cursor(state, rows), &place);
    return rank ? rank->instrument : QT_NO_INSTRUMENT;
}

const struct qt_pane_class qt_pane_top = {
    .name = "top",
    .title = "Top five",
    .min = {44, 6},
    .want = {150, 6},
    .priority = 90,
    .grow = 2,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
    .key = key,
    .note = note,
    .instrument = instrument,
};

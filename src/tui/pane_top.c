/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The five that are traded and why each stands there; below them, when there is room, who came next
 * and why not.
 */
#include <math.h>
#include <stdio.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

#define SPARK 20 /* candles in a row */

/* The row-th of the list (row < ranked): the selected ones stand first, the others follow by score.
 */
static const struct qt_rank_view *
row_rank(const struct qt_snapshot *snap, int row)
{
    int n = qt__count(snap->ranked, QT_VIEW_ROWS), at = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < n; i++)
            if (snap->rank[i].is_selected == (pass == 0) && at++ == row)
                return &snap->rank[i];
    return &snap->rank[0];
}

/* What a runner-up shows is dim. */
static enum qt_role
plain(const struct qt_rank_view *rank)
{
    return rank->is_selected ? QT_ROLE_TEXT : QT_ROLE_DIM;
}

static void
cell_place(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    *role = QT_ROLE_DIM;
    snprintf(out, QT__CELL, "%d", (int)(row_rank(snap, row) - snap->rank) + 1);
}

static void
cell_symbol(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = rank->is_selected ? QT_ROLE_STRONG : QT_ROLE_DIM;
    qt_copy(out, QT__CELL, rank->symbol);
}

static void
cell_last(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt__format_px(rank->last, rank->px_scale, out);
}

static void
cell_change(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = qt__sign_role(rank->change_24h_pct);
    qt__format_signed(rank->change_24h_pct, fabs(rank->change_24h_pct) < 99.95 ? 1 : 0, out);
    if (isfinite(rank->change_24h_pct))
        qt__add_char(out, '%');
}

/* The last closes, as tall as they stand between their lowest and highest. */
static void
cell_spark(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    double closes[QT_VIEW_CANDLES], low = INFINITY, high = -INFINITY;
    const struct qt_symbol_view *symbol = qt__find_symbol(snap, row_rank(snap, row)->instrument);
    int n = symbol ? qt__closes(symbol, closes) : 0, first = QT_MAX(n - SPARK, 0);
    *role = QT_ROLE_BAR;
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
cell_score(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = rank->is_selected ? QT_ROLE_ACCENT : QT_ROLE_DIM;
    qt__format_fixed(rank->score, 1, out);
}

static void
cell_parts(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = QT_ROLE_BAR;
    qt__components(rank, out);
}

static void
cell_volatility(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt__format_fixed(rank->volatility, 0, out);
}

static void
cell_momentum(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt__format_fixed(rank->momentum, 0, out);
}

static void
cell_volume(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt__format_fixed(rank->volume, 0, out);
}

static void
cell_trend(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt__format_fixed(rank->trend, 0, out);
}

static void
cell_decay(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt__format_fixed(rank->decay, 2, out);
}

/* The worst correlation with a better one that is selected, and with whom. */
static void
cell_worst(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    char base[QT__NUMBER];
    qt__format_base(rank->max_correlation_with, snap->quote_asset, base);
    if (base[0] == '\0')
        qt_copy(out, QT__CELL, QT__UNKNOWN);
    else if (isfinite(rank->max_correlation))
        snprintf(out, QT__CELL, "%.2f %s", rank->max_correlation, base);
    else
        snprintf(out, QT__CELL, "? %s", base);
}

static void
cell_turnover(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt__format_compact(rank->quote_volume_24h, out);
}

static void
cell_spread(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt__format_fixed(rank->spread_bps, 1, out);
}

static void
cell_signal(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = rank->has_signal ? qt__sign_role(rank->signal) : QT_ROLE_DIM;
    if (rank->has_signal)
        qt__format_signed(rank->signal, 2, out);
    else
        qt_copy(out, QT__CELL, QT__UNKNOWN);
}

static void
cell_why(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_rank_view *rank = row_rank(snap, row);
    *role = plain(rank);
    qt_copy(out, QT__CELL, rank->why);
}

/* A column: its row here, its cell above. */
static const struct qt__column columns[] = {
    {.title = "#", .min = 1, .max = 3, .priority = 0, .align = QT_RIGHT, .cell = cell_place},
    {.title = "symbol", .min = 8, .max = 14, .priority = 0, .align = QT_LEFT, .cell = cell_symbol},
    {.title = "last", .min = 8, .max = 12, .priority = 80, .align = QT_RIGHT, .cell = cell_last},
    {.title = "24h", .min = 6, .max = 8, .priority = 75, .align = QT_RIGHT, .cell = cell_change},
    {.title = "candles",
     .min = 20,
     .max = 20,
     .priority = 12,
     .align = QT_LEFT,
     .cell = cell_spark},
    {.title = "score", .min = 5, .max = 5, .priority = 90, .align = QT_RIGHT, .cell = cell_score},
    {.title = "VMVT", .min = 4, .max = 4, .priority = 65, .align = QT_LEFT, .cell = cell_parts},
    {.title = "volat",
     .min = 5,
     .max = 5,
     .priority = 8,
     .align = QT_RIGHT,
     .cell = cell_volatility},
    {.title = "momen", .min = 5, .max = 5, .priority = 8, .align = QT_RIGHT, .cell = cell_momentum},
    {.title = "volum", .min = 5, .max = 5, .priority = 8, .align = QT_RIGHT, .cell = cell_volume},
    {.title = "trend", .min = 5, .max = 5, .priority = 8, .align = QT_RIGHT, .cell = cell_trend},
    {.title = "decay", .min = 5, .max = 5, .priority = 55, .align = QT_RIGHT, .cell = cell_decay},
    {.title = "corr", .min = 8, .max = 12, .priority = 60, .align = QT_LEFT, .cell = cell_worst},
    {.title = "vol 24h",
     .min = 6,
     .max = 7,
     .priority = 15,
     .align = QT_RIGHT,
     .cell = cell_turnover},
    {.title = "bps", .min = 4, .max = 5, .priority = 14, .align = QT_RIGHT, .cell = cell_spread},
    {.title = "sig", .min = 5, .max = 5, .priority = 68, .align = QT_RIGHT, .cell = cell_signal},
    {.title = "why",
     .min = 11,
     .max = 60,
     .priority = 70,
     .align = QT_LEFT,
     .is_greedy = true,
     .cell = cell_why},
};

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
    qt__table_draw(canvas, state, columns, QT_COUNT_OF(columns), snap, rows);
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
    int rows = qt__count(snap->ranked, QT_VIEW_ROWS);
    return rows > 0 ? row_rank(snap, qt__list_cursor(state, rows))->instrument : QT_NO_INSTRUMENT;
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One symbol over the whole screen: candles on the left; on the right why it ranks, the position,
 * the quote, depth and indicators, as far as there is room.
 */
#include <math.h>
#include <stdio.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "tui_priv.h"

#define PANEL 34 /* columns of the panel on the right */
#define WIDE 150 /* room for two panels */
#define DEPTH_LINES 10
#define QUOTE_LINES 4

/* A pen that goes down a column. */
struct pen {
    struct qt_canvas *canvas;
    int y;
};

static void
put_title(struct pen *pen, const char *title)
{
    if (pen->y > 0)
        pen->y++;
    qt_canvas_put(pen->canvas, 0, pen->y++, QT_ROLE_TITLE, title);
}

static void
put_pair(struct pen *pen, const char *label, enum qt_role role, const char *text)
{
    int label_width = QT_MIN(qt_text_columns(label), pen->canvas->width);
    qt_canvas_put(pen->canvas, 0, pen->y, QT_ROLE_DIM, label);
    qt_canvas_fit(pen->canvas, label_width + 1, pen->y, pen->canvas->width - label_width - 1,
                  QT_RIGHT, role, text);
    pen->y++;
}

static void
put_component(struct pen *pen, const char *label, double value)
{
    char text[QT__NUMBER];
    struct qt_canvas *canvas = pen->canvas;
    qt_canvas_put(canvas, 0, pen->y, QT_ROLE_DIM, label);
    qt__gauge(canvas, 11, pen->y, canvas->width - 17, QT_ROLE_BAR, value / 100);
    qt_canvas_fit(canvas, canvas->width - 5, pen->y, 5, QT_RIGHT, QT_ROLE_TEXT,
                  qt__format_fixed(value, 1, text));
    pen->y++;
}

static void
put_rank(struct pen *pen, const struct qt_snapshot *snap, const struct qt_rank_view *rank)
{
    char text[QT__CELL], number[QT__NUMBER];
    put_title(pen, rank->is_selected ? "Why it is selected" : "Why it is not selected");
    pen->y += qt__wrap(pen->canvas, 0, pen->y, pen->canvas->width, 2, QT_ROLE_TEXT, rank->why);
    put_component(pen, "score", rank->score);
    put_component(pen, "volatility", rank->volatility);
    put_component(pen, "momentum", rank->momentum);
    put_component(pen, "volume", rank->volume);
    put_component(pen, "trend", rank->trend);
    put_pair(pen, "decay", QT_ROLE_TEXT, qt__format_fixed(rank->decay, 2, number));
    snprintf(text, sizeof text, "%s %s", qt__format_fixed(rank->max_correlation, 2, number),
             rank->max_correlation_with);
    put_pair(pen, "worst correlation", QT_ROLE_TEXT,
             rank->max_correlation_with[0] ? text : QT__UNKNOWN);
    snprintf(text, sizeof text, "%s, sure %.0f%%", qt__format_signed(rank->signal, 2, number),
             rank->confidence * 100);
    put_pair(pen, "signal", rank->has_signal ? qt__sign_role(rank->signal) : QT_ROLE_DIM,
             rank->has_signal ? text : QT__UNKNOWN);
    snprintf(text, sizeof text, "%s %s", qt__format_compact(rank->quote_volume_24h, number),
             snap->quote_asset);
    put_pair(pen, "volume 24 h", QT_ROLE_TEXT, text);
}

/* What stays when the dashboard withholds results. */
static void
put_guarded(struct pen *pen, const struct qt_position_view *p)
{
    char number[QT__NUMBER];
    put_title(pen, "Position");
    put_pair(pen, "quantity", QT_ROLE_TEXT, qt__format_qty(p->qty, p->qty_scale, true, number));
    put_pair(pen, "stop", qt_px_is_none(p->stop) ? QT_ROLE_WARN : QT_ROLE_TEXT,
             qt__format_px(p->stop, p->px_scale, number));
    put_pair(pen, "target", QT_ROLE_TEXT, qt__format_px(p->target, p->px_scale, number));
    put_pair(pen, "result", QT_ROLE_DIM, "sealed");
}

static void
put_position(struct pen *pen, const struct qt_position_view *p)
{
    char text[QT__CELL], number[QT__NUMBER], more[QT__NUMBER];
    put_title(pen, "Position");
    snprintf(text, sizeof text, "%s at %s", qt__format_qty(p->qty, p->qty_scale, true, number),
             qt__format_px(p->entry, p->px_scale, more));
    put_pair(pen, "entry", QT_ROLE_TEXT, text);
    snprintf(text, sizeof text, "%s  %sR", qt__format_money(p->unrealised, true, number),
             qt__format_signed(p->r_multiple, 2, more));
    put_pair(pen, "uP&L", qt__money_role(p->unrealised), text);
    put_pair(pen, "stop", qt_px_is_none(p->stop) ? QT_ROLE_WARN : QT_ROLE_TEXT,
             qt__format_px(p->stop, p->px_scale, number));
    snprintf(text, sizeof text, "%s  %u/%u hit", qt__format_px(p->target, p->px_scale, number),
             p->targets_hit, p->targets);
    put_pair(pen, "target", QT_ROLE_TEXT, text);
}

static void
put_level(struct pen *pen, const struct qt_symbol_view *symbol, const struct qt_depth_level *level,
          double most, enum qt_role role)
{
    char px[QT__NUMBER], qty[QT__NUMBER];
    double size = qt_qty_to_double(level->qty, symbol->qty_scale);
    struct qt_canvas *canvas = pen->canvas;
    int gauge = QT_MAX(canvas->width - 24, 0);
    qt_canvas_fit(canvas, 0, pen->y, 11, QT_RIGHT, role,
                  qt__format_px(level->px, symbol->px_scale, px));
    qt_canvas_fit(canvas, 12, pen->y, 10, QT_RIGHT, QT_ROLE_TEXT, qt__format_compact(size, qty));
    qt__gauge(canvas, 23, pen->y, gauge, role, most > 0 ? size / most : NAN);
    pen->y++;
}

static void
put_depth(struct pen *pen, const struct qt_symbol_view *symbol)
{
    int bids = qt__count(symbol->bids, QT_COUNT_OF(symbol->bid));
    int asks = qt__count(symbol->asks, QT_COUNT_OF(symbol->ask));
    double most = 0;
    for (int i = 0; i < bids; i++)
        most = QT_MAX(most, qt_qty_to_double(symbol->bid[i].qty, symbol->qty_scale));
    for (int i = 0; i < asks; i++)
        most = QT_MAX(most, qt_qty_to_double(symbol->ask[i].qty, symbol->qty_scale));
    put_title(pen, "Depth");
    for (int i = asks - 1; i >= 0; i--)
        put_level(pen, symbol, &symbol->ask[i], most, QT_ROLE_LOSS);
    for (int i = 0; i < bids; i++)
        put_level(pen, symbol, &symbol->bid[i], most, QT_ROLE_GAIN);
}

static void
put_quote(struct pen *pen, const struct qt_symbol_view *symbol)
{
    char px[QT__NUMBER], qty[QT__NUMBER], text[QT__CELL];
    const struct qt_quote *quote = &symbol->quote;
    put_title(pen, "Quote");
    snprintf(text, sizeof text, "%s x %s", qt__format_px(quote->ask, symbol->px_scale, px),
             qt__format_qty(quote->ask_qty, symbol->qty_scale, false, qty));
    put_pair(pen, "ask", QT_ROLE_LOSS, qt_px_is_none(quote->ask) ? QT__UNKNOWN : text);
    snprintf(text, sizeof text, "%s x %s", qt__format_px(quote->bid, symbol->px_scale, px),
             qt__format_qty(quote->bid_qty, symbol->qty_scale, false, qty));
    put_pair(pen, "bid", QT_ROLE_GAIN, qt_px_is_none(quote->bid) ? QT__UNKNOWN : text);
}

static const char *
indicator_text(double value, char *out)
{
    return fabs(value) >= 1000 ? qt__format_fixed(value, 2, out) : qt__format_price(value, 6, out);
}

static void
put_indicators(struct pen *pen, const struct qt_symbol_view *symbol)
{
    char number[QT__NUMBER];
    int n = qt__count(symbol->indicators, QT_VIEW_INDICATORS);
    if (n > 0)
        put_title(pen, "Indicators");
    for (int i = 0; i < n; i++)
        put_pair(pen, symbol->indicator[i].name, QT_ROLE_TEXT,
                 indicator_text(symbol->indicator[i].value, number));
}

/* Indicators side by side below the chart, where there is one panel only. Returns the lines they
 * took. */
static int
draw_strip(struct qt_canvas *canvas, const struct qt_symbol_view *symbol)
{
    int n = qt__count(symbol->indicators, QT_VIEW_INDICATORS);
    int columns = QT_MAX(QT_MIN(canvas->width / 22, 4), 1), width = canvas->width / columns;
    int lines = QT_MIN((n + columns - 1) / columns, canvas->height / 3);
    for (int i = 0; i < n && i / columns < lines; i++) {
        char number[QT__NUMBER];
        struct qt_canvas cell = qt_canvas_view(
            canvas, (struct qt_rect){i % columns * width, canvas->height - lines + i / columns,
                                     width - 2, 1});
        struct pen pen = {.canvas = &cell};
        put_pair(&pen, symbol->indicator[i].name, QT_ROLE_TEXT,
                 indicator_text(symbol->indicator[i].value, number));
    }
    return lines;
}

static void
draw_market(struct pen *pen, const struct qt_symbol_view *symbol)
{
    int left = pen->canvas->height - pen->y;
    if (left >= DEPTH_LINES && (symbol->bids > 0 || symbol->asks > 0))
        put_depth(pen, symbol);
    else if (left >= QUOTE_LINES)
        put_quote(pen, symbol);
}

/* A narrow screen has one panel, a wide one two. */
static int
draw_panels(struct qt_canvas *canvas, const struct qt_snapshot *snap, uint32_t instrument)
{
    const struct qt_symbol_view *symbol = qt__find_symbol(snap, instrument);
    const struct qt_position_view *position = qt__find_position(snap, instrument);
    const struct qt_rank_view *rank = qt__find_rank(snap, instrument);
    bool is_wide = canvas->width >= WIDE;
    int panel = canvas->width >= 100 ? PANEL : 28, left = canvas->width - panel * (is_wide ? 2 : 1);
    struct qt_canvas first =
        qt_canvas_view(canvas, (struct qt_rect){left, 0, panel - 1, canvas->height});
    struct qt_canvas second =
        qt_canvas_view(canvas, (struct qt_rect){left + panel + 1, 0, panel - 2, canvas->height});
    struct pen pen = {.canvas = &first}, other = {.canvas = &second};
    if (position && qt__is_withheld(snap))
        put_guarded(&pen, position);
    else if (position)
        put_position(&pen, position);
    if (rank)
        put_rank(&pen, snap, rank);
    if (!symbol)
        return left;
    draw_market(is_wide ? &other : &pen, symbol);
    if (is_wide)
        put_indicators(&other, symbol);
    if (pen.y + 3 < canvas->height && symbol->why[0] != '\0') {
        put_title(&pen, "The engine says");
        qt__wrap(&first, 0, pen.y, panel - 1, canvas->height - pen.y, QT_ROLE_TEXT, symbol->why);
    }
    return left;
}

void
qt__symbol_draw(struct qt_canvas *canvas, const struct qt_snapshot *snap, uint32_t instrument)
{
    const struct qt_symbol_view *symbol = qt__find_symbol(snap, instrument);
    int left = draw_panels(canvas, snap, instrument);
    struct qt_canvas chart =
        qt_canvas_view(canvas, (struct qt_rect){0, 0, left - 1, canvas->height});
    if (symbol) {
        if (canvas->width < WIDE)
            chart.height -= draw_strip(&chart, symbol);
        qt__chart_draw(&chart, symbol, qt__find_position(snap, instrument));
    } else {
        qt__empty(&chart, "candles are kept for the top five and positions");
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Candles in half cells: heavy lines are bodies, light ones wicks; a body that fell is broken, so
 * that it reads without colour too. Volume below, prices on the right, time at the bottom, and the
 * position's lines.
 *
 *     |plot .................|axis|
 *     |volume ...............|    |
 *     |time labels ..........|    |
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "tui_priv.h"

enum half { NOTHING, WICK, BODY };

struct chart {
    struct qt_canvas plot, volume, axis, times;
    const struct qt_symbol_view *symbol;
    int first, n, step;     /* candles shown, columns a candle */
    double low, high, most; /* prices and volume shown */
};

static bool
is_usable(const struct qt_candle *candle)
{
    return isfinite(candle->open) && isfinite(candle->high) && isfinite(candle->low) &&
           isfinite(candle->close) && candle->high >= candle->low;
}

static int
column_of(const struct chart *chart, int i)
{
    return chart->plot.width - (chart->first + chart->n - i) * chart->step;
}

static void
find_range(struct chart *chart)
{
    chart->low = INFINITY;
    chart->high = -INFINITY;
    for (int i = chart->first; i < chart->first + chart->n; i++) {
        const struct qt_candle *candle = &chart->symbol->candle[i];
        if (!is_usable(candle))
            continue;
        chart->low = QT_MIN(chart->low, candle->low);
        chart->high = QT_MAX(chart->high, candle->high);
        if (isfinite(candle->volume))
            chart->most = QT_MAX(chart->most, candle->volume);
    }
    double room = (chart->high - chart->low) * 0.04;
    if (room <= 0)
        room = QT_MAX(fabs(chart->high) * 0.005, 1e-12);
    chart->low -= room;
    chart->high += room;
}

/* Half cells from the top, 0 .. 2 * height - 1; outside for prices outside. */
static int
half_of(const struct chart *chart, double price)
{
    double share = (chart->high - price) / (chart->high - chart->low);
    double at = share * (2 * chart->plot.height - 1);
    return at < -1 ? -1 : at > 2 * chart->plot.height ? 2 * chart->plot.height : (int)lround(at);
}

static uint32_t
candle_glyph(enum half upper, enum half lower, bool is_up)
{
    static const uint16_t glyphs[3][3] = {
        {' ', 0x2577, 0x257b}, {0x2575, 0x2502, 0x257d}, {0x2579, 0x257f, 0x2503}};
    uint32_t glyph = glyphs[upper][lower];
    return glyph == 0x2503 && !is_up ? 0x2507 : glyph;
}

static void
draw_candle(struct chart *chart, int i)
{
    const struct qt_candle *candle = &chart->symbol->candle[i];
    bool is_up = candle->close >= candle->open;
    int x = column_of(chart, i);
    int top = half_of(chart, candle->high), bottom = half_of(chart, candle->low);
    int from = half_of(chart, QT_MAX(candle->open, candle->close));
    int to = half_of(chart, QT_MIN(candle->open, candle->close));
    for (int y = 0; y < chart->plot.height; y++) {
        enum half half[2];
        for (int k = 0; k < 2; k++) {
            int at = 2 * y + k;
            half[k] = at >= from && at <= to ? BODY : at >= top && at <= bottom ? WICK : NOTHING;
        }
        if (half[0] != NOTHING || half[1] != NOTHING)
            qt_canvas_fill(&chart->plot, x, y, 1, is_up ? QT_ROLE_GAIN : QT_ROLE_LOSS,
                           candle_glyph(half[0], half[1], is_up));
    }
}

static void
draw_volume(struct chart *chart, int i)
{
    const struct qt_candle *candle = &chart->symbol->candle[i];
    if (chart->most <= 0 || !isfinite(candle->volume) || candle->volume <= 0)
        return;
    int eighths = (int)lround(candle->volume / chart->most * chart->volume.height * 8);
    eighths = QT_MAX(eighths, 1);
    for (int y = chart->volume.height - 1; y >= 0 && eighths > 0; y--, eighths -= 8)
        qt_canvas_fill(&chart->volume, column_of(chart, i), y, 1, QT_ROLE_DIM,
                       qt__glyph_below(QT_MIN(eighths, 8)));
}

/* 1, 2, 2.5 or 5 times a power of ten, so that about n of them make the range. */
static double
nice_step(double range, int n)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double wish = range / QT_MAX(n, 1), power = pow(10, floor(log10(wish)));
    for (size_t i = 0; i < QT_COUNT_OF(steps); i++)
        if (steps[i] * power >= wish)
            return steps[i] * power;
    return 10 * power;
}

/* A label on the price axis; a dotted grid line when asked. */
static void
draw_price(struct chart *chart, double price, enum qt_role role, uint32_t line, const char *mark)
{
    char text[QT__NUMBER];
    int half = half_of(chart, price);
    if (half < 0 || half >= 2 * chart->plot.height)
        return;
    if (line != ' ')
        for (int x = 0; x < chart->plot.width; x++)
            if (qt_canvas_at(&chart->plot, x, half / 2)->ch == ' ')
                qt_canvas_fill(&chart->plot, x, half / 2, 1, role, line);
    qt__format_price(price, chart->symbol->px_scale, text);
    qt_canvas_fit(&chart->axis, 0, half / 2, 1, QT_LEFT, role, mark);
    qt_canvas_fit(&chart->axis, 1, half / 2, chart->axis.width - 1, QT_RIGHT, role, text);
}

static void
draw_grid(struct chart *chart)
{
    double step = nice_step(chart->high - chart->low, chart->plot.height / 4);
    if (!isfinite(step) || step <= 0)
        return;
    double price = ceil(chart->low / step) * step;
    for (int i = 0; i < 50 && price <= chart->high; i++, price += step)
        draw_price(chart, price, QT_ROLE_TRACK, 0x2508, "");
    for (int y = 0; y < chart->axis.height; y++)
        qt_canvas_set_role(&chart->axis, (struct qt_rect){0, y, chart->axis.width, 1}, QT_ROLE_DIM);
}

/* Where the position came in and where it leaves. */
static void
draw_position(struct chart *chart, const struct qt_position_view *position)
{
    const struct {
        qt_px px;
        enum qt_role role;
        const char *mark;
    } lines[] = {{position->entry, QT_ROLE_ACCENT, "E"},
                 {position->stop, QT_ROLE_WARN, "S"},
                 {position->target, QT_ROLE_GOOD, "T"}};
    for (size_t i = 0; i < QT_COUNT_OF(lines); i++)
        if (!qt_px_is_none(lines[i].px))
            draw_price(chart, qt_px_to_double(lines[i].px, position->px_scale), lines[i].role,
                       0x254c, lines[i].mark);
}

static void
draw_last(struct chart *chart)
{
    const struct qt_candle *last = &chart->symbol->candle[chart->first + chart->n - 1];
    int half = is_usable(last) ? half_of(chart, last->close) : -1;
    draw_price(chart, last->close, last->close >= last->open ? QT_ROLE_GAIN : QT_ROLE_LOSS, ' ',
               "▸");
    if (half >= 0)
        qt_canvas_set_ground(&chart->axis, (struct qt_rect){0, half / 2, chart->axis.width, 1},
                             QT_GROUND_CURSOR);
}

/* The least of the usual spans that leaves room for its labels. */
static int64_t
time_step(const struct chart *chart, int64_t period)
{
    static const int64_t minutes[] = {1,   5,   10,   15,   30,   60,    120,  180,
                                      360, 720, 1440, 2880, 7200, 10080, 43200};
    for (size_t i = 0; i < QT_COUNT_OF(minutes); i++) {
        int64_t span = minutes[i] * QT_NS_PER_MIN;
        if (span >= period && span / period * chart->step >= 10)
            return span;
    }
    return period * chart->plot.width;
}

static void
draw_times(struct chart *chart)
{
    int64_t period = chart->symbol->candle_ns;
    if (period <= 0 || period > 366 * QT_NS_PER_DAY)
        return;
    int64_t step = time_step(chart, period);
    int free_from = 0;
    for (int i = chart->first; i < chart->first + chart->n; i++) {
        char text[QT_TIME_TEXT];
        int64_t t = chart->symbol->candle[i].open_ns;
        int x = column_of(chart, i);
        if (t < 0 || t % step != 0 || x < free_from)
            continue;
        bool is_day = t % QT_NS_PER_DAY == 0;
        qt_time_format_short(t, text);
        text[is_day ? 10 : 16] = '\0';
        free_from = x + 2 +
                    qt_canvas_put(&chart->times, x, 0, is_day ? QT_ROLE_TEXT : QT_ROLE_DIM,
                                  text + (is_day ? 5 : 11));
    }
}

/* Cuts the canvas into its four parts. False: too small for a chart. */
static bool
divide(struct chart *chart, struct qt_canvas *canvas)
{
    char text[QT__NUMBER];
    const struct qt_candle *last =
        &chart->symbol->candle[qt__count(chart->symbol->candles, QT_VIEW_CANDLES) - 1];
    qt__format_price(last->high, chart->symbol->px_scale, text);
    int axis = QT_MIN(qt_text_columns(text) + 2, 14);
    int width = canvas->width - axis - 1,
        volume = canvas->height >= 10 ? QT_MIN(QT_MAX(2, canvas->height / 7), 4) : 0;
    int height = canvas->height - 1 - volume;
    if (width < 10 || height < 3)
        return false;
    chart->plot = qt_canvas_view(canvas, (struct qt_rect){0, 0, width, height});
    chart->axis = qt_canvas_view(canvas, (struct qt_rect){width + 1, 0, axis, height});
    chart->volume = qt_canvas_view(canvas, (struct qt_rect){0, height, width, volume});
    chart->times = qt_canvas_view(canvas, (struct qt_rect){0, height + volume, width, 1});
    return true;
}

static void
draw_name(struct chart *chart, struct qt_canvas *canvas)
{
    char period[QT__NUMBER];
    int x = 1 + qt_canvas_put(canvas, 1, 0, QT_ROLE_STRONG, chart->symbol->symbol);
    if (chart->symbol->candle_ns > 0)
        qt_canvas_putf(canvas, x + 1, 0, QT_ROLE_DIM, "%s ",
                       qt__format_age(chart->symbol->candle_ns, period));
}

void
qt__chart_draw(struct qt_canvas *canvas, const struct qt_symbol_view *symbol,
               const struct qt_position_view *position)
{
    struct chart chart = {.symbol = symbol, .step = 1};
    int candles = qt__count(symbol->candles, QT_VIEW_CANDLES);
    if (candles == 0 || !divide(&chart, canvas)) {
        qt__empty(canvas, candles == 0 ? "no candles yet" : "too small for a chart");
        return;
    }
    chart.step = QT_MIN(QT_MAX(chart.plot.width / candles, 1), 2);
    chart.n = QT_MIN(candles, chart.plot.width / chart.step);
    chart.first = candles - chart.n;
    find_range(&chart);
    if (!isfinite(chart.low) || !isfinite(chart.high)) {
        qt__empty(canvas, "no usable candle");
        return;
    }
    draw_grid(&chart);
    for (int i = chart.first; i < candles; i++)
        if (is_usable(&symbol->candle[i])) {
            draw_candle(&chart, i);
            draw_volume(&chart, i);
        }
    if (position)
        draw_position(&chart, position);
    draw_last(&chart);
    draw_times(&chart);
    draw_name(&chart, canvas);
}

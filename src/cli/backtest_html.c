/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.html: one file without scripts or links. Equity and drawdown as SVG, metrics with their
 * definitions, the last round trips.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "backtest_priv.h"

enum { WIDTH = 960, HEIGHT = 260, DIP = 120, PLOT_POINTS = 960, TRADES_SHOWN = 200 };

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}h1{font-size:1.3rem}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:left}td.n{text-align:right;"
    "font-variant-numeric:tabular-nums}svg{width:100%;height:auto;background:#f8f8f8}"
    "small{color:#666}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
    "svg{background:#222}td,th{border-color:#444}small{color:#999}}";

/* Text from outside, safe inside an element. */
static void
put_text(const char *s, FILE *out)
{
    for (; *s; s++)
        switch (*s) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*s, out);
        }
}

static double
equity_at(const struct qt__backtest_log *log, size_t i)
{
    return qt_money_to_double(log->point[i].equity, QT_MONEY_SCALE);
}

/* A line through at most PLOT_POINTS of the curve; value(i) is scaled from low..high to height. */
static void
put_line(const struct qt__backtest_log *log, const double *value, double low, double high,
         int height, const char *colour, FILE *out)
{
    size_t step = log->points / PLOT_POINTS + 1;
    double span = high > low ? high - low : 1;
    fprintf(out,
            "<svg viewBox=\"0 0 %d %d\"><polyline fill=\"none\" stroke=\"%s\" "
            "stroke-width=\"1.5\" points=\"",
            WIDTH, height, colour);
    for (size_t i = 0; i < log->points; i += step)
        fprintf(out, "%.1f,%.1f ", (double)i / (double)QT_MAX(log->points - 1, (size_t)1) * WIDTH,
                height - 8 - (value[i] - low) / span * (height - 16));
    fprintf(out, "\"/></svg>\n");
}

/* Two plots over the whole curve; false: no memory. */
static bool
put_curves(const struct qt__backtest_log *log, FILE *out)
{
    double *value = calloc(QT_MAX(log->points, (size_t)1), sizeof *value);
    if (!value)
        return false;
    double low = log->points ? equity_at(log, 0) : 0, high = low, peak = low, deepest = 0;
    for (size_t i = 0; i < log->points; i++) {
        value[i] = equity_at(log, i);
        low = QT_MIN(low, value[i]);
        high = QT_MAX(high, value[i]);
    }
    fprintf(out, "<h2>Equity</h2><small>%.2f to %.2f</small>\n", low, high);
    put_line(log, value, low, high, HEIGHT, "#2a7de1", out);
    for (size_t i = 0; i < log->points; i++) {
        peak = QT_MAX(peak, equity_at(log, i));
        value[i] = peak > 0 ? (equity_at(log, i) / peak - 1) * 100 : 0;
        deepest = QT_MIN(deepest, value[i]);
    }
    fprintf(out, "<h2>Drawdown</h2><small>0 to %.2f %%</small>\n", deepest);
    put_line(log, value, deepest, 0, DIP, "#c0392b", out);
    free(value);
    return true;
}

static void
put_metrics(const struct qt_performance *performance, FILE *out)
{
    fputs("<h2>Metrics</h2><table><tr><th>Metric<th>Value<th>Unit<th>Definition</tr>\n", out);
    for (const struct qt_performance_row *row = qt_performance_rows; row->name; row++) {
        const struct qt_metric *metric = qt_performance_at(performance, row);
        fprintf(out, "<tr><td>%s<td class=\"n\">", row->title);
        if (metric->is_known)
            fprintf(out, "%.4f", metric->value);
        else
            fputs("unknown", out);
        fprintf(out, "<td>%s<td><small>", row->unit);
        put_text(row->definition, out);
        fputs("</small></tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void
put_trip(const struct qt_universe *universe, const struct qt_round_trip *trip, FILE *out)
{
    const struct qt_instrument *ins = qt_universe_at(universe, trip->instrument);
    char opened[QT_TIME_TEXT], closed[QT_TIME_TEXT], entry[QT_DECIMAL_TEXT], exit[QT_DECIMAL_TEXT],
        profit[QT_DECIMAL_TEXT];
    fputs("<tr><td>", out);
    put_text(ins->symbol, out);
    fprintf(out,
            "<td>%s<td>%s<td class=\"n\">%s<td class=\"n\">%s<td class=\"n\">%s<td "
            "class=\"n\">%.2f</tr>\n",
            qt_time_format(trip->opened_ns, opened), qt_time_format(trip->closed_ns, closed),
            qt_px_format(trip->entry, ins->px_scale, entry),
            qt_px_format(trip->exit, ins->px_scale, exit),
            qt_money_format(trip->profit, QT_MONEY_SCALE, 2, profit), trip->r_multiple);
}

static void
put_trades(const struct qt__backtest_log *log, const struct qt_universe *universe, FILE *out)
{
    size_t first = log->trips > TRADES_SHOWN ? log->trips - TRADES_SHOWN : 0;
    fprintf(out,
            "<h2>Round trips</h2><small>the last %zu of %zu; all are in trades.csv</small>"
            "<table><tr><th>Symbol<th>Opened<th>Closed<th>Entry<th>Exit<th>Profit<th>R</tr>\n",
            log->trips - first, log->trips);
    for (size_t i = first; i < log->trips; i++)
        put_trip(universe, &log->trip[i], out);
    fputs("</table>\n", out);
}

bool
qt__backtest_html(const struct qt__backtest_result *result, const char *dir, const char *title,
                  const char *quote, struct qt_error *err)
{
    char path[1200], from[QT_TIME_TEXT], to[QT_TIME_TEXT], a[QT_DECIMAL_TEXT], b[QT_DECIMAL_TEXT];
    snprintf(path, sizeof path, "%s/report.html", dir);
    FILE *out = fopen(path, "we");
    if (!out)
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    fprintf(out,
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>qtrade "
            "backtest</title><style>%s</style>\n<h1>Backtest of ",
            style);
    put_text(title, out);
    fprintf(out,
            "</h1><p>%s to %s, %u symbols, %" PRIu64 " events. Equity %s to %s %s. Decision hash "
            "%016" PRIx64 ".</p>\n",
            qt_time_format(result->from_ns, from), qt_time_format(result->to_ns, to),
            result->symbols, result->counts.events,
            qt_money_format(result->initial, QT_MONEY_SCALE, 2, a),
            qt_money_format(result->final, QT_MONEY_SCALE, 2, b), quote, result->decision_hash);
    if (qt_money_sign(result->funding) != 0)
        fprintf(out, "<p>Funding of perpetuals, in the equity and in no trade's profit: %s %s.</p>\n",
                qt_money_format(result->funding, QT_MONEY_SCALE, 2, a), quote);
    bool is_drawn = put_curves(&result->log, out);
    put_metrics(&result->performance, out);
    put_trades(&result->log, result->log.universe, out);
    bool is_whole = !ferror(out) && is_drawn;
    return (fclose(out) == 0 && is_whole) || qt_fail_errno(err, QT_E_IO, "writing %s", path);
}

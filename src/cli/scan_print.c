/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scan's output. Tables of columns: how to add one: a row in inputs[] (also documented in
 * qtrade.7).
 */
#include "scan_print_priv.h"

#include <stddef.h>
#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/market/bars.h"

/* The raw inputs by their names in documents. */
static const struct {
    const char *name;
    size_t offset;
    int decimals;
    const char *words;
} inputs[] = {
#define IN(field, decimals, words)                                                                 \
    {                                                                                              \
#field, offsetof(struct qt_scan_inputs, field), decimals, words                            \
    }
    IN(natr_pct, 4, "ATR(14) / close, %"),
    IN(atr_percentile, 2, "its rank in the history, %"),
    IN(sigma, 6, "deviation of the last 48 log returns"),
    IN(velocity, 4, "move of 12 bars in deviations"),
    IN(acceleration, 4, "last 6 bars against the 6 before"),
    IN(surge, 4, "volume / SMA20 of volume"),
    IN(support, 8, "lowest low of 48 bars"),
    IN(resistance, 8, "highest high of 48 bars"),
    IN(support_atr, 3, "distance to support, ATR"),
    IN(resistance_atr, 3, "distance to resistance, ATR"),
    IN(bars_in_range, 0, "bars since a close left the range"),
    IN(breakout_up, 4, "chance to touch resistance in 24 bars"),
    IN(breakout_down, 4, "chance to touch support in 24 bars"),
    IN(breakout, 2, "breakout potential"),
    IN(adx, 3, "ADX(14)"),
    IN(ema_fast, 8, "EMA(9)"),
    IN(ema_mid, 8, "EMA(21)"),
    IN(ema_slow, 8, "EMA(50)"),
    IN(alignment, 4, "order of price and EMAs, -1..1"),
    IN(drift_24h, 4, "move of 24 h in deviations"),
    IN(drift_7d, 4, "move of 7 days in deviations"),
    IN(change_24h_pct, 3, "move of 24 h, %"),
    IN(change_7d_pct, 3, "move of 7 days, %"),
#undef IN
};

static double
input_of(const struct qt_scan_row *row, size_t i)
{
    double value;
    memcpy(&value, (const char *)&row->in + inputs[i].offset, sizeof value);
    return value;
}

void
qt__scan_print_inputs(const struct qt_scan_row *row, FILE *out)
{
    for (size_t i = 0; i < QT_COUNT_OF(inputs); i++)
        fprintf(out, "  %-16s %16.*f  %s\n", inputs[i].name, inputs[i].decimals, input_of(row, i),
                inputs[i].words);
}

static const char *
symbol_of(const struct qt__scan_view *view, uint32_t instrument)
{
    return instrument < view->data->n ? view->data->series[instrument].ins.symbol : "";
}

/* Fixed decimals without the sign of a zero: documents must not differ by it. */
static const char *
number(double value, int decimals, char out[64])
{
    snprintf(out, 64, "%.*f", decimals, value);
    if (out[0] == '-' && strspn(out + 1, "0.") == strlen(out + 1))
        memmove(out, out + 1, strlen(out));
    return out;
}

static void
json_number(FILE *out, const char *key, double value, int decimals)
{
    char text[64];
    fprintf(out, "\"%s\":%s", key, number(value, decimals, text));
}

static void
json_string(FILE *out, const char *s)
{
    char buffer[256];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_add_json_string(&text, s);
    fputs(buffer, out);
}

static void
json_regime(const struct qt_regime *regime, FILE *out)
{
    if (!regime->is_known) {
        fputs("\"regime\":null,\n", out);
        return;
    }
    fprintf(out, "\"regime\":{\"structure\":\"%s\",\"structure_probability\":{",
            qt_structure_name(regime->structure));
    for (int i = 0; i < QT_STRUCTURES; i++) {
        fputs(i ? "," : "", out);
        json_number(out, qt_structure_name((enum qt_structure)i), regime->structure_probability[i],
                    4);
    }
    fprintf(out, "},\"market\":\"%s\",\"market_probability\":{",
            qt_market_state_name(regime->market));
    for (int i = 0; i < QT_MARKET_STATES; i++) {
        fputs(i ? "," : "", out);
        json_number(out, qt_market_state_name((enum qt_market_state)i),
                    regime->market_probability[i], 4);
    }
    fputs("},", out);
    json_number(out, "confidence", regime->confidence, 4);
    fputs(",", out);
    json_number(out, "stability", regime->stability, 4);
    fputs(",", out);
    json_number(out, "switches_per_day", regime->switches_per_day, 0);
    fputs(",\"evidence\":{", out);
    const struct qt_regime_evidence *e = &regime->evidence;
    const struct {
        const char *name;
        double value;
    } rows[] = {{"adx", e->adx},
                {"atr_percentile", e->atr_percentile},
                {"alignment", e->alignment},
                {"in_range", e->in_range},
                {"breaking", e->breaking},
                {"surging", e->surging},
                {"breadth", e->breadth},
                {"drift", e->drift},
                {"change_24h_pct", e->change_24h_pct}};
    fprintf(out, "\"symbols\":%u", e->symbols);
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        fputs(",", out);
        json_number(out, rows[i].name, rows[i].value, 4);
    }
    fputs("}},\n", out);
}

static void
json_excluded(const struct qt_scan_row *row, FILE *out)
{
    const char *unit = qt_scan_reason_unit(row->reason);
    if (row->reason == QT_SCAN_OK) {
        fputs("\"excluded\":null", out);
        return;
    }
    fprintf(out, "\"excluded\":{\"reason\":\"%s\",", qt_scan_reason_name(row->reason));
    if (*unit) {
        json_number(out, "value", row->value, 4);
        fputs(",", out);
        json_number(out, "limit", row->limit, 4);
        fputs("}", out);
    } else {
        fputs("\"value\":null,\"limit\":null}", out);
    }
}

static void
json_correlation(const struct qt__scan_view *view, const struct qt_scan_row *row, FILE *out)
{
    bool was_compared = row->max_correlation_with != QT_NO_INSTRUMENT;
    bool is_known = was_compared && row->fate != QT_SCAN_CORRELATION_UNKNOWN;
    if (is_known)
        json_number(out, "max_correlation", row->max_correlation, 4);
    else
        fputs("\"max_correlation\":null", out);
    fputs(",\"max_correlation_with\":", out);
    if (was_compared)
        json_string(out, symbol_of(view, row->max_correlation_with));
    else
        fputs("null", out);
}

static void
json_components(const struct qt_scan_row *row, FILE *out)
{
    if (!row->has_inputs) {
        fputs("\"score\":null,\"components\":null", out);
        return;
    }
    json_number(out, "score", row->score, 4);
    fputs(",\"components\":{", out);
    json_number(out, "volatility", row->volatility, 4);
    fputs(",", out);
    json_number(out, "momentum", row->momentum, 4);
    fputs(",", out);
    json_number(out, "volume", row->volume, 4);
    fputs(",", out);
    json_number(out, "trend", row->trend, 4);
    fputs("}", out);
}

static void
json_symbol(const struct qt__scan_view *view, uint32_t i, FILE *out)
{
    const struct qt_scan_row *row = &view->rows[i];
    char text[64];
    fputs("{\"symbol\":", out);
    json_string(out, symbol_of(view, i));
    if (row->rank > 0)
        fprintf(out, ",\"rank\":%u,", row->rank);
    else
        fputs(",\"rank\":null,", out);
    json_components(row, out);
    fputs(",", out);
    json_number(out, "decay", row->decay, 4);
    fputs(",", out);
    json_excluded(row, out);
    fprintf(out, ",\"fate\":\"%s\",", qt_scan_fate_name(row->fate));
    json_correlation(view, row, out);
    fprintf(out, ",\"quote_volume_24h\":\"%s\",", number(row->in.quote_volume_24h, 2, text));
    if (row->has_inputs)
        json_number(out, "change_24h_pct", row->in.change_24h_pct, 4);
    else
        fputs("\"change_24h_pct\":null", out);
    fputs(",\"spread_bps\":null}", out);
}

static void
json_selected(const struct qt__scan_view *view, FILE *out)
{
    fputs("\"selected\":[", out);
    for (uint32_t k = 0; k < view->result->selected_count; k++) {
        uint32_t i = view->result->selected[k];
        fputs(k ? ",\n{\"symbol\":" : "\n{\"symbol\":", out);
        json_string(out, symbol_of(view, i));
        fputs(",", out);
        json_number(out, "score", view->rows[i].score, 4);
        fputs(",", out);
        json_number(out, "decay", view->rows[i].decay, 4);
        fputs(",", out);
        json_correlation(view, &view->rows[i], out);
        fputs("}", out);
    }
    fputs("\n]", out);
}

static void
json_why(const struct qt__scan_view *view, uint32_t i, FILE *out)
{
    const struct qt_scan_row *row = &view->rows[i];
    char text[64];
    fputs(",\n\"why\":{\"symbol\":", out);
    json_string(out, symbol_of(view, i));
    fprintf(out, ",\"last\":\"%s\",\"inputs\":", number(row->last, 8, text));
    if (!row->has_inputs) {
        fputs("null}", out);
        return;
    }
    for (size_t k = 0; k < QT_COUNT_OF(inputs); k++) {
        fputs(k ? "," : "{", out);
        json_number(out, inputs[k].name, input_of(row, k), inputs[k].decimals);
    }
    fputs("}}", out);
}

void
qt__scan_print_json(const struct qt__scan_view *view, long why, FILE *out)
{
    const struct qt_scan_result *result = view->result;
    fprintf(out, "{\"time_ms\":%ld,\"interval\":\"%s\",\"history_bars\":%u,\"eligible\":%u,\n",
            (long)(result->now_ns / QT_NS_PER_MS),
            qt_timeframe_name(qt_timeframe_of_ns(view->period_ns)), view->history,
            result->eligible);
    json_regime(&result->regime, out);
    fputs("\"weights\":{", out);
    json_number(out, "volatility", result->weights.volatility, 4);
    fputs(",", out);
    json_number(out, "momentum", result->weights.momentum, 4);
    fputs(",", out);
    json_number(out, "volume", result->weights.volume, 4);
    fputs(",", out);
    json_number(out, "trend", result->weights.trend, 4);
    fputs("},\n\"symbols\":[\n", out);
    for (uint32_t k = 0; k < result->eligible; k++) {
        fputs(k ? ",\n" : "", out);
        json_symbol(view, view->order[k], out);
    }
    bool is_first = result->eligible == 0;
    for (uint32_t i = 0; i < result->symbols; i++) {
        if (view->rows[i].rank > 0)
            continue;
        fputs(is_first ? "" : ",\n", out);
        is_first = false;
        json_symbol(view, i, out);
    }
    fputs("\n],\n", out);
    json_selected(view, out);
    if (why >= 0)
        json_why(view, (uint32_t)why, out);
    fputs("}\n", out);
}

static void
csv_row(const struct qt__scan_view *view, uint32_t i, FILE *out)
{
    const struct qt_scan_row *row = &view->rows[i];
    char rank[16] = "";
    if (row->rank > 0)
        snprintf(rank, sizeof rank, "%u", row->rank);
    fprintf(out, "%s,%s,", rank, symbol_of(view, i));
    if (row->has_inputs)
        fprintf(out, "%.4f,%.4f,%.4f,%.4f,%.4f,", row->score, row->volatility, row->momentum,
                row->volume, row->trend);
    else
        fputs(",,,,,", out);
    fprintf(out, "%.4f,%s,", row->decay, qt_scan_fate_name(row->fate));
    bool was_compared = row->max_correlation_with != QT_NO_INSTRUMENT;
    if (was_compared && row->fate != QT_SCAN_CORRELATION_UNKNOWN)
        fprintf(out, "%.4f", row->max_correlation);
    fprintf(out, ",%s,", was_compared ? symbol_of(view, row->max_correlation_with) : "");
    if (row->reason == QT_SCAN_OK)
        fputs(",,,", out);
    else if (*qt_scan_reason_unit(row->reason))
        fprintf(out, "%s,%.4f,%.4f,", qt_scan_reason_name(row->reason), row->value, row->limit);
    else
        fprintf(out, "%s,,,", qt_scan_reason_name(row->reason));
    fprintf(out, "%.2f,", row->in.quote_volume_24h);
    if (row->has_inputs)
        fprintf(out, "%.4f", row->in.change_24h_pct);
    fputc('\n', out);
}

void
qt__scan_print_csv(const struct qt__scan_view *view, FILE *out)
{
    fputs("rank,symbol,score,volatility,momentum,volume,trend,decay,fate,max_correlation,"
          "max_correlation_with,excluded,value,limit,quote_volume_24h,change_24h_pct\n",
          out);
    for (uint32_t k = 0; k < view->result->eligible; k++)
        csv_row(view, view->order[k], out);
    for (uint32_t i = 0; i < view->result->symbols; i++)
        if (view->rows[i].rank == 0)
            csv_row(view, i, out);
}

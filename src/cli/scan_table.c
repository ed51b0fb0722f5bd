/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scan for people: the ranking as a table, and the whole story of one symbol.
 */
#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"
#include "qtrade/market/bars.h"

#include "scan_print_priv.h"

static const char *
symbol_of(const struct qt__scan_view *view, uint32_t instrument)
{
    return instrument < view->data->n ? view->data->series[instrument].ins.symbol : "-";
}

static const char *
interval_of(const struct qt__scan_view *view)
{
    return qt_timeframe_name(qt_timeframe_of_ns(view->period_ns));
}

static void
print_regime(const struct qt__scan_view *view, FILE *out)
{
    const struct qt_regime *regime = &view->result->regime;
    if (!regime->is_known) {
        fprintf(out, "regime  unknown: %u eligible symbols, %ld are needed\n",
                regime->evidence.symbols, (long)view->config->regime_min_symbols);
        return;
    }
    fprintf(out, "regime  %s (", qt_structure_name(regime->structure));
    for (int i = 0; i < QT_STRUCTURES; i++)
        fprintf(out, "%s%s %.0f %%", i ? ", " : "", qt_structure_name((enum qt_structure)i),
                100 * regime->structure_probability[i]);
    fprintf(out, ")\nmarket  %s (", qt_market_state_name(regime->market));
    for (int i = 0; i < QT_MARKET_STATES; i++)
        fprintf(out, "%s%s %.0f %%", i ? ", " : "", qt_market_state_name((enum qt_market_state)i),
                100 * regime->market_probability[i]);
    fprintf(out, ")\n        confidence %.0f %%, stability %.0f %%, %.0f switches in 24 h\n",
            100 * regime->confidence, 100 * regime->stability, regime->switches_per_day);
}

static void
print_head(const struct qt__scan_view *view, FILE *out)
{
    const struct qt_scan_result *result = view->result;
    char time[QT_TIME_TEXT];
    fprintf(out, "%s UTC, %u symbol%s of %s, %u eligible, bars of %s, history of %u bars\n",
            qt_time_format_short(result->now_ns, time), result->symbols,
            result->symbols == 1 ? "" : "s", view->folder, result->eligible, interval_of(view),
            view->history);
    if (view->is_coarse)
        fprintf(out, "note    the data's bars are longer than the configured interval (%s)\n",
                view->config->interval);
    fputs("note    recorded bars have no spread: that exclusion was not tested\n", out);
    print_regime(view, out);
    fprintf(out, "weights volatility %.2f, momentum %.2f, volume %.2f, trend %.2f\n\n",
            result->weights.volatility, result->weights.momentum, result->weights.volume,
            result->weights.trend);
}

/* "selected", "0.83 with ETHUSDT" ...: how the row fared and against whom. */
static void
print_fate(const struct qt__scan_view *view, const struct qt_scan_row *row, FILE *out)
{
    bool was_compared = row->max_correlation_with != QT_NO_INSTRUMENT;
    if (row->fate == QT_SCAN_CORRELATION_UNKNOWN)
        fprintf(out, "skipped: correlation with %s unknown",
                symbol_of(view, row->max_correlation_with));
    else if (row->fate == QT_SCAN_CORRELATED)
        fprintf(out, "skipped: %.2f with %s", row->max_correlation,
                symbol_of(view, row->max_correlation_with));
    else if (row->fate == QT_SCAN_SELECTED && was_compared)
        fprintf(out, "SELECTED (%.2f with %s)", row->max_correlation,
                symbol_of(view, row->max_correlation_with));
    else if (row->fate == QT_SCAN_SELECTED)
        fputs("SELECTED", out);
}

static void
print_row(const struct qt__scan_view *view, const struct qt_scan_row *row, FILE *out)
{
    fprintf(out, "%4u  %-14s %6.2f %6.1f %6.1f %6.1f %6.1f  %5.2f %8.2f %10.1f  ", row->rank,
            symbol_of(view, row->instrument), row->score, row->volatility, row->momentum,
            row->volume, row->trend, row->decay, row->in.change_24h_pct,
            row->in.quote_volume_24h / 1e6);
    print_fate(view, row, out);
    fputc('\n', out);
}

static void
print_excluded(const struct qt_scan_result *result, FILE *out)
{
    const char *before = "\nexcluded:";
    for (int i = 0; i < QT_SCAN_REASONS; i++) {
        if (result->excluded[i] == 0)
            continue;
        fprintf(out, "%s %u %s", before, result->excluded[i],
                qt_scan_reason_name((enum qt_scan_reason)i));
        before = ",";
    }
    if (*before == ',')
        fputc('\n', out);
}

void
qt__scan_print_table(const struct qt__scan_view *view, uint32_t max_rows, FILE *out)
{
    const struct qt_scan_result *result = view->result;
    print_head(view, out);
    fprintf(out, "%4s  %-14s %6s %6s %6s %6s %6s  %5s %8s %10s  %s\n", "rank", "symbol", "score",
            "volat", "moment", "volume", "trend", "decay", "24h %", "24h M", "selection");
    for (uint32_t k = 0; k < result->eligible; k++) {
        const struct qt_scan_row *row = &view->rows[view->order[k]];
        if (k < max_rows || row->fate == QT_SCAN_SELECTED)
            print_row(view, row, out);
    }
    if (result->eligible > max_rows)
        fprintf(out, "      %u more ranked (--rows 0 shows all)\n", result->eligible - max_rows);
    print_excluded(result, out);
}

static void
print_verdict(const struct qt__scan_view *view, const struct qt_scan_row *row, FILE *out)
{
    if (row->reason == QT_SCAN_OK) {
        fprintf(out, "eligible: rank %u of %u\n", row->rank, view->result->eligible);
        return;
    }
    fprintf(out, "excluded: %s", qt_scan_reason_name(row->reason));
    if (*qt_scan_reason_unit(row->reason))
        fprintf(out, ", %.2f against a limit of %.2f (%s)", row->value, row->limit,
                qt_scan_reason_unit(row->reason));
    fputc('\n', out);
}

static void
print_score(const struct qt__scan_view *view, const struct qt_scan_row *row, FILE *out)
{
    const struct qt_scan_weights *w = &view->result->weights;
    const struct {
        const char *name;
        double weight, value;
    } parts[] = {{"volatility", w->volatility, row->volatility},
                 {"momentum", w->momentum, row->momentum},
                 {"volume", w->volume, row->volume},
                 {"trend", w->trend, row->trend}};
    fputs("\nscore\n", out);
    for (size_t i = 0; i < QT_COUNT_OF(parts); i++)
        fprintf(out, "  %-12s %6.2f x %.2f = %6.2f\n", parts[i].name, parts[i].value,
                parts[i].weight, parts[i].value * parts[i].weight);
    fprintf(out, "  %-12s %6.2f x decay %.2f = %.2f\n", "sum", row->raw_score, row->decay,
            row->score);
}

static void
print_selection(const struct qt__scan_view *view, const struct qt_scan_row *row, FILE *out)
{
    fprintf(out, "\nselection\n  %s", qt_scan_fate_name(row->fate));
    if (row->max_correlation_with != QT_NO_INSTRUMENT && row->fate != QT_SCAN_CORRELATION_UNKNOWN)
        fprintf(out, ": worst correlation %.4f with %s (limit %.2f)", row->max_correlation,
                symbol_of(view, row->max_correlation_with), view->config->max_correlation);
    else if (row->fate == QT_SCAN_CORRELATION_UNKNOWN)
        fprintf(out, ": fewer than %ld common returns with %s",
                (long)view->config->correlation_min_bars,
                symbol_of(view, row->max_correlation_with));
    else if (row->fate == QT_SCAN_BEHIND)
        fprintf(out, ": the %u places were taken by better scores", view->result->selected_count);
    fputc('\n', out);
}

void
qt__scan_print_why(const struct qt__scan_view *view, uint32_t index, FILE *out)
{
    const struct qt_scan_row *row = &view->rows[index];
    print_head(view, out);
    fprintf(out, "%s  ", symbol_of(view, index));
    print_verdict(view, row, out);
    fprintf(out, "  last %.8g, 24 h quote volume %.1f M (rank %u), spread unknown\n", row->last,
            row->in.quote_volume_24h / 1e6, row->volume_rank);
    if (!row->has_inputs) {
        fputs("  too few bars for its inputs\n", out);
        return;
    }
    fputs("\ninputs\n", out);
    qt__scan_print_inputs(row, out);
    print_score(view, row, out);
    print_selection(view, row, out);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backtest's result, for programs and for people. */
#include <inttypes.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "backtest_priv.h"

enum { DOCUMENT = 8 * 1024 };

static void
add_money(struct qt_text *text, const char *key, qt_money amount)
{
    char digits[QT_DECIMAL_TEXT];
    qt_text_addf(text, "  \"%s\": \"%s\",\n", key,
                 qt_decimal_format(qt_money_units(amount), QT_MONEY_SCALE, digits));
}

static void
add_metrics(struct qt_text *text, const struct qt_performance *performance)
{
    qt_text_add(text, "  \"metrics\": {");
    for (const struct qt_performance_row *row = qt_performance_rows; row->name; row++) {
        const struct qt_metric *metric = qt_performance_at(performance, row);
        qt_text_addf(text, "%s\n    \"%s\": ", row == qt_performance_rows ? "" : ",", row->name);
        if (metric->is_known)
            qt_text_add_json_double(text, metric->value);
        else
            qt_text_add(text, "null");
    }
    qt_text_add(text, "\n  },\n");
}

bool
qt__backtest_json(const struct qt__backtest_result *result, FILE *out, struct qt_error *err)
{
    char buffer[DOCUMENT];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_addf(&text, "{\n  \"from_ms\": %" PRId64 ",\n  \"to_ms\": %" PRId64 ",\n",
                 result->from_ns / QT_NS_PER_MS, result->to_ns / QT_NS_PER_MS);
    qt_text_addf(&text,
                 "  \"symbols\": %u,\n  \"events\": %" PRIu64 ",\n  \"cycles\": %" PRIu64 ",\n",
                 result->symbols, result->counts.events, result->counts.cycles);
    add_money(&text, "initial_equity", result->initial);
    if (result->has_equity)
        add_money(&text, "final_equity", result->final);
    else
        qt_text_add(&text, "  \"final_equity\": null,\n");
    add_money(&text, "fees", result->fees);
    add_money(&text, "funding", result->funding);
    qt_text_addf(&text,
                 "  \"orders\": %" PRIu64 ",\n  \"fills\": %" PRIu64 ",\n  \"refusals\": %" PRIu64
                 ",\n  \"rejects\": %" PRIu64 ",\n  \"trades\": %" PRIu64
                 ",\n  \"open_positions\": %u,\n  \"conserved\": %s,\n",
                 result->counts.orders, result->counts.fills, result->counts.refusals,
                 result->counts.rejects, result->log.total.trades, result->open_positions,
                 result->is_conserved ? "true" : "false");
    add_metrics(&text, &result->performance);
    qt_assert(!text.is_cut);
    fputs(buffer, out);
    qt__backtest_execution_json(result, out);
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_addf(&text, "  \"decisions\": %zu,\n  \"decision_hash\": \"%016" PRIx64 "\"\n}\n",
                 result->log.decisions_made, result->decision_hash);
    qt_assert(!text.is_cut);
    fputs(buffer, out);
    return fflush(out) == 0 || qt_fail_errno(err, QT_E_IO, "writing the result");
}

static void
print_metric(const struct qt_performance_row *row, const struct qt_metric *metric, FILE *out)
{
    if (metric->is_known)
        fprintf(out, "%-34s %14.4f %s\n", row->title, metric->value, row->unit);
    else
        fprintf(out, "%-34s %14s\n", row->title, "-");
}

void
qt__backtest_text(const struct qt__backtest_result *result, const char *quote, FILE *out)
{
    char from[QT_TIME_TEXT], to[QT_TIME_TEXT], a[QT_DECIMAL_TEXT], b[QT_DECIMAL_TEXT],
        fees[QT_DECIMAL_TEXT];
    fprintf(out, "%s to %s, %u symbols, %" PRIu64 " events, %" PRIu64 " cycles\n",
            qt_time_format(result->from_ns, from), qt_time_format(result->to_ns, to),
            result->symbols, result->counts.events, result->counts.cycles);
    char funding[QT_DECIMAL_TEXT + 16] = "", amount[QT_DECIMAL_TEXT];
    if (qt_money_sign(result->funding) != 0)
        snprintf(funding, sizeof funding, ", funding %s",
                 qt_money_format(result->funding, QT_MONEY_SCALE, 2, amount));
    fprintf(out,
            "equity %s -> %s %s, fees %s%s; %" PRIu64 " orders, %" PRIu64 " fills, %" PRIu64
            " refused by the gate; books %s\n\n",
            qt_money_format(result->initial, QT_MONEY_SCALE, 2, a),
            result->has_equity ? qt_money_format(result->final, QT_MONEY_SCALE, 2, b) : "unknown",
            quote, qt_money_format(result->fees, QT_MONEY_SCALE, 2, fees), funding, result->counts.orders,
            result->counts.fills, result->counts.refusals,
            result->is_conserved ? "conserved" : "NOT CONSERVED");
    for (const struct qt_performance_row *row = qt_performance_rows; row->name; row++)
        print_metric(row, qt_performance_at(&result->performance, row), out);
    qt__backtest_execution_text(result, quote, out);
    fprintf(out, "\n%-34s %016" PRIx64 "\n", "Decision hash", result->decision_hash);
}

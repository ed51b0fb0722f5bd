/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison as one JSON document; what is not known is null. */
#include <inttypes.h>
#include <jansson.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"

#include "compare_priv.h"

static json_t *
number(bool is_known, double value)
{
    return is_known && qt_is_finite(value) ? json_real(value) : json_null();
}

/* Between two times; null: one of them never came. */
static json_t *
ms_between(int64_t from_ns, int64_t to_ns)
{
    return number(from_ns != 0 && to_ns != 0, (double)(to_ns - from_ns) / (double)QT_NS_PER_MS);
}

static json_t *
decimal(int64_t units, int scale)
{
    char digits[QT_DECIMAL_TEXT];
    return json_string(qt_decimal_format(units, scale, digits));
}

static json_t *
estimate(const struct qt_estimate *of)
{
    return json_pack("{s:I, s:o, s:o, s:o}", "n", (json_int_t)of->n, "value",
                     number(of->is_known, of->value), "low", number(of->is_known, of->low), "high",
                     number(of->is_known, of->high));
}

static json_t *
lognormal(const struct qt_lognormal_fit *fit)
{
    return json_pack("{s:I, s:o, s:o, s:I}", "n", (json_int_t)fit->median.n, "median_ms",
                     estimate(&fit->median), "sigma", estimate(&fit->sigma), "left_out",
                     (json_int_t)fit->left_out);
}

static json_t *
impact(const struct qt_slope_fit *fit, size_t without_day)
{
    json_t *out = estimate(&fit->slope);
    (void)json_object_set_new(out, "standard_error", number(fit->slope.is_known, fit->error));
    (void)json_object_set_new(out, "left_out", json_integer((json_int_t)fit->left_out));
    (void)json_object_set_new(out, "without_day", json_integer((json_int_t)without_day));
    return out;
}

static const char *const time_names[QT__TIMES] = {[QT__TIME_ORDER_WORD] = "order_word",
                                                  [QT__TIME_ORDER_ANSWER] = "order_answer",
                                                  [QT__TIME_ORDER_BEHIND] = "order_behind",
                                                  [QT__TIME_CANCEL_WORD] = "cancel_word",
                                                  [QT__TIME_CANCEL_ANSWER] = "cancel_answer",
                                                  [QT__TIME_CANCEL_BEHIND] = "cancel_behind",
                                                  [QT__TIME_QUERY_ANSWER] = "query_answer"};

static json_t *
calibration(const struct qt__compare *compare)
{
    const struct qt__compare_found *found = &compare->found;
    json_t *latency = json_object();
    for (int i = 0; i < QT__TIMES; i++)
        (void)json_object_set_new(latency, time_names[i], lognormal(&found->time_ms[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "latency", latency, "queue_ahead",
                     estimate(&found->queue_ahead), "fill_at_touch",
                     estimate(&found->fill_at_touch), "maker_bps", estimate(&found->maker_bps),
                     "taker_bps", estimate(&found->taker_bps), "impact",
                     impact(&found->impact, compare->seen.impact_without_day));
}

static json_t *
parameter(const struct qt__compare_parameter *of)
{
    return json_pack("{s:f, s:s}", "value", of->value, "origin",
                     qt__compare_origin_name(of->origin));
}

static json_t *
parameters(const struct qt__compare_parameters *use)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "order_latency_ms",
                     parameter(&use->order_ms), "order_latency_sigma", parameter(&use->order_sigma),
                     "cancel_latency_ms", parameter(&use->cancel_ms), "cancel_latency_sigma",
                     parameter(&use->cancel_sigma), "queue_ahead", parameter(&use->queue_ahead),
                     "maker_bps", parameter(&use->maker_bps), "taker_bps",
                     parameter(&use->taker_bps));
}

static json_t *
totals_json(const struct qt__compare *compare, const struct qt__compare_totals *totals)
{
    json_t *filled = json_object();
    for (int i = 0; i < QT__FILLED_KINDS; i++)
        (void)json_object_set_new(filled, qt__compare_filled_name((enum qt__compare_filled)i),
                                  json_integer((json_int_t)totals->filled[i]));
    return json_pack(
        "{s:I, s:I, s:o, s:{s:I, s:I}, s:{s:f, s:f}, s:f, s:o, s:{s:o, s:o}, s:{s:o, s:o}}",
        "orders", (json_int_t)totals->orders, "not_simulated",
        (json_int_t)(compare->n - totals->orders), "filled", filled, "refused", "recorded",
        (json_int_t)totals->refused_recorded, "simulated", (json_int_t)totals->refused_simulated,
        "fees", "recorded", totals->fees_recorded, "simulated", totals->fees_simulated, "cost",
        totals->cost, "price_bps", estimate(&totals->price_bps), "rest", "recorded",
        lognormal(&totals->rest_recorded_ms), "simulated", lognormal(&totals->rest_simulated_ms),
        "fill", "recorded", lognormal(&totals->fill_recorded_ms), "simulated",
        lognormal(&totals->fill_simulated_ms));
}

/* One order */

static json_t *
fate_json(const struct qt__compare *compare, const struct qt__compare_row *row,
          const struct qt__fate *fate)
{
    const struct qt_instrument *ins =
        qt_universe_at(compare->head->universe, row->request.instrument);
    double price = 0;
    bool has_price = qt__compare_price(compare, row, fate, &price);
    bool rested = qt_qty_sign(fate->filled_as_maker) > 0;
    return json_pack(
        "{s:s, s:o, s:o, s:f, s:o, s:o, s:o, s:i}", "state",
        qt_order_state_name((enum qt_order_state)fate->state), "filled",
        decimal(qt_qty_units(fate->filled), ins->qty_scale), "price", number(has_price, price),
        "fee", fate->fee, "word_ms", ms_between(row->decided_ns, fate->word_ns), "fill_ms",
        ms_between(row->decided_ns, fate->fill_ns), "rest_ms",
        ms_between(rested ? fate->word_ns : 0, fate->fill_ns), "code", (int)fate->code);
}

static json_t *
place_json(const struct qt__place *place)
{
    if (!place->is_known)
        return json_null();
    return json_pack("{s:f, s:f, s:o}", "visible", place->visible, "ahead_low", place->low,
                     "ahead_high", number(true, place->high));
}

static json_t *
row_json(const struct qt__compare *compare, const struct qt__compare_row *row)
{
    const struct qt_order_request *request = &row->request;
    const struct qt_instrument *ins = qt_universe_at(compare->head->universe, request->instrument);
    char id[24];
    double bps = 0;
    bool has_bps = qt__compare_price_bps(compare, row, &bps);
    snprintf(id, sizeof id, "%" PRIu64, request->client_id);
    json_t *signal = compare->signals.is_known
                         ? json_string(row->is_decided_again ? "both" : "recorded")
                         : json_null();
    json_t *limit = qt_px_is_none(request->px)
                        ? json_null()
                        : json_real(qt_px_to_double(request->px, ins->px_scale));
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:s, s:o, s:f, s:o, s:o, s:o}", "client_id", id,
        "symbol", ins->symbol, "side", qt_side_name((enum qt_side)request->side), "type",
        qt_order_type_name((enum qt_order_type)request->type), "quantity",
        decimal(qt_qty_units(request->qty), ins->qty_scale), "limit", limit, "decided_ms",
        (json_int_t)(row->decided_ns / QT_NS_PER_MS), "signal", signal, "filled",
        row->is_simulated ? qt__compare_filled_name(qt__compare_filled(row)) : "not simulated",
        "price_bps", number(has_bps, bps), "fee_difference", row->recorded.fee - row->simulated.fee,
        "queue", place_json(&row->place), "recorded", fate_json(compare, row, &row->recorded),
        "simulated", row->is_simulated ? fate_json(compare, row, &row->simulated) : json_null());
}

static json_t *
signals_json(const struct qt__compare_signals *signals)
{
    if (!signals->is_known)
        return json_null();
    return json_pack("{s:I, s:I, s:I}", "both", (json_int_t)signals->both, "recorded",
                     (json_int_t)signals->recorded, "simulated", (json_int_t)signals->simulated);
}

bool
qt__compare_json(const struct qt__compare *compare, const struct qt__compare_totals *totals,
                 FILE *out, struct qt_error *err)
{
    const struct qt_journal_head *head = compare->head;
    json_t *rows = json_array();
    for (size_t i = 0; rows && i < compare->n; i++)
        (void)json_array_append_new(rows, row_json(compare, &compare->rows[i]));
    json_t *document = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "session", head->session,
        "version", head->version, "run_kind", head->run_kind, "ending",
        qt_journal_ending_name(compare->ending), "events", (json_int_t)compare->events, "from_ms",
        (json_int_t)(compare->from_ns / QT_NS_PER_MS), "to_ms",
        (json_int_t)(compare->to_ns / QT_NS_PER_MS), "parameters", parameters(&compare->parameters),
        "calibration", calibration(compare), "config", qt__compare_config(compare),
        "venue_words", qt__compare_venue_words(compare), "signals", signals_json(&compare->signals),
        "totals", totals_json(compare, totals), "orders", rows);
    bool is_written = document && json_dumpf(document, out, JSON_INDENT(2)) == 0 &&
                      fputc('\n', out) != EOF && fflush(out) == 0;
    json_decref(document);
    return is_written || qt_fail_errno(err, QT_E_IO, "writing the comparison");
}

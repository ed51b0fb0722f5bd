/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A comparison for people, 80 columns wide: what the venue is like, the totals, and the orders that
 * differ most.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "compare_priv.h"

enum { CELL = 24 };

/* "12.34", or "-" where nothing is known. */
static const char *
cell(bool is_known, double value, int decimals, char out[CELL])
{
    if (is_known && qt_is_finite(value))
        snprintf(out, CELL, "%.*f", decimals, value == 0 ? 0.0 : value);
    else
        qt_copy(out, CELL, "-");
    return out;
}

/* The venue */

static void
print_estimate(const char *name, const char *unit, const struct qt_estimate *of, int decimals,
               FILE *out)
{
    if (of->is_known)
        fprintf(out, "  %-28s %10.*f %-5s %10.*f .. %-10.*f %7zu\n", name, decimals, of->value,
                unit, decimals, of->low, decimals, of->high, of->n);
    else
        fprintf(out, "  %-28s %-41s %7zu\n", name, "not enough observations", of->n);
}

/* No answer at all has the time of its request: the journal is of before, or nothing was asked. */
static void
print_time(const char *name, bool is_answer, const struct qt_lognormal_fit *fit, FILE *out)
{
    char sigma[48];
    if (is_answer && fit->median.n == 0) {
        fprintf(out, "  %-28s not recorded\n", name);
        return;
    }
    snprintf(sigma, sizeof sigma, "%*s sigma", (int)strlen(name), "");
    print_estimate(name, "ms", &fit->median, 2, out);
    if (fit->sigma.is_known)
        print_estimate(sigma, "", &fit->sigma, 3, out);
}

static void
print_impact(const struct qt_slope_fit *fit, FILE *out)
{
    if (!fit->slope.is_known) {
        fprintf(out, "  %-28s %-41s %7zu\n", "impact coefficient", "too few orders", fit->slope.n);
        return;
    }
    print_estimate("impact coefficient", "", &fit->slope, 3, out);
    fprintf(out, "  %-28s %10.3f%s\n", "         its standard error", fit->error,
            fit->slope.low > 0 ? "" : "       not told apart from none");
}

static void
print_venue(const struct qt__compare_found *found, FILE *out)
{
    static const struct {
        enum qt__compare_time time;
        const char *name;
        bool is_answer;
    } times[] = {{QT__TIME_ORDER_WORD, "order, to first word", false},
                 {QT__TIME_ORDER_ANSWER, "order, to answer", true},
                 {QT__TIME_ORDER_BEHIND, "order, word to answer", true},
                 {QT__TIME_CANCEL_WORD, "cancel, to word", false},
                 {QT__TIME_CANCEL_ANSWER, "cancel, to answer", true},
                 {QT__TIME_CANCEL_BEHIND, "cancel, word to answer", true},
                 {QT__TIME_QUERY_ANSWER, "query, to answer", true}};
    fprintf(out, "%-30s %10s %-5s %24s %7s\n", "VENUE AS RECORDED", "value", "",
            "95 % interval    ", "n");
    for (size_t i = 0; i < QT_COUNT_OF(times); i++)
        print_time(times[i].name, times[i].is_answer, &found->time_ms[times[i].time], out);
    print_estimate("queue ahead, part of visible", "", &found->queue_ahead, 3, out);
    print_estimate("filled when touched", "", &found->fill_at_touch, 3, out);
    print_estimate("maker fee", "bps", &found->maker_bps, 2, out);
    print_estimate("taker fee", "bps", &found->taker_bps, 2, out);
    print_impact(&found->impact, out);
}

static void
print_parameters(const struct qt__compare_parameters *use, FILE *out)
{
    const struct {
        const char *name, *unit;
        const struct qt__compare_parameter *of;
        int decimals;
    } rows[] = {{"order latency, median", "ms", &use->order_ms, 2},
                {"order latency, sigma", "", &use->order_sigma, 3},
                {"cancel latency, median", "ms", &use->cancel_ms, 2},
                {"cancel latency, sigma", "", &use->cancel_sigma, 3},
                {"queue ahead, part of visible", "", &use->queue_ahead, 3},
                {"maker fee", "bps", &use->maker_bps, 2},
                {"taker fee", "bps", &use->taker_bps, 2}};
    fprintf(out, "\nSIMULATED WITH\n");
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++)
        fprintf(out, "  %-28s %10.*f %-5s %s\n", rows[i].name, rows[i].decimals, rows[i].of->value,
                rows[i].unit, qt__compare_origin_name(rows[i].of->origin));
}

/* What was calibrated in the words that take it. */
static bool
print_words(const struct qt__compare *compare, FILE *out)
{
    json_t *config = qt__compare_config(compare), *words = qt__compare_venue_words(compare);
    char *text = config ? json_dumps(config, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
    bool is_good = text && words;
    if (is_good && json_object_size(config) > 0)
        fprintf(out, "\nAS CONFIG\n%s\n", text);
    if (is_good && json_array_size(words) > 0)
        fprintf(out, "\nAS A SIMULATED VENUE\n  qtrade venue serve");
    for (size_t i = 0; is_good && i < json_array_size(words); i++)
        fprintf(out, "%s%s", i % 2 == 0 ? " \\\n    " : " ",
                json_string_value(json_array_get(words, i)));
    if (is_good && json_array_size(words) > 0)
        fputc('\n', out);
    free(text);
    json_decref(words);
    json_decref(config);
    return is_good;
}

/* Totals */

static void
print_pair(const char *name, const struct qt_lognormal_fit *recorded,
           const struct qt_lognormal_fit *simulated, FILE *out)
{
    char a[CELL], b[CELL];
    fprintf(out, "  %-30s %14s %14s  (%zu, %zu)\n", name,
            cell(recorded->median.is_known, recorded->median.value, 2, a),
            cell(simulated->median.is_known, simulated->median.value, 2, b), recorded->median.n,
            simulated->median.n);
}

static void
print_totals(const struct qt__compare *compare, const struct qt__compare_totals *totals, FILE *out)
{
    const size_t *filled = totals->filled;
    fprintf(out, "\n%-32s %14s %14s\n", "TOTALS", "recorded", "simulated");
    fprintf(out, "  %-30s %14zu %14zu\n", "orders", compare->n, totals->orders);
    fprintf(out, "  %-30s %14zu %14zu\n", "filled, in whole or part",
            filled[QT__FILLED_BOTH] + filled[QT__FILLED_RECORDED],
            filled[QT__FILLED_BOTH] + filled[QT__FILLED_SIMULATED]);
    fprintf(out, "  %-30s %14zu %14zu\n", "filled only here", filled[QT__FILLED_RECORDED],
            filled[QT__FILLED_SIMULATED]);
    fprintf(out, "  %-30s %14zu %14zu\n", "refused", totals->refused_recorded,
            totals->refused_simulated);
    fprintf(out, "  %-30s %14.4f %14.4f\n", "fees", totals->fees_recorded, totals->fees_simulated);
    print_pair("takers, decision to fill, ms", &totals->fill_recorded_ms,
               &totals->fill_simulated_ms, out);
    print_pair("makers, at rest, ms", &totals->rest_recorded_ms, &totals->rest_simulated_ms, out);
    if (compare->signals.is_known)
        fprintf(out, "  %-30s %14zu %14zu  both %zu\n", "decided only here",
                compare->signals.recorded, compare->signals.simulated, compare->signals.both);
    else
        fprintf(out, "  %-30s %29s\n", "decided only here", "not asked for");
    fprintf(out, "  %-30s %14.4f  quote; above 0: paid more\n", "cost against the simulation",
            totals->cost);
    print_estimate("price against the simulation", "bps", &totals->price_bps, 3, out);
}

/* Orders */

struct rank {
    const struct qt__compare_row *row;
    double weight;
};

static int
heavier_first(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->row->request.client_id > y->row->request.client_id) -
           (x->row->request.client_id < y->row->request.client_id);
}

/* Missed ones by what they were worth, then prices by what they cost. */
static double
weight_of(const struct qt__compare *compare, const struct qt__compare_row *row)
{
    double recorded = qt_money_to_double(row->recorded.quote, QT_MONEY_SCALE), bps;
    double simulated = qt_money_to_double(row->simulated.quote, QT_MONEY_SCALE);
    double fee = row->recorded.fee - row->simulated.fee;
    if (qt__compare_filled(row) != QT__FILLED_BOTH)
        return recorded + simulated;
    double price = qt__compare_price_bps(compare, row, &bps) ? bps * simulated / 10000 : 0;
    return (price < 0 ? -price : price) + (fee < 0 ? -fee : fee);
}

/* Milliseconds, or from 100 s on words. */
static const char *
ms_cell(int64_t from_ns, int64_t to_ns, char out[CELL])
{
    char text[QT_TIME_TEXT];
    if (from_ns != 0 && to_ns - from_ns >= 100 * QT_NS_PER_S) {
        qt_copy(out, CELL, qt_duration_format(to_ns - from_ns, text));
        return out;
    }
    return cell(from_ns != 0 && to_ns != 0, (double)(to_ns - from_ns) / (double)QT_NS_PER_MS, 1,
                out);
}

static const char *
queue_cell(const struct qt__place *place, char out[CELL])
{
    if (!place->is_known)
        return cell(false, 0, 2, out);
    bool is_open = !qt_is_finite(place->high);
    double part = (is_open ? place->low : (place->low + place->high) / 2) / place->visible;
    snprintf(out, CELL, "%s%.2f", is_open ? ">" : "", part);
    return out;
}

static void
print_row(const struct qt__compare *compare, const struct qt__compare_row *row, FILE *out)
{
    const struct qt_instrument *ins =
        qt_universe_at(compare->head->universe, row->request.instrument);
    char time[QT_TIME_TEXT], bps_text[CELL], a[CELL], b[CELL], c[CELL], d[CELL];
    double bps = 0;
    bool has_bps = qt__compare_price_bps(compare, row, &bps);
    const char *signal = !compare->signals.is_known ? "-" : row->is_decided_again ? "both" : "rec";
    fprintf(out, "%s %-10.10s %-4s %-9.9s %-4s %7s %8s %8s %5s %8s\n",
            qt_time_format_clock(row->decided_ns, time), ins->symbol,
            qt_side_name((enum qt_side)row->request.side),
            row->is_simulated ? qt__compare_filled_name(qt__compare_filled(row)) : "not sent",
            signal, cell(has_bps, bps, 2, bps_text),
            ms_cell(row->decided_ns, row->recorded.fill_ns, a),
            ms_cell(row->decided_ns, row->simulated.fill_ns, b), queue_cell(&row->place, c),
            cell(true, row->recorded.fee - row->simulated.fee, 4, d));
}

static bool
print_orders(const struct qt__compare *compare, size_t most, FILE *out)
{
    struct rank *ranks = calloc(compare->n + 1, sizeof *ranks);
    if (!ranks)
        return false;
    for (size_t i = 0; i < compare->n; i++)
        ranks[i] = (struct rank){&compare->rows[i], weight_of(compare, &compare->rows[i])};
    qsort(ranks, compare->n, sizeof *ranks, heavier_first);
    size_t n = QT_MIN(most, compare->n);
    fprintf(out, "\nTHE %zu OF %zu ORDERS THAT DIFFER MOST\n", n, compare->n);
    fprintf(out, "%-8s %-10s %-4s %-9s %-4s %7s %8s %8s %5s %8s\n", "decided", "symbol", "side",
            "filled in", "sig", "px bps", "rec ms", "sim ms", "queue", "fee");
    for (size_t i = 0; i < n; i++)
        print_row(compare, ranks[i].row, out);
    free(ranks);
    return true;
}

bool
qt__compare_text(const struct qt__compare *compare, const struct qt__compare_totals *totals,
                 size_t most, FILE *out, struct qt_error *err)
{
    const struct qt_journal_head *head = compare->head;
    char from[QT_TIME_TEXT], to[QT_TIME_TEXT];
    fprintf(out, "session %s (%s, qtrade %s), %" PRIu64 " events\n%s to %s, the journal is %s\n\n",
            head->session, head->run_kind, head->version, compare->events,
            qt_time_format_short(compare->from_ns, from), qt_time_format_short(compare->to_ns, to),
            qt_journal_ending_name(compare->ending));
    print_venue(&compare->found, out);
    print_parameters(&compare->parameters, out);
    if (!print_words(compare, out))
        return qt_fail(err, QT_E_MEMORY, "no memory for the words");
    print_totals(compare, totals, out);
    if (most > 0 && compare->n > 0 && !print_orders(compare, most, out))
        return qt_fail(err, QT_E_MEMORY, "no memory for the table");
    return fflush(out) == 0 || qt_fail_errno(err, QT_E_IO, "writing the comparison");
}

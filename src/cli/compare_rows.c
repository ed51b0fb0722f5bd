/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The orders of a session, and what the reports of one side make of them. The engine's own table of
 * orders judges the reports: the answer to a request and the account's stream tell one story twice.
 */
#include <stdlib.h>

#include "compare_priv.h"

enum { FIRST_ROWS = 1024, OPEN_MAX = 65536, HISTORY = 65536 };

bool
qt__compare_init(struct qt__compare *compare, const struct qt_journal_head *head,
                 struct qt_error *err)
{
    *compare = (struct qt__compare){.head = head, .by_id_room = FIRST_ROWS};
    compare->by_id = qt_map_create(FIRST_ROWS);
    return compare->by_id || qt_fail(err, QT_E_MEMORY, "no memory for the orders");
}

void
qt__compare_finish(struct qt__compare *compare)
{
    for (int i = 0; i < QT__TIMES; i++)
        free(compare->seen.time_ms[i].of);
    free(compare->seen.maker_bps.of);
    free(compare->seen.taker_bps.of);
    free(compare->seen.ahead.of);
    free(compare->seen.impact.of);
    free(compare->seen.impact_before.of);
    qt_map_destroy(compare->by_id);
    qt_orders_destroy(compare->orders);
    free(compare->holding);
    free(compare->rows);
}

/* A table twice as large. */
static bool
widen(struct qt__compare *compare)
{
    size_t room = 2 * compare->by_id_room;
    struct qt_map *map = qt_map_create(room);
    for (size_t i = 0; map && i < compare->n; i++)
        if (!qt_map_put(map, compare->rows[i].request.client_id, i)) {
            qt_map_destroy(map);
            map = NULL;
        }
    if (!map)
        return false;
    qt_map_destroy(compare->by_id);
    compare->by_id = map;
    compare->by_id_room = room;
    return true;
}

struct qt__compare_row *
qt__compare_find(const struct qt__compare *compare, uint64_t client_id)
{
    uint64_t at;
    return qt_map_get(compare->by_id, client_id, &at) ? &compare->rows[at] : NULL;
}

struct qt__compare_row *
qt__compare_add(struct qt__compare *compare, const struct qt_decision *decision)
{
    if (compare->n == compare->room) {
        size_t room = compare->room ? 2 * compare->room : FIRST_ROWS;
        struct qt__compare_row *rows = realloc(compare->rows, room * sizeof *rows);
        if (!rows)
            return NULL;
        compare->rows = rows;
        compare->room = room;
    }
    if (qt__compare_find(compare, decision->order.client_id) ||
        (compare->n == compare->by_id_room && !widen(compare)) ||
        !qt_map_put(compare->by_id, decision->order.client_id, compare->n))
        return NULL;
    struct qt__compare_row *row = &compare->rows[compare->n++];
    *row = (struct qt__compare_row){.request = decision->order, .decided_ns = decision->t_ns};
    return row;
}

bool
qt__compare_open_orders(struct qt__compare *compare, struct qt_error *err)
{
    const struct qt_orders_limits limits = {.open = OPEN_MAX,
                                            .history = HISTORY,
                                            .instruments =
                                                qt_universe_count(compare->head->universe)};
    qt_orders_destroy(compare->orders);
    compare->orders = qt_orders_create(&limits);
    return compare->orders || qt_fail(err, QT_E_MEMORY, "no memory for the orders");
}

double
qt__compare_fee(const struct qt_instrument *ins, const struct qt_fill *fill)
{
    if (!fill->fee_in_base)
        return qt_money_to_double(fill->fee, QT_MONEY_SCALE);
    return qt_money_to_double(fill->fee, ins->qty_scale) * qt_px_to_double(fill->px, ins->px_scale);
}

static void
add_fill(const struct qt_instrument *ins, const struct qt_fill *fill, int64_t t_ns,
         struct qt__fate *fate)
{
    qt_qty filled, as_maker = fate->filled_as_maker;
    qt_money quote;
    if (!qt_qty_add(fate->filled, fill->qty, &filled) ||
        !qt_money_add(fate->quote, fill->quote, &quote) ||
        (fill->is_maker && !qt_qty_add(as_maker, fill->qty, &as_maker)))
        return; /* no venue fills so much: the journal's figures are not to be believed */
    if (fate->fill_ns == 0)
        fate->fill_ns = t_ns;
    fate->filled = filled;
    fate->filled_as_maker = as_maker;
    fate->quote = quote;
    fate->fee += qt__compare_fee(ins, fill);
}

static bool
is_word(const struct qt_report *report)
{
    return report->type != QT_REPORT_TIMEOUT && report->type != QT_REPORT_NOT_FOUND &&
           report->type != QT_REPORT_CANCEL_REJECTED;
}

bool
qt__compare_take(struct qt__compare *compare, const struct qt_event *event, struct qt__fate *fate,
                 struct qt_fill *fill)
{
    struct qt_order_change change;
    const struct qt_instrument *ins = qt_universe_at(compare->head->universe, event->instrument);
    int64_t t_ns = event->t_recv_ns;
    (void)qt_orders_report(compare->orders, &event->report, t_ns, &change);
    if (!change.order)
        return false;
    fate->state = change.after;
    if (fate->word_ns == 0 && is_word(&event->report))
        fate->word_ns = t_ns;
    if (event->report.type == QT_REPORT_REJECTED)
        fate->code = event->report.code;
    if (change.has_fill)
        add_fill(ins, &change.fill, t_ns, fate);
    if (fate->end_ns == 0 && qt_order_state_is_final((enum qt_order_state)change.after))
        fate->end_ns = t_ns;
    if (change.has_fill && fill)
        *fill = change.fill;
    return change.has_fill;
}

bool
qt__samples_add(struct qt__samples *samples, double x)
{
    if (samples->n == samples->room) {
        size_t room = samples->room ? 2 * samples->room : FIRST_ROWS;
        double *of = realloc(samples->of, room * sizeof *of);
        if (!of)
            return false;
        samples->of = of;
        samples->room = room;
    }
    samples->of[samples->n++] = x;
    return true;
}

bool
qt__spans_add(struct qt__spans *spans, struct qt_span span)
{
    if (spans->n == spans->room) {
        size_t room = spans->room ? 2 * spans->room : FIRST_ROWS;
        struct qt_span *of = realloc(spans->of, room * sizeof *of);
        if (!of)
            return false;
        spans->of = of;
        spans->room = room;
    }
    spans->of[spans->n++] = span;
    return true;
}

bool
qt__points_add(struct qt__points *points, struct qt_point point)
{
    if (points->n == points->room) {
        size_t room = points->room ? 2 * points->room : FIRST_ROWS;
        struct qt_point *of = realloc(points->of, room * sizeof *of);
        if (!of)
            return false;
        points->of = of;
        points->room = room;
    }
    points->of[points->n++] = point;
    return true;
}

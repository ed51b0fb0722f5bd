/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/api/document.h"

#include <stdio.h>

#include "qtrade/base/fixed.h"
#include "qtrade/base/time.h"
#include "qtrade/net/breaker.h"
#include "qtrade/scan/regime.h"

/* Takes value; NULL inside a document becomes null. */
static void
set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value ? value : json_null());
}

static json_t *
px_of(qt_px px, int scale)
{
    char text[QT_DECIMAL_TEXT];
    return qt_px_is_none(px) ? json_null() : json_string(qt_px_format(px, scale, text));
}

static json_t *
qty_of(qt_qty qty, int scale)
{
    char text[QT_DECIMAL_TEXT];
    return json_string(qt_decimal_format_short(qt_qty_units(qty), scale, text));
}

json_t *
qt_document_money(qt_money amount, bool is_known)
{
    char text[QT_DECIMAL_TEXT];
    return is_known ? json_string(qt_decimal_format(qt_money_units(amount), QT_MONEY_SCALE, text))
                    : json_null();
}

static json_t *
ms_of(int64_t t_ns)
{
    return t_ns == QT_TIME_NONE ? json_null() : json_integer(t_ns / QT_NS_PER_MS);
}

json_t *
qt_document_regime(const struct qt_snapshot *snapshot)
{
    const struct qt_regime_view *regime = &snapshot->regime;
    if (!regime->is_known)
        return json_null();
    json_t *document = json_object(), *structure = json_object(), *market = json_object();
    for (int i = 0; i < QT_STRUCTURES; i++)
        set(structure, qt_structure_name((enum qt_structure)i),
            json_real(regime->structure_probability[i]));
    for (int i = 0; i < QT_MARKET_STATES; i++)
        set(market, qt_market_state_name((enum qt_market_state)i),
            json_real(regime->market_probability[i]));
    set(document, "structure",
        json_string(qt_structure_name((enum qt_structure)regime->structure)));
    set(document, "structure_probability", structure);
    set(document, "market",
        json_string(qt_market_state_name((enum qt_market_state)regime->market)));
    set(document, "market_probability", market);
    set(document, "confidence", json_real(regime->confidence));
    set(document, "stability", json_real(regime->stability));
    set(document, "switches_per_day", json_real(regime->switches_per_day));
    return document;
}

static json_t *
rank_of(const struct qt_rank_view *row)
{
    json_t *document = json_object(), *components = json_object();
    set(components, "volatility", json_real(row->volatility));
    set(components, "momentum", json_real(row->momentum));
    set(components, "volume", json_real(row->volume));
    set(components, "trend", json_real(row->trend));
    set(document, "symbol", json_string(row->symbol));
    set(document, "score", json_real(row->score));
    set(document, "components", components);
    set(document, "decay", json_real(row->decay));
    set(document, "max_correlation", json_real(row->max_correlation));
    set(document, "max_correlation_with",
        row->max_correlation_with[0] ? json_string(row->max_correlation_with) : json_null());
    set(document, "signal", row->has_signal ? json_real(row->signal) : json_null());
    set(document, "confidence", row->has_signal ? json_real(row->confidence) : json_null());
    set(document, "why", json_string(row->why));
    return document;
}

json_t *
qt_document_selected(const struct qt_snapshot *snapshot)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < snapshot->ranked; i++)
        if (snapshot->rank[i].is_selected)
            json_array_append_new(list, rank_of(&snapshot->rank[i]));
    return list;
}

static json_t *
position_of(const struct qt_position_view *position)
{
    json_t *document = json_object();
    bool has_mark = !qt_px_is_none(position->mark);
    set(document, "symbol", json_string(position->symbol));
    set(document, "quantity", qty_of(position->qty, position->qty_scale));
    set(document, "entry_price", px_of(position->entry, position->px_scale));
    set(document, "mark_price", px_of(position->mark, position->px_scale));
    set(document, "stop_price", px_of(position->stop, position->px_scale));
    set(document, "target_price", px_of(position->target, position->px_scale));
    set(document, "protected",
        position->protection == QT_PROTECTION_UNKNOWN
            ? json_null()
            : json_boolean(position->protection == QT_PROTECTION_VENUE));
    set(document, "unrealised_pnl", qt_document_money(position->unrealised, has_mark));
    set(document, "r_multiple", has_mark ? json_real(position->r_multiple) : json_null());
    set(document, "opened_ms", ms_of(position->opened_ns));
    return document;
}

json_t *
qt_document_positions(const struct qt_snapshot *snapshot)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < snapshot->positions; i++)
        json_array_append_new(list, position_of(&snapshot->position[i]));
    return list;
}

static json_t *
order_of(const struct qt_order_view *order)
{
    char id[24];
    json_t *document = json_object();
    snprintf(id, sizeof id, "%llx", (unsigned long long)order->client_id);
    set(document, "client_id", json_string(id));
    set(document, "symbol", json_string(order->symbol));
    set(document, "side", json_string(qt_side_name((enum qt_side)order->side)));
    set(document, "type", json_string(qt_order_type_name((enum qt_order_type)order->type)));
    set(document, "purpose", json_string(order->purpose));
    set(document, "state", json_string(qt_order_state_name((enum qt_order_state)order->state)));
    set(document, "price", px_of(order->px, order->px_scale));
    set(document, "quantity", qty_of(order->qty, order->qty_scale));
    set(document, "filled", qty_of(order->cum_qty, order->qty_scale));
    set(document, "created_ms", ms_of(order->created_ns));
    snprintf(id, sizeof id, "%llx", (unsigned long long)order->parent);
    set(document, "parent", order->parent ? json_string(id) : json_null());
    return document;
}

json_t *
qt_document_open_orders(const struct qt_snapshot *snapshot)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < snapshot->orders; i++)
        json_array_append_new(list, order_of(&snapshot->order[i]));
    return list;
}

static json_t *
operations_of(const struct qt_venue_view *venue)
{
    json_t *list = json_array();
    for (int i = 0; i < QT_OPERATIONS; i++) {
        const struct qt_operation_view *from = &venue->operation[i];
        json_t *row = json_object();
        set(row, "operation", json_string(qt_operation_name((enum qt_operation)i)));
        set(row, "breaker",
            json_string(qt_breaker_state_name((enum qt_breaker_state)from->breaker)));
        set(row, "failures", json_integer(from->failures));
        set(row, "calls", json_integer((json_int_t)from->calls));
        set(row, "failed", json_integer((json_int_t)from->failed));
        set(row, "trips", json_integer((json_int_t)from->trips));
        json_array_append_new(list, row);
    }
    return list;
}

/* The worst of the links, and since when nothing came. */
static json_t *
venue_of(const struct qt_venue_view *venue)
{
    uint8_t worst = QT_LINK_UP;
    json_t *document = json_object();
    for (int i = 0; i < QT_LINK_KINDS; i++)
        worst = QT_MIN(worst, venue->link[i]);
    set(document, "name", json_string(venue->name));
    set(document, "state", json_string(qt_link_state_name((enum qt_link_state)worst)));
    set(document, "feed_age_ms",
        venue->feed_age_ns == INT64_MAX ? json_null()
                                        : json_integer(venue->feed_age_ns / QT_NS_PER_MS));
    set(document, "round_trip_ms",
        venue->round_trip_ns > 0 ? json_real((double)venue->round_trip_ns / (double)QT_NS_PER_MS)
                                 : json_null());
    set(document, "operations", operations_of(venue));
    set(document, "weight_pct", json_real(venue->weight_pct));
    set(document, "orders_pct", json_real(venue->orders_pct));
    set(document, "bad_messages", json_integer((json_int_t)venue->bad_messages));
    set(document, "last_bad", venue->last_bad[0] ? json_string(venue->last_bad) : json_null());
    return document;
}

static json_t *
stream_of(const struct qt_source_view *stream)
{
    json_t *document = json_object();
    set(document, "symbols", json_integer(stream->symbols));
    set(document, "age_ms",
        stream->age_ns == INT64_MAX ? json_null() : json_integer(stream->age_ns / QT_NS_PER_MS));
    set(document, "gap_pct", json_real(stream->gap_pct));
    set(document, "taken", json_integer((json_int_t)stream->taken));
    return document;
}

/* Where each symbol has two streams; null: it has one. */
static json_t *
streams_of(const struct qt_sources_view *sources)
{
    if (sources->n == 0)
        return json_null();
    json_t *document = json_object();
    for (unsigned i = 0; i < sources->n; i++)
        set(document, qt_sources_name(i), stream_of(&sources->of[i]));
    set(document, "apart_bps", json_real(sources->apart_bps));
    set(document, "apart", json_integer(sources->apart));
    set(document, "bars_unequal", json_integer((json_int_t)sources->bars_unequal));
    return document;
}

static json_t *
health_row(const char *component, bool is_good, const char *detail)
{
    json_t *row = json_object();
    set(row, "component", json_string(component));
    set(row, "state", json_string(is_good ? "good" : "bad"));
    set(row, "detail", json_string(detail));
    return row;
}

/* What the picture itself can vouch for. */
static json_t *
market_state_row(const struct qt_snapshot *snapshot)
{
    const struct qt_market_view *state = &snapshot->market_state;
    char text[96];
    if (state->number == 0)
        snprintf(text, sizeof text, "none kept yet");
    else
        snprintf(text, sizeof text, "number %llu, %.1f minutes old",
                 (unsigned long long)state->number,
                 (double)(snapshot->t_ns - state->t_ns) / (double)QT_NS_PER_MIN);
    return health_row("market state", !state->is_sick, text);
}

/* Of several: what went there, and how well. */
static json_t *
venue_row(const struct qt_venue_view *venue, bool has_others)
{
    char text[160];
    bool is_up = venue->link[QT_LINK_MARKET] == QT_LINK_UP &&
                 venue->link[QT_LINK_USER] == QT_LINK_UP && venue->link[QT_LINK_REST] == QT_LINK_UP;
    int n = snprintf(text, sizeof text, "%llu reconnects", (unsigned long long)venue->reconnects);
    if (has_others)
        snprintf(text + n, sizeof text - (size_t)n,
                 ", %llu parts of orders, %.0f %% refused of late, slippage %+.1f bps, answers in %.1f ms%s",
                 (unsigned long long)venue->parts, venue->refused * 100, venue->slip_bps,
                 (double)venue->round_trip_ns / (double)QT_NS_PER_MS,
                 venue->is_excluded ? "; gets no new orders" : "");
    return health_row(venue->name, is_up && !venue->is_excluded, text);
}

static json_t *
health_of(const struct qt_snapshot *snapshot)
{
    json_t *list = json_array();
    char text[96];
    json_array_append_new(
        list, health_row("ledger", snapshot->is_conserved,
                         snapshot->is_conserved ? "sums to zero" : "does not sum to zero"));
    snprintf(text, sizeof text, "cycle p50 %.2f ms, max %.2f ms, %llu turns late",
             (double)snapshot->cycle_p50_ns / (double)QT_NS_PER_MS,
             (double)snapshot->cycle_max_ns / (double)QT_NS_PER_MS,
             (unsigned long long)snapshot->counts.late_turns);
    json_array_append_new(list, health_row("engine", snapshot->counts.incidents == 0, text));
    snprintf(text, sizeof text, "%llu events not believed",
             (unsigned long long)snapshot->counts.bad_events);
    json_array_append_new(list, health_row("market data", snapshot->counts.bad_events == 0, text));
    const struct qt_journal_view *journal = &snapshot->journal;
    snprintf(text, sizeof text, "%llu bytes written, %llu records waiting%s",
             (unsigned long long)journal->bytes, (unsigned long long)journal->waiting,
             journal->is_lost ? ", the end is lost" : "");
    if (journal->is_kept)
        json_array_append_new(list,
                              health_row("journal", !journal->is_sick && !journal->is_lost, text));
    if (snapshot->market_state.is_kept)
        json_array_append_new(list, market_state_row(snapshot));
    for (uint32_t i = 0; i < snapshot->venues; i++)
        json_array_append_new(list, venue_row(&snapshot->venue[i], snapshot->venues > 1));
    return list;
}

static json_t *
dropped_of(const struct qt_counts *counts)
{
    json_t *document = json_object();
    set(document, "conflated_quotes", json_integer((json_int_t)counts->conflated_quotes));
    set(document, "trades", json_integer((json_int_t)counts->dropped_trades));
    set(document, "orders", json_integer((json_int_t)counts->dropped_orders));
    set(document, "late_events", json_integer((json_int_t)counts->late_events));
    return document;
}

static json_t *
shards_of(const struct qt_shards_view *shards)
{
    json_t *document = json_object();
    set(document, "workers", json_integer(shards->workers));
    set(document, "moves", json_integer((json_int_t)shards->moves));
    set(document, "waits_in", json_integer((json_int_t)shards->waits_in));
    set(document, "waits_out", json_integer((json_int_t)shards->waits_out));
    return document;
}

json_t *
qt_document_status(const struct qt_snapshot *snapshot, const char *version, long pid,
                   double uptime_s)
{
    json_t *document = json_object(), *venues = json_array();
    for (uint32_t i = 0; i < snapshot->venues; i++)
        json_array_append_new(venues, venue_of(&snapshot->venue[i]));
    set(document, "version", json_string(version));
    set(document, "pid", json_integer(pid));
    set(document, "run_kind", json_string(snapshot->run_kind));
    set(document, "mode", json_string(qt_mode_name((enum qt_mode)snapshot->mode)));
    set(document, "mode_since_ms", ms_of(snapshot->mode_since_ns));
    set(document, "mode_reason",
        snapshot->mode_reason[0] ? json_string(snapshot->mode_reason) : json_null());
    set(document, "kill_switch", json_string(snapshot->kill_switch));
    set(document, "kill_switch_why",
        snapshot->kill_switch_why[0] ? json_string(snapshot->kill_switch_why) : json_null());
    set(document, "uptime_s", json_real(uptime_s));
    set(document, "time_ms", ms_of(snapshot->t_ns));
    set(document, "venues", venues);
    set(document, "streams", streams_of(&snapshot->sources));
    set(document, "symbols", json_integer(snapshot->instruments));
    set(document, "eligible", json_integer(snapshot->eligible));
    set(document, "quote_asset", json_string(snapshot->quote_asset));
    set(document, "equity", qt_document_money(snapshot->equity, snapshot->has_equity));
    set(document, "exposure", qt_document_money(snapshot->exposure, snapshot->has_equity));
    set(document, "day_pnl", qt_document_money(snapshot->day_pnl, snapshot->has_equity));
    set(document, "funding", qt_document_money(snapshot->funding, true));
    set(document, "drawdown", snapshot->has_equity ? json_real(snapshot->drawdown) : json_null());
    set(document, "positions", qt_document_positions(snapshot));
    set(document, "open_orders", qt_document_open_orders(snapshot));
    set(document, "parents", qt_document_parents(snapshot));
    set(document, "execution", qt_document_execution(snapshot));
    set(document, "selected", qt_document_selected(snapshot));
    set(document, "regime", qt_document_regime(snapshot));
    set(document, "liquidating", json_boolean(snapshot->is_liquidating));
    set(document, "halted", json_boolean(snapshot->is_halted));
    set(document, "liquidation",
        snapshot->liquidation[0] ? json_string(snapshot->liquidation) : json_null());
    set(document, "late_turns", json_integer((json_int_t)snapshot->counts.late_turns));
    set(document, "health", health_of(snapshot));
    set(document, "bus", qt_document_bus(snapshot));
    set(document, "dropped", dropped_of(&snapshot->counts));
    set(document, "shards", shards_of(&snapshot->shards));
    return document;
}

/* Market data that failed a check, by its name; "dropped": those that were not believed. */
static json_t *
quality_of(const struct qt_counts *counts)
{
    json_t *document = json_object();
    set(document, "dropped", json_integer((json_int_t)counts->bad_events));
    for (unsigned i = 0; i < QT_QUALITY_CHECKS; i++)
        set(document, qt_quality_name((enum qt_quality_check)i),
            json_integer((json_int_t)counts->quality[i]));
    return document;
}

json_t *
qt_document_summary(const struct qt_snapshot *snapshot, double seconds)
{
    const struct qt_counts *counts = &snapshot->counts;
    json_t *document = json_object();
    set(document, "seconds", json_real(seconds));
    set(document, "symbols", json_integer(snapshot->instruments));
    set(document, "events", json_integer((json_int_t)counts->events));
    set(document, "cycles", json_integer((json_int_t)counts->cycles));
    set(document, "regime", qt_document_regime(snapshot));
    set(document, "selected", qt_document_selected(snapshot));
    set(document, "orders", json_integer((json_int_t)counts->orders));
    set(document, "fills", json_integer((json_int_t)counts->fills));
    set(document, "rejects", json_integer((json_int_t)counts->rejects));
    set(document, "refusals", json_integer((json_int_t)counts->refusals));
    set(document, "positions", qt_document_positions(snapshot));
    set(document, "initial_equity",
        qt_document_money(snapshot->initial_equity, snapshot->has_equity));
    set(document, "equity", qt_document_money(snapshot->equity, snapshot->has_equity));
    set(document, "fees", qt_document_money(snapshot->fees, true));
    set(document, "funding", qt_document_money(snapshot->funding, true));
    set(document, "conserved", json_boolean(snapshot->is_conserved));
    set(document, "incidents", json_integer((json_int_t)counts->incidents));
    set(document, "mode", json_string(qt_mode_name((enum qt_mode)snapshot->mode)));
    set(document, "dropped", dropped_of(counts));
    set(document, "quality", quality_of(counts));
    set(document, "streams", streams_of(&snapshot->sources));
    return document;
}

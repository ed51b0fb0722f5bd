/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine's picture as JSON documents (design, section 6): stable snake_case keys, times in ms
 * UTC, money, prices and quantities as decimal text, statistics as numbers; what is not known is
 * null. Any thread; every function gives a new reference, NULL when there is no memory.
 */
#ifndef QTRADE_API_DOCUMENT_H
#define QTRADE_API_DOCUMENT_H

#include <jansson.h>

#include "qtrade/base/attr.h"
#include "qtrade/engine/board.h"
#include "qtrade/engine/snapshot.h"
#include "qtrade/hw/kill_switch.h"

/** {structure, structure_probability:{}, market, market_probability:{}, confidence, stability,
 * switches_per_day}; null before the first full cycle. */
json_t *qt_document_regime(const struct qt_snapshot *snapshot);
/** [{symbol, score, components:{volatility, momentum, volume, trend}, decay, max_correlation,
 * max_correlation_with, signal, confidence, why}], best first. */
json_t *qt_document_selected(const struct qt_snapshot *snapshot);
/** [{symbol, quantity, entry_price, mark_price, stop_price, target_price, unrealised_pnl,
 * r_multiple, opened_ms}]. */
json_t *qt_document_positions(const struct qt_snapshot *snapshot);
/** [{client_id, symbol, side, type, purpose, state, price, quantity, filled, created_ms, parent}].
 */
json_t *qt_document_open_orders(const struct qt_snapshot *snapshot);
/** [{id, symbol, side, purpose, algorithm, state, why, quantity, filled, children, decided_ms,
 * deadline_ms, ended_ms, arrival_price, average_price, vwap_price, arrival_bps, vwap_bps, delay,
 * trading, fees, opportunity, shortfall, shortfall_bps}]: parent orders at work, then ended ones. */
json_t *qt_document_parents(const struct qt_snapshot *snapshot);
/** {by_algorithm:[{algorithm, parents, children, unknown, notional, filled, delay, trading, fees,
 * opportunity, shortfall, shortfall_bps}], by_symbol:[{symbol, algorithm, and the same}]}. */
json_t *qt_document_execution(const struct qt_snapshot *snapshot);
/** {topics:[{topic, published, delivered, dropped, dead, lost, p50_us, p99_us, max_us}],
 * dead_letters, letters:[{subscriber, topic, what, seq, reason, first_ms, last_ms, attempts}]}. */
json_t *qt_document_bus(const struct qt_snapshot *snapshot);
/** [{name, component, state, heartbeat_ms, restarts, failures, is_failing, last_failure,
 * last_failure_ago_ms, needs:[]}], as they are now. */
json_t *qt_document_components(struct qt_board *board);
/** Money of the quote asset with all its decimals; null when it is not known. */
json_t *qt_document_money(qt_money amount, bool is_known);
/** The document of "qtrade status". uptime_s and pid as given; version borrowed for the call. */
json_t *qt_document_status(const struct qt_snapshot *snapshot, const char *version, long pid,
                           double uptime_s);
/** {library, switch:{line, level, held, cause, detail, edges, trips, last_edges:[{time_ms,
 * kernel_ns}]}, tamper: the same or null, lamps:{green:{driven, lit, detail}, yellow, red}, testing,
 * realtime, edge_to_gate_us, edge_to_cancel_us}: of the last trip, null where there was none. */
json_t *qt_document_switch(const struct qt_switch_view *view, const char *library,
                           const struct qt_switch_times *times);
/** The document of "qtrade demo --headless" after so many seconds. */
json_t *qt_document_summary(const struct qt_snapshot *snapshot, double seconds);

#endif

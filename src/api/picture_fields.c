/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields of the picture, struct by struct. How to add one: a row where it stands in
 * engine/snapshot.h; tests/tui/test_picture.c finds a field that was forgotten.
 */
#include "qtrade/engine/snapshot.h"
#include "qtrade/base/time.h"

#include "picture_priv.h"

#define SIZE_OF(type, field) sizeof(((type *)NULL)->field)
#define ROW(type, field, as, ...)                                                                  \
    {                                                                                              \
        .name = #field, .form = QT__PICTURE_##as, .at = offsetof(type, field),                     \
        .size = SIZE_OF(type, field), .n = 1, __VA_ARGS__                                          \
    }
/* A fixed array. */
#define MANY(type, field, as, ...)                                                                 \
    {                                                                                              \
        .name = #field, .form = QT__PICTURE_##as, .at = offsetof(type, field),                     \
        .size = SIZE_OF(type, field[0]), .n = SIZE_OF(type, field) / SIZE_OF(type, field[0]),      \
        __VA_ARGS__                                                                                \
    }
/* An array of which count says how many. */
#define LIST(type, field, count, ...)                                                              \
    MANY(type, field, STRUCT, .is_list = true, .count_at = offsetof(type, count),                  \
         .rows = (__VA_ARGS__))

#define FLAG(type, field) ROW(type, field, BOOL, 0)
#define TEXT(type, field) ROW(type, field, TEXT, 0)
#define REAL(type, field) ROW(type, field, DOUBLE, 0)
#define COUNT(type, field) ROW(type, field, UNSIGNED, 0)
#define NAME(type, field) ROW(type, field, UNSIGNED, .miss = UINT8_MAX) /* of an enum */
#define ID(type, field) ROW(type, field, UNSIGNED, .miss = UINT32_MAX)
#define TIME(type, field) ROW(type, field, SIGNED, 0)
#define SPAN(type, field, otherwise) ROW(type, field, SIGNED, .miss = (otherwise))
#define AMOUNT(type, field) ROW(type, field, SIGNED, .miss = INT64_MIN)
#define UNITS(type, field) ROW(type, field, SIGNED, 0)
#define SCALE(type, field) ROW(type, field, SIGNED, .low = 0, .high = QT_SCALE_MAX)
#define PART(type, field, table) ROW(type, field, STRUCT, .rows = (table))

static const struct qt__picture_field regime[] = {
    FLAG(struct qt_regime_view, is_known),
    NAME(struct qt_regime_view, structure),
    NAME(struct qt_regime_view, market),
    MANY(struct qt_regime_view, structure_probability, DOUBLE, 0),
    MANY(struct qt_regime_view, market_probability, DOUBLE, 0),
    REAL(struct qt_regime_view, confidence),
    REAL(struct qt_regime_view, stability),
    REAL(struct qt_regime_view, switches_per_day),
    {0}};

#define R struct qt_rank_view
static const struct qt__picture_field rank[] = {ID(R, instrument),
                                                TEXT(R, symbol),
                                                SCALE(R, px_scale),
                                                FLAG(R, is_selected),
                                                REAL(R, score),
                                                REAL(R, volatility),
                                                REAL(R, momentum),
                                                REAL(R, volume),
                                                REAL(R, trend),
                                                REAL(R, decay),
                                                REAL(R, max_correlation),
                                                TEXT(R, max_correlation_with),
                                                REAL(R, change_24h_pct),
                                                REAL(R, quote_volume_24h),
                                                REAL(R, spread_bps),
                                                AMOUNT(R, last),
                                                REAL(R, signal),
                                                REAL(R, confidence),
                                                FLAG(R, has_signal),
                                                TEXT(R, why),
                                                {0}};

static const struct qt__picture_field exclusion[] = {
    TEXT(struct qt_exclusion_view, reason), COUNT(struct qt_exclusion_view, count), {0}};

#define P struct qt_position_view
static const struct qt__picture_field position[] = {ID(P, instrument),
                                                    TEXT(P, symbol),
                                                    SCALE(P, px_scale),
                                                    SCALE(P, qty_scale),
                                                    UNITS(P, qty),
                                                    AMOUNT(P, entry),
                                                    AMOUNT(P, mark),
                                                    AMOUNT(P, stop),
                                                    AMOUNT(P, target),
                                                    COUNT(P, targets_hit),
                                                    COUNT(P, targets),
                                                    AMOUNT(P, notional),
                                                    AMOUNT(P, unrealised),
                                                    AMOUNT(P, realised),
                                                    REAL(P, r_multiple),
                                                    ROW(P, protection, UNSIGNED, .miss = QT_PROTECTION_UNKNOWN),
                                                    TIME(P, opened_ns),
                                                    {0}};

#define F struct qt_foreign_view
static const struct qt__picture_field foreign[] = {TEXT(F, symbol),    SCALE(F, qty_scale),
                                                   FLAG(F, is_known),  UNITS(F, qty),
                                                   UNITS(F, position), MANY(F, at, SIGNED, 0),
                                                   {0}};

#define O struct qt_order_view
static const struct qt__picture_field order[] = {COUNT(O, client_id), ID(O, instrument),
                                                 TEXT(O, symbol),     SCALE(O, px_scale),
                                                 SCALE(O, qty_scale), NAME(O, side),
                                                 NAME(O, type),       NAME(O, state),
                                                 AMOUNT(O, px),       UNITS(O, qty),
                                                 UNITS(O, cum_qty),   TIME(O, created_ns),
                                                 TEXT(O, purpose),    COUNT(O, parent),
                                                 {0}};

#define A struct qt_parent_view
static const struct qt__picture_field parent[] = {COUNT(A, id),
                                                  ID(A, instrument),
                                                  TEXT(A, symbol),
                                                  SCALE(A, px_scale),
                                                  SCALE(A, qty_scale),
                                                  NAME(A, side),
                                                  NAME(A, state),
                                                  TEXT(A, purpose),
                                                  TEXT(A, algorithm),
                                                  TEXT(A, why),
                                                  UNITS(A, qty),
                                                  UNITS(A, filled),
                                                  COUNT(A, children),
                                                  TIME(A, decided_ns),
                                                  SPAN(A, deadline_ns, QT_TIME_NONE),
                                                  SPAN(A, ended_ns, QT_TIME_NONE),
                                                  FLAG(A, has_cost),
                                                  FLAG(A, has_average),
                                                  FLAG(A, has_vwap),
                                                  REAL(A, arrival),
                                                  REAL(A, average),
                                                  REAL(A, vwap),
                                                  REAL(A, arrival_bps),
                                                  REAL(A, vwap_bps),
                                                  REAL(A, fees),
                                                  REAL(A, delay),
                                                  REAL(A, trading),
                                                  REAL(A, opportunity),
                                                  REAL(A, shortfall),
                                                  REAL(A, shortfall_bps),
                                                  {0}};

#define Q struct qt_cost_view
static const struct qt__picture_field cost[] = {
    TEXT(Q, symbol),   TEXT(Q, algorithm),   COUNT(Q, parents), COUNT(Q, children),
    COUNT(Q, unknown), REAL(Q, notional),    REAL(Q, filled),   REAL(Q, delay),
    REAL(Q, trading),  REAL(Q, fees),        REAL(Q, opportunity), REAL(Q, shortfall),
    REAL(Q, shortfall_bps), {0}};

#define L struct qt_limit_view
static const struct qt__picture_field limit[] = {TEXT(L, name),
                                                 TEXT(L, unit),
                                                 REAL(L, value),
                                                 REAL(L, limit),
                                                 FLAG(L, is_known),
                                                 COUNT(L, refusals),
                                                 {0}};

#define N struct qt_note_view
static const struct qt__picture_field note[] = {COUNT(N, seq),
                                                TIME(N, t_ns),
                                                NAME(N, severity),
                                                COUNT(N, result_at),
                                                TEXT(N, topic),
                                                TEXT(N, text),
                                                {0}};

#define C struct qt_candle
static const struct qt__picture_field candle[] = {TIME(C, open_ns),
                                                  REAL(C, open),
                                                  REAL(C, high),
                                                  REAL(C, low),
                                                  REAL(C, close),
                                                  REAL(C, volume),
                                                  {0}};

static const struct qt__picture_field quote[] = {
    AMOUNT(struct qt_quote, bid),    AMOUNT(struct qt_quote, ask), UNITS(struct qt_quote, bid_qty),
    UNITS(struct qt_quote, ask_qty), COUNT(struct qt_quote, id),   {0}};

static const struct qt__picture_field level[] = {
    AMOUNT(struct qt_depth_level, px), UNITS(struct qt_depth_level, qty), {0}};

#define S struct qt_symbol_view
typedef __typeof__(((S *)NULL)->indicator[0]) indicator_view;
static const struct qt__picture_field indicator[] = {
    TEXT(indicator_view, name), REAL(indicator_view, value), {0}};

static const struct qt__picture_field symbol[] = {ID(S, instrument),
                                                  TEXT(S, symbol),
                                                  SCALE(S, px_scale),
                                                  SCALE(S, qty_scale),
                                                  TIME(S, candle_ns),
                                                  LIST(S, candle, candles, candle),
                                                  LIST(S, indicator, indicators, indicator),
                                                  PART(S, quote, quote),
                                                  LIST(S, bid, bids, level),
                                                  LIST(S, ask, asks, level),
                                                  TEXT(S, why),
                                                  {0}};

#define OP struct qt_operation_view
static const struct qt__picture_field operation[] = {NAME(OP, breaker), COUNT(OP, failures),
                                                     COUNT(OP, calls),  COUNT(OP, failed),
                                                     COUNT(OP, trips),  {0}};

#define V struct qt_venue_view
static const struct qt__picture_field venue[] = {TEXT(V, name),
                                                 MANY(V, link, UNSIGNED, .miss = UINT8_MAX),
                                                 SPAN(V, feed_age_ns, INT64_MAX),
                                                 SPAN(V, round_trip_ns, 0),
                                                 COUNT(V, reconnects),
                                                 FLAG(V, is_excluded),
                                                 COUNT(V, parts),
                                                 REAL(V, refused),
                                                 REAL(V, slip_bps),
                                                 MANY(V, operation, STRUCT, .rows = operation),
                                                 REAL(V, weight_pct),
                                                 REAL(V, orders_pct),
                                                 COUNT(V, bad_messages),
                                                 TEXT(V, last_bad),
                                                 {0}};

#define K struct qt_counts
static const struct qt__picture_field counts[] = {COUNT(K, events),
                                                  COUNT(K, quotes),
                                                  COUNT(K, trades),
                                                  COUNT(K, bars),
                                                  COUNT(K, reports),
                                                  COUNT(K, cycles),
                                                  COUNT(K, orders),
                                                  COUNT(K, fills),
                                                  COUNT(K, refusals),
                                                  COUNT(K, rejects),
                                                  COUNT(K, decisions),
                                                  MANY(K, quality, UNSIGNED, 0),
                                                  COUNT(K, bad_events),
                                                  COUNT(K, conflated_quotes),
                                                  COUNT(K, dropped_trades),
                                                  COUNT(K, dropped_orders),
                                                  COUNT(K, late_events),
                                                  COUNT(K, incidents),
                                                  COUNT(K, late_turns),
                                                  {0}};

#define T struct qt_topic_view
static const struct qt__picture_field topic[] = {
    COUNT(T, published), COUNT(T, delivered), COUNT(T, dropped),
    COUNT(T, dead),      COUNT(T, lost),      SPAN(T, p50_ns, 0),
    SPAN(T, p99_ns, 0),  SPAN(T, max_ns, 0),  {0}};

#define D struct qt_letter_view
static const struct qt__picture_field letter[] = {
    TEXT(D, subscriber), TEXT(D, reason),    TEXT(D, what),
    NAME(D, topic),      COUNT(D, seq),      TIME(D, first_ns),
    TIME(D, last_ns),    COUNT(D, attempts), {0}};

#define B struct qt_bus_view
static const struct qt__picture_field bus[] = {
    MANY(B, topic, STRUCT, .rows = topic), COUNT(B, dead), LIST(B, letter, letters, letter), {0}};

static const struct qt__picture_field shards[] = {COUNT(struct qt_shards_view, workers),
                                                  COUNT(struct qt_shards_view, moves),
                                                  COUNT(struct qt_shards_view, waits_in),
                                                  COUNT(struct qt_shards_view, waits_out),
                                                  {0}};

#define J struct qt_journal_view
static const struct qt__picture_field journal[] = {
    FLAG(J, is_kept), FLAG(J, is_sick), FLAG(J, is_lost), COUNT(J, bytes), COUNT(J, waiting), {0}};

#define M struct qt_market_view
static const struct qt__picture_field market_state[] = {
    FLAG(M, is_kept), FLAG(M, is_sick), COUNT(M, number), SPAN(M, t_ns, QT_TIME_NONE), {0}};

static const struct qt__picture_field source[] = {COUNT(struct qt_source_view, symbols),
                                                  SPAN(struct qt_source_view, age_ns, INT64_MAX),
                                                  REAL(struct qt_source_view, gap_pct),
                                                  COUNT(struct qt_source_view, taken),
                                                  {0}};

#define U struct qt_sources_view
static const struct qt__picture_field sources[] = {COUNT(U, n),
                                                   MANY(U, of, STRUCT, .rows = source),
                                                   REAL(U, apart_bps),
                                                   COUNT(U, apart),
                                                   COUNT(U, bars_unequal),
                                                   {0}};

static const struct qt__picture_field parts[] = {COUNT(struct qt_parts_view, parts),
                                                 COUNT(struct qt_parts_view, running),
                                                 TEXT(struct qt_parts_view, worst),
                                                 NAME(struct qt_parts_view, state),
                                                 COUNT(struct qt_parts_view, walls),
                                                 {0}};

#define W struct qt_snapshot
const struct qt__picture_field qt__picture_fields[] = {COUNT(W, number),
                                                       COUNT(W, seq),
                                                       TIME(W, t_ns),
                                                       NAME(W, mode),
                                                       COUNT(W, dashboard),
                                                       TIME(W, mode_since_ns),
                                                       TEXT(W, mode_reason),
                                                       TEXT(W, kill_switch),
                                                       TEXT(W, kill_switch_why),
                                                       TEXT(W, run_kind),
                                                       TEXT(W, quote_asset),
                                                       TIME(W, started_ns),
                                                       COUNT(W, instruments),
                                                       COUNT(W, eligible),
                                                       FLAG(W, has_equity),
                                                       AMOUNT(W, equity),
                                                       AMOUNT(W, initial_equity),
                                                       AMOUNT(W, cash),
                                                       AMOUNT(W, exposure),
                                                       AMOUNT(W, day_pnl),
                                                       AMOUNT(W, realised),
                                                       AMOUNT(W, unrealised),
                                                       AMOUNT(W, fees),
                                                       AMOUNT(W, funding),
                                                       REAL(W, drawdown),
                                                       REAL(W, max_drawdown),
                                                       REAL(W, heat),
                                                       FLAG(W, is_liquidating),
                                                       FLAG(W, is_halted),
                                                       TEXT(W, liquidation),
                                                       ROW(W, is_conserved, BOOL, .miss = true),
                                                       PART(W, regime, regime),
                                                       LIST(W, venue, venues, venue),
                                                       LIST(W, rank, ranked, rank),
                                                       LIST(W, exclusion, exclusions, exclusion),
                                                       LIST(W, position, positions, position),
                                                       FLAG(W, has_account),
                                                       LIST(W, foreign_of, foreign, foreign),
                                                       LIST(W, order, orders, order),
                                                       LIST(W, parent, parents, parent),
                                                       LIST(W, cost, costs, cost),
                                                       LIST(W, limit, limits, limit),
                                                       LIST(W, note, notes, note),
                                                       LIST(W, symbol, symbols, symbol),
                                                       PART(W, counts, counts),
                                                       PART(W, shards, shards),
                                                       PART(W, journal, journal),
                                                       PART(W, bus, bus),
                                                       PART(W, market_state, market_state),
                                                       PART(W, sources, sources),
                                                       PART(W, parts, parts),
                                                       SPAN(W, cycle_p50_ns, 0),
                                                       SPAN(W, cycle_max_ns, 0),
                                                       {0}};

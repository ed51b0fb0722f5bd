/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables of the journal's records. How to add a field: a row at the end of its table, marked
 * is_later, and a new VERSION (journal_chunk.c); tests/store/test_journal.c judges it.
 */
#include "qtrade/engine/mode.h"
#include "qtrade/trade/order.h"

#include "journal_table_priv.h"

#define SIZE_OF(type, field) sizeof(((type *)NULL)->field)
#define ROW(type, field, as, ...)                                                                  \
    {                                                                                              \
        .name = #field, .form = QT__FORM_##as, .size = SIZE_OF(type, field),                       \
        .at = offsetof(type, field), __VA_ARGS__                                                   \
    }

static const char *
say_side(unsigned v)
{
    return qt_side_name((enum qt_side)v);
}

static const char *
say_state(unsigned v)
{
    return qt_order_state_name((enum qt_order_state)v);
}

static const char *
say_report(unsigned v)
{
    return qt_report_type_name((enum qt_report_type)v);
}

static const char *
say_command(unsigned v)
{
    return qt_command_name((enum qt_command_kind)v);
}

static const char *
say_source(unsigned v)
{
    return qt_source_name((enum qt_command_source)v);
}

static const char *
say_link(unsigned v)
{
    return qt_link_state_name((enum qt_link_state)v);
}

static const char *
say_part(unsigned v)
{
    return qt_component_name((enum qt_component)v);
}

static const char *
say_type(unsigned v)
{
    return qt_order_type_name((enum qt_order_type)v);
}

static const char *
say_tif(unsigned v)
{
    return qt_tif_name((enum qt_time_in_force)v);
}

static const char *
say_purpose(unsigned v)
{
    return qt_order_purpose_name((enum qt_order_purpose)v);
}

static const char *
say_mode(unsigned v)
{
    return qt_mode_name((enum qt_mode)v);
}

#define UPTO(last, ...) .limit = (last), __VA_ARGS__
#define ANY .limit = UINT64_MAX

/* What every event has. Also the whole of those without a payload. */
#define E struct qt_event
#define EVENT                                                                                      \
    ROW(E, seq, SEQ), ROW(E, t_recv_ns, TIME),                                                     \
        ROW(E, t_venue_ns, NEAR, .to = offsetof(E, t_recv_ns)), ROW(E, instrument, UNIT, ANY),     \
        ROW(E, flags, UNIT, ANY)

static const struct qt__field event_bare[] = {EVENT, {0}};
static const struct qt__field event_quote[] = {
    EVENT,
    ROW(E, quote.bid, PX),
    ROW(E, quote.ask, NEAR_PX, .to = offsetof(E, quote.bid)),
    ROW(E, quote.bid_qty, QTY),
    ROW(E, quote.ask_qty, QTY),
    ROW(E, quote.id, UNIT, ANY, .is_later = true),
    {0}};
static const struct qt__field event_trade[] = {
    EVENT, ROW(E, trade.px, PX), ROW(E, trade.qty, QTY), ROW(E, trade.id, UNIT, ANY), {0}};
#define LEVEL(i) ROW(E, depth.levels[i].px, PX), ROW(E, depth.levels[i].qty, QTY)
static const struct qt__field event_depth[] = {
    EVENT,
    ROW(E, depth.first_id, UNIT, ANY),
    ROW(E, depth.last_id, NEAR, .to = offsetof(E, depth.first_id)),
    ROW(E, depth.bids, UNIT, UPTO(4, 0)),
    ROW(E, depth.asks, UNIT, UPTO(4, 0)),
    ROW(E, depth.previous_id_low, UNIT, ANY),
    LEVEL(0),
    LEVEL(1),
    LEVEL(2),
    LEVEL(3),
    {0}};
static const struct qt__field event_bar[] = {
    EVENT,
    ROW(E, bar.open_ns, NEAR, .to = offsetof(E, t_recv_ns)),
    ROW(E, bar.period_ns, WHOLE),
    ROW(E, bar.open, PX),
    ROW(E, bar.high, NEAR_PX, .to = offsetof(E, bar.open)),
    ROW(E, bar.low, NEAR_PX, .to = offsetof(E, bar.open)),
    ROW(E, bar.close, NEAR_PX, .to = offsetof(E, bar.open)),
    ROW(E, bar.volume, QTY),
    ROW(E, bar.quote_volume, MONEY),
    ROW(E, bar.taker_buy, QTY),
    ROW(E, bar.trades, UNIT, ANY),
    {0}};
static const struct qt__field event_status[] = {
    EVENT,
    ROW(E, status.status, UNIT, UPTO(3, 0)),
    ROW(E, status.lot, QTY, .is_later = true),
    {0}};
static const struct qt__field event_report[] = {
    EVENT,
    ROW(E, report.client_id, ID),
    ROW(E, report.venue_id, ID),
    ROW(E, report.trade_id, ID),
    ROW(E, report.px, PX),
    ROW(E, report.qty, QTY),
    ROW(E, report.cum_qty, QTY),
    ROW(E, report.cum_quote, MONEY),
    ROW(E, report.fee, MONEY),
    ROW(E, report.code, WHOLE),
    ROW(E, report.type, UNIT, UPTO(QT_REPORT_TYPES - 1, say_report)),
    ROW(E, report.state, UNIT, UPTO(QT_ORDER_STATES - 1, say_state)),
    ROW(E, report.side, UNIT, UPTO(1, say_side)),
    ROW(E, report.fee_in_base, UNIT, UPTO(1, 0)),
    ROW(E, report.is_maker, UNIT, UPTO(1, 0)),
    ROW(E, report.sent_ns, WHOLE, .is_later = true),
    {0}};
static const struct qt__field event_balance[] = {EVENT,
                                                 ROW(E, balance.asset, TEXT),
                                                 ROW(E, balance.free, MONEY),
                                                 ROW(E, balance.locked, MONEY),
                                                 ROW(E, balance.rounding, MONEY, .is_later = true),
                                                 {0}};
static const struct qt__field event_income[] = {
    EVENT,
    ROW(E, income.asset, TEXT),
    ROW(E, income.amount, MONEY),
    ROW(E, income.kind, UNIT, UPTO(QT_INCOME_KINDS - 1, 0)),
    {0}};
static const struct qt__field event_link[] = {
    EVENT,
    ROW(E, link.kind, UNIT, UPTO(QT_LINK_KINDS - 1, 0)),
    ROW(E, link.state, UNIT, UPTO(QT_LINK_STATES - 1, say_link)),
    ROW(E, link.reason, TEXT),
    {0}};
static const struct qt__field event_command[] = {
    EVENT,
    ROW(E, command.kind, UNIT, UPTO(QT_COMMAND_KINDS - 1, say_command)),
    ROW(E, command.source, UNIT, UPTO(QT_SOURCES - 1, say_source)),
    ROW(E, command.reason, TEXT),
    {0}};
static const struct qt__field event_health[] = {
    EVENT,
    ROW(E, health.component, UNIT, UPTO(QT_COMPONENTS - 1, say_part)),
    ROW(E, health.is_sick, UNIT, UPTO(1, 0)),
    {0}};
static const struct qt__field event_config[] = {
    EVENT, ROW(E, config.key, TEXT), ROW(E, config.value, REAL), {0}};

#define D struct qt_decision
#define DECISION ROW(D, seq, SEQ), ROW(D, t_ns, TIME)
static const struct qt__field decision_made[] = {DECISION,
                                                 ROW(D, made.instrument, UNIT, ANY),
                                                 ROW(D, made.kind, TEXT),
                                                 ROW(D, made.score, REAL),
                                                 ROW(D, made.value, REAL),
                                                 ROW(D, made.detail, TEXT),
                                                 {0}};
static const struct qt__field decision_order[] = {
    DECISION,
    ROW(D, order.client_id, ID),
    ROW(D, order.instrument, UNIT, ANY),
    ROW(D, order.side, UNIT, UPTO(1, say_side)),
    ROW(D, order.type, UNIT, UPTO(QT_ORDER_TYPES - 1, say_type)),
    ROW(D, order.tif, UNIT, UPTO(QT_TIMES_IN_FORCE - 1, say_tif)),
    ROW(D, order.reduce_only, UNIT, UPTO(1, 0)),
    ROW(D, order.px, PX),
    ROW(D, order.stop_px, PX),
    ROW(D, order.qty, QTY),
    {0}};
static const struct qt__field decision_cancel[] = {
    DECISION, ROW(D, cancel.instrument, UNIT, ANY), ROW(D, cancel.client_id, ID), {0}};
static const struct qt__field decision_cycle[] = {
    DECISION, ROW(D, cycle.scan, ID), ROW(D, cycle.book, ID), ROW(D, cycle.orders, ID), {0}};

#define H struct qt__journal_start
static const struct qt__field entry_head[] = {ROW(H, version, TEXT),
                                              ROW(H, run_kind, TEXT),
                                              ROW(H, created_ns, WHOLE),
                                              ROW(H, base_period_ns, WHOLE),
                                              ROW(H, is_recorded, UNIT, UPTO(1, 0)),
                                              {0}};
static const struct qt__field entry_config[] = {ROW(struct qt__journal_text, bytes, TEXT), {0}};
#define I struct qt_instrument
static const struct qt__field entry_instrument[] = {ROW(I, id, UNIT, ANY),
                                                    ROW(I, status, UNIT, UPTO(2, 0)),
                                                    ROW(I, symbol, TEXT),
                                                    ROW(I, base, TEXT),
                                                    ROW(I, quote, TEXT),
                                                    ROW(I, px_scale, UNIT, UPTO(QT_SCALE_MAX, 0)),
                                                    ROW(I, qty_scale, UNIT, UPTO(QT_SCALE_MAX, 0)),
                                                    ROW(I, tick, WHOLE),
                                                    ROW(I, min_px, WHOLE),
                                                    ROW(I, max_px, WHOLE),
                                                    ROW(I, lot, WHOLE),
                                                    ROW(I, min_qty, WHOLE),
                                                    ROW(I, max_qty, WHOLE),
                                                    ROW(I, min_notional, MONEY),
                                                    ROW(I, market_lot, WHOLE, .is_later = true),
                                                    ROW(I, market_min_qty, WHOLE, .is_later = true),
                                                    ROW(I, market_max_qty, WHOLE, .is_later = true),
                                                    ROW(I, order_types, UNIT, ANY, .is_later = true),
                                                    {0}};
#define R struct qt_restore
static const struct qt__field entry_state[] = {
    ROW(R, last_seq, UNIT, ANY),     ROW(R, mode, UNIT, UPTO(QT_MODES - 1, say_mode)),
    ROW(R, mode_since_ns, WHOLE),    ROW(R, mode_reason, TEXT),
    ROW(R, capital, MONEY),          ROW(R, cash, MONEY),
    ROW(R, realised, MONEY),         ROW(R, fees, MONEY),
    ROW(R, transactions, UNIT, ANY), {0}};
#define O struct qt_order_record
static const struct qt__field entry_order[] = {
    ROW(O, request.client_id, ID),
    ROW(O, request.instrument, UNIT, ANY),
    ROW(O, request.side, UNIT, UPTO(1, say_side)),
    ROW(O, request.type, UNIT, UPTO(QT_ORDER_TYPES - 1, say_type)),
    ROW(O, request.tif, UNIT, UPTO(QT_TIMES_IN_FORCE - 1, say_tif)),
    ROW(O, request.reduce_only, UNIT, UPTO(1, 0)),
    ROW(O, request.px, PX),
    ROW(O, request.stop_px, PX),
    ROW(O, request.qty, QTY),
    ROW(O, venue_id, ID),
    ROW(O, state, UNIT, UPTO(QT_ORDER_STATES - 1, say_state)),
    ROW(O, purpose, UNIT, UPTO(QT_PURPOSES - 1, say_purpose)),
    ROW(O, code, WHOLE),
    ROW(O, cum_qty, QTY),
    ROW(O, cum_quote, MONEY),
    ROW(O, created_ns, WHOLE),
    ROW(O, updated_ns, WHOLE),
    ROW(O, reason, TEXT),
    {0}};
#define P struct qt_position_record
#define TARGET(i) ROW(P, plan.target[i], PX), ROW(P, plan.target_bps[i], WHOLE)
static const struct qt__field entry_position[] = {ROW(P, instrument, UNIT, ANY),
                                                  ROW(P, qty, QTY),
                                                  ROW(P, initial_qty, QTY),
                                                  ROW(P, cost, MONEY),
                                                  ROW(P, realised, MONEY),
                                                  ROW(P, fees, MONEY),
                                                  ROW(P, opened_ns, WHOLE),
                                                  ROW(P, has_plan, UNIT, UPTO(1, 0)),
                                                  ROW(P, plan.side, UNIT, UPTO(1, say_side)),
                                                  ROW(P, plan.hits, UNIT, UPTO(255, 0)),
                                                  ROW(P, plan.is_trailing, UNIT, UPTO(1, 0)),
                                                  ROW(P, plan.tick, PX),
                                                  ROW(P, plan.step, PX),
                                                  ROW(P, plan.entry, PX),
                                                  ROW(P, plan.initial_stop, PX),
                                                  ROW(P, plan.stop, PX),
                                                  TARGET(0),
                                                  TARGET(1),
                                                  TARGET(2),
                                                  ROW(P, plan.trail, PX),
                                                  ROW(P, plan.best, PX),
                                                  ROW(P, plan.opened_ns, WHOLE),
                                                  ROW(P, plan.deadline_ns, WHOLE),
                                                  {0}};
_Static_assert(QT_TARGETS == 3, "a row a target");
#define N struct qt_entry_plan
#define LEVEL_OF(i) ROW(N, target[i], PX), ROW(N, target_bps[i], WHOLE)
static const struct qt__field entry_plan[] = {ROW(N, client_id, ID),
                                              ROW(N, side, UNIT, UPTO(1, say_side)),
                                              ROW(N, stop, PX),
                                              ROW(N, trail, PX),
                                              LEVEL_OF(0),
                                              LEVEL_OF(1),
                                              LEVEL_OF(2),
                                              {0}};
#define B struct qt_balance_record
static const struct qt__field entry_balance[] = {
    ROW(B, account, TEXT), ROW(B, asset, TEXT), ROW(B, scale, WHOLE), ROW(B, amount, WHOLE), {0}};
static const struct qt__field entry_begin[] = {{0}};
#define X struct qt__journal_end
static const struct qt__field entry_end[] = {
    ROW(X, reason, UNIT, UPTO(2, 0)), ROW(X, seq, UNIT, ANY), {0}};

#define M struct qt_market_ref
static const struct qt__field entry_market[] = {ROW(M, number, UNIT, ANY), ROW(M, hash, TEXT), {0}};

static const struct {
    const char *name;
    const struct qt__field *fields;
} tables[QT__ENTRIES] = {
    [QT__ENTRY_HEAD] = {"head", entry_head},
    [QT__ENTRY_CONFIG] = {"config", entry_config},
    [QT__ENTRY_INSTRUMENT] = {"instrument", entry_instrument},
    [QT__ENTRY_STATE] = {"state", entry_state},
    [QT__ENTRY_ORDER] = {"open_order", entry_order},
    [QT__ENTRY_POSITION] = {"position", entry_position},
    [QT__ENTRY_BALANCE] = {"ledger_balance", entry_balance},
    [QT__ENTRY_BEGIN] = {"begin", entry_begin},
    [QT__ENTRY_END] = {"end", entry_end},
    [QT__ENTRY_MARKET] = {"market_state", entry_market},
    [QT__ENTRY_PLAN] = {"entry_plan", entry_plan},
    [QT__ENTRY_EVENT + QT_EVENT_QUOTE] = {"quote", event_quote},
    [QT__ENTRY_EVENT + QT_EVENT_TRADE] = {"trade", event_trade},
    [QT__ENTRY_EVENT + QT_EVENT_DEPTH] = {"depth", event_depth},
    [QT__ENTRY_EVENT + QT_EVENT_BAR] = {"bar", event_bar},
    [QT__ENTRY_EVENT + QT_EVENT_STATUS] = {"status", event_status},
    [QT__ENTRY_EVENT + QT_EVENT_REPORT] = {"report", event_report},
    [QT__ENTRY_EVENT + QT_EVENT_BALANCE] = {"balance", event_balance},
    [QT__ENTRY_EVENT + QT_EVENT_LINK] = {"link", event_link},
    [QT__ENTRY_EVENT + QT_EVENT_SYNC] = {"sync", event_bare},
    [QT__ENTRY_EVENT + QT_EVENT_TIMER] = {"timer", event_bare},
    [QT__ENTRY_EVENT + QT_EVENT_COMMAND] = {"command", event_command},
    [QT__ENTRY_EVENT + QT_EVENT_HEALTH] = {"health", event_health},
    [QT__ENTRY_EVENT + QT_EVENT_CONFIG] = {"config", event_config},
    [QT__ENTRY_EVENT + QT_EVENT_INCOME] = {"income", event_income},
    [QT__ENTRY_DECISION + QT_DECISION_MADE] = {"decision", decision_made},
    [QT__ENTRY_DECISION + QT_DECISION_ORDER] = {"order", decision_order},
    [QT__ENTRY_DECISION + QT_DECISION_CANCEL] = {"cancel", decision_cancel},
    [QT__ENTRY_DECISION + QT_DECISION_CYCLE] = {"cycle", decision_cycle},
};
_Static_assert(QT_EVENT_KINDS <= QT__ENTRY_DECISION - QT__ENTRY_EVENT, "kinds of events fit");
_Static_assert(QT_DECISION_KINDS <= QT__ENTRIES - QT__ENTRY_DECISION, "kinds of decisions fit");

const struct qt__field *
qt__entry_fields(unsigned kind)
{
    return kind < QT__ENTRIES ? tables[kind].fields : NULL;
}

const char *
qt__entry_name(unsigned kind)
{
    return kind < QT__ENTRIES && tables[kind].name ? tables[kind].name : "?";
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Protective stops at the venue: one order a position, so that a dead engine leaves no naked
 * position. The engine's own stop stays and is faster; the order at the venue is there for the time
 * without an engine.
 *
 * G1: what the venue has is compared with what the plan wants whenever position, plan or an order
 * of the symbol changed, and once a cycle; one step at a time (cancel, then place), so that a crash
 * between any two leaves at most one order that a restart finds by its client id. G2: the order
 * locks the balance, so an exit waits until it is gone: cancel, confirmed, exit. An exit that came
 * to nothing leaves a position without an order, and the next look places one at once. G3: nothing
 * here sells twice: the gate counts the order at full size until the venue says that it has ended,
 * so an exit beside one whose fate is not known is refused, and the other way round.
 */
#include <stdio.h>

#include "engine_priv.h"

enum {
    SETTLE_NS = QT_NS_PER_S, /* an entry that goes on filling so long is guarded meanwhile */
    RETRY_MAX_S = 60,        /* between two tries after refusals */
    BPS = 10000
};

static const struct qt_order *
find(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    if (!symbol->guard.order)
        return NULL;
    return qt_orders_find(qt__orders_of(engine, symbol->ins->id), symbol->guard.order);
}

/* Does a stop of this symbol rest at the venue, where the config wants that? */
static bool
has_guard(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    enum qt_order_type type =
        engine->options.engine->stop_slippage_bps > 0 ? QT_TYPE_STOP_LOSS_LIMIT : QT_TYPE_STOP_LOSS;
    return engine->has_guards &&
           (symbol->ins->order_types == 0 || (symbol->ins->order_types >> type & 1));
}

enum qt_protection
qt__guard_protection(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    const struct qt_order *order = find(engine, symbol);
    if (!has_guard(engine, symbol) && !order)
        return QT_PROTECTION_ENGINE;
    if (!order || order->state == QT_ORDER_PENDING)
        return QT_PROTECTION_NONE;
    return order->state == QT_ORDER_UNKNOWN ? QT_PROTECTION_UNKNOWN : QT_PROTECTION_VENUE;
}

/* What the exit under way leaves to be guarded; nothing while its answer is awaited. One that rests
 * holds its part of the balance for as long as it does. */
static qt_qty
uncommitted(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    qt_qty held = qt_qty_abs(symbol->position.qty), rest = held;
    const struct qt_order *exit =
        symbol->exit_order
            ? qt_orders_find(qt__orders_of(engine, symbol->ins->id), symbol->exit_order)
            : NULL;
    bool is_still = exit && exit->request.type == QT_TYPE_LIMIT && exit->request.tif == QT_TIF_GTC &&
                    (exit->state == QT_ORDER_OPEN || exit->state == QT_ORDER_PARTIAL);
    if (exit && exit->state != QT_ORDER_UNKNOWN && !is_still)
        return QT_QTY_ZERO;
    if (exit && !qt_qty_sub(held, qt_order_remaining(exit), &rest))
        return QT_QTY_ZERO;
    return qt_qty_sign(rest) > 0 ? qt_qty_floor(rest, symbol->ins->lot) : QT_QTY_ZERO;
}

/* The trigger on the tick, rather too early; its limit beyond, within the gate's collar. */
static bool
prices(const struct qt_engine *engine, const struct qt_symbol *symbol, struct qt_order_request *out)
{
    const struct qt_instrument *ins = symbol->ins;
    bool is_sale = out->side == QT_SELL;
    double slip =
        QT_MIN(engine->options.engine->stop_slippage_bps, engine->options.risk->collar_mid_bps);
    out->stop_px = is_sale ? qt_px_ceil(symbol->plan.stop, ins->tick)
                           : qt_px_floor(symbol->plan.stop, ins->tick);
    out->px = QT_PX_NONE;
    if (!(slip > 0))
        return qt_px_is_positive(out->stop_px);
    double px =
        qt_px_to_double(out->stop_px, ins->px_scale) * (is_sale ? 1 - slip / BPS : 1 + slip / BPS);
    if (!qt_px_of_double(px, ins->px_scale, &out->px))
        return false;
    out->px = is_sale ? qt_px_ceil(out->px, ins->tick) : qt_px_floor(out->px, ins->tick);
    return qt_px_is_positive(out->stop_px) && qt_px_is_positive(out->px);
}

/* An order for qty at the plan's stop, but for its id. False: the venue would not take it. */
static bool
draft(const struct qt_engine *engine, const struct qt_symbol *symbol, qt_qty qty,
      struct qt_order_request *out)
{
    bool has_limit = engine->options.engine->stop_slippage_bps > 0;
    *out =
        (struct qt_order_request){.instrument = symbol->ins->id,
                                  .side = symbol->plan.side == QT_BUY ? QT_SELL : QT_BUY,
                                  .type = has_limit ? QT_TYPE_STOP_LOSS_LIMIT : QT_TYPE_STOP_LOSS,
                                  .tif = QT_TIF_GTC,
                                  .reduce_only = true,
                                  .qty = qty};
    return qt_qty_sign(qty) > 0 && prices(engine, symbol, out) &&
           qt_instrument_check(symbol->ins, out->px, qty, out->stop_px) == QT_FILTER_OK;
}

/* The order that should rest at the venue now. False: none. */
static bool
wanted(const struct qt_engine *engine, const struct qt_symbol *symbol, struct qt_order_request *out)
{
    return has_guard(engine, symbol) && symbol->has_plan && !symbol->guard.has_exit &&
           !symbol->guard.makes_way && draft(engine, symbol, uncommitted(engine, symbol), out);
}

/* A position that should have an order at the venue and has none that is known to stand. What is
 * too small for the venue at its stop is the engine's alone. */
static bool
is_bare(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    struct qt_order_request request;
    return has_guard(engine, symbol) && symbol->has_plan && qt__symbol_is_open(symbol) &&
           qt__guard_protection(engine, symbol) != QT_PROTECTION_VENUE &&
           draft(engine, symbol, qt_qty_floor(qt_qty_abs(symbol->position.qty), symbol->ins->lot),
                 &request);
}

/* The market stands beyond the stop: the venue would refuse it, and the engine's own acts. */
static bool
is_beyond(const struct qt_symbol *symbol)
{
    qt_px px = qt__symbol_exit_px(symbol), stop = symbol->plan.stop;
    if (qt_px_is_none(px))
        return false;
    return symbol->plan.side == QT_BUY ? qt_px_cmp(px, stop) <= 0 : qt_px_cmp(px, stop) >= 0;
}

/* The plan's stop has left the order's behind, and the last move is long enough ago. */
static bool
has_moved(const struct qt_engine *engine, const struct qt_symbol *symbol,
          const struct qt_order_request *want, const struct qt_order_request *rests, int64_t now_ns)
{
    const struct qt_engine_config *config = engine->options.engine;
    double to = qt_px_to_double(want->stop_px, symbol->ins->px_scale);
    double from = qt_px_to_double(rests->stop_px, symbol->ins->px_scale);
    double bps = (to > from ? to - from : from - to) / from * BPS;
    return qt_px_cmp(want->stop_px, rests->stop_px) != 0 && bps >= config->stop_step_bps &&
           now_ns - symbol->guard.placed_ns >= config->stop_pace_s * QT_NS_PER_S;
}

/* The order is there and should not be, or should be another one. One that has begun to fill sells
 * on until an exit wants its rest. */
static bool
is_stale(const struct qt_engine *engine, const struct qt_symbol *symbol,
         const struct qt_order *order, int64_t now_ns)
{
    struct qt_order_request want;
    if (!wanted(engine, symbol, &want))
        return true;
    if (qt_qty_sign(order->cum_qty) > 0)
        return false;
    return qt_qty_cmp(want.qty, qt_order_remaining(order)) != 0 ||
           has_moved(engine, symbol, &want, &order->request, now_ns);
}

/* What the entry has bought is being asked for: the order is right or wrong by the answer. */
static bool
awaits_entry(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    const struct qt_order *entry =
        symbol->entry_order
            ? qt_orders_find(qt__orders_of(engine, symbol->ins->id), symbol->entry_order)
            : NULL;
    return entry && entry->state == QT_ORDER_UNKNOWN && !symbol->guard.has_exit;
}

/* A cancel that nobody answered is sent again; what is not known is asked for by supervise.c. */
static void
tend(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, int64_t now_ns)
{
    int64_t patience = engine->options.engine->order_timeout_ms * QT_NS_PER_MS;
    struct qt_order *order =
        qt_orders_find(qt__orders_of(engine, symbol->ins->id), symbol->guard.order);
    bool is_resting = order->state == QT_ORDER_OPEN || order->state == QT_ORDER_PARTIAL;
    bool is_late = order->state == QT_ORDER_CANCEL_PENDING && now_ns - order->cancel_ns >= patience;
    bool may_go = is_resting && !awaits_entry(engine, symbol);
    if (is_late || (may_go && is_stale(engine, symbol, order, now_ns)))
        qt__cancel_at_owner(engine, order, seq, now_ns);
}

/* 1, 2, 4 ... seconds until the next try; the first refusal of a row is told. */
static void
fail(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, int64_t now_ns,
     const char *why)
{
    struct qt_guard *guard = &symbol->guard;
    int64_t wait_s = QT_MIN(INT64_C(1) << QT_MIN(guard->failures, 6u), (int64_t)RETRY_MAX_S);
    guard->retry_ns = now_ns + wait_s * QT_NS_PER_S;
    if (guard->failures++ == 0)
        qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_RISK, seq, now_ns,
                 "%s: no stop at the venue: %s", symbol->ins->symbol, why);
}

/* True: an order went out, under client_id. */
static bool
place(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t client_id, int64_t now_ns)
{
    struct qt_guard *guard = &symbol->guard;
    struct qt_order_request request;
    struct qt_gate_input input;
    char why[96];
    int64_t opened_ns = symbol->position.opened_ns;
    bool is_filling = symbol->entry_order &&
                      (opened_ns == QT_TIME_NONE || now_ns - opened_ns < SETTLE_NS);
    if (now_ns < guard->retry_ns || is_filling || symbol->is_halted || is_beyond(symbol) ||
        !wanted(engine, symbol, &request))
        return false;
    request.client_id = client_id;
    qt__gate_input_exit(engine, symbol, &request, QT_PURPOSE_VENUE_STOP, now_ns, &input);
    if (!qt__send(engine, symbol, &request, QT_PURPOSE_VENUE_STOP, &input, now_ns, why)) {
        fail(engine, symbol, client_id >> 8, now_ns, why);
        return false;
    }
    guard->order = client_id;
    guard->placed_ns = now_ns;
    guard->has_sold = false;
    return true;
}

/* The way is free for the exit that waited. Where the venue's order has begun to sell, or the
 * market has reached the stop meanwhile, everything goes. True: an order went out. */
static bool
leave(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t client_id, int64_t now_ns)
{
    struct qt_guard *guard = &symbol->guard;
    enum qt_order_purpose purpose = (enum qt_order_purpose)guard->exit_purpose;
    int32_t bps = guard->exit_bps;
    guard->has_exit = false;
    if (!qt__symbol_is_open(symbol))
        return false;
    if (symbol->has_plan && (guard->has_sold || is_beyond(symbol))) {
        bps = QT_ALL_BPS;
        if (purpose != QT_PURPOSE_FLATTEN)
            purpose = symbol->plan.is_trailing ? QT_PURPOSE_TRAIL : QT_PURPOSE_STOP;
    }
    if (qt__close_position(engine, symbol, bps, purpose, client_id, now_ns)) {
        qt__record_position(engine, symbol, client_id >> 8, now_ns);
        return true;
    }
    if (symbol->has_plan)
        symbol->plan = guard->before; /* nothing was done: the next look decides again */
    return false;
}

bool
qt__guard_yields(struct qt_engine *engine, struct qt_symbol *symbol, int32_t bps,
                 enum qt_order_purpose purpose, uint64_t seq, int64_t now_ns)
{
    struct qt_guard *guard = &symbol->guard;
    if (!guard->order)
        return false;
    if (!guard->has_exit)
        guard->before = symbol->plan;
    if (!guard->has_exit || bps > guard->exit_bps || purpose == QT_PURPOSE_FLATTEN) {
        guard->exit_bps = bps;
        guard->exit_purpose = (uint8_t)purpose;
    }
    guard->has_exit = true;
    tend(engine, symbol, seq, now_ns);
    return true;
}

void
qt__guard_ended(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_order *order,
                uint64_t seq, int64_t now_ns)
{
    struct qt_guard *guard = &symbol->guard;
    if (guard->order != order->request.client_id)
        return;
    guard->has_sold = qt_qty_sign(order->cum_qty) > 0;
    if (!qt_order_state_is_final((enum qt_order_state)order->state)) {
        if (order->is_acknowledged && order->state != QT_ORDER_UNKNOWN)
            guard->failures = 0;
        return;
    }
    guard->order = 0;
    if (order->state != QT_ORDER_FILLED && !order->is_cancel_wanted)
        fail(engine, symbol, seq, now_ns, qt_order_state_name((enum qt_order_state)order->state));
}

void
qt__guard_follow(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, int64_t now_ns)
{
    if (symbol->guard.order)
        tend(engine, symbol, seq, now_ns);
}

void
qt__guard_look(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, unsigned *n,
               int64_t now_ns)
{
    struct qt_guard *guard = &symbol->guard;
    if (!engine->has_guards && !guard->order && !guard->has_exit)
        return;
    if (guard->order) {
        tend(engine, symbol, seq, now_ns);
    } else {
        if (guard->has_exit && leave(engine, symbol, qt_client_id(seq, *n), now_ns))
            ++*n;
        if (place(engine, symbol, qt_client_id(seq, *n), now_ns))
            ++*n;
    }
    if (!is_bare(engine, symbol))
        guard->bare_ns = QT_TIME_NONE;
    else if (guard->bare_ns == QT_TIME_NONE)
        guard->bare_ns = now_ns;
}

void
qt__guard_stray(struct qt_engine *engine, const struct qt_symbol *symbol,
                const struct qt_event *event)
{
    const struct qt_report *report = &event->report;
    const struct qt_output output = {.kind = QT_OUT_CANCEL,
                                     .withdrawal = {.client_id = report->client_id,
                                                    .seq = event->seq,
                                                    .t_ns = event->t_recv_ns,
                                                    .instrument = symbol->ins->id,
                                                    .side = report->side}};
    qt_rates_message(&qt__partition_of(engine, symbol->ins->id)->rates, event->t_recv_ns);
    qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_TRADE, event->seq, event->t_recv_ns,
             "%s: an order of an earlier run stands at the venue: it is cancelled",
             symbol->ins->symbol);
    qt__shards_emit(engine->shards, &output);
}

bool
qt__guard_makes_way(struct qt_engine *engine, struct qt_symbol *symbol, bool wants, uint64_t seq,
                    int64_t now_ns)
{
    symbol->guard.makes_way = wants && symbol->guard.order != 0;
    if (symbol->guard.makes_way)
        tend(engine, symbol, seq, now_ns);
    return !symbol->guard.makes_way;
}

bool
qt__guard_rests(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    const struct qt_order *order = find(engine, symbol);
    return order && order->state == QT_ORDER_OPEN && qt_qty_sign(order->cum_qty) == 0;
}

uint32_t
qt__guard_busy(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    return qt_orders_open_of(qt__orders_of(engine, symbol->ins->id), symbol->ins->id) -
           qt__guard_rests(engine, symbol);
}

bool
qt__guard_doubt(struct qt_engine *engine, struct qt_symbol *symbol)
{
    struct qt_order *order =
        symbol->guard.order
            ? qt_orders_find(qt__orders_of(engine, symbol->ins->id), symbol->guard.order)
            : NULL;
    if (order)
        qt__cancel(engine, order);
    return order != NULL;
}

/* Engine thread, while all have met. */
static void
tell(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq)
{
    struct qt_guard *guard = &symbol->guard;
    int64_t limit = engine->options.engine->unprotected_s * QT_NS_PER_S;
    bool is_long = guard->bare_ns != QT_TIME_NONE && engine->now_ns - guard->bare_ns >= limit;
    char text[128];
    if (is_long == guard->is_told || (guard->is_told && guard->bare_ns != QT_TIME_NONE))
        return;
    guard->is_told = is_long;
    if (!is_long) {
        snprintf(text, sizeof text, "%s: no longer without a stop at the venue",
                 symbol->ins->symbol);
        qt__note(engine, QT_SEVERITY_GOOD, QT_TOPIC_RISK, seq, engine->now_ns, "%s", text);
        qt__audit(engine, "engine", "protected", text);
        return;
    }
    snprintf(text, sizeof text, "%s: the position has had no stop at the venue for %d s",
             symbol->ins->symbol, (int)engine->options.engine->unprotected_s);
    qt__audit(engine, "engine", "unprotected", text);
    qt__incident(engine, seq, engine->now_ns, text);
}

void
qt__guard_cycle(struct qt_engine *engine, uint64_t seq, unsigned *n)
{
    for (uint32_t i = 0; i < engine->symbols && *n < 150; i++) {
        struct qt_symbol *symbol = &engine->symbol[i];
        const struct qt_guard *guard = &symbol->guard;
        if (!symbol->has_plan && !guard->order && !guard->has_exit && !guard->is_told)
            continue;
        qt__guard_look(engine, symbol, seq, n, engine->now_ns);
        tell(engine, symbol, seq);
    }
}

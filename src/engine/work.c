/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent orders at work. Every order of the engine but the protective stops at the venue is a child
 * of one: a symbol has a place for the parent that opens its position and one for the parent that
 * closes it. An immediate parent sends its one child with the decision; the others are looked at
 * once a cycle, while all owners have met, and do what their algorithm says.
 *
 * W1: whatever closes a position stops the parent that opens it, and waits until no child of that
 * rests. W2: a stop that is reached stops the parent that closes; its rest then leaves at once, at
 * market. W3: no entry is worked on in a mode that allows none, and nothing while the book is
 * liquidated. W4: a parent of an earlier run is stopped: its child is withdrawn, and what is left
 * is for a new decision; which needs nothing but the orders, so that a replay does the same. W5:
 * before a child of an exit goes out its share of the balance must be
 * free: the stop at the venue is taken away, the child sent, and the stop placed again for the
 * rest.
 */
#include <stdio.h>

#include "engine_priv.h"
#include "qtrade/base/num.h"

enum { ORDERS_A_CYCLE = 180, BREACH_TEXT = 96 };
#define RETRY_NS (2 * QT_NS_PER_S) /* after a child that was refused */
static const char anew[] = "the engine was started anew";

static enum qt_place
place_of(enum qt_order_purpose purpose)
{
    return purpose == QT_PURPOSE_ENTRY ? QT_PLACE_ENTRY : QT_PLACE_EXIT;
}

static bool
is_worked(const struct qt_parent *parent)
{
    return parent->state == QT_PARENT_STOPPING ||
           (parent->state == QT_PARENT_WORKING && parent->algorithm != QT_ALGO_IMMEDIATE);
}

/* What a look at every symbol needs to know. */
static void
mark(struct qt_symbol *symbol)
{
    const struct qt_parent *parent = symbol->work.parent;
    symbol->is_worked = is_worked(&parent[QT_PLACE_ENTRY]) || is_worked(&parent[QT_PLACE_EXIT]);
}

enum qt_algorithm
qt__work_algorithm(const struct qt_engine *engine, enum qt_order_purpose purpose)
{
    if (purpose == QT_PURPOSE_ENTRY)
        return qt_algorithm_find(engine->execution.entry);
    bool can_wait = purpose == QT_PURPOSE_TARGET || purpose == QT_PURPOSE_REDUCE;
    return can_wait && !engine->liquidation.is_active ? qt_algorithm_find(engine->execution.exit)
                                                      : QT_ALGO_IMMEDIATE;
}

bool
qt__work_is_open(const struct qt_symbol *symbol, enum qt_order_purpose purpose)
{
    enum qt_place place = place_of(purpose);
    return (place == QT_PLACE_ENTRY ? symbol->entry_order : symbol->exit_order) != 0 ||
           qt_parent_is_active(&symbol->work.parent[place]);
}

static void
record(struct qt_engine *engine, const struct qt_parent *parent, uint64_t seq, int64_t t_ns)
{
    struct qt_record record = {.kind = QT_RECORD_PARENT, .seq = seq, .t_ns = t_ns};
    record.parent = *parent;
    qt__record(engine, &record);
}

static double
tape_qty(const struct qt_tape *tape)
{
    return tape->qty + tape->live_qty;
}

static double
tape_quote(const struct qt_tape *tape)
{
    return tape->quote + tape->live_quote;
}

void
qt__work_trade(struct qt_symbol *symbol, const struct qt_trade *trade)
{
    struct qt_tape *tape = &symbol->work.tape;
    double qty = qt_qty_to_double(trade->qty, symbol->ins->qty_scale);
    tape->live_qty += qty;
    tape->live_quote += qty * qt_px_to_double(trade->px, symbol->ins->px_scale);
}

void
qt__work_bar(struct qt_symbol *symbol, const struct qt_bar *bar)
{
    struct qt_tape *tape = &symbol->work.tape;
    tape->qty += qt_qty_to_double(bar->volume, symbol->ins->qty_scale);
    tape->quote += qt_money_to_double(bar->quote_volume, QT_MONEY_SCALE);
    tape->live_qty = tape->live_quote = 0;
}

struct qt_parent *
qt__work_begin(struct qt_engine *engine, struct qt_symbol *symbol,
               const struct qt_order_request *request, enum qt_order_purpose purpose, qt_money risk,
               int64_t now_ns)
{
    struct qt_parent *parent = &symbol->work.parent[place_of(purpose)];
    enum qt_algorithm algorithm = qt__work_algorithm(engine, purpose);
    bool is_now = algorithm == QT_ALGO_IMMEDIATE;
    *parent = (struct qt_parent){.id = request->client_id,
                                 .instrument = request->instrument,
                                 .side = request->side,
                                 .purpose = (uint8_t)purpose,
                                 .algorithm = (uint8_t)algorithm,
                                 .state = QT_PARENT_WORKING,
                                 .px_scale = symbol->ins->px_scale,
                                 .qty_scale = symbol->ins->qty_scale,
                                 .qty = request->qty,
                                 .risk = risk,
                                 .limit = request->px,
                                 .decided_ns = now_ns,
                                 .deadline_ns = QT_TIME_NONE,
                                 .first_ns = QT_TIME_NONE,
                                 .ended_ns = QT_TIME_NONE,
                                 .arrival = qt__symbol_mark(symbol),
                                 .tape_qty = tape_qty(&symbol->work.tape),
                                 .tape_quote = tape_quote(&symbol->work.tape)};
    if (is_now)
        return parent;
    parent->deadline_ns = now_ns + engine->execution.duration_s * QT_NS_PER_S;
    parent->limit = qt_algo_limit(&engine->execution, symbol->ins, (enum qt_side)request->side,
                                  parent->arrival);
    parent->algo.has_curve = qt_volume_profile_curve(&symbol->work.profile, now_ns,
                                                     parent->deadline_ns, parent->algo.curve);
    mark(symbol);
    record(engine, parent, request->client_id >> 8, now_ns);
    return parent;
}

void
qt__work_drop(struct qt_symbol *symbol, struct qt_parent *parent)
{
    *parent = (struct qt_parent){0};
    mark(symbol);
}

void
qt__work_sent(struct qt_engine *engine, struct qt_symbol *symbol, struct qt_parent *parent,
              uint64_t client_id, int64_t now_ns)
{
    parent->child = client_id;
    if (parent->children++ == 0) {
        parent->first_ns = now_ns;
        parent->first_mid = qt__symbol_mark(symbol);
    }
    record(engine, parent, client_id >> 8, now_ns);
}

uint64_t
qt__work_parent_id(const struct qt_symbol *symbol, enum qt_order_purpose purpose)
{
    const struct qt_parent *parent = &symbol->work.parent[place_of(purpose)];
    return purpose != QT_PURPOSE_VENUE_STOP && qt_parent_is_active(parent) ? parent->id : 0;
}

/* What children alive may still fill, an unknown one at full size. False: a sum does not fit. */
static bool
open_of(const struct qt_engine *engine, const struct qt_parent *parent, qt_qty *out)
{
    const struct qt_orders *orders = qt__orders_of(engine, parent->instrument);
    *out = QT_QTY_ZERO;
    for (const struct qt_order *order = qt_orders_first(orders); order;
         order = qt_orders_after(orders, order))
        if (order->parent == parent->id && !qt_qty_add(*out, qt_order_remaining(order), out))
            return false;
    return true;
}

/* P1. A breach is a defect of this program: the gate shuts at once, and the next cycle leads to
 * EMERGENCY. */
static bool
holds(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_parent *parent,
      qt_qty add, uint64_t seq, int64_t now_ns)
{
    qt_qty open;
    char text[BREACH_TEXT];
    if (open_of(engine, parent, &open) && qt_parent_holds(parent, open, add))
        return true;
    symbol->work.is_breached = true;
    snprintf(text, sizeof text, "%s: children of a parent order are more than the whole",
             symbol->ins->symbol);
    qt__incident(engine, seq, now_ns, text);
    return false;
}

static void
end(struct qt_engine *engine, struct qt_symbol *symbol, struct qt_parent *parent, const char *why,
    uint64_t seq, int64_t now_ns)
{
    struct qt_partition *partition = qt__partition_of(engine, symbol->ins->id);
    const struct qt_tape *tape = &symbol->work.tape;
    bool was_worked = is_worked(parent);
    parent->state = QT_PARENT_DONE;
    parent->ended_ns = now_ns;
    parent->end_mid = qt__symbol_mark(symbol);
    parent->tape_qty = QT_MAX(tape_qty(tape) - parent->tape_qty, 0.0);
    parent->tape_quote = QT_MAX(tape_quote(tape) - parent->tape_quote, 0.0);
    if (why != parent->why)
        qt_copy(parent->why, sizeof parent->why, why);
    qt_cost_total_add(&symbol->work.cost[parent->algorithm], parent, 1);
    partition->past[partition->parents++ % QT_PARTITION_PARENTS] = *parent;
    symbol->guard.makes_way = false;
    mark(symbol);
    record(engine, parent, seq, now_ns);
    if (was_worked && qt_qty_sign(qt_parent_rest(parent)) > 0) {
        char left[QT_DECIMAL_TEXT];
        qt_decimal_format_short(qt_qty_units(qt_parent_rest(parent)), parent->qty_scale, left);
        qt__note(engine, QT_SEVERITY_INFO, QT_TOPIC_TRADE, seq, now_ns, "%s: %s %s left (%s)",
                 symbol->ins->symbol, qt_algorithm_name((enum qt_algorithm)parent->algorithm), left,
                 parent->why);
    }
}

/* A fee that comes after the end: what was said of the parent is said anew. */
static void
amend(struct qt_engine *engine, struct qt_symbol *symbol, struct qt_parent *parent,
      const struct qt_fill *fill)
{
    struct qt_cost_total *total = &symbol->work.cost[parent->algorithm];
    struct qt_partition *partition = qt__partition_of(engine, symbol->ins->id);
    qt_cost_total_add(total, parent, -1);
    if (!qt_parent_fill(parent, fill))
        qt__incident(engine, fill->seq, fill->t_ns, "a fill does not fit its parent order");
    qt_cost_total_add(total, parent, 1);
    for (unsigned i = 0; i < QT_PARTITION_PARENTS; i++)
        if (partition->past[i].id == parent->id)
            partition->past[i] = *parent;
}

void
qt__work_report(struct qt_engine *engine, struct qt_symbol *symbol,
                const struct qt_order_change *change, uint64_t seq, int64_t now_ns)
{
    const struct qt_order *order = change->order;
    struct qt_parent *parent =
        &symbol->work.parent[place_of((enum qt_order_purpose)order->purpose)];
    if (order->parent == 0 || order->parent != parent->id)
        return;
    if (change->has_fill && parent->state == QT_PARENT_DONE)
        amend(engine, symbol, parent, &change->fill);
    else if (change->has_fill && !qt_parent_fill(parent, &change->fill))
        qt__incident(engine, seq, now_ns, "a fill does not fit its parent order");
    if (change->has_fill)
        (void)holds(engine, symbol, parent, QT_QTY_ZERO, seq, now_ns);
    if (parent->child == order->request.client_id &&
        qt_order_state_is_final((enum qt_order_state)order->state)) {
        parent->child = 0;
        if (order->state == QT_ORDER_REJECTED) /* by the venue, or it did not leave */
            parent->retry_ns = now_ns + RETRY_NS;
    }
    bool is_stopped = parent->state == QT_PARENT_STOPPING;
    bool is_filled = qt_qty_sign(qt_parent_rest(parent)) == 0;
    bool is_over = is_stopped || is_filled || parent->algorithm == QT_ALGO_IMMEDIATE;
    if (qt_parent_is_active(parent) && parent->child == 0 && is_over)
        end(engine, symbol, parent,
            is_filled    ? "filled"
            : is_stopped ? parent->why
                         : order->reason,
            seq, now_ns);
    else if (change->has_fill)
        record(engine, parent, seq, now_ns);
}

/* Of a kind that stays at the venue until it is filled or cancelled. */
static bool
can_rest(const struct qt_order *order)
{
    return order->request.type == QT_TYPE_LIMIT && order->request.tif == QT_TIF_GTC;
}

static bool
is_resting(const struct qt_order *order)
{
    return can_rest(order) && (order->state == QT_ORDER_OPEN || order->state == QT_ORDER_PARTIAL);
}

static struct qt_order *
child_of(const struct qt_engine *engine, const struct qt_parent *parent)
{
    return parent->child ? qt_orders_find(qt__orders_of(engine, parent->instrument), parent->child)
                         : NULL;
}

static void
withdraw(struct qt_engine *engine, const struct qt_parent *parent, uint64_t seq, int64_t now_ns)
{
    struct qt_order *child = child_of(engine, parent);
    int64_t patience = engine->options.engine->order_timeout_ms * QT_NS_PER_MS;
    if (child && (is_resting(child) || (child->state == QT_ORDER_CANCEL_PENDING &&
                                        now_ns - child->cancel_ns >= patience)))
        qt__cancel_at_owner(engine, child, seq, now_ns);
}

/* No further child; the parent ends once the one alive is gone, at once where there is none. */
static void
stop(struct qt_engine *engine, struct qt_symbol *symbol, enum qt_place place, const char *why,
     uint64_t seq, int64_t now_ns)
{
    struct qt_parent *parent = &symbol->work.parent[place];
    if (!is_worked(parent) || parent->state != QT_PARENT_WORKING)
        return;
    if (parent->child == 0) {
        end(engine, symbol, parent, why, seq, now_ns);
        return;
    }
    parent->state = QT_PARENT_STOPPING;
    qt_copy(parent->why, sizeof parent->why, why);
    record(engine, parent, seq, now_ns);
    withdraw(engine, parent, seq, now_ns);
}

/* A child that rests could be met by the order that closes; it is waited for as long as an answer
 * takes at most. */
static bool
is_in_the_way(const struct qt_engine *engine, const struct qt_parent *parent, int64_t now_ns)
{
    const struct qt_order *child = is_worked(parent) ? child_of(engine, parent) : NULL;
    int64_t patience = engine->options.engine->order_timeout_ms * QT_NS_PER_MS;
    return child && can_rest(child) &&
           (child->state == QT_ORDER_PENDING ||
            (child->state == QT_ORDER_CANCEL_PENDING && now_ns - child->cancel_ns < patience) ||
            is_resting(child));
}

bool
qt__work_gives_way(struct qt_engine *engine, struct qt_symbol *symbol,
                   enum qt_order_purpose purpose, uint64_t seq, int64_t now_ns)
{
    struct qt_parent *entry = &symbol->work.parent[QT_PLACE_ENTRY];
    struct qt_parent *exit = &symbol->work.parent[QT_PLACE_EXIT];
    bool is_urgent = purpose != QT_PURPOSE_TARGET && purpose != QT_PURPOSE_REDUCE;
    if (!symbol->is_worked)
        return true;
    stop(engine, symbol, QT_PLACE_ENTRY, "the position is being closed", seq, now_ns);
    if (is_urgent)
        stop(engine, symbol, QT_PLACE_EXIT, qt_order_purpose_name(purpose), seq, now_ns);
    return !is_worked(exit) && !is_in_the_way(engine, entry, now_ns);
}

void
qt__work_watch(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, int64_t now_ns)
{
    struct qt_parent *exit = &symbol->work.parent[QT_PLACE_EXIT];
    struct qt_exit_plan plan = symbol->plan;
    if (exit->state == QT_PARENT_WORKING && is_worked(exit) &&
        qt_exit_update(&plan, qt__symbol_exit_px(symbol), now_ns).action == QT_EXIT_STOP)
        stop(engine, symbol, QT_PLACE_EXIT, "the stop is reached", seq, now_ns);
}

bool
qt__work_allows(struct qt_engine *engine, const struct qt_gate_input *input, char why[96])
{
    struct qt_gate_result result;
    char text[80];
    if (qt_gate_check(engine->options.risk, input, &result))
        return true;
    qt_gate_stats_add(&qt__partition_of(engine, input->request->instrument)->gate, &result);
    snprintf(why, 96, "gate: %s", qt_gate_describe(&result, text, sizeof text));
    return false;
}

/* The largest child by the symbol's volume and volatility of a day. */
static qt_qty
chunk_of(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    const struct qt_scan_inputs *in = &engine->rows[symbol->ins->id].in;
    double mark_px = qt__symbol_mark(symbol);
    if (!(mark_px > 0) || symbol->scan->period_ns <= 0)
        return QT_QTY_ZERO;
    double bars = (double)QT_NS_PER_DAY / (double)symbol->scan->period_ns;
    return qt_algo_chunk(&engine->execution, symbol->ins, in->quote_volume_24h / mark_px,
                         in->sigma * qt_sqrt(bars));
}

static void
look_at(const struct qt_engine *engine, const struct qt_symbol *symbol,
        const struct qt_parent *parent, struct qt_algo_market *out)
{
    const struct qt_order *child = child_of(engine, parent);
    *out = (struct qt_algo_market){.ins = symbol->ins,
                                   .now_ns = engine->now_ns,
                                   .bid = symbol->is_halted ? QT_PX_NONE : symbol->quote.bid,
                                   .ask = symbol->quote.ask,
                                   .volume =
                                       QT_MAX(tape_qty(&symbol->work.tape) - parent->tape_qty, 0.0),
                                   .chunk = chunk_of(engine, symbol),
                                   .child_px = QT_PX_NONE};
    if (!child)
        return;
    out->child = is_resting(child) ? QT_ALGO_RESTS : QT_ALGO_ON_WAY;
    out->child_px = child->request.px;
}

static bool
send_child(struct qt_engine *engine, struct qt_symbol *symbol, struct qt_parent *parent,
           const struct qt_algo_step *step, uint64_t client_id)
{
    enum qt_order_purpose purpose = (enum qt_order_purpose)parent->purpose;
    bool is_entry = purpose == QT_PURPOSE_ENTRY;
    const struct qt_order_request request = {.client_id = client_id,
                                             .instrument = symbol->ins->id,
                                             .side = parent->side,
                                             .type = step->type,
                                             .tif = step->tif,
                                             .reduce_only = !is_entry,
                                             .px = step->px,
                                             .stop_px = QT_PX_NONE,
                                             .qty = step->qty};
    struct qt_gate_input input;
    qt_money risk = QT_MONEY_ZERO;
    char why[96];
    if (!holds(engine, symbol, parent, step->qty, client_id >> 8, engine->now_ns) ||
        (is_entry && !qt_money_share(parent->risk, step->qty, parent->qty, &risk)))
        return false;
    if (is_entry)
        qt__gate_input_entry(engine, symbol, &request, risk, engine->now_ns, &input);
    else
        qt__gate_input_exit(engine, symbol, &request, purpose, engine->now_ns, &input);
    if (!qt__send(engine, symbol, &request, purpose, &input, engine->now_ns, why)) {
        qt_copy(parent->why, sizeof parent->why, why);
        parent->retry_ns = engine->now_ns + RETRY_NS;
        return false;
    }
    *(is_entry ? &symbol->entry_order : &symbol->exit_order) = client_id;
    parent->why[0] = '\0';
    qt__work_sent(engine, symbol, parent, client_id, engine->now_ns);
    if (is_entry)
        qt__portfolio_measure(engine); /* the next one sees this */
    return true;
}

bool
qt__work_step(struct qt_engine *engine, struct qt_symbol *symbol, struct qt_parent *parent,
              uint64_t client_id)
{
    struct qt_algo_market market;
    struct qt_algo_step step;
    uint64_t seq = client_id >> 8;
    look_at(engine, symbol, parent, &market);
    qt_algo_step(&engine->execution, parent, &market, &step);
    bool is_sent = step.action == QT_ALGO_SEND && engine->now_ns >= parent->retry_ns;
    if (parent->purpose != QT_PURPOSE_ENTRY &&
        !qt__guard_makes_way(engine, symbol, is_sent, seq, engine->now_ns))
        return false;
    switch (step.action) {
    case QT_ALGO_SEND:
        return is_sent && send_child(engine, symbol, parent, &step, client_id);
    case QT_ALGO_CANCEL:
        withdraw(engine, parent, seq, engine->now_ns);
        return false;
    case QT_ALGO_END:
        end(engine, symbol, parent, step.why, seq, engine->now_ns);
        return false;
    case QT_ALGO_WAIT:
    case QT_ALGO_ACTIONS:
        break;
    }
    if (parent->state == QT_PARENT_WORKING)
        qt_copy(parent->why, sizeof parent->why, step.why);
    return false;
}

static void
tell_breach(struct qt_engine *engine, struct qt_symbol *symbol)
{
    char text[BREACH_TEXT];
    symbol->work.is_breach_told = true;
    snprintf(text, sizeof text, "%s: a parent order is exceeded by its children",
             symbol->ins->symbol);
    qt__engine_stops(engine, QT_COMMAND_LIQUIDATE, text);
}

static void
look(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, unsigned *n)
{
    struct qt_parent *parent = symbol->work.parent;
    if (engine->liquidation.is_active)
        stop(engine, symbol, QT_PLACE_EXIT, "liquidation", seq, engine->now_ns);
    if (engine->is_shut)
        stop(engine, symbol, QT_PLACE_ENTRY, "no entries in this mode", seq, engine->now_ns);
    if (symbol->is_halted)
        stop(engine, symbol, QT_PLACE_ENTRY, "the venue does not trade it as before", seq, engine->now_ns);
    for (int place = 0; place < QT_PLACES; place++) {
        if (!is_worked(&parent[place]) || *n >= ORDERS_A_CYCLE)
            continue;
        if (parent[place].state == QT_PARENT_STOPPING)
            withdraw(engine, &parent[place], seq, engine->now_ns);
        if (qt__work_step(engine, symbol, &parent[place], qt_client_id(seq, *n)))
            ++*n;
    }
}

void
qt__work_cycle(struct qt_engine *engine, uint64_t seq, unsigned *n)
{
    for (uint32_t i = 0; i < engine->symbols; i++) {
        struct qt_symbol *symbol = &engine->symbol[i];
        if (symbol->is_worked)
            look(engine, symbol, seq, n);
        if (symbol->work.is_breached && !symbol->work.is_breach_told)
            tell_breach(engine, symbol);
    }
}

void
qt__work_stop_all(struct qt_engine *engine, const char *why)
{
    for (uint32_t i = 0; i < engine->symbols; i++)
        for (int place = 0; engine->symbol[i].is_worked && place < QT_PLACES; place++)
            stop(engine, &engine->symbol[i], (enum qt_place)place, why, engine->seq,
                 engine->now_ns);
}

void
qt__work_restore(struct qt_engine *engine, const struct qt_parent *from)
{
    struct qt_symbol *symbol = &engine->symbol[from->instrument];
    struct qt_parent *parent = &symbol->work.parent[place_of((enum qt_order_purpose)from->purpose)];
    *parent = *from;
    parent->child = 0;
    parent->state = QT_PARENT_STOPPING;
    parent->tape_qty = parent->tape_quote = 0; /* the market was not seen all the time */
    qt_copy(parent->why, sizeof parent->why, anew);
    mark(symbol);
}

/* What a resting order needs that came without its parent, as in a replay. */
static void
make_parent(struct qt_symbol *symbol, struct qt_order *order, struct qt_parent *out)
{
    const struct qt_order_request *request = &order->request;
    *out = (struct qt_parent){.id = request->client_id,
                              .instrument = request->instrument,
                              .side = request->side,
                              .purpose = order->purpose,
                              .state = QT_PARENT_STOPPING,
                              .px_scale = symbol->ins->px_scale,
                              .qty_scale = symbol->ins->qty_scale,
                              .qty = request->qty,
                              .filled = order->cum_qty,
                              .quote = order->cum_quote,
                              .limit = request->px,
                              .decided_ns = order->created_ns,
                              .first_ns = order->created_ns,
                              .deadline_ns = QT_TIME_NONE,
                              .ended_ns = QT_TIME_NONE,
                              .children = 1};
    qt_copy(out->why, sizeof out->why, anew);
    order->parent = out->id;
}

void
qt__work_restore_order(struct qt_engine *engine, struct qt_order *order)
{
    struct qt_symbol *symbol = &engine->symbol[order->request.instrument];
    enum qt_order_purpose purpose = (enum qt_order_purpose)order->purpose;
    struct qt_parent *parent = &symbol->work.parent[place_of(purpose)];
    if (purpose == QT_PURPOSE_VENUE_STOP)
        return;
    if (can_rest(order) && (!order->parent || order->parent != parent->id))
        make_parent(symbol, order, parent);
    if (order->parent && order->parent == parent->id)
        parent->child = order->request.client_id;
    mark(symbol);
}

void
qt__work_restored(struct qt_engine *engine)
{
    for (uint32_t i = 0; i < engine->symbols; i++)
        for (int place = 0; engine->symbol[i].is_worked && place < QT_PLACES; place++) {
            struct qt_parent *parent = &engine->symbol[i].work.parent[place];
            if (is_worked(parent) && parent->child == 0)
                end(engine, &engine->symbol[i], parent, parent->why, engine->seq,
                    QT_MAX(parent->first_ns, parent->decided_ns));
        }
}

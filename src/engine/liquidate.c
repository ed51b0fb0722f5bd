/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Liquidation: cancel everything, flatten everything, and believe only the venue. It never times
 * out into success: flat are two reads of the account, flat_gap_ms apart, that both show no own
 * order and nothing above dust of what we bought. Afterwards it keeps looking: a fill that won the
 * race is a position again.
 */
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

enum { PACE_NS = QT_NS_PER_S }; /* between two rounds of cancels */
enum { TELL_S = 60 }; /* not flat after so long: told, and again after twice as long ... */

/* An exit that rests and fills no more, or whose cancel came to nothing: what it holds back goes
 * with another one. Of a halt the exits are left alone. */
static bool
is_stuck(const struct qt_engine *engine, const struct qt_order *exit)
{
    int64_t patience = engine->options.engine->order_timeout_ms * QT_NS_PER_MS;
    bool rests = exit->state == QT_ORDER_OPEN || exit->state == QT_ORDER_PARTIAL ||
                 exit->state == QT_ORDER_CANCEL_PENDING;
    return rests && !engine->liquidation.keeps_positions &&
           engine->now_ns - exit->updated_ns >= patience;
}

/* Every order of a symbol but its stop at the venue, which stands until its exit can go out, and
 * the exit that is under way. */
static void
cancel_others(struct qt_engine *engine, const struct qt_symbol *symbol)
{
    struct qt_orders *orders = qt__orders_of(engine, symbol->ins->id);
    struct qt_order *next;
    for (struct qt_order *order = qt_orders_first(orders); order; order = next) {
        next = qt_orders_after(orders, order);
        if (order->request.instrument == symbol->ins->id &&
            order->request.client_id != symbol->guard.order &&
            (order->request.client_id != symbol->exit_order || is_stuck(engine, order)))
            qt__cancel(engine, order);
    }
}

/* Own orders alive, with a cancel for each symbol that has any (all of a symbol at once, but for a
 * stop that protects and an exit under way). */
static uint32_t
cancel_orders(struct qt_engine *engine, bool is_due)
{
    uint32_t alive = 0;
    for (uint32_t i = 0; i < engine->symbols; i++) {
        uint32_t open = qt_orders_open_of(qt__orders_of(engine, i), i);
        alive += open;
        if (open == 0 || !is_due)
            continue;
        if (engine->symbol[i].guard.order || engine->symbol[i].exit_order)
            cancel_others(engine, &engine->symbol[i]);
        else if (qt__cancel_all_may_go(engine, i))
            qt__cancel_all(engine, i);
    }
    return alive;
}

static uint32_t
open_positions(const struct qt_engine *engine)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < engine->symbols; i++)
        open += qt__symbol_is_open(&engine->symbol[i]);
    return open;
}

static uint32_t
flatten(struct qt_engine *engine, uint64_t seq, unsigned *n)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < engine->symbols; i++) {
        struct qt_symbol *symbol = &engine->symbol[i];
        if (!qt__symbol_is_open(symbol))
            continue;
        open++;
        if (*n < 250 && qt__close_position(engine, symbol, QT_ALL_BPS, QT_PURPOSE_FLATTEN,
                                           qt_client_id(seq, *n), engine->now_ns))
            ++*n;
    }
    return open;
}

/* More at the venue than was there before us, or a short, and more than dust. */
static bool
holds_ours(const struct qt_symbol *symbol)
{
    qt_qty ours;
    return symbol->has_foreign && qt_qty_sub(symbol->venue_qty, symbol->foreign_qty, &ours) &&
           (qt_qty_sign(ours) > 0 || qt_qty_sign(symbol->venue_qty) < 0) &&
           qt__symbol_can_trade(symbol, qt_qty_abs(ours));
}

/* What is left of the first symbol that has something left, and the venue's word about its last
 * exit; of the others their number. */
static void
add_rest(const struct qt_engine *engine, bool is_dust, const char *lead, char *text, size_t size)
{
    const struct qt_symbol *first = NULL;
    unsigned more = 0;
    char qty[QT_DECIMAL_TEXT], code[24] = "", others[24] = "";
    for (uint32_t i = 0; i < engine->symbols; i++) {
        const struct qt_symbol *symbol = &engine->symbol[i];
        bool is_left =
            qt_qty_sign(symbol->position.qty) != 0 && qt__symbol_is_open(symbol) != is_dust;
        more += is_left && first;
        if (is_left && !first)
            first = symbol;
    }
    if (!first)
        return;
    if (!is_dust && first->exit_code)
        snprintf(code, sizeof code, " (refused: %d)", (int)first->exit_code);
    if (more)
        snprintf(others, sizeof others, " and %u more", more);
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s %s%s%s", lead, first->ins->symbol,
             qt_decimal_format_short(qt_qty_units(first->position.qty), first->ins->qty_scale, qty),
             code, others);
}

static void
say(struct qt_engine *engine, uint32_t orders, uint32_t positions)
{
    struct qt_liquidation *liquidation = &engine->liquidation;
    if (liquidation->is_flat) {
        qt_copy(liquidation->text, sizeof liquidation->text, "flat, read twice at the venue");
        add_rest(engine, true, "; too small to be sold: ", liquidation->text,
                 sizeof liquidation->text);
    } else if (liquidation->keeps_positions && (orders || positions)) {
        snprintf(liquidation->text, sizeof liquidation->text,
                 "halted: %u orders alive, %u positions kept under their exits", orders, positions);
    } else if (orders || positions) {
        snprintf(liquidation->text, sizeof liquidation->text,
                 "round %u: %u orders alive, %u positions open", liquidation->rounds, orders,
                 positions);
        add_rest(engine, false, ": ", liquidation->text, sizeof liquidation->text);
    } else {
        qt_copy(liquidation->text, sizeof liquidation->text,
                liquidation->first_flat_ns == QT_TIME_NONE ? "reading the account"
                                                           : "flat once, reading again");
    }
}

/* Never a time-out into success: louder with time, with what is left where and why. */
static void
tell_rest(struct qt_engine *engine, uint64_t seq)
{
    struct qt_liquidation *liquidation = &engine->liquidation;
    if (liquidation->begun_ns == QT_TIME_NONE) {
        liquidation->begun_ns = engine->now_ns;
        liquidation->wait_ns = TELL_S * QT_NS_PER_S;
    }
    int64_t passed_ns = engine->now_ns - liquidation->begun_ns;
    if (liquidation->is_flat || liquidation->keeps_positions || passed_ns < liquidation->wait_ns)
        return;
    liquidation->wait_ns = 2 * passed_ns;
    qt__note(engine, QT_SEVERITY_BAD, QT_TOPIC_RISK, seq, engine->now_ns,
             "not flat after %lld s: %s", (long long)(passed_ns / QT_NS_PER_S), liquidation->text);
    qt__audit(engine, "engine", "not_flat", liquidation->text);
    qt_log_event(engine->options.log, QT_LOG_ERROR, "engine.not_flat", "after_s=%lld left=\"%s\"",
                 (long long)(passed_ns / QT_NS_PER_S), liquidation->text);
}

static void
ask_venue(struct qt_engine *engine)
{
    const struct qt_sync *sync = &engine->sync;
    if (sync->asked_ns != QT_TIME_NONE && engine->now_ns - sync->asked_ns < PACE_NS)
        return;
    qt__read_account(engine);
}

void
qt__liquidate_step(struct qt_engine *engine, uint64_t seq, unsigned *n)
{
    struct qt_liquidation *liquidation = &engine->liquidation;
    bool is_due = engine->now_ns >= liquidation->next_ns;
    if (is_due) {
        liquidation->next_ns = engine->now_ns + PACE_NS;
        liquidation->rounds++;
    }
    uint32_t orders = cancel_orders(engine, is_due);
    uint32_t positions =
        liquidation->keeps_positions ? open_positions(engine) : flatten(engine, seq, n);
    if (orders || positions) {
        if (liquidation->is_flat)
            qt__note(engine, QT_SEVERITY_BAD, QT_TOPIC_RISK, seq, engine->now_ns,
                     "a late fill: not flat any more");
        liquidation->is_flat = false;
        liquidation->first_flat_ns = QT_TIME_NONE;
    } else if (!liquidation->is_flat) {
        ask_venue(engine);
    }
    say(engine, orders, positions);
    tell_rest(engine, seq);
}

void
qt__liquidate_begin(struct qt_engine *engine, bool keeps_positions)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < engine->symbols; i++)
        qt__cancel_renew(engine, &engine->symbol[i]);
    qt__work_stop_all(engine, "liquidation");
    engine->liquidation = (struct qt_liquidation){
        .is_active = true,
        .keeps_positions = keeps_positions,
        .next_ns = engine->now_ns,
        .first_flat_ns = QT_TIME_NONE,
        .begun_ns = QT_TIME_NONE};
    qt__liquidate_step(engine, engine->seq, &n);
}

/* The account as just read shows neither own orders nor anything of ours. */
static bool
is_flat_at_venue(const struct qt_engine *engine)
{
    if (engine->sync.own_open > 0)
        return false;
    for (uint32_t i = 0; i < engine->symbols; i++)
        if (qt_orders_open_of(qt__orders_of(engine, i), i) > 0 ||
            qt__symbol_is_open(&engine->symbol[i]) || holds_ours(&engine->symbol[i]))
            return false;
    return true;
}

void
qt__liquidate_synced(struct qt_engine *engine)
{
    struct qt_liquidation *liquidation = &engine->liquidation;
    int64_t gap = engine->options.engine->flat_gap_ms * QT_NS_PER_MS;
    if (!liquidation->is_active)
        return;
    if (!is_flat_at_venue(engine)) {
        liquidation->is_flat = false;
        liquidation->first_flat_ns = QT_TIME_NONE;
        return;
    }
    if (liquidation->first_flat_ns == QT_TIME_NONE)
        liquidation->first_flat_ns = engine->now_ns;
    if (liquidation->is_flat || engine->now_ns - liquidation->first_flat_ns < gap)
        return;
    liquidation->is_flat = true;
    say(engine, 0, 0);
    qt__note(engine, QT_SEVERITY_GOOD, QT_TOPIC_RISK, engine->seq, engine->now_ns, "%s",
             liquidation->text);
    qt__audit(engine, "engine", "flat", liquidation->text);
    qt_log_event(engine->options.log, QT_LOG_WARN, "engine.flat", "rounds=%u", liquidation->rounds);
    engine->next_publish_mono_ns = 0;
}

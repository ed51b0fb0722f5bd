/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One event at its owner: what a kind changes. Market events also act here, between cycles: stops
 * and targets.
 */
#include <string.h>

#include "engine_priv.h"

/* What cannot be, cannot be believed, or was there before does not reach a decision. */
static bool
is_good(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    struct qt_partition *partition = qt__partition_of(engine, event->instrument);
    uint32_t failed;
    enum qt_quality_verdict verdict = qt_quality_check(&symbol->quality, engine->options.quality, event,
                                                       !engine->options.is_recorded, &failed);
    bool is_dropped = verdict == QT_QUALITY_DROP;
    if (!failed)
        return true;
    for (unsigned i = 0; i < QT_QUALITY_CHECKS; i++)
        partition->quality[i] += failed >> i & 1;
    partition->bad_events += is_dropped;
    if (is_dropped && symbol->quality.drops == 1)
        qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_MARKET, event->seq, event->t_recv_ns,
                 "%s: a %s is not believed: %s", symbol->ins->symbol,
                 qt_event_kind_name((enum qt_event_kind)event->kind),
                 qt_quality_title((enum qt_quality_check)__builtin_ctz(failed)));
    return verdict < QT_QUALITY_SKIP;
}

bool
qt__symbol_quote(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    if (!is_good(engine, symbol, event))
        return false;
    symbol->quote = event->quote;
    symbol->feed_ns = event->t_recv_ns;
    return true;
}

static void
on_quote(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    if (qt__symbol_quote(engine, symbol, event) && symbol->has_plan)
        (void)qt__exits(engine, symbol, qt_client_id(event->seq, 0), event->t_recv_ns);
}

static void
on_trade(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    if (!is_good(engine, symbol, event))
        return;
    symbol->last = event->trade.px;
    qt__work_trade(symbol, &event->trade);
    symbol->feed_ns = event->t_recv_ns;
    if (symbol->has_plan)
        (void)qt__exits(engine, symbol, qt_client_id(event->seq, 0), event->t_recv_ns);
}

void
qt__symbol_event(struct qt_engine *engine, const struct qt_event *event)
{
    struct qt_symbol *symbol = &engine->symbol[event->instrument];
    if (symbol->sources && !qt__feeds_pass(engine, symbol, event))
        return;
    switch ((enum qt_event_kind)event->kind) {
    case QT_EVENT_QUOTE:
        on_quote(engine, symbol, event);
        break;
    case QT_EVENT_TRADE:
        on_trade(engine, symbol, event);
        break;
    case QT_EVENT_BAR:
        qt__symbol_bar(engine, symbol, event);
        break;
    case QT_EVENT_STATUS:
        qt__symbol_status(engine, symbol, event);
        break;
    case QT_EVENT_REPORT:
        qt__report(engine, symbol, event);
        break;
    case QT_EVENT_NONE:
    case QT_EVENT_DEPTH:
    case QT_EVENT_BALANCE:
    case QT_EVENT_LINK:
    case QT_EVENT_SYNC:
    case QT_EVENT_TIMER:
    case QT_EVENT_COMMAND:
    case QT_EVENT_HEALTH:
    case QT_EVENT_CONFIG:
    case QT_EVENT_INCOME:
    case QT_EVENT_KINDS:
        break;
    }
}

/* Who was out of reach, or refused everything, may think otherwise now. */
static void
renew_cancels(struct qt_engine *engine)
{
    qt__meet(engine);
    for (uint32_t i = 0; i < engine->symbols; i++)
        qt__cancel_renew(engine, &engine->symbol[i]);
}

static void
on_link(struct qt_engine *engine, const struct qt_event *event)
{
    static const char *const names[QT_LINK_KINDS] = {"market data", "account stream", "requests"};
    const struct qt_link *link = &event->link;
    if (link->kind >= QT_LINK_KINDS || link->state >= QT_LINK_STATES)
        return;
    if ((event->flags & (QT_EVENT_REFUSED | QT_EVENT_UNFIT)) && !engine->is_shut) {
        engine->is_shut = true;
        qt__engine_stops(engine, QT_COMMAND_PAUSE,
                         event->flags & QT_EVENT_UNFIT ? link->reason
                                                       : "the venue refuses the API key");
    }
    uint8_t before = engine->venue.link[link->kind];
    engine->venue.link[link->kind] = link->state;
    if (before == link->state)
        return;
    if (link->state == QT_LINK_DOWN)
        engine->venue.reconnects++;
    if (link->state == QT_LINK_UP)
        renew_cancels(engine);
    qt__note(engine, link->state == QT_LINK_DOWN ? QT_SEVERITY_WARN : QT_SEVERITY_INFO, QT_TOPIC_SYSTEM,
             event->seq, event->t_recv_ns, "%s: %s%s%s", names[link->kind],
             qt_link_state_name(link->state), link->reason[0] ? ": " : "", link->reason);
    qt_log_event(engine->options.log, link->state == QT_LINK_DOWN ? QT_LOG_WARN : QT_LOG_INFO,
                 "venue.link", "kind=\"%s\" state=%s reason=\"%s\"", names[link->kind],
                 qt_link_state_name(link->state), link->reason);
}

/* A balance of the quote asset is cash, one of a base asset belongs to the symbols on it. What the
 * venue says of a symbol's holding is the engine thread's, so nobody needs to meet for it. */
static void
on_balance(struct qt_engine *engine, const struct qt_event *event)
{
    const struct qt_balance *balance = &event->balance;
    qt_money total;
    if (!qt_money_add(balance->free, balance->locked, &total))
        return;
    if (strcmp(balance->asset, engine->options.scan->quote_asset) == 0) {
        engine->sync.cash = total;
        engine->sync.rounding = balance->rounding;
        engine->sync.has_cash = true;
        return;
    }
    uint64_t i;
    if (!qt_textmap_get(engine->by_base, balance->asset, strlen(balance->asset), &i))
        return;
    for (; i != QT_NO_INSTRUMENT; i = engine->symbol[i].same_base) {
        struct qt_symbol *symbol = &engine->symbol[i];
        if (qt_qty_of_asset(total, QT_MONEY_SCALE, symbol->ins->qty_scale, &symbol->venue_qty))
            symbol->venue_read = engine->sync.number + 1;
    }
}

void
qt__global_event(struct qt_engine *engine, const struct qt_event *event)
{
    switch ((enum qt_event_kind)event->kind) {
    case QT_EVENT_LINK:
        on_link(engine, event);
        break;
    case QT_EVENT_BALANCE:
        on_balance(engine, event);
        break;
    case QT_EVENT_SYNC:
        qt__meet(engine);
        qt__book_synced(engine, event);
        break;
    case QT_EVENT_COMMAND:
        qt__meet(engine);
        qt__command(engine, event);
        break;
    case QT_EVENT_HEALTH:
        qt__meet(engine);
        qt__health_event(engine, event);
        break;
    case QT_EVENT_CONFIG:
        qt__meet(engine);
        qt__config_event(engine, event);
        break;
    case QT_EVENT_INCOME:
        qt__meet(engine);
        qt__book_income(engine, event);
        break;
    case QT_EVENT_NONE:
    case QT_EVENT_QUOTE:
    case QT_EVENT_TRADE:
    case QT_EVENT_DEPTH:
    case QT_EVENT_BAR:
    case QT_EVENT_STATUS:
    case QT_EVENT_REPORT:
    case QT_EVENT_TIMER:
    case QT_EVENT_KINDS:
        break;
    }
}

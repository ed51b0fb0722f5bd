/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events and decisions of every kind from a seed, with any value that a field can have.
 */
#ifndef QTRADE_TESTS_JOURNAL_KIT_H
#define QTRADE_TESTS_JOURNAL_KIT_H

#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/journal.h"

#define T0 (INT64_C(1795000000) * QT_NS_PER_S)

static inline int64_t
any(struct qt_rng *rng)
{
    int64_t v = (int64_t)qt_rng_next(rng) >> (qt_rng_next(rng) % 64);
    return qt_rng_next(rng) % 50 == 0 ? INT64_MIN : v;
}

static inline void
fill_report(struct qt_report *report, struct qt_rng *rng)
{
    *report = (struct qt_report){.client_id = qt_rng_next(rng),
                                 .venue_id = qt_rng_next(rng) >> 20,
                                 .trade_id = 7,
                                 .px = {any(rng)},
                                 .qty = {any(rng)},
                                 .cum_qty = {any(rng)},
                                 .cum_quote = {any(rng)},
                                 .fee = {any(rng)},
                                 .sent_ns = any(rng),
                                 .code = (int32_t)any(rng),
                                 .type = (uint8_t)(qt_rng_next(rng) % QT_REPORT_TYPES),
                                 .state = (uint8_t)(qt_rng_next(rng) % QT_ORDER_STATES),
                                 .side = (uint8_t)(qt_rng_next(rng) % 2),
                                 .fee_in_base = (uint8_t)(qt_rng_next(rng) % 2),
                                 .is_maker = (uint8_t)(qt_rng_next(rng) % 2)};
}

static inline struct qt_event
event_of(uint64_t seq, struct qt_rng *rng)
{
    struct qt_event event = {.seq = seq,
                             .t_recv_ns = T0 + (int64_t)seq * 1234567,
                             .t_venue_ns = T0 + any(rng) % QT_NS_PER_S,
                             .instrument = (uint32_t)(qt_rng_next(rng) % 3),
                             .kind = (uint16_t)(1 + qt_rng_next(rng) % (QT_EVENT_KINDS - 1)),
                             .flags = (uint16_t)(qt_rng_next(rng) % 128)};
    switch ((enum qt_event_kind)event.kind) {
    case QT_EVENT_QUOTE:
        event.quote = (struct qt_quote){{any(rng)}, {any(rng)}, {any(rng)}, {any(rng)}, qt_rng_next(rng)};
        break;
    case QT_EVENT_TRADE:
        event.trade = (struct qt_trade){{any(rng)}, {any(rng)}, qt_rng_next(rng)};
        break;
    case QT_EVENT_DEPTH:
        event.depth = (struct qt_depth){.first_id = qt_rng_next(rng) >> 8,
                                        .last_id = qt_rng_next(rng) >> 8,
                                        .levels = {{{1}, {2}}, {{any(rng)}, {any(rng)}}},
                                        .bids = 1,
                                        .asks = 1,
                                        .previous_id_low = (uint32_t)qt_rng_next(rng)};
        break;
    case QT_EVENT_BAR:
        event.bar = (struct qt_bar){.open_ns = T0,
                                    .period_ns = QT_NS_PER_MIN,
                                    .open = {any(rng)},
                                    .high = {any(rng)},
                                    .low = {any(rng)},
                                    .close = {any(rng)},
                                    .volume = {any(rng)},
                                    .quote_volume = {any(rng)},
                                    .taker_buy = {-1},
                                    .trades = (uint32_t)qt_rng_next(rng)};
        break;
    case QT_EVENT_STATUS:
        event.status.status = QT_INSTRUMENT_HALTED;
        break;
    case QT_EVENT_REPORT:
        fill_report(&event.report, rng);
        break;
    case QT_EVENT_BALANCE:
        qt_copy(event.balance.asset, sizeof event.balance.asset, "1000SATS");
        event.balance.free = (qt_money){any(rng)};
        event.balance.rounding = (qt_money){any(rng)};
        break;
    case QT_EVENT_LINK:
        event.link.state = QT_LINK_UP;
        qt_copy(event.link.reason, sizeof event.link.reason, "connected by \"listen key\"");
        break;
    case QT_EVENT_COMMAND:
        event.command.kind = QT_COMMAND_LIQUIDATE;
        event.command.source = QT_SOURCE_SIGNAL;
        qt_copy(event.command.reason, sizeof event.command.reason, "SIGUSR2");
        break;
    case QT_EVENT_HEALTH:
        event.health.is_sick = 1;
        break;
    case QT_EVENT_CONFIG:
        event.config.value = 0.25;
        qt_copy(event.config.key, sizeof event.config.key, "risk.max_heat");
        break;
    case QT_EVENT_INCOME:
        event.income.amount = (qt_money){any(rng)};
        qt_copy(event.income.asset, sizeof event.income.asset, "USDT");
        break;
    case QT_EVENT_NONE:
    case QT_EVENT_SYNC:
    case QT_EVENT_TIMER:
    case QT_EVENT_KINDS:
        break;
    }
    return event;
}

static inline struct qt_decision
decision_of(uint64_t seq, struct qt_rng *rng)
{
    struct qt_decision decision = {.seq = seq,
                                   .t_ns = T0 + (int64_t)seq,
                                   .kind = (uint32_t)(qt_rng_next(rng) % QT_DECISION_KINDS)};
    switch ((enum qt_decision_kind)decision.kind) {
    case QT_DECISION_MADE:
        decision.made.instrument = 2;
        decision.made.score = (double)any(rng) / 3;
        decision.made.value = -1.0 / 7;
        qt_copy(decision.made.kind, sizeof decision.made.kind, "selected");
        qt_copy(decision.made.detail, sizeof decision.made.detail, "rank 1 volatility 61.8");
        break;
    case QT_DECISION_ORDER:
        decision.order = (struct qt_order_request){.client_id = qt_rng_next(rng),
                                                   .instrument = 1,
                                                   .side = QT_SELL,
                                                   .type = QT_TYPE_MARKET,
                                                   .reduce_only = true,
                                                   .px = QT_PX_NONE,
                                                   .stop_px = QT_PX_NONE,
                                                   .qty = {any(rng)}};
        break;
    case QT_DECISION_CANCEL:
        decision.cancel = (struct qt_cancel){qt_rng_next(rng), 1};
        break;
    case QT_DECISION_CYCLE:
        decision.cycle = (struct qt_cycle_digest){qt_rng_next(rng), qt_rng_next(rng), 1};
        break;
    case QT_DECISION_KINDS:
        break;
    }
    return decision;
}

#endif

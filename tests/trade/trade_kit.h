/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the suites of this room share: an instrument, requests and a venue's reports.
 */
#ifndef QTRADE_TESTS_TRADE_KIT_H
#define QTRADE_TESTS_TRADE_KIT_H

#include "qt_check.h"

#include "qtrade/base/error.h"
#include "qtrade/base/rng.h"
#include "qtrade/market/instrument.h"
#include "qtrade/trade/orders.h"

/* BTCUSDT with prices in cents and quantities of 0.001: px 100.00 x qty 1.000 = 100 USDT. */
static inline struct qt_instrument
kit_instrument(void)
{
    return (struct qt_instrument){.id = 0,
                                  .symbol = "BTCUSDT",
                                  .base = "BTC",
                                  .quote = "USDT",
                                  .px_scale = 2,
                                  .qty_scale = 3,
                                  .tick = {1},
                                  .min_px = {1},
                                  .lot = {1},
                                  .min_qty = {1}};
}

static inline struct qt_orders *
kit_orders(uint32_t open, uint32_t history)
{
    return qt_orders_create(&(struct qt_orders_limits){
        .open = open, .history = history, .instruments = 4, .not_found_ns = 1000});
}

static inline struct qt_order_request
kit_request(uint64_t id, enum qt_side side, int64_t qty, int64_t px)
{
    return (struct qt_order_request){.client_id = id,
                                     .side = (uint8_t)side,
                                     .type = px ? QT_TYPE_LIMIT : QT_TYPE_MARKET,
                                     .px = px ? (qt_px){px} : QT_PX_NONE,
                                     .stop_px = QT_PX_NONE,
                                     .qty = {qty}};
}

static inline struct qt_order *
kit_add(struct qt_orders *orders, uint64_t id, enum qt_side side, int64_t qty, int64_t px)
{
    struct qt_instrument ins = kit_instrument();
    struct qt_order_request request = kit_request(id, side, qty, px);
    return qt_orders_add(orders, &ins, &request, QT_PURPOSE_ENTRY, id >> 8, 100);
}

/* A report without a fill; cum_quote -1: not told. */
static inline struct qt_report
kit_report(uint64_t id, enum qt_report_type type, enum qt_order_state state, int64_t cum,
           int64_t cum_quote)
{
    return (struct qt_report){.client_id = id,
                              .venue_id = type == QT_REPORT_NOT_FOUND ? 0 : 77,
                              .px = QT_PX_NONE,
                              .cum_qty = {cum},
                              .cum_quote = {cum_quote},
                              .type = (uint8_t)type,
                              .state = (uint8_t)state};
}

static inline struct qt_report
kit_fill(uint64_t id, uint64_t trade, int64_t px, int64_t qty, int64_t cum, int64_t fee)
{
    struct qt_report report = kit_report(id, QT_REPORT_FILL, QT_ORDER_PARTIAL, cum, -1);
    report.trade_id = trade;
    report.px = (qt_px){px};
    report.qty = (qt_qty){qty};
    report.fee = (qt_money){fee};
    return report;
}

/* Seeds of a property test: QT_SEED alone, or n of them. */
static inline uint64_t
kit_seed(int i)
{
    const char *text = getenv("QT_SEED");
    return text ? strtoull(text, NULL, 10) : (uint64_t)i + 1;
}

static inline int64_t
kit_between(struct qt_rng *rng, int64_t low, int64_t high)
{
    return low + (int64_t)qt_rng_below(rng, (uint64_t)(high - low + 1));
}

#endif

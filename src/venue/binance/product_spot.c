/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spot. Source: Binance, Spot API, 2026.
 */
#include "session_priv.h"

#include "qtrade/base/time.h"

#define API "/api/v3/"

static const struct qt__bn_words words = {
    .types = {[QT_TYPE_LIMIT] = {"LIMIT", true, false, true, NULL},
              [QT_TYPE_MARKET] = {"MARKET", false, false, false, NULL},
              [QT_TYPE_STOP_LOSS] = {"STOP_LOSS", false, true, false, NULL},
              [QT_TYPE_STOP_LOSS_LIMIT] = {"STOP_LOSS_LIMIT", true, true, true, NULL},
              [QT_TYPE_TAKE_PROFIT] = {"TAKE_PROFIT", false, true, false, NULL},
              [QT_TYPE_TAKE_PROFIT_LIMIT] = {"TAKE_PROFIT_LIMIT", true, true, true, NULL},
              [QT_TYPE_LIMIT_MAKER] = {"LIMIT_MAKER", true, false, false, NULL}},
    .response = "FULL",
};

/* Until exchangeInfo says otherwise. */
static const struct qt_limit limits[] = {
    {.kind = QT_LIMIT_WEIGHT, .interval_ns = QT_NS_PER_MIN, .limit = 6000, .reserve = 600},
    {.kind = QT_LIMIT_ORDERS, .interval_ns = 10 * QT_NS_PER_S, .limit = 100, .reserve = 10},
    {.kind = QT_LIMIT_ORDERS, .interval_ns = QT_NS_PER_DAY, .limit = 200000, .reserve = 2000},
    {.kind = QT_LIMIT_REQUESTS, .interval_ns = 5 * QT_NS_PER_MIN, .limit = 61000, .reserve = 6100},
};

/* What only this product says, or says otherwise than errors.c. */
static const struct qt_venue_error errors[] = {
    {-5021, QT_VENUE_REJECTED, "FOK or IOC order could not be filled"},
    {-2039, QT_VENUE_NOT_FOUND, "client order id and order id do not belong together"},
    {-2038, QT_VENUE_REJECTED, "order amend rejected"},
    {-2026, QT_VENUE_NOT_FOUND, "order was archived"},
    {-2022, QT_VENUE_REJECTED, "order cancel-replace failed"},
    {-2021, QT_VENUE_REJECTED, "order cancel-replace partially failed"},
    {-2016, QT_VENUE_REJECTED, "no trading window"},
};

static const struct qt_codec codec = {.decode = qt__bn_decode, .encode = qt__bn_encode_spot};

bool
qt__bn_encode_spot(const struct qt_instrument *ins, uint32_t tag,
                   const struct qt_order_request *request, struct qt_text *out)
{
    return qt__bn_encode(&words, ins, tag, request, out);
}

const struct qt__bn_product qt__bn_spot = {
    .class = &qt_venue_binance,
    .rest_url = "https://api.binance.com",
    .ws_url = "wss://stream.binance.com:9443",
    .ws_api_url = "wss://ws-api.binance.com:443/ws-api/v3",
    .at = {[QT__BN_TIME] = {"GET", API "time", QT__BN_PUBLIC, 1},
           [QT__BN_RULES] = {"GET", API "exchangeInfo", QT__BN_PUBLIC, 20},
           [QT__BN_DAY] = {"GET", API "ticker/24hr", QT__BN_PUBLIC, 80},
           [QT__BN_BARS] = {"GET", API "klines", QT__BN_PUBLIC, 2},
           [QT__BN_BOOK] = {"GET", API "depth", QT__BN_PUBLIC, 50},
           [QT__BN_ACCOUNT] = {"GET", API "account", QT__BN_SIGNED, 20},
           [QT__BN_OPEN_ORDERS] = {"GET", API "openOrders", QT__BN_SIGNED, 80},
           [QT__BN_PLACE] = {"POST", API "order", QT__BN_SIGNED, 1, QT__BN_ORDERS},
           [QT__BN_CANCEL] = {"DELETE", API "order", QT__BN_SIGNED, 1, QT__BN_CANCELS},
           [QT__BN_CANCEL_ALL] = {"DELETE", API "openOrders", QT__BN_SIGNED, 1, QT__BN_CANCELS},
           [QT__BN_QUERY] = {"GET", API "order", QT__BN_SIGNED, 4},
           [QT__BN_TRADES] = {"GET", API "myTrades", QT__BN_SIGNED, 5}, /* of one order */
           [QT__BN_LISTEN] = {"POST", API "userDataStream", QT__BN_KEYED, 2},
           [QT__BN_KEEP] = {"PUT", API "userDataStream", QT__BN_KEYED, 2},
           [QT__BN_RIGHTS] = {"GET", "/sapi/v1/account/apiRestrictions", QT__BN_SIGNED, 1}},
    .lanes = {{"/stream", {"@bookTicker", "@trade", "@kline_1m"}, 3}},
    .n_lanes = 1,
    .book_path = "/stream",
    .user_path = "/ws/",
    .words = &words,
    .asks_rules_by_symbol = true,
    .trade_right = "enableSpotAndMarginTrading",
    .push_account = qt__bn_spot_push,
    .check_account = qt__bn_spot_check,
};

const struct qt_venue_class qt_venue_binance = {
    .name = "binance",
    .caps = {.order_types = 1u << QT_TYPE_LIMIT | 1u << QT_TYPE_MARKET | 1u << QT_TYPE_STOP_LOSS |
                            1u << QT_TYPE_STOP_LOSS_LIMIT | 1u << QT_TYPE_TAKE_PROFIT |
                            1u << QT_TYPE_TAKE_PROFIT_LIMIT | 1u << QT_TYPE_LIMIT_MAKER,
             .times_in_force = 1u << QT_TIF_GTC | 1u << QT_TIF_IOC | 1u << QT_TIF_FOK,
             .has_cancel_all = true,
             .has_history = true},
    .codec = &codec,
    .session = &qt__bn_session_ops,
    .limits = limits,
    .n_limits = QT_COUNT_OF(limits),
    .errors = errors,
    .n_errors = QT_COUNT_OF(errors),
    .shared_errors = qt__bn_errors,
    .n_shared_errors = QT__BN_ERRORS,
};

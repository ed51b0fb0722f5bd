/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * USD-M perpetuals. Source: Binance, USD-M Futures API, 2026; the streams' three entries are those
 * since April 2026 (/public: best prices and books; /market: trades and bars; /private: the
 * account).
 *
 * Conditional orders go to the algo service, as all of them have to since December 2025 (algo.c).
 */
#include "session_priv.h"

#include "qtrade/base/time.h"

#define API "/fapi/v1/"

static const struct qt__bn_words words = {
    .types = {[QT_TYPE_LIMIT] = {"LIMIT", true, false, true, NULL},
              [QT_TYPE_MARKET] = {"MARKET", false, false, false, NULL},
              [QT_TYPE_STOP_LOSS] = {"STOP_MARKET", false, true, false, NULL},
              [QT_TYPE_STOP_LOSS_LIMIT] = {"STOP", true, true, true, NULL},
              [QT_TYPE_TAKE_PROFIT] = {"TAKE_PROFIT_MARKET", false, true, false, NULL},
              [QT_TYPE_TAKE_PROFIT_LIMIT] = {"TAKE_PROFIT", true, true, true, NULL},
              [QT_TYPE_LIMIT_MAKER] = {"LIMIT", true, false, true, "GTX"}},
    .response = "RESULT",
    .reduce_only = "&reduceOnly=true",
    .has_algos = true,
};

static const struct qt_limit limits[] = {
    {.kind = QT_LIMIT_WEIGHT, .interval_ns = QT_NS_PER_MIN, .limit = 2400, .reserve = 240},
    {.kind = QT_LIMIT_ORDERS, .interval_ns = QT_NS_PER_MIN, .limit = 1200, .reserve = 120},
    {.kind = QT_LIMIT_ORDERS, .interval_ns = 10 * QT_NS_PER_S, .limit = 300, .reserve = 30},
};

static const struct qt_venue_error errors[] = {
    {-5028, QT_VENUE_CLOCK, "time stamp outside of the matching engine's window"},
    {-5022, QT_VENUE_REJECTED, "post-only order would take"},
    {-5021, QT_VENUE_REJECTED, "FOK order could not be filled"},
    {-4164, QT_VENUE_REJECTED, "notional too small"},
    {-4161, QT_VENUE_REJECTED, "leverage cannot be lowered while a position is open"},
    {-4141, QT_VENUE_REJECTED, "symbol closed"},
    {-4140, QT_VENUE_REJECTED, "symbol status does not allow new orders"},
    {-4131, QT_VENUE_REJECTED, "best price of the other side is too far away"},
    {-4120, QT_VENUE_REJECTED, "conditional orders have an endpoint of their own"},
    {-4118, QT_VENUE_REJECTED, "reduce-only order would open a position"},
    {-4068, QT_VENUE_REJECTED, "position mode cannot change while positions are open"},
    {-4067, QT_VENUE_REJECTED, "position mode cannot change while orders are open"},
    {-4061, QT_VENUE_REJECTED, "position side does not fit the account's position mode"},
    {-4059, QT_VENUE_REJECTED, "position mode is that already"},
    {-4054, QT_VENUE_REJECTED, "no position to change the margin of"},
    {-4048, QT_VENUE_REJECTED, "margin type cannot change while a position is open"},
    {-4047, QT_VENUE_REJECTED, "margin type cannot change while orders are open"},
    {-4046, QT_VENUE_REJECTED, "margin type is that already"},
    {-4045, QT_VENUE_REJECTED, "too many stop orders"},
    {-4028, QT_VENUE_REJECTED, "leverage not valid"},
    {-4024, QT_VENUE_REJECTED, "price below the venue's limit"},
    {-4023, QT_VENUE_REJECTED, "quantity off the step"},
    {-4016, QT_VENUE_REJECTED, "price above the venue's limit"},
    {-4015, QT_VENUE_REJECTED, "client order id too long or not valid"},
    {-4014, QT_VENUE_REJECTED, "price off the tick"},
    {-4013, QT_VENUE_REJECTED, "price below the least"},
    {-4005, QT_VENUE_REJECTED, "quantity above the most"},
    {-4004, QT_VENUE_REJECTED, "quantity below the least"},
    {-4003, QT_VENUE_REJECTED, "quantity not above zero"},
    {-4002, QT_VENUE_REJECTED, "price above the most"},
    {-4001, QT_VENUE_REJECTED, "price below zero"},
    {-2028, QT_VENUE_REJECTED, "leverage below what the margin needs"},
    {-2027, QT_VENUE_REJECTED, "position above the most at this leverage"},
    {-2026, QT_VENUE_REJECTED, "this type of order cannot be reduce-only"},
    {-2025, QT_VENUE_REJECTED, "too many open orders"},
    {-2024, QT_VENUE_REJECTED, "position not large enough"},
    {-2023, QT_VENUE_REJECTED, "the account is being liquidated"},
    {-2022, QT_VENUE_REJECTED, "reduce-only order rejected"},
    {-2021, QT_VENUE_REJECTED, "order would trigger at once"},
    {-2020, QT_VENUE_REJECTED, "order could not be filled"},
    {-2019, QT_VENUE_REJECTED, "margin not sufficient"},
    {-2018, QT_VENUE_REJECTED, "balance not sufficient"},
    {-2017, QT_VENUE_AUTH, "keys are locked"},
};

static const struct qt_codec codec = {.decode = qt__bn_decode, .encode = qt__bn_encode_usdm};

bool
qt__bn_encode_usdm(const struct qt_instrument *ins, uint32_t tag,
                   const struct qt_order_request *request, struct qt_text *out)
{
    return qt__bn_encode(&words, ins, tag, request, out);
}

const struct qt__bn_product qt__bn_usdm = {
    .class = &qt_venue_binance_usdm,
    .rest_url = "https://fapi.binance.com",
    .ws_url = "wss://fstream.binance.com",
    .rights_url = "https://api.binance.com",
    .at = {[QT__BN_TIME] = {"GET", API "time", QT__BN_PUBLIC, 1},
           [QT__BN_RULES] = {"GET", API "exchangeInfo", QT__BN_PUBLIC, 1},
           [QT__BN_DAY] = {"GET", API "ticker/24hr", QT__BN_PUBLIC, 40},
           [QT__BN_BARS] = {"GET", API "klines", QT__BN_PUBLIC, 5},
           [QT__BN_BOOK] = {"GET", API "depth", QT__BN_PUBLIC, 20},
           [QT__BN_ACCOUNT] = {"GET", "/fapi/v2/account", QT__BN_SIGNED, 5},
           [QT__BN_OPEN_ORDERS] = {"GET", API "openOrders", QT__BN_SIGNED, 40},
           [QT__BN_PLACE] = {"POST", API "order", QT__BN_SIGNED, 1, QT__BN_ORDERS},
           [QT__BN_CANCEL] = {"DELETE", API "order", QT__BN_SIGNED, 1, QT__BN_CANCELS},
           [QT__BN_CANCEL_ALL] = {"DELETE", API "allOpenOrders", QT__BN_SIGNED, 1, QT__BN_CANCELS},
           [QT__BN_QUERY] = {"GET", API "order", QT__BN_SIGNED, 1},
           [QT__BN_TRADES] = {"GET", API "userTrades", QT__BN_SIGNED, 5},
           [QT__BN_OPEN_ALGOS] = {"GET", API "openAlgoOrders", QT__BN_SIGNED, 40},
           [QT__BN_PLACE_ALGO] = {"POST", API "algoOrder", QT__BN_SIGNED, 1, QT__BN_ORDERS},
           [QT__BN_CANCEL_ALGO] = {"DELETE", API "algoOrder", QT__BN_SIGNED, 1, QT__BN_CANCELS},
           [QT__BN_CANCEL_ALGOS] = {"DELETE", API "algoOpenOrders", QT__BN_SIGNED, 1,
                                    QT__BN_CANCELS},
           [QT__BN_QUERY_ALGO] = {"GET", API "algoOrder", QT__BN_SIGNED, 1},
           [QT__BN_LISTEN] = {"POST", API "listenKey", QT__BN_KEYED, 1},
           [QT__BN_KEEP] = {"PUT", API "listenKey", QT__BN_KEYED, 1},
           [QT__BN_RIGHTS] = {"GET", "/sapi/v1/account/apiRestrictions", QT__BN_SIGNED, 1},
           [QT__BN_SIDES] = {"GET", API "positionSide/dual", QT__BN_SIGNED, 30},
           [QT__BN_SET_SIDES] = {"POST", API "positionSide/dual", QT__BN_SIGNED, 1},
           [QT__BN_SET_LEVERAGE] = {"POST", API "leverage", QT__BN_SIGNED, 1},
           [QT__BN_SET_MARGIN] = {"POST", API "marginType", QT__BN_SIGNED, 1}},
    .lanes = {{"/public/stream", {"@bookTicker"}, 1},
              {"/market/stream", {"@aggTrade", "@kline_1m"}, 2}},
    .n_lanes = 2,
    .book_path = "/public/stream",
    .user_path = "/private/ws/",
    .words = &words,
    .has_previous_ids = true,
    .trade_right = "enableFutures",
    .push_account = qt__bn_usdm_push,
    .check_account = qt__bn_usdm_check,
    .prepare = qt__bn_usdm_prepare,
};

const struct qt_venue_class qt_venue_binance_usdm = {
    .name = "binance-usdm",
    .caps = {.order_types = 1u << QT_TYPE_LIMIT | 1u << QT_TYPE_MARKET | 1u << QT_TYPE_STOP_LOSS |
                            1u << QT_TYPE_STOP_LOSS_LIMIT | 1u << QT_TYPE_TAKE_PROFIT |
                            1u << QT_TYPE_TAKE_PROFIT_LIMIT | 1u << QT_TYPE_LIMIT_MAKER,
             .times_in_force = 1u << QT_TIF_GTC | 1u << QT_TIF_IOC | 1u << QT_TIF_FOK,
             .has_cancel_all = true,
             .has_reduce_only = true,
             .has_margin = true,
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One market of the simulated exchange as a trader of the suites sees it: rules, prices, orders.
 */
#ifndef QTRADE_TESTS_EXCHANGE_MARKET_H
#define QTRADE_TESTS_EXCHANGE_MARKET_H

#include <math.h>

#include "exchange_client.h"

#define API "/api/v3/"

/* The first symbol, its rules and a price near the market. */
struct market {
    char symbol[QT_SYMBOL_SIZE], lower[QT_SYMBOL_SIZE], base[QT_ASSET_SIZE];
    int px_decimals, qty_decimals;
    double tick, lot, bid, ask;
};

static inline int
decimals_of(const char *text)
{
    const char *point = strchr(text, '.');
    return point ? (int)strlen(point + 1) : 0;
}

static inline json_t *
filter_of(const json_t *symbol, const char *type)
{
    json_t *filters = json_object_get(symbol, "filters");
    for (size_t i = 0; i < json_array_size(filters); i++)
        if (strcmp(text_of(json_array_get(filters, i), "filterType"), type) == 0)
            return json_array_get(filters, i);
    ck_abort_msg("no filter %s", type);
    return NULL;
}

static inline void
read_market(struct client *client, struct market *out)
{
    char query[64];
    json_t *info = get(client, API "exchangeInfo", "");
    json_t *symbol = json_array_get(json_object_get(info, "symbols"), 0);
    *out = (struct market){0};
    qt_copy(out->symbol, sizeof out->symbol, text_of(symbol, "symbol"));
    qt_copy(out->base, sizeof out->base, text_of(symbol, "baseAsset"));
    for (size_t i = 0; out->symbol[i]; i++)
        out->lower[i] = (char)(out->symbol[i] | (out->symbol[i] >= 'A' ? 0x20 : 0));
    out->px_decimals = decimals_of(text_of(filter_of(symbol, "PRICE_FILTER"), "tickSize"));
    out->qty_decimals = decimals_of(text_of(filter_of(symbol, "LOT_SIZE"), "stepSize"));
    out->tick = number_of(filter_of(symbol, "PRICE_FILTER"), "tickSize");
    out->lot = number_of(filter_of(symbol, "LOT_SIZE"), "stepSize");
    snprintf(query, sizeof query, "symbol=%s", out->symbol);
    json_t *best = get(client, API "ticker/bookTicker", query);
    out->bid = number_of(best, "bidPrice");
    out->ask = number_of(best, "askPrice");
    ck_assert_double_gt(out->bid, 0);
    ck_assert_double_gt(out->ask, out->bid);
}

/* About that much quote as a quantity in whole lots. */
static inline double
lots_for(const struct market *market, double quote)
{
    return ceil(quote / market->ask / market->lot) * market->lot;
}

static inline double
ticks(const struct market *market, double price)
{
    return floor(price / market->tick) * market->tick;
}

static inline json_t *
place_limit(struct client *client, const struct market *market, const char *side, double quantity,
            double price, const char *id)
{
    return call(client, "POST", API "order",
                "symbol=%s&side=%s&type=LIMIT&timeInForce=GTC&quantity=%.*f&price=%.*f&"
                "newClientOrderId=%s",
                market->symbol, side, market->qty_decimals, quantity, market->px_decimals,
                ticks(market, price), id);
}

static inline json_t *
place_market(struct client *client, const struct market *market, const char *side, double quantity)
{
    return call(client, "POST", API "order", "symbol=%s&side=%s&type=MARKET&quantity=%.*f",
                market->symbol, side, market->qty_decimals, quantity);
}

static inline void
open_user_stream(struct client *client, struct inbox *inbox)
{
    char path[128];
    json_t *answer = client_send(client, "POST", API "userDataStream", "", client->info->key);
    snprintf(path, sizeof path, "/ws/%s", text_of(answer, "listenKey"));
    inbox_start(inbox, client, path);
}

/* What the account has free of an asset. */
static inline double
free_of(struct client *client, const char *asset)
{
    json_t *balances = json_object_get(call(client, "GET", API "account", "%s", ""), "balances");
    for (size_t i = 0; i < json_array_size(balances); i++)
        if (strcmp(text_of(json_array_get(balances, i), "asset"), asset) == 0)
            return number_of(json_array_get(balances, i), "free");
    ck_abort_msg("no balance of %s", asset);
    return -1;
}

#endif

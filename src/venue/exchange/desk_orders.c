/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desk's orders, and its account. */
#include "desk_own_priv.h"

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#define REPEAT_NS QT_NS_PER_DAY /* so long a repeated request gets its first result */

/* The exchange's refusal in the words of the API. */
static bool
fail(struct qt__call *call, enum qt_exchange_verdict verdict)
{
    static const struct {
        enum qt__fault fault;
        const char *filter;
    } faults[QT_EXCHANGE_VERDICTS] = {
        [QT_EXCHANGE_OK] = {QT__FAULT_NONE, NULL},
        [QT_EXCHANGE_SYMBOL] = {QT__FAULT_SYMBOL, NULL},
        [QT_EXCHANGE_QTY] = {QT__FAULT_QTY, NULL},
        [QT_EXCHANGE_PRICE_FILTER] = {QT__FAULT_FILTER, "PRICE_FILTER"},
        [QT_EXCHANGE_PERCENT_PRICE] = {QT__FAULT_FILTER, "PERCENT_PRICE_BY_SIDE"},
        [QT_EXCHANGE_LOT_SIZE] = {QT__FAULT_FILTER, "LOT_SIZE"},
        [QT_EXCHANGE_MARKET_LOT] = {QT__FAULT_FILTER, "MARKET_LOT_SIZE"},
        [QT_EXCHANGE_NOTIONAL] = {QT__FAULT_FILTER, "NOTIONAL"},
        [QT_EXCHANGE_MAX_ORDERS] = {QT__FAULT_FILTER, "MAX_NUM_ORDERS"},
        [QT_EXCHANGE_MAX_STOPS] = {QT__FAULT_FILTER, "MAX_NUM_ALGO_ORDERS"},
        [QT_EXCHANGE_ICEBERG_PARTS] = {QT__FAULT_FILTER, "ICEBERG_PARTS"},
        [QT_EXCHANGE_TRAILING] = {QT__FAULT_FILTER, "TRAILING_DELTA"},
        [QT_EXCHANGE_RELATION] = {QT__FAULT_RELATION, NULL},
        [QT_EXCHANGE_BALANCE] = {QT__FAULT_BALANCE, NULL},
        [QT_EXCHANGE_WOULD_TAKE] = {QT__FAULT_WOULD_TAKE, NULL},
        [QT_EXCHANGE_WOULD_TRIGGER] = {QT__FAULT_WOULD_TRIGGER, NULL},
        [QT_EXCHANGE_DUPLICATE] = {QT__FAULT_DUPLICATE, NULL},
        [QT_EXCHANGE_CLOSED] = {QT__FAULT_MARKET_CLOSED, NULL},
        [QT_EXCHANGE_NO_LIQUIDITY] = {QT__FAULT_NO_LIQUIDITY, NULL},
        [QT_EXCHANGE_UNKNOWN_ORDER] = {QT__FAULT_CANCEL, NULL},
        [QT_EXCHANGE_NO_ORDER] = {QT__FAULT_NO_ORDER, NULL},
        [QT_EXCHANGE_OVERFLOW] = {QT__FAULT_QTY, NULL},
        [QT_EXCHANGE_FULL] = {QT__FAULT_UNKNOWN, NULL},
    };
    return qt__call_fail(call, faults[verdict].fault, faults[verdict].filter);
}

bool
qt__desk_check(struct qt__desk *desk, struct qt__call *call,
               const struct qt_exchange_ticket *ticket)
{
    struct qt_exchange_ticket asked = *ticket;
    asked.owner = QT__DESK_OWNER;
    enum qt_exchange_verdict verdict = qt_exchange_check(desk->exchange, &asked);
    return verdict == QT_EXCHANGE_OK || fail(call, verdict);
}

/* Is the ticket what the order was placed with? */
static bool
is_same_order(const struct qt_exchange_order *order, const struct qt_exchange_ticket *ticket)
{
    bool by_quote = ticket->quote_qty.v != 0;
    return order->side == ticket->side && order->type == ticket->type &&
           order->tif == ticket->tif && order->px.v == ticket->px.v &&
           order->stop_px.v == ticket->stop_px.v && order->quote_qty.v == ticket->quote_qty.v &&
           (by_quote || order->qty.v == ticket->qty.v) && order->stp == ticket->stp &&
           order->trail_bps == ticket->trail_bps && order->iceberg.v == ticket->iceberg.v;
}

/*
 * A request that came before and whose order has ended since. While an order is open a second one
 * with its client id is refused, as on Binance, whose clients ask then what became of the first.
 * But Binance would carry out a repeated market order twice: a retry after a lost answer must not.
 */
static bool
is_repeated(const struct qt__desk *desk, const struct qt_exchange_ticket *ticket,
            struct qt_exchange_order *out)
{
    return ticket->client_id[0] &&
           qt_exchange_find(desk->exchange, QT__DESK_OWNER, ticket->instrument, 0,
                            ticket->client_id, out) &&
           qt_order_state_is_final((enum qt_order_state)out->state) &&
           qt_exchange_now(desk->exchange) - out->time_ns < REPEAT_NS && is_same_order(out, ticket);
}

bool
qt__desk_place(struct qt__desk *desk, struct qt__call *call,
               const struct qt_exchange_ticket *ticket, struct qt_exchange_order *out)
{
    struct qt_exchange_ticket asked = *ticket;
    struct qt_exchange_order first;
    if (is_repeated(desk, ticket, &first)) {
        *out = first;
        return true;
    }
    asked.owner = QT__DESK_OWNER;
    enum qt_exchange_verdict verdict = qt_exchange_place(desk->exchange, &asked, out);
    qt__desk_tell_balances(desk);
    return verdict == QT_EXCHANGE_OK || fail(call, verdict);
}

bool
qt__desk_place_pair(struct qt__desk *desk, struct qt__call *call,
                    const struct qt_exchange_ticket pair[2], const char *client_id,
                    struct qt_exchange_list *out)
{
    struct qt_exchange_ticket asked[2] = {pair[0], pair[1]};
    asked[0].owner = asked[1].owner = QT__DESK_OWNER;
    enum qt_exchange_verdict verdict =
        qt_exchange_place_pair(desk->exchange, asked, client_id, out);
    qt__desk_tell_balances(desk);
    return verdict == QT_EXCHANGE_OK || fail(call, verdict);
}

bool
qt__desk_find_list(const struct qt__desk *desk, uint64_t id, const char *client_id,
                   struct qt_exchange_list *out)
{
    return qt_exchange_find_list(desk->exchange, QT__DESK_OWNER, id, client_id, out);
}

size_t
qt__desk_lists(const struct qt__desk *desk, uint64_t from, bool only_open,
               struct qt_exchange_list *out, size_t n)
{
    return qt_exchange_lists(desk->exchange, QT__DESK_OWNER, from, only_open, out, n);
}

bool
qt__desk_find(const struct qt__desk *desk, uint32_t symbol, uint64_t id, const char *client_id,
              struct qt_exchange_order *out)
{
    return qt_exchange_find(desk->exchange, QT__DESK_OWNER, symbol, id, client_id, out);
}

bool
qt__desk_cancel(struct qt__desk *desk, struct qt__call *call, uint32_t symbol, uint64_t id,
                const char *cancel_id, struct qt_exchange_order *out)
{
    desk->cancel_id = cancel_id;
    enum qt_exchange_verdict verdict =
        qt_exchange_cancel(desk->exchange, QT__DESK_OWNER, symbol, id, NULL, out);
    desk->cancel_id = NULL;
    qt__desk_tell_balances(desk);
    return verdict == QT_EXCHANGE_OK || fail(call, verdict);
}

size_t
qt__desk_orders(const struct qt__desk *desk, uint32_t symbol, uint64_t from, bool only_open,
                struct qt_exchange_order *out, size_t n)
{
    return qt_exchange_orders(desk->exchange, QT__DESK_OWNER, symbol, from, only_open, out, n);
}

size_t
qt__desk_fills(const struct qt__desk *desk, uint32_t symbol, uint64_t order_id, uint64_t from,
               struct qt_exchange_fill *out, size_t n)
{
    return qt_exchange_fills(desk->exchange, QT__DESK_OWNER, symbol, order_id, from, out, n);
}

/* The account */

static struct qt__held
held_of(const struct qt_accounts *accounts, uint32_t asset)
{
    struct qt_funds funds = qt_accounts_funds(accounts, QT__DESK_OWNER, asset);
    struct qt__held held = {.free = funds.free, .locked = funds.locked};
    qt_copy(held.asset, sizeof held.asset, qt_accounts_name(accounts, asset));
    return held;
}

unsigned
qt__desk_balances(const struct qt__desk *desk, struct qt__held *out, unsigned n)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(desk->exchange);
    unsigned count = QT_MIN(qt_accounts_assets(accounts), n);
    for (unsigned i = 0; i < count; i++)
        out[i] = held_of(accounts, i);
    return count;
}

bool
qt__desk_balance(const struct qt__desk *desk, const char *asset, struct qt__held *out)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(desk->exchange);
    uint32_t id = qt_accounts_find(accounts, asset);
    if (id != QT_NO_ASSET)
        *out = held_of(accounts, id);
    return id != QT_NO_ASSET;
}

qt_qty
qt__desk_market_max(const struct qt__desk *desk, uint32_t symbol)
{
    return qt_exchange_market_max(desk->exchange, symbol);
}

bool
qt__desk_is_conserved(const struct qt__desk *desk)
{
    return qt_accounts_is_conserved(qt_exchange_accounts(desk->exchange));
}

void
qt__desk_count(const struct qt__desk *desk, struct qt_exchange_server_stats *out)
{
    struct qt_exchange_stats stats = qt_exchange_stats(desk->exchange);
    out->orders = stats.orders;
    out->rejected = stats.rejected;
    out->cancels = stats.cancels;
    out->fills = stats.fills;
    out->open_orders = (unsigned)stats.open_orders;
}

const struct qt_fee_tier *
qt__desk_fees(const struct qt__desk *desk)
{
    return qt_exchange_fees(desk->exchange, QT__DESK_OWNER);
}

const struct qt_fee_schedule *
qt__desk_schedule(const struct qt__desk *desk)
{
    return qt_exchange_schedule(desk->exchange);
}

const char *
qt__desk_asset(const struct qt__desk *desk, uint32_t asset)
{
    return qt_accounts_name(qt_exchange_accounts(desk->exchange), asset);
}

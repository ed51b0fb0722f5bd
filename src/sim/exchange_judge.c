/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an order must keep, in the order in which Binance looks, and its word for each refusal. */
#include "exchange_priv.h"

#include "qtrade/base/error.h"

#define OPEN_A_SYMBOL 200 /* MAX_NUM_ORDERS */
#define STOPS_A_SYMBOL 5  /* MAX_NUM_ALGO_ORDERS */
#define PERCENT_FACTOR 5  /* PERCENT_PRICE: between a fifth and five times the last trade */
#define ICEBERG_PARTS 10
#define TRAIL_MIN_BPS 10
#define TRAIL_MAX_BPS 2000
#define AMOUNT_ROOM 64    /* balances have room for so many times an order */

/* Binance's word for each refusal. */
static const struct {
    int code;
    const char *text;
} refusals[QT_EXCHANGE_VERDICTS] = {
    [QT_EXCHANGE_OK] = {0, ""},
    [QT_EXCHANGE_SYMBOL] = {-1121, "Invalid symbol."},
    [QT_EXCHANGE_QTY] = {-1013, "Invalid quantity."},
    [QT_EXCHANGE_PRICE_FILTER] = {-1013, "Filter failure: PRICE_FILTER"},
    [QT_EXCHANGE_PERCENT_PRICE] = {-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"},
    [QT_EXCHANGE_LOT_SIZE] = {-1013, "Filter failure: LOT_SIZE"},
    [QT_EXCHANGE_MARKET_LOT] = {-1013, "Filter failure: MARKET_LOT_SIZE"},
    [QT_EXCHANGE_NOTIONAL] = {-1013, "Filter failure: NOTIONAL"},
    [QT_EXCHANGE_MAX_ORDERS] = {-1013, "Filter failure: MAX_NUM_ORDERS"},
    [QT_EXCHANGE_MAX_STOPS] = {-1013, "Filter failure: MAX_NUM_ALGO_ORDERS"},
    [QT_EXCHANGE_ICEBERG_PARTS] = {-1013, "Filter failure: ICEBERG_PARTS"},
    [QT_EXCHANGE_TRAILING] = {-1013, "Filter failure: TRAILING_DELTA"},
    [QT_EXCHANGE_RELATION] = {-2010,
                              "The relationship of the prices for the orders is not correct."},
    [QT_EXCHANGE_BALANCE] = {-2010, "Account has insufficient balance for requested action."},
    [QT_EXCHANGE_WOULD_TAKE] = {-2010, "Order would immediately match and take."},
    [QT_EXCHANGE_WOULD_TRIGGER] = {-2010, "Stop price would trigger immediately."},
    [QT_EXCHANGE_DUPLICATE] = {-2010, "Duplicate order sent."},
    [QT_EXCHANGE_CLOSED] = {-2010, "Market is closed."},
    [QT_EXCHANGE_NO_LIQUIDITY] = {-2010, "Order book liquidity is less than LOT_SIZE filter "
                                         "minimum quantity."},
    [QT_EXCHANGE_UNKNOWN_ORDER] = {-2011, "Unknown order sent."},
    [QT_EXCHANGE_NO_ORDER] = {-2013, "Order does not exist."},
    [QT_EXCHANGE_OVERFLOW] = {-1013, "Invalid quantity."},
    [QT_EXCHANGE_FULL] = {-1000, "Too many open orders at this exchange."},
};

int
qt_exchange_code(enum qt_exchange_verdict verdict)
{
    return (unsigned)verdict < QT_EXCHANGE_VERDICTS ? refusals[verdict].code : -1000;
}

const char *
qt_exchange_text(enum qt_exchange_verdict verdict)
{
    return (unsigned)verdict < QT_EXCHANGE_VERDICTS ? refusals[verdict].text : "?";
}

static bool
is_market_type(const struct qt_exchange_ticket *ticket)
{
    return ticket->type == QT_TYPE_MARKET || ticket->type == QT_TYPE_STOP_LOSS ||
           ticket->type == QT_TYPE_TAKE_PROFIT;
}

static bool
is_stop_type(const struct qt_exchange_ticket *ticket)
{
    return ticket->type == QT_TYPE_STOP_LOSS || ticket->type == QT_TYPE_STOP_LOSS_LIMIT ||
           ticket->type == QT_TYPE_TAKE_PROFIT || ticket->type == QT_TYPE_TAKE_PROFIT_LIMIT;
}

static bool
is_far(qt_px px, qt_px last)
{
    qt_px five_px, five_last;
    if (qt_px_is_none(px) || qt_px_is_none(last))
        return false;
    if (__builtin_mul_overflow(px.v, PERCENT_FACTOR, &five_px.v) ||
        __builtin_mul_overflow(last.v, PERCENT_FACTOR, &five_last.v))
        return true;
    return qt_px_cmp(px, five_last) > 0 || qt_px_cmp(five_px, last) < 0;
}

qt_qty
qt_exchange_market_max(const struct qt_exchange *exchange, uint32_t instrument)
{
    const struct qt_instrument *ins = qt__market_at(exchange, instrument)->ins;
    int parts = exchange->options.market_lot_parts;
    if (parts == 0 || ins->max_qty.v == 0)
        return QT_QTY_ZERO;
    qt_qty most = qt_qty_floor((qt_qty){ins->max_qty.v / parts}, ins->lot);
    return qt_qty_cmp(most, ins->lot) < 0 ? ins->lot : most;
}

static enum qt_exchange_verdict
check_filters(const struct qt__market *market, const struct qt_exchange_ticket *ticket, qt_qty qty,
              qt_px last)
{
    static const enum qt_exchange_verdict of_filter[QT_FILTER_VERDICTS] = {
        [QT_FILTER_OK] = QT_EXCHANGE_OK,
        [QT_FILTER_PRICE] = QT_EXCHANGE_PRICE_FILTER,
        [QT_FILTER_LOT] = QT_EXCHANGE_LOT_SIZE,
        [QT_FILTER_NOTIONAL] = QT_EXCHANGE_NOTIONAL};
    if (ticket->trail_bps > 0 &&
        (ticket->trail_bps < TRAIL_MIN_BPS || ticket->trail_bps > TRAIL_MAX_BPS))
        return QT_EXCHANGE_TRAILING;
    if (ticket->iceberg.v > 0 && (qty.v - 1) / ticket->iceberg.v >= ICEBERG_PARTS)
        return QT_EXCHANGE_ICEBERG_PARTS;
    bool has_stop = !qt_px_is_none(ticket->stop_px);
    if (has_stop &&
        qt_instrument_check(market->ins, ticket->stop_px, qty, QT_PX_NONE) == QT_FILTER_PRICE)
        return QT_EXCHANGE_PRICE_FILTER;
    qt_px reference = has_stop ? ticket->stop_px : last;
    enum qt_filter_verdict filter = qt_instrument_check(market->ins, ticket->px, qty, reference);
    qt_qty most = qt_exchange_market_max(market->exchange, market->ins->id);
    if (filter == QT_FILTER_OK && is_market_type(ticket) && most.v > 0 && qt_qty_cmp(qty, most) > 0)
        return QT_EXCHANGE_MARKET_LOT;
    if (filter == QT_FILTER_OK && (is_far(ticket->px, last) || is_far(ticket->stop_px, last)))
        return QT_EXCHANGE_PERCENT_PRICE;
    return of_filter[filter];
}

/* Open orders of a symbol are those at rest in its book: however many there are in others, they are
 * not looked at. */
static enum qt_exchange_verdict
check_counts(const struct qt__market *market, const struct qt_exchange_ticket *ticket)
{
    const struct qt_exchange *exchange = market->exchange;
    size_t orders = 0, stops = 0;
    for (size_t k = 0; k < qt_match_count(market->match); k++) {
        const struct qt_match_order *order = qt_match_at(market->match, k);
        orders += order->owner == ticket->owner;
        stops += order->owner == ticket->owner && !order->is_working;
    }
    if (orders >= OPEN_A_SYMBOL)
        return QT_EXCHANGE_MAX_ORDERS;
    if (is_stop_type(ticket) && stops >= STOPS_A_SYMBOL)
        return QT_EXCHANGE_MAX_STOPS;
    return exchange->n_open < exchange->options.max_open ? QT_EXCHANGE_OK : QT_EXCHANGE_FULL;
}

/* Whose orders this one does not take, because they expire. */
static uint32_t
skips(const struct qt_exchange_ticket *ticket)
{
    return ticket->stp == QT_STP_MAKER ? ticket->owner : QT_OWNER_NONE;
}

/* What the account must have free. OVERFLOW when it leaves 64 bits. */
static enum qt_exchange_verdict
check_funds(const struct qt__market *market, const struct qt_exchange_ticket *ticket, qt_qty qty,
            qt_money *out_need)
{
    struct qt_exchange *exchange = market->exchange;
    const struct qt_exchange_order as_order = {
        .side = ticket->side,
        .px = ticket->px,
        .stop_px = qt_px_is_none(ticket->stop_px) ? qt_match_last(market->match)
                                                  : ticket->stop_px};
    qt_money room;
    bool is_taking = ticket->side == QT_BUY && ticket->type == QT_TYPE_MARKET;
    if (__builtin_mul_overflow(
            qty.v, AMOUNT_ROOM * qt_pow10(QT_MONEY_SCALE - market->ins->qty_scale), &room.v))
        return QT_EXCHANGE_OVERFLOW;
    if (is_taking) {
        struct qt_match_cost cost = qt_match_cost_skipping(market->match, QT_BUY, QT_PX_NONE, qty,
                                                           skips(ticket));
        if (!qt__with_fee(exchange, cost.quote, out_need))
            return QT_EXCHANGE_OVERFLOW;
    } else if (!qt__lock_need(market, &as_order, qty, out_need)) {
        return QT_EXCHANGE_OVERFLOW;
    }
    uint32_t asset = ticket->side == QT_BUY ? market->quote : market->base;
    struct qt_funds funds = qt_accounts_funds(exchange->accounts, ticket->owner, asset);
    return qt_money_cmp(*out_need, funds.free) <= 0 ? QT_EXCHANGE_OK : QT_EXCHANGE_BALANCE;
}

struct qt_match_order
qt__match_order_of(const struct qt_exchange *exchange, const struct qt_exchange_ticket *ticket,
                   qt_qty qty, uint64_t id)
{
    return (struct qt_match_order){.id = id,
                                   .owner = ticket->owner,
                                   .side = ticket->side,
                                   .type = ticket->type,
                                   .tif = is_market_type(ticket) ? QT_TIF_IOC : ticket->tif,
                                   .px = ticket->px,
                                   .stop_px = ticket->stop_px,
                                   .qty = qty,
                                   .t_ns = exchange->now_ns,
                                   .stp = ticket->stp,
                                   .trail_bps = ticket->trail_bps,
                                   .iceberg = ticket->iceberg};
}

static enum qt_exchange_verdict
check_match(const struct qt__market *market, const struct qt_exchange_ticket *ticket, qt_qty qty)
{
    static const enum qt_exchange_verdict of_match[QT_MATCH_VERDICTS] = {
        [QT_MATCH_OK] = QT_EXCHANGE_OK,
        [QT_MATCH_FULL] = QT_EXCHANGE_FULL,
        [QT_MATCH_WOULD_TAKE] = QT_EXCHANGE_WOULD_TAKE,
        [QT_MATCH_WOULD_TRIGGER] = QT_EXCHANGE_WOULD_TRIGGER,
        [QT_MATCH_INVALID] = QT_EXCHANGE_PRICE_FILTER,
        [QT_MATCH_OVERFLOW] = QT_EXCHANGE_OVERFLOW};
    struct qt_match_order order =
        qt__match_order_of(market->exchange, ticket, qty, market->exchange->last_id + 1);
    enum qt_exchange_verdict verdict = of_match[qt_match_check(market->match, &order)];
    if (verdict != QT_EXCHANGE_OK || ticket->type != QT_TYPE_MARKET)
        return verdict;
    struct qt_match_cost cost =
        qt_match_cost(market->match, (enum qt_side)ticket->side, QT_PX_NONE, qty);
    return qt_qty_cmp(cost.qty, QT_QTY_ZERO) > 0 ? QT_EXCHANGE_OK : QT_EXCHANGE_NO_LIQUIDITY;
}

static bool
is_open_client(const struct qt_exchange *exchange, const struct qt_exchange_ticket *ticket)
{
    const struct qt__record *record =
        ticket->client_id[0]
            ? qt__record_find(exchange, ticket->owner, ticket->instrument, 0, ticket->client_id)
            : NULL;
    return record && !qt_order_state_is_final((enum qt_order_state)record->order.state);
}

/* The quantity of a market order by quote, fee included where it is taken in quote. */
static qt_qty
qty_of(const struct qt__market *market, const struct qt_exchange_ticket *ticket)
{
    const struct qt_exchange_options *options = &market->exchange->options;
    qt_money quote = ticket->quote_qty;
    if (qt_money_cmp(quote, QT_MONEY_ZERO) <= 0)
        return ticket->qty;
    int ppm = qt__highest_ppm(market->exchange);
    if (ticket->side == QT_BUY && options->fee_mode == QT_FEE_QUOTE &&
        !qt_money_mul_div(quote, 1000000, 1000000 + ppm, &quote))
        return QT_QTY_ZERO;
    return qt_match_qty_of_quote(market->match, (enum qt_side)ticket->side, quote, skips(ticket));
}

static bool
is_well_formed(const struct qt_exchange_ticket *ticket)
{
    bool by_quote = qt_money_cmp(ticket->quote_qty, QT_MONEY_ZERO) != 0;
    return ticket->side <= QT_SELL && ticket->type < QT_ORDER_TYPES &&
           ticket->tif < QT_TIMES_IN_FORCE && ticket->owner < QT_OWNERS_MAX &&
           (by_quote ? ticket->type == QT_TYPE_MARKET &&
                           qt_money_cmp(ticket->quote_qty, QT_MONEY_ZERO) > 0
                     : qt_qty_cmp(ticket->qty, QT_QTY_ZERO) > 0);
}

enum qt_exchange_verdict
qt__exchange_judge(struct qt_exchange *exchange, const struct qt_exchange_ticket *ticket,
                   qt_qty *out_qty, qt_money *out_need)
{
    if (ticket->instrument >= exchange->n_markets)
        return QT_EXCHANGE_SYMBOL;
    struct qt__market *market = &exchange->markets[ticket->instrument];
    if (!is_well_formed(ticket))
        return QT_EXCHANGE_QTY;
    if (market->status != QT_INSTRUMENT_TRADING)
        return QT_EXCHANGE_CLOSED;
    if (!qt__market_match(market))
        return QT_EXCHANGE_FULL;
    if (is_open_client(exchange, ticket))
        return QT_EXCHANGE_DUPLICATE;
    *out_qty = qty_of(market, ticket);
    bool by_quote = qt_money_cmp(ticket->quote_qty, QT_MONEY_ZERO) > 0;
    if (by_quote && qt_qty_cmp(*out_qty, QT_QTY_ZERO) == 0)
        return QT_EXCHANGE_NO_LIQUIDITY;
    enum qt_exchange_verdict verdict =
        check_filters(market, ticket, *out_qty, qt_match_last(market->match));
    if (verdict == QT_EXCHANGE_OK)
        verdict = check_counts(market, ticket);
    if (verdict == QT_EXCHANGE_OK)
        verdict = check_match(market, ticket, *out_qty);
    if (verdict == QT_EXCHANGE_OK)
        verdict = check_funds(market, ticket, *out_qty, out_need);
    return verdict;
}

enum qt_exchange_verdict
qt_exchange_check(struct qt_exchange *exchange, const struct qt_exchange_ticket *ticket)
{
    qt_qty qty;
    qt_money need;
    return qt__exchange_judge(exchange, ticket, &qty, &need);
}

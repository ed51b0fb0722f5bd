/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exchange_priv.h"

#include <stdlib.h>

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
market_init(struct qt_exchange *exchange, uint32_t id, struct qt_error *err)
{
    struct qt__market *market = &exchange->markets[id];
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, id);
    *market = (struct qt__market){.exchange = exchange,
                                  .ins = ins,
                                  .status = ins->status,
                                  .base = qt_accounts_asset(exchange->accounts, ins->base),
                                  .quote = qt_accounts_asset(exchange->accounts, ins->quote),
                                  .last = QT_PX_NONE};
    if (ins->qty_scale > QT_MONEY_SCALE)
        return qt_fail(err, QT_E_DATA, "%s: %d decimals of quantity: at most %d", ins->symbol,
                       ins->qty_scale, QT_MONEY_SCALE);
    if (market->base == QT_NO_ASSET || market->quote == QT_NO_ASSET ||
        market->base == market->quote)
        return qt_fail(err, QT_E_DATA, "%s: base %s and quote %s are no pair of assets",
                       ins->symbol, ins->base, ins->quote);
    return true;
}

/* One tier where no schedule is given. */
static void
take_schedule(struct qt_exchange *exchange, const struct qt_exchange_options *options)
{
    struct qt_fee_schedule *schedule = &exchange->schedule;
    if (options->schedule)
        *schedule = *options->schedule;
    if (schedule->n == 0) {
        schedule->tiers[0] = (struct qt_fee_tier){.maker_ppm = options->maker_ppm, .taker_ppm = options->taker_ppm};
        schedule->n = 1;
    }
    exchange->discount_asset = schedule->discount_asset[0]
                                   ? qt_accounts_asset(exchange->accounts, schedule->discount_asset)
                                   : QT_NO_ASSET;
}

const struct qt_fee_schedule *
qt_exchange_schedule(const struct qt_exchange *exchange)
{
    return &exchange->schedule;
}

qt_money
qt_exchange_volume(const struct qt_exchange *exchange, uint32_t owner)
{
    qt_assert(owner < QT_OWNERS_MAX);
    return qt_fee_volume_sum(&exchange->volumes[owner], exchange->now_ns);
}

const struct qt_fee_tier *
qt_exchange_fees(const struct qt_exchange *exchange, uint32_t owner)
{
    const struct qt_fee_schedule *schedule = &exchange->schedule;
    return schedule->n == 1 ? &schedule->tiers[0]
                            : qt_fee_tier_of(schedule, qt_exchange_volume(exchange, owner));
}

struct qt_exchange *
qt_exchange_create(const struct qt_universe *universe, const struct qt_exchange_options *options,
                   const struct qt_exchange_listener *listener, struct qt_error *err)
{
    struct qt_exchange *exchange = calloc(1, sizeof *exchange);
    uint32_t n = qt_universe_count(universe);
    if (!exchange) {
        qt_fail(err, QT_E_MEMORY, "the exchange: no memory");
        return NULL;
    }
    exchange->universe = universe;
    exchange->options = *options;
    exchange->listener = *listener;
    exchange->n_markets = n;
    if (options->max_open == 0)
        exchange->options.max_open = 4096;
    if (options->max_history == 0)
        exchange->options.max_history = 65536;
    if (options->max_fills == 0)
        exchange->options.max_fills = 65536;
    exchange->options.max_history =
        QT_MAX(exchange->options.max_history, 2 * exchange->options.max_open);
    exchange->accounts = qt_accounts_create(2 * (size_t)n + 16, options->fee_mode);
    exchange->markets = calloc((size_t)n + 1, sizeof *exchange->markets);
    bool ok = exchange->accounts && exchange->markets && qt__records_init(exchange);
    if (ok)
        take_schedule(exchange, options);
    if (!ok)
        qt_fail(err, QT_E_MEMORY, "the exchange: no memory for %u symbols", n);
    for (uint32_t i = 0; ok && i < n; i++)
        ok = market_init(exchange, i, err);
    if (ok)
        return exchange;
    qt_exchange_destroy(exchange);
    return NULL;
}

void
qt_exchange_destroy(struct qt_exchange *exchange)
{
    if (!exchange)
        return;
    for (uint32_t i = 0; exchange->markets && i < exchange->n_markets; i++)
        qt_match_destroy(exchange->markets[i].match);
    free(exchange->markets);
    qt_accounts_destroy(exchange->accounts);
    qt__records_finish(exchange);
    free(exchange);
}

const struct qt_universe *
qt_exchange_universe(const struct qt_exchange *exchange)
{
    return exchange->universe;
}

struct qt_accounts *
qt_exchange_accounts(struct qt_exchange *exchange)
{
    return exchange->accounts;
}

void
qt_exchange_advance(struct qt_exchange *exchange, int64_t now_ns)
{
    exchange->now_ns = QT_MAX(exchange->now_ns, now_ns);
}

int64_t
qt_exchange_now(const struct qt_exchange *exchange)
{
    return exchange->now_ns;
}

static struct qt__market *
market_at(const struct qt_exchange *exchange, uint32_t instrument)
{
    qt_assert(instrument < exchange->n_markets);
    return &exchange->markets[instrument];
}

/* The symbol's book, made when somebody first needs it; NULL: no memory. */
static struct qt_match *
match_of(struct qt__market *market)
{
    if (market->match)
        return market->match;
    struct qt_match_listener listener = qt__market_listener;
    listener.context = market;
    market->match = qt_match_create(market->ins, QT__BOOK_ORDERS, &listener);
    if (market->match && !qt_px_is_none(market->last))
        qt_match_set_last(market->match, market->last);
    if (market->match && market->exchange->options.queue_ppm > 0)
        qt_match_set_queue(market->match, market->exchange->options.queue_ppm);
    return market->match;
}

/* Placing: the checks in the venue's order */

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
    const struct qt_instrument *ins = market_at(exchange, instrument)->ins;
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
    return qt_match_qty_of_quote_skipping(market->match, (enum qt_side)ticket->side, quote,
                                          skips(ticket));
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
    if (!match_of(market))
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

void
qt__tell_book(struct qt__market *market, uint64_t before)
{
    const struct qt_exchange_listener *listener = &market->exchange->listener;
    if (listener->book && qt_match_book_id(market->match) != before)
        listener->book(listener->context, market->ins->id);
}

enum qt_exchange_verdict
qt_exchange_place(struct qt_exchange *exchange, const struct qt_exchange_ticket *ticket,
                  struct qt_exchange_order *out)
{
    qt_qty qty = QT_QTY_ZERO;
    qt_money need = QT_MONEY_ZERO;
    enum qt_exchange_verdict verdict = qt__exchange_judge(exchange, ticket, &qty, &need);
    if (verdict != QT_EXCHANGE_OK) {
        exchange->stats.rejected++;
        *out = (struct qt_exchange_order){
            .owner = ticket->owner, .instrument = ticket->instrument, .state = QT_ORDER_REJECTED};
        return verdict;
    }
    struct qt__market *market = &exchange->markets[ticket->instrument];
    struct qt__record *record = qt__record_new(exchange, ticket);
    uint32_t asset = ticket->side == QT_BUY ? market->quote : market->base;
    bool is_locked = qt_accounts_lock(exchange->accounts, ticket->owner, asset, need);
    qt_assert(is_locked);
    record->locked = need;
    record->order.qty = qty;
    uint64_t id = record->order.id, before = qt_match_book_id(market->match);
    struct qt_match_order order = qt__match_order_of(exchange, ticket, qty, id);
    exchange->stats.orders++;
    enum qt_match_verdict placed = qt_match_place(market->match, &order);
    qt_assert(placed == QT_MATCH_OK);
    qt__tell_book(market, before);
    *out = qt__record_of(exchange, id)->order;
    return QT_EXCHANGE_OK;
}

enum qt_exchange_verdict
qt_exchange_check(struct qt_exchange *exchange, const struct qt_exchange_ticket *ticket)
{
    qt_qty qty;
    qt_money need;
    return qt__exchange_judge(exchange, ticket, &qty, &need);
}

static bool
cancel_record(struct qt_exchange *exchange, const struct qt__record *record)
{
    struct qt__market *market = &exchange->markets[record->order.instrument];
    uint64_t before = qt_match_book_id(market->match);
    if (!qt_match_cancel(market->match, record->order.id, exchange->now_ns))
        return false;
    qt__tell_book(market, before);
    return true;
}

enum qt_exchange_verdict
qt_exchange_cancel(struct qt_exchange *exchange, uint32_t owner, uint32_t instrument, uint64_t id,
                   const char *client_id, struct qt_exchange_order *out)
{
    if (instrument >= exchange->n_markets)
        return QT_EXCHANGE_SYMBOL;
    struct qt__record *record = qt__record_find(exchange, owner, instrument, id, client_id);
    if (!record || qt_order_state_is_final((enum qt_order_state)record->order.state) ||
        !cancel_record(exchange, record))
        return QT_EXCHANGE_UNKNOWN_ORDER;
    *out = record->order;
    return QT_EXCHANGE_OK;
}

size_t
qt_exchange_cancel_all(struct qt_exchange *exchange, uint32_t owner, uint32_t instrument)
{
    size_t count = 0;
    for (size_t i = 0; i < exchange->n_open;) {
        const struct qt__record *record = qt__record_of(exchange, exchange->open[i]);
        bool is_wanted = record->order.owner == owner &&
                         (instrument == QT_NO_INSTRUMENT || record->order.instrument == instrument);
        if (is_wanted && cancel_record(exchange, record))
            count++; /* the next one has moved to i */
        else
            i++;
    }
    return count;
}

/* The market */

void
qt_exchange_tick(struct qt_exchange *exchange, uint32_t instrument, enum qt_side aggressor,
                 qt_px px, qt_qty qty, const struct qt_ladder *ladder)
{
    struct qt__market *market = market_at(exchange, instrument);
    if (!match_of(market))
        return;
    uint64_t before = qt_match_book_id(market->match);
    exchange->stats.ticks++;
    if (qt_qty_cmp(qty, QT_QTY_ZERO) > 0)
        qt_match_external_trade(market->match, aggressor, px, qty, ladder, exchange->now_ns);
    else if (ladder)
        qt_match_set_ladder(market->match, ladder, exchange->now_ns);
    qt__tell_book(market, before);
}

void
qt_exchange_quote(struct qt_exchange *exchange, uint32_t instrument, const struct qt_ladder *ladder)
{
    struct qt__market *market = market_at(exchange, instrument);
    if (!match_of(market))
        return;
    uint64_t before = qt_match_book_id(market->match);
    qt_match_set_ladder(market->match, ladder, exchange->now_ns);
    qt__tell_book(market, before);
}

void
qt_exchange_set_last(struct qt_exchange *exchange, uint32_t instrument, qt_px px)
{
    struct qt__market *market = market_at(exchange, instrument);
    market->last = px;
    if (market->match)
        qt_match_set_last(market->match, px);
}

void
qt_exchange_set_status(struct qt_exchange *exchange, uint32_t instrument,
                       enum qt_instrument_status status)
{
    market_at(exchange, instrument)->status = status;
}

enum qt_instrument_status
qt_exchange_status(const struct qt_exchange *exchange, uint32_t instrument)
{
    return market_at(exchange, instrument)->status;
}

qt_px
qt_exchange_last(const struct qt_exchange *exchange, uint32_t instrument)
{
    const struct qt__market *market = market_at(exchange, instrument);
    return market->match ? qt_match_last(market->match) : market->last;
}

size_t
qt_exchange_levels(const struct qt_exchange *exchange, uint32_t instrument, enum qt_side side,
                   struct qt_depth_level *out, size_t n)
{
    const struct qt__market *market = market_at(exchange, instrument);
    return market->match ? qt_match_levels(market->match, side, out, n) : 0;
}

uint64_t
qt_exchange_book_id(const struct qt_exchange *exchange, uint32_t instrument)
{
    const struct qt__market *market = market_at(exchange, instrument);
    return market->match ? qt_match_book_id(market->match) : 0;
}

size_t
qt_exchange_open(const struct qt_exchange *exchange, uint32_t instrument)
{
    const struct qt__market *market = market_at(exchange, instrument);
    return market->match ? qt_match_count(market->match) : 0;
}

struct qt_exchange_stats
qt_exchange_stats(const struct qt_exchange *exchange)
{
    struct qt_exchange_stats stats = exchange->stats;
    stats.open_orders = exchange->n_open;
    return stats;
}

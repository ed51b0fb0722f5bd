/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exchange_priv.h"

#include <stdlib.h>

#include "qtrade/base/error.h"

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

struct qt__market *
qt__market_at(const struct qt_exchange *exchange, uint32_t instrument)
{
    qt_assert(instrument < exchange->n_markets);
    return &exchange->markets[instrument];
}

struct qt_match *
qt__market_match(struct qt__market *market)
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

/* Orders */

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
    struct qt__market *market = qt__market_at(exchange, instrument);
    if (!qt__market_match(market))
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
    struct qt__market *market = qt__market_at(exchange, instrument);
    if (!qt__market_match(market))
        return;
    uint64_t before = qt_match_book_id(market->match);
    qt_match_set_ladder(market->match, ladder, exchange->now_ns);
    qt__tell_book(market, before);
}

void
qt_exchange_set_last(struct qt_exchange *exchange, uint32_t instrument, qt_px px)
{
    struct qt__market *market = qt__market_at(exchange, instrument);
    market->last = px;
    if (market->match)
        qt_match_set_last(market->match, px);
}

void
qt_exchange_set_status(struct qt_exchange *exchange, uint32_t instrument,
                       enum qt_instrument_status status)
{
    qt__market_at(exchange, instrument)->status = status;
}

enum qt_instrument_status
qt_exchange_status(const struct qt_exchange *exchange, uint32_t instrument)
{
    return qt__market_at(exchange, instrument)->status;
}

qt_px
qt_exchange_last(const struct qt_exchange *exchange, uint32_t instrument)
{
    const struct qt__market *market = qt__market_at(exchange, instrument);
    return market->match ? qt_match_last(market->match) : market->last;
}

size_t
qt_exchange_levels(const struct qt_exchange *exchange, uint32_t instrument, enum qt_side side,
                   struct qt_depth_level *out, size_t n)
{
    const struct qt__market *market = qt__market_at(exchange, instrument);
    return market->match ? qt_match_levels(market->match, side, out, n) : 0;
}

uint64_t
qt_exchange_book_id(const struct qt_exchange *exchange, uint32_t instrument)
{
    const struct qt__market *market = qt__market_at(exchange, instrument);
    return market->match ? qt_match_book_id(market->match) : 0;
}

size_t
qt_exchange_open(const struct qt_exchange *exchange, uint32_t instrument)
{
    const struct qt__market *market = qt__market_at(exchange, instrument);
    return market->match ? qt_match_count(market->match) : 0;
}

struct qt_exchange_stats
qt_exchange_stats(const struct qt_exchange *exchange)
{
    struct qt_exchange_stats stats = exchange->stats;
    stats.open_orders = exchange->n_open;
    return stats;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The desk: the exchange of the room sim with its one account, moved by a source. Fees are taken
 * from what is received, as on Binance's spot market: a buy leaves fractions of a lot, which the
 * adapter and the engine book to the last of eight decimals.
 */
#include "desk_priv.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/market/reader.h"
#include "qtrade/sim/source.h"

enum { MARKET_LOT_PARTS = 10 }; /* a market order is at most this part of a limit order */
enum { BASE_WORTH = 10000 }; /* of quote, at most: what an account has to sell */
enum { OWNER = 1, DEFAULT_SYMBOLS = 50, DEFAULT_PPM = 1000, TICK_EVERY_S = 2, HISTORY_DAYS = 31 };
#define REPEAT_NS QT_NS_PER_DAY /* so long a repeated request gets its first result */
#define TURN_NS_MAX (20 * QT_NS_PER_MS) /* then clients are served, though the market is behind */

struct qt__desk {
    struct qt__desk_listener listener;
    struct qt_dataset data; /* of a recording */
    struct qt_universe *universe;
    struct qt_source *source;
    struct qt_exchange *exchange;
    struct qt_impact_model impact_model;
    struct qt_impact *impacts; /* by symbol; NULL: own trades move nothing */
    const char *cancel_id; /* of the cancel under way; NULL: none */
    const char *changed[4];
    unsigned n_changed; /* assets whose balance has moved since it was last told */
    bool has_ended;
};

/* What the exchange tells */

static void
tell_balances(struct qt__desk *desk)
{
    if (desk->n_changed > 0)
        desk->listener.balances(desk->listener.context, desk->changed, desk->n_changed);
    desk->n_changed = 0;
}

static void
mark_changed(struct qt__desk *desk, const char *name)
{
    for (unsigned i = 0; i < desk->n_changed; i++)
        if (strcmp(desk->changed[i], name) == 0)
            return;
    if (desk->n_changed == QT_COUNT_OF(desk->changed))
        tell_balances(desk);
    desk->changed[desk->n_changed++] = name;
}

static void
on_balance(void *context, uint32_t owner, uint32_t asset)
{
    struct qt__desk *desk = context;
    if (owner == OWNER)
        mark_changed(desk, qt_accounts_name(qt_exchange_accounts(desk->exchange), asset));
}

static void
on_execution(void *context, enum qt_match_event event, const struct qt_exchange_order *order,
             const struct qt_exchange_fill *fill)
{
    struct qt__desk *desk = context;
    if (order->owner != OWNER)
        return;
    const struct qt_instrument *ins = qt_universe_at(desk->universe, order->instrument);
    if (fill && !fill->is_maker && desk->impacts)
        qt_impact_take(&desk->impact_model, &desk->impacts[order->instrument], fill->time_ns,
                       (enum qt_side)order->side, qt_qty_to_double(fill->qty, ins->qty_scale));
    mark_changed(desk, order->side == QT_BUY ? ins->quote : ins->base); /* locked or freed */
    bool is_cancel = event == QT_MATCH_CANCELLED && desk->cancel_id;
    desk->listener.execution(desk->listener.context, event, order, fill,
                             is_cancel ? desk->cancel_id : "");
}

static void
on_list(void *context, const struct qt_exchange_list *list)
{
    struct qt__desk *desk = context;
    if (list->owner == OWNER)
        desk->listener.list(desk->listener.context, list);
}

static void
on_trade(void *context, uint32_t instrument, const struct qt_match_print *print)
{
    struct qt__desk *desk = context;
    desk->listener.trade(desk->listener.context, instrument, print);
}

static void
on_book(void *context, uint32_t instrument)
{
    struct qt__desk *desk = context;
    desk->listener.book(desk->listener.context, instrument);
}

static void
tell_bar(void *context, uint32_t instrument, const struct qt_bar *bar)
{
    struct qt__desk *desk = context;
    desk->listener.history(desk->listener.context, instrument, bar);
}

/* The market */

/* A month of the recording is history, or three quarters of a shorter one. */
static int64_t
default_start(const struct qt_dataset *data)
{
    int64_t first = INT64_MAX, end = INT64_MIN;
    for (size_t i = 0; i < data->n; i++) {
        const struct qt_series *series = &data->series[i];
        first = QT_MIN(first, series->bars[0].open_ns);
        end = QT_MAX(end, series->bars[series->n - 1].open_ns + series->period_ns);
    }
    int64_t history = QT_MIN(HISTORY_DAYS * QT_NS_PER_DAY, (end - first) / 4 * 3);
    return qt_time_floor(first + history, QT_NS_PER_HOUR);
}

static bool
open_recording(struct qt__desk *desk, const struct qt_exchange_server_options *options,
               struct qt_error *err)
{
    if (!qt_dataset_load(options->replay, QT_TIME_NONE, QT_TIME_NONE, false, NULL, NULL,
                         &desk->data, err))
        return false;
    int64_t ticks = desk->data.series[0].period_ns / (TICK_EVERY_S * QT_NS_PER_S);
    const struct qt_replay_options replay = {
        .seed = options->seed,
        .ticks_per_bar = (int)QT_MIN(QT_MAX(ticks, (int64_t)4), (int64_t)10000),
        .symbols = options->symbols,
        .start_ns = options->start_ns ? options->start_ns : default_start(&desk->data)};
    desk->source = qt_source_replay(&desk->data, &replay, desk->universe, err);
    return desk->source != NULL;
}

static bool
open_generated(struct qt__desk *desk, const struct qt_exchange_server_options *options,
               struct qt_error *err)
{
    const struct qt_generator_options generator = {
        .symbols = options->symbols ? options->symbols : DEFAULT_SYMBOLS,
        .seed = options->seed,
        .start_ns = options->start_ns ? options->start_ns : qt_now_utc_ns()};
    desk->source = qt_source_generate(&generator, desk->universe, err);
    return desk->source != NULL;
}

static bool
open_market(struct qt__desk *desk, const struct qt_exchange_server_options *options,
            struct qt_error *err)
{
    desk->universe = qt_universe_create();
    if (!desk->universe)
        return qt_fail(err, QT_E_MEMORY, "no memory for the universe");
    return options->replay ? open_recording(desk, options, err)
                           : open_generated(desk, options, err);
}

static int
fee_of(int ppm)
{
    return ppm == 0 ? DEFAULT_PPM : ppm == QT_EXCHANGE_FREE ? 0 : ppm;
}

/* A discount in a coin that nothing here is priced in would never be given. */
static bool
check_discount(const struct qt__desk *desk, const struct qt_fee_schedule *fees, struct qt_error *err)
{
    if (!fees || !fees->discount_asset[0])
        return true;
    for (uint32_t i = 0; i < qt_universe_count(desk->universe); i++)
        if (strcmp(qt_universe_at(desk->universe, i)->base, fees->discount_asset) == 0)
            return true;
    return qt_fail(err, QT_E_USAGE, "discount: %s is not traded in this market", fees->discount_asset);
}

static bool
open_exchange(struct qt__desk *desk, const struct qt_exchange_server_options *options,
              struct qt_error *err)
{
    const struct qt_exchange_options exchange = {
        .maker_ppm = fee_of(options->maker_ppm), .taker_ppm = fee_of(options->taker_ppm), .fee_mode = QT_FEE_RECEIVED,
        .market_lot_parts = MARKET_LOT_PARTS,
        .schedule = options->fees};
    const struct qt_exchange_listener listener = {.context = desk,
                                                  .execution = on_execution,
                                                  .trade = on_trade,
                                                  .book = on_book,
                                                  .balance = on_balance,
                                                  .list = on_list};
    if (!check_discount(desk, options->fees, err))
        return false;
    desk->exchange = qt_exchange_create(desk->universe, &exchange, &listener, err);
    desk->impact_model = options->impact;
    if (options->impact.coefficient > 0) {
        desk->impacts = calloc(qt_universe_count(desk->universe), sizeof *desk->impacts);
        if (!desk->impacts)
            return qt_fail(err, QT_E_MEMORY, "no memory for the impact of trades");
    }
    return desk->exchange != NULL;
}

static bool
deposit(struct qt__desk *desk, const struct qt_exchange_balance *balance, struct qt_error *err)
{
    struct qt_accounts *accounts = qt_exchange_accounts(desk->exchange);
    uint32_t asset = qt_accounts_asset(accounts, balance->asset);
    qt_money amount;
    if (asset == QT_NO_ASSET || !qt_money_parse(balance->amount, QT_MONEY_SCALE, &amount) ||
        !qt_accounts_deposit(accounts, OWNER, asset, amount))
        return qt_fail(err, QT_E_CONFIG, "the account cannot begin with %s %s", balance->amount,
                       balance->asset);
    return true;
}

/* Something to sell: of the first symbol's base asset. */
static bool
deposit_base(struct qt__desk *desk, struct qt_error *err)
{
    const struct qt_instrument *ins = qt_universe_at(desk->universe, 0);
    struct qt_accounts *accounts = qt_exchange_accounts(desk->exchange);
    qt_px px = qt_source_price(desk->source, 0);
    qt_money amount = {qt_pow10(QT_MONEY_SCALE)};
    double worth = qt_px_is_none(px) ? 1 : qt_px_to_double(px, ins->px_scale);
    for (; worth > BASE_WORTH && amount.v > 1; worth /= 10)
        amount.v /= 10;
    for (; worth * 10 <= BASE_WORTH && amount.v < INT64_MAX / 1000; worth *= 10)
        amount.v *= 10;
    return qt_accounts_deposit(accounts, OWNER, qt_accounts_find(accounts, ins->base), amount) ||
           qt_fail(err, QT_E_CONFIG, "the account cannot begin with %s", ins->base);
}

static bool
pay_in(struct qt__desk *desk, const struct qt_exchange_server_options *options,
       struct qt_error *err)
{
    static const struct qt_exchange_balance usual = {"USDT", "100000"};
    const struct qt_exchange_balance *balances = options->balances ? options->balances : &usual;
    size_t n = options->balances ? options->n_balances : 1;
    for (size_t i = 0; i < n; i++)
        if (!deposit(desk, &balances[i], err))
            return false;
    return options->balances || !options->has_base || deposit_base(desk, err);
}

/* Books that can be looked at before the first tick. */
static void
set_out(struct qt__desk *desk)
{
    qt_exchange_advance(desk->exchange, qt_source_start_ns(desk->source));
    desk->listener.time(desk->listener.context, qt_source_start_ns(desk->source));
    for (uint32_t i = 0; i < qt_universe_count(desk->universe); i++) {
        struct qt_ladder ladder;
        qt_px px = qt_source_price(desk->source, i);
        if (qt_px_is_none(px))
            continue;
        qt_exchange_set_last(desk->exchange, i, px);
        qt_source_ladder(desk->source, i, QT_LADDER_LEVELS, &ladder);
        qt_exchange_quote(desk->exchange, i, &ladder);
        const struct qt_source_tick stand = {
            .t_ns = qt_source_start_ns(desk->source), .instrument = i, .px = px};
        desk->listener.moved(desk->listener.context, &stand, &ladder);
    }
}

struct qt__desk *
qt__desk_create(const struct qt_exchange_server_options *options,
                const struct qt__desk_listener *listener, struct qt_error *err)
{
    struct qt__desk *desk = calloc(1, sizeof *desk);
    if (!desk) {
        qt_fail(err, QT_E_MEMORY, "no memory for the desk");
        return NULL;
    }
    desk->listener = *listener;
    if (!open_market(desk, options, err) || !open_exchange(desk, options, err) ||
        !pay_in(desk, options, err)) {
        qt__desk_destroy(desk);
        return NULL;
    }
    return desk;
}

void
qt__desk_destroy(struct qt__desk *desk)
{
    if (!desk)
        return;
    qt_exchange_destroy(desk->exchange);
    qt_source_destroy(desk->source);
    free(desk->impacts);
    qt_universe_destroy(desk->universe);
    qt_dataset_finish(&desk->data);
    free(desk);
}

const struct qt_universe *
qt__desk_universe(const struct qt__desk *desk)
{
    return desk->universe;
}

int64_t
qt__desk_start_ns(const struct qt__desk *desk)
{
    return qt_source_start_ns(desk->source);
}

void
qt__desk_tell_history(struct qt__desk *desk)
{
    qt_source_history(desk->source, tell_bar, desk);
    set_out(desk);
}

void
qt__desk_halt(struct qt__desk *desk, uint32_t symbol, bool is_halted)
{
    qt_exchange_set_status(desk->exchange, symbol,
                           is_halted ? QT_INSTRUMENT_HALTED : QT_INSTRUMENT_TRADING);
}

bool
qt__desk_is_halted(const struct qt__desk *desk, uint32_t symbol)
{
    return qt_exchange_status(desk->exchange, symbol) != QT_INSTRUMENT_TRADING;
}

/* The tick and the market around it as own trades have moved them. */
static void
displace(const struct qt__desk *desk, struct qt_source_tick *tick, struct qt_ladder *ladder)
{
    double volume, sigma;
    if (!desk->impacts || desk->impacts[tick->instrument].taken == 0 ||
        !desk->listener.day(desk->listener.context, tick->instrument, &volume, &sigma))
        return;
    const struct qt_instrument *ins = qt_universe_at(desk->universe, tick->instrument);
    double displacement = qt_impact_of(&desk->impact_model, &desk->impacts[tick->instrument],
                                       tick->t_ns, volume, sigma);
    qt_impact_ladder(ins, tick->px, displacement, ladder);
    tick->px = qt_impact_px(ins, tick->px, displacement);
}

/* Plays one tick; false: the recording has ended. */
static bool
play(struct qt__desk *desk)
{
    struct qt_source_tick tick;
    struct qt_ladder ladder;
    if (!qt_source_next(desk->source, &tick))
        return false;
    qt_exchange_advance(desk->exchange, tick.t_ns);
    desk->listener.time(desk->listener.context, tick.t_ns);
    qt_source_ladder(desk->source, tick.instrument, QT_LADDER_LEVELS, &ladder);
    desk->listener.moved(desk->listener.context, &tick, &ladder);
    if (qt__desk_is_halted(desk, tick.instrument))
        return true;
    displace(desk, &tick, &ladder);
    qt_exchange_tick(desk->exchange, tick.instrument, tick.is_sell ? QT_SELL : QT_BUY, tick.px,
                     tick.qty, &ladder);
    tell_balances(desk);
    return true;
}

int64_t
qt__desk_advance(struct qt__desk *desk, int64_t now_ns)
{
    int64_t until = qt_now_mono_ns() + TURN_NS_MAX;
    for (unsigned n = 1; !desk->has_ended; n++) {
        int64_t t_ns = qt_source_peek(desk->source);
        if (t_ns != QT_TIME_NONE && t_ns > now_ns)
            break;
        desk->has_ended = !play(desk);
        if (n % 64 == 0 && qt_now_mono_ns() > until)
            return qt_exchange_now(desk->exchange);
    }
    qt_exchange_advance(desk->exchange, now_ns);
    desk->listener.time(desk->listener.context, now_ns);
    return qt_exchange_now(desk->exchange);
}

bool
qt__desk_has_ended(const struct qt__desk *desk)
{
    return desk->has_ended;
}

size_t
qt__desk_levels(const struct qt__desk *desk, uint32_t symbol, enum qt_side side,
                struct qt_depth_level *out, size_t n)
{
    return qt_exchange_levels(desk->exchange, symbol, side, out, n);
}

uint64_t
qt__desk_book_id(const struct qt__desk *desk, uint32_t symbol)
{
    return qt_exchange_book_id(desk->exchange, symbol);
}

/* Orders */

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
    asked.owner = OWNER;
    enum qt_exchange_verdict verdict = qt_exchange_check(desk->exchange, &asked);
    return verdict == QT_EXCHANGE_OK || fail(call, verdict);
}

/* Is the ticket what the order was placed with? */
static bool
is_same_order(const struct qt_exchange_order *order, const struct qt_exchange_ticket *ticket)
{
    bool by_quote = ticket->quote_qty.v != 0;
    return order->side == ticket->side && order->type == ticket->type && order->tif == ticket->tif &&
           order->px.v == ticket->px.v && order->stop_px.v == ticket->stop_px.v &&
           order->quote_qty.v == ticket->quote_qty.v &&
           (by_quote || order->qty.v == ticket->qty.v) && order->stp == ticket->stp &&
           order->trail_bps == ticket->trail_bps && order->iceberg.v == ticket->iceberg.v;
}

/*
 * A request that came before and whose order has ended since. While an order is open a second one
 * with its client id is refused, as on Binance, whose clients ask then what became of the first. But
 * Binance would carry out a repeated market order twice: a retry after a lost answer must not.
 */
static bool
is_repeated(const struct qt__desk *desk, const struct qt_exchange_ticket *ticket,
            struct qt_exchange_order *out)
{
    return ticket->client_id[0] &&
           qt_exchange_find(desk->exchange, OWNER, ticket->instrument, 0, ticket->client_id, out) &&
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
    asked.owner = OWNER;
    enum qt_exchange_verdict verdict = qt_exchange_place(desk->exchange, &asked, out);
    tell_balances(desk);
    return verdict == QT_EXCHANGE_OK || fail(call, verdict);
}

bool
qt__desk_place_pair(struct qt__desk *desk, struct qt__call *call,
                    const struct qt_exchange_ticket pair[2], const char *client_id,
                    struct qt_exchange_list *out)
{
    struct qt_exchange_ticket asked[2] = {pair[0], pair[1]};
    asked[0].owner = asked[1].owner = OWNER;
    enum qt_exchange_verdict verdict =
        qt_exchange_place_pair(desk->exchange, asked, client_id, out);
    tell_balances(desk);
    return verdict == QT_EXCHANGE_OK || fail(call, verdict);
}

bool
qt__desk_find_list(const struct qt__desk *desk, uint64_t id, const char *client_id,
                   struct qt_exchange_list *out)
{
    return qt_exchange_find_list(desk->exchange, OWNER, id, client_id, out);
}

size_t
qt__desk_lists(const struct qt__desk *desk, uint64_t from, bool only_open,
               struct qt_exchange_list *out, size_t n)
{
    return qt_exchange_lists(desk->exchange, OWNER, from, only_open, out, n);
}

bool
qt__desk_find(const struct qt__desk *desk, uint32_t symbol, uint64_t id, const char *client_id,
              struct qt_exchange_order *out)
{
    return qt_exchange_find(desk->exchange, OWNER, symbol, id, client_id, out);
}

bool
qt__desk_cancel(struct qt__desk *desk, struct qt__call *call, uint32_t symbol, uint64_t id,
                const char *cancel_id, struct qt_exchange_order *out)
{
    desk->cancel_id = cancel_id;
    enum qt_exchange_verdict verdict =
        qt_exchange_cancel(desk->exchange, OWNER, symbol, id, NULL, out);
    desk->cancel_id = NULL;
    tell_balances(desk);
    return verdict == QT_EXCHANGE_OK || fail(call, verdict);
}

size_t
qt__desk_orders(const struct qt__desk *desk, uint32_t symbol, uint64_t from, bool only_open,
                struct qt_exchange_order *out, size_t n)
{
    return qt_exchange_orders(desk->exchange, OWNER, symbol, from, only_open, out, n);
}

size_t
qt__desk_fills(const struct qt__desk *desk, uint32_t symbol, uint64_t order_id, uint64_t from,
               struct qt_exchange_fill *out, size_t n)
{
    return qt_exchange_fills(desk->exchange, OWNER, symbol, order_id, from, out, n);
}

/* The account */

unsigned
qt__desk_balances(const struct qt__desk *desk, struct qt__held *out, unsigned n)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(desk->exchange);
    unsigned count = QT_MIN(qt_accounts_assets(accounts), n);
    for (unsigned i = 0; i < count; i++) {
        struct qt_funds funds = qt_accounts_funds(accounts, OWNER, i);
        out[i] = (struct qt__held){.free = funds.free, .locked = funds.locked};
        qt_copy(out[i].asset, sizeof out[i].asset, qt_accounts_name(accounts, i));
    }
    return count;
}

bool
qt__desk_balance(const struct qt__desk *desk, const char *asset, struct qt__held *out)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(desk->exchange);
    uint32_t id = qt_accounts_find(accounts, asset);
    if (id == QT_NO_ASSET)
        return false;
    struct qt_funds funds = qt_accounts_funds(accounts, OWNER, id);
    *out = (struct qt__held){.free = funds.free, .locked = funds.locked};
    qt_copy(out->asset, sizeof out->asset, asset);
    return true;
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
    return qt_exchange_fees(desk->exchange, OWNER);
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

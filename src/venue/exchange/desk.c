/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desk opens, and the market moves. */
#include "desk_own_priv.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

enum { MARKET_LOT_PARTS = 10 }; /* a market order is at most this part of a limit order */
enum { BASE_WORTH = 10000 }; /* of quote, at most: what an account has to sell */
enum { DEFAULT_SYMBOLS = 50, DEFAULT_PPM = 1000, TICK_EVERY_S = 2, HISTORY_DAYS = 31 };
#define TURN_NS_MAX (20 * QT_NS_PER_MS) /* then clients are served, though the market is behind */

/* What the exchange tells */

void
qt__desk_tell_balances(struct qt__desk *desk)
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
        qt__desk_tell_balances(desk);
    desk->changed[desk->n_changed++] = name;
}

static void
on_balance(void *context, uint32_t owner, uint32_t asset)
{
    struct qt__desk *desk = context;
    if (owner == QT__DESK_OWNER)
        mark_changed(desk, qt_accounts_name(qt_exchange_accounts(desk->exchange), asset));
}

static void
on_execution(void *context, enum qt_match_event event, const struct qt_exchange_order *order,
             const struct qt_exchange_fill *fill)
{
    struct qt__desk *desk = context;
    if (order->owner != QT__DESK_OWNER)
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
    if (list->owner == QT__DESK_OWNER)
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
        .queue_ppm = options->queue_ppm,
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
        !qt_accounts_deposit(accounts, QT__DESK_OWNER, asset, amount))
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
    return qt_accounts_deposit(accounts, QT__DESK_OWNER, qt_accounts_find(accounts, ins->base), amount) ||
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
    qt__desk_tell_balances(desk);
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

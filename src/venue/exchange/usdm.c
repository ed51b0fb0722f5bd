/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The venue of perpetuals: its start, and the market that the spot market moves. */
#include "usdm_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#define WEIGHT_LIMIT 2400
#define WALLET "100000"
#define WALLET_MOST INT64_C(1000000000)
#define SLOW_NS (15 * QT_NS_PER_MIN) /* the premium's two lines */
#define SLOW_AMPLITUDE 6e-4
#define FAST_NS QT_NS_PER_MIN
#define FAST_AMPLITUDE 1.5e-4

/* -1..1 of a knot. */
static double
knot(uint64_t seed, uint32_t symbol, int64_t period_ns, int64_t i)
{
    uint64_t z = seed ^ (uint64_t)symbol << 40 ^ (uint64_t)period_ns ^
                 (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-52 - 1;
}

static double
line(uint64_t seed, uint32_t symbol, int64_t period_ns, int64_t t_ns)
{
    int64_t i = t_ns / period_ns;
    double part = (double)(t_ns % period_ns) / (double)period_ns;
    return (1 - part) * knot(seed, symbol, period_ns, i) +
           part * knot(seed, symbol, period_ns, i + 1);
}

/* The premium in whole ticks of that price. */
static int64_t
premium_of(const struct qt__usdm *usdm, const struct qt_instrument *ins, int64_t t_ns, qt_px px)
{
    double share = SLOW_AMPLITUDE * line(usdm->seed, ins->id, SLOW_NS, t_ns) +
                   FAST_AMPLITUDE * line(usdm->seed, ins->id, FAST_NS, t_ns);
    return (int64_t)((double)px.v * share / (double)ins->tick.v) * ins->tick.v;
}

static void
shift(struct qt_depth_level *levels, size_t *n, int64_t by)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        levels[i].px.v += by;
        kept += levels[i].px.v > 0; /* bids descend: what follows is lower still */
    }
    *n = kept;
}

static qt_px
middle_of(const struct qt_ladder *ladder, qt_px px)
{
    if (ladder->n_bids == 0 || ladder->n_asks == 0)
        return px;
    return (qt_px){ladder->bids[0].px.v + (ladder->asks[0].px.v - ladder->bids[0].px.v) / 2};
}

void
qt__usdm_tick(struct qt__exchange *exchange, const struct qt_source_tick *tick,
              const struct qt_ladder *ladder)
{
    struct qt__usdm *usdm = exchange->usdm;
    uint32_t id = usdm->of_spot[tick->instrument];
    if (id == QT_NO_INSTRUMENT)
        return;
    struct qt_ladder around = *ladder;
    int64_t by = premium_of(usdm, qt_universe_at(usdm->universe, id), tick->t_ns, tick->px);
    qt_px px = {QT_MAX(tick->px.v + by, 1)};
    shift(around.bids, &around.n_bids, by);
    shift(around.asks, &around.n_asks, by);
    qt_perp_set_index(usdm->perp, id, middle_of(ladder, tick->px));
    if (qt_px_is_none(qt_perp_last(usdm->perp, id)))
        qt_perp_set_last(usdm->perp, id, px);
    if (qt_perp_status(usdm->perp, id) != QT_INSTRUMENT_TRADING)
        return;
    qt_perp_tick(usdm->perp, id, tick->is_sell ? QT_SELL : QT_BUY, px, tick->qty, &around);
}

void
qt__usdm_history(struct qt__exchange *exchange, uint32_t symbol, const struct qt_bar *bar)
{
    uint32_t id = exchange->usdm->of_spot[symbol];
    if (id != QT_NO_INSTRUMENT)
        qt__tape_history(exchange->symbols[id].tape, bar);
}

void
qt__usdm_advance(struct qt__exchange *exchange, int64_t now_ns)
{
    struct qt__usdm *usdm = exchange->usdm;
    for (uint32_t i = 0; i < exchange->n_symbols; i++) {
        if (usdm->countdown_ns[i] == 0 || usdm->countdown_ns[i] > now_ns)
            continue;
        qt_perp_advance(usdm->perp, usdm->countdown_ns[i]);
        usdm->countdown_ns[i] = 0;
        qt__usdm_cancel_where(usdm, i, true);
    }
    qt_perp_advance(usdm->perp, now_ns);
    exchange->now_ns = QT_MAX(exchange->now_ns, now_ns);
}

void
qt__usdm_count(const struct qt__exchange *exchange, struct qt_exchange_server_stats *stats)
{
    const struct qt_perp *perp = exchange->usdm->perp;
    struct qt_perp_stats own = qt_perp_stats(perp);
    stats->orders += own.orders;
    stats->rejected += own.rejected;
    stats->cancels += own.cancels;
    stats->fills += own.fills;
    stats->open_orders += (unsigned)own.open_orders;
    stats->is_conserved = stats->is_conserved && qt_margin_is_conserved(qt_perp_margin(perp));
}

static void
on_mark(void *context, uint32_t symbol)
{
    struct qt__exchange *exchange = context;
    exchange->symbols[symbol].has_mark = true;
}

/* The perpetual of a spot symbol: what Binance asks at least of its notional. */
static bool
add_symbol(struct qt__usdm *usdm, const struct qt_instrument *spot, struct qt_error *err)
{
    struct qt_instrument ins = *spot;
    usdm->of_spot[spot->id] = QT_NO_INSTRUMENT;
    if (strcmp(ins.quote, "USDT") != 0)
        return true;
    if (!qt_money_of_units(5, QT_MONEY_SCALE, &ins.min_notional) ||
        !qt_universe_add(usdm->universe, &ins, err))
        return false;
    usdm->of_spot[spot->id] = ins.id;
    return true;
}

/* What the account begins with: the wallet, and coins that fees may be paid in. */
static bool
pay_in(struct qt__usdm *usdm, const struct qt_exchange_server_options *options,
       struct qt_error *err)
{
    const char *wallet = options->usdm_wallet ? options->usdm_wallet : WALLET;
    const char *coins = options->usdm_coins ? options->usdm_coins : "0";
    const int64_t most = WALLET_MOST * qt_pow10(QT_MONEY_SCALE);
    qt_money amount;
    if (!qt_money_parse(wallet, QT_MONEY_SCALE, &amount) || amount.v > most ||
        !qt_perp_deposit(usdm->perp, QT__USDM_OWNER, amount))
        return qt_fail(err, QT_E_CONFIG,
                       "the wallet of the perpetuals cannot begin with %s USDT (0 to 1000000000)",
                       wallet);
    if (!qt_money_parse(coins, QT_MONEY_SCALE, &amount) || amount.v > most ||
        (amount.v != 0 && !qt_perp_schedule(usdm->perp)->discount_asset[0]) ||
        !qt_perp_deposit_coin(usdm->perp, QT__USDM_OWNER, amount))
        return qt_fail(err, QT_E_CONFIG,
                       "the wallet of the perpetuals cannot begin with %s of the discount's coin "
                       "(0 to 1000000000, with a discount)",
                       coins);
    return true;
}

static bool
make_market(struct qt__usdm *usdm, const struct qt__exchange *spot,
            const struct qt_exchange_server_options *options, struct qt_error *err)
{
    struct qt_perp_options perp = qt_perp_usual;
    const struct qt_perp_listener listener = {.context = usdm->exchange,
                                              .execution = qt__usdm_on_execution,
                                              .trade = qt__exchange_on_trade,
                                              .book = qt__exchange_on_book,
                                              .account = qt__usdm_on_account,
                                              .mark = on_mark,
                                              .margin_call = qt__usdm_on_margin_call};
    for (uint32_t i = 0; i < qt_universe_count(spot->universe); i++)
        if (!add_symbol(usdm, qt_universe_at(spot->universe, i), err))
            return false;
    perp.schedule = options->usdm_fees;
    perp.queue_ppm = options->queue_ppm;
    usdm->perp = qt_perp_create(usdm->universe, &perp, &listener, err);
    if (!usdm->perp)
        return false;
    qt_perp_advance(usdm->perp, spot->info.start_ns);
    return pay_in(usdm, options, err);
}

static bool
take_memory(struct qt__usdm *usdm, uint32_t n)
{
    usdm->universe = qt_universe_create();
    usdm->of_spot = calloc((size_t)n + 1, sizeof *usdm->of_spot);
    usdm->countdown_ns = calloc((size_t)n + 1, sizeof *usdm->countdown_ns);
    usdm->orders = calloc(QT__LIST_MAX, sizeof *usdm->orders);
    usdm->fills = calloc(QT__LIST_MAX, sizeof *usdm->fills);
    usdm->incomes = calloc(QT__LIST_MAX, sizeof *usdm->incomes);
    return usdm->universe && usdm->of_spot && usdm->countdown_ns && usdm->orders && usdm->fills &&
           usdm->incomes;
}

/* Its base URLs, for those who print them; the credentials are the spot venue's. */
static void
fill_info(struct qt__exchange *exchange, struct qt_exchange_server_info *info)
{
    int port = qt_server_port(exchange->server);
    exchange->info.port = port;
    const char *colon = strrchr(info->rest_url, ':');
    snprintf(info->usdm_rest_url, sizeof info->usdm_rest_url, "%.*s:%d",
             (int)(colon - info->rest_url), info->rest_url, port);
    colon = strrchr(info->stream_url, ':');
    snprintf(info->usdm_stream_url, sizeof info->usdm_stream_url, "%.*s:%d",
             (int)(colon - info->stream_url), info->stream_url, port);
    snprintf(info->usdm_api_url, sizeof info->usdm_api_url, "%.*s:%d/ws-fapi/v1",
             (int)(colon - info->stream_url), info->stream_url, port);
}

bool
qt__usdm_start(struct qt__exchange *exchange, struct qt__exchange *spot,
               const struct qt_exchange_server_options *options, struct qt_error *err)
{
    struct qt__usdm *usdm = calloc(1, sizeof *usdm);
    if (!usdm || !take_memory(usdm, qt_universe_count(spot->universe)) ||
        !qt__exchange_take_memory(exchange)) {
        qt__usdm_destroy(usdm);
        return qt_fail(err, QT_E_MEMORY, "no memory for the perpetuals");
    }
    exchange->info = spot->info;
    exchange->routes = qt__usdm_routes;
    exchange->keys = spot->keys;
    exchange->key_rights = spot->key_rights;
    exchange->listen_key_ns = spot->listen_key_ns;
    exchange->connection_ns = spot->connection_ns;
    exchange->limit_clock = spot->limit_clock;
    exchange->loop = spot->loop;
    exchange->desk = spot->desk;
    exchange->usdm = usdm;
    usdm->exchange = exchange;
    usdm->seed = options->seed;
    usdm->transfer_ns = spot->info.start_ns;
    qt__weights_init(&exchange->weights,
                     options->weight_limit > 0 ? options->weight_limit : WEIGHT_LIMIT,
                     &qt__usdm_orders);
    if (!make_market(usdm, spot, options, err))
        return qt_error_add(err, "starting the perpetuals");
    if (!qt__exchange_make_symbols(exchange, usdm->universe))
        return qt_fail(err, QT_E_MEMORY, "no memory for the perpetuals");
    if (!qt__faults_init(exchange, options, err) ||
        !qt__exchange_listen(exchange, options->address, options->usdm_port, err))
        return false;
    fill_info(exchange, &spot->info);
    return true;
}

void
qt__usdm_destroy(struct qt__usdm *usdm)
{
    if (!usdm)
        return;
    qt_perp_destroy(usdm->perp);
    qt_universe_destroy(usdm->universe);
    free(usdm->of_spot);
    free(usdm->countdown_ns);
    free(usdm->orders);
    free(usdm->fills);
    free(usdm->incomes);
    free(usdm);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated exchange's thread: its clock, its turns, and who hears what the desk tells.
 */
#include <ctype.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"
#include "qtrade/net/url.h"

#include "news_priv.h"
#include "usdm_priv.h"

#define TURN_MS 10 /* the market moves and book tickers go out */
#define FAST_MS 100
#define SLOW_MS 1000
#define WEIGHT_LIMIT 6000
#define LISTEN_KEY_S 3600
#define CONNECTION_S 86400

/* What the desk tells */

void
qt__exchange_on_trade(void *context, uint32_t symbol, const struct qt_match_print *print)
{
    struct qt__exchange *exchange = context;
    exchange->trades++;
    exchange->symbols[symbol].has_traded = true;
    qt__tape_trade(exchange->symbols[symbol].tape, print);
    qt__streams_trade(exchange, symbol, print);
}

void
qt__exchange_on_book(void *context, uint32_t symbol)
{
    struct qt__exchange *exchange = context;
    exchange->symbols[symbol].book_changed = true;
}

static void
on_history(void *context, uint32_t symbol, const struct qt_bar *bar)
{
    struct qt__exchange *exchange = context;
    qt__tape_history(exchange->symbols[symbol].tape, bar);
    if (exchange->moved)
        qt__usdm_history(exchange->moved, symbol, bar);
}

static void
on_moved(void *context, const struct qt_source_tick *tick, const struct qt_ladder *ladder)
{
    struct qt__exchange *exchange = context;
    if (exchange->moved)
        qt__usdm_tick(exchange->moved, tick, ladder);
}

static void
on_time(void *context, int64_t now_ns)
{
    struct qt__exchange *exchange = context;
    if (exchange->moved)
        qt__usdm_advance(exchange->moved, now_ns);
}

static void
on_execution(void *context, enum qt_match_event event, const struct qt_exchange_order *order,
             const struct qt_exchange_fill *fill, const char *cancel_id)
{
    struct qt__exchange *exchange = context;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, order->instrument);
    qt__write_execution(qt__news_begin(exchange), ins, qt__exchange_ms(exchange), event, order,
                        fill, fill ? qt__desk_asset(exchange->desk, fill->fee_asset) : NULL,
                        cancel_id);
    qt__streams_user(exchange);
}

static void
on_balances(void *context, const char *const *assets, unsigned n)
{
    struct qt__exchange *exchange = context;
    struct qt__held held[4];
    unsigned kept = 0;
    for (unsigned i = 0; i < n && kept < QT_COUNT_OF(held); i++)
        if (qt__desk_balance(exchange->desk, assets[i], &held[kept]))
            kept++;
    struct qt_text *out = qt__news_begin(exchange);
    long long now = qt__exchange_ms(exchange);
    qt_text_addf(out, "{\"e\":\"outboundAccountPosition\",\"E\":%lld,\"u\":%lld,\"B\":", now, now);
    qt__write_balances(out, held, kept, "a", "f", "l");
    qt_text_add_char(out, '}');
    qt__streams_user(exchange);
}

/* Parkinson's volatility of the day's range. */
static bool
on_day(void *context, uint32_t symbol, double *out_volume, double *out_sigma)
{
    struct qt__exchange *exchange = context;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt__day day;
    if (!qt__tape_day(exchange->symbols[symbol].tape, exchange->now_ns, &day) || day.low.v <= 0)
        return false;
    double high = qt_px_to_double(day.high, ins->px_scale), low = qt_px_to_double(day.low, ins->px_scale);
    *out_volume = qt_qty_to_double(day.volume, ins->qty_scale);
    *out_sigma = qt_log(high / low) / 1.6651092223153954; /* 2 sqrt(ln 2) */
    return true;
}

static void
on_list(void *context, const struct qt_exchange_list *list)
{
    struct qt__exchange *exchange = context;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, list->instrument);
    struct qt_exchange_order orders[2] = {0};
    for (int i = 0; i < 2; i++)
        (void)!qt__desk_find(exchange->desk, list->instrument, list->order_ids[i], NULL,
                             &orders[i]);
    qt__write_list_event(qt__news_begin(exchange), list, ins, orders, qt__exchange_ms(exchange));
    qt__streams_user(exchange);
}

static void
on_bar(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    const struct qt__bar_context *where = context;
    qt__streams_bar(where->exchange, where->symbol, tf, bar);
}

/* Turns */

void
qt__exchange_turn(struct qt__exchange *exchange)
{
    int64_t clock = qt_clock_utc_ns(&exchange->info.clock);
    exchange->clock_ns = QT_MAX(clock, exchange->clock_ns);
    exchange->now_ns = qt__desk_advance(exchange->desk, exchange->clock_ns);
    exchange->ticks++;
}

size_t
qt__exchange_levels(const struct qt__exchange *exchange, uint32_t symbol, enum qt_side side,
                    struct qt_depth_level *out, size_t n)
{
    return exchange->usdm ? qt_perp_levels(exchange->usdm->perp, symbol, side, out, n)
                          : qt__desk_levels(exchange->desk, symbol, side, out, n);
}

void
qt__exchange_best(const struct qt__exchange *exchange, uint32_t symbol,
                  struct qt_depth_level out[2])
{
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        out[side] = (struct qt_depth_level){.px = QT_PX_NONE};
        (void)qt__exchange_levels(exchange, symbol, (enum qt_side)side, &out[side], 1);
    }
}

uint64_t
qt__exchange_book_id(const struct qt__exchange *exchange, uint32_t symbol)
{
    return exchange->usdm ? qt_perp_book_id(exchange->usdm->perp, symbol)
                          : qt__desk_book_id(exchange->desk, symbol);
}

void
qt__exchange_halt(struct qt__exchange *exchange, uint32_t symbol, bool is_halted)
{
    if (exchange->usdm)
        qt_perp_set_status(exchange->usdm->perp, symbol,
                           is_halted ? QT_INSTRUMENT_HALTED : QT_INSTRUMENT_TRADING);
    else
        qt__desk_halt(exchange->desk, symbol, is_halted);
}

static void
on_tick(void *context)
{
    struct qt__exchange *exchange = context;
    qt__exchange_turn(exchange);
    qt__faults_turn(exchange);
    for (uint32_t i = 0; i < exchange->n_symbols; i++)
        qt__tape_advance(exchange->symbols[i].tape, exchange->now_ns);
    qt__streams_turn(exchange);
    qt_timer_start(exchange->loop, &exchange->tick, TURN_MS, on_tick, exchange);
}

/* What a venue did, added to what the other one did. */
static void
count(const struct qt__exchange *exchange, struct qt_exchange_server_stats *stats)
{
    struct qt_server_stats server = qt_server_stats(exchange->server);
    stats->trades += exchange->trades;
    stats->messages += exchange->messages;
    stats->requests += server.requests;
    stats->clients += server.clients;
    stats->dropped_clients += server.dropped_slow + server.dropped_quiet;
    for (int i = 0; i < QT_FAULT_KINDS; i++)
        stats->faults[i] += exchange->faults.counts[i];
}

static void
publish_stats(struct qt__exchange *exchange)
{
    struct qt_exchange_server_stats stats = {0};
    qt__desk_count(exchange->desk, &stats);
    stats.ticks = exchange->ticks;
    stats.is_conserved = qt__desk_is_conserved(exchange->desk);
    count(exchange, &stats);
    if (exchange->moved) {
        count(exchange->moved, &stats);
        qt__usdm_count(exchange->moved, &stats);
    }
    stats.has_ended = qt__desk_has_ended(exchange->desk);
    stats.behind_ns = exchange->clock_ns - exchange->now_ns;
    pthread_mutex_lock(&exchange->lock);
    exchange->stats = stats;
    pthread_mutex_unlock(&exchange->lock);
}

static void
on_fast(void *context)
{
    struct qt__exchange *exchange = context;
    qt__streams_fast(exchange);
    if (!exchange->usdm)
        publish_stats(exchange);
    qt_timer_start(exchange->loop, &exchange->fast, FAST_MS, on_fast, exchange);
}

static void
on_slow(void *context)
{
    struct qt__exchange *exchange = context;
    qt__streams_slow(exchange);
    qt__listen_keys_expire(exchange);
    qt__sessions_expire(exchange);
    qt_timer_start(exchange->loop, &exchange->slow, SLOW_MS, on_slow, exchange);
}

static void *
exchange_main(void *argument)
{
    struct qt__exchange *exchange = argument;
    /* relaxed: the flag carries nothing with it */
    while (!atomic_load_explicit(&exchange->is_stopping, memory_order_relaxed))
        (void)qt_loop_work(exchange->loop, 1000);
    return NULL;
}

/* Life */

uint32_t
qt__exchange_find(const struct qt__exchange *exchange, const char *symbol, size_t length)
{
    char upper[QT_SYMBOL_SIZE];
    if (length >= sizeof upper)
        return QT_NO_INSTRUMENT;
    for (size_t i = 0; i < length; i++)
        upper[i] = (char)toupper((unsigned char)symbol[i]);
    return qt_universe_find(exchange->universe, upper, length);
}

static bool
make_text(char out[65])
{
    unsigned char bytes[32];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* The key of a client that signs with its own private key. */
static bool
read_public_key(struct qt__exchange *exchange, const char *path, struct qt_error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return qt_fail_errno(err, QT_E_IO, "opening the public key %s", path);
    exchange->keys.ed25519 = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    fclose(file);
    if (!exchange->keys.ed25519 || EVP_PKEY_get_base_id(exchange->keys.ed25519) != EVP_PKEY_ED25519)
        return qt_fail(err, QT_E_DATA, "%s holds no Ed25519 public key (PEM)", path);
    return make_text(exchange->info.ed25519_key) ||
           qt_fail(err, QT_E_FAILED, "no random numbers for a key");
}

static bool
make_credentials(struct qt__exchange *exchange, const struct qt_exchange_server_options *options,
                 struct qt_error *err)
{
    struct qt_exchange_server_info *info = &exchange->info;
    if (!make_text(info->key) || !make_text(info->secret) || !make_text(info->next_key) ||
        !make_text(info->next_secret))
        return qt_fail(err, QT_E_FAILED, "no random numbers for a key");
    exchange->keys.key = info->key;
    exchange->key_rights = options->key_rights;
    exchange->keys.secret = info->secret;
    exchange->keys.ed25519_key = info->ed25519_key;
    return !options->public_key || read_public_key(exchange, options->public_key, err);
}

/* The buffers of answers, news and lists. Their pages cost nothing until they are touched. */
bool
qt__exchange_take_memory(struct qt__exchange *exchange)
{
    exchange->out_buffer = malloc(QT__OUT_SIZE);
    exchange->news_buffer = malloc(QT__OUT_SIZE);
    exchange->wrap_buffer = malloc(QT__WRAP_SIZE);
    exchange->bars = calloc(QT__INTERVAL_ROOM, sizeof(struct qt_bar));
    exchange->prints = calloc(QT__LIST_MAX, sizeof(struct qt_match_print));
    exchange->levels = calloc(QT__DEPTH_MAX, sizeof(struct qt_depth_level));
    exchange->orders = calloc(QT__LIST_MAX, sizeof(struct qt_exchange_order));
    exchange->fills = calloc(QT__LIST_MAX, sizeof(struct qt_exchange_fill));
    exchange->held = calloc(QT__ASSETS_MAX, sizeof(struct qt__held));
    if (!exchange->out_buffer || !exchange->news_buffer || !exchange->wrap_buffer ||
        !exchange->bars || !exchange->prints || !exchange->levels || !exchange->orders ||
        !exchange->fills || !exchange->held)
        return false;
    qt_text_init(&exchange->out, exchange->out_buffer, QT__OUT_SIZE);
    qt_text_init(&exchange->news, exchange->news_buffer, QT__OUT_SIZE);
    qt_text_init(&exchange->wrap, exchange->wrap_buffer, QT__WRAP_SIZE);
    return true;
}

bool
qt__exchange_make_symbols(struct qt__exchange *exchange, const struct qt_universe *universe)
{
    exchange->universe = universe;
    uint32_t n = qt_universe_count(exchange->universe);
    exchange->symbols = calloc(n, sizeof(struct qt__symbol));
    exchange->bar_contexts = calloc(n, sizeof(struct qt__bar_context));
    if (!exchange->symbols || !exchange->bar_contexts)
        return false;
    exchange->n_symbols = n;
    for (uint32_t i = 0; i < n; i++) {
        exchange->bar_contexts[i] = (struct qt__bar_context){exchange, i};
        exchange->symbols[i].tape = qt__tape_create(qt_universe_at(exchange->universe, i), on_bar,
                                                    &exchange->bar_contexts[i]);
        if (!exchange->symbols[i].tape)
            return false;
    }
    return true;
}

bool
qt__exchange_listen(struct qt__exchange *exchange, const char *address, int port,
                    struct qt_error *err)
{
    const struct qt_server_options server = {
        .address = address,
        .port = port,
        .max_queue = 8u << 20,
        .context = exchange,
        .request = qt__rest_request,
        .accept = qt__session_accept,
        .message = qt__session_message,
        .drained = qt__session_drained,
        .closed = qt__session_closed,
    };
    exchange->server = qt_server_start(exchange->loop, &server, err);
    return exchange->server || qt_error_add(err, "starting the simulated exchange");
}

void
qt__exchange_begin(struct qt__exchange *exchange)
{
    exchange->now_ns = exchange->clock_ns = exchange->info.start_ns;
    on_tick(exchange);
    on_fast(exchange);
    on_slow(exchange);
}

static void
fill_info(struct qt__exchange *exchange, const struct qt_exchange_server_options *options)
{
    struct qt_exchange_server_info *info = &exchange->info;
    const char *address = options->address ? options->address : "127.0.0.1";
    const char *open = strchr(address, ':') ? "[" : "", *close = *open ? "]" : "";
    info->port = qt_server_port(exchange->server);
    info->symbols = exchange->n_symbols;
    info->start_ns = qt__desk_start_ns(exchange->desk);
    snprintf(info->rest_url, sizeof info->rest_url, "http://%s%.64s%s:%d", open, address, close,
             info->port);
    snprintf(info->stream_url, sizeof info->stream_url, "ws://%s%.64s%s:%d", open, address, close,
             info->port);
    snprintf(info->api_url, sizeof info->api_url, "ws://%s%.64s%s:%d/ws-api/v3", open, address,
             close, info->port);
    /* A market of today is at the wall clock's time when clients first see it: they sign by that. */
    bool is_today = !options->replay && options->start_ns == 0;
    qt_clock_init_scaled(&info->clock, is_today ? qt_now_utc_ns() : info->start_ns,
                         options->speed > 0 ? options->speed : 1.0);
    if (info->clock.speed > 1)
        exchange->limit_clock = info->clock;
    else
        qt_clock_init_scaled(&exchange->limit_clock, qt_now_utc_ns(), 1);
}

static bool
start(struct qt__exchange *exchange, struct qt__exchange *usdm,
      const struct qt_exchange_server_options *options, struct qt_error *err)
{
    const struct qt__desk_listener listener = {.context = exchange,
                                               .trade = qt__exchange_on_trade,
                                               .book = qt__exchange_on_book,
                                               .moved = on_moved,
                                               .time = on_time,
                                               .history = on_history,
                                               .execution = on_execution,
                                               .balances = on_balances,
                                               .day = on_day,
                                               .list = on_list};
    exchange->routes = qt__routes;
    if (!qt__exchange_take_memory(exchange))
        return qt_fail(err, QT_E_MEMORY, "no memory for the simulated exchange");
    if (!make_credentials(exchange, options, err))
        return qt_error_add(err, "starting the simulated exchange");
    int listen_key_s = options->listen_key_s > 0 ? options->listen_key_s : LISTEN_KEY_S;
    int connection_s = options->connection_s > 0 ? options->connection_s : CONNECTION_S;
    exchange->listen_key_ns = listen_key_s * QT_NS_PER_S;
    exchange->connection_ns = connection_s * QT_NS_PER_S;
    qt__weights_init(&exchange->weights,
                     options->weight_limit > 0 ? options->weight_limit : WEIGHT_LIMIT,
                     &qt__spot_orders);
    exchange->desk = qt__desk_create(options, &listener, err);
    exchange->loop = exchange->desk ? qt_loop_create(NULL, err) : NULL;
    if (!exchange->loop)
        return qt_error_add(err, "starting the simulated exchange");
    if (!qt__exchange_make_symbols(exchange, qt__desk_universe(exchange->desk)))
        return qt_fail(err, QT_E_MEMORY, "no memory for the simulated exchange");
    if (!qt__faults_init(exchange, options, err) ||
        !qt__exchange_listen(exchange, options->address, options->port, err))
        return false;
    fill_info(exchange, options);
    if (options->has_usdm && !qt__usdm_start(usdm, exchange, options, err))
        return false;
    exchange->moved = options->has_usdm ? usdm : NULL;
    qt__desk_tell_history(exchange->desk);
    qt__exchange_begin(exchange);
    if (exchange->moved)
        qt__exchange_begin(exchange->moved);
    if (pthread_create(&exchange->thread, NULL, exchange_main, exchange) != 0)
        return qt_fail(err, QT_E_FAILED, "the simulated exchange's thread cannot be started");
    exchange->has_thread = true;
    return true;
}

struct qt_exchange_server *
qt_exchange_server_start(const struct qt_exchange_server_options *options, struct qt_error *err)
{
    struct qt_exchange_server *server = calloc(1, sizeof *server);
    if (!server) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for the simulated exchange");
        return NULL;
    }
    pthread_mutex_init(&server->exchange.lock, NULL);
    if (start(&server->exchange, &server->usdm, options, err))
        return server;
    qt_exchange_server_stop(server);
    return NULL;
}

static void
free_memory(struct qt__exchange *exchange)
{
    void *const blocks[] = {exchange->out_buffer, exchange->news_buffer, exchange->wrap_buffer,
                            exchange->bars,       exchange->prints,      exchange->levels,
                            exchange->orders,     exchange->fills,       exchange->held,
                            exchange->symbols,    exchange->bar_contexts};
    for (size_t i = 0; i < QT_COUNT_OF(blocks); i++)
        free(blocks[i]);
}

void
qt__exchange_end(struct qt__exchange *exchange)
{
    qt_timer_stop(&exchange->tick);
    qt_timer_stop(&exchange->fast);
    qt_timer_stop(&exchange->slow);
    while (exchange->sessions) {
        struct qt__session *session = exchange->sessions;
        exchange->sessions = session->next;
        qt__unsubscribe_all(session);
        free(session);
    }
    qt__faults_finish(exchange);
    qt_server_stop(exchange->server);
    qt__streams_free(exchange);
    for (uint32_t i = 0; i < exchange->n_symbols; i++)
        qt__tape_destroy(exchange->symbols[i].tape);
    free_memory(exchange);
}

void
qt_exchange_server_stop(struct qt_exchange_server *server)
{
    if (!server)
        return;
    struct qt__exchange *exchange = &server->exchange;
    if (exchange->has_thread) {
        atomic_store_explicit(&exchange->is_stopping, true, memory_order_relaxed);
        qt_loop_wake(exchange->loop);
        pthread_join(exchange->thread, NULL);
    }
    qt__exchange_end(&server->usdm);
    qt__usdm_destroy(server->usdm.usdm);
    qt__exchange_end(exchange);
    qt_loop_destroy(exchange->loop);
    qt__desk_destroy(exchange->desk);
    EVP_PKEY_free(exchange->keys.ed25519);
    pthread_mutex_destroy(&exchange->lock);
    free(server);
}

const struct qt_exchange_server_info *
qt_exchange_server_info(const struct qt_exchange_server *server)
{
    return &server->exchange.info;
}

struct qt_exchange_server_stats
qt_exchange_server_stats(struct qt_exchange_server *server)
{
    pthread_mutex_lock(&server->exchange.lock);
    struct qt_exchange_server_stats stats = server->exchange.stats;
    pthread_mutex_unlock(&server->exchange.lock);
    return stats;
}

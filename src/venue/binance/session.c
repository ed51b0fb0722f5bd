/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session as a whole: opening and closing, one turn of work, the engine's ports.
 */
#include "session_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "qtrade/base/time.h"
#include "qtrade/net/url.h"

#define RECV_WINDOW_MAX_MS 60000
#define DAY_MS 86400000
/* 300 connections per 5 minutes and address, with room for others on the same address. */
#define CONNECTS_PER_S 0.8
#define CONNECTS_BURST 60

int64_t
qt__bn_mono(const struct qt_binance *self)
{
    (void)self;
    return qt_now_mono_ns();
}

int64_t
qt__bn_utc(const struct qt_binance *self)
{
    return qt_clock_utc_ns(self->clock);
}

double
qt__bn_speed(const struct qt_binance *self)
{
    return self->clock->speed > 0 ? self->clock->speed : 1;
}

void
qt__bn_push(struct qt_binance *self, struct qt_event *event)
{
    qt_assert(self->sink);
    self->pushed++;
    self->stats.events++;
    self->sink->push(self->sink->self, event);
}

int64_t
qt__bn_connect_stopped_ns(const struct qt_binance *self)
{
    return QT_MAX(qt__bn_rest_stopped_ns(self, false), qt__bn_upgrades_stopped_ns(self));
}

/* Every address is the same venue's, which knows whom it does not want by where he comes from. */
void
qt__bn_note_closed(struct qt_binance *self, const struct qt_ws *ws)
{
    int status = qt_ws_status(ws);
    bool is_stop = status == 418 || (status == 429 && qt_ws_retry_after_s(ws) >= 0);
    if (qt_ws_was_open(ws))
        return;
    qt__bn_outcome(self, QT_OPERATION_STREAM, is_stop); /* it answers */
    if (is_stop)
        qt__bn_upgrades_stop(self, status, qt_ws_retry_after_s(ws));
}

bool
qt__bn_may_connect(struct qt_binance *self, const char *url)
{
    if (qt__bn_connect_stopped_ns(self) > 0 || !qt__bn_may(self, QT_OPERATION_STREAM, NULL))
        return false;
    if (qt_connects_take(self->connects, url, qt__bn_mono(self)))
        return true;
    qt_breaker_forget(&self->operations[QT_OPERATION_STREAM].breaker);
    return false;
}

static void
push_link(struct qt_binance *self, enum qt_link_kind kind)
{
    int64_t now = qt__bn_utc(self);
    struct qt_event event = {.t_venue_ns = now,
                             .t_recv_ns = now,
                             .instrument = QT_NO_INSTRUMENT,
                             .kind = QT_EVENT_LINK,
                             .flags = self->is_key_refused ? QT_EVENT_REFUSED : 0,
                             .link = self->links[kind].now};
    self->links[kind].is_told = true;
    qt__bn_push(self, &event);
}

void
qt__bn_link_tell(struct qt_binance *self, enum qt_link_kind kind, enum qt_link_state state,
                 const char *format, ...)
{
    struct qt_link link = {.kind = (uint8_t)kind, .state = (uint8_t)state};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(link.reason, sizeof link.reason, format, arguments);
    va_end(arguments);
    qt_text_clean(link.reason);
    if (memcmp(&self->links[kind].now, &link, sizeof link) == 0)
        return;
    self->links[kind].now = link;
    self->links[kind].is_told = false;
    if (self->sink)
        push_link(self, kind);
}

/* Opening */

/* Copies an address without a slash at its end, checked. */
static bool
copy_url(const char *text, const char *def, bool is_websocket, char out[QT__BN_URL],
         struct qt_error *err)
{
    struct qt_url url;
    const char *from = text && *text ? text : def;
    size_t n = strlen(from);
    while (n > 0 && from[n - 1] == '/')
        n--;
    if (!qt_copy_n(out, QT__BN_URL, from, n))
        return qt_fail(err, QT_E_CONFIG, "venue address has %zu bytes: at most %d", n,
                       QT__BN_URL - 1);
    if (!qt_url_parse(out, &url, err))
        return false;
    if (url.is_websocket != is_websocket)
        return qt_fail(err, QT_E_CONFIG, "%s: expected %s", out,
                       is_websocket ? "wss://" : "https://");
    if (!url.is_tls && !qt_host_is_loopback(url.host))
        return qt_fail(err, QT_E_CONFIG,
                       "%s: unencrypted addresses must be on this machine (use %s)", out,
                       is_websocket ? "wss://" : "https://");
    return true;
}

static bool
copy_backup(struct qt_binance *self, const char *text, struct qt_error *err)
{
    self->n_sources = text && *text ? 2 : 1;
    return self->n_sources == 1 || copy_url(text, NULL, true, self->backup_ws_url, err) ||
           qt_error_add(err, "the backup address of the streams");
}

static bool
copy_urls(struct qt_binance *self, const struct qt_binance_options *options, struct qt_error *err)
{
    const struct qt__bn_product *product = self->product;
    self->rights_url = self->rest_url;
    if (!copy_url(options->rest_url, product->rest_url, false, self->rest_url, err))
        return false;
    if (product->rights_url && strcmp(self->rest_url, product->rest_url) == 0)
        self->rights_url = product->rights_url; /* a test network has none of its own */
    return copy_url(options->ws_url, product->ws_url, true, self->ws_url, err) &&
           copy_backup(self, options->backup_ws_url, err) &&
           (!product->ws_api_url ||
            copy_url(options->ws_api_url, product->ws_api_url, true, self->ws_api_url, err));
}

static bool
copy_history(struct qt_binance *self, const struct qt_binance_options *options,
             struct qt_error *err)
{
    if (options->n_history > QT_BINANCE_HISTORIES)
        return qt_fail(err, QT_E_CONFIG, "%zu histories: at most %d", options->n_history,
                       QT_BINANCE_HISTORIES);
    for (size_t i = 0; i < options->n_history; i++) {
        struct qt_binance_history row = options->history[i];
        size_t k = self->n_history;
        if (!qt__bn_interval_name(row.period_ns) || row.bars < 1 || row.bars > 1000)
            return qt_fail(err, QT_E_CONFIG, "history of %u bars of %lld s: not one of the venue's",
                           row.bars, (long long)(row.period_ns / QT_NS_PER_S));
        for (; k > 0 && self->history[k - 1].period_ns < row.period_ns; k--)
            self->history[k] = self->history[k - 1];
        self->history[k] = row;
        self->n_history++;
    }
    return true;
}

/* A page of its own that is not swapped out and in no core dump. */
static bool
copy_secrets(struct qt_binance *self, const struct qt_binance_options *options,
             struct qt_error *err)
{
    const char *key = options->key ? options->key : "";
    const char *secret = options->secret ? options->secret : "";
    void *page = mmap(NULL, sizeof *self->secrets, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return qt_fail_errno(err, QT_E_MEMORY, "a page for the key");
    self->secrets = page;
    (void)mlock(page, sizeof *self->secrets); /* RLIMIT_MEMLOCK: then it may be swapped out */
    (void)madvise(page, sizeof *self->secrets, MADV_DONTDUMP);
    if (!*key != !*secret)
        return qt_fail(err, QT_E_CONFIG, "credentials: %s is missing", *key ? "secret" : "key");
    self->has_key = *key != '\0';
    if (!qt_copy(self->secrets->key, sizeof self->secrets->key, key) ||
        !qt_copy(self->secrets->secret, sizeof self->secrets->secret, secret))
        return qt_fail(err, QT_E_CONFIG, "credentials: key or secret is longer than 128 bytes");
    return true;
}

static void
copy_numbers(struct qt_binance *self, const struct qt_binance_options *options)
{
    int window = options->recv_window_ms > 0 ? options->recv_window_ms : 5000;
    qt_clock_init_wall(&self->wall);
    self->clock = options->clock ? options->clock : &self->wall;
    self->recv_window_ms =
        QT_MIN((int64_t)(window * qt__bn_speed(self)), (int64_t)RECV_WINDOW_MAX_MS);
    self->max_symbols = options->max_symbols ? options->max_symbols : 200;
    self->stale_ms = options->stale_ms > 0 ? options->stale_ms : 15000;
    self->reconcile_ms = options->reconcile_ms > 0 ? options->reconcile_ms : 60000;
    self->order_timeout_ms = options->order_timeout_ms > 0 ? options->order_timeout_ms : 5000;
    self->rules_ms = options->rules_ms > 0 ? options->rules_ms : 600000;
    self->rights.every_ms = options->rights_ms > 0 ? options->rights_ms : DAY_MS;
    self->tag = options->tag;
    self->is_simulated = options->is_simulated;
    self->is_account_only = options->is_account_only;
    self->stats.round_trip_ns = -1;
    self->route = (struct qt_event_sink){.self = self, .push = qt__bn_route};
    qt_rng_init(&self->rng, options->seed ? options->seed : (uint64_t)qt_now_mono_ns());
    qt_binance_connects_init(&self->own_connects);
    self->connects = options->connects ? options->connects : &self->own_connects;
    for (int kind = 0; kind < QT_LINK_KINDS; kind++) {
        self->links[kind].now = (struct qt_link){.kind = (uint8_t)kind, .state = QT_LINK_DOWN};
        self->links[kind].is_told = true;
    }
}

static bool
copy_texts(struct qt_binance *self, const struct qt_binance_options *options, struct qt_error *err)
{
    const char *quote = options->quote_asset ? options->quote_asset : "USDT";
    if (!*quote && self->product->class->caps.has_margin) /* positions are of one margin asset */
        return qt_fail(err, QT_E_CONFIG, "%s: venue.quote_asset must name the asset of its margin",
                       self->product->class->name);
    if (!qt_copy(self->quote_asset, sizeof self->quote_asset, quote))
        return qt_fail(err, QT_E_CONFIG, "quote asset %.40s: at most %d bytes", quote,
                       QT_ASSET_SIZE - 1);
    if (!options->symbols || !*options->symbols)
        return true;
    self->wanted = strdup(options->symbols);
    return self->wanted || qt_fail(err, QT_E_MEMORY, "no memory");
}

const char *
qt_binance_rest_url(const struct qt_venue_config *config)
{
    const struct qt_venue_class *class = qt_venue_find(config->name);
    if (config->rest_url[0] || !class)
        return config->rest_url;
    return qt__bn_product_of(class)->rest_url;
}

struct qt_binance_options
qt_binance_options_of(const struct qt_venue_config *config)
{
    const struct qt_binance_history history[] = {
        {QT_NS_PER_HOUR, (unsigned)config->history_1h_bars},
        {15 * QT_NS_PER_MIN, (unsigned)config->history_15m_bars},
        {QT_NS_PER_MIN, (unsigned)config->history_1m_bars},
    };
    struct qt_binance_options options = {.venue_class = qt_venue_find(config->name),
                                         .rest_url = config->rest_url,
                                         .ws_url = config->ws_url,
                                         .backup_ws_url = config->backup_ws_url,
                                         .ws_api_url = config->ws_api_url,
                                         .quote_asset = config->quote_asset,
                                         .symbols = config->symbols,
                                         .max_symbols = (unsigned)config->max_symbols,
                                         .recv_window_ms = (int)config->recv_window_ms,
                                         .stale_ms = (int)config->stale_ms,
                                         .reconcile_ms = (int)config->reconcile_ms};
    for (size_t i = 0; i < QT_COUNT_OF(history); i++)
        if (history[i].bars > 0)
            options.history[options.n_history++] = history[i];
    return options;
}

void
qt_binance_connects_init(struct qt_connects *connects)
{
    qt_connects_init(connects, CONNECTS_PER_S, CONNECTS_BURST);
}

struct qt_binance *
qt_binance_open(const struct qt_binance_options *options, struct qt_error *err)
{
    qt_auto(qt_binance) self = calloc(1, sizeof *self);
    if (!self) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for the venue");
        return NULL;
    }
    self->product =
        qt__bn_product_of(options->venue_class ? options->venue_class : &qt_venue_binance);
    qt_assert(self->product);
    copy_numbers(self, options);
    qt__bn_rest_init(self);
    qt_limiter_restore_ban(&self->limiter, options->banned_until_ns);
    self->banned = options->banned;
    self->banned_context = options->banned_context;
    self->scratch = calloc(QT__BN_LEVELS, sizeof *self->scratch);
    self->signer = qt_signer_create();
    if (!self->scratch || !self->signer) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for the venue");
        return NULL;
    }
    if (!copy_secrets(self, options, err) || !copy_urls(self, options, err) ||
        !copy_texts(self, options, err) || !copy_history(self, options, err))
        return NULL;
    /* One connection stays warm by the clock's questions; bars take some, orders never wait for
     * them. */
    const struct qt_http_options http = {.connections = 12, .idle_ms = 60000};
    self->loop = qt_loop_create(&options->loop, err);
    self->http = self->loop ? qt_http_create(self->loop, &http, err) : NULL;
    return self->http ? qt_steal(&self) : NULL;
}

void
qt_binance_close(struct qt_binance *self)
{
    if (!self)
        return;
    self->sink = NULL;
    qt__bn_rights_stop(self);
    qt__bn_rules_stop(self);
    qt__bn_time_stop(self);
    qt__bn_account_stop(self);
    qt__bn_user_stop(self);
    qt__bn_depth_stop(self);
    qt__bn_history_stop(self);
    qt__bn_market_stop(self);
    qt_http_destroy(self->http);
    qt_loop_destroy(self->loop);
    free(self->symbols);
    free(self->scratch);
    free(self->wanted);
    qt_signer_destroy(self->signer);
    if (self->secrets) {
        qt_venue_credentials_wipe(self->secrets);
        (void)munmap(self->secrets, sizeof *self->secrets);
    }
    free(self);
}

/* Working */

static bool
start(struct qt_binance *self)
{
    self->is_started = true;
    if (!self->is_account_only && !qt__bn_market_start(self))
        return false;
    qt__bn_time_start(self);
    qt__bn_account_start(self);
    qt__bn_user_start(self);
    qt__bn_rules_start(self);
    qt__bn_rights_start(self);
    return true;
}

static int
work(void *context, const struct qt_event_sink *sink, int timeout_ms)
{
    struct qt_binance *self = context;
    qt_assert(self->symbols); /* qt_binance_load_universe comes first */
    self->sink = sink;
    self->pushed = 0;
    bool is_good = self->is_started || start(self);
    for (int kind = 0; is_good && kind < QT_LINK_KINDS; kind++)
        if (!self->links[kind].is_told)
            push_link(self, (enum qt_link_kind)kind);
    if (is_good) {
        qt__bn_time_check(self);
        (void)qt_loop_work(self->loop, self->pushed ? 0 : timeout_ms);
    }
    self->sink = NULL;
    return is_good ? self->pushed : -1;
}

static void
wake(void *context)
{
    struct qt_binance *self = context;
    qt_loop_wake(self->loop);
}

static void
watch_depth(void *context, uint32_t instrument, bool on)
{
    qt__bn_depth_watch(context, instrument, on);
}

static bool
sync_account(void *context)
{
    return qt__bn_account_sync(context);
}

struct qt_feed_port
qt_binance_feed(struct qt_binance *self)
{
    return (struct qt_feed_port){
        .self = self, .work = work, .wake = wake, .watch_depth = watch_depth};
}

struct qt_venue_port
qt_binance_venue(struct qt_binance *self)
{
    return (struct qt_venue_port){.self = self,
                                  .name = self->is_simulated ? "simulated" : self->product->class->name,
                                  .submit = qt__bn_submit,
                                  .cancel = qt__bn_cancel,
                                  .cancel_all = qt__bn_cancel_all,
                                  .query = qt__bn_query,
                                  .sync = sync_account,
                                  .look = qt__bn_look};
}

struct qt_venue_stats
qt_binance_stats(const struct qt_binance *self)
{
    struct qt_venue_stats stats = self->stats;
    stats.banned_until_ns = qt_limiter_banned_until(&self->limiter);
    return stats;
}

qt_money
qt_binance_day_volume(const struct qt_binance *self, uint32_t instrument)
{
    return instrument < self->n_symbols ? self->symbols[instrument].day_volume : (qt_money){-1};
}

/* The classes' session */

static struct qt_universe *
class_load(void *self, int timeout_ms, qt_venue_progress_fn progress, void *context,
           struct qt_error *err)
{
    return qt_binance_load_universe(self, timeout_ms, progress, context, err);
}

static struct qt_feed_port
class_feed(void *self)
{
    return qt_binance_feed(self);
}

static struct qt_venue_port
class_venue(void *self)
{
    return qt_binance_venue(self);
}

static struct qt_venue_stats
class_stats(const void *self)
{
    return qt_binance_stats(self);
}

static void
class_close(void *self)
{
    qt_binance_close(self);
}

const struct qt_session_ops qt__bn_session_ops = {.load_universe = class_load,
                                                  .feed = class_feed,
                                                  .venue = class_venue,
                                                  .stats = class_stats,
                                                  .close = class_close};

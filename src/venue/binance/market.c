/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Market streams: the symbols spread over connections of at most 200 streams, one for each lane of
 * the product, each with its own back-off. A connection is judged by its data, not by its pings
 * (faults F1, F2): without a message for stale_ms it is given up. All together keep below the
 * venue's 300 connections per 5 minutes (fault F8). With a backup address every connection has a
 * twin there (rule B6), which begins later and lives its own life.
 */
#include "session_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "qtrade/base/time.h"

#define WATCHDOG_MS 500
#define BUDGET_WAIT_MS 1000 /* no connection may be opened now */
#define STAGGER_MS 300 /* between the first tries of the backup's connections, and before them */
#define STREAMS_A_MESSAGE 100
#define SYMBOLS_A_LINK (QT__BN_STREAMS / QT__BN_STREAMS_A_SYMBOL)

static void connect_link(struct qt__bn_link *link);

/* Connections of each source that are up; and those that are up at one of them at least. */
static unsigned
count_up(const struct qt_binance *self, unsigned up[QT_SOURCES_MAX])
{
    unsigned covered = 0;
    for (unsigned i = 0; i < self->n_market; i++) {
        bool is_covered = false;
        for (unsigned s = 0; s < self->n_sources; s++) {
            bool is_up = self->market[s * self->n_market + i].is_up;
            up[s] += is_up;
            is_covered |= is_up;
        }
        covered += is_covered;
    }
    return covered;
}

void
qt__bn_market_tell(struct qt_binance *self, const char *why)
{
    unsigned up[QT_SOURCES_MAX] = {0}, covered = count_up(self, up);
    enum qt_link_state state = covered == self->n_market ? QT_LINK_UP
                               : covered > 0             ? QT_LINK_CONNECTING
                                                         : QT_LINK_DOWN;
    if (self->n_sources == 1)
        qt__bn_link_tell(self, QT_LINK_MARKET, state, "%u of %u connections: %s", up[0],
                         self->n_market, why);
    else
        qt__bn_link_tell(self, QT_LINK_MARKET, state, "%u and %u of %u connections: %s", up[0],
                         up[1], self->n_market, why);
}

void
qt__bn_add_lower(struct qt_text *out, const char *symbol)
{
    for (; *symbol; symbol++)
        qt_text_add_char(out,
                         *symbol >= 'A' && *symbol <= 'Z' ? (char)(*symbol - 'A' + 'a') : *symbol);
}

/* {"method":"SUBSCRIBE","params":["btcusdt@bookTicker",..],"id":1}: a page of the link's streams.
 */
static bool
subscribe_page(struct qt__bn_link *link, uint32_t from, uint32_t to)
{
    const struct qt_binance *self = link->self;
    const struct qt__bn_lane *lane = link->lane;
    char buffer[STREAMS_A_MESSAGE * (QT_SYMBOL_SIZE + 16) + 64];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_add(&text, "{\"method\":\"SUBSCRIBE\",\"params\":[");
    for (uint32_t i = from; i < to; i++) {
        uint32_t symbol = link->first + i / lane->n;
        qt_text_add(&text, i > from ? ",\"" : "\"");
        qt__bn_add_lower(&text, qt_universe_at(self->universe, symbol)->symbol);
        qt_text_addf(&text, "%s\"", lane->streams[i % lane->n]);
    }
    qt_text_addf(&text, "],\"id\":%u}", ++link->asked);
    return !text.is_cut && qt_ws_send(link->ws, text.buffer, text.length);
}

/* By messages rather than in the address: 200 names are longer than servers and libraries take
 * there. */
static bool
subscribe(struct qt__bn_link *link)
{
    const uint32_t n = link->count * link->lane->n;
    link->asked = link->answered = 0;
    for (uint32_t from = 0; from < n; from += STREAMS_A_MESSAGE)
        if (!subscribe_page(link, from, QT_MIN(from + STREAMS_A_MESSAGE, n)))
            return false;
    return true;
}

static void
on_timer(void *context)
{
    connect_link(context);
}

static void
link_down(struct qt__bn_link *link, const char *why)
{
    struct qt_binance *self = link->self;
    int64_t wait_ns = qt_backoff_down(&link->backoff, qt__bn_mono(self));
    link->is_up = false;
    qt_ws_destroy(link->ws);
    link->ws = NULL;
    self->stats.reconnects++;
    qt_timer_start(self->loop, &link->timer, wait_ns / QT_NS_PER_MS, on_timer, link);
    qt__bn_market_tell(self, why);
}

/* Bars may have closed while the link was away. */
static void
want_missed_bars(struct qt_binance *self, struct qt__bn_symbol *symbol)
{
    if (symbol->phase == QT__BN_NEW) {
        qt__bn_history_want(self, symbol);
    } else if (symbol->last_bar_ns != QT_TIME_NONE && !symbol->is_filling &&
               qt__bn_time_low(self) >= symbol->last_bar_ns + 2 * QT__BN_BASE_NS) {
        symbol->is_filling = true;
        qt__bn_history_want(self, symbol);
    }
}

static void
link_up(struct qt__bn_link *link)
{
    struct qt_binance *self = link->self;
    link->is_up = true;
    qt_backoff_up(&link->backoff, qt__bn_mono(self));
    qt__bn_market_tell(self, "connected");
    for (uint32_t i = 0; i < link->count; i++)
        want_missed_bars(self, &self->symbols[link->first + i]);
}

static void
on_open(void *context, struct qt_ws *ws)
{
    struct qt__bn_link *link = context;
    (void)ws;
    qt__bn_outcome(link->self, QT_OPERATION_STREAM, true);
    link->data_ns = qt__bn_mono(link->self);
    if (!subscribe(link))
        link_down(link, "the subscription could not be sent");
}

static void
on_answer(struct qt__bn_link *link, const struct qt_decoded *decoded)
{
    char why[64];
    if (decoded->answer_code != 0) {
        snprintf(why, sizeof why, "subscription refused: %d", decoded->answer_code);
        link_down(link, why);
        return;
    }
    link->answered += !link->is_up;
    if (!link->is_up && link->answered == link->asked)
        link_up(link);
}

static void
on_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    struct qt__bn_link *link = context;
    struct qt_decoded decoded;
    (void)ws;
    link->self->source = link->source;
    enum qt_codec_verdict verdict = qt__bn_take(link->self, data, length, &decoded);
    link->self->source = 0;
    if (decoded.kind == QT_MESSAGE_ANSWER)
        on_answer(link, &decoded);
    else if (verdict == QT_CODEC_DECODED ||
             (verdict == QT_CODEC_SKIPPED && decoded.kind == QT_MESSAGE_KLINE))
        link->data_ns = qt__bn_mono(link->self);
}

static void
on_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    struct qt__bn_link *link = context;
    (void)error;
    qt__bn_note_closed(link->self, ws);
    link_down(link, reason);
}

static void
connect_link(struct qt__bn_link *link)
{
    struct qt_binance *self = link->self;
    struct qt_error err;
    const char *base = link->source == 0 ? self->ws_url : self->backup_ws_url;
    if (!qt__bn_may_connect(self, base)) {
        qt_timer_start(self->loop, &link->timer, BUDGET_WAIT_MS, on_timer, link);
        return;
    }
    char url[QT__BN_URL + 16];
    struct qt_text text;
    qt_text_init(&text, url, sizeof url);
    qt_text_addf(&text, "%s%s", base, link->lane->path);
    const struct qt_ws_options options = {
        .url = url, .context = link, .open = on_open, .message = on_message, .closed = on_closed};
    link->ws = qt_ws_create(self->loop, &options, &err);
    if (!link->ws)
        link_down(link, err.text);
}

/* Gives up what says nothing any more. */
static void
on_watchdog(void *context)
{
    struct qt_binance *self = context;
    int64_t now = qt__bn_mono(self), limit = self->stale_ms * QT_NS_PER_MS;
    qt_timer_start(self->loop, &self->watchdog, WATCHDOG_MS, on_watchdog, self);
    for (unsigned i = 0; i < self->n_market * self->n_sources; i++) {
        struct qt__bn_link *link = &self->market[i];
        if (!link->ws || !qt_ws_is_open(link->ws) || now - link->data_ns < limit)
            continue;
        self->stats.stale++;
        link_down(link, "open, but no data");
    }
    qt__bn_depth_check(self);
}

/* The i-th connection of a source: each part of the symbols has one for every lane. */
static void
start_link(struct qt_binance *self, unsigned source, unsigned i)
{
    struct qt__bn_link *link = &self->market[source * self->n_market + i];
    link->self = self;
    link->source = (uint8_t)source;
    link->lane = &self->product->lanes[i % self->product->n_lanes];
    link->first = i / self->product->n_lanes * SYMBOLS_A_LINK;
    link->count = QT_MIN(self->n_symbols - link->first, (uint32_t)SYMBOLS_A_LINK);
    qt__bn_backoff(self, QT_OPERATION_STREAM, &link->backoff);
    if (source == 0)
        connect_link(link);
    else
        qt_timer_start(self->loop, &link->timer, (int64_t)(i + 1) * STAGGER_MS, on_timer, link);
}

bool
qt__bn_market_start(struct qt_binance *self)
{
    self->n_market =
        (self->n_symbols + SYMBOLS_A_LINK - 1) / SYMBOLS_A_LINK * self->product->n_lanes;
    self->market =
        calloc((size_t)QT_MAX(self->n_market, 1u) * self->n_sources, sizeof *self->market);
    if (!self->market)
        return false;
    for (unsigned source = 0; source < self->n_sources; source++)
        for (unsigned i = 0; i < self->n_market; i++)
            start_link(self, source, i);
    qt__bn_link_tell(self, QT_LINK_MARKET, QT_LINK_CONNECTING, "connecting");
    qt_timer_start(self->loop, &self->watchdog, WATCHDOG_MS, on_watchdog, self);
    return true;
}

void
qt__bn_market_stop(struct qt_binance *self)
{
    qt_timer_stop(&self->watchdog);
    for (unsigned i = 0; self->market && i < self->n_market * self->n_sources; i++) {
        qt_timer_stop(&self->market[i].timer);
        qt_ws_destroy(self->market[i].ws);
    }
    free(self->market);
    self->market = NULL;
}

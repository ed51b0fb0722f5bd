/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is sent to the subscribers of streams, and when.
 *
 * Each message is built once a stream and shared by its subscribers (raw, and wrapped for combined
 * connections). Trades, closed klines and user events are never dropped: a client that cannot take
 * them is disconnected by the server's queue. Book tickers, depth, forming klines and tickers are
 * conflated for a client with QT__CONFLATE_BYTES waiting: it gets the newest state when it has
 * caught up; diffs then span everything it missed, so that its update ids stay without a gap.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "usdm_priv.h"

/* Both forms of one message, made when the first subscriber wants them. */
struct message {
    const char *text;
    size_t length;
    struct qt_blob *raw, *combined;
};

static void
message_finish(struct message *message)
{
    qt_blob_unref(message->raw);
    qt_blob_unref(message->combined);
}

static struct qt_blob *
make_combined(const struct qt__stream *stream, const struct message *message)
{
    size_t n = strlen(stream->name) + message->length + 32;
    char *buffer = malloc(n);
    if (!buffer)
        return NULL;
    struct qt_text text;
    qt_text_init(&text, buffer, n);
    qt_text_add(&text, "{\"stream\":\"");
    qt_text_add(&text, stream->name);
    qt_text_add(&text, "\",\"data\":");
    qt_text_add_n(&text, message->text, message->length);
    qt_text_add_char(&text, '}');
    struct qt_blob *blob = qt_blob_create(buffer, text.length);
    free(buffer);
    return blob;
}

static void
send_to(struct qt__exchange *exchange, struct qt__subscription *subscription,
        struct message *message)
{
    bool is_combined = subscription->session->is_combined;
    struct qt_blob **blob = is_combined ? &message->combined : &message->raw;
    if (!*blob)
        *blob = is_combined ? make_combined(subscription->stream, message)
                            : qt_blob_create(message->text, message->length);
    if (*blob)
        qt__faults_deliver(exchange, subscription, *blob);
}

static bool
is_slow(const struct qt__subscription *subscription)
{
    return subscription->is_behind ||
           qt_peer_queued(subscription->session->peer) > QT__CONFLATE_BYTES;
}

/* exchange->news to every subscriber; may_skip: those that are behind are left for later. */
static void
send_news(struct qt__exchange *exchange, struct qt__stream *stream, bool may_skip)
{
    struct message message = {.text = exchange->news.buffer, .length = exchange->news.length};
    for (size_t i = 0; i < stream->n; i++) {
        struct qt__subscription *subscription = stream->subscriptions[i];
        if (may_skip && is_slow(subscription))
            subscription->is_behind = true;
        else
            send_to(exchange, subscription, &message);
    }
    message_finish(&message);
}

/* A slow client keeps what it knows until it has caught up. */
static void
fall_behind(struct qt__subscription *subscription)
{
    if (subscription->is_behind)
        return;
    subscription->told = malloc(sizeof *subscription->told);
    if (!subscription
             ->told) { /* then it is told all the same, and dropped when its queue is full */
        return;
    }
    *subscription->told = *subscription->stream->told;
    subscription->is_behind = true;
}

static void
send_diff(struct qt__exchange *exchange, struct qt__stream *stream)
{
    if (stream->n == 0 || stream->told->id == qt__exchange_book_id(exchange, stream->symbol))
        return;
    for (size_t i = 0; i < stream->n; i++)
        if (is_slow(stream->subscriptions[i]))
            fall_behind(stream->subscriptions[i]);
    struct qt__told *now = malloc(sizeof *now);
    if (!now)
        return; /* the next round's diff spans this one */
    qt__read_book(exchange, stream->symbol, now);
    qt__news_diff(exchange, stream->symbol, stream->told, now);
    struct message message = {.text = exchange->news.buffer, .length = exchange->news.length};
    for (size_t i = 0; i < stream->n; i++)
        if (!stream->subscriptions[i]->is_behind)
            send_to(exchange, stream->subscriptions[i], &message);
    message_finish(&message);
    free(stream->told);
    stream->told = now;
}

void
qt__streams_snapshot(struct qt__exchange *exchange, uint32_t symbol)
{
    for (struct qt__stream *stream = exchange->symbols[symbol].streams; stream;
         stream = stream->next)
        if (stream->kind == QT__STREAM_DEPTH)
            send_diff(exchange, stream);
}

/* BOOK_TICKER and LEVELS: only when the book has changed since. */
static void
send_state(struct qt__exchange *exchange, struct qt__stream *stream)
{
    uint64_t id = qt__exchange_book_id(exchange, stream->symbol);
    if (stream->n == 0 || stream->sent_id == id)
        return;
    stream->previous_id = stream->sent_id;
    stream->sent_id = id;
    if (stream->kind == QT__STREAM_BOOK_TICKER)
        qt__news_best(exchange, stream->symbol);
    else
        qt__news_levels(exchange, stream);
    send_news(exchange, stream, true);
}

static void
send_forming(struct qt__exchange *exchange, struct qt__stream *stream)
{
    if (stream->n == 0 || !stream->is_dirty)
        return;
    stream->is_dirty = false;
    int64_t open_ns = qt__interval_open(stream->arg, exchange->now_ns);
    if (qt__interval_bars(exchange->symbols[stream->symbol].tape, stream->arg, exchange->now_ns,
                          open_ns, INT64_MAX, exchange->bars, 1) == 0)
        return;
    qt__news_kline(exchange, stream, &exchange->bars[0], false);
    send_news(exchange, stream, true);
}

/* Seconds that have ended since the last ones; a newcomer begins with the one before this. */
static void
send_seconds(struct qt__exchange *exchange, struct qt__stream *stream)
{
    int64_t second = exchange->now_ns / QT_NS_PER_S - 1;
    if (stream->n == 0 || (int64_t)stream->sent_id >= second)
        return;
    int64_t first = stream->sent_id ? (int64_t)stream->sent_id + 1 : second;
    size_t n = qt__interval_bars(exchange->symbols[stream->symbol].tape, stream->arg,
                                 exchange->now_ns, first * QT_NS_PER_S, second * QT_NS_PER_S,
                                 exchange->bars, QT__LIST_MAX);
    stream->sent_id = (uint64_t)second;
    for (size_t i = 0; i < n; i++) {
        qt__news_kline(exchange, stream, &exchange->bars[i], true);
        send_news(exchange, stream, false);
    }
}

void
qt__streams_bar(struct qt__exchange *exchange, uint32_t symbol, enum qt_timeframe tf,
                const struct qt_bar *bar)
{
    for (struct qt__stream *stream = exchange->symbols[symbol].streams; stream;
         stream = stream->next) {
        if (stream->kind != QT__STREAM_KLINE || stream->n == 0 ||
            !qt__interval_ends_with(stream->arg, tf, bar->open_ns))
            continue;
        int64_t open_ns = qt__interval_open(stream->arg, bar->open_ns);
        if (qt__interval_bars(exchange->symbols[symbol].tape, stream->arg, exchange->now_ns, open_ns,
                              open_ns, exchange->bars, 1) == 0)
            continue;
        qt__news_kline(exchange, stream, &exchange->bars[0], true);
        send_news(exchange, stream, false);
    }
}

void
qt__streams_trade(struct qt__exchange *exchange, uint32_t symbol,
                  const struct qt_match_print *print)
{
    for (struct qt__stream *stream = exchange->symbols[symbol].streams; stream;
         stream = stream->next) {
        stream->is_dirty = true;
        bool is_aggregate = stream->kind == QT__STREAM_AGG_TRADE;
        if (stream->n == 0 || (stream->kind != QT__STREAM_TRADE && !is_aggregate))
            continue;
        qt__news_trade(exchange, symbol, print, is_aggregate);
        send_news(exchange, stream, false);
    }
}

/* A symbol's row of any kind of ticker. */
static bool
write_ticker(struct qt__exchange *exchange, struct qt_text *out, const struct qt__stream *stream,
             uint32_t symbol)
{
    if (stream->kind == QT__STREAM_AVERAGE)
        return qt__news_average(exchange, out, symbol);
    if (stream->kind == QT__STREAM_WINDOW || stream->kind == QT__STREAM_ALL_WINDOW)
        return qt__news_window(exchange, out, symbol, stream->arg);
    return qt__news_ticker(exchange, out, symbol,
                           stream->kind == QT__STREAM_MINI_TICKER ||
                               stream->kind == QT__STREAM_ALL_MINI_TICKER);
}

/* Tickers of every symbol that has traded since the last time, as one array. */
static void
send_all_tickers(struct qt__exchange *exchange, struct qt__stream *stream)
{
    struct qt_text *out = qt__news_begin(exchange);
    bool is_first = true;
    qt_text_add_char(out, '[');
    for (uint32_t i = 0; i < exchange->n_symbols; i++) {
        if (!exchange->symbols[i].has_traded)
            continue;
        size_t before = out->length;
        qt_text_add(out, is_first ? "" : ",");
        if (write_ticker(exchange, out, stream, i))
            is_first = false;
        else
            out->buffer[out->length = before] = '\0';
    }
    qt_text_add_char(out, ']');
    if (!is_first)
        send_news(exchange, stream, true);
}

static void
send_ticker(struct qt__exchange *exchange, struct qt__stream *stream)
{
    if (stream->n == 0 || !stream->is_dirty)
        return;
    stream->is_dirty = false;
    if (write_ticker(exchange, qt__news_begin(exchange), stream, stream->symbol))
        send_news(exchange, stream, true);
}

/* Marks of perpetuals, every second or every third. */
static void
send_marks(struct qt__exchange *exchange, struct qt__stream *stream)
{
    uint64_t second = (uint64_t)(exchange->now_ns / QT_NS_PER_S);
    if (stream->n == 0 || second < stream->sent_id + (uint64_t)stream->arg)
        return;
    struct qt_text *out = qt__news_begin(exchange);
    bool is_all = stream->kind == QT__STREAM_ALL_MARK;
    uint32_t first = is_all ? 0 : stream->symbol, end = is_all ? exchange->n_symbols : first + 1;
    bool is_empty = true;
    stream->sent_id = second;
    qt_text_add(out, is_all ? "[" : "");
    for (uint32_t i = first; i < end; i++) {
        if (!exchange->symbols[i].has_mark)
            continue;
        qt_text_add(out, is_empty ? "" : ",");
        qt__usdm_write_mark(exchange, out, i);
        is_empty = false;
    }
    qt_text_add(out, is_all ? "]" : "");
    if (!is_empty)
        send_news(exchange, stream, true);
}

void
qt__streams_liquidation(struct qt__exchange *exchange, const struct qt_perp_order *order,
                        const struct qt_perp_fill *fill)
{
    qt__usdm_write_liquidation(exchange, order, fill);
    for (struct qt__stream *stream = exchange->symbols[order->instrument].streams; stream;
         stream = stream->next)
        if (stream->kind == QT__STREAM_LIQUIDATION)
            send_news(exchange, stream, false);
    for (struct qt__stream *stream = exchange->streams; stream; stream = stream->next)
        if (stream->kind == QT__STREAM_ALL_LIQUIDATION)
            send_news(exchange, stream, false);
}

/* What is due when */

void
qt__streams_turn(struct qt__exchange *exchange)
{
    struct qt__stream *all = exchange->streams;
    while (all && all->kind != QT__STREAM_ALL_BOOK_TICKER)
        all = all->next;
    for (uint32_t i = 0; i < exchange->n_symbols; i++) {
        if (!exchange->symbols[i].book_changed)
            continue;
        exchange->symbols[i].book_changed = false;
        for (struct qt__stream *stream = exchange->symbols[i].streams; stream;
             stream = stream->next)
            if (stream->kind == QT__STREAM_BOOK_TICKER)
                send_state(exchange, stream);
        if (all && all->n > 0) {
            qt__news_best(exchange, i);
            send_news(exchange, all, true);
        }
    }
}

static void
due(struct qt__exchange *exchange, struct qt__stream *stream, bool is_fast)
{
    switch (stream->kind) {
    case QT__STREAM_DEPTH:
        if (stream->is_fast == is_fast)
            send_diff(exchange, stream);
        return;
    case QT__STREAM_LEVELS:
        if (stream->is_fast == is_fast)
            send_state(exchange, stream);
        return;
    case QT__STREAM_KLINE:
        if (!is_fast && stream->arg == QT__INTERVAL_SECOND)
            send_seconds(exchange, stream);
        else if (!is_fast)
            send_forming(exchange, stream);
        return;
    case QT__STREAM_MINI_TICKER:
    case QT__STREAM_TICKER:
    case QT__STREAM_WINDOW:
    case QT__STREAM_AVERAGE:
        if (!is_fast)
            send_ticker(exchange, stream);
        return;
    case QT__STREAM_ALL_MINI_TICKER:
    case QT__STREAM_ALL_TICKER:
    case QT__STREAM_ALL_WINDOW:
        if (!is_fast && stream->n > 0)
            send_all_tickers(exchange, stream);
        return;
    case QT__STREAM_MARK:
    case QT__STREAM_ALL_MARK:
        if (!is_fast)
            send_marks(exchange, stream);
        return;
    case QT__STREAM_LIQUIDATION:
    case QT__STREAM_ALL_LIQUIDATION:
    case QT__STREAM_TRADE:
    case QT__STREAM_AGG_TRADE:
    case QT__STREAM_BOOK_TICKER:
    case QT__STREAM_ALL_BOOK_TICKER:
    case QT__STREAM_USER:
    case QT__STREAM_SILENT:
    case QT__STREAM_KINDS:
        return;
    }
}

static void
all_due(struct qt__exchange *exchange, bool is_fast)
{
    for (uint32_t i = 0; i < exchange->n_symbols; i++)
        for (struct qt__stream *stream = exchange->symbols[i].streams; stream;
             stream = stream->next)
            due(exchange, stream, is_fast);
    for (struct qt__stream *stream = exchange->streams; stream; stream = stream->next)
        due(exchange, stream, is_fast);
}

void
qt__streams_fast(struct qt__exchange *exchange)
{
    all_due(exchange, true);
}

void
qt__streams_slow(struct qt__exchange *exchange)
{
    all_due(exchange, false);
    for (uint32_t i = 0; i < exchange->n_symbols; i++)
        exchange->symbols[i].has_traded = false;
}

/* One subscription of a client that had been behind. */
static void
catch_up(struct qt__exchange *exchange, struct qt__subscription *subscription)
{
    struct qt__stream *stream = subscription->stream;
    struct message message = {0};
    subscription->is_behind = false;
    if (stream->kind == QT__STREAM_DEPTH && subscription->told) {
        if (subscription->told->id != stream->told->id) {
            qt__news_diff(exchange, stream->symbol, subscription->told, stream->told);
            message.text = exchange->news.buffer;
        }
        free(subscription->told);
        subscription->told = NULL;
    } else if (stream->kind == QT__STREAM_BOOK_TICKER) {
        qt__news_best(exchange, stream->symbol);
        message.text = exchange->news.buffer;
    } else if (stream->kind == QT__STREAM_LEVELS) {
        qt__news_levels(exchange, stream);
        message.text = exchange->news.buffer;
    } /* klines and tickers come again by themselves */
    message.length = exchange->news.length;
    if (message.text)
        send_to(exchange, subscription, &message);
    message_finish(&message);
}

void
qt__streams_catch_up(struct qt__session *session)
{
    for (struct qt__subscription *subscription = session->subscriptions; subscription;
         subscription = subscription->next)
        if (subscription->is_behind)
            catch_up(session->exchange, subscription);
}

/* User events */

void
qt__streams_user(struct qt__exchange *exchange)
{
    for (struct qt__stream *stream = exchange->streams; stream; stream = stream->next)
        if (stream->kind == QT__STREAM_USER && stream->n > 0)
            send_news(exchange, stream, false);
    for (struct qt__session *session = exchange->sessions; session; session = session->next) {
        if (!session->has_user_events || qt__faults_strike(exchange, QT_FAULT_DROP_USER))
            continue;
        struct qt_text *out = &exchange->wrap;
        qt_text_clear(out);
        qt_text_addf(out,
                     "{\"subscriptionId\":%lld,\"event\":", (long long)session->subscription_id);
        qt_text_add_n(out, exchange->news.buffer, exchange->news.length);
        qt_text_add_char(out, '}');
        int times = qt__faults_strike(exchange, QT_FAULT_DUPLICATE) ? 2 : 1;
        for (int i = 0; i < times; i++)
            exchange->messages += qt_peer_send_text(session->peer, out->buffer, out->length);
    }
}

void
qt__streams_end_user(struct qt__exchange *exchange, const char *key)
{
    for (struct qt__stream *stream = exchange->streams; stream; stream = stream->next) {
        if (stream->kind != QT__STREAM_USER || strcmp(stream->name, key) != 0)
            continue;
        struct qt_text *out = qt__news_begin(exchange);
        qt_text_addf(out, "{\"e\":\"listenKeyExpired\",\"E\":%lld,\"listenKey\":\"%s\"}",
                     (long long)qt__exchange_ms(exchange), key);
        send_news(exchange, stream, false);
        stream->kind = QT__STREAM_SILENT;
        return;
    }
}

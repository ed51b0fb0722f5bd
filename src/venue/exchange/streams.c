/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of streams and who listens to them.
 *
 * How to add a stream: a row in symbol_streams or all_streams, its kind in exchange_priv.h, its
 * text in news.c, its time in push.c.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "news_priv.h"

/* Spot's and the perpetuals' names. */
static const struct symbol_stream {
    const char *name;
    enum qt__stream_kind kind;
    int arg;
    bool is_fast;
} symbol_streams[] = {
    {"trade", QT__STREAM_TRADE, 0, false},
    {"aggTrade", QT__STREAM_AGG_TRADE, 0, false},
    {"bookTicker", QT__STREAM_BOOK_TICKER, 0, false},
    {"depth", QT__STREAM_DEPTH, 0, false},
    {"depth@1000ms", QT__STREAM_DEPTH, 0, false},
    {"depth@100ms", QT__STREAM_DEPTH, 0, true},
    {"depth5", QT__STREAM_LEVELS, 5, false},
    {"depth10", QT__STREAM_LEVELS, 10, false},
    {"depth20", QT__STREAM_LEVELS, 20, false},
    {"depth5@100ms", QT__STREAM_LEVELS, 5, true},
    {"depth10@100ms", QT__STREAM_LEVELS, 10, true},
    {"depth20@100ms", QT__STREAM_LEVELS, 20, true},
    {"miniTicker", QT__STREAM_MINI_TICKER, 0, false},
    {"ticker", QT__STREAM_TICKER, 0, false},
    {"ticker_1h", QT__STREAM_WINDOW, 1, false},
    {"ticker_4h", QT__STREAM_WINDOW, 4, false},
    {"ticker_1d", QT__STREAM_WINDOW, 24, false},
    {"avgPrice", QT__STREAM_AVERAGE, 0, false},
    {0},
}, usdm_symbol_streams[] = {
    {"trade", QT__STREAM_TRADE, 0, false},
    {"aggTrade", QT__STREAM_AGG_TRADE, 0, false},
    {"bookTicker", QT__STREAM_BOOK_TICKER, 0, false},
    {"depth", QT__STREAM_DEPTH, 0, true},
    {"depth@100ms", QT__STREAM_DEPTH, 0, true},
    {"depth@250ms", QT__STREAM_DEPTH, 0, true},
    {"depth@500ms", QT__STREAM_DEPTH, 0, true},
    {"depth@0ms", QT__STREAM_DEPTH, 0, true},
    {"depth5", QT__STREAM_LEVELS, 5, true},
    {"depth10", QT__STREAM_LEVELS, 10, true},
    {"depth20", QT__STREAM_LEVELS, 20, true},
    {"depth5@100ms", QT__STREAM_LEVELS, 5, true},
    {"depth10@100ms", QT__STREAM_LEVELS, 10, true},
    {"depth20@100ms", QT__STREAM_LEVELS, 20, true},
    {"depth5@500ms", QT__STREAM_LEVELS, 5, true},
    {"depth10@500ms", QT__STREAM_LEVELS, 10, true},
    {"depth20@500ms", QT__STREAM_LEVELS, 20, true},
    {"miniTicker", QT__STREAM_MINI_TICKER, 0, false},
    {"ticker", QT__STREAM_TICKER, 0, false},
    {"markPrice", QT__STREAM_MARK, 3, false},
    {"markPrice@1s", QT__STREAM_MARK, 1, false},
    {"forceOrder", QT__STREAM_LIQUIDATION, 0, false},
    {0},
};

static const struct all_stream {
    const char *name;
    enum qt__stream_kind kind;
    int arg;
} all_streams[] = {
    {"!miniTicker@arr", QT__STREAM_ALL_MINI_TICKER, 0}, {"!ticker@arr", QT__STREAM_ALL_TICKER, 0},
    {"!ticker_1h@arr", QT__STREAM_ALL_WINDOW, 1},       {"!ticker_4h@arr", QT__STREAM_ALL_WINDOW, 4},
    {"!ticker_1d@arr", QT__STREAM_ALL_WINDOW, 24},      {"!bookTicker", QT__STREAM_ALL_BOOK_TICKER, 0},
    {0},
}, usdm_all_streams[] = {
    {"!miniTicker@arr", QT__STREAM_ALL_MINI_TICKER, 0}, {"!ticker@arr", QT__STREAM_ALL_TICKER, 0},
    {"!bookTicker", QT__STREAM_ALL_BOOK_TICKER, 0},     {"!markPrice@arr", QT__STREAM_ALL_MARK, 3},
    {"!markPrice@arr@1s", QT__STREAM_ALL_MARK, 1},      {"!forceOrder@arr", QT__STREAM_ALL_LIQUIDATION, 0},
    {0},
};

static bool
is_listen_key(const struct qt__exchange *exchange, const char *name)
{
    for (size_t i = 0; i < QT__LISTEN_KEYS; i++)
        if (exchange->listen_keys[i].text[0] && strcmp(exchange->listen_keys[i].text, name) == 0)
            return true;
    return false;
}

/* What a name stands for; a name that stands for nothing is a silent stream. */
static void
parse_name(struct qt__exchange *exchange, struct qt__stream *stream)
{
    const char *at = strchr(stream->name, '@');
    stream->kind = QT__STREAM_SILENT;
    stream->symbol = QT_NO_INSTRUMENT;
    for (const struct all_stream *row = exchange->usdm ? usdm_all_streams : all_streams; row->name; row++)
        if (strcmp(stream->name, row->name) == 0) {
            stream->kind = row->kind;
            stream->arg = row->arg;
        }
    if (is_listen_key(exchange, stream->name))
        stream->kind = QT__STREAM_USER;
    if (!at || stream->kind != QT__STREAM_SILENT)
        return;
    for (const char *p = stream->name; p < at; p++)
        if (isupper((unsigned char)*p))
            return; /* Binance's stream names are lower case */
    uint32_t symbol = qt__exchange_find(exchange, stream->name, (size_t)(at - stream->name));
    static const char kline[] = "@kline_";
    int interval = qt_starts_with(at, kline)
                       ? qt__interval_of_name(at + sizeof kline - 1, strlen(at + sizeof kline - 1))
                       : -1;
    if (symbol != QT_NO_INSTRUMENT && interval >= 0) {
        stream->kind = QT__STREAM_KLINE;
        stream->arg = interval;
        stream->symbol = symbol;
    }
    const struct symbol_stream *row = exchange->usdm ? usdm_symbol_streams : symbol_streams;
    for (; symbol != QT_NO_INSTRUMENT && row->name; row++) {
        if (strcmp(at + 1, row->name) != 0)
            continue;
        stream->kind = row->kind;
        stream->arg = row->arg;
        stream->is_fast = row->is_fast;
        stream->symbol = symbol;
    }
}

static struct qt__stream **
list_of(struct qt__exchange *exchange, uint32_t symbol)
{
    return symbol == QT_NO_INSTRUMENT ? &exchange->streams : &exchange->symbols[symbol].streams;
}

static struct qt__stream *
find_stream(struct qt__exchange *exchange, const struct qt__stream *like)
{
    struct qt__stream *stream = *list_of(exchange, like->symbol);
    while (stream && strcmp(stream->name, like->name) != 0)
        stream = stream->next;
    return stream;
}

/* The stream of a name, made when it is new. NULL: no memory. */
static struct qt__stream *
get_stream(struct qt__exchange *exchange, const char *name, size_t length)
{
    struct qt__stream like = {0};
    (void)qt_copy_n(like.name, sizeof like.name, name, length);
    parse_name(exchange, &like);
    struct qt__stream *stream = find_stream(exchange, &like);
    if (stream)
        return stream;
    stream = malloc(sizeof *stream);
    if (!stream)
        return NULL;
    *stream = like;
    if (stream->kind == QT__STREAM_DEPTH) {
        stream->told = malloc(sizeof *stream->told);
        if (!stream->told) {
            free(stream);
            return NULL;
        }
    }
    struct qt__stream **list = list_of(exchange, stream->symbol);
    stream->next = *list;
    *list = stream;
    return stream;
}

static bool
add_subscriber(struct qt__stream *stream, struct qt__subscription *subscription)
{
    if (stream->n == stream->capacity) {
        size_t capacity = stream->capacity ? stream->capacity * 2 : 2;
        struct qt__subscription **grown =
            realloc(stream->subscriptions, capacity * sizeof(struct qt__subscription *));
        if (!grown)
            return false;
        stream->subscriptions = grown;
        stream->capacity = capacity;
    }
    stream->subscriptions[stream->n++] = subscription;
    return true;
}

static struct qt__subscription *
find_subscription(struct qt__session *session, const char *name, size_t length)
{
    struct qt__subscription *subscription = session->subscriptions;
    while (subscription && (strlen(subscription->stream->name) != length ||
                            memcmp(subscription->stream->name, name, length) != 0))
        subscription = subscription->next;
    return subscription;
}

bool
qt__subscribe(struct qt__session *session, const char *name, size_t length)
{
    struct qt__exchange *exchange = session->exchange;
    if (length == 0 || find_subscription(session, name, length))
        return true;
    if (session->n >= QT__STREAMS_A_SESSION || length >= QT__STREAM_NAME)
        return false;
    struct qt__subscription *subscription = calloc(1, sizeof *subscription);
    struct qt__stream *stream = subscription ? get_stream(exchange, name, length) : NULL;
    if (!stream || !add_subscriber(stream, subscription)) {
        free(subscription);
        return false;
    }
    if (stream->kind == QT__STREAM_DEPTH && stream->n == 1)
        qt__read_book(exchange, stream->symbol, stream->told); /* nobody knows older news */
    stream->sent_id = 0; /* the state is told to the newcomer in the next round */
    stream->is_dirty = true;
    if (stream->kind == QT__STREAM_BOOK_TICKER)
        exchange->symbols[stream->symbol].book_changed = true;
    *subscription = (struct qt__subscription){
        .session = session, .stream = stream, .next = session->subscriptions};
    session->subscriptions = subscription;
    session->n++;
    return true;
}

/* Silent and user streams nobody listens to are forgotten: their names come from outside. */
static void
drop_if_unused(struct qt__exchange *exchange, struct qt__stream *stream)
{
    if (stream->n > 0 || (stream->kind != QT__STREAM_SILENT && stream->kind != QT__STREAM_USER))
        return;
    struct qt__stream **link = list_of(exchange, stream->symbol);
    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
    free(stream->subscriptions);
    free(stream);
}

static void
end_subscription(struct qt__exchange *exchange, struct qt__subscription *subscription)
{
    struct qt__stream *stream = subscription->stream;
    for (size_t i = 0; i < stream->n; i++)
        if (stream->subscriptions[i] == subscription) {
            stream->subscriptions[i] = stream->subscriptions[--stream->n];
            break;
        }
    free(subscription->told);
    qt_blob_unref(subscription->late);
    free(subscription);
    drop_if_unused(exchange, stream);
}

bool
qt__unsubscribe(struct qt__session *session, const char *name, size_t length)
{
    struct qt__subscription *subscription = find_subscription(session, name, length);
    if (!subscription)
        return false;
    struct qt__subscription **link = &session->subscriptions;
    while (*link != subscription)
        link = &(*link)->next;
    *link = subscription->next;
    session->n--;
    end_subscription(session->exchange, subscription);
    return true;
}

void
qt__unsubscribe_all(struct qt__session *session)
{
    while (session->subscriptions) {
        struct qt__subscription *subscription = session->subscriptions;
        session->subscriptions = subscription->next;
        end_subscription(session->exchange, subscription);
    }
    session->n = 0;
}

static void
free_list(struct qt__stream *stream)
{
    while (stream) {
        struct qt__stream *next = stream->next;
        free(stream->subscriptions);
        free(stream->told);
        free(stream);
        stream = next;
    }
}

void
qt__streams_free(struct qt__exchange *exchange)
{
    for (uint32_t i = 0; exchange->symbols && i < exchange->n_symbols; i++)
        free_list(exchange->symbols[i].streams);
    free_list(exchange->streams);
    exchange->streams = NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The account's stream, by whichever way the server offers (conventions, section 3): a listen key
 * over REST, kept alive every 30 minutes, or where that is gone (404, 410 ...) a subscription with
 * a signature over the WebSocket API. After every gap the account is read whole (fault F9). A try
 * that only has to wait, for the budget or the end of a ban, does not lengthen the back-off.
 */
#include "session_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "qtrade/base/time.h"

#define KEEP_ALIVE_MS (30 * 60 * 1000)
#define REFUSED_MS (5 * 60 * 1000) /* a refused key is not tried more often */
#define SUBSCRIBE_MS 10000
#define SUBSCRIBE_ID 1

static void begin(struct qt_binance *self);

static void
on_retry(void *context)
{
    begin(context);
}

static void
retry_in(struct qt_binance *self, const char *why, int64_t wait_ms)
{
    struct qt__bn_user *user = &self->user;
    user->state = QT__BN_USER_WAIT;
    user->generation++;
    qt_timer_stop(&user->keep_alive);
    qt_ws_destroy(user->ws);
    user->ws = NULL;
    self->stats.reconnects++;
    qt_timer_start(self->loop, &user->retry, wait_ms, on_retry, self);
    qt__bn_link_tell(self, QT_LINK_USER, QT_LINK_DOWN, "%s", why);
}

static void
user_down(struct qt_binance *self, const char *why)
{
    int64_t wait_ns = qt_backoff_down(&self->user.backoff, qt__bn_mono(self));
    retry_in(self, why, self->is_key_refused ? REFUSED_MS : wait_ns / QT_NS_PER_MS);
}

static void
user_up(struct qt_binance *self)
{
    struct qt__bn_user *user = &self->user;
    user->state = QT__BN_USER_UP;
    qt_timer_stop(&user->retry);
    qt_backoff_up(&user->backoff, qt__bn_mono(self));
    qt__bn_link_tell(self, QT_LINK_USER, QT_LINK_UP, "%s",
                     user->uses_api ? "subscribed by signature" : "connected by listen key");
    qt__bn_rights_again(self);
    (void)qt__bn_account_sync(self);
}

/* Listen key */

static void
on_kept(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    if (call->generation != call->self->user.generation || answer->is_good)
        return;
    if (answer->code == -1125 || answer->verdict == QT_VENUE_AUTH)
        user_down(call->self, "the listen key is gone");
}

static void
on_keep_alive(void *context)
{
    struct qt_binance *self = context;
    char buffer[160];
    struct qt_text query;
    qt_text_init(&query, buffer, sizeof buffer);
    qt_text_addf(&query, "listenKey=%s", self->user.listen_key);
    const struct qt__bn_request request = {.what = QT__BN_KEEP, .query = query.buffer,
                                           .done = on_kept,
                                           .generation = self->user.generation};
    bool is_sent = qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
    qt_timer_start(self->loop, &self->user.keep_alive, is_sent ? KEEP_ALIVE_MS : 60000,
                   on_keep_alive, self);
}

/* Socket */

static void
on_late(void *context)
{
    user_down(context, "no answer to the subscription");
}

/* {"id":1,"method":"userDataStream.subscribe.signature","params":{..}}; signed: the parameters
 * sorted by name. */
static bool
subscribe(struct qt_binance *self)
{
    char buffer[512], message[1024], signature[QT_SIGNATURE_TEXT];
    struct qt_text text;
    const struct qt_venue_credentials *secrets = self->secrets;
    long long window = self->recv_window_ms, stamp = qt__bn_time_low(self) / QT_NS_PER_MS;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_addf(&text, "apiKey=%s&recvWindow=%lld&timestamp=%lld", secrets->key, window, stamp);
    if (text.is_cut ||
        !qt_signer_sign(self->signer, secrets->secret, text.buffer, text.length, signature))
        return false;
    int n = snprintf(message, sizeof message,
                     "{\"id\":%d,\"method\":\"userDataStream.subscribe.signature\",\"params\":{"
                     "\"apiKey\":\"%s\",\"recvWindow\":%lld,\"timestamp\":%lld,\"signature\":"
                     "\"%s\"}}",
                     SUBSCRIBE_ID, secrets->key, window, stamp, signature);
    return n > 0 && (size_t)n < sizeof message && qt_ws_send(self->user.ws, message, (size_t)n);
}

static void
on_open(void *context, struct qt_ws *ws)
{
    struct qt_binance *self = context;
    (void)ws;
    qt__bn_outcome(self, QT_OPERATION_STREAM, true);
    if (!self->user.uses_api) {
        qt_timer_start(self->loop, &self->user.keep_alive, KEEP_ALIVE_MS, on_keep_alive, self);
        user_up(self);
    } else if (subscribe(self)) {
        qt_timer_start(self->loop, &self->user.retry, SUBSCRIBE_MS, on_late, self);
    } else {
        user_down(self, "the subscription could not be sent");
    }
}

static void
on_subscribed(struct qt_binance *self, const struct qt_decoded *decoded)
{
    char why[64];
    if (self->user.state != QT__BN_USER_OPENING || decoded->answer_id != SUBSCRIBE_ID)
        return;
    if (decoded->answer_code == 0) {
        user_up(self);
        return;
    }
    const struct qt_venue_error *row = qt_venue_error_find(self->product->class, decoded->answer_code);
    self->is_key_refused |= row && row->verdict == QT_VENUE_AUTH;
    if (row && row->verdict == QT_VENUE_CLOCK)
        qt__bn_time_again(self);
    if (row && row->verdict == QT_VENUE_BANNED)
        qt__bn_rest_stop(self, 418, -1, false); /* or a 429: which is not said here */
    snprintf(why, sizeof why, "subscription refused: %d", decoded->answer_code);
    user_down(self, why);
}

/* An account that is traded at leverage 1 never gets near one: something else happens on it. */
static void
margin_call(struct qt_binance *self)
{
    int64_t now = qt__bn_utc(self);
    struct qt_event event = {.t_venue_ns = now,
                             .t_recv_ns = now,
                             .instrument = QT_NO_INSTRUMENT,
                             .kind = QT_EVENT_COMMAND,
                             .command = {.kind = QT_COMMAND_PAUSE,
                                         .source = QT_SOURCE_ENGINE,
                                         .reason = "the venue calls for margin"}};
    qt__bn_push(self, &event);
    (void)qt__bn_account_sync(self);
}

static void
on_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    struct qt_binance *self = context;
    struct qt_decoded decoded;
    (void)ws;
    if (qt__bn_take(self, data, length, &decoded) != QT_CODEC_DECODED)
        return;
    if (decoded.kind == QT_MESSAGE_ANSWER)
        on_subscribed(self, &decoded);
    else if (decoded.kind == QT_MESSAGE_USER_END)
        user_down(self, "the venue ended the stream");
    else if (decoded.kind == QT_MESSAGE_MARGIN_CALL)
        margin_call(self);
}

static void
on_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    struct qt_binance *self = context;
    (void)error;
    qt__bn_note_closed(self, ws);
    user_down(self, reason);
}

static void
open_socket(struct qt_binance *self)
{
    struct qt__bn_user *user = &self->user;
    char url[QT__BN_URL + 160];
    struct qt_error err;
    struct qt_text text;
    int64_t stopped_ns = QT_MAX(qt__bn_connect_stopped_ns(self), /* and what follows is a request */
                                qt__bn_rest_stopped_ns(self, user->uses_api));
    if (stopped_ns > 0) {
        retry_in(self, "the venue wants no request now", stopped_ns / QT_NS_PER_MS + 1);
        return;
    }
    if (!qt__bn_may_connect(self, user->uses_api ? self->ws_api_url : self->ws_url)) {
        user_down(self, "too many connections for now");
        return;
    }
    qt_text_init(&text, url, sizeof url);
    if (user->uses_api)
        qt_text_add(&text, self->ws_api_url);
    else
        qt_text_addf(&text, "%s%s%s", self->ws_url, self->product->user_path, user->listen_key);
    const struct qt_ws_options options = {
        .url = url, .context = self, .open = on_open, .message = on_message, .closed = on_closed};
    user->state = QT__BN_USER_OPENING;
    user->ws = qt_ws_create(self->loop, &options, &err);
    if (!user->ws)
        user_down(self, err.text);
}

/* Has the server no listen keys any more? */
static bool
is_gone(const struct qt__bn_answer *answer)
{
    return answer->status == 404 || answer->status == 410 || answer->status == 405;
}

static void
on_listen_key(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = call->self;
    struct qt__bn_user *user = &self->user;
    if (call->generation != user->generation)
        return;
    if (answer->is_good && qt__bn_decode_listen_key(answer->body, answer->length, user->listen_key,
                                                    sizeof user->listen_key)) {
        open_socket(self);
    } else if (is_gone(answer) && self->product->ws_api_url) {
        user->uses_api = true;
        open_socket(self);
    } else if (!answer->is_good && answer->verdict == QT_VENUE_BANNED) {
        retry_in(self, answer->text, 1); /* the limiter knows when the ban ends */
    } else {
        user_down(self, answer->is_good ? "no listen key in the answer" : answer->text);
    }
}

static void
begin(struct qt_binance *self)
{
    struct qt__bn_user *user = &self->user;
    const struct qt__bn_request request = {.what = QT__BN_LISTEN,
                                           .done = on_listen_key,
                                           .generation = user->generation};
    qt__bn_link_tell(self, QT_LINK_USER, QT_LINK_CONNECTING, "connecting");
    if (user->uses_api) {
        open_socket(self);
        return;
    }
    user->state = QT__BN_USER_KEY;
    int64_t wait_ns;
    switch (qt__bn_rest_send(self, &request, &wait_ns)) {
    case QT__BN_SENT:
        break;
    case QT__BN_WAIT:
    case QT__BN_BANNED:
        retry_in(self, "no budget for the listen key", wait_ns / QT_NS_PER_MS + 1);
        break;
    case QT__BN_NOT_SENT:
        user_down(self, "the listen key could not be asked for");
        break;
    }
}

void
qt__bn_user_start(struct qt_binance *self)
{
    qt__bn_backoff(self, QT_OPERATION_STREAM, &self->user.backoff);
    if (self->has_key)
        begin(self);
    else
        qt__bn_link_tell(self, QT_LINK_USER, QT_LINK_DOWN, "no key: market data only");
}

void
qt__bn_user_stop(struct qt_binance *self)
{
    qt_timer_stop(&self->user.retry);
    qt_timer_stop(&self->user.keep_alive);
    qt_ws_destroy(self->user.ws);
    self->user.ws = NULL;
}

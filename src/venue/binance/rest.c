/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests: the venue's budget before, its verdict after. A share of every budget is kept for
 * cancels. A 429 stops everything but cancels until Retry-After has passed, and when a cancel is
 * answered so, cancels too. A 418 is a ban, which the venue lengthens for whoever goes on asking:
 * nothing leaves, neither what waits in line nor a new connection. Both may come as the answer to a
 * WebSocket's upgrade too (fault O10).
 */
#include "session_priv.h"

#include <stdarg.h>
#include <stdio.h>

#include "qtrade/base/time.h"

#define QUERY_MAX 1024 /* bytes of a signed request's parameters */
#define URL_MAX (QT__BN_URL + 64 + 4096)
#define BAN_DEFAULT_S 60 /* a 418 or 429 without Retry-After */
#define CALLS_FOR_CANCELS 32

void
qt__bn_rest_init(struct qt_binance *self)
{
    if (self->clock->speed > 1)
        self->limiter_clock = *self->clock;
    else
        qt_clock_init_scaled(&self->limiter_clock, qt_now_utc_ns(), 1);
    qt_limiter_init(&self->limiter, self->product->class->limits,
                    self->product->class->n_limits);
    qt__bn_breakers_init(self);
}

/* The venue counts minutes of its clock; steps of the wall clock do not matter. */
int64_t
qt__bn_limiter_now(const struct qt_binance *self)
{
    return qt_clock_utc_ns(&self->limiter_clock);
}

void
qt__bn_rest_rules(struct qt_binance *self, const struct qt__bn_rate_rules *rules)
{
    struct qt_limiter fresh;
    if (rules->n == 0)
        return;
    qt_limiter_init(&fresh, rules->limits, rules->n);
    fresh.waits = self->limiter.waits;
    fresh.bans = self->limiter.bans;
    fresh.banned_until_ns = self->limiter.banned_until_ns;
    fresh.paused_until_ns = self->limiter.paused_until_ns;
    self->limiter = fresh;
}

static struct qt__bn_call *
take_call(struct qt_binance *self, bool is_cancel)
{
    size_t most = is_cancel ? QT__BN_CALLS : QT__BN_CALLS - CALLS_FOR_CANCELS;
    for (size_t i = 0; i < most; i++)
        if (!self->calls[i].is_used)
            return &self->calls[i];
    return NULL;
}

static bool
is_any(void *context)
{
    (void)context;
    return true;
}

static bool
is_no_cancel(void *context)
{
    return ((const struct qt__bn_call *)context)->operation != QT_OPERATION_CANCEL;
}

void
qt__bn_rest_stop(struct qt_binance *self, int status, int64_t retry_after_s, bool spares_cancels)
{
    int64_t seconds = retry_after_s > 0 ? retry_after_s : BAN_DEFAULT_S;
    int64_t now = qt__bn_limiter_now(self);
    if (spares_cancels)
        qt_limiter_pause(&self->limiter, now, seconds);
    else
        qt_limiter_ban(&self->limiter, now, seconds);
    (void)qt_http_call_off(self->http, spares_cancels ? is_no_cancel : is_any,
                           "called off: the venue wants no request now");
    self->stats.bans++;
    if (self->banned)
        self->banned(self->banned_context, qt_limiter_banned_until(&self->limiter));
    qt__bn_link_tell(self, QT_LINK_REST, QT_LINK_DOWN, "HTTP %d: %s for %lld s", status,
                     spares_cancels ? "only cancels" : "no request", (long long)seconds);
}

static void
note_limits(struct qt_binance *self, const struct qt_http_response *response)
{
    int64_t now = qt__bn_limiter_now(self);
    if (response->used_weight_1m >= 0)
        qt_limiter_seen(&self->limiter, now, QT_LIMIT_WEIGHT, QT_NS_PER_MIN,
                        response->used_weight_1m);
    if (response->order_count_10s >= 0)
        qt_limiter_seen(&self->limiter, now, QT_LIMIT_ORDERS, 10 * QT_NS_PER_S,
                        response->order_count_10s);
    if (response->order_count_1d >= 0)
        qt_limiter_seen(&self->limiter, now, QT_LIMIT_ORDERS, QT_NS_PER_DAY,
                        response->order_count_1d);
}

/* What the failure means for the session as a whole. */
static void
note_failure(struct qt_binance *self, const struct qt__bn_answer *answer)
{
    self->stats.request_errors++;
    switch (answer->verdict) {
    case QT_VENUE_AUTH:
        self->is_key_refused = true;
        qt__bn_link_tell(self, QT_LINK_REST, QT_LINK_DOWN, "key refused: %d %s", answer->code,
                         answer->text);
        break;
    case QT_VENUE_CLOCK:
        qt__bn_time_again(self);
        break;
    case QT_VENUE_UNKNOWN:
        self->stats.unknown_fates++;
        qt__bn_link_tell(self, QT_LINK_REST, QT_LINK_DOWN, "%s", answer->text);
        break;
    case QT_VENUE_RETRY:
        if (answer->status == 0 || answer->status >= 500)
            qt__bn_link_tell(self, QT_LINK_REST, QT_LINK_DOWN, "%s", answer->text);
        break;
    case QT_VENUE_BANNED:
    case QT_VENUE_REJECTED:
    case QT_VENUE_NOT_FOUND:
    case QT_VENUE_VERDICTS:
        break;
    }
}

static void
judge(const struct qt_venue_class *class, const struct qt_http_response *response,
      char text[QT_NET_REASON], struct qt__bn_answer *answer)
{
    answer->text = text;
    answer->body = response->body;
    answer->length = response->length;
    answer->status = response->status;
    if (response->error == QT_NET_OFF) {
        answer->verdict = QT_VENUE_BANNED;
        snprintf(text, QT_NET_REASON, "%s", response->reason);
        return;
    }
    if (response->error != QT_NET_OK) {
        answer->verdict = response->was_sent ? QT_VENUE_UNKNOWN : QT_VENUE_RETRY;
        snprintf(text, QT_NET_REASON, "%s", response->reason);
        return;
    }
    answer->is_good = response->status == 200;
    if (answer->is_good)
        return;
    char msg[QT_NET_REASON - 32];
    answer->verdict = qt__bn_judge(class, response->status, response->body, response->length,
                                   &answer->code, msg, sizeof msg);
    snprintf(text, QT_NET_REASON, "HTTP %d%s%s", response->status, msg[0] ? ": " : "", msg);
}

/* The venue's refusals are no faults of its. */
static bool
is_fault(const struct qt__bn_answer *answer)
{
    return answer->verdict == QT_VENUE_UNKNOWN || answer->verdict == QT_VENUE_RETRY;
}

static void
on_response(void *context, const struct qt_http_response *response)
{
    struct qt__bn_call *slot = context, call = *slot;
    struct qt_binance *self = call.self;
    char text[QT_NET_REASON] = "";
    struct qt__bn_answer answer = {.sent_utc_ns = call.sent_utc_ns,
                                   .back_utc_ns = qt__bn_utc(self)};
    slot->is_used = false;
    judge(self->product->class, response, text, &answer);
    if (response->error == QT_NET_OK)
        note_limits(self, response);
    if (response->error == QT_NET_OFF)
        qt_breaker_forget(&self->operations[call.operation].breaker);
    else
        qt__bn_outcome(self, (enum qt_operation)call.operation, answer.is_good || !is_fault(&answer));
    if (answer.is_good) {
        self->stats.round_trip_ns = response->latency_ns;
        self->is_key_refused &= !call.is_keyed;
        qt__bn_link_tell(self, QT_LINK_REST, QT_LINK_UP, "answers");
    } else {
        if (answer.verdict == QT_VENUE_BANNED && response->error == QT_NET_OK)
            qt__bn_rest_stop(self, response->status, response->retry_after_s,
                             response->status == 429 && call.operation != QT_OPERATION_CANCEL);
        note_failure(self, &answer);
        if (answer.status >= 400 && answer.status < 500 && answer.verdict != QT_VENUE_AUTH &&
            answer.verdict != QT_VENUE_BANNED) /* it answers, if only no */
            qt__bn_link_tell(self, QT_LINK_REST, QT_LINK_UP, "answers");
    }
    call.done(&call, &answer);
}

/* The address with its parameters, signed if need be. False: it does not fit. */
static bool
write_url(struct qt_binance *self, const struct qt__bn_request *request,
          const struct qt__bn_endpoint *to, struct qt_text *url)
{
    char buffer[QUERY_MAX];
    struct qt_text query;
    const char *text = request->query ? request->query : "";
    qt_text_init(&query, buffer, sizeof buffer);
    if (to->security == QT__BN_SIGNED) {
        qt_text_add(&query, text);
        if (query.is_cut || !qt__bn_sign_query(self->signer, self->secrets->secret,
                                               self->recv_window_ms,
                                               qt__bn_time_low(self) / QT_NS_PER_MS, &query))
            return false;
        text = query.buffer;
    }
    const char *base = request->what == QT__BN_RIGHTS ? self->rights_url : self->rest_url;
    qt_text_addf(url, "%s%s%s", base, to->path, *text ? "?" : "");
    qt_text_add(url, text);
    return !url->is_cut;
}

/* Handed to the loop's client; false: it could not be. */
static bool
start(struct qt_binance *self, const struct qt__bn_request *request,
      const struct qt__bn_endpoint *to, struct qt__bn_call *call)
{
    char buffer[URL_MAX];
    struct qt_text url;
    struct qt_error err;
    qt_text_init(&url, buffer, sizeof buffer);
    if (!write_url(self, request, to, &url))
        return false;
    const struct qt_http_header header = {"X-MBX-APIKEY", self->secrets->key};
    const struct qt_http_request http = {.method = to->method,
                                         .url = url.buffer,
                                         .headers = &header,
                                         .n_headers = to->security != QT__BN_PUBLIC,
                                         .timeout_ms = request->timeout_ms,
                                         .is_urgent = to->use != QT__BN_PLAIN,
                                         .done = on_response,
                                         .context = call};
    *call = (struct qt__bn_call){.self = self,
                                 .done = request->done,
                                 .context = request->context,
                                 .instrument = request->instrument,
                                 .client_id = request->client_id,
                                 .generation = request->generation,
                                 .may_be_algo = request->may_be_algo,
                                 .is_used = true,
                                 .is_order = to->use == QT__BN_ORDERS,
                                 .operation = (uint8_t)qt__bn_operation_of(request->what),
                                 .is_keyed = to->security != QT__BN_PUBLIC,
                                 .sent_utc_ns = qt__bn_utc(self)};
    if (request->order)
        call->order = *request->order;
    call->is_used = qt_http_send(self->http, &http, &err);
    explicit_bzero(buffer, url.length); /* the signature */
    return call->is_used;
}

/* Real time of a wait of the limiter's. */
static int64_t
real_ns(const struct qt_binance *self, int64_t wait_ns)
{
    return (int64_t)((double)wait_ns / self->limiter_clock.speed) + 1;
}

int64_t
qt__bn_rest_stopped_ns(const struct qt_binance *self, bool spares_cancels)
{
    int64_t now = qt__bn_limiter_now(self);
    int64_t until = spares_cancels ? qt_limiter_banned_until(&self->limiter)
                                   : self->limiter.banned_until_ns;
    return until > now ? real_ns(self, until - now) : 0;
}

void
qt__bn_upgrades_stop(struct qt_binance *self, int status, int64_t retry_after_s)
{
    qt__bn_rest_stop(self, status, retry_after_s, status == 429);
    self->upgrades_until_ns = qt_limiter_banned_until(&self->limiter);
}

int64_t
qt__bn_upgrades_stopped_ns(const struct qt_binance *self)
{
    int64_t now = qt__bn_limiter_now(self);
    return self->upgrades_until_ns > now ? real_ns(self, self->upgrades_until_ns - now) : 0;
}

enum qt__bn_sent
qt__bn_rest_send(struct qt_binance *self, const struct qt__bn_request *request,
                 int64_t *out_wait_ns)
{
    const struct qt__bn_endpoint *to = &self->product->at[request->what];
    const bool is_cancel = to->use == QT__BN_CANCELS;
    const struct qt_limit_cost cost = {.amount = {[QT_LIMIT_WEIGHT] = to->weight,
                                                  [QT_LIMIT_ORDERS] = to->use == QT__BN_ORDERS,
                                                  [QT_LIMIT_REQUESTS] = 1},
                                       .is_cancel = is_cancel};
    struct qt__bn_call *call = take_call(self, is_cancel);
    enum qt_operation operation = qt__bn_operation_of(request->what);
    int64_t wait_ns = QT_NS_PER_S;
    if (out_wait_ns)
        *out_wait_ns = wait_ns;
    if (!call || !to->path || (to->security != QT__BN_PUBLIC && !self->has_key))
        return QT__BN_NOT_SENT;
    if (!qt__bn_may(self, operation, out_wait_ns))
        return QT__BN_WAIT;
    struct qt_breaker *breaker = &self->operations[operation].breaker;
    switch (qt_limiter_take(&self->limiter, qt__bn_limiter_now(self), &cost, &wait_ns)) {
    case QT_LIMITER_GO:
        break;
    case QT_LIMITER_WAIT:
        self->stats.waits++;
        qt_breaker_forget(breaker);
        if (out_wait_ns)
            *out_wait_ns = real_ns(self, wait_ns);
        return QT__BN_WAIT;
    case QT_LIMITER_BANNED:
        qt_breaker_forget(breaker);
        if (out_wait_ns)
            *out_wait_ns = real_ns(self, wait_ns);
        return QT__BN_BANNED;
    case QT_LIMITER_VERDICTS:
        return QT__BN_NOT_SENT;
    }
    if (!start(self, request, to, call)) {
        qt_breaker_forget(breaker);
        return QT__BN_NOT_SENT;
    }
    self->stats.requests++;
    return QT__BN_SENT;
}

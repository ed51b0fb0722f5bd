/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the key may do: asked at the start, and then again once a day and whenever the account's
 * stream had to be connected anew, since a right can be given or taken while we run. A key that is
 * not fit any more is told to the engine with every look until it is, a minute apart.
 */
#include "session_priv.h"

#include <stdlib.h>

#include "qtrade/base/time.h"

#define UNFIT_MS 60000  /* after a look that found it unfit */
#define RETRY_MS 600000 /* after one that failed */
#define LEAST_MS 10000  /* between looks, however often the stream is connected */

const char *
qt_binance_rights_fault(const struct qt_binance_rights *rights)
{
    if (!rights->is_known)
        return NULL;
    if (rights->may_withdraw)
        return "the API key may withdraw";
    return rights->may_trade ? NULL : "the API key may not trade";
}

struct qt_binance_rights
qt_binance_key_rights(const struct qt_binance *self)
{
    return self->rights.found;
}

static bool
decode(struct qt_binance *self, const char *body, size_t length)
{
    return qt__bn_decode_rights(body, length, self->product->trade_right, &self->rights.found);
}

/* A venue that refuses to say (a test network has no such path) leaves them unknown; one that
 * cannot be asked now does not. */
bool
qt__bn_rights_load(struct qt_binance *self, int64_t until, struct qt_error *err)
{
    struct qt__bn_fetch fetch;
    self->rights.asked_ns = qt__bn_mono(self);
    if (!qt__bn_fetch(self, QT__BN_RIGHTS, NULL, until, &fetch, err)) {
        bool says_no = fetch.answer.verdict == QT_VENUE_REJECTED ||
                       fetch.answer.verdict == QT_VENUE_NOT_FOUND ||
                       fetch.answer.status == QT__BN_NO_SUCH_PATH;
        if (says_no)
            *err = (struct qt_error){0};
        return says_no || qt_error_add(err, "asking what the key may do");
    }
    bool is_good = decode(self, fetch.body, fetch.answer.length);
    free(fetch.body);
    return is_good || qt_fail(err, QT_E_DATA, "%s%s: not what the key may do", self->rights_url,
                              self->product->at[QT__BN_RIGHTS].path);
}

static void
tell_unfit(struct qt_binance *self, const char *fault)
{
    int64_t now = qt__bn_utc(self);
    struct qt_event event = {
        .t_venue_ns = now,
        .t_recv_ns = now,
        .instrument = QT_NO_INSTRUMENT,
        .kind = QT_EVENT_LINK,
        .flags = QT_EVENT_UNFIT,
        .link = {.kind = QT_LINK_REST, .state = self->links[QT_LINK_REST].now.state}};
    (void)qt_copy(event.link.reason, sizeof event.link.reason, fault);
    qt__bn_push(self, &event);
}

static void on_timer(void *context);

static void
look_in(struct qt_binance *self, int64_t ms)
{
    qt_timer_start(self->loop, &self->rights.timer, ms, on_timer, self);
}

static void
on_rights(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = call->self;
    bool is_good = answer->is_good && decode(self, answer->body, answer->length);
    const char *fault = qt_binance_rights_fault(&self->rights.found);
    self->stats.malformed += answer->is_good && !is_good;
    if (fault)
        tell_unfit(self, fault);
    look_in(self, fault ? UNFIT_MS : is_good ? self->rights.every_ms : RETRY_MS);
}

static void
on_timer(void *context)
{
    struct qt_binance *self = context;
    const struct qt__bn_request request = {.what = QT__BN_RIGHTS, .done = on_rights};
    int64_t wait_ns;
    self->rights.asked_ns = qt__bn_mono(self);
    if (qt__bn_rest_send(self, &request, &wait_ns) != QT__BN_SENT)
        look_in(self, QT_MAX(wait_ns / QT_NS_PER_MS + 1, (int64_t)LEAST_MS));
}

void
qt__bn_rights_start(struct qt_binance *self)
{
    if (self->rights.found.is_known && !self->is_account_only)
        look_in(self, self->rights.every_ms);
}

void
qt__bn_rights_again(struct qt_binance *self)
{
    int64_t since_ms = (qt__bn_mono(self) - self->rights.asked_ns) / QT_NS_PER_MS;
    if (qt_timer_is_running(&self->rights.timer)) /* else it is asked already, or never */
        look_in(self, QT_MAX(LEAST_MS - since_ms, (int64_t)1));
}

void
qt__bn_rights_stop(struct qt_binance *self)
{
    qt_timer_stop(&self->rights.timer);
}

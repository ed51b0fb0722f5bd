/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the account whole: balances, then open orders, then the conditional ones where those are
 * a list of their own (what triggers between the two is in neither, and asked for), then SYNC (rule
 * B5). Asked for by the
 * engine, after every gap of the user stream, and every reconcile_ms. A read that fails is tried
 * again; what one half of it said is dropped. One that must wait, for the budget or the end of a ban,
 * goes when that is over: it says nothing of the venue, so it does not lengthen the back-off.
 */
#include "session_priv.h"

#include "qtrade/base/time.h"

#define REFUSED_NS (60 * QT_NS_PER_S)     /* a refused key is not tried more often */
#define TIMEOUT_MS 10000

static void read_account(struct qt_binance *self);

static void
on_retry(void *context)
{
    read_account(context);
}

/* What was read so far. */
static void
drop(struct qt_binance *self)
{
    json_decref(self->account.balances);
    json_decref(self->account.orders);
    self->account.balances = self->account.orders = NULL;
}

static void
retry_in(struct qt_binance *self, int64_t wait_ns)
{
    drop(self);
    qt_timer_start(self->loop, &self->account.retry, wait_ns / QT_NS_PER_MS + 1, on_retry, self);
}

static void
failed(struct qt_binance *self)
{
    int64_t wait_ns = qt_backoff_down(&self->account.backoff, qt__bn_mono(self));
    retry_in(self, self->is_key_refused ? QT_MAX(wait_ns, REFUSED_NS) : wait_ns);
}

static void
send(struct qt_binance *self, const struct qt__bn_request *request)
{
    int64_t wait_ns;
    switch (qt__bn_rest_send(self, request, &wait_ns)) {
    case QT__BN_SENT:
        break;
    case QT__BN_WAIT:
    case QT__BN_BANNED:
        retry_in(self, wait_ns);
        break;
    case QT__BN_NOT_SENT:
        failed(self);
        break;
    }
}

/* The limiter knows when a ban ends: the next try asks it. */
static void
not_answered(struct qt_binance *self, const struct qt__bn_answer *answer)
{
    self->stats.malformed += answer->is_good;
    if (!answer->is_good && answer->verdict == QT_VENUE_BANNED)
        retry_in(self, 0);
    else
        failed(self);
}

bool
qt__bn_spot_check(const struct qt_binance *self, const json_t *account, const char **why)
{
    (void)self;
    *why = "an answer without balances";
    return json_is_array(json_object_get(account, "balances"));
}

bool
qt__bn_spot_push(struct qt_binance *self, const json_t *account, const char **why)
{
    size_t i;
    json_t *row;
    int64_t now = qt__bn_utc(self);
    if (!qt__bn_spot_check(self, account, why))
        return false;
    json_array_foreach(json_object_get(account, "balances"), i, row)
    {
        struct qt_event event = {.t_venue_ns = now,
                                 .t_recv_ns = now,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .kind = QT_EVENT_BALANCE};
        bool fits;
        if (!qt__bn_decode_balance(row, &event.balance, &fits) || !fits)
            self->stats.misfits++;
        else
            qt__bn_push(self, &event);
    }
    return true;
}

/* Every row must be one, before the first is pushed. */
static bool
check_orders(struct qt_binance *self, const json_t *list)
{
    size_t i;
    json_t *row;
    struct qt__bn_order_answer order;
    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, row)
    {
        if (!qt__bn_decode_order(row, self->universe, self->tag, &order))
            return false;
    }
    return true;
}

void
qt__bn_push_open(struct qt_binance *self, const struct qt__bn_order_answer *order)
{
    int64_t now = qt__bn_utc(self);
    struct qt_event event = {.t_venue_ns = now,
                             .t_recv_ns = now,
                             .instrument = order->instrument,
                             .kind = QT_EVENT_REPORT,
                             .flags = QT_EVENT_SNAPSHOT,
                             .report = order->status};
    bool is_known = order->instrument != QT_NO_INSTRUMENT;
    self->stats.foreign_orders += !is_known || order->status.client_id == 0;
    if (is_known)
        qt__bn_push(self, &event);
}

static void
push_orders(struct qt_binance *self, const json_t *list)
{
    size_t i;
    json_t *row;
    json_array_foreach(list, i, row)
    {
        struct qt__bn_order_answer order;
        if (!qt__bn_decode_order(row, self->universe, self->tag, &order))
            continue;
        if (order.status.client_id == 0)
            order.status.client_id = qt__bn_algo_of(self, order.status.venue_id);
        qt__bn_push_open(self, &order);
    }
}

/* algos: the conditional ones; NULL: there is no such list. */
static void
finish(struct qt_binance *self, const json_t *orders, const json_t *algos)
{
    struct qt__bn_account *account = &self->account;
    int64_t now = qt__bn_utc(self);
    struct qt_event sync = {
        .t_venue_ns = now, .t_recv_ns = now, .instrument = QT_NO_INSTRUMENT, .kind = QT_EVENT_SYNC};
    const char *why;
    (void)self->product->push_account(self, account->balances, &why); /* it was found good */
    push_orders(self, orders);
    qt__bn_algos_push(self, algos);
    qt__bn_push(self, &sync);
    drop(self);
    account->is_reading = false;
    self->stats.syncs++;
    qt_backoff_up(&account->backoff, qt__bn_mono(self));
    if (account->is_wanted_again)
        (void)qt__bn_account_sync(self);
}

static void
on_algos(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = call->self;
    json_error_t error;
    json_t *algos = answer->is_good
                        ? json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error)
                        : NULL;
    if (algos && qt__bn_algos_check(self, algos))
        finish(self, self->account.orders, algos);
    else
        not_answered(self, answer);
    json_decref(algos);
}

static void
on_orders(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = call->self;
    json_error_t error;
    const struct qt__bn_request request = {.what = QT__BN_OPEN_ALGOS,
                                           .timeout_ms = TIMEOUT_MS,
                                           .done = on_algos};
    json_t *orders = answer->is_good
                         ? json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error)
                         : NULL;
    self->account.orders = orders;
    if (!orders || !check_orders(self, orders))
        not_answered(self, answer);
    else if (qt__bn_has_algos(self))
        send(self, &request);
    else
        finish(self, orders, NULL);
}

static void
on_account(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = call->self;
    json_error_t error;
    const struct qt__bn_request request = {.what = QT__BN_OPEN_ORDERS,
                                           .timeout_ms = TIMEOUT_MS,
                                           .done = on_orders};
    json_t *root = answer->is_good
                       ? json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error)
                       : NULL;
    const char *why = "";
    self->account.balances = root;
    if (root && self->product->check_account(self, root, &why)) {
        send(self, &request);
        return;
    }
    if (answer->is_good)
        qt__bn_link_tell(self, QT_LINK_REST, QT_LINK_DOWN, "the account: %s", why);
    not_answered(self, answer);
}

static void
read_account(struct qt_binance *self)
{
    const struct qt__bn_request request = {.what = QT__BN_ACCOUNT,
                                           .timeout_ms = TIMEOUT_MS,
                                           .done = on_account};
    self->account.is_wanted_again = false;
    send(self, &request);
}

bool
qt__bn_account_sync(struct qt_binance *self)
{
    struct qt__bn_account *account = &self->account;
    if (!self->has_key || !self->is_started)
        return false;
    if (account->is_reading) {
        account->is_wanted_again = true; /* the read under way may have begun too early */
        return true;
    }
    account->is_reading = true;
    read_account(self);
    return true;
}

static void
on_poll(void *context)
{
    struct qt_binance *self = context;
    qt_timer_start(self->loop, &self->account.poll, self->reconcile_ms, on_poll, self);
    if (!self->account.is_reading)
        (void)qt__bn_account_sync(self);
}

void
qt__bn_account_start(struct qt_binance *self)
{
    qt__bn_backoff(self, QT_OPERATION_ACCOUNT, &self->account.backoff);
    if (self->has_key)
        qt_timer_start(self->loop, &self->account.poll, self->reconcile_ms, on_poll, self);
}

void
qt__bn_account_stop(struct qt_binance *self)
{
    qt_timer_stop(&self->account.retry);
    qt_timer_stop(&self->account.poll);
    drop(self);
}

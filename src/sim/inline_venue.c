/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exchange inside the engine's thread: its venue port. What the engine posts waits for a later
 * tick of its symbol; what the exchange does becomes REPORT events at once.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"

#include "inline_priv.h"

enum { CLIENT_TAG = 0 };

void
qt__inline_push(struct qt_inline_venue *venue, struct qt_event *event)
{
    if (event->t_recv_ns == 0)
        event->t_recv_ns = event->t_venue_ns = venue->now_ns;
    venue->sink->push(venue->sink->self, event);
}

bool
qt__inline_is_needed(const struct qt_inline_venue *venue, uint32_t instrument)
{
    return venue->waiting[instrument] > 0 || qt_exchange_open(venue->exchange, instrument) > 0;
}

/* Reports */

static uint64_t
client_id_of(const char *text)
{
    uint64_t id;
    return qt_client_id_parse(text, strlen(text), CLIENT_TAG, &id) ? id : 0;
}

static struct qt_event
report_of(const struct qt_exchange_order *order, enum qt_report_type type)
{
    return (struct qt_event){.kind = QT_EVENT_REPORT,
                             .instrument = order->instrument,
                             .report = {.client_id = client_id_of(order->client_id),
                                        .venue_id = order->id,
                                        .px = order->px,
                                        .qty = order->qty,
                                        .cum_qty = order->cum_qty,
                                        .cum_quote = order->cum_quote,
                                        .type = (uint8_t)type,
                                        .state = order->state,
                                        .side = order->side}};
}

/* A fee in the base asset is told in its instrument's quantity units, one in quote in money's. */
static void
add_fill(const struct qt_inline_venue *venue, const struct qt_exchange_fill *fill,
         struct qt_report *out)
{
    const struct qt_instrument *ins = qt_universe_at(venue->universe, fill->instrument);
    qt_qty base_fee = QT_QTY_ZERO;
    out->trade_id = fill->trade_id;
    out->px = fill->px;
    out->qty = fill->qty;
    out->is_maker = fill->is_maker;
    out->fee_in_base = fill->fee_in_base;
    out->fee = fill->fee;
    if (fill->fee_in_base && qt_qty_of_asset(fill->fee, QT_MONEY_SCALE, ins->qty_scale, &base_fee))
        out->fee = qt_money_of_qty(base_fee);
}

static void
on_execution(void *context, enum qt_match_event match, const struct qt_exchange_order *order,
             const struct qt_exchange_fill *fill)
{
    struct qt_inline_venue *venue = context;
    struct qt_event event;
    switch (match) {
    case QT_MATCH_ACCEPTED:
        event = report_of(order, QT_REPORT_ACCEPTED);
        break;
    case QT_MATCH_FILL:
        event = report_of(order, QT_REPORT_FILL);
        add_fill(venue, fill, &event.report);
        break;
    case QT_MATCH_CANCELLED:
        event = report_of(order, QT_REPORT_CANCELLED);
        break;
    case QT_MATCH_EXPIRED:
        event = report_of(order, QT_REPORT_EXPIRED);
        break;
    case QT_MATCH_TRIGGERED:
    case QT_MATCH_REJECTED:
        return;
    }
    qt__inline_push(venue, &event);
}

/* The post */

static bool
post(struct qt_inline_venue *venue, enum qt__inline_kind kind,
     const struct qt_order_request *request)
{
    if (venue->letters == QT__INLINE_ROOM)
        return false;
    venue->letter[venue->letters++] =
        (struct qt__inline_letter){.kind = kind,
                                   .due_ns = venue->now_ns + venue->options.latency_ns,
                                   .tick = venue->tick,
                                   .request = *request};
    venue->waiting[request->instrument]++;
    return true;
}

static void
place(struct qt_inline_venue *venue, const struct qt_order_request *request)
{
    struct qt_exchange_order order;
    struct qt_exchange_ticket ticket = {.owner = QT__INLINE_OWNER,
                                        .instrument = request->instrument,
                                        .side = request->side,
                                        .type = request->type,
                                        .tif = request->tif,
                                        .px = request->px,
                                        .stop_px = request->stop_px,
                                        .qty = request->qty};
    qt_client_id_format(CLIENT_TAG, request->client_id, ticket.client_id);
    enum qt_exchange_verdict verdict = qt_exchange_place(venue->exchange, &ticket, &order);
    if (verdict == QT_EXCHANGE_OK)
        return;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .instrument = request->instrument,
                             .report = {.client_id = request->client_id,
                                        .type = QT_REPORT_REJECTED,
                                        .state = QT_ORDER_REJECTED,
                                        .side = request->side,
                                        .px = QT_PX_NONE,
                                        .code = qt_exchange_code(verdict)}};
    qt__inline_push(venue, &event);
}

static void
cancel(struct qt_inline_venue *venue, const struct qt_order_request *request)
{
    char text[QT_CLIENT_ID_TEXT];
    struct qt_exchange_order order;
    qt_client_id_format(CLIENT_TAG, request->client_id, text);
    enum qt_exchange_verdict verdict =
        qt_exchange_cancel(venue->exchange, QT__INLINE_OWNER, request->instrument, 0, text, &order);
    if (verdict == QT_EXCHANGE_OK)
        return;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .instrument = request->instrument,
                             .report = {.client_id = request->client_id,
                                        .type = QT_REPORT_CANCEL_REJECTED,
                                        .px = QT_PX_NONE,
                                        .code = qt_exchange_code(verdict)}};
    qt__inline_push(venue, &event);
}

static void
open_letter(struct qt_inline_venue *venue, const struct qt__inline_letter *letter)
{
    switch (letter->kind) {
    case QT__INLINE_ORDER:
        place(venue, &letter->request);
        break;
    case QT__INLINE_CANCEL:
        cancel(venue, &letter->request);
        break;
    case QT__INLINE_CANCEL_ALL:
        (void)qt_exchange_cancel_all(venue->exchange, QT__INLINE_OWNER, letter->request.instrument);
        break;
    }
}

/* I1: a letter of an earlier tick whose time has come. */
static bool
is_due(const struct qt_inline_venue *venue, const struct qt__inline_letter *letter,
       uint32_t instrument, bool orders)
{
    return letter->request.instrument == instrument &&
           (letter->kind == QT__INLINE_ORDER) == orders && letter->tick < venue->tick &&
           letter->due_ns <= venue->now_ns;
}

void
qt__inline_deliver(struct qt_inline_venue *venue, uint32_t instrument, bool orders)
{
    for (size_t i = 0; venue->waiting[instrument] > 0 && i < venue->letters;) {
        struct qt__inline_letter letter = venue->letter[i];
        if (!is_due(venue, &letter, instrument, orders)) {
            i++;
            continue;
        }
        venue->letters--;
        memmove(&venue->letter[i], &venue->letter[i + 1],
                (venue->letters - i) * sizeof venue->letter[0]);
        venue->waiting[instrument]--;
        open_letter(venue, &letter);
    }
}

/* Answers */

static void
answer_one(struct qt_inline_venue *venue, const struct qt__inline_question *question)
{
    char text[QT_CLIENT_ID_TEXT];
    struct qt_exchange_order order;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .instrument = question->instrument,
                             .report = {.client_id = question->client_id,
                                        .type = QT_REPORT_NOT_FOUND,
                                        .px = QT_PX_NONE}};
    qt_client_id_format(CLIENT_TAG, question->client_id, text);
    if (qt_exchange_find(venue->exchange, QT__INLINE_OWNER, question->instrument, 0, text, &order))
        event = report_of(&order, QT_REPORT_STATUS);
    qt__inline_push(venue, &event);
}

static void
tell_balances(struct qt_inline_venue *venue)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(venue->exchange);
    for (uint32_t asset = 0; asset < qt_accounts_assets(accounts); asset++) {
        struct qt_funds funds = qt_accounts_funds(accounts, QT__INLINE_OWNER, asset);
        struct qt_event event = {.kind = QT_EVENT_BALANCE,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .flags = QT_EVENT_SNAPSHOT,
                                 .balance = {.free = funds.free, .locked = funds.locked}};
        qt_copy(event.balance.asset, sizeof event.balance.asset, qt_accounts_name(accounts, asset));
        qt__inline_push(venue, &event);
    }
}

static void
tell_open_orders(struct qt_inline_venue *venue)
{
    struct qt_exchange_order order;
    uint64_t from = 0;
    while (qt_exchange_orders(venue->exchange, QT__INLINE_OWNER, QT_NO_INSTRUMENT, from, true,
                              &order, 1) == 1) {
        struct qt_event event = report_of(&order, QT_REPORT_STATUS);
        event.flags = QT_EVENT_SNAPSHOT;
        qt__inline_push(venue, &event);
        from = order.id + 1;
    }
}

void
qt__inline_answer(struct qt_inline_venue *venue)
{
    size_t n = venue->questions; /* those asked while answering wait for the next turn */
    for (size_t i = 0; i < n; i++) {
        struct qt__inline_question question = venue->question[i];
        answer_one(venue, &question);
    }
    venue->questions -= n;
    memmove(venue->question, &venue->question[n], venue->questions * sizeof venue->question[0]);
    if (!venue->is_sync_wanted)
        return;
    venue->is_sync_wanted = false;
    tell_balances(venue);
    tell_open_orders(venue);
    struct qt_event event = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    qt__inline_push(venue, &event);
}

/* The port */

static bool
port_submit(void *self, const struct qt_order_request *request)
{
    return post(self, QT__INLINE_ORDER, request);
}

static bool
port_cancel(void *self, uint32_t instrument, uint64_t client_id)
{
    return post(self, QT__INLINE_CANCEL,
                &(struct qt_order_request){.client_id = client_id, .instrument = instrument});
}

static bool
port_cancel_all(void *self, uint32_t instrument)
{
    return post(self, QT__INLINE_CANCEL_ALL, &(struct qt_order_request){.instrument = instrument});
}

static bool
port_query(void *self, uint32_t instrument, uint64_t client_id)
{
    struct qt_inline_venue *venue = self;
    if (venue->questions == QT__INLINE_ROOM)
        return false;
    venue->question[venue->questions++] = (struct qt__inline_question){instrument, client_id};
    return true;
}

static bool
port_sync(void *self)
{
    struct qt_inline_venue *venue = self;
    venue->is_sync_wanted = true;
    return true;
}

struct qt_venue_port
qt_inline_port(struct qt_inline_venue *venue)
{
    return (struct qt_venue_port){.self = venue,
                                  .name = "simulated",
                                  .submit = port_submit,
                                  .cancel = port_cancel,
                                  .cancel_all = port_cancel_all,
                                  .query = port_query,
                                  .sync = port_sync};
}

static bool
pay_in(struct qt_inline_venue *venue, struct qt_error *err)
{
    struct qt_accounts *accounts = qt_exchange_accounts(venue->exchange);
    const char *name = venue->options.deposit_asset;
    uint32_t asset = qt_accounts_asset(accounts, name[0] ? name : "USDT");
    if (asset == QT_NO_ASSET ||
        !qt_accounts_deposit(accounts, QT__INLINE_OWNER, asset, venue->options.deposit))
        return qt_fail(err, QT_E_CONFIG, "the simulated account cannot hold that deposit");
    return true;
}

static struct qt_inline_venue *
create(const struct qt_universe *universe, const struct qt_inline_options *options,
       struct qt_error *err)
{
    uint32_t n = qt_universe_count(universe);
    struct qt_inline_venue *venue = calloc(1, sizeof *venue);
    if (venue) {
        venue->options = *options;
        venue->universe = universe;
        venue->waiting = calloc(n, sizeof *venue->waiting);
        venue->bar = calloc(2 * (size_t)n, sizeof *venue->bar);
    }
    if (!venue || !venue->waiting || !venue->bar) {
        qt_inline_destroy(venue);
        qt_fail(err, QT_E_MEMORY, "no memory for the simulated venue");
        return NULL;
    }
    const struct qt_exchange_listener listener = {.context = venue, .execution = on_execution};
    venue->exchange = qt_exchange_create(universe, &options->exchange, &listener, err);
    if (!venue->exchange || !pay_in(venue, err)) {
        qt_inline_destroy(venue);
        return NULL;
    }
    return venue;
}

struct qt_inline_venue *
qt_inline_backtest_create(struct qt_source *source, const struct qt_universe *universe,
                          const struct qt_inline_options *options, struct qt_error *err)
{
    struct qt_inline_venue *venue = create(universe, options, err);
    if (!venue)
        return NULL;
    venue->source = source;
    venue->now_ns = qt_source_start_ns(source);
    qt_exchange_advance(venue->exchange, venue->now_ns);
    return venue;
}

struct qt_inline_venue *
qt_inline_paper_create(const struct qt_feed_port *feed, const struct qt_universe *universe,
                       const struct qt_inline_options *options, struct qt_error *err)
{
    struct qt_inline_venue *venue = create(universe, options, err);
    if (venue)
        venue->feed = *feed;
    return venue;
}

void
qt_inline_destroy(struct qt_inline_venue *venue)
{
    if (!venue)
        return;
    qt_exchange_destroy(venue->exchange);
    free(venue->waiting);
    free(venue->bar);
    free(venue);
}

struct qt_exchange *
qt_inline_exchange(struct qt_inline_venue *venue)
{
    return venue->exchange;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inline venue's spot exchange: its words for orders, its reports and balances. */
#include <string.h>

#include "qtrade/base/text.h"

#include "inline_priv.h"

/* The order as it stands, in a report of that type. */
static struct qt_event
report_of(const struct qt_exchange_order *order, enum qt_report_type type)
{
    return (struct qt_event){.kind = QT_EVENT_REPORT,
                             .instrument = order->instrument,
                             .report = {.client_id = qt__inline_id_of(order->client_id),
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
        event.report.sent_ns = venue->sent_ns;
        break;
    case QT_MATCH_FILL:
        event = report_of(order, QT_REPORT_FILL);
        add_fill(venue, fill, &event.report);
        break;
    case QT_MATCH_CANCELLED:
        event = report_of(order, QT_REPORT_CANCELLED);
        event.report.sent_ns = venue->sent_ns;
        break;
    case QT_MATCH_EXPIRED:
        event = report_of(order, QT_REPORT_EXPIRED);
        break;
    case QT_MATCH_TRIGGERED:
    case QT_MATCH_REJECTED:
        return;
    }
    venue->has_executed = true;
    qt__inline_push(venue, &event);
}

static int
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
    qt__inline_text_of(request->client_id, ticket.client_id);
    return qt_exchange_code(qt_exchange_place(venue->exchange, &ticket, &order));
}

static int
cancel(struct qt_inline_venue *venue, const struct qt_order_request *request)
{
    char text[QT_CLIENT_ID_TEXT];
    struct qt_exchange_order order;
    qt__inline_text_of(request->client_id, text);
    return qt_exchange_code(qt_exchange_cancel(venue->exchange, QT__INLINE_OWNER,
                                               request->instrument, 0, text, &order));
}

static void
cancel_all(struct qt_inline_venue *venue, uint32_t instrument)
{
    (void)qt_exchange_cancel_all(venue->exchange, QT__INLINE_OWNER, instrument);
}

static bool
find(const struct qt_inline_venue *venue, uint32_t instrument, uint64_t client_id,
     struct qt_event *out)
{
    char text[QT_CLIENT_ID_TEXT];
    struct qt_exchange_order order;
    qt__inline_text_of(client_id, text);
    if (!qt_exchange_find(venue->exchange, QT__INLINE_OWNER, instrument, 0, text, &order))
        return false;
    *out = report_of(&order, QT_REPORT_STATUS);
    return true;
}

static bool
next_open(const struct qt_inline_venue *venue, uint64_t *from, struct qt_event *out)
{
    struct qt_exchange_order order;
    if (qt_exchange_orders(venue->exchange, QT__INLINE_OWNER, QT_NO_INSTRUMENT, *from, true, &order,
                           1) == 0)
        return false;
    *out = report_of(&order, QT_REPORT_STATUS);
    *from = order.id + 1;
    return true;
}

/* The market */

static void
advance(struct qt_inline_venue *venue)
{
    qt_exchange_advance(venue->exchange, venue->now_ns);
}

static bool
is_held(const struct qt_inline_venue *venue, uint32_t instrument)
{
    return qt_exchange_open(venue->exchange, instrument) > 0;
}

static void
tick(struct qt_inline_venue *venue, uint32_t instrument, enum qt_side aggressor, qt_px px,
     qt_qty qty, const struct qt_ladder *ladder)
{
    qt_exchange_tick(venue->exchange, instrument, aggressor, px, qty, ladder);
}

static void
quote(struct qt_inline_venue *venue, uint32_t instrument, const struct qt_ladder *ladder)
{
    qt_exchange_quote(venue->exchange, instrument, ladder);
}

static void
set_last(struct qt_inline_venue *venue, uint32_t instrument, qt_px px)
{
    qt_exchange_set_last(venue->exchange, instrument, px);
}

/* The account */

static void
tell_balance(struct qt_inline_venue *venue, uint32_t asset, uint16_t flags)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(venue->exchange);
    struct qt_funds funds = qt_accounts_funds(accounts, QT__INLINE_OWNER, asset);
    qt__inline_tell_balance(venue, qt_accounts_name(accounts, asset), funds.free, funds.locked,
                            flags);
}

static void
tell_balances(struct qt_inline_venue *venue)
{
    uint32_t n = qt_accounts_assets(qt_exchange_accounts(venue->exchange));
    for (uint32_t asset = 0; asset < n; asset++)
        tell_balance(venue, asset, QT_EVENT_SNAPSHOT);
}

static void
tell_changes(struct qt_inline_venue *venue, uint32_t instrument)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(venue->exchange);
    const struct qt_instrument *ins = qt_universe_at(venue->universe, instrument);
    tell_balance(venue, qt_accounts_find(accounts, ins->base), 0);
    tell_balance(venue, qt_accounts_find(accounts, ins->quote), 0);
}

static bool
pay_in(struct qt_inline_venue *venue, const char *name, qt_money amount)
{
    struct qt_accounts *accounts = qt_exchange_accounts(venue->exchange);
    uint32_t asset = qt_accounts_asset(accounts, name);
    return asset != QT_NO_ASSET && qt_accounts_deposit(accounts, QT__INLINE_OWNER, asset, amount);
}

/* What the wallet held when an earlier run ended, its orders' locks included: they ended with it.
 */
static bool
pay_in_kept(struct qt_inline_venue *venue, bool *out_has_cash, struct qt_error *err)
{
    for (uint32_t i = 0; i < venue->options.n_kept; i++) {
        const char *asset = venue->options.kept[i].asset;
        qt_money amount;
        bool fits;
        if (!qt__inline_kept(venue, i, &amount, &fits))
            continue;
        *out_has_cash = *out_has_cash || strcmp(asset, qt__inline_quote(venue)) == 0;
        if (!fits || !pay_in(venue, asset, amount))
            return qt_fail(err, QT_E_DATA, "the simulated account cannot take over its %s", asset);
    }
    return true;
}

static bool
open_spot(struct qt_inline_venue *venue, struct qt_error *err)
{
    const struct qt_exchange_listener listener = {.context = venue, .execution = on_execution};
    bool has_cash = false;
    venue->exchange = qt_exchange_create(venue->universe, &venue->options.exchange, &listener, err);
    if (!venue->exchange || !pay_in_kept(venue, &has_cash, err))
        return false;
    return has_cash || pay_in(venue, qt__inline_quote(venue), venue->options.deposit) ||
           qt_fail(err, QT_E_CONFIG, "the simulated account cannot hold that deposit");
}

static void
close_spot(struct qt_inline_venue *venue)
{
    qt_exchange_destroy(venue->exchange);
}

static bool
is_conserved(const struct qt_inline_venue *venue)
{
    return qt_accounts_is_conserved(qt_exchange_accounts(venue->exchange));
}

const struct qt__inline_core qt__inline_spot = {.open = open_spot,
                                                .close = close_spot,
                                                .advance = advance,
                                                .is_held = is_held,
                                                .tick = tick,
                                                .quote = quote,
                                                .set_last = set_last,
                                                .place = place,
                                                .cancel = cancel,
                                                .cancel_all = cancel_all,
                                                .find = find,
                                                .next_open = next_open,
                                                .tell_balances = tell_balances,
                                                .tell_changes = tell_changes,
                                                .is_conserved = is_conserved};

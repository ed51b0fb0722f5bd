/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inline venue's exchange of perpetuals, told in terms of spot (I4): its words for orders, its
 * reports, positions and cash as balances, funding as an income.
 */
#include <string.h>

#include "qtrade/base/text.h"

#include "inline_priv.h"

enum { LEVERAGE = 1 };

/* What is told */

static struct qt_event
report_of(const struct qt_perp_order *order, enum qt_report_type type)
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

static void
on_execution(void *context, enum qt_perp_event told, const struct qt_perp_order *order,
             const struct qt_perp_fill *fill)
{
    static const enum qt_report_type types[] = {
        [QT_PERP_ACCEPTED] = QT_REPORT_ACCEPTED,   [QT_PERP_TRIGGERED] = QT_REPORT_TYPES,
        [QT_PERP_FILLED] = QT_REPORT_FILL,         [QT_PERP_AMENDED] = QT_REPORT_TYPES,
        [QT_PERP_CANCELLED] = QT_REPORT_CANCELLED, [QT_PERP_EXPIRED] = QT_REPORT_EXPIRED};
    struct qt_inline_venue *venue = context;
    if (types[told] == QT_REPORT_TYPES)
        return;
    struct qt_event event = report_of(order, types[told]);
    if (told == QT_PERP_ACCEPTED || told == QT_PERP_CANCELLED)
        event.report.sent_ns = venue->sent_ns;
    if (fill) {
        event.report.trade_id = fill->trade_id;
        event.report.px = fill->px;
        event.report.qty = fill->qty;
        event.report.is_maker = fill->is_maker;
        event.report.fee = fill->fee_in_coin ? QT_MONEY_ZERO : fill->fee;
    }
    venue->has_executed = true;
    venue->is_sync_wanted |= order->origin != QT_PERP_BY_OWNER;
    qt__inline_push(venue, &event);
}

static void
on_account(void *context, uint32_t owner, uint32_t instrument, enum qt_perp_reason reason,
           qt_money change)
{
    struct qt_inline_venue *venue = context;
    (void)owner;
    (void)instrument;
    if (reason != QT_PERP_BY_FUNDING || qt_money_sign(change) == 0)
        return;
    struct qt_event event = {.kind = QT_EVENT_INCOME,
                             .instrument = QT_NO_INSTRUMENT,
                             .t_venue_ns = qt_perp_now(venue->perp),
                             .t_recv_ns = venue->now_ns,
                             .income = {.amount = change, .kind = QT_INCOME_FUNDING}};
    qt_copy(event.income.asset, sizeof event.income.asset, qt__inline_quote(venue));
    venue->has_executed = true;
    qt__inline_push(venue, &event);
}

/* At leverage 1 nobody gets near one unless nearly all is lost. */
static void
on_margin_call(void *context, uint32_t owner, uint32_t instrument)
{
    struct qt_inline_venue *venue = context;
    struct qt_event event = {.kind = QT_EVENT_COMMAND,
                             .instrument = QT_NO_INSTRUMENT,
                             .command = {.kind = QT_COMMAND_PAUSE,
                                         .source = QT_SOURCE_ENGINE,
                                         .reason = "the venue calls for margin"}};
    (void)owner;
    (void)instrument;
    venue->is_sync_wanted = true;
    qt__inline_push(venue, &event);
}

/* Orders */

static struct qt_perp_ticket
ticket_of(const struct qt_order_request *request)
{
    static const uint8_t types[QT_ORDER_TYPES] = {[QT_TYPE_LIMIT] = QT_PERP_LIMIT,
                                                  [QT_TYPE_MARKET] = QT_PERP_MARKET,
                                                  [QT_TYPE_STOP_LOSS] = QT_PERP_STOP_MARKET,
                                                  [QT_TYPE_STOP_LOSS_LIMIT] = QT_PERP_STOP,
                                                  [QT_TYPE_TAKE_PROFIT] =
                                                      QT_PERP_TAKE_PROFIT_MARKET,
                                                  [QT_TYPE_TAKE_PROFIT_LIMIT] = QT_PERP_TAKE_PROFIT,
                                                  [QT_TYPE_LIMIT_MAKER] = QT_PERP_LIMIT};
    static const uint8_t tifs[QT_TIMES_IN_FORCE] = {
        [QT_TIF_GTC] = QT_PERP_GTC, [QT_TIF_IOC] = QT_PERP_IOC, [QT_TIF_FOK] = QT_PERP_FOK};
    struct qt_perp_ticket ticket = {.owner = QT__INLINE_OWNER,
                                    .instrument = request->instrument,
                                    .side = request->side,
                                    .type = types[request->type],
                                    .tif = tifs[request->tif],
                                    .px = request->px,
                                    .stop_px = request->stop_px,
                                    .qty = request->qty,
                                    .reduce_only = request->reduce_only};
    if (request->type == QT_TYPE_LIMIT_MAKER)
        ticket.tif = QT_PERP_GTX;
    qt__inline_text_of(request->client_id, ticket.client_id);
    return ticket;
}

static int
place(struct qt_inline_venue *venue, const struct qt_order_request *request)
{
    struct qt_perp_order order;
    const struct qt_perp_ticket ticket = ticket_of(request);
    return qt_perp_code(qt_perp_place(venue->perp, &ticket, &order));
}

static bool
find_order(const struct qt_inline_venue *venue, uint32_t instrument, uint64_t client_id,
           struct qt_perp_order *out)
{
    char text[QT_CLIENT_ID_TEXT];
    qt__inline_text_of(client_id, text);
    return qt_perp_find(venue->perp, QT__INLINE_OWNER, instrument, 0, text, out);
}

static int
cancel(struct qt_inline_venue *venue, const struct qt_order_request *request)
{
    struct qt_perp_order order;
    if (!find_order(venue, request->instrument, request->client_id, &order))
        return qt_perp_code(QT_PERP_UNKNOWN_ORDER);
    return qt_perp_code(
        qt_perp_cancel(venue->perp, QT__INLINE_OWNER, request->instrument, order.id, &order));
}

static void
cancel_all(struct qt_inline_venue *venue, uint32_t instrument)
{
    (void)qt_perp_cancel_all(venue->perp, QT__INLINE_OWNER, instrument);
}

static bool
find(const struct qt_inline_venue *venue, uint32_t instrument, uint64_t client_id,
     struct qt_event *out)
{
    struct qt_perp_order order;
    if (!find_order(venue, instrument, client_id, &order))
        return false;
    *out = report_of(&order, QT_REPORT_STATUS);
    return true;
}

static bool
next_open(const struct qt_inline_venue *venue, uint64_t *from, struct qt_event *out)
{
    struct qt_perp_order order;
    if (qt_perp_orders(venue->perp, QT__INLINE_OWNER, QT_NO_INSTRUMENT, *from, true, &order, 1) ==
        0)
        return false;
    *out = report_of(&order, QT_REPORT_STATUS);
    *from = order.id + 1;
    return true;
}

/* The market */

static void
advance(struct qt_inline_venue *venue)
{
    qt_perp_advance(venue->perp, venue->now_ns);
}

static qt_qty
held(const struct qt_inline_venue *venue, uint32_t instrument)
{
    return qt_margin_position(qt_perp_margin(venue->perp), QT__INLINE_OWNER, instrument)->qty;
}

static bool
is_held(const struct qt_inline_venue *venue, uint32_t instrument)
{
    return qt_qty_sign(held(venue, instrument)) != 0 || qt_perp_open(venue->perp, instrument) > 0;
}

/* The middle of what there is; px where there is no ladder with two sides. */
static void
set_index(struct qt_inline_venue *venue, uint32_t instrument, const struct qt_ladder *ladder,
          qt_px px)
{
    bool has_both = ladder && ladder->n_bids > 0 && ladder->n_asks > 0;
    if (has_both)
        px.v = ladder->bids[0].px.v + (ladder->asks[0].px.v - ladder->bids[0].px.v) / 2;
    if (qt_px_is_positive(px))
        qt_perp_set_index(venue->perp, instrument, px);
}

static void
tick(struct qt_inline_venue *venue, uint32_t instrument, enum qt_side aggressor, qt_px px,
     qt_qty qty, const struct qt_ladder *ladder)
{
    bool is_first = qt_px_is_none(qt_perp_last(venue->perp, instrument));
    if (ladder || is_first)
        set_index(venue, instrument, ladder, px);
    if (is_first || qt_qty_sign(qty) == 0)
        qt_perp_set_last(venue->perp, instrument, px);
    qt_perp_tick(venue->perp, instrument, aggressor, px, qty, ladder);
}

static void
quote(struct qt_inline_venue *venue, uint32_t instrument, const struct qt_ladder *ladder)
{
    set_index(venue, instrument, ladder, QT_PX_NONE);
    qt_perp_quote(venue->perp, instrument, ladder);
}

static void
set_last(struct qt_inline_venue *venue, uint32_t instrument, qt_px px)
{
    qt_perp_set_last(venue->perp, instrument, px);
}

/* The account */

static void
tell_cash(struct qt_inline_venue *venue, uint16_t flags)
{
    const struct qt_margin *margin = qt_perp_margin(venue->perp);
    qt_money cash = qt_margin_wallet(margin, QT__INLINE_OWNER);
    for (uint32_t i = 0; i < qt_universe_count(venue->universe); i++)
        cash.v -= qt_margin_position(margin, QT__INLINE_OWNER, i)->cost.v;
    qt__inline_tell_balance(venue, qt__inline_quote(venue), cash, QT_MONEY_ZERO, flags);
}

static void
tell_position(struct qt_inline_venue *venue, uint32_t instrument, uint16_t flags)
{
    const struct qt_instrument *ins = qt_universe_at(venue->universe, instrument);
    qt_money amount;
    bool fits = qt_money_mul_div(qt_money_of_qty(held(venue, instrument)), qt_pow10(QT_MONEY_SCALE),
                                 qt_pow10(ins->qty_scale), &amount);
    qt_assert(fits);
    qt__inline_tell_balance(venue, ins->base, amount, QT_MONEY_ZERO, flags);
}

static void
tell_balances(struct qt_inline_venue *venue)
{
    tell_cash(venue, QT_EVENT_SNAPSHOT);
    for (uint32_t i = 0; i < qt_universe_count(venue->universe); i++)
        if (qt_qty_sign(held(venue, i)) != 0)
            tell_position(venue, i, QT_EVENT_SNAPSHOT);
}

static void
tell_changes(struct qt_inline_venue *venue, uint32_t instrument)
{
    tell_position(venue, instrument, 0);
    tell_cash(venue, 0);
}

/* The perpetual of that asset; QT_NO_INSTRUMENT: there is none. */
static uint32_t
instrument_of(const struct qt_inline_venue *venue, const char *base)
{
    for (uint32_t i = 0; i < qt_universe_count(venue->universe); i++) {
        const struct qt_instrument *ins = qt_universe_at(venue->universe, i);
        if (strcmp(ins->base, base) == 0 && strcmp(ins->quote, qt__inline_quote(venue)) == 0)
            return i;
    }
    return QT_NO_INSTRUMENT;
}

/* A position of an earlier run costs nothing here: all of its cash is the wallet, which in terms of
 * spot is the same. What the wallet lacks to be 0 is the cost of a long. */
static bool
adopt(struct qt_inline_venue *venue, const char *base, qt_money amount, qt_money *owed)
{
    uint32_t id = instrument_of(venue, base);
    bool is_short = qt_money_sign(amount) < 0;
    qt_qty qty;
    if (qt_money_sign(amount) == 0)
        return true;
    if (id == QT_NO_INSTRUMENT ||
        !qt_qty_of_asset(is_short ? qt_money_neg(amount) : amount, QT_MONEY_SCALE,
                         qt_universe_at(venue->universe, id)->qty_scale, &qty))
        return false;
    qt_perp_adopt(venue->perp, QT__INLINE_OWNER, id, is_short ? qt_qty_neg(qty) : qty,
                  is_short ? QT_MONEY_ZERO : *owed);
    if (!is_short)
        *owed = QT_MONEY_ZERO;
    return true;
}

static bool
pay_in(struct qt_inline_venue *venue, qt_money cash, struct qt_error *err)
{
    const char *quote_asset = qt__inline_quote(venue);
    qt_money owed = {qt_money_sign(cash) < 0 ? -cash.v : 0}, amount;
    bool fits = true;
    if (!qt_perp_deposit(venue->perp, QT__INLINE_OWNER, (qt_money){cash.v + owed.v}))
        return qt_fail(err, QT_E_CONFIG, "the simulated account cannot hold that deposit");
    for (uint32_t i = 0; i < venue->options.n_kept; i++) {
        const char *asset = venue->options.kept[i].asset;
        if (!qt__inline_kept(venue, i, &amount, &fits) || strcmp(asset, quote_asset) == 0)
            continue;
        if (!fits || !adopt(venue, asset, amount, &owed))
            return qt_fail(err, QT_E_DATA,
                           "the simulated account of perpetuals cannot take over its %s (an "
                           "account of spot goes on with venue.name binance)",
                           asset);
    }
    return qt_money_sign(owed) == 0 ||
           qt_fail(err, QT_E_DATA, "the simulated account owes more than it holds");
}

/* What an earlier run left, or the deposit. */
static bool
fund(struct qt_inline_venue *venue, struct qt_error *err)
{
    qt_money cash = venue->options.deposit, amount;
    for (uint32_t i = 0; i < venue->options.n_kept; i++) {
        bool fits;
        const char *asset = venue->options.kept[i].asset;
        if (strcmp(asset, qt__inline_quote(venue)) != 0 ||
            !qt__inline_kept(venue, i, &amount, &fits))
            continue;
        if (!fits)
            return qt_fail(err, QT_E_DATA, "the simulated account cannot take over its %s", asset);
        cash = amount;
    }
    return pay_in(venue, cash, err);
}

static bool
open_perps(struct qt_inline_venue *venue, struct qt_error *err)
{
    const struct qt_perp_listener listener = {.context = venue,
                                              .execution = on_execution,
                                              .account = on_account,
                                              .margin_call = on_margin_call};
    venue->perp = qt_perp_create(venue->universe, &venue->perp_options, &listener, err);
    if (!venue->perp || !fund(venue, err))
        return false;
    for (uint32_t i = 0; i < qt_universe_count(venue->universe); i++) {
        enum qt_perp_setting set = qt_perp_set_leverage(venue->perp, QT__INLINE_OWNER, i, LEVERAGE);
        qt_assert(set == QT_PERP_SET);
    }
    return true;
}

static void
close_perps(struct qt_inline_venue *venue)
{
    qt_perp_destroy(venue->perp);
}

static bool
is_conserved(const struct qt_inline_venue *venue)
{
    return qt_margin_is_conserved(qt_perp_margin(venue->perp));
}

const struct qt__inline_core qt__inline_perps = {.sees_all = true,
                                                 .open = open_perps,
                                                 .close = close_perps,
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders for perpetuals over REST: their parameters, and what is answered. */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "usdm_priv.h"

#define REPEAT_NS QT_NS_PER_DAY /* so long a repeated request gets its first result */

static const struct {
    bool has_px, has_stop, has_tif, may_close;
} types[QT_PERP_TYPES] = {
    [QT_PERP_LIMIT] = {.has_px = true, .has_tif = true},
    [QT_PERP_MARKET] = {0},
    [QT_PERP_STOP] = {.has_px = true, .has_stop = true},
    [QT_PERP_STOP_MARKET] = {.has_stop = true, .may_close = true},
    [QT_PERP_TAKE_PROFIT] = {.has_px = true, .has_stop = true},
    [QT_PERP_TAKE_PROFIT_MARKET] = {.has_stop = true, .may_close = true},
    [QT_PERP_TRAILING] = {0},
};

bool
qt__usdm_verdict(struct qt__call *call, enum qt_perp_verdict verdict)
{
    return verdict == QT_PERP_OK ||
           qt__call_refuse(call, qt_perp_code(verdict), qt_perp_text(verdict));
}

/* A decimal parameter at scale: -1111 when it has more digits, -1102 when it is no number. */
static bool
decimal_param(struct qt__call *call, const char *name, int scale, int64_t *out)
{
    char text[QT__PARAM_MAX];
    int64_t value;
    if (!qt__call_need(call, name, text))
        return false;
    bool is_decimal = strspn(text, "0123456789.-") == strlen(text) && strlen(text) < 24;
    if (!is_decimal)
        return qt__call_fail(call, QT__FAULT_MANDATORY, name);
    if (!qt_decimal_parse(text, strlen(text), scale, &value))
        return qt__call_refuse(call, -1111,
                               "Precision is over the maximum defined for this asset.");
    *out = value;
    return true;
}

static bool
bool_param(struct qt__call *call, const char *name, bool *out)
{
    char text[QT__PARAM_MAX];
    *out = false;
    if (!qt__call_has(call, name))
        return true;
    (void)!qt__call_get(call, name, text);
    *out = strcmp(text, "true") == 0 || strcmp(text, "TRUE") == 0;
    return *out || strcmp(text, "false") == 0 || strcmp(text, "FALSE") == 0 ||
           qt__call_fail(call, QT__FAULT_VALUE, name);
}

/* Each endpoint has types of its own. */
static bool
type_param(struct qt__call *call, const struct qt__usdm_names *names, struct qt_perp_ticket *ticket)
{
    char text[QT__PARAM_MAX];
    if (!qt__call_need(call, "type", text))
        return false;
    for (uint8_t type = 0; type < QT_PERP_TYPES; type++)
        if (strcmp(text, qt__perp_type_name(type)) == 0) {
            ticket->type = type;
            bool is_conditional = type >= QT_PERP_STOP;
            if (is_conditional == names->is_conditional)
                return true;
            return is_conditional
                       ? qt__call_refuse(call, -4120,
                                         "Order type not supported for this endpoint. Please use "
                                         "the Algo Order API endpoints instead.")
                       : qt__call_fail(call, QT__FAULT_ORDER_TYPE);
        }
    return qt__call_fail(call, QT__FAULT_ORDER_TYPE);
}

static bool
tif_param(struct qt__call *call, struct qt_perp_ticket *ticket)
{
    char text[QT__PARAM_MAX];
    if (!types[ticket->type].has_tif && !qt__call_has(call, "timeInForce"))
        return true;
    if (!qt__call_need(call, "timeInForce", text))
        return false;
    if (ticket->type != QT_PERP_LIMIT && strcmp(text, "GTE_GTC") == 0)
        return true; /* what closePosition means anyway */
    for (uint8_t tif = 0; tif < QT_PERP_TIFS; tif++)
        if (strcmp(text, qt__perp_tif_name(tif)) == 0) {
            ticket->tif = tif;
            return true;
        }
    return qt__call_fail(call, QT__FAULT_TIF);
}

static bool
price_params(struct qt__call *call, const struct qt_instrument *ins,
             const struct qt__usdm_names *names, struct qt_perp_ticket *ticket)
{
    ticket->px = ticket->stop_px = QT_PX_NONE;
    if (types[ticket->type].has_px && !decimal_param(call, "price", ins->px_scale, &ticket->px.v))
        return false;
    if (types[ticket->type].has_stop)
        return decimal_param(call, names->stop, ins->px_scale, &ticket->stop_px.v);
    if (ticket->type != QT_PERP_TRAILING)
        return true;
    int64_t percent;
    const char *activate =
        qt__call_has(call, "activatePrice") ? "activatePrice" : "activationPrice";
    if (qt__call_has(call, activate) &&
        !decimal_param(call, activate, ins->px_scale, &ticket->stop_px.v))
        return false;
    if (!decimal_param(call, "callbackRate", 2, &percent))
        return false;
    ticket->callback_bps = (int)QT_MIN(QT_MAX(percent, INT64_C(0)), INT64_C(100000));
    return true;
}

/* What it may do to the position, and which price it looks at. */
static bool
purpose_params(struct qt__call *call, struct qt_perp_ticket *ticket)
{
    static const char *const sides[] = {"BOTH", "LONG", "SHORT", NULL};
    static const char *const prices[] = {"CONTRACT_PRICE", "MARK_PRICE", NULL};
    int side = qt__call_choice(call, "positionSide", sides, 0);
    int price = side < 0 ? -1 : qt__call_choice(call, "workingType", prices, 0);
    if (price < 0 || !bool_param(call, "reduceOnly", &ticket->reduce_only) ||
        !bool_param(call, "closePosition", &ticket->close_position) ||
        !bool_param(call, "priceProtect", &ticket->is_guarded))
        return false;
    if (side > 0)
        return qt__call_refuse(call, -4061, "Order's position side does not match user's setting.");
    if (ticket->is_guarded && ticket->type < QT_PERP_STOP)
        return qt__call_fail(call, QT__FAULT_UNREQUIRED, "priceProtect");
    if (ticket->close_position && !types[ticket->type].may_close)
        return qt__call_refuse(call, -4136,
                               "Target strategy invalid for orderType with "
                               "closePosition=true.");
    if (ticket->close_position && (ticket->reduce_only || qt__call_has(call, "quantity")))
        return qt__call_fail(call, QT__FAULT_UNREQUIRED,
                             ticket->reduce_only ? "reduceOnly" : "quantity");
    ticket->by_mark = price == 1;
    return true;
}

static bool
stp_param(struct qt__call *call, struct qt_perp_ticket *ticket)
{
    char text[QT__PARAM_MAX];
    if (!qt__call_has(call, "selfTradePreventionMode"))
        return true;
    (void)!qt__call_get(call, "selfTradePreventionMode", text);
    for (uint8_t mode = 0; mode < QT_SELF_TRADES; mode++)
        if (strcmp(text, qt__venue_stp((enum qt_self_trade)mode)) == 0) {
            ticket->stp = mode;
            return true;
        }
    return qt__call_fail(call, QT__FAULT_VALUE, "selfTradePreventionMode");
}

bool
qt__usdm_ticket(struct qt__exchange *exchange, struct qt__call *call,
                const struct qt__usdm_names *names, struct qt_perp_ticket *ticket)
{
    struct qt_exchange_ticket side;
    *ticket = (struct qt_perp_ticket){.owner = QT__USDM_OWNER};
    if (!qt__need_symbol(exchange, call, &ticket->instrument) || !qt__side_param(call, &side) ||
        !type_param(call, names, ticket) || !tif_param(call, ticket))
        return false;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, ticket->instrument);
    ticket->side = side.side;
    return purpose_params(call, ticket) &&
           (ticket->close_position ||
            decimal_param(call, "quantity", ins->qty_scale, &ticket->qty.v)) &&
           price_params(call, ins, names, ticket) && stp_param(call, ticket) &&
           qt__client_id_param(call, names->client_id, ticket->client_id);
}

/* A request that came before, whose order has ended since: as on the spot venue's desk. */
static bool
is_repeated(const struct qt__usdm *usdm, const struct qt_perp_ticket *ticket,
            struct qt_perp_order *out)
{
    return ticket->client_id[0] &&
           qt_perp_find(usdm->perp, QT__USDM_OWNER, ticket->instrument, 0, ticket->client_id,
                        out) &&
           qt_order_state_is_final((enum qt_order_state)out->state) &&
           qt_perp_now(usdm->perp) - out->time_ns < REPEAT_NS && out->side == ticket->side &&
           out->original_type == ticket->type && out->tif == ticket->tif &&
           out->px.v == ticket->px.v && out->stop_px.v == ticket->stop_px.v &&
           (ticket->close_position || out->qty.v == ticket->qty.v) &&
           out->reduce_only == ticket->reduce_only && out->close_position == ticket->close_position;
}

bool
qt__usdm_place_ticket(struct qt__exchange *exchange, struct qt__call *call,
                      const struct qt_perp_ticket *ticket, struct qt_perp_order *out)
{
    struct qt__usdm *usdm = exchange->usdm;
    if (!qt__weights_order(&exchange->weights, qt__exchange_limit_ms(exchange), call))
        return false;
    if (qt__faults_strike(exchange, QT_FAULT_REJECT))
        return qt__usdm_verdict(call, QT_PERP_MARGIN);
    if (!is_repeated(usdm, ticket, out) &&
        !qt__usdm_verdict(call, qt_perp_place(usdm->perp, ticket, out)))
        return false;
    call->has_placed = true;
    return true;
}

static const struct qt__usdm_names plain_names = {.stop = "stopPrice",
                                                  .client_id = "newClientOrderId"};

bool
qt__usdm_place(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_ticket ticket;
    struct qt_perp_order order;
    if (!qt__usdm_ticket(exchange, call, &plain_names, &ticket) ||
        !qt__usdm_place_ticket(exchange, call, &ticket, &order))
        return false;
    qt__write_perp_order(call->out, qt_universe_at(exchange->universe, order.instrument), &order);
    return true;
}

bool
qt__usdm_test(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_ticket ticket;
    if (!qt__usdm_ticket(exchange, call, &plain_names, &ticket) ||
        !qt__usdm_verdict(call, qt_perp_check(exchange->usdm->perp, &ticket)))
        return false;
    qt_text_add(call->out, "{}");
    return true;
}

static bool
find_order(struct qt__exchange *exchange, struct qt__call *call, enum qt_perp_verdict absent,
           struct qt_perp_order *out)
{
    struct qt__order_params named;
    return qt__order_params(exchange, call, &named) &&
           ((qt_perp_find(exchange->usdm->perp, QT__USDM_OWNER, named.symbol, (uint64_t)named.id,
                          named.client_id, out) &&
             qt__usdm_is_order(out)) ||
            qt__usdm_verdict(call, absent));
}

static bool
answer(struct qt__exchange *exchange, struct qt__call *call, const struct qt_perp_order *order)
{
    qt__write_perp_order(call->out, qt_universe_at(exchange->universe, order->instrument), order);
    return true;
}

bool
qt__usdm_order(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_order order;
    return find_order(exchange, call, QT_PERP_NO_ORDER, &order) && answer(exchange, call, &order);
}

bool
qt__usdm_open_order(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_order order;
    return find_order(exchange, call, QT_PERP_NO_ORDER, &order) &&
           (!qt_order_state_is_final((enum qt_order_state)order.state) ||
            qt__usdm_verdict(call, QT_PERP_NO_ORDER)) &&
           answer(exchange, call, &order);
}

bool
qt__usdm_cancel(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_order order;
    if (!find_order(exchange, call, QT_PERP_UNKNOWN_ORDER, &order))
        return false;
    if (qt__faults_strike(exchange, QT_FAULT_REJECT_CANCEL))
        return qt__usdm_verdict(call, QT_PERP_UNKNOWN_ORDER);
    return qt__usdm_verdict(call, qt_perp_cancel(exchange->usdm->perp, QT__USDM_OWNER,
                                                 order.instrument, order.id, &order)) &&
           answer(exchange, call, &order);
}

bool
qt__usdm_modify(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_order order;
    struct qt_exchange_ticket side;
    qt_px px;
    qt_qty qty;
    if (!find_order(exchange, call, QT_PERP_NO_ORDER, &order) || !qt__side_param(call, &side))
        return false;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, order.instrument);
    if (!decimal_param(call, "quantity", ins->qty_scale, &qty.v) ||
        !decimal_param(call, "price", ins->px_scale, &px.v))
        return false;
    if (side.side != order.side)
        return qt__call_fail(call, QT__FAULT_SIDE);
    return qt__weights_order(&exchange->weights, qt__exchange_limit_ms(exchange), call) &&
           qt__usdm_verdict(call, qt_perp_modify(exchange->usdm->perp, QT__USDM_OWNER,
                                                 order.instrument, order.id, px, qty, &order)) &&
           answer(exchange, call, &order);
}

/* At most limit of them, oldest first. */
static bool
write_orders(struct qt__exchange *exchange, struct qt__call *call, uint32_t symbol, uint64_t from,
             bool only_open, size_t limit)
{
    struct qt__usdm *usdm = exchange->usdm;
    size_t n = qt_perp_orders(usdm->perp, QT__USDM_OWNER, symbol, from, only_open, usdm->orders,
                              QT__LIST_MAX);
    size_t written = 0;
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < n && written < limit; i++) {
        if (!qt__usdm_is_order(&usdm->orders[i]))
            continue;
        qt_text_add(call->out, written++ ? "," : "");
        (void)answer(exchange, call, &usdm->orders[i]);
    }
    qt_text_add_char(call->out, ']');
    return true;
}

bool
qt__usdm_open_orders(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol = QT_NO_INSTRUMENT;
    if (qt__call_has(call, "symbol") && !qt__need_symbol(exchange, call, &symbol))
        return false;
    return write_orders(exchange, call, symbol, 0, true, QT__LIST_MAX);
}

/* Without orderId the newest ones. */
bool
qt__usdm_all_orders(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t limit, from;
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &limit) ||
        !qt__call_int(call, "orderId", 0, 0, INT64_MAX, &from))
        return false;
    return write_orders(exchange, call, symbol, (uint64_t)from, false, (size_t)limit);
}

bool
qt__usdm_cancel_all(struct qt__exchange *exchange, struct qt__call *call)
{
    return qt__usdm_cancel_all_of(exchange, call, true);
}

/* The dead man's switch: every order of the symbol goes unless this comes again in time; 0 ends it.
 * Conditional ones that wait for their price stay. */
bool
qt__usdm_countdown(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t time_ms;
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !qt__call_int(call, "countdownTime", -1, 0, INT64_C(86400000) * 365, &time_ms))
        return false;
    if (time_ms < 0)
        return qt__call_fail(call, QT__FAULT_MANDATORY, "countdownTime");
    exchange->usdm->countdown_ns[symbol] =
        time_ms == 0 ? 0 : exchange->now_ns + time_ms * QT_NS_PER_MS;
    qt_text_addf(call->out, "{\"symbol\":\"%s\",\"countdownTime\":\"%lld\"}",
                 qt_universe_at(exchange->universe, symbol)->symbol, (long long)time_ms);
    return true;
}

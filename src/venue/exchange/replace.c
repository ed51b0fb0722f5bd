/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order/cancelReplace: cancels one order and places another for the same symbol, in one request.
 * Both steps answer under their own names; what failed stands there with its code.
 */
#include <stdlib.h>
#include <string.h>

#include "exchange_priv.h"

/* What became of a step, in Binance's words. */
enum step { STEP_NOT_TRIED, STEP_SUCCESS, STEP_FAILURE };
static const char *const step_names[] = {"NOT_ATTEMPTED", "SUCCESS", "FAILURE"};

#define TEXT_SIZE (256u << 10) /* of one step's answer: an order and its fills */

struct replacement {
    enum step cancel, place;
    struct qt_text texts[2]; /* what cancel and place answered; empty: not tried */
    char buffers[2][TEXT_SIZE];
};

/* Which order is cancelled; cancelOrderId or cancelOrigClientOrderId, both must fit when both are
 * given. */
static bool
find_cancelled(struct qt__exchange *exchange, struct qt__call *call, uint32_t symbol,
               struct qt_exchange_order *out)
{
    char client_id[QT__PARAM_MAX] = "";
    int64_t id;
    if (!qt__call_int(call, "cancelOrderId", 0, 1, INT64_MAX, &id))
        return false;
    (void)!qt__call_get(call, "cancelOrigClientOrderId", client_id);
    if (!qt__desk_find(exchange->desk, symbol, (uint64_t)id, client_id, out) ||
        (client_id[0] && strcmp(out->client_id, client_id) != 0))
        return qt__call_fail(call, QT__FAULT_CANCEL);
    return true;
}

/* ONLY_NEW and ONLY_PARTIALLY_FILLED: in another state the order is left alone. */
static bool
is_in_state(struct qt__call *call, const struct qt_exchange_order *order, int restriction)
{
    static const char *const wanted[] = {"NEW", "PARTIALLY_FILLED"};
    return restriction == 0 || strcmp(qt__venue_state(order), wanted[restriction - 1]) == 0 ||
           qt__call_fail(call, QT__FAULT_RESTRICTED);
}

static bool
cancel(struct qt__exchange *exchange, struct qt__call *call, uint32_t symbol, int restriction)
{
    struct qt_exchange_order order;
    char cancel_id[QT_CLIENT_ID_TEXT];
    return find_cancelled(exchange, call, symbol, &order) &&
           is_in_state(call, &order, restriction) &&
           qt__client_id_param(call, "cancelNewClientOrderId", cancel_id) &&
           qt__cancel_one(exchange, call, symbol, order.id, cancel_id);
}

/* Runs one step with an answer of its own; a fault becomes that answer. */
static enum step
note_step(struct qt__call *call, bool is_good, struct qt_text *text)
{
    if (!is_good) {
        qt_text_clear(text);
        qt__call_write_fault(call, text);
    }
    return is_good ? STEP_SUCCESS : STEP_FAILURE;
}

static void
write_result(const struct replacement *done, struct qt_text *out)
{
    static const char *const names[2] = {"cancelResponse", "newOrderResponse"};
    qt_text_addf(out, "{\"cancelResult\":\"%s\",\"newOrderResult\":\"%s\"",
                 step_names[done->cancel], step_names[done->place]);
    for (size_t i = 0; i < QT_COUNT_OF(names); i++) {
        qt_text_addf(out, ",\"%s\":", names[i]);
        if (done->texts[i].length > 0)
            qt_text_add_n(out, done->texts[i].buffer, done->texts[i].length);
        else
            qt_text_add(out, "null");
    }
    qt_text_add_char(out, '}');
}

/* How it is to be done. */
struct manner {
    bool may_fail;   /* the order is placed although its predecessor could not be cancelled */
    int restriction; /* index of restrictions */
    bool has_room;   /* the limit of new orders is not used up */
};

/* Both parts in turn, each with an answer of its own. */
static void
run_steps(struct qt__exchange *exchange, struct qt__call *call,
          const struct qt_exchange_ticket *ticket, const struct manner *manner,
          struct replacement *done)
{
    struct qt_text *out = call->out;
    for (int i = 0; i < 2; i++)
        qt_text_init(&done->texts[i], done->buffers[i], TEXT_SIZE);
    call->out = &done->texts[0];
    bool is_good = cancel(exchange, call, ticket->instrument, manner->restriction);
    done->cancel = note_step(call, is_good, &done->texts[0]);
    if (is_good || manner->may_fail) {
        call->out = &done->texts[1];
        is_good = manner->has_room ? qt__place_ticket(exchange, call, ticket)
                                   : qt__weights_order(&exchange->weights,
                                                       qt__exchange_limit_ms(exchange), call);
        done->place = note_step(call, is_good, &done->texts[1]);
    }
    call->out = out;
}

/* The answer, or the fault with what became of each step. */
static bool
tell(struct qt__call *call, const struct replacement *done)
{
    const size_t size = 2 * TEXT_SIZE + 256;
    if (done->cancel == STEP_SUCCESS && done->place == STEP_SUCCESS) {
        write_result(done, call->out);
        return true;
    }
    struct qt_text detail;
    call->detail = malloc(size);
    if (call->detail) {
        qt_text_init(&detail, call->detail, size);
        write_result(done, &detail);
    }
    bool is_half = done->cancel == STEP_SUCCESS || done->place == STEP_SUCCESS;
    return qt__call_fail(call, is_half ? QT__FAULT_HALF_REPLACED : QT__FAULT_NOT_REPLACED);
}

bool
qt__handle_replace(struct qt__exchange *exchange, struct qt__call *call)
{
    static const char *const modes[] = {"STOP_ON_FAILURE", "ALLOW_FAILURE", NULL};
    static const char *const restrictions[] = {"", "ONLY_NEW", "ONLY_PARTIALLY_FILLED", NULL};
    static const char *const limits[] = {"DO_NOTHING", "CANCEL_ONLY", NULL};
    struct qt_exchange_ticket ticket;
    char text[QT__PARAM_MAX];
    if (!qt__call_need(call, "cancelReplaceMode", text))
        return false;
    int mode = qt__call_choice(call, "cancelReplaceMode", modes, -1);
    int restriction = qt__call_choice(call, "cancelRestrictions", restrictions, 0);
    int limit = qt__call_choice(call, "orderRateLimitExceededMode", limits, 0);
    if (mode < 0 || restriction < 0 || limit < 0 || !qt__ticket_params(exchange, call, &ticket))
        return false;
    if (!qt__call_has(call, "cancelOrderId") && !qt__call_has(call, "cancelOrigClientOrderId"))
        return qt__call_fail(call, QT__FAULT_MANDATORY, "cancelOrderId");
    struct manner manner = {.may_fail = mode == 1, .restriction = restriction};
    manner.has_room = qt__weights_order(&exchange->weights, qt__exchange_limit_ms(exchange), call);
    if (!manner.has_room && limit == 0)
        return false;
    struct replacement *done = calloc(1, sizeof *done);
    if (!done)
        return qt__call_fail(call, QT__FAULT_UNKNOWN);
    run_steps(exchange, call, &ticket, &manner, done);
    bool is_good = tell(call, done);
    free(done);
    return is_good;
}

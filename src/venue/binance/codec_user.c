/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user stream: execution reports and balances.
 */
#include "codec_priv.h"

#include "qtrade/base/time.h"

#define NEW_ORDER_REJECTED (-2010)

static const struct {
    const char *name;
    enum qt_order_state state;
} states[] = {
    {"NEW", QT_ORDER_OPEN},
    {"PARTIALLY_FILLED", QT_ORDER_PARTIAL},
    {"FILLED", QT_ORDER_FILLED},
    {"CANCELED", QT_ORDER_CANCELLED},
    {"EXPIRED", QT_ORDER_EXPIRED},
    {"EXPIRED_IN_MATCH", QT_ORDER_EXPIRED}, /* self-trade prevention took the rest */
    {"REJECTED", QT_ORDER_REJECTED},
    {"PENDING_NEW", QT_ORDER_OPEN},
    {"PENDING_CANCEL", QT_ORDER_CANCEL_PENDING},
    {"NEW_INSURANCE", QT_ORDER_OPEN}, /* the venue closes a position by itself */
    {"NEW_ADL", QT_ORDER_OPEN},
};

enum qt_order_state
qt__bn_order_state_of(const char *text, size_t length)
{
    for (size_t i = 0; i < QT_COUNT_OF(states); i++)
        if (strlen(states[i].name) == length && memcmp(states[i].name, text, length) == 0)
            return states[i].state;
    return QT_ORDER_STATES;
}

static const struct {
    const char *name;
    enum qt_report_type type;
} executions[] = {
    {"NEW", QT_REPORT_ACCEPTED},
    {"TRADE", QT_REPORT_FILL},
    {"CANCELED", QT_REPORT_CANCELLED},
    {"EXPIRED", QT_REPORT_EXPIRED},
    {"REJECTED", QT_REPORT_REJECTED},
    {"REPLACED", QT_REPORT_STATUS},
    {"TRADE_PREVENTION", QT_REPORT_STATUS},
    {"CALCULATED", QT_REPORT_FILL}, /* the venue's own liquidation */
    {"AMENDMENT", QT_REPORT_STATUS},
};

static enum qt_report_type
execution_of(const struct qt__slice *text)
{
    for (size_t i = 0; text && i < QT_COUNT_OF(executions); i++)
        if (qt__slice_is(text, executions[i].name))
            return executions[i].type;
    return QT_REPORT_TYPES;
}

bool
qt__bn_fee_of(const struct qt_instrument *ins, const struct qt__slice *amount,
              const struct qt__slice *asset, struct qt_report *report)
{
    int64_t fee;
    report->fee = QT_MONEY_ZERO;
    report->fee_in_base = 0;
    if (!amount || (amount->type != '"' && amount->type != '0'))
        return true;
    if (!asset || asset->type != '"') /* "N": null goes with a fee of 0 */
        return qt__slice_decimal(amount, QT_SCALE_MAX, &fee) && fee == 0;
    bool is_base = qt__slice_is(asset, ins->base);
    if (!is_base && !qt__slice_is(asset, ins->quote))
        return qt__slice_decimal(amount, QT_SCALE_MAX, &fee) && fee == 0;
    if (!qt__slice_decimal_rounded(amount, is_base ? ins->qty_scale : QT_MONEY_SCALE, 1, &fee,
                                   NULL))
        return false;
    report->fee.v = fee;
    report->fee_in_base = is_base;
    return true;
}

/* Our id: of the order itself, which after a cancel stands in "C". */
static uint64_t
client_id_of(const struct qt__bn_incoming *m)
{
    const struct qt__slice *own = qt__bn_field(m->f, 'c'), *original = qt__bn_field(m->f, 'C');
    uint64_t id;
    if (original && original->type == '"' && original->n > 0 &&
        qt_client_id_parse(original->p, original->n, m->in->tag, &id))
        return id;
    if (own && own->type == '"' && qt_client_id_parse(own->p, own->n, m->in->tag, &id))
        return id;
    return 0;
}

/* Words: side, state, execution type, maker. */
static bool
read_words(struct qt__bn_incoming *m, struct qt_report *report, enum qt_codec_verdict *verdict)
{
    const struct qt__slice *side = qt__bn_field(m->f, 'S'), *state = qt__bn_field(m->f, 'X');
    const struct qt__slice *maker = qt__bn_field(m->f, 'm');
    enum qt_report_type type = execution_of(qt__bn_field(m->f, 'x'));
    enum qt_order_state order_state =
        state && state->type == '"' ? qt__bn_order_state_of(state->p, state->n) : QT_ORDER_STATES;
    bool is_maker = false;
    *verdict = qt__bn_malformed(m, "side, state or kind of the report is missing");
    if (!side || side->type != '"' || type == QT_REPORT_TYPES || order_state == QT_ORDER_STATES ||
        (!qt__slice_is(side, "BUY") && !qt__slice_is(side, "SELL")))
        return false;
    if (maker && !qt__slice_bool(maker, &is_maker))
        return false;
    m->out->why = NULL;
    report->type = (uint8_t)type;
    report->state = (uint8_t)order_state;
    report->side = qt__slice_is(side, "BUY") ? QT_BUY : QT_SELL;
    report->is_maker = is_maker;
    report->client_id = client_id_of(m);
    return true;
}

/* This fill's own numbers; a TRADE without a quantity is news of the state alone. */
static bool
read_fill(struct qt__bn_incoming *m, struct qt_report *report, enum qt_codec_verdict *verdict)
{
    const struct qt_instrument *ins = m->ins;
    if (!qt__bn_need_decimal(m, 'l', ins->qty_scale, &report->qty.v, verdict))
        return false;
    if (report->qty.v == 0) {
        report->type = QT_REPORT_STATUS;
        return qt__bn_need_decimal(m, 'q', ins->qty_scale, &report->qty.v, verdict) &&
               qt__bn_need_decimal(m, 'p', ins->px_scale, &report->px.v, verdict);
    }
    if (!qt__bn_need_decimal(m, 'L', ins->px_scale, &report->px.v, verdict) ||
        !qt__bn_need_u64(m, 't', &report->trade_id, verdict))
        return false;
    m->out->has_foreign_fee =
        !qt__bn_fee_of(ins, qt__bn_field(m->f, 'n'), qt__bn_field(m->f, 'N'), report);
    if (report->px.v > 0 && report->qty.v > 0 && report->qty.v <= report->cum_qty.v)
        return true;
    *verdict = qt__bn_refused(m, "the fill is impossible");
    return false;
}

static bool
read_numbers(struct qt__bn_incoming *m, struct qt_report *report, enum qt_codec_verdict *verdict)
{
    const struct qt_instrument *ins = m->ins;
    int64_t quantity;
    if (!qt__bn_need_u64(m, 'i', &report->venue_id, verdict) ||
        !qt__bn_need_decimal(m, 'q', ins->qty_scale, &quantity, verdict) ||
        !qt__bn_need_decimal(m, 'z', ins->qty_scale, &report->cum_qty.v, verdict))
        return false;
    report->cum_quote.v = -1;
    if (qt__bn_field(m->f, 'Z') &&
        !qt__bn_need_decimal(m, 'Z', QT_MONEY_SCALE, &report->cum_quote.v, verdict))
        return false;
    if (quantity < 0 || report->cum_qty.v < 0 || report->cum_qty.v > quantity) {
        *verdict = qt__bn_refused(m, "the report's quantities are impossible");
        return false;
    }
    if (report->type == QT_REPORT_FILL)
        return read_fill(m, report, verdict);
    report->qty.v = quantity;
    return qt__bn_need_decimal(m, 'p', ins->px_scale, &report->px.v, verdict);
}

enum qt_codec_verdict
qt__bn_decode_report(struct qt__bn_incoming *m)
{
    enum qt_codec_verdict verdict;
    struct qt_event event;
    if (!qt__bn_need_instrument(m, &verdict))
        return verdict;
    if (!qt__bn_event_begin(m, QT_EVENT_REPORT, 'T', &event))
        return qt__bn_malformed(m, "the time is no time");
    struct qt_report *report = &event.report;
    if (!read_words(m, report, &verdict) || !read_numbers(m, report, &verdict))
        return verdict;
    if (report->px.v <= 0) /* market orders have none */
        report->px = QT_PX_NONE;
    if (report->type == QT_REPORT_REJECTED)
        report->code = NEW_ORDER_REJECTED;
    if (report->type == QT_REPORT_EXPIRED && m->is_conditional) {
        report->type = QT_REPORT_TIMEOUT;
        report->state = QT_ORDER_UNKNOWN;
    }
    qt__bn_event_push(m, &event);
    return QT_CODEC_DECODED;
}

/* {"a":"ETH","f":"10.0","l":"0.0"}. False: malformed. *fits: has room in an event. */
static bool
read_balance(struct qt__json *json, struct qt_balance *out, bool *fits)
{
    struct qt__slice key, value, free_amount = {0}, locked = {0}, asset = {0};
    if (!qt__json_enter(json, '{'))
        return false;
    while (qt__json_next_key(json, &key) && qt__json_take(json, &value)) {
        if (key.n != 1)
            continue;
        switch (key.p[0]) {
        case 'a':
            asset = value;
            break;
        case 'f':
            free_amount = value;
            break;
        case 'l':
            locked = value;
            break;
        }
    }
    if (json->is_bad || asset.type != '"' || free_amount.type != '"' || locked.type != '"')
        return false;
    *fits = asset.n > 0 && asset.n < sizeof out->asset && !asset.has_escape &&
            qt__slice_decimal_rounded(&free_amount, QT_MONEY_SCALE, -1, &out->free.v, NULL) &&
            qt__slice_decimal_rounded(&locked, QT_MONEY_SCALE, -1, &out->locked.v, NULL) &&
            out->free.v >= 0 && out->locked.v >= 0;
    if (*fits) {
        memcpy(out->asset, asset.p, asset.n);
        out->asset[asset.n] = '\0';
        qt_text_clean(out->asset);
    }
    return true;
}

/* One walk over "B": with events (pushes) or without (only looks whether all of it is good). */
static bool
walk_balances(struct qt__bn_incoming *m, const struct qt__slice *list, struct qt_event *event)
{
    struct qt__json json = qt__json_open(list->p, list->n);
    if (!qt__json_enter(&json, '['))
        return false;
    while (qt__json_next_item(&json)) {
        struct qt_balance balance = {0};
        bool fits;
        if (!read_balance(&json, &balance, &fits))
            return false;
        if (!event)
            continue;
        if (fits) {
            struct qt_event row = *event;
            row.balance = balance;
            qt__bn_event_push(m, &row);
        } else {
            m->out->misfits++;
        }
    }
    return qt__json_end(&json);
}

enum qt_codec_verdict
qt__bn_decode_account(struct qt__bn_incoming *m)
{
    struct qt_event event;
    const struct qt__slice *list = qt__bn_field(m->f, 'B');
    if (!list || list->type != '[' || !qt__bn_event_begin(m, QT_EVENT_BALANCE, 'E', &event) ||
        !walk_balances(m, list, NULL))
        return qt__bn_malformed(m, "the balances are missing");
    (void)walk_balances(m, list, &event);
    return QT_CODEC_DECODED;
}

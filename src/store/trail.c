/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trail_priv.h"

#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/trade/order.h"

/* An entry that is caused by record; its detail is begun in text. */
static struct qt_record *
begin(struct qt_record *out, uint64_t seq, int64_t t_ns, const char *actor, const char *action,
      struct qt_text *text)
{
    *out = (struct qt_record){.kind = QT_RECORD_AUDIT, .seq = seq, .t_ns = t_ns};
    qt_copy(out->audit.actor, sizeof out->audit.actor, actor);
    qt_copy(out->audit.action, sizeof out->audit.action, action);
    qt_text_init(text, out->audit.detail, sizeof out->audit.detail);
    return out;
}

static const struct qt_instrument *
instrument_of(const struct qt_universe *universe, uint32_t id)
{
    return universe && id < qt_universe_count(universe) ? qt_universe_at(universe, id) : NULL;
}

/* Orders: what is said of a state; NULL: nothing, it is between the others. */
static const char *const order_actions[QT_ORDER_STATES] = {
    [QT_ORDER_PENDING] = "order.sent",      [QT_ORDER_CANCEL_PENDING] = "order.cancel",
    [QT_ORDER_FILLED] = "order.filled",     [QT_ORDER_CANCELLED] = "order.cancelled",
    [QT_ORDER_REJECTED] = "order.rejected", [QT_ORDER_EXPIRED] = "order.expired",
    [QT_ORDER_UNKNOWN] = "order.unknown"};

static unsigned
of_order(const struct qt_record *record, const struct qt_universe *universe,
         enum qt_order_state was, struct qt_record *out)
{
    const struct qt_order_record *order = &record->order;
    const struct qt_order_request *request = &order->request;
    const struct qt_instrument *ins = instrument_of(universe, request->instrument);
    const char *action = order->state < QT_ORDER_STATES ? order_actions[order->state] : NULL;
    int scale = ins ? ins->qty_scale : 0;
    struct qt_text text;
    if (!action || order->state == was)
        return 0;
    begin(out, record->seq, record->t_ns, "engine", action, &text);
    qt_text_addf(&text, "%llx %s %s ", (unsigned long long)request->client_id,
                 ins ? ins->symbol : "?", qt_side_name((enum qt_side)request->side));
    qt_text_add_decimal(&text, request->qty.v, scale);
    qt_text_addf(&text, " %s", qt_order_type_name((enum qt_order_type)request->type));
    if (!qt_px_is_none(request->px)) {
        qt_text_add(&text, " at ");
        qt_text_add_decimal(&text, request->px.v, ins ? ins->px_scale : 0);
    }
    qt_text_addf(&text, ", %s", qt_order_purpose_name((enum qt_order_purpose)order->purpose));
    if (qt_order_state_is_final((enum qt_order_state)order->state)) {
        qt_text_add(&text, ", filled ");
        qt_text_add_decimal(&text, order->cum_qty.v, scale);
    }
    qt_text_addf(&text, "%s%s", order->reason[0] ? ": " : "", order->reason);
    return 1;
}

static unsigned
of_mode(const struct qt_record *record, struct qt_record *out)
{
    struct qt_text text;
    begin(out, record->seq, record->t_ns,
          qt_source_name((enum qt_command_source)record->mode.source), "mode", &text);
    qt_text_addf(&text, "%s%s%s", qt_mode_name((enum qt_mode)record->mode.mode),
                 record->mode.reason[0] ? ": " : "", record->mode.reason);
    return 1;
}

/* Of differences only what a person may look for years later: an order that outlived its engine. */
static unsigned
of_difference(const struct qt_record *record, const struct qt_universe *universe,
              struct qt_record *out)
{
    const struct qt_difference_record *line = &record->difference;
    const struct qt_instrument *ins = instrument_of(universe, line->instrument);
    struct qt_text text;
    if (line->what != QT_DIFFERENCE_ORDER || line->rule != QT_RULE_ADOPTED)
        return 0;
    begin(out, record->seq, record->t_ns, "engine", "order.adopted", &text);
    qt_text_addf(&text, "%llx %s: %s: %s", (unsigned long long)line->client_id,
                 ins ? ins->symbol : "?", line->venue, line->why);
    return 1;
}

/* The reason without its figures, which differ each time. */
static uint64_t
reason_of(const struct qt_decision_record *decision)
{
    uint64_t hash = qt_hash(QT_HASH_START, &decision->instrument, sizeof decision->instrument);
    for (const char *c = decision->detail; *c; c++)
        if (!(*c >= '0' && *c <= '9') && *c != '.' && *c != '-')
            hash = qt_hash(hash, c, 1);
    return hash ? hash : 1;
}

/* The entry of a count; 0 when there is nothing to count. */
static unsigned
tell_count(struct qt__refusal *refusal, const struct qt_universe *universe, uint64_t seq,
           int64_t t_ns, struct qt_record *out)
{
    const struct qt_instrument *ins = instrument_of(universe, refusal->instrument);
    struct qt_text text;
    char span[QT_TIME_TEXT];
    if (refusal->count == 0)
        return 0;
    begin(out, seq, t_ns, "engine", "refused.again", &text);
    qt_text_addf(&text, "%s, %u times in %s: %s", ins ? ins->symbol : "?", refusal->count,
                 qt_duration_format(refusal->seen_ns - refusal->told_ns, span), refusal->text);
    refusal->count = 0;
    refusal->told_ns = t_ns;
    return 1;
}

/* Where reason stands, or may stand: its own place, a free one, or the one seen least recently. */
static struct qt__refusal *
place_of(struct qt__trail *trail, uint64_t reason)
{
    struct qt__refusal *oldest = &trail->refusal[0];
    for (unsigned i = 0; i < QT__TRAIL_REASONS; i++) {
        struct qt__refusal *refusal = &trail->refusal[i];
        if (refusal->reason == reason)
            return refusal;
        bool is_older = oldest->reason && (!refusal->reason || refusal->seen_ns < oldest->seen_ns);
        if (is_older)
            oldest = refusal;
    }
    return oldest;
}

static unsigned
of_refusal(struct qt__trail *trail, const struct qt_record *record,
           const struct qt_universe *universe, struct qt_record *out)
{
    const struct qt_decision_record *decision = &record->decision;
    const struct qt_instrument *ins = instrument_of(universe, decision->instrument);
    uint64_t reason = reason_of(decision);
    struct qt__refusal *refusal = place_of(trail, reason);
    struct qt_text text;
    unsigned n = 0;
    if (refusal->reason == reason) {
        refusal->count++;
        refusal->seen_ns = record->t_ns;
        if (record->t_ns - refusal->told_ns < QT_NS_PER_HOUR)
            return 0;
        return tell_count(refusal, universe, record->seq, record->t_ns, out);
    }
    if (refusal->reason)
        n = tell_count(refusal, universe, record->seq, record->t_ns, out);
    *refusal = (struct qt__refusal){.reason = reason,
                                    .instrument = decision->instrument,
                                    .told_ns = record->t_ns,
                                    .seen_ns = record->t_ns};
    qt_copy(refusal->text, sizeof refusal->text, decision->detail);
    begin(&out[n], record->seq, record->t_ns, "engine", "refused", &text);
    qt_text_addf(&text, "%s: %s", ins ? ins->symbol : "?", decision->detail);
    return n + 1;
}

/* Counts of those that have ceased for an hour, one a call; looked for once a minute. */
static unsigned
sweep(struct qt__trail *trail, const struct qt_record *record, const struct qt_universe *universe,
      struct qt_record *out)
{
    if (record->t_ns == QT_TIME_NONE || record->t_ns - trail->swept_ns < QT_NS_PER_MIN)
        return 0;
    for (unsigned i = 0; i < QT__TRAIL_REASONS; i++) {
        struct qt__refusal *refusal = &trail->refusal[i];
        if (!refusal->reason || record->t_ns - refusal->seen_ns < QT_NS_PER_HOUR)
            continue;
        unsigned n = tell_count(refusal, universe, record->seq, record->t_ns, out);
        *refusal = (struct qt__refusal){0};
        if (n > 0)
            return n; /* the next record looks on */
    }
    trail->swept_ns = record->t_ns;
    return 0;
}

unsigned
qt__trail_of(struct qt__trail *trail, const struct qt_record *record,
             const struct qt_universe *universe, enum qt_order_state was,
             struct qt_record out[QT__TRAIL_ENTRIES])
{
    unsigned n = sweep(trail, record, universe, out);
    if (record->kind == QT_RECORD_ORDER)
        n += of_order(record, universe, was, &out[n]);
    else if (record->kind == QT_RECORD_MODE)
        n += of_mode(record, &out[n]);
    else if (record->kind == QT_RECORD_DECISION && strcmp(record->decision.kind, "refused") == 0)
        n += of_refusal(trail, record, universe, &out[n]);
    else if (record->kind == QT_RECORD_DIFFERENCE)
        n += of_difference(record, universe, &out[n]);
    return n;
}

unsigned
qt__trail_end(struct qt__trail *trail, const struct qt_universe *universe,
              struct qt_record out[QT__TRAIL_ENTRIES])
{
    unsigned n = 0;
    for (unsigned i = 0; i < QT__TRAIL_REASONS && n < QT__TRAIL_ENTRIES; i++)
        if (trail->refusal[i].reason)
            n += tell_count(&trail->refusal[i], universe, 0, trail->refusal[i].seen_ns, &out[n]);
    return n;
}

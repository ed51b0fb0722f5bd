/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What differed between us and the venue, one line each: what, ours, the venue's, the rule, the
 * evidence. The lines are told where the rule is applied (reports.c, book.c, adopt.c), in the
 * thread that owns the symbol; they go to the store and in short among the events. Nothing decides
 * by them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "qtrade/base/text.h"

#include "engine_priv.h"

const char *
qt_difference_name(enum qt_difference what)
{
    static const char *const names[QT_DIFFERENCES] = {[QT_DIFFERENCE_ORDER] = "order",
                                                      [QT_DIFFERENCE_FILL] = "fill",
                                                      [QT_DIFFERENCE_BALANCE] = "balance",
                                                      [QT_DIFFERENCE_POSITION] = "position",
                                                      [QT_DIFFERENCE_FOREIGN] = "foreign order"};
    return (unsigned)what < QT_DIFFERENCES ? names[what] : "unknown";
}

const char *
qt_difference_rule_name(enum qt_difference_rule rule)
{
    static const char *const names[QT_DIFFERENCE_RULES] = {[QT_RULE_ADOPTED] = "adopted",
                                                           [QT_RULE_CORRECTED] = "corrected",
                                                           [QT_RULE_CLOSED] = "closed",
                                                           [QT_RULE_PAUSED] = "paused",
                                                           [QT_RULE_LEFT] = "left"};
    return (unsigned)rule < QT_DIFFERENCE_RULES ? names[rule] : "unknown";
}

void
qt__differs(struct qt_engine *engine, const struct qt_difference_record *difference, uint64_t seq,
            int64_t t_ns, bool is_told)
{
    struct qt_record record = {
        .kind = QT_RECORD_DIFFERENCE, .seq = seq, .t_ns = t_ns, .difference = *difference};
    uint32_t id = difference->instrument;
    const char *subject =
        id != QT_NO_INSTRUMENT ? engine->symbol[id].ins->symbol : difference->asset;
    record.difference.read = engine->sync.number;
    qt__partition_of(engine, id == QT_NO_INSTRUMENT ? 0 : id)->differences++;
    qt__record(engine, &record);
    if (is_told)
        qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_RISK, seq, t_ns,
                 "%s %s: ours %s, the venue's %s: %s", subject,
                 qt_difference_name((enum qt_difference)difference->what), difference->ours,
                 difference->venue,
                 qt_difference_rule_name((enum qt_difference_rule)difference->rule));
}

/* "filled, 0.5 of 0.5" */
static void
say_order(enum qt_order_state state, qt_qty cum, qt_qty qty, int scale, char out[40])
{
    char done[QT_DECIMAL_TEXT], whole[QT_DECIMAL_TEXT];
    snprintf(out, 40, "%s, %.12s of %.12s", qt_order_state_name(state),
             qt_decimal_format_short(qt_qty_units(cum), scale, done),
             qt_decimal_format_short(qt_qty_units(qty), scale, whole));
}

static struct qt_difference_record
order_line(const struct qt_symbol *symbol, const struct qt_order *order)
{
    return (struct qt_difference_record){.instrument = symbol->ins->id,
                                         .what = QT_DIFFERENCE_ORDER,
                                         .client_id = order->request.client_id,
                                         .venue_id = order->venue_id};
}

/* Fills may be told late for what was booked by a sum: then quantities stand, and money moves. */
static void
tell_late(struct qt_engine *engine, const struct qt_symbol *symbol, const struct qt_event *event,
          const struct qt_order_change *change)
{
    const struct qt_fill *fill = &change->fill;
    struct qt_difference_record line = order_line(symbol, change->order);
    char text[QT_DECIMAL_TEXT];
    bool is_corrected = qt_money_sign(fill->correction) != 0;
    qt_money now = is_corrected ? change->order->cum_quote : fill->fee, before = QT_MONEY_ZERO;
    bool is_base = !is_corrected && fill->fee_in_base;
    int scale = is_base ? symbol->ins->qty_scale : QT_MONEY_SCALE;
    const char *asset = is_base ? symbol->ins->base : symbol->ins->quote;
    if (is_corrected)
        (void)!qt_money_sub(now, fill->correction, &before);
    line.what = QT_DIFFERENCE_FILL;
    line.rule = QT_RULE_CORRECTED;
    line.trade_id = fill->trade_id;
    snprintf(line.ours, sizeof line.ours, "%s %s",
             qt_decimal_format_short(qt_money_units(before), scale, text), asset);
    snprintf(line.venue, sizeof line.venue, "%s %s",
             qt_decimal_format_short(qt_money_units(now), scale, text), asset);
    qt_copy(line.why, sizeof line.why,
            is_corrected ? "booked at an estimate: now what its trades came to"
                         : "booked without its fee: the fee of its trade");
    qt__differs(engine, &line, event->seq, event->t_recv_ns, is_corrected);
}

/* Nobody says what it cost: that is known when its trades are listed (unexplained.c asks). */
static void
tell_estimate(struct qt_engine *engine, const struct qt_symbol *symbol,
              const struct qt_event *event, const struct qt_fill *fill)
{
    char text[QT_DECIMAL_TEXT];
    qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_TRADE, event->seq, event->t_recv_ns,
             "%s: the venue does not say at which price it filled: booked at %s, an estimate",
             symbol->ins->symbol, qt_px_format(fill->px, symbol->ins->px_scale, text));
}

/* A part that was filled, and no report of the fill before it. */
static void
tell_fill(struct qt_engine *engine, const struct qt_symbol *symbol, const struct qt_event *event,
          const struct qt_order_change *change)
{
    struct qt_difference_record line = order_line(symbol, change->order);
    char text[QT_DECIMAL_TEXT];
    int scale = symbol->ins->qty_scale;
    qt_qty before = QT_QTY_ZERO;
    (void)!qt_qty_sub(change->order->cum_qty, change->fill.qty, &before);
    line.what = QT_DIFFERENCE_FILL;
    line.rule = QT_RULE_CORRECTED;
    line.trade_id = change->fill.trade_id;
    snprintf(line.ours, sizeof line.ours, "%s",
             qt_decimal_format_short(qt_qty_units(before), scale, text));
    snprintf(line.venue, sizeof line.venue, "%s",
             qt_decimal_format_short(qt_qty_units(change->order->cum_qty), scale, text));
    snprintf(line.why, sizeof line.why, "filled meanwhile: booked %s",
             change->fill.is_estimated   ? "at the order's price, an estimate"
             : change->fill.is_from_read ? "by its sum, fee not known"
                                         : "from the read");
    qt__differs(engine, &line, event->seq, event->t_recv_ns, true);
    if (change->fill.is_estimated)
        tell_estimate(engine, symbol, event, &change->fill);
}

/* Is it what every order goes through, only told by a read? */
static bool
is_usual(const struct qt_order_change *change)
{
    return change->before == change->after ||
           (change->before == QT_ORDER_PENDING &&
            !qt_order_state_is_final((enum qt_order_state)change->after));
}

/* Before what the report has booked of it. */
static void
say_before(const struct qt_symbol *symbol, const struct qt_order_change *change,
           enum qt_order_state state, char out[40])
{
    const struct qt_order *order = change->order;
    qt_qty before = QT_QTY_ZERO;
    if (!change->has_fill || !qt_qty_sub(order->cum_qty, change->fill.qty, &before))
        before = order->cum_qty;
    say_order(state, before, order->request.qty, symbol->ins->qty_scale, out);
}

/* An order of an earlier run stands, whoever said so, a read or the stream: once. */
static void
tell_adopted(struct qt_engine *engine, const struct qt_symbol *symbol, const struct qt_event *event,
             const struct qt_order_change *change)
{
    struct qt_order *order = change->order;
    struct qt_difference_record line = order_line(symbol, order);
    order->is_earlier = false;
    line.rule = QT_RULE_ADOPTED;
    say_before(symbol, change, QT_ORDER_UNKNOWN, line.ours);
    say_order((enum qt_order_state)change->after, order->cum_qty, order->request.qty,
              symbol->ins->qty_scale, line.venue);
    qt_copy(line.why, sizeof line.why, "of an earlier run, and stands: kept");
    qt__differs(engine, &line, event->seq, event->t_recv_ns, true);
    qt_log_event(engine->options.log, QT_LOG_INFO, "order.adopted",
                 "symbol=%s id=%llx purpose=%s stands=\"%s\"", symbol->ins->symbol,
                 (unsigned long long)order->request.client_id,
                 qt_order_purpose_name((enum qt_order_purpose)order->purpose), line.venue);
}

static void
tell_order(struct qt_engine *engine, const struct qt_symbol *symbol, const struct qt_event *event,
           const struct qt_order_change *change)
{
    const struct qt_order *order = change->order;
    struct qt_difference_record line = order_line(symbol, order);
    bool is_lost = event->report.type == QT_REPORT_NOT_FOUND;
    bool is_over = qt_order_state_is_final((enum qt_order_state)change->after);
    say_before(symbol, change, (enum qt_order_state)change->before, line.ours);
    if (is_lost)
        qt_copy(line.venue, sizeof line.venue, "not found");
    else
        say_order((enum qt_order_state)change->after, order->cum_qty, order->request.qty,
                  symbol->ins->qty_scale, line.venue);
    line.rule = is_over && change->after != QT_ORDER_FILLED ? QT_RULE_CLOSED : QT_RULE_CORRECTED;
    qt_copy(line.why, sizeof line.why,
            is_lost   ? "it never arrived, or left no trace: nothing of it can fill"
            : is_over ? "ended without a report"
                      : "the venue was asked");
    qt__differs(engine, &line, event->seq, event->t_recv_ns, true);
}

void
qt__reconcile_report(struct qt_engine *engine, const struct qt_symbol *symbol,
                     const struct qt_event *event, const struct qt_order_change *change)
{
    const struct qt_report *report = &event->report;
    bool is_lost = report->type == QT_REPORT_NOT_FOUND;
    bool is_read_fill = report->type == QT_REPORT_FILL && (event->flags & QT_EVENT_READ);
    bool is_read = report->type == QT_REPORT_STATUS || is_read_fill;
    bool is_over = qt_order_state_is_final((enum qt_order_state)change->after);
    bool is_late = change->has_fill && qt_qty_sign(change->fill.qty) == 0;
    bool is_off = change->has_fill && qt_money_sign(change->fill.correction) != 0;
    bool is_told = is_read || is_lost || (change->has_fill && change->fill.is_estimated);
    if (is_off || (is_late && is_read))
        tell_late(engine, symbol, event, change);
    if (is_told && change->has_fill && !is_late)
        tell_fill(engine, symbol, event, change);
    if (is_read_fill && !is_over) /* of a part the order's state, which follows, tells */
        return;
    if (change->order->is_earlier && !is_over && change->after != QT_ORDER_UNKNOWN)
        tell_adopted(engine, symbol, event, change);
    else if ((is_read || is_lost) && !is_usual(change))
        tell_order(engine, symbol, event, change);
}

void
qt__reconcile_stray(struct qt_engine *engine, const struct qt_symbol *symbol,
                    const struct qt_event *event)
{
    const struct qt_report *report = &event->report;
    struct qt_difference_record line = {.instrument = symbol->ins->id,
                                        .what = QT_DIFFERENCE_ORDER,
                                        .rule = QT_RULE_CLOSED,
                                        .client_id = report->client_id,
                                        .venue_id = report->venue_id,
                                        .ours = "none",
                                        .why = "ours by its id, not in the books: cancelled there"};
    say_order((enum qt_order_state)report->state, report->cum_qty, report->qty,
              symbol->ins->qty_scale, line.venue);
    qt__differs(engine, &line, event->seq, event->t_recv_ns, false); /* guard.c tells it */
}

/* Each once: the last ones are remembered. */
void
qt__reconcile_foreign(struct qt_engine *engine, const struct qt_symbol *symbol,
                      const struct qt_event *event)
{
    struct qt_partition *partition = qt__partition_of(engine, symbol->ins->id);
    const struct qt_report *report = &event->report;
    for (unsigned i = 0; i < QT_COUNT_OF(partition->foreign); i++)
        if (partition->foreign[i] == report->venue_id)
            return;
    partition->foreign[partition->next_foreign++ % QT_COUNT_OF(partition->foreign)] =
        report->venue_id;
    struct qt_difference_record line = {.instrument = symbol->ins->id,
                                        .what = QT_DIFFERENCE_FOREIGN,
                                        .rule = QT_RULE_LEFT,
                                        .venue_id = report->venue_id,
                                        .ours = "none",
                                        .why = "somebody else trades on this account"};
    say_order((enum qt_order_state)report->state, report->cum_qty, report->qty,
              symbol->ins->qty_scale, line.venue);
    qt__differs(engine, &line, event->seq, event->t_recv_ns, true);
}

/* A hundredth of the quote asset: what rounding of fees leaves. */
static bool
is_dust(qt_money gap)
{
    return llabs((long long)qt_money_units(gap)) <= qt_pow10(QT_MONEY_SCALE) / 100;
}

void
qt__reconcile_cash(struct qt_engine *engine, const struct qt_event *event, qt_money ours,
                   qt_money venue, qt_money gap)
{
    char text[QT_DECIMAL_TEXT];
    struct qt_difference_record line = {
        .instrument = QT_NO_INSTRUMENT, .what = QT_DIFFERENCE_BALANCE, .rule = QT_RULE_CORRECTED};
    qt_copy(line.asset, sizeof line.asset, engine->options.scan->quote_asset);
    snprintf(line.ours, sizeof line.ours, "%s",
             qt_decimal_format_short(qt_money_units(ours), QT_MONEY_SCALE, text));
    snprintf(line.venue, sizeof line.venue, "%s",
             qt_decimal_format_short(qt_money_units(venue), QT_MONEY_SCALE, text));
    snprintf(line.why, sizeof line.why, "%s: booked as an adjustment",
             is_dust(gap)             ? "dust of rounding"
             : qt_money_sign(gap) > 0 ? "deposit, rebate or sale outside"
                                      : "withdrawal, fee or purchase outside");
    qt__differs(engine, &line, event->seq, event->t_recv_ns, false); /* book.c tells it */
}

void
qt__reconcile_position(struct qt_engine *engine, const struct qt_symbol *symbol, qt_qty ours,
                       qt_qty venue, enum qt_difference_rule rule, const char *why,
                       const struct qt_event *event)
{
    char text[QT_DECIMAL_TEXT];
    int scale = symbol->ins->qty_scale;
    bool is_ours = rule != QT_RULE_LEFT;
    struct qt_difference_record line = {.instrument = symbol->ins->id,
                                        .what = is_ours ? QT_DIFFERENCE_POSITION
                                                        : QT_DIFFERENCE_BALANCE,
                                        .rule = (uint8_t)rule};
    if (!is_ours)
        qt_copy(line.asset, sizeof line.asset, symbol->ins->base);
    snprintf(line.ours, sizeof line.ours, "%s",
             qt_decimal_format_short(qt_qty_units(ours), scale, text));
    snprintf(line.venue, sizeof line.venue, "%s",
             qt_decimal_format_short(qt_qty_units(venue), scale, text));
    qt_copy(line.why, sizeof line.why, why);
    qt__differs(engine, &line, event->seq, event->t_recv_ns, !is_ours);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries and reversals, once a cycle on the engine thread while all owners have met. The selected
 * symbols in the order of their rank: signal, rules of the book, size, gate. Every refusal leaves
 * its reason where the screen shows it, and is recorded when it changes.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

bool
qt__worst_correlation(const struct qt_engine *engine, const struct qt_symbol *symbol, double *out)
{
    const struct qt_scan_config *config = engine->options.scan;
    double worst = 0;
    for (uint32_t i = 0; i < engine->symbols; i++) {
        const struct qt_symbol *other = &engine->symbol[i];
        double correlation;
        if (other == symbol || !(other->has_plan || qt__work_is_open(other, QT_PURPOSE_ENTRY)))
            continue;
        if (!qt_scan_correlation(symbol->scan, other->scan, (uint32_t)config->correlation_bars,
                                 (uint32_t)config->correlation_min_bars, &correlation))
            return false;
        worst = QT_MAX(worst, fabs(correlation));
    }
    *out = worst;
    return true;
}

static void
compute_signal(struct qt_engine *engine, struct qt_symbol *symbol, struct qt_signal *out)
{
    uint32_t id = symbol->ins->id;
    const struct qt_signal_input input = {.ins = symbol->ins,
                                          .row = &engine->rows[id],
                                          .regime = &engine->scan.regime,
                                          .bid = symbol->quote.bid,
                                          .ask = symbol->quote.ask,
                                          .last = symbol->last};
    qt_signal_compute(symbol->strategy, engine->options.strategy, &input, out);
    symbol->has_signal = out->has_strength;
    symbol->signal = out->strength;
    symbol->confidence = out->confidence;
}

/* Keeps why nothing was done; a new kind of reason is a decision and recorded. */
static void
refuse(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, const char *kind,
       const char *why)
{
    bool is_new = strcmp(symbol->why, why) != 0;
    qt_copy(symbol->why, sizeof symbol->why, why);
    if (is_new && kind)
        qt__decision(engine, seq, engine->now_ns, symbol->ins->id, kind, symbol->signal,
                     symbol->confidence, why);
}

/* Rules of the book that need no figures. NULL: none forbids. */
static const char *
forbidden(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    int64_t cooldown = engine->options.strategy->cooldown_min * QT_NS_PER_MIN;
    if (symbol->has_plan)
        return "in position";
    if (qt__work_is_open(symbol, QT_PURPOSE_ENTRY))
        return "entry under way";
    if (engine->is_shut)
        return "no entries in this mode";
    if (qt_quality_is_bad(&symbol->quality, engine->now_ns))
        return "its market data are bad";
    if (engine->breaker_request != QT_BREAKER_NONE)
        return engine->breaker_reason;
    if (symbol->traded_ns != QT_TIME_NONE && engine->now_ns - symbol->traded_ns < cooldown)
        return "cooling down after a trade";
    if (engine->portfolio.positions >= engine->options.engine->max_positions)
        return "as many positions as allowed";
    if (!engine->portfolio.has_equity)
        return "equity is not known";
    return NULL;
}

/* A limit that may take: a little beyond the best price, on the tick, never short of it. */
static qt_px
limit_px(const struct qt_engine *engine, const struct qt_symbol *symbol,
         const struct qt_signal *signal)
{
    const struct qt_instrument *ins = symbol->ins;
    bool is_buy = signal->direction == QT_BUY;
    double slip = engine->options.engine->entry_slippage_bps / 1e4;
    double px = qt_px_to_double(signal->entry, ins->px_scale) * (is_buy ? 1 + slip : 1 - slip);
    qt_px limit;
    if (!qt_px_of_double(px, ins->px_scale, &limit))
        return signal->entry;
    limit = is_buy ? qt_px_floor(limit, ins->tick) : qt_px_ceil(limit, ins->tick);
    int better = qt_px_cmp(limit, signal->entry);
    return (is_buy ? better < 0 : better > 0) ? signal->entry : limit;
}

static bool
size_entry(struct qt_engine *engine, const struct qt_symbol *symbol, const struct qt_signal *signal,
           qt_px limit, struct qt_size *out)
{
    const struct qt_risk_totals *totals = &engine->portfolio.totals;
    struct qt_size_input input = {.ins = symbol->ins,
                                  .regime = &engine->scan.regime,
                                  .entry = limit,
                                  .stop = signal->stop,
                                  .equity = engine->portfolio.equity,
                                  .venue_exposure = totals->gross,
                                  .strategy_exposure = totals->gross,
                                  .sector_exposure = totals->gross,
                                  .portfolio_exposure = totals->gross,
                                  .heat = totals->heat,
                                  .confidence = signal->confidence};
    *out = (struct qt_size){0};
    if (!qt__worst_correlation(engine, symbol, &input.worst_correlation)) {
        qt_copy(out->why, sizeof out->why, "correlation with a position is not known");
        return false;
    }
    return qt_size_compute(engine->options.risk, &input, out) && qt_qty_sign(out->qty) > 0;
}

static struct qt_order_request
entry_order(const struct qt_symbol *symbol, const struct qt_signal *signal, qt_px limit, qt_qty qty,
            uint64_t client_id)
{
    return (struct qt_order_request){.client_id = client_id,
                                     .instrument = symbol->ins->id,
                                     .side = (uint8_t)signal->direction,
                                     .type = QT_TYPE_LIMIT,
                                     .tif = QT_TIF_IOC,
                                     .px = limit,
                                     .stop_px = QT_PX_NONE,
                                     .qty = qty};
}

/* At once, or the first child of many. False: the gate refused it; why says which check. */
static bool
begin(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_order_request *request,
      const struct qt_gate_input *input, qt_money risk, unsigned *n, char why[96])
{
    bool is_now = qt__work_algorithm(engine, QT_PURPOSE_ENTRY) == QT_ALGO_IMMEDIATE;
    if (!is_now && !qt__work_allows(engine, input, why))
        return false;
    struct qt_parent *parent =
        qt__work_begin(engine, symbol, request, QT_PURPOSE_ENTRY, risk, engine->now_ns);
    if (!is_now) {
        (void)qt__work_step(engine, symbol, parent, request->client_id);
        ++*n; /* whether or not a child went out, the decision has its number */
        return true;
    }
    symbol->entry_order = request->client_id;
    if (!qt__send(engine, symbol, request, QT_PURPOSE_ENTRY, input, engine->now_ns, why)) {
        symbol->entry_order = 0;
        qt__work_drop(symbol, parent);
        return false;
    }
    qt__work_sent(engine, symbol, parent, request->client_id, engine->now_ns);
    ++*n;
    return true;
}

static void
enter(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_signal *signal,
      uint64_t seq, unsigned *n)
{
    struct qt_size size;
    struct qt_gate_input input;
    char why[96];
    qt_px limit = limit_px(engine, symbol, signal);
    if (!size_entry(engine, symbol, signal, limit, &size)) {
        snprintf(why, sizeof why, "size: %.85s", size.why);
        refuse(engine, symbol, seq, "refused", why);
        return;
    }
    struct qt_order_request request =
        entry_order(symbol, signal, limit, size.qty, qt_client_id(seq, *n));
    qt__gate_input_entry(engine, symbol, &request, size.risk, engine->now_ns, &input);
    symbol->entry_signal = *signal;
    if (!begin(engine, symbol, &request, &input, size.risk, n, why)) {
        refuse(engine, symbol, seq, "refused", why);
        return;
    }
    qt__decision(engine, seq, engine->now_ns, symbol->ins->id, "entry", signal->strength,
                 qt_qty_to_double(size.qty, symbol->ins->qty_scale), signal->reason);
    qt__note(engine, QT_SEVERITY_INFO, QT_TOPIC_SIGNAL, seq, engine->now_ns, "%s: %s",
             symbol->ins->symbol, signal->reason);
    qt_copy(symbol->why, sizeof symbol->why, "entered");
    qt__portfolio_measure(engine); /* the next candidate sees this one */
}

static void
consider(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, unsigned *n)
{
    struct qt_signal signal;
    char why[96];
    compute_signal(engine, symbol, &signal);
    const char *rule = forbidden(engine, symbol);
    if (rule) {
        refuse(engine, symbol, seq, NULL, rule);
        return;
    }
    if (signal.verdict == QT_SIGNAL_ENTER) {
        enter(engine, symbol, &signal, seq, n);
        return;
    }
    snprintf(why, sizeof why, "%s", qt_signal_verdict_name(signal.verdict));
    if (signal.verdict == QT_SIGNAL_WEAK || signal.verdict == QT_SIGNAL_UNSURE ||
        signal.verdict == QT_SIGNAL_STOP_RANGE)
        snprintf(why, sizeof why, "%s: %.2f, needs %.2f", qt_signal_verdict_name(signal.verdict),
                 signal.value, signal.limit);
    refuse(engine, symbol, seq, NULL, why);
}

/* A position whose signal has turned against it is closed. */
static void
reverse(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, unsigned *n)
{
    struct qt_signal signal;
    compute_signal(engine, symbol, &signal);
    if (qt_signal_is_reversal(engine->options.strategy, &signal, (enum qt_side)symbol->plan.side) &&
        qt__close_position(engine, symbol, QT_ALL_BPS, QT_PURPOSE_REDUCE, qt_client_id(seq, *n),
                           engine->now_ns))
        ++*n;
}

void
qt__entries(struct qt_engine *engine, uint64_t seq, unsigned *n)
{
    for (uint32_t i = 0; i < engine->symbols && *n < 200; i++)
        if (engine->symbol[i].has_plan && !qt__work_is_open(&engine->symbol[i], QT_PURPOSE_REDUCE))
            reverse(engine, &engine->symbol[i], seq, n);
    for (uint32_t i = 0; i < engine->scan.selected_count && *n < 250; i++)
        consider(engine, &engine->symbol[engine->rows[engine->scan.selected[i]].instrument], seq,
                 n);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sizing: a quantity as a double goes down the table of clamps, then becomes whole lots. The room
 * that a limit leaves is taken a billionth smaller, so that the gate, which measures the result in
 * integers, never refuses it for the last bit of a division.
 */
#include <stdio.h>

#include "qtrade/base/num.h"
#include "qtrade/base/text.h"
#include "qtrade/risk/size.h"

#define ROOM_MARGIN (1 - 1e-9)

/* What the clamps work on, in quote units and base units. */
struct sizing {
    const struct qt_risk_config *config;
    const struct qt_size_input *input;
    double equity, entry, unit_risk; /* unit_risk: what one base unit loses at the stop */
};

static double
money(qt_money amount)
{
    return qt_money_to_double(amount, QT_MONEY_SCALE);
}

/* The quantity whose value fills the room under a limit; 0 when there is none. */
static double
room_for(const struct sizing *s, double limit, qt_money exposure)
{
    double room = (limit * s->equity - money(exposure)) * ROOM_MARGIN;
    return room > 0 ? room / s->entry : 0;
}

/* Each clamp gives the largest quantity it allows, for a quantity that comes to it. */
static double
kelly_clamp(const struct sizing *s, double qty)
{
    if (!s->input->has_edge)
        return qty;
    double part = qt_risk_kelly_cap(s->config, s->input->regime);
    double share = part * qt_kelly(s->input->win_probability, s->input->payoff);
    return share * s->equity / s->unit_risk;
}

static double
heat_clamp(const struct sizing *s, double qty)
{
    (void)qty;
    double room = (s->config->max_heat - s->input->heat) * s->equity * ROOM_MARGIN;
    return room > 0 ? room / s->unit_risk : 0;
}

static double
correlation_clamp(const struct sizing *s, double qty)
{
    double limit = s->config->max_correlation, half = limit / 2;
    return qty * qt_clamp((limit - s->input->worst_correlation) / (limit - half), 0, 1);
}

static double
position_clamp(const struct sizing *s, double qty)
{
    (void)qty;
    return room_for(s, s->config->max_position, s->input->symbol_exposure);
}

static double
venue_clamp(const struct sizing *s, double qty)
{
    (void)qty;
    return room_for(s, s->config->max_venue, s->input->venue_exposure);
}

static double
strategy_clamp(const struct sizing *s, double qty)
{
    (void)qty;
    return room_for(s, s->config->max_strategy, s->input->strategy_exposure);
}

static double
sector_clamp(const struct sizing *s, double qty)
{
    (void)qty;
    return room_for(s, s->config->max_sector, s->input->sector_exposure);
}

static double
leverage_clamp(const struct sizing *s, double qty)
{
    (void)qty;
    return room_for(s, qt_risk_leverage_cap(s->config, s->input->regime),
                    s->input->portfolio_exposure);
}

static double
crisis_clamp(const struct sizing *s, double qty)
{
    const struct qt_regime *regime = s->input->regime;
    bool is_crisis = regime && regime->is_known && regime->market == QT_MARKET_CRISIS;
    return is_crisis ? qty * s->config->crisis_factor : qty;
}

static double
notional_clamp(const struct sizing *s, double qty)
{
    const struct qt_instrument *ins = s->input->ins;
    double most = (double)s->config->max_order_notional * ROOM_MARGIN / s->entry;
    if (qt_qty_sign(ins->max_qty) > 0)
        most = QT_MIN(most, qt_qty_to_double(ins->max_qty, ins->qty_scale));
    if (qt_qty_sign(ins->market_max_qty) > 0) /* what one exit at market can take */
        most = QT_MIN(most, qt_qty_to_double(ins->market_max_qty, ins->qty_scale));
    return QT_MIN(qty, most);
}

/* In whole lots, and nothing when the venue would not take it. */
static double
minimum_clamp(const struct sizing *s, double qty)
{
    const struct qt_instrument *ins = s->input->ins;
    qt_qty lots;
    if (!qt_qty_of_double_floor(qty, ins->qty_scale, &lots))
        return 0;
    lots = qt_instrument_market_qty(ins, lots);
    bool is_taken = qt_qty_sign(lots) > 0 &&
                    qt_instrument_check(ins, QT_PX_NONE, lots, s->input->entry) == QT_FILTER_OK;
    return is_taken ? qty : 0;
}

static const struct {
    const char *name;
    double (*clamp)(const struct sizing *s, double qty);
} clamps[QT_CLAMPS] = {
    [QT_CLAMP_KELLY] = {"kelly", kelly_clamp},
    [QT_CLAMP_HEAT] = {"heat", heat_clamp},
    [QT_CLAMP_CORRELATION] = {"correlation", correlation_clamp},
    [QT_CLAMP_POSITION] = {"position", position_clamp},
    [QT_CLAMP_VENUE] = {"venue", venue_clamp},
    [QT_CLAMP_STRATEGY] = {"strategy", strategy_clamp},
    [QT_CLAMP_SECTOR] = {"sector", sector_clamp},
    [QT_CLAMP_LEVERAGE] = {"leverage", leverage_clamp},
    [QT_CLAMP_CRISIS] = {"crisis", crisis_clamp},
    [QT_CLAMP_NOTIONAL] = {"notional", notional_clamp},
    [QT_CLAMP_MINIMUM] = {"minimum", minimum_clamp},
};

double
qt_kelly(double win_probability, double payoff)
{
    if (!(win_probability >= 0 && win_probability <= 1) || !(payoff > 0))
        return 0;
    double fraction = win_probability - (1 - win_probability) / payoff;
    return fraction > 0 ? fraction : 0;
}

/* The first input that is absent or cannot be; NULL: all are fine. */
static const char *
bad_input(const struct qt_size_input *input)
{
    const struct {
        bool is_bad;
        const char *why;
    } checks[] = {
        {!input->ins, "instrument is absent"},
        {!qt_px_is_positive(input->entry), "entry price is absent"},
        {!qt_px_is_positive(input->stop), "stop price is absent"},
        {qt_px_cmp(input->entry, input->stop) == 0, "stop is at the entry"},
        {qt_money_sign(input->equity) <= 0, "equity is not above zero"},
        {qt_money_sign(input->symbol_exposure) < 0, "symbol exposure is negative"},
        {qt_money_sign(input->venue_exposure) < 0, "venue exposure is negative"},
        {qt_money_sign(input->strategy_exposure) < 0, "strategy exposure is negative"},
        {qt_money_sign(input->sector_exposure) < 0, "sector exposure is negative"},
        {qt_money_sign(input->portfolio_exposure) < 0, "portfolio exposure is negative"},
        {!qt_is_finite(input->heat) || input->heat < 0, "heat cannot be"},
        {!(input->worst_correlation >= 0 && input->worst_correlation <= 1),
         "correlation cannot be"},
        {!(input->confidence >= 0 && input->confidence <= 1), "confidence cannot be"},
    };
    for (size_t i = 0; i < QT_COUNT_OF(checks); i++)
        if (checks[i].is_bad)
            return checks[i].why;
    return NULL;
}

/* Down the table; notes what each clamp did and which cut the most. */
static double
run_clamps(const struct sizing *s, struct qt_size *out)
{
    double qty = out->start, least = 1;
    for (int i = 0; i < QT_CLAMPS; i++) {
        struct qt_clamp_step *step = &out->step[i];
        step->before = qty;
        step->after = QT_MIN(qty, QT_MAX(clamps[i].clamp(s, qty), 0));
        step->is_applied = step->after < step->before;
        if (step->is_applied && step->after / step->before < least) {
            least = step->after / step->before;
            out->binding = i;
        }
        qty = step->after;
    }
    return qty;
}

/* Quantity to lots, and their money. False: it does not fit. */
static bool
to_lots(const struct sizing *s, double qty, struct qt_size *out)
{
    const struct qt_instrument *ins = s->input->ins;
    qt_qty lots;
    qt_money at_stop = QT_MONEY_ZERO, risk = QT_MONEY_ZERO;
    if (!qt_qty_of_double_floor(qty, ins->qty_scale, &lots))
        return false;
    lots = qt_qty_floor(lots, ins->lot);
    if (!qt_instrument_notional(ins, s->input->entry, lots, &out->notional) ||
        !qt_instrument_notional(ins, s->input->stop, lots, &at_stop) ||
        !qt_money_sub(out->notional, at_stop, &risk))
        return false;
    out->risk = qt_money_sign(risk) < 0 ? qt_money_neg(risk) : risk;
    out->qty = lots;
    return true;
}

static void
say_nothing_left(struct qt_size *out)
{
    for (int i = 0; i < QT_CLAMPS; i++)
        if (out->step[i].is_applied && out->step[i].after == 0) {
            snprintf(out->why, sizeof out->why, "%s leaves nothing", clamps[i].name);
            if (i == QT_CLAMP_MINIMUM && out->binding >= 0 && out->binding != i)
                snprintf(out->why, sizeof out->why, "%s leaves less than the venue's minimum",
                         clamps[out->binding].name);
            return;
        }
    qt_copy(out->why, sizeof out->why, "confidence leaves nothing");
}

bool
qt_size_compute(const struct qt_risk_config *config, const struct qt_size_input *input,
                struct qt_size *out)
{
    *out = (struct qt_size){.binding = -1};
    const char *why = bad_input(input);
    if (why)
        return qt_copy(out->why, sizeof out->why, why) && false;
    int scale = input->ins->px_scale;
    double entry = qt_px_to_double(input->entry, scale), stop = qt_px_to_double(input->stop, scale);
    struct sizing s = {.config = config,
                       .input = input,
                       .equity = money(input->equity),
                       .entry = entry,
                       .unit_risk = entry > stop ? entry - stop : stop - entry};
    out->start = config->risk_per_trade * input->confidence * s.equity / s.unit_risk;
    double qty = run_clamps(&s, out);
    if (qty > 0 && to_lots(&s, qty, out))
        return true;
    say_nothing_left(out);
    return true;
}

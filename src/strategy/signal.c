/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signal. Six technical votes, weighted by the market's structure; the scan's volume, momentum
 * and volatility; what else is present; then entry, stop and targets.
 *
 * How to add a vote: a row in enum vote, its function in votes_of, a column in vote_weights
 * (columns of a structure sum to 1), a line in qtrade.7; tests/strategy/test_signal.c judges bounds
 * and symmetry.
 */
#include "qtrade/strategy/signal.h"

#include "qtrade/base/num.h"
#include "qtrade/base/text.h"
#include "qtrade/scan/score.h"

#define ADX_STRONG 40.0
#define MACD_UNIT 0.2 /* histogram of so many ATR counts as tanh(1) */
#define RSI_SPAN 25.0
#define HOT_PERCENTILE 90.0 /* an ATR percentile above this weakens the fundamental family */
#define HOT_LOSS 0.3

enum vote {
    VOTE_TREND,
    VOTE_MACD,
    VOTE_RSI,
    VOTE_BREAKOUT,
    VOTE_SUPERTREND,
    VOTE_REVERSION,
    VOTES
};

static const double vote_weights[QT_STRUCTURES][VOTES] = {
    /*                           trend macd  rsi   break super reversion */
    [QT_STRUCTURE_TRENDING] = {0.30, 0.20, 0.10, 0.15, 0.25, 0.00},
    [QT_STRUCTURE_RANGING] = {0.10, 0.15, 0.05, 0.10, 0.15, 0.45},
    [QT_STRUCTURE_VOLATILE] = {0.20, 0.20, 0.10, 0.20, 0.20, 0.10},
    [QT_STRUCTURE_BREAKOUT] = {0.20, 0.15, 0.10, 0.35, 0.20, 0.00},
};

static const char *const family_names[QT_SIGNAL_FAMILIES] = {
    [QT_SIGNAL_TECHNICAL] = "technical",
    [QT_SIGNAL_FUNDAMENTAL] = "fundamental",
    [QT_SIGNAL_SENTIMENT] = "sentiment",
    [QT_SIGNAL_MICRO] = "micro",
};
static const char *const verdict_names[QT_SIGNAL_VERDICTS] = {
    [QT_SIGNAL_ENTER] = "enter",
    [QT_SIGNAL_WARMING] = "warming",
    [QT_SIGNAL_WEAK] = "weak",
    [QT_SIGNAL_UNSURE] = "unsure",
    [QT_SIGNAL_LONG_ONLY] = "long_only",
    [QT_SIGNAL_CRISIS] = "crisis",
    [QT_SIGNAL_STOP_RANGE] = "stop_range",
    [QT_SIGNAL_NO_PRICE] = "no_price",
};

const char *
qt_signal_verdict_name(enum qt_signal_verdict verdict)
{
    return (unsigned)verdict < QT_SIGNAL_VERDICTS ? verdict_names[verdict] : "?";
}

static double
size_of(double x)
{
    return x < 0 ? -x : x;
}

static double
sign_of(double x)
{
    return (double)((x > 0) - (x < 0));
}

/* Outside the channel of the 20 bars before: 1 or -1; inside: half the position in it. */
static double
breakout_vote(const struct qt_technical *t)
{
    if (t->close > t->donchian_high)
        return 1;
    if (t->close < t->donchian_low)
        return -1;
    double width = t->donchian_high - t->donchian_low;
    return width > 0 ? (t->close - t->donchian_low) / width - 0.5 : 0;
}

static void
votes_of(const struct qt_technical *t, double votes[VOTES])
{
    double alignment = (sign_of(t->close - t->ema_fast) + sign_of(t->ema_fast - t->ema_mid) +
                        sign_of(t->ema_mid - t->ema_slow)) /
                       3;
    votes[VOTE_TREND] = alignment * qt_clamp(t->adx / ADX_STRONG, 0, 1);
    votes[VOTE_MACD] = t->atr > 0 ? qt_tanh(t->macd_histogram / (MACD_UNIT * t->atr)) : 0;
    votes[VOTE_RSI] = qt_clamp((t->rsi - 50) / RSI_SPAN, -1, 1);
    votes[VOTE_BREAKOUT] = breakout_vote(t);
    votes[VOTE_SUPERTREND] = sign_of(t->supertrend_up);
    votes[VOTE_REVERSION] = qt_clamp(-t->band_position, -1, 1);
}

/* Weighted mean of the votes, and how far they agree: |sum| / sum of sizes. */
static double
technical_of(const struct qt_technical *t, const struct qt_regime *regime, double *out_agreement)
{
    bool is_known = regime && regime->is_known;
    const double *weights = vote_weights[is_known ? regime->structure : QT_STRUCTURE_VOLATILE];
    double votes[VOTES], sum = 0, sizes = 0;
    votes_of(t, votes);
    for (int i = 0; i < VOTES; i++) {
        sum += weights[i] * votes[i];
        sizes += weights[i] * size_of(votes[i]);
    }
    *out_agreement = sizes > 0 ? size_of(sum) / sizes : 0;
    return qt_clamp(sum, -1, 1);
}

/* Momentum's direction, louder with volume, less so in the wildest tenth of its own history. */
static double
fundamental_of(const struct qt_scan_row *row)
{
    double momentum = qt_score_momentum(&row->in, false) / 50 - 1;
    double volume = qt_score_volume(&row->in) / 100;
    double heat =
        qt_clamp((row->in.atr_percentile - HOT_PERCENTILE) / (100 - HOT_PERCENTILE), 0, 1);
    return qt_clamp(momentum * (0.5 + 0.5 * volume) * (1 - HOT_LOSS * heat), -1, 1);
}

/* Shares the weights among the families that are present. */
static void
weigh(const struct qt_strategy_config *config, struct qt_signal *out)
{
    const double weights[QT_SIGNAL_FAMILIES] = {
        [QT_SIGNAL_TECHNICAL] = config->technical_weight,
        [QT_SIGNAL_FUNDAMENTAL] = config->fundamental_weight,
        [QT_SIGNAL_SENTIMENT] = config->sentiment_weight,
        [QT_SIGNAL_MICRO] = config->micro_weight,
    };
    double sum = 0;
    for (int i = 0; i < QT_SIGNAL_FAMILIES; i++)
        sum += out->part[i].is_present ? weights[i] : 0;
    for (int i = 0; i < QT_SIGNAL_FAMILIES; i++)
        out->part[i].weight = out->part[i].is_present && sum > 0 ? weights[i] / sum : 0;
}

static void
take_part(struct qt_signal *out, enum qt_signal_family family, bool is_present, double value)
{
    bool is_usable = is_present && qt_is_finite(value);
    out->part[family].is_present = is_usable;
    out->part[family].value = is_usable ? qt_clamp(value, -1, 1) : 0;
}

/* Strength and confidence from everything that is present. */
static void
combine(const struct qt_strategy_symbol *state, const struct qt_strategy_config *config,
        const struct qt_signal_input *input, struct qt_signal *out)
{
    double agreement;
    double technical = technical_of(&state->now, input->regime, &agreement);
    bool has_row = input->row && input->row->has_inputs;
    take_part(out, QT_SIGNAL_TECHNICAL, true, technical);
    take_part(out, QT_SIGNAL_FUNDAMENTAL, has_row, has_row ? fundamental_of(input->row) : 0);
    take_part(out, QT_SIGNAL_SENTIMENT, input->has_sentiment, input->sentiment);
    take_part(out, QT_SIGNAL_MICRO, input->has_micro, input->micro);
    weigh(config, out);
    double sum = 0, sizes = 0;
    for (int i = 0; i < QT_SIGNAL_FAMILIES; i++) {
        sum += out->part[i].weight * out->part[i].value;
        sizes += out->part[i].weight * size_of(out->part[i].value);
    }
    bool is_known = input->regime && input->regime->is_known;
    double families = sizes > 0 ? size_of(sum) / sizes : 0;
    double regime = is_known ? input->regime->confidence : 0;
    out->has_strength = true;
    out->strength = qt_clamp(sum, -1, 1);
    out->confidence = qt_clamp(0.5 * agreement + 0.3 * families + 0.2 * regime, 0, 1);
    out->direction = out->strength < 0 ? QT_SELL : QT_BUY;
}

static enum qt_signal_verdict
refuse(struct qt_signal *out, enum qt_signal_verdict verdict, double value, double limit)
{
    out->verdict = verdict;
    out->value = value;
    out->limit = limit;
    return verdict;
}

/* Is the market's state known and that one. */
static bool
market_is(const struct qt_signal_input *input, enum qt_market_state market)
{
    return input->regime && input->regime->is_known && input->regime->market == market;
}

static enum qt_signal_verdict
judge(const struct qt_strategy_config *config, const struct qt_signal_input *input,
      struct qt_signal *out)
{
    bool is_long = out->direction == QT_BUY;
    bool is_against = market_is(input, is_long ? QT_MARKET_BEAR : QT_MARKET_BULL);
    double needed = config->entry_strength + (is_against ? config->bear_extra : 0);
    if (size_of(out->strength) < needed)
        return refuse(out, QT_SIGNAL_WEAK, size_of(out->strength), needed);
    if (!is_long && !config->allow_short)
        return refuse(out, QT_SIGNAL_LONG_ONLY, out->strength, 0);
    if (out->confidence < config->entry_confidence)
        return refuse(out, QT_SIGNAL_UNSURE, out->confidence, config->entry_confidence);
    if (market_is(input, QT_MARKET_CRISIS))
        return refuse(out, QT_SIGNAL_CRISIS, 0, 0);
    return QT_SIGNAL_ENTER;
}

/*
 * Distance of the stop: beyond the swing, at least stop_atr; the ATR's alone where the swing lies
 * too far. At least min_stop_bps. False: even that is beyond max_stop_bps.
 */
static bool
stop_distance(const struct qt_technical *t, const struct qt_strategy_config *config, double entry,
              struct qt_signal *out, double *out_distance, bool *out_by_swing)
{
    double least = entry * config->min_stop_bps / 10000,
           most = entry * config->max_stop_bps / 10000;
    double by_atr = config->stop_atr * t->atr;
    double swing = out->direction == QT_BUY ? entry - t->swing_low : t->swing_high - entry;
    double by_swing = swing + config->swing_atr * t->atr;
    *out_by_swing = by_swing > by_atr && by_swing <= most;
    double distance = QT_MAX(*out_by_swing ? by_swing : by_atr, least);
    if (!(distance <= most)) {
        refuse(out, QT_SIGNAL_STOP_RANGE, distance / entry * 10000, config->max_stop_bps);
        return false;
    }
    *out_distance = distance;
    return true;
}

/* entry plus distance (minus for a short, or for a stop of a long), rounded to the tick; > 0. */
static bool
level_of(const struct qt_instrument *ins, double price, bool round_down, qt_px *out)
{
    qt_px exact;
    if (!(price > 0) || !qt_px_of_double(price, ins->px_scale, &exact))
        return false;
    qt_px px = round_down ? qt_px_floor(exact, ins->tick) : qt_px_ceil(exact, ins->tick);
    if (qt_px_cmp(px, ins->tick) < 0)
        return false;
    *out = px;
    return true;
}

static bool
levels_of(const struct qt_strategy_config *config, const struct qt_instrument *ins, double entry,
          double distance, double atr, struct qt_signal *out)
{
    double sign = out->direction == QT_BUY ? 1 : -1;
    if (!level_of(ins, entry - sign * distance, out->direction == QT_BUY, &out->stop) ||
        !level_of(ins, config->trail_atr * atr, false, &out->trail))
        return false;
    int32_t left = 10000;
    for (int k = 0; k < QT_TARGETS; k++) {
        double price = entry + sign * config->target_r[k] * distance;
        if (!level_of(ins, price, out->direction == QT_SELL, &out->target[k]))
            return false;
        int32_t bps = (int32_t)(config->target_fraction[k] * 10000 + 0.5);
        out->target_bps[k] = QT_MIN(bps, left);
        left -= out->target_bps[k];
    }
    return true;
}

static void
plan_trade(const struct qt_strategy_symbol *state, const struct qt_strategy_config *config,
           const struct qt_signal_input *input, struct qt_signal *out, bool *out_by_swing)
{
    qt_px px = out->direction == QT_BUY ? input->ask : input->bid;
    if (qt_px_is_none(px))
        px = input->last;
    double entry = qt_px_is_none(px) ? 0 : qt_px_to_double(px, input->ins->px_scale);
    double distance;
    out->entry = px;
    if (!(entry > 0)) {
        refuse(out, QT_SIGNAL_NO_PRICE, 0, 0);
        return;
    }
    if (!stop_distance(&state->now, config, entry, out, &distance, out_by_swing))
        return;
    out->stop_bps = distance / entry * 10000;
    if (!levels_of(config, input->ins, entry, distance, state->now.atr, out))
        refuse(out, QT_SIGNAL_NO_PRICE, entry, 0);
}

/* Two decimals without printf's, which would follow the locale. */
static void
add_ratio(struct qt_text *text, double x)
{
    qt_text_add_decimal(text, (int64_t)(x * 100 + (x < 0 ? -0.5 : 0.5)), 2);
}

static void
explain(struct qt_signal *out, bool by_swing)
{
    struct qt_text text;
    qt_text_init(&text, out->reason, sizeof out->reason);
    if (!out->has_strength) {
        qt_text_add(&text, "warming up");
        return;
    }
    qt_text_add(&text, out->direction == QT_BUY ? "long " : "short ");
    add_ratio(&text, size_of(out->strength));
    const char *before = " (";
    for (int i = 0; i < QT_SIGNAL_FAMILIES; i++) {
        if (!out->part[i].is_present)
            continue;
        qt_text_add(&text, before);
        qt_text_add(&text, family_names[i]);
        qt_text_add_char(&text, ' ');
        add_ratio(&text, out->part[i].value);
        before = ", ";
    }
    qt_text_add(&text, ") confidence ");
    add_ratio(&text, out->confidence);
    if (out->verdict == QT_SIGNAL_ENTER) {
        qt_text_add(&text, by_swing ? ", stop beyond the swing at " : ", stop by ATR at ");
        qt_text_add_int(&text, (int64_t)(out->stop_bps + 0.5));
        qt_text_add(&text, " bps");
    }
}

void
qt_signal_compute(const struct qt_strategy_symbol *state, const struct qt_strategy_config *config,
                  const struct qt_signal_input *input, struct qt_signal *out)
{
    *out = (struct qt_signal){.verdict = QT_SIGNAL_WARMING, .direction = QT_BUY};
    out->entry = out->stop = out->trail = QT_PX_NONE;
    for (int k = 0; k < QT_TARGETS; k++)
        out->target[k] = QT_PX_NONE;
    bool by_swing = false;
    if (state->is_warm) {
        combine(state, config, input, out);
        out->verdict = QT_SIGNAL_ENTER;
        if (judge(config, input, out) == QT_SIGNAL_ENTER)
            plan_trade(state, config, input, out, &by_swing);
    } else {
        refuse(out, QT_SIGNAL_WARMING, (double)state->bars, QT_STRATEGY_WARMUP);
    }
    explain(out, by_swing);
}

bool
qt_signal_is_reversal(const struct qt_strategy_config *config, const struct qt_signal *signal,
                      enum qt_side position)
{
    double against = position == QT_BUY ? -signal->strength : signal->strength;
    return signal->has_strength && against >= config->exit_strength && against > 0;
}

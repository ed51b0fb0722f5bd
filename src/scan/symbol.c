/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One symbol under the scan. A closed bar does the work that is bounded by the windows; a cycle
 * only combines what bars left behind with the live price.
 */
#include "qtrade/scan/symbol.h"

#include <float.h>
#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"
#include "qtrade/scan/filter.h"
#include "qtrade/scan/kit.h"
#include "qtrade/scan/score.h"

#define ATR_BARS 14
#define VELOCITY_BARS 12
#define BREAKOUT_BARS 24 /* horizon of the breakout's probability */
#define DEVIATE_MAX 10.0 /* normalised moves are cut here */

enum { KIT_ATR, KIT_ADX, KIT_EMA_FAST, KIT_EMA_MID, KIT_EMA_SLOW, KIT_ROWS };
static const struct qt_kit_row kit[KIT_ROWS] = {
    [KIT_ATR] = {"atr", {ATR_BARS}}, [KIT_ADX] = {"adx", {14}},      [KIT_EMA_FAST] = {"ema", {9}},
    [KIT_EMA_MID] = {"ema", {21}},   [KIT_EMA_SLOW] = {"ema", {50}},
};

static const struct {
    const char *name, *unit;
} reasons[QT_SCAN_REASONS] = {
    [QT_SCAN_OK] = {"ok", ""},
    [QT_SCAN_QUOTE_ASSET] = {"quote_asset", ""},
    [QT_SCAN_STATUS] = {"status", ""},
    [QT_SCAN_STABLE] = {"stable", ""},
    [QT_SCAN_LEVERAGED] = {"leveraged", ""},
    [QT_SCAN_HISTORY] = {"history", "bars"},
    [QT_SCAN_STALE] = {"stale", "ms"},
    [QT_SCAN_VOLUME] = {"volume", "quote"},
    [QT_SCAN_SPREAD] = {"spread", "bps"},
    [QT_SCAN_MICROCAP] = {"microcap", "rank"},
};

const char *
qt_scan_reason_name(enum qt_scan_reason reason)
{
    return (unsigned)reason < QT_SCAN_REASONS ? reasons[reason].name : "?";
}

const char *
qt_scan_reason_unit(enum qt_scan_reason reason)
{
    return (unsigned)reason < QT_SCAN_REASONS ? reasons[reason].unit : "";
}

void
qt_scan_symbol_init(struct qt_scan_symbol *state, const struct qt_scan_config *config,
                    int64_t period_ns)
{
    qt_assert(period_ns >= 15 * QT_NS_PER_MIN);
    memset(state, 0, sizeof *state);
    state->period_ns = period_ns;
    state->last_open_ns = QT_TIME_NONE;
    state->history = qt_scan_history_bars(config, period_ns);
    state->day_bars = (uint32_t)QT_MAX(QT_NS_PER_DAY / period_ns, 1);
    state->week_bars = (uint32_t)QT_MAX(7 * QT_NS_PER_DAY / period_ns, 1);
    qt_kit_init(state->indicators, sizeof state->indicators, kit, KIT_ROWS);
}

static bool
is_usable(const struct qt_scan_symbol *state, const struct qt_ohlcv *bar, double quote_volume)
{
    return bar->open_ns > state->last_open_ns && bar->open_ns >= 0 &&
           bar->open_ns % state->period_ns == 0 && bar->low > 0 && bar->high >= bar->low &&
           bar->close >= bar->low && bar->close <= bar->high && bar->volume >= 0 &&
           quote_volume >= 0 && qt_is_finite(bar->high) && qt_is_finite(bar->volume) &&
           qt_is_finite(quote_volume);
}

/* The 24 h sum by bar number, so that a hole counts as nothing traded. */
static void
take_quote_volume(struct qt_scan_symbol *state, int64_t open_ns, double quote_volume)
{
    int64_t number = open_ns / state->period_ns;
    int64_t skipped = state->bars > 0 ? number - state->last_open_ns / state->period_ns - 1 : 0;
    for (int64_t i = 1; i <= QT_MIN(skipped, state->day_bars); i++)
        state->quote_volume[(number - i) % state->day_bars] = 0;
    state->quote_volume[number % state->day_bars] = quote_volume;
    double sum = 0;
    for (uint32_t i = 0; i < state->day_bars; i++)
        sum += state->quote_volume[i];
    state->quote_volume_24h = sum;
}

static void
take_volume(struct qt_scan_symbol *state, double volume)
{
    state->volume[state->bars % QT_SCAN_VOLUME_BARS] = volume;
    double sum = 0;
    for (uint32_t i = 0; i < QT_SCAN_VOLUME_BARS; i++)
        sum += state->volume[i];
    state->surge = sum > 0 ? volume / (sum / QT_SCAN_VOLUME_BARS) : 0;
}

/* Did the close leave the range of the 48 bars before; then the range with this bar in it. */
static void
take_range(struct qt_scan_symbol *state, const struct qt_ohlcv *bar)
{
    if (state->bars >= QT_SCAN_RANGE_BARS &&
        (bar->close > state->resistance || bar->close < state->support))
        state->bars_in_range = 0;
    else
        state->bars_in_range++;
    state->high[state->bars % QT_SCAN_RANGE_BARS] = bar->high;
    state->low[state->bars % QT_SCAN_RANGE_BARS] = bar->low;
    uint64_t held = QT_MIN(state->bars + 1, QT_SCAN_RANGE_BARS);
    state->resistance = state->high[0];
    state->support = state->low[0];
    for (uint64_t i = 1; i < held; i++) {
        state->resistance = QT_MAX(state->resistance, state->high[i]);
        state->support = QT_MIN(state->support, state->low[i]);
    }
}

/* Log close of the bar that is back closed bars before the newest (0: the newest). */
static double
log_close_at(const struct qt_scan_symbol *state, uint64_t back)
{
    return state->log_close[(state->bars - 1 - back) % QT_SCAN_CLOSES];
}

static void
take_close(struct qt_scan_symbol *state, const struct qt_ohlcv *bar)
{
    uint64_t slot = state->bars % QT_SCAN_CLOSES;
    state->log_close[slot] = qt_log(bar->close);
    state->number[slot] = (uint32_t)(bar->open_ns / state->period_ns);
    state->last_close = bar->close;
}

/* Standard deviation of the last 48 log returns (bars counts the newest already). */
static double
sigma_of(const struct qt_scan_symbol *state)
{
    double returns[QT_SCAN_RANGE_BARS];
    size_t n = 0;
    for (; n < QT_SCAN_RANGE_BARS && n + 1 < state->bars; n++)
        returns[n] = log_close_at(state, n) - log_close_at(state, n + 1);
    return n >= 2 ? qt_stddev_sample(returns, n) : 0;
}

static void
take_natr(struct qt_scan_symbol *state)
{
    state->natr[state->natr_count % state->history] = (float)state->natr_pct;
    state->natr_count++;
}

/* Share of the history's values below the newest one, those equal to it counted half. */
static void
rank_natr(struct qt_scan_symbol *state)
{
    float now = (float)state->natr_pct;
    uint32_t n = QT_MIN(state->natr_count, state->history), below = 0, equal = 0;
    if (n == 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        below += state->natr[i] < now;
        equal += state->natr[i] == now;
    }
    state->atr_percentile = 100 * ((double)below + 0.5 * (double)equal) / (double)n;
}

/* What a bar changes and only a measurement needs: once, at the first one after the bar. */
static void
prepare(struct qt_scan_symbol *state)
{
    if (state->prepared == state->bars)
        return;
    state->prepared = state->bars;
    rank_natr(state);
    state->sigma = sigma_of(state);
    state->log_support = qt_log(state->support);
    state->log_resistance = qt_log(state->resistance);
}

bool
qt_scan_symbol_bar(struct qt_scan_symbol *state, const struct qt_ohlcv *bar, double quote_volume)
{
    if (!is_usable(state, bar, quote_volume))
        return false;
    take_quote_volume(state, bar->open_ns, quote_volume);
    take_volume(state, bar->volume);
    take_range(state, bar);
    take_close(state, bar);
    state->last_open_ns = bar->open_ns;
    state->bars++;
    qt_kit_update(state->indicators, kit, KIT_ROWS, bar);
    double out[KIT_ROWS][QT_INDICATOR_OUTPUTS];
    bool is_warm = qt_kit_values(state->indicators, kit, KIT_ROWS, out);
    state->is_warm = is_warm && state->bars >= QT_SCAN_WARMUP;
    state->atr = out[KIT_ATR][0];
    state->adx = out[KIT_ADX][0];
    state->ema_fast = out[KIT_EMA_FAST][0];
    state->ema_mid = out[KIT_EMA_MID][0];
    state->ema_slow = out[KIT_EMA_SLOW][0];
    state->natr_pct = 100 * state->atr / bar->close;
    if (state->bars > ATR_BARS)
        take_natr(state);
    return true;
}

/* What comes from outside */

#define BARS_MAX (UINT64_C(1) << 40)

static bool
are_counts_sound(const struct qt_scan_symbol *state, const struct qt_scan_symbol *from,
                 int64_t now_ns)
{
    unsigned char is_warm;
    memcpy(&is_warm, &from->is_warm, sizeof is_warm); /* any byte may stand there */
    if (from->period_ns != state->period_ns || from->history != state->history ||
        from->day_bars != state->day_bars || from->week_bars != state->week_bars)
        return false;
    if (from->bars == 0)
        return from->last_open_ns == QT_TIME_NONE && from->natr_count == 0 && is_warm == 0 &&
               from->bars_in_range == 0;
    uint64_t natrs = from->bars > ATR_BARS ? from->bars - ATR_BARS : 0;
    return from->bars <= BARS_MAX && from->last_open_ns >= 0 &&
           from->last_open_ns % from->period_ns == 0 && from->last_open_ns <= now_ns &&
           from->bars_in_range <= from->bars && from->natr_count == (uint32_t)natrs &&
           is_warm <= (from->bars >= QT_SCAN_WARMUP);
}

static bool
are_values_sound(const struct qt_scan_symbol *from)
{
    const double values[] = {from->natr_pct, from->atr,     from->surge,  from->quote_volume_24h,
                             from->ema_mid,  from->ema_fast, from->ema_slow, from->adx,
                             from->atr_percentile, from->sigma};
    const double prices[] = {from->last_close, from->support, from->resistance};
    return qt_are_tame(values, QT_COUNT_OF(values), 0) &&
           (from->bars == 0 || qt_are_tame(prices, QT_COUNT_OF(prices), DBL_MIN)) &&
           from->resistance >= from->support;
}

static bool
are_rings_sound(const struct qt_scan_symbol *from)
{
    size_t held = (size_t)QT_MIN(from->bars, QT_SCAN_RANGE_BARS);
    for (size_t i = 0; i < QT_SCAN_HISTORY_MAX; i++)
        if (!(from->natr[i] >= 0 && (double)from->natr[i] < QT_TAME_MAX))
            return false;
    for (size_t i = 0; i < QT_SCAN_CLOSES; i++)
        if (!(from->log_close[i] > -800 && from->log_close[i] < 800))
            return false;
    return qt_are_tame(from->quote_volume, QT_SCAN_DAY_BARS, 0) &&
           qt_are_tame(from->volume, QT_SCAN_VOLUME_BARS, 0) &&
           qt_are_tame(from->high, held, DBL_MIN) && qt_are_tame(from->low, held, DBL_MIN);
}

bool
qt_scan_symbol_adopt(struct qt_scan_symbol *state, const struct qt_scan_symbol *from,
                     int64_t now_ns)
{
    if (!are_counts_sound(state, from, now_ns) || !are_values_sound(from) ||
        !are_rings_sound(from) || !qt_kit_is_sound(from->indicators, kit, KIT_ROWS))
        return false;
    memcpy(state, from, sizeof *state);
    state->is_named = false;
    state->by_name = QT_SCAN_OK;
    state->prepared = 0;
    memset(&state->measured, 0, sizeof state->measured);
    return true;
}

/* A log move in standard deviations of so many bars; 0 when nothing moves at all. */
static double
deviate(double move, double sigma, double bars)
{
    double scale = sigma * qt_sqrt(bars);
    return scale > 0 ? qt_clamp(move / scale, -DEVIATE_MAX, DEVIATE_MAX) : 0;
}

/*
 * Chance that a driftless random walk touches a level distance (log) away within BREAKOUT_BARS.
 * Source: the reflection principle; Feller, An Introduction to Probability Theory, volume 1, 1950.
 */
static double
touch_probability(double distance, double sigma)
{
    if (distance <= 0)
        return 1;
    double scale = sigma * qt_sqrt(BREAKOUT_BARS);
    return scale > 0 ? qt_clamp(2 * (1 - qt_normal_cdf(distance / scale)), 0, 1) : 0;
}

static double
sign_of(double x)
{
    return (double)((x > 0) - (x < 0));
}

static double
alignment_of(const struct qt_scan_symbol *state, double last)
{
    return (sign_of(last - state->ema_fast) + sign_of(state->ema_fast - state->ema_mid) +
            sign_of(state->ema_mid - state->ema_slow)) /
           3;
}

static void
fill_moves(const struct qt_scan_symbol *state, double log_last, struct qt_scan_inputs *in)
{
    uint64_t held = QT_MIN(state->bars, QT_SCAN_CLOSES) - 1;
    uint64_t day = QT_MIN(state->day_bars, held), week = QT_MIN(state->week_bars, held);
    double half = log_last - log_close_at(state, VELOCITY_BARS / 2);
    double whole = log_last - log_close_at(state, VELOCITY_BARS);
    double day_move = log_last - log_close_at(state, day);
    double week_move = log_last - log_close_at(state, week);
    in->velocity = deviate(whole, state->sigma, VELOCITY_BARS);
    in->acceleration = deviate(2 * half - whole, state->sigma, VELOCITY_BARS);
    in->drift_24h = deviate(day_move, state->sigma, (double)day);
    in->drift_7d = deviate(week_move, state->sigma, (double)week);
    in->change_24h_pct = 100 * (qt_exp(day_move) - 1);
    in->change_7d_pct = 100 * (qt_exp(week_move) - 1);
}

static void
fill_range(const struct qt_scan_symbol *state, double last, double log_last,
           struct qt_scan_inputs *in)
{
    in->support = state->support;
    in->resistance = state->resistance;
    in->bars_in_range = (double)state->bars_in_range;
    if (state->atr > 0) {
        in->support_atr = (last - state->support) / state->atr;
        in->resistance_atr = (state->resistance - last) / state->atr;
    }
    in->breakout_up = touch_probability(state->log_resistance - log_last, state->sigma);
    in->breakout_down = touch_probability(log_last - state->log_support, state->sigma);
}

static void
fill_inputs(const struct qt_scan_symbol *state, const struct qt_scan_config *config, double last,
            struct qt_scan_inputs *in)
{
    double log_last = qt_log(last);
    in->natr_pct = state->natr_pct;
    in->atr_percentile = state->atr_percentile;
    in->sigma = state->sigma;
    in->surge = state->surge;
    in->adx = state->adx;
    in->ema_fast = state->ema_fast;
    in->ema_mid = state->ema_mid;
    in->ema_slow = state->ema_slow;
    in->alignment = alignment_of(state, last);
    fill_moves(state, log_last, in);
    fill_range(state, last, log_last, in);
    in->breakout = qt_score_breakout(in, config->two_sided);
}

/* Inputs and components at a price; they hold until a bar or another price comes. */
static void
measure(struct qt_scan_symbol *state, const struct qt_scan_config *config, double last)
{
    struct qt_scan_inputs *in = &state->measured.in;
    prepare(state);
    *in = (struct qt_scan_inputs){.quote_volume_24h = state->quote_volume_24h};
    fill_inputs(state, config, last, in);
    state->measured.bars = state->bars;
    state->measured.last = last;
    state->measured.volatility = qt_score_volatility(in);
    state->measured.momentum = qt_score_momentum(in, config->two_sided);
    state->measured.volume = qt_score_volume(in);
    state->measured.trend = qt_score_trend(in, config->breakout_weight, config->two_sided);
}

void
qt_scan_symbol_measure(struct qt_scan_symbol *state, const struct qt_scan_config *config,
                       const struct qt_scan_live *live, struct qt_scan_row *row)
{
    double last = qt_is_finite(live->last) && live->last > 0 ? live->last : state->last_close;
    *row = (struct qt_scan_row){
        .instrument = live->instrument,
        .last = last,
        .spread_bps = live->spread_bps >= 0 ? live->spread_bps : QT_SPREAD_UNKNOWN,
        .decay = qt_score_decay(config, live->traded_ns, live->now_ns),
        .max_correlation_with = QT_NO_INSTRUMENT,
        .in.quote_volume_24h = state->quote_volume_24h,
    };
    if (!state->is_named) {
        state->is_named = true;
        state->by_name = qt_filter_by_name(config, live->ins);
    }
    struct qt_filter_facts facts = {
        .live = live,
        .by_name = state->by_name,
        .bars = state->is_warm ? state->bars : QT_MIN(state->bars, state->history - 1),
        .history = state->history,
        .last_end_ns = state->bars > 0 ? state->last_open_ns + state->period_ns : 0,
        .period_ns = state->period_ns,
        .quote_volume_24h = state->quote_volume_24h,
    };
    row->reason = qt_filter_judge(config, &facts, &row->value, &row->limit);
    row->has_inputs = state->is_warm;
    if (!row->has_inputs)
        return;
    if (state->measured.bars != state->bars || state->measured.last != last)
        measure(state, config, last);
    row->in = state->measured.in;
    row->volatility = state->measured.volatility;
    row->momentum = state->measured.momentum;
    row->volume = state->measured.volume;
    row->trend = state->measured.trend;
}

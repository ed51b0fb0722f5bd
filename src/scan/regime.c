/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The regime. The rows of the two tables below are the whole judgement: each state's evidence is a
 * sum of scale x (input - centre); the constants say where an input is neutral and how much of it
 * counts as one unit of log odds. They were set from what the inputs mean, not fitted to recorded
 * data.
 */
#include "qtrade/scan/regime.h"

#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#define BREAKING_BARS 3 /* a close left its range within so many bars */
#define QUIET_BARS 12   /* a range that has held so long is a range */
#define SURGE 2.0
#define DRIFT_MAX 2.0
#define CRISIS_HURRY 4.0 /* a rising chance of a crisis is believed so much faster */
#define SLOT_NS (5 * QT_NS_PER_MIN)
#define SLOT_EMPTY 255

static const char *const structure_names[QT_STRUCTURES] = {
    [QT_STRUCTURE_TRENDING] = "TRENDING",
    [QT_STRUCTURE_RANGING] = "RANGING",
    [QT_STRUCTURE_VOLATILE] = "VOLATILE",
    [QT_STRUCTURE_BREAKOUT] = "BREAKOUT",
};
static const char *const market_names[QT_MARKET_STATES] = {
    [QT_MARKET_BULL] = "BULL",
    [QT_MARKET_BEAR] = "BEAR",
    [QT_MARKET_SIDEWAYS] = "SIDEWAYS",
    [QT_MARKET_CRISIS] = "CRISIS",
};

const char *
qt_structure_name(enum qt_structure structure)
{
    return (unsigned)structure < QT_STRUCTURES ? structure_names[structure] : "?";
}

const char *
qt_market_state_name(enum qt_market_state market)
{
    return (unsigned)market < QT_MARKET_STATES ? market_names[market] : "?";
}

void
qt_regime_init(struct qt_regime_state *state)
{
    memset(state, 0, sizeof *state);
    state->last_ns = QT_TIME_NONE;
    memset(state->states, SLOT_EMPTY, sizeof state->states);
}

/* The median of one double of every eligible row's inputs. */
static double
median_of(const struct qt_scan_row *rows, size_t n, size_t offset, double *scratch)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (rows[i].reason == QT_SCAN_OK)
            memcpy(&scratch[m++], (const char *)&rows[i].in + offset, sizeof(double));
    if (m == 0)
        return 0;
    qt_sort_doubles(scratch, m);
    return qt_quantile_sorted(scratch, m, 0.5);
}

static const struct qt_scan_row *
row_of(const struct qt_scan_row *rows, size_t n, uint32_t instrument)
{
    for (size_t i = 0; instrument != QT_NO_INSTRUMENT && i < n; i++)
        if (rows[i].instrument == instrument)
            return rows[i].has_inputs ? &rows[i] : NULL;
    return NULL;
}

static double
drift_of(double day, double week)
{
    return 0.5 * day + 0.5 * week;
}

static void
observe_shares(const struct qt_scan_row *rows, size_t n, struct qt_regime_evidence *out)
{
    double alignment = 0, in_range = 0, breaking = 0, surging = 0, above = 0;
    for (size_t i = 0; i < n; i++) {
        const struct qt_scan_inputs *in = &rows[i].in;
        if (rows[i].reason != QT_SCAN_OK)
            continue;
        out->symbols++;
        alignment += in->alignment;
        in_range += in->bars_in_range >= QUIET_BARS;
        breaking += in->bars_in_range < BREAKING_BARS;
        surging += in->surge > SURGE;
        above += rows[i].last > in->ema_slow;
    }
    double count = QT_MAX((double)out->symbols, 1);
    out->alignment = (alignment < 0 ? -alignment : alignment) / count;
    out->in_range = in_range / count;
    out->breaking = breaking / count;
    out->surging = surging / count;
    out->breadth = above / count;
}

void
qt_regime_observe(const struct qt_scan_config *config, const struct qt_scan_row *rows, size_t n,
                  uint32_t reference, double *scratch, struct qt_regime_evidence *out)
{
    *out = (struct qt_regime_evidence){0};
    observe_shares(rows, n, out);
    if (out->symbols == 0)
        return;
    out->adx = median_of(rows, n, offsetof(struct qt_scan_inputs, adx), scratch);
    out->atr_percentile =
        median_of(rows, n, offsetof(struct qt_scan_inputs, atr_percentile), scratch);
    double day = median_of(rows, n, offsetof(struct qt_scan_inputs, drift_24h), scratch);
    double week = median_of(rows, n, offsetof(struct qt_scan_inputs, drift_7d), scratch);
    out->drift = drift_of(day, week);
    out->change_24h_pct =
        median_of(rows, n, offsetof(struct qt_scan_inputs, change_24h_pct), scratch);
    const struct qt_scan_row *ref = row_of(rows, n, reference);
    if (ref) {
        double w = config->reference_weight;
        out->drift = (1 - w) * out->drift + w * drift_of(ref->in.drift_24h, ref->in.drift_7d);
        out->change_24h_pct = (1 - w) * out->change_24h_pct + w * ref->in.change_24h_pct;
    }
}

/* Probabilities proportional to exp(logit), the largest taken out first so that nothing overflows.
 */
static void
softmax(const double *logit, double *out, size_t n)
{
    double top = logit[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        top = QT_MAX(top, logit[i]);
    for (size_t i = 0; i < n; i++) {
        out[i] = qt_exp(logit[i] - top);
        sum += out[i];
    }
    for (size_t i = 0; i < n; i++)
        out[i] /= sum;
}

void
qt_regime_probabilities(const struct qt_regime_evidence *e, double structure[QT_STRUCTURES],
                        double market[QT_MARKET_STATES])
{
    double drift = qt_clamp(e->drift, -DRIFT_MAX, DRIFT_MAX);
    double lean = 1.5 * drift + 3 * (e->breadth - 0.5);
    double off_centre = 1.5 * (drift < 0 ? -drift : drift) +
                        3 * (e->breadth < 0.5 ? 0.5 - e->breadth : e->breadth - 0.5);
    const double structure_logit[QT_STRUCTURES] = {
        [QT_STRUCTURE_TRENDING] = (e->adx - 25) / 8 + 2 * (e->alignment - 0.4),
        [QT_STRUCTURE_RANGING] = (22 - e->adx) / 8 + 2 * (e->in_range - 0.6),
        [QT_STRUCTURE_VOLATILE] = (e->atr_percentile - 70) / 12,
        [QT_STRUCTURE_BREAKOUT] = 6 * (e->breaking - 0.3) + 3 * (e->surging - 0.15),
    };
    const double market_logit[QT_MARKET_STATES] = {
        [QT_MARKET_BULL] = lean,
        [QT_MARKET_BEAR] = -lean,
        [QT_MARKET_SIDEWAYS] = 1 - off_centre,
        [QT_MARKET_CRISIS] =
            0.6 * (-e->change_24h_pct - 6) + (e->atr_percentile - 85) / 15 + 2 * (0.2 - e->breadth),
    };
    softmax(structure_logit, structure, QT_STRUCTURES);
    softmax(market_logit, market, QT_MARKET_STATES);
}

static unsigned
largest(const double *p, unsigned n)
{
    unsigned best = 0;
    for (unsigned i = 1; i < n; i++)
        if (p[i] > p[best])
            best = i;
    return best;
}

/* Moves p toward fresh by share, and keeps the state unless another one leads it by margin. */
static unsigned
settle(double *p, const double *fresh, unsigned n, unsigned state, double share, double margin)
{
    double sum = 0;
    for (unsigned i = 0; i < n; i++) {
        p[i] += share * (fresh[i] - p[i]);
        sum += p[i];
    }
    for (unsigned i = 0; i < n; i++)
        p[i] /= sum;
    unsigned best = largest(p, n);
    return p[best] > p[state] + margin ? best : state;
}

/* Opens the slot of now_ns, emptying those that were passed over. */
static uint8_t *
slot_of(struct qt_regime_state *state, int64_t now_ns, uint8_t **out_switches)
{
    int64_t slot = now_ns / SLOT_NS;
    int64_t first = state->last_ns == QT_TIME_NONE ? slot - QT_REGIME_SLOTS : state->slot;
    for (int64_t i = QT_MAX(first + 1, slot - QT_REGIME_SLOTS + 1); i <= slot; i++) {
        state->states[i % QT_REGIME_SLOTS] = SLOT_EMPTY;
        state->switches[i % QT_REGIME_SLOTS] = 0;
    }
    state->slot = slot;
    *out_switches = &state->switches[slot % QT_REGIME_SLOTS];
    return &state->states[slot % QT_REGIME_SLOTS];
}

static void
judge_stability(struct qt_regime_state *state, uint8_t current)
{
    uint32_t same = 0, switches = 0;
    state->slots = 0;
    for (unsigned i = 0; i < QT_REGIME_SLOTS; i++) {
        state->slots += state->states[i] != SLOT_EMPTY;
        same += state->states[i] == current;
        switches += state->switches[i];
    }
    state->now.stability = (double)same / (double)QT_MAX(state->slots, 1);
    state->now.switches_per_day = switches;
}

/* What of the way to a fresh value is gone after so many half-lives. */
static double
share_of(double half_lives)
{
    return 1 - qt_exp(-0.69314718055994530942 * half_lives);
}

static double
surplus(double p)
{
    return qt_clamp((p - 0.25) / 0.75, 0, 1);
}

void
qt_regime_update(struct qt_regime_state *state, const struct qt_scan_config *config,
                 const struct qt_regime_evidence *evidence, int64_t now_ns)
{
    struct qt_regime *now = &state->now;
    now->evidence = *evidence;
    now->is_known = (int64_t)evidence->symbols >= config->regime_min_symbols;
    if (!now->is_known)
        return;
    double structure[QT_STRUCTURES], market[QT_MARKET_STATES];
    qt_regime_probabilities(evidence, structure, market);
    bool is_first = state->last_ns == QT_TIME_NONE;
    double elapsed = is_first ? 0 : (double)(now_ns - state->last_ns) / (double)QT_NS_PER_MIN;
    double half_lives = QT_MAX(elapsed, 0) / config->regime_half_life_min;
    double hurry =
        market[QT_MARKET_CRISIS] > now->market_probability[QT_MARKET_CRISIS] ? CRISIS_HURRY : 1;
    double margin = is_first ? 0 : config->regime_margin;
    unsigned was_structure = now->structure, was_market = now->market;
    now->structure = settle(now->structure_probability, structure, QT_STRUCTURES, was_structure,
                            is_first ? 1 : share_of(half_lives), margin);
    now->market = settle(now->market_probability, market, QT_MARKET_STATES, was_market,
                         is_first ? 1 : share_of(half_lives * hurry), margin);
    uint8_t *switches, *slot = slot_of(state, now_ns, &switches);
    if (!is_first)
        *switches = (uint8_t)QT_MIN(
            *switches + (now->structure != was_structure) + (now->market != was_market), UINT8_MAX);
    *slot = (uint8_t)(now->structure * QT_MARKET_STATES + now->market);
    now->confidence = 0.5 * surplus(now->structure_probability[now->structure]) +
                      0.5 * surplus(now->market_probability[now->market]);
    judge_stability(state, *slot);
    state->last_ns = now_ns;
}

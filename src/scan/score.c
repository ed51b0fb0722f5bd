/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Components and score. Every function is monotone in what its name says, which
 * tests/scan/test_score.c proves on random inputs.
 */
#include "qtrade/scan/score.h"

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"

#define VELOCITY_SHARE 0.7
#define ADX_STRONG 50.0 /* an ADX at which a direction counts in full */

double
qt_score_volatility(const struct qt_scan_inputs *in)
{
    return qt_clamp(in->atr_percentile, 0, 100);
}

/* 0..100 from a normal deviate: one-sided, 50 is neutral; two-sided, 0 is neutral. */
static double
percent_of(double z, bool two_sided)
{
    double p = 100 * qt_normal_cdf(two_sided && z < 0 ? -z : z);
    return qt_clamp(two_sided ? 2 * p - 100 : p, 0, 100);
}

double
qt_score_momentum(const struct qt_scan_inputs *in, bool two_sided)
{
    double z = VELOCITY_SHARE * in->velocity + (1 - VELOCITY_SHARE) * in->acceleration;
    return percent_of(z, two_sided);
}

double
qt_score_volume(const struct qt_scan_inputs *in)
{
    static const double ln2 = 0.69314718055994530942;
    double surge = in->surge > 0 ? in->surge : 0;
    return qt_clamp(100 * (1 - qt_exp(-surge * ln2)), 0, 100);
}

double
qt_score_breakout(const struct qt_scan_inputs *in, bool two_sided)
{
    double p = in->breakout_up;
    if (two_sided && in->breakout_down > p)
        p = in->breakout_down;
    double age = qt_clamp(in->bars_in_range / QT_SCAN_RANGE_BARS, 0, 1);
    return qt_clamp(100 * p * (0.5 + 0.5 * age), 0, 100);
}

double
qt_score_trend(const struct qt_scan_inputs *in, double breakout_weight, bool two_sided)
{
    double direction = in->alignment * qt_clamp(in->adx / ADX_STRONG, 0, 1);
    if (two_sided && direction < 0)
        direction = -direction;
    double trend = two_sided ? 100 * direction : 50 + 50 * direction;
    return qt_clamp((1 - breakout_weight) * trend + breakout_weight * in->breakout, 0, 100);
}

struct qt_scan_weights
qt_score_weights(const struct qt_scan_config *config, const struct qt_regime *regime)
{
    const struct qt_scan_weights *of[QT_STRUCTURES] = {
        [QT_STRUCTURE_TRENDING] = &config->trending,
        [QT_STRUCTURE_RANGING] = &config->ranging,
        [QT_STRUCTURE_VOLATILE] = &config->volatile_,
        [QT_STRUCTURE_BREAKOUT] = &config->other,
    };
    struct qt_scan_weights w = regime->is_known ? *of[regime->structure] : config->other;
    double sum = w.volatility + w.momentum + w.volume + w.trend;
    if (!(sum > 0))
        return (struct qt_scan_weights){0.25, 0.25, 0.25, 0.25};
    w.volatility /= sum;
    w.momentum /= sum;
    w.volume /= sum;
    w.trend /= sum;
    return w;
}

double
qt_score_total(const struct qt_scan_weights *weights, const struct qt_scan_row *row)
{
    return qt_clamp(weights->volatility * row->volatility + weights->momentum * row->momentum +
                        weights->volume * row->volume + weights->trend * row->trend,
                    0, 100);
}

double
qt_score_decay(const struct qt_scan_config *config, int64_t traded_ns, int64_t now_ns)
{
    if (traded_ns == QT_TIME_NONE)
        return 1;
    double minutes = (double)(now_ns - traded_ns) / (double)QT_NS_PER_MIN;
    double share = qt_clamp(minutes / config->decay_minutes, 0, 1);
    return config->decay_floor + (1 - config->decay_floor) * share;
}

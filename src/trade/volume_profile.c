/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/trade/algo.h"

#include "qtrade/base/time.h"

#define BUCKET_NS (QT_NS_PER_DAY / QT_DAY_BUCKETS)
#define WEIGHT 0.2f /* of a day against the ones before */

static unsigned
bucket_of(int64_t t_ns)
{
    return (unsigned)((t_ns - qt_time_floor(t_ns, QT_NS_PER_DAY)) / BUCKET_NS);
}

void
qt_volume_profile_bar(struct qt_volume_profile *profile, int64_t open_ns, int64_t period_ns,
                      double volume)
{
    if (period_ns <= 0 || period_ns > BUCKET_NS || !(volume >= 0))
        return;
    float *at = &profile->per_s[bucket_of(open_ns)];
    float per_s = (float)(volume * (double)QT_NS_PER_S / (double)period_ns);
    float weight = WEIGHT * (float)((double)period_ns / (double)BUCKET_NS);
    *at = *at > 0 ? *at + weight * (per_s - *at) : per_s;
}

bool
qt_volume_profile_curve(const struct qt_volume_profile *profile, int64_t from_ns, int64_t to_ns,
                        float out[QT_CURVE])
{
    int64_t step = (to_ns - from_ns) / QT_CURVE;
    float sum = 0;
    for (int i = 0; i < QT_CURVE; i++) {
        float per_s = profile->per_s[bucket_of(from_ns + i * step + step / 2)];
        if (!(per_s > 0))
            return false;
        sum += per_s;
        out[i] = sum;
    }
    for (int i = 0; i < QT_CURVE; i++)
        out[i] /= sum;
    return true;
}

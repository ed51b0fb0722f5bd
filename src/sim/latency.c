/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/sim/latency.h"

#include "qtrade/base/attr.h"
#include "qtrade/base/num.h"

int64_t
qt_latency_law_draw(const struct qt_latency_law *law, struct qt_rng *rng)
{
    if (law->median_ns == 0)
        return 0;
    double time = (double)law->median_ns * qt_exp(law->sigma * qt_rng_normal(rng));
    return (int64_t)QT_MIN(time, (double)QT_LATENCY_MAX_NS);
}

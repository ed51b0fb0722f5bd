/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/sim/latency.h"

#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#define SIGMA_MAX 5

bool
qt_latency_law_parse(const char *text, double sigma, struct qt_latency_law *out)
{
    size_t n = strcspn(text, ":");
    char time[32];
    int64_t median_ns;
    if (!qt_copy_n(time, sizeof time, text, n) || !qt_duration_parse(time, &median_ns) ||
        median_ns > QT_LATENCY_MAX_NS ||
        (text[n] && (!qt_double_parse(text + n + 1, &sigma) || !(sigma >= 0 && sigma <= SIGMA_MAX))))
        return false;
    *out = (struct qt_latency_law){median_ns, sigma};
    return true;
}

int64_t
qt_latency_law_draw(const struct qt_latency_law *law, struct qt_rng *rng)
{
    if (law->median_ns == 0)
        return 0;
    double time = (double)law->median_ns * qt_exp(law->sigma * qt_rng_normal(rng));
    return (int64_t)QT_MIN(time, (double)QT_LATENCY_MAX_NS);
}

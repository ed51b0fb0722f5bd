/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/venue/latency.h"

#include <string.h>

static const char *const names[QT_LATENCIES] = {[QT_LATENCY_MARKET] = "market",
                                                [QT_LATENCY_ORDER] = "order",
                                                [QT_LATENCY_CANCEL] = "cancel",
                                                [QT_LATENCY_QUERY] = "query"};

bool
qt_latency_parse(const char *spec, struct qt_latency_model *model, struct qt_error *err)
{
    size_t n = strcspn(spec, "=");
    for (int kind = 0; kind < QT_LATENCIES; kind++) {
        if (strlen(names[kind]) != n || memcmp(names[kind], spec, n) != 0)
            continue;
        return (spec[n] &&
                qt_latency_law_parse(spec + n + 1, QT_LATENCY_SIGMA, &model->law[kind])) ||
               qt_fail(err, QT_E_USAGE,
                       "latency '%s': after %s= comes a time up to 60s, and maybe :SIGMA, 0 to 5",
                       spec, names[kind]);
    }
    return qt_fail(err, QT_E_USAGE,
                   "latency '%s': there is no such kind of request (market, order, cancel, query)",
                   spec);
}

int64_t
qt_latency_draw(const struct qt_latency_model *model, enum qt_latency kind, struct qt_rng *rng)
{
    return qt_latency_law_draw(&model->law[kind], rng);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/venue/latency.h"

#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

static const char *const names[QT_LATENCIES] = {[QT_LATENCY_MARKET] = "market",
                                                [QT_LATENCY_ORDER] = "order",
                                                [QT_LATENCY_CANCEL] = "cancel",
                                                [QT_LATENCY_QUERY] = "query"};

bool
qt_latency_parse(const char *spec, struct qt_latency_model *model, struct qt_error *err)
{
    size_t n = strcspn(spec, "=");
    int64_t time_ns;
    for (int kind = 0; kind < QT_LATENCIES; kind++) {
        if (strlen(names[kind]) != n || memcmp(names[kind], spec, n) != 0)
            continue;
        if (!spec[n] || !qt_duration_parse(spec + n + 1, &time_ns) || time_ns > QT_LATENCY_MAX_NS)
            return qt_fail(err, QT_E_USAGE, "latency '%s': after %s= comes a time up to 60s", spec,
                           names[kind]);
        model->median_ns[kind] = time_ns;
        return true;
    }
    return qt_fail(err, QT_E_USAGE,
                   "latency '%s': there is no such kind of request (market, order, cancel, query)",
                   spec);
}

int64_t
qt_latency_draw(const struct qt_latency_model *model, enum qt_latency kind, struct qt_rng *rng)
{
    const struct qt_latency_law law = {model->median_ns[kind], QT_LATENCY_SIGMA};
    return qt_latency_law_draw(&law, rng);
}

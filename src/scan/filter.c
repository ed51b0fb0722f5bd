/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The universe filter: one judge a reason, run in the order of enum qt_scan_reason; the first that
 * objects names the exclusion. How to add one: a reason in symbol.h with its name and unit, a judge
 * here, a row in tests/scan/test_filter.c, a line in qtrade.7.
 */
#include "qtrade/scan/filter.h"

#include <string.h>

#include "qtrade/base/time.h"

/* True: excluded; value and limit are written where the reason has them. */
typedef bool (*judge_fn)(const struct qt_scan_config *config, const struct qt_filter_facts *facts,
                         double *value, double *limit);

static bool
has_other_quote(const struct qt_scan_config *config QT_UNUSED, const struct qt_filter_facts *facts,
                double *value QT_UNUSED, double *limit QT_UNUSED)
{
    return facts->by_name == QT_SCAN_QUOTE_ASSET;
}

static bool
is_not_trading(const struct qt_scan_config *config QT_UNUSED, const struct qt_filter_facts *facts,
               double *value QT_UNUSED, double *limit QT_UNUSED)
{
    return facts->live->ins->status != QT_INSTRUMENT_TRADING;
}

static bool
is_stable(const struct qt_scan_config *config QT_UNUSED, const struct qt_filter_facts *facts,
          double *value QT_UNUSED, double *limit QT_UNUSED)
{
    return facts->by_name == QT_SCAN_STABLE;
}

static bool
is_leveraged(const struct qt_scan_config *config QT_UNUSED, const struct qt_filter_facts *facts,
             double *value QT_UNUSED, double *limit QT_UNUSED)
{
    return facts->by_name == QT_SCAN_LEVERAGED;
}

static bool
is_short_of_history(const struct qt_scan_config *config QT_UNUSED,
                    const struct qt_filter_facts *facts, double *value, double *limit)
{
    *value = (double)facts->bars;
    *limit = (double)facts->history;
    return facts->bars < facts->history;
}

/* Live: the newest market event. Recorded: the last bar must be the one that could have ended last.
 */
static bool
is_stale(const struct qt_scan_config *config, const struct qt_filter_facts *facts, double *value,
         double *limit)
{
    const struct qt_scan_live *live = facts->live;
    int64_t age_ns = live->feed_age_ns, limit_ns = config->stale_ms * QT_NS_PER_MS;
    if (live->is_recorded) {
        age_ns = live->now_ns - facts->last_end_ns;
        limit_ns = facts->period_ns - 1;
    }
    *value = (double)age_ns / (double)QT_NS_PER_MS;
    *limit = (double)limit_ns / (double)QT_NS_PER_MS;
    return age_ns > limit_ns || age_ns < 0;
}

static bool
is_thin(const struct qt_scan_config *config, const struct qt_filter_facts *facts, double *value,
        double *limit)
{
    *value = facts->quote_volume_24h;
    *limit = config->min_quote_volume;
    return !(facts->quote_volume_24h > config->min_quote_volume);
}

static bool
is_wide(const struct qt_scan_config *config, const struct qt_filter_facts *facts, double *value,
        double *limit)
{
    double spread = facts->live->spread_bps;
    *value = spread >= 0 ? spread : QT_SPREAD_UNKNOWN;
    *limit = config->max_spread_bps;
    if (!(spread >= 0))
        return config->spread_required && !facts->live->is_recorded;
    return !(spread < config->max_spread_bps);
}

static const judge_fn judges[QT_SCAN_REASONS] = {
    [QT_SCAN_QUOTE_ASSET] = has_other_quote,
    [QT_SCAN_STATUS] = is_not_trading,
    [QT_SCAN_STABLE] = is_stable,
    [QT_SCAN_LEVERAGED] = is_leveraged,
    [QT_SCAN_HISTORY] = is_short_of_history,
    [QT_SCAN_STALE] = is_stale,
    [QT_SCAN_VOLUME] = is_thin,
    [QT_SCAN_SPREAD] = is_wide,
    /* QT_SCAN_OK, QT_SCAN_MICROCAP: nothing to judge on one symbol alone */
};

enum qt_scan_reason
qt_filter_judge(const struct qt_scan_config *config, const struct qt_filter_facts *facts,
                double *out_value, double *out_limit)
{
    for (int reason = 0; reason < QT_SCAN_REASONS; reason++) {
        double value = 0, limit = 0;
        if (judges[reason] && judges[reason](config, facts, &value, &limit)) {
            *out_value = value;
            *out_limit = limit;
            return (enum qt_scan_reason)reason;
        }
    }
    *out_value = *out_limit = 0;
    return QT_SCAN_OK;
}

enum qt_scan_reason
qt_filter_by_name(const struct qt_scan_config *config, const struct qt_instrument *ins)
{
    if (strcmp(ins->quote, config->quote_asset) != 0)
        return QT_SCAN_QUOTE_ASSET;
    if (qt_filter_is_listed(ins->base, config->stable_assets))
        return QT_SCAN_STABLE;
    return qt_filter_is_leveraged(ins->base) ? QT_SCAN_LEVERAGED : QT_SCAN_OK;
}

bool
qt_filter_is_listed(const char *base, const char *list)
{
    while (*base && *list) { /* every symbol, every cycle: no call a word */
        size_t i = 0;
        while (base[i] && base[i] == list[i])
            i++;
        if (!base[i] && (list[i] == ' ' || !list[i]))
            return true;
        while (*list && *list != ' ')
            list++;
        while (*list == ' ')
            list++;
    }
    return false;
}

/* What leveraged tokens were issued on; a bare suffix would take JUP, SYRUP and BULL themselves. */
#define LEVERAGED_ON                                                                               \
    "BTC ETH BNB SOL XRP ADA DOT LTC LINK TRX EOS XTZ UNI SUSHI AAVE FIL SXP YFI XLM BCH 1INCH "   \
    "DOGE MATIC AVAX ATOM ETC BSV ALGO APT OP ARB SAND GALA APE DYDX NEAR FTM"

bool
qt_filter_is_leveraged(const char *base)
{
    static const char *const suffixes[] = {"UP", "DOWN", "BULL", "BEAR", "2L", "3L",
                                           "4L", "5L",   "2S",   "3S",   "4S", "5S"};
    size_t n = strlen(base);
    for (size_t i = 0; i < QT_COUNT_OF(suffixes); i++) {
        size_t m = strlen(suffixes[i]);
        char on[QT_ASSET_SIZE];
        if (n <= m || n - m >= sizeof on || strcmp(base + n - m, suffixes[i]) != 0)
            continue;
        memcpy(on, base, n - m);
        on[n - m] = '\0';
        if (qt_filter_is_listed(on, LEVERAGED_ON))
            return true;
    }
    return false;
}

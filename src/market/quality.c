/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/market/quality.h"

#include <stddef.h>
#include <string.h>

#include "qtrade/base/time.h"

#define AT(field) offsetof(struct qt_quality_config, field)

static const struct qt_config_key keys[] = {
    {.key = "outlier_mad",
     .type = QT_CONFIG_DOUBLE,
     .offset = AT(outlier_mad),
     .def = 10,
     .min = 3,
     .max = 1000,
     .help = "prices further from the median than so many scaled median absolute deviations are "
             "outliers"},
    {.key = "outlier_min_pct",
     .type = QT_CONFIG_DOUBLE,
     .offset = AT(outlier_min_pct),
     .def = 3,
     .min = 0.1,
     .max = 100,
     .unit = "%",
     .help = "the band of plausible prices reaches at least so far to each side"},
    {.key = "outlier_confirm",
     .type = QT_CONFIG_INT,
     .offset = AT(outlier_confirm),
     .def = 5,
     .min = 1,
     .max = 100,
     .help = "so many outliers in a row on one side are the market"},
    {.key = "future_ms",
     .type = QT_CONFIG_INT,
     .offset = AT(future_ms),
     .def = 2000,
     .min = 100,
     .max = 600000,
     .unit = "ms",
     .help = "a venue's time may lie so far ahead of ours"},
    {.key = "bad_events",
     .type = QT_CONFIG_INT,
     .offset = AT(bad_events),
     .def = 20,
     .min = 1,
     .max = 1000000,
     .help = "so many events of a symbol dropped in a minute, and it is not entered for a minute"},
    {0}};

const struct qt_config_section qt_quality_section = {
    .name = "quality",
    .help = "which market data are believed",
    .size = sizeof(struct qt_quality_config),
    .keys = keys,
};

static const struct {
    const char *name, *title;
    enum qt_quality_verdict verdict;
} rows[QT_QUALITY_CHECKS] = {
    [QT_QUALITY_EMPTY] = {"empty", "zero or negative", QT_QUALITY_DROP},
    [QT_QUALITY_CROSSED] = {"crossed", "bid above ask", QT_QUALITY_DROP},
    [QT_QUALITY_LOCKED] = {"locked", "bid equals ask", QT_QUALITY_MARK},
    [QT_QUALITY_OUTLIER] = {"outlier", "price out of its band", QT_QUALITY_DROP},
    [QT_QUALITY_BACKWARDS] = {"backwards", "older than the one before", QT_QUALITY_MARK},
    [QT_QUALITY_FUTURE] = {"future", "from the future", QT_QUALITY_MARK},
    [QT_QUALITY_DUPLICATE] = {"duplicate", "trade seen before", QT_QUALITY_SKIP},
    [QT_QUALITY_GAP] = {"gap", "trades missing before it", QT_QUALITY_MARK},
};

const char *
qt_quality_name(enum qt_quality_check check)
{
    return (unsigned)check < QT_QUALITY_CHECKS ? rows[check].name : "?";
}

const char *
qt_quality_title(enum qt_quality_check check)
{
    return (unsigned)check < QT_QUALITY_CHECKS ? rows[check].title : "?";
}

void
qt_quality_init(struct qt_quality *quality)
{
    memset(quality, 0, sizeof *quality);
    quality->low = quality->high = QT_PX_NONE;
    quality->quote_ns = quality->trade_ns = quality->sampled_ns = QT_TIME_NONE;
    quality->minute_ns = quality->bad_until_ns = QT_TIME_NONE;
}

/* The band */

/* Puts a value into the sorted ones, in the place of an old one when all places are taken. */
static void
insert(struct qt_quality *quality, int64_t value)
{
    int64_t *sorted = quality->sorted;
    unsigned at = quality->n;
    if (quality->n == QT_QUALITY_SAMPLES) {
        int64_t old = quality->sample[quality->at].v;
        for (at = 0; sorted[at] != old; at++)
            continue;
        for (; at + 1 < quality->n; at++)
            sorted[at] = sorted[at + 1];
    }
    for (; at > 0 && sorted[at - 1] > value; at--)
        sorted[at] = sorted[at - 1];
    sorted[at] = value;
}

/* The median distance to the middle one: outwards from it, nearer side first. */
static int64_t
median_distance(const int64_t *sorted, unsigned n)
{
    int64_t middle = sorted[n / 2], distance = 0;
    unsigned left = n / 2, right = n / 2 + 1; /* the middle itself is the first to the left */
    for (unsigned taken = 0; taken <= n / 2; taken++) {
        bool has_left = left < n, has_right = right < n;
        int64_t below = has_left ? middle - sorted[left] : INT64_MAX;
        int64_t above = has_right ? sorted[right] - middle : INT64_MAX;
        distance = QT_MIN(below, above);
        if (below <= above)
            left--; /* past the first one it is larger than n */
        else
            right++;
    }
    return distance;
}

static void
make_band(struct qt_quality *quality, const struct qt_quality_config *config)
{
    double middle = (double)quality->sorted[quality->n / 2];
    double deviation = 1.4826 * (double)median_distance(quality->sorted, quality->n);
    double reach = QT_MAX(config->outlier_mad * deviation, config->outlier_min_pct / 100 * middle);
    quality->low = (qt_px){(int64_t)QT_MAX(middle - reach, 0)};
    quality->high = (qt_px){(int64_t)QT_MIN(middle + reach, 9e18)};
}

static void
sample(struct qt_quality *quality, const struct qt_quality_config *config, qt_px px, int64_t t_ns)
{
    enum { ENOUGH = 5 };
    if (quality->sampled_ns != QT_TIME_NONE && t_ns - quality->sampled_ns < QT_NS_PER_S)
        return;
    quality->sampled_ns = t_ns;
    insert(quality, px.v);
    quality->sample[quality->at] = px;
    quality->at = (uint8_t)((quality->at + 1) % QT_QUALITY_SAMPLES);
    quality->n = (uint8_t)QT_MIN(quality->n + 1, QT_QUALITY_SAMPLES);
    if (quality->n >= ENOUGH)
        make_band(quality, config);
}

/* False: an outlier. Enough of them in a row on one side are the market: the band begins anew. */
static bool
is_plausible(struct qt_quality *quality, const struct qt_quality_config *config, qt_px px)
{
    if (qt_px_is_none(quality->low) ||
        (qt_px_cmp(px, quality->low) >= 0 && qt_px_cmp(px, quality->high) <= 0)) {
        quality->outliers = 0;
        return true;
    }
    bool is_above = qt_px_cmp(px, quality->high) > 0;
    quality->outliers = is_above == quality->is_above ? (uint8_t)(quality->outliers + 1) : 1;
    quality->is_above = is_above;
    if (quality->outliers < config->outlier_confirm)
        return false;
    quality->outliers = quality->n = quality->at = 0;
    quality->low = quality->high = QT_PX_NONE;
    quality->sampled_ns = QT_TIME_NONE;
    return true;
}

/* Checks */

static uint32_t
bit(bool has_failed, enum qt_quality_check check)
{
    return has_failed ? 1u << check : 0;
}

static uint32_t
check_quote(const struct qt_quality *quality, const struct qt_event *event)
{
    const struct qt_quote *quote = &event->quote;
    bool is_empty = !qt_px_is_positive(quote->bid) || !qt_px_is_positive(quote->ask) ||
                    qt_qty_sign(quote->bid_qty) < 0 || qt_qty_sign(quote->ask_qty) < 0;
    int order = is_empty ? -1 : qt_px_cmp(quote->bid, quote->ask);
    return bit(is_empty, QT_QUALITY_EMPTY) | bit(order > 0, QT_QUALITY_CROSSED) |
           bit(order == 0, QT_QUALITY_LOCKED) |
           bit(quality->quote_ns != QT_TIME_NONE && event->t_venue_ns < quality->quote_ns,
               QT_QUALITY_BACKWARDS);
}

static uint32_t
check_trade(const struct qt_quality *quality, const struct qt_event *event)
{
    const struct qt_trade *trade = &event->trade;
    /* a lower id at a later time is a venue that began anew */
    bool has_before = quality->trade_id > 0 && trade->id > 0;
    bool is_older = quality->trade_ns != QT_TIME_NONE && event->t_venue_ns < quality->trade_ns;
    bool is_known =
        has_before && trade->id <= quality->trade_id && event->t_venue_ns <= quality->trade_ns;
    return bit(!qt_px_is_positive(trade->px) || qt_qty_sign(trade->qty) <= 0, QT_QUALITY_EMPTY) |
           bit(is_known, QT_QUALITY_DUPLICATE) |
           bit(has_before && trade->id > quality->trade_id + 1, QT_QUALITY_GAP) |
           bit(is_older && !is_known, QT_QUALITY_BACKWARDS);
}

/* Differences of any two times fit unsigned. */
static bool
is_future(const struct qt_quality_config *config, const struct qt_event *event)
{
    return event->t_venue_ns > event->t_recv_ns &&
           (uint64_t)event->t_venue_ns - (uint64_t)event->t_recv_ns >
               (uint64_t)(config->future_ms * QT_NS_PER_MS);
}

static enum qt_quality_verdict
worst(uint32_t failed)
{
    enum qt_quality_verdict verdict = QT_QUALITY_PASS;
    for (unsigned i = 0; failed >> i; i++)
        if (failed >> i & 1)
            verdict = QT_MAX(verdict, rows[i].verdict);
    return verdict;
}

static void
count_drop(struct qt_quality *quality, const struct qt_quality_config *config, int64_t t_ns)
{
    if (quality->minute_ns == QT_TIME_NONE || t_ns - quality->minute_ns >= QT_NS_PER_MIN) {
        quality->minute_ns = t_ns;
        quality->drops = 0;
    }
    if (++quality->drops >= config->bad_events)
        quality->bad_until_ns = t_ns + QT_NS_PER_MIN;
}

static void
remember(struct qt_quality *quality, const struct qt_event *event, bool is_quote)
{
    if (is_quote) {
        quality->quote_ns = event->t_venue_ns;
        return;
    }
    quality->trade_ns = event->t_venue_ns;
    quality->trade_id = event->trade.id;
}

enum qt_quality_verdict
qt_quality_check(struct qt_quality *quality, const struct qt_quality_config *config,
                 const struct qt_event *event, bool judges_prices, uint32_t *out_failed)
{
    bool is_quote = event->kind == QT_EVENT_QUOTE;
    uint32_t failed = is_quote ? check_quote(quality, event) : check_trade(quality, event);
    failed |= bit(is_future(config, event), QT_QUALITY_FUTURE);
    enum qt_quality_verdict verdict = failed ? worst(failed) : QT_QUALITY_PASS;
    if (verdict < QT_QUALITY_SKIP && judges_prices) {
        qt_px px =
            is_quote ? (qt_px){event->quote.bid.v / 2 + event->quote.ask.v / 2} : event->trade.px;
        if (is_plausible(quality, config, px)) {
            sample(quality, config, px, event->t_recv_ns);
        } else {
            failed |= bit(true, QT_QUALITY_OUTLIER);
            verdict = QT_QUALITY_DROP;
        }
    }
    if (verdict == QT_QUALITY_DROP)
        count_drop(quality, config, event->t_recv_ns);
    else if (verdict != QT_QUALITY_SKIP)
        remember(quality, event, is_quote);
    *out_failed = failed;
    return verdict;
}

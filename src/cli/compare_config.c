/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was calibrated in the words that take it: the config's, for paper trading, backtests and
 * what the engine assumes of its venue, and those of "qtrade venue serve". What was not found, or
 * what a key does not take, is left out.
 */
#include <jansson.h>
#include <string.h>

#include "qtrade/base/text.h"

#include "compare_priv.h"

/* Six digits: more are noise. */
static double
rounded(double value)
{
    char text[32];
    double out = value;
    snprintf(text, sizeof text, "%.6g", value);
    return qt_double_parse(text, &out) ? out : value;
}

/* A key that the section has and that takes the value. */
static void
put(json_t *config, const struct qt_config_section *section, const char *key,
    const struct qt_estimate *found)
{
    const struct qt_config_key *row = section->keys;
    double value = rounded(found->value);
    while (row->key && strcmp(row->key, key) != 0)
        row++;
    if (!found->is_known || !row->key || !(value >= row->min && value <= row->max))
        return;
    json_t *part = json_object_get(config, section->name);
    if (!part) {
        part = json_object();
        (void)json_object_set_new(config, section->name, part);
    }
    (void)json_object_set_new(part, key, json_real(value));
}

json_t *
qt__compare_config(const struct qt__compare *compare)
{
    const struct qt__compare_found *found = &compare->found;
    const struct qt_lognormal_fit *order = &found->time_ms[QT__TIME_ORDER_WORD];
    const struct qt_lognormal_fit *cancel = &found->time_ms[QT__TIME_CANCEL_WORD];
    json_t *config = json_object();
    put(config, &qt_simulation_section, "order_ms", &order->median);
    put(config, &qt_simulation_section, "order_sigma", &order->sigma);
    put(config, &qt_simulation_section, "cancel_ms", &cancel->median);
    put(config, &qt_simulation_section, "cancel_sigma", &cancel->sigma);
    put(config, &qt_simulation_section, "queue_ahead", &found->queue_ahead);
    bool is_perpetual = qt_settings_trades_perpetuals(&compare->settings);
    put(config, &qt_simulation_section, is_perpetual ? "perpetual_maker_bps" : "maker_bps",
        &found->maker_bps);
    put(config, &qt_simulation_section, is_perpetual ? "perpetual_taker_bps" : "taker_bps",
        &found->taker_bps);
    put(config, &qt_router_section, "maker_fee_bps", &found->maker_bps);
    put(config, &qt_router_section, "taker_fee_bps", &found->taker_bps);
    if (found->impact.slope.low > 0) {
        put(config, &qt_execution_section, "impact_coefficient", &found->impact.slope);
        put(config, &qt_router_section, "impact", &found->impact.slope);
    }
    return config;
}

/* The venue's own time where it can be told apart, else all that an answer took. */
static void
put_latency(json_t *words, const char *kind, const struct qt_lognormal_fit *behind,
            const struct qt_lognormal_fit *answer)
{
    char text[64];
    const struct qt_lognormal_fit *fit = behind->median.is_known ? behind : answer;
    if (!fit->median.is_known || fit->median.value < 0.5 || fit->sigma.value > 5)
        return;
    snprintf(text, sizeof text, "%s=%.0fms:%.3f", kind, fit->median.value, fit->sigma.value);
    (void)json_array_append_new(words, json_string("--latency"));
    (void)json_array_append_new(words, json_string(text));
}

static void
put_number(json_t *words, const char *option, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.4g", value);
    (void)json_array_append_new(words, json_string(option));
    (void)json_array_append_new(words, json_string(text));
}

json_t *
qt__compare_venue_words(const struct qt__compare *compare)
{
    const struct qt__compare_found *found = &compare->found;
    const struct qt_lognormal_fit *times = found->time_ms;
    json_t *words = json_array();
    put_latency(words, "order", &times[QT__TIME_ORDER_BEHIND], &times[QT__TIME_ORDER_ANSWER]);
    put_latency(words, "cancel", &times[QT__TIME_CANCEL_BEHIND], &times[QT__TIME_CANCEL_ANSWER]);
    put_latency(words, "query", &times[QT__TIME_QUERY_ANSWER], &times[QT__TIME_QUERY_ANSWER]);
    if (found->queue_ahead.is_known)
        put_number(words, "--queue", found->queue_ahead.value);
    if (found->impact.slope.low > 0 && found->impact.slope.value <= 100)
        put_number(words, "--impact", found->impact.slope.value);
    return words;
}

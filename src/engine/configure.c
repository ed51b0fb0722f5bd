/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/engine/configure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

static const char section[] = "risk.";

static const struct qt_config_key *
find(const char *name)
{
    if (!qt_starts_with(name, section))
        return NULL;
    for (const struct qt_config_key *key = qt_risk_section.keys; key->key; key++)
        if (key->reload && strcmp(key->key, name + sizeof section - 1) == 0)
            return key;
    return NULL;
}

static double
get(const struct qt_risk_config *risk, const struct qt_config_key *key)
{
    const void *field = (const char *)risk + key->offset;
    return key->type == QT_CONFIG_INT ? (double)*(const int64_t *)field : *(const double *)field;
}

static void
set(struct qt_risk_config *risk, const struct qt_config_key *key, double value)
{
    void *field = (char *)risk + key->offset;
    if (key->type == QT_CONFIG_INT)
        *(int64_t *)field = (int64_t)value;
    else
        *(double *)field = value;
}

static bool
is_in_range(const struct qt_config_key *key, double value)
{
    bool is_whole = key->type != QT_CONFIG_INT || !(value < trunc(value) || value > trunc(value));
    return isfinite(value) && value >= key->min && value <= key->max && is_whole;
}

bool
qt_engine_configure(struct qt_engine *engine, const char *name, double value, struct qt_error *err)
{
    struct qt_config_event change = {.value = value};
    const struct qt_config_key *key = find(name);
    if (!key || !qt_copy(change.key, sizeof change.key, name))
        return qt_fail(err, QT_E_CONFIG, "%s cannot change while the engine runs", name);
    if (!is_in_range(key, value))
        return qt_fail(err, QT_E_CONFIG, "%s is %g: must be %g to %g", name, value, key->min,
                       key->max);
    bool is_queued = qt_mpsc_push(engine->changes, &change);
    qt_engine_wake(engine);
    return is_queued ||
           qt_fail(err, QT_E_FAILED, "%s: too many changes are waiting (try again)", name);
}

void
qt__changes_take(struct qt_engine *engine)
{
    struct qt_config_event change;
    while (qt_mpsc_pop(engine->changes, &change)) {
        int64_t now =
            engine->options.clock ? qt_clock_utc_ns(engine->options.clock) : engine->now_ns;
        struct qt_event event = {.kind = QT_EVENT_CONFIG,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .t_recv_ns = now,
                                 .t_venue_ns = now,
                                 .config = change};
        qt__sequence(engine, &event);
    }
}

void
qt__config_event(struct qt_engine *engine, const struct qt_event *event)
{
    char text[128], name[sizeof event->config.key];
    qt_copy_n(name, sizeof name, event->config.key, strnlen(event->config.key, sizeof name - 1));
    const struct qt_config_key *key = find(name);
    double value = event->config.value;
    if (!key || !is_in_range(key, value)) /* a journal of another version */
        return;
    snprintf(text, sizeof text, "%s %.10g -> %.10g", name, get(&engine->risk, key), value);
    set(&engine->risk, key, value);
    qt__audit(engine, "config", "config.set", text);
    qt__decision(engine, event->seq, event->t_recv_ns, QT_NO_INSTRUMENT, "config", 0, value, name);
    qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns, "%s", text);
    qt_log_event(engine->options.log, QT_LOG_WARN, "engine.config", "change=\"%s\"", text);
}

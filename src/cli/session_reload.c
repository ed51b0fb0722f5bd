/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIGHUP of a session without a screen: the config file is read again and checked whole. What may
 * change while the engine runs (the limits of the section "risk") reaches it as numbered events;
 * the rest is named and waits for the next start. Live, the file has to be what was sealed, and
 * what is in force of it counts. Whatever is wrong, the running config stays.
 *
 * On the watching thread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/engine/configure.h"

#include "session_priv.h"

enum { WAITING = 200 };

struct changes {
    struct qt__session *session;
    unsigned applied, waiting;
    char names[WAITING]; /* of those that wait */
};

/* This machine's time, or the venue's as it was at the start and went on since, where that is less:
 * a clock set forward ends no cool-down. */
static int64_t
time_of(const struct qt__session *session)
{
    int64_t venue_ns = session->venue_ns + (qt_now_mono_ns() - session->venue_mono_ns);
    return QT_MIN(qt_clock_utc_ns(session->plan.clock), venue_ns);
}

static bool
enforce(struct qt__session *session, struct qt_settings *settings, struct qt_error *err)
{
    int64_t now_ns = time_of(session);
    if (!session->plan.sealed)
        return true;
    struct qt__sealed *sealed =
        qt__sealed_follow(session->plan.folder, session->key, &session->known, now_ns, err);
    bool is_good = sealed && qt__sealed_enforce(sealed, session->key, now_ns, settings, err) &&
                   qt_store_keep_seal(session->store, &sealed->seal, err);
    if (is_good && sealed->seal.number != session->known.number) {
        char detail[128];
        snprintf(detail, sizeof detail, "number %" PRIu64 ", hash %.64s", sealed->seal.number,
                 sealed->seal.hash);
        qt__session_note(session, "reload", "config.load", detail);
    }
    if (is_good) {
        session->known.number = sealed->seal.number;
        memcpy(session->known.hash, sealed->seal.hash, sizeof session->known.hash);
    }
    qt__sealed_close(sealed);
    return is_good;
}

static double
number_of(const struct qt_config_key *key, const void *values)
{
    const void *field = (const char *)values + key->offset;
    return key->type == QT_CONFIG_INT ? (double)*(const int64_t *)field : *(const double *)field;
}

/* A key that differs: to the engine, or onto the list of those that wait. */
static bool
change(struct changes *changes, const struct qt_config_section *section,
       const struct qt_config_key *key, const void *values, struct qt_error *err)
{
    char name[96];
    size_t n = strlen(changes->names);
    snprintf(name, sizeof name, "%s.%s", section->name, key->key);
    if (key->reload) {
        changes->applied++;
        return qt_engine_configure(changes->session->engine, name, number_of(key, values), err);
    }
    changes->waiting++;
    snprintf(changes->names + n, sizeof changes->names - n, "%s%s", n ? " " : "", name);
    return true;
}

static bool
apply(struct changes *changes, struct qt_settings *next, struct qt_error *err)
{
    struct qt_config_binding old[QT_SETTINGS_SECTIONS], new[QT_SETTINGS_SECTIONS];
    size_t n = qt_settings_bind(changes->session->running, old);
    (void)qt_settings_bind(next, new);
    for (size_t i = 0; i < n; i++)
        for (const struct qt_config_key *key = old[i].section->keys; key->key; key++)
            if (qt__limit_change(old[i].section, key, old[i].values, new[i].values) != QT__SAME &&
                !change(changes, new[i].section, key, new[i].values, err))
                return false;
    changes->session->running->risk = next->risk; /* all that may be reloaded */
    return true;
}

void
qt__session_reload(struct qt__session *session)
{
    struct qt_error err = {0};
    struct changes changes = {.session = session};
    struct qt_settings *next = calloc(1, sizeof *next);
    const char *path = session->plan.settings->path;
    bool is_good =
        (next || qt_fail(&err, QT_E_MEMORY, "no memory to read it")) &&
        (path[0] || qt_fail(&err, QT_E_CONFIG, "there was no config file at the start")) &&
        qt_settings_read(path, next, &err) && enforce(session, next, &err) &&
        apply(&changes, next, &err);
    free(next);
    if (is_good)
        qt_log_event(session->log, QT_LOG_WARN, "config.reload",
                     "changed=%u needs_restart=%u keys=\"%s\"", changes.applied, changes.waiting,
                     changes.names);
    else
        qt_log_event(session->log, QT_LOG_ERROR, "config.reload",
                     "refused=1 why=\"%s\" (the running config stays)", err.text);
}

bool
qt__session_reload_init(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    session->running = malloc(sizeof *session->running);
    if (!session->running)
        return qt_fail(err, QT_E_MEMORY, "no memory for the config");
    *session->running = *plan->settings;
    if (plan->sealed) {
        session->known = plan->sealed->known;
        session->known.number = plan->sealed->seal.number;
        memcpy(session->known.hash, plan->sealed->seal.hash, sizeof session->known.hash);
    }
    session->venue_mono_ns = qt_now_mono_ns();
    session->venue_ns =
        qt_clock_utc_ns(plan->clock) + qt_binance_stats(session->venue).clock_offset_ns;
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The venue of a session: connected, with its symbols, judged (the seal by the venue's clock, the
 * key by what it may do), and what the store and the last market state hold of them.
 */
#include "session_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "credentials_priv.h"

enum { LOAD_MS = 30000 };

static void
show_loading(void *context, const char *what, unsigned done, unsigned of)
{
    const struct qt__session *session = context;
    if (session->plan.shows_progress)
        fprintf(stderr, "\r%s: %u of %u%s", what, done, of, done == of ? "\n" : "");
}

static bool
load_universe(struct qt__session *session, struct qt_error *err)
{
    struct qt_binance_options options = *session->plan.venue;
    qt_binance_connects_init(&session->connects);
    options.connects = &session->connects;
    options.tag = qt_store_tag(session->store);
    bool keeps_bans = strcmp(session->plan.run_kind, "demo") != 0;
    qt__banning_init(&session->banning, keeps_bans ? session->store : NULL, session->log,
                     session->plan.clock);
    if (!qt__banning_take(&session->banning, 0, &options, err))
        return false;
    session->venue = qt_binance_open(&options, err);
    if (!session->venue)
        return false;
    if (session->plan.shows_progress)
        fprintf(stderr, "connecting to %s\n",
                *options.rest_url ? options.rest_url
                                  : qt_binance_rest_url(&session->plan.settings->venue));
    session->universe =
        qt_binance_load_universe(session->venue, LOAD_MS, show_loading, session, err);
    return session->universe &&
           (!session->plan.more_keys ||
            qt__routing_open(&session->routing, session->plan.settings, session->plan.more_keys,
                             session->venue, session->universe, &options, &session->banning, err));
}

static bool
restore(struct qt__session *session, struct qt_error *err)
{
    uint32_t unknown = 0;
    session->restore = calloc(1, sizeof *session->restore);
    if (!session->restore)
        return qt_fail(err, QT_E_MEMORY, "no memory for what the store holds");
    if (!qt__session_restore_orders(session, &unknown, err))
        return false;
    if (session->plan.is_paper)
        session->restore->orders = 0; /* they ended with the exchange inside the program */
    if (unknown > 0)
        return qt_fail(err, QT_E_DATA,
                       "%u open orders or positions of the store are of symbols that the venue "
                       "does not offer (raise venue.max_symbols, or close them at the venue)",
                       unknown);
    session->is_noted = qt__session_note_opened(session, err);
    return session->is_noted && qt_store_start(session->store, session->universe, session->part[QT_COMPONENT_STORE],
                          err);
}

bool
qt__session_keeps_market(const struct qt__session *session)
{
    const struct qt__session_plan *plan = &session->plan;
    return plan->journal && plan->keeps_market && plan->settings->engine.state_min > 0;
}

static bool
find_market(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    session->market.log = session->log;
    return !qt__session_keeps_market(session) ||
           qt__market_keeping_find(&session->market, plan->journal,
                                   plan->shares_key ? session->key : NULL, plan->settings,
                                   session->universe, plan->clock, err);
}

/* Live only: the venue is asked for its data with no key else. */
static bool
check_key(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    struct qt_binance_rights rights = qt_binance_key_rights(session->venue);
    return !plan->sealed ||
           qt__credentials_judge(&rights, plan->folder, session->key, plan->key_name,
                                 qt_clock_utc_ns(plan->clock), err);
}

/* By the venue's time. */
static bool
check_seal(struct qt__session *session, struct qt_error *err)
{
    const struct qt_venue_stats stats = qt_binance_stats(session->venue);
    int64_t now_ns = qt_clock_utc_ns(session->plan.clock);
    return !session->plan.sealed ||
           qt__sealed_agrees(session->plan.sealed, now_ns + stats.clock_offset_ns, err);
}

/* Live: under which seal, and with whose key. */
static bool
audit_start(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    char detail[128];
    if (plan->sealed)
        snprintf(detail, sizeof detail, "number %" PRIu64 ", hash %.64s",
                 plan->sealed->seal.number, plan->sealed->seal.hash);
    return (!plan->sealed ||
            qt_audit_append(session->store, "start", "config.load", detail, err)) &&
           (!plan->key_name ||
            qt_audit_append(session->store, "start", "key.use", plan->key_name, err)) &&
           (!plan->more_keys ||
            qt__routing_note_keys(plan->more_keys, session->store, err));
}

bool
qt__session_open_venue(struct qt__session *session, struct qt_error *err)
{
    return load_universe(session, err) && check_seal(session, err) &&
           check_key(session, err) && qt__session_reload_init(session, err) && restore(session, err) &&
           audit_start(session, err) && find_market(session, err);
}

void
qt__session_close_venue(struct qt__session *session)
{
    qt_inline_destroy(session->paper);
    qt__routing_close(&session->routing);
    qt_binance_close(session->venue);
}

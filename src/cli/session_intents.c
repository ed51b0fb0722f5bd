/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the last run leaves for this one beside its books: orders that only intents tell of, a ban. */
#include "session_priv.h"

#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

static void
tell_intents(struct qt__session *session)
{
    struct qt_intents_view found;
    char text[128];
    qt_store_intents(session->store, &found);
    if (found.orders == 0 && found.older == 0 && found.damaged == 0 && !found.is_torn)
        return;
    snprintf(
        text, sizeof text,
        "%u orders known by their intent alone, %u older ones not asked for, %u slots damaged, "
        "%s",
        found.orders, found.older, found.damaged,
        found.is_torn ? "the last one torn" : "none torn");
    qt__session_note(session, "store", "intents", text);
    qt_log_event(session->log, found.damaged > 0 || found.older > 0 ? QT_LOG_ERROR : QT_LOG_WARN,
                 "store.intents", "orders=%u older=%u damaged=%u is_torn=%d", found.orders,
                 found.older, found.damaged, found.is_torn);
}

bool
qt__session_restore_orders(struct qt__session *session, uint32_t *out_unknown,
                           struct qt_error *err)
{
    bool keeps = !session->plan.is_paper;
    if ((keeps && !qt_store_keep_intents(session->store, session->key, err)) ||
        !qt_store_restore(session->store, session->universe, session->restore, out_unknown, err))
        return false;
    tell_intents(session);
    return true;
}

static void
keep_ban(void *context, int64_t until_ns)
{
    struct qt__session *session = context;
    struct qt_error err = {0};
    if (!qt_store_keep_ban(session->store, until_ns, &err))
        qt_log_event(session->log, QT_LOG_ERROR, "venue.ban", "why=\"%s\"", err.text);
}

bool
qt__session_take_ban(struct qt__session *session, struct qt_binance_options *options,
                     struct qt_error *err)
{
    enum { LONGEST_DAYS = 3 }; /* that the venue bans for: more is another clock's */
    int64_t until_ns = 0, now_ns = qt_clock_utc_ns(session->plan.clock);
    char when[QT_TIME_TEXT];
    if (strcmp(session->plan.run_kind, "demo") == 0)
        return true;
    if (!qt_store_ban(session->store, &until_ns, err))
        return false;
    options->banned = keep_ban;
    options->banned_context = session;
    if (until_ns <= now_ns || until_ns - now_ns > LONGEST_DAYS * QT_NS_PER_DAY)
        return true;
    options->banned_until_ns = until_ns;
    qt_log_event(session->log, QT_LOG_WARN, "venue.ban", "kept_until=%s",
                 qt_time_format_short(until_ns, when));
    return true;
}

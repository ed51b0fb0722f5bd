/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the last run leaves for this one beside its books: orders that only intents tell of. */
#include "session_priv.h"

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

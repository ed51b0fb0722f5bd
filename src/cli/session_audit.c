/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit of a session: that its store was opened and closed, what the control socket was asked,
 * and what is said when the store does not fit to its signed heads.
 */
#include "session_priv.h"

#include <string.h>
#include <unistd.h>

void
qt__session_note(struct qt__session *session, const char *actor, const char *action,
                 const char *detail)
{
    struct qt_error err = {0};
    if (!qt_audit_append(session->store, actor, action, detail, &err))
        qt_log_event(session->log, QT_LOG_ERROR, "audit.lost", "action=%s why=\"%s\"", action,
                     err.text);
}

void
qt__session_note_from_socket(void *self, const char *action, const char *detail)
{
    qt__session_note(self, "socket", action, detail);
}

json_t *
qt__session_show_audit(void *self)
{
    struct qt_audit_stats stats;
    qt_audit_stats(((struct qt__session *)self)->store, &stats);
    return json_pack("{s:I,s:I,s:s?,s:s?,s:I,s:I,s:I,s:s?}", "entries", (json_int_t)stats.entries,
                     "heads", (json_int_t)stats.heads, "head", stats.head[0] ? stats.head : NULL,
                     "finding", stats.finding[0] ? stats.finding : NULL, "head_failures",
                     (json_int_t)stats.head_failures, "hook_runs", (json_int_t)stats.hook_runs,
                     "hook_failures", (json_int_t)stats.hook_failures, "last_error",
                     stats.last_error[0] ? stats.last_error : NULL);
}

/* Live: not on a store that may be an old one (fault S11). On paper: loudly. */
static bool
judge_audit(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    const char *finding = qt_audit_finding(session->store);
    if (!finding[0])
        return true;
    if (strcmp(plan->run_kind, "live") == 0)
        return qt_fail(err, QT_E_VERIFY,
                       "%s: %s ('qtrade audit verify' says more; to go on knowingly: 'qtrade audit "
                       "accept --reason TEXT')",
                       plan->folder, finding);
    fprintf(stderr, "qtrade: %s: %s: no head of the audit is signed until 'qtrade audit accept'\n",
            plan->folder, finding);
    qt_log_event(session->log, QT_LOG_ERROR, "audit.finding", "why=\"%s\"", finding);
    return qt_audit_append(session->store, "engine", "audit.finding", finding, err);
}

bool
qt__session_begin_audit(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    const struct qt_audit_config *config = &plan->settings->audit;
    const struct qt_audit_options options = {.head_entries = config->head_entries,
                                             .head_seconds = config->head_seconds,
                                             .hook = config->hook,
                                             .log = session->log};
    return judge_audit(session, err) && qt_audit_configure(session->store, &options, err);
}

bool
qt__session_note_opened(struct qt__session *session, struct qt_error *err)
{
    static const char *const openers[] = {"a key of this run", "a key file", "a passphrase"};
    const struct qt__session_plan *plan = &session->plan;
    enum qt_key_kind kind = QT_KEY_NONE;
    char detail[QT_AUDIT_DETAIL];
    if (!plan->is_throw_away && !qt_store_key_kind(plan->folder, &kind, err))
        return false;
    snprintf(detail, sizeof detail, "%s by uid %u pid %d, with %s", plan->run_kind,
             (unsigned)getuid(), (int)getpid(), openers[kind]);
    return qt_audit_append(session->store, "operator", "store.open", detail, err);
}

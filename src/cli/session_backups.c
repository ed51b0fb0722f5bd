/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session's backups by the clock: whether there are any, and what is told of each. */
#include "session_priv.h"

bool
qt__session_makes_backups(const struct qt__session *session)
{
    const struct qt_backup_config *config = &session->plan.settings->backup;
    return config->enabled && config->folder[0] && !session->plan.is_throw_away;
}

static void
tell(void *self, bool is_good, const char *text)
{
    struct qt__session *session = self;
    qt_log_event(session->log, is_good ? QT_LOG_INFO : QT_LOG_ERROR,
                 is_good ? "backup.made" : "backup.failed", "what=\"%s\"", text);
    qt__session_note(session, "clock", is_good ? "store.backup" : "store.backup.failed", text);
}

bool
qt__session_open_backups(struct qt__session *session, struct qt_error *err)
{
    const struct qt_backup_schedule_options options = {
        .state = session->plan.folder,
        .key = session->key,
        .store = session->store,
        .config = &session->plan.settings->backup,
        .part = session->part[QT_COMPONENT_BACKUP],
        .tell = tell,
        .self = session};
    if (!qt__session_makes_backups(session))
        return true;
    session->backups = qt_backup_schedule_start(&options, err);
    return session->backups != NULL;
}

void
qt__session_close_backups(struct qt__session *session)
{
    qt_backup_schedule_stop(session->backups);
}

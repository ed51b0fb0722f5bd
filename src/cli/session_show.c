/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session without a screen shows: a line a second, and a summary at the end. */
#include "session_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/api/document.h"
#include "qtrade/base/time.h"

#include "print_priv.h"

enum { LOOK_MS = 100 };

static void
show_line(struct qt__session *session)
{
    const struct qt_snapshot *snapshot = qt__session_shown(session);
    char equity[QT_DECIMAL_TEXT];
    if (!snapshot)
        return;
    bool is_known = snapshot->has_equity && !qt_money_is_none(snapshot->equity);
    fprintf(stderr,
            "\r%5.0f s  %s  equity %s %s  %u of %u symbols eligible  %u positions  %" PRIu64
            " orders  %" PRIu64 " events  ",
            qt__session_seconds(session), qt_mode_name((enum qt_mode)snapshot->mode),
            is_known ? qt_money_format(snapshot->equity, QT_MONEY_SCALE, 2, equity)
                                 : "unknown",
            snapshot->quote_asset, snapshot->eligible, snapshot->instruments, snapshot->positions,
            snapshot->counts.orders, snapshot->counts.events);
    qt__session_give_shown(session, snapshot);
}

void
qt__session_wait(struct qt__session *session, int64_t for_ns)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * QT_NS_PER_MS};
    bool shows = isatty(STDERR_FILENO);
    double limit = (double)for_ns / (double)QT_NS_PER_S, shown = -1;
    while (!atomic_load(&session->leave) && !atomic_load(&session->is_over)) {
        double now = qt__session_seconds(session);
        if (for_ns > 0 && now >= limit)
            break;
        if (shows && now - shown >= 1) {
            show_line(session);
            shown = now;
        }
        nanosleep(&look, NULL);
    }
    if (shows)
        fputc('\n', stderr);
}

bool
qt__session_summary(struct qt__session *session, double seconds, const char *name, json_t *value,
                    struct qt_error *err)
{
    const struct qt_snapshot *snapshot = qt_engine_snapshot(session->engine);
    if (!snapshot) {
        json_decref(value);
        return qt_fail(err, QT_E_FAILED, "the engine has published nothing");
    }
    json_t *document = qt_document_summary(snapshot, seconds);
    if (name)
        (void)json_object_set_new(document, name, value);
    bool is_conserved = snapshot->is_conserved;
    qt_engine_snapshot_unref(session->engine, snapshot);
    if (!qt__print_json(document, "the summary", err))
        return false;
    return is_conserved || qt_fail(err, QT_E_VERIFY, "the ledger does not sum to zero");
}

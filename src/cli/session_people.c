/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session and its people: when one was last seen, what happens when nobody is, what the loss of
 * the terminal means, and what is said at the end about that which stays open.
 */
#include "session_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

void
qt__session_seen(struct qt__session *session)
{
    atomic_store(&session->seen_mono_ns, qt_now_mono_ns());
}

double
qt__session_seen_s(struct qt__session *session)
{
    return (double)(qt_now_mono_ns() - atomic_load(&session->seen_mono_ns)) / (double)QT_NS_PER_S;
}

/* Into log and audit: who was refused at the control socket, and who looks on. The socket's thread. */
void
qt__session_notice(struct qt__session *session, enum qt_control_notice kind,
                   const struct qt_control_peer *peer, uint64_t times)
{
    static const struct {
        enum qt_log_level level;
        const char *event;
    } notices[QT_CONTROL_NOTICES] = {[QT_CONTROL_REFUSED] = {QT_LOG_WARN, "control.refused"},
                                     [QT_CONTROL_ATTACHED] = {QT_LOG_INFO, "control.attached"}};
    char detail[80];
    qt_log_event(session->log, notices[kind].level, notices[kind].event, "uid=%u pid=%d times=%llu",
                 peer->uid, peer->pid, (unsigned long long)times);
    snprintf(detail, sizeof detail, "uid %u pid %d, %llu since the last entry", peer->uid,
             (int)peer->pid, (unsigned long long)times);
    qt__session_note(session, "socket", notices[kind].event, detail);
}

/* Once for each time that nobody is there for so long; who comes back resumes. */
void
qt__session_look_for_people(struct qt__session *session)
{
    const struct qt_operator_config *config = &session->plan.settings->people;
    double seen_h = qt__session_seen_s(session) / 3600;
    bool is_absent = config->absent_hours > 0 && seen_h >= config->absent_hours;
    char reason[64];
    struct qt_error err = {0};
    if (is_absent == atomic_load(&session->is_unattended))
        return;
    atomic_store(&session->is_unattended, is_absent);
    qt_log_event(session->log, is_absent ? QT_LOG_ERROR : QT_LOG_INFO,
                 is_absent ? "operator.absent" : "operator.back", "seen_h=%.3f action=%s", seen_h,
                 config->absent_action);
    if (!is_absent || strcmp(config->absent_action, "alarm") == 0)
        return;
    snprintf(reason, sizeof reason, "no operator seen for %.2f h", seen_h);
    bool is_taken = qt_engine_command(
        session->engine,
        strcmp(config->absent_action, "pause") == 0 ? QT_COMMAND_PAUSE : QT_COMMAND_REDUCE,
        QT_SOURCE_ABSENCE, reason, &err);
    qt_assert(is_taken); /* a stop is never refused */
}

/* The terminal */

/* A stopped engine protects nothing: neither Ctrl-Z nor a line on the terminal of another job stops
 * it. SIGSTOP does. */
void
qt__session_stays_awake(void)
{
    signal(SIGTSTP, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
}

bool
qt__session_has_terminal(void)
{
    struct pollfd ends[2] = {{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}};
    int n = poll(ends, 2, 0);
    return n >= 0 && !((ends[0].revents | ends[1].revents) & (POLLHUP | POLLERR));
}

void
qt__session_hung_up(struct qt__session *session)
{
    const char *policy = session->plan.settings->screen.on_hangup;
    struct qt_error err = {0};
    session->is_hung_up = true;
    if (strcmp(policy, "keep") == 0)
        return;
    bool is_taken = qt_engine_command(
        session->engine, strcmp(policy, "pause") == 0 ? QT_COMMAND_PAUSE : QT_COMMAND_LIQUIDATE,
        QT_SOURCE_SIGNAL, "the terminal went away", &err);
    qt_assert(is_taken);
}

/* What people see: the engine's picture without what the dashboard withholds. The buffer is the
 * screen thread's; it holds one picture, as the screen does. */
const struct qt_snapshot *
qt__session_shown(struct qt__session *session)
{
    const struct qt_snapshot *snapshot = qt_engine_snapshot(session->engine);
    if (!snapshot || session->dashboard == QT_DASHBOARD_FULL)
        return snapshot;
    if (!session->shown)
        session->shown = malloc(sizeof *session->shown);
    if (session->shown) {
        *session->shown = *snapshot;
        qt_dashboard_withhold(session->shown, session->dashboard);
    }
    qt_engine_snapshot_unref(session->engine, snapshot);
    return session->shown;
}

void
qt__session_give_shown(struct qt__session *session, const struct qt_snapshot *snapshot)
{
    if (snapshot != session->shown)
        qt_engine_snapshot_unref(session->engine, snapshot);
}

/* The end */

static void
name_positions(const struct qt_snapshot *snapshot, struct qt_text *out)
{
    uint32_t n = QT_MIN(snapshot->positions, (uint32_t)QT_VIEW_ROWS), shown = QT_MIN(n, 5u);
    for (uint32_t i = 0; i < shown; i++)
        qt_text_addf(out, "%s%s", i ? ", " : " (", snapshot->position[i].symbol);
    if (n > 0)
        qt_text_add(out, n > shown ? ", ...)" : ")");
}

void
qt__session_say_open(struct qt__session *session)
{
    const struct qt_snapshot *snapshot =
        session->engine ? qt_engine_snapshot(session->engine) : NULL;
    char names[256] = "";
    struct qt_text text;
    if (!snapshot)
        return;
    qt_text_init(&text, names, sizeof names);
    name_positions(snapshot, &text);
    qt_text_clean(names);
    if (!snapshot->has_equity)
        fputs(
            "qtrade: whether positions or orders are open is not known: the account was not read; "
            "look at the venue, or start again\n",
            stderr);
    else if (snapshot->positions + snapshot->orders > 0)
        fprintf(stderr,
                "qtrade: %u positions%s and %u orders stay open; nothing guards them until "
                "qtrade runs again\n",
                snapshot->positions, names, snapshot->orders);
    qt_engine_snapshot_unref(session->engine, snapshot);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session's watchman inside the process: one thread that waits for signals, looks at the
 * heartbeats of all others, and starts the control socket's server again when it has ended. It
 * waits for nobody else, so it is there when any one of them hangs (fault P2).
 *
 * Started again: the control socket's server. Not: the engine's thread and the workers (what they
 * were in the middle of is not known; the process is started again and restores), the writers of
 * store and journal (they never end by themselves: a failing disk is tried again in place).
 */
#include "session_priv.h"

#include <signal.h>
#include <time.h>

#include "qtrade/base/time.h"

void
qt__session_signals(sigset_t *out)
{
    sigemptyset(out);
    sigaddset(out, SIGINT);
    sigaddset(out, SIGTERM);
    sigaddset(out, SIGUSR1);
    sigaddset(out, SIGUSR2);
}

const struct qt_part *
qt__session_engine_part(struct qt__session *session)
{
    struct qt_part *part;
    for (unsigned i = 0; (part = qt_board_at(session->board, i)); i++)
        if (qt_part_component(part) == QT_COMPONENT_ENGINE)
            return part;
    return NULL;
}

static void
act_on(struct qt__session *session, int signal)
{
    struct qt_error err = {0};
    bool is_taken = true;
    if (signal == SIGUSR1)
        is_taken =
            qt_engine_command(session->engine, QT_COMMAND_PAUSE, QT_SOURCE_SIGNAL, "SIGUSR1", &err);
    else if (signal == SIGUSR2)
        is_taken = qt_engine_command(session->engine, QT_COMMAND_LIQUIDATE, QT_SOURCE_SIGNAL,
                                     "SIGUSR2", &err);
    else
        qt__session_asked_to_end(session, signal);
    qt_assert(is_taken); /* a stop is never refused */
}

static void
keep_control(struct qt__session *session)
{
    struct qt_part *part = session->part[QT_COMPONENT_CONTROL];
    struct qt_error err = {0};
    if ((session->control && !qt_control_has_ended(session->control)) || !qt_part_may_restart(part))
        return;
    qt_control_stop(session->control);
    session->control = NULL;
    bool is_good = qt__session_open_control(session, &err);
    if (is_good) {
        qt_part_restarted(part);
    } else {
        qt_part_failed(part, "%s", err.text);
        qt_part_set(part, QT_PART_FAILED);
    }
    qt_log_event(session->log, is_good ? QT_LOG_WARN : QT_LOG_ERROR, "control.restart",
                 "is_answering=%d why=%s", is_good, err.text);
}

/* Until the session is closed, which it learns by SIGTERM of its own. */
static void *
watch(void *argument)
{
    struct qt__session *session = argument;
    sigset_t set;
    int64_t next = qt_now_mono_ns();
    qt__session_signals(&set);
    if (!session->plan.has_screen)
        sigaddset(&set, SIGHUP);
    while (!atomic_load(&session->is_over)) {
        int64_t now = qt_now_mono_ns();
        if (now >= next) {
            qt_engine_watch(session->engine);
            qt__session_look_for_people(session);
            keep_control(session);
            qt__host_look(&session->host, session->engine,
                           qt_part_beats(qt__session_engine_part(session)), session->log);
            next = now + QT_LOOK_NS;
        }
        const struct timespec wait = {.tv_nsec = QT_MAX(next - now, 0)};
        int signal = sigtimedwait(&set, NULL, &wait);
        if (signal == SIGHUP)
            qt__session_reload(session);
        else if (signal > 0 && !atomic_load(&session->is_over)) /* else it is the session's own */
            act_on(session, signal);
    }
    return NULL;
}

bool
qt__session_watch(struct qt__session *session, struct qt_error *err)
{
    session->has_watch = pthread_create(&session->watch, NULL, watch, session) == 0;
    return session->has_watch || qt_fail(err, QT_E_FAILED, "a thread cannot be started");
}

void
qt__session_unwatch(struct qt__session *session)
{
    if (!session->has_watch)
        return;
    atomic_store(&session->is_over, true);
    pthread_kill(session->watch, SIGTERM);
    pthread_join(session->watch, NULL);
    session->has_watch = false;
}

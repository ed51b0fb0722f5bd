/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signals to end while no watching thread is there. While the components open nothing trades: the
 * process ends. A session that is asked to end twice: the first signal ends it in order, however
 * long a disk or a connection takes; after a second one it has a few seconds for that, then the
 * process ends as it is. What was decided is in the journal and the store as far as they had come,
 * as after a crash.
 */
#include "session_priv.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/time.h"

enum { LOOK_MS = 50 };
#define HURRY_NS (3 * QT_NS_PER_S)

bool
qt__session_is_hurried(struct qt__session *session)
{
    int64_t since = atomic_load(&session->hurry_mono_ns);
    return since != 0 && qt_now_mono_ns() - since >= HURRY_NS;
}

void
qt__session_asked_to_end(struct qt__session *session, int signal)
{
    int64_t none = 0;
    if (atomic_load(&session->leave) != 0)
        (void)atomic_compare_exchange_strong(&session->hurry_mono_ns, &none, qt_now_mono_ns());
    atomic_store(&session->leave, signal);
}

static _Noreturn void
leave_with(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written; /* there may be no terminal any more */
    _exit(1);
}

static void *
attend(void *argument)
{
    struct qt__session *session = argument;
    const struct timespec look = {.tv_nsec = LOOK_MS * QT_NS_PER_MS};
    sigset_t set;
    sigemptyset(&set); /* a stop while it starts waits for the engine */
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    while (atomic_load(&session->is_attended)) {
        int signal = sigtimedwait(&set, NULL, &look);
        if (signal > 0 && atomic_load(&session->is_opening))
            leave_with("qtrade: ended while it was starting, as asked: nothing was traded\n");
        if (signal > 0)
            qt__session_asked_to_end(session, signal);
        if (qt__session_is_hurried(session))
            leave_with("qtrade: ended before everything was closed, as asked twice: the next start "
                       "goes on from what was written\n");
    }
    return NULL;
}

void
qt__session_attend(struct qt__session *session)
{
    atomic_store(&session->is_attended, true);
    session->has_attendant = pthread_create(&session->attendant, NULL, attend, session) == 0;
}

void
qt__session_end_attended(struct qt__session *session)
{
    if (!session->has_attendant)
        return;
    atomic_store(&session->is_attended, false);
    pthread_join(session->attendant, NULL);
    session->has_attendant = false;
}

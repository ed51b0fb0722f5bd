/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit_hook_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qtrade/base/signals.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/audit.h"

enum { PATIENCE_MS = 10000, LAST_MS = 3000, LOOK_MS = 100 };

struct qt__hook {
    char program[256];
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* guards what follows; never held while the program runs */
    pthread_cond_t more;
    bool stop;
    int64_t give_up_ns;       /* monotonic, when stop is set */
    char head[QT_AUDIT_HEAD]; /* "": none waits */
    uint64_t runs, failures;
    char why[160]; /* the last failure */
};

bool
qt__hook_check(const char *program, struct qt_error *err)
{
    struct stat st;
    if (program[0] != '/')
        return qt_fail(err, QT_E_CONFIG, "audit.hook: %s: must be an absolute path", program);
    if (stat(program, &st) != 0)
        return qt_fail(err, QT_E_CONFIG, "audit.hook: %s: %s", program, strerror(errno));
    if (!S_ISREG(st.st_mode) || access(program, X_OK) != 0)
        return qt_fail(err, QT_E_CONFIG, "audit.hook: %s: is no program that can be run", program);
    return ((st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & 022)) ||
           qt_fail(err, QT_E_CONFIG, "audit.hook: %s: others can change it (chmod go-w, chown)",
                   program);
}

/* A process group of its own, no signal blocked or ignored, nothing of ours open. 0: failed. */
static pid_t
start(const struct qt__hook *hook, const char *head)
{
    char *argv[] = {(char *)(uintptr_t)hook->program, (char *)(uintptr_t)head, NULL};
    char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    char *environment[] = {path, NULL};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    sigset_t none, all;
    pid_t child = 0;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_init(&files);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    int failed = posix_spawn(&child, hook->program, &files, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    return failed ? 0 : child;
}

/* When a run has lasted long enough. */
static bool
is_over_time(struct qt__hook *hook, int64_t begun_ns)
{
    int64_t now_ns = qt_now_mono_ns();
    pthread_mutex_lock(&hook->mutex);
    bool is_over =
        now_ns - begun_ns > PATIENCE_MS * QT_NS_PER_MS || (hook->stop && now_ns > hook->give_up_ns);
    pthread_mutex_unlock(&hook->mutex);
    return is_over;
}

/* Until the child has ended, or was made to. Returns what is to say of it; NULL: all went well. */
static const char *
await(struct qt__hook *hook, pid_t child, char text[160])
{
    int status = 0, ended = (int)syscall(SYS_pidfd_open, child, 0);
    int64_t begun_ns = qt_now_mono_ns();
    bool is_killed = false;
    struct pollfd look = {.fd = ended, .events = POLLIN};
    pid_t found;
    while ((found = waitpid(child, &status, WNOHANG)) == 0) {
        if (!is_killed && is_over_time(hook, begun_ns)) {
            kill(-child, SIGKILL);
            is_killed = true;
        }
        (void)poll(&look, ended >= 0, LOOK_MS);
    }
    if (ended >= 0)
        close(ended);
    if (is_killed)
        snprintf(text, 160, "it hung, and was killed");
    else if (found < 0)
        snprintf(text, 160, "how it ended is not known: %s", strerror(errno));
    else if (WIFSIGNALED(status))
        snprintf(text, 160, "it died of signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(text, 160, "it ended with status %d", WEXITSTATUS(status));
    else
        return NULL;
    return text;
}

static void
run_once(struct qt__hook *hook, const char *head)
{
    char text[160];
    const char *why = NULL;
    pid_t child = start(hook, head);
    if (child > 0)
        why = await(hook, child, text);
    else
        snprintf(text, sizeof text, "it could not be started: %s", strerror(errno));
    pthread_mutex_lock(&hook->mutex);
    hook->runs++;
    hook->failures += child <= 0 || why;
    if (child <= 0 || why)
        qt_copy(hook->why, sizeof hook->why, text);
    pthread_mutex_unlock(&hook->mutex);
}

static void *
run(void *argument)
{
    struct qt__hook *hook = argument;
    for (;;) {
        char head[QT_AUDIT_HEAD];
        pthread_mutex_lock(&hook->mutex);
        while (!hook->head[0] && !hook->stop)
            pthread_cond_wait(&hook->more, &hook->mutex);
        qt_copy(head, sizeof head, hook->head);
        hook->head[0] = '\0';
        pthread_mutex_unlock(&hook->mutex);
        if (!head[0])
            return NULL;
        run_once(hook, head);
    }
}

struct qt__hook *
qt__hook_create(const char *program, struct qt_error *err)
{
    struct qt__hook *hook = calloc(1, sizeof *hook);
    sigset_t before;
    if (!hook) {
        qt_fail(err, QT_E_MEMORY, "no memory for the audit's hook");
        return NULL;
    }
    qt_copy(hook->program, sizeof hook->program, program);
    pthread_mutex_init(&hook->mutex, NULL);
    pthread_cond_init(&hook->more, NULL);
    qt_signals_block(&before);
    hook->has_thread = pthread_create(&hook->thread, NULL, run, hook) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (hook->has_thread)
        return hook;
    qt_fail(err, QT_E_FAILED, "the thread of the audit's hook cannot be started");
    qt__hook_destroy(hook);
    return NULL;
}

void
qt__hook_destroy(struct qt__hook *hook)
{
    if (!hook)
        return;
    pthread_mutex_lock(&hook->mutex);
    hook->stop = true;
    hook->give_up_ns = qt_now_mono_ns() + LAST_MS * QT_NS_PER_MS;
    pthread_cond_signal(&hook->more);
    pthread_mutex_unlock(&hook->mutex);
    if (hook->has_thread)
        pthread_join(hook->thread, NULL);
    pthread_cond_destroy(&hook->more);
    pthread_mutex_destroy(&hook->mutex);
    free(hook);
}

void
qt__hook_put(struct qt__hook *hook, const char *head)
{
    if (!hook)
        return;
    pthread_mutex_lock(&hook->mutex);
    qt_copy(hook->head, sizeof hook->head, head);
    pthread_cond_signal(&hook->more);
    pthread_mutex_unlock(&hook->mutex);
}

void
qt__hook_stats(struct qt__hook *hook, uint64_t *out_runs, uint64_t *out_failures, char why[160])
{
    pthread_mutex_lock(&hook->mutex);
    *out_runs = hook->runs;
    *out_failures = hook->failures;
    qt_copy(why, 160, hook->why);
    pthread_mutex_unlock(&hook->mutex);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal is given back on every way out: normal, exit() from anywhere, a stop (SIGTSTP), a
 * crash. Signal handlers reach nothing but statics, so this file has the room's only mutable ones;
 * they are written before the handlers are set and hold until they are taken away. Handlers use
 * write, poll, tcsetattr, sigaction, raise and pthread_kill only.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "screen_priv.h"

/* What ends the process: the terminal is restored, then the signal has its old way. */
static const int fatal_signals[] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                                    SIGABRT, SIGTERM, SIGINT, SIGQUIT};
#define FATAL_SIGNALS QT_COUNT_OF(fatal_signals)
#define CRASHES                                                                                    \
    5 /* the first ones are taken whoever had them, the others only where nobody has               \
       */
#define STACK_SIZE 65536
#define STUCK_MS 1000

static struct qt__guard guarded;
static struct termios cooked, raw;
static pthread_t keeper;       /* the screen's thread */
static atomic_bool is_active;  /* release in begin, acquire in the handlers */
static atomic_bool is_hung_up; /* set by the handler, read by the loop */
static atomic_bool is_resumed; /* set by the handler, taken by the loop */
static struct sigaction old_fatal[FATAL_SIGNALS], old_hangup, old_stop, old_continue;
static bool has_fatal[FATAL_SIGNALS];
static unsigned char *stack;

/* A terminal that takes nothing for a second is left as it is. */
static void
write_all(const char *bytes, size_t n)
{
    struct pollfd room = {.fd = guarded.fd, .events = POLLOUT};
    while (n > 0 && poll(&room, 1, STUCK_MS) == 1) {
        ssize_t sent = write(guarded.fd, bytes, n);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void
give_back(void)
{
    write_all(guarded.reset, guarded.reset_length);
    tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
}

static void
on_fatal(int number)
{
    int saved = errno;
    if (atomic_exchange(&is_active, false))
        give_back();
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        if (fatal_signals[i] == number)
            sigaction(number, &old_fatal[i], NULL);
    raise(number); /* blocked until this returns, then it goes its old way */
    errno = saved;
}

static void
on_hangup(int number)
{
    (void)number;
    atomic_store(&is_hung_up, true);
}

static void
take_again(void)
{
    if (!atomic_load(&is_active))
        return;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    write_all(guarded.again, guarded.again_length);
    atomic_store(&is_resumed, true);
}

static void set_stop_handler(void);

/* Any thread may get a signal of the process; only the one that opens and closes the screen's
 * descriptor may write to it. True: that is another one, and has it now. */
static bool
is_for_keeper(int number)
{
    return !pthread_equal(pthread_self(), keeper) && pthread_kill(keeper, number) == 0;
}

/* Where nobody could continue it (an orphaned process group) the kernel does not stop it: it goes
 * on at once. */
static void
on_stop(int number)
{
    int saved = errno;
    if (is_for_keeper(number))
        return;
    struct sigaction plain = {.sa_handler = SIG_DFL};
    if (atomic_load(&is_active))
        give_back();
    sigaction(SIGTSTP, &plain, NULL);
    raise(number); /* stops here, until SIGCONT */
    set_stop_handler();
    take_again();
    errno = saved;
}

static void
on_continue(int number)
{
    int saved = errno;
    if (is_for_keeper(number))
        return;
    take_again();
    errno = saved;
}

static void
set_stop_handler(void)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_NODEFER | SA_RESTART};
    sigaction(SIGTSTP, &action, NULL);
}

static void
on_exit_(void)
{
    if (atomic_exchange(&is_active, false))
        give_back();
}

/* A stack of its own, so that a stack overflow restores the terminal too. */
static void
set_stack(void)
{
    stack_t alternative = {.ss_size = STACK_SIZE};
    stack = malloc(STACK_SIZE);
    alternative.ss_sp = stack;
    if (stack && sigaltstack(&alternative, NULL) != 0) {
        free(stack);
        stack = NULL;
    }
}

static void
clear_stack(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};
    if (stack && sigaltstack(&none, NULL) == 0)
        free(stack);
    stack = NULL;
}

static void
take_signals(void)
{
    struct sigaction fatal = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    struct sigaction hangup = {.sa_handler = on_hangup};
    struct sigaction resumed = {.sa_handler = on_continue, .sa_flags = SA_RESTART};
    set_stack();
    for (size_t i = 0; i < FATAL_SIGNALS; i++) {
        sigaction(fatal_signals[i], NULL, &old_fatal[i]);
        bool is_free = !(old_fatal[i].sa_flags & SA_SIGINFO) && old_fatal[i].sa_handler == SIG_DFL;
        has_fatal[i] = i < CRASHES || is_free;
        if (has_fatal[i])
            sigaction(fatal_signals[i], &fatal, NULL);
    }
    sigaction(SIGHUP, &hangup, &old_hangup);
    sigaction(SIGTSTP, NULL, &old_stop);
    sigaction(SIGCONT, &resumed, &old_continue);
    set_stop_handler();
}

static void
give_signals(void)
{
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        if (has_fatal[i])
            sigaction(fatal_signals[i], &old_fatal[i], NULL);
    sigaction(SIGHUP, atomic_load(&is_hung_up) ? &ignored : &old_hangup, NULL);
    sigaction(SIGTSTP, &old_stop, NULL);
    sigaction(SIGCONT, &old_continue, NULL);
    clear_stack();
}

bool
qt__guard_begin(const struct qt__guard *guard, struct qt_error *err)
{
    static bool has_exit_hook;
    if (atomic_load(&is_active))
        return qt_fail(err, QT_E_FAILED, "the screen: one is open already in this process");
    if (tcgetattr(STDIN_FILENO, &cooked) != 0)
        return qt_fail_errno(err, QT_E_IO, "the screen: reading the terminal's modes");
    guarded = *guard;
    keeper = pthread_self();
    raw = cooked;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    atomic_store(&is_hung_up, false);
    atomic_store(&is_resumed, false);
    if (!has_exit_hook && atexit(on_exit_) == 0)
        has_exit_hook = true;
    take_signals();
    atomic_store(&is_active, true);
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) {
        qt__guard_end();
        return qt_fail_errno(err, QT_E_IO, "the screen: setting the terminal's modes");
    }
    return true;
}

void
qt__guard_end(void)
{
    if (atomic_exchange(&is_active, false))
        give_back();
    give_signals();
}

void
qt__guard_keep(void)
{
    struct termios now;
    if (tcgetpgrp(STDIN_FILENO) == getpgrp() && tcgetattr(STDIN_FILENO, &now) == 0 &&
        (now.c_lflag & (ICANON | ECHO | ISIG)))
        take_again();
}

bool
qt__guard_is_hung_up(void)
{
    return atomic_load(&is_hung_up);
}

bool
qt__guard_take_resumed(void)
{
    return atomic_exchange(&is_resumed, false);
}

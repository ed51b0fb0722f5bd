/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asking_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum { PROBE = 128 * 1024 }; /* what keys, vault and ciphers lock together, and more */

bool
qt__ask(const char *prompt, const char *what, enum qt_code if_bad, struct qt__secret *out,
        struct qt_error *err)
{
    struct termios shown, hidden;
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0 || tcgetattr(terminal, &shown) != 0) {
        if (terminal >= 0)
            close(terminal);
        return qt_fail(err, QT_E_LOCKED, "%s is needed, and there is no terminal to ask for it",
                       what);
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_lflag |= ICANON;
    tcsetattr(terminal, TCSAFLUSH, &hidden);
    dprintf(terminal, "%s", prompt);
    ssize_t n = read(terminal, out->bytes, sizeof out->bytes);
    tcsetattr(terminal, TCSAFLUSH, &shown);
    dprintf(terminal, "\n");
    close(terminal);
    out->n = n > 0 && out->bytes[n - 1] == '\n' ? (size_t)n - 1 : 0;
    return out->n > 0 || qt_fail(err, if_bad, "%s is empty, too long or cut", what);
}

bool
qt__read_secret(int fd, struct qt__secret *out, struct qt_error *err)
{
    if (fcntl(fd, F_GETFD) < 0)
        return qt_fail(err, QT_E_USAGE, "--fd %d: no such descriptor is open", fd);
    if (isatty(fd))
        return qt_fail(err, QT_E_USAGE,
                       "--fd %d is a terminal, which would show what is typed: leave --fd out", fd);
    out->n = 0;
    while (out->n < sizeof out->bytes) {
        ssize_t got = read(fd, out->bytes + out->n, sizeof out->bytes - out->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return qt_fail_errno(err, QT_E_USAGE, "--fd %d", fd);
        if (got == 0)
            return out->n > 0 || qt_fail(err, QT_E_USAGE, "--fd %d gives nothing", fd);
        out->n += (size_t)got;
    }
    return qt_fail(err, QT_E_USAGE, "--fd %d gives %zu bytes or more: too many", fd, out->n);
}

static bool
can_lock(void)
{
    void *page = mmap(NULL, PROBE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return false;
    bool is_locked = mlock(page, PROBE) == 0;
    (void)munmap(page, PROBE);
    return is_locked;
}

bool
qt__lock_works(bool is_needed, struct qt_error *err)
{
    static bool was_told;
    if (can_lock())
        return true;
    if (is_needed)
        return qt_fail(err, QT_E_LOCKED,
                       "keys cannot be kept out of swap: locking memory is refused (raise "
                       "'ulimit -l' or LimitMEMLOCK=, or set store.locked_memory to \"warn\")");
    if (!was_told)
        fputs("qtrade: warning: keys may reach the swap: locking memory is refused (raise "
              "'ulimit -l' or LimitMEMLOCK=)\n",
              stderr);
    was_told = true;
    return true;
}

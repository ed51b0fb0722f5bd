/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's look at the machine: terminal, locale, clock, limits, memory. */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <unistd.h>

#include "qtrade/base/time.h"
#include "qtrade/tui/tui.h"

#include "doctor_priv.h"

enum { COLUMNS = 80, ROWS = 24, DESCRIPTORS = 1024, MIB = 1 << 20 };

/* Argon2id's MODERATE, which a passphrase takes, and as much again to run in. */
enum { MEMORY_MIB = 512, LOCKED_MIB = 1 };

#define YOUNGEST_NS (INT64_C(1735689600) * QT_NS_PER_S) /* 2025-01-01: this program is younger */

void
qt__look_at_terminal(const struct qt__patient *patient, struct qt__finding *out)
{
    struct qt_error err = {0};
    struct winsize size = {0};
    (void)patient;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        qt__find(out, QT__GOOD, NULL, "this is none: only --headless runs here");
        return;
    }
    if (!qt_tui_check(&err)) {
        qt__find(out, QT__WARNING, "the engine runs with --headless", "%s", err.text);
        return;
    }
    bool has_size = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    bool is_small = has_size && (size.ws_col < COLUMNS || size.ws_row < ROWS);
    qt__find(out, is_small ? QT__WARNING : QT__GOOD,
             is_small ? "make it 80x24 or larger, so that every pane finds room" : NULL,
             "%s, %ux%u", getenv("TERM"), size.ws_col, size.ws_row);
}

void
qt__look_at_locale(const struct qt__patient *patient, struct qt__finding *out)
{
    (void)patient;
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    const char *codeset = locale ? nl_langinfo_l(CODESET, locale) : "not known here";
    if (strcmp(codeset, "UTF-8") == 0)
        qt__find(out, QT__GOOD, NULL, "UTF-8");
    else
        qt__find(out, QT__WARNING, "set LANG=C.UTF-8 for lines and blocks",
                 "%s: the screen draws with ASCII", codeset);
    if (locale)
        freelocale(locale);
}

void
qt__look_at_clock(const struct qt__patient *patient, struct qt__finding *out)
{
    struct timex state = {0};
    char text[QT_TIME_TEXT];
    (void)patient;
    int64_t now = qt_now_utc_ns();
    qt_time_format(now, text);
    if (now < YOUNGEST_NS)
        qt__find(out, QT__BAD, "wait for network time, or set it: date -s",
                 "it says %s: no certificate and no signature is good at that time", text);
    else if (adjtimex(&state) < 0 || (state.status & STA_UNSYNC))
        qt__find(out, QT__WARNING, "run chrony or systemd-timesyncd",
                 "%s, and nothing keeps it: a venue refuses what is a second ahead", text);
    else
        qt__find(out, QT__GOOD, NULL, "%s, kept to within %ld ms", text, state.maxerror / 1000);
}

void
qt__look_at_descriptors(const struct qt__patient *patient, struct qt__finding *out)
{
    struct rlimit limit = {0};
    (void)patient;
    bool is_enough = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= DESCRIPTORS;
    qt__find(out, is_enough ? QT__GOOD : QT__WARNING,
             is_enough ? NULL : "raise it: ulimit -n 1024, LimitNOFILE in the unit",
             "%llu files and sockets at once", (unsigned long long)limit.rlim_cur);
}

void
qt__look_at_locked_memory(const struct qt__patient *patient, struct qt__finding *out)
{
    struct rlimit limit = {0};
    (void)patient;
    bool is_enough =
        getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= (rlim_t)LOCKED_MIB * MIB;
    if (limit.rlim_cur == RLIM_INFINITY)
        qt__find(out, QT__GOOD, NULL, "no limit");
    else
        qt__find(out, is_enough ? QT__GOOD : QT__WARNING,
                 is_enough ? NULL : "raise it: ulimit -l 1024, LimitMEMLOCK in the unit",
                 "%llu KiB%s", (unsigned long long)limit.rlim_cur / 1024,
                 is_enough ? "" : ": keys could be written to swap");
}

void
qt__look_at_memory(const struct qt__patient *patient, struct qt__finding *out)
{
    struct sysinfo info;
    struct rlimit limit = {0};
    (void)patient;
    if (sysinfo(&info) != 0 || getrlimit(RLIMIT_AS, &limit) != 0) {
        qt__find(out, QT__WARNING, NULL, "not known");
        return;
    }
    unsigned long long all = (unsigned long long)info.totalram * info.mem_unit / MIB;
    bool is_limited = limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur / MIB < all;
    unsigned long long ours = is_limited ? limit.rlim_cur / MIB : all;
    qt__find(out, ours < MEMORY_MIB ? QT__WARNING : QT__GOOD,
             ours < MEMORY_MIB ? "a passphrase takes 256 MiB to check: use a key file" : NULL,
             "%llu MiB%s", ours, is_limited ? " of address space allowed" : "");
}

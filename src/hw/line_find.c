/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The chip by label, name or path. A chip that was unplugged comes back under another number, so
 * all are looked at each time; one that cannot be opened does not hide the others.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <gpiod.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "line_priv.h"

enum qt_switch_cause
qt__cause_of(int error)
{
    switch (error) {
    case EBUSY:
        return QT_SWITCH_BUSY;
    case EACCES:
    case EPERM:
        return QT_SWITCH_NO_PERMISSION;
    case ENOENT:
        return QT_SWITCH_NO_CHIP;
    case ENODEV:
        return QT_SWITCH_UNPLUGGED;
    default:
        return QT_SWITCH_FAILED;
    }
}

long
qt__offset_of(const char *text)
{
    char *end;
    if (!isdigit((unsigned char)text[0]))
        return -1;
    long offset = strtol(text, &end, 10);
    return *end == '\0' ? offset : -1;
}

static int
is_chip(const struct dirent *entry)
{
    return strncmp(entry->d_name, "gpiochip", 8) == 0;
}

struct search {
    const char *wanted;
    int denied;        /* errno of one that could not be opened; 0: none */
    char refused[300]; /* its path */
};

static struct gpiod_chip *
try_chip(struct search *search, const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "/dev/%s", name);
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (!chip) {
        search->denied = errno;
        memcpy(search->refused, path, sizeof path);
        return NULL;
    }
    if (qt__chip_is(chip, search->wanted))
        return chip;
    gpiod_chip_close(chip);
    return NULL;
}

static struct gpiod_chip *
look_through(struct search *search)
{
    struct dirent **list = NULL;
    struct gpiod_chip *found = NULL;
    int n = scandir("/dev", &list, is_chip, versionsort);
    for (int i = 0; i < n; i++) {
        if (!found)
            found = try_chip(search, list[i]->d_name);
        free(list[i]);
    }
    free(list);
    return found;
}

struct gpiod_chip *
qt__chip_find(const char *wanted, enum qt_switch_cause *cause, char *why)
{
    struct search search = {.wanted = wanted};
    struct gpiod_chip *chip;
    if (strchr(wanted, '/')) {
        chip = gpiod_chip_open(wanted);
        search.denied = chip ? 0 : errno;
        snprintf(search.refused, sizeof search.refused, "%s", wanted);
    } else {
        chip = look_through(&search);
    }
    if (chip)
        return chip;
    if (search.denied && search.denied != ENOENT) {
        *cause = qt__cause_of(search.denied);
        snprintf(why, QT__WHY, "%.80s: %s", search.refused, strerror(search.denied));
    } else {
        *cause = QT_SWITCH_NO_CHIP;
        snprintf(why, QT__WHY, "no GPIO chip is called '%.64s' (gpiodetect lists them)", wanted);
    }
    return NULL;
}

int
qt__fd_has_edge(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    const struct timespec at_once = {0};
    if (ppoll(&look, 1, &at_once, NULL) < 0)
        return 0;
    if (look.revents & POLLIN)
        return 1;
    return look.revents ? -1 : 0;
}

int64_t
qt__edge_time(int64_t noted_ns)
{
    static const int64_t hour = 3600 * QT_NS_PER_S;
    int64_t mono = qt_now_mono_ns();
    return noted_ns <= mono + hour ? noted_ns : noted_ns - (qt_now_utc_ns() - mono);
}

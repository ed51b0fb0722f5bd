/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program was built without libgpiod: there is no line, and a switch that is configured is
 * refused at the start. */
#include <errno.h>
#include <stdio.h>

#include "line_priv.h"

const char *
qt__line_library(void)
{
    return NULL;
}

enum qt_switch_cause
qt__line_open(const struct qt__wish *wish, struct qt__line **out, char *why)
{
    (void)wish;
    (void)out;
    snprintf(why, QT__WHY, "this program was built without libgpiod");
    return QT_SWITCH_FAILED;
}

void
qt__line_close(struct qt__line *line)
{
    (void)line;
}

const char *
qt__line_name(const struct qt__line *line)
{
    (void)line;
    return "";
}

int
qt__line_fd(const struct qt__line *line)
{
    (void)line;
    return -1;
}

int
qt__line_edges(struct qt__line *line, int64_t t_ns[QT__EDGES])
{
    (void)line;
    (void)t_ns;
    return -1;
}

int
qt__line_level(struct qt__line *line)
{
    (void)line;
    return -1;
}

bool
qt__line_drive(struct qt__line *line, bool is_on)
{
    (void)line;
    (void)is_on;
    errno = ENODEV;
    return false;
}

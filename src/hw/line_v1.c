/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line by libgpiod 1.x. */
#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "line_priv.h"

struct qt__line {
    struct gpiod_chip *chip;
    struct gpiod_line *line;
    char name[96];
};

const char *
qt__line_library(void)
{
    static char text[48];
    snprintf(text, sizeof text, "libgpiod %s", gpiod_version_string());
    return text;
}

bool
qt__chip_is(struct gpiod_chip *chip, const char *wanted)
{
    return strcmp(gpiod_chip_label(chip), wanted) == 0 ||
           strcmp(gpiod_chip_name(chip), wanted) == 0;
}

static struct gpiod_line *
find_line(struct gpiod_chip *chip, const char *wanted)
{
    long offset = qt__offset_of(wanted);
    if (offset < 0)
        return gpiod_chip_find_line(chip, wanted);
    return offset < (long)gpiod_chip_num_lines(chip) ? gpiod_chip_get_line(chip, (unsigned)offset)
                                                     : NULL;
}

static int
request(struct gpiod_line *line, const struct qt__wish *wish)
{
    static const int bias[] = {[QT__BIAS_AS_IS] = 0,
                               [QT__BIAS_NONE] = GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE,
                               [QT__BIAS_UP] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
                               [QT__BIAS_DOWN] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN};
    struct gpiod_line_request_config config = {.consumer = wish->consumer,
                                               .flags = wish->is_output ? 0 : bias[wish->bias]};
    if (wish->is_output)
        config.request_type = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
    else
        config.request_type = wish->is_rising ? GPIOD_LINE_REQUEST_EVENT_RISING_EDGE
                                              : GPIOD_LINE_REQUEST_EVENT_FALLING_EDGE;
    return gpiod_line_request(line, &config, 0);
}

/* Why the request failed, with the holder of a busy line. */
static enum qt_switch_cause
explain(struct gpiod_line *line, const char *name, int error, char *why)
{
    const char *holder = gpiod_line_update(line) == 0 ? gpiod_line_consumer(line) : NULL;
    if (error == EBUSY)
        snprintf(why, QT__WHY, "%s is held by '%.40s'", name, holder ? holder : "the kernel");
    else
        snprintf(why, QT__WHY, "%s: %s", name, strerror(error));
    return qt__cause_of(error);
}

enum qt_switch_cause
qt__line_open(const struct qt__wish *wish, struct qt__line **out, char *why)
{
    enum qt_switch_cause cause = QT_SWITCH_FAILED;
    struct gpiod_chip *chip = qt__chip_find(wish->chip, &cause, why);
    if (!chip)
        return cause;
    struct qt__line *made = calloc(1, sizeof *made);
    struct gpiod_line *line = find_line(chip, wish->line);
    if (made)
        snprintf(made->name, sizeof made->name, "%.40s line %.40s", gpiod_chip_name(chip),
                 wish->line);
    if (!made) {
        snprintf(why, QT__WHY, "no memory for a line");
    } else if (!line) {
        cause = QT_SWITCH_NO_LINE;
        snprintf(why, QT__WHY, "%.40s (%.40s) has no line '%.32s': it has %u lines",
                 gpiod_chip_name(chip), gpiod_chip_label(chip), wish->line,
                 gpiod_chip_num_lines(chip));
    } else if (request(line, wish) < 0) {
        cause = explain(line, made->name, errno, why);
    } else {
        made->chip = chip;
        made->line = line;
        *out = made;
        return QT_SWITCH_FINE;
    }
    free(made);
    gpiod_chip_close(chip);
    return cause;
}

void
qt__line_close(struct qt__line *line)
{
    if (!line)
        return;
    gpiod_line_release(line->line);
    gpiod_chip_close(line->chip);
    free(line);
}

const char *
qt__line_name(const struct qt__line *line)
{
    return line->name;
}

int
qt__line_fd(const struct qt__line *line)
{
    return gpiod_line_event_get_fd(line->line);
}

int
qt__line_edges(struct qt__line *line, int64_t t_ns[QT__EDGES])
{
    struct gpiod_line_event events[QT__EDGES];
    int has = qt__fd_has_edge(qt__line_fd(line));
    if (has <= 0)
        return has;
    int n = gpiod_line_event_read_multiple(line->line, events, QT__EDGES);
    for (int i = 0; i < n; i++)
        t_ns[i] = qt__edge_time(events[i].ts.tv_sec * QT_NS_PER_S + events[i].ts.tv_nsec);
    return n > 0 ? n : -1;
}

int
qt__line_level(struct qt__line *line)
{
    return gpiod_line_get_value(line->line);
}

bool
qt__line_drive(struct qt__line *line, bool is_on)
{
    return gpiod_line_set_value(line->line, is_on) == 0;
}

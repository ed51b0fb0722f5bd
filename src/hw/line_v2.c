/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line by libgpiod 2.x. */
#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line_priv.h"

struct qt__line {
    struct gpiod_chip *chip;
    struct gpiod_line_request *request;
    struct gpiod_edge_event_buffer *events; /* inputs only */
    unsigned offset;
    char name[96];
};

const char *
qt__line_library(void)
{
    static char text[48];
    snprintf(text, sizeof text, "libgpiod %s", gpiod_api_version());
    return text;
}

bool
qt__chip_is(struct gpiod_chip *chip, const char *wanted)
{
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    bool is_it = info && (strcmp(gpiod_chip_info_get_label(info), wanted) == 0 ||
                          strcmp(gpiod_chip_info_get_name(info), wanted) == 0);
    if (info)
        gpiod_chip_info_free(info);
    return is_it;
}

/* False: the chip has no such line. */
static bool
find_line(struct gpiod_chip *chip, const char *wanted, unsigned *out)
{
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    long lines = info ? (long)gpiod_chip_info_get_num_lines(info) : 0;
    long offset = qt__offset_of(wanted);
    if (info)
        gpiod_chip_info_free(info);
    if (offset < 0)
        offset = gpiod_chip_get_line_offset_from_name(chip, wanted);
    if (offset < 0 || offset >= lines)
        return false;
    *out = (unsigned)offset;
    return true;
}

static bool
describe(struct gpiod_line_settings *settings, const struct qt__wish *wish)
{
    static const enum gpiod_line_bias bias[] = {[QT__BIAS_AS_IS] = GPIOD_LINE_BIAS_AS_IS,
                                                [QT__BIAS_NONE] = GPIOD_LINE_BIAS_DISABLED,
                                                [QT__BIAS_UP] = GPIOD_LINE_BIAS_PULL_UP,
                                                [QT__BIAS_DOWN] = GPIOD_LINE_BIAS_PULL_DOWN};
    if (wish->is_output)
        return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) == 0 &&
               gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE) == 0;
    return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) == 0 &&
           gpiod_line_settings_set_bias(settings, bias[wish->bias]) == 0 &&
           gpiod_line_settings_set_edge_detection(
               settings, wish->is_rising ? GPIOD_LINE_EDGE_RISING : GPIOD_LINE_EDGE_FALLING) == 0;
}

static struct gpiod_line_request *
request(struct gpiod_chip *chip, unsigned offset, const struct qt__wish *wish)
{
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *config = gpiod_request_config_new();
    struct gpiod_line_request *made = NULL;
    if (settings && lines && config && describe(settings, wish) &&
        gpiod_line_config_add_line_settings(lines, &offset, 1, settings) == 0) {
        gpiod_request_config_set_consumer(config, wish->consumer);
        gpiod_request_config_set_event_buffer_size(config, QT__EDGES);
        made = gpiod_chip_request_lines(chip, config, lines);
    }
    int error = errno;
    if (config)
        gpiod_request_config_free(config);
    if (lines)
        gpiod_line_config_free(lines);
    if (settings)
        gpiod_line_settings_free(settings);
    errno = error;
    return made;
}

/* Why the request failed, with the holder of a busy line. */
static enum qt_switch_cause
explain(struct gpiod_chip *chip, unsigned offset, const char *name, int error, char *why)
{
    struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, offset);
    const char *holder = info ? gpiod_line_info_get_consumer(info) : NULL;
    if (error == EBUSY)
        snprintf(why, QT__WHY, "%s is held by '%.40s'", name, holder ? holder : "the kernel");
    else
        snprintf(why, QT__WHY, "%s: %s", name, strerror(error));
    if (info)
        gpiod_line_info_free(info);
    return qt__cause_of(error);
}

static void
name_line(struct qt__line *line, const char *wanted)
{
    struct gpiod_chip_info *info = gpiod_chip_get_info(line->chip);
    snprintf(line->name, sizeof line->name, "%.40s line %.40s",
             info ? gpiod_chip_info_get_name(info) : "chip", wanted);
    if (info)
        gpiod_chip_info_free(info);
}

static void
say_no_line(struct gpiod_chip *chip, const char *wanted, char *why)
{
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    snprintf(why, QT__WHY, "%.40s (%.40s) has no line '%.32s': it has %zu lines",
             info ? gpiod_chip_info_get_name(info) : "chip",
             info ? gpiod_chip_info_get_label(info) : "no label", wanted,
             info ? gpiod_chip_info_get_num_lines(info) : 0);
    if (info)
        gpiod_chip_info_free(info);
}

enum qt_switch_cause
qt__line_open(const struct qt__wish *wish, struct qt__line **out, char *why)
{
    enum qt_switch_cause cause = QT_SWITCH_FAILED;
    struct gpiod_chip *chip = qt__chip_find(wish->chip, &cause, why);
    if (!chip)
        return cause;
    struct qt__line *made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, QT__WHY, "no memory for a line");
        gpiod_chip_close(chip);
        return QT_SWITCH_FAILED;
    }
    made->chip = chip;
    name_line(made, wish->line);
    if (!find_line(chip, wish->line, &made->offset)) {
        say_no_line(chip, wish->line, why);
        cause = QT_SWITCH_NO_LINE;
    } else if (!(made->request = request(chip, made->offset, wish))) {
        cause = explain(chip, made->offset, made->name, errno, why);
    } else if (!wish->is_output && !(made->events = gpiod_edge_event_buffer_new(QT__EDGES))) {
        snprintf(why, QT__WHY, "no memory for a line's edges");
    } else {
        *out = made;
        return QT_SWITCH_FINE;
    }
    qt__line_close(made);
    return cause;
}

void
qt__line_close(struct qt__line *line)
{
    if (!line)
        return;
    if (line->events)
        gpiod_edge_event_buffer_free(line->events);
    if (line->request)
        gpiod_line_request_release(line->request);
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
    return gpiod_line_request_get_fd(line->request);
}

int
qt__line_edges(struct qt__line *line, int64_t t_ns[QT__EDGES])
{
    int has = qt__fd_has_edge(qt__line_fd(line));
    if (has <= 0)
        return has;
    int n = gpiod_line_request_read_edge_events(line->request, line->events, QT__EDGES);
    for (int i = 0; i < n; i++) {
        struct gpiod_edge_event *event =
            gpiod_edge_event_buffer_get_event(line->events, (unsigned long)i);
        t_ns[i] = qt__edge_time((int64_t)gpiod_edge_event_get_timestamp_ns(event));
    }
    return n > 0 ? n : -1;
}

int
qt__line_level(struct qt__line *line)
{
    return (int)gpiod_line_request_get_value(line->request, line->offset);
}

bool
qt__line_drive(struct qt__line *line, bool is_on)
{
    return gpiod_line_request_set_value(line->request, line->offset,
                                        is_on ? GPIOD_LINE_VALUE_ACTIVE
                                              : GPIOD_LINE_VALUE_INACTIVE) == 0;
}

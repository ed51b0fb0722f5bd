/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Version 2 of the kernel's GPIO interface, which libgpiod 2.x speaks: one line a request. */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gpio_bench.h"

static const uint64_t edge_flags = GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING,
                      bias_flags = GPIO_V2_LINE_FLAG_BIAS_PULL_UP |
                                   GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN |
                                   GPIO_V2_LINE_FLAG_BIAS_DISABLED;

static int
line_info(const struct chip *chip, struct gpio_v2_line_info *info)
{
    uint32_t offset = info->offset;
    if (offset >= chip->lines)
        return EINVAL;
    const struct line *line = &chip->line[offset];
    memset(info, 0, sizeof *info);
    info->offset = offset;
    info->flags = (line->is_used ? GPIO_V2_LINE_FLAG_USED : 0) |
                  (line->is_output ? GPIO_V2_LINE_FLAG_OUTPUT : GPIO_V2_LINE_FLAG_INPUT);
    snprintf(info->name, sizeof info->name, "GPIO%u", offset);
    snprintf(info->consumer, sizeof info->consumer, "%s", line->consumer);
    return 0;
}

/* As the kernel: a direction there must be, edges are of inputs, one bias at most. */
static bool
are_good(uint64_t flags)
{
    uint64_t direction = flags & (GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OUTPUT),
             bias = flags & bias_flags;
    if (flags & ~(GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OUTPUT | edge_flags | bias_flags))
        return false; /* kinds of lines and clocks that nobody here asks for */
    if ((direction & (direction - 1)) || (bias & (bias - 1)))
        return false;
    return flags & edge_flags ? direction == GPIO_V2_LINE_FLAG_INPUT : direction || !bias;
}

static uint64_t
flags_of(const struct gpio_v2_line_config *config, uint64_t *level)
{
    uint64_t flags = config->flags;
    *level = 0;
    for (uint32_t i = 0; i < config->num_attrs; i++) {
        const struct gpio_v2_line_config_attribute *of = &config->attrs[i];
        if (!(of->mask & 1))
            continue;
        if (of->attr.id == GPIO_V2_LINE_ATTR_ID_FLAGS)
            flags = of->attr.flags;
        else if (of->attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
            *level = of->attr.values & 1;
    }
    return flags;
}

/* The same pipe once more, for who takes the oldest edge out of a full queue. */
static int
open_again(int fd)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static int
get_line(const struct peer *peer, struct gpio_packet *packet, int fds[2], int *n)
{
    struct gpio_v2_line_request request;
    uint64_t level;
    memcpy(&request, packet->bytes, sizeof request);
    if (request.num_lines != 1 || request.config.num_attrs > GPIO_V2_LINE_NUM_ATTRS_MAX)
        return EINVAL;
    uint64_t flags = flags_of(&request.config, &level);
    if (!are_good(flags))
        return EINVAL;
    request.consumer[sizeof request.consumer - 1] = '\0';
    const struct wish wish = {.offset = request.offsets[0],
                              .edges = (flags & GPIO_V2_LINE_FLAG_EDGE_RISING ? 1 : 0) |
                                       (flags & GPIO_V2_LINE_FLAG_EDGE_FALLING ? 2 : 0),
                              .is_output = flags & GPIO_V2_LINE_FLAG_OUTPUT,
                              .bias = flags & GPIO_V2_LINE_FLAG_BIAS_PULL_UP     ? 1
                                      : flags & GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN ? 0
                                                                                 : -1,
                              .level = (int)level,
                              .consumer = request.consumer};
    int error = take_line(peer->chip, &wish);
    if (!error)
        error = give_line(peer->chip, wish.offset, wish.edges, fds, n);
    if (!error && wish.edges)
        peers[peer->chip->line[wish.offset].holder].oldest = open_again(fds[0]);
    return error;
}

static int
values(const struct peer *peer, struct gpio_packet *packet)
{
    struct line *line = &peer->chip->line[peer->line];
    struct gpio_v2_line_values *data = (struct gpio_v2_line_values *)(void *)packet->bytes;
    if (!(data->mask & 1))
        return EINVAL;
    if (packet->command == GPIO_V2_LINE_SET_VALUES_IOCTL)
        return drive_output(line, (int)(data->bits & 1));
    data->bits = (uint64_t)line->level;
    return 0;
}

int
do_ioctl_v2(const struct peer *peer, struct gpio_packet *packet, int fds[2], int *n)
{
    switch (packet->command) {
    case GPIO_V2_GET_LINEINFO_IOCTL:
        return line_info(peer->chip, (struct gpio_v2_line_info *)(void *)packet->bytes);
    case GPIO_V2_GET_LINE_IOCTL:
        return get_line(peer, packet, fds, n);
    case GPIO_V2_LINE_GET_VALUES_IOCTL:
    case GPIO_V2_LINE_SET_VALUES_IOCTL:
        return peer->line >= 0 ? values(peer, packet) : EINVAL;
    default:
        return EINVAL;
    }
}

bool
queue_edge_v2(struct peer *peer, long long t_ns, int level)
{
    struct gpio_v2_line_event oldest,
        event = {.timestamp_ns = (uint64_t)t_ns,
                 .id = level ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE,
                 .offset = (uint32_t)peer->line,
                 .seqno = ++peer->number,
                 .line_seqno = peer->number};
    int queued = 0;
    ioctl(peer->edges, FIONREAD, &queued);
    bool is_full = queued >= QUEUE * (int)sizeof event;
    if (is_full)
        (void)!read(peer->oldest, &oldest, sizeof oldest);
    return write(peer->edges, &event, sizeof event) == (ssize_t)sizeof event && !is_full;
}

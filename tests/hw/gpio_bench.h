/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated chip as its two interfaces see it: gpio_bench.c has the chips, the world's side and
 * version 1 (libgpiod 1.x), gpio_bench_v2.c version 2 (libgpiod 2.x).
 */
#ifndef QTRADE_TESTS_HW_GPIO_BENCH_H
#define QTRADE_TESTS_HW_GPIO_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "gpio_wire.h"

enum { LINES = 64, PEERS = 64, QUEUE = 16 };

struct line {
    int level, fail;
    bool is_used, is_output;
    int holder;            /* of peer[]; -1: another program */
    int bias;              /* what it falls to when nothing drives it: 0, 1; -1: stays */
    unsigned edges_wanted; /* bits: 1 rising, 2 falling */
    char consumer[32];
    uint64_t edges, lost;
    long long last_ns;
};

struct chip {
    bool is_there;
    int number, denied;
    unsigned lines;
    char label[32];
    struct line line[LINES];
};

/* A connection: fresh, an open chip, or a requested line. */
struct peer {
    int fd; /* 0: free */
    struct chip *chip;
    int line;        /* -1: the chip itself */
    int edges;       /* write end of its edges; -1: none */
    int oldest;      /* version 2: a read end of them, that does not wait; -1: none */
    uint32_t number; /* version 2: of its last edge */
};

extern struct peer peers[PEERS];

/* What a request wants of a line. */
struct wish {
    unsigned offset, edges;
    bool is_output;
    int bias, level; /* level: of an output */
    const char *consumer;
};

/* The line is the new connection's, which the caller fills. Returns errno. */
int take_line(struct chip *chip, const struct wish *wish);
/* A connection for a line that was taken, with two ends of which fds[0] is the program's; with
 * edges fds[0] is where they are read and fds[1] who answers. Returns errno. */
int give_line(struct chip *chip, unsigned offset, bool has_edges, int fds[2], int *n);
/* A program drives its output. Returns errno. */
int drive_output(struct line *line, int level);

/* gpio_bench_v2.c: a command of version 2. Returns errno; EINVAL: no such command. */
int do_ioctl_v2(const struct peer *peer, struct gpio_packet *packet, int fds[2], int *n);
/* Queues an edge for the line's holder; when there is no room the oldest goes. False: one was lost.
 */
bool queue_edge_v2(struct peer *peer, long long t_ns, int level);

#endif

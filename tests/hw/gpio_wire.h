/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the simulated GPIO chip (gpio_bench.c) and the library that shows it to a program
 * (gpio_preload.c) talk: packets over a Unix socket. A connection is what an open chip or a
 * requested line is in the kernel: when its last descriptor is closed, by whatever end of the
 * process, the lines are free again.
 */
#ifndef QTRADE_TESTS_HW_GPIO_WIRE_H
#define QTRADE_TESTS_HW_GPIO_WIRE_H

#include <stdint.h>

enum { GPIO_BYTES = 1024, GPIO_CHIPS = 8 };

enum gpio_op {
    GPIO_LOOK,   /* number: is there such a chip */
    GPIO_OPEN,   /* number: this connection is that chip */
    GPIO_IOCTL,  /* command and bytes as the program gave them */
    GPIO_CONTROL /* bytes: a line of the tests' (gpio_bench.c lists them) */
};

struct gpio_packet {
    uint32_t op;    /* answer: 0 */
    int32_t number; /* of the chip; answer: errno, 0 is good */
    uint64_t command;
    char bytes[GPIO_BYTES];
};

/* gpio_preload.c: a connection to $QT_GPIO_BENCH, -1: none; one question and its answer, errno. */
int gpio_bench_connect(void);
int gpio_bench_ask(int fd, struct gpio_packet *packet, int fds[2]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One requested GPIO line. Three implementations, of which meson builds one: line_v1.c on libgpiod
 * 1.x, line_v2.c on libgpiod 2.x, line_none.c where there is none. A line belongs to one thread.
 */
#ifndef QTRADE_HW_LINE_PRIV_H
#define QTRADE_HW_LINE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/engine/switch.h"

#define QT__WHY 160
#define QT__EDGES 16 /* that the kernel queues */

enum qt__bias { QT__BIAS_AS_IS, QT__BIAS_NONE, QT__BIAS_UP, QT__BIAS_DOWN };

/** Which line, and for what. Texts are borrowed. */
struct qt__wish {
    const char *chip; /* label, name or path */
    const char *line; /* offset or name */
    const char *consumer;
    bool is_output; /* begins dark */
    bool is_rising; /* input: the edge to be told */
    enum qt__bias bias;
};

struct qt__line;
struct gpiod_chip;

/** What the program was built with: "libgpiod 1.6.3", or NULL: nothing, no line can be opened. */
const char *qt__line_library(void);
/** QT_SWITCH_FINE: *out is the line. Else the reason, and why (QT__WHY bytes) names chip, line and
 * who holds it. */
enum qt_switch_cause qt__line_open(const struct qt__wish *wish, struct qt__line **out, char *why);
void qt__line_close(struct qt__line *line); /* an output falls dark; NULL is fine */
/** "gpiochip0 line 17" of the chip as it is now. */
const char *qt__line_name(const struct qt__line *line);
/** Readable when an edge is queued or the chip has gone; borrowed. Inputs only. */
int qt__line_fd(const struct qt__line *line);
/** Takes queued edges, oldest first, without waiting: their monotonic times. Returns how many, at
 * most QT__EDGES; -1: the line is gone. */
int qt__line_edges(struct qt__line *line, int64_t t_ns[QT__EDGES]);
/** 0 or 1; -1: the line is gone. */
int qt__line_level(struct qt__line *line);
QT_CHECKED bool qt__line_drive(struct qt__line *line, bool is_on); /* false: errno says why */

/* line_find.c: what the two libraries share */

/** The chip that is meant; NULL: *cause and why. The caller closes it. */
struct gpiod_chip *qt__chip_find(const char *wanted, enum qt_switch_cause *cause, char *why);
/** In line_v1.c, line_v2.c: the chip's label or name is wanted. */
bool qt__chip_is(struct gpiod_chip *chip, const char *wanted);
/** errno of a request as a reason. */
enum qt_switch_cause qt__cause_of(int error);
/** The offset that text is, or -1: it is a name. */
long qt__offset_of(const char *text);
/** 1: an edge is queued; 0: none; -1: the line is gone. */
int qt__fd_has_edge(int fd);
/** Old kernels note edges by the wall clock: as monotonic time. */
int64_t qt__edge_time(int64_t noted_ns);

#endif

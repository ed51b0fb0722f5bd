/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A wire between a client and a server on loopback, on a thread of its own: passes bytes both ways,
 * and on the way to the client hands them over one by one, or cuts the connection in the middle.
 */
#ifndef QTRADE_TESTS_WIRE_H
#define QTRADE_TESTS_WIRE_H

#include <stdint.h>

enum qt_wire_knob {
    QT_WIRE_SINGLE,    /* of each connection so many bytes go to the client one at a time */
    QT_WIRE_CUT_AFTER, /* a connection is cut when the client has got so many bytes; 0: never */
    QT_WIRE_CUT_STEP,  /* every connection lives so many bytes longer than the one before */
    QT_WIRE_KNOBS
};

struct qt_wire;
/** Passes on to a port of loopback. NULL on failure. */
struct qt_wire *qt_wire_start(int to_port);
void qt_wire_stop(struct qt_wire *wire); /* NULL is fine */
int qt_wire_port(const struct qt_wire *wire);
/** Any thread; holds for connections that are made afterwards. */
void qt_wire_set(struct qt_wire *wire, enum qt_wire_knob knob, int64_t value);
/** Connections that were cut so far; those that were made. */
uint64_t qt_wire_cuts(const struct qt_wire *wire);
uint64_t qt_wire_connections(const struct qt_wire *wire);

#endif

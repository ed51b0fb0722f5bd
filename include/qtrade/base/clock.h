/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A clock that a program part is given instead of the system's: the wall clock, a steady clock that
 * began at the wall's time and does not follow its steps (a session), or a scaled clock that starts
 * at a chosen time and runs speed times as fast (demo, replay). Reads are thread-safe:
 * the fields never change after init.
 */
#ifndef QTRADE_BASE_CLOCK_H
#define QTRADE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct qt_clock {
    int64_t base_utc_ns;  /* UTC at the anchor; 0 with speed 0: the system's wall clock */
    int64_t base_mono_ns; /* system monotonic time at the anchor */
    double speed;         /* virtual seconds per real second; 0: the system's wall clock itself */
    bool is_steady;       /* base_mono_ns is of qt_now_boot_ns, and speed is 1 */
};

/** The system's wall clock. */
void qt_clock_init_wall(struct qt_clock *clock);
/** The wall clock's time now, and from here on what passes by qt_now_boot_ns: the machine's clock may
 * be set, and the machine may sleep, without a step of this one against true time. */
void qt_clock_init_steady(struct qt_clock *clock);
/** A clock that reads start_utc_ns now and runs at speed (> 0). */
void qt_clock_init_scaled(struct qt_clock *clock, int64_t start_utc_ns, double speed);
/** UTC of this clock, ns. */
int64_t qt_clock_utc_ns(const struct qt_clock *clock);

#endif

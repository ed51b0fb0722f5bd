/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Virtual time = its anchor + speed x the monotonic time since; the wall clock has no anchor. A
 * steady clock counts whole nanoseconds, so that its error does not grow with the days.
 */
#include "qtrade/base/clock.h"
#include "qtrade/base/time.h"

void
qt_clock_init_wall(struct qt_clock *clock)
{
    *clock = (struct qt_clock){.speed = 0};
}

void
qt_clock_init_steady(struct qt_clock *clock)
{
    *clock = (struct qt_clock){.base_utc_ns = qt_now_utc_ns(),
                               .base_mono_ns = qt_now_boot_ns(),
                               .speed = 1,
                               .is_steady = true};
}

void
qt_clock_init_scaled(struct qt_clock *clock, int64_t start_utc_ns, double speed)
{
    *clock = (struct qt_clock){
        .base_utc_ns = start_utc_ns, .base_mono_ns = qt_now_mono_ns(), .speed = speed};
}

int64_t
qt_clock_utc_ns(const struct qt_clock *clock)
{
    if (!(clock->speed > 0))
        return qt_now_utc_ns();
    if (clock->is_steady)
        return clock->base_utc_ns + (qt_now_boot_ns() - clock->base_mono_ns);
    double passed = (double)(qt_now_mono_ns() - clock->base_mono_ns);
    return clock->base_utc_ns + (int64_t)(passed * clock->speed);
}

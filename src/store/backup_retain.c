/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The config of scheduled backups, and which of them stay. */
#include <string.h>
#include <time.h>

#include "qtrade/base/time.h"
#include "qtrade/store/backup_schedule.h"

#define AT(field) offsetof(struct qt_backup_config, field)

static const struct qt_config_key keys[] = {
    {.key = "enabled",
     .type = QT_CONFIG_BOOL,
     .offset = AT(enabled),
     .def = 1,
     .help = "run makes backups of the store, where folder says to"},
    {.key = "folder",
     .type = QT_CONFIG_TEXT,
     .offset = AT(folder),
     .max = sizeof(((struct qt_backup_config *)NULL)->folder),
     .text = "",
     .help = "where backups go, better on another disk; empty: none are made"},
    {.key = "every_min",
     .type = QT_CONFIG_INT,
     .offset = AT(every_min),
     .def = 60,
     .min = 1,
     .max = 10080,
     .unit = "min",
     .help = "time from one backup to the next"},
    {.key = "keep_hourly",
     .type = QT_CONFIG_INT,
     .offset = AT(keep_hourly),
     .def = 24,
     .max = 10000,
     .help = "hours of which the last backup stays"},
    {.key = "keep_daily",
     .type = QT_CONFIG_INT,
     .offset = AT(keep_daily),
     .def = 30,
     .max = 10000,
     .help = "days of which the last backup stays"},
    {.key = "keep_weekly",
     .type = QT_CONFIG_INT,
     .offset = AT(keep_weekly),
     .def = 12,
     .max = 10000,
     .help = "weeks, from Monday, of which the last backup stays"},
    {.key = "keep_monthly",
     .type = QT_CONFIG_INT,
     .offset = AT(keep_monthly),
     .def = 12,
     .max = 10000,
     .help = "months of which the last backup stays"},
    {0}};

const struct qt_config_section qt_backup_section = {
    .name = "backup",
    .help = "copies of the store, made by the clock while it is traded on",
    .size = sizeof(struct qt_backup_config),
    .keys = keys,
};

static int64_t
hour_of(int64_t t_ns)
{
    return qt_time_floor(t_ns, 3600 * QT_NS_PER_S);
}

static int64_t
day_of(int64_t t_ns)
{
    return qt_time_floor(t_ns, 86400 * QT_NS_PER_S);
}

/* 1 January 1970 was a Thursday. */
static int64_t
week_of(int64_t t_ns)
{
    static const int64_t to_monday = 4 * 86400 * QT_NS_PER_S;
    return qt_time_floor(t_ns - to_monday, 7 * 86400 * QT_NS_PER_S);
}

static int64_t
month_of(int64_t t_ns)
{
    time_t seconds = (time_t)(qt_time_floor(t_ns, QT_NS_PER_S) / QT_NS_PER_S);
    struct tm utc;
    return gmtime_r(&seconds, &utc) ? utc.tm_year * INT64_C(12) + utc.tm_mon : 0;
}

static void
keep_of_each(int64_t (*period_of)(int64_t t_ns), int64_t periods, const int64_t *times_ns, size_t n,
             bool *stays)
{
    int64_t before = 0;
    for (size_t i = n, found = 0; i-- > 0 && (int64_t)found < periods;) {
        int64_t period = period_of(times_ns[i]);
        if (found > 0 && period == before)
            continue;
        before = period;
        stays[i] = true;
        found++;
    }
}

void
qt_backup_retain(const struct qt_backup_config *config, const int64_t *times_ns, size_t n,
                 bool *out_stays)
{
    memset(out_stays, 0, n * sizeof *out_stays);
    if (n > 0)
        out_stays[n - 1] = true;
    keep_of_each(hour_of, config->keep_hourly, times_ns, n, out_stays);
    keep_of_each(day_of, config->keep_daily, times_ns, n, out_stays);
    keep_of_each(week_of, config->keep_weekly, times_ns, n, out_stays);
    keep_of_each(month_of, config->keep_monthly, times_ns, n, out_stays);
}

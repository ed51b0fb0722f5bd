/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/engine/config.h"

#include "cores_priv.h"

/* A number and what follows it; false: no digit, or beyond what a set of cores can name. */
static bool
read_number(const char **text, long *out)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    *out = strtol(*text, &end, 10);
    *text = end;
    return *out < CPU_SETSIZE;
}

static bool
add(long core, const cpu_set_t *allowed, struct qt_cores *out, struct qt_error *err)
{
    if (!CPU_ISSET((size_t)core, allowed))
        return qt_fail(
            err, QT_E_CONFIG,
            "engine.cores: core %ld is not there for this process (of %d it may use; see "
            "taskset -cp $$)",
            core, CPU_COUNT(allowed));
    if (out->n == QT_CORES_MAX)
        return qt_fail(err, QT_E_CONFIG, "engine.cores: more than %d cores", QT_CORES_MAX);
    out->core[out->n++] = (uint16_t)core;
    return true;
}

bool
qt__cores_parse(const char *text, struct qt_cores *out, struct qt_error *err)
{
    cpu_set_t allowed;
    const char *at = text;
    struct qt_cores found = {0};
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return qt_fail_errno(err, QT_E_FAILED, "engine.cores: asking for this process's cores");
    while (*at) {
        long first, last;
        bool is_good = read_number(&at, &first);
        last = first;
        if (is_good && *at == '-')
            is_good = (at++, read_number(&at, &last)) && last >= first;
        if (!is_good || (*at && *at != ',') || (*at == ',' && !at[1]))
            return qt_fail(err, QT_E_CONFIG,
                           "engine.cores: '%.40s' is no list of cores: write \"0,2,4-7\"", text);
        for (long core = first; core <= last; core++)
            if (!add(core, &allowed, &found, err))
                return false;
        at += *at == ',';
    }
    *out = found;
    return true;
}

bool
qt__cores_pin(const struct qt_cores *cores, unsigned worker, pthread_t thread, struct qt_error *err)
{
    if (cores->n == 0)
        return true;
    cpu_set_t set;
    unsigned core = cores->core[worker % cores->n];
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    int failed = pthread_setaffinity_np(thread, sizeof set, &set);
    return !failed ||
           qt_fail(err, QT_E_FAILED, "worker %u cannot be kept on core %u: %s (see engine.cores)",
                   worker + 1, core, strerror(failed));
}

bool
qt_engine_config_check(const struct qt_engine_config *config, struct qt_error *err)
{
    struct qt_cores cores;
    return qt__cores_parse(config->cores, &cores, err);
}

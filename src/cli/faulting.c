/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faulting_priv.h"

#include <inttypes.h>

bool
qt__faults_read(const struct qt_args *args, struct qt_fault *out, size_t *out_n,
                struct qt_error *err)
{
    const char *spec;
    size_t n = 0;
    for (unsigned k = 0; (spec = qt_args_at(args, "fault", k)) != NULL; k++) {
        if (n == QT_FAULTS_MAX)
            return qt_fail(err, QT_E_USAGE, "more than %d faults", QT_FAULTS_MAX);
        if (!qt_fault_parse(spec, &out[n++], err))
            return false;
    }
    *out_n = n;
    return true;
}

void
qt__faults_help(FILE *out)
{
    fputs("\nfaults (SHARE above 0 up to 1; TIME, EVERY, START of the wall clock):\n", out);
    for (int kind = 0; kind < QT_FAULT_KINDS; kind++) {
        char left[64];
        snprintf(left, sizeof left, "%s=%s", qt_fault_rows[kind].name, qt_fault_rows[kind].form);
        fprintf(out, "  %-28s %s\n", left, qt_fault_rows[kind].help);
    }
}

static bool
was_asked(const struct qt_fault *faults, size_t n, int kind)
{
    for (size_t i = 0; i < n; i++)
        if ((int)faults[i].kind == kind)
            return true;
    return false;
}

void
qt__faults_text(const struct qt_fault *faults, size_t n,
                const struct qt_exchange_server_stats *stats, struct qt_text *out)
{
    for (int kind = 0; kind < QT_FAULT_KINDS; kind++)
        if (was_asked(faults, n, kind))
            qt_text_addf(out, "%s%s %" PRIu64, out->length ? ", " : "", qt_fault_rows[kind].name,
                         stats->faults[kind]);
}

json_t *
qt__faults_json(const struct qt_fault *faults, size_t n,
                const struct qt_exchange_server_stats *stats)
{
    json_t *object = json_object();
    for (int kind = 0; object && kind < QT_FAULT_KINDS; kind++)
        if (was_asked(faults, n, kind))
            (void)json_object_set_new(object, qt_fault_rows[kind].name,
                                      json_integer((json_int_t)stats->faults[kind]));
    return object;
}

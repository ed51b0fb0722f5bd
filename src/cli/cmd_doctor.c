/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qtrade doctor: everything an operator would otherwise learn the hard way, before it hurts. */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"

#include "commands_priv.h"
#include "doctor_priv.h"

static const struct {
    const char *name;
    qt__look look;
} checks[] = {
    {"terminal", qt__look_at_terminal},
    {"locale", qt__look_at_locale},
    {"clock", qt__look_at_clock},
    {"memory", qt__look_at_memory},
    {"locked_memory", qt__look_at_locked_memory},
    {"descriptors", qt__look_at_descriptors},
    {"landlock", qt__look_at_landlock},
    {"seccomp", qt__look_at_seccomp},
    {"config", qt__look_at_config},
    {"folder", qt__look_at_folder},
    {"disk", qt__look_at_disk},
    {"store_key", qt__look_at_key},
    {"credentials", qt__look_at_credentials},
    {"kill_switch", qt__look_at_switch},
    {"engine", qt__look_at_engine},
};

static const char *const verdicts[QT__VERDICTS] = {"good", "warning", "bad"};

void
qt__find(struct qt__finding *out, enum qt__verdict verdict, const char *advice, const char *format,
         ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->detail, sizeof out->detail, format, arguments);
    va_end(arguments);
    qt_text_clean(out->detail);
    out->verdict = verdict;
    qt_copy(out->advice, sizeof out->advice, advice ? advice : "");
}

static void
print_lines(const struct qt__finding *findings)
{
    for (size_t i = 0; i < QT_COUNT_OF(checks); i++) {
        printf("%-14s %-8s %s\n", checks[i].name, verdicts[findings[i].verdict],
               findings[i].detail);
        if (findings[i].advice[0])
            printf("%-14s %-8s %s\n", "", "", findings[i].advice);
    }
}

static void
print_document(const struct qt__finding *findings, const unsigned counts[QT__VERDICTS])
{
    json_t *rows = json_array();
    for (size_t i = 0; i < QT_COUNT_OF(checks); i++)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s?}", "name", checks[i].name,
                                              "state", verdicts[findings[i].verdict], "detail",
                                              findings[i].detail, "advice",
                                              findings[i].advice[0] ? findings[i].advice : NULL));
    json_t *document = json_pack("{s:o, s:i, s:i}", "checks", rows, "warnings",
                                 (int)counts[QT__WARNING], "bad", (int)counts[QT__BAD]);
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
}

static bool
doctor_run(const struct qt_args *args, struct qt_error *err)
{
    static struct qt__patient patient;
    struct qt__finding findings[QT_COUNT_OF(checks)] = {0};
    unsigned counts[QT__VERDICTS] = {0};
    patient.args = args;
    if (!qt_state_dir(args, patient.folder, err))
        return false;
    patient.has_settings = qt_settings_load(args, &patient.settings, &patient.why);
    if (!patient.has_settings)
        qt_settings_defaults(&patient.settings);
    for (size_t i = 0; i < QT_COUNT_OF(checks); i++) {
        checks[i].look(&patient, &findings[i]);
        counts[findings[i].verdict]++;
    }
    if (qt_args_has(args, "json"))
        print_document(findings, counts);
    else
        print_lines(findings);
    if (fflush(stdout) != 0)
        return qt_fail_errno(err, QT_E_IO, "writing what was found");
    return counts[QT__BAD] == 0 ||
           qt_fail(err, QT_E_FAILED, "%u of %zu checks are bad (what to do stands below each)",
                   counts[QT__BAD], QT_COUNT_OF(checks));
}

const struct qt_command qt_cmd_doctor = {
    .name = "doctor",
    .summary = "look for what would hurt later: clock, disk, keys, limits, config",
    .options = (const struct qt_option[]){{"json", 0, NULL, "one JSON document"}, {0}},
    .run = doctor_run,
};

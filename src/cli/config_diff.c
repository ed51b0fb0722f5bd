/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config_diff_priv.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

enum { VALUE = 16 * 1024, SHOWN = 60 };

struct row {
    const char *section, *key;
    char *in_force, *next; /* JSON */
    enum qt__change change;
    bool is_sealed;   /* next is what was sealed, and is held back */
    int64_t until_ns; /* is_sealed: until then */
};

struct diff {
    struct qt__sealed *sealed;
    int64_t now_ns;
    bool is_json, is_same; /* is_same: the config is what was sealed */
    json_t *rows;
    unsigned n;
};

static const char *
effective(const struct diff *diff, const struct row *row, char out[64])
{
    char when[QT_TIME_TEXT];
    if (row->is_sealed)
        snprintf(out, 64, "at %s", qt_time_format_short(row->until_ns, when));
    else if (row->change == QT__LOOSER)
        snprintf(out, 64, "%" PRId64 " h after it is sealed",
                 diff->sealed->in_force.seal.cooldown_h);
    else
        snprintf(out, 64, "at the next start or reload once it is sealed");
    return out;
}

static void
show(struct diff *diff, const struct row *row)
{
    char name[96], when[64];
    snprintf(name, sizeof name, "%s.%s", row->section, row->key);
    diff->n++;
    if (!diff->is_json) {
        printf("%-28s %.*s -> %.*s  %s, %s\n", name, SHOWN, row->in_force, SHOWN, row->next,
               qt__change_name(row->change), effective(diff, row, when));
        return;
    }
    json_array_append_new(
        diff->rows,
        json_pack("{s:s, s:o, s:o, s:s, s:b, s:o}", "key", name, "in_force",
                  json_loads(row->in_force, JSON_DECODE_ANY, NULL), "config",
                  json_loads(row->next, JSON_DECODE_ANY, NULL), "change",
                  qt__change_name(row->change), "is_sealed", row->is_sealed, "effective_ms",
                  row->is_sealed ? json_integer(row->until_ns / QT_NS_PER_MS) : json_null()));
}

static bool
compare(struct diff *diff, const struct qt_config_binding *old,
        const struct qt_config_binding *target, const struct qt_config_binding *next,
        const struct qt_config_key *key, struct row *row)
{
    row->section = old->section->name;
    row->key = key->key;
    row->change = qt__limit_change(old->section, key, old->values, next->values);
    bool is_target = qt__limit_change(old->section, key, target->values, next->values) == QT__SAME;
    diff->is_same &= is_target;
    if (row->change == QT__SAME)
        return true;
    const struct qt_seal_held *held =
        qt__sealed_held(&diff->sealed->seal, row->section, row->key, diff->now_ns);
    row->is_sealed = is_target && held;
    row->until_ns = row->is_sealed ? held->until_ns : 0;
    if (!qt__limit_value(key, old->values, row->in_force, VALUE) ||
        !qt__limit_value(key, next->values, row->next, VALUE))
        return false;
    show(diff, row);
    return true;
}

static bool
compare_all(struct diff *diff, struct qt_settings *settings, struct row *row)
{
    struct qt_config_binding old[QT_SETTINGS_SECTIONS], target[QT_SETTINGS_SECTIONS],
        next[QT_SETTINGS_SECTIONS];
    size_t n = qt_settings_bind(&diff->sealed->in_force, old);
    (void)qt_settings_bind(&diff->sealed->target, target);
    (void)qt_settings_bind(settings, next);
    for (size_t i = 0; i < n; i++)
        for (const struct qt_config_key *key = old[i].section->keys; key->key; key++)
            if (!compare(diff, &old[i], &target[i], &next[i], key, row))
                return false;
    return true;
}

static bool
print_end(const struct diff *diff, struct qt_error *err)
{
    const struct qt_seal *seal = &diff->sealed->seal;
    if (!diff->is_json) {
        printf("%s number %" PRIu64 "%s\n",
               diff->n == 0 ? "nothing differs from what is in force: seal" : "in force by seal",
               seal->number,
               diff->is_same ? "" : "; the config is not what was sealed: live trading refuses it");
        return true;
    }
    json_t *document = json_pack("{s:I, s:I, s:I, s:b, s:O}", "number", (json_int_t)seal->number,
                                 "sealed_ms", (json_int_t)(seal->sealed_ns / QT_NS_PER_MS),
                                 "from_ms", (json_int_t)(seal->from_ns / QT_NS_PER_MS), "is_sealed",
                                 diff->is_same, "changes", diff->rows);
    bool is_written = document && json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0 &&
                      fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    json_decref(document);
    return is_written || qt_fail_errno(err, QT_E_IO, "writing the result");
}

bool
qt__config_diff(struct qt__sealed *sealed, struct qt_settings *settings, int64_t now_ns,
                bool is_json, struct qt_error *err)
{
    struct diff diff = {.sealed = sealed,
                        .now_ns = now_ns,
                        .is_json = is_json,
                        .is_same = true,
                        .rows = json_array()};
    struct row row = {.in_force = malloc(VALUE), .next = malloc(VALUE)};
    bool is_good = row.in_force && row.next && compare_all(&diff, settings, &row);
    if (!is_good)
        qt_fail(err, QT_E_MEMORY, "no memory to compare");
    is_good = is_good && print_end(&diff, err);
    free(row.in_force);
    free(row.next);
    json_decref(diff.rows);
    return is_good;
}

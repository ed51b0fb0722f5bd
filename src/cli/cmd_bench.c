/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade bench: the table of real operations, timed on this machine.
 */
#include <jansson.h>
#include <string.h>

#include "qtrade/base/text.h"

#include "bench_priv.h"
#include "cli_priv.h"
#include "commands_priv.h"

/* A room's table is one line here, sorted. */
static const struct qt_benchmark *const tables[] = {
    qt_bench_base,  qt_bench_engine, qt_bench_indicator, qt_bench_market,
    qt_bench_match, qt_bench_net,    qt_bench_order,     qt_bench_sim,
    qt_bench_tick,  qt_bench_trade,
    qt_bench_venue,
};

/* only: a row's name, or the room before its point; NULL: all. */
static bool
is_wanted(const struct qt_benchmark *bench, const char *only)
{
    size_t room = strcspn(bench->name, ".");
    return !only || strcmp(only, bench->name) == 0 ||
           (strlen(only) == room && strncmp(only, bench->name, room) == 0);
}

/* The median of a name in an earlier run's document; 0: it is not there. */
static double
median_before(const json_t *before, const char *name)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(before, "results"), i, row)
    {
        const char *other = json_string_value(json_object_get(row, "name"));
        if (other && strcmp(other, name) == 0)
            return json_number_value(json_object_get(row, "median"));
    }
    return 0;
}

static const char *
unit_of(const struct qt_benchmark *bench)
{
    return bench->unit ? bench->unit : "ns";
}

static void
print_text(const struct qt_benchmark *bench, const struct qt_bench_result *result,
           const json_t *before)
{
    double median = median_before(before, bench->name);
    printf("%-26s %-2s %10zu %12.1f %12.1f %12.1f", bench->name, unit_of(bench), result->n,
           result->median, result->p99, result->p999);
    if (median > 0)
        printf(" %7.2f x", result->median / median);
    else if (before)
        printf(" %9s", "new");
    printf("  %s\n", bench->help);
}

static void
print_json(const struct qt_benchmark *bench, const struct qt_bench_result *result,
           const json_t *before, bool is_first)
{
    char buffer[512];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_addf(&text, "%s{\"name\":\"%s\",\"unit\":\"%s\",\"median\":", is_first ? "" : ",\n",
                 bench->name, unit_of(bench));
    qt_text_add_json_double(&text, result->median);
    qt_text_add(&text, ",\"p99\":");
    qt_text_add_json_double(&text, result->p99);
    qt_text_add(&text, ",\"p999\":");
    qt_text_add_json_double(&text, result->p999);
    qt_text_addf(&text, ",\"n\":%zu", result->n);
    if (before) {
        double median = median_before(before, bench->name);
        qt_text_add(&text, ",\"ratio\":");
        if (median > 0)
            qt_text_add_json_double(&text, result->median / median);
        else
            qt_text_add(&text, "null");
    }
    qt_text_add_char(&text, '}');
    fputs(text.buffer, stdout);
}

static void
print_head(bool is_json, bool compares)
{
    char buffer[1024];
    struct qt_text text;
    if (!is_json) {
        printf("%-26s %-2s %10s %12s %12s %12s%s\n", "name", "", "n", "median", "p99", "p999",
               compares ? "    before" : "");
        return;
    }
    qt_text_init(&text, buffer, sizeof buffer);
    qt__bench_add_machine(&text);
    printf("{\"machine\":%s,\"results\":[\n", text.buffer);
}

/* Whether a row of any table answers to only. */
static bool
is_known(const char *only)
{
    for (size_t t = 0; t < QT_COUNT_OF(tables); t++)
        for (size_t i = 0; tables[t][i].name; i++)
            if (is_wanted(&tables[t][i], only))
                return true;
    return false;
}

/* An earlier run's document; NULL without a path. False: it cannot be read or is something else. */
static bool
load_before(const char *path, json_t **out, struct qt_error *err)
{
    json_error_t why;
    *out = path ? json_load_file(path, JSON_REJECT_DUPLICATES, &why) : NULL;
    if (path && !*out)
        return qt_fail(err, QT_E_DATA, "%s:%d: %s", path, why.line, why.text);
    if (path && !json_is_array(json_object_get(*out, "results"))) {
        json_decref(*out);
        *out = NULL;
        return qt_fail(err, QT_E_DATA, "%s: is not what 'qtrade bench --json' writes", path);
    }
    return true;
}

static bool
run_all(const char *only, const json_t *before, bool is_json, struct qt_error *err)
{
    bool is_first = true;
    print_head(is_json, before != NULL);
    for (size_t t = 0; t < QT_COUNT_OF(tables); t++)
        for (size_t i = 0; tables[t][i].name; i++) {
            const struct qt_benchmark *bench = &tables[t][i];
            struct qt_bench_result result;
            if (!is_wanted(bench, only))
                continue;
            if (!qt__bench_measure(bench, &result, err))
                return false;
            if (is_json)
                print_json(bench, &result, before, is_first);
            else
                print_text(bench, &result, before);
            is_first = false;
            fflush(stdout);
        }
    fputs(is_json ? "\n]}\n" : "", stdout);
    if (fflush(stdout) != 0)
        return qt_fail_errno(err, QT_E_IO, "writing the results");
    return true;
}

static bool
bench_run(const struct qt_args *args, struct qt_error *err)
{
    const char *only = qt_args_get(args, "only");
    json_t *before = NULL;
    if (!is_known(only))
        return qt_fail(err, QT_E_USAGE, "no benchmark is called '%s' (without --only all are run)",
                       only);
    if (!load_before(qt_args_get(args, "compare"), &before, err))
        return false;
    bool is_good = run_all(only, before, qt_args_has(args, "json"), err);
    json_decref(before);
    return is_good;
}

const struct qt_command qt_cmd_bench = {
    .name = "bench",
    .summary = "time real operations on this machine",
    .options =
        (const struct qt_option[]){
            {.name = "only",
             .letter = 'o',
             .argument = "NAME",
             .help = "this one alone (base.map_get), or the rows of one room (base)"},
            {.name = "compare",
             .argument = "FILE",
             .help = "beside an earlier run's --json: its median is 1"},
            {.name = "json", .help = "one JSON document: the machine and the results"},
            {0}},
    .run = bench_run,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade bench: the table of real operations, timed on this machine.
 */
#include <string.h>

#include "qtrade/base/text.h"

#include "bench_priv.h"
#include "cli_priv.h"
#include "commands_priv.h"

/* A room's table is one line here, sorted. */
static const struct qt_benchmark *const tables[] = {
    qt_bench_base,
    qt_bench_engine,
    qt_bench_indicator,
    qt_bench_market,
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

static void
print_text(const struct qt_benchmark *bench, const struct qt_bench_result *result)
{
    printf("%-26s ns %10zu %12.1f %12.1f %12.1f  %s\n", bench->name, result->n, result->median,
           result->p99, result->p999, bench->help);
}

static void
print_json(const struct qt_benchmark *bench, const struct qt_bench_result *result, bool is_first)
{
    char buffer[512];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_addf(&text, "%s{\"name\":\"%s\",\"unit\":\"ns\",\"median\":", is_first ? "" : ",\n",
                 bench->name);
    qt_text_add_json_double(&text, result->median);
    qt_text_add(&text, ",\"p99\":");
    qt_text_add_json_double(&text, result->p99);
    qt_text_add(&text, ",\"p999\":");
    qt_text_add_json_double(&text, result->p999);
    qt_text_addf(&text, ",\"n\":%zu}", result->n);
    fputs(text.buffer, stdout);
}

static void
print_head(bool is_json)
{
    char buffer[1024];
    struct qt_text text;
    if (!is_json) {
        printf("%-26s %-2s %10s %12s %12s %12s\n", "name", "", "n", "median", "p99", "p999");
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

static bool
bench_run(const struct qt_args *args, struct qt_error *err)
{
    const char *only = qt_args_get(args, "only");
    bool is_json = qt_args_has(args, "json"), is_first = true;
    if (!is_known(only))
        return qt_fail(err, QT_E_USAGE, "no benchmark is called '%s' (without --only all are run)",
                       only);
    print_head(is_json);
    for (size_t t = 0; t < QT_COUNT_OF(tables); t++)
        for (size_t i = 0; tables[t][i].name; i++) {
            const struct qt_benchmark *bench = &tables[t][i];
            struct qt_bench_result result;
            if (!is_wanted(bench, only))
                continue;
            if (!qt__bench_measure(bench, &result, err))
                return false;
            if (is_json)
                print_json(bench, &result, is_first);
            else
                print_text(bench, &result);
            is_first = false;
            fflush(stdout);
        }
    fputs(is_json ? "\n]}\n" : "", stdout);
    if (fflush(stdout) != 0)
        return qt_fail_errno(err, QT_E_IO, "writing the results");
    return true;
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
            {.name = "json", .help = "one JSON document: the machine and the results"},
            {0}},
    .run = bench_run,
};

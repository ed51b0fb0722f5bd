/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade indicators: the columns of recorded bars, and the table of what there is.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/indicator/indicator.h"
#include "qtrade/market/reader.h"

#include "cli_priv.h"
#include "commands_priv.h"

#define PICKS_MAX 128 /* entries of --only */
/* A row of the most columns there can be; a name is longer than a number. */
#define LINE_BYTES (PICKS_MAX * QT_INDICATOR_OUTPUTS * (QT_INDICATOR_COLUMN + 3) + 64)

/* One entry of --only (or one row of the table) with its running state. */
struct pick {
    struct qt_indicator_spec spec;
    void *state;
};

struct picks {
    size_t n;
    struct pick pick[PICKS_MAX];
};

static void
picks_finish(struct picks *picks)
{
    for (size_t i = 0; i < picks->n; i++)
        free(picks->pick[i].state);
}

/* Takes a spec in and starts its state. */
static bool
picks_add(struct picks *picks, const struct qt_indicator_spec *spec, struct qt_error *err)
{
    if (picks->n == PICKS_MAX)
        return qt_fail(err, QT_E_USAGE, "--only has more than %d entries", PICKS_MAX);
    void *state = malloc(spec->indicator->state_size(spec->params));
    if (!state)
        return qt_fail(err, QT_E_MEMORY, "no memory for %s", spec->indicator->name);
    spec->indicator->init(state, spec->params);
    picks->pick[picks->n++] = (struct pick){.spec = *spec, .state = state};
    return true;
}

static bool
picks_add_all(struct picks *picks, struct qt_error *err)
{
    for (size_t i = 0; qt_indicators[i]; i++) {
        struct qt_indicator_spec spec = {.indicator = qt_indicators[i], .output = -1};
        qt_indicator_defaults(spec.indicator, spec.params);
        if (!picks_add(picks, &spec, err))
            return false;
    }
    return true;
}

/* Reads "rsi_14,ema_50". */
static bool
picks_parse(struct picks *picks, const char *only, struct qt_error *err)
{
    for (const char *at = only;; at++) {
        char word[QT_INDICATOR_COLUMN];
        size_t length = strcspn(at, ",");
        struct qt_indicator_spec spec;
        if (!qt_copy_n(word, sizeof word, at, length) || !qt_indicator_spec_parse(word, &spec, err))
            return length < sizeof word ? qt_error_add(err, "--only")
                                        : qt_fail(err, QT_E_USAGE, "--only: a name is too long");
        if (!picks_add(picks, &spec, err))
            return false;
        at += length;
        if (!*at)
            return true;
    }
}

/* Calls for each column of a pick: first..last output of its spec. */
static unsigned
first_output(const struct qt_indicator_spec *spec)
{
    return spec->output < 0 ? 0 : (unsigned)spec->output;
}

static unsigned
last_output(const struct qt_indicator_spec *spec)
{
    return spec->output < 0 ? qt_indicator_output_count(spec->indicator) - 1
                            : (unsigned)spec->output;
}

/* "open_time_ms" and the column names, quoted for JSON. */
static void
add_names(struct qt_text *line, const struct picks *picks, const char *quote)
{
    qt_text_addf(line, "%sopen_time_ms%s", quote, quote);
    for (size_t i = 0; i < picks->n; i++) {
        const struct qt_indicator_spec *spec = &picks->pick[i].spec;
        for (unsigned o = first_output(spec); o <= last_output(spec); o++) {
            char name[QT_INDICATOR_COLUMN];
            qt_indicator_column(spec->indicator, spec->params, o, name);
            qt_text_addf(line, ",%s%s%s", quote, name, quote);
        }
    }
}

/* Steps every state by a bar and adds its row; absent stands where there is no value yet. */
static void
add_row(struct qt_text *line, struct picks *picks, const struct qt_ohlcv *bar, const char *absent)
{
    qt_text_add_int(line, bar->open_ns / 1000000);
    for (size_t i = 0; i < picks->n; i++) {
        struct pick *pick = &picks->pick[i];
        double out[QT_INDICATOR_OUTPUTS];
        pick->spec.indicator->update(pick->state, bar);
        bool has_value = pick->spec.indicator->value(pick->state, out);
        for (unsigned o = first_output(&pick->spec); o <= last_output(&pick->spec); o++) {
            qt_text_add_char(line, ',');
            if (has_value)
                qt_text_add_json_double(line, out[o]);
            else
                qt_text_add(line, absent);
        }
    }
}

/* How a document is put together, so that one loop writes both kinds. */
struct format {
    const char *quote, *absent;
    const char *before_names, *after_names; /* around the names */
    const char *before_row, *after_row, *between_rows;
    const char *end;
};

static const struct format csv_format = {
    .quote = "",
    .absent = "",
    .before_names = "",
    .after_names = "\n",
    .before_row = "",
    .after_row = "\n",
    .between_rows = "",
    .end = "",
};

static const struct format json_format = {
    .quote = "\"",
    .absent = "null",
    .before_names = ",\"columns\":[",
    .after_names = "],\"rows\":[\n",
    .before_row = "[",
    .after_row = "]",
    .between_rows = ",\n",
    .end = "]}\n",
};

static bool
write_columns(const struct qt_series *series, struct picks *picks, const struct format *format,
              struct qt_error *err)
{
    char *buffer = malloc(LINE_BYTES);
    if (!buffer)
        return qt_fail(err, QT_E_MEMORY, "no memory for a line of output");
    struct qt_text line;
    qt_text_init(&line, buffer, LINE_BYTES);
    add_names(&line, picks, format->quote);
    printf("%s%s%s", format->before_names, line.buffer, format->after_names);
    for (size_t i = 0; i < series->n && !ferror(stdout); i++) {
        struct qt_ohlcv bar =
            qt_ohlcv_of(&series->bars[i], series->ins.px_scale, series->ins.qty_scale);
        qt_text_clear(&line);
        add_row(&line, picks, &bar, format->absent);
        printf("%s%s%s%s", i ? format->between_rows : "", format->before_row, line.buffer,
               format->after_row);
    }
    fputs(format->end, stdout);
    qt_assert(!line.is_cut);
    free(buffer);
    if (fflush(stdout) != 0 || ferror(stdout))
        return qt_fail_errno(err, QT_E_IO, "writing the columns");
    return true;
}

/* The head of the JSON document: what was read and what was left out. */
static void
write_json_head(const struct qt_series *series, const struct qt_reader_report *report)
{
    char buffer[512];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_add(&text, "{\"symbol\":");
    qt_text_add_json_string(&text, series->ins.symbol);
    qt_text_add(&text, ",\"interval_ms\":");
    qt_text_add_int(&text, series->period_ns / 1000000);
    qt_text_addf(&text, ",\"bars\":%zu,\"skipped\":%lu,\"duplicates\":%lu,\"gaps\":%lu", series->n,
                 (unsigned long)report->skipped, (unsigned long)report->duplicates,
                 (unsigned long)report->gaps);
    fputs(text.buffer, stdout);
}

/* Malformed rows were left out: one line says how many and shows the first. */
static void
tell_skipped(const struct qt_reader_report *report)
{
    if (report->skipped == 0)
        return;
    fprintf(stderr, "qtrade: %lu malformed rows skipped, the first: %s (--strict stops there)\n",
            (unsigned long)report->skipped, report->notes ? report->note[0] : "not noted");
}

static bool
columns_run(const struct qt_args *args, struct picks *picks, struct qt_error *err)
{
    struct qt_series series;
    struct qt_reader_report report = {0};
    const char *only = qt_args_get(args, "only");
    if (!(only ? picks_parse(picks, only, err) : picks_add_all(picks, err)))
        return false;
    if (!qt_series_load(args->operands[0], QT_TIME_NONE, QT_TIME_NONE, qt_args_has(args, "strict"),
                        &series, &report, err))
        return false;
    tell_skipped(&report);
    bool is_json = qt_args_has(args, "json");
    if (is_json)
        write_json_head(&series, &report);
    bool done = write_columns(&series, picks, is_json ? &json_format : &csv_format, err);
    qt_series_finish(&series);
    return done;
}

/* --- --list --- */

/* A parameter's value: whole numbers as such, whatever their size. */
static void
add_number(struct qt_text *text, double v)
{
    if (v == (double)(int64_t)v)
        qt_text_add_int(text, (int64_t)v);
    else
        qt_text_add_json_double(text, v);
}

static void
add_param(struct qt_text *text, const struct qt_indicator_param *param, bool is_json)
{
    if (is_json)
        qt_text_addf(text, "{\"name\":\"%s\",\"default\":", param->name);
    else
        qt_text_addf(text, "%s ", param->name);
    add_number(text, param->preset);
    qt_text_add(text, is_json ? ",\"min\":" : " (");
    add_number(text, param->min);
    qt_text_add(text, is_json ? ",\"max\":" : " to ");
    add_number(text, param->max);
    qt_text_add(text, is_json ? "}" : ")");
}

static void
list_text(const struct qt_indicator *ind, struct qt_text *text)
{
    double params[QT_INDICATOR_PARAMS];
    char column[QT_INDICATOR_COLUMN];
    qt_indicator_defaults(ind, params);
    qt_text_addf(text, "%s: %s (%s)\n", ind->name, ind->title, qt_family_name(ind->family));
    qt_text_add(text, "    parameters  ");
    for (unsigned i = 0; i < qt_indicator_param_count(ind); i++) {
        qt_text_add(text, i ? ", " : "");
        add_param(text, &ind->params[i], false);
    }
    qt_text_add(text,
                qt_indicator_param_count(ind) ? "\n    outputs     " : "none\n    outputs     ");
    for (unsigned i = 0; ind->outputs[i]; i++)
        qt_text_addf(text, "%s%s", i ? ", " : "", ind->outputs[i]);
    qt_text_addf(text, "\n    columns     ");
    for (unsigned i = 0; ind->outputs[i]; i++)
        qt_text_addf(text, "%s%s", i ? ", " : "", qt_indicator_column(ind, params, i, column));
    qt_text_addf(text, "\n    first value bar %zu\n", ind->lookback(params));
    qt_text_addf(text, "    convention  %s\n    source      %s\n", ind->convention, ind->source);
}

static void
list_json(const struct qt_indicator *ind, struct qt_text *text)
{
    double params[QT_INDICATOR_PARAMS];
    qt_indicator_defaults(ind, params);
    qt_text_addf(text, "{\"name\":\"%s\",\"title\":", ind->name);
    qt_text_add_json_string(text, ind->title);
    qt_text_addf(text, ",\"family\":\"%s\",\"params\":[", qt_family_name(ind->family));
    for (unsigned i = 0; i < qt_indicator_param_count(ind); i++) {
        qt_text_add(text, i ? "," : "");
        add_param(text, &ind->params[i], true);
    }
    qt_text_add(text, "],\"outputs\":[");
    for (unsigned i = 0; ind->outputs[i]; i++)
        qt_text_addf(text, "%s\"%s\"", i ? "," : "", ind->outputs[i]);
    qt_text_addf(text, "],\"first_value\":%zu,\"convention\":", ind->lookback(params));
    qt_text_add_json_string(text, ind->convention);
    qt_text_add(text, ",\"source\":");
    qt_text_add_json_string(text, ind->source);
    qt_text_add(text, "}");
}

static bool
list_run(bool is_json, struct qt_error *err)
{
    fputs(is_json ? "{\"indicators\":[\n" : "", stdout);
    for (size_t i = 0; qt_indicators[i]; i++) {
        char buffer[2048];
        struct qt_text text;
        qt_text_init(&text, buffer, sizeof buffer);
        (is_json ? list_json : list_text)(qt_indicators[i], &text);
        qt_assert(!text.is_cut);
        printf("%s%s", i == 0 ? "" : is_json ? ",\n" : "\n", text.buffer);
    }
    fputs(is_json ? "\n]}\n" : "", stdout);
    if (fflush(stdout) != 0)
        return qt_fail_errno(err, QT_E_IO, "writing the list");
    return true;
}

static bool
indicators_run(const struct qt_args *args, struct qt_error *err)
{
    if (qt_args_has(args, "list"))
        return list_run(qt_args_has(args, "json"), err);
    if (args->n_operands == 0)
        return qt_fail(err, QT_E_USAGE, "%s is missing (or --list; see 'qtrade indicators --help')",
                       args->command->operands);
    struct picks picks = {0};
    bool done = columns_run(args, &picks, err);
    picks_finish(&picks);
    return done;
}

const struct qt_command qt_cmd_indicators = {
    .name = "indicators",
    .summary = "write indicator columns of recorded bars",
    .operands = "FILE.csv[.gz]",
    .max_operands = 1,
    .options =
        (const struct qt_option[]){
            {.name = "list",
             .letter = 'l',
             .help = "list the indicators, their parameters and sources"},
            {.name = "only",
             .letter = 'o',
             .argument = "NAMES",
             .help = "these alone, by comma: names or columns (rsi_14,ema_50,bbands_20_2_upper)"},
            {.name = "csv", .help = "a row a bar, a column an output; the default"},
            {.name = "json", .help = "one JSON document; null where there is no value yet"},
            {.name = "strict", .help = "stop at the first malformed row"},
            {0}},
    .run = indicators_run,
};

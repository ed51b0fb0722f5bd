/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The status as metrics, for a program that keeps series of them (Prometheus, text exposition
 * format 0.0.4). How to add one: a row of a table here; tests/end_to_end/test_metrics.py reads them
 * all.
 */
#include <math.h>
#include <string.h>

#include "qtrade/base/text.h"

#include "status_metrics_priv.h"

enum { PATH_MAX_TEXT = 80 };

/* A number by its path in the document. A text is read as a number, a list counts its elements. */
struct metric {
    const char *name, *type, *path, *help;
    double scale; /* 0: 1 */
};

static const struct metric metrics[] = {
    {"qtrade_uptime_seconds", "gauge", "uptime_s", "since the engine began", 0},
    {"qtrade_engine_silent_seconds", "gauge", "engine_silent_s",
     "for which its thread has not moved", 0},
    {"qtrade_operator_seen_seconds", "gauge", "operator_seen_s", "since an operator was there", 0},
    {"qtrade_mode_since_seconds", "gauge", "mode_since_ms", "when the mode began, since 1970",
     1e-3},
    {"qtrade_equity", "gauge", "equity", "of the account, in the quote asset", 0},
    {"qtrade_exposure", "gauge", "exposure", "worth of the open positions, in the quote asset", 0},
    {"qtrade_day_pnl", "gauge", "day_pnl", "since 00:00 UTC, in the quote asset", 0},
    {"qtrade_funding", "gauge", "funding", "received, or paid, for perpetuals, in the quote asset",
     0},
    {"qtrade_drawdown_ratio", "gauge", "drawdown", "of the highest equity", 0},
    {"qtrade_positions", "gauge", "positions", "that are open", 0},
    {"qtrade_open_orders", "gauge", "open_orders", "alive at the venue, or of unknown fate", 0},
    {"qtrade_symbols", "gauge", "symbols", "that are watched", 0},
    {"qtrade_eligible_symbols", "gauge", "eligible", "that passed the filter", 0},
    {"qtrade_liquidating", "gauge", "liquidating", "1: everything is being sold", 0},
    {"qtrade_halted", "gauge", "halted", "1: orders are cancelled, positions stay", 0},
    {"qtrade_operator_absent", "gauge", "operator_absent", "1: nobody was seen for too long", 0},
    {"qtrade_late_turns_total", "counter", "late_turns", "cycles that came too late", 0},
    {"qtrade_late_events_total", "counter", "dropped.late_events", "that came behind their time",
     0},
    {"qtrade_conflated_quotes_total", "counter", "dropped.conflated_quotes",
     "that gave way to newer ones", 0},
    {"qtrade_clock_jumps_total", "counter", "process.clock_jumps", "of the machine", 0},
    {"qtrade_audit_entries", "gauge", "audit.entries", "in the chain", 0},
    {"qtrade_audit_heads", "gauge", "audit.heads", "that were signed", 0},
    {"qtrade_audit_head_failures_total", "counter", "audit.head_failures",
     "to sign or to keep a head", 0},
    {"qtrade_audit_hook_runs_total", "counter", "audit.hook_runs",
     "of the program that takes heads", 0},
    {"qtrade_audit_hook_failures_total", "counter", "audit.hook_failures", "of that program", 0},
    {"qtrade_rekey_pages", "gauge", "rekey.pages", "of the store, while they get another key", 0},
    {"qtrade_rekey_pages_done", "gauge", "rekey.done", "that have it", 0},
    {"qtrade_watchman_heard_seconds", "gauge", "watchman.heard_s", "since the watchman asked", 0}};

/* A text as a label of a metric that is 1. */
static const struct info {
    const char *name, *label, *path, *help;
} infos[] = {
    {"qtrade_build_info", "version", "version", "the program"},
    {"qtrade_run_info", "kind", "run_kind", "demo, paper or live"},
    {"qtrade_mode_info", "mode", "mode", "the mode in force"},
    {"qtrade_kill_switch_info", "state", "kill_switch", "none, armed or tripped"},
    {"qtrade_audit_head_info", "head", "audit.head", "the newest signed head, as in audit.heads"},
    {"qtrade_audit_finding_info", "finding", "audit.finding", "what does not fit in the audit"},
    {"qtrade_watchman_info", "state", "watchman.state", "of the second process"}};

/* Of a list of objects, each with its name as a label. */
static const struct each {
    const char *name, *list, *label, *key, *is_one, *help;
} lists[] = {
    {"qtrade_component_running", "components", "name", "state", "running", "1: this part runs"},
    {"qtrade_component_failures_total", "components", "name", "failures", NULL, "of this part"},
    {"qtrade_venue_up", "venues", "name", "state", "up", "1: requests and streams are answered"},
    {"qtrade_venue_feed_age_ms", "venues", "name", "feed_age_ms", NULL, "since market data came"},
    {"qtrade_venue_round_trip_ms", "venues", "name", "round_trip_ms", NULL, "of a request"},
    {"qtrade_venue_weight_percent", "venues", "name", "weight_pct", NULL,
     "of the request limit in use"},
    {"qtrade_venue_bad_messages_total", "venues", "name", "bad_messages", NULL,
     "that could not be read"},
    {"qtrade_position_protected", "positions", "symbol", "protected", NULL,
     "1: a stop at the venue stands for it"}};

static const json_t *
find(const json_t *status, const char *path)
{
    char part[PATH_MAX_TEXT];
    const char *dot = strchr(path, '.');
    if (!dot)
        return json_object_get(status, path);
    qt_copy_n(part, sizeof part, path, (size_t)(dot - path));
    return json_object_get(json_object_get(status, part), dot + 1);
}

/* NaN: it is not known. */
static double
number_of(const json_t *value)
{
    double number = NAN;
    if (json_is_string(value))
        return qt_double_parse(json_string_value(value), &number) ? number : NAN;
    if (json_is_boolean(value))
        return json_is_true(value);
    if (json_is_array(value))
        return (double)json_array_size(value);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void
head_of(const char *name, const char *type, const char *help, FILE *out)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
print_labelled(const char *name, const char *label, const char *text, double value, FILE *out)
{
    fprintf(out, "%s{%s=\"", name, label);
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            fputc('\\', out);
        if (*text == '\n')
            fputs("\\n", out);
        else
            fputc(*text, out);
    }
    fprintf(out, "\"} %.12g\n", value);
}

static void
print_each(const struct each *each, const json_t *status, FILE *out)
{
    bool has_head = false;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(status, each->list), i, row)
    {
        const json_t *found = json_object_get(row, each->key);
        const char *name = json_string_value(json_object_get(row, each->label));
        const char *text = json_string_value(found);
        double value = !each->is_one ? number_of(found)
                       : text        ? strcmp(text, each->is_one) == 0
                                     : NAN;
        if (!name || isnan(value))
            continue;
        size_t length = strlen(each->name);
        bool is_counter = length > 6 && strcmp(each->name + length - 6, "_total") == 0;
        if (!has_head)
            head_of(each->name, is_counter ? "counter" : "gauge", each->help, out);
        has_head = true;
        print_labelled(each->name, each->label, name, value, out);
    }
}

void
qt__status_metrics(const json_t *status, FILE *out)
{
    for (size_t i = 0; i < QT_COUNT_OF(infos); i++) {
        const char *text = json_string_value(find(status, infos[i].path));
        if (!text)
            continue;
        head_of(infos[i].name, "gauge", infos[i].help, out);
        print_labelled(infos[i].name, infos[i].label, text, 1, out);
    }
    for (size_t i = 0; i < QT_COUNT_OF(metrics); i++) {
        double value = number_of(find(status, metrics[i].path));
        if (isnan(value))
            continue;
        head_of(metrics[i].name, metrics[i].type, metrics[i].help, out);
        fprintf(out, "%s %.15g\n", metrics[i].name,
                metrics[i].scale > 0 ? value * metrics[i].scale : value);
    }
    for (size_t i = 0; i < QT_COUNT_OF(lists); i++)
        print_each(&lists[i], status, out);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qtrade status: what a running engine stands at, for people or as the document of the design. */
#include <stdio.h>
#include <string.h>

#include "qtrade/api/control.h"

#include "commands_priv.h"
#include "state_dir_priv.h"
#include "status_metrics_priv.h"

enum { ANSWER_MS = 10000 };

/* Text of a key, "unknown" for null. */
static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "unknown";
}

static void
print_venues(const json_t *status)
{
    size_t i;
    json_t *venue;
    json_array_foreach(json_object_get(status, "venues"), i, venue)
    {
        const json_t *age = json_object_get(venue, "feed_age_ms");
        printf("venue      %s is %s", text_of(venue, "name"), text_of(venue, "state"));
        if (json_is_integer(age))
            printf(", last market data %" JSON_INTEGER_FORMAT " ms ago", json_integer_value(age));
        putchar('\n');
    }
}

static void
print_selected(const json_t *status)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(status, "selected"), i, row)
        printf("%-10s %-12s score %5.1f  %s\n", i == 0 ? "top" : "", text_of(row, "symbol"),
               json_number_value(json_object_get(row, "score")), text_of(row, "why"));
}

/* The dashboard of the config withholds results; sealed ones come back when all is closed. */
static bool
is_withheld(const json_t *status)
{
    const char *dashboard = text_of(status, "dashboard");
    size_t n = json_array_size(json_object_get(status, "positions"));
    return strcmp(dashboard, "totals") == 0 || (strcmp(dashboard, "sealed") == 0 && n > 0);
}

static void
print_account(const json_t *status)
{
    const char *asset = text_of(status, "quote_asset");
    if (!is_withheld(status))
        printf("equity     %s %s, exposure %s, today %s\n", text_of(status, "equity"), asset,
               text_of(status, "exposure"), text_of(status, "day_pnl"));
    else if (strcmp(text_of(status, "dashboard"), "totals") == 0)
        printf("exposure   %s %s (dashboard: totals)\n", text_of(status, "exposure"), asset);
    else
        puts("results    sealed until every position is closed (dashboard: sealed)");
}

static void
print_guarded(const json_t *status)
{
    size_t i;
    json_t *row;
    json_t *positions = json_object_get(status, "positions");
    if (strcmp(text_of(status, "dashboard"), "totals") == 0) {
        printf("positions  %zu open\n", json_array_size(positions));
        return;
    }
    json_array_foreach(positions, i, row)
        printf("%-10s %-12s %s, stop %s\n", i == 0 ? "positions" : "", text_of(row, "symbol"),
               text_of(row, "quantity"), text_of(row, "stop_price"));
}

static void
print_positions(const json_t *status)
{
    size_t i;
    json_t *row;
    if (is_withheld(status)) {
        print_guarded(status);
        return;
    }
    json_array_foreach(json_object_get(status, "positions"), i, row) printf(
        "%-10s %-12s %s at %s, now %s, stop %s, unrealised %s\n", i == 0 ? "positions" : "",
        text_of(row, "symbol"), text_of(row, "quantity"), text_of(row, "entry_price"),
        text_of(row, "mark_price"), text_of(row, "stop_price"), text_of(row, "unrealised_pnl"));
    if (json_array_size(json_object_get(status, "positions")) == 0)
        puts("positions  none");
}

/* Only what does not run as it should. */
static void
print_components(const json_t *status)
{
    size_t i;
    json_t *row;
    json_int_t letters =
        json_integer_value(json_object_get(json_object_get(status, "bus"), "dead_letters"));
    json_array_foreach(json_object_get(status, "components"), i, row)
    {
        const char *failure = json_string_value(json_object_get(row, "last_failure"));
        if (strcmp(text_of(row, "state"), "running") != 0 &&
            strcmp(text_of(row, "state"), "stopped") != 0)
            printf("part       %s is %s%s%s%s\n", text_of(row, "name"), text_of(row, "state"),
                   failure ? " (" : "", failure ? failure : "", failure ? ")" : "");
    }
    const json_t *audit = json_object_get(status, "audit");
    const char *finding = json_string_value(json_object_get(audit, "finding"));
    const char *failed = json_string_value(json_object_get(audit, "last_error"));
    if (finding || failed)
        printf("audit      %s\n", finding ? finding : failed);
    const json_t *rekey = json_object_get(status, "rekey");
    if (json_is_object(rekey)) {
        const char *why = json_string_value(json_object_get(rekey, "last_error"));
        printf("rekey      %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " pages have the new key%s%s\n",
               json_integer_value(json_object_get(rekey, "done")),
               json_integer_value(json_object_get(rekey, "pages")), why ? "; " : "", why ? why : "");
    }
    if (letters > 0)
        printf("store      %" JSON_INTEGER_FORMAT " records wait for it\n", letters);
}

/* What is not as it should be with the process and its machine. */
static void
print_process(const json_t *process)
{
    static const struct {
        const char *key, *detail, *what;
    } walls[] = {{"limits", "", "limits"},
                 {"landlock", "landlock_detail", "landlock"},
                 {"seccomp", "seccomp_detail", "seccomp"}};
    const json_t *sandbox = json_object_get(process, "sandbox");
    json_int_t jumps = json_integer_value(json_object_get(process, "clock_jumps"));
    if (!json_is_object(process))
        return;
    printf("sandbox   %s", json_is_true(json_object_get(sandbox, "enabled")) ? "" : " OFF:");
    for (size_t i = 0; i < QT_COUNT_OF(walls); i++) {
        bool is_in_force = json_is_true(json_object_get(sandbox, walls[i].key));
        const char *detail = json_string_value(json_object_get(sandbox, walls[i].detail));
        printf("%s %s%s%s%s%s", i > 0 ? "," : "", is_in_force ? "" : "no ", walls[i].what,
               !is_in_force && detail ? " (" : "", !is_in_force && detail ? detail : "",
               !is_in_force && detail ? ")" : "");
    }
    putchar('\n');
    if (strcmp(text_of(process, "program"), "as started") != 0)
        printf("program    %s: it runs on as it was started\n", text_of(process, "program"));
    if (jumps > 0)
        printf("clock      jumped %" JSON_INTEGER_FORMAT " times, last by %.1f s\n", jumps,
               (double)json_integer_value(json_object_get(process, "last_clock_jump_ms")) / 1000);
}

/* Where one has asked: how it stands at each venue. */
static void
print_watchman(const json_t *watchman)
{
    size_t i;
    json_t *venue;
    if (!json_is_object(watchman))
        return;
    printf("watchman   %s", text_of(watchman, "state"));
    json_array_foreach(json_object_get(watchman, "venues"), i, venue)
        printf("%s%s %s", i ? ", " : " (", text_of(venue, "name"), text_of(venue, "state"));
    printf("), heard %.0f s ago\n", json_number_value(json_object_get(watchman, "heard_s")));
}

static void
print_page(const json_t *status)
{
    const json_t *regime = json_object_get(status, "regime");
    const char *reason = json_string_value(json_object_get(status, "mode_reason"));
    const char *why = json_string_value(json_object_get(status, "kill_switch_why"));
    printf("engine     %s %s, pid %" JSON_INTEGER_FORMAT ", up %.0f s\n",
           text_of(status, "run_kind"), text_of(status, "version"),
           json_integer_value(json_object_get(status, "pid")),
           json_number_value(json_object_get(status, "uptime_s")));
    if (json_is_real(json_object_get(status, "engine_silent_s")))
        printf("silent     the engine does not answer since %.0f s; what follows is older, and the "
               "gate is shut\n",
               json_number_value(json_object_get(status, "engine_silent_s")));
    printf("mode       %s%s%s%s, kill switch: %s%s%s%s\n", text_of(status, "mode"),
           reason ? " (" : "", reason ? reason : "", reason ? ")" : "",
           text_of(status, "kill_switch"), why ? " (" : "", why ? why : "", why ? ")" : "");
    if (json_is_true(json_object_get(status, "operator_absent")))
        printf("operator   nobody was seen for %.1f h\n",
               json_number_value(json_object_get(status, "operator_seen_s")) / 3600);
    if (json_string_value(json_object_get(status, "liquidation")))
        printf("liquidation %s\n", text_of(status, "liquidation"));
    print_account(status);
    print_venues(status);
    print_components(status);
    print_process(json_object_get(status, "process"));
    print_watchman(json_object_get(status, "watchman"));
    if (json_is_object(regime))
        printf("regime     %s, %s\n", text_of(regime, "structure"), text_of(regime, "market"));
    printf("symbols    %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT " eligible\n",
           json_integer_value(json_object_get(status, "symbols")),
           json_integer_value(json_object_get(status, "eligible")));
    print_selected(status);
    print_positions(status);
    printf("orders     %zu open\n", json_array_size(json_object_get(status, "open_orders")));
}

static bool
status_run(const struct qt_args *args, struct qt_error *err)
{
    char folder[QT_STATE_DIR];
    if (!qt_state_dir_running(args, folder, err))
        return false;
    json_t *reply = qt_control_call(folder, "status", NULL, ANSWER_MS, err);
    const json_t *status = reply ? json_object_get(reply, "status") : NULL;
    if (!reply)
        return false;
    if (qt_args_has(args, "json")) {
        json_dumpf(status, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (qt_args_has(args, "metrics")) {
        qt__status_metrics(status, stdout);
    } else {
        print_page(status);
    }
    json_decref(reply);
    return fflush(stdout) == 0 || qt_fail_errno(err, QT_E_IO, "writing the status");
}

const struct qt_command qt_cmd_status = {
    .name = "status",
    .summary = "what the running engine stands at",
    .options = (const struct qt_option[]){{"json", 0, NULL, "one JSON document"},
                                          {"metrics", 0, NULL, "Prometheus' text format"},
                                          {0}},
    .flags = QT_NEEDS_ENGINE,
    .run = status_run,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade killswitch: how the switch stands, and whether it works. A running engine holds the lines,
 * so it is asked; without one they are had here, and a press stops nothing but a gate of this
 * program.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qtrade/api/control.h"
#include "qtrade/api/document.h"
#include "qtrade/base/time.h"
#include "qtrade/hw/kill_switch.h"

#include "commands_priv.h"
#include "settings_priv.h"
#include "state_dir_priv.h"

enum { ANSWER_MS = 5000, LOOK_MS = 50, LAMPS_MS = 1600 };

/* The switch of this process: what would be stopped is a gate of its own. */
struct bench {
    struct qt_kill_switch *kill_switch;
    atomic_bool gate_shut;
    atomic_int_fast64_t edge_ns, shut_ns;
};

/* Where the picture comes from: an engine, or a bench. */
struct context {
    struct qt_settings settings;
    char folder[QT_STATE_DIR];
    bool is_running; /* an engine is */
    bool is_json;
    struct bench bench;
};

static void
bench_trip(void *self, enum qt_command_kind kind, enum qt_switch_cause cause, int64_t edge_ns,
           const char *reason)
{
    struct bench *bench = self;
    (void)kind;
    (void)cause;
    (void)reason;
    atomic_store(&bench->gate_shut, true);
    int64_t now = qt_now_mono_ns();
    if (edge_ns == QT_TIME_NONE)
        return;
    atomic_store(&bench->edge_ns, edge_ns);
    atomic_store(&bench->shut_ns, now);
}

static void
bench_state(void *self, enum qt_switch_state state, enum qt_switch_cause cause)
{
    struct bench *bench = self;
    (void)cause;
    if (state == QT_SWITCH_ARMED)
        atomic_store(&bench->gate_shut, false);
}

static void
bench_tamper(void *self, bool is_open)
{
    (void)self;
    (void)is_open;
}

static void
bench_note(void *self, const char *text)
{
    (void)self;
    (void)text; /* the picture says it */
}

static struct qt_switch_lamps
bench_lamps(void *self)
{
    const struct bench *bench = self;
    return (struct qt_switch_lamps){.is_known = true,
                                    .mode = atomic_load(&bench->gate_shut) ? QT_MODE_EMERGENCY
                                                                           : QT_MODE_PAUSED};
}

static bool
open_bench(struct context *context, struct qt_error *err)
{
    struct bench *bench = &context->bench;
    const struct qt_switch_options options = {.config = &context->settings.kill_switch,
                                              .port = {.self = bench,
                                                       .trip = bench_trip,
                                                       .state = bench_state,
                                                       .tamper = bench_tamper,
                                                       .note = bench_note,
                                                       .lamps = bench_lamps}};
    atomic_init(&bench->edge_ns, QT_TIME_NONE);
    atomic_init(&bench->shut_ns, QT_TIME_NONE);
    if (!options.config->enabled)
        return qt_fail(err, QT_E_CONFIG,
                       "no kill switch is configured (kill_switch.enabled is false)");
    bench->kill_switch = qt_kill_switch_start(&options, err);
    return bench->kill_switch != NULL;
}

/* The picture as it is now; a new reference, NULL: err. */
static json_t *
look(struct context *context, struct qt_error *err)
{
    struct bench *bench = &context->bench;
    if (!context->is_running) {
        struct qt_switch_view view;
        const struct qt_switch_times times = {.edge_ns = atomic_load(&bench->edge_ns),
                                              .shut_ns = atomic_load(&bench->shut_ns),
                                              .cancel_ns = QT_TIME_NONE};
        qt_kill_switch_view(bench->kill_switch, &view);
        return qt_document_switch(&view, qt_kill_switch_library(), &times);
    }
    json_t *reply = qt_control_call(context->folder, "status", NULL, ANSWER_MS, err);
    if (!reply)
        return NULL;
    json_t *status = json_object_get(reply, "status");
    json_t *hardware = json_object_get(status, "hardware");
    json_t *document = json_is_object(hardware) ? json_incref(hardware) : NULL;
    if (document)
        json_object_set(document, "kill_switch", json_object_get(status, "kill_switch"));
    else
        qt_fail(err, QT_E_CONFIG,
                "the running engine has no kill switch (kill_switch.enabled is false)");
    json_decref(reply);
    return document;
}

/* Printing */

static void
print_input(const char *name, const json_t *input)
{
    if (!json_is_object(input))
        return;
    const char *line = json_string_value(json_object_get(input, "line"));
    const char *detail = json_string_value(json_object_get(input, "detail"));
    const json_t *level = json_object_get(input, "level");
    printf("%-8s %s, level %s, %s%s%s%s%s\n", name, line ? line : "not had",
           json_is_integer(level) ? (json_integer_value(level) ? "1" : "0") : "unknown",
           json_is_true(json_object_get(input, "held")) ? "HELD: " : "closed",
           json_is_true(json_object_get(input, "held"))
               ? json_string_value(json_object_get(input, "cause"))
               : "",
           detail ? " (" : "", detail ? detail : "", detail ? ")" : "");
    size_t i;
    json_t *edge;
    json_array_foreach(json_object_get(input, "last_edges"), i, edge)
    {
        char text[QT_TIME_TEXT];
        printf("  edge   %s\n",
               qt_time_format(json_integer_value(json_object_get(edge, "time_ms")) * QT_NS_PER_MS,
                              text));
    }
}

static void
print_time(const char *name, const json_t *us)
{
    if (json_is_number(us))
        printf("%-15s %.0f us\n", name, json_number_value(us));
}

static void
print_lamps(const json_t *document)
{
    const char *name;
    json_t *lamp;
    json_object_foreach(json_object_get(document, "lamps"), name, lamp)
    {
        const char *detail = json_string_value(json_object_get(lamp, "detail"));
        bool is_lit = json_is_true(json_object_get(lamp, "lit"));
        printf("%-8s %s%s%s\n", name,
               json_is_null(lamp)                               ? "none"
               : !json_is_true(json_object_get(lamp, "driven")) ? "not driven"
               : is_lit                                         ? "lit"
                                                                : "dark",
               detail ? ": " : "", detail ? detail : "");
    }
}

static bool
print(const struct context *context, const json_t *document, struct qt_error *err)
{
    const char *state = json_string_value(json_object_get(document, "kill_switch"));
    if (context->is_json) {
        json_dumpf(document, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        printf("%s, %s priority%s%s\n", json_string_value(json_object_get(document, "library")),
               json_is_true(json_object_get(document, "realtime")) ? "real-time" : "ordinary",
               state ? ", engine: " : ", no engine runs", state ? state : "");
        print_input("switch", json_object_get(document, "switch"));
        print_input("tamper", json_object_get(document, "tamper"));
        print_lamps(document);
        print_time("edge to gate", json_object_get(document, "edge_to_gate_us"));
        print_time("edge to cancel", json_object_get(document, "edge_to_cancel_us"));
    }
    return fflush(stdout) == 0 || qt_fail_errno(err, QT_E_IO, "writing the result");
}

/* Jobs */

static bool
status(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    (void)args;
    json_t *document = look(context, err);
    bool is_good = document && print(context, document, err);
    json_decref(document);
    return is_good;
}

static bool
walk_lamps(struct context *context, struct qt_error *err)
{
    const struct timespec walk = {.tv_sec = LAMPS_MS / 1000,
                                  .tv_nsec = LAMPS_MS % 1000 * QT_NS_PER_MS};
    if (!context->is_running) {
        qt_kill_switch_test_lamps(context->bench.kill_switch);
    } else {
        json_t *reply = qt_control_call(context->folder, "test_lamps", NULL, ANSWER_MS, err);
        if (!reply)
            return false;
        json_decref(reply);
    }
    if (!context->is_json)
        fputs("green, yellow, red, all, none\n", stderr);
    nanosleep(&walk, NULL);
    return true;
}

static json_int_t
edges_of(const json_t *document)
{
    return json_integer_value(json_object_get(json_object_get(document, "switch"), "edges"));
}

/* Without a line no press can come: it has tripped, and stays so. */
static bool
has_line(const json_t *document)
{
    return json_is_string(json_object_get(json_object_get(document, "switch"), "line"));
}

/* Until an edge more than before has come and what it led to is known, or none can come, or the time
 * is over; the last picture. */
static json_t *
await_edge(struct context *context, json_int_t before, int64_t for_ns, struct qt_error *err)
{
    const struct timespec pace = {.tv_nsec = LOOK_MS * QT_NS_PER_MS};
    int64_t end = qt_now_mono_ns() + for_ns, settle = INT64_MAX;
    json_t *document = look(context, err);
    while (document && has_line(document) && qt_now_mono_ns() < end && qt_now_mono_ns() < settle) {
        nanosleep(&pace, NULL);
        json_decref(document);
        document = look(context, err);
        if (document && edges_of(document) > before && settle == INT64_MAX)
            settle = qt_now_mono_ns() + QT_NS_PER_S / 2; /* the first cancel comes after it */
    }
    return document;
}

/* What the test found, in words where it is not good. */
static bool
judge(const struct context *context, json_t *document, bool is_pressed, struct qt_error *err)
{
    const json_t *line = json_object_get(document, "switch");
    const char *detail = json_string_value(json_object_get(line, "detail"));
    json_object_set_new(document, "pressed", json_boolean(is_pressed));
    if (!print(context, document, err))
        return false;
    if (!is_pressed && !has_line(document))
        return qt_fail(err, QT_E_FAILED, "no press can come, the switch has tripped: %s%s%s%s",
                       json_string_value(json_object_get(line, "cause")), detail ? " (" : "",
                       detail ? detail : "", detail ? ")" : "");
    return is_pressed || qt_fail(err, QT_E_FAILED,
                                 "no edge came: the switch was not "
                                 "pressed, or is not wired to this line");
}

static bool
test(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    int64_t for_ns;
    json_t *document = NULL;
    if (!qt_args_duration(args, "for", 10 * QT_NS_PER_S, &for_ns, err) ||
        !(document = look(context, err)))
        return false;
    json_int_t before = edges_of(document); /* a press while the lamps are walked through counts */
    if (has_line(document)) {
        json_decref(document);
        if (!walk_lamps(context, err))
            return false;
        if (!context->is_json)
            fprintf(stderr, "press the switch within %" PRId64 " s%s\n", for_ns / QT_NS_PER_S,
                    context->is_running ? " (it stops the engine)" : "");
        document = await_edge(context, before, for_ns, err);
    }
    bool is_good = document && judge(context, document, edges_of(document) > before, err);
    json_decref(document);
    return is_good;
}

static bool
do_job(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    bool is_test = strcmp(args->operands[0], "test") == 0;
    context->is_json = qt_args_has(args, "json");
    if (!qt_settings_load(args, &context->settings, err) ||
        !qt_state_dir_running(args, context->folder, err))
        return false;
    context->is_running = qt_control_is_alive(context->folder);
    return (context->is_running || open_bench(context, err)) &&
           (is_test ? test : status)(context, args, err);
}

static bool
killswitch_run(const struct qt_args *args, struct qt_error *err)
{
    bool is_status = strcmp(args->operands[0], "status") == 0;
    if (!is_status && strcmp(args->operands[0], "test") != 0)
        return qt_fail(err, QT_E_USAGE, "'%s' is no job of killswitch: status or test",
                       args->operands[0]);
    if (is_status && qt_args_has(args, "for"))
        return qt_fail(err, QT_E_USAGE, "--for is not for killswitch status");
    struct context *context = calloc(1, sizeof *context);
    if (!context)
        return qt_fail(err, QT_E_MEMORY, "no memory for the kill switch");
    bool is_good = do_job(context, args, err);
    qt_kill_switch_stop(context->bench.kill_switch);
    free(context);
    return is_good;
}

const struct qt_command qt_cmd_killswitch = {
    .name = "killswitch",
    .summary = "how the kill switch stands, and whether it works",
    .operands = "status|test",
    .min_operands = 1,
    .max_operands = 1,
    .options = (const struct qt_option[]){{"for", 0, "TIME",
                                           "test: wait so long for a press (10s, 1m); default 10s"},
                                          {"json", 0, NULL, "one JSON document"},
                                          {0}},
    .run = killswitch_run,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operator's words to a running engine: pause, resume, reduce, liquidate. Each is one request
 * over the control socket; the ones that need care ask first. Liquidate stays and watches until the
 * engine says that the venue shows flat.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/base/time.h"

#include "commands_priv.h"
#include "state_dir_priv.h"

enum { ANSWER_MS = 10000, WATCH_MS = 250 };

/* One line of the operator equals word. False: it does not, or nobody is there to type. */
static bool
is_typed(const char *question, const char *word)
{
    char line[64];
    if (!isatty(STDIN_FILENO))
        return false;
    fprintf(stderr, "%s: ", question);
    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, word) == 0;
}

static bool
give(const struct qt_args *args, const char *command, char folder[QT_STATE_DIR],
     struct qt_error *err)
{
    const char *reason = qt_args_get(args, "reason");
    if (!qt_state_dir_running(args, folder, err))
        return false;
    json_t *reply = qt_control_call(folder, command, reason ? reason : "", ANSWER_MS, err);
    const char *warning = json_string_value(json_object_get(reply, "warning"));
    bool acts = json_is_false(json_object_get(reply, "kept")); /* it works, only the disk does not */
    if (warning && acts)
        fprintf(stderr, "qtrade: %s: %s\n", command, warning);
    bool is_done = reply && (!warning || acts || qt_fail(err, QT_E_FAILED, "%s", warning));
    json_decref(reply);
    return is_done;
}

/* The engine's status; NULL: err. The caller releases it. */
static json_t *
ask_status(const char *folder, struct qt_error *err)
{
    json_t *reply = qt_control_call(folder, "status", NULL, ANSWER_MS, err);
    json_t *status = reply ? json_incref(json_object_get(reply, "status")) : NULL;
    json_decref(reply);
    return status;
}

/* The mode after the engine has come to the command. */
static bool
tell_mode(const char *folder, const char *command, struct qt_error *err)
{
    const struct timespec while_it_acts = {.tv_nsec = WATCH_MS * QT_NS_PER_MS};
    nanosleep(&while_it_acts, NULL); /* its next turn is at most 20 ms away */
    json_t *status = ask_status(folder, err);
    if (!status)
        return false;
    const char *mode = json_string_value(json_object_get(status, "mode"));
    const char *reason = json_string_value(json_object_get(status, "mode_reason"));
    printf("%s: mode is %s%s%s%s\n", command, mode ? mode : "?", reason ? " (" : "",
           reason ? reason : "", reason ? ")" : "");
    json_decref(status);
    return true;
}

static bool
pause_run(const struct qt_args *args, struct qt_error *err)
{
    char folder[QT_STATE_DIR];
    return give(args, "pause", folder, err) && tell_mode(folder, "pause", err);
}

static bool
reduce_run(const struct qt_args *args, struct qt_error *err)
{
    char folder[QT_STATE_DIR];
    return give(args, "reduce", folder, err) && tell_mode(folder, "reduce", err);
}

static bool
is_emergency(const char *folder, bool *out, struct qt_error *err)
{
    json_t *status = ask_status(folder, err);
    const char *mode = json_string_value(json_object_get(status, "mode"));
    *out = mode && strcmp(mode, "EMERGENCY") == 0;
    json_decref(status);
    return status != NULL;
}

/* EMERGENCY is left only flat and with a reason; the engine judges, and its mode tells. */
static bool
resume_run(const struct qt_args *args, struct qt_error *err)
{
    char folder[QT_STATE_DIR];
    bool was = false, is = false;
    if (!qt_args_has(args, "yes") && !is_typed("resume trading? type yes", "yes"))
        return qt_fail(err, QT_E_USAGE, "not resumed: answer yes, or give --yes");
    if (!qt_state_dir_running(args, folder, err) || !is_emergency(folder, &was, err) ||
        !give(args, "resume", folder, err) || !tell_mode(folder, "resume", err) ||
        !is_emergency(folder, &is, err))
        return false;
    return !(was && is) ||
           qt_fail(err, QT_E_FAILED,
                   "not resumed: EMERGENCY is left only when the venue was twice read flat, with the "
                   "kill switch released, and with a --reason");
}

/* A line when it changed. */
static void
say_progress(const json_t *status, char last[128])
{
    const char *text = json_string_value(json_object_get(status, "liquidation"));
    if (!text || strcmp(text, last) == 0)
        return;
    snprintf(last, 128, "%s", text);
    printf("liquidate: %s\n", text);
    fflush(stdout);
}

/* Until the engine says flat; a silent engine is asked again, a vanished one is an error. */
static bool
watch(const char *folder, struct qt_error *err)
{
    const struct timespec pace = {.tv_nsec = WATCH_MS * QT_NS_PER_MS};
    char last[128] = "";
    for (;;) {
        nanosleep(&pace, NULL);
        json_t *status = ask_status(folder, err);
        if (!status)
            return qt_error_add(err, "watching the liquidation (it goes on in the engine)");
        const char *mode = json_string_value(json_object_get(status, "mode"));
        bool is_working = json_is_true(json_object_get(status, "liquidating"));
        bool has_begun = mode && strcmp(mode, "EMERGENCY") == 0 &&
                         !json_is_true(json_object_get(status, "halted"));
        say_progress(status, last);
        json_decref(status);
        if (has_begun && !is_working)
            return true;
    }
}

static bool
liquidate_run(const struct qt_args *args, struct qt_error *err)
{
    char folder[QT_STATE_DIR];
    const char *reason = qt_args_get(args, "reason");
    if (!reason || !*reason)
        return qt_fail(err, QT_E_USAGE, "--reason is missing (it goes to the audit log)");
    if (!qt_args_has(args, "yes") &&
        !is_typed("cancel every order and sell every position? type FLAT", "FLAT"))
        return qt_fail(err, QT_E_USAGE, "not liquidated: type FLAT, or give --yes");
    if (!give(args, "liquidate", folder, err))
        return false;
    if (qt_args_has(args, "no-wait"))
        return tell_mode(folder, "liquidate", err);
    return watch(folder, err);
}

static const struct qt_option reason_only[] = {
    {"reason", 'r', "TEXT", "why; goes to the audit log"}, {0}};

const struct qt_command qt_cmd_pause = {
    .name = "pause",
    .summary = "stop opening positions; exits go on",
    .options = reason_only,
    .flags = QT_NEEDS_ENGINE,
    .run = pause_run,
};

const struct qt_command qt_cmd_reduce = {
    .name = "reduce",
    .summary = "only let positions become smaller",
    .options = reason_only,
    .flags = QT_NEEDS_ENGINE,
    .run = reduce_run,
};

const struct qt_command qt_cmd_resume = {
    .name = "resume",
    .summary = "trade again after a stop",
    .options = (const struct qt_option[]){{"reason", 'r', "TEXT", "why; goes to the audit log"},
                                          {"yes", 'y', NULL, "do not ask"},
                                          {0}},
    .flags = QT_NEEDS_ENGINE | QT_DESTRUCTIVE,
    .run = resume_run,
};

const struct qt_command qt_cmd_liquidate = {
    .name = "liquidate",
    .summary = "cancel every order and flatten every position",
    .options = (const struct qt_option[]){{"reason", 'r', "TEXT",
                                           "why; needed, goes to the audit "
                                           "log"},
                                          {"yes", 'y', NULL, "do not ask"},
                                          {"no-wait", 0, NULL, "do not watch until it is flat"},
                                          {0}},
    .flags = QT_NEEDS_ENGINE | QT_DESTRUCTIVE,
    .run = liquidate_run,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the control socket answers to a line. How to add a command: its function, its row in
 * answers[], its line in control.h; tests/api/test_control.py asks for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/api/document.h"
#include "qtrade/api/guard.h"
#include "qtrade/base/memory.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "control_priv.h"

/* A request, and who asks. */
struct call {
    struct qt_control_peer peer;
    const char *command, *reason; /* reason: "" when there is none */
    const json_t *request;
};

static json_t *
done(void)
{
    return json_pack("{s:i,s:b}", "v", QT_CONTROL_VERSION, "ok", 1);
}

static json_t *
done_with(const char *name, json_t *what)
{
    return json_pack("{s:i,s:b,s:o}", "v", QT_CONTROL_VERSION, "ok", 1, name, what);
}

static json_t *
refusal(const char *text)
{
    return json_pack("{s:i,s:b,s:s}", "v", QT_CONTROL_VERSION, "ok", 0, "error", text);
}

char *
qt__control_say(json_t *reply)
{
    char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
    json_decref(reply);
    if (!qt_memory_was_short())
        return text;
    free(text); /* an order or a position may be missing in it */
    return strdup("{\"v\":1,\"ok\":false,\"error\":\"no memory for all of the answer; a command may "
                  "have been taken\"}");
}

/* The engine's thread does not move: the picture is old, and nothing but the gate obeys. */
static bool
is_engine_silent(const struct qt_control_server *server, double *out_s)
{
    struct qt_part_view part;
    for (unsigned i = 0; qt_board_view(server->options.board, i, &part); i++) {
        if (part.component != QT_COMPONENT_ENGINE || part.state != QT_PART_FAILED)
            continue;
        *out_s = (double)part.silent_ns / (double)QT_NS_PER_S;
        return true;
    }
    return false;
}

/* Since the engine's thread was last seen to move; 0 where nobody looks. */
static int64_t
engine_silence(const struct qt_control_server *server)
{
    struct qt_part_view part;
    for (unsigned i = 0; qt_board_view(server->options.board, i, &part); i++)
        if (part.component == QT_COMPONENT_ENGINE && part.has_heartbeat)
            return part.silent_ns;
    return 0;
}

/* What somebody tells of himself; null where nobody does. */
static json_t *
told_by(json_t *(*tell)(void *self), void *self)
{
    return tell ? tell(self) : json_null();
}

static json_t *
answer_status(struct qt_control_server *server, const struct call *call)
{
    (void)call;
    const struct qt_control_engine *engine = &server->options.engine;
    const struct qt_snapshot *snapshot = engine->take(engine->self);
    if (!snapshot)
        return refusal("the engine is starting: no picture yet (try again)");
    double uptime = (double)(qt_now_mono_ns() - server->options.begun_ns) / (double)QT_NS_PER_S;
    json_t *status = qt_document_status(snapshot, server->options.version, (long)getpid(), uptime);
    engine->give(engine->self, snapshot);
    double silent_s;
    bool is_silent = is_engine_silent(server, &silent_s);
    json_object_set_new(status, "engine_silent_s", is_silent ? json_real(silent_s) : json_null());
    json_object_set_new(status, "dashboard",
                        json_string(qt_dashboard_name(server->options.dashboard)));
    bool is_absent = false;
    double seen_s = engine->seen_s ? engine->seen_s(engine->self, &is_absent) : -1;
    json_object_set_new(status, "operator_seen_s", seen_s >= 0 ? json_real(seen_s) : json_null());
    json_object_set_new(status, "operator_absent", json_boolean(is_absent));
    json_object_set_new(status, "process", told_by(engine->process, engine->self));
    json_object_set_new(status, "components", qt_document_components(server->options.board));
    json_object_set_new(status, "audit", told_by(engine->audit, engine->self));
    json_object_set_new(status, "rekey", told_by(engine->rekey_state, engine->self));
    json_object_set_new(status, "watchman",
                        qt__watched_document(&server->watched, qt_now_mono_ns()));
    json_object_set_new(status, "hardware", told_by(engine->hardware, engine->self));
    return done_with("status", status);
}

static json_t *
answer_guard(struct qt_control_server *server, const struct call *call)
{
    qt__watched_take(&server->watched, call->request, qt_now_mono_ns());
    const struct qt_control_engine *engine = &server->options.engine;
    const struct qt_snapshot *snapshot = engine->take(engine->self);
    if (!snapshot)
        return refusal("the engine is starting: no picture yet (try again)");
    json_t *guard = qt_guard_write(snapshot, server->options.universe, server->options.tag,
                                   engine_silence(server));
    engine->give(engine->self, snapshot);
    return done_with("guard", guard);
}

static json_t *
answer_command(struct qt_control_server *server, const struct call *call, enum qt_command_kind kind)
{
    const struct qt_control_engine *engine = &server->options.engine;
    struct qt_error err = {0};
    double silent_s;
    char text[160];
    bool is_silent = is_engine_silent(server, &silent_s);
    if (is_silent)
        snprintf(text, sizeof text, "the engine does not answer since %.0f s: %s", silent_s,
                 kind == QT_COMMAND_RESUME ? "nothing can resume"
                                           : "the gate is shut, everything else waits for it");
    if (is_silent && kind == QT_COMMAND_RESUME)
        return refusal(text);
    if (!engine->command(engine->self, &call->peer, kind, call->reason, &err))
        return refusal(err.text);
    return is_silent ? done_with("warning", json_string(text)) : done();
}

static json_t *
answer_lamps(struct qt_control_server *server, const struct call *call)
{
    (void)call;
    const struct qt_control_engine *engine = &server->options.engine;
    struct qt_error err = {0};
    if (!engine->test_lamps)
        return refusal("this engine drives no lamps");
    if (!engine->test_lamps(engine->self, &err))
        return refusal(err.text);
    return done();
}

static json_t *
answer_rekey(struct qt_control_server *server, const struct call *call)
{
    const struct qt_control_engine *engine = &server->options.engine;
    struct qt_error err = {0};
    qt__control_note(server, &call->peer, "control.request", "rekey");
    if (!engine->rekey)
        return refusal("this engine has no store of its own");
    if (!engine->rekey(engine->self, call->reason, &err))
        return refusal(err.text);
    return done();
}

/* "ACTION DETAIL" of a subcommand that has done something with the folder of this engine. */
static json_t *
answer_note(struct qt_control_server *server, const struct call *call)
{
    char action[24];
    size_t n = strspn(call->reason, "abcdefghijklmnopqrstuvwxyz.");
    if (n == 0 || n >= sizeof action || call->reason[n] != ' ')
        return refusal("an entry of the audit is an action and a detail");
    if (!server->options.engine.note)
        return refusal("this engine keeps no audit");
    qt_copy_n(action, sizeof action, call->reason, n);
    qt__control_note(server, &call->peer, action, call->reason + n + 1);
    return done();
}

static const struct {
    const char *command;
    json_t *(*answer)(struct qt_control_server *server, const struct call *call);
} answers[] = {{"status", answer_status},
               {"guard", answer_guard},
               {"audit", answer_note},
               {"rekey", answer_rekey},
               {"test_lamps", answer_lamps}};

/* A command to the engine's mode: what no person may say is told to the audit as well. */
static json_t *
answer_mode(struct qt_control_server *server, const struct call *call, enum qt_command_kind kind)
{
    char what[128];
    snprintf(what, sizeof what, "%s%s%.80s", call->command, *call->reason ? ": " : "",
             call->reason);
    qt__control_note(server, &call->peer, "control.request", what);
    if (kind > QT_COMMAND_LIQUIDATE) /* halt and note are the switch's */
        return refusal("unknown command");
    return answer_command(server, call, kind);
}

static json_t *
hold(const struct qt_control_server *server, struct qt__control_client *client, json_t *reply)
{
    qt__control_wait_begin(&client->wait, &server->options.engine, reply);
    return reply;
}

static json_t *
answer(struct qt_control_server *server, struct qt__control_client *client, const json_t *request)
{
    const char *source = json_string_value(json_object_get(request, "source"));
    const char *reason = json_string_value(json_object_get(request, "reason"));
    struct call call = {.peer = client->peer,
                        .command = json_string_value(json_object_get(request, "command")),
                        .reason = reason ? reason : "",
                        .request = request};
    call.peer.is_attached = source && strcmp(source, "attach") == 0;
    if (json_integer_value(json_object_get(request, "v")) != QT_CONTROL_VERSION)
        return refusal("unknown version: this engine speaks v 1");
    if (!call.command)
        return refusal("no command");
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strcmp(call.command, answers[i].command) == 0)
            return answers[i].answer(server, &call);
    for (int kind = 0; kind < QT_COMMAND_KINDS; kind++)
        if (strcmp(call.command, qt_command_name((enum qt_command_kind)kind)) == 0)
            return hold(server, client, answer_mode(server, &call, (enum qt_command_kind)kind));
    return refusal("unknown command");
}

static char *
answer_picture(struct qt_control_server *server, struct qt__control_client *client,
               const json_t *request)
{
    const char *news;
    if (!qt__control_picture(server, client, request, &news))
        return NULL;
    return news ? strdup(news) : qt__control_say(done_with("picture", json_null()));
}

static bool
is_picture(const json_t *request)
{
    const char *command = json_string_value(json_object_get(request, "command"));
    return command && strcmp(command, "picture") == 0 &&
           json_integer_value(json_object_get(request, "v")) == QT_CONTROL_VERSION;
}

char *
qt__control_answer(struct qt_control_server *server, struct qt__control_client *client,
                   size_t length)
{
    json_error_t ignored;
    qt_memory_watch();
    json_t *request = json_loadb(client->in, length, JSON_REJECT_DUPLICATES, &ignored);
    char *text;
    if (!json_is_object(request))
        text = qt__control_say(refusal("not a JSON object on one line"));
    else if (is_picture(request))
        text = answer_picture(server, client, request);
    else
        text = qt__control_say(answer(server, client, request));
    json_decref(request);
    return text;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket's server: one thread, one poll, a fixed table of clients. Nothing here waits
 * for a client: what is slow is dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/api/document.h"
#include "qtrade/api/guard.h"
#include "qtrade/api/picture.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

enum { CLIENTS = 32, LINE = 64 * 1024, PATIENCE_S = 10, BACKLOG = 64, ACCEPT_PAUSE_MS = 500 };
#define NOTICE_NS (60 * QT_NS_PER_S)

/* What was told last of a kind. */
struct told {
    struct qt_control_peer peer;
    int64_t at_ns; /* monotonic; 0: never */
    uint64_t since;
};

struct client {
    int fd;           /* -1: free */
    struct qt_control_peer peer;
    int64_t keys;     /* pressed in its screen, as far as it said */
    bool is_attached; /* it asked for a picture */
    int64_t since_ns; /* of the last whole line in, or answer out, monotonic */
    char *in;
    size_t in_length;
    char *out; /* NULL: nothing to send */
    size_t out_length, sent;
};

struct qt_control_server {
    struct qt_control_options options;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    int listener, wake;
    struct client client[CLIENTS];
    struct qt_snapshot *withheld; /* a copy, where the dashboard does not show all */
    struct qt_text picture;       /* the newest that somebody asked for, as text */
    uint64_t picture_number;
    struct told told[QT_CONTROL_NOTICES];
    int64_t accept_ns;    /* no accept before, monotonic: descriptors or memory were short (fault R3) */
    int64_t told_ns;      /* when that was said, once a minute; 0: never */
    bool is_short;        /* until one is accepted again */
    pthread_t thread;
    bool has_thread;
    atomic_bool stop, has_ended;
    atomic_uint_fast64_t clients, requests, refused;
};

static void
drop(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    free(client->in);
    free(client->out);
    *client = (struct client){.fd = -1};
}

/* A crowd does not fill the log. */
static void
notice(struct qt_control_server *server, enum qt_control_notice kind,
       const struct qt_control_peer *peer)
{
    const struct qt_control_engine *engine = &server->options.engine;
    struct told *told = &server->told[kind];
    int64_t now = qt_now_mono_ns();
    bool is_same = told->at_ns != 0 && told->peer.uid == peer->uid &&
                   (kind == QT_CONTROL_REFUSED || told->peer.pid == peer->pid);
    told->since++;
    if (!engine->notice || (is_same && now - told->at_ns < NOTICE_NS))
        return;
    engine->notice(engine->self, kind, peer, told->since);
    *told = (struct told){.peer = *peer, .at_ns = now};
}

/* The audit */

/* An entry that names who is at the other end. */
static void
note_peer(const struct qt_control_server *server, const struct qt_control_peer *peer,
          const char *action, const char *what)
{
    const struct qt_control_engine *engine = &server->options.engine;
    char detail[192];
    if (!engine->note)
        return;
    snprintf(detail, sizeof detail, "uid %u pid %d: %s", (unsigned)peer->uid, (int)peer->pid, what);
    engine->note(engine->self, action, detail);
}

/* Commands to the engine; status and pictures are no deeds. */
static void
note_request(const struct qt_control_server *server, const struct qt_control_peer *peer,
             const json_t *request)
{
    const char *command = json_string_value(json_object_get(request, "command"));
    const char *reason = json_string_value(json_object_get(request, "reason"));
    char what[128];
    for (int kind = 0; command && kind < QT_COMMAND_KINDS; kind++)
        if (strcmp(command, qt_command_name((enum qt_command_kind)kind)) == 0) {
            snprintf(what, sizeof what, "%s%s%.80s", command, reason && *reason ? ": " : "",
                     reason ? reason : "");
            note_peer(server, peer, "control.request", what);
        }
}

/* Answers */

static json_t *
refusal(const char *text)
{
    return json_pack("{s:i,s:b,s:s}", "v", QT_CONTROL_VERSION, "ok", 0, "error", text);
}

/* The text of an answer, which it takes. */
static char *
say(json_t *reply)
{
    char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
    json_decref(reply);
    return text;
}

/* The engine's thread does not move: what the picture says is old, and nothing but the gate obeys.
 */
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

/* Pictures */

/* Room for one picture as text and one copy, when the first is asked for. */
static bool
has_room(struct qt_control_server *server)
{
    if (!server->picture.buffer) {
        char *buffer = malloc(QT_PICTURE_MAX);
        if (buffer)
            qt_text_init(&server->picture, buffer, QT_PICTURE_MAX);
    }
    if (!server->withheld && server->options.dashboard != QT_DASHBOARD_FULL)
        server->withheld = malloc(sizeof *server->withheld);
    return server->picture.buffer &&
           (server->withheld || server->options.dashboard == QT_DASHBOARD_FULL);
}

/* The answer with that picture, as all clients get it, in server->picture. */
static void
write_picture(struct qt_control_server *server, const struct qt_snapshot *snapshot)
{
    if (snapshot->number == server->picture_number)
        return;
    server->picture_number = snapshot->number;
    if (server->options.dashboard != QT_DASHBOARD_FULL) {
        *server->withheld = *snapshot;
        qt_dashboard_withhold(server->withheld, server->options.dashboard);
        snapshot = server->withheld;
    }
    qt_text_clear(&server->picture);
    qt_text_addf(&server->picture, "{\"v\":%d,\"ok\":true,\"picture\":", QT_CONTROL_VERSION);
    qt_picture_write(snapshot, &server->picture);
    qt_text_add_char(&server->picture, '}');
    qt_assert(!server->picture.is_cut);
}

/* {"v":1,"command":"picture","after":NUMBER,"keys":N}: the newest picture, null when it is still
 * that one, so that whoever is slow skips pictures (fault T2). N counts the keys pressed there. */
static char *
answer_picture(struct qt_control_server *server, struct client *client, const json_t *request)
{
    const struct qt_control_engine *engine = &server->options.engine;
    uint64_t after = (uint64_t)json_integer_value(json_object_get(request, "after"));
    int64_t keys = json_integer_value(json_object_get(request, "keys"));
    if (keys > client->keys && engine->seen)
        engine->seen(engine->self);
    client->keys = keys;
    if (!client->is_attached)
        notice(server, QT_CONTROL_ATTACHED, &client->peer);
    client->is_attached = true;
    if (!has_room(server))
        return NULL;
    const struct qt_snapshot *snapshot = engine->take(engine->self);
    if (snapshot)
        write_picture(server, snapshot);
    bool is_news = snapshot && snapshot->number != after;
    engine->give(engine->self, snapshot);
    return is_news ? strdup(server->picture.buffer)
                   : say(json_pack("{s:i,s:b,s:n}", "v", QT_CONTROL_VERSION, "ok", 1, "picture"));
}

static json_t *
answer_status(struct qt_control_server *server)
{
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
    json_object_set_new(status, "process",
                        engine->process ? engine->process(engine->self) : json_null());
    json_object_set_new(status, "components", qt_document_components(server->options.board));
    json_object_set_new(status, "audit", engine->audit ? engine->audit(engine->self) : json_null());
    json_object_set_new(status, "rekey",
                        engine->rekey_state ? engine->rekey_state(engine->self) : json_null());
    json_object_set_new(status, "hardware",
                        engine->hardware ? engine->hardware(engine->self) : json_null());
    return json_pack("{s:i,s:b,s:o}", "v", QT_CONTROL_VERSION, "ok", 1, "status", status);
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

static json_t *
answer_guard(struct qt_control_server *server)
{
    const struct qt_control_engine *engine = &server->options.engine;
    const struct qt_snapshot *snapshot = engine->take(engine->self);
    if (!snapshot)
        return refusal("the engine is starting: no picture yet (try again)");
    json_t *guard = qt_guard_write(snapshot, server->options.tag, engine_silence(server));
    engine->give(engine->self, snapshot);
    return json_pack("{s:i,s:b,s:o}", "v", QT_CONTROL_VERSION, "ok", 1, "guard", guard);
}

static json_t *
answer_command(struct qt_control_server *server, const struct qt_control_peer *peer,
               enum qt_command_kind kind, const char *reason)
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
    if (!engine->command(engine->self, peer, kind, reason, &err))
        return refusal(err.text);
    if (is_silent)
        return json_pack("{s:i,s:b,s:s}", "v", QT_CONTROL_VERSION, "ok", 1, "warning", text);
    return json_pack("{s:i,s:b}", "v", QT_CONTROL_VERSION, "ok", 1);
}

/* "ACTION DETAIL" of a subcommand that has done something with the folder of this engine. */
static json_t *
answer_lamps(struct qt_control_server *server)
{
    const struct qt_control_engine *engine = &server->options.engine;
    struct qt_error err = {0};
    if (!engine->test_lamps)
        return refusal("this engine drives no lamps");
    if (!engine->test_lamps(engine->self, &err))
        return refusal(err.text);
    return json_pack("{s:i,s:b}", "v", QT_CONTROL_VERSION, "ok", 1);
}

static json_t *
answer_rekey(const struct qt_control_server *server, const struct qt_control_peer *peer, const char *hex)
{
    const struct qt_control_engine *engine = &server->options.engine;
    struct qt_error err = {0};
    note_peer(server, peer, "control.request", "rekey");
    if (!engine->rekey)
        return refusal("this engine has no store of its own");
    if (!engine->rekey(engine->self, hex, &err))
        return refusal(err.text);
    return json_pack("{s:i,s:b}", "v", QT_CONTROL_VERSION, "ok", 1);
}

static json_t *
answer_note(const struct qt_control_server *server, const struct client *client, const char *text)
{
    char action[24];
    size_t n = text ? strspn(text, "abcdefghijklmnopqrstuvwxyz.") : 0;
    if (n == 0 || n >= sizeof action || text[n] != ' ')
        return refusal("an entry of the audit is an action and a detail");
    if (!server->options.engine.note)
        return refusal("this engine keeps no audit");
    qt_copy_n(action, sizeof action, text, n);
    note_peer(server, &client->peer, action, text + n + 1);
    return json_pack("{s:i,s:b}", "v", QT_CONTROL_VERSION, "ok", 1);
}

static json_t *
answer(struct qt_control_server *server, struct client *client, const json_t *request)
{
    struct qt_control_peer peer = client->peer;
    const char *source = json_string_value(json_object_get(request, "source"));
    peer.is_attached = source && strcmp(source, "attach") == 0;
    const char *command = json_string_value(json_object_get(request, "command"));
    const char *reason = json_string_value(json_object_get(request, "reason"));
    if (json_integer_value(json_object_get(request, "v")) != QT_CONTROL_VERSION)
        return refusal("unknown version: this engine speaks v 1");
    if (!command)
        return refusal("no command");
    if (strcmp(command, "status") == 0)
        return answer_status(server);
    if (strcmp(command, "guard") == 0)
        return answer_guard(server);
    if (strcmp(command, "audit") == 0)
        return answer_note(server, client, reason);
    if (strcmp(command, "rekey") == 0)
        return answer_rekey(server, &peer, reason ? reason : "");
    note_request(server, &peer, request);
    if (strcmp(command, "test_lamps") == 0)
        return answer_lamps(server);
    for (int kind = 0; kind <= QT_COMMAND_LIQUIDATE; kind++) /* halt and note are the switch's */
        if (strcmp(command, qt_command_name((enum qt_command_kind)kind)) == 0)
            return answer_command(server, &peer, (enum qt_command_kind)kind, reason ? reason : "");
    return refusal("unknown command");
}

static bool
is_picture(const json_t *request)
{
    const char *command = json_string_value(json_object_get(request, "command"));
    return command && strcmp(command, "picture") == 0 &&
           json_integer_value(json_object_get(request, "v")) == QT_CONTROL_VERSION;
}

/* Out of the line comes the text of the answer; NULL: no memory. */
static char *
answer_line(struct qt_control_server *server, struct client *client, size_t length)
{
    json_error_t ignored;
    json_t *request = json_loadb(client->in, length, JSON_REJECT_DUPLICATES, &ignored);
    char *text;
    if (!json_is_object(request))
        text = say(refusal("not a JSON object on one line"));
    else if (is_picture(request))
        text = answer_picture(server, client, request);
    else
        text = say(answer(server, client, request));
    json_decref(request);
    return text;
}

static void
take_line(struct qt_control_server *server, struct client *client, size_t length)
{
    char *text = answer_line(server, client, length);
    atomic_fetch_add(&server->requests, 1);
    size_t n = text ? strlen(text) : 0;
    client->out = text ? realloc(text, n + 1) : NULL;
    if (!client->out) {
        free(text);
        drop(client);
        return;
    }
    client->out[n] = '\n'; /* over the NUL: the length counts */
    client->out_length = n + 1;
    client->sent = 0;
    client->since_ns = qt_now_mono_ns(); /* the whole answer must be taken in time (fault N4) */
}

/* Takes one line when there is one and the last answer is out; what follows it waits. */
static void
work_lines(struct qt_control_server *server, struct client *client)
{
    while (client->fd >= 0 && !client->out) {
        char *end = memchr(client->in, '\n', client->in_length);
        if (!end) {
            if (client->in_length == LINE)
                drop(client);
            return;
        }
        size_t length = (size_t)(end - client->in);
        take_line(server, client, length);
        if (client->fd < 0)
            return;
        client->in_length -= length + 1;
        memmove(client->in, end + 1, client->in_length);
    }
}

static void
receive(struct qt_control_server *server, struct client *client)
{
    ssize_t n =
        recv(client->fd, client->in + client->in_length, LINE - client->in_length, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            drop(client);
        return;
    }
    client->in_length += (size_t)n;
    if (memchr(client->in, '\n', client->in_length))
        client->since_ns = qt_now_mono_ns();
    work_lines(server, client);
}

static void
transmit(struct qt_control_server *server, struct client *client)
{
    ssize_t n = send(client->fd, client->out + client->sent, client->out_length - client->sent,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            drop(client);
        return;
    }
    client->sent += (size_t)n;
    if (client->sent < client->out_length)
        return;
    client->since_ns = qt_now_mono_ns();
    free(client->out);
    client->out = NULL;
    work_lines(server, client);
}

/* Our own user and root; anybody else is refused (fault N4). */
static bool
is_allowed(int fd, struct qt_control_peer *out)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    *out = (struct qt_control_peer){.uid = peer.uid, .pid = peer.pid};
    return peer.uid == geteuid() || peer.uid == 0;
}

/* Nothing of ours is free for a client: those that wait stay in the queue, the links that are there
 * go on, and the listener is not polled, which would answer at once for ever. */
static void
pause_accept(struct qt_control_server *server, int why)
{
    int64_t now = qt_now_mono_ns();
    server->accept_ns = now + ACCEPT_PAUSE_MS * QT_NS_PER_MS;
    if (server->told_ns == 0 || now - server->told_ns > QT_NS_PER_MIN) {
        server->told_ns = now;
        qt_part_failed(server->options.part, "no more clients for now: %s", strerror(why));
    }
    server->is_short = true;
    qt_part_set(server->options.part, QT_PART_DEGRADED);
}

static void
welcome(struct qt_control_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct client *place = NULL;
    struct qt_control_peer peer = {0};
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accept(server, errno);
        return;
    }
    if (server->is_short)
        qt_part_set(server->options.part, QT_PART_RUNNING);
    server->is_short = false;
    for (int i = 0; i < CLIENTS && !place; i++)
        if (server->client[i].fd < 0)
            place = &server->client[i];
    bool is_ours = is_allowed(fd, &peer);
    char *in = is_ours && place ? malloc(LINE) : NULL;
    if (!in) {
        atomic_fetch_add(&server->refused, 1);
        notice(server, QT_CONTROL_REFUSED, &peer);
        close(fd);
        return;
    }
    atomic_fetch_add(&server->clients, 1);
    *place = (struct client){.fd = fd, .peer = peer, .in = in, .since_ns = qt_now_mono_ns()};
}

static void
drop_slow(struct qt_control_server *server)
{
    int64_t now = qt_now_mono_ns();
    for (int i = 0; i < CLIENTS; i++)
        if (server->client[i].fd >= 0 &&
            now - server->client[i].since_ns > PATIENCE_S * QT_NS_PER_S)
            drop(&server->client[i]);
}

/* Not asked to: whoever started it starts another. */
static void
end(struct qt_control_server *server, const char *why)
{
    qt_part_failed(server->options.part, "waiting for clients: %s", why);
    qt_part_set(server->options.part, QT_PART_FAILED);
    atomic_store(&server->has_ended, true);
}

static void *
serve(void *argument)
{
    struct qt_control_server *server = argument;
    struct pollfd fds[CLIENTS + 2];
    while (!atomic_load(&server->stop)) {
        qt_part_beat(server->options.part);
        for (int i = 0; i < CLIENTS; i++)
            fds[i] = (struct pollfd){.fd = server->client[i].fd,
                                     .events = server->client[i].out ? POLLOUT : POLLIN};
        bool accepts = server->accept_ns <= qt_now_mono_ns();
        fds[CLIENTS] =
            (struct pollfd){.fd = accepts ? server->listener : -1, .events = POLLIN};
        fds[CLIENTS + 1] = (struct pollfd){.fd = server->wake, .events = POLLIN};
        if (poll(fds, CLIENTS + 2, accepts ? 1000 : ACCEPT_PAUSE_MS) < 0 && errno != EINTR) {
            end(server, strerror(errno));
            break;
        }
        for (int i = 0; i < CLIENTS; i++) {
            if (server->client[i].fd < 0 || !fds[i].revents)
                continue;
            if (server->client[i].out)
                transmit(server, &server->client[i]);
            else
                receive(server, &server->client[i]);
        }
        if (fds[CLIENTS].revents)
            welcome(server);
        drop_slow(server);
    }
    return NULL;
}

/* Start and end */

/* What is in the way: an engine that answers, a file that is no socket, or a dead socket. */
static bool
clear_way(const struct sockaddr_un *address, struct qt_error *err)
{
    struct stat found;
    if (lstat(address->sun_path, &found) != 0)
        return true;
    if (!S_ISSOCK(found.st_mode) || found.st_uid != geteuid())
        return qt_fail(err, QT_E_CONFIG, "%s: in the way and not a socket of ours (remove it)",
                       address->sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    if (is_alive)
        return qt_fail(err, QT_E_LOCKED, "%s: another engine answers there", address->sun_path);
    return unlink(address->sun_path) == 0 ||
           qt_fail_errno(err, QT_E_IO, "removing the old socket %s", address->sun_path);
}

static bool
listen_on(struct qt_control_server *server, struct qt_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/" QT_CONTROL_NAME,
                     server->options.folder);
    if (n >= (int)sizeof address.sun_path)
        return qt_fail(err, QT_E_CONFIG, "%s: too long a path for a socket",
                       server->options.folder);
    if (!clear_way(&address, err))
        return false;
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    mode_t before = umask(0177);
    bool is_bound = server->listener >= 0 && server->wake >= 0 &&
                    bind(server->listener, (const struct sockaddr *)&address, sizeof address) == 0;
    umask(before);
    if (!is_bound)
        return qt_fail_errno(err, QT_E_IO, "the control socket %s", address.sun_path);
    qt_copy(server->path, sizeof server->path, address.sun_path);
    return listen(server->listener, BACKLOG) == 0 ||
           qt_fail_errno(err, QT_E_IO, "the control socket %s", address.sun_path);
}

/* Signals are other threads' business. */
static bool
start_thread(struct qt_control_server *server, struct qt_error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    server->has_thread = pthread_create(&server->thread, NULL, serve, server) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return server->has_thread ||
           qt_fail(err, QT_E_FAILED, "the control socket's thread cannot be started");
}

struct qt_control_server *
qt_control_start(const struct qt_control_options *options, struct qt_error *err)
{
    struct qt_control_server *server = calloc(1, sizeof *server);
    if (!server) {
        qt_fail(err, QT_E_MEMORY, "no memory for the control socket");
        return NULL;
    }
    server->options = *options;
    server->listener = server->wake = -1;
    for (int i = 0; i < CLIENTS; i++)
        server->client[i].fd = -1;
    if (listen_on(server, err) && start_thread(server, err)) {
        qt_part_set(options->part, QT_PART_RUNNING);
        return server;
    }
    qt_control_stop(server);
    return NULL;
}

void
qt_control_stop(struct qt_control_server *server)
{
    if (!server)
        return;
    atomic_store(&server->stop, true);
    if (server->has_thread) {
        uint64_t one = 1;
        ssize_t written = write(server->wake, &one, sizeof one);
        (void)written; /* a full counter wakes as well */
        pthread_join(server->thread, NULL);
        qt_part_set(server->options.part, QT_PART_STOPPED);
    }
    for (int i = 0; i < CLIENTS; i++)
        drop(&server->client[i]);
    if (server->listener >= 0)
        close(server->listener);
    if (server->wake >= 0)
        close(server->wake);
    if (server->path[0])
        unlink(server->path);
    free(server->withheld);
    free(server->picture.buffer);
    free(server);
}

bool
qt_control_has_ended(const struct qt_control_server *server)
{
    return server && atomic_load(&server->has_ended);
}

struct qt_control_stats
qt_control_stats(const struct qt_control_server *server)
{
    return (struct qt_control_stats){.clients = atomic_load(&server->clients),
                                     .requests = atomic_load(&server->requests),
                                     .refused = atomic_load(&server->refused)};
}

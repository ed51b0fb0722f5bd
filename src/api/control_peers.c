/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who connects to the control socket: its own user and root, told to the log and to the audit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qtrade/base/time.h"

#include "control_priv.h"

#define NOTICE_NS (60 * QT_NS_PER_S)

/* A crowd does not fill the log. */
void
qt__control_notice(struct qt_control_server *server, enum qt_control_notice kind,
                   const struct qt_control_peer *peer)
{
    const struct qt_control_engine *engine = &server->options.engine;
    struct qt__control_told *told = &server->told[kind];
    int64_t now = qt_now_mono_ns();
    bool is_same = told->at_ns != 0 && told->peer.uid == peer->uid &&
                   (kind == QT_CONTROL_REFUSED || told->peer.pid == peer->pid);
    told->since++;
    if (!engine->notice || (is_same && now - told->at_ns < NOTICE_NS))
        return;
    engine->notice(engine->self, kind, peer, told->since);
    *told = (struct qt__control_told){.peer = *peer, .at_ns = now};
}

/* An entry that names who is at the other end. */
void
qt__control_note(const struct qt_control_server *server, const struct qt_control_peer *peer,
                 const char *action, const char *what)
{
    const struct qt_control_engine *engine = &server->options.engine;
    char detail[192];
    if (!engine->note)
        return;
    snprintf(detail, sizeof detail, "uid %u pid %d: %s", (unsigned)peer->uid, (int)peer->pid, what);
    engine->note(engine->self, action, detail);
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
    server->accept_ns = now + QT__CONTROL_PAUSE_MS * QT_NS_PER_MS;
    if (server->told_ns == 0 || now - server->told_ns > QT_NS_PER_MIN) {
        server->told_ns = now;
        qt_part_failed(server->options.part, "no more clients for now: %s", strerror(why));
    }
    server->is_short = true;
    qt_part_set(server->options.part, QT_PART_DEGRADED);
}

void
qt__control_welcome(struct qt_control_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct qt__control_client *place = NULL;
    struct qt_control_peer peer = {0};
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accept(server, errno);
        return;
    }
    if (server->is_short)
        qt_part_set(server->options.part, QT_PART_RUNNING);
    server->is_short = false;
    for (int i = 0; i < QT__CONTROL_CLIENTS && !place; i++)
        if (server->client[i].fd < 0)
            place = &server->client[i];
    bool is_ours = is_allowed(fd, &peer);
    char *in = is_ours && place ? malloc(QT__CONTROL_LINE) : NULL;
    if (!in) {
        atomic_fetch_add(&server->refused, 1);
        qt__control_notice(server, QT_CONTROL_REFUSED, &peer);
        close(fd);
        return;
    }
    atomic_fetch_add(&server->clients, 1);
    *place =
        (struct qt__control_client){.fd = fd, .peer = peer, .in = in, .since_ns = qt_now_mono_ns()};
}

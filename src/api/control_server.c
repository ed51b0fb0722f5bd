/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket's server: one thread, one poll, a fixed table of clients. Nothing here waits
 * for a client: what is slow is dropped.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "qtrade/base/signals.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "control_priv.h"

enum { BACKLOG = 64 };

/* Not asked to: whoever started it starts another. */
static void
end(struct qt_control_server *server, const char *why)
{
    qt_part_failed(server->options.part, "waiting for clients: %s", why);
    qt_part_set(server->options.part, QT_PART_FAILED);
    atomic_store(&server->has_ended, true);
}

/* While the answer is held back only that the client has gone is of interest. */
static short
events_of(const struct qt__control_client *client)
{
    if (client->wait.number != 0)
        return 0;
    return client->out ? POLLOUT : POLLIN;
}

static int
look_ms(const struct qt_control_server *server, bool accepts)
{
    for (int i = 0; i < QT__CONTROL_CLIENTS; i++)
        if (server->client[i].wait.number != 0)
            return QT__CONTROL_LOOK_MS;
    return accepts ? 1000 : QT__CONTROL_PAUSE_MS;
}

/* Who is not writing is asked for a line; the listener rests while the system has no room. */
static void
list(const struct qt_control_server *server, bool accepts,
     struct pollfd fds[QT__CONTROL_CLIENTS + 2])
{
    for (int i = 0; i < QT__CONTROL_CLIENTS; i++)
        fds[i] = (struct pollfd){.fd = server->client[i].fd,
                                 .events = events_of(&server->client[i])};
    fds[QT__CONTROL_CLIENTS] =
        (struct pollfd){.fd = accepts ? server->listener : -1, .events = POLLIN};
    fds[QT__CONTROL_CLIENTS + 1] = (struct pollfd){.fd = server->wake, .events = POLLIN};
}

static void
work_client(struct qt_control_server *server, struct qt__control_client *client)
{
    if (client->out)
        qt__control_transmit(server, client);
    else
        qt__control_receive(server, client);
}

static void *
serve(void *argument)
{
    struct qt_control_server *server = argument;
    struct pollfd fds[QT__CONTROL_CLIENTS + 2];
    while (!atomic_load(&server->stop)) {
        qt_part_beat(server->options.part);
        bool accepts = server->accept_ns <= qt_now_mono_ns();
        list(server, accepts, fds);
        if (poll(fds, QT__CONTROL_CLIENTS + 2, look_ms(server, accepts)) < 0 && errno != EINTR) {
            end(server, strerror(errno));
            break;
        }
        for (int i = 0; i < QT__CONTROL_CLIENTS; i++)
            if (server->client[i].fd >= 0 && fds[i].revents)
                work_client(server, &server->client[i]);
        qt__control_answer_waiting(server);
        if (fds[QT__CONTROL_CLIENTS].revents)
            qt__control_welcome(server);
        qt__control_drop_slow(server);
    }
    return NULL;
}

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
    sigset_t before;
    qt_signals_block(&before);
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
    for (int i = 0; i < QT__CONTROL_CLIENTS; i++)
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
    for (int i = 0; i < QT__CONTROL_CLIENTS; i++)
        qt__control_drop(&server->client[i]);
    if (server->listener >= 0)
        close(server->listener);
    if (server->wake >= 0)
        close(server->wake);
    if (server->path[0])
        unlink(server->path);
    qt__watched_finish(&server->watched);
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

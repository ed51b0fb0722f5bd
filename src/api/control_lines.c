/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of the control socket's clients: lines in, answers out, and whoever is slow is dropped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qtrade/base/memory.h"
#include "qtrade/base/time.h"

#include "control_priv.h"

enum { PATIENCE_S = 10 };

void
qt__control_drop(struct qt__control_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    free(client->in);
    free(client->out);
    *client = (struct qt__control_client){.fd = -1};
}

/* Takes the text, which goes out from here. */
static void
put_out(struct qt__control_client *client, char *text)
{
    size_t n = text ? strlen(text) : 0;
    client->out = text ? realloc(text, n + 1) : NULL;
    if (!client->out) {
        free(text);
        qt__control_drop(client);
        return;
    }
    client->out[n] = '\n'; /* over the NUL: the length counts */
    client->out_length = n + 1;
    client->sent = 0;
    client->since_ns = qt_now_mono_ns(); /* the whole answer must be taken in time (fault N4) */
}

static void
take_line(struct qt_control_server *server, struct qt__control_client *client, size_t length)
{
    char *text = qt__control_answer(server, client, length);
    atomic_fetch_add(&server->requests, 1);
    if (client->wait.number == 0)
        put_out(client, text);
    else
        free(text); /* another one is said when the disk has answered */
}

/* Takes one line when there is one and the last answer is out; what follows it waits. */
static void
work_lines(struct qt_control_server *server, struct qt__control_client *client)
{
    while (client->fd >= 0 && !client->out && client->wait.number == 0) {
        char *end = memchr(client->in, '\n', client->in_length);
        if (!end) {
            if (client->in_length == QT__CONTROL_LINE)
                qt__control_drop(client);
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

void
qt__control_receive(struct qt_control_server *server, struct qt__control_client *client)
{
    ssize_t n = recv(client->fd, client->in + client->in_length,
                     QT__CONTROL_LINE - client->in_length, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            qt__control_drop(client);
        return;
    }
    client->in_length += (size_t)n;
    if (memchr(client->in, '\n', client->in_length))
        client->since_ns = qt_now_mono_ns();
    work_lines(server, client);
}

void
qt__control_transmit(struct qt_control_server *server, struct qt__control_client *client)
{
    ssize_t n = send(client->fd, client->out + client->sent, client->out_length - client->sent,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            qt__control_drop(client);
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

void
qt__control_answer_waiting(struct qt_control_server *server)
{
    for (int i = 0; i < QT__CONTROL_CLIENTS; i++) {
        struct qt__control_client *client = &server->client[i];
        qt_memory_watch();
        json_t *reply = client->wait.number == 0
                            ? NULL
                            : qt__control_wait_look(&client->wait, &server->options.engine,
                                                    qt_now_mono_ns());
        if (!reply)
            continue;
        put_out(client, qt__control_say(reply));
        if (client->fd >= 0)
            qt__control_transmit(server, client);
    }
}

void
qt__control_drop_slow(struct qt_control_server *server)
{
    int64_t now = qt_now_mono_ns();
    for (int i = 0; i < QT__CONTROL_CLIENTS; i++)
        if (server->client[i].fd >= 0 &&
            now - server->client[i].since_ns > PATIENCE_S * QT_NS_PER_S)
            qt__control_drop(&server->client[i]);
}

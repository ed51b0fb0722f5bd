/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The wire: blocking writes, one poll over everything.
 */
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 64
#define TURN_MS 20

struct pair {
    int client, server; /* -1: free */
    int64_t passed;     /* bytes that went to the client */
    int64_t single, cut_after;
};

struct qt_wire {
    int fd, port, to_port;
    pthread_t thread;
    atomic_bool stop;
    atomic_llong knobs[QT_WIRE_KNOBS];
    atomic_ullong cuts, connections;
    struct pair pairs[PAIRS_MAX];
};

static int
connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void
close_pair(struct pair *pair)
{
    close(pair->client);
    close(pair->server);
    pair->client = pair->server = -1;
}

static void
take(struct qt_wire *wire)
{
    int client = accept(wire->fd, NULL, NULL), one = 1;
    struct pair *pair = wire->pairs;
    while (pair < wire->pairs + PAIRS_MAX && pair->client >= 0)
        pair++;
    int server = client >= 0 && pair < wire->pairs + PAIRS_MAX ? connect_to(wire->to_port) : -1;
    if (server < 0) {
        close(client);
        return;
    }
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    long long before = (long long)atomic_fetch_add(&wire->connections, 1);
    long long cut = atomic_load(&wire->knobs[QT_WIRE_CUT_AFTER]);
    *pair = (struct pair){
        .client = client,
        .server = server,
        .single = atomic_load(&wire->knobs[QT_WIRE_SINGLE]),
        .cut_after = cut ? cut + before * atomic_load(&wire->knobs[QT_WIRE_CUT_STEP]) : INT64_MAX};
}

static bool
put(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, bytes, n, MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

static bool
to_server(struct pair *pair)
{
    char buffer[4096];
    ssize_t n = recv(pair->client, buffer, sizeof buffer, 0);
    return n > 0 && put(pair->server, buffer, (size_t)n);
}

/* False: the connection is at its end. */
static bool
to_client(struct qt_wire *wire, struct pair *pair)
{
    char buffer[4096];
    ssize_t n = recv(pair->server, buffer, sizeof buffer, 0);
    for (ssize_t at = 0; at < n;) {
        if (pair->passed >= pair->cut_after) {
            atomic_fetch_add(&wire->cuts, 1);
            return false;
        }
        int64_t step = pair->passed < pair->single ? 1 : n - at;
        if (step > pair->cut_after - pair->passed)
            step = pair->cut_after - pair->passed;
        if (!put(pair->client, buffer + at, (size_t)step))
            return false;
        at += step;
        pair->passed += step;
    }
    return n > 0;
}

static void *
pass(void *context)
{
    struct qt_wire *wire = context;
    while (!atomic_load(&wire->stop)) {
        struct pollfd fds[1 + 2 * PAIRS_MAX] = {{.fd = wire->fd, .events = POLLIN}};
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            fds[1 + 2 * i] = (struct pollfd){.fd = wire->pairs[i].client, .events = POLLIN};
            fds[2 + 2 * i] = (struct pollfd){.fd = wire->pairs[i].server, .events = POLLIN};
        }
        if (poll(fds, 1 + 2 * PAIRS_MAX, TURN_MS) <= 0)
            continue;
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            struct pair *pair = &wire->pairs[i];
            bool is_good = (!fds[1 + 2 * i].revents || to_server(pair)) &&
                           (!fds[2 + 2 * i].revents || to_client(wire, pair));
            if (pair->client >= 0 && !is_good)
                close_pair(pair);
        }
        if (fds[0].revents)
            take(wire);
    }
    return NULL;
}

struct qt_wire *
qt_wire_start(int to_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct qt_wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return NULL;
    wire->to_port = to_port;
    for (size_t i = 0; i < PAIRS_MAX; i++)
        wire->pairs[i].client = wire->pairs[i].server = -1;
    wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wire->fd >= 0 && bind(wire->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(wire->fd, 16) == 0 &&
        getsockname(wire->fd, (struct sockaddr *)&address, &length) == 0) {
        wire->port = ntohs(address.sin_port);
        if (pthread_create(&wire->thread, NULL, pass, wire) == 0)
            return wire;
    }
    close(wire->fd);
    free(wire);
    return NULL;
}

void
qt_wire_stop(struct qt_wire *wire)
{
    if (!wire)
        return;
    atomic_store(&wire->stop, true);
    (void)pthread_join(wire->thread, NULL);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (wire->pairs[i].client >= 0)
            close_pair(&wire->pairs[i]);
    close(wire->fd);
    free(wire);
}

int
qt_wire_port(const struct qt_wire *wire)
{
    return wire->port;
}

void
qt_wire_set(struct qt_wire *wire, enum qt_wire_knob knob, int64_t value)
{
    atomic_store(&wire->knobs[knob], value);
}

uint64_t
qt_wire_cuts(const struct qt_wire *wire)
{
    return atomic_load(&wire->cuts);
}

uint64_t
qt_wire_connections(const struct qt_wire *wire)
{
    return atomic_load(&wire->connections);
}

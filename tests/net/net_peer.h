/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Peers of the net suites: plain blocking sockets on loopback, so that what a client or server of
 * ours meets is exactly the bytes that a test writes, when it writes them. A raw server serves one
 * connection after another on a thread of its own.
 */
#ifndef QTRADE_TESTS_NET_PEER_H
#define QTRADE_TESTS_NET_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qt_check.h"

#include "qtrade/base/time.h"
#include "qtrade/net/loop.h"

struct raw_server {
    int fd, port;
    pthread_t thread;
    void (*serve)(int fd, void *context); /* one connection; closes nothing */
    void *context;
};

static inline void *
raw_server_main(void *argument)
{
    struct raw_server *server = argument;
    for (;;) {
        int fd = accept(server->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        server->serve(fd, server->context);
        close(fd);
    }
}

static inline void
raw_server_start(struct raw_server *server, void (*serve)(int, void *), void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *server = (struct raw_server){.serve = serve, .context = context};
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server->fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(server->fd, 16), 0);
    getsockname(server->fd, (struct sockaddr *)&address, &length);
    server->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&server->thread, NULL, raw_server_main, server), 0);
}

static inline void
raw_server_stop(struct raw_server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static inline int
raw_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* All bytes, or as many as the other side takes. */
static inline void
raw_write(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t put = send(fd, p, n, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        p += put;
        n -= (size_t)put;
    }
}

static inline void
raw_text(int fd, const char *text)
{
    raw_write(fd, text, strlen(text));
}

/* Reads until the text holds stop or the peer ends; false: it ended without. */
static inline bool
raw_read_until(int fd, const char *stop, char *out, size_t capacity)
{
    size_t n = 0;
    out[0] = '\0';
    while (n + 1 < capacity && !strstr(out, stop)) {
        ssize_t got = recv(fd, out + n, capacity - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        out[n] = '\0';
    }
    return strstr(out, stop) != NULL;
}

/* Works the loop until *count reaches want; fails after a minute. */
static inline void
work_until(struct qt_loop *loop, const int *count, int want)
{
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (*count < want && qt_now_mono_ns() < end)
        (void)qt_loop_work(loop, 100);
    ck_assert_int_ge(*count, want);
}

static inline struct qt_loop *
make_loop(const char *ca_file)
{
    struct qt_error err = {0};
    struct qt_loop *loop = qt_loop_create(&(struct qt_loop_options){.ca_file = ca_file}, &err);
    ck_assert_msg(loop != NULL, "%s", err.text);
    return loop;
}

#endif

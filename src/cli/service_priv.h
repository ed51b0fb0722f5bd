/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The service manager that started this process, by the documented datagrams of sd_notify(3): a
 * line each of READY=1, STATUS=..., WATCHDOG=1, STOPPING=1, EXTEND_TIMEOUT_USEC=... to the socket
 * of $NOTIFY_SOCKET. Written here, as it is one sendto: libsystemd brings a dozen libraries into
 * the process that holds the keys.
 *
 * W1: the watchdog is fed only when the engine's thread has moved since the last time (fault P7).
 */
#ifndef QTRADE_CLI_SERVICE_PRIV_H
#define QTRADE_CLI_SERVICE_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "qtrade/engine/snapshot.h"

struct qt__service {
    int socket; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_size;
    int64_t watchdog_ns;       /* time after which it is missed; 0: none */
    int64_t fed_ns, status_ns; /* monotonic */
    uint64_t beats;            /* of the engine when it was fed last */
    bool is_ready;
    char status[160];
};

/** Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID, and takes them out of the environment.
 */
void qt__service_open(struct qt__service *service);
void qt__service_close(struct qt__service *service); /* says STOPPING=1 when it was ready */
/**
 * What is new since the last look: ready with the first picture whose equity is known (the account
 * was read, and every position has a price), the mode, and that the engine moves. picture may be
 * NULL: none yet. Each QT_LOOK_NS, by one thread.
 */
void qt__service_look(struct qt__service *service, const struct qt_snapshot *picture,
                      uint64_t engine_beats, int64_t now_mono_ns);
/** A status line by itself, and time for it: 60 s more to become ready. */
void qt__service_tell(struct qt__service *service, const char *status);

#endif

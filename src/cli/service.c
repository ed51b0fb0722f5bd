/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service_priv.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/mode.h"

enum { STATUS_EVERY_S = 10 };

static void
send_text(const struct qt__service *service, const char *text)
{
    if (service->socket >= 0)
        (void)sendto(service->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                     (const struct sockaddr *)&service->address, service->address_size);
}

/* An absolute path, or '@' and a name without a file. */
static bool
read_address(struct qt__service *service, const char *path)
{
    size_t n = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || n >= sizeof service->address.sun_path)
        return false;
    service->address.sun_family = AF_UNIX;
    memcpy(service->address.sun_path, path, n);
    if (path[0] == '@')
        service->address.sun_path[0] = '\0';
    service->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    return true;
}

/* Microseconds for this process, or for whom it is not said. */
static int64_t
read_watchdog(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    char *end;
    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    long long us = strtoll(usec, &end, 10);
    return *end == '\0' && us > 0 && us < INT64_MAX / QT_NS_PER_US ? us * QT_NS_PER_US : 0;
}

void
qt__service_open(struct qt__service *service)
{
    const char *path = getenv("NOTIFY_SOCKET");
    *service = (struct qt__service){.socket = -1};
    if (path && read_address(service, path))
        service->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    service->watchdog_ns = read_watchdog();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void
qt__service_close(struct qt__service *service)
{
    if (service->is_ready)
        send_text(service, "STOPPING=1\nSTATUS=stopping");
    if (service->socket >= 0)
        close(service->socket);
    service->socket = -1;
    service->is_ready = false;
}

void
qt__service_tell(struct qt__service *service, const char *status)
{
    char text[256];
    snprintf(text, sizeof text, "STATUS=%.180s%s", status,
             service->is_ready ? "" : "\nEXTEND_TIMEOUT_USEC=60000000");
    send_text(service, text);
}

static void
look_at_picture(struct qt__service *service, const struct qt_snapshot *picture, int64_t now)
{
    char status[sizeof service->status] = "connecting";
    if (picture)
        snprintf(status, sizeof status, "%s, %u positions, %u orders, %u of %u symbols eligible%s",
                 qt_mode_name((enum qt_mode)picture->mode), picture->positions, picture->orders,
                 picture->eligible, picture->instruments,
                 picture->has_equity ? "" : ", the account is not read yet");
    bool is_due = now - service->status_ns >= STATUS_EVERY_S * QT_NS_PER_S;
    if (picture && picture->has_equity && !service->is_ready) {
        service->is_ready = true;
        send_text(service, "READY=1");
        is_due = true;
    }
    if (strcmp(status, service->status) == 0 && (service->is_ready || !is_due))
        return;
    qt_copy(service->status, sizeof service->status, status);
    service->status_ns = now;
    qt__service_tell(service, status);
}

void
qt__service_look(struct qt__service *service, const struct qt_snapshot *picture,
                 uint64_t engine_beats, int64_t now_mono_ns)
{
    if (service->socket < 0)
        return;
    look_at_picture(service, picture, now_mono_ns);
    bool moved = engine_beats != service->beats; /* W1 */
    if (service->watchdog_ns == 0 || !moved ||
        now_mono_ns - service->fed_ns < service->watchdog_ns / 4)
        return;
    service->beats = engine_beats;
    service->fed_ns = now_mono_ns;
    send_text(service, "WATCHDOG=1");
}

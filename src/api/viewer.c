/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/api/viewer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/api/picture.h"
#include "qtrade/base/time.h"

#define LINE_MAX (QT_PICTURE_MAX + 4096) /* of an answer */
#define ASK_NS (100 * QT_NS_PER_MS)
#define RETRY_NS (500 * QT_NS_PER_MS)
#define PATIENCE_NS (5 * QT_NS_PER_S) /* for an answer */

struct qt_viewer {
    struct sockaddr_un address;
    int fd; /* -1: not connected */
    int64_t next_ns, asked_ns;
    bool is_waiting;  /* for an answer */
    bool has_picture; /* shown is one */
    uint64_t number;  /* of it, on this connection; 0: none yet */
    uint64_t keys;
    int shown; /* of picture */
    struct qt_snapshot *picture[2];
    char *in;
    size_t length;
    char trouble[64]; /* "": none */
};

static void
leave(struct qt_viewer *viewer, int64_t now_ns, const char *why)
{
    if (viewer->fd >= 0)
        close(viewer->fd);
    viewer->fd = -1;
    viewer->is_waiting = false;
    viewer->number = 0;
    viewer->length = 0;
    viewer->next_ns = now_ns + RETRY_NS;
    qt_copy(viewer->trouble, sizeof viewer->trouble, why);
}

static void
reach(struct qt_viewer *viewer, int64_t now_ns)
{
    viewer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (viewer->fd < 0 ||
        connect(viewer->fd, (const struct sockaddr *)&viewer->address, sizeof viewer->address) != 0)
        leave(viewer, now_ns, "NO ENGINE");
}

static void
ask(struct qt_viewer *viewer, int64_t now_ns)
{
    char line[160];
    int n =
        snprintf(line, sizeof line,
                 "{\"v\":%d,\"command\":\"picture\",\"after\":%" PRIu64 ",\"keys\":%" PRIu64 "}\n",
                 QT_CONTROL_VERSION, viewer->number, viewer->keys);
    if (send(viewer->fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n) {
        leave(viewer, now_ns, "NO ENGINE");
        return;
    }
    viewer->is_waiting = true;
    viewer->asked_ns = now_ns;
    viewer->next_ns = now_ns + ASK_NS;
}

/* Into the picture that is not shown, which is shown from here on. */
static bool
show(struct qt_viewer *viewer, const json_t *picture, struct qt_error *err)
{
    int other = 1 - viewer->shown;
    if (!qt_picture_read(picture, viewer->picture[other], err))
        return false;
    viewer->shown = other;
    viewer->number = viewer->picture[other]->number;
    viewer->has_picture = true;
    return true;
}

static void
take_line(struct qt_viewer *viewer, int64_t now_ns)
{
    struct qt_error err = {0};
    json_error_t ignored;
    json_t *reply = json_loadb(viewer->in, viewer->length, 0, &ignored);
    const json_t *picture = json_object_get(reply, "picture");
    bool is_good = json_is_true(json_object_get(reply, "ok")) &&
                   (json_is_null(picture) || show(viewer, picture, &err));
    json_decref(reply);
    viewer->length = 0;
    viewer->is_waiting = false;
    if (is_good)
        viewer->trouble[0] = '\0';
    else
        leave(viewer, now_ns,
              err.code == QT_E_DATA ? "THE ENGINE IS OF ANOTHER VERSION"
                                    : "THE ENGINE'S ANSWERS ARE NOT UNDERSTOOD");
}

/* Until the line is whole, or nothing more is there. Answers come one at a time. */
static void
receive(struct qt_viewer *viewer, int64_t now_ns)
{
    while (viewer->is_waiting) {
        ssize_t n =
            recv(viewer->fd, viewer->in + viewer->length, LINE_MAX - viewer->length, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n <= 0 || viewer->length + (size_t)n == LINE_MAX) {
            leave(viewer, now_ns, "NO ENGINE");
            return;
        }
        viewer->length += (size_t)n;
        if (viewer->in[viewer->length - 1] == '\n')
            take_line(viewer, now_ns);
    }
    if (viewer->is_waiting && now_ns - viewer->asked_ns > PATIENCE_NS)
        leave(viewer, now_ns, "THE ENGINE DOES NOT ANSWER");
}

const struct qt_snapshot *
qt_viewer_take(struct qt_viewer *viewer)
{
    int64_t now_ns = qt_now_mono_ns();
    if (viewer->is_waiting)
        receive(viewer, now_ns);
    if (viewer->fd < 0 && now_ns >= viewer->next_ns)
        reach(viewer, now_ns);
    if (viewer->fd >= 0 && !viewer->is_waiting && now_ns >= viewer->next_ns)
        ask(viewer, now_ns);
    return viewer->has_picture ? viewer->picture[viewer->shown] : NULL;
}

const char *
qt_viewer_trouble(const struct qt_viewer *viewer)
{
    return viewer->trouble[0] ? viewer->trouble : NULL;
}

void
qt_viewer_seen(struct qt_viewer *viewer)
{
    viewer->keys++;
}

struct qt_viewer *
qt_viewer_create(const char *folder, struct qt_error *err)
{
    qt_auto(qt_viewer) viewer = calloc(1, sizeof *viewer);
    if (viewer) {
        viewer->fd = -1;
        viewer->in = malloc(LINE_MAX);
        for (int i = 0; i < 2; i++)
            viewer->picture[i] = calloc(1, sizeof *viewer->picture[i]);
    }
    if (!viewer || !viewer->in || !viewer->picture[0] || !viewer->picture[1]) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for the engine's pictures");
        return NULL;
    }
    struct sockaddr_un *address = &viewer->address;
    address->sun_family = AF_UNIX;
    int n = snprintf(address->sun_path, sizeof address->sun_path, "%s/" QT_CONTROL_NAME, folder);
    if (n < 0 || n >= (int)sizeof address->sun_path) {
        (void)qt_fail(err, QT_E_USAGE, "%s: too long a path for a socket", folder);
        return NULL;
    }
    return qt_steal(&viewer);
}

void
qt_viewer_destroy(struct qt_viewer *viewer)
{
    if (!viewer)
        return;
    if (viewer->fd >= 0)
        close(viewer->fd);
    free(viewer->in);
    free(viewer->picture[0]);
    free(viewer->picture[1]);
    free(viewer);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

enum { ANSWER_MAX = 4 * 1024 * 1024 };

static int
reach(const char *folder, struct qt_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/" QT_CONTROL_NAME, folder);
    if (n >= (int)sizeof address.sun_path) {
        qt_fail(err, QT_E_USAGE, "%s: too long a path for a socket", folder);
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (why == ENOENT || why == ECONNREFUSED)
        qt_fail(err, QT_E_NOENGINE, "no engine is running in %s (start one, or give --data-dir)",
                folder);
    else
        qt_fail(err, QT_E_NOENGINE, "the engine's socket %s: %s", address.sun_path, strerror(why));
    return -1;
}

bool
qt_control_is_alive(const char *folder)
{
    struct qt_error ignored = {0};
    int fd = reach(folder, &ignored);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool
send_all(int fd, const char *text, size_t n, struct qt_error *err)
{
    for (size_t sent = 0; sent < n;) {
        ssize_t one = send(fd, text + sent, n - sent, MSG_NOSIGNAL);
        if (one < 0 && errno != EINTR)
            return qt_fail_errno(err, QT_E_IO, "sending to the engine");
        sent += one > 0 ? (size_t)one : 0;
    }
    return true;
}

/* Reads until the newline; *out is the caller's to free either way. */
static bool
read_line(int fd, int timeout_ms, char **out, size_t *out_length, struct qt_error *err)
{
    int64_t until = qt_now_mono_ns() + timeout_ms * QT_NS_PER_MS;
    size_t n = 0, room = 0;
    while (n == 0 || (*out)[n - 1] != '\n') {
        int left = (int)((until - qt_now_mono_ns()) / QT_NS_PER_MS);
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&wait, 1, left) == 0)
            return qt_fail(err, QT_E_FAILED, "the engine does not answer within %d ms", timeout_ms);
        if (n == room) {
            room = room ? 2 * room : 16384;
            char *grown = room <= ANSWER_MAX ? realloc(*out, room) : NULL;
            if (!grown)
                return qt_fail(err, QT_E_MEMORY, "the engine's answer is too long");
            *out = grown;
        }
        ssize_t one = recv(fd, *out + n, room - n, 0);
        if (one == 0)
            return qt_fail(err, QT_E_FAILED, "the engine ended the connection");
        if (one < 0 && errno != EINTR)
            return qt_fail_errno(err, QT_E_IO, "reading from the engine");
        n += one > 0 ? (size_t)one : 0;
    }
    *out_length = n - 1;
    return true;
}

static char *
request_text(const char *command, const char *reason, const char *source)
{
    json_t *request = json_pack("{s:i,s:s}", "v", QT_CONTROL_VERSION, "command", command);
    if (request && reason)
        json_object_set_new(request, "reason", json_string(reason));
    if (request && source)
        json_object_set_new(request, "source", json_string(source));
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    return text;
}

/* Texts for a terminal, whoever answers (fault T6). */
static void
clean(json_t *value)
{
    const char *key;
    size_t i;
    json_t *inner;
    json_object_foreach(value, key, inner) clean(inner);
    json_array_foreach(value, i, inner) clean(inner);
    char *text = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
    if (!text)
        return;
    qt_text_clean(text);
    (void)json_string_set(value, text);
    free(text);
}

static json_t *
exchange(int fd, const char *text, int timeout_ms, struct qt_error *err)
{
    char *line = NULL;
    size_t length = 0;
    json_t *reply = NULL;
    json_error_t bad;
    if (send_all(fd, text, strlen(text), err) && send_all(fd, "\n", 1, err) &&
        read_line(fd, timeout_ms, &line, &length, err)) {
        reply = json_loadb(line, length, 0, &bad);
        if (!reply)
            qt_fail(err, QT_E_FAILED, "the engine's answer is not JSON: %s", bad.text);
        clean(reply);
    }
    free(line);
    return reply;
}

/* text: the request, which it takes; NULL: it could not be written. */
static json_t *
call(const char *folder, const char *command, char *text, int timeout_ms, struct qt_error *err)
{
    int fd = reach(folder, err);
    json_t *reply = fd >= 0 && text ? exchange(fd, text, timeout_ms, err) : NULL;
    if (fd >= 0 && !text)
        qt_fail(err, QT_E_USAGE, "the reason is not UTF-8");
    free(text);
    if (fd < 0)
        return NULL;
    close(fd);
    if (reply && !json_is_true(json_object_get(reply, "ok"))) {
        const char *why = json_string_value(json_object_get(reply, "error"));
        qt_fail(err, QT_E_FAILED, "%s: %s", command, why ? why : "refused");
        json_decref(reply);
        return NULL;
    }
    return reply;
}

json_t *
qt_control_call(const char *folder, const char *command, const char *reason, int timeout_ms,
                struct qt_error *err)
{
    return call(folder, command, request_text(command, reason, NULL), timeout_ms, err);
}

json_t *
qt_control_call_attached(const char *folder, const char *command, const char *reason,
                         int timeout_ms, struct qt_error *err)
{
    return call(folder, command, request_text(command, reason, "attach"), timeout_ms, err);
}

json_t *
qt_control_call_guard(const char *folder, json_t *watchman, int timeout_ms, struct qt_error *err)
{
    json_t *request =
        json_pack("{s:i,s:s,s:O?}", "v", QT_CONTROL_VERSION, "command", "guard", "watchman", watchman);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    return call(folder, "guard", text, timeout_ms, err);
}

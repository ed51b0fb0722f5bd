/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "starts_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

enum { LINE_BYTES = 24, PATH_BYTES = 640 };

static void
path_of(const char *folder, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%.600s/starts", folder);
}

/* Times of the file, oldest first; the newest QT__STARTS_KEPT - 1. */
static unsigned
read_starts(const char *path, int64_t out[QT__STARTS_KEPT])
{
    char text[QT__STARTS_KEPT * LINE_BYTES + 1];
    unsigned n = 0;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[QT_MAX(length, (ssize_t)0)] = '\0';
    for (char *p = text, *end; n < QT__STARTS_KEPT; p = end + 1) {
        int64_t ms = strtoll(p, &end, 10);
        if (end == p || *end != '\n' || ms <= 0)
            break;
        out[n++] = ms;
    }
    if (n == QT__STARTS_KEPT)
        memmove(out, out + 1, --n * sizeof *out);
    return n;
}

static bool
write_starts(const char *path, const int64_t *starts, unsigned n, struct qt_error *err)
{
    char text[QT__STARTS_KEPT * LINE_BYTES];
    size_t length = 0;
    for (unsigned i = 0; i < n; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%" PRId64 "\n", starts[i]);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool is_good = file >= 0 && write(file, text, length) == (ssize_t)length;
    int why = errno;
    if (file >= 0)
        close(file);
    errno = why;
    return is_good || qt_fail_errno(err, QT_E_IO, "%s: counting this start", path);
}

bool
qt__starts_begin(const char *folder, int64_t while_ns, unsigned *out, struct qt_error *err)
{
    char path[PATH_BYTES];
    int64_t starts[QT__STARTS_KEPT], now = qt_now_utc_ns() / QT_NS_PER_MS;
    path_of(folder, path);
    unsigned n = read_starts(path, starts), recent = 0;
    for (unsigned i = 0; i < n; i++)
        recent += starts[i] <= now && now - starts[i] <= while_ns / QT_NS_PER_MS;
    starts[n++] = now;
    if (!write_starts(path, starts, n, err))
        return false;
    *out = recent;
    return true;
}

void
qt__starts_end(const char *folder)
{
    char path[PATH_BYTES];
    path_of(folder, path);
    (void)unlink(path);
}

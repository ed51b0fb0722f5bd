/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file with key and secret. Looked at before it is opened, and looked at again through the
 * descriptor, so that nobody can swap it in between.
 */
#include "qtrade/venue/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "qtrade/base/text.h"

#define FILE_MAX 4096 /* bytes */

void
qt_venue_credentials_wipe(struct qt_venue_credentials *credentials)
{
    explicit_bzero(credentials, sizeof *credentials);
}

static bool
check_kind(const char *path, const struct stat *st, struct qt_error *err)
{
    if (S_ISLNK(st->st_mode))
        return qt_fail(err, QT_E_CONFIG, "%s is a link: name the file itself", path);
    if (!S_ISREG(st->st_mode))
        return qt_fail(err, QT_E_CONFIG, "%s is no plain file: it is not read", path);
    if (st->st_uid != geteuid())
        return qt_fail(err, QT_E_CONFIG, "%s belongs to user %u: it must be yours", path,
                       (unsigned)st->st_uid);
    if (st->st_mode & 077)
        return qt_fail(err, QT_E_CONFIG,
                       "%s has mode %03o: others may use it (chmod 600, and make a new key if "
                       "somebody could read it)",
                       path, (unsigned)st->st_mode & 0777);
    if (st->st_size <= 0 || st->st_size > FILE_MAX)
        return qt_fail(err, QT_E_CONFIG, "%s has %lld bytes: expected 1 to %d", path,
                       (long long)st->st_size, FILE_MAX);
    return true;
}

/* A descriptor on a file that was found good twice; -1 on failure. */
static int
open_checked(const char *path, struct qt_error *err)
{
    struct stat before, after;
    if (lstat(path, &before) != 0) {
        (void)qt_fail_errno(err, QT_E_CONFIG, "%s", path);
        return -1;
    }
    if (!check_kind(path, &before, err))
        return -1;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        (void)qt_fail_errno(err, QT_E_CONFIG, "%s", path);
        return -1;
    }
    if (fstat(fd, &after) != 0 || after.st_dev != before.st_dev || after.st_ino != before.st_ino ||
        !check_kind(path, &after, err)) {
        (void)qt_fail(err, QT_E_CONFIG, "%s was changed while it was read", path);
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool
read_whole(int fd, char *out, size_t capacity, size_t *out_n)
{
    size_t n = 0;
    while (n < capacity) {
        ssize_t got = read(fd, out + n, capacity - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            *out_n = n;
            return got == 0;
        }
        n += (size_t)got;
    }
    return false;
}

/* 1..128 printable characters without blanks. */
static bool
copy_secret(const json_t *root, const char *name, char *out, size_t capacity)
{
    const char *text = json_string_value(json_object_get(root, name));
    size_t n = text ? strlen(text) : 0;
    if (n == 0 || n >= capacity)
        return false;
    for (size_t i = 0; i < n; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return qt_copy(out, capacity, text);
}

/* jansson's copies of the strings are wiped where they lie. */
static void
wipe_strings(json_t *root)
{
    const char *name;
    json_t *value;
    json_object_foreach(root, name, value)
    {
        if (json_is_string(value))
            explicit_bzero((char *)json_string_value(value), json_string_length(value));
    }
}

bool
qt_venue_credentials_load(const char *path, struct qt_venue_credentials *out, struct qt_error *err)
{
    char bytes[FILE_MAX];
    size_t n = 0;
    json_error_t error;
    qt_venue_credentials_wipe(out);
    int fd = open_checked(path, err);
    if (fd < 0)
        return qt_error_add(err, "credentials");
    bool is_read = read_whole(fd, bytes, sizeof bytes, &n);
    (void)close(fd);
    json_t *root = is_read ? json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &error) : NULL;
    explicit_bzero(bytes, sizeof bytes);
    bool is_good = json_object_size(root) == 2 &&
                   copy_secret(root, "key", out->key, sizeof out->key) &&
                   copy_secret(root, "secret", out->secret, sizeof out->secret);
    wipe_strings(root);
    json_decref(root);
    if (is_good)
        return true;
    qt_venue_credentials_wipe(out);
    return qt_fail(err, QT_E_CONFIG,
                   "credentials: %s: expected {\"key\":\"..\",\"secret\":\"..\"} and nothing else",
                   path);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files are opened without waiting for a peer (a FIFO in their place does not hang the program) and
 * must be regular.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

enum { PATH_BYTES = 4096, LINE_MAX_BYTES = 1 << 20, CHUNK = 1 << 18 };

static bool
read_all(int fd, const char *path, size_t max_bytes, char **out, size_t *out_length,
         struct qt_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    if (!S_ISREG(st.st_mode))
        return qt_fail(err, QT_E_IO, "%s: not a regular file", path);
    if ((uint64_t)st.st_size > max_bytes)
        return qt_fail(err, QT_E_IO, "%s: larger than %zu bytes", path, max_bytes);
    size_t size = (size_t)st.st_size, n = 0;
    char *bytes = malloc(size + 1);
    if (!bytes)
        return qt_fail(err, QT_E_MEMORY, "%s: no memory for %zu bytes", path, size);
    while (n < size) {
        ssize_t got = read(fd, bytes + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            qt_fail_errno(err, QT_E_IO, "%s: cannot read", path);
            free(bytes);
            return false;
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    bytes[n] = '\0';
    *out = bytes;
    *out_length = n;
    return true;
}

bool
qt_file_read(const char *path, size_t max_bytes, char **out, size_t *out_length,
             struct qt_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot open", path);
    bool is_read = read_all(fd, path, max_bytes, out, out_length, err);
    close(fd);
    return is_read;
}

static bool
write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        p += put;
        n -= (size_t)put;
    }
    return fsync(fd) == 0;
}

static bool
sync_folder_of(const char *path)
{
    char folder[PATH_BYTES];
    qt_copy(folder, sizeof folder, path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_synced = fsync(fd) == 0;
    close(fd);
    return is_synced;
}

bool
qt_file_write_atomic(const char *path, const void *bytes, size_t n, unsigned mode,
                     struct qt_error *err)
{
    char temporary[PATH_BYTES];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary)
        return qt_fail(err, QT_E_IO, "%s: the name is too long", path);
    (void)unlink(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot create", temporary);
    bool is_written = write_all(fd, bytes, n);
    is_written = close(fd) == 0 && is_written;
    if (!is_written || rename(temporary, path) != 0 || !sync_folder_of(path)) {
        qt_fail_errno(err, QT_E_IO, "%s: cannot write", path);
        (void)unlink(temporary);
        return false;
    }
    return true;
}

bool
qt_dir_make(const char *path, struct qt_error *err)
{
    char part[PATH_BYTES];
    if (!qt_copy(part, sizeof part, path) || !part[0])
        return qt_fail(err, QT_E_IO, "'%s': not a folder's name", path);
    for (size_t n = strlen(part); n > 1 && part[n - 1] == '/'; n--)
        part[n - 1] = '\0';
    for (char *p = part + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            if (mkdir(part, 0777) != 0 && errno != EEXIST)
                return qt_fail_errno(err, QT_E_IO, "%s: cannot make the folder", part);
            *p = '/';
        }
    if (mkdir(part, 0700) == 0)
        return true;
    struct stat st;
    if (errno != EEXIST)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot make the folder", part);
    if (stat(part, &st) != 0 || !S_ISDIR(st.st_mode))
        return qt_fail(err, QT_E_IO, "%s: cannot make the folder: a file of that name is there",
                       part);
    return true;
}

struct qt_lines {
    gzFile file;
    char *path, *buffer; /* buffer[at..end) is unread; CHUNK + LINE_MAX_BYTES + 1 bytes */
    size_t at, end;
    long number;
    bool is_ended, is_named_gzip;
};

/* A regular file's descriptor, -1 on failure. */
static int
open_regular(const char *path, struct qt_error *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        qt_fail_errno(err, QT_E_DATA, "%s: cannot open", path);
        return -1;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        qt_fail(err, QT_E_DATA, "%s: not a regular file", path);
        close(fd);
        return -1;
    }
    return fd;
}

struct qt_lines *
qt_lines_open(const char *path, struct qt_error *err)
{
    int fd = open_regular(path, err);
    if (fd < 0)
        return NULL;
    struct qt_lines *lines = calloc(1, sizeof *lines);
    if (lines) {
        lines->path = strdup(path);
        lines->buffer = malloc(CHUNK + LINE_MAX_BYTES + 1);
        lines->file = gzdopen(fd, "rb"); /* owns fd from here on */
        lines->is_named_gzip = qt_ends_with(path, ".gz");
    }
    if (!lines || !lines->file)
        close(fd);
    if (!lines || !lines->path || !lines->buffer || !lines->file) {
        qt_fail(err, QT_E_MEMORY, "%s: no memory to read it", path);
        qt_lines_close(lines);
        return NULL;
    }
    gzbuffer(lines->file, 1 << 17);
    return lines;
}

void
qt_lines_close(struct qt_lines *lines)
{
    if (!lines)
        return;
    if (lines->file)
        gzclose(lines->file);
    free(lines->path);
    free(lines->buffer);
    free(lines);
}

/* Moves the rest to the front and reads behind it. */
static bool
refill(struct qt_lines *lines, struct qt_error *err)
{
    lines->end -= lines->at;
    memmove(lines->buffer, lines->buffer + lines->at, lines->end);
    lines->at = 0;
    int n = gzread(lines->file, lines->buffer + lines->end, CHUNK);
    int code = Z_OK;
    const char *why = gzerror(lines->file, &code);
    if (n < 0 || code == Z_BUF_ERROR || code == Z_DATA_ERROR)
        return qt_fail(err, QT_E_DATA, "%s:%ld: the file is cut or damaged (%s)", lines->path,
                       lines->number + 1, code == Z_ERRNO ? strerror(errno) : why);
    if (lines->is_named_gzip && gzdirect(lines->file))
        return qt_fail(err, QT_E_DATA, "%s:1: the file is cut or damaged (it is not gzip)",
                       lines->path);
    lines->end += (size_t)n;
    lines->is_ended = n == 0;
    return true;
}

static char *
too_long(const struct qt_lines *lines, struct qt_error *err)
{
    qt_fail(err, QT_E_DATA, "%s:%ld: a line of more than 1 MiB", lines->path, lines->number + 1);
    return NULL;
}

char *
qt_lines_next(struct qt_lines *lines, size_t *out_length, struct qt_error *err)
{
    size_t seen = 0;
    char *newline = NULL;
    err->code = QT_E_NONE;
    while (!(newline =
                 memchr(lines->buffer + lines->at + seen, '\n', lines->end - lines->at - seen))) {
        seen = lines->end - lines->at;
        if (seen > LINE_MAX_BYTES)
            return too_long(lines, err);
        if (lines->is_ended)
            break;
        if (!refill(lines, err))
            return NULL;
    }
    if (!newline && lines->at == lines->end)
        return NULL;
    char *line = lines->buffer + lines->at;
    size_t n = newline ? (size_t)(newline - line) : lines->end - lines->at;
    if (n > LINE_MAX_BYTES)
        return too_long(lines, err);
    lines->at += n + (newline != NULL);
    if (n > 0 && line[n - 1] == '\r')
        n--;
    line[n] = '\0';
    lines->number++;
    if (out_length)
        *out_length = n;
    return line;
}

long
qt_lines_number(const struct qt_lines *lines)
{
    return lines->number;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files: whole-file reads, line readers over plain or gzip files, atomic writes, folders.
 */
#ifndef QTRADE_BASE_FILE_H
#define QTRADE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"

/** The whole file, NUL-ended, on the heap (the caller frees); at most max_bytes, else an error. */
QT_CHECKED bool qt_file_read(const char *path, size_t max_bytes, char **out, size_t *out_length,
                             struct qt_error *err);
/** Writes bytes to path.tmp, syncs, renames over path, syncs the folder. mode as in open(2). */
QT_CHECKED bool qt_file_write_atomic(const char *path, const void *bytes, size_t n, unsigned mode,
                                     struct qt_error *err);
/** Makes a folder and its parents (mode 0700 for the last). */
QT_CHECKED bool qt_dir_make(const char *path, struct qt_error *err);

/** Reads lines of a plain or gzip file. */
struct qt_lines;
struct qt_lines *qt_lines_open(const char *path, struct qt_error *err); /* NULL on failure */
void qt_lines_close(struct qt_lines *lines);
/**
 * The next line without its newline, NUL-ended, valid until the next call; NULL at the end or on
 * failure (then err->code is not QT_E_NONE: a cut gzip file, a line over 1 MiB, a read error).
 * *out_length optional.
 */
char *qt_lines_next(struct qt_lines *lines, size_t *out_length, struct qt_error *err);
long qt_lines_number(const struct qt_lines *lines); /* of the line last returned, 1-based */

static inline void
qt_lines_auto(struct qt_lines **p)
{
    qt_lines_close(*p);
}

#endif

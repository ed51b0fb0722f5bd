/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the suites of the market readers share: a folder of its own for each case, and files in it.
 */
#ifndef QTRADE_TESTS_MARKET_HELP_H
#define QTRADE_TESTS_MARKET_HELP_H

#include "qt_check.h"

#include <dirent.h>
#include <string.h>
#include <zlib.h>

struct folder {
    char path[64];
};

static inline void
folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/qtrade-market-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder->path));
}

/** Writes n bytes as FOLDER/name and gives its path in out (512 bytes). */
static inline const char *
folder_write(const struct folder *folder, const char *name, const char *bytes, size_t n, char *out)
{
    snprintf(out, 512, "%s/%s", folder->path, name);
    FILE *file = fopen(out, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
    return out;
}

/** The same text as a gzip file. */
static inline const char *
folder_write_gz(const struct folder *folder, const char *name, const char *text, char *out)
{
    snprintf(out, 512, "%s/%s", folder->path, name);
    gzFile file = gzopen(out, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, text, (unsigned)strlen(text)), (int)strlen(text));
    ck_assert_int_eq(gzclose(file), Z_OK);
    return out;
}

/** Removes the folder and the files in it. */
static inline void
folder_remove(const struct folder *folder)
{
    char path[512];
    DIR *dir = opendir(folder->path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s", folder->path, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(dir);
    rmdir(folder->path);
}

#endif

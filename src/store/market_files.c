/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of market states in a journal's folder: names, numbers, which of them stay. A session's
 * own is a second name (link) of the state it began with, so it takes no room while both are there.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

#include "market_state_priv.h"

enum { KEPT = 2, PATH_BYTES = 640, NUMBERS = 4096 };
#define STATE_MAX (UINT64_C(1) << 30) /* bytes of a file */

void
qt__market_name(uint64_t number, char out[QT__MARKET_NAME])
{
    snprintf(out, QT__MARKET_NAME, "state-%08" PRIu64 ".qts", number);
}

/* "state-12.qts": its number; 0: another name. */
static uint64_t
number_of(const char *name)
{
    char *end;
    if (strncmp(name, "state-", 6) != 0 || name[6] < '0' || name[6] > '9')
        return 0;
    uint64_t number = strtoull(name + 6, &end, 10);
    return strcmp(end, ".qts") == 0 ? number : 0;
}

static int
newest_first(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x < *y) - (*x > *y);
}

unsigned
qt__market_numbers(const char *folder, uint64_t *out, unsigned max)
{
    DIR *dir = opendir(folder);
    unsigned n = 0;
    for (struct dirent *entry; dir && n < max && (entry = readdir(dir));) {
        uint64_t number = number_of(entry->d_name);
        if (number > 0)
            out[n++] = number;
    }
    if (dir)
        closedir(dir);
    qsort(out, n, sizeof *out, newest_first);
    return n;
}

static void
path_of(const char *folder, const char *name, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s/%s", folder, name);
}

static void
remove_unfinished(const char *folder)
{
    char path[PATH_BYTES];
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (qt_ends_with(entry->d_name, ".qts.tmp")) {
            path_of(folder, entry->d_name, path);
            (void)unlink(path);
        }
    if (dir)
        closedir(dir);
}

void
qt__market_tidy(const char *folder)
{
    static const unsigned first_to_go = KEPT;
    uint64_t numbers[NUMBERS];
    unsigned n = qt__market_numbers(folder, numbers, NUMBERS);
    char name[QT__MARKET_NAME], path[PATH_BYTES];
    remove_unfinished(folder);
    for (unsigned i = first_to_go; i < n; i++) {
        qt__market_name(numbers[i], name);
        path_of(folder, name, path);
        (void)unlink(path);
    }
}

static void
lent_path(const char *folder, const char *session, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s/%s.qts", folder, session);
}

bool
qt__market_lend(const char *folder, uint64_t number, const char *session, struct qt_error *err)
{
    char name[QT__MARKET_NAME], from[PATH_BYTES], to[PATH_BYTES], *bytes = NULL;
    size_t n = 0;
    qt__market_name(number, name);
    path_of(folder, name, from);
    lent_path(folder, session, to);
    if (link(from, to) == 0)
        return true;
    /* a file system without links: a copy */
    bool is_good = qt_file_read(from, STATE_MAX, &bytes, &n, err) &&
                   qt_file_write_atomic(to, bytes, n, 0600, err);
    free(bytes);
    return is_good || qt_error_add(err, "keeping the market state that the session begins with");
}

uint64_t
qt__market_lent_bytes(const char *folder, const char *session)
{
    char path[PATH_BYTES];
    struct stat st;
    lent_path(folder, session, path);
    return stat(path, &st) == 0 && st.st_nlink == 1 ? (uint64_t)st.st_size : 0;
}

void
qt__market_lent_remove(const char *folder, const char *session)
{
    char path[PATH_BYTES];
    lent_path(folder, session, path);
    (void)unlink(path);
}

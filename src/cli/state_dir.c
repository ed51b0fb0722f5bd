/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state_dir_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

#define DEMO_PREFIX "qtrade-demo-" /* of throw-away folders */

bool
qt_state_dir(const struct qt_args *args, char out[QT_STATE_DIR], struct qt_error *err)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool fits = true;
    if (args->data_dir)
        fits = qt_copy(out, QT_STATE_DIR, args->data_dir);
    else if (xdg && *xdg)
        fits = snprintf(out, QT_STATE_DIR, "%s/qtrade", xdg) < QT_STATE_DIR;
    else if (home && *home)
        fits = snprintf(out, QT_STATE_DIR, "%s/.local/state/qtrade", home) < QT_STATE_DIR;
    else
        return qt_fail(err, QT_E_CONFIG, "no state folder: HOME is not set (give --data-dir)");
    return fits || qt_fail(err, QT_E_CONFIG, "the state folder's path is too long");
}

/* $TMPDIR or /tmp. */
static const char *
temporary(void)
{
    const char *tmp = getenv("TMPDIR");
    return tmp && *tmp ? tmp : "/tmp";
}

/* The folder of a demo that answers and is ours; empty when it is not. */
static void
judge_demo(char *folder)
{
    struct stat found;
    if (lstat(folder, &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != geteuid() ||
        !qt_control_is_alive(folder))
        folder[0] = '\0';
}

bool
qt_state_dir_running(const struct qt_args *args, char out[QT_STATE_DIR], struct qt_error *err)
{
    char pattern[QT_STATE_DIR];
    glob_t demos = {0};
    const char *found = NULL, *other = NULL;
    if (!qt_state_dir(args, out, err))
        return false;
    if (args->data_dir || qt_control_is_alive(out))
        return true;
    snprintf(pattern, sizeof pattern, "%.400s/" DEMO_PREFIX "*", temporary());
    if (glob(pattern, GLOB_NOSORT, NULL, &demos) != 0)
        demos.gl_pathc = 0;
    for (size_t i = 0; i < demos.gl_pathc; i++) {
        judge_demo(demos.gl_pathv[i]);
        if (demos.gl_pathv[i][0]) {
            other = found;
            found = demos.gl_pathv[i];
        }
    }
    if (other)
        qt_fail(err, QT_E_USAGE, "several demos run: give --data-dir %s or --data-dir %s", found,
                other);
    else if (found)
        qt_copy(out, QT_STATE_DIR, found);
    bool is_clear = !other;
    globfree(&demos);
    return is_clear;
}

/* The names that a file has in its folder; some of ours have two there for a while. */
static nlink_t
count_names(const char *path, ino_t file)
{
    nlink_t n = 0;
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        n += entry->d_ino == file;
    if (dir)
        closedir(dir);
    return n;
}

/* What a name inside the folder must not be: a way out of it, or another user's (fault A4). */
static bool
check_entry(int folder, const char *path, const char *name, struct qt_error *err)
{
    struct stat found;
    if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return true; /* gone meanwhile */
    if (S_ISLNK(found.st_mode))
        return qt_fail(err, QT_E_CONFIG, "%.300s/%s: a symbolic link (remove it)", path, name);
    if (found.st_uid != geteuid())
        return qt_fail(err, QT_E_CONFIG, "%.300s/%s: belongs to another user", path, name);
    if (S_ISREG(found.st_mode) && found.st_nlink > 1 &&
        found.st_nlink > count_names(path, found.st_ino))
        return qt_fail(err, QT_E_CONFIG, "%.300s/%s: has another name elsewhere (a hard link)",
                       path, name);
    return true;
}

static bool
check_inside(const char *path, struct qt_error *err)
{
    DIR *dir = opendir(path);
    bool is_good = true;
    for (struct dirent *entry; dir && is_good && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            is_good = check_entry(dirfd(dir), path, entry->d_name, err);
    if (dir)
        closedir(dir);
    return is_good;
}

/* The folder's own, and those of what it keeps. */
static bool
check_all(const char *path, struct qt_error *err)
{
    static const char *const kept[] = {"journal", "backup"};
    char below[QT_STATE_DIR + 16];
    if (!check_inside(path, err))
        return false;
    for (size_t i = 0; i < QT_COUNT_OF(kept); i++) {
        snprintf(below, sizeof below, "%s/%s", path, kept[i]);
        if (!check_inside(below, err))
            return false;
    }
    return true;
}

bool
qt_state_dir_judge(const char *path, bool *out_exists, struct qt_error *err)
{
    struct stat found;
    *out_exists = lstat(path, &found) == 0;
    if (!*out_exists)
        return errno == ENOENT || qt_fail_errno(err, QT_E_IO, "the state folder %s", path);
    if (S_ISLNK(found.st_mode) || !S_ISDIR(found.st_mode))
        return qt_fail(err, QT_E_CONFIG, "%s: not a folder of its own (a link or a file)", path);
    if (found.st_uid != geteuid())
        return qt_fail(err, QT_E_CONFIG, "%s: belongs to another user", path);
    if (found.st_mode & (S_IRWXG | S_IRWXO))
        return qt_fail(err, QT_E_CONFIG, "%s: open to other users (chmod 700 it)", path);
    return check_all(path, err);
}

bool
qt_state_dir_make(const char *path, struct qt_error *err)
{
    bool exists;
    return qt_state_dir_judge(path, &exists, err) && (exists || qt_dir_make(path, err));
}

bool
qt_state_dir_throw_away(char out[QT_STATE_DIR], struct qt_error *err)
{
    snprintf(out, QT_STATE_DIR, "%.400s/" DEMO_PREFIX "XXXXXX", temporary());
    return mkdtemp(out) != NULL || qt_fail_errno(err, QT_E_IO, "making a folder %s", out);
}

void
qt_state_dir_remove(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    (void)rmdir(path);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/backup_schedule.h"

#include "backup_priv.h"
#include "rekey_priv.h"

enum {
    NAME_BYTES = 64,
    PATH_BYTES = 400,
    AGAIN_MIN = 5, /* after a failure, at most every_min */
    LEAST_NICE = 19,
    IO_IDLE = 3 << 13, /* ioprio_set: class idle */
    IO_OF_THREAD = 1
};

struct qt_backup_schedule {
    char state[480];
    struct qt_store_key *key;
    struct qt_store *store; /* NULL: key stays */
    struct qt_backup_config config;
    struct qt_part *part;
    void (*tell)(void *self, bool is_good, const char *text);
    void *self;
    pthread_t thread;
    bool is_started;
    pthread_mutex_t mutex; /* guards stop's wait; never held while anything is done */
    pthread_cond_t stopped;
    atomic_bool stop;
};

/* A backup in the folder. */
struct found {
    int64_t t_ns;
    char name[NAME_BYTES];
};

static void
name_of(const struct qt_backup_schedule *schedule, int64_t t_ns, char out[NAME_BYTES])
{
    char id[2 * 4 + 1];
    time_t seconds = (time_t)(t_ns / QT_NS_PER_S);
    struct tm utc = {0};
    sodium_bin2hex(id, sizeof id, schedule->key->id, 4);
    gmtime_r(&seconds, &utc);
    int n = snprintf(out, NAME_BYTES, "store-%s-", id);
    strftime(out + n, NAME_BYTES - (size_t)n, "%Y%m%dT%H%M%SZ.backup", &utc);
}

/* The time in a name that name_of gave. False: it is no such name. */
static bool
time_of(const struct qt_backup_schedule *schedule, const char *name, int64_t *out)
{
    struct tm utc = {0};
    char again[NAME_BYTES];
    const char *at = strrchr(name, '-');
    if (!at || sscanf(at, "-%4d%2d%2dT%2d%2d%2dZ.backup", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                      &utc.tm_hour, &utc.tm_min, &utc.tm_sec) != 6)
        return false;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    *out = (int64_t)timegm(&utc) * QT_NS_PER_S;
    name_of(schedule, *out, again);
    return strcmp(again, name) == 0;
}

static int
by_time(const void *a, const void *b)
{
    int64_t x = ((const struct found *)a)->t_ns, y = ((const struct found *)b)->t_ns;
    return (x > y) - (x < y);
}

/* Our backups, oldest first, on the heap. -1: err. */
static int
find_backups(const struct qt_backup_schedule *schedule, struct found **out, struct qt_error *err)
{
    DIR *dir = opendir(schedule->config.folder);
    struct found *list = NULL;
    int n = 0, room = 0;
    *out = NULL;
    if (!dir) {
        qt_fail_errno(err, QT_E_IO, "%s: the folder for backups", schedule->config.folder);
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct found found;
        if (!time_of(schedule, entry->d_name, &found.t_ns))
            continue;
        qt_copy(found.name, sizeof found.name, entry->d_name);
        if (n == room) {
            struct found *more = realloc(list, (size_t)(room = 2 * room + 64) * sizeof *list);
            if (!more)
                break; /* the rest is looked at another time */
            list = more;
        }
        list[n++] = found;
    }
    closedir(dir);
    if (n > 0)
        qsort(list, (size_t)n, sizeof *list, by_time);
    *out = list;
    return n;
}

static void
path_of(const struct qt_backup_schedule *schedule, const char *name, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s/%s", schedule->config.folder, name);
}

/* Removes those that no rule keeps. Returns how many; -1: err. */
static int
prune(const struct qt_backup_schedule *schedule, struct qt_error *err)
{
    struct found *list;
    int n = find_backups(schedule, &list, err), removed = 0;
    int64_t *times = n > 0 ? malloc((size_t)n * sizeof *times) : NULL;
    bool *stays = n > 0 ? malloc((size_t)n * sizeof *stays) : NULL;
    for (int i = 0; times && i < n; i++)
        times[i] = list[i].t_ns;
    if (times && stays)
        qt_backup_retain(&schedule->config, times, (size_t)n, stays);
    for (int i = 0; times && stays && i < n && removed >= 0; i++) {
        char path[PATH_BYTES];
        path_of(schedule, list[i].name, path);
        if (stays[i])
            continue;
        if (unlink(path) == 0 || errno == ENOENT) {
            removed++;
        } else {
            qt_fail_errno(err, QT_E_IO, "%s: cannot be removed", path);
            removed = -1;
        }
    }
    free(stays);
    free(times);
    free(list);
    return n < 0 ? -1 : removed;
}

/* What a process that was killed left of a backup. */
static void
remove_left(const struct qt_backup_schedule *schedule)
{
    char prefix[NAME_BYTES], path[PATH_BYTES];
    DIR *dir = opendir(schedule->config.folder);
    name_of(schedule, 0, prefix);
    *(strrchr(prefix, '-') + 1) = '\0';
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
            strstr(entry->d_name, ".backup.part-") && strlen(entry->d_name) < NAME_BYTES) {
            path_of(schedule, entry->d_name, path);
            qt__backup_remove_left(path);
        }
    if (dir)
        closedir(dir);
}

/* What a backup or its failure is on the board and in the log. */
static void
tell(const struct qt_backup_schedule *schedule, bool is_good, const char *text)
{
    if (!is_good)
        qt_part_failed(schedule->part, "%s", text);
    qt_part_set(schedule->part, is_good ? QT_PART_RUNNING : QT_PART_DEGRADED);
    if (schedule->tell)
        schedule->tell(schedule->self, is_good, text);
}

/* With the keys that the store has; once more when it got others meanwhile. */
static bool
write_one(const struct qt_backup_schedule *schedule, const char *path, struct qt_backup *out,
          struct qt_error *err)
{
    if (schedule->store)
        (void)qt__rekey_keys(schedule->store, schedule->key);
    for (;;) {
        if (qt__store_key_reread(schedule->key, schedule->state, err) &&
            qt__backup_write_beside(schedule->state, schedule->key, path, &schedule->stop, out, err))
            return true;
        if (!schedule->store || !qt__rekey_keys(schedule->store, schedule->key))
            return false;
        *err = (struct qt_error){0};
    }
}

static bool
make_one(const struct qt_backup_schedule *schedule, int64_t now_ns)
{
    struct qt_error err = {0};
    struct qt_backup backup;
    char name[NAME_BYTES], path[PATH_BYTES], text[sizeof(((struct qt_error *)NULL)->text)];
    int removed = 0;
    name_of(schedule, now_ns, name);
    path_of(schedule, name, path);
    bool is_good = write_one(schedule, path, &backup, &err) && (removed = prune(schedule, &err)) >= 0;
    if (atomic_load(&schedule->stop) && !is_good)
        return false; /* given up */
    if (is_good)
        snprintf(text, sizeof text, "%s: %lld bytes, %lld rows; %d old ones removed", path,
                 (long long)backup.bytes, (long long)backup.rows, removed);
    tell(schedule, is_good, is_good ? text : err.text);
    return is_good;
}

/* When the next is due; a name of the future is of a clock that was wrong. */
static int64_t
find_due(const struct qt_backup_schedule *schedule, int64_t now_ns)
{
    struct qt_error err = {0};
    struct found *list;
    int n = find_backups(schedule, &list, &err);
    int64_t due = now_ns;
    for (int i = n; i-- > 0 && due == now_ns;)
        if (list[i].t_ns <= now_ns)
            due = list[i].t_ns + schedule->config.every_min * QT_NS_PER_MIN;
    free(list);
    return due;
}

/* Waits for stop, a minute at most: the clock may be set. */
static void
wait_until(struct qt_backup_schedule *schedule, int64_t due_ns)
{
    int64_t wait_ns = QT_MIN(due_ns - qt_now_utc_ns(), QT_NS_PER_MIN);
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t at_ns = at.tv_sec * QT_NS_PER_S + at.tv_nsec + QT_MAX(wait_ns, 0);
    at = (struct timespec){at_ns / QT_NS_PER_S, at_ns % QT_NS_PER_S};
    qt_part_rest(schedule->part);
    pthread_mutex_lock(&schedule->mutex);
    while (!atomic_load(&schedule->stop) &&
           pthread_cond_timedwait(&schedule->stopped, &schedule->mutex, &at) == 0)
        ;
    pthread_mutex_unlock(&schedule->mutex);
}

static void *
run(void *argument)
{
    struct qt_backup_schedule *schedule = argument;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), LEAST_NICE);
    (void)syscall(SYS_ioprio_set, IO_OF_THREAD, gettid(), IO_IDLE);
    remove_left(schedule);
    int64_t due = find_due(schedule, qt_now_utc_ns());
    qt_part_set(schedule->part, QT_PART_RUNNING);
    while (!atomic_load(&schedule->stop)) {
        int64_t now = qt_now_utc_ns(), every = schedule->config.every_min;
        if (now < due && due - now <= every * QT_NS_PER_MIN) {
            wait_until(schedule, due);
            continue;
        }
        bool is_good = make_one(schedule, now);
        due = now + (is_good ? every : QT_MIN(every, AGAIN_MIN)) * QT_NS_PER_MIN;
    }
    return NULL;
}

struct qt_backup_schedule *
qt_backup_schedule_start(const struct qt_backup_schedule_options *options, struct qt_error *err)
{
    struct qt_backup_schedule *schedule = calloc(1, sizeof *schedule);
    pthread_condattr_t monotonic;
    if (!schedule) {
        qt_fail(err, QT_E_MEMORY, "no memory for the schedule of backups");
        return NULL;
    }
    schedule->config = *options->config;
    schedule->part = options->part;
    schedule->tell = options->tell;
    schedule->store = options->store;
    schedule->self = options->self;
    pthread_mutex_init(&schedule->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&schedule->stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
    schedule->key = qt__store_key_copy(options->key, err);
    if (!schedule->key || !qt_dir_make(schedule->config.folder, err)) {
        qt_error_add(err, "backup.folder");
    } else if (!qt_copy(schedule->state, sizeof schedule->state, options->state)) {
        qt_fail(err, QT_E_USAGE, "the state folder's name is too long");
    } else {
        int failed = pthread_create(&schedule->thread, NULL, run, schedule);
        schedule->is_started = failed == 0;
        if (failed)
            qt_fail(err, QT_E_FAILED, "the backups' thread could not start: %s", strerror(failed));
    }
    if (schedule->is_started)
        return schedule;
    qt_backup_schedule_stop(schedule);
    return NULL;
}

void
qt_backup_schedule_stop(struct qt_backup_schedule *schedule)
{
    if (!schedule)
        return;
    atomic_store(&schedule->stop, true);
    if (schedule->is_started) {
        pthread_mutex_lock(&schedule->mutex);
        pthread_cond_signal(&schedule->stopped);
        pthread_mutex_unlock(&schedule->mutex);
        pthread_join(schedule->thread, NULL);
        qt_part_set(schedule->part, QT_PART_STOPPED);
    }
    qt_store_key_close(schedule->key);
    pthread_cond_destroy(&schedule->stopped);
    pthread_mutex_destroy(&schedule->mutex);
    free(schedule);
}

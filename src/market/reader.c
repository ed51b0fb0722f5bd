/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/parallel.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "csv_priv.h"

struct names {
    char **name;
    size_t n, capacity;
};

static void
names_finish(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->name[i]);
    free(names->name);
}

static bool
names_add(struct names *names, const char *name)
{
    if (names->n == names->capacity) {
        size_t capacity = names->capacity ? 2 * names->capacity : 256;
        char **grown = realloc(names->name, capacity * sizeof *grown);
        if (!grown)
            return false;
        names->name = grown;
        names->capacity = capacity;
    }
    names->name[names->n] = strdup(name);
    return names->name[names->n] && ++names->n;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The kline files of a folder in the order of their names. */
static bool
list_files(const char *folder, struct names *names, struct qt_error *err)
{
    DIR *dir = opendir(folder);
    char symbol[QT_SYMBOL_SIZE];
    int64_t period_ns;
    bool ok = true;
    if (!dir)
        return qt_fail(err, QT_E_DATA, "%s: %s (give a folder of SYMBOL-INTERVAL.csv[.gz] files)",
                       folder, strerror(errno));
    for (struct dirent *entry; ok && (entry = readdir(dir));)
        if (qt__series_name(entry->d_name, symbol, &period_ns))
            ok = names_add(names, entry->d_name);
    closedir(dir);
    if (!ok)
        return qt_fail(err, QT_E_MEMORY, "%s: no memory for its file names", folder);
    if (names->n == 0)
        return qt_fail(err, QT_E_DATA, "%s: no SYMBOL-INTERVAL.csv[.gz] file in it", folder);
    if (names->n > QT_INSTRUMENTS_MAX)
        return qt_fail(err, QT_E_DATA, "%s: more than %d files", folder, QT_INSTRUMENTS_MAX);
    qsort(names->name, names->n, sizeof *names->name, by_text);
    return true;
}

static int
by_symbol(const void *a, const void *b)
{
    const struct qt_series *x = a, *y = b;
    int order = strcmp(x->ins.symbol, y->ins.symbol);
    return order ? order : (x->period_ns > y->period_ns) - (x->period_ns < y->period_ns);
}

struct window {
    int64_t from_ns, to_ns;
    bool strict;
    qt_progress_fn progress;
    void *context;
};

/* One folder under way. */
struct load {
    const char *folder;
    const struct names *names;
    const struct window *window;
    struct qt_series *series;         /* by file */
    struct qt_reader_report *reports; /* by file */
    pthread_mutex_t lock;             /* guards what follows; the files are read without it */
    size_t done, failed;              /* failed: the first file in order that cannot be used */
    struct qt_error *err;
};

static void
set_failed(struct load *load, size_t i, const struct qt_error *why)
{
    pthread_mutex_lock(&load->lock);
    if (i < load->failed) {
        load->failed = i;
        *load->err = *why;
    }
    pthread_mutex_unlock(&load->lock);
}

static bool
is_given_up(struct load *load, size_t i)
{
    pthread_mutex_lock(&load->lock);
    bool is_behind_failure = i > load->failed;
    pthread_mutex_unlock(&load->lock);
    return is_behind_failure;
}

static void
load_file(void *context, size_t i)
{
    struct load *load = context;
    const struct window *window = load->window;
    struct qt_error err;
    char path[4096];
    if (is_given_up(load, i))
        return;
    bool is_read =
        snprintf(path, sizeof path, "%s/%s", load->folder, load->names->name[i]) < (int)sizeof path
            ? qt_series_load(path, window->from_ns, window->to_ns, window->strict, &load->series[i],
                             &load->reports[i], &err)
            : qt_fail(&err, QT_E_DATA, "%s: the path is too long", load->folder);
    if (!is_read) {
        set_failed(load, i, &err);
        return;
    }
    pthread_mutex_lock(&load->lock);
    load->done++;
    if (window->progress)
        window->progress(window->context, load->done, load->names->n);
    pthread_mutex_unlock(&load->lock);
}

static void
add_report(struct qt_reader_report *sum, const struct qt_reader_report *one)
{
    sum->rows += one->rows;
    sum->skipped += one->skipped;
    sum->duplicates += one->duplicates;
    sum->gaps += one->gaps;
    for (size_t i = 0; i < one->notes && sum->notes < QT_READER_NOTES; i++)
        memcpy(sum->note[sum->notes++], one->note[i], sizeof one->note[i]);
}

/* The files of a folder, each on its own, on all cores; what comes of it is in the order of their
 * names. */
static bool
load_files(const char *folder, const struct names *names, const struct window *window,
           struct qt_dataset *out, struct qt_error *err)
{
    struct load load = {.folder = folder,
                        .names = names,
                        .window = window,
                        .series = out->series,
                        .reports = calloc(names->n, sizeof *load.reports),
                        .failed = SIZE_MAX,
                        .err = err};
    if (!load.reports)
        return qt_fail(err, QT_E_MEMORY, "%s: no memory to read %zu files", folder, names->n);
    pthread_mutex_init(&load.lock, NULL);
    qt_parallel(names->n, 0, load_file, &load);
    pthread_mutex_destroy(&load.lock);
    for (size_t i = 0; i < names->n; i++) {
        struct qt_series series = out->series[i];
        add_report(&out->report, &load.reports[i]);
        out->series[i] = (struct qt_series){0};
        if (series.n > 0)
            out->series[out->n++] = series;
        else
            qt_series_finish(&series);
    }
    free(load.reports);
    if (load.failed != SIZE_MAX)
        return false;
    if (out->n == 0)
        return qt_fail(err, QT_E_DATA, "%s: no bar in the asked time", folder);
    qsort(out->series, out->n, sizeof *out->series, by_symbol);
    return true;
}

bool
qt_dataset_load(const char *folder, int64_t from_ns, int64_t to_ns, bool strict,
                qt_progress_fn progress, void *context, struct qt_dataset *out,
                struct qt_error *err)
{
    struct names names = {0};
    struct qt_dataset dataset = {0};
    struct window window = {from_ns, to_ns, strict, progress, context};
    err->code = QT_E_NONE;
    bool ok = list_files(folder, &names, err);
    if (ok && !(dataset.series = calloc(names.n, sizeof *dataset.series)))
        ok = qt_fail(err, QT_E_MEMORY, "%s: no memory for %zu series", folder, names.n);
    ok = ok && load_files(folder, &names, &window, &dataset, err);
    names_finish(&names);
    if (!ok) {
        qt_dataset_finish(&dataset);
        return false;
    }
    *out = dataset;
    return true;
}

void
qt_dataset_finish(struct qt_dataset *dataset)
{
    if (!dataset)
        return;
    for (size_t i = 0; i < dataset->n; i++)
        qt_series_finish(&dataset->series[i]);
    free(dataset->series);
    *dataset = (struct qt_dataset){0};
}

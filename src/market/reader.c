/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool
load_files(const char *folder, const struct names *names, const struct window *window,
           struct qt_dataset *out, struct qt_error *err)
{
    char path[4096];
    for (size_t i = 0; i < names->n; i++) {
        if (snprintf(path, sizeof path, "%s/%s", folder, names->name[i]) >= (int)sizeof path)
            return qt_fail(err, QT_E_DATA, "%s: the path is too long", folder);
        struct qt_series *series = &out->series[out->n];
        if (!qt_series_load(path, window->from_ns, window->to_ns, window->strict, series,
                            &out->report, err))
            return false;
        if (series->n > 0)
            out->n++;
        else
            qt_series_finish(series);
        if (window->progress)
            window->progress(window->context, i + 1, names->n);
    }
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

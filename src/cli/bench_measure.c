/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One benchmark measured, and the machine it was measured on.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "qt_config.h"
#include "qtrade/base/num.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "bench_priv.h"

static double
timed(const struct qt_benchmark *bench, void *state)
{
    volatile uint64_t sink; /* so that no work can be left out */
    int64_t begin_ns = qt_now_mono_ns();
    sink = bench->work(state, bench->batch);
    int64_t spent_ns = qt_now_mono_ns() - begin_ns;
    (void)sink;
    return (double)spent_ns / (double)bench->batch;
}

/* Runs the samples into out (NULL: warm-up). False: one could not be taken. */
static bool
sample(const struct qt_benchmark *bench, void *state, size_t samples, double *out)
{
    for (size_t i = 0; i < samples; i++) {
        double one = bench->value ? bench->value(state) : timed(bench, state);
        if (one < 0)
            return false;
        if (out)
            out[i] = one;
    }
    return true;
}

bool
qt__bench_measure(const struct qt_benchmark *bench, struct qt_bench_result *out,
                  struct qt_error *err)
{
    double *times = calloc(bench->samples, sizeof *times);
    void *state = times ? bench->start() : NULL;
    if (!state) {
        free(times);
        return qt_fail(err, QT_E_MEMORY, "no memory for benchmark %s", bench->name);
    }
    bool is_good = sample(bench, state, bench->samples / 10 + 1, NULL) &&
                   sample(bench, state, bench->samples, times);
    bench->end(state);
    if (!is_good) {
        free(times);
        return qt_fail(err, QT_E_MEMORY, "no memory for benchmark %s", bench->name);
    }
    qt_sort_doubles(times, bench->samples);
    *out = (struct qt_bench_result){
        .median = qt_quantile_sorted(times, bench->samples, 0.5),
        .p99 = qt_quantile_sorted(times, bench->samples, 0.99),
        .p999 = qt_quantile_sorted(times, bench->samples, 0.999),
        .n = bench->samples,
    };
    free(times);
    return true;
}

int64_t
qt__bench_resident_bytes(void)
{
    long long pages = 0, resident = 0;
    (void)malloc_trim(0);
    FILE *file = fopen("/proc/self/statm", "re");
    bool is_read = file && fscanf(file, "%lld %lld", &pages, &resident) == 2;
    if (file)
        fclose(file);
    return is_read ? (int64_t)resident * sysconf(_SC_PAGESIZE) : 0;
}

/* The value of the first "key : value" line of a file under /proc; "unknown" where there is none.
 */
static void
proc_value(const char *path, const char *key, char *out, size_t capacity)
{
    qt_copy(out, capacity, "unknown");
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    char line[512];
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (!qt_starts_with(line, key) || !colon)
            continue;
        line[strcspn(line, "\n")] = '\0';
        qt_copy(out, capacity, colon + 1 + strspn(colon + 1, " \t"));
        break;
    }
    fclose(file);
    qt_text_clean(out);
}

static int64_t
memory_bytes(void)
{
    return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

void
qt__bench_add_machine(struct qt_text *text)
{
    struct utsname system = {0};
    char cpu[128];
    (void)uname(&system);
    proc_value("/proc/cpuinfo", "model name", cpu, sizeof cpu);
    qt_text_add(text, "{\"cpu\":");
    qt_text_add_json_string(text, cpu);
    qt_text_add(text, ",\"cores\":");
    qt_text_add_int(text, sysconf(_SC_NPROCESSORS_ONLN));
    qt_text_add(text, ",\"architecture\":");
    qt_text_add_json_string(text, system.machine);
    qt_text_add(text, ",\"kernel\":");
    qt_text_add_json_string(text, system.release);
    qt_text_add(text, ",\"memory_bytes\":");
    qt_text_add_int(text, memory_bytes());
    qt_text_add(text, ",\"compiler\":");
    qt_text_add_json_string(text, __VERSION__);
    qt_text_add(text, ",\"version\":");
    qt_text_add_json_string(text, QT_VERSION);
    qt_text_add(text, "}");
}

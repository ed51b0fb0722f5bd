/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the suites of this room share: generated bars, states on the heap, whole columns, tables of
 * numbers.
 */
#ifndef QTRADE_TESTS_INDICATOR_BARS_H
#define QTRADE_TESTS_INDICATOR_BARS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/indicator/indicator.h"

#include "qt_check.h"

#define HOUR_NS (INT64_C(3600) * 1000000000)

static inline size_t
row_count(void)
{
    size_t n = 0;
    while (qt_indicators[n])
        n++;
    return n;
}

/* A linear congruential generator of its own, so that a seed means the same bars for ever: 0..n-1.
 */
static inline uint32_t
draw(uint64_t *seed, uint32_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % n;
}

/* A walk of n bars in ticks of 1/16, some without volume, some that do not move. The caller frees.
 */
static inline struct qt_ohlcv *
bars_walk(uint64_t seed, size_t n)
{
    struct qt_ohlcv *bars = calloc(n, sizeof *bars);
    ck_assert_ptr_nonnull(bars);
    int64_t close = 1600 * 16;
    for (size_t i = 0; i < n; i++) {
        uint32_t width = draw(&seed, 7) == 0 ? 0 : 1 + draw(&seed, 60);
        int64_t open = close;
        close = QT_MAX(open + (int64_t)draw(&seed, 2 * width + 1) - (int64_t)width, 64);
        int64_t high = QT_MAX(open, close) + (int64_t)draw(&seed, width + 1);
        int64_t low = QT_MAX(QT_MIN(open, close) - (int64_t)draw(&seed, width + 1), 16);
        bars[i] = (struct qt_ohlcv){.open_ns = (int64_t)i * HOUR_NS,
                                    .open = (double)open / 16.0,
                                    .high = (double)high / 16.0,
                                    .low = (double)low / 16.0,
                                    .close = (double)close / 16.0,
                                    .volume = draw(&seed, 8) == 0 ? 0.0 : draw(&seed, 100000)};
    }
    return bars;
}

/* A started state of a row; the caller frees. */
static inline void *
state_of(const struct qt_indicator *ind, const double *params)
{
    size_t size = ind->state_size(params);
    ck_assert_uint_eq(size % QT_INDICATOR_ALIGN, 0);
    void *state = malloc(size);
    ck_assert_ptr_nonnull(state);
    memset(state, 0xa5, size); /* init may rely on nothing */
    ind->init(state, params);
    return state;
}

/* A number table "a,b,c\n1,2,\n": names and cells, NaN where a cell is empty. */
struct table {
    size_t columns, rows;
    char **names;
    double *cells; /* row by row */
};

static inline char *
next_field(char **line)
{
    char *field = *line;
    char *end = field + strcspn(field, ",\r\n");
    *line = *end == ',' ? end + 1 : NULL;
    *end = '\0';
    return field;
}

static inline void
table_row(struct table *t, char *line)
{
    if (!t->names) {
        t->names = calloc(200, sizeof *t->names);
        for (char *rest = line; rest;)
            t->names[t->columns++] = strdup(next_field(&rest));
        return;
    }
    t->cells = realloc(t->cells, (t->rows + 1) * t->columns * sizeof *t->cells);
    char *rest = line;
    for (size_t i = 0; i < t->columns; i++) {
        ck_assert_msg(rest != NULL, "a row is short");
        char *field = next_field(&rest);
        t->cells[t->rows * t->columns + i] = *field ? strtod(field, NULL) : (double)NAN;
    }
    t->rows++;
}

/* Reads tests/golden/indicator/NAME; fails the case when it is not there. */
static inline struct table
table_read(const char *name)
{
    char path[4096];
    const char *source = getenv("QT_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/indicator/%s", source ? source : ".", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    struct table t = {0};
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) > 0)
        table_row(&t, line);
    free(line);
    fclose(file);
    ck_assert_uint_gt(t.rows, 0);
    return t;
}

static inline void
table_free(struct table *t)
{
    for (size_t i = 0; i < t->columns; i++)
        free(t->names[i]);
    free(t->names);
    free(t->cells);
}

#endif

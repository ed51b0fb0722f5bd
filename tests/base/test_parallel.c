/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <stdatomic.h>

#include "qt_check.h"

#include "qtrade/base/attr.h"
#include "qtrade/base/parallel.h"

enum { PARTS = 5000 };

struct seen {
    atomic_int times[PARTS];
    size_t square[PARTS];
    pthread_t by[PARTS];
};

static void
part(void *context, size_t i)
{
    struct seen *seen = context;
    atomic_fetch_add(&seen->times[i], 1);
    seen->square[i] = i * i;
    seen->by[i] = pthread_self();
}

static const struct {
    size_t n;
    unsigned threads;
} rows[] = {{0, 4}, {1, 4}, {2, 0}, {3, 1}, {PARTS, 0}, {PARTS, 1}, {PARTS, 7}, {PARTS, 1000}};

START_TEST(every_part_is_done_once_on_any_number_of_threads)
{
    static struct seen seen;
    seen = (struct seen){0};
    qt_parallel(rows[_i].n, rows[_i].threads, part, &seen);
    for (size_t i = 0; i < PARTS; i++) {
        ck_assert_int_eq(seen.times[i], i < rows[_i].n);
        ck_assert_uint_eq(seen.square[i], i < rows[_i].n ? i * i : 0);
        ck_assert(rows[_i].threads != 1 || i >= rows[_i].n ||
                  pthread_equal(seen.by[i], pthread_self()));
    }
}
END_TEST

START_TEST(there_is_at_least_one_core)
{
    ck_assert_uint_ge(qt_parallel_cores(), 1);
    ck_assert_uint_le(qt_parallel_cores(), QT_PARALLEL_MAX);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("parallel");
    TCase *tc = tcase_create("parts");
    tcase_add_loop_test(tc, every_part_is_done_once_on_any_number_of_threads, 0, QT_COUNT_OF(rows));
    tcase_add_test(tc, there_is_at_least_one_core);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

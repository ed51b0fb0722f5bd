/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every suite shares: a main() that runs one check suite and speaks TAP, and the recorded data's folder.
 *
 *     QT_SUITE("book", { TCase *tc = tcase_create("resync"); tcase_add_test(tc, ...); suite_add_tcase(suite, tc); })
 */
#ifndef QTRADE_TESTS_QT_CHECK_H
#define QTRADE_TESTS_QT_CHECK_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** A folder under the recorded market data, into out; NULL (and a clear line on stderr) when it is absent. */
static inline const char *
qt_market_path(const char *relative, char *out, size_t capacity)
{
    const char *root = getenv("QT_MARKET");
    snprintf(out, capacity, "%s/%s", root ? root : "../shared/market", relative);
    if (access(out, R_OK) == 0)
        return out;
    fprintf(stderr, "# recorded market data is absent: %s: this case checks nothing\n", out);
    return NULL;
}

/** How often something random is played: n, or an eighth of it where QT_LIGHT is set, as scripts/test does for the
 * sanitizers, under which everything is slow. */
static inline int
qt_rounds(int n)
{
    return getenv("QT_LIGHT") ? (n + 7) / 8 : n;
}

/** Runs a suite; the exit status of the program. */
static inline int
qt_run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

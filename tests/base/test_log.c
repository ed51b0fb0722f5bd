/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a record of the log looks like: numbers as asked for, texts from outside tamed. */
#include <string.h>

#include "qtrade/base/file.h"
#include "qtrade/base/log.h"

#include "qt_check.h"

struct fixture {
    char path[64];
    struct qt_log *log;
};

static void
begin(struct fixture *f)
{
    struct qt_error err = {0};
    snprintf(f->path, sizeof f->path, "/tmp/qtrade-log-XXXXXX");
    int file = mkstemp(f->path);
    ck_assert_int_ge(file, 0);
    close(file);
    f->log = qt_log_open(f->path, QT_LOG_INFO, QT_LOG_TEXT, &err);
    ck_assert_msg(f->log != NULL, "%s", err.text);
}

/* Ends the log; it must hold text. */
static void
expect(struct fixture *f, const char *text)
{
    struct qt_error err = {0};
    char *all = NULL;
    size_t length = 0;
    qt_log_close(f->log);
    ck_assert_msg(qt_file_read(f->path, 1 << 16, &all, &length, &err), "%s", err.text);
    ck_assert_msg(strstr(all, text) != NULL, "no \"%s\" in \"%s\"", text, all);
    ck_assert_ptr_null(strstr(all, "debug"));
    free(all);
    unlink(f->path);
}

START_TEST(numbers_have_the_width_and_precision_that_was_asked_for)
{
    struct fixture f;
    begin(&f);
    qt_log_event(f.log, QT_LOG_WARN, "a.b", "x=%.1f y=%5.2f z=%.*f n=%03d s=%.2s", 2.25, 1.0, 3,
                 0.5, 7, "abc");
    expect(&f, "warn  a.b x=2.2 y= 1.00 z=0.500 n=007 s=ab\n");
}
END_TEST

START_TEST(a_text_from_outside_becomes_no_other_field)
{
    struct fixture f;
    begin(&f);
    qt_log_event(f.log, QT_LOG_ERROR, "a.b", "s=%s n=%d", "x y=\"z\"\n", -1);
    qt_log_event(f.log, QT_LOG_DEBUG, "debug", "n=%d", 1);
    expect(&f, "error a.b s=\"x y=\\\"z\\\"?\" n=-1\n");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("log");
    TCase *tc = tcase_create("log");
    tcase_add_test(tc, numbers_have_the_width_and_precision_that_was_asked_for);
    tcase_add_test(tc, a_text_from_outside_becomes_no_other_field);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

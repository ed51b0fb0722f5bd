/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times and clocks. */
#include "qt_check.h"
#include "qtrade/base/clock.h"
#include "qtrade/base/time.h"

static const struct {
    int64_t s;
    const char *text;
} time_rows[] = {{0, "1970-01-01T00:00:00.000Z"},
                 {INT32_MAX, "2038-01-19T03:14:07.000Z"},
                 {INT64_C(1) + INT32_MAX, "2038-01-19T03:14:08.000Z"},
                 {INT64_C(1483228799), "2016-12-31T23:59:59.000Z"}, /* before a leap second */
                 {INT64_C(1483228800), "2017-01-01T00:00:00.000Z"},
                 {INT64_C(1) + UINT32_MAX, "2106-02-07T06:28:16.000Z"},
                 {INT64_C(9214646400), "2262-01-01T00:00:00.000Z"}};

START_TEST(C4_a_time_beyond_32_bits_is_written_and_read_back)
{
    char text[QT_TIME_TEXT];
    int64_t back = -1;
    ck_assert_str_eq(qt_time_format(time_rows[_i].s * QT_NS_PER_S, text), time_rows[_i].text);
    ck_assert(qt_time_parse(text, &back));
    ck_assert_int_eq(back, time_rows[_i].s * QT_NS_PER_S);
}
END_TEST

START_TEST(C1_a_steady_clock_begins_at_the_wall_and_goes_by_what_passes)
{
    struct qt_clock clock;
    int64_t before = qt_now_utc_ns();
    qt_clock_init_steady(&clock);
    ck_assert_int_ge(clock.base_utc_ns, before);
    int64_t boot = qt_now_boot_ns(), t = qt_clock_utc_ns(&clock), boot_after = qt_now_boot_ns();
    ck_assert_int_ge(t - clock.base_utc_ns, boot - clock.base_mono_ns);
    ck_assert_int_le(t - clock.base_utc_ns, boot_after - clock.base_mono_ns);
    clock.base_utc_ns -= QT_NS_PER_HOUR; /* the wall's step since, seen from here */
    ck_assert_int_lt(qt_clock_utc_ns(&clock), qt_now_utc_ns() - 3599 * QT_NS_PER_S);
}
END_TEST

START_TEST(C1_a_steady_clock_keeps_nanoseconds_over_years)
{
    struct qt_clock clock = {.base_utc_ns = 0, .speed = 1, .is_steady = true};
    clock.base_mono_ns = qt_now_boot_ns() - INT64_C(20) * 366 * QT_NS_PER_DAY - 1;
    int64_t a = qt_clock_utc_ns(&clock), since = qt_now_boot_ns() - clock.base_mono_ns;
    ck_assert_int_le(a, since);
    ck_assert_int_gt(a, INT64_C(20) * 366 * QT_NS_PER_DAY);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("time");
    TCase *tc = tcase_create("times and clocks");
    tcase_add_loop_test(tc, C4_a_time_beyond_32_bits_is_written_and_read_back, 0,
                        QT_COUNT_OF(time_rows));
    tcase_add_test(tc, C1_a_steady_clock_begins_at_the_wall_and_goes_by_what_passes);
    tcase_add_test(tc, C1_a_steady_clock_keeps_nanoseconds_over_years);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

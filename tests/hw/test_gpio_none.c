/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that was built without libgpiod. */
#include <string.h>

#include "qt_check.h"
#include "qtrade/hw/kill_switch.h"

START_TEST(a_switch_that_is_configured_without_gpio_is_refused_and_not_ignored)
{
    struct qt_switch_config config;
    const struct qt_config_binding binding = {&qt_switch_section, &config};
    struct qt_error err = {0};
    qt_config_defaults(&binding, 1);
    config.enabled = true;
    const struct qt_switch_options options = {.config = &config};
    ck_assert_ptr_null(qt_kill_switch_library());
    ck_assert_ptr_null(qt_kill_switch_start(&options, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "built without libgpiod"));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("gpio_none");
    TCase *tc = tcase_create("start");
    tcase_add_test(tc, a_switch_that_is_configured_without_gpio_is_refused_and_not_ignored);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modes: every command in every mode, with every set of facts. */

#include <string.h>

#include "qt_check.h"
#include "qtrade/engine/mode.h"

START_TEST(a_stop_never_loosens)
{
    static const enum qt_command_kind stops[] = {QT_COMMAND_PAUSE, QT_COMMAND_REDUCE,
                                                 QT_COMMAND_LIQUIDATE, QT_COMMAND_HALT};
    for (int mode = 0; mode < QT_MODES; mode++)
        for (size_t i = 0; i < QT_COUNT_OF(stops); i++)
            for (unsigned bits = 0; bits < 16; bits++) {
                struct qt_mode_facts facts = {bits & 1, bits & 2, bits & 4, bits & 8};
                enum qt_mode next = QT_MODES;
                const char *why = NULL;
                ck_assert(qt_mode_next((enum qt_mode)mode, stops[i], &facts, &next, &why));
                ck_assert_int_ge(next, mode);
            }
}
END_TEST

START_TEST(a_stop_reaches_its_own_mode_or_a_stricter_one)
{
    static const enum qt_mode least[QT_COMMAND_KINDS] = {[QT_COMMAND_PAUSE] = QT_MODE_PAUSED,
                                                         [QT_COMMAND_REDUCE] = QT_MODE_REDUCED,
                                                         [QT_COMMAND_LIQUIDATE] =
                                                             QT_MODE_EMERGENCY,
                                                         [QT_COMMAND_HALT] = QT_MODE_EMERGENCY};
    struct qt_mode_facts none = {0};
    for (int mode = 0; mode < QT_MODES; mode++)
        for (int kind = 0; kind < QT_COMMAND_KINDS; kind++) {
            enum qt_mode next;
            const char *why;
            if (kind == QT_COMMAND_RESUME || kind == QT_COMMAND_NOTE)
                continue;
            ck_assert(
                qt_mode_next((enum qt_mode)mode, (enum qt_command_kind)kind, &none, &next, &why));
            ck_assert_int_ge(next, least[kind]);
        }
}
END_TEST

static const struct {
    enum qt_mode from;
    bool flat, reason, person, allowed;
    enum qt_mode to;
} resume_rows[] = {
    {QT_MODE_PAUSED, false, false, true, true, QT_MODE_NORMAL},
    {QT_MODE_PAUSED, true, true, false, false, QT_MODES},
    {QT_MODE_REDUCED, false, false, true, true, QT_MODE_NORMAL},
    {QT_MODE_REDUCED, true, true, false, false, QT_MODES},
    {QT_MODE_EMERGENCY, true, true, true, true, QT_MODE_PAUSED},
    {QT_MODE_EMERGENCY, false, true, true, false, QT_MODES},
    {QT_MODE_EMERGENCY, true, false, true, false, QT_MODES},
    {QT_MODE_EMERGENCY, true, true, false, false, QT_MODES},
};

START_TEST(only_a_person_resumes_and_emergency_only_flat_with_a_reason_into_paused)
{
    struct qt_mode_facts facts = {resume_rows[_i].flat, resume_rows[_i].reason,
                                  resume_rows[_i].person, true};
    enum qt_mode next = QT_MODES;
    const char *why = NULL;
    bool allowed = qt_mode_next(resume_rows[_i].from, QT_COMMAND_RESUME, &facts, &next, &why);
    ck_assert_int_eq(allowed, resume_rows[_i].allowed);
    ck_assert_int_eq(next, resume_rows[_i].to);
    ck_assert(allowed || (why && *why));
}
END_TEST

START_TEST(h12_nothing_resumes_while_the_switch_is_held)
{
    const struct qt_mode_facts facts = {true, true, true, false};
    for (int mode = 0; mode < QT_MODES; mode++) {
        enum qt_mode next = QT_MODES;
        const char *why = NULL;
        ck_assert(
            !qt_mode_next((enum qt_mode)mode, QT_COMMAND_RESUME, &facts, &next, &why));
        ck_assert_int_eq(next, QT_MODES);
        ck_assert_ptr_nonnull(strstr(why, "kill switch"));
    }
}
END_TEST

START_TEST(a_note_changes_no_mode)
{
    const struct qt_mode_facts none = {0};
    for (int mode = 0; mode < QT_MODES; mode++) {
        enum qt_mode next = QT_MODES;
        const char *why = NULL;
        ck_assert(qt_mode_next((enum qt_mode)mode, QT_COMMAND_NOTE, &none, &next, &why));
        ck_assert_int_eq(next, mode);
    }
}
END_TEST

START_TEST(only_normal_allows_an_entry)
{
    for (int mode = 0; mode < QT_MODES; mode++)
        ck_assert_int_eq(qt_mode_allows_entry((enum qt_mode)mode), mode == QT_MODE_NORMAL);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("mode");
    TCase *tc = tcase_create("transitions");
    tcase_add_test(tc, a_stop_never_loosens);
    tcase_add_test(tc, a_stop_reaches_its_own_mode_or_a_stricter_one);
    tcase_add_loop_test(tc, only_a_person_resumes_and_emergency_only_flat_with_a_reason_into_paused,
                        0, (int)QT_COUNT_OF(resume_rows));
    tcase_add_test(tc, h12_nothing_resumes_while_the_switch_is_held);
    tcase_add_test(tc, a_note_changes_no_mode);
    tcase_add_test(tc, only_normal_allows_an_entry);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

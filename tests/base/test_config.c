/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A config: its mistakes are named with file, line and key, and change nothing. Times and texts
 * beside it. */
#include <string.h>

#include "mutate.h"
#include "qt_check.h"
#include "qtrade/base/config.h"
#include "qtrade/base/time.h"

struct sample {
    int64_t count;
    double ratio;
    bool is_on;
    char name[8];
};

static const struct qt_config_key keys[] = {{.key = "count",
                                             .type = QT_CONFIG_INT,
                                             .offset = offsetof(struct sample, count),
                                             .def = 3,
                                             .min = 1,
                                             .max = 9,
                                             .help = "a count"},
                                            {.key = "ratio",
                                             .type = QT_CONFIG_DOUBLE,
                                             .offset = offsetof(struct sample, ratio),
                                             .def = 0.5,
                                             .min = 0,
                                             .max = 1,
                                             .help = "a ratio"},
                                            {.key = "is_on",
                                             .type = QT_CONFIG_BOOL,
                                             .offset = offsetof(struct sample, is_on),
                                             .def = 1,
                                             .help = "a switch"},
                                            {.key = "name",
                                             .type = QT_CONFIG_TEXT,
                                             .offset = offsetof(struct sample, name),
                                             .max = 8,
                                             .text = "red",
                                             .choices = "red|green",
                                             .help = "a name"},
                                            {0}};
static const struct qt_config_section section = {
    .name = "sample", .help = "a sample", .size = sizeof(struct sample), .keys = keys};

static const struct {
    const char *text, *error; /* NULL: good */
} rows[] = {
    {"{\"sample\": {\"count\": 9, \"ratio\": 1, \"is_on\": false, \"name\": \"green\"}}", NULL},
    {"{}", NULL},
    {"{\"sample\":\n {\"ratio\": 0.1,\n \"count\": 10}}",
     "f:3: sample.count: is 10: must be 1 to 9"},
    {"{\"sample\": {\"count\": 2.5}}", "f:1: sample.count: must be a whole number"},
    {"{\"sample\": {\"ratio\": \"x\"}}", "f:1: sample.ratio: must be a number"},
    {"{\"sample\": {\"is_on\": 1}}", "f:1: sample.is_on: must be true or false"},
    {"{\"sample\": {\"name\": \"blue\"}}", "f:1: sample.name: is 'blue': must be one of red|green"},
    {"{\"sample\":\n{\"coumt\": 1}}", "f:2: sample.coumt: no such key (see qtrade.conf(5))"},
    {"{\n\"simple\": {}}", "f:2: simple: no such section (see qtrade.conf(5))"},
    {"{\"sample\": 5}", "f:1: sample: must be an object in braces"},
    {"[]", "f:1: must be one object in braces"},
};

START_TEST(a_mistake_is_named_and_changes_nothing)
{
    struct sample values, before;
    memset(&values, 0, sizeof values);
    struct qt_config_binding binding = {&section, &values};
    struct qt_error err = {0};
    qt_config_defaults(&binding, 1);
    before = values;
    bool is_good =
        qt_config_load_text("f", rows[_i].text, strlen(rows[_i].text), &binding, 1, &err);
    ck_assert_int_eq(is_good, rows[_i].error == NULL);
    if (is_good)
        return;
    ck_assert_str_eq(err.text, rows[_i].error);
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert_mem_eq(&values, &before, sizeof values);
}
END_TEST

static const char *const garbage[] = {"",
                                      "{",
                                      "{\"sample\": {\"count\": NaN}}",
                                      "{\"sample\": {\"count\": 1, \"count\": 2}}",
                                      "{\"sample\": {\"ratio\": 1e999}}",
                                      "{\"sample\": {} } x"};

START_TEST(garbage_is_refused_with_its_line)
{
    struct sample values = {0};
    struct qt_config_binding binding = {&section, &values};
    struct qt_error err = {0};
    ck_assert(!qt_config_load_text("f", garbage[_i], strlen(garbage[_i]), &binding, 1, &err));
    ck_assert(strncmp(err.text, "f:", 2) == 0);
}
END_TEST

/* A config with bytes changed is read into values within their limits, or named with its file and
 * leaves all as it was. */
START_TEST(A2_a_mutated_config_is_within_its_limits_or_named)
{
    static const char whole[] = "{\"sample\": {\"count\": 9, \"ratio\": 0.25,\n \"is_on\": false, "
                                "\"name\": \"green\"}}\n";
    struct qt_mutator mutator;
    uint64_t taken = 0, cases = qt_number_from("QT_CASES", 50000);
    qt_mutator_init(&mutator, QT_JSON_SPICE, 11);
    for (uint64_t i = 0; i < cases; i++) {
        size_t n;
        char *text = qt_mutant(&mutator, whole, sizeof whole - 1, &n);
        struct sample values, before;
        memset(&values, 0, sizeof values);
        struct qt_config_binding binding = {&section, &values};
        struct qt_error err = {0};
        qt_config_defaults(&binding, 1);
        before = values;
        if (qt_config_load_text("f", text, n, &binding, 1, &err)) {
            taken++;
            ck_assert(values.count >= 1 && values.count <= 9);
            ck_assert(values.ratio >= 0 && values.ratio <= 1);
            ck_assert(strcmp(values.name, "red") == 0 || strcmp(values.name, "green") == 0);
        } else {
            ck_assert_msg(strncmp(err.text, "f:", 2) == 0, "%s", err.text);
            ck_assert_mem_eq(&values, &before, sizeof values);
        }
        free(text);
    }
    ck_assert_msg(taken > cases / 1000 && taken < cases / 2, "%llu taken",
                  (unsigned long long)taken);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    struct sample values = {.count = 7, .ratio = 0.1, .is_on = false, .name = "green"}, back = {0};
    struct qt_config_binding from = {&section, &values}, to = {&section, &back};
    struct qt_error err = {0};
    char buffer[1000];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_config_write(&from, 1, &text);
    ck_assert(qt_config_load_text("f", buffer, text.length, &to, 1, &err));
    ck_assert(back.count == 7 && back.ratio == 0.1 && !back.is_on && !strcmp(back.name, "green"));
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    int64_t ms;
} times[] = {{"2024-04-14", true, 1713052800000},
             {"2024-04-14T12:30", true, 1713097800000},
             {"2024-04-14 12:30:05.250Z", true, 1713097805250},
             {"1713052800000", true, 1713052800000},
             {"2024-02-30", false, 0},
             {"2024-13-01", false, 0},
             {"2024-04-14T25:00", false, 0},
             {"2024-04-14T12", false, 0},
             {"yesterday", false, 0},
             {"", false, 0}};

START_TEST(a_time_is_read_exactly_or_refused)
{
    int64_t t = -1;
    ck_assert_int_eq(qt_time_parse(times[_i].text, &t), times[_i].ok);
    ck_assert_int_eq(t, times[_i].ok ? times[_i].ms * QT_NS_PER_MS : -1);
}
END_TEST

START_TEST(text_is_bounded_escaped_and_cleaned)
{
    char small[6], buffer[100], hostile[] = "a\x1b[2Jb\xff\xc2\x9bz";
    struct qt_text text;
    qt_text_init(&text, small, sizeof small);
    qt_text_add(&text, "1234567");
    ck_assert(text.is_cut && strcmp(small, "12345") == 0);
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_add_json_string(&text, "q\"\\\n\x01\xff\xc3\xa9");
    ck_assert_str_eq(buffer, "\"q\\\"\\\\\\u000a\\u0001\\ufffd\xc3\xa9\"");
    qt_text_clear(&text);
    qt_text_add_json_double(&text, 0.1);
    qt_text_add_json_double(&text, 0.0 / 0.0);
    ck_assert_str_eq(buffer, "0.1null");
    qt_text_clean(hostile);
    ck_assert_str_eq(hostile, "a?[2Jb???z");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("config");
    TCase *tc = tcase_create("config");
    tcase_add_loop_test(tc, a_mistake_is_named_and_changes_nothing, 0, (int)QT_COUNT_OF(rows));
    tcase_add_test(tc, A2_a_mutated_config_is_within_its_limits_or_named);
    tcase_add_loop_test(tc, garbage_is_refused_with_its_line, 0, (int)QT_COUNT_OF(garbage));
    tcase_add_test(tc, what_is_written_is_read_back);
    tcase_add_loop_test(tc, a_time_is_read_exactly_or_refused, 0, (int)QT_COUNT_OF(times));
    tcase_add_test(tc, text_is_bounded_escaped_and_cleaned);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

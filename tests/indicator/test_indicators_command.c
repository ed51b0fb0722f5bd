/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade indicators as a user meets it: the real binary, real files, its words and its exit status.
 */
#include <jansson.h>
#include <sys/wait.h>

#include "bars.h"

/* A folder for the files of one case, a document written by the binary, and its exit status. */
struct scene {
    char folder[64], file[128];
    char *out, *err;
    int status;
};

static char *
slurp(const char *path)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    size_t capacity = 1 << 22;
    char *text = malloc(capacity);
    size_t n = fread(text, 1, capacity - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static void
scene_start(struct scene *scene, const char *rows)
{
    *scene = (struct scene){.folder = "/tmp/qt-indicators-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(scene->folder));
    snprintf(scene->file, sizeof scene->file, "%s/AAAUSDT-1h.csv", scene->folder);
    FILE *file = fopen(scene->file, "w");
    ck_assert_ptr_nonnull(file);
    fputs(rows, file);
    fclose(file);
}

static void
scene_end(struct scene *scene)
{
    static const char *const names[] = {"AAAUSDT-1h.csv", "out", "err"};
    char path[128];
    for (size_t i = 0; i < QT_COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", scene->folder, names[i]);
        unlink(path);
    }
    rmdir(scene->folder);
    free(scene->out);
    free(scene->err);
}

/* Runs "qtrade indicators WORDS" in the folder of the scene. */
static void
run(struct scene *scene, const char *words)
{
    char command[1024], path[128];
    const char *binary = getenv("QT_BINARY");
    ck_assert_msg(binary != NULL, "QT_BINARY is not set");
    snprintf(command, sizeof command, "cd %s && : >out && %s indicators %s%s 2>err", scene->folder,
             binary, words, strchr(words, '>') ? "" : " >out");
    int status = system(command);
    ck_assert(WIFEXITED(status));
    scene->status = WEXITSTATUS(status);
    free(scene->out);
    free(scene->err);
    snprintf(path, sizeof path, "%s/out", scene->folder);
    scene->out = slurp(path);
    snprintf(path, sizeof path, "%s/err", scene->folder);
    scene->err = slurp(path);
}

static size_t
line_count(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static const char *const five_rows = "open_time_ms,open,high,low,close,volume\n"
                                     "1704067200000,10.0,10.5,9.5,10.0,100\n"
                                     "1704070800000,10.0,11.0,10.0,11.0,50\n"
                                     "1704074400000,11.0,11.5,10.5,10.5,20\n"
                                     "1704078000000,10.5,12.5,10.5,12.5,0\n"
                                     "1704081600000,12.5,12.5,11.0,11.5,70\n";

START_TEST(columns_are_named_and_empty_until_there_is_a_value)
{
    struct scene scene;
    scene_start(&scene, five_rows);
    run(&scene, "--only sma_2,obv,bbands_2_1_middle AAAUSDT-1h.csv");
    ck_assert_msg(scene.status == 0, "%s", scene.err);
    ck_assert_str_eq(scene.err, "");
    ck_assert_str_eq(scene.out, "open_time_ms,sma_2,obv,bbands_2_1_middle\n"
                                "1704067200000,,100,\n"
                                "1704070800000,10.5,150,10.5\n"
                                "1704074400000,10.75,130,10.75\n"
                                "1704078000000,11.5,130,11.5\n"
                                "1704081600000,12,60,12\n");
    scene_end(&scene);
}
END_TEST

START_TEST(without_only_every_row_of_the_table_has_its_columns)
{
    struct scene scene;
    scene_start(&scene, five_rows);
    run(&scene, "AAAUSDT-1h.csv");
    ck_assert_msg(scene.status == 0, "%s", scene.err);
    ck_assert_uint_eq(line_count(scene.out), 6);
    for (size_t i = 0; qt_indicators[i]; i++) {
        double params[QT_INDICATOR_PARAMS];
        qt_indicator_defaults(qt_indicators[i], params);
        for (unsigned o = 0; o < qt_indicator_output_count(qt_indicators[i]); o++) {
            char column[QT_INDICATOR_COLUMN];
            qt_indicator_column(qt_indicators[i], params, o, column);
            ck_assert_msg(strstr(scene.out, column) != NULL, "%s", column);
        }
    }
    scene_end(&scene);
}
END_TEST

START_TEST(json_is_one_document_with_null_for_no_value)
{
    struct scene scene;
    json_error_t error;
    scene_start(&scene, five_rows);
    run(&scene, "--json --only sma_2 AAAUSDT-1h.csv");
    ck_assert_msg(scene.status == 0, "%s", scene.err);
    json_t *root = json_loads(scene.out, 0, &error);
    ck_assert_msg(root != NULL, "%s", error.text);
    ck_assert_str_eq(json_string_value(json_object_get(root, "symbol")), "AAAUSDT");
    ck_assert_int_eq(json_integer_value(json_object_get(root, "interval_ms")), 3600000);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "bars")), 5);
    json_t *columns = json_object_get(root, "columns"), *rows = json_object_get(root, "rows");
    ck_assert_str_eq(json_string_value(json_array_get(columns, 1)), "sma_2");
    ck_assert_uint_eq(json_array_size(rows), 5);
    ck_assert(json_is_null(json_array_get(json_array_get(rows, 0), 1)));
    ck_assert_double_eq(json_number_value(json_array_get(json_array_get(rows, 2), 1)), 10.75);
    json_decref(root);
    scene_end(&scene);
}
END_TEST

START_TEST(the_list_tells_every_row_to_people_and_to_programs)
{
    struct scene scene;
    json_error_t error;
    scene_start(&scene, five_rows);
    run(&scene, "--list --json");
    json_t *root = json_loads(scene.out, 0, &error);
    ck_assert_msg(root != NULL, "%s", error.text);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "indicators")), row_count());
    json_decref(root);
    run(&scene, "--list");
    for (size_t i = 0; qt_indicators[i]; i++)
        ck_assert(strstr(scene.out, qt_indicators[i]->title) &&
                  strstr(scene.out, qt_indicators[i]->source));
    scene_end(&scene);
}
END_TEST

static const struct {
    const char *words, *rows;
    int status;
    const char *said; /* part of the one line on stderr */
} wrongs[] = {
    {"", "x\n", 2, "FILE.csv"},
    {"--only nosuch_3 AAAUSDT-1h.csv", "x\n", 2, "nosuch_3"},
    {"--only rsi_1 AAAUSDT-1h.csv", "x\n", 2, "period"},
    {"--only rsi,,ema AAAUSDT-1h.csv", "x\n", 2, "--only"},
    {"--wrong AAAUSDT-1h.csv", "x\n", 2, "--wrong"},
    {"a.csv b.csv", "x\n", 2, "b.csv"},
    {"missing-1h.csv", "x\n", 7, "missing-1h.csv"},
    {"AAAUSDT-1h.csv", "", 7, "AAAUSDT-1h.csv"},
    {"AAAUSDT-1h.csv", "hello\nworld\n", 7, "AAAUSDT-1h.csv"},
    {"--strict AAAUSDT-1h.csv",
     "open_time_ms,open,high,low,close,volume\n1704067200000,10.0,9.5,10.5,10.0,100\n", 7,
     "AAAUSDT-1h.csv"},
};

START_TEST(what_is_wrong_is_one_line_and_the_right_exit_status)
{
    struct scene scene;
    scene_start(&scene, wrongs[_i].rows);
    run(&scene, wrongs[_i].words);
    ck_assert_msg(scene.status == wrongs[_i].status, "'%s' ends with %d: %s", wrongs[_i].words,
                  scene.status, scene.err);
    ck_assert_uint_eq(line_count(scene.err), 1);
    ck_assert_ptr_eq(strstr(scene.err, "qtrade: "), scene.err);
    ck_assert_msg(strstr(scene.err, wrongs[_i].said) != NULL, "%s", scene.err);
    ck_assert_str_eq(scene.out, "");
    scene_end(&scene);
}
END_TEST

START_TEST(a_malformed_row_is_skipped_and_told_of)
{
    struct scene scene;
    scene_start(&scene, "open_time_ms,open,high,low,close,volume\n"
                        "1704067200000,10.0,10.5,9.5,10.0,100\n"
                        "1704070800000,10.0,NaN,10.0,11.0,50\n"
                        "1704074400000,11.0,11.5,10.5,10.5,20\n");
    run(&scene, "--only obv AAAUSDT-1h.csv");
    ck_assert_msg(scene.status == 0, "%s", scene.err);
    ck_assert_uint_eq(line_count(scene.out), 3);
    ck_assert_uint_eq(line_count(scene.err), 1);
    ck_assert_msg(strstr(scene.err, "AAAUSDT-1h.csv:3") != NULL, "%s", scene.err);
    scene_end(&scene);
}
END_TEST

START_TEST(a_full_disk_is_said)
{
    struct scene scene;
    scene_start(&scene, five_rows);
    run(&scene, "--list >/dev/full");
    ck_assert_int_eq(scene.status, 1);
    ck_assert_uint_eq(line_count(scene.err), 1);
    scene_end(&scene);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("indicators_command");
    TCase *tc = tcase_create("command");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, columns_are_named_and_empty_until_there_is_a_value);
    tcase_add_test(tc, without_only_every_row_of_the_table_has_its_columns);
    tcase_add_test(tc, json_is_one_document_with_null_for_no_value);
    tcase_add_test(tc, the_list_tells_every_row_to_people_and_to_programs);
    tcase_add_loop_test(tc, what_is_wrong_is_one_line_and_the_right_exit_status, 0,
                        (int)QT_COUNT_OF(wrongs));
    tcase_add_test(tc, a_malformed_row_is_skipped_and_told_of);
    tcase_add_test(tc, a_full_disk_is_said);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

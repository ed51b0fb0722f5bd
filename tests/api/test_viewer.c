/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The viewer's side of the control socket against engines that end, hang, or say what no engine
 * should (fault A2): it never blocks, never crashes, says what is wrong, and finds the next one.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mutate.h"
#include "qt_check.h"
#include "qtrade/api/control.h"
#include "qtrade/api/picture.h"
#include "qtrade/api/viewer.h"
#include "qtrade/base/time.h"

#define PATIENCE_NS (60 * QT_NS_PER_S)

static char folder[64];
static int listener;
static struct qt_viewer *viewer;

static void
path_of(char *out, size_t capacity)
{
    snprintf(out, capacity, "%s/" QT_CONTROL_NAME, folder);
}

static void
begin(void)
{
    struct qt_error err = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(folder, sizeof folder, "/tmp/qtrade-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path_of(address.sun_path, sizeof address.sun_path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    viewer = qt_viewer_create(folder, &err);
    ck_assert_ptr_nonnull(viewer);
}

static void
end(void)
{
    char path[128];
    qt_viewer_destroy(viewer);
    close(listener);
    path_of(path, sizeof path);
    unlink(path);
    rmdir(folder);
}

/* The connection that the viewer makes, with its question read. */
static int
next_question(int fd, char *out, size_t capacity)
{
    int64_t until = qt_now_mono_ns() + PATIENCE_NS;
    size_t n = 0;
    while (n == 0 || out[n - 1] != '\n') {
        ck_assert(qt_now_mono_ns() < until && n < capacity - 1);
        (void)qt_viewer_take(viewer);
        if (fd < 0)
            fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        ssize_t more = fd >= 0 ? recv(fd, out + n, capacity - 1 - n, 0) : -1;
        n += more > 0 ? (size_t)more : 0;
        (void)poll(NULL, 0, 5);
    }
    out[n] = '\0';
    return fd;
}

static void
say(int fd, const char *bytes, size_t n)
{
    int64_t until = qt_now_mono_ns() + PATIENCE_NS;
    for (size_t sent = 0; sent < n;) {
        ssize_t one = send(fd, bytes + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (one < 0 && errno != EAGAIN)
            return; /* it has left */
        sent += one > 0 ? (size_t)one : 0;
        (void)qt_viewer_take(viewer);
        ck_assert(qt_now_mono_ns() < until);
    }
}

/* Turns until there is, or is no, trouble. */
static void
until_trouble(bool is_wanted)
{
    int64_t until = qt_now_mono_ns() + PATIENCE_NS;
    while ((qt_viewer_trouble(viewer) != NULL) != is_wanted) {
        ck_assert_msg(qt_now_mono_ns() < until, "trouble stays %d", !is_wanted);
        (void)qt_viewer_take(viewer);
        (void)poll(NULL, 0, 5);
    }
}

static char *
answer(uint64_t number)
{
    struct qt_snapshot *snap = calloc(1, sizeof *snap);
    struct qt_text text;
    char *line = malloc(QT_PICTURE_MAX + 64);
    snap->number = number;
    snap->positions = 2;
    qt_text_init(&text, line, QT_PICTURE_MAX + 64);
    qt_text_add(&text, "{\"v\":1,\"ok\":true,\"picture\":");
    qt_picture_write(snap, &text);
    qt_text_add(&text, "}\n");
    free(snap);
    return line;
}

START_TEST(the_newest_picture_is_asked_for_by_number_and_keys_are_told)
{
    char question[256], *line = answer(41);
    int fd = next_question(-1, question, sizeof question);
    ck_assert_ptr_nonnull(strstr(question, "\"after\":0,\"keys\":0"));
    say(fd, line, strlen(line));
    qt_viewer_seen(viewer);
    (void)next_question(fd, question, sizeof question);
    ck_assert_ptr_nonnull(strstr(question, "\"after\":41,\"keys\":1"));
    ck_assert_uint_eq(qt_viewer_take(viewer)->number, 41);
    ck_assert_uint_eq(qt_viewer_take(viewer)->positions, 2);
    static const char same[] = "{\"v\":1,\"ok\":true,\"picture\":null}\n";
    say(fd, same, sizeof same - 1);
    (void)next_question(fd, question, sizeof question);
    ck_assert_uint_eq(qt_viewer_take(viewer)->number, 41);
    ck_assert_ptr_null(qt_viewer_trouble(viewer));
    close(fd);
    free(line);
}
END_TEST

START_TEST(an_answer_in_single_bytes_is_taken)
{
    char question[256], *line = answer(7);
    int fd = next_question(-1, question, sizeof question);
    for (const char *c = line; *c; c++)
        say(fd, c, 1);
    ck_assert_uint_eq(qt_viewer_take(viewer)->number, 7);
    close(fd);
    free(line);
}
END_TEST

START_TEST(what_is_no_picture_is_trouble_and_the_next_connection_heals)
{
    static const char *const answers[] = {
        "\n",
        "sing\n",
        "[]\n",
        "{\"v\":1,\"ok\":false,\"error\":\"no\"}\n",
        "null\n",
        "{\"v\":1,\"ok\":true}\n",
        "{\"v\":1,\"ok\":true,\"picture\":{\"format\":9,\"picture\":{}}}\n"};
    char question[256], *line = answer(3);
    for (size_t i = 0; i < QT_COUNT_OF(answers); i++) {
        int fd = next_question(-1, question, sizeof question);
        say(fd, answers[i], strlen(answers[i]));
        until_trouble(true);
        close(fd);
        fd = next_question(-1, question, sizeof question);
        say(fd, line, strlen(line));
        until_trouble(false);
        close(fd);
        until_trouble(true);
        ck_assert_str_eq(qt_viewer_trouble(viewer), "NO ENGINE");
    }
    free(line);
}
END_TEST

START_TEST(a_line_without_end_is_left)
{
    char question[256];
    int fd = next_question(-1, question, sizeof question);
    char *long_line = malloc(4 << 20);
    memset(long_line, '{', 4 << 20);
    say(fd, long_line, 4 << 20);
    until_trouble(true);
    close(fd);
    free(long_line);
}
END_TEST

START_TEST(an_engine_that_hangs_is_trouble)
{
    char question[256];
    int fd = next_question(-1, question, sizeof question);
    until_trouble(true);
    ck_assert_str_eq(qt_viewer_trouble(viewer), "THE ENGINE DOES NOT ANSWER");
    close(fd);
}
END_TEST

START_TEST(A2_mutated_answers_are_taken_or_trouble)
{
    char question[256], *line = answer(9);
    struct qt_mutator mutator;
    qt_mutator_init(&mutator, QT_JSON_SPICE, 31);
    int fd = -1;
    for (uint64_t k = qt_number_from("QT_CASES", 16); k > 0; k--) {
        size_t n;
        fd = next_question(fd, question, sizeof question);
        char *mutant = qt_mutant(&mutator, line, strlen(line) - 1, &n);
        for (size_t i = 0; i < n; i++)
            mutant[i] = mutant[i] == '\n' ? ' ' : mutant[i];
        say(fd, mutant, n);
        say(fd, "\n", 1);
        for (int i = 0; i < 3; i++)
            (void)qt_viewer_take(viewer);
        if (qt_viewer_trouble(viewer)) {
            close(fd);
            fd = -1;
        }
        free(mutant);
    }
    if (fd >= 0)
        close(fd);
    free(line);
}
END_TEST

START_TEST(too_long_a_path_is_refused)
{
    struct qt_error err = {0};
    char path[256];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    ck_assert_ptr_null(qt_viewer_create(path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "too long"));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("viewer");
    TCase *talk = tcase_create("talk");
    tcase_set_timeout(talk, 120);
    tcase_add_checked_fixture(talk, begin, end);
    tcase_add_test(talk, the_newest_picture_is_asked_for_by_number_and_keys_are_told);
    tcase_add_test(talk, an_answer_in_single_bytes_is_taken);
    tcase_add_test(talk, what_is_no_picture_is_trouble_and_the_next_connection_heals);
    tcase_add_test(talk, a_line_without_end_is_left);
    tcase_add_test(talk, an_engine_that_hangs_is_trouble);
    tcase_add_test(talk, A2_mutated_answers_are_taken_or_trouble);
    tcase_add_test(talk, too_long_a_path_is_refused);
    suite_add_tcase(suite, talk);
    return qt_run_suite(suite);
}

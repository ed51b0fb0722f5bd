/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The real screen on a real pseudo-terminal, read by the small terminal of vt.c: faults T1 to T9.
 * QT_SHOW_SCREEN is the program that shows the sample picture. Waits are for events with a bound,
 * never for a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "qt_check.h"

#include "vt.h"

#define PATIENCE_MS 60000

struct session {
    int master;
    pid_t child;
    volatile pid_t *job; /* the program itself; shared with the shell that started it */
    struct vt vt;
    char tail[4096]; /* the last bytes, for what is printed at the end */
    size_t tail_length, bytes;
    bool is_over;
};

static int64_t
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *
program(void)
{
    const char *path = getenv("QT_SHOW_SCREEN");
    ck_assert_msg(path != NULL, "QT_SHOW_SCREEN is not set: meson test does it");
    return path;
}

/*
 * What a shell does: runs the program as a job in the foreground; when it stops, writes over the
 * screen and brings it to the foreground again. Ends as the program ended.
 */
static void
run_as_a_shell(char **argv, volatile pid_t *out_pid)
{
    int status = 0;
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, getpid());
        signal(SIGTTOU, SIG_DFL);
        execv(argv[0], argv);
        _exit(127);
    }
    setpgid(job, job);
    tcsetpgrp(STDIN_FILENO, job);
    *out_pid = job;
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        tcsetpgrp(STDIN_FILENO, getpgrp());
        struct termios modes;
        bool is_cooked = tcgetattr(STDIN_FILENO, &modes) == 0 && (modes.c_lflag & ICANON) &&
                         (modes.c_lflag & ECHO) && (modes.c_oflag & OPOST);
        dprintf(STDOUT_FILENO, "\033[2J\033[Hjob stopped, terminal %s\r\n",
                is_cooked ? "cooked" : "raw");
        tcdrain(STDOUT_FILENO);
        tcsetpgrp(STDIN_FILENO, job);
        kill(job, SIGCONT);
    }
    if (WIFSIGNALED(status)) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

/* Starts it on a terminal of its own; as a shell's job, or as the session's first process. */
static void
start_as(struct session *s, int width, int height, const char *term, const char *locale,
         char *const *args, bool has_shell)
{
    struct winsize size = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};
    char *argv[16] = {(char *)program()};
    memset(s, 0, sizeof *s);
    for (int n = 0; args && args[n] && n < 14; n++)
        argv[n + 1] = args[n];
    vt_init(&s->vt, width, height);
    s->job = mmap(NULL, sizeof *s->job, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(s->job != MAP_FAILED);
    s->child = forkpty(&s->master, NULL, NULL, &size);
    ck_assert_int_ge(s->child, 0);
    if (s->child > 0)
        return;
    signal(SIGINT, SIG_DFL); /* a suite in the background inherits them ignored */
    signal(SIGQUIT, SIG_DFL);
    if (term)
        setenv("TERM", term, 1);
    else
        unsetenv("TERM");
    setenv("LC_ALL", locale, 1);
    setenv("ASAN_OPTIONS",
           "detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:"
           "handle_abort=0:abort_on_error=1",
           1);
    if (has_shell)
        run_as_a_shell(argv, s->job);
    execv(argv[0], argv);
    _exit(127);
}

static void
start(struct session *s, int width, int height, const char *term, const char *locale,
      char *const *args)
{
    start_as(s, width, height, term, locale, args, true);
}

/* Takes what is there, for at most ms. False when the terminal's other end is closed. */
static bool
take(struct session *s, int ms)
{
    char bytes[4096];
    struct pollfd fd = {.fd = s->master, .events = POLLIN};
    if (poll(&fd, 1, ms) <= 0)
        return true;
    ssize_t n = read(s->master, bytes, sizeof bytes);
    if (n <= 0) {
        s->is_over = true;
        return false;
    }
    vt_feed(&s->vt, bytes, (size_t)n);
    s->bytes += (size_t)n;
    size_t keep = (size_t)n < sizeof s->tail - 1 ? (size_t)n : sizeof s->tail - 1;
    if (s->tail_length + keep > sizeof s->tail - 1)
        s->tail_length = 0;
    memcpy(s->tail + s->tail_length, bytes + n - keep, keep);
    s->tail_length += keep;
    s->tail[s->tail_length] = '\0';
    return true;
}

static bool
shows(const struct session *s, const char *text)
{
    char *screen = vt_text(&s->vt);
    bool found = strstr(screen, text) != NULL;
    free(screen);
    return found;
}

static void
expect(struct session *s, const char *text)
{
    int64_t end = now_ms() + PATIENCE_MS;
    while (!shows(s, text) && now_ms() < end)
        if (!take(s, 50))
            break;
    char *screen = vt_text(&s->vt);
    ck_assert_msg(strstr(screen, text) != NULL, "\"%s\" never came; the screen is:\n%s", text,
                  screen);
    free(screen);
}

/* One read of the program may join what is sent at once: wait until it answered. */
static void
send_bytes(struct session *s, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = write(s->master, bytes, n);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        ck_assert_int_gt(sent, 0);
        bytes += sent;
        n -= (size_t)sent;
        take(s, 0);
    }
}

static void
send_key(struct session *s, const char *key, const char *answer)
{
    send_bytes(s, key, strlen(key));
    expect(s, answer);
}

/* Ends: reads to the end, collects the status; the terminal must be as it was. */
static int
finish(struct session *s)
{
    int status = 0;
    int64_t end = now_ms() + PATIENCE_MS;
    while (now_ms() < end && take(s, 50))
        continue;
    while (waitpid(s->child, &status, WNOHANG) == 0) {
        if (now_ms() > end) {
            kill(s->child, SIGKILL);
            ck_abort_msg("the program does not end");
        }
        take(s, 20);
    }
    close(s->master);
    return status;
}

static void
check_restored(struct session *s)
{
    ck_assert(!s->vt.is_alternate);
    ck_assert(!s->vt.is_cursor_hidden);
    ck_assert(!s->vt.is_paste_on);
    ck_assert_msg(s->vt.unknown == 0, "%d unknown, first \"%s\"", s->vt.unknown,
                  s->vt.unknown_text);
}

/* The modes of the terminal are the slave's: read them before it closes. */
static bool
is_cooked(struct session *s)
{
    struct termios now;
    return tcgetattr(s->master, &now) == 0 && (now.c_lflag & ICANON) && (now.c_lflag & ECHO) &&
           (now.c_oflag & OPOST);
}

/* What is shown may be on its way before the modes are set. */
static void
expect_raw(struct session *s)
{
    for (int64_t end = now_ms() + PATIENCE_MS; is_cooked(s) && now_ms() < end;)
        (void)take(s, 10);
    ck_assert(!is_cooked(s));
}

static char *
golden(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/tui/golden/%s.txt", getenv("QT_SOURCE"), name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    char *text = calloc(1, 1 << 18);
    ck_assert_uint_gt(fread(text, 1, (1 << 18) - 1, file), 0);
    fclose(file);
    return text;
}

static void
expect_frame(struct session *s, const char *name)
{
    char *want = golden(name), *screen = NULL;
    int64_t end = now_ms() + PATIENCE_MS;
    for (;;) {
        free(screen);
        screen = vt_text(&s->vt);
        if (strcmp(screen, want) == 0 || now_ms() > end || !take(s, 50))
            break;
    }
    ck_assert_msg(strcmp(screen, want) == 0, "not %s:\n%s", name, screen);
    free(screen);
    free(want);
}

static char *const still[] = {"--still", NULL};
static char *const still_asks[] = {"--still", "--asks", NULL};
static char *const moving[] = {NULL};

static const struct {
    int width, height;
    const char *term, *locale, *frame;
} frame_rows[] = {
    {80, 24, "xterm-256color", "C.UTF-8", "80x24.utf8"},
    {80, 24, "xterm", "C.UTF-8", "80x24.utf8"},
    {80, 24, "screen-256color", "C.UTF-8", "80x24.utf8"},
    {80, 24, "xterm-256color", "C", "80x24.ascii"},
    {80, 24, "vt100", "C", "80x24.ascii"},
    {80, 24, "linux", "C.UTF-8", "80x24.utf8"},
    {120, 40, "xterm-256color", "C.UTF-8", "120x40.utf8"},
    {200, 60, "xterm-256color", "C.UTF-8", "200x60.utf8"},
    {20, 5, "xterm-256color", "C.UTF-8", "20x5.utf8"},
};

START_TEST(T7_the_terminal_shows_the_golden_frame)
{
    struct session s;
    start(&s, frame_rows[_i].width, frame_rows[_i].height, frame_rows[_i].term,
          frame_rows[_i].locale, still);
    expect_frame(&s, frame_rows[_i].frame);
    expect_raw(&s);
    send_bytes(&s, "q", 1);
    int status = finish(&s);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_ptr_nonnull(strstr(s.tail, "outcome left"));
}
END_TEST

START_TEST(T8_leaving_restores_the_terminal)
{
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect(&s, "q quit");
    ck_assert(s.vt.is_alternate && s.vt.is_cursor_hidden && s.vt.is_paste_on);
    send_bytes(&s, "q", 1);
    finish(&s);
    check_restored(&s);
}
END_TEST

/* A signal from outside ends it: the terminal is whole first, the signal is still the cause of
 * death. */
static const int deadly[] = {SIGTERM, SIGINT, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
START_TEST(T8_a_deadly_signal_restores_the_terminal)
{
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect(&s, "q quit");
    kill(*s.job, deadly[_i]);
    int status = finish(&s);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == deadly[_i]);
    check_restored(&s);
}
END_TEST

START_TEST(T8_stop_and_continue_give_the_terminal_back_and_take_it_again)
{
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect_frame(&s, "80x24.utf8");
    kill(*s.job, SIGTSTP);
    expect(&s, "job stopped, terminal cooked"); /* the shell's line, on the shell's screen */
    expect_frame(&s, "80x24.utf8");
    expect_raw(&s);
    ck_assert(s.vt.is_alternate && s.vt.is_cursor_hidden && s.vt.is_paste_on);
    send_bytes(&s, "q", 1);
    finish(&s);
    check_restored(&s);
}
END_TEST

START_TEST(T8_a_stop_that_nobody_could_end_is_none)
{
    struct session s;
    start_as(&s, 80, 24, "xterm-256color", "C.UTF-8", still, false);
    expect_frame(&s, "80x24.utf8");
    kill(s.child, SIGTSTP);
    while (s.vt.switches < 3 && take(&s, 20000)) /* taken, given back, taken again */
        continue;
    expect_frame(&s, "80x24.utf8");
    expect_raw(&s);
    send_bytes(&s, "q", 1);
    finish(&s);
    check_restored(&s);
}
END_TEST

START_TEST(T1_a_hang_up_is_an_outcome_of_its_own)
{
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect(&s, "q quit");
    kill(*s.job, SIGHUP);
    int status = finish(&s);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_ptr_nonnull(strstr(s.tail, "outcome hang-up"));
}
END_TEST

START_TEST(T1_a_lost_terminal_ends_the_screen_and_not_by_a_signal)
{
    struct session s;
    int status = 0;
    start_as(&s, 80, 24, "xterm-256color", "C.UTF-8", moving, false);
    expect(&s, "q quit");
    close(s.master); /* the kernel sends SIGHUP, reads give EIO */
    int64_t end = now_ms() + PATIENCE_MS;
    while (waitpid(s.child, &status, WNOHANG) == 0 && now_ms() < end)
        poll(NULL, 0, 10);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

START_TEST(the_stop_flag_ends_the_screen)
{
    static char *const stops[] = {"--stop", NULL};
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", stops);
    finish(&s);
    check_restored(&s);
    ck_assert_ptr_nonnull(strstr(s.tail, "outcome stopped"));
}
END_TEST

START_TEST(T8_a_crash_in_the_engine_restores_the_terminal)
{
    static char *const crashes[] = {"--crash", NULL};
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", crashes);
    int status = finish(&s);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    check_restored(&s);
}
END_TEST

/* q asks again and again, Esc stays, p pauses and leaves. */
START_TEST(q_asks_and_p_pauses_and_leaves)
{
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still_asks);
    expect(&s, "q quit");
    send_key(&s, "q", "keep running without a screen");
    send_key(&s, "\033", "Tab focus");
    send_key(&s, "\003", "keep running without a screen");
    send_bytes(&s, "p", 1);
    finish(&s);
    ck_assert_ptr_nonnull(strstr(s.tail, "outcome pause, pause 1"));
}
END_TEST

START_TEST(T2_a_terminal_that_does_not_read_costs_frames_only)
{
    struct session s;
    start(&s, 200, 60, "xterm-256color", "C.UTF-8", moving);
    while (s.bytes == 0 && take(&s, 1000)) /* then nothing is read: the pipe fills */
        continue;
    poll(NULL, 0, 700);
    send_bytes(&s, "P", 1); /* a key is acted on all the same; the picture turns PAUSED */
    expect(&s, "PAUSED");
    send_bytes(&s, "q", 1);
    finish(&s);
    ck_assert_ptr_nonnull(strstr(s.tail, "pause 1"));
    check_restored(&s);
}
END_TEST

/* A line of 300 bytes a second, for three seconds; then the rest at once. What was sent meanwhile. */
static size_t
on_slow_line(bool is_slow)
{
    struct session s;
    size_t before;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", moving);
    char bytes[16];
    struct pollfd fd = {.fd = s.master, .events = POLLIN};
    int64_t begin = now_ms();
    for (int i = 0; i < 60; i++) {
        if (is_slow && poll(&fd, 1, 50) == 1) {
            ssize_t n = read(s.master, bytes, sizeof bytes - 1);
            ck_assert_int_gt(n, 0);
            vt_feed(&s.vt, bytes, (size_t)n);
            s.bytes += (size_t)n;
        }
        /* Ctrl-L wants all of a frame: more than the line's buffers hold */
        ck_assert_int_eq(write(s.master, i == 20 ? "P" : "\f", 1), 1);
        while (now_ms() - begin < 50 * i)
            if (is_slow)
                poll(NULL, 0, 5);
            else
                take(&s, 5);
    }
    ck_assert_int_eq(write(s.master, "q", 1), 1);
    before = s.bytes;
    int status = finish(&s);
    ck_assert(WIFEXITED(status));
    ck_assert_ptr_nonnull(strstr(s.tail, "pause 1"));
    check_restored(&s);
    return is_slow ? s.bytes - before : s.bytes;
}

/* Fewer frames, not older ones: keys are acted on, and what is still on its way when the screen ends
 * is a small part of what a line that takes everything would have had. */
START_TEST(T3_a_slow_line_has_fewer_frames_and_delays_no_key)
{
    size_t waiting = on_slow_line(true), all = on_slow_line(false);
    ck_assert_msg(waiting < all / 2, "%zu of %zu bytes waited", waiting, all);
}
END_TEST

START_TEST(T4_a_thousand_resizes_end_in_the_right_frame)
{
    struct session s;
    uint64_t state = 7;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect(&s, "q quit");
    for (int i = 0; i < 1000; i++) {
        static const struct winsize odd[] = {
            {1, 1, 0, 0}, {5, 20, 0, 0}, {200, 500, 0, 0}, {1, 500, 0, 0}, {200, 1, 0, 0}};
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        struct winsize size = {.ws_row = (unsigned short)(1 + (state >> 33) % 100),
                               .ws_col = (unsigned short)(1 + (state >> 43) % 250)};
        if (i % 50 == 0)
            size = odd[i / 50 % 5];
        ck_assert_int_eq(ioctl(s.master, TIOCSWINSZ, &size), 0);
        vt_resize(&s.vt, size.ws_col, size.ws_row);
        if (i % 3 == 0)
            send_bytes(&s, "\t", 1);
        take(&s, i % 10 == 0 ? 20 : 0);
    }
    send_bytes(&s, "t", 1);
    struct winsize last = {.ws_row = 24, .ws_col = 80};
    ioctl(s.master, TIOCSWINSZ, &last);
    vt_resize(&s.vt, 80, 24);
    expect(&s, "├─ Market regime ─");
    expect(&s, "│5 1000SHIBUSDT  0.029814  -4.1%  66.9 ▇▅▆▅  1.00 0.55 WIF +0.49 gate: spread… │");
    send_bytes(&s, "q", 1);
    int status = finish(&s);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_restored(&s);
}
END_TEST

START_TEST(T5_answers_of_the_terminal_are_no_keys)
{
    static const char answers[] =
        "\033[24;80R\033[?64;1;2X\033]0;XFLAT P q\007\033P>|XPq\033\\\033_Pq\033\\";
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect(&s, "q quit");
    send_bytes(&s, answers, sizeof answers - 1);
    send_key(&s, "?", "Keys and signs"); /* it is still there and listens */
    send_key(&s, "\r", "Tab focus");
    send_bytes(&s, "q", 1);
    finish(&s);
    ck_assert_ptr_nonnull(strstr(s.tail, "outcome left, pause 0, resume 0, liquidate 0"));
}
END_TEST

static const struct {
    const char *term;
    const char *error;
} term_rows[] = {
    {"no-such-terminal", "no terminal \"no-such-terminal\" is known here"},
    {"dumb", "terminal \"dumb\" cannot move its cursor"},
    {NULL, "TERM is not set"},
    {"", "TERM is not set"},
};

START_TEST(T7_a_terminal_that_cannot_do_it_gives_one_line)
{
    struct session s;
    start(&s, 80, 24, term_rows[_i].term, "C.UTF-8", still);
    int status = finish(&s);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    ck_assert_msg(strstr(s.tail, term_rows[_i].error) != NULL, "%s", s.tail);
    ck_assert_ptr_null(strchr(s.tail, '\033'));
    ck_assert_ptr_eq(strchr(s.tail, '\n'), s.tail + s.tail_length - 1);
}
END_TEST

START_TEST(T7_a_pipe_is_no_terminal)
{
    char command[1200], line[400] = "", more[8];
    snprintf(command, sizeof command,
             _i == 0 ? "'%s' 2>&1 </dev/null | cat" : "'%s' 2>&1 <&- | cat", program());
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
    ck_assert_ptr_nonnull(strstr(line, "is no terminal"));
    ck_assert_ptr_null(fgets(more, sizeof more, pipe));
    pclose(pipe);
}
END_TEST

START_TEST(T9_a_pasted_FLAT_never_liquidates)
{
    static const char *const pastes[] = {"\033[200~FLAT\033[201~", "FLAT", "FLAT\r",
                                         "\033[200~FLAT\r\033[201~\r"};
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect(&s, "q quit");
    send_key(&s, "X", "Type FLAT to confirm");
    send_key(&s, pastes[_i], _i == 3 ? "Enter confirms nothing" : "pasted text does not count");
    for (int i = 0; i < 50 && !shows(&s, "F _ _ _"); i++) { /* until the burst is over */
        send_bytes(&s, "F", 1);
        for (int64_t end = now_ms() + 150; now_ms() < end;)
            take(&s, 20);
    }
    expect(&s, "F _ _ _");
    send_key(&s, "\033", "nothing was liquidated");
    send_bytes(&s, "q", 1);
    finish(&s);
    ck_assert_ptr_nonnull(strstr(s.tail, "liquidate 0"));
}
END_TEST

START_TEST(T9_a_megabyte_of_paste_does_nothing)
{
    struct session s;
    char *paste = malloc(1 << 20);
    for (size_t i = 0; i < 1 << 20; i++)
        paste[i] = "XFLAT\rqPRy "[i % 11];
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still_asks);
    expect(&s, "q quit");
    send_bytes(&s, "\033[200~", 6);
    send_bytes(&s, paste, 1 << 20);
    send_bytes(&s, "\033[201~", 6);
    free(paste);
    expect(&s, "pasted text is ignored");
    send_key(&s, "q", "keep running without a screen");
    send_bytes(&s, "k", 1);
    finish(&s);
    ck_assert_ptr_nonnull(strstr(s.tail, "outcome keep running, pause 0, resume 0, liquidate 0"));
}
END_TEST

START_TEST(FLAT_typed_key_by_key_liquidates_once)
{
    struct session s;
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect(&s, "q quit");
    send_key(&s, "X", "Type FLAT to confirm");
    send_key(&s, "F", "F _ _ _");
    send_key(&s, "L", "F L _ _");
    send_key(&s, "A", "F L A _");
    send_key(&s, "T", "LIQUIDATING");
    send_bytes(&s, "\r", 1);
    expect(&s, "Tab focus");
    send_bytes(&s, "q", 1);
    finish(&s);
    ck_assert_ptr_nonnull(strstr(s.tail, "liquidate 1"));
}
END_TEST

START_TEST(no_colour_is_sent_when_NO_COLOR_says_so)
{
    struct session s;
    setenv("NO_COLOR", "1", 1);
    start(&s, 80, 24, "xterm-256color", "C.UTF-8", still);
    expect_frame(&s, "80x24.utf8");
    ck_assert_ptr_null(strstr(s.tail, "38;5;"));
    ck_assert_ptr_null(strstr(s.tail, "[31m"));
    send_bytes(&s, "q", 1);
    finish(&s);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("terminal");
    unsetenv("NO_COLOR");
    TCase *show = tcase_create("show"), *end = tcase_create("end"), *keys = tcase_create("keys");
    tcase_set_timeout(show, 60);
    tcase_set_timeout(end, 60);
    tcase_set_timeout(keys, 60);
    tcase_add_loop_test(show, T7_the_terminal_shows_the_golden_frame, 0,
                        sizeof frame_rows / sizeof *frame_rows);
    tcase_add_test(show, no_colour_is_sent_when_NO_COLOR_says_so);
    tcase_add_test(show, T4_a_thousand_resizes_end_in_the_right_frame);
    tcase_add_test(show, T2_a_terminal_that_does_not_read_costs_frames_only);
    tcase_add_test(show, T3_a_slow_line_has_fewer_frames_and_delays_no_key);
    tcase_add_test(end, T8_leaving_restores_the_terminal);
    tcase_add_loop_test(end, T8_a_deadly_signal_restores_the_terminal, 0,
                        sizeof deadly / sizeof *deadly);
    tcase_add_test(end, T8_stop_and_continue_give_the_terminal_back_and_take_it_again);
    tcase_add_test(end, the_stop_flag_ends_the_screen);
    tcase_add_test(end, T8_a_crash_in_the_engine_restores_the_terminal);
    tcase_add_test(end, q_asks_and_p_pauses_and_leaves);
    tcase_add_test(end, T8_a_stop_that_nobody_could_end_is_none);
    tcase_add_test(end, T1_a_hang_up_is_an_outcome_of_its_own);
    tcase_add_test(end, T1_a_lost_terminal_ends_the_screen_and_not_by_a_signal);
    tcase_add_loop_test(end, T7_a_terminal_that_cannot_do_it_gives_one_line, 0,
                        sizeof term_rows / sizeof *term_rows);
    tcase_add_loop_test(end, T7_a_pipe_is_no_terminal, 0, 2);
    tcase_add_test(keys, T5_answers_of_the_terminal_are_no_keys);
    tcase_add_loop_test(keys, T9_a_pasted_FLAT_never_liquidates, 0, 4);
    tcase_add_test(keys, T9_a_megabyte_of_paste_does_nothing);
    tcase_add_test(keys, FLAT_typed_key_by_key_liquidates_once);
    suite_add_tcase(suite, show);
    suite_add_tcase(suite, end);
    suite_add_tcase(suite, keys);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The screen's loop: wait for a key, for room in the terminal, or for the next frame's time; keys
 * first, always.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "qtrade/base/time.h"
#include "qtrade/tui/app.h"
#include "qtrade/tui/tui.h"

#include "screen_priv.h"

#define READ_BYTES 4096
#define KEY_FRAME_NS (QT_NS_PER_S / 30) /* a frame follows a key this soon */

struct loop {
    const struct qt_tui_options *options;
    struct qt_app *app;
    struct qt__screen *screen;
    struct qt_keys keys;
    struct qt_canvas canvas;
    const struct qt_snapshot *snap; /* on the screen; taken */
    uint64_t number;                /* of it */
    int64_t frame_ns, frame_period_ns, news_ns, now_ns;
    int64_t kept_ns; /* when the terminal's modes were looked at */
    bool has_news, has_key;
    bool is_done;
    enum qt_tui_outcome outcome;
};

static void
finish(struct loop *loop, enum qt_tui_outcome outcome)
{
    if (!loop->is_done)
        loop->outcome = outcome;
    loop->is_done = true;
}

static void
press_all(struct loop *loop, const struct qt_press *presses, size_t n)
{
    const struct qt_tui_source *source = &loop->options->source;
    if (n > 0 && source->seen)
        source->seen(source->self);
    for (size_t i = 0; i < n; i++) {
        qt_app_press(loop->app, loop->snap, &presses[i]);
        loop->has_key = true;
    }
}

static void
read_keys(struct loop *loop)
{
    unsigned char bytes[READ_BYTES];
    struct qt_press presses[READ_BYTES + 1];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
        finish(loop, QT_TUI_HANGUP);
        return;
    }
    if (n > 0)
        press_all(loop, presses,
                  qt_keys_feed(&loop->keys, bytes, (size_t)n, loop->now_ns, presses));
}

static void
idle_keys(struct loop *loop)
{
    struct qt_press presses[2];
    press_all(loop, presses, qt_keys_idle(&loop->keys, loop->now_ns, presses));
}

/* The latest picture in place of the one before. */
static void
take_picture(struct loop *loop)
{
    const struct qt_tui_source *source = &loop->options->source;
    const struct qt_snapshot *snap = source->take(source->self);
    qt_app_trouble(loop->app, source->trouble ? source->trouble(source->self) : NULL);
    if (!snap)
        return;
    bool is_new = !loop->snap || snap->number != loop->number;
    if (loop->snap)
        source->give(source->self, loop->snap);
    loop->snap = snap;
    loop->number = snap->number;
    if (is_new) {
        loop->has_news = true;
        loop->news_ns = loop->now_ns;
    }
}

static bool
fit_canvas(struct loop *loop)
{
    struct qt_size size = qt__screen_size(loop->screen);
    if (loop->canvas.cells && loop->canvas.width == size.width &&
        loop->canvas.height == size.height)
        return true;
    qt_canvas_finish(&loop->canvas);
    loop->has_news = true;
    return qt_canvas_init(&loop->canvas, size.width, size.height, qt__screen_glyphs(loop->screen));
}

/* A frame, when something changed, its time has come, and the one before has left. */
static void
draw(struct loop *loop)
{
    int64_t period = loop->has_key ? KEY_FRAME_NS : loop->frame_period_ns;
    if (loop->now_ns - loop->frame_ns < period)
        return;
    take_picture(loop);
    if (qt__guard_take_resumed() || qt_app_take_redraw(loop->app)) {
        qt__screen_redraw(loop->screen);
        loop->has_news = true;
    }
    if (!fit_canvas(loop) || qt__screen_pending(loop->screen) > 0)
        return;
    if (!loop->has_news && !qt_app_is_changed(loop->app))
        return;
    loop->frame_ns = loop->now_ns;
    loop->has_news = loop->has_key = false;
    qt_app_draw(loop->app, loop->snap, &loop->canvas);
    qt__screen_present(loop->screen, qt_app_theme(loop->app), &loop->canvas);
}

static int
wait_ms(const struct loop *loop)
{
    int64_t period = loop->has_key ? KEY_FRAME_NS : loop->frame_period_ns;
    int64_t left = loop->frame_ns + period - loop->now_ns;
    if (left <= 0) /* nothing changed when it was due, or the terminal is stuck: look again soon */
        left = loop->frame_period_ns;
    if (qt_keys_is_waiting(&loop->keys))
        left = QT_MIN(left, 25 * QT_NS_PER_MS);
    return (int)QT_MIN((left + QT_NS_PER_MS - 1) / QT_NS_PER_MS, 250);
}

/* Each second: a reset by another program may have made the terminal plain. */
static void
keep_terminal(struct loop *loop)
{
    if (loop->now_ns - loop->kept_ns < QT_NS_PER_S || qt__screen_pending(loop->screen) > 0)
        return;
    loop->kept_ns = loop->now_ns;
    qt__guard_keep();
}

static void
turn(struct loop *loop)
{
    bool is_pending = qt__screen_pending(loop->screen) > 0;
    struct pollfd fds[2] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = is_pending ? qt__screen_fd(loop->screen) : -1, .events = POLLOUT}};
    int ready = poll(fds, 2, wait_ms(loop));
    loop->now_ns = qt_now_mono_ns();
    if (ready > 0 && (fds[0].revents & POLLIN))
        read_keys(loop);
    else if (ready > 0 && (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)))
        finish(loop, QT_TUI_HANGUP);
    idle_keys(loop);
    qt_app_tick(loop->app, loop->now_ns, loop->now_ns - loop->news_ns);
    enum qt_tui_outcome outcome = QT_TUI_LEFT;
    if (qt_app_is_done(loop->app, &outcome))
        finish(loop, outcome);
    if (qt__guard_is_hung_up())
        finish(loop, QT_TUI_HANGUP);
    if (loop->options->stop && atomic_load(loop->options->stop) != 0)
        finish(loop, QT_TUI_STOPPED);
    if (qt_app_take_suspend(loop->app))
        raise(SIGTSTP);
    keep_terminal(loop);
    draw(loop);
    if (!qt__screen_pump(loop->screen))
        finish(loop, QT_TUI_HANGUP);
}

enum qt_tui_outcome
qt_tui_run(const struct qt_tui_options *options, struct qt_error *err)
{
    double fps = options->fps > 0 ? QT_MIN(QT_MAX(options->fps, 1.0), 30.0) : 10;
    struct loop loop = {.options = options,
                        .frame_period_ns = (int64_t)((double)QT_NS_PER_S / fps)};
    qt_auto(qt_app) app = qt_app_create(options, err);
    if (!app)
        return QT_TUI_FAILED;
    loop.app = app;
    loop.screen = qt__screen_open(options->is_ascii, err);
    if (!loop.screen)
        return QT_TUI_FAILED;
    loop.now_ns = loop.news_ns = qt_now_mono_ns();
    qt_part_set(options->part, QT_PART_RUNNING);
    while (!loop.is_done) {
        qt_part_beat(options->part);
        turn(&loop);
    }
    qt_part_set(options->part, QT_PART_STOPPED);
    qt__screen_close(loop.screen);
    if (loop.snap)
        options->source.give(options->source.self, loop.snap);
    qt_canvas_finish(&loop.canvas);
    return loop.outcome;
}

const char *
qt_tui_outcome_name(enum qt_tui_outcome outcome)
{
    static const char *const names[] = {[QT_TUI_FAILED] = "failed",
                                        [QT_TUI_LEFT] = "left",
                                        [QT_TUI_KEEP_RUNNING] = "keep running",
                                        [QT_TUI_PAUSE] = "pause",
                                        [QT_TUI_LIQUIDATE] = "liquidate",
                                        [QT_TUI_HANGUP] = "hang-up",
                                        [QT_TUI_STOPPED] = "stopped"};
    return (size_t)outcome < QT_COUNT_OF(names) ? names[outcome] : "?";
}

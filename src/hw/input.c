/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "hw_priv.h"

enum { AT_ONCE_MAX = 8 }; /* full queues taken in one look: a line that swings for ever */

static enum qt__bias
bias_of(const char *name)
{
    static const char *const names[] = {[QT__BIAS_AS_IS] = "as-is",
                                        [QT__BIAS_NONE] = "none",
                                        [QT__BIAS_UP] = "pull-up",
                                        [QT__BIAS_DOWN] = "pull-down"};
    for (size_t i = 0; i < QT_COUNT_OF(names); i++)
        if (strcmp(name, names[i]) == 0)
            return (enum qt__bias)i;
    return QT__BIAS_AS_IS;
}

void
qt__input_init(struct qt__input *input, const char *chip, const char *line, const char *consumer,
               const char *edge, const char *bias, int64_t release_ns)
{
    bool is_rising = strcmp(edge, "rising") == 0;
    *input = (struct qt__input){.wish = {.chip = chip,
                                         .line = line,
                                         .consumer = consumer,
                                         .is_rising = is_rising,
                                         .bias = bias_of(bias)},
                                .open_level = is_rising,
                                .release_ns = release_ns,
                                .closed_since_ns = QT_TIME_NONE,
                                .view = {.is_configured = line[0] != '\0', .level = -1}};
}

void
qt__input_close(struct qt__input *input)
{
    qt__line_close(input->line);
    input->line = NULL;
    input->view.level = -1;
    input->view.name[0] = '\0';
    input->closed_since_ns = QT_TIME_NONE;
}

static void
set_cause(struct qt__input *input, enum qt_switch_cause cause, struct qt__news *news)
{
    news->changed |= input->view.cause != cause;
    input->view.cause = cause;
}

static void
hold(struct qt__input *input, enum qt_switch_cause cause, int64_t edge_ns, struct qt__news *news)
{
    if (input->view.is_held) { /* an edge of the same press says nothing new */
        if (cause != QT_SWITCH_PRESSED && cause != QT_SWITCH_OPEN)
            set_cause(input, cause, news);
        return;
    }
    input->view.is_held = true;
    input->view.trips++;
    news->tripped = true;
    news->edge_ns = edge_ns;
    set_cause(input, cause, news);
}

static void
lose(struct qt__input *input, struct qt__news *news)
{
    qt_copy(input->view.detail, sizeof input->view.detail,
            "it was there and cannot be read any more (unplugged?)");
    qt__input_close(input);
    hold(input, QT_SWITCH_UNPLUGGED, QT_TIME_NONE, news);
}

static void
seek(struct qt__input *input, int64_t now_ns, struct qt__news *news)
{
    char why[QT__WHY] = "";
    if (now_ns < input->retry_ns)
        return;
    input->retry_ns = now_ns + QT_LOOK_NS;
    enum qt_switch_cause cause = qt__line_open(&input->wish, &input->line, why);
    qt_copy(input->view.detail, sizeof input->view.detail, why);
    if (cause == QT_SWITCH_NO_CHIP && input->was_had)
        cause = QT_SWITCH_UNPLUGGED;
    if (cause != QT_SWITCH_FINE) {
        hold(input, cause, QT_TIME_NONE, news);
        return;
    }
    input->was_had = true;
    qt_copy(input->view.name, sizeof input->view.name, qt__line_name(input->line));
}

static void
keep_edge(struct qt_switch_input_view *view, int64_t edge_ns)
{
    if (view->kept == QT_SWITCH_EDGES)
        memmove(view->edge, view->edge + 1, (QT_SWITCH_EDGES - 1) * sizeof view->edge[0]);
    else
        view->kept++;
    view->edges++;
    view->edge[view->kept - 1] = (struct qt_switch_edge){
        .utc_ns = qt_now_utc_ns() - (qt_now_mono_ns() - edge_ns), .mono_ns = edge_ns};
}

/* All queued edges. False: the line is gone. */
static bool
take_edges(struct qt__input *input, struct qt__news *news)
{
    int64_t t_ns[QT__EDGES];
    for (int round = 0; round < AT_ONCE_MAX; round++) {
        int n = qt__line_edges(input->line, t_ns);
        if (n <= 0)
            return n == 0;
        hold(input, QT_SWITCH_PRESSED, t_ns[0], news); /* even if it is closed again (H7) */
        input->closed_since_ns = QT_TIME_NONE; /* until its level is seen closed again */
        for (int i = 0; i < n; i++)
            keep_edge(&input->view, t_ns[i]);
        if (news->tripped)
            return true; /* it is to be told before anything else */
    }
    return true;
}

static void
judge_level(struct qt__input *input, int64_t now_ns, struct qt__news *news)
{
    if (input->view.level == input->open_level) {
        input->closed_since_ns = QT_TIME_NONE;
        if (input->view.is_held && input->view.cause != QT_SWITCH_PRESSED)
            set_cause(input, QT_SWITCH_OPEN, news); /* it can be read again, and is open */
        hold(input, QT_SWITCH_OPEN, QT_TIME_NONE, news);
        return;
    }
    if (input->closed_since_ns == QT_TIME_NONE)
        input->closed_since_ns = now_ns;
    if (!input->view.is_held || now_ns - input->closed_since_ns < input->release_ns)
        return;
    input->view.is_held = false;
    news->released = true;
    set_cause(input, QT_SWITCH_FINE, news);
}

struct qt__news
qt__input_look(struct qt__input *input, int64_t now_ns)
{
    struct qt__news news = {.edge_ns = QT_TIME_NONE};
    if (!input->view.is_configured)
        return news;
    if (!input->line)
        seek(input, now_ns, &news);
    if (!input->line)
        return news;
    if (!take_edges(input, &news)) {
        lose(input, &news);
        return news;
    }
    if (news.tripped)
        return news;
    input->view.level = qt__line_level(input->line);
    if (input->view.level < 0)
        lose(input, &news);
    else
        judge_level(input, now_ns, &news);
    return news;
}

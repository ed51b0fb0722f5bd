/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The real screen on a picture that moves, without an engine: for looking at it, and for the
 * terminal tests, which read what it prints at the end. show_screen [--theme NAME] [--ascii]
 * [--asks] [--suspend] [--still] [--crash] [--stop]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/tui/tui.h"

#include "sample.h"

struct source {
    unsigned turns, frames;
    bool is_still, crashes, stops;
    atomic_int stop;
    int commands[QT_COMMAND_KINDS];
    uint8_t mode;
};

/* A picture of its own for each call; give() frees it. */
static const struct qt_snapshot *
take(void *self)
{
    struct source *source = self;
    source->turns++;
    if (source->crashes && source->turns > 3)
        raise(SIGSEGV);
    if (source->stops && source->turns > 3)
        atomic_store(&source->stop, 1);
    struct qt_snapshot *snap = sample_create(source->is_still ? 0 : source->turns / 5);
    if (!snap)
        return NULL;
    snap->number = source->turns; /* the engine lives, even where the picture stands still */
    if (source->mode != QT_MODE_NORMAL) {
        snap->mode = source->mode;
        qt_copy(snap->mode_reason, sizeof snap->mode_reason, "by the operator");
    }
    if (source->mode == QT_MODE_EMERGENCY) {
        snap->is_liquidating = true;
        qt_copy(snap->liquidation, sizeof snap->liquidation,
                "3 positions and 7 orders left at binance");
    }
    return snap;
}

static void
give(void *self, const struct qt_snapshot *snap)
{
    struct source *source = self;
    source->frames++;
    free((void *)(uintptr_t)snap);
}

static bool
command(void *self, enum qt_command_kind kind, const char *reason, struct qt_error *err)
{
    static const uint8_t modes[QT_COMMAND_KINDS] = {
        [QT_COMMAND_PAUSE] = QT_MODE_PAUSED,
        [QT_COMMAND_RESUME] = QT_MODE_NORMAL,
        [QT_COMMAND_REDUCE] = QT_MODE_REDUCED,
        [QT_COMMAND_LIQUIDATE] = QT_MODE_EMERGENCY,
    };
    struct source *source = self;
    (void)reason;
    source->commands[kind]++;
    if (kind == QT_COMMAND_RESUME && source->mode == QT_MODE_EMERGENCY)
        return qt_fail(err, QT_E_FAILED, "EMERGENCY is left by a person with a reason, when flat");
    source->mode = modes[kind];
    return true;
}

int
main(int argc, char **argv)
{
    struct source source = {0};
    struct qt_error err = {0};
    struct qt_tui_options options = {
        .source = {&source, take, give, command}, .run_kind = "demo", .stop = &source.stop};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--ascii") == 0)
            options.is_ascii = true;
        else if (strcmp(argv[i], "--asks") == 0)
            options.quit = QT_TUI_QUIT_ASKS;
        else if (strcmp(argv[i], "--suspend") == 0)
            options.can_suspend = true;
        else if (strcmp(argv[i], "--still") == 0)
            source.is_still = true;
        else if (strcmp(argv[i], "--crash") == 0)
            source.crashes = true;
        else if (strcmp(argv[i], "--stop") == 0)
            source.stops = true;
        else if (strcmp(argv[i], "--theme") == 0 && i + 1 < argc)
            options.theme = argv[++i];
    }
    enum qt_tui_outcome outcome = qt_tui_run(&options, &err);
    if (outcome == QT_TUI_FAILED) {
        fprintf(stderr, "show_screen: %s\n", err.text);
        return 1;
    }
    printf("outcome %s, pause %d, resume %d, liquidate %d\n", qt_tui_outcome_name(outcome),
           source.commands[QT_COMMAND_PAUSE], source.commands[QT_COMMAND_RESUME],
           source.commands[QT_COMMAND_LIQUIDATE]);
    return 0;
}

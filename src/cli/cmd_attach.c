/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade attach: the screen of a running engine in another process. Pictures and keys go over the
 * control socket; nothing that happens here, to the terminal, the line or this process, reaches the
 * engine but the operator's commands.
 */
#include "qtrade/api/control.h"
#include "qtrade/api/viewer.h"
#include "qtrade/tui/tui.h"

#include "commands_priv.h"
#include "state_dir_priv.h"

enum { ANSWER_MS = 2000 };

struct attach {
    char folder[QT_STATE_DIR];
    struct qt_viewer *viewer;
    enum qt_command_fate fate; /* of the last command */
};

static const struct qt_snapshot *
take(void *self)
{
    return qt_viewer_take(((struct attach *)self)->viewer);
}

/* Pictures are the viewer's. */
static void
give(void *self, const struct qt_snapshot *snapshot)
{
    (void)self, (void)snapshot;
}

static const char *
trouble(void *self)
{
    return qt_viewer_trouble(((struct attach *)self)->viewer);
}

static void
seen(void *self)
{
    qt_viewer_seen(((struct attach *)self)->viewer);
}

/* On a connection of its own: a command does not wait for a picture. */
static bool
command(void *self, enum qt_command_kind kind, const char *reason, struct qt_error *err)
{
    struct attach *attach = self;
    json_t *reply =
        qt_control_call_attached(attach->folder, qt_command_name(kind), reason, ANSWER_MS, err);
    bool is_taken = reply != NULL;
    attach->fate = json_is_true(json_object_get(reply, "kept")) ? QT_COMMAND_KEPT : QT_COMMAND_ACTS;
    json_decref(reply);
    return is_taken;
}

/* The engine has waited for its disk before it answered. */
static enum qt_command_fate
fate(void *self)
{
    return ((struct attach *)self)->fate;
}

static bool
attach_run(const struct qt_args *args, struct qt_error *err)
{
    struct attach attach;
    if (!qt_state_dir_running(args, attach.folder, err))
        return false;
    if (!qt_control_is_alive(attach.folder))
        return qt_fail(err, QT_E_NOENGINE,
                       "no engine is running in %s (start one, or give --data-dir)", attach.folder);
    qt_auto(qt_viewer) viewer = qt_viewer_create(attach.folder, err);
    if (!viewer)
        return false;
    attach.viewer = viewer;
    const struct qt_tui_options options = {.source = {.self = &attach,
                                                      .take = take,
                                                      .give = give,
                                                      .command = command,
                                                      .fate = fate,
                                                      .trouble = trouble,
                                                      .seen = seen},
                                           .theme = qt_args_get(args, "theme"),
                                           .is_ascii = qt_args_has(args, "ascii"),
                                           .quit = QT_TUI_QUIT_LEAVES,
                                           .can_suspend = true};
    return qt_tui_run(&options, err) != QT_TUI_FAILED;
}

const struct qt_command qt_cmd_attach = {
    .name = "attach",
    .summary = "the screen of a running engine",
    .options =
        (const struct qt_option[]){{"theme", 't', "NAME", "colour theme of the screen, or a file"},
                                   {"ascii", 0, NULL, "draw with ASCII only"},
                                   {0}},
    .flags = QT_NEEDS_ENGINE,
    .run = attach_run,
};

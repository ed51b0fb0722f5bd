/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of an accepted command. It is called ordered, and a screen that is to be left is
 * left, when the next start would know of it; where the disk does not answer, that is said instead.
 */
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "app_priv.h"

#define PATIENCE_NS (2 * QT_NS_PER_S)

static const struct {
    const char *begun, *kept, *unkept;
    enum qt_role role;
} texts[QT_COMMAND_KINDS] = {
    [QT_COMMAND_PAUSE] = {"pause: the gate is shut, the disk is waited for",
                          "pause is ordered: no new position",
                          "the pause acts, but the disk has not taken it: a crash may forget it",
                          QT_ROLE_WARN},
    [QT_COMMAND_RESUME] = {"resume: the disk is waited for", "resume is ordered",
                           "the resume acts, but the disk has not taken it: a crash may forget it",
                           QT_ROLE_GOOD},
    [QT_COMMAND_LIQUIDATE] =
        {"Liquidation: the gate is shut, cancels leave; the disk is waited for.",
         "Liquidation is ordered: every order is cancelled, every position closed. The banner "
         "shows what is left.",
         "Liquidation goes on, but the disk has not taken it: should the engine die, give it "
         "again.",
         QT_ROLE_WARN},
};

/* In the dialog of a command that was asked for in one, as long as that is what is open. */
static void
say(struct qt_app *app, enum qt_role role, const char *text)
{
    bool has_dialog = app->ordered.kind == QT_COMMAND_LIQUIDATE && !app->ordered.leaves;
    if (has_dialog && (app->overlay == QT__TELL || app->overlay == QT__ASK_FLAT))
        qt__dialog_tell(app, role, text);
    else
        qt__app_say(app, role, text);
}

static void
end(struct qt_app *app, bool is_kept)
{
    struct qt__ordered *ordered = &app->ordered;
    ordered->waits = false;
    if (is_kept && ordered->leaves)
        qt__app_leave(app, ordered->outcome);
    else if (is_kept)
        say(app, texts[ordered->kind].role, texts[ordered->kind].kept);
    else
        say(app, QT_ROLE_WARN, texts[ordered->kind].unkept);
}

static bool
is_kept(const struct qt_app *app)
{
    const struct qt_tui_source *source = &app->options.source;
    return !source->fate || source->fate(source->self) == QT_COMMAND_KEPT;
}

void
qt__ordered(struct qt_app *app, enum qt_command_kind kind, bool leaves, enum qt_tui_outcome outcome)
{
    app->ordered = (struct qt__ordered){
        .kind = kind, .waits = true, .leaves = leaves, .outcome = outcome, .since_ns = app->now_ns};
    if (is_kept(app))
        end(app, true);
    else
        say(app, texts[kind].role, texts[kind].begun);
}

void
qt__ordered_tick(struct qt_app *app)
{
    if (!app->ordered.waits)
        return;
    if (is_kept(app))
        end(app, true);
    else if (app->now_ns - app->ordered.since_ns >= PATIENCE_NS)
        end(app, false);
}

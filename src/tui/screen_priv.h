/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal behind the canvas. ncurses turns cells into the terminal's bytes and sends only what
 * changed; it writes into memory, and the bytes leave from there without ever blocking. One screen
 * per process.
 */
#ifndef QTRADE_TUI_SCREEN_PRIV_H
#define QTRADE_TUI_SCREEN_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/base/error.h"
#include "qtrade/tui/canvas.h"
#include "qtrade/tui/pane.h"
#include "qtrade/tui/theme.h"

struct qt__screen;
/**
 * Takes standard input and output. NULL: they are no terminal, or one that cannot move its cursor;
 * err says so in one line and nothing was written.
 */
struct qt__screen *qt__screen_open(bool is_ascii, struct qt_error *err);
/** Restores the terminal (waits a second at most for a stuck one). NULL is fine. */
void qt__screen_close(struct qt__screen *screen);
/** The terminal's size now, within the canvas's limits. */
struct qt_size qt__screen_size(const struct qt__screen *screen);
enum qt_glyphs qt__screen_glyphs(const struct qt__screen *screen);
/** Forgets what the terminal shows: the next frame is drawn whole. */
void qt__screen_redraw(struct qt__screen *screen);
/** Makes the bytes of a frame. Call only when qt__screen_pending() is 0. */
void qt__screen_present(struct qt__screen *screen, const struct qt_theme *theme,
                        const struct qt_canvas *canvas);
/** Bytes that wait to leave. */
size_t qt__screen_pending(const struct qt__screen *screen);
/** Writes what the terminal takes now. False: the terminal is gone. */
QT_CHECKED bool qt__screen_pump(struct qt__screen *screen);
/** The descriptor to poll for room. */
int qt__screen_fd(const struct qt__screen *screen);

/* signals.c: what must happen to the terminal when a signal comes. */
struct qt__guard {
    char reset[192]; /* bytes that give the terminal back */
    size_t reset_length;
    char again[96]; /* bytes that take it again */
    size_t again_length;
    int fd;
};
/** Takes the signals, puts the terminal into raw mode. False with err. */
QT_CHECKED bool qt__guard_begin(const struct qt__guard *guard, struct qt_error *err);
/** Gives terminal and signals back; a hang-up leaves SIGHUP ignored. */
void qt__guard_end(void);
bool qt__guard_is_hung_up(void);
/** Somebody else's reset or stty made the terminal's modes plain again: takes it again. Call when no
 * frame is under way; not from the background. */
void qt__guard_keep(void);
/** The process was stopped and went on, or the terminal was taken again: true once, the terminal is raw again and wants a whole
 * frame. */
bool qt__guard_take_resumed(void);

#endif

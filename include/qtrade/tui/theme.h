/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Themes: how each role looks. A theme is a small text file (qtrade-theme(5)); the ones the program
 * brings are compiled in, so that it has colours wherever it is started from.
 *
 *     name = dark
 *     background = #101418
 *     # role = foreground background attributes...
 *     gain = #98c379 - bold
 */
#ifndef QTRADE_TUI_THEME_H
#define QTRADE_TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/tui/canvas.h"

#define QT_THEME_NAME 32 /* bytes of a theme's name and its NUL */
#define QT_THEME_BYTES_MAX 65536
#define QT_COLOUR_DEFAULT (-1) /* the terminal's own */

/** Attributes of a role. */
enum qt_attribute {
    QT_ATTR_BOLD = 1,
    QT_ATTR_DIM = 2,
    QT_ATTR_UNDERLINE = 4,
    QT_ATTR_REVERSE = 8,
    QT_ATTR_ITALIC = 16
};

/** How cells of one role look: colours are 0xRRGGBB or QT_COLOUR_DEFAULT. */
struct qt_look {
    int32_t fg, bg;
    uint8_t attributes; /* enum qt_attribute */
};

struct qt_theme {
    char name[QT_THEME_NAME];
    char about[80]; /* one line for people */
    struct qt_look role[QT_ROLES];
    int32_t ground[QT_GROUNDS]; /* background of each ground; PLAIN's is "background" */
    uint8_t ground_attributes[QT_GROUNDS];
};

/** The words of a theme file for a role ("gain"), NULL never. */
const char *qt_role_name(enum qt_role role);

/**
 * Reads a theme's text (NUL-ended). Every role must be there once; file names the text in errors,
 * which begin "file:line: ". False (out untouched) with QT_E_CONFIG.
 */
QT_CHECKED bool qt_theme_parse(const char *file, const char *text, struct qt_theme *out,
                               struct qt_error *err);
/**
 * The theme of that name: a file when it has a '/', else $XDG_CONFIG_HOME/qtrade/themes/NAME.theme
 * (or under
 * ~/.config), else the one compiled in. False: there is none, or it is wrong; err lists what there
 * is.
 */
QT_CHECKED bool qt_theme_load(const char *name, struct qt_theme *out, struct qt_error *err);
/** The name of the i-th theme that is compiled in, NULL behind the last. */
const char *qt_theme_name(size_t i);

/** How a role looks on a ground: the role's background wins over the ground's. */
struct qt_look qt_theme_look(const struct qt_theme *theme, enum qt_role role,
                             enum qt_ground ground);
/**
 * The nearest colour of a terminal with that many colours (8, 16 or 256: xterm's tables) to
 * 0xRRGGBB; -1 for QT_COLOUR_DEFAULT.
 */
int qt_colour_nearest(int32_t rgb, int colours);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The themes that are compiled in: themes_data.c, made by meson from themes/.
 */
#ifndef QTRADE_TUI_THEME_PRIV_H
#define QTRADE_TUI_THEME_PRIV_H

#include <stddef.h>

struct qt__theme_text {
    const char *name, *file, *text;
};
extern const struct qt__theme_text qt__themes[]; /* in the order that the key t goes through */
extern const size_t qt__themes_n;

#endif

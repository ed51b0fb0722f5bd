/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small terminal for tests: understands what ncurses sends to an xterm, keeps the cells, and
 * refuses (counts) what it does not know, so that a stray byte is found.
 */
#ifndef QTRADE_TESTS_TUI_VT_H
#define QTRADE_TESTS_TUI_VT_H

#include <stdbool.h>
#include <stddef.h>

#define VT_WIDTH 512
#define VT_HEIGHT 256

struct vt {
    int width, height, x, y, top, bottom;
    char cell[VT_HEIGHT][VT_WIDTH][5]; /* UTF-8 */
    char sequence[64];
    int state, length, more;
    char point[5];
    bool is_alternate, is_cursor_hidden, is_paste_on, is_wrap_pending;
    int switches;          /* to the alternate screen and back */
    int unknown;           /* sequences and control bytes not known */
    char unknown_text[64]; /* the first of them */
};

void vt_init(struct vt *vt, int width, int height);
void vt_resize(struct vt *vt, int width, int height); /* keeps the upper left part */
void vt_feed(struct vt *vt, const char *bytes, size_t n);
/** The screen as lines without trailing blanks; static to vt's life: the caller frees. */
char *vt_text(const struct vt *vt);

#endif

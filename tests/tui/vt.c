/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small terminal: xterm's sequences as far as ncurses uses them.
 */
#include "vt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUND, ESCAPE, CSI, CHARSET, OSC };

static void
blank(struct vt *vt, int y, int from, int to)
{
    for (int x = from; x < to && x < VT_WIDTH; x++)
        snprintf(vt->cell[y][x], sizeof vt->cell[y][x], " ");
}

void
vt_init(struct vt *vt, int width, int height)
{
    memset(vt, 0, sizeof *vt);
    for (int y = 0; y < VT_HEIGHT; y++)
        blank(vt, y, 0, VT_WIDTH);
    vt_resize(vt, width, height);
}

void
vt_resize(struct vt *vt, int width, int height)
{
    vt->width = width < VT_WIDTH ? width : VT_WIDTH;
    vt->height = height < VT_HEIGHT ? height : VT_HEIGHT;
    vt->top = 0;
    vt->bottom = vt->height - 1;
    vt->x = vt->x < vt->width ? vt->x : vt->width - 1;
    vt->y = vt->y < vt->height ? vt->y : vt->height - 1;
}

static void
scroll(struct vt *vt, int top, int bottom, int n)
{
    for (; n > 0; n--) {
        memmove(vt->cell[top], vt->cell[top + 1], (size_t)(bottom - top) * sizeof vt->cell[0]);
        blank(vt, bottom, 0, VT_WIDTH);
    }
    for (; n < 0; n++) {
        memmove(vt->cell[top + 1], vt->cell[top], (size_t)(bottom - top) * sizeof vt->cell[0]);
        blank(vt, top, 0, VT_WIDTH);
    }
}

static void
line_feed(struct vt *vt)
{
    if (vt->y == vt->bottom)
        scroll(vt, vt->top, vt->bottom, 1);
    else if (vt->y < vt->height - 1)
        vt->y++;
}

static void
put(struct vt *vt, const char *point)
{
    if (vt->is_wrap_pending) {
        vt->x = 0;
        line_feed(vt);
        vt->is_wrap_pending = false;
    }
    snprintf(vt->cell[vt->y][vt->x], sizeof vt->cell[0][0], "%s", point);
    if (vt->x == vt->width - 1)
        vt->is_wrap_pending = true;
    else
        vt->x++;
}

static void
unknown(struct vt *vt, const char *what)
{
    if (vt->unknown++ == 0)
        snprintf(vt->unknown_text, sizeof vt->unknown_text, "%s", what);
}

static int
clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static void
erase(struct vt *vt, int what)
{
    if (what == 0) {
        blank(vt, vt->y, vt->x, VT_WIDTH);
        for (int y = vt->y + 1; y < vt->height; y++)
            blank(vt, y, 0, VT_WIDTH);
    } else if (what == 1) {
        blank(vt, vt->y, 0, vt->x + 1);
        for (int y = 0; y < vt->y; y++)
            blank(vt, y, 0, VT_WIDTH);
    } else {
        for (int y = 0; y < vt->height; y++)
            blank(vt, y, 0, VT_WIDTH);
    }
}

static void
shift(struct vt *vt, int n)
{
    char(*row)[5] = vt->cell[vt->y];
    int room = vt->width - vt->x;
    int count = clamp(n < 0 ? -n : n, 0, room);
    if (n > 0) {
        memmove(row[vt->x + count], row[vt->x], (size_t)(room - count) * sizeof row[0]);
        blank(vt, vt->y, vt->x, vt->x + count);
    } else {
        memmove(row[vt->x], row[vt->x + count], (size_t)(room - count) * sizeof row[0]);
        blank(vt, vt->y, vt->width - count, vt->width);
    }
}

static void
repeat(struct vt *vt, int n)
{
    char last[5];
    snprintf(last, sizeof last, "%s", vt->point);
    while (n-- > 0)
        put(vt, last);
}

static void
set_private(struct vt *vt, bool is_on)
{
    int mode = (int)strtol(vt->sequence + 1, NULL, 10);
    if (mode == 1049) {
        vt->switches++;
        vt->is_alternate = is_on;
    } else if (mode == 25)
        vt->is_cursor_hidden = !is_on;
    else if (mode == 2004)
        vt->is_paste_on = is_on;
    else if (mode != 12 && mode != 1 && mode != 7)
        unknown(vt, vt->sequence);
}

/* Sequences that erase and move text. False: none of them. */
static bool
edit(struct vt *vt, char last, int first, int n)
{
    switch (last) {
    case 'J':
        erase(vt, first);
        break;
    case 'K':
        blank(vt, vt->y, first == 0 ? vt->x : 0, first == 1 ? vt->x + 1 : VT_WIDTH);
        break;
    case 'X':
        blank(vt, vt->y, vt->x, clamp(vt->x + n, 0, vt->width));
        break;
    case '@':
        shift(vt, n);
        break;
    case 'P':
        shift(vt, -n);
        break;
    case 'L':
        scroll(vt, vt->y, vt->bottom, -clamp(n, 0, vt->bottom - vt->y + 1));
        break;
    case 'M':
        scroll(vt, vt->y, vt->bottom, clamp(n, 0, vt->bottom - vt->y + 1));
        break;
    case 'S':
        scroll(vt, vt->top, vt->bottom, clamp(n, 0, vt->height));
        break;
    case 'T':
        scroll(vt, vt->top, vt->bottom, -clamp(n, 0, vt->height));
        break;
    default:
        return false;
    }
    return true;
}

static void
end_csi(struct vt *vt, char last)
{
    char *end = NULL;
    int first = (int)strtol(vt->sequence, &end, 10),
        second = *end == ';' ? (int)strtol(end + 1, NULL, 10) : 0;
    int n = first > 0 ? first : 1;
    bool was_pending = vt->is_wrap_pending;
    vt->is_wrap_pending = false;
    switch (last) {
    case 'H':
    case 'f':
        vt->y = clamp(n - 1, 0, vt->height - 1);
        vt->x = clamp((second > 0 ? second : 1) - 1, 0, vt->width - 1);
        break;
    case 'A':
        vt->y = clamp(vt->y - n, 0, vt->height - 1);
        break;
    case 'B':
        vt->y = clamp(vt->y + n, 0, vt->height - 1);
        break;
    case 'C':
        vt->x = clamp(vt->x + n, 0, vt->width - 1);
        break;
    case 'D':
        vt->x = clamp(vt->x - n, 0, vt->width - 1);
        break;
    case 'G':
        vt->x = clamp(n - 1, 0, vt->width - 1);
        break;
    case 'd':
        vt->y = clamp(n - 1, 0, vt->height - 1);
        break;
    case 'b':
        vt->is_wrap_pending = was_pending;
        repeat(vt, n);
        break;
    case 'r':
        vt->top = clamp(n - 1, 0, vt->height - 1);
        vt->bottom = clamp((second > 0 ? second : vt->height) - 1, 0, vt->height - 1);
        vt->x = vt->y = 0;
        break;
    case 'm':
        vt->is_wrap_pending = was_pending;
        break;
    case 'h':
    case 'l':
        if (vt->sequence[0] == '?')
            set_private(vt, last == 'h');
        else if (first != 4)
            unknown(vt, vt->sequence);
        break;
    case 't': /* window size of smcup: no effect on cells */
        break;
    default:
        if (!edit(vt, last, first, n))
            unknown(vt, vt->sequence);
    }
}

static void
feed_control(struct vt *vt, unsigned char byte)
{
    char name[16];
    switch (byte) {
    case '\r':
        vt->x = 0;
        vt->is_wrap_pending = false;
        break;
    case '\n':
        line_feed(vt);
        vt->is_wrap_pending = false;
        break;
    case '\b':
        vt->x = clamp(vt->x - 1, 0, vt->width - 1);
        vt->is_wrap_pending = false;
        break;
    case '\t':
        vt->x = clamp((vt->x / 8 + 1) * 8, 0, vt->width - 1);
        break;
    default:
        snprintf(name, sizeof name, "byte %d", byte);
        unknown(vt, name);
    }
}

static void
feed_ground(struct vt *vt, unsigned char byte)
{
    if (vt->more > 0) {
        size_t n = strlen(vt->point);
        vt->point[n] = (char)byte;
        vt->point[n + 1] = '\0';
        if (--vt->more == 0)
            put(vt, vt->point);
        return;
    }
    if (byte < 32 || byte == 127) {
        feed_control(vt, byte);
        return;
    }
    vt->point[0] = (char)byte;
    vt->point[1] = '\0';
    vt->more = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte >= 0x80 && byte < 0xc0)
        unknown(vt, "C1 or stray continuation byte");
    else if (vt->more == 0)
        put(vt, vt->point);
}

static void
feed_escape(struct vt *vt, unsigned char byte)
{
    vt->state = GROUND;
    if (byte == '[') {
        vt->state = CSI;
        vt->length = 0;
        vt->sequence[0] = '\0';
    } else if (byte == '(' || byte == ')') {
        vt->state = CHARSET;
    } else if (byte == 'M') {
        if (vt->y == vt->top)
            scroll(vt, vt->top, vt->bottom, -1);
        else if (vt->y > 0)
            vt->y--;
    } else if (!strchr("78=>", byte)) {
        unknown(vt, "ESC");
    }
}

void
vt_feed(struct vt *vt, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == 27) { /* begins anew whatever it cuts: a sequence, a character of several bytes */
            vt->state = ESCAPE;
            vt->more = 0;
        } else if (vt->state == ESCAPE) {
            feed_escape(vt, byte);
        } else if (vt->state == CHARSET) {
            vt->state = GROUND;
        } else if (vt->state == CSI) {
            if (byte >= 0x40 && byte <= 0x7e) {
                vt->state = GROUND;
                end_csi(vt, (char)byte);
            } else if (vt->length < (int)sizeof vt->sequence - 1) {
                vt->sequence[vt->length++] = (char)byte;
                vt->sequence[vt->length] = '\0';
            }
        } else {
            feed_ground(vt, byte);
        }
    }
}

char *
vt_text(const struct vt *vt)
{
    char *out = malloc((size_t)vt->height * ((size_t)vt->width * 4 + 1) + 1), *at = out;
    if (!out)
        return NULL;
    for (int y = 0; y < vt->height; y++) {
        char *end = at;
        for (int x = 0; x < vt->width; x++) {
            size_t n = strlen(vt->cell[y][x]);
            memcpy(at, vt->cell[y][x], n);
            at += n;
            if (vt->cell[y][x][0] != ' ')
                end = at;
        }
        at = end;
        *at++ = '\n';
    }
    *at = '\0';
    return out;
}

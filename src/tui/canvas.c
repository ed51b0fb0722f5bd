/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cells, views and text on them. Cleaning is in glyph.c; here everything is clipped.
 */
#include "qtrade/tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

static const struct qt_cell blank_cell = {.ch = ' ', .width = 1};

bool
qt_canvas_init(struct qt_canvas *canvas, int width, int height, enum qt_glyphs glyphs)
{
    width = QT_MIN(QT_MAX(width, 0), QT_CANVAS_WIDTH_MAX);
    height = QT_MIN(QT_MAX(height, 0), QT_CANVAS_HEIGHT_MAX);
    size_t n = (size_t)width * (size_t)height;
    *canvas = (struct qt_canvas){.glyphs = (uint8_t)glyphs};
    canvas->cells = calloc(n > 0 ? n : 1, sizeof(struct qt_cell));
    if (!canvas->cells)
        return false;
    canvas->stride = canvas->width = width;
    canvas->height = height;
    qt_canvas_clear(canvas);
    return true;
}

void
qt_canvas_finish(struct qt_canvas *canvas)
{
    if (!canvas)
        return;
    free(canvas->cells);
    *canvas = (struct qt_canvas){0};
}

void
qt_canvas_clear(struct qt_canvas *canvas)
{
    struct qt_cell blank = blank_cell;
    blank.ground = canvas->ground;
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width; x++)
            canvas->cells[y * canvas->stride + x] = blank;
}

struct qt_canvas
qt_canvas_view(const struct qt_canvas *canvas, struct qt_rect rect)
{
    int left = QT_MIN(QT_MAX(rect.x, 0), canvas->width);
    int top = QT_MIN(QT_MAX(rect.y, 0), canvas->height);
    int right = QT_MIN(QT_MAX(rect.x + QT_MAX(rect.width, 0), left), canvas->width);
    int bottom = QT_MIN(QT_MAX(rect.y + QT_MAX(rect.height, 0), top), canvas->height);
    struct qt_canvas view = *canvas;
    if (canvas->cells)
        view.cells = canvas->cells + top * canvas->stride + left;
    view.width = right - left;
    view.height = bottom - top;
    return view;
}

static struct qt_cell *
cell_at(const struct qt_canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
        return NULL;
    return &canvas->cells[y * canvas->stride + x];
}

const struct qt_cell *
qt_canvas_at(const struct qt_canvas *canvas, int x, int y)
{
    return cell_at(canvas, x, y);
}

/* Half a wide character that loses its other half becomes blank. */
static void
break_wide(struct qt_canvas *canvas, int x, int y)
{
    struct qt_cell *cell = cell_at(canvas, x, y);
    if (!cell || cell->width == 1)
        return;
    struct qt_cell *other = cell_at(canvas, cell->width == 2 ? x + 1 : x - 1, y);
    if (other) {
        other->ch = ' ';
        other->width = 1;
    }
    cell->ch = ' ';
    cell->width = 1;
}

static void
set_cell(struct qt_canvas *canvas, int x, int y, enum qt_role role, uint32_t ch, int width)
{
    break_wide(canvas, x, y);
    if (width == 2)
        break_wide(canvas, x + 1, y);
    struct qt_cell *cell = cell_at(canvas, x, y);
    *cell = (struct qt_cell){
        .ch = ch, .role = (uint8_t)role, .ground = canvas->ground, .width = (uint8_t)width};
    if (width == 2)
        cell[1] =
            (struct qt_cell){.ch = 0, .role = (uint8_t)role, .ground = canvas->ground, .width = 0};
}

/* Draws at most columns columns of text. Returns how many it took. */
static int
put_columns(struct qt_canvas *canvas, int x, int y, int columns, enum qt_role role,
            const char *text)
{
    if (y < 0 || y >= canvas->height)
        return 0;
    int at = x, end = QT_MIN(x + columns, canvas->width);
    for (;;) {
        int width = 0;
        uint32_t ch = qt_text_next(&text, &width);
        if (ch == 0)
            break;
        if (width == 0)
            continue;
        if (canvas->glyphs == QT_GLYPHS_ASCII && ch >= 0x7f) {
            ch = qt__glyph_ascii(ch);
            width = 1;
        }
        if (at + width > end)
            break;
        if (at >= 0)
            set_cell(canvas, at, y, role, ch, width);
        at += width;
    }
    return at - x;
}

int
qt_canvas_put(struct qt_canvas *canvas, int x, int y, enum qt_role role, const char *text)
{
    return put_columns(canvas, x, y, QT_MAX(canvas->width - x, 0), role, text);
}

int
qt_canvas_putf(struct qt_canvas *canvas, int x, int y, enum qt_role role, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return qt_canvas_put(canvas, x, y, role, text);
}

void
qt_canvas_fit(struct qt_canvas *canvas, int x, int y, int width, enum qt_align align,
              enum qt_role role, const char *text)
{
    if (width <= 0)
        return;
    int columns = qt_text_columns(text);
    qt_canvas_fill(canvas, x, y, width, role, ' ');
    if (columns > width) {
        int used = put_columns(canvas, x, y, width - 1, role, text);
        put_columns(canvas, x + used, y, 1, role, "…");
        return;
    }
    int gap = align == QT_RIGHT ? width - columns : align == QT_CENTRE ? (width - columns) / 2 : 0;
    put_columns(canvas, x + gap, y, width - gap, role, text);
}

void
qt_canvas_fill(struct qt_canvas *canvas, int x, int y, int n, enum qt_role role, uint32_t ch)
{
    if (y < 0 || y >= canvas->height)
        return;
    if (canvas->glyphs == QT_GLYPHS_ASCII && ch >= 0x7f)
        ch = qt__glyph_ascii(ch);
    int end = QT_MIN(x + n, canvas->width);
    for (int at = QT_MAX(x, 0); at < end; at++)
        set_cell(canvas, at, y, role, ch, 1);
}

void
qt_canvas_set_ground(struct qt_canvas *canvas, struct qt_rect rect, enum qt_ground ground)
{
    struct qt_canvas view = qt_canvas_view(canvas, rect);
    for (int y = 0; y < view.height; y++)
        for (int x = 0; x < view.width; x++)
            view.cells[y * view.stride + x].ground = (uint8_t)ground;
}

void
qt_canvas_set_role(struct qt_canvas *canvas, struct qt_rect rect, enum qt_role role)
{
    struct qt_canvas view = qt_canvas_view(canvas, rect);
    for (int y = 0; y < view.height; y++)
        for (int x = 0; x < view.width; x++)
            view.cells[y * view.stride + x].role = (uint8_t)role;
}

enum { LINE_UP = 1, LINE_DOWN = 2, LINE_LEFT = 4, LINE_RIGHT = 8 };

/* The glyph where lines of these bits meet. */
static const uint16_t line_glyphs[16] = {' ',    0x2502, 0x2502, 0x2502, 0x2500, 0x2518,
                                         0x2510, 0x2524, 0x2500, 0x2514, 0x250c, 0x251c,
                                         0x2500, 0x2534, 0x252c, 0x253c};

static void
add_line(struct qt_canvas *canvas, int x, int y, unsigned bits, enum qt_role role)
{
    struct qt_cell *cell = cell_at(canvas, x, y);
    if (!cell)
        return;
    unsigned line = cell->line | bits;
    uint32_t ch = line_glyphs[line & 15];
    if (canvas->glyphs == QT_GLYPHS_ASCII)
        ch = qt__glyph_ascii(ch);
    set_cell(canvas, x, y, role, ch, 1);
    cell->line = (uint8_t)line;
}

void
qt_canvas_hline(struct qt_canvas *canvas, int x, int y, int n, enum qt_role role)
{
    int end = QT_MIN(x + n, canvas->width);
    for (int at = QT_MAX(x, 0); at < end; at++)
        add_line(canvas, at, y, (at > x ? LINE_LEFT : 0u) | (at < x + n - 1 ? LINE_RIGHT : 0u),
                 role);
}

void
qt_canvas_vline(struct qt_canvas *canvas, int x, int y, int n, enum qt_role role)
{
    int end = QT_MIN(y + n, canvas->height);
    for (int at = QT_MAX(y, 0); at < end; at++)
        add_line(canvas, x, at, (at > y ? LINE_UP : 0u) | (at < y + n - 1 ? LINE_DOWN : 0u), role);
}

void
qt_canvas_box(struct qt_canvas *canvas, struct qt_rect rect, enum qt_role role)
{
    if (rect.width < 2 || rect.height < 2)
        return;
    qt_canvas_hline(canvas, rect.x, rect.y, rect.width, role);
    qt_canvas_hline(canvas, rect.x, rect.y + rect.height - 1, rect.width, role);
    qt_canvas_vline(canvas, rect.x, rect.y, rect.height, role);
    qt_canvas_vline(canvas, rect.x + rect.width - 1, rect.y, rect.height, role);
}

static size_t
encode(uint32_t ch, char *out)
{
    if (ch < 0x80) {
        out[0] = (char)ch;
        return 1;
    }
    if (ch < 0x800) {
        out[0] = (char)(0xc0 | ch >> 6);
        out[1] = (char)(0x80 | (ch & 63));
        return 2;
    }
    if (ch < 0x10000) {
        out[0] = (char)(0xe0 | ch >> 12);
        out[1] = (char)(0x80 | (ch >> 6 & 63));
        out[2] = (char)(0x80 | (ch & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | ch >> 18);
    out[1] = (char)(0x80 | (ch >> 12 & 63));
    out[2] = (char)(0x80 | (ch >> 6 & 63));
    out[3] = (char)(0x80 | (ch & 63));
    return 4;
}

/* One letter a role, in the order of the enum. */
static const char role_letters[QT_ROLES + 1] = "tdsThbfglGwBakrRNPUE";

static size_t
frame_cell(const struct qt_cell *cell, bool has_roles, char *out)
{
    if (!has_roles)
        return cell->ch == 0 ? 0 : encode(cell->ch, out);
    *out = cell->ch == ' ' && cell->ground == QT_GROUND_PLAIN ? '.' : role_letters[cell->role];
    return 1;
}

static char *
frame(const struct qt_canvas *canvas, bool has_roles)
{
    size_t room = (size_t)canvas->height * ((size_t)canvas->width * 4 + 1) + 1;
    char *text = malloc(room), *at = text;
    if (!text)
        return NULL;
    for (int y = 0; y < canvas->height; y++) {
        char *end = at;
        for (int x = 0; x < canvas->width; x++) {
            const struct qt_cell *cell = &canvas->cells[y * canvas->stride + x];
            at += frame_cell(cell, has_roles, at);
            if (has_roles || cell->ch != ' ')
                end = at;
        }
        at = end;
        *at++ = '\n';
    }
    *at = '\0';
    return text;
}

char *
qt_canvas_text(const struct qt_canvas *canvas)
{
    return frame(canvas, false);
}

char *
qt_canvas_roles(const struct qt_canvas *canvas)
{
    return frame(canvas, true);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which characters may reach a terminal, how wide they are, and what stands for them where only
 * ASCII is safe. A list of what is allowed, not of what is not: an unknown character is '?' (fault
 * T6). The widths are those of the C library's wcwidth() in a UTF-8 locale; tests/tui/test_canvas
 * compares every one.
 */
#include <string.h>

#include "qtrade/tui/canvas.h"

#include "tui_priv.h"

struct range {
    uint32_t first, last;
    int width;
};

/* Sorted. Width 0: dropped without a trace (marks and joiners that hang on the character before).
 */
static const struct range allowed[] = {
    {0x0020, 0x007e, 1}, {0x00a1, 0x00ac, 1}, {0x00ae, 0x02ff, 1},   {0x0300, 0x036f, 0},
    {0x0370, 0x0377, 1}, {0x037a, 0x037f, 1}, {0x0384, 0x038a, 1},   {0x038e, 0x03a1, 1},
    {0x03a3, 0x0482, 1}, {0x048a, 0x052f, 1}, {0x1e00, 0x1eff, 1},   {0x200b, 0x200d, 0},
    {0x2010, 0x2027, 1}, {0x2030, 0x205e, 1}, {0x2060, 0x2060, 0},   {0x20a0, 0x20bf, 1},
    {0x20d0, 0x20f0, 0}, {0x2100, 0x214f, 1}, {0x2190, 0x22ff, 1},   {0x2500, 0x25fc, 1},
    {0x2713, 0x2713, 1}, {0x2717, 0x2717, 1}, {0x2800, 0x28ff, 1},   {0x3041, 0x3096, 2},
    {0x30a1, 0x30fa, 2}, {0x3400, 0x4dbf, 2}, {0x4e00, 0x9ffc, 2},   {0xac00, 0xd7a3, 2},
    {0xfe00, 0xfe0f, 0}, {0xff01, 0xff60, 2}, {0x1f300, 0x1f320, 2}, {0x1f600, 0x1f64f, 2},
};

static int
width_of(uint32_t ch)
{
    for (size_t i = 0; i < QT_COUNT_OF(allowed) && ch >= allowed[i].first; i++)
        if (ch <= allowed[i].last)
            return allowed[i].width;
    return -1;
}

/* The length of the UTF-8 sequence that a first byte promises; 0: none. */
static int
sequence_length(unsigned char first)
{
    return first < 0x80   ? 1
           : first < 0xc2 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf5 ? 4
                          : 0;
}

/* Decodes one sequence; 0xfffd and one byte taken where it is not valid. */
static uint32_t
decode(const unsigned char *s, int *taken)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = sequence_length(s[0]);
    *taken = 1;
    if (length <= 1)
        return length == 1 ? s[0] : 0xfffd;
    uint32_t ch = s[0] & (0xffu >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0xfffd;
        ch = ch << 6 | (s[i] & 0x3fu);
    }
    if (ch < least[length] || ch > 0x10ffff || (ch >= 0xd800 && ch <= 0xdfff))
        return 0xfffd;
    *taken = length;
    return ch;
}

uint32_t
qt_text_next(const char **text, int *out_width)
{
    const unsigned char *s = (const unsigned char *)*text;
    *out_width = 0;
    if (*s == '\0')
        return 0;
    int taken = 1;
    uint32_t ch = decode(s, &taken);
    *text += taken;
    int width = width_of(ch);
    *out_width = width < 0 ? 1 : width;
    return width < 0 ? '?' : ch;
}

int
qt_text_columns(const char *text)
{
    int columns = 0, width = 0;
    while (qt_text_next(&text, &width) != 0)
        columns += width;
    return columns;
}

struct stand_in {
    uint32_t ch;
    char ascii;
};

/* Sorted by code point. Every glyph that a pane draws has its row; tests/tui/test_canvas draws them
 * all. */
static const struct stand_in stand_ins[] = {
    {0x00b0, 'o'}, {0x00b7, '.'}, {0x00d7, 'x'},  {0x03a3, 'S'}, {0x2013, '-'}, {0x2014, '-'},
    {0x2016, '='}, {0x2022, '*'}, {0x2026, '~'},  {0x2190, '<'}, {0x2191, '^'}, {0x2192, '>'},
    {0x2193, 'v'}, {0x2212, '-'}, {0x2248, '~'},  {0x2264, '<'}, {0x2265, '>'}, {0x2500, '-'},
    {0x2502, '|'}, {0x2503, '#'}, {0x2507, ':'},  {0x2508, '.'}, {0x250c, '+'}, {0x2510, '+'},
    {0x2514, '+'}, {0x2518, '+'}, {0x251c, '+'},  {0x2524, '+'}, {0x252c, '+'}, {0x2534, '+'},
    {0x253c, '+'}, {0x254c, '-'}, {0x2575, '\''}, {0x2577, '.'}, {0x2579, '#'}, {0x257b, '#'},
    {0x257d, '#'}, {0x257f, '#'}, {0x2581, '_'},  {0x2582, '_'}, {0x2583, '.'}, {0x2584, '-'},
    {0x2585, '='}, {0x2586, '+'}, {0x2587, '*'},  {0x2588, '#'}, {0x2589, '#'}, {0x258a, '#'},
    {0x258b, '='}, {0x258c, '='}, {0x258d, '-'},  {0x258e, '-'}, {0x258f, '-'}, {0x2590, '#'},
    {0x2591, '.'}, {0x2592, ':'}, {0x25a0, '#'},  {0x25a1, 'o'}, {0x25b2, '^'}, {0x25b6, '>'},
    {0x25b8, '>'}, {0x25bc, 'v'}, {0x25c6, '#'},  {0x25cb, 'o'}, {0x25cf, '*'}, {0x2713, '+'},
    {0x2717, 'x'},
};

uint32_t
qt__glyph_ascii(uint32_t ch)
{
    if (ch >= 0x20 && ch <= 0x7e)
        return ch;
    for (size_t i = 0; i < QT_COUNT_OF(stand_ins); i++)
        if (stand_ins[i].ch == ch)
            return (uint32_t)stand_ins[i].ascii;
    return '?';
}

uint32_t
qt__glyph_left(int eighths)
{
    return eighths <= 0 ? ' ' : 0x2588u + (uint32_t)(8 - QT_MIN(eighths, 8));
}

uint32_t
qt__glyph_below(int eighths)
{
    return eighths <= 0 ? ' ' : 0x2580u + (uint32_t)QT_MIN(eighths, 8);
}

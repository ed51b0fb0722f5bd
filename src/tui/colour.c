/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From 24-bit colours to the tables that terminals have: xterm's 8, 16 and 256.
 */
#include "qtrade/tui/theme.h"

static const int32_t basic[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                  0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                  0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};

/* Squared distance, weighted as the eye weighs red, green and blue about mid grey. */
static long
distance(int32_t a, int32_t b)
{
    long red = (a >> 16 & 255) - (b >> 16 & 255);
    long green = (a >> 8 & 255) - (b >> 8 & 255);
    long blue = (a & 255) - (b & 255);
    return 2 * red * red + 4 * green * green + 3 * blue * blue;
}

/* The colour of index i in xterm's table of 256. */
static int32_t
cube_colour(int i)
{
    static const int step[6] = {0, 95, 135, 175, 215, 255};
    if (i < 16)
        return basic[i];
    if (i >= 232) {
        int grey = 8 + 10 * (i - 232);
        return grey << 16 | grey << 8 | grey;
    }
    i -= 16;
    return step[i / 36] << 16 | step[i / 6 % 6] << 8 | step[i % 6];
}

static int
nearest(int32_t rgb, int first, int last)
{
    int best = first;
    for (int i = first; i <= last; i++)
        if (distance(rgb, cube_colour(i)) < distance(rgb, cube_colour(best)))
            best = i;
    return best;
}

/*
 * Few colours: the hue decides, so that a pale green stays green and does not fall to grey.
 * Channels above the middle between the darkest and the brightest one are on.
 */
static int
nearest_basic(int32_t rgb, int colours)
{
    int red = rgb >> 16 & 255, green = rgb >> 8 & 255, blue = rgb & 255;
    int high = QT_MAX(red, QT_MAX(green, blue)), low = QT_MIN(red, QT_MIN(green, blue));
    if (high - low < 40) {
        if (colours < 16)
            return high < 80 ? 0 : 7;
        return high < 50 ? 0 : high < 170 ? 8 : high < 240 ? 7 : 15;
    }
    int middle = (high + low) / 2;
    int hue = (red > middle ? 1 : 0) | (green > middle ? 2 : 0) | (blue > middle ? 4 : 0);
    return colours >= 16 && high >= 225 ? hue + 8 : hue;
}

int
qt_colour_nearest(int32_t rgb, int colours)
{
    if (rgb == QT_COLOUR_DEFAULT)
        return -1;
    if (colours >= 256)
        return nearest(rgb, 16, 255);
    return nearest_basic(rgb, colours);
}

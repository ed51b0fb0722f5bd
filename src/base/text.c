/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounded text, UTF-8 hygiene, numbers in and out without the process's locale.
 */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/fixed.h"
#include "qtrade/base/num.h"
#include "qtrade/base/text.h"

void
qt_text_init(struct qt_text *text, char *buffer, size_t capacity)
{
    *text = (struct qt_text){.buffer = buffer, .capacity = capacity};
    buffer[0] = '\0';
}

void
qt_text_clear(struct qt_text *text)
{
    text->length = 0;
    text->is_cut = false;
    text->buffer[0] = '\0';
}

void
qt_text_add_n(struct qt_text *text, const char *s, size_t n)
{
    size_t room = text->capacity - 1 - text->length;
    if (n > room) {
        n = room;
        text->is_cut = true;
    }
    memcpy(text->buffer + text->length, s, n);
    text->length += n;
    text->buffer[text->length] = '\0';
}

void
qt_text_add(struct qt_text *text, const char *s)
{
    qt_text_add_n(text, s, strlen(s));
}

void
qt_text_add_char(struct qt_text *text, char c)
{
    qt_text_add_n(text, &c, 1);
}

void
qt_text_addf(struct qt_text *text, const char *format, ...)
{
    size_t room = text->capacity - text->length;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text->buffer + text->length, room, format, args);
    va_end(args);
    if (n < 0)
        return;
    text->is_cut |= (size_t)n >= room;
    text->length += QT_MIN((size_t)n, room - 1);
}

void
qt_text_add_int(struct qt_text *text, int64_t v)
{
    char digits[QT_DECIMAL_TEXT];
    qt_text_add(text, qt_decimal_format(v, 0, digits));
}

void
qt_text_add_decimal(struct qt_text *text, int64_t v, int scale)
{
    char digits[QT_DECIMAL_TEXT];
    qt_text_add(text, qt_decimal_format(v, scale, digits));
}

/* Length of the valid UTF-8 sequence at s, 0 when there is none. */
static size_t
utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xf0 && s[0] <= 0xf4   ? 4
               : s[0] >= 0xe0                 ? 3
               : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
                                              : 0;
    if (n == 0 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool is_bad = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
                  (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f);
    return is_bad ? 0 : n;
}

static bool
is_control(const unsigned char *s, size_t n)
{
    return (n == 1 && (s[0] < 0x20 || s[0] == 0x7f)) || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

void
qt_text_add_json_string(struct qt_text *text, const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    qt_text_add_char(text, '"');
    while (*p) {
        size_t n = utf8_length(p);
        if (*p == '"' || *p == '\\')
            qt_text_addf(text, "\\%c", *p);
        else if (n == 0)
            qt_text_addf(text, "\\ufffd");
        else if (is_control(p, n))
            qt_text_addf(text, "\\u%04x", n == 1 ? p[0] : p[1]);
        else
            qt_text_add_n(text, (const char *)p, n);
        p += n ? n : 1;
    }
    qt_text_add_char(text, '"');
}

void
qt_text_add_json_double(struct qt_text *text, double v)
{
    if (!qt_is_finite(v)) {
        qt_text_add(text, "null");
        return;
    }
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, v);
        char *comma = strchr(digits, ',');
        if (comma)
            *comma = '.';
        double back;
        if (qt_double_parse(digits, &back) && back == v)
            break;
    }
    qt_text_add(text, digits);
}

bool
qt_copy_n(char *out, size_t capacity, const char *s, size_t n)
{
    bool fits = n < capacity;
    n = fits ? n : capacity - 1;
    memcpy(out, s, n);
    out[n] = '\0';
    return fits;
}

bool
qt_copy(char *out, size_t capacity, const char *s)
{
    return qt_copy_n(out, capacity, s, strlen(s));
}

bool
qt_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
qt_ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

void
qt_text_clean(char *s)
{
    unsigned char *p = (unsigned char *)s;
    while (*p) {
        size_t n = utf8_length(p);
        if (n == 0 || is_control(p, n)) {
            n = n ? n : 1;
            memset(p, '?', n);
        }
        p += n;
    }
}

bool
qt_int_parse(const char *s, int64_t *out)
{
    const char *point = strchr(s, '.');
    return !point && qt_decimal_parse(s, strlen(s), 0, out);
}

/*
 * Up to 15 digits: integer and power of ten are exact, so one division rounds right (Clinger, How
 * to Read Floating Point Numbers Accurately, 1990). False: not of this kind.
 */
static bool
parse_plain(const char *s, double *out)
{
    bool is_negative = *s == '-', past_point = false;
    int64_t v = 0;
    int digits = 0, decimals = 0;
    for (s += is_negative || *s == '+'; *s; s++) {
        if (*s == '.' && !past_point) {
            past_point = true;
            continue;
        }
        if (*s < '0' || *s > '9' || ++digits > 15)
            return false;
        v = v * 10 + (*s - '0');
        decimals += past_point;
    }
    double size = (double)v / (double)qt_pow10(decimals);
    *out = is_negative ? -size : size;
    return digits > 0;
}

bool
qt_double_parse(const char *s, double *out)
{
    static const char allowed[] = "0123456789+-.eE";
    double plain;
    if (parse_plain(s, &plain)) {
        *out = plain;
        return true;
    }
    size_t n = strlen(s);
    if (n == 0 || n > 400 || strspn(s, allowed) != n)
        return false;
    locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!c)
        return false;
    char *end;
    double v = strtod_l(s, &end, c);
    freelocale(c);
    if (*end || !qt_is_finite(v))
        return false;
    *out = v;
    return true;
}

uint64_t
qt_hash(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * UINT64_C(1099511628211);
    return hash;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The JSON reader of json_priv.h. RFC 8259 without the decoding of escapes: a string with one keeps
 * it and says so. Control bytes in strings, leading zeros, lone signs, trailing commas and text
 * after the value are faults.
 */
#include "json_priv.h"

#include "qtrade/base/fixed.h"

#include "json_scan_priv.h"

static bool
fault(struct qt__json *json)
{
    json->is_bad = true;
    json->p = json->end;
    return false;
}

static void
blanks(struct qt__json *json)
{
    while (json->p < json->end &&
           (*json->p == ' ' || *json->p == '\n' || *json->p == '\r' || *json->p == '\t'))
        json->p++;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct qt__json
qt__json_open(const char *bytes, size_t length)
{
    return (struct qt__json){.p = bytes, .end = bytes + length};
}

char
qt__json_type(struct qt__json *json)
{
    blanks(json);
    if (json->p == json->end)
        return 0;
    static const char types[256] = {['0' ... '9'] = '0', ['-'] = '0', ['"'] = '"', ['{'] = '{',
                                    ['['] = '[',         ['t'] = 't', ['f'] = 'f', ['n'] = 'n'};
    return types[(unsigned char)*json->p];
}

bool
qt__json_enter(struct qt__json *json, char type)
{
    if (qt__json_type(json) != type || json->depth == QT__JSON_DEPTH)
        return fault(json);
    json->p++;
    json->is_first[json->depth++] = true;
    return true;
}

/* The closing bracket, or the comma before the next member. True: a member follows. */
static bool
next_member(struct qt__json *json, char close)
{
    blanks(json);
    if (json->p == json->end || json->depth == 0)
        return fault(json);
    bool *is_first = &json->is_first[json->depth - 1];
    if (*json->p == close) {
        json->p++;
        json->depth--;
        return false;
    }
    if (!*is_first) {
        if (*json->p != ',')
            return fault(json);
        json->p++;
        blanks(json);
    }
    *is_first = false;
    return json->p < json->end || fault(json);
}

bool
qt__json_next_item(struct qt__json *json)
{
    return !json->is_bad && next_member(json, ']');
}

/* The escape after a backslash at *p; false: none of JSON's. */
static bool
skip_escape(const char **p, const char *end)
{
    static const char simple[] = "\"\\/bfnrt";
    if (*p == end)
        return false;
    char c = *(*p)++;
    if (c != 'u')
        return c != '\0' && strchr(simple, c);
    for (int i = 0; i < 4; i++, (*p)++)
        if (*p == end ||
            !(is_digit(**p) || (**p >= 'a' && **p <= 'f') || (**p >= 'A' && **p <= 'F')))
            return false;
    return true;
}

static bool
take_string(struct qt__json *json, struct qt__slice *out)
{
    const char *p = json->p + 1, *end = json->end;
    out->p = p;
    out->type = '"';
    out->has_escape = false;
    for (unsigned run = QT_BLOCK; run == QT_BLOCK && end - p >= QT_BLOCK; p += run)
        run = qt_block_plain(p);
    while (p < end && *p != '"') {
        if ((unsigned char)*p < 0x20)
            return fault(json);
        if (*p++ != '\\')
            continue;
        out->has_escape = true;
        if (!skip_escape(&p, end))
            return fault(json);
    }
    if (p == end)
        return fault(json);
    out->n = (size_t)(p - out->p);
    json->p = p + 1;
    return true;
}

static const char *
skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static bool
take_number(struct qt__json *json, struct qt__slice *out)
{
    const char *p = json->p, *end = json->end, *digits;
    out->p = p;
    out->type = '0';
    out->has_escape = false;
    p += *p == '-';
    digits = p;
    p = skip_digits(p, end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return fault(json);
    if (p < end && *p == '.') {
        digits = ++p;
        p = skip_digits(p, end);
        if (p == digits)
            return fault(json);
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        digits = p;
        p = skip_digits(p, end);
        if (p == digits)
            return fault(json);
    }
    out->n = (size_t)(p - out->p);
    json->p = p;
    return true;
}

static bool
take_word(struct qt__json *json, const char *word, struct qt__slice *out)
{
    size_t n = strlen(word);
    if ((size_t)(json->end - json->p) < n || memcmp(json->p, word, n) != 0)
        return fault(json);
    *out = (struct qt__slice){.p = json->p, .n = n, .type = word[0]};
    json->p += n;
    return true;
}

static bool
take_scalar(struct qt__json *json, char type, struct qt__slice *out)
{
    switch (type) {
    case '"':
        return take_string(json, out);
    case '0':
        return take_number(json, out);
    case 't':
        return take_word(json, "true", out);
    case 'f':
        return take_word(json, "false", out);
    case 'n':
        return take_word(json, "null", out);
    }
    return fault(json);
}

/* A key with its colon, at the first member or after a comma. */
static bool
take_key(struct qt__json *json, struct qt__slice *out_key)
{
    if (qt__json_type(json) != '"' || !take_string(json, out_key))
        return fault(json);
    blanks(json);
    if (json->p == json->end || *json->p != ':')
        return fault(json);
    json->p++;
    return true;
}

bool
qt__json_next_key(struct qt__json *json, struct qt__slice *out_key)
{
    return !json->is_bad && next_member(json, '}') && take_key(json, out_key);
}

/* Arrays and objects to their end, by a stack of bits: 1 is an object. */
static bool
skip_nested(struct qt__json *json)
{
    const int base = json->depth;
    uint64_t is_object = 0;
    struct qt__slice ignored;
    do {
        char type = qt__json_type(json);
        if (type == '{' || type == '[') {
            if (!qt__json_enter(json, type))
                return false;
            is_object = is_object << 1 | (type == '{');
        } else if (!take_scalar(json, type, &ignored)) {
            return false;
        }
        while (json->depth > base && !next_member(json, is_object & 1 ? '}' : ']')) {
            if (json->is_bad)
                return false;
            is_object >>= 1;
        }
        if (json->depth > base && (is_object & 1) && !take_key(json, &ignored))
            return false;
    } while (json->depth > base);
    return true;
}

bool
qt__json_take(struct qt__json *json, struct qt__slice *out)
{
    char type = qt__json_type(json);
    if (json->is_bad)
        return false;
    if (type != '{' && type != '[')
        return take_scalar(json, type, out);
    const char *start = json->p;
    if (!skip_nested(json))
        return false;
    *out = (struct qt__slice){.p = start, .n = (size_t)(json->p - start), .type = type};
    return true;
}

bool
qt__json_end(struct qt__json *json)
{
    blanks(json);
    return !json->is_bad && json->depth == 0 && json->p == json->end;
}

bool
qt__slice_u64(const struct qt__slice *slice, uint64_t *out)
{
    uint64_t v = 0;
    if (slice->type != '0' || slice->n == 0 || slice->n > 20)
        return false;
    for (size_t i = 0; i < slice->n; i++) {
        if (!is_digit(slice->p[i]) || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(slice->p[i] - '0'), &v))
            return false;
    }
    *out = v;
    return true;
}

bool
qt__slice_int(const struct qt__slice *slice, int64_t *out)
{
    struct qt__slice digits = *slice;
    uint64_t v;
    bool is_negative = slice->n > 0 && slice->p[0] == '-';
    digits.p += is_negative;
    digits.n -= is_negative;
    if (!qt__slice_u64(&digits, &v) || v > INT64_MAX)
        return false;
    *out = is_negative ? -(int64_t)v : (int64_t)v;
    return true;
}

bool
qt__slice_decimal(const struct qt__slice *slice, int scale, int64_t *out)
{
    return (slice->type == '"' || slice->type == '0') &&
           qt_decimal_parse(slice->p, slice->n, scale, out);
}

/* v / step by direction, floor division first. */
static int64_t
round_to(int64_t v, int64_t step, int direction)
{
    int64_t whole = v / step - (v % step < 0), rest = v - whole * step;
    if (rest == 0 || direction < 0)
        return whole;
    return direction > 0 || rest >= step - rest ? whole + 1 : whole;
}

bool
qt__slice_decimal_rounded(const struct qt__slice *slice, int scale, int direction, int64_t *out,
                          bool *rounded)
{
    if (qt__slice_decimal(slice, scale, out))
        return true;
    for (int finer = scale + 1; finer <= QT_SCALE_MAX; finer++) {
        int64_t v;
        if (!qt__slice_decimal(slice, finer, &v))
            continue;
        *out = round_to(v, qt_pow10(finer - scale), direction);
        if (rounded)
            *rounded = true;
        return true;
    }
    return false;
}

bool
qt__slice_bool(const struct qt__slice *slice, bool *out)
{
    if (slice->type != 't' && slice->type != 'f')
        return false;
    *out = slice->type == 't';
    return true;
}

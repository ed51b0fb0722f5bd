/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records to bytes and back, by the tables. The decoder trusts nothing: every length, every kind
 * and every value in a named range is checked, and what is left over is an error (fault A3).
 */
#include <string.h>

#include "journal_table_priv.h"

/* Writing */

static unsigned char *
put_varint(unsigned char *at, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *at++ = (unsigned char)(v | 0x80);
    *at++ = (unsigned char)v;
    return at;
}

static uint64_t
zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static uint64_t
load_unit(const unsigned char *from, unsigned size)
{
    uint8_t u1;
    uint16_t u2;
    uint32_t u4;
    uint64_t u8 = 0;
    switch (size) {
    case 1:
        memcpy(&u1, from, 1);
        return u1;
    case 2:
        memcpy(&u2, from, 2);
        return u2;
    case 4:
        memcpy(&u4, from, 4);
        return u4;
    }
    memcpy(&u8, from, 8);
    return u8;
}

static int64_t
load_whole(const unsigned char *from, unsigned size)
{
    int32_t small;
    if (size == sizeof small) {
        memcpy(&small, from, sizeof small);
        return small;
    }
    int64_t whole;
    memcpy(&whole, from, sizeof whole);
    return whole;
}

/* Differences wrap; the reader adds them back the same way. */
static int64_t
minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t
plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static unsigned char *
put_text(unsigned char *at, const char *text, unsigned size)
{
    size_t n = strnlen(text, size);
    at = put_varint(at, n);
    memcpy(at, text, n);
    return at + n;
}

static unsigned char *
put_field(unsigned char *at, const struct qt__field *field, const unsigned char *thing,
          struct qt__journal_base *base)
{
    const unsigned char *from = thing + field->at;
    int64_t whole = field->size == 4 || field->size == 8 ? load_whole(from, field->size) : 0;
    switch (field->form) {
    case QT__FORM_SEQ:
        at = put_varint(at, zigzag(minus(whole, (int64_t)base->seq)));
        base->seq = (uint64_t)whole;
        return at;
    case QT__FORM_TIME:
        at = put_varint(at, zigzag(minus(whole, base->t_ns)));
        base->t_ns = whole;
        return at;
    case QT__FORM_NEAR:
    case QT__FORM_NEAR_PX:
        return put_varint(at, zigzag(minus(whole, load_whole(thing + field->to, 8))));
    case QT__FORM_UNIT:
    case QT__FORM_ID:
        return put_varint(at, load_unit(from, field->size));
    case QT__FORM_WHOLE:
    case QT__FORM_PX:
    case QT__FORM_QTY:
    case QT__FORM_MONEY:
        return put_varint(at, zigzag(whole));
    case QT__FORM_REAL:
        memcpy(at, from, 8);
        return at + 8;
    case QT__FORM_TEXT:
        return put_text(at, (const char *)from, field->size);
    case QT__FORM_END:
        break;
    }
    return at;
}

size_t
qt__entry_put(unsigned kind, const void *thing, struct qt__journal_base *base, unsigned char *out)
{
    enum { LENGTH = 2 }; /* bytes of the length: a record is below 16,384 */
    unsigned char *at = out + LENGTH;
    const struct qt__field *field = qt__entry_fields(kind);
    qt_assert(field != NULL);
    *at++ = (unsigned char)kind;
    for (; field->form != QT__FORM_END; field++)
        at = put_field(at, field, thing, base);
    size_t n = (size_t)(at - out) - LENGTH;
    if (n < 0x80) { /* one byte is enough */
        memmove(out + 1, out + LENGTH, n);
        out[0] = (unsigned char)n;
        return n + 1;
    }
    out[0] = (unsigned char)(n | 0x80);
    out[1] = (unsigned char)(n >> 7);
    return n + LENGTH;
}

/* Reading */

struct reading {
    const unsigned char *at, *end;
};

static bool
get_varint(struct reading *in, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; in->at < in->end && shift < 64; shift += 7) {
        unsigned char byte = *in->at++;
        if (shift == 63 && byte > 1)
            return false;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = v;
            return true;
        }
    }
    return false;
}

static int64_t
unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static bool
store_unit(unsigned char *to, unsigned size, uint64_t v)
{
    uint8_t u1 = (uint8_t)v;
    uint16_t u2 = (uint16_t)v;
    uint32_t u4 = (uint32_t)v;
    switch (size) {
    case 1:
        memcpy(to, &u1, 1);
        return v == u1;
    case 2:
        memcpy(to, &u2, 2);
        return v == u2;
    case 4:
        memcpy(to, &u4, 4);
        return v == u4;
    }
    memcpy(to, &v, 8);
    return true;
}

static bool
store_whole(unsigned char *to, unsigned size, int64_t v)
{
    int32_t small = (int32_t)v;
    if (size == sizeof small)
        memcpy(to, &small, sizeof small);
    else
        memcpy(to, &v, sizeof v);
    return size == sizeof v || v == small;
}

static bool
get_text(struct reading *in, unsigned char *to, unsigned size)
{
    uint64_t n;
    if (!get_varint(in, &n) || n >= size || n > (uint64_t)(in->end - in->at))
        return false;
    memcpy(to, in->at, n);
    in->at += n;
    return memchr(to, '\0', n) == NULL;
}

static bool
get_real(struct reading *in, unsigned char *to)
{
    if (in->end - in->at < 8)
        return false;
    memcpy(to, in->at, 8);
    in->at += 8;
    return true;
}

static bool
get_field(struct reading *in, const struct qt__field *field, unsigned char *thing,
          struct qt__journal_base *base)
{
    unsigned char *to = thing + field->at;
    uint64_t v = 0;
    if (field->form == QT__FORM_REAL)
        return get_real(in, to);
    if (field->form == QT__FORM_TEXT)
        return get_text(in, to, field->size);
    if (!get_varint(in, &v))
        return false;
    switch (field->form) {
    case QT__FORM_SEQ:
        base->seq += (uint64_t)unzigzag(v);
        return store_unit(to, 8, base->seq);
    case QT__FORM_TIME:
        base->t_ns = plus(base->t_ns, unzigzag(v));
        return store_whole(to, 8, base->t_ns);
    case QT__FORM_NEAR:
    case QT__FORM_NEAR_PX:
        return store_whole(to, 8, plus(load_whole(thing + field->to, 8), unzigzag(v)));
    case QT__FORM_UNIT:
        return v <= field->limit && store_unit(to, field->size, v);
    case QT__FORM_ID:
        return store_unit(to, field->size, v);
    case QT__FORM_WHOLE:
    case QT__FORM_PX:
    case QT__FORM_QTY:
    case QT__FORM_MONEY:
        return store_whole(to, field->size, unzigzag(v));
    case QT__FORM_REAL:
    case QT__FORM_TEXT:
    case QT__FORM_END:
        break;
    }
    return false;
}

/* Where a kind's fields go, empty. */
static unsigned char *
place(unsigned kind, union qt__journal_any *out, struct qt_restore *state)
{
    memset(out, 0,
           kind >= QT__ENTRY_EVENT && kind < QT__ENTRY_DECISION ? sizeof out->event : sizeof *out);
    if (kind >= QT__ENTRY_EVENT && kind < QT__ENTRY_DECISION)
        out->event.kind = (uint16_t)(kind - QT__ENTRY_EVENT);
    else if (kind >= QT__ENTRY_DECISION)
        out->decision.kind = kind - QT__ENTRY_DECISION;
    return kind == QT__ENTRY_STATE ? (unsigned char *)state : (unsigned char *)out;
}

size_t
qt__entry_get(const unsigned char *in, size_t n, struct qt__journal_base *base, unsigned *out_kind,
              union qt__journal_any *out, struct qt_restore *state)
{
    struct reading reading = {in, in + n};
    uint64_t length;
    if (!get_varint(&reading, &length) || length < 1 ||
        length > (uint64_t)(reading.end - reading.at))
        return 0;
    reading.end = reading.at + length;
    unsigned kind = *reading.at++;
    const struct qt__field *field = qt__entry_fields(kind);
    if (!field || (kind == QT__ENTRY_STATE && !state))
        return 0;
    unsigned char *thing = place(kind, out, state);
    for (; field->form != QT__FORM_END; field++)
        if (!(field->is_later && reading.at == reading.end) &&
            !get_field(&reading, field, thing, base))
            return 0;
    *out_kind = kind;
    return reading.at == reading.end ? (size_t)(reading.end - in) : 0;
}

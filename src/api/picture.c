/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/api/picture.h"

#include <math.h>
#include <string.h>

#include "picture_priv.h"

/* The struct of a field is at most so deep: symbol, candle, close. */
typedef const struct qt__picture_field field_table;

/* Writing */

/* Most are prices: a whole number of 10^-s, s small, prints and reads as what it is. v == r / 10^s
 * with both sides exact makes the text's nearest double v. */
static bool
write_decimal(struct qt_text *out, double v)
{
    static const double most = 9007199254740992.0; /* 2^53 */
    for (int scale = 0; scale <= 8; scale++) {
        double power = (double)qt_pow10(scale), r = nearbyint(v * power);
        if (fabs(r) >= most)
            return false;
        if (r / power == v) {
            qt_text_add_decimal(out, (int64_t)r, scale);
            return true;
        }
    }
    return false;
}

static void
write_double(struct qt_text *out, double v)
{
    if (isinf(v))
        qt_text_add(out, v > 0 ? "\"inf\"" : "\"-inf\"");
    else if (v == 0 && signbit(v))
        qt_text_add(out, "-0.0"); /* "-0" would be read as a whole number, which has no such */
    else if (isnan(v) || !write_decimal(out, v))
        qt_text_add_json_double(out, v);
}

static uint64_t
load_unsigned(const void *at, size_t size)
{
    uint64_t wide;
    uint32_t middle;
    if (size == 1)
        return *(const uint8_t *)at;
    if (size == sizeof middle) {
        memcpy(&middle, at, sizeof middle);
        return middle;
    }
    memcpy(&wide, at, sizeof wide);
    return wide;
}

static int64_t
load_signed(const void *at, size_t size)
{
    int64_t wide;
    int32_t middle;
    if (size == sizeof middle) {
        memcpy(&middle, at, sizeof middle);
        return middle;
    }
    memcpy(&wide, at, sizeof wide);
    return wide;
}

static void write_struct(field_table *rows, const char *base, struct qt_text *out);

static void
write_one(field_table *row, const char *at, struct qt_text *out)
{
    double real;
    switch (row->form) {
    case QT__PICTURE_BOOL:
        qt_text_add(out, *(const bool *)at ? "true" : "false");
        break;
    case QT__PICTURE_UNSIGNED:
        qt_text_add_int(out, (int64_t)load_unsigned(at, row->size));
        break;
    case QT__PICTURE_SIGNED:
        if (load_signed(at, row->size) == INT64_MIN)
            qt_text_add(out, "null"); /* no price, no amount, no time */
        else
            qt_text_add_int(out, load_signed(at, row->size));
        break;
    case QT__PICTURE_DOUBLE:
        memcpy(&real, at, sizeof real);
        write_double(out, real);
        break;
    case QT__PICTURE_TEXT:
        qt_text_add_json_string(out, at);
        break;
    case QT__PICTURE_STRUCT:
        write_struct(row->rows, at, out);
        break;
    }
}

static void write_field(field_table *row, const char *base, struct qt_text *out);

/* A column of a list: the same field of n structs. */
static void
write_column(field_table *row, const char *first, size_t stride, unsigned n, struct qt_text *out)
{
    qt_text_add_char(out, '[');
    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            qt_text_add_char(out, ',');
        write_field(row, first + i * stride, out);
    }
    qt_text_add_char(out, ']');
}

static void
write_list(field_table *row, const char *base, struct qt_text *out)
{
    unsigned n = (unsigned)QT_MIN(load_unsigned(base + row->count_at, 4), (uint64_t)row->n);
    qt_text_addf(out, "{\"n\":%u", n);
    for (field_table *column = row->rows; column->name; column++) {
        qt_text_addf(out, ",\"%s\":", column->name);
        write_column(column, base + row->at, row->size, n, out);
    }
    qt_text_add_char(out, '}');
}

static void
write_field(field_table *row, const char *base, struct qt_text *out)
{
    if (row->is_list) {
        write_list(row, base, out);
        return;
    }
    if (row->n == 1) {
        write_one(row, base + row->at, out);
        return;
    }
    qt_text_add_char(out, '[');
    for (unsigned i = 0; i < row->n; i++) {
        if (i > 0)
            qt_text_add_char(out, ',');
        write_one(row, base + row->at + i * row->size, out);
    }
    qt_text_add_char(out, ']');
}

static void
write_struct(field_table *rows, const char *base, struct qt_text *out)
{
    char mark = '{';
    for (field_table *row = rows; row->name; row++, mark = ',') {
        qt_text_addf(out, "%c\"%s\":", mark, row->name);
        write_field(row, base, out);
    }
    qt_text_add_char(out, '}');
}

void
qt_picture_write(const struct qt_snapshot *snapshot, struct qt_text *out)
{
    qt_text_addf(out, "{\"format\":%d,\"picture\":", QT_PICTURE_FORMAT);
    write_struct(qt__picture_fields, (const char *)snapshot, out);
    qt_text_add_char(out, '}');
}

/* Reading; value NULL or of another type: unknown. */

static void
store(void *at, size_t size, uint64_t v)
{
    uint32_t middle = (uint32_t)v;
    if (size == 1)
        *(uint8_t *)at = (uint8_t)v;
    else if (size == sizeof middle)
        memcpy(at, &middle, sizeof middle);
    else
        memcpy(at, &v, sizeof v);
}

static void
read_unsigned(field_table *row, const json_t *value, void *at)
{
    uint64_t most = row->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * row->size) - 1;
    uint64_t v = (uint64_t)json_integer_value(value);
    store(at, row->size, json_is_integer(value) && v <= most ? v : (uint64_t)row->miss);
}

static void
read_signed(field_table *row, const json_t *value, void *at)
{
    int64_t v = json_integer_value(value);
    bool is_good = json_is_integer(value) &&
                   (row->size == 8 || (v >= INT32_MIN && v <= INT32_MAX)) &&
                   (row->low == row->high || (v >= row->low && v <= row->high));
    bool is_none = json_is_null(value) && row->size == 8; /* as it was written */
    store(at, row->size, (uint64_t)(is_good ? v : is_none ? INT64_MIN : row->miss));
}

static void
read_double(const json_t *value, void *at)
{
    const char *text = json_string_value(value);
    double v = NAN;
    if (json_is_number(value))
        v = json_number_value(value);
    else if (text && strcmp(text, "inf") == 0)
        v = INFINITY;
    else if (text && strcmp(text, "-inf") == 0)
        v = -INFINITY;
    memcpy(at, &v, sizeof v);
}

static void read_struct(field_table *rows, const json_t *object, char *base);

static void
read_one(field_table *row, const json_t *value, char *at)
{
    const char *text = json_string_value(value);
    switch (row->form) {
    case QT__PICTURE_BOOL:
        *(bool *)at = json_is_boolean(value) ? json_is_true(value) : row->miss != 0;
        break;
    case QT__PICTURE_UNSIGNED:
        read_unsigned(row, value, at);
        break;
    case QT__PICTURE_SIGNED:
        read_signed(row, value, at);
        break;
    case QT__PICTURE_DOUBLE:
        read_double(value, at);
        break;
    case QT__PICTURE_TEXT:
        qt_copy(at, row->size, text ? text : "");
        break;
    case QT__PICTURE_STRUCT:
        read_struct(row->rows, value, at);
        break;
    }
}

static void read_field(field_table *row, const json_t *value, char *base);

/* Rows beyond n are left as they are: nobody reads them (P5). */
static void
read_list(field_table *row, const json_t *object, char *base)
{
    json_int_t said = json_integer_value(json_object_get(object, "n"));
    uint32_t n = (uint32_t)QT_MIN(QT_MAX(said, (json_int_t)0), (json_int_t)row->n);
    memcpy(base + row->count_at, &n, sizeof n);
    for (field_table *column = row->rows; column->name; column++) {
        const json_t *values = json_object_get(object, column->name);
        for (uint32_t i = 0; i < n; i++)
            read_field(column, json_array_get(values, i), base + row->at + i * row->size);
    }
}

static void
read_field(field_table *row, const json_t *value, char *base)
{
    if (row->is_list)
        read_list(row, value, base);
    else if (row->n == 1)
        read_one(row, value, base + row->at);
    else
        for (unsigned i = 0; i < row->n; i++)
            read_one(row, json_array_get(value, i), base + row->at + i * row->size);
}

static void
read_struct(field_table *rows, const json_t *object, char *base)
{
    for (field_table *row = rows; row->name; row++)
        read_field(row, json_object_get(object, row->name), base);
}

bool
qt_picture_read(const json_t *object, struct qt_snapshot *out, struct qt_error *err)
{
    json_int_t format = json_integer_value(json_object_get(object, "format"));
    const json_t *picture = json_object_get(object, "picture");
    if (!json_is_object(picture))
        return qt_fail(err, QT_E_DATA, "the engine's picture is not an object");
    if (format != QT_PICTURE_FORMAT)
        return qt_fail(err, QT_E_DATA,
                       "the engine's pictures are of format %lld, this program reads %d (use a "
                       "qtrade of the engine's age)",
                       (long long)format, QT_PICTURE_FORMAT);
    memset(out, 0, sizeof *out);
    read_struct(qt__picture_fields, picture, (char *)out);
    return true;
}

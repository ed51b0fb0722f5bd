/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of the picture's fields, between picture_fields.c and picture.c. */
#ifndef QTRADE_API_PICTURE_PRIV_H
#define QTRADE_API_PICTURE_PRIV_H

#include <stddef.h>
#include <stdint.h>

enum qt__picture_form {
    QT__PICTURE_BOOL,     /* absent: miss */
    QT__PICTURE_UNSIGNED, /* 1, 4 or 8 bytes; absent: miss */
    QT__PICTURE_SIGNED,   /* 4 or 8 bytes; absent: miss */
    QT__PICTURE_DOUBLE,   /* absent: NaN */
    QT__PICTURE_TEXT,     /* absent: "" */
    QT__PICTURE_STRUCT    /* rows */
};

/** A field, or an array of them. */
struct qt__picture_field {
    const char *name; /* NULL ends a table */
    enum qt__picture_form form;
    size_t at, size; /* of one */
    unsigned n;      /* so many of them; 1: not an array */
    bool is_list;    /* of which the uint32_t at count_at says how many */
    size_t count_at;
    int64_t miss, low, high; /* signed: absent or beyond is miss; low == high: all are good */
    const struct qt__picture_field *rows;
};

extern const struct qt__picture_field qt__picture_fields[]; /* of struct qt_snapshot */

#endif

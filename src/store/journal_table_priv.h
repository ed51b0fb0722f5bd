/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a table of fields is made of; for the coder, the decoder and the JSON writer only.
 */
#ifndef QTRADE_STORE_JOURNAL_TABLE_PRIV_H
#define QTRADE_STORE_JOURNAL_TABLE_PRIV_H

#include "journal_fields_priv.h"

enum qt__form {
    QT__FORM_END,
    QT__FORM_SEQ,   /* uint64_t, difference to the record before */
    QT__FORM_TIME,  /* int64_t ns, difference to the record before */
    QT__FORM_UNIT,  /* unsigned of 1, 2, 4 or 8 bytes, at most limit */
    QT__FORM_ID,    /* uint64_t, as text in JSON */
    QT__FORM_WHOLE, /* int64_t or int32_t */
    QT__FORM_NEAR,  /* int64_t, difference to the field at `to` */
    QT__FORM_PX,    /* int64_t at the instrument's price scale */
    QT__FORM_NEAR_PX,
    QT__FORM_QTY,
    QT__FORM_MONEY,
    QT__FORM_REAL, /* double */
    QT__FORM_TEXT  /* char[size] */
};

struct qt__field {
    const char *name;
    enum qt__form form;
    uint16_t size;
    uint32_t at, to;
    uint64_t limit;
    const char *(*say)(unsigned value); /* a name instead of a number in JSON; NULL: none */
    bool is_later; /* records of an older format end before it: it is 0 then */
};

/** The fields of a kind, ended by QT__FORM_END; NULL: no such kind. */
const struct qt__field *qt__entry_fields(unsigned kind);
const char *qt__entry_name(unsigned kind); /* "quote", "order" ...; "?" */

#endif

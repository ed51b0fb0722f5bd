/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine's picture as one line of JSON, for screens in other processes (qtrade attach).
 *
 *     {"format":1,"picture":{"number":812,"mode":0,...,
 *         "position":{"n":2,"symbol":["BTCUSDT","ETHUSDT"],...}}}
 *
 * P1: one table of fields (picture_fields.c) drives coder and decoder. P2: a list is its length n
 * and a column a field, so that names are said once. P3: a key that is not known is ignored; a
 * value that is absent, of another type or out of its range is unknown (a number NaN, a price or
 * amount none, a text empty, a name of an enum beyond the last), so that older and newer programs
 * understand each other. P4: what is decoded is what was coded, to the bit; frames drawn of both
 * are equal. P5: counts never exceed their arrays, whatever the bytes say.
 *
 * Numbers: prices, quantities and amounts are whole numbers in the scale of their instrument, times
 * ns, uint64 as the int64 of the same bits. A double that is none is null, an infinite one "inf" or
 * "-inf".
 */
#ifndef QTRADE_API_PICTURE_H
#define QTRADE_API_PICTURE_H

#include <jansson.h>
#include <stdbool.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/base/text.h"
#include "qtrade/engine/snapshot.h"

#define QT_PICTURE_FORMAT 1
#define QT_PICTURE_MAX (1024 * 1024) /* bytes of a picture's text at most */

/** Adds the picture to out, which has room for QT_PICTURE_MAX; out->is_cut tells when it had not.
 * Any thread. Allocates nothing. */
void qt_picture_write(const struct qt_snapshot *snapshot, struct qt_text *out);
/** The picture of a decoded object into out, all of it written. False: not an object, or of another
 * format (QT_E_DATA). Any thread. */
QT_CHECKED bool qt_picture_read(const json_t *object, struct qt_snapshot *out,
                                struct qt_error *err);

#endif

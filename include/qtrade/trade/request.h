/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an order asks of a venue, before the venue's own words for it.
 */
#ifndef QTRADE_TRADE_REQUEST_H
#define QTRADE_TRADE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/market/event.h"

enum qt_order_type {
    QT_TYPE_LIMIT,
    QT_TYPE_MARKET,
    QT_TYPE_STOP_LOSS,         /* market when the last trade reaches stop_px */
    QT_TYPE_STOP_LOSS_LIMIT,   /* limit at px then */
    QT_TYPE_TAKE_PROFIT,
    QT_TYPE_TAKE_PROFIT_LIMIT,
    QT_TYPE_LIMIT_MAKER,       /* refused if it would take */
    QT_ORDER_TYPES
};
enum qt_time_in_force { QT_TIF_GTC, QT_TIF_IOC, QT_TIF_FOK, QT_TIMES_IN_FORCE };

struct qt_order_request {
    uint64_t client_id; /* of the deciding event: qt_client_id */
    uint32_t instrument;
    uint8_t side;       /* enum qt_side */
    uint8_t type;       /* enum qt_order_type */
    uint8_t tif;        /* enum qt_time_in_force */
    bool reduce_only;   /* may only make the position smaller; spot: kept by the engine itself */
    qt_px px;           /* LIMIT kinds; QT_PX_NONE else */
    qt_px stop_px;      /* STOP and TAKE_PROFIT kinds; QT_PX_NONE else */
    qt_qty qty;         /* > 0, a multiple of the lot */
};

#define QT_CLIENT_ID_TEXT 37 /* bytes: 36 characters and the NUL */

/** The id of the n-th (0..255) order that event seq caused: seq << 8 | n. A retry carries the same id. */
static inline uint64_t
qt_client_id(uint64_t seq, unsigned n)
{
    return seq << 8 | (n & 0xff);
}
/** "qt-" tag as 8 hex digits "-" id as hex digits; tag tells the data folders of one account apart. Returns out. */
char *qt_client_id_format(uint32_t tag, uint64_t id, char *out);
/** Reads that text back. False when it is not ours (another prefix or tag). */
QT_CHECKED bool qt_client_id_parse(const char *text, size_t length, uint32_t tag, uint64_t *out);

const char *qt_order_type_name(enum qt_order_type type); /* "limit", "stop_loss" ... */
const char *qt_tif_name(enum qt_time_in_force tif);      /* "gtc" ... */

#endif

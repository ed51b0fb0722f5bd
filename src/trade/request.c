/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "qtrade/trade/request.h"

enum { PREFIX = 3, TAG_DIGITS = 8, HEAD = PREFIX + TAG_DIGITS + 1 };

char *
qt_client_id_format(uint32_t tag, uint64_t id, char *out)
{
    snprintf(out, QT_CLIENT_ID_TEXT, "qt-%08" PRIx32 "-%" PRIx64, tag, id);
    return out;
}

bool
qt_client_id_parse(const char *text, size_t length, uint32_t tag, uint64_t *out)
{
    char head[HEAD + 1];
    snprintf(head, sizeof head, "qt-%08" PRIx32 "-", tag);
    if (length <= HEAD || length > HEAD + 16 || memcmp(text, head, HEAD) != 0)
        return false;
    uint64_t id = 0;
    for (size_t i = HEAD; i < length; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        id = id << 4 | (uint64_t)digit;
    }
    *out = id;
    return true;
}

const char *
qt_order_type_name(enum qt_order_type type)
{
    static const char *const names[QT_ORDER_TYPES] = {
        "limit",      "market", "stop_loss", "stop_loss_limit", "take_profit", "take_profit_limit",
        "limit_maker"};
    return (unsigned)type < QT_ORDER_TYPES ? names[type] : "?";
}

const char *
qt_tif_name(enum qt_time_in_force tif)
{
    static const char *const names[QT_TIMES_IN_FORCE] = {"gtc", "ioc", "fok"};
    return (unsigned)tif < QT_TIMES_IN_FORCE ? names[tif] : "?";
}

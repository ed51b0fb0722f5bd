/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "qtrade/trade/request.h"

enum { PREFIX = 3, TAG_DIGITS = 8, HEAD = PREFIX + TAG_DIGITS + 1 };

/* The last n hex digits of v; what stands behind them. */
static char *
put_hex(char *p, uint64_t v, int n)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = n - 1; i >= 0; i--)
        *p++ = digits[v >> (4 * i) & 15];
    return p;
}

static char *
put_head(char *p, uint32_t tag)
{
    memcpy(p, "qt-", PREFIX);
    p = put_hex(p + PREFIX, tag, TAG_DIGITS);
    *p++ = '-';
    return p;
}

char *
qt_client_id_format(uint32_t tag, uint64_t id, char *out)
{
    int digits = id ? (67 - __builtin_clzll(id)) / 4 : 1;
    *put_hex(put_head(out, tag), id, digits) = '\0';
    return out;
}

bool
qt_client_id_parse(const char *text, size_t length, uint32_t tag, uint64_t *out)
{
    char head[HEAD];
    (void)put_head(head, tag);
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

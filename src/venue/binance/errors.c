/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Binance's error codes mean for what was asked: those that all products share; a product's
 * own stand with it (product_*.c) and go first. A code that is in neither: with HTTP 4xx it was
 * refused, with 5xx its fate is not known. Source: Binance, Error codes for the Spot API and for
 * Derivatives, 2026.
 *
 * How to add a code: a row, ascending; tests/venue/test_binance_rest judges order and verdicts.
 */
#include "codec_priv.h"

const struct qt_venue_error qt__bn_errors[QT__BN_ERRORS] = {
    {-2015, QT_VENUE_AUTH, "key, address or permissions refused"},
    {-2014, QT_VENUE_AUTH, "key format invalid"},
    {-2013, QT_VENUE_NOT_FOUND, "order does not exist"},
    {-2011, QT_VENUE_NOT_FOUND, "cancel rejected: unknown order"},
    {-2010, QT_VENUE_REJECTED, "new order rejected"},
    {-1145, QT_VENUE_REJECTED, "cancel restrictions invalid"},
    {-1139, QT_VENUE_REJECTED, "ticker type invalid"},
    {-1135, QT_VENUE_REJECTED, "JSON invalid"},
    {-1131, QT_VENUE_REJECTED, "recvWindow too large"},
    {-1130, QT_VENUE_REJECTED, "parameter's data not valid"},
    {-1128, QT_VENUE_REJECTED, "combination of parameters invalid"},
    {-1127, QT_VENUE_REJECTED, "time range too long"},
    {-1125, QT_VENUE_NOT_FOUND, "listen key does not exist"},
    {-1122, QT_VENUE_REJECTED, "symbol status invalid"},
    {-1121, QT_VENUE_REJECTED, "symbol invalid"},
    {-1120, QT_VENUE_REJECTED, "interval invalid"},
    {-1118, QT_VENUE_REJECTED, "client order id was empty"},
    {-1117, QT_VENUE_REJECTED, "side invalid"},
    {-1116, QT_VENUE_REJECTED, "order type invalid"},
    {-1115, QT_VENUE_REJECTED, "time in force invalid"},
    {-1114, QT_VENUE_REJECTED, "time in force not wanted"},
    {-1112, QT_VENUE_REJECTED, "no orders in the book"},
    {-1111, QT_VENUE_REJECTED, "too much precision"},
    {-1108, QT_VENUE_REJECTED, "parameter overflowed"},
    {-1106, QT_VENUE_REJECTED, "parameter not wanted"},
    {-1105, QT_VENUE_REJECTED, "parameter empty"},
    {-1104, QT_VENUE_REJECTED, "unread parameters"},
    {-1103, QT_VENUE_REJECTED, "unknown parameter"},
    {-1102, QT_VENUE_REJECTED, "mandatory parameter missing"},
    {-1101, QT_VENUE_REJECTED, "too many parameters"},
    {-1100, QT_VENUE_REJECTED, "illegal characters"},
    {-1035, QT_VENUE_REJECTED, "self-trade prevention mode invalid"},
    {-1034, QT_VENUE_RETRY, "too many connections"},
    {-1033, QT_VENUE_REJECTED, "compliance restriction"},
    {-1022, QT_VENUE_AUTH, "signature not valid"},
    {-1021, QT_VENUE_CLOCK, "time stamp outside of the receive window"},
    {-1020, QT_VENUE_REJECTED, "operation not supported"},
    {-1016, QT_VENUE_REJECTED, "service shutting down"},
    {-1015, QT_VENUE_RETRY, "too many new orders"},
    {-1014, QT_VENUE_REJECTED, "order composition not supported"},
    {-1013, QT_VENUE_REJECTED, "filter failure"},
    {-1010, QT_VENUE_REJECTED, "message rejected by the matching engine"},
    {-1008, QT_VENUE_RETRY, "server overloaded"},
    {-1007, QT_VENUE_UNKNOWN, "time-out at the venue"},
    {-1006, QT_VENUE_UNKNOWN, "unexpected response inside the venue"},
    {-1004, QT_VENUE_RETRY, "server busy"},
    {-1003, QT_VENUE_BANNED, "too many requests"},
    {-1002, QT_VENUE_AUTH, "not authorised"},
    {-1001, QT_VENUE_UNKNOWN, "internal error of the venue"},
    {-1000, QT_VENUE_UNKNOWN, "unknown error of the venue"},
};

#define TOO_MANY_ORDERS (-1015) /* a 429 that stops orders only */

/* Texts of a 5xx that prove that nothing was done. Source: Binance, General API information, HTTP
 * return codes. */
static const char *const proofs[] = {
    "Service Unavailable.",
    "Internal error; unable to process your request. Please try again.",
};

/* {"code":-2010,"msg":"..."} anywhere in the object. */
static void
read_error(const char *body, size_t length, int32_t *out_code, char *msg, size_t msg_size)
{
    struct qt__slice key, value;
    struct qt__json json = qt__json_open(body, length);
    int64_t code;
    if (qt__json_type(&json) != '{' || !qt__json_enter(&json, '{'))
        return;
    while (qt__json_next_key(&json, &key) && qt__json_take(&json, &value)) {
        if (qt__slice_is(&key, "code") && qt__slice_int(&value, &code) && code < 0 &&
            code >= INT32_MIN)
            *out_code = (int32_t)code;
        if (msg && qt__slice_is(&key, "msg") && value.type == '"')
            (void)qt_copy_n(msg, msg_size, value.p, value.n);
    }
}

static bool
proves_failure(const char *body, size_t length)
{
    for (size_t i = 0; i < QT_COUNT_OF(proofs); i++)
        if (memmem(body, length, proofs[i], strlen(proofs[i])))
            return true;
    return false;
}

enum qt_venue_verdict
qt__bn_judge(const struct qt_venue_class *class, int status, const char *body, size_t length,
             int32_t *out_code, char *msg, size_t msg_size)
{
    *out_code = 0;
    if (msg)
        msg[0] = '\0';
    read_error(body, length, out_code, msg, msg_size);
    if (msg)
        qt_text_clean(msg);
    if (status == 418 || (status == 429 && *out_code != TOO_MANY_ORDERS))
        return QT_VENUE_BANNED;
    const struct qt_venue_error *row = qt_venue_error_find(class, *out_code);
    if (row) {
        bool is_done_for = row->verdict == QT_VENUE_UNKNOWN &&
                           (status < 500 || proves_failure(body, length)) && row->code > -1006;
        return is_done_for ? QT_VENUE_RETRY : row->verdict;
    }
    if (status == 401)
        return QT_VENUE_AUTH;
    if (status >= 500)
        return proves_failure(body, length) ? QT_VENUE_RETRY : QT_VENUE_UNKNOWN;
    return status >= 400 ? QT_VENUE_REJECTED : QT_VENUE_UNKNOWN;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages that come most, in the layout in which Binance sends them: the words between the
 * values are compared as they stand, each value is read where it must be, and nothing is looked
 * for.
 *
 *     {"stream":"..","data":{"u":1,"s":"..","b":"1.0","B":"1.0","a":"1.0","A":"1.0"}} bookTicker
 *     {"e":"trade","E":1,"s":"..","t":1,"p":"1.0","q":"1.0","T":1,"m":true,"M":true}      trade
 *     {"e":"aggTrade", .. "a":1,"p":"1.0","q":"1.0","f":1,"l":1,"T":1,"m":true,"M":true}  aggTrade
 *
 * with or without the combined stream around them. At the first byte that is another, at a value of
 * another form, at anything that the general way of codec.c would not push as it is, the answer is
 * "no" and that way decides, on the whole message: L1, this file accepts nothing that it would not
 * accept, and pushes the same event (tests/venue/test_binance_shapes compares the two).
 */
#include "codec_priv.h"

#include "qtrade/base/time.h"

#include "../json_scan_priv.h"

#define SHORTEST 64      /* bytes; no message of these kinds has less */
#define MS_DIGITS_MAX 16 /* of a time or an id that is read here */

/* What is left of the message. */
struct rest {
    const char *p, *end;
};

QT_INLINE bool
is_next(struct rest *rest, const char *word, size_t n)
{
    if ((size_t)(rest->end - rest->p) < n || !qt_bytes_are(rest->p, word, n))
        return false;
    rest->p += n;
    return true;
}
#define IS_NEXT(rest, word) is_next(rest, word, sizeof(word) - 1)

QT_INLINE bool
skip_whole(struct rest *rest)
{
    if (rest->p == rest->end)
        return false;
    const char *behind = qt__scan_whole(rest->p, rest->end);
    rest->p = behind ? behind : rest->p;
    return behind != NULL;
}

QT_INLINE bool
read_whole(struct rest *rest, uint64_t *out)
{
    const char *p = rest->p;
    if (!skip_whole(rest) || rest->p - p > MS_DIGITS_MAX)
        return false;
    size_t n = (size_t)(rest->p - p), high = n > 8 ? 8 : n;
    uint64_t first = qt_digits_first(qt_digits_values(qt__scan_load(p, rest->end)), (unsigned)high);
    uint64_t second = 0;
    if (n > 8)
        second =
            qt_digits_first(qt_digits_values(qt__scan_load(p + 8, rest->end)), (unsigned)(n - 8));
    uint64_t two = qt_digits_two(first, second);
    *out = (two & UINT32_MAX) * (uint64_t)qt_pow10((int)(n - high)) + (two >> 32);
    return true;
}

QT_INLINE bool
read_decimal(struct rest *rest, const struct qt__decimals *as, int64_t *out)
{
    if (rest->p == rest->end)
        return false;
    const char *behind = qt__scan_decimal(rest->p, rest->end, as, out);
    rest->p = behind ? behind : rest->p;
    return behind != NULL;
}

QT_INLINE bool
read_bool(struct rest *rest, bool *out)
{
    *out = IS_NEXT(rest, "true");
    return *out || IS_NEXT(rest, "false");
}

/* The instrument of a symbol and how its numbers are read. */
struct subject {
    const struct qt_instrument *ins;
    struct qt__decimals px, qty;
};

QT_INLINE bool
read_symbol(struct rest *rest, const struct qt_universe *universe, struct subject *out)
{
    const char *close = qt__scan_string(rest->p, rest->end);
    if (!close)
        return false;
    uint32_t id = qt_universe_find(universe, rest->p, (size_t)(close - rest->p));
    if (id == QT_NO_INSTRUMENT)
        return false;
    rest->p = close;
    out->ins = qt_universe_at(universe, id);
    return qt__decimals_of(out->ins->px_scale, &out->px) &&
           qt__decimals_of(out->ins->qty_scale, &out->qty);
}

static bool
read_quote(struct rest *rest, const struct qt_decode *in, struct qt_event *event)
{
    struct subject of;
    struct qt_quote *quote = &event->quote;
    if (!read_whole(rest, &quote->id) || !IS_NEXT(rest, ",\"s\":\"") ||
        !read_symbol(rest, in->universe, &of) ||
        !IS_NEXT(rest, "\",\"b\":\"") || !read_decimal(rest, &of.px, &quote->bid.v) ||
        !IS_NEXT(rest, "\",\"B\":\"") || !read_decimal(rest, &of.qty, &quote->bid_qty.v) ||
        !IS_NEXT(rest, "\",\"a\":\"") || !read_decimal(rest, &of.px, &quote->ask.v) ||
        !IS_NEXT(rest, "\",\"A\":\"") || !read_decimal(rest, &of.qty, &quote->ask_qty.v) ||
        !IS_NEXT(rest, "\"}") || quote->bid.v == 0 || quote->ask.v == 0)
        return false;
    event->t_venue_ns = in->t_recv_ns;
    event->instrument = of.ins->id;
    event->kind = QT_EVENT_QUOTE;
    return true;
}

static bool
read_trade(struct rest *rest, const struct qt_decode *in, bool is_aggregate, struct qt_event *event)
{
    struct subject of;
    struct qt_trade *trade = &event->trade;
    uint64_t ms;
    bool is_maker, ignored;
    if (!skip_whole(rest) || !IS_NEXT(rest, ",\"s\":\"") || !read_symbol(rest, in->universe, &of) ||
        !(is_aggregate ? IS_NEXT(rest, "\",\"a\":") : IS_NEXT(rest, "\",\"t\":")) ||
        !read_whole(rest, &trade->id) || !IS_NEXT(rest, ",\"p\":\"") ||
        !read_decimal(rest, &of.px, &trade->px.v) || !IS_NEXT(rest, "\",\"q\":\"") ||
        !read_decimal(rest, &of.qty, &trade->qty.v) || !IS_NEXT(rest, "\","))
        return false;
    if (is_aggregate && !(IS_NEXT(rest, "\"f\":") && skip_whole(rest) && IS_NEXT(rest, ",\"l\":") &&
                          skip_whole(rest) && IS_NEXT(rest, ",")))
        return false;
    if (!IS_NEXT(rest, "\"T\":") || !read_whole(rest, &ms) || !IS_NEXT(rest, ",\"m\":") ||
        !read_bool(rest, &is_maker) || !IS_NEXT(rest, ",\"M\":") || !read_bool(rest, &ignored) ||
        !IS_NEXT(rest, "}") || ms > INT64_MAX / QT_NS_PER_MS || trade->px.v == 0 ||
        trade->qty.v == 0)
        return false;
    event->t_venue_ns = (int64_t)ms * QT_NS_PER_MS;
    event->instrument = of.ins->id;
    event->kind = QT_EVENT_TRADE;
    event->flags = is_maker ? QT_EVENT_BUYER_MAKER : 0;
    return true;
}

QT_INLINE bool
read_event(struct rest *rest, const struct qt_decode *in, struct qt_event *event)
{
    if (IS_NEXT(rest, "{\"u\":"))
        return read_quote(rest, in, event);
    if (IS_NEXT(rest, "{\"e\":\"aggTrade\",\"E\":"))
        return read_trade(rest, in, true, event);
    return IS_NEXT(rest, "{\"e\":\"trade\",\"E\":") && read_trade(rest, in, false, event);
}

bool
qt__bn_decode_layout(const struct qt_decode *in, const char *bytes, size_t length,
                     struct qt_decoded *out)
{
    struct rest rest = {.p = bytes, .end = bytes + length};
    struct qt_event event;
    if (length < SHORTEST)
        return false;
    memset(&event, 0, sizeof event);
    event.t_recv_ns = in->t_recv_ns;
    bool is_combined = IS_NEXT(&rest, "{\"stream\":\"");
    if (is_combined) {
        rest.p = qt__scan_string(rest.p, rest.end);
        if (!rest.p || !IS_NEXT(&rest, "\",\"data\":"))
            return false;
    }
    if (!read_event(&rest, in, &event) || (is_combined && !IS_NEXT(&rest, "}")) ||
        rest.p != rest.end)
        return false;
    out->kind = event.kind == QT_EVENT_QUOTE ? QT_MESSAGE_QUOTE : QT_MESSAGE_TRADE;
    out->instrument = event.instrument;
    out->events = 1;
    in->sink->push(in->sink->self, &event);
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Books. The levels of a whole message are read into the caller's scratch first, and only a message
 * that is good to its end is pushed, in chunks of four levels, bids first:
 *
 *     scratch: | bids ...            | asks ...            |
 *              0                     half                  scratch_levels
 */
#include "codec_priv.h"

#include "qtrade/base/time.h"

#include "../json_scan_priv.h"

#define SHORTEST_LEVEL 16 /* ["1.0","1.0"] and what follows a list of them */

static struct qt_depth_level *
side_scratch(const struct qt__bn_incoming *m, enum qt_side side)
{
    return m->in->scratch + (side == QT_BUY ? 0 : m->in->scratch_levels / 2);
}

/* ["price","quantity"] and whatever may follow. */
static bool
read_level(struct qt__json *json, const struct qt_instrument *ins, struct qt_depth_level *out)
{
    struct qt__slice px, qty, ignored;
    if (!qt__json_enter(json, '[') || !qt__json_next_item(json) || !qt__json_take(json, &px) ||
        !qt__json_next_item(json) || !qt__json_take(json, &qty))
        return false;
    while (qt__json_next_item(json))
        if (!qt__json_take(json, &ignored))
            return false;
    if (!qt__slice_decimal(&px, ins->px_scale, &out->px.v) ||
        !qt__slice_decimal(&qty, ins->qty_scale, &out->qty.v))
        return false;
    return out->px.v > 0 && out->qty.v >= 0;
}

/* Levels as venues write them, ["price","quantity"] and a comma, as far as they go; returns how
 * many. The cursor, which was behind the opening bracket, stands behind the last of them. */
static size_t
read_short_levels(struct qt__json *json, const struct qt_instrument *ins,
                  struct qt_depth_level *levels, size_t room)
{
    const char *p = json->p, *end = json->end;
    struct qt__decimals px, qty;
    size_t n = 0;
    if (!qt__decimals_of(ins->px_scale, &px) || !qt__decimals_of(ins->qty_scale, &qty))
        return 0;
    while (n < room && end - p >= SHORTEST_LEVEL) {
        struct qt_depth_level *level = &levels[n];
        if (n > 0 && *p++ != ',')
            break;
        if (p[0] != '[' || p[1] != '"')
            break;
        p = qt__scan_decimal(p + 2, end, &px, &level->px.v);
        if (!p || end - p < SHORTEST_LEVEL / 2 || memcmp(p, "\",\"", 3) != 0 || level->px.v == 0)
            break;
        p = qt__scan_decimal(p + 3, end, &qty, &level->qty.v);
        if (!p || end - p < 2 || p[0] != '"' || p[1] != ']')
            break;
        p += 2;
        json->p = p;
        json->is_first[json->depth - 1] = false;
        n++;
    }
    return n;
}

bool
qt__bn_read_levels(struct qt__bn_incoming *m, const struct qt_instrument *ins,
                   const struct qt__slice *from, enum qt_side side, struct qt__json *json)
{
    struct qt__json start = *json;
    struct qt_depth_level *levels = side_scratch(m, side);
    size_t n = 0, room = m->in->scratch_levels / 2;
    bool is_good = qt__json_enter(json, '[');
    if (is_good)
        n = read_short_levels(json, ins, levels, room);
    while (is_good && qt__json_next_item(json))
        is_good = n < room && read_level(json, ins, &levels[n++]);
    if (!is_good || json->is_bad) {
        *json = start; /* the plain walk says whether it is JSON at all */
        return false;
    }
    m->levels[side] = (struct qt__bn_levels){.ins = ins, .from = from, .n = n};
    return true;
}

/* Both sides in scratch, whatever the order of the message was. */
static bool
need_levels(struct qt__bn_incoming *m, int bids, int asks, enum qt_codec_verdict *verdict)
{
    const int fields[2] = {[QT_BUY] = bids, [QT_SELL] = asks};
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        const struct qt__slice *slice = qt__bn_field(m->f, fields[side]);
        if (!slice || slice->type != '[') {
            *verdict = qt__bn_malformed(m, "a side of the book is missing");
            return false;
        }
        if (m->levels[side].ins == m->ins && m->levels[side].from == slice)
            continue;
        struct qt__json json = qt__json_open(slice->p, slice->n);
        if (!qt__bn_read_levels(m, m->ins, slice, (enum qt_side)side, &json)) {
            *verdict = qt__bn_refused(m, "a level does not fit");
            return false;
        }
    }
    return true;
}

/* Fills up to 4 levels from where *bid and *ask stand. */
static void
fill_chunk(const struct qt__bn_incoming *m, struct qt_depth *depth, size_t *bid, size_t *ask)
{
    size_t n = 0;
    depth->bids = depth->asks = 0;
    while (n < QT_COUNT_OF(depth->levels) && *bid < m->levels[QT_BUY].n) {
        depth->levels[n++] = side_scratch(m, QT_BUY)[(*bid)++];
        depth->bids++;
    }
    while (n < QT_COUNT_OF(depth->levels) && *ask < m->levels[QT_SELL].n) {
        depth->levels[n++] = side_scratch(m, QT_SELL)[(*ask)++];
        depth->asks++;
    }
}

static void
push_chunks(struct qt__bn_incoming *m, struct qt_event *event, bool is_snapshot)
{
    size_t bid = 0, ask = 0;
    event->flags = is_snapshot ? QT_EVENT_SNAPSHOT : 0;
    do {
        struct qt_event chunk = *event;
        fill_chunk(m, &chunk.depth, &bid, &ask);
        if (bid == m->levels[QT_BUY].n && ask == m->levels[QT_SELL].n)
            chunk.flags |= QT_EVENT_LAST;
        qt__bn_event_push(m, &chunk);
        event->flags = 0;
    } while (bid < m->levels[QT_BUY].n || ask < m->levels[QT_SELL].n);
}

/* "btcusdt@depth20@100ms": a partial book, complete in itself. */
static bool
is_partial(const struct qt__slice *stream)
{
    static const char word[] = "@depth";
    const size_t n = sizeof word - 1;
    for (size_t i = 0; stream && i + n < stream->n; i++)
        if (memcmp(stream->p + i, word, n) == 0)
            return stream->p[i + n] >= '0' && stream->p[i + n] <= '9';
    return false;
}

enum qt_codec_verdict
qt__bn_decode_depth(struct qt__bn_incoming *m)
{
    enum qt_codec_verdict verdict;
    struct qt_event event;
    uint64_t previous;
    if (!qt__bn_need_instrument(m, &verdict))
        return verdict;
    if (!qt__bn_event_begin(m, QT_EVENT_DEPTH, 'E', &event))
        return qt__bn_malformed(m, "the time is no time");
    if (!qt__bn_need_u64(m, 'U', &event.depth.first_id, &verdict) ||
        !qt__bn_need_u64(m, 'u', &event.depth.last_id, &verdict))
        return verdict;
    if (event.depth.first_id > event.depth.last_id)
        return qt__bn_malformed(m, "the update ids run backwards");
    if (qt__bn_field(m->f, QT__F_PREVIOUS)) {
        if (!qt__bn_need_u64(m, QT__F_PREVIOUS, &previous, &verdict))
            return verdict;
        event.depth.previous_id_low = (uint32_t)previous;
    }
    if (!need_levels(m, 'b', 'a', &verdict))
        return verdict;
    push_chunks(m, &event, is_partial(qt__bn_field(&m->outer, QT__F_STREAM)));
    return QT_CODEC_DECODED;
}

enum qt_codec_verdict
qt__bn_decode_snapshot(struct qt__bn_incoming *m)
{
    enum qt_codec_verdict verdict;
    struct qt_event event;
    m->ins = qt__bn_instrument_of_book(m);
    if (!m->ins)
        return QT_CODEC_SKIPPED;
    m->out->instrument = m->ins->id;
    if (!qt__bn_event_begin(m, QT_EVENT_DEPTH, 'E', &event))
        return qt__bn_malformed(m, "the time is no time");
    if (!qt__bn_need_u64(m, QT__F_LAST_UPDATE, &event.depth.last_id, &verdict) ||
        !need_levels(m, QT__F_BIDS, QT__F_ASKS, &verdict))
        return verdict;
    event.depth.first_id = event.depth.last_id;
    push_chunks(m, &event, true);
    return QT_CODEC_DECODED;
}

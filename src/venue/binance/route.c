/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every event on its way from the codec to the engine: rules B1 (history first), B2 (bars without
 * holes) and the venue's impossible time stamps (fault F10).
 */
#include "session_priv.h"

#include <stdio.h>

#include "qtrade/base/time.h"

#define AHEAD_NS                                                                                   \
    (5 * QT_NS_PER_S) /* a venue's stamp may be that far ahead of what we take for its time */
#define BEHIND_NS QT_NS_PER_HOUR /* or behind: no connection holds a message back for longer */

/* What was wrong with the last bad message, for people. Source's text is cleaned. */
static void
note_bad(struct qt_binance *self, enum qt_message kind, uint32_t instrument, const char *why)
{
    static const char *const names[QT_MESSAGES] = {
        [QT_MESSAGE_OTHER] = "message",      [QT_MESSAGE_QUOTE] = "quote",
        [QT_MESSAGE_TRADE] = "trade",        [QT_MESSAGE_DEPTH] = "depth",
        [QT_MESSAGE_KLINE] = "bar",          [QT_MESSAGE_TICKER] = "ticker",
        [QT_MESSAGE_REPORT] = "report",      [QT_MESSAGE_ACCOUNT] = "account",
        [QT_MESSAGE_USER_END] = "stream end", [QT_MESSAGE_ANSWER] = "answer"};
    const char *symbol = instrument < self->n_symbols
                             ? qt_universe_at(self->universe, instrument)->symbol
                             : "";
    snprintf(self->stats.last_bad, sizeof self->stats.last_bad, "%s%s%s: %s", names[kind],
             *symbol ? " " : "", symbol, why ? why : "not to be read");
    qt_text_clean(self->stats.last_bad);
}

/* What the venue may stamp an event with that came at t_recv_ns: the clock was read then, once for a
 * whole message. */
static int64_t
latest_stamp(const struct qt_binance *self, const struct qt_event *event)
{
    double slack = qt__bn_speed(self) * (double)AHEAD_NS;
    return qt__bn_time_high(self, event->t_recv_ns) + (int64_t)slack;
}

static void
clamp_time(struct qt_binance *self, struct qt_event *event)
{
    static const uint8_t kinds[QT_EVENT_KINDS] = {
        [QT_EVENT_QUOTE] = QT_MESSAGE_QUOTE,   [QT_EVENT_TRADE] = QT_MESSAGE_TRADE,
        [QT_EVENT_DEPTH] = QT_MESSAGE_DEPTH,   [QT_EVENT_BAR] = QT_MESSAGE_KLINE,
        [QT_EVENT_REPORT] = QT_MESSAGE_REPORT, [QT_EVENT_BALANCE] = QT_MESSAGE_ACCOUNT};
    int64_t latest = latest_stamp(self, event);
    double slack = qt__bn_speed(self) * (double)BEHIND_NS;
    if (event->t_venue_ns <= latest && event->t_venue_ns >= latest - (int64_t)slack)
        return;
    note_bad(self, kinds[event->kind], event->instrument,
             event->t_venue_ns > latest ? "stamped in the future" : "stamped in the far past");
    event->t_venue_ns = event->t_recv_ns;
    self->stats.clamped++;
    qt__bn_time_again(self);
}

static void
push_bar(struct qt_binance *self, struct qt__bn_symbol *symbol, const struct qt_bar *bar,
         unsigned source)
{
    struct qt_event event = {.t_venue_ns = bar->open_ns + bar->period_ns,
                             .t_recv_ns = qt__bn_utc(self),
                             .instrument = symbol->id,
                             .kind = QT_EVENT_BAR,
                             .flags = (uint16_t)(source << QT_EVENT_SOURCE_SHIFT),
                             .bar = *bar};
    symbol->last_bar_ns = bar->open_ns;
    symbol->bar_source = (uint8_t)source;
    qt__bn_push(self, &event);
}

static bool
follows(const struct qt__bn_symbol *symbol, const struct qt_bar *bar)
{
    return symbol->last_bar_ns == QT_TIME_NONE ||
           bar->open_ns == symbol->last_bar_ns + bar->period_ns;
}

static bool
is_late(const struct qt__bn_symbol *symbol, const struct qt_bar *bar)
{
    return symbol->last_bar_ns != QT_TIME_NONE && bar->open_ns <= symbol->last_bar_ns;
}

/* The other source tells the last bar too. */
static bool
is_second(const struct qt_binance *self, const struct qt__bn_symbol *symbol,
          const struct qt_bar *bar)
{
    return symbol->last_bar_ns == bar->open_ns && symbol->bar_source != self->source;
}

static void
hold_bar(struct qt_binance *self, struct qt__bn_symbol *symbol, const struct qt_bar *bar)
{
    if (symbol->n_held > 0 && bar->open_ns <= symbol->held[symbol->n_held - 1].open_ns)
        self->stats.late_bars += self->n_sources == 1;
    else if (symbol->n_held < QT__BN_HELD)
        symbol->held[symbol->n_held++] = *bar;
    /* Beyond that it is asked for again: the first bar behind the held ones shows the hole. */
}

void
qt__bn_bars_resume(struct qt_binance *self, struct qt__bn_symbol *symbol)
{
    size_t i = 0;
    symbol->is_filling = false;
    for (; i < symbol->n_held; i++) {
        const struct qt_bar *bar = &symbol->held[i];
        if (is_late(symbol, bar))
            continue;
        /* The venue was asked for everything before filled_to and had no bar: the hole is its own.
         */
        if (!follows(symbol, bar) && symbol->filled_to_ns < bar->open_ns) {
            symbol->is_filling = true;
            break;
        }
        push_bar(self, symbol, bar, 0); /* who told a held one is forgotten */
    }
    memmove(symbol->held, symbol->held + i, (symbol->n_held - i) * sizeof symbol->held[0]);
    symbol->n_held = (uint8_t)(symbol->n_held - i);
    if (symbol->is_filling)
        qt__bn_history_want(self, symbol);
}

static void
route_bar(struct qt_binance *self, struct qt__bn_symbol *symbol, const struct qt_event *event)
{
    const struct qt_bar *bar = &event->bar;
    if (bar->period_ns != QT__BN_BASE_NS)
        return;
    if (bar->open_ns + bar->period_ns > latest_stamp(self, event)) {
        self->stats.clamped++; /* a bar of the future is none */
        note_bad(self, QT_MESSAGE_KLINE, symbol->id, "a bar of the future");
        qt__bn_time_again(self);
        return;
    }
    if (symbol->phase == QT__BN_NEW || symbol->is_filling) {
        hold_bar(self, symbol, bar);
    } else if (is_second(self, symbol, bar)) {
        push_bar(self, symbol, bar, self->source);
    } else if (is_late(symbol, bar)) {
        self->stats.late_bars++;
    } else if (follows(symbol, bar)) {
        push_bar(self, symbol, bar, self->source);
    } else {
        self->stats.bar_gaps++;
        symbol->is_filling = true;
        hold_bar(self, symbol, bar);
        qt__bn_history_want(self, symbol);
    }
}

static void
route_tick(struct qt_binance *self, struct qt__bn_symbol *symbol, struct qt_event *event)
{
    event->flags |= (uint16_t)(self->source << QT_EVENT_SOURCE_SHIFT);
    if (event->kind == QT_EVENT_QUOTE && self->n_sources == 1)
        event->quote.id = 0; /* B6 */
    if (symbol->phase == QT__BN_LIVE) {
        qt__bn_push(self, event);
        return;
    }
    self->stats.withheld++;
    if (event->kind == QT_EVENT_QUOTE)
        symbol->quote[self->source] = *event;
}

void
qt__bn_route(void *context, struct qt_event *event)
{
    struct qt_binance *self = context;
    struct qt__bn_symbol *symbol =
        event->instrument < self->n_symbols ? &self->symbols[event->instrument] : NULL;
    clamp_time(self, event);
    switch ((enum qt_event_kind)event->kind) {
    case QT_EVENT_QUOTE:
    case QT_EVENT_TRADE:
        route_tick(self, symbol, event);
        break;
    case QT_EVENT_BAR:
        route_bar(self, symbol, event);
        break;
    case QT_EVENT_DEPTH:
        qt__bn_depth_event(self, event);
        break;
    case QT_EVENT_REPORT:
        if (event->report.client_id == 0)
            event->report.client_id = qt__bn_algo_of(self, event->report.venue_id);
        self->stats.foreign_orders += event->report.client_id == 0;
        qt__bn_push(self, event);
        break;
    case QT_EVENT_BALANCE:
    case QT_EVENT_INCOME:
        qt__bn_push(self, event);
        break;
    case QT_EVENT_NONE:
    case QT_EVENT_STATUS:
    case QT_EVENT_LINK:
    case QT_EVENT_SYNC:
    case QT_EVENT_TIMER:
    case QT_EVENT_COMMAND:
    case QT_EVENT_HEALTH:
    case QT_EVENT_CONFIG:
    case QT_EVENT_KINDS:
        break; /* no message of the venue makes these */
    }
}

enum qt_codec_verdict
qt__bn_take(struct qt_binance *self, const char *data, size_t length, struct qt_decoded *out)
{
    const struct qt_decode in = {.universe = self->universe,
                                 .sink = &self->route,
                                 .t_recv_ns = qt__bn_utc(self),
                                 .tag = self->tag,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .scratch = self->scratch,
                                 .scratch_levels = QT__BN_LEVELS};
    enum qt_codec_verdict verdict = qt__bn_decode(&in, data, length, out);
    self->stats.messages++;
    self->stats.bytes += length;
    self->stats.malformed += verdict == QT_CODEC_MALFORMED;
    self->stats.refused += verdict == QT_CODEC_REFUSED;
    if (verdict == QT_CODEC_MALFORMED || verdict == QT_CODEC_REFUSED)
        note_bad(self, out->kind, out->instrument, out->why);
    qt__bn_algo_note(self, out->algo_id, out->algo_became);
    self->stats.misfits += out->misfits;
    self->stats.foreign_fees += out->has_foreign_fee;
    self->stats.foreign += verdict == QT_CODEC_SKIPPED && out->kind != QT_MESSAGE_OTHER &&
                           out->instrument == QT_NO_INSTRUMENT;
    return verdict;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bars from before the session and in gaps, by requests that stand in line: a few at a time, within
 * the venue's budget, a symbol's intervals one after the other, longest first. The last row of an
 * answer is the forming bar: only what has surely closed by the venue's clock counts.
 */
#include "session_priv.h"

#include <stdlib.h>

#include "qtrade/base/time.h"

#define UNDER_WAY 6
#define BARS_MAX 1000 /* rows of one answer */
#define KLINES_WEIGHT 2
#define RETRY_BASE_MS 500
#define RETRY_DOUBLINGS 6
#define FAILURES_BEFORE_LIVE 3
#define TIMEOUT_MS 10000

static void pump(struct qt_binance *self);

static void
on_timer(void *context)
{
    pump(context);
}

bool
qt__bn_history_create(struct qt_binance *self)
{
    self->line.ids = calloc(self->n_symbols ? self->n_symbols : 1, sizeof *self->line.ids);
    self->bars = calloc(BARS_MAX, sizeof *self->bars);
    return self->line.ids && self->bars;
}

void
qt__bn_history_stop(struct qt_binance *self)
{
    qt_timer_stop(&self->line.timer);
    for (uint32_t i = 0; self->symbols && i < self->n_symbols; i++)
        qt_timer_stop(&self->symbols[i].retry);
    free(self->line.ids);
    free(self->bars);
    self->line.ids = NULL;
    self->bars = NULL;
}

void
qt__bn_history_want(struct qt_binance *self, struct qt__bn_symbol *symbol)
{
    struct qt__bn_history_line *line = &self->line;
    if (symbol->is_queued || qt_timer_is_running(&symbol->retry))
        return;
    symbol->is_queued = true;
    line->ids[(line->head + line->count++) % self->n_symbols] = symbol->id;
    if (!qt_timer_is_running(&line->timer))
        qt_timer_start(self->loop, &line->timer, 0, on_timer, self);
}

static void
go_live(struct qt_binance *self, struct qt__bn_symbol *symbol)
{
    if (symbol->phase == QT__BN_LIVE)
        return;
    symbol->phase = QT__BN_LIVE;
    for (unsigned s = 0; s < self->n_sources; s++)
        if (symbol->quote[s].kind == QT_EVENT_QUOTE)
            qt__bn_push(self, &symbol->quote[s]);
}

static void
on_retry(void *context)
{
    struct qt__bn_symbol *symbol = context;
    qt__bn_history_want(symbol->self, symbol);
}

/* Positions need prices: after some failures the symbol goes live, its bars follow when they can be
 * read. */
static void
failed(struct qt_binance *self, struct qt__bn_symbol *symbol)
{
    int doublings = QT_MIN((int)symbol->failures, RETRY_DOUBLINGS);
    symbol->failures = (uint8_t)QT_MIN(symbol->failures + 1, UINT8_MAX);
    if (symbol->failures >= FAILURES_BEFORE_LIVE && symbol->phase == QT__BN_NEW) {
        symbol->is_filling = true;
        go_live(self, symbol);
    }
    int64_t jitter = (int64_t)qt_rng_below(&self->rng, RETRY_BASE_MS);
    qt_timer_start(self->loop, &symbol->retry, ((int64_t)RETRY_BASE_MS << doublings) + jitter,
                   on_retry, symbol);
}

/* Rows that had closed when the answer was made. */
static size_t
closed_rows(const struct qt_binance *self, size_t n)
{
    int64_t now = qt__bn_time_low(self);
    while (n > 0 && self->bars[n - 1].open_ns + self->bars[n - 1].period_ns > now)
        n--;
    return n;
}

/* A gap within the session is not history; one before it is. */
static void
push_history(struct qt_binance *self, struct qt__bn_symbol *symbol, size_t n, size_t wanted,
             bool is_history)
{
    uint16_t flags = is_history || symbol->phase == QT__BN_NEW ? QT_EVENT_HISTORY : 0;
    size_t first = is_history && n > wanted ? n - wanted : 0;
    for (size_t i = first; i < n; i++) {
        const struct qt_bar *bar = &self->bars[i];
        struct qt_event event = {.t_venue_ns = bar->open_ns + bar->period_ns,
                                 .t_recv_ns = qt__bn_utc(self),
                                 .instrument = symbol->id,
                                 .kind = QT_EVENT_BAR,
                                 .flags = flags,
                                 .bar = *bar};
        if (bar->period_ns == QT__BN_BASE_NS) {
            if (symbol->last_bar_ns != QT_TIME_NONE && bar->open_ns <= symbol->last_bar_ns)
                continue;
            symbol->last_bar_ns = bar->open_ns;
        }
        self->stats.bars_filled += !is_history;
        qt__bn_push(self, &event);
    }
}

/* Everything from before is there. */
static void
complete(struct qt_binance *self, struct qt__bn_symbol *symbol)
{
    self->stats.history_left -= symbol->is_waited_for;
    symbol->is_waited_for = false;
    qt__bn_bars_resume(self, symbol);
    go_live(self, symbol);
}

static void
on_bars(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = call->self;
    struct qt__bn_symbol *symbol = &self->symbols[call->instrument];
    bool is_history = symbol->step < self->n_history;
    int64_t period = is_history ? self->history[symbol->step].period_ns : QT__BN_BASE_NS;
    size_t n;
    unsigned rounded;
    self->line.under_way--;
    if (!answer->is_good ||
        !qt__bn_decode_klines(qt_universe_at(self->universe, symbol->id), period, answer->body,
                              answer->length, self->bars, BARS_MAX, &n, &rounded)) {
        self->stats.malformed += answer->is_good;
        failed(self, symbol);
        pump(self);
        return;
    }
    symbol->failures = 0;
    int64_t before_ns = symbol->last_bar_ns;
    push_history(self, symbol, closed_rows(self, n),
                 is_history ? self->history[symbol->step].bars : 0, is_history);
    /* A full page of a gap is not its end. */
    bool is_page = !is_history && n == BARS_MAX && symbol->last_bar_ns > before_ns;
    symbol->filled_to_ns = is_page ? symbol->last_bar_ns + period : qt__bn_time_low(self);
    if (is_page || (is_history && ++symbol->step < self->n_history)) {
        qt__bn_history_want(self, symbol);
    } else {
        complete(self, symbol);
    }
    pump(self);
}

static enum qt__bn_sent
ask(struct qt_binance *self, struct qt__bn_symbol *symbol, int64_t *out_wait_ns)
{
    char buffer[160];
    struct qt_text query;
    bool is_history = symbol->step < self->n_history;
    const struct qt_binance_history *history = &self->history[symbol->step];
    qt_text_init(&query, buffer, sizeof buffer);
    qt_text_addf(&query, "symbol=%s&interval=%s",
                 qt_universe_at(self->universe, symbol->id)->symbol,
                 qt__bn_interval_name(is_history ? history->period_ns : QT__BN_BASE_NS));
    if (!is_history)
        qt_text_addf(&query, "&startTime=%lld",
                     (long long)((symbol->last_bar_ns + QT__BN_BASE_NS) / QT_NS_PER_MS));
    qt_text_addf(&query, "&limit=%u",
                 is_history ? QT_MIN(history->bars + 1, (unsigned)BARS_MAX) : (unsigned)BARS_MAX);
    const struct qt__bn_request request = {.method = "GET",
                                           .operation = QT_OPERATION_MARKET,
                                           .path = "/api/v3/klines",
                                           .query = query.buffer,
                                           .weight = KLINES_WEIGHT,
                                           .timeout_ms = TIMEOUT_MS,
                                           .done = on_bars,
                                           .instrument = symbol->id};
    return qt__bn_rest_send(self, &request, out_wait_ns);
}

/* Nothing to ask for: no history is configured and no bar is known that a gap could follow, or none
 * can have closed since the known ones. (One that closed this very moment is the hole that the first
 * live bar shows.) */
static bool
needs_nothing(const struct qt_binance *self, const struct qt__bn_symbol *symbol)
{
    if (symbol->step < self->n_history)
        return false;
    return symbol->last_bar_ns == QT_TIME_NONE ||
           (symbol->phase == QT__BN_NEW && symbol->n_held == 0 &&
            qt__bn_time_low(self) < symbol->last_bar_ns + 2 * QT__BN_BASE_NS);
}

static void
pump(struct qt_binance *self)
{
    struct qt__bn_history_line *line = &self->line;
    while (line->count > 0 && line->under_way < UNDER_WAY) {
        struct qt__bn_symbol *symbol = &self->symbols[line->ids[line->head]];
        int64_t wait_ns;
        if (needs_nothing(self, symbol)) {
            complete(self, symbol);
        } else if (ask(self, symbol, &wait_ns) == QT__BN_SENT) {
            line->under_way++;
        } else {
            qt_timer_start(self->loop, &line->timer, wait_ns / QT_NS_PER_MS + 1, on_timer, self);
            return;
        }
        symbol->is_queued = false;
        line->head = (line->head + 1) % self->n_symbols;
        line->count--;
    }
}

void
qt_binance_resume(struct qt_binance *self, uint32_t instrument, int64_t last_bar_ns)
{
    qt_assert(self->symbols && instrument < self->n_symbols && !self->is_started);
    struct qt__bn_symbol *symbol = &self->symbols[instrument];
    symbol->step = (uint8_t)self->n_history;
    symbol->last_bar_ns = last_bar_ns;
    self->stats.history_left += !symbol->is_waited_for;
    symbol->is_waited_for = true;
}

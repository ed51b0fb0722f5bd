/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/market/sources.h"

#include <stddef.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/market/instrument.h"

#define AT(field) offsetof(struct qt_sources_config, field)

static const struct qt_config_key keys[] = {
    {.key = "stale_ms",
     .type = QT_CONFIG_INT,
     .offset = AT(stale_ms),
     .def = 2000,
     .min = 100,
     .max = 600000,
     .unit = "ms",
     .help = "a stream that does not tell for so long what the other one has told is left"},
    {.key = "disagree_bps",
     .type = QT_CONFIG_DOUBLE,
     .offset = AT(disagree_bps),
     .def = 20,
     .min = 0.1,
     .max = 10000,
     .unit = "bps",
     .help = "two mids so far apart disagree"},
    {.key = "gap_pct",
     .type = QT_CONFIG_DOUBLE,
     .offset = AT(gap_pct),
     .def = 5,
     .min = 0.1,
     .max = 100,
     .unit = "%",
     .help = "a stream that lacks so many more of the trades than the other one is left"},
    {.key = "return_s",
     .type = QT_CONFIG_INT,
     .offset = AT(return_s),
     .def = 30,
     .min = 1,
     .max = 86400,
     .unit = "s",
     .help = "the primary stream is taken back when nothing was wrong with it for so long"},
    {0}};

const struct qt_config_section qt_sources_section = {
    .name = "sources",
    .help = "when the backup stream is followed instead of the primary one",
    .size = sizeof(struct qt_sources_config),
    .keys = keys,
};

enum { QUOTE, TRADE };         /* what lag is measured of */
#define RESTART_NS QT_NS_PER_S /* a lower id so much later by the venue's time: it began anew */

const char *
qt_sources_fault_name(enum qt_sources_fault fault)
{
    static const char *const names[QT_SOURCES_FAULTS] = {"good", "silent", "broken", "gaps",
                                                         "apart"};
    return (unsigned)fault < QT_SOURCES_FAULTS ? names[fault] : "?";
}

const char *
qt_sources_name(unsigned source)
{
    static const char *const names[QT_SOURCES_MAX] = {"primary", "backup"};
    return source < QT_SOURCES_MAX ? names[source] : "?";
}

void
qt_sources_init(struct qt_sources *sources)
{
    memset(sources, 0, sizeof *sources);
    sources->changed_ns = sources->top_ns = sources->sampled_ns = QT_TIME_NONE;
    for (unsigned s = 0; s < QT_SOURCES_MAX; s++) {
        struct qt_sources_one *one = &sources->of[s];
        one->quote.bid = one->quote.ask = QT_PX_NONE;
        one->data_ns = one->good_ns = one->faded_ns = QT_TIME_NONE;
        one->behind_ns[QUOTE] = one->behind_ns[TRADE] = QT_TIME_NONE;
    }
}

/* Freshness */

/* A stream whose ids go back began anew: nothing of before can be compared. */
static void
begin_anew(struct qt_sources_one *one, struct qt_sources_one *other, int kind)
{
    one->behind_ns[kind] = other->behind_ns[kind] = QT_TIME_NONE;
    one->lag_ns[kind] = other->lag_ns[kind] = 0;
    other->last[kind] = 0;
}

/* An event of one stream, number id of its kind (0: none), beside what the other has told. */
static void
compare(struct qt_sources_one *one, struct qt_sources_one *other, int kind, uint64_t id,
        int64_t now_ns)
{
    bool has_ids = id > 0 && other->last[kind] > 0;
    bool is_news = !has_ids || id > other->last[kind];
    if (one->behind_ns[kind] != QT_TIME_NONE && (id == 0 || id >= one->want[kind])) {
        one->lag_ns[kind] = now_ns - one->behind_ns[kind];
        one->behind_ns[kind] = QT_TIME_NONE;
    }
    if (id == 0 || (has_ids && is_news))
        one->lag_ns[kind] = 0;
    if (!is_news && id < other->last[kind] && one->behind_ns[kind] == QT_TIME_NONE) {
        one->behind_ns[kind] = now_ns;
        one->want[kind] = other->last[kind];
    }
    if (is_news && other->behind_ns[kind] == QT_TIME_NONE) {
        other->behind_ns[kind] = now_ns;
        other->want[kind] = id;
    }
    one->last[kind] = id;
    one->data_ns = now_ns;
}

static bool
is_late(const struct qt_sources_one *one, int kind, int64_t limit_ns, int64_t now_ns)
{
    return one->lag_ns[kind] > limit_ns ||
           (one->behind_ns[kind] != QT_TIME_NONE && now_ns - one->behind_ns[kind] > limit_ns);
}

/* Trades */

/* Trades that a stream skipped; old ones fade. A long hole counts for few, and one behind a silence
 * for none: silence is judged by time. */
static void
count_trade(struct qt_sources_one *one, const struct qt_sources_config *config, uint64_t id,
            int64_t now_ns)
{
    enum { HOLE = 4, MANY = 256 };
    uint64_t last = one->last[TRADE];
    if (id == 0 || (last > 0 && id <= last))
        return;
    if (one->faded_ns == QT_TIME_NONE)
        one->faded_ns = now_ns;
    if (one->seen + one->missing >= MANY || now_ns - one->faded_ns >= QT_NS_PER_MIN) {
        one->seen /= 2;
        one->missing /= 2;
        one->holes /= 2;
        one->faded_ns = now_ns;
    }
    one->seen++;
    if (last == 0 || id == last + 1 || is_late(one, TRADE, config->stale_ms * QT_NS_PER_MS, now_ns))
        return;
    one->holes++;
    one->missing += (uint32_t)QT_MIN(id - last - 1, (uint64_t)HOLE);
}

static void
shift_window(struct qt_sources *sources, uint64_t n)
{
    enum { WORDS = QT_SOURCES_WINDOW / 64 };
    uint64_t moved[WORDS] = {0};
    for (uint64_t to = n / 64; to < WORDS; to++) {
        uint64_t from = to - n / 64;
        moved[to] = sources->window[from] << (n % 64);
        if (n % 64 > 0 && from > 0)
            moved[to] |= sources->window[from - 1] >> (64 - n % 64);
    }
    memcpy(sources->window, moved, sizeof moved);
}

static void
set_top(struct qt_sources *sources, uint64_t id, int64_t t_ns)
{
    shift_window(sources, id > sources->top ? id - sources->top : QT_SOURCES_WINDOW);
    sources->window[0] |= 1;
    sources->top = id;
    sources->top_ns = t_ns;
}

/* Whether a trade is seen for the first time (S4). */
static bool
is_first(struct qt_sources *sources, uint64_t id, int64_t t_ns)
{
    if (sources->top == 0) {
        set_top(sources, id, t_ns);
        return true;
    }
    if (id > sources->top) {
        if (id - sources->top >= QT_SOURCES_WINDOW && t_ns < sources->top_ns)
            return false; /* of before the ids began anew */
        set_top(sources, id, t_ns);
        return true;
    }
    if (t_ns - sources->top_ns >= RESTART_NS) {
        sources->priced = 0;
        set_top(sources, id, t_ns);
        return true;
    }
    uint64_t back = sources->top - id;
    if (back >= QT_SOURCES_WINDOW || (sources->window[back / 64] >> (back % 64) & 1))
        return false;
    sources->window[back / 64] |= UINT64_C(1) << (back % 64);
    return true;
}

/* Agreement */

static int64_t
mid_of(const struct qt_quote *quote)
{
    return quote->bid.v / 2 + quote->ask.v / 2 + (quote->bid.v % 2 + quote->ask.v % 2) / 2;
}

static bool
is_broken(const struct qt_sources_one *one)
{
    return !one->has_quote || !qt_px_is_positive(one->quote.bid) ||
           !qt_px_is_positive(one->quote.ask) || qt_px_cmp(one->quote.bid, one->quote.ask) > 0;
}

static float
median(const float *samples, unsigned n)
{
    float sorted[QT_SOURCES_SAMPLES];
    for (unsigned i = 0; i < n; i++) {
        unsigned k = i;
        for (; k > 0 && sorted[k - 1] > samples[i]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = samples[i];
    }
    return sorted[n / 2];
}

/* Both mids side by side, while both are fresh. */
static void
sample(struct qt_sources *sources, const struct qt_sources_config *config, int64_t now_ns)
{
    enum { APART_MS = 250, ENOUGH = 5 };
    const struct qt_sources_one *a = &sources->of[0], *b = &sources->of[1];
    int64_t limit = config->stale_ms * QT_NS_PER_MS;
    if (is_broken(a) || is_broken(b) || is_late(a, QUOTE, limit, now_ns) ||
        is_late(b, QUOTE, limit, now_ns) ||
        (sources->sampled_ns != QT_TIME_NONE &&
         now_ns - sources->sampled_ns < APART_MS * QT_NS_PER_MS))
        return;
    double one = (double)mid_of(&a->quote), other = (double)mid_of(&b->quote);
    double bps = QT_MAX(one - other, other - one) / QT_MIN(one, other) * 10000;
    sources->sampled_ns = now_ns;
    sources->apart[sources->at_apart] = (float)QT_MIN(bps, 1e9);
    sources->at_apart = (uint8_t)((sources->at_apart + 1) % QT_SOURCES_SAMPLES);
    sources->n_apart = (uint8_t)QT_MIN(sources->n_apart + 1, QT_SOURCES_SAMPLES);
    sources->apart_bps = sources->n_apart < ENOUGH ? 0 : median(sources->apart, sources->n_apart);
    if ((double)sources->apart_bps < config->disagree_bps / 2)
        sources->votes = 0;
}

/* A trade near one mid and far from the other is a vote for it. */
static void
vote(struct qt_sources *sources, const struct qt_sources_config *config, qt_px px)
{
    enum { ENOUGH = 8 };
    if ((double)sources->apart_bps < config->disagree_bps || is_broken(&sources->of[0]) ||
        is_broken(&sources->of[1]))
        return;
    int64_t a = px.v - mid_of(&sources->of[0].quote), b = px.v - mid_of(&sources->of[1].quote);
    a = QT_MAX(a, -a);
    b = QT_MAX(b, -b);
    if (a < b / 2)
        sources->votes = (int8_t)QT_MIN(sources->votes + 1, ENOUGH);
    else if (b < a / 2)
        sources->votes = (int8_t)QT_MAX(sources->votes - 1, -ENOUGH);
}

/* The choice */

static bool
is_apart(const struct qt_sources *sources, const struct qt_sources_config *config, unsigned source)
{
    enum { SURE = 3 };
    if ((double)sources->apart_bps < config->disagree_bps)
        return false;
    return source == 0 ? sources->votes <= -SURE : sources->votes >= SURE;
}

static double
missing_pct(const struct qt_sources_one *one)
{
    uint32_t all = one->seen + one->missing;
    return all > 0 ? 100.0 * (double)one->missing / (double)all : 0;
}

/* What both lack the venue never sent. */
static bool
has_gaps(const struct qt_sources *sources, const struct qt_sources_config *config, unsigned source)
{
    enum { ENOUGH = 20, HOLES = 3 };
    const struct qt_sources_one *one = &sources->of[source];
    return one->holes >= HOLES && one->seen + one->missing >= ENOUGH &&
           missing_pct(one) - missing_pct(&sources->of[1 - source]) > config->gap_pct;
}

/* What it has done; that it never spoke is its fault only where the other has. */
static enum qt_sources_fault
fault_of(const struct qt_sources *sources, const struct qt_sources_config *config, unsigned source,
         int64_t now_ns)
{
    const struct qt_sources_one *one = &sources->of[source];
    int64_t limit = config->stale_ms * QT_NS_PER_MS;
    if (is_late(one, QUOTE, limit, now_ns) || is_late(one, TRADE, limit, now_ns))
        return QT_SOURCES_SILENT;
    if (one->has_quote && is_broken(one))
        return QT_SOURCES_BROKEN;
    if (has_gaps(sources, config, source))
        return QT_SOURCES_GAPS;
    return is_apart(sources, config, source) ? QT_SOURCES_APART : QT_SOURCES_GOOD;
}

enum qt_sources_fault
qt_sources_fault(const struct qt_sources *sources, const struct qt_sources_config *config,
                 unsigned source, int64_t now_ns)
{
    if (sources->of[source].data_ns == QT_TIME_NONE)
        return QT_SOURCES_SILENT;
    return fault_of(sources, config, source, now_ns);
}

static void
follow(struct qt_sources *sources, unsigned source, enum qt_sources_fault why, int64_t now_ns)
{
    sources->followed = (uint8_t)source;
    sources->fault = source == 0 ? QT_SOURCES_GOOD : (uint8_t)why;
    sources->changed_ns = now_ns;
    sources->failovers += source != 0;
    sources->returns += source == 0;
}

/* S1, S2. spoken: the stream that speaks at this moment, or QT_SOURCES_MAX. */
static bool
choose(struct qt_sources *sources, const struct qt_sources_config *config, unsigned spoken,
       int64_t now_ns)
{
    enum qt_sources_fault fault[QT_SOURCES_MAX];
    for (unsigned s = 0; s < QT_SOURCES_MAX; s++) {
        struct qt_sources_one *one = &sources->of[s];
        fault[s] = fault_of(sources, config, s, now_ns);
        if (fault[s] != QT_SOURCES_GOOD)
            one->good_ns = QT_TIME_NONE;
        else if (s == spoken && one->good_ns == QT_TIME_NONE)
            one->good_ns = now_ns;
    }
    unsigned now = sources->followed, other = 1 - now;
    const struct qt_sources_one *next = &sources->of[other];
    int64_t patience = config->return_s * QT_NS_PER_S;
    bool is_soon = sources->changed_ns != QT_TIME_NONE && now_ns - sources->changed_ns < patience;
    if (fault[other] != QT_SOURCES_GOOD || !next->has_quote)
        return false;
    bool is_guilty = fault[now] != QT_SOURCES_GOOD && !(fault[now] == QT_SOURCES_APART && is_soon);
    bool is_back =
        other == 0 && next->good_ns != QT_TIME_NONE && now_ns - next->good_ns >= patience;
    if (is_guilty || is_back)
        follow(sources, other, fault[now], now_ns);
    return is_guilty || is_back;
}

/* S3 */
static bool
may_pass(const struct qt_sources *sources, const struct qt_sources_config *config, uint64_t id,
         int64_t now_ns)
{
    bool is_older = id > 0 && id < sources->quote_id;
    return !is_older || sources->changed_ns == QT_TIME_NONE ||
           now_ns - sources->changed_ns >= config->return_s * QT_NS_PER_S;
}

static unsigned
take_quote(struct qt_sources *sources, const struct qt_sources_config *config, unsigned source,
           const struct qt_event *event)
{
    struct qt_sources_one *one = &sources->of[source];
    int64_t now_ns = event->t_recv_ns;
    if (event->quote.id > 0 && event->quote.id < one->last[QUOTE]) {
        begin_anew(one, &sources->of[1 - source], QUOTE);
        sources->quote_id = 0;
    }
    compare(one, &sources->of[1 - source], QUOTE, event->quote.id, now_ns);
    one->quote = event->quote;
    one->quote_ns = now_ns;
    one->quote_venue_ns = event->t_venue_ns;
    one->has_quote = true;
    sample(sources, config, now_ns);
    unsigned use = choose(sources, config, source, now_ns) ? QT_SOURCES_CHANGED : 0;
    one->has_passed =
        source == sources->followed && may_pass(sources, config, event->quote.id, now_ns);
    if (!one->has_passed)
        return use;
    sources->quote_id = event->quote.id;
    return use | QT_SOURCES_PRICE;
}

static unsigned
take_trade(struct qt_sources *sources, const struct qt_sources_config *config, unsigned source,
           const struct qt_event *event)
{
    struct qt_sources_one *one = &sources->of[source];
    uint64_t id = event->trade.id;
    int64_t now_ns = event->t_recv_ns;
    if (id > 0 && id < one->last[TRADE])
        begin_anew(one, &sources->of[1 - source], TRADE);
    count_trade(one, config, id, now_ns);
    compare(one, &sources->of[1 - source], TRADE, id, now_ns);
    unsigned use = choose(sources, config, source, now_ns) ? QT_SOURCES_CHANGED : 0;
    bool is_followed = source == sources->followed;
    if (id == 0)
        return is_followed ? use | QT_SOURCES_PRICE | QT_SOURCES_VOLUME : use;
    enum qt_sources_fault fault = fault_of(sources, config, source, now_ns);
    if (!is_followed && (fault == QT_SOURCES_BROKEN || fault == QT_SOURCES_APART))
        return use;
    if (is_first(sources, id, event->t_venue_ns)) {
        use |= QT_SOURCES_VOLUME;
        vote(sources, config, event->trade.px);
    }
    if (is_followed && id > sources->priced) {
        sources->priced = id;
        use |= QT_SOURCES_PRICE;
    }
    return use;
}

static bool
is_same_bar(const struct qt_bar *a, const struct qt_bar *b)
{
    return qt_px_cmp(a->open, b->open) == 0 && qt_px_cmp(a->high, b->high) == 0 &&
           qt_px_cmp(a->low, b->low) == 0 && qt_px_cmp(a->close, b->close) == 0 &&
           qt_qty_cmp(a->volume, b->volume) == 0 &&
           qt_money_cmp(a->quote_volume, b->quote_volume) == 0 &&
           qt_qty_cmp(a->taker_buy, b->taker_buy) == 0 && a->trades == b->trades;
}

/* S5 */
static unsigned
take_bar(struct qt_sources *sources, const struct qt_bar *bar)
{
    if (bar->period_ns != sources->bar.period_ns || bar->open_ns > sources->bar.open_ns) {
        sources->bar = *bar;
        return QT_SOURCES_PRICE | QT_SOURCES_VOLUME;
    }
    if (bar->open_ns == sources->bar.open_ns)
        sources->bars_unequal += !is_same_bar(bar, &sources->bar);
    return 0;
}

unsigned
qt_sources_take(struct qt_sources *sources, const struct qt_sources_config *config,
                const struct qt_event *event)
{
    unsigned source = QT_MIN(qt_event_source(event), QT_SOURCES_MAX - 1u);
    if (event->kind == QT_EVENT_QUOTE)
        return take_quote(sources, config, source, event);
    if (event->kind == QT_EVENT_TRADE)
        return take_trade(sources, config, source, event);
    if (event->kind == QT_EVENT_BAR && !(event->flags & QT_EVENT_HISTORY))
        return take_bar(sources, &event->bar);
    return QT_SOURCES_PRICE | QT_SOURCES_VOLUME;
}

bool
qt_sources_look(struct qt_sources *sources, const struct qt_sources_config *config, int64_t now_ns)
{
    return choose(sources, config, QT_SOURCES_MAX, now_ns);
}

bool
qt_sources_step(struct qt_sources *sources, const struct qt_sources_config *config, int64_t now_ns,
                struct qt_event *out)
{
    struct qt_sources_one *one = &sources->of[sources->followed];
    if (!one->has_quote || one->has_passed || !may_pass(sources, config, one->quote.id, now_ns))
        return false;
    one->has_passed = true;
    sources->quote_id = one->quote.id;
    *out = (struct qt_event){.kind = QT_EVENT_QUOTE,
                             .instrument = QT_NO_INSTRUMENT,
                             .t_venue_ns = one->quote_venue_ns,
                             .t_recv_ns = one->quote_ns,
                             .quote = one->quote};
    return true;
}

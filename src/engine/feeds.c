/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two streams of each symbol inside the engine (market/sources.h): which event counts, the one step
 * at a change, and what the operator hears of it. Each symbol chooses for itself; when an address
 * fails, hundreds do so in a few seconds, and that is one note.
 */
#include <stdlib.h>

#include "engine_priv.h"

bool
qt__feeds_init(struct qt_engine *engine)
{
    engine->sources = calloc(engine->symbols, sizeof *engine->sources);
    for (uint32_t i = 0; engine->sources && i < engine->symbols; i++) {
        qt_sources_init(&engine->sources[i]);
        engine->symbol[i].sources = &engine->sources[i];
    }
    engine->feeds.now.n = QT_SOURCES_MAX;
    for (unsigned s = 0; s < QT_SOURCES_MAX; s++) {
        engine->feeds.told_ns[s] = QT_TIME_NONE;
        engine->feeds.now.of[s].age_ns = INT64_MAX;
    }
    return engine->sources != NULL;
}

/* The followed stream's latest quote is of its own time, the exits are of now. */
bool
qt__feeds_pass(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    const struct qt_sources_config *config = engine->options.sources;
    struct qt_event step;
    unsigned use = qt_sources_take(symbol->sources, config, event);
    if ((use & QT_SOURCES_CHANGED) &&
        qt_sources_step(symbol->sources, config, event->t_recv_ns, &step)) {
        step.seq = event->seq;
        step.instrument = event->instrument;
        if (qt__symbol_quote(engine, symbol, &step) && symbol->has_plan)
            (void)qt__exits(engine, symbol, qt_client_id(event->seq, 0), event->t_recv_ns);
    }
    return use & QT_SOURCES_PRICE;
}

/* Exits see the price in the same cycle (supervise.c). */
void
qt__feeds_look(struct qt_engine *engine, struct qt_symbol *symbol, int64_t t_ns)
{
    struct qt_event step;
    if (!qt_sources_look(symbol->sources, engine->options.sources, t_ns) ||
        !qt_sources_step(symbol->sources, engine->options.sources, t_ns, &step))
        return;
    step.instrument = symbol->ins->id;
    (void)qt__symbol_quote(engine, symbol, &step); /* not believed: the old one ages */
}

static void
add_stream(const struct qt_sources *sources, unsigned s, int64_t now_ns, struct qt_source_view *out)
{
    const struct qt_sources_one *one = &sources->of[s];
    out->symbols += sources->followed == s;
    out->taken += s == 0 ? sources->returns : sources->failovers;
    if (one->data_ns != QT_TIME_NONE)
        out->age_ns = QT_MIN(out->age_ns, QT_MAX(now_ns - one->data_ns, 0));
}

static void
measure(const struct qt_engine *engine, struct qt_sources_view *out)
{
    uint64_t seen[QT_SOURCES_MAX] = {0}, missing[QT_SOURCES_MAX] = {0};
    *out = (struct qt_sources_view){.n = QT_SOURCES_MAX};
    for (unsigned s = 0; s < QT_SOURCES_MAX; s++)
        out->of[s].age_ns = INT64_MAX;
    for (uint32_t i = 0; i < engine->symbols; i++) {
        const struct qt_sources *sources = &engine->sources[i];
        out->apart_bps += (double)sources->apart_bps;
        out->apart += (double)sources->apart_bps >= engine->options.sources->disagree_bps;
        out->bars_unequal += sources->bars_unequal;
        for (unsigned s = 0; s < QT_SOURCES_MAX; s++) {
            add_stream(sources, s, engine->now_ns, &out->of[s]);
            seen[s] += sources->of[s].seen;
            missing[s] += sources->of[s].missing;
        }
    }
    out->apart_bps /= engine->symbols;
    for (unsigned s = 0; s < QT_SOURCES_MAX; s++)
        if (seen[s] + missing[s] > 0)
            out->of[s].gap_pct = 100.0 * (double)missing[s] / (double)(seen[s] + missing[s]);
}

/* The fault that most symbols have left the primary for. */
static enum qt_sources_fault
usual_fault(const struct qt_engine *engine)
{
    uint32_t n[QT_SOURCES_FAULTS] = {0};
    enum qt_sources_fault most = QT_SOURCES_GOOD;
    for (uint32_t i = 0; i < engine->symbols; i++)
        n[engine->sources[i].fault]++;
    n[QT_SOURCES_GOOD] = 0;
    for (unsigned k = 1; k < QT_SOURCES_FAULTS; k++)
        if (n[k] > n[most])
            most = (enum qt_sources_fault)k;
    return most;
}

static void
tell(struct qt_engine *engine, uint64_t seq, unsigned s)
{
    const struct qt_sources_view *now = &engine->feeds.now;
    uint64_t changes = now->of[s].taken - engine->feeds.told[s];
    const char *why = s == 0 ? "it is well again" : qt_sources_fault_name(usual_fault(engine));
    engine->feeds.told[s] = now->of[s].taken;
    engine->feeds.told_ns[s] = engine->now_ns;
    qt__note(engine, s == 0 ? QT_SEVERITY_GOOD : QT_SEVERITY_WARN, QT_TOPIC_MARKET, seq,
             engine->now_ns, "%s stream taken %llu times%s%s: %u of %u symbols follow it",
             qt_sources_name(s), (unsigned long long)changes, s == 0 ? "; " : ", primary ", why,
             now->of[s].symbols, engine->symbols);
    qt_log_event(engine->options.log, s == 0 ? QT_LOG_INFO : QT_LOG_WARN, "market.stream",
                 "taken=%s changes=%llu symbols=%u of=%u why=\"%s\"", qt_sources_name(s),
                 (unsigned long long)changes, now->of[s].symbols, engine->symbols, why);
}

/* A note waits for the first cycle that brings no more changes, QUIET_NS after the last one of its
 * kind at least; but not longer than that once changes go on and on. */
void
qt__feeds_cycle(struct qt_engine *engine, uint64_t seq)
{
    static const int64_t quiet_ns = QT_NS_PER_MIN;
    struct qt_feeds *feeds = &engine->feeds;
    measure(engine, &feeds->now);
    for (unsigned s = 0; s < QT_SOURCES_MAX; s++) {
        uint64_t taken = feeds->now.of[s].taken;
        bool is_over = taken == feeds->counted[s];
        feeds->counted[s] = taken;
        if (taken == feeds->told[s])
            continue;
        if (feeds->told_ns[s] == QT_TIME_NONE) /* the first ever: the minute begins with it */
            feeds->told_ns[s] = engine->now_ns - quiet_ns;
        int64_t since = engine->now_ns - feeds->told_ns[s];
        if (since >= quiet_ns && (is_over || since >= 2 * quiet_ns))
            tell(engine, seq, s);
    }
}

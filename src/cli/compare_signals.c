/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Would the engine decide the same on the simulated fills? It is run again from what the session
 * began with, on the session's market, time and commands; its venue is the simulated exchange, with
 * what the account held. Its orders are held beside the recorded ones: symbol, side and type are
 * the same, the time nearly.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"

#include "compare_priv.h"
#include "interrupt_priv.h"
#include "replay_priv.h"

#define NEAR_NS (5 * QT_NS_PER_S)

enum { EVENTS_A_TURN = 512, FIRST_DECIDED = 256, CYCLES_NEAR = 2 };

/* An order that the engine decided in the simulation. */
struct decided {
    int64_t t_ns;
    uint32_t instrument;
    uint8_t side, type;
    bool is_matched;
};

struct again {
    struct qt__compare *compare;
    const struct qt__compare_signals_plan *plan;
    struct qt_inline_venue *venue;
    struct qt_restore *restore;
    struct qt_engine *engine;
    struct decided *of;
    size_t n, room;
    struct qt_error *err;
    bool has_failed;
};

/* The engine's side */

static bool
on_decision(void *self, const struct qt_decision *decision)
{
    struct again *again = self;
    if (decision->kind != QT_DECISION_ORDER)
        return true;
    if (again->n == again->room) {
        size_t room = again->room ? 2 * again->room : FIRST_DECIDED;
        struct decided *of = realloc(again->of, room * sizeof *of);
        if (!of) {
            again->has_failed =
                qt_fail(again->err, QT_E_MEMORY, "no memory for the orders") || true;
            return true;
        }
        again->of = of;
        again->room = room;
    }
    again->of[again->n++] = (struct decided){.t_ns = decision->t_ns,
                                             .instrument = decision->order.instrument,
                                             .side = decision->order.side,
                                             .type = decision->order.type};
    return true;
}

/* What the real venue said is left out; the simulated one speaks for itself. */
static bool
is_the_venues(const struct qt_event *event)
{
    return event->kind == QT_EVENT_REPORT || event->kind == QT_EVENT_BALANCE ||
           event->kind == QT_EVENT_SYNC || event->kind == QT_EVENT_INCOME;
}

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct again *again = self;
    const struct qt_event *event = NULL;
    const struct qt_decision *decision = NULL;
    (void)timeout_ms;
    if (qt__interrupted())
        again->has_failed = qt_fail(again->err, QT_E_FAILED, "interrupted") || true;
    for (int n = 0; n < EVENTS_A_TURN && !again->has_failed;) {
        switch (qt_journal_next(again->plan->reader, &event, &decision, again->err)) {
        case QT_JOURNAL_DECISION:
            continue;
        case QT_JOURNAL_EVENT: {
            struct qt_event copy = *event;
            if (!is_the_venues(event))
                sink->push(sink->self, &copy);
            n++;
            continue;
        }
        case QT_JOURNAL_END:
            return -1;
        case QT_JOURNAL_FAILED:
            again->has_failed = true;
            break;
        }
    }
    return again->has_failed ? -1 : EVENTS_A_TURN;
}

/* Orders that stood at the real venue do not stand at this one. */
static bool
copy_restore(struct again *again)
{
    const struct qt_restore *from = again->compare->head->restore;
    if (!from->is_found)
        return true;
    again->restore = malloc(sizeof *again->restore);
    if (!again->restore)
        return qt_fail(again->err, QT_E_MEMORY, "no memory for the engine's state");
    *again->restore = *from;
    again->restore->orders = 0;
    return true;
}

static bool
open_engine(struct again *again)
{
    const struct qt_journal_head *head = again->compare->head;
    const struct qt_settings *settings = &again->compare->settings;
    struct qt_kept_market *market = NULL;
    if (!qt__replay_market(head, again->plan->folder, again->plan->key, settings, &market,
                           again->err))
        return false;
    const struct qt_engine_options options = {.engine = &settings->engine,
                                              .scan = &settings->scan,
                                              .strategy = &settings->strategy,
                                              .risk = &settings->risk,
                                              .execution = &settings->execution,
                                              .quality = &settings->quality,
                                              .sources = qt_settings_sources(settings),
                                              .universe = head->universe,
                                              .feed = qt_inline_feed(again->venue),
                                              .venue = qt_inline_port(again->venue),
                                              .journal = {.self = again, .decision = on_decision},
                                              .run_kind = head->run_kind,
                                              .restore = again->restore,
                                              .market =
                                                  market ? qt_kept_market_restore(market) : NULL,
                                              .base_period_ns = head->base_period_ns,
                                              .is_recorded = head->is_recorded,
                                              .is_replay = true};
    again->engine = qt_engine_create(&options, again->err);
    qt_kept_market_destroy(market);
    return again->engine != NULL;
}

static bool
run(struct again *again)
{
    const struct qt_feed_port feed = {.self = again, .work = work};
    atomic_bool stop = false;
    again->venue = qt__compare_venue(again->compare, &feed, again->plan->seed, false, again->err);
    bool is_good = again->venue && copy_restore(again) && open_engine(again) &&
                   qt_engine_run(again->engine, &stop, again->err);
    qt_engine_destroy(again->engine);
    qt_inline_destroy(again->venue);
    free(again->restore);
    return is_good && !again->has_failed;
}

/* Holding beside */

static int
by_time(const void *a, const void *b)
{
    const struct decided *x = a, *y = b;
    return (x->t_ns > y->t_ns) - (x->t_ns < y->t_ns);
}

static bool
is_same(const struct decided *decided, const struct qt_order_request *request)
{
    return !decided->is_matched && decided->instrument == request->instrument &&
           decided->side == request->side && decided->type == request->type;
}

static void
match(struct again *again, int64_t near_ns)
{
    struct qt__compare *compare = again->compare;
    size_t first = 0;
    for (size_t i = 0; i < compare->n; i++) {
        struct qt__compare_row *row = &compare->rows[i];
        while (first < again->n && again->of[first].t_ns < row->decided_ns - near_ns)
            first++;
        for (size_t k = first; k < again->n && again->of[k].t_ns <= row->decided_ns + near_ns; k++)
            if (is_same(&again->of[k], &row->request)) {
                again->of[k].is_matched = row->is_decided_again = true;
                break;
            }
        compare->signals.both += row->is_decided_again;
    }
}

bool
qt__compare_run(struct qt__compare *compare, const struct qt__compare_signals_plan *plan,
                struct qt_error *err)
{
    struct again again = {.compare = compare, .plan = plan, .err = err};
    int64_t cycles_ns = CYCLES_NEAR * compare->settings.engine.cycle_ms * QT_NS_PER_MS;
    bool is_good = run(&again);
    if (is_good) {
        if (again.n > 0)
            qsort(again.of, again.n, sizeof *again.of, by_time);
        match(&again, QT_MAX(NEAR_NS, cycles_ns));
        compare->signals.is_known = true;
        compare->signals.recorded = compare->n - compare->signals.both;
        compare->signals.simulated = again.n - compare->signals.both;
    }
    free(again.of);
    return is_good;
}

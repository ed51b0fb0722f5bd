/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handing to the journal what a replay needs, and what becomes of it when the journal does not keep
 * up.
 *
 * K1: while a position or an order is out, a journal that stands still costs the engine what the
 * journal itself waits, once: then the end is given up, and health.c pauses trading. K2: while
 * nothing is out, as in the burst of a start, there is nothing that waits for the engine either: it
 * tries for FLAT_WAIT_NS, and a disk that was only slow has lost nothing. A disk that fails is not
 * waited for.
 */
#include "engine_priv.h"

#define FLAT_WAIT_NS (5 * QT_NS_PER_S)

static bool
may_wait(const struct qt_engine *engine)
{
    const struct qt_journal_port *journal = &engine->options.journal;
    return !engine->is_exposed && (!journal->is_healthy || journal->is_healthy(journal->self));
}

/* One of the two. */
static bool
offer(const struct qt_journal_port *journal, const struct qt_event *event,
      const struct qt_decision *decision)
{
    return event ? journal->event(journal->self, event)
                 : journal->decision(journal->self, decision);
}

static void
keep(struct qt_engine *engine, const struct qt_event *event, const struct qt_decision *decision)
{
    const struct qt_journal_port *journal = &engine->options.journal;
    int64_t until = 0;
    while (!offer(journal, event, decision)) {
        int64_t now = qt_now_mono_ns();
        until = until ? until : now + FLAT_WAIT_NS;
        if (now < until && may_wait(engine))
            continue;
        engine->is_journal_full = true;
        if (journal->lost)
            journal->lost(journal->self);
        return;
    }
}

void
qt__keep_event(struct qt_engine *engine, const struct qt_event *event)
{
    if (engine->options.journal.event && !engine->is_journal_full)
        keep(engine, event, NULL);
}

void
qt__keep_decision(struct qt_engine *engine, const struct qt_decision *decision)
{
    if (engine->options.journal.decision && !engine->is_journal_full)
        keep(engine, NULL, decision);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the next start will know of commands: whoever gave one may ask until it is on disk, and may
 * only then call it done. The engine never waits for that: what a stop sends leaves first, and the
 * store's thread writes beside it.
 *
 * K1: goal is stored before told, so who reads told and then goal asks for enough.
 */
#include "engine_priv.h"

enum { SHOW_MS = 2000, END_MS = 2000 }; /* a disk that hangs hides the mode for so long */

uint64_t
qt_engine_commands(const struct qt_engine *engine)
{
    return qt_mpsc_pushed(engine->commands);
}

static bool
is_on_disk(const struct qt_engine *engine)
{
    const struct qt_store_port *store = &engine->options.store;
    return !store->has || store->has(store->self, atomic_load(&engine->kept.goal));
}

enum qt_command_fate
qt_engine_command_fate(const struct qt_engine *engine, uint64_t number)
{
    if (atomic_load(&engine->kept.taken) < number)
        return QT_COMMAND_QUEUED;
    return atomic_load(&engine->kept.told) >= number && is_on_disk(engine)
               ? QT_COMMAND_KEPT /* K1 */
               : QT_COMMAND_ACTS;
}

/* Dead letters go first: what a command put stands behind them. */
void
qt__kept_look(struct qt_engine *engine)
{
    const struct qt_store_port *store = &engine->options.store;
    struct qt__kept *kept = &engine->kept;
    atomic_store(&kept->taken, kept->popped);
    if (atomic_load(&kept->told) == kept->popped || engine->letters > 0)
        return;
    qt__meet(engine); /* what owners of symbols made of it goes to the store too */
    if (engine->letters > 0)
        return;
    if (store->count)
        atomic_store(&kept->goal, store->count(store->self));
    atomic_store(&kept->told, kept->popped);
}

void
qt__kept_mode(struct qt_engine *engine)
{
    engine->kept.show_ns = qt_now_mono_ns() + SHOW_MS * QT_NS_PER_MS;
}

bool
qt__kept_hides_mode(struct qt_engine *engine)
{
    struct qt__kept *kept = &engine->kept;
    if (kept->show_ns == QT_TIME_NONE)
        return false;
    if (qt_now_mono_ns() < kept->show_ns &&
        qt_engine_command_fate(engine, kept->popped) != QT_COMMAND_KEPT)
        return true;
    kept->show_ns = QT_TIME_NONE;
    return false;
}

void
qt__kept_end(struct qt_engine *engine)
{
    const struct qt_store_port *store = &engine->options.store;
    qt__kept_look(engine);
    if (store->flush && !is_on_disk(engine))
        (void)store->flush(store->self, END_MS);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The market state of a session: found at the start, gone on with (first the journal's tail, then
 * what the venue has had since), and kept on the way. The engine is fed through here.
 */
#ifndef QTRADE_CLI_MARKET_KEEPING_PRIV_H
#define QTRADE_CLI_MARKET_KEEPING_PRIV_H

#include "qtrade/base/clock.h"
#include "qtrade/base/log.h"
#include "qtrade/engine/engine.h"
#include "qtrade/store/key.h"
#include "qtrade/store/market_state.h"
#include "qtrade/venue/binance.h"

#include "settings_priv.h"

struct qt__market_keeping {
    struct qt_market_shape shape;
    struct qt_market_place place;
    struct qt_journal_key key;
    struct qt_log *log;              /* the session's; may be NULL */
    struct qt_kept_market *from;     /* NULL: nothing is gone on with */
    struct qt_market_tail *tail;     /* NULL: read to its end, or there is none */
    struct qt_market_keeper *keeper; /* NULL: nothing is kept */
    struct qt_feed_port feed;        /* what it hands on once the tail is through */
    struct qt_binance *venue;
    const struct qt_clock *clock;
    int64_t *end_ns; /* by id, of what is known; QT_TIME_NONE: nothing */
    uint64_t bars;   /* of the tail */
};

/** Looks for a state that fits, and for its tail; says on the log what it found. After the store's
 * restore, before the journal begins. key as qt__journaling_own_key takes it. False: err (the key). */
QT_CHECKED bool qt__market_keeping_find(struct qt__market_keeping *keeping, const char *folder,
                                        const struct qt_store_key *key,
                                        const struct qt_settings *settings,
                                        const struct qt_universe *universe,
                                        const struct qt_clock *clock, struct qt_error *err);
/** What the journal's head must name; NULL: nothing. */
const struct qt_market_ref *qt__market_keeping_ref(const struct qt__market_keeping *keeping);
/** Begins to keep, and puts itself before the feed: options get their ports. */
QT_CHECKED bool qt__market_keeping_join(struct qt__market_keeping *keeping,
                                        const struct qt_journal *journal, struct qt_binance *venue,
                                        struct qt_engine_options *options, struct qt_error *err);
/** After the engine's end. */
void qt__market_keeping_end(struct qt__market_keeping *keeping);

#endif

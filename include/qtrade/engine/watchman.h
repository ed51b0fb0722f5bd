/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The watchman: what a second process does with the venue when the engine is silent. It hears the
 * engine's guard line once a second; when none came for silent_ns it cancels the engine's orders,
 * sells what the engine holds, and believes only the venue (design, "Stopping", steps 2 to 8).
 *
 * W1: nothing is sent to the venue while the engine is heard. W2: only what is the engine's is
 * touched: orders of its tag, and of each asset what exceeds the holding that the engine called
 * foreign. An asset of which it never said so is left alone and named. W3: an order that adds risk
 * is cancelled before one that protects. W4: flat are two reads of the account, gap_ns apart,
 * without an order of ours, without one under way, and with no holding above dust; it goes on
 * reading afterwards. W5: nothing times out into success.
 *
 * Plain state, one thread, no clock of its own: every call is told the monotonic time.
 */
#ifndef QTRADE_ENGINE_WATCHMAN_H
#define QTRADE_ENGINE_WATCHMAN_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/engine/ports.h"
#include "qtrade/engine/snapshot.h"

#define QT_WATCH_FIRST "venue" /* the name of the venue that every engine has */

/** What the engine says of itself: what a watchman has to know when it falls silent. */
struct qt_guard {
    bool is_live; /* orders go to a venue */
    uint8_t mode; /* enum qt_mode */
    uint32_t tag; /* of its orders' client ids */
    int64_t pid;
    int64_t silent_ns; /* since the engine's own thread moved; what answers is another one */
    bool has_account;  /* foreign is known, as of a read of the account */
    uint32_t positions;
    uint32_t venues; /* it trades at; 0: at one, "venue" */
    char venue[QT_VIEW_VENUES][16];
    uint32_t foreign; /* rows */
    struct qt_foreign_view row[QT_VIEW_ROWS];
};

/**
 * What guard says of one venue: each row's quantities are those there. False: the engine does not
 * trade at a venue of that name; *out then knows of no account.
 */
bool qt_guard_at(const struct qt_guard *guard, const char *venue, struct qt_guard *out);

enum qt_watch_state {
    QT_WATCH_WAITING,  /* no engine was heard yet, or it ended in order */
    QT_WATCH_GUARDING, /* it is heard */
    QT_WATCH_ACTING,   /* it is silent: cancels and sells */
    QT_WATCH_FLAT,     /* it is silent, and there is nothing left; goes on reading */
    QT_WATCH_STATES
};
const char *qt_watch_state_name(enum qt_watch_state state); /* "waiting" ... */

struct qt_watchman_options {
    struct qt_venue_port venue;
    const struct qt_universe *universe; /* borrowed */
    int64_t silent_ns;                  /* of silence until it acts */
    int64_t gap_ns;    /* between the two reads: longer than a request may be on its way */
    uint64_t first_id; /* of its own orders' client ids; rises by one an order */
};

/** What it did and what is left. */
struct qt_watch_view {
    enum qt_watch_state state;
    uint32_t rounds, cancels, sales; /* of this silence; requests that were sent */
    uint32_t orders, holdings;       /* left, at the last read */
    uint32_t dust;                   /* holdings that the venue takes no order for */
    uint32_t unclaimed;              /* holdings that the engine never spoke of: left alone */
    int64_t silent_ns;               /* since it was heard */
    int64_t first_cancel_ns;         /* from the silence's limit to the first cancel; -1: none */
};

struct qt_watchman;
/** NULL: no memory. */
struct qt_watchman *qt_watchman_create(const struct qt_watchman_options *options, int64_t now_ns,
                                       struct qt_error *err);
void qt_watchman_destroy(struct qt_watchman *watchman); /* NULL is fine */
/** The engine spoke. True: it was silent before, and the watchman had begun to act. */
bool qt_watchman_heard(struct qt_watchman *watchman, const struct qt_guard *guard, int64_t now_ns);
/** The engine ended in order: its operator knows; nothing is done until one is heard again. */
void qt_watchman_ended(struct qt_watchman *watchman);
/** An event of the venue's session. */
void qt_watchman_event(struct qt_watchman *watchman, const struct qt_event *event, int64_t now_ns);
/** Does what is due; call at least every 200 ms. */
void qt_watchman_tick(struct qt_watchman *watchman, int64_t now_ns);
struct qt_watch_view qt_watchman_view(const struct qt_watchman *watchman, int64_t now_ns);

#endif

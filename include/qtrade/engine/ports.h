/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ports: what the engine needs from the floors above it. Small structs of function pointers; floors
 * 7 and 8 implement them, cli wires them. All calls come from the engine thread unless a line says
 * otherwise.
 */
#ifndef QTRADE_ENGINE_PORTS_H
#define QTRADE_ENGINE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/clock.h"
#include "qtrade/market/event.h"
#include "qtrade/trade/request.h"

/**
 * Market data. work runs the feed once, at most timeout_ms (0: do not wait), and pushes what came,
 * oldest first, into sink. It returns how many events it pushed, -1 when the feed has ended for
 * good (recorded data).
 */
struct qt_feed_port {
    void *self;
    int (*work)(void *self, const struct qt_event_sink *sink, int timeout_ms);
    void (*wake)(void *self); /* any thread: ends a waiting work at once; NULL: work never waits */
    /** Asks for (on) or gives up depth of an instrument, as DEPTH events; NULL: the feed has none.
     */
    void (*watch_depth)(void *self, uint32_t instrument, bool on);
};

struct qt_venue_view; /* engine/snapshot.h */

/** Of a base asset, what lies at one of several venues; in the instrument's scale. */
struct qt_venue_part {
    qt_qty held, selling; /* as told last; selling: by open orders of ours */
    bool is_traded;       /* false: that venue gets no order of the instrument */
};

/**
 * Orders. Every call only starts the work; every answer comes as a REPORT, BALANCE, LINK or SYNC
 * event through work. False: not started (no connection, no budget): the caller's order is REJECTED
 * locally or tried again.
 */
struct qt_venue_port {
    void *self;
    const char *name;
    int (*work)(void *self, const struct qt_event_sink *sink,
                int timeout_ms); /* NULL: the feed's work does it */
    bool (*submit)(void *self, const struct qt_order_request *request);
    bool (*cancel)(void *self, uint32_t instrument, uint64_t client_id);
    bool (*cancel_all)(void *self, uint32_t instrument);
    /** Asks for one order: REPORT STATUS or NOT_FOUND. */
    bool (*query)(void *self, uint32_t instrument, uint64_t client_id);
    /** Reads the account: BALANCE rows, a REPORT STATUS (flag SNAPSHOT) for every open order, then
     * SYNC. */
    bool (*sync)(void *self);
    /** The venues that stand behind this one, for people: at most n; NULL: it is one. */
    size_t (*legs)(const void *self, struct qt_venue_view *out, size_t n);
    /** How what is held of an instrument's base asset lies over the same venues, in their order: at
     * most n. NULL where legs is. */
    size_t (*spread)(const void *self, uint32_t instrument, struct qt_venue_part *out, size_t n);
    /** Fills what the venue knows of itself: operations, limits, bad messages. NULL: nothing. */
    void (*look)(void *self, struct qt_venue_view *out);
};

struct qt_record;
struct qt_intent;

/** The store. put copies and returns at once. */
struct qt_store_port {
    void *self;
    /** False: the ring is full; the engine pauses. */
    bool (*put)(void *self, const struct qt_record *record);
    /** What was put so far belongs together: a crash leaves all of it or nothing of it since the
     * last mark. NULL: each record stands alone. */
    void (*mark)(void *self);
    /** Keeps an order that is about to leave, so that it is known whenever this process dies: it is
     * when this returns. After its record was put. False: it could not be kept now, and *out_why
     * (static) says why; never waits for a disk that is known not to answer. NULL: orders die with
     * the process. */
    bool (*intend)(void *self, const struct qt_intent *intent, const char **out_why);
    /** Waits until everything put so far is on disk (mode changes); false: it could not be written.
     */
    bool (*flush)(void *self, int timeout_ms);
    /** How many records were put so far; NULL: nobody may ask. */
    uint64_t (*count)(void *self);
    /** So many of them, counted from the first, are on disk. Any thread. NULL as count is. */
    bool (*has)(void *self, uint64_t count);
    bool (*is_healthy)(void *self); /* false: the last write failed; the engine pauses while so */
};

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bus inside the process: what the engine says, by topic, to whoever listens. Two kinds of
 * message: notes for people, records for the store. Nothing that a decision depends on goes this
 * way: those are numbered events (qt_event) and decisions (qt_decision).
 *
 *     owners of symbols --shard rings--> engine thread: publish --> queue of each subscriber
 *                                                          \--> dead letters, tried again
 *
 * B1: publishing and everything else here is the engine thread's. It allocates nothing and locks
 * nothing. B2: a subscriber's messages come to it in the order of their publication, dead letters
 * first. B3: what a RETRIES subscriber did not take stays in a list of QT_DEAD_LETTERS and is tried
 * again, the oldest first, after QT_DEAD_FIRST_NS, then twice as long each time up to
 * QT_DEAD_LAST_NS. Only when the list is full is a message given up: counted, and said by the
 * verdict.
 *
 * How to add a topic: a row in enum qt_topic, its name in bus.c, its line in qtrade.7.
 */
#ifndef QTRADE_ENGINE_BUS_H
#define QTRADE_ENGINE_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/engine/record.h"
#include "qtrade/engine/snapshot.h"

enum qt_message_kind { QT_MESSAGE_NOTE, QT_MESSAGE_RECORD, QT_MESSAGE_KINDS };

struct qt_message {
    uint8_t topic;        /* enum qt_topic */
    uint8_t kind;         /* enum qt_message_kind */
    int64_t published_ns; /* monotonic, when its owner said it */
    union {
        struct qt_note_view note;
        struct qt_record record;
    };
};

/** What happens to a message for which a subscriber has no room. */
enum qt_bus_policy {
    QT_BUS_HOLDS,  /* the bus holds the newest for it; the oldest goes, and is counted as dropped
                      when nobody had seen it */
    QT_BUS_RETRIES /* it becomes a dead letter and is tried again (B3) */
};

/** Who listens. Borrowed texts live as long as the bus. */
struct qt_subscriber {
    const char *name; /* "screen", "store" */
    enum qt_message_kind kind;
    unsigned topics; /* bits: 1 << enum qt_topic */
    enum qt_bus_policy policy;
    uint32_t capacity; /* HOLDS: messages held; RETRIES: 0, its queue is its own */
    void *self;
    /** RETRIES: copies into its queue. False: no room, *out_reason says why (a constant text). */
    bool (*take)(void *self, const struct qt_message *message, const char **out_reason);
};

#define QT_BUS_ALL ((1u << QT_TOPICS) - 1)
#define QT_BUS_SUBSCRIBERS 4
#define QT_DEAD_LETTERS 4096
#define QT_DEAD_FIRST_NS INT64_C(10000000)  /* 10 ms */
#define QT_DEAD_LAST_NS INT64_C(1000000000) /* 1 s */

/** How a publication went, the worst of its subscribers. */
enum qt_bus_verdict {
    QT_BUS_DELIVERED,
    QT_BUS_WAITS, /* it is a dead letter now */
    QT_BUS_LOST   /* the list of dead letters is full: given up */
};

struct qt_bus;
struct qt_bus *qt_bus_create(void); /* NULL: no memory */
void qt_bus_destroy(struct qt_bus *bus);
/** Before the first message. Returns its number; -1: no room for another, or no memory. */
QT_CHECKED int qt_bus_subscribe(struct qt_bus *bus, const struct qt_subscriber *subscriber);
/** Gives message to all who listen. mono_ns, utc_ns: now, by the clock of the latencies and by that
 * of the documents. */
enum qt_bus_verdict qt_bus_publish(struct qt_bus *bus, const struct qt_message *message,
                                   int64_t mono_ns, int64_t utc_ns);
/** Tries dead letters whose time has come (is_last: now, whatever their time). Returns how many are
 * left; 0 costs one comparison. */
uint32_t qt_bus_retry(struct qt_bus *bus, int64_t mono_ns, int64_t utc_ns, bool is_last);
/** Copies what is held for a HOLDS subscriber, newest first, at most max notes; they count as seen.
 */
uint32_t qt_bus_notes(struct qt_bus *bus, int subscriber, struct qt_note_view *out, uint32_t max);
/** Counts, latencies and the oldest dead letters. */
void qt_bus_view(const struct qt_bus *bus, struct qt_bus_view *out);

#endif

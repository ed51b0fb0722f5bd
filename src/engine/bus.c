/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/hist.h"
#include "qtrade/base/text.h"
#include "qtrade/engine/bus.h"

struct letter {
    struct qt_message message;
    const char *reason;
    int64_t first_ns, last_ns; /* UTC */
    uint32_t attempts;
};

/* Both lists are rings of a fixed capacity: of messages held, or of dead letters. */
struct subscription {
    struct qt_subscriber who;
    struct qt_message *held;
    uint64_t taken, seen; /* of held: ever taken; those before were seen */
    struct letter *letter;
    uint32_t first, n;        /* of letter */
    int64_t wait_ns, next_ns; /* of the oldest letter, monotonic */
};

struct qt_bus {
    struct subscription subscription[QT_BUS_SUBSCRIBERS];
    int subscriptions;
    uint32_t dead; /* letters of all */
    struct qt_topic_view topic[QT_TOPICS];
    struct qt_hist latency[QT_TOPICS];
};

const char *
qt_topic_name(enum qt_topic topic)
{
    static const char *const names[QT_TOPICS] = {"market", "signal", "trade", "risk", "system"};
    return (unsigned)topic < QT_TOPICS ? names[topic] : "?";
}

struct qt_bus *
qt_bus_create(void)
{
    struct qt_bus *bus = calloc(1, sizeof *bus);
    for (int i = 0; bus && i < QT_TOPICS; i++)
        qt_hist_init(&bus->latency[i]);
    return bus;
}

void
qt_bus_destroy(struct qt_bus *bus)
{
    for (int i = 0; bus && i < bus->subscriptions; i++) {
        free(bus->subscription[i].held);
        free(bus->subscription[i].letter);
    }
    free(bus);
}

int
qt_bus_subscribe(struct qt_bus *bus, const struct qt_subscriber *subscriber)
{
    if (bus->subscriptions == QT_BUS_SUBSCRIBERS)
        return -1;
    struct subscription *new = &bus->subscription[bus->subscriptions];
    *new = (struct subscription){.who = *subscriber};
    if (subscriber->policy == QT_BUS_HOLDS)
        new->held = calloc(subscriber->capacity, sizeof *new->held);
    else
        new->letter = calloc(QT_DEAD_LETTERS, sizeof *new->letter);
    return new->held || new->letter ? bus->subscriptions++ : -1;
}

static void
count_delivery(struct qt_bus *bus, const struct qt_message *message, int64_t mono_ns)
{
    bus->topic[message->topic].delivered++;
    qt_hist_add(&bus->latency[message->topic], mono_ns - message->published_ns);
}

static void
hold(struct qt_bus *bus, struct subscription *to, const struct qt_message *message, int64_t mono_ns)
{
    struct qt_message *place = &to->held[to->taken % to->who.capacity];
    if (to->taken - to->seen == to->who.capacity) {
        bus->topic[place->topic].dropped++;
        to->seen++;
    }
    *place = *message;
    to->taken++;
    count_delivery(bus, message, mono_ns);
}

/* A letter more; false: no room. */
static bool
bury(struct qt_bus *bus, struct subscription *to, const struct qt_message *message,
     const char *reason, int64_t mono_ns, int64_t utc_ns)
{
    if (to->n == QT_DEAD_LETTERS) {
        bus->topic[message->topic].lost++;
        return false;
    }
    if (to->n == 0) {
        to->wait_ns = QT_DEAD_FIRST_NS;
        to->next_ns = mono_ns + to->wait_ns;
    }
    to->letter[(to->first + to->n) % QT_DEAD_LETTERS] = (struct letter){
        .message = *message, .reason = reason, .first_ns = utc_ns, .last_ns = utc_ns};
    to->n++;
    bus->dead++;
    bus->topic[message->topic].dead++;
    return true;
}

static enum qt_bus_verdict
give(struct qt_bus *bus, struct subscription *to, const struct qt_message *message, int64_t mono_ns,
     int64_t utc_ns)
{
    const char *reason = "behind another"; /* B2 */
    if (to->who.policy == QT_BUS_HOLDS) {
        hold(bus, to, message, mono_ns);
        return QT_BUS_DELIVERED;
    }
    if (to->n == 0 && to->who.take(to->who.self, message, &reason)) {
        count_delivery(bus, message, mono_ns);
        return QT_BUS_DELIVERED;
    }
    bool was_tried = to->n == 0;
    if (!bury(bus, to, message, reason, mono_ns, utc_ns))
        return QT_BUS_LOST;
    if (was_tried)
        to->letter[to->first].attempts = 1;
    return QT_BUS_WAITS;
}

enum qt_bus_verdict
qt_bus_publish(struct qt_bus *bus, const struct qt_message *message, int64_t mono_ns,
               int64_t utc_ns)
{
    enum qt_bus_verdict worst = QT_BUS_DELIVERED;
    qt_assert(message->topic < QT_TOPICS);
    bus->topic[message->topic].published++;
    for (int i = 0; i < bus->subscriptions; i++) {
        struct subscription *to = &bus->subscription[i];
        if (to->who.kind != message->kind || !(to->who.topics >> message->topic & 1))
            continue;
        enum qt_bus_verdict verdict = give(bus, to, message, mono_ns, utc_ns);
        worst = QT_MAX(worst, verdict);
    }
    return worst;
}

/* The oldest letters of one subscriber, until it takes no more. */
static void
try_again(struct qt_bus *bus, struct subscription *to, int64_t mono_ns, int64_t utc_ns)
{
    while (to->n > 0) {
        struct letter *letter = &to->letter[to->first];
        letter->attempts++;
        letter->last_ns = utc_ns;
        if (!to->who.take(to->who.self, &letter->message, &letter->reason)) {
            to->next_ns = mono_ns + to->wait_ns;
            to->wait_ns = QT_MIN(2 * to->wait_ns, QT_DEAD_LAST_NS);
            return;
        }
        count_delivery(bus, &letter->message, mono_ns);
        to->first = (to->first + 1) % QT_DEAD_LETTERS;
        to->n--;
        bus->dead--;
    }
}

uint32_t
qt_bus_retry(struct qt_bus *bus, int64_t mono_ns, int64_t utc_ns, bool is_last)
{
    if (bus->dead == 0)
        return 0;
    for (int i = 0; i < bus->subscriptions; i++) {
        struct subscription *to = &bus->subscription[i];
        if (to->n > 0 && (is_last || mono_ns >= to->next_ns))
            try_again(bus, to, mono_ns, utc_ns);
    }
    return bus->dead;
}

uint32_t
qt_bus_notes(struct qt_bus *bus, int subscriber, struct qt_note_view *out, uint32_t max)
{
    struct subscription *from = &bus->subscription[subscriber];
    uint64_t n = QT_MIN(QT_MIN(from->taken, (uint64_t)from->who.capacity), (uint64_t)max);
    for (uint64_t i = 0; i < n; i++)
        out[i] = from->held[(from->taken - 1 - i) % from->who.capacity].note;
    from->seen = from->taken;
    return (uint32_t)n;
}

static void
view_letter(const struct subscription *of, const struct letter *letter, struct qt_letter_view *out)
{
    const struct qt_message *message = &letter->message;
    bool is_record = message->kind == QT_MESSAGE_RECORD;
    *out = (struct qt_letter_view){.topic = message->topic,
                                   .seq = is_record ? message->record.seq : message->note.seq,
                                   .first_ns = letter->first_ns,
                                   .last_ns = letter->last_ns,
                                   .attempts = letter->attempts};
    qt_copy(out->subscriber, sizeof out->subscriber, of->who.name);
    qt_copy(out->reason, sizeof out->reason, letter->reason);
    qt_copy(out->what, sizeof out->what,
            is_record ? qt_record_kind_name(message->record.kind) : "note");
}

void
qt_bus_view(const struct qt_bus *bus, struct qt_bus_view *out)
{
    out->dead = bus->dead;
    out->letters = 0;
    for (int i = 0; i < QT_TOPICS; i++) {
        out->topic[i] = bus->topic[i];
        out->topic[i].p50_ns = qt_hist_quantile(&bus->latency[i], 0.5);
        out->topic[i].p99_ns = qt_hist_quantile(&bus->latency[i], 0.99);
        out->topic[i].max_ns = bus->latency[i].n ? bus->latency[i].max : 0;
    }
    for (int i = 0; i < bus->subscriptions; i++) {
        const struct subscription *of = &bus->subscription[i];
        for (uint32_t k = 0; k < of->n && out->letters < QT_VIEW_LETTERS; k++)
            view_letter(of, &of->letter[(of->first + k) % QT_DEAD_LETTERS],
                        &out->letter[out->letters++]);
    }
}

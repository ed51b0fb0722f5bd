/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bus: who gets what, in which order, and what becomes of a message for which nobody has room.
 */
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/engine/bus.h"

#include "qt_check.h"

#define MS INT64_C(1000000)

/* A store whose ring is full for so long. */
struct door {
    bool is_shut;
    uint64_t seq[3 * QT_DEAD_LETTERS];
    unsigned n, tries;
};

static bool
take(void *self, const struct qt_message *message, const char **out_reason)
{
    struct door *door = self;
    door->tries++;
    if (door->is_shut) {
        *out_reason = "shut";
        return false;
    }
    ck_assert_uint_lt(door->n, QT_COUNT_OF(door->seq));
    door->seq[door->n++] = message->record.seq;
    return true;
}

struct bench {
    struct qt_bus *bus;
    struct door door;
    int screen;
    int64_t now_ns;
    uint64_t seq;
};

static void
bench_init(struct bench *bench)
{
    *bench = (struct bench){.bus = qt_bus_create(), .now_ns = MS};
    const struct qt_subscriber screen = {.name = "screen",
                                         .kind = QT_MESSAGE_NOTE,
                                         .topics = QT_BUS_ALL & ~(1u << QT_TOPIC_SIGNAL),
                                         .policy = QT_BUS_HOLDS,
                                         .capacity = 4};
    const struct qt_subscriber store = {.name = "store",
                                        .kind = QT_MESSAGE_RECORD,
                                        .topics = QT_BUS_ALL,
                                        .policy = QT_BUS_RETRIES,
                                        .self = &bench->door,
                                        .take = take};
    bench->screen = qt_bus_subscribe(bench->bus, &screen);
    ck_assert_int_eq(bench->screen, 0);
    ck_assert_int_eq(qt_bus_subscribe(bench->bus, &store), 1);
}

static enum qt_bus_verdict
record(struct bench *bench)
{
    struct qt_message message = {.topic = QT_TOPIC_TRADE,
                                 .kind = QT_MESSAGE_RECORD,
                                 .published_ns = bench->now_ns - MS,
                                 .record = {.kind = QT_RECORD_FILL, .seq = ++bench->seq}};
    return qt_bus_publish(bench->bus, &message, bench->now_ns, 1000 * bench->now_ns);
}

static void
note(struct bench *bench, enum qt_topic topic, const char *text)
{
    struct qt_message message = {.topic = (uint8_t)topic, .kind = QT_MESSAGE_NOTE};
    qt_copy(message.note.text, sizeof message.note.text, text);
    ck_assert_int_eq(qt_bus_publish(bench->bus, &message, bench->now_ns, 0), QT_BUS_DELIVERED);
}

static struct qt_bus_view
view(const struct bench *bench)
{
    struct qt_bus_view out;
    qt_bus_view(bench->bus, &out);
    return out;
}

/* Everything up to seq is there, once, in order. */
static void
check_complete(const struct bench *bench, uint64_t upto)
{
    ck_assert_uint_eq(bench->door.n, upto);
    for (unsigned i = 0; i < bench->door.n; i++)
        ck_assert_uint_eq(bench->door.seq[i], i + 1);
}

START_TEST(each_subscriber_gets_its_kind_and_topics)
{
    struct bench bench;
    struct qt_note_view notes[8];
    bench_init(&bench);
    note(&bench, QT_TOPIC_RISK, "heat");
    note(&bench, QT_TOPIC_SIGNAL, "not for the screen");
    ck_assert_int_eq(record(&bench), QT_BUS_DELIVERED);
    note(&bench, QT_TOPIC_MARKET, "calm");
    ck_assert_uint_eq(qt_bus_notes(bench.bus, bench.screen, notes, 8), 2);
    ck_assert_str_eq(notes[0].text, "calm");
    ck_assert_str_eq(notes[1].text, "heat");
    ck_assert_uint_eq(qt_bus_notes(bench.bus, bench.screen, notes, 1), 1);
    ck_assert_str_eq(notes[0].text, "calm");
    struct qt_bus_view seen = view(&bench);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_SIGNAL].published, 1);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_SIGNAL].delivered, 0);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_RISK].delivered, 1);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_TRADE].delivered, 1);
    ck_assert_int_eq(seen.topic[QT_TOPIC_TRADE].max_ns, MS);
    check_complete(&bench, 1);
    qt_bus_destroy(bench.bus);
}
END_TEST

START_TEST(the_oldest_goes_and_counts_only_when_nobody_saw_it)
{
    struct bench bench;
    struct qt_note_view notes[4];
    bench_init(&bench);
    note(&bench, QT_TOPIC_RISK, "0");
    for (int i = 1; i < 4; i++)
        note(&bench, QT_TOPIC_MARKET, "1");
    ck_assert_uint_eq(qt_bus_notes(bench.bus, bench.screen, notes, 4), 4);
    note(&bench, QT_TOPIC_MARKET, "2"); /* over a note that was seen */
    ck_assert_uint_eq(view(&bench).topic[QT_TOPIC_RISK].dropped, 0);
    note(&bench, QT_TOPIC_RISK, "3");
    for (int i = 0; i < 4; i++)
        note(&bench, QT_TOPIC_SYSTEM, "4");
    struct qt_bus_view seen = view(&bench);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_MARKET].dropped, 1);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_RISK].dropped, 1);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_SYSTEM].dropped, 0);
    ck_assert_uint_eq(qt_bus_notes(bench.bus, bench.screen, notes, 4), 4);
    ck_assert_str_eq(notes[3].text, "4");
    qt_bus_destroy(bench.bus);
}
END_TEST

START_TEST(what_is_not_taken_is_kept_with_its_reason_and_given_later_in_order)
{
    struct bench bench;
    bench_init(&bench);
    ck_assert_int_eq(record(&bench), QT_BUS_DELIVERED);
    bench.door.is_shut = true;
    ck_assert_int_eq(record(&bench), QT_BUS_WAITS);
    bench.now_ns += MS;
    bench.door.is_shut = false;
    ck_assert_int_eq(record(&bench), QT_BUS_WAITS); /* not before the one that waits */
    struct qt_bus_view seen = view(&bench);
    ck_assert_uint_eq(seen.dead, 2);
    ck_assert_uint_eq(seen.letters, 2);
    ck_assert_str_eq(seen.letter[0].subscriber, "store");
    ck_assert_str_eq(seen.letter[0].reason, "shut");
    ck_assert_str_eq(seen.letter[0].what, "fill");
    ck_assert_uint_eq(seen.letter[0].seq, 2);
    ck_assert_uint_eq(seen.letter[0].attempts, 1);
    ck_assert_int_eq(seen.letter[0].first_ns, 1000 * MS);
    ck_assert_uint_eq(seen.letter[1].attempts, 0);
    ck_assert_uint_eq(qt_bus_retry(bench.bus, bench.now_ns, 0, false), 2); /* too early */
    ck_assert_uint_eq(qt_bus_retry(bench.bus, bench.now_ns + QT_DEAD_FIRST_NS, 0, false), 0);
    ck_assert_int_eq(record(&bench), QT_BUS_DELIVERED);
    check_complete(&bench, 4);
    seen = view(&bench);
    ck_assert_uint_eq(seen.dead, 0);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_TRADE].dead, 2);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_TRADE].delivered, 4);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_TRADE].lost, 0);
    qt_bus_destroy(bench.bus);
}
END_TEST

START_TEST(tries_come_twice_as_far_apart_each_time_up_to_a_second)
{
    struct bench bench;
    bench_init(&bench);
    bench.door.is_shut = true;
    ck_assert_int_eq(record(&bench), QT_BUS_WAITS);
    int64_t begun = bench.now_ns, wait = QT_DEAD_FIRST_NS, at = begun + wait;
    for (int i = 0; i < 12; i++) {
        unsigned before = bench.door.tries;
        (void)qt_bus_retry(bench.bus, at - 1, 0, false);
        ck_assert_uint_eq(bench.door.tries, before);
        (void)qt_bus_retry(bench.bus, at, 0, false);
        ck_assert_uint_eq(bench.door.tries, before + 1);
        at += wait;
        wait = QT_MIN(2 * wait, QT_DEAD_LAST_NS);
    }
    ck_assert_int_eq(wait, QT_DEAD_LAST_NS);
    ck_assert_uint_eq(view(&bench).letter[0].attempts, 13);
    ck_assert_uint_eq(qt_bus_retry(bench.bus, 0, 0, true), 1); /* the last try asks for no time */
    ck_assert_uint_eq(view(&bench).letter[0].attempts, 14);
    qt_bus_destroy(bench.bus);
}
END_TEST

START_TEST(a_message_is_given_up_only_when_the_list_is_full)
{
    struct bench bench;
    bench_init(&bench);
    bench.door.is_shut = true;
    for (int i = 0; i < QT_DEAD_LETTERS; i++)
        ck_assert_int_eq(record(&bench), QT_BUS_WAITS);
    uint64_t whole = bench.seq;
    ck_assert_int_eq(record(&bench), QT_BUS_LOST);
    ck_assert_int_eq(record(&bench), QT_BUS_LOST);
    struct qt_bus_view seen = view(&bench);
    ck_assert_uint_eq(seen.topic[QT_TOPIC_TRADE].lost, 2);
    ck_assert_uint_eq(seen.dead, QT_DEAD_LETTERS);
    ck_assert_uint_eq(seen.letters, QT_VIEW_LETTERS);
    bench.door.is_shut = false;
    ck_assert_uint_eq(qt_bus_retry(bench.bus, 0, 0, true), 0);
    check_complete(&bench, whole);
    qt_bus_destroy(bench.bus);
}
END_TEST

START_TEST(there_is_room_for_so_many_subscribers_and_no_more)
{
    struct qt_bus *bus = qt_bus_create();
    const struct qt_subscriber one = {
        .name = "x", .kind = QT_MESSAGE_NOTE, .topics = QT_BUS_ALL, .capacity = 2};
    for (int i = 0; i < QT_BUS_SUBSCRIBERS; i++)
        ck_assert_int_eq(qt_bus_subscribe(bus, &one), i);
    ck_assert_int_eq(qt_bus_subscribe(bus, &one), -1);
    qt_bus_destroy(bus);
    qt_bus_destroy(NULL);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("bus");
    TCase *tc = tcase_create("bus");
    tcase_add_test(tc, each_subscriber_gets_its_kind_and_topics);
    tcase_add_test(tc, the_oldest_goes_and_counts_only_when_nobody_saw_it);
    tcase_add_test(tc, what_is_not_taken_is_kept_with_its_reason_and_given_later_in_order);
    tcase_add_test(tc, tries_come_twice_as_far_apart_each_time_up_to_a_second);
    tcase_add_test(tc, a_message_is_given_up_only_when_the_list_is_full);
    tcase_add_test(tc, there_is_room_for_so_many_subscribers_and_no_more);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

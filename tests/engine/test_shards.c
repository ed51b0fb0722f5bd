/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The threads that share the symbols, with an engine of this suite's own: what may never be
 * overtaken, lost or done twice, whoever does it, and that the work is evened out and stays so.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"

#include "qt_check.h"
#include "shard_priv.h"

enum { SYMBOLS = 640, EVENTS = 200000, HELD = 1 };

/* What the shards call; the partition's own is touched by its owner only. */
struct qt_engine {
    struct qt_shards *shards;
    uint64_t last[QT_PARTITIONS]; /* number of the last event */
    uint64_t done[QT_PARTITIONS];
    unsigned disorder[QT_PARTITIONS];
    unsigned emits_every; /* each so many events of a partition one output; 0: none */
    uint64_t outputs;
    atomic_uint measured[QT_PARTITIONS], left;
    cpu_set_t ran_on; /* where the handler of the last STATUS event was allowed to run */
    atomic_bool is_shut, is_held; /* the handler holds each event of partition HELD until let go */
    bool keeps_order;             /* only where one thread handles all events */
    uint32_t order[16], ordered;  /* instruments as they were handled */
    unsigned stuck;               /* partition whose measuring waits until all others are done */
    int64_t measured_ns;
};

static void
on_event(struct qt_engine *engine, const struct qt_event *event)
{
    unsigned p = event->instrument % QT_PARTITIONS;
    engine->disorder[p] += event->seq <= engine->last[p];
    engine->last[p] = event->seq;
    if (event->kind == QT_EVENT_STATUS)
        (void)pthread_getaffinity_np(pthread_self(), sizeof engine->ran_on, &engine->ran_on);
    engine->done[p]++;
    if (p == HELD && atomic_load(&engine->is_shut)) {
        atomic_store(&engine->is_held, true);
        while (atomic_load(&engine->is_shut))
            sched_yield();
    }
    if (engine->keeps_order && engine->ordered < QT_COUNT_OF(engine->order))
        engine->order[engine->ordered++] = event->instrument;
    if (engine->emits_every && engine->done[p] % engine->emits_every == 0)
        qt__shards_emit(engine->shards, &(struct qt_output){.kind = QT_OUT_MESSAGE});
}

static void
on_measure(struct qt_engine *engine, unsigned first, unsigned step, int64_t t_ns)
{
    ck_assert_uint_eq(step, QT_PARTITIONS);
    ck_assert_int_eq(t_ns, engine->measured_ns);
    while (first == engine->stuck && atomic_load(&engine->left) > 1)
        sched_yield();
    atomic_fetch_add(&engine->measured[first], 1);
    atomic_fetch_sub(&engine->left, 1);
}

static void
on_output(struct qt_engine *engine, const struct qt_output *output)
{
    ck_assert_int_eq(output->kind, QT_OUT_MESSAGE);
    engine->outputs++;
}

static struct qt_engine *
start_on(unsigned workers, const struct qt_cores *cores)
{
    struct qt_error err = {0};
    struct qt_engine *engine = calloc(1, sizeof *engine);
    ck_assert_ptr_nonnull(engine);
    const struct qt_shard_work work = {
        .engine = engine, .event = on_event, .measure = on_measure, .output = on_output};
    engine->stuck = QT_PARTITIONS;
    engine->shards = qt__shards_create(workers, cores, &work, &err);
    ck_assert_msg(engine->shards != NULL, "%s", err.text);
    return engine;
}

static struct qt_engine *
start(unsigned workers)
{
    return start_on(workers, &(struct qt_cores){0});
}

static void
stop(struct qt_engine *engine)
{
    qt__shards_destroy(engine->shards);
    free(engine);
}

static void
measure(struct qt_engine *engine, int64_t t_ns)
{
    engine->measured_ns = t_ns;
    atomic_store(&engine->left, QT_PARTITIONS);
    qt__shards_measure(engine->shards, t_ns);
    ck_assert_uint_eq(atomic_load(&engine->left), 0);
}

/* Nine events in ten to the symbols of two partitions, which change every tenth of the run. */
static uint32_t
instrument_of(struct qt_rng *rng, unsigned i)
{
    unsigned hot = i / (EVENTS / 10) * 5 % QT_PARTITIONS;
    if (qt_rng_below(rng, 10) == 0)
        return (uint32_t)qt_rng_below(rng, SYMBOLS);
    return (hot + (uint32_t)qt_rng_below(rng, 2)) % QT_PARTITIONS +
           QT_PARTITIONS * (uint32_t)qt_rng_below(rng, SYMBOLS / QT_PARTITIONS);
}

static const unsigned worker_counts[] = {2, 3, 8};

START_TEST(events_of_a_partition_are_never_overtaken_lost_or_doubled)
{
    struct qt_engine *engine = start(worker_counts[_i]);
    struct qt_rng rng;
    struct qt_shards_view view;
    uint64_t pushed[QT_PARTITIONS] = {0};
    qt_rng_init(&rng, 7);
    engine->emits_every = 3;
    for (unsigned i = 0; i < EVENTS; i++) {
        struct qt_event event = {.seq = i + 1, .instrument = instrument_of(&rng, i)};
        pushed[event.instrument % QT_PARTITIONS]++;
        qt__shards_push(engine->shards, &event);
        if (i % 1500 != 1499)
            continue;
        measure(engine, i);
        uint8_t lane[QT_PARTITIONS];
        for (unsigned p = 0; p < QT_PARTITIONS; p++)
            lane[p] = (uint8_t)qt_rng_below(&rng, QT_LANES);
        qt__shards_set_lanes(engine->shards, lane);
    }
    qt__shards_meet(engine->shards);
    uint64_t outputs = 0;
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        ck_assert_uint_eq(engine->done[p], pushed[p]);
        ck_assert_uint_eq(engine->disorder[p], 0);
        outputs += pushed[p] / 3;
    }
    ck_assert_uint_eq(engine->outputs, outputs);
    qt__shards_view(engine->shards, &view);
    ck_assert_uint_eq(view.workers, worker_counts[_i]);
    ck_assert_uint_gt(view.moves, 0); /* partitions did change hands on the way */
    stop(engine);
}
END_TEST

START_TEST(each_partition_is_measured_once_and_a_slow_one_holds_up_no_other)
{
    struct qt_engine *engine = start(worker_counts[_i]);
    for (unsigned round = 0; round < 200; round++) {
        engine->stuck = round % QT_PARTITIONS; /* done last, though it was taken in its turn */
        measure(engine, round);
    }
    for (unsigned p = 0; p < QT_PARTITIONS; p++)
        ck_assert_uint_eq(engine->measured[p], 200);
    stop(engine);
}
END_TEST

/* A slow handler at work on an event of the rest, more of the rest behind it, then one of the top
 * and one of a position: these are next, in this order, and the rest stays in its own. */
START_TEST(position_is_served_before_the_top_and_the_top_before_the_rest)
{
    static const uint32_t pushed[] = {HELD, 3, 5, HELD + QT_PARTITIONS, 7, 9, 11};
    static const uint32_t served[] = {HELD, 11, 9, 3, 5, HELD + QT_PARTITIONS, 7};
    struct qt_engine *engine = start(2); /* odd partitions are shard 1's */
    engine->keeps_order = true;
    uint8_t lane[QT_PARTITIONS];
    memset(lane, QT_LANE_REST, sizeof lane);
    lane[9] = QT_LANE_TOP;
    lane[11] = QT_LANE_POSITIONS;
    qt__shards_set_lanes(engine->shards, lane);
    atomic_store(&engine->is_shut, true);
    for (unsigned i = 0; i < QT_COUNT_OF(pushed); i++) {
        qt__shards_push(engine->shards, &(struct qt_event){.seq = i + 1, .instrument = pushed[i]});
        qt__shards_kick(engine->shards);
        while (!atomic_load(&engine->is_held)) /* the first one is being handled */
            sched_yield();
    }
    atomic_store(&engine->is_shut, false);
    qt__shards_meet(engine->shards);
    ck_assert_uint_eq(engine->ordered, QT_COUNT_OF(served));
    for (unsigned i = 0; i < QT_COUNT_OF(served); i++)
        ck_assert_uint_eq(engine->order[i], served[i]);
    stop(engine);
}
END_TEST

/* The lane of the rest is full to its end, behind an event that is held up: the position's event
 * is the second to be handled. Nothing is lost, and the wait is counted. */
START_TEST(full_ring_of_the_rest_delays_no_position_and_loses_nothing)
{
    enum { ROOM = 8192 };
    struct qt_engine *engine = start(2);
    engine->keeps_order = true;
    struct qt_shards_view view;
    uint8_t lane[QT_PARTITIONS];
    memset(lane, QT_LANE_REST, sizeof lane);
    lane[11] = QT_LANE_POSITIONS;
    qt__shards_set_lanes(engine->shards, lane);
    atomic_store(&engine->is_shut, true);
    qt__shards_push(engine->shards, &(struct qt_event){.seq = 1, .instrument = HELD});
    qt__shards_kick(engine->shards);
    while (!atomic_load(&engine->is_held))
        sched_yield();
    ck_assert(!qt__shards_are_high(engine->shards));
    for (unsigned i = 0; i < ROOM; i++)
        qt__shards_push(engine->shards, &(struct qt_event){.seq = i + 2, .instrument = 3});
    qt__shards_push(engine->shards, &(struct qt_event){.seq = ROOM + 2, .instrument = 11});
    ck_assert(qt__shards_are_high(engine->shards));
    atomic_store(&engine->is_shut, false);
    qt__shards_push(engine->shards, &(struct qt_event){.seq = ROOM + 3, .instrument = 3});
    qt__shards_meet(engine->shards);
    ck_assert_uint_eq(engine->order[0], HELD);
    ck_assert_uint_eq(engine->order[1], 11);
    ck_assert_uint_eq(engine->done[3], ROOM + 1);
    ck_assert_uint_eq(engine->disorder[3], 0);
    qt__shards_view(engine->shards, &view);
    ck_assert_uint_le(view.waits_in, 1);
    stop(engine);
}
END_TEST

START_TEST(worker_stays_on_its_core)
{
    struct qt_error err = {0};
    struct qt_cores cores;
    cpu_set_t allowed;
    char text[16];
    ck_assert_int_eq(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET((size_t)last, &allowed))
        last--;
    snprintf(text, sizeof text, "%d", last);
    ck_assert_msg(qt__cores_parse(text, &cores, &err), "%s", err.text);
    struct qt_engine *engine = start_on(2, &cores);
    qt__shards_push(engine->shards,
                    &(struct qt_event){.seq = 1, .instrument = 1, .kind = QT_EVENT_STATUS});
    qt__shards_meet(engine->shards);
    ck_assert_int_eq(CPU_COUNT(&engine->ran_on), 1);
    ck_assert(CPU_ISSET((size_t)last, &engine->ran_on));
    stop(engine);
}
END_TEST

static const struct {
    const char *text, *error;
} core_rows[] = {
    {"", NULL},
    {"1023", "engine.cores: core 1023 is not there for this process"},
    {"0-1023", "is not there for this process"},
    {"1024", "engine.cores: '1024' is no list of cores: write \"0,2,4-7\""},
    {"99999999999999999999", "is no list of cores"},
    {"one", "is no list of cores"},
    {"-1", "is no list of cores"},
    {"0,", "is no list of cores"},
    {",0", "is no list of cores"},
    {"0 1", "is no list of cores"},
    {"3-1", "is no list of cores"},
    {"0-", "is no list of cores"},
};

START_TEST(list_of_cores_is_read_or_refused_with_its_reason)
{
    struct qt_error err = {0};
    struct qt_cores cores = {.n = 77};
    bool is_good = qt__cores_parse(core_rows[_i].text, &cores, &err);
    ck_assert_int_eq(is_good, core_rows[_i].error == NULL);
    ck_assert_uint_eq(cores.n, is_good ? 0 : 77); /* untouched on failure */
    if (is_good)
        return;
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert_msg(strstr(err.text, core_rows[_i].error) != NULL, "%s", err.text);
}
END_TEST

static uint64_t
load_of(const struct qt_shares *shares, const uint32_t events[QT_PARTITIONS], unsigned shard)
{
    uint64_t load = 0, all = 0;
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        load += shares->owner[p] == shard ? events[p] : 0;
        all += events[p];
    }
    return load + (shard == 0 ? all / 2 : 0);
}

START_TEST(uneven_load_is_evened_out)
{
    struct qt_shares shares;
    uint32_t events[QT_PARTITIONS];
    uint64_t all = 0;
    qt__shares_init(&shares, 4);
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        events[p] = p % 4 == 1 ? 1000 : 50; /* all the load at shard 1 */
        all += events[p];
    }
    ck_assert_uint_gt(load_of(&shares, events, 1), all * 3 / 4);
    for (unsigned look = 0; look < 100; look++) {
        memcpy(shares.events, events, sizeof events);
        ck_assert_uint_le(qt__shares_look(&shares), 8);
    }
    /* what shard 0 does besides is its fair share already: the other three have the symbols */
    for (unsigned i = 1; i < shares.workers; i++)
        ck_assert_uint_le(load_of(&shares, events, i), all / 3 * 5 / 4);
    ck_assert_uint_le(load_of(&shares, events, 0), all / 2 + all / 20);
    ck_assert_uint_gt(shares.moves, 0);
}
END_TEST

START_TEST(even_load_moves_nothing_for_its_noise)
{
    struct qt_shares shares;
    struct qt_rng rng;
    qt_rng_init(&rng, 11);
    qt__shares_init(&shares, 4);
    uint64_t settled = 0;
    for (unsigned look = 0; look < 2000; look++) {
        for (unsigned p = 0; p < QT_PARTITIONS; p++)
            shares.events[p] = 700 + (uint32_t)qt_rng_below(&rng, 600); /* 30 % up and down */
        (void)qt__shares_look(&shares);
        if (look == 100)
            settled = shares.moves;
    }
    ck_assert_uint_eq(shares.moves, settled);
}
END_TEST

START_TEST(little_load_moves_nothing)
{
    struct qt_shares shares;
    qt__shares_init(&shares, 4);
    for (unsigned look = 0; look < 100; look++) {
        shares.events[1] = 200; /* one partition has it all */
        ck_assert_uint_eq(qt__shares_look(&shares), 0);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("shards");
    TCase *tc = tcase_create("threads");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, events_of_a_partition_are_never_overtaken_lost_or_doubled, 0,
                        QT_COUNT_OF(worker_counts));
    tcase_add_loop_test(tc, each_partition_is_measured_once_and_a_slow_one_holds_up_no_other, 0,
                        QT_COUNT_OF(worker_counts));
    tcase_add_test(tc, position_is_served_before_the_top_and_the_top_before_the_rest);
    tcase_add_test(tc, full_ring_of_the_rest_delays_no_position_and_loses_nothing);
    tcase_add_test(tc, worker_stays_on_its_core);
    tcase_add_loop_test(tc, list_of_cores_is_read_or_refused_with_its_reason, 0,
                        QT_COUNT_OF(core_rows));
    suite_add_tcase(suite, tc);
    tc = tcase_create("shares");
    tcase_add_test(tc, uneven_load_is_evened_out);
    tcase_add_test(tc, even_load_moves_nothing_for_its_noise);
    tcase_add_test(tc, little_load_moves_nothing);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of base: what every tick pays for numbers, maps and rings. A slower figure here is
 * paid once or more by each event of each symbol.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "qtrade/base/fixed.h"
#include "qtrade/base/hist.h"
#include "qtrade/base/map.h"
#include "qtrade/base/num.h"
#include "qtrade/base/ring.h"
#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"

#include "bench_priv.h"

#define EVENT_BYTES 128 /* of an event in a ring */
#define KEYS 4096       /* entries of a map */
#define TEXTS 1024      /* prices to parse */
#define PATIENCE 4096   /* looks of who spins before it gives its core away */

struct element {
    unsigned char bytes[EVENT_BYTES];
};

/* --- rings --- */

struct hop {
    struct qt_spsc *out, *back;
    pthread_t thread;
    bool has_thread;
    bool is_patient; /* spins long before it gives its core away; set before the thread starts */
    atomic_bool is_over; /* release in hop_end, acquire in hop_echo */
};

static void
hop_end(void *state)
{
    struct hop *hop = state;
    atomic_store_explicit(&hop->is_over, true, memory_order_release);
    if (hop->has_thread)
        pthread_join(hop->thread, NULL);
    qt_spsc_destroy(hop->out);
    qt_spsc_destroy(hop->back);
    free(hop);
}

/* After a look at an empty or full ring; *looks of them in a row. */
static void
wait_a_little(const struct hop *hop, unsigned *looks)
{
    if (!hop->is_patient || ++*looks % PATIENCE == 0)
        sched_yield();
#if defined(__x86_64__) || defined(__i386__)
    else
        __builtin_ia32_pause();
#endif
}

/* The other side: spins, gives its core away when there is nothing, sends back what comes. */
static void *
hop_echo(void *context)
{
    struct hop *hop = context;
    struct element element;
    unsigned looks = 0;
    while (!atomic_load_explicit(&hop->is_over, memory_order_acquire)) {
        if (qt_spsc_pop(hop->out, &element) && qt_spsc_push(hop->back, &element))
            looks = 0;
        else
            wait_a_little(hop, &looks);
    }
    return NULL;
}

static void *
hop_start(bool with_thread, bool is_patient)
{
    struct hop *hop = calloc(1, sizeof *hop);
    if (!hop)
        return NULL;
    hop->is_patient = is_patient;
    hop->out = qt_spsc_create(sizeof(struct element), 1024);
    hop->back = qt_spsc_create(sizeof(struct element), 1024);
    hop->has_thread = with_thread && hop->out && hop->back &&
                      pthread_create(&hop->thread, NULL, hop_echo, hop) == 0;
    if (!hop->out || !hop->back || hop->has_thread != with_thread) {
        hop_end(hop);
        return NULL;
    }
    return hop;
}

static void *
local_start(void)
{
    return hop_start(false, false);
}

static void *
across_start(void)
{
    return hop_start(true, false);
}

static void *
patient_start(void)
{
    return hop_start(true, true);
}

static uint64_t
local_work(void *state, size_t batch)
{
    struct hop *hop = state;
    struct element element = {{0}};
    uint64_t sum = 0;
    for (size_t i = 0; i < batch; i++) {
        element.bytes[0] = (unsigned char)i;
        if (qt_spsc_push(hop->out, &element) && qt_spsc_pop(hop->out, &element))
            sum += element.bytes[0];
    }
    return sum;
}

static uint64_t
round_trips(struct hop *hop, size_t n)
{
    struct element element = {{0}};
    uint64_t sum = 0;
    unsigned looks = 0;
    for (size_t i = 0; i < n; i++) {
        while (!qt_spsc_push(hop->out, &element))
            wait_a_little(hop, &looks);
        while (!qt_spsc_pop(hop->back, &element))
            wait_a_little(hop, &looks);
        sum += element.bytes[0] + 1u;
    }
    return sum;
}

static uint64_t
across_work(void *state, size_t batch)
{
    return round_trips(state, batch);
}

/* One way is half the way there and back: the clocks of two cores need not agree. */
static uint64_t
one_way_work(void *state, size_t batch)
{
    return round_trips(state, batch / 2);
}

/* --- histogram --- */

static void *
hist_start(void)
{
    struct qt_hist *hist = malloc(sizeof *hist);
    if (hist)
        qt_hist_init(hist);
    return hist;
}

static uint64_t
hist_work(void *state, size_t batch)
{
    struct qt_hist *hist = state;
    for (size_t i = 0; i < batch; i++)
        qt_hist_add(hist, (int64_t)(i * i));
    return hist->n;
}

/* --- maps --- */

struct keys {
    struct qt_map *map;
    struct qt_textmap *textmap;
    uint64_t keys[KEYS];
    char texts[KEYS][24];
    size_t lengths[KEYS];
};

static void
keys_end(void *state)
{
    struct keys *keys = state;
    qt_map_destroy(keys->map);
    qt_textmap_destroy(keys->textmap);
    free(keys);
}

static bool
keys_fill(struct keys *keys)
{
    struct qt_rng rng;
    qt_rng_init(&rng, QT_BENCH_SEED);
    for (size_t i = 0; i < KEYS; i++) {
        struct qt_text text;
        keys->keys[i] = qt_rng_next(&rng) >> 1;
        qt_text_init(&text, keys->texts[i], sizeof keys->texts[i]);
        qt_text_addf(&text, "SYM%zuUSDT", i);
        keys->lengths[i] = text.length;
        if (!qt_map_put(keys->map, keys->keys[i], i) ||
            !qt_textmap_put(keys->textmap, keys->texts[i], keys->lengths[i], i))
            return false;
    }
    return true;
}

static void *
keys_start(void)
{
    struct keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        return NULL;
    keys->map = qt_map_create(KEYS);
    keys->textmap = qt_textmap_create(KEYS);
    if (!keys->map || !keys->textmap || !keys_fill(keys)) {
        keys_end(keys);
        return NULL;
    }
    return keys;
}

static uint64_t
map_work(void *state, size_t batch)
{
    struct keys *keys = state;
    uint64_t sum = 0, value = 0;
    for (size_t i = 0; i < batch; i++)
        if (qt_map_get(keys->map, keys->keys[i * 37 % KEYS], &value))
            sum += value;
    return sum;
}

static uint64_t
textmap_work(void *state, size_t batch)
{
    struct keys *keys = state;
    uint64_t sum = 0, value = 0;
    for (size_t i = 0; i < batch; i++) {
        size_t at = i * 37 % KEYS;
        if (qt_textmap_get(keys->textmap, keys->texts[at], keys->lengths[at], &value))
            sum += value;
    }
    return sum;
}

/* --- numbers --- */

struct numbers {
    char texts[TEXTS][QT_DECIMAL_TEXT];
    qt_px px[TEXTS];
    qt_qty qty[TEXTS];
    double x[TEXTS];
};

static bool
numbers_fill(struct numbers *numbers)
{
    struct qt_rng rng;
    qt_rng_init(&rng, QT_BENCH_SEED);
    for (size_t i = 0; i < TEXTS; i++) {
        char qty[QT_DECIMAL_TEXT];
        qt_decimal_format(1 + (int64_t)qt_rng_below(&rng, 9999999), 2, numbers->texts[i]);
        qt_decimal_format(1 + (int64_t)qt_rng_below(&rng, 9999999), 5, qty);
        if (!qt_px_parse(numbers->texts[i], 2, &numbers->px[i]) ||
            !qt_qty_parse(qty, 5, &numbers->qty[i]))
            return false;
        numbers->x[i] = 4.0 * qt_rng_normal(&rng);
    }
    return true;
}

static void *
numbers_start(void)
{
    struct numbers *numbers = calloc(1, sizeof *numbers);
    if (numbers)
        qt_assert(numbers_fill(numbers));
    return numbers;
}

static uint64_t
parse_work(void *state, size_t batch)
{
    const struct numbers *numbers = state;
    uint64_t sum = 0;
    for (size_t i = 0; i < batch; i++) {
        qt_px px;
        sum += qt_px_parse(numbers->texts[i % TEXTS], 2, &px) && !qt_px_is_none(px);
    }
    return sum;
}

static uint64_t
notional_work(void *state, size_t batch)
{
    const struct numbers *numbers = state;
    uint64_t sum = 0;
    for (size_t i = 0; i < batch; i++) {
        qt_money money;
        sum += qt_notional(numbers->px[i % TEXTS], 2, numbers->qty[i % TEXTS], 5, QT_MONEY_SCALE,
                           &money) &&
               qt_money_cmp(money, QT_MONEY_ZERO) > 0;
    }
    return sum;
}

static uint64_t
exp_work(void *state, size_t batch)
{
    const struct numbers *numbers = state;
    uint64_t sum = 0;
    for (size_t i = 0; i < batch; i++)
        sum += qt_exp(numbers->x[i % TEXTS]) > 1.0;
    return sum;
}

const struct qt_benchmark qt_bench_base[] = {
    {.name = "base.decimal_parse",
     .help = "a price from its decimal text",
     .samples = 2000,
     .batch = 1000,
     .start = numbers_start,
     .work = parse_work,
     .end = free},
    {.name = "base.exp",
     .help = "one qt_exp",
     .samples = 2000,
     .batch = 1000,
     .start = numbers_start,
     .work = exp_work,
     .end = free},
    {.name = "base.histogram_add",
     .help = "one value into a histogram",
     .samples = 2000,
     .batch = 1000,
     .start = hist_start,
     .work = hist_work,
     .end = free},
    {.name = "base.map_get",
     .help = "one of 4096 keys found",
     .samples = 2000,
     .batch = 1000,
     .start = keys_start,
     .work = map_work,
     .end = keys_end},
    {.name = "base.notional",
     .help = "price x quantity as money",
     .samples = 2000,
     .batch = 1000,
     .start = numbers_start,
     .work = notional_work,
     .end = free},
    {.name = "base.ring",
     .help = "an event pushed and popped on one thread",
     .samples = 2000,
     .batch = 1000,
     .start = local_start,
     .work = local_work,
     .end = hop_end},
    {.name = "base.ring_one_way",
     .help = "an event to a thread that spins without a pause: one hop",
     .samples = 1000,
     .batch = 200,
     .start = patient_start,
     .work = one_way_work,
     .end = hop_end},
    {.name = "base.ring_round_trip",
     .help = "an event to a spinning thread and back: two hops",
     .samples = 1000,
     .batch = 20,
     .start = across_start,
     .work = across_work,
     .end = hop_end},
    {.name = "base.textmap_get",
     .help = "one of 4096 symbols found",
     .samples = 2000,
     .batch = 1000,
     .start = keys_start,
     .work = textmap_work,
     .end = keys_end},
    {0}};

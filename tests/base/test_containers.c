/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps and rings against naive ones, and rings between two threads. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/arena.h"
#include "qtrade/base/hist.h"
#include "qtrade/base/map.h"
#include "qtrade/base/ring.h"
#include "qtrade/base/rng.h"

enum { KEYS = 64, MOST = 40, MESSAGES = 200000, PRODUCERS = 3 };

START_TEST(a_map_does_what_an_array_does)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 3);
    struct qt_map *map = qt_map_create(MOST);
    uint64_t value[KEYS], seen;
    bool is_there[KEYS] = {0};
    size_t n = 0;
    for (int i = 0; i < qt_rounds(200000); i++) {
        uint64_t key = qt_rng_below(&rng, KEYS), k = key * 4096; /* collide in the low bits */
        if (qt_rng_below(&rng, 2)) {
            bool fits = is_there[key] || n < MOST;
            ck_assert_int_eq(qt_map_put(map, k, (uint64_t)i), fits);
            n += fits && !is_there[key];
            is_there[key] |= fits;
            value[key] = fits ? (uint64_t)i : value[key];
        } else {
            ck_assert_int_eq(qt_map_remove(map, k), is_there[key]);
            n -= is_there[key];
            is_there[key] = false;
        }
        uint64_t look = qt_rng_below(&rng, KEYS);
        ck_assert_int_eq(qt_map_get(map, look * 4096, &seen), is_there[look]);
        ck_assert(!is_there[look] || seen == value[look]);
        ck_assert_uint_eq(qt_map_count(map), n);
    }
    qt_map_destroy(map);
}
END_TEST

START_TEST(a_text_map_keeps_its_keys_apart)
{
    struct qt_textmap *map = qt_textmap_create(1000);
    char key[32];
    uint64_t v;
    for (uint64_t i = 0; i < 1000; i++) {
        int n = snprintf(key, sizeof key, "K%luUSDT", (unsigned long)i);
        ck_assert(qt_textmap_put(map, key, (size_t)n, i));
    }
    ck_assert(!qt_textmap_put(map, "ONEMORE", 7, 1));
    for (uint64_t i = 0; i < 1000; i += 2) {
        int n = snprintf(key, sizeof key, "K%luUSDT", (unsigned long)i);
        ck_assert(qt_textmap_remove(map, key, (size_t)n));
    }
    for (uint64_t i = 0; i < 1000; i++) {
        int n = snprintf(key, sizeof key, "K%luUSDT", (unsigned long)i);
        ck_assert_int_eq(qt_textmap_get(map, key, (size_t)n, &v), i & 1);
        ck_assert(!(i & 1) || v == i);
    }
    ck_assert(!qt_textmap_put(map, "", 0, 1));
    qt_textmap_destroy(map);
}
END_TEST

START_TEST(a_text_map_tells_any_two_texts_apart)
{
    struct qt_textmap *map = qt_textmap_create(2000);
    char key[48] = {0};
    uint64_t v, n = 0;
    for (size_t length = 1; length < 48; length++) /* the same but for one byte, NUL among them */
        for (size_t at = 0; at < length; at++) {
            memset(key, 0, sizeof key);
            ck_assert(at > 0 || qt_textmap_put(map, key, length, n++));
            key[at] = 'x';
            ck_assert(!qt_textmap_get(map, key, length, &v));
            ck_assert(qt_textmap_put(map, key, length, n++));
            ck_assert(qt_textmap_get(map, key, length, &v) && v == n - 1);
        }
    ck_assert_uint_eq(qt_textmap_count(map), n);
    ck_assert(!qt_textmap_put(map, key, 48, 1));
    qt_textmap_destroy(map);
}
END_TEST

static void *
produce(void *argument)
{
    for (uint64_t i = 1; i <= MESSAGES;)
        i += qt_spsc_push(argument, &i);
    return NULL;
}

START_TEST(a_ring_of_two_threads_loses_and_reorders_nothing)
{
    struct qt_spsc *ring = qt_spsc_create(sizeof(uint64_t), 256);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, produce, ring), 0);
    for (uint64_t want = 1, got; want <= MESSAGES;)
        if (qt_spsc_pop(ring, &got)) {
            ck_assert_uint_eq(got, want);
            want++;
        }
    pthread_join(thread, NULL);
    ck_assert_uint_eq(qt_spsc_count(ring), 0);
    qt_spsc_destroy(ring);
}
END_TEST

struct producer {
    struct qt_mpsc *ring;
    uint64_t number;
};

static void *
produce_many(void *argument)
{
    struct producer *me = argument;
    for (uint64_t i = 1; i <= MESSAGES / 4;) {
        uint64_t message = me->number << 32 | i;
        i += qt_mpsc_push(me->ring, &message);
    }
    return NULL;
}

START_TEST(a_ring_of_many_producers_keeps_the_order_of_each)
{
    struct qt_mpsc *ring = qt_mpsc_create(sizeof(uint64_t), 128);
    pthread_t thread[PRODUCERS];
    struct producer producer[PRODUCERS];
    uint64_t last[PRODUCERS] = {0}, message, n = 0;
    for (uint64_t i = 0; i < PRODUCERS; i++) {
        producer[i] = (struct producer){ring, i};
        ck_assert_int_eq(pthread_create(&thread[i], NULL, produce_many, &producer[i]), 0);
    }
    while (n < PRODUCERS * (uint64_t)(MESSAGES / 4))
        if (qt_mpsc_pop(ring, &message)) {
            ck_assert_uint_eq(message & UINT32_MAX, ++last[message >> 32]);
            n++;
        }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(thread[i], NULL);
    ck_assert(!qt_mpsc_pop(ring, &message));
    qt_mpsc_destroy(ring);
}
END_TEST

START_TEST(a_full_ring_says_no_and_keeps_what_it_has)
{
    struct qt_spsc *ring = qt_spsc_create(sizeof(int), 4);
    int n = 0, got;
    while (qt_spsc_push(ring, &n))
        n++;
    ck_assert_int_eq(n, 4);
    for (int i = 0; i < 4; i++)
        ck_assert(qt_spsc_pop(ring, &got) && got == i);
    ck_assert(!qt_spsc_pop(ring, &got));
    qt_spsc_destroy(ring);
}
END_TEST

START_TEST(a_quantile_is_within_its_bucket)
{
    struct qt_hist hist;
    qt_hist_init(&hist);
    for (int64_t v = 1; v <= 1000000; v++)
        hist.n < 1000000 ? qt_hist_add(&hist, v) : (void)0;
    ck_assert_double_eq_tol((double)qt_hist_quantile(&hist, 0.5), 500000, 500000 * 0.032);
    ck_assert_double_eq_tol((double)qt_hist_quantile(&hist, 0.99), 990000, 990000 * 0.032);
    ck_assert_int_eq(qt_hist_quantile(&hist, 1), 1000000);
}
END_TEST

START_TEST(an_arena_is_zeroed_aligned_and_bounded)
{
    struct qt_arena *arena = qt_arena_create(1000);
    unsigned char *p = qt_arena_take(arena, 100, 64);
    ck_assert(p && (uintptr_t)p % 64 == 0);
    memset(p, 0xff, 100);
    ck_assert_ptr_null(qt_arena_take(arena, 1000, 8));
    qt_arena_clear(arena);
    p = qt_arena_take(arena, 100, 64);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(p[i], 0);
    qt_arena_destroy(arena);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("containers");
    TCase *tc = tcase_create("containers");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_map_does_what_an_array_does);
    tcase_add_test(tc, a_text_map_keeps_its_keys_apart);
    tcase_add_test(tc, a_text_map_tells_any_two_texts_apart);
    tcase_add_test(tc, a_ring_of_two_threads_loses_and_reorders_nothing);
    tcase_add_test(tc, a_ring_of_many_producers_keeps_the_order_of_each);
    tcase_add_test(tc, a_full_ring_says_no_and_keeps_what_it_has);
    tcase_add_test(tc, a_quantile_is_within_its_bucket);
    tcase_add_test(tc, an_arena_is_zeroed_aligned_and_bounded);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

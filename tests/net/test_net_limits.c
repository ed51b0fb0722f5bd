/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Back-off, limiter, bucket, breaker: pure, time passed in.
 */
#include "qt_check.h"

#include "qtrade/base/attr.h"
#include "qtrade/base/time.h"
#include "qtrade/net/backoff.h"
#include "qtrade/net/breaker.h"
#include "qtrade/net/connects.h"
#include "qtrade/net/limiter.h"

#define MS QT_NS_PER_MS
#define S QT_NS_PER_S

START_TEST(backoff_doubles_to_its_cap_and_jitters_in_the_upper_half)
{
    struct qt_backoff backoff;
    qt_backoff_init(&backoff, 100 * MS, 3000 * MS, 10 * S, 7);
    const int64_t highs[] = {100, 200, 400, 800, 1600, 3000, 3000, 3000};
    for (size_t i = 0; i < QT_COUNT_OF(highs); i++) {
        int64_t wait = qt_backoff_down(&backoff, (int64_t)i * S);
        ck_assert_int_le(wait, highs[i] * MS);
        ck_assert_int_ge(wait, highs[i] * MS / 2);
    }
}
END_TEST

START_TEST(backoff_starts_again_only_after_a_stable_connection)
{
    struct qt_backoff backoff;
    qt_backoff_init(&backoff, 100 * MS, 60 * S, 10 * S, 1);
    for (int i = 0; i < 6; i++)
        (void)qt_backoff_down(&backoff, i * S);
    qt_backoff_up(&backoff, 100 * S);
    int64_t short_lived = qt_backoff_down(&backoff, 109 * S); /* accepted, cut after 9 s */
    ck_assert_int_ge(short_lived, 3200 * MS);
    qt_backoff_up(&backoff, 200 * S);
    int64_t stable = qt_backoff_down(&backoff, 210 * S);
    ck_assert_int_le(stable, 100 * MS);
    ck_assert_int_ge(stable, 50 * MS);
}
END_TEST

START_TEST(backoffs_of_different_seeds_spread_out)
{
    int64_t low = INT64_MAX, high = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct qt_backoff backoff;
        qt_backoff_init(&backoff, 10 * S, 10 * S, 0, seed);
        int64_t wait = qt_backoff_down(&backoff, 0);
        low = QT_MIN(low, wait);
        high = QT_MAX(high, wait);
    }
    ck_assert_int_lt(low, 5500 * MS); /* of 5..10 s both ends are reached */
    ck_assert_int_gt(high, 9500 * MS);
}
END_TEST

static const struct qt_limit limits[] = {
    {.kind = QT_LIMIT_WEIGHT, .interval_ns = 60 * S, .limit = 100, .reserve = 20},
    {.kind = QT_LIMIT_ORDERS, .interval_ns = 10 * S, .limit = 5, .reserve = 0},
};

static enum qt_limiter_verdict
take(struct qt_limiter *limiter, int64_t now_ns, int64_t weight, int64_t orders, bool is_cancel,
     int64_t *out_wait)
{
    struct qt_limit_cost cost = {.is_cancel = is_cancel};
    cost.amount[QT_LIMIT_WEIGHT] = weight;
    cost.amount[QT_LIMIT_ORDERS] = orders;
    return qt_limiter_take(limiter, now_ns, &cost, out_wait);
}

START_TEST(limiter_keeps_its_reserve_for_cancels)
{
    struct qt_limiter limiter;
    int64_t wait;
    qt_limiter_init(&limiter, limits, QT_COUNT_OF(limits));
    ck_assert_int_eq(take(&limiter, 61 * S, 80, 0, false, &wait), QT_LIMITER_GO);
    ck_assert_int_eq(take(&limiter, 62 * S, 1, 0, false, &wait), QT_LIMITER_WAIT);
    ck_assert_int_eq(wait, 58 * S);
    ck_assert_int_eq(take(&limiter, 62 * S, 20, 0, true, &wait), QT_LIMITER_GO);
    ck_assert_int_eq(take(&limiter, 62 * S, 1, 0, true, &wait), QT_LIMITER_WAIT);
    ck_assert_int_eq(take(&limiter, 120 * S, 80, 0, false, &wait), QT_LIMITER_GO);
}
END_TEST

START_TEST(limiter_takes_from_all_windows_or_from_none)
{
    struct qt_limiter limiter;
    int64_t wait;
    qt_limiter_init(&limiter, limits, QT_COUNT_OF(limits));
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(take(&limiter, 0, 1, 1, false, &wait), QT_LIMITER_GO);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(take(&limiter, 1 * S, 1, 1, false, &wait), QT_LIMITER_WAIT);
    ck_assert_int_eq(wait, 9 * S);
    ck_assert_int_eq(take(&limiter, 1 * S, 75, 0, false, &wait), QT_LIMITER_GO);
}
END_TEST

START_TEST(limiter_never_gives_budget_back_when_the_clock_steps_back)
{
    struct qt_limiter limiter;
    int64_t wait;
    qt_limiter_init(&limiter, limits, 1);
    ck_assert_int_eq(take(&limiter, 600 * S, 80, 0, false, &wait), QT_LIMITER_GO);
    ck_assert_int_eq(take(&limiter, 60 * S, 1, 0, false, &wait), QT_LIMITER_WAIT);
    ck_assert_int_gt(wait, 0);
}
END_TEST

START_TEST(limiter_learns_what_the_venue_counted)
{
    struct qt_limiter limiter;
    int64_t wait;
    qt_limiter_init(&limiter, limits, 2);
    qt_limiter_seen(&limiter, 0, QT_LIMIT_WEIGHT, 60 * S, 79);
    ck_assert_int_eq(take(&limiter, 0, 2, 0, false, &wait), QT_LIMITER_WAIT);
    ck_assert_int_eq(take(&limiter, 0, 1, 0, false, &wait), QT_LIMITER_GO);
    qt_limiter_seen(&limiter, 0, QT_LIMIT_WEIGHT, 60 * S, 3); /* older news lowers nothing */
    ck_assert_int_eq(take(&limiter, 0, 1, 0, false, &wait), QT_LIMITER_WAIT);
}
END_TEST

START_TEST(limiter_ban_stops_cancels_too_and_is_never_shortened)
{
    struct qt_limiter limiter;
    int64_t wait;
    qt_limiter_init(&limiter, limits, 2);
    qt_limiter_ban(&limiter, 10 * S, 120);
    qt_limiter_ban(&limiter, 11 * S, 1);
    ck_assert_int_eq(take(&limiter, 129 * S, 1, 0, true, &wait), QT_LIMITER_BANNED);
    ck_assert_int_eq(wait, 1 * S);
    struct qt_limiter restarted;
    qt_limiter_init(&restarted, limits, 2);
    qt_limiter_restore_ban(&restarted, qt_limiter_banned_until(&limiter));
    ck_assert_int_eq(take(&restarted, 129 * S, 1, 0, true, &wait), QT_LIMITER_BANNED);
    ck_assert_int_eq(take(&restarted, 130 * S, 1, 0, true, &wait), QT_LIMITER_GO);
}
END_TEST

START_TEST(limiter_pause_lets_cancels_through_as_far_as_their_reserve_goes)
{
    struct qt_limiter limiter;
    int64_t wait;
    qt_limiter_init(&limiter, limits, 2);
    qt_limiter_seen(&limiter, 10 * S, QT_LIMIT_WEIGHT, 60 * S, 98); /* of 100, 20 for cancels */
    qt_limiter_pause(&limiter, 10 * S, 20);
    ck_assert_int_eq(take(&limiter, 29 * S, 1, 0, false, &wait), QT_LIMITER_BANNED);
    ck_assert_int_eq(wait, 1 * S);
    ck_assert_int_eq(take(&limiter, 29 * S, 1, 0, true, &wait), QT_LIMITER_GO);
    ck_assert_int_eq(take(&limiter, 29 * S, 1, 0, true, &wait), QT_LIMITER_GO);
    ck_assert_int_eq(take(&limiter, 29 * S, 1, 0, true, &wait), QT_LIMITER_WAIT);
    qt_limiter_ban(&limiter, 29 * S, 60);
    ck_assert_int_eq(take(&limiter, 70 * S, 1, 0, true, &wait), QT_LIMITER_BANNED);
    ck_assert_int_eq(qt_limiter_banned_until(&limiter), 89 * S);
    ck_assert_int_eq(take(&limiter, 89 * S, 1, 0, false, &wait), QT_LIMITER_GO);
}
END_TEST

/* Two venues of one host, whatever the port and the path; another host has its own. */
START_TEST(F8_connections_to_one_host_share_a_budget_and_hosts_do_not)
{
    struct qt_connects connects;
    qt_connects_init(&connects, 1, 3);
    ck_assert(qt_connects_take(&connects, "wss://a.example:9443/ws", 0));
    ck_assert(qt_connects_take(&connects, "wss://A.example/stream", 0));
    ck_assert(qt_connects_take(&connects, "wss://a.example:443/ws-api/v3", 0));
    ck_assert(!qt_connects_take(&connects, "wss://a.example:9443/ws", 0));
    for (int i = 0; i < 3; i++)
        ck_assert(qt_connects_take(&connects, "wss://b.example:9443/ws", 0));
    ck_assert(!qt_connects_take(&connects, "wss://b.example/ws", S - 1));
    ck_assert(qt_connects_take(&connects, "wss://a.example/ws", S));
    ck_assert(!qt_connects_take(&connects, "no address", S));
}
END_TEST

START_TEST(F8_more_hosts_than_there_are_places_share_the_last)
{
    struct qt_connects connects;
    char url[64];
    unsigned taken = 0;
    qt_connects_init(&connects, 1, 1);
    for (int i = 0; i < 2 * QT_CONNECTS_HOSTS; i++) {
        snprintf(url, sizeof url, "wss://host%d.example/ws", i);
        taken += qt_connects_take(&connects, url, 0);
    }
    ck_assert_uint_eq(taken, QT_CONNECTS_HOSTS);
}
END_TEST

START_TEST(bucket_gives_its_burst_then_its_rate)
{
    struct qt_bucket bucket;
    qt_bucket_init(&bucket, 5, 10, 0);
    int taken = 0;
    for (int64_t t = 0; t < 10 * S; t += 10 * MS)
        taken += qt_bucket_take(&bucket, t, 1);
    ck_assert_int_ge(taken, 58); /* 10 at once, 5 a second for 9.99 s */
    ck_assert_int_le(taken, 60);
    ck_assert(!qt_bucket_take(&bucket, 0, 5)); /* a clock that stepped back gains nothing */
}
END_TEST

START_TEST(breaker_opens_after_failures_in_a_row_and_probes_once)
{
    struct qt_breaker breaker;
    qt_breaker_init(&breaker, &(struct qt_breaker_policy){3, 1, 1 * S, 4 * S});
    qt_breaker_failed(&breaker, 0);
    qt_breaker_failed(&breaker, 0);
    qt_breaker_succeeded(&breaker); /* not in a row */
    qt_breaker_failed(&breaker, 0);
    qt_breaker_failed(&breaker, 0);
    ck_assert(qt_breaker_allow(&breaker, 0));
    qt_breaker_failed(&breaker, 0);
    ck_assert_int_eq(qt_breaker_state(&breaker), QT_BREAKER_OPEN);
    ck_assert(!qt_breaker_allow(&breaker, 999 * MS));
    ck_assert(qt_breaker_allow(&breaker, 1 * S));
    ck_assert(!qt_breaker_allow(&breaker, 1 * S)); /* one probe */
    qt_breaker_succeeded(&breaker);
    ck_assert_str_eq(qt_breaker_state_name(qt_breaker_state(&breaker)), "closed");
}
END_TEST

START_TEST(breaker_cools_twice_as_long_after_each_failed_probe)
{
    struct qt_breaker breaker;
    int64_t now = 0;
    qt_breaker_init(&breaker, &(struct qt_breaker_policy){1, 1, 1 * S, 4 * S});
    qt_breaker_failed(&breaker, now);
    const int64_t cools[] = {1, 2, 4, 4, 4};
    for (size_t i = 0; i < QT_COUNT_OF(cools); i++) {
        ck_assert(!qt_breaker_allow(&breaker, now + cools[i] * S - 1));
        now += cools[i] * S;
        ck_assert(qt_breaker_allow(&breaker, now));
        qt_breaker_failed(&breaker, now);
    }
    ck_assert_int_eq((int)breaker.trips, 6);
}
END_TEST

START_TEST(breaker_wants_so_many_good_probes_in_a_row)
{
    struct qt_breaker breaker;
    qt_breaker_init(&breaker, &(struct qt_breaker_policy){1, 3, 1 * S, 4 * S});
    qt_breaker_failed(&breaker, 0);
    for (int round = 0; round < 2; round++) {
        int64_t now = breaker.opened_ns + breaker.current_cool_ns;
        for (int good = 0; good < 2; good++) {
            ck_assert(qt_breaker_allow(&breaker, now));
            ck_assert(!qt_breaker_allow(&breaker, now)); /* one after the other */
            qt_breaker_succeeded(&breaker);
            ck_assert_int_eq(qt_breaker_state(&breaker), QT_BREAKER_HALF_OPEN);
        }
        ck_assert(qt_breaker_allow(&breaker, now));
        if (round == 0)
            qt_breaker_failed(&breaker, now); /* two good ones count for nothing then */
        else
            qt_breaker_succeeded(&breaker);
    }
    ck_assert_int_eq(qt_breaker_state(&breaker), QT_BREAKER_CLOSED);
    ck_assert_int_eq(breaker.current_cool_ns, 1 * S); /* the next trip begins short again */
}
END_TEST

START_TEST(breaker_gives_up_a_probe_that_never_ends)
{
    struct qt_breaker breaker;
    qt_breaker_init(&breaker, &(struct qt_breaker_policy){1, 1, 1 * S, 4 * S});
    qt_breaker_failed(&breaker, 0);
    ck_assert_int_eq(qt_breaker_wait_ns(&breaker, 0), 1 * S);
    ck_assert(qt_breaker_allow(&breaker, 1 * S));
    ck_assert_int_eq(qt_breaker_wait_ns(&breaker, 1 * S), 1 * S);
    ck_assert(!qt_breaker_allow(&breaker, 2 * S - 1));
    ck_assert(qt_breaker_allow(&breaker, 2 * S));
    qt_breaker_forget(&breaker); /* this one did not even leave */
    ck_assert(qt_breaker_allow(&breaker, 2 * S));
    qt_breaker_succeeded(&breaker);
    ck_assert_int_eq(qt_breaker_wait_ns(&breaker, 2 * S), 0);
}
END_TEST

START_TEST(breaker_ignores_late_answers_of_calls_from_before_the_trip)
{
    struct qt_breaker breaker;
    qt_breaker_init(&breaker, &(struct qt_breaker_policy){1, 1, 1 * S, 4 * S});
    qt_breaker_failed(&breaker, 0);
    qt_breaker_succeeded(&breaker);
    ck_assert_int_eq(qt_breaker_state(&breaker), QT_BREAKER_OPEN);
    ck_assert(!qt_breaker_allow(&breaker, 500 * MS));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("net_limits");
    TCase *tc = tcase_create("backoff");
    tcase_add_test(tc, backoff_doubles_to_its_cap_and_jitters_in_the_upper_half);
    tcase_add_test(tc, backoff_starts_again_only_after_a_stable_connection);
    tcase_add_test(tc, backoffs_of_different_seeds_spread_out);
    suite_add_tcase(suite, tc);
    tc = tcase_create("limiter");
    tcase_add_test(tc, limiter_keeps_its_reserve_for_cancels);
    tcase_add_test(tc, limiter_takes_from_all_windows_or_from_none);
    tcase_add_test(tc, limiter_never_gives_budget_back_when_the_clock_steps_back);
    tcase_add_test(tc, limiter_learns_what_the_venue_counted);
    tcase_add_test(tc, limiter_ban_stops_cancels_too_and_is_never_shortened);
    tcase_add_test(tc, limiter_pause_lets_cancels_through_as_far_as_their_reserve_goes);
    tcase_add_test(tc, F8_connections_to_one_host_share_a_budget_and_hosts_do_not);
    tcase_add_test(tc, F8_more_hosts_than_there_are_places_share_the_last);
    tcase_add_test(tc, bucket_gives_its_burst_then_its_rate);
    suite_add_tcase(suite, tc);
    tc = tcase_create("breaker");
    tcase_add_test(tc, breaker_opens_after_failures_in_a_row_and_probes_once);
    tcase_add_test(tc, breaker_cools_twice_as_long_after_each_failed_probe);
    tcase_add_test(tc, breaker_wants_so_many_good_probes_in_a_row);
    tcase_add_test(tc, breaker_gives_up_a_probe_that_never_ends);
    tcase_add_test(tc, breaker_ignores_late_answers_of_calls_from_before_the_trip);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

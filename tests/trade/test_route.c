/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The split of an order over venues: against every possible split of small orders, and what must
 * hold of any.
 */
#include "trade_kit.h"

#include <math.h>

#include "qtrade/trade/route.h"

enum { LEVELS = 6, VENUES = 3 };

/* Quantities of scale 0: units are whole. */
struct market {
    struct qt_route_order order;
    struct qt_route_venue venue[VENUES];
    struct qt_route_level level[VENUES][LEVELS];
};

static void
fill_book(struct qt_rng *rng, enum qt_side side, struct qt_route_level *level)
{
    double px = 100 + (double)qt_rng_below(rng, 20) / 10;
    for (int i = 0; i < LEVELS; i++) {
        level[i] = (struct qt_route_level){px, {1 + (int64_t)qt_rng_below(rng, 6)}};
        px += (side == QT_BUY ? 0.1 : -0.1) * (double)(1 + qt_rng_below(rng, 4));
    }
}

static void
make_market(struct qt_rng *rng, struct market *m)
{
    enum qt_side side = qt_rng_below(rng, 2) ? QT_BUY : QT_SELL;
    *m = (struct market){.order = {.side = side,
                                   .qty = {1 + (int64_t)qt_rng_below(rng, 14)},
                                   .sigma = qt_rng_uniform(rng) * 1e-3,
                                   .sigma_day = 0.04}};
    for (int v = 0; v < VENUES; v++) {
        fill_book(rng, side, m->level[v]);
        m->venue[v] = (struct qt_route_venue){.is_open = true,
                                              .level = m->level[v],
                                              .levels = LEVELS,
                                              .room = {1000},
                                              .lot = {1},
                                              .fee = (double)qt_rng_below(rng, 3) * 5e-4,
                                              .latency_s = qt_rng_uniform(rng),
                                              .refused = qt_rng_uniform(rng) / 4,
                                              .slip = qt_rng_normal(rng) * 1e-4,
                                              .day_volume = 1e4};
    }
}

/* The header's formula, of q units: written anew, from the text. */
static double
cost_of(const struct market *m, int v, int64_t q)
{
    const struct qt_route_venue *venue = &m->venue[v];
    double paid = 0;
    int64_t left = q;
    for (int i = 0; i < LEVELS && left > 0; i++) {
        int64_t here = QT_MIN(left, m->level[v][i].qty.v);
        paid += (double)here * m->level[v][i].px;
        left -= here;
    }
    double wait = m->order.sigma * sqrt(venue->latency_s / (2 * 3.14159265358979323846));
    double parts = venue->fee + venue->slip + (1 + venue->refused) * wait +
                   m->order.impact * m->order.sigma_day * sqrt((double)q / venue->day_volume);
    if (left > 0)
        return INFINITY;
    return (m->order.side == QT_BUY ? paid : -paid) + (q > 0 ? paid : 0) * parts;
}

static double
cheapest(const struct market *m)
{
    double best = INFINITY;
    for (int64_t a = 0; a <= m->order.qty.v; a++) {
        for (int64_t b = 0; a + b <= m->order.qty.v; b++) {
            double cost =
                cost_of(m, 0, a) + cost_of(m, 1, b) + cost_of(m, 2, m->order.qty.v - a - b);
            best = cost < best ? cost : best;
        }
    }
    return best;
}

START_TEST(no_split_of_a_small_order_is_cheaper)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 7);
    for (int i = 0; i < 3000; i++) {
        struct market m;
        struct qt_route_share share[VENUES];
        make_market(&rng, &m);
        m.order.impact = i % 2; /* with it pieces of one unit are not small: nearly the best */
        qt_qty routed = qt_route_split(&m.order, m.venue, VENUES, share);
        ck_assert_int_eq(routed.v, m.order.qty.v);
        double cost = 0, value = 0;
        for (int v = 0; v < VENUES; v++) {
            cost += cost_of(&m, v, share[v].qty.v);
            value += (double)share[v].qty.v * share[v].px;
        }
        ck_assert_double_le(cost, cheapest(&m) + value * (m.order.impact > 0 ? 3e-5 : 1e-9));
    }
}
END_TEST

/* Lots, minima, rooms and limits as they come. */
static void
add_rules(struct qt_rng *rng, struct market *m)
{
    m->order.qty.v *= 1 + (int64_t)qt_rng_below(rng, 4);
    m->order.limit = qt_rng_below(rng, 3) ? 0 : 100.8;
    for (int v = 0; v < VENUES; v++) {
        m->venue[v].is_open = qt_rng_below(rng, 5) > 0;
        m->venue[v].lot.v = 1 + (int64_t)qt_rng_below(rng, 3);
        m->venue[v].min_qty.v = (int64_t)qt_rng_below(rng, 5);
        m->venue[v].min_notional = (double)qt_rng_below(rng, 600);
        m->venue[v].room.v = (int64_t)qt_rng_below(rng, 12);
    }
}

static void
check_share(const struct market *m, int v, const struct qt_route_share *share)
{
    const struct qt_route_venue *venue = &m->venue[v];
    ck_assert_int_ge(share->qty.v, 0);
    if (share->qty.v == 0)
        return;
    ck_assert(venue->is_open);
    ck_assert_int_eq(share->qty.v % venue->lot.v, 0);
    ck_assert_int_le(share->qty.v, venue->room.v);
    ck_assert_int_ge(share->qty.v, venue->min_qty.v);
    ck_assert_double_ge((double)share->qty.v * share->px, venue->min_notional - 1e-6);
    int64_t within = 0;
    for (int i = 0; i < LEVELS; i++) {
        bool is_good =
            m->order.limit <= 0 || (m->order.side == QT_BUY ? m->level[v][i].px <= m->order.limit
                                                            : m->level[v][i].px >= m->order.limit);
        within += is_good ? m->level[v][i].qty.v : 0;
    }
    ck_assert_int_le(share->qty.v, within);
}

START_TEST(every_share_keeps_its_venue_s_rules)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 11);
    unsigned partial = 0;
    for (int i = 0; i < qt_rounds(100000); i++) {
        struct market m;
        struct qt_route_share share[VENUES];
        make_market(&rng, &m);
        add_rules(&rng, &m);
        qt_qty routed = qt_route_split(&m.order, m.venue, VENUES, share);
        int64_t sum = 0;
        for (int v = 0; v < VENUES; v++) {
            check_share(&m, v, &share[v]);
            sum += share[v].qty.v;
        }
        ck_assert_int_eq(sum, routed.v);
        ck_assert_int_le(sum, m.order.qty.v);
        partial += sum < m.order.qty.v;
    }
    ck_assert_int_gt((int)partial, qt_rounds(8000));
}
END_TEST

START_TEST(a_worse_history_sends_less_there)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 3);
    struct market m;
    struct qt_route_share share[VENUES];
    make_market(&rng, &m);
    m.order = (struct qt_route_order){.side = QT_BUY, .qty = {6}, .sigma = 1e-4};
    for (int v = 0; v < VENUES; v++) {
        for (int i = 0; i < LEVELS; i++)
            m.level[v][i] = (struct qt_route_level){100 + i * 0.02, {2}};
        m.venue[v].fee = m.venue[v].slip = m.venue[v].refused = m.venue[v].latency_s = 0;
    }
    (void)qt_route_split(&m.order, m.venue, VENUES, share);
    ck_assert_int_eq(share[0].qty.v, 2);
    ck_assert_int_eq(share[2].qty.v, 2);
    struct qt_route_record record = {0};
    for (int i = 0; i < 20; i++)
        qt_route_filled(&record, QT_BUY, 100.1, 100, 1); /* ten bps worse than it had said */
    ck_assert_double_gt(record.slip, 8e-4);
    m.venue[0].slip = record.slip;
    (void)qt_route_split(&m.order, m.venue, VENUES, share);
    ck_assert_int_eq(share[0].qty.v, 0);
    m.venue[0].slip = 0;
    for (int i = 0; i < 20; i++)
        qt_route_answered(&record, 30, i % 2 == 0);
    ck_assert_double_eq_tol(record.latency_s, 30, 1e-9);
    ck_assert_double_gt(record.refusals, 0.3);
    m.venue[0].latency_s = record.latency_s;
    (void)qt_route_split(&m.order, m.venue, VENUES, share);
    ck_assert_int_eq(share[0].qty.v, 0); /* the others' second level is cheaper than the wait */
    m.venue[0].is_open = false;
    (void)qt_route_split(&m.order, m.venue, VENUES, share);
    ck_assert_int_eq(share[0].qty.v, 0);
    ck_assert_int_eq(share[1].qty.v + share[2].qty.v, 6);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("route");
    TCase *tc = tcase_create("route");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, no_split_of_a_small_order_is_cheaper);
    tcase_add_test(tc, every_share_keeps_its_venue_s_rules);
    tcase_add_test(tc, a_worse_history_sends_less_there);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

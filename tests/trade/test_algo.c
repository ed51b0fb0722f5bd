/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Execution algorithms: each row of the table against a market that moves at random, with lost
 * answers, partial fills and refusals; and what each does by design. QT_SEED repeats one run,
 * QT_RUNS plays more of them.
 */
#include <math.h>
#include <string.h>

#include "trade_kit.h"

#include "qtrade/base/time.h"
#include "qtrade/trade/algo.h"

enum { START_S = 1700000000 };

static struct qt_execution_config
defaults(void)
{
    struct qt_execution_config config;
    const struct qt_config_binding binding = {&qt_execution_section, &config};
    qt_config_defaults(&binding, 1);
    return config;
}

/* One parent, played to its end */

struct play {
    struct qt_execution_config config;
    struct qt_instrument ins;
    struct qt_parent parent;
    struct qt_algo_market market;
    struct qt_rng rng;
    struct qt_order_request child;
    qt_qty child_left;       /* what the one alive may still fill */
    bool has_child, is_lost; /* lost: its answer does not come for a while */
    unsigned sends, cancels, steps;
    qt_qty sent[512];
    int64_t sent_ns[512];
    struct qt_algo_step last;
};

static struct qt_instrument
instrument(void)
{
    struct qt_instrument ins = kit_instrument();
    ins.min_notional = (qt_money){INT64_C(10) * 100000000};
    ins.lot = (qt_qty){10};
    ins.min_qty = (qt_qty){10};
    return ins;
}

static void
begin(struct play *play, enum qt_algorithm algorithm, enum qt_side side, int64_t qty, uint64_t seed)
{
    *play = (struct play){.config = defaults(), .ins = instrument()};
    qt_rng_init(&play->rng, seed);
    play->market = (struct qt_algo_market){.ins = &play->ins,
                                           .now_ns = START_S * QT_NS_PER_S,
                                           .bid = {10000},
                                           .ask = {10002},
                                           .child_px = QT_PX_NONE};
    play->parent = (struct qt_parent){.id = 256,
                                      .side = (uint8_t)side,
                                      .algorithm = (uint8_t)algorithm,
                                      .state = QT_PARENT_WORKING,
                                      .px_scale = 2,
                                      .qty_scale = 3,
                                      .qty = {qty},
                                      .decided_ns = play->market.now_ns,
                                      .arrival = 100.01};
    play->parent.deadline_ns = play->market.now_ns + play->config.duration_s * QT_NS_PER_S;
    play->parent.limit = qt_algo_limit(&play->config, &play->ins, side, 100.01);
}

/* What every child must be. */
static void
check_child(struct play *play, const struct qt_algo_step *step)
{
    const struct qt_parent *parent = &play->parent;
    qt_qty none = QT_QTY_ZERO, left;
    ck_assert(!play->has_child);
    ck_assert(qt_parent_holds(parent, none, step->qty));
    ck_assert_int_eq(qt_instrument_check(&play->ins, step->px, step->qty, step->px), QT_FILTER_OK);
    ck_assert_int_lt(play->market.now_ns, parent->deadline_ns);
    if (parent->side == QT_BUY)
        ck_assert_int_le(step->px.v, parent->limit.v);
    else
        ck_assert_int_ge(step->px.v, parent->limit.v);
    ck_assert(qt_qty_sub(qt_parent_rest(parent), step->qty, &left));
    bool can_follow =
        qt_qty_sign(left) == 0 ||
        qt_instrument_check(&play->ins, play->market.bid, left, play->market.bid) == QT_FILTER_OK;
    ck_assert_msg(can_follow, "%ld of %ld leave %ld", (long)step->qty.v, (long)parent->qty.v,
                  (long)left.v);
}

static void
fill(struct play *play, int64_t qty)
{
    struct qt_fill fill = {.side = play->parent.side, .px = play->child.px, .qty = {qty}};
    qt_money notional;
    ck_assert(qt_instrument_notional(&play->ins, fill.px, fill.qty, &notional));
    fill.quote = notional;
    ck_assert(qt_parent_fill(&play->parent, &fill));
    ck_assert(qt_qty_sub(play->child_left, fill.qty, &play->child_left));
    ck_assert(qt_parent_holds(&play->parent, play->child_left, QT_QTY_ZERO));
    if (qt_qty_sign(play->child_left) == 0)
        play->has_child = false;
}

static int64_t
below(struct play *play, int64_t n)
{
    return n > 0 ? (int64_t)qt_rng_below(&play->rng, (uint64_t)n) : 0;
}

/* Lots of what is left, at random. */
static int64_t
some(struct play *play)
{
    int64_t lots = play->child_left.v / play->ins.lot.v;
    return lots > 0 ? (1 + below(play, lots)) * play->ins.lot.v : 0;
}

static void
send(struct play *play, const struct qt_algo_step *step)
{
    check_child(play, step);
    ck_assert_uint_lt(play->sends, QT_COUNT_OF(play->sent));
    play->sent_ns[play->sends] = play->market.now_ns;
    play->sent[play->sends++] = step->qty;
    play->child = (struct qt_order_request){.px = step->px, .qty = step->qty, .tif = step->tif};
    play->child_left = step->qty;
    play->has_child = true;
    play->parent.children++;
}

/* The venue's word on the child alive: at chance of 8, nothing for a while, a part, all, none. */
static void
answer(struct play *play)
{
    if (!play->has_child || (play->is_lost && below(play, 4) > 0))
        return;
    play->is_lost = below(play, 8) == 0;
    if (play->is_lost)
        return;
    int64_t fate = below(play, 4);
    if (fate == 0)
        fill(play, some(play));
    else if (fate == 1)
        fill(play, play->child_left.v / play->ins.lot.v * play->ins.lot.v);
    if (play->child.tif == QT_TIF_IOC)
        play->has_child = false; /* the rest has expired, or all was refused */
}

static void
step(struct play *play)
{
    struct qt_algo_step next;
    bool rests = play->has_child && play->child.tif == QT_TIF_GTC && !play->is_lost;
    play->market.child = rests             ? QT_ALGO_RESTS
                         : play->has_child ? QT_ALGO_ON_WAY
                                           : QT_ALGO_NO_CHILD;
    play->market.child_px = play->has_child ? play->child.px : QT_PX_NONE;
    qt_algo_step(&play->config, &play->parent, &play->market, &next);
    play->last = next;
    play->steps++;
    ck_assert_ptr_nonnull(next.why);
    if (next.action == QT_ALGO_SEND)
        send(play, &next);
    else if (next.action == QT_ALGO_CANCEL) {
        ck_assert(rests);
        play->has_child = false;
        play->cancels++;
    } else if (next.action == QT_ALGO_END) {
        ck_assert(!play->has_child);
        play->parent.state = QT_PARENT_DONE;
        if (next.why != play->parent.why)
            snprintf(play->parent.why, sizeof play->parent.why, "%s", next.why);
    }
}

static void
move(struct play *play)
{
    int64_t by = below(play, 9) - 4;
    if (play->market.bid.v + by < 9000 || play->market.bid.v + by > 11000)
        by = 0;
    play->market.bid.v += by;
    play->market.ask.v = play->market.bid.v + 1 + below(play, 4);
    play->market.volume += (double)below(play, 1000) / 100;
    play->market.now_ns += QT_NS_PER_S;
}

static uint64_t
seed_of(int run)
{
    const char *seed = getenv("QT_SEED");
    return seed ? strtoull(seed, NULL, 10) : (uint64_t)run;
}

static int
runs(void)
{
    const char *n = getenv("QT_RUNS");
    return n ? (int)strtol(n, NULL, 10) : 300;
}

START_TEST(every_algorithm_keeps_what_it_promises_in_any_market)
{
    enum qt_algorithm algorithm = (enum qt_algorithm)(_i + 1); /* the immediate one sends nothing */
    for (int run = 0; run < runs(); run++) {
        struct play play;
        begin(&play, algorithm, run % 2 ? QT_SELL : QT_BUY, 0, seed_of(run));
        play.parent.qty.v = (20 + below(&play, run % 3 ? 50 : 5000)) * play.ins.lot.v;
        play.market.chunk.v = run % 4 ? 0 : 100 + below(&play, 500);
        play.ins.max_qty.v = run % 5 ? 0 : 2000;
        for (int i = 0; i < 2000 && play.parent.state != QT_PARENT_DONE; i++) {
            step(&play);
            answer(&play);
            move(&play);
        }
        ck_assert_msg(play.parent.state == QT_PARENT_DONE, "seed %d does not end: %s", run,
                      play.last.why);
        qt_qty rest = qt_parent_rest(&play.parent);
        bool is_known =
            strcmp(play.parent.why, "filled") == 0 ? qt_qty_sign(rest) == 0
            : strcmp(play.parent.why, "deadline") == 0
                ? qt_qty_sign(rest) > 0
                : strcmp(play.parent.why, "the rest is too small") == 0 && qt_qty_sign(rest) > 0;
        ck_assert_msg(is_known, "seed %d: %s with %ld left", run, play.parent.why, (long)rest.v);
        ck_assert(qt_parent_holds(&play.parent, QT_QTY_ZERO, QT_QTY_ZERO));
    }
}
END_TEST

START_TEST(step_is_a_function_of_what_it_sees)
{
    struct play play;
    begin(&play, (enum qt_algorithm)_i, QT_BUY, 5000, 7);
    for (int i = 0; i < 200; i++) {
        struct qt_algo_step a, b;
        struct qt_parent before = play.parent;
        memset(&a, 1, sizeof a);
        memset(&b, 2, sizeof b);
        play.market.child = QT_ALGO_NO_CHILD;
        qt_algo_step(&play.config, &play.parent, &play.market, &a);
        qt_algo_step(&play.config, &play.parent, &play.market, &b);
        ck_assert_int_eq(a.action, b.action);
        ck_assert_int_eq(a.px.v, b.px.v);
        ck_assert_int_eq(a.qty.v, b.qty.v);
        ck_assert_int_eq(memcmp(&before, &play.parent, sizeof before), 0);
        move(&play);
    }
}
END_TEST

/* Every child is filled at once. */
static void
play_filled(struct play *play)
{
    for (int i = 0; i < 2000 && play->parent.state != QT_PARENT_DONE; i++) {
        step(play);
        if (play->has_child)
            fill(play, play->child_left.v);
        play->market.now_ns += QT_NS_PER_S;
    }
    ck_assert_int_eq(play->parent.state, QT_PARENT_DONE);
}

START_TEST(twap_sends_equal_parts_at_equal_times)
{
    struct play play;
    begin(&play, QT_ALGO_TWAP, QT_BUY, 10000, 1);
    play_filled(&play);
    ck_assert_str_eq(play.parent.why, "filled");
    ck_assert_uint_eq(play.sends, 10);
    for (unsigned i = 0; i < play.sends; i++) {
        ck_assert_int_eq(play.sent[i].v, 1000);
        ck_assert_int_eq(play.sent_ns[i], (START_S + 30 * (int64_t)i) * QT_NS_PER_S);
    }
}
END_TEST

START_TEST(vwap_sends_by_the_usual_volume)
{
    struct play play;
    struct qt_volume_profile profile = {0};
    float curve[QT_CURVE];
    int64_t from = 1699999200 * QT_NS_PER_S; /* 22:00 UTC, a whole half hour */
    ck_assert(!qt_volume_profile_curve(&profile, from, from + QT_NS_PER_HOUR, curve));
    for (int i = 0; i < 4;
         i++) /* quarters of an hour: the second half trades three times as much */
        qt_volume_profile_bar(&profile, from + i * 15 * QT_NS_PER_MIN, 15 * QT_NS_PER_MIN,
                              i < 2 ? 100 : 300);
    qt_volume_profile_bar(&profile, from, QT_NS_PER_HOUR, 1e9); /* too long: tells nothing */
    ck_assert(qt_volume_profile_curve(&profile, from, from + QT_NS_PER_HOUR, curve));
    ck_assert_double_eq_tol((double)curve[7], 0.25, 1e-6);
    ck_assert_double_eq_tol((double)curve[QT_CURVE - 1], 1, 1e-6);
    begin(&play, QT_ALGO_VWAP, QT_SELL, 8000, 1);
    play.config.slices = 4;
    play.config.duration_s = 3600;
    play.market.now_ns = play.parent.decided_ns = from;
    play.parent.deadline_ns = from + QT_NS_PER_HOUR;
    play.parent.algo.has_curve = true;
    memcpy(play.parent.algo.curve, curve, sizeof curve);
    for (int i = 0; i < 3700 && play.parent.state != QT_PARENT_DONE; i++) {
        step(&play);
        if (play.has_child)
            fill(&play, play.child_left.v);
        play.market.now_ns += QT_NS_PER_S;
    }
    ck_assert_uint_eq(play.sends, 4);
    static const int64_t expected[] = {1000, 1000, 3000, 3000};
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(llabs(play.sent[i].v - expected[i]) <= 10, 1);
    ck_assert_int_eq(play.parent.filled.v, 8000);
}
END_TEST

START_TEST(pov_takes_its_share_of_the_volume_and_leaves_the_rest)
{
    struct play play;
    begin(&play, QT_ALGO_POV, QT_BUY, 10000, 1);
    step(&play);
    ck_assert_uint_eq(play.sends, 0); /* nobody has traded yet */
    for (int i = 0; i < 400 && play.parent.state != QT_PARENT_DONE; i++) {
        play.market.volume += 0.2;
        play.market.now_ns += QT_NS_PER_S;
        step(&play);
        if (play.has_child)
            fill(&play, play.child_left.v);
        ck_assert_double_le(qt_qty_to_double(play.parent.filled, 3),
                            play.config.participation * play.market.volume + 1e-9);
    }
    ck_assert_str_eq(play.parent.why, "deadline");
    ck_assert_int_ge(play.parent.filled.v, 5800); /* a tenth of about 60 */
    ck_assert_int_lt(play.parent.filled.v, 6000);
}
END_TEST

START_TEST(chase_rests_and_follows_before_it_takes)
{
    struct play play;
    begin(&play, QT_ALGO_CHASE, QT_BUY, 1000, 1);
    step(&play);
    ck_assert_int_eq(play.child.tif, QT_TIF_GTC);
    ck_assert_int_eq(play.child.px.v, 10000);
    play.market.bid.v = 10005;
    play.market.ask.v = 10007;
    step(&play);
    ck_assert_int_eq(play.last.action, QT_ALGO_CANCEL);
    step(&play);
    ck_assert_int_eq(play.child.px.v, 10005);
    play.market.now_ns += play.config.passive_s * QT_NS_PER_S;
    step(&play);
    ck_assert_int_eq(play.last.action, QT_ALGO_CANCEL);
    step(&play);
    ck_assert_int_eq(play.child.tif, QT_TIF_IOC);
    ck_assert_int_eq(play.child.px.v, 10012); /* take_bps beyond the ask */
}
END_TEST

START_TEST(budget_stops_what_takes_until_the_price_is_back)
{
    struct play play;
    begin(&play, QT_ALGO_TWAP, _i ? QT_SELL : QT_BUY, 10000, 1);
    play.market.bid.v = _i ? 9970 : 10030;
    play.market.ask.v = play.market.bid.v + 2;
    step(&play);
    ck_assert_int_eq(play.last.action, QT_ALGO_WAIT);
    ck_assert_str_eq(play.last.why, "slippage budget");
    play.market.bid.v = 10000;
    play.market.ask.v = 10002;
    step(&play);
    ck_assert_int_eq(play.last.action, QT_ALGO_SEND);
}
END_TEST

START_TEST(iceberg_shows_a_part_and_never_takes)
{
    struct play play;
    begin(&play, QT_ALGO_ICEBERG, QT_SELL, 10000, 1);
    for (int i = 0; i < 10; i++) {
        step(&play);
        ck_assert_int_eq(play.child.tif, QT_TIF_GTC);
        ck_assert_int_eq(play.child.px.v, play.market.ask.v);
        ck_assert_int_eq(play.child_left.v, 1000);
        fill(&play, 1000);
    }
    step(&play);
    ck_assert_str_eq(play.parent.why, "filled");
}
END_TEST

START_TEST(last_chunk_is_never_dust)
{
    /* 100.02 a unit and at least 10 a child: 0.1 would do, and 0.12 must not be left */
    struct play play;
    begin(&play, QT_ALGO_CHASE, QT_BUY, 1110, 1);
    play.config.passive_s = 0;
    play.market.chunk.v = 500;
    play_filled(&play);
    ck_assert_uint_eq(play.sends, 2);
    ck_assert_int_eq(play.sent[0].v, 500);
    ck_assert_int_eq(play.sent[1].v, 610); /* 500 would have left 110: 11.00, too near to 10 */
}
END_TEST

START_TEST(chunk_follows_the_square_root_law)
{
    struct qt_execution_config config = defaults();
    struct qt_instrument ins = instrument();
    /* 5 bps of 400 bps a day: (1/80)^2 of the day's volume */
    ck_assert_int_eq(qt_algo_chunk(&config, &ins, 64000, 0.04).v, 10000);
    config.chunk_impact_bps = 10;
    ck_assert_int_eq(qt_algo_chunk(&config, &ins, 64000, 0.04).v, 40000);
    config.impact_coefficient = 2;
    ck_assert_int_eq(qt_algo_chunk(&config, &ins, 64000, 0.04).v, 10000);
    ck_assert_int_eq(qt_algo_chunk(&config, &ins, 0, 0.04).v, 0);
    ck_assert_int_eq(qt_algo_chunk(&config, &ins, NAN, 0.04).v, 0);
    ck_assert_int_eq(qt_algo_chunk(&config, &ins, 64000, 0).v, 0);
    ck_assert_int_eq(qt_algo_chunk(&config, &ins, 1e-9, 0.04).v, ins.lot.v);
    config.chunk_impact_bps = 0;
    ck_assert_int_eq(qt_algo_chunk(&config, &ins, 64000, 0.04).v, 0);
}
END_TEST

START_TEST(parent_without_a_quote_waits_and_ends_by_its_deadline)
{
    struct play play;
    begin(&play, (enum qt_algorithm)(_i + 1), QT_BUY, 1000, 1);
    play.market.bid = QT_PX_NONE;
    step(&play);
    ck_assert_int_eq(play.last.action, QT_ALGO_WAIT);
    play.market.now_ns = play.parent.deadline_ns;
    step(&play);
    ck_assert_str_eq(play.parent.why, "deadline");
}
END_TEST

START_TEST(stopped_parent_withdraws_its_child_and_ends)
{
    struct play play;
    begin(&play, QT_ALGO_ICEBERG, QT_BUY, 1000, 1);
    step(&play);
    play.parent.state = QT_PARENT_STOPPING;
    snprintf(play.parent.why, sizeof play.parent.why, "enough");
    play.is_lost = true;
    step(&play);
    ck_assert_int_eq(play.last.action, QT_ALGO_WAIT); /* its fate is not known */
    play.is_lost = false;
    step(&play);
    ck_assert_int_eq(play.last.action, QT_ALGO_CANCEL);
    step(&play);
    ck_assert_int_eq(play.parent.state, QT_PARENT_DONE);
    ck_assert_str_eq(play.parent.why, "enough");
}
END_TEST

/* Parents and their cost */

START_TEST(parent_never_holds_more_than_its_whole)
{
    struct qt_parent parent = {.qty = {100}, .filled = {40}};
    ck_assert(qt_parent_holds(&parent, (qt_qty){60}, (qt_qty){0}));
    ck_assert(!qt_parent_holds(&parent, (qt_qty){61}, (qt_qty){0}));
    ck_assert(!qt_parent_holds(&parent, (qt_qty){40}, (qt_qty){21}));
    ck_assert(!qt_parent_holds(&parent, (qt_qty){INT64_MAX}, (qt_qty){21}));
    ck_assert_int_eq(qt_parent_rest(&parent).v, 60);
    parent.filled.v = 120;
    ck_assert_int_eq(qt_parent_rest(&parent).v, 0);
}
END_TEST

/* 1.000 decided at 100.00; the first child at 100.10, 0.600 bought at 100.30 with 0.06 of fees; it
 * ends at 101.00. */
START_TEST(shortfall_is_the_sum_of_its_parts)
{
    int sign = _i ? -1 : 1;
    struct qt_parent parent = {.side = (uint8_t)(_i ? QT_SELL : QT_BUY),
                               .state = QT_PARENT_DONE,
                               .px_scale = 2,
                               .qty_scale = 3,
                               .qty = {1000},
                               .arrival = 100,
                               .first_mid = 100 + sign * 0.1,
                               .end_mid = 100 + sign * 1.0,
                               .tape_qty = 10,
                               .tape_quote = 1000 + sign * 5.0};
    const struct qt_fill fill = {.px = {10000 + sign * 30},
                                 .qty = {600},
                                 .quote = {(INT64_C(6000000000) + sign * INT64_C(18000000))},
                                 .fee = {6000000}};
    struct qt_parent_cost cost;
    ck_assert(qt_parent_fill(&parent, &fill));
    qt_parent_cost(&parent, &cost);
    ck_assert(cost.is_known && cost.has_average && cost.has_vwap);
    ck_assert_double_eq_tol(cost.average, 100 + sign * 0.3, 1e-9);
    ck_assert_double_eq_tol(cost.arrival_bps, 30, 1e-6);
    ck_assert_double_eq_tol(cost.vwap, 100 + sign * 0.5, 1e-9);
    ck_assert_double_eq_tol(cost.vwap_bps, -0.2 / (100 + sign * 0.5) * 1e4, 1e-6);
    ck_assert_double_eq_tol(cost.delay, 0.06, 1e-9);
    ck_assert_double_eq_tol(cost.trading, 0.12, 1e-9);
    ck_assert_double_eq_tol(cost.fees, 0.06, 1e-9);
    ck_assert_double_eq_tol(cost.opportunity, 0.4, 1e-9);
    ck_assert_double_eq_tol(cost.shortfall, 0.64, 1e-9);
    ck_assert_double_eq_tol(cost.shortfall_bps, 64, 1e-6);
    struct qt_cost_total total = {0}, whole = {0};
    qt_cost_total_add(&total, &parent, 1);
    qt_cost_total_merge(&whole, &total);
    ck_assert_double_eq_tol(qt_cost_total_bps(&whole), 64, 1e-6);
    qt_cost_total_add(&total, &parent, -1);
    ck_assert_uint_eq(total.parents, 0);
    ck_assert_double_eq_tol(total.shortfall, 0, 1e-12);
}
END_TEST

START_TEST(cost_without_an_arrival_price_is_not_known)
{
    struct qt_parent parent = {.px_scale = 2, .qty_scale = 3, .qty = {1000}, .end_mid = 100};
    struct qt_parent_cost cost;
    struct qt_cost_total total = {0};
    qt_parent_cost(&parent, &cost);
    ck_assert(!cost.is_known && !cost.has_average && !cost.has_vwap);
    qt_cost_total_add(&total, &parent, 1);
    ck_assert_uint_eq(total.parents, 1);
    ck_assert_uint_eq(total.unknown, 1);
    parent.arrival = 100;
    parent.end_mid = 0; /* and something is left */
    qt_parent_cost(&parent, &cost);
    ck_assert(!cost.is_known);
}
END_TEST

START_TEST(fee_in_base_is_worth_its_fill)
{
    struct qt_parent parent = {.px_scale = 2, .qty_scale = 3, .qty = {1000}};
    const struct qt_fill fill = {
        .px = {10000}, .qty = {1000}, .quote = {10000000000}, .fee = {2}, .fee_in_base = true};
    ck_assert(qt_parent_fill(&parent, &fill));
    ck_assert_int_eq(parent.fees.v, 20000000); /* 0.002 at 100.00 */
}
END_TEST

START_TEST(names_find_their_algorithm)
{
    for (int i = 0; i < QT_ALGORITHMS; i++) {
        ck_assert_int_eq(qt_algorithm_find(qt_algorithm_name((enum qt_algorithm)i)), i);
        ck_assert_ptr_nonnull(
            strstr(qt_execution_section.keys[0].choices, qt_algorithm_name((enum qt_algorithm)i)));
    }
    ck_assert_int_eq(qt_algorithm_find("nonesuch"), QT_ALGO_IMMEDIATE);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("algo");
    TCase *tc = tcase_create("algorithms");
    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, every_algorithm_keeps_what_it_promises_in_any_market, 0,
                        QT_ALGORITHMS - 1);
    tcase_add_loop_test(tc, step_is_a_function_of_what_it_sees, 0, QT_ALGORITHMS);
    tcase_add_test(tc, twap_sends_equal_parts_at_equal_times);
    tcase_add_test(tc, vwap_sends_by_the_usual_volume);
    tcase_add_test(tc, pov_takes_its_share_of_the_volume_and_leaves_the_rest);
    tcase_add_test(tc, chase_rests_and_follows_before_it_takes);
    tcase_add_loop_test(tc, budget_stops_what_takes_until_the_price_is_back, 0, 2);
    tcase_add_test(tc, iceberg_shows_a_part_and_never_takes);
    tcase_add_test(tc, last_chunk_is_never_dust);
    tcase_add_test(tc, chunk_follows_the_square_root_law);
    tcase_add_loop_test(tc, parent_without_a_quote_waits_and_ends_by_its_deadline, 0,
                        QT_ALGORITHMS - 1);
    tcase_add_test(tc, stopped_parent_withdraws_its_child_and_ends);
    suite_add_tcase(suite, tc);
    tc = tcase_create("parents");
    tcase_add_test(tc, parent_never_holds_more_than_its_whole);
    tcase_add_loop_test(tc, shortfall_is_the_sum_of_its_parts, 0, 2);
    tcase_add_test(tc, cost_without_an_arrival_price_is_not_known);
    tcase_add_test(tc, fee_in_base_is_worth_its_fill);
    tcase_add_test(tc, names_find_their_algorithm);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Protective stops at a venue that does anything at any time.
 */
#include "qtrade/base/rng.h"

#include "guard_kit.h"

/* A venue of its own mind: at most two orders alive; answers late, wrongly or never, fills when it
 * likes, and counts what it sells. */
struct mind {
    struct qt_rng rng;
    unsigned seen; /* of what was sent */
    struct {
        uint64_t id;
        int64_t qty, cum;
        bool is_alive, is_market;
    } order[SENT_MAX];
    unsigned orders;
    int64_t left;              /* of the position at the venue */
    unsigned by_stop, by_exit; /* fills */
};

static bool
chance(struct mind *mind, unsigned percent)
{
    return qt_rng_below(&mind->rng, 100) < percent;
}

static int
find_order(const struct mind *mind, uint64_t id)
{
    for (unsigned i = 0; i < mind->orders; i++)
        if (mind->order[i].id == id)
            return (int)i;
    return -1;
}

static int64_t
locked(const struct mind *mind)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < mind->orders; i++)
        if (mind->order[i].is_alive)
            sum += mind->order[i].qty - mind->order[i].cum;
    return sum;
}

static void
mind_fills(struct mind *mind, unsigned i, int64_t qty, int64_t px, bool is_told)
{
    mind->order[i].cum += qty;
    mind->left -= qty;
    mind->by_stop += !mind->order[i].is_market;
    mind->by_exit += mind->order[i].is_market;
    mind->order[i].is_alive = mind->order[i].cum < mind->order[i].qty;
    ck_assert_int_ge(mind->left, 0); /* never sold more than was held */
    if (is_told)
        fill(mind->order[i].id, px, qty, mind->order[i].cum);
}

static void
mind_takes(struct mind *mind, const struct qt_order_request *order, int64_t px)
{
    bool is_refused = chance(mind, 20) || locked(mind) + order->qty.v > mind->left;
    unsigned i = mind->orders;
    ck_assert_msg(locked(mind) + order->qty.v <= mind->left, "asks for more than is free");
    if (is_refused) {
        report(order->client_id, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0);
        return;
    }
    mind->orders++;
    mind->order[i].id = order->client_id;
    mind->order[i].qty = order->qty.v;
    mind->order[i].is_alive = true;
    mind->order[i].is_market = order->type == QT_TYPE_MARKET;
    if (chance(mind, 20))
        report(order->client_id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    else
        accept_order(order->client_id);
    if (mind->order[i].is_market)
        mind_fills(mind, i, order->qty.v, px, chance(mind, 80));
}

static void
mind_cancels(struct mind *mind, uint64_t id)
{
    int i = find_order(mind, id);
    if (chance(mind, 20))
        return; /* lost on its way */
    if (i < 0 || !mind->order[i].is_alive || chance(mind, 20)) {
        report(id, QT_REPORT_CANCEL_REJECTED, QT_ORDER_UNKNOWN, 0);
        return;
    }
    mind->order[i].is_alive = false;
    if (chance(mind, 80))
        report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, mind->order[i].cum);
    else
        report(id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
}

static void
mind_tells(struct mind *mind, uint64_t id)
{
    int i = find_order(mind, id);
    if (chance(mind, 20))
        return;
    if (i < 0) {
        report(id, QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, 0);
        return;
    }
    enum qt_order_state state = mind->order[i].is_alive                    ? QT_ORDER_OPEN
                                : mind->order[i].cum == mind->order[i].qty ? QT_ORDER_FILLED
                                                                           : QT_ORDER_CANCELLED;
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .report = {.client_id = id,
                                        .venue_id = 7,
                                        .px = {STOP},
                                        .qty = {mind->order[i].qty},
                                        .cum_qty = {mind->order[i].cum},
                                        .cum_quote = {mind->order[i].cum * INT64_C(9800000)},
                                        .type = QT_REPORT_STATUS,
                                        .state = (uint8_t)state,
                                        .side = QT_SELL}};
    pass(&event);
}

static void
mind_answers(struct mind *mind, int64_t px)
{
    while (mind->seen < sents) {
        enum verb verb = sent[mind->seen].verb;
        struct qt_order_request order = sent[mind->seen++].order;
        if (verb == SUBMIT)
            mind_takes(mind, &order, px);
        else if (verb == CANCEL)
            mind_cancels(mind, order.client_id);
        else if (verb == QUERY)
            mind_tells(mind, order.client_id);
    }
}

/* What rests sells when the market is at the stop: all, or a part, and not always is that told. */
static void
mind_trades(struct mind *mind, int64_t px)
{
    for (unsigned i = 0; i < mind->orders; i++) {
        int64_t rest = mind->order[i].qty - mind->order[i].cum;
        if (!mind->order[i].is_alive || px > STOP || chance(mind, 50))
            continue;
        int64_t qty = chance(mind, 50) ? rest : QT_MAX(rest / 2 / 10 * 10, 10);
        mind_fills(mind, i, qty, STOP, chance(mind, 70));
    }
}

/* The venue sees a price before we do, and answers when it likes. */
static void
mind_steps(struct mind *mind, int64_t px)
{
    if (chance(mind, 50))
        mind_trades(mind, px);
    quote(px);
    if (chance(mind, 60))
        mind_answers(mind, px);
    mind_trades(mind, px);
}

/* Faults O6, O11, O13 in any order, under any seed: nothing is sold twice, and in the end the
 * engine and the venue agree. QT_SEED repeats one. */
START_TEST(o6_whatever_the_venue_does_nothing_is_sold_twice)
{
    enum { SEEDS = 400, STEPS = 300 };
    struct qt_error err = {0};
    const char *only = getenv("QT_SEED");
    unsigned by_stop = 0, by_exit = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct mind *mind = calloc(1, sizeof *mind);
        if (only)
            seed = strtoull(only, NULL, 10);
        printf("# seed %llu\n", (unsigned long long)seed);
        qt_rng_init(&mind->rng, seed);
        mind->left = HELD;
        int64_t px = ENTRY;
        sents = 0;
        now_ns = START_S * QT_NS_PER_S;
        open_engine();
        for (unsigned step = 0; step < STEPS; step++) {
            px = QT_MAX(9600, QT_MIN(10700, px + (int64_t)qt_rng_below(&mind->rng, 81) - 40));
            if (step == STEPS / 2 && chance(mind, 50))
                ck_assert(qt_engine_command(engine, QT_COMMAND_LIQUIDATE, QT_SOURCE_SOCKET, "test",
                                            &err));
            mind_steps(mind, px);
        }
        for (unsigned step = 0; step < 400; step++) /* and then everything must go */
            mind_steps(mind, 9700);
        ck_assert_int_eq(symbol()->position.qty.v, mind->left);
        ck_assert_int_lt(mind->left, 110); /* sold, or dust */
        ck_assert(engine->is_conserved);
        qt_engine_destroy(engine);
        engine = NULL;
        by_stop += mind->by_stop;
        by_exit += mind->by_exit;
        free(mind);
        if (only)
            break;
    }
    ck_assert_msg(only || (by_stop > SEEDS / 4 && by_exit > SEEDS / 4),
                  "%u fills by stops, %u by exits", by_stop, by_exit);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("guard_any");
    TCase *tc = tcase_create("any");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, o6_whatever_the_venue_does_nothing_is_sold_twice);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

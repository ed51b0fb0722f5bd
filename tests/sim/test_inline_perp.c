/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inline venue of perpetuals, in a backtest and on paper: what is told is what the account
 * holds, funding comes at its hours, leverage is 1, exits only reduce, and who has lost all is
 * closed. Prices have two decimals, quantities three: px x qty x 1000 is money.
 */
#include "paper_kit.h"

#define SCALE 1000

static const struct qt_inline_options perpetual = {
    .perp = &qt_perp_usual, .deposit = {DEPOSIT * UNIT}, .deposit_asset = "USDT"};

static uint64_t
submit_reducing(struct trader *trader, uint32_t id, enum qt_order_type type, int64_t px,
                int64_t stop_px, int64_t qty)
{
    const struct qt_order_request request = {.client_id = ++trader->next_id << 8,
                                             .instrument = id,
                                             .side = QT_SELL,
                                             .type = (uint8_t)type,
                                             .reduce_only = true,
                                             .px = px ? (qt_px){px} : QT_PX_NONE,
                                             .stop_px = stop_px ? (qt_px){stop_px} : QT_PX_NONE,
                                             .qty = {qty}};
    ck_assert(trader->port.submit(trader->port.self, &request));
    return request.client_id;
}

static const struct qt_report *
report(const struct trader *trader, uint64_t client_id, enum qt_report_type type)
{
    size_t i = find_report(trader, client_id, type);
    ck_assert_uint_lt(i, trader->n);
    return &trader->events[i].report;
}

/* The newest balance of an asset; -1: never told. */
static int64_t
balance_of(const struct trader *trader, const char *asset)
{
    for (size_t i = trader->n; i-- > 0;)
        if (trader->events[i].kind == QT_EVENT_BALANCE &&
            strcmp(trader->events[i].balance.asset, asset) == 0)
            return trader->events[i].balance.free.v;
    return -1;
}

static const char *
base_of(const struct trader *trader, uint32_t id)
{
    return qt_universe_at(trader->market.universe, id)->base;
}

START_TEST(a_position_is_a_balance_and_cash_is_what_it_did_not_cost)
{
    struct paper paper;
    begin_paper_with(&paper, &perpetual);
    show_quote(&paper, 1000, 1010);
    uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_MARKET, 0, 500);
    show_quote(&paper, 1000, 1010);
    int64_t cost = INT64_C(1010) * 500 * SCALE, fee = cost * 5 / 10000;
    ck_assert_int_eq(report(&paper.trader, id, QT_REPORT_FILL)->fee.v, fee);
    ck_assert_int_eq(balance_of(&paper.trader, base_of(&paper.trader, 0)), UNIT / 2);
    ck_assert_int_eq(balance_of(&paper.trader, "USDT"), DEPOSIT * UNIT - cost - fee);
    show_quote(&paper, 900, 910); /* prices alone move neither */
    ck_assert(paper.trader.port.sync(paper.trader.port.self));
    show_quote(&paper, 900, 910);
    ck_assert_uint_eq(count(&paper.trader, QT_EVENT_SYNC), 1);
    ck_assert_int_eq(balance_of(&paper.trader, "USDT"), DEPOSIT * UNIT - cost - fee);
    end_paper(&paper);
}
END_TEST

START_TEST(more_than_the_account_is_refused)
{
    struct paper paper;
    begin_paper_with(&paper, &perpetual);
    show_quote(&paper, 1000, 1010);
    uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT, 1000, 99900 * SCALE);
    show_quote(&paper, 1000, 1010); /* 1000 are left */
    (void)report(&paper.trader, id, QT_REPORT_ACCEPTED);
    uint64_t fee = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT, 1000, 100 * SCALE);
    uint64_t fits = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT, 1000, 99 * SCALE);
    show_quote(&paper, 1000, 1010);
    ck_assert_int_eq(report(&paper.trader, fee, QT_REPORT_REJECTED)->code, -2019);
    (void)report(&paper.trader, fits, QT_REPORT_ACCEPTED);
    end_paper(&paper);
}
END_TEST

START_TEST(exits_only_reduce)
{
    struct paper paper;
    begin_paper_with(&paper, &perpetual);
    show_quote(&paper, 1000, 1010);
    uint64_t early = submit_reducing(&paper.trader, 0, QT_TYPE_MARKET, 0, 0, 500);
    show_quote(&paper, 1000, 1010);
    ck_assert_int_eq(report(&paper.trader, early, QT_REPORT_REJECTED)->code, -2022);
    submit(&paper.trader, 0, QT_BUY, QT_TYPE_MARKET, 0, 500);
    show_quote(&paper, 1000, 1010);
    uint64_t late = submit_reducing(&paper.trader, 0, QT_TYPE_MARKET, 0, 0, 800);
    show_quote(&paper, 1000, 1010);
    ck_assert_int_eq(report(&paper.trader, late, QT_REPORT_FILL)->qty.v, 500);
    ck_assert_int_eq(balance_of(&paper.trader, base_of(&paper.trader, 0)), 0);
    end_paper(&paper);
}
END_TEST

START_TEST(a_stop_rests_is_read_and_sells_at_its_price)
{
    struct paper paper;
    begin_paper_with(&paper, &perpetual);
    show_quote(&paper, 1000, 1010);
    submit(&paper.trader, 0, QT_BUY, QT_TYPE_MARKET, 0, 500);
    show_quote(&paper, 1000, 1010);
    uint64_t id = submit_reducing(&paper.trader, 0, QT_TYPE_STOP_LOSS_LIMIT, 930, 950, 500);
    show_quote(&paper, 1000, 1010);
    (void)report(&paper.trader, id, QT_REPORT_ACCEPTED);
    ck_assert(paper.trader.port.sync(paper.trader.port.self));
    ck_assert(paper.trader.port.query(paper.trader.port.self, 0, id));
    show_quote(&paper, 980, 990);
    ck_assert_int_eq(report(&paper.trader, id, QT_REPORT_STATUS)->state, QT_ORDER_OPEN);
    size_t sync = find(&paper.trader, 0, QT_EVENT_SYNC, QT_NO_INSTRUMENT);
    ck_assert_int_eq(paper.trader.events[sync - 1].report.client_id, id);
    show_quote(&paper, 948, 952);
    show_trade(&paper, 949, 100, true);
    ck_assert_int_eq(report(&paper.trader, id, QT_REPORT_FILL)->px.v, 948);
    ck_assert_int_eq(balance_of(&paper.trader, base_of(&paper.trader, 0)), 0);
    end_paper(&paper);
}
END_TEST

START_TEST(an_order_is_cancelled_once)
{
    struct paper paper;
    begin_paper_with(&paper, &perpetual);
    show_quote(&paper, 1000, 1010);
    uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT_MAKER, 990, 500);
    uint64_t other = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT, 980, 500);
    show_quote(&paper, 1000, 1010);
    ck_assert(paper.trader.port.cancel(paper.trader.port.self, 0, id));
    show_quote(&paper, 1000, 1010);
    (void)report(&paper.trader, id, QT_REPORT_CANCELLED);
    ck_assert(paper.trader.port.cancel(paper.trader.port.self, 0, id));
    ck_assert(paper.trader.port.cancel_all(paper.trader.port.self, 0));
    show_quote(&paper, 1000, 1010);
    ck_assert_int_eq(report(&paper.trader, id, QT_REPORT_CANCEL_REJECTED)->code, -2011);
    (void)report(&paper.trader, other, QT_REPORT_CANCELLED);
    end_paper(&paper);
}
END_TEST

/* The rate of no premium is the interest: 0.01 % at 00:00, 08:00 and 16:00. */
START_TEST(funding_is_paid_at_its_hours)
{
    struct paper paper;
    enum qt_side side = _i ? QT_SELL : QT_BUY; /* a short receives it */
    int64_t sign = _i ? -1 : 1, px = _i ? 999 : 1001;
    begin_paper_with(&paper, &perpetual);
    paper.now_ns =
        qt_time_floor(KIT_START, 8 * QT_NS_PER_HOUR) + 8 * QT_NS_PER_HOUR - 30 * QT_NS_PER_S;
    show_quote(&paper, 999, 1001);
    submit(&paper.trader, 0, side, QT_TYPE_MARKET, 0, 500);
    show_quote(&paper, 999, 1001);
    for (int i = 0; i < 60; i++)
        show_quote(&paper, 999, 1001);
    ck_assert_uint_eq(count(&paper.trader, QT_EVENT_INCOME), 1);
    const struct qt_event *event =
        &paper.trader.events[find(&paper.trader, 0, QT_EVENT_INCOME, QT_NO_INSTRUMENT)];
    ck_assert_int_eq(event->income.amount.v, -sign * INT64_C(1000) * 500 * SCALE / 10000);
    ck_assert_str_eq(event->income.asset, "USDT");
    ck_assert_int_eq(event->t_venue_ns % (8 * QT_NS_PER_HOUR), 0);
    int64_t cost = px * 500 * SCALE;
    ck_assert_int_eq(balance_of(&paper.trader, base_of(&paper.trader, 0)), sign * UNIT / 2);
    ck_assert_int_eq(balance_of(&paper.trader, "USDT"),
                     DEPOSIT * UNIT - sign * cost - cost * 5 / 10000 + event->income.amount.v);
    end_paper(&paper);
}
END_TEST

/* A short of all there is, and the price doubles. */
START_TEST(who_has_lost_all_is_called_and_closed_by_the_exchange)
{
    struct paper paper;
    begin_paper_with(&paper, &perpetual);
    show_quote(&paper, 999, 1001);
    submit(&paper.trader, 0, QT_SELL, QT_TYPE_MARKET, 0, 5000);
    show_quote(&paper, 999, 1001);
    submit(&paper.trader, 0, QT_SELL, QT_TYPE_LIMIT, 1001, 90000 * SCALE);
    show_quote(&paper, 999, 1001);
    show_trade(&paper, 1002, 95000 * SCALE, false); /* it is filled */
    for (int i = 0; i < 90; i++)
        show_quote(&paper, i < 45 ? 2089 : 2109, i < 45 ? 2091 : 2111);
    size_t call = find(&paper.trader, 0, QT_EVENT_COMMAND, QT_NO_INSTRUMENT);
    ck_assert_uint_lt(call, paper.trader.n);
    ck_assert_int_eq(paper.trader.events[call].command.kind, QT_COMMAND_PAUSE);
    size_t closing = find_report(&paper.trader, 0, QT_REPORT_FILL); /* an id that is not ours */
    ck_assert_uint_lt(closing, paper.trader.n);
    ck_assert_int_eq(paper.trader.events[closing].report.side, QT_BUY);
    ck_assert_uint_lt(find(&paper.trader, closing, QT_EVENT_SYNC, QT_NO_INSTRUMENT),
                      paper.trader.n);
    ck_assert_int_eq(balance_of(&paper.trader, base_of(&paper.trader, 0)), 0);
    ck_assert_uint_eq(qt_perp_stats(qt_inline_perp(paper.trader.venue)).liquidations, 1);
    end_paper(&paper);
}
END_TEST

static const struct {
    int64_t cash, held;
    const char *why; /* NULL: taken over */
} lefts[] = {
    {123 * UNIT, 70, NULL},
    {123 * UNIT, 0, NULL},
    {-5, 70, NULL}, /* funding ate the last of it */
    {-5, 0, "owes more than it holds"},
    {123 * UNIT, -70, NULL}, /* a short: its proceeds are in the cash */
    {-5, -70, "owes more than it holds"},
};

START_TEST(paper_account_goes_on_with_what_an_earlier_run_left)
{
    struct qt_error err = {0};
    struct paper paper;
    struct qt_instrument ins = kit_instrument(0);
    struct qt_balance_record kept[] = {
        {.account = "cash", .scale = ins.qty_scale, .amount = {lefts[_i].held}},
        {.account = "capital", .asset = "USDT", .scale = QT_MONEY_SCALE, .amount = {-200 * UNIT}},
        {.account = "cash", .asset = "USDT", .scale = QT_MONEY_SCALE, .amount = {lefts[_i].cash}}};
    struct qt_inline_options options = perpetual;
    qt_copy(kept[0].asset, sizeof kept[0].asset, ins.base);
    options.kept = kept;
    options.n_kept = 3;
    if (lefts[_i].why) {
        struct live live = {0};
        const struct qt_feed_port feed = {.self = &live, .work = live_work};
        struct qt_universe *universe = qt_universe_create();
        ck_assert(qt_universe_add(universe, &ins, &err));
        ck_assert_ptr_null(qt_inline_paper_create(&feed, universe, &options, &err));
        ck_assert_msg(strstr(err.text, lefts[_i].why) != NULL, "%s", err.text);
        qt_universe_destroy(universe);
        return;
    }
    begin_paper_with(&paper, &options);
    ck_assert(paper.trader.port.sync(paper.trader.port.self));
    show_quote(&paper, 1000, 1010);
    show_quote(&paper, 1000, 1010);
    ck_assert_int_eq(balance_of(&paper.trader, "USDT"), lefts[_i].cash);
    if (lefts[_i].held < 0) {
        ck_assert_int_eq(balance_of(&paper.trader, ins.base), lefts[_i].held * 100000);
        uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_MARKET, 0, -lefts[_i].held);
        show_quote(&paper, 1000, 1010);
        int64_t fee = report(&paper.trader, id, QT_REPORT_FILL)->fee.v;
        ck_assert_int_eq(balance_of(&paper.trader, "USDT"),
                         lefts[_i].cash + 1010 * lefts[_i].held * SCALE - fee);
    }
    if (lefts[_i].held > 0) {
        ck_assert_int_eq(balance_of(&paper.trader, ins.base), lefts[_i].held * 100000);
        uint64_t id = submit_reducing(&paper.trader, 0, QT_TYPE_MARKET, 0, 0, lefts[_i].held);
        show_quote(&paper, 1000, 1010);
        int64_t fee = report(&paper.trader, id, QT_REPORT_FILL)->fee.v;
        ck_assert_int_eq(balance_of(&paper.trader, "USDT"),
                         lefts[_i].cash + 1000 * lefts[_i].held * SCALE - fee);
    }
    end_paper(&paper);
}
END_TEST

/* Long random trading on a recording */

static void
trade_at_random(struct trader *trader, const struct qt_event *event)
{
    if (event->kind != QT_EVENT_TRADE || qt_rng_below(&trader->rng, 4))
        return;
    uint32_t id = event->instrument;
    int64_t px = event->trade.px.v + (int64_t)qt_rng_below(&trader->rng, 61) - 30;
    int64_t qty = 500 + 10 * (int64_t)qt_rng_below(&trader->rng, 300);
    uint64_t some = qt_rng_below(&trader->rng, trader->next_id + 1) << 8;
    switch (qt_rng_below(&trader->rng, 8)) {
    case 0:
        submit(trader, id, QT_BUY, QT_TYPE_MARKET, 0, qty);
        break;
    case 1:
        (void)trader->port.cancel(trader->port.self, id, some);
        break;
    case 2:
        (void)trader->port.query(trader->port.self, id, some);
        break;
    case 3:
        submit_reducing(trader, id, QT_TYPE_MARKET, 0, 0, qty);
        break;
    case 4:
        submit_reducing(trader, id, QT_TYPE_STOP_LOSS_LIMIT, QT_MAX(px - 80, 1), QT_MAX(px - 60, 1),
                        qty);
        break;
    default:
        submit(trader, id, QT_BUY, QT_TYPE_LIMIT, px, qty);
        break;
    }
}

/* Fills and funding as they were told add up to what the account holds, to the unit. */
static void
compare_with_account(const struct trader *trader)
{
    const struct qt_margin *margin = qt_perp_margin(qt_inline_perp(trader->venue));
    int64_t cash = DEPOSIT * UNIT, held[3] = {0};
    for (size_t i = 0; i < trader->n; i++) {
        const struct qt_event *event = &trader->events[i];
        const struct qt_report *told = &event->report;
        if (event->kind == QT_EVENT_INCOME)
            cash += event->income.amount.v;
        if (event->kind != QT_EVENT_REPORT || told->type != QT_REPORT_FILL)
            continue;
        int sign = told->side == QT_BUY ? 1 : -1;
        cash -= sign * told->px.v * told->qty.v * SCALE + told->fee.v;
        held[event->instrument] += sign * told->qty.v;
        ck_assert_int_ge(held[event->instrument], 0); /* exits never turn it */
    }
    int64_t wallet = qt_margin_wallet(margin, 1).v;
    for (uint32_t i = 0; i < 3; i++) {
        const struct qt_margin_position *position = qt_margin_position(margin, 1, i);
        ck_assert_int_eq(position->qty.v, held[i]);
        wallet -= position->cost.v;
    }
    ck_assert_int_eq(wallet, cash);
}

START_TEST(what_is_told_is_what_the_account_holds)
{
    struct trader trader;
    struct qt_inline_options options = perpetual;
    struct qt_perp_options pace = qt_perp_usual;
    pace.pace_ns = 15 * QT_NS_PER_S;
    options.latency_ns = 100 * QT_NS_PER_MS;
    options.perp = &pace;
    begin(&trader, &options, 1500);   /* a day and an hour of minutes */
    memset(&pace, 0xff, sizeof pace); /* it was copied */
    qt_rng_init(&trader.rng, (uint64_t)_i);
    trader.act = trade_at_random;
    play(&trader);
    ck_assert_uint_gt(qt_perp_stats(qt_inline_perp(trader.venue)).fills, 500);
    ck_assert_uint_gt(count(&trader, QT_EVENT_INCOME), 3);
    compare_with_account(&trader);
    end(&trader);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("inline_perp");
    TCase *tc = tcase_create("perpetuals");
    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_position_is_a_balance_and_cash_is_what_it_did_not_cost);
    tcase_add_test(tc, more_than_the_account_is_refused);
    tcase_add_test(tc, exits_only_reduce);
    tcase_add_test(tc, a_stop_rests_is_read_and_sells_at_its_price);
    tcase_add_test(tc, an_order_is_cancelled_once);
    tcase_add_loop_test(tc, funding_is_paid_at_its_hours, 0, 2);
    tcase_add_test(tc, who_has_lost_all_is_called_and_closed_by_the_exchange);
    tcase_add_loop_test(tc, paper_account_goes_on_with_what_an_earlier_run_left, 0,
                        QT_COUNT_OF(lefts));
    tcase_add_loop_test(tc, what_is_told_is_what_the_account_holds, 0, 4);
    return qt_run_suite(suite);
}

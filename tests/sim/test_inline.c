/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exchange inside the engine's thread: rules I1 to I3 of inline_venue.h, each answer of the
 * venue port, and books that agree with the events.
 */
#include "inline_kit.h"

/* The feed */

START_TEST(links_come_up_first_and_history_before_anything_that_is_played)
{
    struct trader trader;
    struct qt_inline_options options = usual;
    options.emits_history = _i == 1;
    begin_at(&trader, &options, 40, KIT_START + 10 * QT_NS_PER_MIN);
    play(&trader);
    bool is_played = false;
    size_t history = 0, links = 0;
    for (size_t i = 0; i < trader.n; i++) {
        const struct qt_event *event = &trader.events[i];
        bool is_history = event->kind == QT_EVENT_BAR && (event->flags & QT_EVENT_HISTORY);
        links += event->kind == QT_EVENT_LINK;
        is_played = is_played || event->kind == QT_EVENT_TRADE;
        KIT_HOLDS(!is_history || !is_played);
        KIT_HOLDS(event->kind != QT_EVENT_LINK || !is_played);
        if (is_history)
            KIT_HOLDS(event->bar.open_ns + event->bar.period_ns <= event->t_recv_ns);
        history += is_history;
    }
    ck_assert_uint_eq(history, _i == 1 ? 3 * 10 : 0);
    ck_assert_uint_eq(links, QT_LINK_KINDS);
    ck_assert_int_eq(trader.events[0].kind, QT_EVENT_LINK);
    ck_assert_int_eq(trader.events[0].link.state, QT_LINK_UP);
    end(&trader);
}
END_TEST

START_TEST(tick_is_a_trade_and_its_quote_and_a_bar_is_told_when_it_has_ended)
{
    struct trader trader;
    begin(&trader, &usual, 60);
    play(&trader);
    size_t bars[3] = {0};
    for (size_t i = 1; i < trader.n; i++) {
        const struct qt_event *event = &trader.events[i], *before = &trader.events[i - 1];
        KIT_HOLDS(event->t_recv_ns >= before->t_recv_ns);
        if (event->kind == QT_EVENT_QUOTE) {
            KIT_HOLDS(before->kind == QT_EVENT_TRADE && before->instrument == event->instrument);
            KIT_HOLDS(event->quote.bid.v < event->quote.ask.v);
            KIT_HOLDS(
                before->trade.px.v ==
                (before->flags & QT_EVENT_BUYER_MAKER ? event->quote.bid.v : event->quote.ask.v));
        }
        if (event->kind != QT_EVENT_BAR)
            continue;
        const struct qt_bar *bar =
            &trader.data.series[event->instrument].bars[bars[event->instrument]++];
        KIT_HOLDS(memcmp(bar, &event->bar, sizeof *bar) == 0);
        KIT_HOLDS(event->t_recv_ns == bar->open_ns + bar->period_ns);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(bars[i], 60);
    ck_assert_uint_ge(count(&trader, QT_EVENT_TRADE), 3 * 60 * 4);
    end(&trader);
}
END_TEST

/* I1 */

/* Buys once, on the fifth trade of symbol 1. */
static void
buy_on_fifth_trade(struct trader *trader, const struct qt_event *event)
{
    if (event->kind != QT_EVENT_TRADE || event->instrument != 1 || trader->next_id > 0 ||
        ++trader->acted_ns < 5)
        return;
    ck_assert_uint_ne(submit(trader, 1, QT_BUY, QT_TYPE_MARKET, 0, 500), 0);
    trader->acted_ns = event->t_recv_ns;
}

static const int64_t latencies[] = {0, 1, 250 * QT_NS_PER_MS, 90 * QT_NS_PER_S};

START_TEST(order_becomes_active_at_the_first_tick_of_its_symbol_after_its_latency)
{
    struct trader trader;
    struct qt_inline_options options = usual;
    options.latency_ns = latencies[_i];
    begin(&trader, &options, 60);
    trader.act = buy_on_fifth_trade;
    play(&trader);
    size_t accepted = find_report(&trader, 1 << 8, QT_REPORT_ACCEPTED);
    size_t fill = find_report(&trader, 1 << 8, QT_REPORT_FILL);
    ck_assert_uint_lt(accepted, trader.n);
    ck_assert_uint_lt(fill, trader.n);
    const struct qt_event *filled = &trader.events[fill];
    int64_t due = trader.acted_ns + latencies[_i];
    size_t tick = find(&trader, 0, QT_EVENT_QUOTE, 1);
    while (trader.events[tick].t_recv_ns <= trader.acted_ns || trader.events[tick].t_recv_ns < due)
        tick = find(&trader, tick + 1, QT_EVENT_QUOTE, 1);
    ck_assert_int_eq(trader.events[accepted].t_recv_ns, trader.events[tick].t_recv_ns);
    ck_assert_uint_gt(accepted, tick);
    ck_assert_int_eq(filled->report.px.v, trader.events[tick].quote.ask.v);
    ck_assert(!filled->report.is_maker && !filled->report.fee_in_base);
    end(&trader);
}
END_TEST

static void
buy_and_cancel_at_once(struct trader *trader, const struct qt_event *event)
{
    if (event->kind != QT_EVENT_TRADE || event->instrument != 1 || trader->next_id > 0)
        return;
    uint64_t id = submit(trader, 1, QT_BUY, QT_TYPE_LIMIT, 1100, 500);
    ck_assert_uint_ne(id, 0);
    if (trader->rng.s[0] % 2)
        ck_assert(trader->port.cancel(trader->port.self, 1, id));
    else
        ck_assert(trader->port.cancel_all(trader->port.self, 1));
    ck_assert(trader->port.query(trader->port.self, 1, id));
    ck_assert(trader->port.query(trader->port.self, 1, id));
}

START_TEST(cancel_does_not_overtake_its_order_and_a_question_waits_for_it)
{
    struct trader trader;
    begin(&trader, &usual, 20);
    trader.rng.s[0] = (uint64_t)_i;
    trader.act = buy_and_cancel_at_once;
    play(&trader);
    uint64_t id = 1 << 8;
    size_t accepted = find_report(&trader, id, QT_REPORT_ACCEPTED);
    size_t cancelled = find_report(&trader, id, QT_REPORT_CANCELLED);
    size_t status = find_report(&trader, id, QT_REPORT_STATUS);
    ck_assert_uint_lt(accepted, status);
    ck_assert_uint_lt(status, cancelled);
    ck_assert_uint_lt(cancelled, trader.n);
    ck_assert_uint_eq(find_report(&trader, id, QT_REPORT_NOT_FOUND), trader.n);
    ck_assert_uint_eq(find_report(&trader, id, QT_REPORT_CANCEL_REJECTED), trader.n);
    size_t next = find(&trader, accepted, QT_EVENT_TRADE, 1);
    ck_assert_uint_eq(cancelled, next - 1); /* before the trade of the next tick */
    for (size_t i = status + 1; i < trader.n; i++)
        KIT_HOLDS(trader.events[i].kind != QT_EVENT_REPORT ||
                  trader.events[i].report.type != QT_REPORT_STATUS); /* asked twice, told once */
    end(&trader);
}
END_TEST

/* I2: with an order that rests, one to cancel and a new one, all at one tick. */
static void
prepare_everything(struct trader *trader, const struct qt_event *event)
{
    if (event->kind != QT_EVENT_TRADE || event->instrument != 0)
        return;
    trader->acted_ns++;
    int64_t px = event->trade.px.v;
    if (trader->acted_ns == 1) {
        submit(trader, 0, QT_BUY, QT_TYPE_LIMIT, px - 1000, 1000);
        submit(trader, 0, QT_BUY, QT_TYPE_MARKET, 0, 5000);
    } else if (trader->acted_ns == 3) {
        submit(trader, 0, QT_SELL, QT_TYPE_LIMIT, px * 2, 500);
        ck_assert(trader->port.cancel(trader->port.self, 0, 1 << 8));
    }
}

START_TEST(events_of_one_tick_come_in_their_order)
{
    struct trader trader;
    begin(&trader, &usual, 20);
    trader.act = prepare_everything;
    play(&trader);
    size_t cancelled = find_report(&trader, 1 << 8, QT_REPORT_CANCELLED);
    size_t accepted = find_report(&trader, 3 << 8, QT_REPORT_ACCEPTED);
    ck_assert_uint_lt(accepted, trader.n);
    ck_assert_int_eq(trader.events[cancelled + 1].kind, QT_EVENT_TRADE);
    ck_assert_int_eq(trader.events[cancelled + 2].kind, QT_EVENT_QUOTE);
    ck_assert_uint_eq(accepted, cancelled + 3);
    ck_assert_int_eq(trader.events[accepted + 1].kind, QT_EVENT_BALANCE);
    ck_assert_int_eq(trader.events[accepted + 2].kind, QT_EVENT_BALANCE);
    for (size_t i = cancelled; i <= accepted + 2; i++)
        ck_assert_int_eq(trader.events[i].t_recv_ns, trader.events[cancelled].t_recv_ns);
    end(&trader);
}
END_TEST

/* Answers */

static void
ask_nonsense(struct trader *trader, const struct qt_event *event)
{
    if (event->kind != QT_EVENT_TRADE || trader->acted_ns++ > 0)
        return;
    ck_assert(trader->port.cancel(trader->port.self, 0, 77 << 8));
    ck_assert(trader->port.query(trader->port.self, 0, 78 << 8));
    submit(trader, 0, QT_SELL, QT_TYPE_LIMIT, 3000, 500); /* nothing to sell */
    ck_assert(!trader->port.cancel(trader->port.self, 9, 77));
    ck_assert(!trader->port.query(trader->port.self, 9, 77));
    ck_assert(!trader->port.cancel_all(trader->port.self, QT_NO_INSTRUMENT));
    ck_assert_uint_eq(submit(trader, 9, QT_BUY, QT_TYPE_MARKET, 0, 500), 0);
}

START_TEST(what_cannot_be_done_is_said_with_the_venues_code)
{
    struct trader trader;
    begin(&trader, &usual, 20);
    trader.act = ask_nonsense;
    play(&trader);
    size_t refused = find_report(&trader, 77 << 8, QT_REPORT_CANCEL_REJECTED);
    size_t rejected = find_report(&trader, 1 << 8, QT_REPORT_REJECTED);
    ck_assert_uint_lt(refused, trader.n);
    ck_assert_int_eq(trader.events[refused].report.code, -2011);
    ck_assert_uint_lt(find_report(&trader, 78 << 8, QT_REPORT_NOT_FOUND), trader.n);
    ck_assert_uint_lt(rejected, trader.n);
    ck_assert_int_eq(trader.events[rejected].report.code, -2010);
    ck_assert_int_eq(trader.events[rejected].report.state, QT_ORDER_REJECTED);
    end(&trader);
}
END_TEST

static void
rest_then_sync(struct trader *trader, const struct qt_event *event)
{
    if (event->kind != QT_EVENT_TRADE)
        return;
    trader->acted_ns++;
    if (trader->acted_ns == 1) {
        submit(trader, 0, QT_BUY, QT_TYPE_LIMIT, 1100, 500);
        submit(trader, 1, QT_BUY, QT_TYPE_LIMIT, 1100, 500);
    } else if (trader->acted_ns == 30) {
        ck_assert(trader->port.sync(trader->port.self));
    }
}

START_TEST(read_of_the_account_is_balances_then_open_orders_then_sync)
{
    struct trader trader;
    begin(&trader, &usual, 20);
    trader.act = rest_then_sync;
    play(&trader);
    size_t sync = find(&trader, 0, QT_EVENT_SYNC, QT_NO_INSTRUMENT);
    ck_assert_uint_lt(sync, trader.n);
    for (size_t i = sync - 2; i < sync; i++) {
        ck_assert_int_eq(trader.events[i].kind, QT_EVENT_REPORT);
        ck_assert_int_eq(trader.events[i].report.type, QT_REPORT_STATUS);
        ck_assert_int_eq(trader.events[i].report.state, QT_ORDER_OPEN);
        ck_assert(trader.events[i].flags & QT_EVENT_SNAPSHOT);
    }
    size_t assets = 0;
    for (size_t i = sync - 3; trader.events[i].kind == QT_EVENT_BALANCE; i--, assets++) {
        const struct qt_balance *balance = &trader.events[i].balance;
        int64_t locked = strcmp(balance->asset, "USDT") == 0 ? 2 * 550550000 : 0;
        ck_assert_int_eq(balance->locked.v, locked);
        ck_assert(locked == 0 || balance->free.v == DEPOSIT * UNIT - locked);
    }
    ck_assert_uint_eq(assets, 4);
    end(&trader);
}
END_TEST

static void
flood(struct trader *trader, const struct qt_event *event)
{
    size_t taken = 0;
    if (event->kind != QT_EVENT_TRADE || event->instrument != 0 || trader->next_id > 0)
        return;
    while (submit(trader, 0, QT_BUY, QT_TYPE_LIMIT, 1100, 500))
        taken++;
    ck_assert_uint_eq(taken, 1024);
}

START_TEST(full_post_refuses_and_goes_on_when_it_is_empty)
{
    struct trader trader;
    begin(&trader, &usual, 4);
    trader.act = flood;
    play(&trader);
    ck_assert_uint_lt(find_report(&trader, 1 << 8, QT_REPORT_ACCEPTED), trader.n);
    size_t limit = find_report(&trader, 1000 << 8, QT_REPORT_REJECTED); /* 200 may be open */
    ck_assert_uint_lt(limit, trader.n);
    ck_assert_int_eq(trader.events[limit].report.code, -1013);
    ck_assert_uint_ne(submit(&trader, 0, QT_BUY, QT_TYPE_LIMIT, 1100, 500), 0);
    end(&trader);
}
END_TEST

/* Long random trading */

static void
trade_at_random(struct trader *trader, const struct qt_event *event)
{
    if (event->kind != QT_EVENT_TRADE || qt_rng_below(&trader->rng, 4))
        return;
    uint32_t id = event->instrument;
    int64_t px = event->trade.px.v + (int64_t)qt_rng_below(&trader->rng, 61) - 30;
    enum qt_side side = qt_rng_below(&trader->rng, 2) ? QT_BUY : QT_SELL;
    int64_t qty = 500 + 10 * (int64_t)qt_rng_below(&trader->rng, 300);
    switch (qt_rng_below(&trader->rng, 6)) {
    case 0:
        submit(trader, id, side, QT_TYPE_MARKET, 0, qty);
        break;
    case 1:
        (void)trader->port.cancel(trader->port.self, id,
                                  qt_rng_below(&trader->rng, trader->next_id + 1) << 8);
        break;
    case 2:
        (void)trader->port.query(trader->port.self, id,
                                 qt_rng_below(&trader->rng, trader->next_id + 1) << 8);
        break;
    default:
        submit(trader, id, side, QT_TYPE_LIMIT, px, qty);
        break;
    }
}

/* Fills as they were told add up to what the account holds, to the unit. */
static void
compare_with_account(const struct trader *trader)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(qt_inline_exchange(trader->venue));
    int64_t cash = DEPOSIT * UNIT, held[3] = {0};
    for (size_t i = 0; i < trader->n; i++) {
        const struct qt_event *event = &trader->events[i];
        const struct qt_report *report = &event->report;
        if (event->kind != QT_EVENT_REPORT || report->type != QT_REPORT_FILL)
            continue;
        int64_t quote = report->px.v * report->qty.v * 1000; /* scales 2 + 3 up to 8 */
        int sign = report->side == QT_BUY ? 1 : -1;
        cash -= sign * quote + report->fee.v;
        held[event->instrument] += sign * report->qty.v * 100000;
    }
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t asset =
            qt_accounts_find(accounts, qt_universe_at(trader->market.universe, i)->base);
        struct qt_funds funds = qt_accounts_funds(accounts, 1, asset);
        ck_assert_int_eq(funds.free.v + funds.locked.v, held[i]);
    }
    struct qt_funds usdt = qt_accounts_funds(accounts, 1, qt_accounts_find(accounts, "USDT"));
    ck_assert_int_eq(usdt.free.v + usdt.locked.v, cash);
}

START_TEST(fills_as_told_are_what_the_account_holds)
{
    struct trader trader;
    struct qt_inline_options options = usual;
    options.latency_ns = 100 * QT_NS_PER_MS;
    begin(&trader, &options, 1500);
    qt_rng_init(&trader.rng, (uint64_t)_i);
    trader.act = trade_at_random;
    play(&trader);
    ck_assert_uint_gt(qt_exchange_stats(qt_inline_exchange(trader.venue)).fills, 500);
    compare_with_account(&trader);
    end(&trader);
}
END_TEST

/* Every order that was posted gets its first word, and nothing comes after its last. */
START_TEST(each_order_has_one_beginning_and_one_end)
{
    struct trader trader;
    begin(&trader, &usual, 1500);
    trader.act = trade_at_random;
    play(&trader);
    uint8_t *state = calloc(trader.next_id + 1, 1); /* 0 nothing, 1 open, 2 final */
    for (size_t i = 0; i < trader.n; i++) {
        const struct qt_report *report = &trader.events[i].report;
        if (trader.events[i].kind != QT_EVENT_REPORT || report->type == QT_REPORT_STATUS ||
            report->type == QT_REPORT_NOT_FOUND || report->type == QT_REPORT_CANCEL_REJECTED)
            continue;
        uint64_t id = report->client_id >> 8;
        bool is_first = report->type == QT_REPORT_ACCEPTED || report->type == QT_REPORT_REJECTED;
        KIT_HOLDS(id > 0 && id <= trader.next_id);
        KIT_HOLDS(state[id] == (is_first ? 0 : 1));
        state[id] = qt_order_state_is_final((enum qt_order_state)report->state) ? 2 : 1;
    }
    size_t untold = 0;
    for (uint64_t id = 1; id <= trader.next_id; id++)
        untold += state[id] == 0;
    ck_assert_uint_le(untold, 3); /* posted at the last tick of a symbol */
    free(state);
    end(&trader);
}
END_TEST

/* I3: what a shorter recording would have shown is what the longer one showed. */
START_TEST(cutting_the_recording_changes_nothing_before_the_cut)
{
    struct trader whole, cut;
    size_t bars = 50 + 77 * (size_t)_i;
    begin(&whole, &usual, 600);
    whole.act = trade_at_random;
    play(&whole);
    begin(&cut, &usual, 600);
    for (size_t i = 0; i < cut.data.n; i++)
        cut.data.series[i].n = bars;
    cut.act = trade_at_random;
    play(&cut);
    int64_t until = KIT_START + (int64_t)bars * QT_NS_PER_MIN;
    size_t n = 0;
    for (; n < cut.n && cut.events[n].t_recv_ns < until; n++)
        KIT_HOLDS(memcmp(&whole.events[n], &cut.events[n], sizeof cut.events[n]) == 0);
    ck_assert_uint_gt(n, 3 * bars * 8);
    ck_assert_int_ge(whole.events[n].t_recv_ns, until);
    end(&whole);
    end(&cut);
}
END_TEST

START_TEST(small_and_large_turns_give_the_same_events)
{
    struct trader a, b;
    struct qt_inline_options options = usual;
    begin(&a, &options, 300);
    options.ticks_a_work = 1;
    begin(&b, &options, 300);
    a.act = b.act = trade_at_random;
    play(&a);
    play(&b);
    ck_assert_uint_eq(a.n, b.n);
    ck_assert_int_eq(memcmp(a.events, b.events, a.n * sizeof a.events[0]), 0);
    end(&a);
    end(&b);
}
END_TEST

START_TEST(generated_market_is_traded_by_the_same_rules)
{
    struct trader trader = {.next_id = 0};
    struct qt_error err;
    const struct qt_event_sink sink = {.self = &trader, .push = on_event};
    struct qt_inline_options options = usual;
    options.emits_history = true;
    trader.events = calloc(EVENTS, sizeof *trader.events);
    trader.market = kit_generate(&(struct qt_generator_options){
        .symbols = 3, .seed = 4, .start_ns = KIT_START, .history_days = 3});
    trader.venue =
        qt_inline_backtest_create(trader.market.source, trader.market.universe, &options, &err);
    ck_assert_ptr_nonnull(trader.venue);
    trader.feed = qt_inline_feed(trader.venue);
    trader.port = qt_inline_port(trader.venue);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_gt(trader.feed.work(trader.feed.self, &sink, 0), 0);
        if (i == 0)
            ck_assert_uint_ne(submit(&trader, 2, QT_BUY, QT_TYPE_MARKET, 0, 5000000), 0);
    }
    ck_assert_uint_ge(count(&trader, QT_EVENT_BAR), 3 * (42 + 30 * 60));
    ck_assert_uint_lt(find_report(&trader, 1 << 8, QT_REPORT_FILL), trader.n);
    end(&trader);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("inline");
    TCase *feed = tcase_create("feed"), *order = tcase_create("orders");
    TCase *answers = tcase_create("answers"), *session = tcase_create("sessions");
    tcase_set_timeout(feed, 60);
    tcase_set_timeout(order, 60);
    tcase_set_timeout(answers, 60);
    tcase_set_timeout(session, 60);
    tcase_add_loop_test(feed, links_come_up_first_and_history_before_anything_that_is_played, 0, 2);
    tcase_add_test(feed, tick_is_a_trade_and_its_quote_and_a_bar_is_told_when_it_has_ended);
    tcase_add_loop_test(order,
                        order_becomes_active_at_the_first_tick_of_its_symbol_after_its_latency, 0,
                        QT_COUNT_OF(latencies));
    tcase_add_loop_test(order, cancel_does_not_overtake_its_order_and_a_question_waits_for_it, 0,
                        2);
    tcase_add_test(order, events_of_one_tick_come_in_their_order);
    tcase_add_test(answers, what_cannot_be_done_is_said_with_the_venues_code);
    tcase_add_test(answers, read_of_the_account_is_balances_then_open_orders_then_sync);
    tcase_add_test(answers, full_post_refuses_and_goes_on_when_it_is_empty);
    tcase_add_loop_test(session, fills_as_told_are_what_the_account_holds, 0, 4);
    tcase_add_test(session, each_order_has_one_beginning_and_one_end);
    tcase_add_loop_test(session, cutting_the_recording_changes_nothing_before_the_cut, 0, 6);
    tcase_add_test(session, small_and_large_turns_give_the_same_events);
    tcase_add_test(session, generated_market_is_traded_by_the_same_rules);
    suite_add_tcase(suite, feed);
    suite_add_tcase(suite, order);
    suite_add_tcase(suite, answers);
    suite_add_tcase(suite, session);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paper trading: the inline venue on a live feed. */
#include "paper_kit.h"

START_TEST(paper_passes_the_feed_on_and_its_calls_down)
{
    struct paper paper;
    begin_paper(&paper);
    struct qt_event bar = {.kind = QT_EVENT_BAR, .instrument = 1, .t_recv_ns = KIT_START};
    struct qt_event stranger = {.kind = QT_EVENT_QUOTE, .instrument = 9, .t_recv_ns = KIT_START};
    paper.live.queue[paper.live.n++] = bar;
    paper.live.queue[paper.live.n++] = stranger;
    work(&paper);
    show_quote(&paper, 1000, 1010);
    ck_assert_uint_eq(count(&paper.trader, QT_EVENT_BAR), 1);
    ck_assert_uint_eq(count(&paper.trader, QT_EVENT_QUOTE), 2);
    ck_assert_uint_eq(count(&paper.trader, QT_EVENT_LINK), 2); /* the market's is the feed's own */
    paper.trader.feed.wake(paper.trader.feed.self);
    paper.trader.feed.watch_depth(paper.trader.feed.self, 1, true);
    ck_assert(paper.live.wakes == 1 && paper.live.watched == 1);
    end_paper(&paper);
}
END_TEST

/* In the market's own base asset, whose ledger scale is that of its quantities. */
START_TEST(paper_account_goes_on_with_what_an_earlier_run_left)
{
    struct paper paper;
    struct qt_instrument ins = kit_instrument(0);
    struct qt_balance_record kept[] = {
        {.account = "cash", .asset = "USDT", .scale = QT_MONEY_SCALE, .amount = {123 * UNIT}},
        {.account = "capital", .asset = "USDT", .scale = QT_MONEY_SCALE, .amount = {-200 * UNIT}},
        {.account = "market", .asset = "USDT", .scale = QT_MONEY_SCALE, .amount = {77 * UNIT}},
        {.account = "cash", .scale = ins.qty_scale, .amount = {7}}};
    struct qt_inline_options options = usual;
    qt_copy(kept[3].asset, sizeof kept[3].asset, ins.base);
    options.kept = kept;
    options.n_kept = 4;
    begin_paper_with(&paper, &options);
    const struct qt_accounts *accounts =
        qt_exchange_accounts(qt_inline_exchange(paper.trader.venue));
    struct qt_funds quote = qt_accounts_funds(accounts, 1, qt_accounts_find(accounts, "USDT"));
    struct qt_funds base = qt_accounts_funds(accounts, 1, qt_accounts_find(accounts, ins.base));
    ck_assert_int_eq(quote.free.v, 123 * UNIT); /* and no deposit */
    ck_assert_int_eq(base.free.v, 7 * UNIT / qt_pow10(ins.qty_scale));
    end_paper(&paper);

    options.n_kept = 0; /* a store that was made and never traded */
    begin_paper_with(&paper, &options);
    accounts = qt_exchange_accounts(qt_inline_exchange(paper.trader.venue));
    ck_assert_int_eq(qt_accounts_funds(accounts, 1, qt_accounts_find(accounts, "USDT")).free.v,
                     DEPOSIT * UNIT);
    end_paper(&paper);

    struct qt_error err = {0};
    const struct qt_feed_port feed = {.self = &paper.live, .work = live_work};
    struct qt_universe *universe = qt_universe_create();
    ck_assert(qt_universe_add(universe, &ins, &err));
    options.n_kept = 4;
    kept[0].amount.v = -1;
    ck_assert_ptr_null(qt_inline_paper_create(&feed, universe, &options, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot take over its USDT"));
    qt_universe_destroy(universe);
}
END_TEST

START_TEST(paper_order_meets_the_next_quote_that_makes_a_book)
{
    struct paper paper;
    begin_paper(&paper);
    show_quote(&paper, 1000, 1010);
    uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_MARKET, 0, 500);
    show_trade(&paper, 1005, 100, false); /* a trade is no book */
    show_quote(&paper, 1030, 1020);       /* crossed */
    ck_assert_uint_eq(find_report(&paper.trader, id, QT_REPORT_ACCEPTED), paper.trader.n);
    show_quote(&paper, 1040, 1050);
    size_t fill = find_report(&paper.trader, id, QT_REPORT_FILL);
    ck_assert_uint_lt(fill, paper.trader.n);
    ck_assert_int_eq(paper.trader.events[fill].report.px.v, 1050);
    end_paper(&paper);
}
END_TEST

START_TEST(paper_order_at_rest_is_served_by_trades_behind_the_queue)
{
    struct paper paper;
    begin_paper(&paper);
    show_quote(&paper, 1000, 1010);
    uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT, 1000, 700);
    show_quote(&paper, 1000, 1010);        /* rests behind 10.000 */
    show_trade(&paper, 1000, 10000, true); /* they are served */
    ck_assert_uint_eq(find_report(&paper.trader, id, QT_REPORT_FILL), paper.trader.n);
    show_trade(&paper, 1000, 500, true);
    size_t fill = find_report(&paper.trader, id, QT_REPORT_FILL);
    ck_assert_uint_lt(fill, paper.trader.n);
    ck_assert_int_eq(paper.trader.events[fill].report.qty.v, 500);
    ck_assert(paper.trader.events[fill].report.is_maker);
    ck_assert_int_eq(paper.trader.events[fill].report.state, QT_ORDER_PARTIAL);
    end_paper(&paper);
}
END_TEST

START_TEST(share_of_the_queue_is_what_stands_before_an_order)
{
    struct paper paper;
    struct qt_inline_options options = usual;
    options.exchange.queue_ppm = 250000;
    begin_paper_with(&paper, &options);
    show_quote(&paper, 1000, 1010);
    uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT, 1000, 700);
    show_quote(&paper, 1000, 1010); /* behind a quarter of 10.000 */
    show_trade(&paper, 1000, 2500, true);
    ck_assert_uint_eq(find_report(&paper.trader, id, QT_REPORT_FILL), paper.trader.n);
    show_trade(&paper, 1000, 10, true);
    ck_assert_uint_lt(find_report(&paper.trader, id, QT_REPORT_FILL), paper.trader.n);
    end_paper(&paper);
}
END_TEST

START_TEST(request_meets_the_book_that_stood_when_its_time_came)
{
    struct paper paper;
    struct qt_inline_options options = usual;
    options.meets_standing = true;
    options.latency_ns = 300 * QT_NS_PER_MS;
    begin_paper_with(&paper, &options);
    show_quote(&paper, 1000, 1010);
    int64_t sent_ns = paper.now_ns;
    uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_MARKET, 0, 500);
    uint64_t resting = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT, 900, 700);
    ck_assert(paper.trader.port.cancel(paper.trader.port.self, 0, resting));
    show_quote(&paper, 1040, 1050);
    const struct qt_event *event =
        &paper.trader.events[find_report(&paper.trader, id, QT_REPORT_FILL)];
    ck_assert_int_eq(event->report.px.v, 1010);
    ck_assert_int_eq(event->t_recv_ns, sent_ns + options.latency_ns);
    event = &paper.trader.events[find_report(&paper.trader, id, QT_REPORT_ACCEPTED)];
    ck_assert_int_eq(event->report.sent_ns, sent_ns);
    size_t at = find_report(&paper.trader, resting, QT_REPORT_CANCELLED);
    ck_assert_uint_lt(at, paper.trader.n);
    ck_assert_int_eq(paper.trader.events[at].report.sent_ns, sent_ns);
    ck_assert_int_le(paper.trader.events[at].t_recv_ns, paper.now_ns);
    end_paper(&paper);
}
END_TEST

/* Half of them before the median, and as many of each kind as its own law says. */
START_TEST(requests_take_as_long_as_their_law_says)
{
    struct paper paper;
    struct qt_inline_options options = usual;
    options.meets_standing = true;
    options.law[QT_INLINE_ORDER] = (struct qt_latency_law){100 * QT_NS_PER_MS, 0.5};
    options.law[QT_INLINE_CANCEL] = (struct qt_latency_law){200 * QT_NS_PER_MS, 0.1};
    options.seed = 3;
    begin_paper_with(&paper, &options);
    unsigned early = 0, late_cancels = 0;
    show_quote(&paper, 1000, 1010);
    for (int i = 0; i < 200; i++) {
        int64_t sent_ns = paper.now_ns;
        uint64_t id = submit(&paper.trader, 0, QT_BUY, QT_TYPE_LIMIT, 900, 700);
        for (int k = 0; k < 10; k++)
            show_quote(&paper, 1000, 1010);
        size_t at = find_report(&paper.trader, id, QT_REPORT_ACCEPTED);
        ck_assert_uint_lt(at, paper.trader.n);
        early += paper.trader.events[at].t_recv_ns - sent_ns < 100 * QT_NS_PER_MS;
        sent_ns = paper.now_ns;
        ck_assert(paper.trader.port.cancel(paper.trader.port.self, 0, id));
        for (int k = 0; k < 10; k++)
            show_quote(&paper, 1000, 1010);
        at = find_report(&paper.trader, id, QT_REPORT_CANCELLED);
        ck_assert_uint_lt(at, paper.trader.n);
        late_cancels += paper.trader.events[at].t_recv_ns - sent_ns > 150 * QT_NS_PER_MS;
    }
    ck_assert(early > 70 && early < 130);
    ck_assert_uint_gt(late_cancels, 190);
    end_paper(&paper);
}
END_TEST

START_TEST(paper_judges_a_stop_against_the_last_trade_it_saw)
{
    struct paper paper;
    begin_paper(&paper);
    struct qt_order_request stop = {.client_id = 9 << 8,
                                    .side = QT_BUY,
                                    .type = QT_TYPE_STOP_LOSS,
                                    .px = QT_PX_NONE,
                                    .stop_px = {1100},
                                    .qty = {500}};
    show_quote(&paper, 1000, 1010);
    show_trade(&paper, 1200, 100, false);
    ck_assert(paper.trader.port.submit(paper.trader.port.self, &stop));
    show_quote(&paper, 1190, 1200);
    size_t rejected = find_report(&paper.trader, 9 << 8, QT_REPORT_REJECTED);
    ck_assert_uint_lt(rejected, paper.trader.n);
    ck_assert_int_eq(paper.trader.events[rejected].report.code, -2010);
    end_paper(&paper);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("paper");
    TCase *paper = tcase_create("paper");
    tcase_set_timeout(paper, 60);
    tcase_add_test(paper, paper_passes_the_feed_on_and_its_calls_down);
    tcase_add_test(paper, paper_account_goes_on_with_what_an_earlier_run_left);
    tcase_add_test(paper, paper_order_meets_the_next_quote_that_makes_a_book);
    tcase_add_test(paper, paper_order_at_rest_is_served_by_trades_behind_the_queue);
    tcase_add_test(paper, share_of_the_queue_is_what_stands_before_an_order);
    tcase_add_test(paper, request_meets_the_book_that_stood_when_its_time_came);
    tcase_add_test(paper, requests_take_as_long_as_their_law_says);
    tcase_add_test(paper, paper_judges_a_stop_against_the_last_trade_it_saw);
    suite_add_tcase(suite, paper);
    return qt_run_suite(suite);
}

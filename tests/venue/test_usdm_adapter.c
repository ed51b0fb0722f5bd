/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The adapter's USD-M product connected to the simulated exchange's perpetuals, over real sockets.
 */
#include "bench.h"

#include "../../src/venue/binance/session_priv.h"

#include "qtrade/market/book.h"
#include "qtrade/venue/exchange.h"

#define SYMBOLS 4
#define DIFFS 50
#define FUNDING_NS INT64_C(1709280000000000000) /* 2024-03-01T08:00:00Z */
#define WALLET (INT64_C(100000) * 100000000)

static struct bench bench;
static struct qt_exchange_server *server;

static bool
is_quote_of_first(const struct qt_event *event, int64_t ignored)
{
    (void)ignored;
    return event->kind == QT_EVENT_QUOTE && event->instrument == 0;
}

/* What fails at the exchange that is opened next. */
static struct qt_fault fault;

static struct qt_binance_options
session_options(void)
{
    const struct qt_exchange_server_info *info = qt_exchange_server_info(server);
    return (struct qt_binance_options){.venue_class = &qt_venue_binance_usdm,
                                       .rest_url = info->usdm_rest_url,
                                       .ws_url = info->usdm_stream_url,
                                       .key = info->key,
                                       .secret = info->secret,
                                       .tag = BENCH_TAG,
                                       .clock = &info->clock,
                                       .history = {{QT_NS_PER_MIN, 30}},
                                       .n_history = 1,
                                       .is_simulated = true,
                                       .seed = 1};
}

/* The exchange begins so long before funding. */
static void
open_before(int64_t minutes, double speed)
{
    struct qt_error err = {0};
    const struct qt_exchange_server_options exchange = {.symbols = SYMBOLS,
                                                        .seed = 17,
                                                        .speed = speed,
                                                        .start_ns =
                                                            FUNDING_NS - minutes * QT_NS_PER_MIN,
                                                        .faults = &fault,
                                                        .n_faults = fault.share > 0,
                                                        .has_usdm = true};
    server = qt_exchange_server_start(&exchange, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    bench = (struct bench){.sink = {.push = bench_push, .self = &bench}};
    const struct qt_binance_options options = session_options();
    bench_open(&bench, &options);
    bench_settle(&bench);
    bench.seen = 0;
    (void)bench_find(&bench, is_quote_of_first, 0, "a quote");
    bench.seen = 0;
}

static void
open_at(double speed)
{
    open_before(60, speed);
}

static void
tear_down(void)
{
    bench_stop(&bench);
    qt_exchange_server_stop(server);
}

static void
expect_clean(void)
{
    struct qt_venue_stats stats = qt_binance_stats(bench.session);
    ck_assert_uint_eq(stats.malformed, 0);
    ck_assert_uint_eq(stats.refused, 0);
    ck_assert_uint_eq(stats.misfits, 0);
    ck_assert_uint_eq(stats.depth_gaps, 0);
    ck_assert_uint_eq(stats.unknown_fates, 0);
    ck_assert(qt_exchange_server_stats(server).is_conserved);
}

static const struct qt_instrument *
ins(void)
{
    return qt_universe_at(bench.universe, 0);
}

/* The best prices as told last. */
static struct qt_quote
best(void)
{
    for (size_t i = bench.n; i-- > 0;)
        if (bench.events[i].kind == QT_EVENT_QUOTE && bench.events[i].instrument == 0)
            return bench.events[i].quote;
    ck_abort_msg("no quote yet");
}

/* An order worth about 500 USDT. */
static struct qt_order_request
order_of(uint64_t seq, enum qt_side side, enum qt_order_type type, double px_factor)
{
    double px = qt_px_to_double(best().bid, ins()->px_scale);
    struct qt_order_request order = {.client_id = qt_client_id(seq, 0),
                                     .side = (uint8_t)side,
                                     .type = (uint8_t)type,
                                     .px = QT_PX_NONE,
                                     .stop_px = QT_PX_NONE};
    ck_assert(qt_qty_of_double_floor(500 / px, ins()->qty_scale, &order.qty));
    order.qty = qt_qty_floor(order.qty, ins()->lot);
    qt_px at;
    ck_assert(qt_px_of_double(px * px_factor, ins()->px_scale, &at));
    at = qt_px_floor(at, ins()->tick);
    if (type == QT_TYPE_LIMIT || type == QT_TYPE_LIMIT_MAKER || type == QT_TYPE_STOP_LOSS_LIMIT)
        order.px = at;
    if (type == QT_TYPE_STOP_LOSS || type == QT_TYPE_STOP_LOSS_LIMIT)
        order.stop_px = at;
    return order;
}

static void
submit(const struct qt_order_request *order)
{
    ck_assert(bench.orders.submit(bench.orders.self, order));
}

START_TEST(rules_come_with_what_a_symbol_takes)
{
    open_at(10);
    ck_assert_uint_eq(qt_universe_count(bench.universe), SYMBOLS);
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        const struct qt_instrument *row = qt_universe_at(bench.universe, i);
        uint32_t all = 1u << QT_TYPE_LIMIT | 1u << QT_TYPE_MARKET | 1u << QT_TYPE_STOP_LOSS |
                       1u << QT_TYPE_STOP_LOSS_LIMIT;
        ck_assert_str_eq(row->quote, "USDT");
        ck_assert_uint_eq(row->order_types & all, all);
        ck_assert_int_eq(row->min_notional.v, INT64_C(5) * 100000000);
    }
    expect_clean();
}
END_TEST

START_TEST(an_order_rests_is_asked_for_and_cancelled)
{
    open_at(10);
    struct qt_order_request order = order_of(1, QT_BUY, QT_TYPE_LIMIT, 0.9);
    submit(&order);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    ck_assert(bench.orders.query(bench.orders.self, 0, order.client_id));
    const struct qt_event *told = bench_report(&bench, REPORT(1, STATUS));
    ck_assert_int_eq(told->report.state, QT_ORDER_OPEN);
    ck_assert_int_eq(told->report.px.v, order.px.v);
    ck_assert_int_eq(told->report.qty.v, order.qty.v);
    ck_assert(bench.orders.cancel(bench.orders.self, 0, order.client_id));
    (void)bench_report(&bench, REPORT(1, CANCELLED));
    ck_assert(bench.orders.query(bench.orders.self, 0, qt_client_id(99, 0)));
    (void)bench_report(&bench, REPORT(99, NOT_FOUND));
    expect_clean();
}
END_TEST

START_TEST(stops_rest_reduce_only_and_go_with_all_others)
{
    open_at(10);
    struct qt_order_request buy = order_of(1, QT_BUY, QT_TYPE_MARKET, 1);
    submit(&buy);
    (void)bench_report(&bench, REPORT(1, FILL));
    struct qt_order_request stop = order_of(2, QT_SELL, QT_TYPE_STOP_LOSS, 0.95);
    struct qt_order_request limit = order_of(3, QT_SELL, QT_TYPE_STOP_LOSS_LIMIT, 0.92);
    stop.reduce_only = limit.reduce_only = true;
    submit(&stop);
    (void)bench_report(&bench, REPORT(2, ACCEPTED));
    submit(&limit);
    (void)bench_report(&bench, REPORT(3, ACCEPTED));
    ck_assert(bench.orders.cancel_all(bench.orders.self, 0));
    (void)bench_report(&bench, REPORT(2, CANCELLED));
    bench.seen = 0;
    (void)bench_report(&bench, REPORT(3, CANCELLED));
    expect_clean();
}
END_TEST

/* A long position with its stop. */
static struct qt_order_request
protect(double at)
{
    struct qt_order_request buy = order_of(1, QT_BUY, QT_TYPE_MARKET, 1);
    submit(&buy);
    (void)bench_report(&bench, REPORT(1, FILL));
    struct qt_order_request stop = order_of(2, QT_SELL, QT_TYPE_STOP_LOSS, at);
    stop.reduce_only = true;
    submit(&stop);
    (void)bench_report(&bench, REPORT(2, ACCEPTED));
    return stop;
}

static bool
is_snapshot_of(const struct qt_event *event, int64_t seq)
{
    return event->kind == QT_EVENT_REPORT && (event->flags & QT_EVENT_SNAPSHOT) &&
           event->report.client_id == qt_client_id((uint64_t)seq, 0);
}

START_TEST(a_stop_is_listed_asked_for_and_cancelled)
{
    open_at(10);
    struct qt_order_request stop = protect(0.9);
    bench.seen = bench.n;
    ck_assert(bench.orders.sync(bench.orders.self));
    const struct qt_event *told = bench_find(&bench, is_snapshot_of, 2, "the stop in the account");
    ck_assert_int_eq(told->report.type, QT_REPORT_STATUS);
    ck_assert_int_eq(told->report.state, QT_ORDER_OPEN);
    ck_assert_int_eq(told->report.side, QT_SELL);
    ck_assert_int_eq(told->report.qty.v, stop.qty.v);
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "the end of the read");
    ck_assert(bench.orders.query(bench.orders.self, 0, stop.client_id));
    told = bench_report(&bench, REPORT(2, STATUS));
    ck_assert_int_eq(told->report.state, QT_ORDER_OPEN);
    ck_assert(bench.orders.cancel(bench.orders.self, 0, stop.client_id));
    (void)bench_report(&bench, REPORT(2, CANCELLED));
    bench.seen = bench.n;
    ck_assert(bench.orders.query(bench.orders.self, 0, stop.client_id));
    ck_assert_int_eq(bench_report(&bench, REPORT(2, STATUS))->report.state, QT_ORDER_CANCELLED);
    bench.seen = bench.n;
    ck_assert(bench.orders.cancel(bench.orders.self, 0, stop.client_id));
    (void)bench_report(&bench, REPORT(2, CANCEL_REJECTED));
    expect_clean();
}
END_TEST

/* Another session has not placed it, as after a restart, and asks before the account is read. */
START_TEST(a_stop_of_an_earlier_run_is_found_and_cancelled)
{
    struct bench later = {.sink = {.push = bench_push, .self = &later}};
    open_at(10);
    struct qt_order_request stop = protect(0.9);
    const struct qt_binance_options options = session_options();
    bench_open(&later, &options);
    BENCH_UNTIL(&later, later.orders.query(later.orders.self, 0, stop.client_id));
    ck_assert_int_eq(bench_report(&later, REPORT(2, STATUS))->report.state, QT_ORDER_OPEN);
    bench_stop(&later);
    later = (struct bench){.sink = {.push = bench_push, .self = &later}};
    bench_open(&later, &options);
    BENCH_UNTIL(&later, later.orders.cancel(later.orders.self, 0, stop.client_id));
    (void)bench_report(&later, REPORT(2, CANCELLED));
    bench_stop(&later);
}
END_TEST

static bool
is_done(const struct qt_event *event, int64_t seq)
{
    return event->kind == QT_EVENT_REPORT &&
           event->report.client_id == qt_client_id((uint64_t)seq, 0) &&
           event->report.state == QT_ORDER_FILLED;
}

/* Places one until it is there before the market is beyond it; its seq. limit_factor 0: it sells at
 * any price. */
static int64_t
place_nearby(int64_t seq, bool is_target, double limit_factor)
{
    static const enum qt_order_type types[2][2] = {
        {QT_TYPE_STOP_LOSS, QT_TYPE_STOP_LOSS_LIMIT},
        {QT_TYPE_TAKE_PROFIT, QT_TYPE_TAKE_PROFIT_LIMIT}};
    for (;; seq++) {
        struct qt_order_request order =
            order_of((uint64_t)seq, QT_SELL, QT_TYPE_STOP_LOSS, is_target ? 1.0005 : 0.9995);
        order.type = (uint8_t)types[is_target][limit_factor > 0];
        order.reduce_only = true;
        if (limit_factor > 0)
            order.px = order_of(99, QT_SELL, QT_TYPE_LIMIT, limit_factor).px;
        bench.seen = bench.n;
        submit(&order);
        const struct qt_event *told;
        do
            told = bench_find(&bench, is_kind, QT_EVENT_REPORT, "an answer");
        while (told->report.client_id != order.client_id);
        if (told->report.type != QT_REPORT_REJECTED)
            return seq;
        ck_assert_int_eq(told->report.code, -2021);
    }
}

/* A long position with a stop and a target around the market, one of which comes soon. */
static void
place_around(double limit_factor)
{
    struct qt_order_request buy = order_of(1, QT_BUY, QT_TYPE_MARKET, 1);
    submit(&buy);
    (void)bench_report(&bench, REPORT(1, ACCEPTED)); /* a market order: it is filled by then */
    (void)place_nearby(place_nearby(2, false, limit_factor) + 1, true, limit_factor);
    bench.seen = 0;
}

static bool
is_filled_sale(const struct qt_event *event, int64_t ignored)
{
    (void)ignored;
    return event->kind == QT_EVENT_REPORT && event->report.side == QT_SELL &&
           event->report.type == QT_REPORT_FILL && event->report.state == QT_ORDER_FILLED;
}

START_TEST(a_stop_that_triggers_fills_under_our_id_and_is_read_back_whole)
{
    open_at(60);
    place_around(0);
    const struct qt_event *told = bench_find(&bench, is_filled_sale, 0, "a fill");
    uint64_t trade = told->report.trade_id, seq = told->report.client_id >> 8;
    ck_assert_uint_gt(trade, 0);
    ck_assert_int_gt(told->report.fee.v, 0);
    bench.seen = bench.n;
    ck_assert(bench.orders.query(bench.orders.self, 0, qt_client_id(seq, 0)));
    told = bench_find(&bench, is_done, (int64_t)seq, "the fill, read");
    ck_assert_int_eq(told->report.type, QT_REPORT_FILL);
    ck_assert_uint_eq(told->report.trade_id, trade);
    told = bench_report(&bench, REPORT((int64_t)seq, STATUS));
    ck_assert_int_gt(told->report.cum_qty.v, 0);
    ck_assert_int_eq(told->report.cum_qty.v, told->report.qty.v);
    expect_clean();
}
END_TEST

/* Of a stop, as the order that it became: wanted is 0. */
static bool
is_under_its_own_id(const struct qt_event *event, int64_t wanted)
{
    const struct qt__bn_algo *algo =
        event->kind == QT_EVENT_REPORT ? qt__bn_algo_find(bench.session, event->report.client_id)
                                       : NULL;
    return algo && wanted == 0 && algo->became && event->report.venue_id == algo->became;
}

/* Its limit is far away: the order rests in the book then. */
START_TEST(a_stop_that_triggered_is_cancelled_as_the_order_that_it_became)
{
    open_at(60);
    place_around(1.1);
    BENCH_UNTIL(&bench, bench.session->algos.rows[0].became || bench.session->algos.rows[1].became ||
                            bench.session->algos.rows[2].became);
    const struct qt_event *told = bench_find(&bench, is_under_its_own_id, 0, "the order");
    uint64_t client_id = told->report.client_id;
    int64_t seq = (int64_t)(client_id >> 8);
    if (_i) { /* as if nobody had told what it became: refused, asked for, then it is known */
        ((struct qt__bn_algo *)qt__bn_algo_find(bench.session, client_id))->became = 0;
        bench.seen = bench.n;
        ck_assert(bench.orders.cancel(bench.orders.self, 0, client_id));
        (void)bench_report(&bench, REPORT(seq, CANCEL_REJECTED));
        ck_assert(bench.orders.query(bench.orders.self, 0, client_id));
        ck_assert_int_eq(bench_report(&bench, REPORT(seq, STATUS))->report.state, QT_ORDER_OPEN);
    }
    bench.seen = bench.n;
    ck_assert(bench.orders.cancel(bench.orders.self, 0, client_id));
    (void)bench_report(&bench, REPORT(seq, CANCELLED));
    expect_clean();
}
END_TEST

/* A message of the user stream; the report that came of it. */
static const struct qt_report *
take(const char *text)
{
    struct qt_binance *self = bench.session;
    struct qt_decoded decoded;
    size_t before = bench.n;
    self->sink = &bench.sink;
    ck_assert_int_eq(qt__bn_take(self, text, strlen(text), &decoded), QT_CODEC_DECODED);
    self->sink = NULL;
    ck_assert_uint_le(bench.n, before + 1);
    return bench.n > before ? &bench.events[before].report : NULL;
}

/* That the order which a trigger makes has our id is documented nowhere. */
START_TEST(a_fill_under_a_strangers_id_is_known_by_the_order_that_the_stop_became)
{
    char fill[512], news[512], id[QT_CLIENT_ID_TEXT];
    open_at(10);
    struct qt_order_request stop = order_of(2, QT_SELL, QT_TYPE_STOP_LOSS, 0.9);
    snprintf(fill, sizeof fill,
             "{\"e\":\"ORDER_TRADE_UPDATE\",\"o\":{\"s\":\"%s\",\"c\":\"made-by-the-venue\",\"S\":"
             "\"SELL\",\"o\":\"MARKET\",\"q\":\"2\",\"p\":\"0\",\"x\":\"TRADE\",\"X\":"
             "\"PARTIALLY_FILLED\",\"i\":777,\"l\":\"1\",\"z\":\"1\",\"L\":\"100\",\"t\":5}}",
             ins()->symbol);
    snprintf(news, sizeof news,
             "{\"e\":\"ALGO_UPDATE\",\"o\":{\"caid\":\"%s\",\"aid\":99,\"s\":\"%s\",\"S\":\"SELL\","
             "\"q\":\"2\",\"p\":\"0\",\"X\":\"TRIGGERED\",\"ai\":\"777\"}}",
             qt_client_id_format(BENCH_TAG, stop.client_id, id), ins()->symbol);
    const struct qt_report *told = take(fill); /* it may come before the news of the trigger */
    ck_assert_uint_eq(told->client_id, 0);
    ck_assert_ptr_null(take(news));
    told = take(fill);
    ck_assert_uint_eq(told->client_id, stop.client_id);
    ck_assert_int_eq(told->type, QT_REPORT_FILL);
    ck_assert_uint_eq(told->trade_id, 5);
}
END_TEST

/* Nothing comes over the account's stream: what a stop did is found by asking. */
START_TEST(a_stop_that_triggers_unseen_is_read_back_whole)
{
    fault = (struct qt_fault){.kind = QT_FAULT_DROP_USER, .share = 1};
    open_at(60);
    fault = (struct qt_fault){0};
    place_around(0);
    const struct qt_event *told = NULL;
    while (!told || told->report.state != QT_ORDER_FILLED) {
        for (size_t i = 0; i < 2; i++) {
            uint64_t id = bench.session->algos.rows[i].client_id;
            bench.seen = bench.n;
            ck_assert(bench.orders.query(bench.orders.self, 0, id));
            told = bench_report(&bench, REPORT((int64_t)(id >> 8), STATUS));
            if (told->report.state == QT_ORDER_FILLED)
                break;
        }
        bench_work(&bench, 50);
    }
    uint64_t client_id = told->report.client_id;
    qt_qty sum = QT_QTY_ZERO;
    uint64_t last_trade = 0;
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_report *report = &bench.events[i].report;
        if (bench.events[i].kind != QT_EVENT_REPORT || report->type != QT_REPORT_FILL ||
            report->client_id != client_id || report->trade_id <= last_trade)
            continue;
        ck_assert(bench.events[i].flags & QT_EVENT_READ);
        last_trade = report->trade_id;
        sum.v += report->qty.v;
    }
    ck_assert_int_eq(sum.v, told->report.cum_qty.v);
    expect_clean();
}
END_TEST

START_TEST(a_stop_whose_answer_is_lost_is_found_by_our_id)
{
    fault = (struct qt_fault){.kind = QT_FAULT_LOST_ACK, .share = 1};
    open_at(1);
    fault = (struct qt_fault){0};
    struct qt_order_request stop = order_of(2, QT_SELL, QT_TYPE_STOP_LOSS, 0.9);
    submit(&stop);
    (void)bench_report(&bench, REPORT(2, TIMEOUT));
    bench.seen = bench.n;
    ck_assert(bench.orders.query(bench.orders.self, 0, stop.client_id));
    const struct qt_event *told = bench_report(&bench, REPORT(2, STATUS));
    ck_assert_int_eq(told->report.state, QT_ORDER_OPEN);
    ck_assert_int_eq(told->report.qty.v, stop.qty.v);
}
END_TEST

static const struct {
    enum qt_order_type type;
    enum qt_side side;
    double px_factor;
    bool reduce_only;
    int32_t code;
} refusals[] = {
    {QT_TYPE_LIMIT_MAKER, QT_BUY, 1.02, false, -5022}, /* it would take */
    {QT_TYPE_MARKET, QT_SELL, 1, true, -2022},         /* there is nothing to reduce */
    {QT_TYPE_STOP_LOSS, QT_SELL, 1.1, false, -2021},   /* it would trigger at once */
};

START_TEST(what_the_venue_refuses_is_rejected_with_its_code)
{
    open_at(10);
    struct qt_order_request order =
        order_of(1, refusals[_i].side, refusals[_i].type, refusals[_i].px_factor);
    order.reduce_only = refusals[_i].reduce_only;
    submit(&order);
    const struct qt_event *told = bench_report(&bench, REPORT(1, REJECTED));
    ck_assert_int_eq(told->report.code, refusals[_i].code);
}
END_TEST

/* The account as read behind event `from`: cash and the holding of the first symbol. */
static void
read_account(int64_t *out_cash, int64_t *out_held, int64_t *out_rounding)
{
    bench.seen = bench.n;
    ck_assert(bench.orders.sync(bench.orders.self));
    const struct qt_event *end = bench_find(&bench, is_kind, QT_EVENT_SYNC, "a read");
    *out_held = 0;
    for (const struct qt_event *event = end; event > bench.events; event--) {
        if (event->kind == QT_EVENT_SYNC && event != end)
            break;
        if (event->kind != QT_EVENT_BALANCE)
            continue;
        if (strcmp(event->balance.asset, "USDT") == 0) {
            *out_cash = event->balance.free.v;
            *out_rounding = event->balance.rounding.v;
        } else if (strcmp(event->balance.asset, ins()->base) == 0) {
            *out_held = event->balance.free.v;
        }
    }
}

/* What the reports of an order moved: notional and fees, by distinct trades. */
static int64_t
moved_by(uint64_t seq)
{
    int64_t sum = 0;
    uint64_t last_trade = 0;
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_report *report = &bench.events[i].report;
        qt_money notional;
        if (bench.events[i].kind != QT_EVENT_REPORT || report->type != QT_REPORT_FILL ||
            report->client_id != qt_client_id(seq, 0) || report->trade_id <= last_trade)
            continue;
        last_trade = report->trade_id;
        ck_assert(qt_instrument_notional(ins(), report->px, report->qty, &notional));
        sum += (report->side == QT_SELL ? notional.v : -notional.v) - report->fee.v;
    }
    return sum;
}

static bool
is_filled(const struct qt_event *event, int64_t wanted)
{
    return event->kind == QT_EVENT_REPORT &&
           event->report.client_id == qt_client_id((uint64_t)wanted, 0) &&
           event->report.type == QT_REPORT_FILL && event->report.state == QT_ORDER_FILLED;
}

static void
trade(uint64_t seq, enum qt_side side)
{
    struct qt_order_request order = order_of(seq, side, QT_TYPE_MARKET, 1);
    order.reduce_only = side == QT_SELL;
    bench.seen = bench.n;
    submit(&order);
    (void)bench_find(&bench, is_filled, (int64_t)seq, "the last fill");
}

START_TEST(a_fill_moves_the_account_as_on_spot)
{
    int64_t cash[3], held[3], rounding;
    open_at(10);
    read_account(&cash[0], &held[0], &rounding);
    ck_assert_int_eq(held[0], 0);
    trade(1, QT_BUY);
    read_account(&cash[1], &held[1], &rounding);
    ck_assert_int_gt(held[1], 0);
    ck_assert_int_le(llabs(cash[1] - cash[0] - moved_by(1)), rounding);
    trade(2, QT_BUY); /* at another price: the entry price is an average now */
    trade(3, QT_SELL);
    read_account(&cash[2], &held[2], &rounding);
    ck_assert_int_le(llabs(cash[2] - cash[1] - moved_by(2) - moved_by(3)), rounding);
    expect_clean();
}
END_TEST

START_TEST(funding_comes_as_the_income_that_the_wallet_shows)
{
    int64_t cash, held, rounding;
    for (int64_t minutes = 5;; minutes *= 2) { /* the slower this machine, the earlier */
        open_before(minutes, 60);
        trade(1, QT_BUY);
        if (qt_clock_utc_ns(&qt_exchange_server_info(server)->clock) < FUNDING_NS)
            break;
        tear_down();
    }
    bench.seen = 0;
    const struct qt_event *told = bench_find(&bench, is_kind, QT_EVENT_INCOME, "funding");
    const struct qt_income income = told->income;
    ck_assert_str_eq(income.asset, "USDT");
    ck_assert_int_eq(income.kind, QT_INCOME_FUNDING);
    ck_assert_int_ne(income.amount.v, 0);
    read_account(&cash, &held, &rounding);
    ck_assert_int_le(llabs(cash - WALLET - moved_by(1) - income.amount.v), rounding);
    expect_clean();
}
END_TEST

START_TEST(a_watched_book_follows_by_the_ids_of_the_diffs_before)
{
    struct qt_book *book = qt_book_create(QT_BOOK_FUTURES, 1000);
    int64_t until = qt_now_mono_ns() + BENCH_WAIT_MS * QT_NS_PER_MS;
    size_t from = 0;
    unsigned diffs = 0;
    open_at(60);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    while (diffs < DIFFS) {
        ck_assert_msg(qt_now_mono_ns() < until, "%u diffs only", diffs);
        bench_work(&bench, 5);
        for (; from < bench.n; from++) {
            const struct qt_event *event = &bench.events[from];
            if (event->kind != QT_EVENT_DEPTH)
                continue;
            enum qt_book_verdict verdict = qt_book_apply(book, &event->depth, event->flags);
            ck_assert(verdict == QT_BOOK_APPLIED || verdict == QT_BOOK_OLD);
            diffs += (event->flags & QT_EVENT_LAST) && !(event->flags & QT_EVENT_SNAPSHOT);
        }
    }
    ck_assert_int_eq(qt_book_state(book), QT_BOOK_LIVE);
    qt_book_destroy(book);
    expect_clean();
}
END_TEST

START_TEST(trades_and_bars_of_both_entries_come)
{
    bool has[QT_EVENT_KINDS] = {false};
    int64_t until = qt_now_mono_ns() + BENCH_WAIT_MS * QT_NS_PER_MS;
    open_at(60);
    while (!has[QT_EVENT_QUOTE] || !has[QT_EVENT_TRADE] || !has[QT_EVENT_BAR]) {
        ck_assert_msg(qt_now_mono_ns() < until, "not every kind came");
        bench_work(&bench, 10);
        for (size_t i = 0; i < bench.n; i++)
            has[bench.events[i].kind] |= !(bench.events[i].flags & QT_EVENT_HISTORY);
    }
    expect_clean();
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("usdm_adapter");
    TCase *tc = tcase_create("adapter");
    tcase_set_timeout(tc, 180);
    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_test(tc, rules_come_with_what_a_symbol_takes);
    tcase_add_test(tc, an_order_rests_is_asked_for_and_cancelled);
    tcase_add_test(tc, stops_rest_reduce_only_and_go_with_all_others);
    tcase_add_test(tc, a_stop_is_listed_asked_for_and_cancelled);
    tcase_add_test(tc, a_stop_of_an_earlier_run_is_found_and_cancelled);
    tcase_add_test(tc, a_stop_that_triggers_fills_under_our_id_and_is_read_back_whole);
    tcase_add_loop_test(tc, a_stop_that_triggered_is_cancelled_as_the_order_that_it_became, 0, 2);
    tcase_add_test(tc, a_fill_under_a_strangers_id_is_known_by_the_order_that_the_stop_became);
    tcase_add_test(tc, a_stop_that_triggers_unseen_is_read_back_whole);
    tcase_add_test(tc, a_stop_whose_answer_is_lost_is_found_by_our_id);
    tcase_add_loop_test(tc, what_the_venue_refuses_is_rejected_with_its_code, 0,
                        QT_COUNT_OF(refusals));
    tcase_add_test(tc, a_fill_moves_the_account_as_on_spot);
    tcase_add_test(tc, funding_comes_as_the_income_that_the_wallet_shows);
    tcase_add_test(tc, a_watched_book_follows_by_the_ids_of_the_diffs_before);
    tcase_add_test(tc, trades_and_bars_of_both_entries_come);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

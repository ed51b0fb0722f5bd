/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate: every row alone at its limit, beyond it and with every bad input, from one input that
 * passes; what reduces; modes; and that no random input passes with a row that denies.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/risk/gate.h"

#include "qt_check.h"

static const struct qt_instrument ins = {.id = 3,
                                         .symbol = "ABCUSDT",
                                         .base = "ABC",
                                         .quote = "USDT",
                                         .px_scale = 2,
                                         .qty_scale = 3,
                                         .tick = {1},
                                         .lot = {10},
                                         .min_qty = {10},
                                         .min_notional = {INT64_C(5) * 100000000}};

/* Everything one check looks at; mutators change one thing. */
struct bench {
    struct qt_risk_config config;
    struct qt_order_request request;
    struct qt_instrument ins;
    struct qt_gate_input input;
};

static qt_money
usdt(double amount)
{
    qt_money money;
    ck_assert(qt_money_of_double(amount, QT_MONEY_SCALE, &money));
    return money;
}

/* A buy of 10 at 100.05, quote 99.99 / 100.01, equity 100000, nothing open. */
static void
bench_init(struct bench *b)
{
    const struct qt_config_binding binding = {&qt_risk_section, &b->config};
    memset(b, 0, sizeof *b);
    qt_config_defaults(&binding, 1);
    b->ins = ins;
    b->request = (struct qt_order_request){.client_id = 256,
                                           .instrument = 3,
                                           .side = QT_BUY,
                                           .type = QT_TYPE_LIMIT,
                                           .tif = QT_TIF_IOC,
                                           .px = {10005},
                                           .stop_px = QT_PX_NONE,
                                           .qty = {10000}};
    struct qt_gate_input *in = &b->input;
    in->request = &b->request;
    in->ins = &b->ins;
    in->purpose = QT_PURPOSE_ENTRY;
    in->mode = QT_GATE_MODE_NORMAL;
    in->shut = in->kill_switch = in->unknown_order = in->self_trade = QT_ANSWER_NO;
    in->link_up = in->store_healthy = in->conserved = QT_ANSWER_YES;
    in->position = in->open_reducing = qt_gate_qty(QT_QTY_ZERO);
    in->quote = (struct qt_quote){.bid = {9999}, .ask = {10001}, .bid_qty = {1}, .ask_qty = {1}};
    in->last = (qt_px){10000};
    in->quote_age_ns = qt_gate_count(0);
    in->notional = qt_gate_money(usdt(1000.5));
    in->risk = qt_gate_money(usdt(20));
    in->equity = in->day_equity = qt_gate_money(usdt(100000));
    in->symbol_exposure = in->venue_exposure = in->strategy_exposure = qt_gate_money(QT_MONEY_ZERO);
    in->sector_exposure = in->portfolio_exposure = in->day_pnl = qt_gate_money(QT_MONEY_ZERO);
    in->heat = in->worst_correlation = in->drawdown = qt_gate_value(0);
    in->leverage_cap = qt_gate_value(1);
    in->orders_last_s = in->orders_last_min = in->messages_last_s = qt_gate_count(0);
    in->open_orders = in->duplicates = qt_gate_count(0);
}

/* Mutators: m_CHECK_WHAT */
#define M(name) static void m_##name(struct bench *b)
M(nothing)
{
    (void)b;
}
M(shut)
{
    b->input.shut = QT_ANSWER_YES;
}
M(shut_absent)
{
    b->input.shut = QT_ANSWER_UNKNOWN;
}
M(shut_rubbish)
{
    b->input.shut = 77;
}
M(switch)
{
    b->input.kill_switch = QT_ANSWER_YES;
}
M(switch_absent)
{
    b->input.kill_switch = QT_ANSWER_UNKNOWN;
}
M(paused)
{
    b->input.mode = QT_GATE_MODE_PAUSED;
}
M(reduced)
{
    b->input.mode = QT_GATE_MODE_REDUCED;
}
M(emergency)
{
    b->input.mode = QT_GATE_MODE_EMERGENCY;
}
M(mode_absent)
{
    b->input.mode = QT_GATE_MODE_UNKNOWN;
}
M(mode_rubbish)
{
    b->input.mode = 99;
}
M(claims_to_reduce)
{
    b->request.reduce_only = true;
}
M(link)
{
    b->input.link_up = QT_ANSWER_NO;
}
M(link_absent)
{
    b->input.link_up = QT_ANSWER_UNKNOWN;
}
M(store)
{
    b->input.store_healthy = QT_ANSWER_NO;
}
M(store_absent)
{
    b->input.store_healthy = QT_ANSWER_UNKNOWN;
}
M(ledger)
{
    b->input.conserved = QT_ANSWER_NO;
}
M(ledger_absent)
{
    b->input.conserved = QT_ANSWER_UNKNOWN;
}
M(unknown)
{
    b->input.unknown_order = QT_ANSWER_YES;
}
M(unknown_absent)
{
    b->input.unknown_order = QT_ANSWER_UNKNOWN;
}
M(self)
{
    b->input.self_trade = QT_ANSWER_YES;
}
M(self_absent)
{
    b->input.self_trade = QT_ANSWER_UNKNOWN;
}
M(quote_edge)
{
    b->input.quote_age_ns.n = b->config.max_quote_age_ms * QT_NS_PER_MS;
}
M(quote_old)
{
    b->input.quote_age_ns.n = b->config.max_quote_age_ms * QT_NS_PER_MS + 1;
}
M(quote_absent)
{
    b->input.quote_age_ns.is_known = false;
}
M(quote_future)
{
    b->input.quote_age_ns.n = -1;
}
M(bid_absent)
{
    b->input.quote.bid = QT_PX_NONE;
}
M(off_tick)
{
    b->ins.tick.v = 10;
}
M(off_lot)
{
    b->request.qty.v = 10001;
}
M(small)
{
    b->request.qty.v = 10;
}
M(no_qty)
{
    b->request.qty.v = 0;
}
M(no_px)
{
    b->request.px = QT_PX_NONE;
}
M(bad_side)
{
    b->request.side = 9;
}
M(other_instrument)
{
    b->request.instrument = 4;
}
M(halted)
{
    b->ins.status = QT_INSTRUMENT_HALTED;
}
M(beyond_mid)
{
    b->request.px.v = 10000 + (int64_t)b->config.collar_mid_bps + 1;
}
M(beyond_last)
{
    b->input.last.v = 9000;
}
M(last_absent)
{
    b->input.last = QT_PX_NONE;
}
M(wide)
{
    b->input.quote.ask.v = 10030, b->input.quote.bid.v = 10000;
}
M(notional_edge)
{
    b->input.notional.amount = usdt((double)b->config.max_order_notional);
    b->input.equity.amount = usdt(1e8); /* so that no share of it is too large */
}
M(notional)
{
    b->input.notional.amount = usdt((double)b->config.max_order_notional + 0.01);
}
M(notional_absent)
{
    b->input.notional.is_known = false;
}
M(notional_negative)
{
    b->input.notional.amount.v = -1;
}
M(position_edge)
{
    b->input.symbol_exposure.amount = usdt(b->config.max_position * 1e5 - 1000.5);
}
M(position)
{
    b->input.symbol_exposure.amount = usdt(b->config.max_position * 1e5 - 1000.4);
}
M(position_absent)
{
    b->input.symbol_exposure.is_known = false;
}
M(position_negative)
{
    b->input.symbol_exposure.amount.v = -1;
}
M(position_overflow)
{
    b->input.symbol_exposure.amount.v = INT64_MAX;
}
M(venue)
{
    b->input.venue_exposure.amount = usdt(b->config.max_venue * 1e5);
}
M(venue_absent)
{
    b->input.venue_exposure.is_known = false;
}
M(strategy)
{
    b->input.strategy_exposure.amount = usdt(b->config.max_strategy * 1e5);
}
M(strategy_absent)
{
    b->input.strategy_exposure.is_known = false;
}
M(sector)
{
    b->input.sector_exposure.amount = usdt(b->config.max_sector * 1e5);
}
M(sector_absent)
{
    b->input.sector_exposure.is_known = false;
}
M(leverage)
{
    b->input.portfolio_exposure.amount = usdt(1e5);
}
M(cap_absent)
{
    b->input.leverage_cap.is_known = false;
}
M(cap_nan)
{
    b->input.leverage_cap.value = (double)NAN;
}
M(heat_edge)
{
    b->input.heat.value = b->config.max_heat - 20.0 / 1e5;
}
M(heat)
{
    b->input.heat.value = b->config.max_heat;
}
M(heat_nan)
{
    b->input.heat.value = (double)NAN;
}
M(heat_absent)
{
    b->input.heat.is_known = false;
}
M(risk_absent)
{
    b->input.risk.is_known = false;
}
M(correlation_edge)
{
    b->input.worst_correlation.value = b->config.max_correlation;
}
M(correlation)
{
    b->input.worst_correlation.value = b->config.max_correlation + 1e-9;
}
M(correlation_absent)
{
    b->input.worst_correlation.is_known = false;
}
M(loss_near)
{
    b->input.day_pnl.amount = usdt(-b->config.max_daily_loss * 1e5 + 0.01);
}
M(loss)
{
    b->input.day_pnl.amount = usdt(-b->config.max_daily_loss * 1e5);
}
M(loss_absent)
{
    b->input.day_pnl.is_known = false;
}
M(day_absent)
{
    b->input.day_equity.is_known = false;
}
M(drawdown)
{
    b->input.drawdown.value = b->config.max_drawdown;
}
M(drawdown_absent)
{
    b->input.drawdown.is_known = false;
}
M(drawdown_inf)
{
    b->input.drawdown.value = (double)INFINITY;
}
M(orders_s)
{
    b->input.orders_last_s.n = b->config.max_orders_per_s;
}
M(orders_s_absent)
{
    b->input.orders_last_s.is_known = false;
}
M(orders_s_negative)
{
    b->input.orders_last_s.n = -1;
}
M(orders_s_overflow)
{
    b->input.orders_last_s.n = INT64_MAX;
}
M(orders_min)
{
    b->input.orders_last_min.n = b->config.max_orders_per_min;
}
M(messages)
{
    b->input.messages_last_s.n = b->config.max_messages_per_s;
}
M(open_edge)
{
    b->input.open_orders.n = b->config.max_open_orders - 1;
}
M(open)
{
    b->input.open_orders.n = b->config.max_open_orders;
}
M(open_absent)
{
    b->input.open_orders.is_known = false;
}
M(duplicate)
{
    b->input.duplicates.n = 1;
}
M(duplicate_absent)
{
    b->input.duplicates.is_known = false;
}
M(equity_absent)
{
    b->input.equity.is_known = false;
}
M(equity_zero)
{
    b->input.equity.amount.v = 0;
}

/* What each change makes of one row. */
static const struct {
    void (*mutate)(struct bench *b);
    enum qt_gate_check check;
    enum qt_gate_code code;
} rows[] = {
    {m_nothing, QT_CHECK_SHUT, QT_GATE_PASS},
    {m_shut, QT_CHECK_SHUT, QT_GATE_LIMIT},
    {m_shut_absent, QT_CHECK_SHUT, QT_GATE_ABSENT},
    {m_shut_rubbish, QT_CHECK_SHUT, QT_GATE_ABSENT},
    {m_switch, QT_CHECK_KILL_SWITCH, QT_GATE_LIMIT},
    {m_switch_absent, QT_CHECK_KILL_SWITCH, QT_GATE_ABSENT},
    {m_paused, QT_CHECK_MODE, QT_GATE_LIMIT},
    {m_reduced, QT_CHECK_MODE, QT_GATE_LIMIT},
    {m_emergency, QT_CHECK_MODE, QT_GATE_LIMIT},
    {m_mode_absent, QT_CHECK_MODE, QT_GATE_ABSENT},
    {m_mode_rubbish, QT_CHECK_MODE, QT_GATE_ABSENT},
    {m_claims_to_reduce, QT_CHECK_REDUCE, QT_GATE_LIMIT},
    {m_link, QT_CHECK_LINK, QT_GATE_LIMIT},
    {m_link_absent, QT_CHECK_LINK, QT_GATE_ABSENT},
    {m_store, QT_CHECK_STORE, QT_GATE_LIMIT},
    {m_store_absent, QT_CHECK_STORE, QT_GATE_ABSENT},
    {m_ledger, QT_CHECK_LEDGER, QT_GATE_LIMIT},
    {m_ledger_absent, QT_CHECK_LEDGER, QT_GATE_ABSENT},
    {m_unknown, QT_CHECK_UNKNOWN_ORDER, QT_GATE_LIMIT},
    {m_unknown_absent, QT_CHECK_UNKNOWN_ORDER, QT_GATE_ABSENT},
    {m_self, QT_CHECK_SELF_TRADE, QT_GATE_LIMIT},
    {m_self_absent, QT_CHECK_SELF_TRADE, QT_GATE_ABSENT},
    {m_quote_edge, QT_CHECK_QUOTE_AGE, QT_GATE_PASS},
    {m_quote_old, QT_CHECK_QUOTE_AGE, QT_GATE_STALE},
    {m_quote_absent, QT_CHECK_QUOTE_AGE, QT_GATE_ABSENT},
    {m_quote_future, QT_CHECK_QUOTE_AGE, QT_GATE_NEGATIVE},
    {m_bid_absent, QT_CHECK_QUOTE_AGE, QT_GATE_ABSENT},
    {m_off_tick, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_off_lot, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_small, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_no_qty, QT_CHECK_FILTERS, QT_GATE_NEGATIVE},
    {m_no_px, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_bad_side, QT_CHECK_FILTERS, QT_GATE_NEGATIVE},
    {m_other_instrument, QT_CHECK_FILTERS, QT_GATE_NEGATIVE},
    {m_halted, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_beyond_mid, QT_CHECK_COLLAR_MID, QT_GATE_LIMIT},
    {m_quote_old, QT_CHECK_COLLAR_MID, QT_GATE_STALE},
    {m_beyond_last, QT_CHECK_COLLAR_LAST, QT_GATE_LIMIT},
    {m_last_absent, QT_CHECK_COLLAR_LAST, QT_GATE_ABSENT},
    {m_wide, QT_CHECK_SPREAD, QT_GATE_LIMIT},
    {m_bid_absent, QT_CHECK_SPREAD, QT_GATE_ABSENT},
    {m_notional_edge, QT_CHECK_NOTIONAL, QT_GATE_PASS},
    {m_notional, QT_CHECK_NOTIONAL, QT_GATE_LIMIT},
    {m_notional_absent, QT_CHECK_NOTIONAL, QT_GATE_ABSENT},
    {m_notional_negative, QT_CHECK_NOTIONAL, QT_GATE_NEGATIVE},
    {m_position_edge, QT_CHECK_POSITION, QT_GATE_PASS},
    {m_position, QT_CHECK_POSITION, QT_GATE_LIMIT},
    {m_position_absent, QT_CHECK_POSITION, QT_GATE_ABSENT},
    {m_position_negative, QT_CHECK_POSITION, QT_GATE_NEGATIVE},
    {m_position_overflow, QT_CHECK_POSITION, QT_GATE_OVERFLOW},
    {m_equity_absent, QT_CHECK_POSITION, QT_GATE_ABSENT},
    {m_equity_zero, QT_CHECK_POSITION, QT_GATE_NEGATIVE},
    {m_venue, QT_CHECK_VENUE, QT_GATE_LIMIT},
    {m_venue_absent, QT_CHECK_VENUE, QT_GATE_ABSENT},
    {m_strategy, QT_CHECK_STRATEGY, QT_GATE_LIMIT},
    {m_strategy_absent, QT_CHECK_STRATEGY, QT_GATE_ABSENT},
    {m_sector, QT_CHECK_SECTOR, QT_GATE_LIMIT},
    {m_sector_absent, QT_CHECK_SECTOR, QT_GATE_ABSENT},
    {m_leverage, QT_CHECK_LEVERAGE, QT_GATE_LIMIT},
    {m_cap_absent, QT_CHECK_LEVERAGE, QT_GATE_ABSENT},
    {m_cap_nan, QT_CHECK_LEVERAGE, QT_GATE_NAN},
    {m_heat_edge, QT_CHECK_HEAT, QT_GATE_PASS},
    {m_heat, QT_CHECK_HEAT, QT_GATE_LIMIT},
    {m_heat_nan, QT_CHECK_HEAT, QT_GATE_NAN},
    {m_heat_absent, QT_CHECK_HEAT, QT_GATE_ABSENT},
    {m_risk_absent, QT_CHECK_HEAT, QT_GATE_ABSENT},
    {m_correlation_edge, QT_CHECK_CORRELATION, QT_GATE_PASS},
    {m_correlation, QT_CHECK_CORRELATION, QT_GATE_LIMIT},
    {m_correlation_absent, QT_CHECK_CORRELATION, QT_GATE_ABSENT},
    {m_loss_near, QT_CHECK_DAILY_LOSS, QT_GATE_PASS},
    {m_loss, QT_CHECK_DAILY_LOSS, QT_GATE_LIMIT},
    {m_loss_absent, QT_CHECK_DAILY_LOSS, QT_GATE_ABSENT},
    {m_day_absent, QT_CHECK_DAILY_LOSS, QT_GATE_ABSENT},
    {m_drawdown, QT_CHECK_DRAWDOWN, QT_GATE_LIMIT},
    {m_drawdown_absent, QT_CHECK_DRAWDOWN, QT_GATE_ABSENT},
    {m_drawdown_inf, QT_CHECK_DRAWDOWN, QT_GATE_NAN},
    {m_orders_s, QT_CHECK_ORDERS_S, QT_GATE_LIMIT},
    {m_orders_s_absent, QT_CHECK_ORDERS_S, QT_GATE_ABSENT},
    {m_orders_s_negative, QT_CHECK_ORDERS_S, QT_GATE_NEGATIVE},
    {m_orders_s_overflow, QT_CHECK_ORDERS_S, QT_GATE_OVERFLOW},
    {m_orders_min, QT_CHECK_ORDERS_MIN, QT_GATE_LIMIT},
    {m_messages, QT_CHECK_MESSAGES_S, QT_GATE_LIMIT},
    {m_open_edge, QT_CHECK_OPEN_ORDERS, QT_GATE_PASS},
    {m_open, QT_CHECK_OPEN_ORDERS, QT_GATE_LIMIT},
    {m_open_absent, QT_CHECK_OPEN_ORDERS, QT_GATE_ABSENT},
    {m_duplicate, QT_CHECK_DUPLICATE, QT_GATE_LIMIT},
    {m_duplicate_absent, QT_CHECK_DUPLICATE, QT_GATE_ABSENT},
};

START_TEST(row_alone_gives_its_code_and_denies_unless_it_passes)
{
    struct bench b;
    struct qt_gate_result result;
    char text[400];
    bench_init(&b);
    rows[_i].mutate(&b);
    bool allowed = qt_gate_check(&b.config, &b.input, &result);
    ck_assert_msg(result.row[rows[_i].check].code == rows[_i].code, "%s is %s, not %s",
                  qt_gate_rows[rows[_i].check].name,
                  qt_gate_code_name((enum qt_gate_code)result.row[rows[_i].check].code),
                  qt_gate_code_name(rows[_i].code));
    ck_assert_msg(allowed == (rows[_i].code == QT_GATE_PASS), "%s",
                  qt_gate_describe(&result, text, sizeof text));
    if (!allowed)
        ck_assert_ptr_nonnull(strstr(qt_gate_describe(&result, text, sizeof text),
                                     qt_gate_rows[rows[_i].check].name));
}
END_TEST

START_TEST(every_row_has_a_case_that_denies)
{
    for (int check = 0; check < QT_GATE_CHECKS; check++) {
        bool has = false;
        for (size_t i = 0; i < QT_COUNT_OF(rows); i++)
            has = has || ((int)rows[i].check == check && rows[i].code != QT_GATE_PASS);
        ck_assert_msg(has, "%s", qt_gate_rows[check].name);
    }
}
END_TEST

START_TEST(input_that_nobody_filled_in_denies)
{
    struct bench b;
    struct qt_gate_result result;
    const struct qt_gate_input empty = {0};
    bench_init(&b);
    ck_assert(!qt_gate_check(&b.config, &empty, &result));
    ck_assert_uint_eq(result.failures, QT_GATE_CHECKS);
}
END_TEST

/* A sale of a long of 20, of which so much is on its way out already. */
static void
make_exit(struct bench *b, int64_t qty, int64_t on_its_way, enum qt_order_purpose purpose)
{
    b->request.side = QT_SELL;
    b->request.type = QT_TYPE_MARKET;
    b->request.px = QT_PX_NONE;
    b->request.reduce_only = true;
    b->request.qty.v = qty;
    b->input.purpose = (uint8_t)purpose;
    b->input.position = qt_gate_qty((qt_qty){20000});
    b->input.open_reducing = qt_gate_qty((qt_qty){on_its_way});
}

START_TEST(exit_passes_whatever_the_book_looks_like)
{
    void (*const troubles[])(struct bench *) = {
        m_shut,    m_link, m_store,    m_ledger,      m_unknown, m_quote_old, m_equity_absent,
        m_heat,    m_loss, m_drawdown, m_heat_nan,    m_venue,   m_leverage,  m_paused,
        m_reduced, m_open, m_halted,   m_loss_absent, m_self,    m_duplicate};
    struct bench b;
    struct qt_gate_result result;
    char text[400];
    bench_init(&b);
    make_exit(&b, 20000, 0, QT_PURPOSE_STOP);
    for (size_t i = 0; i < QT_COUNT_OF(troubles); i++)
        troubles[i](&b);
    ck_assert_msg(qt_gate_check(&b.config, &b.input, &result), "%s",
                  qt_gate_describe(&result, text, sizeof text));
    ck_assert(result.is_reducing);
}
END_TEST

static const struct {
    int64_t position, qty, on_its_way;
    enum qt_side side;
    bool reduces;
} reductions[] = {
    {20000, 20000, 0, QT_SELL, true},     {20000, 20010, 0, QT_SELL, false},
    {20000, 10000, 10000, QT_SELL, true}, {20000, 10010, 10000, QT_SELL, false},
    {20000, 10000, 0, QT_BUY, false},     {0, 10000, 0, QT_SELL, false},
    {-20000, 20000, 0, QT_BUY, true},     {-20000, 20010, 0, QT_BUY, false},
    {20000, 20000, -10, QT_SELL, false},  {20000, 10000, INT64_MAX, QT_SELL, false},
};

START_TEST(what_claims_to_reduce_is_measured_against_position_and_open_orders)
{
    struct bench b;
    struct qt_gate_result result;
    bench_init(&b);
    make_exit(&b, reductions[_i].qty, reductions[_i].on_its_way, QT_PURPOSE_STOP);
    b.request.side = (uint8_t)reductions[_i].side;
    b.input.position = qt_gate_qty((qt_qty){reductions[_i].position});
    b.input.mode = QT_GATE_MODE_REDUCED;
    ck_assert_int_eq(qt_gate_check(&b.config, &b.input, &result), reductions[_i].reduces);
    ck_assert_int_eq(result.is_reducing, reductions[_i].reduces);
}
END_TEST

START_TEST(emergency_lets_out_only_what_flattens_and_the_protective_stop)
{
    for (int purpose = 0; purpose < QT_PURPOSES; purpose++) {
        struct bench b;
        struct qt_gate_result result;
        bench_init(&b);
        make_exit(&b, 20000, 0, (enum qt_order_purpose)purpose);
        b.input.mode = QT_GATE_MODE_EMERGENCY;
        bool wanted = purpose == QT_PURPOSE_FLATTEN || purpose == QT_PURPOSE_STOP;
        ck_assert_int_eq(qt_gate_check(&b.config, &b.input, &result), wanted);
    }
}
END_TEST

START_TEST(reducing_orders_have_a_share_of_the_rate_of_their_own)
{
    struct bench b;
    struct qt_gate_result result;
    bench_init(&b);
    int64_t shared = (int64_t)((double)b.config.max_orders_per_s * (1 - b.config.reserve_share));
    b.input.orders_last_s.n = shared;
    ck_assert(!qt_gate_check(&b.config, &b.input, &result));
    make_exit(&b, 20000, 0, QT_PURPOSE_STOP);
    ck_assert(qt_gate_check(&b.config, &b.input, &result));
    b.input.orders_last_s.n = b.config.max_orders_per_s;
    ck_assert(!qt_gate_check(&b.config, &b.input, &result));
}
END_TEST

START_TEST(all_rows_run_and_all_failures_are_kept)
{
    struct bench b;
    struct qt_gate_result result;
    bench_init(&b);
    m_shut(&b), m_heat(&b), m_duplicate(&b), m_wide(&b), m_loss(&b);
    ck_assert(!qt_gate_check(&b.config, &b.input, &result));
    ck_assert_uint_ge(result.failures, 5);
    ck_assert_int_eq(result.row[QT_CHECK_SHUT].code, QT_GATE_LIMIT);
    ck_assert_int_eq(result.row[QT_CHECK_SPREAD].code, QT_GATE_LIMIT);
    ck_assert_int_eq(result.row[QT_CHECK_DUPLICATE].code, QT_GATE_LIMIT);
    struct qt_gate_stats stats = {0};
    qt_gate_stats_add(&stats, &result);
    ck_assert_uint_eq(stats.checked, 1);
    ck_assert_uint_eq(stats.refused, 1);
    ck_assert_uint_eq(stats.row[QT_CHECK_HEAT].refusals, 1);
    ck_assert_uint_eq(stats.row[QT_CHECK_LINK].refusals, 0);
}
END_TEST

START_TEST(nothing_random_passes_with_a_row_that_denies)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 7);
    unsigned allowed = 0;
    for (int i = 0; i < 20000; i++) {
        struct bench b;
        struct qt_gate_result result;
        bench_init(&b);
        bool denies = false;
        for (uint64_t k = qt_rng_below(&rng, 4); k > 0; k--) {
            size_t row = qt_rng_below(&rng, QT_COUNT_OF(rows));
            rows[row].mutate(&b);
        }
        bool is_allowed = qt_gate_check(&b.config, &b.input, &result);
        for (int check = 0; check < QT_GATE_CHECKS; check++)
            denies = denies || (result.row[check].code != QT_GATE_PASS &&
                                result.row[check].code != QT_GATE_SKIPPED);
        ck_assert_int_eq(is_allowed, !denies);
        allowed += is_allowed;
    }
    ck_assert_uint_gt(allowed, 1000); /* the property was tried on both sides */
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("gate");
    TCase *tc = tcase_create("rows");
    tcase_add_loop_test(tc, row_alone_gives_its_code_and_denies_unless_it_passes, 0,
                        QT_COUNT_OF(rows));
    tcase_add_test(tc, every_row_has_a_case_that_denies);
    tcase_add_test(tc, input_that_nobody_filled_in_denies);
    tcase_add_test(tc, all_rows_run_and_all_failures_are_kept);
    tcase_add_test(tc, nothing_random_passes_with_a_row_that_denies);
    suite_add_tcase(suite, tc);
    tc = tcase_create("reduce");
    tcase_add_test(tc, exit_passes_whatever_the_book_looks_like);
    tcase_add_loop_test(tc, what_claims_to_reduce_is_measured_against_position_and_open_orders, 0,
                        QT_COUNT_OF(reductions));
    tcase_add_test(tc, emergency_lets_out_only_what_flattens_and_the_protective_stop);
    tcase_add_test(tc, reducing_orders_have_a_share_of_the_rate_of_their_own);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates by event time, breakers with their releases, and sums over the book. */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/risk/breakers.h"
#include "qtrade/risk/gate.h"
#include "qtrade/risk/portfolio.h"
#include "qtrade/risk/rates.h"

#include "qt_check.h"

#define DAY0 (INT64_C(1700006400) * QT_NS_PER_S) /* a UTC midnight */

static qt_money
usdt(int64_t amount)
{
    return (qt_money){amount * 100000000};
}

static struct qt_risk_config
defaults(void)
{
    struct qt_risk_config config;
    const struct qt_config_binding binding = {&qt_risk_section, &config};
    qt_config_defaults(&binding, 1);
    return config;
}

static struct qt_order_request
order(int64_t px)
{
    return (struct qt_order_request){
        .instrument = 1, .px = {px}, .stop_px = QT_PX_NONE, .qty = {10}};
}

START_TEST(rate_counts_exactly_what_lies_in_its_window)
{
    struct qt_rates *rates = calloc(1, sizeof *rates);
    qt_rates_init(rates);
    for (int i = 0; i < 10; i++) {
        struct qt_order_request request = order(100 + i);
        qt_rates_order(rates, &request, DAY0 + i * 100 * QT_NS_PER_MS);
    }
    int64_t now = DAY0 + 900 * QT_NS_PER_MS;
    ck_assert_int_eq(qt_rate_within(&rates->orders, now, QT_NS_PER_S), 10);
    ck_assert_int_eq(qt_rate_within(&rates->orders, now, 100 * QT_NS_PER_MS), 1);
    ck_assert_int_eq(qt_rate_within(&rates->orders, now, 100 * QT_NS_PER_MS + 1), 2);
    ck_assert_int_eq(qt_rate_within(&rates->orders, now + QT_NS_PER_S, QT_NS_PER_S), 0);
    qt_rates_message(rates, now);
    ck_assert_int_eq(qt_rate_within(&rates->messages, now, QT_NS_PER_S), 11);
    free(rates);
}
END_TEST

START_TEST(same_order_again_is_a_duplicate_within_the_window_only)
{
    struct qt_rates *rates = calloc(1, sizeof *rates);
    struct qt_order_request same = order(100), other = order(101);
    qt_rates_init(rates);
    qt_rates_order(rates, &same, DAY0);
    ck_assert_int_eq(qt_rates_duplicates(rates, &same, DAY0 + 999, QT_NS_PER_S), 1);
    ck_assert_int_eq(qt_rates_duplicates(rates, &other, DAY0 + 999, QT_NS_PER_S), 0);
    ck_assert_int_eq(qt_rates_duplicates(rates, &same, DAY0 + QT_NS_PER_S, QT_NS_PER_S), 0);
    free(rates);
}
END_TEST

/* Fault O14: a strategy that asks 10,000 orders in a second. */
START_TEST(O14_runaway_is_stopped_in_its_first_second)
{
    struct qt_risk_config config = defaults();
    struct qt_rates *rates = calloc(1, sizeof *rates);
    unsigned passed = 0;
    qt_rates_init(rates);
    for (int i = 0; i < 10000; i++) {
        int64_t now = DAY0 + i * (QT_NS_PER_S / 10000);
        struct qt_order_request request = order(100 + i);
        struct qt_gate_input input = {.request = &request};
        struct qt_gate_result result;
        static const struct qt_instrument one = {.id = 1, .tick = {1}, .lot = {1}};
        input.ins = &one;
        input.orders_last_s = qt_gate_count(qt_rate_within(&rates->orders, now, QT_NS_PER_S));
        (void)qt_gate_check(&config, &input, &result);
        if (result.row[QT_CHECK_ORDERS_S].code != QT_GATE_PASS)
            continue;
        passed++;
        qt_rates_order(rates, &request, now);
    }
    ck_assert_uint_gt(passed, 0);
    ck_assert_int_le(passed, config.max_orders_per_s);
    free(rates);
}
END_TEST

START_TEST(daily_loss_trips_at_its_limit_and_is_released_at_midnight)
{
    struct qt_risk_config config = defaults();
    struct qt_breakers b;
    char reason[QT_BREAKER_REASON];
    config.max_daily_loss = 0.03;
    config.max_drawdown = 0.5;
    qt_breakers_init(&b);
    qt_breakers_equity(&b, &config, usdt(100000), DAY0 + 3600 * QT_NS_PER_S);
    qt_breakers_equity(&b, &config, usdt(97001), DAY0 + 7200 * QT_NS_PER_S);
    ck_assert_int_eq(qt_breakers_check(&b, DAY0 + 7200 * QT_NS_PER_S, reason), QT_BREAKER_NONE);
    qt_breakers_equity(&b, &config, usdt(97000), DAY0 + 7201 * QT_NS_PER_S);
    ck_assert_int_eq(qt_breakers_check(&b, DAY0 + 7201 * QT_NS_PER_S, reason), QT_BREAKER_PAUSE);
    ck_assert_ptr_nonnull(strstr(reason, "3 %"));
    qt_breakers_equity(&b, &config, usdt(100000), DAY0 + 7202 * QT_NS_PER_S); /* too late */
    ck_assert_int_eq(qt_breakers_check(&b, DAY0 + QT_NS_PER_DAY - 1, reason), QT_BREAKER_PAUSE);
    ck_assert_int_eq(qt_breakers_check(&b, DAY0 + QT_NS_PER_DAY, reason), QT_BREAKER_NONE);
    qt_breakers_equity(&b, &config, usdt(96000), DAY0 + QT_NS_PER_DAY + 1);
    qt_money day;
    ck_assert(qt_breakers_day_pnl(&b, &day));
    ck_assert_int_eq(day.v, 0); /* the new day begins with what is there */
}
END_TEST

START_TEST(drawdown_stays_tripped_until_the_operator_resumes)
{
    struct qt_risk_config config = defaults();
    struct qt_breakers b;
    config.max_drawdown = 0.15;
    config.max_daily_loss = 0.9;
    qt_breakers_init(&b);
    qt_breakers_equity(&b, &config, usdt(100000), DAY0);
    qt_breakers_equity(&b, &config, usdt(120000), DAY0 + 1);
    qt_breakers_equity(&b, &config, usdt(102000), DAY0 + 2);
    ck_assert_double_eq_tol(b.drawdown, 0.15, 1e-12);
    ck_assert_int_eq(qt_breakers_check(&b, DAY0 + 3, NULL), QT_BREAKER_REDUCE);
    qt_breakers_equity(&b, &config, usdt(130000), DAY0 + 4);
    ck_assert_int_eq(qt_breakers_check(&b, DAY0 + 90 * QT_NS_PER_DAY, NULL), QT_BREAKER_REDUCE);
    qt_breakers_reset(&b);
    ck_assert_int_eq(qt_breakers_check(&b, DAY0 + 5, NULL), QT_BREAKER_NONE);
    ck_assert_int_eq(b.peak.v, usdt(130000).v);
    ck_assert_double_eq_tol(b.max_drawdown, 0.15, 1e-12);
}
END_TEST

START_TEST(losses_in_a_row_pause_and_a_win_begins_anew)
{
    struct qt_risk_config config = defaults();
    struct qt_breakers b;
    config.max_losses_in_row = 3;
    config.losses_pause_min = 60;
    qt_breakers_init(&b);
    for (int i = 0; i < 2; i++)
        qt_breakers_trade(&b, &config, usdt(-1), DAY0);
    qt_breakers_trade(&b, &config, usdt(1), DAY0);
    for (int i = 0; i < 2; i++)
        qt_breakers_trade(&b, &config, usdt(-1), DAY0);
    ck_assert_int_eq(qt_breakers_check(&b, DAY0, NULL), QT_BREAKER_NONE);
    qt_breakers_trade(&b, &config, usdt(-1), DAY0);
    ck_assert_int_eq(qt_breakers_check(&b, DAY0, NULL), QT_BREAKER_PAUSE);
    int64_t end = DAY0 + 60 * QT_NS_PER_MIN;
    ck_assert_int_eq(qt_breakers_check(&b, end - 1, NULL), QT_BREAKER_PAUSE);
    ck_assert_int_eq(qt_breakers_check(&b, end, NULL), QT_BREAKER_NONE);
    ck_assert_int_eq(b.losses_in_row, 0);
}
END_TEST

static const struct qt_instrument ins = {.px_scale = 2, .qty_scale = 3, .tick = {1}, .lot = {1}};

static struct qt_risk_view
view(int64_t qty, int64_t mark, int64_t stop)
{
    return (struct qt_risk_view){.ins = &ins,
                                 .qty = {qty},
                                 .mark = mark ? (qt_px){mark} : QT_PX_NONE,
                                 .stop = stop ? (qt_px){stop} : QT_PX_NONE};
}

START_TEST(sums_over_the_book_are_what_they_say)
{
    struct qt_risk_view views[] = {view(10000, 10000, 9000), view(-5000, 20000, 21000),
                                   view(0, 0, 0)};
    struct qt_risk_totals totals;
    views[2].open_buy = usdt(500);
    views[2].open_sell = usdt(200);
    views[2].open_risk = usdt(50);
    ck_assert(qt_risk_measure(views, 3, usdt(10000), &totals));
    ck_assert_int_eq(totals.live.v, usdt(2000).v);
    ck_assert_int_eq(totals.open.v, usdt(500).v);
    ck_assert_int_eq(totals.gross.v, usdt(2500).v);
    ck_assert_int_eq(totals.net.v, 0);
    ck_assert_int_eq(totals.at_risk.v, usdt(100 + 50 + 50).v);
    ck_assert_uint_eq(totals.positions, 2);
    ck_assert_double_eq_tol(totals.heat, 0.02, 1e-12);
    ck_assert_double_eq_tol(totals.leverage, 0.25, 1e-12);
    ck_assert_double_eq_tol(totals.largest, 0.1, 1e-12);
    ck_assert_double_eq_tol(totals.concentration, 0.5, 1e-12);
}
END_TEST

START_TEST(position_without_a_stop_risks_all_of_itself_and_one_in_profit_nothing)
{
    qt_money risk;
    struct qt_risk_view none = view(10000, 10000, 0), safe = view(10000, 10000, 10500);
    ck_assert(qt_risk_position_risk(&none, &risk));
    ck_assert_int_eq(risk.v, usdt(1000).v);
    ck_assert(qt_risk_position_risk(&safe, &risk));
    ck_assert_int_eq(risk.v, 0);
}
END_TEST

START_TEST(what_is_not_known_makes_the_book_not_known)
{
    struct qt_risk_totals totals;
    struct qt_risk_view unknown[] = {view(10000, 10000, 0), view(1000, 0, 0)};
    ck_assert(!qt_risk_measure(unknown, 2, usdt(10000), &totals));
    ck_assert(!totals.is_known);
    ck_assert(!qt_risk_measure(unknown, 1, QT_MONEY_ZERO, &totals));
    struct qt_risk_view huge = view(INT64_MAX / 2, INT64_MAX / 2, 0);
    ck_assert(!qt_risk_measure(&huge, 1, usdt(10000), &totals));
    struct qt_risk_view negative = view(0, 0, 0);
    negative.open_buy.v = -1;
    ck_assert(!qt_risk_measure(&negative, 1, usdt(10000), &totals));
    ck_assert(qt_risk_measure(NULL, 0, usdt(10000), &totals));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("limits");
    TCase *tc = tcase_create("limits");
    tcase_add_test(tc, rate_counts_exactly_what_lies_in_its_window);
    tcase_add_test(tc, same_order_again_is_a_duplicate_within_the_window_only);
    tcase_add_test(tc, O14_runaway_is_stopped_in_its_first_second);
    tcase_add_test(tc, daily_loss_trips_at_its_limit_and_is_released_at_midnight);
    tcase_add_test(tc, drawdown_stays_tripped_until_the_operator_resumes);
    tcase_add_test(tc, losses_in_a_row_pause_and_a_win_begins_anew);
    tcase_add_test(tc, sums_over_the_book_are_what_they_say);
    tcase_add_test(tc, position_without_a_stop_risks_all_of_itself_and_one_in_profit_nothing);
    tcase_add_test(tc, what_is_not_known_makes_the_book_not_known);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

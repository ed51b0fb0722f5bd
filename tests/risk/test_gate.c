/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate: every row alone at its limit, beyond it and with every bad input, from one input that
 * passes; what reduces; modes; and that no random input passes with a row that denies.
 */
#include <stdlib.h>

#include "qtrade/base/rng.h"

#include "gate_rows.h"

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
        bool wanted = purpose == QT_PURPOSE_FLATTEN || purpose == QT_PURPOSE_STOP ||
                      purpose == QT_PURPOSE_VENUE_STOP;
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

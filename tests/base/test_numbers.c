/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fixed point and elementary functions. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/bytes.h"
#include "qtrade/base/fixed.h"
#include "qtrade/base/num.h"
#include "qtrade/base/rng.h"

static const struct {
    const char *text;
    int scale;
    bool ok;
    int64_t v;
} px_rows[] = {{"0.00001000", 8, true, 1000},
               {"-1.5", 2, true, -150},
               {"1.005", 2, false, 0},
               {"1.500", 2, true, 150},
               {"1e5", 2, false, 0},
               {"", 2, false, 0},
               {".", 2, false, 0},
               {"-", 2, false, 0},
               {" 1", 2, false, 0},
               {"1.2.3", 4, false, 0},
               {"nan", 2, false, 0},
               {"9223372036854775807", 0, true, INT64_MAX},
               {"9223372036854775808", 0, false, 0},
               {"92233720368547758.08", 2, false, 0}};

START_TEST(price_text_is_exact_or_refused)
{
    qt_px px = {-1};
    ck_assert_int_eq(qt_px_parse(px_rows[_i].text, px_rows[_i].scale, &px), px_rows[_i].ok);
    ck_assert_int_eq(px.v, px_rows[_i].ok ? px_rows[_i].v : -1);
}
END_TEST

START_TEST(every_integer_survives_its_own_text)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 1);
    for (int i = 0; i < qt_rounds(200000); i++) {
        int64_t v = (int64_t)qt_rng_next(&rng) >> qt_rng_below(&rng, 63), back;
        int scale = (int)qt_rng_below(&rng, QT_SCALE_MAX + 1);
        char text[QT_DECIMAL_TEXT];
        if (v == INT64_MIN)
            continue;
        qt_decimal_format(v, scale, text);
        ck_assert_msg(qt_decimal_parse(text, strlen(text), scale, &back) && back == v, "%s", text);
        qt_decimal_format_short(v, scale, text);
        ck_assert_msg(qt_decimal_parse(text, strlen(text), scale, &back) && back == v, "%s", text);
    }
}
END_TEST

/* Text of n bytes that is plain or digits mostly. */
static void
fill_text(struct qt_rng *rng, char *text, size_t n, bool is_number)
{
    static const char strange[] = "\"\\\n\x1f /:.-\x7f\x80\xff";
    for (size_t i = 0; i < n; i++)
        text[i] = qt_rng_below(rng, 12) == 0 ? strange[qt_rng_below(rng, sizeof strange)]
                  : is_number                ? (char)('0' + qt_rng_below(rng, 10))
                                             : (char)(' ' + 3 + qt_rng_below(rng, 50));
}

START_TEST(many_bytes_at_a_time_are_what_they_are_one_by_one)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 3);
    for (int i = 0; i < qt_rounds(100000); i++) {
        char text[QT_BLOCK];
        unsigned plain = 0, run = 0;
        uint64_t number = 0;
        fill_text(&rng, text, sizeof text, i & 1);
        while (plain < QT_BLOCK && text[plain] != '"' && text[plain] != '\\' &&
               (unsigned char)text[plain] >= 0x20)
            plain++;
        ck_assert_uint_eq(qt_block_plain(text), plain);
        ck_assert_uint_eq(qt_block_plain_by_words(text), plain);
        uint64_t values = qt_digits_values(qt_word_load(text));
        for (; run < 8 && text[run] >= '0' && text[run] <= '9'; run++)
            number = number * 10 + (uint64_t)(text[run] - '0');
        ck_assert_uint_eq(qt_digits_run(values), run);
        ck_assert_uint_eq(qt_digits_number(qt_digits_first(values, run)), number);
        uint64_t other = qt_digits_first(qt_digits_values(qt_word_load("48151623")), i % 9);
        uint64_t first = qt_digits_first(values, run);
        ck_assert_uint_eq(qt_digits_two(first, other), qt_digits_two_by_words(first, other));
        ck_assert_uint_eq(qt_digits_two(first, other) & UINT32_MAX, number);
    }
}
END_TEST

START_TEST(a_word_never_reads_beyond_its_text)
{
    for (size_t n = 0; n <= 20; n++) {
        char *exact = malloc(n ? n : 1), padded[32] = {0}; /* a byte more would be found */
        ck_assert_ptr_nonnull(exact);
        for (size_t i = 0; i < n; i++)
            padded[i] = exact[i] = (char)('a' + i);
        if (n <= 8)
            ck_assert_uint_eq(qt_word_load_short(exact, n), qt_word_load(padded));
        for (size_t at = 0; n >= 8 && at < n; at++)
            ck_assert_uint_eq(qt_word_load_in(exact, n, at), qt_word_load(padded + at));
        free(exact);
    }
}
END_TEST

START_TEST(sums_and_products_that_do_not_fit_are_refused)
{
    qt_money m = {7};
    qt_money most = {INT64_MAX};
    ck_assert(!qt_money_add(most, (qt_money){1}, &m));
    ck_assert(!qt_money_sub((qt_money){-INT64_MAX}, (qt_money){1}, &m)); /* INT64_MIN means none */
    ck_assert(!qt_notional((qt_px){INT64_MAX}, 0, (qt_qty){2}, 0, 0, &m));
    ck_assert(!qt_notional(QT_PX_NONE, 0, (qt_qty){2}, 0, 0, &m));
    ck_assert(!qt_money_mul_div(most, 2, 1, &m));
    ck_assert(!qt_money_mul_div(most, 2, 0, &m));
    ck_assert_int_eq(m.v, 7);
}
END_TEST

START_TEST(rounding_goes_where_its_name_says)
{
    qt_money m;
    ck_assert(qt_notional((qt_px){12345}, 2, (qt_qty){333}, 3, 2, &m)); /* 123.45 x 0.333 */
    ck_assert_int_eq(m.v, 4110);
    ck_assert(qt_money_mul_div_up((qt_money){1001}, 10, 10000, &m));
    ck_assert_int_eq(m.v, 2);
    ck_assert(qt_money_mul_div_up((qt_money){-1001}, 10, 10000, &m));
    ck_assert_int_eq(m.v, -2);
    ck_assert_int_eq(qt_px_floor((qt_px){-7}, (qt_px){5}).v, -10);
    ck_assert_int_eq(qt_px_ceil((qt_px){7}, (qt_px){5}).v, 10);
    ck_assert_int_eq(qt_px_ceil((qt_px){10}, (qt_px){5}).v, 10);
    ck_assert_int_eq(qt_px_round((qt_px){7}, (qt_px){5}).v, 5);
    ck_assert_int_eq(qt_px_round((qt_px){8}, (qt_px){5}).v, 10);
    ck_assert_int_eq(qt_qty_floor((qt_qty){19}, (qt_qty){5}).v, 15);
}
END_TEST

START_TEST(a_statistic_that_is_no_number_never_becomes_a_price)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1e300, -1e19};
    for (size_t i = 0; i < QT_COUNT_OF(bad); i++) {
        qt_px px = {5};
        ck_assert(!qt_px_of_double(bad[i], 2, &px));
        ck_assert_int_eq(px.v, 5);
    }
}
END_TEST

static double
ulps(double got, long double want)
{
    double w = (double)want;
    double unit = nextafter(fabs(w), INFINITY) - fabs(w);
    return got == w ? 0 : (double)(fabsl((long double)got - want) / unit);
}

START_TEST(elementary_functions_are_within_their_stated_error)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 2);
    for (int i = 0; i < qt_rounds(200000); i++) {
        double u = qt_rng_uniform(&rng) - 0.5, x = 1400 * u, a = i & 1 ? 2e5 * u : 10 * u;
        double y = i & 1 ? 1 + 0.1 * u : ldexp(1.5 + u, (int)(qt_rng_below(&rng, 200)) - 100);
        double p = 20 * (qt_rng_uniform(&rng) - 0.5);
        ck_assert_msg(ulps(qt_exp(x), expl(x)) <= 2, "exp %a", x);
        ck_assert_msg(ulps(qt_log(y), logl(y)) <= 2, "log %a", y);
        ck_assert_msg(ulps(qt_sin(a), sinl(a)) <= 2, "sin %a", a);
        ck_assert_msg(ulps(qt_tanh(10 * u), tanhl(10 * u)) <= 3, "tanh %a", 10 * u);
        ck_assert_msg(ulps(qt_pow(y, p), powl(y, p)) <= 4, "pow %a %a", y, p);
        ck_assert_double_eq_tol(qt_normal_cdf(8 * u), (double)(0.5L * erfcl(-8 * u / sqrtl(2))),
                                1e-12);
    }
}
END_TEST

START_TEST(edges_of_the_functions_are_as_documented)
{
    ck_assert(isnan(qt_exp(NAN)) && isnan(qt_log(-1)) && isnan(qt_log(NAN)) && isnan(qt_sin(1e6)));
    ck_assert(isinf(qt_log(0)) && isinf(qt_exp(1000)) && qt_exp(-1000) == 0);
    ck_assert_double_eq(qt_pow(2, 10), 1024);
    ck_assert_double_eq(qt_log(1), 0);
    ck_assert_double_eq(qt_exp(0), 1);
    ck_assert(qt_normal_cdf(50) == 1 && qt_normal_cdf(-50) == 0 && qt_normal_cdf(0) == 0.5);
}
END_TEST

START_TEST(the_normal_tail_has_the_bits_of_its_whole_continued_fraction)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 7);
    for (int n = 0; n < qt_rounds(20000); n++) {
        double x = n == 0 ? 2.5 : 2.5 + qt_rng_uniform(&rng) * (n % 4 == 0 ? 37.5 : 6), f = x;
        for (int i = 120; i >= 1; i--)
            f = x + i / f;
        double tail = qt_exp(-x * x / 2) * 0.39894228040143267794 / f;
        ck_assert_msg(qt_normal_cdf(-x) == tail, "at %.17g: %a, not %a", x, qt_normal_cdf(-x),
                      tail);
    }
}
END_TEST

START_TEST(tame_numbers_are_finite_and_in_range)
{
    const double good[] = {0, 1, 1e29}, rows[][3] = {
        {0, NAN, 1}, {0, INFINITY, 1}, {-INFINITY, 0, 0}, {1, -1e-300, 1}, {1, 1, 1e30}};
    ck_assert(qt_are_tame(good, 3, 0));
    ck_assert(!qt_are_tame(good, 3, DBL_MIN));
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++)
        ck_assert(!qt_are_tame(rows[i], 3, 0));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("numbers");
    TCase *tc = tcase_create("numbers");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, price_text_is_exact_or_refused, 0, (int)QT_COUNT_OF(px_rows));
    tcase_add_test(tc, every_integer_survives_its_own_text);
    tcase_add_test(tc, many_bytes_at_a_time_are_what_they_are_one_by_one);
    tcase_add_test(tc, a_word_never_reads_beyond_its_text);
    tcase_add_test(tc, sums_and_products_that_do_not_fit_are_refused);
    tcase_add_test(tc, rounding_goes_where_its_name_says);
    tcase_add_test(tc, a_statistic_that_is_no_number_never_becomes_a_price);
    tcase_add_test(tc, elementary_functions_are_within_their_stated_error);
    tcase_add_test(tc, edges_of_the_functions_are_as_documented);
    tcase_add_test(tc, the_normal_tail_has_the_bits_of_its_whole_continued_fraction);
    tcase_add_test(tc, tame_numbers_are_finite_and_in_range);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

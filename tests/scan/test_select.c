/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The selection against a brute-force one, and what each row says of itself. */
#include "qtrade/scan/select.h"

#include "qt_check.h"
#include "qtrade/scan/correlation.h"
#include "scan_help.h"

#define SYMBOLS 24

/* A crowd in clusters: members of one cluster move together. */
struct crowd {
    struct qt_scan_symbol *symbols;
    const struct qt_scan_symbol *at[SYMBOLS];
    struct qt_scan_row rows[SYMBOLS];
    uint32_t order[SYMBOLS], selected[QT_SCAN_TOP_MAX];
};

static struct crowd *
make_crowd(uint64_t seed, unsigned clusters, double noise, int bars)
{
    struct qt_scan_config config = help_config();
    struct crowd *crowd = calloc(1, sizeof *crowd);
    struct qt_rng rng;
    double log_price[SYMBOLS] = {0};
    crowd->symbols = calloc(SYMBOLS, sizeof *crowd->symbols);
    qt_rng_init(&rng, seed);
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        qt_scan_symbol_init(&crowd->symbols[i], &config, HELP_HOUR);
        crowd->at[i] = &crowd->symbols[i];
        crowd->order[i] = i;
        crowd->rows[i].instrument = 100 + i;
    }
    for (int t = 0; t < bars; t++) {
        double market[SYMBOLS];
        for (unsigned c = 0; c < clusters; c++)
            market[c] = 0.01 * qt_rng_normal(&rng);
        for (uint32_t i = 0; i < SYMBOLS; i++) {
            log_price[i] += market[i % clusters] + noise * qt_rng_normal(&rng);
            double p = exp(log_price[i]);
            struct qt_ohlcv bar = {HELP_START + t * HELP_HOUR, p, p, p, p, 1};
            ck_assert(qt_scan_symbol_bar(&crowd->symbols[i], &bar, 1));
        }
    }
    for (uint32_t i = SYMBOLS; i-- > 1;) { /* a random order of scores */
        uint32_t j = (uint32_t)qt_rng_below(&rng, i + 1), keep = crowd->order[i];
        crowd->order[i] = crowd->order[j];
        crowd->order[j] = keep;
    }
    return crowd;
}

static void
drop_crowd(struct crowd *crowd)
{
    free(crowd->symbols);
    free(crowd);
}

/* Greedy choice from the full matrix. */
static uint32_t
brute_force(const struct qt_scan_config *config, const struct crowd *crowd, uint32_t *out)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < SYMBOLS && n < config->top; k++) {
        bool fits = true;
        for (uint32_t i = 0; i < n; i++) {
            double r;
            if (!qt_scan_correlation(crowd->at[crowd->order[k]], crowd->at[out[i]],
                                     (uint32_t)config->correlation_bars,
                                     (uint32_t)config->correlation_min_bars, &r) ||
                fabs(r) >= config->max_correlation)
                fits = false;
        }
        if (fits)
            out[n++] = crowd->order[k];
    }
    return n;
}

static double
between(const struct crowd *crowd, uint32_t i, uint32_t instrument)
{
    double r = 9;
    ck_assert(qt_scan_correlation(crowd->at[i], crowd->at[instrument - 100], 168, 100, &r));
    return r;
}

/* Every claim of every row, checked from outside. */
static void
check_claims(const struct qt_scan_config *config, const struct crowd *crowd, uint32_t n)
{
    uint32_t chosen = 0;
    for (uint32_t k = 0; k < SYMBOLS; k++) {
        uint32_t i = crowd->order[k];
        const struct qt_scan_row *row = &crowd->rows[i];
        switch (row->fate) {
        case QT_SCAN_SELECTED:
            ck_assert_uint_eq(crowd->selected[chosen], i);
            chosen++;
            ck_assert(fabs(row->max_correlation) < config->max_correlation);
            break;
        case QT_SCAN_CORRELATED:
            ck_assert(fabs(row->max_correlation) >= config->max_correlation);
            ck_assert_double_eq(row->max_correlation, between(crowd, i, row->max_correlation_with));
            ck_assert_int_eq(crowd->rows[row->max_correlation_with - 100].fate, QT_SCAN_SELECTED);
            break;
        case QT_SCAN_BEHIND:
            ck_assert_uint_eq(chosen, n);
            ck_assert_uint_eq(row->max_correlation_with, QT_NO_INSTRUMENT);
            break;
        case QT_SCAN_CORRELATION_UNKNOWN:
        case QT_SCAN_NOT_RANKED:
        case QT_SCAN_FATES:
            ck_abort_msg("fate %s", qt_scan_fate_name(row->fate));
        }
    }
    ck_assert_uint_eq(chosen, n);
}

START_TEST(selection_is_the_greedy_one_of_the_full_matrix)
{
    struct qt_scan_config config = help_config();
    static const unsigned clusters[] = {1, 2, 3, 5, 8, 24};
    for (size_t k = 0; k < QT_COUNT_OF(clusters); k++) {
        struct crowd *crowd =
            make_crowd(help_seed(61) + (uint64_t)_i, clusters[k], 0.004 + 0.001 * _i, 200);
        uint32_t expected[SYMBOLS];
        uint32_t n =
            qt_select_top(&config, crowd->rows, crowd->at, crowd->order, SYMBOLS, crowd->selected);
        ck_assert_uint_eq(n, brute_force(&config, crowd, expected));
        ck_assert_mem_eq(expected, crowd->selected, n * sizeof *expected);
        check_claims(&config, crowd, n);
        drop_crowd(crowd);
    }
}
END_TEST

START_TEST(one_cluster_leaves_one_place)
{
    struct qt_scan_config config = help_config();
    struct crowd *crowd = make_crowd(7, 1, 0.0001, 200);
    ck_assert_uint_eq(
        qt_select_top(&config, crowd->rows, crowd->at, crowd->order, SYMBOLS, crowd->selected), 1);
    ck_assert_uint_eq(crowd->selected[0], crowd->order[0]);
    drop_crowd(crowd);
}
END_TEST

START_TEST(the_limit_itself_skips)
{
    struct qt_scan_config config = help_config();
    struct crowd *crowd = make_crowd(8, 4, 0.006, 200);
    double r;
    uint32_t first = crowd->order[0], second = crowd->order[1];
    ck_assert(qt_scan_correlation(crowd->at[first], crowd->at[second], 168, 100, &r));
    config.max_correlation = fabs(r);
    (void)qt_select_top(&config, crowd->rows, crowd->at, crowd->order, 2, crowd->selected);
    ck_assert_int_eq(crowd->rows[second].fate, QT_SCAN_CORRELATED);
    config.max_correlation = fabs(r) + 1e-12;
    (void)qt_select_top(&config, crowd->rows, crowd->at, crowd->order, 2, crowd->selected);
    ck_assert_int_eq(crowd->rows[second].fate, QT_SCAN_SELECTED);
    drop_crowd(crowd);
}
END_TEST

START_TEST(an_unknown_correlation_skips)
{
    struct qt_scan_config config = help_config();
    struct crowd *crowd = make_crowd(9, 24, 0.01, 80); /* fewer than 100 common returns */
    ck_assert_uint_eq(
        qt_select_top(&config, crowd->rows, crowd->at, crowd->order, SYMBOLS, crowd->selected), 1);
    for (uint32_t k = 1; k < SYMBOLS; k++) {
        const struct qt_scan_row *row = &crowd->rows[crowd->order[k]];
        ck_assert_int_eq(row->fate, QT_SCAN_CORRELATION_UNKNOWN);
        ck_assert_uint_eq(row->max_correlation_with, 100 + crowd->order[0]);
    }
    drop_crowd(crowd);
}
END_TEST

START_TEST(nothing_ranked_selects_nothing)
{
    struct qt_scan_config config = help_config();
    uint32_t selected[QT_SCAN_TOP_MAX];
    ck_assert_uint_eq(qt_select_top(&config, NULL, NULL, NULL, 0, selected), 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("select");
    TCase *tc = tcase_create("select");
    tcase_add_loop_test(tc, selection_is_the_greedy_one_of_the_full_matrix, 0, 8);
    tcase_add_test(tc, one_cluster_leaves_one_place);
    tcase_add_test(tc, the_limit_itself_skips);
    tcase_add_test(tc, an_unknown_correlation_skips);
    tcase_add_test(tc, nothing_ranked_selects_nothing);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

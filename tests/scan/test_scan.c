/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole pipeline over a random universe: order, ties, exclusions, repeatability, the config's
 * own rows. */
#include "qtrade/scan/scan.h"

#include "qt_check.h"
#include "qtrade/scan/score.h"
#include "scan_help.h"

#define SYMBOLS 40
#define BARS 760

struct world {
    struct qt_scan_config config;
    struct qt_instrument ins[SYMBOLS];
    struct qt_scan_symbol *symbols;
    const struct qt_scan_symbol *at[SYMBOLS];
    struct qt_scan_row rows[SYMBOLS];
    struct qt_regime_state regime;
    struct qt_scan_scratch scratch;
    struct qt_scan_result result;
    void *block;
};

static struct world *
make_world(uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    struct qt_rng rng;
    w->config = help_config();
    w->symbols = calloc(SYMBOLS, sizeof *w->symbols);
    w->block = calloc(1, qt_scan_scratch_bytes(SYMBOLS));
    qt_scan_scratch_init(&w->scratch, w->block, SYMBOLS);
    qt_regime_init(&w->regime);
    qt_rng_init(&rng, seed);
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        char base[8];
        snprintf(base, sizeof base, "S%02u", i);
        w->ins[i] = help_instrument(i, base);
        w->at[i] = &w->symbols[i];
        qt_scan_symbol_init(&w->symbols[i], &w->config, HELP_HOUR);
        double price = 1 + 100 * qt_rng_uniform(&rng);
        int bars = i % 10 == 9 ? 300 : BARS; /* every tenth is young */
        double quote = (i % 7 == 6 ? 1e6 : 3e6) * (1 + qt_rng_uniform(&rng));
        for (int t = BARS - bars; t < BARS; t++) {
            struct qt_ohlcv bar =
                help_bar(&rng, HELP_START + t * HELP_HOUR, &price, 0, 0.005 + 0.0002 * i);
            ck_assert(qt_scan_symbol_bar(&w->symbols[i], &bar, quote));
        }
    }
    return w;
}

static void
drop_world(struct world *w)
{
    free(w->symbols);
    free(w->block);
    free(w);
}

static void
rank(struct world *w, int64_t traded_ns)
{
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        struct qt_scan_live live = help_live(&w->symbols[i], &w->ins[i]);
        live.traded_ns = i == 0 ? traded_ns : QT_TIME_NONE;
        qt_scan_symbol_measure(&w->symbols[i], &w->config, &live, &w->rows[i]);
    }
    qt_scan_rank(&w->config, w->rows, w->at, SYMBOLS, 0, HELP_START + BARS * HELP_HOUR, &w->regime,
                 &w->scratch, &w->result);
}

START_TEST(every_symbol_is_ranked_or_excluded_with_a_reason)
{
    struct world *w = make_world(help_seed(91));
    rank(w, QT_TIME_NONE);
    uint32_t ranked = 0, excluded = 0;
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        const struct qt_scan_row *row = &w->rows[i];
        ck_assert_int_eq(row->rank > 0, row->reason == QT_SCAN_OK);
        ck_assert_int_eq(row->fate == QT_SCAN_NOT_RANKED, row->rank == 0);
        ranked += row->rank > 0;
        ck_assert_int_eq(row->reason == QT_SCAN_HISTORY, i % 10 == 9);
        if (i % 10 != 9)
            ck_assert_int_eq(row->reason == QT_SCAN_VOLUME, i % 7 == 6);
    }
    for (int r = 0; r < QT_SCAN_REASONS; r++)
        excluded += w->result.excluded[r];
    ck_assert_uint_eq(ranked, w->result.eligible);
    ck_assert_uint_eq(ranked + excluded, SYMBOLS);
    ck_assert_uint_eq(w->result.symbols, SYMBOLS);
    drop_world(w);
}
END_TEST

START_TEST(ranks_follow_scores_and_scores_their_parts)
{
    struct world *w = make_world(help_seed(92));
    rank(w, QT_TIME_NONE);
    struct qt_scan_weights weights = qt_score_weights(&w->config, &w->result.regime);
    for (uint32_t k = 0; k < w->result.eligible; k++) {
        const struct qt_scan_row *row = &w->rows[w->scratch.order[k]];
        double sum = weights.volatility * row->volatility + weights.momentum * row->momentum +
                     weights.volume * row->volume + weights.trend * row->trend;
        ck_assert_uint_eq(row->rank, k + 1);
        ck_assert_double_eq_tol(row->score, sum * row->decay, 1e-9);
        if (k > 0)
            ck_assert(w->rows[w->scratch.order[k - 1]].score >= row->score);
    }
    ck_assert_uint_ge(w->result.selected_count, 1);
    ck_assert_uint_eq(w->result.selected[0], w->scratch.order[0]);
    drop_world(w);
}
END_TEST

START_TEST(what_was_just_traded_falls_back_and_recovers)
{
    struct world *w = make_world(help_seed(93));
    int64_t now = HELP_START + BARS * HELP_HOUR;
    rank(w, QT_TIME_NONE);
    double fresh = w->rows[0].score;
    rank(w, now);
    ck_assert_double_eq_tol(w->rows[0].score, 0.5 * fresh, 1e-9);
    rank(w, now - 15 * QT_NS_PER_MIN);
    ck_assert_double_eq_tol(w->rows[0].score, 0.75 * fresh, 1e-9);
    rank(w, now - 30 * QT_NS_PER_MIN);
    ck_assert_double_eq_tol(w->rows[0].score, fresh, 1e-9);
    drop_world(w);
}
END_TEST

START_TEST(small_volume_ranks_are_microcaps)
{
    struct world *w = make_world(help_seed(94));
    rank(w, QT_TIME_NONE);
    uint32_t before = w->result.eligible;
    w->config.max_volume_rank = before - 5;
    rank(w, QT_TIME_NONE);
    ck_assert_uint_ge(w->result.excluded[QT_SCAN_MICROCAP], 1);
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        const struct qt_scan_row *row = &w->rows[i];
        if (row->reason == QT_SCAN_MICROCAP) {
            ck_assert(row->value > row->limit);
            ck_assert_double_eq(row->limit, before - 5);
        }
        if (row->reason == QT_SCAN_OK)
            ck_assert_uint_le(row->volume_rank, before - 5);
    }
    drop_world(w);
}
END_TEST

START_TEST(two_runs_give_the_same_bits)
{
    struct world *a = make_world(help_seed(95)), *b = make_world(help_seed(95));
    for (int i = 0; i < 3; i++) {
        rank(a, QT_TIME_NONE);
        rank(b, QT_TIME_NONE);
    }
    ck_assert_mem_eq(a->scratch.order, b->scratch.order, a->result.eligible * sizeof(uint32_t));
    ck_assert_mem_eq(&a->regime, &b->regime, sizeof a->regime);
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        ck_assert_mem_eq(&a->rows[i].in, &b->rows[i].in, sizeof a->rows[i].in);
        ck_assert_double_eq(a->rows[i].score, b->rows[i].score);
        ck_assert_int_eq(a->rows[i].fate, b->rows[i].fate);
    }
    drop_world(a);
    drop_world(b);
}
END_TEST

START_TEST(equal_scores_go_to_the_smaller_id)
{
    struct qt_scan_key keys[200];
    struct qt_rng rng;
    qt_rng_init(&rng, help_seed(96));
    for (int round = 0; round < 200; round++) {
        size_t n = qt_rng_below(&rng, QT_COUNT_OF(keys) + 1);
        for (size_t i = 0; i < n; i++)
            keys[i] = (struct qt_scan_key){(double)qt_rng_below(&rng, 5),
                                           (uint32_t)qt_rng_below(&rng, 1000), (uint32_t)i};
        qt_scan_keys_sort(keys, n);
        uint64_t seen[4] = {0};
        for (size_t i = 0; i < n; i++)
            seen[keys[i].index / 64] |= UINT64_C(1) << keys[i].index % 64;
        for (size_t i = 0; i < n; i++)
            ck_assert(seen[i / 64] >> i % 64 & 1); /* a permutation */
        for (size_t i = 1; i < n; i++)
            ck_assert(keys[i - 1].value > keys[i].value ||
                      (keys[i - 1].value >= keys[i].value &&
                       keys[i - 1].instrument <= keys[i].instrument));
    }
}
END_TEST

START_TEST(an_empty_universe_is_ranked_without_complaint)
{
    struct qt_scan_config config = help_config();
    struct qt_regime_state regime;
    struct qt_scan_scratch scratch;
    struct qt_scan_result result;
    qt_regime_init(&regime);
    qt_scan_scratch_init(&scratch, NULL, 0);
    qt_scan_rank(&config, NULL, NULL, 0, QT_NO_INSTRUMENT, HELP_START, &regime, &scratch, &result);
    ck_assert_uint_eq(result.eligible, 0);
    ck_assert_uint_eq(result.selected_count, 0);
    ck_assert(!result.regime.is_known);
}
END_TEST

START_TEST(the_defaults_are_those_of_the_design)
{
    struct qt_scan_config config = help_config();
    ck_assert_str_eq(config.interval, "1h");
    ck_assert_str_eq(config.quote_asset, "USDT");
    ck_assert_double_eq(config.history_days, 30);
    ck_assert_double_eq(config.min_quote_volume, 50e6);
    ck_assert_double_eq(config.max_spread_bps, 5);
    ck_assert_double_eq(config.max_correlation, 0.7);
    ck_assert_double_eq(config.decay_minutes, 30);
    ck_assert_int_eq(config.top, 5);
    ck_assert_int_eq(config.correlation_bars, 168);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tc = tcase_create("scan");
    tcase_add_test(tc, every_symbol_is_ranked_or_excluded_with_a_reason);
    tcase_add_test(tc, ranks_follow_scores_and_scores_their_parts);
    tcase_add_test(tc, what_was_just_traded_falls_back_and_recovers);
    tcase_add_test(tc, small_volume_ranks_are_microcaps);
    tcase_add_test(tc, two_runs_give_the_same_bits);
    tcase_add_test(tc, equal_scores_go_to_the_smaller_id);
    tcase_add_test(tc, an_empty_universe_is_ranked_without_complaint);
    tcase_add_test(tc, the_defaults_are_those_of_the_design);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

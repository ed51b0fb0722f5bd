/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Market data that cannot be, or cannot be believed: each check by rows, the band of plausible
 * prices against a naive one, and a market that has really moved.
 */
#include <math.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/market/quality.h"

#define T0 (INT64_C(1700000000) * QT_NS_PER_S)
enum { PX = 100000 };

struct fixture {
    struct qt_quality quality;
    struct qt_quality_config config;
    int64_t t_ns;
    uint64_t trade_id;
};

static void
begin(struct fixture *f)
{
    const struct qt_config_binding binding = {&qt_quality_section, &f->config};
    *f = (struct fixture){.t_ns = T0, .trade_id = 100};
    qt_config_defaults(&binding, 1);
    qt_quality_init(&f->quality);
}

static struct qt_event
quote(const struct fixture *f, int64_t bid, int64_t ask)
{
    return (struct qt_event){.kind = QT_EVENT_QUOTE,
                             .t_recv_ns = f->t_ns,
                             .t_venue_ns = f->t_ns,
                             .quote = {{bid}, {ask}, {5}, {5}}};
}

static struct qt_event
trade(const struct fixture *f, int64_t px, uint64_t id)
{
    return (struct qt_event){.kind = QT_EVENT_TRADE,
                             .t_recv_ns = f->t_ns,
                             .t_venue_ns = f->t_ns,
                             .trade = {{px}, {7}, id}};
}

static enum qt_quality_verdict
check(struct fixture *f, const struct qt_event *event, uint32_t *failed)
{
    return qt_quality_check(&f->quality, &f->config, event, true, failed);
}

/* A calm minute: a band is there, and the last trade is number 100. */
static void
warm_up(struct fixture *f)
{
    uint32_t failed;
    for (int i = 0; i < 60; i++, f->t_ns += QT_NS_PER_S) {
        struct qt_event event = quote(f, PX - 1 + i % 3, PX + 1 + i % 3);
        ck_assert_int_eq(check(f, &event, &failed), QT_QUALITY_PASS);
    }
    struct qt_event event = trade(f, PX, f->trade_id);
    ck_assert_int_eq(check(f, &event, &failed), QT_QUALITY_PASS);
    f->t_ns += QT_NS_PER_S;
}

static const struct {
    const char *what;
    bool is_trade;
    int64_t a, b;     /* bid and ask; price and id */
    int64_t venue_ms; /* the venue's time less ours */
    enum qt_quality_verdict verdict;
    int failed; /* enum qt_quality_check; -1: none; -2: empty and duplicate */
} rows[] = {
    {"a good quote", false, PX - 1, PX + 1, 0, QT_QUALITY_PASS, -1},
    {"no bid", false, INT64_MIN, PX, 0, QT_QUALITY_DROP, QT_QUALITY_EMPTY},
    {"no ask", false, PX, INT64_MIN, 0, QT_QUALITY_DROP, QT_QUALITY_EMPTY},
    {"a bid of 0", false, 0, PX, 0, QT_QUALITY_DROP, QT_QUALITY_EMPTY},
    {"a negative ask", false, PX, -PX, 0, QT_QUALITY_DROP, QT_QUALITY_EMPTY},
    {"crossed", false, PX + 1, PX, 0, QT_QUALITY_DROP, QT_QUALITY_CROSSED},
    {"locked", false, PX, PX, 0, QT_QUALITY_MARK, QT_QUALITY_LOCKED},
    {"ten times up", false, 10 * PX - 1, 10 * PX, 0, QT_QUALITY_DROP, QT_QUALITY_OUTLIER},
    {"a tenth", false, PX / 10 - 1, PX / 10, 0, QT_QUALITY_DROP, QT_QUALITY_OUTLIER},
    {"as large as can be", false, INT64_MAX - 1, INT64_MAX, 0, QT_QUALITY_DROP, QT_QUALITY_OUTLIER},
    {"from the past", false, PX - 1, PX + 1, -3000, QT_QUALITY_MARK, QT_QUALITY_BACKWARDS},
    {"a little ahead", false, PX - 1, PX + 1, 1999, QT_QUALITY_PASS, -1},
    {"from the future", false, PX - 1, PX + 1, 2001, QT_QUALITY_MARK, QT_QUALITY_FUTURE},
    {"from 1970", false, PX - 1, PX + 1, -1700000000000, QT_QUALITY_MARK, QT_QUALITY_BACKWARDS},
    {"a good trade", true, PX, 101, 0, QT_QUALITY_PASS, -1},
    {"a trade for 0", true, 0, 101, 0, QT_QUALITY_DROP, QT_QUALITY_EMPTY},
    {"a trade seen before", true, PX, 100, -1000, QT_QUALITY_SKIP, QT_QUALITY_DUPLICATE},
    {"an older one", true, PX, 99, -1500, QT_QUALITY_SKIP, QT_QUALITY_DUPLICATE},
    {"three are missing", true, PX, 104, 0, QT_QUALITY_MARK, QT_QUALITY_GAP},
    {"a venue that began anew", true, PX, 1, 0, QT_QUALITY_PASS, -1},
    {"seen before, for 0", true, 0, 100, -1000, QT_QUALITY_DROP, -2},
    {"seen before, far off", true, 2 * PX, 100, -1000, QT_QUALITY_SKIP, QT_QUALITY_DUPLICATE},
    {"no id", true, PX, 0, 0, QT_QUALITY_PASS, -1},
    {"a trade far off", true, 2 * PX, 101, 0, QT_QUALITY_DROP, QT_QUALITY_OUTLIER},
};

START_TEST(each_check_has_its_verdict)
{
    struct fixture f;
    uint32_t failed;
    begin(&f);
    warm_up(&f);
    struct qt_event event = rows[_i].is_trade ? trade(&f, rows[_i].a, (uint64_t)rows[_i].b)
                                              : quote(&f, rows[_i].a, rows[_i].b);
    event.t_venue_ns += rows[_i].venue_ms * QT_NS_PER_MS;
    enum qt_quality_verdict verdict = check(&f, &event, &failed);
    ck_assert_msg(verdict == rows[_i].verdict, "%s: %d", rows[_i].what, verdict);
    uint32_t wanted = rows[_i].failed >= 0    ? 1u << rows[_i].failed
                      : rows[_i].failed == -2 ? 1u << QT_QUALITY_EMPTY | 1u << QT_QUALITY_DUPLICATE
                                              : 0;
    ck_assert_msg(failed == wanted, "%s: %x", rows[_i].what, failed);
}
END_TEST

START_TEST(dropped_event_leaves_no_trace)
{
    struct fixture f;
    uint32_t failed;
    begin(&f);
    warm_up(&f);
    struct qt_event bad = trade(&f, 0, 5000);
    ck_assert_int_eq(check(&f, &bad, &failed), QT_QUALITY_DROP);
    struct qt_event next = trade(&f, PX, 101);
    ck_assert_int_eq(check(&f, &next, &failed), QT_QUALITY_PASS);
}
END_TEST

START_TEST(market_that_has_moved_is_believed)
{
    struct fixture f;
    uint32_t failed;
    begin(&f);
    warm_up(&f);
    struct qt_event crash = quote(&f, PX / 2 - 1, PX / 2), wild = quote(&f, PX * 2 - 1, PX * 2);
    for (int64_t i = 1; i < f.config.outlier_confirm; i++)
        ck_assert_int_eq(check(&f, &crash, &failed), QT_QUALITY_DROP);
    ck_assert_int_eq(check(&f, &wild, &failed), QT_QUALITY_DROP); /* another side: not in a row */
    for (int64_t i = 1; i < f.config.outlier_confirm; i++)
        ck_assert_int_eq(check(&f, &crash, &failed), QT_QUALITY_DROP);
    ck_assert_int_eq(check(&f, &crash, &failed), QT_QUALITY_PASS);
    ck_assert_int_eq(check(&f, &crash, &failed), QT_QUALITY_PASS);
}
END_TEST

START_TEST(symbol_with_many_bad_events_rests_for_a_minute)
{
    struct fixture f;
    uint32_t failed;
    begin(&f);
    warm_up(&f);
    for (int64_t i = 0; i < f.config.bad_events; i++) {
        ck_assert(!qt_quality_is_bad(&f.quality, f.t_ns));
        struct qt_event crossed = quote(&f, PX + 1, PX);
        ck_assert_int_eq(check(&f, &crossed, &failed), QT_QUALITY_DROP);
    }
    ck_assert(qt_quality_is_bad(&f.quality, f.t_ns));
    ck_assert(qt_quality_is_bad(&f.quality, f.t_ns + QT_NS_PER_MIN - 1));
    ck_assert(!qt_quality_is_bad(&f.quality, f.t_ns + QT_NS_PER_MIN));
}
END_TEST

/* A stream that tells everything twice, and some of it late, is a good one. */
START_TEST(symbol_whose_trades_come_twice_does_not_rest)
{
    struct fixture f;
    uint32_t failed;
    begin(&f);
    warm_up(&f);
    for (uint64_t id = 101; id < 101 + 10 * (uint64_t)f.config.bad_events; id++) {
        struct qt_event once = trade(&f, PX, id), late = trade(&f, PX, id - 1);
        ck_assert_int_eq(check(&f, &once, &failed), QT_QUALITY_PASS);
        ck_assert_int_eq(check(&f, &once, &failed), QT_QUALITY_SKIP);
        ck_assert_int_eq(check(&f, &late, &failed), QT_QUALITY_SKIP);
        ck_assert_uint_eq(failed, 1u << QT_QUALITY_DUPLICATE);
        ck_assert(!qt_quality_is_bad(&f.quality, f.t_ns));
        f.t_ns += QT_NS_PER_MS;
    }
    struct qt_event crossed = quote(&f, PX + 1, PX);
    for (int64_t i = 0; i < f.config.bad_events; i++)
        ck_assert_int_eq(check(&f, &crossed, &failed), QT_QUALITY_DROP);
    ck_assert(qt_quality_is_bad(&f.quality, f.t_ns));
}
END_TEST

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The band by its definition, from the samples themselves. */
static void
naive_band(const double *samples, size_t n, const struct qt_quality_config *config, double *low,
           double *high)
{
    double sorted[QT_QUALITY_SAMPLES], distances[QT_QUALITY_SAMPLES];
    memcpy(sorted, samples, n * sizeof *samples);
    qsort(sorted, n, sizeof *sorted, by_size);
    double middle = sorted[n / 2];
    for (size_t i = 0; i < n; i++)
        distances[i] = fabs(samples[i] - middle);
    qsort(distances, n, sizeof *distances, by_size);
    double reach = fmax(config->outlier_mad * 1.4826 * distances[n / 2],
                        config->outlier_min_pct / 100 * middle);
    *low = middle - reach;
    *high = middle + reach;
}

START_TEST(band_is_the_median_and_its_deviation)
{
    struct fixture f;
    struct qt_rng rng;
    uint32_t failed;
    double samples[QT_QUALITY_SAMPLES];
    size_t n = 0, at = 0;
    begin(&f);
    qt_rng_init(&rng, 5);
    double px = PX;
    for (int i = 0; i < 5000; i++, f.t_ns += QT_NS_PER_S) {
        px *= 1 + 0.002 * qt_rng_normal(&rng);
        struct qt_event event = trade(&f, (int64_t)px, 0);
        if (check(&f, &event, &failed) == QT_QUALITY_DROP)
            continue;
        samples[at] = (double)(int64_t)px;
        at = (at + 1) % QT_QUALITY_SAMPLES;
        n = QT_MIN(n + 1, (size_t)QT_QUALITY_SAMPLES);
        if (n < 5)
            continue;
        double low, high;
        naive_band(samples, n, &f.config, &low, &high);
        ck_assert_double_eq_tol((double)f.quality.low.v, low, 1.0);
        ck_assert_double_eq_tol((double)f.quality.high.v, high, 1.0);
    }
}
END_TEST

START_TEST(every_check_has_a_name_and_a_title)
{
    for (int i = 0; i < QT_QUALITY_CHECKS; i++) {
        ck_assert_str_ne(qt_quality_name((enum qt_quality_check)i), "?");
        ck_assert_uint_gt(strlen(qt_quality_title((enum qt_quality_check)i)), 3);
    }
    ck_assert_str_eq(qt_quality_name(QT_QUALITY_CHECKS), "?");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("quality");
    TCase *tc = tcase_create("quality");
    tcase_add_loop_test(tc, each_check_has_its_verdict, 0, QT_COUNT_OF(rows));
    tcase_add_test(tc, dropped_event_leaves_no_trace);
    tcase_add_test(tc, market_that_has_moved_is_believed);
    tcase_add_test(tc, symbol_with_many_bad_events_rests_for_a_minute);
    tcase_add_test(tc, symbol_whose_trades_come_twice_does_not_rest);
    tcase_add_test(tc, band_is_the_median_and_its_deviation);
    tcase_add_test(tc, every_check_has_a_name_and_a_title);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bars: boundaries, order of closing, late and doubled events; random trades against a naive
 * aggregation (QT_SEED=n repeats one), and recorded 5m bars against the venue's own 1h bars of the
 * same hours.
 */
#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/market/bars.h"
#include "qtrade/market/reader.h"

#define MIN QT_NS_PER_MIN
#define START (INT64_C(1710460800) * QT_NS_PER_S) /* 2024-03-15T00:00Z */
#define CLOSED_MAX 20000

static const struct qt_instrument instrument = {.px_scale = 2, .qty_scale = 3};

struct closed {
    size_t n;
    enum qt_timeframe tf[CLOSED_MAX];
    struct qt_bar bar[CLOSED_MAX];
};
static struct closed closed;

static void
on_closed(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    struct closed *c = context;
    ck_assert_uint_lt(c->n, CLOSED_MAX);
    c->tf[c->n] = tf;
    c->bar[c->n++] = *bar;
}

static void
start(struct qt_bars *bars)
{
    closed.n = 0;
    qt_bars_init(bars, &instrument);
}

static void
trade(struct qt_bars *bars, int64_t t_ns, int64_t px, int64_t qty, bool buyer_is_maker)
{
    qt_bars_trade(bars, t_ns, (qt_px){px}, (qt_qty){qty}, buyer_is_maker, on_closed, &closed);
}

static struct qt_bar
flat_bar(int64_t open_ns, int64_t period_ns, int64_t px, int64_t volume)
{
    return (struct qt_bar){.open_ns = open_ns,
                           .period_ns = period_ns,
                           .open = {px},
                           .high = {px},
                           .low = {px},
                           .close = {px},
                           .volume = {volume},
                           .trades = volume > 0};
}

static void
feed(struct qt_bars *bars, const struct qt_bar *bar)
{
    qt_bars_bar(bars, bar, on_closed, &closed);
}

START_TEST(trades_of_a_minute_make_its_bar)
{
    struct qt_bars bars;
    start(&bars);
    trade(&bars, START + 1, 10000, 2000, false);
    trade(&bars, START + 2, 10300, 1000, true);
    trade(&bars, START + 3, 9900, 500, false);
    trade(&bars, START + MIN - 1, 10100, 250, true);
    ck_assert_uint_eq(closed.n, 0);
    trade(&bars, START + MIN, 10200, 1, true);
    ck_assert_uint_eq(closed.n, 1);
    ck_assert_int_eq(closed.tf[0], QT_TF_1M);
    ck_assert_int_eq(closed.bar[0].open_ns, START);
    ck_assert_int_eq(closed.bar[0].open.v, 10000);
    ck_assert_int_eq(closed.bar[0].high.v, 10300);
    ck_assert_int_eq(closed.bar[0].low.v, 9900);
    ck_assert_int_eq(closed.bar[0].close.v, 10100);
    ck_assert_int_eq(closed.bar[0].volume.v, 3750);
    ck_assert_int_eq(closed.bar[0].taker_buy.v, 2500);
    ck_assert_uint_eq(closed.bar[0].trades, 4);
    /* 100 x 2 + 103 x 1 + 99 x 0.5 + 101 x 0.25 = 377.75 */
    ck_assert_int_eq(closed.bar[0].quote_volume.v, INT64_C(37775000000));
}
END_TEST

START_TEST(time_alone_closes_what_has_ended)
{
    struct qt_bars bars;
    start(&bars);
    trade(&bars, START + 1, 10000, 1, false);
    qt_bars_advance(&bars, START + MIN - 1, on_closed, &closed);
    ck_assert_uint_eq(closed.n, 0);
    qt_bars_advance(&bars, START + MIN, on_closed, &closed);
    ck_assert_uint_eq(closed.n, 1);
    qt_bars_advance(&bars, START + MIN, on_closed, &closed);
    ck_assert_uint_eq(closed.n, 1);
}
END_TEST

START_TEST(a_day_closes_every_timeframe_the_shorter_first)
{
    struct qt_bars bars;
    start(&bars);
    trade(&bars, START + QT_NS_PER_DAY - 1, 10000, 1, false);
    qt_bars_advance(&bars, START + QT_NS_PER_DAY, on_closed, &closed);
    ck_assert_uint_eq(closed.n, QT_TIMEFRAMES);
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++) {
        ck_assert_int_eq(closed.tf[tf], tf);
        ck_assert_int_eq(closed.bar[tf].open_ns + closed.bar[tf].period_ns, START + QT_NS_PER_DAY);
    }
}
END_TEST

START_TEST(a_minute_without_a_trade_is_flat_and_adds_nothing)
{
    struct qt_bars bars;
    start(&bars);
    trade(&bars, START, 10000, 7, false);
    trade(&bars, START + 3 * MIN, 10500, 1, false);
    ck_assert_uint_eq(closed.n, 3);
    for (int i = 1; i < 3; i++) {
        ck_assert_int_eq(closed.bar[i].open_ns, START + i * MIN);
        ck_assert_int_eq(closed.bar[i].open.v, 10000);
        ck_assert_int_eq(closed.bar[i].high.v, 10000);
        ck_assert_int_eq(closed.bar[i].volume.v, 0);
        ck_assert_uint_eq(closed.bar[i].trades, 0);
    }
}
END_TEST

START_TEST(a_longer_bar_opens_with_its_first_trade)
{
    struct qt_bars bars;
    start(&bars);
    trade(&bars, START, 10000, 7, false);
    trade(&bars, START + 7 * MIN, 9000, 1, false);
    qt_bars_advance(&bars, START + 10 * MIN, on_closed, &closed);
    struct qt_bar last = closed.bar[closed.n - 1];
    ck_assert_int_eq(last.period_ns, 5 * MIN);
    ck_assert_int_eq(last.open_ns, START + 5 * MIN);
    ck_assert_int_eq(last.open.v, 9000);
    ck_assert_int_eq(last.high.v, 9000);
}
END_TEST

START_TEST(a_trade_of_a_closed_bar_is_late_and_changes_nothing)
{
    struct qt_bars bars;
    start(&bars);
    trade(&bars, START + MIN, 10000, 7, false);
    struct qt_bars before = bars;
    trade(&bars, START + MIN - 1, 20000, 7, false);
    ck_assert_uint_eq(bars.late, 1);
    before.late = 1;
    ck_assert_mem_eq(&bars, &before, sizeof bars);
}
END_TEST

START_TEST(a_trade_without_price_or_quantity_changes_nothing)
{
    struct qt_bars bars;
    start(&bars);
    trade(&bars, START, 10000, 7, false);
    struct qt_bars before = bars;
    trade(&bars, START + MIN, 0, 7, false);
    trade(&bars, START + MIN, -1, 7, false);
    trade(&bars, START + MIN, 10000, 0, false);
    trade(&bars, START + MIN, 10000, -3, false);
    ck_assert_mem_eq(&bars, &before, sizeof bars);
    ck_assert_uint_eq(closed.n, 0);
}
END_TEST

START_TEST(a_5m_bar_that_completes_a_15m_bar_closes_it_at_once)
{
    struct qt_bars bars;
    start(&bars);
    for (int i = 0; i < 3; i++) {
        struct qt_bar bar = flat_bar(START + (600 + 5 * i) * MIN, 5 * MIN, 100 + i, 10);
        feed(&bars, &bar);
    }
    ck_assert_uint_eq(closed.n, 4);
    ck_assert_int_eq(closed.tf[2], QT_TF_5M);
    ck_assert_int_eq(closed.tf[3], QT_TF_15M);
    ck_assert_int_eq(closed.bar[3].open_ns, START + 600 * MIN);
    ck_assert_int_eq(closed.bar[3].open.v, 100);
    ck_assert_int_eq(closed.bar[3].high.v, 102);
    ck_assert_int_eq(closed.bar[3].close.v, 102);
    ck_assert_int_eq(closed.bar[3].volume.v, 30);
    ck_assert_uint_eq(closed.bar[3].trades, 3);
    ck_assert_int_eq(bars.forming[QT_TF_1M].period_ns, 0);
}
END_TEST

START_TEST(a_doubled_or_older_bar_is_late)
{
    struct qt_bars bars;
    start(&bars);
    struct qt_bar bar = flat_bar(START + 5 * MIN, 5 * MIN, 100, 10);
    feed(&bars, &bar);
    struct qt_bars before = bars;
    feed(&bars, &bar);
    bar.open_ns = START;
    feed(&bars, &bar);
    ck_assert_uint_eq(bars.late, 2);
    ck_assert_uint_eq(closed.n, 1);
    before.late = 2;
    ck_assert_mem_eq(&bars, &before, sizeof bars);
}
END_TEST

/* What is wrong with a bar that is otherwise fine. */
static const struct qt_bar unsound[] = {
    {.open_ns = START + 1, .period_ns = MIN, .open = {5}, .high = {5}, .low = {5}, .close = {5}},
    {.open_ns = START, .period_ns = 7 * MIN, .open = {5}, .high = {5}, .low = {5}, .close = {5}},
    {.open_ns = START, .period_ns = 0, .open = {5}, .high = {5}, .low = {5}, .close = {5}},
    {.open_ns = START, .period_ns = MIN, .open = {5}, .high = {4}, .low = {4}, .close = {4}},
    {.open_ns = START, .period_ns = MIN, .open = {5}, .high = {6}, .low = {5}, .close = {4}},
    {.open_ns = START, .period_ns = MIN, .open = {5}, .high = {6}, .low = {0}, .close = {4}},
    {.open_ns = START,
     .period_ns = MIN,
     .open = {5},
     .high = {5},
     .low = {5},
     .close = {5},
     .volume = {-1}},
    {.open_ns = -MIN, .period_ns = MIN, .open = {5}, .high = {5}, .low = {5}, .close = {5}},
};

START_TEST(an_unsound_bar_is_late)
{
    struct qt_bars bars;
    start(&bars);
    feed(&bars, &unsound[_i]);
    ck_assert_uint_eq(bars.late, 1);
    ck_assert_uint_eq(closed.n, 0);
    ck_assert_int_eq(bars.forming[QT_TF_1M].period_ns, 0);
}
END_TEST

START_TEST(a_count_or_taker_part_not_wholly_known_is_unknown)
{
    struct qt_bars bars;
    start(&bars);
    for (int i = 0; i < 5; i++) {
        struct qt_bar bar = flat_bar(START + i * MIN, MIN, 100, 10);
        if (i == 2) {
            bar.trades = 0;
            bar.taker_buy.v = -1;
        }
        feed(&bars, &bar);
    }
    ck_assert_uint_eq(closed.n, 6);
    ck_assert_uint_eq(closed.bar[5].trades, 0);
    ck_assert_int_eq(closed.bar[5].taker_buy.v, -1);
    ck_assert_int_eq(closed.bar[5].volume.v, 50);
}
END_TEST

START_TEST(long_history_then_short_history_then_trades_close_each_bar_once)
{
    struct qt_bars bars;
    start(&bars);
    for (int i = 0; i < 10; i++) {
        struct qt_bar bar = flat_bar(START + i * QT_NS_PER_HOUR, QT_NS_PER_HOUR, 100 + i, 10);
        feed(&bars, &bar);
    }
    for (int i = 540; i < 600; i++) {
        struct qt_bar bar = flat_bar(START + i * MIN, MIN, 200, 1);
        feed(&bars, &bar);
    }
    trade(&bars, START + 600 * MIN, 300, 1, false);
    size_t hours = 0;
    for (size_t i = 0; i < closed.n; i++)
        hours += closed.tf[i] == QT_TF_1H;
    ck_assert_uint_eq(hours, 10);
    ck_assert_uint_eq(bars.late, 0);
    ck_assert_int_eq(bars.forming[QT_TF_1H].open.v, 300);
    ck_assert_int_eq(bars.forming[QT_TF_4H].open_ns, START + 8 * QT_NS_PER_HOUR);
    ck_assert_int_eq(bars.forming[QT_TF_4H].volume.v, 21);
}
END_TEST

START_TEST(sums_end_at_the_greatest_number)
{
    struct qt_bars bars;
    start(&bars);
    trade(&bars, START, INT64_MAX, INT64_MAX, false);
    trade(&bars, START + 1, INT64_MAX, INT64_MAX, false);
    ck_assert_int_eq(bars.forming[QT_TF_1D].volume.v, INT64_MAX);
    ck_assert_int_eq(bars.forming[QT_TF_1D].quote_volume.v, INT64_MAX);
    ck_assert_int_eq(bars.forming[QT_TF_1D].taker_buy.v, INT64_MAX);
}
END_TEST

/* Random trades and a scan over all of them for every closed bar. */
#define TRADES 3000

struct tape {
    struct {
        int64_t t_ns, px, qty;
        bool buyer_is_maker;
    } row[TRADES];
};
static struct tape tape;

static struct qt_bar
naive_bar(int64_t open_ns, int64_t period_ns)
{
    struct qt_bar bar = {.open_ns = open_ns, .period_ns = period_ns};
    int64_t last = 0;
    for (size_t i = 0; i < TRADES && tape.row[i].t_ns < open_ns + period_ns; i++) {
        qt_px px = {tape.row[i].px};
        last = px.v;
        if (tape.row[i].t_ns < open_ns)
            continue;
        if (bar.trades++ == 0)
            bar.open = bar.high = bar.low = px;
        bar.high.v = QT_MAX(bar.high.v, px.v);
        bar.low.v = QT_MIN(bar.low.v, px.v);
        bar.volume.v += tape.row[i].qty;
        bar.taker_buy.v += tape.row[i].buyer_is_maker ? 0 : tape.row[i].qty;
        bar.quote_volume.v += px.v * tape.row[i].qty * 1000; /* scales 2 + 3 to 8 */
    }
    bar.close.v = last;
    if (bar.trades == 0)
        bar.open = bar.high = bar.low = bar.close;
    return bar;
}

static void
draw_tape(uint64_t seed)
{
    struct qt_rng rng;
    int64_t t = START + QT_NS_PER_DAY - 20 * QT_NS_PER_HOUR, px = 100000;
    qt_rng_init(&rng, seed);
    for (size_t i = 0; i < TRADES; i++) {
        bool is_quiet = qt_rng_below(&rng, 100) == 0;
        t += (int64_t)qt_rng_below(&rng, is_quiet ? 3 * QT_NS_PER_HOUR : 40 * QT_NS_PER_S);
        if (qt_rng_below(&rng, 20) == 0)
            t = qt_time_floor(t, MIN) + MIN;
        px = QT_MAX(px + (int64_t)qt_rng_below(&rng, 201) - 100, 1);
        tape.row[i].t_ns = t;
        tape.row[i].px = px;
        tape.row[i].qty = 1 + (int64_t)qt_rng_below(&rng, 5000);
        tape.row[i].buyer_is_maker = qt_rng_below(&rng, 2) == 1;
    }
}

static void
assert_same_bar(const struct qt_bar *got, const struct qt_bar *want, uint64_t seed)
{
    bool is_same = got->open.v == want->open.v && got->high.v == want->high.v &&
                   got->low.v == want->low.v && got->close.v == want->close.v &&
                   got->volume.v == want->volume.v && got->taker_buy.v == want->taker_buy.v &&
                   got->quote_volume.v == want->quote_volume.v && got->trades == want->trades;
    ck_assert_msg(is_same, "QT_SEED=%lu: the bar at %ld of %ld s differs", seed,
                  got->open_ns / QT_NS_PER_S, got->period_ns / QT_NS_PER_S);
}

static void
assert_order(const struct closed *c)
{
    int64_t next[QT_TIMEFRAMES] = {0}, last_end = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct qt_bar *bar = &c->bar[i];
        int64_t end = bar->open_ns + bar->period_ns;
        ck_assert_int_ge(end, last_end);
        if (end == last_end && i > 0)
            ck_assert_int_gt(c->tf[i], c->tf[i - 1]);
        if (next[c->tf[i]] != 0)
            ck_assert_int_eq(bar->open_ns, next[c->tf[i]]);
        next[c->tf[i]] = last_end = end;
    }
}

static struct closed from_minutes;

static void
run_tape(uint64_t seed)
{
    struct qt_bars bars, longer;
    start(&bars);
    qt_bars_init(&longer, &instrument);
    from_minutes.n = 0;
    draw_tape(seed);
    for (size_t i = 0; i < TRADES; i++)
        trade(&bars, tape.row[i].t_ns, tape.row[i].px, tape.row[i].qty, tape.row[i].buyer_is_maker);
    ck_assert_uint_eq(bars.late, 0);
    assert_order(&closed);
    for (size_t i = 0; i < closed.n; i++) {
        struct qt_bar want = naive_bar(closed.bar[i].open_ns, closed.bar[i].period_ns);
        assert_same_bar(&closed.bar[i], &want, seed);
        if (closed.tf[i] == QT_TF_1M)
            qt_bars_bar(&longer, &closed.bar[i], on_closed, &from_minutes);
    }
    ck_assert_uint_eq(from_minutes.n, closed.n);
    for (size_t i = 0; i < closed.n; i++) {
        ck_assert_int_eq(from_minutes.bar[i].open_ns, closed.bar[i].open_ns);
        assert_same_bar(&from_minutes.bar[i], &closed.bar[i], seed);
    }
}

START_TEST(random_trades_give_what_a_scan_of_all_trades_gives)
{
    const char *asked = getenv("QT_SEED");
    if (asked) {
        run_tape(strtoull(asked, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= 8; seed++)
        run_tape(seed);
}
END_TEST

static const char *const recorded[] = {"BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT"};

static bool
load(const char *set, const char *symbol, const char *interval, struct qt_series *out)
{
    char relative[256], path[1024];
    struct qt_reader_report report = {0};
    struct qt_error err;
    snprintf(relative, sizeof relative, "klines/%s/%s-%s.csv.gz", set, symbol, interval);
    if (!qt_market_path(relative, path, sizeof path))
        return false;
    ck_assert_msg(qt_series_load(path, QT_TIME_NONE, QT_TIME_NONE, false, out, &report, &err), "%s",
                  err.text);
    return true;
}

/* v of a scale compared at 12 decimals. */
static __int128
at_12(int64_t v, int scale)
{
    return (__int128)v * qt_pow10(12 - scale);
}

static bool
is_same_hour(const struct qt_bar *a, int a_scale, const struct qt_bar *b, int b_scale)
{
    return at_12(a->open.v, a_scale) == at_12(b->open.v, b_scale) &&
           at_12(a->high.v, a_scale) == at_12(b->high.v, b_scale) &&
           at_12(a->low.v, a_scale) == at_12(b->low.v, b_scale) &&
           at_12(a->close.v, a_scale) == at_12(b->close.v, b_scale);
}

static size_t
count_differences(const struct qt_series *hours, int px_scale, int qty_scale, size_t *compared)
{
    size_t differ = 0, at = 0;
    for (size_t i = 0; i < closed.n; i++) {
        if (closed.tf[i] != QT_TF_1H)
            continue;
        while (at < hours->n && hours->bars[at].open_ns < closed.bar[i].open_ns)
            at++;
        ck_assert_uint_lt(at, hours->n);
        const struct qt_bar *want = &hours->bars[at];
        ck_assert_int_eq(want->open_ns, closed.bar[i].open_ns);
        (*compared)++;
        differ +=
            !is_same_hour(&closed.bar[i], px_scale, want, hours->ins.px_scale) ||
            at_12(closed.bar[i].volume.v, qty_scale) != at_12(want->volume.v, hours->ins.qty_scale);
    }
    return differ;
}

START_TEST(recorded_5m_bars_make_the_venues_own_1h_bars)
{
    struct qt_series fives, hours;
    struct qt_bars bars;
    size_t compared = 0;
    if (!load("binance-spot-2024-spring-5m", recorded[_i], "5m", &fives))
        return;
    ck_assert(load("binance-spot-2024h1-1h", recorded[_i], "1h", &hours));
    closed.n = 0;
    qt_bars_init(&bars, &fives.ins);
    for (size_t i = 0; i < fives.n; i++)
        feed(&bars, &fives.bars[i]);
    size_t differ = count_differences(&hours, fives.ins.px_scale, fives.ins.qty_scale, &compared);
    ck_assert_uint_eq(compared, fives.n / 12);
    ck_assert_msg(differ == 0, "%s: %zu of %zu hours differ", recorded[_i], differ, compared);
    qt_series_finish(&fives);
    qt_series_finish(&hours);
}
END_TEST

START_TEST(a_timeframe_is_found_by_name_and_by_period)
{
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++) {
        ck_assert_int_eq(qt_timeframe_of_name(qt_timeframe_name((enum qt_timeframe)tf)), tf);
        ck_assert_int_eq(qt_timeframe_of_ns(qt_timeframe_ns((enum qt_timeframe)tf)), tf);
    }
    ck_assert_int_eq(qt_timeframe_of_name("2h"), QT_TIMEFRAMES);
    ck_assert_int_eq(qt_timeframe_of_name(""), QT_TIMEFRAMES);
    ck_assert_int_eq(qt_timeframe_of_ns(MIN + 1), QT_TIMEFRAMES);
}
END_TEST

static void
add_edges(TCase *tc)
{
    tcase_add_test(tc, trades_of_a_minute_make_its_bar);
    tcase_add_test(tc, time_alone_closes_what_has_ended);
    tcase_add_test(tc, a_day_closes_every_timeframe_the_shorter_first);
    tcase_add_test(tc, a_minute_without_a_trade_is_flat_and_adds_nothing);
    tcase_add_test(tc, a_longer_bar_opens_with_its_first_trade);
    tcase_add_test(tc, a_5m_bar_that_completes_a_15m_bar_closes_it_at_once);
    tcase_add_test(tc, long_history_then_short_history_then_trades_close_each_bar_once);
    tcase_add_test(tc, a_timeframe_is_found_by_name_and_by_period);
}

static void
add_bad_input(TCase *tc)
{
    tcase_add_test(tc, a_trade_of_a_closed_bar_is_late_and_changes_nothing);
    tcase_add_test(tc, a_trade_without_price_or_quantity_changes_nothing);
    tcase_add_test(tc, a_doubled_or_older_bar_is_late);
    tcase_add_loop_test(tc, an_unsound_bar_is_late, 0, (int)QT_COUNT_OF(unsound));
    tcase_add_test(tc, a_count_or_taker_part_not_wholly_known_is_unknown);
    tcase_add_test(tc, sums_end_at_the_greatest_number);
}

int
main(void)
{
    Suite *suite = suite_create("bars");
    TCase *edges = tcase_create("boundaries"), *bad = tcase_create("bad_input");
    TCase *long_ones = tcase_create("against_references");
    add_edges(edges);
    add_bad_input(bad);
    tcase_set_timeout(long_ones, 60);
    tcase_add_test(long_ones, random_trades_give_what_a_scan_of_all_trades_gives);
    tcase_add_loop_test(long_ones, recorded_5m_bars_make_the_venues_own_1h_bars, 0,
                        (int)QT_COUNT_OF(recorded));
    suite_add_tcase(suite, edges);
    suite_add_tcase(suite, bad);
    suite_add_tcase(suite, long_ones);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two streams of one symbol: each fault by itself, what a change may and may not do, and at random
 * with loss, delay, silence and lies over both.
 */
#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/market/sources.h"

#define T0 (INT64_C(1700000000) * QT_NS_PER_S)
#define MS QT_NS_PER_MS
enum { PX = 1000000, PRIMARY = 0, BACKUP = 1 };

struct fixture {
    struct qt_sources sources;
    struct qt_sources_config config;
    int64_t t_ns;
    uint64_t quote_id, trade_id; /* the venue's newest */
};

static void
begin(struct fixture *f)
{
    const struct qt_config_binding binding = {&qt_sources_section, &f->config};
    *f = (struct fixture){.t_ns = T0, .quote_id = 1000, .trade_id = 100};
    qt_config_defaults(&binding, 1);
    qt_sources_init(&f->sources);
}

static struct qt_event
event_of(const struct fixture *f, enum qt_event_kind kind, unsigned source)
{
    return (struct qt_event){.kind = (uint16_t)kind,
                             .t_recv_ns = f->t_ns,
                             .t_venue_ns = f->t_ns,
                             .flags = (uint16_t)(source << QT_EVENT_SOURCE_SHIFT)};
}

static unsigned
quote(struct fixture *f, unsigned source, uint64_t id, int64_t bid, int64_t ask)
{
    struct qt_event event = event_of(f, QT_EVENT_QUOTE, source);
    event.quote = (struct qt_quote){{bid}, {ask}, {5}, {5}, id};
    return qt_sources_take(&f->sources, &f->config, &event);
}

static unsigned
trade(struct fixture *f, unsigned source, uint64_t id, int64_t px)
{
    struct qt_event event = event_of(f, QT_EVENT_TRADE, source);
    event.trade = (struct qt_trade){{px}, {7}, id};
    return qt_sources_take(&f->sources, &f->config, &event);
}

/* Both tell the same quote and trade, the primary first, ms later. */
static void
both(struct fixture *f, int64_t ms)
{
    f->t_ns += ms * MS;
    f->quote_id++;
    f->trade_id++;
    for (unsigned s = 0; s < 2; s++) {
        quote(f, s, f->quote_id, PX, PX + 10);
        trade(f, s, f->trade_id, PX);
        f->t_ns += MS;
    }
}

/* Only one tells, ms later; what became of it. */
static unsigned
one(struct fixture *f, unsigned source, int64_t ms)
{
    f->t_ns += ms * MS;
    return trade(f, source, ++f->trade_id, PX) | quote(f, source, ++f->quote_id, PX, PX + 10);
}

static void
warm_up(struct fixture *f)
{
    for (int i = 0; i < 100; i++)
        both(f, 100);
    ck_assert_uint_eq(f->sources.followed, PRIMARY);
}

START_TEST(primary_alone_moves_prices_while_both_are_well)
{
    struct fixture f;
    begin(&f);
    ck_assert_uint_eq(quote(&f, PRIMARY, 7, PX, PX + 10), QT_SOURCES_PRICE);
    ck_assert_uint_eq(quote(&f, BACKUP, 7, PX, PX + 10), 0);
    ck_assert_uint_eq(trade(&f, BACKUP, 3, PX), QT_SOURCES_VOLUME); /* it was quicker */
    ck_assert_uint_eq(trade(&f, PRIMARY, 3, PX), QT_SOURCES_PRICE);
    ck_assert_uint_eq(trade(&f, PRIMARY, 4, PX), QT_SOURCES_PRICE | QT_SOURCES_VOLUME);
    ck_assert_uint_eq(trade(&f, BACKUP, 4, PX), 0);
    ck_assert_uint_eq(trade(&f, PRIMARY, 4, PX), 0);
    struct qt_event timer = event_of(&f, QT_EVENT_STATUS, PRIMARY);
    ck_assert_uint_eq(qt_sources_take(&f.sources, &f.config, &timer),
                      QT_SOURCES_PRICE | QT_SOURCES_VOLUME);
}
END_TEST

START_TEST(silent_primary_is_left_for_the_backup_once)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    unsigned use = 0;
    int steps = 0;
    while (!(use & QT_SOURCES_CHANGED)) {
        ck_assert_uint_eq(use & QT_SOURCES_PRICE, 0);
        use = one(&f, BACKUP, 100);
        ck_assert_int_lt(++steps, 100);
    }
    ck_assert_int_eq(steps, 22); /* more than 2 s behind the first thing that it lacked */
    ck_assert_uint_eq(f.sources.followed, BACKUP);
    ck_assert_uint_eq(f.sources.fault, QT_SOURCES_SILENT);
    for (int i = 0; i < 50; i++)
        ck_assert_uint_eq(one(&f, BACKUP, 100), QT_SOURCES_PRICE | QT_SOURCES_VOLUME);
    ck_assert_uint_eq(f.sources.failovers, 1);
}
END_TEST

START_TEST(quiet_market_is_no_silence)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    f.t_ns += QT_NS_PER_HOUR;
    ck_assert(!qt_sources_look(&f.sources, &f.config, f.t_ns));
    both(&f, 100);
    ck_assert_uint_eq(f.sources.followed, PRIMARY);
    ck_assert_uint_eq(qt_sources_fault(&f.sources, &f.config, PRIMARY, f.t_ns), QT_SOURCES_GOOD);
}
END_TEST

START_TEST(last_word_of_the_backup_is_taken_in_time_without_another_one)
{
    struct fixture f;
    struct qt_event step;
    begin(&f);
    warm_up(&f);
    f.t_ns += 100 * MS;
    ck_assert_uint_eq(quote(&f, BACKUP, ++f.quote_id, PX - 500, PX - 490), 0);
    int64_t told_ns = f.t_ns;
    ck_assert(!qt_sources_look(&f.sources, &f.config, f.t_ns + 2000 * MS));
    ck_assert(qt_sources_look(&f.sources, &f.config, f.t_ns + 2001 * MS));
    ck_assert(qt_sources_step(&f.sources, &f.config, f.t_ns + 2001 * MS, &step));
    ck_assert_int_eq(step.quote.bid.v, PX - 500);
    ck_assert_int_eq(step.t_recv_ns, told_ns);
    ck_assert(!qt_sources_step(&f.sources, &f.config, f.t_ns + 2001 * MS, &step)); /* one step */
}
END_TEST

START_TEST(stream_that_lags_more_than_the_limit_is_not_fit)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    for (int i = 0; i < 200; i++) { /* the backup tells everything three seconds late */
        f.t_ns += 100 * MS;
        quote(&f, PRIMARY, f.quote_id + 30, PX, PX + 10);
        quote(&f, BACKUP, f.quote_id++, PX, PX + 10);
    }
    ck_assert_uint_eq(qt_sources_fault(&f.sources, &f.config, BACKUP, f.t_ns), QT_SOURCES_SILENT);
    quote(&f, PRIMARY, f.quote_id + 40, PX + 10, PX); /* broken: but there is nobody better */
    ck_assert_uint_eq(f.sources.followed, PRIMARY);
}
END_TEST

START_TEST(crossed_primary_is_left_at_once_and_its_quote_does_not_pass)
{
    struct fixture f;
    struct qt_event step;
    begin(&f);
    warm_up(&f);
    quote(&f, BACKUP, f.quote_id + 1, PX + 2, PX + 12);
    ck_assert_uint_eq(quote(&f, PRIMARY, f.quote_id + 1, PX + 12, PX + 2), QT_SOURCES_CHANGED);
    ck_assert_uint_eq(f.sources.fault, QT_SOURCES_BROKEN);
    ck_assert(qt_sources_step(&f.sources, &f.config, f.t_ns, &step));
    ck_assert_int_eq(step.quote.bid.v, PX + 2);
}
END_TEST

START_TEST(older_quote_of_the_backup_waits_until_it_has_caught_up)
{
    struct fixture f;
    struct qt_event step;
    begin(&f);
    warm_up(&f);
    quote(&f, PRIMARY, f.quote_id + 5, PX + 50, PX + 60);
    ck_assert_uint_eq(quote(&f, PRIMARY, f.quote_id + 6, PX + 70, PX + 60), QT_SOURCES_CHANGED);
    ck_assert(!qt_sources_step(&f.sources, &f.config, f.t_ns, &step));
    ck_assert_uint_eq(quote(&f, BACKUP, f.quote_id + 4, PX + 40, PX + 50), 0);
    ck_assert_uint_eq(quote(&f, BACKUP, f.quote_id + 5, PX + 50, PX + 60), QT_SOURCES_PRICE);
}
END_TEST

START_TEST(gaps_of_the_primary_are_mended_and_lead_away_from_it)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    unsigned volumes = 0, i = 0;
    for (; f.sources.followed == PRIMARY && i < 500; i++) { /* every fourth is lost */
        f.t_ns += 50 * MS;
        uint64_t id = ++f.trade_id;
        if (id % 4)
            volumes += (trade(&f, PRIMARY, id, PX) & QT_SOURCES_VOLUME) != 0;
        volumes += (trade(&f, BACKUP, id, PX) & QT_SOURCES_VOLUME) != 0;
    }
    ck_assert_uint_eq(f.sources.followed, BACKUP);
    ck_assert_uint_eq(f.sources.fault, QT_SOURCES_GAPS);
    ck_assert_uint_eq(volumes, i);
}
END_TEST

START_TEST(hole_of_a_short_cut_is_no_habit)
{
    struct fixture f;
    begin(&f);
    for (int i = 0; i < 12; i++)
        both(&f, 1000);
    for (int i = 0; i < 5; i++) /* the primary misses a second */
        one(&f, BACKUP, 200);
    for (int i = 0; i < 60; i++)
        both(&f, 1000);
    ck_assert_uint_eq(f.sources.failovers, 0);
}
END_TEST

START_TEST(gaps_of_both_are_the_venues)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    for (int i = 0; i < 300; i++) {
        f.trade_id += 2;
        both(&f, 50);
    }
    ck_assert_uint_eq(f.sources.failovers, 0);
}
END_TEST

/* Both speak on, one of them off the market. */
static void
disagree(struct fixture *f, unsigned liar, int64_t by, int n)
{
    for (int i = 0; i < n; i++) {
        f->t_ns += 100 * MS;
        f->quote_id++;
        for (unsigned s = 0; s < 2; s++)
            quote(f, s, f->quote_id, PX + (s == liar ? by : 0), PX + 10 + (s == liar ? by : 0));
        f->trade_id++;
        trade(f, 1 - liar, f->trade_id, PX + 3);
        trade(f, liar, f->trade_id, PX + 3);
    }
}

START_TEST(stream_that_disagrees_with_the_trades_is_left_and_the_other_is_kept)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    disagree(&f, BACKUP, PX / 100, 60);
    ck_assert_uint_eq(f.sources.followed, PRIMARY);
    ck_assert_uint_eq(qt_sources_fault(&f.sources, &f.config, BACKUP, f.t_ns), QT_SOURCES_APART);
    begin(&f);
    warm_up(&f);
    disagree(&f, PRIMARY, PX / 100, 60);
    ck_assert_uint_eq(f.sources.followed, BACKUP);
    ck_assert_uint_eq(f.sources.fault, QT_SOURCES_APART);
    ck_assert_uint_eq(f.sources.failovers, 1);
}
END_TEST

START_TEST(a_few_basis_points_and_single_spikes_are_no_disagreement)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    disagree(&f, PRIMARY, PX / 10000 * 15, 100);
    for (int i = 0; i < 50; i++) {
        disagree(&f, PRIMARY, 0, 20);
        disagree(&f, PRIMARY, PX / 20, 1);
    }
    ck_assert_uint_eq(f.sources.failovers, 0);
}
END_TEST

START_TEST(primary_comes_back_after_its_time_and_not_before)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    while (f.sources.followed == PRIMARY)
        one(&f, BACKUP, 100);
    int64_t again_ns = f.t_ns;
    while (f.sources.followed == BACKUP && f.t_ns < again_ns + QT_NS_PER_MIN)
        both(&f, 100);
    ck_assert_uint_eq(f.sources.followed, PRIMARY);
    ck_assert_uint_eq(f.sources.fault, QT_SOURCES_GOOD);
    ck_assert_int_ge(f.t_ns - again_ns, 30 * QT_NS_PER_S);
    ck_assert_int_le(f.t_ns - again_ns, 32 * QT_NS_PER_S);
    ck_assert_uint_eq(f.sources.returns, 1);
}
END_TEST

START_TEST(primary_that_flaps_is_not_taken_back)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    while (f.sources.followed == PRIMARY)
        one(&f, BACKUP, 100);
    for (int i = 0; i < 20; i++) { /* ten good seconds, three silent ones */
        for (int k = 0; k < 100; k++)
            both(&f, 100);
        for (int k = 0; k < 30; k++)
            one(&f, BACKUP, 100);
    }
    ck_assert_uint_eq(f.sources.followed, BACKUP);
    ck_assert_uint_eq(f.sources.failovers, 1);
    ck_assert_uint_eq(f.sources.returns, 0);
}
END_TEST

START_TEST(backup_that_fails_gives_back_to_a_good_primary_at_once)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    while (f.sources.followed == PRIMARY)
        one(&f, BACKUP, 100);
    for (int i = 0; i < 30; i++)
        both(&f, 100);
    ck_assert_uint_eq(f.sources.followed, BACKUP);
    int steps = 0;
    for (; f.sources.followed == BACKUP && steps < 100; steps++)
        one(&f, PRIMARY, 100);
    ck_assert_int_le(steps, 22);
}
END_TEST

START_TEST(ids_that_begin_anew_do_not_block_a_stream)
{
    struct fixture f;
    begin(&f);
    warm_up(&f);
    f.t_ns += 5 * QT_NS_PER_S;
    f.quote_id = f.trade_id = 0;
    for (int i = 0; i < 20; i++) {
        f.t_ns += 100 * MS;
        f.quote_id++;
        f.trade_id++;
        for (unsigned s = 0; s < 2; s++) {
            unsigned want = s == f.sources.followed ? QT_SOURCES_PRICE : 0;
            ck_assert_uint_eq(quote(&f, s, f.quote_id, PX, PX + 10), want);
            ck_assert_uint_eq(trade(&f, s, f.trade_id, PX),
                              want | (s == 0 ? QT_SOURCES_VOLUME : 0));
        }
    }
    ck_assert_uint_eq(f.sources.failovers, 0);
}
END_TEST

static unsigned
bar(struct fixture *f, unsigned source, int64_t minute, int64_t close)
{
    struct qt_event event = event_of(f, QT_EVENT_BAR, source);
    event.bar = (struct qt_bar){.open_ns = T0 + minute * QT_NS_PER_MIN,
                                .period_ns = QT_NS_PER_MIN,
                                .open = {PX},
                                .high = {PX + 9},
                                .low = {PX - 9},
                                .close = {close}};
    return qt_sources_take(&f->sources, &f->config, &event);
}

START_TEST(first_bar_wins_and_an_unequal_second_is_counted)
{
    struct fixture f;
    begin(&f);
    const unsigned whole = QT_SOURCES_PRICE | QT_SOURCES_VOLUME;
    ck_assert_uint_eq(bar(&f, BACKUP, 1, PX), whole);
    ck_assert_uint_eq(bar(&f, PRIMARY, 1, PX), 0);
    ck_assert_uint_eq(f.sources.bars_unequal, 0);
    ck_assert_uint_eq(bar(&f, PRIMARY, 2, PX), whole);
    ck_assert_uint_eq(bar(&f, BACKUP, 2, PX + 1), 0);
    ck_assert_uint_eq(f.sources.bars_unequal, 1);
    ck_assert_uint_eq(bar(&f, BACKUP, 1, PX + 5), 0);
    ck_assert_uint_eq(f.sources.bars_unequal, 1);
}
END_TEST

/* Property: a market over two bad lines. */

enum { NEWS = 6000, TRADES = NEWS, CASES = 60 };

struct told {
    struct qt_event event;
    int64_t due_ns;
    unsigned number;
};

struct line {
    double loss;
    int64_t delay_ns, jitter_ns, next_ns; /* next_ns: a line keeps its order */
    int64_t dead_from_ns, dead_to_ns;
};

static int
by_time(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    if (x->due_ns != y->due_ns)
        return x->due_ns < y->due_ns ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static struct line
random_line(struct qt_rng *rng)
{
    struct line line = {.loss = qt_rng_below(rng, 3) ? 0 : qt_rng_uniform(rng) * 0.2,
                        .delay_ns = (int64_t)qt_rng_below(rng, 50) * MS,
                        .jitter_ns = (int64_t)(1 + qt_rng_below(rng, 300)) * MS};
    if (qt_rng_below(rng, 2)) {
        line.dead_from_ns = T0 + (int64_t)qt_rng_below(rng, 300) * QT_NS_PER_S;
        line.dead_to_ns = line.dead_from_ns + (int64_t)qt_rng_below(rng, 200) * QT_NS_PER_S;
    }
    return line;
}

/* What both lines deliver, in the order of arrival. */
static size_t
make_news(struct qt_rng *rng, struct line *lines, struct told *out)
{
    int64_t t_ns = T0, px = PX;
    size_t n = 0;
    uint64_t trades = 0;
    for (unsigned i = 1; i <= NEWS; i++) {
        t_ns += (int64_t)(qt_rng_exponential(rng) * 100e6);
        px += (int64_t)qt_rng_below(rng, 41) - 20;
        struct qt_event event = {.t_venue_ns = t_ns};
        bool is_quote = qt_rng_below(rng, 2) == 0;
        event.kind = is_quote ? QT_EVENT_QUOTE : QT_EVENT_TRADE;
        if (is_quote)
            event.quote = (struct qt_quote){{px}, {px + 10}, {1}, {1}, i};
        else
            event.trade = (struct qt_trade){{px}, {1}, ++trades};
        for (unsigned s = 0; s < 2; s++) {
            struct line *line = &lines[s];
            if (qt_rng_uniform(rng) < line->loss ||
                (t_ns >= line->dead_from_ns && t_ns < line->dead_to_ns))
                continue;
            int64_t due =
                t_ns + line->delay_ns + (int64_t)qt_rng_below(rng, (uint64_t)line->jitter_ns);
            line->next_ns = QT_MAX(line->next_ns, due);
            event.flags = (uint16_t)(s << QT_EVENT_SOURCE_SHIFT);
            event.t_recv_ns = line->next_ns;
            out[n] = (struct told){event, line->next_ns, (unsigned)n};
            n++;
        }
    }
    qsort(out, n, sizeof *out, by_time);
    return n;
}

struct seen {
    unsigned volume[TRADES + 1], delivered[TRADES + 1];
    uint64_t quote_id, trade_id;
    unsigned changes;
};

/* What passes is never older than what has passed. */
static void
check_use(struct seen *seen, const struct qt_event *event, unsigned use)
{
    if (event->kind == QT_EVENT_TRADE) {
        seen->delivered[event->trade.id]++;
        seen->volume[event->trade.id] += (use & QT_SOURCES_VOLUME) != 0;
    }
    if (!(use & QT_SOURCES_PRICE))
        return;
    if (event->kind == QT_EVENT_QUOTE) {
        ck_assert_uint_ge(event->quote.id, seen->quote_id);
        seen->quote_id = event->quote.id;
    } else {
        ck_assert_uint_gt(event->trade.id, seen->trade_id);
        seen->trade_id = event->trade.id;
    }
}

static void
play(struct fixture *f, const struct told *told, size_t n, struct seen *seen)
{
    for (size_t i = 0; i < n; i++) {
        const struct qt_event *event = &told[i].event;
        struct qt_event step;
        unsigned use = qt_sources_take(&f->sources, &f->config, event);
        seen->changes += (use & QT_SOURCES_CHANGED) != 0;
        if ((use & QT_SOURCES_CHANGED) &&
            qt_sources_step(&f->sources, &f->config, event->t_recv_ns, &step))
            check_use(seen, &step, QT_SOURCES_PRICE);
        check_use(seen, event, use);
    }
}

START_TEST(over_any_two_lines_each_trade_counts_once_and_prices_never_go_back)
{
    uint64_t seed = 4000 + (uint64_t)_i;
    const char *asked = getenv("QT_SEED");
    if (asked)
        seed = strtoull(asked, NULL, 10);
    struct qt_rng rng;
    struct fixture f, twin;
    struct told *told = calloc(2 * NEWS, sizeof *told);
    struct seen *seen = calloc(1, sizeof *seen), *again = calloc(1, sizeof *again);
    ck_assert(told && seen && again);
    qt_rng_init(&rng, seed);
    struct line lines[2] = {random_line(&rng), random_line(&rng)};
    size_t n = make_news(&rng, lines, told);
    begin(&f);
    play(&f, told, n, seen);
    for (unsigned id = 1; id <= TRADES; id++)
        ck_assert_msg(seen->volume[id] == (seen->delivered[id] > 0),
                      "seed %llu: trade %u: %u of %u", (unsigned long long)seed, id,
                      seen->volume[id], seen->delivered[id]);
    /* S2: no more changes than the time allows: a way back takes return_s */
    int64_t took_s = (told[n - 1].due_ns - T0) / QT_NS_PER_S;
    ck_assert_uint_eq(seen->changes, f.sources.failovers + f.sources.returns);
    ck_assert_int_le(f.sources.failovers, 2 + took_s / 4);
    begin(&twin); /* the same events, the same choice */
    play(&twin, told, n, again);
    ck_assert_mem_eq(&twin.sources, &f.sources, sizeof f.sources);
    free(told);
    free(seen);
    free(again);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("sources");
    TCase *tc = tcase_create("choice");
    tcase_add_test(tc, primary_alone_moves_prices_while_both_are_well);
    tcase_add_test(tc, silent_primary_is_left_for_the_backup_once);
    tcase_add_test(tc, quiet_market_is_no_silence);
    tcase_add_test(tc, last_word_of_the_backup_is_taken_in_time_without_another_one);
    tcase_add_test(tc, stream_that_lags_more_than_the_limit_is_not_fit);
    tcase_add_test(tc, crossed_primary_is_left_at_once_and_its_quote_does_not_pass);
    tcase_add_test(tc, older_quote_of_the_backup_waits_until_it_has_caught_up);
    tcase_add_test(tc, gaps_of_the_primary_are_mended_and_lead_away_from_it);
    tcase_add_test(tc, hole_of_a_short_cut_is_no_habit);
    tcase_add_test(tc, gaps_of_both_are_the_venues);
    tcase_add_test(tc, stream_that_disagrees_with_the_trades_is_left_and_the_other_is_kept);
    tcase_add_test(tc, a_few_basis_points_and_single_spikes_are_no_disagreement);
    tcase_add_test(tc, primary_comes_back_after_its_time_and_not_before);
    tcase_add_test(tc, primary_that_flaps_is_not_taken_back);
    tcase_add_test(tc, backup_that_fails_gives_back_to_a_good_primary_at_once);
    tcase_add_test(tc, ids_that_begin_anew_do_not_block_a_stream);
    tcase_add_test(tc, first_bar_wins_and_an_unequal_second_is_counted);
    suite_add_tcase(suite, tc);
    tc = tcase_create("property");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, over_any_two_lines_each_trade_counts_once_and_prices_never_go_back, 0,
                        qt_rounds(CASES));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

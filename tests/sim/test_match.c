/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Matching: each type and time in force by example, priority by example, and long random sessions
 * against a naive book that must tell the same story word for word.
 */
#include "naive_book.h"

#include "qtrade/base/rng.h"

#define TOP 40 /* prices of the random sessions: 1..TOP */

static const struct qt_instrument ins = {.symbol = "AAAUSDT",
                                         .base = "AAA",
                                         .quote = "USDT",
                                         .px_scale = 2,
                                         .qty_scale = 1,
                                         .tick = {1},
                                         .min_px = {1},
                                         .lot = {1},
                                         .min_qty = {1}};

struct fixture {
    struct qt_match *match;
    struct said_log log;
    bool affords;
    int64_t asked_cost;
    uint64_t next_id;
};

static void
on_report(void *context, const struct qt_match_report *report)
{
    struct fixture *f = context;
    bool is_fill = report->event == QT_MATCH_FILL;
    said_add(&f->log, &(struct said){.event = (int)report->event,
                                     .id = report->order->id,
                                     .trade_id = is_fill ? report->trade_id : 0,
                                     .px = report->px.v,
                                     .qty = is_fill ? report->qty.v : 0,
                                     .cum = report->order->cum_qty.v,
                                     .state = report->order->state,
                                     .is_maker = is_fill && report->is_maker,
                                     .is_external = is_fill && report->is_external});
    if (is_fill) /* scale 2 + 1 up to 8 */
        ck_assert_int_eq(report->quote.v, report->px.v * report->qty.v * 100000);
}

static void
on_print(void *context, const struct qt_match_print *print)
{
    struct fixture *f = context;
    said_add(&f->log, &(struct said){.event = NAIVE_PRINT,
                                     .trade_id = print->id,
                                     .px = print->px.v,
                                     .qty = print->qty.v,
                                     .is_maker = print->buyer_is_maker});
}

static bool
on_afford(void *context, const struct qt_match_order *order, qt_money cost)
{
    struct fixture *f = context;
    ck_assert_int_eq(order->side, QT_BUY);
    f->asked_cost = cost.v;
    return f->affords;
}

static void
begin(struct fixture *f, size_t max_orders)
{
    *f = (struct fixture){.affords = true};
    struct qt_match_listener listener = {
        .context = f, .report = on_report, .print = on_print, .afford = on_afford};
    f->match = qt_match_create(&ins, max_orders, &listener);
    ck_assert_ptr_nonnull(f->match);
}

static qt_px
px_of(int64_t v)
{
    return v ? (qt_px){v} : QT_PX_NONE;
}

static enum qt_match_verdict
place(struct fixture *f, enum qt_side side, enum qt_order_type type, enum qt_time_in_force tif,
      int64_t px, int64_t stop, int64_t qty)
{
    struct qt_match_order order = {.id = ++f->next_id,
                                   .side = (uint8_t)side,
                                   .type = (uint8_t)type,
                                   .tif = (uint8_t)tif,
                                   .px = px_of(px),
                                   .stop_px = px_of(stop),
                                   .qty = {qty},
                                   .t_ns = 1};
    return qt_match_place(f->match, &order);
}

static void
set_ladder(struct fixture *f, int64_t bid, int64_t bid_qty, int64_t ask, int64_t ask_qty)
{
    struct qt_ladder ladder = {.n_bids = bid > 0, .n_asks = ask > 0};
    ladder.bids[0] = (struct qt_depth_level){{bid}, {bid_qty}};
    ladder.asks[0] = (struct qt_depth_level){{ask}, {ask_qty}};
    qt_match_set_ladder(f->match, &ladder, 1);
}

/* What was told of an order: its events as letters (a t f c e), in order. */
static const char *
story(const struct fixture *f, uint64_t id)
{
    static char text[64];
    size_t n = 0;
    for (size_t i = 0; i < f->log.n; i++)
        if (f->log.row[i].id == id && n + 1 < sizeof text)
            text[n++] = "atfcer"[f->log.row[i].event];
    text[n] = '\0';
    return text;
}

static int64_t
filled(const struct fixture *f, uint64_t id)
{
    int64_t cum = 0;
    for (size_t i = 0; i < f->log.n; i++)
        cum = f->log.row[i].id == id ? f->log.row[i].cum : cum;
    return cum;
}

/* Types and times in force: an order of 10 against a ladder of 100 x 6 bid, 102 x 6 ask; the last
 * trade was at 101. */
static const struct {
    const char *what;
    enum qt_side side;
    enum qt_order_type type;
    enum qt_time_in_force tif;
    int64_t px, stop;
    enum qt_match_verdict verdict;
    const char *story;
    int64_t filled;
    size_t rest;
} rows[] = {
    {"a limit below the ask rests", QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 101, 0, 0, "a", 0, 1},
    {"a limit at the ask takes and rests", QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 102, 0, 0, "af", 6,
     1},
    {"a sell at the bid takes and rests", QT_SELL, QT_TYPE_LIMIT, QT_TIF_GTC, 100, 0, 0, "af", 6,
     1},
    {"IOC takes, its rest expires", QT_BUY, QT_TYPE_LIMIT, QT_TIF_IOC, 102, 0, 0, "afe", 6, 0},
    {"IOC that takes nothing expires", QT_BUY, QT_TYPE_LIMIT, QT_TIF_IOC, 101, 0, 0, "ae", 0, 0},
    {"FOK is all or nothing", QT_BUY, QT_TYPE_LIMIT, QT_TIF_FOK, 102, 0, 0, "ae", 0, 0},
    {"a market order never rests", QT_SELL, QT_TYPE_MARKET, QT_TIF_GTC, 0, 0, 0, "afe", 6, 0},
    {"a maker that would take is refused", QT_BUY, QT_TYPE_LIMIT_MAKER, QT_TIF_GTC, 102, 0,
     QT_MATCH_WOULD_TAKE, "", 0, 0},
    {"a maker beside the market rests", QT_BUY, QT_TYPE_LIMIT_MAKER, QT_TIF_GTC, 101, 0, 0, "a", 0,
     1},
    {"a stop waits", QT_SELL, QT_TYPE_STOP_LOSS, QT_TIF_GTC, 0, 99, 0, "a", 0, 1},
    {"a stop on the wrong side is refused", QT_SELL, QT_TYPE_STOP_LOSS, QT_TIF_GTC, 0, 101,
     QT_MATCH_WOULD_TRIGGER, "", 0, 0},
    {"a buy stop below the market is refused", QT_BUY, QT_TYPE_STOP_LOSS, QT_TIF_GTC, 0, 100,
     QT_MATCH_WOULD_TRIGGER, "", 0, 0},
    {"a take profit waits above", QT_SELL, QT_TYPE_TAKE_PROFIT, QT_TIF_GTC, 0, 105, 0, "a", 0, 1},
    {"a take profit below is refused", QT_SELL, QT_TYPE_TAKE_PROFIT, QT_TIF_GTC, 0, 99,
     QT_MATCH_WOULD_TRIGGER, "", 0, 0},
    {"a limit without price is none", QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 0, 0, QT_MATCH_INVALID, "",
     0, 0},
    {"a market order with a price is none", QT_BUY, QT_TYPE_MARKET, QT_TIF_GTC, 101, 0,
     QT_MATCH_INVALID, "", 0, 0},
    {"a stop limit needs both prices", QT_BUY, QT_TYPE_STOP_LOSS_LIMIT, QT_TIF_GTC, 103, 0,
     QT_MATCH_INVALID, "", 0, 0},
    {"a limit with a stop price is none", QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 101, 103,
     QT_MATCH_INVALID, "", 0, 0},
    {"a negative price is none", QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, -5, 0, QT_MATCH_INVALID, "", 0,
     0},
};

START_TEST(type_and_time_in_force_do_what_they_say)
{
    struct fixture f;
    begin(&f, 16);
    qt_match_set_last(f.match, (qt_px){101});
    set_ladder(&f, 100, 6, 102, 6);
    ck_assert_msg(place(&f, rows[_i].side, rows[_i].type, rows[_i].tif, rows[_i].px, rows[_i].stop,
                        10) == rows[_i].verdict,
                  "%s: verdict", rows[_i].what);
    ck_assert_msg(strcmp(story(&f, 1), rows[_i].story) == 0, "%s: %s", rows[_i].what, story(&f, 1));
    ck_assert_msg(filled(&f, 1) == rows[_i].filled, "%s: filled", rows[_i].what);
    ck_assert_msg(qt_match_count(f.match) == rows[_i].rest, "%s: rest", rows[_i].what);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(fok_that_can_be_filled_is_filled_whole)
{
    struct fixture f;
    begin(&f, 16);
    set_ladder(&f, 0, 0, 102, 10);
    ck_assert_int_eq(place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_FOK, 102, 0, 10), QT_MATCH_OK);
    ck_assert_str_eq(story(&f, 1), "af");
    ck_assert_int_eq(filled(&f, 1), 10);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(better_price_comes_first_then_earlier_time)
{
    struct fixture f;
    begin(&f, 16);
    (void)!place(&f, QT_SELL, QT_TYPE_LIMIT, QT_TIF_GTC, 103, 0, 5); /* 1 */
    (void)!place(&f, QT_SELL, QT_TYPE_LIMIT, QT_TIF_GTC, 102, 0, 5); /* 2 */
    (void)!place(&f, QT_SELL, QT_TYPE_LIMIT, QT_TIF_GTC, 102, 0, 5); /* 3 */
    (void)!place(&f, QT_BUY, QT_TYPE_MARKET, QT_TIF_GTC, 0, 0, 12);  /* 4 */
    ck_assert_int_eq(filled(&f, 2), 5);
    ck_assert_int_eq(filled(&f, 3), 5);
    ck_assert_int_eq(filled(&f, 1), 2);
    ck_assert_str_eq(story(&f, 4), "afff");
    size_t fills = 0;
    static const uint64_t makers[] = {2, 3, 1};
    for (size_t i = 0; i < f.log.n; i++)
        if (f.log.row[i].event == QT_MATCH_FILL && f.log.row[i].is_maker)
            ck_assert_uint_eq(f.log.row[i].id, makers[fills++]);
    ck_assert_uint_eq(fills, 3);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(order_stands_behind_what_the_ladder_showed_and_before_what_comes_later)
{
    struct fixture f;
    begin(&f, 16);
    set_ladder(&f, 100, 5, 110, 5);
    (void)!place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 100, 0, 3);
    set_ladder(&f, 100, 50, 110, 5); /* 45 more come behind */
    qt_match_external_trade(f.match, QT_SELL, (qt_px){100}, (qt_qty){5}, NULL, 1);
    ck_assert_int_eq(filled(&f, 1), 0);
    qt_match_external_trade(f.match, QT_SELL, (qt_px){100}, (qt_qty){2}, NULL, 1);
    ck_assert_int_eq(filled(&f, 1), 2);
    set_ladder(&f, 100, 1, 110, 5); /* others left: nobody is before it */
    qt_match_external_trade(f.match, QT_SELL, (qt_px){100}, (qt_qty){1}, NULL, 1);
    ck_assert_int_eq(filled(&f, 1), 3);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(trade_through_a_price_serves_every_order_at_it)
{
    struct fixture f;
    begin(&f, 16);
    set_ladder(&f, 100, 5, 110, 5);
    (void)!place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 100, 0, 3);
    qt_match_external_trade(f.match, QT_SELL, (qt_px){99}, (qt_qty){8}, NULL, 1);
    ck_assert_int_eq(filled(&f, 1), 3); /* at its own price */
    ck_assert_int_eq(f.log.row[1].px, 100);
    ck_assert(f.log.row[1].is_maker && f.log.row[1].is_external);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(ladder_that_crosses_an_order_fills_it_at_its_price_as_far_as_it_reaches)
{
    struct fixture f;
    begin(&f, 16);
    set_ladder(&f, 100, 5, 110, 5);
    (void)!place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 105, 0, 9);
    set_ladder(&f, 90, 5, 95, 4);
    ck_assert_int_eq(filled(&f, 1), 4);
    ck_assert_int_eq(f.log.row[1].px, 105);
    struct qt_depth_level level[2];
    ck_assert_uint_eq(qt_match_levels(f.match, QT_SELL, level, 2), 0);
    ck_assert_uint_eq(qt_match_levels(f.match, QT_BUY, level, 2), 2);
    ck_assert_int_eq(level[0].px.v, 105);
    ck_assert_int_eq(level[0].qty.v, 5);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(stop_fires_on_a_print_and_takes_as_a_market_order)
{
    struct fixture f;
    begin(&f, 16);
    qt_match_set_last(f.match, (qt_px){101});
    set_ladder(&f, 98, 20, 110, 5);
    (void)!place(&f, QT_SELL, QT_TYPE_STOP_LOSS, QT_TIF_GTC, 0, 99, 4);
    qt_match_external_trade(f.match, QT_SELL, (qt_px){100}, (qt_qty){1}, NULL, 1);
    ck_assert_str_eq(story(&f, 1), "a");
    qt_match_external_trade(f.match, QT_SELL, (qt_px){99}, (qt_qty){1}, NULL, 1);
    ck_assert_str_eq(story(&f, 1), "atf");
    ck_assert_int_eq(filled(&f, 1), 4);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(stop_meets_the_market_after_the_trade_that_set_it_off)
{
    struct fixture f;
    struct qt_ladder after = {.n_bids = 1, .bids = {{{88}, {20}}}};
    begin(&f, 16);
    qt_match_set_last(f.match, (qt_px){101});
    set_ladder(&f, 100, 20, 110, 5);
    (void)!place(&f, QT_SELL, QT_TYPE_STOP_LOSS, QT_TIF_GTC, 0, 99, 4);
    qt_match_external_trade(f.match, QT_SELL, (qt_px){89}, (qt_qty){1}, &after, 1);
    ck_assert_str_eq(story(&f, 1), "atf");
    ck_assert_int_eq(qt_match_last(f.match).v, 88); /* not the 100 of before */
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(stop_limit_rests_at_its_limit_after_it_fired)
{
    struct fixture f;
    begin(&f, 16);
    qt_match_set_last(f.match, (qt_px){101});
    set_ladder(&f, 97, 20, 110, 5);
    (void)!place(&f, QT_SELL, QT_TYPE_STOP_LOSS_LIMIT, QT_TIF_GTC, 98, 99, 4);
    qt_match_external_trade(f.match, QT_SELL, (qt_px){99}, (qt_qty){1}, NULL, 1);
    ck_assert_str_eq(story(&f, 1), "at");
    ck_assert(qt_match_find(f.match, 1)->is_working);
    qt_match_external_trade(f.match, QT_BUY, (qt_px){98}, (qt_qty){4}, NULL, 1);
    ck_assert_str_eq(story(&f, 1), "atf");
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(one_stop_sets_off_the_next)
{
    struct fixture f;
    begin(&f, 16);
    qt_match_set_last(f.match, (qt_px){101});
    set_ladder(&f, 0, 0, 110, 5);
    (void)!place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 99, 0, 2);
    (void)!place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 95, 0, 2);
    (void)!place(&f, QT_SELL, QT_TYPE_STOP_LOSS, QT_TIF_GTC, 0, 96, 1); /* set off by the next */
    (void)!place(&f, QT_SELL, QT_TYPE_STOP_LOSS, QT_TIF_GTC, 0, 99, 3); /* 99 x 2, 95 x 1 */
    qt_match_external_trade(f.match, QT_SELL, (qt_px){99}, (qt_qty){1}, NULL, 1);
    ck_assert_str_eq(story(&f, 4), "atff");
    ck_assert_int_eq(filled(&f, 4), 3);
    ck_assert_str_eq(story(&f, 3), "ate"); /* the last bid was gone */
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(buy_stop_that_cannot_be_paid_expires)
{
    struct fixture f;
    begin(&f, 16);
    f.affords = false;
    qt_match_set_last(f.match, (qt_px){101});
    set_ladder(&f, 100, 5, 104, 3);
    (void)!place(&f, QT_BUY, QT_TYPE_STOP_LOSS, QT_TIF_GTC, 0, 103, 2);
    qt_match_external_trade(f.match, QT_BUY, (qt_px){103}, (qt_qty){1}, NULL, 1);
    ck_assert_str_eq(story(&f, 1), "ate");
    ck_assert_int_eq(f.asked_cost, 104 * 2 * 100000);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(cancel_takes_an_order_out_once)
{
    struct fixture f;
    begin(&f, 16);
    (void)!place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 99, 0, 2);
    ck_assert(qt_match_cancel(f.match, 1, 2));
    ck_assert(!qt_match_cancel(f.match, 1, 2));
    ck_assert_str_eq(story(&f, 1), "ac");
    ck_assert_ptr_null(qt_match_find(f.match, 1));
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(full_book_refuses_and_an_id_that_rests_is_refused)
{
    struct fixture f;
    begin(&f, 2);
    ck_assert_int_eq(place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 9, 0, 2), QT_MATCH_OK);
    f.next_id = 0;
    ck_assert_int_eq(place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 9, 0, 2), QT_MATCH_INVALID);
    ck_assert_int_eq(place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 9, 0, 2), QT_MATCH_OK);
    ck_assert_int_eq(place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 9, 0, 2), QT_MATCH_FULL);
    ck_assert(qt_match_cancel(f.match, 1, 1));
    ck_assert_int_eq(place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, 9, 0, 2), QT_MATCH_OK);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(notional_beyond_64_bits_is_refused)
{
    struct fixture f;
    begin(&f, 2);
    ck_assert_int_eq(place(&f, QT_BUY, QT_TYPE_LIMIT, QT_TIF_GTC, INT64_MAX / 2, 0, INT64_MAX / 2),
                     QT_MATCH_OVERFLOW);
    ck_assert_uint_eq(f.log.n, 0);
    qt_match_destroy(f.match);
}
END_TEST

/* Random sessions */

static struct naive_row
random_order(struct qt_rng *rng, uint64_t id)
{
    static const int types[] = {
        QT_TYPE_LIMIT,      QT_TYPE_LIMIT,           QT_TYPE_LIMIT,       QT_TYPE_MARKET,
        QT_TYPE_STOP_LOSS,  QT_TYPE_STOP_LOSS_LIMIT, QT_TYPE_TAKE_PROFIT, QT_TYPE_TAKE_PROFIT_LIMIT,
        QT_TYPE_LIMIT_MAKER};
    static const int tifs[] = {QT_TIF_GTC, QT_TIF_GTC, QT_TIF_GTC, QT_TIF_IOC, QT_TIF_FOK};
    struct naive_row row = {.id = id,
                            .side = (int)qt_rng_below(rng, 2),
                            .type = types[qt_rng_below(rng, QT_COUNT_OF(types))],
                            .tif = tifs[qt_rng_below(rng, QT_COUNT_OF(tifs))],
                            .qty = 1 + (int64_t)qt_rng_below(rng, 12)};
    row.px = naive_is_market(row.type) ? 0 : 1 + (int64_t)qt_rng_below(rng, TOP);
    row.stop = naive_has_stop(row.type) ? 1 + (int64_t)qt_rng_below(rng, TOP) : 0;
    return row;
}

static struct qt_ladder
random_ladder(struct qt_rng *rng)
{
    struct qt_ladder ladder = {0};
    int64_t bid = (int64_t)qt_rng_below(rng, TOP), ask = bid + 1 + (int64_t)qt_rng_below(rng, 4);
    for (; bid > 0 && ladder.n_bids < 5; bid -= 1 + (int64_t)qt_rng_below(rng, 3))
        ladder.bids[ladder.n_bids++] =
            (struct qt_depth_level){{bid}, {1 + (int64_t)qt_rng_below(rng, 9)}};
    for (; ask <= TOP && ladder.n_asks < 5; ask += 1 + (int64_t)qt_rng_below(rng, 3))
        ladder.asks[ladder.n_asks++] =
            (struct qt_depth_level){{ask}, {1 + (int64_t)qt_rng_below(rng, 9)}};
    return ladder;
}

static void
compare_logs(const struct said_log *ours, const struct said_log *naive, uint64_t seed, int step)
{
    ck_assert_msg(ours->n == naive->n, "seed %lu step %d: %zu words, naive %zu",
                  (unsigned long)seed, step, ours->n, naive->n);
    for (size_t i = 0; i < ours->n; i++) {
        const struct said *a = &ours->row[i], *b = &naive->row[i];
        ck_assert_msg(
            a->event == b->event && a->id == b->id && a->trade_id == b->trade_id &&
                a->px == b->px && a->qty == b->qty && a->cum == b->cum && a->state == b->state &&
                a->is_maker == b->is_maker && a->is_external == b->is_external,
            "seed %lu step %d word %zu: event %d id %lu px %ld qty %ld cum %ld, naive "
            "%d %lu %ld %ld %ld",
            (unsigned long)seed, step, i, a->event, (unsigned long)a->id, (long)a->px, (long)a->qty,
            (long)a->cum, b->event, (unsigned long)b->id, (long)b->px, (long)b->qty, (long)b->cum);
    }
}

/* Levels are the naive ones, best first, and never crossed (M1). */
static void
compare_levels(const struct qt_match *match, const struct naive *naive)
{
    struct qt_depth_level level[2][TOP + 1];
    size_t n[2];
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        int64_t sum = 0, whole = 0;
        n[side] = qt_match_levels(match, (enum qt_side)side, level[side], TOP + 1);
        for (size_t i = 0; i < n[side]; i++) {
            int64_t px = level[side][i].px.v;
            ck_assert_int_eq(level[side][i].qty.v, naive_level(naive, side, px));
            ck_assert(i == 0 || (side == QT_BUY ? px < level[side][i - 1].px.v
                                                : px > level[side][i - 1].px.v));
            sum += level[side][i].qty.v;
        }
        for (int64_t px = 1; px <= TOP; px++)
            whole += naive_level(naive, side, px);
        ck_assert_int_eq(sum, whole);
    }
    ck_assert(n[QT_BUY] == 0 || n[QT_SELL] == 0 || level[QT_BUY][0].px.v < level[QT_SELL][0].px.v);
}

static void
act(struct fixture *f, struct naive *naive, struct qt_rng *rng)
{
    uint64_t what = qt_rng_below(rng, 10);
    if (what < 5) {
        struct naive_row row = random_order(rng, f->next_id + 1);
        enum qt_match_verdict verdict =
            place(f, (enum qt_side)row.side, (enum qt_order_type)row.type,
                  (enum qt_time_in_force)row.tif, row.px, row.stop, row.qty);
        ck_assert_int_eq(naive_place(naive, row), verdict == QT_MATCH_OK);
    } else if (what < 6) {
        uint64_t id = 1 + qt_rng_below(rng, f->next_id + 1);
        ck_assert_int_eq(naive_cancel(naive, id), qt_match_cancel(f->match, id, 1));
    } else if (what < 8) {
        struct qt_ladder ladder = random_ladder(rng);
        naive_set_ladder(naive, &ladder, TOP);
        qt_match_set_ladder(f->match, &ladder, 1);
    } else {
        int side = (int)qt_rng_below(rng, 2);
        int64_t px = 1 + (int64_t)qt_rng_below(rng, TOP), qty = 1 + (int64_t)qt_rng_below(rng, 30);
        struct qt_ladder ladder = random_ladder(rng);
        bool has_ladder = qt_rng_below(rng, 2) == 0;
        naive_external(naive, side, px, qty, has_ladder ? &ladder : NULL, TOP);
        qt_match_external_trade(f->match, (enum qt_side)side, (qt_px){px}, (qt_qty){qty},
                                has_ladder ? &ladder : NULL, 1);
    }
}

START_TEST(random_sessions_tell_the_story_of_the_naive_book)
{
    static struct fixture f;
    static struct said_log said;
    static struct naive naive;
    struct qt_rng rng;
    uint64_t seed = (uint64_t)_i + 1;
    size_t fills = 0, triggered = 0, expired = 0;
    begin(&f, 2000);
    naive = (struct naive){.log = &said};
    qt_rng_init(&rng, seed);
    for (int step = 0; step < 2000; step++) {
        f.log.n = said.n = 0;
        act(&f, &naive, &rng);
        compare_logs(&f.log, &said, seed, step);
        compare_levels(f.match, &naive);
        ck_assert_int_eq(qt_px_is_none(qt_match_last(f.match)) ? 0 : qt_match_last(f.match).v,
                         naive.last);
        for (size_t i = 0; i < f.log.n; i++) {
            fills += f.log.row[i].event == QT_MATCH_FILL;
            triggered += f.log.row[i].event == QT_MATCH_TRIGGERED;
            expired += f.log.row[i].event == QT_MATCH_EXPIRED;
        }
    }
    ck_assert_uint_gt(fills, 500); /* or the session tests little */
    ck_assert_uint_gt(triggered, 50);
    ck_assert_uint_gt(expired, 50);
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(cost_asked_before_is_the_cost_of_taking)
{
    struct fixture f;
    struct qt_rng rng;
    begin(&f, 2000);
    qt_rng_init(&rng, 77);
    for (int step = 0; step < 500; step++) {
        struct qt_ladder ladder = random_ladder(&rng);
        qt_match_set_ladder(f.match, &ladder, 1);
        enum qt_side side = (enum qt_side)qt_rng_below(&rng, 2);
        (void)!place(&f, side, QT_TYPE_LIMIT, QT_TIF_GTC, 1 + (int64_t)qt_rng_below(&rng, TOP), 0,
                     5);
        int64_t qty = 1 + (int64_t)qt_rng_below(&rng, 40);
        struct qt_match_cost cost = qt_match_cost(f.match, side, QT_PX_NONE, (qt_qty){qty});
        f.log.n = 0;
        (void)!place(&f, side, QT_TYPE_MARKET, QT_TIF_GTC, 0, 0, qty);
        int64_t quote = 0, worst = 0;
        for (size_t i = 0; i < f.log.n; i++) {
            const struct said *row = &f.log.row[i];
            if (row->id != f.next_id || row->event != QT_MATCH_FILL)
                continue;
            quote += row->px * row->qty * 100000;
            worst = row->px;
        }
        ck_assert_int_eq(cost.qty.v, filled(&f, f.next_id));
        ck_assert_int_eq(cost.quote.v, quote);
        ck_assert_int_eq(qt_px_is_none(cost.worst) ? 0 : cost.worst.v, worst);
    }
    qt_match_destroy(f.match);
}
END_TEST

START_TEST(quantity_for_an_amount_of_quote_costs_no_more_and_a_lot_more_would)
{
    struct fixture f;
    struct qt_rng rng;
    begin(&f, 16);
    qt_rng_init(&rng, 5);
    for (int step = 0; step < 500; step++) {
        struct qt_ladder ladder = random_ladder(&rng);
        qt_match_set_ladder(f.match, &ladder, 1);
        qt_money quote = {1 + (int64_t)qt_rng_below(&rng, 60000000)};
        qt_qty qty = qt_match_qty_of_quote(f.match, QT_BUY, quote, QT_OWNER_NONE);
        ck_assert_int_le(qt_match_cost(f.match, QT_BUY, QT_PX_NONE, qty).quote.v, quote.v);
        struct qt_match_cost more = qt_match_cost(f.match, QT_BUY, QT_PX_NONE, (qt_qty){qty.v + 1});
        ck_assert(more.quote.v > quote.v || more.qty.v == qty.v);
    }
    qt_match_destroy(f.match);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("match");
    TCase *orders = tcase_create("orders"), *priority = tcase_create("priority");
    TCase *stops = tcase_create("stops"), *session = tcase_create("sessions");
    tcase_set_timeout(orders, 60);
    tcase_set_timeout(priority, 60);
    tcase_set_timeout(stops, 60);
    tcase_set_timeout(session, 60);
    tcase_add_loop_test(orders, type_and_time_in_force_do_what_they_say, 0, QT_COUNT_OF(rows));
    tcase_add_test(orders, fok_that_can_be_filled_is_filled_whole);
    tcase_add_test(orders, cancel_takes_an_order_out_once);
    tcase_add_test(orders, full_book_refuses_and_an_id_that_rests_is_refused);
    tcase_add_test(orders, notional_beyond_64_bits_is_refused);
    tcase_add_test(priority, better_price_comes_first_then_earlier_time);
    tcase_add_test(priority,
                   order_stands_behind_what_the_ladder_showed_and_before_what_comes_later);
    tcase_add_test(priority, trade_through_a_price_serves_every_order_at_it);
    tcase_add_test(priority,
                   ladder_that_crosses_an_order_fills_it_at_its_price_as_far_as_it_reaches);
    tcase_add_test(stops, stop_fires_on_a_print_and_takes_as_a_market_order);
    tcase_add_test(stops, stop_meets_the_market_after_the_trade_that_set_it_off);
    tcase_add_test(stops, stop_limit_rests_at_its_limit_after_it_fired);
    tcase_add_test(stops, one_stop_sets_off_the_next);
    tcase_add_test(stops, buy_stop_that_cannot_be_paid_expires);
    tcase_add_loop_test(session, random_sessions_tell_the_story_of_the_naive_book, 0, 20);
    tcase_add_test(session, cost_asked_before_is_the_cost_of_taking);
    tcase_add_test(session, quantity_for_an_amount_of_quote_costs_no_more_and_a_lot_more_would);
    suite_add_tcase(suite, orders);
    suite_add_tcase(suite, priority);
    suite_add_tcase(suite, stops);
    suite_add_tcase(suite, session);
    return qt_run_suite(suite);
}

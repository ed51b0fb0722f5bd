/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fill is several records, of which a kill may have let any number get to the disk: a start makes
 * the rest, once.
 */
#include <string.h>
#include <unistd.h>

#include "qt_check.h"
#include "qtrade/base/text.h"
#include "qtrade/store/check.h"
#include "qtrade/trade/ledger.h"
#include "qtrade/trade/position.h"

#include "folder_kit.h"

enum { RECORDS = 64 };

struct place {
    char folder[64];
    struct qt_universe *universe;
    struct qt_ledger *ledger; /* what the engine's would be */
    struct qt_position position;
    struct qt_record record[RECORDS];
    size_t n, fills, fill_at[4];
};

static struct qt_record *
add(struct place *p, enum qt_record_kind kind, uint64_t seq)
{
    ck_assert_uint_lt(p->n, RECORDS);
    p->record[p->n] =
        (struct qt_record){.kind = (uint8_t)kind, .seq = seq, .t_ns = (int64_t)seq * 1000};
    return &p->record[p->n++];
}

static void
add_legs(struct place *p, const struct qt_transaction *t, uint64_t seq)
{
    for (uint32_t i = 0; i < t->legs; i++) {
        struct qt_record *record = add(p, QT_RECORD_POSTING, seq);
        record->posting.transaction = t->number;
        record->posting.amount = qt_money_units(t->leg[i].amount);
        record->posting.scale = qt_ledger_asset_scale(p->ledger, t->leg[i].asset);
        qt_copy(record->posting.account, sizeof record->posting.account,
                qt_account_name((enum qt_account)t->leg[i].account));
        qt_copy(record->posting.asset, sizeof record->posting.asset,
                qt_ledger_asset_name(p->ledger, t->leg[i].asset));
    }
}

static uint64_t
id_of(enum qt_side side)
{
    return side == QT_BUY ? 7 << 8 : 8 << 8;
}

static void
add_order(struct place *p, enum qt_side side, enum qt_order_state state, int64_t cum, uint64_t seq)
{
    add(p, QT_RECORD_ORDER, seq)->order =
        (struct qt_order_record){.request = {.client_id = id_of(side),
                                             .side = (uint8_t)side,
                                             .type = QT_TYPE_LIMIT,
                                             .px = {6000000},
                                             .stop_px = QT_PX_NONE,
                                             .qty = {500}},
                                 .state = (uint8_t)state,
                                 .cum_qty = {cum}};
}

/* The records of a fill in the order in which the engine gives them; legs follow at the meeting. */
static void
add_fill(struct place *p, enum qt_side side, int64_t qty, int64_t cum, uint64_t seq,
         struct qt_transaction *out)
{
    const struct qt_instrument *ins = qt_universe_at(p->universe, 0);
    struct qt_position_change change;
    const uint64_t id = id_of(side);
    struct qt_fill fill = {.client_id = id,
                           .trade_id = seq,
                           .seq = seq,
                           .t_ns = (int64_t)seq * 1000,
                           .side = side,
                           .px = {6000000 + (int64_t)seq},
                           .qty = {qty},
                           .fee = {12345}};
    ck_assert(qt_instrument_notional(ins, fill.px, fill.qty, &fill.quote));
    ck_assert(qt_position_fill(&p->position, &fill, &change));
    p->fill_at[p->fills++] = p->n;
    add(p, QT_RECORD_FILL, seq)->fill = (struct qt_fill_record){.client_id = id,
                                                                .trade_id = seq,
                                                                .side = side,
                                                                .px = fill.px,
                                                                .qty = fill.qty,
                                                                .fee = fill.fee};
    struct qt_record *row = add(p, QT_RECORD_POSITION, seq);
    row->position = (struct qt_position_record){.qty = p->position.qty,
                                                .initial_qty = {5},
                                                .cost = p->position.cost,
                                                .realised = p->position.realised,
                                                .fees = p->position.fees,
                                                .opened_ns = p->position.opened_ns};
    add_order(p, side, QT_ORDER_PARTIAL, cum, seq);
    ck_assert(qt_ledger_fill(p->ledger, ins, &fill, out));
}

/* Two buys of one order and a sale, of which two meet the others together. */
static void
begin(struct place *p)
{
    struct qt_transaction t = {0}, u = {0};
    *p = (struct place){.universe = btc_universe(), .ledger = qt_ledger_create(8)};
    folder_begin(p->folder);
    qt_position_init(&p->position, qt_universe_at(p->universe, 0));
    ck_assert(qt_ledger_deposit(p->ledger, qt_ledger_asset(p->ledger, "USDT", QT_MONEY_SCALE),
                                (qt_money){INT64_C(1000000000000)}, &t));
    add_legs(p, &t, 1);
    add_order(p, QT_BUY, QT_ORDER_PENDING, 0, 10);
    add_order(p, QT_SELL, QT_ORDER_PENDING, 0, 10);
    add_fill(p, QT_BUY, 300, 300, 11, &t);
    add_legs(p, &t, 11);
    add_fill(p, QT_BUY, 200, 500, 12, &t);
    add_fill(p, QT_SELL, 100, 100, 13, &u);
    add_legs(p, &t, 12);
    add_legs(p, &u, 13);
}

static void
end(struct place *p)
{
    folder_end(p->folder);
    qt_universe_destroy(p->universe);
    qt_ledger_destroy(p->ledger);
}

static struct qt_store *
open_store(const struct place *p)
{
    struct qt_error err = {0};
    struct qt_store *store = folder_open(p->folder, &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    return store;
}

static void
expect_sound(const struct place *p)
{
    static struct qt_store_report report;
    struct qt_error err = {0};
    struct qt_store_key *key = qt_store_key_open(p->folder, &unlock_ours, &err);
    ck_assert_msg(qt_store_check(p->folder, key, &report, &err), "%s", err.text);
    ck_assert_msg(report.findings == 0, "%s: %s", report.finding[0].check, report.finding[0].text);
    qt_store_key_close(key);
}

/* The sum of what is on an account, of the ledger as the engine would have it, or as was restored.
 */
static int64_t
kept(const struct qt_restore *restore, const char *account, const char *asset)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < restore->balances; i++)
        if (strcmp(restore->balance[i].account, account) == 0 &&
            strcmp(restore->balance[i].asset, asset) == 0)
            sum += restore->balance[i].amount.v;
    return sum;
}

/* What is there when the first n records got to the disk. */
static void
restore_after(const struct place *p, size_t n, struct qt_restore *out)
{
    struct qt_error err = {0};
    uint32_t unknown = 0;
    struct qt_store *store = open_store(p);
    ck_assert(qt_store_start(store, p->universe, NULL, &err));
    struct qt_store_port port = qt_store_port(store);
    for (size_t i = 0; i < n; i++)
        ck_assert(port.put(port.self, &p->record[i]));
    ck_assert(port.flush(port.self, 10000));
    qt_store_close(store);
    for (int again = 0; again < 2; again++) { /* the second finds nothing to do */
        store = open_store(p);
        ck_assert_msg(qt_store_restore(store, p->universe, out, &unknown, &err), "%s", err.text);
        qt_store_close(store);
        expect_sound(p);
    }
}

static size_t
fills_of(const struct place *p, size_t n)
{
    size_t fills = 0;
    while (fills < p->fills && p->fill_at[fills] < n)
        fills++;
    return fills;
}

START_TEST(S1_kill_between_any_two_records_of_a_fill_leaves_a_book_that_agrees)
{
    static struct qt_restore cut, whole;
    struct place p, q;
    begin(&p);
    const size_t n = (size_t)_i;
    ck_assert_uint_eq(p.n, 31);
    restore_after(&p, n, &cut);
    size_t fills = fills_of(&p, n);
    ck_assert_int_eq(cut.is_found, n >= 2); /* from its capital on it is no fresh store */
    if (cut.is_found)
        ck_assert_uint_ge(cut.last_seq, p.record[n - 1].seq);
    end(&p);

    begin(&q); /* and a store that has all of those fills, and no other one */
    size_t all = 0;
    struct qt_record some[RECORDS];
    for (size_t i = 0; i < q.n; i++)
        if ((q.record[i].seq == 1 && n >= 2) || (q.record[i].seq == 10 && i < n) ||
            (q.record[i].seq > 10 && q.record[i].seq <= 10 + fills))
            some[all++] = q.record[i];
    memcpy(q.record, some, all * sizeof some[0]);
    restore_after(&q, all, &whole);
    end(&q);

    ck_assert_uint_eq(cut.positions, whole.positions);
    if (cut.positions) {
        ck_assert_int_eq(qt_qty_cmp(cut.position[0].qty, whole.position[0].qty), 0);
        ck_assert_int_eq(cut.position[0].cost.v, whole.position[0].cost.v);
        ck_assert_int_eq(cut.position[0].realised.v, whole.position[0].realised.v);
        ck_assert_int_eq(cut.position[0].fees.v, whole.position[0].fees.v);
    }
    static const char *const accounts[] = {"cash", "market", "fees", "capital"};
    for (size_t i = 0; i < QT_COUNT_OF(accounts); i++) {
        ck_assert_int_eq(kept(&cut, accounts[i], "USDT"), kept(&whole, accounts[i], "USDT"));
        ck_assert_int_eq(kept(&cut, accounts[i], "BTC"), kept(&whole, accounts[i], "BTC"));
    }
    ck_assert_uint_eq(cut.transactions, whole.transactions);
    ck_assert_uint_eq(cut.orders, whole.orders);
    for (uint32_t i = 0; i < cut.orders; i++)
        ck_assert_int_eq(qt_qty_cmp(cut.order[i].cum_qty, whole.order[i].cum_qty), 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("restore_book");
    TCase *tc = tcase_create("restore_book");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, S1_kill_between_any_two_records_of_a_fill_leaves_a_book_that_agrees, 0,
                        32);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit's chain: who appends, what is kept, and what came before it. */
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <time.h>

#include "audit_kit.h"

/* The chain by its description in audit.h alone. Returns how many entries follow from each other.
 */
static int64_t
walk(const struct kit *kit)
{
    struct qt__store_file file = kit_connect(kit);
    sqlite3_stmt *row;
    unsigned char hash[32] = {0};
    int64_t n = 0;
    ck_assert_int_eq(sqlite3_prepare_v2(file.db,
                                        "SELECT id || ' ' || t_ns || ' ' || seq || ' ' ||"
                                        " length(CAST(actor AS BLOB)) || ' ' ||"
                                        " length(CAST(action AS BLOB)) || ' ' ||"
                                        " length(CAST(detail AS BLOB)) || char(10) || actor ||"
                                        " action || detail, hash, id FROM audit ORDER BY id",
                                        -1, &row, NULL),
                     SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW) {
        unsigned char bytes[512];
        size_t length = (size_t)sqlite3_column_bytes(row, 0);
        ck_assert_int_eq(sqlite3_column_int64(row, 2), n + 1);
        memcpy(bytes, hash, 32);
        memcpy(bytes + 32, sqlite3_column_text(row, 0), length);
        crypto_generichash(hash, 32, bytes, 32 + length, NULL, 0);
        ck_assert_int_eq(sqlite3_column_bytes(row, 1), 32);
        ck_assert_mem_eq(sqlite3_column_blob(row, 1), hash, 32);
        n++;
    }
    sqlite3_finalize(row);
    qt__store_file_close(&file);
    return n;
}

START_TEST(entries_of_a_subcommand_and_of_a_running_engine_are_one_chain)
{
    struct kit kit;
    kit_begin(&kit);
    struct qt_store *store = kit_open(&kit);
    kit_append(store, "first", "before anything runs");
    qt_store_close(store);
    store = kit_start(&kit);
    struct qt_store_port port = qt_store_port(store);
    struct qt_record record = {.kind = QT_RECORD_AUDIT, .seq = 12, .t_ns = 34};
    qt_copy(record.audit.action, sizeof record.audit.action, "pause");
    ck_assert(port.put(port.self, &record));
    kit_append(store, "beside", "of another thread");
    ck_assert(port.flush(port.self, 60000));
    qt_store_close(store);
    store = kit_open(&kit);
    kit_append(store, "last", "");
    qt_store_close(store);
    ck_assert_int_eq(walk(&kit), 4);
    ck_assert_int_eq(kit_number(&kit, "SELECT count(*) FROM audit WHERE seq = 12 AND t_ns = 34"),
                     1);
    kit_end(&kit);
}
END_TEST

START_TEST(A5_a_detail_with_newline_quote_and_escape_stays_one_entry)
{
    struct kit kit;
    kit_begin(&kit);
    struct qt_store *store = kit_open(&kit);
    kit_append(store, "venue", "no\n2 3 4 0 0 0\nforged \"a\" \x1b[2J \xc2\x9b \xff {\"id\": 3}");
    qt_store_close(store);
    ck_assert_int_eq(walk(&kit), 1);
    ck_assert_int_eq(kit_number(&kit, "SELECT count(*) FROM audit WHERE detail ="
                                      " 'no?2 3 4 0 0 0?forged \"a\" ?[2J ?"
                                      "? ? {\"id\": 3}'"),
                     1);
    kit_end(&kit);
}
END_TEST

START_TEST(entries_of_before_the_chain_are_in_it_after_the_migration)
{
    struct kit kit;
    kit_begin(&kit);
    struct qt_store *store = kit_open(&kit);
    kit_append(store, "old", "one");
    kit_append(store, "old", "two");
    qt_store_close(store);
    kit_sql(&kit, "DROP INDEX orders_seq; DROP INDEX decisions_seq; DROP INDEX modes_seq;"
                  "DROP INDEX audit_seq; DROP INDEX fills_order; DROP INDEX postings_txn;"
                  "DROP TRIGGER postings_balance; DROP TABLE balances;"
                  "DROP TABLE decisions_by_month; DROP TABLE equity_by_month;"
                  "DROP TABLE parents; ALTER TABLE orders DROP COLUMN parent; DROP TABLE differences;"
                  "ALTER TABLE audit DROP COLUMN hash; PRAGMA user_version = 1;"
                  "UPDATE audit SET detail = CAST(x'6cff0a' AS TEXT) WHERE id = 2");
    store = kit_open(&kit);
    kit_append(store, "new", "three");
    qt_store_close(store);
    ck_assert_int_eq(walk(&kit), 3);
    ck_assert_int_eq(kit_number(&kit, "SELECT count(*) FROM audit WHERE length(detail) = 3 AND"
                                      " substr(detail, 2) = '?' || '?'"),
                     1);
    kit_end(&kit);
}
END_TEST

/* Entries of an action, from the trail of a running store. */
static int64_t
count_of(const struct kit *kit, const char *action)
{
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM audit WHERE action = '%s'", action);
    return kit_number(kit, sql);
}

static void
put(struct qt_store *store, const struct qt_record *record)
{
    const struct timespec look = {.tv_nsec = 1000000};
    struct qt_store_port port = qt_store_port(store);
    while (!port.put(port.self, record)) /* the ring is full: its thread is on it */
        nanosleep(&look, NULL);
    port.mark(port.self);
}

static struct qt_record
order_in(uint64_t id, enum qt_order_state state)
{
    struct qt_record record = {.kind = QT_RECORD_ORDER, .seq = id, .t_ns = (int64_t)id};
    record.order.request = (struct qt_order_request){.client_id = id << 8,
                                                     .side = QT_SELL,
                                                     .type = QT_TYPE_LIMIT,
                                                     .px = {6000000},
                                                     .stop_px = QT_PX_NONE,
                                                     .qty = {500}};
    record.order.state = (uint8_t)state;
    return record;
}

START_TEST(an_order_is_an_entry_when_it_is_sent_cancelled_and_final_and_once_each)
{
    static const enum qt_order_state states[] = {
        QT_ORDER_PENDING,        QT_ORDER_OPEN,           QT_ORDER_PARTIAL,   QT_ORDER_PARTIAL,
        QT_ORDER_CANCEL_PENDING, QT_ORDER_CANCEL_PENDING, QT_ORDER_CANCELLED, QT_ORDER_CANCELLED};
    struct kit kit;
    kit_begin(&kit);
    struct qt_store *store = kit_start(&kit);
    for (size_t i = 0; i < QT_COUNT_OF(states); i++) {
        struct qt_record record = order_in(7, states[i]);
        put(store, &record);
    }
    qt_store_close(store);
    ck_assert_int_eq(walk(&kit), 3);
    ck_assert_int_eq(count_of(&kit, "order.sent"), 1);
    ck_assert_int_eq(count_of(&kit, "order.cancel"), 1);
    ck_assert_int_eq(kit_number(&kit, "SELECT count(*) FROM audit WHERE action = 'order.cancelled'"
                                      " AND seq = 7 AND detail LIKE '700 BTCUSDT sell 0.00500"
                                      " limit at 60000.00, entry, filled 0.00000%'"),
                     1);
    kit_end(&kit);
}
END_TEST

START_TEST(O4_order_of_an_earlier_run_that_is_adopted_is_an_entry)
{
    struct qt_record record = {.kind = QT_RECORD_DIFFERENCE, .seq = 9, .t_ns = 9};
    struct kit kit;
    kit_begin(&kit);
    struct qt_store *store = kit_start(&kit);
    record.difference = (struct qt_difference_record){.what = QT_DIFFERENCE_ORDER,
                                                      .rule = QT_RULE_CORRECTED,
                                                      .client_id = 0x700,
                                                      .venue = "partial, 0.5 of 2",
                                                      .why = "of an earlier run, and stands: kept"};
    put(store, &record);
    record.difference.rule = QT_RULE_ADOPTED;
    put(store, &record);
    record.difference.what = QT_DIFFERENCE_POSITION;
    put(store, &record);
    qt_store_close(store);
    ck_assert_int_eq(walk(&kit), 1);
    ck_assert_int_eq(kit_number(&kit, "SELECT count(*) FROM audit WHERE action = 'order.adopted' AND"
                                      " seq = 9 AND detail = '700 BTCUSDT: partial, 0.5 of 2: of an"
                                      " earlier run, and stands: kept'"),
                     1);
    kit_end(&kit);
}
END_TEST

/* Each second one refusal, of a reason out of so many, for so long. */
static void
refuse_for(struct qt_store *store, int seconds, unsigned reasons)
{
    for (int i = 0; i < seconds; i++) {
        struct qt_record record = {.kind = QT_RECORD_DECISION,
                                   .seq = (uint64_t)i + 1,
                                   .t_ns = 1000000000 * (int64_t)(i + 1)};
        qt_copy(record.decision.kind, sizeof record.decision.kind, "refused");
        snprintf(record.decision.detail, sizeof record.decision.detail, "gate: %c%c is %d, limit 3",
                 'a' + (int)((unsigned)i % reasons) / 26, 'a' + (int)((unsigned)i % reasons) % 26,
                 i);
        put(store, &record);
    }
}

START_TEST(a_refusal_each_second_is_an_entry_at_first_and_then_each_hour)
{
    struct kit kit;
    kit_begin(&kit);
    struct qt_store *store = kit_start(&kit);
    refuse_for(store, 3 * 3600 + 60, 2);
    qt_store_close(store);
    ck_assert_int_eq(count_of(&kit, "refused"), 2);
    ck_assert_int_eq(count_of(&kit, "refused.again"), 2 * 4);
    ck_assert_int_eq(kit_number(&kit, "SELECT sum(CAST(substr(detail, instr(detail, ', ') + 2) AS"
                                      " INTEGER)) FROM audit WHERE action = 'refused.again'"),
                     3 * 3600 + 60 - 2); /* none is lost */
    ck_assert_int_gt(walk(&kit), 0);
    kit_end(&kit);
}
END_TEST

START_TEST(more_reasons_than_there_is_room_for_lose_no_count)
{
    struct kit kit;
    kit_begin(&kit);
    struct qt_store *store = kit_start(&kit);
    refuse_for(store, 3000, 300);
    qt_store_close(store);
    ck_assert_int_eq(
        kit_number(&kit, "SELECT count(*) FILTER (WHERE action = 'refused') + coalesce(sum(CAST("
                         "substr(detail, instr(detail, ', ') + 2) AS INTEGER)) FILTER (WHERE action"
                         " = 'refused.again'), 0) FROM audit"),
        3000);
    kit_end(&kit);
}
END_TEST

START_TEST(a_mode_is_an_entry_of_its_source)
{
    struct kit kit;
    struct qt_record record = {.kind = QT_RECORD_MODE, .seq = 9, .t_ns = 5000};
    record.mode = (struct qt_mode_record){
        .mode = QT_MODE_REDUCED, .source = QT_SOURCE_SIGNAL, .reason = "heat"};
    kit_begin(&kit);
    struct qt_store *store = kit_start(&kit);
    put(store, &record);
    qt_store_close(store);
    ck_assert_int_eq(kit_number(&kit, "SELECT count(*) FROM audit WHERE actor = 'signal' AND action"
                                      " = 'mode' AND detail = 'REDUCED: heat'"),
                     1);
    kit_end(&kit);
}
END_TEST

static void
wait_for_health(const struct qt_store_port *port, bool is_healthy)
{
    const struct timespec look = {.tv_nsec = 5000000};
    for (int i = 0; i < 12000 && port->is_healthy(port->self) != is_healthy; i++)
        nanosleep(&look, NULL);
    ck_assert_int_eq(port->is_healthy(port->self), is_healthy);
}

START_TEST(a_disk_that_was_full_leaves_a_whole_chain_and_each_entry_once)
{
    struct kit kit;
    const struct rlimit none = {1, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    kit_begin(&kit);
    struct qt_store *store = kit_start(&kit);
    struct qt_store_port port = qt_store_port(store);
    struct qt_error err = {0};
    signal(SIGXFSZ, SIG_IGN);
    kit_append(store, "before", "");
    ck_assert(port.flush(port.self, 60000));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    refuse_for(store, 100, 2);
    wait_for_health(&port, false);
    for (int i = 0; i < 64; i++)
        kit_append(store, "meanwhile", "");
    while (qt_audit_append(store, "test", "too many", "", &err))
        ;
    ck_assert_msg(strstr(err.text, "wait for the store") != NULL, "%s", err.text);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
    wait_for_health(&port, true);
    ck_assert(port.flush(port.self, 60000));
    qt_store_close(store);
    ck_assert_int_gt(walk(&kit), 66);
    ck_assert_int_eq(count_of(&kit, "meanwhile"), 64);
    ck_assert_int_eq(count_of(&kit, "refused"), 2);
    kit_end(&kit);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("audit");
    TCase *tc = tcase_create("chain");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, entries_of_a_subcommand_and_of_a_running_engine_are_one_chain);
    tcase_add_test(tc, A5_a_detail_with_newline_quote_and_escape_stays_one_entry);
    tcase_add_test(tc, entries_of_before_the_chain_are_in_it_after_the_migration);
    tcase_add_test(tc, an_order_is_an_entry_when_it_is_sent_cancelled_and_final_and_once_each);
    tcase_add_test(tc, O4_order_of_an_earlier_run_that_is_adopted_is_an_entry);
    tcase_add_test(tc, a_refusal_each_second_is_an_entry_at_first_and_then_each_hour);
    tcase_add_test(tc, more_reasons_than_there_is_room_for_lose_no_count);
    tcase_add_test(tc, a_mode_is_an_entry_of_its_source);
    tcase_add_test(tc, a_disk_that_was_full_leaves_a_whole_chain_and_each_entry_once);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

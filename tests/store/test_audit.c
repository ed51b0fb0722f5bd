/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit's chain: who appends, what is kept, and what came before it. */
#include <sodium.h>

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
    kit_sql(&kit, "ALTER TABLE audit DROP COLUMN hash; PRAGMA user_version = 1;"
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

int
main(void)
{
    Suite *suite = suite_create("audit");
    TCase *tc = tcase_create("chain");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, entries_of_a_subcommand_and_of_a_running_engine_are_one_chain);
    tcase_add_test(tc, A5_a_detail_with_newline_quote_and_escape_stays_one_entry);
    tcase_add_test(tc, entries_of_before_the_chain_are_in_it_after_the_migration);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

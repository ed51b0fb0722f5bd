/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single bits flipped anywhere in a data directory (S9): database, log, keys, journal, backup, heads
 * of the audit, seal of the config. Each is without effect, the same rows are read, or has a name;
 * never is there another answer. QT_FLIPS says how many (600), QT_SEED which. Vault, market state and
 * intents have their bytes flipped in suites of their own.
 */
#include <sodium.h>

#include "disk_kit.h"
#include "journal_kit.h"

#include "qtrade/store/audit.h"
#include "qtrade/store/backup.h"
#include "qtrade/store/check.h"
#include "qtrade/store/seal.h"
#include "qtrade/store/store.h"

#include "../../src/store/store_file_priv.h"

enum { HASH = 16, FILES = 16 };

static const struct qt_unlock unlock = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes that open it...", 32};

struct world {
    char folder[64], copy[64];
    struct qt_universe *universe;
    char file[FILES][480];
    int files;
};

struct answer {
    unsigned char hash[HASH];
    struct qt_error err;
};

/* Filling */

static struct qt_store_key *
key_of(const char *folder, struct qt_error *err)
{
    return qt_store_key_open(folder, &unlock, err);
}

static void
put_rows(struct qt_store *store, int from, int to)
{
    struct qt_store_port port = qt_store_port(store);
    for (int i = from; i < to; i++) {
        struct qt_record order = {.kind = QT_RECORD_ORDER, .seq = (uint64_t)i, .t_ns = i};
        order.order.request = (struct qt_order_request){
            .client_id = (uint64_t)i << 8, .px = {6000000}, .stop_px = QT_PX_NONE, .qty = {500}};
        struct qt_record audit = {.kind = QT_RECORD_AUDIT, .seq = (uint64_t)i, .t_ns = i};
        qt_copy(audit.audit.detail, sizeof audit.audit.detail, "something that was done");
        ck_assert(port.put(port.self, &order) && port.put(port.self, &audit));
        if (i % 10 == 0)
            ck_assert(port.flush(port.self, 20000));
    }
    ck_assert(port.flush(port.self, 20000));
}

static void
write_journal(const struct world *world, const struct qt_store_key *key, struct qt_error *err)
{
    struct qt_restore *restore = calloc(1, sizeof *restore);
    struct qt_journal_key journal_key;
    struct qt_rng rng;
    char path[128];
    snprintf(path, sizeof path, "%s/journal", world->folder);
    qt_store_key_journal(key, &journal_key);
    const struct qt_journal_options options = {.folder = path,
                                               .key = &journal_key,
                                               .version = "0.0",
                                               .run_kind = "test",
                                               .config = "{}",
                                               .universe = world->universe,
                                               .restore = restore,
                                               .base_period_ns = QT_NS_PER_MIN,
                                               .sync = QT_JOURNAL_SYNC_OFF,
                                               .segment_bytes = 1 << 16,
                                               .waits = true};
    struct qt_journal *journal = qt_journal_create(&options, err);
    ck_assert_msg(journal, "%s", err->text);
    struct qt_journal_port port = qt_journal_port(journal);
    qt_rng_init(&rng, 1);
    for (uint64_t seq = 1; seq <= 2500; seq++) {
        struct qt_event event = event_of(seq, &rng);
        ck_assert(port.event(port.self, &event));
    }
    ck_assert_msg(qt_journal_close(journal, err), "%s", err->text);
    free(restore);
}

/* As an engine that was killed leaves it: a log that was not emptied. */
static void
trade_and_die(const char *folder)
{
    struct qt_error err = {0};
    struct qt_store_key *key = key_of(folder, &err);
    struct qt_store *store = key ? qt_store_open(folder, key, &err) : NULL;
    struct qt_universe *none = qt_universe_create();
    MUST(store && qt_store_start(store, none, NULL, &err), "%s", err.text);
    put_rows(store, 100, 160);
}

static void
list(struct world *world, const char *below)
{
    char path[200];
    snprintf(path, sizeof path, "%s%s", world->folder, below);
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        bool is_content = strstr(entry->d_name, "store.") || strstr(entry->d_name, ".qtj") ||
                          strstr(entry->d_name, "backup") ||
                          strcmp(entry->d_name, QT_AUDIT_HEADS_NAME) == 0 ||
                          strcmp(entry->d_name, "config.seal") == 0;
        if (!is_content || strstr(entry->d_name, "-shm"))
            continue;
        ck_assert_int_lt(world->files, FILES);
        snprintf(world->file[world->files++], sizeof world->file[0], "%s/%s", path, entry->d_name);
    }
    closedir(dir);
}

static void
begin(struct world *world)
{
    struct qt_error err = {0};
    struct qt_backup backup;
    *world = (struct world){0};
    folder_begin(world->folder);
    folder_begin(world->copy);
    world->universe = qt_universe_create();
    for (int i = 0; i < 3; i++) {
        struct qt_instrument ins = {.base = "BTC", .quote = "USDT", .tick = {1}, .lot = {1}};
        snprintf(ins.symbol, sizeof ins.symbol, "SYM%dUSDT", i);
        ck_assert(qt_universe_add(world->universe, &ins, &err));
    }
    struct qt_seal seal = {
        .number = 1, .sealed_ns = 5, .from_ns = 5, .config = strdup("{\"risk\":{\"max_heat\":0.2}}")};
    struct qt_store_key *key = qt_store_key_make(&unlock, &err);
    struct qt_store *store = qt_store_open(world->folder, key, &err);
    ck_assert_msg(store && qt_store_start(store, world->universe, NULL, &err), "%s", err.text);
    put_rows(store, 1, 100);
    qt_store_close(store);
    ck_assert_msg(qt_seal_write(world->folder, key, &seal, &err), "%s", err.text);
    qt_seal_clear(&seal);
    write_journal(world, key, &err);
    ck_assert_msg(
        qt_backup_write(world->folder, key, path_in(world->folder, "backup"), false, &backup, &err),
        "%s", err.text);
    qt_store_key_close(key);
    in_a_killed_process(trade_and_die, world->folder);
    list(world, "");
    list(world, "/journal");
    ck_assert_int_ge(world->files, 8);
}

static void
end(struct world *world)
{
    char path[128];
    qt_universe_destroy(world->universe);
    snprintf(path, sizeof path, "%s/journal", world->folder);
    folder_end(path);
    folder_end(world->folder);
    folder_end(world->copy);
}

/* Reading everything that hangs on a file */

static void
add_rows(struct qt__store_file *file, crypto_generichash_state *hash, struct qt_error *err)
{
    static const char *const tables[] = {"orders", "fills",     "positions", "postings", "equity",
                                         "modes",  "decisions", "audit",     "trades",   "meta"};
    for (size_t i = 0; i < QT_COUNT_OF(tables) && !err->code; i++) {
        char sql[80];
        sqlite3_stmt *row = NULL;
        snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
        int rc = sqlite3_prepare_v2(file->db, sql, -1, &row, NULL);
        while (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
            for (int k = 0; k < sqlite3_column_count(row); k++) {
                const unsigned char *text = sqlite3_column_text(row, k);
                crypto_generichash_update(hash, text ? text : (const unsigned char *)"-",
                                          text ? (size_t)sqlite3_column_bytes(row, k) + 1 : 2);
            }
        if (sqlite3_finalize(row) != SQLITE_OK || rc != SQLITE_OK)
            qt__store_file_fail(file, err, "store.db");
    }
}

static void
read_store(const char *folder, struct answer *out)
{
    struct qt__store_file file = {0};
    struct qt_store_report report;
    crypto_generichash_state hash;
    unlink(path_in(folder, "store.db-shm"));
    *out = (struct answer){0};
    crypto_generichash_init(&hash, NULL, 0, HASH);
    struct qt_store_key *key = key_of(folder, &out->err);
    if (key && qt__store_file_read(&file, folder, key, &out->err))
        add_rows(&file, &hash, &out->err);
    qt__store_file_close(&file);
    if (key && !out->err.code && qt_store_check(folder, key, &report, &out->err))
        ck_assert_uint_eq(report.findings, 0);
    qt_store_key_close(key);
    crypto_generichash_final(&hash, out->hash, HASH);
}

static void
read_journal(const struct world *world, struct answer *out)
{
    char path[128], json[QT_JOURNAL_JSON_MAX];
    struct qt_journal_key key;
    crypto_generichash_state hash;
    *out = (struct answer){0};
    crypto_generichash_init(&hash, NULL, 0, HASH);
    struct qt_store_key *keys = key_of(world->folder, &out->err);
    snprintf(path, sizeof path, "%s/journal", world->folder);
    if (!keys)
        return;
    qt_store_key_journal(keys, &key);
    qt_store_key_close(keys);
    struct qt_journal_reader *reader = qt_journal_open(path, NULL, &key, &out->err);
    const struct qt_event *event;
    const struct qt_decision *decision;
    while (reader && qt_journal_next(reader, &event, &decision, &out->err) == QT_JOURNAL_EVENT) {
        qt_journal_event_json(event, world->universe, json);
        crypto_generichash_update(&hash, (const unsigned char *)json, strlen(json));
    }
    if (reader && !out->err.code && qt_journal_reader_ending(reader) != QT_JOURNAL_CLOSED)
        qt_fail(&out->err, QT_E_VERIFY, "it says that its end is missing");
    qt_journal_reader_close(reader);
    crypto_generichash_final(&hash, out->hash, HASH);
}

static void
read_backup(const struct world *world, struct answer *out)
{
    struct qt_error err = {0};
    struct qt_backup backup;
    struct answer restored = {0};
    const char *path = path_in(world->folder, "backup");
    folder_end(world->copy);
    mkdir(world->copy, 0700);
    struct qt_store_key *key = qt_backup_unlock(path, &unlock, &err);
    if (key && qt_backup_restore(world->copy, key, path, false, &backup, &err))
        read_store(world->copy, &restored);
    else
        restored.err = err;
    qt_store_key_close(key);
    *out = restored;
}

static void
read_audit(const struct world *world, struct answer *out)
{
    struct qt_audit_report report = {0};
    *out = (struct answer){0};
    struct qt_store_key *key = key_of(world->folder, &out->err);
    if (key && qt_audit_verify(world->folder, key, NULL, &report, &out->err) && report.findings > 0)
        qt_fail(&out->err, QT_E_VERIFY, "%s", report.finding[0]);
    qt_store_key_close(key);
    crypto_generichash(out->hash, HASH, (const unsigned char *)report.head, strlen(report.head),
                       NULL, 0);
}

static void
read_seal(const struct world *world, struct answer *out)
{
    struct qt_seal seal = {0};
    bool found = false;
    char text[300] = "";
    *out = (struct answer){0};
    struct qt_store_key *key = key_of(world->folder, &out->err);
    if (key && qt_seal_read(world->folder, key, &seal, &found, &out->err) && found)
        snprintf(text, sizeof text, "%llu %lld %lld %s %s %s", (unsigned long long)seal.number,
                 (long long)seal.sealed_ns, (long long)seal.from_ns, seal.hash, seal.machine,
                 seal.config);
    qt_seal_clear(&seal);
    qt_store_key_close(key);
    crypto_generichash(out->hash, HASH, (const unsigned char *)text, strlen(text), NULL, 0);
}

static void
read_what_hangs_on(const struct world *world, const char *path, struct answer *out)
{
    if (strstr(path, "/backup"))
        read_backup(world, out);
    else if (strstr(path, QT_AUDIT_HEADS_NAME))
        read_audit(world, out);
    else if (strstr(path, "config.seal"))
        read_seal(world, out);
    else if (strstr(path, ".qtj"))
        read_journal(world, out);
    else
        read_store(world->folder, out);
}

static int64_t
number_of(const char *variable, int64_t otherwise)
{
    const char *text = getenv(variable);
    int64_t n = 0;
    return text && qt_int_parse(text, &n) && n > 0 ? n : otherwise;
}

START_TEST(S9_any_flipped_bit_of_a_data_directory_is_named_or_harmless)
{
    struct world world;
    int64_t flips = number_of("QT_FLIPS", qt_rounds(600)), named = 0, harmless = 0;
    uint64_t seed = (uint64_t)number_of("QT_SEED", 1) * UINT64_C(0x9e3779b97f4a7c15);
    begin(&world);
    for (int64_t i = 0; i < flips; i++) {
        const char *path = world.file[draw(&seed) % (uint64_t)world.files];
        struct answer right, now;
        struct stat st;
        unsigned char was, flipped;
        ck_assert_int_eq(stat(path, &st), 0);
        int64_t at = (int64_t)(draw(&seed) % (uint64_t)st.st_size);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(pread(file, &was, 1, at), 1);
        close(file);
        flipped = was ^ (unsigned char)(1u << (draw(&seed) >> 30 & 7));
        read_what_hangs_on(&world, path, &right);
        ck_assert_msg(!right.err.code, "%s: %s", path, right.err.text);
        file_put(path, at, &flipped, 1);
        read_what_hangs_on(&world, path, &now);
        file_put(path, at, &was, 1);
        ck_assert_msg(now.err.code || memcmp(now.hash, right.hash, HASH) == 0,
                      "%s: a flip at %lld gives another answer", path, (long long)at);
        ck_assert_msg(!now.err.code || now.err.text[0], "%s: %lld has no name", path,
                      (long long)at);
        named += now.err.code != 0;
        harmless += now.err.code == 0;
    }
    printf("# %lld flips: %lld named, %lld harmless\n", (long long)flips, (long long)named,
           (long long)harmless);
    ck_assert_int_gt(named, flips / 3);
    end(&world);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("flips");
    TCase *tc = tcase_create("flips");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, S9_any_flipped_bit_of_a_data_directory_is_named_or_harmless);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Faults S11 and S20: an audit that somebody with the key has changed, through the decrypted
 * database and in the file of heads. Each change is named, by the first entry that is not right.
 */
#include <sodium.h>
#include <sys/stat.h>

#include "audit_kit.h"
#include "qtrade/base/file.h"

enum { ENTRIES = 61, EVERY = 7, TAMPERINGS = 1000 };

struct bytes {
    char *text;
    size_t n;
};

/* A closed store of ENTRIES, with a head every EVERY and one of the last. */
struct sound {
    struct kit kit;
    struct bytes db, heads;
    int64_t head_id[ENTRIES];
    unsigned heads_n;
};

static const char *
in_folder(const struct kit *kit, const char *name)
{
    static char path[2][128];
    static unsigned next;
    char *out = path[next++ % 2];
    snprintf(out, 128, "%s/%s", kit->folder, name);
    return out;
}

static struct bytes
load(const struct kit *kit, const char *name)
{
    struct bytes out;
    struct qt_error err = {0};
    ck_assert_msg(qt_file_read(in_folder(kit, name), 1 << 24, &out.text, &out.n, &err), "%s",
                  err.text);
    return out;
}

static void
put_back(const struct kit *kit, const char *name, const struct bytes *bytes)
{
    FILE *file = fopen(in_folder(kit, name), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes->text, 1, bytes->n, file), bytes->n);
    fclose(file);
}

static void
remember_heads(struct sound *sound)
{
    const char *at = sound->heads.text;
    for (const char *end; *at && (end = strchr(at, '\n')); at = end + 1) {
        long long id;
        ck_assert_int_eq(sscanf(at, "%*s %*s %*s %*s %lld", &id), 1);
        sound->head_id[sound->heads_n++] = id;
    }
}

static void
sound_begin(struct sound *sound)
{
    struct qt_error err = {0};
    const struct qt_audit_options options = {.head_entries = EVERY, .head_seconds = 3600};
    *sound = (struct sound){.heads_n = 0};
    kit_begin(&sound->kit);
    struct qt_store *store = kit_open(&sound->kit);
    ck_assert(qt_audit_configure(store, &options, &err));
    ck_assert_msg(qt_store_start(store, sound->kit.universe, NULL, &err), "%s", err.text);
    struct qt_store_port port = qt_store_port(store);
    for (int i = 1; i <= ENTRIES; i++) {
        char detail[32];
        snprintf(detail, sizeof detail, "this is number %d", i);
        kit_append(store, i % 3 ? "order" : "mode", detail);
        ck_assert(port.flush(port.self, 60000));
    }
    qt_store_close(store);
    sound->db = load(&sound->kit, "store.db");
    sound->heads = load(&sound->kit, QT_AUDIT_HEADS_NAME);
    remember_heads(sound);
    ck_assert_uint_ge(sound->heads_n, 2);
    ck_assert_int_eq(sound->head_id[sound->heads_n - 1], ENTRIES);
}

static void
sound_again(const struct sound *sound)
{
    (void)unlink(in_folder(&sound->kit, "store.db-wal"));
    (void)unlink(in_folder(&sound->kit, "store.db-shm"));
    put_back(&sound->kit, "store.db", &sound->db);
    put_back(&sound->kit, QT_AUDIT_HEADS_NAME, &sound->heads);
}

static void
sound_end(struct sound *sound)
{
    kit_end(&sound->kit);
    free(sound->db.text);
    free(sound->heads.text);
}

static struct qt_audit_report
verify_with(const struct kit *kit, const char *others)
{
    struct qt_error err = {0};
    struct qt_audit_report report;
    struct qt_store_key *key = kit_key(kit);
    ck_assert_msg(qt_audit_verify(kit->folder, key, others, &report, &err), "%s", err.text);
    qt_store_key_close(key);
    return report;
}

static struct qt_audit_report
verify(const struct kit *kit)
{
    return verify_with(kit, NULL);
}

START_TEST(S20_a_chain_that_nobody_touched_is_good)
{
    struct sound sound;
    sound_begin(&sound);
    struct qt_audit_report report = verify(&sound.kit);
    ck_assert_uint_eq(report.findings, 0);
    ck_assert_int_eq(report.entries, ENTRIES);
    ck_assert_int_eq(report.heads, sound.heads_n);
    ck_assert_msg(strstr(sound.heads.text, report.head) != NULL, "%s", report.head);
    sound_end(&sound);
}
END_TEST

/* A hash chain written anew from an entry on, or for one entry alone. */
static void
hash_anew(sqlite3 *db, int64_t from, int64_t to)
{
    sqlite3_stmt *row, *update;
    unsigned char hash[QT__CHAIN_HASH] = {0};
    ck_assert_int_eq(sqlite3_prepare_v2(db,
                                        "SELECT id, t_ns, seq, actor, action, detail, hash FROM"
                                        " audit WHERE id <= ? ORDER BY id",
                                        -1, &row, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db, "UPDATE audit SET hash = ? WHERE id = ?", -1, &update, NULL),
        SQLITE_OK);
    sqlite3_bind_int64(row, 1, to);
    while (sqlite3_step(row) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(row, 0);
        const struct qt__entry entry = {id,
                                        sqlite3_column_int64(row, 1),
                                        sqlite3_column_int64(row, 2),
                                        (const char *)sqlite3_column_text(row, 3),
                                        (const char *)sqlite3_column_text(row, 4),
                                        (const char *)sqlite3_column_text(row, 5)};
        if (id < from) {
            memcpy(hash, sqlite3_column_blob(row, 6), sizeof hash);
            continue;
        }
        qt__chain_hash(hash, &entry, hash);
        sqlite3_bind_blob(update, 1, hash, sizeof hash, SQLITE_TRANSIENT);
        sqlite3_bind_int64(update, 2, id);
        ck_assert_int_eq(sqlite3_step(update), SQLITE_DONE);
        sqlite3_reset(update);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(update);
}

/* What is done; %1 is an entry, %2 one behind it. The first that is wrong then is %1. */
static const struct {
    const char *name, *sql;
    bool fits;   /* its own hash is made to fit: %1, or the one behind it that names it */
    bool to_end; /* all hashes from %1 on are: any entry since the head before */
} tamperings[] = {
    {"a text is edited", "UPDATE audit SET detail = detail || '!' WHERE id = %1", false, false},
    {"an actor is edited", "UPDATE audit SET actor = 'nobody' WHERE id = %1", false, false},
    {"texts change places", "UPDATE audit SET action = detail, detail = action WHERE id = %1",
     false, false},
    {"a time is edited", "UPDATE audit SET t_ns = t_ns + 1 WHERE id = %1", false, false},
    {"a number is edited", "UPDATE audit SET seq = seq + 1 WHERE id = %1", false, false},
    {"a byte 0 is put behind", "UPDATE audit SET detail = detail || char(0) WHERE id = %1", false,
     false},
    {"a hash is edited", "UPDATE audit SET hash = zeroblob(32) WHERE id = %1", false, false},
    {"a hash is cut", "UPDATE audit SET hash = substr(hash, 1, 31) WHERE id = %1", false, false},
    {"one is removed", "DELETE FROM audit WHERE id = %1", false, false},
    {"some are removed", "DELETE FROM audit WHERE id BETWEEN %1 AND %2", false, false},
    {"the tail is cut", "DELETE FROM audit WHERE id >= %1", false, false},
    {"all is removed but the last", "DELETE FROM audit WHERE id < 61 AND %1 = %1", false, false},
    {"one is removed and the others renumbered",
     "DELETE FROM audit WHERE id = %1; UPDATE audit SET id = -(id - 1) WHERE id > %1;"
     "UPDATE audit SET id = -id WHERE id < 0",
     false, false},
    {"one is put in",
     "UPDATE audit SET id = -(id + 1) WHERE id >= %1; UPDATE audit SET id = -id WHERE id < 0;"
     "INSERT INTO audit SELECT %1, t_ns, seq, actor, action, 'forged', hash FROM audit WHERE id ="
     " %1 + 1",
     false, false},
    {"one is put in and fits",
     "UPDATE audit SET id = -(id + 1) WHERE id >= %1; UPDATE audit SET id = -id WHERE id < 0;"
     "INSERT INTO audit SELECT %1, t_ns, seq, actor, action, 'forged', hash FROM audit WHERE id ="
     " %1 + 1",
     true, false},
    {"two change places with their hashes",
     "UPDATE audit SET id = -%2 WHERE id = %1; UPDATE audit SET id = %1 WHERE id = %2;"
     "UPDATE audit SET id = %2 WHERE id = -%2",
     false, false},
    {"two change places without",
     "CREATE TEMP TABLE a AS SELECT * FROM audit WHERE id IN (%1, %2);"
     "UPDATE audit SET (t_ns, seq, actor, action, detail) = (SELECT t_ns, seq, actor, action,"
     " detail FROM a WHERE a.id = %1 + %2 - audit.id) WHERE id IN (%1, %2)",
     false, false},
    {"one is edited and its hash fits", "UPDATE audit SET detail = 'forged' WHERE id = %1", true,
     false},
    {"all is written anew from one on", "UPDATE audit SET detail = 'forged' WHERE id = %1", false,
     true},
    {"one is removed and all written anew",
     "DELETE FROM audit WHERE id = %1; UPDATE audit SET id = -(id - 1) WHERE id > %1;"
     "UPDATE audit SET id = -id WHERE id < 0",
     false, true},
};

static void
fill_in(const char *pattern, int64_t one, int64_t other, char *out, size_t n)
{
    struct qt_text text;
    qt_text_init(&text, out, n);
    for (const char *at = pattern; *at; at++)
        if (at[0] == '%' && (at[1] == '1' || at[1] == '2'))
            qt_text_add_int(&text, *++at == '1' ? one : other);
        else
            qt_text_add_char(&text, *at);
    ck_assert(!text.is_cut);
}

/* Small and the same everywhere. */
static uint32_t
draw(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % below;
}

static void
expect_named(const struct sound *sound, unsigned kind, int64_t one,
             const struct qt_audit_report *report)
{
    int64_t low = one, high = one;
    if (strstr(tamperings[kind].name, "all is removed"))
        low = high = 1;
    if (tamperings[kind].fits)
        high = one + 1;
    for (unsigned i = 0; i < sound->heads_n; i++) {
        int64_t before = i ? sound->head_id[i - 1] : 0;
        bool holds = tamperings[kind].to_end || (tamperings[kind].fits && one == sound->head_id[i]);
        if (!holds || before >= one || one > sound->head_id[i])
            continue;
        low = before + 1; /* between two heads a chain that was written anew fits */
        high = sound->head_id[i];
    }
    ck_assert_msg(report->findings > 0, "%s, entry %lld: not found", tamperings[kind].name,
                  (long long)one);
    ck_assert_msg(low <= report->first_id && report->first_id <= high,
                  "%s, entry %lld: named %lld, not %lld to %lld: %s", tamperings[kind].name,
                  (long long)one, (long long)report->first_id, (long long)low, (long long)high,
                  report->finding[0]);
    char name[32];
    snprintf(name, sizeof name, "%lld", (long long)report->first_id);
    ck_assert_msg(strstr(report->finding[0], name) != NULL, "%s", report->finding[0]);
}

START_TEST(S20_each_of_1000_random_tamperings_is_named)
{
    struct sound sound;
    uint64_t random = 20;
    sound_begin(&sound);
    for (int i = 0; i < TAMPERINGS; i++) {
        unsigned kind = draw(&random, QT_COUNT_OF(tamperings));
        int64_t one = 1 + draw(&random, ENTRIES - 1);
        int64_t other = one + 1 + draw(&random, (uint32_t)(ENTRIES - one));
        char sql[600];
        sound_again(&sound);
        fill_in(tamperings[kind].sql, one, other, sql, sizeof sql);
        struct qt__store_file file = kit_connect(&sound.kit);
        struct qt_error err = {0};
        ck_assert_msg(qt__sqlite_exec(file.db, sql, tamperings[kind].name, &err), "%s", err.text);
        if (tamperings[kind].fits || tamperings[kind].to_end)
            hash_anew(file.db, one, tamperings[kind].fits ? one : INT64_MAX);
        qt__store_file_close(&file);
        struct qt_audit_report report = verify(&sound.kit);
        expect_named(&sound, kind, one, &report);
    }
    sound_end(&sound);
}
END_TEST

/* Finding number 0, and that it says so. */
static void
expect_finding(const struct sound *sound, const char *says)
{
    struct qt_audit_report report = verify(&sound->kit);
    ck_assert_msg(report.findings > 0, "nothing found, not: %s", says);
    ck_assert_msg(strstr(report.finding[0], says) != NULL, "%s: not %s", report.finding[0], says);
}

START_TEST(S20_heads_that_are_deleted_cut_edited_or_taken_out_are_named)
{
    struct sound sound;
    char says[64];
    sound_begin(&sound);
    ck_assert_int_eq(unlink(in_folder(&sound.kit, QT_AUDIT_HEADS_NAME)), 0);
    expect_finding(&sound, "audit.heads is missing or empty");
    char *last = strrchr(sound.heads.text, ' ');
    while (last > sound.heads.text && last[-1] != '\n')
        last--;
    struct bytes cut = {sound.heads.text, (size_t)(last - sound.heads.text)};
    put_back(&sound.kit, QT_AUDIT_HEADS_NAME, &cut);
    expect_finding(&sound, "audit.heads is cut");
    sound_again(&sound);
    struct bytes edited = load(&sound.kit, QT_AUDIT_HEADS_NAME);
    size_t line = (size_t)(strchr(edited.text, '\n') - edited.text) + 1;
    char *signature = edited.text + line + strcspn(edited.text + line, "\n") - 1;
    *signature = *signature == '0' ? '1' : '0';
    put_back(&sound.kit, QT_AUDIT_HEADS_NAME, &edited);
    expect_finding(&sound, "head 2 in audit.heads was edited");
    struct bytes without = {edited.text + line, edited.n - line};
    put_back(&sound.kit, QT_AUDIT_HEADS_NAME, &without);
    snprintf(says, sizeof says, "head %d", 2);
    expect_finding(&sound, says);
    free(edited.text);
    sound_end(&sound);
}
END_TEST

START_TEST(a_head_that_a_crash_tore_is_written_again_and_is_no_finding)
{
    struct sound sound;
    sound_begin(&sound);
    struct bytes torn = {sound.heads.text, sound.heads.n - 40};
    put_back(&sound.kit, QT_AUDIT_HEADS_NAME, &torn);
    char sql[100];
    snprintf(sql, sizeof sql, "UPDATE meta SET value = %u WHERE key = 'audit_heads'",
             sound.heads_n - 1); /* the file is written before the database knows */
    kit_sql(&sound.kit, sql);
    struct qt_store *store = kit_open(&sound.kit);
    ck_assert_str_eq(qt_audit_finding(store), "");
    kit_append(store, "next", "");
    qt_store_close(store);
    struct qt_audit_report report = verify(&sound.kit);
    ck_assert_msg(report.findings == 0, "%s", report.finding[0]);
    ck_assert_int_eq(report.heads, sound.heads_n);
    sound_end(&sound);
}
END_TEST

START_TEST(S11_a_store_put_back_is_seen_by_its_heads_until_it_is_accepted)
{
    struct sound sound;
    struct qt_error err = {0};
    sound_begin(&sound);
    struct qt_store *store = kit_open(&sound.kit);
    kit_append(store, "later", "what the older copy does not have");
    qt_store_close(store);
    struct bytes heads = load(&sound.kit, QT_AUDIT_HEADS_NAME);
    put_back(&sound.kit, "store.db", &sound.db);
    store = kit_start(&sound.kit);
    ck_assert_msg(strstr(qt_audit_finding(store), "put back") != NULL, "%s",
                  qt_audit_finding(store));
    kit_append(store, "paper", "goes on");
    kit_append(store, "paper", "and past the old end");
    qt_store_close(store);
    struct bytes now = load(&sound.kit, QT_AUDIT_HEADS_NAME);
    ck_assert_uint_eq(now.n, heads.n); /* no head is signed meanwhile */
    struct qt_audit_report report = verify(&sound.kit);
    ck_assert_int_eq(report.first_id, ENTRIES + 1);
    store = kit_open(&sound.kit);
    ck_assert_msg(strstr(qt_audit_finding(store), "put back") != NULL, "%s",
                  qt_audit_finding(store));
    ck_assert_msg(qt_audit_accept(store, "restored by hand", &err), "%s", err.text);
    ck_assert_str_eq(qt_audit_finding(store), "");
    ck_assert(!qt_audit_accept(store, "again", &err));
    qt_store_close(store);
    report = verify(&sound.kit);
    ck_assert_msg(report.findings == 0, "%s", report.finding[0]);
    ck_assert_int_eq(report.accepted, 1);
    ck_assert_int_eq(kit_number(&sound.kit,
                                "SELECT count(*) FROM audit WHERE action = 'audit.accept' AND"
                                " detail = 'restored by hand'"),
                     1);
    free(heads.text);
    free(now.text);
    sound_end(&sound);
}
END_TEST

START_TEST(S11_a_whole_folder_put_back_is_seen_by_heads_kept_elsewhere)
{
    struct sound sound;
    char elsewhere[128];
    sound_begin(&sound);
    struct qt_store *store = kit_open(&sound.kit);
    kit_append(store, "later", "what the older copy does not have");
    qt_store_close(store);
    struct bytes heads = load(&sound.kit, QT_AUDIT_HEADS_NAME);
    qt_copy(elsewhere, sizeof elsewhere, in_folder(&sound.kit, "log"));
    FILE *log = fopen(elsewhere, "w");
    for (char *at = heads.text, *end; *at && (end = strchr(at, '\n')); at = end + 1)
        fprintf(log, "2026-01-01 info audit.head head=\"%.*s\"\n", (int)(end - at), at);
    fclose(log);
    ck_assert_uint_eq(verify_with(&sound.kit, elsewhere).findings, 0);
    sound_again(&sound);
    ck_assert_uint_eq(verify(&sound.kit).findings, 0); /* right in itself */
    struct qt_audit_report report = verify_with(&sound.kit, elsewhere);
    ck_assert_int_eq(report.first_id, ENTRIES + 1);
    ck_assert_msg(strstr(report.finding[0], "put back") != NULL, "%s", report.finding[0]);
    free(heads.text);
    sound_end(&sound);
}
END_TEST

START_TEST(heads_of_another_store_are_named)
{
    struct sound sound, other;
    struct qt_error err = {0};
    sound_begin(&sound);
    sound_begin(&other);
    put_back(&sound.kit, QT_AUDIT_HEADS_NAME, &other.heads);
    expect_finding(&sound, "signed by another store");
    struct qt_store *store = kit_open(&sound.kit);
    ck_assert_msg(strstr(qt_audit_finding(store), "another store") != NULL, "%s",
                  qt_audit_finding(store));
    qt_store_close(store);
    (void)err;
    sound_end(&other);
    sound_end(&sound);
}
END_TEST

START_TEST(heads_are_for_their_owner_alone_and_no_link_is_followed)
{
    struct sound sound;
    struct stat st;
    sound_begin(&sound);
    ck_assert_int_eq(stat(in_folder(&sound.kit, QT_AUDIT_HEADS_NAME), &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(rename(in_folder(&sound.kit, QT_AUDIT_HEADS_NAME), in_folder(&sound.kit, "x")),
                     0);
    ck_assert_int_eq(symlink("x", in_folder(&sound.kit, QT_AUDIT_HEADS_NAME)), 0);
    struct qt_error err = {0};
    struct qt_audit_report report;
    struct qt_store_key *key = kit_key(&sound.kit);
    ck_assert(!qt_audit_verify(sound.kit.folder, key, NULL, &report, &err));
    ck_assert_msg(strstr(err.text, "audit.heads") != NULL, "%s", err.text);
    qt_store_key_close(key);
    ck_assert_msg(strstr(sound.heads.text, "BTC") == NULL, "%s", sound.heads.text);
    sound_end(&sound);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("audit_verify");
    TCase *tc = tcase_create("verify");
    tcase_set_timeout(tc, 170);
    tcase_add_test(tc, S20_a_chain_that_nobody_touched_is_good);
    tcase_add_test(tc, S20_each_of_1000_random_tamperings_is_named);
    tcase_add_test(tc, S20_heads_that_are_deleted_cut_edited_or_taken_out_are_named);
    tcase_add_test(tc, a_head_that_a_crash_tore_is_written_again_and_is_no_finding);
    tcase_add_test(tc, S11_a_store_put_back_is_seen_by_its_heads_until_it_is_accepted);
    tcase_add_test(tc, S11_a_whole_folder_put_back_is_seen_by_heads_kept_elsewhere);
    tcase_add_test(tc, heads_of_another_store_are_named);
    tcase_add_test(tc, heads_are_for_their_owner_alone_and_no_link_is_followed);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

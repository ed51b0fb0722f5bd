/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal on a real folder: everything comes back, and whatever happens to its bytes (flipped,
 * cut, missing, of another session, sealed here by what qtrade-journal(5) says) is named.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "qt_check.h"
#include "qtrade/base/file.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/journal.h"

#include "journal_kit.h"

static const char config[] = "{\n  \"engine\": {\n    \"workers\": 3\n  }\n}\n";

struct fixture {
    char folder[64];
    struct qt_journal_key key;
    struct qt_universe *universe;
    struct qt_restore *restore;
};

static void
begin(struct fixture *f)
{
    struct qt_error err = {0};
    char path[128];
    qt_copy(f->folder, sizeof f->folder, "/tmp/qtrade-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->folder));
    snprintf(path, sizeof path, "%s/journal.key", f->folder);
    ck_assert_msg(qt_journal_key_load(path, true, &f->key, &err), "%s", err.text);
    f->universe = qt_universe_create();
    for (int i = 0; i < 3; i++) {
        struct qt_instrument ins = {.base = "BTC",
                                    .quote = "USDT",
                                    .px_scale = 2 + i,
                                    .qty_scale = 5,
                                    .tick = {1},
                                    .lot = {10},
                                    .min_notional = {500000000}};
        snprintf(ins.symbol, sizeof ins.symbol, "SYM%dUSDT", i);
        ck_assert(qt_universe_add(f->universe, &ins, &err));
    }
    f->restore = calloc(1, sizeof *f->restore);
}

static int
is_segment(const struct dirent *entry)
{
    return qt_ends_with(entry->d_name, ".qtj");
}

/* The path of the n-th segment of the folder (by name), into out; false: there is none. */
static bool
segment(const struct fixture *f, int n, char out[400])
{
    struct dirent **entries;
    int count = scandir(f->folder, &entries, is_segment, alphasort);
    bool is_there = n < count;
    if (is_there)
        snprintf(out, 400, "%s/%.255s", f->folder, entries[n]->d_name);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return is_there;
}

static void
remove_from(const struct fixture *f, int n)
{
    char path[400];
    while (segment(f, n, path))
        ck_assert_int_eq(unlink(path), 0);
}

static void
end(struct fixture *f)
{
    char path[128];
    remove_from(f, 0);
    snprintf(path, sizeof path, "%s/journal.key", f->folder);
    unlink(path);
    rmdir(f->folder);
    qt_universe_destroy(f->universe);
    free(f->restore);
}

static struct qt_journal *
create(const struct fixture *f, uint64_t segment_bytes, bool waits)
{
    struct qt_error err = {0};
    const struct qt_journal_options options = {.folder = f->folder,
                                               .key = &f->key,
                                               .version = "0.0",
                                               .run_kind = "test",
                                               .config = config,
                                               .universe = f->universe,
                                               .restore = f->restore,
                                               .base_period_ns = QT_NS_PER_MIN,
                                               .sync = QT_JOURNAL_SYNC_OFF,
                                               .segment_bytes = segment_bytes,
                                               .waits = waits};
    struct qt_journal *journal = qt_journal_create(&options, &err);
    ck_assert_msg(journal != NULL, "%s", err.text);
    return journal;
}

static void
close_journal(struct qt_journal *journal)
{
    struct qt_error err = {0};
    ck_assert_msg(qt_journal_close(journal, &err), "%s", err.text);
}

/* Events 1..n, after every fifth a decision; the same for the same seed. */
static bool
put(struct qt_journal *journal, uint64_t from, uint64_t to, struct qt_rng *rng)
{
    struct qt_journal_port port = qt_journal_port(journal);
    for (uint64_t seq = from; seq <= to; seq++) {
        struct qt_event event = event_of(seq, rng);
        if (!port.event(port.self, &event))
            return false;
        if (seq % 5 == 0) {
            struct qt_decision decision = decision_of(seq, rng);
            if (!port.decision(port.self, &decision))
                return false;
        }
    }
    return true;
}

/* Reads the last session, or the one named, and compares with what put writes. Returns how many
 * events came; *out_ending is meaningful without an error. */
static uint64_t
read_back(const struct fixture *f, const char *session, enum qt_journal_ending *out_ending,
          struct qt_error *err)
{
    struct qt_rng rng;
    const struct qt_event *event;
    const struct qt_decision *decision;
    uint64_t n = 0;
    qt_rng_init(&rng, 1);
    *out_ending = QT_JOURNAL_CUT;
    struct qt_journal_reader *reader = qt_journal_open(f->folder, session, &f->key, err);
    if (!reader)
        return 0;
    for (enum qt_journal_item item;;) {
        item = qt_journal_next(reader, &event, &decision, err);
        if (item == QT_JOURNAL_END || item == QT_JOURNAL_FAILED)
            break;
        if (item == QT_JOURNAL_EVENT) {
            struct qt_event wanted = event_of(++n, &rng);
            ck_assert_mem_eq(event, &wanted, sizeof wanted);
        } else {
            struct qt_decision wanted = decision_of(n, &rng);
            ck_assert_mem_eq(decision, &wanted, sizeof wanted);
        }
    }
    *out_ending = qt_journal_reader_ending(reader);
    qt_journal_reader_close(reader);
    return n;
}

static void
write_session(const struct fixture *f, uint64_t events, uint64_t segment_bytes)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 1);
    struct qt_journal *journal = create(f, segment_bytes, true);
    ck_assert(put(journal, 1, events, &rng));
    close_journal(journal);
}

START_TEST(every_kind_of_record_comes_back)
{
    struct fixture f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    begin(&f);
    write_session(&f, 40000, 0);
    ck_assert_uint_eq(read_back(&f, NULL, &ending, &err), 40000);
    ck_assert_msg(err.code == QT_E_NONE, "%s", err.text);
    ck_assert_int_eq(ending, QT_JOURNAL_CLOSED);
    end(&f);
}
END_TEST

START_TEST(head_comes_back_with_config_universe_and_state)
{
    struct fixture f;
    struct qt_error err = {0};
    begin(&f);
    f.restore->is_found = true;
    f.restore->last_seq = 991;
    f.restore->mode = QT_MODE_REDUCED;
    f.restore->capital = (qt_money){-5};
    f.restore->orders = 1;
    f.restore->order[0] = (struct qt_order_record){
        .request = {.client_id = 77, .instrument = 2}, .state = QT_ORDER_PARTIAL, .reason = "why"};
    f.restore->positions = 1;
    f.restore->position[0].instrument = 1;
    f.restore->position[0].qty = (qt_qty){123};
    f.restore->position[0].has_plan = true;
    f.restore->position[0].plan.target[2] = (qt_px){99};
    f.restore->balances = 1;
    f.restore->balance[0] = (struct qt_balance_record){"cash", "USDT", 8, {4242}};
    write_session(&f, 1, 0);
    struct qt_journal_reader *reader = qt_journal_open(f.folder, NULL, &f.key, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    const struct qt_journal_head *head = qt_journal_reader_head(reader);
    ck_assert_str_eq(head->config, config);
    ck_assert_str_eq(head->run_kind, "test");
    ck_assert_uint_eq(qt_universe_count(head->universe), 3);
    ck_assert_mem_eq(qt_universe_at(head->universe, 2), qt_universe_at(f.universe, 2),
                     sizeof(struct qt_instrument));
    ck_assert_mem_eq(head->restore, f.restore, sizeof *f.restore);
    qt_journal_reader_close(reader);
    end(&f);
}
END_TEST

static void
read_file(const char *path, unsigned char **out, size_t *n)
{
    struct qt_error err = {0};
    char *bytes;
    ck_assert_msg(qt_file_read(path, 1 << 28, &bytes, n, &err), "%s", err.text);
    *out = (unsigned char *)bytes;
}

static void
write_file(const char *path, const unsigned char *bytes, size_t n)
{
    int file = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    ck_assert_int_eq(write(file, bytes, n), (ssize_t)n);
    close(file);
}

static bool
is_named(const struct qt_error *err)
{
    return (err->code == QT_E_VERIFY || err->code == QT_E_LOCKED || err->code == QT_E_DATA) &&
           err->text[0];
}

START_TEST(every_flipped_byte_is_named)
{
    struct fixture f;
    char path[400];
    unsigned char *bytes;
    size_t n;
    begin(&f);
    write_session(&f, 60, 0);
    ck_assert(segment(&f, 0, path));
    read_file(path, &bytes, &n);
    for (size_t at = 0; at < n; at++) {
        struct qt_error err = {0};
        enum qt_journal_ending ending;
        bytes[at] ^= (unsigned char)(1u << at % 8);
        write_file(path, bytes, n);
        uint64_t events = read_back(&f, NULL, &ending, &err);
        ck_assert_msg(is_named(&err) || (err.code == QT_E_NONE && ending == QT_JOURNAL_CUT),
                      "byte %zu of %zu: %s", at, n, err.text);
        ck_assert_uint_le(events, 60);
        bytes[at] ^= (unsigned char)(1u << at % 8);
    }
    free(bytes);
    end(&f);
}
END_TEST

START_TEST(every_cut_tail_is_seen_and_recovered_by_the_next_session)
{
    struct fixture f;
    char path[400];
    unsigned char *bytes;
    size_t n;
    begin(&f);
    write_session(&f, 60, 0);
    ck_assert(segment(&f, 0, path));
    read_file(path, &bytes, &n);
    for (size_t left = n - 1; left < n; left -= 3) {
        struct qt_error err = {0};
        enum qt_journal_ending ending;
        write_file(path, bytes, left);
        uint64_t before = read_back(&f, NULL, &ending, &err);
        ck_assert_int_eq(ending, QT_JOURNAL_CUT);
        ck_assert(err.code == QT_E_NONE || is_named(&err));
        close_journal(create(&f, 0, true));
        char left_path[400];
        ck_assert(segment(&f, 0, left_path));
        if (strcmp(left_path, path) == 0) {
            char session[40];
            qt_copy_n(session, sizeof session, strrchr(path, '/') + 1, 28);
            err = (struct qt_error){0};
            ck_assert_uint_eq(read_back(&f, session, &ending, &err), before);
            ck_assert_msg(err.code == QT_E_NONE, "%zu bytes: %s", left, err.text);
            ck_assert_int_eq(ending, QT_JOURNAL_RECOVERED);
            remove_from(&f, 1);
        } else {
            ck_assert_uint_eq(before, 0); /* nothing was in it yet: it is gone */
            remove_from(&f, 0);
        }
    }
    free(bytes);
    end(&f);
}
END_TEST

START_TEST(damage_in_the_middle_is_not_taken_for_a_torn_tail)
{
    struct fixture f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    char path[400];
    unsigned char *bytes, *after;
    size_t n, after_n;
    begin(&f);
    write_session(&f, 60000, 0); /* several of the reader's windows */
    ck_assert(segment(&f, 0, path));
    read_file(path, &bytes, &n);
    bytes[n / 2] ^= 1;
    write_file(path, bytes, n);
    (void)read_back(&f, NULL, &ending, &err);
    const char *at = strstr(err.text, "at byte ");
    ck_assert_msg(at && n / 2 - strtoull(at + 8, NULL, 10) < 1 << 17, "%zu: %s", n / 2, err.text);
    close_journal(create(&f, 0, true));
    read_file(path, &after, &after_n);
    ck_assert_uint_eq(after_n, n);
    ck_assert_mem_eq(after, bytes, n); /* evidence is not overwritten */
    free(after);
    free(bytes);
    end(&f);
}
END_TEST

START_TEST(missing_and_exchanged_segments_are_named)
{
    struct fixture f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    char first[400], second[400], third[400], moved[420];
    begin(&f);
    write_session(&f, 20000, 1);
    ck_assert(segment(&f, 1, first) && segment(&f, 2, second) && segment(&f, 3, third));
    ck_assert_uint_eq(read_back(&f, NULL, &ending, &err), 20000);
    snprintf(moved, sizeof moved, "%s.away", second);
    ck_assert_int_eq(rename(second, moved), 0);
    read_back(&f, NULL, &ending, &err);
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.text, "segment 3 is missing"));
    ck_assert_int_eq(rename(third, second), 0);
    err = (struct qt_error){0};
    read_back(&f, NULL, &ending, &err);
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    unlink(moved);
    end(&f);
}
END_TEST

START_TEST(key_of_another_folder_does_not_fit)
{
    struct fixture f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    begin(&f);
    write_session(&f, 10, 0);
    f.key.bytes[5] ^= 1;
    ck_assert_uint_eq(read_back(&f, NULL, &ending, &err), 0);
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    end(&f);
}
END_TEST

START_TEST(key_file_that_is_not_one_is_refused)
{
    struct fixture f;
    struct qt_journal_key key;
    char path[128], link[128];
    begin(&f);
    snprintf(path, sizeof path, "%s/journal.key", f.folder);
    snprintf(link, sizeof link, "%s/link", f.folder);
    struct qt_error err = {0};
    ck_assert(qt_journal_key_load(path, true, &key, &err)); /* is there: the same one */
    ck_assert_mem_eq(&key, &f.key, sizeof key);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert(!qt_journal_key_load(link, false, &key, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    unlink(link);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert(!qt_journal_key_load(path, false, &key, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(truncate(path, 31), 0);
    ck_assert(!qt_journal_key_load(path, false, &key, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    unlink(path);
    ck_assert(!qt_journal_key_load(path, false, &key, &err));
    end(&f);
}
END_TEST

START_TEST(oldest_sessions_go_as_a_whole)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_journal_listing rows[8];
    begin(&f);
    for (int i = 0; i < 3; i++)
        write_session(&f, 20000, 1 << 18);
    ck_assert_int_eq(qt_journal_list(f.folder, rows, 8, &err), 3);
    ck_assert_uint_gt(rows[1].segments, 1);
    const struct qt_journal_options options = {.folder = f.folder,
                                               .key = &f.key,
                                               .version = "",
                                               .run_kind = "",
                                               .config = "{}",
                                               .universe = f.universe,
                                               .keep_bytes = rows[2].bytes + 10};
    char kept[40];
    qt_copy(kept, sizeof kept, rows[2].session);
    close_journal(qt_journal_create(&options, &err));
    ck_assert_int_eq(qt_journal_list(f.folder, rows, 8, &err), 2);
    ck_assert_str_eq(rows[0].session, kept);
    end(&f);
}
END_TEST

START_TEST(running_session_keeps_within_its_share_of_the_disk)
{
    struct fixture f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    struct qt_rng rng;
    char path[400];
    uint64_t bytes = 0;
    struct stat st;
    begin(&f);
    qt_rng_init(&rng, 1);
    write_session(&f, 1000, 0); /* an older one: it goes first */
    const struct qt_journal_options options = {.folder = f.folder,
                                               .key = &f.key,
                                               .version = "",
                                               .run_kind = "",
                                               .config = "{}",
                                               .universe = f.universe,
                                               .segment_bytes = 1 << 17,
                                               .keep_bytes = 1 << 19,
                                               .waits = true};
    struct qt_journal *journal = qt_journal_create(&options, &err);
    ck_assert_msg(journal != NULL, "%s", err.text);
    ck_assert(put(journal, 1, 80000, &rng));
    close_journal(journal);
    for (int i = 0; segment(&f, i, path); i++)
        bytes += stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
    ck_assert_uint_lt(bytes, (1 << 19) + 2 * QT_JOURNAL_CONFIG_MAX + (2 << 17));
    ck_assert(segment(&f, 0, path));
    ck_assert_ptr_nonnull(strstr(path, "-000001.qtj"));
    read_back(&f, NULL, &ending, &err);
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.text, "segment 2 is missing"));
    end(&f);
}
END_TEST

/* A disk that is full for a while (fault S4). */

static void
limit_files_to(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
wait_for_health(const struct qt_journal_port *port, bool is_healthy)
{
    const struct timespec look = {.tv_nsec = 5000000};
    for (int i = 0; i < 2000 && port->is_healthy(port->self) != is_healthy; i++)
        nanosleep(&look, NULL);
    ck_assert_int_eq(port->is_healthy(port->self), is_healthy);
}

START_TEST(full_disk_is_told_and_nothing_is_lost_when_space_returns)
{
    struct fixture f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    struct qt_rng rng;
    begin(&f);
    qt_rng_init(&rng, 1);
    struct qt_journal *journal = create(&f, 0, false);
    struct qt_journal_port port = qt_journal_port(journal);
    limit_files_to(50000);
    ck_assert(put(journal, 1, 5000, &rng));
    wait_for_health(&port, false);
    ck_assert(put(journal, 5001, 6000, &rng));
    limit_files_to(RLIM_INFINITY);
    wait_for_health(&port, true);
    close_journal(journal);
    ck_assert_uint_eq(read_back(&f, NULL, &ending, &err), 6000);
    ck_assert_int_eq(ending, QT_JOURNAL_CLOSED);
    end(&f);
}
END_TEST

START_TEST(full_ring_says_so_and_the_end_is_named_lost)
{
    struct fixture f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    struct qt_rng rng;
    begin(&f);
    qt_rng_init(&rng, 1);
    struct qt_journal *journal = create(&f, 0, false);
    struct qt_journal_port port = qt_journal_port(journal);
    limit_files_to(20000);
    ck_assert(put(journal, 1, 5000, &rng));
    wait_for_health(&port, false);
    ck_assert(!put(journal, 5001, 100000, &rng));
    port.lost(port.self);
    limit_files_to(RLIM_INFINITY);
    wait_for_health(&port, true);
    close_journal(journal);
    uint64_t events = read_back(&f, NULL, &ending, &err);
    ck_assert_uint_gt(events, 5000);
    ck_assert_uint_lt(events, 100000);
    ck_assert_int_eq(ending, QT_JOURNAL_LOST);
    end(&f);
}
END_TEST

/* Someone who has the key (fault A3): chunks by the manual, sealed here. */

struct forged {
    unsigned char *bytes;
    size_t n, at; /* at: of the chunk in hand */
    unsigned char key[32];
    uint64_t chunk;
    size_t plain_n;
    unsigned char plain[1 << 18];
};

static void
forge_open(struct forged *forged, const struct fixture *f, const char *path)
{
    read_file(path, &forged->bytes, &forged->n);
    crypto_generichash(forged->key, 32, forged->bytes, 64, f->key.bytes, 32);
    forged->at = 64;
    forged->chunk = 0;
}

static void
forge_nonce(const struct forged *forged, unsigned char out[24])
{
    memset(out, 0, 24);
    memcpy(out, &forged->chunk, 8);
}

static bool
forge_read(struct forged *forged)
{
    unsigned char nonce[24], *at = forged->bytes + forged->at;
    unsigned long long n;
    uint32_t length;
    if (forged->at == forged->n)
        return false;
    memcpy(&length, at, 4);
    forge_nonce(forged, nonce);
    ck_assert_int_eq(crypto_aead_xchacha20poly1305_ietf_decrypt(
                         forged->plain, &n, NULL, at + 4, length + 16, at, 4, nonce, forged->key),
                     0);
    forged->plain_n = (size_t)n;
    return true;
}

/* Seals the chunk again where it stood, and goes to the next. */
static void
forge_write(struct forged *forged)
{
    unsigned char nonce[24], *at = forged->bytes + forged->at;
    uint32_t length = (uint32_t)forged->plain_n;
    memcpy(at, &length, 4);
    forge_nonce(forged, nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(at + 4, NULL, forged->plain, length, at, 4, NULL,
                                               nonce, forged->key);
    forged->at += length + 20;
    forged->chunk++;
}

/* Reads whatever is there to the end. */
static void
read_anything(const struct fixture *f)
{
    struct qt_error err = {0};
    const struct qt_event *event;
    const struct qt_decision *decision;
    char json[QT_JOURNAL_JSON_MAX];
    struct qt_journal_reader *reader = qt_journal_open(f->folder, NULL, &f->key, &err);
    if (!reader) {
        ck_assert(err.text[0]);
        return;
    }
    const struct qt_universe *universe = qt_journal_reader_head(reader)->universe;
    for (;;) {
        switch (qt_journal_next(reader, &event, &decision, &err)) {
        case QT_JOURNAL_EVENT:
            qt_journal_event_json(event, universe, json);
            continue;
        case QT_JOURNAL_DECISION:
            qt_journal_decision_json(decision, universe, json);
            continue;
        case QT_JOURNAL_FAILED:
            ck_assert(is_named(&err));
            break;
        case QT_JOURNAL_END:
            break;
        }
        break;
    }
    qt_journal_reader_close(reader);
}

START_TEST(A3_forged_records_are_read_or_named_and_harm_nobody)
{
    struct fixture f;
    char path[400];
    struct qt_rng rng;
    begin(&f);
    f.restore->is_found = true;
    write_session(&f, 300, 0);
    ck_assert(segment(&f, 0, path));
    qt_rng_init(&rng, 42);
    struct forged *whole = calloc(1, sizeof *whole), *forged = calloc(1, sizeof *forged);
    forge_open(whole, &f, path);
    for (int i = 0; i < 1500; i++) {
        *forged = *whole;
        forged->bytes = malloc(whole->n);
        memcpy(forged->bytes, whole->bytes, whole->n);
        while (forge_read(forged)) {
            for (unsigned k = 0; k < 1 + qt_rng_next(&rng) % 4; k++)
                forged->plain[qt_rng_next(&rng) % forged->plain_n] =
                    (unsigned char)qt_rng_next(&rng);
            if (i % 10 == 0) /* nothing but noise */
                for (size_t k = 0; k < forged->plain_n; k++)
                    forged->plain[k] = (unsigned char)qt_rng_next(&rng);
            forge_write(forged);
        }
        write_file(path, forged->bytes, forged->n);
        read_anything(&f);
        free(forged->bytes);
    }
    free(whole->bytes);
    free(whole);
    free(forged);
    end(&f);
}
END_TEST

int
main(void)
{
    const struct {
        const char *name;
        const TTest *test;
    } cases[] = {
        {"record", every_kind_of_record_comes_back},
        {"head", head_comes_back_with_config_universe_and_state},
        {"flip", every_flipped_byte_is_named},
        {"cut", every_cut_tail_is_seen_and_recovered_by_the_next_session},
        {"middle", damage_in_the_middle_is_not_taken_for_a_torn_tail},
        {"segments", missing_and_exchanged_segments_are_named},
        {"key", key_of_another_folder_does_not_fit},
        {"key_file", key_file_that_is_not_one_is_refused},
        {"retain", oldest_sessions_go_as_a_whole},
        {"retain_running", running_session_keeps_within_its_share_of_the_disk},
        {"S4_full_disk", full_disk_is_told_and_nothing_is_lost_when_space_returns},
        {"S6_full_ring", full_ring_says_so_and_the_end_is_named_lost},
        {"A3_forged", A3_forged_records_are_read_or_named_and_harm_nobody},
    };
    Suite *suite = suite_create("journal");
    for (size_t i = 0; i < QT_COUNT_OF(cases); i++) {
        TCase *tc = tcase_create(cases[i].name);
        tcase_set_timeout(tc, 240);
        tcase_add_test(tc, cases[i].test);
        suite_add_tcase(suite, tc);
    }
    return qt_run_suite(suite);
}

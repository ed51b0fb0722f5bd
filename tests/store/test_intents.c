/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intents: an order is known before it leaves, whatever happens to the process or the disk (O4). */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qtrade/base/clock.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/audit.h"
#include "qtrade/store/check.h"
#include "qtrade/store/store.h"
#include "qtrade/trade/order.h"

#include "../../src/store/store_open_priv.h"
#include "../lib/qt_check.h"

static const struct qt_unlock unlock = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes that open it...", 32};

struct fixture {
    char folder[64], path[96];
    struct qt_universe *universe;
    struct qt_store_key *key;
    struct qt_store *store;
    struct qt_store_port port;
    struct qt_restore *restore;
};

static void
begin(struct fixture *f)
{
    struct qt_error err = {0};
    struct qt_instrument ins = {.symbol = "ZYXUSDT",
                                .base = "ZYX",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {1},
                                .lot = {1}};
    *f = (struct fixture){0};
    qt_copy(f->folder, sizeof f->folder, "/tmp/qtrade-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/intents", f->folder);
    f->universe = qt_universe_create();
    ck_assert(qt_universe_add(f->universe, &ins, &err));
    f->key = qt_store_key_make(&unlock, &err);
    f->restore = calloc(1, sizeof *f->restore);
    ck_assert_msg(f->key && f->restore, "%s", err.text);
}

/* A start: what it finds is in f->restore. */
static void
start(struct fixture *f)
{
    struct qt_error err = {0};
    uint32_t unknown = 0;
    f->store = qt_store_open(f->folder, f->key, &err);
    ck_assert_msg(f->store && qt_store_keep_intents(f->store, f->key, &err), "%s", err.text);
    ck_assert_msg(qt_store_restore(f->store, f->universe, f->restore, &unknown, &err), "%s",
                  err.text);
    ck_assert_uint_eq(unknown, 0);
    ck_assert_msg(qt_store_start(f->store, f->universe, NULL, &err), "%s", err.text);
    f->port = qt_store_port(f->store);
}

static void
stop(struct fixture *f)
{
    qt_store_close(f->store);
    f->store = NULL;
}

static void
end(struct fixture *f)
{
    stop(f);
    qt_store_key_close(f->key);
    qt_universe_destroy(f->universe);
    free(f->restore);
    DIR *dir = opendir(f->folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    ck_assert_int_eq(rmdir(f->folder), 0);
}

/* The folder of a process that was killed is the next one's. */
static void
keep_in_child(struct fixture *f, void (*work)(struct fixture *f))
{
    start(f); /* so that the folder has its keys */
    stop(f);
    pid_t child = fork();
    if (child == 0) {
        start(f);
        work(f);
        raise(SIGKILL);
    }
    int how = 0;
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
}

static struct qt_intent
intent_of(uint64_t client_id, enum qt_order_purpose purpose)
{
    bool is_entry = purpose == QT_PURPOSE_ENTRY;
    return (struct qt_intent){
        .request = {.client_id = client_id,
                    .side = is_entry ? QT_BUY : QT_SELL,
                    .type = is_entry ? QT_TYPE_LIMIT : QT_TYPE_STOP_LOSS_LIMIT,
                    .tif = is_entry ? QT_TIF_IOC : QT_TIF_GTC,
                    .reduce_only = !is_entry,
                    .px = {12345},
                    .stop_px = is_entry ? QT_PX_NONE : (qt_px){12000},
                    .qty = {6789}},
        .purpose = (uint8_t)purpose,
        .has_plan = is_entry,
        .t_ns = INT64_C(1700000000) * QT_NS_PER_S,
        .plan = {.client_id = client_id,
                 .side = QT_BUY,
                 .stop = {12000},
                 .trail = {77},
                 .target = {{13000}, {13500}, {14000}},
                 .target_bps = {5000, 3000, 2000}}};
}

static void
keep(struct fixture *f, uint64_t client_id, enum qt_order_purpose purpose)
{
    const char *why = "";
    const struct qt_intent intent = intent_of(client_id, purpose);
    ck_assert_msg(f->port.intend(f->port.self, &intent, &why), "%s", why);
}

static void
put_row(struct fixture *f, uint64_t client_id, enum qt_order_state state)
{
    const struct qt_intent intent = intent_of(client_id, QT_PURPOSE_ENTRY);
    const struct qt_record record = {
        .kind = QT_RECORD_ORDER,
        .seq = client_id >> 8,
        .order = {.request = intent.request, .state = (uint8_t)state, .created_ns = 1}};
    ck_assert(f->port.put(f->port.self, &record));
}

static void
flush(struct fixture *f)
{
    ck_assert(f->port.flush(f->port.self, 60000));
}

static void
two_orders(struct fixture *f)
{
    keep(f, qt_client_id(900, 0), QT_PURPOSE_ENTRY);
    keep(f, qt_client_id(907, 3), QT_PURPOSE_VENUE_STOP);
}

START_TEST(o4_orders_that_only_intents_knew_come_back_whole_after_a_kill)
{
    struct fixture f;
    struct qt_intents_view found;
    begin(&f);
    keep_in_child(&f, two_orders);
    start(&f);
    const struct qt_restore *r = f.restore;
    ck_assert_uint_eq(r->orders, 2);
    const struct qt_order_record *entry = &r->order[0], *guard = &r->order[1];
    const struct qt_intent wanted = intent_of(qt_client_id(900, 0), QT_PURPOSE_ENTRY);
    ck_assert_uint_eq(entry->request.client_id, qt_client_id(900, 0));
    ck_assert(memcmp(&entry->request, &wanted.request, sizeof wanted.request) == 0);
    ck_assert_int_eq(entry->created_ns, wanted.t_ns);
    ck_assert_int_eq(entry->purpose, QT_PURPOSE_ENTRY);
    ck_assert_int_eq(guard->purpose, QT_PURPOSE_VENUE_STOP);
    ck_assert_int_eq(guard->request.type, QT_TYPE_STOP_LOSS_LIMIT);
    ck_assert(guard->request.reduce_only);
    ck_assert_int_eq(guard->request.stop_px.v, 12000);
    ck_assert_uint_eq(r->plans, 1);
    ck_assert(memcmp(&r->plan[0].target, wanted.plan.target, sizeof wanted.plan.target) == 0);
    ck_assert_int_eq(r->plan[0].target_bps[2], 2000);
    ck_assert_int_eq(r->plan[0].stop.v, 12000);
    ck_assert_int_eq(r->plan[0].trail.v, 77);
    ck_assert(r->is_found);
    ck_assert_uint_eq(r->last_seq, 907); /* no other order gets one of these ids (O15) */
    qt_store_intents(f.store, &found);
    ck_assert_uint_eq(found.orders, 2);
    ck_assert_uint_eq(found.damaged, 0);
    ck_assert(!found.is_torn);
    end(&f);
}
END_TEST

static void
rows_and_intents(struct fixture *f)
{
    keep(f, qt_client_id(10, 0), QT_PURPOSE_ENTRY);
    keep(f, qt_client_id(20, 0), QT_PURPOSE_ENTRY);
    keep(f, qt_client_id(30, 0), QT_PURPOSE_ENTRY);
    put_row(f, qt_client_id(10, 0), QT_ORDER_FILLED);
    put_row(f, qt_client_id(20, 0), QT_ORDER_OPEN);
    flush(f);
}

START_TEST(o4_row_in_the_store_goes_before_its_intent)
{
    struct fixture f;
    begin(&f);
    keep_in_child(&f, rows_and_intents);
    start(&f);
    ck_assert_uint_eq(f.restore->orders, 2);
    ck_assert_uint_eq(f.restore->order[0].request.client_id, qt_client_id(20, 0));
    ck_assert_int_eq(f.restore->order[0].state, QT_ORDER_OPEN);
    ck_assert_uint_eq(f.restore->order[1].request.client_id, qt_client_id(30, 0));
    ck_assert_uint_eq(f.restore->plans, 2); /* of those that may fill */
    stop(&f);
    start(&f); /* the numbers of the slots go on */
    keep(&f, qt_client_id(40, 0), QT_PURPOSE_ENTRY);
    ck_assert_uint_eq(f.store->intents->number, 4);
    end(&f);
}
END_TEST

START_TEST(ring_goes_round_as_the_store_follows_and_not_before)
{
    struct fixture f;
    const char *why = "";
    begin(&f);
    start(&f);
    for (unsigned i = 0; i < QT__INTENT_SLOTS; i++) {
        if (i % 1000 == 0)
            put_row(&f, qt_client_id(i + 1, 0),
                    QT_ORDER_FILLED); /* not marked: it stays in the ring */
        keep(&f, qt_client_id(i + 1, 0), QT_PURPOSE_ENTRY);
    }
    const struct qt_intent one_more = intent_of(qt_client_id(9000, 0), QT_PURPOSE_ENTRY);
    ck_assert(!f.port.intend(f.port.self, &one_more, &why));
    ck_assert_ptr_nonnull(strstr(why, "wait for the store"));
    flush(&f);
    keep(&f, qt_client_id(9000, 0), QT_PURPOSE_ENTRY);
    stop(&f);
    start(&f);
    struct qt_intents_view found;
    qt_store_intents(f.store, &found);
    ck_assert_uint_eq(found.orders, QT__INTENT_ASKED); /* the newest are asked for */
    ck_assert_uint_gt(found.older, 0);
    ck_assert_uint_eq(f.restore->last_seq, 9000);
    ck_assert_uint_eq(f.restore->order[f.restore->orders - 1].request.client_id,
                      qt_client_id(9000, 0));
    end(&f);
}
END_TEST

/* No byte of a file may be written beyond so many. */
static void
limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(s4_intent_that_cannot_be_written_is_refused_and_all_are_written_anew)
{
    struct fixture f;
    const char *why = "";
    begin(&f);
    start(&f);
    keep(&f, qt_client_id(1, 0), QT_PURPOSE_ENTRY);
    limit_files(QT__INTENT_BYTES);
    const struct qt_intent intent = intent_of(qt_client_id(2, 0), QT_PURPOSE_ENTRY);
    ck_assert(!f.port.intend(f.port.self, &intent, &why));
    ck_assert_ptr_nonnull(strstr(why, "cannot be written"));
    ck_assert(!f.port.is_healthy(f.port.self)); /* nothing new is risked */
    ck_assert(!f.port.intend(f.port.self, &intent, &why));
    limit_files(RLIM_INFINITY);
    while (!f.port.is_healthy(f.port.self)) /* the store's thread heals it */
        usleep(1000);
    keep(&f, qt_client_id(3, 0), QT_PURPOSE_ENTRY);
    struct qt_store_stats stats;
    qt_store_stats(f.store, &stats);
    ck_assert_uint_eq(stats.intents, 2);
    ck_assert_uint_eq(stats.unkept, 2);
    stop(&f);
    start(&f);
    ck_assert_uint_eq(f.restore->last_seq, 3);
    ck_assert_uint_eq(f.restore->order[0].request.client_id, qt_client_id(1, 0));
    end(&f);
}
END_TEST

START_TEST(s6_disk_that_does_not_answer_is_not_asked)
{
    struct fixture f;
    const char *why = "";
    begin(&f);
    start(&f);
    const struct qt_intent intent = intent_of(qt_client_id(2, 0), QT_PURPOSE_VENUE_STOP);
    const struct qt_instrument *ins = qt_universe_at(f.universe, 0);
    int64_t long_ago = qt_now_mono_ns() - QT_NS_PER_S;
    ck_assert(!qt__intents_keep(f.store->intents, &intent, ins, 0, 0, long_ago, &why));
    ck_assert_ptr_nonnull(strstr(why, "does not answer"));
    ck_assert(qt__intents_keep(f.store->intents, &intent, ins, 0, 0, qt_now_mono_ns(), &why));
    end(&f);
}
END_TEST

static void
overwrite(const struct fixture *f, unsigned slot, unsigned at, unsigned char mask)
{
    FILE *file = fopen(f->path, "r+b");
    long offset = (long)slot * QT__INTENT_BYTES + (long)at;
    unsigned char byte;
    ck_assert(file && fseek(file, offset, SEEK_SET) == 0 && fread(&byte, 1, 1, file) == 1);
    byte ^= mask;
    ck_assert(fseek(file, offset, SEEK_SET) == 0 && fwrite(&byte, 1, 1, file) == 1);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(s9_damaged_slot_is_named_and_a_torn_end_is_no_order)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_intents_view found;
    struct qt_store_report report;
    begin(&f);
    start(&f);
    for (unsigned i = 1; i <= 5; i++)
        keep(&f, qt_client_id(i, 0), QT_PURPOSE_ENTRY);
    stop(&f);
    overwrite(&f, 2, (unsigned)_i * 8 + (unsigned)_i % 8, 1u << (_i % 8)); /* from end to end of it */
    overwrite(&f, 6, 17, 0xff); /* behind the newest: a write that was cut */
    ck_assert_msg(qt_store_check(f.folder, f.key, &report, &err), "%s", err.text);
    ck_assert_uint_eq(report.findings, 1);
    ck_assert_str_eq(report.finding[0].text, "slot 2 of the file intents is damaged");
    start(&f);
    qt_store_intents(f.store, &found);
    ck_assert_uint_eq(found.damaged, 1);
    ck_assert(found.is_torn);
    ck_assert_uint_eq(f.restore->orders, 4);
    keep(&f, qt_client_id(6, 0), QT_PURPOSE_ENTRY);
    stop(&f);
    start(&f);
    qt_store_intents(f.store, &found);
    ck_assert(!found.is_torn);
    ck_assert_uint_eq(f.restore->orders, 5);
    end(&f);
}
END_TEST

START_TEST(s14_nothing_of_an_order_is_readable)
{
    static unsigned char bytes[QT__INTENT_SLOTS * QT__INTENT_BYTES];
    struct fixture f;
    uint64_t id = qt_client_id(UINT64_C(0x123456789a), 7);
    begin(&f);
    start(&f);
    keep(&f, id, QT_PURPOSE_ENTRY);
    FILE *file = fopen(f.path, "rb");
    ck_assert(file && fread(bytes, 1, sizeof bytes, file) == sizeof bytes);
    fclose(file);
    ck_assert_ptr_null(memmem(bytes, sizeof bytes, "ZYX", 3));
    ck_assert_ptr_null(memmem(bytes, sizeof bytes, &id, sizeof id));
    end(&f);
}
END_TEST

START_TEST(cut_file_grows_again_and_another_store_s_says_nothing)
{
    struct fixture f;
    struct qt_intents_view found;
    struct stat st;
    begin(&f);
    start(&f);
    keep(&f, qt_client_id(5, 0), QT_PURPOSE_ENTRY);
    stop(&f);
    ck_assert_int_eq(truncate(f.path, 3 * QT__INTENT_BYTES), 0);
    start(&f);
    ck_assert_uint_eq(f.restore->orders, 1);
    ck_assert_int_eq(stat(f.path, &st), 0);
    ck_assert_int_eq(st.st_size, QT__INTENT_SLOTS * QT__INTENT_BYTES);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    stop(&f);
    struct fixture other;
    begin(&other);
    ck_assert_int_eq(rename(f.path, other.path), 0);
    start(&other);
    qt_store_intents(other.store, &found);
    ck_assert_uint_eq(other.restore->orders, 0);
    ck_assert_uint_eq(found.damaged + found.is_torn, 1);
    end(&other);
    end(&f);
}
END_TEST

START_TEST(k5_strange_files_are_refused)
{
    struct fixture f;
    char elsewhere[128];
    begin(&f);
    start(&f);
    stop(&f);
    for (int i = 0; i < 3; i++) {
        struct qt_error err = {0};
        snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", f.folder);
        ck_assert_int_eq(rename(f.path, elsewhere), 0);
        if (i == 0)
            ck_assert_int_eq(symlink(elsewhere, f.path), 0);
        else if (i == 1)
            ck_assert_int_eq(mkfifo(f.path, 0600), 0);
        else
            ck_assert(link(elsewhere, f.path) == 0 && chmod(f.path, 0640) == 0);
        f.store = qt_store_open(f.folder, f.key, &err);
        ck_assert(f.store && !qt_store_keep_intents(f.store, f.key, &err));
        ck_assert_int_eq(err.code, QT_E_LOCKED);
        stop(&f);
        ck_assert_int_eq(unlink(f.path), 0);
        ck_assert_int_eq(rename(elsewhere, f.path), 0);
    }
    end(&f);
}
END_TEST

static void
half_an_event(struct fixture *f)
{
    put_row(f, qt_client_id(1, 0), QT_ORDER_OPEN);
    f->port.mark(f->port.self);
    put_row(f, qt_client_id(2, 0), QT_ORDER_OPEN);
    put_row(f, qt_client_id(3, 0), QT_ORDER_OPEN);
    struct qt_store_stats stats = {0};
    struct qt_error err = {0};
    ck_assert(qt_audit_append(f->store, "test", "turn", "", &err)); /* a turn that writes */
    while (stats.written < 2) {
        qt_store_stats(f->store, &stats);
        usleep(1000);
    }
}

START_TEST(o4_half_of_an_event_is_never_written)
{
    struct fixture f;
    begin(&f);
    keep_in_child(&f, half_an_event);
    start(&f);
    ck_assert_uint_eq(f.restore->orders, 1);
    ck_assert_uint_eq(f.restore->order[0].request.client_id, qt_client_id(1, 0));
    end(&f);
}
END_TEST

/* The third is told twice: the later counts. */
static void
banned(struct fixture *f)
{
    struct qt_error err = {0};
    ck_assert(qt_store_keep_ban(f->store, 2, 5, &err));
    ck_assert(qt_store_keep_ban(f->store, 2, 987654321987654321, &err));
    ck_assert(qt_store_keep_ban(f->store, 0, 1234567890123456789, &err));
    for (int i = 0; i < 2; i++) { /* in a turn of the store's thread bans are written first */
        ck_assert(qt_audit_append(f->store, "test", "after", "", &err));
        flush(f);
    }
}

START_TEST(O10_ban_of_each_venue_is_known_after_a_kill_and_is_no_others)
{
    static const int64_t kept[QT_STORE_VENUES] = {1234567890123456789, 0, 987654321987654321, 0};
    struct fixture f;
    struct qt_error err = {0};
    int64_t until_ns = -1;
    begin(&f);
    start(&f);
    for (unsigned i = 0; i < QT_STORE_VENUES; i++, until_ns = -1) {
        ck_assert(qt_store_ban(f.store, i, &until_ns, &err));
        ck_assert_int_eq(until_ns, 0);
    }
    stop(&f);
    keep_in_child(&f, banned);
    start(&f);
    for (unsigned i = 0; i < QT_STORE_VENUES; i++) {
        ck_assert_msg(qt_store_ban(f.store, i, &until_ns, &err), "%s", err.text);
        ck_assert_int_eq(until_ns, kept[i]);
    }
    end(&f);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("intents");
    TCase *tc = tcase_create("intents");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, o4_orders_that_only_intents_knew_come_back_whole_after_a_kill);
    tcase_add_test(tc, o4_row_in_the_store_goes_before_its_intent);
    tcase_add_test(tc, o4_half_of_an_event_is_never_written);
    tcase_add_test(tc, ring_goes_round_as_the_store_follows_and_not_before);
    tcase_add_test(tc, s4_intent_that_cannot_be_written_is_refused_and_all_are_written_anew);
    tcase_add_test(tc, s6_disk_that_does_not_answer_is_not_asked);
    tcase_add_loop_test(tc, s9_damaged_slot_is_named_and_a_torn_end_is_no_order, 0, QT__INTENT_BYTES / 8);
    tcase_add_test(tc, s14_nothing_of_an_order_is_readable);
    tcase_add_test(tc, cut_file_grows_again_and_another_store_s_says_nothing);
    tcase_add_test(tc, k5_strange_files_are_refused);
    tcase_add_test(tc, O10_ban_of_each_venue_is_known_after_a_kill_and_is_no_others);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

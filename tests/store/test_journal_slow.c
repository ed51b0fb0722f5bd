/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fault S6: a journal on a disk that takes its time for each sync, or hangs in one. The linker puts
 * the fdatasync of this file in the place of the system's; everything else is the real thing.
 */
#include <dirent.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "qt_check.h"
#include "qtrade/store/journal.h"

#include "journal_kit.h"

enum { BURST = 120000, HANG_BURST = 60000, SEED = 1 };

/* The disk */

enum { MANY = 8192 }; /* waiting records: the journal is behind */

static atomic_int_fast64_t sync_ns; /* what a sync takes */
static atomic_bool hangs;           /* none ends */
static _Atomic(struct qt_journal *) watched;
static atomic_uint syncs_behind, hasty; /* begun while it was behind; sooner than the last one took */

/* On the journal's thread, as all of a sync. A journal that syncs a slow disk again at once while
 * records pile up does nothing else than sync. */
static void
look_at(int64_t now, int64_t ended_ns, int64_t took_ns)
{
    struct qt_journal_stats stats = {0};
    if (!atomic_load(&watched) || ended_ns == 0)
        return;
    qt_journal_stats(atomic_load(&watched), &stats);
    if (stats.waiting <= MANY)
        return;
    atomic_fetch_add(&syncs_behind, 1);
    if (now - ended_ns < took_ns)
        atomic_fetch_add(&hasty, 1);
}

int
fdatasync(int file)
{
    static int64_t ended_ns, took_ns;
    const struct timespec look = {.tv_nsec = QT_NS_PER_MS};
    int64_t now = qt_now_mono_ns(), until = now + atomic_load(&sync_ns);
    (void)file;
    look_at(now, ended_ns, took_ns);
    while (qt_now_mono_ns() < until || atomic_load(&hangs))
        nanosleep(&look, NULL);
    took_ns = until - now;
    ended_ns = qt_now_mono_ns();
    return 0;
}

struct fixture {
    char folder[64];
    struct qt_journal_key key;
    struct qt_universe *universe;
    struct qt_journal *journal;
    struct qt_journal_port port;
    struct qt_rng rng;
};

static void
begin(struct fixture *f, enum qt_journal_sync sync)
{
    struct qt_error err = {0};
    *f = (struct fixture){.folder = "/tmp/qtrade-journal-XXXXXX", .key = {{3}}};
    ck_assert_ptr_nonnull(mkdtemp(f->folder));
    f->universe = qt_universe_create();
    for (int i = 0; i < 3; i++) {
        struct qt_instrument ins = {.base = "BTC",
                                    .quote = "USDT",
                                    .px_scale = 2,
                                    .qty_scale = 5,
                                    .tick = {1},
                                    .lot = {10}};
        snprintf(ins.symbol, sizeof ins.symbol, "SYM%dUSDT", i);
        ck_assert(qt_universe_add(f->universe, &ins, &err));
    }
    const struct qt_journal_options options = {.folder = f->folder,
                                               .key = &f->key,
                                               .version = "0.0",
                                               .run_kind = "test",
                                               .config = "{}",
                                               .universe = f->universe,
                                               .base_period_ns = QT_NS_PER_MIN,
                                               .sync = sync};
    f->journal = qt_journal_create(&options, &err);
    ck_assert_msg(f->journal != NULL, "%s", err.text);
    f->port = qt_journal_port(f->journal);
    qt_rng_init(&f->rng, SEED);
}

/* Event by event what was offered; how many. */
static uint64_t
read_back(const struct fixture *f, enum qt_journal_ending *out_ending)
{
    struct qt_error err = {0};
    struct qt_rng rng;
    const struct qt_event *event;
    const struct qt_decision *decision;
    uint64_t n = 0;
    qt_rng_init(&rng, SEED);
    struct qt_journal_reader *reader = qt_journal_open(f->folder, NULL, &f->key, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    enum qt_journal_item item;
    while ((item = qt_journal_next(reader, &event, &decision, &err)) == QT_JOURNAL_EVENT) {
        struct qt_event wanted = event_of(++n, &rng);
        ck_assert_mem_eq(event, &wanted, sizeof wanted);
    }
    ck_assert_int_eq(item, QT_JOURNAL_END);
    *out_ending = qt_journal_reader_ending(reader);
    qt_journal_reader_close(reader);
    return n;
}

/* Ends the session and compares it with the first n events. */
static void
end(struct fixture *f, uint64_t n, enum qt_journal_ending wanted)
{
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    char path[400];
    ck_assert_msg(qt_journal_close(f->journal, &err), "%s", err.text);
    ck_assert_uint_eq(read_back(f, &ending), n);
    ck_assert_int_eq(ending, wanted);
    DIR *folder = opendir(f->folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        snprintf(path, sizeof path, "%s/%.255s", f->folder, entry->d_name);
        unlink(path); /* not of . and .. */
    }
    closedir(folder);
    rmdir(f->folder);
    qt_universe_destroy(f->universe);
}

static const struct {
    int64_t sync_ns;
    enum qt_journal_sync sync;
} slow_disks[] = {{20 * QT_NS_PER_MS, QT_JOURNAL_SYNC_BATCH},
                  {100 * QT_NS_PER_MS, QT_JOURNAL_SYNC_BATCH},
                  {20 * QT_NS_PER_MS, QT_JOURNAL_SYNC_EVERY}};

START_TEST(S6_burst_is_kept_whole)
{
    struct fixture f;
    struct qt_journal_stats stats;
    begin(&f, slow_disks[_i].sync);
    atomic_store(&sync_ns, slow_disks[_i].sync_ns);
    atomic_store(&watched, f.journal);
    for (uint64_t seq = 1; seq <= BURST; seq++) {
        struct qt_event event = event_of(seq, &f.rng);
        while (!f.port.event(f.port.self, &event))
            continue;
    }
    qt_journal_stats(f.journal, &stats);
    atomic_store(&watched, NULL);
    atomic_store(&sync_ns, 0);
    ck_assert_uint_gt(stats.chunks, 20);
    if (slow_disks[_i].sync == QT_JOURNAL_SYNC_BATCH) {
        ck_assert_uint_lt(stats.syncs, stats.chunks);
        /* one whose records came between its decision and the look at them is no fault */
        unsigned all = atomic_load(&syncs_behind), many = atomic_load(&hasty);
        ck_assert_uint_le(many, all / 4);
    }
    end(&f, BURST, QT_JOURNAL_CLOSED);
}
END_TEST

START_TEST(S6_record_that_found_no_room_is_taken_when_it_is_offered_again)
{
    struct fixture f;
    unsigned refused = 0;
    begin(&f, QT_JOURNAL_SYNC_BATCH);
    atomic_store(&hangs, true);
    for (uint64_t seq = 1; seq <= HANG_BURST; seq++) {
        struct qt_event event = event_of(seq, &f.rng);
        while (!f.port.event(f.port.self, &event)) {
            ck_assert_uint_lt(++refused, 10000);
            atomic_store(&hangs, refused < 3);
        }
    }
    ck_assert_uint_ge(refused, 3);
    end(&f, HANG_BURST, QT_JOURNAL_CLOSED);
}
END_TEST

START_TEST(S6_disk_that_hangs_is_noticed_and_the_end_is_named_lost)
{
    struct fixture f;
    uint64_t taken = 0;
    begin(&f, QT_JOURNAL_SYNC_BATCH);
    atomic_store(&hangs, true);
    for (;; taken++) {
        struct qt_event event = event_of(taken + 1, &f.rng);
        if (!f.port.event(f.port.self, &event))
            break;
        ck_assert_uint_lt(taken, 10 * HANG_BURST);
    }
    f.port.lost(f.port.self);
    atomic_store(&hangs, false);
    end(&f, taken, QT_JOURNAL_LOST);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("journal on a slow disk");
    TCase *tc = tcase_create("slow");
    tcase_set_timeout(tc, 110);
    tcase_add_loop_test(tc, S6_burst_is_kept_whole, 0, (int)QT_COUNT_OF(slow_disks));
    tcase_add_test(tc, S6_record_that_found_no_room_is_taken_when_it_is_offered_again);
    tcase_add_test(tc, S6_disk_that_hangs_is_noticed_and_the_end_is_named_lost);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

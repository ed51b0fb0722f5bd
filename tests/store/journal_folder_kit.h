/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Journals in a real folder: sessions of events and decisions from a seed, read back and compared.
 */
#ifndef QTRADE_TESTS_JOURNAL_FOLDER_KIT_H
#define QTRADE_TESTS_JOURNAL_FOLDER_KIT_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "qt_check.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/journal.h"

#include "folder_kit.h"
#include "journal_kit.h"

static const char kit_config[] = "{\n  \"engine\": {\n    \"workers\": 3\n  }\n}\n";

/** A folder with journals of one universe, and their key. */
struct journal_folder {
    char folder[64];
    struct qt_journal_key key;
    struct qt_universe *universe;
    struct qt_restore *restore;
};

static inline void
kit_begin(struct journal_folder *f)
{
    struct qt_error err = {0};
    char path[128];
    folder_begin(f->folder);
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

static inline int
is_segment(const struct dirent *entry)
{
    return qt_ends_with(entry->d_name, ".qtj");
}

/* The path of the n-th segment of the folder (by name), into out; false: there is none. */
static inline bool
kit_segment(const struct journal_folder *f, int n, char out[400])
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

static inline void
kit_remove_from(const struct journal_folder *f, int n)
{
    char path[400];
    while (kit_segment(f, n, path))
        ck_assert_int_eq(unlink(path), 0);
}

static inline void
kit_end(struct journal_folder *f)
{
    folder_end(f->folder);
    qt_universe_destroy(f->universe);
    free(f->restore);
}

static inline struct qt_journal *
kit_create(const struct journal_folder *f, uint64_t segment_bytes, bool waits)
{
    struct qt_error err = {0};
    const struct qt_journal_options options = {.folder = f->folder,
                                               .key = &f->key,
                                               .version = "0.0",
                                               .run_kind = "test",
                                               .config = kit_config,
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

static inline void
kit_close(struct qt_journal *journal)
{
    struct qt_error err = {0};
    ck_assert_msg(qt_journal_close(journal, &err), "%s", err.text);
}

/* Events 1..n, after every fifth a decision; the same for the same seed. */
static inline bool
kit_put(struct qt_journal *journal, uint64_t from, uint64_t to, struct qt_rng *rng)
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
static inline uint64_t
kit_read_back(const struct journal_folder *f, const char *session,
                 enum qt_journal_ending *out_ending, struct qt_error *err)
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

static inline void
kit_write_session(const struct journal_folder *f, uint64_t events, uint64_t segment_bytes)
{
    struct qt_rng rng;
    qt_rng_init(&rng, 1);
    struct qt_journal *journal = kit_create(f, segment_bytes, true);
    ck_assert(kit_put(journal, 1, events, &rng));
    kit_close(journal);
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Market states on a real folder: they come back as they were, with what the journal holds beyond
 * them; and whatever happens to a file, or whoever wrote it, it is named and not used.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "market_kit.h"
#include "qtrade/base/file.h"
#include "qtrade/store/journal.h"
#include "qtrade/store/market_state.h"

static struct kit kit;
static struct kit_tape tape;
static char folder[64];
static struct qt_journal_key key;
static struct qt_market_place place;
static char ignored[2048]; /* what was told of files that were not used */

static void
set_up_symbols(unsigned symbols)
{
    struct qt_error err = {0};
    char path[128];
    qt_copy(folder, sizeof folder, "/tmp/qtrade-market-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/journal.key", folder);
    ck_assert_msg(qt_journal_key_load(path, true, &key, &err), "%s", err.text);
    kit_open(&kit, symbols);
    kit.engine.state_min = 1440; /* at the end only */
    kit_add_history(&tape, symbols);
    place = (struct qt_market_place){.folder = folder,
                                     .key = &key,
                                     .version = "1.0",
                                     .source = "https://venue",
                                     .shape = &kit.shape,
                                     .universe = kit.universe};
}

static void
set_up(void)
{
    set_up_symbols(KIT_SYMBOLS);
}

static void
path_of(const char *name, char out[400])
{
    snprintf(out, 400, "%s/%.255s", folder, name);
}

static void
tear_down(void)
{
    char path[400];
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        path_of(entry->d_name, path);
        (void)unlink(path);
    }
    closedir(dir);
    rmdir(folder);
    kit_tape_free(&tape);
    kit_close(&kit);
}

/* How many files end so; the first's name by name order into out when it is not NULL. */
static unsigned
files_ending(const char *suffix, char out[256])
{
    unsigned n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!qt_ends_with(entry->d_name, suffix))
            continue;
        if (out && (n == 0 || strcmp(entry->d_name, out) < 0))
            qt_copy(out, 256, entry->d_name);
        n++;
    }
    closedir(dir);
    return n;
}

static void
tell_ignored(void *context, const char *file, const char *why)
{
    (void)context;
    ck_assert(strstr(why, file) != NULL); /* it names the file */
    struct qt_text text;
    size_t used = strlen(ignored);
    qt_text_init(&text, ignored + used, sizeof ignored - used);
    qt_text_addf(&text, "%s\n", why);
}

static struct qt_kept_market *
find_at(int64_t now_ns)
{
    ignored[0] = '\0';
    return qt_kept_market_find(&place, now_ns, QT_NS_PER_DAY, tell_ignored, NULL);
}

static struct qt_kept_market *
find(void)
{
    return find_at(KIT_START_NS + 12 * QT_NS_PER_HOUR);
}

/* One session over the events of [from, to): journal, states; begun with from_state. */
static void
session(size_t from, size_t to, const struct qt_kept_market *from_state, uint64_t last_seq)
{
    struct qt_error err = {0};
    struct qt_restore *restore = calloc(1, sizeof *restore);
    restore->is_found = last_seq > 0;
    restore->last_seq = last_seq;
    const struct qt_journal_options options = {.folder = folder,
                                               .key = &key,
                                               .version = "1.0",
                                               .run_kind = "paper",
                                               .config = "{}",
                                               .universe = kit.universe,
                                               .restore = restore,
                                               .market = from_state ? qt_kept_market_ref(from_state)
                                                                    : NULL,
                                               .base_period_ns = QT_NS_PER_MIN,
                                               .sync = QT_JOURNAL_SYNC_OFF,
                                               .segment_bytes = 20000,
                                               .waits = true};
    struct qt_journal *journal = qt_journal_create(&options, &err);
    ck_assert_msg(journal != NULL, "%s", err.text);
    struct qt_market_keeper *keeper = qt_market_keeper_create(&place, journal, &err);
    ck_assert_msg(keeper != NULL, "%s", err.text);
    const struct kit_run run = {.events = tape.events + from,
                                .n = to - from,
                                .market = from_state ? qt_kept_market_restore(from_state) : NULL,
                                .restore = restore,
                                .port = qt_market_keeper_port(keeper),
                                .journal = qt_journal_port(journal)};
    (void)kit_run(&kit, &run);
    qt_market_keeper_close(keeper);
    ck_assert_msg(qt_journal_close(journal, &err), "%s", err.text);
    free(restore);
}

static void
states_of(size_t from, size_t to, struct kit_states *out)
{
    const struct kit_run run = {
        .events = tape.events + from, .n = to - from, .port = kit_port(out)};
    (void)kit_run(&kit, &run);
}

static void
forget_newest(void)
{
    char path[400], name[64];
    for (int number = 99; number > 0; number--) {
        snprintf(name, sizeof name, "state-%08d.qts", number);
        path_of(name, path);
        if (unlink(path) == 0)
            return;
    }
    ck_abort_msg("there is no state");
}

static void
expect_ignored(const char *why)
{
    struct qt_kept_market *found = find();
    ck_assert(found == NULL);
    ck_assert_msg(strstr(ignored, why) != NULL, "%s is not in: %s", why, ignored);
}

START_TEST(state_of_an_orderly_end_comes_back_as_it_was)
{
    static struct kit_states states;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 50);
    states_of(0, tape.n, &states);
    session(0, tape.n, NULL, 0);
    struct qt_kept_market *found = find();
    ck_assert_msg(found != NULL, "%s", ignored);
    ck_assert_str_eq(ignored, "");
    ck_assert_uint_eq(qt_kept_market_symbols(found), KIT_SYMBOLS);
    ck_assert_uint_eq(qt_kept_market_ref(found)->number, 1);
    ck_assert_uint_eq(strlen(qt_kept_market_ref(found)->hash), 64);
    for (unsigned s = 0; s < KIT_SYMBOLS; s++) {
        const struct qt_market_symbol *symbol = qt_kept_market_restore(found)->symbol[s];
        ck_assert_uint_eq(symbol->seq, states.symbol[s].seq);
        kit_same(symbol, &states.symbol[s]);
    }
    struct qt_error err = {0};
    struct qt_event event;
    struct qt_market_tail *tail = qt_market_tail_open(&place, found, &err);
    ck_assert_msg(tail != NULL, "%s", err.text);
    ck_assert(!qt_market_tail_next(tail, &event, &err) && err.code == QT_E_NONE);
    qt_market_tail_close(tail);
    qt_kept_market_destroy(found);
}
END_TEST

/* The tail onto a tape of its own; how many bars. */
static size_t
read_tail(const struct qt_kept_market *found, struct kit_tape *out)
{
    struct qt_error err = {0};
    struct qt_event event;
    struct qt_market_tail *tail = qt_market_tail_open(&place, found, &err);
    ck_assert_msg(tail != NULL, "%s", err.text);
    while (qt_market_tail_next(tail, &event, &err)) {
        ck_assert_uint_eq(event.flags, QT_EVENT_HISTORY);
        kit_add(out, event);
    }
    ck_assert_msg(err.code == QT_E_NONE, "%s", err.text);
    qt_market_tail_close(tail);
    return out->n;
}

START_TEST(killed_session_is_gone_on_with_by_state_tail_and_gap_to_the_bit)
{
    static struct kit_states whole, second;
    size_t history = tape.n;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 240);
    states_of(0, tape.n, &whole);
    size_t cut = history + 130 * 2 * KIT_SYMBOLS + 3; /* within a minute */
    kit.engine.state_min = 20;
    session(0, cut, NULL, 0);
    forget_newest(); /* the orderly end did not happen: an earlier round is the last */
    struct qt_kept_market *found = find();
    ck_assert_msg(found != NULL, "%s", ignored);
    struct kit_tape rest = {0};
    size_t bars = read_tail(found, &rest);
    ck_assert_uint_gt(bars, 2 * KIT_SYMBOLS);
    ck_assert_uint_lt(bars, 30 * KIT_SYMBOLS);
    for (size_t i = cut; i < tape.n; i++) /* the venue's part */
        kit_add(&rest, tape.events[i]);
    const struct kit_run run = {.events = rest.events,
                                .n = rest.n,
                                .market = qt_kept_market_restore(found),
                                .port = kit_port(&second)};
    (void)kit_run(&kit, &run);
    for (unsigned s = 0; s < KIT_SYMBOLS; s++)
        kit_same(&whole.symbol[s], &second.symbol[s]);
    qt_kept_market_destroy(found);
    kit_tape_free(&rest);
}
END_TEST

START_TEST(tail_of_a_session_that_began_with_the_state_is_found_whatever_its_numbers)
{
    size_t history = tape.n;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 60);
    size_t a = history + 20 * 2 * KIT_SYMBOLS, b = history + 40 * 2 * KIT_SYMBOLS;
    session(0, a, NULL, 0);
    struct qt_kept_market *found = find();
    ck_assert_ptr_nonnull(found);
    session(a, b, found, 0); /* numbers begin anew, below the state's */
    forget_newest();         /* and it was killed */
    qt_kept_market_destroy(found);
    found = find();
    ck_assert_uint_eq(qt_kept_market_ref(found)->number, 1);
    struct kit_tape rest = {0};
    ck_assert_uint_eq(read_tail(found, &rest), 20 * KIT_SYMBOLS);
    ck_assert_int_eq(rest.events[0].bar.open_ns, KIT_START_NS + 20 * QT_NS_PER_MIN);
    kit_tape_free(&rest);
    qt_kept_market_destroy(found);
}
END_TEST

START_TEST(two_newest_stay_and_those_that_sessions_began_with)
{
    struct qt_error err = {0};
    char name[256] = "", path[400];
    kit_add_live(&tape, KIT_SYMBOLS, 0, 40);
    session(0, tape.n - 80, NULL, 0);
    struct qt_kept_market *found = find();
    session(tape.n - 80, tape.n - 60, found, 0);
    session(tape.n - 60, tape.n - 40, NULL, 0);
    session(tape.n - 40, tape.n - 20, NULL, 0);
    ck_assert_uint_eq(files_ending(".qts", name), 3); /* of the second session, 3 and 4 */
    ck_assert(strstr(name, "state") == NULL);
    ck_assert_uint_eq(files_ending(".tmp", NULL), 0);
    /* the session's own is still what it was */
    char session_name[64];
    qt_copy_n(session_name, sizeof session_name, name, strlen(name) - 4);
    const struct qt_market_ref ref = *qt_kept_market_ref(found);
    qt_kept_market_destroy(found);
    found = qt_kept_market_open(&place, session_name, &ref, &err);
    ck_assert_msg(found != NULL, "%s", err.text);
    qt_kept_market_destroy(found);
    /* gone with its session */
    const struct qt_journal_options options = {.folder = folder,
                                               .key = &key,
                                               .version = "1.0",
                                               .run_kind = "paper",
                                               .config = "{}",
                                               .universe = kit.universe,
                                               .base_period_ns = QT_NS_PER_MIN,
                                               .keep_bytes = 1};
    struct qt_journal *journal = qt_journal_create(&options, &err);
    ck_assert_msg(journal && qt_journal_close(journal, &err), "%s", err.text);
    path_of(name, path);
    ck_assert(access(path, F_OK) != 0);
    ck_assert_uint_eq(files_ending(".qts", NULL), 2);
}
END_TEST

START_TEST(state_of_a_session_that_is_missing_or_another_is_named)
{
    struct qt_error err = {0};
    char name[256] = "", path[400], session_name[64], *bytes = NULL;
    size_t n = 0;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 20);
    session(0, tape.n - 40, NULL, 0);
    struct qt_kept_market *found = find();
    const struct qt_market_ref ref = *qt_kept_market_ref(found);
    session(tape.n - 40, tape.n, found, 0);
    qt_kept_market_destroy(found);
    ck_assert_uint_eq(files_ending(".qts", name), 3);
    qt_copy_n(session_name, sizeof session_name, name, strlen(name) - 4);
    path_of(name, path);
    ck_assert(qt_file_read(path, 1 << 28, &bytes, &n, &err));
    unlink(path);
    ck_assert(qt_kept_market_open(&place, session_name, &ref, &err) == NULL);
    ck_assert_int_eq(err.code, QT_E_DATA);
    ck_assert(strstr(err.text, "missing") != NULL);
    bytes[n / 2] = (char)(bytes[n / 2] ^ 1);
    ck_assert(qt_file_write_atomic(path, bytes, n, 0600, &err));
    err = (struct qt_error){0};
    ck_assert(qt_kept_market_open(&place, session_name, &ref, &err) == NULL);
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert(strstr(err.text, "is not the market state 1") != NULL);
    free(bytes);
}
END_TEST

START_TEST(what_does_not_fit_is_named_and_the_one_before_is_taken)
{
    kit_add_live(&tape, KIT_SYMBOLS, 0, 20);
    session(0, tape.n, NULL, 0);
    place.version = "2.0";
    expect_ignored("is of qtrade 1.0");
    session(0, tape.n, NULL, 0);
    place.version = "1.0"; /* the newest is of another program, the one before fits */
    struct qt_kept_market *found = find();
    ck_assert_uint_eq(qt_kept_market_ref(found)->number, 1);
    ck_assert(strstr(ignored, "state-00000002.qts: is of qtrade 2.0") != NULL);
    qt_kept_market_destroy(found);
    forget_newest();
    place.source = "https://testnet";
    expect_ignored("another market, https://venue");
    place.source = "https://venue";
    kit.strategy.swing_bars++;
    expect_ignored("another config");
    kit.strategy.swing_bars--;
    key.bytes[0] ^= 1;
    expect_ignored("the key does not fit");
    key.bytes[0] ^= 1;
    ck_assert(find_at(KIT_START_NS - QT_NS_PER_DAY) == NULL);
    ck_assert(strstr(ignored, "hours old") != NULL); /* of the future */
    ck_assert(find_at(KIT_START_NS + 2 * QT_NS_PER_DAY) == NULL);
    ck_assert(strstr(ignored, "hours old") != NULL);
    found = find();
    ck_assert_ptr_nonnull(found);
    qt_kept_market_destroy(found);
}
END_TEST

START_TEST(symbols_that_are_gone_or_rescaled_are_left_out)
{
    struct qt_error err = {0};
    kit_add_live(&tape, KIT_SYMBOLS, 0, 20);
    session(0, tape.n, NULL, 0);
    struct qt_universe *other = qt_universe_create();
    static const struct {
        const char *symbol;
        int px_scale;
    } rows[] = {{"NEWUSDT", 2}, {"K2USDT", 2}, {"K0USDT", 4}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        struct qt_instrument ins = {.base = "K",
                                    .quote = "USDT",
                                    .px_scale = rows[i].px_scale,
                                    .qty_scale = 3,
                                    .tick = {1},
                                    .lot = {1}};
        qt_copy(ins.symbol, sizeof ins.symbol, rows[i].symbol);
        ck_assert(qt_universe_add(other, &ins, &err));
    }
    place.universe = other;
    struct qt_kept_market *found = find();
    ck_assert_msg(found != NULL, "%s", ignored);
    ck_assert_uint_eq(qt_kept_market_symbols(found), 1);
    ck_assert(qt_kept_market_restore(found)->symbol[1] != NULL);
    ck_assert_uint_eq(qt_kept_market_restore(found)->symbol[1]->instrument, 1);
    qt_kept_market_destroy(found);
    qt_universe_destroy(other);
}
END_TEST

START_TEST(flip_of_any_byte_and_cut_at_any_length_is_named)
{
    struct qt_error err = {0};
    char name[256] = "", path[400], *bytes = NULL;
    size_t n = 0;
    kit_add_live(&tape, 1, 0, 5);
    session(0, tape.n, NULL, 0);
    ck_assert_uint_eq(files_ending(".qts", name), 1);
    path_of(name, path);
    ck_assert(qt_file_read(path, 1 << 28, &bytes, &n, &err));
    ck_assert_uint_gt(n, 2000);
    int file = open(path, O_WRONLY);
    for (size_t i = 0; i < n; i++) {
        char flipped = (char)(bytes[i] ^ (1 << (i % 8)));
        ck_assert_int_eq(pwrite(file, &flipped, 1, (off_t)i), 1);
        struct qt_kept_market *found = find();
        ck_assert_msg(!found && ignored[0], "a flip of byte %zu is not seen", i);
        ck_assert_int_eq(pwrite(file, &bytes[i], 1, (off_t)i), 1);
    }
    for (size_t left = n; left > 0; left -= QT_MIN(left, (size_t)97)) {
        ck_assert_int_eq(ftruncate(file, (off_t)(left - 1)), 0);
        ck_assert(find() == NULL && ignored[0]);
    }
    ck_assert_int_eq(pwrite(file, bytes, n, 0), (ssize_t)n);
    ck_assert_int_eq(pwrite(file, "x", 1, (off_t)n), 1); /* more than there was */
    expect_ignored("end is not");
    ck_assert_int_eq(ftruncate(file, (off_t)n), 0);
    struct qt_kept_market *found = find();
    ck_assert_msg(found != NULL, "%s", ignored);
    qt_kept_market_destroy(found);
    close(file);
    free(bytes);
}
END_TEST

/* A3: someone who has the key writes what he likes; here through the keeper, which believes the
 * engine. */
static void
write_forged(const struct qt_market_symbol *symbols, unsigned n)
{
    struct qt_error err = {0};
    struct qt_market_keeper *keeper = qt_market_keeper_create(&place, NULL, &err);
    ck_assert_msg(keeper != NULL, "%s", err.text);
    struct qt_market_port port = qt_market_keeper_port(keeper);
    for (unsigned i = 0; i <= n; i++) {
        struct qt_market_symbol *slot = port.slot(port.self);
        ck_assert_ptr_nonnull(slot);
        if (i < n)
            *slot = symbols[i];
        else
            *slot = (struct qt_market_symbol){
                .seq = 1000000, .t_ns = KIT_START_NS, .instrument = QT_NO_INSTRUMENT};
        port.put(port.self);
    }
    qt_market_keeper_close(keeper);
}

START_TEST(A3_forged_state_is_refused_by_its_symbol)
{
    static struct kit_states states;
    static struct qt_market_symbol forged[2];
    kit_add_live(&tape, KIT_SYMBOLS, 0, 20);
    states_of(0, tape.n, &states);
    forged[0] = states.symbol[0];
    forged[1] = states.symbol[1];
    write_forged(forged, 2);
    struct qt_kept_market *found = find();
    ck_assert_msg(found != NULL, "%s", ignored);
    ck_assert_uint_eq(qt_kept_market_symbols(found), 2);
    qt_kept_market_destroy(found);
    forget_newest();
    forged[1].scan.bars = UINT64_MAX;
    write_forged(forged, 2);
    expect_ignored("what it says of K1USDT cannot be");
    forget_newest();
    forged[1] = forged[0];
    write_forged(forged, 2);
    expect_ignored("holds K0USDT twice");
    forget_newest();
    forged[0].seq = UINT64_MAX;
    write_forged(forged, 1);
    struct qt_kept_market *late = find(); /* a number beyond any: its tail is empty, no more */
    qt_kept_market_destroy(late);
}
END_TEST

START_TEST(round_that_is_given_up_or_cannot_be_written_leaves_nothing)
{
    struct qt_error err = {0};
    static struct kit_states states;
    kit_add_live(&tape, KIT_SYMBOLS, 0, 20);
    states_of(0, tape.n, &states);
    struct qt_market_keeper *keeper = qt_market_keeper_create(&place, NULL, &err);
    struct qt_market_port port = qt_market_keeper_port(keeper);
    *port.slot(port.self) = states.symbol[0];
    port.put(port.self);
    *port.slot(port.self) = (struct qt_market_symbol){.instrument = QT_NO_INSTRUMENT};
    port.put(port.self);
    *port.slot(port.self) = states.symbol[0]; /* and one that is cut by the end */
    port.put(port.self);
    qt_market_keeper_close(keeper);
    ck_assert_uint_eq(files_ending(".qts", NULL), 0);
    ck_assert_uint_eq(files_ending(".tmp", NULL), 0);
    ck_assert(find() == NULL);
    /* a folder that is gone: sick, and told */
    struct qt_market_place nowhere = place;
    nowhere.folder = "/nowhere/at/all";
    keeper = qt_market_keeper_create(&nowhere, NULL, &err);
    ck_assert_ptr_nonnull(keeper);
    port = qt_market_keeper_port(keeper);
    *port.slot(port.self) = states.symbol[0];
    port.put(port.self);
    *port.slot(port.self) =
        (struct qt_market_symbol){.seq = 9, .t_ns = KIT_START_NS, .instrument = QT_NO_INSTRUMENT};
    port.put(port.self);
    struct qt_market_view view = {0};
    for (int64_t until = qt_now_mono_ns() + 30 * QT_NS_PER_S;
         !view.is_sick && qt_now_mono_ns() < until;)
        port.look(port.self, &view);
    ck_assert(view.is_sick);
    ck_assert_uint_eq(view.number, 0);
    qt_market_keeper_close(keeper);
}
END_TEST

static void
set_up_one(void)
{
    set_up_symbols(1);
}

int
main(void)
{
    Suite *suite = suite_create("market states on disk");
    TCase *tc = tcase_create("kept and gone on with");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, state_of_an_orderly_end_comes_back_as_it_was);
    tcase_add_test(tc, killed_session_is_gone_on_with_by_state_tail_and_gap_to_the_bit);
    tcase_add_test(tc, tail_of_a_session_that_began_with_the_state_is_found_whatever_its_numbers);
    tcase_add_test(tc, two_newest_stay_and_those_that_sessions_began_with);
    tcase_add_test(tc, state_of_a_session_that_is_missing_or_another_is_named);
    tcase_add_test(tc, what_does_not_fit_is_named_and_the_one_before_is_taken);
    tcase_add_test(tc, symbols_that_are_gone_or_rescaled_are_left_out);
    tcase_add_test(tc, A3_forged_state_is_refused_by_its_symbol);
    tcase_add_test(tc, round_that_is_given_up_or_cannot_be_written_leaves_nothing);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    TCase *damage = tcase_create("damage");
    tcase_add_checked_fixture(damage, set_up_one, tear_down);
    tcase_add_test(damage, flip_of_any_byte_and_cut_at_any_length_is_named);
    tcase_set_timeout(damage, 120);
    suite_add_tcase(suite, damage);
    return qt_run_suite(suite);
}

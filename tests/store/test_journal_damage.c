/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever happens to a journal's bytes (flipped, cut, missing, of another session, sealed here by
 * what qtrade-journal(5) says) is named.
 */
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "qtrade/base/file.h"

#include "journal_folder_kit.h"

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
    struct journal_folder f;
    char path[400];
    unsigned char *bytes;
    size_t n;
    kit_begin(&f);
    kit_write_session(&f, 60, 0);
    ck_assert(kit_segment(&f, 0, path));
    read_file(path, &bytes, &n);
    for (size_t at = 0; at < n; at++) {
        struct qt_error err = {0};
        enum qt_journal_ending ending;
        bytes[at] ^= (unsigned char)(1u << at % 8);
        write_file(path, bytes, n);
        uint64_t events = kit_read_back(&f, NULL, &ending, &err);
        ck_assert_msg(is_named(&err) || (err.code == QT_E_NONE && ending == QT_JOURNAL_CUT),
                      "byte %zu of %zu: %s", at, n, err.text);
        ck_assert_uint_le(events, 60);
        bytes[at] ^= (unsigned char)(1u << at % 8);
    }
    free(bytes);
    kit_end(&f);
}
END_TEST

START_TEST(every_cut_tail_is_seen_and_recovered_by_the_next_session)
{
    struct journal_folder f;
    char path[400];
    unsigned char *bytes;
    size_t n;
    kit_begin(&f);
    kit_write_session(&f, 60, 0);
    ck_assert(kit_segment(&f, 0, path));
    read_file(path, &bytes, &n);
    for (size_t left = n - 1; left < n; left -= 3) {
        struct qt_error err = {0};
        enum qt_journal_ending ending;
        write_file(path, bytes, left);
        uint64_t before = kit_read_back(&f, NULL, &ending, &err);
        ck_assert_int_eq(ending, QT_JOURNAL_CUT);
        ck_assert(err.code == QT_E_NONE || is_named(&err));
        kit_close(kit_create(&f, 0, true));
        char left_path[400];
        ck_assert(kit_segment(&f, 0, left_path));
        if (strcmp(left_path, path) == 0) {
            char session[40];
            qt_copy_n(session, sizeof session, strrchr(path, '/') + 1, 28);
            err = (struct qt_error){0};
            ck_assert_uint_eq(kit_read_back(&f, session, &ending, &err), before);
            ck_assert_msg(err.code == QT_E_NONE, "%zu bytes: %s", left, err.text);
            ck_assert_int_eq(ending, QT_JOURNAL_RECOVERED);
            kit_remove_from(&f, 1);
        } else {
            ck_assert_uint_eq(before, 0); /* nothing was in it yet: it is gone */
            kit_remove_from(&f, 0);
        }
    }
    free(bytes);
    kit_end(&f);
}
END_TEST

START_TEST(damage_in_the_middle_is_not_taken_for_a_torn_tail)
{
    struct journal_folder f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    char path[400];
    unsigned char *bytes, *after;
    size_t n, after_n;
    kit_begin(&f);
    kit_write_session(&f, 60000, 0); /* several of the reader's windows */
    ck_assert(kit_segment(&f, 0, path));
    read_file(path, &bytes, &n);
    bytes[n / 2] ^= 1;
    write_file(path, bytes, n);
    (void)kit_read_back(&f, NULL, &ending, &err);
    const char *at = strstr(err.text, "at byte ");
    ck_assert_msg(at && n / 2 - strtoull(at + 8, NULL, 10) < 1 << 17, "%zu: %s", n / 2, err.text);
    kit_close(kit_create(&f, 0, true));
    read_file(path, &after, &after_n);
    ck_assert_uint_eq(after_n, n);
    ck_assert_mem_eq(after, bytes, n); /* evidence is not overwritten */
    free(after);
    free(bytes);
    kit_end(&f);
}
END_TEST

START_TEST(missing_and_exchanged_segments_are_named)
{
    struct journal_folder f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    char first[400], second[400], third[400], moved[420];
    kit_begin(&f);
    kit_write_session(&f, 20000, 1);
    ck_assert(kit_segment(&f, 1, first) && kit_segment(&f, 2, second) &&
              kit_segment(&f, 3, third));
    ck_assert_uint_eq(kit_read_back(&f, NULL, &ending, &err), 20000);
    snprintf(moved, sizeof moved, "%s.away", second);
    ck_assert_int_eq(rename(second, moved), 0);
    kit_read_back(&f, NULL, &ending, &err);
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.text, "segment 3 is missing"));
    ck_assert_int_eq(rename(third, second), 0);
    err = (struct qt_error){0};
    kit_read_back(&f, NULL, &ending, &err);
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    unlink(moved);
    kit_end(&f);
}
END_TEST

START_TEST(key_of_another_folder_does_not_fit)
{
    struct journal_folder f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    kit_begin(&f);
    kit_write_session(&f, 10, 0);
    f.key.bytes[5] ^= 1;
    ck_assert_uint_eq(kit_read_back(&f, NULL, &ending, &err), 0);
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    kit_end(&f);
}
END_TEST

START_TEST(key_file_that_is_not_one_is_refused)
{
    struct journal_folder f;
    struct qt_journal_key key;
    char path[128], link[128];
    kit_begin(&f);
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
    kit_end(&f);
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
forge_open(struct forged *forged, const struct journal_folder *f, const char *path)
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
read_anything(const struct journal_folder *f)
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
    struct journal_folder f;
    char path[400];
    struct qt_rng rng;
    kit_begin(&f);
    f.restore->is_found = true;
    kit_write_session(&f, 300, 0);
    ck_assert(kit_segment(&f, 0, path));
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
    kit_end(&f);
}
END_TEST

int
main(void)
{
    const struct {
        const char *name;
        const TTest *test;
    } cases[] = {
        {"flip", every_flipped_byte_is_named},
        {"cut", every_cut_tail_is_seen_and_recovered_by_the_next_session},
        {"middle", damage_in_the_middle_is_not_taken_for_a_torn_tail},
        {"segments", missing_and_exchanged_segments_are_named},
        {"key", key_of_another_folder_does_not_fit},
        {"key_file", key_file_that_is_not_one_is_refused},
        {"A3_forged", A3_forged_records_are_read_or_named_and_harm_nobody},
    };
    Suite *suite = suite_create("journal_damage");
    for (size_t i = 0; i < QT_COUNT_OF(cases); i++) {
        TCase *tc = tcase_create(cases[i].name);
        tcase_set_timeout(tc, 240);
        tcase_add_test(tc, cases[i].test);
        suite_add_tcase(suite, tc);
    }
    return qt_run_suite(suite);
}

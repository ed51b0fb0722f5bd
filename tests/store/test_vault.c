/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vault: what goes in comes out for its store only, damage and strange files are named (K5),
 * and nothing of a secret is in the file or in an error (K3). */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/store/vault.h"

#include "../lib/qt_check.h"

static const char key_a[] = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
static const char secret_a[] = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

struct fixture {
    char folder[64], path[96];
    struct qt_store_key *key;
};

static void
begin(struct fixture *f)
{
    struct qt_error err = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/qtrade-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/vault", f->folder);
    f->key = qt_store_key_make(NULL, &err);
    ck_assert_msg(f->key != NULL, "%s", err.text);
}

static void
end(struct fixture *f)
{
    qt_store_key_close(f->key);
    (void)unlink(f->path);
    ck_assert_int_eq(rmdir(f->folder), 0); /* no temporary file was left */
}

static struct qt_vault *
open_vault(const struct fixture *f, bool writes)
{
    struct qt_error err = {0};
    struct qt_vault *vault = qt_vault_open(f->folder, f->key, writes, &err);
    ck_assert_msg(vault != NULL, "%s", err.text);
    return vault;
}

static void
fill(const struct fixture *f, const char *const names[])
{
    struct qt_error err = {0};
    struct qt_vault *vault = open_vault(f, true);
    for (int i = 0; names[i]; i++)
        ck_assert_msg(qt_vault_add(vault, names[i], "binance", key_a, secret_a, 1000 + i, &err),
                      "%s", err.text);
    ck_assert_msg(qt_vault_save(vault, f->key, &err), "%s", err.text);
    qt_vault_close(vault);
}

START_TEST(entries_come_back_sorted_and_whole)
{
    struct fixture f;
    struct qt_error err = {0};
    char key[QT_VAULT_SECRET], secret[QT_VAULT_SECRET];
    begin(&f);
    fill(&f, (const char *const[]){"main", "backup", "z.9_-", NULL});
    struct qt_vault *vault = open_vault(&f, true);
    ck_assert_uint_eq(qt_vault_count(vault), 3);
    ck_assert_str_eq(qt_vault_at(vault, 0)->name, "backup");
    ck_assert_int_eq(qt_vault_at(vault, 0)->added_ns, 1001);
    ck_assert_int_eq(qt_vault_find(vault, "main"), 1);
    ck_assert_int_eq(qt_vault_find(vault, "mai"), -1);
    qt_vault_reveal(vault, 1, key, secret);
    ck_assert_str_eq(key, key_a);
    ck_assert_str_eq(secret, secret_a);
    qt_vault_set_scope(vault, 1, QT_SCOPE_KNOWN | QT_SCOPE_TRADE, 5000);
    ck_assert(qt_vault_rotate(vault, 0, "new", "newer", 7000, &err));
    qt_vault_remove(vault, 2);
    ck_assert(qt_vault_save(vault, f.key, &err));
    qt_vault_close(vault);
    vault = open_vault(&f, false);
    ck_assert_uint_eq(qt_vault_count(vault), 2);
    ck_assert_int_eq(qt_vault_at(vault, 0)->rotated_ns, 7000);
    ck_assert_int_eq(qt_vault_at(vault, 0)->added_ns, 1001);
    ck_assert_uint_eq(qt_vault_at(vault, 1)->scope, QT_SCOPE_KNOWN | QT_SCOPE_TRADE);
    qt_vault_reveal(vault, 0, key, secret);
    ck_assert_str_eq(secret, "newer");
    qt_vault_close(vault);
    end(&f);
}
END_TEST

START_TEST(bad_words_change_nothing_and_k3_are_not_repeated)
{
    static const struct {
        const char *name, *key, *secret;
    } rows[] = {{"", "k", "s"},         {"a b", "k", "s"},       {"../x", "k", "s"},
                {"-x", "k", "s"},       {"main", "k", "s"},      {"x", "", "s"},
                {"x", "k", ""},         {"x", "two words", "s"}, {"x", "k", "hid\nden"},
                {"x", "k", "h\xc3\xa4"}};
    struct fixture f;
    char long_one[200];
    begin(&f);
    fill(&f, (const char *const[]){"main", NULL});
    memset(long_one, 'L', sizeof long_one);
    long_one[QT_VAULT_SECRET] = '\0';
    struct qt_vault *vault = open_vault(&f, true);
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        struct qt_error err = {0};
        ck_assert(
            !qt_vault_add(vault, rows[i].name, "binance", rows[i].key, rows[i].secret, 1, &err));
        ck_assert_int_eq(err.code, QT_E_USAGE);
        ck_assert_ptr_null(strstr(err.text, "hid"));
        ck_assert_ptr_null(strstr(err.text, "two words"));
    }
    struct qt_error err = {0};
    ck_assert(!qt_vault_add(vault, "x", "binance", "k", long_one, 1, &err));
    ck_assert_ptr_null(strstr(err.text, "LLLL"));
    ck_assert(!qt_vault_rotate(vault, 0, key_a, secret_a, 1, &err)); /* the same is no rotation */
    ck_assert_uint_eq(qt_vault_count(vault), 1);
    for (int i = 1; i < QT_VAULT_MAX; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        ck_assert(qt_vault_add(vault, name, "binance", "k", "s", 1, &err));
    }
    ck_assert(!qt_vault_add(vault, "one-more", "binance", "k", "s", 1, &err));
    qt_vault_close(vault);
    end(&f);
}
END_TEST

static size_t
read_vault(const struct fixture *f, unsigned char *out, size_t capacity)
{
    int fd = open(f->path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ssize_t n = read(fd, out, capacity);
    close(fd);
    ck_assert_int_gt(n, 0);
    return (size_t)n;
}

static void
write_vault(const struct fixture *f, const unsigned char *bytes, size_t n)
{
    (void)unlink(f->path);
    int fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

static void
expect_refused(const struct fixture *f, const char *word)
{
    struct qt_error err = {0};
    ck_assert_ptr_null(qt_vault_open(f->folder, f->key, false, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    ck_assert_msg(strstr(err.text, word) != NULL, "%s", err.text);
}

START_TEST(every_flipped_byte_and_every_cut_is_named_and_nothing_can_be_read)
{
    static unsigned char good[16384], bad[16384];
    struct fixture f;
    begin(&f);
    fill(&f, (const char *const[]){"main", NULL});
    size_t n = read_vault(&f, good, sizeof good);
    ck_assert_ptr_null(memmem(good, n, "main", 4));
    ck_assert_ptr_null(memmem(good, n, key_a, 8));
    ck_assert_ptr_null(memmem(good, n, secret_a, 8));
    for (size_t at = 0; at < n; at += at < 128 ? 1 : 37) {
        memcpy(bad, good, n);
        bad[at] ^= 1;
        write_vault(&f, bad, n);
        expect_refused(&f, f.path);
    }
    for (size_t cut = 0; cut < n; cut += 101) {
        write_vault(&f, good, cut);
        expect_refused(&f, "damaged or cut");
    }
    write_vault(&f, good, n);
    struct qt_error err = {0};
    struct qt_store_key *own = f.key;
    f.key = qt_store_key_make(NULL, &err);
    expect_refused(&f, "of another store");
    qt_store_key_close(f.key);
    f.key = own;
    qt_vault_close(open_vault(&f, false));
    end(&f);
}
END_TEST

START_TEST(size_says_nothing_and_each_save_is_under_another_key)
{
    static unsigned char first[16384], second[16384];
    struct fixture f;
    begin(&f);
    fill(&f, (const char *const[]){"main", NULL});
    size_t n = read_vault(&f, first, sizeof first), same = 0;
    fill(&f, (const char *const[]){"other", "third", NULL});
    ck_assert_uint_eq(read_vault(&f, second, sizeof second), n);
    for (size_t i = 16; i < n; i++)
        same += first[i] == second[i];
    ck_assert_uint_lt(same, n / 64); /* one in 256 by chance */
    end(&f);
}
END_TEST

START_TEST(k5_vault_readable_by_others_link_fifo_and_folder_are_refused)
{
    struct fixture f;
    char aside[96];
    begin(&f);
    fill(&f, (const char *const[]){"main", NULL});
    ck_assert_int_eq(chmod(f.path, 0640), 0);
    expect_refused(&f, "chmod 600");
    ck_assert_int_eq(chmod(f.path, 0600), 0);
    snprintf(aside, sizeof aside, "%s/aside", f.folder);
    ck_assert_int_eq(rename(f.path, aside), 0);
    ck_assert_int_eq(symlink(aside, f.path), 0);
    expect_refused(&f, "link");
    ck_assert_int_eq(unlink(f.path), 0);
    ck_assert_int_eq(mkfifo(f.path, 0600), 0);
    expect_refused(&f, "must be a file"); /* and does not wait for a writer */
    ck_assert_int_eq(unlink(f.path), 0);
    ck_assert_int_eq(mkdir(f.path, 0700), 0);
    expect_refused(&f, "must be a file");
    ck_assert_int_eq(rmdir(f.path), 0);
    ck_assert_int_eq(rename(aside, f.path), 0);
    qt_vault_close(open_vault(&f, false));
    end(&f);
}
END_TEST

START_TEST(k5_save_that_fails_leaves_the_old_vault)
{
    struct fixture f;
    struct qt_error err = {0};
    char in_the_way[96];
    begin(&f);
    fill(&f, (const char *const[]){"main", NULL});
    snprintf(in_the_way, sizeof in_the_way, "%s/vault.tmp", f.folder);
    ck_assert_int_eq(mkdir(in_the_way, 0700), 0);
    struct qt_vault *vault = open_vault(&f, true);
    ck_assert(qt_vault_add(vault, "more", "binance", "k", "s", 1, &err));
    ck_assert(!qt_vault_save(vault, f.key, &err));
    qt_vault_close(vault);
    ck_assert_int_eq(rmdir(in_the_way), 0);
    vault = open_vault(&f, false);
    ck_assert_uint_eq(qt_vault_count(vault), 1);
    qt_vault_close(vault);
    end(&f);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("vault");
    TCase *tc = tcase_create("vault");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, entries_come_back_sorted_and_whole);
    tcase_add_test(tc, bad_words_change_nothing_and_k3_are_not_repeated);
    tcase_add_test(tc, every_flipped_byte_and_every_cut_is_named_and_nothing_can_be_read);
    tcase_add_test(tc, size_says_nothing_and_each_save_is_under_another_key);
    tcase_add_test(tc, k5_vault_readable_by_others_link_fifo_and_folder_are_refused);
    tcase_add_test(tc, k5_save_that_fails_leaves_the_old_vault);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

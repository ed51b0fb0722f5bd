/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What opens a store, as somebody sees it who tries keys (S16). A process is traced instruction by
 * instruction while it opens store.key: so the ways that it took are compared, which time would
 * only tell with noise. And what no key may be made of never reaches what makes keys.
 */
#include <dlfcn.h>
#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "qt_check.h"
#include "vfs_kit.h"

#include "../../src/store/key_priv.h"

/* What makes keys */

static unsigned made;  /* keys, of a file's bytes or a passphrase */
static bool is_traced; /* here; libsodium's Argon2 itself is left out of the way */

int
crypto_pwhash(unsigned char *const out, unsigned long long out_n, const char *const text,
              unsigned long long n, const unsigned char *const salt, unsigned long long operations,
              size_t memory, int algorithm)
{
    int (*real)(unsigned char *, unsigned long long, const char *, unsigned long long,
                const unsigned char *, unsigned long long, size_t, int);
    *(void **)&real = dlsym(RTLD_NEXT, "crypto_pwhash");
    (void)operations; /* what a case is about does not depend on the cost */
    (void)memory;
    made++;
    if (is_traced)
        raise(SIGUSR1);
    int failed = real(out, out_n, text, n, salt, 1, 8192, algorithm);
    if (is_traced)
        raise(SIGUSR2);
    return failed;
}

int
crypto_generichash_blake2b_salt_personal(unsigned char *out, size_t out_n, const unsigned char *in,
                                         unsigned long long n, const unsigned char *key,
                                         size_t key_n, const unsigned char *salt,
                                         const unsigned char *personal)
{
    int (*real)(unsigned char *, size_t, const unsigned char *, unsigned long long,
                const unsigned char *, size_t, const unsigned char *, const unsigned char *);
    *(void **)&real = dlsym(RTLD_NEXT, "crypto_generichash_blake2b_salt_personal");
    made += memcmp(personal, "qtrade store key", 16) == 0;
    return real(out, out_n, in, n, key, key_n, salt, personal);
}

/* Ways */

struct way {
    uint64_t steps, hash; /* of the addresses of all instructions, in their order */
    int end;              /* the process's exit status */
    bool is_seen;         /* false: nobody may be traced here */
};

static uint64_t
place_of(pid_t child)
{
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof registers};
    MUST(ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &all) == 0, "registers");
#if defined(__x86_64__)
    return registers.rip;
#else
    return registers.pc;
#endif
}

/* Parent and child take turns: on one processor that costs a tenth. */
static void
stay_on_one_processor(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

/* The way of run(context), whose value is the exit status, in a process of its own. */
static struct way
way_of(int (*run)(const void *context), const void *context)
{
    struct way way = {.hash = UINT64_C(0xcbf29ce484222325)};
    int status;
    pid_t child = fork();
    MUST(child >= 0, "fork");
    if (child == 0) {
        is_traced = true;
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(99);
        raise(SIGSTOP);
        _exit(run(context));
    }
    MUST(waitpid(child, &status, 0) == child, "wait");
    way.is_seen = WIFSTOPPED(status);
    while (WIFSTOPPED(status)) {
        way.hash = (way.hash ^ place_of(child)) * UINT64_C(0x100000001b3);
        way.steps++;
        if (WSTOPSIG(status) == SIGUSR1) {
            MUST(ptrace(PTRACE_CONT, child, NULL, NULL) == 0, "on");
            MUST(waitpid(child, &status, 0) == child && WIFSTOPPED(status) &&
                     WSTOPSIG(status) == SIGUSR2,
                 "until SIGUSR2");
        }
        MUST(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0, "a step");
        MUST(waitpid(child, &status, 0) == child, "wait");
    }
    way.end = WEXITSTATUS(status);
    return way;
}

static bool
is_same_way(const struct way *a, const struct way *b)
{
    return a->steps == b->steps && a->hash == b->hash && a->end == b->end;
}

/* A store.key, and what is tried on it */

enum { PHRASE_BYTES = 24 };
static const char phrase[] = "correct horse, battery 9";
static const char key_file[] = "thirty-two bytes that open it...";

struct lock {
    char folder[64];
    const char *whole;                  /* what opens it */
    unsigned char bytes[QT__KEY_BYTES]; /* what is tried */
    struct qt_unlock with;
};

static void
lock_begin(struct lock *lock, enum qt_key_kind kind)
{
    struct qt_error err = {0};
    folder_begin(lock->folder);
    lock->with = (struct qt_unlock){kind, lock->bytes, kind == QT_KEY_FILE ? 32 : PHRASE_BYTES};
    lock->whole = kind == QT_KEY_FILE ? key_file : phrase;
    memcpy(lock->bytes, lock->whole, lock->with.n);
    struct qt_store_key *key = qt_store_key_make(&lock->with, &err);
    ck_assert_msg(key && qt__store_key_save(key, lock->folder, &err), "%s", err.text);
    qt_store_key_close(key);
}

static int
try_key(const void *context)
{
    const struct lock *lock = context;
    struct qt_error err = {0};
    struct qt_store_key *key = qt_store_key_open(lock->folder, &lock->with, &err);
    return key ? 1 : strstr(err.text, "does not open it") ? 4 : 9;
}

/* Compares as one must not: it ends at the first byte that differs. */
static int
try_in_haste(const void *context)
{
    const struct lock *lock = context;
    const volatile unsigned char *bytes = lock->bytes;
    for (size_t i = 0; i < lock->with.n; i++)
        if (bytes[i] != (unsigned char)lock->whole[i])
            return 4;
    return 1;
}

/* A byte of store.key, for a while. */
static void
flip(const struct lock *lock, long at, int whence)
{
    FILE *file = fopen(path_in(lock->folder, "store.key"), "r+");
    ck_assert(file && fseek(file, at, whence) == 0);
    int byte = fgetc(file);
    ck_assert(fseek(file, at, whence) == 0 && fputc(byte ^ 1, file) != EOF && fclose(file) == 0);
}

static void
expect_one_way(enum qt_key_kind kind)
{
    struct lock lock;
    lock_begin(&lock, kind);
    const size_t last = lock.with.n - 1;
    const struct way good = way_of(try_key, &lock);
    if (!good.is_seen) {
        fprintf(stderr, "# no process may be traced here: this case checks nothing\n");
        folder_end(lock.folder);
        return;
    }
    ck_assert_int_eq(good.end, 1);
    ck_assert_uint_gt(good.steps, 1000);
    lock.bytes[0] ^= 1;
    const struct way first_bit = way_of(try_key, &lock), in_haste = way_of(try_in_haste, &lock);
    ck_assert_int_eq(first_bit.end, 4);
    ck_assert(!is_same_way(&good, &first_bit)); /* the control: it does something else then */
    lock.bytes[0] ^= 1;
    lock.bytes[last] ^= 0x80;
    const struct way last_bit = way_of(try_key, &lock), in_haste_too = way_of(try_in_haste, &lock);
    ck_assert(is_same_way(&first_bit, &last_bit));
    ck_assert(!is_same_way(&in_haste, &in_haste_too)); /* and one in haste is told by its way */
    lock.bytes[last] ^= 0x80;
    flip(&lock, -1, SEEK_END); /* the tag of what is wrapped */
    const struct way harmed = way_of(try_key, &lock);
    flip(&lock, -1, SEEK_END);
    ck_assert(is_same_way(&first_bit, &harmed));
    memset(lock.bytes, 'x', lock.with.n); /* no byte is right */
    const struct way no_byte = way_of(try_key, &lock);
    ck_assert(is_same_way(&first_bit, &no_byte));
    folder_end(lock.folder);
}

START_TEST(S16_wrong_key_of_any_kind_takes_the_same_way)
{
    stay_on_one_processor();
    expect_one_way(QT_KEY_FILE);
}
END_TEST

START_TEST(S16_wrong_passphrase_of_any_kind_takes_the_same_way)
{
    stay_on_one_processor();
    expect_one_way(QT_KEY_PASSPHRASE);
}
END_TEST

static const struct {
    enum qt_key_kind kind;
    size_t n;
} no_keys[] = {{QT_KEY_FILE, 0},
               {QT_KEY_FILE, 1},
               {QT_KEY_FILE, 31},
               {QT_KEY_FILE, 33},
               {QT_KEY_FILE, 64},
               {QT_KEY_PASSPHRASE, 0},
               {QT_KEY_PASSPHRASE, QT_PASSPHRASE_MAX + 1}};

START_TEST(S16_no_key_is_made_of_nothing_or_of_a_part)
{
    static const unsigned char bytes[QT_PASSPHRASE_MAX + 1];
    const struct qt_unlock with = {no_keys[_i].kind, bytes, no_keys[_i].n};
    struct lock lock;
    struct qt_error err = {0};
    size_t n, n_after;
    lock_begin(&lock, with.kind);
    struct qt_store_key *key = qt_store_key_open(lock.folder, &lock.with, &err);
    ck_assert_msg(key != NULL, "%s", err.text);
    unsigned char *before = file_read(path_in(lock.folder, "store.key"), &n);
    made = 0;
    ck_assert_ptr_null(qt_store_key_open(lock.folder, &with, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    ck_assert_ptr_nonnull(strstr(err.text, "no key is made of"));
    ck_assert_ptr_null(qt_store_key_make(&with, &err));
    ck_assert(!qt_store_key_change(key, lock.folder, &with, &err));
    ck_assert(!qt_store_key_renew(key, lock.folder, &with, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    ck_assert_uint_eq(made, 0);
    unsigned char *after = file_read(path_in(lock.folder, "store.key"), &n_after);
    ck_assert_uint_eq(n_after, n);
    ck_assert_mem_eq(before, after, n);
    ck_assert_int_ne(access(path_in(lock.folder, "store.key.next"), F_OK), 0);
    qt_store_key_close(key);
    key = qt_store_key_open(lock.folder, &lock.with, &err);
    ck_assert(key && made == 1); /* the control: a whole one is */
    qt_store_key_close(key);
    free(before);
    free(after);
    folder_end(lock.folder);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("store_key");
    TCase *tc = tcase_create("S16");
    tcase_set_timeout(tc, 170);
    tcase_add_test(tc, S16_wrong_key_of_any_kind_takes_the_same_way);
    tcase_add_test(tc, S16_wrong_passphrase_of_any_kind_takes_the_same_way);
    tcase_add_loop_test(tc, S16_no_key_is_made_of_nothing_or_of_a_part, 0, QT_COUNT_OF(no_keys));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

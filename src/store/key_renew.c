/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the keys of a store are for, and how its pages get another one (K1 of key.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/file.h"

#include "key_wrap_priv.h"
#include "store_file_priv.h"

enum { SETTLED = 2, RENEWING = 3, PATH_BYTES = 640 };

_Static_assert(QT_KEY_HANDOVER == 2 * QT__KEY_BYTES + QT__SEAL_BYTES, "two keys, sealed");

static void
derive(const unsigned char from[QT__KEY_BYTES], const char use[8], unsigned char out[QT__KEY_BYTES])
{
    _Static_assert(QT__KEY_BYTES == crypto_kdf_KEYBYTES, "a key is one of crypto_kdf");
    (void)crypto_kdf_derive_from_key(out, QT__KEY_BYTES, 1, use, from);
}

const unsigned char *
qt__store_key_pages(const struct qt_store_key *key)
{
    return key->keys[key->version < SETTLED ? QT__SLOT_ROOT : QT__SLOT_PAGES];
}

const unsigned char *
qt__store_key_former(const struct qt_store_key *key)
{
    return key->version == RENEWING ? key->keys[QT__SLOT_FORMER] : NULL;
}

bool
qt_store_key_is_renewing(const struct qt_store_key *key)
{
    return key->version == RENEWING;
}

struct qt__cipher *
qt__store_key_vault(const struct qt_store_key *key)
{
    unsigned char derived[QT__KEY_BYTES];
    derive(qt__store_key_pages(key), "qt_vault", derived);
    struct qt__cipher *cipher = qt__cipher_create(derived, key->id);
    if (cipher && qt__store_key_former(key)) {
        derive(qt__store_key_former(key), "qt_vault", derived);
        qt__cipher_former(cipher, derived);
    }
    sodium_memzero(derived, sizeof derived);
    return cipher;
}

void
qt__store_key_seal(const struct qt_store_key *key, unsigned char out[QT__KEY_BYTES])
{
    if (key->version < SETTLED)
        derive(key->keys[QT__SLOT_ROOT], "qt__seal", out);
    else
        memcpy(out, key->keys[QT__SLOT_ROOT], QT__KEY_BYTES);
}

void
qt__store_key_intents(const struct qt_store_key *key, unsigned char out[QT__KEY_BYTES])
{
    derive(key->keys[QT__SLOT_JOURNAL], "qtintent", out);
}

static void
path_of_next(const char *folder, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%.600s/store.key.next", folder);
}

/* From now on pages seals, and what did is the former one. */
static void
turn(struct qt_store_key *key, const unsigned char pages[QT__KEY_BYTES])
{
    unsigned char seed[QT__KEY_BYTES];
    qt__store_key_seal(key, seed);
    memmove(key->keys[QT__SLOT_FORMER], qt__store_key_pages(key), QT__KEY_BYTES);
    memcpy(key->keys[QT__SLOT_PAGES], pages, QT__KEY_BYTES);
    memcpy(key->keys[QT__SLOT_ROOT], seed, QT__KEY_BYTES);
    sodium_memzero(seed, sizeof seed);
    key->version = RENEWING;
}

/* Only the one key of the pages is left. */
static void
settle(struct qt_store_key *key)
{
    key->version = SETTLED;
    sodium_memzero(key->keys[QT__SLOT_FORMER], 2 * QT__KEY_BYTES);
}

/* store.key.next, and its hash among the keys. */
static bool
write_next(struct qt_store_key *key, const char *folder, const struct qt_unlock *unlock,
           struct qt_error *err)
{
    char path[PATH_BYTES];
    struct qt_store_key *next = qt__store_key_copy(key, err);
    path_of_next(folder, path);
    if (next)
        settle(next);
    bool is_written = next && qt__store_key_wrap(next, unlock, err) &&
                      qt_file_write_atomic(path, next->wrapped, next->wrapped_n, 0600, err);
    if (is_written)
        crypto_generichash(key->keys[QT__SLOT_NEXT], QT__KEY_BYTES, next->wrapped, next->wrapped_n,
                           NULL, 0);
    qt_store_key_close(next);
    return is_written;
}

bool
qt_store_key_renew(struct qt_store_key *key, const char *folder, const struct qt_unlock *unlock,
                   struct qt_error *err)
{
    unsigned char pages[QT__KEY_BYTES];
    struct qt_store_key *renewed = qt__store_key_copy(key, err);
    if (!renewed)
        return false;
    if (renewed->version != RENEWING) {
        randombytes_buf(pages, sizeof pages);
        turn(renewed, pages);
        sodium_memzero(pages, sizeof pages);
    }
    bool is_begun = write_next(renewed, folder, unlock, err) &&
                    qt__store_key_wrap(renewed, unlock, err) &&
                    qt__store_key_save(renewed, folder, err);
    if (is_begun)
        *key = *renewed;
    qt_store_key_close(renewed);
    return is_begun;
}

bool
qt_store_key_look_renewing(const char *folder, bool *out, struct qt_error *err)
{
    unsigned char wrapped[QT__WRAP_BYTES];
    size_t n;
    if (!qt__store_key_read(folder, wrapped, &n, err))
        return false;
    *out = n > 0 && qt__get_le(wrapped + 8, 4) == RENEWING;
    return true;
}

/* store.key.next, which has to be the one that the keys name. */
static bool
read_next(const struct qt_store_key *key, const char *folder, struct qt_store_key *out,
          struct qt_error *err)
{
    char path[PATH_BYTES];
    unsigned char hash[QT__KEY_BYTES];
    path_of_next(folder, path);
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = file >= 0 ? read(file, out->wrapped, sizeof out->wrapped) : -1;
    int why = errno;
    if (file >= 0)
        close(file);
    errno = why;
    if (n < 0 && errno != ENOENT)
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    if (n > 0)
        crypto_generichash(hash, sizeof hash, out->wrapped, (size_t)n, NULL, 0);
    if (n <= 0 || sodium_memcmp(hash, key->keys[QT__SLOT_NEXT], sizeof hash) != 0)
        return qt_fail(
            err, QT_E_LOCKED,
            "%s: is %s: the rekey cannot end until 'qtrade store rekey --pages' is asked "
            "for again",
            path, n < 0 ? "missing" : "another one than it should be");
    out->wrapped_n = (size_t)n;
    return true;
}

bool
qt_store_key_can_finish(const struct qt_store_key *key, const char *folder, struct qt_error *err)
{
    struct qt_store_key *next = qt__store_key_copy(key, err);
    bool can = next && read_next(key, folder, next, err);
    qt_store_key_close(next);
    return can;
}

bool
qt__store_key_finish(struct qt_store_key *key, const char *folder, struct qt_error *err)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    struct qt_store_key *next = qt__store_key_copy(key, err);
    path_of_next(folder, from);
    snprintf(to, sizeof to, "%.600s/store.key", folder);
    bool is_finished = next && read_next(key, folder, next, err) &&
                       (rename(from, to) == 0 || qt_fail_errno(err, QT_E_IO, "%s", to)) &&
                       qt__sync_folder(folder, err);
    if (is_finished) {
        settle(next);
        *key = *next;
    }
    qt_store_key_close(next);
    return is_finished;
}

static const struct qt__place handover_place = {.kind = QT__KIND_HANDOVER};

bool
qt_store_key_hand_over(const struct qt_store_key *key, unsigned char out[QT_KEY_HANDOVER],
                       struct qt_error *err)
{
    const unsigned char *former = qt__store_key_former(key);
    if (!former)
        return qt_fail(err, QT_E_FAILED, "the store's pages are not being encrypted anew");
    struct qt__cipher *cipher = qt__cipher_create(former, key->id);
    if (!cipher)
        return qt_fail(err, QT_E_MEMORY, "no memory for the store's cipher");
    unsigned char plain[2 * QT__KEY_BYTES];
    memcpy(plain, key->keys[QT__SLOT_PAGES], QT__KEY_BYTES);
    memcpy(plain + QT__KEY_BYTES, key->keys[QT__SLOT_NEXT], QT__KEY_BYTES);
    qt__seal(cipher, &handover_place, plain, sizeof plain, out);
    sodium_memzero(plain, sizeof plain);
    qt__cipher_destroy(cipher);
    return true;
}

bool
qt__store_key_take_over(struct qt_store_key *key, const unsigned char sealed[QT_KEY_HANDOVER],
                        struct qt_error *err)
{
    const unsigned char *former = qt__store_key_former(key);
    unsigned char plain[2 * QT__KEY_BYTES];
    struct qt__cipher *cipher =
        qt__cipher_create(former ? former : qt__store_key_pages(key), key->id);
    if (!cipher)
        return qt_fail(err, QT_E_MEMORY, "no memory for the store's cipher");
    bool fits = qt__unseal(cipher, &handover_place, sealed, sizeof plain, plain);
    qt__cipher_destroy(cipher);
    fits = fits && (!former || sodium_memcmp(plain, qt__store_key_pages(key), QT__KEY_BYTES) == 0);
    if (fits && !former)
        turn(key, plain);
    if (fits)
        memcpy(key->keys[QT__SLOT_NEXT], plain + QT__KEY_BYTES, QT__KEY_BYTES);
    sodium_memzero(plain, sizeof plain);
    return fits || qt_fail(err, QT_E_LOCKED, "the new key is not for the store that is open");
}

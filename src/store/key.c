/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/file.h"

#include "key_priv.h"

enum {
    VERSION = 1,
    SALT_AT = 32,
    ID_AT = 48,
    SALT_BYTES = 16,
    OPERATIONS = 3, /* of Argon2id, for new passphrases */
    MEMORY = 256 << 20, /* both as libsodium's MODERATE */
    OPERATIONS_MAX = 64,
    PATH_BYTES = 640
};
static const uint64_t memory_max = UINT64_C(2) << 30;

static const unsigned char magic[8] = "QTKEY";

static bool
no_memory(struct qt_error *err)
{
    return qt_fail(err, QT_E_MEMORY, "no locked memory for the store's keys");
}

static struct qt_store_key *
make_empty(struct qt_error *err)
{
    struct qt_store_key *key = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *key);
    if (key)
        memset(key, 0, sizeof *key);
    else
        no_memory(err);
    return key;
}

/* The wrapping key, of what opens and of the head's salt and cost. */
static bool
derive(const unsigned char head[QT__WRAP_HEAD], const struct qt_unlock *unlock,
       unsigned char out[QT__KEY_BYTES], struct qt_error *err)
{
    const unsigned char *salt = head + SALT_AT;
    if (unlock->kind == QT_KEY_FILE) {
        crypto_generichash_blake2b_salt_personal(out, QT__KEY_BYTES, NULL, 0, unlock->bytes,
                                                 unlock->n, salt,
                                                 (const unsigned char *)"qtrade store key");
        return true;
    }
    if (crypto_pwhash(out, QT__KEY_BYTES, (const char *)unlock->bytes, unlock->n, salt,
                      qt__get_le(head + 16, 8), (size_t)qt__get_le(head + 24, 8),
                      crypto_pwhash_ALG_ARGON2ID13) == 0)
        return true;
    return qt_fail(err, QT_E_MEMORY,
                   "no memory to make a key of the passphrase (it takes %llu MiB)",
                   (unsigned long long)(qt__get_le(head + 24, 8) >> 20));
}

/* The cipher that wraps, and the place that binds the whole head. */
static struct qt__cipher *
begin_wrap(const unsigned char head[QT__WRAP_HEAD], const struct qt_unlock *unlock,
           struct qt__place *place, struct qt_error *err)
{
    unsigned char wrapping[QT__KEY_BYTES];
    struct qt__cipher *cipher = NULL;
    if (!derive(head, unlock, wrapping, err))
        return NULL;
    *place = (struct qt__place){.kind = QT__KIND_WRAP};
    crypto_generichash(place->id, sizeof place->id, head, QT__WRAP_HEAD, NULL, 0);
    cipher = qt__cipher_create(wrapping, head + ID_AT);
    sodium_memzero(wrapping, sizeof wrapping);
    if (!cipher)
        no_memory(err);
    return cipher;
}

static bool
wrap(struct qt_store_key *key, const struct qt_unlock *unlock, struct qt_error *err)
{
    bool is_passphrase = unlock->kind == QT_KEY_PASSPHRASE;
    struct qt__place place;
    unsigned char *head = key->wrapped;
    memset(head, 0, QT__WRAP_HEAD);
    memcpy(head, magic, sizeof magic);
    qt__put_le(head + 8, VERSION, 4);
    qt__put_le(head + 12, unlock->kind, 4);
    qt__put_le(head + 16, is_passphrase ? OPERATIONS : 0, 8);
    qt__put_le(head + 24, is_passphrase ? MEMORY : 0, 8);
    randombytes_buf(head + SALT_AT, SALT_BYTES);
    memcpy(head + ID_AT, key->id, sizeof key->id);
    struct qt__cipher *cipher = begin_wrap(head, unlock, &place, err);
    if (!cipher)
        return false;
    qt__seal(cipher, &place, key->keys, sizeof key->keys, head + QT__WRAP_HEAD);
    qt__cipher_destroy(cipher);
    return true;
}

static void
path_of(const char *folder, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%.600s/store.key", folder);
}

bool
qt__store_key_look(const unsigned char wrapped[QT__WRAP_BYTES], const char *path,
                   struct qt_error *err)
{
    uint64_t kind = qt__get_le(wrapped + 12, 4), cost = qt__get_le(wrapped + 16, 8);
    bool is_passphrase = kind == QT_KEY_PASSPHRASE;
    if (memcmp(wrapped, magic, sizeof magic) != 0 || (kind != QT_KEY_FILE && !is_passphrase) ||
        (is_passphrase && (cost < 1 || cost > OPERATIONS_MAX || qt__get_le(wrapped + 24, 8) < 8192 ||
                           qt__get_le(wrapped + 24, 8) > memory_max)))
        return qt_fail(err, QT_E_LOCKED, "%s: is damaged, or no key of a store", path);
    if (qt__get_le(wrapped + 8, 4) != VERSION)
        return qt_fail(err, QT_E_LOCKED, "%s: has another format than this program knows", path);
    return true;
}

/* The file's bytes. *out_found false: there is none. */
static bool
read_file(const char *path, unsigned char out[QT__WRAP_BYTES], bool *out_found,
          struct qt_error *err)
{
    struct stat st;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *out_found = file >= 0 || errno != ENOENT;
    if (file < 0)
        return !*out_found || qt_fail_errno(err, QT_E_LOCKED, "%s", path);
    bool is_good = fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == QT__WRAP_BYTES &&
                   read(file, out, QT__WRAP_BYTES) == QT__WRAP_BYTES;
    close(file);
    if (!is_good)
        return qt_fail(err, QT_E_LOCKED, "%s: is damaged, or no key of a store", path);
    if (st.st_uid != geteuid() || (st.st_mode & 077))
        return qt_fail(err, QT_E_LOCKED, "%s: must be only its owner's to read (chmod 600)", path);
    return qt__store_key_look(out, path, err);
}

bool
qt_store_key_kind(const char *folder, enum qt_key_kind *out, struct qt_error *err)
{
    char path[PATH_BYTES];
    unsigned char wrapped[QT__WRAP_BYTES];
    bool found = false;
    path_of(folder, path);
    if (!read_file(path, wrapped, &found, err))
        return false;
    *out = found ? (enum qt_key_kind)qt__get_le(wrapped + 12, 4) : QT_KEY_NONE;
    return true;
}

struct qt_store_key *
qt_store_key_make(const struct qt_unlock *unlock, struct qt_error *err)
{
    struct qt_store_key *key = make_empty(err);
    if (!key)
        return NULL;
    randombytes_buf(key->keys, sizeof key->keys);
    randombytes_buf(key->id, sizeof key->id);
    key->is_new = true;
    key->is_for_one_run = unlock == NULL;
    if (!unlock || wrap(key, unlock, err))
        return key;
    qt_store_key_close(key);
    return NULL;
}

/* key->wrapped, of path. */
static bool
unwrap(struct qt_store_key *key, const char *path, const struct qt_unlock *unlock,
       struct qt_error *err)
{
    struct qt__place place;
    if (qt__get_le(key->wrapped + 12, 4) != unlock->kind)
        return qt_fail(err, QT_E_LOCKED, "%s: a %s opens it", path,
                       unlock->kind == QT_KEY_FILE ? "passphrase" : "key file");
    struct qt__cipher *cipher = begin_wrap(key->wrapped, unlock, &place, err);
    if (!cipher)
        return false;
    bool fits =
        qt__unseal(cipher, &place, key->wrapped + QT__WRAP_HEAD, sizeof key->keys, key->keys);
    qt__cipher_destroy(cipher);
    memcpy(key->id, key->wrapped + ID_AT, sizeof key->id);
    return fits || qt_fail(err, QT_E_LOCKED,
                           "%s: the %s does not open it (another one does, or it is damaged)", path,
                           unlock->kind == QT_KEY_FILE ? "key" : "passphrase");
}

struct qt_store_key *
qt_store_key_open(const char *folder, const struct qt_unlock *unlock, struct qt_error *err)
{
    char path[PATH_BYTES];
    bool found = false;
    struct qt_store_key *key = make_empty(err);
    path_of(folder, path);
    if (key && read_file(path, key->wrapped, &found, err) &&
        (found || qt_fail(err, QT_E_LOCKED, "%s: is not there", path)) &&
        unwrap(key, path, unlock, err))
        return key;
    qt_store_key_close(key);
    return NULL;
}

struct qt_store_key *
qt__store_key_unwrap(const unsigned char wrapped[QT__WRAP_BYTES], const char *path,
                     const struct qt_unlock *unlock, struct qt_error *err)
{
    struct qt_store_key *key = make_empty(err);
    if (!key)
        return NULL;
    memcpy(key->wrapped, wrapped, sizeof key->wrapped);
    key->is_new = true;
    if (qt__store_key_look(wrapped, path, err) && unwrap(key, path, unlock, err))
        return key;
    qt_store_key_close(key);
    return NULL;
}

struct qt_store_key *
qt__store_key_copy(const struct qt_store_key *key, struct qt_error *err)
{
    struct qt_store_key *copy = make_empty(err);
    if (copy)
        *copy = *key;
    return copy;
}

bool
qt__store_key_reread(struct qt_store_key *key, const char *folder, struct qt_error *err)
{
    char path[PATH_BYTES];
    unsigned char wrapped[QT__WRAP_BYTES];
    bool found = false;
    path_of(folder, path);
    if (!read_file(path, wrapped, &found, err))
        return false;
    if (!found || memcmp(wrapped + ID_AT, key->id, sizeof key->id) != 0)
        return qt_fail(err, QT_E_LOCKED, "%s: is %s", path, found ? "of another store" : "missing");
    memcpy(key->wrapped, wrapped, sizeof key->wrapped);
    return true;
}

bool
qt__store_key_save(struct qt_store_key *key, const char *folder, struct qt_error *err)
{
    char path[PATH_BYTES];
    path_of(folder, path);
    if (key->is_for_one_run)
        return true;
    if (!qt_file_write_atomic(path, key->wrapped, sizeof key->wrapped, 0600, err))
        return false;
    key->is_new = false;
    return true;
}

bool
qt_store_key_change(struct qt_store_key *key, const char *folder, const struct qt_unlock *unlock,
                    struct qt_error *err)
{
    return wrap(key, unlock, err) && qt__store_key_save(key, folder, err);
}

void
qt_store_key_journal(const struct qt_store_key *key, struct qt_journal_key *out)
{
    memcpy(out->bytes, key->keys + QT__KEY_BYTES, sizeof out->bytes);
}

void
qt__store_key_derive(const struct qt_store_key *key, const char use[8],
                     unsigned char out[QT__KEY_BYTES])
{
    _Static_assert(QT__KEY_BYTES == crypto_kdf_KEYBYTES, "a key is one of crypto_kdf");
    (void)crypto_kdf_derive_from_key(out, QT__KEY_BYTES, 1, use, key->keys);
}

void
qt_store_key_close(struct qt_store_key *key)
{
    sodium_free(key); /* wipes */
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/file.h"

#include "key_wrap_priv.h"

enum {
    RENEWING = 3, /* the newest version: key.h */
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
static const size_t slots_of[] = {0, 2, 3, QT__SLOTS}; /* by version */

static size_t
wrap_bytes(unsigned version)
{
    return QT__WRAP_HEAD + slots_of[version] * QT__KEY_BYTES + QT__SEAL_BYTES;
}

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

/* From nothing, or from a part of a key file, no key is made. */
static bool
can_open(const struct qt_unlock *unlock, struct qt_error *err)
{
    bool is_good = unlock->kind == QT_KEY_FILE ? unlock->n == QT__KEY_BYTES
                                               : unlock->n >= 1 && unlock->n <= QT_PASSPHRASE_MAX;
    return is_good || qt_fail(err, QT_E_LOCKED, "no key is made of a %s of %zu bytes",
                              unlock->kind == QT_KEY_FILE ? "key file" : "passphrase", unlock->n);
}

/* The wrapping key, of what opens and of the head's salt and cost. */
static bool
derive(const unsigned char head[QT__WRAP_HEAD], const struct qt_unlock *unlock,
       unsigned char out[QT__KEY_BYTES], struct qt_error *err)
{
    const unsigned char *salt = head + SALT_AT;
    if (!can_open(unlock, err))
        return false;
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

bool
qt__store_key_wrap(struct qt_store_key *key, const struct qt_unlock *unlock, struct qt_error *err)
{
    bool is_passphrase = unlock->kind == QT_KEY_PASSPHRASE;
    struct qt__place place;
    unsigned char *head = key->wrapped;
    memset(head, 0, sizeof key->wrapped);
    memcpy(head, magic, sizeof magic);
    qt__put_le(head + 8, key->version, 4);
    qt__put_le(head + 12, unlock->kind, 4);
    qt__put_le(head + 16, is_passphrase ? OPERATIONS : 0, 8);
    qt__put_le(head + 24, is_passphrase ? MEMORY : 0, 8);
    randombytes_buf(head + SALT_AT, SALT_BYTES);
    memcpy(head + ID_AT, key->id, sizeof key->id);
    struct qt__cipher *cipher = begin_wrap(head, unlock, &place, err);
    if (!cipher)
        return false;
    qt__seal(cipher, &place, key->keys[0], slots_of[key->version] * QT__KEY_BYTES,
             head + QT__WRAP_HEAD);
    key->wrapped_n = wrap_bytes(key->version);
    qt__cipher_destroy(cipher);
    return true;
}

static void
path_of(const char *folder, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%.600s/store.key", folder);
}

bool
qt__store_key_look(const unsigned char *wrapped, size_t n, const char *path, struct qt_error *err)
{
    uint64_t version = qt__get_le(wrapped + 8, 4), kind = qt__get_le(wrapped + 12, 4);
    uint64_t cost = qt__get_le(wrapped + 16, 8), memory = qt__get_le(wrapped + 24, 8);
    bool is_passphrase = kind == QT_KEY_PASSPHRASE;
    if (memcmp(wrapped, magic, sizeof magic) != 0 || (kind != QT_KEY_FILE && !is_passphrase) ||
        (is_passphrase &&
         (cost < 1 || cost > OPERATIONS_MAX || memory < 8192 || memory > memory_max)))
        return qt_fail(err, QT_E_LOCKED, "%s: is damaged, or no key of a store", path);
    if (version < 1 || version > RENEWING)
        return qt_fail(err, QT_E_LOCKED, "%s: has another format than this program knows", path);
    return n >= wrap_bytes((unsigned)version) ||
           qt_fail(err, QT_E_LOCKED, "%s: is damaged, or no key of a store", path);
}

/* The file's bytes, zeros behind. *out_n 0: there is none. */
static bool
read_file(const char *path, unsigned char out[QT__WRAP_BYTES], size_t *out_n, struct qt_error *err)
{
    struct stat st;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *out_n = 0;
    if (file < 0)
        return errno == ENOENT || qt_fail_errno(err, QT_E_LOCKED, "%s", path);
    memset(out, 0, QT__WRAP_BYTES);
    bool is_good = fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= QT__WRAP_FIRST &&
                   st.st_size <= QT__WRAP_BYTES && read(file, out, QT__WRAP_BYTES) == st.st_size;
    close(file);
    if (!is_good)
        return qt_fail(err, QT_E_LOCKED, "%s: is damaged, or no key of a store", path);
    if (st.st_uid != geteuid() || (st.st_mode & 077))
        return qt_fail(err, QT_E_LOCKED, "%s: must be only its owner's to read (chmod 600)", path);
    if (!qt__store_key_look(out, (size_t)st.st_size, path, err))
        return false;
    if ((size_t)st.st_size != wrap_bytes((unsigned)qt__get_le(out + 8, 4)))
        return qt_fail(err, QT_E_LOCKED, "%s: is damaged, or no key of a store", path);
    *out_n = (size_t)st.st_size;
    return true;
}

bool
qt__store_key_read(const char *folder, unsigned char out[QT__WRAP_BYTES], size_t *out_n,
                   struct qt_error *err)
{
    char path[PATH_BYTES];
    path_of(folder, path);
    return read_file(path, out, out_n, err);
}

bool
qt_store_key_kind(const char *folder, enum qt_key_kind *out, struct qt_error *err)
{
    unsigned char wrapped[QT__WRAP_BYTES];
    size_t n;
    if (!qt__store_key_read(folder, wrapped, &n, err))
        return false;
    *out = n > 0 ? (enum qt_key_kind)qt__get_le(wrapped + 12, 4) : QT_KEY_NONE;
    return true;
}

struct qt_store_key *
qt_store_key_make(const struct qt_unlock *unlock, struct qt_error *err)
{
    struct qt_store_key *key = make_empty(err);
    if (!key)
        return NULL;
    randombytes_buf(key->keys, slots_of[1] * QT__KEY_BYTES);
    key->version = 1;
    randombytes_buf(key->id, sizeof key->id);
    key->is_new = true;
    key->is_for_one_run = unlock == NULL;
    if (!unlock || qt__store_key_wrap(key, unlock, err))
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
    key->version = (unsigned)qt__get_le(key->wrapped + 8, 4);
    key->wrapped_n = wrap_bytes(key->version);
    bool fits = qt__unseal(cipher, &place, key->wrapped + QT__WRAP_HEAD,
                           slots_of[key->version] * QT__KEY_BYTES, key->keys[0]);
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
    size_t n = 0;
    struct qt_store_key *key = make_empty(err);
    path_of(folder, path);
    if (key && read_file(path, key->wrapped, &n, err) &&
        (n > 0 || qt_fail(err, QT_E_LOCKED, "%s: is not there", path)) &&
        unwrap(key, path, unlock, err))
        return key;
    qt_store_key_close(key);
    return NULL;
}

struct qt_store_key *
qt__store_key_unwrap(const unsigned char *wrapped, size_t n, const char *path,
                     const struct qt_unlock *unlock, struct qt_error *err)
{
    struct qt_store_key *key = make_empty(err);
    if (!key)
        return NULL;
    key->is_new = true;
    if (qt__store_key_look(wrapped, n, path, err)) {
        memcpy(key->wrapped, wrapped, wrap_bytes((unsigned)qt__get_le(wrapped + 8, 4)));
        if (unwrap(key, path, unlock, err))
            return key;
    }
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
    size_t n;
    path_of(folder, path);
    if (!read_file(path, wrapped, &n, err))
        return false;
    if (n == 0 || memcmp(wrapped + ID_AT, key->id, sizeof key->id) != 0)
        return qt_fail(err, QT_E_LOCKED, "%s: is %s", path, n > 0 ? "of another store" : "missing");
    memcpy(key->wrapped, wrapped, sizeof key->wrapped);
    key->wrapped_n = n;
    return true;
}

bool
qt__store_key_save(struct qt_store_key *key, const char *folder, struct qt_error *err)
{
    char path[PATH_BYTES];
    path_of(folder, path);
    if (key->is_for_one_run)
        return true;
    if (!qt_file_write_atomic(path, key->wrapped, key->wrapped_n, 0600, err))
        return false;
    key->is_new = false;
    return true;
}

bool
qt_store_key_change(struct qt_store_key *key, const char *folder, const struct qt_unlock *unlock,
                    struct qt_error *err)
{
    if (key->version == RENEWING)
        return qt_fail(err, QT_E_FAILED,
                       "the store's pages are being encrypted anew: first let that end (a running "
                       "engine does it, or 'qtrade store rekey --pages')");
    return qt__store_key_wrap(key, unlock, err) && qt__store_key_save(key, folder, err);
}

void
qt_store_key_journal(const struct qt_store_key *key, struct qt_journal_key *out)
{
    memcpy(out->bytes, key->keys[QT__SLOT_JOURNAL], sizeof out->bytes);
}

void
qt_store_key_close(struct qt_store_key *key)
{
    sodium_free(key); /* wipes */
}

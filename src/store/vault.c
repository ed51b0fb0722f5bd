/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/store/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

#include "key_priv.h"

enum {
    VERSION = 1,
    HEAD = 16,
    WRAPPED = QT__KEY_BYTES + QT__SEAL_BYTES,
    ENTRY = 384, /* in the file */
    PLAIN = QT_VAULT_MAX * ENTRY,
    FILE_BYTES = HEAD + WRAPPED + PLAIN + QT__SEAL_BYTES,
    PATH_BYTES = 640,
    /* within an entry */
    AT_VENUE = 40,
    AT_SCOPE = 64,
    AT_ADDED = 72,
    AT_ROTATED = 80,
    AT_SCOPED = 88,
    AT_KEY = 96,
    AT_SECRET = 232
};

static const unsigned char magic[8] = "QTVAULT";

struct secret {
    char key[QT_VAULT_SECRET], secret[QT_VAULT_SECRET];
};

/* In locked memory: sodium_malloc. */
struct qt_vault {
    char path[PATH_BYTES];
    int lock; /* the folder; -1: only read */
    unsigned n;
    struct qt_vault_entry entry[QT_VAULT_MAX]; /* by name */
    struct secret secret[QT_VAULT_MAX];
    unsigned char plain[PLAIN], file[FILE_BYTES];
};

static const struct qt__place wrap_place = {.kind = QT__KIND_VAULT};
static const struct qt__place plain_place = {.kind = QT__KIND_VAULT, .number = 1};

/* The file's bytes into vault->file; *out_found false: there is none. */
static bool
read_file(struct qt_vault *vault, bool *out_found, struct qt_error *err)
{
    struct stat st;
    const char *path = vault->path;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *out_found = file >= 0 || errno != ENOENT;
    if (file < 0 && errno == ELOOP)
        return qt_fail(err, QT_E_LOCKED, "%s: is a link: it is not followed", path);
    if (file < 0)
        return !*out_found || qt_fail_errno(err, QT_E_LOCKED, "%s", path);
    bool is_file = fstat(file, &st) == 0 && S_ISREG(st.st_mode);
    bool is_ours = is_file && st.st_uid == geteuid() && !(st.st_mode & 077);
    bool is_whole = is_ours && st.st_size == FILE_BYTES &&
                    read(file, vault->file, FILE_BYTES) == (ssize_t)FILE_BYTES;
    close(file);
    if (!is_file || !is_ours)
        return qt_fail(err, QT_E_LOCKED,
                       "%s: must be a file that only its owner can read (chmod 600)", path);
    return (is_whole && memcmp(vault->file, magic, sizeof magic) == 0) ||
           qt_fail(err, QT_E_LOCKED, "%s: is damaged or cut, or no vault", path);
}

static bool
fail_damaged(const struct qt_vault *vault, struct qt_error *err)
{
    return qt_fail(err, QT_E_LOCKED, "%s: is damaged, or of another store", vault->path);
}

/* vault->file into vault->plain. */
static bool
decrypt(struct qt_vault *vault, const struct qt_store_key *key, struct qt_error *err)
{
    unsigned char own[QT__KEY_BYTES];
    if (qt__get_le(vault->file + 8, 8) != VERSION)
        return qt_fail(err, QT_E_LOCKED, "%s: has another format than this program knows",
                       vault->path);
    struct qt__cipher *outer = qt__store_key_vault(key), *inner = NULL;
    bool fits = outer && qt__unseal(outer, &wrap_place, vault->file + HEAD, sizeof own, own);
    if (fits)
        inner = qt__cipher_create(own, key->id);
    fits =
        inner && qt__unseal(inner, &plain_place, vault->file + HEAD + WRAPPED, PLAIN, vault->plain);
    sodium_memzero(own, sizeof own);
    qt__cipher_destroy(outer);
    qt__cipher_destroy(inner);
    return fits || fail_damaged(vault, err);
}

/* vault->plain into entries; what has no name is none. */
static bool
unpack(struct qt_vault *vault, struct qt_error *err)
{
    for (unsigned i = 0; i < QT_VAULT_MAX; i++) {
        const unsigned char *from = vault->plain + (size_t)i * ENTRY;
        struct qt_vault_entry *entry = &vault->entry[vault->n];
        struct secret *secret = &vault->secret[vault->n];
        if (!from[0])
            continue;
        if (from[QT_VAULT_NAME - 1] || from[AT_VENUE + QT_VAULT_VENUE - 1] ||
            from[AT_KEY + QT_VAULT_SECRET - 1] || from[AT_SECRET + QT_VAULT_SECRET - 1])
            return fail_damaged(vault, err);
        memcpy(entry->name, from, sizeof entry->name);
        memcpy(entry->venue, from + AT_VENUE, sizeof entry->venue);
        entry->scope = (uint32_t)qt__get_le(from + AT_SCOPE, 4);
        entry->added_ns = (int64_t)qt__get_le(from + AT_ADDED, 8);
        entry->rotated_ns = (int64_t)qt__get_le(from + AT_ROTATED, 8);
        entry->scope_ns = (int64_t)qt__get_le(from + AT_SCOPED, 8);
        memcpy(secret->key, from + AT_KEY, sizeof secret->key);
        memcpy(secret->secret, from + AT_SECRET, sizeof secret->secret);
        vault->n++;
    }
    sodium_memzero(vault->plain, sizeof vault->plain);
    return true;
}

static void
pack(struct qt_vault *vault)
{
    memset(vault->plain, 0, sizeof vault->plain);
    for (unsigned i = 0; i < vault->n; i++) {
        unsigned char *to = vault->plain + (size_t)i * ENTRY;
        const struct qt_vault_entry *entry = &vault->entry[i];
        memcpy(to, entry->name, sizeof entry->name);
        memcpy(to + AT_VENUE, entry->venue, sizeof entry->venue);
        qt__put_le(to + AT_SCOPE, entry->scope, 4);
        qt__put_le(to + AT_ADDED, (uint64_t)entry->added_ns, 8);
        qt__put_le(to + AT_ROTATED, (uint64_t)entry->rotated_ns, 8);
        qt__put_le(to + AT_SCOPED, (uint64_t)entry->scope_ns, 8);
        memcpy(to + AT_KEY, vault->secret[i].key, QT_VAULT_SECRET);
        memcpy(to + AT_SECRET, vault->secret[i].secret, QT_VAULT_SECRET);
    }
}

static bool
take_lock(struct qt_vault *vault, const char *folder, struct qt_error *err)
{
    vault->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (vault->lock < 0 || flock(vault->lock, LOCK_EX) != 0)
        return qt_fail_errno(err, QT_E_LOCKED, "%s: cannot be locked", folder);
    return true;
}

struct qt_vault *
qt_vault_open(const char *folder, const struct qt_store_key *key, bool writes, struct qt_error *err)
{
    bool found = false;
    struct qt_vault *vault = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *vault);
    if (!vault) {
        qt_fail(err, QT_E_MEMORY, "no locked memory for the vault");
        return NULL;
    }
    memset(vault, 0, sizeof *vault);
    vault->lock = -1;
    snprintf(vault->path, sizeof vault->path, "%.600s/vault", folder);
    if ((!writes || take_lock(vault, folder, err)) && read_file(vault, &found, err) &&
        (!found || (decrypt(vault, key, err) && unpack(vault, err))))
        return vault;
    qt_vault_close(vault);
    return NULL;
}

void
qt_vault_close(struct qt_vault *vault)
{
    if (vault && vault->lock >= 0)
        close(vault->lock);
    sodium_free(vault); /* wipes */
}

unsigned
qt_vault_count(const struct qt_vault *vault)
{
    return vault->n;
}

const struct qt_vault_entry *
qt_vault_at(const struct qt_vault *vault, unsigned i)
{
    qt_assert(i < vault->n);
    return &vault->entry[i];
}

int
qt_vault_find(const struct qt_vault *vault, const char *name)
{
    for (unsigned i = 0; i < vault->n; i++)
        if (strcmp(vault->entry[i].name, name) == 0)
            return (int)i;
    return -1;
}

void
qt_vault_reveal(const struct qt_vault *vault, unsigned i, char *out_key, char *out_secret)
{
    qt_assert(i < vault->n);
    memcpy(out_key, vault->secret[i].key, QT_VAULT_SECRET);
    memcpy(out_secret, vault->secret[i].secret, QT_VAULT_SECRET);
}

static bool
is_name(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = strlen(name);
    return n > 0 && n < QT_VAULT_NAME && strspn(name, allowed) == n && name[0] != '-';
}

static bool
is_secret(const char *text)
{
    size_t n = strlen(text);
    bool is_good = n > 0 && n < QT_VAULT_SECRET;
    for (size_t i = 0; is_good && i < n; i++)
        is_good = text[i] > ' ' && text[i] <= '~';
    return is_good;
}

/* Says nothing of what was given. */
static bool
check_secrets(const char *key, const char *secret, struct qt_error *err)
{
    static const char what[] =
        "must be 1 to 128 printable characters without blanks: nothing was changed";
    return (is_secret(key) || qt_fail(err, QT_E_USAGE, "the API key %s", what)) &&
           (is_secret(secret) || qt_fail(err, QT_E_USAGE, "the secret %s", what));
}

static void
set_secrets(struct secret *out, const char *key, const char *secret)
{
    sodium_memzero(out, sizeof *out);
    (void)qt_copy(out->key, sizeof out->key, key);
    (void)qt_copy(out->secret, sizeof out->secret, secret);
}

bool
qt_vault_add(struct qt_vault *vault, const char *name, const char *venue, const char *key,
             const char *secret, int64_t now_ns, struct qt_error *err)
{
    if (!is_name(name))
        return qt_fail(err, QT_E_USAGE,
                       "an entry's name has 1 to 32 letters, digits, '.', '_' or '-'");
    if (qt_vault_find(vault, name) >= 0)
        return qt_fail(err, QT_E_USAGE, "%s is in the vault already ('keys rotate' changes it)",
                       name);
    if (vault->n == QT_VAULT_MAX)
        return qt_fail(err, QT_E_USAGE, "the vault is full: %d entries", (int)QT_VAULT_MAX);
    if (!check_secrets(key, secret, err))
        return false;
    unsigned at = vault->n;
    for (; at > 0 && strcmp(vault->entry[at - 1].name, name) > 0; at--) {
        vault->entry[at] = vault->entry[at - 1];
        vault->secret[at] = vault->secret[at - 1];
    }
    vault->entry[at] = (struct qt_vault_entry){.added_ns = now_ns, .rotated_ns = now_ns};
    (void)qt_copy(vault->entry[at].name, QT_VAULT_NAME, name);
    (void)qt_copy(vault->entry[at].venue, QT_VAULT_VENUE, venue);
    set_secrets(&vault->secret[at], key, secret);
    vault->n++;
    return true;
}

bool
qt_vault_rotate(struct qt_vault *vault, unsigned i, const char *key, const char *secret,
                int64_t now_ns, struct qt_error *err)
{
    qt_assert(i < vault->n);
    if (!check_secrets(key, secret, err))
        return false;
    if (strcmp(key, vault->secret[i].key) == 0 && strcmp(secret, vault->secret[i].secret) == 0)
        return qt_fail(err, QT_E_USAGE, "%s: the same key as before: make a new one at the venue",
                       vault->entry[i].name);
    set_secrets(&vault->secret[i], key, secret);
    vault->entry[i].rotated_ns = now_ns;
    vault->entry[i].scope = 0;
    vault->entry[i].scope_ns = 0;
    return true;
}

void
qt_vault_remove(struct qt_vault *vault, unsigned i)
{
    qt_assert(i < vault->n);
    vault->n--;
    for (; i < vault->n; i++) {
        vault->entry[i] = vault->entry[i + 1];
        vault->secret[i] = vault->secret[i + 1];
    }
    sodium_memzero(&vault->secret[vault->n], sizeof vault->secret[0]);
}

void
qt_vault_set_scope(struct qt_vault *vault, unsigned i, uint32_t scope, int64_t now_ns)
{
    qt_assert(i < vault->n);
    vault->entry[i].scope = scope;
    vault->entry[i].scope_ns = now_ns;
}

bool
qt_vault_save(struct qt_vault *vault, const struct qt_store_key *key, struct qt_error *err)
{
    unsigned char own[QT__KEY_BYTES];
    qt_assert(vault->lock >= 0);
    randombytes_buf(own, sizeof own);
    struct qt__cipher *outer = qt__store_key_vault(key), *inner = qt__cipher_create(own, key->id);
    if (outer && inner) {
        pack(vault);
        memset(vault->file, 0, sizeof vault->file);
        memcpy(vault->file, magic, sizeof magic);
        qt__put_le(vault->file + 8, VERSION, 4);
        qt__seal(outer, &wrap_place, own, sizeof own, vault->file + HEAD);
        qt__seal(inner, &plain_place, vault->plain, PLAIN, vault->file + HEAD + WRAPPED);
        sodium_memzero(vault->plain, sizeof vault->plain);
    }
    bool is_sealed = outer && inner;
    sodium_memzero(own, sizeof own);
    qt__cipher_destroy(outer);
    qt__cipher_destroy(inner);
    if (!is_sealed)
        return qt_fail(err, QT_E_MEMORY, "no locked memory for the vault");
    return qt_file_write_atomic(vault->path, vault->file, sizeof vault->file, 0600, err);
}

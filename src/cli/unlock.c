/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unlock_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/store/backup.h"
#include "qtrade/store/store.h"

#include "asking_priv.h"

enum { KEY_BYTES = 32, PATH_BYTES = 640 };

enum source { CONFIGURED, CREDENTIAL, LOCAL };

static enum source
find_file(const struct qt_settings *settings, const char *folder, char out[PATH_BYTES])
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    if (settings->store.key_file[0]) {
        snprintf(out, PATH_BYTES, "%s", settings->store.key_file);
        return CONFIGURED;
    }
    if (credentials && *credentials) {
        snprintf(out, PATH_BYTES, "%.600s/qtrade-store", credentials);
        if (access(out, F_OK) == 0)
            return CREDENTIAL;
    }
    snprintf(out, PATH_BYTES, "%.600s/local.key", folder);
    return LOCAL;
}

/* 32 bytes of a plain file of ours; systemd guards its credentials itself. */
static bool
read_key(const char *path, bool is_credential, struct qt__secret *out, struct qt_error *err)
{
    struct stat st;
    int follow = is_credential ? 0 : O_NOFOLLOW; /* systemd's are its own matter */
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | follow);
    if (file < 0 && errno == ELOOP)
        return qt_fail(err, QT_E_LOCKED, "%s: is a link: name the key's file itself", path);
    if (file < 0)
        return qt_fail_errno(err, QT_E_LOCKED, "%s: the store's key", path);
    bool is_file = fstat(file, &st) == 0 && S_ISREG(st.st_mode);
    bool is_ours = is_credential || (st.st_uid == geteuid() && !(st.st_mode & 077));
    bool is_whole = is_file && st.st_size == KEY_BYTES &&
                    read(file, out->bytes, KEY_BYTES) == (ssize_t)KEY_BYTES;
    close(file);
    out->n = KEY_BYTES;
    if (!is_file || !is_ours)
        return qt_fail(err, QT_E_LOCKED,
                       "%s: a key must be a file that only its owner can read (chmod 600)", path);
    return is_whole || qt_fail(err, QT_E_LOCKED, "%s: a key has %d bytes, this file has %lld", path,
                               KEY_BYTES, (long long)st.st_size);
}

static bool
make_key(const char *path, struct qt_error *err)
{
    unsigned char key[KEY_BYTES];
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST || qt_fail_errno(err, QT_E_IO, "%s: making the store's key", path);
    randombytes_buf(key, sizeof key);
    errno = ENOSPC; /* a part that is written sets none */
    bool is_good = write(file, key, sizeof key) == (ssize_t)sizeof key && fsync(file) == 0;
    int why = errno;
    sodium_memzero(key, sizeof key);
    close(file);
    if (is_good)
        return true;
    unlink(path);
    errno = why;
    return qt_fail_errno(err, QT_E_IO, "%s: writing the store's key", path);
}

/* What a fresh machine gets without a question. */
static bool
make_local(const char *path, struct qt_error *err)
{
    if (access(path, F_OK) == 0)
        return true;
    if (!make_key(path, err))
        return false;
    fprintf(stderr,
            "qtrade: made %s, which opens the store: it protects a copy of store.db or of the "
            "journal without it, not the whole folder (man qtrade-store)\n",
            path);
    return true;
}

/* No core file, wherever the system would put it: 1 is what a pipe respects. */
static void
forbid_cores(void)
{
    const struct rlimit limit = {1, 1};
    (void)setrlimit(RLIMIT_CORE, &limit);
}

static bool
locks(const struct qt_settings *settings, struct qt_error *err)
{
    return qt__lock_works(strcmp(settings->store.locked_memory, "require") == 0, err);
}

/* What opens keys of a kind into secret. */
static bool
find(const struct qt_settings *settings, const char *folder, enum qt_key_kind kind,
     struct qt__secret *out, struct qt_error *err)
{
    char path[PATH_BYTES];
    if (kind == QT_KEY_PASSPHRASE)
        return qt__ask("passphrase of the store: ", "the passphrase that opens the store",
                       QT_E_LOCKED, out, err);
    enum source source = find_file(settings, folder, path);
    return read_key(path, source == CREDENTIAL, out, err);
}

static struct qt_store_key *
unlock(const struct qt_settings *settings, const char *folder, bool makes, struct qt_error *err)
{
    enum qt_key_kind kind;
    struct qt__secret secret;
    struct qt_store_key *key = NULL;
    char path[PATH_BYTES];
    forbid_cores();
    if (sodium_init() < 0 || !locks(settings, err) || !qt_store_key_kind(folder, &kind, err))
        return NULL;
    bool is_new = kind == QT_KEY_NONE;
    if (is_new && !makes) {
        qt_fail(err, QT_E_LOCKED, "%s: there is no store.key: no store, or not encrypted yet",
                folder);
        return NULL;
    }
    if (is_new && find_file(settings, folder, path) == LOCAL && !make_local(path, err))
        return NULL;
    (void)sodium_mlock(&secret, sizeof secret);
    if (find(settings, folder, is_new ? QT_KEY_FILE : kind, &secret, err)) {
        const struct qt_unlock with = {is_new ? QT_KEY_FILE : kind, secret.bytes, secret.n};
        key = is_new ? qt_store_key_make(&with, err) : qt_store_key_open(folder, &with, err);
    }
    (void)sodium_munlock(&secret, sizeof secret); /* wipes */
    return key;
}

struct qt_store_key *
qt__unlock(const struct qt_settings *settings, const char *folder, struct qt_error *err)
{
    return unlock(settings, folder, false, err);
}

struct qt_store_key *
qt__unlock_or_make(const struct qt_settings *settings, const char *folder, struct qt_error *err)
{
    return unlock(settings, folder, true, err);
}

struct qt_store_key *
qt__unlock_or_found(const struct qt_settings *settings, const char *folder, struct qt_error *err)
{
    enum qt_key_kind kind;
    if (!qt_store_key_kind(folder, &kind, err))
        return NULL;
    struct qt_store_key *key = unlock(settings, folder, true, err);
    if (!key || kind != QT_KEY_NONE)
        return key;
    struct qt_store *store = qt_store_open(folder, key, err);
    qt_store_close(store);
    if (store)
        return key;
    qt_store_key_close(key);
    return NULL;
}

/* The folder's keys by what is configured, when the file that was named opened an earlier key of the
 * store. NULL: it did not. */
static struct qt_store_key *
open_beside(const struct qt_settings *settings, const char *folder, const char *path,
            struct qt__secret *secret)
{
    struct qt_error ignored = {0};
    if (!find(settings, folder, QT_KEY_FILE, secret, &ignored))
        return NULL;
    const struct qt_unlock with = {QT_KEY_FILE, secret->bytes, secret->n};
    struct qt_store_key *key = qt_store_key_open(folder, &with, &ignored);
    if (!key || qt_backup_is_older(path, key))
        return key;
    qt_store_key_close(key); /* the file that was named is simply the wrong one */
    return NULL;
}

struct qt_store_key *
qt__unlock_maker(const struct qt_settings *settings, const char *folder, const char *path,
                 const char *key_file, struct qt_error *err)
{
    struct qt_backup backup;
    struct qt__secret secret;
    struct qt_store_key *key = NULL;
    if (!qt_backup_look(path, &backup, err))
        return NULL;
    (void)sodium_mlock(&secret, sizeof secret);
    bool is_there = backup.opened_by == QT_KEY_PASSPHRASE
                        ? qt__ask("passphrase of the store when the backup was made: ",
                                  "the passphrase that opens the backup", QT_E_LOCKED, &secret, err)
                    : key_file ? read_key(key_file, false, &secret, err)
                               : find(settings, folder, QT_KEY_FILE, &secret, err);
    const struct qt_unlock with = {backup.opened_by, secret.bytes, secret.n};
    if (is_there)
        key = qt_backup_unlock(path, &with, err);
    (void)sodium_munlock(&secret, sizeof secret); /* wipes */
    if (!key)
        qt_error_add(err, "an earlier key of the store made the backup (--key-file names what opened "
                          "it then)");
    return key;
}

struct qt_store_key *
qt__unlock_backup(const struct qt_settings *settings, const char *folder, const char *path,
                  const char *key_file, struct qt_error *err)
{
    enum qt_key_kind kind;
    struct qt_backup backup;
    struct qt__secret secret;
    struct qt_store_key *key = NULL;
    forbid_cores();
    if (sodium_init() < 0 || !locks(settings, err) || !qt_backup_look(path, &backup, err) ||
        !qt_store_key_kind(folder, &kind, err))
        return NULL;
    bool is_of_folder = kind != QT_KEY_NONE;
    if (!is_of_folder)
        kind = backup.opened_by;
    if (key_file && kind != QT_KEY_FILE && backup.opened_by != QT_KEY_FILE) {
        qt_fail(err, QT_E_LOCKED, "%s: a passphrase opens it", is_of_folder ? folder : path);
        return NULL;
    }
    bool is_named = key_file && kind == QT_KEY_FILE;
    (void)sodium_mlock(&secret, sizeof secret);
    if (is_named ? read_key(key_file, false, &secret, err)
                 : find(settings, folder, kind, &secret, err)) {
        const struct qt_unlock with = {kind, secret.bytes, secret.n};
        key = is_of_folder ? qt_store_key_open(folder, &with, err)
                           : qt_backup_unlock(path, &with, err);
        if (!key && is_named && is_of_folder)
            key = open_beside(settings, folder, path, &secret);
    } else if (!is_of_folder && !key_file && kind == QT_KEY_FILE) {
        qt_error_add(err, "what opens the backup (--key-file names it)");
    }
    (void)sodium_munlock(&secret, sizeof secret); /* wipes */
    return key;
}

static bool
take(struct qt_store_key *key, const char *folder, const struct qt_unlock *with, bool renews,
     struct qt_error *err)
{
    return renews ? qt_store_key_renew(key, folder, with, err)
                  : qt_store_key_change(key, folder, with, err);
}

bool
qt__unlock_by_passphrase(struct qt_store_key *key, const char *folder, bool renews,
                         struct qt_error *err)
{
    struct qt__secret first, second;
    (void)sodium_mlock(&first, sizeof first);
    (void)sodium_mlock(&second, sizeof second);
    bool is_good =
        qt__ask("new passphrase: ", "the passphrase", QT_E_LOCKED, &first, err) &&
        qt__ask("and again: ", "the passphrase", QT_E_LOCKED, &second, err) &&
        ((first.n == second.n && sodium_memcmp(first.bytes, second.bytes, first.n) == 0) ||
         qt_fail(err, QT_E_LOCKED, "the two are not the same: the store's key is as it was"));
    const struct qt_unlock with = {QT_KEY_PASSPHRASE, first.bytes, first.n};
    is_good = is_good && take(key, folder, &with, renews, err);
    (void)sodium_munlock(&first, sizeof first);
    (void)sodium_munlock(&second, sizeof second);
    return is_good;
}

bool
qt__unlock_by_file(struct qt_store_key *key, const char *folder, const char *file, bool renews,
                   struct qt_error *err)
{
    struct qt__secret secret;
    if (!make_key(file, err))
        return false;
    (void)sodium_mlock(&secret, sizeof secret);
    const struct qt_unlock with = {QT_KEY_FILE, secret.bytes, KEY_BYTES};
    bool is_good =
        read_key(file, false, &secret, err) && take(key, folder, &with, renews, err);
    (void)sodium_munlock(&secret, sizeof secret);
    return is_good;
}

bool
qt__unlock_check(const struct qt_settings *settings, const char *folder, struct qt_error *err)
{
    enum qt_key_kind kind;
    struct qt__secret secret;
    char path[PATH_BYTES];
    if (!qt_store_key_kind(folder, &kind, err))
        return false;
    enum source source = find_file(settings, folder, path);
    bool is_to_be_made = kind == QT_KEY_NONE && source == LOCAL && access(path, F_OK) != 0;
    if (kind == QT_KEY_PASSPHRASE || is_to_be_made)
        return true;
    (void)sodium_mlock(&secret, sizeof secret);
    bool is_good = read_key(path, source == CREDENTIAL, &secret, err);
    if (is_good && kind == QT_KEY_FILE) {
        const struct qt_unlock with = {kind, secret.bytes, secret.n};
        struct qt_store_key *key = qt_store_key_open(folder, &with, err);
        is_good = key != NULL;
        qt_store_key_close(key);
    }
    (void)sodium_munlock(&secret, sizeof secret);
    return is_good;
}

void
qt__unlock_name(const struct qt_settings *settings, enum qt_key_kind kind, char *out,
                size_t capacity)
{
    char path[PATH_BYTES];
    if (kind == QT_KEY_PASSPHRASE) {
        snprintf(out, capacity, "passphrase");
        return;
    }
    switch (find_file(settings, "", path)) {
    case CONFIGURED:
        snprintf(out, capacity, "key file %s", path);
        return;
    case CREDENTIAL:
        snprintf(out, capacity, "credential qtrade-store");
        return;
    case LOCAL:
        snprintf(out, capacity, "local.key");
        return;
    }
}

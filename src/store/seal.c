/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/store/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "backup_priv.h"
#include "key_priv.h"

enum { PATH_BYTES = 640, FILE_MAX = 1 << 20, VERSION = 1, ID_MAX = 4096,
       SIGNATURE_HEX = 2 * crypto_sign_BYTES };

static const char what[] = "qtrade sealed config";

void
qt_seal_clear(struct qt_seal *seal)
{
    for (unsigned i = 0; i < seal->n_held; i++)
        free(seal->held[i].value);
    free(seal->config);
    memset(seal, 0, sizeof *seal);
}

static void
path_of(const char *folder, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%.600s/config.seal", folder);
}

static void
hash_text(const char *text, size_t n, char out[QT_SEAL_HASH])
{
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, n, NULL, 0);
    sodium_bin2hex(out, QT_SEAL_HASH, hash, sizeof hash);
}

/* Where the system has no id, machines are told apart by their stores alone. It takes no memory: a
 * machine that has none would be another one. */
static void
hash_machine(const struct qt_store_key *key, char out[QT_SEAL_HASH])
{
    unsigned char hash[crypto_generichash_BYTES], id[ID_MAX + 1];
    int file = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
    int64_t got = file >= 0 ? qt__read_full(file, id, sizeof id) : 0;
    size_t n = got > 0 && got <= ID_MAX ? (size_t)got : 0;
    if (file >= 0)
        close(file);
    crypto_generichash(hash, sizeof hash, id, n, key->id, sizeof key->id);
    sodium_bin2hex(out, QT_SEAL_HASH, hash, sizeof hash);
}

bool
qt_seal_is_of_here(const struct qt_seal *seal, const struct qt_store_key *key)
{
    char here[QT_SEAL_HASH];
    hash_machine(key, here);
    return strcmp(here, seal->machine) == 0;
}

/* The pair that signs; secret in locked memory (NULL: none), which the caller frees. */
static unsigned char *
make_pair(const struct qt_store_key *key, unsigned char public[crypto_sign_PUBLICKEYBYTES])
{
    unsigned char seed[QT__KEY_BYTES];
    _Static_assert(QT__KEY_BYTES == crypto_sign_SEEDBYTES, "a derived key is a seed");
    unsigned char *secret = sodium_init() < 0 ? NULL : sodium_malloc(crypto_sign_SECRETKEYBYTES);
    qt__store_key_seal(key, seed);
    if (secret)
        crypto_sign_seed_keypair(public, secret, seed);
    sodium_memzero(seed, sizeof seed);
    return secret;
}

/* Reading */

/* The file's text on the heap; *out NULL: there is none. */
static bool
read_file(const char *path, char **out, size_t *out_n, struct qt_error *err)
{
    struct stat st;
    *out = NULL;
    if (lstat(path, &st) != 0)
        return errno == ENOENT || qt_fail_errno(err, QT_E_LOCKED, "%s", path);
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
        return qt_fail(err, QT_E_LOCKED,
                       "%s: must be a file of this user that nobody else can write (chmod 600)",
                       path);
    if (qt_file_read(path, FILE_MAX, out, out_n, err))
        return true;
    if (err->code != QT_E_MEMORY)
        err->code = QT_E_VERIFY;
    return false;
}

/* Whether line 2 signs line 1, which is text[0..*out_n). */
static bool
is_signed(const char *text, size_t n, const struct qt_store_key *key, size_t *out_n)
{
    unsigned char public[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
    const char *end = memchr(text, '\n', n);
    size_t first = end ? (size_t)(end - text) : 0, got = 0;
    if (!end || n - first != 1 + SIGNATURE_HEX + 1 || text[n - 1] != '\n' ||
        sodium_hex2bin(signature, sizeof signature, end + 1, SIGNATURE_HEX, NULL, &got, NULL) !=
            0 ||
        got != sizeof signature)
        return false;
    unsigned char *secret = make_pair(key, public);
    bool fits = secret && crypto_sign_verify_detached(signature, (const unsigned char *)text, first,
                                                      public) == 0;
    sodium_free(secret);
    *out_n = first;
    return fits;
}

static bool
take_text(const json_t *root, const char *name, char *out, size_t capacity)
{
    const char *text = json_string_value(json_object_get(root, name));
    return text && qt_copy(out, capacity, text);
}

static bool
take_ms(const json_t *root, const char *name, int64_t *out_ns)
{
    const json_t *value = json_object_get(root, name);
    int64_t ms = json_integer_value(value);
    if (!json_is_integer(value) || ms < 0 || ms > INT64_MAX / QT_NS_PER_MS)
        return false;
    *out_ns = ms * QT_NS_PER_MS;
    return true;
}

static bool
take_held(const json_t *root, struct qt_seal *out)
{
    const json_t *list = json_object_get(root, "held");
    size_t n = json_array_size(list);
    bool is_good = json_is_array(list) && n <= QT_SEAL_HELD;
    for (size_t i = 0; is_good && i < n; i++) {
        const json_t *row = json_array_get(list, i);
        struct qt_seal_held *held = &out->held[i];
        const char *value = json_string_value(json_object_get(row, "value"));
        held->value = value ? strdup(value) : NULL;
        out->n_held++;
        is_good = held->value && take_text(row, "key", held->key, sizeof held->key) &&
                  take_ms(row, "until_ms", &held->until_ns);
    }
    return is_good;
}

static bool
take(const char *text, size_t n, struct qt_seal *out)
{
    char kind[sizeof what];
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *number = json_object_get(root, "number");
    bool is_good =
        take_text(root, "what", kind, sizeof kind) && strcmp(kind, what) == 0 &&
        json_integer_value(json_object_get(root, "version")) == VERSION &&
        json_is_integer(number) && json_integer_value(number) > 0 &&
        take_ms(root, "sealed_ms", &out->sealed_ns) && take_ms(root, "from_ms", &out->from_ns) &&
        take_text(root, "previous", out->previous, sizeof out->previous) &&
        take_text(root, "machine", out->machine, sizeof out->machine) && take_held(root, out);
    out->number = (uint64_t)json_integer_value(number);
    if (is_good)
        out->config = json_dumps(json_object_get(root, "config"), JSON_COMPACT);
    json_decref(root);
    return is_good && out->config;
}

bool
qt_seal_read(const char *folder, const struct qt_store_key *key, struct qt_seal *out,
             bool *out_found, struct qt_error *err)
{
    char path[PATH_BYTES], *text;
    size_t n = 0, first = 0;
    path_of(folder, path);
    memset(out, 0, sizeof *out);
    if (!read_file(path, &text, &n, err))
        return false;
    *out_found = text != NULL;
    if (!text)
        return true;
    bool is_ours = is_signed(text, n, key, &first), is_good = is_ours && take(text, first, out);
    if (is_good)
        hash_text(text, first, out->hash);
    else
        qt_seal_clear(out);
    free(text);
    if (is_ours && !is_good)
        return qt_fail(err, QT_E_MEMORY, "%s: cannot be taken in: no memory, or another version of "
                                         "this program sealed it", path);
    return is_good ||
           qt_fail(err, QT_E_VERIFY, "%s: the seal is broken, cut, or of another store", path);
}

/* Writing */

/* All of them, or NULL: without one, a limit that is held back would be loose at once. */
static json_t *
held_json(const struct qt_seal *seal)
{
    json_t *list = json_array();
    bool is_whole = list != NULL;
    for (unsigned i = 0; i < seal->n_held && is_whole; i++) {
        const struct qt_seal_held *held = &seal->held[i];
        json_t *row = json_pack("{s:s, s:s, s:I}", "key", held->key, "value", held->value,
                                "until_ms", (json_int_t)(held->until_ns / QT_NS_PER_MS));
        is_whole = json_array_append_new(list, row) == 0;
    }
    if (is_whole)
        return list;
    json_decref(list);
    return NULL;
}

static char *
document(const struct qt_seal *seal)
{
    json_t *root = json_pack("{s:s, s:i, s:I, s:I, s:I, s:s, s:s, s:o, s:o}", "what", what,
                             "version", VERSION, "number", (json_int_t)seal->number, "sealed_ms",
                             (json_int_t)(seal->sealed_ns / QT_NS_PER_MS), "from_ms",
                             (json_int_t)(seal->from_ns / QT_NS_PER_MS), "previous", seal->previous,
                             "machine", seal->machine, "held", held_json(seal), "config",
                             json_loads(seal->config, JSON_REJECT_DUPLICATES, NULL));
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

bool
qt_seal_write(const char *folder, const struct qt_store_key *key, struct qt_seal *seal,
              struct qt_error *err)
{
    unsigned char public[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
    char path[PATH_BYTES], hex[SIGNATURE_HEX + 1];
    path_of(folder, path);
    hash_machine(key, seal->machine);
    char *text = document(seal);
    size_t n = text ? strlen(text) : 0;
    char *all = text ? malloc(n + SIGNATURE_HEX + 3) : NULL;
    unsigned char *secret = all ? make_pair(key, public) : NULL;
    bool is_good = secret && n < FILE_MAX - SIGNATURE_HEX - 3;
    if (is_good) {
        hash_text(text, n, seal->hash);
        crypto_sign_detached(signature, NULL, (const unsigned char *)text, n, secret);
        sodium_bin2hex(hex, sizeof hex, signature, sizeof signature);
        int length = snprintf(all, n + SIGNATURE_HEX + 3, "%s\n%s\n", text, hex);
        is_good = qt_file_write_atomic(path, all, (size_t)length, 0600, err);
    } else {
        qt_fail(err, QT_E_MEMORY, "no memory to seal the config");
    }
    sodium_free(secret);
    free(all);
    free(text);
    return is_good;
}

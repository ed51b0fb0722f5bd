/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "qtrade/base/error.h"

#include "cipher_priv.h"

/* What is smaller is faster in libsodium, whose calls cost less before the first byte. */
enum { PREFIX = 16, BOUND = 4 + 8 + QT__ID_BYTES + QT__ID_BYTES, SMALL = 512 };

/* A context for one direction; it holds no key between two blocks. */
static EVP_CIPHER_CTX *
begin_context(bool seals)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context &&
        EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), NULL, NULL, NULL, seals) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

struct qt__cipher *
qt__cipher_create(const unsigned char *key, const unsigned char store[QT__ID_BYTES])
{
    if (sodium_init() < 0)
        return NULL;
    struct qt__cipher *cipher = sodium_malloc(sizeof *cipher); /* locked, not in a core file */
    if (!cipher)
        return NULL;
    if (key)
        memcpy(cipher->key, key, sizeof cipher->key);
    else
        randombytes_buf(cipher->key, sizeof cipher->key);
    memcpy(cipher->store, store, sizeof cipher->store);
    cipher->has_former = false;
    memset(cipher->former, 0, sizeof cipher->former);
    memset(cipher->nonce, 0, sizeof cipher->nonce);
    randombytes_buf(cipher->nonce, PREFIX);
    cipher->seals = begin_context(true);
    cipher->opens = begin_context(false);
    if (cipher->seals && cipher->opens)
        return cipher;
    qt__cipher_destroy(cipher);
    return NULL;
}

void
qt__cipher_destroy(struct qt__cipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->seals);
    EVP_CIPHER_CTX_free(cipher->opens);
    sodium_free(cipher); /* wipes */
}

void
qt__cipher_former(struct qt__cipher *cipher, const unsigned char former[QT__KEY_BYTES])
{
    memcpy(cipher->former, former, sizeof cipher->former);
    cipher->has_former = true;
}

void
qt__cipher_rekey(struct qt__cipher *cipher, const unsigned char key[QT__KEY_BYTES])
{
    qt__cipher_former(cipher, cipher->key);
    memcpy(cipher->key, key, sizeof cipher->key);
}

void
qt__cipher_drop_former(struct qt__cipher *cipher)
{
    cipher->has_former = false;
    sodium_memzero(cipher->former, sizeof cipher->former);
}

/* XChaCha20-Poly1305 is ChaCha20-Poly1305 under a subkey of the nonce's first 16 bytes; libcrypto's
 * is twice as fast as libsodium's. Whether the context took key, nonce and place. */
static bool
begin_block(const unsigned char key[QT__KEY_BYTES], EVP_CIPHER_CTX *context,
            const unsigned char nonce[QT__NONCE_BYTES], const unsigned char bound[BOUND])
{
    unsigned char subkey[QT__KEY_BYTES], rest[12] = {0};
    int n;
    (void)crypto_core_hchacha20(subkey, nonce, key, NULL);
    memcpy(rest + 4, nonce + PREFIX, QT__NONCE_BYTES - PREFIX);
    bool is_good = EVP_CipherInit_ex(context, NULL, NULL, subkey, rest, -1) == 1 &&
                   EVP_CipherUpdate(context, NULL, &n, bound, BOUND) == 1;
    sodium_memzero(subkey, sizeof subkey);
    return is_good;
}

static void
forget_key(EVP_CIPHER_CTX *context)
{
    static const unsigned char zeros[QT__KEY_BYTES];
    (void)EVP_CipherInit_ex(context, NULL, NULL, zeros, zeros, -1);
}

static void
bind_place(const struct qt__cipher *cipher, const struct qt__place *place, unsigned char out[BOUND])
{
    qt__put_le(out, place->kind, 4);
    qt__put_le(out + 4, place->number, 8);
    memcpy(out + 12, place->id, QT__ID_BYTES);
    memcpy(out + 12 + QT__ID_BYTES, cipher->store, QT__ID_BYTES);
}

static bool
seal_large(const struct qt__cipher *cipher, const unsigned char bound[BOUND],
           const unsigned char *plain, size_t n, unsigned char *out, unsigned char *tag)
{
    int done = 0, rest = 0;
    bool is_sealed =
        begin_block(cipher->key, cipher->seals, cipher->nonce, bound) &&
        EVP_CipherUpdate(cipher->seals, out, &done, plain, (int)n) == 1 &&
        EVP_CipherFinal_ex(cipher->seals, out + done, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher->seals, EVP_CTRL_AEAD_GET_TAG, QT__TAG_BYTES, tag) == 1;
    forget_key(cipher->seals);
    return is_sealed;
}

void
qt__seal(struct qt__cipher *cipher, const struct qt__place *place, const unsigned char *plain,
         size_t n, unsigned char *out)
{
    unsigned char bound[BOUND], *tag = out + n + QT__NONCE_BYTES;
    bind_place(cipher, place, bound);
    bool is_sealed = n < SMALL ? crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
                                     out, tag, NULL, plain, n, bound, BOUND, NULL, cipher->nonce,
                                     cipher->key) == 0
                               : seal_large(cipher, bound, plain, n, out, tag);
    qt_assert(is_sealed); /* nothing in it waits or allocates */
    memcpy(out + n, cipher->nonce, QT__NONCE_BYTES);
    sodium_increment(cipher->nonce + PREFIX, QT__NONCE_BYTES - PREFIX);
}

/* plain is as it was when the key is another one. */
static bool
open_small(const unsigned char key[QT__KEY_BYTES], const unsigned char bound[BOUND],
           const unsigned char *in, size_t n, unsigned char *plain)
{
    unsigned char opened[SMALL];
    bool is_open = crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
                       opened, NULL, in, n, in + n + QT__NONCE_BYTES, bound, BOUND, in + n, key) == 0;
    if (is_open)
        memcpy(plain, opened, n);
    sodium_memzero(opened, n);
    return is_open;
}

static bool
open_block(const struct qt__cipher *cipher, const unsigned char key[QT__KEY_BYTES],
           const unsigned char bound[BOUND], const unsigned char *in, size_t n, unsigned char *plain)
{
    unsigned char tag[QT__TAG_BYTES];
    int done = 0, rest = 0;
    if (n < SMALL)
        return open_small(key, bound, in, n, plain);
    memcpy(tag, in + n + QT__NONCE_BYTES, sizeof tag);
    bool is_open =
        begin_block(key, cipher->opens, in + n, bound) &&
        EVP_CIPHER_CTX_ctrl(cipher->opens, EVP_CTRL_AEAD_SET_TAG, QT__TAG_BYTES, tag) == 1 &&
        EVP_CipherUpdate(cipher->opens, plain, &done, in, (int)n) == 1 &&
        EVP_CipherFinal_ex(cipher->opens, plain + done, &rest) == 1;
    forget_key(cipher->opens);
    return is_open;
}

/* A block that was opened in its own place by a key that is not its: as it was. What was added to it
 * is added once more. */
static bool
undo_open(const struct qt__cipher *cipher, const unsigned char bound[BOUND], const unsigned char *nonce,
          size_t n, unsigned char *plain)
{
    int done = 0, rest = 0;
    if (n < SMALL)
        return true;
    bool is_undone = begin_block(cipher->key, cipher->seals, nonce, bound) &&
                     EVP_CipherUpdate(cipher->seals, plain, &done, plain, (int)n) == 1 &&
                     EVP_CipherFinal_ex(cipher->seals, plain + done, &rest) == 1;
    forget_key(cipher->seals);
    return is_undone;
}

bool
qt__unseal_own(const struct qt__cipher *cipher, const struct qt__place *place,
               const unsigned char *in, size_t n, unsigned char *plain)
{
    unsigned char bound[BOUND];
    bind_place(cipher, place, bound);
    return open_block(cipher, cipher->key, bound, in, n, plain);
}

bool
qt__unseal(const struct qt__cipher *cipher, const struct qt__place *place, const unsigned char *in,
           size_t n, unsigned char *plain)
{
    unsigned char bound[BOUND];
    bind_place(cipher, place, bound);
    if (open_block(cipher, cipher->key, bound, in, n, plain))
        return true;
    return cipher->has_former && (in != plain || undo_open(cipher, bound, in + n, n, plain)) &&
           open_block(cipher, cipher->former, bound, in, n, plain);
}

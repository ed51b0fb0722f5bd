/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>
#include <string.h>

#include "cipher_priv.h"

enum { PREFIX = 16, BOUND = 4 + 8 + QT__ID_BYTES + QT__ID_BYTES };

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
    memset(cipher->nonce, 0, sizeof cipher->nonce);
    randombytes_buf(cipher->nonce, PREFIX);
    return cipher;
}

void
qt__cipher_destroy(struct qt__cipher *cipher)
{
    sodium_free(cipher); /* wipes */
}

static void
bind_place(const struct qt__cipher *cipher, const struct qt__place *place, unsigned char out[BOUND])
{
    qt__put_le(out, place->kind, 4);
    qt__put_le(out + 4, place->number, 8);
    memcpy(out + 12, place->id, QT__ID_BYTES);
    memcpy(out + 12 + QT__ID_BYTES, cipher->store, QT__ID_BYTES);
}

void
qt__seal(struct qt__cipher *cipher, const struct qt__place *place, const unsigned char *plain,
         size_t n, unsigned char *out)
{
    unsigned char bound[BOUND];
    bind_place(cipher, place, bound);
    crypto_aead_xchacha20poly1305_ietf_encrypt_detached(out, out + n + QT__NONCE_BYTES, NULL, plain,
                                                        n, bound, sizeof bound, NULL, cipher->nonce,
                                                        cipher->key);
    memcpy(out + n, cipher->nonce, QT__NONCE_BYTES);
    sodium_increment(cipher->nonce + PREFIX, QT__NONCE_BYTES - PREFIX);
}

bool
qt__unseal(const struct qt__cipher *cipher, const struct qt__place *place, const unsigned char *in,
           size_t n, unsigned char *plain)
{
    unsigned char bound[BOUND];
    bind_place(cipher, place, bound);
    return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
               plain, NULL, in, n, in + n + QT__NONCE_BYTES, bound, sizeof bound, in + n,
               cipher->key) == 0;
}

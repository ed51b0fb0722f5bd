/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hash(key ^ opad, hash(key ^ ipad, text)) on one digest context that is made once: libcrypto's
 * HMAC() looks its algorithm up and allocates at every call, which takes three times what the
 * hashing does. The padded key lives on the stack and is wiped; a finished digest no longer holds
 * it.
 */
#include "qtrade/venue/signer.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define BLOCK 64  /* bytes that SHA-256 takes at once */
#define DIGEST 32 /* bytes that it gives */
#define INNER 0x36
#define OUTER 0x5c

struct qt_signer {
    EVP_MD *md;
    EVP_MD_CTX *digest;
};

struct qt_signer *
qt_signer_create(void)
{
    qt_auto(qt_signer) signer = calloc(1, sizeof *signer);
    if (!signer)
        return NULL;
    signer->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    signer->digest = EVP_MD_CTX_new();
    if (!signer->md || !signer->digest || EVP_DigestInit_ex2(signer->digest, signer->md, NULL) != 1)
        return NULL;
    return qt_steal(&signer);
}

void
qt_signer_destroy(struct qt_signer *signer)
{
    if (!signer)
        return;
    EVP_MD_CTX_free(signer->digest);
    EVP_MD_free(signer->md);
    free(signer);
}

/* The digest of a (may be empty) and b. */
static bool
digest_of(struct qt_signer *signer, const void *a, size_t a_n, const void *b, size_t b_n,
          unsigned char out[DIGEST])
{
    return EVP_DigestInit_ex2(signer->digest, NULL, NULL) == 1 &&
           EVP_DigestUpdate(signer->digest, a, a_n) == 1 &&
           EVP_DigestUpdate(signer->digest, b, b_n) == 1 &&
           EVP_DigestFinal_ex(signer->digest, out, NULL) == 1;
}

/* The secret, hashed if it is longer than a block, with zeroes behind. */
static bool
fill_block(struct qt_signer *signer, const char *secret, unsigned char block[BLOCK])
{
    size_t n = strlen(secret);
    memset(block, 0, BLOCK);
    if (n > BLOCK)
        return digest_of(signer, "", 0, secret, n, block);
    memcpy(block, secret, n);
    return true;
}

static void
turn_block(unsigned char block[BLOCK], unsigned char bits)
{
    for (size_t i = 0; i < BLOCK; i++)
        block[i] ^= bits;
}

bool
qt_signer_sign(struct qt_signer *signer, const char *secret, const char *text, size_t length,
               char out[QT_SIGNATURE_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char block[BLOCK], mac[DIGEST];
    bool is_good = fill_block(signer, secret, block);
    turn_block(block, INNER);
    is_good = is_good && digest_of(signer, block, sizeof block, text, length, mac);
    turn_block(block, INNER ^ OUTER);
    is_good = is_good && digest_of(signer, block, sizeof block, mac, sizeof mac, mac);
    explicit_bzero(block, sizeof block);
    if (!is_good)
        return false;
    for (size_t i = 0; i < sizeof mac; i++) {
        out[2 * i] = digits[mac[i] >> 4];
        out[2 * i + 1] = digits[mac[i] & 15];
    }
    out[2 * sizeof mac] = '\0';
    return true;
}

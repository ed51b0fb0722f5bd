/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cipher of the store's blocks: what was sealed opens at its place and nowhere else. */
#include <sodium.h>
#include <string.h>

#include "qt_check.h"

#include "../../src/store/cipher_priv.h"

enum { N = 100 };

static const unsigned char store_id[QT__ID_BYTES] = "the store's id!";

static struct qt__cipher *
make(unsigned char key_byte)
{
    unsigned char key[QT__KEY_BYTES];
    memset(key, key_byte, sizeof key);
    struct qt__cipher *cipher = qt__cipher_create(key, store_id);
    ck_assert_ptr_nonnull(cipher);
    return cipher;
}

static void
fill(unsigned char plain[N])
{
    for (int i = 0; i < N; i++)
        plain[i] = (unsigned char)i;
}

START_TEST(what_was_sealed_opens_in_place_and_beside_it)
{
    struct qt__cipher *cipher = make(1);
    const struct qt__place place = {QT__KIND_PAGE, 7, {9}};
    unsigned char plain[N], sealed[N + QT__SEAL_BYTES], back[N];
    fill(plain);
    qt__seal(cipher, &place, plain, N, sealed);
    ck_assert(qt__unseal(cipher, &place, sealed, N, back));
    ck_assert_mem_eq(back, plain, N);
    memcpy(sealed, plain, N);
    qt__seal(cipher, &place, sealed, N, sealed);
    ck_assert(qt__unseal(cipher, &place, sealed, N, sealed));
    ck_assert_mem_eq(sealed, plain, N);
    qt__cipher_destroy(cipher);
}
END_TEST

/* The format: whatever makes them, the bytes are those of libsodium's XChaCha20-Poly1305. */
START_TEST(sealed_block_is_what_libsodium_makes_and_opens)
{
    struct qt__cipher *cipher = make(3);
    const struct qt__place place = {QT__KIND_FRAME, 258, {9, 8, 7}};
    unsigned char plain[N], sealed[N + QT__SEAL_BYTES], theirs[N], tag[QT__TAG_BYTES];
    unsigned char bound[12 + 2 * QT__ID_BYTES] = {QT__KIND_FRAME, 0, 0, 0, 2, 1};
    memcpy(bound + 12, place.id, QT__ID_BYTES);
    memcpy(bound + 12 + QT__ID_BYTES, store_id, QT__ID_BYTES);
    fill(plain);
    for (size_t n = 0; n <= N; n += 7) {
        qt__seal(cipher, &place, plain, n, sealed);
        crypto_aead_xchacha20poly1305_ietf_encrypt_detached(theirs, tag, NULL, plain, n, bound, sizeof bound, NULL,
                                                            sealed + n, cipher->key);
        ck_assert_mem_eq(sealed, theirs, n);
        ck_assert_mem_eq(sealed + n + QT__NONCE_BYTES, tag, sizeof tag);
        ck_assert(qt__unseal(cipher, &place, sealed, n, theirs));
        ck_assert_mem_eq(theirs, plain, n);
    }
    qt__cipher_destroy(cipher);
}
END_TEST

START_TEST(every_flipped_bit_is_noticed)
{
    struct qt__cipher *cipher = make(1);
    const struct qt__place place = {QT__KIND_PAGE, 7, {0}};
    unsigned char plain[N], sealed[N + QT__SEAL_BYTES], back[N];
    fill(plain);
    qt__seal(cipher, &place, plain, N, sealed);
    for (unsigned bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (unsigned char)(1u << bit % 8);
        ck_assert_msg(!qt__unseal(cipher, &place, sealed, N, back), "bit %u", bit);
        sealed[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    ck_assert(qt__unseal(cipher, &place, sealed, N, back));
    qt__cipher_destroy(cipher);
}
END_TEST

START_TEST(a_block_opens_nowhere_else)
{
    static const struct qt__place others[] = {{QT__KIND_LEAF, 7, {5}},
                                              {QT__KIND_PAGE, 8, {5}},
                                              {QT__KIND_PAGE, 7 + (UINT64_C(1) << 40), {5}},
                                              {QT__KIND_PAGE, 7, {6}}};
    static const unsigned char other_id[QT__ID_BYTES] = "another store!!";
    struct qt__cipher *cipher = make(1), *other_key = make(2);
    struct qt__cipher *other_store = qt__cipher_create(cipher->key, other_id);
    const struct qt__place place = {QT__KIND_PAGE, 7, {5}};
    unsigned char plain[N], sealed[N + QT__SEAL_BYTES], back[N];
    fill(plain);
    qt__seal(cipher, &place, plain, N, sealed);
    for (size_t i = 0; i < QT_COUNT_OF(others); i++)
        ck_assert_msg(!qt__unseal(cipher, &others[i], sealed, N, back), "place %zu", i);
    ck_assert(!qt__unseal(other_key, &place, sealed, N, back));
    ck_assert(!qt__unseal(other_store, &place, sealed, N, back));
    ck_assert(qt__unseal(cipher, &place, sealed, N, back));
    qt__cipher_destroy(cipher);
    qt__cipher_destroy(other_key);
    qt__cipher_destroy(other_store);
}
END_TEST

START_TEST(no_nonce_is_used_twice)
{
    struct qt__cipher *cipher = make(1), *again = make(1);
    const struct qt__place place = {QT__KIND_PAGE, 7, {0}};
    unsigned char plain[N] = {0}, nonces[1000][QT__NONCE_BYTES], sealed[N + QT__SEAL_BYTES];
    for (int i = 0; i < 1000; i++) {
        qt__seal(i % 2 ? cipher : again, &place, plain, N, sealed);
        memcpy(nonces[i], sealed + N, QT__NONCE_BYTES);
        for (int k = 0; k < i; k++)
            ck_assert(memcmp(nonces[i], nonces[k], QT__NONCE_BYTES) != 0);
    }
    qt__cipher_destroy(cipher);
    qt__cipher_destroy(again);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("cipher");
    TCase *tc = tcase_create("cipher");
    tcase_add_test(tc, what_was_sealed_opens_in_place_and_beside_it);
    tcase_add_test(tc, sealed_block_is_what_libsodium_makes_and_opens);
    tcase_add_test(tc, every_flipped_bit_is_noticed);
    tcase_add_test(tc, a_block_opens_nowhere_else);
    tcase_add_test(tc, no_nonce_is_used_twice);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

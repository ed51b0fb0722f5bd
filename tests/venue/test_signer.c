/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures: the vectors of RFC 4231, the example of Binance's documents, and libcrypto's own HMAC
 * on texts and secrets of any length.
 */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "qt_check.h"
#include "qtrade/base/rng.h"
#include "qtrade/venue/signer.h"

#define A16 "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"

static const struct {
    const char *secret, *text, *signature;
} rows[] = {
    {"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {A16 A16 A16 A16 A16 A16 A16 A16 "\xaa\xaa\xaa",
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
     "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&"
     "timestamp=1499827319559",
     "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"},
};

START_TEST(a_signature_is_the_published_one)
{
    struct qt_signer *signer = qt_signer_create();
    char signature[QT_SIGNATURE_TEXT];
    ck_assert_ptr_nonnull(signer);
    for (int again = 0; again < 2; again++) { /* nothing of one is left in the next */
        ck_assert(qt_signer_sign(signer, rows[_i].secret, rows[_i].text, strlen(rows[_i].text),
                                 signature));
        ck_assert_str_eq(signature, rows[_i].signature);
    }
    qt_signer_destroy(signer);
}
END_TEST

START_TEST(a_signature_is_libcryptos_for_any_secret_and_text)
{
    struct qt_signer *signer = qt_signer_create();
    struct qt_rng rng;
    ck_assert_ptr_nonnull(signer);
    qt_rng_init(&rng, 1);
    for (int i = 0; i < 3000; i++) {
        char secret[140] = "", text[400], signature[QT_SIGNATURE_TEXT], want[QT_SIGNATURE_TEXT];
        size_t secret_n = qt_rng_below(&rng, sizeof secret), n = qt_rng_below(&rng, sizeof text);
        unsigned char mac[EVP_MAX_MD_SIZE];
        for (size_t k = 0; k < secret_n; k++)
            secret[k] = (char)(1 + qt_rng_below(&rng, 255));
        secret[secret_n ? secret_n - 1 : 0] = '\0';
        for (size_t k = 0; k < n; k++)
            text[k] = (char)qt_rng_below(&rng, 256);
        ck_assert_ptr_nonnull(HMAC(EVP_sha256(), secret, (int)strlen(secret),
                                   (const unsigned char *)text, n, mac, NULL));
        for (size_t k = 0; k < 32; k++)
            snprintf(want + 2 * k, 3, "%02x", mac[k]);
        ck_assert(qt_signer_sign(signer, secret, text, n, signature));
        ck_assert_str_eq(signature, want);
    }
    qt_signer_destroy(signer);
    qt_signer_destroy(NULL);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("signer");
    TCase *tc = tcase_create("signer");
    tcase_add_loop_test(tc, a_signature_is_the_published_one, 0, (int)QT_COUNT_OF(rows));
    tcase_add_test(tc, a_signature_is_libcryptos_for_any_secret_and_text);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

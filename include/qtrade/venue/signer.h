/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signature under a venue's request: HMAC-SHA256 in lower-case hex. A signer keeps what
 * libcrypto takes long to look up, not the secret: that is read from the caller's page at each
 * signature and nothing that could sign stays behind it.
 */
#ifndef QTRADE_VENUE_SIGNER_H
#define QTRADE_VENUE_SIGNER_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/base/attr.h"

#define QT_SIGNATURE_TEXT 65 /* 64 hex digits and the NUL */

struct qt_signer;
struct qt_signer *qt_signer_create(void);         /* NULL: no memory, or libcrypto has no SHA-256 */
void qt_signer_destroy(struct qt_signer *signer); /* NULL is fine */
/**
 * The signature of text[0..length) with the secret (NUL-ended, any length) into out. False:
 * libcrypto refused; out is not set. Allocates nothing. One thread at a time. Source: Krawczyk,
 * Bellare, Canetti, HMAC: Keyed-Hashing for Message Authentication (RFC 2104), 1997.
 */
QT_CHECKED bool qt_signer_sign(struct qt_signer *signer, const char *secret, const char *text,
                               size_t length, char out[QT_SIGNATURE_TEXT]);

static inline void
qt_signer_auto(struct qt_signer **p)
{
    qt_signer_destroy(*p);
}

#endif

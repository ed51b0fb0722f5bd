/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TLS rules of every client: TLS 1.2 or newer, security level 2, chain and name always
 * verified.
 */
#ifndef QTRADE_NET_TLS_PRIV_H
#define QTRADE_NET_TLS_PRIV_H

#include <openssl/ssl.h>
#include <stddef.h>

#include "qtrade/base/error.h"

/** ca_file NULL: the system's authorities. NULL on failure. */
SSL_CTX *qt__tls_create(const char *ca_file, struct qt_error *err);
/** A session for one connection to host (name or address) over fd; NULL: no memory or a bad name.
 */
SSL *qt__tls_session(SSL_CTX *tls, const char *host, int fd);
/** Why a handshake failed: the certificate's fault first, else the protocol's. For people. */
void qt__tls_reason(SSL *session, char *out, size_t capacity);
/** What the server answered last to a handshake that it refused, and forgets it; NULL: nothing. For
 * who cannot see the error queue any more. */
const char *qt__tls_take_alert(SSL_CTX *tls);
/** The text of an X509_V_ERR code, with the hint that an operator needs (fault C5: the clock). */
void qt__tls_verify_text(long code, char *out, size_t capacity);

#endif

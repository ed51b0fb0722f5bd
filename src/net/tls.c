/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one place that sets up TLS. Both HTTP (here) and WebSocket clients (libwebsockets, which is
 * given this context) live under it. Nothing in here or above can switch verification off.
 */
#include "tls_priv.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "qtrade/base/text.h"

/* An alert of the server's, kept with the context: libwebsockets empties the error queue. */
static void
on_info(const SSL *session, int where, int code)
{
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && !SSL_is_init_finished(session))
        SSL_CTX_set_app_data(SSL_get_SSL_CTX(session), SSL_alert_desc_string_long(code));
}

const char *
qt__tls_take_alert(SSL_CTX *tls)
{
    const char *alert = SSL_CTX_get_app_data(tls);
    SSL_CTX_set_app_data(tls, NULL);
    return alert;
}

static bool
set_rules(SSL_CTX *tls, const char *ca_file)
{
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_info_callback(tls, on_info);
    SSL_CTX_set_security_level(tls, 2);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    return SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
           (ca_file ? SSL_CTX_load_verify_locations(tls, ca_file, NULL)
                    : SSL_CTX_set_default_verify_paths(tls)) == 1;
}

SSL_CTX *
qt__tls_create(const char *ca_file, struct qt_error *err)
{
    ERR_clear_error();
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (tls && set_rules(tls, ca_file))
        return tls;
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    (void)qt_fail(err, QT_E_CONFIG, "certificates of the trusted authorities (%s): %s",
                  ca_file ? ca_file : "the system's", why ? why : "cannot be set up");
    ERR_clear_error();
    SSL_CTX_free(tls);
    return NULL;
}

SSL *
qt__tls_session(SSL_CTX *tls, const char *host, int fd)
{
    SSL *session = SSL_new(tls);
    if (!session)
        return NULL;
    X509_VERIFY_PARAM *param = SSL_get0_param(session);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    bool is_address = X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    bool is_set = is_address || (X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
                                 SSL_set_tlsext_host_name(session, host) == 1);
    if (is_set && SSL_set_fd(session, fd) == 1) {
        SSL_set_connect_state(session);
        return session;
    }
    SSL_free(session);
    return NULL;
}

void
qt__tls_verify_text(long code, char *out, size_t capacity)
{
    const char *hint = "";
    if (code == X509_V_ERR_CERT_NOT_YET_VALID || code == X509_V_ERR_CERT_HAS_EXPIRED)
        hint = " (is this machine's clock right?)";
    snprintf(out, capacity, "certificate refused: %s%s", X509_verify_cert_error_string(code), hint);
    qt_text_clean(out);
}

void
qt__tls_reason(SSL *session, char *out, size_t capacity)
{
    long verdict = session ? SSL_get_verify_result(session) : X509_V_OK;
    unsigned long code = ERR_peek_last_error();
    const char *why = code ? ERR_reason_error_string(code) : NULL;
    if (session)
        (void)qt__tls_take_alert(SSL_get_SSL_CTX(session));
    if (verdict != X509_V_OK)
        qt__tls_verify_text(verdict, out, capacity);
    else
        snprintf(out, capacity, "TLS handshake failed: %s", why ? why : "the connection was cut");
    ERR_clear_error();
    qt_text_clean(out);
}

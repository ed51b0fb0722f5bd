/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bad TLS servers (faults N1, N2): each refused by both clients, with its own reason, and no byte
 * of a request sent. The certificates are made here, with libcrypto.
 */
#include <dlfcn.h>
#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>

#include "net_peer.h"

#include "qtrade/base/attr.h"
#include "qtrade/base/text.h"
#include "qtrade/net/http.h"
#include "qtrade/net/websocket.h"

struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};

/* What a certificate of a case is like. */
struct recipe {
    const char *name;
    const char *host;        /* subject alternative name */
    long from_days, to_days; /* from now */
    int bits;
    bool is_self_signed, is_foreign; /* foreign: of an authority that nobody trusts */
    const char *usage;               /* extended key usage; NULL: serverAuth */
    int tls_version;                 /* the only one the server speaks; 0: any */
    bool is_sha1;                    /* signed with SHA-1 */
    const char *reason;              /* part of the refusal's text; NULL: accepted */
};

static const struct recipe recipes[] = {
    {.name = "good", .host = "localhost", .from_days = -1, .to_days = 30, .bits = 2048},
    {.name = "self-signed",
     .host = "localhost",
     .from_days = -1,
     .to_days = 30,
     .bits = 2048,
     .is_self_signed = true,
     .reason = "self-signed"},
    {.name = "expired",
     .host = "localhost",
     .from_days = -30,
     .to_days = -1,
     .bits = 2048,
     .reason = "expired (is this machine's clock right?)"}, /* fault C5 too */
    {.name = "not yet valid",
     .host = "localhost",
     .from_days = 10,
     .to_days = 30,
     .bits = 2048,
     .reason = "not yet valid (is this machine's clock right?)"},
    {.name = "wrong host",
     .host = "example.com",
     .from_days = -1,
     .to_days = 30,
     .bits = 2048,
     .reason = "hostname mismatch"},
    {.name = "other authority",
     .host = "localhost",
     .from_days = -1,
     .to_days = 30,
     .bits = 2048,
     .is_foreign = true,
     .reason = "unable to get local issuer"},
    {.name = "client only",
     .host = "localhost",
     .from_days = -1,
     .to_days = 30,
     .bits = 2048,
     .usage = "clientAuth",
     .reason = "certificate purpose"},
    {.name = "1024 bits",
     .host = "localhost",
     .from_days = -1,
     .to_days = 30,
     .bits = 1024,
     .reason = "key too weak"},
    {.name = "TLS 1.0",
     .host = "localhost",
     .from_days = -1,
     .to_days = 30,
     .bits = 2048,
     .tls_version = TLS1_VERSION,
     .reason = "protocol version"},
    {.name = "TLS 1.1",
     .host = "localhost",
     .from_days = -1,
     .to_days = 30,
     .bits = 2048,
     .tls_version = TLS1_1_VERSION,
     .reason = "protocol version"},
    {.name = "SHA-1",
     .host = "localhost",
     .from_days = -1,
     .to_days = 30,
     .bits = 2048,
     .is_sha1 = true,
     .reason = "digest algorithm too weak"},
};

static void
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ck_assert_ptr_nonnull(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *
make_certificate(EVP_PKEY *key, const char *name, const struct authority *issuer, long from_days,
                 long to_days, const char *host, const char *usage, bool is_sha1)
{
    X509 *certificate = X509_new();
    char text[80];
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1 + from_days * from_days);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_days * 86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to_days * 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509 *by = issuer ? issuer->certificate : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(by));
    add_extension(certificate, by, NID_basic_constraints, host ? "CA:FALSE" : "critical,CA:TRUE");
    if (host) {
        snprintf(text, sizeof text, "DNS:%s", host);
        add_extension(certificate, by, NID_subject_alt_name, text);
        add_extension(certificate, by, NID_ext_key_usage, usage ? usage : "serverAuth");
    }
    X509_sign(certificate, issuer ? issuer->key : key, is_sha1 ? EVP_sha1() : EVP_sha256());
    return certificate;
}

static struct authority
make_authority(const char *name)
{
    struct authority authority = {.key = EVP_RSA_gen(2048)};
    authority.certificate = make_certificate(authority.key, name, NULL, -2, 100, NULL, NULL, false);
    return authority;
}

struct tls_server {
    SSL_CTX *tls;
    atomic_int got_request; /* plain bytes of a client were decrypted */
};

static void
serve_tls(int fd, void *context)
{
    struct tls_server *server = context;
    char buffer[4096];
    int n = 0;
    SSL *session = SSL_new(server->tls);
    SSL_set_fd(session, fd);
    if (SSL_accept(session) == 1 && (n = SSL_read(session, buffer, sizeof buffer - 1)) > 0) {
        static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure";
        buffer[n] = '\0';
        atomic_fetch_add(&server->got_request, 1);
        SSL_write(session, answer, sizeof answer - 1);
        SSL_shutdown(session);
    }
    ERR_clear_error();
    SSL_free(session);
}

/* What libwebsockets is asked for: the program's call ends here first. Of the checks of a
 * certificate it must not be asked to leave out one. */
static int asked_flags = -1;

struct lws *
lws_client_connect_via_info(const struct lws_client_connect_info *info)
{
    struct lws *(*real)(const struct lws_client_connect_info *);
    void *symbol = dlsym(RTLD_NEXT, "lws_client_connect_via_info");
    ck_assert_ptr_nonnull(symbol);
    memcpy(&real, &symbol, sizeof real);
    asked_flags = info->ssl_connection;
    return real(info);
}

struct outcome {
    int n, opened;
    enum qt_net_error error;
    int status;
    bool was_sent;
    char reason[QT_NET_REASON], body[32];
};

static void
on_done(void *context, const struct qt_http_response *response)
{
    struct outcome *outcome = context;
    outcome->error = response->error;
    outcome->status = response->status;
    outcome->was_sent = response->was_sent;
    qt_copy(outcome->reason, sizeof outcome->reason, response->reason);
    qt_copy(outcome->body, sizeof outcome->body, response->body);
    outcome->n++;
}

static void
on_open(void *context, struct qt_ws *ws)
{
    (void)ws;
    ((struct outcome *)context)->opened++;
}

static void
on_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    (void)context;
    (void)ws;
    (void)data;
    (void)length;
}

static void
on_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    struct outcome *outcome = context;
    outcome->error = error;
    qt_copy(outcome->reason, sizeof outcome->reason, reason);
    outcome->n++;
    qt_ws_destroy(ws);
}

static struct outcome
ask_http(struct qt_loop *loop, const char *host, int port, int timeout_ms)
{
    struct qt_error err = {0};
    struct outcome outcome = {0};
    char url[80];
    struct qt_http *http = qt_http_create(loop, NULL, &err);
    snprintf(url, sizeof url, "https://%s:%d/api/v3/order", host, port);
    const struct qt_http_request request = {.method = "POST",
                                            .url = url,
                                            .timeout_ms = timeout_ms,
                                            .done = on_done,
                                            .context = &outcome};
    ck_assert(qt_http_send(http, &request, &err));
    work_until(loop, &outcome.n, 1);
    qt_http_destroy(http);
    return outcome;
}

static struct outcome
ask_websocket(struct qt_loop *loop, const char *host, int port, int timeout_ms)
{
    struct qt_error err = {0};
    struct outcome outcome = {0};
    char url[80];
    snprintf(url, sizeof url, "wss://%s:%d/ws", host, port);
    const struct qt_ws_options options = {.url = url,
                                          .connect_timeout_ms = timeout_ms,
                                          .context = &outcome,
                                          .open = on_open,
                                          .message = on_message,
                                          .closed = on_closed};
    ck_assert(qt_ws_create(loop, &options, &err) != NULL);
    work_until(loop, &outcome.n, 1);
    return outcome;
}

/* The authority's certificate as a PEM file; the path. */
static void
write_authority(const struct authority *authority, char path[64])
{
    snprintf(path, 64, "/tmp/qtrade-test-ca-XXXXXX");
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    PEM_write_X509(file, authority->certificate);
    fclose(file);
}

static SSL_CTX *
make_server_tls(const struct recipe *recipe, const struct authority *trusted,
                const struct authority *foreign)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_RSA_gen((unsigned)recipe->bits);
    X509 *certificate =
        make_certificate(key, "server",
                         recipe->is_self_signed ? NULL
                         : recipe->is_foreign   ? foreign
                                                : trusted,
                         recipe->from_days, recipe->to_days, recipe->host, recipe->usage, recipe->is_sha1);
    SSL_CTX_set_security_level(tls, 0); /* the bad server's side allows everything */
    SSL_CTX_set_options(tls, SSL_OP_LEGACY_SERVER_CONNECT);
    ck_assert_int_eq(SSL_CTX_use_certificate(tls, certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(tls, key), 1);
    SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    if (recipe->tls_version)
        SSL_CTX_set_max_proto_version(tls, recipe->tls_version);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

START_TEST(N1_bad_tls_servers_are_refused_each_with_its_own_reason)
{
    const struct recipe *recipe = &recipes[_i];
    struct authority trusted = make_authority("qtrade test authority");
    struct authority foreign = make_authority("another authority");
    struct tls_server state = {.tls = make_server_tls(recipe, &trusted, &foreign)};
    struct raw_server server;
    char path[64];
    write_authority(&trusted, path);
    raw_server_start(&server, serve_tls, &state);
    struct qt_loop *loop = make_loop(path);
    struct outcome http = ask_http(loop, "localhost", server.port, 5000);
    struct outcome ws = ask_websocket(loop, "localhost", server.port, 5000);
    if (!recipe->reason) {
        ck_assert_msg(http.error == QT_NET_OK, "%s", http.reason);
        ck_assert_str_eq(http.body, "secure");
        ck_assert_int_eq(atomic_load(&state.got_request), 2);
        ck_assert_int_eq(ws.error, QT_NET_PROTOCOL); /* TLS was fine, 200 is no upgrade */
    } else {
        ck_assert_int_eq(http.error, QT_NET_TLS);
        ck_assert_int_eq(ws.error, QT_NET_TLS);
        ck_assert(!http.was_sent);
        ck_assert_int_eq(atomic_load(&state.got_request), 0);
        ck_assert_msg(strcasestr(http.reason, recipe->reason), "%s: %s", recipe->name, http.reason);
        ck_assert_msg(strcasestr(ws.reason, recipe->reason), "%s: %s", recipe->name, ws.reason);
    }
    ck_assert_int_eq(ws.opened, 0);
    ck_assert_int_eq(asked_flags, LCCSCF_USE_SSL); /* and nothing of ALLOW or SKIP */
    qt_loop_destroy(loop);
    raw_server_stop(&server);
    unlink(path);
    SSL_CTX_free(state.tls);
    X509_free(trusted.certificate);
    X509_free(foreign.certificate);
    EVP_PKEY_free(trusted.key);
    EVP_PKEY_free(foreign.key);
}
END_TEST

static void
serve_silence(int fd, void *context)
{
    (void)context;
    char buffer[4096];
    (void)raw_read_until(fd, "never sent", buffer, sizeof buffer);
}

static void
serve_plain(int fd, void *context)
{
    (void)context;
    raw_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    serve_silence(fd, NULL);
}

static void
on_beat(void *context)
{
    ++*(int *)context;
}

/* Both clients at one server that takes the connection and never answers, with their own defaults.
 * Meanwhile the loop's timers go on. */
START_TEST(N2_silent_tls_server_ends_by_our_own_time_out_of_five_seconds)
{
    struct raw_server server;
    struct qt_error err = {0};
    struct outcome http = {0}, ws = {0};
    struct qt_timer beat = {0};
    int beats = 0;
    char https[64], wss[64];
    raw_server_start(&server, serve_silence, NULL);
    struct qt_loop *loop = make_loop(NULL);
    struct qt_http *client = qt_http_create(loop, NULL, &err);
    snprintf(https, sizeof https, "https://localhost:%d/", server.port);
    snprintf(wss, sizeof wss, "wss://localhost:%d/ws", server.port);
    const struct qt_http_request request = {
        .method = "POST", .url = https, .done = on_done, .context = &http};
    const struct qt_ws_options options = {.url = wss,
                                          .context = &ws,
                                          .open = on_open,
                                          .message = on_message,
                                          .closed = on_closed};
    int64_t start = qt_now_mono_ns();
    ck_assert(qt_http_send(client, &request, &err));
    ck_assert(qt_ws_create(loop, &options, &err) != NULL);
    while (http.n + ws.n < 2 && qt_now_mono_ns() - start < 60 * QT_NS_PER_S) {
        if (!qt_timer_is_running(&beat))
            qt_timer_start(loop, &beat, 20, on_beat, &beats);
        (void)qt_loop_work(loop, 20);
    }
    int64_t took = qt_now_mono_ns() - start;
    ck_assert_int_ge(took, 5 * QT_NS_PER_S - QT_NS_PER_MS);
    ck_assert_int_lt(took, 25 * QT_NS_PER_S); /* lws alone waits 30 s */
    ck_assert_int_ge(beats, 20);              /* nothing waited for the silent one */
    ck_assert_int_eq(http.error, QT_NET_TIMEOUT);
    ck_assert(!http.was_sent);
    ck_assert_ptr_nonnull(strstr(http.reason, "TLS handshake"));
    ck_assert_int_eq(ws.error, QT_NET_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(ws.reason, "within 5000 ms"));
    qt_timer_stop(&beat);
    qt_http_destroy(client);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

START_TEST(N1_server_without_tls_is_refused)
{
    struct raw_server server;
    raw_server_start(&server, serve_plain, NULL);
    struct qt_loop *loop = make_loop(NULL);
    struct outcome http = ask_http(loop, "localhost", server.port, 5000);
    struct outcome ws = ask_websocket(loop, "localhost", server.port, 5000);
    ck_assert_int_eq(http.error, QT_NET_TLS);
    ck_assert(!http.was_sent);
    ck_assert_int_eq(ws.error, QT_NET_TLS);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

START_TEST(missing_authorities_are_one_clear_line)
{
    struct qt_error err = {0};
    const struct qt_loop_options options = {.ca_file = "/nonexistent/ca.pem"};
    ck_assert_ptr_null(qt_loop_create(&options, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert(strstr(err.text, "/nonexistent/ca.pem") != NULL);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("tls");
    TCase *tc = tcase_create("tls");
    tcase_add_loop_test(tc, N1_bad_tls_servers_are_refused_each_with_its_own_reason, 0,
                        (int)QT_COUNT_OF(recipes));
    tcase_add_test(tc, N2_silent_tls_server_ends_by_our_own_time_out_of_five_seconds);
    tcase_add_test(tc, N1_server_without_tls_is_refused);
    tcase_add_test(tc, missing_authorities_are_one_clear_line);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

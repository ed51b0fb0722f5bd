/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may ask the simulated exchange, and for how long: Ed25519 beside HMAC, listen keys and
 * connections that end.
 */
#include <openssl/pem.h>
#include <unistd.h>

#include "exchange_market.h"
#include "qtrade/net/url.h"

/* Signs text with the key; base64 comes out, percent-encoded when it goes into a query. */
static void
sign_ed25519(EVP_PKEY *key, const char *text, bool is_query, char out[256])
{
    unsigned char bytes[64], base64[96];
    size_t n = sizeof bytes;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestSignInit(context, NULL, NULL, NULL, key), 1);
    ck_assert_int_eq(EVP_DigestSign(context, bytes, &n, (const unsigned char *)text, strlen(text)),
                     1);
    EVP_MD_CTX_free(context);
    EVP_EncodeBlock(base64, bytes, (int)n);
    if (is_query)
        ck_assert(qt_url_encode((const char *)base64, out, 256));
    else
        qt_copy(out, 256, (const char *)base64);
}

START_TEST(ed25519_signs_beside_hmac)
{
    struct client client;
    struct inbox api;
    char path[] = "/tmp/qtrade-test-key-XXXXXX", query[512], signature[256], text[1024];
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    ck_assert(key && other && file && PEM_write_PUBKEY(file, key) == 1 && fclose(file) == 0);
    client_start(&client, &(struct qt_exchange_server_options){.symbols = 3, .public_key = path});
    unlink(path);
    for (int i = 0; i < 3; i++) { /* right, of another key, of another text */
        int n = snprintf(query, sizeof query, "timestamp=%lld&recvWindow=60000",
                         (long long)exchange_ms(&client));
        sign_ed25519(i == 1 ? other : key, query, true, signature);
        snprintf(query + n, sizeof query - (size_t)n, "%s&signature=%s",
                 i == 2 ? "&omitZeroBalances=true" : "", signature);
        client_send(&client, "GET", API "account", query, client.info->ed25519_key);
        if (i == 0)
            ck_assert_int_eq(client.status, 200);
        else
            expect_fault(&client, 400, -1022, "Signature for this request is not valid.");
    }
    call(&client, "GET", API "account", "%s", ""); /* and HMAC as ever */
    ck_assert_int_eq(client.status, 200);
    inbox_start(&api, &client, "/ws-api/v3");
    snprintf(query, sizeof query, "apiKey=%s&timestamp=%lld", client.info->ed25519_key,
             (long long)exchange_ms(&client));
    sign_ed25519(key, query, false, signature);
    int n = snprintf(text, sizeof text,
                     "{\"id\":1,\"method\":\"account.status\",\"params\":{\"apiKey\":\"%s\","
                     "\"timestamp\":%s,\"signature\":\"%s\"}}",
                     client.info->ed25519_key, strstr(query, "timestamp=") + 10, signature);
    ck_assert(qt_ws_send(api.ws, text, (size_t)n));
    ck_assert_int_eq(int_of(inbox_next(&api), "status"), 200);
    inbox_stop(&api);
    client_stop(&client);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}
END_TEST

/* Sends a request of the WebSocket API; its parameters are a format. The answer. */
__attribute__((format(printf, 3, 4))) static json_t *
ask(struct inbox *api, const char *method, const char *format, ...)
{
    static int id;
    char params[640], text[800];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(params, sizeof params, format, arguments);
    va_end(arguments);
    int n = snprintf(text, sizeof text, "{\"id\":%d,\"method\":\"%s\",\"params\":{%s}}", ++id, method,
                     params);
    ck_assert(qt_ws_send(api->ws, text, (size_t)n));
    for (;;) {
        json_t *answer = inbox_next(api);
        if (json_integer_value(json_object_get(answer, "id")) == id)
            return answer;
    }
}

static void
expect_code(const json_t *answer, int code)
{
    ck_assert_int_eq(int_of(json_object_get(answer, "error"), "code"), code);
}

static json_t *
log_on(struct client *client, struct inbox *api, EVP_PKEY *key)
{
    char query[256], signature[256];
    long long now = exchange_ms(client);
    snprintf(query, sizeof query, "apiKey=%s&timestamp=%lld", client->info->ed25519_key, now);
    sign_ed25519(key, query, false, signature);
    return ask(api, "session.logon", "\"apiKey\":\"%s\",\"timestamp\":%lld,\"signature\":\"%s\"",
               client->info->ed25519_key, now, signature);
}

START_TEST(a_connection_that_has_logged_on_needs_no_more_signatures)
{
    struct client client;
    struct inbox api;
    char path[] = "/tmp/qtrade-test-key-XXXXXX", query[256], signature[65];
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert(key && other && file && PEM_write_PUBKEY(file, key) == 1 && fclose(file) == 0);
    client_start(&client, &(struct qt_exchange_server_options){.symbols = 2, .public_key = path});
    unlink(path);
    inbox_start(&api, &client, "/ws-api/v3");
    expect_code(ask(&api, "account.status", "\"timestamp\":%lld", (long long)exchange_ms(&client)), -2014);
    expect_code(ask(&api, "userDataStream.subscribe", "%s", ""), -2015);
    expect_code(log_on(&client, &api, other), -1022);
    long long now = exchange_ms(&client); /* HMAC keys cannot log on */
    snprintf(query, sizeof query, "apiKey=%s&timestamp=%lld", client.info->key, now);
    sign(client.info->secret, query, signature);
    expect_code(ask(&api, "session.logon", "\"apiKey\":\"%s\",\"timestamp\":%lld,\"signature\":\"%s\"",
                    client.info->key, now, signature), -2015);
    ck_assert(json_is_null(json_object_get(
        json_object_get(ask(&api, "session.status", "%s", ""), "result"), "apiKey")));
    const json_t *result = json_object_get(log_on(&client, &api, key), "result");
    ck_assert_str_eq(text_of(result, "apiKey"), client.info->ed25519_key);
    ck_assert_int_gt(int_of(result, "authorizedSince"), 0);
    ck_assert_int_eq(int_of(ask(&api, "userDataStream.subscribe", "%s", ""), "status"), 200);
    now = exchange_ms(&client);
    ck_assert_int_eq(int_of(ask(&api, "order.place", "\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":"
                                "\"MARKET\",\"quoteOrderQty\":\"100\",\"timestamp\":%lld", now), "status"), 200);
    expect_code(ask(&api, "account.status", "\"timestamp\":%lld", now - 60000), -1021);
    expect_code(ask(&api, "account.status", "\"timestamp\":%lld,\"apiKey\":\"%s\"", now, client.info->key), -1102);
    ck_assert_int_eq(int_of(ask(&api, "session.logout", "%s", ""), "status"), 200);
    expect_code(ask(&api, "account.status", "\"timestamp\":%lld", (long long)exchange_ms(&client)), -2014);
    inbox_stop(&api);
    client_stop(&client);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}
END_TEST

START_TEST(file_without_an_ed25519_key_is_an_error)
{
    static const char *const paths[] = {"/dev/null", "/nowhere/key.pem"};
    static const enum qt_code codes[] = {QT_E_DATA, QT_E_IO};
    for (size_t i = 0; i < QT_COUNT_OF(paths); i++) {
        struct qt_error err = {0};
        const struct qt_exchange_server_options options = {.symbols = 2, .public_key = paths[i]};
        ck_assert_ptr_null(qt_exchange_server_start(&options, &err));
        ck_assert_int_eq(err.code, codes[i]);
        ck_assert(strstr(err.text, paths[i]) != NULL);
    }
}
END_TEST

START_TEST(listen_key_that_is_not_kept_alive_ends)
{
    struct client client;
    struct market m;
    struct inbox inbox;
    char query[128];
    client_start(&client, &(struct qt_exchange_server_options){.symbols = 3, .listen_key_s = 5});
    read_market(&client, &m);
    open_user_stream(&client, &inbox);
    json_t *event = inbox_find(&inbox, "e", "listenKeyExpired");
    snprintf(query, sizeof query, "listenKey=%s", text_of(event, "listenKey"));
    client_send(&client, "PUT", API "userDataStream", query, client.info->key);
    expect_fault(&client, 400, -1125, "This listenKey does not exist.");
    int before = inbox.n;
    place_limit(&client, &m, "BUY", lots_for(&m, 100), m.bid * 0.9, "unheard");
    for (int i = 0; i < 20; i++)
        get(&client, API "ping", "");
    ck_assert_int_eq(inbox.n, before);
    inbox_stop(&inbox);
    client_stop(&client);
}
END_TEST

static void
ignore_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    (void)context;
    (void)ws;
    (void)data;
    (void)length;
}

static void
ignore_open(void *context, struct qt_ws *ws)
{
    (void)context;
    (void)ws;
}

static void
count_end(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    (void)ws;
    (void)error;
    (void)reason;
    ++*(int *)context;
}

START_TEST(connection_that_is_too_old_is_closed)
{
    struct client client;
    struct qt_error err = {0};
    char url[256];
    int ended = 0;
    client_start(&client, &(struct qt_exchange_server_options){.symbols = 3, .connection_s = 1});
    snprintf(url, sizeof url, "%s/ws/!bookTicker", client.info->stream_url);
    const struct qt_ws_options options = {.url = url,
                                          .context = &ended,
                                          .open = ignore_open,
                                          .message = ignore_message,
                                          .closed = count_end};
    struct qt_ws *ws = qt_ws_create(client.loop, &options, &err);
    ck_assert_msg(ws != NULL, "%s", err.text);
    client_wait(&client, &ended, 1);
    qt_ws_destroy(ws);
    client_stop(&client);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange_access");
    TCase *tc = tcase_create("access");
    tcase_add_test(tc, ed25519_signs_beside_hmac);
    tcase_add_test(tc, a_connection_that_has_logged_on_needs_no_more_signatures);
    tcase_add_test(tc, file_without_an_ed25519_key_is_an_error);
    tcase_add_test(tc, listen_key_that_is_not_kept_alive_ends);
    tcase_add_test(tc, connection_that_is_too_old_is_closed);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

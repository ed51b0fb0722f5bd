/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * URLs, percent encoding, query strings.
 */
#include <string.h>

#include "qt_check.h"

#include "qtrade/net/url.h"

static const struct {
    const char *text;
    bool ok, is_tls, is_websocket;
    const char *host;
    int port;
    const char *target;
} urls[] = {
    {"https://api.binance.com/api/v3/time", true, true, false, "api.binance.com", 443,
     "/api/v3/time"},
    {"http://127.0.0.1:8080", true, false, false, "127.0.0.1", 8080, ""},
    {"ws://localhost:9443/stream?streams=a@trade/b@depth", true, false, true, "localhost", 9443,
     "/stream?streams=a@trade/b@depth"},
    {"WSS://Host?x=1", true, true, true, "Host", 443, "?x=1"},
    {"https://[::1]:8443/x", true, true, false, "::1", 8443, "/x"},
    {.text = "ftp://x/"},
    {.text = "https://"},
    {.text = "https:///path"},
    {.text = "https://host:0/"},
    {.text = "https://host:65536/"},
    {.text = "https://host:/"},
    {.text = "https://host:12ab/"},
    {.text = "https://user@host/"},
    {.text = "https://host/a b"},
    {.text = "https://host/a\r\nX: y"},
    {.text = "https://host/#fragment"},
    {.text = "https://[::1/"},
    {.text = "https://[::1]x/"},
};

START_TEST(urls_are_taken_apart_or_refused)
{
    struct qt_url url = {.port = -7};
    struct qt_error err = {0};
    ck_assert_int_eq(qt_url_parse(urls[_i].text, &url, &err), urls[_i].ok);
    if (!urls[_i].ok) {
        ck_assert_int_eq(url.port, -7); /* untouched */
        ck_assert_int_eq(err.code, QT_E_CONFIG);
        return;
    }
    ck_assert_int_eq(url.is_tls, urls[_i].is_tls);
    ck_assert_int_eq(url.is_websocket, urls[_i].is_websocket);
    ck_assert_str_eq(url.host, urls[_i].host);
    ck_assert_int_eq(url.port, urls[_i].port);
    ck_assert_str_eq(url.target, urls[_i].target);
}
END_TEST

static const struct {
    const char *host;
    bool is_loopback;
} hosts[] = {
    {"localhost", true},
    {"127.0.0.1", true},
    {"127.255.0.9", true},
    {"::1", true},
    {"128.0.0.1", false},
    {"0.0.0.0", false},
    {"::", false},
    {"localhost.evil.com", false},
    {"127.0.0.1.evil", false},
    {"api.binance.com", false},
};

START_TEST(loopback_is_told_from_lookalikes)
{
    ck_assert_int_eq(qt_host_is_loopback(hosts[_i].host), hosts[_i].is_loopback);
}
END_TEST

START_TEST(encoding_keeps_unreserved_characters_and_reverses)
{
    char out[64], back[64];
    ck_assert(qt_url_encode("a-Z_0.9~ &=%\"[", out, sizeof out));
    ck_assert_str_eq(out, "a-Z_0.9~%20%26%3D%25%22%5B");
    ck_assert(qt_url_decode(out, strlen(out), back, sizeof back));
    ck_assert_str_eq(back, "a-Z_0.9~ &=%\"[");
    ck_assert(!qt_url_encode("long enough to be cut", out, 8));
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    const char *out;
} escapes[] = {
    {"a+b", true, "a b"}, {"%41%7a", true, "Az"}, {"", true, ""},       {"%", false, NULL},
    {"%4", false, NULL},  {"%zz", false, NULL},   {"%00", false, NULL},
};

START_TEST(bad_escapes_are_refused)
{
    char out[16];
    bool ok = qt_url_decode(escapes[_i].text, strlen(escapes[_i].text), out, sizeof out);
    ck_assert_int_eq(ok, escapes[_i].ok);
    if (ok)
        ck_assert_str_eq(out, escapes[_i].out);
}
END_TEST

START_TEST(query_values_are_found_by_whole_name)
{
    const char *query = "xsymbol=A&symbol=BTC%55SDT&symbol=second&empty=&side";
    char out[16];
    ck_assert(qt_query_get(query, "symbol", out, sizeof out));
    ck_assert_str_eq(out, "BTCUSDT");
    ck_assert(qt_query_get(query, "empty", out, sizeof out));
    ck_assert_str_eq(out, "");
    ck_assert(!qt_query_get(query, "side", out, sizeof out));
    ck_assert(!qt_query_get(query, "symbo", out, sizeof out));
    ck_assert(!qt_query_get(query, "symbol", out, 4));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("url");
    TCase *tc = tcase_create("url");
    tcase_add_loop_test(tc, urls_are_taken_apart_or_refused, 0, (int)QT_COUNT_OF(urls));
    tcase_add_loop_test(tc, loopback_is_told_from_lookalikes, 0, (int)QT_COUNT_OF(hosts));
    tcase_add_test(tc, encoding_keeps_unreserved_characters_and_reverses);
    tcase_add_loop_test(tc, bad_escapes_are_refused, 0, (int)QT_COUNT_OF(escapes));
    tcase_add_test(tc, query_values_are_found_by_whole_name);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long answers take, by kind of request: as drawn, and as seen by a client.
 */
#include <stdlib.h>

#include "exchange_market.h"

static const struct {
    const char *spec;
    bool ok;
    enum qt_latency kind;
    int64_t median_ns;
    double sigma;
} specs[] = {{"market=250ms", true, QT_LATENCY_MARKET, 250 * QT_NS_PER_MS, 0.33},
             {"order=5ms", true, QT_LATENCY_ORDER, 5 * QT_NS_PER_MS, 0.33},
             {"order=5ms:0.1", true, QT_LATENCY_ORDER, 5 * QT_NS_PER_MS, 0.1},
             {"order=5ms:0", true, QT_LATENCY_ORDER, 5 * QT_NS_PER_MS, 0},
             {"cancel=60s", true, QT_LATENCY_CANCEL, 60 * QT_NS_PER_S, 0.33},
             {"query=1s", true, QT_LATENCY_QUERY, QT_NS_PER_S, 0.33},
             {"order=5ms:", false, QT_LATENCY_ORDER, 0, 0},
             {"order=5ms:-0.1", false, QT_LATENCY_ORDER, 0, 0},
             {"order=5ms:5.1", false, QT_LATENCY_ORDER, 0, 0},
             {"order=5ms:nan", false, QT_LATENCY_ORDER, 0, 0},
             {"order=5ms:0.1:0.1", false, QT_LATENCY_ORDER, 0, 0},
             {"query=61s", false, QT_LATENCY_QUERY, 0, 0},
             {"query=", false, QT_LATENCY_QUERY, 0, 0},
             {"query", false, QT_LATENCY_QUERY, 0, 0},
             {"query=-1s", false, QT_LATENCY_QUERY, 0, 0},
             {"orders=1s", false, QT_LATENCY_QUERY, 0, 0},
             {"=1s", false, QT_LATENCY_QUERY, 0, 0},
             {"", false, QT_LATENCY_QUERY, 0, 0}};

START_TEST(a_latency_is_read_or_refused)
{
    struct qt_latency_model model = {0};
    struct qt_error err = {0};
    ck_assert_int_eq(qt_latency_parse(specs[_i].spec, &model, &err), specs[_i].ok);
    for (int kind = 0; kind < QT_LATENCIES; kind++) {
        bool is_meant = kind == (int)specs[_i].kind;
        ck_assert_int_eq(model.law[kind].median_ns, is_meant ? specs[_i].median_ns : 0);
        ck_assert_double_eq(model.law[kind].sigma, is_meant ? specs[_i].sigma : 0);
    }
    if (!specs[_i].ok)
        ck_assert_int_eq(err.code, QT_E_USAGE);
}
END_TEST

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(latencies_are_log_normal_about_their_median)
{
    enum { N = 20001 };
    static int64_t draws[N];
    struct qt_latency_model model = {.law = {[QT_LATENCY_ORDER] = {1000000, 0.33}}};
    struct qt_rng rng;
    qt_rng_init(&rng, 9);
    for (int i = 0; i < N; i++)
        draws[i] = qt_latency_draw(&model, QT_LATENCY_ORDER, &rng);
    qsort(draws, N, sizeof draws[0], compare);
    ck_assert_double_eq_tol((double)draws[N / 2], 1e6, 2e4);
    double above = (double)draws[N * 84 / 100] / 1e6, below = 1e6 / (double)draws[N * 16 / 100];
    ck_assert_double_eq_tol(above, exp(0.33), 0.03); /* one standard deviation */
    ck_assert_double_eq_tol(below, exp(0.33), 0.03);
    ck_assert_int_eq(qt_latency_draw(&model, QT_LATENCY_CANCEL, &rng), 0);
}
END_TEST

/* Which answers came, in their order. */
struct race {
    int n;
    char order[4];
};
struct runner {
    struct race *race;
    char name;
};

static void
arrived(void *context, const struct qt_http_response *response)
{
    struct runner *runner = context;
    ck_assert_int_eq(response->status, 200);
    runner->race->order[runner->race->n++] = runner->name;
}

static void
run(struct client *client, struct runner *runner, const char *method, const char *path,
    const char *query)
{
    struct qt_error err = {0};
    char whole[1024], url[1400], signature[65];
    int n =
        snprintf(whole, sizeof whole, "%stimestamp=%lld", query, (long long)exchange_ms(client));
    sign(client->info->secret, whole, signature);
    snprintf(whole + n, sizeof whole - (size_t)n, "&signature=%s", signature);
    const struct qt_http_header header = {"X-MBX-APIKEY", client->info->key};
    snprintf(url, sizeof url, "%s%s?%s", client->info->rest_url, path, whole);
    const struct qt_http_request request = {.method = method,
                                            .url = url,
                                            .headers = &header,
                                            .n_headers = 1,
                                            .timeout_ms = 60000,
                                            .done = arrived,
                                            .context = runner};
    ck_assert_msg(qt_http_send(client->http, &request, &err), "%s", err.text);
}

START_TEST(each_kind_of_request_has_its_own_latency)
{
    const struct qt_exchange_server_options options = {
        .symbols = 2,
        .seed = 3,
        .speed = 1,
        .latency.law = {[QT_LATENCY_ORDER] = {3 * QT_NS_PER_S, QT_LATENCY_SIGMA},
                        [QT_LATENCY_QUERY] = {QT_NS_PER_S / 2, QT_LATENCY_SIGMA}}};
    struct client client;
    struct race race = {0};
    struct runner order = {&race, 'o'}, query = {&race, 'q'}, market = {&race, 'm'};
    client_start(&client, &options);
    run(&client, &order, "POST", "/api/v3/order",
        "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=100&");
    run(&client, &query, "GET", "/api/v3/account", "");
    run(&client, &market, "GET", "/api/v3/ping", "");
    client_wait(&client, &race.n, 3);
    ck_assert_str_eq(race.order, "mqo"); /* against the order in which they were sent */
    client_stop(&client);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange_latency");
    TCase *tc = tcase_create("latency");
    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, a_latency_is_read_or_refused, 0, QT_COUNT_OF(specs));
    tcase_add_test(tc, latencies_are_log_normal_about_their_median);
    tcase_add_test(tc, each_kind_of_request_has_its_own_latency);
    return qt_run_suite(suite);
}

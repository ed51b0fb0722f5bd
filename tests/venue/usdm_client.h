/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the suites of the venue of perpetuals share: a client of its own base URL.
 */
#ifndef QTRADE_TESTS_USDM_CLIENT_H
#define QTRADE_TESTS_USDM_CLIENT_H

#include "exchange_client.h"

#define SYMBOL "BTCUSDT"

static struct client client;

static inline struct qt_exchange_server_options
usual(void)
{
    return (struct qt_exchange_server_options){
        .symbols = 4, .seed = 5, .has_usdm = true, .speed = 4, .weight_limit = 100000};
}

static inline void
begin(const struct qt_exchange_server_options *options)
{
    client_start(&client, options);
    /* the client's helpers speak to one base: that of the perpetuals */
    static struct qt_exchange_server_info info;
    info = *client.info;
    (void)qt_copy(info.rest_url, sizeof info.rest_url, client.info->usdm_rest_url);
    (void)qt_copy(info.stream_url, sizeof info.stream_url, client.info->usdm_stream_url);
    client.info = &info;
}

static inline void
setup(void)
{
    const struct qt_exchange_server_options options = usual();
    begin(&options);
}

static inline void
teardown(void)
{
    struct qt_exchange_server_stats stats = qt_exchange_server_stats(client.server);
    ck_assert(stats.is_conserved);
    client_stop(&client);
}

static inline double
price(void)
{
    return number_of(get(&client, "/fapi/v1/ticker/price", "symbol=" SYMBOL), "price");
}

static inline void
open_user(struct inbox *inbox, const char *form)
{
    char path[128];
    ck_assert_ptr_nonnull(client_send(&client, "POST", "/fapi/v1/listenKey", "", client.info->key));
    snprintf(path, sizeof path, form, text_of(client.answer, "listenKey"));
    inbox_start(inbox, &client, path);
}

#endif

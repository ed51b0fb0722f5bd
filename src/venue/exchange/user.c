/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listen keys: the older way to a user data stream. A key lives an hour unless it is kept alive.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "qtrade/base/time.h"

#include "exchange_priv.h"

static struct qt__listen_key *
find_key(struct qt__exchange *exchange, const char *text)
{
    for (size_t i = 0; text[0] && i < QT__LISTEN_KEYS; i++)
        if (strcmp(exchange->listen_keys[i].text, text) == 0)
            return &exchange->listen_keys[i];
    return NULL;
}

static bool
make_key(char out[QT__LISTEN_KEY_TEXT])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab"; /* 64: no bias */
    unsigned char bytes[QT__LISTEN_KEY_TEXT - 1];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        out[i] = letters[bytes[i] & 63];
    out[sizeof bytes] = '\0';
    return true;
}

/* What the key may do, as Binance tells the fields that a trading program asks for. */
bool
qt__handle_restrictions(struct qt__exchange *exchange, struct qt__call *call)
{
    static const char *const words[] = {"false", "true"};
    unsigned rights = exchange->faults.awaits_rights ? 0 : exchange->key_rights;
    qt_text_addf(call->out,
                 "{\"ipRestrict\":%s,\"createTime\":%lld,\"enableReading\":true,"
                 "\"enableWithdrawals\":%s,\"enableInternalTransfer\":false,\"enableMargin\":false,"
                 "\"enableFutures\":false,\"permitsUniversalTransfer\":false,"
                 "\"enableVanillaOptions\":false,\"enableSpotAndMarginTrading\":%s}",
                 words[!(rights & QT_EXCHANGE_KEY_ANYWHERE)],
                 (long long)(exchange->info.start_ns / QT_NS_PER_MS),
                 words[!!(rights & QT_EXCHANGE_KEY_WITHDRAWS)],
                 words[!(rights & QT_EXCHANGE_KEY_READS)]);
    return true;
}

/* The key that lives gets another hour; Binance gives the same one again. */
bool
qt__handle_listen_create(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt__listen_key *key = NULL;
    for (size_t i = 0; i < QT__LISTEN_KEYS && !key; i++)
        if (exchange->listen_keys[i].text[0])
            key = &exchange->listen_keys[i];
    if (!key) {
        key = &exchange->listen_keys[0];
        if (!make_key(key->text)) {
            key->text[0] = '\0';
            return qt__call_fail(call, QT__FAULT_UNKNOWN);
        }
    }
    key->until_ns = qt_now_mono_ns() + exchange->listen_key_ns;
    qt_text_addf(call->out, "{\"listenKey\":\"%s\"}", key->text);
    return true;
}

static struct qt__listen_key *
need_key(struct qt__exchange *exchange, struct qt__call *call)
{
    char text[QT__PARAM_MAX];
    bool is_named = !exchange->usdm || qt__call_has(call, "listenKey");
    if (is_named && !qt__call_need(call, "listenKey", text))
        return NULL;
    /* that of the API key, of which there is one */
    struct qt__listen_key *key = find_key(exchange, is_named ? text : exchange->listen_keys[0].text);
    if (!key)
        (void)qt__call_fail(call, QT__FAULT_LISTEN_KEY);
    return key;
}

bool
qt__handle_listen_keep(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt__listen_key *key = need_key(exchange, call);
    if (!key)
        return false;
    key->until_ns = qt_now_mono_ns() + exchange->listen_key_ns;
    qt_text_add(call->out, "{}");
    return true;
}

static void
end_key(struct qt__exchange *exchange, struct qt__listen_key *key)
{
    qt__streams_end_user(exchange, key->text);
    key->text[0] = '\0';
}

bool
qt__handle_listen_close(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt__listen_key *key = need_key(exchange, call);
    if (!key)
        return false;
    end_key(exchange, key);
    qt_text_add(call->out, "{}");
    return true;
}

void
qt__listen_keys_expire(struct qt__exchange *exchange)
{
    int64_t now = qt_now_mono_ns();
    for (size_t i = 0; i < QT__LISTEN_KEYS; i++)
        if (exchange->listen_keys[i].text[0] && now >= exchange->listen_keys[i].until_ns)
            end_key(exchange, &exchange->listen_keys[i]);
}

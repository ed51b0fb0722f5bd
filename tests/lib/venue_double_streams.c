/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The double's sockets: who listens to what, and what every tick sends.
 */
#include "venue_double_priv.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* Sockets */

bool
qt__double_on_accept(void *context, struct qt_peer *peer, const struct qt_call *call)
{
    struct qt_double *venue = context;
    qt__double_count(venue, QT_DOUBLE_UPGRADES);
    if (atomic_load(&venue->knobs[QT_DOUBLE_REFUSE_WS]))
        return false;
    bool is_limit = qt__double_take(venue, QT_DOUBLE_LIMIT_WS);
    if (is_limit || qt__double_take(venue, QT_DOUBLE_BAN_WS)) {
        qt_peer_refuse(peer, is_limit ? 429 : 418, 180);
        return false;
    }
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *slot = &venue->peers[i];
        if (slot->peer)
            continue;
        *slot = (struct peer){.peer = peer};
        slot->is_user = strcmp(call->path, "/ws/" LISTEN_KEY) == 0;
        slot->is_api = strcmp(call->path, "/ws-api/v3") == 0;
        qt_peer_set_user(peer, slot);
        qt__double_count(venue, QT_DOUBLE_SOCKETS);
        return true;
    }
    return false;
}

void
qt__double_on_peer_closed(void *context, struct qt_peer *peer, const char *reason)
{
    struct peer *slot = qt_peer_user(peer);
    (void)context;
    (void)reason;
    slot->peer = NULL;
}

static void
subscribe(struct peer *slot, const char *data, bool on)
{
    for (uint32_t i = 0; i < QT_DOUBLE_SYMBOLS; i++) {
        char name[32];
        size_t n = strlen(qt__double_symbols[i]);
        for (size_t k = 0; k <= n; k++)
            name[k] = (char)(qt__double_symbols[i][k] >= 'A' ? qt__double_symbols[i][k] - 'A' + 'a'
                                                             : qt__double_symbols[i][k]);
        snprintf(name + n, sizeof name - n, "@depth@100ms");
        if (strstr(data, name))
            slot->has_depth[i] = on;
        snprintf(name + n, sizeof name - n, "@trade");
        if (strstr(data, name))
            slot->has_market[i] = on;
    }
}

/* The signature of the WebSocket API: parameters by name, without the signature. */
static bool
is_signed_well(const char *data)
{
    char stamp[24] = "", window[24] = "", text[65] = "", signed_text[256];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    const char *a = strstr(data, "\"timestamp\":"), *b = strstr(data, "\"recvWindow\":");
    if (!a || !b)
        return false;
    (void)qt_copy_n(stamp, sizeof stamp, a + 12, strspn(a + 12, "0123456789"));
    (void)qt_copy_n(window, sizeof window, b + 13, strspn(b + 13, "0123456789"));
    snprintf(signed_text, sizeof signed_text, "apiKey=%s&recvWindow=%s&timestamp=%s", qt_double_key,
             window, stamp);
    if (!HMAC(EVP_sha256(), qt_double_secret, (int)strlen(qt_double_secret),
              (const unsigned char *)signed_text, strlen(signed_text), mac, &n))
        return false;
    for (unsigned i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", mac[i]);
    return strstr(data, text) != NULL;
}

void
qt__double_on_message(void *context, struct qt_peer *peer, const char *data, size_t length)
{
    struct peer *slot = qt_peer_user(peer);
    const char *id = strstr(data, "\"id\":");
    char reply[160];
    (void)context;
    (void)length;
    if (slot->is_api) {
        bool is_good = is_signed_well(data);
        slot->is_user = slot->is_wrapped = is_good;
        int n = snprintf(reply, sizeof reply,
                         is_good ? "{\"id\":1,\"status\":200,\"result\":{\"subscriptionId\":0}}"
                                 : "{\"id\":1,\"status\":400,\"error\":{\"code\":-1022,\"msg\":"
                                   "\"Signature for this request is not valid.\"}}");
        (void)qt_peer_send_text(peer, reply, (size_t)n);
        return;
    }
    subscribe(slot, data, strstr(data, "\"UNSUBSCRIBE\"") == NULL);
    int n = snprintf(reply, sizeof reply, "{\"result\":null,\"id\":%lld}",
                     id ? strtoll(id + 5, NULL, 10) : 0);
    (void)qt_peer_send_text(peer, reply, (size_t)n);
}

/* Streams */

static void
send_market(struct qt_double *venue, uint32_t symbol, bool is_depth)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        const struct peer *slot = &venue->peers[i];
        if (slot->peer && (is_depth ? slot->has_depth[symbol] : slot->has_market[symbol]))
            (void)qt_peer_send_text(slot->peer, venue->out.buffer, venue->out.length);
    }
}

static void
send_quote(struct qt_double *venue, uint32_t symbol)
{
    struct qt_text *out = &venue->out;
    int64_t px = qt__double_price_now(venue, symbol);
    qt_text_clear(out);
    qt_text_addf(
        out, "{\"stream\":\"x\",\"data\":{\"u\":1,\"s\":\"%s\",\"b\":", qt__double_symbols[symbol]);
    qt__double_add_px(out, px - 1);
    qt_text_add(out, ",\"B\":\"1.0\",\"a\":");
    qt__double_add_px(out, px + 1);
    qt_text_add(out, ",\"A\":\"1.0\"}}");
    send_market(venue, symbol, false);
}

static void
send_hostile(struct qt_double *venue)
{
    const struct qt_double_hostile *row =
        &qt_double_hostile[venue->next_hostile++ % QT_DOUBLE_HOSTILES];
    qt_text_clear(&venue->out);
    qt_text_add(&venue->out, row->text);
    send_market(venue, 0, false);
}

static void
send_trade(struct qt_double *venue, uint32_t symbol)
{
    struct qt_text *out = &venue->out;
    int64_t px = qt__double_price_now(venue, symbol);
    qt_text_clear(out);
    qt_text_addf(out,
                 "{\"stream\":\"x\",\"data\":{\"e\":\"trade\",\"E\":%lld,\"s\":\"%s\",\"t\":%llu,"
                 "\"q\":\"0.5\",\"T\":%lld,\"m\":false,\"p\":",
                 (long long)qt__double_stamp_ms(venue), qt__double_symbols[symbol],
                 (unsigned long long)++venue->next_trade, (long long)qt__double_stamp_ms(venue));
    qt__double_add_px(out, px);
    qt_text_add(out, "}}");
    send_market(venue, symbol, false);
}

static void
send_bar(struct qt_double *venue, uint32_t symbol, int64_t minute)
{
    struct qt_text *out = &venue->out;
    struct qt_bar bar = qt_double_bar(symbol, minute * QT_NS_PER_MIN, QT_NS_PER_MIN);
    qt_text_clear(out);
    qt_text_addf(out,
                 "{\"stream\":\"x\",\"data\":{\"e\":\"kline\",\"E\":%lld,\"s\":\"%s\",\"k\":{\"t\":"
                 "%lld,\"i\":\"1m\",\"n\":%u,\"x\":true",
                 (long long)qt__double_now_ms(venue), qt__double_symbols[symbol],
                 (long long)(minute * 60000 +
                             (qt__double_take(venue, QT_DOUBLE_ODD_BARS) ? 30000 : 0)),
                 bar.trades);
    static const char *const px_keys[] = {"o", "h", "l", "c"};
    const int64_t prices[] = {bar.open.v, bar.high.v, bar.low.v, bar.close.v};
    for (size_t i = 0; i < QT_COUNT_OF(prices); i++) {
        qt_text_addf(out, ",\"%s\":", px_keys[i]);
        qt__double_add_px(out, prices[i]);
    }
    static const char *const qty_keys[] = {"v", "q", "V"};
    const int64_t amounts[] = {bar.volume.v, bar.quote_volume.v, bar.taker_buy.v};
    for (size_t i = 0; i < QT_COUNT_OF(amounts); i++) {
        qt_text_addf(out, ",\"%s\":", qty_keys[i]);
        qt__double_add_qty(out, amounts[i]);
    }
    qt_text_add(out, "}}}");
    send_market(venue, symbol, false);
}

static void
write_diff(struct qt_double *venue, uint32_t symbol, uint64_t first, uint64_t last)
{
    qt_text_clear(&venue->out);
    qt_text_addf(&venue->out,
                 "{\"stream\":\"x\",\"data\":{\"e\":\"depthUpdate\",\"E\":%lld,\"s\":\"%s\",\"U\":"
                 "%llu,\"u\":%llu,\"b\":[",
                 (long long)qt__double_now_ms(venue), qt__double_symbols[symbol],
                 (unsigned long long)first, (unsigned long long)last);
    qt__double_add_levels(venue, symbol, true, last);
    qt_text_add(&venue->out, "],\"a\":[");
    qt__double_add_levels(venue, symbol, false, last);
    qt_text_add(&venue->out, "]}}");
    send_market(venue, symbol, true);
}

static void
send_diff(struct qt_double *venue, uint32_t symbol)
{
    enum { UPDATES = 3 };
    uint64_t first = venue->book_id[symbol] + 1, last = first + UPDATES - 1;
    venue->book_id[symbol] = last;
    if (qt__double_take(venue, QT_DOUBLE_SKIP_DIFFS))
        return;
    if (qt__double_take(venue, QT_DOUBLE_SWAP_DIFFS)) {
        venue->book_id[symbol] += UPDATES;
        write_diff(venue, symbol, last + 1, last + UPDATES);
        write_diff(venue, symbol, first, last);
        return;
    }
    write_diff(venue, symbol, first, last);
    if (qt__double_take(venue, QT_DOUBLE_REPEAT_DIFFS))
        write_diff(venue, symbol, first, last);
}

static void
cut_all(struct qt_double *venue)
{
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (venue->peers[i].peer)
            qt_peer_close(venue->peers[i].peer, 1001, "cut");
}

static bool
is_depth_wanted(const struct qt_double *venue, uint32_t symbol)
{
    bool is_wanted = false;
    for (size_t i = 0; i < PEERS_MAX; i++)
        is_wanted |= venue->peers[i].peer && venue->peers[i].has_depth[symbol];
    return is_wanted;
}

void
qt__double_on_tick(void *context)
{
    struct qt_double *venue = context;
    int64_t minute = qt__double_now_ms(venue) / 60000;
    qt_timer_start(venue->loop, &venue->tick, TICK_MS, qt__double_on_tick, venue);
    if (atomic_exchange(&venue->knobs[QT_DOUBLE_CUT], 0))
        cut_all(venue);
    if (atomic_exchange(&venue->knobs[QT_DOUBLE_EXPIRE_KEY], 0))
        qt__double_tell_user(
            venue, "{\"e\":\"listenKeyExpired\",\"E\":1,\"listenKey\":\"" LISTEN_KEY "\"}");
    if (atomic_exchange(&venue->knobs[QT_DOUBLE_FILL], 0))
        qt__double_fill_resting(venue);
    qt__double_answer_late(venue);
    bool is_mute = atomic_load(&venue->knobs[QT_DOUBLE_MUTE]) != 0;
    for (uint32_t i = 0; i < QT_DOUBLE_SYMBOLS && !is_mute; i++) {
        for (int64_t m = venue->told_minute + 1; m < minute; m++)
            send_bar(venue, i, m);
        for (int64_t n = atomic_load(&venue->knobs[QT_DOUBLE_FLOOD]); n >= 0; n--)
            send_quote(venue, i);
        if (i == 0 && qt__double_take(venue, QT_DOUBLE_HOSTILE))
            send_hostile(venue);
        send_trade(venue, i);
        if (is_depth_wanted(venue, i))
            send_diff(venue, i);
    }
    venue->told_minute = minute - 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The section "venue": one row a key.
 */
#include "qtrade/venue/config.h"

#define TEXT(field_, text_, help_)                                                                 \
    {                                                                                              \
        .key = #field_, .type = QT_CONFIG_TEXT,                                                    \
        .offset = offsetof(struct qt_venue_config, field_),                                        \
        .max = sizeof((struct qt_venue_config *)0)->field_, .text = text_, .help = help_           \
    }
#define INT(field_, def_, min_, max_, unit_, help_)                                                \
    {                                                                                              \
        .key = #field_, .type = QT_CONFIG_INT, .offset = offsetof(struct qt_venue_config, field_), \
        .def = def_, .min = min_, .max = max_, .unit = unit_, .help = help_                        \
    }

static const struct qt_config_key keys[] = {
    {.key = "name",
     .type = QT_CONFIG_TEXT,
     .offset = offsetof(struct qt_venue_config, name),
     .max = sizeof((struct qt_venue_config *)0)->name,
     .text = "binance",
     .choices = "binance|binance-usdm",
     .help = "which exchange: Binance spot, or its USD-M perpetuals; live, testnet and simulated "
             "differ by addresses and credentials only"},
    TEXT(rest_url, "",
         "address of the requests; empty is the exchange's own: https://api.binance.com, of USD-M "
         "https://fapi.binance.com"),
    TEXT(ws_url, "",
         "address of the streams; empty is the exchange's own: wss://stream.binance.com:9443, of "
         "USD-M wss://fstream.binance.com"),
    TEXT(backup_ws_url, "",
         "a second address of the same streams, read beside the first and followed when that "
         "fails; empty is none"),
    TEXT(ws_api_url, "",
         "address of the WebSocket API, for the account's stream where listen keys are gone; empty "
         "is the exchange's own: wss://ws-api.binance.com:443/ws-api/v3; USD-M needs none"),
    TEXT(credentials_file, "",
         "file with {\"key\",\"secret\"}, mode 0600, where they are not in the vault; with both the "
         "program refuses to trade live"),
    TEXT(credentials, "",
         "name of the vault's entry to trade live with; empty: the only one of this venue"),
    INT(key_max_days, 90, 1, 3650, "days",
        "a key in the vault that was not rotated for so long is warned of"),
    TEXT(quote_asset, "USDT", "only symbols that are quoted in this asset"),
    TEXT(symbols, "", "only these symbols, separated by commas; empty is all of the quote asset"),
    INT(max_symbols, 200, 1, 5000, NULL, "at most so many symbols, by quote volume of 24 hours"),
    INT(recv_window_ms, 5000, 100, 60000, "ms", "how old a signed request may be when it arrives"),
    INT(history_1h_bars, 1000, 0, 1000, "bars", "hourly bars read at the start"),
    INT(history_15m_bars, 500, 0, 1000, "bars", "15-minute bars read at the start"),
    INT(history_1m_bars, 120, 0, 1000, "bars", "minute bars read at the start"),
    INT(stale_ms, 15000, 1000, 600000, "ms",
        "a market connection without data for so long is given up and made anew"),
    INT(reconcile_ms, 60000, 5000, 3600000, "ms", "how often the account is read again"),
    {0}};

const struct qt_config_section qt_venue_config_section = {
    .name = "venue",
    .help = "The exchange: addresses, credentials and how much of it is watched",
    .size = sizeof(struct qt_venue_config),
    .keys = keys,
};

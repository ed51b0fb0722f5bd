/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/text.h"
#include "qtrade/market/reader.h"

/* Longest first where one ends in another (FDUSD and USD); a row here is all a new quote asset
 * needs. */
static const char *const quotes[] = {
    "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDE", "USD1", "DAI", "USD", "BTC", "ETH", "BNB",
    "EUR",   "TRY",  "GBP",  "JPY",  "BRL",  "AUD",  "UAH",  "IDR", "ZAR", "XRP", "TRX", "DOGE"};

/* The part that names the pair: "KRAKEN_BTCUSD" and "BTCUSD_PERP" both give BTCUSD. */
static bool
pair_of(const char *symbol, char *out, size_t capacity)
{
    const char *bar = strrchr(symbol, '_');
    if (!bar)
        return qt_copy(out, capacity, symbol);
    bool is_contract =
        strcmp(bar + 1, "PERP") == 0 || strspn(bar + 1, "0123456789") == strlen(bar + 1);
    return is_contract ? qt_copy_n(out, capacity, symbol, (size_t)(bar - symbol))
                       : qt_copy(out, capacity, bar + 1);
}

bool
qt_symbol_split(const char *symbol, char base[QT_ASSET_SIZE], char quote[QT_ASSET_SIZE])
{
    char pair[QT_SYMBOL_SIZE];
    if (!pair_of(symbol, pair, sizeof pair))
        return false;
    size_t separator = strcspn(pair, "-/");
    if (pair[separator] != '\0')
        return separator > 0 && pair[separator + 1] != '\0' && separator < QT_ASSET_SIZE &&
               qt_copy(quote, QT_ASSET_SIZE, pair + separator + 1) &&
               qt_copy_n(base, QT_ASSET_SIZE, pair, separator);
    size_t length = strlen(pair);
    for (size_t i = 0; i < QT_COUNT_OF(quotes); i++) {
        size_t tail = strlen(quotes[i]);
        if (length <= tail || strcmp(pair + length - tail, quotes[i]) != 0 ||
            length - tail >= QT_ASSET_SIZE)
            continue;
        (void)qt_copy(quote, QT_ASSET_SIZE, quotes[i]);
        return qt_copy_n(base, QT_ASSET_SIZE, pair, length - tail);
    }
    return false;
}

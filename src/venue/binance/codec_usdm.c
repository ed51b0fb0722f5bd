/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * USD-M's user stream, and what its account says. An order's news are those of spot inside "o"; of
 * account news only those are events that no order of ours explains: funding.
 */
#include "codec_priv.h"

#include <stdlib.h>

#include "qtrade/base/time.h"

#define ENTRY_SCALE 10 /* decimals of entry prices; averages have more than the tick */

static bool
is_text(const struct qt__slice *slice, const char *text)
{
    return slice && slice->type == '"' && qt__slice_is(slice, text);
}

enum qt_codec_verdict
qt__bn_decode_order_update(struct qt__bn_incoming *m)
{
    static const char *const waiting[] = {"STOP", "STOP_MARKET", "TAKE_PROFIT",
                                          "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"};
    if (!qt__bn_into_part(m, 'o'))
        return qt__bn_malformed(m, "the order is missing");
    for (size_t i = 0; i < QT_COUNT_OF(waiting); i++)
        m->is_conditional |= is_text(qt__bn_field(m->f, 'o'), waiting[i]);
    return qt__bn_decode_report(m);
}

/* {"a":"USDT","wb":"1.5","cw":"1.5","bc":"-0.1"}. False: malformed. *fits: has room in an event. */
static bool
read_change(struct qt__json *json, struct qt_income *out, bool *fits)
{
    struct qt__slice key, value, asset = {0}, change = {0};
    if (!qt__json_enter(json, '{'))
        return false;
    while (qt__json_next_key(json, &key) && qt__json_take(json, &value)) {
        if (qt__slice_is(&key, "a"))
            asset = value;
        else if (qt__slice_is(&key, "bc"))
            change = value;
    }
    if (json->is_bad || asset.type != '"' || change.type != '"')
        return false;
    *fits = asset.n > 0 && asset.n < sizeof out->asset && !asset.has_escape &&
            qt__slice_decimal(&change, QT_MONEY_SCALE, &out->amount.v);
    if (*fits) {
        memcpy(out->asset, asset.p, asset.n);
        out->asset[asset.n] = '\0';
        qt_text_clean(out->asset);
    }
    return true;
}

/* One walk over "B": with events (pushes) or without (only looks whether all of it is good). */
static bool
walk_changes(struct qt__bn_incoming *m, const struct qt__slice *list, const struct qt_event *event)
{
    struct qt__json json = qt__json_open(list->p, list->n);
    if (!qt__json_enter(&json, '['))
        return false;
    while (qt__json_next_item(&json)) {
        struct qt_income income = {.kind = QT_INCOME_FUNDING};
        bool fits;
        if (!read_change(&json, &income, &fits))
            return false;
        if (!event)
            continue;
        struct qt_event row = *event;
        row.income = income;
        if (!fits)
            m->out->misfits++;
        else if (income.amount.v != 0)
            qt__bn_event_push(m, &row);
    }
    return qt__json_end(&json);
}

enum qt_codec_verdict
qt__bn_decode_account_update(struct qt__bn_incoming *m)
{
    struct qt_event event;
    if (!qt__bn_event_begin(m, QT_EVENT_INCOME, 'T', &event))
        return qt__bn_malformed(m, "the time is no time");
    if (!qt__bn_into_part(m, 'a'))
        return qt__bn_malformed(m, "the account is missing");
    const struct qt__slice *list = qt__bn_field(m->f, 'B'), *why = qt__bn_field(m->f, 'm');
    if (!list || list->type != '[' || !why || why->type != '"' || !walk_changes(m, list, NULL))
        return qt__bn_malformed(m, "the balances are missing");
    if (qt__slice_is(why, "FUNDING_FEE"))
        (void)walk_changes(m, list, &event);
    return QT_CODEC_DECODED;
}

/* The account by REST */

static struct qt__slice
slice_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    return text ? (struct qt__slice){.p = text, .n = strlen(text), .type = '"'}
                : (struct qt__slice){.p = "", .type = 'n'};
}

/* a x b of two scales, to money, toward zero. */
static bool
multiply(int64_t amount, int64_t px, qt_money *out)
{
    __int128 product = (__int128)amount * px / qt_pow10(ENTRY_SCALE);
    if (product > INT64_MAX || product < INT64_MIN)
        return false;
    out->v = (int64_t)product;
    return true;
}

/* One unit of the last digit that a price was given with. */
static int64_t
last_digit(const struct qt__slice *px)
{
    const char *point = memchr(px->p, '.', px->n);
    size_t decimals = point ? px->n - (size_t)(point - px->p) - 1 : 0;
    return qt_pow10(ENTRY_SCALE - (int)QT_MIN(decimals, (size_t)ENTRY_SCALE));
}

/* What the position cost. The entry price is rounded; where the value at the mark is told too, that
 * less the profit on it is not. */
static bool
read_cost(const json_t *row, struct qt__bn_position *out)
{
    struct qt__slice entry = slice_of(row, "entryPrice"), value = slice_of(row, "notional");
    struct qt__slice profit = slice_of(row, "unrealizedProfit");
    int64_t px;
    qt_money at_mark, gain;
    if (value.type == '"' && profit.type == '"') {
        out->rounding.v = 2;
        return qt__slice_decimal_rounded(&value, QT_MONEY_SCALE, 0, &at_mark.v, NULL) &&
               qt__slice_decimal_rounded(&profit, QT_MONEY_SCALE, 0, &gain.v, NULL) &&
               qt_money_sub(at_mark, gain, &out->cost);
    }
    return entry.type == '"' && qt__slice_decimal_rounded(&entry, ENTRY_SCALE, 0, &px, NULL) &&
           px >= 0 && multiply(out->amount.v, px, &out->cost) &&
           multiply(llabs(out->amount.v), last_digit(&entry), &out->rounding);
}

bool
qt__bn_decode_position(const json_t *row, struct qt__bn_position *out)
{
    struct qt__slice amount = slice_of(row, "positionAmt");
    const char *side = json_string_value(json_object_get(row, "positionSide"));
    const char *leverage = json_string_value(json_object_get(row, "leverage"));
    *out = (struct qt__bn_position){.symbol = json_string_value(json_object_get(row, "symbol")),
                                    .is_hedged = side && strcmp(side, "BOTH") != 0,
                                    .is_isolated = json_is_true(json_object_get(row, "isolated"))};
    if (leverage && (!qt_int_parse(leverage, &out->leverage) || out->leverage < 0))
        return false;
    return out->symbol && amount.type == '"' &&
           qt__slice_decimal_rounded(&amount, QT_MONEY_SCALE, 0, &out->amount.v, NULL) &&
           read_cost(row, out);
}

bool
qt__bn_decode_wallet(const json_t *account, const char *asset, qt_money *out)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(account, "assets"), i, row)
    {
        const char *name = json_string_value(json_object_get(row, "asset"));
        struct qt__slice wallet = slice_of(row, "walletBalance");
        if (name && strcmp(name, asset) == 0)
            return wallet.type == '"' &&
                   qt__slice_decimal_rounded(&wallet, QT_MONEY_SCALE, -1, &out->v, NULL);
    }
    return false;
}

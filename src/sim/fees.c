/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/sim/fees.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#define PPM_A_BPS 100
#define MOST_PPM 100000 /* 10 % */

/* "-0.5" basis points as 1/100 of them; false: no number, too many digits, or beyond 10 %. */
static bool
parse_bps(const char *text, size_t n, int *out)
{
    int64_t value;
    if (!qt_decimal_parse(text, n, 2, &value) || value > MOST_PPM || value < -MOST_PPM)
        return false;
    *out = (int)value;
    return true;
}

/* One "MAKER/TAKER[@VOLUME]" of n bytes. NULL, or what is wrong with it. */
static const char *
parse_tier(const char *text, size_t n, struct qt_fee_tier *out)
{
    const char *slash = memchr(text, '/', n), *end = text + n;
    const char *at = slash ? memchr(slash, '@', (size_t)(end - slash)) : NULL;
    const char *taker_end = at ? at : end;
    out->volume = QT_MONEY_ZERO;
    if (!slash || !parse_bps(text, (size_t)(slash - text), &out->maker_ppm) ||
        !parse_bps(slash + 1, (size_t)(taker_end - slash - 1), &out->taker_ppm))
        return "is not MAKER/TAKER[@VOLUME] in basis points of two decimals, at most 1000";
    if (at && (!qt_decimal_parse(at + 1, (size_t)(end - at - 1), QT_MONEY_SCALE, &out->volume.v) ||
               out->volume.v <= 0))
        return "has a volume that is no number above 0";
    if (out->taker_ppm < 0)
        return "pays takers";
    return out->maker_ppm < -out->taker_ppm ? "pays makers more than it takes from takers" : NULL;
}

bool
qt_fee_schedule_parse(const char *text, struct qt_fee_schedule *out, struct qt_error *err)
{
    struct qt_fee_schedule read = *out;
    read.n = 0;
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ",");
        if (read.n == QT_FEE_TIERS_MAX)
            return qt_fail(err, QT_E_USAGE, "fees: more than %d tiers", QT_FEE_TIERS_MAX);
        struct qt_fee_tier *tier = &read.tiers[read.n];
        const char *why = parse_tier(p, n, tier);
        if (!why && read.n == 0 && tier->volume.v != 0)
            why = "comes first and must have no volume";
        if (!why && read.n > 0 && qt_money_cmp(tier->volume, tier[-1].volume) <= 0)
            why = "has no greater volume than the one before it";
        if (why)
            return qt_fail(err, QT_E_USAGE, "fees: '%.*s' %s", (int)n, p, why);
        read.n++;
        p += n;
        if (!*p)
            break;
    }
    *out = read;
    return true;
}

/* Days that have begun since the newest entry are empty. */
static void
roll(struct qt_fee_volume *volume, int64_t day)
{
    int64_t passed = QT_MIN(day - volume->day, (int64_t)QT_FEE_DAYS);
    for (int64_t i = 0; i < passed; i++)
        volume->days[(day - i) % QT_FEE_DAYS] = QT_MONEY_ZERO;
    volume->day = QT_MAX(volume->day, day);
}

void
qt_fee_volume_add(struct qt_fee_volume *volume, int64_t now_ns, qt_money quote)
{
    roll(volume, now_ns / QT_NS_PER_DAY);
    qt_money *today = &volume->days[volume->day % QT_FEE_DAYS];
    if (!qt_money_add(*today, quote, today))
        today->v = INT64_MAX;
}

qt_money
qt_fee_volume_sum(const struct qt_fee_volume *volume, int64_t now_ns)
{
    struct qt_fee_volume now = *volume;
    qt_money sum = QT_MONEY_ZERO;
    roll(&now, now_ns / QT_NS_PER_DAY);
    for (int i = 0; i < QT_FEE_DAYS; i++)
        if (!qt_money_add(sum, now.days[i], &sum))
            return (qt_money){INT64_MAX};
    return sum;
}

const struct qt_fee_tier *
qt_fee_tier_of(const struct qt_fee_schedule *schedule, qt_money volume)
{
    size_t i = schedule->n - 1;
    while (i > 0 && qt_money_cmp(volume, schedule->tiers[i].volume) < 0)
        i--;
    return &schedule->tiers[i];
}

bool
qt_fee_in_coin(const struct qt_fee_schedule *schedule, qt_money quote, int ppm, qt_px px,
               int px_scale, qt_money *out)
{
    qt_money value;
    if (ppm <= 0 || !qt_px_is_positive(px))
        return false;
    int64_t parts = (int64_t)ppm * (100 - schedule->discount_pct);
    return qt_money_mul_div_up(quote, parts, INT64_C(100000000), &value) &&
           qt_money_mul_div_up(value, qt_pow10(px_scale), px.v, out);
}

int
qt_fee_highest_ppm(const struct qt_fee_schedule *schedule)
{
    int highest = 0;
    for (size_t i = 0; i < schedule->n; i++)
        highest =
            QT_MAX(highest, QT_MAX(schedule->tiers[i].maker_ppm, schedule->tiers[i].taker_ppm));
    return highest;
}

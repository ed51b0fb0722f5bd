/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a venue asks for a trade: rates of maker and taker, lower ones for those who trade much, a
 * rebate where the maker's is negative, and a discount for who pays in the venue's own coin. Volume
 * is that of the last 30 days, today included, in UTC days and quote money; symbols of other quote
 * assets count as if theirs were worth the same.
 *
 * One thread at a time; a call allocates nothing.
 */
#ifndef QTRADE_SIM_FEES_H
#define QTRADE_SIM_FEES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/fixed.h"
#include "qtrade/market/instrument.h"
#include "qtrade/sim/account.h"

#define QT_FEE_TIERS_MAX 16
#define QT_FEE_DAYS 30

/** Rates from so much volume on; a maker's may be negative: a rebate. In 1/100 bps. */
struct qt_fee_tier {
    qt_money volume;
    int maker_ppm, taker_ppm;
};

/** Zeroed: no fees. */
struct qt_fee_schedule {
    struct qt_fee_tier tiers[QT_FEE_TIERS_MAX]; /* ascending by volume, the first from 0 */
    size_t n;
    char discount_asset[QT_ASSET_SIZE]; /* fees are paid in it while the account has some; "": never
                                         */
    int discount_pct;                   /* so much less then, 0..100 */
};
/**
 * Reads "MAKER/TAKER[@VOLUME],..." in basis points, ascending by volume, the first without one:
 * "10/10,9/10@1000000,-0.5/4@50000000". The maker's may be as low as minus the taker's: a venue
 * pays no more than it takes. False with QT_E_USAGE; *out as it was.
 */
QT_CHECKED bool qt_fee_schedule_parse(const char *text, struct qt_fee_schedule *out,
                                      struct qt_error *err);

/** What an owner has traded, by day. */
struct qt_fee_volume {
    int64_t day; /* of the newest entry, since the epoch */
    qt_money days[QT_FEE_DAYS];
};
void qt_fee_volume_add(struct qt_fee_volume *volume, int64_t now_ns, qt_money quote);
/** The sum of the last 30 days; ends at the greatest number. */
qt_money qt_fee_volume_sum(const struct qt_fee_volume *volume, int64_t now_ns);
/** The tier of that volume; the schedule has one at least. */
const struct qt_fee_tier *qt_fee_tier_of(const struct qt_fee_schedule *schedule, qt_money volume);
/**
 * The fee of quote at ppm in the discount's coin, rounded up, at px of px_scale a coin. False: ppm
 * asks no fee, px is none, or too much.
 */
QT_CHECKED bool qt_fee_in_coin(const struct qt_fee_schedule *schedule, qt_money quote, int ppm,
                               qt_px px, int px_scale, qt_money *out);
/** The highest rate that any tier asks. */
int qt_fee_highest_ppm(const struct qt_fee_schedule *schedule);

#endif

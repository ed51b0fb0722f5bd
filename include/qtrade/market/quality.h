/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quality of market data, event by event: what is impossible or implausible is counted under its
 * name and does not reach a decision. One state a symbol, plain data; the owner of the symbol
 * calls.
 *
 * What is dropped as not believed speaks against the symbol's data; what is skipped does not: a
 * trade that comes twice, or after a later one, is as true as before, and some venues and every
 * reconnect repeat them. A quote that is older by the venue's time is neither: a stream keeps its
 * order, so it is the venue's clock that stepped back, and to drop quotes until it has caught up
 * would be to trade on none.
 *
 * The band of plausible prices is the median of up to 31 accepted prices, a second or more apart,
 * plus and minus outlier_mad times their median absolute deviation (scaled by 1.4826 to a standard
 * deviation), at least outlier_min_pct. A price outside is dropped until outlier_confirm of them in
 * a row lie on the same side: then the market has moved, and the band begins anew there.
 * Source: Hampel, The Influence Curve and Its Role in Robust Estimation, 1974.
 *
 * How to add a check: a row in the enum, one in quality.c's table, its test in check_quote or
 * check_trade; tests/market/test_quality.c judges it.
 */
#ifndef QTRADE_MARKET_QUALITY_H
#define QTRADE_MARKET_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/market/event.h"

enum qt_quality_check {
    QT_QUALITY_EMPTY,   /* a price or quantity that is zero or negative, or a side without price */
    QT_QUALITY_CROSSED, /* bid above ask */
    QT_QUALITY_LOCKED,  /* bid equals ask */
    QT_QUALITY_OUTLIER, /* outside the band */
    QT_QUALITY_BACKWARDS, /* older by the venue's time than the one before of its kind */
    QT_QUALITY_FUTURE,    /* the venue's time lies more than future_ms after ours */
    QT_QUALITY_DUPLICATE, /* a trade whose id is not above the one before: repeated, or late */
    QT_QUALITY_GAP,       /* a trade whose id skips some */
    QT_QUALITY_CHECKS
};

/** What becomes of an event; from SKIP on it reaches no decision. */
enum qt_quality_verdict {
    QT_QUALITY_PASS,
    QT_QUALITY_MARK, /* counted */
    QT_QUALITY_SKIP, /* nothing new: counted, and no sign of bad data */
    QT_QUALITY_DROP  /* not believed: counted, and bad_events of them make the symbol rest */
};

const char *qt_quality_name(enum qt_quality_check check);                   /* "crossed" ... */
const char *qt_quality_title(enum qt_quality_check check);                  /* for people */

struct qt_quality_config {
    double outlier_mad, outlier_min_pct;
    int64_t outlier_confirm, future_ms;
    int64_t bad_events; /* dropped in a minute: the symbol is not entered for a minute */
};
extern const struct qt_config_section qt_quality_section;

#define QT_QUALITY_SAMPLES 31

struct qt_quality {
    /* what a tick touches */
    qt_px low, high;            /* the band; QT_PX_NONE: not known yet */
    int64_t quote_ns, trade_ns; /* the venue's times of the last ones; QT_TIME_NONE: none */
    uint64_t trade_id;
    int64_t sampled_ns;
    int64_t minute_ns;    /* of the count below */
    uint32_t drops;       /* in that minute */
    int64_t bad_until_ns; /* QT_TIME_NONE: it never was */
    uint8_t outliers, n, at;
    bool is_above; /* side of the outliers in a row */
    /* what a sample touches */
    qt_px sample[QT_QUALITY_SAMPLES];   /* a ring */
    int64_t sorted[QT_QUALITY_SAMPLES]; /* the same, n of them */
};

void qt_quality_init(struct qt_quality *quality);
/**
 * Judges a QUOTE or TRADE; the worst verdict of all checks. *out_failed has bit k for check k. An
 * event that is dropped or skipped leaves no trace but in the counts. judges_prices false: no band (a recorded market,
 * whose ticks are far apart).
 */
enum qt_quality_verdict qt_quality_check(struct qt_quality *quality,
                                         const struct qt_quality_config *config,
                                         const struct qt_event *event, bool judges_prices,
                                         uint32_t *out_failed);
/** So many of its events were dropped lately that nothing new should be begun in it. */
static inline bool
qt_quality_is_bad(const struct qt_quality *quality, int64_t now_ns)
{
    return now_ns < quality->bad_until_ns;
}

#endif

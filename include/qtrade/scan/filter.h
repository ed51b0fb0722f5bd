/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stage one: the universe filter. Each exclusion has its name, value and limit.
 */
#ifndef QTRADE_SCAN_FILTER_H
#define QTRADE_SCAN_FILTER_H

#include "qtrade/scan/symbol.h"

/** What the filter judges. */
struct qt_filter_facts {
    const struct qt_scan_live *live;
    enum qt_scan_reason by_name; /* qt_filter_by_name of live->ins */
    uint64_t bars;               /* closed bars fed */
    uint32_t history;            /* bars needed */
    int64_t last_end_ns;         /* end of the last closed bar; 0: none */
    int64_t period_ns;
    double quote_volume_24h;
};

/** The first reason that holds, with its value and limit (0 where the reason has none). QT_SCAN_OK:
 * eligible. */
enum qt_scan_reason qt_filter_judge(const struct qt_scan_config *config,
                                    const struct qt_filter_facts *facts, double *out_value,
                                    double *out_limit);

/** What the instrument's names alone say: QUOTE_ASSET, STABLE, LEVERAGED or OK. The same for as
 * long as it lives. */
enum qt_scan_reason qt_filter_by_name(const struct qt_scan_config *config,
                                      const struct qt_instrument *ins);

/** Is the base asset in the blank-separated list. */
bool qt_filter_is_listed(const char *base, const char *list);
/** A leveraged token: a well-known asset's name with UP, DOWN, BULL, BEAR, 2L..5L or 2S..5S behind
 * it. */
bool qt_filter_is_leveraged(const char *base);

#endif

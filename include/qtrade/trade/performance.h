/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How well it went, from an equity curve and the round trips. Returns are taken on a grid of
 * period_ns that starts at the first point: e is the last point at or before a grid time, r = e /
 * previous e - 1. A year is 365 days, P = 365 days / period. Every definition is the text of its
 * row in qt_performance_rows, which the manual prints.
 *
 * How to add a metric: a field in struct qt_performance, a row in src/trade/performance.c.
 * tests/trade/ test_performance.c and the manual check judge it.
 */
#ifndef QTRADE_TRADE_PERFORMANCE_H
#define QTRADE_TRADE_PERFORMANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/trade/trades.h"

struct qt_equity_point {
    int64_t t_ns;              /* rising */
    qt_money equity, exposure; /* quote, QT_MONEY_SCALE; exposure: sum of |position value| */
};

/** A figure that may be unknown (JSON null), for example the profit factor without a losing trade.
 */
struct qt_metric {
    bool is_known;
    double value;
};

struct qt_performance {
    struct qt_metric total_return, annual_return, volatility, sharpe, sortino, calmar;
    struct qt_metric max_drawdown, max_drawdown_days;
    struct qt_metric trades, hit_rate, profit_factor, expectancy, expectancy_r, average_hours;
    struct qt_metric turnover, exposure, var_95, cvar_95, fees;
};

struct qt_performance_row {
    const char *name;       /* key in documents: "sharpe" */
    const char *title;      /* "Sharpe ratio" */
    const char *unit;       /* "ratio", "days", "USDT" ... */
    const char *definition; /* one sentence for the manual */
    size_t offset;          /* of its qt_metric in struct qt_performance */
};
extern const struct qt_performance_row qt_performance_rows[]; /* name NULL ends it */
const struct qt_metric *qt_performance_at(const struct qt_performance *performance,
                                          const struct qt_performance_row *row);

/** Totals over the round trips that ended. */
struct qt_trades_total {
    uint64_t trades, wins, losses; /* profit > 0, < 0 */
    qt_money profit, won, lost;    /* lost <= 0 */
    qt_money fees;
    qt_money traded;  /* quote of all fills, both sides: turnover */
    bool is_overflow; /* a sum did not fit: figures are not to be trusted */
};

/**
 * Computes all of them. points n >= 0 with rising times, equity > 0; trips may be NULL with 0;
 * total from the same run. period_ns > 0. False: no memory, times not rising, or equity <= 0; err
 * says where. Not for the hot path.
 */
QT_CHECKED bool qt_performance_compute(const struct qt_equity_point *points, size_t n,
                                       int64_t period_ns, const struct qt_round_trip *trips,
                                       size_t n_trips, const struct qt_trades_total *total,
                                       struct qt_performance *out, struct qt_error *err);

#endif

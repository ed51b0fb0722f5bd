/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of "qtrade backtest": one run over recorded data (backtest.c), what it leaves
 * (backtest_log.c), and the report (backtest_report.c, backtest_html.c).
 */
#ifndef QTRADE_CLI_BACKTEST_PRIV_H
#define QTRADE_CLI_BACKTEST_PRIV_H

#include <stdio.h>

#include "qtrade/engine/engine.h"
#include "qtrade/market/reader.h"
#include "qtrade/trade/performance.h"

#include "settings_priv.h"

/** One decision, in the order of their making; hash covers everything but ids of this run. */
struct qt__decided {
    int64_t t_ns;
    uint64_t hash;
};

/** What a run leaves behind; the engine's store port fills it. */
struct qt__backtest_log {
    const struct qt_universe *universe;
    FILE *decisions, *orders, *trades, *equity, *executions; /* of --report; NULL: not written */
    struct qt_equity_point *point;
    size_t points, points_room;
    struct qt_round_trip *trip;
    size_t trips, trips_room;
    struct qt__decided *decided;
    size_t decisions_made, decisions_room;
    struct qt_trades_total total;
    const char *dir; /* of the report; NULL: there is none */
    bool is_full; /* no memory for a row: the result is not whole */
};

/** Opens DIR's CSV files (made when it is not there; borrowed), which are called NAME.part until they are closed; dir NULL:
 * nothing is written. */
QT_CHECKED bool qt__backtest_log_open(struct qt__backtest_log *log, const char *dir,
                                      const struct qt_universe *universe, struct qt_error *err);
/** Closes the files and gives them their names. False: one could not be written; it is gone. */
QT_CHECKED bool qt__backtest_log_close(struct qt__backtest_log *log, struct qt_error *err);
void qt__backtest_log_finish(struct qt__backtest_log *log); /* frees; files that are still open are gone */
struct qt_store_port qt__backtest_log_port(struct qt__backtest_log *log);

/** How a run is made. */
struct qt__backtest_plan {
    const struct qt_settings *settings;
    const char *folder, *report; /* report NULL: none */
    const char *journal;         /* folder of its journal; NULL: none */
    int64_t from_ns, to_ns;      /* QT_TIME_NONE: open */
    uint64_t seed;
    qt_money capital;
    bool is_strict, shows_progress;
    const char *label; /* of the progress bar */
};

/** What a run was. */
struct qt__backtest_result {
    int64_t from_ns, to_ns;
    uint32_t symbols;
    struct qt_reader_report read;
    struct qt_counts counts;
    qt_money initial, final, fees, funding;
    bool has_equity, is_conserved;
    uint32_t open_positions;
    uint64_t decision_hash;
    struct qt_performance performance;
    struct qt_cost_total *cost; /* of each instrument, QT_ALGORITHMS of them */
    struct qt_universe *universe; /* of the log's instruments */
    struct qt__backtest_log log;
    double wall_s;
};

/** Runs once. False: err. The caller ends out with qt__backtest_result_finish either way. */
QT_CHECKED bool qt__backtest(const struct qt__backtest_plan *plan, struct qt__backtest_result *out,
                             struct qt_error *err);
/** The document of design 6; ends with a newline. False: not written. */
QT_CHECKED bool qt__backtest_json(const struct qt__backtest_result *result, FILE *out,
                                  struct qt_error *err);
/** A row of executions.csv: a parent that has ended. */
void qt__backtest_execution_row(struct qt__backtest_log *log, const struct qt_parent *parent);
extern const char qt__backtest_execution_head[];
/** "execution" of the document, with the comma and newline behind it. */
void qt__backtest_execution_json(const struct qt__backtest_result *result, FILE *out);
void qt__backtest_execution_text(const struct qt__backtest_result *result, const char *quote,
                                 FILE *out);
/** Frees what a result holds. */
void qt__backtest_result_finish(struct qt__backtest_result *result);
void qt__backtest_text(const struct qt__backtest_result *result, const char *quote, FILE *out);
/** DIR/report.html: self-contained. */
QT_CHECKED bool qt__backtest_html(const struct qt__backtest_result *result, const char *dir,
                                  const char *title, const char *quote, struct qt_error *err);

#endif

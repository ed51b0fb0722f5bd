/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Readers of recorded market data: folders of SYMBOL-INTERVAL.csv[.gz] klines, trade files, raw book recordings.
 * A malformed row is reported with file, line and reason; strict stops there, otherwise it is counted and skipped.
 */
#ifndef QTRADE_MARKET_READER_H
#define QTRADE_MARKET_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/market/bars.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"

/** What a reader skipped and why; texts of the first few. */
#define QT_READER_NOTES 8
struct qt_reader_report {
    uint64_t rows;       /* data lines read, the refused ones too */
    uint64_t skipped;    /* malformed ones */
    uint64_t duplicates; /* exact repeats of the row before */
    uint64_t gaps;       /* bars or trade ids missing between rows */
    size_t notes;
    char note[QT_READER_NOTES][200]; /* "FILE:LINE: reason" */
};

/** One symbol's recorded bars, oldest first, strictly ascending. */
struct qt_series {
    struct qt_instrument ins; /* scales, tick and lot from the decimals seen; id not set */
    int64_t period_ns;
    size_t n;
    struct qt_bar *bars;
};

/** All files of a folder; sorted by symbol. */
struct qt_dataset {
    size_t n;
    struct qt_series *series;
    struct qt_reader_report report;
};

/** Progress of a long read: files done of all; one call at a time, from any of the reading threads. NULL where nobody
 * looks. */
typedef void (*qt_progress_fn)(void *context, size_t done, size_t of);

/**
 * Reads a folder of klines, from..to (UTC ns, QT_TIME_NONE: open end; bars with from <= open_ns < to). Bars with
 * high < low, open or close outside them, a price <= 0, a negative volume, text, exponents or NaN are malformed.
 * An exact repeat of the row before is a duplicate (counted, skipped); another row at or before its time is
 * malformed. quote_volume is computed as volume x (open+high+low+close)/4 where the file has none. The whole file is
 * judged and decides the scales whatever the window is; a symbol without a bar in the window is left out.
 * Files are read on all cores; what comes of it does not depend on how many there are.
 * False: no folder, no file in it (QT_E_DATA), strict and a malformed row, memory. The caller ends with _finish.
 */
QT_CHECKED bool qt_dataset_load(const char *folder, int64_t from_ns, int64_t to_ns, bool strict,
                                qt_progress_fn progress, void *context, struct qt_dataset *out,
                                struct qt_error *err);
/** One file, same rules, its rows added to *report; no bar in the window is no failure. The caller ends with qt_series_finish. */
QT_CHECKED bool qt_series_load(const char *path, int64_t from_ns, int64_t to_ns, bool strict,
                               struct qt_series *out, struct qt_reader_report *report,
                               struct qt_error *err);
void qt_series_finish(struct qt_series *series);
void qt_dataset_finish(struct qt_dataset *dataset);

static inline void
qt_dataset_auto_finish(struct qt_dataset *dataset)
{
    qt_dataset_finish(dataset);
}

/** Trades as "time_ms,price,qty,is_buyer_maker,trade_id", ids ascending; each row becomes a TRADE event for fn. */
typedef bool (*qt_event_fn)(void *context, const struct qt_event *event); /* false: stop */
QT_CHECKED bool qt_trades_read(const char *path, const struct qt_instrument *ins, bool strict,
                               qt_event_fn fn, void *context, struct qt_reader_report *report,
                               struct qt_error *err);

/** Splits "BTCUSDT" into base and quote by the known quote assets (USDT, USDC, FDUSD, BUSD, TUSD, BTC, ETH, BNB,
 * USD ...). False: none fits. */
bool qt_symbol_split(const char *symbol, char base[QT_ASSET_SIZE], char quote[QT_ASSET_SIZE]);

#endif

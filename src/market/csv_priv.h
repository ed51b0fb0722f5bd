/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the readers of one-line-a-row text share: a row split at its commas in place, plain decimals
 * that keep the decimals they were written with, and notes about rows that were refused.
 */
#ifndef QTRADE_MARKET_CSV_PRIV_H
#define QTRADE_MARKET_CSV_PRIV_H

#include "qtrade/base/file.h"
#include "qtrade/market/reader.h"

#define QT__CSV_COLUMNS 16

/** Commas become NULs; at most QT__CSV_COLUMNS cells. Returns how many (one more where there are
 * too many). */
size_t qt__csv_split(char *line, char **cells);

/** A non-negative plain decimal: digits x 10^-decimals, without trailing zeros behind the point. */
struct qt__decimal {
    int64_t digits;
    int decimals;
};
/** False: not digits with at most one point, or more than int64 holds. */
bool qt__decimal_read(const char *text, struct qt__decimal *out);
/** The decimal that text begins with; what stands behind it. NULL: none, or one of more than 18
 * digits. */
const char *qt__decimal_scan(const char *text, struct qt__decimal *out);
/** At that scale, cut toward zero where it has more decimals. False: overflow. */
bool qt__decimal_at(const struct qt__decimal *d, int scale, int64_t *out);
/** A whole number of milliseconds (0 or more) as ns. False: text, or beyond int64. */
bool qt__csv_time(const char *text, int64_t *out_ns);

/** Where a reader stands and what it does with a bad row. */
struct qt__csv {
    const char *path;
    struct qt_lines *lines;
    bool strict;
    struct qt_reader_report *report;
    struct qt_error *err;
};
/** A row is refused for a reason: strict fails, otherwise it is counted and the first few are
 * noted. Returns !strict. */
bool qt__csv_refuse(struct qt__csv *csv, const char *reason);
/** Finds the named columns in the header line; a required one that is missing fails. at: SIZE_MAX
 * where absent. */
struct qt__csv_column {
    const char *name;
    bool required;
};
bool qt__csv_header(struct qt__csv *csv, const struct qt__csv_column *columns, size_t n, size_t *at,
                    size_t *out_cells);

/** "DIR/BTCUSDT-5m.csv.gz" gives the symbol and the period. False: another kind of name. */
bool qt__series_name(const char *path, char symbol[QT_SYMBOL_SIZE], int64_t *period_ns);

#endif

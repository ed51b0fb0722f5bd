/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The indicator table: one descriptor an indicator, streaming, bounded work per bar whatever the
 * history.
 *
 *     const struct qt_indicator *rsi = qt_indicator_find("rsi");
 *     double params[QT_INDICATOR_PARAMS], out[QT_INDICATOR_OUTPUTS];
 *     qt_indicator_defaults(rsi, params);
 *     void *state = qt_arena_take(arena, rsi->state_size(params), QT_INDICATOR_ALIGN);
 *     rsi->init(state, params);
 *     rsi->update(state, &bar);                              (each closed bar, oldest first)
 *     if (rsi->value(state, out)) ... out[0] ...             (false: warming up)
 *     if (rsi->peek(state, &forming, out)) ...               (as if forming had closed; state
 * untouched)
 *
 * R1: state is one block of plain data without pointers: save, load, clone and compare are memcpy
 * and memcmp over state_size bytes (init zeroes it first; nothing reads what it did not write). R2:
 * the first value appears at bar index lookback(params), bar 0 being the first; from then on
 * always. R3: finite bars in, finite values out: flat prices and zero volume give what TA-Lib
 * gives, never NaN. R4: same bits everywhere: + - * / and sqrt in a fixed order; TA-Lib's order
 * where TA-Lib has the indicator.
 *
 * How to add one: a file in src/indicator ending in "const struct qt_indicator qt_ind_NAME", a line
 * in table.c, a golden column or a naive check. tests/indicator judges every row: lookback, cuts,
 * peek, copies, degenerate bars.
 */
#ifndef QTRADE_INDICATOR_INDICATOR_H
#define QTRADE_INDICATOR_INDICATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"

#define QT_INDICATOR_PARAMS 4
#define QT_INDICATOR_OUTPUTS 3
#define QT_INDICATOR_ALIGN 8
#define QT_INDICATOR_COLUMN 64 /* bytes that hold any column name and its NUL */

/** A bar as statistics see it. Prices > 0 with high >= low, volume >= 0, all finite. */
struct qt_ohlcv {
    int64_t open_ns; /* UTC epoch; only session indicators look at it */
    double open, high, low, close, volume;
};

/** A fixed-point bar as doubles, with the scales of its instrument. */
struct qt_ohlcv qt_ohlcv_of(const struct qt_bar *bar, int px_scale, int qty_scale);

enum qt_family {
    QT_FAMILY_AVERAGE,
    QT_FAMILY_MOMENTUM,
    QT_FAMILY_VOLUME,
    QT_FAMILY_VOLATILITY,
    QT_FAMILY_BAND,
    QT_FAMILY_TREND,
    QT_FAMILIES
};

const char *qt_family_name(enum qt_family family); /* "momentum" ... */

/** What of a bar an indicator reads. */
enum qt_indicator_input {
    QT_IN_OPEN = 1,
    QT_IN_HIGH = 2,
    QT_IN_LOW = 4,
    QT_IN_CLOSE = 8,
    QT_IN_VOLUME = 16,
    QT_IN_TIME = 32
};

/** One parameter: a whole number unless is_real. */
struct qt_indicator_param {
    const char *name;
    double preset, min, max;
    bool is_real;
};

/**
 * One indicator. params always has QT_INDICATOR_PARAMS slots, the first as the params rows say,
 * already checked by qt_indicator_check; out has QT_INDICATOR_OUTPUTS slots and is written only
 * when the answer is true.
 */
struct qt_indicator {
    const char *name, *title;
    enum qt_family family;
    unsigned inputs;                               /* QT_IN_ bits */
    const char *outputs[QT_INDICATOR_OUTPUTS + 1]; /* NULL ends; "value" has no suffix in columns */
    struct qt_indicator_param params[QT_INDICATOR_PARAMS]; /* name NULL ends */
    const char *convention, *source;
    size_t (*lookback)(const double *params);   /* index of the first bar with a value */
    size_t (*state_size)(const double *params); /* bytes, a multiple of QT_INDICATOR_ALIGN */
    void (*init)(void *state, const double *params);
    void (*update)(void *state, const struct qt_ohlcv *bar); /* a closed bar */
    bool (*value)(const void *state, double *out);           /* false: warming up */
    bool (*peek)(const void *state, const struct qt_ohlcv *forming, double *out);
    /**
     * Whether a state that came from outside (a file) can be one of params: then update, value and
     * peek touch nothing beyond it, and every number in it is finite. NULL: such a state is not
     * taken back.
     */
    bool (*is_sound)(const void *state, const double *params);
};

/**
 * All indicators, sorted by name, NULL ends. A name stands twice only where its forms differ in the
 * number of parameters (stochrsi_14_14_3 is TA-Lib's, stochrsi_14_14_3_3 TradingView's); then the
 * shorter is first.
 */
extern const struct qt_indicator *const qt_indicators[];

/** The indicator of that name (its first form), or NULL. */
const struct qt_indicator *qt_indicator_find(const char *name);

/** How many parameters and outputs the row names. */
unsigned qt_indicator_param_count(const struct qt_indicator *ind);
unsigned qt_indicator_output_count(const struct qt_indicator *ind);

/** The presets of its rows into params (QT_INDICATOR_PARAMS slots, the rest 0). */
void qt_indicator_defaults(const struct qt_indicator *ind, double *params);

/** False with QT_E_USAGE when a parameter is out of its range or not whole where it must be. */
QT_CHECKED bool qt_indicator_check(const struct qt_indicator *ind, const double *params,
                                   struct qt_error *err);

/** Column name of one output: "rsi_14", "macd_12_26_9_signal", into QT_INDICATOR_COLUMN bytes.
 * Returns out. */
char *qt_indicator_column(const struct qt_indicator *ind, const double *params, unsigned output,
                          char *out);

/** An indicator with its parameters: what a column name means. */
struct qt_indicator_spec {
    const struct qt_indicator *indicator;
    double params[QT_INDICATOR_PARAMS];
    int output; /* index into outputs; -1: all of them */
};

/**
 * Reads "rsi", "ema_50", "bbands_20_2.5" or "macd_12_26_9_signal": a name, then all of its
 * parameters or none (presets), then an output or none (all). False with QT_E_USAGE: no such
 * indicator, parameter or output.
 */
QT_CHECKED bool qt_indicator_spec_parse(const char *text, struct qt_indicator_spec *out,
                                        struct qt_error *err);

#endif

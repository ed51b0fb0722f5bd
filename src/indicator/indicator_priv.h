/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernels share: the head of every state, windows and moving averages that can be asked
 * "what if".
 *
 * A state is one block:   [ struct of the indicator: head first, then scalars ][ tape: doubles, the
 * windows ]
 *
 * Each indicator is one step function over its struct and its tape. update steps the block itself;
 * peek steps a copy of the struct on the stack over a tape that cannot be written, so it costs a
 * step and never a window. K1: a step reads a window's old values before it pushes, and never reads
 * back what it pushed in the same step. K2: offsets, never pointers, and 8-byte members only: no
 * padding, so memcmp compares (R1 of the header).
 */
#ifndef QTRADE_INDICATOR_PRIV_H
#define QTRADE_INDICATOR_PRIV_H

#include "qtrade/indicator/indicator.h"

struct qt__head {
    uint64_t bars, lookback;
    double out[QT_INDICATOR_OUTPUTS];
};

/** The doubles behind the struct; write is NULL while peeking. */
struct qt__tape {
    const double *read;
    double *write;
};

typedef void (*qt__step_fn)(void *core, struct qt__tape tape, const struct qt_ohlcv *bar);

#define QT__CORE_MAX 512 /* bytes of the largest struct before a tape; checked by qt__peek */

/** Zeroes size bytes of a state and sets its head. */
void qt__state_start(void *state, size_t size, size_t lookback);
void qt__update(void *state, size_t core_size, qt__step_fn step, const struct qt_ohlcv *bar);
bool qt__peek(const void *state, size_t core_size, qt__step_fn step, const struct qt_ohlcv *bar,
              double *out);
bool qt__value(const void *state, double *out); /* any state: its head is first */

/* What is_sound asks of a state (R1 of the header: it may come from a file). */

#define QT__COUNT_MAX (UINT64_C(1) << 40) /* bars and values pushed: never more */
/** Finite and not so large that a step could overflow: below 1e30 in size. */
bool qt__is_tame(double x);
/** The head of a state whose first value comes after lookback bars. */
bool qt__head_is_sound(const void *state, size_t lookback);

/** TA-Lib's zero test: |x| < 1e-14, absolute. */
bool qt__is_zero(double x);
double qt__typical(const struct qt_ohlcv *bar); /* (high + low + close) / 3 */
/** Greatest of high - low and the distances of both to the close before. */
double qt__true_range(const struct qt_ohlcv *bar, double previous_close);

/* --- windows: window.c. at is the first of their doubles on the tape; _init takes them and moves
 * *at on --- */

/** The last n values pushed. */
struct qt__ring {
    uint64_t at, n, next, count;
};
void qt__ring_init(struct qt__ring *ring, size_t n, size_t *at);
double qt__ring_ago(const struct qt__ring *ring, struct qt__tape tape,
                    size_t ago); /* 1..n: 1 is the latest */
void qt__ring_push(struct qt__ring *ring, struct qt__tape tape, double x);
/** As qt__ring_init(n, *at) and pushes leave it, its values tame; moves *at on. */
bool qt__ring_is_sound(const struct qt__ring *ring, const double *tape, size_t n, size_t *at);

/** Largest (or smallest) of the last n values: a deque of falling candidates, each (index, value).
 */
struct qt__extreme {
    uint64_t at, n, first, size, count;
    double sign; /* 1: largest, -1: smallest */
};
#define QT__EXTREME_DOUBLES 2 /* per value of the window */
void qt__extreme_init(struct qt__extreme *extreme, size_t n, double sign, size_t *at);
double qt__extreme_push(struct qt__extreme *extreme, struct qt__tape tape, double x);

/**
 * Sum of the last n values without a subtraction, so a huge value leaves nothing behind: sums of
 * the tails of the block of n before, plus the running sum of the block now being filled over it.
 */
struct qt__sum {
    uint64_t at, n, next;
    double running;
};
void qt__sum_init(struct qt__sum *sum, size_t n, size_t *at);
double qt__sum_push(struct qt__sum *sum, struct qt__tape tape, double x);

/* --- moving averages: average.c. push: true with a value in *out once there are enough --- */

/** Simple: TA-Lib's rolling total. */
struct qt__sma {
    struct qt__ring ring;
    double total;
};
void qt__sma_init(struct qt__sma *sma, size_t n, size_t *at);
bool qt__sma_push(struct qt__sma *sma, struct qt__tape tape, double x, double *out);

/** Exponential: seeded by the mean of the first n, then k = 2 / (n + 1). */
struct qt__ema {
    uint64_t n, count;
    double k, value;
};
void qt__ema_init(struct qt__ema *ema, size_t n);
bool qt__ema_push(struct qt__ema *ema, double x, double *out); /* (x - e) k + e */
bool qt__ema_is_sound(const struct qt__ema *ema, size_t n);
/** The same in the form k x + (1 - k) e, which TA-Lib's T3 rounds by. */
bool qt__ema_push_weighted(struct qt__ema *ema, double x, double *out);

/** Wilder's: seeded by the mean of the first n, then (e (n - 1) + x) / n. */
struct qt__wilder {
    uint64_t n, count;
    double value;
};
void qt__wilder_init(struct qt__wilder *wilder, size_t n);
bool qt__wilder_push(struct qt__wilder *wilder, double x, double *out);

/* --- kernels that several rows use --- */

/** RSI of a series: rsi.c. */
struct qt__rsi {
    uint64_t n, count;
    double previous, gain, loss;
};
void qt__rsi_init(struct qt__rsi *rsi, size_t n);
bool qt__rsi_push(struct qt__rsi *rsi, double x, double *out);

/** Raw %K, 100 (close - lowest) / (highest - lowest) over n bars, 0 where they are equal: stoch.c.
 */
struct qt__fastk {
    struct qt__extreme highest, lowest;
};
void qt__fastk_init(struct qt__fastk *fastk, size_t n, size_t *at);
bool qt__fastk_push(struct qt__fastk *fastk, struct qt__tape tape, double high, double low,
                    double close, double *out);

/** What a bar adds to the accumulation/distribution line: ((close-low)-(high-close))/(high-low) x
 * volume: ad.c. */
double qt__money_flow(const struct qt_ohlcv *bar);

/** Wilder's average true range; with_first: TR[0] = high - low counts (SuperTrend), else from bar
 * 1: atr.c. */
struct qt__atr {
    struct qt__wilder wilder;
    double previous_close;
    uint64_t bars, with_first;
};
void qt__atr_init(struct qt__atr *atr, size_t n, bool with_first);
bool qt__atr_push(struct qt__atr *atr, const struct qt_ohlcv *bar, double *out);
bool qt__atr_is_sound(const struct qt__atr *atr, size_t n, bool with_first);

/* --- the rows --- */

extern const struct qt_indicator qt_ind_ad;
extern const struct qt_indicator qt_ind_adosc;
extern const struct qt_indicator qt_ind_adx;
extern const struct qt_indicator qt_ind_atr;
extern const struct qt_indicator qt_ind_bbands;
extern const struct qt_indicator qt_ind_cci;
extern const struct qt_indicator qt_ind_cmf;
extern const struct qt_indicator qt_ind_dema;
extern const struct qt_indicator qt_ind_donchian;
extern const struct qt_indicator qt_ind_dx;
extern const struct qt_indicator qt_ind_ema;
extern const struct qt_indicator qt_ind_kama;
extern const struct qt_indicator qt_ind_keltner;
extern const struct qt_indicator qt_ind_macd;
extern const struct qt_indicator qt_ind_mfi;
extern const struct qt_indicator qt_ind_minus_di;
extern const struct qt_indicator qt_ind_mom;
extern const struct qt_indicator qt_ind_natr;
extern const struct qt_indicator qt_ind_obv;
extern const struct qt_indicator qt_ind_plus_di;
extern const struct qt_indicator qt_ind_ppo;
extern const struct qt_indicator qt_ind_ppo_sma;
extern const struct qt_indicator qt_ind_roc;
extern const struct qt_indicator qt_ind_rsi;
extern const struct qt_indicator qt_ind_sar;
extern const struct qt_indicator qt_ind_sma;
extern const struct qt_indicator qt_ind_stoch;
extern const struct qt_indicator qt_ind_stochrsi;
extern const struct qt_indicator qt_ind_stochrsi_smooth;
extern const struct qt_indicator qt_ind_supertrend;
extern const struct qt_indicator qt_ind_t3;
extern const struct qt_indicator qt_ind_tema;
extern const struct qt_indicator qt_ind_trange;
extern const struct qt_indicator qt_ind_vwap;
extern const struct qt_indicator qt_ind_vwap_session_utc;
extern const struct qt_indicator qt_ind_willr;
extern const struct qt_indicator qt_ind_wma;

#endif

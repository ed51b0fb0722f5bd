/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the sources share: the vtable, and the price and liquidity of each symbol from which its
 * ladder is made.
 */
#ifndef QTRADE_SIM_SOURCE_PRIV_H
#define QTRADE_SIM_SOURCE_PRIV_H

#include "qtrade/sim/source.h"

/** What the ladder around a symbol is made from. */
struct qt__quoted {
    uint64_t key;     /* of the symbol's name: noise does not depend on who else is there */
    qt_px px;         /* of the last tick; QT_PX_NONE: none yet */
    bool is_sell;     /* the last aggressor sold: px is the bid */
    double liquidity; /* quote volume of a day, trailing */
    uint64_t ticks;   /* so far: the ladder's quantities vary with it */
};

struct qt__source_ops {
    void (*destroy)(struct qt_source *source); /* what the kind owns; not the base */
    void (*history)(struct qt_source *source,
                    void (*fn)(void *context, uint32_t instrument, const struct qt_bar *bar),
                    void *context);
    int64_t (*peek)(struct qt_source *source);
    bool (*next)(struct qt_source *source, struct qt_source_tick *out);
    bool (*climate)(const struct qt_source *source, struct qt_climate *out); /* NULL: unknown */
    const struct qt_bar *(*ended_bar)(const struct qt_source *source,
                                      uint32_t instrument); /* NULL: has no bars */
    double (*progress)(const struct qt_source *source);     /* NULL: has no end */
};

/** The base of every source; its kind's own struct begins with it. */
struct qt_source {
    const struct qt__source_ops *ops;
    const struct qt_universe *universe;
    int64_t start_ns;
    uint64_t seed;
    uint32_t first, n;         /* its instruments: ids first .. first + n - 1 */
    struct qt__quoted *quoted; /* n */
};

/** Room for n instruments that begin at first. False: no memory. */
QT_CHECKED bool qt__source_init(struct qt_source *source, const struct qt__source_ops *ops,
                                const struct qt_universe *universe, uint32_t n, uint64_t seed);
/** The largest order, worth nine million quote at px, as Binance's notional filter has it. */
qt_qty qt__max_qty(const struct qt_instrument *ins, qt_px px);
/** 64 well-mixed bits of two numbers: jitter that needs no state. */
uint64_t qt__mix(uint64_t a, uint64_t b);

#endif

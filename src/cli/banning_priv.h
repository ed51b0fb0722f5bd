/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Until when each venue wants no request, over a restart (fault O10): the store gives what the last
 * run was told to the venue that opens, and keeps what this one is told. One row a venue of the
 * config, so that the ban of one is not another's.
 */
#ifndef QTRADE_CLI_BANNING_PRIV_H
#define QTRADE_CLI_BANNING_PRIV_H

#include "qtrade/base/clock.h"
#include "qtrade/base/log.h"
#include "qtrade/store/store.h"
#include "qtrade/venue/binance.h"

struct qt__banning;

struct qt__banning_row {
    const struct qt__banning *all;
    unsigned venue;
};

/** Stays where it is as long as a venue that took from it is open. Zeroed: nothing is kept. */
struct qt__banning {
    struct qt_store *store; /* NULL: nothing is kept */
    struct qt_log *log;
    const struct qt_clock *clock;
    struct qt__banning_row row[QT_STORE_VENUES];
};

/** Borrows all of them. store may be NULL. */
void qt__banning_init(struct qt__banning *banning, struct qt_store *store, struct qt_log *log,
                      const struct qt_clock *clock);
/** What a venue that is to be opened takes along (0: the first of the config, 1: venue_2 ...);
 * before qt_store_start. False: the store cannot be read. */
QT_CHECKED bool qt__banning_take(struct qt__banning *banning, unsigned venue,
                                 struct qt_binance_options *options, struct qt_error *err);

#endif

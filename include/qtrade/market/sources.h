/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two streams of one symbol, and which of them is followed. A venue gives the same market at
 * several addresses; the primary (0) and its backup (1) are both read all the time. Every event of
 * both passes here, at the symbol's owner; time is event time only, so the same events make the
 * same choice. One state a symbol, plain data.
 *
 * What a stream is found guilty of:
 *
 * - silent: what the other one has told it has not told for stale_ms (by the venue's ids where
 * there are any), or it told it so late the last time
 * - broken: its last quote is crossed or lacks a side
 * - gaps: of the last trades it lacks gap_pct more than the other one (ids skipped)
 * - apart: the mids lie disagree_bps or more apart (the median of samples), and the trades side
 * with the other one; nobody is left for it within return_s of a change
 *
 * S1: the followed stream is left at once when it is guilty and the other one is not; else it is
 * kept, whatever it does: with both bad, ageing prices keep decisions away.
 *
 * S2: the primary is taken back when it has been innocent for return_s, and has spoken in it.
 *
 * S3: at a change the new stream's latest quote takes the old one's place in one step. A quote
 * older by the venue's id than the last one passed does not pass, for return_s after a change at
 * most (a venue may begin its ids anew).
 *
 * S4: prices come from the followed stream only, a trade's when it is newer than every one whose
 * price has passed. Volume comes from both: each trade id counts when it is first seen on a stream
 * that is not broken or apart, within the last 256 ids.
 *
 * S5: of closed bars the first wins, whichever stream it came over; a second one is compared.
 *
 * How to add a fault: a row in the enum, its name in sources.c, its test in fault_of;
 * tests/market/test_sources.c judges it.
 */
#ifndef QTRADE_MARKET_SOURCES_H
#define QTRADE_MARKET_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/market/event.h"

#define QT_SOURCES_MAX 2      /* events of a higher one count as the last */
#define QT_SOURCES_SAMPLES 9  /* of agreement */
#define QT_SOURCES_WINDOW 256 /* trade ids that are remembered */

struct qt_sources_config {
    int64_t stale_ms;    /* event time */
    double disagree_bps; /* of the mid */
    double gap_pct;      /* of the trades */
    int64_t return_s;    /* event time */
};
extern const struct qt_config_section qt_sources_section;

enum qt_sources_fault {
    QT_SOURCES_GOOD,
    QT_SOURCES_SILENT,
    QT_SOURCES_BROKEN,
    QT_SOURCES_GAPS,
    QT_SOURCES_APART,
    QT_SOURCES_FAULTS
};
const char *qt_sources_fault_name(enum qt_sources_fault fault); /* "silent" ... */
const char *qt_sources_name(unsigned source);                   /* "primary", "backup" */

/** What becomes of an event, as bits; none: it changed statistics only. */
enum qt_sources_use {
    QT_SOURCES_PRICE = 1,   /* its price counts: quotes, stops, marks; a bar counts as a whole */
    QT_SOURCES_VOLUME = 2,  /* a trade or bar that is seen for the first time */
    QT_SOURCES_CHANGED = 4, /* another stream is followed from here on: qt_sources_step */
};

/** What is known of one stream. */
struct qt_sources_one {
    struct qt_quote quote; /* the latest; bid and ask QT_PX_NONE before */
    int64_t quote_ns, quote_venue_ns;
    int64_t data_ns; /* engine time of its last quote or trade; QT_TIME_NONE: it never spoke */
    /* for quotes, for trades: */
    uint64_t last[2]; /* its last id; 0: none, or not comparable */
    uint64_t want[2]; /* the id that it lacks; meaningful while behind_ns is set */
    int64_t
        behind_ns[2];  /* since when it lacks what the other has told; QT_TIME_NONE: it does not */
    int64_t lag_ns[2]; /* how long that lasted the last time; 0 when it was first */
    int64_t good_ns;   /* innocent since; QT_TIME_NONE: it is not, or has not spoken since */
    int64_t faded_ns;  /* the counts below were halved */
    uint32_t seen, missing, holes; /* trades lately, and holes between them */
    bool has_quote, has_passed;    /* has_passed: its latest quote did */
};

struct qt_sources {
    uint8_t followed; /* 0: the primary */
    uint8_t fault;    /* enum qt_sources_fault: why it is not the primary; GOOD when it is */
    int8_t votes;     /* of trades while apart: above 0 for the primary, below for the backup */
    uint8_t n_apart, at_apart;
    int64_t changed_ns; /* QT_TIME_NONE: never */
    uint64_t quote_id;  /* of the last quote passed */
    /* trades */
    uint64_t top, priced;                    /* highest id seen; highest whose price has passed */
    int64_t top_ns;                          /* the venue's time of the highest one */
    uint64_t window[QT_SOURCES_WINDOW / 64]; /* bit k: id top - k was seen */
    /* agreement */
    int64_t sampled_ns;
    float apart[QT_SOURCES_SAMPLES]; /* bps, a ring */
    float apart_bps;                 /* their median; 0 while there are few */
    struct qt_bar bar;               /* the last one that won */
    uint32_t failovers, returns, bars_unequal;
    struct qt_sources_one of[QT_SOURCES_MAX];
};

void qt_sources_init(struct qt_sources *sources);
/**
 * Takes a QUOTE, TRADE or BAR of either stream, by its bits of flags; any other event, and bars of
 * HISTORY, are used whole. Times of events must not go back. Returns bits of enum qt_sources_use.
 */
unsigned qt_sources_take(struct qt_sources *sources, const struct qt_sources_config *config,
                         const struct qt_event *event);
/** Time has come to now_ns without an event. True: another stream is followed from here on. */
bool qt_sources_look(struct qt_sources *sources, const struct qt_sources_config *config,
                     int64_t now_ns);
/**
 * After a change: the followed stream's latest quote as an event (no number, no instrument; times
 * as it came), to be used before the event that brought the change. False: it has passed already,
 * or must not pass (S3).
 */
bool qt_sources_step(struct qt_sources *sources, const struct qt_sources_config *config,
                     int64_t now_ns, struct qt_event *out);
/** What is wrong with a stream at now_ns; a stream that never spoke is SILENT. */
enum qt_sources_fault qt_sources_fault(const struct qt_sources *sources,
                                       const struct qt_sources_config *config, unsigned source,
                                       int64_t now_ns);

#endif

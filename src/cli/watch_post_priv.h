/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A post of the watchman: one venue, watched by a thread of its own with a session of its own, so
 * that a venue that does not answer keeps nobody else from being cancelled and sold out. What the
 * engine says is put into its box; how it stands is read from there.
 *
 * P1: a venue that cannot be reached is tried again for ever, and acted on when it can, by what the
 * engine said last. P2: of the venue's symbols only those are looked at that the engine may hold:
 * an asset of another one is nobody's business here.
 */
#ifndef QTRADE_CLI_WATCH_POST_PRIV_H
#define QTRADE_CLI_WATCH_POST_PRIV_H

#include "qtrade/engine/watchman.h"
#include "qtrade/venue/config.h"

#include "settings_priv.h"

struct qt__post_options {
    unsigned index;                           /* qt__routing_name(index) */
    struct qt_settings *settings;             /* as if the venue were the only one; it takes them */
    struct qt_venue_credentials *credentials; /* of sodium_malloc; it takes and wipes them */
    bool is_verbose;
};

struct qt__post_view {
    bool is_open;               /* it has a session: rules and account were read once */
    bool is_connected;          /* requests are answered */
    bool has_failed;            /* for good; failure says why */
    bool is_at_rest;            /* it has taken what the engine said last */
    struct qt_watch_view watch; /* zeroed while it is not open */
};

struct qt__post;
/** Starts the thread. NULL: err; what it takes is freed then too. */
struct qt__post *qt__post_start(const struct qt__post_options *options, struct qt_error *err);
/** Ends it, as soon as an attempt to open the venue is over; nothing is done there. NULL is fine.
 */
void qt__post_stop(struct qt__post *post);
const char *qt__post_name(const struct qt__post *post);
/** The engine spoke at that monotonic time; symbols: all that it may hold, NULL: not known. */
void qt__post_heard(struct qt__post *post, const struct qt_guard *guard, const char *symbols,
                    int64_t at_ns);
/** The engine ended in order. */
void qt__post_ended(struct qt__post *post);
void qt__post_look(struct qt__post *post, struct qt__post_view *out);
/** True once after the engine was heard again: it had acted, and *out says what it did. */
bool qt__post_handed_back(struct qt__post *post, struct qt_watch_view *out);
/** Why it has failed. */
void qt__post_failure(struct qt__post *post, struct qt_error *err);

/** A line with its time for people and the service manager's log. Any thread. */
void qt__watch_say(const char *format, ...) QT_PRINTF(1, 2);

#endif

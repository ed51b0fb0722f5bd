/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The faults of one exchange at work. Its choices come from a generator of its own, so that the
 * market is the same with and without them; its times are of the wall clock, as those of a network.
 */
#ifndef QTRADE_VENUE_EXCHANGE_FAULTS_PRIV_H
#define QTRADE_VENUE_EXCHANGE_FAULTS_PRIV_H

#include "qtrade/base/rng.h"
#include "qtrade/net/server.h"
#include "qtrade/venue/exchange.h"
#include "qtrade/venue/fault.h"

#include "call_priv.h"

struct qt__exchange;
struct qt__session;
struct qt__subscription;
struct qt__kept_answer;

struct qt__faults {
    struct qt_fault rows[QT_FAULTS_MAX];
    size_t n;
    int64_t due_ns[QT_FAULTS_MAX]; /* when each that has a time acts next; INT64_MAX: never */
    bool is_on[QT_FAULTS_MAX];     /* HALT: now */
    struct qt_rng rng;
    struct qt_latency_model latency;
    int64_t storm_until_ns; /* monotonic */
    int64_t skew_ns;
    bool is_revoked, is_rotated;  /* the API key */
    bool awaits_rights;           /* RIGHTS: they are not the key's yet */
    struct qt__kept_answer *kept; /* answers that come later or never */
    uint64_t counts[QT_FAULT_KINDS];
};

/** False: too many, or a symbol that is not there. */
QT_CHECKED bool qt__faults_init(struct qt__exchange *exchange,
                                const struct qt_exchange_server_options *options,
                                struct qt_error *err);
/** Before the server stops. */
void qt__faults_finish(struct qt__exchange *exchange);
/** What has its time: cuts, silence, storms, halts, skew, keys. */
void qt__faults_turn(struct qt__exchange *exchange);
/** Whether the call's key is refused; counts it when it is. */
bool qt__faults_revoke(struct qt__exchange *exchange, const struct qt__call *call);
/** Does it happen now? Counts it when it does. */
bool qt__faults_strike(struct qt__exchange *exchange, enum qt_fault_kind kind);

struct qt__rest_head;

/** A request comes in, or was carried out; false: its fault stands in call, and how long a storm
 * lasts. */
QT_CHECKED bool qt__faults_before(struct qt__exchange *exchange, struct qt__call *call);
QT_CHECKED bool qt__faults_after(struct qt__exchange *exchange, struct qt__call *call);
/** The answer in exchange->out to a REST request comes later or never: true, it has responder. */
bool qt__faults_keep_rest(struct qt__exchange *exchange, const struct qt__call *call,
                          struct qt_responder *responder, const struct qt__rest_head *head);
/** The same of a WebSocket API answer. */
bool qt__faults_keep_api(struct qt__session *session, const struct qt__call *call, const char *text,
                         size_t length);
/** The session ends: what was kept for it is void. */
void qt__faults_forget(struct qt__session *session);
/** One message to one subscriber, or what becomes of it. */
void qt__faults_deliver(struct qt__exchange *exchange, struct qt__subscription *subscription,
                        struct qt_blob *blob);

#endif

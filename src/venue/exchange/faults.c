/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each fault does. They act here and nowhere else: the adapter and the engine cannot tell them
 * from the real thing.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "exchange_priv.h"

#define RNG_SALT UINT64_C(0x6661756c74730000) /* the market's seed gives other numbers here */
#define LOST_MS 60000 /* then the connection of a request that is never answered is closed */

/* An answer that comes later; text NULL: never. */
struct qt__kept_answer {
    struct qt__kept_answer *next;
    struct qt__exchange *exchange;
    struct qt_timer timer;
    struct qt_responder *responder; /* REST */
    struct qt__session *session;    /* WebSocket API; NULL: it has gone */
    struct qt__rest_head head;
    size_t length;
    char *text;
};

static bool
is_timed(enum qt_fault_kind kind)
{
    return kind == QT_FAULT_CUT || kind == QT_FAULT_HALF_OPEN || kind == QT_FAULT_STORM ||
           kind == QT_FAULT_HALT || kind == QT_FAULT_SKEW || kind == QT_FAULT_REVOKE ||
           kind == QT_FAULT_ROTATE || kind == QT_FAULT_RIGHTS;
}

bool
qt__faults_init(struct qt__exchange *exchange, const struct qt_exchange_server_options *options,
                struct qt_error *err)
{
    struct qt__faults *faults = &exchange->faults;
    int64_t now = qt_now_mono_ns();
    if (options->n_faults > QT_FAULTS_MAX)
        return qt_fail(err, QT_E_USAGE, "%zu faults: there may be %d", options->n_faults,
                       QT_FAULTS_MAX);
    faults->latency = options->latency;
    qt_rng_init(&faults->rng, options->seed ^ RNG_SALT);
    for (size_t i = 0; i < options->n_faults; i++) {
        const struct qt_fault *row = &options->faults[i];
        if (row->kind == QT_FAULT_HALT && strcmp(row->what, "all") != 0 && !exchange->usdm &&
            qt__exchange_find(exchange, row->what, strlen(row->what)) == QT_NO_INSTRUMENT)
            return qt_fail(err, QT_E_USAGE, "fault halt: there is no symbol '%s' in this market",
                           row->what);
        faults->rows[i] = *row;
        faults->awaits_rights |= row->kind == QT_FAULT_RIGHTS;
        faults->due_ns[i] =
            is_timed(row->kind) ? now + (row->every_ns ? row->every_ns : row->start_ns) : INT64_MAX;
    }
    faults->n = options->n_faults;
    return true;
}

/* The share that befalls, or NULL. */
static const struct qt_fault *
roll(struct qt__faults *faults, enum qt_fault_kind kind)
{
    for (size_t i = 0; i < faults->n; i++)
        if (faults->rows[i].kind == kind && qt_rng_uniform(&faults->rng) < faults->rows[i].share)
            return &faults->rows[i];
    return NULL;
}

bool
qt__faults_strike(struct qt__exchange *exchange, enum qt_fault_kind kind)
{
    bool strikes = roll(&exchange->faults, kind) != NULL;
    exchange->faults.counts[kind] += strikes;
    return strikes;
}

bool
qt__faults_revoke(struct qt__exchange *exchange, const struct qt__call *call)
{
    struct qt__faults *faults = &exchange->faults;
    bool is_former =
        faults->is_rotated && call->key && strcmp(call->key, exchange->info.key) == 0;
    faults->counts[QT_FAULT_REVOKE] += faults->is_revoked;
    faults->counts[QT_FAULT_ROTATE] += is_former;
    return faults->is_revoked || is_former;
}

/* Faults that have their time */

static struct qt__session *
pick_session(struct qt__exchange *exchange)
{
    uint64_t n = 0;
    for (struct qt__session *session = exchange->sessions; session; session = session->next)
        n++;
    if (n == 0)
        return NULL;
    struct qt__session *session = exchange->sessions;
    for (uint64_t k = qt_rng_below(&exchange->faults.rng, n); k > 0; k--)
        session = session->next;
    return session;
}

static void
cut(struct qt__exchange *exchange, const struct qt_fault *row)
{
    struct qt__session *picked = row->is_all ? NULL : pick_session(exchange);
    for (struct qt__session *session = exchange->sessions; session; session = session->next) {
        if (!row->is_all && session != picked)
            continue;
        qt_peer_cut(session->peer);
        exchange->faults.counts[QT_FAULT_CUT]++;
    }
}

static void
fall_silent(struct qt__exchange *exchange)
{
    struct qt__session *session = pick_session(exchange);
    if (!session)
        return;
    qt_peer_freeze(session->peer);
    exchange->faults.counts[QT_FAULT_HALF_OPEN]++;
}

static void
halt(struct qt__exchange *exchange, const struct qt_fault *row, bool is_halted)
{
    bool is_all = strcmp(row->what, "all") == 0;
    uint32_t only =
        is_all ? QT_NO_INSTRUMENT : qt__exchange_find(exchange, row->what, strlen(row->what));
    for (uint32_t i = 0; i < exchange->n_symbols; i++)
        if (is_all || i == only)
            qt__exchange_halt(exchange, i, is_halted);
}

static void
rotate(struct qt__exchange *exchange)
{
    exchange->faults.is_rotated = true;
    exchange->keys.key = exchange->info.next_key;
    exchange->keys.secret = exchange->info.next_secret;
}

/* Row i acts; its next time is set. */
static void
act(struct qt__exchange *exchange, size_t i, int64_t now_ns)
{
    struct qt__faults *faults = &exchange->faults;
    const struct qt_fault *row = &faults->rows[i];
    faults->due_ns[i] = row->every_ns ? now_ns + row->every_ns : INT64_MAX;
    if (row->kind == QT_FAULT_CUT)
        cut(exchange, row);
    else if (row->kind == QT_FAULT_HALF_OPEN)
        fall_silent(exchange);
    else if (row->kind == QT_FAULT_STORM)
        faults->storm_until_ns = now_ns + row->time_ns;
    else if (row->kind == QT_FAULT_SKEW) {
        faults->skew_ns = row->time_ns;
        faults->counts[QT_FAULT_SKEW]++;
    } else if (row->kind == QT_FAULT_REVOKE) {
        faults->is_revoked = true;
    } else if (row->kind == QT_FAULT_ROTATE) {
        rotate(exchange);
    } else if (row->kind == QT_FAULT_RIGHTS) {
        faults->awaits_rights = false;
        faults->counts[QT_FAULT_RIGHTS]++;
    } else if (row->kind == QT_FAULT_HALT) {
        faults->is_on[i] = !faults->is_on[i];
        faults->counts[QT_FAULT_HALT] += faults->is_on[i];
        halt(exchange, row, faults->is_on[i]);
        faults->due_ns[i] = faults->is_on[i] ? now_ns + row->time_ns : INT64_MAX;
    }
}

void
qt__faults_turn(struct qt__exchange *exchange)
{
    int64_t now = exchange->faults.n > 0 ? qt_now_mono_ns() : 0;
    for (size_t i = 0; i < exchange->faults.n; i++)
        if (now >= exchange->faults.due_ns[i])
            act(exchange, i, now);
}

/* Requests */

bool
qt__faults_before(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt__faults *faults = &exchange->faults;
    if (faults->n == 0)
        return true;
    int64_t storm_ns = faults->storm_until_ns - qt_now_mono_ns();
    if (storm_ns > 0) {
        faults->counts[QT_FAULT_STORM]++;
        call->retry_after_s = storm_ns / QT_NS_PER_S + 1;
        return qt__call_fail(call, QT__FAULT_WEIGHT, (long)exchange->weights.limit);
    }
    if (!qt__faults_strike(exchange, QT_FAULT_5XX))
        return true;
    call->times_out = qt_rng_below(&faults->rng, 2) == 1;
    return call->times_out || qt__call_fail(call, QT__FAULT_UNAVAILABLE);
}

bool
qt__faults_after(struct qt__exchange *exchange, struct qt__call *call)
{
    (void)exchange;
    return !call->times_out || qt__call_fail(call, QT__FAULT_TIMEOUT);
}

static void
unlink_kept(struct qt__kept_answer *kept)
{
    struct qt__kept_answer **link = &kept->exchange->faults.kept;
    while (*link != kept)
        link = &(*link)->next;
    *link = kept->next;
    qt_timer_stop(&kept->timer);
    free(kept->text);
    free(kept);
}

static void
on_kept(void *context)
{
    struct qt__kept_answer *kept = context;
    if (kept->responder && kept->text)
        qt__rest_answer(kept->exchange, kept->responder, &kept->head, kept->text, kept->length);
    else if (kept->responder)
        qt_respond_nothing(kept->responder);
    else if (kept->session && kept->text)
        (void)qt_peer_send_text(kept->session->peer, kept->text, kept->length);
    unlink_kept(kept);
}

/* Keeps an answer that is to be lost, or late by a fault or by the latency of its kind; NULL: it
 * goes out now. */
static struct qt__kept_answer *
keep(struct qt__exchange *exchange, const struct qt__call *call, const char *text, size_t length)
{
    struct qt__faults *faults = &exchange->faults;
    bool is_lost = call->has_placed && qt__faults_strike(exchange, QT_FAULT_LOST_ACK);
    const struct qt_fault *late = is_lost ? NULL : roll(faults, QT_FAULT_LATENCY);
    int64_t delay_ns = late ? late->time_ns : qt_latency_draw(&faults->latency, call->kind, &faults->rng);
    int64_t delay_ms = (delay_ns + QT_NS_PER_MS / 2) / QT_NS_PER_MS;
    if (!is_lost && delay_ms == 0)
        return NULL;
    struct qt__kept_answer *kept = calloc(1, sizeof *kept);
    char *copy = kept && !is_lost ? malloc(length + 1) : NULL;
    if (!kept || (!is_lost && !copy)) {
        free(kept);
        return NULL;
    }
    faults->counts[QT_FAULT_LATENCY] += late != NULL;
    if (copy)
        memcpy(copy, text, length);
    *kept = (struct qt__kept_answer){
        .next = faults->kept, .exchange = exchange, .text = copy, .length = length};
    faults->kept = kept;
    qt_timer_start(exchange->loop, &kept->timer, is_lost ? LOST_MS : delay_ms,
                   on_kept, kept);
    return kept;
}

bool
qt__faults_keep_rest(struct qt__exchange *exchange, const struct qt__call *call,
                     struct qt_responder *responder, const struct qt__rest_head *head)
{
    struct qt__kept_answer *kept = keep(exchange, call, exchange->out.buffer, exchange->out.length);
    if (!kept)
        return false;
    kept->responder = responder;
    kept->head = *head;
    return true;
}

bool
qt__faults_keep_api(struct qt__session *session, const struct qt__call *call, const char *text,
                    size_t length)
{
    struct qt__kept_answer *kept = keep(session->exchange, call, text, length);
    if (kept)
        kept->session = session;
    return kept != NULL;
}

void
qt__faults_forget(struct qt__session *session)
{
    for (struct qt__kept_answer *kept = session->exchange->faults.kept; kept; kept = kept->next)
        if (kept->session == session)
            kept->session = NULL;
}

void
qt__faults_finish(struct qt__exchange *exchange)
{
    while (exchange->faults.kept) {
        struct qt__kept_answer *kept = exchange->faults.kept;
        if (kept->responder)
            qt_respond_nothing(kept->responder);
        unlink_kept(kept);
    }
}

/* Streams */

void
qt__faults_deliver(struct qt__exchange *exchange, struct qt__subscription *subscription,
                   struct qt_blob *blob)
{
    enum qt__stream_kind kind = subscription->stream->kind;
    struct qt_peer *peer = subscription->session->peer;
    bool is_depth = kind == QT__STREAM_DEPTH;
    if (exchange->faults.n > 0) {
        if (qt__faults_strike(exchange,
                              kind == QT__STREAM_USER ? QT_FAULT_DROP_USER : QT_FAULT_DROP) ||
            (is_depth && qt__faults_strike(exchange, QT_FAULT_GAP)))
            return;
        if (is_depth && !subscription->late && qt__faults_strike(exchange, QT_FAULT_REORDER)) {
            subscription->late = qt_blob_ref(blob);
            return;
        }
        if (qt__faults_strike(exchange, QT_FAULT_DUPLICATE))
            exchange->messages += qt_peer_send(peer, blob);
    }
    exchange->messages += qt_peer_send(peer, blob);
    if (subscription->late) {
        exchange->messages += qt_peer_send(peer, subscription->late);
        qt_blob_unref(subscription->late);
        subscription->late = NULL;
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watched books, on a connection of their own (rule B3). Binance's rule for spot: keep diffs, read
 * a snapshot, drop diffs with u <= lastUpdateId, the first kept one must have U <= lastUpdateId + 1
 * <= u, then every U is the u before plus 1. For USD-M, whose diffs name the one before: drop u <
 * lastUpdateId, the first has U <= lastUpdateId <= u, then every pu is the u before. Source:
 * Binance, How to manage a local order book correctly, 2024.
 *
 *     SUBSCRIBE --first diff--> BUFFER --snapshot--> LIVE --gap--> BUFFER
 *         ^------------------------- connection cut ------------------'
 */
#include "session_priv.h"

#include <stdlib.h>

#include "qtrade/base/time.h"

#define KEPT_MAX 8192 /* chunks of diffs that wait for a snapshot: 1 MiB a watch */
#define SNAPSHOT_LEVELS 1000
#define QUIET_MS 2000 /* no diff so long after the subscription: ask for the snapshot anyway */
#define PUMP_MS 250

static void connect_depth(struct qt_binance *self);
static void ask_snapshot(struct qt__bn_watch *watch);

static struct qt__bn_watch *
find_watch(struct qt_binance *self, uint32_t instrument, size_t *out_i)
{
    for (size_t i = 0; i < self->depth.n; i++) {
        if (self->depth.watches[i]->instrument != instrument)
            continue;
        if (out_i)
            *out_i = i;
        return self->depth.watches[i];
    }
    return NULL;
}

/* Sequence */

/* Is the diff all in what is known up to id? is_first: id is a snapshot's. */
static bool
is_old(const struct qt__bn_watch *watch, const struct qt_depth *depth, uint64_t id, bool is_first)
{
    if (watch->self->product->has_previous_ids && is_first)
        return depth->last_id < id;
    return depth->last_id <= id;
}

/* Does it, being not old, go on where id ended? */
static bool
follows(const struct qt__bn_watch *watch, const struct qt_depth *depth, uint64_t id, bool is_first)
{
    if (watch->self->product->has_previous_ids)
        return is_first ? depth->first_id <= id : depth->previous_id_low == (uint32_t)id;
    return is_first ? depth->first_id <= id + 1 : depth->first_id == id + 1;
}

/* Snapshots */

/* The chunks of one snapshot on their way; is_refused: it is older than the diffs that were kept.
 */
struct snapshot {
    struct qt__bn_watch *watch;
    uint64_t id;
    bool is_begun, is_refused;
};

static void
snapshot_chunk(void *context, struct qt_event *event)
{
    struct snapshot *snapshot = context;
    struct qt__bn_watch *watch = snapshot->watch;
    if (!snapshot->is_begun) {
        snapshot->is_begun = true;
        snapshot->id = event->depth.last_id;
        uint64_t last = event->depth.last_id;
        snapshot->is_refused =
            watch->n_kept > 0 && !is_old(watch, &watch->kept[0].depth, last, true) &&
            !follows(watch, &watch->kept[0].depth, last, true);
    }
    if (!snapshot->is_refused)
        qt__bn_push(watch->self, event);
}

/* Diffs that waited, behind the snapshot that was just given. */
static void
replay_kept(struct qt__bn_watch *watch, uint64_t snapshot_id)
{
    watch->last_id = snapshot_id;
    watch->is_first = true;
    for (size_t i = 0; i < watch->n_kept; i++) {
        struct qt_event *event = &watch->kept[i];
        if (watch->is_first && is_old(watch, &event->depth, snapshot_id, true))
            continue;
        qt__bn_push(watch->self, event);
        watch->last_id = event->depth.last_id;
        watch->is_first = false;
    }
    watch->n_kept = 0;
    watch->state = QT__BN_WATCH_LIVE;
    watch->message_first = watch->message_last = 0;
}

static void
on_ask(void *context)
{
    ask_snapshot(context);
}

static void
ask_later(struct qt__bn_watch *watch)
{
    int64_t wait_ns = qt_backoff_down(&watch->backoff, qt__bn_mono(watch->self));
    qt_timer_start(watch->self->loop, &watch->timer, wait_ns / QT_NS_PER_MS, on_ask, watch);
}

static bool
take_snapshot(struct qt__bn_watch *watch, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = watch->self;
    struct snapshot snapshot = {.watch = watch};
    const struct qt_event_sink sink = {.self = &snapshot, .push = snapshot_chunk};
    const struct qt_decode in = {.universe = self->universe,
                                 .sink = &sink,
                                 .t_recv_ns = qt__bn_utc(self),
                                 .tag = self->tag,
                                 .instrument = watch->instrument,
                                 .scratch = self->scratch,
                                 .scratch_levels = QT__BN_LEVELS};
    struct qt_decoded decoded;
    if (qt__bn_decode(&in, answer->body, answer->length, &decoded) != QT_CODEC_DECODED ||
        decoded.kind != QT_MESSAGE_DEPTH || snapshot.is_refused)
        return false;
    self->stats.depth_snapshots++;
    replay_kept(watch, snapshot.id);
    return true;
}

static void
on_snapshot(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt__bn_watch *watch = find_watch(call->self, call->instrument, NULL);
    if (!watch || watch->generation != call->generation)
        return; /* given up, or the connection was cut meanwhile */
    watch->is_asked = false;
    if (watch->state != QT__BN_WATCH_BUFFER)
        return;
    if (answer->is_good && take_snapshot(watch, answer))
        qt_backoff_up(&watch->backoff, qt__bn_mono(call->self));
    else
        ask_later(watch);
}

static void
ask_snapshot(struct qt__bn_watch *watch)
{
    struct qt_binance *self = watch->self;
    char buffer[96];
    struct qt_text query;
    if (watch->is_asked || watch->state == QT__BN_WATCH_LIVE)
        return;
    watch->state = QT__BN_WATCH_BUFFER;
    qt_text_init(&query, buffer, sizeof buffer);
    qt_text_addf(&query, "symbol=%s&limit=%d",
                 qt_universe_at(self->universe, watch->instrument)->symbol, SNAPSHOT_LEVELS);
    const struct qt__bn_request request = {.what = QT__BN_BOOK, .query = query.buffer,
                                           .done = on_snapshot,
                                           .instrument = watch->instrument,
                                           .generation = watch->generation};
    watch->is_asked = qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
    if (!watch->is_asked)
        ask_later(watch);
}

/* Diffs */

static void
keep(struct qt__bn_watch *watch, const struct qt_event *event, bool is_new_message)
{
    bool is_hole =
        is_new_message && watch->n_kept > 0 && !follows(watch, &event->depth, watch->last_id, false);
    if (is_hole || watch->n_kept == KEPT_MAX)
        watch->n_kept = 0; /* a newer snapshot is needed anyway */
    if (watch->n_kept == 0 && !is_new_message)
        return; /* not from the middle of a message */
    watch->kept[watch->n_kept++] = *event;
    watch->last_id = event->depth.last_id;
}

static void
start_buffer(struct qt__bn_watch *watch)
{
    watch->state = QT__BN_WATCH_BUFFER;
    watch->n_kept = 0;
    watch->generation++; /* a snapshot under way was asked for before the hole */
    watch->is_asked = false;
}

/* First chunk of a message in a live book: does it follow? */
static void
judge_message(struct qt__bn_watch *watch, const struct qt_depth *depth)
{
    watch->is_passing = !is_old(watch, depth, watch->last_id, watch->is_first);
    if (!watch->is_passing)
        return;
    if (follows(watch, depth, watch->last_id, watch->is_first)) {
        watch->is_first = false;
        watch->last_id = depth->last_id;
        return;
    }
    watch->self->stats.depth_gaps++;
    start_buffer(watch);
}

void
qt__bn_depth_event(struct qt_binance *self, struct qt_event *event)
{
    struct qt__bn_watch *watch = find_watch(self, event->instrument, NULL);
    const struct qt_depth *depth = &event->depth;
    if (!watch || (event->flags & QT_EVENT_SNAPSHOT))
        return;
    bool is_new_message =
        depth->first_id != watch->message_first || depth->last_id != watch->message_last;
    watch->message_first = depth->first_id;
    watch->message_last = depth->last_id;
    if (is_new_message) {
        watch->is_passing = false;
        if (watch->state == QT__BN_WATCH_LIVE)
            judge_message(watch, depth);
    }
    if (watch->is_passing)
        qt__bn_push(self, event);
    if (watch->state != QT__BN_WATCH_LIVE) {
        keep(watch, event, is_new_message);
        if (!qt_timer_is_running(&watch->timer) || watch->state == QT__BN_WATCH_SUBSCRIBE)
            ask_snapshot(watch);
    }
}

/* The connection */

static void send_requests(struct qt_binance *self);

static void
on_pump(void *context)
{
    send_requests(context);
}

static bool
send_request(struct qt_binance *self, const char *method, uint32_t instrument)
{
    char buffer[160];
    struct qt_text text;
    struct qt__bn_depth *depth = &self->depth;
    const char *symbol = qt_universe_at(self->universe, instrument)->symbol;
    if (!depth->link.is_up || !qt_bucket_take(&depth->bucket, qt__bn_mono(self), 1))
        return false;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_addf(&text, "{\"method\":\"%s\",\"params\":[\"", method);
    qt__bn_add_lower(&text, symbol);
    qt_text_addf(&text, "@depth@100ms\"],\"id\":%lld}", (long long)++depth->next_request_id);
    return qt_ws_send(depth->link.ws, text.buffer, text.length);
}

/* Watches that are not subscribed yet, within the venue's 5 messages a second. */
static void
send_requests(struct qt_binance *self)
{
    bool is_left = false;
    for (size_t i = 0; i < self->depth.n; i++) {
        struct qt__bn_watch *watch = self->depth.watches[i];
        if (watch->state != QT__BN_WATCH_SUBSCRIBE || qt_timer_is_running(&watch->timer))
            continue;
        if (send_request(self, "SUBSCRIBE", watch->instrument))
            qt_timer_start(self->loop, &watch->timer, QUIET_MS, on_ask, watch);
        else
            is_left = true;
    }
    if (is_left && self->depth.link.is_up)
        qt_timer_start(self->loop, &self->depth.pump, PUMP_MS, on_pump, self);
}

/* The book behind a cut is not known any more: an empty diff beyond the hole says so (rule B3). */
static void
say_hole(struct qt__bn_watch *watch)
{
    int64_t now = qt__bn_utc(watch->self);
    struct qt_event event = {.t_venue_ns = now,
                             .t_recv_ns = now,
                             .instrument = watch->instrument,
                             .kind = QT_EVENT_DEPTH,
                             .flags = QT_EVENT_LAST};
    event.depth.first_id = event.depth.last_id = watch->last_id + 2;
    event.depth.previous_id_low = (uint32_t)(watch->last_id + 1);
    qt__bn_push(watch->self, &event);
}

static void
resubscribe(struct qt__bn_watch *watch)
{
    if (watch->state == QT__BN_WATCH_LIVE && watch->self->sink)
        say_hole(watch);
    start_buffer(watch);
    watch->state = QT__BN_WATCH_SUBSCRIBE;
    watch->message_first = watch->message_last = 0;
    qt_timer_stop(&watch->timer);
}

static void
on_timer(void *context)
{
    connect_depth(context);
}

static void
depth_down(struct qt_binance *self)
{
    struct qt__bn_link *link = &self->depth.link;
    int64_t wait_ns = qt_backoff_down(&link->backoff, qt__bn_mono(self));
    link->is_up = false;
    qt_ws_destroy(link->ws);
    link->ws = NULL;
    qt_timer_stop(&self->depth.pump);
    self->stats.reconnects++;
    for (size_t i = 0; i < self->depth.n; i++)
        resubscribe(self->depth.watches[i]);
    qt_timer_start(self->loop, &link->timer, wait_ns / QT_NS_PER_MS, on_timer, self);
}

static void
on_open(void *context, struct qt_ws *ws)
{
    struct qt_binance *self = context;
    (void)ws;
    qt__bn_outcome(self, QT_OPERATION_STREAM, true);
    self->depth.link.is_up = true;
    self->depth.link.data_ns = qt__bn_mono(self);
    qt_backoff_up(&self->depth.link.backoff, qt__bn_mono(self));
    qt_bucket_init(&self->depth.bucket, 4, 4, qt__bn_mono(self));
    send_requests(self);
}

static void
on_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    struct qt_binance *self = context;
    struct qt_decoded decoded;
    (void)ws;
    if (qt__bn_take(self, data, length, &decoded) == QT_CODEC_DECODED &&
        decoded.kind == QT_MESSAGE_DEPTH)
        self->depth.link.data_ns = qt__bn_mono(self);
}

static void
on_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    struct qt_binance *self = context;
    (void)error;
    (void)reason;
    qt__bn_note_closed(self, ws);
    depth_down(self);
}

static void
connect_depth(struct qt_binance *self)
{
    struct qt__bn_link *link = &self->depth.link;
    char url[QT__BN_URL + 16];
    struct qt_text text;
    struct qt_error err;
    if (self->depth.n == 0)
        return;
    if (!qt__bn_may_connect(self, self->ws_url)) {
        qt_timer_start(self->loop, &link->timer, 1000, on_timer, self);
        return;
    }
    qt_text_init(&text, url, sizeof url);
    qt_text_addf(&text, "%s%s", self->ws_url, self->product->book_path);
    const struct qt_ws_options options = {
        .url = url, .context = self, .open = on_open, .message = on_message, .closed = on_closed};
    link->ws = qt_ws_create(self->loop, &options, &err);
    if (!link->ws)
        depth_down(self);
}

/* Watches */

static void
destroy_watch(struct qt__bn_watch *watch)
{
    qt_timer_stop(&watch->timer);
    free(watch->kept);
    free(watch);
}

static void
close_link(struct qt_binance *self)
{
    qt_timer_stop(&self->depth.link.timer);
    qt_timer_stop(&self->depth.pump);
    qt_ws_destroy(self->depth.link.ws);
    self->depth.link.ws = NULL;
    self->depth.link.is_up = false;
}

static void
unwatch(struct qt_binance *self, size_t i)
{
    struct qt__bn_depth *depth = &self->depth;
    (void)send_request(self, "UNSUBSCRIBE", depth->watches[i]->instrument);
    destroy_watch(depth->watches[i]);
    depth->watches[i] = depth->watches[--depth->n];
    if (depth->n == 0)
        close_link(self);
}

static void
watch_new(struct qt_binance *self, uint32_t instrument)
{
    struct qt__bn_depth *depth = &self->depth;
    struct qt__bn_watch *watch = calloc(1, sizeof *watch);
    if (watch)
        watch->kept = calloc(KEPT_MAX, sizeof *watch->kept);
    if (!watch || !watch->kept) {
        free(watch);
        return; /* no memory: the book stays EMPTY, which its reader sees */
    }
    watch->self = self;
    watch->instrument = instrument;
    qt__bn_backoff(self, QT_OPERATION_MARKET, &watch->backoff);
    depth->watches[depth->n++] = watch;
    if (depth->n > 1 || depth->link.ws || qt_timer_is_running(&depth->link.timer)) {
        send_requests(self);
        return;
    }
    depth->link.self = self;
    qt__bn_backoff(self, QT_OPERATION_STREAM, &depth->link.backoff);
    connect_depth(self);
}

void
qt__bn_depth_watch(struct qt_binance *self, uint32_t instrument, bool on)
{
    size_t i;
    struct qt__bn_watch *watch = find_watch(self, instrument, &i);
    if (instrument >= self->n_symbols)
        return;
    if (!on && watch) {
        unwatch(self, i);
    } else if (on && watch && watch->state == QT__BN_WATCH_LIVE) { /* asked again: read anew */
        start_buffer(watch);
        ask_snapshot(watch);
    } else if (on && !watch && self->depth.n < QT__BN_WATCHES) {
        watch_new(self, instrument);
    }
}

void
qt__bn_depth_check(struct qt_binance *self)
{
    const struct qt__bn_link *link = &self->depth.link;
    if (!link->is_up || qt__bn_mono(self) - link->data_ns < self->stale_ms * QT_NS_PER_MS)
        return;
    self->stats.stale++;
    depth_down(self);
}

void
qt__bn_depth_stop(struct qt_binance *self)
{
    close_link(self);
    for (size_t i = 0; i < self->depth.n; i++)
        destroy_watch(self->depth.watches[i]);
    self->depth.n = 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine over a journal. Its feed are the recorded events, its venue says yes to everything
 * (what the real one answered is among the events), and each decision it makes is held beside the
 * recorded one of the same place. Decisions follow their event in the journal, so both sides wait
 * in a queue until the other has come.
 */
#include "replay_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "interrupt_priv.h"

enum { EVENTS_A_TURN = 512, QUEUE = 1 << 16, PROGRESS_NS = 200 * QT_NS_PER_MS };

/* Decisions of one side that the other side has not shown yet. */
struct queue {
    struct qt_decision *of; /* QUEUE, a ring */
    uint64_t in, out;
};

struct replay {
    const struct qt__replay_plan *plan;
    struct qt__replay_result *result;
    const struct qt_journal_head *head;
    struct queue recorded, replayed;
    struct qt_error *err;
    atomic_bool stop;
    bool has_failed;
    int64_t begun_ns, shown_ns, first_ns;
};

/* Comparing */

static void
say(const struct replay *replay, const struct qt_decision *decision, char out[QT_JOURNAL_JSON_MAX])
{
    if (decision)
        qt_journal_decision_json(decision, replay->head->universe, out);
    else
        qt_copy(out, QT_JOURNAL_JSON_MAX, "null");
}

static void
differ(struct replay *replay, uint64_t seq, const struct qt_decision *recorded,
       const struct qt_decision *replayed)
{
    struct qt__replay_difference *first = &replay->result->first;
    if (first->is_found)
        return;
    first->is_found = true;
    first->seq = seq;
    say(replay, recorded, first->recorded);
    say(replay, replayed, first->replayed);
}

/* The union's own fields, one kind at a time: padding says nothing. */
static bool
is_same(const struct qt_decision *a, const struct qt_decision *b)
{
    if (a->seq != b->seq || a->kind != b->kind || a->t_ns != b->t_ns)
        return false;
    switch ((enum qt_decision_kind)a->kind) {
    case QT_DECISION_MADE:
        return a->made.instrument == b->made.instrument &&
               memcmp(&a->made.score, &b->made.score, sizeof a->made.score) == 0 &&
               memcmp(&a->made.value, &b->made.value, sizeof a->made.value) == 0 &&
               strcmp(a->made.kind, b->made.kind) == 0 &&
               strcmp(a->made.detail, b->made.detail) == 0;
    case QT_DECISION_ORDER:
        return a->order.client_id == b->order.client_id &&
               a->order.instrument == b->order.instrument && a->order.side == b->order.side &&
               a->order.type == b->order.type && a->order.tif == b->order.tif &&
               a->order.reduce_only == b->order.reduce_only &&
               qt_px_cmp(a->order.px, b->order.px) == 0 &&
               qt_px_cmp(a->order.stop_px, b->order.stop_px) == 0 &&
               qt_qty_cmp(a->order.qty, b->order.qty) == 0;
    case QT_DECISION_CANCEL:
        return a->cancel.client_id == b->cancel.client_id &&
               a->cancel.instrument == b->cancel.instrument;
    case QT_DECISION_CYCLE:
        return a->cycle.scan == b->cycle.scan && a->cycle.book == b->cycle.book &&
               a->cycle.orders == b->cycle.orders;
    case QT_DECISION_KINDS:
        break;
    }
    return false;
}

static void
compare(struct replay *replay)
{
    struct queue *a = &replay->recorded, *b = &replay->replayed;
    for (; a->out < a->in && b->out < b->in; a->out++, b->out++) {
        const struct qt_decision *recorded = &a->of[a->out % QUEUE];
        const struct qt_decision *replayed = &b->of[b->out % QUEUE];
        replay->result->decisions++;
        if (!is_same(recorded, replayed))
            differ(replay, QT_MIN(recorded->seq, replayed->seq), recorded, replayed);
    }
}

/* One side is so far ahead that the other cannot be right any more. */
static void
queue(struct replay *replay, struct queue *to, const struct qt_decision *decision)
{
    if (replay->result->first.is_found)
        return;
    if (to->in - to->out == QUEUE) {
        const struct qt_decision *oldest = &to->of[to->out % QUEUE];
        bool is_recorded = to == &replay->recorded;
        differ(replay, oldest->seq, is_recorded ? oldest : NULL, is_recorded ? NULL : oldest);
        return;
    }
    to->of[to->in++ % QUEUE] = *decision;
    compare(replay);
}

static bool
on_decision(void *self, const struct qt_decision *decision)
{
    struct replay *replay = self;
    queue(replay, &replay->replayed, decision);
    return true;
}

/* What one side has left at the end. A journal that was not closed may lack the last decisions, or
 * the event behind the last cycle, whose decisions are kept before it; and those of the event that a
 * replay was to stop after come with the next one. */
static void
compare_rest(struct replay *replay)
{
    struct queue *a = &replay->recorded, *b = &replay->replayed;
    const struct qt_decision *recorded = a->out < a->in ? &a->of[a->out % QUEUE] : NULL;
    const struct qt_decision *replayed = b->out < b->in ? &b->of[b->out % QUEUE] : NULL;
    bool may_lack = !replay->result->is_whole || replay->result->ending != QT_JOURNAL_CLOSED;
    if (recorded && may_lack && recorded->seq > replay->result->last_seq)
        return;
    if (recorded && (replay->result->is_whole || recorded->seq < replay->plan->until_seq))
        differ(replay, recorded->seq, recorded, NULL);
    else if (replayed && !may_lack)
        differ(replay, replayed->seq, NULL, replayed);
}

/* The feed */

static void
show_progress(struct replay *replay, bool is_last)
{
    int64_t now = qt_now_mono_ns();
    if (!replay->plan->shows_progress || (!is_last && now - replay->shown_ns < PROGRESS_NS))
        return;
    replay->shown_ns = now;
    double seconds = (double)(now - replay->begun_ns) / (double)QT_NS_PER_S;
    double size = (double)qt_journal_reader_size(replay->plan->reader);
    double done = size > 0 ? (double)qt_journal_reader_bytes(replay->plan->reader) / size : 1;
    char time[QT_TIME_TEXT];
    fprintf(stderr, "\rreplaying  %3.0f %%  %s  %.0f events/s  %s", 100 * QT_MIN(done, 1.0),
            qt_time_format_short(replay->result->last_ns, time),
            seconds > 0 ? (double)replay->result->events / seconds : 0, is_last ? "\n" : "");
}

/* Waits until event time has come by the pace that was asked for. */
static void
keep_pace(struct replay *replay, int64_t t_ns)
{
    if (replay->plan->speed <= 0)
        return;
    if (replay->first_ns == QT_TIME_NONE)
        replay->first_ns = t_ns;
    int64_t due =
        replay->begun_ns + (int64_t)((double)(t_ns - replay->first_ns) / replay->plan->speed);
    for (int64_t left; !qt__interrupted() && (left = due - qt_now_mono_ns()) > 0;) {
        const struct timespec time = {.tv_nsec = QT_MIN(left, 50 * QT_NS_PER_MS)};
        nanosleep(&time, NULL);
        show_progress(replay, false);
    }
}

static bool
push(struct replay *replay, const struct qt_event_sink *sink, const struct qt_event *event)
{
    struct qt_event copy = *event;
    keep_pace(replay, event->t_recv_ns);
    sink->push(sink->self, &copy);
    replay->result->events++;
    replay->result->last_seq = event->seq;
    replay->result->last_ns = event->t_recv_ns;
    if (copy.seq == event->seq)
        return true;
    differ(replay, event->seq, NULL, NULL);
    struct qt__replay_difference *first = &replay->result->first;
    if (first->seq == event->seq && strcmp(first->recorded, "null") == 0) {
        qt_journal_event_json(event, replay->head->universe, first->recorded);
        qt_journal_event_json(&copy, replay->head->universe, first->replayed);
    }
    return false; /* nothing after it is comparable */
}

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct replay *replay = self;
    const struct qt_event *event = NULL;
    const struct qt_decision *decision = NULL;
    (void)timeout_ms;
    show_progress(replay, false);
    for (int n = 0; n < EVENTS_A_TURN && !qt__interrupted();) {
        switch (qt_journal_next(replay->plan->reader, &event, &decision, replay->err)) {
        case QT_JOURNAL_DECISION:
            queue(replay, &replay->recorded, decision);
            continue;
        case QT_JOURNAL_EVENT:
            if (replay->plan->until_seq > 0 && event->seq > replay->plan->until_seq)
                return -1;
            if (!push(replay, sink, event))
                return -1;
            n++;
            continue;
        case QT_JOURNAL_END:
            replay->result->is_whole = true;
            return -1;
        case QT_JOURNAL_FAILED:
            replay->has_failed = true;
            return -1;
        }
    }
    return qt__interrupted() ? -1 : EVENTS_A_TURN;
}

/* The venue: what it answered is recorded. */

static bool
take_order(void *self, const struct qt_order_request *request)
{
    (void)self, (void)request;
    return true;
}

static bool
take_id(void *self, uint32_t instrument, uint64_t client_id)
{
    (void)self, (void)instrument, (void)client_id;
    return true;
}

static bool
take_instrument(void *self, uint32_t instrument)
{
    (void)self, (void)instrument;
    return true;
}

static bool
take_sync(void *self)
{
    (void)self;
    return true;
}

bool
qt__replay_settings(const struct qt_journal_head *head, struct qt_settings *out,
                    struct qt_error *err)
{
    struct qt_config_binding bindings[QT_SETTINGS_SECTIONS];
    qt_settings_defaults(out);
    if (!qt_config_load_text("journal", head->config, strlen(head->config), bindings,
                             qt_settings_bind(out, bindings), err))
        return qt_error_add(err, "the journal's config (written by qtrade %s)", head->version);
    if (head->is_recorded)
        qt_settings_for_recorded(out, head->base_period_ns);
    return true;
}

static bool
load_settings(struct replay *replay)
{
    struct qt_settings *settings = &replay->result->settings;
    if (!qt__replay_settings(replay->head, settings, replay->err))
        return false;
    if (replay->plan->workers > 0)
        settings->engine.workers = replay->plan->workers;
    return true;
}

bool
qt__replay_market(const struct qt_journal_head *head, const char *folder,
                  const struct qt_journal_key *key, const struct qt_settings *settings,
                  struct qt_kept_market **out, struct qt_error *err)
{
    const struct qt_market_shape shape = {.scan = &settings->scan,
                                          .strategy = &settings->strategy,
                                          .base_period_ns = head->base_period_ns};
    const struct qt_market_place place = {
        .folder = folder, .key = key, .shape = &shape, .universe = head->universe};
    if (head->market.number == 0)
        return true;
    *out = qt_kept_market_open(&place, head->session, &head->market, err);
    return *out != NULL;
}

static bool
open_engine(struct replay *replay)
{
    struct qt_settings *settings = &replay->result->settings;
    struct qt_kept_market *market = NULL;
    if (!qt__replay_market(replay->head, replay->plan->folder, replay->plan->key, settings, &market,
                           replay->err))
        return false;
    const struct qt_engine_options options = {
        .engine = &settings->engine,
        .scan = &settings->scan,
        .strategy = &settings->strategy,
        .risk = &settings->risk,
        .execution = &settings->execution,
        .quality = &settings->quality,
        .sources = qt_settings_sources(settings),
        .universe = replay->head->universe,
        .feed = {.self = replay, .work = work},
        .venue = {.name = "journal",
                  .submit = take_order,
                  .cancel = take_id,
                  .cancel_all = take_instrument,
                  .query = take_id,
                  .sync = take_sync},
        .journal = {.self = replay, .decision = on_decision},
        .run_kind = replay->head->run_kind,
        .not_found_ns = qt_settings_not_found_ns(settings, replay->head->run_kind),
        .restore = replay->head->restore->is_found ? replay->head->restore : NULL,
        .market = market ? qt_kept_market_restore(market) : NULL,
        .base_period_ns = replay->head->base_period_ns,
        .is_recorded = replay->head->is_recorded,
        .is_replay = true,
        .publishes = true};
    replay->result->engine = qt_engine_create(&options, replay->err);
    qt_kept_market_destroy(market);
    return replay->result->engine != NULL;
}

static bool
run(struct replay *replay)
{
    struct qt__replay_result *result = replay->result;
    qt__interrupt_begin();
    replay->begun_ns = qt_now_mono_ns();
    bool has_run = qt_engine_run(result->engine, &replay->stop, replay->err);
    result->seconds = (double)(qt_now_mono_ns() - replay->begun_ns) / (double)QT_NS_PER_S;
    show_progress(replay, true);
    result->ending = qt_journal_reader_ending(replay->plan->reader);
    result->decision_hash = qt_engine_decision_hash(result->engine);
    qt_engine_publish(result->engine);
    if (!has_run || replay->has_failed)
        return false;
    if (qt__interrupted())
        return qt_fail(replay->err, QT_E_FAILED, "interrupted");
    if (!result->first.is_found)
        compare_rest(replay);
    return true;
}

bool
qt__replay(const struct qt__replay_plan *plan, struct qt__replay_result *out, struct qt_error *err)
{
    struct replay replay = {.plan = plan,
                            .result = out,
                            .head = qt_journal_reader_head(plan->reader),
                            .err = err,
                            .first_ns = QT_TIME_NONE};
    *out = (struct qt__replay_result){.ending = QT_JOURNAL_CUT};
    replay.recorded.of = calloc(QUEUE, sizeof *replay.recorded.of);
    replay.replayed.of = calloc(QUEUE, sizeof *replay.replayed.of);
    bool is_good = replay.recorded.of && replay.replayed.of;
    if (!is_good)
        qt_fail(err, QT_E_MEMORY, "no memory for the replay");
    is_good = is_good && load_settings(&replay) && open_engine(&replay) && run(&replay);
    free(replay.recorded.of);
    free(replay.replayed.of);
    return is_good;
}

void
qt__replay_finish(struct qt__replay_result *result)
{
    qt_engine_destroy(result->engine);
    result->engine = NULL;
}

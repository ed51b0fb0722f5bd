/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "market_keeping_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "qt_config.h"
#include "qtrade/base/time.h"

#include "journaling_priv.h"

enum { BARS_A_TURN = 4096 };
#define MAX_AGE_NS QT_NS_PER_DAY /* older, and the venue's history is as quick and needs no gap */

static void
tell_ignored(void *context, const char *file, const char *why)
{
    const struct qt__market_keeping *keeping = context;
    qt_log_event(keeping->log, QT_LOG_WARN, "market_state.ignored", "file=%s why=\"%s\"", file,
                 why);
}

/* The tail ends, or cannot be read on: from here the venue says what is missing. */
static void
end_tail(struct qt__market_keeping *keeping, const char *why)
{
    qt_market_tail_close(keeping->tail);
    keeping->tail = NULL;
    if (why[0])
        qt_log_event(keeping->log, QT_LOG_WARN, "market_state.tail", "bars=%llu why=\"%s\"",
                     (unsigned long long)keeping->bars, why);
    else
        qt_log_event(keeping->log, QT_LOG_INFO, "market_state.tail", "bars=%llu",
                     (unsigned long long)keeping->bars);
}

static void
find(struct qt__market_keeping *keeping)
{
    struct qt_error err = {0};
    keeping->from = qt_kept_market_find(&keeping->place, qt_clock_utc_ns(keeping->clock),
                                        MAX_AGE_NS, tell_ignored, keeping);
    if (!keeping->from)
        return;
    double age_ns =
        (double)(qt_clock_utc_ns(keeping->clock) - qt_kept_market_time_ns(keeping->from));
    qt_log_event(keeping->log, QT_LOG_INFO, "market_state.taken_back",
                 "number=%llu symbols=%u age_s=%.0f",
                 (unsigned long long)qt_kept_market_ref(keeping->from)->number,
                 qt_kept_market_symbols(keeping->from), age_ns / (double)QT_NS_PER_S);
    keeping->tail = qt_market_tail_open(&keeping->place, keeping->from, &err);
    if (err.code != QT_E_NONE)
        end_tail(keeping, err.text);
}

bool
qt__market_keeping_find(struct qt__market_keeping *keeping, const char *folder,
                        const struct qt_store_key *key, const struct qt_settings *settings,
                        const struct qt_universe *universe, const struct qt_clock *clock,
                        struct qt_error *err)
{
    if (!qt__journaling_own_key(folder, key, &keeping->key, err))
        return false;
    keeping->clock = clock;
    keeping->shape = (struct qt_market_shape){
        .scan = &settings->scan, .strategy = &settings->strategy, .base_period_ns = QT_NS_PER_MIN};
    keeping->place = (struct qt_market_place){.folder = folder,
                                              .key = &keeping->key,
                                              .version = QT_VERSION,
                                              .source = qt_binance_rest_url(&settings->venue),
                                              .shape = &keeping->shape,
                                              .universe = universe};
    find(keeping);
    return true;
}

const struct qt_market_ref *
qt__market_keeping_ref(const struct qt__market_keeping *keeping)
{
    return keeping->from ? qt_kept_market_ref(keeping->from) : NULL;
}

/* The feed */

/* The tail is through: the venue is told what is known, and the state is not needed any more. */
static void
go_on(struct qt__market_keeping *keeping)
{
    uint32_t n = qt_universe_count(keeping->place.universe);
    for (uint32_t i = 0; i < n; i++)
        if (keeping->end_ns[i] != QT_TIME_NONE)
            qt_binance_resume(keeping->venue, i, keeping->end_ns[i] - QT_NS_PER_MIN);
    qt_kept_market_destroy(keeping->from);
    keeping->from = NULL;
}

static void
push_bar(struct qt__market_keeping *keeping, const struct qt_event_sink *sink,
         struct qt_event *event)
{
    int64_t *end_ns = &keeping->end_ns[event->instrument];
    event->seq = 0;
    event->t_recv_ns = qt_clock_utc_ns(keeping->clock);
    if (event->bar.period_ns == QT_NS_PER_MIN && event->bar.open_ns >= *end_ns)
        *end_ns = event->bar.open_ns + QT_NS_PER_MIN;
    keeping->bars++;
    sink->push(sink->self, event);
}

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct qt__market_keeping *keeping = self;
    struct qt_error err = {0};
    struct qt_event event;
    int n = 0;
    while (keeping->tail && n < BARS_A_TURN) {
        if (qt_market_tail_next(keeping->tail, &event, &err)) {
            push_bar(keeping, sink, &event);
            n++;
        } else {
            end_tail(keeping, err.code == QT_E_NONE ? "" : err.text);
        }
    }
    if (n > 0)
        return n;
    if (keeping->from)
        go_on(keeping);
    return keeping->feed.work(keeping->feed.self, sink, timeout_ms);
}

static void
wake(void *self)
{
    struct qt__market_keeping *keeping = self;
    keeping->feed.wake(keeping->feed.self);
}

static void
watch_depth(void *self, uint32_t instrument, bool on)
{
    struct qt__market_keeping *keeping = self;
    keeping->feed.watch_depth(keeping->feed.self, instrument, on);
}

/* What is known of each symbol: up to the end of its state, and then of its tail. */
static bool
note_ends(struct qt__market_keeping *keeping, struct qt_error *err)
{
    const struct qt_market_restore *restore = qt_kept_market_restore(keeping->from);
    uint32_t n = qt_universe_count(keeping->place.universe);
    keeping->end_ns = calloc(n, sizeof *keeping->end_ns);
    if (!keeping->end_ns)
        return qt_fail(err, QT_E_MEMORY, "no memory for the market state");
    for (uint32_t i = 0; i < n; i++)
        keeping->end_ns[i] = restore->symbol[i]
                                 ? qt_market_symbol_end_ns(restore->symbol[i], &keeping->shape)
                                 : QT_TIME_NONE;
    return true;
}

bool
qt__market_keeping_join(struct qt__market_keeping *keeping, const struct qt_journal *journal,
                        struct qt_binance *venue, struct qt_engine_options *options,
                        struct qt_error *err)
{
    keeping->venue = venue;
    keeping->feed = options->feed;
    keeping->keeper = qt_market_keeper_create(&keeping->place, journal, err);
    if (!keeping->keeper)
        return false;
    options->market_port = qt_market_keeper_port(keeping->keeper);
    if (!keeping->from)
        return true;
    options->market = qt_kept_market_restore(keeping->from);
    options->feed =
        (struct qt_feed_port){.self = keeping,
                              .work = work,
                              .wake = keeping->feed.wake ? wake : NULL,
                              .watch_depth = keeping->feed.watch_depth ? watch_depth : NULL};
    return note_ends(keeping, err);
}

void
qt__market_keeping_end(struct qt__market_keeping *keeping)
{
    qt_market_keeper_close(keeping->keeper);
    qt_market_tail_close(keeping->tail);
    qt_kept_market_destroy(keeping->from);
    free(keeping->end_ns);
    qt_journal_key_wipe(&keeping->key);
    *keeping = (struct qt__market_keeping){0};
}

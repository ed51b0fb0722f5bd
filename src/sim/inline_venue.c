/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exchange inside the engine's thread: its venue port. What the engine posts waits for a later
 * tick of its symbol; what the exchange does becomes REPORT events at once.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/trade/ledger.h"

#include "inline_priv.h"

enum { CLIENT_TAG = 0 };

void
qt__inline_push(struct qt_inline_venue *venue, struct qt_event *event)
{
    if (event->t_recv_ns == 0)
        event->t_recv_ns = event->t_venue_ns = venue->now_ns;
    venue->sink->push(venue->sink->self, event);
}

bool
qt__inline_is_needed(const struct qt_inline_venue *venue, uint32_t instrument)
{
    return venue->waiting[instrument] > 0 || venue->core->is_held(venue, instrument);
}

uint64_t
qt__inline_id_of(const char *text)
{
    uint64_t id;
    return qt_client_id_parse(text, strlen(text), CLIENT_TAG, &id) ? id : 0;
}

char *
qt__inline_text_of(uint64_t client_id, char out[QT_CLIENT_ID_TEXT])
{
    return qt_client_id_format(CLIENT_TAG, client_id, out);
}

/* The post */

static int64_t
latency_of(struct qt_inline_venue *venue, enum qt__inline_kind kind)
{
    enum qt_inline_request request =
        kind == QT__INLINE_ORDER ? QT_INLINE_ORDER : QT_INLINE_CANCEL;
    const struct qt_latency_law *law = &venue->options.law[request];
    return law->median_ns > 0 ? qt_latency_law_draw(law, &venue->rng) : venue->options.latency_ns;
}

static bool
post(struct qt_inline_venue *venue, enum qt__inline_kind kind,
     const struct qt_order_request *request)
{
    if (venue->letters == QT__INLINE_ROOM ||
        request->instrument >= qt_universe_count(venue->universe))
        return false;
    venue->letter[venue->letters++] =
        (struct qt__inline_letter){.kind = kind,
                                   .due_ns = venue->now_ns + latency_of(venue, kind),
                                   .sent_ns = venue->now_ns,
                                   .tick = venue->tick,
                                   .request = *request};
    venue->waiting[request->instrument]++;
    return true;
}

/* The venue's word on a request that it refuses. */
static void
tell_refusal(struct qt_inline_venue *venue, const struct qt_order_request *request, bool is_order,
             int code)
{
    struct qt_event event = {
        .kind = QT_EVENT_REPORT,
        .instrument = request->instrument,
        .report = {.client_id = request->client_id,
                   .sent_ns = venue->sent_ns,
                   .type = is_order ? QT_REPORT_REJECTED : QT_REPORT_CANCEL_REJECTED,
                   .px = QT_PX_NONE,
                   .code = code}};
    if (is_order) {
        event.report.state = QT_ORDER_REJECTED;
        event.report.side = request->side;
    }
    qt__inline_push(venue, &event);
}

static void
open_letter(struct qt_inline_venue *venue, const struct qt__inline_letter *letter)
{
    int code = 0;
    venue->sent_ns = letter->sent_ns;
    switch (letter->kind) {
    case QT__INLINE_ORDER:
        code = venue->core->place(venue, &letter->request);
        break;
    case QT__INLINE_CANCEL:
        code = venue->core->cancel(venue, &letter->request);
        break;
    case QT__INLINE_CANCEL_ALL:
        venue->core->cancel_all(venue, letter->request.instrument);
        break;
    }
    if (code != 0)
        tell_refusal(venue, &letter->request, letter->kind == QT__INLINE_ORDER, code);
    venue->sent_ns = 0;
}

/* What is cancelled has been posted before: on a wire it arrives before too. */
static bool
is_behind_its_order(const struct qt_inline_venue *venue, size_t at)
{
    const struct qt__inline_letter *letter = &venue->letter[at];
    for (size_t i = 0; i < at; i++) {
        const struct qt__inline_letter *earlier = &venue->letter[i];
        if (earlier->kind == QT__INLINE_ORDER &&
            earlier->request.instrument == letter->request.instrument &&
            (letter->kind == QT__INLINE_CANCEL_ALL ||
             earlier->request.client_id == letter->request.client_id))
            return true;
    }
    return false;
}

/* I1: a letter of an earlier tick whose time has come. */
static bool
is_due(const struct qt_inline_venue *venue, size_t at, uint32_t instrument, bool orders)
{
    const struct qt__inline_letter *letter = &venue->letter[at];
    return letter->request.instrument == instrument &&
           (letter->kind == QT__INLINE_ORDER) == orders && letter->tick < venue->tick &&
           letter->due_ns <= venue->now_ns && (orders || !is_behind_its_order(venue, at));
}

void
qt__inline_deliver(struct qt_inline_venue *venue, uint32_t instrument, bool orders)
{
    for (size_t i = 0; venue->waiting[instrument] > 0 && i < venue->letters;) {
        if (!is_due(venue, i, instrument, orders)) {
            i++;
            continue;
        }
        struct qt__inline_letter letter = venue->letter[i];
        venue->letters--;
        memmove(&venue->letter[i], &venue->letter[i + 1],
                (venue->letters - i) * sizeof venue->letter[0]);
        venue->waiting[instrument]--;
        open_letter(venue, &letter);
    }
}

bool
qt__inline_is_posted(const struct qt_inline_venue *venue, uint32_t instrument, uint64_t client_id)
{
    for (size_t i = 0; venue->waiting[instrument] > 0 && i < venue->letters; i++) {
        const struct qt__inline_letter *letter = &venue->letter[i];
        if (letter->kind == QT__INLINE_ORDER && letter->request.instrument == instrument &&
            letter->request.client_id == client_id)
            return true;
    }
    return false;
}

/* The port */

static bool
port_submit(void *self, const struct qt_order_request *request)
{
    return post(self, QT__INLINE_ORDER, request);
}

static bool
port_cancel(void *self, uint32_t instrument, uint64_t client_id)
{
    return post(self, QT__INLINE_CANCEL,
                &(struct qt_order_request){.client_id = client_id, .instrument = instrument});
}

static bool
port_cancel_all(void *self, uint32_t instrument)
{
    return post(self, QT__INLINE_CANCEL_ALL, &(struct qt_order_request){.instrument = instrument});
}

static bool
port_query(void *self, uint32_t instrument, uint64_t client_id)
{
    return qt__inline_ask(self, instrument, client_id);
}

static bool
port_sync(void *self)
{
    struct qt_inline_venue *venue = self;
    venue->is_sync_wanted = true;
    return true;
}

struct qt_venue_port
qt_inline_port(struct qt_inline_venue *venue)
{
    return (struct qt_venue_port){.self = venue,
                                  .name = "simulated",
                                  .submit = port_submit,
                                  .cancel = port_cancel,
                                  .cancel_all = port_cancel_all,
                                  .query = port_query,
                                  .sync = port_sync};
}

const char *
qt__inline_quote(const struct qt_inline_venue *venue)
{
    return venue->options.deposit_asset[0] ? venue->options.deposit_asset : "USDT";
}

bool
qt__inline_kept(const struct qt_inline_venue *venue, uint32_t i, qt_money *out, bool *out_fits)
{
    const struct qt_balance_record *kept = &venue->options.kept[i];
    if (strcmp(kept->account, qt_account_name(QT_ACCOUNT_CASH)) != 0)
        return false;
    *out_fits = qt_money_mul_div(kept->amount, qt_pow10(QT_MONEY_SCALE), qt_pow10(kept->scale), out);
    return true;
}

static struct qt_inline_venue *
create(const struct qt_universe *universe, const struct qt_inline_options *options,
       struct qt_error *err)
{
    uint32_t n = qt_universe_count(universe);
    struct qt_inline_venue *venue = calloc(1, sizeof *venue);
    if (venue) {
        venue->options = *options;
        venue->perp_options = options->perp ? *options->perp : (struct qt_perp_options){0};
        venue->core = options->perp ? &qt__inline_perps : &qt__inline_spot;
        qt_rng_init(&venue->rng, options->seed);
        venue->universe = universe;
        venue->waiting = calloc(n, sizeof *venue->waiting);
        venue->bar = calloc(2 * (size_t)n, sizeof *venue->bar);
        venue->sources = options->sources ? calloc(n, sizeof *venue->sources) : NULL;
        venue->standing = options->meets_standing ? calloc(n, sizeof *venue->standing) : NULL;
    }
    bool has_room = venue && venue->waiting && venue->bar &&
                    (venue->sources || !options->sources) &&
                    (venue->standing || !options->meets_standing);
    if (!has_room) {
        qt_inline_destroy(venue);
        qt_fail(err, QT_E_MEMORY, "no memory for the simulated venue");
        return NULL;
    }
    for (uint32_t i = 0; venue->sources && i < n; i++)
        qt_sources_init(&venue->sources[i]);
    if (!venue->core->open(venue, err)) {
        qt_inline_destroy(venue);
        return NULL;
    }
    venue->options.kept = NULL; /* the caller's */
    return venue;
}

struct qt_inline_venue *
qt_inline_backtest_create(struct qt_source *source, const struct qt_universe *universe,
                          const struct qt_inline_options *options, struct qt_error *err)
{
    struct qt_inline_venue *venue = create(universe, options, err);
    if (!venue)
        return NULL;
    venue->source = source;
    venue->now_ns = qt_source_start_ns(source);
    venue->core->advance(venue);
    return venue;
}

struct qt_inline_venue *
qt_inline_paper_create(const struct qt_feed_port *feed, const struct qt_universe *universe,
                       const struct qt_inline_options *options, struct qt_error *err)
{
    struct qt_inline_venue *venue = create(universe, options, err);
    if (venue)
        venue->feed = *feed;
    return venue;
}

void
qt_inline_destroy(struct qt_inline_venue *venue)
{
    if (!venue)
        return;
    venue->core->close(venue);
    free(venue->waiting);
    free(venue->bar);
    free(venue->sources);
    free(venue->standing);
    free(venue);
}

struct qt_exchange *
qt_inline_exchange(struct qt_inline_venue *venue)
{
    return venue->exchange;
}

struct qt_perp *
qt_inline_perp(struct qt_inline_venue *venue)
{
    return venue->perp;
}

bool
qt_inline_is_conserved(const struct qt_inline_venue *venue)
{
    return venue->core->is_conserved(venue);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The watchman's rounds: read the account whole, then act on what it says, symbol by symbol; the
 * next read follows as soon as something changed, and later and later while nothing does.
 */
#include "qtrade/engine/watchman.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

enum { OPEN_MAX = 512 }; /* orders looked at in a round; more: in the next one */
enum { TOO_SMALL = -1013 };

#define PACE_NS (2 * QT_NS_PER_S)  /* between two reads while nothing changes */
#define PACE_STEPS 2               /* doubled so often while nothing changes for longer */
#define CALM_NS (5 * QT_NS_PER_S)  /* between two reads once flat */
#define READ_NS (20 * QT_NS_PER_S) /* a read that is not whole by then is asked for again */
#define ASK_NS (2 * QT_NS_PER_S)   /* between two questions about a sale without an answer */

struct holding {
    qt_qty held, free;        /* at the venue, as read last */
    qt_qty foreign, position; /* as the engine said: not ours; ours, where it does not know that */
    bool is_claimed;          /* the engine has spoken of the account at all */
    bool is_foreign_known;
    bool is_dust;              /* the venue takes no order for what is left */
    uint32_t buys, sells;      /* orders of ours, as read last */
    uint64_t sale;             /* under way; 0: none */
    int64_t sent_ns, asked_ns; /* it; about it */
};

struct open_order {
    uint64_t client_id;
    uint32_t instrument;
    uint8_t side;
};

struct qt_watchman {
    struct qt_watchman_options options;
    enum qt_watch_state state;
    int64_t heard_ns, acting_ns; /* monotonic */
    uint64_t next_id;
    uint32_t symbols;
    struct holding *holding;
    struct open_order open[OPEN_MAX];
    uint32_t n_open, n_seen; /* kept of the read in hand; seen in it */
    bool is_reading;
    bool is_old; /* something changed: the read that ends next may have begun before that */
    int64_t read_ns, next_ns; /* when the read began; when the next one may */
    unsigned still;           /* rounds in a row after which nothing changed */
    int64_t flat_ns;          /* of the first read that showed nothing; QT_TIME_NONE: none */
    struct qt_watch_view view;
};

const char *
qt_watch_state_name(enum qt_watch_state state)
{
    static const char *const names[QT_WATCH_STATES] = {"waiting", "guarding", "acting", "flat"};
    return names[state];
}

struct qt_watchman *
qt_watchman_create(const struct qt_watchman_options *options, int64_t now_ns, struct qt_error *err)
{
    struct qt_watchman *watchman = calloc(1, sizeof *watchman);
    uint32_t symbols = qt_universe_count(options->universe);
    if (watchman)
        watchman->holding = calloc(QT_MAX(symbols, 1u), sizeof *watchman->holding);
    if (!watchman || !watchman->holding) {
        free(watchman);
        qt_fail(err, QT_E_MEMORY, "no memory for the watchman");
        return NULL;
    }
    watchman->options = *options;
    watchman->next_id = options->first_id;
    watchman->symbols = symbols;
    watchman->heard_ns = now_ns;
    watchman->view.first_cancel_ns = -1;
    return watchman;
}

void
qt_watchman_destroy(struct qt_watchman *watchman)
{
    if (watchman)
        free(watchman->holding);
    free(watchman);
}

/* Hearing */

bool
qt_guard_at(const struct qt_guard *guard, const char *venue, struct qt_guard *out)
{
    uint32_t i = 0;
    *out = *guard;
    if (guard->venues == 0 && strcmp(venue, QT_WATCH_FIRST) == 0)
        return true;
    while (i < guard->venues && strcmp(guard->venue[i], venue) != 0)
        i++;
    if (i >= guard->venues) {
        out->has_account = false;
        return false;
    }
    for (uint32_t k = 0; k < out->foreign; k++) {
        struct qt_foreign_view *row = &out->row[k];
        row->qty = row->is_known ? row->at[i] : QT_QTY_ZERO;
        row->position = row->is_known ? QT_QTY_ZERO : row->at[i];
    }
    return true;
}

static void
claim(struct qt_watchman *watchman, const struct qt_guard *guard)
{
    for (uint32_t i = 0; i < watchman->symbols; i++) {
        watchman->holding[i].foreign = QT_QTY_ZERO;
        watchman->holding[i].is_claimed = watchman->holding[i].is_foreign_known = true;
    }
    for (uint32_t k = 0; k < guard->foreign; k++) {
        const struct qt_foreign_view *row = &guard->row[k];
        uint32_t i = qt_universe_find(watchman->options.universe, row->symbol, strlen(row->symbol));
        if (i == QT_NO_INSTRUMENT)
            continue;
        watchman->holding[i].foreign = row->qty;
        watchman->holding[i].position = row->position;
        watchman->holding[i].is_foreign_known = row->is_known;
    }
}

bool
qt_watchman_heard(struct qt_watchman *watchman, const struct qt_guard *guard, int64_t now_ns)
{
    bool was_acting = watchman->state >= QT_WATCH_ACTING;
    if (guard->silent_ns >= watchman->options.silent_ns)
        return false; /* another thread speaks for it */
    if (guard->has_account)
        claim(watchman, guard);
    watchman->heard_ns = now_ns - guard->silent_ns;
    watchman->state = QT_WATCH_GUARDING;
    watchman->is_reading = false;
    return was_acting;
}

void
qt_watchman_ended(struct qt_watchman *watchman)
{
    if (watchman->state == QT_WATCH_GUARDING)
        watchman->state = QT_WATCH_WAITING;
}

/* Reading */

/* A sale or a cancel that is refused again and again must not use up what the venue lets through: a
 * read of a whole account weighs. */
static int64_t
pace_ns(const struct qt_watchman *watchman)
{
    unsigned steps = watchman->still > PACE_STEPS ? watchman->still - PACE_STEPS : 0;
    return PACE_NS << QT_MIN(steps, (unsigned)PACE_STEPS);
}

static void
begin_read(struct qt_watchman *watchman, int64_t now_ns)
{
    watchman->n_open = watchman->n_seen = 0;
    watchman->read_ns = now_ns;
    for (uint32_t i = 0; i < watchman->symbols; i++) {
        struct holding *holding = &watchman->holding[i];
        holding->held = holding->free = QT_QTY_ZERO; /* an asset without a row has no balance */
        holding->buys = holding->sells = 0;
    }
    watchman->is_reading = watchman->options.venue.sync(watchman->options.venue.self);
    watchman->next_ns = now_ns + pace_ns(watchman);
}

static void
take_balance(struct qt_watchman *watchman, const struct qt_balance *balance)
{
    for (uint32_t i = 0; i < watchman->symbols; i++) {
        const struct qt_instrument *ins = qt_universe_at(watchman->options.universe, i);
        struct holding *holding = &watchman->holding[i];
        qt_money total;
        if (strcmp(ins->base, balance->asset) != 0 ||
            !qt_money_add(balance->free, balance->locked, &total))
            continue;
        watchman->is_old |=
            !qt_qty_of_asset(total, QT_MONEY_SCALE, ins->qty_scale, &holding->held) ||
            !qt_qty_of_asset(balance->free, QT_MONEY_SCALE, ins->qty_scale, &holding->free);
    }
}

static void
take_row(struct qt_watchman *watchman, const struct qt_event *event)
{
    const struct qt_report *report = &event->report;
    if (report->client_id == 0 || qt_order_state_is_final((enum qt_order_state)report->state))
        return;
    struct holding *holding = &watchman->holding[event->instrument];
    holding->buys += report->side == QT_BUY;
    holding->sells += report->side == QT_SELL;
    watchman->n_seen++;
    if (watchman->n_open < OPEN_MAX)
        watchman->open[watchman->n_open++] =
            (struct open_order){report->client_id, event->instrument, report->side};
}

/* Acting */

/* What is ours of it; negative: less is there than was foreign. */
static qt_qty
ours_of(const struct holding *holding)
{
    qt_qty ours = QT_QTY_ZERO;
    return qt_qty_sub(holding->held, holding->foreign, &ours) ? ours : QT_QTY_ZERO;
}

/* In lots, at most what one order may have; 0: none can be sent. */
static qt_qty
sellable(const struct qt_instrument *ins, const struct holding *holding)
{
    return qt_instrument_market_qty(ins, qt_qty_min(ours_of(holding), holding->free));
}

static void
cancel_orders(struct qt_watchman *watchman, int64_t now_ns)
{
    const struct qt_venue_port *venue = &watchman->options.venue;
    for (uint32_t k = 0; k < watchman->n_open; k++) {
        const struct open_order *order = &watchman->open[k];
        if (order->side == QT_SELL && watchman->holding[order->instrument].buys > 0)
            continue; /* W3 */
        if (!venue->cancel(venue->self, order->instrument, order->client_id))
            continue;
        watchman->view.cancels++;
        if (watchman->view.first_cancel_ns < 0)
            watchman->view.first_cancel_ns = now_ns - watchman->acting_ns;
    }
}

static void
sell(struct qt_watchman *watchman, uint32_t instrument, qt_qty qty, int64_t now_ns)
{
    const struct qt_venue_port *venue = &watchman->options.venue;
    const struct qt_order_request request = {.client_id = watchman->next_id,
                                             .instrument = instrument,
                                             .side = QT_SELL,
                                             .type = QT_TYPE_MARKET,
                                             .tif = QT_TIF_GTC,
                                             .reduce_only = true,
                                             .px = QT_PX_NONE,
                                             .stop_px = QT_PX_NONE,
                                             .qty = qty};
    struct holding *holding = &watchman->holding[instrument];
    if (!venue->submit(venue->self, &request))
        return;
    watchman->next_id++;
    watchman->view.sales++;
    holding->sale = request.client_id;
    holding->sent_ns = holding->asked_ns = now_ns;
}

/* One symbol of a whole read. True: something of ours is left there. */
static bool
settle(struct qt_watchman *watchman, uint32_t instrument, int64_t now_ns)
{
    const struct qt_instrument *ins = qt_universe_at(watchman->options.universe, instrument);
    struct holding *holding = &watchman->holding[instrument];
    if (qt_qty_sign(holding->held) > 0 && !holding->is_claimed) {
        watchman->view.unclaimed++;
        return false;
    }
    if (!holding->is_foreign_known) { /* the first read decides: what exceeds the position */
        qt_qty position = qt_qty_min(holding->held, holding->position);
        holding->is_foreign_known = qt_qty_sub(holding->held, position, &holding->foreign);
    }
    if (qt_qty_sign(ours_of(holding)) <= 0) {
        holding->is_dust = false;
        return holding->sale != 0;
    }
    qt_qty qty = sellable(ins, holding);
    bool is_locked = qt_qty_cmp(holding->free, ours_of(holding)) < 0;
    bool is_small = qt_qty_sign(qty) == 0 && !is_locked;
    if (holding->sale == 0 && (holding->is_dust || is_small)) {
        watchman->view.dust++;
        return false;
    }
    watchman->view.holdings++;
    if (holding->sale == 0 && holding->buys + holding->sells == 0 && qt_qty_sign(qty) > 0)
        sell(watchman, instrument, qty, now_ns);
    return true;
}

static void
judge(struct qt_watchman *watchman, bool is_left, int64_t now_ns)
{
    if (is_left) {
        watchman->state = QT_WATCH_ACTING;
        watchman->flat_ns = QT_TIME_NONE;
        return;
    }
    if (watchman->flat_ns == QT_TIME_NONE)
        watchman->flat_ns = now_ns;
    if (now_ns - watchman->flat_ns >= watchman->options.gap_ns)
        watchman->state = QT_WATCH_FLAT;
    if (watchman->state == QT_WATCH_FLAT)
        watchman->next_ns = now_ns + CALM_NS;
}

static void
act(struct qt_watchman *watchman, int64_t now_ns)
{
    bool is_left = watchman->n_seen > 0;
    watchman->still++;
    watchman->view.rounds++;
    watchman->view.orders = watchman->n_seen;
    watchman->view.holdings = watchman->view.dust = watchman->view.unclaimed = 0;
    cancel_orders(watchman, now_ns);
    for (uint32_t i = 0; i < watchman->symbols; i++)
        is_left |= settle(watchman, i, now_ns);
    judge(watchman, is_left, now_ns);
}

/* Answers */

/* Of a sale of ours. That the venue does not know it is believed once it can not come any more. */
static void
take_answer(struct qt_watchman *watchman, struct holding *holding, const struct qt_report *report,
            int64_t now_ns)
{
    bool is_late = now_ns - holding->sent_ns >= watchman->options.gap_ns;
    bool is_gone =
        report->type == QT_REPORT_REJECTED || (report->type == QT_REPORT_NOT_FOUND && is_late);
    bool has_state = report->type != QT_REPORT_TIMEOUT && report->type != QT_REPORT_NOT_FOUND;
    bool is_final = has_state && qt_order_state_is_final((enum qt_order_state)report->state);
    if (!is_gone && !is_final)
        return;
    holding->sale = 0;
    holding->is_dust = report->type == QT_REPORT_REJECTED && report->code == TOO_SMALL;
}

/* Not if it is refused, or not known: for all that is told the account is what it was. */
static bool
tells_a_change(const struct qt_report *report)
{
    return report->type != QT_REPORT_REJECTED && report->type != QT_REPORT_CANCEL_REJECTED &&
           report->type != QT_REPORT_NOT_FOUND && report->type != QT_REPORT_TIMEOUT;
}

/* Of one of our orders: what is read next may be older than a change. */
static void
take_report(struct qt_watchman *watchman, const struct qt_event *event, int64_t now_ns)
{
    struct holding *holding = &watchman->holding[event->instrument];
    if (event->report.client_id == 0)
        return;
    if (event->report.client_id == holding->sale)
        take_answer(watchman, holding, &event->report, now_ns);
    watchman->is_old |= event->report.type != QT_REPORT_REJECTED;
    if (!tells_a_change(&event->report))
        return;
    watchman->still = 0;
    watchman->next_ns = now_ns;
}

static void
end_read(struct qt_watchman *watchman, const struct qt_event *event, int64_t now_ns)
{
    bool is_good = !(event->flags & QT_EVENT_REFUSED) && !watchman->is_old;
    watchman->is_reading = false;
    if (is_good)
        act(watchman, now_ns);
    else if (watchman->is_old)
        watchman->next_ns = now_ns;
    watchman->is_old = false;
}

void
qt_watchman_event(struct qt_watchman *watchman, const struct qt_event *event, int64_t now_ns)
{
    if (watchman->state < QT_WATCH_ACTING)
        return;
    bool is_report = event->kind == QT_EVENT_REPORT && event->instrument < watchman->symbols;
    bool is_row = is_report && (event->flags & QT_EVENT_SNAPSHOT);
    if (is_report && !is_row)
        take_report(watchman, event, now_ns);
    else if (!watchman->is_reading)
        return;
    else if (is_row)
        take_row(watchman, event);
    else if (event->kind == QT_EVENT_BALANCE)
        take_balance(watchman, &event->balance);
    else if (event->kind == QT_EVENT_SYNC)
        end_read(watchman, event, now_ns);
}

static void
ask_sales(struct qt_watchman *watchman, int64_t now_ns)
{
    const struct qt_venue_port *venue = &watchman->options.venue;
    for (uint32_t i = 0; i < watchman->symbols; i++) {
        struct holding *holding = &watchman->holding[i];
        if (holding->sale == 0 || now_ns - holding->asked_ns < ASK_NS)
            continue;
        holding->asked_ns = now_ns;
        (void)venue->query(venue->self, i, holding->sale);
    }
}

static void
begin_to_act(struct qt_watchman *watchman, int64_t now_ns)
{
    watchman->state = QT_WATCH_ACTING;
    watchman->acting_ns = now_ns;
    watchman->flat_ns = QT_TIME_NONE;
    watchman->still = 0;
    watchman->next_ns = now_ns;
    watchman->is_reading = watchman->is_old = false;
    watchman->view = (struct qt_watch_view){.first_cancel_ns = -1};
    for (uint32_t i = 0; i < watchman->symbols; i++) {
        watchman->holding[i].sale = 0;
        watchman->holding[i].is_dust = false;
    }
}

void
qt_watchman_tick(struct qt_watchman *watchman, int64_t now_ns)
{
    if (watchman->state == QT_WATCH_GUARDING &&
        now_ns - watchman->heard_ns >= watchman->options.silent_ns)
        begin_to_act(watchman, now_ns);
    if (watchman->state < QT_WATCH_ACTING)
        return;
    ask_sales(watchman, now_ns);
    if (watchman->is_reading && now_ns - watchman->read_ns >= READ_NS)
        watchman->is_reading = false;
    if (!watchman->is_reading && now_ns >= watchman->next_ns)
        begin_read(watchman, now_ns);
}

struct qt_watch_view
qt_watchman_view(const struct qt_watchman *watchman, int64_t now_ns)
{
    struct qt_watch_view view = watchman->view;
    view.state = watchman->state;
    view.silent_ns = now_ns - watchman->heard_ns;
    return view;
}

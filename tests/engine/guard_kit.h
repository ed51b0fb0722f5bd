/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the suites of protective stops share, from within the room: an engine with a position of an
 * earlier run, a venue that says what each case wants it to say, and what the engine sent to it.
 * Prices are in cents, quantities in thousandths.
 */
#ifndef QTRADE_TESTS_GUARD_KIT_H
#define QTRADE_TESTS_GUARD_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_priv.h"

#include "qt_check.h"

enum {
    START_S = 1700000040,
    ENTRY = 10000, /* 2.000 at 100.00, stop at 98.00 */
    STOP = 9800,
    LIMIT = 9702, /* 100 bps below it */
    HELD = 2000,
    SENT_MAX = 32768
};

enum verb { SUBMIT, CANCEL, CANCEL_ALL, QUERY, INTEND, VERBS };

static struct {
    enum verb verb;
    struct qt_order_request order; /* of the others only the client id */
} sent[SENT_MAX];
static unsigned sents;
static bool is_port_down; /* nothing leaves */
static bool keeps_intents;
static const char *disk_fault; /* no intent can be kept; NULL: they can */

static struct qt_engine_config engine_config;
static struct qt_scan_config scan;
static struct qt_strategy_config strategy;
static struct qt_risk_config risk;
static struct qt_quality_config quality;
static struct qt_execution_config execution;
static struct qt_universe *universe;
static struct qt_engine *engine;
static struct qt_restore *restore;
static int64_t now_ns;
static unsigned audits_unprotected, audits_not_flat, adopted;
static struct qt_difference_record last_adopted, last_fill;
static unsigned fill_lines; /* differences of fills */

static inline bool
send_out(enum verb verb, const struct qt_order_request *order)
{
    if (is_port_down)
        return false;
    ck_assert_uint_lt(sents, SENT_MAX);
    sent[sents].verb = verb;
    sent[sents++].order = *order;
    return true;
}

static inline bool
submit(void *self, const struct qt_order_request *request)
{
    (void)self;
    return send_out(SUBMIT, request);
}

static inline bool
cancel(void *self, uint32_t instrument, uint64_t client_id)
{
    (void)self;
    return send_out(CANCEL,
                    &(struct qt_order_request){.instrument = instrument, .client_id = client_id});
}

static inline bool
cancel_all(void *self, uint32_t instrument)
{
    (void)self;
    return send_out(CANCEL_ALL, &(struct qt_order_request){.instrument = instrument});
}

static inline bool
query(void *self, uint32_t instrument, uint64_t client_id)
{
    (void)self;
    return send_out(QUERY,
                    &(struct qt_order_request){.instrument = instrument, .client_id = client_id});
}

static inline bool
sync_account(void *self)
{
    (void)self;
    return !is_port_down;
}

static inline int
no_work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    (void)self, (void)sink, (void)timeout_ms;
    return -1;
}

static inline bool
keep(void *self, const struct qt_record *record)
{
    (void)self;
    audits_unprotected +=
        record->kind == QT_RECORD_AUDIT && strcmp(record->audit.action, "unprotected") == 0;
    audits_not_flat +=
        record->kind == QT_RECORD_AUDIT && strcmp(record->audit.action, "not_flat") == 0;
    if (record->kind == QT_RECORD_DIFFERENCE && record->difference.what == QT_DIFFERENCE_ORDER &&
        record->difference.rule == QT_RULE_ADOPTED) {
        adopted++;
        last_adopted = record->difference;
    }
    if (record->kind == QT_RECORD_DIFFERENCE && record->difference.what == QT_DIFFERENCE_FILL) {
        fill_lines++;
        last_fill = record->difference;
    }
    return true;
}

static inline bool
intend(void *self, const struct qt_intent *intent, const char **out_why)
{
    (void)self;
    *out_why = disk_fault;
    sent[sents].verb = INTEND;
    sent[sents++].order = intent->request;
    return !disk_fault;
}

static inline void
open_engine(void)
{
    struct qt_error err = {0};
    const struct qt_engine_options options = {.engine = &engine_config,
                                              .scan = &scan,
                                              .strategy = &strategy,
                                              .risk = &risk,
                                              .quality = &quality,
                                              .execution = &execution,
                                              .universe = universe,
                                              .feed = {.work = no_work},
                                              .venue = {.submit = submit,
                                                        .cancel = cancel,
                                                        .cancel_all = cancel_all,
                                                        .query = query,
                                                        .sync = sync_account},
                                              .store = {.put = keep,
                                                        .intend = keeps_intents ? intend : NULL},
                                              .run_kind = "test",
                                              .restore = restore,
                                              .base_period_ns = QT_NS_PER_MIN};
    engine = qt_engine_create(&options, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
}

static inline void
set_up(void)
{
    const struct qt_config_binding bindings[] = {{&qt_engine_section, &engine_config},
                                                 {&qt_scan_section, &scan},
                                                 {&qt_strategy_section, &strategy},
                                                 {&qt_risk_section, &risk},
                                                 {&qt_quality_section, &quality},
                                                 {&qt_execution_section, &execution}};
    struct qt_instrument ins = {.symbol = "AAAUSDT",
                                .base = "AAA",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {1},
                                .lot = {10},
                                .min_notional = {INT64_C(10) * 100000000}};
    struct qt_error err = {0};
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    engine_config.workers = 1;
    quality.outlier_confirm = 1;
    universe = qt_universe_create();
    ck_assert(qt_universe_add(universe, &ins, &err));
    now_ns = START_S * QT_NS_PER_S;
    sents = audits_unprotected = audits_not_flat = adopted = fill_lines = 0;
    is_port_down = keeps_intents = false;
    disk_fault = NULL;
    restore = calloc(1, sizeof *restore);
    ck_assert_ptr_nonnull(restore);
    restore->is_found = true;
    restore->last_seq = 1000;
    restore->positions = 1;
    restore->position[0] =
        (struct qt_position_record){.qty = {HELD},
                                    .initial_qty = {HELD},
                                    .cost = {INT64_C(200) * 100000000},
                                    .opened_ns = now_ns - QT_NS_PER_MIN,
                                    .has_plan = true,
                                    .plan = {.side = QT_BUY,
                                             .tick = {1},
                                             .step = {10},
                                             .entry = {ENTRY},
                                             .initial_stop = {STOP},
                                             .stop = {STOP},
                                             .target = {{10300}, {10400}, {10600}},
                                             .target_bps = {4000, 3000, 3000},
                                             .trail = {100},
                                             .best = {ENTRY},
                                             .opened_ns = now_ns - QT_NS_PER_MIN,
                                             .deadline_ns = now_ns + QT_NS_PER_DAY}};
}

static inline void
tear_down(void)
{
    qt_engine_destroy(engine);
    qt_universe_destroy(universe);
    free(restore);
}

static inline struct qt_symbol *
symbol(void)
{
    return &engine->symbol[0];
}

/* What the market and the venue say */

static inline void
pass(struct qt_event *event)
{
    event->t_venue_ns = event->t_recv_ns = now_ns;
    qt__sequence(engine, event);
    qt__refused_take(engine);
    qt__commands_take(engine);
}

/* A second later the bid stands at px. */
static inline void
quote(int64_t px)
{
    now_ns += QT_NS_PER_S;
    struct qt_event event = {
        .kind = QT_EVENT_QUOTE,
        .quote = {.bid = {px}, .ask = {px + 2}, .bid_qty = {9000}, .ask_qty = {9000}}};
    pass(&event);
}

static inline void
seconds(unsigned n, int64_t px)
{
    while (n-- > 0)
        quote(px);
}

static inline void
say_status(enum qt_instrument_status status, int64_t lot)
{
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_STATUS,
                             .status = {.status = (uint8_t)status, .lot = {lot}}};
    pass(&event);
}

static inline void
report(uint64_t client_id, enum qt_report_type type, enum qt_order_state state, int64_t cum_qty)
{
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .report = {.client_id = client_id,
                                        .venue_id = 7,
                                        .px = QT_PX_NONE,
                                        .cum_qty = {cum_qty},
                                        .cum_quote = {-1},
                                        .type = (uint8_t)type,
                                        .state = (uint8_t)state,
                                        .side = QT_SELL}};
    pass(&event);
}

static inline void
accept_order(uint64_t client_id)
{
    report(client_id, QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0);
}

static inline void
fill_flagged(uint64_t client_id, int64_t px, int64_t qty, int64_t cum_qty, uint16_t flags)
{
    static uint64_t trade_id;
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .flags = flags,
                             .report = {.client_id = client_id,
                                        .venue_id = 7,
                                        .trade_id = ++trade_id,
                                        .px = {px},
                                        .qty = {qty},
                                        .cum_qty = {cum_qty},
                                        .cum_quote = {-1},
                                        .type = QT_REPORT_FILL,
                                        .state = QT_ORDER_PARTIAL,
                                        .side = QT_SELL}};
    pass(&event);
}

static inline void
fill(uint64_t client_id, int64_t px, int64_t qty, int64_t cum_qty)
{
    fill_flagged(client_id, px, qty, cum_qty, 0);
}

/* What was sent */

static inline unsigned
count(enum verb verb)
{
    unsigned n = 0;
    for (unsigned i = 0; i < sents; i++)
        n += sent[i].verb == verb;
    return n;
}

static inline const struct qt_order_request *
last(enum verb verb)
{
    for (unsigned i = sents; i-- > 0;)
        if (sent[i].verb == verb)
            return &sent[i].order;
    ck_abort_msg("nothing of the kind was sent");
}

static inline void
check_stop(const struct qt_order_request *order, int64_t qty, int64_t stop_px)
{
    ck_assert_int_eq(order->type, QT_TYPE_STOP_LOSS_LIMIT);
    ck_assert_int_eq(order->side, QT_SELL);
    ck_assert(order->reduce_only);
    ck_assert_int_eq(order->qty.v, qty);
    ck_assert_int_eq(order->stop_px.v, stop_px);
    ck_assert_int_lt(order->px.v, stop_px);
}

static inline void
check_sale(const struct qt_order_request *order, int64_t qty)
{
    ck_assert_int_eq(order->type, QT_TYPE_MARKET);
    ck_assert_int_eq(order->side, QT_SELL);
    ck_assert(order->reduce_only);
    ck_assert_int_eq(order->qty.v, qty);
}

/* The engine, with the position's stop accepted by the venue; its id. */
static uint64_t protected(void)
{
    open_engine();
    seconds(2, ENTRY);
    uint64_t id = last(SUBMIT)->client_id;
    accept_order(id);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_VENUE);
    ck_assert_uint_eq(sents, 1);
    return id;
}

/* The market has fallen through the stop, and the engine asks for its order back. */
static inline uint64_t
leaving(void)
{
    uint64_t id = protected();
    quote(STOP - 1);
    ck_assert_uint_eq(count(CANCEL), 1);
    ck_assert_uint_eq(last(CANCEL)->client_id, id);
    ck_assert_uint_eq(count(SUBMIT), 1);
    return id;
}

static inline void
check_flat(unsigned submits)
{
    ck_assert(!symbol()->has_plan && !symbol()->guard.order && !symbol()->guard.has_exit);
    ck_assert(qt_position_is_flat(&symbol()->position));
    seconds(20, STOP - 1);
    ck_assert_uint_eq(count(SUBMIT), submits); /* nothing more is sold */
    ck_assert_uint_eq(engine->counts.incidents, 0);
    ck_assert(engine->is_conserved);
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the suites of perpetuals share: two symbols, a market that is moved by hand, and what was
 * told. ALFAUSDT: tick 0.1, lot 0.001; BETAUSDT: tick 0.001, lot 1.
 */
#ifndef QTRADE_TESTS_PERP_KIT_H
#define QTRADE_TESTS_PERP_KIT_H

#include "qt_check.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/sim/perp.h"

#define UNIT INT64_C(100000000)               /* one USDT */
#define FUND (1000000 * UNIT)                 /* that the insurance begins with */
#define START_NS (1700006400LL * QT_NS_PER_S) /* 2023-11-15T00:00:00Z */
#define TOLD 256

/** Not ck_assert: it is asked millions of times. */
#define KIT_HOLDS(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

struct kit_event {
    enum qt_perp_event event;
    struct qt_perp_order order;
    struct qt_perp_fill fill;
};

struct kit {
    struct qt_universe *universe;
    struct qt_perp *perp;
    struct kit_event told[TOLD]; /* a ring */
    unsigned n_told;
    unsigned n_calls;                 /* margin calls */
    int64_t held[QT_OWNERS_MAX][2];   /* sums of the fills that were told */
    int64_t changed[QT_PERP_REASONS]; /* sums of what accounts were told */
    bool has_turned;                  /* a reduce-only fill made a position larger or turned it */
};

static inline void
kit_execution(void *context, enum qt_perp_event event, const struct qt_perp_order *order,
              const struct qt_perp_fill *fill)
{
    struct kit *kit = context;
    struct kit_event *told = &kit->told[kit->n_told++ % TOLD];
    *told = (struct kit_event){.event = event, .order = *order};
    if (!fill)
        return;
    told->fill = *fill;
    int64_t *held = &kit->held[fill->owner][fill->instrument];
    int64_t before = *held;
    *held += fill->is_buyer ? fill->qty.v : -fill->qty.v;
    bool grew = llabs(*held) > llabs(before),
         turned = before != 0 && *held != 0 && (before > 0) != (*held > 0);
    kit->has_turned |= (order->reduce_only || order->close_position) && (grew || turned);
}

static inline void
kit_account(void *context, uint32_t owner, uint32_t instrument, enum qt_perp_reason reason,
            qt_money change)
{
    struct kit *kit = context;
    (void)owner;
    (void)instrument;
    kit->changed[reason] += change.v;
}

static inline void
kit_margin_call(void *context, uint32_t owner, uint32_t instrument)
{
    (void)owner;
    (void)instrument;
    ((struct kit *)context)->n_calls++;
}

static inline void
kit_add(struct kit *kit, const char *symbol, int px_scale, int qty_scale)
{
    struct qt_error err = {0};
    struct qt_instrument ins = {.quote = "USDT",
                                .px_scale = px_scale,
                                .qty_scale = qty_scale,
                                .tick = {1},
                                .min_px = {1},
                                .lot = {1},
                                .min_qty = {1},
                                .min_notional = {5 * UNIT}};
    (void)qt_copy(ins.symbol, sizeof ins.symbol, symbol);
    (void)qt_copy_n(ins.base, sizeof ins.base, symbol, 4);
    ck_assert(qt_universe_add(kit->universe, &ins, &err));
}

/* The ladder around px: 20 levels of qty a tick apart, the best one tick away. */
static inline struct qt_ladder
kit_ladder(int64_t px, int64_t qty)
{
    struct qt_ladder ladder = {.n_bids = 20, .n_asks = 20};
    for (int i = 0; i < 20; i++) {
        ladder.bids[i] = (struct qt_depth_level){.px = {px - 1 - i}, .qty = {qty}};
        ladder.asks[i] = (struct qt_depth_level){.px = {px + 1 + i}, .qty = {qty}};
    }
    return ladder;
}

/** Index, book and last trade go to px. */
static inline void
kit_move(struct kit *kit, uint32_t instrument, int64_t px)
{
    struct qt_ladder ladder = kit_ladder(px, 100000);
    qt_perp_set_index(kit->perp, instrument, (qt_px){px});
    qt_perp_tick(kit->perp, instrument, QT_BUY, (qt_px){px}, (qt_qty){1}, &ladder);
}

/** So many seconds pass. */
static inline void
kit_pass(struct kit *kit, int64_t seconds)
{
    qt_perp_advance(kit->perp, qt_perp_now(kit->perp) + seconds * QT_NS_PER_S);
}

static inline void
kit_start(struct kit *kit, const struct qt_perp_options *options)
{
    struct qt_error err = {0};
    const struct qt_perp_listener listener = {.context = kit,
                                              .execution = kit_execution,
                                              .account = kit_account,
                                              .margin_call = kit_margin_call};
    static const struct qt_perp_options usual = {
        .maker_ppm = 200, .taker_ppm = 500, .insurance = {FUND}, .clearance_ppm = 12500};
    memset(kit, 0, sizeof *kit);
    kit->universe = qt_universe_create();
    kit_add(kit, "ALFAUSDT", 1, 3);
    kit_add(kit, "BETAUSDT", 3, 0);
    kit->perp = qt_perp_create(kit->universe, options ? options : &usual, &listener, &err);
    ck_assert_msg(kit->perp != NULL, "%s", err.text);
    qt_perp_advance(kit->perp, START_NS);
    kit_move(kit, 0, 10000); /* 1000.0 */
    kit_move(kit, 1, 2000);  /* 2.000 */
    for (uint32_t owner = 1; owner <= 3; owner++)
        ck_assert(qt_perp_deposit(kit->perp, owner, (qt_money){10000 * UNIT}));
}

static inline void
kit_stop(struct kit *kit)
{
    ck_assert(qt_margin_is_conserved(qt_perp_margin(kit->perp)));
    ck_assert(!kit->has_turned);
    qt_perp_destroy(kit->perp);
    qt_universe_destroy(kit->universe);
}

static inline struct qt_perp_ticket
kit_ticket(uint32_t owner, enum qt_side side, enum qt_perp_type type, int64_t qty, int64_t px)
{
    return (struct qt_perp_ticket){.owner = owner,
                                   .side = (uint8_t)side,
                                   .type = (uint8_t)type,
                                   .px = px ? (qt_px){px} : QT_PX_NONE,
                                   .stop_px = QT_PX_NONE,
                                   .qty = {qty}};
}

/** Places what must be accepted; the order afterwards. */
static inline struct qt_perp_order
kit_place(struct kit *kit, const struct qt_perp_ticket *ticket)
{
    struct qt_perp_order order;
    enum qt_perp_verdict verdict = qt_perp_place(kit->perp, ticket, &order);
    ck_assert_msg(verdict == QT_PERP_OK, "%s", qt_perp_text(verdict));
    return order;
}

static inline struct qt_perp_order
kit_market(struct kit *kit, uint32_t owner, enum qt_side side, int64_t qty)
{
    struct qt_perp_ticket ticket = kit_ticket(owner, side, QT_PERP_MARKET, qty, 0);
    return kit_place(kit, &ticket);
}

static inline struct qt_perp_order
kit_limit(struct kit *kit, uint32_t owner, enum qt_side side, int64_t qty, int64_t px)
{
    struct qt_perp_ticket ticket = kit_ticket(owner, side, QT_PERP_LIMIT, qty, px);
    return kit_place(kit, &ticket);
}

static inline struct qt_perp_order
kit_find(struct kit *kit, uint64_t id)
{
    struct qt_perp_order order = {0};
    for (uint32_t owner = 0; owner < 4; owner++)
        if (qt_perp_find(kit->perp, owner, QT_NO_INSTRUMENT, id, NULL, &order))
            return order;
    ck_abort_msg("no order %llu", (unsigned long long)id);
    return order;
}

static inline const struct qt_margin_position *
kit_position(const struct kit *kit, uint32_t owner)
{
    return qt_margin_position(qt_perp_margin(kit->perp), owner, 0);
}

static inline struct qt_margin_state
kit_state(const struct kit *kit, uint32_t owner)
{
    return qt_margin_state(qt_perp_margin(kit->perp), owner);
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fixed picture. Its walk is a small integer generator of its own, so that golden frames never
 * depend on another room's random numbers.
 */
#include "sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/trade/parent.h"

#define NOON_NS INT64_C(1710509645000000000) /* 2024-03-15 13:34:05 UTC */

static const struct {
    const char *symbol;
    double last, change, score, volatility, momentum, volume, trend, decay, correlation;
    const char *with;
    double turnover, spread, signal, confidence;
    int px_scale, selected;
    const char *why;
} ranks[] = {
    {"SOLUSDT", 182.37, 6.82, 84.6, 71, 92, 88, 90, 1.00, 0.00, "", 4.21e9, 0.5, 0.71, 0.83, 2, 1,
     "entered long 13:02, +1.24R"},
    {"FETUSDT", 2.8417, 11.94, 79.3, 93, 84, 77, 66, 0.86, 0.41, "SOLUSDT", 3.9e8, 1.1, 0.58, 0.71,
     4, 1, "entered long 12:41, first target hit"},
    {"BTCUSDT", 68412.55, -2.31, 71.8, 55, 61, 79, 88, 1.00, 0.63, "SOLUSDT", 2.83e10, 0.1, -0.52,
     0.66, 2, 1, "entered short 13:21"},
    {"WIFUSDT", 2.9984, 18.40, 70.2, 98, 81, 64, 41, 0.54, 0.38, "FETUSDT", 7.2e8, 2.3, 0.31, 0.44,
     4, 1, "signal 0.31 below 0.45"},
    {"1000SHIBUSDT", 0.029814, -4.06, 66.9, 82, 57, 71, 52, 1.00, 0.55, "WIFUSDT", 9.8e8, 0.9, 0.49,
     0.52, 6, 1, "gate: spread 5.2 bps > 5 bps"},
    {"ETHUSDT", 3731.20, -3.12, 65.4, 58, 55, 74, 81, 1.00, 0.91, "BTCUSDT", 1.42e10, 0.2, -0.44,
     0.61, 2, 0, "correlation 0.91 with BTCUSDT"},
    {"AVAXUSDT", 53.91, 4.47, 63.0, 66, 71, 58, 57, 1.00, 0.78, "SOLUSDT", 6.1e8, 0.8, 0.33, 0.50,
     2, 0, "correlation 0.78 with SOLUSDT"},
    {"NEARUSDT", 7.824, 1.15, 58.7, 61, 49, 66, 60, 0.93, 0.74, "SOLUSDT", 4.4e8, 1.3, 0.12, 0.38,
     3, 0, "correlation 0.74 with SOLUSDT"},
    {"LINKUSDT", 18.63, -0.48, 51.1, 44, 42, 61, 58, 1.00, 0.58, "BTCUSDT", 3.0e8, 0.9, -0.05, 0.31,
     2, 0, "score rank 9"},
};

static uint64_t
roll(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* -1..1, bell-shaped enough */
static double
wobble(uint64_t *state)
{
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (double)(roll(state) % 2001) / 1000.0 - 1;
    return sum / 4;
}

static qt_px
px(double v, int scale)
{
    qt_px out = QT_PX_NONE;
    return qt_px_of_double(v, scale, &out) ? out : QT_PX_NONE;
}

static qt_qty
qty(double v, int scale)
{
    qt_qty out = QT_QTY_ZERO;
    bool is_short = v < 0;
    if (!qt_qty_of_double_floor(fabs(v) + 1e-9, scale, &out))
        return QT_QTY_ZERO;
    return is_short ? qt_qty_neg(out) : out;
}

static qt_money
money(double v)
{
    qt_money out = QT_MONEY_ZERO;
    return qt_money_of_double(v, QT_MONEY_SCALE, &out) ? out : QT_MONEY_ZERO;
}

static void
fill_ranks(struct qt_snapshot *snap, unsigned n)
{
    for (size_t i = 0; i < QT_COUNT_OF(ranks); i++) {
        struct qt_rank_view *r = &snap->rank[snap->ranked++];
        double tick = n == 0 ? 1 : 1 + 0.001 * sin(n / 7.0 + (double)i);
        qt_copy(r->symbol, sizeof r->symbol, ranks[i].symbol);
        qt_copy(r->max_correlation_with, sizeof r->max_correlation_with, ranks[i].with);
        qt_copy(r->why, sizeof r->why, ranks[i].why);
        r->instrument = (uint32_t)i;
        r->px_scale = ranks[i].px_scale;
        r->is_selected = ranks[i].selected != 0;
        r->score = ranks[i].score * tick;
        r->volatility = ranks[i].volatility;
        r->momentum = ranks[i].momentum;
        r->volume = ranks[i].volume;
        r->trend = ranks[i].trend;
        r->decay = ranks[i].decay;
        r->max_correlation = ranks[i].correlation;
        r->change_24h_pct = ranks[i].change;
        r->quote_volume_24h = ranks[i].turnover;
        r->spread_bps = ranks[i].spread;
        r->last = px(ranks[i].last * tick, r->px_scale);
        r->signal = ranks[i].signal;
        r->confidence = ranks[i].confidence;
        r->has_signal = i != 8;
    }
}

static void
fill_regime(struct qt_snapshot *snap)
{
    static const double structure[] = {0.62, 0.18, 0.13, 0.07}, market[] = {0.71, 0.04, 0.23, 0.02};
    static const struct {
        const char *reason;
        uint32_t count;
    } out[] = {{"volume", 213}, {"spread", 41}, {"history", 19}, {"stale", 3}, {"micro_cap", 12}};
    snap->regime = (struct qt_regime_view){.is_known = true,
                                           .structure = 0,
                                           .market = 0,
                                           .confidence = 0.81,
                                           .stability = 0.92,
                                           .switches_per_day = 1.4};
    memcpy(snap->regime.structure_probability, structure, sizeof structure);
    memcpy(snap->regime.market_probability, market, sizeof market);
    snap->instruments = 400;
    snap->eligible = 112;
    for (size_t i = 0; i < QT_COUNT_OF(out); i++) {
        struct qt_exclusion_view *row = &snap->exclusion[snap->exclusions++];
        qt_copy(row->reason, sizeof row->reason, out[i].reason);
        row->count = out[i].count;
    }
}

static void
fill_positions(struct qt_snapshot *snap)
{
    static const struct {
        uint32_t rank;
        double qty, entry, stop, target, unrealised, realised, r;
        int hits, minutes;
    } rows[] = {
        {0, 27.4, 178.92, 176.10, 187.20, 94.53, 0, 1.24, 0, 32},
        {1, 1690, 2.7630, 2.7702, 2.9210, 133.00, 88.21, 2.31, 1, 53},
        {2, -0.0730, 68102.00, 68590.00, 67126.00, -22.67, 0, -0.64, 0, 13},
    };
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        const struct qt_rank_view *rank = &snap->rank[rows[i].rank];
        struct qt_position_view *p = &snap->position[snap->positions++];
        qt_copy(p->symbol, sizeof p->symbol, rank->symbol);
        p->instrument = rank->instrument;
        p->px_scale = rank->px_scale;
        p->qty_scale = 4;
        p->qty = qty(rows[i].qty, 4);
        p->entry = px(rows[i].entry, p->px_scale);
        p->mark = rank->last;
        p->stop = px(rows[i].stop, p->px_scale);
        p->target = px(rows[i].target, p->px_scale);
        p->targets = 3;
        p->targets_hit = (uint8_t)rows[i].hits;
        p->notional = money(fabs(rows[i].qty) * ranks[rows[i].rank].last);
        p->unrealised = money(rows[i].unrealised);
        p->realised = money(rows[i].realised);
        p->r_multiple = rows[i].r;
        p->opened_ns = snap->t_ns - rows[i].minutes * QT_NS_PER_MIN;
    }
}

static void
fill_orders(struct qt_snapshot *snap)
{
    static const struct {
        uint32_t rank;
        uint8_t side, type, state;
        double px, qty, filled;
        int seconds;
        const char *purpose;
    } rows[] = {
        {2, QT_BUY, QT_TYPE_STOP_LOSS, QT_ORDER_OPEN, 68590.00, 0.0730, 0, 791, "stop"},
        {2, QT_BUY, QT_TYPE_LIMIT, QT_ORDER_OPEN, 67126.00, 0.0243, 0, 790, "target"},
        {3, QT_BUY, QT_TYPE_LIMIT, QT_ORDER_UNKNOWN, 2.9901, 400, 0, 14, "entry"},
        {1, QT_SELL, QT_TYPE_STOP_LOSS, QT_ORDER_OPEN, 2.7702, 1690, 0, 3181, "stop"},
        {1, QT_SELL, QT_TYPE_LIMIT, QT_ORDER_PARTIAL, 2.9210, 845, 120, 3180, "target"},
        {0, QT_SELL, QT_TYPE_STOP_LOSS, QT_ORDER_CANCEL_PENDING, 176.10, 27.4, 0, 1921, "stop"},
        {0, QT_SELL, QT_TYPE_LIMIT, QT_ORDER_OPEN, 187.20, 9.1, 0, 1920, "target"},
    };
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        const struct qt_rank_view *rank = &snap->rank[rows[i].rank];
        struct qt_order_view *o = &snap->order[snap->orders++];
        qt_copy(o->symbol, sizeof o->symbol, rank->symbol);
        qt_copy(o->purpose, sizeof o->purpose, rows[i].purpose);
        o->client_id = qt_client_id(482113 - i * 977, 0);
        o->instrument = rank->instrument;
        o->px_scale = rank->px_scale;
        o->qty_scale = 4;
        o->side = rows[i].side;
        o->type = rows[i].type;
        o->state = rows[i].state;
        o->px = px(rows[i].px, o->px_scale);
        o->qty = qty(rows[i].qty, 4);
        o->cum_qty = qty(rows[i].filled, 4);
        o->created_ns = snap->t_ns - rows[i].seconds * QT_NS_PER_S;
    }
}

static void
fill_parents(struct qt_snapshot *snap)
{
    static const struct {
        uint32_t rank;
        const char *purpose, *algorithm, *why;
        double qty, filled, arrival, average, vwap_bps, shortfall, bps;
        int side, state, children, minutes;
    } rows[] = {
        {3, "entry", "twap", "a child's answer is awaited", 1600, 560, 2.9967, 2.9981, 1.2, 2.34, 4.9,
         QT_BUY, QT_PARENT_WORKING, 4, 2},
        {1, "target", "chase", "rests", 845, 120, 2.9202, 2.9210, -2.1, -0.31, -1.3, QT_SELL,
         QT_PARENT_WORKING, 3, 53},
        {2, "entry", "immediate", "filled", 0.073, 0.073, 68104.5, 68102.00, 0, 5.15, 10.4, QT_SELL,
         QT_PARENT_DONE, 1, 13},
        {0, "entry", "twap", "deadline", 30.0, 27.4, 178.81, 178.92, 3.4, 14.62, 27.3, QT_BUY,
         QT_PARENT_DONE, 10, 32},
    };
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        const struct qt_rank_view *rank = &snap->rank[rows[i].rank];
        struct qt_parent_view *p = &snap->parent[snap->parents++];
        qt_copy(p->symbol, sizeof p->symbol, rank->symbol);
        qt_copy(p->purpose, sizeof p->purpose, rows[i].purpose);
        qt_copy(p->algorithm, sizeof p->algorithm, rows[i].algorithm);
        qt_copy(p->why, sizeof p->why, rows[i].why);
        p->id = qt_client_id(481000 - i * 977, 0);
        p->instrument = rank->instrument;
        p->px_scale = rank->px_scale;
        p->qty_scale = 4;
        p->side = (uint8_t)rows[i].side;
        p->state = (uint8_t)rows[i].state;
        p->qty = qty(rows[i].qty, 4);
        p->filled = qty(rows[i].filled, 4);
        p->children = (uint32_t)rows[i].children;
        p->decided_ns = snap->t_ns - rows[i].minutes * QT_NS_PER_MIN;
        p->deadline_ns = p->decided_ns + QT_NS_PER_HOUR;
        p->ended_ns =
            rows[i].state == QT_PARENT_DONE ? p->decided_ns + QT_NS_PER_MIN : QT_TIME_NONE;
        p->has_cost = p->has_average = true;
        p->has_vwap = rows[i].vwap_bps != 0;
        p->arrival = rows[i].arrival;
        p->average = rows[i].average;
        p->arrival_bps = (rows[i].average / rows[i].arrival - 1) * (rows[i].side == QT_BUY ? 1e4 : -1e4);
        p->vwap_bps = rows[i].vwap_bps;
        p->shortfall = rows[i].shortfall;
        p->shortfall_bps = rows[i].bps;
    }
}

static void
fill_costs(struct qt_snapshot *snap)
{
    static const struct {
        const char *symbol, *algorithm;
        double notional, shortfall;
    } rows[] = {{"", "immediate", 14961, 15.6}, {"", "twap", 5364, 14.6}, {"SOLUSDT", "twap", 5364, 14.6}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        struct qt_cost_view *row = &snap->cost[snap->costs++];
        qt_copy(row->symbol, sizeof row->symbol, rows[i].symbol);
        qt_copy(row->algorithm, sizeof row->algorithm, rows[i].algorithm);
        row->parents = 3;
        row->children = 12;
        row->notional = row->filled = rows[i].notional;
        row->shortfall = rows[i].shortfall;
        row->shortfall_bps = rows[i].shortfall / rows[i].notional * 1e4;
    }
}

static void
fill_limits(struct qt_snapshot *snap)
{
    static const struct {
        const char *name, *unit;
        double value, limit;
        bool is_known;
        uint64_t refusals;
    } rows[] = {
        {"position_size", "%", 4.98, 5, true, 3},
        {"venue_share", "%", 14.6, 20, true, 0},
        {"strategy_share", "%", 14.6, 30, true, 0},
        {"heat", "%", 2.1, 25, true, 0},
        {"correlation", "", 0.63, 0.7, true, 41},
        {"daily_loss", "%", 0, 3, true, 0},
        {"drawdown", "%", 1.8, 15, true, 0},
        {"leverage", "x", 0.15, 2, true, 0},
        {"open_orders", "", 7, 50, true, 0},
        {"order_rate", "/min", 4, 60, true, 0},
        {"order_notional", "USDT", 4999, 25000, true, 0},
        {"var_99", "%", 0, 2, false, 0},
        {"price_collar", "bps", 3.1, 100, true, 0},
    };
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        struct qt_limit_view *l = &snap->limit[snap->limits++];
        qt_copy(l->name, sizeof l->name, rows[i].name);
        qt_copy(l->unit, sizeof l->unit, rows[i].unit);
        l->value = rows[i].value;
        l->limit = rows[i].limit;
        l->is_known = rows[i].is_known;
        l->refusals = rows[i].refusals;
    }
}

static void
fill_notes(struct qt_snapshot *snap)
{
    static const struct {
        int seconds, severity;
        const char *topic, *text;
    } rows[] = {
        {14, QT_SEVERITY_BAD, "trade",
         "buy 400 WIFUSDT limit 2.9901: no answer in time, asking the venue"},
        {41, QT_SEVERITY_WARN, "risk", "1000SHIBUSDT refused: spread 5.2 bps > 5 bps"},
        {791, QT_SEVERITY_GOOD, "trade", "sold 0.0730 BTCUSDT at 68,102.00, stop 68,590.00 armed"},
        {793, QT_SEVERITY_INFO, "signal", "BTCUSDT -0.52 (sure 66 %): short"},
        {1240, QT_SEVERITY_GOOD, "trade",
         "FETUSDT first target hit: sold 845 at 2.8674, +88.21 USDT"},
        {1921, QT_SEVERITY_GOOD, "trade", "bought 27.4 SOLUSDT at 178.92, stop 176.10 armed"},
        {1925, QT_SEVERITY_INFO, "signal", "SOLUSDT 0.71 (sure 83 %): long"},
        {2400, QT_SEVERITY_INFO, "market", "regime TRENDING 0.62, BULL 0.71"},
        {3181, QT_SEVERITY_GOOD, "trade", "bought 2535 FETUSDT at 2.7630, stop 2.6610 armed"},
        {4102, QT_SEVERITY_WARN, "system",
         "binance market feed: reconnected after 1.2 s, 31 books resynced"},
        {7921, QT_SEVERITY_INFO, "system", "started: 400 symbols, history complete"},
    };
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        struct qt_note_view *note = &snap->note[snap->notes++];
        qt_copy(note->topic, sizeof note->topic, rows[i].topic);
        qt_copy(note->text, sizeof note->text, rows[i].text);
        note->seq = 1000 - i;
        note->t_ns = snap->t_ns - rows[i].seconds * QT_NS_PER_S;
        note->severity = (uint8_t)rows[i].severity;
    }
}

static void
fill_candles(struct qt_symbol_view *s, double last, unsigned n)
{
    uint64_t state = s->instrument * 7919 + 17;
    double close[QT_VIEW_CANDLES], at = last;
    s->candles = QT_VIEW_CANDLES;
    for (int i = QT_VIEW_CANDLES - 1; i >= 0; i--) {
        close[i] = at;
        at /= 1 + 0.011 * wobble(&state) + 0.0012 * sin(i / 11.0 + s->instrument);
    }
    for (int i = 0; i < QT_VIEW_CANDLES; i++) {
        struct qt_candle *candle = &s->candle[i];
        candle->open_ns = qt_time_floor(NOON_NS + n * QT_NS_PER_S, s->candle_ns) -
                          (QT_VIEW_CANDLES - 1 - i) * s->candle_ns;
        candle->open = i > 0 ? close[i - 1] : at;
        candle->close = close[i];
        candle->high = QT_MAX(candle->open, candle->close) * (1 + 0.004 * fabs(wobble(&state)));
        candle->low = QT_MIN(candle->open, candle->close) * (1 - 0.004 * fabs(wobble(&state)));
        candle->volume =
            1000 * (1 + fabs(wobble(&state)) * 4 + 300 * fabs(candle->close / candle->open - 1));
    }
}

static void
fill_indicators(struct qt_symbol_view *s, double last)
{
    const struct {
        const char *name;
        double value;
    } rows[] = {{"rsi_14", 63.4187},
                {"macd_12_26_9", last * 0.00412},
                {"macd_signal", last * 0.0031},
                {"atr_14", last * 0.0093},
                {"adx_14", 31.9},
                {"ema_20", last * 0.991},
                {"ema_50", last * 0.978},
                {"bbands_upper", last * 1.012},
                {"bbands_lower", last * 0.969},
                {"obv", 1834211},
                {"vwap", last * 0.994},
                {"supertrend", last * 0.967}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        qt_copy(s->indicator[i].name, sizeof s->indicator[i].name, rows[i].name);
        s->indicator[i].value = rows[i].value;
    }
    s->indicators = QT_COUNT_OF(rows);
}

static void
fill_depth(struct qt_symbol_view *s, double last)
{
    uint64_t state = s->instrument + 5;
    double tick = pow(10, -s->px_scale) * QT_MAX(1, floor(last * 1e-4 * pow(10, s->px_scale)));
    for (int i = 0; i < 8; i++) {
        s->bid[i].px = px(last - tick * (i + 1), s->px_scale);
        s->ask[i].px = px(last + tick * (i + 1), s->px_scale);
        s->bid[i].qty = qty(1 + (double)(roll(&state) % 900) / 30, 4);
        s->ask[i].qty = qty(1 + (double)(roll(&state) % 900) / 30, 4);
    }
    s->bids = s->asks = s->instrument < 3 ? 8 : 0;
    s->quote = (struct qt_quote){s->bid[0].px, s->ask[0].px, s->bid[0].qty, s->ask[0].qty};
}

static void
fill_symbols(struct qt_snapshot *snap, unsigned n)
{
    for (uint32_t i = 0; i < 5; i++) {
        struct qt_symbol_view *s = &snap->symbol[snap->symbols++];
        double last = qt_px_to_double(snap->rank[i].last, snap->rank[i].px_scale);
        qt_copy(s->symbol, sizeof s->symbol, snap->rank[i].symbol);
        s->instrument = i;
        s->px_scale = snap->rank[i].px_scale;
        s->qty_scale = 4;
        s->candle_ns = 15 * QT_NS_PER_MIN;
        fill_candles(s, last, n);
        fill_indicators(s, last);
        fill_depth(s, last);
        snprintf(s->why, sizeof s->why,
                 "technical 0.66, volume and momentum 0.81, no sentiment and no order flow: their "
                 "weight "
                 "went to the other two");
    }
}

static void
fill_account(struct qt_snapshot *snap, unsigned n)
{
    snap->has_equity = true;
    snap->is_conserved = true;
    snap->equity = money(100483.17 + n * 0.31);
    snap->initial_equity = money(100000);
    snap->cash = money(85812.40);
    snap->exposure = money(14670.77);
    snap->day_pnl = money(483.17 + n * 0.31);
    snap->realised = money(312.09);
    snap->unrealised = money(204.86);
    snap->fees = money(33.78);
    snap->drawdown = 0.0042;
    snap->max_drawdown = 0.0181;
    snap->heat = 0.021;
    snap->counts = (struct qt_counts){.events = 48211347 + n * 611,
                                      .quotes = 31200412,
                                      .trades = 16900113 + n * 203,
                                      .bars = 88412,
                                      .reports = 61,
                                      .cycles = 7921 + n,
                                      .orders = 24,
                                      .fills = 19,
                                      .refusals = 44,
                                      .rejects = 1,
                                      .conflated_quotes = 120344};
    snap->shards = (struct qt_shards_view){.workers = 3, .moves = 5, .waits_in = 2};
    snap->parts = (struct qt_parts_view){.parts = 6, .running = 6, .walls = 29};
    snap->journal = (struct qt_journal_view){.is_kept = true, .bytes = 20400000};
    snap->cycle_p50_ns = 412000;
    snap->cycle_max_ns = 3900000;
}

struct qt_snapshot *
sample_create(unsigned n)
{
    struct qt_snapshot *snap = calloc(1, sizeof *snap);
    if (!snap)
        return NULL;
    snap->number = 7921 + n;
    snap->seq = 48211347 + n * 611;
    snap->t_ns = NOON_NS + n * QT_NS_PER_S;
    snap->mode = QT_MODE_NORMAL;
    snap->started_ns = NOON_NS - 7921 * QT_NS_PER_S;
    snap->mode_since_ns = snap->started_ns;
    qt_copy(snap->kill_switch, sizeof snap->kill_switch, "armed");
    qt_copy(snap->run_kind, sizeof snap->run_kind, "demo");
    qt_copy(snap->quote_asset, sizeof snap->quote_asset, "USDT");
    snap->venues = 1;
    snap->venue[0] = (struct qt_venue_view){.name = "binance",
                                            .link = {QT_LINK_UP, QT_LINK_UP, QT_LINK_UP},
                                            .feed_age_ns = 84 * QT_NS_PER_MS,
                                            .round_trip_ns = 41 * QT_NS_PER_MS,
                                            .reconnects = 1};
    fill_account(snap, n);
    fill_regime(snap);
    fill_ranks(snap, n);
    fill_positions(snap);
    fill_orders(snap);
    fill_parents(snap);
    fill_costs(snap);
    fill_limits(snap);
    fill_notes(snap);
    fill_symbols(snap, n);
    return snap;
}

/* Texts that must not reach a terminal as they are (fault T6). */
static const char *const hostile_texts[] = {
    "\033]0;owned\007",
    "\033[2J\033[31mRED",
    "\033]52;c;ZWNobw==\007",
    "\033P$q\"p\033\\",
    "\xc2\x9b"
    "31mC1",
    "a\nb\rc\td\vb\b\b\x7f",
    "\xe2\x80\xae"
    "TDSU"
    "\xe2\x81\xa6",
    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
    "\xd7\x90\xd7\x91\xd8\xa7",
    "\xff\xfe\xc3\x28\xed\xa0\x80\xf8\x88\x80\x80\x80",
    "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
    "\xe4\xb8\xad\xe6\x96\x87\xe4\xbb\xa3\xe5\xb8\x81",
    "\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf",
    "%s%n%x%99999d",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "A",
    "",
};

static void
spoil(char *out, size_t size, uint64_t *state)
{
    const char *text = hostile_texts[roll(state) % QT_COUNT_OF(hostile_texts)];
    memset(out, 'A', size - 1);
    out[size - 1] = '\0';
    if (roll(state) % 4 != 0)
        snprintf(out, size, "%s", text);
}

static double
wild(uint64_t *state)
{
    static const double values[] = {NAN,   INFINITY,  -INFINITY,  0,  -0.0,
                                    1e308, -1e308,    1e-308,     -1, 101,
                                    1e15,  999999999, 0.123456789};
    return values[roll(state) % QT_COUNT_OF(values)];
}

void
sample_make_hostile(struct qt_snapshot *snap, uint64_t seed)
{
    uint64_t state = seed * 977 + 1;
    spoil(snap->run_kind, sizeof snap->run_kind, &state);
    spoil(snap->kill_switch, sizeof snap->kill_switch, &state);
    spoil(snap->mode_reason, sizeof snap->mode_reason, &state);
    spoil(snap->quote_asset, sizeof snap->quote_asset, &state);
    spoil(snap->liquidation, sizeof snap->liquidation, &state);
    snap->mode = (uint8_t)(roll(&state) % 6);
    snap->is_liquidating = roll(&state) % 2;
    snap->t_ns = roll(&state) % 2 ? snap->t_ns : INT64_MIN + (int64_t)(roll(&state) % 9);
    snap->ranked = snap->positions = snap->orders = snap->limits = snap->notes = snap->symbols =
        snap->exclusions = snap->venues = roll(&state) % 3 ? 5 : UINT32_MAX;
    snap->drawdown = wild(&state);
    snap->heat = wild(&state);
    for (size_t i = 0; i < 4; i++) {
        snap->regime.structure_probability[i] = wild(&state);
        snap->regime.market_probability[i] = wild(&state);
    }
    snap->regime.structure = (uint8_t)roll(&state);
    for (size_t i = 0; i < QT_VIEW_VENUES; i++) {
        spoil(snap->venue[i].name, sizeof snap->venue[i].name, &state);
        snap->venue[i].link[0] = (uint8_t)roll(&state);
        snap->venue[i].feed_age_ns = roll(&state) % 2 ? INT64_MAX : INT64_MIN;
    }
    for (size_t i = 0; i < 5; i++) {
        struct qt_rank_view *r = &snap->rank[i];
        spoil(r->symbol, sizeof r->symbol, &state);
        spoil(r->why, sizeof r->why, &state);
        spoil(r->max_correlation_with, sizeof r->max_correlation_with, &state);
        r->score = wild(&state);
        r->trend = wild(&state);
        r->change_24h_pct = wild(&state);
        r->quote_volume_24h = wild(&state);
        r->px_scale = (int)(roll(&state) % 13);
        spoil(snap->position[i].symbol, sizeof snap->position[i].symbol, &state);
        snap->position[i].r_multiple = wild(&state);
        snap->position[i].opened_ns = INT64_MAX;
        spoil(snap->order[i].symbol, sizeof snap->order[i].symbol, &state);
        spoil(snap->order[i].purpose, sizeof snap->order[i].purpose, &state);
        snap->order[i].state = (uint8_t)roll(&state);
        snap->order[i].type = (uint8_t)roll(&state);
        spoil(snap->limit[i].name, sizeof snap->limit[i].name, &state);
        spoil(snap->limit[i].unit, sizeof snap->limit[i].unit, &state);
        snap->limit[i].value = wild(&state);
        snap->limit[i].limit = wild(&state);
        spoil(snap->note[i].text, sizeof snap->note[i].text, &state);
        spoil(snap->note[i].topic, sizeof snap->note[i].topic, &state);
        snap->note[i].severity = (uint8_t)roll(&state);
        snap->note[i].t_ns = roll(&state) % 2 ? INT64_MAX : -1;
        struct qt_symbol_view *s = &snap->symbol[i];
        spoil(s->symbol, sizeof s->symbol, &state);
        spoil(s->why, sizeof s->why, &state);
        s->candles = roll(&state) % 2 ? UINT32_MAX : (uint32_t)(roll(&state) % 4);
        s->candle_ns = roll(&state) % 2 ? INT64_MAX : (int64_t)(roll(&state) % 3) - 1;
        for (size_t k = 0; k < QT_VIEW_CANDLES; k += 1 + roll(&state) % 9) {
            s->candle[k].high = wild(&state);
            s->candle[k].low = wild(&state);
            s->candle[k].volume = wild(&state);
            s->candle[k].open_ns = roll(&state) % 2 ? INT64_MIN : INT64_MAX;
        }
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture of the engine that screen, API and metrics see: immutable once published, plain data,
 * ~10 a second. Readers take the latest with qt_engine_snapshot() and give it back; nobody ever
 * waits for anybody.
 */
#ifndef QTRADE_ENGINE_SNAPSHOT_H
#define QTRADE_ENGINE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/base/fixed.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/market/quality.h"
#include "qtrade/market/sources.h"
#include "qtrade/trade/request.h"

#define QT_TOP 5
#define QT_VIEW_ROWS 64 /* ranked rows, positions, orders, fills, limits, events shown at most */
#define QT_VIEW_CANDLES 120
#define QT_VIEW_SYMBOLS 16 /* symbols with candles: the top five and the positions */
#define QT_VIEW_EXCLUSIONS 16
#define QT_VIEW_INDICATORS 16
#define QT_VIEW_VENUES 4
#define QT_VIEW_LETTERS 16 /* dead letters shown, the oldest */

enum qt_mode { QT_MODE_NORMAL, QT_MODE_PAUSED, QT_MODE_REDUCED, QT_MODE_EMERGENCY, QT_MODES };
const char *qt_mode_name(enum qt_mode mode); /* "NORMAL" ... */

/** How much of the results a screen shows (engine/dashboard.h). */
enum qt_dashboard { QT_DASHBOARD_FULL, QT_DASHBOARD_TOTALS, QT_DASHBOARD_SEALED, QT_DASHBOARDS };

struct qt_regime_view {
    bool is_known;             /* false until the first full cycle */
    uint8_t structure, market; /* enum qt_structure, enum qt_market_state (scan/regime.h) */
    double structure_probability[4], market_probability[4]; /* sum 1 */
    double confidence, stability;                           /* 0..1 */
    double switches_per_day;
};

/** One ranked symbol and why it stands there. */
struct qt_rank_view {
    uint32_t instrument;
    char symbol[QT_SYMBOL_SIZE];
    int px_scale;
    bool is_selected;
    double score, volatility, momentum, volume, trend; /* 0..100; score after decay */
    double decay;                                      /* 0.5..1 */
    double max_correlation;                            /* with a better selected one; 0: none */
    char max_correlation_with[QT_SYMBOL_SIZE];
    double change_24h_pct, quote_volume_24h, spread_bps;
    qt_px last;
    double signal, confidence; /* -1..1, 0..1 */
    bool has_signal;
    char why[96]; /* "entered", "signal 0.31 below 0.45", "gate: daily_loss 3.1 % > 3 %" ... */
};

struct qt_exclusion_view {
    char reason[24]; /* "volume", "spread", "history", "stale" ... */
    uint32_t count;
};

/** Where a position's stop is kept. */
enum qt_protection {
    QT_PROTECTION_ENGINE,  /* by the engine alone, as configured or for want of such orders */
    QT_PROTECTION_VENUE,   /* an order at the venue stands for it too */
    QT_PROTECTION_NONE,    /* the venue has none: refused, expired, or on its way */
    QT_PROTECTION_UNKNOWN, /* nobody knows whether the venue has it */
};
struct qt_position_view {
    uint32_t instrument;
    char symbol[QT_SYMBOL_SIZE];
    int px_scale, qty_scale;
    qt_qty qty;                      /* signed */
    qt_px entry, mark, stop, target; /* QT_PX_NONE: none */
    uint8_t targets_hit, targets;
    uint8_t protection;                      /* enum qt_protection */
    qt_money notional, unrealised, realised; /* quote, QT_MONEY_SCALE */
    double r_multiple;                       /* (mark - entry) / initial risk */
    int64_t opened_ns;
};

/** Of a base asset, what the account holds that is not ours. */
struct qt_foreign_view {
    char symbol[QT_SYMBOL_SIZE];
    int qty_scale;
    bool is_known;    /* false: only what is ours is known, as far as it is a position */
    qt_qty qty;       /* >= 0 */
    qt_qty position;  /* ours, where is_known is false */
    /* of several venues: what of qty, or of position where is_known is false, lies at each */
    qt_qty at[QT_VIEW_VENUES];
};

struct qt_order_view {
    uint64_t client_id;
    uint32_t instrument;
    char symbol[QT_SYMBOL_SIZE];
    int px_scale, qty_scale;
    uint8_t side, type, state;
    qt_px px;
    qt_qty qty, cum_qty;
    int64_t created_ns;
    char purpose[16]; /* "entry", "stop", "target", "flatten", "venue_stop" */
    uint64_t parent;  /* qt_parent_view.id; 0: none */
};

/** A parent order, at work or ended; amounts of its cost in quote, a cost is positive. */
struct qt_parent_view {
    uint64_t id;
    uint32_t instrument;
    char symbol[QT_SYMBOL_SIZE];
    int px_scale, qty_scale;
    uint8_t side, state; /* enum qt_side, qt_parent_state (trade/parent.h) */
    char purpose[16], algorithm[12], why[48];
    qt_qty qty, filled;
    uint32_t children;
    int64_t decided_ns, deadline_ns, ended_ns; /* QT_TIME_NONE: has none; not yet */
    bool has_cost, has_average, has_vwap;      /* false: the figures of it are not known */
    double arrival, average, vwap;             /* prices; arrival 0: not known */
    double arrival_bps, vwap_bps;              /* has_average; has_vwap */
    double fees;
    double delay, trading, opportunity, shortfall, shortfall_bps; /* has_cost */
};

/** What parents that ended have cost, of an algorithm, in one symbol ("": in all). */
struct qt_cost_view {
    char symbol[QT_SYMBOL_SIZE], algorithm[12];
    uint64_t parents, children, unknown;
    double notional, filled, delay, trading, fees, opportunity, shortfall, shortfall_bps;
};

/** One row of the risk pane: a limit, what it stands at, and how often it refused. */
struct qt_limit_view {
    char name[24], unit[12];
    double value, limit;
    bool is_known; /* false: value is unknown */
    uint64_t refusals;
};

enum qt_severity { QT_SEVERITY_INFO, QT_SEVERITY_GOOD, QT_SEVERITY_WARN, QT_SEVERITY_BAD };
struct qt_note_view {
    uint64_t seq;
    int64_t t_ns;
    uint8_t severity; /* enum qt_severity */
    uint8_t result_at; /* text[result_at..] tells what a closed position brought; 0: nothing does */
    char topic[12];   /* "market", "signal", "trade", "risk", "system" */
    char text[128];   /* cleaned */
};

struct qt_candle {
    int64_t open_ns;
    double open, high, low, close, volume;
};
struct qt_symbol_view {
    uint32_t instrument;
    char symbol[QT_SYMBOL_SIZE];
    int px_scale, qty_scale;
    int64_t candle_ns; /* period */
    uint32_t candles;
    struct qt_candle candle[QT_VIEW_CANDLES]; /* oldest first; the last one forms */
    uint32_t indicators;
    struct {
        char name[24];
        double value;
    } indicator[QT_VIEW_INDICATORS];
    struct qt_quote quote;
    uint32_t bids, asks; /* depth, where watched */
    struct qt_depth_level bid[8], ask[8];
    char why[256];
};

/** What is asked of a venue; each fails, and is left alone for a while, by itself. */
enum qt_operation {
    QT_OPERATION_PLACE,
    QT_OPERATION_CANCEL,
    QT_OPERATION_QUERY,   /* of one order */
    QT_OPERATION_ACCOUNT, /* reading it whole, its rights, its stream's key */
    QT_OPERATION_MARKET,  /* rules, clock, bars, books */
    QT_OPERATION_STREAM,  /* opening a connection */
    QT_OPERATIONS
};
const char *qt_operation_name(enum qt_operation operation); /* "place" ... */
struct qt_operation_view {
    uint8_t breaker;        /* enum qt_breaker_state (net/breaker.h): 0 closed, 1 open, 2 half open */
    uint32_t failures;      /* in a row */
    uint64_t calls, failed; /* answered or not */
    uint64_t trips;
};

struct qt_venue_view {
    char name[16];
    uint8_t link[QT_LINK_KINDS]; /* enum qt_link_state */
    int64_t feed_age_ns;         /* of the newest market event; INT64_MAX: none yet */
    int64_t round_trip_ns;       /* of the last order or ping; 0: unknown */
    uint64_t reconnects;
    /* of several behind one (venue/router.h) */
    bool is_excluded; /* gets no new orders: not connected, or refused or silent too often */
    uint64_t parts;   /* of orders sent there */
    double refused;   /* part of them refused of late, 0..1 */
    double slip_bps;  /* of its fills of late against what its book had promised; > 0: worse */
    struct qt_operation_view operation[QT_OPERATIONS];
    double weight_pct, orders_pct; /* of the venue's limits, in the fullest window */
    uint64_t bad_messages;         /* not to be read, not to be believed, or with an impossible time */
    char last_bad[112];            /* of those; "": none */
};

struct qt_counts {
    uint64_t events, quotes, trades, bars, reports, cycles, orders, fills, refusals, rejects;
    uint64_t decisions;
    uint64_t quality[QT_QUALITY_CHECKS], bad_events; /* market data that failed a check; dropped */
    uint64_t conflated_quotes, dropped_trades, dropped_orders, late_events, incidents;
    uint64_t late_turns; /* of the engine's thread: longer than a cycle */
};

/** What the bus speaks of (engine/bus.h). */
enum qt_topic {
    QT_TOPIC_MARKET, /* data and the market's regime */
    QT_TOPIC_SIGNAL, /* what was chosen, and why not */
    QT_TOPIC_TRADE,  /* orders, fills, positions, money */
    QT_TOPIC_RISK,   /* limits, breakers, liquidation, the equity curve */
    QT_TOPIC_SYSTEM, /* modes, commands, our own parts, connections */
    QT_TOPICS
};
const char *qt_topic_name(enum qt_topic topic); /* "market" ... */

struct qt_topic_view {
    uint64_t published;
    uint64_t delivered;             /* once for each subscriber that has it in its queue */
    uint64_t dropped;               /* overwritten before anybody saw them */
    uint64_t dead;                  /* were dead letters; most were delivered later */
    uint64_t lost;                  /* given up: no room for another dead letter */
    int64_t p50_ns, p99_ns, max_ns; /* from publication until a subscriber has it; 0: none yet */
};

/** A message that its subscriber did not take yet. */
struct qt_letter_view {
    char subscriber[12], reason[64], what[12]; /* what: a record's kind */
    uint8_t topic;                             /* enum qt_topic */
    uint64_t seq;                              /* of the event that caused it */
    int64_t first_ns, last_ns;                 /* engine time of the first and the last try */
    uint32_t attempts;
};

struct qt_bus_view {
    struct qt_topic_view topic[QT_TOPICS];
    uint32_t dead; /* waiting now */
    uint32_t letters;
    struct qt_letter_view letter[QT_VIEW_LETTERS]; /* oldest first */
};

/** The threads that share the symbols. */
struct qt_shards_view {
    uint32_t workers;
    uint64_t moves;               /* partitions that changed hands to even the shards out */
    uint64_t waits_in, waits_out; /* of the engine thread, of a shard, at a full ring; nothing lost */
};

/** One of several equal streams of the market. */
struct qt_source_view {
    uint32_t symbols; /* that follow it */
    int64_t age_ns;   /* of its newest quote or trade by event time; INT64_MAX: none yet */
    double gap_pct;   /* of its trades lately, that it lacked */
    uint64_t taken;   /* changes to it */
};

/** Where symbols have two streams; as of the last cycle. */
struct qt_sources_view {
    uint32_t n; /* 0: they have one */
    struct qt_source_view of[QT_SOURCES_MAX];
    double apart_bps;      /* the mean of the symbols' medians */
    uint32_t apart;        /* symbols that disagree */
    uint64_t bars_unequal; /* closed bars that were told in two ways */
};

/** The parts on the board (engine/board.h). */
struct qt_parts_view {
    uint32_t parts, running; /* 0: nothing is watched */
    char worst[24];          /* "": all run */
    uint8_t state;           /* enum qt_part_state of the worst */
    uint32_t walls;          /* bits of enum qt_wall */
};

/** The session's journal. */
struct qt_journal_view {
    bool is_kept;            /* false: this session has none */
    bool is_sick;            /* its last write failed */
    bool is_lost;            /* it did not keep up: what came since is not in it */
    uint64_t bytes, waiting; /* written; records not written yet */
};

/** The market state that a restart would begin with. */
struct qt_market_view {
    bool is_kept;    /* false: this session keeps none */
    bool is_sick;    /* the last one could not be written */
    uint64_t number; /* of the last whole one of this session; 0: none yet */
    int64_t t_ns;    /* engine time of its end; QT_TIME_NONE: none yet */
};

struct qt_snapshot {
    uint64_t number, seq;
    int64_t t_ns; /* event time */
    uint8_t mode; /* enum qt_mode */
    uint8_t dashboard; /* enum qt_dashboard: what was withheld from this copy */
    int64_t mode_since_ns;
    char mode_reason[80];
    char kill_switch[16]; /* "none", "armed", "tripped" */
    char kill_switch_why[64]; /* tripped: why, and whether it is released; "" else */
    char run_kind[12];    /* "demo", "paper", "live", "backtest" */
    char quote_asset[QT_ASSET_SIZE];
    int64_t started_ns;
    uint32_t instruments, eligible;
    bool has_equity; /* false: unknown (no account read yet) */
    qt_money equity, initial_equity, cash, exposure, day_pnl, realised, unrealised, fees;
    qt_money funding; /* received of perpetuals since the account began; negative: paid */
    double drawdown, max_drawdown, heat; /* ratios of equity */
    bool is_liquidating, is_halted; /* halted: orders are cancelled, positions stay */
    char liquidation[160]; /* what is left where and why */
    bool is_conserved;    /* the ledger sums to zero per asset */
    struct qt_regime_view regime;
    uint32_t venues;
    struct qt_venue_view venue[QT_VIEW_VENUES];
    uint32_t ranked;
    struct qt_rank_view rank[QT_VIEW_ROWS]; /* best first; the selected ones have is_selected */
    uint32_t exclusions;
    struct qt_exclusion_view exclusion[QT_VIEW_EXCLUSIONS];
    uint32_t positions;
    struct qt_position_view position[QT_VIEW_ROWS];
    bool has_account; /* the account was read, and every foreign holding has a row */
    uint32_t foreign;
    struct qt_foreign_view foreign_of[QT_VIEW_ROWS];
    uint32_t orders;
    struct qt_order_view order[QT_VIEW_ROWS]; /* open ones, newest first */
    uint32_t parents;
    struct qt_parent_view parent[QT_VIEW_ROWS]; /* at work, newest first; then ended ones */
    uint32_t costs;
    struct qt_cost_view cost[QT_VIEW_ROWS]; /* of algorithms; then of symbols, the largest first */
    uint32_t limits;
    struct qt_limit_view limit[QT_VIEW_ROWS];
    uint32_t notes;
    struct qt_note_view note[QT_VIEW_ROWS]; /* newest first */
    uint32_t symbols;
    struct qt_symbol_view symbol[QT_VIEW_SYMBOLS];
    struct qt_counts counts;
    struct qt_shards_view shards;
    struct qt_journal_view journal;
    struct qt_bus_view bus;
    struct qt_market_view market_state;
    struct qt_sources_view sources;
    struct qt_parts_view parts;
    int64_t cycle_p50_ns, cycle_max_ns; /* duration of the decision cycle */
};

struct qt_engine;
/** The latest picture, or NULL before the first; give it back soon. Any thread. */
const struct qt_snapshot *qt_engine_snapshot(struct qt_engine *engine);
/** Gives a picture back. Any thread. */
void qt_engine_snapshot_unref(struct qt_engine *engine, const struct qt_snapshot *snapshot);

/**
 * A stop or resume from any thread (screen, socket, signal): the gate shuts at once for everything
 * but RESUME, the rest happens when the engine reaches the event. False: refused, err says why (a
 * full ring never refuses a stop).
 */
QT_CHECKED bool qt_engine_command(struct qt_engine *engine, enum qt_command_kind kind,
                                  enum qt_command_source source, const char *reason,
                                  struct qt_error *err);

/** What has become of a command; each one more than the one before. */
enum qt_command_fate {
    QT_COMMAND_QUEUED, /* the gate is shut where it stops; the engine has not come to it */
    QT_COMMAND_ACTS,   /* the engine has; should it die now, it might start without it */
    QT_COMMAND_KEPT    /* and what it changed is on disk: the next start knows of it */
};

/** The number of the newest command: of one that this thread has just given, or of a later one. Any
 * thread. */
uint64_t qt_engine_commands(const struct qt_engine *engine);
/** What has become of the commands up to that number. Never waits. Any thread. */
enum qt_command_fate qt_engine_command_fate(const struct qt_engine *engine, uint64_t number);

#endif

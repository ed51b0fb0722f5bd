/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine's inside, shared by its files. Who may touch what:
 *
 *     symbol[], partition[]         the shard that owns the partition; the engine thread after a
 *                                   meeting
 *     gate_shut, commands, gallery  any thread, by the atomics named there
 *     everything else               the engine thread; owners read mode, liquidation and options
 *                                   only, which change while all shards have met
 */
#ifndef QTRADE_ENGINE_PRIV_H
#define QTRADE_ENGINE_PRIV_H

#include <stdatomic.h>

#include "qtrade/base/arena.h"
#include "qtrade/base/hist.h"
#include "qtrade/base/map.h"
#include "qtrade/base/ring.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"
#include "qtrade/engine/mode.h"
#include "qtrade/engine/switch.h"
#include "qtrade/risk/breakers.h"
#include "qtrade/risk/gate.h"
#include "qtrade/risk/portfolio.h"
#include "qtrade/risk/rates.h"
#include "qtrade/risk/size.h"
#include "qtrade/scan/correlation.h"
#include "qtrade/scan/scan.h"
#include "qtrade/strategy/exit.h"
#include "qtrade/strategy/signal.h"
#include "qtrade/trade/ledger.h"
#include "qtrade/trade/orders.h"
#include "qtrade/trade/trades.h"

#include "gallery_priv.h"
#include "intake_priv.h"
#include "output_priv.h"
#include "shard_priv.h"
#include "symbol_priv.h"

#define QT_PARTITION_OPEN 32 /* orders alive of a partition */
#define QT_PARTITION_PAST 64 /* final ones kept for late reports */
#define QT_PARTITION_PARENTS 8 /* parent orders that ended, kept for pictures */
/** Ring of operator commands; full: the gate is shut already, the first one counts. */
#define QT_COMMANDS 64
#define QT_REFUSED 64       /* requests that the venue's port did not take, until that is told */

/** What the owner of a partition keeps beside its symbols. */
struct qt_partition {
    struct qt_orders *orders;
    struct qt_rates rates;     /* what went out of this partition */
    struct qt_gate_stats gate; /* verdicts on its orders */
    uint64_t sent, fills, rejects;
    struct qt_parent past[QT_PARTITION_PARENTS]; /* a ring */
    uint64_t parents;                            /* that ever ended */
    int64_t held_back_ns; /* the second in which orders were held back for their rate */
    uint32_t held_back;   /* in it */
    uint64_t differences;                /* from the venue that were told (reconcile.c) */
    uint64_t foreign[16], next_foreign;  /* venue ids of orders that are not ours, already told */
    uint64_t quality[QT_QUALITY_CHECKS], bad_events; /* events that failed a check; dropped ones */
};

/** What the portfolio stands at; refreshed every cycle from ledger and marks. */
struct qt_portfolio {
    bool has_capital; /* the account was read: capital is booked */
    bool has_equity;  /* every position has a mark */
    struct qt_risk_totals totals;
    qt_money initial, cash, exposure, equity, realised, unrealised, fees;
    qt_money funding; /* received of perpetuals; negative: paid */
    double heat;
    uint32_t positions, open_orders, views;
};

/** The stop on its way: cancel, flatten, prove flat. */
struct qt_liquidation {
    bool is_active, is_flat;
    bool keeps_positions; /* a halt: orders are cancelled, positions stay under their exits */
    int64_t next_ns;       /* next step not before this */
    int64_t first_flat_ns; /* engine time of the first flat read; QT_TIME_NONE: none */
    int64_t begun_ns, wait_ns; /* its first step in this run; not flat so long after: told again */
    unsigned rounds;
    char text[160];
};

/** The kill switch, as its thread says; and how fast the last trip was. Times are monotonic. */
struct qt__switch {
    atomic_uint word;            /* enum qt_switch_state | enum qt_switch_cause << 8 */
    atomic_bool is_tamper_open;  /* and a resume has to wait for it */
    atomic_int_fast64_t edge_ns, shut_ns, cancel_ns; /* QT_TIME_NONE: none */
    bool is_latched;             /* it tripped, and nobody has resumed: by numbered events */
    bool awaits_cancel;          /* the first cancel after a trip is still to go out */
};

/** Reads of the account. */
struct qt_sync {
    int64_t asked_ns, done_ns; /* QT_TIME_NONE: never */
    uint32_t number;           /* reads done */
    uint32_t rows, own_open;   /* own open orders so far in this read; in the last one */
    bool has_cash;
    qt_money cash;     /* in this read or the last */
    qt_money rounding; /* it is known to within this */
    uint64_t fills; /* booked until the last read */
    qt_money gap;   /* cash at the venue minus ours at the last read */
};

/** Market states on their way to who keeps them. */
struct qt__market_round {
    bool is_taking;
    uint32_t next;     /* the symbol whose turn it is */
    int64_t due_ns;    /* of the next round; QT_TIME_NONE: before the first cycle */
    int64_t newest_ns; /* latest end of a symbol's bars, in this round */
};

/** How the turns of the engine's thread follow one another; times of qt_now_boot_ns. */
struct qt_pace {
    int64_t turn_ns, window_ns; /* when the last turn, the window of a minute began; 0: not yet */
    int64_t late_ns;            /* in late turns of the window */
};

/** What was last said of the two streams, a kind of change. */
struct qt_feeds {
    struct qt_sources_view now;
    uint64_t told[QT_SOURCES_MAX];    /* changes to it that a note has told */
    uint64_t counted[QT_SOURCES_MAX]; /* in the last cycle */
    int64_t told_ns[QT_SOURCES_MAX];  /* QT_TIME_NONE: never */
};

/** What is on disk of commands and of the mode (kept.c). */
struct qt__kept {
    uint64_t popped;            /* commands that came out of the ring: the engine thread's */
    atomic_uint_fast64_t taken; /* the same, once they took effect; release there, acquire by whoever asks */
    atomic_uint_fast64_t told;  /* commands whose records the store was given; release after goal */
    atomic_uint_fast64_t goal;  /* records the store must have for those */
    int64_t show_ns; /* monotonic: a picture shows the mode then, kept or not; QT_TIME_NONE: at once */
};

struct qt_engine {
    struct qt_engine_options options;
    unsigned workers;
    struct qt_cores cores; /* that they stay on */
    int64_t base_period_ns;
    struct qt_intake intake;
    /* numbered time */
    uint64_t seq;
    int64_t now_ns, next_cycle_ns;
    uint64_t decision_hash;
    /* the symbols */
    uint32_t symbols;
    uint32_t reference; /* instrument of the regime's reference; QT_NO_INSTRUMENT: none */
    struct qt_arena *arena;
    struct qt_symbol *symbol;
    struct qt_sources *sources; /* of each symbol; NULL: they have one stream */
    struct qt_textmap *by_base;     /* asset -> the first symbol on it */
    struct qt_partition *partition; /* QT_PARTITIONS */
    struct qt_shards *shards;
    /* the scan */
    struct qt_scan_row *rows;
    const struct qt_scan_symbol **scan_symbols;
    struct qt_scan_scratch scratch;
    struct qt_regime_state regime;
    struct qt_scan_result scan;
    uint32_t top[QT_SCAN_TOP_MAX], top_count; /* instruments selected in the last cycle */
    /* money and risk */
    struct qt_ledger *ledger;
    struct qt_portfolio portfolio;
    struct qt_risk_view *views; /* positions and open orders, rebuilt each cycle */
    struct qt_breakers breaker;
    enum qt_breaker_request breaker_request;
    char breaker_reason[QT_BREAKER_REASON];
    struct qt_trades *trades;
    bool is_conserved;
    uint32_t quote_asset;       /* of the ledger */
    uint64_t transactions_seen; /* ledger_check was done after this one */
    /* the venue's word */
    struct qt_venue_view venue;
    int64_t market_ns; /* engine time of the newest market event */
    struct qt_feeds feeds;
    struct qt_sync sync;
    uint64_t restored_seq; /* of the last event of an earlier run; 0: none */
    /* modes */
    enum qt_mode mode;
    int64_t mode_since_ns;
    char mode_reason[80];
    struct qt_record mode_record; /* the last change of this run; of kind MODE: there was one */
    struct qt__kept kept;
    struct qt_liquidation liquidation;
    bool has_guards;          /* positions have a stop at the venue */
    bool is_shut;             /* no entries: what decisions see, by numbered events */
    atomic_bool gate_shut;    /* release by whoever stops, acquire before an order leaves */
    atomic_uint stops_waiting; /* in commands: the gate is shut until they are taken */
    atomic_uint_fast64_t stops_outside; /* a bit each: those for which the ring had no place */
    struct qt_mpsc *commands; /* of struct qt_command_event */
    struct qt_mpsc *changes;  /* of struct qt_config_event */
    struct qt_execution_config execution;
    struct qt_risk_config risk; /* the options' and what was changed since; options.risk is this */
    struct qt__switch hw;
    struct qt_event refused[QT_REFUSED]; /* what the port did not take */
    unsigned refused_count;
    /* out */
    struct qt_counts counts;
    struct qt_bus *bus;
    int screen; /* the subscriber that holds the notes for pictures */
    struct qt_gallery gallery;
    struct qt_hist cycle_hist;
    int64_t cycle_max_ns, next_publish_mono_ns, next_equity_ns, started_ns, last_cycle_ns;
    struct qt_part *part, *venue_part;      /* ours on the board; NULL: not watched */
    struct qt_part *worker[QT_WORKERS_MAX]; /* 0: NULL, the engine thread has its own */
    unsigned changes_seen;                  /* of the board, told as notes */
    bool is_told_stuck[QT_BOARD_PARTS];
    uint32_t letters;                   /* dead letters waiting */
    bool is_waiting_told, is_loss_told; /* of dead letters: said once until they are through */
    bool is_journal_full;               /* what came since is not in it */
    bool is_exposed;                    /* a position or an order is out, or may be */
    bool is_sick[QT_COMPONENTS];        /* by numbered events */
    struct qt__settlement *waiting;     /* settle.c; NULL: one worker */
    uint32_t waiting_count;
    struct qt__market_round market_state;
    struct qt_pace pace;
};

/* pace.c: at the start of each turn */
void qt__pace_look(struct qt_engine *engine);
/* sequencer.c */
uint64_t qt__number(struct qt_engine *engine);
void qt__sequence(void *engine, struct qt_event *event);
void qt__tick_time(struct qt_engine *engine, int64_t now_ns);
/* keep.c: into the journal. Engine thread. */
void qt__keep_event(struct qt_engine *engine, const struct qt_event *event);
void qt__keep_decision(struct qt_engine *engine, const struct qt_decision *decision);
/* settle.c: effects in the order of numbers */
bool qt__settle_init(struct qt_engine *engine); /* false: no memory */
void qt__settle_finish(struct qt_engine *engine);
void qt__settle_fill(struct qt_engine *engine, const struct qt_filled *filled);
void qt__settle_decision(struct qt_engine *engine, const struct qt_decision *decision);
void qt__settle_all(struct qt_engine *engine); /* while all owners have met */
/** All owners meet, and what they did is on the books. */
void qt__meet(struct qt_engine *engine);
/* digest.c */
void qt__digest(struct qt_engine *engine, uint64_t seq);
/* watch.c: heartbeats of the threads that trade */
bool qt__watch_init(struct qt_engine *engine); /* false: the board is full */
void qt__watch_finish(struct qt_engine *engine);
void qt__watched_event(struct qt_engine *engine, const struct qt_event *event);
void qt__watched_measure(struct qt_engine *engine, unsigned first, unsigned step, int64_t t_ns);
/* health.c: our own parts, looked at between events */
void qt__health_look(struct qt_engine *engine);
void qt__health_event(struct qt_engine *engine, const struct qt_event *event);
/* dispatch.c: an event at the owner of its symbol; an event of no symbol on the engine thread */
void qt__symbol_event(struct qt_engine *engine, const struct qt_event *event);
/** A quote becomes the price of its symbol; false: it is not believed. At the owner. */
bool qt__symbol_quote(struct qt_engine *engine, struct qt_symbol *symbol,
                      const struct qt_event *event);
void qt__global_event(struct qt_engine *engine, const struct qt_event *event);
/* feeds.c: two streams of each symbol */
bool qt__feeds_init(struct qt_engine *engine); /* false: no memory */
/** At the owner: whether the event's price counts. */
bool qt__feeds_pass(struct qt_engine *engine, struct qt_symbol *symbol,
                    const struct qt_event *event);
/** At the owner, once a cycle: a stream that says nothing more is left. */
void qt__feeds_look(struct qt_engine *engine, struct qt_symbol *symbol, int64_t t_ns);
/** While all owners have met, once a cycle: counts, and what is to be said. */
void qt__feeds_cycle(struct qt_engine *engine, uint64_t seq);
/* bars_in.c */
/** A closed bar that ended less than its period ago: not from before the session, nor one of a gap
 * that was filled later. */
bool qt__bar_is_recent(const struct qt_event *event);
void qt__symbol_bar(struct qt_engine *engine, struct qt_symbol *symbol,
                    const struct qt_event *event);
/* reports.c */
void qt__report(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event);
/* exits.c */
/** One look at the plan of an open position; sends at most one order, under client_id. True: it
 * did. */
bool qt__exits(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t client_id,
               int64_t now_ns);
/** Closes bps (of the initial quantity; QT_ALL_BPS: all) of the position at market; a rest that
 * could not be traded goes with it. True: an order went out. */
#define QT_ALL_BPS 10000
bool qt__close_position(struct qt_engine *engine, struct qt_symbol *symbol, int32_t bps,
                        enum qt_order_purpose purpose, uint64_t client_id, int64_t now_ns);
/* reconcile.c: differences from the venue, told line by line. At the owner of what differs */
/** is_told: among the events too; false: who applied the rule tells it. */
void qt__differs(struct qt_engine *engine, const struct qt_difference_record *difference,
                 uint64_t seq, int64_t t_ns, bool is_told);
/** After a read (STATUS, NOT_FOUND) was applied: what it changed that no report had told. */
void qt__reconcile_report(struct qt_engine *engine, const struct qt_symbol *symbol,
                          const struct qt_event *event, const struct qt_order_change *change);
void qt__reconcile_stray(struct qt_engine *engine, const struct qt_symbol *symbol,
                         const struct qt_event *event);
void qt__reconcile_foreign(struct qt_engine *engine, const struct qt_symbol *symbol,
                           const struct qt_event *event);
void qt__reconcile_cash(struct qt_engine *engine, const struct qt_event *event, qt_money ours,
                        qt_money venue, qt_money gap);
void qt__reconcile_position(struct qt_engine *engine, const struct qt_symbol *symbol, qt_qty ours,
                            qt_qty venue, enum qt_difference_rule rule, const char *why,
                            const struct qt_event *event);
/* surplus.c: what is at the venue and not ours. Engine thread, while all have met */
/** A read showed at least our position, and no order moves: what is there beyond what is known. */
void qt__surplus_look(struct qt_engine *engine, struct qt_symbol *symbol, qt_qty held,
                      const struct qt_event *event);
/** A read that says nothing of that. */
void qt__surplus_unknown(struct qt_symbol *symbol);
/* unexplained.c: orders that ended with a fee or a price missing are asked for again. Engine thread,
 * while all have met */
void qt__unexplained_ask(struct qt_engine *engine);
/* halts.c: what the venue does not trade as before. At the owner of the symbol */
void qt__symbol_status(struct qt_engine *engine, struct qt_symbol *symbol,
                       const struct qt_event *event);
/** An exit ended without having filled: when the next may go. */
void qt__exit_refused(struct qt_symbol *symbol, const struct qt_order *order, int64_t now_ns);
/** Closes what is held of a symbol whose steps changed; ids from qt_client_id(seq, *n) upward. */
void qt__leave_changed(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq,
                       unsigned *n);
/* guard.c: protective stops at the venue. At the owner of the symbol */
/** After a change of position, plan or orders, and once a cycle: one step towards what the plan
 * wants. Ids of orders from qt_client_id(seq, *n) upward. */
void qt__guard_look(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, unsigned *n,
                    int64_t now_ns);
/** After the plan's stop has moved. */
void qt__guard_follow(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq,
                      int64_t now_ns);
/** Frees the balance for a child of an exit: the order at the venue is asked for, and none is placed
 * until then. wants false: there is no child to free it for. False: not yet. */
bool qt__guard_makes_way(struct qt_engine *engine, struct qt_symbol *symbol, bool wants,
                         uint64_t seq, int64_t now_ns);
/** The stop rests at the venue untouched. */
bool qt__guard_rests(const struct qt_engine *engine, const struct qt_symbol *symbol);
/** Whether an exit must wait until the order at the venue is gone, which is asked for. */
bool qt__guard_yields(struct qt_engine *engine, struct qt_symbol *symbol, int32_t bps,
                      enum qt_order_purpose purpose, uint64_t seq, int64_t now_ns);
/** A report has changed one of the symbol's orders. */
void qt__guard_ended(struct qt_engine *engine, struct qt_symbol *symbol,
                     const struct qt_order *order, uint64_t seq, int64_t now_ns);
enum qt_protection qt__guard_protection(const struct qt_engine *engine,
                                        const struct qt_symbol *symbol);
/** An order of ours that nobody here knows rests at the venue: its record was lost with an earlier
 * run. It is cancelled. */
void qt__guard_stray(struct qt_engine *engine, const struct qt_symbol *symbol,
                     const struct qt_event *event);
/** Orders alive of a symbol, but for a stop that rests untouched at the venue. */
uint32_t qt__guard_busy(const struct qt_engine *engine, const struct qt_symbol *symbol);
/** The venue holds less than the position: if an order rests there it may have sold unheard, so it
 * is taken away, and the answer says. While all have met. False: there is none. */
bool qt__guard_doubt(struct qt_engine *engine, struct qt_symbol *symbol);
/** Every position, and what has been without its order for too long; while all have met. */
void qt__guard_cycle(struct qt_engine *engine, uint64_t seq, unsigned *n);
/* send.c: the only way to the venue */
struct qt_partition *qt__partition_of(const struct qt_engine *engine, uint32_t instrument);
struct qt_orders *qt__orders_of(const struct qt_engine *engine, uint32_t instrument);
/** Gate, then record, then venue. False: refused; why (96 bytes) says which check. */
bool qt__send(struct qt_engine *engine, struct qt_symbol *symbol,
              const struct qt_order_request *request, enum qt_order_purpose purpose,
              const struct qt_gate_input *input, int64_t now_ns, char why[96]);
/** Books a fill at the owner of the symbol: position, plan, store, ledger. */
void qt__take_fill(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_fill *fill,
                   uint64_t seq);
/** Makes the position what the venue holds, which is less. False: it does not fit. */
QT_CHECKED bool qt__adopt(struct qt_engine *engine, struct qt_symbol *symbol, qt_qty held,
                          const struct qt_event *event);
void qt__record_order(struct qt_engine *engine, const struct qt_order *order, uint64_t seq,
                      int64_t t_ns);
/** An order that passed the gate, to the port. Engine thread. */
void qt__submit(struct qt_engine *engine, const struct qt_submission *submission);
/** A cancel at the owner of the symbol; and on the engine thread, to the port. */
void qt__cancel_at_owner(struct qt_engine *engine, struct qt_order *order, uint64_t seq,
                         int64_t now_ns);
void qt__withdraw(struct qt_engine *engine, const struct qt_withdrawal *withdrawal);
/* cancels.c: those that the venue refused. At the owner of the symbol */
bool qt__cancel_may_go(const struct qt_order *order, int64_t now_ns);
bool qt__cancel_all_may_go(const struct qt_engine *engine, uint32_t instrument); /* of any of them */
/** client_id 0: a cancel of all of the symbol. */
void qt__cancel_refused(struct qt_engine *engine, const struct qt_symbol *symbol,
                        uint64_t client_id, int64_t now_ns);
/** Something has changed: cancels may go at once. */
void qt__cancel_renew(struct qt_engine *engine, const struct qt_symbol *symbol);
/* send.c */
/** What needs no gate, while all owners have met: cancels, questions, a read of the account. */
void qt__cancel(struct qt_engine *engine, struct qt_order *order);
void qt__cancel_all(struct qt_engine *engine, uint32_t instrument);
void qt__query(struct qt_engine *engine, const struct qt_order *order);
void qt__read_account(struct qt_engine *engine);
/** Reports of orders that the port did not take become numbered events. Engine thread, between
 * events. */
void qt__refused_take(struct qt_engine *engine);
/* output.c: what owners gave, on the engine thread */
void qt__output(struct qt_engine *engine, const struct qt_output *output);
/** What was given to the store so far belongs together: between events, while all is settled. */
void qt__mark(struct qt_engine *engine);
/** The bus with its subscribers: the screen's pictures, and the store where there is one. */
bool qt__bus_init(struct qt_engine *engine); /* false: no memory */
/** Dead letters whose time has come; at the end all, as long as the store moves. Between events. */
void qt__letters_retry(struct qt_engine *engine);
void qt__letters_end(struct qt_engine *engine);
/* work.c: parent orders; at the owner of the symbol unless said otherwise */
/** How an order for that purpose is worked now. */
enum qt_algorithm qt__work_algorithm(const struct qt_engine *engine, enum qt_order_purpose purpose);
/** Something that opens (purpose entry) or closes is under way. */
bool qt__work_is_open(const struct qt_symbol *symbol, enum qt_order_purpose purpose);
/** The market's trades and closed bars of now. */
void qt__work_trade(struct qt_symbol *symbol, const struct qt_trade *trade);
void qt__work_bar(struct qt_symbol *symbol, const struct qt_bar *bar);
/** Puts a parent for the whole of request into its place, which is free. risk: of an entry. */
struct qt_parent *qt__work_begin(struct qt_engine *engine, struct qt_symbol *symbol,
                                 const struct qt_order_request *request,
                                 enum qt_order_purpose purpose, qt_money risk, int64_t now_ns);
/** The immediate child was refused: as if nothing was decided. */
void qt__work_drop(struct qt_symbol *symbol, struct qt_parent *parent);
/** A child went out. */
void qt__work_sent(struct qt_engine *engine, struct qt_symbol *symbol, struct qt_parent *parent,
                   uint64_t client_id, int64_t now_ns);
/** Of the parent at work for that purpose; 0: none. */
uint64_t qt__work_parent_id(const struct qt_symbol *symbol, enum qt_order_purpose purpose);
/** A report has changed an order. */
void qt__work_report(struct qt_engine *engine, struct qt_symbol *symbol,
                     const struct qt_order_change *change, uint64_t seq, int64_t now_ns);
/** The position is to be closed: stops what is in the way of that. False: not yet. */
bool qt__work_gives_way(struct qt_engine *engine, struct qt_symbol *symbol,
                        enum qt_order_purpose purpose, uint64_t seq, int64_t now_ns);
/** While a child of an exit is out: stops its parent where the plan's stop is reached. */
void qt__work_watch(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq,
                    int64_t now_ns);
/** Engine thread, while all have met, as everything that follows: the gate's word on a whole
 * parent. */
bool qt__work_allows(struct qt_engine *engine, const struct qt_gate_input *input, char why[96]);
/** One look at a parent; true: a child went out, under client_id. */
bool qt__work_step(struct qt_engine *engine, struct qt_symbol *symbol, struct qt_parent *parent,
                   uint64_t client_id);
void qt__work_cycle(struct qt_engine *engine, uint64_t seq, unsigned *n);
void qt__work_stop_all(struct qt_engine *engine, const char *why);
/** Before the engine runs: a parent of an earlier run, then an order of one, then the end of it. */
void qt__work_restore(struct qt_engine *engine, const struct qt_parent *from);
void qt__work_restore_order(struct qt_engine *engine, struct qt_order *order);
void qt__work_restored(struct qt_engine *engine);
/* gate_input.c */
void qt__gate_input_exit(struct qt_engine *engine, const struct qt_symbol *symbol,
                         const struct qt_order_request *request, enum qt_order_purpose purpose,
                         int64_t now_ns, struct qt_gate_input *out);
void qt__gate_input_entry(struct qt_engine *engine, const struct qt_symbol *symbol,
                          const struct qt_order_request *request, qt_money risk, int64_t now_ns,
                          struct qt_gate_input *out);
/* cycle.c */
void qt__cycles_until(struct qt_engine *engine, int64_t t_ns);
void qt__measure(struct qt_engine *engine, unsigned first, unsigned step, int64_t t_ns);
/* entries.c: ids from qt_client_id(seq, *n) upward */
void qt__entries(struct qt_engine *engine, uint64_t seq, unsigned *n);
/** Largest absolute correlation with an open position; 0: none is open. False: unknown. */
QT_CHECKED bool qt__worst_correlation(const struct qt_engine *engine,
                                      const struct qt_symbol *symbol, double *out);
/* restore.c: what an earlier run left */
bool qt__restore(struct qt_engine *engine, const struct qt_restore *restore, struct qt_error *err);
/* market_state.c: what bars have left, taken back at the start and handed over on the way */
bool qt__market_restore(struct qt_engine *engine, struct qt_error *err);
/** The share of one cycle; while all owners have met. */
void qt__market_take(struct qt_engine *engine);
void qt__market_take_all(struct qt_engine *engine); /* after the last event */
void qt__market_view(const struct qt_engine *engine, struct qt_market_view *out);
/* supervise.c: unanswered and unknown orders, reads of the account, plans without ticks */
void qt__supervise(struct qt_engine *engine, uint64_t seq, unsigned *n);
/* portfolio.c */
void qt__portfolio_refresh(struct qt_engine *engine);
void qt__portfolio_measure(struct qt_engine *engine); /* the figures only */
/* book.c: ledger, round trips and the account as the venue tells it */
void qt__book_fill(struct qt_engine *engine, const struct qt_filled *filled);
void qt__book_synced(struct qt_engine *engine, const struct qt_event *event);
void qt__book_income(struct qt_engine *engine, const struct qt_event *event);
/* command.c */
/** Begins the stored reason of a halt, so that a restart does not sell what was to be kept. */
#define QT__HALT_MARK "halt: "
void qt__commands_take(struct qt_engine *engine);
void qt__commands_take_at(struct qt_engine *engine, int64_t now_ns);
void qt__command(struct qt_engine *engine, const struct qt_event *event);
void qt__engine_stops(struct qt_engine *engine, enum qt_command_kind kind, const char *reason);
/** The mode once more to the store, which has lost records. */
void qt__mode_again(struct qt_engine *engine);
/* kept.c: once a turn */
void qt__kept_look(struct qt_engine *engine);
/** The mode has changed: a picture shows it when it is on disk, or when that takes too long. */
void qt__kept_mode(struct qt_engine *engine);
bool qt__kept_hides_mode(struct qt_engine *engine); /* not yet */
void qt__kept_end(struct qt_engine *engine);        /* waits for the disk, for a while */
/* configure.c */
void qt__changes_take(struct qt_engine *engine);
void qt__config_event(struct qt_engine *engine, const struct qt_event *event);
/* switch.c */
bool qt__switch_is_held(const struct qt_engine *engine); /* a resume has to wait */
/** A cancel went to the port: the figures of the last trip. Engine thread. */
void qt__switch_cancelled(struct qt_engine *engine);
void qt__switch_view(const struct qt_engine *engine, struct qt_snapshot *out);
/* liquidate.c */
void qt__liquidate_begin(struct qt_engine *engine, bool keeps_positions);
void qt__liquidate_step(struct qt_engine *engine, uint64_t seq, unsigned *n);
void qt__liquidate_synced(struct qt_engine *engine); /* a read of the account has ended */
/* view.c */
void qt__publish_due(struct qt_engine *engine);
void qt__view_fill(struct qt_engine *engine, struct qt_snapshot *out);
/* view_rows.c, view_symbols.c: its lists */
void qt__view_ranks(struct qt_engine *engine, struct qt_snapshot *out);
void qt__view_positions(struct qt_engine *engine, struct qt_snapshot *out);
void qt__view_foreign(struct qt_engine *engine, struct qt_snapshot *out);

/* spread.c */
void qt__spread_look(const struct qt_engine *engine, struct qt_symbol *symbol);
/** What of qty, ours, lies at each of several venues; zeroes where there is one. */
void qt__spread_ours(const struct qt_engine *engine, const struct qt_symbol *symbol, qt_qty qty,
                     qt_qty out[QT_VIEW_VENUES]);
void qt__view_orders(struct qt_engine *engine, struct qt_snapshot *out);
/* view_work.c: parent orders */
void qt__view_work(struct qt_engine *engine, struct qt_snapshot *out);
void qt__view_limits(struct qt_engine *engine, struct qt_snapshot *out);
void qt__view_symbols(struct qt_engine *engine, struct qt_snapshot *out);
/* tell.c: notes, records, decisions */
void qt__note(struct qt_engine *engine, enum qt_severity severity, enum qt_topic topic,
              uint64_t seq, int64_t t_ns, const char *format, ...) QT_PRINTF(6, 7);
/** "what: result", of which a dashboard may withhold the result. */
void qt__note_result(struct qt_engine *engine, enum qt_severity severity, uint64_t seq,
                     int64_t t_ns, const char *what, const char *result);
void qt__record(struct qt_engine *engine, const struct qt_record *record);
void qt__decision(struct qt_engine *engine, uint64_t seq, int64_t t_ns, uint32_t instrument,
                  const char *kind, double score, double value, const char *detail);
void qt__audit(struct qt_engine *engine, const char *actor, const char *action, const char *detail);
void qt__incident(struct qt_engine *engine, uint64_t seq, int64_t t_ns, const char *text);
void qt__record_position(struct qt_engine *engine, const struct qt_symbol *symbol, uint64_t seq,
                         int64_t t_ns);

#endif

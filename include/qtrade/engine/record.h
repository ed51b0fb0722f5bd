/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the engine hands to the store: rows of plain data that describe what happened, and what a
 * restart needs. One struct for all kinds, so that a ring can carry it. Instruments go by id of
 * this run; the store writes symbols.
 */
#ifndef QTRADE_ENGINE_RECORD_H
#define QTRADE_ENGINE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/fixed.h"
#include "qtrade/engine/snapshot.h"
#include "qtrade/strategy/exit.h"
#include "qtrade/trade/request.h"

enum qt_record_kind {
    QT_RECORD_ORDER,    /* an order as it now is: insert or replace by client_id */
    QT_RECORD_FILL,     /* append */
    QT_RECORD_POSITION, /* a position as it now is: insert or replace by instrument; qty 0 when
                           closed */
    QT_RECORD_POSTING,  /* one leg of a ledger transaction: append */
    QT_RECORD_EQUITY,   /* a point of the equity curve: append */
    QT_RECORD_DECISION, /* selected, signal, entry, exit, refusal: append */
    QT_RECORD_MODE,     /* a mode change: append; the last one is the mode after a restart */
    QT_RECORD_AUDIT,    /* a command, a stop, an incident: append */
    QT_RECORD_TRADE,    /* a round trip that ended: append */
    QT_RECORD_DIFFERENCE, /* between us and the venue, and what was done about it: append */
    QT_RECORD_KINDS
};

struct qt_order_record {
    struct qt_order_request request;
    uint64_t venue_id;
    uint8_t state;   /* enum qt_order_state */
    uint8_t purpose; /* enum qt_order_purpose (trade/order.h) */
    int32_t code;    /* the venue's reject code; 0 else */
    qt_qty cum_qty;
    qt_money cum_quote;
    int64_t created_ns, updated_ns;
    char reason[64];
};

struct qt_fill_record {
    uint64_t client_id, trade_id;
    uint32_t instrument;
    uint8_t side, is_maker, fee_in_base;
    qt_px px;
    qt_qty qty;
    qt_money fee; /* quote at QT_MONEY_SCALE, or base at the instrument's qty_scale */
};

/** A position and the plan of its exit: everything that a restart needs to go on protecting it. */
struct qt_position_record {
    uint32_t instrument;
    qt_qty qty, initial_qty; /* initial: what the entry bought, for the targets' fractions */
    qt_money cost, realised, fees;
    int64_t opened_ns;
    bool has_plan;
    struct qt_exit_plan plan;
};

struct qt_posting_record {
    uint64_t transaction;
    char account[16], asset[QT_ASSET_SIZE];
    int64_t amount; /* units of 10^-scale */
    int32_t scale;
};

struct qt_equity_record {
    qt_money equity, cash, exposure, realised, unrealised, fees;
    double drawdown;
    uint32_t positions;
};

struct qt_decision_record {
    uint32_t instrument; /* QT_NO_INSTRUMENT: the whole */
    char kind[16];       /* "selected", "dropped", "entry", "exit", "refused", "regime" */
    double score, value;
    char detail[128];
};

struct qt_mode_record {
    uint8_t mode, source; /* enum qt_mode, enum qt_command_source */
    char reason[80];
};

struct qt_audit_record {
    char actor[16], action[24], detail[128];
};

struct qt_trade_record {
    uint32_t instrument;
    int64_t opened_ns, closed_ns;
    qt_qty qty; /* of the entry */
    qt_px entry, exit;
    qt_money profit, fees; /* after fees */
    double r_multiple;
    char exit_reason[16];
};

/** What differed from the venue's word. */
enum qt_difference {
    QT_DIFFERENCE_ORDER,    /* the fate of an order of ours */
    QT_DIFFERENCE_FILL,     /* a part of one that nobody had told */
    QT_DIFFERENCE_BALANCE,  /* of an asset */
    QT_DIFFERENCE_POSITION, /* less of an asset than our position */
    QT_DIFFERENCE_FOREIGN,  /* an order on the account that is not ours */
    QT_DIFFERENCES
};
/** What was done. */
enum qt_difference_rule {
    QT_RULE_ADOPTED,   /* ours became the venue's, and stands on */
    QT_RULE_CORRECTED, /* ours became the venue's */
    QT_RULE_CLOSED,    /* it ended: here, because it is gone there; or there, because nobody here knows it */
    QT_RULE_PAUSED,    /* nothing could be done: trading stopped */
    QT_RULE_LEFT,      /* it is not ours: told, and left alone */
    QT_DIFFERENCE_RULES
};
struct qt_difference_record {
    uint32_t instrument;                    /* QT_NO_INSTRUMENT: an asset */
    char asset[QT_ASSET_SIZE];              /* of a balance; "" else */
    uint8_t what, rule;                     /* enum qt_difference, qt_difference_rule */
    uint32_t read;                          /* number of the account's last read of this run; 0: none yet */
    uint64_t client_id, venue_id, trade_id; /* the evidence; 0: none */
    char ours[40], venue[40], why[64];      /* for people */
};

struct qt_record {
    enum qt_record_kind kind;
    uint64_t seq; /* of the event that caused it */
    int64_t t_ns; /* event time */
    union {
        struct qt_order_record order;
        struct qt_fill_record fill;
        struct qt_position_record position;
        struct qt_posting_record posting;
        struct qt_equity_record equity;
        struct qt_decision_record decision;
        struct qt_mode_record mode;
        struct qt_audit_record audit;
        struct qt_trade_record trade;
        struct qt_difference_record difference;
    };
};

/** A ledger balance that is not 0: the sum of an account's postings in one asset. */
struct qt_balance_record {
    char account[16], asset[QT_ASSET_SIZE];
    int32_t scale;
    qt_money amount; /* units of 10^-scale */
};

/** What a restart finds: the store fills it, the engine starts from it. */
#define QT_RESTORE_ORDERS 256
#define QT_RESTORE_POSITIONS 1024 /* dust too small to be traded included */
#define QT_RESTORE_BALANCES 1024
struct qt_restore {
    bool is_found;     /* false: a fresh store */
    uint64_t last_seq; /* numbering goes on above it */
    enum qt_mode mode;
    int64_t mode_since_ns;
    char mode_reason[80];
    qt_money capital; /* deposited so far: CAPITAL's balance, quote */
    qt_money cash, realised, fees;
    uint32_t orders; /* not final ones */
    struct qt_order_record order[QT_RESTORE_ORDERS];
    uint32_t positions; /* not flat ones */
    struct qt_position_record position[QT_RESTORE_POSITIONS];
    uint64_t transactions; /* number of the last ledger transaction */
    uint32_t balances;
    struct qt_balance_record balance[QT_RESTORE_BALANCES];
};

const char *qt_record_kind_name(enum qt_record_kind kind); /* "order" ... */
const char *qt_difference_name(enum qt_difference what); /* "order", "fill", "balance" ... */
const char *qt_difference_rule_name(enum qt_difference_rule rule); /* "adopted" ... */

#endif

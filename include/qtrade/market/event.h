/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that can change a decision is a numbered event of 128 bytes, plain data without pointers. Feeds
 * and venues fill kind, times, instrument and payload; the sequencer numbers it (seq) on entry.
 *
 * How to add a kind: a row here, its payload in the union (<= 96 bytes), a case in engine/dispatch.
 */
#ifndef QTRADE_MARKET_EVENT_H
#define QTRADE_MARKET_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/fixed.h"

enum qt_event_kind {
    QT_EVENT_NONE,
    /* market data */
    QT_EVENT_QUOTE,   /* best bid and ask changed */
    QT_EVENT_TRADE,   /* a public trade */
    QT_EVENT_DEPTH,   /* up to 4 levels of a snapshot or diff; several make one message */
    QT_EVENT_BAR,     /* a bar that the venue closed: history at start, gap filling, recorded klines */
    QT_EVENT_STATUS,  /* an instrument began or stopped trading */
    /* the venue's word on our orders and account */
    QT_EVENT_REPORT,  /* execution report */
    QT_EVENT_BALANCE, /* one asset of the account */
    QT_EVENT_LINK,    /* a connection's state changed */
    QT_EVENT_SYNC,    /* end of an account read: all BALANCE and REPORT rows since its begin were given */
    /* ours */
    QT_EVENT_TIMER,   /* time passed without other events */
    QT_EVENT_COMMAND, /* the operator stops or resumes */
    QT_EVENT_HEALTH,  /* one of our own parts began or ceased to work */
    QT_EVENT_CONFIG,  /* a limit of the config was changed */
    QT_EVENT_INCOME,  /* the venue's: the account's cash changed by no fill of ours */
    QT_EVENT_KINDS
};

enum qt_side { QT_BUY, QT_SELL };

/** Bits of struct qt_event.flags. */
enum qt_event_flag {
    QT_EVENT_SNAPSHOT = 1, /* DEPTH: begins a snapshot (clears the book first); REPORT: a row of a read */
    QT_EVENT_LAST = 2,     /* DEPTH: last chunk of its message */
    QT_EVENT_HISTORY = 4,  /* BAR: from before the session: no decision is taken on it */
    QT_EVENT_BUYER_MAKER = 8, /* TRADE: the seller was the aggressor */
    QT_EVENT_REFUSED = 16, /* SYNC: the venue's port could not even begin the read; LINK: the venue refuses our key */
    QT_EVENT_HELD = 128,   /* COMMAND to resume: the kill switch or the tamper line was not released when it was taken */
    QT_EVENT_READ = 256,   /* REPORT, FILL: of an order's trades, which were asked for; no stream told it before */
    QT_EVENT_UNFIT = 512   /* LINK: the key is good, and may do too much or too little: the reason says which */
    /* 32 and 64: the source, below */
};

/** Bits 5 and 6 of flags: over which of several equal streams a QUOTE, TRADE or BAR came
 * (market/sources.h says what becomes of it); 0: the primary one, and every other event. */
#define QT_EVENT_SOURCE_SHIFT 5
#define QT_EVENT_SOURCE_MASK 0x60u

struct qt_quote {
    qt_px bid, ask; /* QT_PX_NONE: empty side */
    qt_qty bid_qty, ask_qty;
    uint64_t id; /* the venue's number of the book's state, rising; 0: it has none, or no use */
};

struct qt_trade {
    qt_px px;
    qt_qty qty;
    uint64_t id; /* the venue's, one after the other in a symbol; 0: it has none */
};

struct qt_depth_level {
    qt_px px;
    qt_qty qty; /* 0: the level is gone */
};

/** One chunk of a depth message; bids first. first_id..last_id are the venue's update ids. */
struct qt_depth {
    uint64_t first_id, last_id;
    struct qt_depth_level levels[4];
    uint16_t bids, asks; /* bids + asks <= 4 */
    uint32_t previous_id_low; /* low 32 bits of the venue's "pu"; 0 where it has none */
};

/** A closed (or forming) bar. */
struct qt_bar {
    int64_t open_ns;   /* UTC, multiple of period_ns */
    int64_t period_ns;
    qt_px open, high, low, close;
    qt_qty volume;         /* base asset */
    qt_money quote_volume; /* quote asset, scale QT_MONEY_SCALE */
    qt_qty taker_buy;      /* base volume bought by takers; -1 unknown */
    uint32_t trades;       /* 0 unknown */
};

enum qt_order_state {
    QT_ORDER_PENDING,        /* sent or about to be; the venue has not answered */
    QT_ORDER_OPEN,           /* accepted, nothing filled */
    QT_ORDER_PARTIAL,        /* accepted, some filled */
    QT_ORDER_CANCEL_PENDING, /* a cancel is under way */
    QT_ORDER_FILLED,         /* final */
    QT_ORDER_CANCELLED,      /* final */
    QT_ORDER_REJECTED,       /* final */
    QT_ORDER_EXPIRED,        /* final: IOC/FOK remainder, venue expiry */
    QT_ORDER_UNKNOWN,        /* fate not known: counts at full size, left on the venue's evidence only */
    QT_ORDER_STATES
};

/** Why a report came (the venue's execution type). */
enum qt_report_type {
    QT_REPORT_ACCEPTED,
    QT_REPORT_FILL,
    QT_REPORT_CANCELLED,
    QT_REPORT_CANCEL_REJECTED, /* the order was already final or is not known */
    QT_REPORT_REJECTED,
    QT_REPORT_EXPIRED,
    QT_REPORT_TIMEOUT, /* no answer in time, 5xx, connection lost: fate unknown */
    QT_REPORT_STATUS,  /* answer to a query or a row of an account read: cum_qty and state count */
    QT_REPORT_NOT_FOUND, /* answer to a query: the venue does not know the id */
    QT_REPORT_TYPES
};

struct qt_report {
    uint64_t client_id; /* ours (qt_client_id); 0: not ours */
    uint64_t venue_id;
    uint64_t trade_id;  /* FILL only; 0 else */
    qt_px px;           /* FILL: price of this fill; ACCEPTED/STATUS: the order's price; else QT_PX_NONE */
    qt_qty qty;         /* FILL: of this fill; ACCEPTED/STATUS: the order's quantity */
    qt_qty cum_qty;     /* filled so far, this fill included */
    qt_money cum_quote; /* quote money of all fills so far, scale QT_MONEY_SCALE; -1 unknown */
    qt_money fee;       /* FILL: in fee_asset, scale QT_MONEY_SCALE (quote) or qty_scale (base) */
    int64_t sent_ns;    /* when the request left that this report answers, by our clock; 0: it answers none */
    int32_t code;       /* the venue's error code, REJECTED and CANCEL_REJECTED; 0 else */
    uint8_t type;       /* enum qt_report_type */
    uint8_t state;      /* enum qt_order_state as the venue sees it */
    uint8_t side;       /* enum qt_side */
    uint8_t fee_in_base; /* 1: fee is base asset at qty_scale; 0: quote asset at QT_MONEY_SCALE */
    uint8_t is_maker;
};

struct qt_balance {
    char asset[16];
    qt_money free, locked; /* scale QT_MONEY_SCALE, rounded toward zero */
    qt_money rounding;     /* their sum is known to within this only; 0: exactly */
};

enum qt_income_kind {
    QT_INCOME_FUNDING, /* paid between longs and shorts of a perpetual */
    QT_INCOME_KINDS
};

struct qt_income {
    char asset[16];
    qt_money amount; /* scale QT_MONEY_SCALE; below 0: paid by us */
    uint8_t kind;    /* enum qt_income_kind */
};

enum qt_link_state { QT_LINK_DOWN, QT_LINK_CONNECTING, QT_LINK_UP, QT_LINK_STATES };
enum qt_link_kind { QT_LINK_MARKET, QT_LINK_USER, QT_LINK_REST, QT_LINK_KINDS };

struct qt_link {
    uint8_t kind;  /* enum qt_link_kind */
    uint8_t state; /* enum qt_link_state */
    char reason[80]; /* cleaned text, why */
};

enum qt_command_kind {
    QT_COMMAND_PAUSE,
    QT_COMMAND_RESUME,
    QT_COMMAND_REDUCE,
    QT_COMMAND_LIQUIDATE,
    QT_COMMAND_HALT, /* cancel every order, keep positions under their exits: the kill switch's */
    QT_COMMAND_NOTE, /* changes nothing: for the audit only */
    QT_COMMAND_KINDS
};
enum qt_command_source {
    QT_SOURCE_SCREEN,
    QT_SOURCE_SOCKET,
    QT_SOURCE_SIGNAL,
    QT_SOURCE_SWITCH,
    QT_SOURCE_ENGINE,
    QT_SOURCE_ATTACH,  /* a key in the screen of qtrade attach */
    QT_SOURCE_ABSENCE, /* nobody was seen for too long */
    QT_SOURCES
};

struct qt_command_event {
    uint8_t kind;   /* enum qt_command_kind */
    uint8_t source; /* enum qt_command_source */
    char reason[78];
};

struct qt_status {
    uint8_t status; /* enum qt_instrument_status */
    qt_qty lot;     /* CHANGED: quantities are multiples of it now; 0 else, or as before */
};

/** The parts of this program (engine/board.h says what each needs). Journals hold these numbers: new ones at the end. */
enum qt_component {
    QT_COMPONENT_STORE,   /* its writer */
    QT_COMPONENT_JOURNAL, /* its writer */
    QT_COMPONENT_VENUE,   /* connections: market data, account, requests */
    QT_COMPONENT_WORKER,  /* threads beside the engine's that own symbols */
    QT_COMPONENT_ENGINE,  /* its thread */
    QT_COMPONENT_CONTROL, /* the control socket's server */
    QT_COMPONENT_SCREEN,
    QT_COMPONENT_BACKUP, /* copies of the store by the clock */
    QT_COMPONENT_SWITCH, /* the kill switch's thread */
    QT_COMPONENTS
};

struct qt_health {
    uint8_t component; /* enum qt_component */
    uint8_t is_sick;   /* 1: it ceased to work */
};

struct qt_config_event {
    double value;
    char key[64]; /* "risk.max_heat" */
};

struct qt_event {
    uint64_t seq;       /* numbered by the sequencer; 0 before */
    int64_t t_venue_ns; /* the venue's time, UTC; t_recv_ns where it gives none */
    int64_t t_recv_ns;  /* UTC on our clock when it came: the engine's time */
    uint32_t instrument; /* QT_NO_INSTRUMENT where it has none */
    uint16_t kind;      /* enum qt_event_kind */
    uint16_t flags;     /* enum qt_event_flag */
    union {
        struct qt_quote quote;
        struct qt_trade trade;
        struct qt_depth depth;
        struct qt_bar bar;
        struct qt_report report;
        struct qt_balance balance;
        struct qt_link link;
        struct qt_command_event command;
        struct qt_status status;
        struct qt_health health;
        struct qt_config_event config;
        struct qt_income income;
        unsigned char bytes[96]; /* the room a payload has */
    };
};
_Static_assert(sizeof(struct qt_event) == 128, "an event is two cache lines");

static inline unsigned
qt_event_source(const struct qt_event *event)
{
    return (event->flags & QT_EVENT_SOURCE_MASK) >> QT_EVENT_SOURCE_SHIFT;
}

/** Where a feed or venue puts its events; on the engine thread, during work(). */
struct qt_event_sink {
    void *self;
    void (*push)(void *self, struct qt_event *event);
};

/** Names for people and documents: "quote", "filled", "buy", "liquidate" ... never NULL. */
const char *qt_event_kind_name(enum qt_event_kind kind);
const char *qt_order_state_name(enum qt_order_state state);
const char *qt_side_name(enum qt_side side);
const char *qt_report_type_name(enum qt_report_type type);
const char *qt_command_name(enum qt_command_kind kind);
const char *qt_source_name(enum qt_command_source source);
const char *qt_link_state_name(enum qt_link_state state);
const char *qt_component_name(enum qt_component component);
/** Final states: FILLED, CANCELLED, REJECTED, EXPIRED. */
bool qt_order_state_is_final(enum qt_order_state state);

#endif

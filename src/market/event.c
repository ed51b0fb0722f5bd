/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/market/event.h"

static const char *
name_of(const char *const *names, unsigned n, unsigned i)
{
    return i < n ? names[i] : "?";
}

const char *
qt_event_kind_name(enum qt_event_kind kind)
{
    static const char *const names[QT_EVENT_KINDS] = {
        "none",   "quote",   "trade", "depth", "bar",   "status", "report",
        "balance", "link", "sync",  "timer", "command"};
    return name_of(names, QT_EVENT_KINDS, kind);
}

const char *
qt_order_state_name(enum qt_order_state state)
{
    static const char *const names[QT_ORDER_STATES] = {
        "pending",   "open",     "partial", "cancel_pending", "filled",
        "cancelled", "rejected", "expired", "unknown"};
    return name_of(names, QT_ORDER_STATES, state);
}

const char *
qt_side_name(enum qt_side side)
{
    static const char *const names[] = {"buy", "sell"};
    return name_of(names, 2, side);
}

const char *
qt_report_type_name(enum qt_report_type type)
{
    static const char *const names[QT_REPORT_TYPES] = {
        "accepted", "fill",    "cancelled", "cancel_rejected", "rejected",
        "expired",  "timeout", "status",    "not_found"};
    return name_of(names, QT_REPORT_TYPES, type);
}

const char *
qt_command_name(enum qt_command_kind kind)
{
    static const char *const names[QT_COMMAND_KINDS] = {"pause", "resume", "reduce", "liquidate"};
    return name_of(names, QT_COMMAND_KINDS, kind);
}

const char *
qt_source_name(enum qt_command_source source)
{
    static const char *const names[QT_SOURCES] = {"screen", "socket", "signal", "switch", "engine"};
    return name_of(names, QT_SOURCES, source);
}

const char *
qt_link_state_name(enum qt_link_state state)
{
    static const char *const names[QT_LINK_STATES] = {"down", "connecting", "up"};
    return name_of(names, QT_LINK_STATES, state);
}

bool
qt_order_state_is_final(enum qt_order_state state)
{
    return state == QT_ORDER_FILLED || state == QT_ORDER_CANCELLED ||
           state == QT_ORDER_REJECTED || state == QT_ORDER_EXPIRED;
}

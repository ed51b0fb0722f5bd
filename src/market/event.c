/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of what events carry, for people and documents. A value outside its enum has the name "?":
 * these functions also read journals and messages.
 */
#include "qtrade/market/event.h"

#include "qtrade/base/attr.h"

static const char *
name_of(const char *const *names, size_t n, unsigned index)
{
    return index < n && names[index] ? names[index] : "?";
}

const char *
qt_event_kind_name(enum qt_event_kind kind)
{
    static const char *const names[QT_EVENT_KINDS] = {
        [QT_EVENT_NONE] = "none",     [QT_EVENT_QUOTE] = "quote",
        [QT_EVENT_TRADE] = "trade",   [QT_EVENT_DEPTH] = "depth",
        [QT_EVENT_BAR] = "bar",       [QT_EVENT_STATUS] = "status",
        [QT_EVENT_REPORT] = "report", [QT_EVENT_BALANCE] = "balance",
        [QT_EVENT_LINK] = "link",     [QT_EVENT_SYNC] = "sync",
        [QT_EVENT_TIMER] = "timer",   [QT_EVENT_COMMAND] = "command",
        [QT_EVENT_HEALTH] = "health",
        [QT_EVENT_CONFIG] = "config", [QT_EVENT_INCOME] = "income"};
    return name_of(names, QT_COUNT_OF(names), (unsigned)kind);
}

const char *
qt_order_state_name(enum qt_order_state state)
{
    static const char *const names[QT_ORDER_STATES] = {
        [QT_ORDER_PENDING] = "pending",   [QT_ORDER_OPEN] = "open",
        [QT_ORDER_PARTIAL] = "partial",   [QT_ORDER_CANCEL_PENDING] = "cancel_pending",
        [QT_ORDER_FILLED] = "filled",     [QT_ORDER_CANCELLED] = "cancelled",
        [QT_ORDER_REJECTED] = "rejected", [QT_ORDER_EXPIRED] = "expired",
        [QT_ORDER_UNKNOWN] = "unknown"};
    return name_of(names, QT_COUNT_OF(names), (unsigned)state);
}

const char *
qt_side_name(enum qt_side side)
{
    static const char *const names[] = {[QT_BUY] = "buy", [QT_SELL] = "sell"};
    return name_of(names, QT_COUNT_OF(names), (unsigned)side);
}

const char *
qt_report_type_name(enum qt_report_type type)
{
    static const char *const names[QT_REPORT_TYPES] = {
        [QT_REPORT_ACCEPTED] = "accepted",   [QT_REPORT_FILL] = "fill",
        [QT_REPORT_CANCELLED] = "cancelled", [QT_REPORT_CANCEL_REJECTED] = "cancel_rejected",
        [QT_REPORT_REJECTED] = "rejected",   [QT_REPORT_EXPIRED] = "expired",
        [QT_REPORT_TIMEOUT] = "timeout",     [QT_REPORT_STATUS] = "status",
        [QT_REPORT_NOT_FOUND] = "not_found"};
    return name_of(names, QT_COUNT_OF(names), (unsigned)type);
}

const char *
qt_command_name(enum qt_command_kind kind)
{
    static const char *const names[QT_COMMAND_KINDS] = {[QT_COMMAND_PAUSE] = "pause",
                                                        [QT_COMMAND_RESUME] = "resume",
                                                        [QT_COMMAND_REDUCE] = "reduce",
                                                        [QT_COMMAND_LIQUIDATE] = "liquidate",
                                                        [QT_COMMAND_HALT] = "halt",
                                                        [QT_COMMAND_NOTE] = "note"};
    return name_of(names, QT_COUNT_OF(names), (unsigned)kind);
}

const char *
qt_source_name(enum qt_command_source source)
{
    static const char *const names[QT_SOURCES] = {[QT_SOURCE_SCREEN] = "screen",
                                                  [QT_SOURCE_SOCKET] = "socket",
                                                  [QT_SOURCE_SIGNAL] = "signal",
                                                  [QT_SOURCE_SWITCH] = "switch",
                                                  [QT_SOURCE_ENGINE] = "engine",
                                                  [QT_SOURCE_ATTACH] = "attach",
                                                  [QT_SOURCE_ABSENCE] = "absence"};
    return name_of(names, QT_COUNT_OF(names), (unsigned)source);
}

const char *
qt_link_state_name(enum qt_link_state state)
{
    static const char *const names[QT_LINK_STATES] = {
        [QT_LINK_DOWN] = "down", [QT_LINK_CONNECTING] = "connecting", [QT_LINK_UP] = "up"};
    return name_of(names, QT_COUNT_OF(names), (unsigned)state);
}

bool
qt_order_state_is_final(enum qt_order_state state)
{
    return state == QT_ORDER_FILLED || state == QT_ORDER_CANCELLED || state == QT_ORDER_REJECTED ||
           state == QT_ORDER_EXPIRED;
}

const char *
qt_component_name(enum qt_component component)
{
    static const char *const names[QT_COMPONENTS] = {
        [QT_COMPONENT_STORE] = "store",   [QT_COMPONENT_JOURNAL] = "journal",
        [QT_COMPONENT_VENUE] = "venue",   [QT_COMPONENT_WORKER] = "worker",
        [QT_COMPONENT_ENGINE] = "engine", [QT_COMPONENT_CONTROL] = "control",
        [QT_COMPONENT_SCREEN] = "screen", [QT_COMPONENT_BACKUP] = "backup",
        [QT_COMPONENT_SWITCH] = "switch"};
    return name_of(names, QT_COUNT_OF(names), (unsigned)component);
}

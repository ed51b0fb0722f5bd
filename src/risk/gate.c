/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate's table and the loop over it. All rows run, all findings are kept.
 */
#include "qtrade/base/num.h"
#include "qtrade/base/text.h"

#include "gate_priv.h"

const struct qt_gate_row qt_gate_rows[QT_GATE_CHECKS] = {
    [QT_CHECK_SHUT] = {"shut", "gate shut by a stop", "", NULL, QT_WHEN_RISK, qt__check_shut},
    [QT_CHECK_KILL_SWITCH] = {"kill_switch", "kill switch", "", NULL, QT_WHEN_RISK,
                              qt__check_kill_switch},
    [QT_CHECK_MODE] = {"mode", "mode", "", NULL, QT_WHEN_ALWAYS, qt__check_mode},
    [QT_CHECK_REDUCE] = {"reduce", "reduces the position", "base", NULL, QT_WHEN_REDUCE,
                         qt__check_reduce},
    [QT_CHECK_LINK] = {"link", "link to the venue", "", NULL, QT_WHEN_RISK, qt__check_link},
    [QT_CHECK_STORE] = {"store", "store healthy", "", NULL, QT_WHEN_RISK, qt__check_store},
    [QT_CHECK_LEDGER] = {"ledger", "ledger conserved", "", NULL, QT_WHEN_RISK, qt__check_ledger},
    [QT_CHECK_UNKNOWN_ORDER] = {"unknown_order", "unknown order in symbol", "", NULL, QT_WHEN_RISK,
                                qt__check_unknown_order},
    [QT_CHECK_QUOTE_AGE] = {"quote_age", "quote age", "ms", "max_quote_age_ms", QT_WHEN_RISK,
                            qt__check_quote_age},
    [QT_CHECK_FILTERS] = {"filters", "venue's filters", "", NULL, QT_WHEN_ALWAYS,
                          qt__check_filters},
    [QT_CHECK_COLLAR_MID] = {"collar_mid", "price beyond mid", "bps", "collar_mid_bps",
                             QT_WHEN_ALWAYS, qt__check_collar_mid},
    [QT_CHECK_COLLAR_LAST] = {"collar_last", "price beyond last", "bps", "collar_last_bps",
                              QT_WHEN_ALWAYS, qt__check_collar_last},
    [QT_CHECK_SPREAD] = {"spread", "spread", "bps", "max_spread_bps", QT_WHEN_RISK,
                         qt__check_spread},
    [QT_CHECK_NOTIONAL] = {"notional", "order value", "quote", "max_order_notional", QT_WHEN_RISK,
                           qt__check_notional},
    [QT_CHECK_POSITION] = {"position", "position", "ratio", "max_position", QT_WHEN_RISK,
                           qt__check_position},
    [QT_CHECK_VENUE] = {"venue", "venue", "ratio", "max_venue", QT_WHEN_RISK, qt__check_venue},
    [QT_CHECK_STRATEGY] = {"strategy", "strategy", "ratio", "max_strategy", QT_WHEN_RISK,
                           qt__check_strategy},
    [QT_CHECK_SECTOR] = {"sector", "sector", "ratio", "max_sector", QT_WHEN_RISK, qt__check_sector},
    [QT_CHECK_LEVERAGE] = {"leverage", "leverage", "ratio", NULL, QT_WHEN_RISK, qt__check_leverage},
    [QT_CHECK_HEAT] = {"heat", "portfolio heat", "ratio", "max_heat", QT_WHEN_RISK, qt__check_heat},
    [QT_CHECK_CORRELATION] = {"correlation", "correlation", "ratio", "max_correlation",
                              QT_WHEN_RISK, qt__check_correlation},
    [QT_CHECK_DAILY_LOSS] = {"daily_loss", "daily loss", "ratio", "max_daily_loss", QT_WHEN_RISK,
                             qt__check_daily_loss},
    [QT_CHECK_DRAWDOWN] = {"drawdown", "drawdown", "ratio", "max_drawdown", QT_WHEN_RISK,
                           qt__check_drawdown},
    [QT_CHECK_ORDERS_S] = {"orders_s", "orders per second", "orders", "max_orders_per_s",
                           QT_WHEN_ALWAYS, qt__check_orders_s},
    [QT_CHECK_ORDERS_MIN] = {"orders_min", "orders per minute", "orders", "max_orders_per_min",
                             QT_WHEN_ALWAYS, qt__check_orders_min},
    [QT_CHECK_MESSAGES_S] = {"messages_s", "messages per second", "messages", "max_messages_per_s",
                             QT_WHEN_ALWAYS, qt__check_messages_s},
    [QT_CHECK_OPEN_ORDERS] = {"open_orders", "open orders", "orders", "max_open_orders",
                              QT_WHEN_RISK, qt__check_open_orders},
    [QT_CHECK_DUPLICATE] = {"duplicate", "duplicate order", "orders", NULL, QT_WHEN_RISK,
                            qt__check_duplicate},
    [QT_CHECK_SELF_TRADE] = {"self_trade", "own resting order", "", NULL, QT_WHEN_RISK,
                             qt__check_self_trade},
};

const char *
qt_gate_code_name(enum qt_gate_code code)
{
    static const char *const names[QT_GATE_CODES] = {"pass",  "skipped", "limit",    "absent",
                                                     "stale", "nan",     "negative", "overflow"};
    return (unsigned)code < QT_GATE_CODES ? names[code] : "?";
}

/* The code of a pair that cannot be compared; PASS when it can. */
static enum qt_gate_code
number_code(double value, double limit)
{
    if (!qt_is_finite(value) || !qt_is_finite(limit))
        return QT_GATE_NAN;
    return value < 0 ? QT_GATE_NEGATIVE : QT_GATE_PASS;
}

struct qt_gate_finding
qt__at_most(double value, double limit)
{
    enum qt_gate_code code = number_code(value, limit);
    if (code != QT_GATE_PASS)
        return qt__found(code);
    return (struct qt_gate_finding){value <= limit ? QT_GATE_PASS : QT_GATE_LIMIT, value, limit};
}

struct qt_gate_finding
qt__below(double value, double limit)
{
    enum qt_gate_code code = number_code(value, limit);
    if (code != QT_GATE_PASS)
        return qt__found(code);
    return (struct qt_gate_finding){value < limit ? QT_GATE_PASS : QT_GATE_LIMIT, value, limit};
}

static bool
concerns(enum qt_gate_when when, bool claims, bool is_reducing)
{
    switch (when) {
    case QT_WHEN_RISK:
        return !is_reducing;
    case QT_WHEN_REDUCE:
        return claims;
    case QT_WHEN_ALWAYS:
    case QT_WHENS:
        break;
    }
    return true;
}

bool
qt_gate_check(const struct qt_risk_config *config, const struct qt_gate_input *input,
              struct qt_gate_result *out)
{
    *out = (struct qt_gate_result){0};
    bool is_there = input->request && input->ins;
    bool claims = is_there && input->request->reduce_only;
    out->is_reducing = claims && qt__proves_reduction(input).code == QT_GATE_PASS;
    for (int i = 0; i < QT_GATE_CHECKS; i++) {
        const struct qt_gate_row *row = &qt_gate_rows[i];
        struct qt_gate_finding finding = qt__found(QT_GATE_ABSENT);
        if (is_there)
            finding = concerns(row->when, claims, out->is_reducing)
                          ? row->check(config, input, out->is_reducing)
                          : qt__found(QT_GATE_SKIPPED);
        out->row[i] = finding;
        out->failures += finding.code != QT_GATE_PASS && finding.code != QT_GATE_SKIPPED;
    }
    out->is_allowed = out->failures == 0;
    return out->is_allowed;
}

/* Four decimals at most, no locale. */
static void
add_number(struct qt_text *text, double value)
{
    qt_money rounded = QT_MONEY_ZERO;
    char digits[QT_DECIMAL_TEXT];
    bool fits = qt_money_of_double(value, 4, &rounded);
    qt_text_add(text, fits ? qt_decimal_format_short(qt_money_units(rounded), 4, digits) : "huge");
}

static void
add_finding(struct qt_text *text, const struct qt_gate_row *row,
            const struct qt_gate_finding *finding)
{
    qt_text_add(text, text->length ? "; " : "");
    qt_text_add(text, row->name);
    qt_text_add_char(text, ' ');
    if (finding->code != QT_GATE_LIMIT || row->unit[0] == '\0') {
        qt_text_add(text,
                    finding->code == QT_GATE_LIMIT ? "refuses" : qt_gate_code_name(finding->code));
        return;
    }
    add_number(text, finding->value);
    qt_text_add(text, finding->value > finding->limit ? " > " : " at its limit ");
    add_number(text, finding->limit);
}

char *
qt_gate_describe(const struct qt_gate_result *result, char *out, size_t capacity)
{
    struct qt_text text;
    qt_text_init(&text, out, capacity);
    for (int i = 0; i < QT_GATE_CHECKS; i++) {
        uint8_t code = result->row[i].code;
        if (code != QT_GATE_PASS && code != QT_GATE_SKIPPED)
            add_finding(&text, &qt_gate_rows[i], &result->row[i]);
    }
    if (text.length == 0)
        qt_text_add(&text, result->is_allowed ? "allowed" : "refused");
    return out;
}

void
qt_gate_stats_add(struct qt_gate_stats *stats, const struct qt_gate_result *result)
{
    stats->checked++;
    stats->refused += !result->is_allowed;
    for (int i = 0; i < QT_GATE_CHECKS; i++) {
        const struct qt_gate_finding *finding = &result->row[i];
        struct qt_gate_stat *stat = &stats->row[i];
        if (finding->code == QT_GATE_SKIPPED)
            continue;
        stat->refusals += finding->code != QT_GATE_PASS;
        stat->code = finding->code;
        stat->is_known = finding->code == QT_GATE_PASS || finding->code == QT_GATE_LIMIT ||
                         finding->code == QT_GATE_STALE;
        stat->value = finding->value;
        stat->limit = finding->limit;
    }
}

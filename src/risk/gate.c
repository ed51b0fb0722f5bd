/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate's table and the loop over it. All rows run, all findings are kept.
 */
#include <string.h>

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

enum qt_gate_code
qt__not_within(double value, double limit, struct qt_gate_finding *out)
{
    if (!qt_is_finite(value) || !qt_is_finite(limit))
        return QT_GATE_NAN;
    if (value < 0)
        return QT_GATE_NEGATIVE;
    out->value = value;
    out->limit = limit;
    return QT_GATE_LIMIT;
}

_Static_assert(QT_GATE_PASS == 0 && QT_GATE_SKIPPED == 1, "what is above SKIPPED denies");

static QT_OUTLINE uint32_t
count_denials(const struct qt_gate_finding *findings)
{
    uint32_t denials = 0;
    for (int i = 0; i < QT_GATE_CHECKS; i++)
        denials += findings[i].code > QT_GATE_SKIPPED;
    return denials;
}

/* Every row of an order that is there; how many deny. */
static uint32_t
run_rows(const struct qt_gate_case *order, bool claims, struct qt_gate_finding *findings)
{
    const bool concerns[QT_WHENS] = {
        [QT_WHEN_ALWAYS] = true, [QT_WHEN_RISK] = !order->is_reducing, [QT_WHEN_REDUCE] = claims};
    unsigned seen = 0; /* codes, or-ed: PASS and SKIPPED are 0 and 1 */
    for (int i = 0; i < QT_GATE_CHECKS; i++) {
        const struct qt_gate_row *row = &qt_gate_rows[i];
        unsigned code = QT_GATE_SKIPPED;
        if (concerns[row->when])
            code = row->check(order, &findings[i]);
        findings[i].code = (uint8_t)code;
        seen |= code;
    }
    return seen > QT_GATE_SKIPPED ? count_denials(findings) : 0;
}

/* An order or an instrument that is not there. */
static QT_OUTLINE uint32_t
deny_all(struct qt_gate_finding *findings)
{
    for (int i = 0; i < QT_GATE_CHECKS; i++)
        findings[i].code = QT_GATE_ABSENT;
    return QT_GATE_CHECKS;
}

bool
qt_gate_check(const struct qt_risk_config *config, const struct qt_gate_input *input,
              struct qt_gate_result *out)
{
    struct qt_gate_case order = {.config = config, .input = input};
    memset(out, 0, sizeof *out);
    if (input->request && input->ins) {
        struct qt_gate_finding ignored;
        bool claims = input->request->reduce_only;
        out->is_reducing = claims && qt__proves_reduction(input, &ignored) == QT_GATE_PASS;
        order.is_reducing = out->is_reducing;
        order.rate_share = out->is_reducing ? 1 : 1 - config->reserve_share;
        qt__price_case(&order);
        qt__money_case(&order);
        out->failures = run_rows(&order, claims, out->row);
    } else {
        out->failures = deny_all(out->row);
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

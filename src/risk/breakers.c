/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The breakers' table: what each asks for while it is tripped. How to add one: an enum row, a row
 * here, the place that trips it; tests/risk/test_limits.c judges it.
 */
#include <stdio.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/risk/breakers.h"

static const struct {
    const char *title;
    enum qt_breaker_request request;
} rows[QT_BREAKERS] = {
    [QT_BREAKER_DAILY_LOSS] = {"daily loss", QT_BREAKER_PAUSE},
    [QT_BREAKER_DRAWDOWN] = {"drawdown", QT_BREAKER_REDUCE},
    [QT_BREAKER_LOSSES] = {"losses in a row", QT_BREAKER_PAUSE},
};

void
qt_breakers_init(struct qt_breakers *breakers)
{
    *breakers = (struct qt_breakers){0};
}

/* Trips a breaker that is not; value >= limit is what the caller found. */
static void
trip(struct qt_breakers *breakers, enum qt_breaker_kind kind, double value, double limit,
     int64_t t_ns, int64_t until_ns)
{
    if (breakers->state[kind].is_tripped)
        return;
    breakers->state[kind].is_tripped = true;
    breakers->state[kind].since_ns = t_ns;
    breakers->state[kind].until_ns = until_ns;
    breakers->state[kind].value = value;
    breakers->state[kind].limit = limit;
    breakers->state[kind].trips++;
}

static void
release(struct qt_breakers *breakers, enum qt_breaker_kind kind)
{
    breakers->state[kind].is_tripped = false;
    if (kind == QT_BREAKER_LOSSES)
        breakers->losses_in_row = 0;
}

/* The fall from one amount (> 0) to another, as a share of the first. */
static double
fall(qt_money from, qt_money to)
{
    return 1 - qt_money_to_double(to, QT_MONEY_SCALE) / qt_money_to_double(from, QT_MONEY_SCALE);
}

static void
note_day(struct qt_breakers *breakers, qt_money equity, int64_t t_ns)
{
    int64_t day_ns = qt_time_floor(t_ns, QT_NS_PER_DAY);
    if (breakers->has_equity && day_ns <= breakers->day_ns)
        return;
    breakers->day_ns = day_ns;
    breakers->day_equity = equity;
}

void
qt_breakers_equity(struct qt_breakers *breakers, const struct qt_risk_config *config,
                   qt_money equity, int64_t t_ns)
{
    note_day(breakers, equity, t_ns);
    if (!breakers->has_equity || qt_money_cmp(equity, breakers->peak) > 0)
        breakers->peak = equity;
    breakers->equity = equity;
    breakers->has_equity = true;
    if (qt_money_sign(breakers->peak) > 0) {
        breakers->drawdown = fall(breakers->peak, equity);
        breakers->max_drawdown = QT_MAX(breakers->max_drawdown, breakers->drawdown);
        if (breakers->drawdown >= config->max_drawdown)
            trip(breakers, QT_BREAKER_DRAWDOWN, breakers->drawdown, config->max_drawdown, t_ns,
                 INT64_MAX);
    }
    if (qt_money_sign(breakers->day_equity) > 0) {
        double loss = fall(breakers->day_equity, equity);
        if (loss >= config->max_daily_loss)
            trip(breakers, QT_BREAKER_DAILY_LOSS, loss, config->max_daily_loss, t_ns,
                 breakers->day_ns + QT_NS_PER_DAY);
    }
}

void
qt_breakers_trade(struct qt_breakers *breakers, const struct qt_risk_config *config,
                  qt_money profit, int64_t t_ns)
{
    if (qt_money_sign(profit) > 0)
        breakers->losses_in_row = 0;
    else if (qt_money_sign(profit) < 0)
        breakers->losses_in_row++;
    if (breakers->losses_in_row >= config->max_losses_in_row)
        trip(breakers, QT_BREAKER_LOSSES, (double)breakers->losses_in_row,
             (double)config->max_losses_in_row, t_ns,
             t_ns + config->losses_pause_min * QT_NS_PER_MIN);
}

static void
describe(const struct qt_breakers *breakers, char *reason)
{
    struct qt_text text;
    qt_text_init(&text, reason, QT_BREAKER_REASON);
    for (int i = 0; i < QT_BREAKERS; i++) {
        if (!breakers->state[i].is_tripped)
            continue;
        bool is_count = i == QT_BREAKER_LOSSES;
        double unit = is_count ? 1 : 100;
        qt_money value = QT_MONEY_ZERO, limit = QT_MONEY_ZERO;
        char a[QT_DECIMAL_TEXT], b[QT_DECIMAL_TEXT];
        bool fits = qt_money_of_double(breakers->state[i].value * unit, 2, &value) &&
                    qt_money_of_double(breakers->state[i].limit * unit, 2, &limit);
        qt_text_addf(&text, "%s%s %s%s (limit %s%s)", text.length ? "; " : "", rows[i].title,
                     fits ? qt_decimal_format_short(qt_money_units(value), 2, a) : "?",
                     is_count ? "" : " %",
                     fits ? qt_decimal_format_short(qt_money_units(limit), 2, b) : "?",
                     is_count ? "" : " %");
    }
}

enum qt_breaker_request
qt_breakers_check(struct qt_breakers *breakers, int64_t t_ns, char *reason)
{
    enum qt_breaker_request request = QT_BREAKER_NONE;
    for (int i = 0; i < QT_BREAKERS; i++) {
        if (breakers->state[i].is_tripped && t_ns >= breakers->state[i].until_ns)
            release(breakers, (enum qt_breaker_kind)i);
        if (breakers->state[i].is_tripped)
            request = QT_MAX(request, rows[i].request);
    }
    if (reason)
        describe(breakers, reason);
    return request;
}

void
qt_breakers_reset(struct qt_breakers *breakers)
{
    for (int i = 0; i < QT_BREAKERS; i++)
        release(breakers, (enum qt_breaker_kind)i);
    breakers->peak = breakers->day_equity = breakers->equity;
    breakers->drawdown = 0;
}

bool
qt_breakers_day_pnl(const struct qt_breakers *breakers, qt_money *out)
{
    return breakers->has_equity && qt_money_sub(breakers->equity, breakers->day_equity, out);
}

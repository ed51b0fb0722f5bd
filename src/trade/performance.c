/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Metrics over an equity curve and round trips. Statistics in double, with base's own functions, so
 * that a backtest's document has the same bytes everywhere.
 */
#include <stdlib.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"
#include "qtrade/trade/performance.h"

#define YEAR_DAYS 365.0
#define MIN_TAIL_RETURNS 20         /* fewer say nothing about a 5 % tail */
#define MAX_GRID ((int64_t)1 << 26) /* returns at most: 512 MiB */

#define OFFSET(field) offsetof(struct qt_performance, field)
const struct qt_performance_row qt_performance_rows[] = {
    {.name = "total_return",
     .title = "Total return",
     .unit = "ratio",
     .offset = OFFSET(total_return),
     .definition = "last equity / first equity - 1"},
    {.name = "annual_return",
     .title = "Annualised return",
     .unit = "ratio per year",
     .offset = OFFSET(annual_return),
     .definition = "(last equity / first equity) ^ (365 days / length) - 1"},
    {.name = "volatility",
     .title = "Volatility",
     .unit = "ratio per year",
     .offset = OFFSET(volatility),
     .definition = "sample standard deviation of the returns x sqrt(P)"},
    {.name = "sharpe",
     .title = "Sharpe ratio",
     .unit = "per year",
     .offset = OFFSET(sharpe),
     .definition = "mean return / sample standard deviation x sqrt(P), risk-free rate 0"},
    {.name = "sortino",
     .title = "Sortino ratio",
     .unit = "per year",
     .offset = OFFSET(sortino),
     .definition =
         "mean return / sqrt(sum of squared negative returns / number of all returns) x sqrt(P)"},
    {.name = "calmar",
     .title = "Calmar ratio",
     .unit = "per year",
     .offset = OFFSET(calmar),
     .definition = "annualised return / maximum drawdown"},
    {.name = "max_drawdown",
     .title = "Maximum drawdown",
     .unit = "ratio",
     .offset = OFFSET(max_drawdown),
     .definition = "largest fall from a peak of the curve, as a share of the peak"},
    {.name = "max_drawdown_days",
     .title = "Length of the maximum drawdown",
     .unit = "days",
     .offset = OFFSET(max_drawdown_days),
     .definition = "from that peak until its equity is reached again, or to the end"},
    {.name = "trades",
     .title = "Round trips",
     .unit = "",
     .offset = OFFSET(trades),
     .definition = "positions that were opened and closed"},
    {.name = "hit_rate",
     .title = "Hit rate",
     .unit = "ratio",
     .offset = OFFSET(hit_rate),
     .definition = "round trips with a profit after fees / all round trips"},
    {.name = "profit_factor",
     .title = "Profit factor",
     .unit = "ratio",
     .offset = OFFSET(profit_factor),
     .definition = "sum of profits / sum of losses of the round trips; unknown without a loss"},
    {.name = "expectancy",
     .title = "Expectancy",
     .unit = "quote",
     .offset = OFFSET(expectancy),
     .definition = "mean profit after fees of a round trip"},
    {.name = "expectancy_r",
     .title = "Expectancy in R",
     .unit = "R",
     .offset = OFFSET(expectancy_r),
     .definition = "mean of profit / initial risk over the round trips whose risk is known"},
    {.name = "average_hours",
     .title = "Average holding time",
     .unit = "hours",
     .offset = OFFSET(average_hours),
     .definition = "mean time from opening to closing of a round trip"},
    {.name = "turnover",
     .title = "Turnover",
     .unit = "ratio",
     .offset = OFFSET(turnover),
     .definition = "quote value of all fills, both sides / time-weighted mean equity"},
    {.name = "exposure",
     .title = "Exposure",
     .unit = "ratio",
     .offset = OFFSET(exposure),
     .definition = "time-weighted mean of position value / equity"},
    {.name = "var_95",
     .title = "Value at risk, 95 %",
     .unit = "ratio",
     .offset = OFFSET(var_95),
     .definition =
         "minus the 5 % quantile (type 7) of the returns; a loss is positive; needs 20 returns"},
    {.name = "cvar_95",
     .title = "Expected shortfall, 95 %",
     .unit = "ratio",
     .offset = OFFSET(cvar_95),
     .definition = "minus the mean of the returns at or below that quantile"},
    {.name = "fees",
     .title = "Fees",
     .unit = "quote",
     .offset = OFFSET(fees),
     .definition = "quote value of all fees"},
    {0},
};

const struct qt_metric *
qt_performance_at(const struct qt_performance *performance, const struct qt_performance_row *row)
{
    return (const struct qt_metric *)(const void *)((const char *)performance + row->offset);
}

/* Known when it is finite. */
static struct qt_metric
metric(double value)
{
    return (struct qt_metric){qt_is_finite(value), qt_is_finite(value) ? value : 0};
}

static struct qt_metric
ratio(double over, double under)
{
    return under == 0 ? (struct qt_metric){0} : metric(over / under);
}

static double
equity_at(const struct qt_equity_point *point)
{
    return qt_money_to_double(point->equity, QT_MONEY_SCALE);
}

static bool
points_are_valid(const struct qt_equity_point *points, size_t n, struct qt_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (qt_money_sign(points[i].equity) <= 0)
            return qt_fail(err, QT_E_DATA, "equity point %zu: equity is not above zero", i);
        if (i > 0 && points[i].t_ns <= points[i - 1].t_ns)
            return qt_fail(err, QT_E_DATA, "equity point %zu: its time does not rise", i);
    }
    return true;
}

static size_t
grid_count(const struct qt_equity_point *points, size_t n, int64_t period_ns)
{
    return n < 2 ? 0 : (size_t)((points[n - 1].t_ns - points[0].t_ns) / period_ns);
}

/* The returns of the grid into r. */
static void
fill_returns(const struct qt_equity_point *points, size_t n, int64_t period_ns, double *r,
             size_t count)
{
    size_t at = 0;
    double previous = equity_at(&points[0]);
    for (size_t k = 0; k < count; k++) {
        int64_t t_ns = points[0].t_ns + (int64_t)(k + 1) * period_ns;
        while (at + 1 < n && points[at + 1].t_ns <= t_ns)
            at++;
        double e = equity_at(&points[at]);
        r[k] = e / previous - 1;
        previous = e;
    }
}

/* Root of the mean of squared negative returns, over all of them. */
static double
downside(const double *r, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += r[i] < 0 ? r[i] * r[i] : 0;
    return qt_sqrt(sum / (double)n);
}

static void
ratios_of_returns(const double *r, size_t n, double per_year, struct qt_performance *out)
{
    if (n < 2)
        return;
    double sd = qt_stddev_sample(r, n), mean = qt_mean(r, n), root = qt_sqrt(per_year);
    out->volatility = metric(sd * root);
    out->sharpe = ratio(mean * root, sd);
    out->sortino = ratio(mean * root, downside(r, n));
}

/* Sorts r. */
static void
tail_of_returns(double *r, size_t n, struct qt_performance *out)
{
    if (n < MIN_TAIL_RETURNS)
        return;
    qt_sort_doubles(r, n);
    double quantile = qt_quantile_sorted(r, n, 0.05), sum = 0;
    size_t count = 0;
    while (count < n && r[count] <= quantile)
        sum += r[count++];
    out->var_95 = metric(0 - quantile);
    out->cvar_95 = ratio(0 - sum, (double)count);
}

static void
drawdown_of(const struct qt_equity_point *points, size_t n, struct qt_performance *out)
{
    size_t peak = 0, worst_peak = 0, worst = 0;
    double deepest = 0;
    for (size_t i = 1; i < n; i++) {
        if (qt_money_cmp(points[i].equity, points[peak].equity) >= 0)
            peak = i;
        double depth = 1 - equity_at(&points[i]) / equity_at(&points[peak]);
        if (depth > deepest) {
            deepest = depth;
            worst_peak = peak;
            worst = i;
        }
    }
    size_t end = worst;
    while (end + 1 < n && qt_money_cmp(points[end].equity, points[worst_peak].equity) < 0)
        end++;
    out->max_drawdown = metric(deepest);
    out->max_drawdown_days =
        metric((double)(points[end].t_ns - points[worst_peak].t_ns) / (double)QT_NS_PER_DAY);
}

/* Time-weighted means: a point holds until the next. */
static void
means_of(const struct qt_equity_point *points, size_t n, double *mean_equity, double *exposure)
{
    double length = (double)(points[n - 1].t_ns - points[0].t_ns), equity = 0, exposed = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double share = (double)(points[i + 1].t_ns - points[i].t_ns) / length;
        equity += share * equity_at(&points[i]);
        exposed += share *
                   (qt_money_to_double(points[i].exposure, QT_MONEY_SCALE) / equity_at(&points[i]));
    }
    *mean_equity = equity;
    *exposure = exposed;
}

static void
curve_metrics(const struct qt_equity_point *points, size_t n, const struct qt_trades_total *total,
              struct qt_performance *out)
{
    double growth = equity_at(&points[n - 1]) / equity_at(&points[0]), mean_equity, exposure;
    double days = (double)(points[n - 1].t_ns - points[0].t_ns) / (double)QT_NS_PER_DAY;
    out->total_return = metric(growth - 1);
    out->annual_return = metric(qt_pow(growth, YEAR_DAYS / days) - 1);
    drawdown_of(points, n, out);
    if (out->annual_return.is_known)
        out->calmar = ratio(out->annual_return.value, out->max_drawdown.value);
    means_of(points, n, &mean_equity, &exposure);
    out->exposure = metric(exposure);
    if (!total->is_overflow)
        out->turnover = ratio(qt_money_to_double(total->traded, QT_MONEY_SCALE), mean_equity);
}

static void
trade_metrics(const struct qt_round_trip *trips, size_t n, const struct qt_trades_total *total,
              struct qt_performance *out)
{
    double count = (double)total->trades, r = 0, r_count = 0, hours = 0;
    for (size_t i = 0; i < n; i++) {
        hours += (double)(trips[i].closed_ns - trips[i].opened_ns) / (double)QT_NS_PER_HOUR;
        r += trips[i].has_r ? trips[i].r_multiple : 0;
        r_count += trips[i].has_r ? 1 : 0;
    }
    out->trades = metric(count);
    out->hit_rate = ratio((double)total->wins, count);
    out->average_hours = ratio(hours, (double)n);
    out->expectancy_r = ratio(r, r_count);
    if (total->is_overflow)
        return;
    out->profit_factor = ratio(qt_money_to_double(total->won, QT_MONEY_SCALE),
                               -qt_money_to_double(total->lost, QT_MONEY_SCALE));
    out->expectancy = ratio(qt_money_to_double(total->profit, QT_MONEY_SCALE), count);
    out->fees = metric(qt_money_to_double(total->fees, QT_MONEY_SCALE));
}

bool
qt_performance_compute(const struct qt_equity_point *points, size_t n, int64_t period_ns,
                       const struct qt_round_trip *trips, size_t n_trips,
                       const struct qt_trades_total *total, struct qt_performance *out,
                       struct qt_error *err)
{
    qt_assert(period_ns > 0);
    if (!points_are_valid(points, n, err))
        return qt_error_add(err, "computing the performance");
    size_t count = grid_count(points, n, period_ns);
    if ((int64_t)count > MAX_GRID)
        return qt_fail(err, QT_E_DATA,
                       "computing the performance: %zu returns are too many: use a longer period",
                       count);
    double *r = malloc((count + 1) * sizeof *r);
    if (!r)
        return qt_fail(err, QT_E_MEMORY, "computing the performance: no memory for %zu returns",
                       count);
    struct qt_performance result = {0};
    trade_metrics(trips, n_trips, total, &result);
    if (n >= 2) {
        fill_returns(points, n, period_ns, r, count);
        curve_metrics(points, n, total, &result);
        ratios_of_returns(r, count, YEAR_DAYS * (double)QT_NS_PER_DAY / (double)period_ns, &result);
        tail_of_returns(r, count, &result);
    }
    free(r);
    *out = result;
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One generated symbol: the market by its beta, a trend that comes and goes, fat-tailed noise whose
 * size goes with its activity, and jumps. Log price in double, trades on the instrument's tick.
 */
#include <stdio.h>
#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/text.h"

#include "generate_priv.h"

/* Well-known names with a plausible price, beta and own volatility per sqrt day; more follow as
 * SIM001 and so on. */
static const struct {
    const char *base;
    double px, beta, sigma;
} known[] = {
    {"BTC", 64000, 0.9, 0.010}, {"ETH", 3200, 1.0, 0.014},      {"SOL", 150, 1.3, 0.026},
    {"BNB", 580, 0.8, 0.014},   {"XRP", 0.55, 0.9, 0.022},      {"DOGE", 0.14, 1.3, 0.032},
    {"ADA", 0.45, 1.1, 0.024},  {"AVAX", 35, 1.3, 0.028},       {"LINK", 15, 1.1, 0.026},
    {"TRX", 0.12, 0.5, 0.014},  {"DOT", 7, 1.1, 0.024},         {"MATIC", 0.7, 1.1, 0.026},
    {"LTC", 82, 0.9, 0.020},    {"SHIB", 0.000024, 1.2, 0.034}, {"BCH", 460, 1.0, 0.026},
    {"NEAR", 6.5, 1.3, 0.032},  {"UNI", 8.5, 1.1, 0.030},       {"APT", 9.2, 1.3, 0.030},
    {"ICP", 12, 1.2, 0.030},    {"FIL", 5.8, 1.2, 0.028},       {"ATOM", 8.4, 1.1, 0.024},
    {"ETC", 26, 1.0, 0.024},    {"XLM", 0.11, 0.8, 0.022},      {"HBAR", 0.09, 1.1, 0.030},
    {"ARB", 1.05, 1.2, 0.030},  {"OP", 2.4, 1.3, 0.032},        {"INJ", 25, 1.3, 0.036},
    {"IMX", 2.1, 1.2, 0.034},   {"VET", 0.035, 1.1, 0.028},     {"GRT", 0.28, 1.2, 0.032},
    {"RNDR", 8.8, 1.3, 0.036},  {"AAVE", 95, 1.1, 0.028},       {"ALGO", 0.18, 1.1, 0.026},
    {"SUI", 1.1, 1.3, 0.036},   {"SEI", 0.5, 1.3, 0.038},       {"TIA", 9.5, 1.3, 0.038},
    {"RUNE", 5.2, 1.3, 0.036},  {"FTM", 0.75, 1.3, 0.036},      {"SAND", 0.44, 1.2, 0.030},
    {"MANA", 0.43, 1.2, 0.030},
};

#define TREND_DAYS 0.17 /* relaxation of the trend */
#define TREND_SD 0.14   /* of the drift, per day */
#define ACTIVITY_DAYS 0.06
#define ACTIVITY_SD 0.5
#define JUMPS_A_DAY 0.8
#define JUMP_SD 0.02
#define EDGE_VOLUME 55e6 /* day's quote volume of the symbol in the middle of the list */

static double
days_of(int64_t ns)
{
    return (double)ns / (double)QT_NS_PER_DAY;
}

/* The power of ten at or below v > 0. */
static int
exponent_of(double v)
{
    int e = 0;
    for (; v >= 10; v /= 10)
        e++;
    for (; v < 1; v *= 10)
        e--;
    return e;
}

/* A tick of a ten-thousandth of the price's leading digit, a lot worth less than one quote unit. */
static void
set_filters(struct qt_instrument *ins, double px)
{
    int e = exponent_of(px), lot = exponent_of(1 / px);
    int64_t tick = 1;
    ins->px_scale = QT_MIN(QT_MAX(2, 4 - e), QT_SCALE_MAX);
    for (int i = 0; i < e - 4 + ins->px_scale; i++)
        tick *= 10;
    ins->qty_scale = QT_MAX(0, -lot);
    int64_t units = lot > 0 ? qt_pow10(lot) : 1;
    ins->tick = (qt_px){tick};
    ins->min_px = ins->tick;
    ins->lot = ins->min_qty = (qt_qty){units};
    bool fits = qt_money_of_units(5, QT_MONEY_SCALE, &ins->min_notional);
    qt_assert(fits);
}

void
qt__coin_init(struct qt__coin *coin, const struct qt_generator_options *options, uint32_t i,
              int64_t t_ns, struct qt_instrument *ins)
{
    double middle = QT_MAX((double)options->symbols / 2, 1), px;
    *ins = (struct qt_instrument){.status = QT_INSTRUMENT_TRADING, .quote = "USDT"};
    *coin = (struct qt__coin){.t_ns = t_ns};
    qt_rng_init(&coin->rng, qt__mix(options->seed, i + 1000));
    if (i < QT_COUNT_OF(known)) {
        qt_copy(ins->base, sizeof ins->base, known[i].base);
        coin->beta = known[i].beta;
        coin->sigma = known[i].sigma;
        px = known[i].px * (0.8 + 0.4 * qt_rng_uniform(&coin->rng));
    } else {
        snprintf(ins->base, sizeof ins->base, "SIM%03u", i - (unsigned)QT_COUNT_OF(known) + 1);
        coin->beta = 0.6 + 0.8 * qt_rng_uniform(&coin->rng);
        coin->sigma = 0.02 + 0.02 * qt_rng_uniform(&coin->rng);
        px = 0.05 * qt_exp(7 * qt_rng_uniform(&coin->rng));
    }
    snprintf(ins->symbol, sizeof ins->symbol, "%.15sUSDT", ins->base);
    set_filters(ins, px);
    qt_px start;
    if (qt_px_of_double(px, ins->px_scale, &start))
        ins->max_qty = qt__max_qty(ins, start);
    coin->log_px = qt_log(px);
    coin->day_volume = EDGE_VOLUME * middle / (i + 1);
    double share = qt_sqrt(coin->day_volume / EDGE_VOLUME);
    coin->rate = options->trades_per_s * qt_clamp(share, 0.5, 4);
    coin->half_spread = (1 + 20 / qt_sqrt(coin->day_volume / 1e6)) / 2e4;
}

/* Student's t with 4 degrees of freedom, scaled to variance 1. */
static double
fat_tailed(struct qt_rng *rng)
{
    double sum = 0;
    for (int i = 0; i < 2; i++)
        sum += 2 * qt_rng_exponential(rng); /* two of them: chi-square with 4 degrees */
    return qt_rng_normal(rng) / qt_sqrt(QT_MAX(sum, 1e-6) / 4) * 0.7071067811865476;
}

static double
wander(struct qt_rng *rng, double value, double dt, double days, double sd)
{
    double pull = QT_MIN(dt / days, 1);
    return value - value * pull + sd * qt_sqrt(QT_MIN(2 * dt / days, 1)) * qt_rng_normal(rng);
}

void
qt__coin_move(struct qt__coin *coin, const struct qt__climate *climate, int64_t t_ns)
{
    double dt = days_of(t_ns - coin->t_ns);
    if (dt <= 0)
        return;
    coin->t_ns = t_ns;
    coin->trend = wander(&coin->rng, coin->trend, dt, TREND_DAYS, TREND_SD);
    coin->activity =
        qt_clamp(wander(&coin->rng, coin->activity, dt, ACTIVITY_DAYS, ACTIVITY_SD), -1.5, 1.8);
    double noise = coin->sigma * qt_exp(coin->activity / 2) * qt_sqrt(dt) *
                   qt_clamp(fat_tailed(&coin->rng), -8, 8);
    double jump =
        qt_rng_uniform(&coin->rng) < JUMPS_A_DAY * dt ? JUMP_SD * qt_rng_normal(&coin->rng) : 0;
    coin->log_px +=
        coin->beta * (climate->factor - coin->factor_seen) + coin->trend * dt + noise + jump;
    coin->factor_seen = climate->factor;
}

void
qt__coin_schedule(struct qt__coin *coin)
{
    double rate = coin->rate * qt_exp(coin->activity) * qt__climate_bustle(coin->t_ns);
    double wait_s = qt_rng_exponential(&coin->rng) / rate;
    int64_t wait_ms = (int64_t)(QT_MIN(wait_s, 600) * 1000) + 1;
    coin->next_ns = coin->t_ns + wait_ms * QT_NS_PER_MS;
}

double
qt__coin_trade_value(struct qt__coin *coin)
{
    double mean = coin->day_volume / (86400 * coin->rate);
    return mean * qt_exp(1.1 * qt_rng_normal(&coin->rng) - 0.605); /* mean 1 */
}

qt_px
qt__coin_px(const struct qt__coin *coin, const struct qt_instrument *ins, double shift)
{
    qt_px px;
    if (!qt_px_of_double(qt_exp(coin->log_px) * (1 + shift), ins->px_scale, &px))
        return ins->tick;
    px = qt_px_round(px, ins->tick);
    return qt_px_cmp(px, ins->tick) < 0 ? ins->tick : px;
}

qt_qty
qt__coin_qty(const struct qt_instrument *ins, qt_px px, double quote)
{
    qt_qty qty;
    if (!qt_qty_of_double_floor(quote / qt_px_to_double(px, ins->px_scale), ins->qty_scale, &qty))
        return ins->lot;
    qty = qt_qty_floor(qty, ins->lot);
    return qt_qty_cmp(qty, ins->lot) < 0 ? ins->lot : qty;
}

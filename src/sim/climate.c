/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The generated market's weather: a Markov chain of states with their drift and volatility, a slow
 * wave of volatility (clusters), fat tails and jumps. All in event time, all from the seed.
 */
#include "qtrade/base/num.h"

#include "generate_priv.h"

/* How to add a state: a row, and its place in enum qt_climate_market. */
static const struct {
    double drift, sigma; /* per day, per sqrt day */
    double hours;        /* mean length */
    unsigned weight;     /* of being the next one, of 100 */
    double jumps;        /* a day */
} states[QT_CLIMATES] = {
    [QT_CLIMATE_BULL] = {0.05, 0.022, 10, 36, 0.5},
    [QT_CLIMATE_BEAR] = {-0.05, 0.028, 8, 26, 1},
    [QT_CLIMATE_SIDEWAYS] = {0, 0.016, 9, 32, 0.3},
    [QT_CLIMATE_CRISIS] = {-0.20, 0.080, 2, 6, 6},
};

#define WAVE_DAYS 0.1 /* relaxation of the volatility's wave */
#define WAVE_SD 0.35
#define JUMP_SD 0.012
#define VOLATILE_FACTOR 1.8

static double
days_of(int64_t ns)
{
    return (double)ns / (double)QT_NS_PER_DAY;
}

static void
change_state(struct qt__climate *climate, int64_t t_ns)
{
    uint64_t draw = qt_rng_below(&climate->rng, 100);
    int next = 0;
    while (next < QT_CLIMATES - 1 && draw >= states[next].weight)
        draw -= states[next++].weight;
    climate->now = (struct qt_climate){.market = (enum qt_climate_market)next,
                                       .is_volatile = qt_rng_below(&climate->rng, 10) < 3,
                                       .since_ns = t_ns};
    double hours = states[next].hours * (0.3 + qt_rng_exponential(&climate->rng));
    climate->next_ns = t_ns + (int64_t)(hours * (double)QT_NS_PER_HOUR);
}

void
qt__climate_init(struct qt__climate *climate, uint64_t seed, int64_t t_ns)
{
    *climate = (struct qt__climate){.t_ns = t_ns};
    qt_rng_init(&climate->rng, seed);
    change_state(climate, t_ns);
}

static void
step(struct qt__climate *climate, int64_t step_ns)
{
    double dt = days_of(step_ns), root = qt_sqrt(dt);
    climate->t_ns += step_ns;
    if (climate->t_ns >= climate->next_ns)
        change_state(climate, climate->t_ns);
    double sigma = states[climate->now.market].sigma * qt_exp(climate->heat);
    if (climate->now.is_volatile)
        sigma *= VOLATILE_FACTOR;
    climate->heat +=
        -climate->heat * QT_MIN(dt / WAVE_DAYS, 1) +
        WAVE_SD * qt_sqrt(QT_MIN(2 * dt / WAVE_DAYS, 1)) * qt_rng_normal(&climate->rng);
    climate->heat = qt_clamp(climate->heat, -1.2, 1.2);
    climate->factor +=
        states[climate->now.market].drift * dt + sigma * root * qt_rng_normal(&climate->rng);
    if (qt_rng_uniform(&climate->rng) < states[climate->now.market].jumps * dt)
        climate->factor += JUMP_SD * qt_rng_normal(&climate->rng);
}

void
qt__climate_advance(struct qt__climate *climate, int64_t t_ns, int64_t step_ns)
{
    while (climate->t_ns + step_ns <= t_ns)
        step(climate, step_ns);
}

double
qt__climate_bustle(int64_t t_ns)
{
    double hour = (double)(t_ns - qt_time_floor(t_ns, QT_NS_PER_DAY)) / (double)QT_NS_PER_HOUR;
    return 1.05 + 0.45 * qt_sin((hour - 9) / 24 * 6.283185307179586); /* busiest at 15:00 UTC */
}

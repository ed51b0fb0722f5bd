/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xoshiro256++ and what is drawn from it; the logarithm is base's own, so that the draws have the
 * same bits everywhere.
 */
#include "qtrade/base/error.h"
#include "qtrade/base/num.h"
#include "qtrade/base/rng.h"

static uint64_t
rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

void
qt_rng_init(struct qt_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64 */
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        rng->s[i] = z ^ z >> 31;
    }
}

uint64_t
qt_rng_next(struct qt_rng *rng)
{
    uint64_t *s = rng->s, result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t
qt_rng_below(struct qt_rng *rng, uint64_t n)
{
    qt_assert(n > 0);
    uint64_t threshold = -n % n, r; /* 2^64 mod n: below it a remainder would come once too often */
    do
        r = qt_rng_next(rng);
    while (r < threshold);
    return r % n;
}

double
qt_rng_uniform(struct qt_rng *rng)
{
    return (double)(qt_rng_next(rng) >> 11) * 0x1p-53;
}

double
qt_rng_normal(struct qt_rng *rng)
{
    double u, v, s;
    do {
        u = 2 * qt_rng_uniform(rng) - 1;
        v = 2 * qt_rng_uniform(rng) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * qt_sqrt(-2 * qt_log(s) / s);
}

double
qt_rng_exponential(struct qt_rng *rng)
{
    return -qt_log(1 - qt_rng_uniform(rng));
}

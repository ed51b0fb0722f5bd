/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xoshiro256++ seeded by splitmix64: the same seed gives the same numbers on every machine.
 * Source: Blackman and Vigna, Scrambled Linear Pseudorandom Number Generators, 2018.
 */
#ifndef QTRADE_BASE_RNG_H
#define QTRADE_BASE_RNG_H

#include <stdint.h>

struct qt_rng {
    uint64_t s[4];
};

void qt_rng_init(struct qt_rng *rng, uint64_t seed); /* any seed, 0 too */
uint64_t qt_rng_next(struct qt_rng *rng);
uint64_t qt_rng_below(struct qt_rng *rng, uint64_t n); /* 0..n-1 without bias; n > 0 */
double qt_rng_uniform(struct qt_rng *rng);             /* [0, 1) */
double qt_rng_normal(struct qt_rng *rng);              /* mean 0, sd 1 (polar method) */
double qt_rng_exponential(struct qt_rng *rng);         /* mean 1 */

#endif

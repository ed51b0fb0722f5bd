/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows over the last n values, on the tape of a state.
 */
#include "indicator_priv.h"

void
qt__ring_init(struct qt__ring *ring, size_t n, size_t *at)
{
    *ring = (struct qt__ring){.at = *at, .n = n};
    *at += n;
}

double
qt__ring_ago(const struct qt__ring *ring, struct qt__tape tape, size_t ago)
{
    uint64_t slot = ring->next >= ago ? ring->next - ago : ring->next + ring->n - ago;
    return tape.read[ring->at + slot];
}

void
qt__ring_push(struct qt__ring *ring, struct qt__tape tape, double x)
{
    if (tape.write)
        tape.write[ring->at + ring->next] = x;
    ring->next = ring->next + 1 == ring->n ? 0 : ring->next + 1;
    ring->count++;
}

bool
qt__ring_is_sound(const struct qt__ring *ring, const double *tape, size_t n, size_t *at)
{
    if (ring->at != *at || ring->n != n || ring->count > QT__COUNT_MAX ||
        ring->next != ring->count % n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!qt__is_tame(tape[*at + i]))
            return false;
    *at += n;
    return true;
}

void
qt__extreme_init(struct qt__extreme *extreme, size_t n, double sign, size_t *at)
{
    *extreme = (struct qt__extreme){.at = *at, .n = n, .sign = sign};
    *at += n * QT__EXTREME_DOUBLES;
}

/* Where the i-th candidate from the front lies on the tape: its index, then its value. */
static uint64_t
candidate(const struct qt__extreme *e, uint64_t i)
{
    uint64_t slot = e->first + i;
    return e->at + QT__EXTREME_DOUBLES * (slot < e->n ? slot : slot - e->n);
}

double
qt__extreme_push(struct qt__extreme *e, struct qt__tape tape, double x)
{
    double v = e->sign * x, index = (double)e->count++;
    if (e->size && tape.read[candidate(e, 0)] + (double)e->n <= index) {
        e->first = e->first + 1 == e->n ? 0 : e->first + 1;
        e->size--;
    }
    double front = e->size ? tape.read[candidate(e, 0) + 1] : v;
    if (tape.write) {
        while (e->size && tape.read[candidate(e, e->size - 1) + 1] <= v)
            e->size--;
        uint64_t slot = candidate(e, e->size++);
        tape.write[slot] = index;
        tape.write[slot + 1] = v;
    }
    return e->sign * (front > v ? front : v);
}

void
qt__sum_init(struct qt__sum *sum, size_t n, size_t *at)
{
    *sum = (struct qt__sum){.at = *at, .n = n};
    *at += n;
}

/* The block is full: its values become the sums of its tails. */
static void
sum_turn(const struct qt__sum *sum, double *values)
{
    for (uint64_t i = sum->n - 1; i-- > 0;)
        values[i] += values[i + 1];
}

double
qt__sum_push(struct qt__sum *sum, struct qt__tape tape, double x)
{
    uint64_t slot = sum->next++;
    sum->running += x;
    double before = sum->next < sum->n ? tape.read[sum->at + sum->next] : 0.0;
    double total = before + sum->running;
    if (tape.write)
        tape.write[sum->at + slot] = x;
    if (sum->next == sum->n) {
        if (tape.write)
            sum_turn(sum, tape.write + sum->at);
        sum->next = 0;
        sum->running = 0.0;
    }
    return total;
}

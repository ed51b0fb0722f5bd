/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SPSC: head and tail on their own cache lines, each side with a copy of the other's index that it
 * refreshes only when it must. MPSC: a sequence number per slot says whose turn it is (Vyukov,
 * bounded MPMC queue, 2010).
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/ring.h"

struct qt_spsc {
    size_t element, mask;
    _Alignas(QT_CACHE_LINE) atomic_size_t tail; /* next to write; release in push, acquire in pop */
    size_t head_seen;                           /* producer's copy */
    _Alignas(QT_CACHE_LINE) atomic_size_t head; /* next to read; release in pop, acquire in push */
    size_t tail_seen;                           /* consumer's copy */
    _Alignas(QT_CACHE_LINE) unsigned char data[];
};

/* The capacity, at least 2: with one slot "free" and "filled" would be the same turn. 0: more than
 * memory holds. */
static size_t
power_of_two(size_t n)
{
    size_t p = 2;
    while (p < n && p <= SIZE_MAX / 4)
        p *= 2;
    return p >= n ? p : 0;
}

/* head bytes and n elements, zeroed; NULL: no memory, or n is 0, or the size overflows. */
static void *
take(size_t head, size_t n, size_t element)
{
    size_t bytes, rounded;
    if (n == 0 || __builtin_mul_overflow(n, element, &bytes) ||
        __builtin_add_overflow(bytes, head + QT_CACHE_LINE - 1, &rounded))
        return NULL;
    rounded &= ~(size_t)(QT_CACHE_LINE - 1);
    void *memory = aligned_alloc(QT_CACHE_LINE, rounded);
    if (memory)
        memset(memory, 0, rounded);
    return memory;
}

struct qt_spsc *
qt_spsc_create(size_t element_size, size_t capacity)
{
    size_t n = power_of_two(capacity);
    struct qt_spsc *ring = take(sizeof *ring, n, element_size);
    if (!ring)
        return NULL;
    ring->element = element_size;
    ring->mask = n - 1;
    return ring;
}

void
qt_spsc_destroy(struct qt_spsc *ring)
{
    free(ring);
}

bool
qt_spsc_push(struct qt_spsc *ring, const void *element)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - ring->head_seen > ring->mask) {
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail - ring->head_seen > ring->mask)
            return false;
    }
    memcpy(ring->data + (tail & ring->mask) * ring->element, element, ring->element);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

bool
qt_spsc_pop(struct qt_spsc *ring, void *out)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == ring->tail_seen) {
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->tail_seen)
            return false;
    }
    memcpy(out, ring->data + (head & ring->mask) * ring->element, ring->element);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

size_t
qt_spsc_count(const struct qt_spsc *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    return QT_MIN(tail - head,
                  ring->mask + 1); /* the consumer may have gone on between the reads */
}

struct qt_mpsc {
    size_t element, stride, mask;
    _Alignas(QT_CACHE_LINE) atomic_size_t tail; /* next to claim; producers */
    _Alignas(QT_CACHE_LINE) atomic_size_t head; /* next to read; consumer writes, count reads */
    _Alignas(QT_CACHE_LINE) unsigned char data[];
};

/* A slot is its turn, then the element. turn == position: free; position + 1: filled. */
static atomic_size_t *
turn_of(const struct qt_mpsc *ring, size_t position)
{
    return (atomic_size_t *)(uintptr_t)(ring->data + (position & ring->mask) * ring->stride);
}

struct qt_mpsc *
qt_mpsc_create(size_t element_size, size_t capacity)
{
    size_t n = power_of_two(capacity);
    size_t stride = (sizeof(atomic_size_t) + element_size + 7) & ~(size_t)7;
    struct qt_mpsc *ring = take(sizeof *ring, n, stride);
    if (!ring)
        return NULL;
    ring->element = element_size;
    ring->stride = stride;
    ring->mask = n - 1;
    for (size_t i = 0; i < n; i++)
        atomic_init(turn_of(ring, i), i);
    return ring;
}

void
qt_mpsc_destroy(struct qt_mpsc *ring)
{
    free(ring);
}

bool
qt_mpsc_push(struct qt_mpsc *ring, const void *element)
{
    size_t at = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    for (;;) {
        size_t turn = atomic_load_explicit(turn_of(ring, at), memory_order_acquire);
        if (turn == at) {
            if (atomic_compare_exchange_weak_explicit(&ring->tail, &at, at + 1,
                                                      memory_order_relaxed, memory_order_relaxed))
                break;
        } else if ((intptr_t)(turn - at) < 0) {
            return false; /* the consumer has not freed it yet */
        } else {
            at = atomic_load_explicit(&ring->tail, memory_order_relaxed);
        }
    }
    memcpy((unsigned char *)turn_of(ring, at) + sizeof(atomic_size_t), element, ring->element);
    atomic_store_explicit(turn_of(ring, at), at + 1, memory_order_release);
    return true;
}

bool
qt_mpsc_pop(struct qt_mpsc *ring, void *out)
{
    size_t at = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (atomic_load_explicit(turn_of(ring, at), memory_order_acquire) != at + 1)
        return false;
    memcpy(out, (unsigned char *)turn_of(ring, at) + sizeof(atomic_size_t), ring->element);
    atomic_store_explicit(turn_of(ring, at), at + ring->mask + 1, memory_order_release);
    atomic_store_explicit(&ring->head, at + 1, memory_order_release);
    return true;
}

size_t
qt_mpsc_count(const struct qt_mpsc *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    return QT_MIN(tail - head, ring->mask + 1);
}

uint64_t
qt_mpsc_pushed(const struct qt_mpsc *ring)
{
    return atomic_load_explicit(&ring->tail, memory_order_acquire);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounded rings of fixed-size elements, capacity a power of two. SPSC: one producer thread, one
 * consumer thread, no locks (release in push, acquire in pop). MPSC: any number of producers, one
 * consumer. When full, push says false: each user of a ring writes down what that means.
 */
#ifndef QTRADE_BASE_RING_H
#define QTRADE_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

struct qt_spsc;
struct qt_spsc *qt_spsc_create(size_t element_size, size_t capacity); /* NULL: no memory */
void qt_spsc_destroy(struct qt_spsc *ring);
QT_CHECKED bool qt_spsc_push(struct qt_spsc *ring, const void *element); /* producer; false: full */
QT_CHECKED bool qt_spsc_pop(struct qt_spsc *ring, void *out); /* consumer; false: empty */
size_t qt_spsc_count(const struct qt_spsc *ring);             /* any thread, approximate */

struct qt_mpsc;
struct qt_mpsc *qt_mpsc_create(size_t element_size, size_t capacity); /* NULL: no memory */
void qt_mpsc_destroy(struct qt_mpsc *ring);
QT_CHECKED bool qt_mpsc_push(struct qt_mpsc *ring,
                             const void *element);            /* any thread; false: full */
QT_CHECKED bool qt_mpsc_pop(struct qt_mpsc *ring, void *out); /* the consumer; false: empty */
size_t qt_mpsc_count(const struct qt_mpsc *ring);
/** Elements ever pushed, or being pushed; popped in that order. Any thread: those that it pushed
 * before are among them. */
uint64_t qt_mpsc_pushed(const struct qt_mpsc *ring);

#endif

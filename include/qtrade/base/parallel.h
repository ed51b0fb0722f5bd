/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Work that falls into parts which do not know of each other, done on all cores. For loading and
 * for what runs once; the engine's own threads are its shards.
 */
#ifndef QTRADE_BASE_PARALLEL_H
#define QTRADE_BASE_PARALLEL_H

#include <stddef.h>

#define QT_PARALLEL_MAX 64

/** One part. */
typedef void (*qt_part_fn)(void *context, size_t i);

/** Cores of this machine that may be used, 1..QT_PARALLEL_MAX. */
unsigned qt_parallel_cores(void);
/**
 * Calls fn(context, i) once for each i < n and returns when all have returned. Parts begin in the
 * order of i, on up to threads threads (0: qt_parallel_cores()), the caller's among them; where one
 * cannot be started the others do its work. What one part writes no other may touch; the caller
 * sees all of it afterwards.
 */
void qt_parallel(size_t n, unsigned threads, qt_part_fn fn, void *context);

#endif

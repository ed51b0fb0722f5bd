/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fixed picture for the screen's tests: a plausible afternoon, every pane filled, every kind of
 * row there once.
 */
#ifndef QTRADE_TESTS_TUI_SAMPLE_H
#define QTRADE_TESTS_TUI_SAMPLE_H

#include "qtrade/engine/snapshot.h"

/** The picture number n (0: the golden one); later ones move prices, time and scores a little. On
 * the heap. */
struct qt_snapshot *sample_create(unsigned n);

/** Fills every text, number and count with what no engine should send; seed chooses which. */
void sample_make_hostile(struct qt_snapshot *snap, uint64_t seed);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processor cores that workers stay on, from engine.cores.
 */
#ifndef QTRADE_ENGINE_CORES_PRIV_H
#define QTRADE_ENGINE_CORES_PRIV_H

#include <pthread.h>
#include <stdint.h>

#include "qtrade/base/error.h"

#define QT_CORES_MAX 64

struct qt_cores {
    unsigned n; /* 0: nobody is pinned */
    uint16_t core[QT_CORES_MAX];
};

/** From "0,2,4-7"; "" is none. False: not a list, too long, or a core that this process may not run
 * on; err says which (QT_E_CONFIG). */
QT_CHECKED bool qt__cores_parse(const char *text, struct qt_cores *out, struct qt_error *err);

/** Keeps a thread on the core of a worker: of the list in its order, from its start again when
 * there are more workers. Nothing to do: true. */
QT_CHECKED bool qt__cores_pin(const struct qt_cores *cores, unsigned worker, pthread_t thread,
                              struct qt_error *err);

#endif

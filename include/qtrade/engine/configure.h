/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changing a running engine's config. A change is a numbered event, so that a replay has it at the
 * same place. Limits of the section "risk" may change; all else is read at the start.
 */
#ifndef QTRADE_ENGINE_CONFIGURE_H
#define QTRADE_ENGINE_CONFIGURE_H

#include "qtrade/engine/engine.h"

/**
 * Queues that key ("risk.max_heat", one that its table says may be reloaded) becomes value from the
 * next event on; audited there. Any thread. False: QT_E_CONFIG: no such key, or out of its range;
 * QT_E_FAILED: too many changes wait.
 */
QT_CHECKED bool qt_engine_configure(struct qt_engine *engine, const char *key, double value,
                                    struct qt_error *err);

#endif

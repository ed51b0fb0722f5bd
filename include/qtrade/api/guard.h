/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guard line: what a running engine says to its watchman over the control socket, command
 * "guard": {live, mode, tag, pid, silent_ms, has_account, positions, foreign:[{symbol, scale, known,
 * quantity, position, at:[]}], venues:[], symbols}, quantities as decimal text. venues: names of
 * several, in whose order a row's "at" says what lies where; empty: there is one. symbols: all that
 * the engine may hold, "BTCUSDT,ETHUSDT"; of others it never speaks.
 *
 * The watchman says with it how it stands, which the engine's status shows: {"v":1,
 * "command":"guard","watchman":{pid, state, venues:[{name, state, ...}]}}.
 */
#ifndef QTRADE_API_GUARD_H
#define QTRADE_API_GUARD_H

#include <jansson.h>

#include "qtrade/base/error.h"
#include "qtrade/engine/watchman.h"

/** A new reference; NULL: no memory. universe: the engine's; NULL: symbols are not told. silent_ns:
 * since the engine's own thread moved. Any thread. */
json_t *qt_guard_write(const struct qt_snapshot *snapshot, const struct qt_universe *universe,
                       uint32_t tag, int64_t silent_ns);
/** False: not such a document (QT_E_DATA). */
QT_CHECKED bool qt_guard_read(const json_t *document, struct qt_guard *out, struct qt_error *err);

#endif

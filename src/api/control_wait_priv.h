/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An answer that is held back: a command is answered when it is on disk, so that what was
 * acknowledged survives the engine. On the server's thread.
 */
#ifndef QTRADE_API_CONTROL_WAIT_PRIV_H
#define QTRADE_API_CONTROL_WAIT_PRIV_H

#include <jansson.h>

#include "qtrade/api/control.h"

/** How often the disk is asked about while somebody waits for it. */
#define QT__CONTROL_LOOK_MS 2

struct qt__control_wait {
    uint64_t number;  /* of the command; 0: nothing is held back */
    int64_t until_ns; /* monotonic: it is answered then, with the truth */
};

/** After a command was given: holds reply's answer back when that says that the engine has taken
 * it.
 */
void qt__control_wait_begin(struct qt__control_wait *wait, const struct qt_control_engine *engine,
                            const json_t *reply);
/** The answer (a new reference) once there is one, and nothing is held back any more; NULL: not
 * yet.
 */
json_t *qt__control_wait_look(struct qt__control_wait *wait, const struct qt_control_engine *engine,
                              int64_t now_ns);

#endif

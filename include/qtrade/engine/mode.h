/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The four modes and every transition between them, in one table: from, to, on which command, under
 * which condition. A transition that is not in the table is refused with a reason.
 */
#ifndef QTRADE_ENGINE_MODE_H
#define QTRADE_ENGINE_MODE_H

#include <stdbool.h>

#include "qtrade/engine/snapshot.h"

/** What a transition may depend on. */
struct qt_mode_facts {
    bool is_flat;        /* no position and no open order, twice read at the venue */
    bool has_reason;     /* the operator said why */
    bool is_by_operator; /* screen, socket or signal; neither the engine itself nor a switch */
    bool is_released;    /* the kill switch's line is closed, and the tamper line where it stops */
};

/**
 * The mode after a command in a mode. False: refused, *why (static text) says what is missing; out
 * untouched. The engine's own pause and reduce never loosen a stricter mode.
 */
bool qt_mode_next(enum qt_mode from, enum qt_command_kind command,
                  const struct qt_mode_facts *facts, enum qt_mode *out, const char **why);

/** May a new position be opened or added to. */
bool qt_mode_allows_entry(enum qt_mode mode);

#endif

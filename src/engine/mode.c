/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modes: NORMAL < PAUSED < REDUCED < EMERGENCY, from loosest to strictest. A stop always tightens
 * or keeps; only a resume loosens, and out of EMERGENCY only to PAUSED, flat, by a person, with a
 * reason.
 */
#include <stddef.h>

#include "qtrade/base/attr.h"
#include "qtrade/engine/mode.h"

enum need { NOTHING = 0, FLAT = 1, REASON = 2, PERSON = 4, RELEASED = 8 };

static const struct {
    enum qt_mode from;
    enum qt_command_kind on;
    enum qt_mode to;
    unsigned needs; /* enum need */
} moves[] = {
    {QT_MODE_NORMAL, QT_COMMAND_PAUSE, QT_MODE_PAUSED, NOTHING},
    {QT_MODE_NORMAL, QT_COMMAND_REDUCE, QT_MODE_REDUCED, NOTHING},
    {QT_MODE_NORMAL, QT_COMMAND_LIQUIDATE, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_NORMAL, QT_COMMAND_HALT, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_NORMAL, QT_COMMAND_NOTE, QT_MODE_NORMAL, NOTHING},
    {QT_MODE_NORMAL, QT_COMMAND_RESUME, QT_MODE_NORMAL, PERSON | RELEASED},
    {QT_MODE_PAUSED, QT_COMMAND_PAUSE, QT_MODE_PAUSED, NOTHING},
    {QT_MODE_PAUSED, QT_COMMAND_REDUCE, QT_MODE_REDUCED, NOTHING},
    {QT_MODE_PAUSED, QT_COMMAND_LIQUIDATE, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_PAUSED, QT_COMMAND_HALT, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_PAUSED, QT_COMMAND_NOTE, QT_MODE_PAUSED, NOTHING},
    {QT_MODE_PAUSED, QT_COMMAND_RESUME, QT_MODE_NORMAL, PERSON | RELEASED},
    {QT_MODE_REDUCED, QT_COMMAND_PAUSE, QT_MODE_REDUCED, NOTHING},
    {QT_MODE_REDUCED, QT_COMMAND_REDUCE, QT_MODE_REDUCED, NOTHING},
    {QT_MODE_REDUCED, QT_COMMAND_LIQUIDATE, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_REDUCED, QT_COMMAND_HALT, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_REDUCED, QT_COMMAND_NOTE, QT_MODE_REDUCED, NOTHING},
    {QT_MODE_REDUCED, QT_COMMAND_RESUME, QT_MODE_NORMAL, PERSON | RELEASED},
    {QT_MODE_EMERGENCY, QT_COMMAND_PAUSE, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_EMERGENCY, QT_COMMAND_REDUCE, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_EMERGENCY, QT_COMMAND_LIQUIDATE, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_EMERGENCY, QT_COMMAND_HALT, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_EMERGENCY, QT_COMMAND_NOTE, QT_MODE_EMERGENCY, NOTHING},
    {QT_MODE_EMERGENCY, QT_COMMAND_RESUME, QT_MODE_PAUSED, FLAT | REASON | PERSON | RELEASED},
};

static const struct {
    unsigned need;
    const char *why;
} missing[] = {
    {PERSON, "only a person may resume"},
    {RELEASED, "the kill switch or the tamper line is not released: close the loop first"},
    {FLAT, "not flat yet: two reads of the venue must show no order and no position"},
    {REASON, "a reason is needed to leave EMERGENCY"},
};

static unsigned
facts_given(const struct qt_mode_facts *facts)
{
    return (facts->is_flat ? FLAT : 0u) | (facts->has_reason ? REASON : 0u) |
           (facts->is_by_operator ? PERSON : 0u) | (facts->is_released ? RELEASED : 0u);
}

bool
qt_mode_next(enum qt_mode from, enum qt_command_kind command, const struct qt_mode_facts *facts,
             enum qt_mode *out, const char **why)
{
    for (size_t i = 0; i < QT_COUNT_OF(moves); i++) {
        if (moves[i].from != from || moves[i].on != command)
            continue;
        unsigned lacking = moves[i].needs & ~facts_given(facts);
        for (size_t m = 0; m < QT_COUNT_OF(missing); m++)
            if (lacking & missing[m].need) {
                *why = missing[m].why;
                return false;
            }
        *out = moves[i].to;
        return true;
    }
    *why = "no such command in this mode";
    return false;
}

bool
qt_mode_allows_entry(enum qt_mode mode)
{
    return mode == QT_MODE_NORMAL;
}

const char *
qt_mode_name(enum qt_mode mode)
{
    static const char *const names[QT_MODES] = {"NORMAL", "PAUSED", "REDUCED", "EMERGENCY"};
    return (unsigned)mode < QT_MODES ? names[mode] : "?";
}

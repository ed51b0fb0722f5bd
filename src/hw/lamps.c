/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lamps: green normal, yellow paused or reduced, red emergency. The kernel takes the lines back
 * when the process ends, however it ends, and they fall dark. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "hw_priv.h"

enum { RETRY_S = 5 };

const char *
qt_lamp_name(enum qt_lamp lamp)
{
    static const char *const names[QT_LAMPS] = {"green", "yellow", "red"};
    return (unsigned)lamp < QT_LAMPS ? names[lamp] : "?";
}

void
qt__lamps_init(struct qt__lamps *lamps, const struct qt_switch_config *config)
{
    const char *const lines[QT_LAMPS] = {config->led_green, config->led_yellow, config->led_red};
    memset(lamps, 0, sizeof *lamps);
    for (int i = 0; i < QT_LAMPS; i++) {
        lamps->lamp[i].is_configured = lines[i][0] != '\0';
        lamps->lamp[i].wish =
            (struct qt__wish){.chip = config->led_chip[0] ? config->led_chip : config->chip,
                              .line = lines[i],
                              .consumer = "qtrade lamp",
                              .is_output = true};
    }
}

/* True: it cannot be had, and that is news. */
static bool
have(struct qt__lamps *lamps, int i)
{
    char why[QT__WHY] = "";
    bool was_told = lamps->lamp[i].is_told;
    bool is_had = qt__line_open(&lamps->lamp[i].wish, &lamps->lamp[i].line, why) == QT_SWITCH_FINE;
    lamps->lamp[i].is_on = false;
    memcpy(lamps->lamp[i].detail, why, sizeof why);
    if (is_had)
        lamps->lamp[i].detail[0] = '\0';
    lamps->lamp[i].is_told |= !is_had;
    return !is_had && !was_told;
}

static bool
drive(struct qt__lamps *lamps, int i, bool is_on)
{
    if (qt__line_drive(lamps->lamp[i].line, is_on)) {
        lamps->lamp[i].is_on = is_on;
        lamps->lamp[i].is_told = false;
        return false;
    }
    snprintf(lamps->lamp[i].detail, sizeof lamps->lamp[i].detail, "%s: %s",
             qt__line_name(lamps->lamp[i].line), strerror(errno));
    qt__line_close(lamps->lamp[i].line);
    lamps->lamp[i].line = NULL;
    lamps->lamp[i].is_on = false;
    bool was_told = lamps->lamp[i].is_told;
    lamps->lamp[i].is_told = true;
    return !was_told;
}

bool
qt__lamps_show(struct qt__lamps *lamps, unsigned bits, int64_t now_ns)
{
    bool has_failed = false, may_retry = now_ns >= lamps->retry_ns;
    if (may_retry)
        lamps->retry_ns = now_ns + RETRY_S * QT_NS_PER_S;
    for (int i = 0; i < QT_LAMPS; i++) {
        bool is_on = bits >> i & 1;
        if (!lamps->lamp[i].is_configured)
            continue;
        if (!lamps->lamp[i].line && may_retry)
            has_failed |= have(lamps, i);
        if (lamps->lamp[i].line && lamps->lamp[i].is_on != is_on)
            has_failed |= drive(lamps, i, is_on);
    }
    return has_failed;
}

void
qt__lamps_close(struct qt__lamps *lamps)
{
    for (int i = 0; i < QT_LAMPS; i++) {
        qt__line_close(lamps->lamp[i].line);
        lamps->lamp[i].line = NULL;
    }
}

unsigned
qt__lamps_of(const struct qt_switch_lamps *told, int64_t now_ns)
{
    static const unsigned by_mode[QT_MODES] = {[QT_MODE_NORMAL] = 1u << QT_LAMP_GREEN,
                                               [QT_MODE_PAUSED] = 1u << QT_LAMP_YELLOW,
                                               [QT_MODE_REDUCED] = 1u << QT_LAMP_YELLOW,
                                               [QT_MODE_EMERGENCY] = 1u << QT_LAMP_RED};
    bool blinks = !told->is_known || told->is_degraded;
    if (blinks && (now_ns / QT_LOOK_NS) % 2)
        return 0;
    return told->is_known ? by_mode[told->mode] : (1u << QT_LAMPS) - 1;
}

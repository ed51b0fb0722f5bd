/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "limits_priv.h"

#include <string.h>

#include "qtrade/base/text.h"

enum way {
    ANY,  /* every change counts as loosening: it alters what is traded, or how */
    UP,   /* more is looser; for true and false, true is */
    DOWN, /* less is */
    NONE  /* no limit: takes effect at once */
};

/*
 * How to add a key: a row here where it is a limit, or where it changes nothing that is traded. A
 * key without a row is ANY, so that a forgotten one errs to the safe side. "section.*" is for the
 * keys of a section that have no row of their own. tests/end_to_end/test_config_seal.py judges it.
 */
static const struct {
    const char *name;
    enum way way;
} rows[] = {
    {"engine.cores", NONE},
    {"engine.entry_slippage_bps", UP},
    {"engine.equity_s", NONE},
    {"engine.flat_gap_ms", DOWN},
    {"engine.max_positions", UP},
    {"engine.publish_ms", NONE},
    {"engine.state_min", NONE},
    {"engine.sync_s", UP},
    {"engine.workers", NONE},
    {"health.failures", UP},
    {"health.failures_min", DOWN},
    {"health.stuck_ms", UP},
    {"journal.enabled", DOWN},
    {"journal.*", NONE},
    {"quality.bad_events", UP},
    {"quality.future_ms", UP},
    {"quality.outlier_mad", UP},
    {"quality.outlier_min_pct", UP},
    {"risk.collar_last_bps", UP},
    {"risk.collar_mid_bps", UP},
    {"risk.crisis_factor", UP},
    {"risk.duplicate_window_ms", DOWN},
    {"risk.losses_pause_min", DOWN},
    {"risk.reserve_share", DOWN},
    {"risk.*", UP},
    {"scan.correlation_min_bars", DOWN},
    {"scan.max_correlation", UP},
    {"scan.max_spread_bps", UP},
    {"scan.max_volume_rank", UP},
    {"scan.min_quote_volume", DOWN},
    {"scan.spread_required", DOWN},
    {"scan.stale_ms", UP},
    {"scan.top", UP},
    {"scan.two_sided", UP},
    {"seal.cooldown_h", DOWN},
    {"sources.disagree_bps", UP},
    {"sources.gap_pct", UP},
    {"sources.stale_ms", UP},
    {"store.key_file", NONE},
    {"store.locked_memory", ANY},
    {"strategy.allow_short", UP},
    {"strategy.bear_extra", DOWN},
    {"strategy.cooldown_min", DOWN},
    {"strategy.entry_confidence", DOWN},
    {"strategy.entry_strength", DOWN},
    {"strategy.max_stop_bps", UP},
    {"venue.credentials", NONE},
    {"venue.credentials_file", NONE},
    {"venue.key_max_days", UP},
    {"venue.max_symbols", UP},
    {"venue.reconcile_ms", UP},
    {"venue.recv_window_ms", UP},
    {"venue.stale_ms", UP},
};

static bool
is_of(const char *name, const char *section, const char *key)
{
    size_t n = strlen(section);
    return strncmp(name, section, n) == 0 && name[n] == '.' && strcmp(name + n + 1, key) == 0;
}

static enum way
way_of(const char *section, const char *key)
{
    enum way way = ANY;
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        if (is_of(rows[i].name, section, key))
            return rows[i].way;
        if (is_of(rows[i].name, section, "*"))
            way = rows[i].way;
    }
    return way;
}

static double
number_of(const struct qt_config_key *key, const void *values)
{
    const void *field = (const char *)values + key->offset;
    switch (key->type) {
    case QT_CONFIG_INT:
        return (double)*(const int64_t *)field;
    case QT_CONFIG_DOUBLE:
        return *(const double *)field;
    case QT_CONFIG_BOOL:
        return *(const bool *)field;
    case QT_CONFIG_TEXT:
    case QT_CONFIG_TYPES:
        break;
    }
    return 0;
}

static bool
is_same(const struct qt_config_key *key, const void *from, const void *to)
{
    if (key->type == QT_CONFIG_TEXT)
        return strcmp((const char *)from + key->offset, (const char *)to + key->offset) == 0;
    double a = number_of(key, from), b = number_of(key, to);
    return !(a < b) && !(b < a);
}

enum qt__change
qt__limit_change(const struct qt_config_section *section, const struct qt_config_key *key,
                 const void *from, const void *to)
{
    if (is_same(key, from, to))
        return QT__SAME;
    bool is_more = number_of(key, to) > number_of(key, from);
    switch (way_of(section->name, key->key)) {
    case ANY:
        return QT__LOOSER;
    case UP:
        return is_more ? QT__LOOSER : QT__TIGHTER;
    case DOWN:
        return is_more ? QT__TIGHTER : QT__LOOSER;
    case NONE:
        break;
    }
    return QT__NEUTRAL;
}

const char *
qt__change_name(enum qt__change change)
{
    static const char *const names[QT__CHANGES] = {"same", "tighter", "looser", "neutral"};
    return (unsigned)change < QT__CHANGES ? names[change] : "?";
}

bool
qt__limit_value(const struct qt_config_key *key, const void *values, char *out, size_t capacity)
{
    struct qt_text text;
    qt_text_init(&text, out, capacity);
    qt_config_write_value(key, values, &text);
    return !text.is_cut;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "settings_priv.h"

size_t
qt_settings_bind(struct qt_settings *settings, struct qt_config_binding out[QT_SETTINGS_SECTIONS])
{
    const struct qt_config_binding all[QT_SETTINGS_SECTIONS] = {
        {&qt_engine_section, &settings->engine},
        {&qt_health_section, &settings->health},
        {&qt_quality_section, &settings->quality},
        {&qt_sources_section, &settings->sources},
        {&qt_scan_section, &settings->scan},
        {&qt_strategy_section, &settings->strategy},
        {&qt_risk_section, &settings->risk},
        {&qt_execution_section, &settings->execution},
        {&qt_simulation_section, &settings->simulation},
        {&qt_venue_config_section, &settings->venue},
        {&qt_router_section, &settings->router},
        {&qt_more_venue_section[0], &settings->more_venue[0]},
        {&qt_more_venue_section[1], &settings->more_venue[1]},
        {&qt_more_venue_section[2], &settings->more_venue[2]},
        {&qt_journal_section, &settings->journal},
        {&qt_store_section, &settings->store},
        {&qt_watch_section, &settings->watch},
        {&qt_screen_section, &settings->screen},
        {&qt_operator_section, &settings->people},
        {&qt_audit_section, &settings->audit},
        {&qt_backup_section, &settings->backup},
        {&qt_seal_section, &settings->seal},
        {&qt_switch_section, &settings->kill_switch},
        {&qt__sandbox_section, &settings->sandbox},
    };
    memcpy(out, all, sizeof all);
    return QT_SETTINGS_SECTIONS;
}

void
qt_settings_defaults(struct qt_settings *settings)
{
    struct qt_config_binding bindings[QT_SETTINGS_SECTIONS];
    memset(settings, 0, sizeof *settings);
    qt_config_defaults(bindings, qt_settings_bind(settings, bindings));
}

/* The first of the usual places that has a config; "" when none has. */
static void
find_file(char *out, size_t capacity)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (xdg && *xdg)
        snprintf(out, capacity, "%s/qtrade/qtrade.json", xdg);
    else
        snprintf(out, capacity, "%s/.config/qtrade/qtrade.json", home ? home : "");
    if (access(out, F_OK) == 0)
        return;
    qt_copy(out, capacity, "/etc/qtrade/qtrade.json");
    if (access(out, F_OK) != 0)
        out[0] = '\0';
}

bool
qt_settings_load(const struct qt_args *args, struct qt_settings *out, struct qt_error *err)
{
    qt_settings_defaults(out);
    if (args->config_path)
        qt_copy(out->path, sizeof out->path, args->config_path);
    else
        find_file(out->path, sizeof out->path);
    if (!out->path[0])
        return true;
    struct qt_config_binding bindings[QT_SETTINGS_SECTIONS];
    return qt_config_load(out->path, bindings, qt_settings_bind(out, bindings), err);
}

bool
qt_settings_read(const char *path, struct qt_settings *out, struct qt_error *err)
{
    const struct qt_args args = {.config_path = path};
    return qt_settings_load(&args, out, err);
}

const struct qt_sources_config *
qt_settings_sources(const struct qt_settings *settings)
{
    return settings->venue.backup_ws_url[0] ? &settings->sources : NULL;
}

int64_t
qt_settings_not_found_ns(const struct qt_settings *settings, const char *run_kind)
{
    static const int64_t least_ms = 5000;
    bool is_live = strcmp(run_kind, "live") == 0;
    return is_live ? 2 * QT_MAX(settings->venue.recv_window_ms, least_ms) * QT_NS_PER_MS : 0;
}

void
qt_settings_for_recorded(struct qt_settings *settings, int64_t bar_ns)
{
    static const int64_t longest_cycle_ms = 60000;
    int64_t tick_ms = bar_ns / QT_NS_PER_MS / 4;
    struct qt_engine_config *engine = &settings->engine;
    engine->workers = 1;
    engine->cycle_ms = QT_MAX(engine->cycle_ms, QT_MIN(tick_ms, longest_cycle_ms));
    engine->order_timeout_ms = QT_MAX(engine->order_timeout_ms, 8 * tick_ms);
    settings->risk.max_quote_age_ms = QT_MAX(settings->risk.max_quote_age_ms, 2 * tick_ms);
    settings->venue.backup_ws_url[0] = '\0';
    qt_copy(engine->protective_stops, sizeof engine->protective_stops, "engine");
}

bool
qt_settings_trades_perpetuals(const struct qt_settings *settings)
{
    return qt_venue_find(settings->venue.name)->caps.has_margin;
}

struct qt_perp_options
qt_settings_perpetuals(const struct qt_settings *settings, int64_t bar_ns)
{
    struct qt_perp_options options = qt_perp_usual;
    if (bar_ns > 0)
        options.pace_ns = QT_MIN(bar_ns / 4, QT_NS_PER_HOUR);
    qt_simulation_apply_perpetual(&settings->simulation, &options);
    return options;
}

bool
qt_settings_check_shorts(const struct qt_settings *settings, bool inside, struct qt_error *err)
{
    bool can_short = inside && qt_settings_trades_perpetuals(settings);
    return !settings->strategy.allow_short || can_short ||
           qt_fail(err, QT_E_CONFIG,
                   "strategy.allow_short is true: shorts are opened on paper and in backtests of "
                   "perpetuals only (venue.name binance-usdm); set it to false");
}

void
qt_settings_for_venue(struct qt_settings *settings, const struct qt_venue_caps *caps)
{
    struct qt_engine_config *engine = &settings->engine;
    enum qt_order_type type =
        engine->stop_slippage_bps > 0 ? QT_TYPE_STOP_LOSS_LIMIT : QT_TYPE_STOP_LOSS;
    if (!(caps->order_types >> type & 1))
        qt_copy(engine->protective_stops, sizeof engine->protective_stops, "engine");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All sections of the config in one place: where the file is looked for, its defaults, its check.
 *
 * How to add a section: its struct here, a line in qt_settings_bind. A section stands here once something runs on it.
 */
#ifndef QTRADE_CLI_SETTINGS_PRIV_H
#define QTRADE_CLI_SETTINGS_PRIV_H

#include "qtrade/base/config.h"
#include "qtrade/engine/config.h"
#include "qtrade/hw/config.h"
#include "qtrade/market/quality.h"
#include "qtrade/market/sources.h"
#include "qtrade/risk/config.h"
#include "qtrade/scan/config.h"
#include "qtrade/sim/simulation_config.h"
#include "qtrade/store/audit_config.h"
#include "qtrade/store/backup_schedule.h"
#include "qtrade/store/journal_config.h"
#include "qtrade/store/store_config.h"
#include "qtrade/strategy/config.h"
#include "qtrade/trade/execution_config.h"
#include "qtrade/venue/config.h"
#include "qtrade/venue/router_config.h"
#include "qtrade/venue/venue.h"

#include "cli_priv.h"
#include "operator_config_priv.h"
#include "sandbox_priv.h"
#include "watching_priv.h"

struct qt_settings {
    struct qt_engine_config engine;
    struct qt_scan_config scan;
    struct qt_strategy_config strategy;
    struct qt_risk_config risk;
    struct qt_execution_config execution;
    struct qt_simulation_config simulation;
    struct qt_venue_config venue;
    struct qt_router_config router;
    struct qt_more_venue_config more_venue[QT_MORE_VENUES];
    struct qt_journal_config journal;
    struct qt_store_config store;
    struct qt_audit_config audit;
    struct qt_backup_config backup;
    struct qt_seal_config seal;
    struct qt_quality_config quality;
    struct qt_health_config health;
    struct qt_sources_config sources;
    struct qt_watch_config watch;
    struct qt_screen_config screen;
    struct qt_operator_config people;
    struct qt_switch_config kill_switch;
    struct qt__sandbox_config sandbox;
    char path[512]; /* the file that was read; "": defaults only */
};

#define QT_SETTINGS_SECTIONS 24

/** The sections bound to the structs of settings, in the order of the manual; returns
 * QT_SETTINGS_SECTIONS. */
size_t qt_settings_bind(struct qt_settings *settings,
                        struct qt_config_binding out[QT_SETTINGS_SECTIONS]);
void qt_settings_defaults(struct qt_settings *settings);
/**
 * Defaults, then the file of --config, or else $XDG_CONFIG_HOME/qtrade/qtrade.json, or else
 * /etc/qtrade/qtrade.json, where there is one. False: QT_E_CONFIG with file, line and key.
 */
QT_CHECKED bool qt_settings_load(const struct qt_args *args, struct qt_settings *out,
                                 struct qt_error *err);
/** Defaults, then the file path. False: as qt_settings_load. */
QT_CHECKED bool qt_settings_read(const char *path, struct qt_settings *out, struct qt_error *err);
/** How two streams of a symbol are judged; NULL: the venue has no backup address, there is one. */
const struct qt_sources_config *qt_settings_sources(const struct qt_settings *settings);
/**
 * What a recorded market of such bars asks for. A symbol ticks four times a bar: cycles closer
 * together would see nothing new, an answer is a tick away, and a quote is as fresh as a recording
 * can have it until two ticks have passed. The exchange inside the engine's thread answers in
 * order: one worker. A symbol has one stream. Stops are the engine's alone: between two of the
 * four ticks of a bar lie minutes, so an order that must be cancelled before each exit would put
 * every target a whole tick off, where a real venue takes milliseconds.
 */
void qt_settings_for_recorded(struct qt_settings *settings, int64_t bar_ns);
/** Of a run of that kind: so long after an order left a venue can no longer take it, which has a
 * receive window; twice that, and at least 10 s. 0: the engine's own, where a clock is scaled. */
int64_t qt_settings_not_found_ns(const struct qt_settings *settings, const char *run_kind);
/** The product that is traded, in every clock: false spot, true perpetuals at leverage 1. */
bool qt_settings_trades_perpetuals(const struct qt_settings *settings);
/** The exchange of perpetuals inside the program. Its marks, funding and liquidations come each
 * second, or at the pace of the ticks of a recorded market of such bars (0: it is none), between
 * which nothing moves. */
struct qt_perp_options qt_settings_perpetuals(const struct qt_settings *settings, int64_t bar_ns);
/**
 * False (QT_E_CONFIG): strategy.allow_short where nothing goes short: on spot, and on an account at a
 * venue (inside: the exchange is inside the program), whose positions are longs only (B7).
 */
QT_CHECKED bool qt_settings_check_shorts(const struct qt_settings *settings, bool inside,
                                         struct qt_error *err);
/** What a venue cannot do is left to the engine: protective_stops, where it has no such orders. */
void qt_settings_for_venue(struct qt_settings *settings, const struct qt_venue_caps *caps);

#endif

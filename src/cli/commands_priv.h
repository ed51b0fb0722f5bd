/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The descriptors of the subcommands, each at the end of its own file; one line each. */
#ifndef QTRADE_CLI_COMMANDS_PRIV_H
#define QTRADE_CLI_COMMANDS_PRIV_H

#include "cli_priv.h"

extern const struct qt_command qt_cmd_attach;
extern const struct qt_command qt_cmd_audit;
extern const struct qt_command qt_cmd_backtest;
extern const struct qt_command qt_cmd_bench;
extern const struct qt_command qt_cmd_config;
extern const struct qt_command qt_cmd_demo;
extern const struct qt_command qt_cmd_doctor;
extern const struct qt_command qt_cmd_indicators;
extern const struct qt_command qt_cmd_keys;
extern const struct qt_command qt_cmd_liquidate;
extern const struct qt_command qt_cmd_pause;
extern const struct qt_command qt_cmd_reconcile;
extern const struct qt_command qt_cmd_record;
extern const struct qt_command qt_cmd_reduce;
extern const struct qt_command qt_cmd_replay;
extern const struct qt_command qt_cmd_resume;
extern const struct qt_command qt_cmd_run;
extern const struct qt_command qt_cmd_scan;
extern const struct qt_command qt_cmd_status;
extern const struct qt_command qt_cmd_store;
extern const struct qt_command qt_cmd_killswitch;
extern const struct qt_command qt_cmd_venue;
extern const struct qt_command qt_cmd_watch;

#endif

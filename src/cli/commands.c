/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The subcommands, sorted by name. Everything else (help, completion, the manual's check) is derived.
 */
#include <stddef.h>

#include "cli_priv.h"
#include "commands_priv.h"

const struct qt_command *const qt_commands[] = {
    &qt_cmd_attach,
    &qt_cmd_audit,
    &qt_cmd_backtest,
    &qt_cmd_bench,
    &qt_cmd_config,
    &qt_cmd_demo,
    &qt_cmd_doctor,
    &qt_cmd_indicators,
    &qt_cmd_keys,
    &qt_cmd_liquidate,
    &qt_cmd_pause,
    &qt_cmd_reconcile,
    &qt_cmd_record,
    &qt_cmd_reduce,
    &qt_cmd_replay,
    &qt_cmd_resume,
    &qt_cmd_run,
    &qt_cmd_scan,
    &qt_cmd_status,
    &qt_cmd_store,
    &qt_cmd_killswitch,
    &qt_cmd_venue,
    &qt_cmd_watch,
    NULL,
};

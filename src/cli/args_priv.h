/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing of the words after the subcommand; main.c alone calls it. */
#ifndef QTRADE_CLI_ARGS_PRIV_H
#define QTRADE_CLI_ARGS_PRIV_H

#include "cli_priv.h"

/** Fills values and operands of args (command set) from argv[0..argc). False: QT_E_USAGE. */
QT_CHECKED bool qt__args_parse(struct qt_args *args, int argc, char **argv, struct qt_error *err);

#endif

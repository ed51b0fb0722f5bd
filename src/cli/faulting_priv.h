/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --fault of the subcommands that start the simulated exchange.
 */
#ifndef QTRADE_CLI_FAULTING_PRIV_H
#define QTRADE_CLI_FAULTING_PRIV_H

#include <jansson.h>

#include "qtrade/base/text.h"
#include "qtrade/venue/exchange.h"

#include "cli_priv.h"

#define QT__FAULT_OPTION                                                                           \
    {                                                                                              \
        .name = "fault", .argument = "SPEC",                                                       \
        .help = "something goes wrong at the exchange, see below; may be repeated",                \
        .repeats = true                                                                            \
    }

/** Every --fault into out, QT_FAULTS_MAX at most. False with QT_E_USAGE. */
QT_CHECKED bool qt__faults_read(const struct qt_args *args, struct qt_fault *out, size_t *out_n,
                                struct qt_error *err);
/** The table, below the options of --help. */
void qt__faults_help(FILE *out);
/** "lost-ack 3, cut 2" of those that were asked for; "" when none was. */
void qt__faults_text(const struct qt_fault *faults, size_t n,
                     const struct qt_exchange_server_stats *stats, struct qt_text *out);
/** {"lost-ack": 3, "cut": 2} of those that were asked for; NULL: no memory. */
json_t *qt__faults_json(const struct qt_fault *faults, size_t n,
                        const struct qt_exchange_server_stats *stats);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "qtrade/engine/config.h"

#define AT(field) offsetof(struct qt_engine_config, field)

static const struct qt_config_key keys[] = {
    {.key = "workers", .type = QT_CONFIG_INT, .offset = AT(workers), .def = 0, .min = 0, .max = 64,
     .help = "threads that own symbols; 0: one less than the machine has cores, at least 1"},
    {.key = "cycle_ms", .type = QT_CONFIG_INT, .offset = AT(cycle_ms), .def = 1000, .min = 250,
     .max = 60000, .unit = "ms", .reload = true,
     .help = "time between two decision cycles, by event time"},
    {.key = "publish_ms", .type = QT_CONFIG_INT, .offset = AT(publish_ms), .def = 100, .min = 20,
     .max = 5000, .unit = "ms", .reload = true,
     .help = "time between two pictures for the screen and the API"},
    {.key = "order_timeout_ms", .type = QT_CONFIG_INT, .offset = AT(order_timeout_ms), .def = 5000,
     .min = 500, .max = 60000, .unit = "ms", .reload = true,
     .help = "after this an order without an answer is unknown, and the venue is asked for it"},
    {.key = "sync_s", .type = QT_CONFIG_INT, .offset = AT(sync_s), .def = 60, .min = 5,
     .max = 3600, .unit = "s", .reload = true,
     .help = "time between two reads of the account at the venue"},
    {.key = "flat_gap_ms", .type = QT_CONFIG_INT, .offset = AT(flat_gap_ms), .def = 3000,
     .min = 1000, .max = 60000, .unit = "ms",
     .help = "time between the two reads of the venue that together prove flat"},
    {.key = "equity_s", .type = QT_CONFIG_INT, .offset = AT(equity_s), .def = 60, .min = 1,
     .max = 86400, .unit = "s",
     .help = "time between two points of the recorded equity curve"},
    {.key = "max_positions", .type = QT_CONFIG_INT, .offset = AT(max_positions), .def = 5,
     .min = 1, .max = 50, .reload = true, .help = "positions held at once at most"},
    {.key = "entry_slippage_bps", .type = QT_CONFIG_DOUBLE, .offset = AT(entry_slippage_bps),
     .def = 5, .min = 0, .max = 100, .unit = "bps", .reload = true,
     .help = "how far beyond the best price an entry's limit may stand"},
    {0}};

const struct qt_config_section qt_engine_section = {
    .name = "engine",
    .help = "threads, pace and time-outs of the engine",
    .size = sizeof(struct qt_engine_config),
    .keys = keys,
};

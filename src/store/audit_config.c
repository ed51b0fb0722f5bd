/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "qtrade/store/audit_config.h"

#define AT(field) offsetof(struct qt_audit_config, field)

static const struct qt_config_key keys[] = {
    {.key = "head_entries",
     .type = QT_CONFIG_INT,
     .offset = AT(head_entries),
     .def = 1000,
     .min = 1,
     .max = 1000000,
     .unit = "entries",
     .help = "a signed head at least every so many entries"},
    {.key = "head_seconds",
     .type = QT_CONFIG_INT,
     .offset = AT(head_seconds),
     .def = 300,
     .min = 1,
     .max = 86400,
     .unit = "s",
     .help = "and after so many seconds, where there is a new entry"},
    {.key = "hook",
     .type = QT_CONFIG_TEXT,
     .offset = AT(hook),
     .max = sizeof(((struct qt_audit_config *)NULL)->hook),
     .text = "",
     .help = "program that is run with each head as its one argument, to keep it elsewhere; an "
             "absolute path, without a shell; empty: none"},
    {0}};

const struct qt_config_section qt_audit_section = {
    .name = "audit",
    .help = "the chained audit, and how its signed heads get out of this machine",
    .size = sizeof(struct qt_audit_config),
    .keys = keys,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration by table. Each room describes its own section: one row a key, which is the master
 * copy from which defaults, checks, qtrade.conf(5), "config show" and "config defaults" come. The
 * file is one JSON document {"section": {"key": value}}; a mistake is named with file, line and
 * key.
 *
 * How to add a key: a field in the room's struct, a row in its section table.
 * tests/base/test_config.c and the manual check judge it.
 */
#ifndef QTRADE_BASE_CONFIG_H
#define QTRADE_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/base/text.h"

enum qt_config_type {
    QT_CONFIG_INT,    /* int64_t field; default, min, max as numbers */
    QT_CONFIG_DOUBLE, /* double field; must be finite */
    QT_CONFIG_BOOL,   /* bool field; default 0 or 1 */
    QT_CONFIG_TEXT,   /* char[] field; max = its size in bytes; default in text; choices: "a|b|c" or
                         NULL */
    QT_CONFIG_TYPES
};

struct qt_config_key {
    const char *key; /* snake_case; NULL ends the table */
    enum qt_config_type type;
    size_t offset; /* of the field in the section's struct */
    double def, min, max;
    const char *text;    /* default of a TEXT */
    const char *choices; /* "a|b|c": the values a TEXT may have; NULL: any */
    const char *unit;    /* "ms", "bps", "ratio", "USDT" ...; NULL: none */
    bool reload;         /* may change while running (SIGHUP) */
    const char *help;    /* one sentence, no full stop */
};

struct qt_config_section {
    const char *name, *help;
    size_t size; /* of the struct */
    const struct qt_config_key *keys;
};

/** One section and the struct it fills. */
struct qt_config_binding {
    const struct qt_config_section *section;
    void *values;
};

/** Fills every bound struct with its defaults. */
void qt_config_defaults(const struct qt_config_binding *bindings, size_t n);
/**
 * Reads path over the values that are there. Unknown section or key, doubled key, wrong type, out
 * of range, NaN, nesting deeper than two, more than 1 MiB: QT_E_CONFIG "FILE:LINE: section.key:
 * ..." and every value is as before.
 */
QT_CHECKED bool qt_config_load(const char *path, const struct qt_config_binding *bindings, size_t n,
                               struct qt_error *err);
/** The same from text in memory; name stands for the file in errors. */
QT_CHECKED bool qt_config_load_text(const char *name, const char *text, size_t length,
                                    const struct qt_config_binding *bindings, size_t n,
                                    struct qt_error *err);
/** The values as a JSON document with two-space indents, keys in table order. */
void qt_config_write(const struct qt_config_binding *bindings, size_t n, struct qt_text *out);
/** The value of one key as JSON. */
void qt_config_write_value(const struct qt_config_key *key, const void *values,
                           struct qt_text *out);

#endif

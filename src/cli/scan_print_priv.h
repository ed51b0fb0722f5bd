/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What "qtrade scan" prints: a table for people, one JSON document, CSV, or the whole story of one
 * symbol. */
#ifndef QTRADE_CLI_SCAN_PRINT_PRIV_H
#define QTRADE_CLI_SCAN_PRINT_PRIV_H

#include <stdio.h>

#include "qtrade/market/reader.h"
#include "qtrade/scan/scan.h"

/** One finished scan of recorded data; everything is borrowed. Row i belongs to data->series[i]. */
struct qt__scan_view {
    const char *folder;
    const struct qt_scan_config *config;
    const struct qt_dataset *data;
    const struct qt_scan_row *rows;
    const uint32_t *order; /* eligible row indices, best first */
    const struct qt_scan_result *result;
    int64_t period_ns; /* of the bars that were scanned */
    uint32_t history;  /* bars needed */
    bool is_coarse;    /* the data's bars are longer than the configured interval */
};

void qt__scan_print_table(const struct qt__scan_view *view, uint32_t max_rows, FILE *out);
void qt__scan_print_csv(const struct qt__scan_view *view, FILE *out);
/** why: row whose raw inputs are added as "why"; -1: none. */
void qt__scan_print_json(const struct qt__scan_view *view, long why, FILE *out);
/** One line an input: name, value, what it is. */
void qt__scan_print_inputs(const struct qt_scan_row *row, FILE *out);
void qt__scan_print_why(const struct qt__scan_view *view, uint32_t row, FILE *out);

#endif

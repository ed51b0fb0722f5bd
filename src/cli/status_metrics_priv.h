/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef QTRADE_CLI_STATUS_METRICS_PRIV_H
#define QTRADE_CLI_STATUS_METRICS_PRIV_H

#include <jansson.h>
#include <stdio.h>

/** The status document (borrowed) in Prometheus' text format, version 0.0.4, to out: what is not
 * known has no line. */
void qt__status_metrics(const json_t *status, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program reads of a subcommand. */
#ifndef QTRADE_CLI_PRINT_PRIV_H
#define QTRADE_CLI_PRINT_PRIV_H

#include <jansson.h>

#include "qtrade/base/error.h"

/** Takes a document (NULL: no memory) and prints it to stdout. False: err, "writing " and what. */
QT_CHECKED bool qt__print_json(json_t *document, const char *what, struct qt_error *err);

#endif

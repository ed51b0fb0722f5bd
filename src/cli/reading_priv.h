/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What whoever reads recorded data tells the one who waits: progress, and what was skipped. */
#ifndef QTRADE_CLI_READING_PRIV_H
#define QTRADE_CLI_READING_PRIV_H

#include "qtrade/market/reader.h"

/** qt_progress_fn on stderr; context is the folder's name. */
void qt__reading_show(void *context, size_t done, size_t of);
/** How many rows were malformed, and the first few of them. Nothing when none was. */
void qt__reading_tell_skipped(const struct qt_reader_report *report);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking and counting through a connection that is open. */
#ifndef QTRADE_STORE_CHECK_PRIV_H
#define QTRADE_STORE_CHECK_PRIV_H

#include "qtrade/store/check.h"

#include "store_file_priv.h"

QT_CHECKED bool qt__store_check_file(const struct qt__store_file *file, struct qt_store_report *out,
                                     struct qt_error *err);
/** Fills the tables of out, which had none. */
QT_CHECKED bool qt__store_count_rows(const struct qt__store_file *file, struct qt_store_info *out,
                                     struct qt_error *err);

#endif

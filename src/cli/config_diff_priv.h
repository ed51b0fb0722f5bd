/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the config would change of what is in force. */
#ifndef QTRADE_CLI_CONFIG_DIFF_PRIV_H
#define QTRADE_CLI_CONFIG_DIFF_PRIV_H

#include "sealing_priv.h"

/** Prints each key of settings that is not in force: both values, which way it goes and from when.
 * False: QT_E_IO, or no memory. */
QT_CHECKED bool qt__config_diff(struct qt__sealed *sealed, struct qt_settings *settings,
                                int64_t now_ns, bool is_json, struct qt_error *err);

#endif

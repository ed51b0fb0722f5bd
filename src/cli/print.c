/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "print_priv.h"

bool
qt__print_json(json_t *document, const char *what, struct qt_error *err)
{
    bool is_written = document && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
                      fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    json_decref(document);
    return is_written || qt_fail_errno(err, QT_E_IO, "writing %s", what);
}

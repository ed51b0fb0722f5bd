/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit_tell_priv.h"

#include <stdio.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/store/audit.h"

enum { ANSWER_MS = 5000 };

static bool
ask_engine(const char *folder, const char *action, const char *detail, struct qt_error *err)
{
    char text[QT_AUDIT_ACTION + QT_AUDIT_DETAIL + 2];
    snprintf(text, sizeof text, "%s %s", action, detail);
    json_t *reply = qt_control_call(folder, "audit", text, ANSWER_MS, err);
    json_decref(reply);
    return reply != NULL;
}

bool
qt__audit_tell(const char *folder, struct qt_store_key *key, const char *action, const char *detail)
{
    struct qt_error err = {0};
    char text[QT_AUDIT_DETAIL];
    if (qt_control_is_alive(folder) && ask_engine(folder, action, detail, &err))
        return true;
    struct qt_store *store = qt_store_open(folder, key, &err);
    snprintf(text, sizeof text, "%s (uid %u)", detail, (unsigned)getuid());
    bool is_told = store && qt_audit_append(store, "operator", action, text, &err);
    qt_store_close(store);
    if (!is_told)
        fprintf(stderr, "qtrade: done, but not in the audit: %s\n", err.text);
    return is_told;
}

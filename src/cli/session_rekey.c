/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rekey of a session's store: the new key comes from 'qtrade store rekey' through the socket. */
#include "session_priv.h"

#include <sodium.h>
#include <string.h>

#include "qtrade/store/rekey.h"

bool
qt__session_rekey(void *self, const char *hex, struct qt_error *err)
{
    struct qt__session *session = self;
    unsigned char sealed[QT_KEY_HANDOVER];
    size_t n = 0;
    if (sodium_hex2bin(sealed, sizeof sealed, hex, strlen(hex), NULL, &n, NULL) != 0 ||
        n != sizeof sealed)
        return qt_fail(err, QT_E_USAGE, "a rekey has the store's new key, sealed, in %d hex digits",
                       2 * QT_KEY_HANDOVER);
    if (!qt_rekey_hand_over(session->store, sealed, err))
        return false;
    qt_log_event(session->log, QT_LOG_INFO, "store.rekey", "what=\"every page gets a new key\"");
    return true;
}

json_t *
qt__session_rekey_document(void *self)
{
    struct qt_rekey_stats stats;
    qt_rekey_stats(((struct qt__session *)self)->store, &stats);
    if (!stats.is_renewing)
        return json_null();
    return json_pack("{s:I,s:I,s:I,s:s?}", "pages", (json_int_t)stats.pages, "done",
                     (json_int_t)stats.done, "failures", (json_int_t)stats.failures, "last_error",
                     stats.last_error[0] ? stats.last_error : NULL);
}

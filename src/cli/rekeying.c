/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rekeying_priv.h"

#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/base/time.h"
#include "qtrade/store/audit.h"
#include "qtrade/store/rekey.h"

#include "audit_tell_priv.h"
#include "unlock_priv.h"

enum { ANSWER_MS = 5000, PAGE_BYTES = 4096 };

static const char kept[] =
    "it is begun, and both keys are in store.key: the next start of an engine or "
    "of this goes on with it";

/* A line that is written again and again, at a terminal; its last state elsewhere. */
static void
show(void *self, const struct qt_rekey_stats *stats)
{
    uint32_t *shown = self;
    if (stats->pages == 0 || stats->done == *shown)
        return;
    *shown = stats->done;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rpages: %u of %u%s", stats->done, stats->pages,
                stats->done == stats->pages ? "\n" : "");
}

/* No engine runs: here and now. */
static bool
renew_here(const char *folder, struct qt_store_key *key, const char *detail, struct qt_error *err)
{
    char text[QT_AUDIT_DETAIL + 32];
    uint32_t shown = 0;
    struct qt_rekey_stats stats = {0};
    int64_t begun = qt_now_mono_ns();
    snprintf(text, sizeof text, "%s (uid %u)", detail, (unsigned)getuid());
    struct qt_store *store = qt_store_open(folder, key, err);
    bool is_done = store && qt_audit_append(store, "operator", "store.rekey", text, err) &&
                   qt_rekey_finish(store, show, &shown, err);
    if (is_done)
        qt_rekey_stats(store, &stats);
    qt_store_close(store);
    if (!is_done)
        return qt_error_add(err, "%s", kept);
    double seconds = (double)(qt_now_mono_ns() - begun) / (double)QT_NS_PER_S;
    printf("%u pages have a new key, %.1f MiB in %.1f s; the former key is dropped\n", stats.pages,
           (double)stats.pages * PAGE_BYTES / (1 << 20), seconds);
    return true;
}

/* By the engine that has the store open, which gets the key sealed by the one it has. */
static bool
renew_there(const char *folder, struct qt_store_key *key, const char *detail, struct qt_error *err)
{
    unsigned char sealed[QT_KEY_HANDOVER];
    char hex[2 * QT_KEY_HANDOVER + 1];
    (void)qt__audit_tell(folder, key, "store.rekey", detail); /* it says so */
    if (!qt_store_key_hand_over(key, sealed, err))
        return false;
    sodium_bin2hex(hex, sizeof hex, sealed, sizeof sealed);
    json_t *reply = qt_control_call(folder, "rekey", hex, ANSWER_MS, err);
    json_decref(reply);
    if (!reply)
        return qt_error_add(err, "%s", kept);
    puts("the running engine gives every page the new key; 'qtrade status' says how far it is");
    return true;
}

/* The new opener, or what an earlier call has begun. *out_is_begun: nothing is asked for. */
static bool
take_opener(const char *folder, struct qt_store_key *key, const char *file, bool renews,
            bool *out_is_begun, struct qt_error *err)
{
    struct qt_error ignored = {0};
    *out_is_begun =
        renews && qt_store_key_is_renewing(key) && qt_store_key_can_finish(key, folder, &ignored);
    if (*out_is_begun && file)
        return qt_fail(
            err, QT_E_USAGE,
            "the pages are being encrypted anew: 'qtrade store rekey --pages' goes on with "
            "it, and what opens the store stays until it is done");
    if (*out_is_begun)
        return true;
    return file ? qt__unlock_by_file(key, folder, file, renews, err)
                : qt__unlock_by_passphrase(key, folder, renews, err);
}

static void
say_opener(const char *file)
{
    if (file)
        printf("%s opens the store now; name it in the config: \"store\": {\"key_file\": ...}\n",
               file);
    else
        puts("the new passphrase opens the store now, and nothing else does");
}

bool
qt__store_rekey(const char *folder, struct qt_store_key *key, const struct qt_args *args,
                struct qt_error *err)
{
    const char *file = qt_args_get(args, "key-file");
    bool renews = qt_args_has(args, "pages"), is_begun = false;
    if (!take_opener(folder, key, file, renews, &is_begun, err))
        return false;
    char detail[QT_AUDIT_DETAIL];
    snprintf(detail, sizeof detail, "%s%s",
             is_begun ? "goes on"
             : file   ? "a key file opens it"
                      : "a passphrase opens it",
             renews ? ", every page gets a new key" : "");
    if (!is_begun)
        say_opener(file);
    if (!renews) {
        (void)qt__audit_tell(folder, key, "store.rekey", detail); /* it says so */
        return true;
    }
    return qt_control_is_alive(folder) ? renew_there(folder, key, detail, err)
                                       : renew_here(folder, key, detail, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's look at what is ours: config, state folder, disk, keys, credentials, the engine. */
#include <libgen.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/base/text.h"

#include "doctor_priv.h"
#include "unlock_priv.h"

enum { LOW_MIB = 1024, FULL_MIB = 64, MIB = 1 << 20 };

void
qt__look_at_config(const struct qt__patient *patient, struct qt__finding *out)
{
    if (!patient->has_settings)
        qt__find(out, QT__BAD, "correct it, then ask 'qtrade config check'", "%s",
                 patient->why.text);
    else
        qt__find(out, QT__GOOD, NULL, "%s",
                 patient->settings.path[0] ? patient->settings.path : "none: the defaults");
}

void
qt__look_at_folder(const struct qt__patient *patient, struct qt__finding *out)
{
    struct qt_error err = {0};
    bool exists;
    if (!qt_state_dir_judge(patient->folder, &exists, &err))
        qt__find(out, QT__BAD, NULL, "%s", err.text);
    else if (exists && access(patient->folder, R_OK | W_OK | X_OK) != 0)
        qt__find(out, QT__BAD, "is its file system mounted read-only?", "%s: cannot be written",
                 patient->folder);
    else
        qt__find(out, QT__GOOD, NULL, "%s%s", patient->folder,
                 exists ? "" : " (made at the first start)");
}

/* The folder, or the nearest one above it that is there. */
static bool
look_at_place(const char *folder, char at[QT_STATE_DIR], struct statfs *out)
{
    qt_copy(at, QT_STATE_DIR, folder);
    while (statfs(at, out) != 0) {
        if (strcmp(at, "/") == 0 || strcmp(at, ".") == 0)
            return false;
        char *above = dirname(at);
        memmove(at, above, strlen(above) + 1);
    }
    return true;
}

void
qt__look_at_disk(const struct qt__patient *patient, struct qt__finding *out)
{
    char at[QT_STATE_DIR];
    struct statfs place;
    if (!look_at_place(patient->folder, at, &place)) {
        qt__find(out, QT__BAD, NULL, "%s: no file system is there", patient->folder);
        return;
    }
    unsigned long long room =
        (unsigned long long)place.f_bavail * (unsigned long long)place.f_bsize / MIB;
    if (room < FULL_MIB)
        qt__find(out, QT__BAD, "make room: with a full disk the engine pauses",
                 "%llu MiB free at %s", room, at);
    else if ((unsigned long)place.f_type == TMPFS_MAGIC)
        qt__find(out, QT__WARNING, "keep the state folder on a disk",
                 "%s is in memory: nothing there outlives a restart of the machine", at);
    else
        qt__find(out, room < LOW_MIB ? QT__WARNING : QT__GOOD,
                 room < LOW_MIB ? "a journal takes some hundred MiB a day" : NULL,
                 "%llu MiB free at %s", room, at);
}

void
qt__look_at_key(const struct qt__patient *patient, struct qt__finding *out)
{
    struct qt_error err = {0};
    enum qt_key_kind kind;
    char name[300];
    if (!qt_store_key_kind(patient->folder, &kind, &err) ||
        !qt__unlock_check(&patient->settings, patient->folder, &err)) {
        qt__find(out, QT__BAD, NULL, "%s", err.text);
        return;
    }
    qt__unlock_name(&patient->settings, kind == QT_KEY_NONE ? QT_KEY_FILE : kind, name,
                    sizeof name);
    bool is_local = strcmp(name, "local.key") == 0, is_renewing = false;
    if (kind != QT_KEY_NONE && qt_store_key_look_renewing(patient->folder, &is_renewing, &err) && is_renewing) {
        qt__find(out, QT__WARNING, "a running engine goes on with it, or 'qtrade store rekey --pages'",
                 "%.180s opens the store; its rekey is unfinished", name);
        return;
    }
    qt__find(out, is_local ? QT__WARNING : QT__GOOD,
             is_local ? "keep the key elsewhere: 'qtrade store rekey', store.key_file" : NULL,
             "%.180s%s%s", name, kind == QT_KEY_NONE ? " (no store yet)" : " opens the store",
             is_local ? ", which lies beside what it opens" : "");
}

void
qt__look_at_credentials(const struct qt__patient *patient, struct qt__finding *out)
{
    struct qt_error err = {0};
    struct qt_venue_credentials credentials;
    const char *path = patient->settings.venue.credentials_file;
    if (!path[0]) {
        qt__find(out, QT__GOOD, NULL, "no file: those of the vault, or it trades on paper");
        return;
    }
    bool is_good = qt_venue_credentials_load(path, &credentials, &err);
    qt_venue_credentials_wipe(&credentials);
    if (is_good)
        qt__find(out, QT__GOOD, NULL, "%.200s", path);
    else
        qt__find(out, QT__BAD, NULL, "%s", err.text);
}

void
qt__look_at_engine(const struct qt__patient *patient, struct qt__finding *out)
{
    bool is_alive = qt_control_is_alive(patient->folder);
    qt__find(out, QT__GOOD, NULL, is_alive ? "answers on %s" : "none runs on %s", patient->folder);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "journaling_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "qt_config.h"
#include "qtrade/base/file.h"

#include "unlock_priv.h"

enum { PATH_BYTES = 640 };

static bool
has_file(const char *folder, const char *name, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%.600s/%s", folder, name);
    return access(path, F_OK) == 0;
}

bool
qt__journaling_key(const char *folder, const char *file, const struct qt_args *args,
                   struct qt_journal_key *out, struct qt_error *err)
{
    char own[PATH_BYTES], path[PATH_BYTES], beside[PATH_BYTES];
    struct qt_settings settings;
    if (access(folder, F_OK) != 0 && errno == ENOENT)
        return qt_fail(err, QT_E_DATA, "%s: there is no such journal (give its folder)", folder);
    if (file)
        return qt_journal_key_load(file, false, out, err);
    snprintf(beside, sizeof beside, "%.600s/..", folder);
    if (has_file(folder, "journal.key", own) || !has_file(beside, "store.key", path))
        return qt_journal_key_load(own, false, out, err);
    if (!qt_settings_load(args, &settings, err))
        return false;
    struct qt_store_key *key = qt__unlock(&settings, beside, err);
    if (key)
        qt_store_key_journal(key, out);
    qt_store_key_close(key);
    return key != NULL;
}

bool
qt__journaling_own_key(const char *folder, const struct qt_store_key *key,
                       struct qt_journal_key *out, struct qt_error *err)
{
    char path[PATH_BYTES];
    if (!qt_dir_make(folder, err))
        return false;
    bool has_own = has_file(folder, "journal.key", path);
    if (!key || has_own)
        return qt_journal_key_load(path, true, out, err);
    qt_store_key_journal(key, out);
    return true;
}

static bool
write_config(const struct qt_settings *settings, char out[QT_JOURNAL_CONFIG_MAX],
             struct qt_error *err)
{
    struct qt_settings copy = *settings;
    struct qt_config_binding bindings[QT_SETTINGS_SECTIONS];
    struct qt_text text;
    qt_text_init(&text, out, QT_JOURNAL_CONFIG_MAX);
    qt_config_write(bindings, qt_settings_bind(&copy, bindings), &text);
    return !text.is_cut || qt_fail(err, QT_E_CONFIG, "the config is too long for the journal");
}

struct qt_journal *
qt__journaling_begin(const struct qt__journaling *what, struct qt_error *err)
{
    const struct qt_journal_config *config = &what->settings->journal;
    char text[QT_JOURNAL_CONFIG_MAX];
    struct qt_journal_key key;
    if (!write_config(what->settings, text, err) || !qt__journaling_own_key(what->folder, what->key, &key, err))
        return NULL;
    const struct qt_journal_options options = {
        .folder = what->folder,
        .key = &key,
        .version = QT_VERSION,
        .run_kind = what->run_kind,
        .config = text,
        .universe = what->universe,
        .restore = what->restore,
        .market = what->market,
        .part = what->part,
        .base_period_ns = what->base_period_ns,
        .is_recorded = what->is_recorded,
        .sync = what->is_recorded ? QT_JOURNAL_SYNC_OFF : qt_journal_sync_of(config),
        .segment_bytes = (uint64_t)config->segment_mb << 20,
        .keep_bytes = (uint64_t)config->keep_mb << 20,
        .waits = what->is_recorded};
    struct qt_journal *journal = qt_journal_create(&options, err);
    qt_journal_key_wipe(&key);
    return journal;
}

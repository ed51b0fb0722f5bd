/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_copies_priv.h"

#include <inttypes.h>
#include <stdio.h>

#include "qtrade/base/time.h"
#include "qtrade/store/audit.h"
#include "qtrade/store/backup.h"

#include "audit_tell_priv.h"
#include "print_priv.h"
#include "unlock_priv.h"

bool
qt__store_backup(const char *folder, struct qt_store_key *key, const struct qt_args *args,
                 struct qt_error *err)
{
    struct qt_backup backup;
    const char *path = args->operands[1];
    int64_t begun = qt_now_mono_ns();
    if (!qt_backup_write(folder, key, path, qt_args_has(args, "force"), &backup, err))
        return false;
    double seconds = (double)(qt_now_mono_ns() - begun) / 1e9;
    char detail[QT_AUDIT_DETAIL];
    snprintf(detail, sizeof detail, "%" PRId64 " rows in %s", backup.rows, path);
    (void)qt__audit_tell(folder, key, "store.backup", detail); /* it says when it could not */
    if (qt_args_has(args, "json"))
        return qt__print_json(json_pack("{s:s, s:s, s:i, s:I, s:I, s:I, s:f}", "file", path, "id",
                                         backup.id, "schema", backup.schema, "time_ms",
                                         (json_int_t)(backup.time_ns / 1000000), "bytes",
                                         (json_int_t)backup.bytes, "rows", (json_int_t)backup.rows,
                                         "seconds", seconds),
                              "the result", err);
    printf("%s: %" PRId64 " bytes, %" PRId64 " rows, %.1f s\n", path, backup.bytes, backup.rows,
           seconds);
    return true;
}

static bool
print_restored(const char *folder, const char *path, const struct qt_backup *backup, double seconds,
               const struct qt_args *args, struct qt_error *err)
{
    int64_t seconds_ago = (qt_now_utc_ns() - backup->time_ns) / 1000000000;
    if (qt_args_has(args, "json"))
        return qt__print_json(
            json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:f, s:s?}", "file", path, "folder",
                      folder, "id", backup->id, "schema", backup->schema, "time_ms",
                      (json_int_t)(backup->time_ns / 1000000), "bytes", (json_int_t)backup->bytes,
                      "rows", (json_int_t)backup->rows, "seconds", seconds, "kept",
                      backup->kept[0] ? backup->kept : NULL),
            "the result", err);
    printf("%s: the store is as it was %" PRId64 " s ago: %" PRId64 " rows, %.1f s\n", folder,
           seconds_ago, backup->rows, seconds);
    if (backup->kept[0])
        printf("the one that was there is kept as %s\n", backup->kept);
    if (qt_args_has(args, "key-file"))
        printf("%s opens it: name it in the config, \"store\": {\"key_file\": ...}\n",
               qt_args_get(args, "key-file"));
    return true;
}

bool
qt__store_restore(const char *folder, const struct qt_settings *settings,
                  const struct qt_args *args, struct qt_error *err)
{
    struct qt_backup backup;
    const char *path = args->operands[1];
    int64_t begun = qt_now_mono_ns();
    if (!args->data_dir)
        return qt_fail(err, QT_E_USAGE, "restore replaces a store: say which with --data-dir");
    struct qt_store_key *key =
        qt__unlock_backup(settings, folder, path, qt_args_get(args, "key-file"), err);
    struct qt_store_key *made_by = NULL;
    bool is_older = key && qt_backup_is_older(path, key);
    if (is_older)
        made_by = qt__unlock_maker(settings, folder, path, qt_args_get(args, "key-file"), err);
    bool is_good = key && (!is_older || made_by) &&
                   qt_backup_restore_older(folder, key, made_by, path, qt_args_has(args, "force"),
                                           &backup, err);
    qt_store_key_close(made_by);
    qt_store_key_close(key);
    return is_good && print_restored(folder, path, &backup,
                                     (double)(qt_now_mono_ns() - begun) / 1e9, args, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade store: what the store is, whether it is sound, what opens it, and copies of it.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/store/check.h"

#include "commands_priv.h"
#include "print_priv.h"
#include "rekeying_priv.h"
#include "state_dir_priv.h"
#include "store_copies_priv.h"
#include "unlock_priv.h"

struct context {
    struct qt_settings settings;
    char folder[QT_STATE_DIR];
    struct qt_store_key *key;
    bool is_json;
};

static const char unfinished[] = "rekey      unfinished: a running engine goes on with it, or 'qtrade store rekey --pages'";

static bool
info(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    struct qt_store_info info;
    enum qt_key_kind kind;
    char opener[QT_STATE_DIR];
    (void)args;
    if (!qt_store_info(context->folder, context->key, &info, err) ||
        !qt_store_key_kind(context->folder, &kind, err))
        return false;
    qt__unlock_name(&context->settings, kind, opener, sizeof opener);
    bool is_renewing = qt_store_key_is_renewing(context->key);
    if (context->is_json) {
        json_t *rows = json_object(), *bytes = json_object();
        for (uint32_t i = 0; i < info.tables; i++) {
            json_object_set_new(rows, info.table[i].name, json_integer(info.table[i].rows));
            json_object_set_new(bytes, info.table[i].name, json_integer(info.table[i].bytes));
        }
        return qt__print_json(json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:o, s:o, s:b}", "folder",
                                        context->folder, "id", info.id, "opened_by", opener, "schema",
                                        info.schema, "bytes", (json_int_t)info.bytes, "log_bytes",
                                        (json_int_t)info.log_bytes, "rows", rows, "table_bytes", bytes,
                                        "rekey_unfinished", is_renewing),
                              "the result", err);
    }
    printf("%s\nstore      %s\nopened by  %s\nschema     %d\nbytes      %" PRId64
           "\nlog        %" PRId64 "\n",
           context->folder, info.id, opener, info.schema, info.bytes, info.log_bytes);
    if (is_renewing)
        puts(unfinished);
    for (uint32_t i = 0; i < info.tables; i++)
        printf("%-18s %10" PRId64 " rows %12" PRId64 " bytes\n", info.table[i].name, info.table[i].rows,
               info.table[i].bytes);
    return true;
}

static bool
check(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    struct qt_store_report report;
    json_t *findings = json_array();
    (void)args;
    if (!qt_store_check(context->folder, context->key, &report, err)) {
        json_decref(findings);
        return false;
    }
    for (uint32_t i = 0; i < report.findings; i++) {
        json_array_append_new(findings, json_pack("{s:s, s:s}", "check", report.finding[i].check,
                                                  "finding", report.finding[i].text));
        if (!context->is_json)
            printf("%s: %s\n", report.finding[i].check, report.finding[i].text);
    }
    for (size_t i = 0; !context->is_json && report.findings == 0 && qt_store_checks[i].name; i++)
        printf("good: %-13s %s\n", qt_store_checks[i].name, qt_store_checks[i].help);
    bool is_told = true, is_renewing = qt_store_key_is_renewing(context->key);
    if (context->is_json)
        is_told = qt__print_json(json_pack("{s:b, s:O, s:b}", "sound", report.findings == 0, "findings",
                                           findings, "rekey_unfinished", is_renewing),
                                 "the result", err);
    else if (is_renewing)
        puts(unfinished);
    json_decref(findings);
    return is_told &&
           (report.findings == 0 ||
            qt_fail(err, QT_E_VERIFY, "%s: %u findings%s", context->folder, report.findings,
                    report.findings == QT_STORE_FINDINGS ? ", and maybe more" : ""));
}

static bool
rekey(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    return qt__store_rekey(context->folder, context->key, args, err);
}

static bool
backup(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    return qt__store_backup(context->folder, context->key, args, err);
}

static bool
restore(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    return qt__store_restore(context->folder, &context->settings, args, err);
}

/* How to add a job: a row, and its item in man/qtrade-store.1. */
static const struct job {
    const char *name;
    bool (*run)(struct context *context, const struct qt_args *args, struct qt_error *err);
    const char *options; /* that it takes */
    bool takes_file;
    bool opens; /* needs the folder's keys */
} jobs[] = {
    {.name = "info", .run = info, .options = "json", .opens = true},
    {.name = "check", .run = check, .options = "json", .opens = true},
    {.name = "rekey", .run = rekey, .options = "key-file pages", .opens = true},
    {.name = "backup", .run = backup, .options = "force json", .takes_file = true, .opens = true},
    {.name = "restore", .run = restore, .options = "key-file force json", .takes_file = true},
};

/* The job that was asked for, with such words. NULL: err. */
static const struct job *
find_job(const struct qt_args *args, struct qt_error *err)
{
    static const char *const options[] = {"key-file", "pages", "force", "json"};
    const struct job *job = jobs;
    while (job < jobs + QT_COUNT_OF(jobs) && strcmp(job->name, args->operands[0]) != 0)
        job++;
    if (job == jobs + QT_COUNT_OF(jobs)) {
        qt_fail(err, QT_E_USAGE, "'%s' is no job of store: info, check, rekey, backup or restore",
                args->operands[0]);
        return NULL;
    }
    if (job->takes_file != (args->n_operands == 2)) {
        qt_fail(err, QT_E_USAGE, "store %s takes %s", job->name,
                job->takes_file ? "the backup's FILE" : "no more words");
        return NULL;
    }
    for (size_t i = 0; i < QT_COUNT_OF(options); i++)
        if (qt_args_has(args, options[i]) && !strstr(job->options, options[i])) {
            qt_fail(err, QT_E_USAGE, "--%s is not for store %s%s", options[i], job->name,
                    i == 0 ? " (the config names the one in use)" : "");
            return NULL;
        }
    return job;
}

static bool
store_run(const struct qt_args *args, struct qt_error *err)
{
    const struct job *job = find_job(args, err);
    if (!job)
        return false;
    struct context *context = calloc(1, sizeof *context);
    if (!context)
        return qt_fail(err, QT_E_MEMORY, "no memory for the store");
    context->is_json = qt_args_has(args, "json");
    bool is_good = qt_settings_load(args, &context->settings, err) &&
                   qt_state_dir(args, context->folder, err) &&
                   (!job->opens || (context->key = qt__unlock(&context->settings, context->folder,
                                                              err)) != NULL) &&
                   job->run(context, args, err);
    qt_store_key_close(context->key);
    free(context);
    return is_good;
}

const struct qt_command qt_cmd_store = {
    .name = "store",
    .summary = "look at the encrypted store, check it, copy it, change what opens it",
    .operands = "info|check|rekey|backup FILE|restore FILE",
    .min_operands = 1,
    .max_operands = 2,
    .options =
        (const struct qt_option[]){
            {"key-file", 0, "FILE",
             "rekey: this file opens it instead of a passphrase, made when it is not there; restore: "
             "what opens the backup"},
            {"pages", 0, NULL,
             "rekey: give every page a new key too; goes on with one that was interrupted"},
            {"force", 0, NULL,
             "backup: replace FILE; restore: give up what an earlier restore kept"},
            {"json", 0, NULL, "info, check, backup, restore: one JSON document"},
            {0}},
    .run = store_run,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade config check | show | defaults | seal | diff: the config, what is in force, and its seal.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/clock.h"
#include "qtrade/base/time.h"

#include "audit_tell_priv.h"
#include "cli_priv.h"
#include "commands_priv.h"
#include "config_diff_priv.h"
#include "sealing_priv.h"
#include "settings_priv.h"
#include "state_dir_priv.h"
#include "unlock_priv.h"

static bool
print_settings(const struct qt_settings *settings, struct qt_error *err)
{
    char *text = qt__settings_text(settings);
    if (!text)
        return qt_fail(err, QT_E_MEMORY, "no memory for the config");
    fputs(text, stdout);
    free(text);
    return true;
}

static bool
load(const struct qt_args *args, struct qt_settings *out, struct qt_error *err)
{
    return qt_settings_load(args, out, err) && qt_engine_config_check(&out->engine, err);
}

static bool
config_check(const struct qt_args *args, struct qt_error *err)
{
    struct qt_settings settings;
    if (!load(args, &settings, err))
        return false;
    if (settings.path[0])
        printf("%s: good\n", settings.path);
    else
        puts("no config file: the defaults are in force");
    return true;
}

static int64_t
now_utc(void)
{
    struct qt_clock clock;
    qt_clock_init_wall(&clock);
    return qt_clock_utc_ns(&clock);
}

/* What of the settings is held back, in force of the seal in folder. */
static bool
apply_seal(struct qt_settings *settings, const char *folder, struct qt_error *err)
{
    int64_t now_ns = now_utc();
    struct qt_store_key *key = qt__unlock(settings, folder, err);
    struct qt__sealed *sealed = key ? qt__sealed_open(folder, key, now_ns, err) : NULL;
    bool is_good = sealed && qt__sealed_enforce(sealed, key, now_ns, settings, err);
    for (unsigned i = 0; is_good && i < sealed->seal.n_held; i++) {
        const struct qt_seal_held *held = &sealed->seal.held[i];
        char when[QT_TIME_TEXT];
        if (held->until_ns > now_ns)
            fprintf(stderr, "qtrade: %s stays %s until %s\n", held->key, held->value,
                    qt_time_format_short(held->until_ns, when));
    }
    qt__sealed_close(sealed);
    qt_store_key_close(key);
    return is_good;
}

static bool
config_show(const struct qt_args *args, struct qt_error *err)
{
    struct qt_settings settings;
    struct qt_error why = {0}, no_folder = {0};
    char folder[QT_STATE_DIR], path[QT_STATE_DIR + 16];
    if (!qt_settings_load(args, &settings, err))
        return false;
    if (qt_state_dir(args, folder, &no_folder)) {
        snprintf(path, sizeof path, "%s/config.seal", folder);
        if (access(path, F_OK) == 0 && !apply_seal(&settings, folder, &why))
            fprintf(stderr,
                    "qtrade: shown as the file has it, with which nothing is traded live: %s\n",
                    why.text);
    }
    return print_settings(&settings, err);
}

static bool
config_defaults(const struct qt_args *args, struct qt_error *err)
{
    (void)args;
    struct qt_settings settings;
    qt_settings_defaults(&settings);
    return print_settings(&settings, err);
}

static void
print_seal(const struct qt_seal *seal, const char *folder)
{
    char when[QT_TIME_TEXT];
    printf("%s/config.seal: number %" PRIu64 ", sealed %s\n", folder, seal->number,
           qt_time_format_short(seal->sealed_ns, when));
    if (seal->from_ns > seal->sealed_ns)
        printf("nothing is traded live with it before %s\n",
               qt_time_format_short(seal->from_ns, when));
    for (unsigned i = 0; i < seal->n_held; i++)
        printf("%s stays %s until %s\n", seal->held[i].key, seal->held[i].value,
               qt_time_format_short(seal->held[i].until_ns, when));
}

static bool
config_seal(const struct qt_args *args, struct qt_error *err)
{
    struct qt_settings settings;
    struct qt_seal seal = {0};
    char folder[QT_STATE_DIR];
    if (!load(args, &settings, err) || !qt_state_dir(args, folder, err) ||
        !qt_state_dir_make(folder, err))
        return false;
    struct qt_store_key *key = qt__unlock_or_found(&settings, folder, err);
    bool is_good = key && qt__sealed_make(folder, key, &settings, now_utc(), &seal, err);
    if (is_good) {
        char detail[128];
        print_seal(&seal, folder);
        snprintf(detail, sizeof detail, "number %" PRIu64 ", hash %.64s", seal.number, seal.hash);
        (void)!qt__audit_tell(folder, key, "config.seal", detail);
    }
    qt_seal_clear(&seal);
    qt_store_key_close(key);
    return is_good;
}

static bool
config_diff(const struct qt_args *args, struct qt_error *err)
{
    struct qt_settings settings;
    char folder[QT_STATE_DIR];
    int64_t now_ns = now_utc();
    if (!load(args, &settings, err) || !qt_state_dir(args, folder, err))
        return false;
    struct qt_store_key *key = qt__unlock(&settings, folder, err);
    struct qt__sealed *sealed = key ? qt__sealed_open(folder, key, now_ns, err) : NULL;
    bool is_good = sealed &&
                   (sealed->is_found ||
                    qt_fail(err, QT_E_CONFIG,
                            "%s: there is no sealed config to compare with ('qtrade config "
                            "seal' makes one)",
                            folder)) &&
                   qt__config_diff(sealed, &settings, now_ns, qt_args_has(args, "json"), err);
    qt__sealed_close(sealed);
    qt_store_key_close(key);
    return is_good;
}

/* How to add a job: a row, and its item in man/qtrade-config.1. */
static const struct {
    const char *name;
    bool (*run)(const struct qt_args *args, struct qt_error *err);
    bool has_json;
} actions[] = {{"check", config_check, false},
               {"show", config_show, false},
               {"defaults", config_defaults, false},
               {"seal", config_seal, false},
               {"diff", config_diff, true}};

static bool
config_run(const struct qt_args *args, struct qt_error *err)
{
    for (size_t i = 0; i < QT_COUNT_OF(actions); i++) {
        if (strcmp(actions[i].name, args->operands[0]) != 0)
            continue;
        if (qt_args_has(args, "json") && !actions[i].has_json)
            return qt_fail(err, QT_E_USAGE, "--json is not for config %s", actions[i].name);
        return actions[i].run(args, err);
    }
    return qt_fail(err, QT_E_USAGE, "'config %s': must be check, show, defaults, seal or diff",
                   args->operands[0]);
}

const struct qt_command qt_cmd_config = {
    .name = "config",
    .summary = "check the config, show what is in force, seal it for live trading",
    .operands = "check|show|defaults|seal|diff",
    .min_operands = 1,
    .max_operands = 1,
    .options = (const struct qt_option[]){{"json", 0, NULL, "diff: one JSON document"}, {0}},
    .run = config_run,
};

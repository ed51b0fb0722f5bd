/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade config check | show | defaults: the config and what is in force.
 */
#include <stdlib.h>
#include <string.h>

#include "cli_priv.h"
#include "commands_priv.h"
#include "settings_priv.h"

enum { DOCUMENT = 64 * 1024 };

static bool
print_settings(struct qt_settings *settings, struct qt_error *err)
{
    struct qt_config_binding bindings[QT_SETTINGS_SECTIONS];
    size_t n = qt_settings_bind(settings, bindings);
    char *buffer = malloc(DOCUMENT);
    if (!buffer)
        return qt_fail(err, QT_E_MEMORY, "no memory for the config");
    struct qt_text text;
    qt_text_init(&text, buffer, DOCUMENT);
    qt_config_write(bindings, n, &text);
    qt_assert(!text.is_cut);
    fputs(buffer, stdout);
    free(buffer);
    return true;
}

static bool
config_check(const struct qt_args *args, struct qt_error *err)
{
    struct qt_settings settings;
    if (!qt_settings_load(args, &settings, err) || !qt_engine_config_check(&settings.engine, err))
        return false;
    if (settings.path[0])
        printf("%s: good\n", settings.path);
    else
        puts("no config file: the defaults are in force");
    return true;
}

static bool
config_show(const struct qt_args *args, struct qt_error *err)
{
    struct qt_settings settings;
    return qt_settings_load(args, &settings, err) && print_settings(&settings, err);
}

static bool
config_defaults(const struct qt_args *args, struct qt_error *err)
{
    (void)args;
    struct qt_settings settings;
    qt_settings_defaults(&settings);
    return print_settings(&settings, err);
}

static const struct {
    const char *name;
    bool (*run)(const struct qt_args *args, struct qt_error *err);
} actions[] = {{"check", config_check}, {"show", config_show}, {"defaults", config_defaults}};

static bool
config_run(const struct qt_args *args, struct qt_error *err)
{
    for (size_t i = 0; i < QT_COUNT_OF(actions); i++)
        if (strcmp(actions[i].name, args->operands[0]) == 0)
            return actions[i].run(args, err);
    return qt_fail(err, QT_E_USAGE, "'config %s': must be check, show or defaults",
                   args->operands[0]);
}

const struct qt_command qt_cmd_config = {
    .name = "config",
    .summary = "check the config, show what is in force, or print the defaults",
    .operands = "check|show|defaults",
    .min_operands = 1,
    .max_operands = 1,
    .run = config_run,
};

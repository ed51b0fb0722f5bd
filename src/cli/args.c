/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words of the command line, checked against the table of the subcommand that they call.
 */
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "args_priv.h"
#include "cli_priv.h"

static int
row_of(const struct qt_command *command, const char *name)
{
    for (int i = 0; command->options && command->options[i].name; i++)
        if (strcmp(command->options[i].name, name) == 0)
            return i;
    return -1;
}

static int
row_of_letter(const struct qt_command *command, char letter)
{
    for (int i = 0; command->options && command->options[i].name; i++)
        if (command->options[i].letter == letter)
            return i;
    return -1;
}

const char *
qt_args_get(const struct qt_args *args, const char *name)
{
    int row = row_of(args->command, name);
    qt_assert(row >= 0);
    return args->values[row];
}

const char *
qt_args_at(const struct qt_args *args, const char *name, unsigned k)
{
    int row = row_of(args->command, name);
    qt_assert(row >= 0);
    for (unsigned i = 0; i < args->n_repeated; i++)
        if (args->repeated[i].row == row && k-- == 0)
            return args->repeated[i].value;
    return NULL;
}

bool
qt_args_has(const struct qt_args *args, const char *name)
{
    return qt_args_get(args, name) != NULL;
}

bool
qt_args_int(const struct qt_args *args, const char *name, int64_t def, int64_t low, int64_t high,
            int64_t *out, struct qt_error *err)
{
    const char *text = qt_args_get(args, name);
    int64_t v = def;
    if (text && (!qt_int_parse(text, &v) || v < low || v > high))
        return qt_fail(err, QT_E_USAGE, "--%s is '%s': must be a whole number from %ld to %ld",
                       name, text, (long)low, (long)high);
    *out = v;
    return true;
}

bool
qt_args_double(const struct qt_args *args, const char *name, double def, double low, double high,
               double *out, struct qt_error *err)
{
    const char *text = qt_args_get(args, name);
    double v = def;
    if (text && (!qt_double_parse(text, &v) || v < low || v > high))
        return qt_fail(err, QT_E_USAGE, "--%s is '%s': must be a number from %g to %g", name, text,
                       low, high);
    *out = v;
    return true;
}

bool
qt_args_time(const struct qt_args *args, const char *name, int64_t def, int64_t *out,
             struct qt_error *err)
{
    const char *text = qt_args_get(args, name);
    int64_t v = def;
    if (text && !qt_time_parse(text, &v))
        return qt_fail(err, QT_E_USAGE,
                       "--%s is '%s': not a time (2024-04-14, 2024-04-14T12:00 or ms UTC)", name,
                       text);
    *out = v;
    return true;
}

bool
qt_args_duration(const struct qt_args *args, const char *name, int64_t def, int64_t *out,
                 struct qt_error *err)
{
    const char *text = qt_args_get(args, name);
    int64_t v = def;
    if (text && !qt_duration_parse(text, &v))
        return qt_fail(err, QT_E_USAGE, "--%s is '%s': not a duration (60s, 5m, 2h)", name, text);
    *out = v;
    return true;
}

/* One "--name", "--name=value" or "-x" word; may take the next word. Returns words used, 0 on failure. */
static int
parse_option(struct qt_args *args, int argc, char **argv, int i, struct qt_error *err)
{
    const char *word = argv[i];
    char name[48] = "";
    const char *value = NULL;
    int row;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        size_t n = equals ? (size_t)(equals - word - 2) : strlen(word) - 2;
        qt_copy_n(name, sizeof name, word + 2, n);
        value = equals ? equals + 1 : NULL;
        row = row_of(args->command, name);
    } else {
        row = word[2] == '\0' ? row_of_letter(args->command, word[1]) : -1;
    }
    if (row < 0)
        return (int)qt_fail(err, QT_E_USAGE, "unknown option '%s' (see 'qtrade %s --help')", word,
                            args->command->name);
    const struct qt_option *option = &args->command->options[row];
    if (!option->argument) {
        if (value)
            return (int)qt_fail(err, QT_E_USAGE, "--%s takes no argument", option->name);
        args->values[row] = "";
        return 1;
    }
    if (!value && i + 1 >= argc)
        return (int)qt_fail(err, QT_E_USAGE, "--%s needs its %s", option->name, option->argument);
    args->values[row] = value ? value : argv[i + 1];
    if (option->repeats) {
        if (args->n_repeated == QT_REPEATED_MAX)
            return (int)qt_fail(err, QT_E_USAGE, "--%s is given more than %d times", option->name, QT_REPEATED_MAX);
        args->repeated[args->n_repeated].row = row;
        args->repeated[args->n_repeated++].value = args->values[row];
    }
    return value ? 1 : 2;
}

bool
qt__args_parse(struct qt_args *args, int argc, char **argv, struct qt_error *err)
{
    bool only_operands = false;
    for (int i = 0; i < argc;) {
        const char *word = argv[i];
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
            i++;
        } else if (!only_operands && word[0] == '-' && word[1]) {
            int used = parse_option(args, argc, argv, i, err);
            if (used == 0)
                return false;
            i += used;
        } else {
            if (args->n_operands >= args->command->max_operands)
                return qt_fail(err, QT_E_USAGE, "'%s' is one word too many (see 'qtrade %s --help')",
                               word, args->command->name);
            args->operands[args->n_operands++] = word;
            i++;
        }
    }
    if (args->n_operands < args->command->min_operands)
        return qt_fail(err, QT_E_USAGE, "%s is missing (see 'qtrade %s --help')",
                       args->command->operands, args->command->name);
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade: global words, the subcommand, its exit status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qt_config.h"
#include "qtrade/base/error.h"
#include "qtrade/base/memory.h"
#include "qtrade/base/text.h"

#include "args_priv.h"
#include "cli_priv.h"
#include "memory_priv.h"

static const struct qt_command *
find_command(const char *name)
{
    for (int i = 0; qt_commands[i]; i++)
        if (strcmp(qt_commands[i]->name, name) == 0)
            return qt_commands[i];
    return NULL;
}

static bool
is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Reads the words before the subcommand; the index of the subcommand, argc when there is none, -1: failed. */
static int
parse_globals(struct qt_args *args, int argc, char **argv, struct qt_error *err)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-')
            return i;
        if (strcmp(word, "-v") == 0 || strcmp(word, "--verbose") == 0) {
            args->verbose++;
        } else if (strcmp(word, "-vv") == 0) {
            args->verbose += 2;
        } else if (strcmp(word, "--config") == 0 && i + 1 < argc) {
            args->config_path = argv[++i];
        } else if (strncmp(word, "--config=", 9) == 0) {
            args->config_path = word + 9;
        } else if (strcmp(word, "--data-dir") == 0 && i + 1 < argc) {
            args->data_dir = argv[++i];
        } else if (strncmp(word, "--data-dir=", 11) == 0) {
            args->data_dir = word + 11;
        } else {
            qt_fail(err, QT_E_USAGE, "unknown option '%s' (see 'qtrade --help')", word);
            return -1;
        }
    }
    return argc;
}

static bool
run_command(struct qt_args *args, int argc, char **argv, struct qt_error *err)
{
    int at = parse_globals(args, argc, argv, err);
    if (at < 0)
        return false;
    const char *name = at < argc ? argv[at] : "run";
    args->command = find_command(name);
    if (!args->command)
        return qt_fail(err, QT_E_USAGE, "unknown subcommand '%s' (see 'qtrade --help')", name);
    for (int i = at + 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_help(argv[i])) {
            qt_help_command(args->command, stdout);
            return true;
        }
    int first = at < argc ? at + 1 : argc;
    return qt__args_parse(args, argc - first, argv + first, err) && args->command->run(args, err);
}

int
main(int argc, char **argv)
{
    if (argc > 1 && is_help(argv[1])) {
        qt_help_program(stdout);
        return EXIT_SUCCESS;
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("qtrade " QT_VERSION);
        return EXIT_SUCCESS;
    }
    struct qt_args args = {0};
    struct qt_error err = {0};
    qt__memory_begin();
    bool is_done = run_command(&args, argc, argv, &err);
    if (is_done && qt_memory_was_short())
        is_done = qt_fail(&err, QT_E_MEMORY, "no memory: what was printed may not be whole");
    if (is_done && (fflush(stdout) != 0 || ferror(stdout)))
        is_done = qt_fail_errno(&err, QT_E_IO, "writing to standard output");
    if (is_done)
        return EXIT_SUCCESS;
    if (err.code == QT_E_NONE) /* never a success */
        qt_fail(&err, QT_E_FAILED, "it failed, and nothing said why");
    qt_text_clean(err.text); /* a venue's words may be in it (fault T6) */
    fprintf(stderr, "qtrade: %s\n", err.text);
    return qt_code_exit_status(err.code);
}

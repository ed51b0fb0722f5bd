/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --help, from the tables. The manual is held against what is printed here.
 */
#include <string.h>

#include "qt_config.h"

#include "cli_priv.h"

static void
print_option(const struct qt_option *option, FILE *out)
{
    char left[64];
    if (option->letter)
        snprintf(left, sizeof left, "-%c, --%s%s%s", option->letter, option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
    else
        snprintf(left, sizeof left, "    --%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
    fprintf(out, "  %-28s %s\n", left, option->help);
}

void
qt_help_command(const struct qt_command *command, FILE *out)
{
    fprintf(out, "usage: qtrade [--config FILE] [--data-dir DIR] [-v] %s [OPTION ...]%s%s\n",
            command->name, command->operands ? " " : "",
            command->operands ? command->operands : "");
    fprintf(out, "\n%s\n\n", command->summary);
    for (int i = 0; command->options && command->options[i].name; i++)
        print_option(&command->options[i], out);
    static const struct qt_option help = {.name = "help", .letter = 'h', .help = "this text"};
    print_option(&help, out);
    if (command->help)
        command->help(out);
    fprintf(out, "\nMore: man qtrade-%s\n", command->name);
}

void
qt_help_program(FILE *out)
{
    fputs("usage: qtrade [--config FILE] [--data-dir DIR] [-v] [SUBCOMMAND [OPTION ...]]\n\n"
          "qtrade " QT_VERSION ", an autonomous crypto trading workstation. You may stop it, never "
          "steer it.\n\n",
          out);
    for (int i = 0; qt_commands[i]; i++)
        fprintf(out, "  %-12s %s\n", qt_commands[i]->name, qt_commands[i]->summary);
    fputs("\nglobal options:\n", out);
    static const struct qt_option global[] = {
        {.name = "config", .argument = "FILE", .help = "the config, instead of the usual places"},
        {.name = "data-dir", .argument = "DIR", .help = "the state folder"},
        {.name = "verbose", .letter = 'v', .help = "log more; twice: everything"},
        {.name = "version", .help = "print the version"},
        {.name = "help", .letter = 'h', .help = "this text"}};
    for (size_t i = 0; i < QT_COUNT_OF(global); i++)
        print_option(&global[i], out);
    fputs("\n'qtrade SUBCOMMAND --help' and 'man qtrade-SUBCOMMAND' tell more.\n", out);
}

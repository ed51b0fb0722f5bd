/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of cli share: the descriptor of a subcommand, its parsed words, and the global ones.
 *
 * How to add a subcommand: src/cli/cmd_NAME.c ending in "const struct qt_command qt_cmd_NAME", a line in
 * commands.c, a page man/qtrade-NAME.1. tests/cli/test_help and the manual check judge it.
 */
#ifndef QTRADE_CLI_PRIV_H
#define QTRADE_CLI_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "qtrade/base/error.h"

/** One option of a subcommand: long name, short letter or 0, the argument's name (NULL: a switch), one line. */
struct qt_option {
    const char *name;
    char letter;
    const char *argument;
    const char *help;
    bool repeats; /* may be given more than once: qt_args_at */
};

enum qt_command_flag {
    QT_NEEDS_ENGINE = 1, /* talks to a running engine */
    QT_DESTRUCTIVE = 2   /* asks first, or takes --yes */
};

#define QT_ARGS_MAX 32
#define QT_POSITIONALS_MAX 16
#define QT_REPEATED_MAX 32

struct qt_args;

/** A subcommand. run gets parsed words; false: err says why and its code becomes the exit status. */
struct qt_command {
    const char *name, *summary;
    const char *operands; /* "FILE.csv[.gz]", NULL: none */
    unsigned min_operands, max_operands;
    const struct qt_option *options; /* {0} ends; NULL: none but --help */
    unsigned flags;
    bool (*run)(const struct qt_args *args, struct qt_error *err);
    void (*help)(FILE *out); /* what --help says below the options; NULL: nothing */
};

/** The words of one call, checked against the command's table. */
struct qt_args {
    const struct qt_command *command;
    const char *config_path;      /* --config; NULL: searched for */
    const char *data_dir;         /* --data-dir; NULL: the state folder */
    int verbose;                  /* -v, counted */
    const char *values[QT_ARGS_MAX]; /* per row of options: its argument, "" for a switch, NULL: not given */
    struct {
        int row;
        const char *value;
    } repeated[QT_REPEATED_MAX]; /* every argument of options that repeat, as given */
    unsigned n_repeated;
    const char *operands[QT_POSITIONALS_MAX];
    unsigned n_operands;
};

extern const struct qt_command *const qt_commands[]; /* sorted by name, NULL ends */

/** The argument of an option ("" for a switch that was given), NULL when it was not. Unknown name: a bug. */
const char *qt_args_get(const struct qt_args *args, const char *name);
/** The argument that an option which repeats was given as the k-th time, from 0; NULL: not so often. */
const char *qt_args_at(const struct qt_args *args, const char *name, unsigned k);
bool qt_args_has(const struct qt_args *args, const char *name);
/** Numeric argument within low..high; def when not given. False with QT_E_USAGE. */
QT_CHECKED bool qt_args_int(const struct qt_args *args, const char *name, int64_t def, int64_t low,
                            int64_t high, int64_t *out, struct qt_error *err);
QT_CHECKED bool qt_args_double(const struct qt_args *args, const char *name, double def, double low,
                               double high, double *out, struct qt_error *err);
/** Time argument (qt_time_parse) in ns; def when not given. */
QT_CHECKED bool qt_args_time(const struct qt_args *args, const char *name, int64_t def, int64_t *out,
                             struct qt_error *err);
/** Duration argument ("60s", "5m") in ns; def when not given. */
QT_CHECKED bool qt_args_duration(const struct qt_args *args, const char *name, int64_t def,
                                 int64_t *out, struct qt_error *err);

/** Writes the help of one command / of the program, from the tables, to out. */
void qt_help_command(const struct qt_command *command, FILE *out);
void qt_help_program(FILE *out);

#endif

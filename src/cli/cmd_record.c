/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade record: the configured venue's market, traded on paper, with everything that came in
 * written to a journal. Its state is thrown away; only the journal stays. It needs no account and
 * runs beside a trading engine.
 */
#include <stdlib.h>
#include <unistd.h>

#include "qtrade/base/time.h"

#include "commands_priv.h"
#include "session_priv.h"

struct record {
    struct qt_settings settings;
    struct qt_binance_options venue;
    struct qt_clock clock;
    struct qt__session session;
    char folder[QT_STATE_DIR];
    int64_t for_ns;
};

static bool
open_record(struct record *record, const struct qt_args *args, struct qt_error *err)
{
    qt_money capital;
    if (!qt_money_parse("100000", QT_MONEY_SCALE, &capital) ||
        !qt_settings_load(args, &record->settings, err) ||
        !qt_args_duration(args, "for", 0, &record->for_ns, err) ||
        !qt_state_dir_throw_away(record->folder, err))
        return false;
    record->venue = qt_binance_options_of(&record->settings.venue);
    qt_clock_init_wall(&record->clock);
    record->venue.clock = &record->clock;
    const struct qt__session_plan plan = {.settings = &record->settings,
                                          .run_kind = "record",
                                          .folder = record->folder,
                                          .is_throw_away = true,
                                          .clock = &record->clock,
                                          .venue = &record->venue,
                                          .is_paper = true,
                                          .paper_capital = capital,
                                          .journal = args->operands[0],
                                          .shows_progress = isatty(STDERR_FILENO),
                                          .verbose = args->verbose};
    return qt__session_open(&record->session, &plan, err);
}

static bool
record_run(const struct qt_args *args, struct qt_error *err)
{
    struct record *record = calloc(1, sizeof *record);
    if (!record)
        return qt_fail(err, QT_E_MEMORY, "no memory for the session");
    bool is_good = open_record(record, args, err);
    if (is_good) {
        qt__session_wait(&record->session, record->for_ns);
        double seconds = qt__session_seconds(&record->session);
        is_good = qt__session_stop(&record->session, err) &&
                  qt__session_summary(&record->session, seconds, NULL, NULL, err);
    }
    bool is_closed = qt__session_close(&record->session);
    if (record->folder[0])
        qt_state_dir_remove(record->folder);
    if (is_closed)
        free(record);
    return is_good;
}

const struct qt_command qt_cmd_record = {
    .name = "record",
    .summary = "write a journal of the configured venue's market, traded on paper",
    .operands = "JOURNAL",
    .min_operands = 1,
    .max_operands = 1,
    .options =
        (const struct qt_option[]){
            {"for", 0, "TIME", "end after so long (60s, 10m); default: at SIGINT"}, {0}},
    .run = record_run,
};

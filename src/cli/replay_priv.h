/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One replay: the engine over a journal, its decisions beside the recorded ones.
 */
#ifndef QTRADE_CLI_REPLAY_PRIV_H
#define QTRADE_CLI_REPLAY_PRIV_H

#include "qtrade/engine/engine.h"
#include "qtrade/store/journal.h"
#include "qtrade/store/market_state.h"

#include "settings_priv.h"

struct qt__replay_plan {
    struct qt_journal_reader *reader;
    const char *folder; /* of the journal, and its key: for the market state it begins with */
    const struct qt_journal_key *key;
    int64_t workers;    /* 0: as recorded in the config */
    double speed;       /* event time to real time; 0: as fast as it goes */
    uint64_t until_seq; /* stop after this event; 0: all */
    bool shows_progress;
};

struct qt__replay_difference {
    bool is_found;
    uint64_t seq;
    char recorded[QT_JOURNAL_JSON_MAX], replayed[QT_JOURNAL_JSON_MAX]; /* JSON; "null": none */
};

struct qt__replay_result {
    uint64_t events, decisions, last_seq, decision_hash;
    int64_t last_ns; /* engine time at the end */
    enum qt_journal_ending ending;
    bool is_whole; /* read to its end, not stopped at until_seq or by the user */
    double seconds;
    unsigned workers;
    struct qt__replay_difference first;
    struct qt_engine *engine; /* as it stands at the end; qt__replay_finish destroys it */
    struct qt_settings settings;
};

/** The config that a session ran on. False: QT_E_CONFIG, it is none of this version. */
QT_CHECKED bool qt__replay_settings(const struct qt_journal_head *head, struct qt_settings *out,
                                    struct qt_error *err);
/** The market state that a session began with; *out stays where it began with none. False: err. */
QT_CHECKED bool qt__replay_market(const struct qt_journal_head *head, const char *folder,
                                  const struct qt_journal_key *key,
                                  const struct qt_settings *settings, struct qt_kept_market **out,
                                  struct qt_error *err);
/** Runs it. False: the journal could not be read (err); what was found so far is in out. */
QT_CHECKED bool qt__replay(const struct qt__replay_plan *plan, struct qt__replay_result *out,
                           struct qt_error *err);
void qt__replay_finish(struct qt__replay_result *result);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade replay: a journal through the engine again. With --verify every decision must be the
 * recorded one, bit for bit; the first that is not is named with both sides.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qt_config.h"
#include "qtrade/api/document.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "commands_priv.h"
#include "journaling_priv.h"
#include "print_priv.h"
#include "replay_priv.h"

enum { SESSIONS = 1024 };

static bool
list(const char *folder, struct qt_error *err)
{
    struct qt_journal_listing *rows = calloc(SESSIONS, sizeof *rows);
    int n = rows ? qt_journal_list(folder, rows, SESSIONS, err) : -1;
    if (!rows)
        qt_fail(err, QT_E_MEMORY, "no memory for the list");
    if (n == 0)
        qt_fail(err, QT_E_DATA, "%s: holds no journal", folder);
    for (int i = 0; i < QT_MIN(n, SESSIONS); i++)
        printf("%s  %4" PRIu32 " segments  %12" PRIu64 " bytes\n", rows[i].session,
               rows[i].segments, rows[i].bytes);
    free(rows);
    return n > 0;
}

static bool
dump(struct qt_journal_reader *reader, uint64_t until_seq, struct qt_error *err)
{
    char line[QT_JOURNAL_JSON_MAX];
    const struct qt_universe *universe = qt_journal_reader_head(reader)->universe;
    const struct qt_event *event = NULL;
    const struct qt_decision *decision = NULL;
    for (bool is_over = false; !is_over;) {
        switch (qt_journal_next(reader, &event, &decision, err)) {
        case QT_JOURNAL_EVENT:
            is_over = until_seq > 0 && event->seq > until_seq;
            qt_journal_event_json(event, universe, line);
            break;
        case QT_JOURNAL_DECISION:
            qt_journal_decision_json(decision, universe, line);
            break;
        case QT_JOURNAL_END:
            return fflush(stdout) == 0 || qt_fail_errno(err, QT_E_IO, "writing the dump");
        case QT_JOURNAL_FAILED:
            return false;
        }
        if (!is_over && puts(line) == EOF)
            return qt_fail_errno(err, QT_E_IO, "writing the dump");
    }
    return true;
}

/* Telling */

static json_t *
difference_json(const struct qt__replay_difference *first)
{
    if (!first->is_found)
        return json_null();
    return json_pack("{s:I, s:o, s:o}", "seq", (json_int_t)first->seq, "recorded",
                     json_loads(first->recorded, JSON_DECODE_ANY, NULL), "replayed",
                     json_loads(first->replayed, JSON_DECODE_ANY, NULL));
}

static bool
tell_json(const struct qt_journal_head *head, const struct qt__replay_result *result,
          struct qt_error *err)
{
    const struct qt_snapshot *snapshot = qt_engine_snapshot(result->engine);
    char hash[24];
    snprintf(hash, sizeof hash, "%016" PRIx64, result->decision_hash);
    json_t *state = snapshot ? qt_document_summary(snapshot, result->seconds) : json_null();
    json_t *document = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:f, s:o, s:o}", "session", head->session,
        "version", head->version, "run_kind", head->run_kind, "ending",
        result->is_whole ? qt_journal_ending_name(result->ending) : "not read to its end", "events",
        (json_int_t)result->events, "decisions", (json_int_t)result->decisions, "last_seq",
        (json_int_t)result->last_seq, "decision_hash", hash, "time_ms",
        (json_int_t)(result->events ? result->last_ns / QT_NS_PER_MS : 0), "seconds",
        result->seconds, "first_difference", difference_json(&result->first), "state", state);
    if (snapshot)
        qt_engine_snapshot_unref(result->engine, snapshot);
    return qt__print_json(document, "the result", err);
}

static void
tell_state(const struct qt__replay_result *result)
{
    const struct qt_snapshot *snapshot = qt_engine_snapshot(result->engine);
    char time[QT_TIME_TEXT], equity[QT_DECIMAL_TEXT];
    if (!snapshot)
        return;
    printf("at event %" PRIu64 ", %s: %s, equity %s %s, %u positions, %" PRIu64 " orders, %" PRIu64
           " fills\n",
           result->last_seq, result->events ? qt_time_format(result->last_ns, time) : "-",
           qt_mode_name((enum qt_mode)snapshot->mode),
           snapshot->has_equity ? qt_money_format(snapshot->equity, QT_MONEY_SCALE, 2, equity)
                                : "unknown",
           snapshot->quote_asset, snapshot->positions, snapshot->counts.orders,
           snapshot->counts.fills);
    qt_engine_snapshot_unref(result->engine, snapshot);
}

static void
tell_text(const struct qt_journal_head *head, const struct qt__replay_result *result)
{
    printf("session %s (%s, qtrade %s, %" PRIu32 " symbols)\n", head->session, head->run_kind,
           head->version, qt_universe_count(head->universe));
    printf("%" PRIu64 " events and %" PRIu64 " decisions in %.2f s (%.2f million events/s)\n",
           result->events, result->decisions, result->seconds,
           result->seconds > 0 ? (double)result->events / result->seconds / 1e6 : 0);
    tell_state(result);
    printf("decision hash %016" PRIx64 "\n", result->decision_hash);
    if (result->is_whole)
        printf("the journal is %s\n", qt_journal_ending_name(result->ending));
    if (result->first.is_found)
        printf("first difference at event %" PRIu64 "\n  recorded %s\n  replayed %s\n",
               result->first.seq, result->first.recorded, result->first.replayed);
    else
        printf("every decision is the recorded one\n");
}

/* What --verify promises. */
static bool
verify(const struct qt_journal_head *head, const struct qt__replay_result *result,
       struct qt_error *err)
{
    const char *hint = strcmp(head->version, QT_VERSION) == 0
                           ? ""
                           : " (it was written by another version of this program)";
    if (result->first.is_found)
        return qt_fail(err, QT_E_VERIFY, "event %" PRIu64 ": the replay decided otherwise%s",
                       result->first.seq, hint);
    if (result->is_whole && result->ending == QT_JOURNAL_CUT)
        return qt_fail(err, QT_E_VERIFY,
                       "the journal has no end after event %" PRIu64
                       ": killed and not recovered yet, or cut",
                       result->last_seq);
    if (result->is_whole && result->ending == QT_JOURNAL_LOST)
        return qt_fail(err, QT_E_VERIFY,
                       "the journal did not keep up: what came after event %" PRIu64 " is lost",
                       result->last_seq);
    return true;
}

static bool
replay(struct qt_journal_reader *reader, const struct qt_args *args,
       const struct qt_journal_key *key, uint64_t until_seq, struct qt_error *err)
{
    struct qt__replay_plan plan = {.reader = reader,
                                   .folder = args->operands[0],
                                   .key = key,
                                   .until_seq = until_seq,
                                   .shows_progress = isatty(STDERR_FILENO)};
    const char *speed = qt_args_get(args, "speed");
    bool is_max = !speed || strcmp(speed, "max") == 0;
    if (!qt_args_int(args, "workers", 0, 1, 64, &plan.workers, err) ||
        (!is_max && !qt_args_double(args, "speed", 0, 0.01, 1e9, &plan.speed, err)))
        return false;
    struct qt__replay_result *result = calloc(1, sizeof *result);
    if (!result)
        return qt_fail(err, QT_E_MEMORY, "no memory for the replay");
    const struct qt_journal_head *head = qt_journal_reader_head(reader);
    bool is_good = qt__replay(&plan, result, err);
    if (is_good && qt_args_has(args, "json"))
        is_good = tell_json(head, result, err);
    else if (is_good)
        tell_text(head, result);
    if (is_good && qt_args_has(args, "verify"))
        is_good = verify(head, result, err);
    qt__replay_finish(result);
    free(result);
    return is_good;
}

static bool
replay_run(const struct qt_args *args, struct qt_error *err)
{
    const char *folder = args->operands[0];
    struct qt_journal_key key;
    int64_t until = 0;
    if (qt_args_has(args, "list"))
        return list(folder, err);
    if (!qt_args_int(args, "until", 0, 1, INT64_MAX, &until, err) ||
        !qt__journaling_key(folder, qt_args_get(args, "key-file"), args, &key, err))
        return false;
    struct qt_journal_reader *reader =
        qt_journal_open(folder, qt_args_get(args, "session"), &key, err);
    bool is_good = reader != NULL;
    if (is_good)
        is_good = qt_args_has(args, "dump") ? dump(reader, (uint64_t)until, err)
                                            : replay(reader, args, &key, (uint64_t)until, err);
    qt_journal_key_wipe(&key);
    qt_journal_reader_close(reader);
    return is_good;
}

const struct qt_command qt_cmd_replay = {
    .name = "replay",
    .summary = "run a journal through the engine again, and verify its decisions",
    .operands = "JOURNAL",
    .min_operands = 1,
    .max_operands = 1,
    .options =
        (const struct qt_option[]){
            {"verify", 0, NULL, "fail (exit 6) at the first decision that is not the recorded one"},
            {"workers", 0, "N", "threads that own symbols, 1 to 64; default as configured then"},
            {"speed", 0, "X", "event time to real time; default max"},
            {"until", 0, "SEQ", "stop after this event, and say how things stood"},
            {"session", 0, "ID", "of several in the folder; default the last"},
            {"list", 0, NULL, "list the sessions of the folder"},
            {"dump", 0, NULL, "print events and decisions as JSON lines instead"},
            {"key-file", 0, "FILE", "the journal's key; default JOURNAL/journal.key, else the store's beside it"},
            {"json", 0, NULL, "one JSON document"},
            {0}},
    .run = replay_run,
};

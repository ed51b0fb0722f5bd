/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade audit: what was done, the proof that nobody changed it, and a copy that others can prove.
 */
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/audit.h"

#include "commands_priv.h"
#include "state_dir_priv.h"
#include "unlock_priv.h"

enum { LINE = 1600 };

struct context {
    struct qt_settings settings;
    const struct qt_args *args;
    char folder[QT_STATE_DIR];
    struct qt_store_key *key;
    uint64_t shown;
};

static bool
finish(struct qt_error *err)
{
    return (fflush(stdout) == 0 && !ferror(stdout)) ||
           qt_fail_errno(err, QT_E_IO, "writing the result");
}

static bool
read_filter(const struct qt_args *args, struct qt_audit_filter *out, struct qt_error *err)
{
    *out = (struct qt_audit_filter){.action = qt_args_get(args, "action")};
    return qt_args_time(args, "from", 0, &out->from_ns, err) &&
           qt_args_time(args, "to", 0, &out->to_ns, err) &&
           qt_args_int(args, "last", 0, 1, INT64_MAX, &out->last, err);
}

/* show */

static bool
print_line(void *self, const struct qt_audit_row *row)
{
    struct context *context = self;
    char when[QT_TIME_TEXT];
    context->shown++;
    printf("%7" PRId64 "  %s  %-10s %-16s %s\n", row->id, qt_time_format_short(row->t_ns, when),
           row->actor, row->action, row->detail);
    return !ferror(stdout);
}

static void
hash_of(const struct qt_audit_row *row, char out[65])
{
    out[0] = '\0';
    if (row->hash)
        sodium_bin2hex(out, 65, row->hash, 32);
}

/* The members of an entry; time by its key, ms for documents, ns where the hash is made anew. */
static void
write_members(const struct qt_audit_row *row, const char *time, int64_t t, struct qt_text *out)
{
    char hash[65];
    hash_of(row, hash);
    qt_text_addf(out, "\"id\": %" PRId64 ", \"%s\": %" PRId64 ", \"seq\": %" PRId64 ", \"actor\": ",
                 row->id, time, t, row->seq);
    qt_text_add_json_string(out, row->actor);
    qt_text_add(out, ", \"action\": ");
    qt_text_add_json_string(out, row->action);
    qt_text_add(out, ", \"detail\": ");
    qt_text_add_json_string(out, row->detail);
    qt_text_addf(out, ", \"hash\": \"%s\"", hash);
}

static bool
print_json(void *self, const struct qt_audit_row *row)
{
    struct context *context = self;
    char line[LINE];
    struct qt_text text;
    qt_text_init(&text, line, sizeof line);
    write_members(row, "time_ms", row->t_ns / QT_NS_PER_MS, &text);
    printf("%s\n    {%s}", context->shown++ ? "," : "", line);
    return !ferror(stdout);
}

static void
print_csv_text(const char *s)
{
    putchar('"');
    for (; *s; s++) {
        if (*s == '"')
            putchar('"');
        putchar(*s);
    }
    putchar('"');
}

static bool
print_csv(void *self, const struct qt_audit_row *row)
{
    struct context *context = self;
    char hash[65];
    hash_of(row, hash);
    context->shown++;
    printf("%" PRId64 ",%" PRId64 ",%" PRId64 ",", row->id, row->t_ns / QT_NS_PER_MS, row->seq);
    print_csv_text(row->actor);
    putchar(',');
    print_csv_text(row->action);
    putchar(',');
    print_csv_text(row->detail);
    printf(",%s\n", hash);
    return !ferror(stdout);
}

static bool
show(struct context *context, struct qt_error *err)
{
    struct qt_audit_filter filter;
    bool is_json = qt_args_has(context->args, "json"), is_csv = qt_args_has(context->args, "csv");
    if (!read_filter(context->args, &filter, err))
        return false;
    if (is_json && is_csv)
        return qt_fail(err, QT_E_USAGE, "--json and --csv: one of them");
    if (is_json)
        printf("{\"entries\": [");
    else if (is_csv)
        puts("id,time_ms,seq,actor,action,detail,hash");
    bool is_read = qt_audit_walk(context->folder, context->key, &filter,
                                 is_json  ? print_json
                                 : is_csv ? print_csv
                                          : print_line,
                                 context, err);
    if (is_json)
        printf("%s]}\n", context->shown ? "\n  " : "");
    return is_read && finish(err);
}

/* verify */

static void
print_page(const struct qt_audit_report *report)
{
    for (unsigned i = 0; i < report->findings; i++)
        puts(report->finding[i]);
    printf("%s%" PRId64 " entries and %" PRId64 " heads looked at",
           report->findings ? "" : "good: ", report->entries, report->heads);
    if (report->restored || report->accepted)
        printf("; known breaks: %" PRId64 " restored, %" PRId64 " accepted", report->restored,
               report->accepted);
    printf("\npublic key %s\n", report->public_key);
    if (report->head[0])
        printf("newest head %s\n", report->head);
}

static void
print_report(const struct qt_audit_report *report, bool is_json)
{
    if (!is_json) {
        print_page(report);
        return;
    }
    json_t *findings = json_array();
    for (unsigned i = 0; i < report->findings; i++)
        json_array_append_new(findings, json_string(report->finding[i]));
    json_t *document = json_pack(
        "{s:b, s:I, s:I, s:I, s:I, s:o?, s:o, s:s?, s:s}", "sound", report->findings == 0,
        "entries", (json_int_t)report->entries, "heads", (json_int_t)report->heads, "restored",
        (json_int_t)report->restored, "accepted", (json_int_t)report->accepted, "first_bad_id",
        report->first_id ? json_integer(report->first_id) : NULL, "findings", findings, "head",
        report->head[0] ? report->head : NULL, "public_key", report->public_key);
    (void)json_dumpf(document, stdout, JSON_INDENT(2)); /* finish() looks whether it was written */
    putchar('\n');
    json_decref(document);
}

static bool
verify(struct context *context, struct qt_error *err)
{
    struct qt_audit_report report;
    if (!qt_audit_verify(context->folder, context->key, qt_args_get(context->args, "heads"),
                         &report, err))
        return false;
    print_report(&report, qt_args_has(context->args, "json"));
    if (!finish(err))
        return false;
    return report.findings == 0 || qt_fail(err, QT_E_VERIFY, "%s: the audit is not whole: %s",
                                           context->folder, report.finding[0]);
}

/* export */

static bool
export_line(void *self, const struct qt_audit_row *row)
{
    char line[LINE];
    struct qt_text text;
    (void)self;
    qt_text_init(&text, line, sizeof line);
    write_members(row, "t_ns", row->t_ns, &text);
    printf("{%s}\n", line);
    return !ferror(stdout);
}

static bool
export_head(void *self, const char *line)
{
    (void)self;
    printf("{\"head\": \"%s\"}\n", line);
    return !ferror(stdout);
}

/* Heads first: what they know is then in the entries, also while an engine writes. */
static bool export(struct context *context, struct qt_error *err)
{
    const struct qt_audit_filter all = {.last = 0};
    char key[65];
    qt_audit_public_key(context->key, key);
    printf("{\"qtrade_audit\": 1, \"public_key\": \"%s\"}\n", key);
    return qt_audit_heads(context->folder, export_head, context, err) &&
           qt_audit_walk(context->folder, context->key, &all, export_line, context, err) &&
           finish(err);
}

/* accept */

static bool
accept(struct context *context, struct qt_error *err)
{
    const char *reason = qt_args_get(context->args, "reason");
    char finding[QT_AUDIT_FINDING];
    if (!reason || !*reason)
        return qt_fail(err, QT_E_USAGE, "--reason is missing (it goes to the audit)");
    struct qt_store *store = qt_store_open(context->folder, context->key, err);
    if (!store)
        return false;
    qt_copy(finding, sizeof finding, qt_audit_finding(store));
    bool is_accepted = qt_audit_accept(store, reason, err);
    qt_store_close(store);
    if (is_accepted)
        printf("accepted, and in the audit for ever: %s\n", finding);
    return is_accepted && finish(err);
}

/* How to add a job: a row, and its item in man/qtrade-audit.1. */
static const struct job {
    const char *name;
    bool (*run)(struct context *context, struct qt_error *err);
    const char *options; /* that it takes */
} jobs[] = {
    {"show", show, "from to action last json csv"},
    {"verify", verify, "heads json"},
    {"export", export, ""},
    {"accept", accept, "reason"},
};

static const struct job *
find_job(const struct qt_args *args, struct qt_error *err)
{
    static const char *const options[] = {"from",  "to",     "action", "last",
                                          "heads", "reason", "json",   "csv"};
    const struct job *job = jobs;
    while (job < jobs + QT_COUNT_OF(jobs) && strcmp(job->name, args->operands[0]) != 0)
        job++;
    if (job == jobs + QT_COUNT_OF(jobs)) {
        qt_fail(err, QT_E_USAGE, "'%s' is no job of audit: show, verify, export or accept",
                args->operands[0]);
        return NULL;
    }
    for (size_t i = 0; i < QT_COUNT_OF(options); i++)
        if (qt_args_has(args, options[i]) && !strstr(job->options, options[i])) {
            qt_fail(err, QT_E_USAGE, "--%s is not for audit %s", options[i], job->name);
            return NULL;
        }
    return job;
}

static bool
audit_run(const struct qt_args *args, struct qt_error *err)
{
    const struct job *job = find_job(args, err);
    if (!job)
        return false;
    struct context *context = calloc(1, sizeof *context);
    if (!context)
        return qt_fail(err, QT_E_MEMORY, "no memory for the audit");
    context->args = args;
    bool is_good = qt_settings_load(args, &context->settings, err) &&
                   qt_state_dir(args, context->folder, err) &&
                   (context->key = qt__unlock(&context->settings, context->folder, err)) != NULL &&
                   job->run(context, err);
    qt_store_key_close(context->key);
    free(context);
    return is_good;
}

const struct qt_command qt_cmd_audit = {
    .name = "audit",
    .summary = "what was done, and the proof that nobody changed it",
    .operands = "show|verify|export|accept",
    .min_operands = 1,
    .max_operands = 1,
    .options =
        (const struct qt_option[]){
            {"from", 0, "TIME", "show: entries from then on"},
            {"to", 0, "TIME", "show: entries before then"},
            {"action", 0, "NAME", "show: entries of that action"},
            {"last", 0, "N", "show: the newest N of them"},
            {"heads", 0, "FILE", "verify: compare with heads that were kept elsewhere, too"},
            {"reason", 'r', "TEXT", "accept: why; goes to the audit"},
            {"json", 0, NULL, "show, verify: one JSON document"},
            {"csv", 0, NULL, "show: comma-separated, with a header"},
            {0}},
    .run = audit_run,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade reconcile: what differed from the venue, line by line, and what was done about it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/differences.h"

#include "commands_priv.h"
#include "state_dir_priv.h"
#include "unlock_priv.h"

enum { LAST = 50, LINE = 1200 };

struct context {
    struct qt_settings settings;
    char folder[QT_STATE_DIR];
    struct qt_store_key *key;
    uint64_t shown;
};

/* "order 4f3a-00, venue 812, trade 9" */
static void
say_evidence(const struct qt_difference_row *row, struct qt_text *out)
{
    const struct {
        const char *name;
        uint64_t id;
    } ids[] = {{"order", row->client_id}, {"venue", row->venue_id}, {"trade", row->trade_id}};
    for (size_t i = 0; i < QT_COUNT_OF(ids); i++)
        if (ids[i].id)
            qt_text_addf(out, "%s%s %" PRIu64, out->length ? ", " : "", ids[i].name, ids[i].id);
}

static bool
print_line(void *self, const struct qt_difference_row *row)
{
    struct context *context = self;
    char when[QT_TIME_TEXT], evidence[100];
    struct qt_text text;
    qt_text_init(&text, evidence, sizeof evidence);
    say_evidence(row, &text);
    context->shown++;
    printf("%s  %-12s %-13s ours %s, the venue's %s: %s (%s)%s%s\n",
           qt_time_format_short(row->t_ns, when), row->symbol[0] ? row->symbol : row->asset,
           row->what, row->ours, row->venue, row->rule, row->why, evidence[0] ? "; " : "",
           evidence);
    return !ferror(stdout);
}

static void
add_text(struct qt_text *out, const char *name, const char *value)
{
    qt_text_addf(out, ", \"%s\": ", name);
    if (value[0])
        qt_text_add_json_string(out, value);
    else
        qt_text_add(out, "null");
}

/* Ids are text: they have more digits than a double. */
static void
add_id(struct qt_text *out, const char *name, uint64_t id)
{
    char text[24] = "";
    if (id)
        snprintf(text, sizeof text, "%" PRIu64, id);
    add_text(out, name, text);
}

static bool
print_json(void *self, const struct qt_difference_row *row)
{
    struct context *context = self;
    char line[LINE];
    struct qt_text text;
    qt_text_init(&text, line, sizeof line);
    qt_text_addf(&text,
                 "\"id\": %" PRId64 ", \"time_ms\": %" PRId64 ", \"seq\": %" PRId64
                 ", \"read\": %" PRId64,
                 row->id, row->t_ns / QT_NS_PER_MS, row->seq, row->read);
    add_text(&text, "symbol", row->symbol);
    add_text(&text, "asset", row->asset);
    add_text(&text, "what", row->what);
    add_text(&text, "ours", row->ours);
    add_text(&text, "venue", row->venue);
    add_text(&text, "rule", row->rule);
    add_text(&text, "why", row->why);
    add_id(&text, "client_id", row->client_id);
    add_id(&text, "venue_id", row->venue_id);
    add_id(&text, "trade_id", row->trade_id);
    printf("%s\n    {%s}", context->shown++ ? "," : "", line);
    return !ferror(stdout);
}

static bool
print_all(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    struct qt_difference_filter filter = {.symbol = qt_args_get(args, "symbol")};
    bool is_json = qt_args_has(args, "json");
    if (!qt_args_time(args, "from", 0, &filter.from_ns, err) ||
        !qt_args_time(args, "to", 0, &filter.to_ns, err) ||
        !qt_args_int(args, "last", LAST, 1, INT64_MAX, &filter.last, err))
        return false;
    if (is_json)
        printf("{\"differences\": [");
    bool is_read = qt_differences_walk(context->folder, context->key, &filter,
                                       is_json ? print_json : print_line, context, err);
    if (is_json)
        printf("%s]}\n", context->shown ? "\n  " : "");
    else if (is_read && context->shown == 0)
        puts("nothing differed from the venue");
    return is_read && ((fflush(stdout) == 0 && !ferror(stdout)) ||
                       qt_fail_errno(err, QT_E_IO, "writing the result"));
}

static bool
reconcile_run(const struct qt_args *args, struct qt_error *err)
{
    struct context *context = calloc(1, sizeof *context);
    if (!context)
        return qt_fail(err, QT_E_MEMORY, "no memory for the differences");
    bool is_good = qt_settings_load(args, &context->settings, err) &&
                   qt_state_dir(args, context->folder, err) &&
                   (context->key = qt__unlock(&context->settings, context->folder, err)) != NULL &&
                   print_all(context, args, err);
    qt_store_key_close(context->key);
    free(context);
    return is_good;
}

const struct qt_command qt_cmd_reconcile = {
    .name = "reconcile",
    .summary = "what differed from the venue, line by line, and what was done about it",
    .options = (const struct qt_option[]){{"last", 0, "N", "the newest N lines; default 50"},
                                          {"from", 0, "TIME", "lines from then on"},
                                          {"to", 0, "TIME", "lines before then"},
                                          {"symbol", 0, "NAME", "of that symbol or asset"},
                                          {"json", 0, NULL, "one JSON document"},
                                          {0}},
    .run = reconcile_run,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade keys: the credentials of venues in the vault. They come from the terminal, where they are
 * not shown, or from a descriptor; they are shown nowhere.
 */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/clock.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "audit_tell_priv.h"
#include "asking_priv.h"
#include "commands_priv.h"
#include "credentials_priv.h"
#include "print_priv.h"
#include "state_dir_priv.h"
#include "unlock_priv.h"

enum { FD_MAX = 1 << 20 };

struct context {
    struct qt_settings settings;
    char folder[QT_STATE_DIR];
    struct qt_store_key *key;
    struct qt_vault *vault;
    const char *name; /* NULL: the job has none */
    int64_t now_ns;
};

/* A key and its secret on their way into the vault, in locked memory. */
struct pair {
    struct qt__secret given;
    char key[QT_PASSPHRASE_MAX + 1], secret[QT_PASSPHRASE_MAX + 1];
};

static void
take_line(const unsigned char **from, size_t *n, char out[QT_PASSPHRASE_MAX + 1])
{
    const unsigned char *end = memchr(*from, '\n', *n);
    size_t length = end ? (size_t)(end - *from) : *n, used = length + (end != NULL);
    if (length > 0 && (*from)[length - 1] == '\r')
        length--;
    memcpy(out, *from, length);
    out[memchr(*from, '\0', length) ? 0 : length] = '\0'; /* a NUL: no text, so nothing */
    *from += used;
    *n -= used;
}

/* Two lines: key, secret. */
static bool
pair_from_descriptor(const struct qt_args *args, struct pair *out, struct qt_error *err)
{
    int64_t fd;
    if (!qt_args_int(args, "fd", 0, 0, FD_MAX, &fd, err) ||
        !qt__read_secret((int)fd, &out->given, err))
        return false;
    const unsigned char *from = out->given.bytes;
    size_t n = out->given.n;
    take_line(&from, &n, out->key);
    take_line(&from, &n, out->secret);
    return n == 0 ||
           qt_fail(err, QT_E_USAGE, "--fd %lld gives more than two lines: key, then secret",
                   (long long)fd);
}

static bool
line_from_terminal(const char *prompt, const char *what, struct qt__secret *given,
                   char out[QT_PASSPHRASE_MAX + 1], struct qt_error *err)
{
    if (!qt__ask(prompt, what, QT_E_USAGE, given, err))
        return false;
    const unsigned char *from = given->bytes;
    take_line(&from, &given->n, out);
    return true;
}

static bool
pair_from_terminal(struct pair *out, struct qt_error *err)
{
    return line_from_terminal("API key (not shown): ", "the API key", &out->given, out->key, err) &&
           line_from_terminal("secret (not shown): ", "the secret", &out->given, out->secret, err);
}

/* NULL: err. sodium_free wipes it. */
static struct pair *
get_pair(const struct qt_args *args, struct qt_error *err)
{
    struct pair *pair = sodium_malloc(sizeof *pair);
    if (!pair) {
        qt_fail(err, QT_E_MEMORY, "no locked memory for the credentials");
        return NULL;
    }
    memset(pair, 0, sizeof *pair);
    if (qt_args_has(args, "fd") ? pair_from_descriptor(args, pair, err)
                                : pair_from_terminal(pair, err))
        return pair;
    sodium_free(pair);
    return NULL;
}

static bool
find(const struct context *context, unsigned *out, struct qt_error *err)
{
    int at = qt_vault_find(context->vault, context->name);
    *out = (unsigned)at;
    return at >= 0 || qt_fail(err, QT_E_USAGE, "%s is not in the vault ('keys list' shows what is)",
                              context->name);
}

static bool
add(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    if (qt_vault_find(context->vault, context->name) >= 0)
        return qt_fail(err, QT_E_USAGE, "%s is in the vault already ('keys rotate' changes it)",
                       context->name);
    struct pair *pair = get_pair(args, err);
    bool is_good = pair &&
                   qt_vault_add(context->vault, context->name, context->settings.venue.name,
                                pair->key, pair->secret, context->now_ns, err) &&
                   qt_vault_save(context->vault, context->key, err);
    sodium_free(pair);
    if (is_good)
        printf("%s: added; the venue is asked what it may do when it is first used\n",
               context->name);
    return is_good;
}

static bool
rotate(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    unsigned at;
    if (!find(context, &at, err))
        return false;
    struct pair *pair = get_pair(args, err);
    bool is_good =
        pair &&
        qt_vault_rotate(context->vault, at, pair->key, pair->secret, context->now_ns, err) &&
        qt_vault_save(context->vault, context->key, err);
    sodium_free(pair);
    if (is_good)
        printf("%s: rotated; delete the old key at the venue, and start a running engine again\n",
               context->name);
    return is_good;
}

static bool
remove_entry(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    unsigned at;
    if (!find(context, &at, err))
        return false;
    if (!qt_args_has(args, "yes"))
        return qt_fail(err, QT_E_USAGE, "removing %s cannot be undone: say --yes", context->name);
    qt_vault_remove(context->vault, at);
    if (!qt_vault_save(context->vault, context->key, err))
        return false;
    printf("%s: removed; delete the key at the venue too\n", context->name);
    return true;
}

static json_t *
time_json(int64_t ns)
{
    return ns > 0 ? json_integer(ns / QT_NS_PER_MS) : json_null();
}

static json_t *
entry_json(const struct context *context, const struct qt_vault_entry *entry)
{
    char warnings[QT__KEY_WARNINGS][160];
    unsigned n = qt__key_warnings(entry, &context->settings, context->now_ns, warnings);
    json_t *list = json_array(), *scope = json_null();
    for (unsigned i = 0; i < n; i++)
        json_array_append_new(list, json_string(warnings[i]));
    if (entry->scope & QT_SCOPE_KNOWN)
        scope =
            json_pack("{s:b, s:b, s:b, s:b, s:o}", "read", !!(entry->scope & QT_SCOPE_READ),
                      "trade", !!(entry->scope & QT_SCOPE_TRADE), "withdraw",
                      !!(entry->scope & QT_SCOPE_WITHDRAW), "ip_bound",
                      !!(entry->scope & QT_SCOPE_IP_BOUND), "asked_ms", time_json(entry->scope_ns));
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:i, s:o, s:o}", "name", entry->name, "venue", entry->venue,
        "kind", "hmac", "scope", scope, "added_ms", time_json(entry->added_ns), "age_days",
        (int)((context->now_ns - entry->rotated_ns) / QT_NS_PER_DAY), "rotated_ms",
        entry->rotated_ns > entry->added_ns ? time_json(entry->rotated_ns) : json_null(),
        "warnings", list);
}

static void
print_day(int64_t ns)
{
    char text[QT_TIME_TEXT];
    printf("  %-10.10s", ns > 0 ? qt_time_format(ns, text) : "-");
}

static void
print_entry(const struct context *context, const struct qt_vault_entry *entry)
{
    char warnings[QT__KEY_WARNINGS][160], scope[64];
    unsigned n = qt__key_warnings(entry, &context->settings, context->now_ns, warnings);
    printf("%-16s  %-10s  %-5s  %-32s", entry->name, entry->venue, "hmac",
           qt__key_scope(entry, scope));
    print_day(entry->added_ns);
    printf("  %4d d", (int)((context->now_ns - entry->rotated_ns) / QT_NS_PER_DAY));
    print_day(entry->rotated_ns > entry->added_ns ? entry->rotated_ns : 0);
    putchar('\n');
    for (unsigned i = 0; i < n; i++)
        printf("    warning: %s\n", warnings[i]);
}

static bool
list(struct context *context, const struct qt_args *args, struct qt_error *err)
{
    unsigned n = qt_vault_count(context->vault);
    if (qt_args_has(args, "json")) {
        json_t *all = json_array();
        for (unsigned i = 0; i < n; i++)
            json_array_append_new(all, entry_json(context, qt_vault_at(context->vault, i)));
        json_t *document = json_pack("{s:o}", "keys", all);
        return qt__print_json(document, "the result", err);
    }
    if (n == 0)
        puts("the vault is empty");
    else
        printf("%-16s  %-10s  %-5s  %-32s  %-10s  %6s  %-10s\n", "name", "venue", "kind", "scope",
               "added", "age", "rotated");
    for (unsigned i = 0; i < n; i++)
        print_entry(context, qt_vault_at(context->vault, i));
    return true;
}

/* How to add a job: a row, and its item in man/qtrade-keys.1. */
static const struct job {
    const char *name;
    bool (*run)(struct context *context, const struct qt_args *args, struct qt_error *err);
    const char *options; /* that it takes */
    bool has_name, writes;
} jobs[] = {
    {.name = "add", .run = add, .options = "fd", .has_name = true, .writes = true},
    {.name = "list", .run = list, .options = "json"},
    {.name = "remove", .run = remove_entry, .options = "yes", .has_name = true, .writes = true},
    {.name = "rotate", .run = rotate, .options = "fd", .has_name = true, .writes = true},
};

/* The job that was asked for, with such words. NULL: err. */
static const struct job *
find_job(const struct qt_args *args, struct qt_error *err)
{
    static const char *const options[] = {"fd", "yes", "json"};
    const struct job *job = jobs;
    while (job < jobs + QT_COUNT_OF(jobs) && strcmp(job->name, args->operands[0]) != 0)
        job++;
    if (job == jobs + QT_COUNT_OF(jobs)) {
        qt_fail(err, QT_E_USAGE, "'%s' is no job of keys: add, list, remove or rotate",
                args->operands[0]);
        return NULL;
    }
    if (job->has_name != (args->n_operands == 2)) {
        qt_fail(err, QT_E_USAGE, "keys %s takes %s", job->name,
                job->has_name ? "the NAME of an entry" : "no more words");
        return NULL;
    }
    for (size_t i = 0; i < QT_COUNT_OF(options); i++)
        if (qt_args_has(args, options[i]) && strcmp(job->options, options[i]) != 0) {
            qt_fail(err, QT_E_USAGE, "--%s is not for keys %s", options[i], job->name);
            return NULL;
        }
    return job;
}

/* Done already: that it is not in the audit is told, and undoes nothing. */
static void
tell_audit(const struct context *context, const struct job *job)
{
    char action[16];
    snprintf(action, sizeof action, "key.%s", job->name);
    (void)!qt__audit_tell(context->folder, context->key, action, context->name);
}

static bool
keys_run(const struct qt_args *args, struct qt_error *err)
{
    const struct job *job = find_job(args, err);
    if (!job)
        return false;
    struct context *context = calloc(1, sizeof *context);
    struct qt_clock clock;
    if (!context)
        return qt_fail(err, QT_E_MEMORY, "no memory for the vault");
    qt_clock_init_wall(&clock);
    context->now_ns = qt_clock_utc_ns(&clock);
    context->name = job->has_name ? args->operands[1] : NULL;
    bool is_good =
        qt_settings_load(args, &context->settings, err) &&
        qt_state_dir(args, context->folder, err) &&
        (!job->writes || qt_state_dir_make(context->folder, err)) &&
        (context->key = job->writes
                            ? qt__unlock_or_found(&context->settings, context->folder, err)
                            : qt__unlock(&context->settings, context->folder, err)) != NULL &&
        (context->vault = qt_vault_open(context->folder, context->key, job->writes, err)) != NULL &&
        job->run(context, args, err);
    if (is_good && job->writes)
        tell_audit(context, job);
    qt_vault_close(context->vault);
    qt_store_key_close(context->key);
    free(context);
    return is_good;
}

const struct qt_command qt_cmd_keys = {
    .name = "keys",
    .summary = "credentials of venues in the encrypted vault: add, list, remove, rotate",
    .operands = "add NAME|list|remove NAME|rotate NAME",
    .min_operands = 1,
    .max_operands = 2,
    .options =
        (const struct qt_option[]){
            {"fd", 0, "N",
             "add, rotate: read key and secret, a line each, from descriptor N, not the terminal"},
            {"yes", 0, NULL, "remove: really"},
            {"json", 0, NULL, "list: one JSON document"},
            {0}},
    .run = keys_run,
};

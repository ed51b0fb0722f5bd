/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sealing_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

enum { DOCUMENT = 64 * 1024, VALUE = 16 * 1024, LOST_H = 24 };

#define HOUR_NS (3600 * QT_NS_PER_S)

char *
qt__settings_text(const struct qt_settings *settings)
{
    struct qt_settings copy = *settings;
    struct qt_config_binding bindings[QT_SETTINGS_SECTIONS];
    size_t n = qt_settings_bind(&copy, bindings);
    char *buffer = malloc(DOCUMENT);
    struct qt_text text;
    if (!buffer)
        return NULL;
    qt_text_init(&text, buffer, DOCUMENT);
    qt_config_write(bindings, n, &text);
    qt_assert(!text.is_cut);
    return buffer;
}

const struct qt_seal_held *
qt__sealed_held(const struct qt_seal *seal, const char *section, const char *key, int64_t now_ns)
{
    size_t n = strlen(section);
    for (unsigned i = 0; i < seal->n_held; i++) {
        const struct qt_seal_held *held = &seal->held[i];
        if (held->until_ns > now_ns && strncmp(held->key, section, n) == 0 && held->key[n] == '.' &&
            strcmp(held->key + n + 1, key) == 0)
            return held;
    }
    return NULL;
}

/* The value that is held, into the settings. */
static bool
put_held(const struct qt_seal_held *held, struct qt_settings *settings, struct qt_error *err)
{
    struct qt_config_binding bindings[QT_SETTINGS_SECTIONS];
    size_t n = qt_settings_bind(settings, bindings);
    int section = (int)strcspn(held->key, ".");
    char *text = malloc(VALUE);
    if (!text || !held->key[section]) {
        free(text);
        return qt_fail(err, QT_E_MEMORY, "no memory for what is held");
    }
    int length = snprintf(text, VALUE, "{\"%.*s\": {\"%s\": %s}}", section, held->key,
                          held->key + section + 1, held->value);
    bool is_good = qt_config_load_text("config.seal", text, (size_t)QT_MIN(length, VALUE - 1),
                                       bindings, n, err);
    free(text);
    return is_good;
}

/* target and in_force, of the seal. */
static bool
fill(struct qt__sealed *sealed, int64_t now_ns, struct qt_error *err)
{
    struct qt_config_binding bindings[QT_SETTINGS_SECTIONS];
    const struct qt_seal *seal = &sealed->seal;
    qt_settings_defaults(&sealed->target);
    size_t n = qt_settings_bind(&sealed->target, bindings);
    bool is_good =
        qt_config_load_text("config.seal", seal->config, strlen(seal->config), bindings, n, err);
    sealed->in_force = sealed->target;
    if (seal->from_ns > seal->sealed_ns && seal->from_ns <= now_ns)
        sealed->over_ns = seal->from_ns;
    for (unsigned i = 0; is_good && i < seal->n_held; i++) {
        if (seal->held[i].until_ns > now_ns)
            is_good = put_held(&seal->held[i], &sealed->in_force, err);
        else
            sealed->over_ns = QT_MAX(sealed->over_ns, seal->held[i].until_ns);
    }
    if (!is_good)
        err->code = QT_E_VERIFY;
    return is_good;
}

struct qt__sealed *
qt__sealed_follow(const char *folder, const struct qt_store_key *key,
                  const struct qt_seal_known *known, int64_t now_ns, struct qt_error *err)
{
    struct qt__sealed *sealed = calloc(1, sizeof *sealed);
    if (!sealed) {
        qt_fail(err, QT_E_MEMORY, "no memory for the sealed config");
        return NULL;
    }
    sealed->known = *known;
    if (qt_seal_read(folder, key, &sealed->seal, &sealed->is_found, err) &&
        (!sealed->is_found || (fill(sealed, now_ns, err) &&
                               qt_seal_is_newest(&sealed->seal, &sealed->known, err))))
        return sealed;
    qt__sealed_close(sealed);
    return NULL;
}

struct qt__sealed *
qt__sealed_open(const char *folder, const struct qt_store_key *key, int64_t now_ns,
                struct qt_error *err)
{
    struct qt_seal_known known;
    return qt_seal_known(folder, key, &known, err)
               ? qt__sealed_follow(folder, key, &known, now_ns, err)
               : NULL;
}

void
qt__sealed_close(struct qt__sealed *sealed)
{
    if (sealed)
        qt_seal_clear(&sealed->seal);
    free(sealed);
}

/* The first key of settings that is not what was sealed, in words. False: there is one. */
static bool
check_same(struct qt__sealed *sealed, struct qt_settings *settings, struct qt_error *err)
{
    struct qt_config_binding ours[QT_SETTINGS_SECTIONS], theirs[QT_SETTINGS_SECTIONS];
    size_t n = qt_settings_bind(settings, ours);
    (void)qt_settings_bind(&sealed->target, theirs);
    for (size_t i = 0; i < n; i++)
        for (const struct qt_config_key *key = ours[i].section->keys; key->key; key++)
            if (qt__limit_change(ours[i].section, key, theirs[i].values, ours[i].values) !=
                QT__SAME)
                return qt_fail(err, QT_E_VERIFY,
                               "the config is not what was sealed: %s.%s differs ('qtrade config "
                               "diff' shows all, 'qtrade config seal' seals it)",
                               ours[i].section->name, key->key);
    return true;
}

bool
qt__sealed_enforce(const struct qt__sealed *sealed, const struct qt_store_key *key, int64_t now_ns,
                   struct qt_settings *settings, struct qt_error *err)
{
    struct qt__sealed copy = *sealed; /* bound, not changed */
    char path[sizeof settings->path], when[QT_TIME_TEXT];
    if (!sealed->is_found)
        return qt_fail(err, QT_E_VERIFY,
                       "nothing is traded live without a sealed config: look at 'qtrade config "
                       "show', then 'qtrade config seal'");
    if (!qt_seal_is_of_here(&sealed->seal, key))
        return qt_fail(err, QT_E_VERIFY,
                       "the config was sealed on another machine ('qtrade config seal' seals it "
                       "for this one)");
    if (sealed->seal.from_ns > sealed->seal.sealed_ns && sealed->seal.from_ns > now_ns)
        return qt_fail(err, QT_E_VERIFY,
                       "the sealed config is valid from %s on: the seal before it was lost or "
                       "broken, so all of it counts as loosened",
                       qt_time_format_short(sealed->seal.from_ns, when));
    if (!check_same(&copy, settings, err))
        return false;
    memcpy(path, settings->path, sizeof path);
    *settings = sealed->in_force;
    memcpy(settings->path, path, sizeof path);
    return true;
}

bool
qt__sealed_agrees(const struct qt__sealed *sealed, int64_t venue_ns, struct qt_error *err)
{
    char venue[QT_TIME_TEXT], over[QT_TIME_TEXT];
    return venue_ns >= sealed->over_ns ||
           qt_fail(err, QT_E_VERIFY,
                   "a cool-down of the sealed config ends at %s, and at the venue it is %s: this "
                   "machine's clock is ahead",
                   qt_time_format_short(sealed->over_ns, over),
                   qt_time_format_short(venue_ns, venue));
}

/* Sealing */

/* The seal that the new one follows; is_found false: there is none to follow. */
static struct qt__sealed *
open_previous(const char *folder, const struct qt_store_key *key, int64_t now_ns, bool *out_is_lost,
              struct qt_error *err)
{
    struct qt_error why = {0};
    struct qt__sealed *previous = qt__sealed_open(folder, key, now_ns, &why);
    bool is_bad = !previous && why.code == QT_E_VERIFY;
    if (is_bad) {
        previous = calloc(1, sizeof *previous);
        if (!previous || !qt_seal_known(folder, key, &previous->known, err)) {
            free(previous);
            return NULL;
        }
        fprintf(stderr, "qtrade: warning: the seal before this one cannot be followed: %s\n",
                why.text);
    }
    if (!previous)
        *err = why;
    else
        *out_is_lost = !previous->is_found && previous->known.number > 0;
    return previous;
}

/* Since when the new value has been on its way: a loosening that was sealed before, or one that is
 * now smaller, goes on with its time. */
static int64_t
until(const struct qt__sealed *previous, const struct qt_config_binding *target,
      const struct qt_config_binding *next, const struct qt_config_key *key, int64_t now_ns)
{
    const char *section = next->section->name;
    const struct qt_seal_held *held = qt__sealed_held(&previous->seal, section, key->key, now_ns);
    enum qt__change change = qt__limit_change(next->section, key, target->values, next->values);
    if (held && (change == QT__SAME || change == QT__TIGHTER))
        return held->until_ns;
    return now_ns + previous->in_force.seal.cooldown_h * HOUR_NS;
}

static bool
hold(struct qt_seal *out, const char *section, const struct qt_config_key *key, const void *values,
     int64_t until_ns, struct qt_error *err)
{
    struct qt_seal_held *held = &out->held[out->n_held];
    char *value = malloc(VALUE);
    if (!value || out->n_held == QT_SEAL_HELD || !qt__limit_value(key, values, value, VALUE)) {
        free(value);
        return qt_fail(err, QT_E_MEMORY, "no memory to hold %s.%s", section, key->key);
    }
    snprintf(held->key, sizeof held->key, "%s.%s", section, key->key);
    held->value = value;
    held->until_ns = until_ns;
    out->n_held++;
    return true;
}

/* What of next is looser than what is in force. */
static bool
hold_looser(struct qt__sealed *previous, struct qt_settings *next, int64_t now_ns,
            struct qt_seal *out, struct qt_error *err)
{
    struct qt_config_binding old[QT_SETTINGS_SECTIONS], target[QT_SETTINGS_SECTIONS],
        new[QT_SETTINGS_SECTIONS];
    size_t n = qt_settings_bind(&previous->in_force, old);
    (void)qt_settings_bind(&previous->target, target);
    (void)qt_settings_bind(next, new);
    for (size_t i = 0; i < n; i++)
        for (const struct qt_config_key *key = old[i].section->keys; key->key; key++)
            if (qt__limit_change(old[i].section, key, old[i].values, new[i].values) == QT__LOOSER &&
                !hold(out, old[i].section->name, key, old[i].values,
                      until(previous, &target[i], &new[i], key, now_ns), err))
                return false;
    return true;
}

/* The clock, or what was seen before where it stands behind that (C2). */
static int64_t
time_of_seal(const struct qt__sealed *previous, int64_t now_ns)
{
    int64_t seen_ns = QT_MAX(previous->known.newest_ns, previous->seal.sealed_ns);
    char text[QT_TIME_TEXT];
    if (now_ns < seen_ns)
        fprintf(
            stderr,
            "qtrade: warning: this machine's clock is behind what the store has seen: sealed as "
            "of %s\n",
            qt_time_format_short(seen_ns, text));
    return QT_MAX(now_ns, seen_ns);
}

bool
qt__sealed_make(const char *folder, const struct qt_store_key *key,
                const struct qt_settings *settings, int64_t now_ns, struct qt_seal *out,
                struct qt_error *err)
{
    bool is_lost = false;
    struct qt_settings next = *settings;
    memset(out, 0, sizeof *out);
    struct qt__sealed *previous = open_previous(folder, key, now_ns, &is_lost, err);
    if (!previous)
        return false;
    now_ns = time_of_seal(previous, now_ns);
    out->number = QT_MAX(previous->seal.number, previous->known.number) + 1;
    out->sealed_ns = now_ns;
    out->from_ns = QT_MAX(now_ns, previous->seal.from_ns);
    if (is_lost)
        out->from_ns = now_ns + QT_MAX(next.seal.cooldown_h, LOST_H) * HOUR_NS;
    memcpy(out->previous, previous->is_found ? previous->seal.hash : previous->known.hash,
           sizeof out->previous);
    out->config = qt__settings_text(settings);
    bool is_good = (out->config || qt_fail(err, QT_E_MEMORY, "no memory to seal the config")) &&
                   (!previous->is_found || hold_looser(previous, &next, now_ns, out, err)) &&
                   qt_seal_write(folder, key, out, err);
    qt__sealed_close(previous);
    if (!is_good)
        qt_seal_clear(out);
    return is_good;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "credentials_priv.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/venue/binance.h"

unsigned
qt__key_warnings(const struct qt_vault_entry *entry, const struct qt_settings *settings,
                 int64_t now_ns, char out[QT__KEY_WARNINGS][160])
{
    unsigned n = 0;
    int64_t days = (now_ns - entry->rotated_ns) / QT_NS_PER_DAY,
            most = settings->venue.key_max_days;
    if (days > most)
        snprintf(out[n++], sizeof out[0],
                 "it is %lld days old, more than venue.key_max_days (%lld): rotate it",
                 (long long)days, (long long)most);
    if (!(entry->scope & QT_SCOPE_KNOWN))
        return n;
    if (entry->scope & QT_SCOPE_WITHDRAW)
        snprintf(out[n++], sizeof out[0],
                 "it may withdraw: it is refused for live trading (take that right from it)");
    if (!(entry->scope & QT_SCOPE_IP_BOUND))
        snprintf(out[n++], sizeof out[0],
                 "it works from any address: bind it to this machine's at the venue");
    return n;
}

const char *
qt__key_scope(const struct qt_vault_entry *entry, char out[64])
{
    static const struct {
        uint32_t bit;
        const char *word;
    } words[] = {{QT_SCOPE_READ, "read"},
                 {QT_SCOPE_TRADE, "trade"},
                 {QT_SCOPE_WITHDRAW, "withdraw"},
                 {QT_SCOPE_IP_BOUND, "ip bound"}};
    struct qt_text text;
    qt_text_init(&text, out, 64);
    if (!(entry->scope & QT_SCOPE_KNOWN))
        qt_text_add(&text, "not asked yet");
    for (size_t i = 0; i < QT_COUNT_OF(words); i++)
        if ((entry->scope & QT_SCOPE_KNOWN) && (entry->scope & words[i].bit))
            qt_text_addf(&text, "%s%s", text.length ? ", " : "", words[i].word);
    return out;
}

/* The entry that the config names, or the only one of the venue; -1 with an empty err: none. */
static int
choose(const struct qt_vault *vault, const struct qt_venue_config *venue, struct qt_error *err)
{
    int found = -1;
    if (venue->credentials[0]) {
        found = qt_vault_find(vault, venue->credentials);
        if (found < 0)
            qt_fail(err, QT_E_CONFIG, "venue.credentials is '%s': the vault has no such entry",
                    venue->credentials);
        else if (strcmp(qt_vault_at(vault, (unsigned)found)->venue, venue->name) != 0)
            qt_fail(err, QT_E_CONFIG, "venue.credentials is '%s': that entry is of %s",
                    venue->credentials, qt_vault_at(vault, (unsigned)found)->venue);
        return err->code == QT_E_NONE ? found : -1;
    }
    for (unsigned i = 0; i < qt_vault_count(vault); i++) {
        if (strcmp(qt_vault_at(vault, i)->venue, venue->name) != 0)
            continue;
        if (found >= 0) {
            qt_fail(err, QT_E_CONFIG,
                    "the vault has several entries of %s: name one in venue.credentials",
                    venue->name);
            return -1;
        }
        found = (int)i;
    }
    return found;
}

static bool
fill(struct qt__credentials *out, const struct qt_vault *vault, const struct qt_venue_config *venue,
     struct qt_error *err)
{
    int at = choose(vault, venue, err);
    if (err->code != QT_E_NONE)
        return false;
    if (at >= 0 && venue->credentials_file[0])
        return qt_fail(err, QT_E_CONFIG,
                       "credentials are both in the vault (%s) and in venue.credentials_file: keep "
                       "one of them",
                       qt_vault_at(vault, (unsigned)at)->name);
    if (at >= 0) {
        out->entry = *qt_vault_at(vault, (unsigned)at);
        qt_vault_reveal(vault, (unsigned)at, out->pair.key, out->pair.secret);
        return true;
    }
    if (!venue->credentials_file[0])
        return qt_fail(err, QT_E_CONFIG,
                       "--live needs an account: 'qtrade keys add NAME', or set "
                       "venue.credentials_file in the config");
    return qt_venue_credentials_load(venue->credentials_file, &out->pair, err);
}

struct qt__credentials *
qt__credentials_open(const struct qt_settings *settings, const char *folder,
                     const struct qt_store_key *key, struct qt_error *err)
{
    _Static_assert((int)QT_VAULT_SECRET == QT_VENUE_KEY && (int)QT_VAULT_SECRET == QT_VENUE_SECRET,
                   "what the vault holds fits");
    struct qt__credentials *out = sodium_malloc(sizeof *out);
    struct qt_vault *vault = out ? qt_vault_open(folder, key, false, err) : NULL;
    if (!out)
        qt_fail(err, QT_E_MEMORY, "no locked memory for the credentials");
    else
        memset(out, 0, sizeof *out);
    bool is_good = vault && fill(out, vault, &settings->venue, err);
    qt_vault_close(vault);
    if (is_good)
        return out;
    qt__credentials_close(out);
    return NULL;
}

static uint32_t
scope_of(const struct qt_binance_rights *rights)
{
    return (uint32_t)(QT_SCOPE_KNOWN | QT_SCOPE_READ | (rights->may_trade ? QT_SCOPE_TRADE : 0) |
                      (rights->may_withdraw ? QT_SCOPE_WITHDRAW : 0) |
                      (rights->is_ip_bound ? QT_SCOPE_IP_BOUND : 0));
}

static bool
keep_scope(const struct qt_binance_rights *rights, const char *folder,
           const struct qt_store_key *key, const char *name, int64_t now_ns, struct qt_error *err)
{
    struct qt_vault *vault = qt_vault_open(folder, key, true, err);
    int at = vault ? qt_vault_find(vault, name) : -1;
    if (at >= 0)
        qt_vault_set_scope(vault, (unsigned)at, scope_of(rights), now_ns);
    bool is_good = vault && (at < 0 || qt_vault_save(vault, key, err));
    qt_vault_close(vault);
    return is_good;
}

bool
qt__credentials_judge(const struct qt_binance_rights *rights, const char *folder,
                      const struct qt_store_key *key, const char *name, int64_t now_ns,
                      struct qt_error *err)
{
    if (!rights->is_known) {
        fputs("qtrade: warning: the venue does not say what the API key may do: see there that it "
              "cannot withdraw\n",
              stderr);
        return true;
    }
    if (name && !keep_scope(rights, folder, key, name, now_ns, err))
        return qt_error_add(err, "keeping what the API key may do");
    const char *fault = qt_binance_rights_fault(rights);
    if (fault)
        return qt_fail(err, QT_E_CONFIG,
                       "%s: nothing is traded live with it (change its rights at the venue)", fault);
    if (!rights->is_ip_bound)
        fputs("qtrade: warning: the API key works from any address: bind it to this machine's at "
              "the venue\n",
              stderr);
    return true;
}

void
qt__credentials_close(struct qt__credentials *credentials)
{
    sodium_free(credentials); /* wipes */
}

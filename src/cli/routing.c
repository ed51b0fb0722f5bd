/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "routing_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/time.h"

enum { LOAD_MS = 30000 };

static const char *const names[QT_MORE_VENUES + 1] = {"venue", "venue_2", "venue_3", "venue_4"};

static bool
is_there(const struct qt_settings *settings, unsigned i)
{
    return settings->more_venue[i].rest_url[0] != '\0';
}

const char *
qt__routing_name(unsigned i)
{
    return names[i];
}

bool
qt__routing_has(const struct qt_settings *settings, unsigned i)
{
    return i == 0 || is_there(settings, i - 1);
}

unsigned
qt__routing_count(const struct qt_settings *settings)
{
    unsigned n = 0;
    for (unsigned i = 0; i < QT_MORE_VENUES; i++)
        n += is_there(settings, i);
    return n;
}

struct qt_settings *
qt__routing_alone(const struct qt_settings *settings, unsigned i)
{
    struct qt_settings *out = malloc(sizeof *out);
    if (!out)
        return NULL;
    *out = *settings;
    if (i > 0)
        qt_more_venue_fill(&settings->more_venue[i - 1], &settings->venue, &out->venue);
    return out;
}

bool
qt__routing_keys_open(struct qt__routing_keys *keys, const struct qt_settings *settings,
                      const char *folder, const struct qt_store_key *key, struct qt_error *err)
{
    for (unsigned i = 0; i < QT_MORE_VENUES; i++) {
        if (!is_there(settings, i))
            continue;
        struct qt_error why = {0};
        struct qt_settings *one = qt__routing_alone(settings, i + 1);
        keys->more[i] = one ? qt__credentials_open(one, folder, key, &why) : NULL;
        free(one);
        if (!keys->more[i])
            return qt_fail(err, why.code ? why.code : QT_E_MEMORY, "%s: %s", names[i + 1],
                           why.code ? why.text : "no memory");
    }
    return true;
}

bool
qt__routing_note_keys(const struct qt__routing_keys *keys, struct qt_store *store,
                      struct qt_error *err)
{
    for (unsigned i = 0; i < QT_MORE_VENUES; i++) {
        const struct qt__credentials *key = keys->more[i];
        if (key && key->entry.name[0] &&
            !qt_audit_append(store, "start", "key.use", key->entry.name, err))
            return false;
    }
    return true;
}

void
qt__routing_keys_close(struct qt__routing_keys *keys)
{
    for (unsigned i = 0; i < QT_MORE_VENUES; i++) {
        qt__credentials_close(keys->more[i]);
        keys->more[i] = NULL;
    }
}

/* What is traded of each symbol in a day, in the quote asset; 0: not known. */
static double *
volumes_of(const struct qt_binance *venue, const struct qt_universe *universe)
{
    double *out = calloc(qt_universe_count(universe), sizeof *out);
    for (uint32_t i = 0; out && i < qt_universe_count(universe); i++)
        out[i] =
            (double)QT_MAX(qt_binance_day_volume(venue, i).v, 0) / (double)qt_pow10(QT_MONEY_SCALE);
    return out;
}

static struct qt_router_leg
leg_of(const char *name, struct qt_binance *venue, const struct qt_universe *universe,
       const double *volume, double taker_bps, double maker_bps)
{
    return (struct qt_router_leg){.name = name,
                                  .feed = qt_binance_feed(venue),
                                  .venue = qt_binance_venue(venue),
                                  .universe = universe,
                                  .taker_fee = taker_bps / 1e4,
                                  .maker_fee = maker_bps / 1e4,
                                  .day_volume = volume};
}

/* An unfit key is refused here as it is at the first venue. */
static bool
judge(const struct qt_binance *venue, struct qt_error *err)
{
    const struct qt_binance_rights rights = qt_binance_key_rights(venue);
    const char *fault = qt_binance_rights_fault(&rights);
    return !fault ||
           qt_fail(err, QT_E_CONFIG,
                   "%s: nothing is traded live with it (change its rights at the venue)", fault);
}

static bool
open_more(struct qt__routing *routing, const struct qt_settings *settings,
          const struct qt__credentials *credentials, unsigned i,
          const struct qt_binance_options *like, struct qt__banning *banning, struct qt_error *err)
{
    struct qt_settings *one = qt__routing_alone(settings, i + 1);
    struct qt_error why = {.code = QT_E_MEMORY, .text = "no memory"};
    if (one) {
        struct qt_binance_options options = qt_binance_options_of(&one->venue);
        options.clock = like->clock;
        options.tag = like->tag;
        options.loop = like->loop;
        options.connects = like->connects;
        options.key = credentials->pair.key;
        options.secret = credentials->pair.secret;
        if (qt__banning_take(banning, i + 1, &options, &why))
            routing->venue[i] = qt_binance_open(&options, &why);
        if (routing->venue[i])
            routing->universe[i] =
                qt_binance_load_universe(routing->venue[i], LOAD_MS, NULL, NULL, &why);
        if (routing->universe[i] && judge(routing->venue[i], &why))
            routing->volume[i + 1] = volumes_of(routing->venue[i], routing->universe[i]);
    }
    free(one);
    return routing->volume[i + 1] || qt_fail(err, why.code, "%s: %s", names[i + 1], why.text);
}

bool
qt__routing_open(struct qt__routing *routing, const struct qt_settings *settings,
                 const struct qt__routing_keys *keys, struct qt_binance *first,
                 const struct qt_universe *universe, const struct qt_binance_options *like,
                 struct qt__banning *banning, struct qt_error *err)
{
    const struct qt_router_config *config = &settings->router;
    struct qt_router_options options = {.legs = 1,
                                        .clock = like->clock,
                                        .impact = config->impact,
                                        .failures = (unsigned)config->failures,
                                        .cool_ns = config->cool_s * QT_NS_PER_S,
                                        .not_found_ns =
                                            2 * settings->venue.recv_window_ms * QT_NS_PER_MS};
    const struct qt_venue_class *class = qt_venue_find(settings->venue.name);
    *routing = (struct qt__routing){0};
    if (qt__routing_count(settings) == 0)
        return true;
    options.is_margined = class && class->caps.has_margin;
    routing->volume[0] = volumes_of(first, universe);
    options.leg[0] = leg_of(names[0], first, universe, routing->volume[0], config->taker_fee_bps,
                            config->maker_fee_bps);
    for (unsigned i = 0; i < QT_MORE_VENUES; i++) {
        if (!is_there(settings, i))
            continue;
        if (!open_more(routing, settings, keys->more[i], i, like, banning, err))
            return false;
        options.leg[options.legs++] =
            leg_of(names[i + 1], routing->venue[i], routing->universe[i], routing->volume[i + 1],
                   settings->more_venue[i].taker_fee_bps, settings->more_venue[i].maker_fee_bps);
    }
    routing->router = qt_router_open(&options, err);
    return routing->router != NULL;
}

void
qt__routing_close(struct qt__routing *routing)
{
    qt_router_close(routing->router);
    for (unsigned i = 0; i < QT_MORE_VENUES; i++) {
        qt_binance_close(routing->venue[i]);
        qt_universe_destroy(routing->universe[i]);
        free(routing->volume[i + 1]);
    }
    free(routing->volume[0]);
    *routing = (struct qt__routing){0};
}

struct qt_feed_port
qt__routing_feed(const struct qt__routing *routing, struct qt_binance *first)
{
    return routing->router ? qt_router_feed(routing->router) : qt_binance_feed(first);
}

struct qt_venue_port
qt__routing_venue(const struct qt__routing *routing, struct qt_binance *first)
{
    return routing->router ? qt_router_venue(routing->router) : qt_binance_venue(first);
}

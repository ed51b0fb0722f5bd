/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated exchange that a session is held beside: of the session's product, with the
 * parameters, and its account. Perpetuals are a matter of what is held: the account goes on with
 * the session's cash, longs and shorts, so that margin is asked for as it was and what may only
 * reduce finds what it reduces.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/trade/ledger.h"

#include "compare_priv.h"

#define PLENTY INT64_C(100000000) /* whole units of each asset */

static bool
pay_in(struct qt_inline_venue *venue, const char *name, uint32_t asset, qt_money amount,
       struct qt_error *err)
{
    struct qt_accounts *accounts = qt_exchange_accounts(qt_inline_exchange(venue));
    return qt_accounts_deposit(accounts, QT_INLINE_OWNER, asset, amount) ||
           qt_fail(err, QT_E_DATA, "%s: the account's balance is beyond any", name);
}

static bool
pay_in_plenty(struct qt_inline_venue *venue, qt_money plenty, struct qt_error *err)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(qt_inline_exchange(venue));
    for (uint32_t i = 0; i < qt_accounts_assets(accounts); i++)
        if (!pay_in(venue, qt_accounts_name(accounts, i), i, plenty, err))
            return false;
    return true;
}

static bool
pay_in_holding(struct qt_inline_venue *venue, const struct qt__compare *compare,
               struct qt_error *err)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(qt_inline_exchange(venue));
    for (size_t i = 0; i < compare->n_holding; i++) {
        const struct qt__compare_holding *row = &compare->holding[i];
        uint32_t asset = qt_accounts_find(accounts, row->asset);
        if (asset == QT_NO_ASSET || qt_money_sign(row->amount) <= 0)
            continue; /* of no symbol here: nothing is traded with it */
        if (!pay_in(venue, row->asset, asset, row->amount, err))
            return false;
    }
    return true;
}

/* Is there a perpetual of that asset here? */
static bool
has_perpetual(const struct qt__compare *compare, const char *base, const char *quote)
{
    const struct qt_universe *universe = compare->head->universe;
    for (uint32_t i = 0; i < qt_universe_count(universe); i++) {
        const struct qt_instrument *ins = qt_universe_at(universe, i);
        if (strcmp(ins->base, base) == 0 && strcmp(ins->quote, quote) == 0)
            return true;
    }
    return false;
}

static void
keep(const struct qt__compare_holding *row, struct qt_balance_record *out)
{
    *out = (struct qt_balance_record){.scale = QT_MONEY_SCALE, .amount = row->amount};
    qt_copy(out->account, sizeof out->account, qt_account_name(QT_ACCOUNT_CASH));
    qt_copy(out->asset, sizeof out->asset, row->asset);
}

/* Positions in the perpetuals that are here, then cash, if it is some: less than nothing is the
 * cost of longs, which must be here too. Returns how many rows of out. */
static uint32_t
keep_account(const struct qt__compare *compare, const char *quote, struct qt_balance_record *out)
{
    const struct qt__compare_holding *cash = NULL;
    bool has_long = false;
    uint32_t n = 0;
    for (size_t i = 0; i < compare->n_holding; i++) {
        const struct qt__compare_holding *row = &compare->holding[i];
        if (strcmp(row->asset, quote) == 0)
            cash = row;
        else if (has_perpetual(compare, row->asset, quote)) {
            has_long |= qt_money_sign(row->amount) > 0;
            keep(row, &out[n++]);
        }
    }
    if (cash && (qt_money_sign(cash->amount) >= 0 || has_long))
        keep(cash, &out[n++]);
    return n;
}

/* The options are those of both products; their exchange is one of them. */
static struct qt_inline_venue *
open_perpetuals(const struct qt__compare *compare, const struct qt_feed_port *feed,
                struct qt_inline_options *options, struct qt_error *err)
{
    const struct qt_settings *settings = &compare->settings;
    int64_t bar_ns = compare->head->is_recorded ? compare->head->base_period_ns : 0;
    struct qt_perp_options perp = qt_settings_perpetuals(settings, bar_ns);
    const struct qt_simulation_config found = {
        .queue_ahead = compare->parameters.queue_ahead.value,
        .perpetual_maker_bps = compare->parameters.maker_bps.value,
        .perpetual_taker_bps = compare->parameters.taker_bps.value};
    struct qt_balance_record *kept = calloc(compare->n_holding + 1, sizeof *kept);
    if (!kept) {
        qt_fail(err, QT_E_MEMORY, "no memory for the simulated account");
        return NULL;
    }
    qt_simulation_apply_perpetual(&found, &perp);
    options->perp = &perp;
    options->kept = kept;
    options->n_kept = keep_account(compare, settings->scan.quote_asset, kept);
    struct qt_inline_venue *venue =
        qt_inline_paper_create(feed, compare->head->universe, options, err);
    free(kept);
    return venue;
}

static struct qt_inline_venue *
open_spot(const struct qt__compare *compare, const struct qt_feed_port *feed,
          const struct qt_inline_options *options, bool has_plenty, struct qt_error *err)
{
    struct qt_inline_options empty = *options;
    empty.deposit = QT_MONEY_ZERO;
    struct qt_inline_venue *venue =
        qt_inline_paper_create(feed, compare->head->universe, &empty, err);
    bool is_funded = venue && (has_plenty ? pay_in_plenty(venue, options->deposit, err)
                                          : pay_in_holding(venue, compare, err));
    if (is_funded)
        return venue;
    qt_inline_destroy(venue);
    return NULL;
}

struct qt_inline_venue *
qt__compare_venue(const struct qt__compare *compare, const struct qt_feed_port *feed, uint64_t seed,
                  bool has_plenty, struct qt_error *err)
{
    const struct qt__compare_parameters *use = &compare->parameters;
    const struct qt_simulation_config simulation = {.order_ms = use->order_ms.value,
                                                    .order_sigma = use->order_sigma.value,
                                                    .cancel_ms = use->cancel_ms.value,
                                                    .cancel_sigma = use->cancel_sigma.value,
                                                    .queue_ahead = use->queue_ahead.value,
                                                    .maker_bps = use->maker_bps.value,
                                                    .taker_bps = use->taker_bps.value};
    struct qt_inline_options options = {
        .exchange.fee_mode = compare->seen.has_base_fees ? QT_FEE_RECEIVED : QT_FEE_QUOTE,
        .seed = seed,
        .meets_standing = true,
        .sources = qt_settings_sources(&compare->settings)};
    qt_simulation_apply(&simulation, &options);
    qt_copy(options.deposit_asset, sizeof options.deposit_asset,
            compare->settings.scan.quote_asset);
    if (!qt_money_of_units(PLENTY, QT_MONEY_SCALE, &options.deposit)) {
        qt_fail(err, QT_E_FAILED, "the simulated account cannot be funded");
        return NULL;
    }
    return qt_settings_trades_perpetuals(&compare->settings)
               ? open_perpetuals(compare, feed, &options, err)
               : open_spot(compare, feed, &options, has_plenty, err);
}

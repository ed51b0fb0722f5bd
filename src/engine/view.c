/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture that screen, API and metrics see: filled on the engine thread while all owners have
 * met, published without a lock.
 */
#include <string.h>

#include "engine_priv.h"

static void
fill_head(const struct qt_engine *engine, struct qt_snapshot *out)
{
    const struct qt_engine_options *options = &engine->options;
    out->seq = engine->seq;
    out->t_ns = engine->now_ns;
    out->mode = (uint8_t)engine->mode;
    out->mode_since_ns = engine->mode_since_ns ? engine->mode_since_ns : engine->started_ns;
    qt_copy(out->mode_reason, sizeof out->mode_reason, engine->mode_reason);
    qt__switch_view(engine, out);
    qt_copy(out->run_kind, sizeof out->run_kind, options->run_kind);
    qt_copy(out->quote_asset, sizeof out->quote_asset, options->scan->quote_asset);
    out->started_ns = engine->started_ns;
    out->instruments = engine->symbols;
    out->eligible = engine->scan.eligible;
    out->is_halted = engine->liquidation.is_active && engine->liquidation.keeps_positions;
    out->is_liquidating =
        engine->liquidation.is_active && !engine->liquidation.is_flat && !out->is_halted;
    qt_copy(out->liquidation, sizeof out->liquidation,
            engine->liquidation.is_active ? engine->liquidation.text : "");
    out->is_conserved = engine->is_conserved;
}

static void
fill_money(const struct qt_engine *engine, struct qt_snapshot *out)
{
    const struct qt_portfolio *portfolio = &engine->portfolio;
    out->has_equity = portfolio->has_equity;
    out->equity = portfolio->equity;
    out->initial_equity = portfolio->initial;
    out->cash = portfolio->cash;
    out->exposure = portfolio->exposure;
    out->realised = portfolio->realised;
    out->unrealised = portfolio->unrealised;
    out->fees = portfolio->fees;
    out->funding = portfolio->funding;
    out->heat = portfolio->heat;
    out->drawdown = engine->breaker.drawdown;
    out->max_drawdown = engine->breaker.max_drawdown;
    out->day_pnl = QT_MONEY_ZERO;
    if (!qt_breakers_day_pnl(&engine->breaker, &out->day_pnl))
        out->day_pnl = QT_MONEY_ZERO;
}

static void
fill_regime(const struct qt_engine *engine, struct qt_regime_view *out)
{
    const struct qt_regime *regime = &engine->scan.regime;
    out->is_known = regime->is_known;
    out->structure = (uint8_t)regime->structure;
    out->market = (uint8_t)regime->market;
    memcpy(out->structure_probability, regime->structure_probability,
           sizeof out->structure_probability);
    memcpy(out->market_probability, regime->market_probability, sizeof out->market_probability);
    out->confidence = regime->confidence;
    out->stability = regime->stability;
    out->switches_per_day = regime->switches_per_day;
}
_Static_assert(QT_STRUCTURES == 4 && QT_MARKET_STATES == 4, "the view has four of each");

const char *
qt_operation_name(enum qt_operation operation)
{
    static const char *const names[QT_OPERATIONS] = {"place",   "cancel", "query",
                                                     "account", "market", "stream"};
    return (unsigned)operation < QT_OPERATIONS ? names[operation] : "unknown";
}

static void
fill_venue(const struct qt_engine *engine, struct qt_snapshot *out)
{
    out->venues = 1;
    out->venue[0] = engine->venue;
    const struct qt_clock *clock = engine->options.clock;
    int64_t now = clock ? qt_clock_utc_ns(clock) : engine->now_ns;
    out->venue[0].feed_age_ns =
        engine->market_ns == QT_TIME_NONE ? INT64_MAX : QT_MAX(now - engine->market_ns, 0);
    const struct qt_venue_port *port = &engine->options.venue;
    if (port->look)
        port->look(port->self, &out->venue[0]);
    if (port->legs)
        out->venues = (uint32_t)port->legs(port->self, out->venue, QT_VIEW_VENUES);
}

/* Engine-wide counts and those of the partitions' owners. */
static void
fill_counts(const struct qt_engine *engine, struct qt_counts *out)
{
    *out = engine->counts;
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        out->refusals += engine->partition[p].gate.refused;
        out->rejects += engine->partition[p].rejects;
        out->bad_events += engine->partition[p].bad_events;
        for (unsigned i = 0; i < QT_QUALITY_CHECKS; i++)
            out->quality[i] += engine->partition[p].quality[i];
    }
}

static void
fill_journal(const struct qt_engine *engine, struct qt_journal_view *out)
{
    const struct qt_journal_port *journal = &engine->options.journal;
    *out = (struct qt_journal_view){.is_kept = journal->event != NULL,
                                    .is_sick = engine->is_sick[QT_COMPONENT_JOURNAL],
                                    .is_lost = engine->is_journal_full};
    if (journal->look)
        journal->look(journal->self, &out->bytes, &out->waiting);
}

/* Of those that do not run the first that failed, or else the first. */
static void
fill_parts(const struct qt_engine *engine, struct qt_parts_view *out)
{
    struct qt_part *part;
    *out = (struct qt_parts_view){.walls = qt_board_walls(engine->options.board)};
    for (unsigned i = 0; (part = qt_board_at(engine->options.board, i)); i++) {
        enum qt_part_state state = qt_part_state(part);
        out->parts++;
        out->running += state == QT_PART_RUNNING;
        if (state == QT_PART_RUNNING || state == QT_PART_STOPPED || out->state == QT_PART_FAILED ||
            (out->worst[0] && state != QT_PART_FAILED))
            continue;
        qt_copy(out->worst, sizeof out->worst, qt_part_name(part));
        out->state = (uint8_t)state;
    }
}

static void
fill_exclusions(const struct qt_engine *engine, struct qt_snapshot *out)
{
    out->exclusions = 0;
    for (int reason = QT_SCAN_OK + 1; reason < QT_SCAN_REASONS; reason++) {
        if (engine->scan.excluded[reason] == 0 || out->exclusions == QT_VIEW_EXCLUSIONS)
            continue;
        struct qt_exclusion_view *row = &out->exclusion[out->exclusions++];
        qt_copy(row->reason, sizeof row->reason, qt_scan_reason_name((enum qt_scan_reason)reason));
        row->count = engine->scan.excluded[reason];
    }
}

void
qt__view_fill(struct qt_engine *engine, struct qt_snapshot *out)
{
    fill_head(engine, out);
    fill_money(engine, out);
    fill_regime(engine, &out->regime);
    fill_venue(engine, out);
    fill_counts(engine, &out->counts);
    qt__shards_view(engine->shards, &out->shards);
    fill_journal(engine, &out->journal);
    qt__market_view(engine, &out->market_state);
    out->sources = engine->feeds.now;
    fill_parts(engine, &out->parts);
    fill_exclusions(engine, out);
    qt__view_ranks(engine, out);
    qt__view_positions(engine, out);
    qt__view_foreign(engine, out);
    qt__view_orders(engine, out);
    qt__view_work(engine, out);
    qt__view_limits(engine, out);
    qt__view_symbols(engine, out);
    out->notes = qt_bus_notes(engine->bus, engine->screen, out->note, QT_VIEW_ROWS);
    qt_bus_view(engine->bus, &out->bus);
    out->cycle_p50_ns = qt_hist_quantile(&engine->cycle_hist, 0.5);
    out->cycle_max_ns = engine->cycle_max_ns;
}

void
qt_engine_publish(struct qt_engine *engine)
{
    int slot;
    struct qt_snapshot *picture = qt__gallery_begin(&engine->gallery, &slot);
    if (!picture)
        return; /* readers hold all others: the next picture will do */
    qt__shards_meet(engine->shards);
    qt__view_fill(engine, picture);
    qt__gallery_publish(&engine->gallery, slot);
}

void
qt__publish_due(struct qt_engine *engine)
{
    int64_t now = qt_now_mono_ns();
    if (now < engine->next_publish_mono_ns)
        return;
    engine->next_publish_mono_ns = now + engine->options.engine->publish_ms * QT_NS_PER_MS;
    qt_engine_publish(engine);
}

const struct qt_snapshot *
qt_engine_snapshot(struct qt_engine *engine)
{
    return qt__gallery_take(&engine->gallery);
}

void
qt_engine_snapshot_unref(struct qt_engine *engine, const struct qt_snapshot *snapshot)
{
    qt__gallery_give(&engine->gallery, snapshot);
}

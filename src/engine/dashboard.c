/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/engine/dashboard.h"

#include <math.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/risk/gate.h"

static const char *const names[QT_DASHBOARDS] = {"full", "totals", "sealed"};

const char *
qt_dashboard_name(enum qt_dashboard dashboard)
{
    return (unsigned)dashboard < QT_DASHBOARDS ? names[dashboard] : "?";
}

bool
qt_dashboard_find(const char *name, enum qt_dashboard *out)
{
    for (int i = 0; i < QT_DASHBOARDS; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum qt_dashboard)i;
            return true;
        }
    return false;
}

/* What the account stands at without what open positions have gained or lost. */
static qt_money
book_value(const struct qt_snapshot *picture)
{
    qt_money book;
    bool is_known =
        picture->has_equity && qt_money_sub(picture->equity, picture->unrealised, &book);
    return is_known ? book : QT_MONEY_NONE;
}

/* Everything from which a running result could be read or reckoned. */
static void
withhold_account(struct qt_snapshot *picture)
{
    picture->initial_equity = picture->cash = picture->day_pnl = QT_MONEY_NONE;
    picture->realised = picture->unrealised = picture->fees = QT_MONEY_NONE;
    picture->funding = QT_MONEY_NONE;
    picture->drawdown = picture->max_drawdown = NAN;
}

static void
withhold_limits(struct qt_snapshot *picture)
{
    static const enum qt_gate_check results[] = {QT_CHECK_DAILY_LOSS, QT_CHECK_DRAWDOWN};
    for (uint32_t i = 0; i < QT_MIN(picture->limits, (uint32_t)QT_VIEW_ROWS); i++)
        for (size_t k = 0; k < QT_COUNT_OF(results); k++)
            if (strcmp(picture->limit[i].name, qt_gate_rows[results[k]].title) == 0) {
                picture->limit[i].is_known = false;
                picture->limit[i].value = NAN;
            }
}

static void
withhold_result(struct qt_position_view *row)
{
    row->entry = row->mark = QT_PX_NONE; /* a chart with the entry's line shows the result */
    row->notional = row->unrealised = row->realised = QT_MONEY_NONE;
    row->r_multiple = NAN;
    row->targets_hit = row->targets = 0;
}

static void
withhold_rows(struct qt_snapshot *picture, bool is_whole)
{
    for (uint32_t i = 0; i < QT_MIN(picture->positions, (uint32_t)QT_VIEW_ROWS); i++) {
        struct qt_position_view *row = &picture->position[i];
        if (is_whole)
            *row = (struct qt_position_view){.instrument = QT_NO_INSTRUMENT,
                                             .entry = QT_PX_NONE,
                                             .stop = QT_PX_NONE,
                                             .target = QT_PX_NONE};
        withhold_result(row);
    }
}

/* What was paid, and what the market stood at then. */
static void
withhold_parents(struct qt_snapshot *picture)
{
    for (uint32_t i = 0; i < QT_MIN(picture->parents, (uint32_t)QT_VIEW_ROWS); i++) {
        struct qt_parent_view *row = &picture->parent[i];
        row->has_cost = row->has_average = row->has_vwap = false;
        row->arrival = row->average = row->vwap = row->arrival_bps = row->vwap_bps = 0;
        row->fees = row->delay = row->trading = row->opportunity = 0;
        row->shortfall = row->shortfall_bps = 0;
    }
    picture->costs = 0;
}

/* A note of a closed position ends with what it brought. */
static void
withhold_notes(struct qt_snapshot *picture)
{
    for (uint32_t i = 0; i < QT_MIN(picture->notes, (uint32_t)QT_VIEW_ROWS); i++) {
        struct qt_note_view *note = &picture->note[i];
        if (note->result_at > 0 && note->result_at < sizeof note->text) {
            note->text[note->result_at] = '\0';
            note->severity = QT_SEVERITY_INFO; /* good and bad would tell it too */
        }
    }
}

void
qt_dashboard_withhold(struct qt_snapshot *picture, enum qt_dashboard dashboard)
{
    bool is_flat = picture->positions == 0;
    picture->dashboard = (uint8_t)dashboard;
    if (dashboard == QT_DASHBOARD_FULL || (dashboard == QT_DASHBOARD_SEALED && is_flat))
        return;
    bool is_sealed = dashboard == QT_DASHBOARD_SEALED;
    picture->equity = is_sealed ? QT_MONEY_NONE : book_value(picture);
    if (is_sealed)
        picture->exposure = QT_MONEY_NONE;
    withhold_account(picture);
    withhold_limits(picture);
    withhold_rows(picture, !is_sealed);
    withhold_parents(picture);
    if (!is_sealed)
        withhold_notes(picture);
}

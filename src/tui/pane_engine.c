/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the engine did and how fast; what was lost stands out.
 */
#include <stdio.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/engine/board.h"

#include "qtrade/net/breaker.h"

#include "tui_priv.h"

struct row {
    const char *label;
    char text[QT__NUMBER];
    enum qt_role role;
};

static struct row
count_row(const char *label, uint64_t n, enum qt_role role)
{
    struct row row = {.label = label, .role = n > 0 ? role : QT_ROLE_DIM};
    qt__format_compact((double)n, row.text);
    return row;
}

static struct row
time_row(const char *label, int64_t ns)
{
    struct row row = {.label = label, .role = QT_ROLE_TEXT};
    qt__format_latency(ns > 0 ? ns : -1, row.text);
    return row;
}

static struct row
money_row(const char *label, qt_money money, bool is_known)
{
    struct row row = {.label = label, .role = QT_ROLE_TEXT};
    if (is_known)
        qt__format_money(money, false, row.text);
    else
        qt_copy(row.text, sizeof row.text, QT__UNKNOWN);
    return row;
}

/* Bytes written; what is wrong with it otherwise. */
static struct row
journal_row(const struct qt_journal_view *journal)
{
    bool is_bad = journal->is_sick || journal->is_lost;
    struct row row = count_row("journal B", journal->bytes, QT_ROLE_TEXT);
    if (is_bad || !journal->is_kept)
        qt_copy(row.text, sizeof row.text,
                !journal->is_kept  ? QT__UNKNOWN
                : journal->is_lost ? "LOST"
                                   : "FAILS");
    row.role = is_bad ? QT_ROLE_BAD : row.role;
    return row;
}

/* How many run, or the name of one that does not. */
static struct row
parts_row(const struct qt_parts_view *parts)
{
    struct row row = count_row("parts run", parts->running, QT_ROLE_TEXT);
    if (!parts->worst[0])
        return row;
    bool has_failed = parts->state == QT_PART_FAILED;
    row.label = has_failed ? "FAILED" : parts->state == QT_PART_DEGRADED ? "degraded" : "starting";
    row.role = has_failed ? QT_ROLE_BAD : QT_ROLE_WARN;
    snprintf(row.text, sizeof row.text, "%.23s", parts->worst);
    return row;
}

/* Symbols that follow the backup stream, of all. */
static struct row
backup_row(const struct qt_snapshot *snap)
{
    uint32_t n = snap->sources.of[1].symbols;
    struct row row = {.label = "on backup", .role = n > 0 ? QT_ROLE_WARN : QT_ROLE_DIM};
    snprintf(row.text, sizeof row.text, "%u of %u", n, snap->instruments);
    return row;
}

static struct row
apart_row(const struct qt_sources_view *sources)
{
    struct row row = {.label = "apart bps",
                      .role = sources->apart > 0 ? QT_ROLE_WARN : QT_ROLE_TEXT};
    snprintf(row.text, sizeof row.text, "%.2f", sources->apart_bps);
    return row;
}

/* Refused orders; or the first operation that the venue is not asked for now. */
static struct row
breaker_row(const struct qt_snapshot *snap)
{
    for (int i = 0; snap->venues > 0 && i < QT_OPERATIONS; i++) {
        uint8_t state = snap->venue[0].operation[i].breaker;
        if (state == QT_BREAKER_CLOSED)
            continue;
        struct row row = {.label = "breaker", .role = QT_ROLE_BAD};
        snprintf(row.text, sizeof row.text, "%s %s", qt_operation_name((enum qt_operation)i),
                 state == QT_BREAKER_OPEN ? "open" : "probing");
        return row;
    }
    return count_row("rejects", snap->counts.rejects, QT_ROLE_WARN);
}

enum { ROWS = 20 };

/* The pair that counts least stands last: a low pane has no room for it. */
static size_t
fill_rows(const struct qt_snapshot *snap, struct row rows[ROWS])
{
    const struct qt_counts *c = &snap->counts;
    const bool has_two = snap->sources.n > 1;
    const struct row conflated = count_row("conflated", c->conflated_quotes, QT_ROLE_TEXT);
    const struct row median = time_row("cycle p50", snap->cycle_p50_ns);
    const struct row all[] = {
        count_row("events", c->events, QT_ROLE_TEXT),
        count_row("cycles", c->cycles, QT_ROLE_TEXT),
        has_two ? backup_row(snap) : conflated,
        has_two ? apart_row(&snap->sources) : median,
        count_row("orders", c->orders, QT_ROLE_TEXT),
        time_row("cycle max", snap->cycle_max_ns),
        count_row("fills", c->fills, QT_ROLE_TEXT),
        money_row("fees", snap->fees, snap->has_equity),
        breaker_row(snap),
        money_row("realised", snap->realised, snap->has_equity),
        count_row("dropped", c->dropped_trades + c->dropped_orders, QT_ROLE_BAD),
        count_row("incidents", c->incidents, QT_ROLE_BAD),
        count_row("bad data", c->bad_events, QT_ROLE_WARN),
        journal_row(&snap->journal),
        count_row("dead letters", snap->bus.dead, QT_ROLE_BAD),
        parts_row(&snap->parts),
        count_row("trades seen", c->trades, QT_ROLE_TEXT),
        count_row("ring waits", snap->shards.waits_in + snap->shards.waits_out, QT_ROLE_WARN),
        conflated,
        median,
    };
    _Static_assert(QT_COUNT_OF(all) == ROWS, "as many as there is room for");
    memcpy(rows, all, sizeof all);
    return has_two ? ROWS : ROWS - 2;
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    (void)state;
    struct row rows[ROWS];
    size_t n = fill_rows(snap, rows);
    int half = (canvas->width - 2) / 2;
    for (size_t i = 0; i < n; i++) {
        int x = i % 2 == 0 ? 0 : canvas->width - half, y = (int)i / 2;
        qt_canvas_put(canvas, x, y, QT_ROLE_DIM, rows[i].label);
        qt_canvas_fit(canvas, x + 12, y, half - 12, QT_RIGHT, rows[i].role, rows[i].text);
    }
}

const struct qt_pane_class qt_pane_engine = {
    .name = "engine",
    .title = "Engine",
    .min = {40, 5},
    .want = {44, 9},
    .priority = 10,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
};

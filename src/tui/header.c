/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two lines at the top: who runs in which mode, can it be stopped, does it hear the market,
 * what is it worth. A line is made of segments; when the screen is narrow the least important ones
 * go.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/board.h"

#include "tui_priv.h"

#define PARTS 8
#define SEGMENTS 12
#define FEED_WARN_NS (2 * QT_NS_PER_S)
#define FEED_BAD_NS (10 * QT_NS_PER_S)

struct segment {
    int priority;  /* the lowest goes first; 0: never */
    bool is_right; /* stands at the right edge */
    int n;
    struct {
        enum qt_role role;
        char text[96];
    } part[PARTS];
};

struct line {
    struct segment segment[SEGMENTS];
    int n;
};

static struct segment *
begin(struct line *line, int priority)
{
    qt_assert(line->n < SEGMENTS);
    struct segment *segment = &line->segment[line->n++];
    segment->priority = priority;
    return segment;
}

static void QT_PRINTF(3, 4) add(struct segment *segment, enum qt_role role, const char *format, ...)
{
    va_list args;
    if (segment->n >= PARTS)
        return;
    va_start(args, format);
    vsnprintf(segment->part[segment->n].text, sizeof segment->part[0].text, format, args);
    va_end(args);
    segment->part[segment->n++].role = role;
}

static int
segment_width(const struct segment *segment)
{
    int width = 0;
    for (int i = 0; i < segment->n; i++)
        width += qt_text_columns(segment->part[i].text);
    return width;
}

#define GAP 2

static int
line_width(const struct line *line)
{
    int width = 1;
    for (int i = 0; i < line->n; i++)
        width += line->segment[i].n > 0 ? segment_width(&line->segment[i]) + GAP : 0;
    return width - GAP + 1;
}

static bool
drop_segment(struct line *line)
{
    int worst = -1;
    for (int i = 0; i < line->n; i++)
        if (line->segment[i].n > 0 && line->segment[i].priority > 0 &&
            (worst < 0 || line->segment[i].priority < line->segment[worst].priority))
            worst = i;
    if (worst >= 0)
        line->segment[worst].n = 0;
    return worst >= 0;
}

static void
draw_line(struct qt_canvas *canvas, int y, struct line *line)
{
    while (line_width(line) > canvas->width)
        if (!drop_segment(line))
            break;
    int shown = 0, x = 1;
    for (int i = 0; i < line->n; i++)
        shown += line->segment[i].n > 0;
    int spare = canvas->width - line_width(line);
    int gap = GAP + (shown > 1 ? QT_MIN(QT_MAX(spare / shown, 0), 2) : 0);
    for (int i = 0; i < line->n; i++) {
        const struct segment *segment = &line->segment[i];
        if (segment->n == 0)
            continue;
        if (segment->is_right)
            x = QT_MAX(x, canvas->width - 1 - segment_width(segment));
        for (int k = 0; k < segment->n; k++)
            x += qt_canvas_put(canvas, x, y, segment->part[k].role, segment->part[k].text);
        x += gap;
    }
}

static const struct {
    const char *mark;
    enum qt_role role;
} modes[QT_MODES] = {
    [QT_MODE_NORMAL] = {"● NORMAL", QT_ROLE_NORMAL},
    [QT_MODE_PAUSED] = {" ‖ PAUSED ", QT_ROLE_PAUSED},
    [QT_MODE_REDUCED] = {" ▼ REDUCED ", QT_ROLE_REDUCED},
    [QT_MODE_EMERGENCY] = {" ■ EMERGENCY ", QT_ROLE_EMERGENCY},
};

static void
add_mode(struct line *line, const struct qt_snapshot *snap)
{
    char age[QT__NUMBER];
    struct segment *segment = begin(line, 0);
    if (snap->mode >= QT_MODES) {
        add(segment, QT_ROLE_BAD, "mode ?");
        return;
    }
    add(segment, modes[snap->mode].role, "%s", modes[snap->mode].mark);
    if (snap->mode_since_ns > 0)
        add(segment, QT_ROLE_DIM, " %s", qt__format_since(snap, snap->mode_since_ns, age));
    if (snap->mode != QT_MODE_NORMAL && snap->mode_reason[0] != '\0')
        add(begin(line, 20), QT_ROLE_WARN, "%.60s", snap->mode_reason);
}

static void
add_switch(struct line *line, const struct qt_snapshot *snap)
{
    struct segment *segment = begin(line, 75);
    bool is_tripped = strcmp(snap->kill_switch, "tripped") == 0;
    bool is_armed = strcmp(snap->kill_switch, "armed") == 0;
    add(segment, QT_ROLE_DIM, "kill ");
    if (is_tripped)
        add(segment, QT_ROLE_EMERGENCY, " ■ TRIPPED ");
    else if (is_armed)
        add(segment, QT_ROLE_GOOD, "● armed");
    else
        add(segment, QT_ROLE_DIM, "%s", snap->kill_switch[0] ? snap->kill_switch : "?");
}

static void
add_link(struct segment *segment, uint8_t state)
{
    static const struct {
        const char *mark;
        enum qt_role role;
    } marks[QT_LINK_STATES] = {[QT_LINK_DOWN] = {"✗", QT_ROLE_BAD},
                               [QT_LINK_CONNECTING] = {"○", QT_ROLE_WARN},
                               [QT_LINK_UP] = {"●", QT_ROLE_GOOD}};
    if (state < QT_LINK_STATES)
        add(segment, marks[state].role, "%s", marks[state].mark);
    else
        add(segment, QT_ROLE_BAD, "?");
}

static void
add_venue(struct line *line, const struct qt_venue_view *venue)
{
    char age[QT__NUMBER], trip[QT__NUMBER];
    struct segment *segment = begin(line, 70);
    enum qt_role role = venue->feed_age_ns >= FEED_BAD_NS    ? QT_ROLE_BAD
                        : venue->feed_age_ns >= FEED_WARN_NS ? QT_ROLE_WARN
                                                             : QT_ROLE_TEXT;
    add(segment, QT_ROLE_TEXT, "%s ", venue->name);
    for (int kind = 0; kind < QT_LINK_KINDS; kind++)
        add_link(segment, venue->link[kind]);
    segment = begin(line, 65);
    add(segment, QT_ROLE_DIM, "feed ");
    add(segment, role, "%s", qt__format_latency(venue->feed_age_ns, age));
    segment = begin(line, 25);
    add(segment, QT_ROLE_DIM, "ping ");
    add(segment, QT_ROLE_TEXT, "%s",
        qt__format_latency(venue->round_trip_ns > 0 ? venue->round_trip_ns : -1, trip));
}

static void
add_clock(struct line *line, const struct qt_snapshot *snap)
{
    char text[QT_TIME_TEXT] = "–";
    if (snap->t_ns > 0)
        qt_time_format_short(snap->t_ns, text);
    bool is_known = strlen(text) == 19;
    struct segment *date = begin(line, 30);
    date->is_right = true;
    if (is_known)
        add(date, QT_ROLE_DIM, "%.10s", text);
    struct segment *segment = begin(line, 80);
    segment->is_right = !is_known;
    add(segment, QT_ROLE_TEXT, "%s", is_known ? text + 11 : text);
    add(segment, QT_ROLE_DIM, " UTC");
}

/* The date stands directly before the clock, or the clock moves right alone. */
static void
settle_clock(struct line *line, int width)
{
    struct segment *clock = &line->segment[line->n - 1], *date = clock - 1;
    while (line_width(line) > width)
        if (!drop_segment(line))
            break;
    if (date->n > 0) {
        add(date, QT_ROLE_TEXT, " ");
        for (int i = 0; i < clock->n && date->n < PARTS; i++)
            date->part[date->n++] = clock->part[i];
        clock->n = 0;
    } else {
        clock->is_right = true;
    }
}

static void
draw_first(struct qt_canvas *canvas, const struct qt_snapshot *snap, const char *run_kind)
{
    struct line line = {.n = 0};
    struct segment *segment = begin(&line, 0);
    add(segment, QT_ROLE_STRONG, "qtrade");
    add(segment, QT_ROLE_DIM, " %s", snap->run_kind[0] ? snap->run_kind : run_kind ? run_kind : "");
    add_mode(&line, snap);
    add_switch(&line, snap);
    for (int i = 0; i < QT_MIN(qt__count(snap->venues, QT_VIEW_VENUES), 2); i++)
        add_venue(&line, &snap->venue[i]);
    add_clock(&line, snap);
    settle_clock(&line, canvas->width);
    draw_line(canvas, 0, &line);
}

static void
add_money(struct line *line, int priority, const char *label, qt_money money)
{
    char number[QT__NUMBER];
    struct segment *segment = begin(line, priority);
    add(segment, QT_ROLE_DIM, "%s ", label);
    add(segment, QT_ROLE_TEXT, "%s", qt__format_money(money, false, number));
}

static void
add_ratio(struct line *line, int priority, const char *label, double ratio, enum qt_role role)
{
    char number[QT__NUMBER];
    struct segment *segment = begin(line, priority);
    add(segment, QT_ROLE_DIM, "%s ", label);
    add(segment, role, "%s%s", qt__format_fixed(ratio * 100, 1, number),
        isfinite(ratio) ? "%" : "");
}

static void
add_day(struct line *line, const struct qt_snapshot *snap)
{
    char money[QT__NUMBER], percent[QT__NUMBER];
    double day = qt_money_to_double(snap->day_pnl, QT_MONEY_SCALE);
    double before = qt_money_to_double(snap->equity, QT_MONEY_SCALE) - day;
    enum qt_role role = qt__sign_role(day);
    struct segment *segment = begin(line, 90);
    add(segment, QT_ROLE_DIM, "day ");
    add(segment, role, "%s", qt__format_money(snap->day_pnl, true, money));
    if (before > 0)
        add(segment, role, " %s%%", qt__format_signed(day / before * 100, 2, percent));
}

/* Where the dashboard withholds results: how many, and of totals what they are worth. */
static void
draw_withheld(struct qt_canvas *canvas, const struct qt_snapshot *snap)
{
    struct line line = {.n = 0};
    bool is_sealed = snap->dashboard == QT_DASHBOARD_SEALED;
    struct segment *segment = begin(&line, 0);
    add(segment, QT_ROLE_STRONG, "%d %s open", qt__count(snap->positions, QT_VIEW_ROWS),
        snap->positions == 1 ? "position" : "positions");
    if (is_sealed) {
        add(begin(&line, 50), QT_ROLE_DIM, "results are sealed until all are closed");
    } else {
        add_money(&line, 80, "worth", snap->exposure);
        add_money(&line, 70, "account at book value", snap->equity);
        add(begin(&line, 30), QT_ROLE_DIM, "%s", snap->quote_asset);
    }
    add_ratio(&line, 60, "heat", snap->heat, QT_ROLE_TEXT);
    add(begin(&line, 20), QT_ROLE_DIM, "dashboard: %s", is_sealed ? "sealed" : "totals");
    draw_line(canvas, 1, &line);
}

static void
draw_second(struct qt_canvas *canvas, const struct qt_snapshot *snap)
{
    char number[QT__NUMBER];
    struct line line = {.n = 0};
    if (snap->has_equity && qt__is_withheld(snap)) {
        draw_withheld(canvas, snap);
        return;
    }
    struct segment *segment = begin(&line, 0);
    add(segment, QT_ROLE_DIM, "equity ");
    if (!snap->has_equity) {
        add(segment, QT_ROLE_WARN, QT__UNKNOWN);
        add(begin(&line, 50), QT_ROLE_DIM, "not known yet: the account was not read");
        draw_line(canvas, 1, &line);
        return;
    }
    add(segment, QT_ROLE_STRONG, "%s", qt__format_money(snap->equity, false, number));
    add(segment, QT_ROLE_DIM, " %s", snap->quote_asset);
    add_day(&line, snap);
    add_ratio(&line, 80, "drawdown", snap->drawdown,
              snap->drawdown > 0.1 ? QT_ROLE_WARN : QT_ROLE_TEXT);
    add_ratio(&line, 60, "max", snap->max_drawdown, QT_ROLE_TEXT);
    add_ratio(&line, 70, "heat", snap->heat, QT_ROLE_TEXT);
    add_money(&line, 40, "exposure", snap->exposure);
    add_money(&line, 30, "cash", snap->cash);
    add_money(&line, 25, "realised", snap->realised);
    add_money(&line, 20, "fees", snap->fees);
    if (!qt_money_is_none(snap->funding) && qt_money_sign(snap->funding) != 0)
        add_money(&line, 35, "funding", snap->funding);
    draw_line(canvas, 1, &line);
}

void
qt__header_draw(struct qt_canvas *canvas, const struct qt_snapshot *snap, const char *run_kind)
{
    if (snap) {
        draw_first(canvas, snap, run_kind);
        draw_second(canvas, snap);
        return;
    }
    int x = 1 + qt_canvas_put(canvas, 1, 0, QT_ROLE_STRONG, "qtrade");
    if (run_kind)
        qt_canvas_put(canvas, x + 1, 0, QT_ROLE_DIM, run_kind);
    qt_canvas_put(canvas, 1, 1, QT_ROLE_DIM, "starting: no picture from the engine yet");
}

bool
qt__alarm(const struct qt_snapshot *snap, const char *trouble, int64_t silent_ns, char *out,
          size_t capacity)
{
    char age[QT__NUMBER];
    struct qt_text text;
    qt_text_init(&text, out, capacity);
    if (trouble[0] != '\0') {
        qt_text_addf(&text, "  %s", trouble);
        if (snap)
            qt_text_addf(&text, ": what is shown is %s old", qt__format_age(silent_ns, age));
        return true;
    }
    if (silent_ns >= 3 * QT_NS_PER_S)
        qt_text_addf(&text, "  ENGINE SILENT for %s: what is shown is old",
                     qt__format_age(silent_ns, age));
    if (snap && snap->is_liquidating)
        qt_text_addf(&text, "  LIQUIDATING %s", snap->liquidation);
    if (snap && strcmp(snap->kill_switch, "tripped") == 0)
        qt_text_addf(&text, "  KILL SWITCH TRIPPED%s%.60s", snap->kill_switch_why[0] ? ": " : "",
                     snap->kill_switch_why);
    for (int i = 0; snap && i < qt__count(snap->venues, QT_VIEW_VENUES); i++)
        if (snap->venue[i].feed_age_ns >= FEED_BAD_NS && snap->venue[i].feed_age_ns != INT64_MAX)
            qt_text_addf(&text, "  NO FEED for %s from %.15s",
                         qt__format_age(snap->venue[i].feed_age_ns, age), snap->venue[i].name);
    if (snap && snap->bus.dead > 0)
        qt_text_addf(&text, "  THE STORE IS STUCK: %u records wait", snap->bus.dead);
    if (snap && snap->parts.worst[0] && snap->parts.state == QT_PART_FAILED)
        qt_text_addf(&text, "  PART FAILED: %.23s", snap->parts.worst);
    if (snap && snap->has_equity && !snap->is_conserved)
        qt_text_add(&text, "  LEDGER DOES NOT SUM TO ZERO");
    if (snap && snap->counts.dropped_orders + snap->counts.dropped_trades > 0)
        qt_text_addf(
            &text, "  EVENTS LOST %llu",
            (unsigned long long)(snap->counts.dropped_orders + snap->counts.dropped_trades));
    if (snap && snap->counts.incidents > 0)
        qt_text_addf(&text, "  INCIDENTS %llu", (unsigned long long)snap->counts.incidents);
    return text.length > 0;
}

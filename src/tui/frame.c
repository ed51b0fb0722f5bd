/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole frame: header, banner, panes in their borders, footer on the last line, what lies over
 * it.
 */
#include <stdio.h>
#include <string.h>

#include "qtrade/base/text.h"

#include "app_priv.h"

#define HEADER 2 /* lines */

static struct qt_rect
inside(struct qt_rect rect)
{
    return (struct qt_rect){rect.x + 1, rect.y + 1, rect.width - 2, rect.height - 2};
}

/* A title in the upper line of a box, a note at its right. */
static void
draw_title(struct qt_canvas *canvas, struct qt_rect rect, enum qt_role role, const char *title,
           const char *note)
{
    struct qt_canvas line =
        qt_canvas_view(canvas, (struct qt_rect){rect.x + 2, rect.y, rect.width - 4, 1});
    int used = qt_canvas_putf(&line, 0, 0, role, " %s ", title);
    int room = line.width - used - 2, width = qt_text_columns(note) + 2;
    if (note[0] == '\0' || room < 8)
        return;
    width = QT_MIN(width, room);
    struct qt_canvas right =
        qt_canvas_view(&line, (struct qt_rect){line.width - width, 0, width, 1});
    qt_canvas_fill(&right, 0, 0, width, QT_ROLE_DIM, ' ');
    qt_canvas_fit(&right, 1, 0, width - 2, QT_LEFT, QT_ROLE_DIM, note);
}

static void
draw_pane(struct qt_app *app, const struct qt_snapshot *snap, struct qt_canvas *body, int i)
{
    const struct qt_pane_class *pane = qt_panes[i];
    struct qt_rect rect = app->layout.rect[i];
    struct qt_canvas view = qt_canvas_view(body, inside(rect));
    char note[128] = "";
    bool has_focus = app->focus == (enum qt_pane_id)i;
    app->state[i]->rows = view.height;
    app->state[i]->has_focus = has_focus;
    if (pane->note)
        pane->note(snap, note, sizeof note);
    draw_title(body, rect, has_focus ? QT_ROLE_FOCUS : QT_ROLE_TITLE, pane->title, note);
    pane->draw(app->state[i], snap, &view);
}

static void
draw_panes(struct qt_app *app, const struct qt_snapshot *snap, struct qt_canvas *body)
{
    qt_layout_solve(body->width, body->height, &app->layout);
    if (!app->layout.is_shown[app->focus])
        for (int i = QT_PANES - 1; i >= 0; i--)
            if (app->layout.is_shown[i])
                app->focus = (enum qt_pane_id)i;
    for (int i = 0; i < QT_PANES; i++)
        if (app->layout.is_shown[i])
            qt_canvas_box(body, app->layout.rect[i], QT_ROLE_BORDER);
    if (app->layout.is_shown[app->focus])
        qt_canvas_box(body, app->layout.rect[app->focus], QT_ROLE_FOCUS);
    for (int i = 0; i < QT_PANES; i++)
        if (app->layout.is_shown[i])
            draw_pane(app, snap, body, i);
}

static void
draw_symbol(struct qt_app *app, const struct qt_snapshot *snap, struct qt_canvas *body)
{
    const struct qt_symbol_view *symbol = qt__find_symbol(snap, app->symbol);
    const struct qt_rank_view *rank = qt__find_rank(snap, app->symbol);
    const struct qt_position_view *position = qt__find_position(snap, app->symbol);
    struct qt_rect rect = {0, 0, body->width, body->height};
    char last[QT__NUMBER], change[QT__NUMBER], note[96] = "";
    struct qt_text text;
    qt_text_init(&text, note, sizeof note);
    if (symbol && !qt_px_is_none(symbol->quote.bid) && !qt_px_is_none(symbol->quote.ask))
        qt_text_addf(&text, "bid %s ask %s, ",
                     qt__format_px(symbol->quote.bid, symbol->px_scale, last),
                     qt__format_px(symbol->quote.ask, symbol->px_scale, change));
    if (rank)
        qt_text_addf(&text, "last %s, 24h %s%%", qt__format_px(rank->last, rank->px_scale, last),
                     qt__format_signed(rank->change_24h_pct, 2, change));
    qt_canvas_box(body, rect, QT_ROLE_FOCUS);
    draw_title(body, rect, QT_ROLE_FOCUS,
               symbol     ? symbol->symbol
               : rank     ? rank->symbol
               : position ? position->symbol
                          : "?",
               note);
    struct qt_canvas view =
        qt_canvas_view(body, (struct qt_rect){2, 1, body->width - 4, body->height - 2});
    qt__symbol_draw(&view, snap, app->symbol);
}

static void
draw_footer(const struct qt_app *app, struct qt_canvas *canvas)
{
    int y = canvas->height - 1, x = 2, end = canvas->width - 2;
    if (app->message[0] != '\0') {
        int width = QT_MIN(qt_text_columns(app->message), end - x - 2);
        qt_canvas_fill(canvas, x, y, width + 2, app->message_role, ' ');
        qt_canvas_fit(canvas, x + 1, y, width, QT_LEFT, app->message_role, app->message);
        return;
    }
    for (const struct qt_key *row = qt_app_keys; row->key != 0; row++) {
        if (!row->word)
            continue;
        int width = qt_text_columns(row->label) + 1 + qt_text_columns(row->word) + 2;
        if (x + width > end)
            break;
        x += qt_canvas_put(canvas, x, y, QT_ROLE_KEY, " ");
        x += qt_canvas_put(canvas, x, y, QT_ROLE_KEY, row->label);
        x += qt_canvas_putf(canvas, x, y, QT_ROLE_DIM, " %s ", row->word);
    }
}

/* A cleared box in the middle. Returns its inside. */
static struct qt_canvas
open_box(struct qt_canvas *canvas, int width, int height, const char *title)
{
    width = QT_MIN(width + 4, canvas->width);
    height = QT_MIN(height + 2, canvas->height);
    struct qt_rect rect = {(canvas->width - width) / 2, (canvas->height - height) / 2, width,
                           height};
    struct qt_canvas box = qt_canvas_view(canvas, rect);
    box.ground = QT_GROUND_DIALOG;
    qt_canvas_clear(&box);
    qt_canvas_box(&box, (struct qt_rect){0, 0, box.width, box.height}, QT_ROLE_FOCUS);
    draw_title(&box, (struct qt_rect){0, 0, box.width, box.height}, QT_ROLE_FOCUS, title, "");
    return qt_canvas_view(&box, (struct qt_rect){2, 1, box.width - 4, box.height - 2});
}

static void
draw_keys(struct qt_canvas *box, int *y, const struct qt_key *keys)
{
    for (const struct qt_key *row = keys; row && row->key != 0; row++) {
        if (!row->help)
            continue;
        qt_canvas_put(box, 0, *y, QT_ROLE_KEY, row->label);
        qt_canvas_fit(box, 10, *y, box->width - 10, QT_LEFT, QT_ROLE_TEXT, row->help);
        (*y)++;
    }
}

static void
draw_help(const struct qt_app *app, struct qt_canvas *canvas)
{
    static const char *const legend[] = {
        "● up   ○ connecting   ✗ down    links: market, user, orders",
        "▲ long, buy   ▼ short, sell   ! warning   – or ? not known",
        "VMVT: volatility, momentum, volume, trend; 0 to 100 from below",
        "R: profit in units of the first risk   ┃ rose   ┇ fell",
    };
    int rows = (int)QT_COUNT_OF(legend) + 1, y = 0;
    for (const struct qt_key *row = qt_app_keys; row->key != 0; row++)
        rows += row->help != NULL;
    for (const struct qt_key *row = qt_panes[app->focus]->keys; row && row->key != 0; row++)
        rows += row->help != NULL;
    struct qt_canvas box = open_box(canvas, 72, rows, "Keys and signs");
    draw_keys(&box, &y, qt_app_keys);
    draw_keys(&box, &y, qt_panes[app->focus]->keys);
    y++;
    for (size_t i = 0; i < QT_COUNT_OF(legend); i++)
        qt_canvas_put(&box, 0, y + (int)i, QT_ROLE_DIM, legend[i]);
}

static void
draw_dialog(const struct qt_app *app, struct qt_canvas *canvas)
{
    struct qt__dialog dialog;
    qt__dialog_describe(app, &dialog);
    bool is_tell = app->overlay == QT__TELL;
    int width = 62, height = is_tell ? 5 : dialog.n;
    struct qt_canvas box = open_box(canvas, width, height, dialog.title);
    if (is_tell) {
        qt__wrap(&box, 0, 0, box.width, box.height - 1, app->tell_role, app->tell);
        qt_canvas_put(&box, 0, box.height - 1, QT_ROLE_DIM, "any key closes this");
        return;
    }
    for (int i = 0; i < dialog.n; i++)
        qt_canvas_put(&box, 0, i, dialog.line[i].role, dialog.line[i].text);
}

/* Too small for panes: mode, equity, what to do. */
static void
draw_small(const struct qt_app *app, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    struct qt__dialog dialog;
    char text[256] = "starting", number[QT__NUMBER];
    enum qt_role role = QT_ROLE_STRONG;
    int y = 0;
    qt__dialog_describe(app, &dialog);
    if (dialog.brief[0] != '\0')
        y += qt__wrap(canvas, 0, y, canvas->width, canvas->height, QT_ROLE_WARN, dialog.brief);
    if (app->trouble[0] != '\0')
        y += qt__wrap(canvas, 0, y, canvas->width, canvas->height - y, QT_ROLE_EMERGENCY,
                      app->trouble);
    if (snap) {
        snprintf(text, sizeof text, "%s%s %s %s", app->trouble[0] != '\0' ? "was " : "",
                 snap->mode < QT_MODES ? qt_mode_name(snap->mode) : "?",
                 snap->has_equity ? qt__format_money(snap->equity, false, number) : QT__UNKNOWN,
                 snap->quote_asset);
        role = snap->mode == QT_MODE_NORMAL ? QT_ROLE_STRONG : QT_ROLE_WARN;
    }
    y += qt__wrap(canvas, 0, y, canvas->width, canvas->height - y, role, text);
    y +=
        qt__wrap(canvas, 0, y, canvas->width, canvas->height - y, QT_ROLE_DIM,
                 canvas->width < 40 ? "needs 80x24" : "needs 80x24 (P pause, X liquidate, q quit)");
    if (app->message[0] != '\0')
        qt__wrap(canvas, 0, y, canvas->width, canvas->height - y, app->message_role, app->message);
}

/* Nothing of an old picture looks alive: all dim but the line that says why. */
static void
fade(struct qt_canvas *canvas, int but)
{
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width && y != but; x++)
            canvas->cells[y * canvas->stride + x].role = QT_ROLE_DIM;
}

static void
draw_body(struct qt_app *app, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    char alarm[256];
    int top = HEADER;
    qt__header_draw(canvas, snap, app->options.run_kind);
    if (qt__alarm(snap, app->trouble, app->silent_ns, alarm, sizeof alarm)) {
        qt_canvas_fit(canvas, 0, top, canvas->width, QT_LEFT, QT_ROLE_EMERGENCY, alarm);
        top++;
    }
    struct qt_canvas body =
        qt_canvas_view(canvas, (struct qt_rect){0, top, canvas->width, canvas->height - top});
    if (!snap)
        qt_canvas_box(&body, (struct qt_rect){0, 0, body.width, body.height}, QT_ROLE_BORDER);
    else if (app->symbol != QT_NO_INSTRUMENT)
        draw_symbol(app, snap, &body);
    else
        draw_panes(app, snap, &body);
    if (app->trouble[0] != '\0')
        fade(canvas, HEADER);
    draw_footer(app, canvas);
}

void
qt_app_draw(struct qt_app *app, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    app->is_changed = false;
    qt_canvas_clear(canvas);
    if (canvas->width < QT_APP_WIDTH_MIN || canvas->height < QT_APP_HEIGHT_MIN) {
        draw_small(app, snap, canvas);
        return;
    }
    draw_body(app, snap, canvas);
    switch (app->overlay) {
    case QT__NO_OVERLAY:
        break;
    case QT__HELP:
        draw_help(app, canvas);
        break;
    case QT__ASK_RESUME:
    case QT__ASK_FLAT:
    case QT__ASK_QUIT:
    case QT__TELL:
        draw_dialog(app, canvas);
        break;
    }
}

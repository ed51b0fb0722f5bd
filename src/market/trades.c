/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "csv_priv.h"

enum column { COLUMN_TIME, COLUMN_PRICE, COLUMN_QTY, COLUMN_MAKER, COLUMN_ID, COLUMNS };

static const struct qt__csv_column columns[COLUMNS] = {
    [COLUMN_TIME] = {"time_ms", true}, [COLUMN_PRICE] = {"price", true},
    [COLUMN_QTY] = {"qty", true},      [COLUMN_MAKER] = {"is_buyer_maker", true},
    [COLUMN_ID] = {"trade_id", true},
};

struct reading {
    struct qt__csv csv;
    const struct qt_instrument *ins;
    size_t at[COLUMNS], cells;
    struct qt_event last;
    bool has_last;
    qt_event_fn fn;
    void *context;
};

/* A decimal above 0 that fits the scale. */
static bool
is_amount(const char *text, int scale, int64_t *out)
{
    struct qt__decimal d;
    return qt__decimal_read(text, &d) && d.digits > 0 && d.decimals <= scale &&
           qt__decimal_at(&d, scale, out);
}

/* NULL, or why the row is no trade. */
static const char *
row_read(const struct reading *r, char *const *cells, struct qt_event *event)
{
    const char *maker = cells[r->at[COLUMN_MAKER]];
    struct qt__decimal id;
    if (!qt__csv_time(cells[r->at[COLUMN_TIME]], &event->t_venue_ns))
        return "time_ms is not a whole number of milliseconds";
    if (!is_amount(cells[r->at[COLUMN_PRICE]], r->ins->px_scale, &event->trade.px.v))
        return "the price is not a decimal above 0 of the instrument's scale";
    if (!is_amount(cells[r->at[COLUMN_QTY]], r->ins->qty_scale, &event->trade.qty.v))
        return "the quantity is not a decimal above 0 of the instrument's scale";
    if (strcmp(maker, "true") == 0)
        event->flags = QT_EVENT_BUYER_MAKER;
    else if (strcmp(maker, "false") != 0)
        return "is_buyer_maker is neither true nor false";
    if (!qt__decimal_read(cells[r->at[COLUMN_ID]], &id) || id.decimals != 0)
        return "trade_id is not a whole number";
    event->trade.id = (uint64_t)id.digits;
    event->t_recv_ns = event->t_venue_ns;
    return NULL;
}

static bool
is_repeat(const struct qt_event *a, const struct qt_event *b)
{
    return a->trade.id == b->trade.id && a->t_venue_ns == b->t_venue_ns &&
           a->trade.px.v == b->trade.px.v && a->trade.qty.v == b->trade.qty.v &&
           a->flags == b->flags;
}

/* One line. False: stop; err->code says whether it failed. */
static bool
take_line(struct reading *r, char *line, size_t length)
{
    char *cells[QT__CSV_COLUMNS];
    struct qt_event event = {.kind = QT_EVENT_TRADE, .instrument = r->ins->id};
    r->csv.report->rows++;
    if (strlen(line) != length)
        return qt__csv_refuse(&r->csv, "a NUL byte in the row");
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    if (qt__csv_split(line, cells) != r->cells)
        return qt__csv_refuse(&r->csv, "not as many cells as the header has");
    const char *reason = row_read(r, cells, &event);
    if (!reason && r->has_last && is_repeat(&event, &r->last)) {
        r->csv.report->duplicates++;
        return true;
    }
    if (!reason && r->has_last && event.trade.id <= r->last.trade.id)
        reason = "trade_id does not follow the row before";
    if (reason)
        return qt__csv_refuse(&r->csv, reason);
    if (r->has_last)
        r->csv.report->gaps += event.trade.id - r->last.trade.id - 1;
    r->last = event;
    r->has_last = true;
    return r->fn(r->context, &event);
}

bool
qt_trades_read(const char *path, const struct qt_instrument *ins, bool strict, qt_event_fn fn,
               void *context, struct qt_reader_report *report, struct qt_error *err)
{
    struct reading r = {.csv = {.path = path, .strict = strict, .report = report, .err = err},
                        .ins = ins,
                        .fn = fn,
                        .context = context};
    char *line;
    size_t length;
    err->code = QT_E_NONE;
    qt_auto(qt_lines) lines = qt_lines_open(path, err);
    r.csv.lines = lines;
    if (!lines || !qt__csv_header(&r.csv, columns, COLUMNS, r.at, &r.cells))
        return false;
    while ((line = qt_lines_next(lines, &length, err)))
        if (!take_line(&r, line, length))
            break;
    return err->code == QT_E_NONE;
}

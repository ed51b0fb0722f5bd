/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file of klines. Every row is read with the decimals it was written with; the whole file then
 * decides the scales (also of rows outside the asked window, so that a window never changes a bar),
 * and the rows become bars. Price scale = the most decimals seen; quantity scale = the same, at
 * most 8, and less where a bar's volume would leave no room for sums of HEADROOM bars.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "csv_priv.h"

#define ROWS_MAX ((size_t)20000000)
#define QTY_SCALE_MAX 8
#define DECIMALS_MAX 18 /* 10^18 times any int64 fits __int128 */
#define HEADROOM 4096

enum column {
    COLUMN_TIME,
    COLUMN_OPEN,
    COLUMN_HIGH,
    COLUMN_LOW,
    COLUMN_CLOSE,
    COLUMN_VOLUME,
    COLUMN_QUOTE,
    COLUMN_TRADES,
    COLUMN_TAKER,
    COLUMNS
};

static const struct qt__csv_column columns[COLUMNS] = {
    [COLUMN_TIME] = {"open_time_ms", true},
    [COLUMN_OPEN] = {"open", true},
    [COLUMN_HIGH] = {"high", true},
    [COLUMN_LOW] = {"low", true},
    [COLUMN_CLOSE] = {"close", true},
    [COLUMN_VOLUME] = {"volume", true},
    [COLUMN_QUOTE] = {"quote_volume", false},
    [COLUMN_TRADES] = {"trades", false},
    [COLUMN_TAKER] = {"taker_buy_base", false},
};

struct row {
    int64_t open_ns;
    struct qt__decimal open, high, low, close, volume, quote, taker;
    uint32_t trades;
};

struct reading {
    struct qt__csv csv;
    size_t at[COLUMNS], cells;
    uint8_t column_of[QT__CSV_COLUMNS]; /* of a cell; COLUMNS: not one of ours */
    int64_t period_ns;
    struct row *rows;
    size_t n, capacity;
    int px_scale, qty_scale;
};

/* Compares two decimals of at most DECIMALS_MAX decimals exactly. */
static int
decimal_cmp(const struct qt__decimal *a, const struct qt__decimal *b)
{
    if (a->decimals == b->decimals)
        return (a->digits > b->digits) - (a->digits < b->digits);
    int scale = QT_MAX(a->decimals, b->decimals);
    __int128 x = a->digits, y = b->digits;
    x *= qt_pow10(scale - a->decimals);
    y *= qt_pow10(scale - b->decimals);
    return (x > y) - (x < y);
}

static bool
has_cell(const struct reading *r, char *const *cells, enum column column)
{
    return r->at[column] != SIZE_MAX && cells[r->at[column]][0] != '\0';
}

/* An optional cell; absent is 0. */
static bool
optional(const struct reading *r, char *const *cells, enum column column, struct qt__decimal *out)
{
    return !has_cell(r, cells, column) || qt__decimal_read(cells[r->at[column]], out);
}

/* Where a column's number belongs. */
static struct qt__decimal *
place_of(struct row *row, struct qt__decimal whole[COLUMNS], enum column column)
{
    switch (column) {
    case COLUMN_OPEN:
        return &row->open;
    case COLUMN_HIGH:
        return &row->high;
    case COLUMN_LOW:
        return &row->low;
    case COLUMN_CLOSE:
        return &row->close;
    case COLUMN_VOLUME:
        return &row->volume;
    case COLUMN_QUOTE:
        return &row->quote;
    case COLUMN_TAKER:
        return &row->taker;
    case COLUMN_TIME:
    case COLUMN_TRADES:
    case COLUMNS:
        break;
    }
    return &whole[column];
}

/* Cells one after the other without touching the line. False: something is not as it mostly is. */
static bool
cells_scan(const struct reading *r, const char *line, size_t length, struct row *row,
           struct qt__decimal whole[COLUMNS])
{
    const char *p = line, *end = line + length;
    for (size_t i = 0; i < r->cells; i++, p++) {
        enum column column = r->column_of[i];
        if (column == COLUMNS)
            p += strcspn(p, ",");
        else if (*p != ',' && p != end)
            p = qt__decimal_scan(p, place_of(row, whole, column));
        else if (columns[column].required)
            return false;
        if (!p || *p != (i + 1 < r->cells ? ',' : '\0'))
            return false;
    }
    return p == end + 1;
}

/* Reads a sound row as most are, in one go; false: not one of those, row_read will say more. */
static bool
row_scan(const struct reading *r, const char *line, size_t length, struct row *row)
{
    struct qt__decimal whole[COLUMNS] = {0};
    if (!cells_scan(r, line, length, row, whole))
        return false;
    const struct qt__decimal *time = &whole[COLUMN_TIME], *trades = &whole[COLUMN_TRADES];
    const struct qt__decimal *const prices[] = {&row->open, &row->high, &row->low, &row->close};
    bool is_good = time->decimals == 0 && trades->decimals == 0 &&
                   !__builtin_mul_overflow(time->digits, QT_NS_PER_MS, &row->open_ns) &&
                   row->open_ns % r->period_ns == 0 && row->volume.decimals <= DECIMALS_MAX;
    for (unsigned i = 0; i < QT_COUNT_OF(prices); i++)
        is_good = is_good && prices[i]->digits > 0 && prices[i]->decimals <= QT_SCALE_MAX;
    row->trades = (uint32_t)QT_MIN(trades->digits, (int64_t)UINT32_MAX);
    return is_good;
}

/* Reads one row's cells. NULL, or why not. */
static const char *
row_read(const struct reading *r, char *const *cells, struct row *row)
{
    struct qt__decimal *const prices[] = {&row->open, &row->high, &row->low, &row->close};
    struct qt__decimal trades = {0};
    if (!qt__csv_time(cells[r->at[COLUMN_TIME]], &row->open_ns))
        return "open_time_ms is not a whole number of milliseconds";
    if (row->open_ns % r->period_ns != 0)
        return "open_time_ms is not a multiple of the file's interval";
    for (unsigned i = 0; i < QT_COUNT_OF(prices); i++) {
        if (!qt__decimal_read(cells[r->at[COLUMN_OPEN + i]], prices[i]))
            return "a price is not a plain decimal";
        if (prices[i]->digits == 0)
            return "a price is 0";
        if (prices[i]->decimals > QT_SCALE_MAX)
            return "a price has more than 12 decimals";
    }
    if (!qt__decimal_read(cells[r->at[COLUMN_VOLUME]], &row->volume))
        return "the volume is not a plain decimal";
    if (row->volume.decimals > DECIMALS_MAX)
        return "the volume has more than 18 decimals";
    if (!optional(r, cells, COLUMN_QUOTE, &row->quote) ||
        !optional(r, cells, COLUMN_TAKER, &row->taker) ||
        !optional(r, cells, COLUMN_TRADES, &trades) || trades.decimals != 0)
        return "quote_volume, trades or taker_buy_base is not a plain number";
    row->trades = (uint32_t)QT_MIN(trades.digits, (int64_t)UINT32_MAX);
    return NULL;
}

static const char *
row_judge(const struct row *row)
{
    if (decimal_cmp(&row->high, &row->low) < 0)
        return "high is below low";
    if (decimal_cmp(&row->open, &row->low) < 0 || decimal_cmp(&row->open, &row->high) > 0)
        return "open lies outside low and high";
    if (decimal_cmp(&row->close, &row->low) < 0 || decimal_cmp(&row->close, &row->high) > 0)
        return "close lies outside low and high";
    return NULL;
}

static bool
is_same_row(const struct row *a, const struct row *b)
{
    return a->open_ns == b->open_ns && decimal_cmp(&a->open, &b->open) == 0 &&
           decimal_cmp(&a->high, &b->high) == 0 && decimal_cmp(&a->low, &b->low) == 0 &&
           decimal_cmp(&a->close, &b->close) == 0 && decimal_cmp(&a->volume, &b->volume) == 0;
}

static bool
keep(struct reading *r, const struct row *row)
{
    if (r->n == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 4096;
        struct row *rows = r->n < ROWS_MAX ? realloc(r->rows, capacity * sizeof *rows) : NULL;
        if (!rows)
            return qt_fail(r->csv.err, QT_E_MEMORY, "%s: no memory for %zu rows", r->csv.path,
                           capacity);
        r->rows = rows;
        r->capacity = capacity;
    }
    r->rows[r->n++] = *row;
    return true;
}

/* Any line, cell by cell. NULL, or what is wrong with it. */
static const char *
line_read(const struct reading *r, char *line, size_t length, struct row *row)
{
    char *cells[QT__CSV_COLUMNS];
    if (strlen(line) != length)
        return "a NUL byte in the row";
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    if (qt__csv_split(line, cells) != r->cells)
        return "not as many cells as the header has";
    return row_read(r, cells, row);
}

/* One line: kept, a duplicate, or refused. False: the reading ends with err. */
static bool
take_line(struct reading *r, char *line, size_t length)
{
    struct row row = {0};
    const struct row *last = r->n > 0 ? &r->rows[r->n - 1] : NULL;
    const char *reason = NULL;
    r->csv.report->rows++;
    if (!row_scan(r, line, length, &row)) {
        row = (struct row){0};
        reason = line_read(r, line, length, &row);
    }
    if (!reason)
        reason = row_judge(&row);
    if (!reason && last && is_same_row(&row, last)) {
        r->csv.report->duplicates++;
        return true;
    }
    if (!reason && last && row.open_ns <= last->open_ns)
        reason = "time does not follow the row before";
    if (reason)
        return qt__csv_refuse(&r->csv, reason);
    if (last)
        r->csv.report->gaps += (uint64_t)((row.open_ns - last->open_ns) / r->period_ns - 1);
    return keep(r, &row);
}

static bool
read_rows(struct reading *r)
{
    char *line;
    size_t length;
    memset(r->column_of, COLUMNS, sizeof r->column_of);
    for (uint8_t column = 0; column < COLUMNS; column++)
        if (r->at[column] != SIZE_MAX)
            r->column_of[r->at[column]] = column;
    while ((line = qt_lines_next(r->csv.lines, &length, r->csv.err)))
        if (!take_line(r, line, length))
            return false;
    return r->csv.err->code == QT_E_NONE ||
           qt_error_add(r->csv.err, "%s after line %ld", r->csv.path,
                        qt_lines_number(r->csv.lines));
}

/* Does v leave room for HEADROOM times itself at that scale? */
static bool
has_headroom(const struct qt__decimal *v, int scale)
{
    int64_t at;
    return qt__decimal_at(v, scale, &at) && at <= INT64_MAX / HEADROOM;
}

static void
choose_scales(struct reading *r)
{
    const struct qt__decimal *largest = NULL;
    for (size_t i = 0; i < r->n; i++) {
        const struct row *row = &r->rows[i];
        int px = QT_MAX(QT_MAX(row->open.decimals, row->high.decimals),
                        QT_MAX(row->low.decimals, row->close.decimals));
        r->px_scale = QT_MAX(r->px_scale, px);
        r->qty_scale = QT_MAX(r->qty_scale, QT_MIN(row->volume.decimals, QTY_SCALE_MAX));
        if (!largest || decimal_cmp(&row->volume, largest) > 0)
            largest = &row->volume;
    }
    while (r->qty_scale > 0 && largest && !has_headroom(largest, r->qty_scale))
        r->qty_scale--;
}

/* volume x (open + high + low + close) / 4 at QT_MONEY_SCALE. */
static bool
typical_quote(const struct reading *r, const struct qt_bar *bar, qt_money *out)
{
    int64_t sum;
    if (__builtin_add_overflow(bar->open.v, bar->high.v, &sum) ||
        __builtin_add_overflow(sum, bar->low.v, &sum) ||
        __builtin_add_overflow(sum, bar->close.v, &sum))
        return false;
    qt_money four;
    return qt_notional((qt_px){sum}, r->px_scale, bar->volume, r->qty_scale, QT_MONEY_SCALE,
                       &four) &&
           qt_money_mul_div(four, 1, 4, out);
}

static bool
to_bar(const struct reading *r, const struct row *row, struct qt_bar *bar)
{
    bool has_quote = r->at[COLUMN_QUOTE] != SIZE_MAX;
    bool has_taker = r->at[COLUMN_TAKER] != SIZE_MAX;
    *bar = (struct qt_bar){.open_ns = row->open_ns,
                           .period_ns = r->period_ns,
                           .trades = row->trades,
                           .taker_buy = {-1}};
    return qt__decimal_at(&row->open, r->px_scale, &bar->open.v) &&
           qt__decimal_at(&row->high, r->px_scale, &bar->high.v) &&
           qt__decimal_at(&row->low, r->px_scale, &bar->low.v) &&
           qt__decimal_at(&row->close, r->px_scale, &bar->close.v) &&
           qt__decimal_at(&row->volume, r->qty_scale, &bar->volume.v) &&
           (has_quote ? qt__decimal_at(&row->quote, QT_MONEY_SCALE, &bar->quote_volume.v)
                      : typical_quote(r, bar, &bar->quote_volume)) &&
           (!has_taker || qt__decimal_at(&row->taker, r->qty_scale, &bar->taker_buy.v));
}

static bool
to_bars(struct reading *r, int64_t from_ns, int64_t to_ns, struct qt_series *out)
{
    out->bars = calloc(QT_MAX(r->n, (size_t)1), sizeof *out->bars);
    if (!out->bars)
        return qt_fail(r->csv.err, QT_E_MEMORY, "%s: no memory for %zu bars", r->csv.path, r->n);
    for (size_t i = 0; i < r->n; i++) {
        const struct row *row = &r->rows[i];
        if ((from_ns != QT_TIME_NONE && row->open_ns < from_ns) ||
            (to_ns != QT_TIME_NONE && row->open_ns >= to_ns))
            continue;
        if (to_bar(r, row, &out->bars[out->n]))
            out->n++;
        else if (!qt__csv_refuse(&r->csv, "a figure does not fit 64 bits at the file's scale"))
            return false;
    }
    return true;
}

/* "DIR/BTCUSDT-5m.csv.gz" gives the symbol and the period. False: another kind of name. */
bool
qt__series_name(const char *path, char symbol[QT_SYMBOL_SIZE], int64_t *period_ns)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t tail = qt_ends_with(name, ".csv.gz") ? 7 : qt_ends_with(name, ".csv") ? 4 : 0;
    char stem[QT_SYMBOL_SIZE + 8];
    if (tail == 0 || !qt_copy_n(stem, sizeof stem, name, strlen(name) - tail))
        return false;
    char *dash = strrchr(stem, '-');
    if (!dash || dash == stem)
        return false;
    enum qt_timeframe tf = qt_timeframe_of_name(dash + 1);
    if (tf == QT_TIMEFRAMES)
        return false;
    *dash = '\0';
    *period_ns = qt_timeframe_ns(tf);
    return qt_copy(symbol, QT_SYMBOL_SIZE, stem);
}

static void
describe(const struct reading *r, const char *symbol, struct qt_series *out)
{
    struct qt_instrument *ins = &out->ins;
    (void)qt_copy(ins->symbol, sizeof ins->symbol, symbol);
    if (!qt_symbol_split(symbol, ins->base, ins->quote)) {
        (void)qt_copy(ins->base, sizeof ins->base, symbol);
        (void)qt_copy(ins->quote, sizeof ins->quote, "USD");
    }
    ins->id = QT_NO_INSTRUMENT;
    ins->px_scale = r->px_scale;
    ins->qty_scale = r->qty_scale;
    ins->tick = ins->min_px = (qt_px){1};
    ins->lot = ins->min_qty = (qt_qty){1};
    out->period_ns = r->period_ns;
}

bool
qt_series_load(const char *path, int64_t from_ns, int64_t to_ns, bool strict, struct qt_series *out,
               struct qt_reader_report *report, struct qt_error *err)
{
    char symbol[QT_SYMBOL_SIZE];
    struct qt_series series = {0};
    struct reading r = {.csv = {.path = path, .strict = strict, .report = report, .err = err}};
    err->code = QT_E_NONE;
    if (!qt__series_name(path, symbol, &r.period_ns))
        return qt_fail(err, QT_E_DATA, "%s: the name must be SYMBOL-INTERVAL.csv or .csv.gz", path);
    qt_auto(qt_lines) lines = qt_lines_open(path, err);
    r.csv.lines = lines;
    bool ok = lines && qt__csv_header(&r.csv, columns, COLUMNS, r.at, &r.cells) && read_rows(&r);
    if (ok) {
        choose_scales(&r);
        describe(&r, symbol, &series);
        ok = to_bars(&r, from_ns, to_ns, &series);
    }
    free(r.rows);
    if (!ok) {
        qt_series_finish(&series);
        return false;
    }
    *out = series;
    return true;
}

void
qt_series_finish(struct qt_series *series)
{
    if (!series)
        return;
    free(series->bars);
    *series = (struct qt_series){0};
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Klines: the header row says which column is what; a first pass finds the decimals, so that the second one can read
 * exact integers. Rows that cannot be are named with file, line and reason.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/market/reader.h"

enum column { TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, QUOTE, TRADES, TAKER, COLUMNS, OTHER = COLUMNS };
enum { FIELDS = 16 };

static const char *const column_names[COLUMNS] = {
    "open_time_ms", "open", "high", "low", "close", "volume", "quote_volume", "trades",
    "taker_buy_base"};

struct field {
    const char *s;
    size_t n;
};

struct kline_file {
    const char *path;
    struct qt_lines *lines;
    int column[FIELDS]; /* enum column of each field of a row */
    int fields;
    bool has[COLUMNS];
};

static int
split_row(const char *line, size_t n, struct field out[FIELDS])
{
    int count = 0;
    const char *p = line, *end = line + n;
    while (count < FIELDS) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma ? comma : end;
        out[count++] = (struct field){p, (size_t)(stop - p)};
        if (!comma)
            return count;
        p = comma + 1;
    }
    return FIELDS + 1;
}

static bool
read_header(struct kline_file *file, struct qt_error *err)
{
    size_t n = 0;
    struct field field[FIELDS];
    char *line = qt_lines_next(file->lines, &n, err);
    if (!line)
        return err->code == QT_E_NONE ? qt_fail(err, QT_E_DATA, "%s: the file is empty", file->path)
                                      : false;
    file->fields = split_row(line, n, field);
    if (file->fields > FIELDS)
        return qt_fail(err, QT_E_DATA, "%s:1: more than %d columns", file->path, (int)FIELDS);
    for (int i = 0; i < file->fields; i++) {
        int c = 0;
        while (c < COLUMNS && (strlen(column_names[c]) != field[i].n ||
                               memcmp(column_names[c], field[i].s, field[i].n) != 0))
            c++;
        file->column[i] = c;
        if (c < COLUMNS)
            file->has[c] = true;
    }
    for (int c = TIME; c <= VOLUME; c++)
        if (!file->has[c])
            return qt_fail(err, QT_E_DATA, "%s:1: no column '%s': not a kline file", file->path,
                           column_names[c]);
    return true;
}

static struct qt_lines *
open_klines(struct kline_file *file, const char *path, struct qt_error *err)
{
    *file = (struct kline_file){.path = path};
    file->lines = qt_lines_open(path, err);
    if (file->lines && !read_header(file, err)) {
        qt_lines_close(file->lines);
        file->lines = NULL;
    }
    return file->lines;
}

/* Digits behind the point without trailing zeros. */
static int
decimals(const struct field *field)
{
    const char *point = memchr(field->s, '.', field->n);
    if (!point)
        return 0;
    const char *last = field->s + field->n;
    while (last > point + 1 && last[-1] == '0')
        last--;
    return (int)(last - point - 1);
}

static bool
find_scales(const char *path, struct qt_series *out, size_t *rows, struct qt_error *err)
{
    struct kline_file file;
    qt_auto(qt_lines) lines = open_klines(&file, path, err);
    if (!lines)
        return false;
    size_t n;
    char *line;
    *rows = 0;
    while ((line = qt_lines_next(lines, &n, err))) {
        struct field field[FIELDS];
        if (split_row(line, n, field) != file.fields)
            continue;
        ++*rows;
        for (int i = 0; i < file.fields; i++) {
            int c = file.column[i], d = c < COLUMNS ? decimals(&field[i]) : 0;
            d = QT_MIN(d, 10);
            if (c >= OPEN && c <= CLOSE)
                out->ins.px_scale = QT_MAX(out->ins.px_scale, d);
            else if (c == VOLUME || c == TAKER)
                out->ins.qty_scale = QT_MAX(out->ins.qty_scale, QT_MIN(d, 8));
        }
    }
    return err->code == QT_E_NONE;
}

/* One value as an integer of the scale; more decimals than that are cut (volumes only). */
static bool
read_value(const struct field *field, int scale, bool may_cut, int64_t *out)
{
    size_t n = field->n;
    const char *point = memchr(field->s, '.', n);
    if (may_cut && point && (size_t)(field->s + n - point) > (size_t)scale + 1)
        n = (size_t)(point - field->s) + 1 + (size_t)scale;
    return n > 0 && field->s[0] != '+' && qt_decimal_parse(field->s, n, scale, out);
}

/* Fills bar from a row; NULL, or why the row is malformed. */
static const char *
read_row(const struct kline_file *file, const struct qt_series *series, const char *line, size_t n,
         struct qt_bar *bar)
{
    static const char *const not_number[COLUMNS] = {
        "the time is no number",   "the open is no number",   "the high is no number",
        "the low is no number",    "the close is no number",  "the volume is no number",
        "quote_volume is no number", "trades is no number",   "taker_buy_base is no number"};
    struct field field[FIELDS];
    int64_t v[COLUMNS] = {0};
    if (split_row(line, n, field) != file->fields)
        return "another number of columns than the header";
    for (int i = 0; i < file->fields; i++) {
        int c = file->column[i];
        int scale = c >= OPEN && c <= CLOSE        ? series->ins.px_scale
                    : c == VOLUME || c == TAKER    ? series->ins.qty_scale
                    : c == QUOTE                   ? QT_MONEY_SCALE
                                                   : 0;
        if (c < COLUMNS && !read_value(&field[i], scale, c >= VOLUME, &v[c]))
            return not_number[c];
    }
    if (v[TIME] <= 0 || v[TIME] > INT64_MAX / QT_NS_PER_MS)
        return "the time is out of range";
    *bar = (struct qt_bar){.open_ns = v[TIME] * QT_NS_PER_MS,
                           .open = {v[OPEN]},
                           .high = {v[HIGH]},
                           .low = {v[LOW]},
                           .close = {v[CLOSE]},
                           .volume = {v[VOLUME]},
                           .quote_volume = {v[QUOTE]},
                           .taker_buy = {file->has[TAKER] ? v[TAKER] : -1},
                           .trades = (uint32_t)QT_MIN(QT_MAX(v[TRADES], 0), (int64_t)UINT32_MAX)};
    if (bar->open.v <= 0 || bar->high.v <= 0 || bar->low.v <= 0 || bar->close.v <= 0)
        return "a price is not above 0";
    if (bar->high.v < bar->low.v || bar->open.v > bar->high.v || bar->open.v < bar->low.v ||
        bar->close.v > bar->high.v || bar->close.v < bar->low.v)
        return "high and low do not hold open and close";
    return bar->volume.v < 0 || bar->quote_volume.v < 0 ? "a volume is negative" : NULL;
}

/* volume x (open + high + low + close) / 4 where the file has no quote volume. */
static void
estimate_quote(const struct qt_instrument *ins, struct qt_bar *bar)
{
    qt_px sum = {bar->open.v + bar->high.v + bar->low.v + bar->close.v};
    if (!qt_instrument_notional(ins, sum, bar->volume, &bar->quote_volume) ||
        !qt_money_mul_div(bar->quote_volume, 1, 4, &bar->quote_volume))
        bar->quote_volume = QT_MONEY_ZERO;
}

static bool
note_bad(struct qt_reader_report *report, const char *path, long line, const char *why, bool strict,
         struct qt_error *err)
{
    report->skipped++;
    if (report->notes < QT_READER_NOTES)
        snprintf(report->note[report->notes++], sizeof report->note[0], "%s:%ld: %s", path, line,
                 why);
    return !strict || qt_fail(err, QT_E_DATA, "%s:%ld: %s", path, line, why);
}

static bool
same_bar(const struct qt_bar *a, const struct qt_bar *b)
{
    return a->open.v == b->open.v && a->high.v == b->high.v && a->low.v == b->low.v &&
           a->close.v == b->close.v && a->volume.v == b->volume.v;
}

/* Keeps, skips or refuses one good row by its time. */
static bool
place_bar(struct qt_series *series, const struct qt_bar *bar, const char *path, long line,
          bool strict, struct qt_reader_report *report, struct qt_error *err)
{
    const struct qt_bar *last = series->n ? &series->bars[series->n - 1] : NULL;
    if (last && bar->open_ns == last->open_ns && same_bar(bar, last)) {
        report->duplicates++;
        return true;
    }
    if (last && bar->open_ns <= last->open_ns)
        return note_bad(report, path, line, "not after the row before it", strict, err);
    series->bars[series->n++] = *bar;
    return true;
}

static bool
read_rows(const char *path, struct qt_series *out, int64_t from_ns, int64_t to_ns, bool strict,
          struct qt_reader_report *report, struct qt_error *err)
{
    struct kline_file file;
    qt_auto(qt_lines) lines = open_klines(&file, path, err);
    if (!lines)
        return false;
    size_t n;
    char *line;
    while ((line = qt_lines_next(lines, &n, err))) {
        struct qt_bar bar;
        report->rows++;
        const char *why = read_row(&file, out, line, n, &bar);
        if (why) {
            if (!note_bad(report, path, qt_lines_number(lines), why, strict, err))
                return false;
            continue;
        }
        if ((from_ns != QT_TIME_NONE && bar.open_ns < from_ns) ||
            (to_ns != QT_TIME_NONE && bar.open_ns >= to_ns))
            continue;
        if (!file.has[QUOTE])
            estimate_quote(&out->ins, &bar);
        if (!place_bar(out, &bar, path, qt_lines_number(lines), strict, report, err))
            return false;
    }
    return err->code == QT_E_NONE;
}

/* "SYMBOL-INTERVAL.csv[.gz]": the symbol and the period of the interval. */
static bool
split_name(const char *path, char symbol[QT_SYMBOL_SIZE], int64_t *period_ns)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    const char *dot = strstr(name, ".csv"), *dash = NULL;
    if (!dot || (strcmp(dot, ".csv") != 0 && strcmp(dot, ".csv.gz") != 0))
        return false;
    for (const char *p = name; p < dot; p++)
        if (*p == '-')
            dash = p;
    char interval[8] = "";
    if (!dash || dash == name || (size_t)(dash - name) >= QT_SYMBOL_SIZE ||
        !qt_copy_n(interval, sizeof interval, dash + 1, (size_t)(dot - dash - 1)))
        return false;
    enum qt_timeframe tf = qt_timeframe_of_name(interval);
    if (tf == QT_TIMEFRAMES)
        return false;
    qt_copy_n(symbol, QT_SYMBOL_SIZE, name, (size_t)(dash - name));
    *period_ns = qt_timeframe_ns(tf);
    return true;
}

static void
fill_instrument(struct qt_series *series)
{
    struct qt_instrument *ins = &series->ins;
    ins->tick = (qt_px){1};
    ins->lot = ins->min_qty = (qt_qty){1};
    if (!qt_symbol_split(ins->symbol, ins->base, ins->quote))
        qt_copy(ins->base, sizeof ins->base, ins->symbol);
}

bool
qt_series_load(const char *path, int64_t from_ns, int64_t to_ns, bool strict, struct qt_series *out,
               struct qt_reader_report *report, struct qt_error *err)
{
    struct qt_series series = {0};
    size_t rows = 0;
    if (!split_name(path, series.ins.symbol, &series.period_ns))
        return qt_fail(err, QT_E_DATA, "%s: not named SYMBOL-INTERVAL.csv[.gz]", path);
    if (!find_scales(path, &series, &rows, err))
        return false;
    series.bars = malloc((rows + 1) * sizeof *series.bars);
    if (!series.bars)
        return qt_fail(err, QT_E_MEMORY, "%s: no memory for %zu rows", path, rows);
    fill_instrument(&series);
    if (!read_rows(path, &series, from_ns, to_ns, strict, report, err)) {
        qt_series_finish(&series);
        return false;
    }
    for (size_t i = 0; i < series.n; i++) {
        series.bars[i].period_ns = series.period_ns;
        if (i > 0)
            report->gaps += (uint64_t)QT_MAX(
                (series.bars[i].open_ns - series.bars[i - 1].open_ns) / series.period_ns - 1,
                (int64_t)0);
    }
    *out = series;
    return true;
}

void
qt_series_finish(struct qt_series *series)
{
    free(series->bars);
    series->bars = NULL;
    series->n = 0;
}

void
qt_dataset_finish(struct qt_dataset *dataset)
{
    for (size_t i = 0; i < dataset->n; i++)
        qt_series_finish(&dataset->series[i]);
    free(dataset->series);
    *dataset = (struct qt_dataset){0};
}

static int
is_kline_name(const struct dirent *entry)
{
    char symbol[QT_SYMBOL_SIZE];
    int64_t period;
    return split_name(entry->d_name, symbol, &period);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
load_names(const char *folder, struct dirent **names, size_t n, int64_t from_ns, int64_t to_ns,
           bool strict, qt_progress_fn progress, void *context, struct qt_dataset *out,
           struct qt_error *err)
{
    out->series = calloc(n, sizeof *out->series);
    if (!out->series)
        return qt_fail(err, QT_E_MEMORY, "%s: no memory", folder);
    for (size_t i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (!qt_series_load(path, from_ns, to_ns, strict, &out->series[out->n], &out->report, err))
            return false;
        if (out->series[out->n].n > 0)
            out->n++;
        else
            qt_series_finish(&out->series[out->n]);
        if (progress)
            progress(context, i + 1, n);
    }
    return out->n > 0 || qt_fail(err, QT_E_DATA, "%s: no bars in the time asked for", folder);
}

bool
qt_dataset_load(const char *folder, int64_t from_ns, int64_t to_ns, bool strict,
                qt_progress_fn progress, void *context, struct qt_dataset *out,
                struct qt_error *err)
{
    struct dirent **names = NULL;
    *out = (struct qt_dataset){0};
    int n = scandir(folder, &names, is_kline_name, by_name);
    if (n < 0)
        return qt_fail_errno(err, QT_E_DATA, "%s: cannot read the folder", folder);
    bool is_loaded = n > 0 ? load_names(folder, names, (size_t)n, from_ns, to_ns, strict, progress,
                                        context, out, err)
                           : qt_fail(err, QT_E_DATA,
                                     "%s: no file named SYMBOL-INTERVAL.csv[.gz] in it", folder);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    if (!is_loaded)
        qt_dataset_finish(out);
    return is_loaded;
}

bool
qt_symbol_split(const char *symbol, char base[QT_ASSET_SIZE], char quote[QT_ASSET_SIZE])
{
    static const char *const quotes[] = {"FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "DAI",
                                         "EUR",   "TRY",  "BRL",  "GBP",  "USD",  "BTC",  "ETH",
                                         "BNB"};
    size_t n = strlen(symbol);
    for (size_t i = 0; i < QT_COUNT_OF(quotes); i++) {
        size_t m = strlen(quotes[i]);
        if (n <= m || n - m >= QT_ASSET_SIZE || !qt_ends_with(symbol, quotes[i]))
            continue;
        qt_copy_n(base, QT_ASSET_SIZE, symbol, n - m);
        qt_copy(quote, QT_ASSET_SIZE, quotes[i]);
        return true;
    }
    return false;
}

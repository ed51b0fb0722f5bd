/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "csv_priv.h"

size_t
qt__csv_split(char *line, char **cells)
{
    size_t n = 0;
    char *p = line;
    for (;;) {
        if (n == QT__CSV_COLUMNS)
            return n + 1;
        cells[n++] = p;
        p = strchr(p, ',');
        if (!p)
            return n;
        *p++ = '\0';
    }
}

/* Any number of digits, as long as what is left without trailing zeros fits. */
static bool
read_long(const char *text, struct qt__decimal *out)
{
    int64_t v = 0;
    int decimals = 0, zeros = 0; /* zeros: behind the point, not taken up yet */
    bool past_point = false;
    const char *p = text;
    for (; *p; p++) {
        if (*p == '.' && !past_point && p != text && p[1]) {
            past_point = true;
            continue;
        }
        if (*p < '0' || *p > '9')
            return false;
        if (past_point && *p == '0') {
            zeros++;
            continue;
        }
        for (int i = past_point ? zeros + 1 : 1; i > 0; i--)
            if (__builtin_mul_overflow(v, 10, &v))
                return false;
        decimals += past_point ? zeros + 1 : 0;
        zeros = 0;
        if (__builtin_add_overflow(v, *p - '0', &v))
            return false;
    }
    *out = (struct qt__decimal){.digits = v, .decimals = decimals};
    return p != text;
}

const char *
qt__decimal_scan(const char *text, struct qt__decimal *out)
{
    enum { SHORT = 18 }; /* so many digits fit whatever they are */
    const char *p = text, *point = NULL;
    uint64_t v = 0, kept = 0;
    int decimals = 0;
    unsigned digit;
    for (; (digit = (unsigned)*p - '0') <= 9; p++)
        v = v * 10 + digit;
    kept = v;
    if (*p == '.') {
        point = p++;
        for (; (digit = (unsigned)*p - '0') <= 9; p++) {
            v = v * 10 + digit;
            kept = digit ? v : kept;
            decimals = digit ? (int)(p - point) : decimals;
        }
    }
    if (p == text || point == text || point == p - 1 || p - text - (point != NULL) > SHORT)
        return NULL;
    *out = (struct qt__decimal){.digits = (int64_t)kept, .decimals = decimals};
    return p;
}

bool
qt__decimal_read(const char *text, struct qt__decimal *out)
{
    struct qt__decimal found;
    const char *end = qt__decimal_scan(text, &found);
    if (!end || *end != '\0')
        return read_long(text, out);
    *out = found;
    return true;
}

bool
qt__decimal_at(const struct qt__decimal *d, int scale, int64_t *out)
{
    if (d->decimals > scale) {
        *out = d->decimals - scale > 18 ? 0 : d->digits / qt_pow10(d->decimals - scale);
        return true;
    }
    return !__builtin_mul_overflow(d->digits, qt_pow10(scale - d->decimals), out);
}

bool
qt__csv_time(const char *text, int64_t *out_ns)
{
    struct qt__decimal ms;
    return qt__decimal_read(text, &ms) && ms.decimals == 0 &&
           !__builtin_mul_overflow(ms.digits, QT_NS_PER_MS, out_ns);
}

bool
qt__csv_refuse(struct qt__csv *csv, const char *reason)
{
    struct qt_reader_report *report = csv->report;
    const char *slash = strrchr(csv->path, '/');
    const char *file = slash ? slash + 1 : csv->path;
    long line = qt_lines_number(csv->lines);
    report->skipped++;
    if (report->notes < QT_READER_NOTES) {
        char *note = report->note[report->notes++];
        snprintf(note, sizeof report->note[0], "%.80s:%ld: %s", file, line, reason);
    }
    if (!csv->strict)
        return true;
    return qt_fail(csv->err, QT_E_DATA, "%s:%ld: %s", csv->path, line, reason);
}

bool
qt__csv_header(struct qt__csv *csv, const struct qt__csv_column *columns, size_t n, size_t *at,
               size_t *out_cells)
{
    char *line = qt_lines_next(csv->lines, NULL, csv->err), *cells[QT__CSV_COLUMNS];
    if (!line)
        return csv->err->code == QT_E_NONE
                   ? qt_fail(csv->err, QT_E_DATA, "%s: the file is empty", csv->path)
                   : false;
    line[strcspn(line, "\r")] = '\0';
    size_t count = qt__csv_split(line, cells);
    if (count > QT__CSV_COLUMNS)
        return qt_fail(csv->err, QT_E_DATA, "%s: more than %d columns", csv->path, QT__CSV_COLUMNS);
    for (size_t i = 0; i < n; i++) {
        at[i] = SIZE_MAX;
        for (size_t c = 0; c < count; c++)
            if (strcmp(cells[c], columns[i].name) == 0)
                at[i] = c;
        if (at[i] == SIZE_MAX && columns[i].required)
            return qt_fail(csv->err, QT_E_DATA, "%s: no column \"%s\" in the header (line 1)",
                           csv->path, columns[i].name);
    }
    *out_cells = count;
    return true;
}

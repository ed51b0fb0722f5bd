/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every column of the golden files against the streaming kernels: the same first bar, then TA-Lib's
 * values to the last bit and the others' to 1e-12. The files and their generator are in
 * tests/golden/indicator (TA-Lib through npm's talib 1.1.6, trading-signals 8.3.0).
 */
#include "bars.h"

static struct qt_ohlcv *
bars_read(const char *market, size_t *out_n)
{
    char name[64];
    snprintf(name, sizeof name, "%s-bars.csv", market);
    struct table t = table_read(name);
    ck_assert_uint_eq(t.columns, 6);
    struct qt_ohlcv *bars = calloc(t.rows, sizeof *bars);
    for (size_t i = 0; i < t.rows; i++) {
        const double *cell = &t.cells[i * t.columns];
        bars[i] = (struct qt_ohlcv){.open_ns = (int64_t)cell[0] * 1000000,
                                    .open = cell[1],
                                    .high = cell[2],
                                    .low = cell[3],
                                    .close = cell[4],
                                    .volume = cell[5]};
    }
    *out_n = t.rows;
    table_free(&t);
    return bars;
}

static double
scale_of(const struct table *t, size_t column)
{
    double scale = 0.0;
    for (size_t i = 0; i < t->rows; i++)
        scale = fmax(scale, fabs(t->cells[i * t->columns + column])); /* fmax passes over NaN */
    return scale;
}

static void
check_column(const struct table *t, size_t column, const struct qt_ohlcv *bars, double tolerance)
{
    struct qt_error err = {0};
    struct qt_indicator_spec spec;
    const char *name = t->names[column];
    ck_assert_msg(qt_indicator_spec_parse(name, &spec, &err), "%s: %s", name, err.text);
    size_t output = spec.output < 0 ? 0 : (size_t)spec.output;
    double floor = scale_of(t, column) / 1000.0, out[QT_INDICATOR_OUTPUTS];
    void *state = state_of(spec.indicator, spec.params);
    for (size_t i = 0; i < t->rows; i++) {
        spec.indicator->update(state, &bars[i]);
        bool has_value = spec.indicator->value(state, out);
        double want = t->cells[i * t->columns + column];
        ck_assert_msg(has_value == !isnan(want), "%s at bar %zu: a value %s", name, i,
                      has_value ? "too early" : "is missing");
        if (!has_value)
            continue;
        ck_assert_msg(fabs(out[output] - want) <= tolerance * fmax(fabs(want), floor),
                      "%s at bar %zu: %.17g, golden %.17g", name, i, out[output], want);
    }
    free(state);
}

static const struct {
    const char *market, *file;
    size_t columns;
    double tolerance; /* relative to the value, or to a thousandth of the column's largest */
} files[] = {
    {"walk", "walk-talib.csv", 68, 0.0},    {"ties", "ties-talib.csv", 68, 0.0},
    {"flat", "flat-talib.csv", 68, 0.0},    {"walk", "walk-signals.csv", 8, 1e-12},
    {"ties", "ties-signals.csv", 8, 1e-12}, {"flat", "flat-signals.csv", 8, 1e-12},
};

START_TEST(every_golden_column_is_met_from_its_first_bar_on)
{
    size_t n;
    struct qt_ohlcv *bars = bars_read(files[_i].market, &n);
    struct table t = table_read(files[_i].file);
    ck_assert_uint_eq(t.columns, files[_i].columns);
    ck_assert_uint_eq(t.rows, n);
    for (size_t column = 0; column < t.columns; column++)
        check_column(&t, column, bars, files[_i].tolerance);
    table_free(&t);
    free(bars);
}
END_TEST

/* Every row of the table stands in some golden file, so that a new row cannot pass unmeasured. */
START_TEST(every_row_has_a_golden_column)
{
    struct table t[2] = {table_read("walk-talib.csv"), table_read("walk-signals.csv")};
    for (size_t row = 0; qt_indicators[row]; row++) {
        bool found = false;
        for (size_t f = 0; f < 2; f++)
            for (size_t column = 0; column < t[f].columns; column++) {
                struct qt_error err = {0};
                struct qt_indicator_spec spec;
                ck_assert(qt_indicator_spec_parse(t[f].names[column], &spec, &err));
                found = found || spec.indicator == qt_indicators[row];
            }
        ck_assert_msg(found, "%s has no golden column", qt_indicators[row]->name);
    }
    table_free(&t[0]);
    table_free(&t[1]);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("indicator_golden");
    TCase *tc = tcase_create("golden");
    tcase_add_loop_test(tc, every_golden_column_is_met_from_its_first_bar_on, 0,
                        (int)QT_COUNT_OF(files));
    tcase_add_test(tc, every_row_has_a_golden_column);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

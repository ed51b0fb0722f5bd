/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Half a year of recorded hours, dear and cheap coins, against TA-Lib's answers for the same rows:
 * the values of every 97th bar, to the last bit after thousands of bars of running sums. Needs the
 * recorded market data.
 */
#include "bars.h"

#include "qtrade/base/time.h"
#include "qtrade/market/reader.h"

static const char *const symbols[] = {"BTCUSDT", "PEPEUSDT"};

static void
check_column(const struct table *t, size_t column, const struct qt_series *series)
{
    struct qt_error err = {0};
    struct qt_indicator_spec spec;
    ck_assert_msg(qt_indicator_spec_parse(t->names[column], &spec, &err), "%s", err.text);
    size_t output = spec.output < 0 ? 0 : (size_t)spec.output, row = 0;
    double out[QT_INDICATOR_OUTPUTS];
    void *state = state_of(spec.indicator, spec.params);
    for (size_t i = 0; i < series->n && row < t->rows; i++) {
        const double *cells = &t->cells[row * t->columns];
        struct qt_ohlcv bar =
            qt_ohlcv_of(&series->bars[i], series->ins.px_scale, series->ins.qty_scale);
        spec.indicator->update(state, &bar);
        if ((double)i != cells[0])
            continue;
        bool has_value = spec.indicator->value(state, out);
        ck_assert_double_eq(cells[1], (double)(bar.open_ns / QT_NS_PER_MS));
        ck_assert_msg(has_value == !isnan(cells[column]), "%s at bar %zu", t->names[column], i);
        if (has_value)
            ck_assert_msg(out[output] == cells[column], "%s at bar %zu: %.17g, golden %.17g",
                          t->names[column], i, out[output], cells[column]);
        row++;
    }
    ck_assert_uint_eq(row, t->rows);
    free(state);
}

START_TEST(half_a_year_of_hours_is_equal_to_the_last_bit)
{
    char name[64], relative[96], path[4096];
    struct qt_error err = {0};
    struct qt_reader_report report = {0};
    struct qt_series series;
    snprintf(relative, sizeof relative, "klines/binance-spot-2024h1-1h/%s-1h.csv.gz", symbols[_i]);
    if (!qt_market_path(relative, path, sizeof path))
        return;
    snprintf(name, sizeof name, "recorded-%s.csv", symbols[_i]);
    struct table t = table_read(name);
    ck_assert_msg(qt_series_load(path, QT_TIME_NONE, QT_TIME_NONE, true, &series, &report, &err),
                  "%s", err.text);
    ck_assert_uint_ge(t.columns, 70);
    for (size_t column = 2; column < t.columns; column++)
        check_column(&t, column, &series);
    qt_series_finish(&series);
    table_free(&t);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("indicator_recorded");
    TCase *tc = tcase_create("recorded");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, half_a_year_of_hours_is_equal_to_the_last_bit, 0,
                        (int)QT_COUNT_OF(symbols));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

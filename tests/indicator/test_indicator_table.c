/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table: order, rows that explain themselves, first values, column names and the way back.
 */
#include "bars.h"

START_TEST(rows_are_sorted_and_a_name_repeats_only_with_more_parameters)
{
    for (size_t i = 1; qt_indicators[i]; i++) {
        const struct qt_indicator *a = qt_indicators[i - 1], *b = qt_indicators[i];
        int order = strcmp(a->name, b->name);
        ck_assert_msg(order < 0 ||
                          (order == 0 && qt_indicator_param_count(a) < qt_indicator_param_count(b)),
                      "%s stands before %s", a->name, b->name);
    }
}
END_TEST

START_TEST(a_row_says_what_it_is_and_fills_every_slot)
{
    const struct qt_indicator *ind = qt_indicators[_i];
    ck_assert_ptr_nonnull(strchr("abcdefghijklmnopqrstuvwxyz", ind->name[0]));
    ck_assert(ind->title && *ind->title && ind->convention && *ind->convention);
    ck_assert_msg(ind->source && strlen(ind->source) > 5, "%s names no source", ind->name);
    ck_assert(ind->lookback && ind->state_size && ind->init && ind->update && ind->value &&
              ind->peek);
    ck_assert_uint_ne(ind->inputs, 0);
    ck_assert_uint_ge(qt_indicator_output_count(ind), 1);
    ck_assert_uint_le(qt_indicator_output_count(ind), QT_INDICATOR_OUTPUTS);
    ck_assert(*qt_family_name(ind->family));
}
END_TEST

START_TEST(presets_are_in_range_and_the_ends_of_the_range_work)
{
    const struct qt_indicator *ind = qt_indicators[_i];
    double params[QT_INDICATOR_PARAMS];
    struct qt_error err = {0};
    qt_indicator_defaults(ind, params);
    ck_assert_msg(qt_indicator_check(ind, params, &err), "%s", err.text);
    for (unsigned p = 0; p < qt_indicator_param_count(ind); p++) {
        const struct qt_indicator_param *row = &ind->params[p];
        double preset = params[p];
        for (int end = 0; end < 2; end++) {
            params[p] = end ? row->max : row->min;
            ck_assert(qt_indicator_check(ind, params, &err));
            free(state_of(ind, params));
        }
        params[p] = row->min - 1e-5;
        ck_assert(!qt_indicator_check(ind, params, &err));
        ck_assert_int_eq(err.code, QT_E_USAGE);
        params[p] = row->max + 1.0;
        ck_assert(!qt_indicator_check(ind, params, &err));
        params[p] = (double)NAN;
        ck_assert(!qt_indicator_check(ind, params, &err));
        params[p] = preset + 0.5;
        if (!row->is_real)
            ck_assert(!qt_indicator_check(ind, params, &err));
        params[p] = preset;
    }
}
END_TEST

/* The first values of conventions, section 1, and of the rows that it leaves to their definition.
 */
static const struct {
    const char *spec;
    size_t first;
} first_values[] = {
    {"sma_20", 19},
    {"ema_20", 19},
    {"wma_20", 19},
    {"dema_20", 38},
    {"tema_20", 57},
    {"t3_5_0.7", 24},
    {"kama_10", 10},
    {"rsi_14", 14},
    {"stochrsi_14_14_3", 29},
    {"stochrsi_14_14_3_3", 31},
    {"stoch_14_3_3", 17},
    {"macd_12_26_9", 33},
    {"ppo_12_26", 25},
    {"ppo_sma_12_26", 25},
    {"roc_10", 10},
    {"mom_10", 10},
    {"cci_20", 19},
    {"willr_14", 13},
    {"mfi_14", 14},
    {"obv", 0},
    {"ad", 0},
    {"adosc_3_10", 9},
    {"cmf_20", 19},
    {"vwap_20", 19},
    {"vwap_session_utc", 0},
    {"trange", 1},
    {"atr_14", 14},
    {"natr_14", 14},
    {"bbands_20_2", 19},
    {"keltner_20_10_2", 19},
    {"keltner_5_10_2", 10},
    {"donchian_20", 19},
    {"plus_di_14", 14},
    {"minus_di_14", 14},
    {"dx_14", 14},
    {"adx_14", 27},
    {"sar_0.02_0.2", 1},
    {"supertrend_10_3", 9},
};

START_TEST(first_value_is_where_the_conventions_put_it)
{
    struct qt_error err = {0};
    struct qt_indicator_spec spec;
    ck_assert_msg(qt_indicator_spec_parse(first_values[_i].spec, &spec, &err), "%s", err.text);
    ck_assert_uint_eq(spec.indicator->lookback(spec.params), first_values[_i].first);
}
END_TEST

START_TEST(every_row_has_a_first_value_in_the_list)
{
    for (size_t row = 0; qt_indicators[row]; row++) {
        bool found = false;
        for (size_t i = 0; i < QT_COUNT_OF(first_values); i++) {
            struct qt_error err = {0};
            struct qt_indicator_spec spec;
            ck_assert(qt_indicator_spec_parse(first_values[i].spec, &spec, &err));
            found = found || spec.indicator == qt_indicators[row];
        }
        ck_assert_msg(found, "%s has none", qt_indicators[row]->name);
    }
}
END_TEST

START_TEST(a_column_name_leads_back_to_its_row)
{
    const struct qt_indicator *ind = qt_indicators[_i];
    double params[QT_INDICATOR_PARAMS];
    char column[QT_INDICATOR_COLUMN];
    qt_indicator_defaults(ind, params);
    for (unsigned o = 0; o < qt_indicator_output_count(ind); o++) {
        struct qt_error err = {0};
        struct qt_indicator_spec spec;
        qt_indicator_column(ind, params, o, column);
        ck_assert_msg(qt_indicator_spec_parse(column, &spec, &err), "%s: %s", column, err.text);
        ck_assert_ptr_eq(spec.indicator, ind);
        ck_assert_mem_eq(spec.params, params, sizeof params);
        ck_assert_int_eq(spec.output, strcmp(ind->outputs[o], "value") == 0 ? -1 : (int)o);
    }
}
END_TEST

static const struct {
    const char *text, *column; /* column of its output, or of its first */
} good_specs[] = {
    {"rsi", "rsi_14"},
    {"ema_50", "ema_50"},
    {"bbands_20_2.5", "bbands_20_2.5_upper"},
    {"bbands_lower", "bbands_20_2_lower"},
    {"macd_12_26_9_signal", "macd_12_26_9_signal"},
    {"macd_12_26_9_value", "macd_12_26_9"},
    {"sar", "sar_0.02_0.2"},
    {"ppo_sma", "ppo_sma_12_26"},
    {"ppo_sma_5_10", "ppo_sma_5_10"},
    {"ad", "ad"},
    {"vwap_session_utc", "vwap_session_utc"},
    {"vwap_5", "vwap_5"},
    {"stochrsi", "stochrsi_14_14_3_fastk"},
    {"stochrsi_14_14_3_3_d", "stochrsi_14_14_3_3_d"},
    {"stochrsi_d", "stochrsi_14_14_3_3_d"},
};

START_TEST(a_column_may_be_asked_for_by_name_parameters_and_output)
{
    struct qt_error err = {0};
    struct qt_indicator_spec spec;
    char column[QT_INDICATOR_COLUMN];
    ck_assert_msg(qt_indicator_spec_parse(good_specs[_i].text, &spec, &err), "%s", err.text);
    qt_indicator_column(spec.indicator, spec.params, spec.output < 0 ? 0 : (unsigned)spec.output,
                        column);
    ck_assert_str_eq(column, good_specs[_i].column);
}
END_TEST

static const char *const bad_specs[] = {
    "",           "_",
    "rsi_",       "rsi_1",
    "rsi_14_3",   "rsi_14.5",
    "rsi_nan",    "rsi_inf",
    "rsi_-3",     "rsi__14",
    "RSI",        "rsi 14",
    "rsi_100001", "nosuch",
    "nosuch_14",  "macd_12_26",
    "macd_wrong", "ad_3",
    "adx_14_up",  "rsi_14_value_",
    "sma_1e400",  "bbands_20_2_upper_x",
};

START_TEST(what_is_no_column_is_refused_with_the_word_in_the_text)
{
    struct qt_error err = {0};
    struct qt_indicator_spec spec = {.output = 77};
    ck_assert_msg(!qt_indicator_spec_parse(bad_specs[_i], &spec, &err), "'%s'", bad_specs[_i]);
    ck_assert_int_eq(err.code, QT_E_USAGE);
    ck_assert_int_eq(spec.output, 77); /* untouched on failure */
    ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

START_TEST(a_name_finds_its_first_form_and_an_unknown_one_nothing)
{
    ck_assert_str_eq(qt_indicator_find("rsi")->name, "rsi");
    ck_assert_uint_eq(qt_indicator_param_count(qt_indicator_find("stochrsi")), 3);
    ck_assert_ptr_null(qt_indicator_find("nosuch"));
    ck_assert_ptr_null(qt_indicator_find(""));
}
END_TEST

START_TEST(a_fixed_point_bar_becomes_the_doubles_of_its_decimal_text)
{
    struct qt_bar bar = {.open_ns = 5, .period_ns = HOUR_NS};
    struct qt_ohlcv got;
    ck_assert(qt_px_parse("0.1", 2, &bar.open) && qt_px_parse("61234.56", 2, &bar.high) &&
              qt_px_parse("0.07", 2, &bar.low) && qt_px_parse("0.29", 2, &bar.close) &&
              qt_qty_parse("1234.56789", 5, &bar.volume));
    got = qt_ohlcv_of(&bar, 2, 5);
    ck_assert_int_eq(got.open_ns, 5);
    ck_assert_double_eq(got.open, 0.1);
    ck_assert_double_eq(got.high, 61234.56);
    ck_assert_double_eq(got.low, 0.07);
    ck_assert_double_eq(got.close, 0.29);
    ck_assert_double_eq(got.volume, 1234.56789);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("indicator_table");
    TCase *tc = tcase_create("rows");
    int rows = (int)row_count();
    tcase_add_test(tc, rows_are_sorted_and_a_name_repeats_only_with_more_parameters);
    tcase_add_loop_test(tc, a_row_says_what_it_is_and_fills_every_slot, 0, rows);
    tcase_add_loop_test(tc, presets_are_in_range_and_the_ends_of_the_range_work, 0, rows);
    tcase_add_loop_test(tc, first_value_is_where_the_conventions_put_it, 0,
                        (int)QT_COUNT_OF(first_values));
    tcase_add_test(tc, every_row_has_a_first_value_in_the_list);
    suite_add_tcase(suite, tc);
    TCase *names = tcase_create("names");
    tcase_add_loop_test(names, a_column_name_leads_back_to_its_row, 0, rows);
    tcase_add_loop_test(names, a_column_may_be_asked_for_by_name_parameters_and_output, 0,
                        (int)QT_COUNT_OF(good_specs));
    tcase_add_loop_test(names, what_is_no_column_is_refused_with_the_word_in_the_text, 0,
                        (int)QT_COUNT_OF(bad_specs));
    tcase_add_test(names, a_name_finds_its_first_form_and_an_unknown_one_nothing);
    tcase_add_test(names, a_fixed_point_bar_becomes_the_doubles_of_its_decimal_text);
    suite_add_tcase(suite, names);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The universe filter: every reason, at and around its limit, and their order. */
#include "qtrade/scan/filter.h"

#include "qt_check.h"
#include "scan_help.h"

/* The first row is a symbol that nothing objects to; each other one spoils something. */
struct facts_row {
    const char *base, *quote;
    enum qt_instrument_status status;
    uint64_t bars;
    double volume, spread;
    int64_t age_ms;
    bool is_recorded;
    int64_t behind_h; /* recorded: hours since the last bar's end */
    enum qt_scan_reason reason;
    double value, limit;
};
/* clang-format off */
#define TRADING QT_INSTRUMENT_TRADING
static const struct facts_row rows[] = {
    {"BTC", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_OK, 0, 0},
    {"BTC", "USDC", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_QUOTE_ASSET, 0, 0},
    {"BTC", "", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_QUOTE_ASSET, 0, 0},
    {"BTC", "USDT", QT_INSTRUMENT_HALTED, 720, 60e6, 1, 100, false, 0, QT_SCAN_STATUS, 0, 0},
    {"BTC", "USDT", QT_INSTRUMENT_GONE, 720, 60e6, 1, 100, false, 0, QT_SCAN_STATUS, 0, 0},
    {"FDUSD", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_STABLE, 0, 0},
    {"EUR", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_STABLE, 0, 0},
    {"BTCUP", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_LEVERAGED, 0, 0},
    {"ETHBEAR", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_LEVERAGED, 0, 0},
    {"SOL3L", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_LEVERAGED, 0, 0},
    {"JUP", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_OK, 0, 0},
    {"SYRUP", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_OK, 0, 0},
    {"BULL", "USDT", TRADING, 720, 60e6, 1, 100, false, 0, QT_SCAN_OK, 0, 0},
    {"BTC", "USDT", TRADING, 719, 60e6, 1, 100, false, 0, QT_SCAN_HISTORY, 719, 720},
    {"BTC", "USDT", TRADING, 0, 60e6, 1, 100, false, 0, QT_SCAN_HISTORY, 0, 720},
    {"BTC", "USDT", TRADING, 720, 60e6, 1, 30000, false, 0, QT_SCAN_OK, 0, 0},
    {"BTC", "USDT", TRADING, 720, 60e6, 1, 30001, false, 0, QT_SCAN_STALE, 30001, 30000},
    {"BTC", "USDT", TRADING, 720, 60e6, 1, -1, false, 0, QT_SCAN_STALE, -1, 30000},
    {"BTC", "USDT", TRADING, 720, 60e6, -1, 100, true, 0, QT_SCAN_OK, 0, 0},
    {"BTC", "USDT", TRADING, 720, 60e6, -1, 100, true, 1, QT_SCAN_STALE, 3600e3, 3600e3},
    {"BTC", "USDT", TRADING, 720, 50e6, 1, 100, false, 0, QT_SCAN_VOLUME, 50e6, 50e6},
    {"BTC", "USDT", TRADING, 720, 50e6 + 1, 1, 100, false, 0, QT_SCAN_OK, 0, 0},
    {"BTC", "USDT", TRADING, 720, NAN, 1, 100, false, 0, QT_SCAN_VOLUME, NAN, 50e6},
    {"BTC", "USDT", TRADING, 720, 60e6, 5, 100, false, 0, QT_SCAN_SPREAD, 5, 5},
    {"BTC", "USDT", TRADING, 720, 60e6, 4.999, 100, false, 0, QT_SCAN_OK, 0, 0},
    {"BTC", "USDT", TRADING, 720, 60e6, -1, 100, false, 0, QT_SCAN_SPREAD, -1, 5},
    {"BTC", "USDT", TRADING, 720, 60e6, NAN, 100, false, 0, QT_SCAN_SPREAD, -1, 5},
    {"BTC", "USDT", TRADING, 720, 1, 9, 100, false, 0, QT_SCAN_VOLUME, 1, 50e6},
    {"BTC", "USDT", TRADING, 3, 1, 9, 100, false, 0, QT_SCAN_HISTORY, 3, 720},
};
/* clang-format on */

static enum qt_scan_reason
judge(const struct facts_row *row, const struct qt_scan_config *config, double *value,
      double *limit)
{
    struct qt_instrument ins = help_instrument(0, row->base);
    snprintf(ins.quote, sizeof ins.quote, "%s", row->quote);
    ins.status = row->status;
    int64_t now_ns = HELP_START + 1000 * HELP_HOUR;
    struct qt_scan_live live = {
        .ins = &ins,
        .now_ns = now_ns,
        .spread_bps = row->spread,
        .feed_age_ns = row->age_ms * QT_NS_PER_MS,
        .traded_ns = QT_TIME_NONE,
        .is_recorded = row->is_recorded,
    };
    struct qt_filter_facts facts = {
        .live = &live,
        .by_name = qt_filter_by_name(config, live.ins),
        .bars = row->bars,
        .history = 720,
        .last_end_ns = now_ns - row->behind_h * HELP_HOUR,
        .period_ns = HELP_HOUR,
        .quote_volume_24h = row->volume,
    };
    return qt_filter_judge(config, &facts, value, limit);
}

START_TEST(each_exclusion_has_its_name_value_and_limit)
{
    struct qt_scan_config config = help_config();
    double value = -7, limit = -7;
    ck_assert_str_eq(qt_scan_reason_name(judge(&rows[_i], &config, &value, &limit)),
                     qt_scan_reason_name(rows[_i].reason));
    if (isnan(rows[_i].value))
        ck_assert(isnan(value));
    else
        ck_assert_double_eq_tol(value, rows[_i].value, 1e-9);
    ck_assert_double_eq_tol(limit, rows[_i].limit, 0.01);
}
END_TEST

START_TEST(an_unknown_spread_passes_only_where_the_config_says_so)
{
    struct qt_scan_config config = help_config();
    struct facts_row row = rows[0];
    row.spread = -1;
    double value, limit;
    ck_assert_int_eq(judge(&row, &config, &value, &limit), QT_SCAN_SPREAD);
    config.spread_required = false;
    ck_assert_int_eq(judge(&row, &config, &value, &limit), QT_SCAN_OK);
}
END_TEST

START_TEST(a_list_holds_whole_words_only)
{
    ck_assert(qt_filter_is_listed("USDC", "USDT USDC"));
    ck_assert(qt_filter_is_listed("USDT", "USDT USDC"));
    ck_assert(!qt_filter_is_listed("USD", "USDT USDC"));
    ck_assert(!qt_filter_is_listed("USDCX", "USDT USDC"));
    ck_assert(!qt_filter_is_listed("", "USDT USDC"));
    ck_assert(!qt_filter_is_listed("", ""));
}
END_TEST

START_TEST(every_reason_has_a_name_of_its_own)
{
    for (int i = 0; i < QT_SCAN_REASONS; i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(qt_scan_reason_name((enum qt_scan_reason)i),
                             qt_scan_reason_name((enum qt_scan_reason)j));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("filter");
    TCase *tc = tcase_create("filter");
    tcase_add_loop_test(tc, each_exclusion_has_its_name_value_and_limit, 0, (int)QT_COUNT_OF(rows));
    tcase_add_test(tc, an_unknown_spread_passes_only_where_the_config_says_so);
    tcase_add_test(tc, a_list_holds_whole_words_only);
    tcase_add_test(tc, every_reason_has_a_name_of_its_own);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

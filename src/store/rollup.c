/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "qtrade/base/time.h"

#include "rollup_priv.h"

/* The month of a row's t_ns, in SQL. */
#define MONTH "unixepoch(t_ns / 1000000000, 'unixepoch', 'start of month') * 1000000000"

enum { SQL_BYTES = 1600 };

/* How to add a table: a row. Both texts take the bound (ns) and the number of rows. */
static const struct {
    const char *newest; /* ns; NULL: no rows */
    const char *oldest; /* of what may go */
    const char *sum, *remove;
} rolls[] = {
    {"SELECT t_ns FROM decisions ORDER BY id DESC LIMIT 1",
     "SELECT t_ns FROM decisions WHERE id < (SELECT max(id) FROM decisions) ORDER BY id LIMIT 1",
     "INSERT INTO decisions_by_month SELECT " MONTH
     ", symbol, kind, count(*), sum(score), min(score), max(score), sum(value)"
     " FROM (SELECT * FROM decisions WHERE id < (SELECT max(id) FROM decisions) ORDER BY id LIMIT "
     "%d)"
     " WHERE t_ns < %" PRId64 " GROUP BY 1, 2, 3"
     " ON CONFLICT DO UPDATE SET decisions = decisions + excluded.decisions,"
     " score_sum = score_sum + excluded.score_sum, score_min = min(score_min, excluded.score_min),"
     " score_max = max(score_max, excluded.score_max), value_sum = value_sum + excluded.value_sum",
     "DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE"
     " id < (SELECT max(id) FROM decisions) ORDER BY id LIMIT %d) AND t_ns < %" PRId64},
    {"SELECT max(t_ns) FROM equity", "SELECT min(t_ns) FROM equity",
     "INSERT INTO equity_by_month SELECT month, count(*),"
     " max(CASE WHEN is_first THEN equity END), max(CASE WHEN is_last THEN equity END), "
     "min(equity),"
     " max(equity), max(CASE WHEN is_last THEN cash END), max(CASE WHEN is_last THEN realised END),"
     " max(CASE WHEN is_last THEN fees END), max(drawdown)"
     " FROM (SELECT *, row_number() OVER (PARTITION BY month ORDER BY t_ns) = 1 AS is_first,"
     " row_number() OVER (PARTITION BY month ORDER BY t_ns DESC) = 1 AS is_last"
     " FROM (SELECT *, " MONTH " AS month FROM equity ORDER BY t_ns LIMIT %d) WHERE t_ns < %" PRId64
     ")"
     " GROUP BY month"
     " ON CONFLICT DO UPDATE SET samples = samples + excluded.samples, last = excluded.last,"
     " low = min(low, excluded.low), high = max(high, excluded.high), cash = excluded.cash,"
     " realised = excluded.realised, fees = excluded.fees,"
     " drawdown_max = max(drawdown_max, excluded.drawdown_max)",
     "DELETE FROM equity WHERE t_ns IN (SELECT t_ns FROM equity ORDER BY t_ns LIMIT %d) AND t_ns < "
     "%" PRId64},
};

int64_t
qt__month_before(int64_t t_ns, int64_t months)
{
    time_t seconds = (time_t)(t_ns / QT_NS_PER_S);
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    struct tm month = {.tm_year = utc.tm_year, .tm_mon = utc.tm_mon - (int)months, .tm_mday = 1};
    return (int64_t)timegm(&month) * QT_NS_PER_S;
}

/* A time; false: err. *out_found: there is a row. */
static bool
read_time(sqlite3 *db, const char *sql, int64_t *out, bool *out_found, struct qt_error *err)
{
    sqlite3_stmt *row = NULL;
    *out_found = sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK &&
                 sqlite3_step(row) == SQLITE_ROW && sqlite3_column_type(row, 0) == SQLITE_INTEGER;
    if (*out_found)
        *out = sqlite3_column_int64(row, 0);
    return sqlite3_finalize(row) == SQLITE_OK ||
           qt__sqlite_fail(db, err, "looking for what is old");
}

static bool
roll(sqlite3 *db, size_t i, int64_t before_ns, struct qt_error *err)
{
    char sum[SQL_BYTES], remove[SQL_BYTES];
    snprintf(sum, sizeof sum, rolls[i].sum, (int)QT__ROLLUP_ROWS, before_ns);
    snprintf(remove, sizeof remove, rolls[i].remove, (int)QT__ROLLUP_ROWS, before_ns);
    return qt__sqlite_exec(db, "BEGIN IMMEDIATE", "summing up a month", err) &&
           qt__sqlite_exec(db, sum, "summing up a month", err) &&
           qt__sqlite_exec(db, remove, "summing up a month", err) &&
           qt__sqlite_exec(db, "COMMIT", "summing up a month", err);
}

bool
qt__rollup_step(sqlite3 *db, const struct qt_store_config *config, bool *out_more,
                struct qt_error *err)
{
    const int64_t months[] = {config->decisions_months, config->equity_months};
    *out_more = false;
    for (size_t i = 0; i < QT_COUNT_OF(rolls); i++) {
        int64_t newest = 0, oldest = 0;
        bool has_newest = false, has_oldest = false;
        if (months[i] <= 0)
            continue;
        if (!read_time(db, rolls[i].newest, &newest, &has_newest, err) ||
            !read_time(db, rolls[i].oldest, &oldest, &has_oldest, err))
            return false;
        int64_t before_ns = qt__month_before(newest, months[i]);
        if (!has_newest || !has_oldest || oldest >= before_ns)
            continue;
        *out_more = true;
        return roll(db, i, before_ns, err);
    }
    return true;
}

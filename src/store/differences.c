/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading what differed from the venue, beside a process that may write. */
#include "qtrade/store/differences.h"

#include "walk_priv.h"

struct taker {
    bool (*take)(void *self, const struct qt_difference_row *row);
    void *self;
};

static bool
take_row(void *self, sqlite3_stmt *row)
{
    const struct taker *taker = self;
    const struct qt_difference_row found = {.id = sqlite3_column_int64(row, 0),
                                            .t_ns = sqlite3_column_int64(row, 1),
                                            .seq = sqlite3_column_int64(row, 2),
                                            .read = sqlite3_column_int64(row, 3),
                                            .symbol = qt__walk_text(row, 4),
                                            .asset = qt__walk_text(row, 5),
                                            .what = qt__walk_text(row, 6),
                                            .rule = qt__walk_text(row, 7),
                                            .ours = qt__walk_text(row, 8),
                                            .venue = qt__walk_text(row, 9),
                                            .why = qt__walk_text(row, 10),
                                            .client_id = (uint64_t)sqlite3_column_int64(row, 11),
                                            .venue_id = (uint64_t)sqlite3_column_int64(row, 12),
                                            .trade_id = (uint64_t)sqlite3_column_int64(row, 13)};
    return taker->take(taker->self, &found);
}

bool
qt_differences_walk(const char *folder, const struct qt_store_key *key,
                    const struct qt_difference_filter *filter,
                    bool (*take)(void *self, const struct qt_difference_row *row), void *self,
                    struct qt_error *err)
{
    const struct qt__walk walk = {
        .select = "SELECT id, t_ns, seq, read, symbol, asset, what, rule, ours, venue, why, client_id,"
                  " venue_id, trade_id FROM differences",
        .matches = "symbol = ?3 OR asset = ?3",
        .what = "the differences from the venue",
        .from_ns = filter->from_ns,
        .to_ns = filter->to_ns,
        .last = filter->last,
        .name = filter->symbol};
    struct taker taker = {take, self};
    return qt__walk(folder, key, &walk, take_row, &taker, err);
}

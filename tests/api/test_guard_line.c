/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guard line: what is written is read, each venue gets its own part of it, and what is no such
 * line is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/api/guard.h"
#include "qtrade/base/text.h"

static struct qt_snapshot *
picture(uint32_t venues)
{
    static const char *const names[] = {"venue", "venue_3"};
    struct qt_snapshot *snap = calloc(1, sizeof *snap);
    ck_assert_ptr_nonnull(snap);
    qt_copy(snap->run_kind, sizeof snap->run_kind, "live");
    snap->has_account = true;
    snap->venues = venues;
    for (uint32_t i = 0; i < venues; i++)
        qt_copy(snap->venue[i].name, sizeof snap->venue[i].name, names[i]);
    snap->foreign = 2;
    snap->foreign_of[0] = (struct qt_foreign_view){
        .symbol = "ETHUSDT", .qty_scale = 3, .is_known = true, .qty = {500}, .at = {{400}, {100}}};
    snap->foreign_of[1] = (struct qt_foreign_view){
        .symbol = "SOLUSDT", .qty_scale = 2, .position = {90}, .at = {{20}, {70}}};
    if (venues < 2)
        memset(snap->foreign_of[0].at, 0, sizeof snap->foreign_of[0].at);
    return snap;
}

static struct qt_guard
told(uint32_t venues)
{
    struct qt_guard guard;
    struct qt_error err = {0};
    struct qt_snapshot *snap = picture(venues);
    json_t *line = qt_guard_write(snap, NULL, 77, 0);
    ck_assert_msg(qt_guard_read(line, &guard, &err), "%s", err.text);
    json_decref(line);
    free(snap);
    ck_assert_uint_eq(guard.tag, 77);
    ck_assert(guard.is_live && guard.has_account);
    ck_assert_uint_eq(guard.foreign, 2);
    return guard;
}

START_TEST(of_several_venues_each_gets_what_lies_there)
{
    struct qt_guard guard = told(2), part;
    ck_assert_uint_eq(guard.venues, 2);
    ck_assert(qt_guard_at(&guard, "venue", &part));
    ck_assert_int_eq(part.row[0].qty.v, 400);
    ck_assert_int_eq(part.row[1].position.v, 20);
    ck_assert(qt_guard_at(&guard, "venue_3", &part));
    ck_assert_int_eq(part.row[0].qty.v, 100);
    ck_assert_int_eq(part.row[1].position.v, 70);
    ck_assert(part.has_account && part.tag == 77);
}
END_TEST

START_TEST(one_venue_gets_all)
{
    struct qt_guard guard = told(1), part;
    ck_assert_uint_eq(guard.venues, 0);
    ck_assert(qt_guard_at(&guard, "venue", &part));
    ck_assert_int_eq(part.row[0].qty.v, 500);
    ck_assert_int_eq(part.row[1].position.v, 90);
}
END_TEST

START_TEST(a_venue_where_the_engine_does_not_trade_has_no_account)
{
    struct qt_guard several = told(2), one = told(1), part;
    ck_assert(!qt_guard_at(&several, "venue_2", &part));
    ck_assert(!part.has_account);
    ck_assert(!qt_guard_at(&one, "venue_2", &part));
    ck_assert(!part.has_account);
}
END_TEST

START_TEST(all_that_the_engine_may_hold_is_named)
{
    struct qt_error err = {0};
    struct qt_universe *universe = qt_universe_create();
    struct qt_instrument ins = {.base = "ETH", .quote = "USDT", .tick = {1}, .lot = {1}};
    qt_copy(ins.symbol, sizeof ins.symbol, "ETHUSDT");
    ck_assert(qt_universe_add(universe, &ins, &err));
    qt_copy(ins.symbol, sizeof ins.symbol, "SOLUSDT");
    ck_assert(qt_universe_add(universe, &ins, &err));
    struct qt_snapshot *snap = picture(1);
    json_t *line = qt_guard_write(snap, universe, 77, 0);
    ck_assert_str_eq(json_string_value(json_object_get(line, "symbols")), "ETHUSDT,SOLUSDT");
    json_decref(line);
    qt_universe_destroy(universe);
    free(snap);
}
END_TEST

/* One member of a good line is another thing. */
static const struct {
    const char *key, *json;
} wrong[] = {
    {"venues", "[\"a\",\"b\",\"c\",\"d\",\"e\"]"},
    {"venues", "[1,2]"},
    {"venues", "[\"a name that is far too long\",\"b\"]"},
    {"venues", "[\"venue\"]"},
    {"foreign",
     "[{\"symbol\":\"A\",\"scale\":2,\"quantity\":\"1\",\"position\":\"0\",\"at\":[\"1\"]}]"},
    {"foreign", "[{\"symbol\":\"A\",\"scale\":2,\"quantity\":\"1\",\"position\":\"0\",\"at\":[\"-"
                "1\",\"2\"]}]"},
    {"foreign",
     "[{\"symbol\":\"A\",\"scale\":2,\"quantity\":\"1\",\"position\":\"0\",\"at\":[1,2]}]"},
    {"mode", "\"SINGING\""}};

START_TEST(what_is_no_guard_line_is_refused)
{
    struct qt_guard guard;
    struct qt_error err = {0};
    struct qt_snapshot *snap = picture(2);
    json_t *line = qt_guard_write(snap, NULL, 77, 0);
    json_object_set_new(line, wrong[_i].key, json_loads(wrong[_i].json, JSON_DECODE_ANY, NULL));
    ck_assert(!qt_guard_read(line, &guard, &err));
    ck_assert_int_eq(err.code, QT_E_DATA);
    json_decref(line);
    free(snap);
}
END_TEST

START_TEST(more_rows_than_there_is_room_for_are_refused)
{
    struct qt_guard guard;
    struct qt_error err = {0};
    struct qt_snapshot *snap = picture(2);
    json_t *line = qt_guard_write(snap, NULL, 77, 0), *rows = json_object_get(line, "foreign");
    while (json_array_size(rows) < 3 * QT_VIEW_ROWS)
        json_array_append(rows, json_array_get(rows, 0));
    ck_assert(!qt_guard_read(line, &guard, &err));
    json_decref(line);
    free(snap);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("guard_line");
    TCase *tc = tcase_create("guard_line");
    tcase_add_test(tc, of_several_venues_each_gets_what_lies_there);
    tcase_add_test(tc, one_venue_gets_all);
    tcase_add_test(tc, a_venue_where_the_engine_does_not_trade_has_no_account);
    tcase_add_test(tc, all_that_the_engine_may_hold_is_named);
    tcase_add_loop_test(tc, what_is_no_guard_line_is_refused, 0, (int)QT_COUNT_OF(wrong));
    tcase_add_test(tc, more_rows_than_there_is_room_for_are_refused);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture as a line of text and back (api/picture.h): the screen of qtrade attach is the screen
 * of qtrade run, and no line, however hostile or cut, harms it (faults A2, T6).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"
#include "qt_check.h"
#include "qtrade/api/picture.h"
#include "qtrade/base/time.h"
#include "qtrade/tui/app.h"

#include "../../src/api/picture_priv.h"
#include "sample.h"

static bool
command(void *self, enum qt_command_kind kind, const char *reason, struct qt_error *err)
{
    (void)self, (void)kind, (void)reason, (void)err;
    return true;
}

/* The picture as text; the caller frees. */
static char *
coded(const struct qt_snapshot *snap)
{
    struct qt_text text;
    char *bytes = malloc(QT_PICTURE_MAX);
    qt_text_init(&text, bytes, QT_PICTURE_MAX);
    qt_picture_write(snap, &text);
    ck_assert(!text.is_cut);
    return bytes;
}

/* The picture of a text, on the heap; NULL: refused. */
static struct qt_snapshot *
decoded(const char *text, size_t n)
{
    struct qt_error err = {0};
    json_error_t bad;
    json_t *object = json_loadb(text, n, 0, &bad);
    struct qt_snapshot *snap = malloc(sizeof *snap);
    memset(snap, 0xa5, sizeof *snap);
    if (!object || !qt_picture_read(object, snap, &err)) {
        ck_assert(!object || err.text[0] != '\0');
        free(snap);
        snap = NULL;
    }
    json_decref(object);
    return snap;
}

static char *
frame_of(const struct qt_snapshot *snap, int width, int height, int key)
{
    struct qt_error err = {0};
    const struct qt_tui_options options = {.source = {.command = command}};
    struct qt_canvas canvas;
    qt_auto(qt_app) app = qt_app_create(&options, &err);
    ck_assert_msg(app != NULL, "%s", err.text);
    ck_assert(qt_canvas_init(&canvas, width, height, QT_GLYPHS_UTF8));
    qt_app_draw(app, snap, &canvas);
    if (key)
        qt_app_press(app, snap, &(struct qt_press){.key = key, .t_ns = QT_NS_PER_S});
    qt_app_draw(app, snap, &canvas);
    char *text = qt_canvas_text(&canvas), *roles = qt_canvas_roles(&canvas);
    size_t size = strlen(text) + strlen(roles) + 1;
    char *frame = malloc(size);
    snprintf(frame, size, "%s%s", text, roles);
    free(text);
    free(roles);
    qt_canvas_finish(&canvas);
    return frame;
}

static const struct {
    int width, height, key;
} screens[] = {{80, 24, 0},  {80, 24, QT_KEY_ENTER},  {120, 40, 0},
               {200, 60, 0}, {200, 60, QT_KEY_ENTER}, {60, 14, 0},
               {20, 5, 0}};

START_TEST(frames_of_a_picture_and_of_its_text_are_equal)
{
    for (unsigned n = 0; n < 6; n++) {
        struct qt_snapshot *snap = sample_create(n);
        char *text = coded(snap);
        struct qt_snapshot *back = decoded(text, strlen(text));
        ck_assert_ptr_nonnull(back);
        char *a = frame_of(snap, screens[_i].width, screens[_i].height, screens[_i].key);
        char *b = frame_of(back, screens[_i].width, screens[_i].height, screens[_i].key);
        ck_assert_str_eq(a, b);
        free(a);
        free(b);
        free(back);
        free(text);
        free(snap);
    }
}
END_TEST

START_TEST(what_is_read_is_written_as_the_same_text)
{
    for (unsigned n = 0; n < 20; n++) {
        struct qt_snapshot *snap = sample_create(n);
        snap->drawdown = n % 2 ? -0.0 : 0.1 + 0.2;
        snap->heat = n % 3 ? INFINITY : NAN;
        snap->max_drawdown = n % 3 ? -INFINITY : 5e-324;
        snap->equity = QT_MONEY_NONE;
        snap->cash = (qt_money){INT64_MAX};
        snap->counts.events = UINT64_MAX;
        char *text = coded(snap);
        struct qt_snapshot *back = decoded(text, strlen(text));
        ck_assert_ptr_nonnull(back);
        ck_assert(memcmp(&back->drawdown, &snap->drawdown, sizeof back->drawdown) == 0);
        ck_assert(back->max_drawdown <= snap->max_drawdown);
        ck_assert(qt_money_is_none(back->equity) && back->counts.events == UINT64_MAX);
        char *again = coded(back);
        ck_assert_str_eq(text, again);
        free(again);
        free(back);
        free(text);
        free(snap);
    }
}
END_TEST

/* Marks the bytes that the table covers. */
static void
cover(const struct qt__picture_field *rows, size_t base, unsigned char *covered)
{
    for (const struct qt__picture_field *row = rows; row->name; row++) {
        if (row->is_list)
            memset(covered + base + row->count_at, 1, sizeof(uint32_t));
        for (unsigned i = 0; i < row->n; i++) {
            size_t at = base + row->at + i * row->size;
            if (row->form == QT__PICTURE_STRUCT)
                cover(row->rows, at, covered);
            else
                memset(covered + at, 1, row->size);
        }
    }
}

START_TEST(no_field_of_the_picture_is_forgotten)
{
    size_t size = sizeof(struct qt_snapshot), gap = 0;
    unsigned char *covered = calloc(size, 1);
    cover(qt__picture_fields, 0, covered);
    for (size_t i = 0; i < size; i++) { /* what is left is padding up to the next field's place */
        gap = covered[i] ? 0 : gap + 1;
        ck_assert_msg(gap < 8, "the field at byte %zu of struct qt_snapshot has no row", i - 7);
        ck_assert_msg(gap == 0 || i + 1 == size || !covered[i + 1] || (i + 1) % 4 == 0,
                      "the field at byte %zu of struct qt_snapshot has no row", i);
    }
    free(covered);
}
END_TEST

START_TEST(unknown_keys_are_ignored_and_absent_ones_are_unknown)
{
    static const char text[] =
        "{\"format\":1,\"weather\":[1,2],\"picture\":{\"number\":7,\"from_the_future\":{\"a\":[]},"
        "\"equity\":\"much\",\"has_equity\":true,\"drawdown\":{},\"quote_asset\":17,"
        "\"position\":{\"n\":2,\"symbol\":[\"BTCUSDT\"],\"px_scale\":[99,3],\"colour\":[1]},"
        "\"rank\":{\"n\":9999},\"order\":{\"n\":-5},\"limit\":[1,2,3]}}";
    struct qt_snapshot *snap = decoded(text, sizeof text - 1);
    ck_assert_ptr_nonnull(snap);
    ck_assert_uint_eq(snap->number, 7);
    ck_assert(snap->mode >= QT_MODES && snap->is_conserved && qt_money_is_none(snap->equity));
    ck_assert(isnan(snap->drawdown) && isnan(snap->heat));
    ck_assert_str_eq(snap->quote_asset, "");
    ck_assert_uint_eq(snap->positions, 2);
    ck_assert_str_eq(snap->position[0].symbol, "BTCUSDT");
    ck_assert_str_eq(snap->position[1].symbol, "");
    ck_assert(qt_px_is_none(snap->position[0].mark) &&
              qt_money_is_none(snap->position[1].notional));
    ck_assert_int_eq(snap->position[0].px_scale, 0);
    ck_assert_int_eq(snap->position[1].px_scale, 3);
    ck_assert_uint_eq(snap->ranked, QT_VIEW_ROWS);
    ck_assert_uint_eq(snap->orders, 0);
    ck_assert_uint_eq(snap->limits, 0);
    char *frame = frame_of(snap, 120, 40, 0);
    ck_assert_ptr_nonnull(strstr(frame, "mode ?"));
    ck_assert_ptr_null(strstr(frame, "-92,233"));
    free(frame);
    free(snap);
}
END_TEST

START_TEST(another_format_is_refused_with_words)
{
    struct qt_snapshot *snap = malloc(sizeof *snap);
    static const char *const texts[] = {"{\"format\":2,\"picture\":{}}", "{\"picture\":{}}", "[]",
                                        "{\"format\":1,\"picture\":[]}", "{\"format\":1}"};
    for (size_t i = 0; i < QT_COUNT_OF(texts); i++) {
        struct qt_error err = {0};
        json_t *object = json_loads(texts[i], 0, NULL);
        ck_assert(!qt_picture_read(object, snap, &err));
        ck_assert_ptr_nonnull(strstr(err.text, "picture"));
        json_decref(object);
    }
    free(snap);
}
END_TEST

START_TEST(T6_hostile_pictures_come_through_and_draw)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct qt_snapshot *snap = sample_create((unsigned)seed);
        sample_make_hostile(snap, seed);
        char *text = coded(snap);
        for (const char *c = text; *c; c++)
            ck_assert_msg((unsigned char)*c >= ' ' && *c != 0x7f, "byte %d in a line", *c);
        struct qt_snapshot *back = decoded(text, strlen(text));
        if (back) {
            char *frame = frame_of(back, 120, 40, 0);
            for (const char *c = frame; *c; c++)
                ck_assert((unsigned char)*c >= ' ' || *c == '\n');
            free(frame);
        }
        free(back);
        free(text);
        free(snap);
    }
}
END_TEST

START_TEST(A2_mutated_pictures_are_refused_or_drawn)
{
    struct qt_mutator mutator;
    struct qt_snapshot *snap = sample_create(0);
    snap->symbols = 2; /* so that structure is hit more often than candles */
    snap->symbol[0].candles = snap->symbol[1].candles = 3;
    char *text = coded(snap);
    size_t length = strlen(text), drawn = 0;
    qt_mutator_init(&mutator, QT_JSON_SPICE, 29);
    for (uint64_t k = qt_number_from("QT_CASES", 1500); k > 0; k--) {
        size_t n;
        char *mutant = qt_mutant(&mutator, text, length, &n);
        struct qt_snapshot *back = decoded(mutant, n);
        if (back) {
            free(frame_of(back, 80, 24, k % 2 ? QT_KEY_ENTER : 0));
            drawn++;
        }
        free(back);
        free(mutant);
    }
    ck_assert_uint_gt(drawn, 0);
    free(text);
    free(snap);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("picture");
    TCase *codec = tcase_create("codec");
    tcase_set_timeout(codec, 120);
    tcase_add_loop_test(codec, frames_of_a_picture_and_of_its_text_are_equal, 0,
                        QT_COUNT_OF(screens));
    tcase_add_test(codec, what_is_read_is_written_as_the_same_text);
    tcase_add_test(codec, no_field_of_the_picture_is_forgotten);
    tcase_add_test(codec, unknown_keys_are_ignored_and_absent_ones_are_unknown);
    tcase_add_test(codec, another_format_is_refused_with_words);
    tcase_add_test(codec, T6_hostile_pictures_come_through_and_draw);
    tcase_add_test(codec, A2_mutated_pictures_are_refused_or_drawn);
    suite_add_tcase(suite, codec);
    return qt_run_suite(suite);
}

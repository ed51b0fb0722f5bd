/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/api/guard.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

static json_t *
write_row(const struct qt_foreign_view *row, uint32_t venues)
{
    char foreign[QT_DECIMAL_TEXT], position[QT_DECIMAL_TEXT], part[QT_DECIMAL_TEXT];
    json_t *at = json_array();
    for (uint32_t i = 0; i < venues; i++)
        json_array_append_new(
            at, json_string(qt_decimal_format(qt_qty_units(row->at[i]), row->qty_scale, part)));
    return json_pack("{s:s, s:i, s:b, s:s, s:s, s:o}", "symbol", row->symbol, "scale",
                     row->qty_scale, "known", row->is_known, "quantity",
                     qt_decimal_format(qt_qty_units(row->qty), row->qty_scale, foreign), "position",
                     qt_decimal_format(qt_qty_units(row->position), row->qty_scale, position), "at",
                     at);
}

static json_t *
write_symbols(const struct qt_universe *universe)
{
    uint32_t n = universe ? qt_universe_count(universe) : 0;
    size_t room = (size_t)n * QT_SYMBOL_SIZE + 1;
    char *buffer = malloc(room);
    struct qt_text text;
    if (!buffer)
        return NULL;
    qt_text_init(&text, buffer, room);
    for (uint32_t i = 0; i < n; i++)
        qt_text_addf(&text, "%s%s", i ? "," : "", qt_universe_at(universe, i)->symbol);
    json_t *out = json_string(buffer);
    free(buffer);
    return out;
}

json_t *
qt_guard_write(const struct qt_snapshot *snapshot, const struct qt_universe *universe, uint32_t tag,
               int64_t silent_ns)
{
    json_t *rows = json_array(), *names = json_array();
    uint32_t venues = snapshot->venues > 1 ? snapshot->venues : 0;
    for (uint32_t i = 0; i < venues; i++)
        json_array_append_new(names, json_string(snapshot->venue[i].name));
    for (uint32_t k = 0; k < snapshot->foreign; k++)
        json_array_append_new(rows, write_row(&snapshot->foreign_of[k], venues));
    return json_pack(
        "{s:b, s:s, s:I, s:I, s:I, s:b, s:i, s:o, s:o, s:o?}", "live", strcmp(snapshot->run_kind, "live") == 0,
        "mode", qt_mode_name((enum qt_mode)snapshot->mode), "tag", (json_int_t)tag, "pid",
        (json_int_t)getpid(), "silent_ms", (json_int_t)(silent_ns / QT_NS_PER_MS), "has_account",
        snapshot->has_account, "positions", (int)snapshot->positions, "foreign", rows, "venues",
        names, "symbols", write_symbols(universe));
}

static bool
read_row(const json_t *row, struct qt_foreign_view *out)
{
    const char *symbol = json_string_value(json_object_get(row, "symbol"));
    const char *foreign = json_string_value(json_object_get(row, "quantity"));
    const char *position = json_string_value(json_object_get(row, "position"));
    json_int_t scale = json_integer_value(json_object_get(row, "scale"));
    *out = (struct qt_foreign_view){.qty_scale = (int)scale,
                                    .is_known = json_is_true(json_object_get(row, "known"))};
    return symbol && foreign && position && scale >= 0 && scale <= QT_SCALE_MAX &&
           qt_copy(out->symbol, sizeof out->symbol, symbol) &&
           qt_qty_parse(foreign, (int)scale, &out->qty) && qt_qty_sign(out->qty) >= 0 &&
           qt_qty_parse(position, (int)scale, &out->position);
}

/* What lies where: nothing of one venue's engine, else as much as there are venues. */
static bool
read_parts(const json_t *row, uint32_t venues, struct qt_foreign_view *out)
{
    const json_t *at = json_object_get(row, "at");
    if (json_array_size(at) != venues)
        return false;
    for (uint32_t i = 0; i < venues; i++) {
        const char *part = json_string_value(json_array_get(at, i));
        if (!part || !qt_qty_parse(part, out->qty_scale, &out->at[i]) ||
            qt_qty_sign(out->at[i]) < 0)
            return false;
    }
    return true;
}

static bool
read_venues(const json_t *names, struct qt_guard *out)
{
    size_t i;
    json_t *name;
    if (json_array_size(names) > QT_VIEW_VENUES)
        return false;
    json_array_foreach(names, i, name)
    {
        const char *text = json_string_value(name);
        if (!text || !qt_copy(out->venue[out->venues++], sizeof out->venue[0], text))
            return false;
    }
    return true;
}

static bool
read_mode(const json_t *document, uint8_t *out)
{
    const char *name = json_string_value(json_object_get(document, "mode"));
    for (int mode = 0; name && mode < QT_MODES; mode++)
        if (strcmp(name, qt_mode_name((enum qt_mode)mode)) == 0) {
            *out = (uint8_t)mode;
            return true;
        }
    return false;
}

bool
qt_guard_read(const json_t *document, struct qt_guard *out, struct qt_error *err)
{
    const json_t *rows = json_object_get(document, "foreign");
    json_int_t silent_ms = json_integer_value(json_object_get(document, "silent_ms"));
    *out = (struct qt_guard){
        .is_live = json_is_true(json_object_get(document, "live")),
        .tag = (uint32_t)json_integer_value(json_object_get(document, "tag")),
        .pid = json_integer_value(json_object_get(document, "pid")),
        .has_account = json_is_true(json_object_get(document, "has_account")),
        .positions = (uint32_t)json_integer_value(json_object_get(document, "positions"))};
    bool is_good = json_is_array(rows) && json_array_size(rows) <= QT_VIEW_ROWS &&
                   json_is_integer(json_object_get(document, "silent_ms")) && silent_ms >= 0 &&
                   silent_ms <= INT64_MAX / QT_NS_PER_MS && read_mode(document, &out->mode);
    is_good = is_good && read_venues(json_object_get(document, "venues"), out);
    out->silent_ns = is_good ? silent_ms * QT_NS_PER_MS : 0;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (!is_good)
            break;
        struct qt_foreign_view *view = &out->row[out->foreign++];
        is_good = read_row(row, view) && read_parts(row, out->venues, view);
    }
    return is_good || qt_fail(err, QT_E_DATA, "the engine's guard line is not one");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/api/guard.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

static json_t *
write_row(const struct qt_foreign_view *row)
{
    char foreign[QT_DECIMAL_TEXT], position[QT_DECIMAL_TEXT];
    return json_pack("{s:s, s:i, s:b, s:s, s:s}", "symbol", row->symbol, "scale", row->qty_scale,
                     "known", row->is_known, "quantity",
                     qt_decimal_format(qt_qty_units(row->qty), row->qty_scale, foreign), "position",
                     qt_decimal_format(qt_qty_units(row->position), row->qty_scale, position));
}

json_t *
qt_guard_write(const struct qt_snapshot *snapshot, uint32_t tag, int64_t silent_ns)
{
    json_t *rows = json_array();
    for (uint32_t k = 0; k < snapshot->foreign; k++)
        json_array_append_new(rows, write_row(&snapshot->foreign_of[k]));
    return json_pack(
        "{s:b, s:s, s:I, s:I, s:I, s:b, s:i, s:o}", "live", strcmp(snapshot->run_kind, "live") == 0,
        "mode", qt_mode_name((enum qt_mode)snapshot->mode), "tag", (json_int_t)tag, "pid",
        (json_int_t)getpid(), "silent_ms", (json_int_t)(silent_ns / QT_NS_PER_MS), "has_account",
        snapshot->has_account, "positions", (int)snapshot->positions, "foreign", rows);
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
    out->silent_ns = is_good ? silent_ms * QT_NS_PER_MS : 0;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        is_good = is_good && read_row(row, &out->row[out->foreign++]);
    }
    return is_good || qt_fail(err, QT_E_DATA, "the engine's guard line is not one");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values and keys of JSON as Binance sends them. A kernel: the integers of prices, quantities and
 * money are written as they are.
 */
#include "fields_priv.h"

void
qt__write_px(struct qt_text *out, qt_px px, int scale)
{
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, qt_px_is_none(px) ? 0 : px.v, scale);
    qt_text_add_char(out, '"');
}

void
qt__write_qty(struct qt_text *out, qt_qty qty, int scale)
{
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, qty.v, scale);
    qt_text_add_char(out, '"');
}

void
qt__write_money(struct qt_text *out, qt_money money)
{
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, money.v, QT_MONEY_SCALE);
    qt_text_add_char(out, '"');
}

void
qt__write_levels(struct qt_text *out, const struct qt_instrument *ins,
                 const struct qt_depth_level *levels, size_t n)
{
    qt_text_add_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        qt_text_add(out, i ? ",[" : "[");
        qt__write_px(out, levels[i].px, ins->px_scale);
        qt_text_add_char(out, ',');
        qt__write_qty(out, levels[i].qty, ins->qty_scale);
        qt_text_add_char(out, ']');
    }
    qt_text_add_char(out, ']');
}

void
qt__field(struct qt_text *out, const char *name)
{
    char last = out->length > 0 ? out->buffer[out->length - 1] : '{';
    if (last != '{' && last != '[')
        qt_text_add_char(out, ',');
    qt_text_add_char(out, '"');
    qt_text_add(out, name);
    qt_text_add(out, "\":");
}

void
qt__field_text(struct qt_text *out, const char *name, const char *value)
{
    qt__field(out, name);
    qt_text_add_json_string(out, value);
}

void
qt__field_int(struct qt_text *out, const char *name, int64_t value)
{
    qt__field(out, name);
    qt_text_add_int(out, value);
}

void
qt__field_bool(struct qt_text *out, const char *name, bool value)
{
    qt__field(out, name);
    qt_text_add(out, value ? "true" : "false");
}

void
qt__field_px(struct qt_text *out, const char *name, qt_px px, const struct qt_instrument *ins)
{
    qt__field(out, name);
    qt__write_px(out, px, ins->px_scale);
}

void
qt__field_qty(struct qt_text *out, const char *name, qt_qty qty, const struct qt_instrument *ins)
{
    qt__field(out, name);
    qt__write_qty(out, qty, ins->qty_scale);
}

void
qt__field_money(struct qt_text *out, const char *name, qt_money money)
{
    qt__field(out, name);
    qt__write_money(out, money);
}

void
qt__field_decimal(struct qt_text *out, const char *name, int64_t value, int scale)
{
    qt__field(out, name);
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, value, scale);
    qt_text_add_char(out, '"');
}

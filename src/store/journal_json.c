/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Journal records as JSON lines, by the same tables: prices, quantities and money as decimal
 * strings, times in milliseconds, ids as hex strings, an absent price as null.
 */
#include <inttypes.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "journal_table_priv.h"

/* The table's names are paths in a struct. An event's or decision's first part is its kind and
 * goes; what is left is joined by underlines. */
static void
make_key(unsigned kind, const char *path, char key[48])
{
    const char *dot = strchr(path, '.');
    qt_copy(key, 48, kind >= QT__ENTRY_EVENT && dot ? dot + 1 : path);
    for (char *c = key; *c; c++)
        if (*c == '.')
            *c = '_';
}

static void
add_key(struct qt_text *out, const char *key, const char *suffix)
{
    qt_text_addf(out, ",\"%s%s\":", key, suffix);
}

/* The instrument of a record, where its kind has one. */
static const struct qt_instrument *
instrument_of(const struct qt__field *fields, const unsigned char *thing,
              const struct qt_universe *universe)
{
    for (const struct qt__field *field = fields; field->form != QT__FORM_END; field++)
        if (qt_ends_with(field->name, "instrument")) {
            uint32_t id;
            memcpy(&id, thing + field->at, sizeof id);
            return universe && id < qt_universe_count(universe) ? qt_universe_at(universe, id)
                                                                : NULL;
        }
    return NULL;
}

static void
add_decimal(struct qt_text *out, int64_t v, int scale)
{
    if (v == INT64_MIN) {
        qt_text_add(out, "null");
        return;
    }
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, v, scale);
    qt_text_add_char(out, '"');
}

static void
add_unit(struct qt_text *out, const struct qt__field *field, const unsigned char *from)
{
    uint64_t v = 0;
    memcpy(&v, from, field->size); /* little endian: Debian's machines are */
    if (field->say)
        qt_text_addf(out, "\"%s\"", field->say((unsigned)v));
    else if (field->form == QT__FORM_ID)
        qt_text_addf(out, "\"%" PRIx64 "\"", v);
    else
        qt_text_addf(out, "%" PRIu64, v);
}

static void
add_instrument(struct qt_text *out, const struct qt_instrument *ins, const unsigned char *from)
{
    uint32_t id;
    memcpy(&id, from, sizeof id);
    if (id == QT_NO_INSTRUMENT)
        return;
    add_key(out, "symbol", "");
    if (ins)
        qt_text_add_json_string(out, ins->symbol);
    else
        qt_text_addf(out, "%" PRIu32, id);
}

static void
add_whole(struct qt_text *out, const struct qt__field *field, const char *key, int64_t v,
          const struct qt_instrument *ins)
{
    bool is_time = qt_ends_with(key, "_ns");
    char name[48];
    qt_copy(name, sizeof name, key);
    if (is_time)
        name[strlen(name) - 3] = '\0';
    add_key(out, name, is_time ? "_ms" : "");
    switch (field->form) {
    case QT__FORM_PX:
    case QT__FORM_NEAR_PX:
        add_decimal(out, v, ins ? ins->px_scale : 0);
        break;
    case QT__FORM_QTY:
        add_decimal(out, v, ins ? ins->qty_scale : 0);
        break;
    case QT__FORM_MONEY:
        add_decimal(out, v, QT_MONEY_SCALE);
        break;
    default:
        if (is_time && v == QT_TIME_NONE)
            qt_text_add(out, "null");
        else
            qt_text_addf(out, "%" PRId64, is_time ? v / QT_NS_PER_MS : v);
        break;
    }
}

static void
add_field(struct qt_text *out, const struct qt__field *field, const char *key,
          const unsigned char *thing, const struct qt_instrument *ins)
{
    const unsigned char *from = thing + field->at;
    double real;
    if (qt_ends_with(key, "instrument")) {
        add_instrument(out, ins, from);
    } else if (field->form == QT__FORM_TEXT) {
        char text[1025] = "";
        qt_copy_n(text, sizeof text, (const char *)from, strnlen((const char *)from, field->size));
        add_key(out, key, "");
        qt_text_add_json_string(out, text);
    } else if (field->form == QT__FORM_REAL) {
        memcpy(&real, from, sizeof real);
        add_key(out, key, "");
        qt_text_add_json_double(out, real);
    } else if (field->form == QT__FORM_UNIT || field->form == QT__FORM_ID ||
               field->form == QT__FORM_SEQ) {
        add_key(out, key, "");
        add_unit(out, field, from);
    } else {
        int64_t whole = 0;
        int32_t small;
        if (field->size == sizeof small) {
            memcpy(&small, from, sizeof small);
            whole = small;
        } else {
            memcpy(&whole, from, sizeof whole);
        }
        add_whole(out, field, key, whole, ins);
    }
}

void
qt__entry_json(unsigned kind, const void *thing, const struct qt_universe *universe,
               struct qt_text *out)
{
    const struct qt__field *field = qt__entry_fields(kind);
    if (!field)
        return;
    const struct qt_instrument *ins =
        kind == QT__ENTRY_INSTRUMENT ? thing : instrument_of(field, thing, universe);
    qt_text_addf(out, "{\"record\":\"%s\"", qt__entry_name(kind));
    for (; field->form != QT__FORM_END; field++) {
        char key[48];
        make_key(kind, field->name, key);
        add_field(out, field, key, thing, ins);
    }
    qt_text_add_char(out, '}');
}

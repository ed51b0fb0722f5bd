/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watched_priv.h"

#include "qtrade/base/time.h"
#include "qtrade/engine/snapshot.h"

/* Numbers of a venue; each is told as it was said. */
static const char *const numbers[] = {"orders",    "holdings", "dust",
                                      "unclaimed", "cancels",  "sales"};

static json_t *
text_of(const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));
    return text ? json_string(text) : json_null();
}

static json_t *
number_of(const json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);
    return json_is_integer(value) ? json_integer(json_integer_value(value)) : json_null();
}

static json_t *
venue_of(const json_t *from)
{
    json_t *out = json_object();
    json_object_set_new(out, "name", text_of(from, "name"));
    json_object_set_new(out, "state", text_of(from, "state"));
    json_object_set_new(out, "is_connected",
                        json_boolean(json_is_true(json_object_get(from, "is_connected"))));
    json_object_set_new(out, "is_read",
                        json_boolean(json_is_true(json_object_get(from, "is_read"))));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new(out, numbers[i], number_of(from, numbers[i]));
    return out;
}

void
qt__watched_take(struct qt__watched *watched, const json_t *request, int64_t now_ns)
{
    const json_t *from = json_object_get(request, "watchman");
    const json_t *venues = json_object_get(from, "venues");
    size_t i;
    json_t *row, *rows;
    if (!json_is_array(venues) || json_array_size(venues) > QT_VIEW_VENUES)
        return;
    json_decref(watched->said);
    rows = json_array();
    json_array_foreach(venues, i, row) json_array_append_new(rows, venue_of(row));
    watched->said = json_object();
    json_object_set_new(watched->said, "pid", number_of(from, "pid"));
    json_object_set_new(watched->said, "state", text_of(from, "state"));
    json_object_set_new(watched->said, "venues", rows);
    watched->at_ns = now_ns;
}

json_t *
qt__watched_document(const struct qt__watched *watched, int64_t now_ns)
{
    if (!watched->said)
        return json_null();
    json_t *out = json_copy(watched->said);
    json_object_set_new(out, "heard_s",
                        json_real((double)(now_ns - watched->at_ns) / (double)QT_NS_PER_S));
    return out;
}

void
qt__watched_finish(struct qt__watched *watched)
{
    json_decref(watched->said);
    watched->said = NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bus and the board as JSON: what was said and not taken, and how each part is. */
#include "qtrade/api/document.h"

#include "qtrade/base/time.h"

static void
set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value ? value : json_null());
}

static json_t *
us_of(int64_t ns)
{
    return json_real((double)ns / (double)QT_NS_PER_US);
}

static json_t *
ms_of(int64_t ns)
{
    return ns < 0 ? json_null() : json_integer(ns / QT_NS_PER_MS);
}

static json_t *
topic_of(const struct qt_topic_view *topic, const char *name)
{
    bool is_known = topic->delivered > 0;
    json_t *row = json_object();
    set(row, "topic", json_string(name));
    set(row, "published", json_integer((json_int_t)topic->published));
    set(row, "delivered", json_integer((json_int_t)topic->delivered));
    set(row, "dropped", json_integer((json_int_t)topic->dropped));
    set(row, "dead", json_integer((json_int_t)topic->dead));
    set(row, "lost", json_integer((json_int_t)topic->lost));
    set(row, "p50_us", is_known ? us_of(topic->p50_ns) : json_null());
    set(row, "p99_us", is_known ? us_of(topic->p99_ns) : json_null());
    set(row, "max_us", is_known ? us_of(topic->max_ns) : json_null());
    return row;
}

static json_t *
letter_of(const struct qt_letter_view *letter)
{
    json_t *row = json_object();
    set(row, "subscriber", json_string(letter->subscriber));
    set(row, "topic", json_string(qt_topic_name((enum qt_topic)letter->topic)));
    set(row, "what", json_string(letter->what));
    set(row, "seq", json_integer((json_int_t)letter->seq));
    set(row, "reason", json_string(letter->reason));
    set(row, "first_ms", ms_of(letter->first_ns));
    set(row, "last_ms", ms_of(letter->last_ns));
    set(row, "attempts", json_integer(letter->attempts));
    return row;
}

json_t *
qt_document_bus(const struct qt_snapshot *snapshot)
{
    const struct qt_bus_view *bus = &snapshot->bus;
    json_t *document = json_object(), *topics = json_array(), *letters = json_array();
    for (int i = 0; i < QT_TOPICS; i++)
        json_array_append_new(topics, topic_of(&bus->topic[i], qt_topic_name((enum qt_topic)i)));
    for (uint32_t i = 0; i < bus->letters; i++)
        json_array_append_new(letters, letter_of(&bus->letter[i]));
    set(document, "topics", topics);
    set(document, "dead_letters", json_integer(bus->dead));
    set(document, "letters", letters);
    return document;
}

static json_t *
needs_of(enum qt_component component)
{
    json_t *list = json_array();
    for (int i = 0; i < QT_COMPONENTS; i++)
        if (qt_component_needs(component) >> i & 1)
            json_array_append_new(list, json_string(qt_component_name((enum qt_component)i)));
    return list;
}

static json_t *
part_of(const struct qt_part_view *part)
{
    json_t *row = json_object();
    set(row, "name", json_string(part->name));
    set(row, "component", json_string(qt_component_name((enum qt_component)part->component)));
    set(row, "state", json_string(qt_part_state_name((enum qt_part_state)part->state)));
    set(row, "heartbeat_ms", ms_of(part->has_heartbeat ? part->silent_ns : -1));
    set(row, "restarts", json_integer(part->restarts));
    set(row, "failures", json_integer(part->failures));
    set(row, "is_failing", json_boolean(part->is_failing));
    set(row, "last_failure", part->failures ? json_string(part->last_failure) : json_null());
    set(row, "last_failure_ago_ms", ms_of(part->failed_ns));
    set(row, "needs", needs_of((enum qt_component)part->component));
    return row;
}

json_t *
qt_document_components(struct qt_board *board)
{
    json_t *list = json_array();
    struct qt_part_view part;
    for (unsigned i = 0; qt_board_view(board, i, &part); i++)
        json_array_append_new(list, part_of(&part));
    return list;
}

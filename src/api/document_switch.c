/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/api/document.h"
#include "qtrade/base/time.h"

static json_t *
text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static json_t *
edges_of(const struct qt_switch_input_view *input)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < input->kept; i++)
        json_array_append_new(list, json_pack("{s:I, s:I}", "time_ms",
                                              (json_int_t)(input->edge[i].utc_ns / QT_NS_PER_MS),
                                              "kernel_ns", (json_int_t)input->edge[i].mono_ns));
    return list;
}

static json_t *
input_of(const struct qt_switch_input_view *input)
{
    if (!input->is_configured)
        return json_null();
    return json_pack("{s:o, s:o, s:b, s:s, s:o, s:I, s:I, s:o}", "line", text_or_null(input->name),
                     "level", input->level < 0 ? json_null() : json_integer(input->level), "held",
                     input->is_held, "cause", qt_switch_cause_text(input->cause), "detail",
                     text_or_null(input->detail), "edges", (json_int_t)input->edges, "trips",
                     (json_int_t)input->trips, "last_edges", edges_of(input));
}

static json_t *
lamps_of(const struct qt_switch_view *view)
{
    json_t *object = json_object();
    for (int i = 0; i < QT_LAMPS; i++)
        json_object_set_new(object, qt_lamp_name((enum qt_lamp)i),
                            !view->lamp[i].is_configured
                                ? json_null()
                                : json_pack("{s:b, s:b, s:o}", "driven", view->lamp[i].is_driven,
                                            "lit", view->lamp[i].is_on, "detail",
                                            text_or_null(view->lamp[i].detail)));
    return object;
}

static json_t *
microseconds(int64_t from_ns, int64_t to_ns)
{
    if (from_ns == QT_TIME_NONE || to_ns == QT_TIME_NONE)
        return json_null();
    return json_real((double)(to_ns - from_ns) / 1e3);
}

json_t *
qt_document_switch(const struct qt_switch_view *view, const char *library,
                   const struct qt_switch_times *times)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:b, s:b, s:o, s:o}", "library", library, "switch",
                     input_of(&view->line), "tamper", input_of(&view->tamper), "lamps",
                     lamps_of(view), "testing", view->is_testing, "realtime", view->is_realtime,
                     "edge_to_gate_us", microseconds(times->edge_ns, times->shut_ns),
                     "edge_to_cancel_us", microseconds(times->edge_ns, times->cancel_ns));
}

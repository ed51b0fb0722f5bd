/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kill switch: has its lines for a moment, without its lamps; a running engine, which holds
 * them, is asked. */
#include <string.h>

#include "qtrade/api/control.h"
#include "qtrade/hw/kill_switch.h"

#include "doctor_priv.h"

enum { ANSWER_MS = 5000 };

static const char advice[] = "qtrade killswitch status tells more, and its page how to wire it";

static void
no_trip(void *self, enum qt_command_kind kind, enum qt_switch_cause cause, int64_t edge_ns,
        const char *reason)
{
    (void)self, (void)kind, (void)cause, (void)edge_ns, (void)reason; /* nothing runs here */
}

static void
no_state(void *self, enum qt_switch_state state, enum qt_switch_cause cause)
{
    (void)self, (void)state, (void)cause; /* the picture says it */
}

static void
no_tamper(void *self, bool is_open)
{
    (void)self, (void)is_open;
}

static void
no_note(void *self, const char *text)
{
    (void)self, (void)text;
}

static struct qt_switch_lamps
no_lamps(void *self)
{
    (void)self;
    return (struct qt_switch_lamps){0};
}

static void
ask_engine(const struct qt__patient *patient, struct qt__finding *out)
{
    struct qt_error err = {0};
    json_t *reply = qt_control_call(patient->folder, "status", NULL, ANSWER_MS, &err);
    const json_t *status = json_object_get(reply, "status");
    const char *state = json_string_value(json_object_get(status, "kill_switch"));
    const char *why = json_string_value(json_object_get(status, "kill_switch_why"));
    bool is_armed = state && strcmp(state, "armed") == 0;
    qt__find(out, is_armed ? QT__GOOD : QT__WARNING, is_armed ? NULL : advice,
             "the running engine says %s%s%s", state ? state : err.text, why ? ": " : "",
             why ? why : "");
    json_decref(reply);
}

void
qt__look_at_switch(const struct qt__patient *patient, struct qt__finding *out)
{
    struct qt_switch_config config = patient->settings.kill_switch;
    struct qt_switch_view view;
    struct qt_error err = {0};
    const struct qt_switch_options options = {.config = &config,
                                              .port = {.trip = no_trip,
                                                       .state = no_state,
                                                       .tamper = no_tamper,
                                                       .note = no_note,
                                                       .lamps = no_lamps}};
    if (!config.enabled) {
        qt__find(out, QT__GOOD, NULL, "none is configured");
        return;
    }
    if (qt_control_is_alive(patient->folder)) {
        ask_engine(patient, out);
        return;
    }
    config.led_green[0] = config.led_yellow[0] = config.led_red[0] = '\0';
    struct qt_kill_switch *kill_switch = qt_kill_switch_start(&options, &err);
    if (!kill_switch) {
        qt__find(out, QT__BAD, NULL, "%s", err.text);
        return;
    }
    qt_kill_switch_view(kill_switch, &view);
    qt_kill_switch_stop(kill_switch);
    if (!view.line.name[0])
        qt__find(out, QT__BAD, advice, "%s: %s", qt_switch_cause_text(view.line.cause),
                 view.line.detail);
    else if (view.line.is_held)
        qt__find(out, QT__WARNING, advice, "%s is open: nothing would trade", view.line.name);
    else
        qt__find(out, QT__GOOD, NULL, "%s is closed", view.line.name);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread of the switch. It owns inputs and lamps; view_mutex guards the picture that it leaves
 * for others after it has acted, never before.
 */
#include "qtrade/hw/kill_switch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "hw_priv.h"

enum { PRIORITY = 50, RELEASING_MS = 10, LAMP_TEST_MS = 300, REASON = 64 };

struct qt_kill_switch {
    struct qt_switch_config config;
    struct qt_switch_port port;
    struct qt_part *part;
    struct qt__input line, tamper;
    struct qt__lamps lamps;
    int wake; /* ends a poll: stop, lamp test */
    pthread_t thread;
    bool has_thread, is_realtime;
    sem_t has_begun; /* the thread has its priority, and the picture says which */
    atomic_bool stop, asks_lamp_test;
    int64_t test_begun_ns; /* QT_TIME_NONE: none runs */
    pthread_mutex_t view_mutex;
    struct qt_switch_view view; /* guarded by view_mutex */
};

const char *
qt_kill_switch_library(void)
{
    return qt__line_library();
}

/* Words for the audit */

static const char *
describe(const struct qt__input *input, const char *what, int64_t edge_ns, char out[REASON])
{
    struct tm tm;
    if (edge_ns == QT_TIME_NONE) {
        snprintf(out, REASON, "%s%s%.40s", what, input->view.detail[0] ? ": " : "",
                 input->view.detail);
        return out;
    }
    int64_t utc = qt_now_utc_ns() - (qt_now_mono_ns() - edge_ns);
    time_t seconds = (time_t)(utc / QT_NS_PER_S);
    gmtime_r(&seconds, &tm);
    snprintf(out, REASON, "%s %02d:%02d:%02d.%09d UTC", what, tm.tm_hour, tm.tm_min, tm.tm_sec,
             (int)(utc % QT_NS_PER_S));
    return out;
}

static void
note(struct qt_kill_switch *self, const struct qt__input *input, const char *what)
{
    char text[REASON];
    snprintf(text, sizeof text, "%s%s%.40s", what, input->view.name[0] ? ": " : "",
             input->view.name);
    self->port.note(self->port.self, text);
}

/* One look at each input; what trips comes before everything else. */

static void
look_at_line(struct qt_kill_switch *self, int64_t now_ns)
{
    char reason[REASON];
    struct qt__input *line = &self->line;
    const struct qt_switch_port *port = &self->port;
    struct qt__news news = qt__input_look(line, now_ns);
    enum qt_switch_cause cause = line->view.cause;
    if (news.tripped) {
        port->trip(port->self, qt_switch_policy(&self->config), cause, news.edge_ns,
                   describe(line, qt_switch_cause_text(cause), news.edge_ns, reason));
        self->test_begun_ns = QT_TIME_NONE;
        return;
    }
    if (news.changed || news.released)
        port->state(port->self, line->view.is_held ? QT_SWITCH_HELD : QT_SWITCH_ARMED, cause);
    if (news.released)
        note(self, line, "released");
    else if (news.changed)
        note(self, line, qt_switch_cause_text(cause));
}

static void
look_at_tamper(struct qt_kill_switch *self, int64_t now_ns)
{
    char reason[REASON];
    struct qt__input *tamper = &self->tamper;
    const struct qt_switch_port *port = &self->port;
    enum qt_command_kind kind = qt_switch_tamper_policy(&self->config);
    struct qt__news news = qt__input_look(tamper, now_ns);
    bool is_edge = tamper->view.cause == QT_SWITCH_PRESSED || tamper->view.cause == QT_SWITCH_OPEN;
    if (news.tripped) {
        char what[48];
        snprintf(what, sizeof what, "tamper: %.36s",
                 is_edge ? "opened" : qt_switch_cause_text(tamper->view.cause));
        describe(tamper, what, news.edge_ns, reason);
        if (kind == QT_COMMAND_NOTE) {
            port->note(port->self, reason);
        } else {
            port->tamper(port->self, true);
            port->trip(port->self, kind, QT_SWITCH_TAMPER, news.edge_ns, reason);
        }
    } else if (news.released) {
        port->tamper(port->self, false);
        note(self, tamper, "tamper: closed");
    }
}

/* Lamps */

static unsigned
lamps_wanted(struct qt_kill_switch *self, int64_t now_ns)
{
    if (atomic_exchange(&self->asks_lamp_test, false))
        self->test_begun_ns = now_ns;
    if (self->line.view.is_held)
        return 1u << QT_LAMP_RED;
    int64_t step = self->test_begun_ns == QT_TIME_NONE
                       ? INT64_MAX
                       : (now_ns - self->test_begun_ns) / (LAMP_TEST_MS * QT_NS_PER_MS);
    if (step < QT_LAMPS)
        return 1u << step;
    if (step == QT_LAMPS)
        return (1u << QT_LAMPS) - 1;
    if (step == QT_LAMPS + 1)
        return 0;
    self->test_begun_ns = QT_TIME_NONE;
    struct qt_switch_lamps told = self->port.lamps(self->port.self);
    return qt__lamps_of(&told, now_ns);
}

static void
show_lamps(struct qt_kill_switch *self, int64_t now_ns)
{
    if (qt__lamps_show(&self->lamps, lamps_wanted(self, now_ns), now_ns))
        self->port.note(self->port.self, "a lamp cannot be driven (killswitch status says why)");
}

static void
leave_picture(struct qt_kill_switch *self)
{
    pthread_mutex_lock(&self->view_mutex);
    struct qt_switch_view *view = &self->view;
    view->line = self->line.view;
    view->tamper = self->tamper.view;
    view->is_realtime = self->is_realtime;
    view->is_testing = self->test_begun_ns != QT_TIME_NONE;
    for (int i = 0; i < QT_LAMPS; i++) {
        view->lamp[i].is_configured = self->lamps.lamp[i].is_configured;
        view->lamp[i].is_driven = self->lamps.lamp[i].line != NULL;
        view->lamp[i].is_on = self->lamps.lamp[i].is_on;
        qt_copy(view->lamp[i].detail, sizeof view->lamp[i].detail, self->lamps.lamp[i].detail);
    }
    pthread_mutex_unlock(&self->view_mutex);
}

/* The thread */

static void
look(struct qt_kill_switch *self)
{
    int64_t now = qt_now_mono_ns();
    look_at_line(self, now);
    look_at_tamper(self, now);
    show_lamps(self, now);
    leave_picture(self);
}

/* While a loop is closing its level is read often; else an edge ends the wait. */
static int
patience_ms(const struct qt_kill_switch *self)
{
    bool is_closing = (self->line.view.is_held && self->line.closed_since_ns != QT_TIME_NONE) ||
                      (self->tamper.view.is_held && self->tamper.closed_since_ns != QT_TIME_NONE);
    return is_closing ? RELEASING_MS : (int)(QT_LOOK_NS / QT_NS_PER_MS);
}

static void
wait_for_edge(struct qt_kill_switch *self)
{
    struct pollfd fds[3] = {
        {.fd = self->wake, .events = POLLIN},
        {.fd = self->line.line ? qt__line_fd(self->line.line) : -1, .events = POLLIN},
        {.fd = self->tamper.line ? qt__line_fd(self->tamper.line) : -1, .events = POLLIN}};
    uint64_t ignored;
    const struct timespec patience = {.tv_nsec = patience_ms(self) * QT_NS_PER_MS};
    if (ppoll(fds, 3, &patience, NULL) > 0 && (fds[0].revents & POLLIN))
        (void)!read(self->wake, &ignored, sizeof ignored);
}

static void
become_realtime(struct qt_kill_switch *self)
{
    const struct sched_param param = {.sched_priority = PRIORITY};
    int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
    self->is_realtime = error == 0;
    if (error)
        self->port.note(self->port.self, "no real-time priority for the kill switch's thread");
}

static void *
run(void *argument)
{
    struct qt_kill_switch *self = argument;
    pthread_setname_np(pthread_self(), "kill switch");
    become_realtime(self);
    leave_picture(self);
    sem_post(&self->has_begun);
    while (!atomic_load(&self->stop)) {
        qt_part_beat(self->part);
        look(self);
        qt_part_set(self->part, self->line.line ? QT_PART_RUNNING : QT_PART_DEGRADED);
        wait_for_edge(self);
    }
    qt_part_set(self->part, QT_PART_STOPPED);
    return NULL;
}

static void
init(struct qt_kill_switch *self, const struct qt_switch_options *options)
{
    self->config = *options->config;
    self->port = options->port;
    self->part = options->part;
    self->test_begun_ns = QT_TIME_NONE;
    pthread_mutex_init(&self->view_mutex, NULL);
    sem_init(&self->has_begun, 0, 0);
    const struct qt_switch_config *config = &self->config;
    int64_t release_ns = config->release_ms * QT_NS_PER_MS;
    qt__input_init(&self->line, config->chip, config->line, "qtrade kill switch", config->edge,
                   config->bias, release_ns);
    qt__input_init(&self->tamper, config->chip, config->tamper_line, "qtrade tamper",
                   config->tamper_edge, config->tamper_bias, release_ns);
    qt__lamps_init(&self->lamps, config);
}

struct qt_kill_switch *
qt_kill_switch_start(const struct qt_switch_options *options, struct qt_error *err)
{
    if (!qt__line_library()) {
        qt_fail(err, QT_E_CONFIG,
                "kill_switch.enabled is true, but this program was built without libgpiod: install "
                "libgpiod-dev and build again, or set it to false");
        return NULL;
    }
    if (!options->config->line[0] || !options->config->chip[0]) {
        qt_fail(
            err, QT_E_CONFIG,
            "kill_switch.enabled is true, but kill_switch.%s is empty: name it, or set enabled to "
            "false",
            options->config->chip[0] ? "line" : "chip");
        return NULL;
    }
    struct qt_kill_switch *self = calloc(1, sizeof *self);
    if (!self) {
        qt_fail(err, QT_E_MEMORY, "no memory for the kill switch");
        return NULL;
    }
    init(self, options);
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->port.state(self->port.self, QT_SWITCH_ARMED, QT_SWITCH_FINE);
    look(self); /* before anything can trade: a switch that is held has tripped (H3) */
    self->has_thread = self->wake >= 0 && pthread_create(&self->thread, NULL, run, self) == 0;
    while (self->has_thread && sem_wait(&self->has_begun) != 0) /* EINTR */
        continue;
    if (self->has_thread)
        return self;
    qt_fail(err, QT_E_FAILED, "the kill switch's thread cannot be started");
    qt_kill_switch_stop(self);
    return NULL;
}

static void
wake(struct qt_kill_switch *self)
{
    const uint64_t one = 1;
    (void)!write(self->wake, &one, sizeof one);
}

void
qt_kill_switch_stop(struct qt_kill_switch *self)
{
    if (!self)
        return;
    atomic_store(&self->stop, true);
    if (self->has_thread) {
        wake(self);
        pthread_join(self->thread, NULL);
    }
    qt__input_close(&self->line);
    qt__input_close(&self->tamper);
    qt__lamps_close(&self->lamps);
    if (self->wake >= 0)
        close(self->wake);
    pthread_mutex_destroy(&self->view_mutex);
    sem_destroy(&self->has_begun);
    free(self);
}

void
qt_kill_switch_view(struct qt_kill_switch *self, struct qt_switch_view *out)
{
    pthread_mutex_lock(&self->view_mutex);
    *out = self->view;
    pthread_mutex_unlock(&self->view_mutex);
}

void
qt_kill_switch_test_lamps(struct qt_kill_switch *self)
{
    atomic_store(&self->asks_lamp_test, true);
    wake(self);
}

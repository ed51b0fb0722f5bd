/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The venue's time (faults C1, C2, F10). A request for it gives an interval: the venue read its
 * clock between our sending and our receiving, so
 *
 *     offset = venue - (sent + received) / 2,  uncertainty = (received - sent) / 2
 *
 * The best of the last eight samples counts, each growing less certain with age. Signed requests
 * carry the earliest time the venue may have: it refuses what is more than a second ahead, but
 * takes what is recvWindow old. A step of our wall clock against the monotonic one is taken out of
 * the offset at once and measured anew.
 */
#include "session_priv.h"

#include <stdlib.h>

#include "qtrade/base/time.h"

#define PERIOD_MS 20000
#define SOON_NS (5 * QT_NS_PER_S)    /* not asked more often than this */
#define STEP_NS (250 * QT_NS_PER_MS) /* of the wall clock, in one turn */
#define DRIFT_PPM 500                /* how fast a sample loses certainty */

static void ask(struct qt_binance *self);

/* Certainty of a sample now. */
static int64_t
aged(const struct qt_binance *self, const struct qt__bn_clock_sample *sample, int64_t now_mono)
{
    double age = (double)(now_mono - sample->at_mono_ns) * qt__bn_speed(self);
    return sample->uncertainty_ns + (int64_t)(age * DRIFT_PPM * 1e-6);
}

static void
choose(struct qt_binance *self)
{
    struct qt__bn_time *time = &self->time;
    int64_t now = qt_now_mono_ns(), best = INT64_MAX;
    for (size_t i = 0; i < time->n; i++) {
        int64_t uncertainty = aged(self, &time->samples[i], now);
        if (uncertainty >= best)
            continue;
        best = uncertainty;
        time->offset_ns = time->samples[i].offset_ns;
        time->uncertainty_ns = uncertainty;
    }
    self->stats.clock_offset_ns = time->offset_ns;
    self->stats.clock_uncertainty_ns = time->uncertainty_ns;
}

void
qt__bn_time_sample(struct qt_binance *self, int64_t venue_ms, int64_t sent_ns, int64_t back_ns)
{
    struct qt__bn_time *time = &self->time;
    int64_t middle = sent_ns + (back_ns - sent_ns) / 2, now = qt_now_mono_ns();
    /* The venue cuts its time to the millisecond before. */
    struct qt__bn_clock_sample sample = {
        .offset_ns = venue_ms * QT_NS_PER_MS + QT_NS_PER_MS / 2 - middle,
        .uncertainty_ns = (back_ns - sent_ns) / 2 + QT_NS_PER_MS / 2,
        .at_mono_ns = now};
    for (size_t i = 0; i < time->n; i++) { /* a clock that stepped disproves what came before */
        int64_t apart = sample.offset_ns - time->samples[i].offset_ns;
        if (llabs(apart) > sample.uncertainty_ns + aged(self, &time->samples[i], now)) {
            time->n = time->next = 0;
            break;
        }
    }
    time->samples[time->next] = sample;
    time->next = (time->next + 1) % QT__BN_CLOCK_SAMPLES;
    time->n += time->n < QT__BN_CLOCK_SAMPLES;
    choose(self);
}

static void
on_time(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    int64_t ms;
    call->self->time.is_asked = false;
    if (answer->is_good && qt__bn_decode_time(answer->body, answer->length, &ms))
        qt__bn_time_sample(call->self, ms, answer->sent_utc_ns, answer->back_utc_ns);
}

static void
on_timer(void *context)
{
    ask(context);
}

static void
ask(struct qt_binance *self)
{
    struct qt__bn_time *time = &self->time;
    const struct qt__bn_request request = {.method = "GET",
                                           .operation = QT_OPERATION_MARKET,
                                           .path = "/api/v3/time",
                                           .weight = 1,
                                           .done = on_time};
    if (!time->is_asked && qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT)
        time->is_asked = true;
    time->asked_mono_ns = qt_now_mono_ns();
    qt_timer_start(self->loop, &time->timer, PERIOD_MS, on_timer, self);
}

void
qt__bn_time_again(struct qt_binance *self)
{
    int64_t since = qt_now_mono_ns() - self->time.asked_mono_ns;
    if (self->is_started && since >= SOON_NS)
        ask(self);
}

void
qt__bn_time_start(struct qt_binance *self)
{
    ask(self);
}

void
qt__bn_time_stop(struct qt_binance *self)
{
    qt_timer_stop(&self->time.timer);
}

void
qt__bn_time_check(struct qt_binance *self)
{
    struct qt__bn_time *time = &self->time;
    int64_t utc = qt__bn_utc(self), mono = qt_now_mono_ns();
    int64_t step = (utc - time->last_utc_ns) - (mono - time->last_mono_ns);
    bool is_step = self->clock->speed == 0 && time->last_mono_ns != 0 && llabs(step) > STEP_NS;
    time->last_utc_ns = utc;
    time->last_mono_ns = mono;
    if (!is_step)
        return;
    for (size_t i = 0; i < time->n; i++)
        time->samples[i].offset_ns -= step;
    choose(self);
    qt__bn_time_again(self);
}

int64_t
qt__bn_time_low(const struct qt_binance *self)
{
    return qt__bn_utc(self) + self->time.offset_ns - self->time.uncertainty_ns;
}

int64_t
qt__bn_time_high(const struct qt_binance *self, int64_t utc_ns)
{
    return utc_ns + self->time.offset_ns + self->time.uncertainty_ns;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rings of times and of recent orders. Counting walks back from the newest, so it costs what it
 * finds.
 */
#include "qtrade/risk/rates.h"

void
qt_rates_init(struct qt_rates *rates)
{
    rates->orders.count = rates->messages.count = rates->recents =
        0; /* no ring is read past them */
}

static void
add(struct qt_rate *rate, int64_t t_ns)
{
    if (rate->count > 0) {
        int64_t newest = rate->t_ns[(rate->count - 1) % QT_RATE_RING];
        t_ns = QT_MAX(t_ns, newest);
    }
    rate->t_ns[rate->count++ % QT_RATE_RING] = t_ns;
}

void
qt_rates_message(struct qt_rates *rates, int64_t t_ns)
{
    add(&rates->messages, t_ns);
}

void
qt_rates_order(struct qt_rates *rates, const struct qt_order_request *request, int64_t t_ns)
{
    add(&rates->orders, t_ns);
    add(&rates->messages, t_ns);
    rates->recent[rates->recents++ % QT_RECENT_ORDERS] =
        (struct qt_recent_order){.t_ns = t_ns,
                                 .instrument = request->instrument,
                                 .side = request->side,
                                 .type = request->type,
                                 .px = request->px,
                                 .stop_px = request->stop_px,
                                 .qty = request->qty};
}

/* t is younger than the window; a time after now counts as now. */
static bool
is_within(int64_t t_ns, int64_t now_ns, int64_t window_ns)
{
    return t_ns > now_ns || now_ns - t_ns < window_ns;
}

int64_t
qt_rate_within(const struct qt_rate *rate, int64_t t_ns, int64_t window_ns)
{
    uint64_t kept = QT_MIN(rate->count, QT_RATE_RING), n = 0;
    while (n < kept && is_within(rate->t_ns[(rate->count - 1 - n) % QT_RATE_RING], t_ns, window_ns))
        n++;
    return (int64_t)n;
}

static bool
is_like(const struct qt_recent_order *order, const struct qt_order_request *request)
{
    return order->instrument == request->instrument && order->side == request->side &&
           order->type == request->type && qt_px_cmp(order->px, request->px) == 0 &&
           qt_px_cmp(order->stop_px, request->stop_px) == 0 &&
           qt_qty_cmp(order->qty, request->qty) == 0;
}

int64_t
qt_rates_duplicates(const struct qt_rates *rates, const struct qt_order_request *request,
                    int64_t t_ns, int64_t window_ns)
{
    uint64_t kept = QT_MIN(rates->recents, QT_RECENT_ORDERS);
    int64_t n = 0;
    for (uint64_t i = 0; i < kept; i++) {
        const struct qt_recent_order *order =
            &rates->recent[(rates->recents - 1 - i) % QT_RECENT_ORDERS];
        n += is_within(order->t_ns, t_ns, window_ns) && is_like(order, request);
    }
    return n;
}

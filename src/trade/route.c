/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/trade/route.h"

#include <math.h>

#include "qtrade/base/fixed.h"
#include "qtrade/base/num.h"

#define INV_SQRT_2PI 0.39894228040143267794
enum { PIECES = 256, MEMORY = 8 };

/* A venue while an order is split: where the walk through its book stands. */
struct walk {
    bool is_in;
    size_t at;      /* level */
    int64_t used;   /* of that level */
    int64_t taken;  /* of all */
    double charges; /* parts of the notional that do not depend on the quantity */
};

static double
units_of(const struct qt_route_order *order, int64_t quantity)
{
    return (double)quantity / (double)qt_pow10(order->qty_scale);
}

static double
charges_of(const struct qt_route_order *order, const struct qt_route_venue *venue)
{
    double wait = order->sigma * sqrt(venue->latency_s) * INV_SQRT_2PI;
    return venue->fee + venue->slip + (1 + venue->refused) * wait;
}

/* The impact of q as a part of the price: on average over q, or of its last unit (half more). */
static double
impact_of(const struct qt_route_order *order, const struct qt_route_venue *venue, double units,
          bool is_last)
{
    if (!(venue->day_volume > 0))
        return 0;
    return (is_last ? 1.5 : 1) * order->impact * order->sigma_day * sqrt(units / venue->day_volume);
}

static bool
is_within(const struct qt_route_order *order, double px)
{
    return order->limit <= 0 || (order->side == QT_BUY ? px <= order->limit : px >= order->limit);
}

/* How much more the venue can take at the level where its walk stands, up to most; 0: no more. */
static int64_t
room_of(const struct qt_route_order *order, const struct qt_route_venue *venue, struct walk *walk,
        int64_t most)
{
    while (walk->at < venue->levels && walk->used >= qt_qty_units(venue->level[walk->at].qty)) {
        walk->at++;
        walk->used = 0;
    }
    if (!walk->is_in || walk->at >= venue->levels || !is_within(order, venue->level[walk->at].px))
        return 0;
    int64_t left = qt_qty_units(venue->level[walk->at].qty) - walk->used;
    int64_t q = QT_MIN(QT_MIN(left, most), qt_qty_units(venue->room) - walk->taken);
    return q > 0 ? q : 0;
}

/* What the next piece costs there, in quote units a base unit; a seller's cost is the negative
 * price. */
static double
next_cost(const struct qt_route_order *order, const struct qt_route_venue *venue,
          const struct walk *walk, int64_t piece)
{
    double px = venue->level[walk->at].px, sign = order->side == QT_BUY ? 1 : -1;
    double units = units_of(order, walk->taken) + units_of(order, piece) / 2;
    return sign * px + px * (walk->charges + impact_of(order, venue, units, true));
}

/* One piece to where it is cheapest. Returns its quantity; 0: nowhere. */
static int64_t
place(const struct qt_route_order *order, const struct qt_route_venue *venue, size_t n,
      struct walk *walk, int64_t piece)
{
    size_t best = n;
    int64_t quantity = 0;
    double least = 0;
    for (size_t v = 0; v < n; v++) {
        int64_t q = room_of(order, &venue[v], &walk[v], piece);
        double cost = q > 0 ? next_cost(order, &venue[v], &walk[v], q) : 0;
        if (q > 0 && (best == n || cost < least)) {
            best = v;
            least = cost;
            quantity = q;
        }
    }
    if (best == n)
        return 0;
    walk[best].used += quantity;
    walk[best].taken += quantity;
    return quantity;
}

static void
walk_books(const struct qt_route_order *order, const struct qt_route_venue *venue, size_t n,
           struct walk *walk)
{
    int64_t left = qt_qty_units(order->qty), piece = QT_MAX(left / PIECES, 1), placed = 1;
    for (size_t v = 0; v < n; v++)
        walk[v] = (struct walk){.is_in = walk[v].is_in, .charges = charges_of(order, &venue[v])};
    while (left > 0 && placed > 0) {
        placed = place(order, venue, n, walk, QT_MIN(piece, left));
        left -= placed;
    }
}

/* The walk again, to so much from the best level on. Returns the average price of it; 0: of
 * nothing. */
static double
walk_to(const struct qt_route_venue *venue, struct walk *walk, int64_t quantity)
{
    double paid = 0;
    walk->taken = quantity;
    walk->used = 0;
    for (walk->at = 0; walk->at < venue->levels && quantity > 0; walk->at += quantity > 0) {
        walk->used = QT_MIN(quantity, qt_qty_units(venue->level[walk->at].qty));
        paid += (double)walk->used * venue->level[walk->at].px;
        quantity -= walk->used;
    }
    return walk->taken > 0 ? paid / (double)walk->taken : 0;
}

/* Whole lots of what was taken, or nothing where the venue would refuse that. */
static bool
keeps_minima(const struct qt_route_order *order, const struct qt_route_venue *venue,
             const struct walk *walk)
{
    struct walk whole = *walk;
    double px = walk_to(venue, &whole, walk->taken - walk->taken % qt_qty_units(venue->lot));
    return whole.taken > 0 && whole.taken >= qt_qty_units(venue->min_qty) &&
           units_of(order, whole.taken) * px >= venue->min_notional;
}

/* Takes the smallest share that its venue would refuse out. False: there is none. */
static bool
drop_smallest(const struct qt_route_order *order, const struct qt_route_venue *venue, size_t n,
              struct walk *walk)
{
    size_t drop = n;
    for (size_t v = 0; v < n; v++) {
        if (walk[v].taken > 0 && !keeps_minima(order, &venue[v], &walk[v]) &&
            (drop == n || walk[v].taken < walk[drop].taken))
            drop = v;
    }
    if (drop < n)
        walk[drop].is_in = false;
    return drop < n;
}

/* What the lots cut off goes, in lots, to a venue whose level has room for it. Returns how much has
 * a place. */
static int64_t
round_to_lots(const struct qt_route_order *order, const struct qt_route_venue *venue, size_t n,
              struct walk *walk)
{
    int64_t routed = 0;
    for (size_t v = 0; v < n; v++) {
        (void)walk_to(&venue[v], &walk[v],
                      walk[v].taken - walk[v].taken % qt_qty_units(venue[v].lot));
        routed += walk[v].taken;
    }
    for (size_t v = 0; v < n; v++) {
        int64_t more = walk[v].taken > 0
                           ? room_of(order, &venue[v], &walk[v], qt_qty_units(order->qty) - routed)
                           : 0;
        more -= more % qt_qty_units(venue[v].lot);
        (void)walk_to(&venue[v], &walk[v], walk[v].taken + more);
        routed += more;
    }
    return routed;
}

static double
best_price(const struct qt_route_order *order, const struct qt_route_venue *venue, size_t n)
{
    double best = 0;
    for (size_t v = 0; v < n; v++) {
        double px = venue[v].is_open && venue[v].levels > 0 ? venue[v].level[0].px : 0;
        if (px > 0 && (best <= 0 || (order->side == QT_BUY ? px < best : px > best)))
            best = px;
    }
    return best;
}

static struct qt_route_share
share_of(const struct qt_route_order *order, const struct qt_route_venue *venue, struct walk *walk,
         double best)
{
    if (walk->taken == 0)
        return (struct qt_route_share){0};
    double px = walk_to(venue, walk, walk->taken), sign = order->side == QT_BUY ? 1 : -1;
    double charges = walk->charges + impact_of(order, venue, units_of(order, walk->taken), false);
    double part = sign * (px - best) / best + charges * px / best;
    return (struct qt_route_share){.qty = {walk->taken}, .px = px, .cost_bps = part * 1e4};
}

qt_qty
qt_route_split(const struct qt_route_order *order, const struct qt_route_venue *venue, size_t n,
               struct qt_route_share *out)
{
    struct walk walk[QT_ROUTE_VENUES] = {{0}};
    n = QT_MIN(n, QT_ROUTE_VENUES);
    for (size_t v = 0; v < n; v++)
        walk[v].is_in = venue[v].is_open;
    do {
        walk_books(order, venue, n, walk);
    } while (drop_smallest(order, venue, n, walk));
    int64_t routed = round_to_lots(order, venue, n, walk);
    double best = best_price(order, venue, n);
    for (size_t v = 0; v < n; v++)
        out[v] = share_of(order, &venue[v], &walk[v], best);
    return (qt_qty){routed};
}

static double
moved(double average, uint64_t before, double value, double weight)
{
    return before == 0 ? value : average + weight * (value - average) / MEMORY;
}

void
qt_route_answered(struct qt_route_record *record, double latency_s, bool is_refused)
{
    record->latency_s = moved(record->latency_s, record->answered, latency_s, 1);
    record->refusals = record->refusals + ((is_refused ? 1 : 0) - record->refusals) / MEMORY;
    record->answered++;
    record->refused += is_refused;
}

void
qt_route_filled(struct qt_route_record *record, enum qt_side side, double px, double expected,
                double weight)
{
    double worse = (side == QT_BUY ? px - expected : expected - px) / expected;
    record->slip += QT_MIN(QT_MAX(weight, 0), 1) * (worse - record->slip) / MEMORY;
    record->fills++;
}

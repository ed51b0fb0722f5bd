/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs between an order and its simulation, one by one and all together. */
#include <stdlib.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"

#include "compare_priv.h"

#define BPS 10000

static const char *const filled_names[QT__FILLED_KINDS] = {[QT__FILLED_BOTH] = "both",
                                                           [QT__FILLED_RECORDED] = "recorded",
                                                           [QT__FILLED_SIMULATED] = "simulated",
                                                           [QT__FILLED_NEITHER] = "neither"};

const char *
qt__compare_filled_name(enum qt__compare_filled filled)
{
    return (unsigned)filled < QT__FILLED_KINDS ? filled_names[filled] : "?";
}

const char *
qt__compare_origin_name(enum qt__compare_origin origin)
{
    static const char *const names[QT__ORIGINS] = {[QT__ORIGIN_GIVEN] = "given",
                                                   [QT__ORIGIN_FOUND] = "calibrated",
                                                   [QT__ORIGIN_FEW] = "few observations",
                                                   [QT__ORIGIN_ASSUMED] = "assumed"};
    return (unsigned)origin < QT__ORIGINS ? names[origin] : "?";
}

enum qt__compare_filled
qt__compare_filled(const struct qt__compare_row *row)
{
    bool recorded = qt_qty_sign(row->recorded.filled) > 0;
    bool simulated = qt_qty_sign(row->simulated.filled) > 0;
    if (recorded)
        return simulated ? QT__FILLED_BOTH : QT__FILLED_RECORDED;
    return simulated ? QT__FILLED_SIMULATED : QT__FILLED_NEITHER;
}

bool
qt__compare_price(const struct qt__compare *compare, const struct qt__compare_row *row,
                  const struct qt__fate *fate, double *out)
{
    const struct qt_instrument *ins =
        qt_universe_at(compare->head->universe, row->request.instrument);
    double qty = qt_qty_to_double(fate->filled, ins->qty_scale);
    double quote = qt_money_to_double(fate->quote, QT_MONEY_SCALE);
    if (qty <= 0 || quote <= 0)
        return false;
    *out = quote / qty;
    return true;
}

bool
qt__compare_price_bps(const struct qt__compare *compare, const struct qt__compare_row *row,
                      double *out)
{
    double recorded, simulated;
    if (!qt__compare_price(compare, row, &row->recorded, &recorded) ||
        !qt__compare_price(compare, row, &row->simulated, &simulated))
        return false;
    double more = BPS * (recorded - simulated) / simulated;
    *out = row->request.side == QT_BUY ? more : -more;
    return true;
}

/* What is fitted over all orders. */
struct sums {
    struct qt__samples price_bps, rest_recorded, rest_simulated, fill_recorded, fill_simulated;
};

/* Makers wait from the venue's word to their first fill; takers from the decision. */
static bool
add_times(const struct qt__compare_row *row, const struct qt__fate *fate, struct qt__samples *rest,
          struct qt__samples *fill)
{
    bool is_maker = qt_qty_sign(fate->filled_as_maker) > 0;
    int64_t since_ns = is_maker ? fate->word_ns : row->decided_ns;
    if (fate->fill_ns == 0)
        return true;
    return qt__samples_add(is_maker ? rest : fill,
                           (double)(fate->fill_ns - since_ns) / (double)QT_NS_PER_MS);
}

static bool
add_row(const struct qt__compare *compare, const struct qt__compare_row *row,
        struct qt__compare_totals *totals, struct sums *sums)
{
    double bps;
    totals->orders++;
    totals->filled[qt__compare_filled(row)]++;
    totals->refused_recorded += row->recorded.state == QT_ORDER_REJECTED;
    totals->refused_simulated += row->simulated.state == QT_ORDER_REJECTED;
    totals->fees_recorded += row->recorded.fee;
    totals->fees_simulated += row->simulated.fee;
    if (qt__compare_price_bps(compare, row, &bps)) {
        qt_qty both = qt_qty_min(row->recorded.filled, row->simulated.filled);
        qt_money quote = QT_MONEY_ZERO;
        if (qt_money_share(row->simulated.quote, both, row->simulated.filled, &quote))
            totals->cost += bps / BPS * qt_money_to_double(quote, QT_MONEY_SCALE);
        if (!qt__samples_add(&sums->price_bps, bps))
            return false;
    }
    return add_times(row, &row->recorded, &sums->rest_recorded, &sums->fill_recorded) &&
           add_times(row, &row->simulated, &sums->rest_simulated, &sums->fill_simulated);
}

static bool
fit(const struct qt__samples *samples, struct qt_lognormal_fit *out)
{
    return qt_fit_lognormal(samples->of, samples->n, out);
}

bool
qt__compare_total(const struct qt__compare *compare, struct qt__compare_totals *out,
                  struct qt_error *err)
{
    struct sums sums = {0};
    bool is_good = true;
    *out = (struct qt__compare_totals){0};
    for (size_t i = 0; i < compare->n && is_good; i++)
        if (compare->rows[i].is_simulated)
            is_good = add_row(compare, &compare->rows[i], out, &sums);
    out->price_bps = qt_fit_mean(sums.price_bps.of, sums.price_bps.n);
    is_good = is_good && fit(&sums.rest_recorded, &out->rest_recorded_ms) &&
              fit(&sums.rest_simulated, &out->rest_simulated_ms) &&
              fit(&sums.fill_recorded, &out->fill_recorded_ms) &&
              fit(&sums.fill_simulated, &out->fill_simulated_ms);
    free(sums.price_bps.of);
    free(sums.rest_recorded.of);
    free(sums.rest_simulated.of);
    free(sums.fill_recorded.of);
    free(sums.fill_simulated.of);
    return is_good || qt_fail(err, QT_E_MEMORY, "no memory for the totals");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens at the end of each second: marks, and at 00:00, 08:00 and 16:00 UTC funding. */
#include "perp_priv.h"

#include "qtrade/base/error.h"

#define INTEREST 10000  /* 0.01 % of 8 h */
#define DAMPER 50000    /* 0.05 % */
#define RATE_MAX 300000 /* 0.3 %: three quarters of the lowest maintenance rate */

__extension__ typedef __int128 wide;

static int64_t
held_within(int64_t value, int64_t limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

static int64_t
rate_of(const struct qt__perp_market *market)
{
    int64_t premium = market->premium_n > 0 ? market->premium_sum / market->premium_n : 0;
    return held_within(premium + held_within(INTEREST - premium, DAMPER), RATE_MAX);
}

static int64_t
next_funding(const struct qt_perp *perp)
{
    return qt_time_floor(perp->now_ns, QT__FUNDING_NS) + QT__FUNDING_NS;
}

struct qt_perp_premium
qt_perp_premium(const struct qt_perp *perp, uint32_t instrument)
{
    const struct qt__perp_market *market = qt__perp_market(perp, instrument);
    return (struct qt_perp_premium){.mark = qt_margin_mark(perp->margin, instrument),
                                    .index = market->index,
                                    .rate = rate_of(market),
                                    .next_ns = next_funding(perp),
                                    .interest = INTEREST};
}

/* The middle of the book; of what there is of it. */
static qt_px
middle_of(const struct qt__perp_market *market)
{
    struct qt_depth_level bid, ask;
    bool has_bid = qt_match_levels(market->match, QT_BUY, &bid, 1) == 1;
    bool has_ask = qt_match_levels(market->match, QT_SELL, &ask, 1) == 1;
    if (has_bid && has_ask)
        return (qt_px){bid.px.v + (ask.px.v - bid.px.v) / 2};
    return has_bid ? bid.px : has_ask ? ask.px : market->index;
}

static int64_t
median(int64_t a, int64_t b, int64_t c)
{
    return QT_MAX(QT_MIN(a, b), QT_MIN(QT_MAX(a, b), c));
}

static void
sample(struct qt__perp_market *market)
{
    int64_t basis = middle_of(market).v - market->index.v;
    market->basis[market->n_basis++ % QT__PERP_SAMPLES] = basis;
    wide premium = (wide)basis * QT__RATE_1 / market->index.v;
    market->premium_sum += (int64_t)QT_MAX(QT_MIN(premium, QT__RATE_1), -QT__RATE_1);
    market->premium_n++;
}

static qt_px
mark_of(const struct qt__perp_market *market)
{
    int64_t index = market->index.v, sum = 0;
    int64_t n = (int64_t)QT_MIN(market->n_basis, (uint64_t)QT__PERP_SAMPLES);
    for (int64_t i = 0; i < n; i++)
        sum += market->basis[i];
    int64_t left = (next_funding(market->perp) - market->perp->now_ns) / QT_NS_PER_S;
    int64_t carry = (int64_t)((wide)index * rate_of(market) * left /
                              ((wide)QT__RATE_1 * (QT__FUNDING_NS / QT_NS_PER_S)));
    qt_px last = qt_match_last(market->match);
    int64_t by_rate = index + carry, by_basis = index + sum / n;
    return (qt_px){QT_MAX(median(by_rate, by_basis, qt_px_is_none(last) ? by_basis : last.v), 1)};
}

static void
fund_owner(struct qt__perp_market *market, uint32_t owner, int64_t rate)
{
    struct qt_perp *perp = market->perp;
    uint32_t id = market->ins->id;
    if (qt_margin_position(perp->margin, owner, id)->qty.v == 0)
        return;
    qt_money change = qt_margin_fund(perp->margin, owner, id, rate);
    qt__perp_keep_income(perp, owner, id, QT_PERP_FUNDING, change, 0);
    qt__perp_tell_account(perp, owner, id, QT_PERP_BY_FUNDING, change);
}

static void
fund(struct qt__perp_market *market)
{
    struct qt_perp *perp = market->perp;
    int64_t rate = rate_of(market);
    struct qt_perp_funding *row = &market->fundings[market->n_fundings++ % QT__PERP_FUNDINGS];
    *row =
        (struct qt_perp_funding){perp->now_ns, rate, qt_margin_mark(perp->margin, market->ins->id)};
    perp->stats.fundings++;
    for (uint32_t owner = 0; owner < perp->n_owners; owner++)
        fund_owner(market, owner, rate);
    market->premium_sum = market->premium_n = 0;
}

void
qt__perp_second(struct qt_perp *perp)
{
    bool funds = perp->now_ns % QT__FUNDING_NS == 0;
    for (uint32_t i = 0; i < perp->n_markets; i++) {
        struct qt__perp_market *market = &perp->markets[i];
        if (qt_px_is_none(market->index))
            continue;
        sample(market);
        qt_px mark = mark_of(market);
        qt_margin_set_mark(perp->margin, i, mark);
        if (funds)
            fund(market);
        if (perp->listener.mark)
            perp->listener.mark(perp->listener.context, i);
        if (market->status == QT_INSTRUMENT_TRADING)
            qt__perp_look(market, mark, true);
        qt__perp_settle(market);
    }
    qt__perp_liquidate(perp);
}

size_t
qt_perp_fundings(const struct qt_perp *perp, uint32_t instrument, int64_t from_ns, int64_t until_ns,
                 struct qt_perp_funding *out, size_t n)
{
    const struct qt__perp_market *market = qt__perp_market(perp, instrument);
    uint64_t end = market->n_fundings, i = end > QT__PERP_FUNDINGS ? end - QT__PERP_FUNDINGS : 0;
    size_t count = 0;
    for (; i < end && count < n; i++) {
        const struct qt_perp_funding *row = &market->fundings[i % QT__PERP_FUNDINGS];
        if (row->time_ns >= from_ns && row->time_ns <= until_ns)
            out[count++] = *row;
    }
    return count;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of half-open intervals on an order's cumulative quantity. Fills come in any order and any
 * number of times; the set says which part of each is news.
 */
#include "qtrade/base/error.h"

#include "order_priv.h"

static qt_qty
larger(qt_qty a, qt_qty b)
{
    return qt_qty_cmp(a, b) > 0 ? a : b;
}

/* Both are within 0..qty of an order, so neither can overflow. */
static qt_qty
plus(qt_qty a, qt_qty b)
{
    qt_qty sum = QT_QTY_ZERO;
    bool fits = qt_qty_add(a, b, &sum);
    qt_assert(fits);
    return sum;
}

static qt_qty
minus(qt_qty a, qt_qty b)
{
    return plus(a, qt_qty_neg(b));
}

/* Length of what (a_from, a_to] and (b_from, b_to] share. */
static qt_qty
shared(qt_qty a_from, qt_qty a_to, qt_qty b_from, qt_qty b_to)
{
    qt_qty from = larger(a_from, b_from), to = qt_qty_min(a_to, b_to);
    return qt_qty_cmp(to, from) > 0 ? minus(to, from) : QT_QTY_ZERO;
}

qt_qty
qt__cover_overlap(const struct qt_cover *cover, qt_qty from, qt_qty to)
{
    qt_qty sum = shared(QT_QTY_ZERO, cover->prefix, from, to);
    for (uint32_t i = 0; i < cover->islands; i++)
        sum = plus(sum, shared(cover->island[i].from, cover->island[i].to, from, to));
    return sum;
}

qt_qty
qt__cover_top(const struct qt_cover *cover)
{
    return cover->islands ? cover->island[cover->islands - 1].to : cover->prefix;
}

/* Takes islands lo..hi-1 out. */
static void
cut(struct qt_cover *cover, uint32_t lo, uint32_t hi)
{
    for (uint32_t i = hi; i < cover->islands; i++)
        cover->island[lo + i - hi] = cover->island[i];
    cover->islands -= hi - lo;
}

/* Islands that the prefix has reached become part of it. */
static void
grow_prefix(struct qt_cover *cover, qt_qty to)
{
    cover->prefix = larger(cover->prefix, to);
    uint32_t n = 0;
    while (n < cover->islands && qt_qty_cmp(cover->island[n].from, cover->prefix) <= 0) {
        cover->prefix = larger(cover->prefix, cover->island[n].to);
        n++;
    }
    cut(cover, 0, n);
}

static bool
add_island(struct qt_cover *cover, qt_qty from, qt_qty to)
{
    uint32_t lo = 0;
    while (lo < cover->islands && qt_qty_cmp(cover->island[lo].to, from) < 0)
        lo++;
    uint32_t hi = lo;
    for (; hi < cover->islands && qt_qty_cmp(cover->island[hi].from, to) <= 0; hi++) {
        from = qt_qty_min(from, cover->island[hi].from);
        to = larger(to, cover->island[hi].to);
    }
    if (hi == lo) {
        if (cover->islands == QT_COVER_ISLANDS)
            return false;
        for (uint32_t i = cover->islands; i > lo; i--)
            cover->island[i] = cover->island[i - 1];
        cover->islands++;
    } else {
        cut(cover, lo + 1, hi);
    }
    cover->island[lo].from = from;
    cover->island[lo].to = to;
    return true;
}

bool
qt__cover_add(struct qt_cover *cover, qt_qty from, qt_qty to, qt_qty *out_new)
{
    qt_qty news = minus(minus(to, from), qt__cover_overlap(cover, from, to));
    if (qt_qty_cmp(from, cover->prefix) <= 0)
        grow_prefix(cover, to);
    else if (!add_island(cover, from, to))
        return false;
    *out_new = news;
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pairs of orders of which one cancels the other. The book ends the sibling (match.h, M6); here
 * stands the list itself, and the one lock that both share: it lies with one order and passes to
 * the other when that one ends.
 */
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/text.h"

#include "exchange_priv.h"

/* Does this one wait for a loss? */
static bool
is_loss(const struct qt_exchange_ticket *ticket)
{
    return ticket->type == QT_TYPE_STOP_LOSS || ticket->type == QT_TYPE_STOP_LOSS_LIMIT;
}

static bool
is_profit(const struct qt_exchange_ticket *ticket)
{
    return ticket->type == QT_TYPE_LIMIT_MAKER || ticket->type == QT_TYPE_TAKE_PROFIT ||
           ticket->type == QT_TYPE_TAKE_PROFIT_LIMIT;
}

/* Where the market must come to for this one; QT_PX_NONE: it follows the market. */
static qt_px
level_of(const struct qt_exchange_ticket *ticket)
{
    return ticket->type == QT_TYPE_LIMIT_MAKER ? ticket->px : ticket->stop_px;
}

/* Above the market the profit of a sale or the loss of a purchase, below it the other one. */
static bool
is_well_related(const struct qt_exchange *exchange, const struct qt_exchange_ticket pair[2])
{
    bool is_sell = pair[0].side == QT_SELL;
    qt_px above = level_of(&pair[0]), below = level_of(&pair[1]);
    qt_px last = qt_exchange_last(exchange, pair[0].instrument);
    return pair[0].side == pair[1].side && pair[0].instrument == pair[1].instrument &&
           pair[0].owner == pair[1].owner && qt_qty_cmp(pair[0].qty, pair[1].qty) == 0 &&
           (is_sell ? is_profit(&pair[0]) && is_loss(&pair[1])
                    : is_loss(&pair[0]) && is_profit(&pair[1])) &&
           (qt_px_is_none(above) || qt_px_is_none(last) || qt_px_cmp(above, last) > 0) &&
           (qt_px_is_none(below) || qt_px_is_none(last) || qt_px_cmp(below, last) < 0);
}

static struct qt_exchange_list *
list_of(struct qt_exchange *exchange, uint64_t id)
{
    struct qt_exchange_list *list = &exchange->lists[id % QT__LISTS];
    return id != 0 && list->id == id ? list : NULL;
}

static enum qt_exchange_verdict
judge_pair(struct qt_exchange *exchange, const struct qt_exchange_ticket pair[2],
           const char *client_id, qt_money need[2])
{
    struct qt_exchange_list other;
    if (pair[0].instrument >= exchange->n_markets)
        return QT_EXCHANGE_SYMBOL;
    if (!is_well_related(exchange, pair))
        return QT_EXCHANGE_RELATION;
    if ((client_id[0] && qt_exchange_find_list(exchange, pair[0].owner, 0, client_id, &other) &&
         !other.is_done) ||
        (pair[0].client_id[0] && strcmp(pair[0].client_id, pair[1].client_id) == 0))
        return QT_EXCHANGE_DUPLICATE;
    for (int i = 0; i < 2; i++) {
        qt_qty qty;
        enum qt_exchange_verdict verdict = qt__exchange_judge(exchange, &pair[i], &qty, &need[i]);
        if (verdict != QT_EXCHANGE_OK)
            return verdict;
    }
    const struct qt_exchange_list *oldest = &exchange->lists[(exchange->last_list + 1) % QT__LISTS];
    bool has_room =
        exchange->n_open + 2 <= exchange->options.max_open &&
        qt_match_count(exchange->markets[pair[0].instrument].match) + 2 <= QT__BOOK_ORDERS &&
        (oldest->id == 0 || oldest->is_done);
    return has_room ? QT_EXCHANGE_OK : QT_EXCHANGE_FULL;
}

static struct qt_exchange_list *
new_list(struct qt_exchange *exchange, const struct qt_exchange_ticket *ticket,
         const char *client_id)
{
    uint64_t id = ++exchange->last_list;
    struct qt_exchange_list *list = &exchange->lists[id % QT__LISTS];
    *list = (struct qt_exchange_list){.id = id,
                                      .owner = ticket->owner,
                                      .instrument = ticket->instrument,
                                      .time_ns = exchange->now_ns};
    struct qt_text text;
    qt_text_init(&text, list->client_id, sizeof list->client_id);
    if (client_id[0])
        qt_text_add(&text, client_id);
    else
        qt_text_addf(&text, "l-%llu", (unsigned long long)id);
    return list;
}

static void
tell_list(const struct qt_exchange *exchange, const struct qt_exchange_list *list)
{
    if (exchange->listener.list)
        exchange->listener.list(exchange->listener.context, list);
}

/* Both orders, judged good, into the book. */
static void
enter(struct qt_exchange *exchange, const struct qt_exchange_ticket pair[2], const qt_money need[2],
      struct qt_exchange_list *list)
{
    struct qt__market *market = &exchange->markets[list->instrument];
    struct qt__record *record[2];
    for (int i = 0; i < 2; i++) {
        record[i] = qt__record_new(exchange, &pair[i]);
        record[i]->order.list_id = list->id;
        list->order_ids[i] = record[i]->order.id;
    }
    struct qt__record *holder = record[pair[1].type == QT_TYPE_LIMIT_MAKER];
    holder->locked = qt_money_cmp(need[0], need[1]) > 0 ? need[0] : need[1];
    bool is_locked =
        qt_accounts_lock(exchange->accounts, list->owner,
                         pair[0].side == QT_BUY ? market->quote : market->base, holder->locked);
    qt_assert(is_locked);
    tell_list(exchange, list);
    uint64_t before = qt_match_book_id(market->match);
    for (int i = 0; i < 2; i++) {
        struct qt_match_order order =
            qt__match_order_of(exchange, &pair[i], pair[i].qty, list->order_ids[i]);
        order.sibling = list->order_ids[!i];
        exchange->stats.orders++;
        enum qt_match_verdict placed = qt_match_place(market->match, &order);
        qt_assert(placed == QT_MATCH_OK);
    }
    qt__tell_book(market, before);
}

enum qt_exchange_verdict
qt_exchange_place_pair(struct qt_exchange *exchange, const struct qt_exchange_ticket pair[2],
                       const char *client_id, struct qt_exchange_list *out)
{
    qt_money need[2];
    enum qt_exchange_verdict verdict = judge_pair(exchange, pair, client_id, need);
    if (verdict != QT_EXCHANGE_OK) {
        exchange->stats.rejected += 2;
        return verdict;
    }
    struct qt_exchange_list *list = new_list(exchange, &pair[0], client_id);
    enter(exchange, pair, need, list);
    *out = *list;
    return QT_EXCHANGE_OK;
}

struct qt__record *
qt__list_partner(struct qt_exchange *exchange, const struct qt__record *record)
{
    const struct qt_exchange_list *list = list_of(exchange, record->order.list_id);
    struct qt__record *partner =
        list ? qt__record_of(exchange, list->order_ids[list->order_ids[0] == record->order.id])
             : NULL;
    return partner && !qt_order_state_is_final((enum qt_order_state)partner->order.state) ? partner
                                                                                          : NULL;
}

void
qt__list_decided(struct qt_exchange *exchange, const struct qt__record *record)
{
    struct qt_exchange_list *list = list_of(exchange, record->order.list_id);
    if (!list || list->is_done)
        return;
    list->is_done = true;
    list->time_ns = exchange->now_ns;
    tell_list(exchange, list);
}

bool
qt_exchange_find_list(const struct qt_exchange *exchange, uint32_t owner, uint64_t id,
                      const char *client_id, struct qt_exchange_list *out)
{
    for (uint64_t k = exchange->last_list; k > 0 && k + QT__LISTS > exchange->last_list; k--) {
        const struct qt_exchange_list *list = &exchange->lists[k % QT__LISTS];
        if (list->owner == owner &&
            (id ? list->id == id : strcmp(list->client_id, client_id) == 0)) {
            *out = *list;
            return true;
        }
    }
    return false;
}

size_t
qt_exchange_lists(const struct qt_exchange *exchange, uint32_t owner, uint64_t from, bool only_open,
                  struct qt_exchange_list *out, size_t n)
{
    uint64_t last = exchange->last_list, first = last > QT__LISTS ? last - QT__LISTS + 1 : 1;
    size_t count = 0;
    for (uint64_t id = QT_MAX(first, from); id <= last && count < n; id++) {
        const struct qt_exchange_list *list = &exchange->lists[id % QT__LISTS];
        if (list->owner == owner && !(only_open && list->is_done))
            out[count++] = *list;
    }
    return count;
}

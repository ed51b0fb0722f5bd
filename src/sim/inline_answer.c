/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the inline venue answers: questions about single orders, reads of the whole account, and
 * balances after something was executed.
 */
#include <string.h>

#include "qtrade/base/text.h"

#include "inline_priv.h"

static void
answer_one(struct qt_inline_venue *venue, const struct qt__inline_question *question)
{
    char text[QT_CLIENT_ID_TEXT];
    struct qt_exchange_order order;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .instrument = question->instrument,
                             .report = {.client_id = question->client_id,
                                        .type = QT_REPORT_NOT_FOUND,
                                        .px = QT_PX_NONE}};
    qt__inline_text_of(question->client_id, text);
    if (qt_exchange_find(venue->exchange, QT__INLINE_OWNER, question->instrument, 0, text, &order))
        event = qt__inline_report(&order, QT_REPORT_STATUS);
    qt__inline_push(venue, &event);
}

static void
tell_balance(struct qt_inline_venue *venue, uint32_t asset, uint16_t flags)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(venue->exchange);
    struct qt_funds funds = qt_accounts_funds(accounts, QT__INLINE_OWNER, asset);
    struct qt_event event = {.kind = QT_EVENT_BALANCE,
                             .instrument = QT_NO_INSTRUMENT,
                             .flags = flags,
                             .balance = {.free = funds.free, .locked = funds.locked}};
    qt_copy(event.balance.asset, sizeof event.balance.asset, qt_accounts_name(accounts, asset));
    qt__inline_push(venue, &event);
}

static void
tell_balances(struct qt_inline_venue *venue)
{
    uint32_t n = qt_accounts_assets(qt_exchange_accounts(venue->exchange));
    for (uint32_t asset = 0; asset < n; asset++)
        tell_balance(venue, asset, QT_EVENT_SNAPSHOT);
}

void
qt__inline_tell_changes(struct qt_inline_venue *venue, uint32_t instrument)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(venue->exchange);
    const struct qt_instrument *ins = qt_universe_at(venue->universe, instrument);
    if (!venue->has_executed)
        return;
    venue->has_executed = false;
    tell_balance(venue, qt_accounts_find(accounts, ins->base), 0);
    tell_balance(venue, qt_accounts_find(accounts, ins->quote), 0);
}

static void
tell_open_orders(struct qt_inline_venue *venue)
{
    struct qt_exchange_order order;
    uint64_t from = 0;
    while (qt_exchange_orders(venue->exchange, QT__INLINE_OWNER, QT_NO_INSTRUMENT, from, true,
                              &order, 1) == 1) {
        struct qt_event event = qt__inline_report(&order, QT_REPORT_STATUS);
        event.flags = QT_EVENT_SNAPSHOT;
        qt__inline_push(venue, &event);
        from = order.id + 1;
    }
}

bool
qt__inline_ask(struct qt_inline_venue *venue, uint32_t instrument, uint64_t client_id)
{
    const struct qt__inline_question question = {instrument, client_id};
    if (instrument >= qt_universe_count(venue->universe))
        return false;
    for (size_t i = 0; i < venue->questions; i++)
        if (venue->question[i].instrument == instrument &&
            venue->question[i].client_id == client_id)
            return true;
    if (venue->questions == QT__INLINE_ROOM)
        return false;
    venue->question[venue->questions++] = question;
    return true;
}

/* Those asked while answering wait for the next turn. */
static void
answer_questions(struct qt_inline_venue *venue)
{
    struct qt__inline_question asked[QT__INLINE_ROOM];
    size_t n = venue->questions;
    memcpy(asked, venue->question, n * sizeof asked[0]);
    venue->questions = 0;
    for (size_t i = 0; i < n; i++) {
        bool waits = qt__inline_is_posted(venue, asked[i].instrument, asked[i].client_id) &&
                     qt__inline_ask(venue, asked[i].instrument, asked[i].client_id);
        if (!waits)
            answer_one(venue, &asked[i]);
    }
}

void
qt__inline_answer(struct qt_inline_venue *venue)
{
    if (venue->questions > 0)
        answer_questions(venue);
    if (!venue->is_sync_wanted)
        return;
    venue->is_sync_wanted = false;
    tell_balances(venue);
    tell_open_orders(venue);
    struct qt_event event = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    qt__inline_push(venue, &event);
}

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
    struct qt_event event;
    if (!venue->core->find(venue, question->instrument, question->client_id, &event))
        event = (struct qt_event){.kind = QT_EVENT_REPORT,
                                  .instrument = question->instrument,
                                  .report = {.client_id = question->client_id,
                                             .type = QT_REPORT_NOT_FOUND,
                                             .px = QT_PX_NONE}};
    qt__inline_push(venue, &event);
}

void
qt__inline_tell_balance(struct qt_inline_venue *venue, const char *asset, qt_money free,
                        qt_money locked, uint16_t flags)
{
    struct qt_event event = {.kind = QT_EVENT_BALANCE,
                             .instrument = QT_NO_INSTRUMENT,
                             .flags = flags,
                             .balance = {.free = free, .locked = locked}};
    qt_copy(event.balance.asset, sizeof event.balance.asset, asset);
    qt__inline_push(venue, &event);
}

void
qt__inline_tell_changes(struct qt_inline_venue *venue, uint32_t instrument)
{
    if (!venue->has_executed)
        return;
    venue->has_executed = false;
    venue->core->tell_changes(venue, instrument);
}

static void
tell_open_orders(struct qt_inline_venue *venue)
{
    struct qt_event event;
    uint64_t from = 0;
    while (venue->core->next_open(venue, &from, &event)) {
        event.flags = QT_EVENT_SNAPSHOT;
        qt__inline_push(venue, &event);
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
    venue->core->tell_balances(venue);
    tell_open_orders(venue);
    struct qt_event event = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    qt__inline_push(venue, &event);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "banning_priv.h"

#include "qtrade/base/time.h"

#include "routing_priv.h"

enum { LONGEST_DAYS = 3 }; /* that a venue bans for: more is another clock's */

_Static_assert(QT_STORE_VENUES == QT_MORE_VENUES + 1, "a ban is kept for each venue of the config");

static void
keep(void *context, int64_t until_ns)
{
    const struct qt__banning_row *row = context;
    const struct qt__banning *all = row->all;
    struct qt_error err = {0};
    if (!qt_store_keep_ban(all->store, row->venue, until_ns, &err))
        qt_log_event(all->log, QT_LOG_ERROR, "venue.ban", "venue=%s why=\"%s\"",
                     qt__routing_name(row->venue), err.text);
}

void
qt__banning_init(struct qt__banning *banning, struct qt_store *store, struct qt_log *log,
                 const struct qt_clock *clock)
{
    *banning = (struct qt__banning){.store = store, .log = log, .clock = clock};
    for (unsigned i = 0; i < QT_STORE_VENUES; i++)
        banning->row[i] = (struct qt__banning_row){.all = banning, .venue = i};
}

bool
qt__banning_take(struct qt__banning *banning, unsigned venue, struct qt_binance_options *options,
                 struct qt_error *err)
{
    int64_t until_ns = 0, now_ns;
    char when[QT_TIME_TEXT];
    if (!banning->store)
        return true;
    now_ns = qt_clock_utc_ns(banning->clock);
    if (!qt_store_ban(banning->store, venue, &until_ns, err))
        return false;
    options->banned = keep;
    options->banned_context = &banning->row[venue];
    if (until_ns <= now_ns || until_ns - now_ns > LONGEST_DAYS * QT_NS_PER_DAY)
        return true;
    options->banned_until_ns = until_ns;
    qt_log_event(banning->log, QT_LOG_WARN, "venue.ban", "kept_until=%s venue=%s",
                 qt_time_format_short(until_ns, when), qt__routing_name(venue));
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Holdings that are not what we believe (fault O9): somebody else sold, by hand or the watchman.
 * Two quiet reads in a row say so before it is believed; then the position becomes what the venue
 * holds, by a sale at the symbol's own price that stands in the book like any other, trading
 * pauses, and the audit says what was so before. What the sale really brought differs from that
 * price; the difference in cash is booked as an adjustment when the cash is compared.
 */
#include <stdio.h>

#include "engine_priv.h"

enum { LAST_OF_EVENT = 255 }; /* no decision of one event sends so many orders */

/* What was sold, as an order that is already filled. */
static struct qt_order
order_of(const struct qt_symbol *symbol, qt_qty qty, qt_money quote, const struct qt_event *event)
{
    return (struct qt_order){.request = {.client_id = qt_client_id(event->seq, LAST_OF_EVENT),
                                         .instrument = symbol->ins->id,
                                         .side = QT_SELL,
                                         .type = QT_TYPE_MARKET,
                                         .reduce_only = true,
                                         .px = QT_PX_NONE,
                                         .stop_px = QT_PX_NONE,
                                         .qty = qty},
                             .state = QT_ORDER_FILLED,
                             .purpose = QT_PURPOSE_OUTSIDE,
                             .is_acknowledged = true,
                             .seq = event->seq,
                             .cum_qty = qty,
                             .cum_quote = quote,
                             .created_ns = event->t_recv_ns,
                             .updated_ns = event->t_recv_ns,
                             .reason = "sold outside this program",
                             .px_scale = symbol->ins->px_scale,
                             .qty_scale = symbol->ins->qty_scale};
}

static void
tell(struct qt_engine *engine, const struct qt_symbol *symbol, qt_qty held,
     const struct qt_event *event)
{
    char before[QT_DECIMAL_TEXT], now[QT_DECIMAL_TEXT], text[160];
    int scale = symbol->ins->qty_scale;
    snprintf(text, sizeof text, "%s: position was %s, the venue holds %s: sold outside",
             symbol->ins->symbol,
             qt_decimal_format_short(qt_qty_units(symbol->position.qty), scale, before),
             qt_decimal_format_short(qt_qty_units(held), scale, now));
    qt__audit(engine, "engine", "adopt", text);
    qt__note(engine, QT_SEVERITY_BAD, QT_TOPIC_RISK, event->seq, event->t_recv_ns, "%s", text);
    if (engine->mode == QT_MODE_NORMAL)
        qt__engine_stops(engine, QT_COMMAND_PAUSE, text);
}

bool
qt__adopt(struct qt_engine *engine, struct qt_symbol *symbol, qt_qty held,
          const struct qt_event *event)
{
    const struct qt_instrument *ins = symbol->ins;
    qt_px px = qt__symbol_mark_px(symbol);
    qt_qty sold;
    qt_money quote;
    if (qt_px_is_none(px))
        px = qt_position_entry(&symbol->position);
    if (!qt_qty_sub(symbol->position.qty, held, &sold) || qt_qty_sign(sold) <= 0 ||
        !qt_instrument_notional(ins, px, sold, &quote))
        return false;
    const struct qt_order order = order_of(symbol, sold, quote, event);
    const struct qt_fill fill = {.client_id = order.request.client_id,
                                 .seq = event->seq,
                                 .t_ns = event->t_recv_ns,
                                 .instrument = ins->id,
                                 .side = QT_SELL,
                                 .purpose = QT_PURPOSE_OUTSIDE,
                                 .is_from_read = true,
                                 .is_estimated = true,
                                 .px = px,
                                 .qty = sold,
                                 .quote = quote};
    tell(engine, symbol, held, event);
    qt__reconcile_position(engine, symbol, symbol->position.qty, held, QT_RULE_ADOPTED,
                           "sold outside this program; trading pauses", event);
    qt__record_order(engine, &order, event->seq, event->t_recv_ns);
    qt__take_fill(engine, symbol, &fill, event->seq);
    return true;
}

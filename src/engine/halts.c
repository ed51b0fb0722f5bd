/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Symbols that the venue does not trade as before (fault F12). Halted: nothing is begun, resting
 * entries are withdrawn, exits go on (what we know of a halt may be minutes old), slower after each
 * refusal. Changed steps: the same, and the position is left whole, in lots of the new size.
 * Gone: there is nobody to sell to any more; the operator is told what is left.
 */
#include <stdio.h>

#include "engine_priv.h"

#define EXIT_RETRY_MAX_NS (30 * QT_NS_PER_S)

static const char *
meaning(enum qt_instrument_status status)
{
    switch (status) {
    case QT_INSTRUMENT_TRADING:
        return "trades again";
    case QT_INSTRUMENT_HALTED:
        return "halted by the venue: no entries";
    case QT_INSTRUMENT_GONE:
        return "not listed any more: no orders";
    case QT_INSTRUMENT_CHANGED:
        return "the venue changed its tick or lot: no entries, the position is closed";
    }
    return "unknown";
}

void
qt__symbol_status(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    const struct qt_status *status = &event->status;
    bool is_trading = status->status == QT_INSTRUMENT_TRADING;
    symbol->is_halted = !is_trading;
    symbol->is_left = status->status == QT_INSTRUMENT_CHANGED;
    symbol->lot = qt_qty_cmp(status->lot, symbol->ins->lot) > 0 ? status->lot : symbol->ins->lot;
    symbol->exit_refusals = 0;
    symbol->exit_code = 0;
    qt__cancel_renew(engine, symbol);
    bool has_position = qt__symbol_is_open(symbol);
    char qty[QT_DECIMAL_TEXT] = "", text[160];
    if (has_position)
        (void)qt_decimal_format_short(qt_qty_units(symbol->position.qty), symbol->ins->qty_scale,
                                      qty);
    snprintf(text, sizeof text, "%s: %s%s%s", symbol->ins->symbol,
             meaning((enum qt_instrument_status)status->status), has_position ? "; held: " : "",
             qty);
    enum qt_severity severity = is_trading     ? QT_SEVERITY_GOOD
                                : has_position ? QT_SEVERITY_BAD
                                               : QT_SEVERITY_WARN;
    qt__note(engine, severity, QT_TOPIC_MARKET, event->seq, event->t_recv_ns, "%s", text);
}

void
qt__exit_refused(struct qt_symbol *symbol, const struct qt_order *order, int64_t now_ns)
{
    int64_t wait_ns = QT_NS_PER_S;
    symbol->exit_code = order->state == QT_ORDER_REJECTED ? order->code : 0;
    if (order->state == QT_ORDER_REJECTED && order->code != 0) {
        wait_ns = QT_MIN(QT_NS_PER_S << QT_MIN(symbol->exit_refusals, 5u), EXIT_RETRY_MAX_NS);
        if (symbol->exit_refusals < UINT8_MAX)
            symbol->exit_refusals++;
    }
    symbol->exit_retry_ns = now_ns + wait_ns;
}

void
qt__leave_changed(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t seq, unsigned *n)
{
    if (!symbol->is_left || symbol->guard.has_exit || engine->liquidation.is_active ||
        !qt__symbol_is_open(symbol))
        return;
    if (qt__close_position(engine, symbol, QT_ALL_BPS, QT_PURPOSE_REDUCE, qt_client_id(seq, *n),
                           engine->now_ns))
        ++*n;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an owner sets: money, leverage, margin type, margin of an isolated position. */
#include "perp_priv.h"

bool
qt_perp_deposit(struct qt_perp *perp, uint32_t owner, qt_money amount)
{
    if (!qt_margin_deposit(perp->margin, owner, amount))
        return false;
    perp->n_owners = QT_MAX(perp->n_owners, owner + 1);
    qt__perp_keep_income(perp, owner, QT_NO_INSTRUMENT, QT_PERP_TRANSFER, amount, 0);
    qt__perp_tell_account(perp, owner, QT_NO_INSTRUMENT, QT_PERP_BY_TRANSFER, amount);
    return true;
}

bool
qt_perp_deposit_coin(struct qt_perp *perp, uint32_t owner, qt_money amount)
{
    if (!qt_margin_deposit_coin(perp->margin, owner, amount))
        return false;
    perp->n_owners = QT_MAX(perp->n_owners, owner + 1);
    qt__perp_keep(perp, &(struct qt_perp_income){.owner = owner,
                                                 .instrument = QT_NO_INSTRUMENT,
                                                 .kind = QT_PERP_TRANSFER,
                                                 .amount = amount,
                                                 .in_coin = true});
    qt__perp_tell_account(perp, owner, QT_NO_INSTRUMENT, QT_PERP_BY_TRANSFER, QT_MONEY_ZERO);
    return true;
}

void
qt_perp_adopt(struct qt_perp *perp, uint32_t owner, uint32_t instrument, qt_qty qty, qt_money cost)
{
    bool is_long = qt_qty_sign(qty) > 0;
    perp->n_owners = QT_MAX(perp->n_owners, owner + 1);
    (void)qt_margin_fill(perp->margin, owner, instrument, is_long ? QT_BUY : QT_SELL,
                         qt_qty_abs(qty), is_long ? cost : qt_money_neg(cost), 0, true);
    qt_margin_touch(perp->margin, owner, instrument, perp->now_ns);
}

enum qt_perp_setting
qt_perp_set_leverage(struct qt_perp *perp, uint32_t owner, uint32_t instrument, int leverage)
{
    const struct qt_margin_position *position = qt_margin_position(perp->margin, owner, instrument);
    qt_money notional = qt_margin_notional(perp->margin, instrument, qt_qty_abs(position->qty));
    if (leverage < 1 || leverage > QT_MARGIN_LEVERAGE_MAX)
        return QT_PERP_SET_RANGE;
    if (notional.v > qt_margin_cap(leverage).v)
        return QT_PERP_SET_CAP;
    if (position->is_isolated && position->qty.v != 0 && leverage < position->leverage)
        return QT_PERP_SET_ISOLATED;
    int before = position->leverage;
    qt_margin_set_leverage(perp->margin, owner, instrument, leverage);
    struct qt_margin_state state = qt_margin_state(perp->margin, owner);
    int64_t used = state.position_initial.v + state.open_initial.v;
    if (leverage < before && used > 0 && state.available.v == 0 &&
        used > state.wallet.v + state.unrealised.v) {
        qt_margin_set_leverage(perp->margin, owner, instrument, before);
        return QT_PERP_SET_MARGIN;
    }
    return QT_PERP_SET;
}

enum qt_perp_setting
qt_perp_set_isolated(struct qt_perp *perp, uint32_t owner, uint32_t instrument, bool is_isolated)
{
    const struct qt_margin_position *position = qt_margin_position(perp->margin, owner, instrument);
    struct qt_perp_order open;
    if (position->is_isolated == is_isolated)
        return QT_PERP_SET_ALREADY;
    if (position->qty.v != 0)
        return QT_PERP_SET_POSITION;
    if (qt_perp_orders(perp, owner, instrument, 0, true, &open, 1) > 0)
        return QT_PERP_SET_ORDERS;
    qt_margin_set_isolated(perp->margin, owner, instrument, is_isolated);
    qt__perp_tell_account(perp, owner, instrument, QT_PERP_BY_MARGIN_TYPE, QT_MONEY_ZERO);
    return QT_PERP_SET;
}

enum qt_perp_setting
qt_perp_shift_margin(struct qt_perp *perp, uint32_t owner, uint32_t instrument, qt_money amount)
{
    if (!qt_margin_shift(perp->margin, owner, instrument, amount))
        return QT_PERP_SET_MARGIN;
    qt__perp_tell_account(perp, owner, instrument, QT_PERP_BY_MARGIN_TRANSFER,
                          qt_money_neg(amount));
    return QT_PERP_SET;
}

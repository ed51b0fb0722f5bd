/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values and keys of JSON as Binance sends them: decimals are text, a key brings its comma along.
 */
#ifndef QTRADE_VENUE_EXCHANGE_FIELDS_PRIV_H
#define QTRADE_VENUE_EXCHANGE_FIELDS_PRIV_H

#include "qtrade/base/text.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"

void qt__write_px(struct qt_text *out, qt_px px, int scale); /* NONE: zero */
void qt__write_qty(struct qt_text *out, qt_qty qty, int scale);
void qt__write_money(struct qt_text *out, qt_money money);
/** [["price","quantity"],...] */
void qt__write_levels(struct qt_text *out, const struct qt_instrument *ins,
                      const struct qt_depth_level *levels, size_t n);

/** "name": with a comma before it unless an object or a list begins right here. */
void qt__field(struct qt_text *out, const char *name);
void qt__field_text(struct qt_text *out, const char *name, const char *value);
void qt__field_int(struct qt_text *out, const char *name, int64_t value);
void qt__field_bool(struct qt_text *out, const char *name, bool value);
void qt__field_px(struct qt_text *out, const char *name, qt_px px, const struct qt_instrument *ins);
void qt__field_qty(struct qt_text *out, const char *name, qt_qty qty,
                   const struct qt_instrument *ins);
void qt__field_money(struct qt_text *out, const char *name, qt_money money);
/** A rate of scale decimals as text. */
void qt__field_decimal(struct qt_text *out, const char *name, int64_t value, int scale);

#endif

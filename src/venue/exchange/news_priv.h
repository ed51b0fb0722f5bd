/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of stream messages: each writes exchange->news. */
#ifndef QTRADE_VENUE_EXCHANGE_NEWS_PRIV_H
#define QTRADE_VENUE_EXCHANGE_NEWS_PRIV_H

#include "exchange_priv.h"

/** Empties exchange->news and gives it. */
struct qt_text *qt__news_begin(struct qt__exchange *exchange);
/** The book as it is now. */
void qt__read_book(struct qt__exchange *exchange, uint32_t symbol, struct qt__told *out);
/** depthUpdate from old to now. */
void qt__news_diff(struct qt__exchange *exchange, uint32_t symbol, const struct qt__told *old,
                   const struct qt__told *now);
/** bookTicker. */
void qt__news_best(struct qt__exchange *exchange, uint32_t symbol);
/** Best levels of a LEVELS stream. */
void qt__news_levels(struct qt__exchange *exchange, const struct qt__stream *stream);
void qt__news_trade(struct qt__exchange *exchange, uint32_t symbol,
                    const struct qt_match_print *print, bool is_aggregate);
void qt__news_kline(struct qt__exchange *exchange, const struct qt__stream *stream,
                    const struct qt_bar *bar, bool is_closed);
/** The mean price of what was traded; the last one where nothing was. */
qt_px qt__day_average(const struct qt__day *day, const struct qt_instrument *ins);
/** A 24 h ticker of one symbol, appended to out; false: nothing is known of the day. */
bool qt__news_ticker(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol,
                     bool is_mini);
/** A ticker of the last hours (1, 4, 24), appended to out; false: nothing is known. */
bool qt__news_window(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol,
                     int hours);
/** avgPrice, appended to out; false: nothing is known. */
bool qt__news_average(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol);
/** forceOrder of perpetuals. */
void qt__usdm_write_liquidation(struct qt__exchange *exchange, const struct qt_perp_order *order,
                                const struct qt_perp_fill *fill);
/** The REST form of the 24 h ticker, appended to out; false: nothing is known of the day. */
bool qt__news_day(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol);

#endif

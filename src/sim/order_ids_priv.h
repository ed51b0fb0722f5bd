/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How both exchanges find an order: by its id among the open ones, a sorted list, and by the client
 * id that its owner gave it in its symbol.
 */
#ifndef QTRADE_SIM_ORDER_IDS_PRIV_H
#define QTRADE_SIM_ORDER_IDS_PRIV_H

#include "qtrade/base/map.h"
#include "qtrade/trade/request.h"

/** Index of the first of n ascending ids that is id or greater; n: none is. */
size_t qt__ids_from(const uint64_t *ids, size_t n, uint64_t id);
/** An id that is in the list leaves it. */
void qt__ids_remove(uint64_t *ids, size_t *n, uint64_t id);

/** What a client calls an order. */
struct qt__order_name {
    uint32_t owner, instrument;
    const char *client_id;
};

/** The id's name is the client's own, or one of ours when that is "". */
void qt__name_make(const char *wanted, uint64_t id, char out[QT_CLIENT_ID_TEXT]);
/** From here on the name means id, whatever it meant before. The map has room. */
void qt__name_put(struct qt_textmap *names, struct qt__order_name name, uint64_t id);
/** The name means id no longer, unless a newer order has taken it over. */
void qt__name_forget(struct qt_textmap *names, struct qt__order_name name, uint64_t id);
/** False: it means nothing; nor does the client id NULL. */
QT_CHECKED bool qt__name_find(const struct qt_textmap *names, struct qt__order_name name,
                              uint64_t *out_id);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an HTTP client is asked for, looked at and turned into bytes. Pure. */
#ifndef QTRADE_NET_HTTP_COMPOSE_PRIV_H
#define QTRADE_NET_HTTP_COMPOSE_PRIV_H

#include "qtrade/net/http.h"
#include "qtrade/net/url.h"

/** The request's URL; its target stands in from. False: err; it may not be sent. */
QT_CHECKED bool qt__http_check(const struct qt_http_request *from, struct qt_url *url,
                               struct qt_error *err);
/** Head and body as they go out; the caller frees them. NULL: no memory. */
char *qt__http_compose(const struct qt_http_request *from, const struct qt_url *url,
                       size_t *out_length);

#endif

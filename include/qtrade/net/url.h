/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * URLs as far as clients of venues need them, percent encoding, and reading query strings. Pure.
 */
#ifndef QTRADE_NET_URL_H
#define QTRADE_NET_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"

#define QT_URL_HOST 254

struct qt_url {
    bool is_tls;            /* https, wss */
    bool is_websocket;      /* ws, wss */
    char host[QT_URL_HOST]; /* name or address, without the brackets of IPv6 */
    int port;               /* 1..65535; the scheme's default filled in */
    const char *target;     /* path and query inside the parsed text; "" stands for "/" */
};

/** http, https, ws, wss. No user part, no fragment, no control bytes or blanks. target borrows
 * text. */
QT_CHECKED bool qt_url_parse(const char *text, struct qt_url *out, struct qt_error *err);
/** "localhost", 127.0.0.0/8 or ::1. */
bool qt_host_is_loopback(const char *host);

/** Unreserved characters stay, others become %XX. False: does not fit capacity (with NUL). */
QT_CHECKED bool qt_url_encode(const char *s, char *out, size_t capacity);
/** %XX and '+' decoded in place to out; false on bad escapes, NUL bytes or not enough room. */
QT_CHECKED bool qt_url_decode(const char *s, size_t length, char *out, size_t capacity);
/** The decoded value of the first "name=value" of a query or form body. False: absent, bad or too
 * long. */
QT_CHECKED bool qt_query_get(const char *query, const char *name, char *out, size_t capacity);

#endif

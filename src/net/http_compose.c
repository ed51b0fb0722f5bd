/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_compose_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"

static bool
is_clean(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return false;
    return true;
}

/* Host header: the default port is left out. */
static void
write_host(char *out, size_t capacity, const struct qt_url *url)
{
    const char *open = strchr(url->host, ':') ? "[" : "", *close = *open ? "]" : "";
    if (url->port == (url->is_tls ? 443 : 80))
        snprintf(out, capacity, "%s%s%s", open, url->host, close);
    else
        snprintf(out, capacity, "%s%s%s:%d", open, url->host, close, url->port);
}

char *
qt__http_compose(const struct qt_http_request *from, const struct qt_url *url, size_t *out_length)
{
    char host[QT_URL_HOST + 16];
    write_host(host, sizeof host, url);
    size_t need =
        strlen(from->method) + strlen(url->target) + strlen(host) + 256 + from->body_length;
    for (size_t i = 0; i < from->n_headers; i++)
        need += strlen(from->headers[i].name) + strlen(from->headers[i].value) + 4;
    char *bytes = malloc(need);
    if (!bytes)
        return NULL;
    struct qt_text text;
    qt_text_init(&text, bytes, need);
    qt_text_addf(&text, "%s %s%s HTTP/1.1\r\nHost: %s\r\n", from->method,
                 *url->target == '/' ? "" : "/", url->target, host);
    for (size_t i = 0; i < from->n_headers; i++)
        qt_text_addf(&text, "%s: %s\r\n", from->headers[i].name, from->headers[i].value);
    if (from->body_length > 0 || strcmp(from->method, "POST") == 0 ||
        strcmp(from->method, "PUT") == 0)
        qt_text_addf(&text, "Content-Length: %zu\r\n", from->body_length);
    qt_text_add(&text, "Connection: keep-alive\r\nAccept-Encoding: identity\r\n\r\n");
    qt_assert(!text.is_cut && text.length + from->body_length < need);
    if (from->body_length > 0)
        memcpy(bytes + text.length, from->body, from->body_length);
    *out_length = text.length + from->body_length;
    return bytes;
}

bool
qt__http_check(const struct qt_http_request *from, struct qt_url *url, struct qt_error *err)
{
    if (!qt_url_parse(from->url, url, err))
        return false;
    if (url->is_websocket)
        return qt_fail(err, QT_E_CONFIG, "URL '%.100s' is not http or https", from->url);
    if (!url->is_tls && !from->allow_plain_remote && !qt_host_is_loopback(url->host))
        return qt_fail(err, QT_E_CONFIG,
                       "URL '%.100s' is not encrypted: only loopback may be (use https)",
                       from->url);
    for (size_t i = 0; i < from->n_headers; i++)
        if (!is_clean(from->headers[i].name) || !is_clean(from->headers[i].value))
            return qt_fail(err, QT_E_FAILED, "a request header holds control characters");
    return true;
}

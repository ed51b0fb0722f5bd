/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * URLs, percent encoding, query strings. Pure.
 */
#include "qtrade/net/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "qtrade/base/text.h"

static const struct {
    const char *prefix;
    int port;
    bool is_tls, is_websocket;
} schemes[] = {
    {"http://", 80, false, false},
    {"https://", 443, true, false},
    {"ws://", 80, false, true},
    {"wss://", 443, true, true},
};

static bool
has_bad_byte(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || *p == '#')
            return true;
    return false;
}

/* Copies the host and returns what stands after it; NULL: malformed. */
static const char *
take_host(const char *p, struct qt_url *url)
{
    size_t n = *p == '[' ? strcspn(++p, "]/?") : strcspn(p, ":/?");
    bool is_bracketed = p[-1] == '[';
    if (n == 0 || n >= sizeof url->host || memchr(p, '@', n) || (is_bracketed && p[n] != ']'))
        return NULL;
    (void)qt_copy_n(url->host, sizeof url->host, p, n);
    p += n + is_bracketed;
    return strchr(":/?", *p) ? p : NULL;
}

static const char *
take_port(const char *p, struct qt_url *url)
{
    int port = 0;
    const char *start = p;
    for (; *p >= '0' && *p <= '9' && port <= 65535; p++)
        port = port * 10 + (*p - '0');
    if (p == start || port < 1 || port > 65535)
        return NULL;
    url->port = port;
    return p;
}

bool
qt_url_parse(const char *text, struct qt_url *out, struct qt_error *err)
{
    struct qt_url url = {0};
    const char *p = NULL;
    for (size_t i = 0; i < QT_COUNT_OF(schemes) && !p; i++)
        if (strncasecmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0) {
            p = text + strlen(schemes[i].prefix);
            url.port = schemes[i].port;
            url.is_tls = schemes[i].is_tls;
            url.is_websocket = schemes[i].is_websocket;
        }
    if (!p || has_bad_byte(text))
        return qt_fail(err, QT_E_CONFIG, "URL '%.100s' is not http, https, ws or wss", text);
    p = take_host(p, &url);
    if (p && *p == ':')
        p = take_port(p + 1, &url);
    if (!p || (*p != '\0' && *p != '/' && *p != '?'))
        return qt_fail(err, QT_E_CONFIG, "URL '%.100s' has a bad host or port", text);
    url.target = p;
    *out = url;
    return true;
}

bool
qt_host_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool
is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~", c));
}

bool
qt_url_encode(const char *s, char *out, size_t capacity)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
        if (n + 4 > capacity)
            return false;
        if (is_unreserved(*p)) {
            out[n++] = (char)*p;
        } else {
            out[n++] = '%';
            out[n++] = hex[*p >> 4];
            out[n++] = hex[*p & 15];
        }
    }
    if (n >= capacity)
        return false;
    out[n] = '\0';
    return true;
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
qt_url_decode(const char *s, size_t length, char *out, size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        int c = (unsigned char)s[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            if (length - i < 3)
                return false;
            int a = hex_digit(s[i + 1]), b = hex_digit(s[i + 2]);
            if (a < 0 || b < 0)
                return false;
            c = a << 4 | b;
            i += 2;
        }
        if (c == 0 || n + 1 >= capacity)
            return false;
        out[n++] = (char)c;
    }
    if (capacity == 0)
        return false;
    out[n] = '\0';
    return true;
}

bool
qt_query_get(const char *query, const char *name, char *out, size_t capacity)
{
    size_t n = strlen(name);
    for (const char *p = query; *p;) {
        size_t part = strcspn(p, "&");
        if (part > n && p[n] == '=' && memcmp(p, name, n) == 0)
            return qt_url_decode(p + n + 1, part - n - 1, out, capacity);
        p += part + (p[part] == '&');
    }
    return false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.1 messages, incremental and bounded, for client and server alike. Pure: bytes in, verdict
 * out. Strict where two readers of one stream could disagree (request smuggling, fault N5): only
 * CRLF ends a line, no folded lines, no blank before a colon, one Content-Length, never together
 * with Transfer-Encoding.
 */
#ifndef QTRADE_NET_HTTP1_PRIV_H
#define QTRADE_NET_HTTP1_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/base/attr.h"

#define QT__HTTP1_HEADERS 100

enum qt__http1_verdict {
    QT__HTTP1_MORE, /* everything was consumed, the message goes on */
    QT__HTTP1_DONE, /* complete */
    QT__HTTP1_BAD,  /* error says why: 400, 413, 431, 501, 503 (no memory), 505 */
};

enum qt__http1_phase {
    QT__HTTP1_HEAD,
    QT__HTTP1_BODY,       /* left bytes of a Content-Length */
    QT__HTTP1_CHUNK_SIZE, /* line of a chunk */
    QT__HTTP1_CHUNK_DATA,
    QT__HTTP1_CHUNK_END, /* CRLF after a chunk */
    QT__HTTP1_TRAILER,
    QT__HTTP1_UNTIL_CLOSE, /* a response without length */
    QT__HTTP1_COMPLETE
};

/** One message at a time; _clear begins the next and keeps the memory. Fields are read after DONE.
 */
struct qt__http1 {
    bool is_request;
    bool has_no_body; /* set by the client for the answer to HEAD */
    size_t max_head, max_body;
    enum qt__http1_phase phase;
    int error;      /* for BAD: the status a server would answer */
    bool has_bytes; /* something of this message came */
    /* head: NUL-separated pieces after parsing */
    char *head;
    size_t head_length, head_capacity;
    char *method, *target; /* request */
    int status;            /* response */
    int minor;             /* HTTP/1.minor */
    bool keep_alive;
    unsigned n_headers;
    struct {
        char *name, *value;
    } headers[QT__HTTP1_HEADERS];
    /* body */
    char *body;
    size_t body_length, body_capacity;
    size_t left;   /* of the body or the chunk */
    size_t line_n; /* bytes of the chunk line or trailer line so far */
    size_t trailer_n;
    bool chunk_in_extension, has_digit;
};

void qt__http1_init(struct qt__http1 *http1, bool is_request, size_t max_head, size_t max_body);
void qt__http1_finish(struct qt__http1 *http1);
void qt__http1_clear(struct qt__http1 *http1);
/** Reads up to n bytes; *out_used tells how many (all, unless DONE or BAD). */
QT_CHECKED enum qt__http1_verdict qt__http1_feed(struct qt__http1 *http1, const char *bytes,
                                                 size_t n, size_t *out_used);
/** The stream has ended: DONE for a response that lasts until then, else BAD. */
QT_CHECKED enum qt__http1_verdict qt__http1_end(struct qt__http1 *http1);
/** Name in any case; NULL: absent. */
const char *qt__http1_header(const struct qt__http1 *http1, const char *name);
/** Does a comma-separated header hold the token (any case)? */
bool qt__http1_has_token(const char *value, const char *token);

#endif

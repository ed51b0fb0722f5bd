/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.1 messages. See http1_priv.h for the rules.
 */
#include "http1_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
qt__http1_init(struct qt__http1 *http1, bool is_request, size_t max_head, size_t max_body)
{
    *http1 =
        (struct qt__http1){.is_request = is_request, .max_head = max_head, .max_body = max_body};
}

void
qt__http1_finish(struct qt__http1 *http1)
{
    free(http1->head);
    free(http1->body);
    *http1 = (struct qt__http1){0};
}

void
qt__http1_clear(struct qt__http1 *http1)
{
    struct qt__http1 kept = *http1;
    qt__http1_init(http1, kept.is_request, kept.max_head, kept.max_body);
    http1->head = kept.head;
    http1->head_capacity = kept.head_capacity;
    if (kept.body_capacity <= 65536) {
        http1->body = kept.body;
        http1->body_capacity = kept.body_capacity;
    } else {
        free(kept.body);
    }
}

static enum qt__http1_verdict
bad(struct qt__http1 *http1, int status)
{
    http1->error = status;
    return QT__HTTP1_BAD;
}

/* Room for need bytes, doubling up to the maximum. */
static bool
grow(char **buffer, size_t *capacity, size_t need, size_t max)
{
    if (need <= *capacity)
        return true;
    size_t size = QT_MAX(*capacity * 2, (size_t)1024);
    size = QT_MAX(QT_MIN(size, max), need);
    char *grown = realloc(*buffer, size);
    if (!grown)
        return false;
    *buffer = grown;
    *capacity = size;
    return true;
}

static bool
is_token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool
is_token(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s; s++)
        if (!is_token_char((unsigned char)*s))
            return false;
    return true;
}

static bool
is_field_text(const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* "HTTP/1.0" or "HTTP/1.1". */
static bool
parse_version(struct qt__http1 *http1, const char *s, size_t n)
{
    if (n != 8 || memcmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1'))
        return false;
    http1->minor = s[7] - '0';
    http1->keep_alive = http1->minor == 1;
    return true;
}

static int
parse_request_line(struct qt__http1 *http1, char *line)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version)
        return 400;
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line) || target[0] != '/')
        return 400;
    for (const unsigned char *p = (const unsigned char *)target; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return 400;
    if (!parse_version(http1, version, strlen(version)))
        return strncmp(version, "HTTP/", 5) == 0 ? 505 : 400;
    http1->method = line;
    http1->target = target;
    return 0;
}

static int
parse_status_line(struct qt__http1 *http1, const char *line)
{
    size_t n = strlen(line);
    if (n < 12 || !parse_version(http1, line, 8) || line[8] != ' ' || (n > 12 && line[12] != ' '))
        return 400;
    int status = 0;
    for (int i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return 400;
        status = status * 10 + (line[i] - '0');
    }
    http1->status = status;
    return status >= 100 ? 0 : 400;
}

static int
parse_field(struct qt__http1 *http1, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon || line[0] == ' ' || line[0] == '\t')
        return 400;
    if (http1->n_headers == QT__HTTP1_HEADERS)
        return 431;
    *colon = '\0';
    char *value = colon + 1;
    value += strspn(value, " \t");
    size_t n = strlen(value);
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        value[--n] = '\0';
    if (!is_token(line) || !is_field_text(value))
        return 400;
    http1->headers[http1->n_headers].name = line;
    http1->headers[http1->n_headers++].value = value;
    return 0;
}

const char *
qt__http1_header(const struct qt__http1 *http1, const char *name)
{
    for (unsigned i = 0; i < http1->n_headers; i++)
        if (strcasecmp(http1->headers[i].name, name) == 0)
            return http1->headers[i].value;
    return NULL;
}

bool
qt__http1_has_token(const char *value, const char *token)
{
    size_t want = strlen(token);
    while (value && *value) {
        value += strspn(value, ", \t");
        size_t n = strcspn(value, ",");
        size_t m = n;
        while (m > 0 && (value[m - 1] == ' ' || value[m - 1] == '\t'))
            m--;
        if (m == want && strncasecmp(value, token, m) == 0)
            return true;
        value += n;
    }
    return false;
}

static bool
parse_length(const char *text, size_t *out)
{
    size_t length = 0;
    if (*text == '\0')
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || length > SIZE_MAX / 20)
            return false;
        length = length * 10 + (size_t)(*text - '0');
    }
    *out = length;
    return true;
}

/* Every Content-Length there is must be the same. *out_found tells whether there is one. */
static bool
find_length(const struct qt__http1 *http1, bool *out_found, size_t *out)
{
    *out_found = false;
    for (unsigned i = 0; i < http1->n_headers; i++) {
        size_t length;
        if (strcasecmp(http1->headers[i].name, "content-length") != 0)
            continue;
        if (!parse_length(http1->headers[i].value, &length) || (*out_found && length != *out))
            return false;
        *out_found = true;
        *out = length;
    }
    return true;
}

static bool
forbids_body(const struct qt__http1 *http1)
{
    return !http1->is_request && (http1->has_no_body || http1->status / 100 == 1 ||
                                  http1->status == 204 || http1->status == 304);
}

/* Which bytes follow the head; 0 or a status. */
static int
choose_body(struct qt__http1 *http1)
{
    size_t length = 0;
    bool has_length;
    const char *coding = qt__http1_header(http1, "transfer-encoding");
    if (!find_length(http1, &has_length, &length) || (coding && has_length))
        return 400;
    if (coding && (strcasecmp(coding, "chunked") != 0 || http1->minor == 0))
        return 501;
    if (has_length && length > http1->max_body)
        return 413;
    http1->left = length;
    if (forbids_body(http1))
        http1->phase = QT__HTTP1_COMPLETE;
    else if (coding)
        http1->phase = QT__HTTP1_CHUNK_SIZE;
    else if (has_length)
        http1->phase = length > 0 ? QT__HTTP1_BODY : QT__HTTP1_COMPLETE;
    else
        http1->phase = http1->is_request ? QT__HTTP1_COMPLETE : QT__HTTP1_UNTIL_CLOSE;
    return 0;
}

static int
parse_line(struct qt__http1 *http1, char *line, bool is_first)
{
    if (!is_first)
        return parse_field(http1, line);
    return http1->is_request ? parse_request_line(http1, line) : parse_status_line(http1, line);
}

/* The whole head stands in the buffer, ended by CRLFCRLF. 0 or a status. */
static int
parse_head(struct qt__http1 *http1)
{
    char *line = http1->head, *end = http1->head + http1->head_length - 2;
    if (memchr(http1->head, '\0', http1->head_length))
        return 400;
    for (bool is_first = true; line < end; is_first = false) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop || stop == line || stop[-1] != '\r')
            return 400;
        stop[-1] = '\0';
        if (strchr(line, '\r'))
            return 400;
        int status = parse_line(http1, line, is_first);
        if (status != 0)
            return status;
        line = stop + 1;
    }
    const char *connection = qt__http1_header(http1, "connection");
    if (qt__http1_has_token(connection, "close"))
        http1->keep_alive = false;
    else if (qt__http1_has_token(connection, "keep-alive"))
        http1->keep_alive = true;
    return choose_body(http1);
}

/* Takes bytes up to the end of the head. */
static enum qt__http1_verdict
feed_head(struct qt__http1 *http1, const char *bytes, size_t n, size_t *used)
{
    size_t take = 0;
    while (take < n) {
        const char *stop = memchr(bytes + take, '\n', n - take);
        size_t part = stop ? (size_t)(stop - bytes) + 1 - take : n - take;
        if (http1->head_length + part > http1->max_head)
            return bad(http1, 431);
        if (!grow(&http1->head, &http1->head_capacity, http1->head_length + part, http1->max_head))
            return bad(http1, 503);
        memcpy(http1->head + http1->head_length, bytes + take, part);
        http1->head_length += part;
        take += part;
        if (http1->head_length == 2 && memcmp(http1->head, "\r\n", 2) == 0) {
            http1->head_length = 0; /* blank lines before a message are skipped */
        } else if (http1->head_length >= 4 &&
                   memcmp(http1->head + http1->head_length - 4, "\r\n\r\n", 4) == 0) {
            *used += take;
            int status = parse_head(http1);
            return status == 0 ? QT__HTTP1_MORE : bad(http1, status);
        }
    }
    *used += take;
    return QT__HTTP1_MORE;
}

static enum qt__http1_verdict
append_body(struct qt__http1 *http1, const char *bytes, size_t n)
{
    if (http1->body_length + n > http1->max_body)
        return bad(http1, 413);
    if (!grow(&http1->body, &http1->body_capacity, http1->body_length + n + 1, http1->max_body + 1))
        return bad(http1, 503);
    memcpy(http1->body + http1->body_length, bytes, n);
    http1->body_length += n;
    return QT__HTTP1_MORE;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte of "SIZE[;extension]CRLF". */
static enum qt__http1_verdict
chunk_size_byte(struct qt__http1 *http1, char c)
{
    if (++http1->line_n > 256)
        return bad(http1, 400);
    if (c == '\n') {
        if (!http1->has_digit)
            return bad(http1, 400);
        http1->phase = http1->left > 0 ? QT__HTTP1_CHUNK_DATA : QT__HTTP1_TRAILER;
        http1->line_n = 0;
        http1->has_digit = http1->chunk_in_extension = false;
        return QT__HTTP1_MORE;
    }
    int digit = hex_value(c);
    if (http1->chunk_in_extension || c == '\r' || c == ';' || c == ' ') {
        http1->chunk_in_extension = true;
        return QT__HTTP1_MORE;
    }
    if (digit < 0 || http1->left > http1->max_body)
        return bad(http1, digit < 0 ? 400 : 413);
    http1->left = http1->left * 16 + (size_t)digit;
    http1->has_digit = true;
    return QT__HTTP1_MORE;
}

/* One byte of the CRLF after a chunk's data. */
static enum qt__http1_verdict
chunk_end_byte(struct qt__http1 *http1, char c)
{
    if (c != (http1->line_n == 0 ? '\r' : '\n'))
        return bad(http1, 400);
    if (++http1->line_n == 2) {
        http1->phase = QT__HTTP1_CHUNK_SIZE;
        http1->line_n = 0;
        http1->left = 0;
    }
    return QT__HTTP1_MORE;
}

/* One byte of the trailer: lines are skipped, an empty one ends the message. */
static enum qt__http1_verdict
trailer_byte(struct qt__http1 *http1, char c)
{
    if (++http1->trailer_n > http1->max_head)
        return bad(http1, 431);
    if (c == '\n') {
        if (http1->line_n == 0)
            http1->phase = QT__HTTP1_COMPLETE;
        http1->line_n = 0;
    } else if (c != '\r') {
        http1->line_n++;
    }
    return QT__HTTP1_MORE;
}

/* Bytes that are body: as many as belong to it. */
static enum qt__http1_verdict
feed_data(struct qt__http1 *http1, const char *bytes, size_t n, size_t *used)
{
    size_t take = http1->phase == QT__HTTP1_UNTIL_CLOSE ? n : QT_MIN(n, http1->left);
    *used += take;
    if (http1->phase != QT__HTTP1_UNTIL_CLOSE) {
        http1->left -= take;
        if (http1->left == 0)
            http1->phase =
                http1->phase == QT__HTTP1_BODY ? QT__HTTP1_COMPLETE : QT__HTTP1_CHUNK_END;
    }
    return append_body(http1, bytes, take);
}

static enum qt__http1_verdict
feed_step(struct qt__http1 *http1, const char *bytes, size_t n, size_t *used)
{
    switch (http1->phase) {
    case QT__HTTP1_HEAD:
        return feed_head(http1, bytes, n, used);
    case QT__HTTP1_BODY:
    case QT__HTTP1_CHUNK_DATA:
    case QT__HTTP1_UNTIL_CLOSE:
        return feed_data(http1, bytes, n, used);
    case QT__HTTP1_CHUNK_SIZE:
        ++*used;
        return chunk_size_byte(http1, *bytes);
    case QT__HTTP1_CHUNK_END:
        ++*used;
        return chunk_end_byte(http1, *bytes);
    case QT__HTTP1_TRAILER:
        ++*used;
        return trailer_byte(http1, *bytes);
    case QT__HTTP1_COMPLETE:
        break;
    }
    return QT__HTTP1_DONE;
}

/* An interim answer (100 Continue, 103) is not the answer: begin again. */
static bool
skip_interim(struct qt__http1 *http1)
{
    if (http1->is_request || http1->status / 100 != 1 || http1->status == 101)
        return false;
    bool has_no_body = http1->has_no_body;
    qt__http1_clear(http1);
    http1->has_no_body = has_no_body;
    return true;
}

enum qt__http1_verdict
qt__http1_feed(struct qt__http1 *http1, const char *bytes, size_t n, size_t *out_used)
{
    size_t used = 0;
    enum qt__http1_verdict verdict = QT__HTTP1_MORE;
    http1->has_bytes = http1->has_bytes || n > 0;
    while (verdict == QT__HTTP1_MORE && http1->phase != QT__HTTP1_COMPLETE && used < n) {
        verdict = feed_step(http1, bytes + used, n - used, &used);
        if (verdict == QT__HTTP1_MORE && http1->phase == QT__HTTP1_COMPLETE)
            (void)skip_interim(http1);
    }
    *out_used = used;
    if (verdict != QT__HTTP1_MORE || http1->phase != QT__HTTP1_COMPLETE)
        return verdict;
    if (!grow(&http1->body, &http1->body_capacity, http1->body_length + 1, http1->max_body + 1))
        return bad(http1, 503);
    http1->body[http1->body_length] = '\0';
    return QT__HTTP1_DONE;
}

enum qt__http1_verdict
qt__http1_end(struct qt__http1 *http1)
{
    size_t used;
    if (http1->phase != QT__HTTP1_UNTIL_CLOSE)
        return bad(http1, 400);
    http1->phase = QT__HTTP1_COMPLETE;
    http1->keep_alive = false;
    return qt__http1_feed(http1, NULL, 0, &used);
}

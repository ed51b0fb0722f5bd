/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WebSocket frames, the server's side.
 */
#include "frame_priv.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t
qt__frame_head(enum qt__opcode opcode, size_t length, unsigned char out[QT__FRAME_HEAD_MAX])
{
    out[0] = (unsigned char)(0x80 | opcode);
    if (length < 126) {
        out[1] = (unsigned char)length;
        return 2;
    }
    size_t bytes = length <= 0xffff ? 2 : 8;
    out[1] = bytes == 2 ? 126 : 127;
    for (size_t i = 0; i < bytes; i++)
        out[2 + i] = (unsigned char)((uint64_t)length >> (8 * (bytes - 1 - i)));
    return 2 + bytes;
}

void
qt__frame_accept(const char *key, char out[QT__ACCEPT_TEXT])
{
    char joined[128];
    unsigned char digest[SHA_DIGEST_LENGTH];
    snprintf(joined, sizeof joined, "%.64s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    SHA1((const unsigned char *)joined, strlen(joined), digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

/* Shortest forms only, no surrogates, nothing above U+10FFFF. */
static bool
is_utf8(const unsigned char *s, size_t n)
{
    static const struct {
        unsigned char low, high, second_low, second_high;
        size_t more;
    } rows[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2}, {0xe1, 0xec, 0x80, 0xbf, 2},
        {0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2}, {0xf0, 0xf0, 0x90, 0xbf, 3},
        {0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3},
    };
    for (size_t i = 0; i < n;) {
        if (s[i] < 0x80) {
            i++;
            continue;
        }
        size_t row = 0;
        while (row < QT_COUNT_OF(rows) && (s[i] < rows[row].low || s[i] > rows[row].high))
            row++;
        if (row == QT_COUNT_OF(rows) || n - i <= rows[row].more ||
            s[i + 1] < rows[row].second_low || s[i + 1] > rows[row].second_high)
            return false;
        for (size_t k = 2; k <= rows[row].more; k++)
            if ((s[i + k] & 0xc0) != 0x80)
                return false;
        i += rows[row].more + 1;
    }
    return true;
}

static bool
is_control(enum qt__opcode opcode)
{
    return opcode >= QT__OP_CLOSE;
}

/* Bytes of the head once its first two are known. */
static unsigned
head_size(const unsigned char head[14])
{
    unsigned length7 = head[1] & 0x7f;
    return 2 + 4 + (length7 == 126 ? 2 : length7 == 127 ? 8 : 0);
}

/* The head is complete: what does it ask for? 0 or a close code. */
static int
begin_frame(struct qt__frames *frames)
{
    unsigned opcode = frames->head[0] & 0x0f, size = head_size(frames->head);
    uint64_t length = frames->head[1] & 0x7f;
    if (length >= 126) {
        length = 0;
        for (unsigned i = 2; i < size - 4; i++)
            length = length << 8 | frames->head[i];
    }
    frames->is_final = frames->head[0] & 0x80;
    frames->opcode = (enum qt__opcode)opcode;
    frames->left = length;
    frames->mask_at = 0;
    frames->in_payload = true;
    if (frames->head[0] & 0x70)
        return 1002; /* no extension was agreed */
    if (opcode > QT__OP_PONG || (opcode > QT__OP_BINARY && opcode < QT__OP_CLOSE))
        return 1002;
    if (is_control(frames->opcode)) {
        frames->control_n = 0;
        return frames->is_final && length <= 125 ? 0 : 1002;
    }
    bool is_under_way = frames->message_opcode != QT__OP_CONTINUATION;
    if (is_under_way != (frames->opcode == QT__OP_CONTINUATION))
        return 1002;
    if (!is_under_way) {
        frames->message_opcode = frames->opcode;
        frames->length = 0;
    }
    return length <= frames->max_message && frames->length + length <= frames->max_message ? 0
                                                                                           : 1009;
}

static bool
reserve(struct qt__frames *frames, size_t need)
{
    if (need <= frames->capacity)
        return true;
    size_t size = QT_MAX(need, QT_MIN(frames->capacity * 2, frames->max_message + 1));
    char *grown = realloc(frames->message, size);
    if (!grown)
        return false;
    frames->message = grown;
    frames->capacity = size;
    return true;
}

/* Unmasks n payload bytes to their place. False: no memory. */
static bool
take_payload(struct qt__frames *frames, const unsigned char *bytes, size_t n)
{
    const unsigned char *mask = frames->head + head_size(frames->head) - 4;
    char *out = frames->control + frames->control_n;
    if (is_control(frames->opcode)) {
        frames->control_n += n;
    } else {
        if (!reserve(frames, frames->length + n + 1))
            return false;
        out = frames->message + frames->length;
        frames->length += n;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(bytes[i] ^ mask[frames->mask_at++ & 3]);
    frames->left -= n;
    return true;
}

/* A whole frame is there. 0, a close code, or -1: fn wants no more. */
static int
end_frame(struct qt__frames *frames)
{
    frames->in_payload = false;
    frames->head_n = 0;
    if (is_control(frames->opcode)) {
        frames->control[frames->control_n] = '\0';
        return frames->fn(frames->context, frames->opcode, frames->control, frames->control_n) ? 0
                                                                                               : -1;
    }
    if (!frames->is_final)
        return 0;
    enum qt__opcode opcode = frames->message_opcode;
    frames->message_opcode = QT__OP_CONTINUATION;
    if (!reserve(frames, frames->length + 1))
        return 1009;
    frames->message[frames->length] = '\0';
    if (opcode == QT__OP_TEXT && !is_utf8((const unsigned char *)frames->message, frames->length))
        return 1007;
    return frames->fn(frames->context, opcode, frames->message, frames->length) ? 0 : -1;
}

int
qt__frames_feed(struct qt__frames *frames, const unsigned char *bytes, size_t n)
{
    size_t at = 0;
    while (at < n || (frames->in_payload && frames->left == 0)) {
        int verdict = 0;
        if (!frames->in_payload) {
            frames->head[frames->head_n++] = bytes[at++];
            if (frames->head_n == 2 && !(frames->head[1] & 0x80))
                return 1002; /* a client must mask */
            if (frames->head_n >= 2 && frames->head_n == head_size(frames->head))
                verdict = begin_frame(frames);
        } else {
            size_t take = (size_t)QT_MIN((uint64_t)(n - at), frames->left);
            if (take > 0 && !take_payload(frames, bytes + at, take))
                return 1009;
            at += take;
            if (frames->left == 0)
                verdict = end_frame(frames);
        }
        if (verdict != 0)
            return verdict < 0 ? 0 : verdict;
    }
    return 0;
}

void
qt__frames_finish(struct qt__frames *frames)
{
    free(frames->message);
    frames->message = NULL;
    frames->capacity = frames->length = 0;
}

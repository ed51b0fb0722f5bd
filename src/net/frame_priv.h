/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WebSocket frames, the server's side (RFC 6455). Pure. The client's side is libwebsockets', so
 * each tests the other.
 *
 *     byte 0: FIN RSV RSV RSV opcode     byte 1: MASK length7 [16 or 64 bits more] [4 bytes of
 * mask] payload
 */
#ifndef QTRADE_NET_FRAME_PRIV_H
#define QTRADE_NET_FRAME_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

enum qt__opcode {
    QT__OP_CONTINUATION = 0,
    QT__OP_TEXT = 1,
    QT__OP_BINARY = 2,
    QT__OP_CLOSE = 8,
    QT__OP_PING = 9,
    QT__OP_PONG = 10
};

#define QT__FRAME_HEAD_MAX 10
#define QT__ACCEPT_TEXT 29 /* base64 of a SHA-1 and the NUL */

/** Head of an unmasked final frame into out; its length, 2..10. */
size_t qt__frame_head(enum qt__opcode opcode, size_t length, unsigned char out[QT__FRAME_HEAD_MAX]);

/** The answer to Sec-WebSocket-Key. */
void qt__frame_accept(const char *key, char out[QT__ACCEPT_TEXT]);

struct qt__frames;
/** is_final message text or binary; control payloads up to 125 bytes; bytes[n] is NUL. False: stop
 * reading. */
typedef bool (*qt__frame_fn)(void *context, enum qt__opcode opcode, char *bytes, size_t n);

/** Reads masked frames, joins fragments. Zero and set max_message, fn, context. */
struct qt__frames {
    size_t max_message;
    qt__frame_fn fn;
    void *context;
    /* frame under way */
    unsigned char head[14];
    unsigned head_n;
    bool in_payload;
    enum qt__opcode opcode;
    bool is_final;
    uint64_t left;
    unsigned mask_at;
    /* message under way: fragments; control frames have their own place */
    enum qt__opcode message_opcode; /* CONTINUATION: none under way */
    char *message;
    size_t length, capacity;
    char control[126];
    size_t control_n;
};

/** 0, or the close code: 1002 protocol, 1007 not UTF-8, 1009 too large. Stops early when fn says
 * false. */
QT_CHECKED int qt__frames_feed(struct qt__frames *frames, const unsigned char *bytes, size_t n);
void qt__frames_finish(struct qt__frames *frames);

#endif

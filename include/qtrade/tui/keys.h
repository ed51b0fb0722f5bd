/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys from a terminal's bytes. A pure state machine: no terminal, no clock. Whatever a terminal
 * sends that is no key (answers to questions nobody asked, titles, mouse, rubbish) is swallowed
 * whole, so that no byte of it is taken for a key; what was pasted is marked.
 *
 * Rules others rely on:
 *   K1 bytes between the marks of a bracketed paste never become a press; a paste whose end never
 * comes ends 2 s after its last byte; K2 two different characters in one read, or characters within
 * 100 ms after such a read, are marked is_pasted; the same character again and again in one read is
 * key repeat and becomes one press; K3 an escape sequence that is not known becomes nothing.
 */
#ifndef QTRADE_TUI_KEYS_H
#define QTRADE_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Codes of keys without a character; characters are their code point. */
enum qt_key_code {
    QT_KEY_TAB = 9,
    QT_KEY_ENTER = 13,
    QT_KEY_ESC = 27,
    QT_KEY_BACKSPACE = 127,
    QT_KEY_UP = 0x110000,
    QT_KEY_DOWN,
    QT_KEY_LEFT,
    QT_KEY_RIGHT,
    QT_KEY_PAGE_UP,
    QT_KEY_PAGE_DOWN,
    QT_KEY_HOME,
    QT_KEY_END,
    QT_KEY_BACK_TAB,
    QT_KEY_PASTE /* a paste was swallowed; one press a paste */
};

struct qt_press {
    int key; /* a code point or enum qt_key_code */
    bool is_pasted;
    int64_t t_ns; /* monotonic, of the read */
};

/** The machine's state: zeroed is its start. */
struct qt_keys {
    int state;
    unsigned char sequence[32]; /* of the escape sequence under way */
    size_t length;
    size_t paste_match; /* bytes of the paste's end mark seen */
    uint32_t point;     /* of the UTF-8 sequence under way */
    int more;           /* continuation bytes to come */
    int64_t last_ns;    /* of the last byte */
    int64_t burst_ns;   /* of the last read that was a burst */
    bool had_burst;
};

/**
 * Takes the bytes of one read at now_ns (monotonic) and gives the presses they complete, in order,
 * at most n + 1 of them: out has room for n + 1. Returns how many.
 */
size_t qt_keys_feed(struct qt_keys *keys, const unsigned char *bytes, size_t n, int64_t now_ns,
                    struct qt_press *out);
/**
 * Time passed without bytes: a lone Esc becomes the key after 100 ms, an unfinished sequence ends
 * after 500 ms, a paste without end after 2 s. Returns the presses that gives (out has room for 2).
 */
size_t qt_keys_idle(struct qt_keys *keys, int64_t now_ns, struct qt_press *out);
/** A sequence is under way and wants qt_keys_idle() soon. */
bool qt_keys_is_waiting(const struct qt_keys *keys);

#endif

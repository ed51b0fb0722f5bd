/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key machine. States: plain text, after ESC, in a CSI or SS3 sequence, in a string (DCS, OSC,
 * PM, APC: ends with BEL or ESC \), in a paste, and after an Esc that was already given as a key
 * (its late rest is swallowed).
 */
#include "qtrade/tui/keys.h"

#include <string.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/time.h"

enum { PLAIN, AFTER_ESC, IN_CSI, IN_SS3, IN_STRING, STRING_ESC, IN_PASTE, AFTER_LATE_ESC };

#define ESC_NS (100 * QT_NS_PER_MS)
#define SEQUENCE_NS (500 * QT_NS_PER_MS)
#define PASTE_NS (2 * QT_NS_PER_S)
#define BURST_NS (100 * QT_NS_PER_MS)

static const unsigned char paste_end[] = "\033[201~";
#define PASTE_END_LENGTH 6

/* What follows "ESC [" or "ESC O", parameters but the first taken away. */
static const struct {
    const char *sequence;
    int key;
} sequences[] = {
    {"A", QT_KEY_UP},    {"B", QT_KEY_DOWN},     {"C", QT_KEY_RIGHT},      {"D", QT_KEY_LEFT},
    {"H", QT_KEY_HOME},  {"F", QT_KEY_END},      {"Z", QT_KEY_BACK_TAB},   {"1A", QT_KEY_UP},
    {"1B", QT_KEY_DOWN}, {"1C", QT_KEY_RIGHT},   {"1D", QT_KEY_LEFT},      {"1H", QT_KEY_HOME},
    {"1F", QT_KEY_END},  {"1~", QT_KEY_HOME},    {"4~", QT_KEY_END},       {"7~", QT_KEY_HOME},
    {"8~", QT_KEY_END},  {"5~", QT_KEY_PAGE_UP}, {"6~", QT_KEY_PAGE_DOWN}, {"M", QT_KEY_ENTER},
};

struct output {
    struct qt_press *presses;
    size_t n;
    int64_t now_ns;
};

static void
give(struct output *out, int key)
{
    out->presses[out->n++] = (struct qt_press){.key = key, .t_ns = out->now_ns};
}

/* The key of a finished CSI or SS3 sequence; 0: none. Modifiers ("1;5A") are ignored. */
static int
sequence_key(const struct qt_keys *keys)
{
    char text[sizeof keys->sequence + 1];
    size_t n = 0, i = 0;
    while (i < keys->length && keys->sequence[i] >= '0' && keys->sequence[i] <= '9')
        text[n++] = (char)keys->sequence[i++];
    while (i < keys->length &&
           (keys->sequence[i] == ';' || (keys->sequence[i] >= '0' && keys->sequence[i] <= '9')))
        i++;
    if (i + 1 != keys->length)
        return 0;
    text[n++] = (char)keys->sequence[i];
    text[n] = '\0';
    for (size_t k = 0; k < QT_COUNT_OF(sequences); k++)
        if (strcmp(sequences[k].sequence, text) == 0)
            return sequences[k].key;
    return 0;
}

static bool
is_paste_start(const struct qt_keys *keys)
{
    return keys->length == 4 && memcmp(keys->sequence, "200~", 4) == 0;
}

static void
begin(struct qt_keys *keys, int state)
{
    keys->state = state;
    keys->length = 0;
    keys->paste_match = 0;
    keys->more = 0;
}

/* SS3 "ESC O M" is the keypad's Enter; the other keypad letters are no keys of ours. */
static void
end_sequence(struct qt_keys *keys, struct output *out)
{
    bool is_csi = keys->state == IN_CSI;
    int key = sequence_key(keys);
    if (is_csi && is_paste_start(keys)) {
        begin(keys, IN_PASTE);
        give(out, QT_KEY_PASTE);
        return;
    }
    if (key == QT_KEY_ENTER && is_csi)
        key = 0;
    begin(keys, PLAIN);
    if (key != 0)
        give(out, key);
}

static void
feed_sequence(struct qt_keys *keys, unsigned char byte, struct output *out)
{
    if (byte == 27) {
        begin(keys, AFTER_ESC);
        return;
    }
    if (keys->length < sizeof keys->sequence)
        keys->sequence[keys->length++] = byte;
    if (keys->state == IN_SS3 ? !(byte >= '0' && byte <= '9') : byte >= 0x40 && byte <= 0x7e)
        end_sequence(keys, out);
}

/* Plain bytes: UTF-8 characters; control bytes that are no key are dropped. */
static void
feed_plain(struct qt_keys *keys, unsigned char byte, struct output *out)
{
    if (keys->more > 0 && (byte & 0xc0) == 0x80) {
        keys->point = keys->point << 6 | (byte & 0x3fu);
        if (--keys->more == 0 && keys->point >= 0xa0 && keys->point < QT_KEY_UP)
            give(out, (int)keys->point);
        return;
    }
    keys->more = 0;
    if (byte == 27)
        begin(keys, AFTER_ESC);
    else if (byte == '\n' || byte == '\r')
        give(out, QT_KEY_ENTER);
    else if (byte == 8 || byte == 127)
        give(out, QT_KEY_BACKSPACE);
    else if (byte < 0x80 && byte != 0)
        give(out, byte);
    else if (byte >= 0xc2 && byte < 0xf5) {
        keys->more = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        keys->point = byte & (0x3fu >> keys->more);
    }
}

static void
feed_escape(struct qt_keys *keys, unsigned char byte, struct output *out)
{
    bool is_late = keys->state == AFTER_LATE_ESC;
    if (byte == '[')
        begin(keys, IN_CSI);
    else if (byte == ']')
        begin(keys, IN_STRING);
    else if (byte == 'O' && !is_late)
        begin(keys, IN_SS3);
    else if (strchr("PX^_", byte) && byte != 0 && !is_late) {
        begin(keys, IN_STRING);
        keys->sequence[0] = byte; /* a lone "Esc P" is two keys after all: qt_keys_idle() */
        keys->length = 1;
    } else {
        begin(keys, PLAIN);
        if (!is_late && byte != 27)
            give(out, QT_KEY_ESC);
        feed_plain(keys, byte, out);
    }
}

static void
feed_string(struct qt_keys *keys, unsigned char byte)
{
    bool is_end = byte == 7 || (keys->state == STRING_ESC && byte == '\\');
    if (is_end)
        begin(keys, PLAIN);
    else {
        keys->state = byte == 27 ? STRING_ESC : IN_STRING;
        keys->length = 2; /* something came after its first byte */
    }
}

static void
feed_paste(struct qt_keys *keys, unsigned char byte)
{
    if (byte != paste_end[keys->paste_match])
        keys->paste_match = 0;
    if (byte == paste_end[keys->paste_match])
        keys->paste_match++;
    if (keys->paste_match == PASTE_END_LENGTH)
        begin(keys, PLAIN);
}

static void
feed_byte(struct qt_keys *keys, unsigned char byte, struct output *out)
{
    switch (keys->state) {
    case AFTER_ESC:
    case AFTER_LATE_ESC:
        feed_escape(keys, byte, out);
        return;
    case IN_CSI:
    case IN_SS3:
        feed_sequence(keys, byte, out);
        return;
    case IN_STRING:
    case STRING_ESC:
        feed_string(keys, byte);
        return;
    case IN_PASTE:
        feed_paste(keys, byte);
        return;
    default:
        feed_plain(keys, byte, out);
    }
}

static bool
is_character(const struct qt_press *press)
{
    return press->key >= ' ' && press->key < QT_KEY_UP && press->key != QT_KEY_BACKSPACE;
}

/* K2: two different characters in one read are a paste. */
static bool
is_burst(const struct output *out)
{
    int first = 0;
    for (size_t i = 0; i < out->n; i++) {
        if (!is_character(&out->presses[i]))
            continue;
        if (first != 0 && out->presses[i].key != first)
            return true;
        first = out->presses[i].key;
    }
    return false;
}

/* K2: the same character again in one read is key repeat. */
static void
drop_repeats(struct output *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->n; i++) {
        bool is_repeat = kept > 0 && is_character(&out->presses[i]) &&
                         out->presses[i].key == out->presses[kept - 1].key;
        if (!is_repeat)
            out->presses[kept++] = out->presses[i];
    }
    out->n = kept;
}

size_t
qt_keys_feed(struct qt_keys *keys, const unsigned char *bytes, size_t n, int64_t now_ns,
             struct qt_press *out)
{
    struct output presses = {.presses = out, .now_ns = now_ns};
    bool is_after_burst = keys->had_burst && now_ns - keys->burst_ns < BURST_NS;
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        feed_byte(keys, bytes[i], &presses);
    keys->last_ns = now_ns;
    bool is_paste = is_burst(&presses) || (is_after_burst && presses.n > 0);
    if (is_paste) {
        keys->had_burst = true;
        keys->burst_ns = now_ns;
    }
    for (size_t i = 0; i < presses.n; i++)
        presses.presses[i].is_pasted = is_paste;
    drop_repeats(&presses);
    return presses.n;
}

size_t
qt_keys_idle(struct qt_keys *keys, int64_t now_ns, struct qt_press *out)
{
    struct output presses = {.presses = out, .now_ns = now_ns};
    int64_t idle = now_ns - keys->last_ns;
    if (keys->state == AFTER_ESC && idle >= ESC_NS) {
        begin(keys, AFTER_LATE_ESC);
        give(&presses, QT_KEY_ESC);
    } else if (keys->state == IN_STRING && keys->length == 1 && idle >= ESC_NS) {
        int key = keys->sequence[0];
        begin(keys, PLAIN);
        give(&presses, QT_KEY_ESC);
        give(&presses, key);
    } else if (keys->state == IN_PASTE ? idle >= PASTE_NS : idle >= SEQUENCE_NS) {
        begin(keys, PLAIN);
    }
    return presses.n;
}

bool
qt_keys_is_waiting(const struct qt_keys *keys)
{
    return keys->state != PLAIN;
}

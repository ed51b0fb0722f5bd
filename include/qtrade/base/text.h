/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounded text: a builder over the caller's buffer that never overflows and remembers that it was
 * cut, and the few string helpers the house needs. JSON strings are escaped here, control bytes
 * never pass.
 */
#ifndef QTRADE_BASE_TEXT_H
#define QTRADE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

struct qt_text {
    char *buffer;
    size_t capacity, length; /* length < capacity; buffer[length] is NUL */
    bool is_cut;             /* something did not fit */
};

void qt_text_init(struct qt_text *text, char *buffer, size_t capacity); /* capacity >= 1 */
void qt_text_clear(struct qt_text *text);
void qt_text_add(struct qt_text *text, const char *s);
void qt_text_add_n(struct qt_text *text, const char *s, size_t n);
void qt_text_add_char(struct qt_text *text, char c);
void qt_text_addf(struct qt_text *text, const char *format, ...) QT_PRINTF(2, 3);
void qt_text_add_int(struct qt_text *text, int64_t v);
/** v x 10^-scale with exactly scale decimals. */
void qt_text_add_decimal(struct qt_text *text, int64_t v, int scale);
/** s as a JSON string with its quotes; control characters and invalid UTF-8 escaped. */
void qt_text_add_json_string(struct qt_text *text, const char *s);
/** A finite double as a short round-trip JSON number ("%.17g" trimmed); null otherwise. */
void qt_text_add_json_double(struct qt_text *text, double v);

/** Copies at most capacity-1 bytes and ends with NUL. False: it was cut. */
bool qt_copy(char *out, size_t capacity, const char *s);
bool qt_copy_n(char *out, size_t capacity, const char *s, size_t n);
bool qt_starts_with(const char *s, const char *prefix);
bool qt_ends_with(const char *s, const char *suffix);
/** Replaces every control byte, DEL, C1 and invalid UTF-8 byte of s by '?', in place (fault T6). */
void qt_text_clean(char *s);
/** Reads a decimal int64 from the whole text. False on anything else, on overflow and on INT64_MIN.
 */
QT_CHECKED bool qt_int_parse(const char *s, int64_t *out);
/** Reads a finite double from the whole text, locale-independent. False on anything else. */
QT_CHECKED bool qt_double_parse(const char *s, double *out);
/** FNV-1a of n bytes. Start with QT_HASH_START. */
#define QT_HASH_START UINT64_C(14695981039346656037)
uint64_t qt_hash(uint64_t hash, const void *bytes, size_t n);

#endif

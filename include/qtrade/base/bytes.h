/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text many bytes at a time. A word is eight of them in one register, the first character in the
 * lowest byte on every machine, so that a count of trailing zero bits is a count of characters. A
 * block is sixteen; what is found in it is a mask with a bit for each.
 *
 *     "61837.63" -> 5 digits -> shifted to the top: "...61837" -> 61837 in three multiplications
 *
 * Any thread. Nothing here reads beyond the bytes it is given. Blocks use SSE2 where the compiler
 * has it (all of x86-64) and words elsewhere; tests/base compares both.
 */
#ifndef QTRADE_BASE_BYTES_H
#define QTRADE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "qtrade/base/attr.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define QT_BLOCK 16 /* bytes */
#define QT_WORD_ONES UINT64_C(0x0101010101010101)
#define QT_WORD_HIGHS UINT64_C(0x8080808080808080)

/** p[0..8), the first in the lowest byte. */
static inline uint64_t
qt_word_load(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/** p[0..n), n 0..8, zeroes behind: of a text shorter than a word. */
static inline uint64_t
qt_word_load_short(const char *p, size_t n)
{
    if (n == 8)
        return qt_word_load(p);
    if (n >= 4) { /* two halves that may overlap */
        char halves[16] = {0};
        memcpy(halves, p, 4);
        memcpy(halves + 8, p + n - 4, 4);
        return qt_word_load(halves) | qt_word_load(halves + 8) << (8 * (n - 4));
    }
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return word;
}

/** Is p[0..n) the same as word[0..n)? n a constant: a compare or two, whatever it is. */
QT_INLINE bool
qt_bytes_are(const char *p, const char *word, size_t n)
{
    uint32_t a[2], b[2];
    if (n < 4 || n >= 8)
        return memcmp(p, word, n) == 0;
    memcpy(&a[0], p, 4);
    memcpy(&a[1], p + n - 4, 4);
    memcpy(&b[0], word, 4);
    memcpy(&b[1], word + n - 4, 4);
    return a[0] == b[0] && a[1] == b[1];
}

/** p[at..at+8) of a text of n >= 8 bytes, zeroes behind its end. at < n. */
static inline uint64_t
qt_word_load_in(const char *p, size_t n, size_t at)
{
    size_t left = n - at;
    return left >= 8 ? qt_word_load(p + at) : qt_word_load(p + n - 8) >> (8 * (8 - left));
}

/** The top bit of each byte that ends a run of plain text in JSON: a quote, a backslash, a control
 * byte (below 0x20). Only the lowest one set is exact. */
static inline uint64_t
qt_word_specials(uint64_t word)
{
    uint64_t quote = word ^ QT_WORD_ONES * '"', slash = word ^ QT_WORD_ONES * '\\';
    uint64_t control = (word - QT_WORD_ONES * 0x20) & ~word;
    return (((quote - QT_WORD_ONES) & ~quote) | ((slash - QT_WORD_ONES) & ~slash) | control) &
           QT_WORD_HIGHS;
}

/** How many bytes of a block stand before the first special one: 0..16. By words. */
static inline unsigned
qt_block_plain_by_words(const char *p)
{
    uint64_t low = qt_word_specials(qt_word_load(p)), high = qt_word_specials(qt_word_load(p + 8));
    if (low)
        return (unsigned)__builtin_ctzll(low) / 8;
    return high ? 8 + (unsigned)__builtin_ctzll(high) / 8 : QT_BLOCK;
}

/** The same by what is fastest here. */
static inline unsigned
qt_block_plain(const char *p)
{
#ifdef __SSE2__
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
    int mask = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control));
    return (unsigned)__builtin_ctz((unsigned)mask | 1u << QT_BLOCK);
#else
    return qt_block_plain_by_words(p);
#endif
}

/** Digits to their values 0..9; any other character becomes 10 or more. */
static inline uint64_t
qt_digits_values(uint64_t word)
{
    return word ^ UINT64_C(0x3030303030303030);
}

/** How many values stand before the first that is no digit: 0..8. */
static inline unsigned
qt_digits_run(uint64_t values)
{
    uint64_t strange =
        ((values + UINT64_C(0x7676767676767676)) | values) & QT_WORD_HIGHS; /* +0x76: >= 10 */
    return strange ? (unsigned)__builtin_ctzll(strange) / 8 : 8;
}

/** The first n values (0..8) moved to the top with zeroes below: what qt_digits_number takes. */
static inline uint64_t
qt_digits_first(uint64_t values, unsigned n)
{
    return n ? values << (64 - 8 * n) : 0;
}

/** Without the values from the n-th (0..8) on. */
static inline uint64_t
qt_digits_keep(uint64_t values, unsigned n)
{
    return n < 8 ? values & ((UINT64_C(1) << (8 * n)) - 1) : values;
}

/** The number of eight values, the most significant in the lowest byte. */
static inline uint64_t
qt_digits_number(uint64_t values)
{
    values = (values * 10 + (values >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    values = (values * 100 + (values >> 16)) & UINT64_C(0x0000ffff0000ffff);
    return (values * 10000 + (values >> 32)) & UINT64_C(0xffffffff);
}

/** The numbers of eight values each at once: a's in the low half, b's in the high one. By words. */
static inline uint64_t
qt_digits_two_by_words(uint64_t a, uint64_t b)
{
    return qt_digits_number(a) | qt_digits_number(b) << 32;
}

/** The same by what is fastest here. */
static inline uint64_t
qt_digits_two(uint64_t a, uint64_t b)
{
#ifdef __SSE2__
    const __m128i hundreds = _mm_set1_epi32(1 << 16 | 100);
    const __m128i myriads = _mm_set1_epi32(1 << 16 | 10000);
    __m128i v = _mm_set_epi64x((long long)b, (long long)a);
    __m128i tens = _mm_mullo_epi16(_mm_and_si128(v, _mm_set1_epi16(0xff)), _mm_set1_epi16(10));
    __m128i two = _mm_add_epi16(tens, _mm_srli_epi16(v, 8));
    __m128i four = _mm_madd_epi16(two, hundreds);
    __m128i eight = _mm_madd_epi16(_mm_packs_epi32(four, four), myriads);
    return (uint64_t)_mm_cvtsi128_si64(eight);
#else
    return qt_digits_two_by_words(a, b);
#endif
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "journal_chunk_priv.h"

/* Format 1 ended quotes before their id; format 2 reports before the time of their request,
 * balances before their rounding, states of instruments before their steps. */
enum { OLDEST = 1, VERSION = 3, CHECK_AT = 56, CHECK_BYTES = 8, LENGTH_BYTES = 4 };

static const unsigned char magic[2][8] = {{'Q', 'T', 'J', 'O', 'U', 'R', 'N', 'L'},
                                          {'Q', 'T', 'M', 'S', 'T', 'A', 'T', 'E'}};

void
qt__put_le(unsigned char *to, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (unsigned char)(v >> (8 * i));
}

uint64_t
qt__get_le(const unsigned char *from, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)from[i] << (8 * i);
    return v;
}

static void
check_of(const unsigned char *head, const struct qt_journal_key *key,
         unsigned char out[crypto_generichash_BYTES])
{
    crypto_generichash(out, crypto_generichash_BYTES, head, CHECK_AT, key->bytes,
                       sizeof key->bytes);
}

static void
derive(struct qt__segment *segment, const struct qt_journal_key *key, const unsigned char *head)
{
    crypto_generichash(segment->key, sizeof segment->key, head, QT__HEAD_BYTES, key->bytes,
                       sizeof key->bytes);
}

void
qt__segment_make(struct qt__segment *segment, const struct qt_journal_key *key,
                 unsigned char head[QT__HEAD_BYTES])
{
    unsigned char check[crypto_generichash_BYTES];
    memset(head, 0, QT__HEAD_BYTES);
    memcpy(head, magic[segment->is_state], sizeof magic[0]);
    qt__put_le(head + 8, VERSION, 4);
    memcpy(head + 16, segment->session, QT__SESSION_BYTES);
    qt__put_le(head + 32, segment->number, 8);
    qt__put_le(head + 40, (uint64_t)segment->created_ns, 8);
    check_of(head, key, check);
    memcpy(head + CHECK_AT, check, CHECK_BYTES);
    derive(segment, key, head);
}

bool
qt__segment_read(struct qt__segment *segment, const struct qt_journal_key *key,
                 const unsigned char head[QT__HEAD_BYTES], const char *path, struct qt_error *err)
{
    unsigned char check[crypto_generichash_BYTES];
    if (memcmp(head, magic[segment->is_state], sizeof magic[0]) != 0)
        return qt_fail(err, QT_E_DATA, "%s: is not a %s", path,
                       segment->is_state ? "market state" : "segment of a journal");
    uint64_t version = qt__get_le(head + 8, 4);
    if (version < OLDEST || version > VERSION)
        return qt_fail(err, QT_E_DATA,
                       "%s: has format %" PRIu64 ", this program reads formats %d to %d", path,
                       version, OLDEST, VERSION);
    check_of(head, key, check);
    if (sodium_memcmp(check, head + CHECK_AT, CHECK_BYTES) != 0)
        return qt_fail(err, QT_E_LOCKED,
                       "%s: the key does not fit, or the segment's head is damaged", path);
    memcpy(segment->session, head + 16, QT__SESSION_BYTES);
    segment->number = qt__get_le(head + 32, 8);
    segment->created_ns = (int64_t)qt__get_le(head + 40, 8);
    derive(segment, key, head);
    return true;
}

/* The chunk's number; what is around it is bound by the segment's key. */
static void
nonce_of(uint64_t number, unsigned char out[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES])
{
    memset(out, 0, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    qt__put_le(out, number, 8);
}

size_t
qt__chunk_seal(const struct qt__segment *segment, uint64_t number, const unsigned char *plain,
               size_t n, unsigned char *out)
{
    unsigned char nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    unsigned long long sealed = 0;
    nonce_of(number, nonce);
    qt__put_le(out, n, LENGTH_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + LENGTH_BYTES, &sealed, plain, n, out,
                                               LENGTH_BYTES, NULL, nonce, segment->key);
    return LENGTH_BYTES + (size_t)sealed;
}

size_t
qt__chunk_open(const struct qt__segment *segment, uint64_t number, const unsigned char *in,
               size_t n, unsigned char *plain, size_t *out_plain)
{
    unsigned char nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    unsigned long long opened = 0;
    if (n < QT__CHUNK_EXTRA)
        return 0;
    size_t length = (size_t)qt__get_le(in, LENGTH_BYTES);
    if (length == 0 || length > QT__CHUNK_MAX || length + QT__CHUNK_EXTRA > n)
        return 0;
    nonce_of(number, nonce);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &opened, NULL, in + LENGTH_BYTES,
                                                   length + 16, in, LENGTH_BYTES, nonce,
                                                   segment->key) != 0)
        return 0;
    *out_plain = (size_t)opened;
    return length + QT__CHUNK_EXTRA;
}

/* Names */

void
qt__session_name(const struct qt__segment *segment, int64_t begun_ns, char out[40])
{
    char time[QT_TIME_TEXT];
    size_t n = 0;
    for (const char *c = qt_time_format(begun_ns, time); *c && n < 20; c++)
        if (*c != '-' && *c != ':' && *c != '.')
            out[n++] = *c;
    snprintf(out + n, 40 - n, "-%02x%02x%02x%02x", segment->session[0], segment->session[1],
             segment->session[2], segment->session[3]);
}

void
qt__segment_name(const char *session, uint64_t number, char out[QT__SEGMENT_NAME])
{
    snprintf(out, QT__SEGMENT_NAME, "%.39s-%06" PRIu64 ".qtj", session, number);
}

bool
qt__segment_is_of(const char *name, const char *session, uint64_t *out_number)
{
    size_t n = strlen(session);
    if (strncmp(name, session, n) != 0 || name[n] != '-')
        return false;
    *out_number = strtoull(name + n + 1, NULL, 10);
    return true;
}

static int
is_segment(const struct dirent *entry)
{
    return qt_ends_with(entry->d_name, ".qtj") && strlen(entry->d_name) < QT__SEGMENT_NAME;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int
qt__segments_list(const char *folder, char ***out, struct qt_error *err)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_segment, by_name);
    if (n < 0) {
        qt_fail_errno(err, errno == ENOENT ? QT_E_DATA : QT_E_IO, "%s", folder);
        return -1;
    }
    char **names = calloc((size_t)n + 1, sizeof *names);
    bool is_good = names != NULL;
    for (int i = 0; i < n; i++) {
        if (is_good)
            is_good = (names[i] = strdup(entries[i]->d_name)) != NULL;
        free(entries[i]);
    }
    free(entries);
    if (is_good) {
        *out = names;
        return n;
    }
    qt__segments_free(names, n);
    qt_fail(err, QT_E_MEMORY, "no memory for the names in %s", folder);
    return -1;
}

void
qt__segments_free(char **names, int n)
{
    for (int i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
}

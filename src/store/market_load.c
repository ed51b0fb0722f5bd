/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading market states. Nothing in a file is believed before it was looked at: every length, every
 * deflated size, and by qt_market_symbol_is_sound every field (K3).
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "market_state_priv.h"

enum { PATH_BYTES = 640, TRIED = 16, HASH_BYTES = 32 };
#define STATE_MAX (UINT64_C(1) << 30) /* bytes of a file */
#define BEHIND_NS                                                                                  \
    QT_NS_PER_DAY /* a symbol whose bars end so long before the newest's is not taken back */

struct qt_kept_market {
    struct qt_market_ref ref;
    struct qt_market_restore restore;
    struct qt_market_symbol **symbol; /* by id of the place's universe; what restore points at */
    uint32_t capacity, symbols;       /* ids; states taken back */
    char session[QT__MARKET_SESSION];
    uint64_t segment;
    int64_t t_ns;
};

/* A file on its way into a state. */
struct load {
    const struct qt_market_place *place;
    const char *name; /* of the file, for people */
    struct qt_kept_market *state;
    struct qt__segment segment;
    unsigned char *bytes;
    size_t n, at;
    uint64_t chunk;
    uint32_t records;
    uint64_t highest;
    bool is_over;
    size_t plain_n;
    unsigned char plain[QT__CHUNK_MAX];
};

/* A text of a fixed field: NUL-ended within it, zeros behind. */
static bool
get_text(const unsigned char *from, size_t size, char *out)
{
    memcpy(out, from, size);
    size_t n = strnlen(out, size);
    for (size_t i = n; i < size; i++)
        if (out[i])
            return false;
    return n < size;
}

static bool
take_head(struct load *load, struct qt_error *err)
{
    char version[QT__MARKET_VERSION], source[QT__MARKET_SOURCE];
    const unsigned char *at = load->plain + 1;
    const struct qt_market_place *place = load->place;
    if (load->plain_n != QT__MARKET_HEAD_BYTES || !get_text(at, sizeof version, version) ||
        !get_text(at + sizeof version, QT__MARKET_SESSION, load->state->session) ||
        !get_text(at + sizeof version + QT__MARKET_SESSION, sizeof source, source))
        return qt_fail(err, QT_E_VERIFY, "%s: its head cannot be read", load->name);
    at += QT__MARKET_VERSION + QT__MARKET_SESSION + QT__MARKET_SOURCE;
    load->state->segment = qt__get_le(at, 8);
    if (place->version && strcmp(version, place->version) != 0)
        return qt_fail(err, QT_E_DATA, "%s: is of qtrade %s", load->name, version);
    if (qt__get_le(at + 8, 8) != qt_market_shape_hash(place->shape))
        return qt_fail(err, QT_E_DATA,
                       "%s: is of another config (interval, history or swing), or of a program "
                       "that lays it out otherwise",
                       load->name);
    if (place->source && strcmp(source, place->source) != 0)
        return qt_fail(err, QT_E_DATA, "%s: is of another market, %s", load->name, source);
    return true;
}

/* The n bytes at from, inflated into exactly a symbol. */
static bool
inflate_symbol(const unsigned char *from, size_t n, struct qt_market_symbol *out)
{
    uLongf size = sizeof *out;
    uLong source_n = n;
    return uncompress2((Bytef *)out, &size, from, &source_n) == Z_OK && size == sizeof *out &&
           source_n == n;
}

/* Into its place by name. A symbol that is not traded any more, or on another scale, is left out.
 */
static bool
keep_symbol(struct load *load, const struct qt_instrument *ins, struct qt_error *err)
{
    struct qt_kept_market *state = load->state;
    struct qt_market_symbol **slot = &state->symbol[ins->id];
    const unsigned char *from = load->plain + QT__MARKET_SYMBOL_BYTES;
    if (*slot)
        return qt_fail(err, QT_E_VERIFY, "%s: holds %s twice", load->name, ins->symbol);
    if (load->plain[1] != ins->px_scale || load->plain[2] != ins->qty_scale)
        return true;
    struct qt_market_symbol *symbol = malloc(sizeof *symbol);
    if (!symbol)
        return qt_fail(err, QT_E_MEMORY, "no memory for a market state");
    *slot = symbol;
    state->symbols++;
    if (!inflate_symbol(from, load->plain_n - QT__MARKET_SYMBOL_BYTES, symbol) ||
        !qt_market_symbol_is_sound(symbol, load->place->shape, ins))
        return qt_fail(err, QT_E_VERIFY, "%s: what it says of %s cannot be", load->name,
                       ins->symbol);
    symbol->instrument = ins->id;
    load->highest = QT_MAX(load->highest, symbol->seq);
    return true;
}

static bool
take_symbol(struct load *load, struct qt_error *err)
{
    char name[QT_SYMBOL_SIZE];
    const unsigned char *at = load->plain + 4;
    if (load->plain_n <= QT__MARKET_SYMBOL_BYTES || !get_text(at, sizeof name, name) || !name[0] ||
        qt__get_le(at + QT_SYMBOL_SIZE, 4) != load->plain_n - QT__MARKET_SYMBOL_BYTES)
        return qt_fail(err, QT_E_VERIFY, "%s: chunk %" PRIu64 " cannot be read", load->name,
                       load->chunk - 1);
    load->records++;
    uint32_t id = qt_universe_find(load->place->universe, name, strlen(name));
    return id == QT_NO_INSTRUMENT ||
           keep_symbol(load, qt_universe_at(load->place->universe, id), err);
}

static bool
take_end(struct load *load, struct qt_error *err)
{
    const unsigned char *at = load->plain + 1;
    load->is_over = true;
    if (load->plain_n != QT__MARKET_END_BYTES || load->at != load->n ||
        qt__get_le(at, 4) != load->records || qt__get_le(at + 4, 8) < load->highest)
        return qt_fail(err, QT_E_VERIFY, "%s: its end is not that of what stands before",
                       load->name);
    load->state->t_ns = (int64_t)qt__get_le(at + 12, 8);
    return true;
}

static bool
take_chunk(struct load *load, struct qt_error *err)
{
    size_t n = qt__chunk_open(&load->segment, load->chunk, load->bytes + load->at,
                              load->n - load->at, load->plain, &load->plain_n);
    if (n == 0)
        return qt_fail(err, QT_E_VERIFY, "%s: chunk %" PRIu64 " at byte %zu is damaged or cut",
                       load->name, load->chunk, load->at);
    load->at += n;
    bool is_first = load->chunk++ == 0;
    if (is_first != (load->plain[0] == QT__MARKET_HEAD))
        return qt_fail(err, QT_E_VERIFY, "%s: chunk %" PRIu64 " stands in the wrong place",
                       load->name, load->chunk - 1);
    switch (load->plain[0]) {
    case QT__MARKET_HEAD:
        return take_head(load, err);
    case QT__MARKET_SYMBOL:
        return take_symbol(load, err);
    case QT__MARKET_END:
        return take_end(load, err);
    }
    return qt_fail(err, QT_E_VERIFY, "%s: chunk %" PRIu64 " is of no kind that there is",
                   load->name, load->chunk - 1);
}

/* What ended long before the rest is not gone on with: its gap would be asked for in pages. */
static void
drop_old(struct qt_kept_market *state, const struct qt_market_shape *shape)
{
    int64_t newest = 0;
    for (uint32_t i = 0; i < state->capacity; i++)
        if (state->symbol[i])
            newest = QT_MAX(newest, qt_market_symbol_end_ns(state->symbol[i], shape));
    for (uint32_t i = 0; i < state->capacity; i++) {
        if (!state->symbol[i] ||
            newest - qt_market_symbol_end_ns(state->symbol[i], shape) <= BEHIND_NS)
            continue;
        free(state->symbol[i]);
        state->symbol[i] = NULL;
        state->symbols--;
    }
}

static bool
read_file(struct load *load, const char *folder, struct qt_error *err)
{
    char path[PATH_BYTES], *bytes = NULL;
    unsigned char hash[HASH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, load->name);
    if (!qt_file_read(path, STATE_MAX, &bytes, &load->n, err))
        return false;
    load->bytes = (unsigned char *)bytes;
    crypto_generichash(hash, sizeof hash, load->bytes, load->n, NULL, 0);
    sodium_bin2hex(load->state->ref.hash, sizeof load->state->ref.hash, hash, sizeof hash);
    return load->n >= QT__HEAD_BYTES ||
           qt_fail(err, QT_E_VERIFY, "%s: is cut within its head", load->name);
}

static bool
read_chunks(struct load *load, struct qt_error *err)
{
    load->segment.is_state = true;
    if (!qt__segment_read(&load->segment, load->place->key, load->bytes, load->name, err))
        return false;
    load->state->ref.number = load->segment.number;
    load->at = QT__HEAD_BYTES;
    while (!load->is_over)
        if (!take_chunk(load, err))
            return false;
    drop_old(load->state, load->place->shape);
    load->state->restore = (struct qt_market_restore){
        .number = load->state->ref.number,
        .symbol = (const struct qt_market_symbol *const *)load->state->symbol};
    return true;
}

/* ref NULL: whatever it is. */
static struct qt_kept_market *
load_state(const struct qt_market_place *place, const char *name, const struct qt_market_ref *ref,
           struct qt_error *err)
{
    struct load *load = calloc(1, sizeof *load);
    struct qt_kept_market *state = calloc(1, sizeof *state);
    bool is_good = load && state;
    if (is_good) {
        state->capacity = qt_universe_count(place->universe);
        state->symbol = calloc(state->capacity, sizeof(struct qt_market_symbol *));
        *load = (struct load){.place = place, .name = name, .state = state};
    }
    is_good = is_good && state->symbol;
    if (!is_good)
        qt_fail(err, QT_E_MEMORY, "no memory for a market state");
    is_good = is_good && read_file(load, place->folder, err);
    if (is_good && ref && strcmp(ref->hash, state->ref.hash) != 0)
        is_good = qt_fail(err, QT_E_VERIFY,
                          "%s: is not the market state %" PRIu64 " that the session began with",
                          name, ref->number);
    is_good = is_good && read_chunks(load, err);
    if (load)
        free(load->bytes);
    free(load);
    if (is_good)
        return state;
    qt_kept_market_destroy(state);
    return NULL;
}

struct qt_kept_market *
qt_kept_market_find(const struct qt_market_place *place, int64_t now_ns, int64_t max_age_ns,
                    qt_market_ignored_fn ignored, void *context)
{
    uint64_t numbers[TRIED];
    unsigned n = qt__market_numbers(place->folder, numbers, TRIED);
    for (unsigned i = 0; i < n; i++) {
        struct qt_error err = {0};
        char name[QT__MARKET_NAME];
        qt__market_name(numbers[i], name);
        struct qt_kept_market *state = load_state(place, name, NULL, &err);
        if (state && state->ref.number != numbers[i])
            qt_fail(&err, QT_E_VERIFY, "%s: is state %" PRIu64, name, state->ref.number);
        else if (state && (state->t_ns > now_ns || now_ns - state->t_ns > max_age_ns))
            qt_fail(&err, QT_E_DATA, "%s: is %.1f hours old", name,
                    ((double)now_ns - (double)state->t_ns) / (double)QT_NS_PER_HOUR);
        else if (state && state->symbols == 0)
            qt_fail(&err, QT_E_DATA, "%s: has none of the symbols", name);
        else if (state)
            return state;
        ignored(context, name, err.text);
        qt_kept_market_destroy(state);
    }
    return NULL;
}

struct qt_kept_market *
qt_kept_market_open(const struct qt_market_place *place, const char *session,
                    const struct qt_market_ref *ref, struct qt_error *err)
{
    char name[QT__MARKET_NAME], path[PATH_BYTES];
    snprintf(name, sizeof name, "%.48s.qts", session);
    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    if (access(path, F_OK) != 0) {
        qt_fail(err, QT_E_DATA,
                "%s: the market state %" PRIu64 " that the session began with is missing", path,
                ref->number);
        return NULL;
    }
    return load_state(place, name, ref, err);
}

void
qt_kept_market_destroy(struct qt_kept_market *state)
{
    if (!state)
        return;
    for (uint32_t i = 0; state->symbol && i < state->capacity; i++)
        free(state->symbol[i]);
    free(state->symbol);
    free(state);
}

const struct qt_market_ref *
qt_kept_market_ref(const struct qt_kept_market *state)
{
    return &state->ref;
}

const struct qt_market_restore *
qt_kept_market_restore(const struct qt_kept_market *state)
{
    return &state->restore;
}

uint32_t
qt_kept_market_symbols(const struct qt_kept_market *state)
{
    return state->symbols;
}

int64_t
qt_kept_market_time_ns(const struct qt_kept_market *state)
{
    return state->t_ns;
}

/* What came after it */

struct qt_market_tail {
    const struct qt_kept_market *state;
    struct qt_journal_reader *reader;
    bool is_of_writer; /* the session that wrote the state, not one that began with it */
    uint32_t *id;      /* of the session's instruments here; QT_NO_INSTRUMENT: not taken back */
    uint32_t ids;
};

/* The newest session, when it began with the state; else the one that wrote it. */
static struct qt_journal_reader *
open_session(const struct qt_market_place *place, const struct qt_kept_market *state,
             bool *out_is_of_writer, struct qt_error *err)
{
    struct qt_journal_reader *reader = qt_journal_open(place->folder, NULL, place->key, err);
    *out_is_of_writer = false;
    if (reader && strcmp(qt_journal_reader_head(reader)->market.hash, state->ref.hash) == 0)
        return reader;
    *out_is_of_writer = true;
    if (reader && strcmp(qt_journal_reader_head(reader)->session, state->session) != 0) {
        qt_journal_reader_close(reader);
        reader = NULL;
    }
    *err = (struct qt_error){0};
    if (!reader)
        reader = qt_journal_open(place->folder, state->session, place->key, err);
    if (reader && !qt_journal_reader_seek(reader, state->segment, err)) {
        qt_journal_reader_close(reader);
        return NULL;
    }
    return reader;
}

static bool
map_ids(struct qt_market_tail *tail, const struct qt_universe *to)
{
    const struct qt_universe *from = qt_journal_reader_head(tail->reader)->universe;
    tail->ids = qt_universe_count(from);
    tail->id = calloc(tail->ids + 1, sizeof *tail->id);
    for (uint32_t i = 0; tail->id && i < tail->ids; i++) {
        const struct qt_instrument *ins = qt_universe_at(from, i);
        uint32_t id = qt_universe_find(to, ins->symbol, strlen(ins->symbol));
        bool is_taken = id != QT_NO_INSTRUMENT && tail->state->symbol[id] &&
                        qt_universe_at(to, id)->px_scale == ins->px_scale &&
                        qt_universe_at(to, id)->qty_scale == ins->qty_scale;
        tail->id[i] = is_taken ? id : QT_NO_INSTRUMENT;
    }
    return tail->id != NULL;
}

struct qt_market_tail *
qt_market_tail_open(const struct qt_market_place *place, const struct qt_kept_market *state,
                    struct qt_error *err)
{
    if (!state->session[0])
        return NULL;
    struct qt_market_tail *tail = calloc(1, sizeof *tail);
    if (!tail) {
        qt_fail(err, QT_E_MEMORY, "no memory for the journal's tail");
        return NULL;
    }
    tail->state = state;
    tail->reader = open_session(place, state, &tail->is_of_writer, err);
    if (tail->reader && map_ids(tail, place->universe))
        return tail;
    if (tail->reader)
        qt_fail(err, QT_E_MEMORY, "no memory for the journal's tail");
    qt_market_tail_close(tail);
    return NULL;
}

/* Is it a bar that the state does not have? */
static bool
is_wanted(const struct qt_market_tail *tail, const struct qt_event *event)
{
    if (event->kind != QT_EVENT_BAR || event->instrument >= tail->ids ||
        tail->id[event->instrument] == QT_NO_INSTRUMENT)
        return false;
    return !tail->is_of_writer ||
           event->seq > tail->state->symbol[tail->id[event->instrument]]->seq;
}

bool
qt_market_tail_next(struct qt_market_tail *tail, struct qt_event *out, struct qt_error *err)
{
    const struct qt_event *event = NULL;
    const struct qt_decision *decision = NULL;
    for (;;) {
        switch (qt_journal_next(tail->reader, &event, &decision, err)) {
        case QT_JOURNAL_DECISION:
            continue;
        case QT_JOURNAL_EVENT:
            if (!is_wanted(tail, event))
                continue;
            *out = *event;
            out->instrument = tail->id[event->instrument];
            out->flags = QT_EVENT_HISTORY;
            return true;
        case QT_JOURNAL_END:
        case QT_JOURNAL_FAILED:
            return false;
        }
    }
}

void
qt_market_tail_close(struct qt_market_tail *tail)
{
    if (!tail)
        return;
    if (tail->reader)
        qt_journal_reader_close(tail->reader);
    free(tail->id);
    free(tail);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pipeline of one cycle over measured rows. Every step is a function of the rows, the states
 * and the regime's memory; sorts are total orders, so the result does not depend on the order in
 * which shards measured.
 */
#include "qtrade/scan/scan.h"

#include "qtrade/base/error.h"
#include "qtrade/scan/score.h"

size_t
qt_scan_scratch_bytes(size_t capacity)
{
    return capacity * (sizeof(struct qt_scan_key) + sizeof(double) + sizeof(uint32_t));
}

void
qt_scan_scratch_init(struct qt_scan_scratch *scratch, void *block, size_t capacity)
{
    scratch->capacity = capacity;
    scratch->keys = block;
    scratch->values = (double *)(void *)(scratch->keys + capacity);
    scratch->order = (uint32_t *)(void *)(scratch->values + capacity);
}

/* Does a stand behind b. */
static bool
is_behind(const struct qt_scan_key *a, const struct qt_scan_key *b)
{
    if (a->value < b->value || a->value > b->value)
        return a->value < b->value;
    return a->instrument > b->instrument;
}

/* Lets keys[at] sink in the heap of n whose root is the last in order. */
static void
sink(struct qt_scan_key *keys, size_t at, size_t n)
{
    struct qt_scan_key key = keys[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_behind(&keys[child + 1], &keys[child]))
            child++;
        if (!is_behind(&keys[child], &key))
            break;
        keys[at] = keys[child];
    }
    keys[at] = key;
}

void
qt_scan_keys_sort(struct qt_scan_key *keys, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sink(keys, i, n);
    for (size_t end = n; end-- > 1;) {
        struct qt_scan_key last = keys[0];
        keys[0] = keys[end];
        keys[end] = last;
        sink(keys, 0, end);
    }
}

/* Does the symbol count in the ranking by volume: everything of the kind that is looked at. */
static bool
has_volume_rank(const struct qt_scan_row *row)
{
    return row->reason == QT_SCAN_OK || row->reason > QT_SCAN_LEVERAGED;
}

static void
exclude_microcaps(const struct qt_scan_config *config, struct qt_scan_row *rows, size_t n,
                  struct qt_scan_key *keys)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        rows[i].volume_rank = 0;
        if (has_volume_rank(&rows[i]))
            keys[m++] =
                (struct qt_scan_key){rows[i].in.quote_volume_24h, rows[i].instrument, (uint32_t)i};
    }
    qt_scan_keys_sort(keys, m);
    for (size_t k = 0; k < m; k++) {
        struct qt_scan_row *row = &rows[keys[k].index];
        row->volume_rank = (uint32_t)k + 1;
        if (row->reason == QT_SCAN_OK && (int64_t)row->volume_rank > config->max_volume_rank) {
            row->reason = QT_SCAN_MICROCAP;
            row->value = row->volume_rank;
            row->limit = (double)config->max_volume_rank;
        }
    }
}

/* Scores the eligible rows and puts them in order. Returns how many there are. */
static uint32_t
order_rows(const struct qt_scan_weights *weights, struct qt_scan_row *rows, size_t n,
           struct qt_scan_scratch *scratch)
{
    uint32_t m = 0;
    for (size_t i = 0; i < n; i++) {
        struct qt_scan_row *row = &rows[i];
        row->raw_score = row->has_inputs ? qt_score_total(weights, row) : 0;
        row->score = row->raw_score * row->decay;
        row->rank = 0;
        row->fate = QT_SCAN_NOT_RANKED;
        if (row->reason == QT_SCAN_OK)
            scratch->keys[m++] = (struct qt_scan_key){row->score, row->instrument, (uint32_t)i};
    }
    qt_scan_keys_sort(scratch->keys, m);
    for (uint32_t k = 0; k < m; k++) {
        scratch->order[k] = scratch->keys[k].index;
        rows[scratch->order[k]].rank = k + 1;
    }
    return m;
}

void
qt_scan_rank(const struct qt_scan_config *config, struct qt_scan_row *rows,
             const struct qt_scan_symbol *const *symbols, size_t n, uint32_t reference,
             int64_t now_ns, struct qt_regime_state *regime, struct qt_scan_scratch *scratch,
             struct qt_scan_result *out)
{
    qt_assert(n <= scratch->capacity);
    exclude_microcaps(config, rows, n, scratch->keys);
    struct qt_regime_evidence evidence;
    qt_regime_observe(config, rows, n, reference, scratch->values, &evidence);
    qt_regime_update(regime, config, &evidence, now_ns);
    *out = (struct qt_scan_result){
        .now_ns = now_ns,
        .symbols = (uint32_t)n,
        .regime = regime->now,
        .weights = qt_score_weights(config, &regime->now),
    };
    for (size_t i = 0; i < n; i++)
        out->excluded[rows[i].reason] += rows[i].reason != QT_SCAN_OK;
    out->eligible = order_rows(&out->weights, rows, n, scratch);
    out->selected_count =
        qt_select_top(config, rows, symbols, scratch->order, out->eligible, out->selected);
}

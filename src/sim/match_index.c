/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The orders at rest by their id: open addressing, two bytes a place. A whole exchange has a table
 * for each of its symbols, almost all of them empty, so that it must be small.
 */
#include <stdlib.h>

#include "match_priv.h"

static size_t
home(const struct qt_match *match, uint64_t id)
{
    return (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & match->by_id_mask;
}

static uint64_t
id_at(const struct qt_match *match, size_t place)
{
    return match->slots[match->by_id[place] - 1].order.id;
}

/* The place of id, or the free one where it would stand. */
static size_t
place_of(const struct qt_match *match, uint64_t id)
{
    size_t place = home(match, id);
    while (match->by_id[place] != 0 && id_at(match, place) != id)
        place = (place + 1) & match->by_id_mask;
    return place;
}

bool
qt__match_index_init(struct qt_match *match)
{
    size_t places = 4;
    while (places < 2 * match->max_orders)
        places *= 2;
    match->by_id = calloc(places, sizeof *match->by_id);
    match->by_id_mask = places - 1;
    return match->by_id != NULL;
}

void
qt__match_index_add(struct qt_match *match, uint32_t slot)
{
    match->by_id[place_of(match, match->slots[slot].order.id)] = (uint16_t)(slot + 1);
}

/* What was pushed on past the hole moves back into it. */
void
qt__match_index_remove(struct qt_match *match, uint32_t slot)
{
    size_t mask = match->by_id_mask, hole = place_of(match, match->slots[slot].order.id);
    for (size_t i = (hole + 1) & mask; match->by_id[i] != 0; i = (i + 1) & mask) {
        if (((i - home(match, id_at(match, i))) & mask) < ((i - hole) & mask))
            continue;
        match->by_id[hole] = match->by_id[i];
        hole = i;
    }
    match->by_id[hole] = 0;
}

bool
qt__match_index_find(const struct qt_match *match, uint64_t id, uint32_t *out_slot)
{
    size_t place = place_of(match, id);
    if (match->by_id[place] == 0)
        return false;
    *out_slot = match->by_id[place] - 1u;
    return true;
}

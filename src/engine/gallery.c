/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "gallery_priv.h"

bool
qt__gallery_init(struct qt_gallery *gallery)
{
    atomic_init(&gallery->latest, -1);
    for (int i = 0; i < QT_GALLERY_SIZE; i++) {
        atomic_init(&gallery->readers[i], 0);
        gallery->picture[i] = calloc(1, sizeof *gallery->picture[i]);
        if (!gallery->picture[i])
            return false;
    }
    return true;
}

void
qt__gallery_finish(struct qt_gallery *gallery)
{
    for (int i = 0; i < QT_GALLERY_SIZE; i++)
        free(gallery->picture[i]);
}

struct qt_snapshot *
qt__gallery_begin(struct qt_gallery *gallery, int *out_slot)
{
    int latest = atomic_load(&gallery->latest);
    for (int i = 0; i < QT_GALLERY_SIZE; i++) {
        if (i == latest || atomic_load(&gallery->readers[i]) != 0)
            continue;
        *out_slot = i;
        return gallery->picture[i];
    }
    return NULL;
}

void
qt__gallery_publish(struct qt_gallery *gallery, int slot)
{
    gallery->picture[slot]->number = ++gallery->number;
    atomic_store(&gallery->latest, slot);
}

const struct qt_snapshot *
qt__gallery_take(struct qt_gallery *gallery)
{
    for (;;) {
        int slot = atomic_load(&gallery->latest);
        if (slot < 0)
            return NULL;
        atomic_fetch_add(&gallery->readers[slot], 1);
        if (atomic_load(&gallery->latest) == slot)
            return gallery->picture[slot];
        atomic_fetch_sub(&gallery->readers[slot], 1);
    }
}

void
qt__gallery_give(struct qt_gallery *gallery, const struct qt_snapshot *picture)
{
    for (int i = 0; picture && i < QT_GALLERY_SIZE; i++)
        if (gallery->picture[i] == picture) {
            atomic_fetch_sub(&gallery->readers[i], 1);
            return;
        }
}

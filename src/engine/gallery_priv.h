/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where published pictures hang: a few buffers, each with a count of readers. The writer fills a
 * buffer that nobody holds and makes it the latest; a reader takes the latest and gives it back.
 * Nobody waits.
 *
 * G1: a buffer is written only while it is not the latest and has no reader.
 * G2: a reader that counted itself in re-checks that the buffer is still the latest; if not, it
 * counts itself out without having looked. Both use sequentially consistent operations, so one of
 * the two sees the other.
 */
#ifndef QTRADE_ENGINE_GALLERY_PRIV_H
#define QTRADE_ENGINE_GALLERY_PRIV_H

#include <stdatomic.h>
#include <stddef.h>

#include "qtrade/engine/snapshot.h"

#define QT_GALLERY_SIZE 8

struct qt_gallery {
    struct qt_snapshot *picture[QT_GALLERY_SIZE];
    atomic_int readers[QT_GALLERY_SIZE];
    atomic_int latest; /* -1: none yet */
    uint64_t number;   /* of the last published; writer only */
};

QT_CHECKED bool qt__gallery_init(struct qt_gallery *gallery); /* false: no memory */
void qt__gallery_finish(struct qt_gallery *gallery);
/** A buffer to fill, its old content in it; NULL when readers hold all others (skip this picture).
 * Writer only. */
struct qt_snapshot *qt__gallery_begin(struct qt_gallery *gallery, int *out_slot);
void qt__gallery_publish(struct qt_gallery *gallery, int slot); /* writer only */
const struct qt_snapshot *
qt__gallery_take(struct qt_gallery *gallery); /* any thread; NULL: none yet */
void qt__gallery_give(struct qt_gallery *gallery, const struct qt_snapshot *picture);

#endif

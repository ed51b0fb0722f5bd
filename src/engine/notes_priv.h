/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last notes for the screen: what happened, newest last, overwritten when the ring is full.
 * Engine thread.
 */
#ifndef QTRADE_ENGINE_NOTES_PRIV_H
#define QTRADE_ENGINE_NOTES_PRIV_H

#include "qtrade/engine/snapshot.h"

struct qt_notes {
    struct qt_note_view row[QT_VIEW_ROWS];
    uint64_t n; /* all ever added */
};

/** Copies note in; its text is cleaned of control bytes. */
void qt__notes_add(struct qt_notes *notes, const struct qt_note_view *note);
/** Copies the notes into out (QT_VIEW_ROWS rows), newest first; returns how many. */
uint32_t qt__notes_copy(const struct qt_notes *notes, struct qt_note_view *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/base/text.h"

#include "notes_priv.h"

void
qt__notes_add(struct qt_notes *notes, const struct qt_note_view *note)
{
    struct qt_note_view *row = &notes->row[notes->n++ % QT_VIEW_ROWS];
    *row = *note;
    qt_text_clean(row->text);
}

uint32_t
qt__notes_copy(const struct qt_notes *notes, struct qt_note_view *out)
{
    uint64_t n = QT_MIN(notes->n, (uint64_t)QT_VIEW_ROWS);
    for (uint64_t i = 0; i < n; i++)
        out[i] = notes->row[(notes->n - 1 - i) % QT_VIEW_ROWS];
    return (uint32_t)n;
}

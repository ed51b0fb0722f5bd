/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reading_priv.h"

#include <inttypes.h>
#include <stdio.h>

void
qt__reading_show(void *context, size_t done, size_t of)
{
    fprintf(stderr, "\rreading %s: %zu of %zu files%s", (const char *)context, done, of,
            done == of ? "\n" : "");
}

void
qt__reading_tell_skipped(const struct qt_reader_report *report)
{
    if (report->skipped == 0)
        return;
    fprintf(stderr, "qtrade: %" PRIu64 " of %" PRIu64 " rows were skipped:\n", report->skipped,
            report->rows);
    for (size_t i = 0; i < report->notes; i++)
        fprintf(stderr, "qtrade:   %s\n", report->note[i]);
}

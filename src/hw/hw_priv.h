/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs and lamps, as the switch's thread sees them. One thread owns both. */
#ifndef QTRADE_HW_HW_PRIV_H
#define QTRADE_HW_HW_PRIV_H

#include "qtrade/hw/kill_switch.h"

#include "line_priv.h"

/** A line that trips: had or looked for, held or closed. */
struct qt__input {
    struct qt__wish wish;
    int open_level; /* at which the loop is open */
    int64_t release_ns;
    struct qt__line *line;   /* NULL: not had */
    int64_t retry_ns;        /* monotonic: not looked for before */
    int64_t closed_since_ns; /* without an edge; QT_TIME_NONE: open */
    bool was_had;            /* at some time: it was unplugged, not missing */
    struct qt_switch_input_view view;
};

/** What one look has found. */
struct qt__news {
    bool tripped;    /* held now, and was not before */
    bool released;   /* closed for long enough, and was held */
    bool changed;    /* the cause is another one */
    int64_t edge_ns; /* tripped: of the first edge, monotonic; QT_TIME_NONE: none was seen */
};

/** line "": there is none. Texts are borrowed. */
void qt__input_init(struct qt__input *input, const char *chip, const char *line,
                    const char *consumer, const char *edge, const char *bias, int64_t release_ns);
/** Has the line if it can be had, takes the queued edges, then reads the level (W2). */
struct qt__news qt__input_look(struct qt__input *input, int64_t now_ns);
void qt__input_close(struct qt__input *input);

struct qt__lamps {
    struct {
        struct qt__wish wish;
        struct qt__line *line; /* NULL: not had */
        bool is_configured, is_on;
        bool is_told; /* that it fails, until it was driven again */
        char detail[QT__WHY];
    } lamp[QT_LAMPS];
    int64_t retry_ns;
};

void qt__lamps_init(struct qt__lamps *lamps, const struct qt_switch_config *config);
/** Drives the lamps by bits (1 << enum qt_lamp). True: one has failed, and had not before. */
bool qt__lamps_show(struct qt__lamps *lamps, unsigned bits, int64_t now_ns);
void qt__lamps_close(struct qt__lamps *lamps);
/** The bits for what is told, at a time: lamps blink twice a second. */
unsigned qt__lamps_of(const struct qt_switch_lamps *told, int64_t now_ns);

#endif

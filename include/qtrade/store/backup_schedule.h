/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Backups of a store by the clock, while it is traded on: a thread of its own, with the least claim
 * to processor and disk, reads the store beside the one that writes and never waits for it.
 *
 *     FOLDER/store-1a2b3c4d-20261121T140000Z.backup      the first 8 digits of the store's id, UTC
 *
 * Afterwards the oldest go that no rule keeps; only files of this store with such names are ever
 * touched. A backup that fails is told and tried again; the store and what is kept stay as they
 * are.
 */
#ifndef QTRADE_STORE_BACKUP_SCHEDULE_H
#define QTRADE_STORE_BACKUP_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/engine/board.h"
#include "qtrade/store/key.h"
#include "qtrade/store/store.h"

/** The config's section "backup". */
struct qt_backup_config {
    bool enabled;
    char folder[256]; /* "": none */
    int64_t every_min;
    int64_t keep_hourly, keep_daily, keep_weekly, keep_monthly; /* 0: that rule keeps none */
};
extern const struct qt_config_section qt_backup_section;

/**
 * Which backups stay: the newest; and for each rule, of the newest so many hours (days, weeks from
 * Monday, months; UTC) in which there are any, the last one of each.
 *
 * times_ns   n times, oldest first, UTC      out_stays   n answers
 *
 * Asked after each backup, and what does not stay removed, it comes to the same as asked once of
 * all that were ever made. Any thread. Pure.
 */
void qt_backup_retain(const struct qt_backup_config *config, const int64_t *times_ns, size_t n,
                      bool *out_stays);

struct qt_backup_schedule;

struct qt_backup_schedule_options {
    const char *state;                     /* folder of the store */
    const struct qt_store_key *key;        /* copied */
    struct qt_store *store; /* asked for its keys before each backup, borrowed; NULL: key stays */
    const struct qt_backup_config *config; /* copied; folder is made where it is not there */
    struct qt_part *part;                  /* its place on the board; NULL: nobody looks */
    /** What happened, on the schedule's thread; NULL: nobody asks. */
    void (*tell)(void *self, bool is_good, const char *text);
    void *self;
};

/** Begins; the first backup is made when the newest in the folder is older than every_min, or at
 * once. Borrows nothing. NULL: err. */
struct qt_backup_schedule *
qt_backup_schedule_start(const struct qt_backup_schedule_options *options, struct qt_error *err);
/** Gives up a backup that is being made, and ends. NULL is fine. */
void qt_backup_schedule_stop(struct qt_backup_schedule *schedule);

#endif

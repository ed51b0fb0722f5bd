/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What 'qtrade doctor' looks at: one row a check. Each looks and changes nothing; none needs
 * another one to be good.
 *
 * How to add a check: its function in one of the doctor_*.c files, a line in cmd_doctor.c.
 */
#ifndef QTRADE_CLI_DOCTOR_PRIV_H
#define QTRADE_CLI_DOCTOR_PRIV_H

#include "settings_priv.h"
#include "state_dir_priv.h"

enum qt__verdict {
    QT__GOOD,
    QT__WARNING, /* it runs, but not as well or as safely as it could */
    QT__BAD,     /* it would not start, or not do its work */
    QT__VERDICTS
};

struct qt__finding {
    enum qt__verdict verdict;
    char detail[256], advice[200]; /* what is so; what to do, "": nothing */
};

/** What the checks may look at. */
struct qt__patient {
    const struct qt_args *args;
    struct qt_settings settings; /* the defaults where the config is bad */
    bool has_settings;
    struct qt_error why; /* what is wrong with the config, where it has none */
    char folder[QT_STATE_DIR];
};

typedef void (*qt__look)(const struct qt__patient *patient, struct qt__finding *out);

/* The machine (doctor_machine.c) */
void qt__look_at_terminal(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_locale(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_clock(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_descriptors(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_locked_memory(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_memory(const struct qt__patient *patient, struct qt__finding *out);

/* What is ours on it (doctor_state.c) */
void qt__look_at_config(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_folder(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_disk(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_key(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_credentials(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_engine(const struct qt__patient *patient, struct qt__finding *out);

/* The walls around a session (doctor_sandbox.c) */
void qt__look_at_landlock(const struct qt__patient *patient, struct qt__finding *out);
void qt__look_at_seccomp(const struct qt__patient *patient, struct qt__finding *out);

/* The kill switch (doctor_switch.c) */
void qt__look_at_switch(const struct qt__patient *patient, struct qt__finding *out);

/** Fills a finding; advice may be NULL, format is of the detail. */
void qt__find(struct qt__finding *out, enum qt__verdict verdict, const char *advice,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif

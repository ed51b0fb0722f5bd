/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this process takes away from itself, so that a hole in it is worth less:
 *
 *     limits     no core file, no debugger of the same user (dumpable off), no new privileges, a
 * sane number of descriptors landlock   writes only below the state folder and what the config
 * names; entered before the first thread, as the kernel binds it to a thread and its children
 *     seccomp    system calls only of a list (sandbox_seccomp.c); entered once all is open, for all
 *                threads at once
 *
 * What the kernel or the build does not have is said in the log and the status, and never an error.
 * Nothing here is undone: threads started later have it too, and the audit's hook, which is the only
 * program that may be started, where the config names one.
 */
#ifndef QTRADE_CLI_SANDBOX_PRIV_H
#define QTRADE_CLI_SANDBOX_PRIV_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/base/log.h"

struct qt__sandbox_config {
    bool enabled;
    char
        refused[8]; /* "errno": a call that is not on the list fails; "kill": it ends the process */
    char writable[512]; /* more folders that may be written, with ':' between them */
};

extern const struct qt_config_section qt__sandbox_section;

/** What is in force. */
struct qt__sandbox {
    bool is_on;
    bool has_limits, has_landlock, has_seccomp;
    int landlock_abi;  /* of the kernel; 0: it has none */
    char landlock[96]; /* why not, "" with has_landlock */
    char seccomp[96];  /* why not, or what a refused call meets */
    unsigned long descriptors;
    atomic_bool
        is_sealed; /* has_seccomp and seccomp are final: release in seal, acquire in document */
};

/**
 * Limits and landlock. Before the first thread that writes.
 *
 * folders      n that may be written below; NULL entries are skipped; they must exist
 * removable    the folder whose parent may lose it (a throw-away state folder); NULL: none
 *
 * False: a folder of sandbox.writable cannot be opened (QT_E_CONFIG).
 */
QT_CHECKED bool qt__sandbox_begin(struct qt__sandbox *box, const struct qt__sandbox_config *config,
                                  const char *const *folders, unsigned n, const char *removable,
                                  struct qt_error *err);
/** The list of system calls, for all threads. Once everything is open. may_spawn: the config names a
 * program that is started; it inherits the list, and landlock. */
void qt__sandbox_seal(struct qt__sandbox *box, const struct qt__sandbox_config *config,
                      bool may_spawn, struct qt_log *log);
/** {"enabled", "limits", "landlock", "seccomp", ...}: a new reference. Any thread. */
json_t *qt__sandbox_document(const struct qt__sandbox *box);

/** The version of landlock that the kernel offers; 0: none, and why (96 bytes) says so. Changes
 * nothing. */
int qt__landlock_version(char why[96]);
/** Whether kernel and build can enter a list of system calls; why (96 bytes) says why not. Changes
 * nothing. */
bool qt__seccomp_is_there(char why[96]);

/* sandbox_seccomp.c or sandbox_seccomp_none.c. may_spawn: programs may be started. True: in force; why
 * (96 bytes) says what a refused call meets, or why it is not. */
bool qt__seccomp_enter(const struct qt__sandbox_config *config, bool may_spawn, char why[96]);

#endif

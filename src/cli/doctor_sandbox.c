/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's look at the walls that a session builds around itself: what this kernel, this build
 * and the config leave of them. */
#include "doctor_priv.h"
#include "sandbox_priv.h"

static const char off[] =
    "a hole in this program would be one in the account: enable it, unless you search for a fault";

void
qt__look_at_landlock(const struct qt__patient *patient, struct qt__finding *out)
{
    char why[96];
    int abi = qt__landlock_version(why);
    if (!patient->settings.sandbox.enabled)
        qt__find(out, QT__WARNING, off, "sandbox.enabled is false");
    else if (abi > 0)
        qt__find(out, QT__GOOD, NULL, "version %d: a session writes only below its state folder",
                 abi);
    else
        qt__find(
            out, QT__WARNING,
            "boot with landlock among the kernel's lsm=, or let data/qtrade.service wall it in",
            "%s: what a session may write is up to its user's rights", why);
}

void
qt__look_at_seccomp(const struct qt__patient *patient, struct qt__finding *out)
{
    char why[96];
    if (!patient->settings.sandbox.enabled)
        qt__find(out, QT__WARNING, off, "sandbox.enabled is false");
    else if (qt__seccomp_is_there(why))
        qt__find(out, QT__GOOD, NULL, "a session makes only the system calls of its list");
    else
        qt__find(out, QT__WARNING,
                 "use a build for x86-64 or aarch64 on a kernel with seccomp filters",
                 "%s: a session may make any system call", why);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "qtrade/base/text.h"

/* Landlock's numbers, the same on every architecture; older headers lack some (kernel's
 * Documentation/userspace-api/landlock.rst). */
enum {
    CREATE_RULESET = 444,
    ADD_RULE = 445,
    RESTRICT_SELF = 446,
    ASK_VERSION = 1,
    RULE_PATH_BENEATH = 1
};

enum {
    WRITE_FILE = 1 << 1,
    REMOVE_DIR = 1 << 4,
    CHANGE_ENTRIES = 0x1ff << 5, /* remove and make of files, folders, sockets, pipes, links */
    NOT_MADE = 1 << 6 | 1 << 11 | 1 << 12, /* devices and symbolic links */
    REFER = 1 << 13,                       /* ABI 2: rename between folders */
    TRUNCATE = 1 << 14                     /* ABI 3 */
};
_Static_assert((CHANGE_ENTRIES & (1 << 13)) != 0, "the nine bits end with refer");

struct ruleset {
    uint64_t fs; /* rights that need a rule */
};

struct __attribute__((packed)) beneath {
    uint64_t allowed;
    int32_t folder;
};

#define AT(field) offsetof(struct qt__sandbox_config, field)

static const struct qt_config_key keys[] = {
    {.key = "enabled",
     .type = QT_CONFIG_BOOL,
     .offset = AT(enabled),
     .def = 1,
     .help = "writes only where the state is, and system calls only of a list"},
    {.key = "refused",
     .type = QT_CONFIG_TEXT,
     .offset = AT(refused),
     .max = sizeof((struct qt__sandbox_config *)0)->refused,
     .text = "errno",
     .choices = "errno|kill",
     .help =
         "what a system call meets that is not on the list: errno (it fails, and the engine goes "
         "on protecting positions) or kill (the process ends)"},
    {.key = "writable",
     .type = QT_CONFIG_TEXT,
     .offset = AT(writable),
     .max = sizeof((struct qt__sandbox_config *)0)->writable,
     .text = "",
     .help = "more folders that may be written, with : between them; the state folder and the "
             "journal always are"},
    {0}};

const struct qt_config_section qt__sandbox_section = {
    .name = "sandbox",
    .help = "what the process takes away from itself once it runs",
    .size = sizeof(struct qt__sandbox_config),
    .keys = keys,
};

/* Limits */

enum { DESCRIPTORS = 4096 };

/* No key in a core file, none for a debugger; descriptors enough for every connection, and not so
 * many that a leak takes the machine. */
static bool
limit(struct qt__sandbox *box)
{
    const struct rlimit none = {0, 0};
    struct rlimit files = {0};
    bool is_good = setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                   prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = QT_MIN(files.rlim_max, (rlim_t)DESCRIPTORS);
        is_good = setrlimit(RLIMIT_NOFILE, &files) == 0 && is_good;
        box->descriptors = (unsigned long)files.rlim_cur;
    }
    return is_good;
}

/* Landlock */

static uint64_t
rights_of(int abi)
{
    uint64_t rights = WRITE_FILE | REMOVE_DIR | CHANGE_ENTRIES | NOT_MADE;
    return (rights & ~(uint64_t)(abi < 2 ? REFER : 0)) | (abi >= 3 ? TRUNCATE : 0);
}

static bool
allow(int ruleset, const char *path, uint64_t rights)
{
    struct beneath rule = {.allowed = rights,
                           .folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (rule.folder < 0)
        return false;
    bool is_good = syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
    close(rule.folder);
    return is_good;
}

/* The folders of a list with ':' between them. */
static bool
allow_list(int ruleset, const char *list, uint64_t rights, struct qt_error *err)
{
    char path[512];
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ":");
        if (n > 0 && (!qt_copy_n(path, sizeof path, p, n) || !allow(ruleset, path, rights))) {
            qt_fail_errno(err, QT_E_CONFIG, "sandbox.writable: %.300s", path);
            err->code = QT_E_CONFIG;
            return false;
        }
        p += n + (p[n] == ':');
    }
    return true;
}

/* A folder can be removed by whom its parent allows to remove folders; it must be empty. */
static bool
allow_removal(int ruleset, const char *folder)
{
    char path[512];
    return qt_copy(path, sizeof path, folder) && allow(ruleset, dirname(path), REMOVE_DIR);
}

static bool
enter_landlock(struct qt__sandbox *box, const struct qt__sandbox_config *config,
               const char *const *folders, unsigned n, const char *removable, struct qt_error *err)
{
    uint64_t rights = rights_of(box->landlock_abi);
    const struct ruleset handled = {rights};
    uint64_t allowed = rights & ~(uint64_t)NOT_MADE;
    int ruleset = (int)syscall(CREATE_RULESET, &handled, sizeof handled, 0);
    bool is_good = ruleset >= 0 && allow(ruleset, "/dev", WRITE_FILE | (rights & TRUNCATE));
    for (unsigned i = 0; is_good && i < n; i++)
        is_good = !folders[i] || allow(ruleset, folders[i], allowed);
    is_good = is_good && (!removable || allow_removal(ruleset, removable));
    bool is_known = !is_good || allow_list(ruleset, config->writable, allowed, err);
    if (is_good && is_known)
        box->has_landlock = syscall(RESTRICT_SELF, ruleset, 0) == 0;
    if (!box->has_landlock)
        snprintf(box->landlock, sizeof box->landlock, "%.90s", strerror(errno));
    if (ruleset >= 0)
        close(ruleset);
    return is_known;
}

int
qt__landlock_version(char why[96])
{
    long abi = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
    why[0] = '\0';
    if (abi <= 0)
        snprintf(why, 96, "this kernel has none: %.60s", strerror(errno));
    return (int)QT_MAX(abi, 0L);
}

bool
qt__sandbox_begin(struct qt__sandbox *box, const struct qt__sandbox_config *config,
                  const char *const *folders, unsigned n, const char *removable,
                  struct qt_error *err)
{
    *box = (struct qt__sandbox){.is_on = config->enabled};
    if (!config->enabled) {
        qt_copy(box->landlock, sizeof box->landlock, "sandbox.enabled is false");
        qt_copy(box->seccomp, sizeof box->seccomp, "sandbox.enabled is false");
        atomic_store(&box->is_sealed, true);
        return true;
    }
    box->has_limits = limit(box);
    box->landlock_abi = qt__landlock_version(box->landlock);
    return box->landlock_abi == 0 || enter_landlock(box, config, folders, n, removable, err);
}

void
qt__sandbox_seal(struct qt__sandbox *box, const struct qt__sandbox_config *config, bool may_spawn,
                 struct qt_log *log)
{
    if (!box->is_on) {
        qt_log_event(
            log, QT_LOG_ERROR, "sandbox.off",
            "why=\"sandbox.enabled is false: a hole in this program is one in the account\"");
        return;
    }
    box->has_seccomp = qt__seccomp_enter(config, may_spawn, box->seccomp);
    atomic_store_explicit(&box->is_sealed, true, memory_order_release);
    bool is_whole = box->has_limits && box->has_landlock && box->has_seccomp;
    qt_log_event(log, is_whole ? QT_LOG_INFO : QT_LOG_WARN, "sandbox.entered",
                 "limits=%d landlock=%d landlock_abi=%d without=%s seccomp=%d refused=%s",
                 box->has_limits, box->has_landlock, box->landlock_abi, box->landlock,
                 box->has_seccomp, box->seccomp);
}

json_t *
qt__sandbox_document(const struct qt__sandbox *box)
{
    bool is_sealed = atomic_load_explicit(&box->is_sealed, memory_order_acquire);
    return json_pack("{s:b,s:b,s:b,s:i,s:s,s:b,s:s,s:I}", "enabled", box->is_on, "limits",
                     box->has_limits, "landlock", box->has_landlock, "landlock_abi",
                     box->landlock_abi, "landlock_detail", box->landlock, "seccomp",
                     is_sealed && box->has_seccomp, "seccomp_detail",
                     is_sealed ? box->seccomp : "not yet: something still opens", "descriptors",
                     (json_int_t)box->descriptors);
}

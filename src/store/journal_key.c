/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/store/journal.h"

/* A plain file of ours that nobody else may read (fault K5). */
static bool
check_file(int file, const char *path, struct qt_error *err)
{
    struct stat st;
    if (fstat(file, &st) != 0)
        return qt_fail_errno(err, QT_E_LOCKED, "%s", path);
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
        return qt_fail(err, QT_E_LOCKED,
                       "%s: a key must be a file that only its owner can read (chmod 600)", path);
    if (st.st_size != sizeof(struct qt_journal_key))
        return qt_fail(err, QT_E_LOCKED, "%s: a key has %zu bytes, this file has %lld", path,
                       sizeof(struct qt_journal_key), (long long)st.st_size);
    return true;
}

static bool
make_file(const char *path, struct qt_error *err)
{
    struct qt_journal_key key;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST || qt_fail_errno(err, QT_E_IO, "%s: making the journal's key", path);
    randombytes_buf(&key, sizeof key);
    bool is_good = write(file, &key, sizeof key) == (ssize_t)sizeof key && fsync(file) == 0;
    int why = errno;
    qt_journal_key_wipe(&key);
    close(file);
    if (is_good)
        return true;
    errno = why;
    qt_fail_errno(err, QT_E_IO, "%s: writing the journal's key", path);
    unlink(path);
    return false;
}

bool
qt_journal_key_load(const char *path, bool makes, struct qt_journal_key *out, struct qt_error *err)
{
    if (sodium_init() < 0)
        return qt_fail(err, QT_E_FAILED, "libsodium cannot be used on this machine");
    if (makes && !make_file(path, err))
        return false;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return qt_fail_errno(err, QT_E_LOCKED, "%s: the journal's key", path);
    bool is_good = check_file(file, path, err) &&
                   (read(file, out, sizeof *out) == (ssize_t)sizeof *out ||
                    qt_fail_errno(err, QT_E_LOCKED, "%s: the journal's key", path));
    close(file);
    return is_good;
}

void
qt_journal_key_wipe(struct qt_journal_key *key)
{
    sodium_memzero(key, sizeof *key);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "intents_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/clock.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "key_priv.h"
#include "store_file_priv.h"

enum {
    FILE_BYTES = QT__INTENT_SLOTS * QT__INTENT_BYTES,
    AT_CLIENT = 8,
    AT_TIME = 16,
    AT_PX = 24,
    AT_STOP_PX = 32,
    AT_QTY = 40,
    AT_BYTES = 48, /* eight of them */
    AT_SYMBOL = 56,
    AT_SIDE = 88,
    AT_STOP = 96,
    AT_TRAIL = 104,
    AT_TARGET = 112,
    AT_SHARE = AT_TARGET + 8 * QT_TARGETS,
    AT_END = AT_SHARE + 4 * QT_TARGETS
};
_Static_assert((int)AT_END <= (int)QT__INTENT_PLAIN && QT_SYMBOL_SIZE == AT_SIDE - AT_SYMBOL,
               "fits");

static const int64_t SLOW_NS = 250 * QT_NS_PER_MS; /* as long as the engine waits for its journal */

static struct qt__place
place_of(unsigned slot)
{
    return (struct qt__place){.kind = QT__KIND_INTENT, .number = slot};
}

static void
pack(const struct qt__intent *from, unsigned char out[QT__INTENT_PLAIN])
{
    const struct qt_intent *intent = &from->intent;
    const struct qt_order_request *request = &intent->request;
    const uint8_t bytes[8] = {request->side,        request->type,   request->tif,
                              request->reduce_only, intent->purpose, intent->has_plan,
                              from->px_scale,       from->qty_scale};
    memset(out, 0, QT__INTENT_PLAIN);
    qt__put_le(out, from->number, 8);
    qt__put_le(out + AT_CLIENT, request->client_id, 8);
    qt__put_le(out + AT_TIME, (uint64_t)intent->t_ns, 8);
    qt__put_le(out + AT_PX, (uint64_t)request->px.v, 8);
    qt__put_le(out + AT_STOP_PX, (uint64_t)request->stop_px.v, 8);
    qt__put_le(out + AT_QTY, (uint64_t)request->qty.v, 8);
    memcpy(out + AT_BYTES, bytes, sizeof bytes);
    memcpy(out + AT_SYMBOL, from->symbol, sizeof from->symbol);
    qt__put_le(out + AT_SIDE, intent->plan.side, 8);
    qt__put_le(out + AT_STOP, (uint64_t)intent->plan.stop.v, 8);
    qt__put_le(out + AT_TRAIL, (uint64_t)intent->plan.trail.v, 8);
    for (int k = 0; k < QT_TARGETS; k++) {
        qt__put_le(out + AT_TARGET + 8 * k, (uint64_t)intent->plan.target[k].v, 8);
        qt__put_le(out + AT_SHARE + 4 * k, (uint32_t)intent->plan.target_bps[k], 4);
    }
}

static int64_t
whole_at(const unsigned char *plain, unsigned at)
{
    return (int64_t)qt__get_le(plain + at, 8);
}

static void
unpack(const unsigned char plain[QT__INTENT_PLAIN], struct qt__intent *out)
{
    struct qt_intent *intent = &out->intent;
    struct qt_order_request *request = &intent->request;
    const unsigned char *bytes = plain + AT_BYTES;
    *out = (struct qt__intent){.number = qt__get_le(plain, 8)};
    request->client_id = qt__get_le(plain + AT_CLIENT, 8);
    intent->t_ns = whole_at(plain, AT_TIME);
    request->px = (qt_px){whole_at(plain, AT_PX)};
    request->stop_px = (qt_px){whole_at(plain, AT_STOP_PX)};
    request->qty = (qt_qty){whole_at(plain, AT_QTY)};
    request->side = bytes[0];
    request->type = bytes[1];
    request->tif = bytes[2];
    request->reduce_only = bytes[3];
    intent->purpose = bytes[4];
    intent->has_plan = bytes[5];
    out->px_scale = bytes[6];
    out->qty_scale = bytes[7];
    memcpy(out->symbol, plain + AT_SYMBOL, sizeof out->symbol);
    out->symbol[sizeof out->symbol - 1] = '\0';
    intent->plan = (struct qt_entry_plan){.client_id = request->client_id,
                                          .side = plain[AT_SIDE],
                                          .stop = {whole_at(plain, AT_STOP)},
                                          .trail = {whole_at(plain, AT_TRAIL)}};
    for (int k = 0; k < QT_TARGETS; k++) {
        intent->plan.target[k] = (qt_px){whole_at(plain, AT_TARGET + 8 * (unsigned)k)};
        intent->plan.target_bps[k] = (int32_t)qt__get_le(plain + AT_SHARE + 4 * k, 4);
    }
}

bool
qt__intent_read(struct qt__cipher *cipher, const unsigned char *image, unsigned slot,
                struct qt__intent *out, bool *out_empty)
{
    const unsigned char *sealed = image + (size_t)slot * QT__INTENT_BYTES;
    const struct qt__place place = place_of(slot);
    unsigned char plain[QT__INTENT_PLAIN];
    *out_empty = sodium_is_zero(sealed, QT__INTENT_BYTES) == 1;
    if (*out_empty || !qt__unseal(cipher, &place, sealed, QT__INTENT_PLAIN, plain))
        return false;
    unpack(plain, out);
    return out->number % QT__INTENT_SLOTS == slot;
}

/* The file */

static struct qt__cipher *
cipher_of(const struct qt_store_key *key)
{
    unsigned char derived[QT__KEY_BYTES];
    qt__store_key_intents(key, derived);
    struct qt__cipher *cipher = qt__cipher_create(derived, key->id);
    sodium_memzero(derived, sizeof derived);
    return cipher;
}

static bool
write_all(int file, const unsigned char *bytes, size_t n, off_t at)
{
    while (n > 0) {
        ssize_t put = pwrite(file, bytes, n, at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return false;
        }
        bytes += put;
        n -= (size_t)put;
        at += put;
    }
    return true;
}

/* What is there; what is missing at its end stays zeros. */
static bool
read_all(int file, unsigned char *out)
{
    size_t done = 0;
    while (done < FILE_BYTES) {
        ssize_t got = pread(file, out + done, FILE_BYTES - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        done += (size_t)got;
    }
    return true;
}

static bool
open_file(const char *path, int flags, int *out, struct qt_error *err)
{
    struct stat st;
    *out = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (*out < 0 && errno == ELOOP)
        return qt_fail(err, QT_E_LOCKED, "%s: is a link: it is not followed", path);
    if (*out < 0)
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    bool is_ours = fstat(*out, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
                   !(st.st_mode & 077);
    return is_ours || qt_fail(err, QT_E_LOCKED,
                              "%s: must be a file that only its owner can read (chmod 600)", path);
}

static void
close_file(int file)
{
    if (file >= 0)
        close(file);
}

/* Everything that a slot needs is taken now: a full disk refuses no intent. Damaged slots stay as
 * they are until they are used again. */
static bool
prepare(struct qt__intents *intents, const char *folder, struct qt_error *err)
{
    struct stat st;
    bool is_whole = fstat(intents->file, &st) == 0 && st.st_size == FILE_BYTES;
    if (is_whole || (write_all(intents->file, intents->image, FILE_BYTES, 0) &&
                     ftruncate(intents->file, FILE_BYTES) == 0 && fdatasync(intents->file) == 0))
        return is_whole || qt__sync_folder(folder, err);
    return qt_fail_errno(err, QT_E_IO, "%s", intents->path);
}

/* The newest number, and what does not open. */
static void
look(struct qt__intents *intents)
{
    struct qt__intent intent;
    bool is_empty, is_torn = false;
    for (unsigned slot = 0; slot < QT__INTENT_SLOTS; slot++) {
        if (qt__intent_read(intents->cipher, intents->image, slot, &intent, &is_empty))
            intents->number = QT_MAX(intents->number, intent.number);
        else
            intents->found.damaged += !is_empty;
    }
    unsigned next = (unsigned)((intents->number + 1) % QT__INTENT_SLOTS);
    if (intents->found.damaged > 0)
        is_torn = !qt__intent_read(intents->cipher, intents->image, next, &intent, &is_empty) &&
                  !is_empty;
    intents->found.damaged -= is_torn;
    intents->found.is_torn = is_torn;
}

struct qt__intents *
qt__intents_open(const char *folder, const struct qt_store_key *key, struct qt_error *err)
{
    struct qt__intents *intents = calloc(1, sizeof *intents);
    if (intents) {
        intents->file = -1;
        intents->image = calloc(QT__INTENT_SLOTS, QT__INTENT_BYTES);
        intents->cipher = cipher_of(key);
        atomic_init(&intents->is_good, true);
        snprintf(intents->path, sizeof intents->path, "%.500s/intents", folder);
    }
    if (!intents || !intents->image || !intents->cipher)
        qt_fail(err, QT_E_MEMORY, "no memory for the intents");
    else if (open_file(intents->path, O_RDWR | O_CREAT, &intents->file, err) &&
             (read_all(intents->file, intents->image) ||
              qt_fail_errno(err, QT_E_IO, "%s", intents->path)) &&
             prepare(intents, folder, err)) {
        look(intents);
        return intents;
    }
    qt__intents_close(intents);
    return NULL;
}

void
qt__intents_close(struct qt__intents *intents)
{
    if (!intents)
        return;
    if (intents->file >= 0 && atomic_load(&intents->kept) > intents->synced)
        (void)fdatasync(intents->file);
    close_file(intents->file);
    qt__cipher_destroy(intents->cipher);
    free(intents->image);
    free(intents);
}

/* Keeping */

static const char *
reason_against(const struct qt__intents *intents, unsigned slot, uint64_t written,
               int64_t busy_since_ns, int64_t now_ns)
{
    if (!atomic_load(&intents->is_good))
        return "its intent cannot be written (disk full?)";
    if (atomic_load(&intents->is_slow) ||
        (busy_since_ns > 0 && now_ns - busy_since_ns > SLOW_NS)) /* N4 */
        return "its intent cannot be written: the disk does not answer";
    return intents->put_at[slot] > written ? "too many orders wait for the store" : NULL;
}

/* One slot into image and file. False: the file is not to be trusted from here on. */
static bool
write_slot(struct qt__intents *intents, unsigned slot, const struct qt__intent *intent)
{
    const struct qt__place place = place_of(slot);
    unsigned char plain[QT__INTENT_PLAIN];
    unsigned char *sealed = intents->image + (size_t)slot * QT__INTENT_BYTES;
    pack(intent, plain);
    qt__seal(intents->cipher, &place, plain, sizeof plain, sealed);
    if (write_all(intents->file, sealed, QT__INTENT_BYTES, (off_t)slot * QT__INTENT_BYTES))
        return true;
    atomic_store(&intents->why, errno);
    atomic_store(&intents->is_good, false);
    return false;
}

bool
qt__intents_keep(struct qt__intents *intents, const struct qt_intent *intent,
                 const struct qt_instrument *ins, uint64_t put, uint64_t written,
                 int64_t busy_since_ns, const char **out_why)
{
    int64_t begun_ns = qt_now_mono_ns();
    unsigned slot = (unsigned)((intents->number + 1) % QT__INTENT_SLOTS);
    struct qt__intent full = {.number = intents->number + 1,
                              .intent = *intent,
                              .px_scale = (uint8_t)ins->px_scale,
                              .qty_scale = (uint8_t)ins->qty_scale};
    memcpy(full.symbol, ins->symbol, sizeof full.symbol);
    atomic_store(&intents->is_writing, true);
    const char *why = reason_against(intents, slot, written, busy_since_ns, begun_ns);
    if (!why && !write_slot(intents, slot, &full))
        why = "its intent cannot be written (disk full?)";
    atomic_store(&intents->is_writing, false);
    if (why) {
        atomic_fetch_add(&intents->unkept, 1);
        *out_why = why;
        return false;
    }
    intents->number++;
    intents->put_at[slot] = put;
    atomic_fetch_add(&intents->kept, 1);
    if (qt_now_mono_ns() - begun_ns > SLOW_NS)
        atomic_store(&intents->is_slow, true);
    return true;
}

/* N3 */
static void
heal(struct qt__intents *intents)
{
    if (atomic_load(&intents->is_writing))
        return; /* in its way out: the next turn */
    uint64_t kept = atomic_load(&intents->kept);
    if (!write_all(intents->file, intents->image, FILE_BYTES, 0) || fdatasync(intents->file) != 0) {
        atomic_store(&intents->why, errno);
        return;
    }
    intents->synced = kept;
    atomic_store(&intents->is_slow, false);
    atomic_store(&intents->is_good, true);
}

bool
qt__intents_work(struct qt__intents *intents)
{
    uint64_t kept = atomic_load(&intents->kept);
    if (!atomic_load(&intents->is_good)) {
        heal(intents);
    } else if (kept > intents->synced && fdatasync(intents->file) == 0) {
        intents->synced = kept;
        atomic_store(&intents->is_slow, false);
    } else if (kept > intents->synced) {
        atomic_store(&intents->why, errno);
        atomic_store(&intents->is_good, false);
    }
    return atomic_load(&intents->is_good);
}

/* Looking from outside */

/* A slot that is being written while it is read is read again. */
static bool
is_damaged(struct qt__cipher *cipher, int file, unsigned char *image, unsigned slot,
           uint64_t *newest)
{
    struct qt__intent intent;
    bool is_empty = false, is_open = false;
    for (int tries = 0; tries < 3 && !is_open && !is_empty; tries++) {
        unsigned char *sealed = image + (size_t)slot * QT__INTENT_BYTES;
        (void)!pread(file, sealed, QT__INTENT_BYTES, (off_t)slot * QT__INTENT_BYTES);
        is_open = qt__intent_read(cipher, image, slot, &intent, &is_empty);
    }
    if (is_open)
        *newest = QT_MAX(*newest, intent.number);
    return !is_open && !is_empty;
}

int
qt__intents_check(const char *folder, const struct qt_store_key *key, unsigned *out_slots,
                  unsigned max, struct qt_error *err)
{
    char path[544];
    int file = -1, n = 0;
    uint64_t newest = 0;
    snprintf(path, sizeof path, "%.500s/intents", folder);
    if (access(path, F_OK) != 0)
        return 0; /* never traded at a venue */
    bool is_open = open_file(path, O_RDONLY, &file, err);
    struct qt__cipher *cipher = is_open ? cipher_of(key) : NULL;
    unsigned char *image = calloc(QT__INTENT_SLOTS, QT__INTENT_BYTES);
    bool *damaged = calloc(QT__INTENT_SLOTS, sizeof *damaged);
    bool is_good = is_open && cipher && image && damaged && read_all(file, image);
    for (unsigned slot = 0; is_good && slot < QT__INTENT_SLOTS; slot++)
        damaged[slot] = is_damaged(cipher, file, image, slot, &newest);
    for (unsigned slot = 0; is_good && slot < QT__INTENT_SLOTS; slot++)
        if (damaged[slot] && slot != (newest + 1) % QT__INTENT_SLOTS && (unsigned)n < max)
            out_slots[n++] = slot;
    if (is_open && !is_good)
        qt_fail_errno(err, QT_E_IO, "%s", path);
    free(damaged);
    free(image);
    qt__cipher_destroy(cipher);
    close_file(file);
    return is_good ? n : -1;
}

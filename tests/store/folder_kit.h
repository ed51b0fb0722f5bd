/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder for a store, what opens it, and a market of one symbol. */
#ifndef QTRADE_TESTS_FOLDER_KIT_H
#define QTRADE_TESTS_FOLDER_KIT_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "qt_check.h"
#include "qtrade/base/text.h"
#include "qtrade/market/instrument.h"
#include "qtrade/store/store.h"

static const struct qt_unlock unlock_ours = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes that open it...", 32};

static inline void
folder_begin(char folder[64])
{
    bool has_memory = access("/dev/shm", W_OK) == 0; /* a kill keeps what was written, there too */
    qt_copy(folder, 64, has_memory ? "/dev/shm/qtrade-store-XXXXXX" : "/tmp/qtrade-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* With every file in it. */
static inline void
folder_end(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(folder);
}

static inline const char *
path_in(const char *folder, const char *name)
{
    static char path[8][128];
    static unsigned turn;
    turn = (turn + 1) % 8;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* As the program opens it: with the keys that are there, or new ones. NULL: err. */
static inline struct qt_store *
folder_open(const char *folder, struct qt_error *err)
{
    enum qt_key_kind kind;
    if (!qt_store_key_kind(folder, &kind, err))
        return NULL;
    struct qt_store_key *key = kind == QT_KEY_NONE ? qt_store_key_make(&unlock_ours, err)
                                                   : qt_store_key_open(folder, &unlock_ours, err);
    struct qt_store *store = key ? qt_store_open(folder, key, err) : NULL;
    qt_store_key_close(key);
    return store;
}

static inline struct qt_universe *
btc_universe(void)
{
    struct qt_error err = {0};
    struct qt_instrument ins = {.symbol = "BTCUSDT",
                                .base = "BTC",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 5,
                                .tick = {1},
                                .lot = {1}};
    struct qt_universe *universe = qt_universe_create();
    ck_assert_msg(universe && qt_universe_add(universe, &ins, &err), "%s", err.text);
    return universe;
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memory_priv.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "qtrade/base/memory.h"

/* libcrypto 3.0 dies by a signal when memory is missing while it makes its tables. */
static _Thread_local bool makes_tables;

static void *
crypto_memory(void *memory, size_t n)
{
    if (memory || n == 0 || !makes_tables)
        return memory;
    fputs("qtrade: no memory to start\n", stderr);
    _exit(EXIT_FAILURE);
}

static void *
crypto_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return crypto_memory(malloc(n), n);
}

static void *
crypto_realloc(void *memory, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return crypto_memory(realloc(memory, n), n);
}

static void
crypto_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

void
qt__memory_begin(void)
{
    json_set_alloc_funcs(qt_memory_watched, free);
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        return; /* it has begun already: then nothing can be watched */
    makes_tables = true;
    EVP_CIPHER_free(EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL));
    makes_tables = false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_rows FOLDER SQL: the rows of a query on an encrypted store, as one JSON array a line, for
 * the suites in Python. It reads beside a running engine. local.key opens the store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

#include "../../src/store/store_file_priv.h"

static void
add_value(struct qt_text *text, sqlite3_stmt *row, int i)
{
    switch (sqlite3_column_type(row, i)) {
    case SQLITE_INTEGER:
        qt_text_add_int(text, sqlite3_column_int64(row, i));
        return;
    case SQLITE_FLOAT:
        qt_text_add_json_double(text, sqlite3_column_double(row, i));
        return;
    case SQLITE_TEXT:
        qt_text_add_json_string(text, (const char *)sqlite3_column_text(row, i));
        return;
    default:
        qt_text_add(text, "null");
    }
}

static bool
print_rows(const struct qt__store_file *file, const char *sql, struct qt_error *err)
{
    sqlite3_stmt *row = NULL;
    char line[1 << 16];
    int rc = sqlite3_prepare_v2(file->db, sql, -1, &row, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        struct qt_text text;
        qt_text_init(&text, line, sizeof line);
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            qt_text_add(&text, i ? "," : "[");
            add_value(&text, row, i);
        }
        printf("%s]\n", line);
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_DONE)
        qt__store_file_fail(file, err, sql);
    sqlite3_finalize(row);
    return rc == SQLITE_DONE;
}

int
main(int argc, char **argv)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    char path[600], *bytes = NULL;
    size_t n = 0;
    if (argc != 3)
        return 2;
    snprintf(path, sizeof path, "%.500s/local.key", argv[1]);
    bool is_good = qt_file_read(path, 64, &bytes, &n, &err);
    const struct qt_unlock unlock = {QT_KEY_FILE, (const unsigned char *)bytes, n};
    struct qt_store_key *key = is_good ? qt_store_key_open(argv[1], &unlock, &err) : NULL;
    is_good =
        key && qt__store_file_read(&file, argv[1], key, &err) && print_rows(&file, argv[2], &err);
    qt__store_file_close(&file);
    qt_store_key_close(key);
    free(bytes);
    if (!is_good)
        fprintf(stderr, "store_rows: %s\n", err.text);
    return is_good ? 0 : 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jansson reads the document; a small walk over the same text finds the line of a key, because a
 * mistake is only half reported without it. Values are checked one and all into a copy, which
 * replaces the old ones at the end.
 */
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/config.h"
#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

enum { MAX_FILE = 1 << 20, MAX_SECTIONS = 32 };

/* Where a reading stands: for the messages. */
struct reading {
    const char *name, *text, *end; /* the document is text[0..end) and has been read as JSON */
    struct qt_error *err;
};

/* The end of the JSON string that starts at the quote p. */
static const char *
skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p < end ? p + 1 : end;
}

static const char *
skip_blanks(const char *p, const char *end)
{
    while (p < end && strchr(" \t\r\n", *p))
        p++;
    return p;
}

static bool
is_name(const char *from, const char *to, const char *name)
{
    return (size_t)(to - from) == strlen(name) && memcmp(from, name, (size_t)(to - from)) == 0;
}

/* The line of section.key, of the section when key is NULL or is not found, 1 when neither is. */
static long
line_of(const struct reading *in, const char *section, const char *key)
{
    long line = 1, found = 1;
    int depth = 0;
    bool inside = false;
    for (const char *p = in->text; p < in->end;) {
        if (*p != '"') {
            depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
            line += *p++ == '\n';
            continue;
        }
        const char *past = skip_string(p, in->end), *after = skip_blanks(past, in->end);
        bool is_key = after < in->end && *after == ':';
        if (is_key && depth == 1) {
            inside = is_name(p + 1, past - 1, section);
            if (inside)
                found = line;
        } else if (is_key && depth == 2 && inside && key && is_name(p + 1, past - 1, key)) {
            return line;
        }
        p = past;
    }
    return found;
}

static bool mistake(const struct reading *in, const char *section, const char *key,
                    const char *format, ...) QT_PRINTF(4, 5);

static bool
mistake(const struct reading *in, const char *section, const char *key, const char *format, ...)
{
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    qt_fail(in->err, QT_E_CONFIG, "%s:%ld: %.64s%s%.64s: %s", in->name, line_of(in, section, key),
            section, key ? "." : "", key ? key : "", what);
    qt_text_clean(in->err->text); /* names and values are the file's words */
    return false;
}

static bool
is_choice(const char *choices, const char *value)
{
    size_t n = strlen(value);
    for (const char *p = choices; *p;) {
        size_t m = strcspn(p, "|");
        if (m == n && memcmp(p, value, n) == 0)
            return true;
        p += m + (p[m] == '|');
    }
    return false;
}

static bool
set_int(const struct reading *in, const char *section, const struct qt_config_key *key,
        const json_t *value, void *field)
{
    if (!json_is_integer(value))
        return mistake(in, section, key->key, "must be a whole number");
    json_int_t v = json_integer_value(value);
    if ((double)v < key->min || (double)v > key->max)
        return mistake(in, section, key->key, "is %lld: must be %.0f to %.0f", (long long)v,
                       key->min, key->max);
    *(int64_t *)field = v;
    return true;
}

static bool
set_double(const struct reading *in, const char *section, const struct qt_config_key *key,
           const json_t *value, void *field)
{
    if (!json_is_number(value))
        return mistake(in, section, key->key, "must be a number");
    double v = json_number_value(value);
    if (!isfinite(v) || v < key->min || v > key->max)
        return mistake(in, section, key->key, "is %g: must be %g to %g", v, key->min, key->max);
    *(double *)field = v;
    return true;
}

static bool
set_bool(const struct reading *in, const char *section, const struct qt_config_key *key,
         const json_t *value, void *field)
{
    if (!json_is_boolean(value))
        return mistake(in, section, key->key, "must be true or false");
    *(bool *)field = json_is_true(value);
    return true;
}

static bool
set_text(const struct reading *in, const char *section, const struct qt_config_key *key,
         const json_t *value, void *field)
{
    if (!json_is_string(value))
        return mistake(in, section, key->key, "must be a text in quotes");
    const char *v = json_string_value(value);
    if (json_string_length(value) != strlen(v) || strlen(v) >= (size_t)key->max)
        return mistake(in, section, key->key, "is too long: at most %.0f bytes", key->max - 1);
    for (const char *p = v; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return mistake(in, section, key->key, "has a control character");
    if (key->choices && !is_choice(key->choices, v))
        return mistake(in, section, key->key, "is '%.40s': must be one of %s", v, key->choices);
    return qt_copy(field, (size_t)key->max, v);
}

static bool
set_key(const struct reading *in, const struct qt_config_section *section,
        const struct qt_config_key *key, const json_t *value, void *values)
{
    static bool (*const set[QT_CONFIG_TYPES])(const struct reading *, const char *,
                                              const struct qt_config_key *, const json_t *,
                                              void *) = {[QT_CONFIG_INT] = set_int,
                                                         [QT_CONFIG_DOUBLE] = set_double,
                                                         [QT_CONFIG_BOOL] = set_bool,
                                                         [QT_CONFIG_TEXT] = set_text};
    return set[key->type](in, section->name, key, value, (char *)values + key->offset);
}

static const struct qt_config_key *
find_key(const struct qt_config_section *section, const char *name)
{
    for (const struct qt_config_key *key = section->keys; key->key; key++)
        if (strcmp(key->key, name) == 0)
            return key;
    return NULL;
}

static bool
read_section(const struct reading *in, const struct qt_config_section *section, json_t *object,
             void *values)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return mistake(in, section->name, NULL, "must be an object in braces");
    json_object_foreach(object, name, value)
    {
        const struct qt_config_key *key = find_key(section, name);
        if (!key)
            return mistake(in, section->name, name, "no such key (see qtrade.conf(5))");
        if (!set_key(in, section, key, value, values))
            return false;
    }
    return true;
}

static size_t
find_section(const struct qt_config_binding *bindings, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(bindings[i].section->name, name) == 0)
            return i;
    return n;
}

/* Copies of what the bindings hold; false: no memory. */
static bool
copy_values(const struct reading *in, const struct qt_config_binding *bindings, size_t n,
            void *copy[])
{
    for (size_t i = 0; i < n; i++) {
        copy[i] = malloc(bindings[i].section->size);
        if (!copy[i])
            return qt_fail(in->err, QT_E_MEMORY, "%s: no memory to read it", in->name);
        memcpy(copy[i], bindings[i].values, bindings[i].section->size);
    }
    return true;
}

static bool
read_sections(const struct reading *in, json_t *root, const struct qt_config_binding *bindings,
              size_t n, void *copy[])
{
    const char *name;
    json_t *object;
    if (!json_is_object(root))
        return qt_fail(in->err, QT_E_CONFIG, "%s:1: must be one object in braces", in->name);
    json_object_foreach(root, name, object)
    {
        size_t i = find_section(bindings, n, name);
        if (i == n)
            return mistake(in, name, NULL, "no such section (see qtrade.conf(5))");
        if (!read_section(in, bindings[i].section, object, copy[i]))
            return false;
    }
    return true;
}

/* Reads root into copies; on success the copies replace the values. */
static bool
read_root(const struct reading *in, json_t *root, const struct qt_config_binding *bindings,
          size_t n)
{
    void *copy[MAX_SECTIONS] = {0};
    bool is_good = copy_values(in, bindings, n, copy) && read_sections(in, root, bindings, n, copy);
    for (size_t i = 0; i < n; i++) {
        if (is_good)
            memcpy(bindings[i].values, copy[i], bindings[i].section->size);
        free(copy[i]);
    }
    return is_good;
}

void
qt_config_defaults(const struct qt_config_binding *bindings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (const struct qt_config_key *key = bindings[i].section->keys; key->key; key++) {
            char *field = (char *)bindings[i].values + key->offset;
            switch (key->type) {
            case QT_CONFIG_INT:
                *(int64_t *)(void *)field = (int64_t)key->def;
                break;
            case QT_CONFIG_DOUBLE:
                *(double *)(void *)field = key->def;
                break;
            case QT_CONFIG_BOOL:
                *(bool *)field = key->def != 0;
                break;
            case QT_CONFIG_TEXT:
                qt_copy(field, (size_t)key->max, key->text ? key->text : "");
                break;
            case QT_CONFIG_TYPES:
                break;
            }
        }
}

bool
qt_config_load_text(const char *name, const char *text, size_t length,
                    const struct qt_config_binding *bindings, size_t n, struct qt_error *err)
{
    json_error_t why;
    qt_assert(n <= MAX_SECTIONS);
    if (length > MAX_FILE)
        return qt_fail(err, QT_E_CONFIG, "%s: larger than 1 MiB", name);
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
    if (!root) {
        qt_fail(err, QT_E_CONFIG, "%s:%d: %s", name, QT_MAX(why.line, 1), why.text);
        qt_text_clean(err->text);
        return false;
    }
    struct reading in = {.name = name, .text = text, .end = text + length, .err = err};
    bool is_good = read_root(&in, root, bindings, n);
    json_decref(root);
    return is_good;
}

bool
qt_config_load(const char *path, const struct qt_config_binding *bindings, size_t n,
               struct qt_error *err)
{
    char *text;
    size_t length;
    if (!qt_file_read(path, MAX_FILE, &text, &length, err)) {
        err->code = QT_E_CONFIG;
        return false;
    }
    bool is_good = qt_config_load_text(path, text, length, bindings, n, err);
    free(text);
    return is_good;
}

void
qt_config_write_value(const struct qt_config_key *key, const void *values, struct qt_text *out)
{
    const char *field = (const char *)values + key->offset;
    switch (key->type) {
    case QT_CONFIG_INT:
        qt_text_add_int(out, *(const int64_t *)(const void *)field);
        break;
    case QT_CONFIG_DOUBLE:
        qt_text_add_json_double(out, *(const double *)(const void *)field);
        break;
    case QT_CONFIG_BOOL:
        qt_text_add(out, *(const bool *)field ? "true" : "false");
        break;
    case QT_CONFIG_TEXT:
        qt_text_add_json_string(out, field);
        break;
    case QT_CONFIG_TYPES:
        break;
    }
}

void
qt_config_write(const struct qt_config_binding *bindings, size_t n, struct qt_text *out)
{
    qt_text_add(out, "{");
    for (size_t i = 0; i < n; i++) {
        qt_text_addf(out, "%s\n  \"%s\": {", i ? "," : "", bindings[i].section->name);
        for (const struct qt_config_key *key = bindings[i].section->keys; key->key; key++) {
            qt_text_addf(out, "%s\n    \"%s\": ", key == bindings[i].section->keys ? "" : ",",
                         key->key);
            qt_config_write_value(key, bindings[i].values, out);
        }
        qt_text_add(out, "\n  }");
    }
    qt_text_add(out, "\n}\n");
}

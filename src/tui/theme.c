/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theme files and where they are found. The texts of the themes that the program brings are in
 * themes_data.c, which meson makes from themes/.
 */
#include "qtrade/tui/theme.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

#include "theme_priv.h"

/* Adding a role: a row here in the enum's order, a line in every theme, a line in qtrade-theme(5).
 */
static const char *const role_names[QT_ROLES] = {
    [QT_ROLE_TEXT] = "text",       [QT_ROLE_DIM] = "dim",
    [QT_ROLE_STRONG] = "strong",   [QT_ROLE_TITLE] = "title",
    [QT_ROLE_HEADING] = "heading", [QT_ROLE_BORDER] = "border",
    [QT_ROLE_FOCUS] = "focus",     [QT_ROLE_GAIN] = "gain",
    [QT_ROLE_LOSS] = "loss",       [QT_ROLE_GOOD] = "good",
    [QT_ROLE_WARN] = "warn",       [QT_ROLE_BAD] = "bad",
    [QT_ROLE_ACCENT] = "accent",   [QT_ROLE_KEY] = "key",
    [QT_ROLE_BAR] = "bar",         [QT_ROLE_TRACK] = "track",
    [QT_ROLE_NORMAL] = "normal",   [QT_ROLE_PAUSED] = "paused",
    [QT_ROLE_REDUCED] = "reduced", [QT_ROLE_EMERGENCY] = "emergency",
};

static const char *const ground_names[QT_GROUNDS] = {"background", "cursor", "dialog"};

static const struct {
    const char *name;
    int32_t rgb;
} colour_names[] = {
    {"-", QT_COLOUR_DEFAULT},   {"default", QT_COLOUR_DEFAULT},
    {"black", 0x000000},        {"red", 0xcd0000},
    {"green", 0x00cd00},        {"yellow", 0xcdcd00},
    {"blue", 0x0000ee},         {"magenta", 0xcd00cd},
    {"cyan", 0x00cdcd},         {"white", 0xe5e5e5},
    {"grey", 0x7f7f7f},         {"bright-red", 0xff0000},
    {"bright-green", 0x00ff00}, {"bright-yellow", 0xffff00},
    {"bright-blue", 0x5c5cff},  {"bright-magenta", 0xff00ff},
    {"bright-cyan", 0x00ffff},  {"bright-white", 0xffffff},
};

static const struct {
    const char *name;
    uint8_t bit;
} attribute_names[] = {
    {"bold", QT_ATTR_BOLD},       {"dim", QT_ATTR_DIM},       {"underline", QT_ATTR_UNDERLINE},
    {"reverse", QT_ATTR_REVERSE}, {"italic", QT_ATTR_ITALIC},
};

const char *
qt_role_name(enum qt_role role)
{
    return role < QT_ROLES ? role_names[role] : "?";
}

struct reader {
    const char *file;
    int line;
    struct qt_theme theme;
    bool has_role[QT_ROLES], has_ground[QT_GROUNDS], has_name;
    struct qt_error *err;
};

static bool
read_colour(struct reader *reader, const char *word, int32_t *out)
{
    if (word[0] == '#' && strlen(word) == 7 && strspn(word + 1, "0123456789abcdefABCDEF") == 6) {
        *out = (int32_t)strtol(word + 1, NULL, 16);
        return true;
    }
    for (size_t i = 0; i < QT_COUNT_OF(colour_names); i++)
        if (strcasecmp(colour_names[i].name, word) == 0) {
            *out = colour_names[i].rgb;
            return true;
        }
    return qt_fail(
        reader->err, QT_E_CONFIG,
        "%s:%d: \"%.40s\" is no colour: write #rrggbb, a name such as bright-red, or - for the "
        "terminal's own",
        reader->file, reader->line, word);
}

static bool
read_attribute(struct reader *reader, const char *word, uint8_t *out)
{
    for (size_t i = 0; i < QT_COUNT_OF(attribute_names); i++)
        if (strcasecmp(attribute_names[i].name, word) == 0) {
            *out |= attribute_names[i].bit;
            return true;
        }
    return qt_fail(
        reader->err, QT_E_CONFIG,
        "%s:%d: \"%.40s\" is no attribute: write bold, dim, underline, reverse or italic",
        reader->file, reader->line, word);
}

#define WORDS_MAX 8

static size_t
split(char *text, char **words)
{
    static const char blanks[] = " ";
    size_t n = 0;
    for (char *at = text + strspn(text, blanks); *at && n < WORDS_MAX;) {
        words[n++] = at;
        at += strcspn(at, blanks);
        if (*at)
            *at++ = '\0';
        at += strspn(at, blanks);
    }
    return n;
}

/* "role = FG [BG [ATTRIBUTE...]]" */
static bool
read_role(struct reader *reader, size_t role, char *value)
{
    char *words[WORDS_MAX];
    size_t n = split(value, words);
    struct qt_look look = {.fg = QT_COLOUR_DEFAULT, .bg = QT_COLOUR_DEFAULT};
    if (reader->has_role[role])
        return qt_fail(reader->err, QT_E_CONFIG, "%s:%d: %s is given twice: keep one of the lines",
                       reader->file, reader->line, role_names[role]);
    if (n == 0)
        return qt_fail(reader->err, QT_E_CONFIG,
                       "%s:%d: %s has no colour: write \"%s = FOREGROUND BACKGROUND ATTRIBUTES\"",
                       reader->file, reader->line, role_names[role], role_names[role]);
    if (!read_colour(reader, words[0], &look.fg) ||
        (n > 1 && !read_colour(reader, words[1], &look.bg)))
        return false;
    for (size_t i = 2; i < n; i++)
        if (!read_attribute(reader, words[i], &look.attributes))
            return false;
    reader->theme.role[role] = look;
    reader->has_role[role] = true;
    return true;
}

/* "background = BG [ATTRIBUTE...]", cursor and dialog too */
static bool
read_ground(struct reader *reader, size_t ground, char *value)
{
    char *words[WORDS_MAX];
    size_t n = split(value, words);
    if (reader->has_ground[ground])
        return qt_fail(reader->err, QT_E_CONFIG, "%s:%d: %s is given twice: keep one of the lines",
                       reader->file, reader->line, ground_names[ground]);
    if (n == 0)
        return qt_fail(reader->err, QT_E_CONFIG, "%s:%d: %s has no colour: write a colour or -",
                       reader->file, reader->line, ground_names[ground]);
    if (!read_colour(reader, words[0], &reader->theme.ground[ground]))
        return false;
    for (size_t i = 1; i < n; i++)
        if (!read_attribute(reader, words[i], &reader->theme.ground_attributes[ground]))
            return false;
    reader->has_ground[ground] = true;
    return true;
}

static bool
read_name(struct reader *reader, const char *value)
{
    size_t length = strlen(value);
    if (length == 0 || length >= QT_THEME_NAME ||
        strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
        return qt_fail(reader->err, QT_E_CONFIG,
                       "%s:%d: a theme's name is 1 to %d of a-z, 0-9 and -: \"%.40s\" is not",
                       reader->file, reader->line, QT_THEME_NAME - 1, value);
    qt_copy(reader->theme.name, sizeof reader->theme.name, value);
    reader->has_name = true;
    return true;
}

static bool
read_pair(struct reader *reader, const char *key, char *value)
{
    if (strcmp(key, "name") == 0)
        return read_name(reader, value);
    if (strcmp(key, "about") == 0) {
        qt_copy(reader->theme.about, sizeof reader->theme.about, value);
        qt_text_clean(reader->theme.about);
        return true;
    }
    for (size_t i = 0; i < QT_GROUNDS; i++)
        if (strcmp(key, ground_names[i]) == 0)
            return read_ground(reader, i, value);
    for (size_t i = 0; i < QT_ROLES; i++)
        if (strcmp(key, role_names[i]) == 0)
            return read_role(reader, i, value);
    return qt_fail(reader->err, QT_E_CONFIG,
                   "%s:%d: there is no role \"%.40s\": qtrade-theme(5) lists them", reader->file,
                   reader->line, key);
}

static char *
trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return text;
}

static bool
read_line(struct reader *reader, char *line)
{
    for (char *at = line; *at; at++)
        *at = isspace((unsigned char)*at) ? ' ' : *at;
    qt_text_clean(line); /* what an error quotes is harmless */
    line = trim(line);
    if (line[0] == '\0' || line[0] == '#')
        return true;
    char *equals = strchr(line, '=');
    if (!equals)
        return qt_fail(reader->err, QT_E_CONFIG, "%s:%d: no \"=\": write \"role = colour ...\"",
                       reader->file, reader->line);
    *equals = '\0';
    return read_pair(reader, trim(line), trim(equals + 1));
}

static bool
read_lines(struct reader *reader, char *text)
{
    for (char *line = text; line;) {
        char *next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        reader->line++;
        if (!read_line(reader, line))
            return false;
        line = next;
    }
    return true;
}

static bool
check_complete(struct reader *reader)
{
    const char *missing = reader->has_name ? NULL : "name";
    for (size_t i = QT_ROLES; i-- > 0;)
        if (!reader->has_role[i])
            missing = role_names[i];
    for (size_t i = QT_GROUNDS; i-- > 0;)
        if (!reader->has_ground[i])
            missing = ground_names[i];
    if (!missing)
        return true;
    return qt_fail(reader->err, QT_E_CONFIG, "%s:%d: %s is missing: every role needs its line",
                   reader->file, reader->line, missing);
}

bool
qt_theme_parse(const char *file, const char *text, struct qt_theme *out, struct qt_error *err)
{
    if (strlen(text) > QT_THEME_BYTES_MAX)
        return qt_fail(err, QT_E_CONFIG, "%s:1: a theme has at most %d bytes", file,
                       QT_THEME_BYTES_MAX);
    struct reader reader = {.file = file, .err = err};
    char *copy = strdup(text);
    if (!copy)
        return qt_fail(err, QT_E_MEMORY, "%s: no memory to read it", file);
    bool is_ok = read_lines(&reader, copy) && check_complete(&reader);
    free(copy);
    if (is_ok)
        *out = reader.theme;
    return is_ok;
}

const char *
qt_theme_name(size_t i)
{
    return i < qt__themes_n ? qt__themes[i].name : NULL;
}

static bool
load_file(const char *path, struct qt_theme *out, struct qt_error *err)
{
    char *text = NULL;
    size_t length = 0;
    if (!qt_file_read(path, QT_THEME_BYTES_MAX, &text, &length, err))
        return qt_error_add(err, "reading a theme");
    bool is_ok = strlen(text) == length
                     ? qt_theme_parse(path, text, out, err)
                     : qt_fail(err, QT_E_CONFIG, "%s:1: a NUL byte: this is no theme", path);
    free(text);
    return is_ok;
}

/* The operator's own file of that name. False: no such file. */
static bool
find_file(const char *name, char *out, size_t capacity)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    struct qt_text path;
    qt_text_init(&path, out, capacity);
    if (config && config[0] == '/')
        qt_text_addf(&path, "%s/qtrade/themes/%s.theme", config, name);
    else if (home && home[0] == '/')
        qt_text_addf(&path, "%s/.config/qtrade/themes/%s.theme", home, name);
    else
        return false;
    return !path.is_cut && access(out, R_OK) == 0;
}

bool
qt_theme_load(const char *name, struct qt_theme *out, struct qt_error *err)
{
    char path[1024];
    if (strchr(name, '/'))
        return load_file(name, out, err);
    if (find_file(name, path, sizeof path))
        return load_file(path, out, err);
    for (size_t i = 0; i < qt__themes_n; i++)
        if (strcmp(qt__themes[i].name, name) == 0)
            return qt_theme_parse(qt__themes[i].file, qt__themes[i].text, out, err);
    char names[256];
    struct qt_text list;
    qt_text_init(&list, names, sizeof names);
    for (size_t i = 0; i < qt__themes_n; i++)
        qt_text_addf(&list, "%s%s", i > 0 ? ", " : "", qt__themes[i].name);
    return qt_fail(err, QT_E_CONFIG, "there is no theme \"%.40s\": there are %s, or give a file",
                   name, names);
}

struct qt_look
qt_theme_look(const struct qt_theme *theme, enum qt_role role, enum qt_ground ground)
{
    struct qt_look look = theme->role[role];
    if (look.bg == QT_COLOUR_DEFAULT)
        look.bg = theme->ground[ground];
    look.attributes |= theme->ground_attributes[ground];
    return look;
}

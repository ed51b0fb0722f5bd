/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ncurses as an encoder: newterm() writes to a memory file; after each frame its bytes move to a
 * buffer that leaves through a descriptor of our own, opened without blocking. So a stuck terminal
 * holds up nothing but frames, and a new frame is made only when the one before has left (faults
 * T2, T3). Keys are read elsewhere.
 */
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/tui/tui.h"

#include "screen_priv.h"

#define PAIRS 250
#define CHUNK 4096      /* bytes written at once */
#define STUCK_CHUNK 128 /* where the descriptor may block */
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

struct pair {
    int fg, bg;
};

struct qt__screen {
    SCREEN *term;
    FILE *memory;
    int fd;
    bool is_blocking; /* fd could not be opened anew */
    bool has_guard;
    enum qt_glyphs glyphs;
    int colours;            /* 0: none */
    struct qt_canvas shown; /* the last frame; its rows that did not change are skipped */
    bool is_whole;          /* the next frame is drawn whole */
    struct qt_theme theme;
    attr_t attributes[QT_ROLES][QT_GROUNDS];
    short pair_of[QT_ROLES][QT_GROUNDS];
    struct pair pairs[PAIRS];
    int n_pairs;
    char *bytes; /* of the frame that leaves */
    size_t length, sent, capacity;
};

/* A terminal's capability without its padding, added to out. */
static void
add_capability(struct qt_text *out, const char *name)
{
    const char *value = tigetstr(name);
    if (!value || value == (char *)-1)
        return;
    while (*value) {
        const char *end = value[0] == '$' && value[1] == '<' ? strchr(value, '>') : NULL;
        if (end)
            value = end + 1;
        else
            qt_text_add_char(out, *value++);
    }
}

/* The sequences by which signals.c gives the terminal back and takes it again. */
static void
fill_guard(struct qt__guard *guard)
{
    struct qt_text reset, again;
    const char *clear = tigetstr("clear");
    bool is_ansi = clear && clear != (char *)-1 && clear[0] == '\033' && strchr(clear, '[');
    qt_text_init(&reset, guard->reset, sizeof guard->reset);
    qt_text_init(&again, guard->again, sizeof guard->again);
    if (is_ansi) {
        qt_text_add(&reset, PASTE_OFF);
        qt_text_add(&again, PASTE_ON);
    }
    add_capability(&reset, "sgr0");
    add_capability(&reset, "op");
    add_capability(&reset, "cnorm");
    add_capability(&reset, "rmcup");
    add_capability(&again, "smcup");
    add_capability(&again, "civis");
    if (reset.length > 0 && !strstr(guard->reset, "1049"))
        qt_text_add(&reset, "\r\n");
    guard->reset_length = reset.length;
    guard->again_length = again.length;
}

/* Is there a terminal that can do it? Fills guard from its description. */
static bool
check_terminal(struct qt__guard *guard, struct qt_error *err)
{
    const char *term = getenv("TERM");
    int result = 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return qt_fail(err, QT_E_IO,
                       "the screen: standard %s is no terminal (run without a screen: --headless)",
                       isatty(STDIN_FILENO) ? "output" : "input");
    if (!term || term[0] == '\0')
        return qt_fail(err, QT_E_IO,
                       "the screen: TERM is not set (set it, or run without a screen: --headless)");
    if (setupterm(term, STDOUT_FILENO, &result) != OK)
        return qt_fail(
            err, QT_E_IO,
            "the screen: no terminal \"%.60s\" is known here (set TERM to one that is, such as "
            "xterm, or run without a screen: --headless)",
            term);
    char *move = tigetstr("cup");
    bool can_move = move && move != (char *)-1;
    if (can_move)
        fill_guard(guard);
    del_curterm(cur_term);
    return can_move ||
           qt_fail(err, QT_E_IO,
                   "the screen: terminal \"%.60s\" cannot move its cursor (set TERM, or run "
                   "without a screen: --headless)",
                   term);
}

bool
qt_tui_check(struct qt_error *err)
{
    struct qt__guard guard = {0};
    return check_terminal(&guard, err);
}

/* A description of our own, so that O_NONBLOCK does not reach the shell's; where that is refused,
 * theirs. */
static int
open_output(bool *out_is_blocking)
{
    int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    *out_is_blocking = fd < 0;
    return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

static bool
open_term(struct qt__screen *screen, struct qt_error *err)
{
    int memory = memfd_create("qtrade-screen", MFD_CLOEXEC);
    if (memory < 0)
        return qt_fail_errno(err, QT_E_MEMORY, "the screen: a memory file");
    screen->memory = fdopen(memory, "w");
    if (!screen->memory) {
        close(memory);
        return qt_fail(err, QT_E_MEMORY, "the screen: no memory");
    }
    screen->term = newterm(NULL, screen->memory, stdin);
    if (!screen->term)
        return qt_fail(err, QT_E_IO, "the screen: the terminal cannot be set up");
    return true;
}

static void
set_modes(struct qt__screen *screen)
{
    const char *no_colour = getenv("NO_COLOR");
    typeahead(-1);
    curs_set(0);
    leaveok(stdscr, TRUE);
    scrollok(stdscr, FALSE);
    if ((no_colour && no_colour[0] != '\0') || !has_colors() || start_color() != OK)
        return;
    use_default_colors();
    screen->colours = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : 8;
}

/* The parts of a screen, in the order in which close() undoes them. */
static bool
open_parts(struct qt__screen *screen, struct qt__guard *guard, struct qt_error *err)
{
    screen->fd = open_output(&screen->is_blocking);
    if (screen->fd < 0)
        return qt_fail_errno(err, QT_E_IO, "the screen: opening standard output");
    guard->fd = screen->fd;
    screen->bytes = malloc(guard->again_length + 1);
    if (!screen->bytes)
        return qt_fail(err, QT_E_MEMORY, "the screen: no memory");
    screen->capacity = guard->again_length + 1;
    screen->length = guard->again_length; /* the first bytes that leave take the terminal */
    memcpy(screen->bytes, guard->again, guard->again_length);
    screen->has_guard = qt__guard_begin(guard, err); /* before ncurses sets handlers of its own */
    return screen->has_guard && open_term(screen, err);
}

struct qt__screen *
qt__screen_open(bool is_ascii, struct qt_error *err)
{
    struct qt__guard guard = {.fd = -1};
    setlocale(LC_CTYPE, "");
    if (!check_terminal(&guard, err))
        return NULL;
    struct qt__screen *screen = calloc(1, sizeof *screen);
    if (!screen) {
        (void)qt_fail(err, QT_E_MEMORY, "the screen: no memory");
        return NULL;
    }
    bool is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    screen->glyphs = is_ascii || !is_utf8 ? QT_GLYPHS_ASCII : QT_GLYPHS_UTF8;
    screen->is_whole = true;
    if (!open_parts(screen, &guard, err)) {
        qt__screen_close(screen);
        return NULL;
    }
    set_modes(screen);
    return screen;
}

void
qt__screen_close(struct qt__screen *screen)
{
    if (!screen)
        return;
    if (screen->term) {
        set_term(screen->term);
        endwin(); /* into the memory file: the guard gives the terminal back */
        delscreen(screen->term);
    }
    if (screen->has_guard)
        qt__guard_end();
    if (screen->memory)
        fclose(screen->memory);
    if (screen->fd >= 0)
        close(screen->fd);
    qt_canvas_finish(&screen->shown);
    free(screen->bytes);
    free(screen);
}

struct qt_size
qt__screen_size(const struct qt__screen *screen)
{
    struct winsize size = {0};
    if (ioctl(screen->fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return (struct qt_size){80, 24};
    return (struct qt_size){QT_MIN(size.ws_col, QT_CANVAS_WIDTH_MAX),
                            QT_MIN(size.ws_row, QT_CANVAS_HEIGHT_MAX)};
}

enum qt_glyphs
qt__screen_glyphs(const struct qt__screen *screen)
{
    return screen->glyphs;
}

void
qt__screen_redraw(struct qt__screen *screen)
{
    screen->is_whole = true;
}

/* The number of a pair of colours, made at its first use; 0 (the default) when there are no more.
 */
static short
colour_pair(struct qt__screen *screen, int fg, int bg)
{
    int most = QT_MIN(PAIRS, COLOR_PAIRS - 1);
    for (int i = 0; i < screen->n_pairs; i++)
        if (screen->pairs[i].fg == fg && screen->pairs[i].bg == bg)
            return (short)(i + 1);
    if (screen->n_pairs >= most ||
        init_pair((short)(screen->n_pairs + 1), (short)fg, (short)bg) != OK)
        return 0;
    screen->pairs[screen->n_pairs] = (struct pair){fg, bg};
    return (short)++screen->n_pairs;
}

static attr_t
curses_attributes(uint8_t attributes)
{
    static const struct {
        uint8_t ours;
        attr_t theirs;
    } map[] = {{QT_ATTR_BOLD, A_BOLD},
               {QT_ATTR_DIM, A_DIM},
               {QT_ATTR_UNDERLINE, A_UNDERLINE},
               {QT_ATTR_REVERSE, A_REVERSE},
               {QT_ATTR_ITALIC, A_ITALIC}};
    attr_t out = A_NORMAL;
    for (size_t i = 0; i < QT_COUNT_OF(map); i++)
        if (attributes & map[i].ours)
            out |= map[i].theirs;
    return out;
}

static void
set_theme(struct qt__screen *screen, const struct qt_theme *theme)
{
    struct qt_theme plain;
    struct qt_error err;
    if (screen->colours == 0 && qt_theme_load("monochrome", &plain, &err))
        theme = &plain;
    screen->theme = *theme;
    for (int role = 0; role < QT_ROLES; role++)
        for (int ground = 0; ground < QT_GROUNDS; ground++) {
            struct qt_look look = qt_theme_look(theme, (enum qt_role)role, (enum qt_ground)ground);
            screen->attributes[role][ground] = curses_attributes(look.attributes);
            screen->pair_of[role][ground] = 0;
            if (screen->colours > 0)
                screen->pair_of[role][ground] =
                    colour_pair(screen, qt_colour_nearest(look.fg, screen->colours),
                                qt_colour_nearest(look.bg, screen->colours));
        }
    screen->is_whole = true;
}

static void
put_row(struct qt__screen *screen, const struct qt_canvas *canvas, int y)
{
    const struct qt_cell *row = &canvas->cells[y * canvas->stride];
    for (int x = 0; x < canvas->width; x++) {
        const struct qt_cell *cell = &row[x];
        wchar_t text[2] = {(wchar_t)cell->ch, L'\0'};
        cchar_t out;
        if (cell->width == 0)
            continue;
        setcchar(&out, text, screen->attributes[cell->role][cell->ground],
                 screen->pair_of[cell->role][cell->ground], NULL);
        mvadd_wchnstr(y, x, &out, 1);
    }
}

/* Makes ncurses and the copy of the last frame as large as the new one. */
static void
fit_size(struct qt__screen *screen, const struct qt_canvas *canvas)
{
    if (screen->shown.width == canvas->width && screen->shown.height == canvas->height)
        return;
    resizeterm(canvas->height, canvas->width);
    qt_canvas_finish(&screen->shown);
    if (!qt_canvas_init(&screen->shown, canvas->width, canvas->height, screen->glyphs))
        screen->shown.width = -1;
    screen->is_whole = true;
}

/* Moves what ncurses wrote into the buffer that leaves. */
static void
take_bytes(struct qt__screen *screen)
{
    int memory = fileno(screen->memory);
    off_t n = lseek(memory, 0, SEEK_END);
    screen->length = screen->sent = 0;
    if (n > 0 && (size_t)n > screen->capacity) {
        char *more = realloc(screen->bytes, (size_t)n);
        if (more) {
            screen->bytes = more;
            screen->capacity = (size_t)n;
        }
    }
    if (n > 0 && (size_t)n <= screen->capacity && pread(memory, screen->bytes, (size_t)n, 0) == n)
        screen->length = (size_t)n;
    else if (n > 0)
        screen->is_whole = true; /* lost: draw everything next time */
    (void)lseek(memory, 0, SEEK_SET);
    if (ftruncate(memory, 0) != 0)
        screen->is_whole = true;
}

void
qt__screen_present(struct qt__screen *screen, const struct qt_theme *theme,
                   const struct qt_canvas *canvas)
{
    set_term(screen->term);
    fit_size(screen, canvas);
    if (memcmp(&screen->theme, theme, sizeof *theme) != 0 &&
        (screen->colours > 0 || screen->theme.name[0] == '\0'))
        set_theme(screen, theme);
    if (screen->is_whole)
        clearok(curscr, TRUE);
    for (int y = 0; y < canvas->height; y++) {
        const struct qt_cell *row = &canvas->cells[y * canvas->stride];
        size_t size = (size_t)canvas->width * sizeof *row;
        bool has_copy = screen->shown.width == canvas->width;
        struct qt_cell *copy = has_copy ? &screen->shown.cells[y * screen->shown.stride] : NULL;
        if (!screen->is_whole && copy && memcmp(copy, row, size) == 0)
            continue;
        put_row(screen, canvas, y);
        if (copy)
            memcpy(copy, row, size);
    }
    screen->is_whole = false;
    wnoutrefresh(stdscr);
    doupdate();
    take_bytes(screen);
}

size_t
qt__screen_pending(const struct qt__screen *screen)
{
    return screen->length - screen->sent;
}

bool
qt__screen_pump(struct qt__screen *screen)
{
    while (screen->sent < screen->length) {
        struct pollfd room = {.fd = screen->fd, .events = POLLOUT};
        size_t chunk = screen->is_blocking ? STUCK_CHUNK : CHUNK;
        if (screen->is_blocking && poll(&room, 1, 0) <= 0)
            return true;
        ssize_t n = write(screen->fd, screen->bytes + screen->sent,
                          QT_MIN(screen->length - screen->sent, chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        screen->sent += (size_t)n;
    }
    return true;
}

int
qt__screen_fd(const struct qt__screen *screen)
{
    return screen->fd;
}

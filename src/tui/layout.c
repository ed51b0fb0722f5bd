/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layout solver. A plan is a tree of rows and columns with panes as leaves; three plans, by
 * width. A branch's need is the sum of its children's along its axis (one border line shared
 * between two neighbours) and the largest across. Panes are let in by priority while the need fits
 * the room. Then each branch deals its room: needs first, then wants in turn, the rest by growth.
 */
#include "qtrade/tui/layout.h"

#include <string.h>

#define CHILDREN 8

enum axis { ALONG_X, ALONG_Y, LEAF };

struct node {
    enum axis axis;
    enum qt_pane_id pane;
    const struct node *child[CHILDREN]; /* NULL ends */
};

#define LEAF_OF(id) (&(const struct node){.axis = LEAF, .pane = (id)})
#define ROW(...) (&(const struct node){.axis = ALONG_X, .child = {__VA_ARGS__}})
#define COLUMN(...) (&(const struct node){.axis = ALONG_Y, .child = {__VA_ARGS__}})

#define TOP LEAF_OF(QT_PANE_TOP)
#define REGIME LEAF_OF(QT_PANE_REGIME)
#define RISK LEAF_OF(QT_PANE_RISK)
#define CHART LEAF_OF(QT_PANE_CHART)
#define POSITIONS LEAF_OF(QT_PANE_POSITIONS)
#define ORDERS LEAF_OF(QT_PANE_ORDERS)
#define ENGINE LEAF_OF(QT_PANE_ENGINE)
#define EVENTS LEAF_OF(QT_PANE_EVENTS)

/* The widest plan whose width the screen has; the first is for any. */
static const struct {
    int width;
    const struct node *root;
} plans[] = {
    {0, COLUMN(TOP, ROW(REGIME, RISK), CHART, POSITIONS, ORDERS, EVENTS, ENGINE)},
    {116, COLUMN(TOP, ROW(COLUMN(CHART, POSITIONS, ORDERS), COLUMN(REGIME, RISK, ENGINE)), EVENTS)},
    {160,
     COLUMN(ROW(COLUMN(TOP, CHART, POSITIONS), COLUMN(REGIME, RISK, ENGINE)), ROW(ORDERS, EVENTS))},
};

struct solver {
    bool is_shown[QT_PANES];
    struct qt_layout *out;
};

static int
along(struct qt_size size, enum axis axis)
{
    return axis == ALONG_X ? size.width : size.height;
}

static bool
is_empty(const struct solver *solver, const struct node *node)
{
    if (node->axis == LEAF)
        return !solver->is_shown[node->pane];
    for (size_t i = 0; i < CHILDREN && node->child[i]; i++)
        if (!is_empty(solver, node->child[i]))
            return false;
    return true;
}

/* What a node needs (or wants) along an axis, its border with it; 0 when nothing of it is shown. */
static int
extent(const struct solver *solver, const struct node *node, enum axis axis, bool is_want)
{
    if (is_empty(solver, node))
        return 0;
    if (node->axis == LEAF) {
        const struct qt_pane_class *pane = qt_panes[node->pane];
        return along(is_want ? pane->want : pane->min, axis) + 2;
    }
    int sum = 0, largest = 0;
    for (size_t i = 0; i < CHILDREN && node->child[i]; i++) {
        int one = extent(solver, node->child[i], axis, is_want);
        sum += one > 0 ? one - (sum > 0 ? 1 : 0) : 0;
        largest = QT_MAX(largest, one);
    }
    return node->axis == axis ? sum : largest;
}

static int
priority(const struct solver *solver, const struct node *node)
{
    if (node->axis == LEAF)
        return solver->is_shown[node->pane] ? qt_panes[node->pane]->priority : -1;
    int best = -1;
    for (size_t i = 0; i < CHILDREN && node->child[i]; i++)
        best = QT_MAX(best, priority(solver, node->child[i]));
    return best;
}

static int
growth(const struct solver *solver, const struct node *node)
{
    if (node->axis == LEAF)
        return solver->is_shown[node->pane] ? qt_panes[node->pane]->grow : 0;
    int most = 0;
    for (size_t i = 0; i < CHILDREN && node->child[i]; i++)
        most = QT_MAX(most, growth(solver, node->child[i]));
    return most;
}

struct deal {
    const struct node *child[CHILDREN];
    int size[CHILDREN], want[CHILDREN], worth[CHILDREN], grow[CHILDREN];
    size_t n;
};

/* Wants: a cell for each child in turn, the most important first. Returns what is left. */
static int
deal_wants(struct deal *deal, int left)
{
    int order[CHILDREN], given = 1;
    for (size_t i = 0; i < deal->n; i++) {
        size_t at = i;
        for (; at > 0 && deal->worth[order[at - 1]] < deal->worth[i]; at--)
            order[at] = order[at - 1];
        order[at] = (int)i;
    }
    while (left > 0 && given > 0) {
        given = 0;
        for (size_t i = 0; i < deal->n && left > 0; i++)
            if (deal->size[order[i]] < deal->want[order[i]]) {
                deal->size[order[i]]++;
                left--;
                given++;
            }
    }
    return left;
}

/* The rest by growth; the last child takes the odd cells. */
static void
deal_rest(struct deal *deal, int left)
{
    int sum = 0;
    for (size_t i = 0; i < deal->n; i++)
        sum += deal->grow[i];
    int rest = left;
    for (size_t i = 0; sum > 0 && i < deal->n; i++) {
        int more = left * deal->grow[i] / sum;
        deal->size[i] += more;
        rest -= more;
    }
    size_t last = deal->n - 1;
    for (size_t i = 0; sum > 0 && i < deal->n; i++)
        if (deal->grow[i] > 0)
            last = i;
    deal->size[last] += rest;
}

static void
collect(const struct solver *solver, const struct node *node, struct deal *deal)
{
    for (size_t i = 0; i < CHILDREN && node->child[i]; i++) {
        const struct node *child = node->child[i];
        if (is_empty(solver, child))
            continue;
        deal->child[deal->n] = child;
        deal->size[deal->n] = extent(solver, child, node->axis, false);
        deal->want[deal->n] = extent(solver, child, node->axis, true);
        deal->worth[deal->n] = priority(solver, child);
        deal->grow[deal->n] = growth(solver, child);
        deal->n++;
    }
}

static void
place(const struct solver *solver, const struct node *node, struct qt_rect room)
{
    if (node->axis == LEAF) {
        solver->out->is_shown[node->pane] = true;
        solver->out->rect[node->pane] = room;
        return;
    }
    struct deal deal = {.n = 0};
    collect(solver, node, &deal);
    int left = (node->axis == ALONG_X ? room.width : room.height) + (int)deal.n - 1;
    for (size_t i = 0; i < deal.n; i++)
        left -= deal.size[i];
    deal_rest(&deal, deal_wants(&deal, left));
    for (size_t i = 0; i < deal.n; i++) {
        struct qt_rect part = room;
        if (node->axis == ALONG_X) {
            part.width = deal.size[i];
            room.x += deal.size[i] - 1;
        } else {
            part.height = deal.size[i];
            room.y += deal.size[i] - 1;
        }
        place(solver, deal.child[i], part);
    }
}

/* The most important pane that was not tried; -1: none. */
static int
next_pane(const bool *was_tried)
{
    int best = -1;
    for (int i = 0; i < QT_PANES; i++)
        if (!was_tried[i] && (best < 0 || qt_panes[i]->priority > qt_panes[best]->priority))
            best = i;
    return best;
}

void
qt_layout_solve(int width, int height, struct qt_layout *out)
{
    const struct node *root = plans[0].root;
    for (size_t i = 0; i < QT_COUNT_OF(plans); i++)
        if (width >= plans[i].width)
            root = plans[i].root;
    *out = (struct qt_layout){0};
    struct solver solver = {.out = out};
    bool was_tried[QT_PANES] = {false};
    for (int i = next_pane(was_tried); i >= 0; i = next_pane(was_tried)) {
        was_tried[i] = true;
        solver.is_shown[i] = true;
        if (extent(&solver, root, ALONG_X, false) > width ||
            extent(&solver, root, ALONG_Y, false) > height)
            solver.is_shown[i] = false;
    }
    if (!is_empty(&solver, root))
        place(&solver, root, (struct qt_rect){0, 0, width, height});
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The venues that there are.
 *
 * How to add one: a line here, sorted by name; tests/venue/test_binance_rest judges order and
 * contents.
 */
#include "qtrade/venue/venue.h"

#include <string.h>

#include "qtrade/venue/binance.h"

static const struct qt_venue_class *const classes[] = {
    &qt_venue_binance,
    &qt_venue_binance_usdm,
};

const struct qt_venue_class *const *
qt_venue_classes(size_t *out_n)
{
    *out_n = QT_COUNT_OF(classes);
    return classes;
}

const struct qt_venue_class *
qt_venue_find(const char *name)
{
    for (size_t i = 0; i < QT_COUNT_OF(classes); i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}

const struct qt_venue_error *
qt_venue_error_find(const struct qt_venue_class *class, int32_t code)
{
    for (size_t i = 0; i < class->n_errors; i++)
        if (class->errors[i].code == code)
            return &class->errors[i];
    for (size_t i = 0; i < class->n_shared_errors; i++)
        if (class->shared_errors[i].code == code)
            return &class->shared_errors[i];
    return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The products that there are.
 */
#include "product_priv.h"

static const struct qt__bn_product *const products[] = {&qt__bn_spot, &qt__bn_usdm};

const struct qt__bn_product *
qt__bn_product_of(const struct qt_venue_class *class)
{
    for (size_t i = 0; i < QT_COUNT_OF(products); i++)
        if (products[i]->class == class)
            return products[i];
    return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which symbols a call is about: "symbol", "symbols" (a JSON list), or all.
 */
#include <stdlib.h>
#include <string.h>

#include "exchange_priv.h"

/* Reads ["A","B"] into ids; false: fault. */
static bool
select_list(struct qt__exchange *exchange, struct qt__call *call, const char *list,
            struct qt__selection *out)
{
    for (const char *p = list; (p = strchr(p, '"')) != NULL;) {
        size_t n = strcspn(++p, "\"");
        uint32_t id = qt_universe_find(exchange->universe, p, n);
        if (p[n] != '"')
            return qt__call_fail(
                call, QT__FAULT_CHARACTERS, "symbols",
                "^\\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\\]$");
        if (id == QT_NO_INSTRUMENT || out->n == exchange->n_symbols)
            return qt__call_fail(call, QT__FAULT_SYMBOL);
        out->ids[out->n++] = id;
        p += n + 1;
    }
    return true;
}

bool
qt__symbol_range(struct qt__exchange *exchange, struct qt__call *call, uint32_t *out_first,
                 uint32_t *out_end)
{
    uint32_t symbol = QT_NO_INSTRUMENT;
    bool is_one = qt__call_has(call, "symbol");
    if (is_one && !qt__need_symbol(exchange, call, &symbol))
        return false;
    *out_first = is_one ? symbol : 0;
    *out_end = is_one ? symbol + 1 : exchange->n_symbols;
    return true;
}

bool
qt__select(struct qt__exchange *exchange, struct qt__call *call, struct qt__selection *out)
{
    *out = (struct qt__selection){.ids = calloc(exchange->n_symbols + 1, sizeof(uint32_t))};
    if (!out->ids)
        return qt__call_fail(call, QT__FAULT_UNKNOWN);
    if (qt__call_has(call, "symbol")) {
        out->is_single = true;
        out->n = 1;
        return qt__need_symbol(exchange, call, &out->ids[0]);
    }
    char *list = qt__call_long(call, "symbols");
    bool is_list = list != NULL;
    bool is_good = !is_list || select_list(exchange, call, list, out);
    free(list);
    for (uint32_t i = 0; !is_list && i < exchange->n_symbols; i++)
        out->ids[out->n++] = i;
    return is_good;
}

bool
qt__write_selected(struct qt__exchange *exchange, struct qt__call *call, qt__row_writer write,
                   const void *context)
{
    struct qt__selection selection;
    bool is_good = qt__select(exchange, call, &selection), is_first = true;
    struct qt_text *out = call->out;
    if (is_good && !selection.is_single)
        qt_text_add_char(out, '[');
    for (uint32_t i = 0; is_good && i < selection.n; i++) {
        size_t before = out->length;
        qt_text_add(out, is_first ? "" : ",");
        if (write(exchange, out, selection.ids[i], context))
            is_first = false;
        else
            out->buffer[out->length = before] = '\0';
    }
    if (is_good && !selection.is_single)
        qt_text_add_char(out, ']');
    free(selection.ids);
    if (is_good && is_first && selection.is_single)
        qt_text_add(out, "{}");
    return is_good;
}

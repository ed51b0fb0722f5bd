/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The indicators by name, and what follows from a row alone: counts, presets, column names, and the
 * way back from a column name to a row with its parameters.
 */
#include <math.h>
#include <string.h>

#include "qtrade/base/fixed.h"
#include "qtrade/base/text.h"

#include "indicator_priv.h"

/* A new row is one line here, in its place; tests/indicator/test_table holds the order,
 * tests/indicator the rest. */
const struct qt_indicator *const qt_indicators[] = {
    &qt_ind_ad,
    &qt_ind_adosc,
    &qt_ind_adx,
    &qt_ind_atr,
    &qt_ind_bbands,
    &qt_ind_cci,
    &qt_ind_cmf,
    &qt_ind_dema,
    &qt_ind_donchian,
    &qt_ind_dx,
    &qt_ind_ema,
    &qt_ind_kama,
    &qt_ind_keltner,
    &qt_ind_macd,
    &qt_ind_mfi,
    &qt_ind_minus_di,
    &qt_ind_mom,
    &qt_ind_natr,
    &qt_ind_obv,
    &qt_ind_plus_di,
    &qt_ind_ppo,
    &qt_ind_ppo_sma,
    &qt_ind_roc,
    &qt_ind_rsi,
    &qt_ind_sar,
    &qt_ind_sma,
    &qt_ind_stoch,
    &qt_ind_stochrsi,
    &qt_ind_stochrsi_smooth,
    &qt_ind_supertrend,
    &qt_ind_t3,
    &qt_ind_tema,
    &qt_ind_trange,
    &qt_ind_vwap,
    &qt_ind_vwap_session_utc,
    &qt_ind_willr,
    &qt_ind_wma,
    NULL,
};

struct qt_ohlcv
qt_ohlcv_of(const struct qt_bar *bar, int px_scale, int qty_scale)
{
    return (struct qt_ohlcv){
        .open_ns = bar->open_ns,
        .open = qt_px_to_double(bar->open, px_scale),
        .high = qt_px_to_double(bar->high, px_scale),
        .low = qt_px_to_double(bar->low, px_scale),
        .close = qt_px_to_double(bar->close, px_scale),
        .volume = qt_qty_to_double(bar->volume, qty_scale),
    };
}

const char *
qt_family_name(enum qt_family family)
{
    static const char *const names[QT_FAMILIES] = {
        [QT_FAMILY_AVERAGE] = "average", [QT_FAMILY_MOMENTUM] = "momentum",
        [QT_FAMILY_VOLUME] = "volume",   [QT_FAMILY_VOLATILITY] = "volatility",
        [QT_FAMILY_BAND] = "band",       [QT_FAMILY_TREND] = "trend",
    };
    qt_assert(family < QT_FAMILIES);
    return names[family];
}

const struct qt_indicator *
qt_indicator_find(const char *name)
{
    for (size_t i = 0; qt_indicators[i]; i++)
        if (strcmp(qt_indicators[i]->name, name) == 0)
            return qt_indicators[i];
    return NULL;
}

unsigned
qt_indicator_param_count(const struct qt_indicator *ind)
{
    unsigned n = 0;
    while (n < QT_INDICATOR_PARAMS && ind->params[n].name)
        n++;
    return n;
}

unsigned
qt_indicator_output_count(const struct qt_indicator *ind)
{
    unsigned n = 0;
    while (ind->outputs[n])
        n++;
    return n;
}

void
qt_indicator_defaults(const struct qt_indicator *ind, double *params)
{
    for (unsigned i = 0; i < QT_INDICATOR_PARAMS; i++)
        params[i] = ind->params[i].name ? ind->params[i].preset : 0.0;
}

bool
qt_indicator_check(const struct qt_indicator *ind, const double *params, struct qt_error *err)
{
    for (unsigned i = 0; i < qt_indicator_param_count(ind); i++) {
        const struct qt_indicator_param *row = &ind->params[i];
        if (!(params[i] >= row->min && params[i] <= row->max))
            return qt_fail(err, QT_E_USAGE, "%s: %s is %.10g: must be %.10g to %.10g", ind->name,
                           row->name, params[i], row->min, row->max);
        if (!row->is_real && params[i] != floor(params[i]))
            return qt_fail(err, QT_E_USAGE, "%s: %s is %.10g: must be a whole number", ind->name,
                           row->name, params[i]);
    }
    return true;
}

char *
qt_indicator_column(const struct qt_indicator *ind, const double *params, unsigned output,
                    char *out)
{
    struct qt_text text;
    qt_text_init(&text, out, QT_INDICATOR_COLUMN);
    qt_text_add(&text, ind->name);
    for (unsigned i = 0; i < qt_indicator_param_count(ind); i++) {
        qt_text_add_char(&text, '_');
        if (params[i] == floor(params[i]))
            qt_text_add_int(&text, (int64_t)params[i]);
        else
            qt_text_add_json_double(&text, params[i]);
    }
    if (strcmp(ind->outputs[output], "value") != 0)
        qt_text_addf(&text, "_%s", ind->outputs[output]);
    return out;
}

/* One parse: the parameters and the output written after a row's name. */
struct tail {
    double values[QT_INDICATOR_PARAMS];
    unsigned n;
    const char *output; /* NULL: none written */
};

/* Reads "_14_3_3_d"; false when it is not of that shape. */
static bool
tail_parse(const char *text, struct tail *out)
{
    *out = (struct tail){0};
    while (*text == '_') {
        size_t length = strcspn(++text, "_");
        char word[32];
        double v;
        if (!qt_copy_n(word, sizeof word, text, length))
            return false;
        if (!qt_double_parse(word, &v)) {
            out->output = text;
            return length > 0;
        }
        if (out->n == QT_INDICATOR_PARAMS)
            return false;
        out->values[out->n++] = v;
        text += length;
    }
    return *text == '\0';
}

/* The row's output of that name; -1: all, -2: none of that name. */
static int
output_of(const struct qt_indicator *ind, const char *name)
{
    if (!name)
        return -1;
    for (unsigned i = 0; ind->outputs[i]; i++)
        if (strcmp(ind->outputs[i], name) == 0)
            return (int)i;
    return -2;
}

/* Why a text that starts with the name of ind is none of its columns. */
static bool
spec_refuse(const struct qt_indicator *ind, const char *text, struct qt_error *err)
{
    char outputs[128], params[128];
    struct qt_text o, p;
    qt_text_init(&o, outputs, sizeof outputs);
    qt_text_init(&p, params, sizeof params);
    for (unsigned i = 0; ind->outputs[i]; i++)
        qt_text_addf(&o, "%s%s", i ? ", " : "", ind->outputs[i]);
    for (unsigned i = 0; i < qt_indicator_param_count(ind); i++)
        qt_text_addf(&p, "%s%s", i ? ", " : "", ind->params[i].name);
    return qt_fail(err, QT_E_USAGE, "'%s' is no column of %s (parameters: %s; outputs: %s)", text,
                   ind->name, *params ? params : "none", outputs);
}

bool
qt_indicator_spec_parse(const char *text, struct qt_indicator_spec *out, struct qt_error *err)
{
    const struct qt_indicator *named = NULL;
    for (size_t i = 0; qt_indicators[i]; i++) {
        const struct qt_indicator *ind = qt_indicators[i];
        struct tail tail;
        if (!qt_starts_with(text, ind->name) || !tail_parse(text + strlen(ind->name), &tail))
            continue;
        if (!named || strlen(ind->name) > strlen(named->name))
            named = ind;
        int output = output_of(ind, tail.output);
        if (output == -2 || (tail.n && tail.n != qt_indicator_param_count(ind)))
            continue;
        struct qt_indicator_spec spec = {.indicator = ind, .output = output};
        qt_indicator_defaults(ind, spec.params);
        if (tail.n)
            memcpy(spec.params, tail.values, sizeof spec.params);
        if (!qt_indicator_check(ind, spec.params, err))
            return false;
        *out = spec;
        return true;
    }
    if (named)
        return spec_refuse(named, text, err);
    return qt_fail(err, QT_E_USAGE, "no indicator is called '%s' (see 'qtrade indicators --list')",
                   text);
}

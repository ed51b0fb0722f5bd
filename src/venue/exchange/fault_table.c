/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The faults by name, and their specifications. The value of a fault is up to three parameters with
 * ':' or '@' between them, as its form shows; what stands in [] may be left away.
 */
#include "qtrade/venue/fault.h"

#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

const struct qt_fault_row qt_fault_rows[QT_FAULT_KINDS] = {
    [QT_FAULT_LATENCY] = {"latency", "SHARE[:TIME]",
                          "answers to requests come so much later; default 1s"},
    [QT_FAULT_5XX] = {"5xx", "SHARE",
                      "requests end with 503 or 504, half of them after the work was done"},
    [QT_FAULT_STORM] = {"storm", "EVERY[:TIME]",
                        "from time to time every request is answered 429, for so long; default 5s"},
    [QT_FAULT_LOST_ACK] = {"lost-ack", "SHARE", "orders are placed and the answer is never sent"},
    [QT_FAULT_REJECT] = {"reject", "SHARE", "orders are refused as for insufficient balance"},
    [QT_FAULT_REJECT_CANCEL] = {"reject-cancel", "SHARE",
                                "cancels are refused and the order stays"},
    [QT_FAULT_DROP] = {"drop", "SHARE", "market messages of the streams are not sent"},
    [QT_FAULT_DROP_USER] = {"drop-user", "SHARE", "account and order events are not sent"},
    [QT_FAULT_DUPLICATE] = {"duplicate", "SHARE", "messages of the streams are sent twice"},
    [QT_FAULT_REORDER] = {"reorder", "SHARE",
                          "depth updates are sent after the one that follows them"},
    [QT_FAULT_GAP] = {"gap", "SHARE", "depth updates are not sent: the next one's ids leave a gap"},
    [QT_FAULT_CUT] = {"cut", "EVERY[:all]",
                      "from time to time one WebSocket connection is cut, or all are"},
    [QT_FAULT_HALF_OPEN] = {"half-open", "EVERY",
                            "from time to time one WebSocket connection stays open and silent"},
    [QT_FAULT_HALT] = {"halt", "SYMBOL@START[:TIME]",
                       "the symbol (or all) stops trading, for so long; default 10s"},
    [QT_FAULT_SKEW] = {"skew", "[-]TIME[@START]",
                       "the exchange's clock goes ahead (-: behind) by so much"},
    [QT_FAULT_REVOKE] = {"revoke", "START", "the API key is refused from then on, with -2015"},
    [QT_FAULT_ROTATE] = {"rotate", "START",
                         "another API key is good from then on, and the former is refused"},
    [QT_FAULT_RIGHTS] = {"rights", "START",
                         "the API key has the rights of --key-rights from then on, and not before"},
};

/* What one parameter is. */
enum param {
    PARAM_NONE,
    PARAM_SHARE,
    PARAM_EVERY,
    PARAM_START,
    PARAM_TIME,
    PARAM_OFFSET,
    PARAM_SYMBOL,
    PARAM_ALL
};

#define PARAMS 3
#define PARAM_TEXT 32

static const struct {
    enum param params[PARAMS];
    char separators[PARAMS]; /* before the second and the third */
    unsigned need;           /* so many must be there */
    int64_t time_ns;         /* PARAM_TIME that was left away */
} grammar[QT_FAULT_KINDS] = {
    [QT_FAULT_LATENCY] = {{PARAM_SHARE, PARAM_TIME}, ":", 1, QT_NS_PER_S},
    [QT_FAULT_5XX] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_STORM] = {{PARAM_EVERY, PARAM_TIME}, ":", 1, 5 * QT_NS_PER_S},
    [QT_FAULT_LOST_ACK] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_REJECT] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_REJECT_CANCEL] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_DROP] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_DROP_USER] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_DUPLICATE] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_REORDER] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_GAP] = {{PARAM_SHARE}, "", 1, 0},
    [QT_FAULT_CUT] = {{PARAM_EVERY, PARAM_ALL}, ":", 1, 0},
    [QT_FAULT_HALF_OPEN] = {{PARAM_EVERY}, "", 1, 0},
    [QT_FAULT_HALT] = {{PARAM_SYMBOL, PARAM_START, PARAM_TIME}, "@:", 2, 10 * QT_NS_PER_S},
    [QT_FAULT_SKEW] = {{PARAM_OFFSET, PARAM_START}, "@", 1, 0},
    [QT_FAULT_REVOKE] = {{PARAM_START}, "", 1, 0},
    [QT_FAULT_ROTATE] = {{PARAM_START}, "", 1, 0},
    [QT_FAULT_RIGHTS] = {{PARAM_START}, "", 1, 0},
};

static bool
read_offset(const char *text, int64_t *out_ns)
{
    bool is_behind = text[0] == '-';
    if (!qt_duration_parse(text + is_behind, out_ns))
        return false;
    *out_ns = is_behind ? -*out_ns : *out_ns;
    return true;
}

static bool
read_param(enum param param, const char *text, struct qt_fault *fault)
{
    switch (param) {
    case PARAM_SHARE:
        return qt_double_parse(text, &fault->share) && fault->share > 0 && fault->share <= 1;
    case PARAM_EVERY:
        return qt_duration_parse(text, &fault->every_ns);
    case PARAM_START:
        return qt_duration_parse(text, &fault->start_ns);
    case PARAM_TIME:
        return qt_duration_parse(text, &fault->time_ns);
    case PARAM_OFFSET:
        return read_offset(text, &fault->time_ns);
    case PARAM_SYMBOL:
        return text[0] && qt_copy(fault->what, sizeof fault->what, text);
    case PARAM_ALL:
        fault->is_all = true;
        return strcmp(text, "all") == 0;
    case PARAM_NONE:
        break;
    }
    return false;
}

/* The parameters of fault->kind; false: value is none of its form. */
static bool
read_value(const char *value, struct qt_fault *fault)
{
    unsigned n = 0;
    fault->time_ns = grammar[fault->kind].time_ns;
    for (;; n++) {
        char text[PARAM_TEXT];
        const char stop[] = {grammar[fault->kind].separators[n], '\0'};
        size_t length = strcspn(value, stop);
        if (n == PARAMS || length >= sizeof text)
            return false;
        (void)qt_copy_n(text, sizeof text, value, length);
        if (!read_param(grammar[fault->kind].params[n], text, fault))
            return false;
        value += length;
        if (!*value)
            break;
        value++;
    }
    return n + 1 >= grammar[fault->kind].need;
}

static bool
fail_name(const char *spec, size_t n, struct qt_error *err)
{
    char buffer[256];
    struct qt_text names;
    qt_text_init(&names, buffer, sizeof buffer);
    for (int kind = 0; kind < QT_FAULT_KINDS; kind++)
        qt_text_addf(&names, "%s%s", kind ? ", " : "", qt_fault_rows[kind].name);
    return qt_fail(err, QT_E_USAGE, "unknown fault '%.*s' (there are: %s)",
                   (int)QT_MIN(n, (size_t)40), spec, buffer);
}

bool
qt_fault_parse(const char *spec, struct qt_fault *out, struct qt_error *err)
{
    size_t n = strcspn(spec, "=");
    struct qt_fault fault = {.kind = QT_FAULT_KINDS};
    for (int kind = 0; kind < QT_FAULT_KINDS; kind++)
        if (strlen(qt_fault_rows[kind].name) == n &&
            strncmp(qt_fault_rows[kind].name, spec, n) == 0)
            fault.kind = (enum qt_fault_kind)kind;
    if (fault.kind == QT_FAULT_KINDS)
        return fail_name(spec, n, err);
    if (spec[n] != '=' || !read_value(spec + n + 1, &fault))
        return qt_fail(err, QT_E_USAGE,
                       "fault '%.80s' is not %s=%s (SHARE above 0 up to 1, times as 60s or 250ms)",
                       spec, qt_fault_rows[fault.kind].name, qt_fault_rows[fault.kind].form);
    *out = fault;
    return true;
}
